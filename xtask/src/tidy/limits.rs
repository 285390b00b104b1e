//! Every gap has its place in `docs/LIMITS.md`.
//!
//! The names of gaps are read from the enumeration itself, written with `-` as
//! users write them, and must stand in backticks in the document.

use super::{finding::Finding, guarantees::backticked, scan, source::Source};

/// Where gaps are named.
const GAPS: &str = "crates/policy/src/gap.rs";
/// Where they are explained.
const LIMITS: &str = "docs/LIMITS.md";
const RULE: &str = "limit";

/// Gaps that no limit explains.
pub fn check(sources: &[Source]) -> Vec<Finding> {
    let find = |path| sources.iter().find(|source| source.path == path);
    let Some(gaps) = find(GAPS) else {
        return vec![Finding::about(
            GAPS,
            RULE,
            "is missing: gaps are named there",
        )];
    };
    let names = names(gaps);
    if names.is_empty() {
        return vec![Finding::about(
            GAPS,
            RULE,
            "has no `enum GapName` that can be read",
        )];
    }
    let Some(limits) = find(LIMITS) else {
        return vec![Finding::about(
            LIMITS,
            RULE,
            "is missing: say where it does not hold",
        )];
    };
    let explained: Vec<&str> = limits.text.lines().flat_map(backticked).collect();
    let missing = names
        .into_iter()
        .filter(|name| !explained.contains(&name.as_str()));
    missing
        .map(|name| {
            Finding::about(
                LIMITS,
                RULE,
                format!("explain the gap `{name}`, in backticks"),
            )
        })
        .collect()
}

/// The variants of `GapName`, as users write them.
fn names(gaps: &Source) -> Vec<String> {
    let body = gaps
        .code
        .split_once("enum GapName")
        .and_then(|(_, rest)| rest.split_once('{'));
    let Some((body, _)) = body.and_then(|(_, body)| body.split_once('}')) else {
        return Vec::new();
    };
    let variants = body.split(',').filter_map(|variant| {
        // What stands before the name is an attribute.
        let name = variant.rsplit(']').next()?.trim();
        (!name.is_empty()).then_some(name)
    });
    variants.map(|name| scan::parts(name).join("-")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const ENUM: &str = "//! Gaps.\n#[derive(Debug)]\npub enum GapName {\n    /// Too, deep.\n    \
                        DeepGlobs,\n    #[doc(hidden)]\n    Memory,\n}\n";

    fn findings(gaps: &str, limits: &str) -> usize {
        check(&[Source::new(GAPS, gaps), Source::new(LIMITS, limits)]).len()
    }

    #[test]
    fn a_gap_that_no_limit_explains_is_found() {
        assert_eq!(findings(ENUM, "| `deep-globs` | … |\n| `memory` | … |"), 0);
        assert_eq!(findings(ENUM, "| `deep-globs` | memory |"), 1);
        assert_eq!(findings(ENUM, ""), 2);
    }

    #[test]
    fn an_enumeration_that_cannot_be_read_is_no_pass() {
        assert_eq!(findings("enum Gap { A }", ""), 1);
        assert_eq!(check(&[]).len(), 1);
        assert_eq!(check(&[Source::new(GAPS, ENUM)]).len(), 1);
    }
}
