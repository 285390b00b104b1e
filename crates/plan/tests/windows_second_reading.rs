//! The second reading finds what a planner could get wrong: each mutant of a good
//! plan is found, and the good plan is not.

mod windows_machine;

use fumehood_nt::restrict::RestrictFlags;
use fumehood_nt::token::Integrity;
use fumehood_nt::{AccessMask, Ace, AceFlags, AceKind, Sid};
use fumehood_plan::windows::change::{Change, Inheritance};
use fumehood_plan::windows::launch::{Because, Restricting};
use fumehood_plan::windows::{Facts, Plan, Reach, Reason, Step, TokenProfile, lint};
use fumehood_policy::Policy;

use windows_machine::{USER, compiled, configurations, path};

type Mutant = fn(&Facts, &mut Plan);

fn repository(profile: TokenProfile) -> (Policy, Facts, Plan) {
    let name = configurations()
        .into_iter()
        .find(|name| name.ends_with("repository.toml"))
        .expect("a golden repository");
    let text = std::fs::read_to_string(name).expect("readable");
    compiled(&text, Some(profile)).expect("compiles")
}

fn findings(profile: TokenProfile, mutate: impl FnOnce(&Facts, &mut Plan)) -> usize {
    let (policy, facts, mut plan) = repository(profile);
    assert_eq!(lint(&policy, &facts, &plan), []);
    mutate(&facts, &mut plan);
    lint(&policy, &facts, &plan).len()
}

fn restrict_to(plan: &mut Plan, sid: Sid) {
    let because = Because::Everyone;
    plan.launch
        .token
        .restricting
        .push(Restricting { sid, because });
}

fn add(plan: &mut Plan, at: &str, ace: Ace) {
    plan.steps.insert(
        0,
        Step::Set {
            path: path(at),
            id: None,
            change: Change::adding(vec![ace]),
            reach: Reach::Object,
            reason: Reason::Way,
        },
    );
}

/// Every entry that a plan adds, changed.
fn each_entry(plan: &mut Plan, mut change: impl FnMut(&mut Ace)) {
    for step in &mut plan.steps {
        if let Step::Set { change: patch, .. } = step {
            patch.add.iter_mut().for_each(&mut change);
        }
    }
}

#[test]
fn a_sid_that_voids_the_boundary_is_found_in_the_list() {
    for sid in [
        USER,
        Sid::AUTHENTICATED_USERS,
        Sid::INTERACTIVE,
        Sid::LOCAL,
        Sid::EVERYONE,
    ] {
        let found = findings(TokenProfile::Compatible, |_, plan| restrict_to(plan, sid));
        assert!(found > 0, "{sid:?}");
    }
    let own = Sid::of(5, [21, 5, 5, 5, 5]);
    assert_eq!(
        findings(TokenProfile::Compatible, |_, plan| restrict_to(plan, own)),
        0
    );
}

#[test]
fn a_token_that_is_not_the_profile_s_is_found() {
    let mutants: [(&str, Mutant); 7] = [
        ("not write-restricted", |_, plan| {
            plan.launch.token.flags =
                RestrictFlags::DISABLE_MAX_PRIVILEGE.with(RestrictFlags::LUA_TOKEN);
        }),
        ("privileges stay", |_, plan| {
            plan.launch.token.flags = RestrictFlags::WRITE_RESTRICTED;
        }),
        ("above medium", |_, plan| {
            plan.launch.token.integrity = Integrity::HIGH;
        }),
        ("below medium", |_, plan| {
            plan.launch.token.integrity = Integrity::LOW;
        }),
        ("no list", |_, plan| plan.launch.token.restricting.clear()),
        ("without S-1-5-33", |_, plan| {
            plan.launch
                .token
                .restricting
                .retain(|one| one.because != Because::WriteRestricted);
        }),
        ("token object without the session", |facts, plan| {
            let session = facts.session;
            plan.launch
                .token
                .object_dacl
                .aces
                .retain(|ace| ace.sid != session);
        }),
    ];
    for (name, mutate) in mutants {
        assert!(findings(TokenProfile::Compatible, mutate) > 0, "{name}");
    }
}

#[test]
fn the_logon_sid_in_a_default_dacl_is_found() {
    let logon = |facts: &Facts, plan: &mut Plan| {
        let logon = facts.logon().expect("a logon");
        let all = AccessMask::GENERIC_ALL;
        plan.launch
            .token
            .default_dacl
            .aces
            .push(Ace::allow(logon, all));
    };
    assert!(findings(TokenProfile::Compatible, logon) > 0);
}

#[test]
fn an_entry_where_none_may_stand_is_found() {
    let look = Ace::allow(Sid::of(5, [21, 1]), AccessMask::FILE_READ_ATTRIBUTES);
    for at in [
        r"C:\",
        r"C:\Users",
        r"C:\Users\ann\.ssh",
        r"C:\Users\ann\.SSH\x",
        r"C:\Users\ann\AppData",
    ] {
        let found = findings(TokenProfile::Strict, |_, plan| add(plan, at, look.clone()));
        assert!(found > 0, "{at}");
    }
    let read = Ace::allow(Sid::of(5, [21, 1]), AccessMask::FILE_READ_DATA);
    let found = |ace: &Ace| {
        findings(TokenProfile::Strict, |_, plan| {
            add(plan, r"C:\Users\ann", ace.clone());
        })
    };
    assert_eq!(found(&look), 0, "the one shape that may");
    assert!(found(&read) > 0);
    assert!(found(&look.clone().with_flags(AceFlags::CONTAINER_INHERIT)) > 0);
}

#[test]
fn a_right_that_undoes_what_holds_is_found() {
    for right in [
        AccessMask::FILE_DELETE_CHILD,
        AccessMask::WRITE_DAC,
        AccessMask::WRITE_OWNER,
    ] {
        let widen = |_: &Facts, plan: &mut Plan| {
            each_entry(plan, |ace| {
                if matches!(ace.kind, AceKind::Allow(_)) {
                    ace.mask |= right;
                }
            });
        };
        assert!(findings(TokenProfile::Compatible, widen) > 0, "{right}");
    }
}

#[test]
fn a_denial_that_can_be_shed_is_found() {
    let marker = Sid::of(5, [21, 6, 6, 6, 6]);
    let shed = |_: &Facts, plan: &mut Plan| {
        restrict_to(plan, marker);
        add(
            plan,
            r"C:\Users\ann\w\.git\hooks",
            Ace::deny(marker, AccessMask::FILE_WRITE_DATA),
        );
    };
    assert!(findings(TokenProfile::Compatible, shed) > 0);
    let locked_out = |_: &Facts, plan: &mut Plan| {
        add(
            plan,
            r"C:\Users\ann\w",
            Ace::deny(USER, AccessMask::FILE_WRITE_DATA),
        );
    };
    assert!(findings(TokenProfile::Compatible, locked_out) > 0);
}

#[test]
fn a_plan_without_any_one_of_its_steps_in_roots_is_found() {
    for profile in [
        TokenProfile::Compatible,
        TokenProfile::Strict,
        TokenProfile::LabelledCaps,
    ] {
        let (_, facts, plan) = repository(profile);
        let mut tried = 0;
        for (at, step) in plan.steps.iter().enumerate() {
            let Step::Set { path, reason, .. } = step else {
                continue;
            };
            // A fully restricted token is asked for its list when a folder lets children go.
            let spare = profile == TokenProfile::Strict && path.name() == Some("w");
            let there = facts.found(path).is_some() && !spare;
            if there && matches!(reason, Reason::Protected | Reason::Way) {
                let found = findings(profile, |_, plan| drop(plan.steps.remove(at)));
                assert!(found > 0, "{profile} without {path}");
                tried += 1;
            }
        }
        assert!(tried >= 5, "{profile}: {tried}");
    }
}

#[test]
fn denials_that_come_after_a_grant_are_found() {
    let reversed = |_: &Facts, plan: &mut Plan| plan.steps.reverse();
    assert!(findings(TokenProfile::Compatible, reversed) > 0);
}

#[test]
fn a_grant_that_goes_on_below_what_is_protected_is_found() {
    let kept = |_: &Facts, plan: &mut Plan| {
        for step in &mut plan.steps {
            if let Step::Set { change, .. } = step {
                change.inheritance = Inheritance::Kept;
            }
        }
    };
    assert!(findings(TokenProfile::Compatible, kept) > 0);
}
