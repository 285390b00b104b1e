//! Text from a system that promises no encoding.
//!
//! Paths, arguments and environment variables on Linux are bytes. JSON and
//! terminals want UTF-8. This type keeps the bytes and has one written form
//! that can be read back: UTF-8 as it is, everything else (and control
//! characters, and the backslash itself) as `\xNN`.

use std::fmt;

use serde::de::{Deserialize, Deserializer, Error, Visitor};
use serde::ser::{Serialize, Serializer};

/// Bytes that are usually UTF-8, with a text form that loses nothing.
///
/// What people read gets the written form, what only programs read the bytes.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct RawText(Vec<u8>);

/// The written form has a backslash that does not begin `\xNN`.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` has a backslash that does not begin \\xNN")]
pub struct EscapeError(String);

impl RawText {
    /// Any bytes.
    #[must_use]
    pub fn from_bytes(bytes: &[u8]) -> Self {
        Self(bytes.to_vec())
    }

    /// Any bytes, without a copy.
    #[must_use]
    pub fn from_vec(bytes: Vec<u8>) -> Self {
        Self(bytes)
    }

    /// The bytes.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }

    /// The text, if it is UTF-8.
    #[must_use]
    pub fn as_str(&self) -> Option<&str> {
        std::str::from_utf8(&self.0).ok()
    }

    /// Reads the written form.
    ///
    /// # Errors
    ///
    /// [`EscapeError`] if a backslash does not begin `\xNN`.
    pub fn unescape(text: &str) -> Result<Self, EscapeError> {
        let mut bytes = Vec::with_capacity(text.len());
        let mut rest = text;
        while let Some(cut) = rest.find('\\') {
            bytes.extend_from_slice(&rest.as_bytes()[..cut]);
            let hex = rest[cut + 1..]
                .strip_prefix('x')
                .and_then(|hex| hex.get(..2));
            let byte = hex
                .filter(|hex| hex.bytes().all(|digit| digit.is_ascii_hexdigit()))
                .and_then(|hex| u8::from_str_radix(hex, 16).ok())
                .ok_or_else(|| EscapeError(text.to_owned()))?;
            bytes.push(byte);
            rest = &rest[cut + 4..];
        }
        bytes.extend_from_slice(rest.as_bytes());
        Ok(Self(bytes))
    }
}

/// Whether `c` could move the cursor, hide text or turn it around when shown.
fn is_dangerous(c: char) -> bool {
    c.is_control()
        || c == '\\'
        || matches!(c, '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}')
}

impl fmt::Display for RawText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut out = String::with_capacity(self.0.len());
        for chunk in self.0.utf8_chunks() {
            for c in chunk.valid().chars() {
                if is_dangerous(c) {
                    let mut utf8 = [0; 4];
                    escape(&mut out, c.encode_utf8(&mut utf8).as_bytes());
                } else {
                    out.push(c);
                }
            }
            escape(&mut out, chunk.invalid());
        }
        f.pad(&out)
    }
}

fn escape(out: &mut String, bytes: &[u8]) {
    const HEX: &[u8; 16] = b"0123456789abcdef";
    for byte in bytes {
        out.push_str("\\x");
        out.push(char::from(HEX[usize::from(byte >> 4)]));
        out.push(char::from(HEX[usize::from(byte & 15)]));
    }
}

impl fmt::Debug for RawText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "`{self}`")
    }
}

impl AsRef<[u8]> for RawText {
    fn as_ref(&self) -> &[u8] {
        &self.0
    }
}

impl From<&str> for RawText {
    fn from(text: &str) -> Self {
        Self(text.as_bytes().to_vec())
    }
}

impl Serialize for RawText {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        if serializer.is_human_readable() {
            serializer.collect_str(self)
        } else {
            serializer.serialize_bytes(&self.0)
        }
    }
}

impl<'de> Deserialize<'de> for RawText {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        if deserializer.is_human_readable() {
            deserializer.deserialize_str(Reader)
        } else {
            deserializer.deserialize_bytes(Reader)
        }
    }
}

/// Takes either form.
struct Reader;

impl Visitor<'_> for Reader {
    type Value = RawText;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("text, with other bytes as \\xNN")
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<RawText, E> {
        RawText::unescape(text).map_err(E::custom)
    }

    fn visit_bytes<E: Error>(self, bytes: &[u8]) -> Result<RawText, E> {
        Ok(RawText::from_bytes(bytes))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_byte_string_reads_back_as_it_was() {
        let all: Vec<u8> = (0..=255).chain("한글 \u{202e}x".bytes()).collect();
        for bytes in [&all[..], b"", b"\\x41", b"a\\b", b"\xff\xfe"] {
            let text = RawText::from_bytes(bytes);
            assert_eq!(
                RawText::unescape(&text.to_string()),
                Ok(text.clone()),
                "{text}"
            );
        }
    }

    #[test]
    fn what_could_fool_a_reader_is_never_shown_raw() {
        let text = RawText::from("a\u{1b}[2J\u{202e}b\nc").to_string();
        assert!(
            text.chars().all(|c| c == '\\' || !is_dangerous(c)),
            "{text}"
        );
        assert_eq!(RawText::from("한글.rs").to_string(), "한글.rs");
    }

    #[test]
    fn a_lone_backslash_is_an_error() {
        for bad in ["\\", "a\\n", "\\x4", "\\xg0", "\\x+1"] {
            assert!(RawText::unescape(bad).is_err(), "{bad}");
        }
    }
}
