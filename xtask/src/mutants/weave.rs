//! Many mutants in one source: the body of a function stands there once for each of them.
//!
//! ```text
//! fn f(a: u32) -> bool { match crate::mutant::active() {
//! 17 => { a <= 3 }
//! 18 => { a > 3 }
//! _ => { a < 3 }
//! } }
//! ```
//!
//! A body that is evaluated by the compiler cannot ask which mutant runs, and one
//! whose type only its body names has one body. Their mutants are tried alone, as
//! are those outside of functions.

use super::change::Mutant;
use super::code::{self, Token};
use super::span;
use crate::tidy::source::Source;

/// The module that says which mutant runs, and where it is declared.
pub const MODULE: &str = "//! Which mutant runs.\n\n\
    pub fn active() -> usize {\n    \
        static ACTIVE: std::sync::OnceLock<usize> = std::sync::OnceLock::new();\n    \
        *ACTIVE.get_or_init(|| {\n        \
            let said = std::env::var(\"FUMEHOOD_MUTANT\").ok();\n        \
            said.and_then(|said| said.parse().ok()).unwrap_or(usize::MAX)\n    \
        })\n\
    }\n";

/// A source with mutants in it.
pub struct Woven {
    pub text: String,
    arms: Vec<Arm>,
}

/// Where a mutant stands: from one line to another.
struct Arm {
    first: usize,
    last: usize,
    mutant: usize,
}

impl Woven {
    /// `text` with these mutants, each by its number, where they stand in bodies.
    pub fn of(file: &str, text: &str, mutants: &[(usize, &Mutant)]) -> Self {
        let source = Source::new(file, text);
        let mut woven = Self {
            text: String::new(),
            arms: Vec::new(),
        };
        let mut copied = 0;
        for (start, end) in bodies(&code::tokens(&source)) {
            let is_inside =
                |mutant: &Mutant| start < mutant.change.start && mutant.change.end < end;
            let inside = mutants.iter().filter(|(_, mutant)| is_inside(mutant));
            let inside: Vec<_> = inside.collect();
            if inside.is_empty() {
                continue;
            }
            woven.text.push_str(&text[copied..start]);
            woven.text.push_str("{ match crate::mutant::active() {\n");
            for (number, mutant) in inside {
                let change = &mutant.change;
                let (before, after) = (&text[start..change.start], &text[change.end..end]);
                woven.arm(*number, &[before, &change.to, after].concat());
            }
            let original = ["_ => ", &text[start..end], "\n} }"].concat();
            woven.text.push_str(&original);
            copied = end;
        }
        woven.text.push_str(&text[copied..]);
        woven
    }

    fn arm(&mut self, mutant: usize, body: &str) {
        let first = self.text.matches('\n').count() + 1;
        let arm = [&mutant.to_string(), " => ", body, "\n"].concat();
        self.text.push_str(&arm);
        let last = self.text.matches('\n').count();
        self.arms.push(Arm {
            first,
            last,
            mutant,
        });
    }

    /// The mutant that stands in a line, counted from 1.
    pub fn mutant_at(&self, line: usize) -> Option<usize> {
        let arm = self
            .arms
            .iter()
            .find(|arm| (arm.first..=arm.last).contains(&line))?;
        Some(arm.mutant)
    }

    /// Every mutant that stands in it.
    pub fn mutants(&self) -> impl Iterator<Item = usize> {
        self.arms.iter().map(|arm| arm.mutant)
    }
}

/// The bodies that may stand there more than once, from brace to brace; none inside another.
fn bodies(tokens: &[Token<'_>]) -> Vec<(usize, usize)> {
    let (mut bodies, mut at) = (Vec::new(), 0);
    while at < tokens.len() {
        let is_named = tokens.get(at + 1).is_some_and(|token| token.is_word());
        let open = span::until(tokens, at + 1, &["{", ";"]);
        let (true, true, Some(open)) = (tokens[at].text == "fn", is_named, open) else {
            at += 1;
            continue;
        };
        if tokens[open].text == ";" {
            at = open;
            continue;
        }
        let end = code::closing(tokens, open);
        let is_const = at > 0 && tokens[at - 1].text == "const";
        let mut result = tokens[at..open]
            .iter()
            .skip_while(|token| token.text != "->");
        if !is_const && !result.any(|token| token.text == "impl") {
            bodies.push((tokens[open].start, tokens[end - 1].end()));
        }
        at = end;
    }
    bodies
}

#[cfg(test)]
mod tests {
    use super::super::change::mutants;
    use super::super::names::Names;
    use super::*;

    fn woven(text: &str) -> Woven {
        let names = Names::of(std::iter::empty());
        let all = mutants("a.rs", text, &names);
        let numbered: Vec<_> = all.iter().enumerate().collect();
        Woven::of("a.rs", text, &numbered)
    }

    #[test]
    fn a_body_stands_there_once_for_each_mutant_and_once_as_it_was() {
        let woven = woven("fn a(b: fn() -> u8) -> bool {\n    c < d\n}\nfn e() {}\n");
        assert_eq!(
            woven.text,
            "fn a(b: fn() -> u8) -> bool { match crate::mutant::active() {\n\
             0 => {\n    c <= d\n}\n1 => {\n    c > d\n}\n_ => {\n    c < d\n}\n} }\nfn e() {}\n"
        );
        assert_eq!(woven.mutant_at(3), Some(0));
        assert_eq!(woven.mutant_at(6), Some(1));
        assert_eq!(woven.mutant_at(9), None);
        assert_eq!(woven.mutants().collect::<Vec<_>>(), [0, 1]);
    }

    #[test]
    fn what_the_compiler_evaluates_and_what_names_no_type_stays_as_it_was() {
        for text in [
            "const fn a() -> bool { b < c }",
            "fn a() -> impl Iterator<Item = bool> { b < c }",
            "const A: bool = b < c;",
            "trait A { fn b(c: bool); }",
        ] {
            assert_eq!(woven(text).text, text);
        }
        assert_ne!(woven("fn a(b: impl C) -> bool { b < c }").arms.len(), 0);
    }
}
