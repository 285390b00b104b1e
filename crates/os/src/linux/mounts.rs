//! Which mounts there are, and whether that has changed.

use std::borrow::Cow;
use std::os::fd::OwnedFd;

use fumehood_plan::linux::MountFact;
use fumehood_policy::{AbsPath, RawText};
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::fs::{CWD, Mode, OFlags};
use rustix::io::Errno;

use super::{Refusal, whole};

const FILE: &str = "/proc/self/mountinfo";

/// The mounts that this process sees, as `/proc/self/mountinfo` has them (`proc(5)`);
/// nothing where there is no `/proc`.
///
/// # Errors
///
/// [`Refusal`] if it is there and cannot be read: then nobody knows which names a hidden
/// place has.
pub fn list() -> Result<Vec<u8>, Refusal> {
    match whole::read(FILE) {
        Err(Errno::NOENT) => Ok(Vec::new()),
        read => read.map_err(|errno| Refusal {
            call: "read of /proc/self/mountinfo",
            errno,
        }),
    }
}

/// One mount, as its line has it: with `\ooo` for what would end a field.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Mount<'t> {
    device: &'t [u8],
    root: &'t [u8],
    /// Where.
    pub point: &'t [u8],
    /// File system type.
    pub kind: &'t [u8],
}

/// The lines of the file; what is no line of it is left out.
pub fn parse(text: &[u8]) -> impl Iterator<Item = Mount<'_>> {
    text.split(|byte| *byte == b'\n').filter_map(Mount::of)
}

impl<'t> Mount<'t> {
    /// Fields 3, 4 and 5, and the type behind the optional ones and ` - `.
    fn of(line: &'t [u8]) -> Option<Self> {
        let mut fields = line.splitn(6, |byte| *byte == b' ').skip(2);
        let (device, root, point) = (fields.next()?, fields.next()?, fields.next()?);
        let rest = fields.next()?;
        let end = rest.windows(3).position(|three| three == b" - ")?;
        let kind = rest[end + 3..].split(|byte| *byte == b' ').next()?;
        Some(Self {
            device,
            root,
            point,
            kind,
        })
    }

    /// What the planner wants to know of it.
    #[must_use]
    pub fn fact(&self) -> Option<MountFact> {
        let device = std::str::from_utf8(self.device).ok()?;
        let (major, minor) = device.split_once(':')?;
        Some(MountFact {
            device: rustix::fs::makedev(major.parse().ok()?, minor.parse().ok()?),
            root: path(self.root)?,
            point: path(self.point)?,
        })
    }
}

fn path(field: &[u8]) -> Option<AbsPath> {
    AbsPath::try_from(RawText::from_vec(unescape(field).into_owned())).ok()
}

/// Space, tab, newline and backslash are written as `\ooo`.
fn unescape(field: &[u8]) -> Cow<'_, [u8]> {
    if !field.contains(&b'\\') {
        return Cow::Borrowed(field);
    }
    let mut out = Vec::with_capacity(field.len());
    let mut at = 0;
    while let Some(byte) = field.get(at) {
        let octal = field.get(at + 1..at + 4).filter(|_| *byte == b'\\');
        let value = octal.and_then(|text| std::str::from_utf8(text).ok());
        if let Some(value) = value.and_then(|text| u8::from_str_radix(text, 8).ok()) {
            out.push(value);
            at += 4;
        } else {
            out.push(*byte);
            at += 1;
        }
    }
    Cow::Owned(out)
}

/// Sees whether a mount comes or goes from now on. Merely looking at a path can make one
/// come, where an automounter waits.
#[derive(Debug)]
pub struct Watch(OwnedFd);

impl Watch {
    /// Begins. None where that is not possible.
    #[must_use]
    pub fn begin() -> Option<Self> {
        let flags = OFlags::RDONLY | OFlags::CLOEXEC;
        rustix::fs::openat(CWD, FILE, flags, Mode::empty())
            .ok()
            .map(Self)
    }

    /// Whether one came or went since this was asked last, or nobody can say.
    #[must_use]
    pub fn saw_a_change(&self) -> bool {
        let now = Timespec::default();
        let mut file = [PollFd::new(&self.0, PollFlags::PRI)];
        poll(&mut file, Some(&now)) != Ok(0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn mountinfo_is_read_with_its_escapes_and_optional_fields() {
        let text = b"36 35 98:1 /mnt1 /mnt\\0402 rw,noatime master:1 - ext3 /dev/root rw\n\
            37 35 0:5 / /proc rw - proc proc rw\nnonsense\n";
        let mounts: Vec<Mount<'_>> = parse(text).collect();
        let kinds: Vec<&[u8]> = mounts.iter().map(|mount| mount.kind).collect();
        assert_eq!(kinds, [&b"ext3"[..], b"proc"]);
        let fact = mounts[0].fact().expect("all of it is there");
        assert_eq!(fact.root.as_bytes(), b"/mnt1");
        assert_eq!(fact.point.as_bytes(), b"/mnt 2");
        assert_eq!(fact.device, rustix::fs::makedev(98, 1));
    }

    #[test]
    fn the_root_of_this_machine_is_a_mount_on_the_device_that_stat_says() {
        let text = list().expect("there is a /proc");
        let root = parse(&text).filter(|mount| mount.point == b"/").last();
        let fact = root.and_then(|mount| mount.fact()).expect("a root");
        let stat = rustix::fs::stat("/").expect("it is there");
        // btrfs gives each subvolume a device of its own.
        assert!(fact.device == stat.st_dev || root.expect("a root").kind == b"btrfs");
    }
}
