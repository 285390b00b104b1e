//! Rights, and what the generic ones mean for each kind of object.
//!
//! The low 16 bits mean something else for each kind of object, 16 to 20 are the
//! standard rights, 24 and 25 are special, 28 to 31 are generic and never stay in
//! a mask that is compared: the object's mapping replaces them ([MS-DTYP] 2.4.3).

use std::fmt;
use std::ops::{BitAnd, BitAndAssign, BitOr, BitOrAssign, Not};
use std::str::FromStr;

use thiserror::Error;

/// A set of rights ([MS-DTYP] 2.4.3).
#[derive(Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct AccessMask(pub u32);

impl AccessMask {
    /// No right.
    pub const NONE: Self = Self(0);

    /// Delete the object.
    pub const DELETE: Self = Self(0x0001_0000);
    /// Read the descriptor, without the SACL.
    pub const READ_CONTROL: Self = Self(0x0002_0000);
    /// Change the DACL.
    pub const WRITE_DAC: Self = Self(0x0004_0000);
    /// Become the owner.
    pub const WRITE_OWNER: Self = Self(0x0008_0000);
    /// Wait for the object.
    pub const SYNCHRONIZE: Self = Self(0x0010_0000);
    /// Read and change the SACL; no DACL grants it.
    pub const ACCESS_SYSTEM_SECURITY: Self = Self(0x0100_0000);
    /// In a request only: whatever may be had.
    pub const MAXIMUM_ALLOWED: Self = Self(0x0200_0000);
    /// All that the object's mapping calls all.
    pub const GENERIC_ALL: Self = Self(0x1000_0000);
    /// What the object's mapping calls execute.
    pub const GENERIC_EXECUTE: Self = Self(0x2000_0000);
    /// What the object's mapping calls write.
    pub const GENERIC_WRITE: Self = Self(0x4000_0000);
    /// What the object's mapping calls read.
    pub const GENERIC_READ: Self = Self(0x8000_0000);

    /// The four generic rights.
    pub const GENERIC: Self = Self(0xF000_0000);
    /// The rights whose meaning hangs on the kind of object.
    pub const SPECIFIC: Self = Self(0x0000_FFFF);
    /// DELETE, `READ_CONTROL`, `WRITE_DAC` and `WRITE_OWNER`: `STANDARD_RIGHTS_REQUIRED`.
    pub const STANDARD_REQUIRED: Self = Self(0x000F_0000);
    /// The five standard rights: `STANDARD_RIGHTS_ALL`.
    pub const STANDARD_ALL: Self = Self(0x001F_0000);

    /// File: read the content. Folder: list it.
    pub const FILE_READ_DATA: Self = Self(0x0001);
    /// File: change the content. Folder: create a file.
    pub const FILE_WRITE_DATA: Self = Self(0x0002);
    /// File: append. Folder: create a folder.
    pub const FILE_APPEND_DATA: Self = Self(0x0004);
    /// Read extended attributes.
    pub const FILE_READ_EA: Self = Self(0x0008);
    /// Change extended attributes.
    pub const FILE_WRITE_EA: Self = Self(0x0010);
    /// File: run it. Folder: pass through it.
    pub const FILE_EXECUTE: Self = Self(0x0020);
    /// Folder: delete any child, whatever the child's own DACL says.
    pub const FILE_DELETE_CHILD: Self = Self(0x0040);
    /// Read attributes.
    pub const FILE_READ_ATTRIBUTES: Self = Self(0x0080);
    /// Change attributes.
    pub const FILE_WRITE_ATTRIBUTES: Self = Self(0x0100);
    /// What a file's `GENERIC_READ` becomes (`FILE_GENERIC_READ`).
    pub const FILE_GENERIC_READ: Self = GenericMapping::FILE.read;
    /// What a file's `GENERIC_WRITE` becomes (`FILE_GENERIC_WRITE`).
    pub const FILE_GENERIC_WRITE: Self = GenericMapping::FILE.write;
    /// What a file's `GENERIC_EXECUTE` becomes (`FILE_GENERIC_EXECUTE`).
    pub const FILE_GENERIC_EXECUTE: Self = GenericMapping::FILE.execute;
    /// What a file's `GENERIC_ALL` becomes (`FILE_ALL_ACCESS`).
    pub const FILE_ALL_ACCESS: Self = GenericMapping::FILE.all;

    /// In a mandatory label: no write from a lower level ([MS-DTYP] 2.4.4.13).
    pub const LABEL_NO_WRITE_UP: Self = Self(0x1);
    /// In a mandatory label: no read from a lower level.
    pub const LABEL_NO_READ_UP: Self = Self(0x2);
    /// In a mandatory label: no execute from a lower level.
    pub const LABEL_NO_EXECUTE_UP: Self = Self(0x4);

    /// Whether there is no right in it.
    #[must_use]
    pub const fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// Whether every right of `other` is in it.
    #[must_use]
    pub const fn contains(self, other: Self) -> bool {
        self.0 & other.0 == other.0
    }

    /// Whether a right of `other` is in it.
    #[must_use]
    pub const fn intersects(self, other: Self) -> bool {
        self.0 & other.0 != 0
    }

    /// Without the rights of `other`.
    #[must_use]
    pub const fn without(self, other: Self) -> Self {
        Self(self.0 & !other.0)
    }

    /// With the rights of `other`.
    #[must_use]
    pub const fn union(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// The rights that are in both.
    #[must_use]
    pub const fn intersection(self, other: Self) -> Self {
        Self(self.0 & other.0)
    }
}

impl BitOr for AccessMask {
    type Output = Self;
    fn bitor(self, other: Self) -> Self {
        self.union(other)
    }
}

impl BitOrAssign for AccessMask {
    fn bitor_assign(&mut self, other: Self) {
        self.0 |= other.0;
    }
}

impl BitAnd for AccessMask {
    type Output = Self;
    fn bitand(self, other: Self) -> Self {
        self.intersection(other)
    }
}

impl BitAndAssign for AccessMask {
    fn bitand_assign(&mut self, other: Self) {
        self.0 &= other.0;
    }
}

impl Not for AccessMask {
    type Output = Self;
    fn not(self) -> Self {
        Self(!self.0)
    }
}

impl fmt::Display for AccessMask {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:#010x}", self.0)
    }
}

impl fmt::Debug for AccessMask {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// What the four generic rights mean for one kind of object (MSDN `GENERIC_MAPPING`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct GenericMapping {
    /// What `GENERIC_READ` becomes.
    pub read: AccessMask,
    /// What `GENERIC_WRITE` becomes.
    pub write: AccessMask,
    /// What `GENERIC_EXECUTE` becomes.
    pub execute: AccessMask,
    /// What `GENERIC_ALL` becomes.
    pub all: AccessMask,
}

impl GenericMapping {
    /// Files, folders and named pipes, which are all file objects (MSDN *File Security and Access
    /// Rights*).
    pub const FILE: Self = Self::of(0x0012_0089, 0x0012_0116, 0x0012_00A0, 0x001F_01FF);
    /// Registry keys (MSDN *Registry Key Security and Access Rights*).
    pub const KEY: Self = Self::of(0x0002_0019, 0x0002_0006, 0x0002_0019, 0x000F_003F);
    /// Processes (MSDN *Process Security and Access Rights*; the kernel's mapping).
    pub const PROCESS: Self = Self::of(0x0002_0410, 0x0002_0BEA, 0x0012_1001, 0x001F_FFFF);
    /// Threads (MSDN *Thread Security and Access Rights*; the kernel's mapping).
    pub const THREAD: Self = Self::of(0x0002_0048, 0x0002_0437, 0x0012_1800, 0x001F_FFFF);
    /// Access tokens (MSDN *Access Rights for Access-Token Objects*; the kernel's mapping).
    pub const TOKEN: Self = Self::of(0x0002_001A, 0x0002_01E0, 0x0002_0005, 0x000F_01FF);
    /// Sections: file mappings (MSDN *File-Mapping Security and Access Rights*).
    pub const SECTION: Self = Self::of(0x0002_0005, 0x0002_0002, 0x0002_0008, 0x000F_001F);
    /// Events (MSDN *Synchronization Object Security and Access Rights*).
    pub const EVENT: Self = Self::of(0x0002_0001, 0x0002_0002, 0x0012_0000, 0x001F_0003);
    /// Mutexes, which the kernel calls mutants (MSDN as for events).
    pub const MUTEX: Self = Self::of(0x0002_0001, 0x0002_0000, 0x0012_0000, 0x001F_0001);
    /// Jobs (MSDN *Job Object Security and Access Rights*).
    pub const JOB: Self = Self::of(0x0002_0004, 0x0002_000B, 0x0012_0000, 0x001F_003F);
    /// Desktops (MSDN *Desktop Security and Access Rights*).
    pub const DESKTOP: Self = Self::of(0x0002_0041, 0x0002_00BE, 0x0002_0100, 0x000F_01FF);
    /// Window stations (MSDN *Window Station Security and Access Rights*).
    pub const WINDOW_STATION: Self = Self::of(0x0002_0303, 0x0002_001C, 0x0002_0060, 0x000F_037F);
    /// Services (MSDN *Service Security and Access Rights*).
    pub const SERVICE: Self = Self::of(0x0002_008D, 0x0002_0002, 0x0002_0170, 0x000F_01FF);

    const fn of(read: u32, write: u32, execute: u32, all: u32) -> Self {
        Self {
            read: AccessMask(read),
            write: AccessMask(write),
            execute: AccessMask(execute),
            all: AccessMask(all),
        }
    }

    /// Replaces the generic rights of `mask` by what they mean (MSDN `MapGenericMask`).
    ///
    /// ```
    /// use fumehood_nt::{AccessMask, GenericMapping};
    /// let read = GenericMapping::FILE.map(AccessMask::GENERIC_READ);
    /// assert_eq!(read, AccessMask(0x0012_0089));
    /// ```
    #[must_use]
    pub const fn map(&self, mask: AccessMask) -> AccessMask {
        let mut mapped = mask.without(AccessMask::GENERIC);
        if mask.intersects(AccessMask::GENERIC_READ) {
            mapped = mapped.union(self.read);
        }
        if mask.intersects(AccessMask::GENERIC_WRITE) {
            mapped = mapped.union(self.write);
        }
        if mask.intersects(AccessMask::GENERIC_EXECUTE) {
            mapped = mapped.union(self.execute);
        }
        if mask.intersects(AccessMask::GENERIC_ALL) {
            mapped = mapped.union(self.all);
        }
        mapped
    }
}

/// The kinds of object that a descriptor protects, as far as their mappings are known here.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ObjectKind {
    /// A file.
    File,
    /// A folder: the same mapping as a file.
    Directory,
    /// A registry key.
    Key,
    /// A process.
    Process,
    /// A thread.
    Thread,
    /// An access token.
    Token,
    /// A section: a file mapping.
    Section,
    /// An event.
    Event,
    /// A mutex.
    Mutex,
    /// A named pipe: the same mapping as a file.
    Pipe,
    /// A job.
    Job,
    /// A desktop.
    Desktop,
    /// A window station.
    WindowStation,
    /// A service.
    Service,
}

impl ObjectKind {
    /// Every kind with its name.
    pub const ALL: [(&'static str, Self); 14] = [
        ("file", Self::File),
        ("directory", Self::Directory),
        ("key", Self::Key),
        ("process", Self::Process),
        ("thread", Self::Thread),
        ("token", Self::Token),
        ("section", Self::Section),
        ("event", Self::Event),
        ("mutex", Self::Mutex),
        ("pipe", Self::Pipe),
        ("job", Self::Job),
        ("desktop", Self::Desktop),
        ("window-station", Self::WindowStation),
        ("service", Self::Service),
    ];

    /// What the generic rights mean for it.
    #[must_use]
    pub const fn mapping(self) -> &'static GenericMapping {
        match self {
            Self::File | Self::Directory | Self::Pipe => &GenericMapping::FILE,
            Self::Key => &GenericMapping::KEY,
            Self::Process => &GenericMapping::PROCESS,
            Self::Thread => &GenericMapping::THREAD,
            Self::Token => &GenericMapping::TOKEN,
            Self::Section => &GenericMapping::SECTION,
            Self::Event => &GenericMapping::EVENT,
            Self::Mutex => &GenericMapping::MUTEX,
            Self::Job => &GenericMapping::JOB,
            Self::Desktop => &GenericMapping::DESKTOP,
            Self::WindowStation => &GenericMapping::WINDOW_STATION,
            Self::Service => &GenericMapping::SERVICE,
        }
    }

    /// Its name.
    #[must_use]
    pub fn name(self) -> &'static str {
        Self::ALL
            .iter()
            .find(|(_, kind)| *kind == self)
            .map_or("", |(name, _)| name)
    }
}

impl fmt::Display for ObjectKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// A word that names no kind of object.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("`{0}` is no kind of object: they are {known}", known = known())]
pub struct UnknownObjectKind(pub String);

fn known() -> String {
    ObjectKind::ALL.map(|(name, _)| name).join(", ")
}

impl FromStr for ObjectKind {
    type Err = UnknownObjectKind;

    fn from_str(text: &str) -> Result<Self, UnknownObjectKind> {
        if text == "winsta" {
            return Ok(Self::WindowStation);
        }
        Self::ALL
            .iter()
            .find(|(name, _)| *name == text)
            .map(|(_, kind)| *kind)
            .ok_or_else(|| UnknownObjectKind(text.to_owned()))
    }
}
