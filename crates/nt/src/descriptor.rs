//! Security descriptors: owner, group, and the two lists.
//!
//! Three things are easily taken for one: a descriptor *without* a DACL, one whose
//! DACL is *NULL*, and one whose DACL is *empty*. The first two grant everything to
//! everyone, the last grants nothing ([MS-DTYP] 2.4.6, 2.5.3).

use crate::acl::Acl;
use crate::sid::Sid;

/// What stands where a list may stand.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash)]
pub enum AclField {
    /// The present flag is clear: nothing is said. On a DACL, everything is granted.
    #[default]
    Absent,
    /// The flag is set and there is no list: on a DACL, everything is granted.
    Null,
    /// A list. An empty DACL grants nothing.
    List(Acl),
}

impl AclField {
    /// The list, if there is one.
    #[must_use]
    pub fn list(&self) -> Option<&Acl> {
        match self {
            Self::List(acl) => Some(acl),
            Self::Absent | Self::Null => None,
        }
    }

    /// The list, to be changed.
    pub fn list_mut(&mut self) -> Option<&mut Acl> {
        match self {
            Self::List(acl) => Some(acl),
            Self::Absent | Self::Null => None,
        }
    }

    /// Whether the present flag is set.
    #[must_use]
    pub fn is_present(&self) -> bool {
        !matches!(self, Self::Absent)
    }
}

impl From<Acl> for AclField {
    fn from(acl: Acl) -> Self {
        Self::List(acl)
    }
}

/// The control flags that are not implied by the rest ([MS-DTYP] 2.4.6).
///
/// Whether a list is present and that the bytes are self-relative follow from the value and its
/// form, and cannot be set here.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Control(u16);

impl Control {
    /// No flag.
    pub const NONE: Self = Self(0);
    /// OD: the owner came from a default.
    pub const OWNER_DEFAULTED: Self = Self(0x0001);
    /// GD: the group came from a default.
    pub const GROUP_DEFAULTED: Self = Self(0x0002);
    /// DD: the DACL came from a default.
    pub const DACL_DEFAULTED: Self = Self(0x0008);
    /// SD: the SACL came from a default.
    pub const SACL_DEFAULTED: Self = Self(0x0020);
    /// DT: the DACL was given by a trusted source.
    pub const DACL_TRUSTED: Self = Self(0x0040);
    /// SS: a server's descriptor.
    pub const SERVER_SECURITY: Self = Self(0x0080);
    /// DC, `AR` in SDDL: the DACL shall be inherited by children.
    pub const DACL_AUTO_INHERIT_REQ: Self = Self(0x0100);
    /// SC, `AR` in SDDL: the SACL shall be inherited by children.
    pub const SACL_AUTO_INHERIT_REQ: Self = Self(0x0200);
    /// DI, `AI` in SDDL: the DACL was made by inheritance.
    pub const DACL_AUTO_INHERITED: Self = Self(0x0400);
    /// SI, `AI` in SDDL: the SACL was made by inheritance.
    pub const SACL_AUTO_INHERITED: Self = Self(0x0800);
    /// PD, `P` in SDDL: the DACL takes nothing from parents.
    pub const DACL_PROTECTED: Self = Self(0x1000);
    /// PS, `P` in SDDL: the SACL takes nothing from parents.
    pub const SACL_PROTECTED: Self = Self(0x2000);
    /// RM: the byte of the resource manager means something.
    pub const RM_CONTROL_VALID: Self = Self(0x4000);

    /// DP: implied by [`SecurityDescriptor::dacl`].
    pub(crate) const DACL_PRESENT: u16 = 0x0004;
    /// SP: implied by [`SecurityDescriptor::sacl`].
    pub(crate) const SACL_PRESENT: u16 = 0x0010;
    /// SR: implied by the binary form.
    pub(crate) const SELF_RELATIVE: u16 = 0x8000;
    const IMPLIED: u16 = Self::DACL_PRESENT | Self::SACL_PRESENT | Self::SELF_RELATIVE;

    /// The flags of the control word `bits`, without the implied ones.
    #[must_use]
    pub const fn from_bits(bits: u16) -> Self {
        Self(bits & !Self::IMPLIED)
    }

    /// The flags as bits of the control word.
    #[must_use]
    pub const fn bits(self) -> u16 {
        self.0
    }

    /// Whether every flag of `other` is set.
    #[must_use]
    pub const fn contains(self, other: Self) -> bool {
        self.0 & other.0 == other.0
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

/// A security descriptor ([MS-DTYP] 2.4.6).
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash)]
pub struct SecurityDescriptor {
    /// The control flags that are not implied by the fields.
    pub control: Control,
    /// The byte of the resource manager, which is kept and means nothing here.
    pub resource_manager: u8,
    /// Who may always read and change the DACL.
    pub owner: Option<Sid>,
    /// The primary group, which POSIX cares about.
    pub group: Option<Sid>,
    /// Who may do what.
    pub dacl: AclField,
    /// What is logged, the mandatory label, attributes, policies.
    pub sacl: AclField,
}

impl SecurityDescriptor {
    /// The whole control word: the flags and what the fields imply.
    #[must_use]
    pub fn control_word(&self) -> u16 {
        let present = |field: &AclField, flag| if field.is_present() { flag } else { 0 };
        self.control.bits()
            | present(&self.dacl, Control::DACL_PRESENT)
            | present(&self.sacl, Control::SACL_PRESENT)
            | Control::SELF_RELATIVE
    }
}
