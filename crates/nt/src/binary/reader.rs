//! Where a reader of bytes is; every step is checked.

use super::DecodeError;
use crate::guid::Guid;
use crate::sid::Sid;

/// A place in bytes, of which those behind the end of the present part are cut off.
pub(super) struct Reader<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl<'a> Reader<'a> {
    pub(super) fn new(bytes: &'a [u8]) -> Self {
        Self { bytes, at: 0 }
    }

    pub(super) fn at_byte(bytes: &'a [u8], at: usize) -> Self {
        Self { bytes, at }
    }

    pub(super) fn at(&self) -> usize {
        self.at
    }

    /// The bytes that are left.
    pub(super) fn rest(&self) -> &'a [u8] {
        self.bytes.get(self.at..).unwrap_or_default()
    }

    /// Takes the next `len` bytes of `what`.
    pub(super) fn take(&mut self, what: &'static str, len: usize) -> Result<&'a [u8], DecodeError> {
        let (head, _) = self
            .rest()
            .split_at_checked(len)
            .ok_or(DecodeError::Truncated {
                at: self.at,
                what,
                needed: len,
                left: self.rest().len(),
            })?;
        self.at += len;
        Ok(head)
    }

    fn array<const N: usize>(&mut self, what: &'static str) -> Result<[u8; N], DecodeError> {
        let mut array = [0; N];
        array.copy_from_slice(self.take(what, N)?);
        Ok(array)
    }

    pub(super) fn u8(&mut self, what: &'static str) -> Result<u8, DecodeError> {
        self.array(what).map(|[byte]| byte)
    }

    pub(super) fn u16(&mut self, what: &'static str) -> Result<u16, DecodeError> {
        self.array(what).map(u16::from_le_bytes)
    }

    pub(super) fn u32(&mut self, what: &'static str) -> Result<u32, DecodeError> {
        self.array(what).map(u32::from_le_bytes)
    }

    pub(super) fn u64(&mut self, what: &'static str) -> Result<u64, DecodeError> {
        self.array(what).map(u64::from_le_bytes)
    }

    pub(super) fn guid(&mut self) -> Result<Guid, DecodeError> {
        self.array("a GUID").map(Guid)
    }

    /// Takes a byte that can only be `wanted`.
    pub(super) fn expect_u8(
        &mut self,
        what: &'static str,
        wanted: u8,
        expected: &'static str,
    ) -> Result<(), DecodeError> {
        let at = self.at;
        match self.u8(what)? {
            found if found == wanted => Ok(()),
            found => Err(DecodeError::Wrong {
                at,
                what,
                found: u64::from(found),
                expected,
            }),
        }
    }

    /// Reads here the size of a part that began at `start`, returns a reader that ends where the
    /// part does, and goes behind the part.
    pub(super) fn part(
        &mut self,
        start: usize,
        what: &'static str,
        least: u16,
    ) -> Result<Self, DecodeError> {
        let at = self.at;
        let size = self.u16(what)?;
        let wrong = |expected| DecodeError::Wrong {
            at,
            what,
            found: u64::from(size),
            expected,
        };
        if size < least {
            return Err(wrong("a size that holds its header"));
        }
        if size % 4 != 0 {
            return Err(wrong("a size that is a multiple of 4"));
        }
        let end = start + usize::from(size);
        let bytes = self.bytes.get(..end).ok_or(DecodeError::Truncated {
            at: start,
            what,
            needed: usize::from(size),
            left: self.bytes.len() - start,
        })?;
        let inside = Self { bytes, at: self.at };
        self.at = end;
        Ok(inside)
    }

    /// Reads a SID ([MS-DTYP] 2.4.2.2).
    pub(super) fn sid(&mut self) -> Result<Sid, DecodeError> {
        self.expect_u8("a SID's revision", 1, "1")?;
        let at = self.at;
        let count = self.u8("a SID")?;
        let authority: [u8; 6] = self.array("a SID's authority")?;
        let authority = authority
            .iter()
            .fold(0, |number, byte| number << 8 | u64::from(*byte));
        let mut parts = [0; Sid::MAX_PARTS];
        let too_many = DecodeError::Wrong {
            at,
            what: "a SID's number of sub-authorities",
            found: u64::from(count),
            expected: "at most 15",
        };
        let parts = parts.get_mut(..usize::from(count)).ok_or(too_many)?;
        let bytes = self.take("a SID's sub-authorities", 4 * parts.len())?;
        for (part, bytes) in parts.iter_mut().zip(bytes.as_chunks().0) {
            *part = u32::from_le_bytes(*bytes);
        }
        Sid::new(authority, parts).ok_or(too_many)
    }
}
