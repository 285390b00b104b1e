//! The evaluator beside a second one, written from the text in another shape.
//!
//! The second one asks about each bit alone: which ACE names it first, for each list. It has no
//! masks that shrink, no prints, no early end. It is slow and easy to read.

mod evaluate_common;

use evaluate_common::random::{self, Case, Holds};
use evaluate_common::search;
use fumehood_nt::condition::Membership;
use fumehood_nt::evaluate::{Outcome, Why, evaluate};
use fumehood_nt::semantics::{
    AppContainerNullDacl, AppContainerOwner, ConditionSids, DenyOnlyOwner, DoubledSid, HighAceBits,
    LabelWrite, MaximumOrder, MaximumScope, OwnerRightsInPass2, Pass2Scope, Relabel,
    RestrictedOwner, Semantics, ZeroRequest,
};
use fumehood_nt::token::{
    Group, MandatoryPolicy, PackageReach, Privilege, Restriction, SidState, TokenSpec,
};
use fumehood_nt::{Ace, AceFlags, AceKind, Callback, Condition, Sid};

/// Of each of the two searches.
const CASES: u64 = 120_000;

const MAXIMUM: u32 = 0x0200_0000;
const OWNERS: u32 = 0x0006_0000;

/// A list of SIDs: pass 1, pass 2, or the package.
#[derive(Clone, Copy, PartialEq)]
enum List {
    First,
    Second,
    Third,
}

/// What an ACE is for.
#[derive(Clone, Copy, PartialEq)]
enum Act {
    Grant,
    Refuse,
}

struct Slow<'a> {
    case: &'a Case,
    how: Semantics,
    lists: [Vec<(Sid, SidState)>; 3],
}

/// The four generic bits, one at a time.
fn generic(case: &Case, mask: u32) -> u32 {
    let map = &case.mapping;
    let parts = [
        (31, map.read),
        (30, map.write),
        (29, map.execute),
        (28, map.all),
    ];
    let mut result = mask & 0x0FFF_FFFF;
    for (bit, meaning) in parts {
        if mask >> bit & 1 == 1 {
            result |= meaning.0;
        }
    }
    result
}

impl<'a> Slow<'a> {
    fn new(case: &'a Case, how: Semantics) -> Self {
        let lists = [List::First, List::Second, List::Third];
        let lists = lists.map(|list| Self::list(&case.spec, list));
        Self { case, how, lists }
    }

    fn members(&self, list: List) -> &[(Sid, SidState)] {
        &self.lists[list as usize]
    }

    fn list(spec: &TokenSpec, list: List) -> Vec<(Sid, SidState)> {
        let all = |sids: Vec<Sid>| {
            sids.into_iter()
                .map(|sid| (sid, SidState::Enabled))
                .collect()
        };
        match list {
            List::First => {
                let groups = spec.groups.iter().map(|group| (group.sid, group.state));
                [(spec.user, spec.user_state)]
                    .into_iter()
                    .chain(groups)
                    .collect()
            }
            List::Second => all(spec.restricting.clone().unwrap_or_default()),
            List::Third => {
                let Some(container) = &spec.app_container else {
                    return vec![];
                };
                let mut sids = container.capabilities.clone();
                sids.extend([container.package, Sid::of(15, [2, 2])]);
                if container.reach == PackageReach::Ordinary {
                    sids.push(Sid::of(15, [2, 1]));
                }
                all(sids)
            }
        }
    }

    fn has(members: &[(Sid, SidState)], sid: Sid, act: Act, doubled: DoubledSid) -> bool {
        let fits: Vec<bool> = members
            .iter()
            .filter(|(known, _)| *known == sid)
            .map(|(_, state)| match act {
                Act::Grant => *state == SidState::Enabled,
                Act::Refuse => *state != SidState::Disabled,
            })
            .collect();
        let (any, every) = (
            fits.contains(&true),
            !fits.is_empty() && !fits.contains(&false),
        );
        match doubled {
            DoubledSid::FirstEntry => fits.first() == Some(&true),
            DoubledSid::AnyEntry => any,
            DoubledSid::MostGranting => {
                if act == Act::Grant {
                    any
                } else {
                    every
                }
            }
            DoubledSid::MostDenying => {
                if act == Act::Grant {
                    every
                } else {
                    any
                }
            }
        }
    }

    fn in_list(&self, list: List, sid: Sid, act: Act) -> bool {
        Self::has(self.members(list), sid, act, self.how.doubled_sid)
    }

    fn owns(&self, act: Act) -> bool {
        let spec = &self.case.spec;
        let Some(owner) = self.case.descriptor.owner else {
            return false;
        };
        let still = self.how.deny_only_owner == DenyOnlyOwner::Owner;
        self.in_list(List::First, owner, act)
            || still && owner == spec.user && spec.user_state == SidState::DenyOnly
    }

    fn is_addressed(&self, list: List, sid: Sid, act: Act) -> bool {
        if sid != Sid::of(3, [4]) {
            return self.in_list(list, sid, act);
        }
        match list {
            List::First => self.owns(act),
            List::Third => false,
            List::Second => {
                let owner = self.case.descriptor.owner;
                let by_owner = owner.is_some_and(|owner| self.in_list(List::Second, owner, act));
                let literally = self.in_list(List::Second, sid, act);
                by_owner
                    || literally
                        && match self.how.owner_rights_in_pass_2 {
                            OwnerRightsInPass2::Owner => false,
                            OwnerRightsInPass2::Literal => true,
                            OwnerRightsInPass2::LiteralGrants => act == Act::Grant,
                            OwnerRightsInPass2::LiteralDenies => act == Act::Refuse,
                        }
            }
        }
    }

    fn kleene(&self, condition: &Condition, of: &[(Sid, SidState)], act: Act) -> Option<bool> {
        let doubled = match self.how.doubled_sid {
            DoubledSid::AnyEntry => DoubledSid::AnyEntry,
            _ => DoubledSid::FirstEntry,
        };
        match condition {
            Condition::Not(a) => self.kleene(a, of, act).map(|value| !value),
            Condition::And(a, b) => {
                let (a, b) = (self.kleene(a, of, act), self.kleene(b, of, act));
                if a == Some(false) || b == Some(false) {
                    Some(false)
                } else {
                    a.and(b)
                }
            }
            Condition::Or(a, b) => {
                let (a, b) = (self.kleene(a, of, act), self.kleene(b, of, act));
                if a == Some(true) || b == Some(true) {
                    Some(true)
                } else {
                    a.and(b)
                }
            }
            Condition::Member(operator, sids) => {
                let name = format!("{operator:?}");
                let device: Option<Vec<_>> = self.case.spec.device_groups.as_ref().map(|groups| {
                    groups
                        .iter()
                        .map(|Group { sid, state, .. }| (*sid, *state))
                        .collect()
                });
                let of = if name.contains("Device") {
                    device?
                } else {
                    of.to_vec()
                };
                let sids = sids.as_slice();
                if sids.is_empty() {
                    return None;
                }
                let held = sids
                    .iter()
                    .filter(|sid| Self::has(&of, **sid, act, doubled))
                    .count();
                let plain = if name.ends_with("Any") {
                    held > 0
                } else {
                    held == sids.len()
                };
                Some(
                    plain
                        != matches!(
                            operator,
                            Membership::NotMemberOf
                                | Membership::NotMemberOfAny
                                | Membership::NotDeviceMemberOf
                                | Membership::NotDeviceMemberOfAny
                        ),
                )
            }
            _ => None,
        }
    }

    fn condition_lets(&self, list: List, ace: &Ace, act: Act) -> bool {
        let Some(callback) = ace.callback() else {
            return true;
        };
        let Callback::Condition(condition) = callback else {
            return act == Act::Refuse;
        };
        let by = |list| {
            let value = self.kleene(condition, self.members(list), act);
            value.unwrap_or(act == Act::Refuse)
        };
        let (groups, own) = (by(List::First), by(list));
        let granting = act == Act::Grant;
        match self.how.condition_sids {
            ConditionSids::TokenGroups => groups,
            ConditionSids::PassList => own,
            ConditionSids::MostGranting if granting => groups || own,
            ConditionSids::MostDenying if !granting => groups || own,
            _ => groups && own,
        }
    }

    /// What the ACE does to this bit in this list; nothing, as a rule.
    fn acts(&self, list: List, ace: &Ace, bit: u32) -> Option<Act> {
        let act = match ace.kind {
            AceKind::Allow(_) => Act::Grant,
            AceKind::Deny(_) => Act::Refuse,
            _ => return None,
        };
        let typed = ace
            .object_types()
            .is_some_and(|types| types.object.is_some());
        let names = generic(self.case, ace.mask.0) & bit != 0;
        let here = !ace.flags.contains(AceFlags::INHERIT_ONLY);
        let counts = names && here && !typed && self.is_addressed(list, ace.sid, act);
        (counts && self.condition_lets(list, ace, act)).then_some(act)
    }

    fn aces(&self) -> Option<&[Ace]> {
        self.case
            .descriptor
            .dacl
            .list()
            .map(|acl| acl.aces.as_slice())
    }

    /// Whether the ACEs of the DACL give the bit to the list, `reach` being what ACEs can give.
    fn by_aces(&self, list: List, bit: u32, reach: u32, order: MaximumOrder) -> bool {
        if bit & reach == 0 {
            return false;
        }
        let aces = self.aces().unwrap_or_default();
        let deeds: Vec<Act> = aces
            .iter()
            .filter_map(|ace| self.acts(list, ace, bit))
            .collect();
        match order {
            MaximumOrder::FirstWins => deeds.first().is_some_and(|act| *act == Act::Grant),
            MaximumOrder::DenyWins => deeds.contains(&Act::Grant) && !deeds.contains(&Act::Refuse),
        }
    }

    /// Whether ownership gives the bit in the list.
    fn by_owning(&self, list: List, bit: u32) -> bool {
        let effective = |ace: &&Ace| {
            ace.sid == Sid::of(3, [4])
                && !ace.flags.contains(AceFlags::INHERIT_ONLY)
                && matches!(ace.kind, AceKind::Allow(_) | AceKind::Deny(_))
        };
        let named = self
            .aces()
            .is_some_and(|aces| aces.iter().any(|ace| effective(&ace)));
        if bit & OWNERS == 0 || named || !self.owns(Act::Grant) {
            return false;
        }
        let owner = self.case.descriptor.owner;
        let listed = owner.is_some_and(|owner| self.in_list(List::Second, owner, Act::Grant));
        let first = match self.how.restricted_owner {
            RestrictedOwner::BothLists => listed || !self.is_restricted(),
            _ => true,
        };
        match list {
            List::First => first,
            List::Second => listed || self.how.restricted_owner == RestrictedOwner::NormalListOnly,
            List::Third => first && self.how.app_container_owner == AppContainerOwner::SkipsPackage,
        }
    }

    fn is_restricted(&self) -> bool {
        let spec = &self.case.spec;
        spec.restricting.is_some() || spec.restriction == Restriction::Write
    }

    fn is_write(&self, bit: u32) -> bool {
        let map = &self.case.mapping;
        bit & 0x010D_0000 != 0 || bit & map.write.0 & !(map.read.0 | map.execute.0) != 0
    }

    fn label_allows(&self, bit: u32) -> bool {
        let spec = &self.case.spec;
        let map = &self.case.mapping;
        let sacl = self.case.descriptor.sacl.list();
        let label = sacl.and_then(|sacl| {
            sacl.aces.iter().find(|ace| {
                ace.kind == AceKind::MandatoryLabel && !ace.flags.contains(AceFlags::INHERIT_ONLY)
            })
        });
        let level = label.map_or(0x2000, |ace| ace.sid.parts()[0]);
        let policy = label.map_or(1, |ace| ace.mask.0);
        let on = spec.mandatory_policy.contains(MandatoryPolicy::NO_WRITE_UP);
        if !on || spec.integrity.0 >= level {
            return true;
        }
        let writes = policy & 1 == 0 && self.how.label_write == LabelWrite::GivesWrite;
        bit == 0x0100_0000
            || policy & 2 == 0 && map.read.0 & bit != 0
            || policy & 4 == 0 && map.execute.0 & bit != 0
            || writes && map.write.0 & bit != 0
            || spec.privileges.enables(Privilege::Relabel) && bit == 0x0008_0000
    }

    fn by_privilege(&self, bit: u32) -> bool {
        let has = |privilege| self.case.spec.privileges.enables(privilege);
        let relabel = self.how.relabel == Relabel::GrantsWriteOwner && has(Privilege::Relabel);
        match bit {
            0x0100_0000 => has(Privilege::Security),
            0x0008_0000 => has(Privilege::TakeOwnership) || relabel,
            _ => false,
        }
    }

    fn closed_to_packages(&self) -> bool {
        self.case.spec.app_container.is_some()
            && self.how.app_container_null_dacl == AppContainerNullDacl::Closed
    }

    /// What is granted.
    fn answer(&self) -> Option<u32> {
        let request = generic(self.case, self.case.desired.0);
        if request == 0 {
            return (self.how.zero_request == ZeroRequest::Granted).then_some(0);
        }
        let wanted: Vec<u32> = (0..32)
            .map(|n| 1 << n)
            .filter(|bit| request & bit != 0)
            .collect();
        let wanted: Vec<u32> = wanted.into_iter().filter(|bit| *bit != MAXIMUM).collect();
        let lacks = |bit: &u32| *bit == 0x0100_0000 && !self.by_privilege(*bit);
        if wanted.iter().any(|bit| !self.label_allows(*bit)) || wanted.iter().any(lacks) {
            return None;
        }
        let rest: Vec<u32> = wanted
            .iter()
            .copied()
            .filter(|bit| !self.by_privilege(*bit))
            .collect();
        if request & MAXIMUM != 0 {
            return self.most(&wanted, &rest);
        }
        let all = wanted.iter().fold(0, |all, bit| all | bit);
        if rest.is_empty() {
            return Some(all);
        }
        if self.aces().is_none() {
            return (!self.closed_to_packages()).then_some(all);
        }
        let gives = |list, bit: &u32| {
            let aces = self.by_aces(list, *bit, 0x00FF_FFFF, MaximumOrder::FirstWins);
            self.by_owning(list, *bit) || aces
        };
        let second: Vec<u32> = self.facing_second(&rest);
        let third = if self.case.spec.app_container.is_some() {
            rest.clone()
        } else {
            vec![]
        };
        let passes = rest.iter().all(|bit| gives(List::First, bit))
            && second.iter().all(|bit| gives(List::Second, bit))
            && third.iter().all(|bit| gives(List::Third, bit));
        passes.then_some(all)
    }

    fn facing_second(&self, rest: &[u32]) -> Vec<u32> {
        if !self.is_restricted() {
            return vec![];
        }
        if self.case.spec.restriction == Restriction::Full {
            return rest.to_vec();
        }
        let is_open = |bit: &u32| self.is_write(*bit) && !self.by_owning(List::Second, *bit);
        let writes: Vec<u32> = rest.iter().copied().filter(is_open).collect();
        match self.how.pass_2_scope {
            Pass2Scope::PerBit => writes,
            Pass2Scope::PerRequest if writes.is_empty() => vec![],
            Pass2Scope::PerRequest => rest.to_vec(),
        }
    }

    fn most(&self, wanted: &[u32], rest: &[u32]) -> Option<u32> {
        let reach = match self.how.high_ace_bits {
            HighAceBits::Dropped => 0x00FF_FFFF,
            HighAceBits::Granted => 0x0FFF_FFFF,
        };
        let named = wanted.iter().fold(0, |all, bit| all | bit);
        let privileged = wanted
            .iter()
            .filter(|bit| self.by_privilege(**bit))
            .fold(0, |a, b| a | b);
        let gives = |list, bit| {
            self.by_owning(list, bit) || self.by_aces(list, bit, reach, self.how.maximum_order)
        };
        let second_rules = |bit| {
            self.is_restricted()
                && (self.case.spec.restriction == Restriction::Full
                    || self.how.maximum_scope == MaximumScope::WholeMask
                    || self.is_write(bit))
        };
        let is_given = |bit| {
            gives(List::First, bit)
                && (!second_rules(bit) || gives(List::Second, bit))
                && (self.case.spec.app_container.is_none() || gives(List::Third, bit))
        };
        let mut mask = privileged;
        for bit in (0..32).map(|n| 1_u32 << n) {
            let open = if self.aces().is_some() {
                is_given(bit)
            } else {
                !self.closed_to_packages()
                    && (self.case.mapping.all.0 & bit != 0 || named & bit != 0)
            };
            if open && self.label_allows(bit) {
                mask |= bit;
            }
        }
        let lacks = rest.iter().any(|bit| mask & bit == 0);
        (mask != 0 && !lacks).then_some(mask)
    }
}

fn compare(case: &Case, how: Semantics) -> Result<(), String> {
    let token = case.spec.clone().build().expect("small");
    let verdict = evaluate(&case.descriptor, &token, case.desired, &case.mapping, &how);
    let quick = match verdict.outcome {
        Outcome::Granted(mask) => Some(mask.0),
        Outcome::Denied => None,
    };
    let slow = Slow::new(case, how).answer();
    if quick != slow {
        return Err(format!(
            "{quick:x?} and not {slow:x?}: {verdict:?}\n{case:#?}\n{how:#?}"
        ));
    }
    let decider = match verdict.why {
        Why::AllowedBy(decider) | Why::DeniedBy(decider) => Some(decider),
        _ => None,
    };
    let names = decider.is_none_or(|decider| {
        let ace = case
            .descriptor
            .dacl
            .list()
            .and_then(|acl| acl.aces.get(decider.ace));
        ace.is_some_and(|ace| {
            ace.sid == *decider.sid && case.mapping.map(ace.mask).contains(decider.bits)
        })
    });
    names.then_some(()).ok_or(format!(
        "the reason names no such ACE: {verdict:?}\n{case:#?}"
    ))
}

#[test]
fn the_evaluator_says_what_the_literal_one_says_by_default() {
    search(CASES, |dice| {
        compare(&random::case(dice, Holds::All), Semantics::default())
    });
}

#[test]
fn the_evaluator_says_what_the_literal_one_says_under_any_reading() {
    search(CASES, |dice| {
        let case = random::case(dice, Holds::All);
        compare(&case, random::semantics(dice))
    });
}
