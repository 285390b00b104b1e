//! Completions and manual pages, from the same definitions that are parsed.

use std::path::Path;
use std::process::ExitCode;

use anyhow::{Context, Result};
use clap::CommandFactory;

use crate::args::Arguments;
use crate::out;

/// Prints completions for `shell`.
///
/// # Errors
///
/// What standard output says.
pub fn completions(shell: clap_complete::Shell) -> Result<ExitCode> {
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut Arguments::command(), "fumehood", &mut script);
    out::text(&String::from_utf8(script).context("a completion script is text")?)?;
    Ok(ExitCode::SUCCESS)
}

/// Writes one page a command into `folder`.
///
/// # Errors
///
/// What the file system says.
pub fn pages(folder: &Path) -> Result<ExitCode> {
    clap_mangen::generate_to(Arguments::command(), folder)
        .with_context(|| format!("cannot write manual pages into {}", folder.display()))?;
    Ok(ExitCode::SUCCESS)
}
