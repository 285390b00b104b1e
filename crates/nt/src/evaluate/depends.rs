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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::token::{AppContainer, Group, PackageReach, TokenSpec};

    const USER: Sid = Sid::of(5, [21, 1, 2, 3, 1001]);
    const OWNED: &str = "O:S-1-5-21-1-2-3-1001D:(A;;FA;;;WD)";

    fn plain(_: &mut TokenSpec) {}

    fn full(spec: &mut TokenSpec) {
        spec.restricting = Some(vec![Sid::EVERYONE]);
    }

    fn full_for_the_user(spec: &mut TokenSpec) {
        spec.restricting = Some(vec![Sid::EVERYONE, USER]);
    }

    fn full_for_owner_rights(spec: &mut TokenSpec) {
        spec.restricting = Some(vec![Sid::EVERYONE, Sid::OWNER_RIGHTS]);
    }

    fn writes(spec: &mut TokenSpec) {
        full(spec);
        spec.restriction = Restriction::Write;
    }

    fn deny_only(spec: &mut TokenSpec) {
        spec.user_state = SidState::DenyOnly;
    }

    fn doubled(spec: &mut TokenSpec) {
        let team = |state| Group::new(Sid::USERS, state);
        spec.groups = vec![team(SidState::Enabled), team(SidState::DenyOnly)];
    }

    fn doubled_device(spec: &mut TokenSpec) {
        let team = |state| Group::new(Sid::USERS, state);
        spec.device_groups = Some(vec![team(SidState::Enabled), team(SidState::DenyOnly)]);
    }

    fn relabels(spec: &mut TokenSpec) {
        spec.privileges = spec.privileges.with_enabled(Privilege::Relabel);
    }

    fn packaged(spec: &mut TokenSpec) {
        spec.app_container = Some(AppContainer {
            package: Sid::of(15, [2, 1, 2]),
            capabilities: Vec::new(),
            reach: PackageReach::Ordinary,
        });
    }

    /// The names of the switches that are tried.
    fn tried(change: fn(&mut TokenSpec), sddl: &str, request: u32) -> Vec<&'static str> {
        let descriptor: SecurityDescriptor = sddl.parse().expect(sddl);
        let mut spec = TokenSpec::new(USER);
        change(&mut spec);
        let token = spec.build().expect("is small");
        let files = &GenericMapping::FILE;
        let relevant = relevant(&descriptor, &token, AccessMask(request), files);
        relevant.names().collect()
    }

    type Row = (
        fn(&mut TokenSpec),
        &'static str,
        u32,
        &'static [&'static str],
    );

    #[test]
    fn a_switch_is_tried_where_it_can_matter_and_nowhere_else() {
        const MAXIMUM: u32 = AccessMask::MAXIMUM_ALLOWED.0;
        const OWNERS_READ: u32 = AccessMask::READ_CONTROL.0;
        const TAKE: u32 = AccessMask::WRITE_OWNER.0;
        const LABEL: &str = "label-without-no-write-up";
        let open = "D:(A;;FA;;;WD)";
        let rows: &[Row] = &[
            (plain, open, 3, &[]),
            (plain, open, 0, &["zero-request"]),
            (plain, OWNED, OWNERS_READ, &[]),
            (writes, open, 3, &["pass-2-scope"]),
            (writes, open, 1, &[]),
            (writes, open, 2, &[]),
            (writes, "", 3, &[]),
            (full, open, 3, &[]),
            (plain, open, MAXIMUM, &["maximum-order", "high-ace-bits"]),
            (plain, "", MAXIMUM, &[]),
            (full, open, MAXIMUM, &["maximum-order", "high-ace-bits"]),
            (
                writes,
                open,
                MAXIMUM | 3,
                &["maximum-write-restricted", "maximum-order", "high-ace-bits"],
            ),
            (writes, "", MAXIMUM, &[]),
            (full, OWNED, OWNERS_READ, &["restricted-owner"]),
            (full, OWNED, 1, &[]),
            (full, "O:S-1-5-21-1-2-3-1001", OWNERS_READ, &[]),
            (full, open, OWNERS_READ, &[]),
            (full, "O:WDD:(A;;FA;;;WD)", OWNERS_READ, &[]),
            (full, "O:BAD:(A;;FA;;;WD)", OWNERS_READ, &[]),
            (full_for_the_user, OWNED, OWNERS_READ, &[]),
            (
                full,
                OWNED,
                MAXIMUM,
                &["maximum-order", "restricted-owner", "high-ace-bits"],
            ),
            (deny_only, OWNED, 1, &["deny-only-owner"]),
            (deny_only, "O:BAD:(A;;FA;;;WD)", 1, &[]),
            (deny_only, "O:S-1-5-21-1-2-3-1001", 1, &[]),
            (plain, "D:(A;;FA;;;WD)S:(ML;;NX;;;HI)", 1, &[LABEL]),
            (
                plain,
                "D:(A;;FA;;;WD)S:(AU;SA;FA;;;WD)(ML;;NX;;;HI)",
                1,
                &[LABEL],
            ),
            (plain, "D:(A;;FA;;;WD)S:(AU;SA;FA;;;WD)", 1, &[]),
            (doubled, open, 1, &["doubled-sid"]),
            (doubled, "", 1, &[]),
            (doubled_device, open, 1, &["doubled-sid"]),
            (doubled_device, "", 1, &[]),
            (relabels, open, TAKE, &["relabel-write-owner"]),
            (relabels, open, 1, &[]),
            (plain, open, TAKE, &[]),
            (full_for_owner_rights, open, 1, &["owner-rights-in-pass-2"]),
            (full_for_owner_rights, "", 1, &[]),
            (full, "D:(XA;;FA;;;WD;(a))", 1, &["condition-sids"]),
            (
                full,
                "D:(A;;FA;;;WD)(XA;;FA;;;WD;(a))",
                1,
                &["condition-sids"],
            ),
            (full, "D:(XA;OIIO;FA;;;WD;(a))", 1, &[]),
            (packaged, "D:(XA;;FA;;;WD;(a))", 1, &["condition-sids"]),
            (plain, "D:(XA;;FA;;;WD;(a))", 1, &[]),
            (packaged, "", 1, &["app-container-null-dacl"]),
            (packaged, open, 1, &[]),
            (packaged, OWNED, OWNERS_READ, &["app-container-owner"]),
            (packaged, OWNED, 1, &[]),
            (packaged, open, OWNERS_READ, &[]),
            (
                packaged,
                "O:S-1-5-21-1-2-3-1001",
                OWNERS_READ,
                &["app-container-null-dacl"],
            ),
        ];
        for (at, (change, sddl, request, expected)) in rows.iter().enumerate() {
            let tried = tried(*change, sddl, *request);
            assert_eq!(tried, *expected, "row {at}: {sddl} {request:#x}");
        }
    }
}
