//! What the planner wants to know, and what the probe saw.
//!
//! A set of facts is a test fixture: the planner asks nothing else about the
//! machine.

use std::borrow::Cow;
use std::collections::BTreeMap;

use fumehood_policy::{AbsPath, Pattern, RawText};
use serde::{Deserialize, Serialize};

use super::step::FileId;

/// One thing that the planner must know. Most paths are the policy's own.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Question<'p> {
    /// What is at this path?
    Path(Cow<'p, AbsPath>),
    /// Which entries of this glob's folder match its last part?
    Matches(&'p Pattern),
    /// Where can control groups be made? Asked where a limit may need one.
    ControlGroups {
        /// Only a tree that root starts needs one.
        only_for_root: bool,
    },
}

impl<'p> Question<'p> {
    /// What is at a path of the policy?
    #[must_use]
    pub const fn about(path: &'p AbsPath) -> Self {
        Self::Path(Cow::Borrowed(path))
    }

    /// What is at a path that the policy does not hold?
    #[must_use]
    pub const fn about_new(path: AbsPath) -> Self {
        Self::Path(Cow::Owned(path))
    }
}

/// How many names of one folder a glob may match before it is refused: a mount
/// each, and a start has to stay short.
pub const MATCHES_LIMIT: usize = 256;

/// What kind of object.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Kind {
    /// A directory.
    Folder,
    /// A regular file.
    File,
    /// A socket with a path.
    Socket,
    /// A device or FIFO.
    Other,
}

/// What is at a path.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum PathFact {
    /// Nothing (`ENOENT`, `ENOTDIR`).
    Missing,
    /// A link on the way leads nowhere or in a circle.
    Dangling,
    /// It could not be looked at.
    Refused {
        /// `errno`.
        errno: i32,
        /// Who owns the folder that may not be searched (`EACCES`), if that is known.
        closed_by: Option<u32>,
    },
    /// Something.
    Found(Found),
}

/// Something at a path.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Found {
    /// The path without symlinks.
    pub real: AbsPath,
    /// Which object.
    pub id: FileId,
    /// What kind.
    pub kind: Kind,
    /// Owner.
    pub uid: u32,
    /// Permission bits.
    pub mode: u32,
    /// The symlinks that were followed, as paths without symlinks above them.
    pub links: Vec<AbsPath>,
}

/// One line of `/proc/self/mountinfo` (proc(5)).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct MountFact {
    /// The file system, as [`FileId`] has it.
    pub device: u64,
    /// Which folder of its file system is mounted.
    pub root: AbsPath,
    /// Where.
    pub point: AbsPath,
}

/// A writable control group that can hold one of ours.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct GroupFact {
    /// Folder below which ours is made.
    pub parent: AbsPath,
    /// Version 2 (one tree) or version 1 (a tree a controller).
    pub unified: bool,
}

/// What the probe saw.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Facts {
    /// Effective user.
    pub uid: u32,
    /// Effective group.
    pub gid: u32,
    /// Whether `RLIMIT_NPROC` counts a tree of this user: of everybody but the
    /// machine's own root (getrlimit(2)).
    pub processes_counted: bool,
    /// `uname -m`.
    pub machine: String,
    /// Answers to [`Question::Path`].
    #[serde(with = "as_list")]
    pub paths: BTreeMap<AbsPath, PathFact>,
    /// Answers to [`Question::Matches`], by the pattern's text.
    pub matches: BTreeMap<String, Vec<Found>>,
    /// All mounts, in the order of the file.
    pub mounts: Vec<MountFact>,
    /// Landlock ABI; 0 if the kernel has none.
    pub landlock_abi: u32,
    /// Whether a fresh proc can be mounted: nothing covers parts of the outer one.
    pub proc_whole: bool,
    /// The terminal on the command's standard streams, if one is.
    pub terminal: Option<Found>,
    /// Whether a standard stream is a regular file that is open for reading alone. It
    /// lies on a mount outside, which is not read-only, and has a name inside:
    /// `/proc/self/fd/0`.
    pub read_only_streams: bool,
    /// The program that starts sandboxes.
    pub launcher: Option<Found>,
    /// Where a limit on processes can be put, beyond `RLIMIT_NPROC`.
    pub pids_group: Option<GroupFact>,
    /// Where a limit on memory can be put.
    pub memory_group: Option<GroupFact>,
    /// A name that no other run has, for what lasts until the run ends.
    pub run: String,
    /// Account files in which our user or group is not, each with the line it lacks.
    pub accounts: Vec<(AbsPath, RawText)>,
    /// The working folder.
    pub cwd: AbsPath,
    /// Environment as it would reach the command without us.
    pub environment: Vec<(RawText, RawText)>,
}

impl Facts {
    /// What is at `path`, if it was asked and found.
    #[must_use]
    pub fn found(&self, path: &AbsPath) -> Option<&Found> {
        match self.paths.get(path) {
            Some(PathFact::Found(found)) => Some(found),
            _ => None,
        }
    }
}

/// JSON has only text as keys, and a path there would lose its type.
mod as_list {
    use std::collections::BTreeMap;

    use fumehood_policy::AbsPath;
    use serde::{Deserialize, Deserializer, Serialize, Serializer};

    use super::PathFact;

    pub fn serialize<S: Serializer>(
        map: &BTreeMap<AbsPath, PathFact>,
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        map.iter().collect::<Vec<_>>().serialize(serializer)
    }

    pub fn deserialize<'de, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<BTreeMap<AbsPath, PathFact>, D::Error> {
        Ok(Vec::<(AbsPath, PathFact)>::deserialize(deserializer)?
            .into_iter()
            .collect())
    }
}
