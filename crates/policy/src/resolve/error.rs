//! Why no policy can be made, and where the reason stands.

use std::fmt;

use super::RULES_LIMIT;
use crate::path::AbsPath;
use crate::pattern::PatternError;
use crate::policy::Origin;
use crate::raw_text::RawText;

/// A place in a file or a flag, for a message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Spot {
    /// Who said it.
    pub origin: Box<Origin>,
    /// Column in characters, from 1; none for a flag.
    pub column: Option<u32>,
}

impl fmt::Display for Spot {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (&self.origin.file, self.origin.line, self.column) {
            (Some(file), Some(line), Some(column)) => {
                write!(f, "{file}:{line}:{column}: {}", self.origin.key)
            }
            _ => f.write_str(&self.origin.key),
        }
    }
}

/// Why no policy can be made.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ResolveError {
    /// A profile that nobody defines.
    #[error("{spot}: there is no profile `{name}`{hint}")]
    UnknownProfile {
        /// Who asks for it.
        spot: Spot,
        /// Its name.
        name: RawText,
        /// `; did you mean …?` or the known ones.
        hint: String,
    },
    /// A protected name that nobody protects.
    #[error("{spot}: `{name}` is not a protected name{hint}")]
    UnknownName {
        /// Who frees it.
        spot: Spot,
        /// The name.
        name: RawText,
        /// `; did you mean …?` or where the known ones are.
        hint: String,
    },
    /// Profiles that extend one another in a circle, or too many.
    #[error("{spot}: {why}: {chain}")]
    Extends {
        /// Who says the last one.
        spot: Spot,
        /// What is wrong.
        why: &'static str,
        /// The profiles, in order.
        chain: String,
    },
    /// A path or glob that cannot be read.
    #[error("{spot}: `{text}`: {why}")]
    Path {
        /// Who says it.
        spot: Spot,
        /// As it was written.
        text: RawText,
        /// What is wrong.
        why: PathTrouble,
    },
    /// A host or variable of a flag that cannot be read.
    #[error("{spot}: `{text}`: {why}")]
    Value {
        /// Who says it.
        spot: Spot,
        /// As it was written.
        text: RawText,
        /// What is wrong.
        why: &'static str,
    },
    /// The workspace is a folder that nobody means to hand over by accident.
    #[error(
        "the workspace would be `{path}`, which {what}; name it with --workspace if that is meant"
    )]
    Workspace {
        /// The folder.
        path: AbsPath,
        /// Why it is refused.
        what: &'static str,
    },
    /// More rules than a policy may have.
    #[error("the policy would have more than {RULES_LIMIT} rules")]
    TooManyRules,
}

/// What is wrong with a path in a configuration.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum PathTrouble {
    /// A variable that is not known.
    #[error("unknown variable `${{{name}}}`{hint}")]
    Variable {
        /// Its name.
        name: RawText,
        /// `; did you mean …?` or the known ones.
        hint: String,
    },
    /// A variable that does not stand at the beginning, or is not closed.
    #[error("a variable stands at the beginning, as `${{home}}/…`")]
    Misplaced,
    /// The home folder of somebody else.
    #[error("`~` is your own home folder only, as `~/…`")]
    OtherHome,
    /// It is empty.
    #[error("it is empty; the workspace itself is `${{workspace}}`")]
    Empty,
    /// It would be writable, and is no place for files.
    #[error("it {0}")]
    Kernel(&'static str),
    /// Not a path or glob.
    #[error(transparent)]
    Pattern(#[from] PatternError),
}
