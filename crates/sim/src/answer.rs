//! What an operation answers: done, or refused, and why.

use fumehood_nt::evaluate::{Doubt, FileQuestion, FileVerdict, Pass, Verdict, Why};
use fumehood_nt::token::{Integrity, Privilege};
use fumehood_nt::{AccessMask, Sid};
use thiserror::Error;

use crate::node::FileId;

/// What a check was about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Asked {
    /// One of the questions of a file operation.
    File(FileQuestion, FileId),
    /// An object of another kind.
    Object,
}

/// What decided a check: [`Why`] with the SID in it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cause {
    /// Nothing was asked.
    NothingAsked,
    /// The token is below the object's label.
    MandatoryLabel {
        /// The object's level.
        level: Integrity,
        /// What may not be had from below.
        refused: AccessMask,
    },
    /// A privilege is missing.
    PrivilegeNotHeld(Privilege),
    /// A privilege gave all that was left.
    Privilege(Privilege),
    /// Ownership did.
    Owner,
    /// There is no DACL.
    NoDacl,
    /// There is no DACL, and packages have to be named.
    NoPackageNamed,
    /// This ACE gave the last bit.
    AllowedBy(Entry),
    /// This ACE denied a bit.
    DeniedBy(Entry),
    /// The walk ended with these bits left over.
    LeftOver {
        /// Which walk.
        pass: Pass,
        /// What no ACE gave.
        bits: AccessMask,
    },
    /// `MAXIMUM_ALLOWED` was asked.
    Maximum,
    /// The open said that it was for a backup or a restore.
    Intent,
    /// The volume has no descriptors.
    NoDescriptors,
    /// Whoever creates an object has what it asks for.
    Creator,
}

/// The ACE that decided.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Entry {
    /// In which walk.
    pub pass: Pass,
    /// Its place in the DACL, from 0.
    pub ace: usize,
    /// Whose SID it names.
    pub sid: Sid,
    /// The bits on which it decided.
    pub bits: AccessMask,
}

impl From<Why<'_>> for Cause {
    fn from(why: Why<'_>) -> Self {
        let entry = |decider: fumehood_nt::evaluate::Decider<'_>| Entry {
            pass: decider.pass,
            ace: decider.ace,
            sid: *decider.sid,
            bits: decider.bits,
        };
        match why {
            Why::NothingAsked => Self::NothingAsked,
            Why::MandatoryLabel { level, refused } => Self::MandatoryLabel { level, refused },
            Why::PrivilegeNotHeld(privilege) => Self::PrivilegeNotHeld(privilege),
            Why::Privilege(privilege) => Self::Privilege(privilege),
            Why::Owner => Self::Owner,
            Why::NoDacl => Self::NoDacl,
            Why::NoPackageNamed => Self::NoPackageNamed,
            Why::AllowedBy(decider) => Self::AllowedBy(entry(decider)),
            Why::DeniedBy(decider) => Self::DeniedBy(entry(decider)),
            Why::LeftOver { pass, bits } => Self::LeftOver { pass, bits },
            Why::Maximum => Self::Maximum,
            Why::Intent => Self::Intent,
        }
    }
}

/// The check that decided, with what it gave if it did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Checked {
    /// What was asked.
    pub asked: Asked,
    /// What was granted; nothing if it was denied.
    pub granted: AccessMask,
    /// What decided.
    pub cause: Cause,
    /// What decided at the folder, where that gave what the object had refused.
    pub by_folder: Option<Cause>,
    /// What the answer hangs on that nothing here can know.
    pub doubt: Option<Doubt>,
}

impl Checked {
    /// What came of a check of a file.
    pub(crate) fn of_file(verdict: &FileVerdict<'_>, file: FileId) -> Self {
        Self {
            asked: Asked::File(verdict.question, file),
            granted: verdict.verdict.mask(),
            cause: verdict.verdict.why.into(),
            by_folder: verdict.by_folder.map(|verdict| verdict.why.into()),
            doubt: verdict.verdict.doubt,
        }
    }

    /// What came of a check of another object.
    pub(crate) fn of(verdict: &Verdict<'_>) -> Self {
        Self {
            asked: Asked::Object,
            granted: verdict.mask(),
            cause: verdict.why.into(),
            by_folder: None,
            doubt: verdict.doubt,
        }
    }

    /// What is granted without a check.
    pub(crate) const fn unasked(asked: Asked, granted: AccessMask, cause: Cause) -> Self {
        Self {
            asked,
            granted,
            cause,
            by_folder: None,
            doubt: None,
        }
    }
}

/// An operation that was not done, and left everything as it was.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum Refusal {
    /// An access check said no (`STATUS_ACCESS_DENIED`).
    #[error("access is denied: {:?}", .0.cause)]
    Denied(Box<Checked>),
    /// The handle was opened for less than this (`STATUS_ACCESS_DENIED`).
    #[error("the handle lacks {0}")]
    HandleLacks(AccessMask),
    /// A privilege that no descriptor gives is missing (`STATUS_PRIVILEGE_NOT_HELD`).
    #[error("{} is not held", .0.name())]
    PrivilegeNotHeld(Privilege),
    /// Another handle does not share (`STATUS_SHARING_VIOLATION`).
    #[error("another handle does not share it")]
    Sharing,
    /// Something below the folder is open, or what is to be replaced is (`STATUS_ACCESS_DENIED`).
    #[error("it is in use, or something in it is")]
    InUse,
    /// A job does not let its processes' children go (`STATUS_ACCESS_DENIED`).
    #[error("the job does not let it go")]
    BoundToJob,
    /// The token is neither a restricted form of the process's own nor is there the privilege
    /// (`STATUS_PRIVILEGE_NOT_HELD`).
    #[error("the token is not the process's to give")]
    ForeignToken,
    /// The read-only attribute (`STATUS_ACCESS_DENIED`, `STATUS_CANNOT_DELETE`).
    #[error("it is read-only")]
    ReadOnly,
    /// Nothing has that name (`STATUS_OBJECT_NAME_NOT_FOUND`).
    #[error("nothing has that name")]
    NotFound,
    /// A folder on the way is missing or none (`STATUS_OBJECT_PATH_NOT_FOUND`).
    #[error("the path leads nowhere")]
    PathNotFound,
    /// Something has that name (`STATUS_OBJECT_NAME_COLLISION`).
    #[error("something has that name")]
    Exists,
    /// It goes with its last handle (`STATUS_DELETE_PENDING`).
    #[error("it is being deleted")]
    DeletePending,
    /// The folder has something in it (`STATUS_DIRECTORY_NOT_EMPTY`).
    #[error("the folder is not empty")]
    NotEmpty,
    /// A file was asked for (`STATUS_FILE_IS_A_DIRECTORY`).
    #[error("it is a folder")]
    IsAFolder,
    /// A folder was asked for (`STATUS_NOT_A_DIRECTORY`).
    #[error("it is no folder")]
    NotAFolder,
    /// The other place is on another volume (`STATUS_NOT_SAME_DEVICE`).
    #[error("it is on another volume")]
    OtherVolume,
    /// The volume or the object has no such thing (`STATUS_NOT_SUPPORTED`).
    #[error("there is no such thing there")]
    NotSupported,
    /// A link leads to links without end (`STATUS_REPARSE_POINT_NOT_RESOLVED`).
    #[error("a link leads nowhere")]
    Unresolved,
    /// The owner asked for is none that the token may name (`STATUS_INVALID_OWNER`).
    #[error("the token may not make that its owner")]
    InvalidOwner,
    /// A value makes no sense (`STATUS_INVALID_PARAMETER`).
    #[error("{0}")]
    Invalid(&'static str),
    /// The process has no such handle, or one to something else (`STATUS_INVALID_HANDLE`).
    #[error("there is no such handle")]
    NoHandle,
    /// The process never was, or has ended (`STATUS_PROCESS_IS_TERMINATING`).
    #[error("the process is no more")]
    NoProcess,
    /// A limit of the machine (`STATUS_QUOTA_EXCEEDED`, `STATUS_TOO_MANY_LINKS`).
    #[error("more than {limit} {what}")]
    TooMuch {
        /// The most that there may be.
        limit: usize,
        /// Of what.
        what: &'static str,
    },
    /// A fault that was asked for.
    #[error("the call was made to fail")]
    Injected,
    /// The caller is no more: it was made to crash.
    #[error("the caller crashed before")]
    Crashed,
}

impl Refusal {
    /// The check that said no, if one did.
    #[must_use]
    pub const fn denial(&self) -> Option<&Checked> {
        match self {
            Self::Denied(checked) => Some(checked),
            _ => None,
        }
    }
}

/// What an operation answers.
pub type Answer<T = ()> = Result<T, Refusal>;
