//! How a run ended.

use serde::{Deserialize, Serialize};

/// What ended the command.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Ending {
    /// It exited with this code.
    Code(i32),
    /// It was ended by this signal.
    Signal(i32),
    /// The wall-time limit ran out.
    TimedOut,
    /// What hid a secret place came off; the tree was ended.
    Uncovered,
    /// Whoever embeds us let go of it.
    Dropped,
}

/// How it ended and what it used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Exit {
    /// What ended it.
    pub ending: Ending,
    /// Processor time in user code, in microseconds, of the whole tree.
    pub user_us: u64,
    /// Processor time in the kernel, in microseconds, of the whole tree.
    pub system_us: u64,
    /// Largest resident set of one process, in kibibytes.
    pub peak_kib: u64,
}

impl Exit {
    /// An end of which nothing more is known.
    #[must_use]
    pub const fn of(ending: Ending) -> Self {
        Self {
            ending,
            user_us: 0,
            system_us: 0,
            peak_kib: 0,
        }
    }

    /// The exit code that a shell would show: 124 for a timeout, 128+n for a
    /// signal, 126 where the boundary had to be defended.
    #[must_use]
    pub const fn code(&self) -> i32 {
        match self.ending {
            Ending::Code(code) => code,
            Ending::Signal(signal) => 128 + signal,
            Ending::TimedOut => 124,
            Ending::Uncovered => 126,
            Ending::Dropped => 137,
        }
    }
}
