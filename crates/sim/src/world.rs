//! The machine: what there is, and how NT is read on it.
//!
//! A world is a value. Cloning it takes a few references, whatever its size, and
//! what is done to one leaves the others alone. Whatever begins with `put_` is
//! done by nobody and asks nothing: it is how a world is furnished.

use std::sync::Arc;

use fumehood_nt::inherit::{Creation, on_create};
use fumehood_nt::semantics::Semantics;
use fumehood_nt::token::Token;
use fumehood_nt::{GenericMapping, SecurityDescriptor, Sid};

use crate::account::Accounts;
use crate::answer::{Answer, Refusal};
use crate::filter::Filters;
use crate::handle::Handles;
use crate::key::{Key, KeyId};
use crate::name::Name;
use crate::node::{Bytes, FileId, Kind, Node, Reparse};
use crate::object::Object;
use crate::path::FilePath;
use crate::process::Process;
use crate::readings::Readings;
use crate::store::Store;
use crate::volume::{FileSystem, Volume, VolumeSpec};

/// A Windows machine in memory.
#[derive(Debug, Clone, PartialEq)]
pub struct World {
    /// How NT's access check is read where the sources leave it open.
    pub semantics: Semantics,
    /// How the rest of NT is.
    pub readings: Readings,
    /// The local accounts.
    pub accounts: Accounts,
    /// What the network lets through.
    pub filters: Arc<Filters>,
    pub(crate) volumes: Vec<Volume>,
    pub(crate) handles: Handles,
    pub(crate) processes: Store<Process>,
    pub(crate) objects: Store<Object>,
    pub(crate) keys: Store<Key>,
    pub(crate) roots: Vec<KeyId>,
}

impl Default for World {
    fn default() -> Self {
        Self::new()
    }
}

impl World {
    /// Volumes that a machine may have: one for each letter.
    pub const MAX_VOLUMES: usize = 26;

    /// A machine with nothing in it.
    #[must_use]
    pub fn new() -> Self {
        Self {
            semantics: Semantics::default(),
            readings: Readings::default(),
            accounts: Accounts::of(Sid::of(5, [21, 0, 0, 0])),
            filters: Arc::default(),
            volumes: Vec::new(),
            handles: Handles::default(),
            processes: Store::default(),
            objects: Store::default(),
            keys: Store::default(),
            roots: Vec::new(),
        }
    }

    /// The same machine with NT read another way.
    #[must_use]
    pub fn read_as(&self, semantics: Semantics) -> Self {
        Self {
            semantics,
            ..self.clone()
        }
    }

    /// Adds a volume; its top.
    ///
    /// # Errors
    ///
    /// The letter is none, or is taken.
    pub fn put_volume(&mut self, spec: VolumeSpec, top: SecurityDescriptor) -> Answer<FileId> {
        let letter = spec.letter.to_ascii_uppercase();
        if !letter.is_ascii_uppercase() || self.lettered(letter).is_some() {
            return Err(Refusal::Exists);
        }
        let volume = u8::try_from(self.volumes.len()).map_err(|_| Refusal::Exists)?;
        let keeps = spec.system == FileSystem::Ntfs;
        let top = Node::new(Kind::Folder, keeps.then(|| Arc::new(top)));
        self.volumes
            .push(Volume::new(VolumeSpec { letter, ..spec }, top));
        Ok(FileId {
            volume,
            node: Volume::TOP,
        })
    }

    /// Puts a file or folder there, with this descriptor or with what `maker` would give it.
    ///
    /// # Errors
    ///
    /// There is no folder for it, or something has the name.
    pub fn put(&mut self, path: &FilePath, kind: Kind, made: &Made<'_>) -> Answer<FileId> {
        let parent = path.parent().ok_or(Refusal::Exists)?;
        let folder = self.find(&parent).ok_or(Refusal::PathNotFound)?;
        let name = path.names.last().ok_or(Refusal::Exists)?;
        if self.find(path).is_some() {
            return Err(Refusal::Exists);
        }
        let above = self.node(folder).ok_or(Refusal::PathNotFound)?;
        let descriptor = above.descriptor.as_ref().map(|above| match made {
            Made::With(descriptor) => Arc::new((*descriptor).clone()),
            Made::By(token) => Arc::new(on_create(&Creation {
                parent: Some(above),
                asked: None,
                token,
                heir: kind.heir(),
                mapping: &GenericMapping::FILE,
            })),
        });
        self.put_node(folder, name, Node::new(kind, descriptor))
    }

    /// Puts bytes into a file.
    ///
    /// # Errors
    ///
    /// There is no such file.
    pub fn put_content(&mut self, file: FileId, content: &[u8]) -> Answer {
        self.node_mut(file)?.content = content.into();
        Ok(())
    }

    /// Makes a file or folder a link.
    ///
    /// # Errors
    ///
    /// There is no such file.
    pub fn put_reparse(&mut self, file: FileId, reparse: Reparse) -> Answer {
        self.node_mut(file)?.reparse = Some(reparse);
        Ok(())
    }

    /// Gives a new node a name.
    pub(crate) fn put_node(&mut self, folder: FileId, name: &Name, node: Node) -> Answer<FileId> {
        let volume = self.volume_mut(folder.volume)?;
        if volume.folder(folder.node).is_none() {
            return Err(Refusal::NotAFolder);
        }
        if volume.nodes.count() >= Volume::MAX_NODES {
            let (limit, what) = (Volume::MAX_NODES as usize, "files");
            return Err(Refusal::TooMuch { limit, what });
        }
        let node = volume.nodes.push(node);
        volume.link(folder.node, name, node);
        Ok(FileId { node, ..folder })
    }

    /// The volume with this letter.
    pub(crate) fn lettered(&self, letter: char) -> Option<u8> {
        let letter = letter.to_ascii_uppercase();
        let at = self
            .volumes
            .iter()
            .position(|volume| volume.spec().letter == letter)?;
        u8::try_from(at).ok()
    }

    /// A volume; none if there are fewer.
    #[must_use]
    pub fn volume(&self, volume: u8) -> Option<&Volume> {
        self.volumes.get(usize::from(volume))
    }

    pub(crate) fn volume_mut(&mut self, volume: u8) -> Answer<&mut Volume> {
        self.volumes
            .get_mut(usize::from(volume))
            .ok_or(Refusal::PathNotFound)
    }

    /// Every volume.
    pub fn volumes(&self) -> impl Iterator<Item = &Volume> {
        self.volumes.iter()
    }

    /// A file or folder; none if it never was.
    #[must_use]
    pub fn node(&self, file: FileId) -> Option<&Node> {
        self.volume(file.volume)?.node(file.node)
    }

    pub(crate) fn node_mut(&mut self, file: FileId) -> Answer<&mut Node> {
        let volume = self.volume_mut(file.volume)?;
        volume.nodes.item_mut(file.node).ok_or(Refusal::NotFound)
    }

    /// Its descriptor; none if it is no more, or the volume has none.
    #[must_use]
    pub fn descriptor(&self, file: FileId) -> Option<&SecurityDescriptor> {
        self.node(file)?.descriptor.as_deref()
    }

    /// What is in a stream of it.
    #[must_use]
    pub fn content(&self, file: FileId, stream: Option<&Name>) -> Option<&Bytes> {
        self.node(file)?.stream(stream.map(Name::key))
    }

    /// What stands at a path, asking nobody and following no link.
    #[must_use]
    pub fn find(&self, path: &FilePath) -> Option<FileId> {
        let volume = self.lettered(path.volume)?;
        let of = self.volume(volume)?;
        let below = |at: u32, name: &Name| Some(of.folder(at)?.find(name)?.1.node);
        let node = path.names.iter().try_fold(Volume::TOP, below)?;
        Some(FileId { volume, node })
    }

    /// Every file and folder that has a name, and the tops of the volumes.
    pub fn files(&self) -> impl Iterator<Item = FileId> {
        let numbered = self.volumes.iter().zip(0_u8..);
        numbered.flat_map(|(of, volume)| of.nodes().map(move |(node, _)| FileId { volume, node }))
    }

    /// A path of it, by the first of its names; none if it has none.
    #[must_use]
    pub fn path(&self, file: FileId) -> Option<FilePath> {
        let volume = self.volume(file.volume)?;
        Some(FilePath {
            volume: volume.spec().letter,
            names: volume.names(file.node)?,
            stream: None,
        })
    }
}

/// Where the descriptor of what is put into the world comes from.
#[derive(Debug, Clone, Copy)]
pub enum Made<'a> {
    /// It is this one.
    With(&'a SecurityDescriptor),
    /// It is inherited, as if a holder of this token had made the thing.
    By(&'a Token),
}
