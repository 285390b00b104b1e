//! What a check answers, and why.

use crate::mask::AccessMask;
use crate::sid::Sid;
use crate::token::{Integrity, Privilege};

/// The answer to a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Verdict<'a> {
    /// Whether it is granted, and what.
    pub outcome: Outcome,
    /// What decided.
    pub why: Why<'a>,
    /// What the answer hangs on that nothing here can know.
    pub doubt: Option<Doubt>,
}

/// Whether a request is granted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// All of it; this is what the handle would have.
    Granted(AccessMask),
    /// None of it.
    Denied,
}

/// Which SIDs a walk of the DACL sees.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Pass {
    /// Pass 1: the user and the groups.
    Normal,
    /// Pass 2: the restricting list.
    Restricting,
    /// The third requirement: the package and its capabilities.
    Package,
}

/// What decided a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Why<'a> {
    /// Nothing was asked.
    NothingAsked,
    /// The token is below the object's label, which lets these bits not through.
    MandatoryLabel {
        /// The object's level.
        level: Integrity,
        /// What was asked and may not be had from below.
        refused: AccessMask,
    },
    /// `ACCESS_SYSTEM_SECURITY` without this privilege: `STATUS_PRIVILEGE_NOT_HELD`.
    PrivilegeNotHeld(Privilege),
    /// A privilege gave all that was left.
    Privilege(Privilege),
    /// Ownership gave all that was left.
    Owner,
    /// The object has no DACL: everyone has everything.
    NoDacl,
    /// The object has no DACL, and packages have to be named.
    NoPackageNamed,
    /// This ACE gave the last bit, in the last pass that had to be made.
    AllowedBy(Decider<'a>),
    /// This ACE denied a bit that was still wanted.
    DeniedBy(Decider<'a>),
    /// The walk ended and these bits were left over.
    LeftOver {
        /// Which walk.
        pass: Pass,
        /// What no ACE gave.
        bits: AccessMask,
    },
    /// `MAXIMUM_ALLOWED` was asked, and every pass gave something.
    Maximum,
    /// The open said that it is for a backup or a restore, and the privilege gave all.
    Intent,
}

/// The ACE that decided.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Decider<'a> {
    /// In which walk.
    pub pass: Pass,
    /// Its place in the DACL, from 0.
    pub ace: usize,
    /// Whose SID it names.
    pub sid: &'a Sid,
    /// The bits on which it decided.
    pub bits: AccessMask,
}

/// What an answer hangs on that nothing here can know.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Doubt {
    /// A condition in the DACL that reads attributes. It was taken for false on an ACE that
    /// allows and for true on one that denies ([MS-DTYP] 2.4.4.17.3).
    Condition {
        /// The first such ACE, from 0.
        ace: usize,
    },
    /// An ACE in the SACL that may refuse more, and that the model does not evaluate: a central
    /// policy, a trust label, an access filter.
    Sacl {
        /// The first such ACE, from 0.
        ace: usize,
    },
}

impl Verdict<'_> {
    /// Whether it is granted.
    #[must_use]
    pub const fn granted(&self) -> bool {
        matches!(self.outcome, Outcome::Granted(_))
    }

    /// What is granted; nothing if it is denied.
    #[must_use]
    pub const fn mask(&self) -> AccessMask {
        match self.outcome {
            Outcome::Granted(mask) => mask,
            Outcome::Denied => AccessMask::NONE,
        }
    }
}

impl<'a> Verdict<'a> {
    pub(super) const fn granted_by(mask: AccessMask, why: Why<'a>) -> Self {
        let outcome = Outcome::Granted(mask);
        Self {
            outcome,
            why,
            doubt: None,
        }
    }

    pub(super) const fn denied_by(why: Why<'a>) -> Self {
        let outcome = Outcome::Denied;
        Self {
            outcome,
            why,
            doubt: None,
        }
    }
}
