//! What is enforced, by what, and how that is known.

use std::fmt;

use fumehood_policy::{Gap, GapName};
use serde::{Deserialize, Serialize};

/// How strong the evidence is. Ordered, weakest first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Evidence {
    /// The code type-checks for that system.
    Compiled,
    /// Our model of the system says so.
    Predicted,
    /// The calls go through where nothing enforces them.
    Plumbed,
    /// The kernel took every step of the plan on this machine.
    Sealed,
    /// A live probe on this machine tried, and its allow twin succeeded.
    Proven,
}

/// A promise to the user.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Guarantee {
    /// Writes only where the policy opens a place.
    FsWrite,
    /// Secret places cannot be read.
    FsReadDeny,
    /// Protected names at the top of writable roots stay as they are.
    ProtectedNames,
    /// No network but what the policy opens.
    Network,
    /// Nothing outside the tree can be seen, signalled or traced.
    Processes,
    /// The tree ends with the command, its launcher or its time.
    Lifetime,
    /// System calls with a large attack surface are refused.
    KernelSurface,
    /// The environment crosses by an allow-list.
    Environment,
}

impl Guarantee {
    /// All of them.
    pub const ALL: [Self; 8] = [
        Self::FsWrite,
        Self::FsReadDeny,
        Self::ProtectedNames,
        Self::Network,
        Self::Processes,
        Self::Lifetime,
        Self::KernelSurface,
        Self::Environment,
    ];

    /// The name in reports.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::FsWrite => "fs-write",
            Self::FsReadDeny => "fs-read-deny",
            Self::ProtectedNames => "protected-names",
            Self::Network => "network",
            Self::Processes => "processes",
            Self::Lifetime => "lifetime",
            Self::KernelSurface => "kernel-surface",
            Self::Environment => "environment",
        }
    }
}

impl fmt::Display for Guarantee {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// One promise, and what stands behind it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Enforcement {
    /// Which promise.
    pub guarantee: Guarantee,
    /// How it is known.
    pub evidence: Evidence,
    /// By what.
    pub mechanism: String,
    /// Gaps that weaken it.
    pub gaps: Vec<GapName>,
}

/// Everything that is enforced, and what is not.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct EnforcementReport {
    /// Which set of mechanisms.
    pub tier: String,
    /// Profile of the policy.
    pub profile: String,
    /// Promise by promise.
    pub enforcements: Vec<Enforcement>,
    /// Gaps, all accepted by the policy.
    pub gaps: Vec<Gap>,
}

impl EnforcementReport {
    /// What is known about `guarantee`; none if the policy does not ask for it.
    #[must_use]
    pub fn enforcement(&self, guarantee: Guarantee) -> Option<&Enforcement> {
        self.enforcements
            .iter()
            .find(|one| one.guarantee == guarantee)
    }
}

impl fmt::Display for EnforcementReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "profile {}, tier {}", self.profile, self.tier)?;
        for one in &self.enforcements {
            let evidence = format!("{:?}", one.evidence).to_lowercase();
            write!(f, "  {:<16} {evidence:<9} {}", one.guarantee, one.mechanism)?;
            if !one.gaps.is_empty() {
                let gaps: Vec<&str> = one.gaps.iter().map(|gap| gap.as_str()).collect();
                write!(f, " (less: {})", gaps.join(", "))?;
            }
            writeln!(f)?;
        }
        for gap in &self.gaps {
            writeln!(f, "  gap {}: {}; {}", gap.name, gap.why, gap.nearest)?;
        }
        Ok(())
    }
}
