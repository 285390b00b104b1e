//! `fumehood doctor`

use std::process::ExitCode;

use anyhow::{Context, Result};
use fumehood::{Launcher, doctor};

use crate::args::Doctor;
use crate::{out, policy};

/// Tries the boundary and prints what held.
///
/// # Errors
///
/// A configuration that cannot be used, and folders that cannot be made. A
/// boundary that does not hold is no error but an exit code of 1.
pub fn doctor(arguments: &Doctor) -> Result<ExitCode> {
    let mut flags = arguments.policy.clone();
    if flags.workspace.is_none() {
        // Named, so that it may be the home folder: it is not opened anyway.
        flags.workspace = Some(std::env::current_dir().context("the current folder is gone")?);
    }
    let settings = policy::settings(&flags)?;
    let examination = doctor::examine(&settings, &Launcher::this_program()?)?;
    if arguments.json {
        out::text(&format!(
            "{}\n",
            serde_json::to_string_pretty(&examination)?
        ))?;
    } else {
        out::text(&examination.to_string())?;
    }
    Ok(if examination.sound {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}
