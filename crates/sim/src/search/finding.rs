//! What a search found: an outcome that the policy does not allow, and how it came.

use std::fmt;

use fumehood_nt::Sid;
use fumehood_nt::semantics::{Semantics, Switch};
use fumehood_plan::windows::WinPath;
use fumehood_policy::GapName;

use crate::act::Act;
use crate::answer::{Cause, Checked};

/// What became of something.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Outcome {
    /// Its content or entries were had.
    Read,
    /// Its content was changed.
    Changed,
    /// Something new stands there.
    Made,
    /// It is gone from where it was, or something else is there.
    Removed,
    /// Its descriptor was changed.
    Secured,
}

impl Outcome {
    /// All of them.
    pub const ALL: [Self; 5] = [
        Self::Read,
        Self::Changed,
        Self::Made,
        Self::Removed,
        Self::Secured,
    ];

    /// In a word.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Read => "read",
            Self::Changed => "changed",
            Self::Made => "made",
            Self::Removed => "removed",
            Self::Secured => "given another descriptor",
        }
    }
}

/// Who did it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Actor {
    /// The process that was started.
    Started,
    /// One that restricted its own token again, to these.
    Cloned(Vec<String>),
}

/// A set of readings of NT: the default, each switch alone, both extremes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Hash)]
pub struct Readings(u64);

impl Readings {
    /// The same with one more.
    #[must_use]
    pub const fn with(self, reading: usize) -> Self {
        Self(self.0 | 1 << reading)
    }

    /// Whether one is among them.
    #[must_use]
    pub const fn contains(self, reading: usize) -> bool {
        self.0 & (1 << reading) != 0
    }
}

/// One reading of NT, by name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Reading {
    /// The switch that is moved alone; none for the default and the extremes.
    pub switch: Option<Switch>,
    /// Its value, or `default`, `permissive`, `strict`.
    pub value: &'static str,
    /// All of them.
    pub semantics: Semantics,
}

/// Every reading that a search tries: the default first, the extremes last.
#[must_use]
pub fn readings() -> Vec<Reading> {
    let extreme = |value, semantics| Reading {
        switch: None,
        value,
        semantics,
    };
    let mut all = vec![extreme("default", Semantics::default())];
    all.extend(Semantics::each_alone().map(|(switch, semantics)| Reading {
        switch: Some(switch),
        value: semantics.value(switch),
        semantics,
    }));
    all.push(extreme("permissive", Semantics::permissive()));
    all.push(extreme("strict", Semantics::strict()));
    all
}

/// An outcome that differs from the policy.
#[derive(Debug, Clone, PartialEq)]
pub struct Finding {
    /// What it happened to; the first of those that are alike.
    pub path: WinPath,
    /// What happened.
    pub outcome: Outcome,
    /// Others with the same descriptors, to which it happens as well.
    pub alike: Vec<WinPath>,
    /// Who did it, in the first reading under which it happens.
    pub actor: Actor,
    /// How, in that reading: one step, or several.
    pub how: Vec<Act>,
    /// What decided at the step that matters.
    pub why: Option<Checked>,
    /// Under which readings it happens.
    pub under: Readings,
    /// The promise that it breaks, if that is a known one.
    pub gap: Option<GapName>,
}

impl Finding {
    /// Whether it happens by default.
    #[must_use]
    pub const fn is_default(&self) -> bool {
        self.under.contains(0)
    }

    /// The SID whose entry let it happen, if one did.
    #[must_use]
    pub fn let_in(&self) -> Option<Sid> {
        match self.why?.cause {
            Cause::AllowedBy(entry) => Some(entry.sid),
            _ => None,
        }
    }

    /// The names of the switches on which it hangs, as `name=value`: those that bring it if it
    /// does not happen by default, or else those that close it.
    #[must_use]
    pub fn switches(&self) -> Vec<String> {
        let by_default = self.is_default();
        let all = readings();
        let moved = all
            .iter()
            .enumerate()
            .filter(|(at, _)| self.under.contains(*at) != by_default);
        moved
            .map(|(_, reading)| match reading.switch {
                Some(switch) => format!("{}={}", switch.name(), reading.value),
                None => reading.value.to_owned(),
            })
            .collect()
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} is {}", self.path, self.outcome.as_str())?;
        if !self.alike.is_empty() {
            write!(f, ", and {} alike", self.alike.len())?;
        }
        if let Actor::Cloned(sids) = &self.actor {
            write!(f, ", by a token restricted to {}", sids.join(" "))?;
        }
        if self.why.is_some_and(|why| why.by_folder.is_some()) {
            f.write_str(", by the folder's right")?;
        }
        if let Some(sid) = self.let_in() {
            write!(f, ", let in by {}", sid.to_sddl())?;
        }
        match self.gap {
            Some(gap) => write!(f, ": {gap}"),
            None => f.write_str(": no gap of that name"),
        }
    }
}
