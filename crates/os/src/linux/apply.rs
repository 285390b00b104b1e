//! Puts the steps of a plan in force, from inside the new namespaces.
//!
//! Straight lines: a step is one to four calls and the first that fails ends it.
//! Paths are opened without following a symlink in any part
//! (`RESOLVE_NO_SYMLINKS`), because the planner has resolved them; whoever put
//! one there since then gets an error, not a mount. What lies below something
//! that was attached is looked for from there: the folders above it can be ones
//! that another command renames at that moment, in a temp folder that they share.

use std::collections::BTreeMap;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};

use fumehood_plan::linux::rights;
use fumehood_plan::linux::step::{LandlockRule, MountFlags, Resource};
use fumehood_plan::linux::{Entry, FileId, Slot, Step};
use fumehood_policy::{AbsPath, RawText};
use rustix::fs::{AtFlags, CWD, FileType, Mode, OFlags, ResolveFlags};
use rustix::io::Errno;
use rustix::mount::{
    FsMountFlags, FsOpenFlags, MountAttrFlags, MountPropagationFlags, MoveMountFlags, OpenTreeFlags,
};
use rustix::net::{AddressFamily, SocketFlags, SocketType};
use rustix::process::{Rlimit, setrlimit};

use super::sys::{capabilities, landlock, mount, seccomp};
use super::{Named, Refusal};

/// Detached mounts, by slot number.
#[derive(Debug, Default)]
pub struct Applier {
    slots: BTreeMap<Slot, OwnedFd>,
    /// Where slots were attached, and nothing was put on top since.
    attached: Vec<(AbsPath, Slot)>,
}

impl Applier {
    /// Puts one step in force.
    ///
    /// # Errors
    ///
    /// [`Refusal`]: the call that failed. Lasting steps are not for here: `EINVAL`.
    pub fn apply(&mut self, step: &Step) -> Result<(), Refusal> {
        match step {
            Step::JoinGroup { path } => join_group(path),
            Step::MapIdentity { uid, gid } => map_identity(*uid, *gid),
            Step::HostName { name } => {
                rustix::system::sethostname(name.as_bytes()).named("sethostname")
            }
            Step::Loopback => loopback(),
            Step::PrivateMounts => private_mounts(),
            Step::HoldTree {
                slot,
                source,
                expect,
                flags,
            } => self.hold_tree(*slot, source, *expect, *flags),
            Step::HoldTmpfs {
                slot,
                size,
                inodes,
                mode,
            } => {
                let options = [("size", *size), ("nr_inodes", *inodes)];
                let options = options.map(|(key, value)| (key, value.to_string()));
                let mode = ("mode", format!("{mode:o}"));
                self.hold_new(*slot, "tmpfs", &[&options[..], &[mode]].concat())
            }
            Step::HoldDevpts { slot } => {
                let options = [("ptmxmode", "0666".to_owned()), ("mode", "0620".to_owned())];
                self.hold_new(*slot, "devpts", &options)
            }
            Step::HoldProc { slot } => self.hold_new(*slot, "proc", &[]),
            Step::HoldOverlay {
                slot,
                lower,
                upper,
                work,
            } => {
                let fs = open_fs("overlay")?;
                let folders = [("lowerdir", lower), ("upperdir", upper), ("workdir", work)];
                for (key, folder) in folders {
                    rustix::mount::fsconfig_set_string(fs.as_fd(), key, folder.as_bytes())
                        .named("fsconfig")?;
                }
                // Attributes of its own go to `user.overlay.*`: `trusted.*` needs real root.
                rustix::mount::fsconfig_set_flag(fs.as_fd(), "userxattr").named("fsconfig")?;
                self.hold_made(*slot, &fs, programs())
            }
            Step::MakeEntry { slot, name, entry } => make_entry(self.slot(*slot)?, name, entry),
            Step::SealSlot { slot } => {
                mount::add_flags(self.slot(*slot)?, mount::READ_ONLY).named("mount_setattr")
            }
            Step::HostReadOnly => {
                add_host_flags(mount::READ_ONLY | mount::NO_SUID | mount::NO_DEVICES)
            }
            Step::HostNoSuid => add_host_flags(mount::NO_SUID),
            Step::Attach { slot, target } => self.attach(*slot, target),
            Step::AttachCopy {
                slot,
                entry,
                target,
            } => self.attach_copy(*slot, entry.as_ref(), target),
            Step::Pin { path, flags } => self.pin(path, *flags),
            Step::NoNestedUsers => write_text("/proc/sys/user/max_user_namespaces", "0"),
            Step::EnterFolder { path } => self.enter(path),
            Step::Limit { resource, value } => limit(*resource, *value),
            Step::PreferOomKill { score } => {
                write_text("/proc/self/oom_score_adj", &score.to_string())
            }
            Step::NoNewPrivileges => rustix::thread::set_no_new_privs(true).named("prctl"),
            Step::Landlock {
                handled_fs,
                scoped,
                rules,
            } => self.restrict(*handled_fs, *scoped, rules),
            Step::DropCapabilities => {
                capabilities::empty_bounding_set().named("prctl")?;
                capabilities::drop_all().named("capset")
            }
            Step::Seccomp { program } => seccomp::install(program).named("seccomp"),
            _ => Err(Refusal {
                call: "apply",
                errno: Errno::INVAL,
            }),
        }
    }

    fn slot(&self, slot: Slot) -> Result<BorrowedFd<'_>, Refusal> {
        self.slots.get(&slot).map(AsFd::as_fd).ok_or(Refusal {
            call: "slot",
            errno: Errno::BADF,
        })
    }

    fn hold(&mut self, slot: Slot, tree: OwnedFd) {
        self.slots.insert(slot, tree);
    }

    fn hold_tree(
        &mut self,
        slot: Slot,
        source: &AbsPath,
        expect: Option<FileId>,
        flags: MountFlags,
    ) -> Result<(), Refusal> {
        let at = open(source)?;
        if let Some(expect) = expect {
            let stat = rustix::fs::fstat(&at).named("fstat")?;
            if (stat.st_dev, stat.st_ino) != (expect.device, expect.inode) {
                // Replaced since it was judged.
                return Err(Refusal {
                    call: "fstat",
                    errno: Errno::STALE,
                });
            }
        }
        let tree = copy_tree(at.as_fd(), b"", true)?;
        mount::add_flags(tree.as_fd(), bits(flags)).named("mount_setattr")?;
        self.hold(slot, tree);
        Ok(())
    }

    fn hold_new(
        &mut self,
        slot: Slot,
        kind: &str,
        options: &[(&str, String)],
    ) -> Result<(), Refusal> {
        let fs = open_fs(kind)?;
        for (key, value) in options {
            rustix::mount::fsconfig_set_string(fs.as_fd(), *key, value.as_str())
                .named("fsconfig")?;
        }
        let attributes = match kind {
            "tmpfs" => programs(),
            _ => MountAttrFlags::MOUNT_ATTR_NOSUID | MountAttrFlags::MOUNT_ATTR_NOEXEC,
        };
        self.hold_made(slot, &fs, attributes)
    }

    fn hold_made(
        &mut self,
        slot: Slot,
        fs: &OwnedFd,
        attributes: MountAttrFlags,
    ) -> Result<(), Refusal> {
        rustix::mount::fsconfig_create(fs.as_fd()).named("fsconfig")?;
        let tree = rustix::mount::fsmount(fs.as_fd(), FsMountFlags::FSMOUNT_CLOEXEC, attributes)
            .named("fsmount")?;
        self.hold(slot, tree);
        Ok(())
    }

    /// What was attached nearest above `path`, or right there.
    fn around(&self, path: &AbsPath) -> Option<&(AbsPath, Slot)> {
        let around = self.attached.iter().filter(|(at, _)| path.is_within(at));
        around.max_by_key(|(at, _)| at.as_bytes().len())
    }

    /// Enters a folder, by whatever symlinks its name has.
    fn enter(&self, path: &AbsPath) -> Result<(), Refusal> {
        let Some((at, slot)) = self.around(path) else {
            return rustix::process::chdir(path.as_bytes()).named("chdir");
        };
        let below = path.below(at).filter(|below| !below.is_empty());
        let flags = OFlags::PATH | OFlags::DIRECTORY | OFlags::CLOEXEC;
        let slot = self.slot(*slot)?;
        let folder = rustix::fs::openat(slot, below.unwrap_or(b"."), flags, Mode::empty());
        rustix::process::fchdir(folder.named("openat")?).named("fchdir")
    }

    /// Opens what is at `path` for reference only, following no symlink.
    fn open(&self, path: &AbsPath) -> Result<OwnedFd, Refusal> {
        let above = path.parent();
        let Some((at, slot)) = above.as_ref().and_then(|above| self.around(above)) else {
            return open(path);
        };
        rustix::fs::openat2(
            self.slot(*slot)?,
            path.below(at).unwrap_or_default(),
            OFlags::PATH | OFlags::CLOEXEC,
            Mode::empty(),
            ResolveFlags::NO_SYMLINKS | ResolveFlags::BENEATH,
        )
        .named("openat2")
    }

    fn attach(&mut self, slot: Slot, target: &AbsPath) -> Result<(), Refusal> {
        let at = self.open(target)?;
        attach_at(self.slot(slot)?, at.as_fd())?;
        self.covered(target);
        self.attached.push((target.clone(), slot));
        Ok(())
    }

    fn pin(&mut self, path: &AbsPath, flags: MountFlags) -> Result<(), Refusal> {
        let at = self.open(path)?;
        let tree = copy_tree(at.as_fd(), b"", true)?;
        mount::add_flags(tree.as_fd(), bits(flags)).named("mount_setattr")?;
        attach_at(tree.as_fd(), at.as_fd())?;
        self.covered(path);
        Ok(())
    }

    fn attach_copy(
        &mut self,
        slot: Slot,
        entry: Option<&RawText>,
        target: &AbsPath,
    ) -> Result<(), Refusal> {
        let name = entry.map_or(&b""[..], RawText::as_bytes);
        let copy = copy_tree(self.slot(slot)?, name, false)?;
        attach_at(copy.as_fd(), self.open(target)?.as_fd())?;
        self.covered(target);
        Ok(())
    }

    /// Nothing that was attached at `path` or below is on top there any more.
    fn covered(&mut self, path: &AbsPath) {
        self.attached.retain(|(at, _)| !at.is_within(path));
    }

    fn restrict(
        &self,
        handled_fs: u64,
        scoped: u64,
        rules: &[LandlockRule],
    ) -> Result<(), Refusal> {
        let ruleset = landlock::create(landlock::abi(), handled_fs, scoped)
            .named("landlock_create_ruleset")?;
        for rule in rules {
            let at = self.open(&rule.path)?;
            landlock::allow(ruleset.as_fd(), at.as_fd(), rule.rights).named("landlock_add_rule")?;
        }
        if handled_fs != 0 {
            grant_streams(ruleset.as_fd(), handled_fs)?;
        }
        landlock::restrict_self(ruleset.as_fd()).named("landlock_restrict_self")
    }
}

fn open_fs(kind: &str) -> Result<OwnedFd, Refusal> {
    rustix::mount::fsopen(kind, FsOpenFlags::FSOPEN_CLOEXEC).named("fsopen")
}

/// Programs are built and run there; device nodes are bound, never made.
fn programs() -> MountAttrFlags {
    MountAttrFlags::MOUNT_ATTR_NOSUID | MountAttrFlags::MOUNT_ATTR_NODEV
}

/// `MOUNT_ATTR_*` of a held tree.
const fn bits(flags: MountFlags) -> u64 {
    let mut bits = mount::NO_SUID;
    if flags.read_only {
        bits |= mount::READ_ONLY;
    }
    if flags.no_devices {
        bits |= mount::NO_DEVICES;
    }
    if flags.no_exec {
        bits |= mount::NO_EXEC;
    }
    bits
}

/// Opens what is at `path` for reference only, following no symlink.
fn open(path: &AbsPath) -> Result<OwnedFd, Refusal> {
    rustix::fs::openat2(
        CWD,
        path.as_bytes(),
        OFlags::PATH | OFlags::CLOEXEC,
        Mode::empty(),
        ResolveFlags::NO_SYMLINKS,
    )
    .named("openat2")
}

fn copy_tree(at: BorrowedFd<'_>, name: &[u8], recursive: bool) -> Result<OwnedFd, Refusal> {
    let mut flags = OpenTreeFlags::OPEN_TREE_CLONE
        | OpenTreeFlags::OPEN_TREE_CLOEXEC
        | OpenTreeFlags::AT_EMPTY_PATH;
    if recursive {
        // A copy that would uncover what a locked mount hides is EINVAL.
        flags |= OpenTreeFlags::AT_RECURSIVE;
    }
    rustix::mount::open_tree(at, name, flags).named("open_tree")
}

fn attach_at(tree: BorrowedFd<'_>, at: BorrowedFd<'_>) -> Result<(), Refusal> {
    let flags = MoveMountFlags::MOVE_MOUNT_F_EMPTY_PATH | MoveMountFlags::MOVE_MOUNT_T_EMPTY_PATH;
    rustix::mount::move_mount(tree, "", at, "", flags).named("move_mount")
}

fn join_group(path: &AbsPath) -> Result<(), Refusal> {
    let tasks = path.join("tasks").map_err(|_| Refusal {
        call: "open",
        errno: Errno::NAMETOOLONG,
    })?;
    let file = rustix::fs::open(
        tasks.as_bytes(),
        OFlags::WRONLY | OFlags::CLOEXEC,
        Mode::empty(),
    )
    .named("open")?;
    rustix::io::write(&file, b"0").named("write").map(drop)
}

fn map_identity(uid: u32, gid: u32) -> Result<(), Refusal> {
    write_text("/proc/self/setgroups", "deny")?;
    write_text("/proc/self/uid_map", &format!("{uid} {uid} 1"))?;
    write_text("/proc/self/gid_map", &format!("{gid} {gid} 1"))
}

fn loopback() -> Result<(), Refusal> {
    let socket = rustix::net::socket_with(
        AddressFamily::INET,
        SocketType::DGRAM,
        SocketFlags::CLOEXEC,
        None,
    )
    .named("socket")?;
    mount::loopback_up(socket.as_fd()).named("ioctl SIOCSIFFLAGS")
}

fn private_mounts() -> Result<(), Refusal> {
    let flags = MountPropagationFlags::PRIVATE | MountPropagationFlags::REC;
    rustix::mount::mount_change("/", flags).named("mount")
}

fn add_host_flags(flags: u64) -> Result<(), Refusal> {
    let root = open(&AbsPath::root())?;
    mount::add_flags(root.as_fd(), flags).named("mount_setattr")
}

/// Makes an entry and the folders above it. What an earlier command left there
/// in a kept folder, and is something else, goes away: it could be a symlink.
fn make_entry(slot: BorrowedFd<'_>, name: &RawText, entry: &Entry) -> Result<(), Refusal> {
    let mut parts: Vec<&[u8]> = name.as_bytes().split(|byte| *byte == b'/').collect();
    let last = parts.pop().unwrap_or_default();
    let mut above: Option<OwnedFd> = None;
    for part in parts {
        let at = above.as_ref().map_or(slot, AsFd::as_fd);
        make_folder(at, part, 0o755)?;
        above = Some(open_folder(at, part)?);
    }
    let at = above.as_ref().map_or(slot, AsFd::as_fd);
    match entry {
        Entry::Folder(mode) => make_folder(at, last, *mode),
        Entry::File(mode) => {
            clear_unless(at, last, FileType::is_file)?;
            make_file(at, last, *mode, b"")
        }
        Entry::Text(text) => make_file(at, last, 0o444, text.as_bytes()),
        Entry::Symlink(to) => rustix::fs::symlinkat(to.as_bytes(), at, last).named("symlinkat"),
    }
}

fn make_folder(at: BorrowedFd<'_>, name: &[u8], mode: u32) -> Result<(), Refusal> {
    clear_unless(at, name, FileType::is_dir)?;
    match rustix::fs::mkdirat(at, name, Mode::from_raw_mode(mode)) {
        Ok(()) => rustix::fs::chmodat(at, name, Mode::from_raw_mode(mode), AtFlags::empty())
            .named("fchmodat"),
        Err(Errno::EXIST) => Ok(()),
        Err(errno) => Err(Refusal {
            call: "mkdirat",
            errno,
        }),
    }
}

fn clear_unless(
    at: BorrowedFd<'_>,
    name: &[u8],
    fits: fn(FileType) -> bool,
) -> Result<(), Refusal> {
    match rustix::fs::statat(at, name, AtFlags::SYMLINK_NOFOLLOW) {
        Ok(stat) if fits(FileType::from_raw_mode(stat.st_mode)) => Ok(()),
        Ok(stat) => {
            let folder = FileType::from_raw_mode(stat.st_mode).is_dir();
            let flags = if folder {
                AtFlags::REMOVEDIR
            } else {
                AtFlags::empty()
            };
            rustix::fs::unlinkat(at, name, flags).named("unlinkat")
        }
        Err(Errno::NOENT) => Ok(()),
        Err(errno) => Err(Refusal {
            call: "fstatat",
            errno,
        }),
    }
}

fn open_folder(at: BorrowedFd<'_>, name: &[u8]) -> Result<OwnedFd, Refusal> {
    let flags = OFlags::PATH | OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
    rustix::fs::openat(at, name, flags, Mode::empty()).named("openat")
}

fn make_file(at: BorrowedFd<'_>, name: &[u8], mode: u32, text: &[u8]) -> Result<(), Refusal> {
    let flags = OFlags::WRONLY | OFlags::CREATE | OFlags::NOFOLLOW | OFlags::CLOEXEC;
    let file = rustix::fs::openat(at, name, flags, Mode::from_raw_mode(0o600)).named("openat")?;
    if !text.is_empty() {
        rustix::io::write(&file, text).named("write")?;
    }
    rustix::fs::fchmod(&file, Mode::from_raw_mode(mode)).named("fchmod")
}

fn write_text(path: &str, text: &str) -> Result<(), Refusal> {
    let file = rustix::fs::open(path, OFlags::WRONLY | OFlags::CLOEXEC, Mode::empty())
        .named("open of a /proc file")?;
    rustix::io::write(&file, text.as_bytes())
        .named("write to a /proc file")
        .map(drop)
}

fn limit(resource: Resource, value: u64) -> Result<(), Refusal> {
    let resource = match resource {
        Resource::Processes => rustix::process::Resource::Nproc,
        Resource::FileSize => rustix::process::Resource::Fsize,
        Resource::OpenFiles => rustix::process::Resource::Nofile,
    };
    let hard = rustix::process::getrlimit(resource).maximum;
    let value = hard.map_or(value, |hard| hard.min(value));
    let rlimit = Rlimit {
        current: Some(value),
        maximum: Some(value),
    };
    setrlimit(resource, rlimit).named("setrlimit")
}

/// A file that the caller passed as a standard stream can be opened again by its
/// name (`> /dev/stdout`), the way the caller opened it and no other.
fn grant_streams(ruleset: BorrowedFd<'_>, handled: u64) -> Result<(), Refusal> {
    let streams = [
        rustix::stdio::stdin(),
        rustix::stdio::stdout(),
        rustix::stdio::stderr(),
    ];
    for stream in streams {
        let Ok(stat) = rustix::fs::fstat(stream) else {
            continue;
        };
        if !FileType::from_raw_mode(stat.st_mode).is_file() {
            continue;
        }
        let flags = rustix::fs::fcntl_getfl(stream).named("fcntl")?;
        let rights = match flags & OFlags::RWMODE {
            OFlags::WRONLY => rights::WRITE_FILE | rights::TRUNCATE,
            OFlags::RDWR => rights::READ_FILE | rights::WRITE_FILE | rights::TRUNCATE,
            _ => rights::READ_FILE,
        };
        if rights & handled != 0 {
            landlock::allow(ruleset, stream, rights & handled).named("landlock_add_rule")?;
        }
    }
    Ok(())
}
