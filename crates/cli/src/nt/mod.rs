//! `fumehood nt`: NT security on any machine, as values.
//!
//! Nothing here asks the system about security: text comes in, the model of
//! `fumehood-nt` answers, text goes out. `check` is for programs, `sddl` and
//! `explain` are for people.

mod check;
mod explain;
mod form;
#[cfg(test)]
mod fuzz;
mod lines;
mod named;
mod names;
mod request;
mod sddl;
mod words;

use std::process::ExitCode;

use anyhow::Result;

use crate::args::Nt;

/// What was asked of the model.
///
/// # Errors
///
/// An input that cannot be read.
pub fn nt(action: &Nt) -> Result<ExitCode> {
    match action {
        Nt::Check => check::check(),
        Nt::Sddl(arguments) => sddl::sddl(arguments),
        Nt::Explain(arguments) => explain::explain(arguments),
    }
}
