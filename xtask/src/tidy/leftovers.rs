//! What is meant to be gone before anybody else reads it.

use super::{finding::Finding, scan, source::Source};

/// Macros that stand for work not done.
const MACROS: [&str; 3] = ["todo", "unimplemented", "dbg"];
/// Marks in comments, in two halves so that this file does not hold them.
const MARKS: [&str; 2] = [concat!("FIX", "ME"), concat!("X", "XX")];

/// Unfinished work, silenced tests, lints and panics.
pub fn check(source: &Source) -> Vec<Finding> {
    let mut findings = Vec::new();
    let mut found = |offset, rule, advice: String| {
        findings.push(Finding::at(&source.path, source.line(offset), rule, advice));
    };
    for word in scan::words(&source.code) {
        let is_macro = source.code[word.end()..].starts_with('!');
        if is_macro && MACROS.contains(&word.text) {
            found(
                word.start,
                "leftover",
                format!("`{}!`: finish it or take it out", word.text),
            );
        }
        if word.text == "catch_unwind" {
            found(
                word.start,
                "leftover",
                "a caught panic hides a fault: fail closed".to_owned(),
            );
        }
    }
    for word in scan::words(&source.prose)
        .into_iter()
        .filter(|word| MARKS.contains(&word.text))
    {
        found(
            word.start,
            "leftover",
            format!("`{}`: mend it, or file an issue", word.text),
        );
    }
    for attribute in scan::attributes(source) {
        let words = scan::words(attribute.inside);
        let has = |name| words.iter().any(|word| word.text == name);
        match words.first().map(|word| word.text) {
            Some("allow") => {
                let advice = "`allow` goes stale in silence: `expect` the lint, with a reason";
                found(attribute.start, "lint", advice.to_owned());
            }
            Some("expect") if !has("reason") => {
                found(
                    attribute.start,
                    "lint",
                    "say why: `reason = \"…\"`".to_owned(),
                );
            }
            Some("ignore") if !attribute.inside.contains('=') => {
                found(
                    attribute.start,
                    "ignore",
                    "say why: `#[ignore = \"…\"]`".to_owned(),
                );
            }
            _ => {}
        }
    }
    findings
}

#[cfg(test)]
mod tests {
    use super::*;

    fn count(text: &str) -> usize {
        check(&Source::new("a.rs", text)).len()
    }

    #[test]
    fn unfinished_work_is_found() {
        for name in MACROS {
            assert_eq!(count(&format!("fn a() {{ {name}!(b) }}")), 1, "{name}");
            assert_eq!(
                count(&format!("fn {name}() {{ \"{name}!()\" }} // {name}!()")),
                0,
                "{name}"
            );
        }
        for mark in MARKS {
            assert_eq!(count(&format!("// {mark}: later")), 1, "{mark}");
            assert_eq!(count(&format!("\"{mark}\" // {mark}X")), 0, "{mark}");
        }
    }

    #[test]
    fn silenced_tests_lints_and_panics_are_found() {
        for text in [
            "#[allow(dead_code)]",
            "#![allow(clippy::all)]",
            "#[expect(unsafe_code)]",
            "#[ignore]\nfn a() {}",
            "std::panic::catch_unwind(a)",
        ] {
            assert_eq!(count(text), 1, "{text}");
        }
        for text in [
            "#[expect(unsafe_code, reason = \"FFI\")]",
            "#[ignore = \"slow\"]",
            "// catch_unwind",
            "#[deny(dead_code)]",
            "fn allow() {}",
        ] {
            assert_eq!(count(text), 0, "{text}");
        }
    }
}
