//! The same object under another path.
//!
//! A folder can be mounted twice. What is hidden or read-only at one path has to be so
//! at every other path that leads to it.

use fumehood_policy::AbsPath;

use super::facts::MountFact;

/// The mounts of a machine, laid out for many questions: there can be hundreds of them,
/// and nearly all are turned down by a number.
#[derive(Debug)]
pub struct Mounts<'a> {
    all: &'a [MountFact],
    /// Bytes of each one's path.
    lengths: Vec<usize>,
    /// File systems that are mounted more than once, in order.
    shared: Vec<u64>,
}

impl<'a> Mounts<'a> {
    /// Lays out all mounts, which are in the order in which they were made.
    #[must_use]
    pub fn new(all: &'a [MountFact]) -> Self {
        let mut devices: Vec<u64> = all.iter().map(|mount| mount.device).collect();
        devices.sort_unstable();
        let twice = devices.windows(2).filter(|two| two[0] == two[1]);
        Self {
            all,
            lengths: all.iter().map(|one| one.point.as_bytes().len()).collect(),
            shared: twice.map(|two| two[0]).collect(),
        }
    }

    /// Other paths under which the object at `path` is mounted and visible.
    #[must_use]
    pub fn aliases(&self, path: &AbsPath) -> Vec<AbsPath> {
        let home = self.visible(path);
        let Some(home) = home.filter(|home| self.shared.binary_search(&home.device).is_ok()) else {
            return Vec::new();
        };
        let below = path.below(&home.point);
        let Some(inner) = below.and_then(|below| home.root.join(below).ok()) else {
            return Vec::new();
        };
        let other = |mount: &&MountFact| mount.device == home.device && !std::ptr::eq(*mount, home);
        let alias = |mount: &MountFact| {
            let alias = mount.point.join(inner.below(&mount.root)?).ok()?;
            let seen = self.visible(&alias)?;
            (std::ptr::eq(seen, mount) && alias != *path).then_some(alias)
        };
        self.all.iter().filter(other).filter_map(alias).collect()
    }

    /// The mount that a path leads into: the deepest, and of those the latest.
    fn visible(&self, path: &AbsPath) -> Option<&'a MountFact> {
        let bytes = path.as_bytes();
        let ends = |length: usize| length == 1 || matches!(bytes.get(length), None | Some(b'/'));
        let lengths = self.lengths.iter().zip(self.all);
        lengths
            .filter(|(length, mount)| {
                **length <= bytes.len() && ends(**length) && path.is_within(&mount.point)
            })
            .max_by_key(|(length, _)| **length)
            .map(|(_, mount)| mount)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mount(device: u64, root: &str, point: &str) -> MountFact {
        let path = |text: &str| text.parse().expect("absolute");
        MountFact {
            device,
            root: path(root),
            point: path(point),
        }
    }

    #[test]
    fn every_other_way_to_an_object_is_found_and_shadowed_ones_are_not() {
        let mounts = [
            mount(1, "/", "/"),
            mount(2, "/", "/home"),
            mount(2, "/ann", "/srv/ann"),
            mount(1, "/", "/mnt/all"),
            mount(2, "/ann", "/mnt/shadowed"),
            mount(9, "/", "/mnt/shadowed"),
        ];
        let names = |path: &str| {
            let path = path.parse().expect("absolute");
            Mounts::new(&mounts)
                .aliases(&path)
                .iter()
                .map(ToString::to_string)
                .collect::<Vec<_>>()
        };
        assert_eq!(names("/home/ann/.ssh"), ["/srv/ann/.ssh"]);
        assert_eq!(names("/srv/ann/.ssh"), ["/home/ann/.ssh"]);
        assert_eq!(names("/etc/shadow"), ["/mnt/all/etc/shadow"]);
        assert!(names("/home/bob/.ssh").is_empty(), "not below /ann");
    }
}
