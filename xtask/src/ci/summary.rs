//! What each step came to, and the table at the end.

use std::fmt::Write as _;
use std::time::{Duration, Instant};

use anyhow::{Result, bail};

use crate::{run::Verdict, skips};

/// Steps that were run.
pub struct Summary {
    is_ci: bool,
    steps: Vec<Step>,
}

struct Step {
    name: String,
    verdict: Verdict,
    took: Duration,
}

impl Summary {
    /// Nothing yet. In CI, skips count.
    pub fn new(is_ci: bool) -> Self {
        Self {
            is_ci,
            steps: Vec::new(),
        }
    }

    /// Runs `act` under a heading. An error is a failure like any other.
    pub fn step(&mut self, name: &str, act: impl FnOnce() -> Result<Verdict>) {
        println!("\n=== {name}");
        let start = Instant::now();
        let verdict = act().unwrap_or_else(|error| Verdict::Failed(format!("{error:#}")));
        let verdict = self.review(verdict);
        let took = start.elapsed();
        match &verdict {
            Verdict::Passed => {}
            Verdict::Failed(why) => println!("FAILED: {why}"),
            Verdict::Skipped(why) => println!("skipped: {why}"),
        }
        self.steps.push(Step {
            name: name.to_owned(),
            verdict,
            took,
        });
    }

    /// In CI, a skip that nobody reviewed is a failure.
    fn review(&self, verdict: Verdict) -> Verdict {
        match verdict {
            Verdict::Skipped(why) if self.is_ci && skips::fact(&why).is_none() => {
                Verdict::Failed(format!("skipped, and not in xtask/src/skips.rs: {why}"))
            }
            other => other,
        }
    }

    /// Prints the table.
    ///
    /// # Errors
    ///
    /// If a step failed.
    pub fn finish(self) -> Result<()> {
        println!("\n{}", self.table());
        let failed = self
            .steps
            .iter()
            .filter(|step| matches!(step.verdict, Verdict::Failed(_)));
        match failed.count() {
            0 => Ok(()),
            count => bail!("{count} of {} steps failed", self.steps.len()),
        }
    }

    fn table(&self) -> String {
        let width = self
            .steps
            .iter()
            .map(|step| step.name.len())
            .max()
            .unwrap_or(0);
        let mut table = String::new();
        for step in &self.steps {
            let (word, why) = match &step.verdict {
                Verdict::Passed => ("ok", ""),
                Verdict::Failed(why) => ("FAILED", why.as_str()),
                Verdict::Skipped(why) => ("skipped", why.as_str()),
            };
            let seconds = step.took.as_secs();
            let row = format!("{:width$}  {seconds:>5} s  {word:<8}{why}", step.name);
            // A `String` takes everything that is written to it.
            let written = writeln!(table, "{}", row.trim_end());
            debug_assert!(written.is_ok());
        }
        table
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn finished(is_ci: bool, verdict: Verdict) -> bool {
        let mut summary = Summary::new(is_ci);
        summary.step("one step", || Ok(verdict));
        summary.finish().is_ok()
    }

    #[test]
    fn a_failed_step_or_an_error_fails_the_run() {
        assert!(finished(true, Verdict::Passed));
        assert!(!finished(false, Verdict::Failed("no".to_owned())));
        let mut summary = Summary::new(false);
        summary.step("one step", || bail!("no"));
        assert!(summary.finish().is_err());
    }

    #[test]
    fn an_unreviewed_skip_fails_in_ci_and_only_there() {
        assert!(!finished(
            true,
            Verdict::Skipped("target: not installed".to_owned())
        ));
        assert!(finished(
            false,
            Verdict::Skipped("target: not installed".to_owned())
        ));
        assert!(finished(
            true,
            Verdict::Skipped("only-root: an ordinary user runs this".to_owned())
        ));
    }

    #[test]
    fn the_table_has_a_row_a_step_with_its_reason() {
        let mut summary = Summary::new(false);
        summary.step("a", || Ok(Verdict::Passed));
        summary.step("longer", || Ok(Verdict::Failed("why".to_owned())));
        assert_eq!(
            summary.table(),
            "a           0 s  ok\nlonger      0 s  FAILED  why\n"
        );
    }
}
