//! What lasts: folders that belong to fumehood, made before anything is started.
//!
//! Only the owner may enter them, whatever the umask.

use std::ffi::{CStr, OsStr};
use std::mem::MaybeUninit;
use std::os::fd::{AsFd, AsRawFd, OwnedFd};
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

use fumehood_plan::linux::compile::GROUP_PREFIX;
use fumehood_plan::linux::step::GroupSetting;
use fumehood_policy::AbsPath;
use rustix::fs::{AtFlags, CWD, FileType, FlockOperation, Mode, OFlags, RawDir, Stat};
use rustix::io::Errno;
use rustix::process::Pid;

use super::{Named, Refusal, cgroup};

/// What our folders give: everything to their owner.
const OWN: u32 = 0o700;

/// Makes `path` with the folders above it, mode 0700 for those that are new. One
/// that is there gets this mode back: a command may have closed its private `/tmp`,
/// and the next run is not to suffer from that.
///
/// # Errors
///
/// [`Refusal`] with the call that failed: no space, no permission.
pub fn folder(path: &AbsPath) -> Result<(), Refusal> {
    // Nearly always it is there and as it should be.
    match rustix::fs::statat(CWD, path.as_bytes(), AtFlags::SYMLINK_NOFOLLOW) {
        Ok(stat) if wants_mode(&stat) => give_back(path),
        Ok(_) => Ok(()),
        Err(Errno::NOENT) => {
            path.parent().map_or(Ok(()), |parent| above(&parent))?;
            make(path)
        }
        Err(errno) => Err(Refusal {
            call: "fstatat",
            errno,
        }),
    }
}

/// Lets everybody read a folder of ours, as configuration of the machine is.
///
/// # Errors
///
/// [`Refusal`] with the call that failed.
pub fn open_to_all(path: &AbsPath) -> Result<(), Refusal> {
    let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
    let folder = rustix::fs::open(path.as_bytes(), flags, Mode::empty()).named("open")?;
    rustix::fs::fchmod(&folder, Mode::from_raw_mode(0o755)).named("fchmod")
}

/// Makes the folders above ours that are missing. Those that are there may not be
/// ours, and stay as they are.
fn above(path: &AbsPath) -> Result<(), Refusal> {
    let made = make(path);
    match (&made, path.parent()) {
        (Err(refusal), Some(parent)) if refusal.errno == Errno::NOENT => {
            above(&parent)?;
            make(path)
        }
        _ => made,
    }
}

/// Makes one folder. Somebody else may have been faster.
fn make(path: &AbsPath) -> Result<(), Refusal> {
    match rustix::fs::mkdirat(CWD, path.as_bytes(), Mode::from_raw_mode(OWN)) {
        Ok(()) | Err(Errno::EXIST) => Ok(()),
        Err(errno) => Err(Refusal {
            call: "mkdirat",
            errno,
        }),
    }
}

/// Gives a folder that belongs to us its mode back. What is no folder, a symlink
/// that a command put there included, is left to whoever wants to use it.
fn give_back(path: &AbsPath) -> Result<(), Refusal> {
    let flags = OFlags::PATH | OFlags::NOFOLLOW | OFlags::CLOEXEC;
    let folder = rustix::fs::open(path.as_bytes(), flags, Mode::empty()).named("open")?;
    let stat = rustix::fs::fstat(&folder).named("fstat")?;
    if !wants_mode(&stat) {
        return Ok(());
    }
    // A folder that nobody may read can only be held by reference, and what is held
    // so takes a mode only by its name in /proc (open(2), O_PATH).
    let name = format!("/proc/self/fd/{}", folder.as_raw_fd());
    rustix::fs::chmod(name, Mode::from_raw_mode(OWN)).named("chmod")
}

/// Whether this is a folder of ours with another mode than ours have.
fn wants_mode(stat: &rustix::fs::Stat) -> bool {
    FileType::from_raw_mode(stat.st_mode).is_dir()
        && stat.st_uid == rustix::process::geteuid().as_raw()
        && stat.st_mode & 0o7777 != OWN
}

/// Takes an exclusive lock on a file that is made if it is missing; it is let
/// go when the descriptor is closed, whichever way the process ends.
///
/// # Errors
///
/// [`Refusal`] with the call that failed; `EWOULDBLOCK` if somebody else holds it.
pub fn lock(path: &AbsPath) -> Result<OwnedFd, Refusal> {
    let flags = OFlags::RDWR | OFlags::CREATE | OFlags::CLOEXEC | OFlags::NOFOLLOW;
    let file =
        rustix::fs::open(path.as_bytes(), flags, Mode::from_raw_mode(0o600)).named("open")?;
    rustix::fs::flock(file.as_fd(), FlockOperation::NonBlockingLockExclusive).named("flock")?;
    Ok(file)
}

/// Makes a control group and sets its limits.
///
/// # Errors
///
/// [`Refusal`] with the call that failed; the group is removed again.
pub fn control_group(path: &AbsPath, settings: &[GroupSetting]) -> Result<(), Refusal> {
    let folder = to_std(path);
    rustix::fs::mkdir(&folder, Mode::from_raw_mode(0o755)).named("mkdir")?;
    for setting in settings {
        if let Err(refusal) = write(&folder.join(&setting.file), &setting.value) {
            // The first error is the one to tell.
            let _second = std::fs::remove_dir(&folder);
            return Err(refusal);
        }
    }
    Ok(())
}

/// Control groups of one run, written down before they are made: a launcher that
/// is killed cannot remove them, and the next run may have another parent group.
#[derive(Debug)]
pub struct Journal {
    /// None where nothing can be written: a full disk is no reason not to run.
    entry: Option<Entry>,
    groups: Vec<AbsPath>,
}

/// A file of the journal. It is locked while any process of the launcher's lives,
/// pid 1 included, so that nobody takes a run for dead that is not.
#[derive(Debug)]
struct Entry {
    file: PathBuf,
    _lock: OwnedFd,
}

/// Longest file of a journal that is read: a path or two.
const JOURNAL_LIMIT: usize = 16 * 1024;

impl Journal {
    /// Writes `groups` down in a file of `journals` that has the name of the first.
    #[must_use]
    pub fn begin(journals: &AbsPath, groups: Vec<AbsPath>) -> Self {
        let entry = (!groups.is_empty())
            .then(|| Entry::write(journals, &groups).ok())
            .flatten();
        Self { entry, groups }
    }
}

impl Entry {
    fn write(journals: &AbsPath, groups: &[AbsPath]) -> Result<Self, Refusal> {
        folder(journals)?;
        let name = groups.first().and_then(AbsPath::name).unwrap_or_default();
        let file = to_std(journals).join(OsStr::from_bytes(name));
        let text = groups
            .iter()
            .map(AbsPath::as_bytes)
            .collect::<Vec<_>>()
            .join(&0);
        loop {
            let flags = OFlags::RDWR | OFlags::CREATE | OFlags::CLOEXEC | OFlags::NOFOLLOW;
            let lock = rustix::fs::open(&file, flags, Mode::from_raw_mode(0o600)).named("open")?;
            rustix::fs::flock(&lock, FlockOperation::LockExclusive).named("flock")?;
            // Whoever sweeps may have come in between, and found nothing in it.
            if rustix::fs::fstat(&lock).named("fstat")?.st_nlink > 0 {
                rustix::io::write(&lock, &text).named("write")?;
                return Ok(Self { file, _lock: lock });
            }
        }
    }
}

impl Drop for Journal {
    fn drop(&mut self) {
        let gone = remove_groups(self.groups.iter().map(AbsPath::as_bytes));
        if let Some(entry) = self.entry.as_ref().filter(|_| gone) {
            // One that stays is swept by the next run.
            let _stays = rustix::fs::unlink(&entry.file);
        }
    }
}

/// Removes what runs left behind that were killed. What cannot be removed yet, or
/// is in use, stays for a later run.
pub fn sweep(journals: &AbsPath) {
    sweep_below(Path::new(cgroup::TREE), journals);
}

/// The same for any tree of control groups. A journal is a text: what it names is
/// removed only if a run of ours could have made it, which is below `tree`.
pub fn sweep_below(tree: &Path, journals: &AbsPath) {
    let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC;
    let Ok(folder) = rustix::fs::open(journals.as_bytes(), flags, Mode::empty()) else {
        return;
    };
    let mut buffer = [MaybeUninit::uninit(); 2 * 1024];
    let mut entries = RawDir::new(&folder, &mut buffer);
    while let Some(Ok(entry)) = entries.next() {
        let name = entry.file_name();
        if matches!(name.to_bytes(), b"." | b"..") {
            continue;
        }
        let flags = OFlags::RDONLY | OFlags::CLOEXEC | OFlags::NOFOLLOW | OFlags::NONBLOCK;
        let Ok(file) = rustix::fs::openat(&folder, name, flags, Mode::empty()) else {
            continue;
        };
        let mut text = vec![0; JOURNAL_LIMIT];
        let locked = rustix::fs::flock(&file, FlockOperation::NonBlockingLockExclusive);
        let Ok(size) = locked.and_then(|()| rustix::io::read(&file, &mut text)) else {
            continue;
        };
        let named = text[..size].split(|byte| *byte == 0);
        if remove_groups(named.filter(|group| is_ours(tree, group))) {
            // Whoever else sweeps may have been faster.
            let _gone = rustix::fs::unlinkat(&folder, name, AtFlags::empty());
        }
    }
}

/// Control groups that may lie where a run makes its own, before somebody looks whether
/// they are ours.
const GROUPS: u64 = 8;

/// How old one has to be, in seconds: a run of somebody else, whose process has no number
/// here, may be about to enter it. The kernel counts from when somebody first looked.
const GROUP_AGE: i64 = 60;

/// Removes groups beside `group` that nobody journals any more, because the state folder
/// of a run that was killed is gone. Looks only where there are many.
pub fn sweep_beside(group: &AbsPath) {
    let Some(parent) = group.parent() else { return };
    let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC | OFlags::NOFOLLOW;
    let Ok(folder) = rustix::fs::open(parent.as_bytes(), flags, Mode::empty()) else {
        return;
    };
    // A folder has a link more for each one in it.
    if rustix::fs::fstat(&folder).is_ok_and(|stat| stat.st_nlink <= 2 + GROUPS) {
        return;
    }
    let mut buffer = [MaybeUninit::uninit(); 2 * 1024];
    let mut entries = RawDir::new(&folder, &mut buffer);
    while let Some(Ok(entry)) = entries.next() {
        let name = entry.file_name();
        if is_orphan(&folder, name) {
            // One that still has processes stays.
            let _stays = rustix::fs::unlinkat(&folder, name, AtFlags::REMOVEDIR);
        }
    }
}

/// Whether a group has a name of ours, and the process in it is gone for a while.
fn is_orphan(folder: &OwnedFd, name: &CStr) -> bool {
    let text = name.to_str().ok();
    let ours = text.and_then(|text| text.strip_prefix(GROUP_PREFIX)?.split('-').next());
    let Some(process) = ours.and_then(|number| Pid::from_raw(number.parse().ok()?)) else {
        return false;
    };
    let gone = rustix::process::test_kill_process(process) == Err(Errno::SRCH);
    let now = rustix::time::clock_gettime(rustix::time::ClockId::Realtime).tv_sec;
    let is_old = |stat: Stat| now - stat.st_mtime > GROUP_AGE;
    gone && rustix::fs::statat(folder, name, AtFlags::SYMLINK_NOFOLLOW).is_ok_and(is_old)
}

/// Whether a path is one that a control group of ours can have.
fn is_ours(tree: &Path, group: &[u8]) -> bool {
    // No `..` gets through this, so that the path lies where it seems to.
    let Ok(path) = AbsPath::parse(group) else {
        return false;
    };
    let name = path.name().unwrap_or_default();
    name.starts_with(GROUP_PREFIX.as_bytes()) && to_std(&path).starts_with(tree)
}

/// Whether none of them is there any more.
fn remove_groups<'a>(groups: impl Iterator<Item = &'a [u8]>) -> bool {
    let stays = |group: &&[u8]| !matches!(rustix::fs::rmdir(*group), Ok(()) | Err(Errno::NOENT));
    groups.filter(stays).count() == 0
}

/// Opens a folder for reference.
///
/// # Errors
///
/// [`Refusal`] with the call that failed.
pub fn open_folder(path: &AbsPath) -> Result<OwnedFd, Refusal> {
    let flags = OFlags::PATH | OFlags::DIRECTORY | OFlags::CLOEXEC;
    rustix::fs::open(path.as_bytes(), flags, Mode::empty()).named("open")
}

fn write(file: &Path, text: &str) -> Result<(), Refusal> {
    let file =
        rustix::fs::open(file, OFlags::WRONLY | OFlags::CLOEXEC, Mode::empty()).named("open")?;
    rustix::io::write(&file, text.as_bytes())
        .named("write")
        .map(drop)
}

/// The path for the standard library.
#[must_use]
pub fn to_std(path: &AbsPath) -> PathBuf {
    PathBuf::from(OsStr::from_bytes(path.as_bytes()))
}
