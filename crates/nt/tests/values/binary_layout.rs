//! The bytes themselves, byte by byte.

use fumehood_nt::{
    AccessMask, Ace, AceFlags, AceKind, Acl, AclField, Claim, ClaimValues, Control,
    ResourceAttribute, SecurityDescriptor, Sid,
};

#[test]
fn a_sid_has_its_authority_big_endian_and_the_rest_little_endian() {
    let bytes = [1, 2, 0, 0, 0, 0, 0, 5, 32, 0, 0, 0, 0x20, 2, 0, 0];
    assert_eq!(Sid::ADMINISTRATORS.to_bytes(), bytes);
    assert_eq!(Sid::from_bytes(&bytes), Ok(Sid::ADMINISTRATORS));
}

#[test]
fn a_descriptor_is_header_sacl_dacl_owner_group() {
    let descriptor: SecurityDescriptor = "O:SYG:WDD:P(A;CI;FR;;;WD)S:(ML;;NW;;;LW)"
        .parse()
        .expect("SDDL");
    let bytes = [
        // Revision, padding, control: self-relative, DACL protected, SACL and DACL present.
        &[1, 0, 0x14, 0x90][..],
        // Owner, group, SACL, DACL.
        &[76, 0, 0, 0, 88, 0, 0, 0, 20, 0, 0, 0, 48, 0, 0, 0],
        // SACL: revision 2, 28 bytes, one ACE: a label of 20 bytes, no write up, low.
        &[2, 0, 28, 0, 1, 0, 0, 0],
        &[0x11, 0, 20, 0, 1, 0, 0, 0],
        &[1, 1, 0, 0, 0, 0, 0, 16, 0, 16, 0, 0],
        // DACL: revision 2, 28 bytes, one ACE: a grant, containers inherit, 0x120089, everyone.
        &[2, 0, 28, 0, 1, 0, 0, 0],
        &[0, 2, 20, 0, 0x89, 0, 0x12, 0],
        &[1, 1, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0],
        // Owner and group.
        &[1, 1, 0, 0, 0, 0, 0, 5, 18, 0, 0, 0],
        &[1, 1, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0],
    ]
    .concat();
    assert_eq!(descriptor.to_bytes().as_ref(), Ok(&bytes));
    assert_eq!(SecurityDescriptor::from_bytes(&bytes), Ok(descriptor));
}

#[test]
fn absent_null_and_empty_lists_differ_in_flag_and_offset() {
    for (text, flags, offset) in [
        ("", 0x8000, 0),
        ("D:NO_ACCESS_CONTROL", 0x8004, 0),
        ("D:", 0x8004, 20),
    ] {
        let descriptor: SecurityDescriptor = text.parse().expect(text);
        let bytes = descriptor.to_bytes().expect(text);
        assert_eq!(u16::from_le_bytes([bytes[2], bytes[3]]), flags, "{text}");
        assert_eq!(bytes[16], offset, "{text}");
        assert_eq!(
            SecurityDescriptor::from_bytes(&bytes),
            Ok(descriptor),
            "{text}"
        );
    }
}

#[test]
fn a_list_without_its_present_flag_is_absent_as_nt_takes_it() {
    let mut bytes = "D:(A;;GA;;;WD)"
        .parse::<SecurityDescriptor>()
        .expect("SDDL")
        .to_bytes()
        .expect("short");
    bytes[2] = 0;
    let read = SecurityDescriptor::from_bytes(&bytes).expect("well-formed");
    assert_eq!(read.dacl, AclField::Absent);
}

#[test]
fn parts_may_stand_in_any_order_and_lists_may_have_room() {
    let acl = "D:(A;;GA;;;WD)"
        .parse::<SecurityDescriptor>()
        .expect("SDDL");
    let mut list = acl.dacl.list().expect("a list").to_bytes().expect("short");
    list.extend([0xee; 8]);
    list[2] = 36;
    let owner = Sid::SYSTEM.to_bytes();
    let mut bytes = vec![
        1, 0, 0x04, 0x80, 20, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 32, 0, 0, 0,
    ];
    bytes.extend(owner);
    bytes.extend(list);
    bytes.extend([0xdd; 3]);
    let read = SecurityDescriptor::from_bytes(&bytes).expect("well-formed");
    assert_eq!(read.to_sddl().as_deref(), Ok("O:SYD:(A;;GA;;;WD)"));
}

#[test]
fn the_resource_managers_byte_and_every_flag_are_kept() {
    let descriptor = SecurityDescriptor {
        control: Control::from_bits(u16::MAX),
        resource_manager: 0xA5,
        ..SecurityDescriptor::default()
    };
    assert_eq!(descriptor.control_word(), 0xFFEB);
    let bytes = descriptor.to_bytes().expect("short");
    assert_eq!(SecurityDescriptor::from_bytes(&bytes), Ok(descriptor));
}

#[test]
fn a_claim_has_its_name_behind_the_offsets_and_its_values_behind_the_name() {
    let claim = Claim {
        name: "n".into(),
        flags: 2,
        values: ClaimValues::Texts(vec!["ab".into(), String::new()]),
    };
    let kind = AceKind::ResourceAttribute(ResourceAttribute::Claim(claim).into());
    let ace = Ace::new(kind, AceFlags::NONE, AccessMask::NONE, Sid::EVERYONE);
    let bytes = Acl::new(vec![ace.clone()]).to_bytes().expect("short");
    let carried = [
        &[24, 0, 0, 0, 3, 0, 0, 0, 2, 0, 0, 0, 2, 0, 0, 0][..],
        &[28, 0, 0, 0, 36, 0, 0, 0],
        b"n\0\0\0",
        b"a\0b\0\0\0\0\0",
        b"\0\0\0\0",
    ]
    .concat();
    assert_eq!(bytes[8 + 20..], carried);
    assert_eq!(Acl::from_bytes(&bytes), Ok(Acl::new(vec![ace])));
}

#[test]
fn a_claim_that_points_at_one_value_a_thousand_times_is_kept_as_bytes() {
    let mut carried = vec![0; 16];
    carried[4] = 0x10;
    carried[12..14].copy_from_slice(&1000u16.to_le_bytes());
    let octets = u32::try_from(16 + 4000 + 4).expect("small");
    for _ in 0..1000 {
        carried.extend(octets.to_le_bytes());
    }
    carried[0..4].copy_from_slice(&(octets - 4).to_le_bytes());
    carried.extend([0; 4]);
    carried.extend(10_000u32.to_le_bytes());
    carried.extend([7; 10_000]);
    let kind = AceKind::ResourceAttribute(ResourceAttribute::Opaque(carried).into());
    let ace = Ace::new(kind, AceFlags::NONE, AccessMask::NONE, Sid::EVERYONE);
    let acl = Acl::new(vec![ace]);
    assert_eq!(Acl::from_bytes(&acl.to_bytes().expect("short")), Ok(acl));
}
