//! What is changed: one operator, constant, comparison, condition, arm or order at a time.

use std::fmt;

use super::code::{self, Token};
use super::names::Names;
use super::span;
use crate::tidy::source::Source;

/// One change to one file.
pub struct Mutant {
    /// Below `crates/nt/src`.
    pub file: String,
    /// Counted from 1.
    pub line: usize,
    /// The function that it is in.
    pub function: String,
    /// The line as it stands, without the blanks around it.
    pub text: String,
    /// Where in that the change begins.
    pub column: usize,
    /// What is replaced, in one line.
    pub from: String,
    /// By what.
    pub to: String,
    /// The change itself.
    pub change: Change,
}

impl Mutant {
    /// The whole file, changed.
    pub fn changed(&self, text: &str) -> String {
        let Change { start, end, to } = &self.change;
        [&text[..*start], to, &text[*end..]].concat()
    }

    /// What is changed, without the line's number, which moves.
    pub fn said(&self) -> String {
        let Self {
            function,
            text,
            column,
            from,
            to,
            ..
        } = self;
        format!("{function} `{text}` {column}: `{from}` → `{to}`")
    }
}

impl fmt::Display for Mutant {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { file, line, .. } = self;
        write!(f, "crates/nt/src/{file}:{line} {}", self.said())
    }
}

/// Bytes of a file, and what stands there instead.
#[derive(Debug, PartialEq, Eq)]
pub struct Change {
    pub start: usize,
    pub end: usize,
    pub to: String,
}

/// Operators between two operands that become others.
const BETWEEN: [(&str, &[&str]); 18] = [
    ("==", &["!="]),
    ("!=", &["=="]),
    ("<", &["<=", ">"]),
    ("<=", &["<", ">="]),
    (">", &[">=", "<"]),
    (">=", &[">", "<="]),
    ("&&", &["||"]),
    ("||", &["&&"]),
    ("|", &["&", "^"]),
    ("&", &["|"]),
    ("^", &["|"]),
    ("|=", &["&=", "="]),
    ("&=", &["|=", "="]),
    ("+", &["-"]),
    ("-", &["+"]),
    ("*", &["+"]),
    ("<<", &[">>"]),
    (">>", &["<<"]),
];
/// Methods and functions that become others of the same shape.
const CALLS: [(&str, &str); 22] = [
    ("all", "any"),
    ("any", "all"),
    ("contains", "intersects"),
    ("intersects", "contains"),
    ("union", "without"),
    ("without", "union"),
    ("with", "without"),
    ("is_some_and", "is_none_or"),
    ("is_none_or", "is_some_and"),
    ("is_some", "is_none"),
    ("is_none", "is_some"),
    ("min", "max"),
    ("max", "min"),
    ("first", "last"),
    ("last", "first"),
    ("or", "and"),
    ("take_while", "skip_while"),
    ("with_enabled", "with_disabled"),
    ("with_disabled", "with_enabled"),
    ("granted_by", "denied_by"),
    ("enables", "holds"),
    ("holds", "enables"),
];

/// Every mutant of a file.
pub fn mutants(file: &str, text: &str, names: &Names) -> Vec<Mutant> {
    let source = Source::new(file, text);
    let tokens = code::tokens(&source);
    let mut changes: Vec<Change> = Vec::new();
    for at in 0..tokens.len() {
        changes.extend(operators(&tokens, at));
        changes.extend(words(&tokens, at, names));
        changes.extend(span::conditions(&tokens, at));
        changes.extend(span::arms(text, &tokens, at));
        changes.extend(span::statements(text, &tokens, at));
    }
    changes.sort_by_key(|change| change.start);
    changes.dedup();
    changes
        .into_iter()
        .filter(|change| text[change.start..change.end] != change.to)
        .map(|change| mutant(file, text, &tokens, change))
        .collect()
}

fn mutant(file: &str, text: &str, tokens: &[Token<'_>], change: Change) -> Mutant {
    let start = text[..change.start].rfind('\n').map_or(0, |at| at + 1);
    let end = text[change.start..]
        .find('\n')
        .map_or(text.len(), |at| change.start + at);
    let line = &text[start..end];
    let indent = line.len() - line.trim_start().len();
    let before = tokens
        .iter()
        .take_while(|token| token.start <= change.start);
    let functions = before
        .zip(tokens.iter().skip(1))
        .filter(|(word, _)| word.text == "fn");
    let one_line = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");
    Mutant {
        file: file.to_owned(),
        line: 1 + text[..change.start].matches('\n').count(),
        function: functions
            .last()
            .map_or("-", |(_, name)| name.text)
            .to_owned(),
        text: line.trim().to_owned(),
        column: (change.start - start).saturating_sub(indent),
        from: one_line(&text[change.start..change.end]),
        to: one_line(&change.to),
        change,
    }
}

/// The token replaced by `to`.
fn instead(token: Token<'_>, to: impl Into<String>) -> Change {
    let (start, end, to) = (token.start, token.end(), to.into());
    Change { start, end, to }
}

/// Changes of the operator at `at`, if it is one.
fn operators(tokens: &[Token<'_>], at: usize) -> Vec<Change> {
    let token = tokens[at];
    let Some(before) = at.checked_sub(1).map(|at| tokens[at]) else {
        return Vec::new();
    };
    let Some(after) = tokens.get(at + 1).copied() else {
        return Vec::new();
    };
    // rustfmt puts blanks around operators between operands and around no other.
    let is_between =
        before.end() < token.start && token.end() < after.start && ends_operand(before);
    match token.text {
        "!" if token.end() == after.start && before.end() != token.start
            || is_opened(before, token) =>
        {
            vec![instead(token, "")]
        }
        ".." if after.is_word() || after.text == "(" => vec![instead(token, "..=")],
        "..=" => vec![instead(token, "..")],
        text if is_between => {
            let row = BETWEEN.iter().find(|(known, _)| *known == text);
            let others = row.map_or([].as_slice(), |(_, others)| others);
            others.iter().map(|other| instead(token, *other)).collect()
        }
        _ => Vec::new(),
    }
}

/// Whether a `!` stands behind an opening bracket.
fn is_opened(before: Token<'_>, token: Token<'_>) -> bool {
    token.text == "!" && matches!(before.text, "(" | "[" | "{" | "|")
}

/// Whether an operand may end with this token.
fn ends_operand(token: Token<'_>) -> bool {
    let keywords = ["return", "in", "if", "match", "move", "else", "mut", "as"];
    let closes = matches!(token.text, ")" | "]" | "?" | ">");
    closes || token.is_word() && !keywords.contains(&token.text)
}

/// Changes of the word or number at `at`.
fn words(tokens: &[Token<'_>], at: usize, names: &Names) -> Vec<Change> {
    let token = tokens[at];
    let text = |at: Option<usize>| at.and_then(|at| tokens.get(at)).map_or("", |it| it.text);
    let (before, after) = (text(at.checked_sub(1)), text(Some(at + 1)));
    if token.is_number() {
        // Behind a point it is a field.
        let others = if before == "." {
            Vec::new()
        } else {
            numbers(token.text)
        };
        return others
            .into_iter()
            .map(|other| instead(token, other))
            .collect();
    }
    match token.text {
        "true" => return vec![instead(token, "false")],
        "false" => return vec![instead(token, "true")],
        "Some" if after == "(" => return vec![option(tokens, at)],
        "iter" if before == "." => return reversed(tokens, at).into_iter().collect(),
        "default" | "permissive" | "strict" => return switch_values(tokens, at, names),
        _ => {}
    }
    let argument = ["(", "::", ")"] == [2, 4, 6].map(|step| text(Some(at + step - 1)));
    let is_same = argument && names.is_flag(text(Some(at + 4)));
    if is_same && matches!(token.text, "contains" | "intersects") {
        return Vec::new();
    }
    let owner = text(at.checked_sub(2));
    let is_call = after == "(" && CALLS.iter().any(|(it, _)| *it == token.text);
    if before == "::" && !is_call {
        let others = names.instead_of(owner, token.text);
        return others
            .into_iter()
            .map(|other| instead(token, other))
            .collect();
    }
    if matches!(before, "." | "::") && matches!(after, "(" | ")") {
        let others = CALLS.iter().filter(|(known, _)| *known == token.text);
        return others.map(|(_, other)| instead(token, *other)).collect();
    }
    Vec::new()
}

/// `Some(…)` becomes `None`.
fn option(tokens: &[Token<'_>], at: usize) -> Change {
    let last = code::closing(tokens, at + 1) - 1;
    Change {
        start: tokens[at].start,
        end: tokens[last].end(),
        to: "None".to_owned(),
    }
}

/// `.iter()` goes backwards, unless what follows asks for no order.
fn reversed(tokens: &[Token<'_>], at: usize) -> Option<Change> {
    let last = code::closing(tokens, at + 1) - 1;
    let asked = tokens.get(last + 2).map_or("", |token| token.text);
    (!matches!(asked, "any" | "all" | "fold")).then(|| Change {
        start: tokens[at].start,
        end: tokens[last].end(),
        to: "iter().rev()".to_owned(),
    })
}

/// In `switches!`: another value behind `default`, `permissive` or `strict`.
fn switch_values(tokens: &[Token<'_>], at: usize, names: &Names) -> Vec<Change> {
    let kinds = (0..at).rev().take(12).filter(|at| tokens[*at].text == "=");
    let owner = kinds
        .filter_map(|at| at.checked_sub(1))
        .map(|at| tokens[at].text)
        .next();
    let (Some(owner), Some(value)) = (owner, tokens.get(at + 1)) else {
        return Vec::new();
    };
    let others = names.instead_of(owner, value.text);
    others
        .into_iter()
        .map(|other| instead(*value, other))
        .collect()
}

/// Numbers near a number: one more, one less; of a mask, a bit less, a bit more.
fn numbers(text: &str) -> Vec<String> {
    let plain = text.replace('_', "");
    let (number, is_hex) = match plain.strip_prefix("0x") {
        Some(digits) => (u64::from_str_radix(digits, 16), true),
        None => (plain.parse(), false),
    };
    let Ok(number) = number else {
        return Vec::new();
    };
    let others = match number {
        0 => vec![1],
        _ if !is_hex => vec![number + 1, number - 1],
        // Without its lowest bit, without its highest, with the one above.
        _ => {
            let highest = 1 << number.ilog2();
            vec![
                number & (number - 1),
                number & !highest,
                number | highest << 1,
            ]
        }
    };
    let shown = |number: u64| {
        if is_hex {
            format!("{number:#x}")
        } else {
            number.to_string()
        }
    };
    others.into_iter().map(shown).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn changed(text: &str) -> Vec<String> {
        let names = Names::of(["enum Way { In, Out }"].into_iter());
        let all = mutants("a.rs", text, &names);
        all.into_iter().map(|mutant| mutant.changed(text)).collect()
    }

    #[test]
    fn comparisons_and_their_directions_change() {
        assert_eq!(
            changed("let c = a < b;"),
            ["let c = a <= b;", "let c = a > b;"]
        );
        assert_eq!(changed("let a: B<C> = d;"), [""; 0]);
    }

    #[test]
    fn closures_and_references_are_no_operators() {
        assert_eq!(changed("let a = || b(&c);"), [""; 0]);
        assert_eq!(changed("let a = b || c;"), ["let a = b && c;"]);
    }

    #[test]
    fn constants_change_and_fields_do_not() {
        assert_eq!(changed("let a = 2;"), ["let a = 3;", "let a = 1;"]);
        assert_eq!(changed("let a = b.0;"), [""; 0]);
        assert_eq!(
            changed("let a = 0x3;"),
            ["let a = 0x2;", "let a = 0x1;", "let a = 0x7;"]
        );
        assert_eq!(changed("let a = Way::In;"), ["let a = Way::Out;"]);
    }

    #[test]
    fn to_meet_one_bit_is_to_contain_it() {
        let text = "const A: Self = Self(0x10); const B: Self = Self(0x30);";
        let names = Names::of([text].into_iter());
        let count = |text| mutants("a.rs", text, &names).len();
        assert_eq!(count("fn a() { b.contains(C::A) }"), 0);
        assert_eq!(count("fn a() { b.contains(C::B) }"), 1);
        assert_eq!(count("fn a() { b.contains(c) }"), 1);
    }

    #[test]
    fn conditions_hold_always_and_never() {
        let both = changed("fn a() { if b(c) { d } else { e } }");
        assert_eq!(
            both,
            [
                "fn a() { if true { d } else { e } }",
                "fn a() { if false { d } else { e } }"
            ]
        );
        assert_eq!(changed("fn a() { if let b = c { d } }"), [""; 0]);
    }

    #[test]
    fn results_of_arms_change_places() {
        let both = changed("let a = match b { c => d, e => f, };");
        assert_eq!(both, ["let a = match b { c => f, e => d, };"]);
    }

    #[test]
    fn statements_go_and_change_places() {
        let all = changed("fn a() { b.c(); d(b); e }");
        assert_eq!(
            all,
            [
                "fn a() {  d(b); e }",
                "fn a() { d(b); b.c(); e }",
                "fn a() { b.c();  e }"
            ]
        );
    }

    #[test]
    fn a_mutant_says_where_it_is() {
        let names = Names::of(std::iter::empty());
        let all = mutants("a.rs", "fn a() {}\nfn b() {\n    c && d\n}\n", &names);
        let said: Vec<String> = all.iter().map(ToString::to_string).collect();
        assert_eq!(said, ["crates/nt/src/a.rs:3 b `c && d` 2: `&&` → `||`"]);
    }
}
