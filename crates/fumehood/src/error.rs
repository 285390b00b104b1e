//! What can go wrong, by what a caller can do about it.

use std::fmt;

use fumehood_policy::{AbsPath, Gap};

/// Why a command was not run, or could not be watched.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The policy asks for what this machine cannot do.
    #[error("the policy asks for what cannot be done here: {}", Gaps(.0))]
    Gaps(Vec<Gap>),
    /// The policy cannot be put in force on this machine.
    #[error("the policy cannot be put in force")]
    Policy(#[source] Cause),
    /// A configuration file could not be used.
    #[error("{what}")]
    Config {
        /// What was tried, with file, line and column.
        what: String,
        /// What would help.
        hint: Option<String>,
    },
    /// The plan gives more than the policy: a fault of ours.
    #[error("the plan was refused by its second reading: {0}")]
    Lint(String),
    /// The sandbox could not be started.
    #[error("the sandbox could not be started")]
    Start {
        /// What failed.
        #[source]
        source: Cause,
        /// What would help.
        hint: Option<String>,
    },
    /// The program does not exist inside.
    #[error("{program}: not found")]
    NotFound {
        /// As it was typed.
        program: String,
    },
    /// The program exists and cannot be executed.
    #[error("{program}: cannot be executed")]
    NotExecutable {
        /// As it was typed.
        program: String,
        /// What the system said.
        #[source]
        source: std::io::Error,
    },
    /// The command was ended, because what it wrote on its terminal found no room.
    #[error("what the command wrote cannot be passed on")]
    Output(#[source] std::io::Error),
    /// A folder of ours cannot be used.
    #[error("{what} {path}")]
    Folder {
        /// What was tried.
        what: &'static str,
        /// On what.
        path: AbsPath,
        /// What the system said.
        #[source]
        source: std::io::Error,
        /// What would help.
        hint: Option<&'static str>,
    },
    /// Something about the surroundings that is needed to begin with.
    #[error("{0}")]
    Surroundings(String),
    /// The audit log could not be written, and the policy makes that fatal.
    #[error("the audit log could not be written")]
    Audit(#[source] std::io::Error),
    /// No backend for this operating system yet.
    #[error("{0} is not supported yet")]
    Unsupported(&'static str),
}

/// A boxed cause, whatever layer it comes from.
pub type Cause = Box<dyn std::error::Error + Send + Sync>;

impl Error {
    /// The exit code of `fumehood run` for this error: 127 not found, 126 refused
    /// by policy or not executable, 125 not started for any other reason.
    #[must_use]
    pub const fn code(&self) -> u8 {
        match self {
            Self::NotFound { .. } => 127,
            Self::NotExecutable { .. } | Self::Gaps(_) => 126,
            _ => 125,
        }
    }

    /// What would help, if anything is known to.
    #[must_use]
    pub fn hint(&self) -> Option<String> {
        match self {
            Self::Start { hint, .. } | Self::Config { hint, .. } => hint.clone(),
            Self::Folder { hint, .. } => hint.map(str::to_owned),
            // Inside ourselves the gap is the smaller trouble.
            Self::Gaps(gaps) => crate::backend::if_nested().or_else(|| {
                let gap = gaps.first()?;
                let nearest = &gap.nearest;
                Some(format!(
                    "{nearest}; or accept it by name: --accept {}",
                    gap.name
                ))
            }),
            _ => None,
        }
    }
}

/// Gaps as one line.
struct Gaps<'a>(&'a [Gap]);

impl fmt::Display for Gaps<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, gap) in self.0.iter().enumerate() {
            let before = if index == 0 { "" } else { "; " };
            write!(f, "{before}{} ({}: {})", gap.asked, gap.name, gap.why)?;
        }
        Ok(())
    }
}
