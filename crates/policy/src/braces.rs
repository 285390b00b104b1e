//! `{a,b}`: one text that stands for several.
//!
//! Expanded before anything else is looked at, as shells do, so that everything
//! behind it has to understand only wildcards. Braces can be nested and can hold
//! slashes. The number of results is bounded while they are made, not after:
//! thirty pairs of braces are a billion texts.

use crate::pattern::BRACES_LIMIT;

/// All texts that `text` stands for, in the order they are written.
pub(crate) fn expand(text: &[u8]) -> Result<Vec<Vec<u8>>, &'static str> {
    let mut open = vec![text.to_vec()];
    let mut done = Vec::new();
    while let Some(next) = open.pop() {
        let Some(found) = first(&next)? else {
            done.push(next);
            continue;
        };
        if open.len() + done.len() + found.choices.len() > BRACES_LIMIT {
            return Err("its braces stand for too many patterns");
        }
        // Popped from the end: the last choice goes in first.
        for choice in found.choices.iter().rev() {
            open.push([&next[..found.start], choice, &next[found.end..]].concat());
        }
    }
    Ok(done)
}

/// The first brace of a text that is not inside another.
struct Braces<'a> {
    start: usize,
    /// Behind the closing brace.
    end: usize,
    choices: Vec<&'a [u8]>,
}

fn first(text: &[u8]) -> Result<Option<Braces<'_>>, &'static str> {
    let mut depth = 0_usize;
    let mut start = 0;
    let mut cut = 0;
    let mut choices = Vec::new();
    let mut at = 0;
    while at < text.len() {
        match (text[at], depth) {
            (b'\\', _) => at += 1,
            (b'[', 0) => at = behind_bracket(text, at),
            (b'{', 0) => {
                (depth, start, cut) = (1, at, at + 1);
            }
            (b'{', _) => depth += 1,
            (b',', 1) => {
                choices.push(&text[cut..at]);
                cut = at + 1;
            }
            (b'}', 1) => {
                choices.push(&text[cut..at]);
                return Ok(Some(Braces {
                    start,
                    end: at + 1,
                    choices,
                }));
            }
            (b'}', 2..) => depth -= 1,
            _ => {}
        }
        at += 1;
    }
    if depth > 0 {
        Err("a brace is not closed")
    } else {
        Ok(None)
    }
}

/// The place of the `]` that closes the class at `at`, or `at` if none does:
/// the check of the part says so later.
fn behind_bracket(text: &[u8], at: usize) -> usize {
    let negated = matches!(text.get(at + 1), Some(b'!' | b'^'));
    let first = if negated { at + 2 } else { at + 1 };
    let mut end = first;
    while end < text.len() && text[end] != b'/' {
        match text[end] {
            b']' if end > first => return end,
            b'\\' => end += 2,
            _ => end += 1,
        }
    }
    at
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(text: &str) -> Vec<String> {
        let all = expand(text.as_bytes()).expect("expands");
        all.into_iter()
            .map(|text| String::from_utf8(text).expect("as written"))
            .collect()
    }

    #[test]
    fn each_choice_is_a_text_of_its_own() {
        assert_eq!(texts("/a"), ["/a"]);
        assert_eq!(texts("/{a,b}/c"), ["/a/c", "/b/c"]);
        assert_eq!(
            texts("/{a,b{c,d/e}}{,f}"),
            ["/a", "/af", "/bc", "/bcf", "/bd/e", "/bd/ef"]
        );
        assert_eq!(texts("/\\{a,b}"), ["/\\{a,b}"]);
        assert_eq!(texts("/[{]a,b}"), ["/[{]a,b}"]);
    }

    #[test]
    fn too_many_choices_and_open_braces_are_refused() {
        assert!(expand("{a,b}".repeat(6).as_bytes()).is_ok());
        assert!(expand("{a,b}".repeat(7).as_bytes()).is_err());
        assert!(expand("{a,b}".repeat(200).as_bytes()).is_err());
        assert!(expand(b"/{a,b").is_err());
        assert!(expand(b"/{a,{b}").is_err());
    }
}
