//! On which open questions an answer hangs.
//!
//! The answer is asked again with each switch moved alone, and at both extremes.
//! A switch that cannot matter to a request is not tried; that is proved for each
//! one below and tested over random cases.

use super::check::OWNERS;
use super::files::{Operation, file_access};
use super::{Outcome, evaluate, write_bits};
use crate::ace::{AceFlags, AceKind};
use crate::descriptor::SecurityDescriptor;
use crate::mask::{AccessMask, GenericMapping};
use crate::semantics::{Semantics, Switch, Switches};
use crate::sid::Sid;
use crate::token::{Privilege, Restriction, SidState, Token};

/// What an answer hangs on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Dependence {
    /// Each of these changes the answer by itself.
    pub alone: Switches,
    /// None does by itself, but these do together.
    pub together: Switches,
}

impl Dependence {
    /// Whether every reading gives the same answer.
    #[must_use]
    pub const fn is_certain(&self) -> bool {
        self.alone.is_empty() && self.together.is_empty()
    }

    /// The names of the switches, those that matter alone or else together.
    pub fn names(&self) -> impl Iterator<Item = &'static str> {
        self.alone.union(self.together).names()
    }
}

/// On which switches the answer of [`evaluate`](super::evaluate()) hangs.
///
/// The answer is whether it is granted and the mask; a reason that changes is no other answer.
#[must_use]
pub fn depends_on(
    descriptor: &SecurityDescriptor,
    token: &Token,
    desired: AccessMask,
    mapping: &GenericMapping,
    semantics: &Semantics,
) -> Dependence {
    let relevant = relevant(descriptor, token, mapping.map(desired), mapping);
    compare(relevant, *semantics, |semantics| {
        evaluate(descriptor, token, desired, mapping, semantics).outcome
    })
}

/// On which switches the answer of [`file_access`] hangs.
#[must_use]
pub fn file_depends_on(
    operation: &Operation<'_>,
    token: &Token,
    semantics: &Semantics,
) -> Dependence {
    let all = Switch::ALL.iter().copied().collect();
    compare(all, *semantics, |semantics| {
        let verdict = file_access(operation, token, semantics);
        if verdict.granted() {
            Outcome::Granted(AccessMask::NONE)
        } else {
            Outcome::Denied
        }
    })
}

/// Asks again with each of `relevant` moved.
fn compare(relevant: Switches, base: Semantics, ask: impl Fn(&Semantics) -> Outcome) -> Dependence {
    if relevant.is_empty() {
        return Dependence::default();
    }
    let answer = ask(&base);
    let moves = |switch: &Switch| base.moved(*switch).any(|other| ask(&other) != answer);
    let alone: Switches = relevant.iter().filter(moves).collect();
    // One switch alone has been tried at all its values.
    let several = relevant.iter().nth(1).is_some();
    let mut together = Switches::NONE;
    for extreme in [Semantics::permissive(), Semantics::strict()] {
        if alone.is_empty() && several && ask(&extreme) != answer {
            let changes = |semantics: &Semantics| ask(semantics) != answer;
            together = together.union(needed(relevant, base, extreme, changes));
        }
    }
    Dependence { alone, together }
}

/// Those of `relevant` that have to be moved to an extreme, with no other, to change the answer.
fn needed(
    relevant: Switches,
    base: Semantics,
    extreme: Semantics,
    changes: impl Fn(&Semantics) -> bool,
) -> Switches {
    let mut moved = extreme;
    let mut needed = Switches::NONE;
    for switch in relevant.iter() {
        match moved.set(switch, base.value(switch)) {
            Some(less) if changes(&less) => moved = less,
            _ => needed = needed.with(switch),
        }
    }
    needed
}

/// The switches that can matter to a mapped request; what is left out provably does not.
fn relevant(
    descriptor: &SecurityDescriptor,
    token: &Token,
    request: AccessMask,
    mapping: &GenericMapping,
) -> Switches {
    let spec = token.spec();
    let maximum = request.intersects(AccessMask::MAXIMUM_ALLOWED);
    let restricted = token.is_restricted();
    let writes_only = spec.restriction == Restriction::Write;
    let packaged = spec.app_container.is_some();
    let owners = maximum || request.intersects(OWNERS);
    let owner = descriptor.owner.as_ref();
    let has_dacl = descriptor.dacl.list().is_some();
    let lists_literal = spec
        .restricting
        .iter()
        .flatten()
        .any(|sid| *sid == Sid::OWNER_RIGHTS);
    let normal_doubled = token.normal().is_doubled();
    let devices_doubled = token
        .device()
        .is_some_and(crate::token_list::SidList::is_doubled);
    let relabels = token.enables(Privilege::Relabel);
    let can_matter = |switch: &Switch| match switch {
        // Both readings are one for a request of one kind of bits.
        Switch::Pass2Scope => writes_only && !maximum && has_dacl && is_mixed(request, mapping),
        Switch::MaximumScope => writes_only && maximum && has_dacl,
        Switch::MaximumOrder | Switch::HighAceBits => maximum && has_dacl,
        // Who is in both lists owns under each reading, and who is not in the normal one never.
        Switch::RestrictedOwner => {
            let in_first_only = |owner: &Sid| {
                token.normal().contains(owner) && !token.restricting().contains(owner)
            };
            restricted && owners && has_dacl && owner.is_some_and(in_first_only)
        }
        Switch::LabelWrite => has_label(descriptor),
        // The user may be named by an ACE for OWNER RIGHTS as well.
        Switch::DenyOnlyOwner => {
            spec.user_state == SidState::DenyOnly && owner == Some(&spec.user) && has_dacl
        }
        Switch::ZeroRequest => request.is_empty(),
        Switch::DoubledSid => (normal_doubled || devices_doubled) && has_dacl,
        Switch::Relabel => relabels && request.intersects(AccessMask::WRITE_OWNER),
        Switch::OwnerRightsInPass2 => restricted && lists_literal && has_dacl,
        Switch::ConditionSids => (restricted || packaged) && has_condition(descriptor),
        Switch::AppContainerNullDacl => packaged && !has_dacl,
        Switch::AppContainerOwner => packaged && owners && has_dacl && owner.is_some(),
        Switch::ReplaceTarget
        | Switch::DispositionEx
        | Switch::FullFolder
        | Switch::RenameRights
        | Switch::HardLinkRights => false,
    };
    Switch::ALL.iter().copied().filter(can_matter).collect()
}

/// Whether a request has bits that write and bits that do not.
fn is_mixed(request: AccessMask, mapping: &GenericMapping) -> bool {
    let writes = write_bits(mapping);
    request.intersects(writes) && !writes.contains(request)
}

/// Whether a label stands in the SACL: without one the policy is `NO_WRITE_UP`.
fn has_label(descriptor: &SecurityDescriptor) -> bool {
    let sacl = descriptor.sacl.list();
    sacl.is_some_and(|sacl| {
        sacl.aces
            .iter()
            .any(|ace| ace.kind == AceKind::MandatoryLabel)
    })
}

fn has_condition(descriptor: &SecurityDescriptor) -> bool {
    let dacl = descriptor.dacl.list();
    dacl.is_some_and(|dacl| {
        dacl.aces
            .iter()
            .any(|ace| !ace.flags.contains(AceFlags::INHERIT_ONLY) && ace.callback().is_some())
    })
}
