//! What only this system knows about files and their owners.

use std::ffi::OsStr;
use std::fs::{File, Metadata, OpenOptions};
use std::io;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
use std::path::{Component, Path, PathBuf};

use fumehood_policy::AbsPath;

/// The home folder of our user in `/etc/passwd` (passwd(5)), read as a file: a
/// static program loads no name service.
pub fn home_of_user() -> Option<PathBuf> {
    let uid = rustix::process::geteuid().as_raw().to_string();
    let text = std::fs::read("/etc/passwd").ok()?;
    let home = text.split(|byte| *byte == b'\n').find_map(|line| {
        let mut fields = line.split(|byte| *byte == b':');
        let is_ours = fields.nth(2)? == uid.as_bytes();
        let home = fields.nth(2)?;
        is_ours.then_some(home)
    })?;
    let home = PathBuf::from(OsStr::from_bytes(home));
    home.is_absolute().then_some(home)
}

/// Where the system keeps the sockets of our user's programs (`pam_systemd(8)`), if
/// it keeps them in the usual place.
pub fn runtime_folder() -> Option<AbsPath> {
    let uid = rustix::process::geteuid().as_raw();
    AbsPath::parse(format!("/run/user/{uid}").as_bytes()).ok()
}

/// New files are their owner's alone.
pub fn private(options: &mut OpenOptions) {
    options.mode(0o600);
}

/// Opening a FIFO does not wait for somebody who writes.
pub fn without_waiting(options: &mut OpenOptions) {
    options.custom_flags(rustix::fs::OFlags::NONBLOCK.bits().cast_signed());
}

/// Whether an open file is the one that has this name now.
///
/// # Errors
///
/// What `fstat` says; a name that is gone is an answer.
pub fn is_same(file: &File, path: &Path) -> io::Result<bool> {
    let (held, named) = (file.metadata()?, std::fs::metadata(path));
    Ok(named.is_ok_and(|named| (held.dev(), held.ino()) == (named.dev(), named.ino())))
}

/// Who a file must belong to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Owner {
    /// Root.
    Root,
    /// Our user, or root.
    User,
}

/// What is wrong with a file that others could have written, and what would help.
pub fn fault(owner: Owner, path: &Path, about: &Metadata) -> Option<(String, String)> {
    let ours = owner == Owner::User && about.uid() == rustix::process::geteuid().as_raw();
    let path = path.display();
    if about.uid() != 0 && !ours {
        let whom = if owner == Owner::Root { "root" } else { "you" };
        let what = format!("{path} belongs to user {}", about.uid());
        return Some((what, format!("it has to belong to {whom}")));
    }
    let mode = about.mode() & 0o7777;
    (mode & 0o022 != 0).then(|| {
        let what = format!("{path} can be written by others (mode {mode:04o})");
        (what, format!("chmod go-w {path}"))
    })
}

/// A path of the policy for the standard library.
pub fn to_std(path: &AbsPath) -> PathBuf {
    PathBuf::from(OsStr::from_bytes(path.as_bytes()))
}

/// Opens a file for appending lines that a program reads. A symlink or a FIFO in its
/// place may be the work of an earlier command, and is refused.
///
/// # Errors
///
/// `ELOOP` for a symlink, `ENXIO` for a FIFO, what the system says.
pub fn append(path: &Path) -> io::Result<File> {
    use rustix::fs::{Mode, OFlags};
    let flags = OFlags::WRONLY | OFlags::APPEND | OFlags::CREATE | OFlags::CLOEXEC;
    let careful = flags | OFlags::NOFOLLOW | OFlags::NONBLOCK;
    // A descriptor that the caller passes has a symlink for a name.
    let named = path.starts_with("/dev") || path.starts_with("/proc/self/fd");
    let flags = if named { flags } else { careful };
    Ok(rustix::fs::open(path, flags, Mode::from_raw_mode(0o600))?.into())
}

/// Fills `bytes` with random numbers (getrandom(2)).
///
/// # Errors
///
/// What the system says.
pub fn random(bytes: &mut [u8]) -> io::Result<()> {
    use rustix::rand::{GetRandomFlags, getrandom};
    // Up to 256 bytes come whole or not at all.
    let filled = rustix::io::retry_on_intr(|| getrandom(&mut *bytes, GetRandomFlags::empty()))?;
    if filled == bytes.len() {
        Ok(())
    } else {
        Err(io::ErrorKind::UnexpectedEof.into())
    }
}

/// Whether there is something at `path`, and no part of its name is a symlink or `..`.
pub fn is_plain(path: &Path) -> bool {
    use rustix::fs::{CWD, Mode, OFlags, ResolveFlags};
    if path.components().any(|part| part == Component::ParentDir) {
        return false;
    }
    let flags = OFlags::PATH | OFlags::CLOEXEC;
    rustix::fs::openat2(CWD, path, flags, Mode::empty(), ResolveFlags::NO_SYMLINKS).is_ok()
}
