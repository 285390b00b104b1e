//! Privileges: what a token may do whatever a descriptor says.
//!
//! A privilege that a token holds counts only while it is enabled; one that was
//! deleted from it never comes back (MSDN *Privilege Constants*).

/// A privilege, with its number: the low part of its LUID ([MS-LSAD] 3.1.1.2.1).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[repr(u8)]
pub enum Privilege {
    /// Make tokens.
    CreateToken = 2,
    /// Give a process a token.
    AssignPrimaryToken = 3,
    /// Keep pages in memory.
    LockMemory = 4,
    /// Raise a quota.
    IncreaseQuota = 5,
    /// Add a machine to a domain.
    MachineAccount = 6,
    /// Act as part of the system.
    Tcb = 7,
    /// Read and change SACLs, and the security log.
    Security = 8,
    /// Become the owner of anything.
    TakeOwnership = 9,
    /// Load drivers.
    LoadDriver = 10,
    /// Profile the system.
    SystemProfile = 11,
    /// Set the clock.
    SystemTime = 12,
    /// Profile a process.
    ProfileSingleProcess = 13,
    /// Raise a priority.
    IncreaseBasePriority = 14,
    /// Make page files.
    CreatePagefile = 15,
    /// Make permanent objects.
    CreatePermanent = 16,
    /// Read anything, if the open says that it is for a backup.
    Backup = 17,
    /// Write anything, if the open says that it is for a restore.
    Restore = 18,
    /// Shut the machine down.
    Shutdown = 19,
    /// Open any process or thread.
    Debug = 20,
    /// Write to the security log.
    Audit = 21,
    /// Change firmware variables.
    SystemEnvironment = 22,
    /// Be told of changes, and pass through any folder.
    ChangeNotify = 23,
    /// Shut the machine down from elsewhere.
    RemoteShutdown = 24,
    /// Take a machine out of its dock.
    Undock = 25,
    /// Synchronise a directory.
    SyncAgent = 26,
    /// Trust accounts for delegation.
    EnableDelegation = 27,
    /// Work on volumes.
    ManageVolume = 28,
    /// Act as a client.
    Impersonate = 29,
    /// Make names that every session sees.
    CreateGlobal = 30,
    /// Use the credential manager as a trusted caller.
    TrustedCredManAccess = 31,
    /// Change a mandatory label.
    Relabel = 32,
    /// Enlarge a working set.
    IncreaseWorkingSet = 33,
    /// Set the time zone.
    TimeZone = 34,
    /// Make symbolic links.
    CreateSymbolicLink = 35,
    /// Act as another user of the session.
    DelegateSessionUserImpersonate = 36,
}

impl Privilege {
    /// Every privilege with its name.
    pub const ALL: [(&'static str, Self); 35] = [
        ("SeCreateTokenPrivilege", Self::CreateToken),
        ("SeAssignPrimaryTokenPrivilege", Self::AssignPrimaryToken),
        ("SeLockMemoryPrivilege", Self::LockMemory),
        ("SeIncreaseQuotaPrivilege", Self::IncreaseQuota),
        ("SeMachineAccountPrivilege", Self::MachineAccount),
        ("SeTcbPrivilege", Self::Tcb),
        ("SeSecurityPrivilege", Self::Security),
        ("SeTakeOwnershipPrivilege", Self::TakeOwnership),
        ("SeLoadDriverPrivilege", Self::LoadDriver),
        ("SeSystemProfilePrivilege", Self::SystemProfile),
        ("SeSystemtimePrivilege", Self::SystemTime),
        (
            "SeProfileSingleProcessPrivilege",
            Self::ProfileSingleProcess,
        ),
        (
            "SeIncreaseBasePriorityPrivilege",
            Self::IncreaseBasePriority,
        ),
        ("SeCreatePagefilePrivilege", Self::CreatePagefile),
        ("SeCreatePermanentPrivilege", Self::CreatePermanent),
        ("SeBackupPrivilege", Self::Backup),
        ("SeRestorePrivilege", Self::Restore),
        ("SeShutdownPrivilege", Self::Shutdown),
        ("SeDebugPrivilege", Self::Debug),
        ("SeAuditPrivilege", Self::Audit),
        ("SeSystemEnvironmentPrivilege", Self::SystemEnvironment),
        ("SeChangeNotifyPrivilege", Self::ChangeNotify),
        ("SeRemoteShutdownPrivilege", Self::RemoteShutdown),
        ("SeUndockPrivilege", Self::Undock),
        ("SeSyncAgentPrivilege", Self::SyncAgent),
        ("SeEnableDelegationPrivilege", Self::EnableDelegation),
        ("SeManageVolumePrivilege", Self::ManageVolume),
        ("SeImpersonatePrivilege", Self::Impersonate),
        ("SeCreateGlobalPrivilege", Self::CreateGlobal),
        (
            "SeTrustedCredManAccessPrivilege",
            Self::TrustedCredManAccess,
        ),
        ("SeRelabelPrivilege", Self::Relabel),
        ("SeIncreaseWorkingSetPrivilege", Self::IncreaseWorkingSet),
        ("SeTimeZonePrivilege", Self::TimeZone),
        ("SeCreateSymbolicLinkPrivilege", Self::CreateSymbolicLink),
        (
            "SeDelegateSessionUserImpersonatePrivilege",
            Self::DelegateSessionUserImpersonate,
        ),
    ];

    /// Its name: `SeBackupPrivilege`.
    #[must_use]
    pub fn name(self) -> &'static str {
        let named = Self::ALL.iter().find(|(_, privilege)| *privilege == self);
        named.map_or("", |(name, _)| name)
    }

    /// The privilege with this name; none if there is none.
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        let named = Self::ALL.iter().find(|(known, _)| *known == name);
        named.map(|(_, privilege)| *privilege)
    }

    /// The low part of its LUID.
    #[must_use]
    pub const fn luid(self) -> u32 {
        self as u32
    }

    const fn bit(self) -> u64 {
        1 << self as u64
    }
}

/// The privileges that a token holds, and which of them are enabled.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Hash)]
pub struct Privileges {
    held: u64,
    enabled: u64,
}

impl Privileges {
    /// No privilege.
    pub const NONE: Self = Self {
        held: 0,
        enabled: 0,
    };

    /// The same with `privilege` held and enabled.
    #[must_use]
    pub const fn with_enabled(self, privilege: Privilege) -> Self {
        Self {
            held: self.held | privilege.bit(),
            enabled: self.enabled | privilege.bit(),
        }
    }

    /// The same with `privilege` held and not enabled.
    #[must_use]
    pub const fn with_disabled(self, privilege: Privilege) -> Self {
        Self {
            held: self.held | privilege.bit(),
            enabled: self.enabled & !privilege.bit(),
        }
    }

    /// The same without `privilege`.
    #[must_use]
    pub const fn without(self, privilege: Privilege) -> Self {
        Self {
            held: self.held & !privilege.bit(),
            enabled: self.enabled & !privilege.bit(),
        }
    }

    /// Those of them that `kept` has as well.
    #[must_use]
    pub fn keep(self, kept: &[Privilege]) -> Self {
        let bits = kept
            .iter()
            .fold(0, |bits, privilege| bits | privilege.bit());
        Self {
            held: self.held & bits,
            enabled: self.enabled & bits,
        }
    }

    /// Whether it is held, enabled or not.
    #[must_use]
    pub const fn holds(self, privilege: Privilege) -> bool {
        self.held & privilege.bit() != 0
    }

    /// Whether it is held and enabled.
    #[must_use]
    pub const fn enables(self, privilege: Privilege) -> bool {
        self.enabled & privilege.bit() != 0
    }

    /// Those that are held, in the order of their numbers.
    pub fn held(self) -> impl Iterator<Item = Privilege> {
        let all = Privilege::ALL.iter().map(|(_, privilege)| *privilege);
        all.filter(move |privilege| self.holds(*privilege))
    }
}

impl FromIterator<Privilege> for Privileges {
    /// All of them enabled.
    fn from_iter<T: IntoIterator<Item = Privilege>>(privileges: T) -> Self {
        privileges.into_iter().fold(Self::NONE, Self::with_enabled)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_privilege_is_found_by_its_name_and_stands_at_its_number() {
        for (at, (name, privilege)) in Privilege::ALL.iter().enumerate() {
            assert_eq!(Privilege::parse(name), Some(*privilege));
            assert_eq!(privilege.name(), *name);
            assert_eq!(privilege.luid() as usize, at + 2);
        }
        assert_eq!(Privilege::parse("SeNothingPrivilege"), None);
    }

    #[test]
    fn a_disabled_privilege_is_held_and_not_enabled() {
        let held = Privileges::NONE.with_disabled(Privilege::Backup);
        assert!(held.holds(Privilege::Backup) && !held.enables(Privilege::Backup));
        let enabled = held.with_enabled(Privilege::Backup);
        assert!(enabled.enables(Privilege::Backup));
        assert_eq!(enabled.without(Privilege::Backup), Privileges::NONE);
    }
}
