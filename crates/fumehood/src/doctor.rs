//! The boundary, tried on this machine.
//!
//! A plan that went through proves that the kernel took every step, not that the
//! steps do what we think. So each promise has probes: programs that are started
//! inside, by the same launcher as any command, and try what is promised to be
//! impossible. A probe that is refused shows nothing by itself, since it could
//! have failed for any other reason. So each has an *allow twin*, the same act
//! where it is allowed, by the same process; only if that worked does a refusal
//! count. Three results, and the middle one is never taken for the first:
//!
//! | Result | When |
//! |---|---|
//! | held | the twin worked, and the act was refused or had no effect outside |
//! | unknown | the probe could not run, or its twin did not work |
//! | broken | the act had its effect |
//!
//! Some probes try what the policy knows it cannot have here and accepts by name.
//! They are run too, so that a gap is measured like everything else, and do not
//! count against the promise.

#[cfg(target_os = "linux")]
mod linux;
#[cfg(not(target_os = "linux"))]
mod unsupported;

#[cfg(target_os = "linux")]
use linux as backend;
#[cfg(not(target_os = "linux"))]
use unsupported as backend;

use std::error::Error as _;
use std::fmt;

use fumehood_policy::{Gap, GapName};
use serde::{Deserialize, Serialize};

use crate::report::{Evidence, Guarantee};
use crate::{EnforcementReport, Error, Launcher, Settings};

#[cfg(target_os = "linux")]
pub(crate) use linux::probe_main;

/// Version of [`Examination`] as JSON.
pub const VERSION: u32 = 1;

/// What was found out.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Examination {
    /// [`VERSION`].
    pub v: u32,
    /// Everything that has to hold was tried and held.
    pub sound: bool,
    /// Which set of mechanisms.
    pub tier: String,
    /// Profile of the policy.
    pub profile: String,
    /// Why nothing at all could be tried.
    pub trouble: Option<Trouble>,
    /// Promise by promise.
    pub promises: Vec<Promise>,
    /// What the policy asks and this machine cannot do.
    pub gaps: Vec<Gap>,
}

/// Why nothing could be tried.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Trouble {
    /// What was wanted.
    pub what: String,
    /// What failed, and what the system said, outermost first.
    pub causes: Vec<String>,
    /// What would help.
    pub hint: Option<String>,
}

/// One guarantee, and what its probes found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Promise {
    /// Which guarantee.
    pub guarantee: Guarantee,
    /// What its probes say together.
    pub result: Outcome,
    /// How it is known; none if it does not hold or nothing was started.
    pub level: Option<Evidence>,
    /// By what it is enforced.
    pub mechanism: String,
    /// Accepted gaps that weaken it.
    pub gaps: Vec<GapName>,
    /// What was tried.
    pub probes: Vec<Probe>,
}

/// Something that was tried inside, and its allow twin.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Probe {
    /// Its name.
    pub name: String,
    /// What it tries.
    pub tries: String,
    /// What came of it.
    pub result: Outcome,
    /// What the system said, or why it is not known.
    pub said: String,
    /// The same where it is allowed.
    pub twin: Twin,
    /// The accepted gap that it falls under: it then does not count.
    pub gap: Option<GapName>,
}

/// The allow twin of a probe.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Twin {
    /// What it tries.
    pub tries: String,
    /// Whether it worked.
    pub worked: bool,
    /// What the system said.
    pub said: String,
}

/// What came of a probe.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Outcome {
    /// It was tried and had no effect, and its twin worked.
    Held,
    /// It could not be tried, or its twin did not work.
    Unknown,
    /// It had its effect.
    Broken,
}

impl Outcome {
    /// The word in reports.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Held => "held",
            Self::Unknown => "unknown",
            Self::Broken => "broken",
        }
    }
}

impl fmt::Display for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// Tries the policy of `settings` on this machine, in a workspace of its own.
///
/// The policy is taken as it is, with three differences: the workspace is a new
/// folder in the temporary folder, our state folder is a new one too, and the
/// probe itself may be read. Nothing is left behind. `launcher` is also the
/// probe, so its `main` has to begin with [`cell_main`](crate::cell_main).
///
/// # Errors
///
/// [`Error::Surroundings`] and [`Error::Folder`] if the folders cannot be made.
/// A sandbox that cannot be started is no error: everything is then unknown,
/// and [`Examination::trouble`] says why.
pub fn examine(settings: &Settings, launcher: &Launcher) -> Result<Examination, Error> {
    backend::examine(&settings.policy, launcher)
}

impl Examination {
    /// What is known where nothing can be started: nothing.
    fn in_trouble(profile: &str, report: Option<&EnforcementReport>, error: &Error) -> Self {
        let asked = |guarantee: &Guarantee| {
            report.is_none_or(|report| report.enforcement(*guarantee).is_some())
        };
        let unknown = |guarantee| Promise {
            guarantee,
            result: Outcome::Unknown,
            level: None,
            mechanism: String::new(),
            gaps: Vec::new(),
            probes: Vec::new(),
        };
        let gaps = match error {
            Error::Gaps(gaps) => gaps.clone(),
            _ => report.map_or_else(Vec::new, |report| report.gaps.clone()),
        };
        Self {
            v: VERSION,
            sound: false,
            tier: "none".to_owned(),
            profile: profile.to_owned(),
            trouble: Some(Trouble::of(error)),
            promises: Guarantee::ALL
                .into_iter()
                .filter(asked)
                .map(unknown)
                .collect(),
            gaps,
        }
    }
}

impl Trouble {
    fn of(error: &Error) -> Self {
        let mut causes = Vec::new();
        let mut next = error.source();
        while let Some(cause) = next {
            causes.push(cause.to_string());
            next = cause.source();
        }
        Self {
            what: error.to_string(),
            causes,
            hint: error.hint(),
        }
    }
}

impl Promise {
    /// It was tried and held; only that is enough.
    #[must_use]
    pub fn is_sound(&self) -> bool {
        self.result == Outcome::Held
    }
}

impl fmt::Display for Examination {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "profile {}, tier {}", self.profile, self.tier)?;
        if let Some(trouble) = &self.trouble {
            writeln!(f, "\nnothing could be tried: {}", trouble.what)?;
            for cause in &trouble.causes {
                writeln!(f, "  caused by: {cause}")?;
            }
            if let Some(hint) = &trouble.hint {
                writeln!(f, "hint: {hint}")?;
            }
        }
        for promise in &self.promises {
            write!(f, "\n{promise}")?;
        }
        if !self.gaps.is_empty() {
            writeln!(f, "\ngaps")?;
        }
        for gap in &self.gaps {
            writeln!(f, "  {:<17} {}", gap.name, gap.asked)?;
            writeln!(f, "  {:<17} why: {}", "", gap.why)?;
            writeln!(f, "  {:<17} instead: {}", "", gap.nearest)?;
        }
        writeln!(f, "\n{}", self.sum())
    }
}

impl Examination {
    /// One line about all of it.
    fn sum(&self) -> String {
        let proven = self
            .promises
            .iter()
            .filter(|promise| promise.is_sound())
            .count();
        let probes = || self.promises.iter().flat_map(|promise| &promise.probes);
        let is = |result| {
            probes()
                .filter(|probe| probe.gap.is_none() && probe.result == result)
                .count()
        };
        let open = probes().filter(|probe| probe.gap.is_some()).count();
        format!(
            "{proven} of {} guarantees proven; probes: {} held, {} broken, {} unknown, {open} under \
             accepted gaps",
            self.promises.len(),
            is(Outcome::Held),
            is(Outcome::Broken),
            is(Outcome::Unknown),
        )
    }
}

impl fmt::Display for Promise {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let level = match (self.result, self.level) {
            (Outcome::Broken, _) => "BROKEN".to_owned(),
            (_, Some(level)) => format!("{level:?}").to_lowercase(),
            (_, None) => "unknown".to_owned(),
        };
        write!(f, "{:<16} {level:<8} {}", self.guarantee, self.mechanism)?;
        if !self.gaps.is_empty() {
            let gaps: Vec<&str> = self.gaps.iter().map(|gap| gap.as_str()).collect();
            write!(f, " (less: {})", gaps.join(", "))?;
        }
        writeln!(f)?;
        self.probes.iter().try_for_each(|probe| probe.fmt(f))
    }
}

impl fmt::Display for Probe {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let result = match (self.gap, self.result) {
            (Some(_), Outcome::Broken) => "gap",
            (_, Outcome::Broken) => "BROKEN",
            (_, other) => other.as_str(),
        };
        write!(
            f,
            "  {result:<8} {:<22} {}: {}",
            self.name, self.tries, self.said
        )?;
        if let Some(gap) = self.gap {
            write!(f, " (accepted: {gap})")?;
        }
        writeln!(f)?;
        let worked = if self.twin.worked {
            "allowed"
        } else {
            "FAILED"
        };
        writeln!(
            f,
            "  {:<8} {:<22} {worked}: {}: {}",
            "", "", self.twin.tries, self.twin.said
        )
    }
}
