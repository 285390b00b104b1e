//! Words, definitions and attributes in Rust code that has no comments left.

use super::source::{Source, is_word};

/// A word of the code and where it starts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Word<'a> {
    /// The word.
    pub text: &'a str,
    /// Its first byte.
    pub start: usize,
}

impl Word<'_> {
    /// The byte after it.
    pub fn end(self) -> usize {
        self.start + self.text.len()
    }
}

/// All words of `code`, in order.
pub fn words(code: &str) -> Vec<Word<'_>> {
    let bytes = code.as_bytes();
    let mut words = Vec::new();
    let mut at = 0;
    while at < bytes.len() {
        if !is_word(bytes[at]) {
            at += 1;
            continue;
        }
        let end = bytes[at..]
            .iter()
            .position(|byte| !is_word(*byte))
            .map_or(bytes.len(), |n| at + n);
        words.push(Word {
            text: &code[at..end],
            start: at,
        });
        at = end;
    }
    words
}

/// What follows `offset`, without blanks before it.
pub fn after(code: &str, offset: usize) -> &str {
    code[offset..].trim_start()
}

/// A name that the code gives to something.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Definition<'a> {
    /// `struct`, `enum`, `trait`, `type`, `union`, `fn` or `mod`.
    pub keyword: &'a str,
    /// The name.
    pub name: &'a str,
    /// Where the name starts.
    pub start: usize,
    /// Whether `#[test]` stands before it.
    pub is_test: bool,
}

/// Every type, function and module that `source` names.
pub fn definitions(source: &Source) -> Vec<Definition<'_>> {
    const KEYWORDS: [&str; 7] = ["struct", "enum", "trait", "type", "union", "fn", "mod"];
    let words = words(&source.code);
    let mut tests = attributes(source)
        .into_iter()
        .filter(|a| a.inside == "test")
        .peekable();
    let mut found = Vec::new();
    for pair in words.windows(2) {
        let [keyword, name] = pair else { continue };
        let between = &source.code[keyword.end()..name.start];
        if !KEYWORDS.contains(&keyword.text) || !between.trim().is_empty() || between.is_empty() {
            continue;
        }
        let mut is_test = false;
        while keyword.text == "fn" && tests.next_if(|test| test.start < name.start).is_some() {
            is_test = true;
        }
        found.push(Definition {
            keyword: keyword.text,
            name: name.text,
            start: name.start,
            is_test,
        });
    }
    found
}

/// `#[…]` or `#![…]`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Attribute<'a> {
    /// What stands between the brackets, strings blanked.
    pub inside: &'a str,
    /// Where its `#` stands.
    pub start: usize,
    /// The byte after its `]`.
    pub end: usize,
    /// Whether it is `#![…]`, about what surrounds it.
    pub inner: bool,
}

/// Every attribute of the code, in order.
pub fn attributes(source: &Source) -> Vec<Attribute<'_>> {
    let code = &source.code;
    let mut found = Vec::new();
    for (start, _) in code.match_indices('#') {
        let inner = code[start + 1..].starts_with('!');
        let open = start + 1 + usize::from(inner);
        if !code[open..].starts_with('[') {
            continue;
        }
        let length = closing(&code[open..]);
        let inside = code[open + 1..(open + length).saturating_sub(1).max(open + 1)].trim();
        found.push(Attribute {
            inside,
            start,
            end: open + length,
            inner,
        });
    }
    found
}

/// Length of the bracketed text that `code` opens with.
fn closing(code: &str) -> usize {
    let mut depth = 0_usize;
    for (at, byte) in code.bytes().enumerate() {
        match byte {
            b'[' | b'(' | b'{' => depth += 1,
            b']' | b')' | b'}' => depth = depth.saturating_sub(1),
            _ => {}
        }
        if depth == 0 {
            return at + 1;
        }
    }
    code.len()
}

/// The parts of a name: `HTTPService` and `no_new_privs` alike, in lower case.
pub fn parts(name: &str) -> Vec<String> {
    let letters: Vec<char> = name.chars().collect();
    let mut parts = vec![String::new()];
    for (at, letter) in letters.iter().enumerate() {
        let before = at.checked_sub(1).map(|at| letters[at]);
        let next = letters.get(at + 1);
        let starts = letter.is_uppercase()
            && before.is_some_and(|before| {
                !before.is_uppercase() || next.is_some_and(|next| next.is_lowercase())
            });
        if *letter == '_' || starts {
            parts.push(String::new());
        }
        if let (Some(part), true) = (parts.last_mut(), *letter != '_') {
            part.extend(letter.to_lowercase());
        }
    }
    parts.retain(|part| !part.is_empty());
    parts
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn definitions_are_found_with_their_kind_and_tests_are_told_apart() {
        let source = Source::new(
            "a.rs",
            "mod a;\n#[test]\n#[expect(x)]\nfn b() { let f: fn(u8) = c; }\nstruct D<T>(T);\nfn e() {}",
        );
        let found: Vec<_> = definitions(&source)
            .iter()
            .map(|d| (d.keyword, d.name, d.is_test))
            .collect();
        let expected = [
            ("mod", "a", false),
            ("fn", "b", true),
            ("struct", "D", false),
            ("fn", "e", false),
        ];
        assert_eq!(found, expected);
    }

    #[test]
    fn attributes_end_at_their_own_bracket() {
        let source = Source::new("a.rs", "#![a(b = [1, 2])]\n#[cfg(test)] mod c {}");
        let found: Vec<_> = attributes(&source)
            .iter()
            .map(|a| (a.inside, a.inner))
            .collect();
        assert_eq!(found, [("a(b = [1, 2])", true), ("cfg(test)", false)]);
    }

    #[test]
    fn names_fall_into_parts_at_underscores_and_capitals() {
        assert_eq!(parts("HTTPService"), ["http", "service"]);
        assert_eq!(parts("no_new_privs"), ["no", "new", "privs"]);
        assert_eq!(parts("Example"), ["example"]);
        assert_eq!(parts("PolicyV2"), ["policy", "v2"]);
    }
}
