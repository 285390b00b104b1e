//! Where paths lead, on real folders with real symlinks.
#![cfg(target_os = "linux")]

use std::os::unix::fs::{MetadataExt, PermissionsExt, symlink};
use std::path::{Path, PathBuf};

use fumehood_os::linux::lookup::{look, look_at_all};
use fumehood_plan::linux::{Found, Kind, PathFact};
use fumehood_policy::AbsPath;

/// A folder of one test, removed at its end.
struct Scene(PathBuf);

impl Scene {
    fn new(name: &str) -> Self {
        let top = std::env::temp_dir().canonicalize().expect("a temp folder");
        let top = top.join(format!("fumehood-lookup-{name}-{}", std::process::id()));
        std::fs::create_dir_all(&top).expect("the temp folder is writable");
        Self(top)
    }

    fn path(&self, below: &str) -> AbsPath {
        abs(&self.0.join(below))
    }

    fn folder(&self, below: &str) {
        std::fs::create_dir_all(self.0.join(below)).expect("writable");
    }

    fn file(&self, below: &str) {
        std::fs::write(self.0.join(below), "x").expect("writable");
    }

    fn link(&self, below: &str, to: &str) {
        symlink(to, self.0.join(below)).expect("writable");
    }

    fn found(&self, below: &str) -> Found {
        match look(&self.path(below)) {
            PathFact::Found(found) => found,
            other => panic!("{below}: {other:?}"),
        }
    }
}

impl Drop for Scene {
    fn drop(&mut self) {
        let _left = std::fs::remove_dir_all(&self.0);
    }
}

fn abs(path: &Path) -> AbsPath {
    AbsPath::parse(path.as_os_str().as_encoded_bytes()).expect("absolute")
}

#[test]
fn a_path_without_symlinks_is_itself() {
    let scene = Scene::new("plain");
    scene.folder("a/b");
    scene.file("a/b/c");
    let found = scene.found("a/b/c");
    assert_eq!(
        (found.real, found.kind, found.links.len()),
        (scene.path("a/b/c"), Kind::File, 0)
    );
    assert_eq!(scene.found("a/b").kind, Kind::Folder);
    assert_eq!(look(&scene.path("a/b/d")), PathFact::Missing);
    assert_eq!(
        look(&scene.path("a/b/c/d")),
        PathFact::Missing,
        "below a file is nothing"
    );
}

#[test]
fn every_symlink_on_the_way_is_followed_and_told() {
    let scene = Scene::new("links");
    scene.folder("real/deep");
    scene.file("real/deep/file");
    scene.link("one", "real");
    scene.link("real/two", "deep/../deep");
    scene.link("three", "one/two");
    let found = scene.found("three/file");
    assert_eq!(found.real, scene.path("real/deep/file"));
    let links = [
        scene.path("three"),
        scene.path("one"),
        scene.path("real/two"),
    ];
    assert_eq!(found.links, links);
    let direct = scene.found("real/deep/file");
    assert_eq!(found.id, direct.id);
}

#[test]
fn a_symlink_to_an_absolute_path_starts_from_the_top() {
    let scene = Scene::new("absolute");
    scene.folder("real");
    scene.link("away", &scene.path("real").to_string());
    assert_eq!(scene.found("away").real, scene.path("real"));
    scene.link("null", "/dev/null");
    assert_eq!(scene.found("null").kind, Kind::Other);
}

#[test]
fn links_that_lead_nowhere_or_in_circles_are_dangling() {
    let scene = Scene::new("dangling");
    scene.link("nowhere", "missing");
    scene.link("round", "about");
    scene.link("about", "round");
    scene.link("itself", "itself/deeper");
    for path in ["nowhere", "nowhere/below", "round", "about/x", "itself"] {
        assert_eq!(look(&scene.path(path)), PathFact::Dangling, "{path}");
    }
}

#[test]
fn asking_for_many_says_the_same_as_asking_for_each() {
    let scene = Scene::new("many");
    scene.folder("home/.config/app");
    scene.file("home/.config/app/token");
    scene.file("home/.netrc");
    scene.folder("home/.Upper");
    scene.folder("elsewhere/inner");
    scene.link("home/.linked", "../elsewhere");
    scene.link("home/.dangling", "nowhere");
    scene.link("home/.round", ".round");
    scene.link("linked-home", "home");
    let names = (0..40).map(|number| format!("home/.missing-{number}"));
    let more = [
        "home/.config/app/token",
        "home/.config/other/token",
        "home/.netrc",
        "home/.Upper",
        "home/.upper",
        "home/.linked",
        "home/.dangling",
        "home/.round",
        "home/.linked/inner",
        "home/.linked/none",
        "linked-home/.netrc",
        "linked-home/.Upper",
        "linked-home/.linked/inner",
        "home/.netrc/below-a-file",
        "home/.netrc/and-another",
        "home/.gone/a/b/c",
        "absent/x",
        "absent/y",
        "home/.\u{fc}nicode",
    ];
    let all: Vec<AbsPath> = names
        .chain(more.map(str::to_owned))
        .map(|name| scene.path(&name))
        .collect();
    let facts = look_at_all(&all);
    for path in &all {
        let want = look(path);
        assert_eq!(
            facts.get(path).unwrap_or(&PathFact::Missing),
            &want,
            "{path}"
        );
    }
    let found = |fact: &&PathFact| matches!(fact, PathFact::Found(_));
    assert_eq!(facts.values().filter(found).count(), 8);
}

#[test]
fn a_folder_with_too_many_names_is_asked_for_each() {
    let scene = Scene::new("large");
    for number in 0..400 {
        scene.file(&format!("file-{number}"));
    }
    let all: Vec<AbsPath> = (390..440)
        .map(|number| scene.path(&format!("file-{number}")))
        .collect();
    assert_eq!(look_at_all(&all).len(), 10);
}

#[test]
fn a_closed_folder_is_told_with_its_owner() {
    let scene = Scene::new("closed");
    scene.folder("shut/a");
    let shut = scene.0.join("shut");
    let mode = |mode| {
        let mode = std::fs::Permissions::from_mode(mode);
        std::fs::set_permissions(&shut, mode).expect("ours");
    };
    let own = std::fs::metadata(&shut).expect("ours").uid();
    mode(0o000);
    for below in ["shut/a", "shut/a/b", "shut/nothing/here"] {
        let fact = look(&scene.path(below));
        let refused = PathFact::Refused {
            errno: 13,
            closed_by: Some(own),
        };
        // No mode closes a folder to the machine's root.
        match (own, &fact) {
            (0, PathFact::Found(_) | PathFact::Missing) => {}
            _ => assert_eq!(fact, refused, "{below}"),
        }
    }
    mode(0o700);
    assert_eq!(scene.found("shut/a").kind, Kind::Folder, "the twin");
}

#[test]
fn the_root_folder_is_found_however_often_it_is_asked_about() {
    for times in 1..4 {
        let all = vec![AbsPath::root(); times];
        let facts = look_at_all(&all);
        assert_eq!(facts.get(&AbsPath::root()), Some(&look(&AbsPath::root())));
    }
}
