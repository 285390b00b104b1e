//! Kinds of kernel objects: what their rights are, and which descriptor they get
//! when none is given.
//!
//! Most get the default DACL of the token that makes them, behind what the
//! directory passes on ([MS-DTYP] 2.5.3.4). Not all:
//!
//! | class | without a descriptor |
//! |---|---|
//! | event, mutex, section, without a name | none at all: a handle is the only way to it |
//! | named pipe | SYSTEM, Administrators and the owner full, Everyone and Anonymous read (MSDN *Named Pipe Security and Access Rights*) |
//! | pipe of `CreatePipe` | the token's default DACL (MSDN *Anonymous Pipe Security and Access Rights*) |
//! | process, thread | the default DACL of the token that makes it, of the *new* token for `CreateProcessAsUser` (MSDN of that name), and a label of their own |
//! | service | what the service control manager gives (MSDN *Service Security and Access Rights*) |
//! | desktop | what the window station passes on, else the default DACL |

use fumehood_nt::inherit::{Creation, Heir, on_create};
use fumehood_nt::token::Token;
use fumehood_nt::{AccessMask, Ace, Acl, AclField, GenericMapping, SecurityDescriptor, Sid};

/// A kind of kernel object.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Class {
    /// A process.
    Process,
    /// A thread.
    Thread,
    /// A token.
    Token,
    /// A job.
    Job,
    /// An event.
    Event,
    /// A mutex.
    Mutex,
    /// A section.
    Section,
    /// A window station.
    WindowStation,
    /// A desktop.
    Desktop,
    /// A service.
    Service,
    /// A pipe with a name.
    NamedPipe,
    /// A pipe of `CreatePipe`.
    AnonymousPipe,
    /// A directory of names.
    Directory,
}

/// What the generic rights of a directory of names are (MSDN *Directory object access rights*;
/// the kernel's mapping).
pub const DIRECTORY: GenericMapping = GenericMapping {
    read: AccessMask(0x0002_0003),
    write: AccessMask(0x0002_000C),
    execute: AccessMask(0x0002_0003),
    all: AccessMask(0x000F_000F),
};

/// `DIRECTORY_CREATE_OBJECT`: make a name in a directory.
pub const CREATE_OBJECT: AccessMask = AccessMask(0x4);
/// `FILE_CREATE_PIPE_INSTANCE`: serve a pipe that exists.
pub const CREATE_INSTANCE: AccessMask = AccessMask(0x4);

/// `WINSTA_CREATEDESKTOP`: make a desktop on a window station.
pub const CREATE_DESKTOP: AccessMask = AccessMask(0x8);

impl Class {
    /// Whether names stand in it: objects in a directory, desktops on a window station.
    #[must_use]
    pub const fn holds_names(self) -> bool {
        matches!(self, Self::Directory | Self::WindowStation)
    }

    /// The right that making a name in it asks for.
    #[must_use]
    pub const fn right_to_name(self) -> AccessMask {
        match self {
            Self::WindowStation => CREATE_DESKTOP,
            _ => CREATE_OBJECT,
        }
    }

    /// What the generic rights are.
    #[must_use]
    pub const fn mapping(self) -> &'static GenericMapping {
        match self {
            Self::Process => &GenericMapping::PROCESS,
            Self::Thread => &GenericMapping::THREAD,
            Self::Token => &GenericMapping::TOKEN,
            Self::Job => &GenericMapping::JOB,
            Self::Event => &GenericMapping::EVENT,
            Self::Mutex => &GenericMapping::MUTEX,
            Self::Section => &GenericMapping::SECTION,
            Self::WindowStation => &GenericMapping::WINDOW_STATION,
            Self::Desktop => &GenericMapping::DESKTOP,
            Self::Service => &GenericMapping::SERVICE,
            Self::NamedPipe | Self::AnonymousPipe => &GenericMapping::FILE,
            Self::Directory => &DIRECTORY,
        }
    }

    const fn heir(self) -> Heir {
        match self {
            Self::Directory | Self::WindowStation => Heir::Folder,
            _ => Heir::File,
        }
    }

    /// What an object of this class is given that `token` makes without asking for a descriptor.
    ///
    /// `parent` is the directory's, if it has a name; what is absent on the answer's DACL grants
    /// everything.
    #[must_use]
    pub fn default_descriptor(
        self,
        token: &Token,
        parent: Option<&SecurityDescriptor>,
    ) -> SecurityDescriptor {
        let made = || {
            on_create(&Creation {
                parent,
                asked: None,
                token,
                heir: self.heir(),
                mapping: self.mapping(),
            })
        };
        match self {
            Self::Event | Self::Mutex | Self::Section if parent.is_none() => {
                let mut bare = made();
                bare.dacl = AclField::Absent;
                bare
            }
            Self::NamedPipe => with_dacl(made(), pipe_dacl(&token.spec().owner)),
            Self::Service => with_dacl(made(), service_dacl()),
            _ => made(),
        }
    }

    /// What an object of this class is given for what its maker asks for, or for nothing.
    #[must_use]
    pub(crate) fn asked_or_default(
        self,
        token: &Token,
        parent: Option<&SecurityDescriptor>,
        asked: Option<&SecurityDescriptor>,
    ) -> SecurityDescriptor {
        let dacl = asked.filter(|asked| asked.dacl.is_present());
        if dacl.is_none() {
            return self.default_descriptor(token, parent);
        }
        on_create(&Creation {
            parent,
            asked,
            token,
            heir: self.heir(),
            mapping: self.mapping(),
        })
    }
}

fn with_dacl(mut descriptor: SecurityDescriptor, dacl: Acl) -> SecurityDescriptor {
    descriptor.dacl = dacl.into();
    descriptor
}

/// The DACL that the named pipe file system gives.
fn pipe_dacl(owner: &Sid) -> Acl {
    let all = AccessMask::FILE_ALL_ACCESS;
    let read = AccessMask::FILE_GENERIC_READ;
    Acl::new(vec![
        Ace::allow(Sid::SYSTEM, all),
        Ace::allow(Sid::ADMINISTRATORS, all),
        Ace::allow(*owner, all),
        Ace::allow(Sid::EVERYONE, read),
        Ace::allow(Sid::ANONYMOUS, read),
    ])
}

/// The DACL that the service control manager gives: authenticated users may query, the system and
/// administrators more.
fn service_dacl() -> Acl {
    let query = AccessMask(0x0002_008D);
    Acl::new(vec![
        Ace::allow(Sid::SYSTEM, query | AccessMask(0x0070)),
        Ace::allow(Sid::ADMINISTRATORS, GenericMapping::SERVICE.all),
        Ace::allow(Sid::INTERACTIVE, query | AccessMask(0x0100)),
        Ace::allow(Sid::SERVICE_LOGON, query | AccessMask(0x0100)),
    ])
}
