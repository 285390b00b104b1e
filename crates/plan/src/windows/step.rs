//! What a plan does to the machine, one thing at a time.
//!
//! A step names the object by path and by number, and carries the change as values:
//! whoever carries it out makes no choice. Denials come before grants, so that what
//! a stop half-way leaves gives less than the whole.

use std::fmt;

use fumehood_nt::{AccessMask, Ace, SecurityDescriptor, Sid};

use super::change::{Change, Inheritance, Label};
use super::facts::{FileId, Kind};
use super::path::WinPath;

/// Why a descriptor is changed.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Reason {
    /// The command writes here.
    Root,
    /// What the command keeps of its own.
    Temp,
    /// The root's grant ends here.
    Protected,
    /// It leads to something protected, and may neither be moved nor delete what it holds.
    Way,
    /// Nobody inside reads it.
    Hidden,
    /// Everyone may write here, and only Authenticated Users need to.
    OpenToEveryone,
    /// The user's own tools, to be read under a fully restricted token.
    Tools,
    /// Looked at by programs that resolve a path, name by name.
    ProfileLooks,
}

impl Reason {
    /// In a sentence.
    #[must_use]
    pub const fn as_str(&self) -> &'static str {
        match self {
            Self::Root => "a writable root",
            Self::Temp => "the command's own temporary files",
            Self::Protected => "protected: the grant ends here",
            Self::Way => "leads to what is protected",
            Self::Hidden => "hidden",
            Self::OpenToEveryone => "everyone may write here",
            Self::Tools => "tools of the user",
            Self::ProfileLooks => "looked at while a path is resolved",
        }
    }
}

/// How far a change goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Reach {
    /// This object; what comes later inherits what is inheritable.
    Object,
    /// And everything that is there below it, but for reparse points, files with several
    /// names, and what is protected from inheriting.
    Tree,
}

/// One thing to do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Step {
    /// Make a folder or file where nothing is, so that its name is taken.
    Make {
        /// Where.
        path: WinPath,
        /// Folder or file.
        kind: Kind,
        /// A file's content.
        content: &'static str,
        /// Its descriptor; none if it inherits.
        descriptor: Option<SecurityDescriptor>,
        /// Why.
        reason: Reason,
    },
    /// Change a descriptor.
    Set {
        /// Of what.
        path: WinPath,
        /// Which object that must be; none if an earlier step made it.
        id: Option<FileId>,
        /// How.
        change: Change,
        /// How far.
        reach: Reach,
        /// Why.
        reason: Reason,
    },
}

impl Step {
    /// What it is about.
    #[must_use]
    pub const fn path(&self) -> &WinPath {
        match self {
            Self::Make { path, .. } | Self::Set { path, .. } => path,
        }
    }

    /// Why it is done.
    #[must_use]
    pub const fn reason(&self) -> &Reason {
        match self {
            Self::Make { reason, .. } | Self::Set { reason, .. } => reason,
        }
    }
}

impl fmt::Display for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Make {
                path,
                kind,
                content,
                descriptor,
                reason,
            } => {
                let what = match kind {
                    Kind::Folder => "make folder",
                    _ => "make file",
                };
                write!(f, "{what:<15} {path} ({})", reason.as_str())?;
                if !content.is_empty() {
                    write!(f, " with {content:?}")?;
                }
                match descriptor {
                    Some(descriptor) => write!(f, "\n  descriptor    {}", shown(descriptor)),
                    None => Ok(()),
                }
            }
            Self::Set {
                path,
                change,
                reach,
                reason,
                ..
            } => {
                let all = if *reach == Reach::Tree {
                    " and below"
                } else {
                    ""
                };
                write!(f, "{:<15} {path}{all} ({})", "set", reason.as_str())?;
                show_change(f, change)
            }
        }
    }
}

fn show_change(f: &mut fmt::Formatter<'_>, change: &Change) -> fmt::Result {
    if change.inheritance == Inheritance::Cut {
        f.write_str("\n  inherit       nothing more from above")?;
    }
    for sid in &change.drop {
        write!(f, "\n  without       {}", sid.to_sddl())?;
    }
    for swap in &change.swap {
        write!(
            f,
            "\n  hand over     {} to {}",
            swap.from.to_sddl(),
            swap.to.to_sddl()
        )?;
    }
    for ace in &change.add {
        write!(f, "\n  add           {}", shown_ace(ace))?;
    }
    if let Label::Set(label) = &change.label {
        write!(f, "\n  label         {}", shown_ace(label))?;
    }
    Ok(())
}

/// A descriptor as SDDL, or a word for what SDDL has no words for.
pub(super) fn shown(descriptor: &SecurityDescriptor) -> String {
    descriptor
        .to_sddl()
        .unwrap_or_else(|why| format!("({why})"))
}

/// An entry as SDDL.
pub(super) fn shown_ace(ace: &Ace) -> String {
    ace.to_sddl().unwrap_or_else(|why| format!("({why})"))
}

/// Denies one thing to one SID, here and nowhere below.
#[must_use]
pub(super) fn deny(sid: Sid, mask: AccessMask) -> Ace {
    Ace::deny(sid, mask)
}
