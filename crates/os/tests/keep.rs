//! What is swept away after runs that were killed, and what is not.
#![cfg(target_os = "linux")]

use std::fs;
use std::path::PathBuf;
use std::time::{Duration, SystemTime};

use fumehood_os::linux::keep::{sweep_below, sweep_beside};
use fumehood_policy::AbsPath;

/// A tree of groups, a folder beside it and journals, removed at the end.
struct Scene(PathBuf);

impl Scene {
    fn new(name: &str) -> Self {
        let top = std::env::temp_dir().canonicalize().expect("a temp folder");
        let top = top.join(format!("fumehood-keep-{name}-{}", std::process::id()));
        for folder in ["tree/a", "beside", "journal"] {
            fs::create_dir_all(top.join(folder)).expect("the temp folder is writable");
        }
        Self(top)
    }

    fn path(&self, below: &str) -> AbsPath {
        let path = self.0.join(below);
        AbsPath::parse(path.as_os_str().as_encoded_bytes()).expect("absolute")
    }

    /// A group, and a journal that names it as `named`.
    fn left_behind(&self, group: &str, named: &str) {
        fs::create_dir_all(self.0.join(group)).expect("writable");
        let journal = self.0.join("journal").join(group.replace('/', "+"));
        let named = self.0.join(named);
        fs::write(journal, named.as_os_str().as_encoded_bytes()).expect("writable");
    }

    fn sweep(&self) {
        sweep_below(&self.0.join("tree"), &self.path("journal"));
    }

    fn has(&self, group: &str) -> bool {
        self.0.join(group).exists()
    }

    fn journals(&self) -> usize {
        fs::read_dir(self.0.join("journal"))
            .expect("readable")
            .count()
    }
}

impl Drop for Scene {
    fn drop(&mut self) {
        let _left = fs::remove_dir_all(&self.0);
    }
}

#[test]
fn groups_of_killed_runs_are_swept_away_and_nothing_else_that_a_journal_names() {
    let scene = Scene::new("swept");
    scene.left_behind("tree/a/fumehood-7-1", "tree/a/fumehood-7-1");
    let others = [
        ("tree/a/system", "tree/a/system"),
        ("beside/fumehood-7-1", "beside/fumehood-7-1"),
        ("beside/fumehood-7-2", "tree/../beside/fumehood-7-2"),
        ("tree/fumehood-7-3/inner", "tree/fumehood-7-3/inner"),
    ];
    for (group, named) in others {
        scene.left_behind(group, named);
    }
    scene.sweep();
    assert!(!scene.has("tree/a/fumehood-7-1"));
    for (group, _) in others {
        assert!(scene.has(group), "{group}");
    }
    assert_eq!(scene.journals(), 0, "a journal that names nothing of ours");
}

#[test]
fn a_group_in_use_and_the_journal_of_a_run_that_lives_stay() {
    let scene = Scene::new("stays");
    scene.left_behind("tree/fumehood-8-1", "tree/fumehood-8-1");
    fs::write(scene.0.join("tree/fumehood-8-1/busy"), "").expect("writable");
    scene.left_behind("tree/fumehood-8-2", "tree/fumehood-8-2");
    let alive = fs::File::open(scene.0.join("journal/tree+fumehood-8-2")).expect("it is there");
    alive.lock().expect("nobody else has it");
    scene.sweep();
    assert!(scene.has("tree/fumehood-8-1") && scene.has("tree/fumehood-8-2"));
    assert_eq!(scene.journals(), 2);
    drop(alive);
    fs::remove_file(scene.0.join("tree/fumehood-8-1/busy")).expect("writable");
    scene.sweep();
    assert!(!scene.has("tree/fumehood-8-1") && !scene.has("tree/fumehood-8-2"));
    assert_eq!(scene.journals(), 0);
}

#[test]
fn groups_that_nobody_journals_are_swept_where_there_are_many_and_they_are_old() {
    let scene = Scene::new("beside");
    let make = |group: &str, age: u64| {
        let group = scene.0.join(group);
        fs::create_dir_all(&group).expect("writable");
        let folder = fs::File::open(group).expect("readable");
        let then = SystemTime::now() - Duration::from_secs(age);
        folder.set_modified(then).expect("ours");
    };
    // No process has this number: the kernel's limit is lower.
    let gone = |number: u32| format!("tree/fumehood-{}-1", 0x4000_0000 + number);
    let own = std::process::id();
    let lives = format!("tree/fumehood-{own}-1");
    let others = ["tree/docker", "tree/fumehood-x", "tree/fumehood"];
    let ours = scene.path(&format!("tree/fumehood-{own}-2"));
    make(&gone(0), 3600);
    sweep_beside(&ours);
    assert!(scene.has(&gone(0)), "there are few");
    for number in 0..8 {
        make(&gone(number), 3600);
    }
    make(&gone(8), 0);
    make(&lives, 3600);
    for name in others {
        make(name, 3600);
    }
    make(&format!("{}/process", gone(3)), 3600);
    sweep_beside(&ours);
    for number in 0..8 {
        assert_eq!(scene.has(&gone(number)), number == 3, "{number}");
    }
    assert!(scene.has(&gone(8)), "somebody may be about to enter it");
    assert!(scene.has(&lives), "its process is there");
    assert!(others.iter().all(|name| scene.has(name)), "not ours");
}
