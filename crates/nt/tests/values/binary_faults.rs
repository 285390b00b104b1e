//! Bytes that are no descriptor: where they stop, and why.

use fumehood_nt::{
    AccessMask, Ace, AceFlags, AceKind, Acl, Claim, ClaimValues, DecodeError, EncodeError,
    ResourceAttribute, SecurityDescriptor, Sid,
};

/// Owner at 76, group at 88, SACL at 20 with an ACE at 28, DACL at 48 with an ACE at 56.
fn good() -> Vec<u8> {
    "O:SYG:WDD:(A;;FR;;;WD)S:(ML;;NW;;;LW)"
        .parse::<SecurityDescriptor>()
        .expect("SDDL")
        .to_bytes()
        .expect("short")
}

#[test]
fn one_wrong_byte_is_told_with_its_place() {
    for (at, byte, told) in [
        (0, 2, 0),
        (3, 0x00, 2),
        (4, 19, 4),
        (4, 77, 4),
        (4, 100, 4),
        (5, 0xff, 4),
        (8, 2, 8),
        (12, 21, 12),
        (16, 200, 16),
        // Revisions, counts and sizes of SIDs.
        (76, 2, 76),
        (77, 16, 77),
        (89, 2, 96),
        // Of lists and ACEs.
        (20, 1, 20),
        (20, 5, 20),
        (22, 4, 22),
        (22, 30, 22),
        (23, 1, 20),
        (22, 24, 28),
        (24, 2, 48),
        (30, 3, 30),
        (30, 18, 30),
        (30, 24, 28),
        (30, 4, 32),
        (30, 8, 36),
        (30, 16, 44),
        (37, 3, 44),
        (36, 0, 36),
    ] {
        let mut bytes = good();
        bytes[at] = byte;
        let error = SecurityDescriptor::from_bytes(&bytes).expect_err("one wrong byte");
        let place = match error {
            DecodeError::Truncated { at, .. }
            | DecodeError::Wrong { at, .. }
            | DecodeError::Overlap { at, .. } => at,
        };
        assert_eq!(place, told, "byte {at} as {byte}: {error}");
    }
    assert!(SecurityDescriptor::from_bytes(&good()).is_ok());
}

#[test]
fn bytes_cut_off_anywhere_are_refused() {
    let bytes = good();
    for len in 0..bytes.len() {
        assert!(
            SecurityDescriptor::from_bytes(&bytes[..len]).is_err(),
            "{len}"
        );
    }
}

#[test]
fn two_parts_on_the_same_bytes_are_refused() {
    let mut same = good();
    same[8] = 76;
    let (what, other) = ("the owner", "the group");
    let told = SecurityDescriptor::from_bytes(&same);
    assert!(
        matches!(told, Err(DecodeError::Overlap { at: 76, .. })),
        "{what} and {other}: {told:?}"
    );
    // The owner inside the DACL's ACE, where a SID stands.
    let mut inside = good();
    inside[4] = 64;
    let told = SecurityDescriptor::from_bytes(&inside);
    assert_eq!(
        told,
        Err(DecodeError::Overlap {
            at: 64,
            what: "the owner",
            other: "the DACL"
        })
    );
}

#[test]
fn object_flags_that_mean_nothing_are_refused() {
    let acl = "D:(OA;;CC;;;WD)"
        .parse::<SecurityDescriptor>()
        .expect("SDDL");
    let mut bytes = acl.dacl.list().expect("a list").to_bytes().expect("short");
    bytes[16] = 4;
    assert!(matches!(
        Acl::from_bytes(&bytes),
        Err(DecodeError::Wrong { at: 16, .. })
    ));
    // A GUID that is announced and is not there.
    bytes[16] = 1;
    assert!(matches!(
        Acl::from_bytes(&bytes),
        Err(DecodeError::Truncated { at: 20, .. })
    ));
}

#[test]
fn what_has_no_bytes_is_refused() {
    let new = |kind| Ace::new(kind, AceFlags::NONE, AccessMask::NONE, Sid::EVERYONE);
    let claim = |name: &str, values| {
        let name = name.to_owned();
        let claim = ResourceAttribute::Claim(Claim {
            name,
            flags: 0,
            values,
        });
        new(AceKind::ResourceAttribute(claim.into()))
    };
    let encode = |ace| Acl::new(vec![ace]).to_bytes();
    assert_eq!(
        encode(Ace::unknown(99, AceFlags::NONE, vec![0; 3])),
        Err(EncodeError::Unaligned { bytes: 3 })
    );
    assert_eq!(
        encode(claim("a\0b", ClaimValues::Integers(vec![]))),
        Err(EncodeError::Nul)
    );
    let octets = ClaimValues::Octets(vec![vec![0; 70_000]]);
    assert!(matches!(
        encode(claim("x", octets)),
        Err(EncodeError::TooLong { .. })
    ));
    let many = vec![Ace::allow(Sid::EVERYONE, AccessMask::DELETE); 3277];
    assert!(matches!(
        Acl::new(many).to_bytes(),
        Err(EncodeError::TooLong { .. })
    ));
    let fits = vec![Ace::allow(Sid::EVERYONE, AccessMask::DELETE); 3276];
    assert_eq!(
        Acl::new(fits).to_bytes().map(|bytes| bytes.len()),
        Ok(65_528)
    );
}
