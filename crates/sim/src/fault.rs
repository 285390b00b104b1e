//! A machine that fails: at a call, after one, in silence, or behind one's back.
//!
//! Whoever changes a machine step by step has to stand what happens between two
//! steps. A [`Faulty`] machine does acts as a world does them, and makes happen
//! what it was told to, at the calls it was told. The same faults on the same acts
//! make the same machine.

use crate::act::{Act, Done};
use crate::answer::{Answer, Refusal};
use crate::process::ProcessId;
use crate::seed::Seed;
use crate::spread::Extent;
use crate::world::World;

/// What goes wrong, and at which call: the first is 0.
#[derive(Debug, Clone, PartialEq)]
pub enum Fault {
    /// The call fails, and changes nothing.
    Fail(usize),
    /// The caller ends after the call: nothing it does later is done.
    CrashAfter(usize),
    /// The call says that it succeeded, and changes nothing.
    NoEffect(usize),
    /// The call says that it succeeded, and takes effect after the next one.
    Late(usize),
    /// A walk over children ends after so many, and says that it went to the end.
    Partial(usize, usize),
    /// The call sees what was there before the last change.
    Stale(usize),
    /// Another process does something before the call.
    Between(usize, ProcessId, Box<Act>),
}

impl Fault {
    /// The call at which it happens.
    #[must_use]
    pub const fn at(&self) -> usize {
        match self {
            Self::Fail(at)
            | Self::CrashAfter(at)
            | Self::NoEffect(at)
            | Self::Late(at)
            | Self::Partial(at, _)
            | Self::Stale(at)
            | Self::Between(at, ..) => *at,
        }
    }

    /// One fault within `calls` calls, with what others may do in between.
    #[must_use]
    pub fn one(seed: Seed, calls: usize, others: &[(ProcessId, Act)]) -> Self {
        let mut stream = seed.stream();
        let at = stream.below(calls);
        match stream.below(if others.is_empty() { 6 } else { 7 }) {
            0 => Self::Fail(at),
            1 => Self::CrashAfter(at),
            2 => Self::NoEffect(at),
            3 => Self::Late(at),
            4 => Self::Partial(at, stream.below(4)),
            5 => Self::Stale(at),
            _ => match stream.one_of(others) {
                Some((who, act)) => Self::Between(at, *who, Box::new(act.clone())),
                None => Self::Fail(at),
            },
        }
    }
}

/// A world in which things go wrong.
#[derive(Debug, Clone)]
pub struct Faulty {
    world: World,
    /// The world before the last call that changed it.
    before: World,
    faults: Vec<Fault>,
    calls: usize,
    late: Option<(ProcessId, Act)>,
    crashed: bool,
}

impl Faulty {
    /// Faults that there may be.
    pub const MAX_FAULTS: usize = 256;

    /// This world, with these faults; those beyond the most are left out.
    #[must_use]
    pub fn new(world: World, mut faults: Vec<Fault>) -> Self {
        faults.truncate(Self::MAX_FAULTS);
        Self {
            before: world.clone(),
            world,
            faults,
            calls: 0,
            late: None,
            crashed: false,
        }
    }

    /// The machine as it is: what nobody who acts on it sees.
    #[must_use]
    pub const fn world(&self) -> &World {
        &self.world
    }

    /// The machine once everything that was to take effect late has done so.
    #[must_use]
    pub fn settle(mut self) -> World {
        self.take_effect();
        self.world
    }

    /// How many calls were made.
    #[must_use]
    pub const fn calls(&self) -> usize {
        self.calls
    }

    /// Does it, and whatever is to go wrong at this call.
    ///
    /// # Errors
    ///
    /// It was refused, made to fail, or comes after the crash.
    pub fn act(&mut self, who: ProcessId, act: &Act) -> Answer<Done> {
        if self.crashed {
            return Err(Refusal::Crashed);
        }
        let here: Vec<Fault> = self
            .faults
            .iter()
            .filter(|fault| fault.at() == self.calls)
            .cloned()
            .collect();
        self.calls += 1;
        for fault in &here {
            if let Fault::Between(_, other, act) = fault {
                // What another process does and may not do is its own concern.
                drop(self.change(*other, act));
            }
        }
        self.crashed = here
            .iter()
            .any(|fault| matches!(fault, Fault::CrashAfter(_)));
        let late = self.late.take();
        let answer = self.act_with(who, act, &here);
        if late.is_some() {
            let next = std::mem::replace(&mut self.late, late);
            self.take_effect();
            self.late = next;
        }
        answer
    }

    fn act_with(&mut self, who: ProcessId, act: &Act, here: &[Fault]) -> Answer<Done> {
        for fault in here {
            match fault {
                Fault::Fail(_) => return Err(Refusal::Injected),
                Fault::NoEffect(_) => return self.world.clone().act(who, act),
                Fault::Late(_) => {
                    let done = self.world.clone().act(who, act)?;
                    self.late = Some((who, act.clone()));
                    return Ok(done);
                }
                Fault::Stale(_) if is_a_look(act) => return self.before.clone().act(who, act),
                Fault::Partial(_, most) => return self.partly(who, act, *most),
                Fault::Stale(_) | Fault::CrashAfter(_) | Fault::Between(..) => {}
            }
        }
        self.change(who, act)
    }

    fn change(&mut self, who: ProcessId, act: &Act) -> Answer<Done> {
        let before = self.world.clone();
        let done = self.world.act(who, act)?;
        if !is_a_look(act) {
            self.before = before;
        }
        Ok(done)
    }

    /// A walk that ends early says what one to the end would have said.
    fn partly(&mut self, who: ProcessId, act: &Act, most: usize) -> Answer<Done> {
        let Act::SpreadSecurity {
            path, parts, new, ..
        } = act
        else {
            return self.change(who, act);
        };
        let said = self.world.clone().act(who, act)?;
        let part = Act::SpreadSecurity {
            path: path.clone(),
            parts: *parts,
            new: new.clone(),
            extent: Extent::Children(most),
        };
        self.change(who, &part)?;
        Ok(said)
    }

    fn take_effect(&mut self) {
        if let Some((who, act)) = self.late.take() {
            // It was said to have succeeded; what the other call left may refuse it now.
            drop(self.change(who, &act));
        }
    }
}

/// Whether an act only looks.
fn is_a_look(act: &Act) -> bool {
    use crate::act::SystemAct::{ReadValue, Touch, TouchKey, TouchProcess, TouchToken};
    match act {
        Act::Read(_) | Act::List(_) | Act::ReadSecurity(_) | Act::Touch(..) => true,
        Act::System(act) => matches!(
            act,
            TouchKey(..) | ReadValue(..) | Touch(..) | TouchProcess(..) | TouchToken(..)
        ),
        _ => false,
    }
}
