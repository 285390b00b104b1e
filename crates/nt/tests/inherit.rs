//! Inheritance: the whole flag table, and what is made of owner, group, rights and labels.

mod evaluate_common;

use evaluate_common::*;
use fumehood_nt::inherit::{
    Creation, Creator, Heir, Inherited, Protect, inherit_ace, label_of_new, on_create, propagate,
    protect, unprotect,
};
use fumehood_nt::token::{Integrity, Token};
use fumehood_nt::{
    AccessMask, Ace, AceFlags, AceKind, Acl, AclField, Control, GenericMapping, Guid, ObjectTypes,
    Scope, SecurityDescriptor, Sid,
};

const OI: u8 = 0x01;
const CI: u8 = 0x02;
const NP: u8 = 0x04;
const IO: u8 = 0x08;
const ID: u8 = 0x10;
const FILES: &GenericMapping = &GenericMapping::FILE;
const CREATOR: Creator = Creator {
    owner: Some(USER),
    group: Some(TEAM),
};

fn flagged(ace: Ace, flags: u8) -> Ace {
    ace.with_flags(AceFlags(flags))
}

fn flags(inherited: &Inherited) -> (Option<u8>, Option<u8>) {
    let of = |ace: &Option<Ace>| ace.as_ref().map(|ace| ace.flags.0);
    (of(&inherited.effective), of(&inherited.passed_on))
}

/// The parent's flags; then those on a file, on a folder, and of what the folder only passes on.
type Row = (u8, Option<u8>, Option<u8>, Option<u8>);

/// `IO` and `ID` of the parent are added by the test: they change nothing.
const TABLE: [Row; 8] = [
    (0, None, None, None),
    (OI, Some(ID), None, Some(OI | IO | ID)),
    (CI, None, Some(CI | ID), None),
    (OI | CI, Some(ID), Some(OI | CI | ID), None),
    (NP, None, None, None),
    (OI | NP, Some(ID), None, None),
    (CI | NP, None, Some(ID), None),
    (OI | CI | NP, Some(ID), Some(ID), None),
];

#[test]
fn every_combination_of_flags_inherits_as_the_table_says() {
    for (parent, on_file, on_folder, passed_on) in TABLE {
        for more in [0, IO, ID, IO | ID] {
            let ace = flagged(allow(OTHER, READ), parent | more);
            let to = |heir| flags(&inherit_ace(&ace, heir, &CREATOR, FILES));
            assert_eq!(to(Heir::File), (on_file, None), "{parent:#x}");
            assert_eq!(to(Heir::Folder), (on_folder, passed_on), "{parent:#x}");
        }
    }
}

/// The same for an ACE that has to become real: what is passed on stands beside it.
const SPLIT: [Row; 8] = [
    (0, None, None, None),
    (OI, Some(ID), None, Some(OI | IO | ID)),
    (CI, None, Some(ID), Some(CI | IO | ID)),
    (OI | CI, Some(ID), Some(ID), Some(OI | CI | IO | ID)),
    (NP, None, None, None),
    (OI | NP, Some(ID), None, None),
    (CI | NP, None, Some(ID), None),
    (OI | CI | NP, Some(ID), Some(ID), None),
];

#[test]
fn creator_owner_group_and_generic_rights_become_real_and_are_split() {
    for (sid, mask, real_sid, real_mask) in [
        (Sid::CREATOR_OWNER, READ, USER, READ),
        (Sid::CREATOR_GROUP, READ, TEAM, READ),
        (OTHER, AccessMask::GENERIC_ALL, OTHER, ALL),
        (Sid::CREATOR_OWNER, AccessMask::GENERIC_READ, USER, READ),
    ] {
        for (parent, on_file, on_folder, passed_on) in SPLIT {
            for more in [0, IO, ID, IO | ID] {
                let ace = flagged(allow(sid, mask), parent | more);
                let file = inherit_ace(&ace, Heir::File, &CREATOR, FILES);
                let folder = inherit_ace(&ace, Heir::Folder, &CREATOR, FILES);
                assert_eq!(flags(&file), (on_file, None), "{parent:#x}");
                assert_eq!(flags(&folder), (on_folder, passed_on), "{parent:#x}");
                for effective in [file.effective, folder.effective].into_iter().flatten() {
                    assert_eq!((effective.sid, effective.mask), (real_sid, real_mask));
                }
                if let Some(original) = folder.passed_on {
                    assert_eq!((original.sid, original.mask), (sid, mask));
                }
            }
        }
    }
}

#[test]
fn owner_rights_are_nobody_in_particular_and_stay() {
    let ace = flagged(allow(Sid::OWNER_RIGHTS, READ), OI | CI);
    let folder = inherit_ace(&ace, Heir::Folder, &CREATOR, FILES);
    assert_eq!(flags(&folder), (Some(OI | CI | ID), None));
    assert_eq!(folder.effective.expect("applies").sid, Sid::OWNER_RIGHTS);
}

#[test]
fn an_ace_for_one_class_of_children_reaches_no_file_and_is_passed_on() {
    let class = ObjectTypes {
        object: None,
        inherited: Some(Guid([1; 16])),
    };
    let scope = Scope {
        object: Some(class.into()),
        callback: None,
    };
    let ace = Ace::new(AceKind::Allow(scope), AceFlags(OI | CI), READ, OTHER);
    let to = |heir| flags(&inherit_ace(&ace, heir, &CREATOR, FILES));
    assert_eq!(to(Heir::File), (None, None));
    assert_eq!(to(Heir::Folder), (None, Some(OI | CI | IO | ID)));
}

fn token() -> Token {
    user_with(|spec| {
        spec.owner = Sid::ADMINISTRATORS;
        spec.primary_group = TEAM;
        spec.default_dacl = Some(Acl::new(vec![
            allow(USER, AccessMask::GENERIC_ALL),
            allow(Sid::CREATOR_OWNER, READ),
        ]));
    })
}

fn create(
    parent: Option<&SecurityDescriptor>,
    asked: Option<&SecurityDescriptor>,
    heir: Heir,
) -> SecurityDescriptor {
    on_create(&Creation {
        parent,
        asked,
        token: &token(),
        heir,
        mapping: FILES,
    })
}

fn aces(descriptor: &SecurityDescriptor) -> Vec<(Sid, u32, u8)> {
    let list = descriptor.dacl.list().expect("a list");
    list.aces
        .iter()
        .map(|ace| (ace.sid, ace.mask.0, ace.flags.0))
        .collect()
}

/// A descriptor that asks for this DACL and nothing else.
fn asks(list: Vec<Ace>) -> SecurityDescriptor {
    SecurityDescriptor {
        dacl: Acl::new(list).into(),
        ..SecurityDescriptor::default()
    }
}

#[test]
fn with_nothing_asked_an_object_has_what_the_parent_passes_on() {
    let parent = with([
        flagged(allow(OTHER, READ), OI | CI),
        allow(Sid::SYSTEM, ALL),
    ]);
    let file = create(Some(&parent), None, Heir::File);
    assert_eq!(aces(&file), [(OTHER, READ.0, ID)]);
    assert_eq!(
        (file.owner, file.group),
        (Some(Sid::ADMINISTRATORS), Some(TEAM))
    );
    assert!(file.control.contains(Control::DACL_AUTO_INHERITED));
    let folder = create(Some(&parent), None, Heir::Folder);
    assert_eq!(aces(&folder), [(OTHER, READ.0, OI | CI | ID)]);
}

#[test]
fn creator_owner_becomes_the_owner_of_the_new_object() {
    let parent = with([flagged(
        allow(Sid::CREATOR_OWNER, AccessMask::GENERIC_ALL),
        OI | CI | IO,
    )]);
    let folder = create(Some(&parent), None, Heir::Folder);
    let original = (Sid::CREATOR_OWNER, 0x1000_0000, OI | CI | IO | ID);
    assert_eq!(aces(&folder), [(Sid::ADMINISTRATORS, ALL.0, ID), original]);
    let asked = SecurityDescriptor {
        owner: Some(OTHER),
        ..SecurityDescriptor::default()
    };
    let file = create(Some(&parent), Some(&asked), Heir::File);
    assert_eq!(aces(&file), [(OTHER, ALL.0, ID)]);
}

#[test]
fn what_is_asked_stands_before_what_is_inherited() {
    let parent = with([flagged(allow(OTHER, READ), OI | CI)]);
    let asked = asks(vec![flagged(allow(USER, AccessMask::GENERIC_READ), ID)]);
    let file = create(Some(&parent), Some(&asked), Heir::File);
    assert_eq!(aces(&file), [(USER, READ.0, 0), (OTHER, READ.0, ID)]);
}

#[test]
fn a_protected_dacl_inherits_nothing() {
    let parent = with([flagged(allow(OTHER, READ), OI | CI)]);
    let mut asked = asks(vec![allow(USER, READ)]);
    asked.control = Control::DACL_PROTECTED;
    let file = create(Some(&parent), Some(&asked), Heir::File);
    assert_eq!(aces(&file), [(USER, READ.0, 0)]);
    assert!(file.control.contains(Control::DACL_PROTECTED));
}

#[test]
fn with_nothing_asked_and_nothing_inherited_the_token_has_the_word() {
    let parent = with([allow(OTHER, READ)]);
    for parent in [None, Some(&parent)] {
        let file = create(parent, None, Heir::File);
        assert_eq!(
            aces(&file),
            [(USER, ALL.0, 0), (Sid::ADMINISTRATORS, READ.0, 0)]
        );
        assert!(file.control.contains(Control::DACL_DEFAULTED));
    }
    let none = Creation {
        parent: None,
        asked: None,
        token: &user(),
        heir: Heir::File,
        mapping: FILES,
    };
    assert_eq!(
        on_create(&none).dacl,
        AclField::Absent,
        "no default DACL, no DACL"
    );
}

#[test]
fn a_null_dacl_that_is_asked_for_stays_and_an_empty_one_inherits() {
    let parent = with([flagged(allow(OTHER, READ), OI | CI)]);
    let null = SecurityDescriptor {
        dacl: AclField::Null,
        ..SecurityDescriptor::default()
    };
    assert_eq!(
        create(Some(&parent), Some(&null), Heir::File).dacl,
        AclField::Null
    );
    let file = create(Some(&parent), Some(&asks(vec![])), Heir::File);
    assert_eq!(aces(&file), [(OTHER, READ.0, ID)]);
    assert!(aces(&create(None, Some(&asks(vec![])), Heir::File)).is_empty());
}

#[test]
fn an_inheritable_ace_that_is_asked_for_is_split_on_a_folder_only() {
    let asked = asks(vec![flagged(allow(Sid::CREATOR_OWNER, READ), OI | CI)]);
    let folder = create(None, Some(&asked), Heir::Folder);
    let original = (Sid::CREATOR_OWNER, READ.0, OI | CI | IO);
    assert_eq!(aces(&folder), [(Sid::ADMINISTRATORS, READ.0, 0), original]);
    let file = create(None, Some(&asked), Heir::File);
    assert_eq!(aces(&file), [(Sid::ADMINISTRATORS, READ.0, OI | CI)]);
    let only = asks(vec![flagged(allow(Sid::CREATOR_OWNER, READ), OI | CI | IO)]);
    let folder = create(None, Some(&only), Heir::Folder);
    assert_eq!(aces(&folder), [original]);
}

#[test]
fn audits_are_inherited_in_the_sacl_and_keep_what_they_log() {
    let mut parent = with([]);
    let audit = Ace::new(AceKind::Audit(Scope::ALL), AceFlags(OI | 0x80), READ, OTHER);
    parent.sacl = Acl::new(vec![audit]).into();
    let file = create(Some(&parent), None, Heir::File);
    let list = file.sacl.list().expect("a list");
    assert_eq!(list.aces[0].flags, AceFlags(ID | 0x80));
    assert_eq!(
        create(Some(&with([])), None, Heir::File).sacl,
        AclField::Absent
    );
}

// Labels.

fn label(parent: Option<u8>, asked: Option<u32>, level: u32, heir: Heir) -> Option<(u32, u8)> {
    let parent = parent.map(|flags| {
        let mut parent = labelled(with([]), 0x1800, 1);
        parent.sacl.list_mut().expect("a label").aces[0].flags = AceFlags(flags);
        parent
    });
    let asked = asked.map(|level| labelled(SecurityDescriptor::default(), level, 1));
    let token = user_with(|spec| spec.integrity = Integrity(level));
    let (parent, asked) = (parent.as_ref(), asked.as_ref());
    let creation = Creation {
        parent,
        asked,
        token: &token,
        heir,
        mapping: FILES,
    };
    let label = label_of_new(&creation);
    let made = on_create(&creation);
    let labels: Vec<_> = made
        .sacl
        .list()
        .into_iter()
        .flat_map(|list| &list.aces)
        .collect();
    assert_eq!(labels, label.iter().collect::<Vec<_>>());
    label.map(|ace| (ace.sid.parts()[0], ace.flags.0))
}

#[test]
fn a_label_is_asked_for_inherited_or_the_low_creators_own() {
    let file = Heir::File;
    assert_eq!(label(None, None, 0x2000, file), None);
    assert_eq!(label(None, None, 0x1000, file), Some((0x1000, 0)));
    assert_eq!(label(Some(OI | CI), None, 0x2000, file), Some((0x1800, ID)));
    assert_eq!(
        label(Some(OI | CI), None, 0x2000, Heir::Folder),
        Some((0x1800, OI | CI | ID))
    );
    assert_eq!(label(Some(OI | CI), None, 0x1000, file), Some((0x1800, ID)));
    assert_eq!(
        label(Some(OI | CI), Some(0x1000), 0x2000, file),
        Some((0x1000, 0))
    );
    assert_eq!(label(Some(0), None, 0x2000, file), None);
    assert_eq!(label(Some(CI), None, 0x2000, file), None);
}

// What exists already.

#[test]
fn propagation_keeps_what_is_the_childs_own_and_makes_the_rest_anew() {
    let parent = with([
        flagged(allow(TEAM, READ), OI | CI),
        flagged(deny(OTHER, WRITE), CI),
    ]);
    let own = flagged(deny(OTHER, READ), 0);
    let old = flagged(allow(OTHER, ALL), ID);
    let child = owned(USER, [old, own]);
    let file = propagate(&parent, &child, Heir::File, FILES);
    assert_eq!(aces(&file), [(OTHER, READ.0, 0), (TEAM, READ.0, ID)]);
    let folder = propagate(&parent, &child, Heir::Folder, FILES);
    let inherited = [(TEAM, READ.0, OI | CI | ID), (OTHER, WRITE.0, CI | ID)];
    assert_eq!(aces(&folder)[1..], inherited);
    assert_eq!(
        propagate(&parent, &file, Heir::File, FILES),
        file,
        "twice is once"
    );
}

#[test]
fn propagation_makes_creator_owner_the_childs_owner() {
    let parent = with([flagged(allow(Sid::CREATOR_OWNER, READ), OI | CI | IO)]);
    let file = propagate(&parent, &owned(OTHER, []), Heir::File, FILES);
    assert_eq!(aces(&file), [(OTHER, READ.0, ID)]);
    let ownerless = SecurityDescriptor {
        owner: None,
        ..with([])
    };
    let file = propagate(&parent, &ownerless, Heir::File, FILES);
    assert_eq!(aces(&file), [(Sid::CREATOR_OWNER, READ.0, ID)]);
}

#[test]
fn propagation_stops_at_a_protected_child_and_at_one_without_a_dacl() {
    let parent = with([flagged(allow(TEAM, READ), OI | CI)]);
    let mut child = with([allow(USER, READ)]);
    assert_eq!(
        aces(&propagate(&parent, &child, Heir::File, FILES)).len(),
        2
    );
    child.control = Control::DACL_PROTECTED;
    assert_eq!(propagate(&parent, &child, Heir::File, FILES), child);
    let null = SecurityDescriptor {
        dacl: AclField::Null,
        ..with([])
    };
    assert_eq!(propagate(&parent, &null, Heir::File, FILES), null);
}

#[test]
fn propagation_reaches_what_creation_made() {
    let parent = with([
        flagged(
            allow(Sid::CREATOR_OWNER, AccessMask::GENERIC_ALL),
            OI | CI | IO,
        ),
        flagged(allow(TEAM, READ), CI | NP),
        flagged(deny(OTHER, WRITE), OI),
    ]);
    for heir in [Heir::File, Heir::Folder] {
        let made = create(Some(&parent), None, heir);
        assert_eq!(propagate(&parent, &made, heir, FILES), made);
    }
}

#[test]
fn protecting_keeps_or_drops_what_was_inherited_and_unprotecting_takes_it_again() {
    let parent = with([flagged(allow(TEAM, READ), OI)]);
    let child = propagate(&parent, &with([allow(USER, READ)]), Heir::File, FILES);
    let kept = protect(&child, Protect::Keep);
    assert_eq!(aces(&kept), [(USER, READ.0, 0), (TEAM, READ.0, 0)]);
    let dropped = protect(&child, Protect::Drop);
    assert_eq!(aces(&dropped), [(USER, READ.0, 0)]);
    assert!(dropped.control.contains(Control::DACL_PROTECTED));
    assert_eq!(
        aces(&unprotect(&parent, &dropped, Heir::File, FILES)),
        aces(&child)
    );
    assert_eq!(
        aces(&unprotect(&parent, &kept, Heir::File, FILES)).len(),
        3,
        "it stands twice"
    );
}

#[test]
fn a_moved_object_keeps_its_old_dacl_until_something_propagates() {
    let workspace = with([flagged(allow(GRANT, ALL), OI | CI)]);
    let secret = with([flagged(allow(USER, READ), ID)]);
    let sandbox = user_with(|spec| spec.restricting = Some(vec![GRANT]));
    assert!(
        !can(&secret, &sandbox, READ),
        "moved in, and not reachable yet"
    );
    let walked = propagate(&workspace, &secret, Heir::File, FILES);
    let pass_2_only = walked.dacl.list().expect("a list");
    assert_eq!(pass_2_only.aces.len(), 1);
    assert_eq!(pass_2_only.aces[0].sid, GRANT);
}
