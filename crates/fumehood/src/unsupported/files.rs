//! Files, where nothing more is known about them.

use std::fs::{File, Metadata, OpenOptions};
use std::io;
use std::path::{Path, PathBuf};

use fumehood_policy::AbsPath;

/// Not known.
pub const fn home_of_user() -> Option<PathBuf> {
    None
}

/// Not known.
pub const fn runtime_folder() -> Option<AbsPath> {
    None
}

/// Nothing is to be said.
pub const fn private(_: &mut OpenOptions) {}

/// Nothing is to be said: no name of a file waits for anybody.
pub const fn without_waiting(_: &mut OpenOptions) {}

/// Whether the name is still there.
///
/// # Errors
///
/// What the system says.
pub fn is_same(_: &File, path: &Path) -> io::Result<bool> {
    path.try_exists()
}

/// Who a file must belong to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Owner {
    /// The administrator.
    Root,
    /// Our user.
    User,
}

/// Nothing is checked where nothing can be run.
pub const fn fault(_: Owner, _: &Path, _: &Metadata) -> Option<(String, String)> {
    None
}

/// A path of the policy for the standard library.
pub fn to_std(path: &AbsPath) -> PathBuf {
    PathBuf::from(String::from_utf8_lossy(path.as_bytes()).into_owned())
}

/// Opens a file for appending lines.
///
/// # Errors
///
/// What the system says.
pub fn append(path: &Path) -> io::Result<File> {
    OpenOptions::new().append(true).create(true).open(path)
}

/// Fills `bytes` with random numbers.
///
/// # Errors
///
/// Always: nothing is written down where nothing can be run.
pub fn random(_: &mut [u8]) -> io::Result<()> {
    Err(io::ErrorKind::Unsupported.into())
}

/// Not known.
pub const fn is_plain(_: &Path) -> bool {
    false
}
