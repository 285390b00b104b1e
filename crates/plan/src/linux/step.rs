//! One thing to do, with every detail in it: the executor makes no choice.
//!
//! A [`Step`] stands for one to four system calls. File systems that are not
//! attached anywhere yet live in numbered *slots*: a detached mount can be
//! filled and sealed before anybody can see it, and once a host tree is held in
//! a slot, what is mounted over its path no longer matters.

use std::fmt;

use fumehood_policy::{AbsPath, RawText};
use serde::{Deserialize, Serialize};

use super::seccomp::Instruction;

/// A detached mount, by number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Slot(pub u16);

/// Which object a path led to when it was judged.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct FileId {
    /// `st_dev`.
    pub device: u64,
    /// `st_ino`.
    pub inode: u64,
}

/// Flags of a mount, for `mount_setattr(2)`. Flags are only ever added.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
pub struct MountFlags {
    /// `MOUNT_ATTR_RDONLY`
    pub read_only: bool,
    /// `MOUNT_ATTR_NODEV`
    pub no_devices: bool,
    /// `MOUNT_ATTR_NOEXEC`
    pub no_exec: bool,
}

/// An entry made in a detached file system.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Entry {
    /// A folder, with its mode. It may be there already.
    Folder(u32),
    /// An empty file, with its mode. It may be there already.
    File(u32),
    /// A symlink to this text.
    Symlink(RawText),
    /// A small file with this text.
    Text(RawText),
}

/// A resource of `setrlimit(2)`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Resource {
    /// `RLIMIT_NPROC`
    Processes,
    /// `RLIMIT_FSIZE`
    FileSize,
    /// `RLIMIT_NOFILE`
    OpenFiles,
}

/// A file below a control group's folder, and what is written to it.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct GroupSetting {
    /// File name, such as `pids.max`.
    pub file: String,
    /// What is written.
    pub value: String,
}

/// What one Landlock rule grants.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct LandlockRule {
    /// The folder or file, with everything below it.
    pub path: AbsPath,
    /// `LANDLOCK_ACCESS_FS_*` bits.
    pub rights: u64,
}

/// One thing to do.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Step {
    /// Lasting: make a folder that belongs to fumehood, with its parents.
    KeepFolder {
        /// Where.
        path: AbsPath,
    },
    /// Lasting until the run ends: make a control group and set its limits.
    ControlGroup {
        /// Its folder.
        path: AbsPath,
        /// What is written, in order.
        settings: Vec<GroupSetting>,
    },
    /// Enter a version 1 control group. As a single thread that names itself, or
    /// every start would wait for the kernel's grace period.
    JoinGroup {
        /// Its folder.
        path: AbsPath,
    },
    /// Map one user and one group onto themselves; refuse `setgroups(2)`.
    MapIdentity {
        /// User id outside and inside.
        uid: u32,
        /// Group id outside and inside.
        gid: u32,
    },
    /// Take a host name that says nothing and always resolves.
    HostName {
        /// The name.
        name: String,
    },
    /// Bring up the loopback interface of the new network namespace.
    Loopback,
    /// Make every mount private: nothing travels in or out.
    PrivateMounts,
    /// Hold a copy of a host tree in a slot.
    HoldTree {
        /// Into which slot.
        slot: Slot,
        /// A path without symlinks.
        source: AbsPath,
        /// What it must be; anything else stops the start. None for fumehood's own
        /// folders, which no command can reach.
        expect: Option<FileId>,
        /// Flags added, recursively; set-user-id is always off.
        flags: MountFlags,
    },
    /// Hold a new file system in memory in a slot.
    HoldTmpfs {
        /// Into which slot.
        slot: Slot,
        /// Bytes.
        size: u64,
        /// Files and folders.
        inodes: u64,
        /// Mode of its top folder.
        mode: u32,
    },
    /// Hold a new devpts in a slot.
    HoldDevpts {
        /// Into which slot.
        slot: Slot,
    },
    /// Hold a new proc of our own process namespace in a slot.
    HoldProc {
        /// Into which slot.
        slot: Slot,
    },
    /// Hold an overlay whose changes go to memory.
    HoldOverlay {
        /// Into which slot.
        slot: Slot,
        /// What is read.
        lower: AbsPath,
        /// Where changes go: a folder in memory.
        upper: AbsPath,
        /// An empty folder on the same file system.
        work: AbsPath,
    },
    /// Make an entry in a slot.
    MakeEntry {
        /// In which slot.
        slot: Slot,
        /// Relative path; folders above it are made too.
        name: RawText,
        /// What.
        entry: Entry,
    },
    /// Make a slot read-only (and unreadable folders stay so).
    SealSlot {
        /// Which.
        slot: Slot,
    },
    /// Make every mount there is read-only, without set-user-id and devices.
    HostReadOnly,
    /// Make every mount there is lose set-user-id, but stay writable.
    HostNoSuid,
    /// Attach a slot.
    Attach {
        /// Which.
        slot: Slot,
        /// On what: a path without symlinks.
        target: AbsPath,
    },
    /// Attach a copy of a slot, or of an entry in it.
    AttachCopy {
        /// Which.
        slot: Slot,
        /// The entry; none for the whole.
        entry: Option<RawText>,
        /// On what: a path without symlinks.
        target: AbsPath,
    },
    /// Bind what is seen at a path onto itself, so that it cannot be moved.
    Pin {
        /// A path without symlinks.
        path: AbsPath,
        /// Flags added.
        flags: MountFlags,
    },
    /// Allow no user namespace below ours (`user.max_user_namespaces`).
    NoNestedUsers,
    /// Enter the working folder.
    EnterFolder {
        /// Which.
        path: AbsPath,
    },
    /// Set a resource limit, soft and hard.
    Limit {
        /// Of what.
        resource: Resource,
        /// How much.
        value: u64,
    },
    /// Make the tree the first victim when memory runs out.
    PreferOomKill {
        /// `oom_score_adj`
        score: i32,
    },
    /// `PR_SET_NO_NEW_PRIVS`: no program gains rights by being executed.
    NoNewPrivileges,
    /// Landlock.
    Landlock {
        /// `handled_access_fs`; 0 leaves files alone.
        handled_fs: u64,
        /// `scoped`: abstract sockets and signals.
        scoped: u64,
        /// What is granted.
        rules: Vec<LandlockRule>,
    },
    /// Give up every capability, now and after any `execve(2)`.
    DropCapabilities,
    /// Install the system call filter. Last: it refuses some of the calls above.
    Seccomp {
        /// The program, in classic BPF.
        program: Vec<Instruction>,
    },
}

impl Step {
    /// Whether the step's effect outlives the command, so that it is journalled.
    #[must_use]
    pub const fn is_lasting(&self) -> bool {
        matches!(self, Self::KeepFolder { .. } | Self::ControlGroup { .. })
    }
}

impl fmt::Display for MountFlags {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if self.read_only {
            "read-only"
        } else {
            "writable"
        })?;
        if self.no_devices {
            f.write_str(", no devices")?;
        }
        if self.no_exec {
            f.write_str(", no exec")?;
        }
        Ok(())
    }
}

impl fmt::Display for Slot {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "#{}", self.0)
    }
}

impl fmt::Display for Entry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Folder(mode) => write!(f, "folder {mode:04o}"),
            Self::File(mode) => write!(f, "file {mode:04o}"),
            Self::Symlink(to) => write!(f, "symlink to {to}"),
            Self::Text(text) => write!(f, "file of {} bytes", text.as_bytes().len()),
        }
    }
}

impl fmt::Display for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::KeepFolder { path } => write!(f, "keep folder     {path}"),
            Self::ControlGroup { path, settings } => {
                write!(f, "control group   {path}")?;
                settings
                    .iter()
                    .try_for_each(|set| write!(f, "  {}={}", set.file, set.value))
            }
            Self::JoinGroup { path } => write!(f, "join group      {path}"),
            Self::MapIdentity { uid, gid } => write!(f, "map identity    uid {uid}, gid {gid}"),
            Self::HostName { name } => write!(f, "host name       {name}"),
            Self::Loopback => f.write_str("loopback        up"),
            Self::PrivateMounts => f.write_str("private mounts  /"),
            Self::HoldTree {
                slot,
                source,
                flags,
                ..
            } => {
                write!(f, "hold tree       {slot} {source} ({flags})")
            }
            Self::HoldTmpfs {
                slot,
                size,
                inodes,
                mode,
            } => {
                write!(
                    f,
                    "hold tmpfs      {slot} {size} bytes, {inodes} inodes, mode {mode:04o}"
                )
            }
            Self::HoldDevpts { slot } => write!(f, "hold devpts     {slot}"),
            Self::HoldProc { slot } => write!(f, "hold proc       {slot}"),
            Self::HoldOverlay {
                slot, lower, upper, ..
            } => {
                write!(f, "hold overlay    {slot} of {lower}, changes in {upper}")
            }
            Self::MakeEntry { slot, name, entry } => {
                write!(f, "make entry      {slot} {name} ({entry})")
            }
            Self::SealSlot { slot } => write!(f, "seal            {slot} read-only"),
            Self::HostReadOnly => f.write_str("host read-only  / and all below"),
            Self::HostNoSuid => f.write_str("host no setuid  / and all below"),
            Self::Attach { slot, target } => write!(f, "attach          {slot} on {target}"),
            Self::AttachCopy {
                slot,
                entry: None,
                target,
            } => {
                write!(f, "attach copy     {slot} on {target}")
            }
            Self::AttachCopy {
                slot,
                entry: Some(entry),
                target,
            } => {
                write!(f, "attach copy     {slot}/{entry} on {target}")
            }
            Self::Pin { path, flags } => write!(f, "pin             {path} ({flags})"),
            Self::NoNestedUsers => f.write_str("no nested user namespaces"),
            Self::EnterFolder { path } => write!(f, "enter folder    {path}"),
            Self::Limit { resource, value } => write!(f, "limit           {resource:?} {value}"),
            Self::PreferOomKill { score } => write!(f, "prefer oom kill {score}"),
            Self::NoNewPrivileges => f.write_str("no new privileges"),
            Self::Landlock {
                handled_fs,
                scoped,
                rules,
            } => {
                write!(
                    f,
                    "landlock        handled {handled_fs:#x}, scoped {scoped:#x}"
                )?;
                rules.iter().try_for_each(|rule| {
                    write!(f, "\n  grant         {:#06x} {}", rule.rights, rule.path)
                })
            }
            Self::DropCapabilities => f.write_str("drop capabilities"),
            Self::Seccomp { program } => {
                write!(f, "seccomp         {} instructions", program.len())
            }
        }
    }
}
