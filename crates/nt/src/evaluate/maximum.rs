//! `MAXIMUM_ALLOWED`: all that may be had at once.
//!
//! Each pass says what it gives; the passes are intersected and the mandatory
//! label cuts what is left. `ReactOS` unites the passes of a restricted token
//! instead, which is not copied. fumehood itself never asks so.

use super::check::{Check, FROM_ACES, OWNERS};
use super::verdict::{Pass, Verdict, Why};
use super::write_bits;
use crate::acl::Acl;
use crate::mask::AccessMask;
use crate::semantics::{HighAceBits, MaximumOrder, MaximumScope};
use crate::token::Restriction;
use crate::token_list::Purpose;

/// What bits 24 to 27 add where the switch lets them through.
const HIGH: AccessMask = AccessMask(0x0F00_0000);

impl<'a> Check<'a, '_> {
    /// The verdict on a request with `MAXIMUM_ALLOWED`: whatever was asked by name must be in it.
    pub(super) fn maximum(
        &mut self,
        wanted: AccessMask,
        privileged: AccessMask,
        ceiling: AccessMask,
    ) -> Verdict<'a> {
        let needed = wanted.without(privileged);
        let given = match self.descriptor.dacl.list() {
            Some(dacl) => self.most(dacl, needed).map(|most| (most, Why::Maximum)),
            None => self.all_of_no_dacl(needed),
        };
        match given {
            Err(why) => Verdict::denied_by(why),
            Ok((most, why)) => match most & ceiling | privileged {
                AccessMask::NONE => Verdict::denied_by(Why::LeftOver {
                    pass: Pass::Normal,
                    bits: AccessMask::MAXIMUM_ALLOWED,
                }),
                mask => Verdict::granted_by(mask, why),
            },
        }
    }

    /// What an object without a DACL gives: all, and whatever was asked by name.
    fn all_of_no_dacl(&self, needed: AccessMask) -> Result<(AccessMask, Why<'a>), Why<'a>> {
        match self.no_dacl() {
            Ok(why) => Ok((self.mapping.all | needed, why)),
            Err(_) if needed.is_empty() => Ok((AccessMask::NONE, Why::Maximum)),
            Err(why) => Err(why),
        }
    }

    /// What all passes give together; the first pass that lacks something needed, if one does.
    fn most(&mut self, dacl: &Acl, needed: AccessMask) -> Result<AccessMask, Why<'a>> {
        let owned = self.owned();
        let mut most = self.given(dacl, Pass::Normal, owned.normal);
        has(most, needed, Pass::Normal)?;
        if self.token.is_restricted() {
            let second = self.given(dacl, Pass::Restricting, owned.restricting);
            let free = self.free_of_pass_2();
            most &= second | free;
            has(most, needed, Pass::Restricting)?;
        }
        if self.is_app_container() {
            most &= self.given(dacl, Pass::Package, owned.package);
            has(most, needed, Pass::Package)?;
        }
        Ok(most)
    }

    /// The bits that pass 2 has no say in.
    fn free_of_pass_2(&self) -> AccessMask {
        let spec = self.token.spec();
        match (spec.restriction, self.semantics.maximum_scope) {
            (Restriction::Full, _) | (_, MaximumScope::WholeMask) => AccessMask::NONE,
            (Restriction::Write, MaximumScope::WriteBits) => !write_bits(self.mapping),
        }
    }

    /// What one pass gives.
    fn given(&mut self, dacl: &Acl, pass: Pass, owned: AccessMask) -> AccessMask {
        let reach = match self.semantics.high_ace_bits {
            HighAceBits::Dropped => FROM_ACES,
            HighAceBits::Granted => FROM_ACES | HIGH,
        };
        let in_order = self.semantics.maximum_order == MaximumOrder::FirstWins;
        let (mut allowed, mut denied) = (owned, AccessMask::NONE);
        for (index, ace) in dacl.aces.iter().enumerate() {
            let mut bits = self.mapping.map(ace.mask) & reach;
            if in_order {
                bits = bits.without(allowed).without(denied);
            }
            if bits.is_empty() {
                continue;
            }
            match self.applies(pass, index, ace) {
                Some(Purpose::Allow) => allowed |= bits,
                Some(Purpose::Deny) => denied |= bits,
                None => {}
            }
        }
        // What ownership gives no ACE takes.
        allowed.without(denied) | owned & OWNERS
    }
}

/// Whether a pass gives what is needed.
fn has<'a>(given: AccessMask, needed: AccessMask, pass: Pass) -> Result<(), Why<'a>> {
    let bits = needed.without(given);
    if bits.is_empty() {
        Ok(())
    } else {
        Err(Why::LeftOver { pass, bits })
    }
}
