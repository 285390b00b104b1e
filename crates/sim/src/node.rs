//! What stands on a volume: files and folders, apart from their names.
//!
//! A file is one thing with any number of names; its descriptor, its streams and
//! its sharing belong to the thing, not to a name. A folder has one name.

use std::collections::BTreeMap;
use std::sync::Arc;

use fumehood_nt::SecurityDescriptor;
use fumehood_nt::inherit::Heir;

use crate::name::Name;
use crate::path::FilePath;

/// What is in a stream.
pub type Bytes = Arc<[u8]>;

/// A file or folder of a volume: the number that it keeps under every name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct FileId {
    /// Which volume, in the order in which they were added.
    pub volume: u8,
    /// Which file there; 0 is the top.
    pub node: u32,
}

/// What is made or expected at a place.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Kind {
    /// A file.
    File,
    /// A folder.
    Folder,
}

impl Kind {
    /// How it inherits.
    #[must_use]
    pub const fn heir(self) -> Heir {
        match self {
            Self::File => Heir::File,
            Self::Folder => Heir::Folder,
        }
    }
}

/// Where a reparse point leads ([MS-FSCC] 2.1.2).
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reparse {
    /// A junction (`IO_REPARSE_TAG_MOUNT_POINT`): a folder of this machine.
    Junction(FilePath),
    /// A symbolic link to a path from the top of a volume.
    Symlink(FilePath),
    /// A symbolic link to names from the folder that it stands in; `..` goes up.
    Relative(Vec<String>),
    /// A tag of someone else, such as a store alias or a cloud placeholder, by its number.
    Other(u32),
}

/// Attributes that decide something here (MSDN *File Attribute Constants*).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Hash)]
pub enum Guard {
    /// None.
    #[default]
    Writable,
    /// `FILE_ATTRIBUTE_READONLY`: a file is neither written nor deleted.
    ReadOnly,
}

/// How a folder compares names (`FILE_CS_FLAG_CASE_SENSITIVE_DIR`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Hash)]
pub enum Case {
    /// Folded.
    #[default]
    Folded,
    /// Letter by letter; subsystems for Linux set it.
    Sensitive,
}

/// Whether a name is on its way out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Hash)]
pub enum Standing {
    /// It stays.
    #[default]
    Stays,
    /// It goes with the last handle that was opened by it.
    Deleting,
}

/// A name of a file: where, and which.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Link {
    /// The folder's node.
    pub folder: u32,
    /// The key under which the folder has it.
    pub key: Arc<str>,
    /// Whether it is on its way out.
    pub standing: Standing,
}

/// An entry of a folder.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// The name.
    pub name: Name,
    /// The 8.3 name, if it was given one.
    pub short: Option<Name>,
    /// The node.
    pub node: u32,
}

/// The entries of a folder.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Folder {
    /// By the key of the name.
    pub entries: BTreeMap<Arc<str>, Entry>,
    /// From the key of an 8.3 name to the key of the name.
    pub shorts: BTreeMap<Arc<str>, Arc<str>>,
    /// How names are compared.
    pub case: Case,
}

impl Folder {
    /// The key under which `name` stands or would stand.
    #[must_use]
    pub fn key(&self, name: &Name) -> Arc<str> {
        match self.case {
            Case::Folded => name.key().into(),
            Case::Sensitive => name.shown().into(),
        }
    }

    /// The key and the entry of a name, or of an 8.3 name.
    #[must_use]
    pub fn find(&self, name: &Name) -> Option<(&Arc<str>, &Entry)> {
        let key = self.key(name);
        let by_name = self.entries.get_key_value(&key);
        by_name.or_else(|| self.entries.get_key_value(self.shorts.get(name.key())?))
    }
}

/// Whether it is a file, or what stands in the folder.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Body {
    /// A file.
    File,
    /// A folder.
    Folder(Folder),
}

/// A file or folder.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Node {
    /// What it is.
    pub body: Body,
    /// Who may do what; none on a volume without descriptors.
    pub descriptor: Option<Arc<SecurityDescriptor>>,
    /// Its names; the top of a volume has none.
    pub links: Vec<Link>,
    /// What stands in the unnamed stream.
    pub content: Bytes,
    /// The named streams, by the key of their names.
    pub streams: BTreeMap<Arc<str>, Bytes>,
    /// Where it leads instead.
    pub reparse: Option<Reparse>,
    /// The read-only attribute.
    pub guard: Guard,
}

impl Node {
    /// Names that a file may have ([MS-FSA] 2.1.5.15.6).
    pub const MAX_LINKS: usize = 1024;
    /// Streams that a file may have here.
    pub const MAX_STREAMS: usize = 1024;

    /// A new one without content and names.
    #[must_use]
    pub fn new(kind: Kind, descriptor: Option<Arc<SecurityDescriptor>>) -> Self {
        Self {
            body: match kind {
                Kind::File => Body::File,
                Kind::Folder => Body::Folder(Folder::default()),
            },
            descriptor,
            links: Vec::new(),
            content: Bytes::default(),
            streams: BTreeMap::new(),
            reparse: None,
            guard: Guard::Writable,
        }
    }

    /// What it is.
    #[must_use]
    pub const fn kind(&self) -> Kind {
        match self.body {
            Body::File => Kind::File,
            Body::Folder(_) => Kind::Folder,
        }
    }

    /// Its entries, if it is a folder.
    #[must_use]
    pub const fn folder(&self) -> Option<&Folder> {
        match &self.body {
            Body::File => None,
            Body::Folder(folder) => Some(folder),
        }
    }

    /// What is in the stream with this key, or in the unnamed one.
    #[must_use]
    pub fn stream(&self, key: Option<&str>) -> Option<&Bytes> {
        match key {
            None => Some(&self.content),
            Some(key) => self.streams.get(key),
        }
    }
}
