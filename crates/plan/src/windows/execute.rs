//! Carries a plan out, step by step, and takes it back.
//!
//! The only loop that changes a Windows machine. It knows no system: the real
//! backend and the simulated one go through the same lines. What undoes a step is
//! in the journal before the step is done, so that whoever comes after a crash can
//! take back what may have happened.

use fumehood_nt::SecurityDescriptor;

use super::change::Change;
use super::facts::{Facts, FileId, Question};
use super::launch::Launch;
use super::path::WinPath;
use super::plan::Plan;
use super::step::{Reach, Step};

/// One descriptor that a step replaces.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Replaced {
    /// Where it was found.
    pub path: WinPath,
    /// Which object.
    pub id: FileId,
    /// As it was.
    pub before: SecurityDescriptor,
    /// As the step leaves it.
    pub after: SecurityDescriptor,
}

#[expect(
    clippy::large_enum_variant,
    reason = "there are few of them, and each is written out"
)]
/// How to take one step back. It outlives the process that wrote it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Undo {
    /// Remove what was made, if it is as it was made.
    Remove {
        /// Where.
        path: WinPath,
        /// What is in it, for a file.
        content: &'static str,
    },
    /// Put descriptors back; one that somebody changed in between keeps that and loses what is
    /// ours.
    Restore {
        /// Where it was done.
        top: WinPath,
        /// What was done.
        change: Change,
        /// How far: what was made below meanwhile has inherited of it, and loses that.
        reach: Reach,
        /// To what, the top first.
        each: Vec<Replaced>,
    },
}

/// A machine, real or simulated. Methods do exactly what they are told.
pub trait Backend {
    /// A command that was started.
    type Child;
    /// What went wrong.
    type Error;

    /// Answers the planner's questions.
    ///
    /// # Errors
    ///
    /// The machine could not be asked.
    fn probe(&self, questions: &[Question]) -> Result<Facts, Self::Error>;

    /// Reads what a step will replace; none if it is in force.
    ///
    /// # Errors
    ///
    /// What is there is not what the plan was made for.
    fn prepare(&self, step: &Step) -> Result<Option<Undo>, Self::Error>;

    /// Does a step. Doing it twice is the same as doing it once.
    ///
    /// # Errors
    ///
    /// The machine refused; some of it may be done.
    fn apply(&mut self, step: &Step) -> Result<(), Self::Error>;

    /// Takes a step back. Taking it back twice is the same as once.
    ///
    /// # Errors
    ///
    /// The machine refused.
    fn undo(&mut self, undo: &Undo) -> Result<(), Self::Error>;

    /// Starts the command, its token restricted, its job around it, its pins held.
    ///
    /// # Errors
    ///
    /// Nothing was started.
    fn spawn(&mut self, sealed: &Sealed, launch: &Launch) -> Result<Self::Child, Self::Error>;
}

/// Where undo entries are kept, durably, before the next step is done.
pub trait Journal {
    /// What went wrong.
    type Error;

    /// Keeps an entry, and returns once it would survive a crash.
    ///
    /// # Errors
    ///
    /// It could not be kept; the step must not be done.
    fn record(&mut self, undo: Undo) -> Result<(), Self::Error>;
}

/// A journal in memory.
impl Journal for Vec<Undo> {
    type Error = std::convert::Infallible;

    fn record(&mut self, undo: Undo) -> Result<(), Self::Error> {
        self.push(undo);
        Ok(())
    }
}

/// Proof that every step of a plan is in force: only [`execute`] makes one, and starting
/// something needs one.
#[derive(Debug)]
#[must_use = "dropping this leaves the machine changed with nothing running"]
pub struct Sealed(());

/// Why a plan is not in force.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ExecuteError<B, J> {
    /// The machine refused a step.
    #[error("step {index} failed")]
    Step {
        /// Its place in the plan.
        index: usize,
        /// The machine's answer.
        source: B,
    },
    /// What undoes a step could not be kept.
    #[error("step {index} could not be recorded")]
    Record {
        /// Its place in the plan.
        index: usize,
        /// The journal's answer.
        source: J,
    },
    /// A step was done and is not in force: something changed it back, or it had no effect.
    #[error("step {index} was done and is not in force")]
    NoEffect {
        /// Its place in the plan.
        index: usize,
    },
}

/// Puts every step in force, in order, and reads each back; stops at the first that is not.
///
/// Nothing is taken back here: the journal holds what may have been done, and [`revert`] is the
/// same after an error, after a crash and at the end.
///
/// # Errors
///
/// The first step that was refused, could not be recorded, or had no effect.
pub fn execute<B: Backend, J: Journal>(
    backend: &mut B,
    plan: &Plan,
    journal: &mut J,
) -> Result<Sealed, ExecuteError<B::Error, J::Error>> {
    for (index, step) in plan.steps.iter().enumerate() {
        let refused = |source| ExecuteError::Step { index, source };
        let Some(undo) = backend.prepare(step).map_err(refused)? else {
            continue;
        };
        journal
            .record(undo)
            .map_err(|source| ExecuteError::Record { index, source })?;
        backend.apply(step).map_err(refused)?;
    }
    // Read back at the end, so that what a later step undid is seen as well.
    for (index, step) in plan.steps.iter().enumerate() {
        let left = backend.prepare(step);
        if left
            .map_err(|source| ExecuteError::Step { index, source })?
            .is_some()
        {
            return Err(ExecuteError::NoEffect { index });
        }
    }
    Ok(Sealed(()))
}

/// Takes back what a journal holds, the last first. Every entry is tried; the first refusal is
/// the answer.
///
/// # Errors
///
/// An entry that could not be taken back.
pub fn revert<B: Backend>(backend: &mut B, journal: &[Undo]) -> Result<(), B::Error> {
    let undone = journal.iter().rev().map(|undo| backend.undo(undo));
    undone.fold(Ok(()), Result::and)
}
