//! What a program does in one go, as a value: several calls, all or nothing.
//!
//! Each act asks for the fewest rights with which it can be done, as an attacker
//! would: a request that contains more may be refused for what it did not need.
//! What programs of Windows ask beyond that is in an [`Open`].

mod shown;
mod system;

use std::sync::Arc;

use fumehood_nt::evaluate::DeleteBy;
use fumehood_nt::semantics::{HardLinkRights, RenameRights};
use fumehood_nt::{AccessMask, SecurityDescriptor};

use crate::answer::{Answer, Checked};
use crate::change::{At, Replace};
use crate::handle::Handle;
use crate::name::Name;
use crate::node::{Bytes, FileId, Kind, Reparse};
use crate::open::{Disposition, Open, Opened};
use crate::path::FilePath;
use crate::process::ProcessId;
use crate::security::Parts;
use crate::spread::{Extent, Spread};
use crate::start::Started;
use crate::walk::Place;
use crate::world::World;
pub use system::SystemAct;

/// What a program does.
#[derive(Debug, Clone, PartialEq)]
pub enum Act {
    /// Reads what is in a file.
    Read(Place),
    /// Lists a folder.
    List(Place),
    /// Reads a descriptor.
    ReadSecurity(Place),
    /// Opens what exists for these rights, and closes it.
    Touch(Place, AccessMask),
    /// Writes over what is in a file that exists.
    Write(Place, Bytes),
    /// Appends to a file that exists.
    Append(Place, Bytes),
    /// Throws away what is in a file that exists, and writes this.
    Overwrite(Place, Bytes),
    /// Puts a file there, with another that is there or without.
    Supersede(Place, Bytes),
    /// Creates a file or folder where nothing is.
    Create {
        /// Where.
        at: FilePath,
        /// What.
        kind: Kind,
        /// What is written into a file.
        bytes: Bytes,
        /// The descriptor that is asked for.
        security: Option<Arc<SecurityDescriptor>>,
    },
    /// Deletes a file, an empty folder, or a link.
    Delete(Place, DeleteBy),
    /// Renames or moves.
    Rename {
        /// What.
        from: Place,
        /// Where to.
        to: FilePath,
        /// What becomes of what is there.
        replace: Replace,
    },
    /// Gives a file another name.
    HardLink {
        /// Which file.
        file: Place,
        /// The name.
        to: FilePath,
        /// What becomes of what is there.
        replace: Replace,
    },
    /// Creates a junction or a symbolic link, or makes an empty folder one.
    Link {
        /// Where.
        at: FilePath,
        /// What is made if nothing is there.
        kind: Kind,
        /// Where it leads.
        to: Reparse,
    },
    /// Sets parts of a descriptor, of this object only.
    SetSecurity {
        /// Whose.
        place: Place,
        /// Which parts.
        parts: Parts,
        /// From this.
        new: Arc<SecurityDescriptor>,
    },
    /// Sets parts of a descriptor, and what the children inherit.
    SpreadSecurity {
        /// Whose.
        path: FilePath,
        /// Which parts.
        parts: Parts,
        /// From this.
        new: Arc<SecurityDescriptor>,
        /// How far the walk gets.
        extent: Extent,
    },
    /// Opens a file and holds it.
    Hold(Box<Open>),
    /// Closes a handle.
    Close(Handle),
    /// Something that is done to no file.
    System(SystemAct),
}

impl From<SystemAct> for Act {
    fn from(act: SystemAct) -> Self {
        Self::System(act)
    }
}

/// What an act brought back.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum Seen {
    /// Nothing.
    #[default]
    Nothing,
    /// What is in a file.
    Bytes(Bytes),
    /// What is in a folder.
    Names(Vec<Name>),
    /// A descriptor.
    Security(Box<SecurityDescriptor>),
    /// What a walk did.
    Spread(Spread),
    /// A handle that is held.
    Handle(Handle),
    /// A program that was started.
    Started(Started),
}

/// An act that was done.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Done {
    /// What it was done to.
    pub file: Option<FileId>,
    /// The check of its first open.
    pub checked: Option<Checked>,
    /// What it brought back.
    pub seen: Seen,
}

impl World {
    /// Does it, all of it or nothing.
    ///
    /// # Errors
    ///
    /// It was refused, and nothing has changed.
    pub fn act(&mut self, who: ProcessId, act: &Act) -> Answer<Done> {
        let mut after = self.clone();
        let done = after.perform(who, act)?;
        *self = after;
        Ok(done)
    }

    fn perform(&mut self, who: ProcessId, act: &Act) -> Answer<Done> {
        match act {
            Act::Read(_) | Act::List(_) | Act::ReadSecurity(_) | Act::Touch(..) => {
                self.look(who, act)
            }
            Act::Create { security, .. } => self.perform_create(who, act, security.as_ref()),
            Act::SpreadSecurity {
                path,
                parts,
                new,
                extent,
            } => {
                let spread = self.set_named_security(who, path, *parts, new, *extent)?;
                Ok(Done {
                    file: spread.changed.first().copied(),
                    checked: None,
                    seen: Seen::Spread(spread),
                })
            }
            Act::Hold(open) => {
                let opened = self.open(who, open)?;
                Ok(Done {
                    file: Some(opened.file),
                    checked: Some(opened.checked),
                    seen: Seen::Handle(opened.handle),
                })
            }
            Act::Close(handle) => self.close(who, *handle).map(|()| Done::default()),
            Act::System(act) => self.perform_system(who, act),
            Act::Link { at, kind, to } => self.perform_link(who, at, *kind, to),
            _ => self.alter(who, act),
        }
    }

    /// Acts that change nothing.
    fn look(&mut self, who: ProcessId, act: &Act) -> Answer<Done> {
        let (place, desired) = match act {
            Act::ReadSecurity(place) => (place, AccessMask::READ_CONTROL),
            Act::Touch(place, desired) => (place, *desired),
            Act::Read(place) | Act::List(place) => (place, AccessMask::FILE_READ_DATA),
            _ => return Ok(Done::default()),
        };
        let opened = self.open(who, &Open::existing(place.clone(), desired))?;
        let handle = opened.handle;
        let seen = match act {
            Act::Read(_) => Seen::Bytes(self.read(who, handle)?),
            Act::List(_) => Seen::Names(self.list(who, handle)?),
            Act::ReadSecurity(_) => Seen::Security(Box::new(self.read_security(who, handle)?)),
            _ => Seen::Nothing,
        };
        self.done(who, &opened, seen)
    }

    fn done(&mut self, who: ProcessId, opened: &Opened, seen: Seen) -> Answer<Done> {
        self.close(who, opened.handle)?;
        Ok(Done {
            file: Some(opened.file),
            checked: Some(opened.checked),
            seen,
        })
    }

    /// Acts on something that exists.
    fn alter(&mut self, who: ProcessId, act: &Act) -> Answer<Done> {
        let write = AccessMask::FILE_WRITE_DATA;
        let open = match act {
            Act::Write(place, _) => Open::existing(place.clone(), write),
            Act::Append(place, _) => Open::existing(place.clone(), AccessMask::FILE_APPEND_DATA),
            Act::Overwrite(place, _) => {
                Open::existing(place.clone(), write).how(Disposition::Overwrite)
            }
            Act::Supersede(place, _) => {
                Open::existing(place.clone(), write).how(Disposition::Supersede)
            }
            Act::Delete(place, _) => Open::existing(place.clone(), AccessMask::DELETE).of_link(),
            Act::Rename { from, .. } => {
                Open::existing(from.clone(), self.rename_rights()).of_link()
            }
            Act::HardLink { file, .. } => {
                Open::existing(file.clone(), self.link_rights()).of_link()
            }
            Act::SetSecurity { place, parts, .. } => Open::existing(place.clone(), parts.rights()),
            _ => return Ok(Done::default()),
        };
        let opened = self.open(who, &open)?;
        let handle = opened.handle;
        match act {
            Act::Write(_, bytes) | Act::Overwrite(_, bytes) | Act::Supersede(_, bytes) => {
                self.write(who, handle, At::Start, bytes)?;
            }
            Act::Append(_, bytes) => self.write(who, handle, At::End, bytes)?,
            Act::Delete(_, by) => self.set_disposition(who, handle, *by)?,
            Act::Rename { to, replace, .. } => self.rename(who, handle, to, *replace)?,
            Act::HardLink { to, replace, .. } => self.link(who, handle, to, *replace)?,
            Act::SetSecurity { parts, new, .. } => self.set_security(who, handle, *parts, new)?,
            _ => {}
        }
        self.done(who, &opened, Seen::Nothing)
    }

    fn rename_rights(&self) -> AccessMask {
        match self.semantics.rename_rights {
            RenameRights::Delete => AccessMask::DELETE,
            RenameRights::DeleteAndAttributes => {
                AccessMask::DELETE | AccessMask::SYNCHRONIZE | AccessMask::FILE_READ_ATTRIBUTES
            }
        }
    }

    fn link_rights(&self) -> AccessMask {
        match self.semantics.hard_link_rights {
            HardLinkRights::WriteAttributes => AccessMask::FILE_WRITE_ATTRIBUTES,
            // An open asks for something; this is what a folder that lists gives of its children.
            HardLinkRights::Nothing => AccessMask::FILE_READ_ATTRIBUTES,
        }
    }

    fn perform_create(
        &mut self,
        who: ProcessId,
        act: &Act,
        security: Option<&Arc<SecurityDescriptor>>,
    ) -> Answer<Done> {
        let Act::Create {
            at, kind, bytes, ..
        } = act
        else {
            return Ok(Done::default());
        };
        let open = Open {
            security: security.cloned(),
            ..Open::new_one(at, AccessMask::FILE_WRITE_DATA, *kind)
        };
        let opened = self.open(who, &open)?;
        if *kind == Kind::File && !bytes.is_empty() {
            self.write(who, opened.handle, At::Start, bytes)?;
        }
        self.done(who, &opened, Seen::Nothing)
    }

    fn perform_link(
        &mut self,
        who: ProcessId,
        at: &FilePath,
        kind: Kind,
        to: &Reparse,
    ) -> Answer<Done> {
        let desired = AccessMask::FILE_WRITE_ATTRIBUTES;
        let open = Open::new_one(at, desired, kind)
            .how(Disposition::OpenIf)
            .of_link();
        let opened = self.open(who, &open)?;
        self.set_reparse(who, opened.handle, to.clone())?;
        self.done(who, &opened, Seen::Nothing)
    }
}
