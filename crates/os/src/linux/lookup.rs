//! Where a path leads, and over which symlinks.
//!
//! The common path has no symlink and costs one `openat2`. Only on `ELOOP` is it
//! walked part by part, because a symlink that lies where a command may write
//! must not decide what the next command may write.

use std::collections::{BTreeMap, HashMap};
use std::mem::MaybeUninit;
use std::os::fd::{AsFd, OwnedFd};

use fumehood_plan::linux::{FileId, Found, Kind, PathFact};
use fumehood_policy::AbsPath;
use rustix::fs::{CWD, FileType, Mode, OFlags, ResolveFlags};
use rustix::io::Errno;

/// From this many questions about one folder on, it is listed once instead.
const LIST_FROM: usize = 16;
/// A folder with more entries is not listed: asking is cheaper then.
const LIST_LIMIT: usize = 256;

/// What is at each of `paths`; what is missing is left out.
///
/// Nearly all secret places do not exist on one machine. So a folder that is
/// missing answers for everything in it, and one that is asked about often is
/// listed, which answers for everything below it. Names are compared without
/// case there, because the file system may do so too; what could be there is
/// then looked at.
#[must_use]
pub fn look_at_all(paths: &[AbsPath]) -> BTreeMap<AbsPath, PathFact> {
    let mut asked: HashMap<&[u8], usize> = HashMap::with_capacity(paths.len());
    for parent in paths.iter().filter_map(AbsPath::parent_bytes) {
        *asked.entry(parent).or_default() += 1;
    }
    let often = asked.iter().filter(|(_, count)| **count >= LIST_FROM);
    let listings: Vec<Listing<'_>> = often
        .filter_map(|(folder, _)| Listing::of(folder))
        .collect();
    let mut folders: HashMap<&[u8], bool> = HashMap::new();
    let mut facts = BTreeMap::new();
    for path in paths {
        let parent = path.parent_bytes().unwrap_or_default();
        let several = asked.get(parent).is_some_and(|count| *count > 1);
        if !listings.iter().all(|listing| listing.may_hold(path))
            || (several && !*folders.entry(parent).or_insert_with(|| may_exist(parent)))
        {
            continue;
        }
        let fact = look(path);
        if fact != PathFact::Missing {
            facts.insert(path.clone(), fact);
        }
    }
    facts
}

/// The names in a folder.
struct Listing<'a> {
    folder: &'a [u8],
    /// In lower case, sorted.
    names: Vec<Vec<u8>>,
}

impl<'a> Listing<'a> {
    /// None if nothing can be said without asking for each name.
    fn of(folder: &'a [u8]) -> Option<Self> {
        let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC;
        let none = Mode::empty();
        let names = match rustix::fs::openat2(CWD, folder, flags, none, ResolveFlags::NO_SYMLINKS) {
            Ok(file) => names(&file)?,
            Err(Errno::NOENT | Errno::NOTDIR) => Vec::new(),
            Err(_) => return None,
        };
        Some(Self { folder, names })
    }

    /// Whether `path` may exist, as far as this folder's names say.
    fn may_hold(&self, path: &AbsPath) -> bool {
        let below = path.as_bytes().strip_prefix(self.folder);
        let Some(below) = below.and_then(|below| below.strip_prefix(b"/")) else {
            return true;
        };
        let name = below.split(|byte| *byte == b'/').next().unwrap_or_default();
        !name.is_ascii() || self.names.binary_search(&name.to_ascii_lowercase()).is_ok()
    }
}

/// The names in a folder; none if there are too many.
fn names(folder: &OwnedFd) -> Option<Vec<Vec<u8>>> {
    let mut names = Vec::new();
    let mut buffer = [MaybeUninit::uninit(); 16 * 1024];
    let mut entries = rustix::fs::RawDir::new(folder, &mut buffer);
    while let Some(entry) = entries.next() {
        names.push(entry.ok()?.file_name().to_bytes().to_ascii_lowercase());
        if names.len() > LIST_LIMIT {
            return None;
        }
    }
    names.sort_unstable();
    Some(names)
}

fn may_exist(folder: &[u8]) -> bool {
    let flags = OFlags::PATH | OFlags::DIRECTORY | OFlags::CLOEXEC;
    let found = rustix::fs::openat2(CWD, folder, flags, Mode::empty(), ResolveFlags::NO_SYMLINKS);
    !matches!(found, Err(Errno::NOENT | Errno::NOTDIR))
}

/// As many as the kernel follows (`path_resolution(7)`).
const LINKS_LIMIT: usize = 40;

/// What is at `path`.
#[must_use]
pub fn look(path: &AbsPath) -> PathFact {
    match open(path) {
        Ok(file) => found(&file, path.clone(), Vec::new()),
        Err(Errno::LOOP) => walk(path),
        Err(errno) => closed(path, errno),
    }
}

fn open(path: &AbsPath) -> rustix::io::Result<OwnedFd> {
    let flags = OFlags::PATH | OFlags::CLOEXEC;
    rustix::fs::openat2(
        CWD,
        path.as_bytes(),
        flags,
        Mode::empty(),
        ResolveFlags::NO_SYMLINKS,
    )
}

fn failed(errno: Errno) -> PathFact {
    match errno {
        Errno::NOENT | Errno::NOTDIR => PathFact::Missing,
        errno => PathFact::Refused {
            errno: errno.raw_os_error(),
            closed_by: None,
        },
    }
}

/// As [`failed`], with the owner of the folder that may not be searched: the last
/// one on the way that can still be opened.
fn closed(path: &AbsPath, errno: Errno) -> PathFact {
    if errno != Errno::ACCESS {
        return failed(errno);
    }
    let above = std::iter::successors(path.parent(), AbsPath::parent);
    let shut = above
        .filter_map(|folder| open(&folder).ok())
        .find_map(|folder| rustix::fs::fstat(folder).ok());
    PathFact::Refused {
        errno: errno.raw_os_error(),
        closed_by: shut.map(|stat| stat.st_uid),
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
        id: FileId {
            device: stat.st_dev,
            inode: stat.st_ino,
        },
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
        let Ok(next) = at.join(&part) else {
            return PathFact::Dangling;
        };
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
                todo.extend(
                    parts
                        .filter(|part| !matches!(*part, b"" | b"."))
                        .map(<[u8]>::to_vec),
                );
            }
            // Not a symlink, which is the usual case.
            Err(Errno::INVAL) => at = next,
            Err(Errno::NOENT | Errno::NOTDIR) if links.is_empty() => return PathFact::Missing,
            Err(Errno::NOENT | Errno::NOTDIR) => return PathFact::Dangling,
            Err(errno) => return closed(&next, errno),
        }
    }
    match open(&at) {
        Ok(file) => found(&file, at, links),
        Err(errno) => closed(&at, errno),
    }
}
