//! Handles: rights were checked when they were made, and never again.
//!
//! A handle belongs to a process and points at something with the rights that it
//! was granted. One that is inherited or duplicated points at the same thing,
//! whoever holds it now. Opens of files also say what they share: as long as one
//! lives that does not share deleting, nobody opens the file to delete it, however
//! many rights they have ([MS-FSA] 2.1.5.1.2.2).

use std::collections::BTreeMap;
use std::sync::Arc;

use fumehood_nt::AccessMask;

use crate::answer::{Answer, Checked, Refusal};
use crate::key::KeyId;
use crate::node::FileId;
use crate::object::ObjectId;
use crate::process::ProcessId;
use crate::world::World;

/// A handle of a process.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Handle(pub(crate) u32);

/// An open of a file, to which several handles may point.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct OpenId(pub(crate) u32);

/// What a handle points at.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Target {
    /// An open of a file.
    File(OpenId),
    /// A kernel object.
    Object(ObjectId),
    /// A key of the registry.
    Key(KeyId),
}

/// Whether children may get a handle (`OBJ_INHERIT`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Hash)]
pub enum Inherit {
    /// They do not.
    #[default]
    Kept,
    /// They do, where their start asks for it.
    Inherited,
}

/// A handle as the world holds it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Held {
    /// Whose it is.
    pub process: ProcessId,
    /// At what it points.
    pub target: Target,
    /// What it was granted.
    pub granted: AccessMask,
    /// Whether children may get it.
    pub inherit: Inherit,
}

/// What an open lets others do meanwhile (`FILE_SHARE_…`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Share(u8);

impl Share {
    /// Nothing.
    pub const NONE: Self = Self(0);
    /// `FILE_SHARE_READ`: read and run.
    pub const READ: Self = Self(1);
    /// `FILE_SHARE_WRITE`: write and append.
    pub const WRITE: Self = Self(2);
    /// `FILE_SHARE_DELETE`: open for deleting or renaming.
    pub const DELETE: Self = Self(4);
    /// All three.
    pub const ALL: Self = Self(7);

    /// Both.
    #[must_use]
    pub const fn with(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// Whether all of `other` is in it.
    #[must_use]
    pub const fn contains(self, other: Self) -> bool {
        self.0 & other.0 == other.0
    }

    /// What a handle with these rights needs others to share.
    #[must_use]
    pub const fn needed(granted: AccessMask) -> Self {
        let mut needed = Self::NONE;
        if granted.intersects(AccessMask::FILE_READ_DATA.union(AccessMask::FILE_EXECUTE)) {
            needed = needed.with(Self::READ);
        }
        if granted.intersects(AccessMask::FILE_WRITE_DATA.union(AccessMask::FILE_APPEND_DATA)) {
            needed = needed.with(Self::WRITE);
        }
        if granted.intersects(AccessMask::DELETE) {
            needed = needed.with(Self::DELETE);
        }
        needed
    }
}

/// What becomes of a file when a handle goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Hash)]
pub enum OnClose {
    /// Nothing.
    #[default]
    Nothing,
    /// It is deleted (`FILE_DELETE_ON_CLOSE`).
    Delete,
    /// Its name goes at once, whoever else has it open (POSIX semantics).
    Unlink,
}

/// An open of a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OpenFile {
    /// Of which.
    pub file: FileId,
    /// The key of the stream; none is the unnamed one.
    pub stream: Option<Arc<str>>,
    /// The name by which it was opened: folder and key; the top has none.
    pub link: Option<(u32, Arc<str>)>,
    /// What was granted.
    pub granted: AccessMask,
    /// What others may do.
    pub share: Share,
    /// What happens at the end.
    pub on_close: OnClose,
    /// How it came to be granted.
    pub checked: Checked,
}

/// Every handle and every open.
#[derive(Debug, Clone, PartialEq, Default)]
pub(crate) struct Handles {
    held: Arc<BTreeMap<Handle, Held>>,
    opens: Arc<BTreeMap<OpenId, OpenFile>>,
    next: u32,
}

impl Handles {
    /// Handles and opens that there may be.
    pub const MOST: usize = 1 << 16;

    pub fn opens(&self) -> impl Iterator<Item = (OpenId, &OpenFile)> {
        self.opens.iter().map(|(id, open)| (*id, open))
    }

    pub fn open(&self, id: OpenId) -> Option<&OpenFile> {
        self.opens.get(&id)
    }

    pub fn open_mut(&mut self, id: OpenId) -> Option<&mut OpenFile> {
        Arc::make_mut(&mut self.opens).get_mut(&id)
    }

    pub fn held(&self) -> impl Iterator<Item = (Handle, &Held)> {
        self.held.iter().map(|(handle, held)| (*handle, held))
    }

    pub fn find(&self, handle: Handle) -> Option<&Held> {
        self.held.get(&handle)
    }

    /// Whether there is room for one more of each.
    pub fn has_room(&self) -> Answer {
        let limit = Self::MOST;
        if self.held.len() < limit {
            return Ok(());
        }
        Err(Refusal::TooMuch {
            limit,
            what: "handles",
        })
    }

    fn number(&mut self) -> u32 {
        self.next += 1;
        self.next
    }

    pub fn hold(&mut self, held: Held) -> Handle {
        let handle = Handle(self.number());
        Arc::make_mut(&mut self.held).insert(handle, held);
        handle
    }

    pub fn add_open(&mut self, open: OpenFile) -> OpenId {
        let id = OpenId(self.number());
        Arc::make_mut(&mut self.opens).insert(id, open);
        id
    }

    /// Changes the name of every open by `from`.
    pub fn renamed(&mut self, volume: u8, from: &(u32, Arc<str>), to: &(u32, Arc<str>)) {
        let by = |open: &OpenFile| open.file.volume == volume && open.link.as_ref() == Some(from);
        if self.opens.values().any(by) {
            let opens = Arc::make_mut(&mut self.opens).values_mut();
            opens
                .filter(|open| by(open))
                .for_each(|open| open.link = Some(to.clone()));
        }
    }

    /// Changes what is said of a handle.
    pub fn set(&mut self, handle: Handle, held: Held) {
        Arc::make_mut(&mut self.held).insert(handle, held);
    }

    /// Takes the handle away; what it pointed at, if nothing points there any more.
    fn release(&mut self, handle: Handle) -> Option<Target> {
        let held = Arc::make_mut(&mut self.held).remove(&handle)?;
        let points = |other: &Held| other.target == held.target;
        (!self.held.values().any(points)).then_some(held.target)
    }

    /// Takes an open away to which nothing points.
    fn forget(&mut self, open: OpenId) -> Option<OpenFile> {
        Arc::make_mut(&mut self.opens).remove(&open)
    }
}

impl World {
    /// A handle as the world holds it; none if it is closed.
    #[must_use]
    pub fn held(&self, handle: Handle) -> Option<&Held> {
        self.handles.find(handle)
    }

    /// Every handle of a process.
    pub fn handles_of(&self, who: ProcessId) -> impl Iterator<Item = (Handle, &Held)> {
        self.handles
            .held()
            .filter(move |(_, held)| held.process == who)
    }

    /// Every open of a file, by whomever.
    pub fn opens_of(&self, file: FileId) -> impl Iterator<Item = &OpenFile> {
        let opens = self.handles.opens().map(|(_, open)| open);
        opens.filter(move |open| open.file == file)
    }

    /// The handle, if it is this process's.
    pub(crate) fn own(&self, who: ProcessId, handle: Handle) -> Answer<Held> {
        self.running(who)?;
        let held = self.held(handle).filter(|held| held.process == who);
        held.copied().ok_or(Refusal::NoHandle)
    }

    /// The handle and its open, if it is this process's and has these rights.
    pub(crate) fn own_file(
        &self,
        who: ProcessId,
        handle: Handle,
        rights: AccessMask,
    ) -> Answer<(OpenId, OpenFile)> {
        let held = self.own(who, handle)?;
        let Target::File(id) = held.target else {
            return Err(Refusal::NoHandle);
        };
        let open = self.handles.open(id).cloned().ok_or(Refusal::NoHandle)?;
        let lacks = rights.without(held.granted);
        if lacks.is_empty() {
            Ok((id, open))
        } else {
            Err(Refusal::HandleLacks(lacks))
        }
    }

    /// Closes a handle. With the last one to a file go the names that are to be deleted.
    ///
    /// # Errors
    ///
    /// The process has no such handle.
    pub fn close(&mut self, who: ProcessId, handle: Handle) -> Answer {
        self.own(who, handle)?;
        self.release(handle);
        Ok(())
    }

    /// Takes a handle away, and does what its end brings about.
    pub(crate) fn release(&mut self, handle: Handle) {
        match self.handles.release(handle) {
            Some(Target::File(open)) => {
                if let Some(open) = self.handles.forget(open) {
                    self.closed(&open);
                }
            }
            Some(other) => self.unheld(other),
            None => {}
        }
    }

    /// Gives another process a handle to the same thing (MSDN `DuplicateHandle`, by a process
    /// that has both). Nothing is checked again; the rights may only be fewer.
    ///
    /// # Errors
    ///
    /// There is no such handle or process, or more rights are asked for.
    pub fn duplicate(
        &mut self,
        who: ProcessId,
        handle: Handle,
        to: ProcessId,
        rights: AccessMask,
    ) -> Answer<Handle> {
        let held = self.own(who, handle)?;
        self.running(to)?;
        let more = rights.without(held.granted);
        if !more.is_empty() {
            return Err(Refusal::HandleLacks(more));
        }
        self.handles.has_room()?;
        Ok(self.handles.hold(Held {
            process: to,
            granted: rights,
            ..held
        }))
    }

    /// Whether every open of the stream and a new one share what the other needs
    /// ([MS-FSA] 2.1.5.1.2.2; MSDN `IoCheckShareAccess`).
    pub(crate) fn shares(
        &self,
        file: FileId,
        stream: Option<&str>,
        granted: AccessMask,
        share: Share,
    ) -> bool {
        let needed = Share::needed(granted);
        if needed == Share::NONE {
            return true;
        }
        let opens = self
            .opens_of(file)
            .filter(|open| open.stream.as_deref() == stream);
        let fits = |open: &OpenFile| {
            let other = Share::needed(open.granted);
            other == Share::NONE || open.share.contains(needed) && share.contains(other)
        };
        opens.into_iter().all(fits)
    }
}
