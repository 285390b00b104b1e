//! What lasts: folders that belong to fumehood, made before anything is started.
//!
//! Only the owner may enter them, whatever the umask.

use std::ffi::OsStr;
use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

use fumehood_plan::linux::step::GroupSetting;
use fumehood_policy::AbsPath;
use rustix::fs::{CWD, Mode, OFlags};
use rustix::io::Errno;

use super::{Named, Refusal};

/// Makes `path` with the folders above it, mode 0700 for those that are new.
///
/// # Errors
///
/// [`Refusal`] with the call that failed: no space, no permission, something
/// else is there.
pub fn folder(path: &AbsPath) -> Result<(), Refusal> {
    match rustix::fs::mkdirat(CWD, path.as_bytes(), Mode::from_raw_mode(0o700)) {
        Ok(()) | Err(Errno::EXIST) => Ok(()),
        Err(Errno::NOENT) => {
            let Some(parent) = path.parent() else {
                return Err(Refusal {
                    call: "mkdirat",
                    errno: Errno::NOENT,
                });
            };
            folder(&parent)?;
            match rustix::fs::mkdirat(CWD, path.as_bytes(), Mode::from_raw_mode(0o700)) {
                Ok(()) | Err(Errno::EXIST) => Ok(()),
                Err(errno) => Err(Refusal {
                    call: "mkdirat",
                    errno,
                }),
            }
        }
        Err(errno) => Err(Refusal {
            call: "mkdirat",
            errno,
        }),
    }
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
    rustix::fs::flock(
        file.as_fd(),
        rustix::fs::FlockOperation::NonBlockingLockExclusive,
    )
    .named("flock")?;
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
