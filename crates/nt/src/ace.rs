//! Entries of access control lists.
//!
//! Sixteen of the types of ACE are four verbs, with or without object types, with
//! or without a condition; the rest stands in a SACL and says something of its own
//! ([MS-DTYP] 2.4.4.1). A type that is not known is kept as it is.

use crate::claim::ResourceAttribute;
use crate::condition::Callback;
use crate::guid::Guid;
use crate::mask::AccessMask;
use crate::sid::Sid;

/// How an ACE is inherited and audited ([MS-DTYP] 2.4.4.1).
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct AceFlags(pub u8);

impl AceFlags {
    /// No flag.
    pub const NONE: Self = Self(0);
    /// `OI`: files inherit it.
    pub const OBJECT_INHERIT: Self = Self(0x01);
    /// `CI`: folders inherit it.
    pub const CONTAINER_INHERIT: Self = Self(0x02);
    /// `NP`: children inherit it, and pass it on to nobody.
    pub const NO_PROPAGATE: Self = Self(0x04);
    /// `IO`: it says nothing about the object that it stands on.
    pub const INHERIT_ONLY: Self = Self(0x08);
    /// `ID`: it was inherited.
    pub const INHERITED: Self = Self(0x10);
    /// `CR`, on a grant: it may not be removed (MSDN `ACE_HEADER`, critical).
    pub const CRITICAL: Self = Self(0x20);
    /// `SA`, on an audit: successes are logged.
    pub const SUCCESSFUL_ACCESS: Self = Self(0x40);
    /// `FA`, on an audit: failures are logged.
    pub const FAILED_ACCESS: Self = Self(0x80);
    /// `TP`, on an access filter: processes of the trust label pass; the bit of `SA`.
    pub const TRUST_PROTECTED_FILTER: Self = Self(0x40);

    /// Whether every flag of `other` is set.
    #[must_use]
    pub const fn contains(self, other: Self) -> bool {
        self.0 & other.0 == other.0
    }

    /// Whether a flag of `other` is set.
    #[must_use]
    pub const fn intersects(self, other: Self) -> bool {
        self.0 & other.0 != 0
    }

    /// With the flags of `other`.
    #[must_use]
    pub const fn union(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// Without the flags of `other`.
    #[must_use]
    pub const fn without(self, other: Self) -> Self {
        Self(self.0 & !other.0)
    }
}

/// One entry of an access control list ([MS-DTYP] 2.4.4).
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Ace {
    /// What kind of entry it is.
    pub kind: AceKind,
    /// How it is inherited and audited.
    pub flags: AceFlags,
    /// Which rights; of an unknown type, none.
    pub mask: AccessMask,
    /// Whom it is about; of an unknown type, nobody (`S-1-0-0`).
    pub sid: Sid,
    /// Bytes behind the SID of an ACE that carries nothing there.
    pub trailing: Vec<u8>,
}

/// What an entry does.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum AceKind {
    /// Grants the rights: `A`, `OA`, `XA`, `ZA`.
    Allow(Scope),
    /// Denies them: `D`, `OD`, `XD`.
    Deny(Scope),
    /// Logs their use: `AU`, `OU`, `XU`.
    Audit(Scope),
    /// Reserved: `AL`, `OL`.
    Alarm(Scope),
    /// `ML`: the integrity level of the object; the mask is a policy ([MS-DTYP] 2.4.4.13).
    MandatoryLabel,
    /// `RA`: an attribute of the object ([MS-DTYP] 2.4.4.15).
    ResourceAttribute(Box<ResourceAttribute>),
    /// `SP`: a central policy applies ([MS-DTYP] 2.4.4.16).
    ScopedPolicy,
    /// `TL`: how trusted a process must be to get more than the mask (winnt.h
    /// `SYSTEM_PROCESS_TRUST_LABEL_ACE`).
    TrustLabel,
    /// `FL`: the mask is what may be had at most where the condition fails (winnt.h
    /// `SYSTEM_ACCESS_FILTER_ACE`).
    AccessFilter(Box<Callback>),
    /// A type that is not known: what stands behind its header.
    Unknown {
        /// The number of the type.
        ace_type: u8,
        /// All but the header.
        body: Box<[u8]>,
    },
}

/// To what an entry that grants, denies or logs is narrowed.
///
/// Few are, so that neither takes room in an entry that is not.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash)]
pub struct Scope {
    /// For which types of object, in the object forms.
    pub object: Option<Box<ObjectTypes>>,
    /// Under which condition, in the callback forms.
    pub callback: Option<Box<Callback>>,
}

impl Scope {
    /// Narrowed to nothing: the plain forms.
    pub const ALL: Self = Self {
        object: None,
        callback: None,
    };
}

/// The GUIDs of an object ACE ([MS-DTYP] 2.4.4.3).
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
pub struct ObjectTypes {
    /// The property, property set, extended right or child class that it is about.
    pub object: Option<Guid>,
    /// The class of children that inherit it.
    pub inherited: Option<Guid>,
}

impl Ace {
    /// An entry of any kind.
    #[must_use]
    pub const fn new(kind: AceKind, flags: AceFlags, mask: AccessMask, sid: Sid) -> Self {
        Self {
            kind,
            flags,
            mask,
            sid,
            trailing: Vec::new(),
        }
    }

    /// A grant on this object alone.
    #[must_use]
    pub const fn allow(sid: Sid, mask: AccessMask) -> Self {
        Self::new(AceKind::Allow(Scope::ALL), AceFlags::NONE, mask, sid)
    }

    /// A denial on this object alone.
    #[must_use]
    pub const fn deny(sid: Sid, mask: AccessMask) -> Self {
        Self::new(AceKind::Deny(Scope::ALL), AceFlags::NONE, mask, sid)
    }

    /// A mandatory label: `policy` of the `LABEL_` rights.
    #[must_use]
    pub const fn label(level: Sid, policy: AccessMask) -> Self {
        Self::new(AceKind::MandatoryLabel, AceFlags::NONE, policy, level)
    }

    /// An entry of a type that is not known.
    #[must_use]
    pub fn unknown(ace_type: u8, flags: AceFlags, body: impl Into<Box<[u8]>>) -> Self {
        let body = body.into();
        let kind = AceKind::Unknown { ace_type, body };
        Self::new(kind, flags, AccessMask::NONE, Sid::NULL)
    }

    /// With these flags instead.
    #[must_use]
    pub fn with_flags(mut self, flags: AceFlags) -> Self {
        self.flags = flags;
        self
    }

    /// What it is narrowed to, if it grants, denies or logs.
    #[must_use]
    pub fn scope(&self) -> Option<&Scope> {
        match &self.kind {
            AceKind::Allow(scope)
            | AceKind::Deny(scope)
            | AceKind::Audit(scope)
            | AceKind::Alarm(scope) => Some(scope),
            _ => None,
        }
    }

    /// The condition or other bytes that it carries, if its type carries any.
    #[must_use]
    pub fn callback(&self) -> Option<&Callback> {
        match &self.kind {
            AceKind::AccessFilter(callback) => Some(callback),
            _ => self.scope()?.callback.as_deref(),
        }
    }

    /// The attribute that it gives the object, if it does that.
    #[must_use]
    pub fn attribute(&self) -> Option<&ResourceAttribute> {
        match &self.kind {
            AceKind::ResourceAttribute(attribute) => Some(attribute),
            _ => None,
        }
    }

    /// The GUIDs of one of the object forms, which need [`crate::AclRevision::Object`].
    #[must_use]
    pub fn object_types(&self) -> Option<ObjectTypes> {
        self.scope()?.object.as_deref().copied()
    }
}
