//! The binary form: what NT keeps on disk and takes in calls.
//!
//! Self-relative only: a header, and behind it the SACL, the DACL, the owner and the
//! group, each found by an offset ([MS-DTYP] 2.4.6). Every length and offset is
//! checked; a fault is told with the byte where it is.

mod ace;
mod claim;
mod condition;
mod reader;
mod writer;

use thiserror::Error;

use crate::ace::Ace;
use crate::acl::{Acl, AclRevision};
use crate::condition::{Callback, Condition};
use crate::descriptor::{AclField, Control, SecurityDescriptor};
use crate::sid::Sid;
use reader::Reader;

/// Bytes that are no descriptor, list or SID.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum DecodeError {
    /// Bytes are missing.
    #[error("{what} needs {needed} bytes at byte {at}, and there are {left}")]
    Truncated {
        /// The byte where it begins.
        at: usize,
        /// What is cut off.
        what: &'static str,
        /// How many bytes it needs.
        needed: usize,
        /// How many there are.
        left: usize,
    },
    /// A number that may not stand there.
    #[error("{what} at byte {at} is {found:#x}: expected {expected}")]
    Wrong {
        /// The byte where the number is.
        at: usize,
        /// What the number is.
        what: &'static str,
        /// The number.
        found: u64,
        /// What may stand there.
        expected: &'static str,
    },
    /// Two parts of a descriptor lie on the same bytes.
    #[error("{what} at byte {at} overlaps {other}")]
    Overlap {
        /// The byte where the later one begins.
        at: usize,
        /// The later one.
        what: &'static str,
        /// The earlier one.
        other: &'static str,
    },
}

/// A value that has no binary form.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum EncodeError {
    /// More than 64 KiB.
    #[error("{what} takes {bytes} bytes, at most {limit}")]
    TooLong {
        /// What.
        what: &'static str,
        /// The bytes that it takes.
        bytes: usize,
        /// The bytes that it may take.
        limit: usize,
    },
    /// Bytes kept from elsewhere whose number is no multiple of 4, as an ACE's must be.
    #[error("{bytes} bytes of an ACE of the caller's own: not a multiple of 4")]
    Unaligned {
        /// How many they are.
        bytes: usize,
    },
    /// A NUL in the name or a text of a claim, where a NUL is the end.
    #[error("a NUL in the name or a text of an attribute")]
    Nul,
}

/// Bytes of a descriptor's header.
const HEADER: usize = 20;
/// Where the offsets of the four parts stand in it.
const OWNER_AT: usize = 4;
const GROUP_AT: usize = 8;
const SACL_AT: usize = 12;
const DACL_AT: usize = 16;

impl SecurityDescriptor {
    /// Reads a self-relative descriptor ([MS-DTYP] 2.4.6).
    ///
    /// An offset to a list whose present flag is clear is not followed, as in NT. Bytes that no
    /// part covers are ignored.
    ///
    /// # Errors
    ///
    /// The byte where the bytes stop being a descriptor, and why.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, DecodeError> {
        let mut header = Reader::new(bytes);
        header.expect_u8("the descriptor's revision", 1, "1")?;
        let resource_manager = header.u8("the descriptor")?;
        let at = header.at();
        let word = header.u16("the control word")?;
        if word & Control::SELF_RELATIVE == 0 {
            return Err(DecodeError::Wrong {
                at,
                what: "the control word",
                found: u64::from(word),
                expected: "the self-relative flag",
            });
        }
        let mut parts = Parts {
            bytes,
            taken: Vec::with_capacity(4),
        };
        let owner = parts.sid(OWNER_AT, "the owner")?;
        let group = parts.sid(GROUP_AT, "the group")?;
        let sacl = parts.list(SACL_AT, "the SACL", word & Control::SACL_PRESENT)?;
        let dacl = parts.list(DACL_AT, "the DACL", word & Control::DACL_PRESENT)?;
        parts.apart()?;
        Ok(Self {
            control: Control::from_bits(word),
            resource_manager,
            owner,
            group,
            dacl,
            sacl,
        })
    }

    /// Writes a self-relative descriptor: header, SACL, DACL, owner, group, as Windows lays it
    /// out (MSDN `MakeSelfRelativeSD`).
    ///
    /// # Errors
    ///
    /// What in it has no binary form.
    pub fn to_bytes(&self) -> Result<Vec<u8>, EncodeError> {
        let mut out = vec![1, self.resource_manager];
        out.extend_from_slice(&self.control_word().to_le_bytes());
        out.resize(HEADER, 0);
        for (at, field) in [(SACL_AT, &self.sacl), (DACL_AT, &self.dacl)] {
            if let Some(acl) = field.list() {
                point(&mut out, at);
                writer::acl(acl, &mut out)?;
            }
        }
        for (at, sid) in [(OWNER_AT, &self.owner), (GROUP_AT, &self.group)] {
            if let Some(sid) = sid {
                point(&mut out, at);
                writer::sid(sid, &mut out);
            }
        }
        Ok(out)
    }
}

/// Writes at `at` the offset of what comes next: below 200 KiB, four parts of at most 64 KiB.
fn point(out: &mut [u8], at: usize) {
    let offset = u32::try_from(out.len()).unwrap_or(u32::MAX);
    out[at..at + 4].copy_from_slice(&offset.to_le_bytes());
}

/// The parts of a descriptor, and which bytes they took.
struct Parts<'a> {
    bytes: &'a [u8],
    taken: Vec<(usize, usize, &'static str)>,
}

impl Parts<'_> {
    /// A reader where the offset at `at` points; none for 0.
    fn follow(&self, at: usize, what: &'static str) -> Result<Option<Reader<'_>>, DecodeError> {
        let found = Reader::at_byte(self.bytes, at).u32("the descriptor's header")?;
        let offset = usize::try_from(found).unwrap_or(usize::MAX);
        let wrong = |expected| DecodeError::Wrong {
            at,
            what,
            found: u64::from(found),
            expected,
        };
        match offset {
            0 => Ok(None),
            1..HEADER => Err(wrong("an offset behind the header")),
            _ if offset % 4 != 0 => Err(wrong("an offset that is a multiple of 4")),
            _ if offset >= self.bytes.len() => Err(wrong("an offset into the descriptor")),
            _ => Ok(Some(Reader::at_byte(self.bytes, offset))),
        }
    }

    fn sid(&mut self, at: usize, what: &'static str) -> Result<Option<Sid>, DecodeError> {
        let Some(mut reader) = self.follow(at, what)? else {
            return Ok(None);
        };
        let start = reader.at();
        let sid = reader.sid()?;
        let end = reader.at();
        self.taken.push((start, end, what));
        Ok(Some(sid))
    }

    fn list(&mut self, at: usize, what: &'static str, flag: u16) -> Result<AclField, DecodeError> {
        if flag == 0 {
            Reader::at_byte(self.bytes, at).u32("the descriptor's header")?;
            return Ok(AclField::Absent);
        }
        let Some(mut reader) = self.follow(at, what)? else {
            return Ok(AclField::Null);
        };
        let start = reader.at();
        let acl = acl(&mut reader)?;
        let end = reader.at();
        self.taken.push((start, end, what));
        Ok(AclField::List(acl))
    }

    /// No two parts share a byte.
    fn apart(mut self) -> Result<(), DecodeError> {
        self.taken.sort_unstable();
        for pair in self.taken.windows(2) {
            if let [(_, end, other), (at, _, what)] = pair
                && at < end
            {
                return Err(DecodeError::Overlap {
                    at: *at,
                    what,
                    other,
                });
            }
        }
        Ok(())
    }
}

/// Reads a list, and goes behind it: room that it has and does not use is ignored.
fn acl(reader: &mut Reader<'_>) -> Result<Acl, DecodeError> {
    let start = reader.at();
    let revision = match reader.u8("the list's revision")? {
        2 => AclRevision::Plain,
        3 => AclRevision::Compound,
        4 => AclRevision::Object,
        found => {
            return Err(DecodeError::Wrong {
                at: start,
                what: "the list's revision",
                found: u64::from(found),
                expected: "2, 3 or 4",
            });
        }
    };
    reader.u8("the list's header")?;
    let mut inside = reader.part(start, "the list", 8)?;
    let count = inside.u16("the list's header")?;
    inside.u16("the list's header")?;
    let aces = (0..count)
        .map(|_| ace::read(&mut inside))
        .collect::<Result<_, _>>()?;
    Ok(Acl { revision, aces })
}

impl Acl {
    /// Reads a list that begins with these bytes ([MS-DTYP] 2.4.5).
    ///
    /// # Errors
    ///
    /// The byte where the bytes stop being a list, and why.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, DecodeError> {
        acl(&mut Reader::new(bytes))
    }

    /// Writes the list.
    ///
    /// # Errors
    ///
    /// What in it has no binary form.
    pub fn to_bytes(&self) -> Result<Vec<u8>, EncodeError> {
        let mut out = Vec::with_capacity(self.byte_len());
        writer::acl(self, &mut out).map(|()| out)
    }
}

impl Ace {
    /// The bytes that the binary form takes.
    #[must_use]
    pub fn byte_len(&self) -> usize {
        ace::len(self)
    }

    /// The number of its type ([MS-DTYP] 2.4.4.1).
    #[must_use]
    pub fn ace_type(&self) -> u8 {
        ace::number(&self.kind)
    }
}

impl Sid {
    /// Reads a SID that begins with these bytes ([MS-DTYP] 2.4.2.2).
    ///
    /// # Errors
    ///
    /// The byte where the bytes stop being a SID, and why.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, DecodeError> {
        Reader::new(bytes).sid()
    }

    /// Writes the SID.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut out = Vec::with_capacity(self.byte_len());
        writer::sid(self, &mut out);
        out
    }
}

impl Callback {
    /// Reads what a callback ACE carries; what is no condition is kept as it is.
    #[must_use]
    pub fn from_bytes(bytes: &[u8]) -> Self {
        condition::read(bytes).map_or_else(|| Self::Opaque(bytes.to_vec()), Self::Condition)
    }
}

impl Condition {
    /// Reads a condition, which begins with `artx` ([MS-DTYP] 2.4.4.17); none if it is not
    /// well-formed, nests too deeply, or holds a token that is not known.
    #[must_use]
    pub fn from_bytes(bytes: &[u8]) -> Option<Self> {
        condition::read(bytes)
    }

    /// Writes a condition, with zeros to a multiple of 4.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        condition::write(self)
    }
}
