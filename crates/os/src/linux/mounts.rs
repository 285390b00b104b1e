//! Which mounts there are, and whether that has changed.

use std::os::fd::OwnedFd;

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::fs::{CWD, Mode, OFlags};
use rustix::io::Errno;

use super::{Refusal, whole};

const FILE: &str = "/proc/self/mountinfo";

/// The mounts that this process sees, as `/proc/self/mountinfo` has them (`proc(5)`);
/// nothing where there is no `/proc`.
///
/// # Errors
///
/// [`Refusal`] if it is there and cannot be read: then nobody knows which names a hidden
/// place has.
pub fn list() -> Result<Vec<u8>, Refusal> {
    match whole::read(FILE) {
        Err(Errno::NOENT) => Ok(Vec::new()),
        read => read.map_err(|errno| Refusal {
            call: "read of /proc/self/mountinfo",
            errno,
        }),
    }
}

/// Sees whether a mount comes or goes from now on. Merely looking at a path can make one
/// come, where an automounter waits.
#[derive(Debug)]
pub struct Watch(OwnedFd);

impl Watch {
    /// Begins. None where that is not possible.
    #[must_use]
    pub fn begin() -> Option<Self> {
        let flags = OFlags::RDONLY | OFlags::CLOEXEC;
        rustix::fs::openat(CWD, FILE, flags, Mode::empty())
            .ok()
            .map(Self)
    }

    /// Whether one came or went, or nobody can say.
    #[must_use]
    pub fn saw_a_change(&self) -> bool {
        let now = Timespec::default();
        let mut file = [PollFd::new(&self.0, PollFlags::PRI)];
        poll(&mut file, Some(&now)) != Ok(0)
    }
}
