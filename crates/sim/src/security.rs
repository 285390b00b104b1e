//! Descriptors: given to what is new, read, and changed.
//!
//! Changing asks the handle, not the object: `WRITE_DAC` for the DACL,
//! `WRITE_OWNER` for owner, group and label, `ACCESS_SYSTEM_SECURITY` for the rest
//! of the SACL (MSDN `SECURITY_INFORMATION`). Whom a token may make the owner, and
//! how high a label it may set, are questions of its own.

use std::sync::Arc;

use fumehood_nt::descriptor::Control;
use fumehood_nt::evaluate::label_level;
use fumehood_nt::inherit::{Creation, Heir, on_create};
use fumehood_nt::token::{GroupMarks, Privilege, SidState, Token};
use fumehood_nt::{
    AccessMask, Ace, AceKind, Acl, AclField, GenericMapping, SecurityDescriptor, Sid,
};

use crate::answer::{Answer, Refusal};
use crate::handle::Handle;
use crate::process::ProcessId;
use crate::world::World;

/// Parts of a descriptor (MSDN `SECURITY_INFORMATION`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Parts(u8);

impl Parts {
    /// The owner.
    pub const OWNER: Self = Self(1);
    /// The group.
    pub const GROUP: Self = Self(2);
    /// The DACL, and whether it is protected.
    pub const DACL: Self = Self(4);
    /// The SACL but for its label.
    pub const SACL: Self = Self(8);
    /// The mandatory label.
    pub const LABEL: Self = Self(16);

    /// Both.
    #[must_use]
    pub const fn with(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// Whether all of `other` is in it.
    #[must_use]
    pub const fn contains(self, other: Self) -> bool {
        self.0 & other.0 == other.0
    }

    /// The rights that changing them asks for.
    #[must_use]
    pub const fn rights(self) -> AccessMask {
        let mut rights = AccessMask::NONE;
        if self.0 & (Self::OWNER.0 | Self::GROUP.0 | Self::LABEL.0) != 0 {
            rights = rights.union(AccessMask::WRITE_OWNER);
        }
        if self.contains(Self::DACL) {
            rights = rights.union(AccessMask::WRITE_DAC);
        }
        if self.contains(Self::SACL) {
            rights = rights.union(AccessMask::ACCESS_SYSTEM_SECURITY);
        }
        rights
    }
}

/// Whether the token may make `sid` the owner of something (MSDN `TOKEN_OWNER`,
/// `SE_GROUP_OWNER`): itself, a group marked for it, or anyone with `SeRestorePrivilege`.
pub(crate) fn may_own(token: &Token, sid: &Sid) -> bool {
    let spec = token.spec();
    let is_user = *sid == spec.user && spec.user_state == SidState::Enabled;
    let as_group = spec.groups.iter().any(|group| {
        let marked = group.marks.contains(GroupMarks::OWNER);
        group.sid == *sid && group.state == SidState::Enabled && marked
    });
    is_user || *sid == spec.owner || as_group || token.enables(Privilege::Restore)
}

/// Whether a token may set the label that stands in a descriptor, if one does: up to its own
/// level, and above only with `SeRelabelPrivilege` (MSDN, *Mandatory Integrity Control*).
pub(crate) fn may_label(token: &Token, descriptor: &SecurityDescriptor) -> Answer {
    let level = label_level(descriptor);
    let above = level.is_some_and(|level| level > token.spec().integrity);
    if above && !token.enables(Privilege::Relabel) {
        return Err(Refusal::PrivilegeNotHeld(Privilege::Relabel));
    }
    Ok(())
}

fn is_label(ace: &Ace) -> bool {
    ace.kind == AceKind::MandatoryLabel
}

/// `old` with these parts of `new`, if `token` may set them.
///
/// # Errors
///
/// The owner or the label is not the token's to set.
pub fn changed(
    old: &SecurityDescriptor,
    new: &SecurityDescriptor,
    parts: Parts,
    token: &Token,
) -> Answer<SecurityDescriptor> {
    let mut result = old.clone();
    if parts.contains(Parts::OWNER) {
        let owner = new.owner.ok_or(Refusal::InvalidOwner)?;
        if !may_own(token, &owner) {
            return Err(Refusal::InvalidOwner);
        }
        result.owner = Some(owner);
    }
    if parts.contains(Parts::GROUP) {
        result.group = new.group;
    }
    if parts.contains(Parts::DACL) {
        let about = Control::DACL_PROTECTED
            .union(Control::DACL_AUTO_INHERITED)
            .union(Control::DACL_DEFAULTED);
        let said = Control::from_bits(new.control.bits() & about.bits());
        result.control = result.control.without(about).union(said);
        result.dacl = new.dacl.clone();
    }
    if parts.contains(Parts::LABEL) {
        may_label(token, new)?;
    }
    let labels = if parts.contains(Parts::LABEL) {
        new
    } else {
        old
    };
    let others = if parts.contains(Parts::SACL) {
        new
    } else {
        old
    };
    if parts.contains(Parts::LABEL) || parts.contains(Parts::SACL) {
        let of = |descriptor: &SecurityDescriptor, labels: bool| {
            let aces = descriptor.sacl.list().map_or(&[][..], |list| &list.aces);
            aces.iter()
                .filter(|ace| is_label(ace) == labels)
                .cloned()
                .collect::<Vec<_>>()
        };
        let aces = [of(others, false), of(labels, true)].concat();
        result.sacl = if aces.is_empty() {
            AclField::Absent
        } else {
            Acl::new(aces).into()
        };
    }
    Ok(result)
}

/// Whether a token may ask for a descriptor like this for something new.
///
/// # Errors
///
/// Its owner or label is not the token's to give, or it has a SACL without the privilege.
pub(crate) fn may_ask(token: &Token, asked: &SecurityDescriptor) -> Answer {
    if asked.owner.is_some_and(|owner| !may_own(token, &owner)) {
        return Err(Refusal::InvalidOwner);
    }
    may_label(token, asked)?;
    let sacl = asked.sacl.list();
    let audits = sacl.is_some_and(|list| !list.aces.iter().all(is_label));
    if audits && !token.enables(Privilege::Security) {
        return Err(Refusal::PrivilegeNotHeld(Privilege::Security));
    }
    Ok(())
}

/// The descriptor of something new ([MS-DTYP] 2.5.3.4), if the creator may ask for it.
///
/// # Errors
///
/// It asks for an owner or a label that is not the token's to give, or for a SACL without the
/// privilege.
pub(crate) fn descriptor_of_new(
    token: &Token,
    parent: Option<&SecurityDescriptor>,
    asked: Option<&SecurityDescriptor>,
    heir: Heir,
    mapping: &GenericMapping,
) -> Answer<Arc<SecurityDescriptor>> {
    if let Some(asked) = asked {
        may_ask(token, asked)?;
    }
    Ok(Arc::new(on_create(&Creation {
        parent,
        asked,
        token,
        heir,
        mapping,
    })))
}

impl World {
    /// The descriptor of what a handle points at, the SACL but for its label left out.
    ///
    /// # Errors
    ///
    /// The handle was not opened with `READ_CONTROL`, or the volume has no descriptors.
    pub fn read_security(&self, who: ProcessId, handle: Handle) -> Answer<SecurityDescriptor> {
        let (_, open) = self.own_file(who, handle, AccessMask::READ_CONTROL)?;
        let descriptor = self.descriptor(open.file).ok_or(Refusal::NotSupported)?;
        let mut seen = descriptor.clone();
        if let Some(list) = seen.sacl.list_mut() {
            list.aces.retain(is_label);
        }
        Ok(seen)
    }

    /// Changes parts of the descriptor of what a handle points at, and of nothing else
    /// (`NtSetSecurityObject`, `SetFileSecurity`, `SetKernelObjectSecurity`).
    ///
    /// # Errors
    ///
    /// The handle lacks the rights, the owner or label is not the process's to set, or the volume
    /// has no descriptors.
    pub fn set_security(
        &mut self,
        who: ProcessId,
        handle: Handle,
        parts: Parts,
        new: &SecurityDescriptor,
    ) -> Answer {
        let token = Arc::clone(&self.running(who)?.token);
        let (_, open) = self.own_file(who, handle, parts.rights())?;
        let old = self.descriptor(open.file).ok_or(Refusal::NotSupported)?;
        let result = changed(old, new, parts, &token)?;
        self.node_mut(open.file)?.descriptor = Some(Arc::new(result));
        Ok(())
    }
}
