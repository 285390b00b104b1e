//! The steps of one check, in order.

use super::condition;
use super::mandatory;
use super::verdict::{Decider, Doubt, Pass, Verdict, Why};
use super::write_bits;
use crate::ace::{Ace, AceFlags, AceKind, Scope};
use crate::acl::Acl;
use crate::descriptor::{AclField, SecurityDescriptor};
use crate::mask::{AccessMask, GenericMapping};
use crate::semantics::{
    AppContainerNullDacl, AppContainerOwner, DenyOnlyOwner, OwnerRightsInPass2, Pass2Scope,
    Relabel, RestrictedOwner, Semantics, ZeroRequest,
};
use crate::sid::Sid;
use crate::token::{Privilege, Restriction, SidState, Token};
use crate::token_list::Purpose;

/// No bit above these comes from an ACE.
pub(super) const FROM_ACES: AccessMask = AccessMask(0x00FF_FFFF);
/// What the owner has without an ACE ([MS-DTYP] 2.5.3.2).
pub(super) const OWNERS: AccessMask = AccessMask::READ_CONTROL.union(AccessMask::WRITE_DAC);

/// Which way a condition is taken that cannot be known.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Unknown {
    /// Not met on an allow, met on a deny: what NT does.
    TowardsRefusal,
    /// The other way: how far the answer could move.
    TowardsAccess,
}

/// What ownership gives in each pass.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Owned {
    pub normal: AccessMask,
    pub restricting: AccessMask,
    pub package: AccessMask,
}

impl Owned {
    const NOTHING: Self = Self {
        normal: AccessMask::NONE,
        restricting: AccessMask::NONE,
        package: AccessMask::NONE,
    };
}

/// One check under way.
#[derive(Debug)]
pub(super) struct Check<'a, 'b> {
    pub descriptor: &'a SecurityDescriptor,
    pub token: &'b Token,
    pub mapping: &'b GenericMapping,
    pub semantics: &'b Semantics,
    pub unknown: Unknown,
    pub doubt: Option<Doubt>,
}

/// The first ACE in the SACL that may refuse more than the model knows.
pub(super) fn unmodelled(descriptor: &SecurityDescriptor) -> Option<Doubt> {
    let AclField::List(sacl) = &descriptor.sacl else {
        return None;
    };
    let refuses = |ace: &Ace| {
        let kind = matches!(
            ace.kind,
            AceKind::ScopedPolicy | AceKind::TrustLabel | AceKind::AccessFilter(_)
        );
        kind && !ace.flags.contains(AceFlags::INHERIT_ONLY)
    };
    let ace = sacl.aces.iter().position(refuses)?;
    Some(Doubt::Sacl { ace })
}

impl<'a, 'b> Check<'a, 'b> {
    pub fn new(
        descriptor: &'a SecurityDescriptor,
        token: &'b Token,
        mapping: &'b GenericMapping,
        semantics: &'b Semantics,
        unknown: Unknown,
    ) -> Self {
        Self {
            descriptor,
            token,
            mapping,
            semantics,
            unknown,
            doubt: None,
        }
    }

    /// Every step.
    pub fn run(mut self, desired: AccessMask) -> Verdict<'a> {
        let mut verdict = self.decide(desired);
        verdict.doubt = self.doubt;
        verdict
    }

    fn decide(&mut self, desired: AccessMask) -> Verdict<'a> {
        let request = self.mapping.map(desired);
        if request.is_empty() {
            return match self.semantics.zero_request {
                ZeroRequest::Refused => Verdict::denied_by(Why::NothingAsked),
                ZeroRequest::Granted => Verdict::granted_by(request, Why::NothingAsked),
            };
        }
        let wanted = request.without(AccessMask::MAXIMUM_ALLOWED);
        let bound = mandatory::bound(self.descriptor, self.token, self.mapping, self.semantics);
        if let Some(bound) = bound {
            let refused = wanted.without(bound.allowed);
            if !refused.is_empty() {
                let level = bound.level;
                return Verdict::denied_by(Why::MandatoryLabel { level, refused });
            }
        }
        let privileged = match self.privileged(wanted) {
            Ok(privileged) => privileged,
            Err(missing) => return Verdict::denied_by(Why::PrivilegeNotHeld(missing)),
        };
        if request.intersects(AccessMask::MAXIMUM_ALLOWED) {
            let ceiling = bound.map_or(!AccessMask::NONE, |bound| bound.allowed);
            return self.maximum(wanted, privileged, ceiling);
        }
        match self.passes(wanted.without(privileged)) {
            Ok(None) => Verdict::granted_by(wanted, self.by_privilege(privileged)),
            Ok(Some(why)) => Verdict::granted_by(wanted, why),
            Err(why) => Verdict::denied_by(why),
        }
    }

    /// What privileges give of `wanted`: it skips every pass.
    ///
    /// Of the bits asked by name only: `MAXIMUM_ALLOWED` earns nothing here (measured against
    /// `ReactOS` and Samba).
    fn privileged(&self, wanted: AccessMask) -> Result<AccessMask, Privilege> {
        let mut privileged = AccessMask::NONE;
        if wanted.intersects(AccessMask::ACCESS_SYSTEM_SECURITY) {
            if !self.token.enables(Privilege::Security) {
                return Err(Privilege::Security);
            }
            privileged |= AccessMask::ACCESS_SYSTEM_SECURITY;
        }
        if wanted.intersects(AccessMask::WRITE_OWNER) && self.takes_ownership() {
            privileged |= AccessMask::WRITE_OWNER;
        }
        Ok(privileged)
    }

    fn takes_ownership(&self) -> bool {
        let relabel = self.semantics.relabel == Relabel::GrantsWriteOwner;
        self.token.enables(Privilege::TakeOwnership)
            || relabel && self.token.enables(Privilege::Relabel)
    }

    /// The reason when privileges alone gave everything.
    fn by_privilege(&self, privileged: AccessMask) -> Why<'a> {
        Why::Privilege(
            if privileged.intersects(AccessMask::ACCESS_SYSTEM_SECURITY) {
                Privilege::Security
            } else if self.token.enables(Privilege::TakeOwnership) {
                Privilege::TakeOwnership
            } else {
                Privilege::Relabel
            },
        )
    }

    /// Every walk that the token needs for these bits; no reason if there were none.
    fn passes(&mut self, remaining: AccessMask) -> Result<Option<Why<'a>>, Why<'a>> {
        if remaining.is_empty() {
            return Ok(None);
        }
        let owned = if remaining.intersects(OWNERS) {
            self.owned()
        } else {
            Owned::NOTHING
        };
        let Some(dacl) = self.descriptor.dacl.list() else {
            return self.no_dacl().map(Some);
        };
        let mut last = self.walk(dacl, Pass::Normal, remaining.without(owned.normal))?;
        if self.token.is_restricted() {
            let second = self.facing_pass_2(remaining.without(owned.restricting));
            last = self.walk(dacl, Pass::Restricting, second)?.or(last);
        }
        if self.is_app_container() {
            let third = remaining.without(owned.package);
            last = self.walk(dacl, Pass::Package, third)?.or(last);
        }
        Ok(Some(last.map_or(Why::Owner, Why::AllowedBy)))
    }

    /// An object without a DACL: everyone has everything.
    pub fn no_dacl(&self) -> Result<Why<'a>, Why<'a>> {
        let closed = self.semantics.app_container_null_dacl == AppContainerNullDacl::Closed;
        if closed && self.is_app_container() {
            Err(Why::NoPackageNamed)
        } else {
            Ok(Why::NoDacl)
        }
    }

    pub fn is_app_container(&self) -> bool {
        self.token.spec().app_container.is_some()
    }

    /// Which of these bits the restricting list is asked about.
    fn facing_pass_2(&self, remaining: AccessMask) -> AccessMask {
        if self.token.spec().restriction == Restriction::Full {
            return remaining;
        }
        let writes = remaining & write_bits(self.mapping);
        match self.semantics.pass_2_scope {
            Pass2Scope::PerBit => writes,
            Pass2Scope::PerRequest if writes.is_empty() => AccessMask::NONE,
            Pass2Scope::PerRequest => remaining,
        }
    }

    /// One walk in stored order: the first ACE that matches decides on a bit.
    fn walk(
        &mut self,
        dacl: &'a Acl,
        pass: Pass,
        mut remaining: AccessMask,
    ) -> Result<Option<Decider<'a>>, Why<'a>> {
        if remaining.is_empty() {
            return Ok(None);
        }
        for (index, ace) in dacl.aces.iter().enumerate() {
            let bits = self.mapping.map(ace.mask) & FROM_ACES & remaining;
            if bits.is_empty() {
                continue;
            }
            let Some(purpose) = self.applies(pass, index, ace) else {
                continue;
            };
            let decider = Decider {
                pass,
                ace: index,
                sid: &ace.sid,
                bits,
            };
            if purpose == Purpose::Deny {
                return Err(Why::DeniedBy(decider));
            }
            remaining = remaining.without(bits);
            if remaining.is_empty() {
                return Ok(Some(decider));
            }
        }
        Err(Why::LeftOver {
            pass,
            bits: remaining,
        })
    }

    /// Whether the ACE says something to this pass, and what.
    #[inline]
    pub fn applies(&mut self, pass: Pass, index: usize, ace: &Ace) -> Option<Purpose> {
        let (purpose, scope) = match &ace.kind {
            AceKind::Allow(scope) => (Purpose::Allow, scope),
            AceKind::Deny(scope) => (Purpose::Deny, scope),
            _ => return None,
        };
        let is_for_children = ace.flags.contains(AceFlags::INHERIT_ONLY);
        if is_for_children || !self.is_for(pass, &ace.sid, purpose) {
            return None;
        }
        let plain = scope.object.is_none() && scope.callback.is_none();
        (plain || self.in_scope(pass, index, scope, purpose)).then_some(purpose)
    }

    /// Whether the object types and the condition let the ACE apply.
    ///
    /// No list of object types is asked with, so an ACE for one of them finds none and says
    /// nothing ([MS-DTYP] 2.5.3.2); without a type it is an ordinary ACE ([MS-DTYP] 2.4.4.3).
    #[cold]
    fn in_scope(&mut self, pass: Pass, index: usize, scope: &Scope, purpose: Purpose) -> bool {
        if scope
            .object
            .as_ref()
            .is_some_and(|types| types.object.is_some())
        {
            return false;
        }
        let Some(callback) = &scope.callback else {
            return true;
        };
        let answer = condition::applies(self, callback, pass, purpose);
        if answer.unknown && self.doubt.is_none() {
            self.doubt = Some(Doubt::Condition { ace: index });
        }
        answer.applies
    }

    /// Whether the pass has the SID for this purpose.
    #[inline]
    fn is_for(&self, pass: Pass, sid: &Sid, purpose: Purpose) -> bool {
        if *sid == Sid::OWNER_RIGHTS {
            return self.is_for_owner(pass, purpose);
        }
        let doubled = self.semantics.doubled_sid;
        let list = match pass {
            Pass::Normal => self.token.normal(),
            Pass::Restricting => self.token.restricting(),
            Pass::Package => self.token.package(),
        };
        list.matches(sid, purpose, doubled)
    }

    /// Whether OWNER RIGHTS means someone of this pass.
    fn is_for_owner(&self, pass: Pass, purpose: Purpose) -> bool {
        let list = self.token.restricting();
        let doubled = self.semantics.doubled_sid;
        let owner_in_list = || {
            let owner = self.descriptor.owner.as_ref();
            owner.is_some_and(|owner| list.matches(owner, purpose, doubled))
        };
        match pass {
            Pass::Normal => self.is_owner(purpose),
            Pass::Package => false,
            Pass::Restricting => {
                let literal = match self.semantics.owner_rights_in_pass_2 {
                    OwnerRightsInPass2::Owner => false,
                    OwnerRightsInPass2::Literal => true,
                    OwnerRightsInPass2::LiteralGrants => purpose == Purpose::Allow,
                    OwnerRightsInPass2::LiteralDenies => purpose == Purpose::Deny,
                };
                let has_literal = || list.matches(&Sid::OWNER_RIGHTS, purpose, doubled);
                owner_in_list() || literal && has_literal()
            }
        }
    }

    /// Whether the object is the token's, for this purpose.
    fn is_owner(&self, purpose: Purpose) -> bool {
        let Some(owner) = &self.descriptor.owner else {
            return false;
        };
        let spec = self.token.spec();
        let doubled = self.semantics.doubled_sid;
        let deny_only_user_owns = self.semantics.deny_only_owner == DenyOnlyOwner::Owner
            && spec.user_state == SidState::DenyOnly
            && spec.user == *owner;
        deny_only_user_owns || self.token.normal().matches(owner, purpose, doubled)
    }

    /// What ownership gives in each pass.
    ///
    /// Nothing where an ACE for OWNER RIGHTS applies to the object: that ACE says what the owner
    /// has (MSDN *Well-known SIDs*, `S-1-3-4`).
    pub fn owned(&self) -> Owned {
        if !self.is_owner(Purpose::Allow) || self.names_owner_rights() {
            return Owned::NOTHING;
        }
        let doubled = self.semantics.doubled_sid;
        let owner = self.descriptor.owner.as_ref();
        let list = self.token.restricting();
        let in_list = || owner.is_some_and(|owner| list.matches(owner, Purpose::Allow, doubled));
        let restricted = self.token.is_restricted();
        let (normal, restricting) = match self.semantics.restricted_owner {
            RestrictedOwner::NormalListOnly => (true, true),
            RestrictedOwner::EachPass => (true, restricted && in_list()),
            RestrictedOwner::BothLists => {
                let both = !restricted || in_list();
                (both, both)
            }
        };
        let skips = self.semantics.app_container_owner == AppContainerOwner::SkipsPackage;
        let rights = |has| if has { OWNERS } else { AccessMask::NONE };
        Owned {
            normal: rights(normal),
            restricting: rights(restricting),
            package: rights(normal && skips),
        }
    }

    fn names_owner_rights(&self) -> bool {
        let names = |ace: &Ace| {
            ace.sid == Sid::OWNER_RIGHTS
                && !ace.flags.contains(AceFlags::INHERIT_ONLY)
                && matches!(ace.kind, AceKind::Allow(_) | AceKind::Deny(_))
        };
        let dacl = self.descriptor.dacl.list();
        dacl.is_some_and(|dacl| dacl.aces.iter().any(names))
    }
}
