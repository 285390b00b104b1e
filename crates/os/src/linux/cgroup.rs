//! Finding a control group in which one of ours can be made (cgroups(7)).
//!
//! Version 2 has one tree with a list of controllers a folder hands down;
//! version 1 has a tree a controller. Ours is a sibling below the group we are
//! in: a version 2 group that has processes of its own cannot hand controllers
//! down ("no internal processes").

use std::path::{Path, PathBuf};

use fumehood_plan::linux::GroupFact;
use fumehood_policy::AbsPath;
use std::os::unix::ffi::OsStrExt;

use super::probe::Groups;
use super::whole;

/// Where control groups are mounted.
pub const TREE: &str = "/sys/fs/cgroup";

/// Looks at `/proc/self/cgroup` and at [`TREE`].
#[must_use]
pub fn find() -> Groups {
    let own = whole::text("/proc/self/cgroup");
    find_below(Path::new(TREE), &own)
}

/// The same for any tree, so that what a machine lacks is tested with a made-up one.
#[must_use]
pub fn find_below(tree: &Path, own: &str) -> Groups {
    Groups {
        pids: parent(tree, own, "pids"),
        memory: parent(tree, own, "memory"),
    }
}

/// Whether the machine has version 2 alone, where a process is born in its group.
#[must_use]
pub fn is_unified() -> bool {
    is_unified_in(Path::new(TREE))
}

/// The same for any tree: the top of a version 2 hierarchy, and no other, lists its
/// controllers (cgroups(7)).
#[must_use]
pub fn is_unified_in(tree: &Path) -> bool {
    tree.join("cgroup.controllers").exists()
}

/// The folder below which a group with `controller` can be made.
fn parent(tree: &Path, own: &str, controller: &str) -> Option<GroupFact> {
    let lines = || {
        own.lines()
            .filter_map(|line| line.split_once(':')?.1.split_once(':'))
    };
    let listed = |list: &str| list.split(',').any(|name| name == controller);
    if let Some((_, path)) = lines().find(|(list, _)| listed(list)) {
        let folder = below(&tree.join(controller), path);
        return fact(&folder, false);
    }
    let (_, path) = lines().find(|(list, _)| list.is_empty())?;
    let folder = below(tree, path);
    let folder = folder.parent().filter(|folder| folder.starts_with(tree))?;
    let handed_down = std::fs::read_to_string(folder.join("cgroup.subtree_control")).ok()?;
    handed_down
        .split_whitespace()
        .any(|name| name == controller)
        .then_some(())?;
    fact(folder, true)
}

fn below(tree: &Path, path: &str) -> PathBuf {
    tree.join(path.trim_start_matches('/'))
}

fn fact(folder: &Path, unified: bool) -> Option<GroupFact> {
    rustix::fs::access(folder, rustix::fs::Access::WRITE_OK).ok()?;
    rustix::fs::access(folder.join("cgroup.procs"), rustix::fs::Access::WRITE_OK).ok()?;
    let parent = AbsPath::parse(folder.as_os_str().as_bytes()).ok()?;
    Some(GroupFact { parent, unified })
}
