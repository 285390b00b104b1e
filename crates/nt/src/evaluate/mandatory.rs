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
pub(super) struct Label {
    pub level: Integrity,
    pub policy: AccessMask,
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

/// The object's label: the first in the SACL that is not for children only.
pub(super) fn label(descriptor: &SecurityDescriptor) -> Label {
    let AclField::List(sacl) = &descriptor.sacl else {
        return DEFAULT;
    };
    for ace in &sacl.aces {
        let applies =
            ace.kind == AceKind::MandatoryLabel && !ace.flags.contains(AceFlags::INHERIT_ONLY);
        if applies && let Some(level) = Integrity::of_sid(&ace.sid) {
            let policy = ace.mask;
            return Label { level, policy };
        }
    }
    DEFAULT
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
    let Label { level, policy } = label(descriptor);
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
