//! Why a command was not started.

/// Why nothing was started.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Failure {
    /// The kernel made no namespaces.
    #[error("cannot make namespaces")]
    Namespaces(#[source] std::io::Error),
    /// A step could not be put in force.
    #[error("cannot do step {index}: {step}")]
    Step {
        /// Its place in the plan.
        index: usize,
        /// What it was to do.
        step: String,
        /// The call that failed, and what the kernel said.
        #[source]
        source: CallFailed,
    },
    /// The program could not be executed.
    #[error("cannot execute {program}")]
    Execute {
        /// As it was typed.
        program: String,
        /// What the kernel said.
        #[source]
        source: std::io::Error,
    },
    /// An argument or variable holds a NUL byte.
    #[error("`{0}` holds a NUL byte and cannot be passed on")]
    Nul(String),
    /// The command could not be given a terminal.
    #[error("cannot open a terminal for the command with {multiplexer}")]
    Terminal {
        /// Where it was to be had.
        multiplexer: String,
        /// The call that failed, and what the kernel said.
        #[source]
        source: CallFailed,
    },
    /// A terminal was asked for by somebody who does not sit at our streams.
    #[error("a terminal of its own is only for a command that is run in place")]
    TerminalApart,
    /// What the command wrote on its terminal found no room.
    #[error("cannot pass on what the command wrote")]
    Output(#[source] std::io::Error),
    /// Something that does not depend on the plan.
    #[error("cannot watch the sandbox")]
    Watch(#[source] std::io::Error),
    /// pid 1 ended before it had started anything.
    #[error("the sandbox ended before the command was started")]
    Lost,
    /// The [`Observer`](super::Observer) said no.
    #[error("the command was not to be run")]
    Unwanted,
}

/// A system call that failed in pid 1.
#[derive(Debug, thiserror::Error)]
#[error("{call}")]
pub struct CallFailed {
    /// Its name.
    pub call: String,
    /// What the kernel said.
    #[source]
    pub source: std::io::Error,
}
