//! Our own folders, where a command could put them itself.
//!
//! A mount protects what is there. A configuration folder that is missing, in a folder
//! that a command may write, would be made by that command, and the next run would obey
//! it. So it is made first, and only there. A symlink on the way to it cannot be mounted
//! on: where a command could replace one, nothing is started.

use std::io;

use fumehood_os::linux::{keep, lookup};
use fumehood_plan::linux::{Facts, FileId, Found, Kind, PathFact, Plan, Step, standing_in};
use fumehood_policy::{AbsPath, Policy, Standing};
use rustix::fs::{Access, AtFlags, CWD};
use rustix::io::Errno;

use super::files;
use crate::Error;
use crate::real::{self, Last};

/// What would help with a folder of ours that lies where a command may write.
const HINT: &str =
    "make it, as a folder and not as a symlink, or open something smaller for writing";

/// The folders of ours that are missing, and that a command could make under `plan`.
///
/// # Errors
///
/// [`Error::Folder`] for one that is reached over a symlink that a command could replace.
pub fn open_to_commands(
    policy: &Policy,
    facts: &Facts,
    plan: &Plan,
) -> Result<Vec<AbsPath>, Error> {
    let is_writable = |path: &AbsPath| {
        could_be(plan, path) && standing_in(plan, &policy.own.state, path) == Standing::Writable
    };
    let mut open = Vec::new();
    let own = &policy.own;
    let folders = own.config.iter().chain(&own.other_states);
    for path in folders.chain([&own.state]) {
        let fact = facts.paths.get(path);
        let replaced = match fact {
            Some(PathFact::Found(found)) => found.links.iter().find(|link| is_writable(link)),
            Some(PathFact::Dangling) => Some(path).filter(|path| is_writable(path)),
            _ => None,
        };
        if let Some(link) = replaced {
            return Err(unsafe_link(path, link));
        }
        if matches!(fact, None | Some(PathFact::Missing | PathFact::Dangling))
            && is_writable(&real::place(&files::to_std(path), Last::Followed)?)
        {
            open.push(path.clone());
        }
    }
    Ok(open)
}

/// Whether a plan can make `path` writable, by a look that costs little.
fn could_be(plan: &Plan, path: &AbsPath) -> bool {
    plan.steps.iter().any(|step| match step {
        Step::HostNoSuid => true,
        Step::Attach { target, .. } => path.is_within(target),
        _ => false,
    })
}

fn unsafe_link(path: &AbsPath, link: &AbsPath) -> Error {
    let why = format!("a command could replace the symlink {link}, which leads there");
    Error::Folder {
        what: "cannot protect fumehood's own",
        path: path.clone(),
        source: io::Error::other(why),
        hint: Some(HINT),
    }
}

/// Makes a folder of ours, and says what is there now. What belongs to the machine is
/// read by every user of it, so configuration is open to all as it is in `/etc`. One that cannot be made by
/// anybody with our rights is left alone: a command has fewer.
///
/// # Errors
///
/// [`Error::Folder`] if it cannot be made, and a command might find a way.
pub fn make(policy: &Policy, path: &AbsPath) -> Result<PathFact, Error> {
    let real = real::place(&files::to_std(path), Last::Followed)?;
    let made = keep::folder(&real).and_then(|()| {
        if policy.own.config.contains(path) {
            keep::open_to_all(&real)
        } else {
            Ok(())
        }
    });
    match made {
        Err(refusal) if !is_out_of_reach(&real, refusal.errno) => Err(Error::Folder {
            what: "cannot make, before a command does, fumehood's own folder",
            path: path.clone(),
            source: refusal.errno.into(),
            hint: Some(HINT),
        }),
        _ => Ok(lookup::look(path)),
    }
}

/// Whether nobody with our rights can put anything at `path`: each folder above it is
/// on a read-only mount, or somebody else's and closed to us. One of ours could be
/// opened first, and what lies in one that we may write could be moved away.
fn is_out_of_reach(path: &AbsPath, errno: Errno) -> bool {
    let mut above = std::iter::successors(path.parent(), AbsPath::parent);
    matches!(errno, Errno::ACCESS | Errno::PERM | Errno::ROFS)
        && above.all(|folder| is_closed(&folder))
}

fn is_closed(folder: &AbsPath) -> bool {
    match rustix::fs::accessat(CWD, folder.as_bytes(), Access::WRITE_OK, AtFlags::EACCESS) {
        Ok(()) => false,
        Err(Errno::ROFS | Errno::NOENT) => true,
        Err(_) => {
            let owner = rustix::fs::stat(folder.as_bytes()).map(|stat| stat.st_uid);
            owner.is_ok_and(|owner| owner != rustix::process::geteuid().as_raw())
        }
    }
}

/// A folder as it will be once it is made.
///
/// # Errors
///
/// As [`real::place`].
pub fn to_be_made(path: &AbsPath, uid: u32) -> Result<Found, Error> {
    // Nobody compares it: what is hidden or read-only is not held.
    let id = FileId {
        device: 0,
        inode: 0,
    };
    Ok(Found {
        real: real::place(&files::to_std(path), Last::Followed)?,
        id,
        kind: Kind::Folder,
        uid,
        mode: 0o700,
        links: Vec::new(),
    })
}
