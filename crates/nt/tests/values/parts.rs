//! SIDs, masks, mappings, lists: what each is by itself.

use fumehood_nt::{
    AccessMask, Ace, AceFlags, Acl, AclRevision, Domains, GenericMapping, Guid, ObjectKind, Sid,
    well_known,
};

#[test]
fn a_sid_is_written_as_the_specification_says() {
    for (text, authority, parts) in [
        ("S-1-0-0", 0, &[0][..]),
        ("S-1-5-32-544", 5, &[32, 544]),
        ("S-1-5-21-1-2-4294967295", 5, &[21, 1, 2, u32::MAX]),
        ("S-1-4294967295", u64::from(u32::MAX), &[]),
        ("S-1-0x000100000000-7", 1 << 32, &[7]),
        ("S-1-0xFFFFFFFFFFFF", Sid::MAX_AUTHORITY, &[]),
    ] {
        let sid = Sid::new(authority, parts).expect("allowed");
        assert_eq!(text.parse(), Ok(sid));
        assert_eq!(sid.to_string(), text);
        assert_eq!((sid.authority(), sid.parts()), (authority, parts));
    }
}

#[test]
fn a_text_that_is_no_sid_is_refused_at_the_byte_where_it_stops_being_one() {
    for (text, at) in [
        ("", 0),
        ("BA", 0),
        ("S-2-5", 2),
        ("S-1", 2),
        ("S-1-", 4),
        ("S-1--5", 4),
        ("S-1-+5", 4),
        ("S-1-0x", 4),
        ("S-1-0x1000000000000", 4),
        ("S-1-281474976710656", 4),
        ("S-1-5-", 6),
        ("S-1-5-x", 6),
        ("S-1-5-32-4294967296", 9),
        ("S-1-5-32-544 ", 9),
        ("S-1-5-1-2-3-4-5-6-7-8-9-10-11-12-13-14-15-16", 41),
        ("ß-1-5", 0),
    ] {
        let error = text.parse::<Sid>().expect_err(text);
        assert_eq!(error.at, at, "{text}: {error}");
    }
    let fifteen = "S-1-5-1-2-3-4-5-6-7-8-9-10-11-12-13-14-15";
    assert_eq!(fifteen.parse::<Sid>().map(|sid| sid.parts().len()), Ok(15));
}

#[test]
fn a_sid_of_too_much_cannot_be_made() {
    assert_eq!(Sid::new(1 << 48, &[]), None);
    assert_eq!(Sid::new(5, &[0; 16]), None);
    assert_eq!(Sid::new(5, &[0; 15]).and_then(|sid| sid.child(1)), None);
    assert_eq!(Sid::BUILTIN.child(544), Some(Sid::ADMINISTRATORS));
}

#[test]
fn a_trailing_zero_makes_another_sid() {
    assert_ne!(Sid::of(5, [32]), Sid::of(5, [32, 0]));
    assert!(Sid::of(5, [32]) < Sid::of(5, [32, 0]));
    assert!(Sid::of(5, [32, 544]) < Sid::of(5, [33]));
    assert!(Sid::of(5, [32, 544]).is_below(&Sid::BUILTIN));
    assert!(!Sid::BUILTIN.is_below(&Sid::BUILTIN));
}

#[test]
fn a_sid_says_what_kind_it_is() {
    assert_eq!(Sid::INTEGRITY_MEDIUM.integrity(), Some(8192));
    assert_eq!(Sid::EVERYONE.integrity(), None);
    assert!(Sid::logon(0, 12345).is_logon() && !Sid::of(5, [5, 0]).is_logon());
    assert!(Sid::TRUSTED_INSTALLER.is_of_service() && !Sid::SERVICE_LOGON.is_of_service());
    assert!(Sid::ALL_PACKAGES.is_package() && !Sid::ALL_PACKAGES.is_capability());
    assert!(Sid::CAPABILITY_INTERNET_CLIENT.is_capability());
}

#[test]
fn every_pair_of_letters_stands_once_and_in_order() {
    assert!(well_known::ALIASES.is_sorted_by(|a, b| a.0 < b.0));
    let domain = Sid::of(5, [21, 1, 2, 3]);
    let domains = Domains {
        machine: Some(domain),
        domain: Some(domain),
        forest: Some(domain),
    };
    let mut sids: Vec<Sid> = well_known::ALIASES
        .iter()
        .map(|(_, alias)| alias.sid(&domains).expect("all domains are known"))
        .collect();
    sids.sort_unstable();
    sids.dedup();
    assert_eq!(sids.len(), well_known::ALIASES.len());
}

#[test]
fn letters_of_a_domain_need_that_domain() {
    let machine = Sid::of(5, [21, 7, 8, 9]);
    let domains = Domains {
        machine: Some(machine),
        ..Domains::NONE
    };
    let sid = |letters: &str| well_known::alias(letters).and_then(|alias| alias.sid(&domains));
    assert_eq!(sid("la"), machine.child(500));
    assert_eq!(sid("DU"), None);
    assert_eq!(sid("BA"), Some(Sid::ADMINISTRATORS));
    assert_eq!(
        well_known::letters(&machine.child(500).expect("room")),
        None
    );
    assert_eq!(well_known::letters(&Sid::EVERYONE), Some("WD"));
}

#[test]
fn every_kind_of_object_has_a_name_that_is_read_back() {
    for (name, kind) in ObjectKind::ALL {
        assert_eq!(name.parse(), Ok(kind));
        assert_eq!(kind.to_string(), name);
    }
    assert_eq!("winsta".parse(), Ok(ObjectKind::WindowStation));
    assert!("socket".parse::<ObjectKind>().is_err());
}

#[test]
fn a_mapping_leaves_no_generic_right_and_all_holds_the_other_three() {
    for (name, kind) in ObjectKind::ALL {
        let GenericMapping {
            read,
            write,
            execute,
            all,
        } = *kind.mapping();
        assert!(all.contains(read | write | execute), "{name}");
        assert!(read.contains(AccessMask::READ_CONTROL), "{name}");
        let everything = kind.mapping().map(AccessMask(u32::MAX));
        assert!(!everything.intersects(AccessMask::GENERIC), "{name}");
        let kept = AccessMask(0x0300_1234);
        assert_eq!(kind.mapping().map(kept), kept, "{name}");
    }
    let file = GenericMapping::FILE.map(AccessMask::GENERIC_WRITE | AccessMask::FILE_EXECUTE);
    assert_eq!(file, AccessMask(0x0012_0136));
}

#[test]
fn canonical_order_is_explicit_denials_explicit_grants_inherited() {
    let inherited = |ace: Ace| ace.with_flags(AceFlags::INHERITED);
    let allow = Ace::allow(Sid::USERS, AccessMask::DELETE);
    let deny = Ace::deny(Sid::USERS, AccessMask::DELETE);
    let canonical = Acl::new(vec![
        deny.clone(),
        allow.clone(),
        inherited(allow.clone()),
        inherited(deny.clone()),
    ]);
    assert!(canonical.is_canonical());
    assert!(Acl::default().is_canonical());
    let mut mixed = Acl::new(vec![
        inherited(allow.clone()),
        allow,
        inherited(deny.clone()),
        deny,
    ]);
    assert!(!mixed.is_canonical());
    mixed.sort();
    assert_eq!(mixed, canonical);
}

#[test]
fn object_aces_raise_the_revision_of_a_list() {
    let list = |text: &str| {
        let descriptor: fumehood_nt::SecurityDescriptor = text.parse().expect(text);
        descriptor.dacl.list().expect("a list").revision
    };
    assert_eq!(list("D:(A;;GA;;;WD)"), AclRevision::Plain);
    assert_eq!(list("D:(OA;;GA;;;WD)"), AclRevision::Object);
}

#[test]
fn a_guid_is_read_in_mixed_byte_order() {
    let text = "00112233-4455-6677-8899-aabbccddeeff";
    let guid: Guid = text.parse().expect(text);
    assert_eq!(
        guid.0[..8],
        [0x33, 0x22, 0x11, 0x00, 0x55, 0x44, 0x77, 0x66]
    );
    assert_eq!(guid.to_string(), text);
    for (text, at) in [
        ("", 0),
        ("0011223-", 7),
        ("00112233_", 8),
        ("00112233-4455-6677-8899-aabbccddeeff0", 36),
    ] {
        assert_eq!(text.parse::<Guid>().expect_err(text).at, at, "{text}");
    }
}

#[test]
fn flags_and_masks_are_sets() {
    let both = AceFlags::OBJECT_INHERIT.union(AceFlags::INHERITED);
    assert!(both.intersects(AceFlags::INHERITED.union(AceFlags::CRITICAL)));
    assert!(!both.contains(AceFlags::INHERITED.union(AceFlags::CRITICAL)));
    assert!(!both.intersects(AceFlags::CRITICAL));
    assert_eq!(both.without(AceFlags::INHERITED), AceFlags::OBJECT_INHERIT);
    let both = AccessMask::DELETE | AccessMask::WRITE_DAC;
    assert!(both.intersects(AccessMask::DELETE | AccessMask::WRITE_OWNER));
    assert!(!both.contains(AccessMask::DELETE | AccessMask::WRITE_OWNER));
    assert!(!both.intersects(AccessMask::WRITE_OWNER));
    assert_eq!(both.without(AccessMask::DELETE), AccessMask::WRITE_DAC);
    assert_eq!(both & !AccessMask::DELETE, AccessMask::WRITE_DAC);
    assert_eq!(both.to_string(), "0x00050000");
}
