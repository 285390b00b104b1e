//! `fumehood plan`

use std::process::ExitCode;

use anyhow::Result;
use fumehood::plan::linux::Request;

use crate::args::{Plan, Platform};
use crate::{out, policy, say};

/// Prints what would be done. Nothing is done.
///
/// # Errors
///
/// What cannot be done on this machine.
pub fn plan(arguments: &Plan) -> Result<ExitCode> {
    if let Some(platform) = arguments
        .platform
        .filter(|platform| *platform != Platform::Linux)
    {
        let name = match platform {
            Platform::Windows => "Windows",
            _ => "macOS",
        };
        say::line(&format!("error: there is no planner for {name} yet\n"));
        return Ok(ExitCode::from(125));
    }
    let settings = policy::settings(&arguments.policy)?;
    let mut command: Vec<_> = arguments.command.iter().map(policy::raw).collect();
    if command.is_empty() {
        command.push("true".into());
    }
    let request = Request {
        arguments: command,
        folder: None,
        pty: arguments.pty,
    };
    let (plan, report) = fumehood::predict(&settings.policy, &request)?;
    if arguments.json {
        out::text(&format!("{}\n", serde_json::to_string_pretty(&plan)?))?;
        return Ok(ExitCode::SUCCESS);
    }
    out::text(&format!("{plan}\n{report}"))?;
    Ok(ExitCode::SUCCESS)
}
