//! `cargo xtask escape`: programs that try to get out, with the program as built.

use std::path::Path;
use std::process::Command;

use anyhow::{Result, bail};

use crate::{
    machine,
    ordinary::Ordinary,
    run::{self, Verdict},
};

/// Builds the command and lets the suite loose on it.
const SUITE: &str = r#"
cargo build --package fumehood-cli
FUMEHOOD_BIN="${CARGO_TARGET_DIR:-$PWD/target}/debug/fumehood" cargo test --package fumehood-escape
"#;

/// The suite as the invoking user.
///
/// # Errors
///
/// If it cannot be started.
pub fn as_invoked(top: &Path) -> Result<Verdict> {
    run::run(Command::new("bash").args(["-euc", SUITE]).current_dir(top))
}

/// The suite as an ordinary user whom root made.
///
/// # Errors
///
/// If it cannot be started.
pub fn as_ordinary(user: &Ordinary) -> Result<Verdict> {
    run::run(user.command("bash").args(["-euc", SUITE]))
}

/// Both, if root asks; prints how it went.
///
/// # Errors
///
/// If an attempt succeeded.
pub fn run(top: &Path) -> Result<()> {
    let mut verdicts = vec![("as invoked", as_invoked(top)?)];
    if machine::is_root() {
        let verdict = match Ordinary::obstacle() {
            Some(why) => Verdict::Skipped(why),
            None => as_ordinary(&Ordinary::create(top)?)?,
        };
        verdicts.push(("as an ordinary user", verdict));
    }
    for (name, verdict) in &verdicts {
        println!("escape, {name}: {verdict:?}");
    }
    if verdicts
        .iter()
        .any(|(_, verdict)| matches!(verdict, Verdict::Failed(_)))
    {
        bail!("the escape suite failed");
    }
    Ok(())
}
