//! Sends a probe on its errand and takes what it says.

use std::io::Write;
use std::process::Stdio as Stream;

use fumehood_policy::{AbsPath, Policy};

use super::MARK;
use super::attempt::Attempt;
use super::inside::{Errand, Staging};
use crate::settings::to_std;
use crate::{Child, Error, Sandbox, Stdio};

/// What came of an errand.
#[derive(Debug, Clone)]
pub struct Answer {
    /// What had to work.
    pub twin: Attempt,
    /// What must not.
    pub act: Attempt,
}

/// Starts a probe inside and tells it its errand.
///
/// # Errors
///
/// As [`crate::Command::spawn`].
pub fn send(sandbox: &Sandbox, program: &AbsPath, errand: &Errand) -> Result<Child, Error> {
    let text = serde_json::to_vec(errand).map_err(|error| unheard(&error))?;
    let mut command = sandbox.command(to_std(program));
    command
        .args([MARK, "try"])
        .stdin(Stdio::Piped)
        .stdout(Stdio::Piped)
        .stderr(Stdio::Piped);
    let mut child = command.spawn()?;
    if let Some(mut stdin) = child.stdin.take() {
        // One that is gone already says so by its exit.
        let _gone = stdin.write_all(&text);
    }
    Ok(child)
}

/// Runs a probe to its end and takes its lines.
///
/// # Errors
///
/// As [`crate::Command::output`], and if the probe ended otherwise than by itself.
pub fn run(sandbox: &Sandbox, program: &AbsPath, errand: &Errand) -> Result<Vec<u8>, Error> {
    let output = send(sandbox, program, errand)?.wait_with_output()?;
    if output.exit.code() == 0 {
        return Ok(output.stdout);
    }
    let said = String::from_utf8_lossy(&output.stderr);
    let said = said.trim().lines().next().unwrap_or("nothing");
    Err(Error::Surroundings(format!(
        "the probe ended with {} and said: {said}",
        output.exit.code()
    )))
}

/// What a probe inside found.
///
/// # Errors
///
/// Why it could not be asked.
pub fn ask(sandbox: &Sandbox, program: &AbsPath, errand: &Errand) -> Result<Answer, String> {
    read(&run(sandbox, program, errand).map_err(|error| chain(&error))?)
}

/// What a probe found whose launcher was started with these variables.
///
/// # Errors
///
/// Why it could not be asked.
pub fn ask_with(
    policy: &Policy,
    program: &AbsPath,
    errand: Errand,
    variables: &[(&str, &str)],
) -> Result<Answer, String> {
    let staging = Staging {
        policy: policy.clone(),
        program: program.clone(),
        errand,
    };
    let text = serde_json::to_vec(&staging).map_err(|error| error.to_string())?;
    let mut stage = std::process::Command::new(to_std(program))
        .args([MARK, "stage"])
        .envs(variables.iter().copied())
        .stdin(Stream::piped())
        .stdout(Stream::piped())
        .stderr(Stream::piped())
        .spawn()
        .map_err(|error| error.to_string())?;
    if let Some(mut stdin) = stage.stdin.take() {
        let _gone = stdin.write_all(&text);
    }
    let output = stage
        .wait_with_output()
        .map_err(|error| error.to_string())?;
    if output.status.success() {
        return read(&output.stdout);
    }
    Err(String::from_utf8_lossy(&output.stderr).trim().to_owned())
}

/// Reads the two lines of a probe.
fn read(text: &[u8]) -> Result<Answer, String> {
    let mut lines = text.split(|byte| *byte == b'\n');
    let mut next = || {
        lines
            .next()
            .and_then(|line| serde_json::from_slice(line).ok())
    };
    match (next(), next()) {
        (Some(twin), Some(act)) => Ok(Answer { twin, act }),
        _ => Err("the probe did not say what came of it".to_owned()),
    }
}

/// One line of a probe that still runs.
///
/// # Errors
///
/// What it was instead.
pub fn read_one(line: &str) -> Result<Attempt, String> {
    serde_json::from_str(line).map_err(|_| "the probe did not say what came of it".to_owned())
}

fn unheard(error: &serde_json::Error) -> Error {
    Error::Surroundings(format!("an errand cannot be written: {error}"))
}

/// An error with its causes, in one line.
pub fn chain(error: &Error) -> String {
    let mut text = error.to_string();
    let mut next = std::error::Error::source(error);
    while let Some(cause) = next {
        text = format!("{text}: {cause}");
        next = cause.source();
    }
    text
}
