//! A Rust file as tokens, without comments, strings, attributes, imports, macros' rules and tests.

use crate::tidy::source::{Source, is_word};

/// A token of live code.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Token<'a> {
    pub text: &'a str,
    pub start: usize,
}

impl Token<'_> {
    pub fn end(self) -> usize {
        self.start + self.text.len()
    }

    /// Whether it is a name, a keyword or a number.
    pub fn is_word(self) -> bool {
        self.text.bytes().next().is_some_and(is_word)
    }

    pub fn is_number(self) -> bool {
        self.text
            .bytes()
            .next()
            .is_some_and(|byte| byte.is_ascii_digit())
    }
}

/// Marks of several characters, the longer first.
const MARKS: [&str; 22] = [
    "..=", "<<=", ">>=", "...", "==", "!=", "<=", ">=", "&&", "||", "|=", "&=", "^=", "+=", "-=",
    "*=", "->", "=>", "::", "..", "<<", ">>",
];

/// Every token of `text` that takes part when the program runs.
///
/// `source` keeps the bytes of strings as blanks, so no token stands in one.
pub fn tokens(source: &Source) -> Vec<Token<'_>> {
    live(&all(&source.code))
}

fn all(code: &str) -> Vec<Token<'_>> {
    let bytes = code.as_bytes();
    let (mut tokens, mut at) = (Vec::new(), 0);
    while at < bytes.len() {
        if bytes[at].is_ascii_whitespace() {
            at += 1;
            continue;
        }
        let length = if is_word(bytes[at]) {
            bytes[at..]
                .iter()
                .take_while(|byte| is_word(**byte))
                .count()
        } else {
            let mark = MARKS.iter().find(|mark| code[at..].starts_with(**mark));
            mark.map_or(1, |mark| mark.len())
        };
        let text = &code[at..at + length];
        tokens.push(Token { text, start: at });
        at += length;
    }
    tokens
}

/// Without attributes, imports, rules of macros, and modules of tests.
fn live<'a>(tokens: &[Token<'a>]) -> Vec<Token<'a>> {
    let (mut live, mut at, mut is_test) = (Vec::new(), 0, false);
    while at < tokens.len() {
        let text = |step: usize| tokens.get(at + step).map_or("", |token| token.text);
        match text(0) {
            "#" => {
                let open = at + if text(1) == "!" { 2 } else { 1 };
                let end = closing(tokens, open);
                is_test |= tokens[open..end].iter().any(|token| token.text == "test");
                at = end;
            }
            "use" => at = past(tokens, at, ";"),
            "mod" if is_test => {
                at = body_end(tokens, at);
                is_test = false;
            }
            "macro_rules" => at = body_end(tokens, at),
            _ => {
                live.push(tokens[at]);
                at += 1;
            }
        }
    }
    live
}

/// The token after the next `mark`.
fn past(tokens: &[Token<'_>], at: usize, mark: &str) -> usize {
    let found = tokens[at..].iter().position(|token| token.text == mark);
    found.map_or(tokens.len(), |step| at + step + 1)
}

/// The token after the next block in braces.
fn body_end(tokens: &[Token<'_>], at: usize) -> usize {
    match past(tokens, at, "{") {
        open if open <= tokens.len() && open > at => closing(tokens, open - 1),
        _ => tokens.len(),
    }
}

/// The token after the bracket that closes the one at `open`.
pub fn closing(tokens: &[Token<'_>], open: usize) -> usize {
    let mut depth = 0_usize;
    for (at, token) in tokens.iter().enumerate().skip(open) {
        match token.text {
            "(" | "[" | "{" => depth += 1,
            ")" | "]" | "}" => depth = depth.saturating_sub(1),
            _ => {}
        }
        if depth == 0 {
            return at + 1;
        }
    }
    tokens.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(text: &str) -> Vec<String> {
        let source = Source::new("a.rs", text);
        tokens(&source)
            .iter()
            .map(|token| token.text.to_owned())
            .collect()
    }

    #[test]
    fn comments_strings_attributes_imports_and_tests_are_no_live_code() {
        let text = "//! a == b\n#![x(y)]\nuse c::{d, e};\n#[f]\nfn g() { h(\"i == j\") }\n\
                    #[cfg(test)]\nmod tests { fn k() { l == m } }\nfn n() {}";
        let expected = [
            "fn", "g", "(", ")", "{", "h", "(", ")", "}", "fn", "n", "(", ")", "{", "}",
        ];
        assert_eq!(texts(text), expected);
    }

    #[test]
    fn marks_of_several_characters_are_one_token() {
        assert_eq!(
            texts("a<=b&&!c|=d..=e"),
            ["a", "<=", "b", "&&", "!", "c", "|=", "d", "..=", "e"]
        );
    }

    #[test]
    fn what_is_cut_off_in_the_middle_does_not_panic() {
        for text in [
            "#[",
            "#",
            "use a",
            "mod",
            "#[cfg(test)] mod a {",
            "macro_rules! a",
            "(",
        ] {
            let _tokens = texts(text);
        }
    }
}
