//! What file operations ask: several checks in one, as NTFS puts them.
//!
//! The one that surprises: an open for DELETE that the object refuses is allowed
//! if the *folder* grants `FILE_DELETE_CHILD`. That is a check of its own, with
//! a request of 0x40, which is no write bit; so a write-restricted token is never
//! asked for its restricting list, and deletes whatever the real user may delete
//! by way of the folder (openai/codex#32915).
//!
//! Handles are checked when they are opened only: one that was inherited or
//! duplicated passes by all of this. Sharing modes, names and links are not
//! looked at here.

use super::evaluate;
use super::verdict::{Outcome, Verdict, Why};
use crate::descriptor::SecurityDescriptor;
use crate::mask::{AccessMask, GenericMapping};
use crate::semantics::{
    DispositionEx, FullFolder, HardLinkRights, RenameRights, ReplaceTarget, Semantics,
};
use crate::token::{Privilege, Token};

/// What a file system object is, as far as deleting it goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Node {
    /// A file.
    File,
    /// A folder with nothing in it.
    EmptyFolder,
    /// A folder with something in it.
    FullFolder,
}

/// An object and the folder that it stands in.
#[derive(Debug, Clone, Copy)]
pub struct Child<'a> {
    /// Its descriptor.
    pub object: &'a SecurityDescriptor,
    /// The folder's; none at the top of a volume.
    pub folder: Option<&'a SecurityDescriptor>,
    /// What it is.
    pub node: Node,
}

/// What is created in a folder.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Folder {
    /// A file: `FILE_ADD_FILE`.
    AddFile,
    /// A folder: `FILE_ADD_SUBDIRECTORY`.
    AddFolder,
}

impl Folder {
    const fn right(self) -> AccessMask {
        match self {
            Self::AddFile => AccessMask::FILE_WRITE_DATA,
            Self::AddFolder => AccessMask::FILE_APPEND_DATA,
        }
    }
}

/// An operation on files.
#[derive(Debug, Clone, Copy)]
pub enum Operation<'a> {
    /// Open what exists, for these rights.
    Open {
        /// What.
        child: Child<'a>,
        /// For what.
        desired: AccessMask,
    },
    /// Open what exists for these rights and throw its content away (`FILE_OVERWRITE`).
    Overwrite {
        /// What.
        child: Child<'a>,
        /// For what.
        desired: AccessMask,
    },
    /// Open what exists for these rights and put another file there (`FILE_SUPERSEDE`).
    Supersede {
        /// What.
        child: Child<'a>,
        /// For what.
        desired: AccessMask,
    },
    /// Create what does not exist. Its own descriptor is not asked: whoever creates gets it all.
    Create {
        /// Where.
        folder: &'a SecurityDescriptor,
        /// What.
        what: Folder,
    },
    /// Delete.
    Delete {
        /// What.
        child: Child<'a>,
        /// By which request.
        by: DeleteBy,
    },
    /// Rename or move within a volume.
    Rename {
        /// What.
        source: Child<'a>,
        /// Where to.
        target: &'a SecurityDescriptor,
        /// What stands there and is replaced.
        replaced: Option<Child<'a>>,
    },
    /// Make another name for a file.
    HardLink {
        /// Of what.
        file: Child<'a>,
        /// Where.
        target: &'a SecurityDescriptor,
        /// What stands there and is replaced.
        replaced: Option<Child<'a>>,
    },
    /// Pass through a folder to what is below.
    Traverse {
        /// Which.
        folder: &'a SecurityDescriptor,
    },
}

/// How a delete is asked for once the object is open.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum DeleteBy {
    /// `FileDispositionInfo`, or `FILE_DELETE_ON_CLOSE`.
    Disposition,
    /// `FileDispositionInfoEx`, as POSIX semantics are asked for.
    DispositionEx,
}

/// Which check of an operation decided.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum FileQuestion {
    /// Of the object itself.
    Object,
    /// Of the folder that the object stands in.
    Folder,
    /// Of the folder that a name is made in.
    Target,
    /// Of what stands there.
    Replaced,
    /// None was asked: `SeChangeNotifyPrivilege` skips it.
    Skipped,
}

/// The answer to an operation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FileVerdict<'a> {
    /// Which check decided: the one that failed, or the last that was made.
    pub question: FileQuestion,
    /// Its answer.
    pub verdict: Verdict<'a>,
    /// The folder's answer, where it served for what the object had refused.
    pub by_folder: Option<Verdict<'a>>,
}

impl FileVerdict<'_> {
    /// Whether the operation is allowed.
    #[must_use]
    pub const fn granted(&self) -> bool {
        self.verdict.granted()
    }
}

/// What the object's refusal leaves to the folder.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Leaves {
    /// DELETE, by `FILE_DELETE_CHILD`, and reading attributes, by listing.
    DeleteAndAttributes,
    /// Reading attributes only.
    Attributes,
}

/// Whether `token` may do `operation`.
///
/// MSDN *File Security and Access Rights*, `CreateFile`, `ZwCreateFile` (`FILE_OVERWRITE`,
/// `FILE_SUPERSEDE`), [MS-FSA] 2.1.5.1; what a hard link asks is inferred, and a switch.
#[must_use]
pub fn file_access<'a>(
    operation: &Operation<'a>,
    token: &Token,
    semantics: &Semantics,
) -> FileVerdict<'a> {
    let asker = Asker { token, semantics };
    match *operation {
        Operation::Open { child, desired } => asker.open_child(child, desired),
        Operation::Overwrite { child, desired } => {
            asker.open_child(child, desired | ATTRIBUTES | AccessMask::FILE_WRITE_DATA)
        }
        Operation::Supersede { child, desired } => {
            asker.open_child(child, desired | ATTRIBUTES | AccessMask::DELETE)
        }
        Operation::Create { folder, what } => asker.ask(FileQuestion::Target, folder, what.right()),
        Operation::Delete { child, by } => asker.delete(child, by),
        Operation::Rename {
            source,
            target,
            replaced,
        } => asker.rename(source, target, replaced),
        Operation::HardLink {
            file,
            target,
            replaced,
        } => asker.link(file, target, replaced),
        Operation::Traverse { folder } => asker.traverse(folder),
    }
}

/// What overwriting and superseding add: the new content brings its own.
const ATTRIBUTES: AccessMask = AccessMask::FILE_WRITE_EA.union(AccessMask::FILE_WRITE_ATTRIBUTES);

/// Who asks, and how NT is read.
struct Asker<'b> {
    token: &'b Token,
    semantics: &'b Semantics,
}

impl Asker<'_> {
    fn ask<'a>(
        &self,
        question: FileQuestion,
        descriptor: &'a SecurityDescriptor,
        desired: AccessMask,
    ) -> FileVerdict<'a> {
        let verdict = self.verdict(descriptor, desired);
        FileVerdict {
            question,
            verdict,
            by_folder: None,
        }
    }

    fn verdict<'a>(&self, descriptor: &'a SecurityDescriptor, desired: AccessMask) -> Verdict<'a> {
        let files = &GenericMapping::FILE;
        evaluate(descriptor, self.token, desired, files, self.semantics)
    }

    fn open_child<'a>(&self, child: Child<'a>, desired: AccessMask) -> FileVerdict<'a> {
        let own =
            child.node == Node::FullFolder && self.semantics.full_folder == FullFolder::OwnDelete;
        let leaves = if own {
            Leaves::Attributes
        } else {
            Leaves::DeleteAndAttributes
        };
        self.open(FileQuestion::Object, child, desired, leaves)
    }

    /// The object's check, and the folder's for what the object refuses and the folder may give.
    fn open<'a>(
        &self,
        question: FileQuestion,
        child: Child<'a>,
        desired: AccessMask,
        leaves: Leaves,
    ) -> FileVerdict<'a> {
        let files = &GenericMapping::FILE;
        let request = files.map(desired);
        let refused = FileVerdict {
            question,
            verdict: self.verdict(child.object, request),
            by_folder: None,
        };
        let maximum = request.intersects(AccessMask::MAXIMUM_ALLOWED);
        let Some(folder) = child.folder.filter(|_| maximum || !refused.granted()) else {
            return refused;
        };
        let (mut given, mut by_folder) = (AccessMask::NONE, None);
        for (right, of_folder) in [
            (AccessMask::DELETE, AccessMask::FILE_DELETE_CHILD),
            (AccessMask::FILE_READ_ATTRIBUTES, AccessMask::FILE_READ_DATA),
        ] {
            let is_left = right != AccessMask::DELETE || leaves == Leaves::DeleteAndAttributes;
            if is_left && (maximum || request.intersects(right)) {
                let verdict = self.verdict(folder, of_folder);
                if verdict.granted() {
                    given |= right;
                    by_folder = by_folder.or(Some(verdict));
                }
            }
        }
        self.without(refused, child.object, request, given, by_folder)
    }

    /// The answer if the folder gives `given` of the request.
    fn without<'a>(
        &self,
        refused: FileVerdict<'a>,
        object: &'a SecurityDescriptor,
        request: AccessMask,
        given: AccessMask,
        by_folder: Option<Verdict<'a>>,
    ) -> FileVerdict<'a> {
        let Some(folder) = by_folder else {
            return refused;
        };
        let rest = request.without(given);
        let nothing_else = rest.is_empty() || rest == AccessMask::MAXIMUM_ALLOWED;
        let verdict = if rest.is_empty() {
            folder
        } else {
            self.verdict(object, rest)
        };
        let outcome = match verdict.outcome {
            _ if rest.is_empty() => Outcome::Granted(given),
            Outcome::Granted(mask) => Outcome::Granted(mask | given),
            Outcome::Denied if nothing_else => Outcome::Granted(given),
            Outcome::Denied => return refused,
        };
        FileVerdict {
            question: FileQuestion::Folder,
            verdict: Verdict { outcome, ..verdict },
            by_folder,
        }
    }

    fn delete<'a>(&self, child: Child<'a>, by: DeleteBy) -> FileVerdict<'a> {
        let own_only = by == DeleteBy::DispositionEx
            && self.semantics.disposition_ex == DispositionEx::OwnDelete;
        if own_only {
            let alone = Child {
                folder: None,
                ..child
            };
            return self.open_child(alone, AccessMask::DELETE);
        }
        self.open_child(child, AccessMask::DELETE)
    }

    fn rename<'a>(
        &self,
        source: Child<'a>,
        target: &'a SecurityDescriptor,
        replaced: Option<Child<'a>>,
    ) -> FileVerdict<'a> {
        let desired = match self.semantics.rename_rights {
            RenameRights::Delete => AccessMask::DELETE,
            RenameRights::DeleteAndAttributes => {
                AccessMask::DELETE | AccessMask::SYNCHRONIZE | AccessMask::FILE_READ_ATTRIBUTES
            }
        };
        let what = match source.node {
            Node::File => Folder::AddFile,
            Node::EmptyFolder | Node::FullFolder => Folder::AddFolder,
        };
        let away = self.open_child(source, desired);
        if !away.granted() {
            return away;
        }
        // That the folder served for the source stays said.
        let there = self.name(target, what, replaced);
        FileVerdict {
            by_folder: away.by_folder.or(there.by_folder),
            ..there
        }
    }

    fn link<'a>(
        &self,
        file: Child<'a>,
        target: &'a SecurityDescriptor,
        replaced: Option<Child<'a>>,
    ) -> FileVerdict<'a> {
        if self.semantics.hard_link_rights == HardLinkRights::WriteAttributes {
            let own = self.open_child(file, AccessMask::FILE_WRITE_ATTRIBUTES);
            if !own.granted() {
                return own;
            }
        }
        self.name(target, Folder::AddFile, replaced)
    }

    /// Making a name, where another may stand.
    fn name<'a>(
        &self,
        target: &'a SecurityDescriptor,
        what: Folder,
        replaced: Option<Child<'a>>,
    ) -> FileVerdict<'a> {
        let made = self.ask(FileQuestion::Target, target, what.right());
        let Some(replaced) = replaced.filter(|_| made.granted()) else {
            return made;
        };
        let leaves = match self.semantics.replace_target {
            ReplaceTarget::OwnDelete => Leaves::Attributes,
            ReplaceTarget::ParentServes => Leaves::DeleteAndAttributes,
        };
        self.open(FileQuestion::Replaced, replaced, AccessMask::DELETE, leaves)
    }

    fn traverse<'a>(&self, folder: &'a SecurityDescriptor) -> FileVerdict<'a> {
        if self.token.enables(Privilege::ChangeNotify) {
            let why = Why::Privilege(Privilege::ChangeNotify);
            return FileVerdict {
                question: FileQuestion::Skipped,
                verdict: Verdict::granted_by(AccessMask::FILE_EXECUTE, why),
                by_folder: None,
            };
        }
        self.ask(FileQuestion::Folder, folder, AccessMask::FILE_EXECUTE)
    }
}
