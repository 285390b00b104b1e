//! The attack search: what a process can do that its policy does not say.
//!
//! Every object of the machine, every name that is protected and could be made, every
//! way to each outcome that the policy forbids, every token that the process can make of
//! its own; under the default reading of NT, under each switch moved alone, and at both
//! extremes. It knows nothing of how a plan protects: it tries, and looks.

pub mod actor;
pub mod finding;
pub mod target;
pub mod way;

use std::collections::BTreeMap;

use fumehood_nt::evaluate::{Pass, label_level};
use fumehood_nt::token::Integrity;
use fumehood_nt::{AccessMask, GenericMapping, Sid};
use fumehood_plan::windows::{Plan, WinPath};
use fumehood_policy::{GapName, Policy};

use crate::act::Act;
use crate::answer::{Answer, Asked, Cause, Checked, Refusal};
use crate::name::Name;
use crate::path::FilePath;
use crate::process::ProcessId;
use crate::world::World;
use actor::{Candidate, candidates};
pub use finding::{Actor, Finding, Outcome, Readings};
use finding::{Reading, readings};
use target::{Grouping, Law, Target, What};
use way::{Staging, Way, ways};

/// How much is tried.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Depth {
    /// Places that nothing tells apart once, small and large subsets of the list.
    Ordinary,
    /// Every place, every subset.
    Long,
}

/// Whose attack it is, and what it is measured by.
#[derive(Debug, Clone, Copy)]
pub struct Subject<'a> {
    /// The machine, with the plan in force.
    pub world: &'a World,
    /// The process that was started.
    pub process: ProcessId,
    /// What it may.
    pub policy: &'a Policy,
    /// The plan that it was started by.
    pub plan: &'a Plan,
}

/// Every outcome that the policy does not allow, by path.
#[must_use]
pub fn search(subject: &Subject<'_>, depth: Depth) -> Vec<Finding> {
    let grouping = match depth {
        Depth::Ordinary => Grouping::Alike,
        Depth::Long => Grouping::Apart,
    };
    let law = Law::of(subject.policy, &subject.plan.launch.temp);
    let targets = law.targets(subject.world, grouping);
    let Some(process) = subject.world.process(subject.process) else {
        return Vec::new();
    };
    let mut world = subject.world.clone();
    let mut actors: Vec<(Candidate, ProcessId)> = Vec::new();
    for candidate in candidates(&process.token, depth) {
        let process = match candidate.actor {
            Actor::Started => Ok(subject.process),
            Actor::Cloned(_) => world.put_process(candidate.token.clone(), None),
        };
        actors.extend(process.map(|process| (candidate, process)));
    }
    let hunt = Hunt {
        actors,
        staging: Staging::of(&subject.plan.launch.temp),
        readings: readings(),
        depth,
        subject,
    };
    targets
        .iter()
        .flat_map(|target| hunt.attack(&world, target))
        .collect()
}

/// What is the same for every target.
struct Hunt<'a> {
    actors: Vec<(Candidate, ProcessId)>,
    staging: Option<Staging>,
    readings: Vec<Reading>,
    depth: Depth,
    subject: &'a Subject<'a>,
}

/// What one attempt came to.
struct Success {
    actor: Actor,
    how: Vec<Act>,
    why: Option<Checked>,
}

impl Hunt<'_> {
    fn attack(&self, world: &World, target: &Target) -> Vec<Finding> {
        let mut by_outcome: BTreeMap<Outcome, Vec<Way>> = BTreeMap::new();
        for way in ways(target, self.staging.as_ref()) {
            by_outcome.entry(way.outcome).or_default().push(way);
        }
        let mut findings = Vec::new();
        for (outcome, ways) in by_outcome {
            let (first, under) = self.under_each(world, &ways);
            if let Some(Success { actor, how, why }) = first {
                let mut finding = Finding {
                    path: target.path.clone(),
                    outcome,
                    alike: target.alike.clone(),
                    actor,
                    how,
                    why,
                    under,
                    gap: None,
                };
                finding.gap = self.gap(target, &finding);
                findings.push(finding);
            }
        }
        findings
    }

    /// The first success, and the readings under which there is one.
    ///
    /// What the strict reading lets through every other does, and what the permissive one
    /// refuses every other refuses ([`fumehood_nt::semantics`]): between two that agree nothing
    /// has to be asked, unless there is time to.
    fn under_each(&self, world: &World, ways: &[Way]) -> (Option<Success>, Readings) {
        let ask = |at: usize| {
            let reading = self.readings.get(at)?;
            self.first_that_works(&world.read_as(reading.semantics), ways)
        };
        let count = self.readings.len();
        let (permissive, strict) = (count - 2, count - 1);
        let mut first = ask(0);
        if self.depth == Depth::Ordinary {
            let bound = if first.is_some() { strict } else { permissive };
            if ask(bound).is_some() == first.is_some() {
                let all = (0..count).fold(Readings::default(), Readings::with);
                let under = if first.is_some() {
                    all
                } else {
                    Readings::default()
                };
                return (first, under);
            }
        }
        let mut under = Readings::default();
        if first.is_some() {
            under = under.with(0);
        }
        for at in 1..count {
            if let Some(success) = ask(at) {
                under = under.with(at);
                first.get_or_insert(success);
            }
        }
        (first, under)
    }

    /// The first way that works for the first actor for which one does.
    ///
    /// A smaller restricting list grants less, so a clone gets further than the process that was
    /// started only where that was *denied* for a SID of its list. Where it was not, clones are
    /// left out unless there is time.
    fn first_that_works(&self, world: &World, ways: &[Way]) -> Option<Success> {
        for (candidate, process) in &self.actors {
            let mut was_denied = false;
            for way in ways {
                match tried(world, *process, way) {
                    Ok(why) => {
                        return Some(Success {
                            actor: candidate.actor.clone(),
                            how: way.steps.clone(),
                            why,
                        });
                    }
                    Err(refusal) => was_denied |= is_shed(&refusal),
                }
            }
            let is_first = candidate.actor == Actor::Started;
            if is_first && !was_denied && self.depth == Depth::Ordinary {
                return None;
            }
        }
        None
    }

    /// Which known promise a finding breaks.
    fn gap(&self, target: &Target, finding: &Finding) -> Option<GapName> {
        let why = finding.why?;
        if finding.outcome == Outcome::Read {
            return Some(GapName::SecretsReadable);
        }
        if why.by_folder.is_some() {
            return Some(GapName::DeleteByParent);
        }
        let repository = |first: &FilePath| {
            let name = first.names.last().map(Name::key);
            name.is_some_and(|name| [".GIT", ".HG", ".JJ"].contains(&name))
        };
        if target.first.as_ref().is_some_and(repository) {
            return Some(GapName::NewRepositories);
        }
        if target.what == What::Missing {
            return Some(self.missing(&target.path));
        }
        match why.cause {
            Cause::NoDescriptors => Some(GapName::VolumesWithoutAcls),
            Cause::AllowedBy(entry) if entry.sid == Sid::EVERYONE => Some(GapName::WorldWritable),
            Cause::AllowedBy(entry) if entry.sid == Sid::USERS => {
                Some(GapName::ProgramdataPlanting)
            }
            _ => self.labelled(why),
        }
    }

    /// A protected name that could be made: at the top of a root, or deeper.
    fn missing(&self, path: &WinPath) -> GapName {
        let folder = path.parent();
        let above = folder.as_ref().and_then(WinPath::parent);
        let roots = self.subject.plan.steps.iter();
        let mut roots = roots.filter(|step| *step.reason() == fumehood_plan::windows::Reason::Root);
        if roots.any(|step| [&folder, &above].contains(&&Some(step.path().clone()))) {
            GapName::MissingNames
        } else {
            GapName::NamesAtDepth
        }
    }

    /// What a label let through: places made for untrusted programs, or for other sandboxes.
    fn labelled(&self, why: Checked) -> Option<GapName> {
        let token = &self.actors.first()?.0.token;
        let Asked::File(_, file) = why.asked else {
            return None;
        };
        let level = label_level(self.subject.world.descriptor(file)?)?;
        let below_medium = token.spec().integrity < Integrity::MEDIUM;
        (below_medium && level <= token.spec().integrity).then_some(if level <= Integrity::LOW {
            GapName::LowPlaces
        } else {
            GapName::OtherWorkspaces
        })
    }
}

/// Whether a refusal came of a denial for a SID of the restricting list.
fn is_shed(refusal: &Refusal) -> bool {
    let Refusal::Denied(checked) = refusal else {
        return false;
    };
    let denies =
        |cause: &Cause| matches!(cause, Cause::DeniedBy(entry) if entry.pass == Pass::Restricting);
    denies(&checked.cause) || checked.by_folder.as_ref().is_some_and(denies)
}

/// Whether a way can be gone, and the check that decided.
fn tried(world: &World, process: ProcessId, way: &Way) -> Answer<Option<Checked>> {
    let mut world = world.clone();
    let mut decided = None;
    for (at, act) in way.steps.iter().enumerate() {
        let by_folder = folder_check(&world, process, act);
        let done = world.act(process, act)?;
        if at == way.decides {
            decided = match done.checked {
                Some(checked) if checked.cause != Cause::Creator => Some(checked),
                _ => by_folder,
            };
        }
    }
    Ok(decided)
}

/// Who lets something be made where an act makes it.
fn folder_check(world: &World, process: ProcessId, act: &Act) -> Option<Checked> {
    let at = match act {
        Act::Create { at, .. } | Act::Link { at, .. } => at,
        Act::Rename { to, .. } | Act::HardLink { to, .. } => to,
        _ => return None,
    };
    let file = world.find(&at.parent()?)?;
    let token = &world.process(process)?.token;
    let Some(descriptor) = world.descriptor(file) else {
        return Some(crate::walk::unprotected(file, AccessMask::FILE_ALL_ACCESS));
    };
    let add = AccessMask::FILE_WRITE_DATA;
    let verdict = fumehood_nt::evaluate::evaluate(
        descriptor,
        token,
        add,
        &GenericMapping::FILE,
        &world.semantics,
    );
    Some(Checked {
        asked: Asked::File(fumehood_nt::evaluate::FileQuestion::Target, file),
        granted: verdict.mask(),
        cause: verdict.why.into(),
        by_folder: None,
        doubt: verdict.doubt,
    })
}
