//! `cargo xtask mutants`: do the tests of `crates/nt` notice when the evaluator is wrong?
//!
//! One thing is changed at a time, in a copy of the crate, and the crate's tests
//! are run until one fails. What stands in functions is built together, once. What no test notices survives: a test is missing, or
//! the change changes nothing. The latter stand in `crates/nt/mutants.txt` with
//! the reason; they count as survivors all the same.

mod change;
mod code;
mod crate_copy;
mod known;
mod names;
mod span;
mod together;
mod trial;
mod weave;

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Instant;

use anyhow::{Context as _, Result, ensure};
use clap::Args;

use self::change::Mutant;
use self::crate_copy::CrateCopy;
use self::known::Known;
use self::together::Together;
use self::trial::Fate;

/// Of the mutants that compile, so many in a hundred have to die.
const MUST_DIE: f64 = 95.0;
/// The seed of whoever names none.
const SEED: u64 = 1;
/// What is changed, below `crates/nt/src`: the check, tokens, inheritance. Not what reads and
/// writes, which has round trips and fuzzing.
const SUBJECTS: [&str; 7] = [
    "evaluate",
    "inherit.rs",
    "restrict.rs",
    "semantics.rs",
    "token.rs",
    "token_list.rs",
    "token_privilege.rs",
];

/// What is tried.
#[derive(Args)]
pub struct Options {
    /// Only files whose path has one of these in it.
    #[arg(long, value_delimiter = ',')]
    files: Vec<String>,
    /// Only so many, drawn by the seed.
    #[arg(long)]
    limit: Option<usize>,
    /// What draws them.
    #[arg(long, default_value_t = SEED)]
    seed: u64,
    /// No more once so many seconds have passed.
    #[arg(long)]
    seconds: Option<u64>,
    /// Only those that stand in this file, as a run printed them.
    #[arg(long)]
    again: Option<PathBuf>,
    /// Print the mutants and try none.
    #[arg(long)]
    list: bool,
}

impl Options {
    /// A sample of all files, of so many or as many as that time allows.
    pub fn sample(limit: usize, seconds: u64) -> Self {
        Self {
            files: Vec::new(),
            limit: Some(limit),
            seed: SEED,
            seconds: Some(seconds),
            again: None,
            list: false,
        }
    }
}

/// Tries mutants and judges.
///
/// # Errors
///
/// A survivor is not listed, a listed one dies or is none, or too many survive.
pub fn run(top: &Path, options: &Options) -> Result<()> {
    let sources = top.join("crates/nt/src");
    let all = mutants(&sources)?;
    let list = fs::read_to_string(top.join("crates/nt/mutants.txt")).unwrap_or_default();
    let known = Known::parse(&list)?;
    known.fits(&all)?;
    let chosen = again(chosen(all, options), options)?;
    if options.list {
        for mutant in &chosen {
            println!("{mutant}");
        }
        println!("{} mutants", chosen.len());
        return Ok(());
    }
    let together = Together::build(top, &chosen)?;
    let alone = CrateCopy::create(top, "nt-mutant-alone")?;
    let mut tally = Tally::default();
    let start = Instant::now();
    let is_late = || {
        options
            .seconds
            .is_some_and(|limit| start.elapsed().as_secs() >= limit)
    };
    let mut tried = 0;
    let mut order: Vec<usize> = (0..chosen.len()).collect();
    order.sort_by_key(|at| together.lacks(*at));
    for at in order {
        if is_late() {
            break;
        }
        let mutant = &chosen[at];
        let fate = match together.fate(at, mutant)? {
            Some(fate) => fate,
            None => trial::judge(&alone, mutant)?,
        };
        tally.count(fate, mutant, &known);
        tried += 1;
        if tried % 50 == 0 {
            println!("… {tried} of {}, {:.0?}", chosen.len(), start.elapsed());
        }
    }
    let (seed, took) = (options.seed, start.elapsed());
    println!(
        "seed {seed}, {tried} of {} mutants, {took:.0?}",
        chosen.len()
    );
    tally.finish()
}

/// Every mutant of every subject, in the order of files and places.
fn mutants(sources: &Path) -> Result<Vec<Mutant>> {
    let mut paths = Vec::new();
    collect(sources, &mut paths)?;
    paths.sort();
    let mut files = Vec::new();
    for path in paths {
        let text = fs::read_to_string(&path).with_context(|| path.display().to_string())?;
        let name = path.strip_prefix(sources)?.display().to_string();
        files.push((name, text));
    }
    let names = names::Names::of(files.iter().map(|(_, text)| text.as_str()));
    let is_subject = |name: &str| {
        let first = name.split('/').next().unwrap_or_default();
        SUBJECTS.contains(&first) || first == "evaluate.rs"
    };
    let subjects = files.iter().filter(|(name, _)| is_subject(name));
    Ok(subjects
        .flat_map(|(name, text)| change::mutants(name, text, &names))
        .collect())
}

fn collect(folder: &Path, paths: &mut Vec<PathBuf>) -> Result<()> {
    for entry in fs::read_dir(folder).with_context(|| folder.display().to_string())? {
        let path = entry?.path();
        if path.is_dir() {
            collect(&path, paths)?;
        } else if path.extension().is_some_and(|it| it == "rs") {
            paths.push(path);
        }
    }
    Ok(())
}

/// Those that the options name: all in order, or a sample by seed.
fn chosen(mut all: Vec<Mutant>, options: &Options) -> Vec<Mutant> {
    let wanted = &options.files;
    all.retain(|mutant| wanted.is_empty() || wanted.iter().any(|it| mutant.file.contains(it)));
    let Some(limit) = options.limit.filter(|limit| *limit < all.len()) else {
        return all;
    };
    let mut state = options.seed;
    for at in 0..limit {
        let left = u64::try_from(all.len() - at).unwrap_or(u64::MAX);
        let step = usize::try_from(next(&mut state) % left).unwrap_or_default();
        all.swap(at, at + step);
    }
    all.truncate(limit);
    all
}

/// Those of them that a run printed before, if the options say so.
fn again(mut chosen: Vec<Mutant>, options: &Options) -> Result<Vec<Mutant>> {
    if let Some(path) = &options.again {
        let printed = fs::read_to_string(path).with_context(|| path.display().to_string())?;
        chosen.retain(|mutant| printed.contains(&mutant.said()));
    }
    Ok(chosen)
}

/// `SplitMix64`.
fn next(state: &mut u64) -> u64 {
    *state = state.wrapping_add(0x9E37_79B9_7F4A_7C15);
    let mut mixed = *state;
    mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    mixed ^ (mixed >> 31)
}

/// What became of the mutants.
#[derive(Default)]
struct Tally {
    killed: usize,
    late: usize,
    broken: usize,
    listed: usize,
    unlisted: usize,
    /// Listed as changing nothing, and a test noticed.
    wrong: usize,
}

impl Tally {
    fn count(&mut self, fate: Fate, mutant: &Mutant, known: &Known) {
        let reason = known.reason(mutant);
        match (fate, reason) {
            (Fate::Killed | Fate::TimedOut, Some(_)) => {
                self.wrong += 1;
                println!("listed and killed: {mutant}");
            }
            (Fate::Survived, None) => {
                self.unlisted += 1;
                println!("survived: {mutant}");
            }
            (Fate::Survived, Some(reason)) => {
                self.listed += 1;
                println!("survived, listed: {mutant}: {reason}");
            }
            _ => {}
        }
        match fate {
            Fate::Killed => self.killed += 1,
            Fate::TimedOut => self.late += 1,
            Fate::Broken => self.broken += 1,
            Fate::Survived => {}
        }
    }

    fn finish(&self) -> Result<()> {
        let dead = self.killed + self.late;
        let alive = self.listed + self.unlisted;
        let compiled = dead + alive;
        println!(
            "{compiled} compiled: {dead} killed ({} by the time limit), {alive} survived \
             ({} listed as equivalent); {} did not compile",
            self.late, self.listed, self.broken
        );
        let share = |of: usize| percent(dead, of);
        println!(
            "{:.1} % died; {:.1} % of those not listed",
            share(compiled),
            share(compiled - self.listed)
        );
        ensure!(self.wrong == 0, "{} listed mutants were killed", self.wrong);
        ensure!(
            self.unlisted == 0,
            "{} survivors are not listed",
            self.unlisted
        );
        ensure!(
            share(compiled) >= MUST_DIE || compiled < 100,
            "fewer than {MUST_DIE} % died"
        );
        Ok(())
    }
}

#[expect(clippy::cast_precision_loss, reason = "counts are small")]
fn percent(part: usize, whole: usize) -> f64 {
    if whole == 0 {
        return 100.0;
    }
    100.0 * part as f64 / whole as f64
}
