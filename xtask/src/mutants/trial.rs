//! A mutant is tested until something notices; one that is alone is built before.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail, ensure};

use super::change::Mutant;
use super::crate_copy::CrateCopy;

/// What became of a mutant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fate {
    /// A test failed.
    Killed,
    /// A test did not end.
    TimedOut,
    /// It does not compile.
    Broken,
    /// No test noticed.
    Survived,
}

/// The programs of tests, those that know the evaluator best first; what else there is follows.
const FIRST: [&str; 10] = [
    "evaluate_reference",
    "evaluate_passes",
    "evaluate_rules",
    "evaluate_facts",
    "evaluate_edges",
    "vectors",
    "evaluate_invariants",
    "inherit",
    "restrict",
    "lib",
];
/// Those that know one file best.
const BEST: [(&str, &str); 8] = [
    ("inherit.rs", "inherit"),
    ("restrict.rs", "restrict"),
    ("semantics.rs", "lib"),
    ("token", "lib"),
    ("token.rs", "restrict"),
    ("evaluate/files.rs", "evaluate_facts"),
    ("evaluate/depends.rs", "lib"),
    ("inherit.rs", "inherit_edges"),
];
/// Every program of tests takes about a second; one that takes this long goes round in circles.
pub const LIMIT: Duration = Duration::from_secs(30);
/// So that one that goes round in circles and collects does not take the machine along: in KiB.
const MEMORY: &str = "4194304";
/// Cases of a random test: a tenth of a second of each.
const CASES: &str = "1500";

/// Puts the mutant into the copy, tries it, and puts back what was there.
pub fn judge(copy: &CrateCopy, mutant: &Mutant) -> Result<Fate> {
    let path = copy.krate().join("src").join(&mutant.file);
    let original = fs::read_to_string(&path).with_context(|| path.display().to_string())?;
    fs::write(&path, mutant.changed(&original))?;
    let fate = fate(copy, mutant);
    fs::write(&path, original)?;
    fate
}

fn fate(copy: &CrateCopy, mutant: &Mutant) -> Result<Fate> {
    for program in order(copy, &mutant.file)? {
        let Some(built) = build(copy, &program)? else {
            return Ok(Fate::Broken);
        };
        match run(copy, &built, None, LIMIT)? {
            Fate::Survived => {}
            other => return Ok(other),
        }
    }
    Ok(Fate::Survived)
}

/// The programs of tests, in the order in which they are tried; the library's own are `lib`.
pub fn order(copy: &CrateCopy, file: &str) -> Result<Vec<String>> {
    let best = BEST.iter().filter(|(of, _)| file.starts_with(of));
    let mut order: Vec<String> = best.map(|(_, program)| (*program).to_owned()).collect();
    order.extend(FIRST.map(str::to_owned));
    for entry in fs::read_dir(copy.krate().join("tests"))? {
        let path = entry?.path();
        let is_program = path.join("main.rs").is_file() || path.is_file();
        let stem = path.file_stem().filter(|_| is_program);
        order.extend(stem.map(|stem| stem.to_string_lossy().into_owned()));
    }
    let mut seen = std::collections::BTreeSet::new();
    order.retain(|program| seen.insert(program.clone()));
    Ok(order)
}

/// The program, built; none if it does not compile.
fn build(copy: &CrateCopy, program: &str) -> Result<Option<PathBuf>> {
    let mut command = Command::new("cargo");
    command.args(["test", "--package", "fumehood-nt", "--no-run", "--offline"]);
    match program {
        "lib" => command.arg("--lib"),
        program => command.args(["--test", program]),
    };
    let built = command
        .current_dir(copy.top())
        .env("CARGO_TARGET_DIR", copy.target())
        .env("CARGO_PROFILE_DEV_DEBUG", "0")
        .env("CARGO_TERM_COLOR", "never")
        .stdin(Stdio::null())
        .output()
        .context("cannot run cargo")?;
    let said = String::from_utf8_lossy(&built.stderr);
    if !built.status.success() {
        if said.contains("error: no test target") || !said.contains("could not compile") {
            bail!("{program}: {said}");
        }
        return Ok(None);
    }
    let (_, path) = executables(copy, &said)
        .pop()
        .with_context(|| format!("cargo names no program: {said}"))?;
    Ok(Some(path))
}

/// The programs that cargo says it built, with their names: `Executable tests/a.rs (path)`.
fn executables(copy: &CrateCopy, said: &str) -> Vec<(String, PathBuf)> {
    let lines = said.lines().map(str::trim_start);
    let named = lines.filter_map(|line| {
        let (source, path) = line.strip_prefix("Executable ")?.split_once(" (")?;
        let source = source.rsplit(' ').next()?.trim_end_matches("/main.rs");
        let name = Path::new(source).file_stem()?.to_string_lossy();
        let path = copy.top().join(path.strip_suffix(')')?);
        Some((name.into_owned(), path))
    });
    named.collect()
}

/// What the compiler says of the library if it does not compile, an error in a line.
pub fn check(copy: &CrateCopy) -> Result<Option<String>> {
    let arguments = ["check", "--lib", "--message-format", "short"];
    let checked = cargo(copy).args(arguments).output()?;
    let said = String::from_utf8_lossy(&checked.stderr).into_owned();
    Ok((!checked.status.success()).then_some(said))
}

/// Every program of tests.
pub fn build_all(copy: &CrateCopy) -> Result<Vec<(String, PathBuf)>> {
    let arguments = ["test", "--no-run", "--lib", "--tests"];
    let built = cargo(copy).args(arguments).output()?;
    let said = String::from_utf8_lossy(&built.stderr);
    ensure!(built.status.success(), "{said}");
    Ok(executables(copy, &said))
}

/// Cargo for many mutants: optimised a little, and silent about what they leave unused.
fn cargo(copy: &CrateCopy) -> Command {
    let mut command = Command::new("cargo");
    command
        .current_dir(copy.krate())
        .env("CARGO_TARGET_DIR", copy.target())
        .env("CARGO_PROFILE_DEV_DEBUG", "0")
        .env("CARGO_PROFILE_DEV_OPT_LEVEL", "1")
        .env("CARGO_NET_OFFLINE", "true")
        .env("CARGO_TERM_COLOR", "never")
        .env("RUSTFLAGS", "--cap-lints allow")
        .stdin(Stdio::null());
    command
}

/// Runs a program of tests, in which a mutant may have to be named: killed, late, or survived.
pub fn run(
    copy: &CrateCopy,
    program: &Path,
    mutant: Option<usize>,
    limit: Duration,
) -> Result<Fate> {
    let said = File::create(copy.top().join("said"))?;
    let named = mutant.map(|mutant| ("FUMEHOOD_MUTANT", mutant.to_string()));
    let mut child = Command::new("sh")
        .args(["-c", "ulimit -v \"$1\"; exec \"$0\""])
        .arg(program)
        .arg(MEMORY)
        .current_dir(copy.krate())
        .env("FUMEHOOD_FUZZ_CASES", CASES)
        .env_remove("FUMEHOOD_SEED")
        .envs(named)
        .env_remove("RUST_BACKTRACE")
        .stdin(Stdio::null())
        .stdout(said.try_clone()?)
        .stderr(said)
        .spawn()
        .context("cannot run sh")?;
    let start = Instant::now();
    loop {
        if let Some(status) = child.try_wait()? {
            return Ok(if status.success() {
                Fate::Survived
            } else {
                Fate::Killed
            });
        }
        if start.elapsed() > limit {
            child.kill()?;
            child.wait()?;
            return Ok(Fate::TimedOut);
        }
        sleep(Duration::from_millis(5));
    }
}
