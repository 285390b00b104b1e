//! `cargo xtask tidy`: the rules of the house that a program can check.
//!
//! Each rule is a function from texts to findings, in a file of its own with a
//! sample that breaks it and one that does not. Only this file reads anything.

mod cell_tree;
mod conditional;
mod decisions;
mod doors;
mod finding;
mod guarantees;
mod leftovers;
mod limits;
mod names;
mod opening;
mod places;
mod purity;
mod scan;
mod size;
pub mod source;
mod unsafety;

use std::path::Path;
use std::process::Command;
use std::{env, fs};

use anyhow::{Context as _, Result, bail, ensure};

use self::{finding::Finding, source::Source};

type Single = fn(&Source) -> Vec<Finding>;
type Whole = fn(&[Source]) -> Vec<Finding>;

/// Rules that look at one file at a time.
const EACH: [Single; 7] = [
    opening::check,
    unsafety::check,
    names::check,
    purity::check,
    conditional::check,
    leftovers::check,
    size::check,
];
/// Rules that look at all files together.
const TOGETHER: [Whole; 3] = [decisions::check, guarantees::check, limits::check];

/// Checks the repository at `top` and prints what it finds.
///
/// # Errors
///
/// If a rule is broken, or git or cargo cannot be asked.
pub fn run(top: &Path) -> Result<()> {
    let sources = sources(top)?;
    let hosts = hosts();
    let mut findings = Vec::new();
    for source in &sources {
        findings.extend(EACH.iter().flat_map(|rule| rule(source)));
        findings.extend(places::check(source, &hosts));
    }
    findings.extend(TOGETHER.iter().flat_map(|rule| rule(&sources)));

    let metadata = ask(
        top,
        "cargo",
        &[
            "metadata",
            "--offline",
            "--no-deps",
            "--format-version",
            "1",
        ],
    )?;
    findings.extend(doors::check(&doors::packages(&metadata)?));
    let tree = ask(top, "cargo", &cell_tree::COMMAND)?;
    let list = fs::read_to_string(top.join(cell_tree::LIST)).context(cell_tree::LIST)?;
    findings.extend(cell_tree::check(&tree, &list));

    findings.sort();
    for finding in &findings {
        println!("{finding}");
    }
    match findings.len() {
        0 => println!("tidy: {} files, nothing found", sources.len()),
        count => bail!("tidy: {count} findings in {} files", sources.len()),
    }
    Ok(())
}

/// Every file that is tracked or about to be, as far as it is text.
fn sources(top: &Path) -> Result<Vec<Source>> {
    let names = ask(
        top,
        "git",
        &[
            "ls-files",
            "-z",
            "--cached",
            "--others",
            "--exclude-standard",
        ],
    )?;
    let mut sources = Vec::new();
    for name in names.split('\0').filter(|name| !name.is_empty()) {
        match fs::read(top.join(name)) {
            Ok(bytes) => {
                sources.extend(String::from_utf8(bytes).map(|text| Source::new(name, &text)));
            }
            // Deleted and not yet committed, or a symlink to a folder.
            Err(error) if !top.join(name).is_file() => drop(error),
            Err(error) => return Err(error).context(name.to_owned()),
        }
    }
    Ok(sources)
}

/// Hosts of registries: the public ones, and those this machine is set up with.
fn hosts() -> Vec<String> {
    let mut hosts: Vec<String> = places::REGISTRIES.map(str::to_owned).into();
    let mut settings = vec!["/etc/apt/sources.list".into(), "/etc/pip.conf".into()];
    let home = env::home_dir().unwrap_or_default();
    for name in [
        ".config/pip/pip.conf",
        ".pip/pip.conf",
        ".npmrc",
        ".cargo/config.toml",
    ] {
        settings.push(home.join(name));
    }
    let parts = fs::read_dir("/etc/apt/sources.list.d")
        .into_iter()
        .flatten()
        .flatten();
    settings.extend(parts.map(|part| part.path()));
    // A file that is not there names no host.
    for text in settings.iter().flat_map(fs::read_to_string) {
        hosts.extend(places::hosts_in(&text));
    }
    hosts
}

/// What `program` prints.
fn ask(top: &Path, program: &str, arguments: &[&str]) -> Result<String> {
    let output = Command::new(program)
        .args(arguments)
        .current_dir(top)
        .output()
        .with_context(|| format!("cannot run {program}"))?;
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    ensure!(
        output.status.success(),
        "{program} {}: {said}",
        arguments.join(" ")
    );
    Ok(String::from_utf8(output.stdout)?)
}
