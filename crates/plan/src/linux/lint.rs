//! A second opinion on a plan, by code that did not write it.
//!
//! It follows the mounts of a plan as the kernel would and asks of every place
//! that the policy names: is it at most what the policy allows? It also holds the
//! plan to an order in which a prefix gives less than the whole.

use std::collections::BTreeMap;
use std::fmt;

use fumehood_policy::{AbsPath, Access, Effect, Layer, Policy, Standing};

use super::facts::{Facts, Kind, PathFact};
use super::plan::{Namespace, Plan};
use super::step::{Entry, Slot, Step};

/// Something in a plan that gives more than the policy.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding(pub String);

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// What a slot holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Held {
    Host { read_only: bool },
    Memory,
    Empty,
}

/// Looks for what a plan gives beyond the policy.
#[must_use]
pub fn lint(policy: &Policy, facts: &Facts, plan: &Plan) -> Vec<Finding> {
    let mut findings = order(plan);
    let mounts = follow(plan, &policy.own.state);
    let said = policy.statements();
    let root_hidden = said.standing(&AbsPath::root()).standing == Standing::Hidden;
    let sockets = policy.open_sockets();
    for (asked, fact) in &facts.paths {
        let PathFact::Found(found) = fact else {
            continue;
        };
        // Device nodes are written to by everybody; which ones is the planner's table.
        if asked.as_bytes().starts_with(b"/dev") {
            continue;
        }
        let got = seen(&mounts, &found.real);
        if got == Standing::Hidden || (root_hidden && got == Standing::ReadOnly) {
            continue;
        }
        let mut want = said.standing(asked).standing;
        // An open socket can be looked at; what is no socket is not meant by that.
        let is_open = || sockets.iter().any(|open| open.path == *asked);
        if found.kind == Kind::Socket && is_open() && !is_closed(policy, facts, &found.real) {
            want = want.max(Standing::ReadOnly);
        }
        if got > want {
            findings.push(Finding(format!(
                "{asked} would be {got:?}, the policy says {want:?}"
            )));
        }
    }
    findings.extend(open_ways(&mounts));
    findings.extend(foreign_terminal(plan));
    if seen(&mounts, &policy.own.state) > Standing::Hidden {
        findings.push(Finding(format!(
            "fumehood's own state {} is reachable",
            policy.own.state
        )));
    }
    findings
}

/// Whether `real` lies in what somebody denies to read, by whatever name.
fn is_closed(policy: &Policy, facts: &Facts, real: &AbsPath) -> bool {
    let denies = policy.rules.iter().filter(|rule| {
        (rule.access, rule.effect) == (Access::Read, Effect::Deny)
            && rule.origin.layer != Layer::BuiltIn
            && policy.keeps_closed(rule.pattern.base())
    });
    let mut places = denies.filter_map(|rule| facts.found(rule.pattern.base()));
    places.any(|place| real.is_within(&place.real))
}

/// What a command could do at `path` under `plan`, by following its mounts.
/// Memory of our own, and folders below `own`, our state, have nothing of the
/// host's: that counts as hidden.
#[must_use]
pub fn standing_in(plan: &Plan, own: &AbsPath, path: &AbsPath) -> Standing {
    seen(&follow(plan, own), path)
}

/// A terminal for the command that is not of a devpts made for it: its name would
/// mean another one outside.
fn foreign_terminal(plan: &Plan) -> Option<Finding> {
    let multiplexer = plan.launch.pty.as_ref()?;
    let made = |wanted: Slot| {
        let mut steps = plan.steps.iter();
        steps.any(|step| matches!(step, Step::HoldDevpts { slot } if *slot == wanted))
    };
    let folder = multiplexer.parent();
    let ours = plan.steps.iter().any(|step| match step {
        Step::Attach { slot, target } => folder.as_ref() == Some(target) && made(*slot),
        _ => false,
    });
    (!ours).then(|| Finding(format!("{multiplexer} is not of a devpts of our own")))
}

/// Folders that could be renamed away with a stricter place in them.
fn open_ways(mounts: &BTreeMap<AbsPath, Held>) -> Vec<Finding> {
    let writable = |at: &AbsPath| seen(mounts, at) == Standing::Writable;
    let mut findings = Vec::new();
    // Memory of our own is nothing that somebody would miss.
    let strict = mounts.iter().filter(|(_, held)| **held != Held::Memory);
    for target in strict
        .map(|(target, _)| target)
        .filter(|target| !writable(target))
    {
        let mut above = target.parent();
        while let Some(at) = above.filter(writable) {
            if !mounts.contains_key(&at) {
                findings.push(Finding(format!("{at} can be moved, with {target} in it")));
            }
            above = at.parent();
        }
    }
    findings
}

/// The locks, and where they have to be.
fn order(plan: &Plan) -> Vec<Finding> {
    let mut findings = Vec::new();
    let at = |wanted: fn(&Step) -> bool| plan.steps.iter().position(wanted);
    let mut need = |what: &str, position: Option<usize>| {
        if position.is_none() {
            findings.push(Finding(format!("the plan never does: {what}")));
        }
        position.unwrap_or(0)
    };
    let host = need(
        "make the host read-only",
        at(|step| matches!(step, Step::HostReadOnly | Step::HostNoSuid)),
    );
    let privileges = need(
        "no new privileges",
        at(|step| matches!(step, Step::NoNewPrivileges)),
    );
    let capabilities = need(
        "drop capabilities",
        at(|step| matches!(step, Step::DropCapabilities)),
    );
    let filter = need(
        "install the filter",
        at(|step| matches!(step, Step::Seccomp { .. })),
    );
    let private = need(
        "private mounts",
        at(|step| matches!(step, Step::PrivateMounts)),
    );
    if !(private < host && host < privileges && privileges < capabilities && capabilities < filter)
    {
        findings.push(Finding("the locks are out of order".to_owned()));
    }
    if filter + 1 != plan.steps.len() {
        findings.push(Finding("something follows the filter".to_owned()));
    }
    for namespace in [
        Namespace::User,
        Namespace::Mount,
        Namespace::Process,
        Namespace::Ipc,
    ] {
        if !plan.namespaces.contains(&namespace) {
            findings.push(Finding(format!("no {namespace:?} namespace")));
        }
    }
    let lasting = plan.steps.iter().rposition(Step::is_lasting);
    let first = plan.steps.iter().position(|step| !step.is_lasting());
    if lasting > first {
        findings.push(Finding(
            "a lasting step comes after one that is not".to_owned(),
        ));
    }
    findings
}

/// The mount table at the end: what is on top of each target.
fn follow(plan: &Plan, own: &AbsPath) -> BTreeMap<AbsPath, Held> {
    let mut slots: BTreeMap<Slot, (Held, bool)> = BTreeMap::new();
    let mut mounts: BTreeMap<AbsPath, Held> = BTreeMap::new();
    let mut base = Held::Host { read_only: false };
    let on_top = |mounts: &mut BTreeMap<AbsPath, Held>, target: &AbsPath, held: Held| {
        mounts.retain(|path, _| !path.is_within(target));
        mounts.insert(target.clone(), held);
    };
    for step in &plan.steps {
        match step {
            Step::HostReadOnly => base = Held::Host { read_only: true },
            Step::HoldTree {
                slot,
                source,
                flags,
                ..
            } => {
                let read_only = flags.read_only;
                let ours = source.is_within(own);
                let held = if ours {
                    Held::Memory
                } else {
                    Held::Host { read_only }
                };
                slots.insert(*slot, (held, false));
            }
            Step::HoldTmpfs { slot, mode, .. } => {
                let held = if *mode == 0 {
                    Held::Empty
                } else {
                    Held::Memory
                };
                slots.insert(*slot, (held, false));
            }
            Step::HoldDevpts { slot }
            | Step::HoldProc { slot }
            | Step::HoldOverlay { slot, .. } => {
                slots.insert(*slot, (Held::Memory, false));
            }
            Step::MakeEntry {
                slot,
                entry: Entry::File(mode) | Entry::Folder(mode),
                ..
            } => {
                if let Some(one) = slots.get_mut(slot) {
                    one.1 |= *mode != 0;
                }
            }
            Step::Attach { slot, target } | Step::AttachCopy { slot, target, .. } => {
                let held = match slots.get(slot) {
                    Some((Held::Empty, true)) | None => Held::Host { read_only: false },
                    Some((held, _)) => *held,
                };
                on_top(&mut mounts, target, held);
            }
            Step::Pin { path, flags } => {
                let standing = seen(&mounts, path);
                let read_only = flags.read_only || standing != Standing::Writable;
                on_top(&mut mounts, path, Held::Host { read_only });
            }
            _ => {}
        }
    }
    mounts.insert(AbsPath::root(), base);
    mounts
}

/// What holds at a path: the deepest mount above it. In memory of ours there is
/// nothing of the host's to be had.
fn seen(mounts: &BTreeMap<AbsPath, Held>, path: &AbsPath) -> Standing {
    let held = mounts
        .iter()
        .rev()
        .find(|(target, _)| path.is_within(target))
        .map(|(_, held)| *held);
    match held {
        Some(Held::Empty | Held::Memory) => Standing::Hidden,
        Some(Held::Host { read_only: true }) => Standing::ReadOnly,
        Some(Held::Host { read_only: false }) | None => Standing::Writable,
    }
}
