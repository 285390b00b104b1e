//! `cargo xtask bench`: figures beside peers, taken in one run.
//!
//! Single runs differ by more than what is measured, and what ran just before
//! moves a figure. So every round runs all contenders once, in random order, and
//! contenders are compared round by round. A gate fails only if the *lower*
//! bound of the confidence interval is over the target: noise fails nothing, and
//! a gate that fails means something.

mod contender;
mod floor;
mod nt;
pub mod random;
mod rounds;
mod scene;
mod startup;
mod statistics;
mod steady;
mod table;

use std::ffi::OsString;
use std::fmt;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Instant, SystemTime, UNIX_EPOCH};

use anyhow::{Context as _, Result, bail, ensure};
use clap::{Args, ValueEnum};

/// What is measured.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Subject {
    /// From the caller's spawn to its wait, for a command that does nothing.
    Startup,
    /// What a command feels once it runs.
    Steady,
    /// Access checks, and `nt check`.
    Nt,
}

/// What `cargo xtask bench` takes.
#[derive(Debug, Args)]
pub struct Options {
    /// What is measured.
    subject: Subject,
    /// More rounds, 300,000 files.
    #[arg(long)]
    long: bool,
    /// Replays the order of an earlier run.
    #[arg(long)]
    seed: Option<u64>,
    /// Measure start-up only among this many host mounts; run in a mount
    /// namespace of its own by the run that measures everything.
    #[arg(long, hide = true)]
    mounts: Option<usize>,
    /// The program to measure, instead of building it.
    #[arg(long)]
    program: Option<std::path::PathBuf>,
}

impl Options {
    /// What CI asks for.
    pub fn of(subject: Subject, long: bool) -> Self {
        Self {
            subject,
            long,
            seed: None,
            mounts: None,
            program: None,
        }
    }

    /// The seed asked for, or one from the clock.
    fn seed(&self) -> u64 {
        let clock = || {
            SystemTime::now()
                .duration_since(UNIX_EPOCH)
                .map_or(1, |now| now.as_secs())
        };
        self.seed.unwrap_or_else(clock)
    }

    /// Rounds of a measurement; 30 are the least that decide anything.
    fn rounds(&self, short: usize) -> usize {
        if self.long { short * 3 } else { short }
    }
}

impl fmt::Display for Options {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self.subject {
            Subject::Startup => "startup",
            Subject::Steady => "steady",
            Subject::Nt => "nt",
        })?;
        f.write_str(if self.long { " --long" } else { "" })
    }
}

/// Measures, prints tables, and judges the gates.
///
/// # Errors
///
/// If a target is missed beyond noise, or something cannot be run.
pub fn run(top: &Path, options: &Options) -> Result<()> {
    let program = match &options.program {
        Some(program) => program.canonicalize()?,
        None => crate::release::build(top)?,
    };
    println!(
        "seed {}; replay with `cargo xtask bench {options} --seed {}`",
        options.seed(),
        options.seed()
    );
    let missed = match options.subject {
        Subject::Startup => startup::run(top, &program, options)?,
        Subject::Steady => steady::run(top, &program, options)?,
        Subject::Nt => nt::run(top, &program, options)?,
    };
    ensure!(missed.is_empty(), "targets missed: {}", missed.join("; "));
    Ok(())
}

/// Runs a command for each line of standard input, and prints how many nanoseconds it
/// took, a line each.
///
/// # Errors
///
/// If it cannot be started, or fails.
pub fn timed(command: &[OsString]) -> Result<()> {
    let (program, arguments) = command.split_first().context("no command")?;
    let mut command = Command::new(program);
    command.args(arguments);
    command.stdin(Stdio::null()).stdout(Stdio::null());
    for line in std::io::stdin().lines() {
        line?;
        let start = Instant::now();
        let status = command.status()?;
        let took = start.elapsed();
        if !status.success() {
            bail!("{}: {status}", program.display());
        }
        println!("{}", took.as_nanos());
    }
    Ok(())
}
