//! Opening and creating: the one place where rights are asked.
//!
//! The order is that of [MS-FSA] 2.1.5.1: the way there, the kind of thing, the
//! access check with what overwriting adds, sharing, and then what the open
//! itself does. Whoever creates a thing has it as it asked for it, whatever the
//! descriptor says that the thing is given.

use std::sync::Arc;

use fumehood_nt::evaluate::{Intent, Operation, with_intent};
use fumehood_nt::token::{Privilege, Token};
use fumehood_nt::{AccessMask, GenericMapping, SecurityDescriptor};

use crate::answer::{Answer, Checked, Refusal};
use crate::handle::{Handle, Held, Inherit, OnClose, OpenFile, Share, Target};
use crate::node::{Bytes, FileId, Guard, Kind, Node, Standing};
use crate::process::ProcessId;
use crate::security::descriptor_of_new;
use crate::volume::FileSystem;
use crate::walk::{Links, Place, Spot, unprotected};
use crate::world::World;

/// What is done if something stands there, and if nothing does (`NtCreateFile`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Hash)]
pub enum Disposition {
    /// Open it; fail without it.
    #[default]
    Open,
    /// Create it; fail with it.
    Create,
    /// Open or create it.
    OpenIf,
    /// Open it and throw its content away; fail without it.
    Overwrite,
    /// That, or create it.
    OverwriteIf,
    /// Put another in its place, or create it.
    Supersede,
}

/// A request to open.
#[derive(Debug, Clone, PartialEq)]
pub struct Open {
    /// What.
    pub place: Place,
    /// For what.
    pub desired: AccessMask,
    /// What others may do meanwhile.
    pub share: Share,
    /// What is done if something stands there, and if nothing does.
    pub how: Disposition,
    /// What it has to be; what is created without saying is a file.
    pub kind: Option<Kind>,
    /// Whether a link at the end is followed.
    pub links: Links,
    /// The descriptor asked for what is created.
    pub security: Option<Arc<SecurityDescriptor>>,
    /// What becomes of it in the end.
    pub on_close: OnClose,
    /// What it is for.
    pub intent: Intent,
}

impl Open {
    /// Opens what is there, sharing everything.
    #[must_use]
    pub fn existing(place: impl Into<Place>, desired: AccessMask) -> Self {
        Self {
            place: place.into(),
            desired,
            share: Share::ALL,
            how: Disposition::Open,
            kind: None,
            links: Links::Follow,
            security: None,
            on_close: OnClose::Nothing,
            intent: Intent::Ordinary,
        }
    }

    /// Creates what is not there, sharing everything.
    #[must_use]
    pub fn new_one(place: impl Into<Place>, desired: AccessMask, kind: Kind) -> Self {
        Self {
            how: Disposition::Create,
            kind: Some(kind),
            ..Self::existing(place, desired)
        }
    }

    /// The same with another disposition.
    #[must_use]
    pub fn how(self, how: Disposition) -> Self {
        Self { how, ..self }
    }

    /// The same, sharing this.
    #[must_use]
    pub fn sharing(self, share: Share) -> Self {
        Self { share, ..self }
    }

    /// The same, of the link itself.
    #[must_use]
    pub fn of_link(self) -> Self {
        Self {
            links: Links::Open,
            ..self
        }
    }

    fn opens_existing(&self) -> bool {
        self.how != Disposition::Create
    }

    fn replaces(&self) -> bool {
        use Disposition::{Overwrite, OverwriteIf, Supersede};
        matches!(self.how, Overwrite | OverwriteIf | Supersede)
    }
}

/// What an open did.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Did {
    /// It opened what was there.
    Opened,
    /// It created it.
    Created,
    /// It threw the content away.
    Replaced,
}

/// An open that succeeded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Opened {
    /// The handle.
    pub handle: Handle,
    /// What is open.
    pub file: FileId,
    /// What was done.
    pub did: Did,
    /// How it was granted.
    pub checked: Checked,
}

impl World {
    /// Opens or creates a file or folder, or a stream of one.
    ///
    /// # Errors
    ///
    /// It was refused, and nothing has changed.
    pub fn open(&mut self, who: ProcessId, open: &Open) -> Answer<Opened> {
        let token = Arc::clone(&self.running(who)?.token);
        self.handles.has_room()?;
        let spot = self.spot(&token, &open.place, open.links)?;
        if spot.stream.is_some() && !self.keeps_more(spot.volume) {
            return Err(Refusal::NotSupported);
        }
        let link = self.link_of(&spot);
        if link.is_some_and(|link| link.standing == Standing::Deleting) {
            return Err(Refusal::DeletePending);
        }
        match spot.file() {
            Some(_) if !open.opens_existing() && spot.stream.is_none() => Err(Refusal::Exists),
            Some(file) => self.open_existing(who, &token, open, &spot, file),
            None => self.create(who, &token, open, &spot),
        }
    }

    /// Whether the volume has descriptors, streams, links.
    pub(crate) fn keeps_more(&self, volume: u8) -> bool {
        let system = |volume: &crate::volume::Volume| volume.spec().system;
        self.volume(volume).map(system) == Some(FileSystem::Ntfs)
    }

    fn open_existing(
        &mut self,
        who: ProcessId,
        token: &Token,
        open: &Open,
        spot: &Spot,
        file: FileId,
    ) -> Answer<Opened> {
        let node = self.node(file).ok_or(Refusal::NotFound)?;
        let key: Option<Arc<str>> = spot.stream.as_ref().map(|name| name.key().into());
        let has_stream = node.stream(key.as_deref()).is_some();
        check_kind(node, open, key.is_some())?;
        match (has_stream, open.how) {
            (true, Disposition::Create) => return Err(Refusal::Exists),
            (false, Disposition::Open | Disposition::Overwrite) => return Err(Refusal::NotFound),
            _ => {}
        }
        let request = GenericMapping::FILE.map(open.desired);
        // A new stream changes the file (inferred: [MS-FSA] names no right for it).
        let extra = if has_stream {
            AccessMask::NONE
        } else {
            AccessMask::FILE_WRITE_DATA
        };
        let checked = self.may_open(token, open, spot, extra)?;
        let granted = granted(checked.granted, request);
        self.may_write(node, file, open, request)?;
        let share = self.sharing(token, spot, open);
        if !self.shares(file, key.as_deref(), granted, share) {
            return Err(Refusal::Sharing);
        }
        let did = match (has_stream, open.replaces()) {
            (false, _) => Did::Created,
            (true, true) => Did::Replaced,
            (true, false) => Did::Opened,
        };
        if did != Did::Opened {
            self.empty(file, key.as_ref())?;
        }
        let checked = Checked { granted, ..checked };
        Ok(self.opened(
            who,
            open,
            Opening {
                file,
                stream: key,
                link: spot.link(),
                share,
                checked,
                did,
            },
        ))
    }

    /// What is said of the name by which something was found.
    pub(crate) fn link_of(&self, spot: &Spot) -> Option<&crate::node::Link> {
        let (folder, key) = spot.link()?;
        let links = &self.node(spot.file()?)?.links;
        links
            .iter()
            .find(|link| link.folder == folder && link.key == key)
    }

    /// The access check of an open.
    fn may_open(
        &self,
        token: &Token,
        open: &Open,
        spot: &Spot,
        extra: AccessMask,
    ) -> Answer<Checked> {
        let file = spot.file().ok_or(Refusal::NotFound)?;
        let desired = GenericMapping::FILE.map(open.desired) | extra;
        let Some(child) = self.child(spot, &open.place) else {
            return Ok(unprotected(
                file,
                granted(AccessMask::FILE_ALL_ACCESS, desired),
            ));
        };
        let operation = match open.how {
            Disposition::Overwrite | Disposition::OverwriteIf if extra.is_empty() => {
                Operation::Overwrite { child, desired }
            }
            Disposition::Supersede if extra.is_empty() => Operation::Supersede { child, desired },
            _ => Operation::Open { child, desired },
        };
        let checked = self.ask_file(token, &operation, file);
        if checked.is_ok() || open.intent == Intent::Ordinary {
            return checked;
        }
        let files = &GenericMapping::FILE;
        let verdict = with_intent(
            child.object,
            token,
            desired,
            files,
            self.reading(),
            open.intent,
        );
        if verdict.granted() {
            Ok(Checked::of(&verdict))
        } else {
            checked
        }
    }

    /// What refuses writing whatever the descriptor says ([MS-FSA] 2.1.5.1.2.1).
    fn may_write(&self, node: &Node, file: FileId, open: &Open, request: AccessMask) -> Answer {
        let writes = AccessMask::FILE_WRITE_DATA | AccessMask::FILE_APPEND_DATA;
        let changes = request.intersects(writes) || open.replaces();
        if node.kind() == Kind::Folder {
            return Ok(());
        }
        if node.guard == Guard::ReadOnly && (changes || open.on_close != OnClose::Nothing) {
            return Err(Refusal::ReadOnly);
        }
        // The image of a program that runs is mapped: nobody writes to it.
        if changes && self.is_running(file) {
            return Err(Refusal::Sharing);
        }
        Ok(())
    }

    /// What an open shares. Whoever could not add a file to the folder cannot keep readers out
    /// ([MS-FSA] 2.1.5.1.2.2).
    fn sharing(&self, token: &Token, spot: &Spot, open: &Open) -> Share {
        let folder = spot.folder().and_then(|folder| self.descriptor(folder));
        let shares = open.share.contains(Share::READ);
        let may_add = |descriptor| self.may_alone(token, descriptor, AccessMask::FILE_WRITE_DATA);
        match folder.filter(|_| !shares) {
            Some(descriptor) if !may_add(descriptor) => open.share.with(Share::READ),
            _ => open.share,
        }
    }

    /// Throws the content away: of the unnamed stream the named ones go along.
    fn empty(&mut self, file: FileId, stream: Option<&Arc<str>>) -> Answer {
        let node = self.node_mut(file)?;
        let Some(key) = stream else {
            node.content = Bytes::default();
            node.streams.clear();
            return Ok(());
        };
        let limit = Node::MAX_STREAMS;
        if node.streams.len() >= limit {
            return Err(Refusal::TooMuch {
                limit,
                what: "streams",
            });
        }
        node.streams.insert(Arc::clone(key), Bytes::default());
        Ok(())
    }

    fn create(
        &mut self,
        who: ProcessId,
        token: &Token,
        open: &Open,
        spot: &Spot,
    ) -> Answer<Opened> {
        if matches!(open.how, Disposition::Open | Disposition::Overwrite) {
            return Err(Refusal::NotFound);
        }
        let (folder, name) = spot
            .folder()
            .zip(spot.name.as_ref())
            .ok_or(Refusal::Exists)?;
        let kind = open.kind.unwrap_or(Kind::File);
        let request = GenericMapping::FILE.map(open.desired);
        if request.intersects(AccessMask::ACCESS_SYSTEM_SECURITY)
            && !token.enables(Privilege::Security)
        {
            return Err(Refusal::PrivilegeNotHeld(Privilege::Security));
        }
        let above = self.node(folder).ok_or(Refusal::PathNotFound)?;
        if above
            .links
            .iter()
            .any(|link| link.standing == Standing::Deleting)
        {
            return Err(Refusal::DeletePending);
        }
        let checked = self.may_add(token, folder, kind)?;
        let descriptor = match &above.descriptor {
            None => None,
            Some(above) => {
                let asked = open.security.as_deref();
                let (mapping, heir) = (&GenericMapping::FILE, kind.heir());
                Some(descriptor_of_new(token, Some(above), asked, heir, mapping)?)
            }
        };
        let mut node = Node::new(kind, descriptor);
        let stream: Option<Arc<str>> = spot.stream.as_ref().map(|name| name.key().into());
        if let Some(key) = &stream {
            node.streams.insert(Arc::clone(key), Bytes::default());
        }
        let file = self.put_node(folder, &name.1, node)?;
        let link = self.node(file).and_then(|node| node.links.first());
        let link = link.map(|link| (link.folder, Arc::clone(&link.key)));
        let granted = granted(AccessMask::FILE_ALL_ACCESS, request);
        let checked = Checked { granted, ..checked };
        let (share, did) = (open.share, Did::Created);
        Ok(self.opened(
            who,
            open,
            Opening {
                file,
                stream,
                link,
                share,
                checked,
                did,
            },
        ))
    }

    fn opened(&mut self, who: ProcessId, open: &Open, opening: Opening) -> Opened {
        let Opening {
            file,
            stream,
            link,
            share,
            checked,
            did,
        } = opening;
        let id = self.handles.add_open(OpenFile {
            file,
            stream,
            link,
            granted: checked.granted,
            share,
            on_close: open.on_close,
            checked,
        });
        let handle = self.handles.hold(Held {
            process: who,
            target: Target::File(id),
            granted: checked.granted,
            inherit: Inherit::Kept,
        });
        Opened {
            handle,
            file,
            did,
            checked,
        }
    }
}

/// An open that nothing refused.
struct Opening {
    file: FileId,
    stream: Option<Arc<str>>,
    link: Option<(u32, Arc<str>)>,
    share: Share,
    checked: Checked,
    did: Did,
}

/// What a handle gets of what the check gave: what was asked for, or all of it for
/// `MAXIMUM_ALLOWED`.
fn granted(given: AccessMask, request: AccessMask) -> AccessMask {
    if request.intersects(AccessMask::MAXIMUM_ALLOWED) {
        given | request.without(AccessMask::MAXIMUM_ALLOWED)
    } else {
        request
    }
}

/// Whether the thing is of the kind that is asked for.
fn check_kind(node: &Node, open: &Open, of_stream: bool) -> Answer {
    match (node.kind(), open.kind) {
        (Kind::File, Some(Kind::Folder)) => Err(Refusal::NotAFolder),
        (Kind::Folder, Some(Kind::File)) if !of_stream => Err(Refusal::IsAFolder),
        (Kind::Folder, _) if open.replaces() && !of_stream => Err(Refusal::IsAFolder),
        _ => Ok(()),
    }
}
