//! Processes: who acts.

use std::sync::Arc;

use fumehood_nt::token::Token;

use crate::answer::{Answer, Refusal};
use crate::node::FileId;
use crate::world::World;

/// A process, by a number that no other ever has.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ProcessId(pub(crate) u32);

/// Whether a process runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Life {
    /// It does.
    Running,
    /// It has ended.
    Ended,
}

/// A process.
#[derive(Debug, Clone, PartialEq)]
pub struct Process {
    /// Its primary token.
    pub token: Arc<Token>,
    /// The program that it runs, if that is a file of the world.
    pub image: Option<FileId>,
    /// Whether it runs.
    pub life: Life,
}

impl World {
    /// A process; none if there never was one.
    #[must_use]
    pub fn process(&self, who: ProcessId) -> Option<&Process> {
        self.processes.item(who.0)
    }

    /// The process, if it runs.
    pub(crate) fn running(&self, who: ProcessId) -> Answer<&Process> {
        let process = self
            .process(who)
            .filter(|process| process.life == Life::Running);
        process.ok_or(Refusal::NoProcess)
    }

    /// Puts a process into the world that nobody started.
    pub fn put_process(&mut self, token: Token) -> ProcessId {
        ProcessId(self.processes.push(Process {
            token: Arc::new(token),
            image: None,
            life: Life::Running,
        }))
    }
}

impl World {
    /// Whether a process runs this program: its file is mapped then.
    pub(crate) fn is_running(&self, file: FileId) -> bool {
        let runs = |process: &Process| process.image == Some(file) && process.life == Life::Running;
        self.processes.iter().any(|(_, process)| runs(process))
    }
}
