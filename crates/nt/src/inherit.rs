//! Inheritance: which descriptor a new object gets, and what a change does to children.
//!
//! The flag table ([MS-DTYP] 2.5.3.4 in its prose; its pseudocode skips ACEs with
//! `IO` and its table leaves `IO` on folders, which contradicts the prose and
//! Windows):
//!
//! | ACE of the parent | on a file | on a folder |
//! |---|---|---|
//! | neither `OI` nor `CI` | – | – |
//! | `OI` | applies | passed on: `OI IO` |
//! | `OI NP` | applies | – |
//! | `CI`, `CI OI` | as by `OI` | applies, and is passed on: `CI`, `CI OI` |
//! | `CI NP`, `CI OI NP` | as by `OI` | applies |
//!
//! `IO` on the parent's ACE stops nothing. Every copy gets `ID`. Where a copy that
//! applies names CREATOR OWNER, CREATOR GROUP or generic rights, they become the
//! real owner, group and rights; if it is passed on as well it stands twice, once
//! made real and once as it was, with `IO`.
//!
//! NTFS does this when an object is made, and `SetNamedSecurityInfo` in user mode,
//! one object at a time, for what exists already; `SetFileSecurity` does not, and
//! an object that is moved keeps what it has.

use crate::ace::{Ace, AceFlags, AceKind};
use crate::acl::Acl;
use crate::descriptor::{AclField, Control, SecurityDescriptor};
use crate::mask::{AccessMask, GenericMapping};
use crate::sid::Sid;
use crate::token::{Integrity, Token};

/// What inherits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Heir {
    /// A file, a value, anything that holds nothing.
    File,
    /// A folder, a key: it passes on.
    Folder,
}

/// Whom CREATOR OWNER and CREATOR GROUP become.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Creator {
    /// The owner of the new object; none leaves CREATOR OWNER as it is.
    pub owner: Option<Sid>,
    /// Its group.
    pub group: Option<Sid>,
}

/// What a new object is made from.
#[derive(Debug, Clone, Copy)]
pub struct Creation<'a> {
    /// The descriptor of what it is made in; none if nothing is inherited.
    pub parent: Option<&'a SecurityDescriptor>,
    /// The descriptor that the creator asks for.
    pub asked: Option<&'a SecurityDescriptor>,
    /// Who creates it.
    pub token: &'a Token,
    /// What it is.
    pub heir: Heir,
    /// What its generic rights are.
    pub mapping: &'a GenericMapping,
}

/// One or two ACEs: what applies to the heir, and what it passes on.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Inherited {
    /// Applies to the heir.
    pub effective: Option<Ace>,
    /// Stands on the heir for its children only.
    pub passed_on: Option<Ace>,
}

impl Inherited {
    fn into_iter(self) -> impl Iterator<Item = Ace> {
        self.effective.into_iter().chain(self.passed_on)
    }
}

/// The flags that say how an ACE is inherited.
const INHERITANCE: AceFlags = AceFlags::OBJECT_INHERIT
    .union(AceFlags::CONTAINER_INHERIT)
    .union(AceFlags::NO_PROPAGATE)
    .union(AceFlags::INHERIT_ONLY);

/// What an ACE of the parent becomes on the heir.
///
/// An object ACE that only one class of children inherits reaches no file and no folder, since
/// none has a class; folders pass it on ([MS-DTYP] 2.4.4.3).
#[must_use]
pub fn inherit_ace(
    ace: &Ace,
    heir: Heir,
    creator: &Creator,
    mapping: &GenericMapping,
) -> Inherited {
    let to_files = ace.flags.contains(AceFlags::OBJECT_INHERIT);
    let to_folders = ace.flags.contains(AceFlags::CONTAINER_INHERIT);
    let passes_on = heir == Heir::Folder
        && (to_files || to_folders)
        && !ace.flags.contains(AceFlags::NO_PROPAGATE);
    let is_of_class = ace
        .object_types()
        .is_some_and(|types| types.inherited.is_some());
    let applies = !is_of_class
        && match heir {
            Heir::File => to_files,
            Heir::Folder => to_folders,
        };
    let base = ace.flags.without(INHERITANCE).union(AceFlags::INHERITED);
    let mut onward = base;
    if to_files {
        onward = onward.union(AceFlags::OBJECT_INHERIT);
    }
    if to_folders {
        onward = onward.union(AceFlags::CONTAINER_INHERIT);
    }
    let flags = if passes_on { onward } else { base };
    let for_children = ace.clone().with_flags(onward.union(AceFlags::INHERIT_ONLY));
    if applies {
        let flags = Flags {
            whole: flags,
            alone: base,
            passes_on,
        };
        made_real(ace, flags, creator, mapping)
    } else {
        Inherited {
            effective: None,
            passed_on: passes_on.then_some(for_children),
        }
    }
}

/// The flags of an ACE that applies.
#[derive(Debug, Clone, Copy)]
struct Flags {
    /// If it stands once.
    whole: AceFlags,
    /// On the copy that applies, if it is split.
    alone: AceFlags,
    /// Whether the heir passes it on.
    passes_on: bool,
}

/// The ACE whole if nothing in it has to become real, or nobody inherits it; else split.
fn made_real(ace: &Ace, flags: Flags, creator: &Creator, mapping: &GenericMapping) -> Inherited {
    let (sid, mask) = (real_sid(&ace.sid, creator), real_mask(ace, mapping));
    let splits = flags.passes_on && (sid != ace.sid || mask != ace.mask);
    let (alone, onward) = (flags.alone, flags.whole.union(AceFlags::INHERIT_ONLY));
    let mut effective = ace.clone();
    effective.flags = if splits { alone } else { flags.whole };
    (effective.sid, effective.mask) = (sid, mask);
    Inherited {
        effective: Some(effective),
        passed_on: splits.then(|| ace.clone().with_flags(onward)),
    }
}

fn real_sid(sid: &Sid, creator: &Creator) -> Sid {
    let real = match *sid {
        Sid::CREATOR_OWNER => creator.owner,
        Sid::CREATOR_GROUP => creator.group,
        _ => None,
    };
    real.unwrap_or(*sid)
}

/// Generic rights become real where the mask is one of rights.
fn real_mask(ace: &Ace, mapping: &GenericMapping) -> AccessMask {
    if ace.scope().is_some() {
        mapping.map(ace.mask)
    } else {
        ace.mask
    }
}

/// The descriptor of a new object ([MS-DTYP] 2.5.3.4).
///
/// Owner and group are the ones asked for, or the token's. The DACL: a list that is asked for
/// stands first, and what is inherited behind it unless it is protected; without one only what is
/// inherited; without either the token's default. The SACL is made the same way without a
/// default, its label apart (see [`label_of_new`]).
#[must_use]
pub fn on_create(creation: &Creation<'_>) -> SecurityDescriptor {
    let spec = creation.token.spec();
    let asked = creation.asked;
    let owner = asked.and_then(|asked| asked.owner).unwrap_or(spec.owner);
    let group = asked
        .and_then(|asked| asked.group)
        .unwrap_or(spec.primary_group);
    let creator = Creator {
        owner: Some(owner),
        group: Some(group),
    };
    let mut control = Control::NONE;
    let dacl = new_list(creation, &creator, List::Dacl, &mut control);
    let mut sacl = new_list(creation, &creator, List::Sacl, &mut control);
    if let Some(label) = label_of_new(creation) {
        match &mut sacl {
            AclField::List(list) => list.aces.push(label),
            field => *field = Acl::new(vec![label]).into(),
        }
    }
    SecurityDescriptor {
        control,
        owner: Some(owner),
        group: Some(group),
        dacl,
        sacl,
        ..SecurityDescriptor::default()
    }
}

/// Which list is being made, and the flags that are its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum List {
    Dacl,
    Sacl,
}

impl List {
    const fn of(self, descriptor: &SecurityDescriptor) -> &AclField {
        match self {
            Self::Dacl => &descriptor.dacl,
            Self::Sacl => &descriptor.sacl,
        }
    }

    const fn protected(self) -> Control {
        match self {
            Self::Dacl => Control::DACL_PROTECTED,
            Self::Sacl => Control::SACL_PROTECTED,
        }
    }

    const fn auto_inherited(self) -> Control {
        match self {
            Self::Dacl => Control::DACL_AUTO_INHERITED,
            Self::Sacl => Control::SACL_AUTO_INHERITED,
        }
    }
}

/// One list of a new object.
fn new_list(
    creation: &Creation<'_>,
    creator: &Creator,
    list: List,
    control: &mut Control,
) -> AclField {
    let asked = creation.asked.map(|asked| (asked.control, list.of(asked)));
    let is_protected = asked.is_some_and(|(control, _)| control.contains(list.protected()));
    let inherited = if is_protected {
        *control = control.union(list.protected());
        Vec::new()
    } else {
        inherited_aces(
            creation.parent.map(|parent| list.of(parent)),
            creation,
            creator,
        )
    };
    let asked = asked.map_or(&AclField::Absent, |(_, field)| field);
    match asked {
        // Everyone is let in on purpose; there is nothing to add to that.
        AclField::Null => AclField::Null,
        AclField::List(own) => {
            let own = own.aces.iter().filter(|ace| !is_label(ace));
            let explicit = own.flat_map(|ace| own_ace(ace, creation, creator).into_iter());
            if !inherited.is_empty() {
                *control = control.union(list.auto_inherited());
            }
            Acl::new(explicit.chain(inherited).collect()).into()
        }
        AclField::Absent if !inherited.is_empty() => {
            *control = control.union(list.auto_inherited());
            Acl::new(inherited).into()
        }
        AclField::Absent if list == List::Dacl => {
            *control = control.union(Control::DACL_DEFAULTED);
            default_dacl(creation, creator)
        }
        AclField::Absent => AclField::Absent,
    }
}

/// The token's default DACL, made real; without one, no DACL.
fn default_dacl(creation: &Creation<'_>, creator: &Creator) -> AclField {
    match &creation.token.spec().default_dacl {
        None => AclField::Absent,
        Some(default) => {
            let aces = default.aces.iter();
            let real = aces.flat_map(|ace| own_ace(ace, creation, creator).into_iter());
            Acl::new(real.collect()).into()
        }
    }
}

/// An ACE that was asked for, made real: it is not inherited, whatever it says.
fn own_ace(ace: &Ace, creation: &Creation<'_>, creator: &Creator) -> Inherited {
    let whole = ace.flags.without(AceFlags::INHERITED);
    if whole.contains(AceFlags::INHERIT_ONLY) {
        let passed_on = Some(ace.clone().with_flags(whole));
        return Inherited {
            effective: None,
            passed_on,
        };
    }
    let heirs = AceFlags::OBJECT_INHERIT.union(AceFlags::CONTAINER_INHERIT);
    let flags = Flags {
        whole,
        alone: whole.without(INHERITANCE),
        passes_on: creation.heir == Heir::Folder && whole.intersects(heirs),
    };
    made_real(ace, flags, creator, creation.mapping)
}

fn inherited_aces(
    parent: Option<&AclField>,
    creation: &Creation<'_>,
    creator: &Creator,
) -> Vec<Ace> {
    let Some(list) = parent.and_then(AclField::list) else {
        return Vec::new();
    };
    let aces = list.aces.iter().filter(|ace| !is_label(ace));
    aces.flat_map(|ace| inherit_ace(ace, creation.heir, creator, creation.mapping).into_iter())
        .collect()
}

fn is_label(ace: &Ace) -> bool {
    ace.kind == AceKind::MandatoryLabel
}

/// The label of a new object, which goes its own way (MSDN *Mandatory Integrity Control*).
///
/// The one asked for; else the one that the parent passes on; else, for a creator below medium,
/// the creator's own level, so that its next open succeeds. Otherwise none, which counts as
/// medium.
#[must_use]
pub fn label_of_new(creation: &Creation<'_>) -> Option<Ace> {
    let label_in = |descriptor: &SecurityDescriptor| -> Option<Ace> {
        descriptor
            .sacl
            .list()?
            .aces
            .iter()
            .find(|ace| is_label(ace))
            .cloned()
    };
    if let Some(asked) = creation.asked.and_then(label_in) {
        return Some(asked);
    }
    let nobody = Creator {
        owner: None,
        group: None,
    };
    let inherited = creation.parent.and_then(label_in).and_then(|label| {
        let inherited = inherit_ace(&label, creation.heir, &nobody, creation.mapping);
        inherited.effective.or(inherited.passed_on)
    });
    let level = creation.token.spec().integrity;
    let own = || {
        let policy = AccessMask::LABEL_NO_WRITE_UP;
        (level < Integrity::MEDIUM).then(|| Ace::label(level.sid(), policy))
    };
    inherited.or_else(own)
}

/// The child's DACL after the parent's has changed: what is the child's own stays, in its order,
/// and what it inherits is made anew.
///
/// Nothing changes on a child whose DACL is protected, and on one without a DACL
/// (`SetNamedSecurityInfo`; MSDN *Automatic Propagation of Inheritable ACEs*).
#[must_use]
pub fn propagate(
    parent: &SecurityDescriptor,
    child: &SecurityDescriptor,
    heir: Heir,
    mapping: &GenericMapping,
) -> SecurityDescriptor {
    let mut result = child.clone();
    if child.control.contains(Control::DACL_PROTECTED) {
        return result;
    }
    let AclField::List(list) = &mut result.dacl else {
        return result;
    };
    let creator = Creator {
        owner: child.owner,
        group: child.group,
    };
    let own = list
        .aces
        .iter()
        .filter(|ace| !ace.flags.contains(AceFlags::INHERITED));
    let parents = parent.dacl.list().into_iter().flat_map(|list| &list.aces);
    let inherited = parents.flat_map(|ace| inherit_ace(ace, heir, &creator, mapping).into_iter());
    *list = Acl::new(own.cloned().chain(inherited).collect());
    result.control = result.control.union(Control::DACL_AUTO_INHERITED);
    result
}

/// What becomes of inherited ACEs when a DACL is protected.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Protect {
    /// They become the object's own (`icacls /inheritance:d`).
    Keep,
    /// They go (`icacls /inheritance:r`).
    Drop,
}

/// The descriptor with its DACL protected from the parent's.
#[must_use]
pub fn protect(descriptor: &SecurityDescriptor, protect: Protect) -> SecurityDescriptor {
    let mut result = descriptor.clone();
    result.control = result
        .control
        .union(Control::DACL_PROTECTED)
        .without(Control::DACL_AUTO_INHERITED);
    if let AclField::List(list) = &mut result.dacl {
        if protect == Protect::Drop {
            list.aces
                .retain(|ace| !ace.flags.contains(AceFlags::INHERITED));
        }
        for ace in &mut list.aces {
            ace.flags = ace.flags.without(AceFlags::INHERITED);
        }
    }
    result
}

/// The descriptor with its DACL open to the parent's again (`icacls /inheritance:e`).
///
/// ACEs that were kept when it was protected stay its own, so that they stand twice.
#[must_use]
pub fn unprotect(
    parent: &SecurityDescriptor,
    descriptor: &SecurityDescriptor,
    heir: Heir,
    mapping: &GenericMapping,
) -> SecurityDescriptor {
    let mut open = descriptor.clone();
    open.control = open.control.without(Control::DACL_PROTECTED);
    propagate(parent, &open, heir, mapping)
}
