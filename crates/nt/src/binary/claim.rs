//! Claims: `CLAIM_SECURITY_ATTRIBUTE_RELATIVE_V1` ([MS-DTYP] 2.4.10.1).
//!
//! Offsets count from the claim's first byte. Here the name follows the offsets and
//! the values follow the name, each at a multiple of 4.

use super::reader::Reader;
use super::{EncodeError, writer};
use crate::claim::{Claim, ClaimValues, ResourceAttribute};
use crate::sid::Sid;

/// Bytes before the offsets of the values.
const HEADER: usize = 16;
const INTEGER: u16 = 0x01;
const UNSIGNED: u16 = 0x02;
const TEXT: u16 = 0x03;
const SID: u16 = 0x05;
const BOOLEAN: u16 = 0x06;
const OCTETS: u16 = 0x10;

/// Reads a claim; what is not well-formed is kept as it is.
pub(super) fn read(bytes: &[u8]) -> ResourceAttribute {
    claim(bytes).map_or_else(
        || ResourceAttribute::Opaque(bytes.to_vec()),
        ResourceAttribute::Claim,
    )
}

/// A claim, and how many bytes of values may still be read: offsets may meet, and a value that
/// is pointed at a thousand times shall not be copied as often.
struct Values<'a> {
    bytes: &'a [u8],
    left: usize,
}

fn claim(bytes: &[u8]) -> Option<Claim> {
    let mut reader = Reader::new(bytes);
    let name = reader.u32("a claim").ok()?;
    let kind = reader.u16("a claim").ok()?;
    let reserved = reader.u16("a claim").ok()?;
    let flags = reader.u32("a claim").ok()?;
    let count = usize::try_from(reader.u32("a claim").ok()?).ok()?;
    let (offsets, []) = reader
        .take("offsets", count.checked_mul(4)?)
        .ok()?
        .as_chunks()
    else {
        return None;
    };
    let mut values = Values {
        bytes,
        left: bytes.len(),
    };
    let name = values.text(name)?;
    let offsets = || offsets.iter().map(|offset| u32::from_le_bytes(*offset));
    let values = match kind {
        INTEGER => ClaimValues::Integers(
            offsets()
                .map(|offset| values.number(offset).map(u64::cast_signed))
                .collect::<Option<_>>()?,
        ),
        UNSIGNED => ClaimValues::Unsigned(all(offsets(), |at| values.number(at))?),
        BOOLEAN => ClaimValues::Booleans(all(offsets(), |at| values.number(at))?),
        TEXT => ClaimValues::Texts(all(offsets(), |at| values.text(at))?),
        OCTETS => ClaimValues::Octets(all(offsets(), |at| values.octets(at).map(<[u8]>::to_vec))?),
        SID => ClaimValues::Sids(all(offsets(), |at| values.sid(at))?),
        _ => return None,
    };
    (reserved == 0).then_some(Claim {
        name,
        flags,
        values,
    })
}

fn all<T>(
    offsets: impl Iterator<Item = u32>,
    read: impl FnMut(u32) -> Option<T>,
) -> Option<Vec<T>> {
    offsets.map(read).collect()
}

impl<'a> Values<'a> {
    fn reader(&self, offset: u32) -> Reader<'a> {
        Reader::at_byte(self.bytes, usize::try_from(offset).unwrap_or(usize::MAX))
    }

    /// Counts `len` bytes as read.
    fn spend(&mut self, len: usize) -> Option<()> {
        self.left = self.left.checked_sub(len)?;
        Some(())
    }

    fn number(&mut self, offset: u32) -> Option<u64> {
        self.spend(8)?;
        self.reader(offset).u64("a number").ok()
    }

    /// UTF-16 up to a NUL.
    fn text(&mut self, offset: u32) -> Option<String> {
        let (pairs, _) = self.reader(offset).rest().as_chunks();
        let len = pairs.iter().position(|pair| *pair == [0, 0])?;
        self.spend(2 * len + 2)?;
        let units: Vec<u16> = pairs[..len]
            .iter()
            .map(|pair| u16::from_le_bytes(*pair))
            .collect();
        String::from_utf16(&units).ok()
    }

    /// Bytes behind their number.
    fn octets(&mut self, offset: u32) -> Option<&'a [u8]> {
        let mut reader = self.reader(offset);
        let len = usize::try_from(reader.u32("a length").ok()?).ok()?;
        let bytes = reader.take("bytes", len).ok()?;
        self.spend(4 + len).map(|()| bytes)
    }

    fn sid(&mut self, offset: u32) -> Option<Sid> {
        let mut inside = Reader::new(self.octets(offset)?);
        let sid = inside.sid().ok()?;
        inside.rest().is_empty().then_some(sid)
    }
}

/// The bytes that a claim takes.
pub(super) fn len(claim: &Claim) -> usize {
    let text = |text: &String| (2 * text.encode_utf16().count() + 2).next_multiple_of(4);
    let counted = |len: usize| (4 + len).next_multiple_of(4);
    let values = match &claim.values {
        ClaimValues::Integers(values) => 8 * values.len(),
        ClaimValues::Unsigned(values) | ClaimValues::Booleans(values) => 8 * values.len(),
        ClaimValues::Texts(values) => values.iter().map(text).sum(),
        ClaimValues::Sids(values) => values.iter().map(|sid| counted(sid.byte_len())).sum(),
        ClaimValues::Octets(values) => values.iter().map(|bytes| counted(bytes.len())).sum(),
    };
    HEADER + 4 * claim.values.len() + text(&claim.name) + values
}

/// Writes a claim.
pub(super) fn write(claim: &Claim, out: &mut Vec<u8>) -> Result<(), EncodeError> {
    let start = out.len();
    let count = claim.values.len();
    // An ACE that takes more than 64 KiB was refused before.
    let offset = |out: &Vec<u8>| u32::try_from(out.len() - start).unwrap_or(u32::MAX);
    out.resize(start + HEADER + 4 * count, 0);
    let header = [
        (0, offset(out)),
        (4, u32::from(kind(&claim.values))),
        (8, claim.flags),
        (12, u32::try_from(count).unwrap_or(u32::MAX)),
    ];
    for (at, number) in header {
        put(out, start + at, number);
    }
    text(&claim.name, out)?;
    for index in 0..count {
        writer::pad(out, start);
        let here = offset(out);
        put(out, start + HEADER + 4 * index, here);
        value(&claim.values, index, out)?;
    }
    writer::pad(out, start);
    Ok(())
}

fn kind(values: &ClaimValues) -> u16 {
    match values {
        ClaimValues::Integers(_) => INTEGER,
        ClaimValues::Unsigned(_) => UNSIGNED,
        ClaimValues::Texts(_) => TEXT,
        ClaimValues::Sids(_) => SID,
        ClaimValues::Octets(_) => OCTETS,
        ClaimValues::Booleans(_) => BOOLEAN,
    }
}

/// Writes the value number `index`.
fn value(values: &ClaimValues, index: usize, out: &mut Vec<u8>) -> Result<(), EncodeError> {
    match values {
        ClaimValues::Integers(values) => out.extend_from_slice(&values[index].to_le_bytes()),
        ClaimValues::Unsigned(values) | ClaimValues::Booleans(values) => {
            out.extend_from_slice(&values[index].to_le_bytes());
        }
        ClaimValues::Texts(values) => text(&values[index], out)?,
        ClaimValues::Sids(values) => counted(&values[index].to_bytes(), out),
        ClaimValues::Octets(values) => counted(&values[index], out),
    }
    Ok(())
}

fn put(out: &mut [u8], at: usize, number: u32) {
    out[at..at + 4].copy_from_slice(&number.to_le_bytes());
}

fn counted(bytes: &[u8], out: &mut Vec<u8>) {
    let len = u32::try_from(bytes.len()).unwrap_or(u32::MAX);
    out.extend_from_slice(&len.to_le_bytes());
    out.extend_from_slice(bytes);
}

fn text(text: &str, out: &mut Vec<u8>) -> Result<(), EncodeError> {
    if text.contains('\0') {
        return Err(EncodeError::Nul);
    }
    out.extend(text.encode_utf16().chain([0]).flat_map(u16::to_le_bytes));
    Ok(())
}
