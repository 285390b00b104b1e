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
const LIST_LIMIT: usize = 1024;

/// What is at each of `paths`; what is missing is left out.
///
/// Nearly all secret places do not exist on one machine. So a folder that is
/// missing answers for everything in it, and one that is asked about often is
/// listed. Names are compared without case there, because the file system may
/// do so too; what could be there is then looked at.
#[must_use]
pub fn look_at_all(paths: &[AbsPath]) -> BTreeMap<AbsPath, PathFact> {
    let mut folders: HashMap<&[u8], Folder> = HashMap::with_capacity(paths.len());
    for parent in paths.iter().filter_map(AbsPath::parent_bytes) {
        folders.entry(parent).or_default().asked += 1;
    }
    let mut facts = BTreeMap::new();
    for path in paths {
        let folder = path
            .parent_bytes()
            .and_then(|parent| Some((parent, folders.get_mut(parent)?)));
        if folder.is_some_and(|(parent, folder)| !folder.may_hold(parent, path)) {
            continue;
        }
        let fact = look(path);
        if fact != PathFact::Missing {
            facts.insert(path.clone(), fact);
        }
    }
    facts
}

/// A folder that questions are about.
#[derive(Default)]
struct Folder {
    asked: usize,
    listing: Option<Listing>,
}

/// What is known of a folder.
enum Listing {
    /// Nothing: each name has to be asked.
    Unknown,
    Missing,
    Names(Vec<u8>),
}

impl Folder {
    /// Whether `path`, in the folder `parent`, may exist.
    fn may_hold(&mut self, parent: &[u8], path: &AbsPath) -> bool {
        if self.asked < 2 {
            return true;
        }
        let asked = self.asked;
        match self.listing.get_or_insert_with(|| list(parent, asked)) {
            Listing::Unknown => true,
            Listing::Missing => false,
            Listing::Names(names) => path.name().is_none_or(|name| could_be(names, name)),
        }
    }
}

fn list(folder: &[u8], asked: usize) -> Listing {
    let kind = if asked < LIST_FROM {
        OFlags::PATH
    } else {
        OFlags::RDONLY
    };
    let flags = kind | OFlags::DIRECTORY | OFlags::CLOEXEC;
    let file =
        match rustix::fs::openat2(CWD, folder, flags, Mode::empty(), ResolveFlags::NO_SYMLINKS) {
            Ok(file) => file,
            Err(Errno::NOENT | Errno::NOTDIR) => return Listing::Missing,
            Err(_) => return Listing::Unknown,
        };
    if asked < LIST_FROM {
        return Listing::Unknown;
    }
    names(&file).map_or(Listing::Unknown, Listing::Names)
}

/// The names in a folder, each between slashes; none if there are too many.
fn names(folder: &OwnedFd) -> Option<Vec<u8>> {
    let mut names = vec![b'/'];
    let mut count = 0;
    let mut buffer = [MaybeUninit::uninit(); 16 * 1024];
    let mut entries = rustix::fs::RawDir::new(folder, &mut buffer);
    while let Some(entry) = entries.next() {
        names.extend_from_slice(entry.ok()?.file_name().to_bytes());
        names.push(b'/');
        count += 1;
        if count > LIST_LIMIT {
            return None;
        }
    }
    Some(names)
}

fn could_be(names: &[u8], name: &[u8]) -> bool {
    !name.is_ascii()
        || names
            .split(|byte| *byte == b'/')
            .any(|one| one.eq_ignore_ascii_case(name))
}

/// As many as the kernel follows (`path_resolution(7)`).
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
        },
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
            Err(errno) => return failed(errno),
        }
    }
    match open(&at) {
        Ok(file) => found(&file, at, links),
        Err(errno) => failed(errno),
    }
}
