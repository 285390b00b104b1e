//! `unsafe` has one room, and each use of it says why it is sound.

use super::{finding::Finding, scan, source::Source};

/// `unsafe` outside `crates/os/src/*/sys/`, and `unsafe` without its reason.
pub fn check(source: &Source) -> Vec<Finding> {
    let mut findings = Vec::new();
    for word in scan::words(&source.code)
        .into_iter()
        .filter(|word| word.text == "unsafe")
    {
        let line = source.line(word.start);
        if !is_sys(&source.path) {
            let advice = "`unsafe` lives only in crates/os/src/*/sys/: call a wrapper there";
            findings.push(Finding::at(&source.path, line, "unsafe", advice));
        }
        let next = scan::after(&source.code, word.end());
        if (next.starts_with('{') || next.starts_with("impl")) && !has_reason(source, line) {
            let advice = "write `// SAFETY:` just above, a reason for each precondition";
            findings.push(Finding::at(&source.path, line, "safety", advice));
        }
    }
    findings
}

/// Whether `path` is a file in `crates/os/src/<os>/sys/`.
fn is_sys(path: &str) -> bool {
    let below = path
        .strip_prefix("crates/os/src/")
        .and_then(|path| path.split_once('/'));
    below.is_some_and(|(_, rest)| rest.starts_with("sys/") || rest == "sys.rs")
}

/// Whether the comment just above `line`, or above the statement that `line`
/// ends, holds a reason.
fn has_reason(source: &Source, line: usize) -> bool {
    let text: Vec<&str> = source.text.lines().collect();
    let code: Vec<&str> = source.code.lines().collect();
    for at in (0..line - 1).rev() {
        let (text, code) = (text[at].trim(), code[at].trim());
        if text.starts_with("// SAFETY:") {
            return true;
        }
        let ends_before = text.is_empty() || code.ends_with([';', '{', '}']);
        if ends_before && !code.starts_with("#[") {
            return false;
        }
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    const SYS: &str = "crates/os/src/linux/sys/mount.rs";

    fn rules(path: &str, text: &str) -> Vec<&'static str> {
        check(&Source::new(path, text))
            .iter()
            .map(|finding| finding.rule)
            .collect()
    }

    #[test]
    fn unsafe_code_outside_its_room_is_found_and_inside_it_is_not() {
        let text = "// SAFETY: a reason.\nlet a = unsafe { b() };";
        assert_eq!(rules("crates/os/src/linux/spawn.rs", text), ["unsafe"]);
        assert_eq!(
            rules("crates/plan/src/sys/a.rs", "unsafe fn a() {}"),
            ["unsafe"]
        );
        assert!(rules(SYS, text).is_empty());
    }

    #[test]
    fn the_word_in_a_comment_a_string_or_a_lint_is_not_code() {
        let text = "#![forbid(unsafe_code)]\n// unsafe { }\nlet a = \"unsafe {\";";
        assert!(rules("crates/plan/src/lib.rs", text).is_empty());
    }

    #[test]
    fn a_block_without_its_reason_is_found_and_with_it_is_not() {
        assert_eq!(rules(SYS, "let a = 1;\nunsafe { b() };"), ["safety"]);
        assert_eq!(
            rules(
                SYS,
                "// SAFETY: of another.\nlet a = 1;\nlet b = unsafe { c() };"
            ),
            ["safety"]
        );
        assert!(
            rules(
                SYS,
                "// SAFETY: a reason,\n// in two lines.\nlet c =\n    unsafe { d() };"
            )
            .is_empty()
        );
        assert_eq!(rules(SYS, "unsafe impl Send for A {}"), ["safety"]);
        assert!(rules(SYS, "unsafe fn a() {}").is_empty());
    }
}
