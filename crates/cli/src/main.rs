//! The command `fumehood`.
//!
//! Everything goes through the library: whoever embeds it can do the same.
#![forbid(unsafe_code)]

#[cfg(target_env = "musl")]
mod allocator;
mod args;
mod config;
mod doctor;
mod manual;
mod nt;
mod out;
mod plan;
mod policy;
mod run;
mod say;
mod why;

use std::process::ExitCode;

use anyhow::Result;

use crate::args::{Action, Arguments};

fn main() -> ExitCode {
    fumehood::cell_main();
    let arguments = match Arguments::read() {
        Ok(arguments) => arguments,
        Err(error) => return refused(&error),
    };
    match act(&arguments.action) {
        Ok(code) => code,
        Err(error) => {
            say::error(&error);
            ExitCode::from(say::code(&error))
        }
    }
}

/// Help goes to standard output and is no failure; a wrong word is 125: nothing was started.
fn refused(error: &clap::Error) -> ExitCode {
    let shown = error.print();
    if error.use_stderr() || shown.is_err() {
        ExitCode::from(125)
    } else {
        ExitCode::SUCCESS
    }
}

fn act(action: &Action) -> Result<ExitCode> {
    match action {
        Action::Run(arguments) => run::run(arguments),
        Action::Plan(arguments) => plan::plan(arguments),
        Action::Completions { shell } => manual::completions(*shell),
        Action::Man { folder } => manual::pages(folder),
        Action::Why(arguments) => why::why(arguments),
        Action::Doctor(arguments) => doctor::doctor(arguments),
        Action::Config(action) => config::config(action),
        Action::Nt(action) => nt::nt(action),
    }
}
