//! The short way through an ordinary ACE.
//!
//! Nearly every ACE that anyone writes grants or denies, has no blanks, no GUID and
//! no condition, and its letters are capitals. Such a one is read here in one go;
//! anything else is none, and is read by the grammar from its beginning, which
//! also says what is wrong.

use super::ace::FLAGS;
use super::rights::{SEVERAL, SINGLE};
use crate::ace::{Ace, AceFlags, AceKind, Scope};
use crate::mask::AccessMask;
use crate::sid::Sid;
use crate::well_known::{ALIASES, Alias};

/// Adds the ACE that `text` begins with behind its first parenthesis, and says where it ends.
pub(super) fn ace(text: &str, aces: &mut Vec<Ace>) -> Option<usize> {
    let bytes = text.as_bytes();
    let kind = match bytes.first_chunk()? {
        b"A;" => AceKind::Allow(Scope::ALL),
        b"D;" => AceKind::Deny(Scope::ALL),
        _ => return None,
    };
    let (flags, at) = flags(bytes, 2)?;
    let (mask, at) = rights(bytes, at)?;
    if bytes.get(at..at + 2)? != b";;" {
        return None;
    }
    let (sid, at) = sid(text, at + 2)?;
    if *bytes.get(at)? != b')' {
        return None;
    }
    aces.push(Ace::new(kind, flags, mask, sid));
    Some(at + 1)
}

/// Two bytes from `at`.
fn pair(bytes: &[u8], at: usize) -> Option<[u8; 2]> {
    bytes.get(at..)?.first_chunk().copied()
}

/// What two letters stand for in a table.
fn find<T: Copy>(table: &[(&str, T)], pair: [u8; 2]) -> Option<T> {
    let is_pair = |letters: &str| letters.as_bytes().first_chunk() == Some(&pair);
    let found = table.iter().find(|(letters, _)| is_pair(letters));
    found.map(|(_, value)| *value)
}

/// Flags to their semicolon, and what is behind it. `SA` and `TP` are one bit and no flag of these.
fn flags(bytes: &[u8], mut at: usize) -> Option<(AceFlags, usize)> {
    let mut flags = AceFlags::NONE;
    while *bytes.get(at)? != b';' {
        flags = flags.union(find(&FLAGS, pair(bytes, at)?)?);
        at += 2;
    }
    Some((flags, at + 1))
}

/// Rights to their semicolon, and what is behind it.
fn rights(bytes: &[u8], mut at: usize) -> Option<(AccessMask, usize)> {
    if bytes.get(at..at + 2)? == b"0x" {
        return number(bytes, at + 2);
    }
    let mut mask = AccessMask::NONE;
    while *bytes.get(at)? != b';' {
        let pair = pair(bytes, at)?;
        mask |= find(&SEVERAL, pair).or_else(|| find(&SINGLE, pair))?;
        at += 2;
    }
    Some((mask, at + 1))
}

/// One to eight hexadecimal digits to their semicolon, and what is behind it.
fn number(bytes: &[u8], start: usize) -> Option<(AccessMask, usize)> {
    let mut mask = 0_u32;
    let mut at = start;
    while *bytes.get(at)? != b';' {
        let digit = (*bytes.get(at)? as char).to_digit(16)?;
        mask = (mask << 4) | digit;
        at += 1;
    }
    matches!(at - start, 1..=8).then_some((AccessMask(mask), at + 1))
}

/// A SID in full, or the letters of one that is the same everywhere, and where it ends.
fn sid(text: &str, at: usize) -> Option<(Sid, usize)> {
    let pair = pair(text.as_bytes(), at)?;
    if pair == *b"S-" {
        let (sid, length) = Sid::leading(text.get(at..)?)?;
        return Some((sid, at + length));
    }
    let found = ALIASES.binary_search_by(|(letters, _)| letters.as_bytes().cmp(&pair));
    match ALIASES.get(found.ok()?)? {
        (_, Alias::Fixed(sid)) => Some((*sid, at + 2)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::super::{Cursor, ace as grammar};
    use super::*;
    use crate::well_known::Domains;

    fn by_the_short_way(text: &str) -> Option<(Ace, usize)> {
        let mut aces = Vec::new();
        let end = ace(text, &mut aces)?;
        Some((aces.pop()?, end))
    }

    fn by_the_grammar(text: &str) -> Option<(Ace, usize)> {
        let mut cursor = Cursor::new(text, &Domains::NONE).ok()?;
        let ace = grammar::parse(&mut cursor).ok()?;
        Some((ace, cursor.at()))
    }

    #[test]
    fn an_ordinary_ace_is_the_same_by_the_short_way_and_by_the_grammar() {
        let kinds = ["A", "D"];
        let flags = ["", "OI", "OICINPIOID", "CRSAFA", "TP"];
        let rights = [
            "",
            "FA",
            "0x0",
            "0x1301bf",
            "0xFFFFFFFF",
            "CCDCSDRCGA",
            "KR",
        ];
        let sids = ["S-1-5-32-545", "WD", "SY", "S-1-5-21-1-2-3-1001"];
        for kind in kinds {
            for flags in flags {
                for rights in rights {
                    for sid in sids {
                        let text = format!("{kind};{flags};{rights};;;{sid})(A;;FA;;;WD)");
                        let short = by_the_short_way(&text);
                        assert!(short.is_some(), "{text}");
                        assert_eq!(short, by_the_grammar(&text), "{text}");
                    }
                }
            }
        }
        for (letters, alias) in ALIASES {
            let text = format!("A;;FA;;;{letters})");
            let fixed = matches!(alias, Alias::Fixed(_));
            assert_eq!(by_the_short_way(&text).is_some(), fixed, "{text}");
            assert_eq!(by_the_short_way(&text), by_the_grammar(&text), "{text}");
        }
    }

    #[test]
    fn whatever_is_done_to_an_ordinary_ace_the_short_way_never_disagrees() {
        let text = "A;OICI;0x1200a9;;;S-1-5-32-545)";
        for at in 0..=text.len() {
            for what in [
                "", " ", ";", "(", ")", "-", "0", "x", "X", "a", "Z", "SA", "é",
            ] {
                for cut in 0..3 {
                    let end = (at + cut).min(text.len());
                    let changed = format!("{}{what}{}", &text[..at], &text[end..]);
                    if let Some(short) = by_the_short_way(&changed) {
                        assert_eq!(Some(short), by_the_grammar(&changed), "{changed}");
                    }
                }
            }
        }
    }
}
