//! Names of files: how they are shown and how they are found.

use std::fmt;
use std::sync::Arc;

use thiserror::Error;

use crate::fold::fold;

/// The name of one file, folder or stream: kept as it was given, found without regard to case.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Name {
    shown: Arc<str>,
    key: Arc<str>,
}

/// A text that names no file (MSDN *Naming Files, Paths, and Namespaces*).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum BadName {
    /// Nothing, `.` or `..`.
    #[error("a name is neither empty nor dots for a folder")]
    Nothing,
    /// A character that no name has.
    #[error("a name has no {0:?} in it")]
    Character(char),
    /// Too long.
    #[error("a name has at most {} units", Name::MAX_UNITS)]
    TooLong,
}

impl Name {
    /// The 16-bit units that a name may have (MSDN *Naming Files*).
    pub const MAX_UNITS: usize = 255;

    /// Reads a name.
    ///
    /// # Errors
    ///
    /// The text names no file.
    pub fn parse(text: &str) -> Result<Self, BadName> {
        if matches!(text, "" | "." | "..") {
            return Err(BadName::Nothing);
        }
        let is_bad = |c: &char| c.is_ascii_control() || r#"\/:*?"<>|"#.contains(*c);
        match text.chars().find(is_bad) {
            Some(bad) => Err(BadName::Character(bad)),
            None if text.encode_utf16().count() > Self::MAX_UNITS => Err(BadName::TooLong),
            None => Ok(Self::of(text)),
        }
    }

    /// A name whose text was judged before.
    pub(crate) fn of(text: &str) -> Self {
        Self {
            shown: text.into(),
            key: fold(text).into(),
        }
    }

    /// As it was given.
    #[must_use]
    pub fn shown(&self) -> &str {
        &self.shown
    }

    /// As it is compared.
    #[must_use]
    pub fn key(&self) -> &str {
        &self.key
    }
}

impl fmt::Display for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.shown)
    }
}

impl fmt::Debug for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}", self.shown)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_found_in_any_case_and_shown_as_given() {
        let (one, other) = (Name::of("ReadMe.TXT"), Name::of("readme.txt"));
        assert_eq!(one.key(), other.key());
        assert_eq!(one.shown(), "ReadMe.TXT");
        assert_ne!(one, other);
    }

    #[test]
    fn what_names_no_file_is_said_to() {
        let long = "a".repeat(256);
        let rows = [
            ("", BadName::Nothing),
            ("..", BadName::Nothing),
            ("a:b", BadName::Character(':')),
            ("a\u{1}", BadName::Character('\u{1}')),
            (&long, BadName::TooLong),
        ];
        for (text, bad) in rows {
            assert_eq!(Name::parse(text), Err(bad), "{text}");
        }
        for text in ["a", "a.", " a", "...", &long[1..], "é", ".git"] {
            assert!(Name::parse(text).is_ok(), "{text}");
        }
    }
}
