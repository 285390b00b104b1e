//! Answers the planner's questions about this machine, and nothing else.

use std::collections::BTreeMap;
use std::os::fd::BorrowedFd;
use std::os::unix::ffi::OsStrExt;

use fumehood_plan::linux::facts::MATCHES_LIMIT;
use fumehood_plan::linux::{Facts, Found, GroupFact, PathFact, Question};
use fumehood_policy::{AbsPath, Pattern, RawText};
use rustix::fs::{CWD, Dir, FileType, Mode, OFlags, Stat};
use rustix::io::Errno;

use super::lookup::{check_call, look, look_at_all};
use super::mounts::{self, Mount};
use super::sys::landlock;
use super::{Named, Refusal, accounts, cgroup, whole};

/// Looks at everything that was asked. `mountinfo` has the mounts of the namespace that
/// the plan is for; it is asked last, because looking can make mounts come.
///
/// # Errors
///
/// [`Refusal`] if the mounts, the working folder or a folder of a glob cannot be read.
pub fn probe(
    questions: &[Question<'_>],
    mountinfo: impl FnOnce() -> Result<Vec<u8>, Refusal>,
) -> Result<Facts, Refusal> {
    let mut asked = Vec::with_capacity(questions.len());
    let mut matches = BTreeMap::new();
    let mut groups = Groups::default();
    let uid = rustix::process::geteuid().as_raw();
    let processes_counted = uid != 0 || root_is_somebody_else();
    for question in questions {
        match question {
            Question::Path(path) => {
                asked.push(path.as_ref());
            }
            Question::Matches(pattern) => {
                matches.insert(pattern.to_string(), list(pattern)?);
            }
            Question::ControlGroups { only_for_root } => {
                if !processes_counted || !*only_for_root {
                    groups = cgroup::find();
                }
            }
        }
    }
    let paths = look_at_all(asked);
    check_call(&paths)?;
    let (terminal, launcher) = (terminal(), launcher());
    let accounts = accounts::lacking(uid, rustix::process::getegid().as_raw());
    let text = mountinfo()?;
    let mounts: Vec<Mount<'_>> = mounts::parse(&text).collect();
    Ok(Facts {
        uid,
        processes_counted,
        gid: rustix::process::getegid().as_raw(),
        machine: rustix::system::uname()
            .machine()
            .to_string_lossy()
            .into_owned(),
        paths,
        matches,
        landlock_abi: landlock::abi(),
        proc_whole: proc_is_whole(&mounts),
        mounts: mounts.iter().filter_map(Mount::fact).collect(),
        terminal,
        read_only_streams: read_only_streams(),
        launcher,
        pids_group: groups.pids,
        memory_group: groups.memory,
        run: format!(
            "{}-{:016x}",
            rustix::process::getpid().as_raw_nonzero(),
            nonce()?
        ),
        accounts,
        cwd: working_folder()?,
        environment: environment(),
    })
}

/// Whether user 0 stands for another user outside (`user_namespaces(7)`).
fn root_is_somebody_else() -> bool {
    let map = whole::text("/proc/self/uid_map");
    let mut lines = map
        .lines()
        .map(|line| line.split_whitespace().take(2).collect::<Vec<_>>());
    lines.any(|ids| matches!(ids[..], ["0", outside] if outside != "0"))
}

/// Entries of the glob's one folder that match its last part.
fn list(pattern: &Pattern) -> Result<Vec<Found>, Refusal> {
    let Some(last) = pattern.last_part() else {
        return Ok(Vec::new());
    };
    let folder = last.folder;
    let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC;
    let fd = match rustix::fs::openat(CWD, folder.as_bytes(), flags, Mode::empty()) {
        Ok(fd) => fd,
        Err(Errno::NOENT | Errno::NOTDIR) => return Ok(Vec::new()),
        // What cannot be listed could hold a match.
        Err(errno) => {
            return Err(Refusal {
                call: "listing the folder of a glob",
                errno,
            });
        }
    };
    let mut found = Vec::new();
    for entry in Dir::read_from(&fd).named("getdents64")? {
        let entry = entry.named("getdents64")?;
        let name = entry.file_name().to_bytes();
        if matches!(name, b"." | b"..") || !last.matches_name(name) {
            continue;
        }
        let path = folder.join(name).map_err(|_| too_long())?;
        if let PathFact::Found(one) = look(&path) {
            found.push(one);
        }
        if found.len() > MATCHES_LIMIT {
            return Err(Refusal {
                call: "a deny glob's matches",
                errno: Errno::TOOBIG,
            });
        }
    }
    Ok(found)
}

fn too_long() -> Refusal {
    Refusal {
        call: "getdents64",
        errno: Errno::NAMETOOLONG,
    }
}

/// A fresh proc is refused where a mount hides part of the outer one
/// (`mount_too_revealing` in the kernel's fs/namespace.c).
fn proc_is_whole(mounts: &[Mount<'_>]) -> bool {
    let is_harmless = |mount: &Mount<'_>| matches!(mount.kind, b"binfmt_misc" | b"autofs");
    let is_proc = |mount: &Mount<'_>| mount.point == b"/proc" && mount.kind == b"proc";
    let below = |mount: &&Mount<'_>| mount.point.starts_with(b"/proc/");
    mounts.iter().any(is_proc) && mounts.iter().filter(below).all(is_harmless)
}

/// Whether 0, 1 or 2 is a regular file, and not open for writing. One that is can be
/// emptied by whoever holds it, whatever is refused by name.
fn read_only_streams() -> bool {
    let streams = [
        rustix::stdio::stdin(),
        rustix::stdio::stdout(),
        rustix::stdio::stderr(),
    ];
    let is_file = |stat: Stat| FileType::from_raw_mode(stat.st_mode).is_file();
    let writes = |flags: OFlags| flags.intersects(OFlags::WRONLY | OFlags::RDWR);
    streams.into_iter().any(|stream| {
        rustix::fs::fstat(stream).is_ok_and(is_file)
            && !rustix::fs::fcntl_getfl(stream).is_ok_and(writes)
    })
}

/// The terminal on 0, 1 or 2.
fn terminal() -> Option<Found> {
    let streams = [
        rustix::stdio::stdin(),
        rustix::stdio::stdout(),
        rustix::stdio::stderr(),
    ];
    let named = |(number, stream)| terminal_at(number, stream);
    streams.into_iter().enumerate().find_map(named)
}

/// The terminal on a stream, by its name. One of another devpts has the name of a
/// terminal that is somebody else's here.
fn terminal_at(number: usize, stream: BorrowedFd<'_>) -> Option<Found> {
    if !rustix::termios::isatty(stream) {
        return None;
    }
    let name = std::fs::read_link(format!("/proc/self/fd/{number}")).ok()?;
    let path = AbsPath::parse(name.as_os_str().as_bytes()).ok()?;
    let is_terminal =
        path.as_bytes().starts_with(b"/dev/pts/") || path.as_bytes().starts_with(b"/dev/tty");
    let opened = rustix::fs::fstat(stream).ok()?;
    let is_opened =
        |found: &Found| (found.id.device, found.id.inode) == (opened.st_dev, opened.st_ino);
    match look(&path) {
        PathFact::Found(found) if is_terminal && is_opened(&found) => Some(found),
        _ => None,
    }
}

/// This program's own file.
fn launcher() -> Option<Found> {
    let path = std::fs::read_link("/proc/self/exe").ok()?;
    match look(&AbsPath::parse(path.as_os_str().as_bytes()).ok()?) {
        PathFact::Found(found) => Some(found),
        _ => None,
    }
}

fn working_folder() -> Result<AbsPath, Refusal> {
    let path = rustix::process::getcwd(Vec::new()).named("getcwd")?;
    AbsPath::parse(path.as_bytes()).map_err(|_| Refusal {
        call: "getcwd",
        errno: Errno::NOENT,
    })
}

fn environment() -> Vec<(RawText, RawText)> {
    let text = |value: std::ffi::OsString| RawText::from_bytes(value.as_bytes());
    std::env::vars_os()
        .map(|(name, value)| (text(name), text(value)))
        .collect()
}

/// A number that no other run of this boot has had.
fn nonce() -> Result<u64, Refusal> {
    let mut bytes = [0; 8];
    let flags = rustix::rand::GetRandomFlags::empty();
    rustix::io::retry_on_intr(|| rustix::rand::getrandom(&mut bytes, flags)).named("getrandom")?;
    Ok(u64::from_ne_bytes(bytes))
}

/// Where control groups of ours can be made.
#[derive(Debug, Default)]
pub struct Groups {
    /// For a limit on processes.
    pub pids: Option<GroupFact>,
    /// For a limit on memory.
    pub memory: Option<GroupFact>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_proc_with_a_cover_on_it_is_not_whole() {
        let is_whole = |more: &str| {
            let text = format!("1 0 0:5 / /proc rw - proc proc rw\n{more}");
            proc_is_whole(&mounts::parse(text.as_bytes()).collect::<Vec<_>>())
        };
        assert!(is_whole(""), "the twin");
        assert!(!is_whole("2 1 0:6 / /proc/kcore rw - tmpfs t rw\n"));
        assert!(is_whole("2 1 0:6 / /procession rw - tmpfs t rw\n"));
        let automount = "2 1 0:6 / /proc/sys/fs/binfmt_misc rw - autofs systemd-1 rw\n";
        assert!(is_whole(automount), "it hides nothing");
    }
}
