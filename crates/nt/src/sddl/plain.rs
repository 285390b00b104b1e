//! The short way through an ordinary ACE.
//!
//! Nearly every ACE that anyone writes grants or denies, has no blanks, no GUID and
//! no condition, and its letters are capitals. Such a one is read here in one go;
//! anything else is none, and is read by the grammar from its beginning, which
//! also says what is wrong.

use super::ace::FLAGS_BY_LETTERS;
use super::cursor::ALIASES;
use super::rights::ORDINARY;
use crate::ace::{Ace, AceFlags, AceKind, Scope};
use crate::mask::AccessMask;
use crate::sid::Sid;
use crate::well_known::Alias;

/// Adds the ACE that `text` begins with behind its first parenthesis, and says where it ends.
pub(super) fn ace(text: &[u8], aces: &mut Vec<Ace>) -> Option<usize> {
    let (kind, rest) = match text {
        [b'A', b';', rest @ ..] => (AceKind::Allow(Scope::ALL), rest),
        [b'D', b';', rest @ ..] => (AceKind::Deny(Scope::ALL), rest),
        _ => return None,
    };
    let (flags, rest) = flags(rest)?;
    let (mask, rest) = rights(rest)?;
    let [b';', b';', rest @ ..] = rest else {
        return None;
    };
    let (sid, length) = sid(rest)?;
    let [b')', rest @ ..] = rest.get(length..)? else {
        return None;
    };
    aces.push(Ace::new(kind, flags, mask, sid));
    Some(text.len() - rest.len())
}

/// Flags to their semicolon, and what is behind it.
fn flags(mut text: &[u8]) -> Option<(AceFlags, &[u8])> {
    let mut flags = AceFlags::NONE;
    loop {
        match *text {
            [b';', ref rest @ ..] => return Some((flags, rest)),
            [first, second, ref rest @ ..] => {
                flags = flags.union(*FLAGS_BY_LETTERS.find([first, second])?);
                text = rest;
            }
            _ => return None,
        }
    }
}

/// Rights to their semicolon, and what is behind it.
fn rights(mut text: &[u8]) -> Option<(AccessMask, &[u8])> {
    let mut mask = AccessMask::NONE;
    loop {
        match *text {
            [b';', ref rest @ ..] => return Some((mask, rest)),
            [b'0', b'x', ref rest @ ..] if mask.is_empty() => return number(rest),
            [first, second, ref rest @ ..] => {
                mask |= *ORDINARY.find([first, second])?;
                text = rest;
            }
            _ => return None,
        }
    }
}

/// One to eight hexadecimal digits to their semicolon, and what is behind it.
fn number(text: &[u8]) -> Option<(AccessMask, &[u8])> {
    let (mut mask, mut rest) = (0_u32, text);
    loop {
        match *rest {
            [b';', ref behind @ ..] => {
                let digits = text.len() - rest.len();
                return matches!(digits, 1..=8).then_some((AccessMask(mask), behind));
            }
            [digit, ref behind @ ..] => {
                mask = (mask << 4) | char::from(digit).to_digit(16)?;
                rest = behind;
            }
            [] => return None,
        }
    }
}

/// A SID in full, or the letters of one that is the same everywhere, and where it ends.
fn sid(text: &[u8]) -> Option<(Sid, usize)> {
    match *text {
        [b'S', b'-', ..] => Sid::leading(text),
        [first, second, ..] => match ALIASES.find([first, second])? {
            Alias::Fixed(sid) => Some((*sid, 2)),
            _ => None,
        },
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::super::{Cursor, ace as grammar};
    use super::*;
    use crate::well_known::{self, Domains};

    fn by_the_short_way(text: &str) -> Option<(Ace, usize)> {
        let mut aces = Vec::new();
        let end = ace(text.as_bytes(), &mut aces)?;
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
        for (letters, alias) in well_known::ALIASES {
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
