//! The plan itself: steps, what is launched, and what could not be had.

use std::fmt;

use fumehood_policy::{AbsPath, Gap, GapName, Origin, RawText};
use serde::{Deserialize, Serialize};

use super::step::Step;

/// Raised whenever a launcher could misread a plan of another build.
pub const VERSION: u32 = 3;

/// A kind of namespace (namespaces(7)).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Namespace {
    /// `CLONE_NEWUSER`
    User,
    /// `CLONE_NEWNS`
    Mount,
    /// `CLONE_NEWPID`
    Process,
    /// `CLONE_NEWNET`
    Network,
    /// `CLONE_NEWIPC`
    Ipc,
    /// `CLONE_NEWUTS`
    HostName,
    /// `CLONE_NEWCGROUP`
    ControlGroup,
}

impl Namespace {
    /// Its flag for `clone3(2)`.
    #[must_use]
    pub const fn flag(self) -> u64 {
        match self {
            Self::User => 0x1000_0000,
            Self::Mount => 0x0002_0000,
            Self::Process => 0x2000_0000,
            Self::Network => 0x4000_0000,
            Self::Ipc => 0x0800_0000,
            Self::HostName => 0x0400_0000,
            Self::ControlGroup => 0x0200_0000,
        }
    }
}

/// The program to run, found and ready.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Launch {
    /// `argv`; the first is what the user typed.
    pub arguments: Vec<RawText>,
    /// `envp`.
    pub environment: Vec<(RawText, RawText)>,
    /// Files to try in order, as `execvp(3)` would.
    pub candidates: Vec<AbsPath>,
    /// The version 2 control group to be born in.
    pub control_group: Option<AbsPath>,
    /// Ends the tree after so many milliseconds.
    pub timeout_ms: Option<u64>,
    /// Where a new pseudo-terminal is had for the command (`ptmx(4)`, of the devpts
    /// inside); none if it gets the caller's streams.
    pub pty: Option<AbsPath>,
}

impl Launch {
    /// An argument, variable or file that holds a NUL byte and so cannot be passed on.
    #[must_use]
    pub fn unspeakable(&self) -> Option<String> {
        let arguments = self.arguments.iter().map(RawText::as_bytes);
        let variables = self.environment.iter();
        let variables = variables.flat_map(|(name, value)| [name.as_bytes(), value.as_bytes()]);
        let files = self.candidates.iter().map(AbsPath::as_bytes);
        let mut texts = arguments.chain(variables).chain(files);
        let text = texts.find(|text| text.contains(&0))?;
        Some(String::from_utf8_lossy(text).into_owned())
    }
}

/// Everything to do, in order. Nothing is left to decide.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Plan {
    /// [`VERSION`] of the build that made it.
    pub version: u32,
    /// Namespaces of the new process.
    pub namespaces: Vec<Namespace>,
    /// Steps, lasting ones first.
    pub steps: Vec<Step>,
    /// What is started at the end.
    pub launch: Launch,
    /// What was asked and cannot be had, and is accepted.
    pub gaps: Vec<Gap>,
    /// Environment variables that do not cross, by name.
    pub withheld: Vec<RawText>,
}

impl Plan {
    /// Steps that are done outside, before anything is started.
    pub fn lasting(&self) -> impl Iterator<Item = &Step> {
        self.steps.iter().filter(|step| step.is_lasting())
    }
}

/// As a reviewer reads it: namespaces, steps in order, what is launched.
impl fmt::Display for Plan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let namespaces: Vec<String> = self
            .namespaces
            .iter()
            .map(|one| format!("{one:?}").to_lowercase())
            .collect();
        writeln!(f, "namespaces      {}", namespaces.join(", "))?;
        self.steps
            .iter()
            .try_for_each(|step| writeln!(f, "{step}"))?;
        let arguments: Vec<String> = self
            .launch
            .arguments
            .iter()
            .map(ToString::to_string)
            .collect();
        writeln!(f, "launch          {}", arguments.join(" "))?;
        for path in &self.launch.candidates {
            writeln!(f, "  candidate     {path}")?;
        }
        if let Some(multiplexer) = &self.launch.pty {
            writeln!(f, "  terminal      a new one, of {multiplexer}")?;
        }
        for (name, value) in &self.launch.environment {
            writeln!(f, "  environment   {name}={value}")?;
        }
        for name in &self.withheld {
            writeln!(f, "  withheld      {name}")?;
        }
        for gap in &self.gaps {
            writeln!(f, "gap             {}: {}", gap.name, gap.asked)?;
        }
        Ok(())
    }
}

/// Why a policy cannot be put in force on this machine.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum PlanError {
    /// A writable root does not exist.
    #[error("{path} does not exist ({said})")]
    Missing {
        /// The path.
        path: AbsPath,
        /// Who asked for it.
        said: Origin,
    },
    /// A path leads nowhere, or in a circle.
    #[error("{path} is a symlink that leads nowhere ({said})")]
    Dangling {
        /// The path.
        path: AbsPath,
        /// Who asked for it.
        said: Origin,
    },
    /// The system would not say what is there.
    #[error("{path} cannot be looked at (errno {errno})")]
    Refused {
        /// The path.
        path: AbsPath,
        /// The system's answer.
        errno: i32,
    },
    /// Something at a path that is needed.
    #[error("{path} is needed and is not there")]
    Absent {
        /// The path.
        path: AbsPath,
    },
    /// A writable root is reached over a symlink that an earlier command could have made.
    #[error("{path} leads over the symlink {link}, which lies where commands may write")]
    PlantedLink {
        /// The root as the policy names it.
        path: AbsPath,
        /// The symlink.
        link: AbsPath,
    },
    /// A writable root leads to what is never writable.
    #[error("{path} leads to {real}, which {why}")]
    Kernel {
        /// The root as the policy names it.
        path: AbsPath,
        /// Where it leads.
        real: AbsPath,
        /// What is there.
        why: &'static str,
    },
    /// The workspace is not a folder.
    #[error("{path} is not a folder")]
    NotAFolder {
        /// The path.
        path: AbsPath,
    },
    /// Gaps that the policy does not accept.
    #[error("the policy asks for what this machine cannot do: {}", names(.0))]
    Gaps(Vec<Gap>),
    /// No command was given.
    #[error("no command was given")]
    NoCommand,
    /// A terminal of its own was asked for, and there is no `/dev` to have one in.
    #[error("there is no /dev on this machine, so the command cannot have a terminal")]
    NoTerminals,
    /// No filter exists for this machine.
    #[error("{0} is not supported: no system call table")]
    Machine(String),
    /// More detached mounts than there are numbers for them.
    #[error("the policy needs more mounts than one start may make")]
    TooMany,
}

fn names(gaps: &[Gap]) -> String {
    let names: Vec<&str> = gaps.iter().map(|gap| GapName::as_str(gap.name)).collect();
    names.join(", ")
}
