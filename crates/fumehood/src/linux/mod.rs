//! The Linux backend: probe, compile, lint, launch.

pub mod files;
mod hints;
mod wire;

use fumehood_cell::Exit;
use fumehood_cell::linux::{Failure, Watch, launch};
use fumehood_os::linux::{keep, probe};
use fumehood_plan::linux::{Plan, PlanError, Request, Step, compile, lint, questions};
use fumehood_policy::{GapName as Gap, Policy};

use crate::record::Record;
use crate::report::{Enforcement, Evidence, Guarantee};
use crate::{EnforcementReport, Error};

pub use wire::{Connection, cell_main, spawn};

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
    })
}

/// Looks at the machine, compiles, and has the plan read a second time.
///
/// # Errors
///
/// [`Error::Gaps`], [`Error::Policy`], [`Error::Lint`].
pub fn plan(policy: &Policy, request: &Request) -> Result<Plan, Error> {
    let facts = probe::probe(questions(policy)).map_err(|refusal| Error::Start {
        source: Box::new(refusal),
        hint: None,
    })?;
    let plan = compile(policy, &facts, request).map_err(|error| match error {
        PlanError::Gaps(gaps) => Error::Gaps(gaps),
        error => Error::Policy(Box::new(error)),
    })?;
    match lint(policy, &facts, &plan).first() {
        Some(finding) => Err(Error::Lint(finding.to_string())),
        None => Ok(plan),
    }
}

/// Forks this process, which has one thread, and stays until the end.
///
/// # Errors
///
/// [`Error`]; nothing was started then.
pub fn run_in_place(
    plan: &Plan,
    record: &Record,
    started: &mut dyn FnMut(i32),
) -> Result<Exit, Error> {
    let mut noted = Ok(());
    let result = launch(plan, &Watch::default(), &mut |pid| {
        noted = record.started(pid);
        started(pid);
    });
    let result = result.map_err(explain);
    record.ended(result.as_ref())?;
    noted?;
    result
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
