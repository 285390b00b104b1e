//! Decisions are numbered without holes: `docs/decisions/0001-….md`.

use super::{finding::Finding, source::Source};

/// Where decisions are kept.
const FOLDER: &str = "docs/decisions/";

/// Decisions whose number is missing, taken twice, or skips one.
pub fn check(sources: &[Source]) -> Vec<Finding> {
    let mut names: Vec<&str> = sources
        .iter()
        .filter_map(|source| source.path.strip_prefix(FOLDER))
        .collect();
    names.sort_unstable();
    let mut findings = Vec::new();
    for (at, name) in names.iter().enumerate() {
        let number = format!("{:04}-", at + 1);
        let title = name
            .strip_prefix(&number)
            .and_then(|rest| rest.strip_suffix(".md"));
        if title.is_none_or(str::is_empty) {
            let advice = format!("decisions are numbered without holes: this is `{number}….md`");
            findings.push(Finding::about(
                &format!("{FOLDER}{name}"),
                "decision",
                advice,
            ));
        }
    }
    findings
}

#[cfg(test)]
mod tests {
    use super::*;

    fn count(names: &[&str]) -> usize {
        let sources: Vec<_> = names
            .iter()
            .map(|name| Source::new(&format!("{FOLDER}{name}"), ""))
            .collect();
        check(&sources).len()
    }

    #[test]
    fn a_hole_or_a_number_taken_twice_is_found() {
        assert_eq!(count(&["0001-a.md", "0003-b.md"]), 1);
        assert_eq!(count(&["0001-a.md", "0001-b.md"]), 1);
        assert_eq!(count(&["0001-a.md", "README.md"]), 1);
        assert_eq!(count(&["0002-b.md", "0001-a.md"]), 0);
        assert_eq!(count(&[]), 0);
    }
}
