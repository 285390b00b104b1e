//! (Policy, Facts) → Plan for the tier `namespaces`.
//!
//! The order of everything is fixed here, and it matters: first what needs no look at
//! the machine, holds before the host is made read-only, mounts from the outside in,
//! then the locks that can only be tightened. Any prefix of a plan gives less than the
//! whole.

use fumehood_policy::{AbsPath, Gap, GapName, HardLinks, NetworkMode, Policy, RawText, Standing};

use super::calls::Machine;
use super::environment;
use super::facts::{Facts, GroupFact, Kind, Question};
use super::opening;
use super::places;
use super::plan::{Launch, Plan, PlanError, VERSION};
use super::private::Private;
use super::rights;
use super::seccomp::{self, Freedoms};
use super::step::{GroupSetting, LandlockRule, Resource, Step};
use super::view::{self, View};

/// What is to be run.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Request {
    /// Program and arguments.
    pub arguments: Vec<RawText>,
    /// Where it starts; the caller's folder, or the workspace if that lies elsewhere.
    pub folder: Option<AbsPath>,
    /// Whether it gets a terminal of its own, and not the caller's streams.
    pub pty: bool,
}

/// How the names of our control groups begin; a process number follows.
pub const GROUP_PREFIX: &str = "fumehood-";

/// Everything that must be known about the machine.
#[must_use]
pub fn questions(policy: &Policy) -> Vec<Question<'_>> {
    let mut questions = places::questions(policy);
    questions.extend(view::questions(policy));
    questions.extend(environment::questions(policy));
    if let Some(only_for_root) = asks_for_groups(policy) {
        questions.push(Question::ControlGroups { only_for_root });
    }
    questions
}

/// Whether a limit asks for a control group, and if so, whether only of a run by root:
/// the processes of others are counted without one.
fn asks_for_groups(policy: &Policy) -> Option<bool> {
    let limits = &policy.limits;
    let asks = limits.memory.is_some() || limits.processes.is_some();
    asks.then_some(limits.memory.is_none())
}

/// Whether a run of `uid` takes a control group of its own, if the machine has them.
#[must_use]
pub fn takes_group(policy: &Policy, uid: u32) -> bool {
    asks_for_groups(policy).is_some_and(|only_for_root| uid == 0 || !only_for_root)
}

/// Compiles a plan that leaves nothing to decide.
///
/// # Errors
///
/// [`PlanError`], with [`PlanError::Gaps`] for what the policy does not accept.
pub fn compile(policy: &Policy, facts: &Facts, request: &Request) -> Result<Plan, PlanError> {
    let machine =
        Machine::parse(&facts.machine).ok_or_else(|| PlanError::Machine(facts.machine.clone()))?;
    check_workspace(policy, facts)?;
    let private = Private::of(policy).map_err(|_| PlanError::TooMany)?;
    let mut gaps = Vec::new();
    let places = places::lay_out(policy, facts, &mut gaps)?;
    // Whoever has a terminal of its own has nothing to do with the caller's.
    let console = facts.terminal.as_ref().filter(|_| !request.pty);
    let mut view = view::build(policy, facts, &places, &private, console)?;
    let inside = environment::build(policy, facts, &private)?;
    view.writable.extend(
        inside
            .writable
            .iter()
            .map(|path| (path.clone(), Kind::Folder)),
    );
    note_gaps(policy, facts, request, &mut gaps);

    let folder = working_folder(policy, facts, request);
    let mut steps = private.steps().map_err(|_| PlanError::TooMany)?;
    let groups = control_groups(policy, facts, &mut gaps);
    steps.extend(groups.made);
    let namespaces = opening::namespaces(policy);
    steps.extend(opening::identity(&namespaces, facts.uid, facts.gid));
    steps.append(&mut view.fresh);
    steps.extend(groups.joined);
    steps.push(Step::PrivateMounts);
    steps.extend(inside.holds);
    steps.append(&mut view.holds);
    steps.push(match policy.standing(&AbsPath::root()).standing {
        Standing::Writable => Step::HostNoSuid,
        _ => Step::HostReadOnly,
    });
    // Overlays first: the secrets in a cache are covered on top of them.
    steps.extend(inside.mounts);
    steps.append(&mut view.mounts);
    steps.push(Step::EnterFolder {
        path: folder.clone(),
    });
    steps.extend(limits(policy, facts));
    steps.push(Step::NoNewPrivileges);
    steps.extend(landlock(policy, facts, &places, &view));
    steps.push(Step::DropCapabilities);
    let freedoms = Freedoms {
        calls: policy.system_calls,
        users_capped: view.own_proc,
    };
    steps.push(Step::Seccomp {
        program: seccomp::compile(machine, freedoms),
    });

    refuse_unaccepted(policy, &mut gaps)?;
    let launch = Launch {
        candidates: candidates(request, &inside.variables, &folder)?,
        arguments: request.arguments.clone(),
        environment: with_folder(inside.variables, &folder),
        control_group: groups.born_in,
        timeout_ms: policy
            .limits
            .wall
            .map(|wall| u64::try_from(wall.as_millis()).unwrap_or(u64::MAX)),
        pty: multiplexer(request, &view)?,
    };
    Ok(Plan {
        version: VERSION,
        namespaces,
        steps,
        launch,
        gaps,
        withheld: inside.withheld,
    })
}

/// Where the command's terminal is had, if it is to have one: only a devpts of our
/// own has names for it inside.
fn multiplexer(request: &Request, view: &View) -> Result<Option<AbsPath>, PlanError> {
    if !request.pty {
        return Ok(None);
    }
    match &view.terminals {
        Some(folder) => folder
            .join("ptmx")
            .map(Some)
            .map_err(|_| PlanError::TooMany),
        None => Err(PlanError::NoTerminals),
    }
}

fn check_workspace(policy: &Policy, facts: &Facts) -> Result<(), PlanError> {
    match facts.found(&policy.workspace) {
        Some(found) if found.kind == Kind::Folder => Ok(()),
        Some(_) => Err(PlanError::NotAFolder {
            path: policy.workspace.clone(),
        }),
        None => Err(PlanError::Absent {
            path: policy.workspace.clone(),
        }),
    }
}

/// The caller's folder if it lies in the workspace, else the workspace.
fn working_folder(policy: &Policy, facts: &Facts, request: &Request) -> AbsPath {
    let workspace = facts
        .found(&policy.workspace)
        .map_or(&policy.workspace, |found| &found.real);
    match &request.folder {
        Some(folder) => folder.clone(),
        None if facts.cwd.is_within(workspace) => facts.cwd.clone(),
        None => workspace.clone(),
    }
}

fn limits(policy: &Policy, facts: &Facts) -> Vec<Step> {
    let limits = &policy.limits;
    // Started by root the count is not per tree: only a control group helps there.
    let processes = limits.processes.filter(|_| facts.processes_counted);
    [
        (Resource::Processes, processes),
        (Resource::FileSize, limits.file_size),
        (Resource::OpenFiles, limits.open_files),
    ]
    .into_iter()
    .filter_map(|(resource, value)| value.map(|value| Step::Limit { resource, value }))
    .collect()
}

/// Control groups of a run.
struct Groups {
    /// Lasting steps that make them.
    made: Vec<Step>,
    /// Steps that enter those of version 1.
    joined: Vec<Step>,
    /// That of version 2, which is entered by being born in it.
    born_in: Option<AbsPath>,
}

/// Groups of our own for what `setrlimit(2)` cannot bound.
fn control_groups(policy: &Policy, facts: &Facts, gaps: &mut Vec<Gap>) -> Groups {
    let mut groups: Vec<(AbsPath, bool, Vec<GroupSetting>)> = Vec::new();
    let mut limit = |fact: Option<&GroupFact>, file: [&str; 2], value: u64| {
        let path = fact.and_then(|fact| {
            fact.parent
                .join(format!("{GROUP_PREFIX}{}", facts.run))
                .ok()
        });
        let (Some(fact), Some(path)) = (fact, path) else {
            return false;
        };
        let file = file[usize::from(!fact.unified)].to_owned();
        let setting = GroupSetting {
            file,
            value: value.to_string(),
        };
        match groups.iter_mut().find(|group| group.0 == path) {
            Some(group) => group.2.push(setting),
            None => groups.push((path, fact.unified, vec![setting])),
        }
        true
    };
    if let Some(processes) = policy.limits.processes.filter(|_| !facts.processes_counted)
        && !limit(
            facts.pids_group.as_ref(),
            ["pids.max", "pids.max"],
            processes,
        )
    {
        gaps.push(Gap {
            name: GapName::Processes,
            asked: format!("at most {processes} processes"),
            why: "started by root, and no pids control group can be written".to_owned(),
            nearest: "run as the workspace's owner: then a resource limit counts the tree"
                .to_owned(),
        });
    }
    if let Some(memory) = policy.limits.memory
        && !limit(
            facts.memory_group.as_ref(),
            ["memory.max", "memory.limit_in_bytes"],
            memory,
        )
    {
        gaps.push(Gap {
            name: GapName::Memory,
            asked: format!("at most {memory} bytes of memory for the whole tree"),
            why: "no memory control group can be written".to_owned(),
            nearest:
                "file systems in memory are bounded, and the tree dies first when memory runs out"
                    .to_owned(),
        });
    }
    let born_in = groups
        .iter()
        .find(|group| group.1)
        .map(|group| group.0.clone());
    let joined = groups.iter().filter(|group| !group.1);
    let joined = joined.map(|group| Step::JoinGroup {
        path: group.0.clone(),
    });
    Groups {
        joined: joined.collect(),
        made: groups
            .into_iter()
            .map(|(path, _, settings)| Step::ControlGroup { path, settings })
            .collect(),
        born_in,
    }
}

fn landlock(policy: &Policy, facts: &Facts, places: &places::Places, view: &View) -> Option<Step> {
    let abi = facts.landlock_abi;
    let root = policy.standing(&AbsPath::root()).standing;
    // Under file rules of ours every mount is refused, also in namespaces of one's own.
    // Where everything but single places may be read, only mounts can hide those, and
    // a rule for reading would only make each open dearer. No mount of ours is under a
    // file that was passed as a standard stream.
    let handled_fs = match root {
        _ if policy.system_calls.nesting => 0,
        Standing::Hidden => rights::handled(abi),
        _ if facts.read_only_streams => rights::handled(abi) & !rights::READ,
        _ => rights::handled(abi) & !rights::OF_EVERY_OPEN,
    };
    let scoped = if abi >= rights::FIRST_SCOPED {
        rights::SCOPES
    } else {
        0
    };
    if handled_fs == 0 && scoped == 0 {
        return None;
    }
    let mut rules = Vec::new();
    let mut grant = |path: &AbsPath, kind: Kind, rights: u64| {
        let possible = if kind == Kind::Folder {
            handled_fs
        } else {
            handled_fs & rights::OF_FILES
        };
        if rights & possible != 0 {
            rules.push(LandlockRule {
                path: path.clone(),
                rights: rights & possible,
            });
        }
    };
    match root {
        Standing::Writable => grant(&AbsPath::root(), Kind::Folder, u64::MAX),
        Standing::ReadOnly => grant(&AbsPath::root(), Kind::Folder, rights::READ),
        Standing::Hidden => {
            for (path, place) in places
                .iter()
                .filter(|(_, place)| place.standing == Standing::ReadOnly)
            {
                grant(path, place.kind, rights::READ);
            }
        }
    }
    for (path, kind) in &view.writable {
        grant(path, *kind, u64::MAX);
    }
    if let Some(dev) = &view.devices {
        let devices = rights::READ_FILE | rights::WRITE_FILE | rights::READ_DIR | rights::IOCTL_DEV;
        grant(dev, Kind::Folder, devices);
    }
    if let Ok(proc) = AbsPath::parse(b"/proc") {
        grant(
            &proc,
            Kind::Folder,
            rights::READ | rights::WRITE_FILE | rights::TRUNCATE,
        );
    }
    Some(Step::Landlock {
        handled_fs,
        scoped,
        rules,
    })
}

/// Gaps that do not depend on single paths.
fn note_gaps(policy: &Policy, facts: &Facts, request: &Request, gaps: &mut Vec<Gap>) {
    let supervisor = || "needs the supervisor".to_owned();
    let mut note = |name, asked: &str, why: String, nearest: &str| {
        gaps.push(Gap {
            name,
            asked: asked.to_owned(),
            why,
            nearest: nearest.to_owned(),
        });
    };
    note(
        GapName::HostSockets,
        "no connection to sockets of the host that have a path",
        supervisor(),
        "datagram sockets but for pairs are refused; /run and /tmp, where most are, are private",
    );
    if policy.hard_links != HardLinks::Allow {
        note(
            GapName::HardLinks,
            "look at files with several links when they are opened to write",
            supervisor(),
            "new links across the boundary cannot be made",
        );
    }
    note(
        GapName::SetUserId,
        "no set-user-id files in writable roots",
        "a filter cannot see the mode that openat2 is given".to_owned(),
        "every other call that sets the bit is refused, and the bit does nothing inside",
    );
    // With a terminal of its own no stream of the caller's is passed.
    if !request.pty {
        note(
            GapName::StandardStreams,
            "files that are passed as standard streams keep their mode, times and attributes",
            "a descriptor carries the rights of its mount outside".to_owned(),
            "one that was opened to read alone is not written",
        );
    }
    if facts.landlock_abi < rights::FIRST_USEFUL {
        note(
            GapName::Landlock,
            "Landlock as a second layer",
            format!("this kernel has ABI {}", facts.landlock_abi),
            "mounts hold the boundary for files",
        );
    }
    if facts.landlock_abi < rights::FIRST_SCOPED {
        note(
            GapName::LandlockScopes,
            "no signals and abstract sockets across the boundary",
            format!("this kernel has Landlock ABI {}", facts.landlock_abi),
            "the process and network namespaces hold most of it",
        );
    }
    if !facts.proc_whole {
        note(
            GapName::ProcMasked,
            "a /proc of its own",
            "something covers parts of the outer /proc".to_owned(),
            "the outer one is kept, read-only",
        );
    }
    if policy.network.mode == NetworkMode::Names {
        note(
            GapName::NetworkNames,
            "the network by host name",
            "needs the proxy, which does not exist yet".to_owned(),
            "--network off, or --network on",
        );
    }
    if policy.standing(&AbsPath::root()).standing == Standing::Hidden {
        note(
            GapName::NarrowReadNames,
            "reading less than the whole file system",
            "Landlock refuses to open and list, not to look".to_owned(),
            "content is refused; names and sizes stay visible",
        );
    }
    if policy.system_calls.nesting {
        note(
            GapName::Nesting,
            "Landlock's file rules together with nested sandboxes",
            "under such rules every mount is refused".to_owned(),
            "mounts hold the boundary for files",
        );
    }
}

/// Keeps each gap once and refuses those that the policy does not accept.
fn refuse_unaccepted(policy: &Policy, gaps: &mut Vec<Gap>) -> Result<(), PlanError> {
    gaps.sort_by(|a, b| (a.name, &a.asked).cmp(&(b.name, &b.asked)));
    gaps.dedup();
    let refused: Vec<Gap> = gaps
        .iter()
        .filter(|gap| !policy.accepts(gap.name))
        .cloned()
        .collect();
    if refused.is_empty() {
        Ok(())
    } else {
        Err(PlanError::Gaps(refused))
    }
}

/// Files to try, as `execvp(3)` does: a name with a slash is a path, any other is
/// looked for in `PATH`.
fn candidates(
    request: &Request,
    variables: &[(RawText, RawText)],
    folder: &AbsPath,
) -> Result<Vec<AbsPath>, PlanError> {
    let name = request
        .arguments
        .first()
        .ok_or(PlanError::NoCommand)?
        .as_bytes();
    let from = |folder: &[u8]| {
        let mut path = folder.to_vec();
        path.push(b'/');
        path.extend_from_slice(name);
        lexical(&path)
    };
    if name.is_empty() {
        return Ok(Vec::new());
    }
    if name.first() == Some(&b'/') {
        return Ok(lexical(name).into_iter().collect());
    }
    if name.contains(&b'/') {
        return Ok(from(folder.as_bytes()).into_iter().collect());
    }
    let path = variables
        .iter()
        .find(|(name, _)| name.as_bytes() == b"PATH");
    let folders = path.map_or(&b"/usr/local/bin:/usr/bin:/bin"[..], |(_, value)| {
        value.as_bytes()
    });
    // A relative entry, or an empty one, would mean the workspace: whoever wants
    // that writes ./name.
    let absolute = folders
        .split(|byte| *byte == b':')
        .filter(|entry| entry.first() == Some(&b'/'));
    Ok(absolute.filter_map(from).collect())
}

/// A path whose `..` parts the kernel is to follow cannot be an [`AbsPath`];
/// what people type before a command (`../bin/x`) is taken as it reads.
fn lexical(path: &[u8]) -> Option<AbsPath> {
    let mut parts: Vec<&[u8]> = Vec::new();
    for part in path.split(|byte| *byte == b'/') {
        match part {
            b"" | b"." => {}
            b".." => drop(parts.pop()),
            part => parts.push(part),
        }
    }
    let mut clean = b"/".to_vec();
    clean.extend_from_slice(&parts.join(&b'/'));
    AbsPath::parse(&clean).ok()
}

/// `PWD` as a shell would set it.
fn with_folder(
    mut variables: Vec<(RawText, RawText)>,
    folder: &AbsPath,
) -> Vec<(RawText, RawText)> {
    variables.retain(|(name, _)| name.as_bytes() != b"PWD");
    variables.push((RawText::from("PWD"), RawText::from_bytes(folder.as_bytes())));
    variables
}
