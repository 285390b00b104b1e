//! Control groups are looked for in made-up trees: a machine has just one real one.
#![cfg(target_os = "linux")]

use std::path::{Path, PathBuf};

use fumehood_os::linux::cgroup::{find_below, is_unified_in};
use fumehood_plan::linux::GroupFact;
use fumehood_policy::AbsPath;

struct Tree(PathBuf);

impl Tree {
    fn new(name: &str) -> Self {
        let name = format!("fumehood-cgroup-{name}-{}", std::process::id());
        let top = std::env::temp_dir()
            .canonicalize()
            .expect("a temp folder")
            .join(name);
        std::fs::create_dir_all(&top).expect("the temp folder is writable");
        Self(top)
    }

    /// A group with its `cgroup.procs`, and the controllers it hands down.
    fn group(&self, path: &str, controllers: &str) {
        let folder = self.0.join(path);
        std::fs::create_dir_all(&folder).expect("writable");
        std::fs::write(folder.join("cgroup.procs"), "").expect("writable");
        std::fs::write(folder.join("cgroup.subtree_control"), controllers).expect("writable");
    }

    fn path(&self, below: &str) -> AbsPath {
        let path = self.0.join(below);
        AbsPath::parse(Path::new(&path).as_os_str().as_encoded_bytes()).expect("absolute")
    }
}

impl Drop for Tree {
    fn drop(&mut self) {
        let _left = std::fs::remove_dir_all(&self.0);
    }
}

#[test]
fn version_1_has_a_tree_a_controller() {
    let tree = Tree::new("v1");
    tree.group("pids/user", "");
    tree.group("memory", "");
    let groups = find_below(&tree.0, "5:pids:/user\n4:cpu,cpuacct:/\n3:memory:/\n0::/\n");
    let fact = |below: &str| GroupFact {
        parent: tree.path(below),
        unified: false,
    };
    assert_eq!(
        (groups.pids, groups.memory),
        (Some(fact("pids/user")), Some(fact("memory")))
    );
}

#[test]
fn version_2_wants_a_parent_that_hands_the_controller_down() {
    let tree = Tree::new("v2");
    tree.group("user/session", "");
    tree.group("user", "cpu memory");
    let groups = find_below(&tree.0, "0::/user/session\n");
    let parent = Some(GroupFact {
        parent: tree.path("user"),
        unified: true,
    });
    assert_eq!(groups.memory, parent, "a sibling of the group we are in");
    assert_eq!(groups.pids, None, "not handed down");
}

#[test]
fn the_top_of_version_2_lists_its_controllers_and_that_of_version_1_does_not() {
    let tree = Tree::new("top");
    tree.group("pids", "");
    assert!(!is_unified_in(&tree.0), "a folder of mounts");
    std::fs::write(tree.0.join("cgroup.controllers"), "cpu pids\n").expect("writable");
    assert!(is_unified_in(&tree.0));
    assert!(!is_unified_in(&tree.0.join("missing")));
}

#[test]
fn without_a_tree_or_outside_of_it_there_is_no_group() {
    let tree = Tree::new("none");
    for own in [
        "",
        "0::/\n",
        "0::/missing/group\n",
        "3:pids:/missing\n",
        "nonsense",
    ] {
        let groups = find_below(&tree.0, own);
        assert!(groups.pids.is_none() && groups.memory.is_none(), "{own:?}");
    }
}
