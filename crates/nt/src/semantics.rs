//! The open questions about NT's access check, one switch each.
//!
//! Microsoft's text, the implementations that can be run and what people report
//! of real machines do not agree everywhere. Where they do not, the model has a
//! switch here instead of an opinion: [`Semantics::default`] is the reading
//! with the best evidence, [`Semantics::permissive`] and [`Semantics::strict`]
//! are the outermost ones, and whoever draws a conclusion asks
//! [`depends_on`](crate::evaluate::depends_on) what it hangs on.
//!
//! Some values are bounds that no known implementation has (`most-granting`,
//! `most-denying`). They exist so that whatever `strict` grants `default`
//! grants too, and whatever `default` grants `permissive` does, whatever the
//! descriptor.

/// Declares each switch once: its type, its field, its names and its values.
macro_rules! switches {
    ($(
        $(#[$doc:meta])*
        $field:ident: $Type:ident = $name:literal,
        default $default:ident, permissive $permissive:ident, strict $strict:ident {
            $($(#[$value_doc:meta])* $Value:ident = $value_name:literal,)+
        }
    )+) => {
        $(
            $(#[$doc])*
            #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
            pub enum $Type {
                $($(#[$value_doc])* $Value,)+
            }

            impl $Type {
                /// Every value, in the order of the documentation.
                pub const ALL: &'static [Self] = &[$(Self::$Value),+];

                /// The stable name of the value.
                #[must_use]
                pub const fn name(self) -> &'static str {
                    match self {
                        $(Self::$Value => $value_name,)+
                    }
                }
            }
        )+

        /// How the model reads NT where the sources leave it open.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        pub struct Semantics {
            $(
                $(#[$doc])*
                pub $field: $Type,
            )+
        }

        impl Default for Semantics {
            fn default() -> Self {
                Self { $($field: $Type::$default,)+ }
            }
        }

        /// The name of one open question.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub enum Switch {
            $($(#[$doc])* $Type,)+
        }

        impl Switch {
            /// Every switch, in the order of the documentation.
            pub const ALL: &'static [Self] = &[$(Self::$Type),+];

            /// The stable name of the switch, in kebab-case.
            #[must_use]
            pub const fn name(self) -> &'static str {
                match self {
                    $(Self::$Type => $name,)+
                }
            }
        }

        impl Semantics {
            /// Every question answered towards access.
            #[must_use]
            pub const fn permissive() -> Self {
                Self { $($field: $Type::$permissive,)+ }
            }

            /// Every question answered towards refusal.
            #[must_use]
            pub const fn strict() -> Self {
                Self { $($field: $Type::$strict,)+ }
            }

            /// The name of the value that `switch` has.
            #[must_use]
            pub const fn value(&self, switch: Switch) -> &'static str {
                match switch {
                    $(Switch::$Type => self.$field.name(),)+
                }
            }

            /// The same with `switch` at its `n`th value; none if it has fewer.
            fn at(self, switch: Switch, n: usize) -> Option<Self> {
                match switch {
                    $(Switch::$Type => {
                        let value = $Type::ALL.get(n)?;
                        Some(Self { $field: *value, ..self })
                    })+
                }
            }
        }
    };
}

switches! {
    /// What faces the second pass of a write-restricted token.
    ///
    /// The default is James Forshaw's public statement; the other reading is
    /// common among those who describe the flag.
    pass_2_scope: Pass2Scope = "pass-2-scope",
    default PerRequest, permissive PerBit, strict PerRequest {
        /// A write bit in the request sends the whole request through.
        PerRequest = "per-request",
        /// Each write bit faces it alone; the other bits never do.
        PerBit = "per-bit",
    }

    /// What `MAXIMUM_ALLOWED` intersects for a write-restricted token.
    maximum_scope: MaximumScope = "maximum-write-restricted",
    default WriteBits, permissive WriteBits, strict WholeMask {
        /// Only the write bits need both passes.
        WriteBits = "write-bits",
        /// Every bit needs both passes.
        WholeMask = "whole-mask",
    }

    /// Whether order counts under `MAXIMUM_ALLOWED`.
    maximum_order: MaximumOrder = "maximum-order",
    default FirstWins, permissive FirstWins, strict DenyWins {
        /// The first ACE that names a bit decides on it: measured against Samba and `ReactOS`.
        FirstWins = "first-wins",
        /// A bit denied anywhere is never granted: the text of [MS-DTYP] 2.5.3.2.
        DenyWins = "deny-wins",
    }

    /// When the owner of an object has its rights under a restricted token.
    restricted_owner: RestrictedOwner = "restricted-owner",
    default BothLists, permissive NormalListOnly, strict BothLists {
        /// Only if the owner is in the restricting list as well, whatever is
        /// asked: measured against `ReactOS`.
        BothLists = "both-lists",
        /// The normal list suffices for pass 1, and so for what never reaches
        /// pass 2; that one asks the restricting list.
        EachPass = "each-pass",
        /// The normal list suffices for both passes.
        NormalListOnly = "normal-list-only",
    }

    /// Whether a label that does not say `NO_WRITE_UP` lets a lower level write.
    label_write: LabelWrite = "label-without-no-write-up",
    default GivesWrite, permissive GivesWrite, strict NeverGivesWrite {
        /// It does.
        GivesWrite = "gives-write",
        /// It never does: the text of [MS-DTYP] 2.5.3.3.
        NeverGivesWrite = "never-gives-write",
    }

    /// Whether a user SID that only denies still owns.
    deny_only_owner: DenyOnlyOwner = "deny-only-owner",
    default NotOwner, permissive Owner, strict NotOwner {
        /// It does not: measured against `ReactOS`.
        NotOwner = "not-owner",
        /// It does.
        Owner = "owner",
    }

    /// What becomes of a request for nothing.
    zero_request: ZeroRequest = "zero-request",
    default Refused, permissive Granted, strict Refused {
        /// It is refused: measured against `ReactOS`'s `SeAccessCheck`.
        Refused = "refused",
        /// It is granted, with a mask of 0: `ReactOS`'s `NtAccessCheck`.
        Granted = "granted",
    }

    /// Whether bits 24 to 27 of an ACE are handed out under `MAXIMUM_ALLOWED`.
    high_ace_bits: HighAceBits = "high-ace-bits",
    default Dropped, permissive Granted, strict Dropped {
        /// No bit above `0x00FFFFFF` comes from an ACE.
        Dropped = "dropped",
        /// They are: measured against `ReactOS`.
        Granted = "granted",
    }

    /// What a SID means that a token lists twice with different attributes.
    doubled_sid: DoubledSid = "doubled-sid",
    default FirstEntry, permissive MostGranting, strict MostDenying {
        /// What its first entry says, the user before the groups.
        FirstEntry = "first-entry",
        /// Any entry that serves the purpose suffices.
        AnyEntry = "any-entry",
        /// A bound: any entry grants, all must be able to deny.
        MostGranting = "most-granting",
        /// A bound: all entries must grant, any denies.
        MostDenying = "most-denying",
    }

    /// Whether `SeRelabelPrivilege` earns `WRITE_OWNER`.
    relabel: Relabel = "relabel-write-owner",
    default GrantsWriteOwner, permissive GrantsWriteOwner, strict GrantsNothing {
        /// It does, as `SeTakeOwnershipPrivilege` does; no implementation that was run has it.
        GrantsWriteOwner = "grants-write-owner",
        /// It only lets the request past the mandatory label.
        GrantsNothing = "grants-nothing",
    }

    /// Whom OWNER RIGHTS (`S-1-3-4`) in an ACE means in the second pass.
    owner_rights_in_pass_2: OwnerRightsInPass2 = "owner-rights-in-pass-2",
    default Owner, permissive LiteralGrants, strict LiteralDenies {
        /// The owner, if the restricting list has the owner's SID.
        Owner = "owner",
        /// The owner, or `S-1-3-4` itself in the restricting list.
        Literal = "literal",
        /// A bound: the literal SID counts for allow ACEs only.
        LiteralGrants = "literal-grants",
        /// A bound: the literal SID counts for deny ACEs only.
        LiteralDenies = "literal-denies",
    }

    /// Which SIDs `Member_of` looks at in the second and third requirement.
    condition_sids: ConditionSids = "condition-sids",
    default TokenGroups, permissive MostGranting, strict MostDenying {
        /// The user and groups of the token, in every pass.
        TokenGroups = "token-groups",
        /// The list of SIDs that the pass itself matches.
        PassList = "pass-list",
        /// A bound: an allow needs one of the two, a deny both.
        MostGranting = "most-granting",
        /// A bound: an allow needs both, a deny one of the two.
        MostDenying = "most-denying",
    }

    /// Whether an object without a DACL is open to an `AppContainer`.
    app_container_null_dacl: AppContainerNullDacl = "app-container-null-dacl",
    default Open, permissive Open, strict Closed {
        /// It is open to everyone.
        Open = "open",
        /// No package was named, so none gets in.
        Closed = "closed",
    }

    /// Whether the owner's implicit rights pass the third requirement.
    app_container_owner: AppContainerOwner = "app-container-owner",
    default FacesPackage, permissive SkipsPackage, strict FacesPackage {
        /// An ACE for the package or a capability must grant them too.
        FacesPackage = "faces-package",
        /// Ownership suffices.
        SkipsPackage = "skips-package",
    }

    /// Whether `FILE_DELETE_CHILD` on the folder lets a rename replace what is there.
    replace_target: ReplaceTarget = "replace-target-by-parent",
    default OwnDelete, permissive ParentServes, strict OwnDelete {
        /// The one replaced must grant DELETE itself.
        OwnDelete = "own-delete",
        /// The folder serves, as it does for a plain delete.
        ParentServes = "parent-serves",
    }

    /// Whether `FILE_DELETE_CHILD` on the folder serves `FileDispositionInfoEx`.
    disposition_ex: DispositionEx = "disposition-ex-by-parent",
    default ParentServes, permissive ParentServes, strict OwnDelete {
        /// It does: the right is checked at the open, which knows nothing of what follows.
        ParentServes = "parent-serves",
        /// The object must grant DELETE itself.
        OwnDelete = "own-delete",
    }

    /// Whether `FILE_DELETE_CHILD` on the folder serves a folder that is not empty.
    full_folder: FullFolder = "full-folder-by-parent",
    default ParentServes, permissive ParentServes, strict OwnDelete {
        /// It does: the open does not look inside.
        ParentServes = "parent-serves",
        /// The folder must grant DELETE itself.
        OwnDelete = "own-delete",
    }

    /// What a rename asks of its source beside DELETE.
    rename_rights: RenameRights = "rename-rights",
    default Delete, permissive Delete, strict DeleteAndAttributes {
        /// Nothing.
        Delete = "delete",
        /// `SYNCHRONIZE` and `FILE_READ_ATTRIBUTES`, as `MoveFileEx` opens it.
        DeleteAndAttributes = "delete-and-attributes",
    }

    /// What a hard link asks of the file it is made to.
    hard_link_rights: HardLinkRights = "hard-link-rights",
    default WriteAttributes, permissive Nothing, strict WriteAttributes {
        /// `FILE_WRITE_ATTRIBUTES`.
        WriteAttributes = "write-attributes",
        /// Nothing.
        Nothing = "nothing",
    }
}

impl Switch {
    /// The switch with this name; none if there is none.
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL
            .iter()
            .copied()
            .find(|switch| switch.name() == name)
    }
}

impl Semantics {
    /// The default with one switch moved, for every switch and every other value of it.
    pub fn each_alone() -> impl Iterator<Item = (Switch, Self)> {
        let moved = |switch: &Switch| {
            let switch = *switch;
            Self::default()
                .moved(switch)
                .map(move |other| (switch, other))
        };
        Switch::ALL.iter().flat_map(moved)
    }

    /// The same with `switch` at each value that it does not have now.
    pub fn moved(self, switch: Switch) -> impl Iterator<Item = Self> {
        let at = move |n| self.at(switch, n);
        (0..).map_while(at).filter(move |other| *other != self)
    }

    /// The same with `switch` at the value of this name; none if it has no such value.
    #[must_use]
    pub fn set(self, switch: Switch, value: &str) -> Option<Self> {
        let at = move |n| self.at(switch, n);
        (0..)
            .map_while(at)
            .find(|other| other.value(switch) == value)
    }
}

/// A set of switches.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Hash)]
pub struct Switches(u32);

impl Switches {
    /// No switch.
    pub const NONE: Self = Self(0);

    /// The same and `switch`.
    #[must_use]
    pub const fn with(self, switch: Switch) -> Self {
        Self(self.0 | 1 << switch as u32)
    }

    /// Whether `switch` is in it.
    #[must_use]
    pub const fn contains(self, switch: Switch) -> bool {
        self.0 & (1 << switch as u32) != 0
    }

    /// Whether none is.
    #[must_use]
    pub const fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// Those of either.
    #[must_use]
    pub const fn union(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// Each of them, in the order of the documentation.
    pub fn iter(self) -> impl Iterator<Item = Switch> {
        let mut left = self.0;
        std::iter::from_fn(move || {
            let switch = Switch::ALL.get(left.trailing_zeros() as usize)?;
            left &= left - 1;
            Some(*switch)
        })
    }

    /// Their names.
    pub fn names(self) -> impl Iterator<Item = &'static str> {
        self.iter().map(Switch::name)
    }
}

impl FromIterator<Switch> for Switches {
    fn from_iter<T: IntoIterator<Item = Switch>>(switches: T) -> Self {
        switches.into_iter().fold(Self::NONE, Self::with)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_switch_and_every_value_has_a_name_of_its_own() {
        assert!(Switch::ALL.len() <= 32, "a set is 32 bits");
        for (at, switch) in Switch::ALL.iter().enumerate() {
            assert_eq!(Switch::parse(switch.name()), Some(*switch));
            assert!(
                Switch::ALL[..at]
                    .iter()
                    .all(|other| other.name() != switch.name())
            );
            let is_kebab = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
            assert!(switch.name().chars().all(is_kebab), "{}", switch.name());
        }
        assert_eq!(Switch::parse("nothing-of-the-sort"), None);
    }

    #[test]
    fn each_alone_moves_one_switch_and_reaches_every_value() {
        let default = Semantics::default();
        for (moved, semantics) in Semantics::each_alone() {
            for switch in Switch::ALL {
                let same = semantics.value(*switch) == default.value(*switch);
                assert_eq!(same, *switch != moved);
            }
            let name = semantics.value(moved);
            assert_eq!(default.set(moved, name), Some(semantics));
        }
        let alone: Switches = Semantics::each_alone().map(|(switch, _)| switch).collect();
        assert_eq!(alone, Switch::ALL.iter().copied().collect());
        assert_eq!(default.set(Switch::Relabel, "no-such-value"), None);
    }

    #[test]
    fn the_extremes_differ_at_every_switch() {
        let (permissive, strict) = (Semantics::permissive(), Semantics::strict());
        for switch in Switch::ALL {
            assert_ne!(
                permissive.value(*switch),
                strict.value(*switch),
                "{}",
                switch.name()
            );
        }
    }
}
