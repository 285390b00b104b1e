//! `cargo xtask ci`: all that CI runs, a step after the other, to the last.
//!
//! A step that fails does not stop the rest: one run shows everything that is
//! wrong. On 2 cores the short form is to stay under 40 minutes.

mod steps;
mod summary;

use std::path::Path;

use anyhow::Result;

use self::summary::Summary;
use crate::{machine, ordinary::Ordinary, run::Verdict};

/// How much is searched, fuzzed and measured.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Length {
    /// What every change runs.
    Short,
    /// With long searches, fuzzers and benchmarks.
    Long,
}

/// Runs every step and prints a table.
///
/// # Errors
///
/// If a step failed, or was skipped in CI for a reason nobody reviewed.
pub fn run(top: &Path, length: Length) -> Result<()> {
    let mut summary = Summary::new(machine::is_ci());
    summary.step("format", || steps::format(top));
    summary.step("clippy", || steps::clippy(top));
    summary.step("tidy", || steps::tidy(top));
    if length == Length::Long {
        summary.step("test", || steps::test(top, length));
    }
    // The escape suite is part of the tests.
    summary.step("test twice in parallel", || steps::test_twice(top));
    for triple in steps::TARGETS {
        summary.step(&format!("check {triple}"), || steps::check(top, triple));
    }
    summary.step("documentation", || steps::documentation(top));
    summary.step("schema", || steps::schema(top));
    summary.step("fuzz", || steps::fuzz(top, length));
    summary.step("samba", || steps::samba(top, length));
    if length == Length::Long {
        summary.step("mutants", || steps::mutants(top));
        summary.step("escape", || crate::escape::as_invoked(top));
    }
    ordinary(top, length, &mut summary);
    summary.step("bench startup", || steps::bench_startup(top, length));
    summary.step("bench steady", || steps::bench_steady(top, length));
    summary.step("bench nt", || steps::bench_nt(top, length));
    summary.finish()
}

/// The tests and the escape suite once more, as an ordinary user whom root makes.
fn ordinary(top: &Path, length: Length, summary: &mut Summary) {
    let obstacle = if machine::is_root() {
        Ordinary::obstacle()
    } else {
        Some("only-root: the steps above ran as an ordinary user".to_owned())
    };
    if let Some(why) = obstacle {
        summary.step("as an ordinary user", || Ok(Verdict::Skipped(why)));
        return;
    }
    let mut made = None;
    summary.step("make an ordinary user", || {
        made = Some(Ordinary::create(top)?);
        Ok(Verdict::Passed)
    });
    if let Some(user) = made {
        summary.step("test as an ordinary user", || steps::test_as(&user, length));
        if length == Length::Long {
            summary.step("escape as an ordinary user", || {
                crate::escape::as_ordinary(&user)
            });
        }
    }
}
