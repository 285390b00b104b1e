//! Edges of inheritance and tokens that only a mutant showed to be untested.

mod evaluate_common;

use evaluate_common::*;
use fumehood_nt::condition::{Membership, Sids};
use fumehood_nt::inherit::{Creation, Heir, Protect, label_of_new, on_create, propagate, protect};
use fumehood_nt::token::{Group, Integrity, SidState, Token};
use fumehood_nt::{
    AccessMask, Ace, AceFlags, AceKind, Acl, Condition, Control, GenericMapping, Scope,
    SecurityDescriptor, Sid,
};

const OI: AceFlags = AceFlags::OBJECT_INHERIT;
const CI: AceFlags = AceFlags::CONTAINER_INHERIT;
const FILES: &GenericMapping = &GenericMapping::FILE;

fn creation<'a>(
    token: &'a Token,
    parent: Option<&'a SecurityDescriptor>,
    asked: Option<&'a SecurityDescriptor>,
) -> Creation<'a> {
    Creation {
        parent,
        asked,
        token,
        heir: Heir::Folder,
        mapping: FILES,
    }
}

fn sids(descriptor: &SecurityDescriptor) -> Vec<Sid> {
    let list = descriptor.dacl.list().expect("a list");
    list.aces.iter().map(|ace| ace.sid).collect()
}

fn labels(levels: &[Sid]) -> SecurityDescriptor {
    let label = |level: &Sid| Ace::label(*level, AccessMask::LABEL_NO_WRITE_UP);
    SecurityDescriptor {
        sacl: Acl::new(levels.iter().map(label).collect()).into(),
        ..SecurityDescriptor::default()
    }
}

#[test]
fn creator_group_becomes_the_primary_group_of_whoever_creates() {
    let token = user_with(|spec| spec.primary_group = TEAM);
    let ace = allow(Sid::CREATOR_GROUP, READ).with_flags(CI);
    let parent = with([ace]);
    let made = on_create(&creation(&token, Some(&parent), None));
    assert_eq!(sids(&made), [TEAM, Sid::CREATOR_GROUP]);
    assert!(!made.control.contains(Control::DACL_PROTECTED));
}

#[test]
fn what_is_asked_for_keeps_its_order() {
    let asked = with([allow(TEAM, READ), allow(USER, READ), allow(OTHER, READ)]);
    let made = on_create(&creation(&user(), None, Some(&asked)));
    assert_eq!(sids(&made), [TEAM, USER, OTHER]);
    let parent = with([allow(GRANT, READ).with_flags(CI)]);
    let walked = propagate(&parent, &asked, Heir::Folder, FILES);
    assert_eq!(sids(&walked), [TEAM, USER, OTHER, GRANT]);
}

#[test]
fn an_ace_that_is_asked_for_is_split_if_files_or_folders_inherit_it() {
    for (flags, is_split) in [
        (OI, true),
        (CI, true),
        (OI.union(CI), true),
        (AceFlags::NONE, false),
    ] {
        let ace = allow(Sid::CREATOR_OWNER, AccessMask::GENERIC_ALL).with_flags(flags);
        let asked = with([ace]);
        let token = user();
        let made = on_create(&creation(&token, None, Some(&asked)));
        let owner = made.owner.expect("has an owner");
        let expected = if is_split {
            vec![owner, Sid::CREATOR_OWNER]
        } else {
            vec![owner]
        };
        assert_eq!(sids(&made), expected, "{flags:?}");
    }
}

#[test]
fn of_two_labels_the_first_counts_and_a_low_creators_own_lets_nobody_write_up() {
    let (low, high) = (Sid::INTEGRITY_LOW, Sid::INTEGRITY_HIGH);
    for (first, second) in [(low, high), (high, low)] {
        let asked = labels(&[first, second]);
        let label = label_of_new(&creation(&user(), None, Some(&asked)));
        assert_eq!(label.map(|label| label.sid), Some(first));
    }
    let token = user_with(|spec| spec.integrity = Integrity::LOW);
    let own = label_of_new(&creation(&token, None, None));
    let expected = Ace::label(low, AccessMask::LABEL_NO_WRITE_UP);
    assert_eq!(own, Some(expected));
    assert_eq!(label_of_new(&creation(&user(), None, None)), None);
}

#[test]
fn a_list_that_was_propagated_to_says_so_and_one_that_is_protected_does_not() {
    let (parent, child) = (with([allow(TEAM, READ)]), with([allow(USER, READ)]));
    assert!(!child.control.contains(Control::DACL_AUTO_INHERITED));
    let walked = propagate(&parent, &child, Heir::File, FILES);
    assert!(walked.control.contains(Control::DACL_AUTO_INHERITED));
    for way in [Protect::Keep, Protect::Drop] {
        let alone = protect(&walked, way);
        assert!(!alone.control.contains(Control::DACL_AUTO_INHERITED));
        assert!(alone.control.contains(Control::DACL_PROTECTED));
    }
}

#[test]
fn a_sid_is_enabled_if_its_first_entry_is() {
    let (on, off) = (SidState::Enabled, SidState::Disabled);
    for (states, is) in [
        (vec![on], true),
        (vec![off], false),
        (vec![SidState::DenyOnly], false),
        (vec![on, off], true),
        (vec![off, on], false),
    ] {
        let token = user_with(|spec| {
            let group = |state: &SidState| Group::new(GRANT, *state);
            spec.groups.extend(states.iter().map(group));
        });
        assert_eq!(token.has_enabled(&GRANT), is, "{states:?}");
    }
}

#[test]
fn of_a_device_too_the_first_entry_counts() {
    let condition = || Condition::Member(Membership::DeviceMemberOf, Sids::One(TEAM));
    let object = with([allow_if(USER, READ, condition())]);
    let (on, off) = (SidState::Enabled, SidState::Disabled);
    for (states, is) in [([on, off], true), ([off, on], false)] {
        let token = user_with(|spec| {
            let groups = states.map(|state| Group::new(TEAM, state));
            spec.device_groups = Some(groups.to_vec());
        });
        assert_eq!(can(&object, &token, READ), is, "{states:?}");
    }
}

#[test]
fn a_sacl_has_flags_of_its_own() {
    let audit = Ace::new(
        AceKind::Audit(Scope::ALL),
        CI.union(AceFlags::SUCCESSFUL_ACCESS),
        READ,
        Sid::EVERYONE,
    );
    let parent = SecurityDescriptor {
        sacl: Acl::new(vec![audit]).into(),
        ..SecurityDescriptor::default()
    };
    let made = on_create(&creation(&user(), Some(&parent), None));
    assert!(made.control.contains(Control::SACL_AUTO_INHERITED));
    assert!(!made.control.contains(Control::DACL_AUTO_INHERITED));
    let asked = SecurityDescriptor {
        control: Control::SACL_PROTECTED,
        ..SecurityDescriptor::default()
    };
    let made = on_create(&creation(&user(), Some(&parent), Some(&asked)));
    assert!(made.control.contains(Control::SACL_PROTECTED));
    assert!(!made.control.contains(Control::DACL_PROTECTED));
    assert!(made.sacl.list().is_none());
}
