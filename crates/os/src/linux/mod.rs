//! Linux: looking at the machine, and putting a plan in force.

pub mod accounts;
pub mod apply;
pub mod cgroup;
pub mod keep;
pub mod lookup;
pub mod mounts;
pub mod probe;
pub mod processors;
pub mod sys;
mod whole;

use std::fmt;

use rustix::io::Errno;

/// A system call that failed, and what it was tried on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    /// The call, as its manual page is called.
    pub call: &'static str,
    /// What the kernel said.
    pub errno: Errno,
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.call, std::io::Error::from(self.errno))
    }
}

impl std::error::Error for Refusal {}

/// Names the call that a result comes from.
trait Named<T> {
    fn named(self, call: &'static str) -> Result<T, Refusal>;
}

impl<T> Named<T> for rustix::io::Result<T> {
    fn named(self, call: &'static str) -> Result<T, Refusal> {
        self.map_err(|errno| Refusal { call, errno })
    }
}
