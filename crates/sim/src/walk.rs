//! From a path to a place: through folders, across links.
//!
//! Each folder on the way is asked for traversing, which `SeChangeNotifyPrivilege`
//! skips; nearly every token has it. A junction or link on the way is followed,
//! the last name only if the open does not say otherwise; what it leads to is
//! walked from the top of its volume, with the same questions.

use std::collections::VecDeque;
use std::sync::Arc;

use fumehood_nt::evaluate::{self, Operation, file_access};
use fumehood_nt::semantics::Semantics;
use fumehood_nt::token::Token;
use fumehood_nt::{AccessMask, SecurityDescriptor};

use crate::answer::{Answer, Asked, Cause, Checked, Refusal};
use crate::fold::fold;
use crate::name::Name;
use crate::node::{FileId, Kind, Node, Reparse};
use crate::path::FilePath;
use crate::readings::ByNumber;
use crate::volume::Volume;
use crate::world::World;

/// Links that are followed on one way ([MS-FSCC]: the object manager's limit).
pub const MAX_LINKS: usize = 63;

/// What something is opened by.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Place {
    /// A path.
    Path(FilePath),
    /// Its number (`FILE_OPEN_BY_FILE_ID`): no name is looked at, and no folder on the way.
    Number(FileId),
}

impl From<FilePath> for Place {
    fn from(path: FilePath) -> Self {
        Self::Path(path)
    }
}

impl From<&FilePath> for Place {
    fn from(path: &FilePath) -> Self {
        Self::Path(path.clone())
    }
}

impl From<FileId> for Place {
    fn from(file: FileId) -> Self {
        Self::Number(file)
    }
}

/// Whether a link at the end of a path is followed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Hash)]
pub enum Links {
    /// It is.
    #[default]
    Follow,
    /// The link itself is meant (`FILE_OPEN_REPARSE_POINT`).
    Open,
}

/// Where a path leads: what stands there, and the name that it has or would have.
#[derive(Debug, Clone)]
pub(crate) struct Spot {
    pub volume: u8,
    /// The folder and the name; the top of a volume has none.
    pub name: Option<(u32, Name)>,
    /// The key of the name, if something has it.
    pub key: Option<Arc<str>>,
    /// What stands there.
    pub node: Option<u32>,
    pub stream: Option<Name>,
}

impl Spot {
    /// What stands there.
    pub fn file(&self) -> Option<FileId> {
        let volume = self.volume;
        self.node.map(|node| FileId { volume, node })
    }

    /// The folder.
    pub fn folder(&self) -> Option<FileId> {
        let volume = self.volume;
        let (node, _) = self.name.as_ref()?;
        Some(FileId {
            volume,
            node: *node,
        })
    }

    /// The link by which what stands there was found.
    pub fn link(&self) -> Option<(u32, Arc<str>)> {
        let (folder, _) = self.name.as_ref()?;
        Some((*folder, self.key.clone()?))
    }
}

impl World {
    /// Where something is, as `token` gets there.
    pub(crate) fn spot(&self, token: &Token, place: &Place, links: Links) -> Answer<Spot> {
        match place {
            Place::Path(path) => self.walk(token, path, links),
            Place::Number(file) => {
                let node = self.node(*file).ok_or(Refusal::NotFound)?;
                let link = node.links.first();
                if link.is_none() && file.node != Volume::TOP {
                    return Err(Refusal::NotFound);
                }
                Ok(Spot {
                    volume: file.volume,
                    name: link.map(|link| (link.folder, Name::of(&link.key))),
                    key: link.map(|link| Arc::clone(&link.key)),
                    node: Some(file.node),
                    stream: None,
                })
            }
        }
    }

    fn walk(&self, token: &Token, path: &FilePath, links: Links) -> Answer<Spot> {
        let mut todo: VecDeque<Name> = path.names.iter().cloned().collect();
        let mut volume = self.lettered(path.volume).ok_or(Refusal::PathNotFound)?;
        let (mut at, mut hops) = (Volume::TOP, 0);
        while let Some(name) = todo.pop_front() {
            let of = self.volume(volume).ok_or(Refusal::PathNotFound)?;
            let folder = of.folder(at).ok_or(Refusal::PathNotFound)?;
            self.traverse(token, FileId { volume, node: at })?;
            let found = folder.find(&name);
            let is_last = todo.is_empty();
            let Some((key, entry)) = found else {
                if !is_last {
                    return Err(Refusal::PathNotFound);
                }
                return Ok(Spot {
                    volume,
                    name: Some((at, name)),
                    key: None,
                    node: None,
                    stream: path.stream.clone(),
                });
            };
            let reparse = of.node(entry.node).and_then(|node| node.reparse.as_ref());
            if let Some(reparse) = reparse.filter(|_| !is_last || links == Links::Follow) {
                hops += 1;
                if hops > MAX_LINKS {
                    return Err(Refusal::Unresolved);
                }
                let (to, names) = self.target(of, volume, at, reparse)?;
                names
                    .into_iter()
                    .rev()
                    .for_each(|name| todo.push_front(name));
                (volume, at) = (to, Volume::TOP);
            } else if is_last {
                return Ok(Spot {
                    volume,
                    name: Some((at, name)),
                    key: Some(Arc::clone(key)),
                    node: Some(entry.node),
                    stream: path.stream.clone(),
                });
            } else {
                at = entry.node;
            }
        }
        Ok(Spot {
            volume,
            name: None,
            key: None,
            node: Some(at),
            stream: path.stream.clone(),
        })
    }

    /// The volume and the names that a link in `folder` leads to.
    fn target(
        &self,
        of: &Volume,
        volume: u8,
        folder: u32,
        reparse: &Reparse,
    ) -> Answer<(u8, Vec<Name>)> {
        match reparse {
            Reparse::Junction(path) | Reparse::Symlink(path) => {
                let to = self.lettered(path.volume).ok_or(Refusal::PathNotFound)?;
                Ok((to, path.names.clone()))
            }
            Reparse::Relative(parts) => {
                let mut names = of.names(folder).ok_or(Refusal::PathNotFound)?;
                for part in parts {
                    match part.as_str() {
                        ".." => drop(names.pop()),
                        "." => {}
                        name => names.push(Name::parse(name).map_err(|_| Refusal::Unresolved)?),
                    }
                }
                Ok((volume, names))
            }
            Reparse::Other(_) => Err(Refusal::Unresolved),
        }
    }

    fn traverse(&self, token: &Token, folder: FileId) -> Answer {
        let Some(descriptor) = self.descriptor(folder) else {
            return Ok(());
        };
        let operation = Operation::Traverse { folder: descriptor };
        self.ask_file(token, &operation, folder).map(drop)
    }

    /// Puts a question of a file to the access check.
    pub(crate) fn ask_file(
        &self,
        token: &Token,
        operation: &Operation<'_>,
        file: FileId,
    ) -> Answer<Checked> {
        let verdict = file_access(operation, token, &self.semantics);
        let checked = Checked::of_file(&verdict, file);
        if verdict.granted() {
            Ok(checked)
        } else {
            Err(Refusal::Denied(Box::new(checked)))
        }
    }

    /// What the access check asks about something: its descriptor, its folder's, what it is.
    /// None on a volume without descriptors.
    pub(crate) fn child(&self, spot: &Spot, place: &Place) -> Option<evaluate::Child<'_>> {
        let file = spot.file()?;
        let by_number = matches!(place, Place::Number(_));
        let alone = by_number && self.readings.by_number == ByNumber::NoFolder;
        let folder = spot.folder().filter(|_| !alone);
        Some(evaluate::Child {
            object: self.descriptor(file)?,
            folder: folder.and_then(|folder| self.descriptor(folder)),
            node: shape(self.node(file)?),
        })
    }

    /// Whether `token` may make a name of something of this kind in `folder`.
    pub(crate) fn may_add(&self, token: &Token, folder: FileId, kind: Kind) -> Answer<Checked> {
        let Some(descriptor) = self.descriptor(folder) else {
            return Ok(unprotected(folder, AccessMask::FILE_ALL_ACCESS));
        };
        let what = match kind {
            Kind::File => evaluate::Folder::AddFile,
            Kind::Folder => evaluate::Folder::AddFolder,
        };
        let operation = Operation::Create {
            folder: descriptor,
            what,
        };
        self.ask_file(token, &operation, folder)
    }

    /// Whether `token` may have `desired` of a descriptor of files, with no folder to help.
    pub(crate) fn may_alone(
        &self,
        token: &Token,
        descriptor: &SecurityDescriptor,
        desired: AccessMask,
    ) -> bool {
        let mapping = &fumehood_nt::GenericMapping::FILE;
        evaluate::evaluate(descriptor, token, desired, mapping, self.reading()).granted()
    }

    pub(crate) const fn reading(&self) -> &Semantics {
        &self.semantics
    }
}

/// What a volume without descriptors answers.
pub(crate) const fn unprotected(file: FileId, granted: AccessMask) -> Checked {
    let asked = Asked::File(evaluate::FileQuestion::Object, file);
    Checked::unasked(asked, granted, Cause::NoDescriptors)
}

/// What a node is, as far as deleting it goes.
fn shape(node: &Node) -> evaluate::Node {
    match node.folder() {
        None => evaluate::Node::File,
        Some(folder) if folder.entries.is_empty() => evaluate::Node::EmptyFolder,
        Some(_) => evaluate::Node::FullFolder,
    }
}

/// Reads where a relative symbolic link leads.
///
/// # Errors
///
/// A name in it is none.
pub fn relative(text: &str) -> Answer<Reparse> {
    let parts = text.split(['\\', '/']).filter(|part| !part.is_empty());
    let parts: Vec<String> = parts.map(str::to_owned).collect();
    let is_bad = |part: &String| !matches!(part.as_str(), "." | "..") && Name::parse(part).is_err();
    if parts.iter().any(is_bad) || fold(text).is_empty() {
        return Err(Refusal::Invalid("a link leads along names"));
    }
    Ok(Reparse::Relative(parts))
}
