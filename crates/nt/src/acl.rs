//! Access control lists: their order and their size.
//!
//! NT walks a list as it is stored; that denials stand first is the duty of whoever
//! writes it. The size is a 16-bit number of bytes ([MS-DTYP] 2.4.5).

use crate::ace::{Ace, AceFlags, AceKind};

/// Which ACEs a list may hold ([MS-DTYP] 2.4.5).
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum AclRevision {
    /// 2: what file systems write.
    #[default]
    Plain,
    /// 3: compound ACEs too.
    Compound,
    /// 4: object ACEs too.
    Object,
}

/// An access control list ([MS-DTYP] 2.4.5).
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash)]
pub struct Acl {
    /// Which ACEs it may hold.
    pub revision: AclRevision,
    /// The entries, in the order in which they are walked.
    pub aces: Vec<Ace>,
}

/// Where an entry stands in canonical order (MSDN *Order of ACEs in a DACL*).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Rank {
    /// Denies, and was not inherited.
    ExplicitDeny,
    /// Anything else that was not inherited.
    ExplicitAllow,
    /// Inherited: a generation's denials stand before its grants, and the parent's before the
    /// grandparent's, which only the order itself records.
    Inherited,
}

impl Acl {
    /// The most bytes that a list may take: its size is a `u16`, and a multiple of 4.
    pub const MAX_BYTES: usize = 0xFFFC;

    /// A list of these entries, of the lowest revision that may hold them.
    #[must_use]
    pub fn new(aces: Vec<Ace>) -> Self {
        let object = aces.iter().any(|ace| ace.object_types().is_some());
        Self {
            revision: if object {
                AclRevision::Object
            } else {
                AclRevision::Plain
            },
            aces,
        }
    }

    /// The bytes that the binary form takes.
    #[must_use]
    pub fn byte_len(&self) -> usize {
        8 + self.aces.iter().map(Ace::byte_len).sum::<usize>()
    }

    /// Whether the entries stand in canonical order (MSDN *Order of ACEs in a DACL*): explicit
    /// denials, explicit grants, inherited.
    ///
    /// Among the inherited ones any order is accepted, because an ACE does not say from which
    /// generation it came: a grant of the parent rightly stands before a denial of the grandparent.
    #[must_use]
    pub fn is_canonical(&self) -> bool {
        self.aces.is_sorted_by_key(Ace::rank)
    }

    /// Puts the entries into canonical order, stably: inherited ones keep theirs.
    ///
    /// This changes who may do what where a grant stood before a denial.
    pub fn sort(&mut self) {
        self.aces.sort_by_key(Ace::rank);
    }
}

impl FromIterator<Ace> for Acl {
    fn from_iter<I: IntoIterator<Item = Ace>>(aces: I) -> Self {
        Self::new(aces.into_iter().collect())
    }
}

impl Ace {
    /// Where it stands in canonical order.
    #[must_use]
    pub fn rank(&self) -> Rank {
        if self.flags.contains(AceFlags::INHERITED) {
            return Rank::Inherited;
        }
        match self.kind {
            AceKind::Deny(_) => Rank::ExplicitDeny,
            _ => Rank::ExplicitAllow,
        }
    }
}
