//! What a policy can ask that a machine may be unable to do, by name.
//!
//! A gap is never silent: it is an error unless the policy accepts it by this
//! name, and an accepted gap is in every report and every event. `[require]`
//! takes an acceptance back, also the built-in ones.

use std::fmt;

use serde::{Deserialize, Serialize};

/// One promise that may be out of reach, by the name users write.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum GapName {
    /// Protected names below the top of a writable root can be made and changed.
    NamesAtDepth,
    /// A protected path that does not exist yet can be created.
    MissingNames,
    /// Sockets of the host that have a path can be connected to.
    HostSockets,
    /// A file of the host that is hard-linked into a writable root is written through.
    HardLinks,
    /// A deny-read or deny-write glob with `**`, or a wildcard before its last part, is not enforced.
    DeepGlobs,
    /// A set-user-id or set-group-id bit can be given to a new file through `openat2`.
    SetUserId,
    /// Mode, times and attributes of a file that the caller passes as a standard stream can be changed.
    StandardStreams,
    /// No Landlock: devices, FIFOs and signals have one layer of defence less.
    Landlock,
    /// Landlock without scopes (ABI below 6).
    LandlockScopes,
    /// The outer `/proc` is kept: its process numbers are not ours.
    ProcMasked,
    /// No limit on the memory of the whole tree.
    Memory,
    /// No limit on the number of processes.
    Processes,
    /// The network cannot be opened by host name: that needs the proxy.
    NetworkNames,
    /// Read access narrower than the whole file system leaves names visible.
    NarrowReadNames,
    /// The policy lets nested sandboxes be made, and Landlock's file rules would refuse them.
    Nesting,
    /// Windows: what lies in a folder that gives the user full control can be deleted and renamed.
    DeleteByParent,
    /// Windows: secret places can be read, because the token reads as the user.
    SecretsReadable,
    /// Windows: the memory of the user's other processes can be read.
    ProcessMemory,
    /// Windows: the user's other processes can be ended.
    ProcessKill,
    /// Windows: consoles of the user can be attached to and typed into.
    ConsoleAttach,
    /// Windows: programs that make named pipes without a descriptor of their own are refused their own pipes.
    NamedPipes,
    /// Windows: files whose program gave them a protected descriptor are refused to that program.
    OwnDacl,
    /// Windows: places that Everyone may write can be written, where their descriptor is not ours to change.
    WorldWritable,
    /// Windows: files can be made where Users may make them, which services read.
    ProgramdataPlanting,
    /// Windows: places that are labelled Low can be written.
    LowPlaces,
    /// Windows: workspaces of other sandboxes can be written.
    OtherWorkspaces,
    /// Windows: volumes that keep no descriptors can be written.
    VolumesWithoutAcls,
    /// Windows: a repository that is made during a run can give itself hooks and configuration.
    NewRepositories,
    /// Windows: the network is asked to stay off, by variables, and nothing holds it off.
    NetworkAdvisory,
}

impl GapName {
    /// All of them, in the order they are shown.
    pub const ALL: [Self; 29] = [
        Self::NamesAtDepth,
        Self::MissingNames,
        Self::HostSockets,
        Self::HardLinks,
        Self::DeepGlobs,
        Self::SetUserId,
        Self::StandardStreams,
        Self::Landlock,
        Self::LandlockScopes,
        Self::ProcMasked,
        Self::Memory,
        Self::Processes,
        Self::NetworkNames,
        Self::NarrowReadNames,
        Self::Nesting,
        Self::DeleteByParent,
        Self::SecretsReadable,
        Self::ProcessMemory,
        Self::ProcessKill,
        Self::ConsoleAttach,
        Self::NamedPipes,
        Self::OwnDacl,
        Self::WorldWritable,
        Self::ProgramdataPlanting,
        Self::LowPlaces,
        Self::OtherWorkspaces,
        Self::VolumesWithoutAcls,
        Self::NewRepositories,
        Self::NetworkAdvisory,
    ];

    /// Gaps that the built-in profiles accept, or nothing would start today.
    pub const BUILT_IN: [Self; 21] = [
        Self::NamesAtDepth,
        Self::MissingNames,
        Self::HostSockets,
        Self::HardLinks,
        Self::SetUserId,
        Self::StandardStreams,
        Self::Landlock,
        Self::LandlockScopes,
        Self::ProcMasked,
        Self::Memory,
        Self::DeleteByParent,
        Self::SecretsReadable,
        Self::ProcessMemory,
        Self::ProcessKill,
        Self::ConsoleAttach,
        Self::NamedPipes,
        Self::OwnDacl,
        Self::WorldWritable,
        Self::VolumesWithoutAcls,
        Self::NewRepositories,
        Self::NetworkAdvisory,
    ];

    /// The name in configuration, on the command line and in reports.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::NamesAtDepth => "names-at-depth",
            Self::MissingNames => "missing-names",
            Self::HostSockets => "host-sockets",
            Self::HardLinks => "hard-links",
            Self::DeepGlobs => "deep-globs",
            Self::SetUserId => "set-user-id",
            Self::StandardStreams => "standard-streams",
            Self::Landlock => "landlock",
            Self::LandlockScopes => "landlock-scopes",
            Self::ProcMasked => "proc-masked",
            Self::Memory => "memory",
            Self::Processes => "processes",
            Self::NetworkNames => "network-names",
            Self::NarrowReadNames => "narrow-read-names",
            Self::Nesting => "nesting",
            Self::DeleteByParent => "delete-by-parent",
            Self::SecretsReadable => "secrets-readable",
            Self::ProcessMemory => "process-memory",
            Self::ProcessKill => "process-kill",
            Self::ConsoleAttach => "console-attach",
            Self::NamedPipes => "named-pipes",
            Self::OwnDacl => "own-dacl",
            Self::WorldWritable => "world-writable",
            Self::ProgramdataPlanting => "programdata-planting",
            Self::LowPlaces => "low-places",
            Self::OtherWorkspaces => "other-workspaces",
            Self::VolumesWithoutAcls => "volumes-without-acls",
            Self::NewRepositories => "new-repositories",
            Self::NetworkAdvisory => "network-advisory",
        }
    }

    /// Reads a name as users write it.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|gap| gap.as_str() == text)
    }
}

impl fmt::Display for GapName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// Something the policy asks and this machine cannot do.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Gap {
    /// Which promise.
    pub name: GapName,
    /// What was asked, in one sentence.
    pub asked: String,
    /// Why it cannot be had here.
    pub why: String,
    /// The closest that is done instead.
    pub nearest: String,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_name_reads_back_and_no_two_are_alike() {
        for gap in GapName::ALL {
            assert_eq!(GapName::parse(gap.as_str()), Some(gap));
        }
        assert_eq!(GapName::parse("Memory"), None);
        assert!(
            GapName::BUILT_IN
                .iter()
                .all(|gap| GapName::ALL.contains(gap))
        );
    }
}
