//! The mandatory check: what a token may have of an object above its level.
//!
//! The allowed rights are added up, never subtracted: `READ_CONTROL` and
//! `SYNCHRONIZE` are in more than one of the generic rights. DELETE, `WRITE_DAC`,
//! `WRITE_OWNER` and `FILE_DELETE_CHILD` are in none of read, write and execute,
//! so a lower level never gets them, although the policy says only "write".

use crate::ace::{AceFlags, AceKind};
use crate::descriptor::{AclField, SecurityDescriptor};
use crate::mask::{AccessMask, GenericMapping};
use crate::semantics::{LabelWrite, Semantics};
use crate::token::{Integrity, MandatoryPolicy, Privilege, Token};

/// The label of an object.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Label {
    level: Integrity,
    policy: AccessMask,
}

/// What an object without a label has ([MS-DTYP] 2.5.3.3).
const DEFAULT: Label = Label {
    level: Integrity::MEDIUM,
    policy: AccessMask::LABEL_NO_WRITE_UP,
};

/// What a label that binds the token lets through.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Bound {
    pub level: Integrity,
    pub allowed: AccessMask,
}

/// The label that stands in the SACL, if one does: the first that is not for children only.
#[inline]
fn standing(descriptor: &SecurityDescriptor) -> Option<Label> {
    let AclField::List(sacl) = &descriptor.sacl else {
        return None;
    };
    sacl.aces.iter().find_map(|ace| {
        let applies =
            ace.kind == AceKind::MandatoryLabel && !ace.flags.contains(AceFlags::INHERIT_ONLY);
        let level = Integrity::of_sid(&ace.sid).filter(|_| applies)?;
        let policy = ace.mask;
        Some(Label { level, policy })
    })
}

/// The level that a label of the object names; none if it has no label, which counts as medium.
#[must_use]
pub fn label_level(descriptor: &SecurityDescriptor) -> Option<Integrity> {
    standing(descriptor).map(|label| label.level)
}

/// What the label lets through; none if it does not bind the token ([MS-DTYP] 2.5.3.3).
#[inline]
pub(super) fn bound(
    descriptor: &SecurityDescriptor,
    token: &Token,
    mapping: &GenericMapping,
    semantics: &Semantics,
) -> Option<Bound> {
    let spec = token.spec();
    if !spec.mandatory_policy.contains(MandatoryPolicy::NO_WRITE_UP) {
        return None;
    }
    let Label { level, policy } = standing(descriptor).unwrap_or(DEFAULT);
    if spec.integrity >= level {
        return None;
    }
    let mut allowed = AccessMask::ACCESS_SYSTEM_SECURITY;
    if !policy.contains(AccessMask::LABEL_NO_READ_UP) {
        allowed |= mapping.read;
    }
    if !policy.contains(AccessMask::LABEL_NO_EXECUTE_UP) {
        allowed |= mapping.execute;
    }
    let gives = semantics.label_write == LabelWrite::GivesWrite;
    if gives && !policy.contains(AccessMask::LABEL_NO_WRITE_UP) {
        allowed |= mapping.write;
    }
    if token.enables(Privilege::Relabel) {
        allowed |= AccessMask::WRITE_OWNER;
    }
    Some(Bound { level, allowed })
}
