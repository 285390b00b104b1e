//! Data for standard output.

use std::io::{self, Write};

use anyhow::{Context, Result};

/// Writes text; a reader that went away is no error (`fumehood plan | head`).
///
/// # Errors
///
/// What the system says.
pub fn text(text: &str) -> Result<()> {
    match io::stdout().write_all(text.as_bytes()) {
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
        other => other.context("cannot write to standard output"),
    }
}
