//! What is tried: every object of the machine, and names that could be made, with what
//! the policy says of each.

use std::collections::BTreeMap;

use fumehood_plan::windows::{Judge, WinPath};
use fumehood_policy::{Policy, Standing};

use super::finding::Outcome;
use crate::node::{FileId, Kind, Node};
use crate::path::FilePath;
use crate::world::World;

/// What is at a place.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum What {
    /// A file.
    File(FileId),
    /// A folder.
    Folder(FileId),
    /// Nothing: a protected name that could be made.
    Missing,
}

/// One place to attack.
#[derive(Debug, Clone)]
pub struct Target {
    /// As plans write it.
    pub path: WinPath,
    /// As the machine does.
    pub at: FilePath,
    /// What is there.
    pub what: What,
    /// What the policy forbids there, a bit an outcome.
    forbidden: u8,
    /// Others that nothing tells apart from it.
    pub alike: Vec<WinPath>,
    /// What has to be made first for it to be made: the folder of a repository to be.
    pub first: Option<FilePath>,
}

impl Target {
    /// Whether the policy forbids that.
    #[must_use]
    pub const fn forbids(&self, outcome: Outcome) -> bool {
        self.forbidden & (1 << outcome as u8) != 0
    }
}

/// Whether places that nothing tells apart are tried once.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Grouping {
    /// Once.
    Alike,
    /// Each.
    Apart,
}

/// What the policy says, with a folder of the command's own that it does not name.
pub struct Law<'a> {
    judge: Judge,
    policy: &'a Policy,
    own: &'a WinPath,
}

impl<'a> Law<'a> {
    /// A policy, and the command's own folder for temporary files.
    #[must_use]
    pub fn of(policy: &'a Policy, own: &'a WinPath) -> Self {
        Self {
            judge: Judge::of(policy),
            policy,
            own,
        }
    }

    fn writes(&self, path: &WinPath) -> bool {
        path.is_within(self.own) || self.judge.writes(path)
    }

    fn hides(&self, path: &WinPath) -> bool {
        !path.is_within(self.own) && self.judge.standing(path) == Standing::Hidden
    }

    /// Everything that could be attacked on a machine.
    #[must_use]
    pub fn targets(&self, world: &World, grouping: Grouping) -> Vec<Target> {
        let there = there(world);
        let kept: Vec<&WinPath> = there
            .iter()
            .map(|(path, ..)| path)
            .filter(|path| !self.writes(path))
            .collect();
        let mut groups: BTreeMap<Vec<u8>, usize> = BTreeMap::new();
        let mut targets: Vec<Target> = Vec::new();
        for (path, at, file) in &there {
            let Some(node) = world.node(*file) else {
                continue;
            };
            let forbidden = self.forbidden(path, node, &kept);
            if forbidden == 0 {
                continue;
            }
            let key = alike(world, *file, forbidden);
            if let Some(first) = groups.get(&key).filter(|_| grouping == Grouping::Alike) {
                targets[*first].alike.push(path.clone());
                continue;
            }
            groups.insert(key, targets.len());
            let what = match node.kind() {
                Kind::File => What::File(*file),
                Kind::Folder => What::Folder(*file),
            };
            targets.push(Target {
                path: path.clone(),
                at: at.clone(),
                what,
                forbidden,
                alike: Vec::new(),
                first: None,
            });
        }
        targets.extend(self.missing(world, &there, grouping));
        targets
    }

    fn forbidden(&self, path: &WinPath, node: &Node, kept: &[&WinPath]) -> u8 {
        let bit = |outcome: Outcome| 1 << outcome as u8;
        let mut forbidden = 0;
        if self.hides(path) {
            forbidden |= bit(Outcome::Read);
        }
        if !self.writes(path) {
            forbidden |= bit(Outcome::Changed) | bit(Outcome::Secured);
        }
        let planted = path.join("planted");
        if node.kind() == Kind::Folder && planted.is_ok_and(|planted| !self.writes(&planted)) {
            forbidden |= bit(Outcome::Made);
        }
        let folder_kept = path.parent().is_some_and(|folder| !self.writes(&folder));
        let holds = kept.iter().any(|place| place.is_within(path));
        if !path.is_top() && (folder_kept || holds) {
            forbidden |= bit(Outcome::Removed);
        }
        forbidden
    }

    /// Protected names that are not there, in folders that may be written. Those of one folder
    /// are alike, and so are those of a repository that would have to be made first.
    fn missing(&self, world: &World, there: &[There], grouping: Grouping) -> Vec<Target> {
        let mut targets: Vec<Target> = Vec::new();
        let is_folder = |file| {
            world
                .node(file)
                .is_some_and(|node| node.kind() == Kind::Folder)
        };
        let folders = there
            .iter()
            .filter(|(path, _, file)| is_folder(*file) && self.writes(path));
        for (folder, ..) in folders {
            let names = self.policy.protected.iter();
            let names = names.filter_map(|name| std::str::from_utf8(name.name.as_bytes()).ok());
            let mut unmade: Vec<Target> = Vec::new();
            for path in names.filter_map(|name| folder.join(name).ok()) {
                let Some(target) = self.could_be_made(world, path).filter(|target| {
                    let above = target.at.parent();
                    target.first.is_some() || above.and_then(|above| world.find(&above)).is_some()
                }) else {
                    continue;
                };
                let same = unmade.iter_mut().find(|other| {
                    let both = (other.at.parent(), other.first.is_some());
                    both == (target.at.parent(), target.first.is_some())
                });
                match same.filter(|_| grouping == Grouping::Alike) {
                    Some(other) => other.alike.push(target.path),
                    None => unmade.push(target),
                }
            }
            targets.extend(unmade);
        }
        targets
    }

    /// A name that could be made and may not.
    fn could_be_made(&self, world: &World, path: WinPath) -> Option<Target> {
        let at = FilePath::parse(path.as_str()).ok()?;
        let above = at.parent()?;
        let first = match world.find(&above) {
            Some(folder) => {
                let is_folder = world.node(folder)?.kind() == Kind::Folder;
                is_folder.then_some(None)?
            }
            None => Some(above)
                .filter(|above| above.parent().is_some_and(|top| world.find(&top).is_some())),
        };
        let may_not = world.find(&at).is_none() && !self.writes(&path);
        may_not.then(|| Target {
            path,
            at,
            what: What::Missing,
            forbidden: 1 << Outcome::Made as u8,
            alike: Vec::new(),
            first,
        })
    }
}

/// An object, by its first name.
type There = (WinPath, FilePath, FileId);

/// Every object by its first name.
fn there(world: &World) -> Vec<There> {
    let mut all = Vec::new();
    for (number, volume) in (0_u8..).zip(world.volumes()) {
        for (node, _) in volume.nodes() {
            let file = FileId {
                volume: number,
                node,
            };
            let Some(at) = world.path(file) else { continue };
            if let Ok(path) = WinPath::parse(&at.to_string()) {
                all.push((path, at, file));
            }
        }
    }
    all.sort_by(|(one, ..), (other, ..)| one.cmp(other));
    all
}

/// What tells two objects apart: both descriptors, what they are, who has them open, and
/// what the policy says.
fn alike(world: &World, file: FileId, forbidden: u8) -> Vec<u8> {
    let bytes = |file| {
        let descriptor = world.descriptor(file);
        descriptor
            .and_then(|one| one.to_bytes().ok())
            .unwrap_or_default()
    };
    let node = world.node(file);
    let folder = node.and_then(|node| node.links.first()).map(|link| FileId {
        node: link.folder,
        ..file
    });
    let is_empty = node
        .and_then(Node::folder)
        .map(|folder| folder.entries.is_empty());
    let mut key = vec![forbidden, file.volume];
    key.push(match is_empty {
        None => 0,
        Some(true) => 1,
        Some(false) => 2,
    });
    key.push(u8::try_from(world.opens_of(file).count()).unwrap_or(u8::MAX));
    let own = bytes(file);
    key.extend(own.len().to_le_bytes());
    key.extend(own);
    key.extend(folder.map(bytes).unwrap_or_default());
    key
}
