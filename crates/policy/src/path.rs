//! Absolute paths of the machine the policy is for.
//!
//! `std::path` means the machine this code runs on; a plan for Linux is also
//! compiled and reviewed elsewhere. A Linux path is bytes between slashes
//! (`path_resolution(7)`): no encoding is promised, only NUL and `/` are special.
//! The Windows path, with its drives and its folded case, comes with the
//! Windows planner.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::raw_text::RawText;

/// Longest path we accept, in bytes: `PATH_MAX` less the closing NUL.
pub const PATH_LIMIT: usize = 4095;

/// Why a text is not an absolute path.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum PathError {
    /// It does not start with `/`.
    #[error("`{0}` is not an absolute path")]
    Relative(RawText),
    /// A part is `..`: what it means depends on symlinks that are not looked at yet.
    #[error("`{0}` has a `..` part")]
    Parent(RawText),
    /// A NUL byte cannot be in a path.
    #[error("`{0}` has a NUL byte")]
    Nul(RawText),
    /// Longer than the kernel takes.
    #[error("a path of {0} bytes is longer than {PATH_LIMIT}")]
    Long(usize),
}

/// An absolute Linux path: `/` between parts, no `.`, `..`, empty or trailing part.
///
/// Ordered by whole parts, so that a folder comes before everything below it
/// and everything below it comes before its next sibling.
#[derive(Debug, Clone, Hash, Eq, Serialize, Deserialize)]
#[expect(
    clippy::derived_hash_with_manual_eq,
    reason = "paths are equal when their bytes are; only the comparing is our own"
)]
#[serde(try_from = "RawText")]
pub struct AbsPath(RawText);

impl AbsPath {
    /// Reads an absolute path; empty and `.` parts are dropped.
    ///
    /// # Errors
    ///
    /// [`PathError`] if it is relative, has a `..` or a NUL, or is too long.
    pub fn parse(bytes: &[u8]) -> Result<Self, PathError> {
        let shown = || RawText::from_bytes(bytes);
        if bytes.first() != Some(&b'/') {
            return Err(PathError::Relative(shown()));
        }
        if bytes.contains(&0) {
            return Err(PathError::Nul(shown()));
        }
        let mut clean = Vec::with_capacity(bytes.len());
        for part in bytes.split(|byte| *byte == b'/') {
            match part {
                b"" | b"." => {}
                b".." => return Err(PathError::Parent(shown())),
                part => {
                    clean.push(b'/');
                    clean.extend_from_slice(part);
                }
            }
        }
        if clean.is_empty() {
            clean.push(b'/');
        }
        if clean.len() > PATH_LIMIT {
            return Err(PathError::Long(clean.len()));
        }
        Ok(Self(RawText::from_vec(clean)))
    }

    /// `/`.
    #[must_use]
    pub fn root() -> Self {
        Self(RawText::from("/"))
    }

    /// The path as the kernel takes it, without the closing NUL.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        self.0.as_bytes()
    }

    /// `self` and a relative path below it.
    ///
    /// # Errors
    ///
    /// As [`AbsPath::parse`]: `..` and NUL are refused, a leading `/` is not special.
    pub fn join(&self, below: impl AsRef<[u8]>) -> Result<Self, PathError> {
        let below = below.as_ref();
        let mut bytes = Vec::with_capacity(self.as_bytes().len() + 1 + below.len());
        bytes.extend_from_slice(self.as_bytes());
        bytes.push(b'/');
        bytes.extend_from_slice(below);
        if self.as_bytes() != b"/" && is_clean(below) && bytes.len() <= PATH_LIMIT {
            return Ok(Self(RawText::from_vec(bytes)));
        }
        Self::parse(&bytes)
    }

    /// The parts, from the top; none for `/`.
    #[must_use = "iterators do nothing on their own"]
    pub fn parts(&self) -> impl DoubleEndedIterator<Item = &[u8]> {
        self.as_bytes()
            .split(|byte| *byte == b'/')
            .filter(|part| !part.is_empty())
    }

    /// The folder that holds `self`; none for `/`.
    #[must_use]
    pub fn parent(&self) -> Option<Self> {
        self.parent_bytes()
            .map(|bytes| Self(RawText::from_bytes(bytes)))
    }

    /// The bytes of [`AbsPath::parent`], without a copy.
    #[must_use]
    pub fn parent_bytes(&self) -> Option<&[u8]> {
        let bytes = self.as_bytes();
        let cut = bytes.iter().rposition(|byte| *byte == b'/')?;
        match (cut, bytes.len()) {
            (0, 1) => None,
            (0, _) => Some(b"/"),
            (cut, _) => Some(&bytes[..cut]),
        }
    }

    /// The last part; none for `/`.
    #[must_use]
    pub fn name(&self) -> Option<&[u8]> {
        self.parts().next_back()
    }

    /// Whether `self` is `other` or lies below it, by whole parts:
    /// `/work` holds `/work/a` but not `/workbench`.
    #[must_use]
    pub fn is_within(&self, other: &Self) -> bool {
        let (own, other) = (self.as_bytes(), other.as_bytes());
        // Where a part ends is asked first: it is one byte, and nearly always says no.
        other == b"/"
            || (other.len() <= own.len()
                && matches!(own.get(other.len()), None | Some(b'/'))
                && common(own, other) == other.len())
    }

    /// What follows `other` in `self`, without a leading slash; none if `self` is not within it.
    #[must_use]
    pub fn below(&self, other: &Self) -> Option<&[u8]> {
        if !self.is_within(other) {
            return None;
        }
        let skip = if other.as_bytes() == b"/" {
            0
        } else {
            other.as_bytes().len()
        };
        let rest = &self.as_bytes()[skip..];
        Some(rest.strip_prefix(b"/").unwrap_or(rest))
    }

    /// How many parts the path has; 0 for `/`.
    #[must_use]
    pub fn depth(&self) -> usize {
        self.parts().count()
    }
}

impl fmt::Display for AbsPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl PartialEq for AbsPath {
    fn eq(&self, other: &Self) -> bool {
        let (own, others) = (self.as_bytes(), other.as_bytes());
        own.len() == others.len() && common(own, others) == own.len()
    }
}

impl PartialOrd for AbsPath {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for AbsPath {
    /// By parts. No part is empty and none holds a NUL, so that is the order of
    /// the bytes with the slash before all others.
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        let (own, others) = (self.as_bytes(), other.as_bytes());
        let same = common(own, others);
        let rank = |byte: &u8| if *byte == b'/' { 0 } else { *byte };
        let next = |bytes: &[u8]| bytes.get(same).map(rank);
        next(own).cmp(&next(others))
    }
}

/// Whether a relative path reads as it would after parsing. What is clean is found
/// in one pass; a part that begins with a dot and may be one of the odd ones is
/// left to the parser.
fn is_clean(path: &[u8]) -> bool {
    let mut before = b'/';
    for (at, byte) in path.iter().enumerate() {
        let is_odd = match byte {
            0 => true,
            b'/' => before == b'/',
            b'.' if before == b'/' => matches!(path.get(at + 1), None | Some(b'/' | b'.')),
            _ => false,
        };
        if is_odd {
            return false;
        }
        before = *byte;
    }
    before != b'/'
}

/// How many leading bytes are the same. Paths of one machine share long
/// beginnings, so words are compared while they can be.
fn common(a: &[u8], b: &[u8]) -> usize {
    const WORD: usize = size_of::<u64>();
    let words = a.chunks_exact(WORD).zip(b.chunks_exact(WORD));
    let same = WORD * words.take_while(|(a, b)| a == b).count();
    let rest = a[same..].iter().zip(&b[same..]);
    same + rest.take_while(|(a, b)| a == b).count()
}

impl TryFrom<RawText> for AbsPath {
    type Error = PathError;
    fn try_from(text: RawText) -> Result<Self, PathError> {
        match text.as_bytes() {
            b"/" => Ok(Self(text)),
            [b'/', below @ ..] if is_clean(below) && below.len() < PATH_LIMIT => Ok(Self(text)),
            bytes => Self::parse(bytes),
        }
    }
}

impl From<AbsPath> for RawText {
    fn from(path: AbsPath) -> Self {
        path.0
    }
}

impl std::str::FromStr for AbsPath {
    type Err = PathError;
    fn from_str(text: &str) -> Result<Self, PathError> {
        Self::parse(text.as_bytes())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn path(text: &str) -> AbsPath {
        text.parse().expect("absolute")
    }

    #[test]
    fn parts_are_whole_and_empty_ones_are_nothing() {
        assert!(path("/work/a").is_within(&path("//work/.")));
        assert!(!path("/workbench").is_within(&path("/work")));
        assert!(path("/anything").is_within(&AbsPath::root()));
        assert_eq!(path("/work/a/b").below(&path("/work")), Some(&b"a/b"[..]));
        assert_eq!(path("/work").below(&path("/work")), Some(&b""[..]));
        assert_eq!(path("/a").parent(), Some(AbsPath::root()));
        assert_eq!(AbsPath::root().parent(), None);
    }

    #[test]
    fn joining_says_the_same_as_parsing_the_whole() {
        // Every text of up to five of the bytes that matter.
        let bytes = b"/.a\0";
        for length in 0..=5_u32 {
            for number in 0..bytes.len().pow(length) {
                let byte = |at: u32| bytes[number / bytes.len().pow(at) % bytes.len()];
                let below: Vec<u8> = (0..length).map(byte).collect();
                for base in ["/", "/w"] {
                    let whole = [base.as_bytes(), b"/", &below].concat();
                    assert_eq!(path(base).join(&below), AbsPath::parse(&whole), "{below:?}");
                }
            }
        }
    }

    #[test]
    fn what_is_not_an_absolute_path_is_refused() {
        for bad in ["", "work", "./x", "/a/../b", "/a\0b"] {
            assert!(AbsPath::parse(bad.as_bytes()).is_err(), "{bad:?}");
        }
        assert!(AbsPath::parse(&[b'/'; 5000]).is_ok(), "only slashes: `/`");
        assert!(AbsPath::parse(&["/a".repeat(2048)].concat().into_bytes()).is_err());
    }

    #[test]
    fn a_folder_comes_before_what_it_holds_and_that_before_its_siblings() {
        let mut all = ["/a-b", "/a/c", "/a", "/", "/a/b/x"].map(path);
        all.sort();
        assert_eq!(
            all.map(|path| path.to_string()),
            ["/", "/a", "/a/b/x", "/a/c", "/a-b"]
        );
    }
}
