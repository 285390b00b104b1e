//! `cfg` stands on modules and uses, once, and never on a line of logic.

use super::{finding::Finding, scan, source::Source};

/// What may follow `#[cfg(…)]`, other attributes and `pub` left out.
const WHOLE: [&str; 3] = ["mod", "use", "extern"];

/// `cfg` on anything smaller than a module.
pub fn check(source: &Source) -> Vec<Finding> {
    let attributes = scan::attributes(source);
    let mut findings = Vec::new();
    for attribute in attributes
        .iter()
        .filter(|a| !a.inner && opens_with(a.inside, "cfg"))
    {
        let item = item_after(source, attribute.end);
        if !WHOLE.iter().any(|word| opens_with(item, word)) {
            let advice = "`cfg` stands on a module or a use: move what differs into a module";
            findings.push(Finding::at(
                &source.path,
                source.line(attribute.start),
                "cfg",
                advice,
            ));
        }
    }
    for word in scan::words(&source.code)
        .into_iter()
        .filter(|word| word.text == "cfg")
    {
        if source.code[word.end()..].starts_with('!') {
            let advice = "`cfg!` is a branch on the machine: move what differs into a module";
            findings.push(Finding::at(
                &source.path,
                source.line(word.start),
                "cfg",
                advice,
            ));
        }
    }
    findings
}

/// The code after the attributes and the visibility that follow `offset`.
fn item_after(source: &Source, offset: usize) -> &str {
    let mut rest = &source.code[offset..];
    loop {
        rest = rest.trim_start();
        let skipped = if rest.starts_with("#[") {
            bracket_end(rest, '[', ']')
        } else if rest.starts_with("pub(") {
            bracket_end(rest, '(', ')')
        } else if opens_with(rest, "pub") {
            3
        } else {
            return rest;
        };
        rest = &rest[skipped..];
    }
}

/// The byte after the bracket that closes the first `open`.
fn bracket_end(text: &str, open: char, close: char) -> usize {
    let mut depth = 0_usize;
    for (at, letter) in text.char_indices() {
        if letter == open {
            depth += 1;
        } else if letter == close {
            depth = depth.saturating_sub(1);
            if depth == 0 {
                return at + 1;
            }
        }
    }
    text.len()
}

/// Whether `text` opens with `word` as a whole word.
fn opens_with(text: &str, word: &str) -> bool {
    scan::words(text)
        .first()
        .is_some_and(|first| first.start == 0 && first.text == word)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn count(text: &str) -> usize {
        check(&Source::new("a.rs", text)).len()
    }

    #[test]
    fn cfg_on_less_than_a_module_is_found() {
        for text in [
            "struct A {\n    #[cfg(unix)]\n    b: u8,\n}",
            "enum A {\n    #[cfg(windows)] B,\n}",
            "#[cfg(unix)]\nlet a = 1;",
            "#[cfg(unix)]\nfn a() {}",
            "if cfg!(windows) {}",
        ] {
            assert_eq!(count(text), 1, "{text}");
        }
    }

    #[test]
    fn cfg_on_a_module_a_use_or_a_whole_file_is_left_alone() {
        for text in [
            "#[cfg(test)]\nmod tests {}",
            "#[cfg(windows)]\npub mod windows;",
            "#![cfg(unix)]\n",
            "#[cfg(unix)]\n#[path = \"a.rs\"]\npub(crate) mod a;",
            "#[cfg(unix)] pub use a::b;",
            "// #[cfg(unix)] fn a() {}",
            "fn cfg() {}",
        ] {
            assert_eq!(count(text), 0, "{text}");
        }
    }
}
