//! GUIDs, as object ACEs name types and properties by them.

use std::fmt;
use std::str::FromStr;

use thiserror::Error;

/// A GUID, in the byte order of its binary form ([MS-DTYP] 2.3.4.2).
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Guid(pub [u8; 16]);

/// Where each byte of the text stands in the binary form: the first three fields are
/// little-endian.
const ORDER: [usize; 16] = [3, 2, 1, 0, 5, 4, 7, 6, 8, 9, 10, 11, 12, 13, 14, 15];
/// Before which bytes of the text a dash stands.
const DASHES: [usize; 4] = [4, 6, 8, 10];

/// A text that is no GUID.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("expected {expected} at byte {at} of a GUID")]
pub struct ParseGuidError {
    /// The byte where the text stops being a GUID.
    pub at: usize,
    /// What could have stood there.
    pub expected: &'static str,
}

impl fmt::Display for Guid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (at, byte) in ORDER.into_iter().enumerate() {
            if DASHES.contains(&at) {
                f.write_str("-")?;
            }
            write!(f, "{:02x}", self.0[byte])?;
        }
        Ok(())
    }
}

impl fmt::Debug for Guid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl FromStr for Guid {
    type Err = ParseGuidError;

    fn from_str(text: &str) -> Result<Self, ParseGuidError> {
        let wrong = |at, expected| ParseGuidError { at, expected };
        let bytes = text.as_bytes();
        let mut guid = [0; 16];
        let mut at = 0;
        for (count, byte) in ORDER.into_iter().enumerate() {
            if DASHES.contains(&count) {
                if bytes.get(at) != Some(&b'-') {
                    return Err(wrong(at, "`-`"));
                }
                at += 1;
            }
            for _ in 0..2 {
                let digit = bytes.get(at).and_then(|byte| (*byte as char).to_digit(16));
                let digit = digit.ok_or(wrong(at, "a hexadecimal digit"))?;
                guid[byte] = guid[byte] << 4 | u8::try_from(digit).unwrap_or_default();
                at += 1;
            }
        }
        if at == bytes.len() {
            Ok(Self(guid))
        } else {
            Err(wrong(at, "the end"))
        }
    }
}
