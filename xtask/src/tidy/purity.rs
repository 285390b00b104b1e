//! `policy`, `nt`, `plan` and `sim` are functions of their arguments: no I/O,
//! clock, environment, threads, async, `std::path` or `unsafe`.
//!
//! Their integration tests read files and may; what is in `src/` may not, tests
//! included, so that a pure crate can be read without looking for exceptions.

use super::{finding::Finding, scan, source::Source};

/// Crates without effects.
pub const PURE: [&str; 4] = ["policy", "nt", "plan", "sim"];

/// Parts of `std` that have an effect or read the machine. `core` has none: the
/// addresses of `std::net` are in `core::net` too, without the sockets.
const EFFECTS: [&str; 11] = [
    "std::fs",
    "std::net",
    "std::env",
    "std::thread",
    "std::process",
    "std::path",
    "std::os",
    "std::time::Instant",
    "std::time::SystemTime",
    "std::io::stdin",
    "std::io::stdout",
];
/// Words of the language that have one.
const WORDS: [&str; 5] = ["async", "await", "println", "eprintln", "thread_local"];
/// What the root of a pure crate says.
const FORBIDS: &str = "#![forbid(unsafe_code)]";

/// Effects in a pure crate.
pub fn check(source: &Source) -> Vec<Finding> {
    let Some(room) = PURE.iter().find(|room| in_source(&source.path, room)) else {
        return Vec::new();
    };
    let mut findings = Vec::new();
    let mut found = |offset, what: &str| {
        let advice = format!("`{what}` in `{room}`, which is pure: take the value as an argument");
        findings.push(Finding::at(
            &source.path,
            source.line(offset),
            "pure",
            advice,
        ));
    };
    for (path, offset) in std_paths(&source.code) {
        let is_below = |effect: &str| {
            path.strip_prefix(effect)
                .is_some_and(|rest| rest.is_empty() || rest.starts_with("::"))
        };
        if let Some(effect) = EFFECTS.iter().find(|effect| is_below(effect)) {
            found(offset, effect);
        } else if path == "std::*" || path == "std::time::*" {
            found(offset, &path);
        }
    }
    for word in scan::words(&source.code)
        .into_iter()
        .filter(|word| WORDS.contains(&word.text))
    {
        found(word.start, word.text);
    }
    if source.path.ends_with("/src/lib.rs") && !source.text.contains(FORBIDS) {
        findings.push(Finding::about(
            &source.path,
            "pure",
            format!("a pure crate says `{FORBIDS}`"),
        ));
    }
    findings
}

/// Whether `path` is a source file of the crate in `crates/<room>`.
fn in_source(path: &str, room: &str) -> bool {
    let below = path
        .strip_prefix("crates/")
        .and_then(|path| path.strip_prefix(room));
    below.is_some_and(|rest| rest.starts_with("/src/"))
}

/// Every path that starts with `std`, groups in braces written out.
fn std_paths(code: &str) -> Vec<(String, usize)> {
    let mut paths = Vec::new();
    for word in scan::words(code)
        .into_iter()
        .filter(|word| word.text == "std")
    {
        expand(&code[word.end()..], "std", &mut |path| {
            paths.push((path, word.start));
        });
    }
    paths
}

/// Gives every path below `prefix` that `rest` continues with; answers how much
/// of `rest` that took.
fn expand(rest: &str, prefix: &str, found: &mut dyn FnMut(String)) -> usize {
    let blank = |text: &str| text.len() - text.trim_start().len();
    let mut at = blank(rest);
    if !rest[at..].starts_with("::") {
        found(prefix.to_owned());
        return at;
    }
    at += 2;
    at += blank(&rest[at..]);
    if rest[at..].starts_with('{') {
        at += 1;
        loop {
            at += blank(&rest[at..]);
            match rest[at..].chars().next() {
                Some(',') => at += 1,
                Some('}') => return at + 1,
                Some(_) => {
                    let took = segment(&rest[at..], prefix, found);
                    if took == 0 {
                        return at;
                    }
                    at += took;
                }
                None => return at,
            }
        }
    }
    at + segment(&rest[at..], prefix, found)
}

/// One name after `::`, and what follows it.
fn segment(rest: &str, prefix: &str, found: &mut dyn FnMut(String)) -> usize {
    let length = scan::words(rest)
        .first()
        .filter(|word| word.start == 0)
        .map_or(0, |word| word.end());
    if length == 0 {
        let star = usize::from(rest.starts_with('*'));
        found(if star == 1 {
            format!("{prefix}::*")
        } else {
            prefix.to_owned()
        });
        return star;
    }
    let name = &rest[..length];
    let path = if name == "self" {
        prefix.to_owned()
    } else {
        format!("{prefix}::{name}")
    };
    let mut took = length;
    took += expand(&rest[length..], &path, found);
    let tail = rest[took..].trim_start();
    if let Some(renamed) = tail.strip_prefix("as ") {
        let name = scan::words(renamed).first().map_or(0, |word| word.end());
        took = rest.len() - renamed.len() + name;
    }
    took
}

#[cfg(test)]
mod tests {
    use super::*;

    fn count(path: &str, text: &str) -> usize {
        check(&Source::new(path, text)).len()
    }

    #[test]
    fn effects_in_a_pure_crate_are_found_however_they_are_written() {
        for text in [
            "use std::fs;",
            "use std::fs::File;",
            "use std::{fmt, net};",
            "std::env::var(a)",
            "use std::{fmt::{self, Write}, time::{Duration, Instant}};",
            "use ::std::path::Path;",
            "use std::{collections as c, process::{self}};",
            "std :: thread :: spawn(a)",
            "async fn a() {}",
            "use std::time::*;",
            "use std::os::unix;",
        ] {
            assert_eq!(count("crates/plan/src/a.rs", text), 1, "{text}");
        }
    }

    #[test]
    fn what_has_no_effect_is_left_alone() {
        for text in [
            "use std::{fmt, time::Duration};",
            "use std::collections::{BTreeMap, BTreeSet as Set};",
            "let environment = path::Path;",
            "// std::fs\n",
            "let a = \"std::fs\";",
            "std::io::Error",
            "use std::filesystem;",
            "use core::net::IpAddr;",
        ] {
            assert_eq!(count("crates/plan/src/a.rs", text), 0, "{text}");
        }
        assert_eq!(count("crates/os/src/a.rs", "use std::fs;"), 0);
        assert_eq!(count("crates/plan/tests/golden.rs", "use std::fs;"), 0);
        assert_eq!(count("crates/planner/src/a.rs", "use std::fs;"), 0);
    }

    #[test]
    fn a_pure_crate_that_does_not_forbid_unsafe_code_is_found() {
        assert_eq!(count("crates/nt/src/lib.rs", "//! NT.\n"), 1);
        assert_eq!(
            count("crates/nt/src/lib.rs", "//! NT.\n#![forbid(unsafe_code)]\n"),
            0
        );
        assert_eq!(count("crates/os/src/lib.rs", "//! OS.\n"), 0);
    }
}
