//! Names that may stand for one another: the variants of each enum of the crate.

use std::collections::{BTreeMap, BTreeSet};

use super::code::{self, Token};
use crate::tidy::source::Source;

/// A right, a flag, a SID that stands for another one of its type.
const CONSTANTS: [(&str, [&str; 2]); 12] = [
    ("AccessMask", ["NONE", "DELETE"]),
    ("AceFlags", ["NONE", "INHERIT_ONLY"]),
    ("Control", ["NONE", "DACL_PROTECTED"]),
    ("GenericMapping", ["FILE", "KEY"]),
    ("GroupMarks", ["NONE", "OWNER"]),
    ("Integrity", ["SYSTEM", "LOW"]),
    ("MandatoryPolicy", ["OFF", "BOTH"]),
    ("Owned", ["NOTHING", "NOTHING"]),
    ("Privileges", ["NONE", "NONE"]),
    ("RestrictFlags", ["NONE", "WRITE_RESTRICTED"]),
    ("Sid", ["SYSTEM", "EVERYONE"]),
    ("Switches", ["NONE", "NONE"]),
];
/// An enum of more variants than this is changed to the next one only.
const FEW: usize = 5;

/// The variants without fields of every enum, and other names for enums.
pub struct Names {
    variants: BTreeMap<String, Vec<String>>,
    aliases: BTreeMap<String, String>,
    /// Constants of one bit; each may stand for several, one for each type.
    flags: BTreeSet<String>,
    /// Constants of several bits, or of none.
    sets: BTreeSet<String>,
}

impl Names {
    /// Those that the files declare, by `enum` or by `switches!`.
    pub fn of<'a>(texts: impl Iterator<Item = &'a str>) -> Self {
        let mut names = Self {
            variants: BTreeMap::new(),
            aliases: BTreeMap::new(),
            flags: BTreeSet::new(),
            sets: BTreeSet::new(),
        };
        for text in texts {
            let source = Source::new("a.rs", text);
            let tokens = code::tokens(&source);
            names.enums(&tokens);
            names.switches(&tokens);
            names.constants(&tokens);
            names.aliases(&source.code);
        }
        names
    }

    fn enums(&mut self, tokens: &[Token<'_>]) {
        for at in 0..tokens.len() {
            let [keyword, name, open, ..] = &tokens[at..] else {
                return;
            };
            if keyword.text == "enum" && open.text == "{" {
                let inside = &tokens[at + 3..code::closing(tokens, at + 2).max(at + 4) - 1];
                self.variants.insert(name.text.to_owned(), plain(inside));
            }
        }
    }

    /// `field: Type = , default A, permissive B, strict C { A = , B = , … }`, strings blank.
    fn switches(&mut self, tokens: &[Token<'_>]) {
        for at in 3..tokens.len() {
            let is_switch = tokens[at].text == "default" && tokens[at - 2].text == "=";
            let open = (at..tokens.len()).find(|open| tokens[*open].text == "{");
            if let (true, Some(open)) = (is_switch, open) {
                let inside = &tokens[open + 1..code::closing(tokens, open) - 1];
                let variants = plain(inside);
                self.variants
                    .insert(tokens[at - 3].text.to_owned(), variants);
            }
        }
    }

    /// `const NAME: Self = Self(0x10);`
    fn constants(&mut self, tokens: &[Token<'_>]) {
        for window in tokens.windows(9) {
            let texts: Vec<&str> = window.iter().map(|token| token.text).collect();
            let ["const", name, ":", "Self", "=", "Self", "(", number, _] = texts[..] else {
                continue;
            };
            let plain = number.replace('_', "");
            let value = match plain.strip_prefix("0x") {
                Some(digits) => u64::from_str_radix(digits, 16),
                None => plain.parse(),
            };
            let is_flag = value.is_ok_and(u64::is_power_of_two);
            let kind = if is_flag {
                &mut self.flags
            } else {
                &mut self.sets
            };
            kind.insert(name.to_owned());
        }
    }

    /// Whether a constant is one bit, so that to contain it and to meet it are the same.
    pub fn is_flag(&self, name: &str) -> bool {
        self.flags.contains(name) && !self.sets.contains(name)
    }

    fn aliases(&mut self, code: &str) {
        for (at, _) in code.match_indices("use ") {
            let words: Vec<&str> = code[at..].split([' ', ';']).take(4).collect();
            if let ["use", name, "as", alias] = words[..] {
                self.aliases.insert(alias.to_owned(), name.to_owned());
            }
        }
    }

    /// What may stand instead of `name` in `owner::name`.
    pub fn instead_of(&self, owner: &str, name: &str) -> Vec<String> {
        let owner = self.aliases.get(owner).map_or(owner, String::as_str);
        if let Some((_, others)) = CONSTANTS.iter().find(|(known, _)| *known == owner) {
            let is_constant = name.bytes().all(|byte| !byte.is_ascii_lowercase());
            let other = others.iter().find(|other| **other != name && is_constant);
            return other.map(|other| (*other).to_owned()).into_iter().collect();
        }
        let Some(all) = self.variants.get(owner) else {
            return Vec::new();
        };
        let Some(at) = all.iter().position(|variant| variant == name) else {
            return Vec::new();
        };
        let others = (1..all.len()).map(|step| all[(at + step) % all.len()].clone());
        others.take(if all.len() > FEW { 1 } else { FEW }).collect()
    }
}

/// The names in a list of variants that have no fields.
fn plain(inside: &[Token<'_>]) -> Vec<String> {
    let (mut names, mut at) = (Vec::new(), 0);
    while at < inside.len() {
        let next = inside.get(at + 1).map_or(",", |token| token.text);
        match next {
            "(" | "{" => at = code::closing(inside, at + 1),
            _ => {
                names.push(inside[at].text.to_owned());
                let comma = inside[at..].iter().position(|token| token.text == ",");
                at = comma.map_or(inside.len(), |step| at + step);
            }
        }
        at += 1;
    }
    names
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn variants_without_fields_stand_for_one_another() {
        let text = "enum A { B, C(D), E { f: u8 }, G = 2 }\nuse A as X;\n\
                    switches! { a: S = \"s\", default T, permissive U, strict T { T = \"t\", U = \"u\", } }";
        let names = Names::of([text].into_iter());
        assert_eq!(names.instead_of("A", "B"), ["G"]);
        assert_eq!(names.instead_of("X", "G"), ["B"]);
        assert_eq!(names.instead_of("S", "T"), ["U"]);
        assert_eq!(names.instead_of("A", "C"), [""; 0]);
        assert_eq!(names.instead_of("AccessMask", "NONE"), ["DELETE"]);
        assert_eq!(names.instead_of("AccessMask", "new"), [""; 0]);
    }
}
