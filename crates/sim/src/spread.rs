//! Changing a folder's descriptor and what its children inherit of it.
//!
//! On NTFS an inheritable ACE reaches what exists already only by being written to
//! each. `SetNamedSecurityInfo` does that in user mode, one object after the other,
//! with the caller's rights: what the caller may not change stays as it was, and an
//! end in the middle leaves half of the tree changed (MSDN *Automatic Propagation
//! of Inheritable ACEs*).

use std::collections::VecDeque;
use std::sync::Arc;

use fumehood_nt::descriptor::Control;
use fumehood_nt::evaluate::Operation;
use fumehood_nt::inherit::{Creator, Heir, inherit_ace, propagate};
use fumehood_nt::token::Token;
use fumehood_nt::{
    AccessMask, Ace, AceFlags, AceKind, Acl, AclField, GenericMapping, SecurityDescriptor,
};

use crate::answer::{Answer, Refusal};
use crate::name::Name;
use crate::node::{FileId, Kind, Node};
use crate::open::Open;
use crate::path::FilePath;
use crate::process::ProcessId;
use crate::security::{Parts, may_label};
use crate::walk::{Links, Place, Spot};
use crate::world::World;

/// What a walk over the children did.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Spread {
    /// What was changed, from the top.
    pub changed: Vec<FileId>,
    /// What the caller might not change or look into.
    pub skipped: Vec<FileId>,
}

/// How far a walk gets.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Hash)]
pub enum Extent {
    /// To the end.
    #[default]
    Whole,
    /// Over so many children, and then it ends as if nothing were left.
    Children(usize),
}

impl World {
    /// Sets parts of the descriptor of what stands at `path`, and what its children inherit.
    ///
    /// The DACL is set as `SetNamedSecurityInfo` sets it: unless it is protected, what the object
    /// inherits is made anew from its folder. Below links nothing is changed.
    ///
    /// # Errors
    ///
    /// The object itself refuses; nothing has changed then.
    pub fn set_named_security(
        &mut self,
        who: ProcessId,
        path: &FilePath,
        parts: Parts,
        new: &SecurityDescriptor,
        extent: Extent,
    ) -> Answer<Spread> {
        let token = Arc::clone(&self.running(who)?.token);
        let open = Open::existing(path, parts.rights() | AccessMask::READ_CONTROL);
        let mut after = self.clone();
        let opened = after.open(who, &open)?;
        let mut set = new.clone();
        if parts.contains(Parts::DACL)
            && let Some((above, heir)) = self.above(&token, path, opened.file)
        {
            set = propagate(above, new, heir, &GenericMapping::FILE);
        }
        after.set_security(who, opened.handle, parts, &set)?;
        after.close(who, opened.handle)?;
        let mut spread = Spread::default();
        spread.changed.push(opened.file);
        if parts.contains(Parts::DACL) || parts.contains(Parts::LABEL) {
            after.spread(&token, opened.file, Walk { extent, parts }, &mut spread);
        }
        *self = after;
        Ok(spread)
    }

    /// The folder's descriptor, if the caller may read it, and how the object inherits.
    fn above(
        &self,
        token: &Token,
        path: &FilePath,
        file: FileId,
    ) -> Option<(&SecurityDescriptor, Heir)> {
        let folder = self
            .spot(token, &Place::from(path), Links::Open)
            .ok()?
            .folder()?;
        let descriptor = self.descriptor(folder)?;
        let reads = self.may_alone(token, descriptor, AccessMask::READ_CONTROL);
        let kind = self.node(file)?.kind();
        reads.then_some((descriptor, kind.heir()))
    }

    /// Makes anew what everything below `top` inherits, from the top down.
    fn spread(&mut self, token: &Token, top: FileId, walk: Walk, spread: &mut Spread) {
        let mut todo = VecDeque::from([top]);
        let mut left = match walk.extent {
            Extent::Whole => usize::MAX,
            Extent::Children(most) => most,
        };
        while let Some(folder) = todo.pop_front() {
            if !self.may_list(token, folder) {
                spread.skipped.push(folder);
                continue;
            }
            for child in self.children(folder) {
                if left == 0 {
                    return;
                }
                left -= 1;
                if self.renew(token, folder, child, walk.parts).is_err() {
                    spread.skipped.push(child);
                    continue;
                }
                spread.changed.push(child);
                let enters = |node: &Node| node.kind() == Kind::Folder && node.reparse.is_none();
                if self.node(child).is_some_and(enters) {
                    todo.push_back(child);
                }
            }
        }
    }

    fn may_list(&self, token: &Token, folder: FileId) -> bool {
        let is_folder = self
            .node(folder)
            .is_some_and(|node| node.folder().is_some());
        let descriptor = self.descriptor(folder);
        let lists = |descriptor| self.may_alone(token, descriptor, AccessMask::FILE_READ_DATA);
        // A file has no children: there is nothing that might not be listed.
        !is_folder || descriptor.is_none_or(lists)
    }

    /// What stands in a folder, by name.
    #[must_use]
    pub fn children(&self, folder: FileId) -> Vec<FileId> {
        let entries = self.node(folder).and_then(Node::folder);
        let nodes = entries
            .into_iter()
            .flat_map(|folder| folder.entries.values());
        nodes
            .map(|entry| FileId {
                node: entry.node,
                ..folder
            })
            .collect()
    }

    /// Makes anew what one child inherits, if the caller may change these parts of it.
    fn renew(&mut self, token: &Token, folder: FileId, child: FileId, parts: Parts) -> Answer {
        let above = self.descriptor(folder).ok_or(Refusal::NotSupported)?;
        let node = self.node(child).ok_or(Refusal::NotFound)?;
        let old = node.descriptor.as_deref().ok_or(Refusal::NotSupported)?;
        let link = node.links.iter().find(|link| link.folder == folder.node);
        let spot = Spot {
            volume: child.volume,
            name: link.map(|link| (link.folder, Name::of(&link.key))),
            key: link.map(|link| Arc::clone(&link.key)),
            node: Some(child.node),
            stream: None,
        };
        let question = self
            .child(&spot, &Place::Number(child))
            .ok_or(Refusal::NotSupported)?;
        let desired = AccessMask::READ_CONTROL | parts.rights();
        self.ask_file(
            token,
            &Operation::Open {
                child: question,
                desired,
            },
            child,
        )?;
        let heir = node.kind().heir();
        let mut renewed = old.clone();
        if parts.contains(Parts::DACL) {
            renewed = propagate(above, &renewed, heir, &GenericMapping::FILE);
        }
        if parts.contains(Parts::LABEL) {
            renewed = with_label_of(above, renewed, heir);
            may_label(token, &renewed)?;
        }
        self.node_mut(child)?.descriptor = Some(Arc::new(renewed));
        Ok(())
    }
}

/// How far a walk goes, and what it makes anew.
#[derive(Debug, Clone, Copy)]
struct Walk {
    extent: Extent,
    parts: Parts,
}

/// The child with the label that its folder passes on; a label of its own stays.
fn with_label_of(
    above: &SecurityDescriptor,
    mut child: SecurityDescriptor,
    heir: Heir,
) -> SecurityDescriptor {
    let is_label = |ace: &Ace| ace.kind == AceKind::MandatoryLabel;
    let of = |descriptor: &SecurityDescriptor| {
        let aces = descriptor.sacl.list().map_or(&[][..], |list| &list.aces);
        aces.iter().find(|ace| is_label(ace)).cloned()
    };
    let own = of(&child).is_some_and(|label| !label.flags.contains(AceFlags::INHERITED));
    if own || child.control.contains(Control::SACL_PROTECTED) {
        return child;
    }
    let nobody = Creator {
        owner: None,
        group: None,
    };
    let inherited = of(above).and_then(|label| {
        let inherited = inherit_ace(&label, heir, &nobody, &GenericMapping::FILE);
        inherited.effective.or(inherited.passed_on)
    });
    let others = child.sacl.list().map_or(&[][..], |list| &list.aces);
    let others = others.iter().filter(|ace| !is_label(ace)).cloned();
    let aces: Vec<Ace> = others.chain(inherited).collect();
    child.sacl = if aces.is_empty() {
        AclField::Absent
    } else {
        Acl::new(aces).into()
    };
    child
}
