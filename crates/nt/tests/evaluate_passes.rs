//! The passes after the first, the maximum, and conditions: each deny beside its allow twin.

mod evaluate_common;

use evaluate_common::*;
use fumehood_nt::condition::{Attribute, AttributeOf, Membership, Sids};
use fumehood_nt::evaluate::{Doubt, Pass, Why, evaluate, write_bits};
use fumehood_nt::semantics::{
    AppContainerNullDacl, AppContainerOwner, ConditionSids, MaximumOrder, MaximumScope,
    OwnerRightsInPass2, Pass2Scope, Semantics,
};
use fumehood_nt::token::{AppContainer, Group, PackageReach, Restriction, SidState, Token};
use fumehood_nt::{
    AccessMask, Ace, AceFlags, AceKind, Callback, Condition, GenericMapping, ObjectKind, Scope,
    SecurityDescriptor, Sid,
};

fn default() -> Semantics {
    Semantics::default()
}

// 7. Pass 2.

#[test]
fn both_passes_must_succeed_for_a_fully_restricted_token() {
    let token = fully(&[GRANT]);
    assert!(
        !can(&with([allow(USER, READ)]), &token, READ),
        "pass 2 has nothing"
    );
    assert!(
        !can(&with([allow(GRANT, READ)]), &token, READ),
        "pass 1 has nothing"
    );
    let both = with([allow(USER, READ), allow(GRANT, READ)]);
    let verdict = ask(&both, &token, READ);
    let Why::AllowedBy(decider) = verdict.why else {
        panic!("{verdict:?}")
    };
    assert_eq!((decider.pass, decider.ace), (Pass::Restricting, 1));
}

#[test]
fn a_deny_for_a_restricting_sid_bites_though_the_normal_list_lacks_it() {
    let object = with([deny(RULES, WRITE), allow(USER, ALL), allow(GRANT, ALL)]);
    assert!(!can(&object, &fully(&[GRANT, RULES]), WRITE));
    assert!(!can(
        &object,
        &writes(&[GRANT, RULES]),
        AccessMask::FILE_WRITE_DATA
    ));
    assert!(can(&object, &fully(&[GRANT]), WRITE));
    assert!(can(&object, &user(), WRITE));
}

#[test]
fn a_deny_for_a_group_is_invisible_to_pass_2_and_stops_pass_1() {
    let object = with([allow(USER, READ), allow(GRANT, READ), deny(TEAM, READ)]);
    assert!(can(&object, &fully(&[GRANT]), READ));
    let first = with([deny(TEAM, READ), allow(USER, READ), allow(GRANT, READ)]);
    assert!(!can(&first, &fully(&[GRANT]), READ));
}

#[test]
fn a_write_restricted_token_reads_as_the_user_and_writes_with_the_list() {
    let token = writes(&[GRANT]);
    let users = with([allow(USER, ALL)]);
    assert!(can(&users, &token, READ | EXECUTE));
    assert!(!can(&users, &token, AccessMask::FILE_WRITE_DATA));
    let granted = with([allow(USER, ALL), allow(GRANT, WRITE)]);
    assert!(can(&granted, &token, AccessMask::FILE_WRITE_DATA));
}

#[test]
fn a_write_bit_sends_the_whole_request_through_pass_2_or_itself_alone() {
    let token = writes(&[GRANT]);
    let object = with([allow(USER, ALL), allow(GRANT, WRITE)]);
    let both = READ | WRITE;
    assert!(!can(&object, &token, both), "the grant lacks the read bits");
    let per_bit = Semantics {
        pass_2_scope: Pass2Scope::PerBit,
        ..default()
    };
    assert!(can_under(&per_bit, &object, &token, both));
    let readable = with([allow(USER, ALL), allow(GRANT, READ | WRITE)]);
    assert!(
        can(&readable, &token, both),
        "with read and execute the question is gone"
    );
}

#[test]
fn a_write_restricted_token_with_no_list_writes_nothing() {
    let open = with([allow(Sid::EVERYONE, ALL), allow(USER, ALL)]);
    let flag_only = user_with(|spec| spec.restriction = Restriction::Write);
    for token in [writes(&[]), flag_only] {
        assert!(!can(&open, &token, AccessMask::FILE_WRITE_DATA));
        assert!(can(&open, &token, READ));
    }
    assert!(can(
        &open,
        &writes(&[Sid::EVERYONE]),
        AccessMask::FILE_WRITE_DATA
    ));
}

#[test]
fn an_empty_list_restricts_and_an_absent_one_does_not() {
    let open = with([allow(Sid::EVERYONE, ALL)]);
    assert!(!can(&open, &fully(&[]), READ));
    assert!(can(&open, &user(), READ));
}

#[test]
fn owner_rights_in_pass_2_mean_the_owner_or_what_the_switch_says() {
    let mine = owned(USER, [allow(Sid::OWNER_RIGHTS, READ)]);
    assert!(can(&mine, &fully(&[USER]), READ));
    let literal = fully(&[Sid::OWNER_RIGHTS]);
    assert!(!can(&mine, &literal, READ));
    let counts = Semantics {
        owner_rights_in_pass_2: OwnerRightsInPass2::Literal,
        ..default()
    };
    assert!(can_under(&counts, &mine, &literal, READ));
}

// 8. What "write" is.

#[test]
fn the_write_bits_of_files_are_the_published_ones() {
    let files = write_bits(&GenericMapping::FILE);
    assert_eq!(files, AccessMask(0x010D_0116));
    assert!(!files.intersects(READ_CONTROL | AccessMask::SYNCHRONIZE | DELETE_CHILD));
}

#[test]
fn what_reading_or_running_asks_for_as_well_is_no_write() {
    let of = |read, write, execute| GenericMapping {
        read: AccessMask(read),
        write: AccessMask(write),
        execute: AccessMask(execute),
        all: AccessMask(0xFFFF),
    };
    assert_eq!(write_bits(&of(0x1, 0xF, 0x2)), AccessMask(0x010D_000C));
    assert_eq!(write_bits(&of(0, 0xF, 0)), AccessMask(0x010D_000F));
}

#[test]
fn every_single_right_of_a_file_is_a_write_or_not_as_published() {
    let object = with([allow(USER, ALL)]);
    let token = writes(&[GRANT]);
    for bit in 0..21 {
        let right = AccessMask(1 << bit);
        if ALL.contains(right) {
            let is_write = AccessMask(0x010D_0116).contains(right);
            assert_eq!(!can(&object, &token, right), is_write, "{right}");
            assert!(can(&object, &user(), right), "{right}");
        }
    }
}

/// Beside what reading and running ask for, these are what a write-restricted token is never
/// asked a second time for: each is a right that only the kind's `GENERIC_ALL` has.
#[test]
fn the_rights_that_only_generic_all_has_face_no_second_pass() {
    for (kind, free) in [
        (ObjectKind::File, 0x40),      // FILE_DELETE_CHILD
        (ObjectKind::Key, 0x20),       // KEY_CREATE_LINK
        (ObjectKind::Section, 0x10),   // SECTION_EXTEND_SIZE
        (ObjectKind::Process, 0xE004), // PROCESS_SET_SESSIONID, …_SET_LIMITED_INFORMATION
        (ObjectKind::Thread, 0xE380),  // THREAD_SET_THREAD_TOKEN, …_IMPERSONATE
        (ObjectKind::Job, 0x30),       // JOB_OBJECT_SET_SECURITY_ATTRIBUTES
        (ObjectKind::Mutex, 0),
        (ObjectKind::Event, 0),
    ] {
        let mapping = kind.mapping();
        let other = mapping.read | mapping.execute | write_bits(mapping);
        let only_all = mapping.all.without(other) & AccessMask::SPECIFIC;
        assert_eq!(only_all, AccessMask(free), "{kind}");
        let object = with([allow(USER, mapping.all)]);
        let ask =
            |token: &Token, want| evaluate(&object, token, want, mapping, &default()).granted();
        if !only_all.is_empty() {
            assert!(ask(&writes(&[GRANT]), only_all), "{kind}");
            assert!(!ask(&fully(&[GRANT]), only_all), "{kind}");
        }
    }
    let terminate = |kind: ObjectKind| write_bits(kind.mapping()).contains(AccessMask(1));
    assert!(
        !terminate(ObjectKind::Process),
        "PROCESS_TERMINATE is in GENERIC_EXECUTE"
    );
    assert!(terminate(ObjectKind::Thread));
}

// 9. MAXIMUM_ALLOWED.

#[test]
fn the_maximum_is_first_wins_or_what_the_text_says() {
    let object = with([allow(USER, READ | WRITE), deny(TEAM, WRITE)]);
    assert_eq!(most(&object, &user()), READ | WRITE);
    let text = Semantics {
        maximum_order: MaximumOrder::DenyWins,
        ..default()
    };
    let mask = evaluate(&object, &user(), MAXIMUM, &GenericMapping::FILE, &text).mask();
    assert_eq!(mask, READ.without(WRITE), "what both share is denied too");
}

#[test]
fn the_maximum_intersects_the_passes() {
    let object = with([allow(USER, READ | WRITE), allow(GRANT, EXECUTE | WRITE)]);
    assert_eq!(
        most(&object, &fully(&[GRANT])),
        (READ | WRITE) & (EXECUTE | WRITE)
    );
    assert_eq!(most(&object, &user()), READ | WRITE);
}

#[test]
fn the_maximum_of_a_write_restricted_token_intersects_the_write_bits_or_all() {
    let object = with([allow(USER, ALL), allow(GRANT, AccessMask::FILE_WRITE_DATA)]);
    let token = writes(&[GRANT]);
    let free = ALL.without(write_bits(&GenericMapping::FILE));
    assert_eq!(most(&object, &token), free | AccessMask::FILE_WRITE_DATA);
    let whole = Semantics {
        maximum_scope: MaximumScope::WholeMask,
        ..default()
    };
    let mask = evaluate(&object, &token, MAXIMUM, &GenericMapping::FILE, &whole).mask();
    assert_eq!(mask, AccessMask::FILE_WRITE_DATA);
}

#[test]
fn what_is_asked_by_name_beside_the_maximum_must_be_in_it() {
    let object = with([allow(USER, READ)]);
    assert_eq!(ask(&object, &user(), MAXIMUM | READ_CONTROL).mask(), READ);
    let verdict = ask(&object, &user(), MAXIMUM | DELETE);
    assert_eq!(
        verdict.why,
        Why::LeftOver {
            pass: Pass::Normal,
            bits: DELETE
        }
    );
}

// 10. AppContainer.

fn contained(capabilities: &[Sid], reach: PackageReach) -> Token {
    user_with(|spec| {
        spec.app_container = Some(AppContainer {
            package: PACKAGE,
            capabilities: capabilities.to_vec(),
            reach,
        });
    })
}

#[test]
fn an_app_container_needs_its_package_a_capability_or_all_packages_named() {
    let token = contained(&[CAPABILITY], PackageReach::Ordinary);
    assert!(!can(&with([allow(USER, READ)]), &token, READ));
    for sid in [
        PACKAGE,
        CAPABILITY,
        Sid::ALL_PACKAGES,
        Sid::ALL_RESTRICTED_PACKAGES,
    ] {
        assert!(
            can(&with([allow(USER, READ), allow(sid, READ)]), &token, READ),
            "{sid}"
        );
        assert!(
            !can(&with([allow(sid, READ)]), &token, READ),
            "{sid}: the user must be, too"
        );
    }
    let denied = with([
        deny(PACKAGE, READ),
        allow(USER, READ),
        allow(Sid::ALL_PACKAGES, READ),
    ]);
    assert!(!can(&denied, &token, READ));
    assert!(
        can(&denied, &user(), READ),
        "who is in no package does not see the ACE"
    );
}

#[test]
fn a_low_privilege_app_container_is_not_among_all_packages() {
    let low = contained(&[], PackageReach::LowPrivilege);
    let ordinary = contained(&[], PackageReach::Ordinary);
    let all = with([allow(USER, READ), allow(Sid::ALL_PACKAGES, READ)]);
    assert!(!can(&all, &low, READ) && can(&all, &ordinary, READ));
    let restricted = with([allow(USER, READ), allow(Sid::ALL_RESTRICTED_PACKAGES, READ)]);
    assert!(can(&restricted, &low, READ));
}

#[test]
fn the_owner_and_a_missing_dacl_face_the_third_requirement_as_the_switches_say() {
    let token = contained(&[], PackageReach::Ordinary);
    let mine = owned(USER, []);
    assert!(!can(&mine, &token, WRITE_DAC) && can(&mine, &user(), WRITE_DAC));
    let skips = Semantics {
        app_container_owner: AppContainerOwner::SkipsPackage,
        ..default()
    };
    assert!(can_under(&skips, &mine, &token, WRITE_DAC));
    let open = SecurityDescriptor::default();
    assert!(can(&open, &token, READ));
    let closed = Semantics {
        app_container_null_dacl: AppContainerNullDacl::Closed,
        ..default()
    };
    assert!(!can_under(&closed, &open, &token, READ));
    assert!(can_under(&closed, &open, &user(), READ));
}

// Conditions.

fn member(sids: &[Sid]) -> Condition {
    Condition::Member(Membership::MemberOf, Sids::Many(sids.to_vec()))
}

fn attribute() -> Condition {
    Condition::Exists(Attribute {
        of: AttributeOf::User,
        name: "Department".into(),
    })
}

#[test]
fn membership_counts_enabled_for_allow_and_deny_only_too_for_deny() {
    let allowed = with([allow_if(USER, READ, member(&[TEAM]))]);
    let denied = with([deny_if(USER, READ, member(&[TEAM])), allow(USER, READ)]);
    for (state, allows, denies) in [
        (SidState::Enabled, true, true),
        (SidState::DenyOnly, false, true),
        (SidState::Disabled, false, false),
    ] {
        let token = user_with(|spec| set_state(spec, TEAM, state));
        assert_eq!(can(&allowed, &token, READ), allows, "{state:?}");
        assert_eq!(!can(&denied, &token, READ), denies, "{state:?}");
        assert_eq!(ask(&allowed, &token, READ).doubt, None);
    }
}

#[test]
fn every_membership_operator_says_what_it_says() {
    use Membership as M;
    let token = user_with(|spec| spec.device_groups = Some(vec![Group::enabled(GRANT)]));
    // Of {TEAM, OTHER} the user is in one; of {GRANT, OTHER} the device is.
    for (operator, sid, one, two) in [
        (M::MemberOf, TEAM, true, false),
        (M::MemberOfAny, TEAM, true, true),
        (M::NotMemberOf, TEAM, false, true),
        (M::NotMemberOfAny, TEAM, false, false),
        (M::DeviceMemberOf, GRANT, true, false),
        (M::DeviceMemberOfAny, GRANT, true, true),
        (M::NotDeviceMemberOf, GRANT, false, true),
        (M::NotDeviceMemberOfAny, GRANT, false, false),
    ] {
        let object = |sids| with([allow_if(USER, READ, Condition::Member(operator, sids))]);
        assert_eq!(
            can(&object(Sids::One(sid)), &token, READ),
            one,
            "{operator:?}"
        );
        let both = object(Sids::Many(vec![sid, OTHER]));
        assert_eq!(can(&both, &token, READ), two, "{operator:?}");
    }
}

#[test]
fn an_unknown_condition_does_not_allow_and_denies_and_is_reported() {
    let allowed = with([allow_if(USER, READ, attribute())]);
    let verdict = ask(&allowed, &user(), READ);
    assert!(!verdict.granted());
    assert_eq!(verdict.doubt, Some(Doubt::Condition { ace: 0 }));
    let denied = with([deny_if(USER, READ, attribute()), allow(USER, READ)]);
    let verdict = ask(&denied, &user(), READ);
    assert!(!verdict.granted());
    assert_eq!(verdict.doubt, Some(Doubt::Condition { ace: 0 }));
    let device = Condition::Member(Membership::NotDeviceMemberOf, Sids::One(TEAM));
    assert!(
        ask(&with([allow_if(USER, READ, device)]), &user(), READ)
            .doubt
            .is_some()
    );
}

#[test]
fn bytes_that_are_no_condition_are_an_unknown_one() {
    let opaque = || Scope {
        object: None,
        callback: Some(Callback::Opaque(vec![1, 2, 3, 4]).into()),
    };
    let ace = |kind| Ace::new(kind, AceFlags::NONE, READ, USER);
    let denied = with([ace(AceKind::Deny(opaque())), allow(USER, READ)]);
    let allowed = with([ace(AceKind::Allow(opaque()))]);
    for object in [denied, allowed] {
        let verdict = ask(&object, &user(), READ);
        assert!(!verdict.granted());
        assert_eq!(verdict.doubt, Some(Doubt::Condition { ace: 0 }));
    }
    assert!(can(&with([allow(USER, READ)]), &user(), READ));
}

#[test]
fn a_doubt_is_reported_only_where_the_answer_hangs_on_it() {
    let moot = with([allow_if(USER, READ, attribute()), allow(USER, READ)]);
    let verdict = ask(&moot, &user(), READ);
    assert!(verdict.granted() && verdict.doubt.is_none());
    let someone_else = with([allow_if(OTHER, READ, attribute())]);
    assert_eq!(ask(&someone_else, &user(), READ).doubt, None);
}

#[test]
fn and_or_and_not_are_three_valued() {
    let (yes, no) = (member(&[TEAM]), member(&[OTHER]));
    let and = |a: Condition, b: Condition| Condition::And(a.into(), b.into());
    let or = |a: Condition, b: Condition| Condition::Or(a.into(), b.into());
    let not = |a: Condition| Condition::Not(a.into());
    let value = |condition: Condition| {
        let object = with([allow_if(USER, READ, condition)]);
        let verdict = ask(&object, &user(), READ);
        if verdict.doubt.is_some() {
            None
        } else {
            Some(verdict.granted())
        }
    };
    let unknown = attribute;
    for (condition, expected) in [
        (and(yes.clone(), yes.clone()), Some(true)),
        (and(yes.clone(), no.clone()), Some(false)),
        (and(unknown(), no.clone()), Some(false)),
        (and(yes.clone(), unknown()), None),
        (or(unknown(), yes.clone()), Some(true)),
        (or(no.clone(), no.clone()), Some(false)),
        (or(no.clone(), unknown()), None),
        (not(no.clone()), Some(true)),
        (not(unknown()), None),
        (not(yes.clone()), Some(false)),
        (member(&[]), None),
    ] {
        assert_eq!(value(condition.clone()), expected, "{condition:?}");
    }
}

#[test]
fn conditions_in_pass_2_look_at_the_groups_or_at_the_list() {
    let object = with([allow(USER, READ), allow_if(GRANT, READ, member(&[TEAM]))]);
    let token = fully(&[GRANT]);
    assert!(can(&object, &token, READ));
    let list = Semantics {
        condition_sids: ConditionSids::PassList,
        ..default()
    };
    assert!(!can_under(&list, &object, &token, READ));
    assert!(can_under(&list, &object, &fully(&[GRANT, TEAM]), READ));
}

#[test]
fn a_central_policy_in_the_sacl_is_a_doubt_and_a_label_is_not() {
    let mut object = labelled(with([allow(USER, READ)]), 0x2000, 1);
    assert_eq!(ask(&object, &user(), READ).doubt, None);
    let policy = Ace::new(
        AceKind::ScopedPolicy,
        AceFlags::NONE,
        AccessMask::NONE,
        Sid::EVERYONE,
    );
    object.sacl.list_mut().expect("a label").aces.push(policy);
    assert_eq!(
        ask(&object, &user(), READ).doubt,
        Some(Doubt::Sacl { ace: 1 })
    );
}
