//! One part of a path against one part of a glob, on bytes.
//!
//! `*` is matched by going back to the last star only: an earlier one can never
//! help once a later one was reached, so the time is at most the product of the
//! two lengths and `*a*a*a*b` is no trap. A `?` is one byte, not one character:
//! names promise no encoding.

/// Whether `glob`, which [`check`] accepts, matches all of `name`.
pub(crate) fn matches(glob: &[u8], name: &[u8]) -> bool {
    let (mut glob, mut name) = (glob, name);
    let mut star: Option<(&[u8], &[u8])> = None;
    loop {
        if let [b'*', after @ ..] = glob {
            star = Some((after, name));
            glob = after;
            continue;
        }
        if glob.is_empty() && name.is_empty() {
            return true;
        }
        if let [byte, later @ ..] = name
            && let Some(after) = step(glob, *byte)
        {
            (glob, name) = (after, later);
            continue;
        }
        // Let the last star take one byte more.
        let Some((after, [_, later @ ..])) = star else {
            return false;
        };
        star = Some((after, later));
        (glob, name) = (after, later);
    }
}

/// What is left of `glob` after its first element took `byte`; none if it does not.
fn step(glob: &[u8], byte: u8) -> Option<&[u8]> {
    match glob {
        [] => None,
        [b'?', after @ ..] => Some(after),
        [b'[', rest @ ..] => class(rest, byte).and_then(|(held, after)| held.then_some(after)),
        glob => one_byte(glob).and_then(|(own, after)| (own == byte).then_some(after)),
    }
}

/// Reads the class behind a `[`: whether it holds `byte`, and what follows the `]`.
///
/// A `]` in first place is an ordinary member, as in POSIX.
fn class(glob: &[u8], byte: u8) -> Option<(bool, &[u8])> {
    let (negated, mut rest) = match glob {
        [b'!' | b'^', rest @ ..] => (true, rest),
        rest => (false, rest),
    };
    let mut held = false;
    let mut first = true;
    loop {
        if let [b']', after @ ..] = rest
            && !first
        {
            return Some((held != negated, after));
        }
        first = false;
        let (low, after) = one_byte(rest)?;
        match after {
            [b'-', end @ ..] if !matches!(end, [] | [b']', ..]) => {
                let (high, after) = one_byte(end)?;
                held |= (low..=high).contains(&byte);
                rest = after;
            }
            _ => {
                held |= low == byte;
                rest = after;
            }
        }
    }
}

/// The next byte that stands for itself, which may be behind a `\`.
fn one_byte(glob: &[u8]) -> Option<(u8, &[u8])> {
    match glob {
        [] | [b'\\'] => None,
        [b'\\', byte, after @ ..] | [byte, after @ ..] => Some((*byte, after)),
    }
}

/// Whether `part` can be matched: what is open is closed, and no `\` is last.
pub(crate) fn check(part: &[u8]) -> Result<(), &'static str> {
    let mut rest = part;
    while let [first, after @ ..] = rest {
        rest = match first {
            b'[' => class(after, 0).ok_or("a bracket is not closed")?.1,
            b'\\' => after.split_first().ok_or("a backslash is last")?.1,
            _ => after,
        };
    }
    Ok(())
}

/// The text that a part without wildcards stands for; none if it has one.
pub(crate) fn literal(part: &[u8]) -> Option<Vec<u8>> {
    let mut text = Vec::with_capacity(part.len());
    let mut rest = part;
    while !rest.is_empty() {
        if matches!(rest[0], b'*' | b'?' | b'[') {
            return None;
        }
        let (byte, after) = one_byte(rest)?;
        text.push(byte);
        rest = after;
    }
    Some(text)
}

/// `text` as a glob that matches just itself.
pub(crate) fn escape(text: &[u8]) -> Vec<u8> {
    let mut glob = Vec::with_capacity(text.len());
    for byte in text {
        if matches!(byte, b'*' | b'?' | b'[' | b'{' | b'\\') {
            glob.push(b'\\');
        }
        glob.push(*byte);
    }
    glob
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_wildcard_does_what_the_manual_says() {
        for (glob, yes, no) in [
            ("*", "", ""),
            ("*.pem", ".pem", "pem"),
            ("id_*", "id_rsa", "id-rsa"),
            ("?", "a", "ab"),
            ("[a-c]x", "bx", "dx"),
            ("[!a-c]x", "dx", "bx"),
            ("[]x]", "]", "y"),
            ("[a-]", "-", "b"),
            ("\\*", "*", "a"),
            ("[\\]]", "]", "\\"),
            ("a**b", "axxb", "axx"),
        ] {
            assert_eq!(check(glob.as_bytes()), Ok(()), "{glob}");
            assert!(matches(glob.as_bytes(), yes.as_bytes()), "{glob} {yes}");
            assert!(
                no.is_empty() || !matches(glob.as_bytes(), no.as_bytes()),
                "{glob} {no}"
            );
        }
    }

    #[test]
    fn many_stars_against_a_long_name_are_done_at_once() {
        let glob = "*a".repeat(500) + "*b";
        assert!(!matches(glob.as_bytes(), &[b'a'; 4095]));
    }

    #[test]
    fn what_is_escaped_matches_only_itself() {
        let text = b"a*b?[c]{d,e}\\f";
        let glob = escape(text);
        assert_eq!(literal(&glob).as_deref(), Some(&text[..]));
        assert!(matches(&glob, text));
        assert!(!matches(&glob, b"axb?[c]{d,e}\\f"));
    }
}
