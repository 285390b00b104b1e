//! What SDDL says, and how it is written.

use fumehood_nt::ace::ObjectTypes;
use fumehood_nt::{
    AccessMask, Ace, AceFlags, AceKind, Acl, AclField, Callback, Claim, ClaimValues, Condition,
    Control, Domains, ResourceAttribute, Scope, SecurityDescriptor, Sid, Unprintable,
};

fn read(text: &str) -> SecurityDescriptor {
    text.parse()
        .unwrap_or_else(|error| panic!("{text}: {error}"))
}

fn only_ace(text: &str) -> Ace {
    let descriptor = read(text);
    let field = if descriptor.dacl.is_present() {
        descriptor.dacl
    } else {
        descriptor.sacl
    };
    let AclField::List(Acl { mut aces, .. }) = field else {
        panic!("{text}: no list");
    };
    assert_eq!(aces.len(), 1, "{text}");
    aces.remove(0)
}

#[test]
fn the_descriptor_of_a_folder_is_read() {
    let folder = read("O:BAG:SYD:PAI(A;OICI;FA;;;SY)(D;OICIIO;SD;;;BU)(A;CIID;0x1301bf;;;AU)");
    assert_eq!(folder.owner, Some(Sid::ADMINISTRATORS));
    assert_eq!(folder.group, Some(Sid::SYSTEM));
    assert_eq!(
        folder.control,
        Control::DACL_PROTECTED.union(Control::DACL_AUTO_INHERITED)
    );
    let both = AceFlags::OBJECT_INHERIT.union(AceFlags::CONTAINER_INHERIT);
    assert_eq!(
        folder.dacl.list().expect("a list").aces,
        [
            Ace::allow(Sid::SYSTEM, AccessMask::FILE_ALL_ACCESS).with_flags(both),
            Ace::deny(Sid::USERS, AccessMask::DELETE)
                .with_flags(both.union(AceFlags::INHERIT_ONLY)),
            Ace::allow(Sid::AUTHENTICATED_USERS, AccessMask(0x0013_01bf))
                .with_flags(AceFlags::CONTAINER_INHERIT.union(AceFlags::INHERITED)),
        ]
    );
    assert_eq!(folder.sacl, AclField::Absent);
}

#[test]
fn no_list_a_null_list_and_an_empty_list_are_three_things() {
    assert_eq!(read("").dacl, AclField::Absent);
    assert_eq!(read("D:NO_ACCESS_CONTROL").dacl, AclField::Null);
    assert_eq!(
        read("D:PNO_ACCESS_CONTROL").control,
        Control::DACL_PROTECTED
    );
    assert_eq!(read("D:").dacl, AclField::List(Acl::default()));
    for text in [
        "",
        "D:NO_ACCESS_CONTROL",
        "D:",
        "D:PS:AINO_ACCESS_CONTROL",
        "O:BAS:",
    ] {
        assert_eq!(read(text).to_sddl().as_deref(), Ok(text));
    }
}

#[test]
fn flags_are_two_letters_each() {
    let flags = |text: &str| only_ace(&format!("D:(A;{text};GA;;;WD)")).flags;
    assert_eq!(flags("CIOI").0, 0x03);
    assert_eq!(flags("OICI").0, 0x03);
    assert_eq!(flags("IOID").0, 0x18);
    assert_eq!(flags("OICINPIOIDCRSAFA").0, 0xff);
    assert_eq!(flags("TP"), flags("SA"));
    assert_eq!(flags("").0, 0);
}

#[test]
fn rights_are_letters_or_one_number_in_three_bases() {
    for (text, bits) in [
        ("CCDCLCSWRPWPDTLOCR", 0x1ff),
        ("SDRCWDWO", 0xF_0000),
        ("GAGRGWGX", 0xF000_0000),
        ("FA", 0x1F_01FF),
        ("FRFWFX", 0x12_01BF),
        ("KAKRKWKX", 0xF_003F),
        ("0x1200a9", 0x12_00A9),
        ("0X1200A9", 0x12_00A9),
        ("1179817", 0x12_00A9),
        ("04400251", 0o4_400_251),
        ("0", 0),
        ("4294967295", u32::MAX),
        ("", 0),
        ("gr", 0x8000_0000),
    ] {
        assert_eq!(AccessMask::from_sddl(text), Ok(AccessMask(bits)), "{text}");
    }
}

#[test]
fn rights_are_written_as_letters_where_all_have_some() {
    for (bits, text) in [
        (0x1F_01FF, "FA"),
        (0x12_0089, "FR"),
        (0x12_0116, "FW"),
        (0x12_00A0, "FX"),
        (0xF_003F, "KA"),
        (0x2_0019, "KR"),
        (0x12_00A9, "0x1200a9"),
        (0x2_0001, "CCRC"),
        (0xF000_0000, "GAGXGWGR"),
        (0x0100_0000, "0x1000000"),
        (0, ""),
    ] {
        assert_eq!(AccessMask(bits).to_sddl(), text);
    }
}

#[test]
fn a_label_says_its_policy() {
    let label = only_ace("S:(ML;OICI;NWNRNX;;;HI)");
    assert_eq!(label.kind, AceKind::MandatoryLabel);
    assert_eq!(label.mask, AccessMask(7));
    assert_eq!(label.sid.integrity(), Some(0x3000));
    assert_eq!(label.to_sddl().as_deref(), Ok("(ML;OICI;NWNRNX;;;HI)"));
    let odd = only_ace("S:(ML;;0x9;;;S-1-16-1)");
    assert_eq!(odd.to_sddl().as_deref(), Ok("(ML;;0x9;;;S-1-16-1)"));
}

#[test]
fn an_object_ace_has_none_one_or_two_guids() {
    let guid = "bf967aba-0de6-11d0-a285-00aa003049e2";
    let object = guid.parse().expect(guid);
    for (text, types) in [
        (
            format!("(OA;;CC;{guid};;WD)"),
            ObjectTypes {
                object: Some(object),
                inherited: None,
            },
        ),
        (
            format!("(OA;;CC;;{guid};WD)"),
            ObjectTypes {
                object: None,
                inherited: Some(object),
            },
        ),
        ("(OA;;CC;;;WD)".to_owned(), ObjectTypes::default()),
    ] {
        let ace = only_ace(&format!("D:{text}"));
        assert_eq!(ace.object_types(), Some(types));
        assert_eq!(ace.to_sddl(), Ok(text));
    }
}

#[test]
fn every_type_with_letters_is_read_and_written() {
    for text in [
        "(A;;GA;;;WD)",
        "(D;;GA;;;WD)",
        "(AU;SAFA;GA;;;WD)",
        "(AL;;GA;;;WD)",
        "(OA;;GA;;;WD)",
        "(OD;;GA;;;WD)",
        "(OU;;GA;;;WD)",
        "(OL;;GA;;;WD)",
        "(XA;;GA;;;WD;(Member_of {SID(BA)}))",
        "(XD;;GA;;;WD;(x))",
        "(XU;;GA;;;WD;(Exists x))",
        "(ZA;;GA;;;WD;(Not_Exists @Device.x))",
        "(ML;;NW;;;LW)",
        "(RA;;;;;WD;(\"Project\",TS,0x0,\"Windows\",\"SQL\"))",
        "(SP;;;;;S-1-17-1)",
        "(TL;;CC;;;S-1-19-512-4096)",
        "(FL;TP;FA;;;WD;(Exists x))",
    ] {
        let ace = only_ace(&format!("S:{text}"));
        assert_eq!(ace.to_sddl().as_deref(), Ok(text));
        let acl = Acl::new(vec![ace]);
        let bytes = acl.to_bytes().expect(text);
        assert_eq!(Acl::from_bytes(&bytes), Ok(acl), "{text}");
    }
}

#[test]
fn claims_of_every_type_are_read() {
    for (text, values) in [
        (
            "TI,0,-1,+2,0x10,010",
            ClaimValues::Integers(vec![-1, 2, 16, 8]),
        ),
        (
            "TU,0x0,18446744073709551615",
            ClaimValues::Unsigned(vec![u64::MAX]),
        ),
        (
            "TS , 0 , \"a;b)\" ,\"\"",
            ClaimValues::Texts(vec!["a;b)".into(), String::new()]),
        ),
        (
            "TD,0,BA,SID(BU),S-1-1-0",
            ClaimValues::Sids(vec![Sid::ADMINISTRATORS, Sid::USERS, Sid::EVERYONE]),
        ),
        (
            "TX,0,#,#00ff",
            ClaimValues::Octets(vec![vec![], vec![0, 255]]),
        ),
        ("TB,0,0,1", ClaimValues::Booleans(vec![0, 1])),
        ("TB,0", ClaimValues::Booleans(vec![])),
    ] {
        let ace = only_ace(&format!("S:(RA;;;;;WD;(\"na%0020me\",{text}))"));
        let claim = Claim {
            name: "na me".into(),
            flags: 0,
            values,
        };
        assert_eq!(
            ace.kind,
            AceKind::ResourceAttribute(ResourceAttribute::Claim(claim).into())
        );
    }
}

#[test]
fn case_order_of_components_and_blanks_do_not_matter() {
    let plain = read("O:BAG:SYD:P(A;OI;GA;;;WD)S:(ML;;NW;;;LW)");
    for text in [
        "o:bag:syd:p(a;oi;ga;;;wd)s:(ml;;nw;;;lw)",
        "S:(ML;;NW;;;LW)D:P(A;OI;GA;;;WD)G:SYO:BA",
        " O: BA\tG:\nSY D: P ( A ; OI ; GA ; ; ; WD ) S: ( ML ; ; NW ; ; ; LW ) ",
        "O:S-1-5-32-544G:s-1-5-18D:P(A;OI;0x10000000;;;S-1-1-0)S:(ML;;1;;;S-1-16-4096)",
    ] {
        assert_eq!(read(text), plain, "{text}");
    }
}

#[test]
fn the_letter_behind_a_sid_is_not_taken_for_a_digit() {
    let owner = Sid::new(1 << 32, &[]).expect("48 bits");
    for text in [
        "O:S-1-0x000100000000D:",
        "O:S-1-0x000100000000-5D:",
        "O:S-1-5-32D:",
    ] {
        let descriptor = read(text);
        assert!(descriptor.dacl.is_present(), "{text}");
        assert_eq!(descriptor.to_sddl().as_deref(), Ok(text));
    }
    assert_eq!(read("O:S-1-0x000100000000D:").owner, Some(owner));
}

#[test]
fn letters_of_a_domain_are_read_where_the_domain_is_known() {
    let domain = Sid::of(5, [21, 1, 2, 3]);
    let domains = Domains {
        domain: Some(domain),
        ..Domains::NONE
    };
    let descriptor = SecurityDescriptor::from_sddl("O:DAD:(A;;GA;;;DU)", &domains).expect("known");
    assert_eq!(descriptor.owner, domain.child(512));
    assert_eq!(
        descriptor.to_sddl().as_deref(),
        Ok("O:S-1-5-21-1-2-3-512D:(A;;GA;;;S-1-5-21-1-2-3-513)")
    );
}

#[test]
fn what_sddl_has_no_words_for_is_said_and_not_left_out() {
    let deny_both = Scope {
        object: Some(ObjectTypes::default().into()),
        callback: Some(
            Callback::Condition(Condition::from_sddl("x", &Domains::NONE).expect("x")).into(),
        ),
    };
    let new = |kind| Ace::new(kind, AceFlags::NONE, AccessMask::NONE, Sid::EVERYONE);
    let opaque = Scope {
        callback: Some(Callback::Opaque(vec![1, 2, 3, 4]).into()),
        ..Scope::ALL
    };
    let claim = |name: &str, text: &str| {
        let claim = ResourceAttribute::Claim(Claim {
            name: name.into(),
            flags: 0,
            values: ClaimValues::Texts(vec![text.into()]),
        });
        new(AceKind::ResourceAttribute(claim.into()))
    };
    let mut trailing = Ace::allow(Sid::EVERYONE, AccessMask::DELETE);
    trailing.trailing = vec![0; 4];
    for (ace, why) in [
        (
            Ace::unknown(4, AceFlags::NONE, vec![]),
            Unprintable::AceType(4),
        ),
        (new(AceKind::Deny(deny_both)), Unprintable::AceType(0x0C)),
        (new(AceKind::Allow(opaque)), Unprintable::Opaque),
        (
            new(AceKind::ResourceAttribute(
                ResourceAttribute::Opaque(vec![]).into(),
            )),
            Unprintable::Opaque,
        ),
        (claim("x", "\""), Unprintable::Quote),
        (claim("x", "a\0"), Unprintable::Nul),
        (claim("a\0", "x"), Unprintable::Nul),
        (claim("", "x"), Unprintable::Nameless),
        (trailing, Unprintable::Trailing),
    ] {
        assert_eq!(ace.to_sddl(), Err(why));
    }
}
