//! What is wrong with a configuration file, and where.

use crate::raw_text::RawText;

/// An error in a file, with its exact place.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{file}:{line}:{column}: {problem}")]
pub struct ConfigError {
    /// The file, as it was named.
    pub file: RawText,
    /// Line, from 1.
    pub line: u32,
    /// Column in characters, from 1.
    pub column: u32,
    /// The whole key, as `profiles.x.deny_read`; empty if none is meant.
    pub key: String,
    /// What is wrong.
    pub problem: Box<Problem>,
}

/// What can be wrong.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Problem {
    /// It is not TOML.
    #[error("{0}")]
    Syntax(String),
    /// `version` is missing.
    #[error("`version = 1` is missing: it says which form the rest has")]
    NoVersion,
    /// A version that this program does not know.
    #[error("version {0} is not known: this program reads version 1")]
    Version(String),
    /// A key that means nothing here.
    #[error("unknown key `{key}`{hint}")]
    UnknownKey {
        /// The key as it was written.
        key: RawText,
        /// ` in […]; did you mean …?`
        hint: String,
    },
    /// A value of another kind.
    #[error("`{key}` has to be {wanted}, and this is {found}")]
    Kind {
        /// The whole key.
        key: String,
        /// What it has to be.
        wanted: &'static str,
        /// What it is.
        found: &'static str,
    },
    /// A word that is not one of the choices.
    #[error("`{word}` is not a value of `{key}`{hint}")]
    UnknownWord {
        /// The whole key.
        key: String,
        /// The word.
        word: RawText,
        /// `; did you mean …?` or the choices.
        hint: String,
    },
    /// A value that cannot be right.
    #[error("`{key}`: {why}")]
    Value {
        /// The whole key.
        key: String,
        /// Why.
        why: String,
    },
    /// More than there may be.
    #[error("{what}: more than {limit}")]
    Limit {
        /// Of what.
        what: &'static str,
        /// How much there may be.
        limit: usize,
    },
}

/// Something that is probably not meant, and changes nothing.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{file}:{line}:{column}: {text}")]
pub struct Warning {
    /// The file, as it was named.
    pub file: RawText,
    /// Line, from 1.
    pub line: u32,
    /// Column in characters, from 1.
    pub column: u32,
    /// What it is.
    pub text: String,
}
