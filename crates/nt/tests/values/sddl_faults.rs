//! Texts that are no SDDL: where they stop, and what should stand there.

use fumehood_nt::{Condition, Domains, SddlError, SecurityDescriptor, sddl};

fn fault(text: &str) -> SddlError {
    let read = text.parse::<SecurityDescriptor>();
    read.expect_err(text)
}

#[test]
fn a_fault_is_told_with_its_byte_and_what_was_expected() {
    for (text, at, expected) in [
        ("X:", 0, "`O:`, `G:`, `D:`, `S:` or the end"),
        ("O:", 2, "a SID"),
        ("O:ZZ", 2, "a SID"),
        ("O:B", 2, "a SID"),
        ("O:ä", 2, "a SID"),
        ("O:BAx", 4, "`O:`, `G:`, `D:`, `S:` or the end"),
        ("O:BAO:BA", 4, "a component that was not given before"),
        ("D:D:", 2, "a component that was not given before"),
        ("O:S-1-5-G:BA", 8, "a decimal number below 2^32"),
        ("O:S-2-5", 4, "`1-`"),
        ("D:X", 2, "`O:`, `G:`, `D:`, `S:` or the end"),
        (
            "D:NO_ACCESS_CONTROL(A;;GA;;;WD)",
            19,
            "`O:`, `G:`, `D:`, `S:` or the end",
        ),
        ("D:(", 3, "the type of an ACE"),
        ("D:(B;;GA;;;WD)", 3, "the type of an ACE"),
        ("D:(A)", 4, "`;`"),
        ("D:(A;XX;GA;;;WD)", 5, "a flag or `;`"),
        ("D:(A;OIX;GA;;;WD)", 7, "a flag or `;`"),
        ("D:(A;;G;;;WD)", 6, "two letters of a right"),
        ("D:(A;;GAXY;;;WD)", 8, "two letters of a right"),
        ("D:(A;;0x100000000;;;WD)", 6, "a number of 32 bits"),
        ("D:(A;;18446744073709551616;;;WD)", 6, "a number of 64 bits"),
        ("D:(A;;0xg;;;WD)", 8, "a digit"),
        ("D:(A;;0x;;;WD)", 8, "a digit"),
        ("D:(A;;08;;;WD)", 7, "a digit"),
        ("D:(A;;12ab;;;WD)", 8, "a digit"),
        (
            "D:(A;;GA;bf967aba;;WD)",
            9,
            "`;`: only object ACEs have GUIDs",
        ),
        ("D:(OA;;GA;bf967aba;;WD)", 18, "`-`"),
        ("D:(OA;;GA;bf967abX;;WD)", 17, "a hexadecimal digit"),
        ("D:(A;;GA;;;)", 11, "a SID"),
        ("D:(A;;GA;;;WD", 13, "`)`"),
        ("D:(A;;GA;;;WD;)", 13, "`)`"),
        ("D:(A;;GA;;;WD;(x))", 13, "`)`"),
    ] {
        assert_eq!(fault(text), SddlError::Syntax { at, expected }, "{text}");
    }
}

#[test]
fn a_fault_in_a_condition_or_claim_is_told_with_its_byte_too() {
    for (text, at, expected) in [
        ("D:(XA;;GA;;;WD)", 14, "`;`"),
        ("D:(XA;;GA;;;WD;)", 15, "`(`"),
        (
            "D:(XA;;GA;;;WD;())",
            16,
            "an attribute, an operator, `!` or `(`",
        ),
        ("D:(XA;;GA;;;WD;(x)", 18, "`)`"),
        ("D:(XA;;GA;;;WD;(x y))", 18, "`&&`, `||` or `)`"),
        (
            "D:(XA;;GA;;;WD;(x ==))",
            20,
            "a value, a list in braces or an attribute",
        ),
        (
            "D:(XA;;GA;;;WD;(@Usr.x))",
            16,
            "`@User.`, `@Resource.` or `@Device.`",
        ),
        (
            "D:(XA;;GA;;;WD;(@User.))",
            22,
            "an attribute, an operator, `!` or `(`",
        ),
        ("D:(XA;;GA;;;WD;(x%00zz))", 18, "four hexadecimal digits"),
        ("D:(XA;;GA;;;WD;(%d800))", 16, "well-formed UTF-16"),
        ("D:(XA;;GA;;;WD;(x == \"a))", 25, "`\"`"),
        ("D:(XA;;GA;;;WD;(x == #0))", 23, "a hexadecimal digit"),
        ("D:(XA;;GA;;;WD;(x == {1, {2}}))", 25, "a value"),
        ("D:(XA;;GA;;;WD;(x == {1 2}))", 24, "`,` or `}`"),
        (
            "D:(XA;;GA;;;WD;(x == 9223372036854775808))",
            21,
            "a number of 64 bits",
        ),
        ("D:(XA;;GA;;;WD;(Member_of BA))", 26, "`SID(`"),
        ("D:(XA;;GA;;;WD;(Member_of {SID(BA}))", 33, "`)`"),
        (
            "D:(XA;;GA;;;WD;(x &&))",
            20,
            "an attribute, an operator, `!` or `(`",
        ),
        ("S:(RA;;;;;WD)", 12, "`;`"),
        ("S:(RA;;;;;WD;(x))", 14, "`\"`"),
        ("S:(RA;;;;;WD;(\"\",TI,0))", 15, "a name"),
        (
            "S:(RA;;;;;WD;(\"a%0000\",TI,0))",
            15,
            "a text without a NUL",
        ),
        (
            "S:(RA;;;;;WD;(\"a\",TS,0,\"\0\"))",
            24,
            "a text without a NUL",
        ),
        (
            "S:(RA;;;;;WD;(\"x\",TQ,0))",
            18,
            "`TI`, `TU`, `TS`, `TD`, `TX` or `TB`",
        ),
        ("S:(RA;;;;;WD;(\"x\",TI))", 20, "`,`"),
        (
            "S:(RA;;;;;WD;(\"x\",TI,0x100000000))",
            21,
            "a number of 32 bits",
        ),
        ("S:(RA;;;;;WD;(\"x\",TU,0,-1))", 23, "a digit"),
        ("S:(RA;;;;;WD;(\"x\",TI,0 1))", 23, "`,` or `)`"),
    ] {
        assert_eq!(fault(text), SddlError::Syntax { at, expected }, "{text}");
    }
}

#[test]
fn letters_of_a_domain_that_is_not_known_say_so() {
    for (text, at, letters, of) in [
        ("O:DU", 2, "DU", "the domain"),
        ("O:BAG:la", 6, "la", "the machine"),
        ("D:(A;;GA;;;EA)", 11, "EA", "the forest's root domain"),
        (
            "D:(XA;;GA;;;WD;(Member_of SID(DA)))",
            30,
            "DA",
            "the domain",
        ),
    ] {
        let letters = letters.to_owned();
        assert_eq!(
            fault(text),
            SddlError::UnknownDomain { at, letters, of },
            "{text}"
        );
    }
}

#[test]
fn a_condition_may_nest_so_deep_and_no_deeper() {
    let most = Condition::MAX_DEPTH;
    for (open, close) in [("(", ")"), ("!", ""), ("!(", ")")] {
        let nested = |depth: usize| open.repeat(depth) + "x" + &close.repeat(depth);
        let read = |depth| Condition::from_sddl(&nested(depth), &Domains::NONE);
        let fits = most / open.len() - 1;
        assert!(read(fits).is_ok(), "{open}");
        let error = read(most * 1000).expect_err(open);
        assert!(
            matches!(error, SddlError::TooMuch { .. }),
            "{open}: {error}"
        );
    }
    let chain = |count: usize| Condition::from_sddl(&vec!["x"; count].join("&&"), &Domains::NONE);
    assert!(chain(most).is_ok());
    let error = chain(most + 1).expect_err("one too many");
    assert_eq!(error.at(), 3 * most - 2);
}

#[test]
fn a_list_that_no_descriptor_can_hold_is_refused_at_the_ace_that_is_too_much() {
    // A list has 8 bytes, and an ACE for `S-1-1-0` 20.
    let most = (fumehood_nt::Acl::MAX_BYTES - 8) / 20;
    let ace = "(A;;GA;;;WD)";
    let list = |count| format!("D:{}", ace.repeat(count));
    assert!(list(most).parse::<SecurityDescriptor>().is_ok());
    assert_eq!(fault(&list(most + 1)).at(), 2 + ace.len() * most);
    let long = " ".repeat(sddl::MAX_TEXT);
    assert!(long.parse::<SecurityDescriptor>().is_ok());
    assert_eq!(fault(&(long + " ")).at(), sddl::MAX_TEXT);
}
