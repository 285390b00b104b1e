//! Security identifiers: who is meant.
//!
//! A SID is a revision, which is 1, a 48-bit authority and at most 15
//! sub-authorities of 32 bits ([MS-DTYP] 2.4.2). It is kept in place and copied,
//! because an access check compares many and may not allocate.

use std::cmp::Ordering;
use std::fmt;
use std::str::FromStr;

use thiserror::Error;

/// A security identifier ([MS-DTYP] 2.4.2).
///
/// The text form is `S-1-` and the authority, decimal below 2³² and twelve
/// hexadecimal digits from there, and the sub-authorities in decimal
/// ([MS-DTYP] 2.4.2.1).
///
/// ```
/// use fumehood_nt::Sid;
/// let users: Sid = "S-1-5-32-545".parse()?;
/// assert_eq!(users, Sid::of(5, [32, 545]));
/// assert_eq!(users, Sid::USERS);
/// assert_eq!(users.to_string(), "S-1-5-32-545");
/// # Ok::<_, fumehood_nt::ParseSidError>(())
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Sid {
    /// The authority above, the number of sub-authorities in the lowest byte: one comparison
    /// tells most SIDs apart.
    head: u64,
    /// Zero behind the last one.
    parts: [u32; Sid::MAX_PARTS],
}

impl Sid {
    /// Sub-authorities that a SID may have ([MS-DTYP] 2.4.2).
    pub const MAX_PARTS: usize = 15;
    /// The greatest authority: 48 bits.
    pub const MAX_AUTHORITY: u64 = (1 << 48) - 1;

    /// A SID whose shape is known when it is written.
    ///
    /// More than 15 sub-authorities do not compile.
    #[must_use]
    pub const fn of<const N: usize>(authority: u32, parts: [u32; N]) -> Self {
        const { assert!(N <= Self::MAX_PARTS, "a SID has at most 15 parts") };
        let mut all = [0; Self::MAX_PARTS];
        let mut at = 0;
        while at < N {
            all[at] = parts[at];
            at += 1;
        }
        Self {
            head: ((authority as u64) << 8) | N as u64,
            parts: all,
        }
    }

    /// A SID of any authority and sub-authorities; none if they are too great or too many.
    #[must_use]
    pub fn new(authority: u64, parts: &[u32]) -> Option<Self> {
        let count = u8::try_from(parts.len()).ok()?;
        let mut all = [0; Self::MAX_PARTS];
        all.get_mut(..parts.len())?.copy_from_slice(parts);
        (authority <= Self::MAX_AUTHORITY).then_some(Self {
            head: (authority << 8) | u64::from(count),
            parts: all,
        })
    }

    /// The identifier authority, 48 bits.
    #[must_use]
    pub const fn authority(&self) -> u64 {
        self.head >> 8
    }

    /// The sub-authorities, the relative identifier last.
    #[must_use]
    pub fn parts(&self) -> &[u32] {
        &self.parts[..self.count()]
    }

    /// The last sub-authority: the relative identifier.
    #[must_use]
    pub fn rid(&self) -> Option<u32> {
        self.parts().last().copied()
    }

    /// This SID with one sub-authority more; none if it has 15.
    #[must_use]
    pub fn child(&self, rid: u32) -> Option<Self> {
        let mut child = *self;
        *child.parts.get_mut(self.count())? = rid;
        child.head += 1;
        Some(child)
    }

    /// Whether this SID is `root` with one or more sub-authorities behind it.
    ///
    /// `S-1-5-21-1-2-3-513` is below its domain `S-1-5-21-1-2-3`.
    #[must_use]
    pub fn is_below(&self, root: &Self) -> bool {
        self.authority() == root.authority()
            && self.count() > root.count()
            && self.parts().starts_with(root.parts())
    }

    /// The bytes that the binary form takes ([MS-DTYP] 2.4.2.2).
    #[must_use]
    pub fn byte_len(&self) -> usize {
        8 + 4 * self.count()
    }

    /// The SID that `text` begins with, and how many bytes it takes.
    ///
    /// This is a short way for those that are written in decimal throughout, as nearly all are:
    /// none means that whoever asks has to parse, which also says what is wrong.
    #[must_use]
    #[inline]
    pub fn leading(text: &[u8]) -> Option<(Self, usize)> {
        let [b'S' | b's', b'-', b'1', b'-', ..] = text else {
            return None;
        };
        let mut at = 4;
        let authority = number(text, &mut at, Self::MAX_AUTHORITY)?;
        let mut sid = Self::of(0, []);
        let mut count = 0;
        while let Some(b'-') = text.get(at) {
            at += 1;
            let part = number(text, &mut at, u64::from(u32::MAX))?;
            *sid.parts.get_mut(count)? = u32::try_from(part).ok()?;
            count += 1;
        }
        sid.head = (authority << 8) | count as u64;
        let is_hexadecimal = matches!(text.get(at), Some(b'x' | b'X'));
        (!is_hexadecimal).then_some((sid, at))
    }

    /// The same as `==`, for where two are expected to be equal: without a call, because `memcmp`
    /// of some systems goes byte by byte.
    #[inline]
    pub(crate) fn is(&self, other: &Self) -> bool {
        let pairs = self.parts.iter().zip(&other.parts);
        self.head == other.head && pairs.fold(0, |different, (a, b)| different | (a ^ b)) == 0
    }

    /// A word that differs for nearly any two SIDs.
    #[inline]
    pub(crate) fn print(&self) -> u32 {
        let count = self.count();
        let [first, last, middle] =
            [0, count.saturating_sub(1), count / 2].map(|at| self.parts[at]);
        // Odd constants, so that nothing is lost; the multiplication spreads small numbers.
        let mixed = last ^ first.rotate_left(9) ^ middle.rotate_left(17);
        mixed.wrapping_mul(0x9E37_79B1)
    }

    fn count(&self) -> usize {
        (self.head & 0xff) as usize
    }
}

impl fmt::Display for Sid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match u32::try_from(self.authority()) {
            Ok(small) => write!(f, "S-1-{small}")?,
            Err(_) => write!(f, "S-1-0x{:012X}", self.authority())?,
        }
        self.parts()
            .iter()
            .try_for_each(|part| write!(f, "-{part}"))
    }
}

impl fmt::Debug for Sid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl Ord for Sid {
    fn cmp(&self, other: &Self) -> Ordering {
        (self.authority(), self.parts()).cmp(&(other.authority(), other.parts()))
    }
}

impl PartialOrd for Sid {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

/// A text that is no SID.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("expected {expected} at byte {at} of a SID")]
pub struct ParseSidError {
    /// The byte where the text stops being a SID.
    pub at: usize,
    /// What could have stood there.
    pub expected: &'static str,
}

impl FromStr for Sid {
    type Err = ParseSidError;

    fn from_str(text: &str) -> Result<Self, ParseSidError> {
        match Self::leading(text.as_bytes()) {
            Some((sid, length)) if length == text.len() => Ok(sid),
            _ => Self::in_full(text),
        }
    }
}

impl Sid {
    /// Reads a SID by its whole grammar.
    pub(crate) fn in_full(text: &str) -> Result<Self, ParseSidError> {
        let wrong = |at, expected| ParseSidError { at, expected };
        if !text.get(..2).is_some_and(|s| s.eq_ignore_ascii_case("S-")) {
            return Err(wrong(0, "`S-1-`"));
        }
        let rest = text[2..].strip_prefix("1-").ok_or(wrong(2, "`1-`"))?;
        let mut at = 4;
        let mut fields = rest.split('-');
        let first = fields.next().unwrap_or_default();
        let authority = authority(first).ok_or(wrong(at, "an authority of 48 bits"))?;
        at += first.len() + 1;
        let mut parts = [0; Self::MAX_PARTS];
        let mut count = 0;
        for field in fields {
            let part = decimal(field).ok_or(wrong(at, "a decimal number below 2^32"))?;
            *parts.get_mut(count).ok_or(wrong(
                at - 1,
                "the end: a SID has at most 15 sub-authorities",
            ))? = part;
            count += 1;
            at += field.len() + 1;
        }
        Self::new(authority, &parts[..count]).ok_or(wrong(4, "an authority of 48 bits"))
    }
}

/// Reads digits from `at` on, at least one, and goes behind them; none above `most`.
#[inline]
fn number(text: &[u8], at: &mut usize, most: u64) -> Option<u64> {
    /// No number that is allowed has more, unless zeros stand before it, and none of as many
    /// is more than a word holds.
    const DIGITS: usize = 15;
    let (start, mut number) = (*at, 0_u64);
    while let Some(digit) = text.get(*at).map(|byte| u64::from(*byte) ^ u64::from(b'0'))
        && digit <= 9
    {
        number = number.wrapping_mul(10).wrapping_add(digit);
        *at += 1;
    }
    (matches!(*at - start, 1..=DIGITS) && number <= most).then_some(number)
}

/// Reads an authority: decimal, or hexadecimal behind `0x`.
fn authority(text: &str) -> Option<u64> {
    let hex = text.strip_prefix("0x").or_else(|| text.strip_prefix("0X"));
    let number = match hex {
        Some(digits) if digits.bytes().all(|byte| byte.is_ascii_hexdigit()) => {
            u64::from_str_radix(digits, 16).ok()?
        }
        None if text.bytes().all(|byte| byte.is_ascii_digit()) => text.parse().ok()?,
        Some(_) | None => return None,
    };
    (number <= Sid::MAX_AUTHORITY).then_some(number)
}

/// Reads digits only: `parse` alone would take a sign.
fn decimal(text: &str) -> Option<u32> {
    text.bytes()
        .all(|byte| byte.is_ascii_digit())
        .then(|| text.parse().ok())?
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_short_way_reads_what_the_long_way_reads() {
        let rows = [
            ("S-1-5-32-545", Some(12)),
            ("s-1-1-0D:", Some(7)),
            ("S-1-5", Some(5)),
            ("S-1-281474976710655-4294967295", Some(30)),
            ("S-1-007-00042)", Some(13)),
            ("S-1-281474976710656", None),
            ("S-1-5-4294967296", None),
            ("S-1-5-", None),
            ("S-1-5--1", None),
            ("S-1-0x5-1", None),
            ("S-1-", None),
            ("S-2-5", None),
            ("S-1-1-1-2-3-4-5-6-7-8-9-10-11-12-13-14-15", Some(41)),
            ("S-1-1-1-2-3-4-5-6-7-8-9-10-11-12-13-14-15-16", None),
        ];
        for (text, length) in rows {
            let leading = Sid::leading(text.as_bytes());
            assert_eq!(leading.map(|(_, length)| length), length, "{text}");
            if let Some((sid, length)) = leading {
                let again: Sid = sid.to_string().parse().expect("is a SID");
                assert_eq!(again, sid);
                assert_eq!(text[..length].parse(), Ok(sid));
            }
        }
    }
}
