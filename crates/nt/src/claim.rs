//! Claims: named attributes of a resource, in a list's resource attribute ACE.
//!
//! The name and each value are found by offsets inside the ACE
//! ([MS-DTYP] 2.4.10.1); a claim that cannot be decoded is kept as bytes.

use crate::sid::Sid;

/// What a resource attribute ACE carries ([MS-DTYP] 2.4.4.15).
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum ResourceAttribute {
    /// A claim that could be decoded.
    Claim(Claim),
    /// Bytes that could not.
    Opaque(Vec<u8>),
}

/// A claim: `CLAIM_SECURITY_ATTRIBUTE_RELATIVE_V1` ([MS-DTYP] 2.4.10.1).
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Claim {
    /// What it is called.
    pub name: String,
    /// How it is compared and inherited, `0x0001` not inherited, `0x0002` by case, and so on; the
    /// high 16 bits are the resource manager's.
    pub flags: u32,
    /// Its values, all of one type.
    pub values: ClaimValues,
}

/// The values of a claim.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum ClaimValues {
    /// `TI`: signed numbers.
    Integers(Vec<i64>),
    /// `TU`: unsigned numbers.
    Unsigned(Vec<u64>),
    /// `TS`: texts.
    Texts(Vec<String>),
    /// `TD`: SIDs.
    Sids(Vec<Sid>),
    /// `TX`: bytes.
    Octets(Vec<Vec<u8>>),
    /// `TB`: 0 is no, any other number is yes.
    Booleans(Vec<u64>),
}

impl ClaimValues {
    /// How many there are.
    #[must_use]
    pub fn len(&self) -> usize {
        match self {
            Self::Integers(values) => values.len(),
            Self::Unsigned(values) | Self::Booleans(values) => values.len(),
            Self::Texts(values) => values.len(),
            Self::Sids(values) => values.len(),
            Self::Octets(values) => values.len(),
        }
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}
