//! One tracked file, with its Rust code told apart from comments and strings.
//!
//! Rules look for words, and a word in a string or a comment is no code. So a
//! Rust file is kept three times, byte for byte of one length, which lets an
//! offset found in one be used in the others.

use std::path::Path;

/// A tracked text file.
#[derive(Debug, Clone)]
pub struct Source {
    /// Path from the top of the repository, with `/` between its parts.
    pub path: String,
    /// As it stands in the file.
    pub text: String,
    /// Comments and the insides of strings are blanks. Empty if it is no Rust.
    pub code: String,
    /// Only the insides of strings are blanks. Empty if it is no Rust.
    pub prose: String,
}

impl Source {
    /// Reads `text` as the content of `path`.
    pub fn new(path: &str, text: &str) -> Self {
        let (code, prose) = if is_rust(path) {
            blank(text)
        } else {
            Default::default()
        };
        Self {
            path: path.to_owned(),
            text: text.to_owned(),
            code,
            prose,
        }
    }

    /// Whether this is a Rust file.
    pub fn is_rust(&self) -> bool {
        is_rust(&self.path)
    }

    /// The line, counted from 1, that holds the byte at `offset`.
    pub fn line(&self, offset: usize) -> usize {
        1 + self
            .text
            .bytes()
            .take(offset)
            .filter(|byte| *byte == b'\n')
            .count()
    }
}

fn is_rust(path: &str) -> bool {
    Path::new(path)
        .extension()
        .is_some_and(|extension| extension == "rs")
}

/// What the bytes at a place belong to.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Part {
    Code,
    Comment,
    Text,
}

/// `text` without comments and strings, and `text` without strings.
fn blank(text: &str) -> (String, String) {
    let bytes = text.as_bytes();
    let mut code = Vec::with_capacity(bytes.len());
    let mut prose = Vec::with_capacity(bytes.len());
    let mut at = 0;
    while at < bytes.len() {
        let (part, end) = token(bytes, at);
        for &byte in &bytes[at..end] {
            let empty = if byte == b'\n' { b'\n' } else { b' ' };
            code.push(if part == Part::Code { byte } else { empty });
            prose.push(if part == Part::Text { empty } else { byte });
        }
        at = end;
    }
    let whole = |bytes: Vec<u8>| String::from_utf8_lossy(&bytes).into_owned();
    (whole(code), whole(prose))
}

/// The kind of the token that starts at `at`, and where it ends.
fn token(bytes: &[u8], at: usize) -> (Part, usize) {
    let rest = &bytes[at..];
    if rest.starts_with(b"//") {
        let length = rest
            .iter()
            .position(|byte| *byte == b'\n')
            .unwrap_or(rest.len());
        return (Part::Comment, at + length);
    }
    if rest.starts_with(b"/*") {
        return (Part::Comment, at + block_comment(rest));
    }
    if is_word(rest[0]) {
        let length = rest
            .iter()
            .position(|byte| !is_word(*byte))
            .unwrap_or(rest.len());
        let (word, tail) = rest.split_at(length);
        let raw = matches!(word, b"r" | b"br" | b"cr")
            .then(|| raw_string(tail))
            .flatten();
        return match raw {
            Some(string) => (Part::Text, at + length + string),
            None => (Part::Code, at + length),
        };
    }
    match rest[0] {
        b'"' => (Part::Text, at + quoted(rest, b'"')),
        b'\'' if is_char(rest) => (Part::Text, at + quoted(rest, b'\'')),
        _ => (Part::Code, at + 1),
    }
}

/// Letters, digits, `_` and every byte outside ASCII.
pub fn is_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_' || byte >= 0x80
}

/// Length of a block comment; they nest.
fn block_comment(rest: &[u8]) -> usize {
    let (mut depth, mut at) = (0_usize, 0);
    while at < rest.len() {
        if rest[at..].starts_with(b"/*") {
            depth += 1;
            at += 2;
        } else if rest[at..].starts_with(b"*/") {
            depth -= 1;
            at += 2;
            if depth == 0 {
                break;
            }
        } else {
            at += 1;
        }
    }
    at
}

/// Length of `#…"…"#…` after an `r`, if that is what follows.
fn raw_string(tail: &[u8]) -> Option<usize> {
    let hashes = tail.iter().take_while(|byte| **byte == b'#').count();
    if tail.get(hashes) != Some(&b'"') {
        return None;
    }
    let mut close = vec![b'"'];
    close.resize(hashes + 1, b'#');
    let inside = &tail[hashes + 1..];
    let length = inside
        .windows(close.len())
        .position(|window| window == close);
    Some(length.map_or(tail.len(), |length| hashes + 1 + length + close.len()))
}

/// Length of a quoted token, its quotes included.
fn quoted(rest: &[u8], quote: u8) -> usize {
    let mut at = 1;
    while at < rest.len() {
        match rest[at] {
            b'\\' => at += 2,
            byte if byte == quote => return at + 1,
            _ => at += 1,
        }
    }
    rest.len()
}

/// Whether a `'` opens a character and not a lifetime.
fn is_char(rest: &[u8]) -> bool {
    match rest.get(1) {
        Some(b'\\') => true,
        Some(byte) if *byte >= 0x80 => {
            rest.iter().skip(1).take(5).find(|byte| **byte < 0x80) == Some(&b'\'')
        }
        Some(_) => rest.get(2) == Some(&b'\''),
        None => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn code(text: &str) -> String {
        Source::new("a.rs", text).code
    }

    #[test]
    fn comments_and_strings_are_no_code_and_lines_stay_where_they_are() {
        let source = Source::new(
            "a.rs",
            "//! unsafe\nlet a = \"unsafe\n{\"; /* x /* y */ z */ b",
        );
        assert_eq!(
            source.code.trim_start(),
            "let a =        \n  ;                   b"
        );
        assert_eq!(source.code.len(), source.text.len());
        assert!(source.prose.contains("//! unsafe") && source.prose.contains("/* x /* y */ z */"));
        assert_eq!(source.line(source.code.find(';').expect("stands there")), 3);
    }

    #[test]
    fn raw_strings_and_escapes_end_where_rust_ends_them() {
        assert_eq!(code("r#\"a\"b\"# c"), "         c");
        assert_eq!(code(r#"("a\"b", c)"#), "(      , c)");
        assert_eq!(code("br\"\\\" d").trim(), "d");
    }

    #[test]
    fn a_lifetime_is_code_and_a_character_is_not() {
        assert_eq!(code("fn a<'x>(b: &'x str)"), "fn a<'x>(b: &'x str)");
        assert_eq!(code("f('\"', '\\'', 'é', c)"), "f(   ,     ,     , c)");
    }

    #[test]
    fn what_is_cut_off_in_the_middle_does_not_panic() {
        for text in ["\"", "'", "'\\", "r#\"", "/*", "\"\\", "r", "//"] {
            assert_eq!(code(text).len(), text.len(), "{text}");
        }
    }
}
