//! A volume: names and things on it, without asking who may.
//!
//! What is here moves entries about and keeps names, 8.3 names and links in step.
//! Every question of rights was answered before.

use std::sync::Arc;

use crate::name::Name;
use crate::node::{Body, Entry, Folder, Link, Node, Standing};
use crate::short_name::short_name;
use crate::store::Store;

/// What kind of file system it has.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum FileSystem {
    /// Descriptors, streams, hard links, reparse points.
    Ntfs,
    /// None of them (FAT, exFAT): `FILE_PERSISTENT_ACLS` is clear, and everyone may do everything.
    Fat,
}

/// Whether names that are no 8.3 names get one (`fsutil 8dot3name`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ShortNames {
    /// They do: the default of a system drive.
    Made,
    /// They do not.
    NotMade,
}

/// What is said of a volume when it is added.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct VolumeSpec {
    /// Its letter.
    pub letter: char,
    /// Its file system.
    pub system: FileSystem,
    /// Whether it makes 8.3 names.
    pub short_names: ShortNames,
}

/// A volume.
#[derive(Debug, Clone, PartialEq)]
pub struct Volume {
    spec: VolumeSpec,
    pub(crate) nodes: Store<Node>,
}

impl Volume {
    /// Files and folders that a volume may ever have.
    pub const MAX_NODES: u32 = 1 << 22;
    /// The node of the top.
    pub const TOP: u32 = 0;

    /// A volume with nothing below this top.
    pub(crate) fn new(spec: VolumeSpec, top: Node) -> Self {
        let mut nodes = Store::default();
        nodes.push(top);
        Self { spec, nodes }
    }

    /// What was said of it.
    #[must_use]
    pub const fn spec(&self) -> &VolumeSpec {
        &self.spec
    }

    /// A file or folder.
    #[must_use]
    pub fn node(&self, node: u32) -> Option<&Node> {
        self.nodes.item(node)
    }

    /// The entries of a folder.
    #[must_use]
    pub fn folder(&self, node: u32) -> Option<&Folder> {
        self.node(node)?.folder()
    }

    /// Every file and folder that has a name, and the top.
    pub fn nodes(&self) -> impl Iterator<Item = (u32, &Node)> {
        let named = |(number, node): &(u32, &Node)| *number == Self::TOP || !node.links.is_empty();
        self.nodes.iter().filter(named)
    }

    /// Gives `node` a name in `folder`, where nothing has that name; the key.
    pub(crate) fn link(&mut self, folder: u32, name: &Name, node: u32) -> Option<Arc<str>> {
        let makes = self.spec.short_names == ShortNames::Made;
        let Body::Folder(entries) = &mut self.nodes.item_mut(folder)?.body else {
            return None;
        };
        let key = entries.key(name);
        let is_taken = |short: &Name| {
            entries.shorts.contains_key(short.key()) || entries.entries.contains_key(short.key())
        };
        let short = makes.then(|| short_name(name, is_taken)).flatten();
        if let Some(short) = &short {
            entries.shorts.insert(short.key().into(), Arc::clone(&key));
        }
        let (name, standing) = (name.clone(), Standing::Stays);
        entries
            .entries
            .insert(Arc::clone(&key), Entry { name, short, node });
        let link = Link {
            folder,
            key: Arc::clone(&key),
            standing,
        };
        self.nodes.item_mut(node)?.links.push(link);
        Some(key)
    }

    /// Takes a name out of a folder; the node that had it.
    pub(crate) fn unlink(&mut self, folder: u32, key: &str) -> Option<u32> {
        let Body::Folder(entries) = &mut self.nodes.item_mut(folder)?.body else {
            return None;
        };
        let entry = entries.entries.remove(key)?;
        if let Some(short) = &entry.short {
            entries.shorts.remove(short.key());
        }
        let node = self.nodes.item_mut(entry.node)?;
        node.links
            .retain(|link| link.folder != folder || *link.key != *key);
        Some(entry.node)
    }

    /// The names of a node from the top, by its first link.
    #[must_use]
    pub fn names(&self, node: u32) -> Option<Vec<Name>> {
        let (mut names, mut at) = (Vec::new(), node);
        while at != Self::TOP {
            let link = self.node(at)?.links.first()?;
            names.push(
                self.folder(link.folder)?
                    .entries
                    .get(&link.key)?
                    .name
                    .clone(),
            );
            at = link.folder;
        }
        names.reverse();
        Some(names)
    }

    /// Whether a name of `node` leads through `folder`, or it is the folder itself.
    #[must_use]
    pub fn is_within(&self, node: u32, folder: u32) -> bool {
        let links = self.node(node).map_or(&[][..], |node| &node.links);
        node == folder || links.iter().any(|link| self.is_below(link.folder, folder))
    }

    /// Whether a folder is another or below it: folders have one name.
    fn is_below(&self, mut at: u32, folder: u32) -> bool {
        loop {
            if at == folder {
                return true;
            }
            match self.node(at).and_then(|node| node.links.first()) {
                Some(link) => at = link.folder,
                None => return false,
            }
        }
    }
}
