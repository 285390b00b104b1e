//! Which processor runs a process.
//!
//! A process that was just forked mostly begins on the processor of its parent, where
//! one of the two waits for the other, although another one is idle: the kernel takes
//! a halted processor of a virtual machine for one that others need. Only speed
//! hangs on what is done here, so nobody is told when a move fails.

use rustix::process::Pid;
use rustix::thread::{CpuSet, sched_getaffinity, sched_getcpu, sched_setaffinity};

/// The processors this process may run on (`sched_getaffinity(2)`), and that on which
/// it ran.
#[derive(Debug, Clone, Copy)]
pub struct Processors {
    all: CpuSet,
    current: usize,
}

impl Processors {
    /// Those of the caller. None where it has only one, or more than a set holds, which
    /// is 1,024.
    #[must_use]
    pub fn of_caller() -> Option<Self> {
        let all = sched_getaffinity(None).ok()?;
        let current = sched_getcpu();
        (all.count() > 1).then_some(Self { all, current })
    }

    fn others(&self) -> CpuSet {
        let mut others = self.all;
        others.unset(self.current);
        others
    }

    /// Sends `child`, just forked, away from this one, where it may wait for us.
    pub fn send_away(&self, child: Pid) {
        let _only_slower = sched_setaffinity(Some(child), &self.others());
    }

    /// Leaves the parent's, if the caller, just forked, is there: the parent may wait
    /// for it.
    pub fn leave(&self) {
        if sched_getcpu() == self.current {
            let _only_slower = sched_setaffinity(None, &self.others());
        }
    }

    /// Lets the caller run on all of them again, once nobody sends it away any more.
    ///
    /// What is asked for stays a bound for good, also when an administrator gives the
    /// group of this process other processors later (`cpuset(7)`). So first any
    /// processor is asked for; only a caller who was bound gets its own bound back.
    pub fn come_back(&self) {
        let mut any = CpuSet::new();
        (0..CpuSet::MAX_CPU).for_each(|processor| any.set(processor));
        let free = sched_setaffinity(None, &any).and_then(|()| sched_getaffinity(None));
        if free != Ok(self.all) {
            let _only_slower = sched_setaffinity(None, &self.all);
        }
    }
}
