//! Where a path leads, and over which symlinks.
//!
//! The common path has no symlink and costs one `openat2`. Only on `ELOOP` is it
//! walked part by part, because a symlink that lies where a command may write
//! must not decide what the next command may write.

use std::collections::{BTreeMap, BTreeSet};
use std::os::fd::{AsFd, OwnedFd};

use fumehood_plan::linux::{FileId, Found, Kind, PathFact};
use fumehood_policy::AbsPath;
use rustix::fs::{CWD, FileType, Mode, OFlags, ResolveFlags};
use rustix::io::Errno;

/// From this many questions about one folder on, it is listed once instead.
const LIST_FROM: usize = 6;
/// A folder with more entries is not listed: asking is cheaper then.
const LIST_LIMIT: usize = 1024;

/// What is at each of `paths`.
///
/// Nearly all secret places do not exist on one machine. So a folder that is
/// missing answers for everything below it, and one that is asked about often is
/// listed. Names are compared without case there, because the file system may
/// do so too; what could be there is then looked at.
#[must_use]
pub fn look_at_all(paths: &BTreeSet<AbsPath>) -> BTreeMap<AbsPath, PathFact> {
    let mut asked: BTreeMap<AbsPath, usize> = BTreeMap::new();
    for parent in paths.iter().filter_map(AbsPath::parent) {
        *asked.entry(parent).or_default() += 1;
    }
    let mut facts: BTreeMap<AbsPath, PathFact> = BTreeMap::new();
    let mut folders: BTreeMap<AbsPath, Option<Listing>> = BTreeMap::new();
    for path in paths {
        let parent = path.parent().unwrap_or_else(AbsPath::root);
        let often = asked.get(&parent).copied().unwrap_or(0);
        if often > 1 && !folders.contains_key(&parent) {
            let missing = folders.range(..&parent).next_back().is_some_and(|(above, listing)| {
                parent.is_within(above) && matches!(listing, Some(Listing::Missing))
            });
            let listing = if missing { Some(Listing::Missing) } else { list(&parent, often) };
            folders.insert(parent.clone(), listing);
        }
        let gone = match folders.get(&parent) {
            Some(Some(Listing::Missing)) => true,
            Some(Some(Listing::Names(names))) => !path.name().is_some_and(|name| could_be(names, name)),
            _ => false,
        };
        facts.insert(path.clone(), if gone { PathFact::Missing } else { look(path) });
    }
    facts
}

/// What a folder has.
enum Listing {
    Missing,
    Names(Vec<Vec<u8>>),
}

/// None if nothing can be said without asking for each name.
fn list(folder: &AbsPath, often: usize) -> Option<Listing> {
    let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC;
    if often < LIST_FROM {
        return match open(folder) {
            Err(Errno::NOENT | Errno::NOTDIR) => Some(Listing::Missing),
            _ => None,
        };
    }
    let file = match rustix::fs::openat2(CWD, folder.as_bytes(), flags, Mode::empty(), ResolveFlags::NO_SYMLINKS) {
        Ok(file) => file,
        Err(Errno::NOENT | Errno::NOTDIR) => return Some(Listing::Missing),
        Err(_) => return None,
    };
    let mut names = Vec::new();
    for entry in rustix::fs::Dir::read_from(&file).ok()? {
        names.push(entry.ok()?.file_name().to_bytes().to_vec());
        if names.len() > LIST_LIMIT {
            return None;
        }
    }
    Some(Listing::Names(names))
}

fn could_be(names: &[Vec<u8>], name: &[u8]) -> bool {
    !name.is_ascii() || names.iter().any(|one| one.eq_ignore_ascii_case(name))
}

/// As many as the kernel follows (path_resolution(7)).
const LINKS_LIMIT: usize = 40;

/// What is at `path`.
#[must_use]
pub fn look(path: &AbsPath) -> PathFact {
    match open(path) {
        Ok(file) => found(&file, path.clone(), Vec::new()),
        Err(Errno::LOOP) => walk(path),
        Err(errno) => failed(errno),
    }
}

fn open(path: &AbsPath) -> rustix::io::Result<OwnedFd> {
    let flags = OFlags::PATH | OFlags::CLOEXEC;
    rustix::fs::openat2(CWD, path.as_bytes(), flags, Mode::empty(), ResolveFlags::NO_SYMLINKS)
}

fn failed(errno: Errno) -> PathFact {
    match errno {
        Errno::NOENT | Errno::NOTDIR => PathFact::Missing,
        errno => PathFact::Refused { errno: errno.raw_os_error() },
    }
}

fn found(file: impl AsFd, real: AbsPath, links: Vec<AbsPath>) -> PathFact {
    let stat = match rustix::fs::fstat(file) {
        Ok(stat) => stat,
        Err(errno) => return failed(errno),
    };
    let kind = match FileType::from_raw_mode(stat.st_mode) {
        FileType::Directory => Kind::Folder,
        FileType::RegularFile => Kind::File,
        _ => Kind::Other,
    };
    PathFact::Found(Found {
        real,
        id: FileId { device: stat.st_dev, inode: stat.st_ino },
        kind,
        uid: stat.st_uid,
        mode: stat.st_mode & 0o7777,
        links,
    })
}

/// Follows symlinks one by one. `todo` holds the parts still to go, last first.
fn walk(path: &AbsPath) -> PathFact {
    let mut todo: Vec<Vec<u8>> = path.parts().rev().map(<[u8]>::to_vec).collect();
    let mut at = AbsPath::root();
    let mut links = Vec::new();
    while let Some(part) = todo.pop() {
        if part == b".." {
            at = at.parent().unwrap_or_else(AbsPath::root);
            continue;
        }
        let Ok(next) = at.join(&part) else { return PathFact::Dangling };
        match rustix::fs::readlinkat(CWD, next.as_bytes(), Vec::new()) {
            Ok(target) => {
                links.push(next);
                if links.len() > LINKS_LIMIT {
                    return PathFact::Dangling;
                }
                let target = target.to_bytes();
                if target.first() == Some(&b'/') {
                    at = AbsPath::root();
                }
                let parts = target.split(|byte| *byte == b'/').rev();
                todo.extend(parts.filter(|part| !matches!(*part, b"" | b".")).map(<[u8]>::to_vec));
            }
            // Not a symlink, which is the usual case.
            Err(Errno::INVAL) => at = next,
            Err(Errno::NOENT | Errno::NOTDIR) if links.is_empty() => return PathFact::Missing,
            Err(Errno::NOENT | Errno::NOTDIR) => return PathFact::Dangling,
            Err(errno) => return failed(errno),
        }
    }
    match open(&at) {
        Ok(file) => found(&file, at, links),
        Err(errno) => failed(errno),
    }
}
