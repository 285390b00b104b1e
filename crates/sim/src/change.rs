//! What is done by handle: reading, writing, listing, deleting, renaming, linking.
//!
//! The object was asked when the handle was made. What is asked here is asked of
//! something else: the folder that a name is made in, and what stands there.
//! Renaming moves a name; the thing keeps its descriptor, so that it may stand in a
//! folder whose rules it never got.

use std::sync::Arc;

use fumehood_nt::AccessMask;
use fumehood_nt::evaluate::{DeleteBy, Operation};
use fumehood_nt::semantics::{DispositionEx, HardLinkRights, ReplaceTarget};
use fumehood_nt::token::{Privilege, Token};

use crate::answer::{Answer, Refusal};
use crate::handle::{Handle, OnClose, OpenFile, OpenId, Share};
use crate::name::Name;
use crate::node::{Body, Bytes, Case, FileId, Guard, Kind, Node, Reparse, Standing};
use crate::path::FilePath;
use crate::process::ProcessId;
use crate::readings::PosixReplace;
use crate::volume::Volume;
use crate::walk::{Links, Place, Spot};
use crate::world::World;

/// Where a write begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum At {
    /// At the beginning, in place of everything.
    Start,
    /// At the end.
    End,
}

/// What becomes of what has the name already.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Replace {
    /// It stays, and the call fails.
    Never,
    /// It goes, if nobody has it open.
    Unopened,
    /// It goes, whoever has it open (`FILE_RENAME_POSIX_SEMANTICS`).
    Posix,
}

/// Bytes that a stream may have here.
pub const MAX_CONTENT: usize = 1 << 20;

impl World {
    /// What is in the stream.
    ///
    /// # Errors
    ///
    /// The handle lacks `FILE_READ_DATA`, or the stream is no more.
    pub fn read(&self, who: ProcessId, handle: Handle) -> Answer<Bytes> {
        let (_, open) = self.own_file(who, handle, AccessMask::FILE_READ_DATA)?;
        let node = self.node(open.file).ok_or(Refusal::NotFound)?;
        if node.kind() == Kind::Folder && open.stream.is_none() {
            return Err(Refusal::IsAFolder);
        }
        node.stream(open.stream.as_deref())
            .cloned()
            .ok_or(Refusal::NotFound)
    }

    /// Writes to the stream. At the end, `FILE_APPEND_DATA` suffices.
    ///
    /// # Errors
    ///
    /// The handle lacks the right, or there would be too much.
    pub fn write(&mut self, who: ProcessId, handle: Handle, at: At, bytes: &[u8]) -> Answer {
        let (_, open) = self.own_file(who, handle, AccessMask::NONE)?;
        let enough = match at {
            At::Start => AccessMask::FILE_WRITE_DATA,
            At::End => AccessMask::FILE_WRITE_DATA | AccessMask::FILE_APPEND_DATA,
        };
        if !open.granted.intersects(enough) {
            return Err(Refusal::HandleLacks(enough));
        }
        let node = self.node_mut(open.file)?;
        if node.kind() == Kind::Folder && open.stream.is_none() {
            return Err(Refusal::IsAFolder);
        }
        let content = match &open.stream {
            None => &mut node.content,
            Some(key) => node.streams.get_mut(key).ok_or(Refusal::NotFound)?,
        };
        let before = if at == At::End {
            content.to_vec()
        } else {
            Vec::new()
        };
        let limit = MAX_CONTENT;
        if before.len() + bytes.len() > limit {
            return Err(Refusal::TooMuch {
                limit,
                what: "bytes",
            });
        }
        *content = [before.as_slice(), bytes].concat().into();
        Ok(())
    }

    /// The names in a folder.
    ///
    /// # Errors
    ///
    /// The handle lacks `FILE_LIST_DIRECTORY`, or is to no folder.
    pub fn list(&self, who: ProcessId, handle: Handle) -> Answer<Vec<Name>> {
        let (_, open) = self.own_file(who, handle, AccessMask::FILE_READ_DATA)?;
        let node = self.node(open.file).ok_or(Refusal::NotFound)?;
        let folder = node.folder().ok_or(Refusal::NotAFolder)?;
        Ok(folder
            .entries
            .values()
            .map(|entry| entry.name.clone())
            .collect())
    }

    /// Sets or clears the read-only attribute.
    ///
    /// # Errors
    ///
    /// The handle lacks `FILE_WRITE_ATTRIBUTES`.
    pub fn set_guard(&mut self, who: ProcessId, handle: Handle, guard: Guard) -> Answer {
        let (_, open) = self.own_file(who, handle, AccessMask::FILE_WRITE_ATTRIBUTES)?;
        self.node_mut(open.file)?.guard = guard;
        Ok(())
    }

    /// Says how an empty folder compares names (`FileCaseSensitiveInformation`; MSDN *Adjust case
    /// sensitivity* for what it asks).
    ///
    /// # Errors
    ///
    /// The handle lacks one of the four rights, or is to no folder, or something is in it.
    pub fn set_case(&mut self, who: ProcessId, handle: Handle, case: Case) -> Answer {
        let rights = AccessMask::FILE_WRITE_ATTRIBUTES
            | AccessMask::FILE_WRITE_DATA
            | AccessMask::FILE_APPEND_DATA
            | AccessMask::FILE_DELETE_CHILD;
        let (_, open) = self.own_file(who, handle, rights)?;
        let Body::Folder(folder) = &mut self.node_mut(open.file)?.body else {
            return Err(Refusal::NotAFolder);
        };
        if !folder.entries.is_empty() {
            return Err(Refusal::NotEmpty);
        }
        folder.case = case;
        Ok(())
    }

    /// Marks what a handle points at to be deleted: with the last handle by that name, or with
    /// this one under POSIX semantics ([MS-FSA] 2.1.5.15.3, `FileDispositionInformation`).
    ///
    /// # Errors
    ///
    /// The handle lacks DELETE, or the thing may not go.
    pub fn set_disposition(&mut self, who: ProcessId, handle: Handle, by: DeleteBy) -> Answer {
        let token = Arc::clone(&self.running(who)?.token);
        let (id, open) = self.own_file(who, handle, AccessMask::DELETE)?;
        let going = match (&open.stream, by) {
            (Some(_), _) => Going::Stream,
            (None, DeleteBy::Disposition) => Going::Name,
            (None, DeleteBy::DispositionEx) => Going::NameAnyway,
        };
        self.may_go(open.file, going)?;
        let own_only = self.semantics.disposition_ex == DispositionEx::OwnDelete;
        if by == DeleteBy::DispositionEx && own_only && open.checked.by_folder.is_some() {
            self.asks_delete(&token, &open, by)?;
        }
        let on_close = match by {
            DeleteBy::Disposition => OnClose::Delete,
            DeleteBy::DispositionEx => OnClose::Unlink,
        };
        if let (None, Some(link)) = (&open.stream, &open.link) {
            self.set_standing(open.file, link, Standing::Deleting)?;
        }
        if let Some(open) = self.handles.open_mut(id) {
            open.on_close = on_close;
        }
        Ok(())
    }

    /// The question whether what is open may be deleted.
    fn asks_delete(&self, token: &Token, open: &OpenFile, by: DeleteBy) -> Answer {
        let spot = Spot {
            volume: open.file.volume,
            name: open
                .link
                .as_ref()
                .map(|(folder, key)| (*folder, Name::of(key))),
            key: open.link.as_ref().map(|(_, key)| Arc::clone(key)),
            node: Some(open.file.node),
            stream: None,
        };
        let Some(child) = self.child(&spot, &Place::Number(open.file)) else {
            return Ok(());
        };
        self.ask_file(token, &Operation::Delete { child, by }, open.file)
            .map(drop)
    }

    /// Whether anything but rights keeps a thing where it is.
    fn may_go(&self, file: FileId, going: Going) -> Answer {
        let node = self.node(file).ok_or(Refusal::NotFound)?;
        let is_full = node
            .folder()
            .is_some_and(|folder| !folder.entries.is_empty());
        if file.node == Volume::TOP {
            Err(Refusal::Invalid("the top of a volume is not deleted"))
        } else if node.guard == Guard::ReadOnly && going != Going::NameAnyway {
            Err(Refusal::ReadOnly)
        } else if is_full && going != Going::Stream {
            Err(Refusal::NotEmpty)
        } else if self.is_running(file) {
            Err(Refusal::InUse)
        } else {
            Ok(())
        }
    }

    fn set_standing(&mut self, file: FileId, link: &(u32, Arc<str>), standing: Standing) -> Answer {
        let links = self.node_mut(file)?.links.iter_mut();
        let is = |other: &crate::node::Link| other.folder == link.0 && other.key == link.1;
        links
            .filter(|other| is(other))
            .for_each(|link| link.standing = standing);
        Ok(())
    }

    /// What the end of an open brings about.
    pub(crate) fn closed(&mut self, open: &OpenFile) {
        if let (Some(key), true) = (&open.stream, open.on_close != OnClose::Nothing) {
            if let Ok(node) = self.node_mut(open.file) {
                node.streams.remove(key);
            }
            return;
        }
        let Some(link) = &open.link else {
            return;
        };
        let going = if open.on_close == OnClose::Unlink {
            Going::NameAnyway
        } else {
            Going::Name
        };
        let may_go = self.may_go(open.file, going).is_ok();
        let goes = open.on_close != OnClose::Nothing || self.is_deleting(open.file, link);
        if !goes || !may_go {
            return;
        }
        let by_link = |other: &OpenFile| other.link.as_ref() == Some(link);
        let others = self.opens_of(open.file).any(by_link);
        if others && open.on_close != OnClose::Unlink {
            // The file cannot have gone meanwhile, and a mark that fails marks nothing.
            drop(self.set_standing(open.file, link, Standing::Deleting));
        } else if let Ok(volume) = self.volume_mut(open.file.volume) {
            volume.unlink(link.0, &link.1);
        }
    }

    fn is_deleting(&self, file: FileId, link: &(u32, Arc<str>)) -> bool {
        let links = self.node(file).map_or(&[][..], |node| &node.links);
        let is = |other: &&crate::node::Link| other.folder == link.0 && other.key == link.1;
        let link = links.iter().find(is);
        link.is_some_and(|link| link.standing == Standing::Deleting)
    }

    /// Gives what a handle points at another name in place of the one it was opened by
    /// ([MS-FSA] 2.1.5.15.11, `FileRenameInformation`).
    ///
    /// # Errors
    ///
    /// The handle lacks DELETE; the folder there, or what stands there, refuses; something below
    /// it is open.
    pub fn rename(
        &mut self,
        who: ProcessId,
        handle: Handle,
        to: &FilePath,
        replace: Replace,
    ) -> Answer {
        let token = Arc::clone(&self.running(who)?.token);
        let (id, open) = self.own_file(who, handle, AccessMask::DELETE)?;
        let Some(from) = open.link.clone().filter(|_| open.stream.is_none()) else {
            return Err(Refusal::Invalid("only a name is renamed"));
        };
        if self.is_deleting(open.file, &from) {
            return Err(Refusal::DeletePending);
        }
        let node = self.node(open.file).ok_or(Refusal::NotFound)?;
        if node.kind() == Kind::Folder && self.has_open_below(open.file) {
            return Err(Refusal::InUse);
        }
        let kind = node.kind();
        let named = self.may_name(&token, id, &open, to, Making { kind, replace })?;
        let volume = self.volume_mut(open.file.volume)?;
        volume.unlink(from.0, &from.1);
        if let Some((folder, key)) = &named.gone {
            volume.unlink(*folder, key);
        }
        let key = volume.link(named.folder, &named.name, open.file.node);
        let to = (named.folder, key.unwrap_or_default());
        self.handles.renamed(open.file.volume, &from, &to);
        Ok(())
    }

    /// Gives a file one more name ([MS-FSA] 2.1.5.15.6, `FileLinkInformation`). The file stays one
    /// thing: whatever is done by one name is done to it.
    ///
    /// # Errors
    ///
    /// The handle lacks `FILE_WRITE_ATTRIBUTES`, the folder there or what stands there refuses, or
    /// the volume has no such links.
    pub fn link(
        &mut self,
        who: ProcessId,
        handle: Handle,
        to: &FilePath,
        replace: Replace,
    ) -> Answer {
        let token = Arc::clone(&self.running(who)?.token);
        let needs = match self.semantics.hard_link_rights {
            HardLinkRights::WriteAttributes => AccessMask::FILE_WRITE_ATTRIBUTES,
            HardLinkRights::Nothing => AccessMask::NONE,
        };
        let (id, open) = self.own_file(who, handle, needs)?;
        if !self.keeps_more(open.file.volume) {
            return Err(Refusal::NotSupported);
        }
        let node = self.node(open.file).ok_or(Refusal::NotFound)?;
        if node.kind() == Kind::Folder {
            return Err(Refusal::IsAFolder);
        }
        let limit = Node::MAX_LINKS;
        if node.links.len() >= limit {
            return Err(Refusal::TooMuch {
                limit,
                what: "names of a file",
            });
        }
        if open
            .link
            .as_ref()
            .is_some_and(|link| self.is_deleting(open.file, link))
        {
            return Err(Refusal::DeletePending);
        }
        let kind = Kind::File;
        let named = self.may_name(&token, id, &open, to, Making { kind, replace })?;
        let volume = self.volume_mut(open.file.volume)?;
        if let Some((folder, key)) = &named.gone {
            volume.unlink(*folder, key);
        }
        volume.link(named.folder, &named.name, open.file.node);
        Ok(())
    }

    /// Whether a name may be made there, and what goes for it.
    fn may_name(
        &self,
        token: &Token,
        id: OpenId,
        open: &OpenFile,
        to: &FilePath,
        making: Making,
    ) -> Answer<Named> {
        let spot = self.spot(token, &Place::Path(to.clone()), Links::Open)?;
        let (Some(folder), Some((_, name))) = (spot.folder(), &spot.name) else {
            return Err(Refusal::Exists);
        };
        if folder.volume != open.file.volume {
            return Err(Refusal::OtherVolume);
        }
        if spot.stream.is_some() {
            return Err(Refusal::NotSupported);
        }
        let volume = self.volume(folder.volume).ok_or(Refusal::PathNotFound)?;
        if making.kind == Kind::Folder && volume.is_within(folder.node, open.file.node) {
            return Err(Refusal::Invalid("a folder is not moved into itself"));
        }
        let needs = match making.kind {
            Kind::File => AccessMask::FILE_WRITE_DATA,
            Kind::Folder => AccessMask::FILE_APPEND_DATA,
        };
        self.may_add(token, folder, making.kind)?;
        if !self.shares(folder, None, needs, Share::ALL) {
            return Err(Refusal::Sharing);
        }
        let gone = spot.link();
        let same = spot.node == Some(open.file.node);
        if spot.node.is_some() && !same {
            self.may_replace(token, id, &spot, making)?;
        } else if same && making.replace == Replace::Never && gone != open.link {
            return Err(Refusal::Exists);
        }
        Ok(Named {
            folder: folder.node,
            name: name.clone(),
            gone,
        })
    }

    /// Whether what stands at `spot` may go for another.
    ///
    /// A folder goes for a folder only, under POSIX semantics, and only if nothing is in it: what
    /// the standard libraries document that use them.
    fn may_replace(&self, token: &Token, by: OpenId, spot: &Spot, making: Making) -> Answer {
        let Making { kind, replace } = making;
        let file = spot.file().ok_or(Refusal::NotFound)?;
        let node = self.node(file).ok_or(Refusal::NotFound)?;
        if replace == Replace::Never {
            return Err(Refusal::Exists);
        }
        let folders = kind == Kind::Folder && replace == Replace::Posix;
        if node.kind() == Kind::Folder && !folders {
            return Err(Refusal::IsAFolder);
        }
        let link = self.link_of(spot);
        if link.is_some_and(|link| link.standing == Standing::Deleting) {
            return Err(Refusal::DeletePending);
        }
        if let Some(mut child) = self.child(spot, &Place::Number(file)) {
            if self.semantics.replace_target == ReplaceTarget::OwnDelete {
                child.folder = None;
            }
            let by = DeleteBy::Disposition;
            self.ask_file(token, &Operation::Delete { child, by }, file)?;
        }
        let anyway = replace == Replace::Posix;
        self.may_go(
            file,
            if anyway {
                Going::NameAnyway
            } else {
                Going::Name
            },
        )?;
        let mut opens = self
            .handles
            .opens()
            .filter(|(id, open)| *id != by && open.file == file);
        let minds = |open: &OpenFile| {
            let takes_part = Share::needed(open.granted) != Share::NONE;
            takes_part && !open.share.contains(Share::DELETE)
        };
        let is_held = match (replace, self.readings.posix_replace) {
            (Replace::Posix, PosixReplace::IgnoresSharing) => false,
            (Replace::Posix, PosixReplace::MindsSharing) => opens.any(|(_, open)| minds(open)),
            _ => opens.next().is_some(),
        };
        if is_held { Err(Refusal::InUse) } else { Ok(()) }
    }

    /// Whether something below a folder is open.
    fn has_open_below(&self, folder: FileId) -> bool {
        let Some(volume) = self.volume(folder.volume) else {
            return false;
        };
        self.handles.opens().any(|(_, open)| {
            open.file.volume == folder.volume
                && open.file != folder
                && open
                    .link
                    .as_ref()
                    .is_some_and(|link| volume.is_within(link.0, folder.node))
        })
    }

    /// Makes what a handle points at a link ([MS-FSA] 2.1.5.10.37, `FSCTL_SET_REPARSE_POINT`).
    ///
    /// # Errors
    ///
    /// The handle can neither write data nor attributes; a folder is not empty; a symbolic link
    /// is made without the privilege; the volume has no such links.
    pub fn set_reparse(&mut self, who: ProcessId, handle: Handle, reparse: Reparse) -> Answer {
        let token = Arc::clone(&self.running(who)?.token);
        let (_, open) = self.own_file(who, handle, AccessMask::NONE)?;
        let enough = AccessMask::FILE_WRITE_DATA | AccessMask::FILE_WRITE_ATTRIBUTES;
        if !open.granted.intersects(enough) {
            return Err(Refusal::HandleLacks(enough));
        }
        if !self.keeps_more(open.file.volume) {
            return Err(Refusal::NotSupported);
        }
        let node = self.node(open.file).ok_or(Refusal::NotFound)?;
        match (&reparse, node.folder()) {
            (_, Some(folder)) if !folder.entries.is_empty() => return Err(Refusal::NotEmpty),
            (Reparse::Junction(_), None) => return Err(Refusal::NotAFolder),
            _ => {}
        }
        let is_symlink = matches!(reparse, Reparse::Symlink(_) | Reparse::Relative(_));
        if is_symlink && !token.enables(Privilege::CreateSymbolicLink) {
            return Err(Refusal::PrivilegeNotHeld(Privilege::CreateSymbolicLink));
        }
        self.node_mut(open.file)?.reparse = Some(reparse);
        Ok(())
    }
}

/// What of a file is to go.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Going {
    /// A stream.
    Stream,
    /// A name.
    Name,
    /// A name, read-only or not (`FILE_DISPOSITION_IGNORE_READONLY_ATTRIBUTE`, and its like of a
    /// rename, which come with POSIX semantics).
    NameAnyway,
}

/// A name that is to be made.
#[derive(Debug, Clone, Copy)]
struct Making {
    kind: Kind,
    replace: Replace,
}

/// A name that may be made.
struct Named {
    folder: u32,
    name: Name,
    /// What stands there now.
    gone: Option<(u32, Arc<str>)>,
}
