//! What a step does to a descriptor: a patch, not a new descriptor.
//!
//! Somebody else may change the same descriptor in between, so what is recorded is
//! what to add and what to take out. The result is always in canonical order
//! (MSDN *Order of ACEs in a DACL*): our own denials before all grants, inherited
//! entries last.

use fumehood_nt::inherit::{self, Protect};
use fumehood_nt::{
    AccessMask, Ace, AceFlags, AceKind, Acl, AclField, GenericMapping, SecurityDescriptor, Sid,
};

/// What becomes of the entries that come from above.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Inheritance {
    /// They stay what they are.
    Kept,
    /// They become the object's own, and nothing comes from above any more.
    Cut,
}

/// What becomes of the mandatory label.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Label {
    /// Nothing.
    Kept,
    /// This one, and no other.
    Set(Ace),
}

/// One entry put in the place of others.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Swap {
    /// Whose grants.
    pub from: Sid,
    /// Whose they become.
    pub to: Sid,
}

/// A patch of one descriptor.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Change {
    /// Done first: whether the object goes on inheriting.
    pub inheritance: Inheritance,
    /// Every entry of the DACL for these goes, but for those that are added below.
    pub drop: Vec<Sid>,
    /// Grants that change hands.
    pub swap: Vec<Swap>,
    /// Entries to add, unless they are there.
    pub add: Vec<Ace>,
    /// The label.
    pub label: Label,
}

impl Default for Change {
    fn default() -> Self {
        Self {
            inheritance: Inheritance::Kept,
            drop: Vec::new(),
            swap: Vec::new(),
            add: Vec::new(),
            label: Label::Kept,
        }
    }
}

impl Change {
    /// Adds entries and nothing else.
    #[must_use]
    pub fn adding(add: Vec<Ace>) -> Self {
        Self {
            add,
            ..Self::default()
        }
    }

    /// Whether it does nothing.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// The descriptor after the change. Applying it twice is the same as once.
    #[must_use]
    pub fn apply(&self, before: &SecurityDescriptor) -> SecurityDescriptor {
        let mut after = match self.inheritance {
            Inheritance::Kept => before.clone(),
            Inheritance::Cut => inherit::protect(before, Protect::Keep),
        };
        if let AclField::List(list) = &mut after.dacl {
            let is_own = |ace: &Ace| !ace.flags.contains(AceFlags::INHERITED);
            list.aces.retain(|ace| {
                self.add.contains(ace) || !(is_own(ace) && self.drop.contains(&ace.sid))
            });
            for ace in &mut list.aces {
                let hands = self.swap.iter().find(|swap| swap.from == ace.sid);
                if let Some(swap) = hands
                    && is_own(ace)
                    && matches!(ace.kind, AceKind::Allow(_))
                {
                    ace.sid = swap.to;
                }
            }
            for ace in &self.add {
                if !list.aces.contains(ace) {
                    list.aces.push(ace.clone());
                }
            }
            *list = Acl::new(std::mem::take(&mut list.aces));
            list.sort();
        }
        if let Label::Set(label) = &self.label {
            set_label(&mut after, label);
        }
        after
    }

    /// Whether the descriptor is as the change would leave it.
    #[must_use]
    pub fn is_in_force(&self, now: &SecurityDescriptor) -> bool {
        self.apply(now) == *now
    }
}

/// Takes every label out and puts one in.
fn set_label(descriptor: &mut SecurityDescriptor, label: &Ace) {
    let old = descriptor
        .sacl
        .list()
        .map(|list| list.aces.as_slice())
        .unwrap_or_default();
    let mut aces: Vec<Ace> = old
        .iter()
        .filter(|ace| ace.kind != AceKind::MandatoryLabel)
        .cloned()
        .collect();
    aces.push(label.clone());
    descriptor.sacl = Acl::new(aces).into();
}

/// What a child has after its folder was changed: what comes from above is made anew, label
/// included; what is protected, and a label of its own, stays as it is.
///
/// The label is the one that the walk carries ([`carried`]): a folder whose own label is for
/// itself alone lets the one from above through.
#[must_use]
pub fn propagated(
    folder: &SecurityDescriptor,
    child: &SecurityDescriptor,
    heir: inherit::Heir,
    label: Option<&Ace>,
) -> SecurityDescriptor {
    let mut after = inherit::propagate(folder, child, heir, &GenericMapping::FILE);
    let nobody = inherit::Creator {
        owner: None,
        group: None,
    };
    let has_own = labels(child).any(|ace| !ace.flags.contains(AceFlags::INHERITED));
    let inherited = label
        .map(|label| inherit::inherit_ace(label, heir, &nobody, &GenericMapping::FILE))
        .and_then(|inherited| inherited.effective.or(inherited.passed_on));
    if let Some(label) = inherited.filter(|_| !has_own) {
        set_label(&mut after, &label);
    }
    after
}

/// The label that a walk carries below a folder: the folder's, if children inherit it, else the
/// one that it was reached with.
#[must_use]
pub fn carried<'a>(folder: &'a SecurityDescriptor, above: Option<&'a Ace>) -> Option<&'a Ace> {
    let passed_on = labels(folder).find(|label| label.flags.intersects(HEIRS));
    passed_on.or(above)
}

fn labels(descriptor: &SecurityDescriptor) -> impl Iterator<Item = &Ace> {
    let list = descriptor.sacl.list().into_iter();
    list.flat_map(|list| &list.aces)
        .filter(|ace| ace.kind == AceKind::MandatoryLabel)
}

/// Inherited by files and folders, from here down.
pub const HEIRS: AceFlags = AceFlags::OBJECT_INHERIT.union(AceFlags::CONTAINER_INHERIT);

/// What a grant on a writable root gives: everything but what would let it be undone.
/// DELETE is among it for what lies below, never `FILE_DELETE_CHILD`.
pub const WRITE: AccessMask = AccessMask::FILE_GENERIC_READ
    .union(AccessMask::FILE_GENERIC_WRITE)
    .union(AccessMask::FILE_GENERIC_EXECUTE)
    .union(AccessMask::DELETE);

/// What is left of it where something is protected.
pub const READ: AccessMask = AccessMask::FILE_GENERIC_READ.union(AccessMask::FILE_GENERIC_EXECUTE);

#[cfg(test)]
mod tests {
    use super::*;

    const GRANT: Sid = Sid::of(5, [21, 9, 9, 9, 1]);

    fn descriptor(sddl: &str) -> SecurityDescriptor {
        sddl.parse().expect("SDDL")
    }

    #[test]
    fn a_change_is_done_once_and_finds_itself_in_force() {
        let before = descriptor("O:BAG:SYD:AI(A;OICI;FA;;;BA)(A;OICIID;FA;;;SY)(A;OICIID;FA;;;WD)");
        let change = Change {
            inheritance: Inheritance::Cut,
            drop: vec![Sid::SYSTEM],
            swap: vec![Swap {
                from: Sid::EVERYONE,
                to: Sid::AUTHENTICATED_USERS,
            }],
            add: vec![
                Ace::allow(GRANT, READ),
                Ace::deny(GRANT, AccessMask::DELETE),
            ],
            label: Label::Set(Ace::label(
                Sid::INTEGRITY_MEDIUM,
                AccessMask::LABEL_NO_WRITE_UP,
            )),
        };
        assert!(!change.is_in_force(&before));
        let after = change.apply(&before);
        assert_eq!(
            after.to_sddl().expect("printable"),
            "O:BAG:SYD:P(D;;SD;;;S-1-5-21-9-9-9-1)(A;OICI;FA;;;BA)(A;OICI;FA;;;AU)\
             (A;;0x1200a9;;;S-1-5-21-9-9-9-1)S:(ML;;NW;;;ME)"
        );
        assert!(change.is_in_force(&after));
        assert_eq!(change.apply(&after), after);
    }

    #[test]
    fn nothing_is_no_change() {
        let before = descriptor("D:(A;;FA;;;BA)S:(ML;;NW;;;LW)");
        assert!(Change::default().is_empty());
        assert_eq!(Change::default().apply(&before), before);
        assert!(!Change::adding(vec![Ace::allow(GRANT, READ)]).is_empty());
    }

    #[test]
    fn a_list_that_is_not_there_stays_so() {
        let null = SecurityDescriptor {
            dacl: AclField::Null,
            ..SecurityDescriptor::default()
        };
        let after = Change::adding(vec![Ace::allow(GRANT, READ)]).apply(&null);
        assert_eq!(after.dacl, AclField::Null);
    }

    #[test]
    fn children_take_the_label_from_above_unless_they_have_their_own() {
        let folder = descriptor("D:(A;OICI;FA;;;BA)S:(ML;OICI;NW;;;LW)");
        let child = descriptor("D:AI(A;ID;FR;;;BU)");
        let after = propagated(&folder, &child, inherit::Heir::File, carried(&folder, None));
        assert_eq!(
            after.to_sddl().expect("printable"),
            "D:AI(A;ID;FA;;;BA)S:(ML;ID;NW;;;LW)"
        );
        let own = descriptor("D:P(A;;FR;;;BU)S:(ML;;NW;;;ME)");
        let label = carried(&folder, None);
        assert_eq!(propagated(&folder, &own, inherit::Heir::File, label), own);
        let alone = descriptor("D:(A;OICI;FA;;;BA)S:(ML;;;;;ME)");
        assert_eq!(carried(&alone, label), label, "its own is for itself");
        assert_eq!(carried(&alone, None), None);
    }
}
