//! What `CreateRestrictedToken` makes of a token, and what a second time makes of that.

mod evaluate_common;

use evaluate_common::*;
use fumehood_nt::restrict::{
    Restrict, RestrictError, RestrictFlags, level_of_started, lower_integrity, restrict,
};
use fumehood_nt::token::{
    Group, GroupMarks, Inert, Integrity, MandatoryPolicy, Privilege, Privileges, Restriction,
    SidState, Token, TokenSpec,
};
use fumehood_nt::{AccessMask, Acl, Sid};

fn elevated() -> Token {
    user_with(|spec| {
        spec.owner = Sid::ADMINISTRATORS;
        spec.integrity = Integrity::HIGH;
        spec.default_dacl = Some(Acl::new(vec![allow(USER, ALL)]));
        spec.privileges = [
            Privilege::ChangeNotify,
            Privilege::Debug,
            Privilege::Shutdown,
        ]
        .into_iter()
        .collect::<Privileges>()
        .with_disabled(Privilege::Backup);
        spec.groups.push(Group {
            sid: Sid::ADMINISTRATORS,
            state: SidState::Enabled,
            marks: GroupMarks::OWNER.with(GroupMarks::ENABLED_BY_DEFAULT),
        });
        spec.groups
            .push(Group::enabled(Sid::of(5, [21, 1, 2, 3, 512])));
    })
}

fn made(token: &Token, asked: &Restrict) -> TokenSpec {
    restrict(token, asked).expect("it can be made").into_spec()
}

fn with_flags(flags: RestrictFlags) -> Restrict {
    Restrict {
        flags,
        ..Restrict::default()
    }
}

fn to(sids: &[Sid]) -> Restrict {
    Restrict {
        restricting: sids.to_vec(),
        ..Restrict::default()
    }
}

fn state(spec: &TokenSpec, sid: Sid) -> SidState {
    spec.groups
        .iter()
        .find(|group| group.sid == sid)
        .expect("a group")
        .state
}

#[test]
fn asking_for_nothing_changes_nothing() {
    assert_eq!(made(&elevated(), &Restrict::default()), *elevated().spec());
}

#[test]
fn disabled_sids_become_deny_only_and_unknown_ones_are_ignored() {
    let asked = Restrict {
        disable: vec![TEAM, USER, OTHER],
        ..Restrict::default()
    };
    let spec = made(&elevated(), &asked);
    assert_eq!(
        (spec.user_state, state(&spec, TEAM)),
        (SidState::DenyOnly, SidState::DenyOnly)
    );
    assert_eq!(state(&spec, Sid::EVERYONE), SidState::Enabled);
    assert_eq!(spec.groups.len(), elevated().spec().groups.len());
    let admin = Restrict {
        disable: vec![Sid::ADMINISTRATORS],
        ..Restrict::default()
    };
    let spec = made(&elevated(), &admin);
    let group = spec
        .groups
        .iter()
        .find(|group| group.sid == Sid::ADMINISTRATORS);
    assert_eq!(group.expect("a group").marks, GroupMarks::OWNER);
}

#[test]
fn deny_only_is_for_good() {
    let once = restrict(
        &elevated(),
        &Restrict {
            disable: vec![TEAM],
            ..Restrict::default()
        },
    );
    let twice = made(&once.expect("it can be made"), &Restrict::default());
    assert_eq!(state(&twice, TEAM), SidState::DenyOnly);
}

#[test]
fn privileges_go_one_by_one_or_all_but_one() {
    let asked = Restrict {
        delete: vec![Privilege::Debug, Privilege::Tcb],
        ..Restrict::default()
    };
    let held: Vec<_> = made(&elevated(), &asked).privileges.held().collect();
    assert_eq!(
        held,
        [
            Privilege::Backup,
            Privilege::Shutdown,
            Privilege::ChangeNotify
        ]
    );
    let asked = Restrict {
        flags: RestrictFlags::DISABLE_MAX_PRIVILEGE,
        ..asked
    };
    let spec = made(&elevated(), &asked);
    assert_eq!(
        spec.privileges,
        Privileges::NONE.with_enabled(Privilege::ChangeNotify)
    );
}

#[test]
fn with_the_flag_the_list_of_privileges_is_ignored() {
    let asked = Restrict {
        flags: RestrictFlags::DISABLE_MAX_PRIVILEGE,
        delete: vec![Privilege::ChangeNotify],
        ..Restrict::default()
    };
    assert!(
        made(&elevated(), &asked)
            .privileges
            .enables(Privilege::ChangeNotify)
    );
    let listed = Restrict {
        delete: vec![Privilege::ChangeNotify],
        ..Restrict::default()
    };
    assert!(
        !made(&elevated(), &listed)
            .privileges
            .holds(Privilege::ChangeNotify)
    );
}

#[test]
fn a_filtered_administrator_loses_the_groups_and_the_strong_privileges() {
    let spec = made(&elevated(), &with_flags(RestrictFlags::LUA_TOKEN));
    assert_eq!(state(&spec, Sid::ADMINISTRATORS), SidState::DenyOnly);
    assert_eq!(
        state(&spec, Sid::of(5, [21, 1, 2, 3, 512])),
        SidState::DenyOnly
    );
    assert_eq!(
        (state(&spec, TEAM), state(&spec, Sid::USERS)),
        (SidState::Enabled, SidState::Enabled)
    );
    assert_eq!(state(&spec, Sid::EVERYONE), SidState::Enabled);
    let held: Vec<_> = spec.privileges.held().collect();
    assert_eq!(held, [Privilege::Shutdown, Privilege::ChangeNotify]);
}

#[test]
fn owner_group_default_dacl_and_level_stay_as_they_were() {
    let all = RestrictFlags::DISABLE_MAX_PRIVILEGE
        .with(RestrictFlags::LUA_TOKEN)
        .with(RestrictFlags::WRITE_RESTRICTED);
    let spec = made(
        &elevated(),
        &Restrict {
            flags: all,
            ..to(&[GRANT])
        },
    );
    let before = elevated().into_spec();
    assert_eq!(
        (spec.owner, spec.primary_group),
        (before.owner, before.primary_group)
    );
    assert_eq!(
        (spec.default_dacl, spec.integrity),
        (before.default_dacl, before.integrity)
    );
    assert_eq!(spec.inert, Inert::Checked);
    let inert = made(&elevated(), &with_flags(RestrictFlags::SANDBOX_INERT));
    assert_eq!(inert.inert, Inert::Inert);
    assert_eq!(all.bits(), 1 | 4 | 8);
}

#[test]
fn restricting_sids_make_a_list_and_the_flag_says_when_it_is_asked() {
    let full = made(&elevated(), &to(&[GRANT, Sid::EVERYONE]));
    assert_eq!(full.restricting, Some(vec![GRANT, Sid::EVERYONE]));
    assert_eq!(full.restriction, Restriction::Full);
    let flags = RestrictFlags::WRITE_RESTRICTED;
    let write = made(
        &elevated(),
        &Restrict {
            flags,
            ..to(&[GRANT])
        },
    );
    assert_eq!(write.restriction, Restriction::Write);
}

#[test]
fn a_token_restricted_twice_has_what_both_lists_have() {
    let once = restrict(&user(), &to(&[GRANT, RULES, Sid::EVERYONE])).expect("a list");
    let twice = made(&once, &to(&[RULES, SESSION, GRANT]));
    assert_eq!(twice.restricting, Some(vec![RULES, GRANT]));
    let unasked = made(&once, &Restrict::default());
    assert_eq!(unasked.restricting, once.spec().restricting);
    let nothing = restrict(&once, &to(&[SESSION]));
    assert_eq!(nothing, Err(RestrictError::NothingInCommon));
}

#[test]
fn a_second_restriction_gives_back_nothing() {
    let object = with([allow(USER, ALL), allow(SESSION, ALL), allow(RULES, ALL)]);
    let once = restrict(&user(), &to(&[GRANT, RULES])).expect("a list");
    let twice = restrict(&once, &to(&[RULES, SESSION])).expect("RULES is in both");
    let only = with([allow(USER, ALL), allow(SESSION, ALL)]);
    assert!(can(&object, &twice, READ));
    assert!(
        !can(&only, &twice, READ),
        "a list that replaced the old one would let this in"
    );
}

#[test]
fn a_second_restriction_sheds_a_restricting_sid_and_the_denials_that_name_it() {
    let hooks = with([deny(RULES, WRITE), allow(USER, ALL), allow(GRANT, ALL)]);
    let flags = RestrictFlags::WRITE_RESTRICTED;
    let asked = |sids: &[Sid]| Restrict { flags, ..to(sids) };
    let sandbox = restrict(&user(), &asked(&[GRANT, RULES])).expect("a list");
    assert!(!can(&hooks, &sandbox, AccessMask::FILE_WRITE_DATA));
    let shed = restrict(&sandbox, &asked(&[GRANT])).expect("GRANT is in both");
    assert!(
        can(&hooks, &shed, AccessMask::FILE_WRITE_DATA),
        "the denial is gone"
    );

    // The twins that hold: what no ACE grants, and a denial for a SID of the normal list.
    let ungranted = with([allow(USER, ALL)]);
    let by_group = with([deny(TEAM, WRITE), allow(USER, ALL), allow(GRANT, ALL)]);
    for object in [ungranted, by_group] {
        assert!(!can(&object, &shed, AccessMask::FILE_WRITE_DATA));
    }
}

#[test]
fn a_fully_restricted_token_does_not_become_write_restricted() {
    let object = with([allow(USER, ALL)]);
    let full = restrict(&user(), &to(&[GRANT])).expect("a list");
    let flags = RestrictFlags::WRITE_RESTRICTED;
    let again = restrict(
        &full,
        &Restrict {
            flags,
            ..to(&[GRANT])
        },
    )
    .expect("a list");
    assert!(!can(&object, &again, READ));
    let write = restrict(
        &user(),
        &Restrict {
            flags,
            ..to(&[GRANT])
        },
    )
    .expect("a list");
    assert!(
        can(&object, &write, READ),
        "the twin: from an unrestricted token"
    );
}

#[test]
fn a_write_restricted_token_without_a_list_has_an_empty_one() {
    let flags = RestrictFlags::WRITE_RESTRICTED;
    let none = restrict(&user(), &with_flags(flags)).expect("no list");
    assert!(none.is_restricted());
    let object = with([allow(USER, ALL), allow(GRANT, ALL)]);
    let again = restrict(&none, &to(&[GRANT])).expect("nothing to intersect");
    for token in [&none, &again] {
        assert!(!can(&object, token, WRITE) && can(&object, token, READ));
    }
    let listed = restrict(
        &user(),
        &Restrict {
            flags,
            ..to(&[GRANT])
        },
    )
    .expect("a list");
    assert!(can(&object, &listed, WRITE));
}

#[test]
fn a_level_goes_down_and_never_up() {
    let low = lower_integrity(&user(), Integrity::LOW).expect("lower");
    assert_eq!(low.spec().integrity, Integrity::LOW);
    let raised = lower_integrity(&low, Integrity::MEDIUM);
    assert_eq!(
        raised,
        Err(RestrictError::Raises {
            from: 0x1000,
            to: 0x2000
        })
    );
    assert!(lower_integrity(&user(), Integrity::MEDIUM).is_ok());
}

#[test]
fn a_program_gets_the_lesser_of_its_starters_level_and_its_own_label() {
    let (plain, low) = (with([]), labelled(with([]), 6144, 1));
    let high = labelled(with([]), 0x3000, 1);
    assert_eq!(level_of_started(&user(), &low), Integrity(6144));
    assert_eq!(level_of_started(&user(), &plain), Integrity::MEDIUM);
    assert_eq!(level_of_started(&user(), &high), Integrity::MEDIUM);
    assert_eq!(level_of_started(&elevated(), &plain), Integrity::HIGH);
    let keeps = user_with(|spec| spec.mandatory_policy = MandatoryPolicy::NO_WRITE_UP);
    assert_eq!(level_of_started(&keeps, &low), Integrity::MEDIUM);
}

#[test]
fn a_list_that_is_too_long_is_refused() {
    let sids: Vec<Sid> = (0..1025).map(|n| Sid::of(5, [21, 1, 2, 3, n])).collect();
    assert!(matches!(
        restrict(&user(), &to(&sids)),
        Err(RestrictError::TooManySids(_))
    ));
    assert!(restrict(&user(), &to(&sids[1..])).is_ok());
}

#[test]
fn a_filtered_administrator_keeps_five_privileges_of_all() {
    let all = Privilege::ALL.map(|(_, privilege)| privilege);
    let token = user_with(|spec| spec.privileges = all.into_iter().collect());
    let asked = Restrict {
        flags: RestrictFlags::LUA_TOKEN,
        ..Restrict::default()
    };
    let filtered = restrict(&token, &asked).expect("is restricted");
    let kept: Vec<_> = filtered.spec().privileges.held().collect();
    let expected = [
        Privilege::Shutdown,
        Privilege::ChangeNotify,
        Privilege::Undock,
        Privilege::IncreaseWorkingSet,
        Privilege::TimeZone,
    ];
    assert_eq!(kept, expected);
}

#[test]
fn a_filtered_administrator_keeps_every_group_that_is_not_administrative() {
    let filtered = |sid: Sid| {
        let token = user_with(|spec| spec.groups = vec![Group::enabled(sid)]);
        let asked = Restrict {
            flags: RestrictFlags::LUA_TOKEN,
            ..Restrict::default()
        };
        let token = restrict(&token, &asked).expect("is restricted");
        token.spec().groups[0].state == SidState::DenyOnly
    };
    let of = |make: fn(u32) -> Sid| (490..600).filter(|rid| filtered(make(*rid))).collect();
    let builtin: Vec<u32> = of(|rid| Sid::of(5, [32, rid]));
    assert_eq!(builtin, [544, 547, 548, 549, 550, 551, 554, 556, 569]);
    let domain: Vec<u32> = of(|rid| Sid::of(5, [21, 1, 2, 3, rid]));
    assert_eq!(domain, [498, 512, 516, 517, 518, 519, 520, 521, 553]);
    let others: Vec<u32> = (100..120)
        .filter(|rid| filtered(Sid::of(5, [*rid])))
        .collect();
    assert_eq!(others, [114]);
    assert!(!filtered(Sid::of(6, [32, 544])));
}

#[test]
fn a_flag_that_is_set_twice_is_set() {
    let all = [
        RestrictFlags::DISABLE_MAX_PRIVILEGE,
        RestrictFlags::SANDBOX_INERT,
        RestrictFlags::LUA_TOKEN,
        RestrictFlags::WRITE_RESTRICTED,
    ];
    for (at, flag) in all.into_iter().enumerate() {
        assert_eq!(flag.bits(), 1 << at);
        assert!(flag.with(flag).contains(flag));
        let others = all.into_iter().filter(|other| *other != flag);
        let others = others.fold(RestrictFlags::NONE, RestrictFlags::with);
        assert!(!others.contains(flag) && others.with(flag).contains(flag));
    }
}
