//! Conditions: precedence, operands, and their bytes.

use fumehood_nt::condition::{
    Attribute, AttributeOf, Base, Comparison, Integer, Literal, Membership, Operand, Sids, Sign,
    Width,
};
use fumehood_nt::{Callback, Condition, Domains, Sid, Unprintable};

fn read(text: &str) -> Condition {
    Condition::from_sddl(text, &Domains::NONE).unwrap_or_else(|error| panic!("{text}: {error}"))
}

fn name(of: AttributeOf, name: &str) -> Attribute {
    Attribute {
        of,
        name: name.into(),
    }
}

fn local(text: &str) -> Attribute {
    name(AttributeOf::Local, text)
}

#[test]
fn a_condition_is_written_with_as_few_parentheses_as_keep_its_shape() {
    for (text, canonical) in [
        ("a||b&&c", "a || b && c"),
        ("(a||b)&&c", "(a || b) && c"),
        ("(a&&b)||c", "a && b || c"),
        ("a&&(b&&c)", "a && (b && c)"),
        ("(a&&b)&&c", "a && b && c"),
        ("a||(b||c)", "a || (b || c)"),
        ("!a&&b", "!(a) && b"),
        ("!(a&&b)", "!(a && b)"),
        ("!!a", "!(!(a))"),
        ("! a == 1", "!(a == 1)"),
        ("((a))", "a"),
        ("exists a", "Exists a"),
        ("NOT_EXISTS\ta", "Not_Exists a"),
        ("member_of{sid(ba)}", "Member_of {SID(BA)}"),
        ("Member_of SID(S-1-5-32-544)", "Member_of SID(BA)"),
        (
            "Member_of { SID( BA ) , SID(BU) }",
            "Member_of {SID(BA), SID(BU)}",
        ),
        ("Not_Device_Member_of_Any{}", "Not_Device_Member_of_Any {}"),
        ("a==1", "a == 1"),
        ("a<=-0x1F", "a <= -0x1f"),
        ("a<+017", "a < +017"),
        (
            "a any_of {1,\"x\",#00fF,SID(WD)}",
            "a Any_of {1, \"x\", #00ff, SID(WD)}",
        ),
        (
            "@user.a Contains @RESOURCE.b",
            "@User.a Contains @Resource.b",
        ),
        ("@Device.a-b+c == local", "@Device.a%002db%002bc == local"),
        ("a@b", "a%0040b"),
        ("%0045xists", "%0045xists"),
        ("1a == %0031a", "%0031a == %0031a"),
        ("ä漢.x", "ä漢.x"),
        ("a == {}", "a == {}"),
        ("a == -0", "a == -0"),
        ("a == +0x0", "a == +0x0"),
        ("a == 00", "a == 00"),
    ] {
        let condition = read(text);
        let written = condition.to_sddl().expect(text);
        assert_eq!(written, canonical, "{text}");
        assert_eq!(read(&written), condition, "{text}");
    }
}

#[test]
fn the_tree_is_what_the_precedence_says() {
    let x = || Box::new(Condition::Attribute(local("x")));
    let y = || Box::new(Condition::Attribute(local("y")));
    let not = |inner| Box::new(Condition::Not(inner));
    assert_eq!(
        read("x || y && !x"),
        Condition::Or(x(), Box::new(Condition::And(y(), not(x()))))
    );
    assert_eq!(
        read("x && y && x"),
        Condition::And(Box::new(Condition::And(x(), y())), x())
    );
    assert_eq!(
        read("Not_Member_of_Any {SID(BA)}"),
        Condition::Member(
            Membership::NotMemberOfAny,
            Sids::Many(vec![Sid::ADMINISTRATORS])
        )
    );
    let octal = Integer {
        value: -8,
        width: Width::Bits64,
        sign: Sign::Minus,
        base: Base::Octal,
    };
    assert_eq!(
        read("@User.x >= -010"),
        Condition::Compare(
            name(AttributeOf::User, "x"),
            Comparison::GreaterOrEqual,
            Operand::Literal(Literal::Integer(octal)),
        )
    );
}

#[test]
fn a_condition_is_postfix_tokens_behind_a_signature() {
    // `(Title == "VP")`: a local attribute, a text, the operator, zeros up to a multiple of 4.
    let bytes = [
        b"artx".as_slice(),
        &[0xf8, 10, 0, 0, 0],
        b"T\0i\0t\0l\0e\0",
        &[0x10, 4, 0, 0, 0],
        b"V\0P\0",
        &[0x80, 0, 0, 0],
    ]
    .concat();
    let condition = read("Title==\"VP\"");
    assert_eq!(condition.to_bytes(), bytes);
    assert_eq!(Condition::from_bytes(&bytes), Some(condition));
}

#[test]
fn a_number_takes_ten_bytes_behind_its_token() {
    let bytes = [
        b"artx".as_slice(),
        &[0xf9, 2, 0, 0, 0, b'x', 0],
        &[
            0x04, 0xf6, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x02, 0x03,
        ],
        &[0x82, 0],
    ]
    .concat();
    let condition = read("@User.x < -0xa");
    assert_eq!(condition.to_bytes(), bytes);
    assert_eq!(Condition::from_bytes(&bytes), Some(condition));
}

#[test]
fn what_is_no_condition_is_kept_as_bytes() {
    let attribute = [0xf8, 2, 0, 0, 0, b'x', 0];
    let sid = [0x51, 12, 0, 0, 0, 1, 1, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0];
    let wrong: &[&[&[u8]]] = &[
        &[],
        &[b"artx"],
        &[b"artX", &attribute],
        &[b"artx", &[0x99]],
        &[b"artx", &attribute, &attribute],
        &[b"artx", &attribute, &[0xa0]],
        &[b"artx", &[0xa2]],
        &[b"artx", &sid],
        &[b"artx", &sid, &[0x87]],
        &[b"artx", &attribute, &[0x89]],
        &[b"artx", &sid, &sid, &[0x80]],
        &[b"artx", &[0xf8, 3, 0, 0, 0, b'x', 0, 0]],
        &[b"artx", &[0xf8, 4, 0, 0, 0, b'x', 0]],
        &[b"artx", &[0xf8, 2, 0, 0, 0, 0, 0xd8]],
        &[
            b"artx",
            &attribute,
            &[0x04, 1, 0, 0, 0, 0, 0, 0, 0, 4, 2, 0x80],
        ],
        &[
            b"artx",
            &attribute,
            &[0x50, 5, 0, 0, 0, 0x50, 0, 0, 0, 0, 0x80],
        ],
        &[b"artx", &attribute, &[0x00], &[0xa2]],
        &[
            b"artx",
            &attribute,
            &[
                0x51, 13, 0, 0, 0, 1, 1, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0x80,
            ],
        ],
    ];
    for pieces in wrong {
        let bytes = pieces.concat();
        assert_eq!(
            Callback::from_bytes(&bytes),
            Callback::Opaque(bytes.clone()),
            "{bytes:x?}"
        );
    }
    // The twin: each piece is good where it belongs.
    let good = [b"artx".as_slice(), &sid, &[0x89], &attribute, &[0xa2, 0xa0]].concat();
    let both = read("Member_of SID(WD) && !x");
    assert_eq!(Callback::from_bytes(&good), Callback::Condition(both));
}

#[test]
fn bytes_that_nest_too_deep_are_no_condition() {
    let nested = |depth: usize| {
        let mut bytes = b"artx\xf8\x02\0\0\0x\0".to_vec();
        bytes.resize(bytes.len() + depth, 0xa2);
        Condition::from_bytes(&bytes)
    };
    assert!(nested(Condition::MAX_DEPTH - 1).is_some());
    assert!(nested(Condition::MAX_DEPTH).is_none());
    assert!(nested(60_000).is_none());
}

#[test]
fn a_text_with_a_quotation_mark_has_bytes_and_no_sddl() {
    let quote = Operand::Literal(Literal::Text("\"".into()));
    let condition = Condition::Compare(local("x"), Comparison::Equal, quote);
    assert_eq!(condition.to_sddl(), Err(Unprintable::Quote));
    assert_eq!(
        Condition::from_bytes(&condition.to_bytes()),
        Some(condition)
    );
    let nested = Literal::Composite(vec![Literal::Composite(vec![])]);
    let condition = Condition::Compare(local("x"), Comparison::Equal, Operand::Literal(nested));
    assert_eq!(condition.to_sddl(), Err(Unprintable::Nested));
}

#[test]
fn the_value_of_a_number_says_its_sign_where_the_sign_contradicts_it() {
    for (value, sign, text) in [
        (5, Sign::Minus, "x == 5"),
        (-5, Sign::Plus, "x == -5"),
        (-5, Sign::None, "x == -5"),
        (0, Sign::Minus, "x == -0"),
    ] {
        let number = Integer {
            sign,
            ..Integer::from(value)
        };
        let number = Operand::Literal(Literal::Integer(number));
        let condition = Condition::Compare(local("x"), Comparison::Equal, number);
        assert_eq!(condition.to_sddl().as_deref(), Ok(text));
        assert_eq!(
            Condition::from_bytes(&condition.to_bytes()),
            Some(condition)
        );
    }
    assert_eq!(Integer::from(-1).sign, Sign::Minus);
    assert_eq!(Integer::from(0).sign, Sign::None);
}

#[test]
fn every_token_is_the_byte_that_the_specification_gives_it() {
    for (text, operand, operator) in [
        ("x == #01", 0x18, 0x80),
        ("x != \"a\"", 0x10, 0x81),
        ("x < 1", 0x04, 0x82),
        ("x <= {1}", 0x50, 0x83),
        ("x > @User.y", 0xf9, 0x84),
        ("x >= @Resource.y", 0xfa, 0x85),
        ("x Contains @Device.y", 0xfb, 0x86),
        ("x Any_of SID(WD)", 0x51, 0x88),
        ("x Not_Contains y", 0xf8, 0x8e),
        ("x Not_Any_of y", 0xf8, 0x8f),
    ] {
        // The signature, and the attribute `x` in seven bytes.
        let bytes = read(text).to_bytes();
        let last = bytes
            .iter()
            .rposition(|byte| *byte != 0)
            .expect("an operator");
        assert_eq!((bytes[11], bytes[last]), (operand, operator), "{text}");
    }
    for (text, operator) in [
        ("Member_of SID(WD)", 0x89),
        ("Device_Member_of SID(WD)", 0x8a),
        ("Member_of_Any SID(WD)", 0x8b),
        ("Device_Member_of_Any SID(WD)", 0x8c),
        ("Not_Member_of SID(WD)", 0x90),
        ("Not_Device_Member_of SID(WD)", 0x91),
        ("Not_Member_of_Any SID(WD)", 0x92),
        ("Not_Device_Member_of_Any SID(WD)", 0x93),
        ("Exists x", 0x87),
        ("Not_Exists x", 0x8d),
        ("x && x", 0xa0),
        ("x || x", 0xa1),
        ("!x", 0xa2),
    ] {
        let bytes = read(text).to_bytes();
        let last = bytes.iter().rfind(|byte| **byte != 0);
        assert_eq!(last, Some(&operator), "{text}");
    }
}
