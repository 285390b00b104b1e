//! What holds for every descriptor and token, searched by seed.

mod evaluate_common;

use evaluate_common::random::{self, Case, Holds};
use evaluate_common::{is_within, search};
use fumehood_nt::evaluate::{Outcome, depends_on, evaluate};
use fumehood_nt::restrict::{lower_integrity, restrict};
use fumehood_nt::semantics::{Semantics, Switch};
use fumehood_nt::token::{Integrity, Token};
use fumehood_nt::{AccessMask, AceKind, Sid};

const CASES: u64 = 40_000;

fn token(case: &Case) -> Token {
    case.spec.clone().build().expect("small")
}

fn outcome(case: &Case, token: &Token, desired: AccessMask, semantics: &Semantics) -> Outcome {
    evaluate(&case.descriptor, token, desired, &case.mapping, semantics).outcome
}

fn hold(holds: bool, what: impl FnOnce() -> String) -> Result<(), String> {
    if holds { Ok(()) } else { Err(what()) }
}

#[test]
fn the_maximum_is_the_union_of_the_rights_asked_alone() {
    let default = Semantics::default();
    search(CASES, |dice| {
        let mut case = random::case(dice, Holds::All);
        case.spec.privileges = fumehood_nt::token::Privileges::NONE;
        if case.descriptor.dacl.list().is_none() {
            return Ok(());
        }
        let token = token(&case);
        let alone = |bit: u32| match outcome(&case, &token, AccessMask(1 << bit), &default) {
            Outcome::Granted(mask) => mask.0,
            Outcome::Denied => 0,
        };
        let union = (0..28)
            .filter(|bit| *bit != 25)
            .fold(0, |union, bit| union | alone(bit));
        let most = match outcome(&case, &token, AccessMask::MAXIMUM_ALLOWED, &default) {
            Outcome::Granted(mask) => mask.0,
            Outcome::Denied => 0,
        };
        hold(union == most, || {
            format!("{union:#x} and not {most:#x}: {case:#?}")
        })
    });
}

/// Whether the second list lacks a SID of the first that an ACE denies something: the one way in
/// which a second restriction widens (see `restrict`).
fn sheds_a_denial(case: &Case, less: &Token) -> bool {
    let left = less.spec().restricting.as_deref().unwrap_or_default();
    let lost = |sid: &&Sid| !left.contains(sid);
    let lost: Vec<&Sid> = case
        .spec
        .restricting
        .iter()
        .flatten()
        .filter(lost)
        .collect();
    let aces = case
        .descriptor
        .dacl
        .list()
        .into_iter()
        .flat_map(|list| &list.aces);
    let mut denied = aces.filter(|ace| matches!(ace.kind, AceKind::Deny(_)));
    !lost.is_empty() && denied.any(|ace| ace.sid == Sid::OWNER_RIGHTS || lost.contains(&&ace.sid))
}

#[test]
fn restricting_a_token_never_widens_what_it_may_except_by_shedding_a_denial() {
    search(CASES, |dice| {
        let case = random::case(dice, Holds::NoConditions);
        let semantics = random::semantics(dice);
        let token = token(&case);
        let Ok(less) = restrict(&token, &random::restrict(dice)) else {
            return Ok(());
        };
        if sheds_a_denial(&case, &less) {
            return Ok(());
        }
        let before = outcome(&case, &token, case.desired, &semantics);
        let after = outcome(&case, &less, case.desired, &semantics);
        let what = || format!("{before:?} became {after:?}: {case:#?}\n{less:#?}\n{semantics:#?}");
        hold(is_within(after, before), what)
    });
}

#[test]
fn a_lower_level_never_widens_what_a_token_may() {
    search(CASES, |dice| {
        let case = random::case(dice, Holds::All);
        let semantics = random::semantics(dice);
        let token = token(&case);
        let level = Integrity(dice.pick(&[0_u32, 0x1000, 0x1800, 0x2000]));
        let Ok(lower) = lower_integrity(&token, level) else {
            return Ok(());
        };
        let before = outcome(&case, &token, case.desired, &semantics);
        let after = outcome(&case, &lower, case.desired, &semantics);
        hold(is_within(after, before), || {
            format!("{before:?} became {after:?}: {case:#?}")
        })
    });
}

#[test]
fn taking_a_grant_away_or_adding_a_denial_never_widens() {
    search(CASES, |dice| {
        let case = random::case(dice, Holds::All);
        let semantics = random::semantics(dice);
        let token = token(&case);
        let before = outcome(&case, &token, case.desired, &semantics);
        let mut less = Case {
            descriptor: case.descriptor.clone(),
            spec: case.spec.clone(),
            ..case
        };
        let Some(list) = less.descriptor.dacl.list_mut() else {
            return Ok(());
        };
        // An ACE for OWNER RIGHTS ends what is implicit: taking it away may widen.
        let goes = |ace: &fumehood_nt::Ace| {
            matches!(ace.kind, AceKind::Allow(_)) && ace.sid != Sid::OWNER_RIGHTS
        };
        match list.aces.iter().position(goes) {
            Some(at) if dice.percent(50) => drop(list.aces.remove(at)),
            _ => {
                let sid = dice.pick(&evaluate_common::POOL);
                let at = dice.below(list.aces.len() + 1);
                list.aces
                    .insert(at, fumehood_nt::Ace::deny(sid, random::mask(dice)));
            }
        }
        let after = outcome(&less, &token, case.desired, &semantics);
        hold(is_within(after, before), || {
            format!("{before:?} became {after:?}: {less:#?}")
        })
    });
}

#[test]
fn strict_is_within_the_default_and_that_within_permissive() {
    search(2 * CASES, |dice| {
        let case = random::case(dice, Holds::All);
        let token = token(&case);
        let under = |semantics| outcome(&case, &token, case.desired, &semantics);
        let strict = under(Semantics::strict());
        let default = under(Semantics::default());
        let permissive = under(Semantics::permissive());
        let holds = is_within(strict, default) && is_within(default, permissive);
        hold(holds, || {
            format!("{strict:?} {default:?} {permissive:?}: {case:#?}")
        })
    });
}

#[test]
fn each_reading_lies_between_strict_and_permissive() {
    // In a negated condition `any-entry` turns more membership into less access.
    let two_edged = [Switch::DoubledSid];
    search(CASES / 4, |dice| {
        let case = random::case(dice, Holds::All);
        let token = token(&case);
        let under = |semantics: &Semantics| outcome(&case, &token, case.desired, semantics);
        let (strict, permissive) = (Semantics::strict(), Semantics::permissive());
        for (switch, semantics) in Semantics::each_alone() {
            if two_edged.contains(&switch) {
                continue;
            }
            let this = under(&semantics);
            let holds = is_within(under(&strict), this) && is_within(this, under(&permissive));
            hold(holds, || format!("{}: {this:?}: {case:#?}", switch.name()))?;
        }
        Ok(())
    });
}

#[test]
fn a_switch_that_changes_an_answer_is_named_and_no_other() {
    search(CASES, |dice| {
        let case = random::case(dice, Holds::All);
        let token = token(&case);
        let under = |semantics: &Semantics| outcome(&case, &token, case.desired, semantics);
        let base = Semantics::default();
        let answer = under(&base);
        let named = depends_on(&case.descriptor, &token, case.desired, &case.mapping, &base);
        for switch in Switch::ALL {
            let changes = base.moved(*switch).any(|other| under(&other) != answer);
            let what = || format!("{}: {changes}: {case:#?}", switch.name());
            hold(named.alone.contains(*switch) == changes, what)?;
        }
        let extremes = [Semantics::strict(), Semantics::permissive()];
        let moves = extremes.iter().any(|extreme| under(extreme) != answer);
        hold(!moves || !named.is_certain(), || {
            format!("an extreme moves: {case:#?}")
        })?;
        let together = || {
            extremes.iter().any(|extreme| {
                let there = named.together.iter().fold(base, |semantics, switch| {
                    semantics
                        .set(switch, extreme.value(switch))
                        .expect("a value of it")
                });
                under(&there) != answer
            })
        };
        let count = named.together.iter().count();
        let holds = count == 0 || count > 1 && named.alone.is_empty() && together();
        hold(holds, || format!("{:?}: {case:#?}", named.together))
    });
}
