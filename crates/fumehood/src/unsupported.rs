//! Where there is no backend yet: every way to a sandbox says so.

pub mod files;

use std::io;

use fumehood_cell::Exit;
use fumehood_plan::linux::{Plan, Request};
use fumehood_policy::Policy;

use crate::child::Child;
use crate::command::Stdio;
use crate::launcher::Launcher;
use crate::record::Record;
use crate::{EnforcementReport, Error};

const HERE: &str = std::env::consts::OS;

/// A connection that nobody can make.
#[derive(Debug)]
pub enum Connection {}

impl Connection {
    /// Cannot be called.
    pub fn wait(&mut self) -> Result<Exit, Error> {
        match *self {}
    }

    /// Cannot be called.
    pub fn try_wait(&mut self) -> Result<Option<Exit>, Error> {
        match *self {}
    }

    /// Cannot be called.
    pub fn let_go(&self) -> io::Result<()> {
        match *self {}
    }
}

/// A process that nobody can fork.
#[derive(Debug)]
pub enum Zygote {}

/// There is none.
pub const fn zygote(_: &Policy) -> Option<Zygote> {
    None
}

/// Refuses.
pub fn make_state(_: &Policy) -> Result<(), Error> {
    Err(Error::Unsupported(HERE))
}

/// Refuses.
pub fn plan(_: &Policy, _: Option<&mut Zygote>, _: &Request) -> Result<Plan, Error> {
    Err(Error::Unsupported(HERE))
}

/// Refuses.
///
/// # Errors
///
/// [`Error::Unsupported`].
pub fn predict(_: &Policy, _: &Request) -> Result<(Plan, EnforcementReport), Error> {
    Err(Error::Unsupported(HERE))
}

/// Refuses.
pub fn run_in_place(
    _: &Plan,
    _: Option<Zygote>,
    _: &dyn Fn() -> Result<Record, Error>,
    _: &mut dyn FnMut(i32),
) -> Result<Exit, Error> {
    Err(Error::Unsupported(HERE))
}

/// Refuses.
pub fn spawn(_: Option<&Launcher>, _: &Plan, _: [Stdio; 3], _: Record) -> Result<Child, Error> {
    Err(Error::Unsupported(HERE))
}

/// Nothing is enforced.
pub fn report(policy: &Policy, plan: &Plan) -> EnforcementReport {
    EnforcementReport {
        tier: "none".to_owned(),
        profile: policy.profile.clone(),
        enforcements: Vec::new(),
        gaps: plan.gaps.clone(),
    }
}

/// Nothing is nested.
pub const fn if_nested() -> Option<String> {
    None
}

/// There is no launcher to become.
pub const fn cell_main() {}

/// Leaves it to the caller's exit code.
pub fn die_of(_: i32) -> io::Result<()> {
    Err(io::ErrorKind::Unsupported.into())
}
