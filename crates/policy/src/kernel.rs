//! Places where a file is no file: what is written there goes to the kernel.
//!
//! No folder of work lies there, and no private view of them exists: a command that may
//! write in `/sys/fs/cgroup` freezes processes of others, and one that may write in
//! `/sys` or `/proc` turns the machine's knobs. Devices have switches of their own
//! (`[devices]`), since a writable root opens none.

use crate::path::AbsPath;

/// Nothing of these can be a workspace or a writable root.
const PLACES: [(&str, &str); 3] = [
    (
        "/sys",
        "is the kernel's: what is written there changes the machine",
    ),
    (
        "/proc",
        "is the kernel's: what is written there changes the machine",
    ),
    (
        "/dev",
        "holds devices: `[devices]` opens those that can be opened",
    ),
];

/// Memory with names: ordinary files, although it lies in `/dev`.
const ORDINARY: &str = "/dev/shm";

/// Why nothing may be opened for writing at `path`; none if it may.
#[must_use]
pub fn why_never_writable(path: &AbsPath) -> Option<&'static str> {
    let within = |top: &str| {
        let below = path.as_bytes().strip_prefix(top.as_bytes());
        below.is_some_and(|below| matches!(below.first(), None | Some(b'/')))
    };
    let (_, why) = PLACES.iter().find(|(top, _)| within(top))?;
    (!within(ORDINARY)).then_some(why)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_kernels_places_are_never_writable_and_their_neighbours_may_be() {
        let why = |text: &str| why_never_writable(&text.parse().expect("absolute"));
        for never in [
            "/sys",
            "/sys/fs/cgroup/x",
            "/proc",
            "/proc/sys",
            "/dev",
            "/dev/sda",
        ] {
            assert!(why(never).is_some(), "{never}");
        }
        for may in [
            "/",
            "/system",
            "/procs/x",
            "/dev/shm",
            "/dev/shm/x",
            "/home/dev",
            "/w/sys",
        ] {
            assert_eq!(why(may), None, "{may}");
        }
    }
}
