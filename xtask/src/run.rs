//! One command, shown, run to its end, and judged with the skips it printed.
//!
//! A test that cannot run prints `skip: <name>: <why>` on a line. Such lines are
//! picked out of the command's output; see [`crate::skips`].

use std::io::{BufRead as _, BufReader, Write as _};
use std::process::{Command, Stdio};

use anyhow::{Context as _, Result};

use crate::{machine, skips};

/// How a step ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// It holds.
    Passed,
    /// It does not, and why.
    Failed(String),
    /// It could not be tried, and why.
    Skipped(String),
}

/// The command as one would type it.
pub fn shown(command: &Command) -> String {
    let mut words: Vec<String> = command
        .get_envs()
        .filter_map(|(name, value)| Some(format!("{}={}", name.display(), value?.display())))
        .collect();
    words.push(command.get_program().display().to_string());
    words.extend(command.get_args().map(|word| word.display().to_string()));
    words.join(" ")
}

/// Shows and runs `command`; fails on its status, and in CI on a skip nobody reviewed.
pub fn run(command: &mut Command) -> Result<Verdict> {
    println!("$ {}", shown(command));
    let program = command.get_program().display().to_string();
    let mut child = command
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .spawn()
        .with_context(|| format!("cannot run {program}"))?;
    let output = child.stdout.take().context("stdout is piped")?;
    let mut skipped = Vec::new();
    for line in BufReader::new(output).split(b'\n') {
        let line = line?;
        std::io::stdout().write_all(&line)?;
        println!();
        skipped.extend(skips::skip_in(&String::from_utf8_lossy(&line)).map(str::to_owned));
    }
    let status = child.wait()?;
    if !status.success() {
        return Ok(Verdict::Failed(status.to_string()));
    }
    Ok(skips::judge(&skipped, machine::is_ci()))
}

/// [`run`], for callers that have nothing else to say.
pub fn must(command: &mut Command) -> Result<()> {
    let line = shown(command);
    match run(command)? {
        Verdict::Passed => Ok(()),
        Verdict::Failed(why) | Verdict::Skipped(why) => anyhow::bail!("{line}: {why}"),
    }
}
