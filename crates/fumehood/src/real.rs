//! Where a path leads once its symlinks are followed, also if its end does not exist yet.
//!
//! A policy speaks about real places. `canonicalize` says nothing about a file
//! that is still to be made, and that is what most questions about writing are
//! about; so the part that exists is followed, and the rest is taken as it reads.

use std::ffi::OsString;
use std::io;
use std::path::{Component, Path, PathBuf};

use fumehood_policy::AbsPath;

use crate::Error;
use crate::backend::files;
use crate::folders::to_policy;

/// As many symlinks as the kernel follows (`path_resolution(7)`).
const LINKS_LIMIT: usize = 40;

/// What an act is about if the last part of a path is a symlink.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Last {
    /// What it leads to: reading, writing, executing.
    Followed,
    /// The symlink itself: deleting, renaming.
    Itself,
}

/// The real place of `path`, which is relative to the current folder if it is relative.
///
/// # Errors
///
/// [`Error::Surroundings`] for more symlinks than the kernel follows, a current
/// folder that is gone, and a path that cannot be one.
pub fn place(path: &Path, last: Last) -> Result<AbsPath, Error> {
    let current = std::env::current_dir();
    let current =
        current.map_err(|error| cannot("use the current folder", Path::new("."), &error))?;
    to_policy(&follow(&current.join(path), last)?)
}

fn follow(path: &Path, last: Last) -> Result<PathBuf, Error> {
    if files::is_plain(path) {
        return Ok(path.components().collect());
    }
    let mut todo: Vec<OsString> = parts(path);
    let mut at = PathBuf::from("/");
    let mut links = 0;
    while let Some(part) = todo.pop() {
        if part == ".." {
            // The folder above `/` is `/`.
            at.pop();
            continue;
        }
        let next = at.join(&part);
        let is_last = todo.is_empty();
        if is_last && last == Last::Itself {
            return Ok(next);
        }
        // What is no symlink, is missing, or cannot be looked at stands for itself.
        let Ok(target) = std::fs::read_link(&next) else {
            at = next;
            continue;
        };
        links += 1;
        if links > LINKS_LIMIT {
            return Err(cannot(
                "follow",
                path,
                &io::Error::other("too many symlinks"),
            ));
        }
        if target.is_absolute() {
            at = PathBuf::from("/");
        }
        todo.extend(parts(&target));
    }
    Ok(at)
}

/// The parts of a path, last first, without what stands for nothing.
fn parts(path: &Path) -> Vec<OsString> {
    let parts = path.components().rev().filter_map(|part| match part {
        Component::Normal(name) => Some(name.to_owned()),
        Component::ParentDir => Some(OsString::from("..")),
        _ => None,
    });
    parts.collect()
}

fn cannot(what: &str, path: &Path, error: &io::Error) -> Error {
    Error::Surroundings(format!("cannot {what} {}: {error}", path.display()))
}
