//! What a folder looks like, so that a change to it is seen.
//!
//! The time of the last change of an inode (`st_ctime`) is part of it: no call
//! can set that, so an attribute that was set to what it was is seen as well.

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};

/// What is known of each path.
pub type Snapshot = BTreeMap<PathBuf, String>;

/// Takes one of everything at and below `paths`; what is missing is noted as such.
#[must_use]
pub fn take<'a>(paths: impl IntoIterator<Item = &'a Path>) -> Snapshot {
    let mut all = Snapshot::new();
    for path in paths {
        look(path, &mut all);
    }
    all
}

fn look(path: &Path, all: &mut Snapshot) {
    let Ok(metadata) = fs::symlink_metadata(path) else {
        all.insert(path.to_owned(), "missing".to_owned());
        return;
    };
    let facts = format!(
        "inode {} mode {:o} links {} owner {} size {} changed {}.{:09}",
        metadata.ino(),
        metadata.mode(),
        metadata.nlink(),
        metadata.uid(),
        metadata.size(),
        metadata.ctime(),
        metadata.ctime_nsec(),
    );
    all.insert(path.to_owned(), facts);
    if metadata.is_dir() {
        for entry in fs::read_dir(path).into_iter().flatten().flatten() {
            look(&entry.path(), all);
        }
    }
}

/// The first paths that differ, for a message.
#[must_use]
pub fn differences(before: &Snapshot, after: &Snapshot) -> Vec<String> {
    let changed = before.iter().filter_map(|(path, was)| {
        let is = after.get(path).map_or("gone", String::as_str);
        (is != was).then(|| format!("{}: {was} -> {is}", path.display()))
    });
    let made = after
        .keys()
        .filter(|path| !before.contains_key(*path))
        .map(|path| format!("{} is new", path.display()));
    changed.chain(made).take(3).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mode_set_to_what_it_was_is_seen() {
        let folder = std::env::temp_dir().join(format!("fumehood-snapshot-{}", std::process::id()));
        fs::create_dir_all(folder.join("a")).expect("the temporary folder is writable");
        let before = take([folder.as_path()]);
        assert!(differences(&before, &take([folder.as_path()])).is_empty());
        std::thread::sleep(std::time::Duration::from_millis(20));
        let mode = fs::metadata(folder.join("a"))
            .expect("just made")
            .permissions();
        fs::set_permissions(folder.join("a"), mode).expect("ours");
        assert_eq!(differences(&before, &take([folder.as_path()])).len(), 1);
        fs::remove_dir_all(&folder).expect("ours");
    }
}
