//! One test for each rule of the access check, each deny beside its allow twin.

mod evaluate_common;

use evaluate_common::*;
use fumehood_nt::evaluate::{Intent, Outcome, Pass, Why, evaluate, with_intent};
use fumehood_nt::semantics::{
    DenyOnlyOwner, DoubledSid, HighAceBits, LabelWrite, Relabel, RestrictedOwner, Semantics,
    ZeroRequest,
};
use fumehood_nt::token::{
    Group, Integrity, MandatoryPolicy, Privilege, SidState, Token, TokenSpec,
};
use fumehood_nt::{
    AccessMask, Ace, AceFlags, AceKind, AclField, GenericMapping, SecurityDescriptor, Sid,
};

fn default() -> Semantics {
    Semantics::default()
}

fn privileged(privilege: Privilege) -> Token {
    user_with(|spec| spec.privileges = spec.privileges.with_enabled(privilege))
}

fn at(level: u32) -> Token {
    user_with(|spec| spec.integrity = Integrity(level))
}

// 1. The request.

#[test]
fn generic_rights_of_request_and_ace_go_through_the_mapping() {
    let generic = with([allow(USER, AccessMask::GENERIC_READ)]);
    assert!(can(&generic, &user(), READ));
    assert!(can(&generic, &user(), AccessMask::GENERIC_READ));
    assert!(!can(&generic, &user(), AccessMask::GENERIC_WRITE));
    let key = |want| {
        evaluate(
            &generic,
            &user(),
            AccessMask(want),
            &GenericMapping::KEY,
            &default(),
        )
        .granted()
    };
    assert!(key(0x0002_0019) && !key(0x0002_0006));
}

#[test]
fn generic_rights_are_mapped_before_the_owner_gets_its_own() {
    // A mapping whose GENERIC_READ is what the owner has.
    let mapping = GenericMapping {
        read: READ_CONTROL | WRITE_DAC,
        ..GenericMapping::FILE
    };
    let ask = |descriptor: &SecurityDescriptor| {
        let read = AccessMask::GENERIC_READ;
        evaluate(descriptor, &user(), read, &mapping, &default()).granted()
    };
    assert!(ask(&owned(USER, [])));
    assert!(!ask(&owned(OTHER, [])));
}

#[test]
fn a_request_for_nothing_is_refused_unless_the_switch_says_otherwise() {
    let open = with([allow(USER, ALL)]);
    assert_eq!(ask(&open, &user(), AccessMask::NONE).why, Why::NothingAsked);
    assert!(!can(&open, &user(), AccessMask::NONE));
    let granted = Semantics {
        zero_request: ZeroRequest::Granted,
        ..default()
    };
    assert!(can_under(&granted, &open, &user(), AccessMask::NONE));
}

// 2. The label.

#[test]
fn a_lower_level_reads_and_runs_but_does_not_write() {
    let high = labelled(with([allow(USER, ALL)]), 0x3000, 1);
    assert!(can(&high, &user(), READ | EXECUTE));
    assert!(!can(&high, &user(), AccessMask::FILE_WRITE_DATA));
    let why = ask(&high, &user(), READ | AccessMask::FILE_WRITE_DATA).why;
    let refused = AccessMask::FILE_WRITE_DATA;
    assert_eq!(
        why,
        Why::MandatoryLabel {
            level: Integrity::HIGH,
            refused
        }
    );
    assert!(can(&high, &at(0x3000), ALL));
}

#[test]
fn the_allowed_rights_are_added_up_so_that_shared_ones_stay() {
    let high = labelled(with([allow(USER, ALL)]), 0x3000, 1);
    assert!(can(&high, &user(), READ_CONTROL | AccessMask::SYNCHRONIZE));
}

#[test]
fn rights_that_are_in_none_of_read_write_execute_are_refused_from_below() {
    let high = labelled(with([allow(USER, ALL)]), 0x3000, 1);
    for right in [DELETE, WRITE_DAC, AccessMask::WRITE_OWNER, DELETE_CHILD] {
        assert!(!can(&high, &user(), right), "{right}");
        assert!(can(&high, &at(0x3000), right), "{right}");
    }
}

#[test]
fn an_object_without_a_label_is_medium_and_not_written_from_below() {
    let plain = with([allow(USER, ALL)]);
    assert!(can(&plain, &at(0x1000), READ));
    assert!(!can(&plain, &at(0x1000), AccessMask::FILE_WRITE_DATA));
    assert!(!can(&plain, &at(6144), DELETE_CHILD));
    assert!(can(&plain, &at(0x2000), AccessMask::FILE_WRITE_DATA));
}

#[test]
fn a_label_for_children_only_does_not_bind_the_object() {
    let mut object = labelled(with([allow(USER, ALL)]), 0x3000, 1);
    assert!(!can(&object, &user(), WRITE));
    let list = object.sacl.list_mut().expect("a label");
    list.aces[0].flags = AceFlags::INHERIT_ONLY.union(AceFlags::OBJECT_INHERIT);
    assert!(can(&object, &user(), WRITE));
}

#[test]
fn each_policy_of_a_label_takes_its_own_rights() {
    let object = |policy| labelled(with([allow(USER, ALL)]), 0x3000, policy);
    let (data, run) = (AccessMask::FILE_READ_DATA, AccessMask::FILE_EXECUTE);
    for (policy, reads, executes) in [(1, true, true), (3, false, true), (5, true, false)] {
        assert_eq!(can(&object(policy), &user(), data), reads, "{policy}");
        assert_eq!(can(&object(policy), &user(), run), executes, "{policy}");
    }
}

#[test]
fn a_label_without_no_write_up_lets_write_unless_the_switch_says_otherwise() {
    let object = labelled(with([allow(USER, ALL)]), 0x3000, 0);
    assert!(can(&object, &user(), AccessMask::FILE_WRITE_DATA));
    assert!(!can(&object, &user(), DELETE), "in none of the three");
    let never = Semantics {
        label_write: LabelWrite::NeverGivesWrite,
        ..default()
    };
    assert!(!can_under(
        &never,
        &object,
        &user(),
        AccessMask::FILE_WRITE_DATA
    ));
}

#[test]
fn a_token_whose_policy_lacks_no_write_up_is_not_bound() {
    let high = labelled(with([allow(USER, ALL)]), 0x3000, 7);
    let off = user_with(|spec| spec.mandatory_policy = MandatoryPolicy::NEW_PROCESS_MIN);
    assert!(can(&high, &off, ALL) && !can(&high, &user(), ALL));
}

#[test]
fn the_label_comes_before_a_missing_dacl_and_cuts_the_maximum() {
    let mut open = labelled(with([]), 0x3000, 1);
    open.dacl = AclField::Null;
    assert!(!can(&open, &user(), WRITE) && can(&open, &user(), READ));
    assert_eq!(most(&open, &user()), READ | EXECUTE);
    assert_eq!(most(&open, &at(0x3000)), ALL);
}

#[test]
fn relabelling_lets_write_owner_past_the_label() {
    let high = labelled(with([allow(USER, ALL)]), 0x3000, 1);
    assert!(can(
        &high,
        &privileged(Privilege::Relabel),
        AccessMask::WRITE_OWNER
    ));
    assert!(!can(
        &high,
        &privileged(Privilege::TakeOwnership),
        AccessMask::WRITE_OWNER
    ));
}

// 3. Privileges.

#[test]
fn the_sacl_needs_the_privilege_and_no_dacl_grants_it() {
    let open = with([allow(USER, AccessMask(0xFFFF_FFFF))]);
    let verdict = ask(&open, &user(), READ | SACL);
    assert_eq!(verdict.why, Why::PrivilegeNotHeld(Privilege::Security));
    assert_eq!(verdict.outcome, Outcome::Denied);
    assert!(can(&open, &privileged(Privilege::Security), READ | SACL));
    let held = user_with(|spec| {
        spec.privileges = spec.privileges.with_disabled(Privilege::Security);
    });
    assert!(!can(&open, &held, SACL), "held is not enabled");
}

#[test]
fn taking_ownership_skips_the_dacl_and_the_restricting_list() {
    let closed = with([deny(USER, ALL)]);
    let mut token = privileged(Privilege::TakeOwnership).into_spec();
    token.restricting = Some(vec![]);
    let token = build(token);
    let verdict = ask(&closed, &token, AccessMask::WRITE_OWNER);
    assert_eq!(verdict.why, Why::Privilege(Privilege::TakeOwnership));
    assert!(verdict.granted());
    assert!(!can(&closed, &user(), AccessMask::WRITE_OWNER));
    assert!(
        !can(&closed, &token, AccessMask::WRITE_OWNER | READ),
        "the rest still faces it"
    );
}

#[test]
fn the_maximum_earns_no_write_owner_from_a_privilege() {
    let object = with([allow(USER, READ)]);
    let token = privileged(Privilege::TakeOwnership);
    assert_eq!(most(&object, &token), READ);
    let named = ask(&object, &token, MAXIMUM | AccessMask::WRITE_OWNER);
    assert_eq!(named.mask(), READ | AccessMask::WRITE_OWNER);
}

#[test]
fn relabelling_gives_write_owner_unless_the_switch_says_otherwise() {
    let (closed, token) = (with([]), privileged(Privilege::Relabel));
    assert!(can(&closed, &token, AccessMask::WRITE_OWNER));
    let nothing = Semantics {
        relabel: Relabel::GrantsNothing,
        ..default()
    };
    assert!(!can_under(
        &nothing,
        &closed,
        &token,
        AccessMask::WRITE_OWNER
    ));
}

#[test]
fn no_bit_above_24_comes_from_an_ace() {
    let object = with([allow(USER, AccessMask(0x0FFF_FFFF))]);
    assert_eq!(most(&object, &user()), AccessMask(0x00FF_FFFF));
    assert!(!can(&object, &user(), AccessMask(0x0400_0000)));
    let granted = Semantics {
        high_ace_bits: HighAceBits::Granted,
        ..default()
    };
    let mask = evaluate(&object, &user(), MAXIMUM, &GenericMapping::FILE, &granted).mask();
    assert_eq!(mask, AccessMask(0x0FFF_FFFF));
}

#[test]
fn backup_and_restore_count_only_where_the_open_asks() {
    let closed = with([]);
    let token = user_with(|spec| {
        spec.privileges = [Privilege::Backup, Privilege::Restore]
            .into_iter()
            .collect();
    });
    let files = &GenericMapping::FILE;
    let open = |token: &Token, want, intent| {
        with_intent(&closed, token, want, files, &default(), intent).granted()
    };
    let both = Intent::BackupAndRestore;
    for want in [
        READ,
        EXECUTE,
        WRITE,
        DELETE,
        WRITE_DAC,
        AccessMask::WRITE_OWNER,
        SACL,
    ] {
        assert!(open(&token, want, both), "{want}");
        assert!(!open(&token, want, Intent::Ordinary), "{want}");
        assert!(!open(&user(), want, both), "{want}");
    }
    assert!(!open(&token, DELETE_CHILD, both), "neither gives it");
    let (backup, restore) = (
        privileged(Privilege::Backup),
        privileged(Privilege::Restore),
    );
    for want in [READ_CONTROL, SACL, READ, EXECUTE] {
        assert!(open(&backup, want, both), "{want}");
    }
    for want in [SACL, WRITE, DELETE, WRITE_DAC, AccessMask::WRITE_OWNER] {
        assert!(open(&restore, want, both), "{want}");
    }
    assert!(!open(&backup, AccessMask::FILE_WRITE_DATA, both));
    assert!(!open(&backup, WRITE, both));
    assert!(!open(
        &privileged(Privilege::Restore),
        AccessMask::FILE_READ_DATA,
        both
    ));
    let maximum = with_intent(&closed, &token, MAXIMUM, files, &default(), both);
    assert_eq!(maximum.mask(), AccessMask(0x011F_01BF));
}

#[test]
fn debugging_opens_any_process() {
    assert!(privileged(Privilege::Debug).opens_any_process(AccessMask(1)));
    assert!(!user().opens_any_process(AccessMask(1)));
    let token = TokenSpec::new(USER).build().expect("small");
    assert!(token.has_enabled(&USER) && !token.has_enabled(&TEAM));
}

// 4. The owner.

#[test]
fn the_owner_reads_and_writes_the_dacl_and_no_deny_takes_it() {
    let mine = owned(USER, [deny(USER, ALL)]);
    let verdict = ask(&mine, &user(), READ_CONTROL | WRITE_DAC);
    assert_eq!(verdict.why, Why::Owner);
    assert!(verdict.granted() && !can(&mine, &user(), READ));
    assert!(!can(
        &owned(OTHER, [deny(USER, ALL)]),
        &user(),
        READ_CONTROL
    ));
    assert_eq!(most(&mine, &user()), READ_CONTROL | WRITE_DAC);
}

#[test]
fn a_group_owns_only_while_it_is_enabled() {
    let ours = owned(TEAM, []);
    let team = |state| user_with(|spec| set_state(spec, TEAM, state));
    assert!(can(&ours, &team(SidState::Enabled), WRITE_DAC));
    assert!(!can(&ours, &team(SidState::DenyOnly), WRITE_DAC));
    assert!(!can(&ours, &team(SidState::Disabled), WRITE_DAC));
}

#[test]
fn an_ace_for_owner_rights_ends_what_is_implicit() {
    let some = owned(USER, [allow(Sid::OWNER_RIGHTS, READ_CONTROL)]);
    assert!(can(&some, &user(), READ_CONTROL));
    assert!(!can(&some, &user(), WRITE_DAC));
    let denied = owned(
        USER,
        [
            deny(Sid::OWNER_RIGHTS, AccessMask::FILE_READ_DATA),
            allow(USER, READ),
        ],
    );
    assert!(!can(&denied, &user(), READ) && !can(&denied, &user(), WRITE_DAC));
    let not_mine = owned(OTHER, [allow(Sid::OWNER_RIGHTS, ALL)]);
    assert!(!can(&not_mine, &user(), READ));
    let io = allow(Sid::OWNER_RIGHTS, READ).with_flags(AceFlags::INHERIT_ONLY);
    assert!(
        can(&owned(USER, [io]), &user(), WRITE_DAC),
        "for children only"
    );
}

#[test]
fn a_restricted_token_owns_what_both_lists_own() {
    let mine = owned(USER, []);
    for token in [fully(&[GRANT]), writes(&[GRANT])] {
        assert!(!can(&mine, &token, WRITE_DAC) && !can(&mine, &token, READ_CONTROL));
    }
    for token in [fully(&[GRANT, USER]), writes(&[GRANT, USER])] {
        assert!(can(&mine, &token, WRITE_DAC) && can(&mine, &token, READ_CONTROL));
    }
    let not_mine = owned(GRANT, []);
    assert!(
        !can(&not_mine, &fully(&[GRANT]), READ_CONTROL),
        "the normal list lacks it"
    );
}

#[test]
fn the_readings_of_the_restricted_owner_differ_where_they_say() {
    let mine = owned(USER, []);
    let each = Semantics {
        restricted_owner: RestrictedOwner::EachPass,
        ..default()
    };
    let normal = Semantics {
        restricted_owner: RestrictedOwner::NormalListOnly,
        ..default()
    };
    let (write, full) = (writes(&[GRANT]), fully(&[GRANT]));
    assert!(
        can_under(&each, &mine, &write, READ_CONTROL),
        "never reaches pass 2"
    );
    assert!(!can_under(&each, &mine, &write, WRITE_DAC));
    assert!(!can_under(&each, &mine, &full, READ_CONTROL));
    for token in [write, full] {
        assert!(can_under(&normal, &mine, &token, READ_CONTROL | WRITE_DAC));
    }
}

#[test]
fn a_user_that_only_denies_owns_nothing_unless_the_switch_says_otherwise() {
    let token = user_with(|spec| spec.user_state = SidState::DenyOnly);
    let mine = owned(USER, []);
    assert!(!can(&mine, &token, READ_CONTROL) && can(&mine, &user(), READ_CONTROL));
    let owner = Semantics {
        deny_only_owner: DenyOnlyOwner::Owner,
        ..default()
    };
    assert!(can_under(&owner, &mine, &token, READ_CONTROL));
    let named = owned(USER, [allow(Sid::OWNER_RIGHTS, READ)]);
    assert!(!can(&named, &token, READ) && can_under(&owner, &named, &token, READ));
}

// 5. No DACL, and an empty one.

#[test]
fn no_dacl_grants_everything_and_an_empty_one_nothing() {
    for dacl in [AclField::Absent, AclField::Null] {
        let open = SecurityDescriptor { dacl, ..with([]) };
        for token in [user(), fully(&[]), writes(&[])] {
            assert_eq!(ask(&open, &token, ALL).why, Why::NoDacl);
            assert!(can(&open, &token, ALL));
            assert_eq!(most(&open, &token), ALL);
        }
    }
    let closed = with([]);
    assert!(!can(&closed, &user(), AccessMask::SYNCHRONIZE));
    assert_eq!(ask(&closed, &user(), MAXIMUM).outcome, Outcome::Denied);
}

// 6. Pass 1.

#[test]
fn the_first_ace_that_matches_decides_on_a_bit() {
    let allowed = with([allow(USER, READ), deny(USER, READ)]);
    assert!(
        can(&allowed, &user(), READ),
        "a grant before a denial stands"
    );
    let denied = with([deny(USER, AccessMask::FILE_READ_DATA), allow(USER, READ)]);
    assert!(!can(&denied, &user(), READ));
    assert!(
        can(&denied, &user(), AccessMask::FILE_READ_EA),
        "the other bits are granted"
    );
}

#[test]
fn bits_come_from_several_aces_and_what_is_left_over_refuses() {
    let object = with([allow(USER, READ), allow(TEAM, WRITE), allow(OTHER, DELETE)]);
    let verdict = ask(&object, &user(), READ | WRITE);
    let Why::AllowedBy(decider) = verdict.why else {
        panic!("{verdict:?}")
    };
    assert_eq!(
        (decider.pass, decider.ace, *decider.sid),
        (Pass::Normal, 1, TEAM)
    );
    let verdict = ask(&object, &user(), READ | DELETE);
    assert_eq!(
        verdict.why,
        Why::LeftOver {
            pass: Pass::Normal,
            bits: DELETE
        }
    );
}

#[test]
fn the_verdict_names_the_ace_that_denied() {
    let object = with([allow(USER, READ), deny(TEAM, WRITE), allow(USER, ALL)]);
    let verdict = ask(&object, &user(), READ | AccessMask::FILE_WRITE_DATA);
    let Why::DeniedBy(decider) = verdict.why else {
        panic!("{verdict:?}")
    };
    assert_eq!((decider.ace, *decider.sid), (1, TEAM));
    assert_eq!(decider.bits, AccessMask::FILE_WRITE_DATA);
}

#[test]
fn an_ace_for_children_only_says_nothing() {
    let io = AceFlags::INHERIT_ONLY.union(AceFlags::OBJECT_INHERIT);
    assert!(!can(
        &with([allow(USER, READ).with_flags(io)]),
        &user(),
        READ
    ));
    let denied = deny(USER, READ).with_flags(io);
    assert!(can(&with([denied, allow(USER, READ)]), &user(), READ));
    // Two letters each: OI and CI alone leave the ACE in force.
    let inheritable = AceFlags::OBJECT_INHERIT.union(AceFlags::CONTAINER_INHERIT);
    assert!(can(
        &with([allow(USER, READ).with_flags(inheritable)]),
        &user(),
        READ
    ));
}

#[test]
fn a_deny_only_group_denies_and_does_not_allow_and_a_disabled_one_does_neither() {
    let (grants, denies) = (
        with([allow(TEAM, READ)]),
        with([deny(TEAM, READ), allow(USER, READ)]),
    );
    for (state, allowed, denied) in [
        (SidState::Enabled, true, true),
        (SidState::DenyOnly, false, true),
        (SidState::Disabled, false, false),
    ] {
        let token = user_with(|spec| set_state(spec, TEAM, state));
        assert_eq!(can(&grants, &token, READ), allowed, "{state:?}");
        assert_eq!(!can(&denies, &token, READ), denied, "{state:?}");
    }
    let user_denies = user_with(|spec| spec.user_state = SidState::DenyOnly);
    assert!(!can(&with([allow(USER, READ)]), &user_denies, READ));
    assert!(!can(
        &with([deny(USER, READ), allow(TEAM, READ)]),
        &user_denies,
        READ
    ));
}

#[test]
fn a_sid_listed_twice_means_what_the_switch_says() {
    let token = user_with(|spec| {
        spec.groups.insert(0, Group::new(TEAM, SidState::DenyOnly));
    });
    let grants = with([allow(TEAM, READ)]);
    assert!(!can(&grants, &token, READ), "the first entry counts");
    let any = Semantics {
        doubled_sid: DoubledSid::AnyEntry,
        ..default()
    };
    assert!(can_under(&any, &grants, &token, READ));
    assert!(can_under(&any, &grants, &user(), READ));
}

#[test]
fn what_is_no_allow_and_no_deny_is_passed_over() {
    let audit = Ace::new(
        AceKind::Audit(fumehood_nt::Scope::ALL),
        AceFlags::NONE,
        READ,
        USER,
    );
    let unknown = Ace::unknown(0x77, AceFlags::NONE, vec![1, 2, 3]);
    assert!(can(
        &with([audit.clone(), unknown, allow(USER, READ)]),
        &user(),
        READ
    ));
    assert!(!can(&with([audit]), &user(), READ));
}

#[test]
fn an_object_ace_for_a_type_says_nothing_and_without_one_it_is_ordinary() {
    let typed = |object, kind: fn(fumehood_nt::Scope) -> AceKind| {
        Ace::new(kind(of_type(object)), AceFlags::NONE, READ, USER)
    };
    assert!(!can(&with([typed(Some(7), AceKind::Allow)]), &user(), READ));
    assert!(can(&with([typed(None, AceKind::Allow)]), &user(), READ));
    assert!(can(
        &with([typed(Some(7), AceKind::Deny), allow(USER, READ)]),
        &user(),
        READ
    ));
    assert!(!can(
        &with([typed(None, AceKind::Deny), allow(USER, READ)]),
        &user(),
        READ
    ));
}
