//! What each step does.

use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::{env, fs};

use anyhow::{Context as _, Result};

use super::Length;
use crate::{
    bench, fuzz, machine,
    machine::Scratch,
    mutants,
    ordinary::Ordinary,
    run::{self, Verdict},
    samba, tidy,
};

/// Where the schema of `config.toml` is committed.
const SCHEMA: &str = "schema/config.schema.json";
/// Other machines that the workspace must compile for.
pub const TARGETS: [&str; 3] = [
    "x86_64-pc-windows-gnu",
    "x86_64-pc-windows-msvc",
    "aarch64-apple-darwin",
];
/// Inputs a fuzz test tries in `--long`; each test has a small number of its own.
const FUZZ_CASES: &str = "200000";
/// Mutants that `--long` tries, and the seconds it tries them for.
const MUTANTS: usize = 60;
const MUTANTS_TIME: u64 = 150;

fn cargo(top: &Path, arguments: &[&str]) -> Command {
    let mut command = Command::new("cargo");
    command.args(arguments).current_dir(top);
    command
}

pub fn format(top: &Path) -> Result<Verdict> {
    run::run(&mut cargo(top, &["fmt", "--all", "--check"]))
}

pub fn clippy(top: &Path) -> Result<Verdict> {
    run::run(&mut cargo(
        top,
        &[
            "clippy",
            "--workspace",
            "--all-targets",
            "--",
            "-D",
            "warnings",
        ],
    ))
}

pub fn tidy(top: &Path) -> Result<Verdict> {
    println!("$ cargo xtask tidy");
    tidy::run(top).map(|()| Verdict::Passed)
}

/// Every test as the invoking user, its output shown so that skips are seen.
pub fn test(top: &Path, length: Length) -> Result<Verdict> {
    let mut command = cargo(top, &["test", "--workspace", "--no-fail-fast"]);
    run::run(lengthen(command.env("RUST_TEST_NOCAPTURE", "1"), length))
}

/// Every test as an ordinary user.
pub fn test_as(user: &Ordinary, length: Length) -> Result<Verdict> {
    let mut command = user.command("cargo");
    command
        .args(["test", "--workspace", "--no-fail-fast"])
        .env("RUST_TEST_NOCAPTURE", "1");
    run::run(lengthen(&mut command, length))
}

/// Asks tests for their long form: fuzzers by number of inputs, the rest by name.
fn lengthen(command: &mut Command, length: Length) -> &mut Command {
    match length {
        Length::Short => command,
        Length::Long => command
            .env("FUMEHOOD_FUZZ_CASES", FUZZ_CASES)
            .env("FUMEHOOD_LONG", "1"),
    }
}

/// Two runs of all tests at once, with the network refused to cargo.
pub fn test_twice(top: &Path) -> Result<Verdict> {
    let logs = Scratch::create(&env::temp_dir(), "fumehood-twice")?;
    let names = ["first", "second"].map(|name| logs.path.join(name));
    let start = |log: &Path| -> Result<Child> {
        let mut command = cargo(top, &["test", "--workspace"]);
        command.env("CARGO_NET_OFFLINE", "true");
        println!("$ {} &", run::shown(&command));
        let log = fs::File::create(log)?;
        command
            .stdin(Stdio::null())
            .stderr(log.try_clone()?)
            .stdout(log);
        Ok(command.spawn()?)
    };
    let children = [start(&names[0])?, start(&names[1])?];
    let mut verdict = Verdict::Passed;
    for (mut child, log) in children.into_iter().zip(&names) {
        let status = child.wait()?;
        if !status.success() {
            println!("{}", String::from_utf8_lossy(&fs::read(log)?));
            verdict = Verdict::Failed(format!("{status}, beside another run"));
        }
    }
    Ok(verdict)
}

pub fn check(top: &Path, triple: &str) -> Result<Verdict> {
    if !machine::has_target(triple) {
        return Ok(Verdict::Failed(format!(
            "missing: `rustup target add {triple}`"
        )));
    }
    run::run(&mut cargo(
        top,
        &["check", "--workspace", "--target", triple],
    ))
}

/// The library and the program share a name, so only libraries are documented.
pub fn documentation(top: &Path) -> Result<Verdict> {
    let mut command = cargo(top, &["doc", "--workspace", "--no-deps", "--lib"]);
    run::run(command.env("RUSTDOCFLAGS", "-D warnings"))
}

/// The committed schema is what the program prints.
pub fn schema(top: &Path) -> Result<Verdict> {
    let arguments = [
        "run",
        "--quiet",
        "--package",
        "fumehood-cli",
        "--",
        "config",
        "schema",
    ];
    let mut command = cargo(top, &arguments);
    println!("$ {} | diff {SCHEMA} -", run::shown(&command));
    let printed = machine::ask(&mut command)?;
    let committed = fs::read_to_string(top.join(SCHEMA)).context(SCHEMA)?;
    if committed.trim_end() == printed {
        return Ok(Verdict::Passed);
    }
    Ok(Verdict::Failed(format!(
        "{SCHEMA} is old: `fumehood config schema > {SCHEMA}`"
    )))
}

/// The readers of `nt` for a minute, or for an hour.
pub fn fuzz(top: &Path, length: Length) -> Result<Verdict> {
    let seconds = match length {
        Length::Short => fuzz::SHORT,
        Length::Long => fuzz::LONG,
    };
    fuzz::run(top, &fuzz::Options::lasting(seconds))
}

/// A sample of the mutants of `nt`'s evaluator, the same each time.
pub fn mutants(top: &Path) -> Result<Verdict> {
    println!("$ cargo xtask mutants --limit {MUTANTS} --seconds {MUTANTS_TIME}");
    mutants::run(top, &mutants::Options::sample(MUTANTS, MUTANTS_TIME)).map(|()| Verdict::Passed)
}

/// The access check beside Samba's.
pub fn samba(top: &Path, length: Length) -> Result<Verdict> {
    let cases = match length {
        Length::Short => 20_000,
        Length::Long => 1_000_000,
    };
    println!("$ cargo xtask samba --cases {cases}");
    samba::compare(top, &samba::Options::of(cases))
}

pub fn bench_startup(top: &Path, length: Length) -> Result<Verdict> {
    bench(top, bench::Subject::Startup, length)
}

pub fn bench_steady(top: &Path, length: Length) -> Result<Verdict> {
    bench(top, bench::Subject::Steady, length)
}

pub fn bench_nt(top: &Path, length: Length) -> Result<Verdict> {
    bench(top, bench::Subject::Nt, length)
}

fn bench(top: &Path, subject: bench::Subject, length: Length) -> Result<Verdict> {
    let options = bench::Options::of(subject, length == Length::Long);
    println!("$ cargo xtask bench {options}");
    bench::run(top, &options).map(|()| Verdict::Passed)
}
