//! Numbers, texts, bytes and SIDs inside conditions and claims.

use super::cursor::Cursor;
use super::{SddlError, syntax};
use crate::condition::{Base, Integer, Sign, Width};
use crate::sid::Sid;

/// Reads a number without a sign: decimal, hexadecimal behind `0x`, octal behind `0`.
pub(super) fn unsigned(cursor: &mut Cursor<'_>) -> Result<u64, SddlError> {
    digits(cursor).map(|(number, _)| number)
}

/// Reads a number with a sign or without.
pub(super) fn integer(cursor: &mut Cursor<'_>) -> Result<Integer, SddlError> {
    let start = cursor.at();
    let sign = match () {
        () if cursor.take("+") => Sign::Plus,
        () if cursor.take("-") => Sign::Minus,
        () => Sign::None,
    };
    let (number, base) = digits(cursor)?;
    let value = match sign {
        Sign::Minus => 0i64.checked_sub_unsigned(number),
        Sign::Plus | Sign::None => i64::try_from(number).ok(),
    };
    Ok(Integer {
        value: value.ok_or_else(|| syntax(start, "a number of 64 bits"))?,
        width: Width::Bits64,
        sign,
        base,
    })
}

fn digits(cursor: &mut Cursor<'_>) -> Result<(u64, Base), SddlError> {
    let start = cursor.at();
    let (base, radix) = match cursor.rest().as_bytes() {
        [b'0', b'x' | b'X', ..] => {
            cursor.take("0x");
            (Base::Hexadecimal, 16)
        }
        [b'0', b'0'..=b'9', ..] => (Base::Octal, 8),
        _ => (Base::Decimal, 10),
    };
    let first = cursor.at();
    let text = cursor.take_while(|byte| byte.is_ascii_alphanumeric());
    let bad = text.chars().position(|digit| !digit.is_digit(radix));
    if text.is_empty() || bad.is_some() {
        return Err(syntax(first + bad.unwrap_or(0), "a digit"));
    }
    let number = u64::from_str_radix(text, radix);
    number
        .map(|number| (number, base))
        .map_err(|_| syntax(start, "a number of 64 bits"))
}

/// Reads a text between quotation marks, the first of which was taken. Nothing is escaped.
pub(super) fn text(cursor: &mut Cursor<'_>) -> Result<String, SddlError> {
    let text = cursor.take_while(|byte| byte != b'"');
    if cursor.take("\"") {
        Ok(text.to_owned())
    } else {
        Err(cursor.expected("`\"`"))
    }
}

/// Reads bytes as pairs of hexadecimal digits, behind their `#`.
pub(super) fn octets(cursor: &mut Cursor<'_>) -> Result<Vec<u8>, SddlError> {
    let start = cursor.at();
    let text = cursor.take_while(|byte| byte.is_ascii_alphanumeric() || byte == b'#');
    let mut octets = Vec::with_capacity(text.len() / 2);
    for (count, pair) in text.as_bytes().chunks(2).enumerate() {
        let at = start + 2 * count;
        let wrong = |at| syntax(at, "a hexadecimal digit");
        let digit = |at: usize, byte: Option<&u8>| {
            let digit = byte.and_then(|byte| char::from(*byte).to_digit(16));
            digit
                .and_then(|digit| u8::try_from(digit).ok())
                .ok_or_else(|| wrong(at))
        };
        octets.push(digit(at, pair.first())? << 4 | digit(at + 1, pair.get(1))?);
    }
    Ok(octets)
}

/// Reads a SID behind its `SID(`.
pub(super) fn sid(cursor: &mut Cursor<'_>) -> Result<Sid, SddlError> {
    cursor.skip_blanks();
    let sid = cursor.sid()?;
    cursor.need(")", "`)`").map(|()| sid)
}

/// Reads items that `item` reads, between braces the first of which was taken.
pub(super) fn braces<T>(
    cursor: &mut Cursor<'_>,
    item: impl Fn(&mut Cursor<'_>) -> Result<T, SddlError>,
) -> Result<Vec<T>, SddlError> {
    let mut items = Vec::new();
    cursor.skip_blanks();
    if cursor.take("}") {
        return Ok(items);
    }
    loop {
        cursor.skip_blanks();
        items.push(item(cursor)?);
        cursor.skip_blanks();
        if cursor.take("}") {
            return Ok(items);
        }
        if !cursor.take(",") {
            return Err(cursor.expected("`,` or `}`"));
        }
    }
}
