//! Claims as text ([MS-DTYP] 2.5.1.1 `resource-attribute-ace`).

use super::cursor::Cursor;
use super::names;
use super::values;
use super::{SddlError, syntax};
use crate::claim::{Claim, ClaimValues};
use crate::sid::Sid;

/// Reads a claim with its parentheses.
pub(super) fn parse(cursor: &mut Cursor<'_>) -> Result<Claim, SddlError> {
    cursor.need("(", "`(`")?;
    cursor.need("\"", "`\"`")?;
    let start = cursor.at();
    let name = values::text(cursor)?;
    let name = without_nul(start, names::unescape(start, &name)?)?;
    cursor.need(",", "`,`")?;
    cursor.skip_blanks();
    let kind = ["TI", "TU", "TS", "TD", "TX", "TB"]
        .into_iter()
        .find(|kind| cursor.take(kind))
        .ok_or_else(|| cursor.expected("`TI`, `TU`, `TS`, `TD`, `TX` or `TB`"))?;
    cursor.need(",", "`,`")?;
    cursor.skip_blanks();
    let flags = flags(cursor)?;
    let values = match kind {
        "TI" => ClaimValues::Integers(items(cursor, |cursor| {
            values::integer(cursor).map(|integer| integer.value)
        })?),
        "TU" => ClaimValues::Unsigned(items(cursor, values::unsigned)?),
        "TS" => ClaimValues::Texts(items(cursor, text)?),
        "TD" => ClaimValues::Sids(items(cursor, sid)?),
        "TX" => ClaimValues::Octets(items(cursor, octets)?),
        _ => ClaimValues::Booleans(items(cursor, values::unsigned)?),
    };
    Ok(Claim {
        name,
        flags,
        values,
    })
}

fn flags(cursor: &mut Cursor<'_>) -> Result<u32, SddlError> {
    let start = cursor.at();
    u32::try_from(values::unsigned(cursor)?).map_err(|_| syntax(start, "a number of 32 bits"))
}

/// Reads values, each behind a comma, and the last parenthesis.
fn items<T>(
    cursor: &mut Cursor<'_>,
    item: impl Fn(&mut Cursor<'_>) -> Result<T, SddlError>,
) -> Result<Vec<T>, SddlError> {
    let mut items = Vec::new();
    loop {
        cursor.skip_blanks();
        if cursor.take(")") {
            return Ok(items);
        }
        cursor.need(",", "`,` or `)`")?;
        cursor.skip_blanks();
        items.push(item(cursor)?);
    }
}

fn text(cursor: &mut Cursor<'_>) -> Result<String, SddlError> {
    cursor.need("\"", "`\"`")?;
    let start = cursor.at();
    without_nul(start, values::text(cursor)?)
}

/// In the binary form a NUL is the end of a text.
fn without_nul(start: usize, text: String) -> Result<String, SddlError> {
    if text.contains('\0') {
        Err(syntax(start, "a text without a NUL"))
    } else {
        Ok(text)
    }
}

/// A SID, with `SID()` around it or without.
fn sid(cursor: &mut Cursor<'_>) -> Result<Sid, SddlError> {
    if cursor.take("SID(") {
        values::sid(cursor)
    } else {
        cursor.sid()
    }
}

fn octets(cursor: &mut Cursor<'_>) -> Result<Vec<u8>, SddlError> {
    cursor.need("#", "`#`")?;
    values::octets(cursor)
}
