//! `cargo xtask golden`: policies in, plans out, compared with `tests/golden`.

use std::path::Path;
use std::process::Command;

use anyhow::Result;

use crate::run;

/// What to do with a plan that differs from its golden text.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    /// Fail, and show the difference.
    Compare,
    /// Make it the golden text.
    Bless,
}

/// Runs the golden tests of the planner.
///
/// # Errors
///
/// If a plan differs and the mode is [`Mode::Compare`].
pub fn run(top: &Path, mode: Mode) -> Result<()> {
    let mut command = Command::new("cargo");
    command
        .args(["test", "--package", "fumehood-plan"])
        .args(["--test", "golden", "--test", "windows_golden"])
        .current_dir(top);
    if mode == Mode::Bless {
        command.env("FUMEHOOD_BLESS", "1");
    }
    run::must(&mut command)
}
