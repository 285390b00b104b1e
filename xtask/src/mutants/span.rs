//! Changes of more than a token: conditions, arms of a `match`, statements and their order.

use super::change::Change;
use super::code::{self, Token};

/// The condition behind the `if` at `at` holds always, and never.
pub fn conditions(tokens: &[Token<'_>], at: usize) -> Vec<Change> {
    let is_plain = tokens[at].text == "if" && tokens.get(at + 1).is_some_and(|it| it.text != "let");
    let end = until(tokens, at + 1, &["{", "=>"]);
    let (true, Some(end)) = (is_plain, end) else {
        return Vec::new();
    };
    let (start, end) = (tokens[at + 1].start, tokens[end - 1].end());
    let change = |to: &str| Change {
        start,
        end,
        to: to.to_owned(),
    };
    vec![change("true"), change("false")]
}

/// The results of the arm at the `=>` at `at` and of the next one change places.
pub fn arms(text: &str, tokens: &[Token<'_>], at: usize) -> Option<Change> {
    if tokens[at].text != "=>" {
        return None;
    }
    let one = result(tokens, at)?;
    let next = until(tokens, one.1, &["=>"])?;
    let other = result(tokens, next)?;
    Some(exchanged(text, tokens, one, other))
}

/// The tokens of the result behind a `=>`, without the comma.
fn result(tokens: &[Token<'_>], arrow: usize) -> Option<(usize, usize)> {
    let start = arrow + 1;
    let end = if tokens.get(start)?.text == "{" {
        code::closing(tokens, start)
    } else {
        until(tokens, start, &[",", "}"])?
    };
    Some((start, end))
}

/// The statement that begins at `at` goes, and changes places with the next one.
pub fn statements(text: &str, tokens: &[Token<'_>], at: usize) -> Vec<Change> {
    let Some(one) = statement(tokens, at) else {
        return Vec::new();
    };
    let gone = Change {
        start: tokens[one.0].start,
        end: tokens[one.1 - 1].end(),
        to: String::new(),
    };
    let other = statement(tokens, one.1).filter(|other| hang_together(tokens, one, *other));
    let moved = other.map(|other| exchanged(text, tokens, one, other));
    [Some(gone), moved].into_iter().flatten().collect()
}

/// Whether two statements are about one thing, so that their order may matter; what is added to a
/// set twice is in it in either order.
fn hang_together(tokens: &[Token<'_>], one: (usize, usize), other: (usize, usize)) -> bool {
    let of = |(first, end): (usize, usize)| &tokens[first..end];
    let names = |span: &[Token<'_>], name: &str| span.iter().any(|token| token.text == name);
    let adds = |span: &[Token<'_>]| names(span, "|=");
    let (one, other) = (of(one), of(other));
    let about = |span: &[Token<'_>], first: &Token<'_>| first.is_word() && names(span, first.text);
    (about(one, &other[0]) || about(other, &one[0])) && !(adds(one) && adds(other))
}

/// The tokens of the statement that begins at `at`, its semicolon included. Declarations are none,
/// nor is what leaves the function: a condition that never holds does the same.
fn statement(tokens: &[Token<'_>], at: usize) -> Option<(usize, usize)> {
    const OTHERS: [&str; 20] = [
        "let", "return", "const", "fn", "pub", "static", "type", "mod", "impl", "if", "match",
        "for", "while", "loop", "struct", "enum", "break", "continue", "else", "where",
    ];
    let first = tokens.get(at)?;
    let begins = match at.checked_sub(1).map(|at| tokens[at].text) {
        None | Some(";" | "{" | "}") => true,
        Some(_) => false,
    };
    let plain = first.text == "*" || first.is_word() && !OTHERS.contains(&first.text);
    if !begins || !plain {
        return None;
    }
    let end = until(tokens, at, &[";"])?;
    Some((at, end + 1))
}

/// The first of `marks` from `at` on, outside of brackets that open behind it; none if the
/// bracket around `at` closes before.
pub fn until(tokens: &[Token<'_>], mut at: usize, marks: &[&str]) -> Option<usize> {
    loop {
        let token = tokens.get(at)?;
        if marks.contains(&token.text) {
            return Some(at);
        }
        match token.text {
            "(" | "[" | "{" => at = code::closing(tokens, at),
            ")" | "]" | "}" => return None,
            _ => at += 1,
        }
    }
}

/// Two spans of tokens, each where the other was.
fn exchanged(
    text: &str,
    tokens: &[Token<'_>],
    one: (usize, usize),
    other: (usize, usize),
) -> Change {
    let bytes = |(first, end): (usize, usize)| (tokens[first].start, tokens[end - 1].end());
    let ((start, one_end), (other_start, end)) = (bytes(one), bytes(other));
    let between = &text[one_end..other_start];
    let to = [&text[other_start..end], between, &text[start..one_end]].concat();
    Change { start, end, to }
}
