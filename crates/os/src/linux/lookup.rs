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
use rustix::fs::{AtFlags, CWD, FileType, Mode, OFlags, ResolveFlags, Stat};
use rustix::io::Errno;

use super::Refusal;

/// From this many questions about one folder on, it is listed once instead.
const LIST_FROM: usize = 32;
/// A folder with more entries is not listed: asking is cheaper then.
const LIST_LIMIT: usize = 256;

/// What is at each of `paths`; what is missing is left out.
///
/// Nearly all secret places do not exist on one machine. So a folder that is
/// missing answers for everything in it, one that is there is opened once and its
/// entries are asked of it, and one that is asked about often is listed, which
/// answers for everything below it. Names are compared without case there, because
/// the file system may do so too; what could be there is then looked at.
#[must_use]
pub fn look_at_all<'a>(
    paths: impl IntoIterator<Item = &'a AbsPath>,
) -> BTreeMap<AbsPath, PathFact> {
    let mut facts = BTreeMap::new();
    let mut add = |path: &AbsPath, fact: PathFact| {
        if fact != PathFact::Missing {
            facts.insert(path.clone(), fact);
        }
    };
    let groups = by_folder(paths);
    let often = groups.iter().filter(|group| group.paths.len() >= LIST_FROM);
    let listings: Vec<Listing<'_>> = often
        .filter_map(|group| Listing::of(group.folder))
        .collect();
    for mut group in groups {
        for listing in &listings {
            listing.strike_out(&mut group);
        }
        let Group { folder, paths } = group;
        match paths[..] {
            [] => {}
            [path] => add(path, look(path)),
            _ => match open_bytes(folder) {
                Ok(folder) => paths
                    .iter()
                    .for_each(|path| add(path, entry(&folder, path))),
                Err(Errno::NOENT | Errno::NOTDIR) => {}
                Err(_) => paths.iter().for_each(|path| add(path, look(path))),
            },
        }
    }
    facts
}

/// The paths that are asked about in one folder.
struct Group<'a> {
    folder: &'a [u8],
    paths: Vec<&'a AbsPath>,
}

fn by_folder<'a>(paths: impl IntoIterator<Item = &'a AbsPath>) -> Vec<Group<'a>> {
    let mut groups: Vec<Group<'a>> = Vec::new();
    let mut places: HashMap<&[u8], usize> = HashMap::new();
    let mut last = 0;
    for path in paths {
        // `/` is in itself.
        let folder = path.parent_bytes().unwrap_or(b"/");
        // Lists name one folder many times in a row.
        if groups.get(last).is_none_or(|group| group.folder != folder) {
            last = *places.entry(folder).or_insert(groups.len());
        }
        if last == groups.len() {
            let paths = Vec::new();
            groups.push(Group { folder, paths });
        }
        groups[last].paths.push(path);
    }
    groups
}

/// What is at `path`, whose folder is open and has no symlink above it.
fn entry(folder: &OwnedFd, path: &AbsPath) -> PathFact {
    let name = path.name().unwrap_or(b".");
    match rustix::fs::statat(folder, name, AtFlags::SYMLINK_NOFOLLOW) {
        Ok(stat) if FileType::from_raw_mode(stat.st_mode).is_symlink() => walk(path),
        Ok(stat) => seen(&stat, path.clone(), Vec::new()),
        Err(errno) => closed(path, errno),
    }
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
            Ok(file) if is_complete(&file) => names(&file)?,
            Err(Errno::NOENT | Errno::NOTDIR) => Vec::new(),
            Ok(_) | Err(_) => return None,
        };
        Some(Self { folder, names })
    }

    /// Takes out what cannot exist, as far as this folder's names say.
    fn strike_out(&self, group: &mut Group<'_>) {
        if group.folder == self.folder {
            group
                .paths
                .retain(|path| path.name().is_none_or(|name| self.may_hold(name)));
            return;
        }
        let below = group.folder.strip_prefix(self.folder);
        let Some(below) = below.and_then(|below| below.strip_prefix(b"/")) else {
            return;
        };
        let name = below.split(|byte| *byte == b'/').next().unwrap_or_default();
        if !self.may_hold(name) {
            group.paths.clear();
        }
    }

    fn may_hold(&self, name: &[u8]) -> bool {
        let lower = || name.iter().map(u8::to_ascii_lowercase);
        let order = |listed: &Vec<u8>| listed.iter().copied().cmp(lower());
        !name.is_ascii() || self.names.binary_search_by(order).is_ok()
    }
}

/// Whether a listing names all that can be opened: an automounter makes what is
/// asked for, and a file system in user space says what it likes.
fn is_complete(folder: &OwnedFd) -> bool {
    const FUSE: u64 = 0x6573_5546;
    const AUTOFS: u64 = 0x0187;
    let kind = rustix::fs::fstatfs(folder).map(|about| about.f_type.cast_unsigned());
    kind.is_ok_and(|kind| kind != FUSE && kind != AUTOFS)
}

/// The names in a folder; none if there are too many, or if they do not say all.
fn names(folder: &OwnedFd) -> Option<Vec<Vec<u8>>> {
    let mut names = Vec::new();
    let mut buffer = [MaybeUninit::uninit(); 16 * 1024];
    let mut entries = rustix::fs::RawDir::new(folder, &mut buffer);
    while let Some(entry) = entries.next() {
        let entry = entry.ok()?;
        let name = entry.file_name().to_bytes();
        // Folded by the file system it may be equal to a plain name (K is `KELVIN SIGN`).
        if !name.is_ascii() {
            return None;
        }
        names.push(name.to_ascii_lowercase());
        if names.len() > LIST_LIMIT {
            return None;
        }
    }
    names.sort_unstable();
    Some(names)
}

/// As many as the kernel follows (`path_resolution(7)`).
const LINKS_LIMIT: usize = 40;

/// Says so where a filter refuses the very call that paths are looked at with, which
/// says nothing about what is there. A single path may be closed with the same errno.
///
/// # Errors
///
/// [`Refusal`] of `openat2`.
pub fn check_call(facts: &BTreeMap<AbsPath, PathFact>) -> Result<(), Refusal> {
    const BY_FILTERS: [Errno; 2] = [Errno::NOSYS, Errno::PERM];
    let is_filtered = |errno: i32| BY_FILTERS.iter().any(|one| one.raw_os_error() == errno);
    let suspicious = facts
        .values()
        .any(|fact| matches!(fact, PathFact::Refused { errno, .. } if is_filtered(*errno)));
    if !suspicious {
        return Ok(());
    }
    match open_bytes(b"/") {
        Err(errno) if BY_FILTERS.contains(&errno) => Err(Refusal {
            call: "openat2",
            errno,
        }),
        _ => Ok(()),
    }
}

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
    open_bytes(path.as_bytes())
}

fn open_bytes(path: &[u8]) -> rustix::io::Result<OwnedFd> {
    let flags = OFlags::PATH | OFlags::CLOEXEC;
    rustix::fs::openat2(CWD, path, flags, Mode::empty(), ResolveFlags::NO_SYMLINKS)
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
    match rustix::fs::fstat(file) {
        Ok(stat) => seen(&stat, real, links),
        Err(errno) => failed(errno),
    }
}

fn seen(stat: &Stat, real: AbsPath, links: Vec<AbsPath>) -> PathFact {
    let kind = match FileType::from_raw_mode(stat.st_mode) {
        FileType::Directory => Kind::Folder,
        FileType::RegularFile => Kind::File,
        FileType::Socket => Kind::Socket,
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
