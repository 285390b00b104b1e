//! Every guarantee names the tests that prove it, and they exist.
//!
//! `docs/GUARANTEES.md` holds tables of this form, one row per guarantee and
//! mode; the columns may be called as they like and the last one lists proofs:
//!
//! ```text
//! | Id | What holds | Where | Evidence | Proved by |
//! |---|---|---|---|---|
//! | G1 | A write outside the roots fails. | Linux | proven | `write-by-symlink`, `a_write_outside_fails` |
//! ```
//!
//! A proof in backticks is the name of a test function (`fn name(` in a Rust
//! file) or of an attempt or probe (the string `"name"` in a Rust file); what
//! stands in `xtask/` proves nothing. Numbers start at 1 and have no holes; a number may have several rows (one per OS or
//! mode).

use std::collections::BTreeSet;

use super::{finding::Finding, source::Source};

/// Where the guarantees are.
const FILE: &str = "docs/GUARANTEES.md";
const RULE: &str = "guarantee";

/// Guarantees without a proof, with one that does not exist, or misnumbered.
pub fn check(sources: &[Source]) -> Vec<Finding> {
    let Some(file) = sources.iter().find(|source| source.path == FILE) else {
        return vec![Finding::about(
            FILE,
            RULE,
            "is missing: say what holds and what proves it",
        )];
    };
    let mut findings = Vec::new();
    let mut numbers = BTreeSet::new();
    for (line, row) in file.text.lines().enumerate() {
        let Some((number, proofs)) = guarantee(row) else {
            continue;
        };
        numbers.insert(number);
        let at = |advice: String| Finding::at(FILE, line + 1, RULE, format!("G{number} {advice}"));
        let names = backticked(proofs);
        if names.is_empty() {
            findings.push(at(
                "names no test in its last column: name one, in backticks".to_owned(),
            ));
        }
        for name in names.into_iter().filter(|name| !exists(name, sources)) {
            findings.push(at(format!(
                "is proved by `{name}`, which no Rust file defines"
            )));
        }
    }
    for (number, expected) in numbers
        .iter()
        .zip(1..)
        .filter(|(number, at)| **number != *at)
        .take(1)
    {
        let advice = format!("G{number} follows where G{expected} is due: leave no hole");
        findings.push(Finding::about(FILE, RULE, advice));
    }
    findings
}

/// The number and the last cell of a row that states a guarantee.
fn guarantee(row: &str) -> Option<(u32, &str)> {
    let cells: Vec<&str> = row
        .trim()
        .strip_prefix('|')?
        .strip_suffix('|')?
        .split('|')
        .collect();
    let number = cells
        .first()?
        .trim()
        .trim_matches('*')
        .strip_prefix('G')?
        .parse()
        .ok()?;
    Some((number, cells.last()?))
}

/// What stands between backticks.
pub fn backticked(text: &str) -> Vec<&str> {
    text.split('`').skip(1).step_by(2).collect()
}

/// Whether a Rust file has a function or a string of that name.
fn exists(name: &str, sources: &[Source]) -> bool {
    let function = format!("fn {name}(");
    let string = format!("\"{name}\"");
    let mut rust = sources
        .iter()
        .filter(|s| s.is_rust() && !s.path.starts_with("xtask/"));
    rust.any(|s| s.code.contains(&function) || s.text.contains(&string))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn advice(guarantees: &str) -> Vec<String> {
        let code =
            "fn a_write_outside_fails() {}\n// fn a_comment()\nlet a = \"write-by-symlink\";";
        let sources = [
            Source::new(FILE, guarantees),
            Source::new("tests/a.rs", code),
        ];
        check(&sources)
            .into_iter()
            .map(|finding| finding.advice)
            .collect()
    }

    #[test]
    fn a_guarantee_whose_tests_exist_is_left_alone() {
        let text = "| Id | Proved by |\n|---|---|\n| G1 | a | `a_write_outside_fails` |\n\
                    | G1 | b | `write-by-symlink`, `a_write_outside_fails` |\n| G2 | `x` | `write-by-symlink` |";
        assert!(advice(text).is_empty());
    }

    #[test]
    fn a_guarantee_without_a_test_that_exists_is_found() {
        assert_eq!(advice("| G1 | a | none |").len(), 1);
        assert_eq!(advice("| G1 | a | `a_comment` |").len(), 1);
        assert_eq!(advice("| G1 | a | `write-by-symlink`, `gone` |").len(), 1);
        assert_eq!(advice("| **G1** | a | `gone` |").len(), 1);
    }

    #[test]
    fn a_hole_in_the_numbers_is_found() {
        assert_eq!(
            advice("| G1 | `write-by-symlink` |\n| G3 | `write-by-symlink` |").len(),
            1
        );
        assert_eq!(check(&[]).len(), 1);
    }
}
