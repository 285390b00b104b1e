//! How a plan begins: what follows from the policy alone.
//!
//! Identity, network, and file systems that are new and attached nowhere yet need no
//! look at the machine. So they come first in every plan, and on an ordinary
//! machine they are in force by the time the rest is known. Their slots have
//! numbers of their own, so that they do not depend on what else there is.

use fumehood_policy::{NetworkMode, Policy, RawText};

use super::plan::{Namespace, Plan};
use super::step::{Entry, Slot, Step};

/// Inodes of each file system in memory: one a page, as tmpfs itself counts.
pub(super) const INODES: u64 = 262_144;
/// Room for the entries of covers and of `/dev`: nothing is ever stored there.
pub(super) const TINY: u64 = 64 * 1024;
/// Inodes of the same.
pub(super) const TINY_INODES: u64 = 128;
/// Room in the cover: for the account files of nearly any machine, so that how a plan
/// opens does not depend on them. Only what is used takes memory.
const COVER_ROOM: u64 = 1024 * 1024;

/// The empty file system that secret places are covered with.
pub(super) const COVER: Slot = Slot(0);
/// What is seen as `/dev`, its terminals, and its shared memory.
pub(super) const DEV: Slot = Slot(1);
pub(super) const TERMINALS: Slot = Slot(2);
pub(super) const SHARED_MEMORY: Slot = Slot(3);
pub(super) const PROC: Slot = Slot(4);
pub(super) const RUN: Slot = Slot(5);
/// The first number that is free.
pub(super) const FREE: u16 = 6;

/// Device nodes that every program may expect.
pub(super) const NODES: [&str; 6] = ["null", "zero", "full", "random", "urandom", "tty"];
const DEVICE_LINKS: [(&str, &str); 5] = [
    ("fd", "/proc/self/fd"),
    ("stdin", "/proc/self/fd/0"),
    ("stdout", "/proc/self/fd/1"),
    ("stderr", "/proc/self/fd/2"),
    ("ptmx", "pts/ptmx"),
];

/// The host's own name is nobody's business, and this one is in every hosts file.
const HOST_NAME: &str = "localhost";
/// Raised above this, the tree dies before the rest of the desktop (proc(5)).
const OOM_SCORE: i32 = 500;

/// Namespaces, and the steps that can be taken in them before there is a plan.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Opening {
    /// Namespaces of the new process.
    pub namespaces: Vec<Namespace>,
    /// Ephemeral steps, in order.
    pub steps: Vec<Step>,
}

impl Opening {
    /// That of every plan for `policy`, on a machine that has `/dev`, `/proc` and
    /// `/run` as usual. For another the plan opens differently.
    #[must_use]
    pub fn of(policy: &Policy, uid: u32, gid: u32) -> Self {
        let namespaces = namespaces(policy);
        let mut steps = identity(&namespaces, uid, gid);
        steps.extend(cover(0));
        steps.extend(dev(policy));
        steps.push(proc());
        steps.extend(run(policy, uid));
        Self { namespaces, steps }
    }

    /// Whether `plan` opens with this. What is born in a control group cannot be born
    /// before that is made.
    #[must_use]
    pub fn suits(&self, plan: &Plan) -> bool {
        let mut steps = plan.steps.iter().filter(|step| !step.is_lasting());
        self.namespaces == plan.namespaces
            && plan.launch.control_group.is_none()
            && self.steps.iter().all(|step| steps.next() == Some(step))
    }
}

/// The namespaces of a policy.
pub(super) fn namespaces(policy: &Policy) -> Vec<Namespace> {
    let mut all = vec![
        Namespace::User,
        Namespace::Mount,
        Namespace::Process,
        Namespace::Ipc,
        Namespace::HostName,
        Namespace::ControlGroup,
    ];
    if policy.network.mode != NetworkMode::On {
        all.push(Namespace::Network);
    }
    all
}

/// Who and where the command is.
pub(super) fn identity(namespaces: &[Namespace], uid: u32, gid: u32) -> Vec<Step> {
    let mut steps = vec![
        Step::MapIdentity { uid, gid },
        Step::PreferOomKill { score: OOM_SCORE },
        Step::HostName {
            name: HOST_NAME.to_owned(),
        },
    ];
    if namespaces.contains(&Namespace::Network) {
        steps.push(Step::Loopback);
    }
    steps
}

/// An empty file and an empty folder that nobody may look into, with room for `bytes`
/// of what is shown in place of account files.
pub(super) fn cover(bytes: usize) -> [Step; 2] {
    let needed = u64::try_from(bytes)
        .unwrap_or(u64::MAX)
        .saturating_add(TINY);
    [
        memory(COVER, needed.max(COVER_ROOM), TINY_INODES, 0),
        make(COVER, b"file", Entry::File(0)),
    ]
}

/// `/dev` with the nodes that there always are, its terminals and its shared memory.
pub(super) fn dev(policy: &Policy) -> Vec<Step> {
    let mut steps = vec![memory(DEV, TINY, TINY_INODES, 0o755)];
    let links = DEVICE_LINKS.map(|(name, to)| {
        let to = Entry::Symlink(RawText::from(to));
        make(DEV, name.as_bytes(), to)
    });
    steps.extend(links);
    steps.extend(["pts", "shm"].map(|name| make(DEV, name.as_bytes(), Entry::Folder(0o755))));
    steps.extend(NODES.map(|name| make(DEV, name.as_bytes(), Entry::File(0o444))));
    steps.push(Step::HoldDevpts { slot: TERMINALS });
    let size = policy.limits.tmpfs;
    steps.push(memory(SHARED_MEMORY, size, INODES, 0o1777));
    steps
}

/// A proc of our own process namespace.
pub(super) const fn proc() -> Step {
    Step::HoldProc { slot: PROC }
}

/// `/run`
pub(super) fn run(policy: &Policy, uid: u32) -> [Step; 4] {
    let user = format!("user/{uid}");
    [
        memory(RUN, policy.limits.tmpfs, INODES, 0o755),
        make(RUN, user.as_bytes(), Entry::Folder(0o700)),
        make(RUN, b"lock", Entry::Folder(0o1777)),
        make(RUN, b"fumehood", Entry::Folder(0o700)),
    ]
}

const fn memory(slot: Slot, size: u64, inodes: u64, mode: u32) -> Step {
    Step::HoldTmpfs {
        slot,
        size,
        inodes,
        mode,
    }
}

fn make(slot: Slot, name: &[u8], entry: Entry) -> Step {
    let name = RawText::from_bytes(name);
    Step::MakeEntry { slot, name, entry }
}
