//! `cargo xtask samba`: `nt check` beside Samba's access check, case by case.
//!
//! Cases are random by seed and small, so that ACEs meet SIDs. Both programs read
//! the same lines. Where they differ, a rule with a name and a reason must know
//! the difference; one that no rule knows is a failure.

mod case;
mod rule;

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::{BufRead as _, BufReader, BufWriter, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Child, Command};
use std::time::{Instant, SystemTime, UNIX_EPOCH};

use anyhow::{Context as _, Result, bail, ensure};
use clap::Args;
use serde_json::Value;

use self::case::Case;
use crate::bench::random::Random;
use crate::machine::{self, Scratch};
use crate::run::{self, Verdict};
use crate::skips;

/// What answers for Samba. Not by `PATH`: Debian's modules belong to Debian's python.
const PYTHON: &str = "/usr/bin/python3";
const SCRIPT: &str = "xtask/src/samba/answer.py";
/// Cases in one pair of processes: enough that starting them does not count.
const BATCH: usize = 20_000;
/// Unexplained cases that are shown; the rest is counted.
const SHOWN: usize = 5;

/// What `cargo xtask samba` takes.
#[derive(Debug, Args)]
pub struct Options {
    /// How many cases.
    #[arg(long, default_value_t = 20_000)]
    cases: usize,
    /// Replays the cases of an earlier run.
    #[arg(long)]
    seed: Option<u64>,
}

impl Options {
    /// So many cases, by a seed from the clock.
    pub const fn of(cases: usize) -> Self {
        Self { cases, seed: None }
    }
}

/// What one side answers: what is granted, or none.
pub type Answer = Option<u32>;

/// A case and both answers.
#[derive(Debug)]
pub struct Compared<'a> {
    /// The case.
    pub case: &'a Case,
    /// What the model answers.
    pub ours: Answer,
    /// The open questions that the model's answer hangs on.
    pub depends_on: Vec<String>,
    /// What Samba answers.
    pub samba: Answer,
}

/// Compares, and prints how it went.
///
/// # Errors
///
/// A difference that no rule explains, or a side that cannot be run.
pub fn run(top: &Path, options: &Options) -> Result<()> {
    match compare(top, options)? {
        Verdict::Passed => Ok(()),
        Verdict::Skipped(why) => {
            println!("skip: {why}");
            let is_reviewed = skips::fact(&why).is_some();
            ensure!(
                is_reviewed || !machine::is_ci(),
                "CI must compare with Samba"
            );
            Ok(())
        }
        Verdict::Failed(why) => bail!(why),
    }
}

/// The same, for `xtask ci`.
///
/// # Errors
///
/// A side that cannot be run.
pub fn compare(top: &Path, options: &Options) -> Result<Verdict> {
    if !has_samba() {
        let name = if machine::is_root() {
            "samba"
        } else {
            "samba-as-root"
        };
        let why = "python3-samba is not there: `apt-get install python3-samba`";
        return Ok(Verdict::Skipped(format!("{name}: {why}")));
    }
    let clock = || {
        let now = SystemTime::now().duration_since(UNIX_EPOCH);
        now.map_or(1, |now| now.as_secs())
    };
    let seed = options.seed.unwrap_or_else(clock);
    let cases = options.cases;
    println!("seed {seed}; replay with `cargo xtask samba --cases {cases} --seed {seed}`");
    let program = build(top)?;
    let scratch = Scratch::create(&machine::target_folder(top), "samba")?;
    let mut random = Random::new(seed);
    let mut tally = Tally::default();
    let start = Instant::now();
    let mut left = cases;
    while left > 0 {
        let batch: Vec<Case> = (0..left.min(BATCH))
            .map(|_| Case::random(&mut random))
            .collect();
        left -= batch.len();
        tally.add(&batch, |cases| {
            Batch::answered(cases, &program, top, &scratch.path)
        })?;
    }
    println!("{cases} cases in {:.0} s", start.elapsed().as_secs_f64());
    Ok(tally.verdict())
}

fn has_samba() -> bool {
    let asked = machine::ask(Command::new(PYTHON).args(["-c", "import samba.security"]));
    asked.is_ok()
}

/// The command as it is built for tests.
fn build(top: &Path) -> Result<PathBuf> {
    let arguments = ["build", "--package", "fumehood-cli", "--bin", "fumehood"];
    run::must(Command::new("cargo").args(arguments).current_dir(top))?;
    Ok(machine::target_folder(top).join("debug").join("fumehood"))
}

/// Some cases with what both sides say.
struct Batch<'a> {
    cases: &'a [Case],
    ours: Vec<String>,
    samba: Vec<String>,
}

impl<'a> Batch<'a> {
    /// Asks both sides at once.
    fn answered(cases: &'a [Case], program: &Path, top: &Path, scratch: &Path) -> Result<Self> {
        let questions = scratch.join("questions");
        let mut file = BufWriter::new(File::create(&questions)?);
        for case in cases {
            writeln!(file, "{}", case.line())?;
        }
        file.into_inner()?.sync_data()?;
        let start = |command: &mut Command, answers: &Path| -> Result<Child> {
            let command = command
                .stdin(File::open(&questions)?)
                .stdout(File::create(answers)?);
            command
                .spawn()
                .with_context(|| format!("cannot run {command:?}"))
        };
        let (ours, samba) = (scratch.join("ours"), scratch.join("samba"));
        let mut children = [
            start(Command::new(program).args(["nt", "check"]), &ours)?,
            start(Command::new(PYTHON).arg(top.join(SCRIPT)), &samba)?,
        ];
        for child in &mut children {
            let status = child.wait()?;
            ensure!(status.success(), "one side ended with {status}");
        }
        Ok(Self {
            cases,
            ours: lines(&ours, cases.len())?,
            samba: lines(&samba, cases.len())?,
        })
    }

    fn compared(&self, at: usize) -> Result<Compared<'a>> {
        let case = &self.cases[at];
        let said: Value = serde_json::from_str(&self.ours[at])?;
        let granted = said["granted"].as_bool();
        let granted = granted.with_context(|| format!("{}: {said}", case.line()))?;
        let mask = said["mask"].as_str().and_then(|mask| mask.get(2..));
        let mask = u32::from_str_radix(mask.context("no mask")?, 16)?;
        let names = said["depends_on"].as_array().into_iter().flatten();
        let samba = self.samba[at].as_str();
        Ok(Compared {
            case,
            ours: granted.then_some(mask),
            depends_on: names
                .filter_map(|name| name.as_str().map(str::to_owned))
                .collect(),
            samba: match samba {
                "-" => None,
                mask => Some(u32::from_str_radix(mask, 16)?),
            },
        })
    }
}

/// The lines of a file, of which there must be so many.
fn lines(file: &Path, count: usize) -> Result<Vec<String>> {
    let lines = BufReader::new(File::open(file)?).lines();
    let lines: Vec<String> = lines.collect::<Result<_, _>>()?;
    let found = lines.len();
    ensure!(found == count, "{found} answers to {count} questions");
    fs::remove_file(file)?;
    Ok(lines)
}

/// What the comparison came to.
#[derive(Default)]
struct Tally {
    /// Cases by what kind of token asked for what, and how many were granted.
    kinds: BTreeMap<&'static str, (usize, usize)>,
    explained: BTreeMap<&'static str, usize>,
    unexplained: usize,
}

impl Tally {
    /// Asks, and where a rule says what a difference comes down to, asks again without that.
    fn add<'a>(
        &mut self,
        cases: &'a [Case],
        ask: impl for<'b> Fn(&'b [Case]) -> Result<Batch<'b>>,
    ) -> Result<()> {
        let batch = ask(cases)?;
        let (mut doubtful, mut others) = (Vec::new(), Vec::new());
        for at in 0..cases.len() {
            let compared = batch.compared(at)?;
            let (count, granted) = self.kinds.entry(compared.case.kind()).or_default();
            *count += 1;
            *granted += usize::from(compared.ours.is_some());
            if compared.ours == compared.samba {
                continue;
            }
            let Some(rule) = rule::explaining(&compared) else {
                self.unexplained(&compared);
                continue;
            };
            match rule.other_case(compared.case) {
                Some(other) => {
                    others.push(other);
                    doubtful.push((rule, compared));
                }
                None => self.explained(rule),
            }
        }
        let again = ask(&others)?;
        for (at, (rule, compared)) in doubtful.iter().enumerate() {
            if rule.holds(compared, &again.compared(at)?) {
                self.explained(rule);
            } else {
                self.unexplained(compared);
            }
        }
        Ok(())
    }

    fn explained(&mut self, rule: &rule::Rule) {
        *self.explained.entry(rule.name).or_default() += 1;
    }

    fn unexplained(&mut self, compared: &Compared<'_>) {
        self.unexplained += 1;
        if self.unexplained <= SHOWN {
            let (ours, samba) = (shown(compared.ours), shown(compared.samba));
            let line = compared.case.line();
            println!("  unexplained: ours {ours}, Samba {samba}: {line}");
        }
    }

    fn verdict(&self) -> Verdict {
        for (kind, (count, granted)) in &self.kinds {
            println!("  {count:>8} {kind}, {granted} of them granted");
        }
        for rule in &rule::ALL {
            let count = self.explained.get(rule.name).copied().unwrap_or(0);
            println!("  {count:>8} explained by `{}`: {}", rule.name, rule.reason);
        }
        println!("  {:>8} unexplained", self.unexplained);
        if self.unexplained == 0 {
            Verdict::Passed
        } else {
            Verdict::Failed(format!("{} differences unexplained", self.unexplained))
        }
    }
}

fn shown(answer: Answer) -> String {
    answer.map_or("denies".to_owned(), |mask| format!("grants {mask:#010x}"))
}
