//! Many mutants in one build: a number in the environment says which one runs.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail, ensure};

use super::change::Mutant;
use super::crate_copy::CrateCopy;
use super::trial::{self, Fate};
use super::weave::{MODULE, Woven};

/// A program that goes round in circles takes this many times as long as one that does not.
const PATIENCE: u32 = 6;
/// And this much longer, for other work on the machine.
const GRACE: Duration = Duration::from_secs(5);

/// Mutants that were built together.
pub struct Together {
    copy: CrateCopy,
    /// Those that can be run.
    built: BTreeSet<usize>,
    /// Those that do not compile.
    broken: BTreeSet<usize>,
    programs: BTreeMap<String, Program>,
}

struct Program {
    path: PathBuf,
    limit: Duration,
}

impl Together {
    /// Builds the mutants that can be built together, by their places in the list.
    pub fn build(top: &Path, mutants: &[Mutant]) -> Result<Self> {
        let mut together = Self {
            copy: CrateCopy::create(top, "nt-mutants")?,
            built: BTreeSet::new(),
            broken: BTreeSet::new(),
            programs: BTreeMap::new(),
        };
        let sources = together.copy.krate().join("src");
        fs::write(sources.join("mutant.rs"), MODULE)?;
        let root = sources.join("lib.rs");
        let lib = fs::read_to_string(&root)?;
        fs::write(&root, format!("{lib}\npub mod mutant;\n"))?;
        together.weave(mutants)?;
        for (name, path) in trial::build_all(&together.copy)? {
            let start = Instant::now();
            let fate = trial::run(&together.copy, &path, None, trial::LIMIT)?;
            ensure!(fate == Fate::Survived, "{name} fails without a mutant");
            let limit = start.elapsed() * PATIENCE + GRACE;
            together.programs.insert(name, Program { path, limit });
        }
        let (built, broken) = (together.built.len(), together.broken.len());
        println!("{built} mutants in one build, {broken} that do not compile");
        Ok(together)
    }

    /// Writes the mutants into the sources, without those that do not compile.
    fn weave(&mut self, mutants: &[Mutant]) -> Result<()> {
        let mut originals = BTreeMap::new();
        for mutant in mutants {
            let path = self.copy.krate().join("src").join(&mutant.file);
            let text = fs::read_to_string(&path).with_context(|| path.display().to_string())?;
            originals.insert(mutant.file.as_str(), (path, text));
        }
        loop {
            let mut files = BTreeMap::new();
            for (file, (path, text)) in &originals {
                let of_file = mutants.iter().enumerate();
                let numbered: Vec<_> = of_file
                    .filter(|(at, mutant)| mutant.file == *file && !self.broken.contains(at))
                    .collect();
                let woven = Woven::of(file, text, &numbered);
                fs::write(path, &woven.text)?;
                files.insert(*file, woven);
            }
            let Some(said) = trial::check(&self.copy)? else {
                self.built = files.values().flat_map(Woven::mutants).collect();
                return Ok(());
            };
            let before = self.broken.len();
            self.broken.extend(blamed(&said, &files));
            if self.broken.len() == before {
                bail!("what does not compile is no mutant: {said}");
            }
        }
    }

    /// Whether the mutant at this place in the list has to be tried alone.
    pub fn lacks(&self, at: usize) -> bool {
        !self.built.contains(&at) && !self.broken.contains(&at)
    }

    /// What becomes of the mutant at this place in the list; none if it has to be tried alone.
    pub fn fate(&self, at: usize, mutant: &Mutant) -> Result<Option<Fate>> {
        if self.broken.contains(&at) {
            return Ok(Some(Fate::Broken));
        }
        if self.lacks(at) {
            return Ok(None);
        }
        for name in trial::order(&self.copy, &mutant.file)? {
            let program = self.programs.get(&name);
            let program = program.with_context(|| format!("{name} was not built"))?;
            match trial::run(&self.copy, &program.path, Some(at), program.limit)? {
                Fate::Survived => {}
                other => return Ok(Some(other)),
            }
        }
        Ok(Some(Fate::Survived))
    }
}

/// The mutants that the compiler's errors are about: `crates/nt/src/a.rs:12:3: error: …`.
fn blamed(said: &str, files: &BTreeMap<&str, Woven>) -> BTreeSet<usize> {
    let places = said.lines().filter_map(|line| {
        let (place, rest) = line.split_once(": ")?;
        let place = rest.starts_with("error").then_some(place)?;
        let (_, place) = place.split_once("crates/nt/src/")?;
        let mut parts = place.split(':');
        let (file, line) = (parts.next()?, parts.next()?.parse().ok()?);
        files.get(file)?.mutant_at(line)
    });
    places.collect()
}
