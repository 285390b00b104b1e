//! On which open questions of NT an act hangs.
//!
//! The act is done to a copy of the world for each switch moved alone and at both
//! extremes. What is compared is whether it is done.

use fumehood_nt::evaluate::Dependence;
use fumehood_nt::semantics::{Semantics, Switch, Switches};

use crate::act::Act;
use crate::process::ProcessId;
use crate::world::World;

impl World {
    /// On which switches of [`Semantics`] it hangs whether this act is done.
    ///
    /// It asks some thirty worlds: for showing an answer, not for searching.
    #[must_use]
    pub fn hangs_on(&self, who: ProcessId, act: &Act) -> Dependence {
        let is_done = |semantics| self.read_as(semantics).act(who, act).is_ok();
        let base = self.semantics;
        let answer = is_done(base);
        let moves = |switch: &&Switch| base.moved(**switch).any(|other| is_done(other) != answer);
        let alone: Switches = Switch::ALL.iter().filter(moves).copied().collect();
        let mut together = Switches::NONE;
        for extreme in [Semantics::permissive(), Semantics::strict()] {
            if alone.is_empty() && is_done(extreme) != answer {
                together = together.union(needed(base, extreme, |it| is_done(it) != answer));
            }
        }
        Dependence { alone, together }
    }

    /// On which of the other [`Readings`](crate::readings::Readings), each alone, it hangs.
    #[must_use]
    pub fn hangs_on_reading(&self, who: ProcessId, act: &Act) -> Vec<&'static str> {
        let answer = self.clone().act(who, act).is_ok();
        let moves = |readings| {
            let mut other = Self {
                readings,
                ..self.clone()
            };
            other.act(who, act).is_ok() != answer
        };
        let alone = self.readings.each_alone().into_iter();
        alone
            .filter(|(_, readings)| moves(*readings))
            .map(|(name, _)| name)
            .collect()
    }
}

/// The switches that have to stand at the extreme for the answer to change.
fn needed(base: Semantics, extreme: Semantics, changes: impl Fn(Semantics) -> bool) -> Switches {
    let (mut moved, mut needed) = (extreme, Switches::NONE);
    for switch in Switch::ALL {
        match moved.set(*switch, base.value(*switch)) {
            Some(less) if changes(less) => moved = less,
            _ => needed = needed.with(*switch),
        }
    }
    needed
}
