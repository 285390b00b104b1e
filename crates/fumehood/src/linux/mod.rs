//! The Linux backend: probe, compile, lint, launch.

pub mod files;
mod hints;
mod own;
mod wire;

use fumehood_cell::Exit;
use fumehood_cell::linux::{Failure, Observer, Watch, launch};
use fumehood_os::linux::{cgroup, keep, mounts, probe};
use fumehood_plan::linux::{
    Facts, Opening, PathFact, Plan, PlanError, Request, Step, compile, lint, questions, takes_group,
};
use fumehood_policy::{AbsPath, GapName as Gap, Policy};

use crate::record::Record;
use crate::report::{Enforcement, Evidence, Guarantee};
use crate::{EnforcementReport, Error};

pub use fumehood_cell::linux::Zygote;
pub use hints::if_nested;
pub use wire::{Connection, cell_main, spawn};

/// What would help where the state folder cannot be had.
const STATE_HINT: &str = "set XDG_STATE_HOME to a folder that you can write, or mend the one above";

/// Makes the state folder: everything else of ours lies in it.
///
/// # Errors
///
/// [`Error::Folder`] if it cannot be made.
pub fn make_state(policy: &Policy) -> Result<(), Error> {
    keep::folder(&policy.own.state).map_err(|refusal| Error::Folder {
        what: "cannot make the state folder",
        path: policy.own.state.clone(),
        source: refusal.errno.into(),
        hint: Some(STATE_HINT),
    })
}

/// Begins with what every plan for a policy opens with, while it is planned. None where
/// the command is to be born in a control group, which has to be there first, and where
/// this fails now: it fails again when the command is started, and says why.
pub fn zygote(policy: &Policy) -> Option<Zygote> {
    let (uid, gid) = (rustix::process::geteuid(), rustix::process::getegid());
    if takes_group(policy, uid.as_raw()) && cgroup::is_unified() {
        return None;
    }
    Zygote::before_plan(Opening::of(policy, uid.as_raw(), gid.as_raw())).ok()
}

/// Looks at the machine, compiles, and has the plan read a second time. The mounts are
/// those that `zygote` sees, if there is one. Folders of ours that the command could
/// make are made first.
///
/// # Errors
///
/// [`Error::Gaps`], [`Error::Policy`], [`Error::Lint`], [`Error::Folder`].
pub fn plan(
    policy: &Policy,
    zygote: Option<&mut Zygote>,
    request: &Request,
) -> Result<Plan, Error> {
    let facts = look(policy, zygote)?;
    with_own_folders(policy, facts, request, |path| own::make(policy, path))
}

/// What would be done and enforced, without doing any of it.
///
/// A run makes folders of ours. Here they are only taken to be there: they are hidden
/// or read-only, so that is all that is asked of them.
///
/// # Errors
///
/// As for a run: [`Error::Gaps`], [`Error::Policy`], [`Error::Lint`], [`Error::Folder`].
pub fn predict(policy: &Policy, request: &Request) -> Result<(Plan, EnforcementReport), Error> {
    let mut facts = look(policy, None)?;
    let state = &policy.own.state;
    if matches!(facts.paths.get(state), None | Some(PathFact::Missing)) {
        let made = own::to_be_made(state, facts.uid)?;
        facts.paths.insert(state.clone(), PathFact::Found(made));
    }
    let uid = facts.uid;
    let plan = with_own_folders(policy, facts, request, |path| {
        own::to_be_made(path, uid).map(PathFact::Found)
    })?;
    let mut report = report(policy, &plan);
    for one in &mut report.enforcements {
        one.evidence = Evidence::Predicted;
    }
    Ok((plan, report))
}

fn look(policy: &Policy, zygote: Option<&mut Zygote>) -> Result<Facts, Error> {
    let mountinfo = || {
        zygote
            .and_then(Zygote::mounts)
            .map_or_else(mounts::list, Ok)
    };
    probe::probe(&questions(policy), mountinfo).map_err(|refusal| {
        let hint = hints::of_look(refusal.call);
        let source = Box::new(refusal);
        Error::Start { source, hint }
    })
}

/// Compiles; where the plan lets a command make folders of ours, has `make` see to them
/// and compiles again.
fn with_own_folders(
    policy: &Policy,
    mut facts: Facts,
    request: &Request,
    make: impl Fn(&AbsPath) -> Result<PathFact, Error>,
) -> Result<Plan, Error> {
    let plan = made_of(policy, &facts, request)?;
    let open = own::open_to_commands(policy, &facts, &plan)?;
    if open.is_empty() {
        return Ok(plan);
    }
    for path in open {
        let fact = make(&path)?;
        facts.paths.insert(path, fact);
    }
    made_of(policy, &facts, request)
}

/// Compiles, and has the plan read a second time.
fn made_of(policy: &Policy, facts: &Facts, request: &Request) -> Result<Plan, Error> {
    let plan = compile(policy, facts, request).map_err(|error| match error {
        PlanError::Gaps(gaps) => Error::Gaps(gaps),
        error => Error::Policy(Box::new(error)),
    })?;
    match lint(policy, facts, &plan).first() {
        Some(finding) => Err(Error::Lint(finding.to_string())),
        None => Ok(plan),
    }
}

/// Forks this process, which has one thread, or goes on with the `zygote`, and stays
/// until the end. `begin` makes the record of the command, before it is started.
///
/// # Errors
///
/// [`Error`]; nothing was started then, or it was ended because its record could
/// not be written.
pub fn run_in_place(
    plan: &Plan,
    zygote: Option<Zygote>,
    begin: &dyn Fn() -> Result<Record, Error>,
    started: &mut dyn FnMut(i32),
) -> Result<Exit, Error> {
    let mut recorder = Recorder {
        begin,
        record: None,
        failed: None,
        started,
    };
    let result = launch(plan, zygote, &Watch::default(), &mut recorder);
    let Recorder { record, failed, .. } = recorder;
    match (result, failed) {
        (_, Some(error)) => Err(error),
        (Ok(exit), None) => Ok(exit),
        (Err(failure), None) => {
            let error = explain(failure);
            let record = record.map_or_else(begin, Ok)?;
            record.ended(Err(&error))?;
            Err(error)
        }
    }
}

/// Writes the record of a command while pid 1 is busy.
struct Recorder<'a> {
    begin: &'a dyn Fn() -> Result<Record, Error>,
    record: Option<Record>,
    /// The record could not be written, and the policy makes that fatal.
    failed: Option<Error>,
    started: &'a mut dyn FnMut(i32),
}

impl Recorder<'_> {
    fn write(&mut self, write: impl FnOnce(&Record) -> Result<(), Error>) -> bool {
        if let Some(Err(error)) = self.record.as_ref().map(write) {
            self.failed = Some(error);
        }
        self.failed.is_none()
    }
}

impl Observer for Recorder<'_> {
    fn may_start(&mut self) -> bool {
        match (self.begin)() {
            Ok(record) => self.record = Some(record),
            Err(error) => self.failed = Some(error),
        }
        self.failed.is_none()
    }

    fn started(&mut self, pid: i32) -> bool {
        let noted = self.write(|record| record.started(pid));
        if noted {
            (self.started)(pid);
        }
        noted
    }

    fn ended(&mut self, exit: &Exit) {
        self.write(|record| record.ended(Ok(exit)));
    }
}

/// A failure of the launcher as a caller sees it.
fn explain(failure: Failure) -> Error {
    match failure {
        Failure::Execute { program, source } if source.kind() == std::io::ErrorKind::NotFound => {
            Error::NotFound { program }
        }
        Failure::Execute { program, source } => Error::NotExecutable { program, source },
        Failure::Output(source) => Error::Output(source),
        failure => {
            let hint = hints::of(&failure);
            Error::Start {
                source: Box::new(failure),
                hint,
            }
        }
    }
}

/// What a plan that was put in force enforces.
pub fn report(policy: &Policy, plan: &Plan) -> EnforcementReport {
    let landlock = plan
        .steps
        .iter()
        .any(|step| matches!(step, Step::Landlock { .. }));
    let second = if landlock { " and Landlock" } else { "" };
    let network = match policy.network.mode {
        fumehood_policy::NetworkMode::On => None,
        _ => Some("an empty network namespace with its own loopback".to_owned()),
    };
    let one = |guarantee, mechanism: String, gaps: &[Gap]| Enforcement {
        guarantee,
        evidence: Evidence::Sealed,
        mechanism,
        gaps: gaps
            .iter()
            .copied()
            .filter(|gap| plan.gaps.iter().any(|is| is.name == *gap))
            .collect(),
    };
    let mut enforcements = vec![
        one(
            Guarantee::FsWrite,
            format!("read-only mounts{second}"),
            &[Gap::HardLinks, Gap::Landlock, Gap::SetUserId],
        ),
        one(
            Guarantee::FsReadDeny,
            "covering mounts".to_owned(),
            &[
                Gap::DeepGlobs,
                Gap::NarrowReadNames,
                Gap::MissingNames,
                Gap::HardLinks,
            ],
        ),
        one(
            Guarantee::ProtectedNames,
            "read-only mounts at the top of writable roots".to_owned(),
            &[Gap::NamesAtDepth, Gap::MissingNames],
        ),
    ];
    enforcements.extend(network.map(|how| one(Guarantee::Network, how, &[Gap::HostSockets])));
    enforcements.extend([
        one(
            Guarantee::Processes,
            format!("process and IPC namespaces{second}"),
            &[Gap::ProcMasked, Gap::LandlockScopes, Gap::Processes],
        ),
        one(Guarantee::Lifetime, "pid 1 and a lifeline".to_owned(), &[]),
        one(
            Guarantee::KernelSurface,
            "seccomp, no capabilities".to_owned(),
            &[Gap::Nesting],
        ),
        one(
            Guarantee::Environment,
            "an allow-list of names".to_owned(),
            &[],
        ),
    ]);
    EnforcementReport {
        tier: "namespaces".to_owned(),
        profile: policy.profile.clone(),
        enforcements,
        gaps: plan.gaps.clone(),
    }
}

/// Ends this process by `signal`, so that whoever waits for it sees that.
///
/// # Errors
///
/// What the system says; the caller then exits with 128 + `signal`.
pub fn die_of(signal: i32) -> std::io::Result<()> {
    fumehood_os::linux::sys::signals::suffer(signal).map_err(Into::into)
}
