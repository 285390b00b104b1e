//! The standard machine with a launcher on it, a policy and its plans: what token
//! profiles are compared by.
//!
//! The workspace is a repository in Ann's profile. Her other folder of sources is
//! another sandbox's, where one is needed. The account of *elevated* is one that is
//! set up here and on no other machine.

use fumehood_nt::Sid;
use fumehood_nt::token::{Group, TokenSpec};
use fumehood_plan::windows::{
    Account, Backend, Facts, Plan, PlanError, Request, TokenProfile, Undo, WinPath, compile,
    execute, questions,
};
use fumehood_policy::profiles::BuiltIn;
use fumehood_policy::{GapName, Place, Policy};
use thiserror::Error;

use crate::answer::Refusal;
use crate::launcher::{Launcher, Setting, Trouble};
use crate::node::Kind;
use crate::path::FilePath;
use crate::probe;
use crate::process::ProcessId;
use crate::standard::{BadRow, Standard, places, standard};
use crate::world::Made;

/// Where our own state lies.
pub const STATE: &str = r"C:\Users\ann\AppData\Local\fumehood";
/// A folder of Ann's that she has opened to everyone.
pub const SHARED: &str = r"C:\Users\ann\shared";
/// Another folder of Ann's: another sandbox's workspace, where one is needed.
pub const OTHER: &str = r"C:\Users\ann\src\other";

const ACCOUNT: u32 = 2001;
const ACCOUNTS: u32 = 2000;
const ACCOUNT_LOGON: Sid = Sid::logon(0, 0x0009_FBF1);

/// Why there is nothing to compare.
#[derive(Debug, Clone, PartialEq, Error)]
pub enum ComparisonError {
    /// The standard machine has a row that cannot be.
    #[error(transparent)]
    Row(#[from] BadRow),
    /// Something could not be put on it.
    #[error("the machine refused")]
    Machine(#[from] Refusal),
    /// A path or name of this file is none.
    #[error("`{0}` cannot be")]
    Text(String),
    /// The policy cannot be put in force.
    #[error(transparent)]
    Plan(#[from] PlanError),
    /// A step was refused, or the command could not be started.
    #[error("the plan could not be carried out: {0}")]
    Execute(String),
}

/// A command under a plan that is in force.
#[derive(Debug, Clone)]
pub struct Run {
    /// The machine with its launcher.
    pub launcher: Launcher,
    /// What the command may.
    pub policy: Policy,
    /// What was asked of the machine.
    pub facts: Facts,
    /// The plan.
    pub plan: Plan,
    /// The command's process.
    pub process: ProcessId,
    /// Everything else on the machine that has a name.
    pub standard: Standard,
}

/// The machine, with our own state and a folder that Ann opened to everyone.
///
/// # Errors
///
/// A table is wrong, which a test rules out.
pub fn machine() -> Result<(Launcher, Standard), ComparisonError> {
    let mut standard = standard()?;
    let world = &mut standard.world;
    let ann = &standard.people.token;
    for (text, kind) in [
        (STATE, Kind::Folder),
        (
            r"C:\Users\ann\AppData\Local\fumehood\audit.jsonl",
            Kind::File,
        ),
    ] {
        world.put(&file(text)?, kind, &Made::By(ann))?;
    }
    let open = format!(
        "O:{0}G:{0}D:P(A;OICI;FA;;;SY)(A;OICI;FA;;;{0})(A;OICI;0x1301bf;;;WD)",
        standard.people.ann
    );
    let open = open.parse().map_err(|_| ComparisonError::Text(open))?;
    world.put(&file(SHARED)?, Kind::Folder, &Made::With(&open))?;
    let launcher = Launcher {
        world: standard.world.clone(),
        process: standard.processes.shell,
        setting: setting(&standard, "w", 1)?,
        dies_after: None,
        faults: Vec::new(),
        faulty: None,
    };
    Ok((launcher, standard))
}

/// What a run brings: each has a folder for temporary files and a session SID of its own.
fn setting(standard: &Standard, name: &str, number: u32) -> Result<Setting, ComparisonError> {
    let of_machine = |rid| {
        let parts = standard.people.ann.parts();
        let machine = Sid::new(5, parts.get(..4).unwrap_or_default());
        machine
            .and_then(|machine| machine.child(rid))
            .unwrap_or(Sid::NULL)
    };
    let account = Account {
        user: of_machine(ACCOUNT),
        group: of_machine(ACCOUNTS),
        logon: ACCOUNT_LOGON,
    };
    let folders = places::PATH.into_iter().map(path);
    Ok(Setting {
        profile: path(places::HOME)?,
        temp: path(&format!(r"{}\fumehood-{name}", places::TEMP))?,
        session: Sid::of(5, [21, 8, 8, 8, number]),
        reader: Sid::of(5, [21, 8, 8, 8, 1000]),
        account: Some((account, account_token(standard, &account))),
        path_folders: folders.collect::<Result<_, _>>()?,
    })
}

/// The token of the account's logon: Ann's groups but for her own, and the accounts'.
fn account_token(standard: &Standard, account: &Account) -> TokenSpec {
    let ann = standard.people.token.spec();
    let mut spec = TokenSpec::new(account.user);
    let others = [
        standard.people.logon,
        Sid::ADMINISTRATORS,
        Sid::LOCAL_ACCOUNT_ADMINISTRATOR,
    ];
    let groups = ann
        .groups
        .iter()
        .filter(|group| !others.contains(&group.sid));
    spec.groups = groups.copied().collect();
    spec.groups.push(Group::enabled(account.group));
    spec.groups.push(Group::enabled(account.logon));
    spec.privileges = ann.privileges;
    spec
}

/// The policy of the comparison: what is built in, with every gap accepted.
///
/// # Errors
///
/// A path of this file is wrong.
pub fn policy(workspace: &str) -> Result<Policy, ComparisonError> {
    let absolute = |text: &str| {
        let unix = format!("/{}", text.replace('\\', "/"));
        unix.parse().map_err(|_| ComparisonError::Text(unix))
    };
    let place = Place::new(
        absolute(places::HOME)?,
        absolute(workspace)?,
        absolute(STATE)?,
    );
    let mut policy = Policy::built_in(BuiltIn::WorkspaceWrite, &place);
    policy.accept.extend(GapName::ALL);
    Ok(policy)
}

/// The plan of a launcher for a policy: questions are asked twice, because the first answers
/// name the repositories.
///
/// # Errors
///
/// The policy cannot be put in force on the machine.
pub fn plan(
    launcher: &Launcher,
    policy: &Policy,
    profile: TokenProfile,
) -> Result<(Facts, Plan), PlanError> {
    let first = probe::facts(launcher, &questions(policy, &[]));
    let facts = probe::facts(launcher, &questions(policy, &first.repositories));
    let request = Request {
        arguments: vec!["cmd".into()],
        folder: None,
    };
    let plan = compile(policy, &facts, profile, &request)?;
    Ok((facts, plan))
}

/// Starts a command in the workspace under a profile, the plan changed by `mutate` first.
///
/// # Errors
///
/// Nothing was started.
pub fn run(profile: TokenProfile, mutate: impl FnOnce(&mut Plan)) -> Result<Run, ComparisonError> {
    let (launcher, standard) = machine()?;
    start(launcher, standard, profile, places::REPOSITORY, mutate)
}

/// Starts a command in another workspace on the machine of `run`: another session.
///
/// # Errors
///
/// Nothing was started.
pub fn neighbour(run: &Run) -> Result<Run, ComparisonError> {
    let mut launcher = run.launcher.clone();
    launcher.setting = setting(&run.standard, "other", 2)?;
    start(
        launcher,
        run.standard.clone(),
        run.plan.profile,
        OTHER,
        |_| {},
    )
}

fn start(
    mut launcher: Launcher,
    standard: Standard,
    profile: TokenProfile,
    workspace: &str,
    mutate: impl FnOnce(&mut Plan),
) -> Result<Run, ComparisonError> {
    let policy = policy(workspace)?;
    let (facts, mut plan) = plan(&launcher, &policy, profile)?;
    mutate(&mut plan);
    let mut journal: Vec<Undo> = Vec::new();
    let failed = |trouble: &Trouble| ComparisonError::Execute(trouble.to_string());
    let sealed = execute(&mut launcher, &plan, &mut journal)
        .map_err(|error| ComparisonError::Execute(format!("{error:?}")))?;
    let child = launcher
        .spawn(&sealed, &plan.launch)
        .map_err(|trouble| failed(&trouble))?;
    Ok(Run {
        launcher,
        policy,
        facts,
        plan,
        process: child.process,
        standard,
    })
}

fn file(text: &str) -> Result<FilePath, ComparisonError> {
    FilePath::parse(text).map_err(|_| ComparisonError::Text(text.to_owned()))
}

fn path(text: &str) -> Result<WinPath, ComparisonError> {
    text.parse()
        .map_err(|_| ComparisonError::Text(text.to_owned()))
}
