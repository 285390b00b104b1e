//! Names of attributes, and how what is no letter is written in them.
//!
//! `%` and four hexadecimal digits are one UTF-16 unit ([MS-DTYP] 2.5.1.1
//! `attr-char2`). A name is written so that it cannot be taken for an operator.

use std::fmt::Write;

use super::{SddlError, Unprintable, syntax};
use crate::condition::Membership;

/// Bytes of a name without a prefix ([MS-DTYP] 2.5.1.1 `attr-char1`).
pub(super) fn is_simple(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b':' | b'.' | b'/' | b'_') || byte >= 0x80
}

/// Bytes of a name behind `@User.` and the like ([MS-DTYP] 2.5.1.1 `attr-char2`).
pub(super) fn is_literal(byte: u8) -> bool {
    is_simple(byte) || b"#$'*+-;?@[\\]^`{}~%".contains(&byte)
}

/// Undoes the escapes of `text`, which began at `start`.
pub(super) fn unescape(start: usize, text: &str) -> Result<String, SddlError> {
    let wrong = |at, expected| Err(syntax(at, expected));
    if text.is_empty() {
        return wrong(start, "a name");
    }
    let mut units = Vec::with_capacity(text.len());
    let mut rest = text;
    while let Some(character) = rest.chars().next() {
        rest = &rest[character.len_utf8()..];
        if character != '%' {
            units.extend_from_slice(character.encode_utf16(&mut [0; 2]));
            continue;
        }
        let at = start + text.len() - rest.len();
        let digits = rest
            .get(..4)
            .filter(|four| four.bytes().all(|byte| byte.is_ascii_hexdigit()));
        let Some(unit) = digits.and_then(|four| u16::from_str_radix(four, 16).ok()) else {
            return wrong(at, "four hexadecimal digits");
        };
        units.push(unit);
        rest = &rest[4..];
    }
    String::from_utf16(&units).or_else(|_| wrong(start, "well-formed UTF-16"))
}

/// Writes a name behind a prefix or between quotation marks.
pub(super) fn print(name: &str, out: &mut String) -> Result<(), Unprintable> {
    if name.is_empty() {
        return Err(Unprintable::Nameless);
    }
    name.chars()
        .for_each(|character| print_character(character, out));
    Ok(())
}

/// Writes a name that has no prefix: not as an operator, a SID or a number.
pub(super) fn print_alone(name: &str, out: &mut String) -> Result<(), Unprintable> {
    let mut characters = name.chars();
    match characters.next() {
        Some(first) if is_word(name) || !begins_name(first) => {
            escape(first, out);
            characters.for_each(|character| print_character(character, out));
            Ok(())
        }
        _ => print(name, out),
    }
}

/// Whether a name that begins with it cannot be taken for a number or a path.
fn begins_name(first: char) -> bool {
    first.is_ascii_alphabetic() || !first.is_ascii()
}

/// Whether it is a word of the language.
fn is_word(name: &str) -> bool {
    ["Exists", "Not_Exists", "SID"]
        .into_iter()
        .chain(Membership::TABLE.iter().map(|(_, word, _)| *word))
        .any(|word| word.eq_ignore_ascii_case(name))
}

fn print_character(character: char, out: &mut String) {
    if u8::try_from(character).map_or(true, is_simple) {
        out.push(character);
    } else {
        escape(character, out);
    }
}

fn escape(character: char, out: &mut String) {
    for unit in character.encode_utf16(&mut [0; 2]) {
        // Writing to a `String` never fails.
        let _always = write!(out, "%{unit:04x}");
    }
}
