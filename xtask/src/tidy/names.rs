//! One noun per thing, one verb per act: words that say nothing are not names.
//!
//! Tests are named by sentences, so their names may hold any word, but must
//! hold at least three.

use super::{
    finding::Finding,
    scan::{self, Definition},
    source::Source,
};

/// Words that no type, module or function is named by.
const EMPTY_WORDS: [&str; 16] = [
    "manager",
    "managers",
    "helper",
    "helpers",
    "util",
    "utils",
    "utility",
    "utilities",
    "handler",
    "handlers",
    "context",
    "info",
    "data",
    "impl",
    "legacy",
    "v2",
];
/// Words that no type or module is named by; `fn new` is Rust's own.
const EMPTY_NOUNS: [&str; 3] = ["new", "ex", "service"];
/// Verbs that say nothing.
const EMPTY_VERBS: [&str; 4] = ["get", "do", "handle", "process"];
/// A sentence has at least as many words.
const SENTENCE: usize = 3;

/// Names that say nothing, and tests whose name is no sentence.
pub fn check(source: &Source) -> Vec<Finding> {
    let mut findings = Vec::new();
    for definition in scan::definitions(source) {
        let line = source.line(definition.start);
        let parts = scan::parts(definition.name);
        if definition.is_test {
            if parts.len() < SENTENCE {
                let advice = format!(
                    "`{}`: name the test by the sentence it proves",
                    definition.name
                );
                findings.push(Finding::at(&source.path, line, "test-name", advice));
            }
        } else if let Some(word) = empty_word(definition, &parts, &source.path) {
            let advice = format!(
                "`{}`: `{word}` says nothing; name the thing or the act",
                definition.name
            );
            findings.push(Finding::at(&source.path, line, "name", advice));
        }
    }
    findings
}

/// The first part of a name that says nothing.
fn empty_word<'a>(definition: Definition<'_>, parts: &'a [String], path: &str) -> Option<&'a str> {
    let is_function = definition.keyword == "fn";
    // Windows has services, by that name.
    let is_windows = path.contains("/windows/") || path.contains("windows_service");
    let is_empty = |word: &str| {
        EMPTY_WORDS.contains(&word)
            || (!is_function && EMPTY_NOUNS.contains(&word) && !(word == "service" && is_windows))
    };
    let first = parts
        .first()
        .filter(|word| is_function && parts.len() > 1 && EMPTY_VERBS.contains(&word.as_str()));
    first
        .or_else(|| parts.iter().find(|word| is_empty(word)))
        .map(String::as_str)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(path: &str, text: &str) -> usize {
        check(&Source::new(path, text)).len()
    }

    #[test]
    fn names_that_say_nothing_are_found() {
        for text in [
            "struct MountManager;",
            "enum PathHelper {}",
            "mod utils;",
            "trait EventHandler {}",
            "struct AuditService;",
            "type Context = u8;",
            "struct FileInfo;",
            "struct PlanData;",
            "struct PolicyImpl;",
            "struct CommandEx;",
            "mod legacy;",
            "struct NewPlan;",
            "struct PlanV2;",
            "fn get_path() {}",
            "fn do_mount() {}",
            "fn handle_event() {}",
            "fn process_line() {}",
            "fn signal_handler() {}",
        ] {
            assert_eq!(names("crates/plan/src/a.rs", text), 1, "{text}");
        }
    }

    #[test]
    fn names_that_only_contain_such_a_word_are_left_alone() {
        for text in [
            "fn new() {}",
            "fn no_new_privs() {}",
            "struct Example;",
            "fn metadata() {}",
            "fn processes() {}",
            "fn doctor() {}",
            "struct Informed;",
            "impl Data for A {}",
            "let data = get_it();",
            "// struct PlanV2;",
            "fn handle() {}",
        ] {
            assert_eq!(names("crates/plan/src/a.rs", text), 0, "{text}");
        }
    }

    #[test]
    fn a_windows_service_may_be_called_one() {
        assert_eq!(
            names("crates/cell/src/windows/service.rs", "struct Service;"),
            0
        );
        assert_eq!(
            names("crates/cell/src/linux/service.rs", "struct Service;"),
            1
        );
    }

    #[test]
    fn a_test_that_is_no_sentence_is_found() {
        assert_eq!(names("a.rs", "#[test]\nfn mount() {}"), 1);
        assert_eq!(names("a.rs", "#[test]\nfn mount_works() {}"), 1);
        assert_eq!(names("a.rs", "#[test]\nfn new_data_is_covered() {}"), 0);
        assert_eq!(names("a.rs", "fn mount() {}"), 0);
    }
}
