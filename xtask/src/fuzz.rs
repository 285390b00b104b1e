//! `cargo xtask fuzz`: the readers of `nt` against changed texts and bytes, for a given time.
//!
//! SDDL, binary descriptors, and the JSON lines of `fumehood nt check`. The searches
//! are tests of `crates/nt` and `crates/cli`, which every run of the tests does for a
//! few seconds from seed 0. Here they go on for longer and from another seed each
//! time, which is printed.

use std::path::Path;
use std::process::Command;
use std::time::{SystemTime, UNIX_EPOCH};

use anyhow::{Context as _, Result, ensure};
use clap::Args;

use crate::{
    machine,
    run::{self, Verdict},
};

/// What every run of CI spends.
pub const SHORT: u64 = 60;
/// What `ci --long` spends.
pub const LONG: u64 = 3600;
/// The tests that search: by parts of their names.
const SEARCHES: [&str; 2] = ["fuzz::", "corpus::no_change"];

/// For how long, and from where.
#[derive(Args)]
pub struct Options {
    /// Seconds in all.
    #[arg(long, default_value_t = SHORT)]
    seconds: u64,
    /// The first seed; another one each time if none is named.
    #[arg(long)]
    seed: Option<u64>,
}

impl Options {
    /// So many seconds, from a seed of today.
    pub fn lasting(seconds: u64) -> Self {
        let seed = None;
        Self { seconds, seed }
    }
}

/// Every search for its share of the time, one after the other.
///
/// # Errors
///
/// The tests cannot be built.
pub fn run(top: &Path, options: &Options) -> Result<Verdict> {
    let listed = machine::ask(tests(top).args(SEARCHES).args(["--list"]))?;
    let searches = listed.lines().filter(|line| line.ends_with(": test"));
    let count = u64::try_from(searches.count())?;
    ensure!(count > 0, "no test has in its name any of {SEARCHES:?}");
    let seconds = (options.seconds / count).max(1);
    let seed = options.seed.map_or_else(today, Ok)?;
    println!("fuzz: {count} searches for {seconds} s each, from seed {seed}");
    let mut command = tests(top);
    command
        .args(SEARCHES)
        .args(["--nocapture", "--test-threads=1"])
        .env("FUMEHOOD_FUZZ_SECONDS", seconds.to_string())
        .env("FUMEHOOD_FUZZ_FROM", seed.to_string());
    run::run(&mut command)
}

/// The tests that search are among these. What they search is optimised in every build.
fn tests(top: &Path) -> Command {
    let mut command = Command::new("cargo");
    let arguments = [
        "test",
        "--quiet",
        "--package",
        "fumehood-nt",
        "--package",
        "fumehood-cli",
        "--lib",
        "--bins",
        "--test",
        "values",
    ];
    command
        .args(arguments)
        .arg("--")
        .current_dir(top)
        .env_remove("FUMEHOOD_SEED")
        .env_remove("FUMEHOOD_FUZZ_CASES");
    command
}

/// A seed that nobody tried before, with room behind it.
fn today() -> Result<u64> {
    let since = SystemTime::now().duration_since(UNIX_EPOCH);
    Ok(since.context("the clock stands before 1970")?.as_secs() << 24)
}
