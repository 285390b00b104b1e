//! What the planner for Windows wants to know, and what the probe saw.
//!
//! A set of facts is a test fixture: the planner asks nothing else about the
//! machine, and derives nothing that needs a secret: the SIDs that name roots come
//! with the facts.

use std::collections::BTreeMap;

use fumehood_nt::token::{GroupMarks, SidState, TokenSpec};
use fumehood_nt::{SecurityDescriptor, Sid};
use fumehood_policy::AbsPath;

use super::path::WinPath;

/// One thing that the planner must know.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Question {
    /// What is at this path, and with which descriptor?
    Path(WinPath),
    /// Which volumes are mounted, and which of them keep descriptors?
    Volumes,
    /// Which SID grants on this root? It is made from the installation's secret and
    /// the root's identity, so that it stays the same and names nobody else.
    Grant(WinPath),
    /// Whose token would the command have without us?
    Token,
    /// Which places may Everyone write? A search that is bounded in count and time.
    OpenPlaces,
    /// Which repositories lie below this root? Bounded as well.
    Repositories(WinPath),
    /// Which folders are in `PATH`, and which of them are the user's own?
    PathFolders,
}

/// Most places that may be listed of one kind: an entry is a step or a line of a report.
pub const PLACES_LIMIT: usize = 256;

/// What kind of object.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Kind {
    /// A folder.
    Folder,
    /// A file.
    File,
    /// A reparse point: a symlink, a junction, a placeholder of a cloud.
    Reparse,
}

/// Which object: a path may mean another one tomorrow.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct FileId {
    /// Serial number of the volume.
    pub volume: u64,
    /// Number of the file on it (`FILE_ID_INFO`).
    pub file: u128,
}

/// Something at a path.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Found {
    /// Which object.
    pub id: FileId,
    /// What kind.
    pub kind: Kind,
    /// How many names it has.
    pub links: u32,
    /// Who may do what.
    pub descriptor: SecurityDescriptor,
}

/// What is at a path.
#[derive(Debug, Clone, PartialEq, Eq)]
#[expect(
    clippy::large_enum_variant,
    reason = "there are few of them, and each is looked at once"
)]
pub enum PathFact {
    /// Nothing.
    Missing,
    /// It could not be looked at; the system's error.
    Refused(u32),
    /// Something.
    Found(Found),
}

/// Whether a volume keeps descriptors (`FILE_PERSISTENT_ACLS`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Volume {
    /// NTFS, `ReFS`.
    KeepsDescriptors,
    /// FAT, exFAT, many network and cloud drives.
    KeepsNone,
}

/// The account of *elevated*.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Account {
    /// Its SID.
    pub user: Sid,
    /// The local group of all such accounts.
    pub group: Sid,
    /// Its logon session.
    pub logon: Sid,
}

/// What the probe saw.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Facts {
    /// The token of whoever asks.
    pub token: TokenSpec,
    /// The account that was set up, if one was.
    pub account: Option<Account>,
    /// Of this run alone: made at random, never on disk.
    pub session: Sid,
    /// Of this installation: reads the user's own tools under a fully restricted token.
    pub reader: Sid,
    /// The user's profile folder.
    pub profile: WinPath,
    /// Folders for the command's own temporary files.
    pub temp: WinPath,
    /// Answer to [`Question::Volumes`].
    pub volumes: BTreeMap<char, Volume>,
    /// Answers to [`Question::Path`].
    pub paths: BTreeMap<WinPath, PathFact>,
    /// Answers to [`Question::Grant`].
    pub grants: BTreeMap<WinPath, Sid>,
    /// Answer to [`Question::OpenPlaces`]; each is in [`Facts::paths`] too.
    pub open_places: Vec<WinPath>,
    /// Answers to [`Question::Repositories`]: their folders, each with a `.git`.
    pub repositories: Vec<WinPath>,
    /// Folders in `PATH` that lie in the profile.
    pub tools: Vec<WinPath>,
}

impl Facts {
    /// What is at `path`, if it was asked and found.
    #[must_use]
    pub fn found(&self, path: &WinPath) -> Option<&Found> {
        match self.paths.get(path) {
            Some(PathFact::Found(found)) => Some(found),
            _ => None,
        }
    }

    /// Whether the probe looked and nothing was there.
    #[must_use]
    pub fn is_missing(&self, path: &WinPath) -> bool {
        self.paths.get(path) == Some(&PathFact::Missing)
    }

    /// The SID of the caller's logon session, if the token has one.
    #[must_use]
    pub fn logon(&self) -> Option<Sid> {
        let mut groups = self.token.groups.iter();
        let logon = groups.find(|group| group.marks.contains(GroupMarks::LOGON_ID));
        logon
            .or_else(|| self.token.groups.iter().find(|group| group.sid.is_logon()))
            .map(|group| group.sid)
    }

    /// The group that a restricted token loses, so that a condition can ask for it: LOCAL,
    /// else This Organization, of those that the token has enabled. What names neither in
    /// a descriptor is nearly everything.
    #[must_use]
    pub fn witness(&self) -> Option<Sid> {
        let has = |sid: &Sid| {
            let mut groups = self.token.groups.iter();
            groups.any(|group| group.sid == *sid && group.state == SidState::Enabled)
        };
        [Sid::LOCAL, THIS_ORGANIZATION].into_iter().find(has)
    }

    /// The grant SID of a root.
    #[must_use]
    pub fn grant(&self, root: &WinPath) -> Option<Sid> {
        self.grants.get(root).copied()
    }
}

/// This Organization, `S-1-5-15` (MSDN *Well-known SIDs*).
pub const THIS_ORGANIZATION: Sid = Sid::of(5, [15]);

/// The path that a policy means, if it is one on a drive.
pub(super) fn on_a_drive(path: &AbsPath) -> Option<WinPath> {
    WinPath::of_policy(path).ok()
}
