//! What a launcher sees of a machine: the planner's questions, answered.

use std::collections::{BTreeMap, BTreeSet};

use fumehood_nt::evaluate::write_bits;
use fumehood_nt::{AceFlags, AceKind, GenericMapping, SecurityDescriptor, Sid};
use fumehood_plan::windows::{
    Facts, Found, Kind as PlanKind, PathFact, Question, Volume as PlanVolume, WinPath,
};

use crate::launcher::{Launcher, file_path, plan_id};
use crate::node::{FileId, Kind};
use crate::volume::FileSystem;
use crate::world::World;

/// Answers the questions, and those of the profile and of the tools, which are always asked.
pub(crate) fn facts(launcher: &Launcher, questions: &[Question]) -> Facts {
    let (world, setting) = (&launcher.world, &launcher.setting);
    let token = world
        .process(launcher.process)
        .map(|process| process.token.spec().clone());
    let open_places = open_places(world);
    let in_profile = |folder: &&WinPath| folder.is_within(&setting.profile);
    let tools: Vec<WinPath> = setting
        .path_folders
        .iter()
        .filter(in_profile)
        .cloned()
        .collect();
    let mut asked: BTreeSet<WinPath> =
        BTreeSet::from([setting.profile.clone(), setting.temp.clone()]);
    asked.extend(open_places.iter().cloned());
    asked.extend(tools.iter().cloned());
    let mut grants = BTreeMap::from([(setting.temp.clone(), grant(&setting.temp))]);
    let mut repositories = Vec::new();
    for question in questions {
        match question {
            Question::Path(path) => drop(asked.insert(path.clone())),
            Question::Grant(root) => drop(grants.insert(root.clone(), grant(root))),
            Question::Repositories(root) => repositories.extend(repositories_in(world, root)),
            Question::Volumes | Question::Token | Question::OpenPlaces | Question::PathFolders => {}
        }
    }
    let look = |path: WinPath| {
        let fact = found(world, &path).map_or(PathFact::Missing, PathFact::Found);
        (path, fact)
    };
    let volumes = world.volumes().map(|volume| {
        let keeps = match volume.spec().system {
            FileSystem::Ntfs => PlanVolume::KeepsDescriptors,
            FileSystem::Fat => PlanVolume::KeepsNone,
        };
        (volume.spec().letter, keeps)
    });
    Facts {
        token: token.unwrap_or_else(|| fumehood_nt::token::TokenSpec::new(Sid::NULL)),
        account: setting.account.as_ref().map(|(account, _)| *account),
        session: setting.session,
        reader: setting.reader,
        profile: setting.profile.clone(),
        temp: setting.temp.clone(),
        volumes: volumes.collect(),
        paths: asked.into_iter().map(look).collect(),
        grants,
        open_places,
        repositories,
        tools,
    }
}

/// What is at a path.
fn found(world: &World, path: &WinPath) -> Option<Found> {
    let file = world.find(&file_path(path)?)?;
    let node = world.node(file)?;
    let kind = match (&node.reparse, node.kind()) {
        (Some(_), _) => PlanKind::Reparse,
        (None, Kind::Folder) => PlanKind::Folder,
        (None, Kind::File) => PlanKind::File,
    };
    Some(Found {
        id: plan_id(file),
        kind,
        links: u32::try_from(node.links.len()).unwrap_or(u32::MAX),
        descriptor: node.descriptor.as_deref().cloned().unwrap_or_default(),
    })
}

/// A SID for a root: what an installation makes of its secret and the root's identity. Here the
/// path is the identity, and the secret is nothing.
#[must_use]
pub fn grant(root: &WinPath) -> Sid {
    let folded = fumehood_plan::windows::path::fold(root.as_str());
    let print = |seed: u32| {
        folded.bytes().fold(seed, |print, byte| {
            (print ^ u32::from(byte)).wrapping_mul(0x0100_0193)
        })
    };
    Sid::of(
        5,
        [
            21,
            print(0x811C_9DC5),
            print(0x9DC5_811C),
            print(0x1234_5678),
            3000,
        ],
    )
}

/// A path of the machine as plans write it.
#[must_use]
pub fn win_path(world: &World, file: FileId) -> Option<WinPath> {
    WinPath::parse(&world.path(file)?.to_string()).ok()
}

/// Places where Everyone may change something by an entry of the place's own.
fn open_places(world: &World) -> Vec<WinPath> {
    let mut places = Vec::new();
    for (number, volume) in (0_u8..).zip(world.volumes()) {
        for (node, place) in volume.nodes() {
            let opens = place.descriptor.as_deref().is_some_and(everyone_writes);
            let file = FileId {
                volume: number,
                node,
            };
            if opens && place.kind() == Kind::Folder {
                places.extend(win_path(world, file));
            }
        }
    }
    places.sort();
    places
}

fn everyone_writes(descriptor: &SecurityDescriptor) -> bool {
    let files = &GenericMapping::FILE;
    descriptor.dacl.list().is_some_and(|list| {
        list.aces.iter().any(|ace| {
            matches!(ace.kind, AceKind::Allow(_))
                && ace.sid == Sid::EVERYONE
                && !ace.flags.contains(AceFlags::INHERITED)
                && files.map(ace.mask).intersects(write_bits(files))
        })
    })
}

/// Folders below a root, or the root, in which a `.git` stands.
fn repositories_in(world: &World, root: &WinPath) -> Vec<WinPath> {
    let Some(top) = file_path(root).and_then(|path| world.find(&path)) else {
        return Vec::new();
    };
    let (mut found, mut todo) = (Vec::new(), vec![(top, root.clone())]);
    while let Some((folder, path)) = todo.pop() {
        let entries = world.node(folder).and_then(crate::node::Node::folder);
        for entry in entries
            .into_iter()
            .flat_map(|folder| folder.entries.values())
        {
            let child = FileId {
                node: entry.node,
                ..folder
            };
            let is_folder = world
                .node(child)
                .is_some_and(|node| node.kind() == Kind::Folder && node.reparse.is_none());
            if entry.name.key() == ".GIT" {
                found.push(path.clone());
            } else if is_folder && let Ok(path) = path.join(entry.name.shown()) {
                todo.push((child, path));
            }
        }
    }
    found.sort();
    found
}
