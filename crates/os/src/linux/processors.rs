//! Which processor runs a process.

use rustix::process::Pid;
use rustix::thread::{CpuSet, sched_getaffinity, sched_getcpu, sched_setaffinity};

/// The processors this process may run on (`sched_getaffinity(2)`).
#[derive(Debug, Clone, Copy)]
pub struct Processors(CpuSet);

impl Processors {
    /// Those of the caller. None where there are more than a set holds, which is 1,024.
    #[must_use]
    pub fn of_caller() -> Option<Self> {
        sched_getaffinity(None).ok().map(Self)
    }

    /// Sends a process that was just forked to another processor than the caller's, if
    /// there is one. Left alone it often waits until the caller sleeps: the kernel takes
    /// a halted processor of a virtual machine for one that others need. Only speed hangs
    /// on it, so nobody is told when it fails.
    pub fn send_away(&self, child: Pid) {
        let mut others = self.0;
        others.unset(sched_getcpu());
        if others.count() > 0 {
            let _only_slower = sched_setaffinity(Some(child), &others);
        }
    }

    /// Lets the caller run on all of them again, after it was sent away.
    ///
    /// # Errors
    ///
    /// What `sched_setaffinity(2)` says.
    pub fn come_back(&self) -> rustix::io::Result<()> {
        sched_setaffinity(None, &self.0)
    }
}
