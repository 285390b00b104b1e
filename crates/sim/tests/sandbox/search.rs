//! What the attack search finds, and that it finds what it should.

use std::collections::BTreeSet;

use fumehood_nt::{AccessMask, Ace, Sid};
use fumehood_plan::windows::change::{Change, Inheritance};
use fumehood_plan::windows::launch::{Because, Restricting};
use fumehood_plan::windows::{Plan, Reach, Reason, Step, TokenProfile, WinPath};
use fumehood_policy::GapName;
use fumehood_sim::comparison::{self, Run};
use fumehood_sim::search::Actor;
use fumehood_sim::{Depth, Finding, Outcome, Subject, search};

fn run(profile: TokenProfile, mutate: impl FnOnce(&mut Plan)) -> Run {
    comparison::run(profile, mutate).expect("runs")
}

fn found(run: &Run, depth: Depth) -> Vec<Finding> {
    let subject = Subject {
        world: &run.launcher.world,
        process: run.process,
        policy: &run.policy,
        plan: &run.plan,
    };
    search(&subject, depth)
}

/// What happens by default, and to what.
fn by_default(run: &Run) -> BTreeSet<(WinPath, Outcome)> {
    let findings = found(run, Depth::Ordinary)
        .into_iter()
        .filter(Finding::is_default);
    let each = findings.flat_map(|finding| {
        let outcome = finding.outcome;
        let paths = finding.alike.into_iter().chain([finding.path]);
        paths.map(move |path| (path, outcome)).collect::<Vec<_>>()
    });
    each.collect()
}

fn path(text: &str) -> WinPath {
    text.parse().expect("a path")
}

#[test]
fn the_search_finds_the_delete_by_parent_hole_by_itself_and_only_where_it_is() {
    let letter = (path(r"C:\Users\ann\Documents\letter.txt"), Outcome::Removed);
    for profile in TokenProfile::ALL {
        let run = run(profile, |_| {});
        let has = profile == TokenProfile::Compatible;
        assert_eq!(by_default(&run).contains(&letter), has, "{profile}");
        let findings = found(&run, Depth::Ordinary);
        let of_gap = findings
            .iter()
            .filter(|one| one.gap == Some(GapName::DeleteByParent));
        assert_eq!(of_gap.count() > 0, has, "{profile}");
    }
}

#[test]
fn whatever_is_found_by_default_is_a_gap_that_the_plan_names() {
    for profile in TokenProfile::ALL {
        let run = run(profile, |_| {});
        let named: BTreeSet<GapName> = run.plan.gaps.iter().map(|gap| gap.name).collect();
        for finding in found(&run, Depth::Ordinary)
            .iter()
            .filter(|one| one.is_default())
        {
            let gap = finding
                .gap
                .unwrap_or_else(|| panic!("{profile}: {finding}"));
            assert!(named.contains(&gap), "{profile}: {finding}");
        }
    }
}

#[test]
fn what_is_found_by_a_switch_alone_hangs_on_who_owns_or_on_a_label() {
    for profile in TokenProfile::ALL {
        let run = run(profile, |_| {});
        for finding in found(&run, Depth::Ordinary)
            .iter()
            .filter(|one| !one.is_default())
        {
            let switches = finding.switches();
            let owner = ["restricted-owner=normal-list-only", "permissive"];
            assert_eq!(switches, owner, "{profile}: {finding}");
        }
    }
}

/// Without pins: what the descriptors hold by themselves.
fn unpinned(plan: &mut Plan) {
    plan.launch.pins.clear();
}

fn inside(found: &BTreeSet<(WinPath, Outcome)>) -> Vec<&(WinPath, Outcome)> {
    let root = path(r"C:\Users\ann\src\app");
    let of_root = |one: &&(WinPath, Outcome)| {
        one.0.is_within(&root) && one.0 != root && one.1 != Outcome::Made
    };
    found.iter().filter(of_root).collect()
}

#[test]
fn nothing_protected_is_changed_or_removed_and_no_pin_is_needed_for_that() {
    for profile in TokenProfile::ALL {
        let found = by_default(&run(profile, unpinned));
        assert_eq!(
            inside(&found),
            Vec::<&(WinPath, Outcome)>::new(),
            "{profile}"
        );
        let hooks = (path(r"C:\Users\ann\src\app\.git\hooks"), Outcome::Made);
        assert!(!found.contains(&hooks), "{profile}");
    }
}

#[test]
fn without_a_step_that_protects_something_more_is_found() {
    let whole = by_default(&run(TokenProfile::Compatible, unpinned));
    let plan = run(TokenProfile::Compatible, unpinned).plan;
    let mut tried = 0;
    for (at, step) in plan.steps.iter().enumerate() {
        let is_set = matches!(step, Step::Set { .. });
        if !is_set || matches!(step.reason(), Reason::Root | Reason::Tools) {
            continue;
        }
        let without = by_default(&run(TokenProfile::Compatible, |plan| {
            unpinned(plan);
            plan.steps.remove(at);
        }));
        assert!(without.difference(&whole).count() > 0, "without {step}");
        tried += 1;
    }
    assert!(tried > 10, "only {tried} steps");
}

const RULES: Sid = Sid::of(5, [21, 6, 6, 6, 6]);

/// The protection of the design notes: the grant goes on, and a SID that is only in the
/// restricting list is denied.
fn rules_sid(plan: &mut Plan) {
    unpinned(plan);
    let (sid, because) = (RULES, Because::Session);
    plan.launch
        .token
        .restricting
        .push(Restricting { sid, because });
    for step in &mut plan.steps {
        if let Step::Set {
            change,
            reason: Reason::Protected,
            ..
        } = step
        {
            let mask = AccessMask::FILE_GENERIC_WRITE | AccessMask::DELETE | AccessMask::WRITE_DAC;
            let mask = mask.without(AccessMask::READ_CONTROL | AccessMask::SYNCHRONIZE);
            let flags = fumehood_plan::windows::change::HEIRS;
            *change = Change {
                inheritance: Inheritance::Kept,
                ..Change::adding(vec![Ace::deny(RULES, mask).with_flags(flags)])
            };
        }
    }
}

#[test]
fn a_denial_for_a_restricting_sid_is_shed_and_the_end_of_a_grant_is_not() {
    let hook = path(r"C:\Users\ann\src\app\.git\hooks\pre-commit");
    let changed = |run: &Run| {
        let mut findings = found(run, Depth::Ordinary)
            .into_iter()
            .filter(Finding::is_default);
        let is_hook = |one: &Finding| {
            one.outcome == Outcome::Changed && (one.path == hook || one.alike.contains(&hook))
        };
        findings.find(is_hook).map(|one| one.actor)
    };
    let shed = changed(&run(TokenProfile::Compatible, rules_sid)).expect("is found");
    let Actor::Cloned(sids) = shed else {
        panic!("a token as it was started")
    };
    assert!(!sids.contains(&RULES.to_string()), "{sids:?}");
    assert_eq!(changed(&run(TokenProfile::Compatible, unpinned)), None);
}

#[test]
fn a_marker_that_is_denied_does_not_hold_a_place_that_everyone_may_write() {
    let place = (path(r"C:\Users\ann\shared"), Outcome::Made);
    assert!(!by_default(&run(TokenProfile::Compatible, |_| {})).contains(&place));
    let marked = run(TokenProfile::Compatible, |plan| {
        let (sid, because) = (RULES, Because::Session);
        plan.launch
            .token
            .restricting
            .push(Restricting { sid, because });
        for step in &mut plan.steps {
            if let Step::Set {
                change,
                reason: Reason::OpenToEveryone,
                reach,
                ..
            } = step
            {
                let flags = fumehood_plan::windows::change::HEIRS;
                let deny = Ace::deny(RULES, AccessMask::FILE_GENERIC_WRITE).with_flags(flags);
                *change = Change::adding(vec![deny]);
                *reach = Reach::Tree;
            }
        }
    });
    assert!(by_default(&marked).contains(&place));
}

#[test]
fn a_sid_that_voids_the_boundary_is_noticed() {
    let ann = run(TokenProfile::Compatible, |_| {}).standard.people.ann;
    for sid in [ann, Sid::AUTHENTICATED_USERS, Sid::INTERACTIVE] {
        let whole = by_default(&run(TokenProfile::Compatible, |_| {}));
        let because = Because::Everyone;
        let wide = by_default(&run(TokenProfile::Compatible, |plan| {
            plan.launch
                .token
                .restricting
                .push(Restricting { sid, because });
        }));
        assert!(wide.difference(&whole).count() > 0, "{sid:?}");
    }
}

#[test]
fn a_quick_search_finds_what_a_long_one_does() {
    for profile in [TokenProfile::Labelled, TokenProfile::Elevated] {
        let run = run(profile, |plan| {
            // The long search tries every subset: a short list is enough to compare.
            plan.launch
                .token
                .restricting
                .retain(|one| !matches!(one.because, Because::Session | Because::Logon));
        });
        let each = |depth| {
            let findings = found(&run, depth);
            let all = findings.into_iter().flat_map(|one| {
                let (outcome, under) = (one.outcome, one.under);
                let paths = one.alike.into_iter().chain([one.path]);
                paths
                    .map(move |path| (path, outcome, format!("{under:?}")))
                    .collect::<Vec<_>>()
            });
            all.collect::<BTreeSet<_>>()
        };
        assert_eq!(each(Depth::Ordinary), each(Depth::Long), "{profile}");
    }
}

#[test]
fn another_sandbox_of_the_user_writes_here_only_where_one_label_serves_both() {
    for profile in TokenProfile::ALL {
        let first = run(profile, |_| {});
        let other = comparison::neighbour(&first).expect("runs");
        let here = path(r"C:\Users\ann\src\app\main.c");
        let temp = first.plan.launch.temp.clone();
        let found = by_default(&other);
        let reaches = profile == TokenProfile::Labelled;
        assert_eq!(
            found.contains(&(here.clone(), Outcome::Changed)),
            reaches,
            "{profile}"
        );
        assert_eq!(found.contains(&(temp, Outcome::Made)), reaches, "{profile}");
        // Its own workspace is its own.
        let own = path(r"C:\Users\ann\src\other\notes.txt");
        assert!(!found.iter().any(|(path, _)| *path == own), "{profile}");
        // What one label serves, the search says by that name.
        let subject = Subject {
            world: &other.launcher.world,
            process: other.process,
            policy: &other.policy,
            plan: &other.plan,
        };
        let all = search(&subject, Depth::Ordinary);
        let mut at_here = all
            .iter()
            .filter(|one| one.is_default() && (one.path == here || one.alike.contains(&here)));
        let gap = at_here
            .find(|one| one.outcome == Outcome::Changed)
            .and_then(|one| one.gap);
        assert_eq!(
            gap,
            reaches.then_some(GapName::OtherWorkspaces),
            "{profile}"
        );
    }
}
