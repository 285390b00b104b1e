//! The plan itself: steps, what is launched, and what could not be had.

use std::fmt;

use fumehood_policy::{Gap, GapName};

use super::launch::Launch;
use super::path::WinPath;
use super::profile::TokenProfile;
use super::step::Step;

/// Raised whenever a journal or a service could misread a plan of another build.
pub const VERSION: u32 = 1;

/// Everything to do, in order. Nothing is left to decide.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Plan {
    /// [`VERSION`] of the build that made it.
    pub version: u32,
    /// Which token.
    pub profile: TokenProfile,
    /// Steps, denials before grants.
    pub steps: Vec<Step>,
    /// What is started at the end.
    pub launch: Launch,
    /// What was asked and cannot be had, and is accepted.
    pub gaps: Vec<Gap>,
}

impl fmt::Display for Plan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "profile         {}", self.profile)?;
        self.steps
            .iter()
            .try_for_each(|step| writeln!(f, "{step}"))?;
        write!(f, "{}", self.launch)?;
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
    /// A path of the policy is none on a drive.
    #[error("{0} is no path on a drive")]
    NoDrive(String),
    /// A writable root does not exist, or could not be looked at.
    #[error("{0} does not exist or cannot be looked at")]
    Absent(WinPath),
    /// A root is a link or a placeholder: what it leads to may be another place tomorrow.
    #[error("{0} is a link; name the folder that it leads to")]
    Link(WinPath),
    /// A root is no folder.
    #[error("{0} is not a folder")]
    NotAFolder(WinPath),
    /// A root on a volume that keeps no descriptors: nothing could hold there.
    #[error("{0} lies on a volume that keeps no descriptors")]
    NoDescriptors(WinPath),
    /// A place that gets no entry of ours, whatever a policy says.
    #[error("{0} can be no writable root: {1}")]
    Forbidden(WinPath, &'static str),
    /// A place whose descriptor, or whose label, is not the caller's to change.
    #[error("the descriptor or label of {0} is not yours to change")]
    NotOurs(WinPath),
    /// The facts name no SID for a root.
    #[error("there is no grant SID for {0}")]
    NoGrant(WinPath),
    /// More places than one start may change.
    #[error("the policy needs more places than one start may change")]
    TooMany,
    /// *Elevated* was asked for, and no account was set up.
    #[error("no account was set up; `fumehood admin install` makes one")]
    NoAccount,
    /// No command was given.
    #[error("no command was given")]
    NoCommand,
    /// Gaps that the policy does not accept.
    #[error("the policy asks for what this machine cannot do: {}", names(.0))]
    Gaps(Vec<Gap>),
}

fn names(gaps: &[Gap]) -> String {
    let names: Vec<&str> = gaps.iter().map(|gap| GapName::as_str(gap.name)).collect();
    names.join(", ")
}
