//! What the command sees of the file system: holds first, then mounts.
//!
//! Three lists are built side by side. *Fresh* file systems need nothing of the host;
//! *holds* are taken while it is still as it was; then everything is made read-only;
//! then *mounts* are attached in path order, parents first, so that whatever a place
//! is (hidden, read-only or writable) is on top of what surrounds it.

use std::collections::BTreeMap;

use fumehood_policy::{AbsPath, Policy, RawText, Standing, Temp};

use super::facts::{Facts, Found, Kind, Question};
use super::opening::{self, COVER, DEV, INODES, NODES, RUN, TINY, TINY_INODES};
use super::places::{Place, Places};
use super::plan::PlanError;
use super::private::Private;
use super::sockets::{self, Sockets};
use super::step::{Entry, FileId, MountFlags, Slot, Step};

const READ_ONLY: MountFlags = MountFlags {
    read_only: true,
    no_devices: true,
    no_exec: false,
};
const WRITABLE: MountFlags = MountFlags {
    read_only: false,
    no_devices: true,
    no_exec: false,
};
const DEVICE: MountFlags = MountFlags {
    read_only: false,
    no_devices: false,
    no_exec: true,
};

const GPU_NODES: [&str; 8] = [
    "dri",
    "kfd",
    "nvidiactl",
    "nvidia-modeset",
    "nvidia-uvm",
    "nvidia-uvm-tools",
    "nvidia0",
    "dxg",
];

/// What of the host's `/run` is bound back: resolver files, and where NixOS
/// keeps its programs and drivers.
const RUN_BACK: [&str; 8] = [
    "systemd/resolve/resolv.conf",
    "systemd/resolve/stub-resolv.conf",
    "resolvconf",
    "NetworkManager/resolv.conf",
    "current-system",
    "booted-system",
    "opengl-driver",
    "wrappers",
];

/// Kernel knobs in `/proc` that uid 0 could turn without any capability.
const PROC_READ_ONLY: [&str; 6] = ["sys", "sysrq-trigger", "irq", "bus", "fs", "acpi"];

/// What pid 1 has there, and uid 0 could slow it down with. It is always there.
const PROC_FIRST: &str = "1";

/// What user 0 could read there without any capability, and nobody else can:
/// the kernel's own memory map and allocations.
const PROC_HIDDEN: [&str; 5] = [
    "kpageflags",
    "kpagecount",
    "kpagecgroup",
    "slabinfo",
    "vmallocinfo",
];

/// Where file systems of our own go.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Own {
    Dev,
    Proc,
    Run,
    Tmp,
    VarTmp,
}

const OWN: [(&str, Own); 5] = [
    ("/dev", Own::Dev),
    ("/proc", Own::Proc),
    ("/run", Own::Run),
    ("/tmp", Own::Tmp),
    ("/var/tmp", Own::VarTmp),
];

/// The finished lists, and where writing is possible (for Landlock).
#[derive(Debug, Default)]
pub struct View {
    /// New file systems, as in an [`Opening`](super::Opening).
    pub fresh: Vec<Step>,
    /// Before the host is made read-only.
    pub holds: Vec<Step>,
    /// After.
    pub mounts: Vec<Step>,
    /// Where writing is possible: path, and whether it is a folder.
    pub writable: Vec<(AbsPath, Kind)>,
    /// Where device nodes are.
    pub devices: Option<AbsPath>,
    /// Where the names of terminals are.
    pub terminals: Option<AbsPath>,
    /// Whether a proc of our own is mounted.
    pub own_proc: bool,
}

/// What lies under a path at the moment something is mounted on it.
#[derive(Debug, Clone, Copy)]
enum Ground {
    /// The host's content, with this standing.
    Host(Standing),
    /// A file system of ours: what is not made there does not exist.
    Fresh(Option<Slot>),
}

/// What the view needs to know beyond places.
#[must_use]
pub fn questions(policy: &Policy) -> Vec<Question<'_>> {
    let path = |text: String| text.parse().ok().map(Question::about_new);
    let devices = NODES
        .iter()
        .chain(extra_nodes(policy))
        .map(|name| format!("/dev/{name}"));
    let run = RUN_BACK.iter().map(|name| format!("/run/{name}"));
    let proc = PROC_READ_ONLY
        .iter()
        .chain(&PROC_HIDDEN)
        .map(|name| format!("/proc/{name}"));
    let own = OWN.iter().map(|(path, _)| (*path).to_owned());
    devices
        .chain(run)
        .chain(proc)
        .chain(own)
        .filter_map(path)
        .chain(sockets::questions(policy))
        .collect()
}

fn extra_nodes(policy: &Policy) -> impl Iterator<Item = &'static &'static str> {
    let gpu = if policy.devices.gpu {
        &GPU_NODES[..]
    } else {
        &[]
    };
    let kvm = if policy.devices.kvm {
        &["kvm"][..]
    } else {
        &[]
    };
    let fuse = if policy.devices.fuse {
        &["fuse"][..]
    } else {
        &[]
    };
    gpu.iter().chain(kvm).chain(fuse)
}

/// Builds the lists; `console` is the caller's terminal, if the command is to have it.
///
/// # Errors
///
/// [`PlanError`] where a standard device is missing or numbers run out.
pub fn build(
    policy: &Policy,
    facts: &Facts,
    places: &Places,
    private: &Private,
    console: Option<&Found>,
) -> Result<View, PlanError> {
    let mut builder = Builder {
        policy,
        facts,
        private,
        sockets: sockets::lay_out(policy, facts, places)?,
        console,
        view: View::default(),
        next: opening::FREE,
    };
    builder.empty_cover();
    let mut grounds: BTreeMap<AbsPath, Ground> = BTreeMap::new();
    grounds.insert(AbsPath::root(), Ground::Host(base(policy)));
    for (path, item) in scene(policy, facts, places, &builder.sockets) {
        let below = ground(&grounds, &path);
        let new = match item {
            Item::Own(own) => builder.own(own, &path)?,
            Item::Place(place) => builder.place(&path, &place, below, places, &grounds)?,
            Item::Back(found) => builder.back(&path, &found, below, &grounds)?,
            Item::Socket(found) => builder.socket(&path, &found, below, &grounds)?,
            Item::Account(number) => {
                builder.copy_cover(Some(account(number)), &path);
                None
            }
        };
        if let Some(new) = new {
            grounds.insert(path, new);
        }
    }
    Ok(builder.view)
}

/// What holds where no rule says otherwise. Reading less than everything is
/// Landlock's part: hiding the root would hide the programs too.
fn base(policy: &Policy) -> Standing {
    policy
        .standing(&AbsPath::root())
        .standing
        .max(Standing::ReadOnly)
}

fn ground(grounds: &BTreeMap<AbsPath, Ground>, path: &AbsPath) -> Ground {
    grounds
        .range(..path)
        .rev()
        .find(|(at, _)| path.is_within(at))
        .map_or(Ground::Host(Standing::ReadOnly), |(_, ground)| *ground)
}

fn ground_path<'a>(grounds: &'a BTreeMap<AbsPath, Ground>, path: &AbsPath) -> Option<&'a AbsPath> {
    grounds
        .range(..path)
        .rev()
        .map(|(at, _)| at)
        .find(|at| path.is_within(at))
}

/// The entry of the cover that stands for an account file.
fn account(number: usize) -> RawText {
    RawText::from(format!("account-{number}").as_str())
}

/// Something to mount on.
const fn stand_in(kind: Kind) -> Entry {
    match kind {
        Kind::Folder => Entry::Folder(0o755),
        Kind::File | Kind::Socket | Kind::Other => Entry::File(0o444),
    }
}

enum Item {
    Own(Own),
    Place(Place),
    /// Bound back read-only into a file system of ours.
    Back(Found),
    /// The same for a socket, wherever it is hidden.
    Socket(Found),
    /// An account file, shown with the line that it lacks.
    Account(usize),
}

/// Everything that is mounted, in path order.
fn scene(
    policy: &Policy,
    facts: &Facts,
    places: &Places,
    sockets: &Sockets,
) -> BTreeMap<AbsPath, Item> {
    let mut scene = BTreeMap::new();
    for (number, (path, _)) in facts.accounts.iter().enumerate() {
        scene.insert(path.clone(), Item::Account(number));
    }
    let back = RUN_BACK
        .iter()
        .filter_map(|name| format!("/run/{name}").parse().ok());
    for path in back {
        if let Some(found) = facts.found(&path) {
            scene.insert(path, Item::Back(found.clone()));
        }
    }
    let sockets = sockets.iter();
    scene.extend(sockets.map(|(path, found)| (path.clone(), Item::Socket(found.clone()))));
    for (path, place) in places.iter().filter(|(path, _)| path.as_bytes() != b"/") {
        scene.insert(path.clone(), Item::Place(place.clone()));
    }
    for (path, own) in OWN {
        let temp = matches!(own, Own::Tmp | Own::VarTmp);
        let asked = path.parse().ok().and_then(|path| facts.found(&path));
        let Some(found) = asked.filter(|found| found.kind == Kind::Folder) else {
            continue;
        };
        let given = places
            .at(&found.real)
            .is_some_and(|place| place.standing == Standing::Writable);
        let masked = own == Own::Proc && !facts.proc_whole;
        if !masked && !(temp && (given || policy.temp == Temp::Host)) {
            scene.insert(found.real.clone(), Item::Own(own));
        } else if temp && !given {
            let place = Place {
                standing: Standing::Writable,
                kind: Kind::Folder,
                id: found.id,
                pinned: false,
                closed: false,
            };
            scene.insert(found.real.clone(), Item::Place(place));
        }
    }
    scene
}

struct Builder<'a> {
    policy: &'a Policy,
    facts: &'a Facts,
    private: &'a Private,
    sockets: Sockets,
    console: Option<&'a Found>,
    view: View,
    next: u16,
}

impl Builder<'_> {
    fn slot(&mut self) -> Result<Slot, PlanError> {
        let slot = Slot(self.next);
        self.next = self.next.checked_add(1).ok_or(PlanError::TooMany)?;
        Ok(slot)
    }

    fn hold(
        &mut self,
        source: &AbsPath,
        expect: Option<FileId>,
        flags: MountFlags,
    ) -> Result<Slot, PlanError> {
        let slot = self.slot()?;
        self.view.holds.push(Step::HoldTree {
            slot,
            source: source.clone(),
            expect,
            flags,
        });
        Ok(slot)
    }

    fn tmpfs(&mut self, size: u64, inodes: u64, mode: u32) -> Result<Slot, PlanError> {
        let slot = self.slot()?;
        self.view.mounts.push(Step::HoldTmpfs {
            slot,
            size,
            inodes,
            mode,
        });
        Ok(slot)
    }

    fn make(&mut self, slot: Slot, name: &[u8], entry: Entry) {
        let name = RawText::from_bytes(name);
        self.view.mounts.push(Step::MakeEntry { slot, name, entry });
    }

    fn attach(&mut self, slot: Slot, target: &AbsPath) {
        self.view.mounts.push(Step::Attach {
            slot,
            target: target.clone(),
        });
    }

    /// One file system covers all secret places. It is attached to our own state
    /// folder first, because older kernels copy only what is attached.
    fn empty_cover(&mut self) {
        let accounts = &self.facts.accounts;
        let texts = accounts.iter().map(|(_, text)| text.as_bytes().len());
        self.view.fresh.extend(opening::cover(texts.sum()));
        for (number, (_, text)) in accounts.iter().enumerate() {
            self.make(COVER, account(number).as_bytes(), Entry::Text(text.clone()));
        }
        self.view.mounts.push(Step::SealSlot { slot: COVER });
        let state = self
            .facts
            .found(&self.policy.own.state)
            .map_or_else(|| self.policy.own.state.clone(), |found| found.real.clone());
        self.attach(COVER, &state);
    }

    /// Attaches a copy of the cover, or of an entry in it.
    fn copy_cover(&mut self, entry: Option<RawText>, target: &AbsPath) {
        self.view.mounts.push(Step::AttachCopy {
            slot: COVER,
            entry,
            target: target.clone(),
        });
    }

    fn place(
        &mut self,
        path: &AbsPath,
        place: &Place,
        below: Ground,
        places: &Places,
        grounds: &BTreeMap<AbsPath, Ground>,
    ) -> Result<Option<Ground>, PlanError> {
        match (below, place.standing) {
            (Ground::Host(around), standing) if around == standing && !place.pinned => Ok(None),
            (Ground::Fresh(_), Standing::Hidden) => Ok(None),
            (_, Standing::Hidden) => self.cover(path, place, places, grounds).map(Some),
            (Ground::Host(Standing::Writable), Standing::ReadOnly) => {
                self.view.mounts.push(Step::Pin {
                    path: path.clone(),
                    flags: READ_ONLY,
                });
                Ok(Some(Ground::Host(Standing::ReadOnly)))
            }
            (Ground::Host(Standing::Writable), Standing::Writable) => {
                self.view.mounts.push(Step::Pin {
                    path: path.clone(),
                    flags: WRITABLE,
                });
                Ok(Some(Ground::Host(Standing::Writable)))
            }
            (Ground::Host(_), Standing::ReadOnly) => Ok(None),
            (ground, standing) => {
                self.mountpoint(ground, path, place.kind, grounds);
                let flags = if standing == Standing::Writable {
                    WRITABLE
                } else {
                    READ_ONLY
                };
                let slot = self.hold(path, Some(place.id), flags)?;
                self.attach(slot, path);
                if standing == Standing::Writable {
                    self.view.writable.push((path.clone(), place.kind));
                }
                Ok(Some(Ground::Host(standing)))
            }
        }
    }

    /// Makes something to mount on where the host's content is not seen.
    fn mountpoint(
        &mut self,
        ground: Ground,
        path: &AbsPath,
        kind: Kind,
        grounds: &BTreeMap<AbsPath, Ground>,
    ) {
        let Ground::Fresh(Some(slot)) = ground else {
            return;
        };
        let name = ground_path(grounds, path).and_then(|at| path.below(at));
        if let Some(name) = name {
            self.make(slot, name, stand_in(kind));
        }
    }

    /// Hides a place. Where a rule opens something inside it, or it has a socket that
    /// is open, the cover is one of its own, with just the way there.
    fn cover(
        &mut self,
        path: &AbsPath,
        place: &Place,
        places: &Places,
        grounds: &BTreeMap<AbsPath, Ground>,
    ) -> Result<Ground, PlanError> {
        let places = places
            .iter()
            .filter(|(_, inner)| inner.standing > Standing::Hidden)
            .map(|(at, inner)| (at, inner.kind));
        let sockets = self.sockets.iter().map(|(at, found)| (at, found.kind));
        let opened: Vec<(AbsPath, Kind)> = places
            .chain(sockets)
            .filter(|(at, _)| at.is_within(path) && *at != path)
            .map(|(at, kind)| (at.clone(), kind))
            .collect();
        if opened.is_empty() {
            let first = *path == self.policy.own.state
                && ground_path(grounds, path).is_none_or(|at| at.as_bytes() == b"/");
            if !first {
                let entry = (place.kind != Kind::Folder).then(|| RawText::from("file"));
                self.copy_cover(entry, path);
            }
            return Ok(Ground::Fresh(None));
        }
        let slot = self.tmpfs(TINY, TINY_INODES, 0o755)?;
        for (at, kind) in opened {
            if let Some(name) = at.below(path) {
                self.make(slot, name, stand_in(kind));
            }
        }
        self.view.mounts.push(Step::SealSlot { slot });
        self.attach(slot, path);
        Ok(Ground::Fresh(None))
    }

    fn back(
        &mut self,
        path: &AbsPath,
        found: &Found,
        below: Ground,
        grounds: &BTreeMap<AbsPath, Ground>,
    ) -> Result<Option<Ground>, PlanError> {
        if let Ground::Host(_) = below {
            return Ok(None);
        }
        self.mountpoint(below, path, found.kind, grounds);
        let slot = self.hold(&found.real, Some(found.id), READ_ONLY)?;
        self.attach(slot, path);
        Ok(Some(Ground::Host(Standing::ReadOnly)))
    }

    /// A socket. The folder that it lies in is its user's alone, as it is outside:
    /// gpg takes no other.
    fn socket(
        &mut self,
        path: &AbsPath,
        found: &Found,
        below: Ground,
        grounds: &BTreeMap<AbsPath, Ground>,
    ) -> Result<Option<Ground>, PlanError> {
        if let (Ground::Fresh(Some(slot)), Some(at)) = (below, ground_path(grounds, path)) {
            let folder = path.parent();
            let name = folder.as_ref().and_then(|folder| folder.below(at));
            if let Some(name) = name.filter(|name| !name.is_empty()) {
                self.make(slot, name, Entry::Folder(0o700));
            }
        }
        self.back(path, found, below, grounds)
    }

    fn own(&mut self, own: Own, path: &AbsPath) -> Result<Option<Ground>, PlanError> {
        let slot = match own {
            Own::Dev => return self.dev(path).map(Some),
            Own::Proc => return self.proc(path).map(Some),
            Own::Run => return self.run(path).map(Some),
            Own::Tmp | Own::VarTmp if self.policy.temp == Temp::Run => {
                self.tmpfs(self.policy.limits.tmpfs, INODES, 0o1777)?
            }
            Own::Tmp => self.hold(&self.private.tmp.clone(), None, WRITABLE)?,
            Own::VarTmp => self.hold(&self.private.var_tmp.clone(), None, WRITABLE)?,
        };
        self.attach(slot, path);
        self.view.writable.push((path.clone(), Kind::Folder));
        Ok(Some(Ground::Fresh(Some(slot))))
    }

    fn dev(&mut self, path: &AbsPath) -> Result<Ground, PlanError> {
        let mut nodes = Vec::new();
        for name in NODES {
            let source = path.join(name).map_err(|_| PlanError::TooMany)?;
            let Some(found) = self.facts.found(&source) else {
                return Err(PlanError::Absent { path: source });
            };
            nodes.push((name, found.clone()));
        }
        for name in extra_nodes(self.policy) {
            let source = path.join(name).map_err(|_| PlanError::TooMany)?;
            nodes.extend(
                self.facts
                    .found(&source)
                    .map(|found| (*name, found.clone())),
            );
        }
        // `ttyname(3)` finds a terminal of another devpts under this name.
        nodes.extend(self.console.cloned().map(|found| ("console", found)));

        self.view.fresh.extend(opening::dev(self.policy));
        for (name, found) in nodes.iter().skip(NODES.len()) {
            self.make(DEV, name.as_bytes(), stand_in(found.kind));
        }
        self.view.mounts.push(Step::SealSlot { slot: DEV });
        self.attach(DEV, path);
        for (name, found) in nodes {
            let slot = self.hold(&found.real, Some(found.id), DEVICE)?;
            self.attach_below(slot, path, name)?;
        }
        self.view.terminals = Some(self.attach_below(opening::TERMINALS, path, "pts")?);
        let shm_path = self.attach_below(opening::SHARED_MEMORY, path, "shm")?;
        self.view.writable.push((shm_path, Kind::Folder));
        self.view.devices = Some(path.clone());
        Ok(Ground::Fresh(None))
    }

    fn attach_below(
        &mut self,
        slot: Slot,
        path: &AbsPath,
        name: &str,
    ) -> Result<AbsPath, PlanError> {
        let target = path.join(name).map_err(|_| PlanError::TooMany)?;
        self.attach(slot, &target);
        Ok(target)
    }

    fn proc(&mut self, path: &AbsPath) -> Result<Ground, PlanError> {
        self.view.fresh.push(opening::proc());
        self.attach(opening::PROC, path);
        if !self.policy.system_calls.nesting {
            self.view.mounts.push(Step::NoNestedUsers);
        }
        for name in PROC_READ_ONLY.into_iter().chain([PROC_FIRST]) {
            let path = path.join(name).map_err(|_| PlanError::TooMany)?;
            if name == PROC_FIRST || self.facts.found(&path).is_some() {
                self.view.mounts.push(Step::Pin {
                    path,
                    flags: READ_ONLY,
                });
            }
        }
        let hidden = PROC_HIDDEN.iter().filter(|_| self.facts.uid == 0);
        for name in hidden {
            let target = path.join(name).map_err(|_| PlanError::TooMany)?;
            if self.facts.found(&target).is_some() {
                self.copy_cover(Some(RawText::from("file")), &target);
            }
        }
        self.view.own_proc = true;
        Ok(Ground::Fresh(None))
    }

    fn run(&mut self, path: &AbsPath) -> Result<Ground, PlanError> {
        let fresh = opening::run(self.policy, self.facts.uid);
        self.view.fresh.extend(fresh);
        self.attach(RUN, path);
        let own = self.hold(&self.private.home.clone(), None, WRITABLE)?;
        self.attach_below(own, path, "fumehood")?;
        self.view.writable.push((path.clone(), Kind::Folder));
        Ok(Ground::Fresh(Some(RUN)))
    }
}
