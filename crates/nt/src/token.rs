//! Tokens: who asks.
//!
//! A [`TokenSpec`] says what a token holds, as plain values. A [`Token`] is the
//! same made ready to be asked: its SIDs carry a short print each, so that most
//! ACEs are told apart from them by one comparison of a word, and a check
//! allocates nothing.
//!
//! A restricting list that is absent and one that is empty are two things: the
//! first asks nothing, the second lets nothing through.

use thiserror::Error;

use crate::acl::Acl;
use crate::mask::AccessMask;
use crate::sid::Sid;
use crate::token_list::{Purpose, SidList};
pub use crate::token_privilege::{Privilege, Privileges};

/// Whether a SID of a token takes part in a check (MSDN *SID Attributes in an Access Token*).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum SidState {
    /// It matches allow and deny ACEs.
    Enabled,
    /// It matches nothing.
    Disabled,
    /// It matches deny ACEs only; this cannot be undone.
    DenyOnly,
}

/// What else a token says of a group; a check asks none of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Hash)]
pub struct GroupMarks(u32);

impl GroupMarks {
    /// Nothing.
    pub const NONE: Self = Self(0);
    /// `SE_GROUP_MANDATORY`: it cannot be disabled by adjusting the token.
    pub const MANDATORY: Self = Self(0x1);
    /// `SE_GROUP_ENABLED_BY_DEFAULT`: resetting the token enables it.
    pub const ENABLED_BY_DEFAULT: Self = Self(0x2);
    /// `SE_GROUP_OWNER`: it may be made the owner of objects.
    pub const OWNER: Self = Self(0x8);
    /// `SE_GROUP_LOGON_ID`: it names the logon session.
    pub const LOGON_ID: Self = Self(0xC000_0000);

    /// The same and `other`.
    #[must_use]
    pub const fn with(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// The same without `other`.
    #[must_use]
    pub const fn without(self, other: Self) -> Self {
        Self(self.0 & !other.0)
    }

    /// Whether all of `other` is in it.
    #[must_use]
    pub const fn contains(self, other: Self) -> bool {
        self.0 & other.0 == other.0
    }
}

/// A group of a token.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Group {
    /// Whose SID it is.
    pub sid: Sid,
    /// Whether it takes part in a check.
    pub state: SidState,
    /// What else is said of it.
    pub marks: GroupMarks,
}

impl Group {
    /// A group in this state, with no marks.
    #[must_use]
    pub const fn new(sid: Sid, state: SidState) -> Self {
        Self {
            sid,
            state,
            marks: GroupMarks::NONE,
        }
    }

    /// An enabled group, with no marks.
    #[must_use]
    pub const fn enabled(sid: Sid) -> Self {
        Self::new(sid, SidState::Enabled)
    }
}

/// How far a token is trusted: the last number of `S-1-16-…` ([MS-DTYP] 2.4.4.13).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Integrity(pub u32);

impl Integrity {
    /// Below everything.
    pub const UNTRUSTED: Self = Self(0x0000);
    /// What sandboxed programs run at.
    pub const LOW: Self = Self(0x1000);
    /// What users' programs run at, and what an object without a label has.
    pub const MEDIUM: Self = Self(0x2000);
    /// Slightly more.
    pub const MEDIUM_PLUS: Self = Self(0x2100);
    /// What elevated programs run at.
    pub const HIGH: Self = Self(0x3000);
    /// What services run at.
    pub const SYSTEM: Self = Self(0x4000);

    /// The level that `S-1-16-…` names; none for any other SID.
    #[must_use]
    pub fn of_sid(sid: &Sid) -> Option<Self> {
        sid.integrity().map(Self)
    }

    /// The SID that names it.
    #[must_use]
    pub const fn sid(self) -> Sid {
        Sid::of(16, [self.0])
    }
}

/// What a token's integrity does (MSDN `TOKEN_MANDATORY_POLICY`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct MandatoryPolicy(u32);

impl MandatoryPolicy {
    /// Labels do not bind it.
    pub const OFF: Self = Self(0);
    /// Labels above its level bind it.
    pub const NO_WRITE_UP: Self = Self(1);
    /// A program it starts gets the lesser of its level and the file's.
    pub const NEW_PROCESS_MIN: Self = Self(2);
    /// Both: what an ordinary user's token has.
    pub const BOTH: Self = Self(3);

    /// Whether all of `other` is in it.
    #[must_use]
    pub const fn contains(self, other: Self) -> bool {
        self.0 & other.0 == other.0
    }
}

/// When the restricting list is asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Restriction {
    /// Whenever there is a list.
    Full,
    /// Only for what writes, list or no list: without one nothing is written.
    Write,
}

/// Which packages' ACEs speak to an `AppContainer`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum PackageReach {
    /// ALL APPLICATION PACKAGES and ALL RESTRICTED APPLICATION PACKAGES.
    Ordinary,
    /// ALL RESTRICTED APPLICATION PACKAGES alone: a low-privilege `AppContainer`.
    LowPrivilege,
}

/// The package of an `AppContainer` (MSDN, *Implement an `AppContainer`*).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AppContainer {
    /// Its SID, `S-1-15-2-…`.
    pub package: Sid,
    /// Its capabilities, `S-1-15-3-…`.
    pub capabilities: Vec<Sid>,
    /// Whether it is a low-privilege one.
    pub reach: PackageReach,
}

/// What a token holds, as plain values.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TokenSpec {
    /// The user.
    pub user: Sid,
    /// Whether the user's SID grants.
    pub user_state: SidState,
    /// The groups, in the token's order.
    pub groups: Vec<Group>,
    /// The groups of the device; none if nothing is known of them.
    pub device_groups: Option<Vec<Group>>,
    /// The restricting SIDs; none is not the same as an empty list.
    pub restricting: Option<Vec<Sid>>,
    /// When they are asked.
    pub restriction: Restriction,
    /// The privileges.
    pub privileges: Privileges,
    /// The integrity level.
    pub integrity: Integrity,
    /// What the level does.
    pub mandatory_policy: MandatoryPolicy,
    /// Who owns what it makes.
    pub owner: Sid,
    /// The group of what it makes.
    pub primary_group: Sid,
    /// The DACL of what it makes, where nothing is inherited; none is a NULL DACL.
    pub default_dacl: Option<Acl>,
    /// The package, if it is of an `AppContainer`.
    pub app_container: Option<AppContainer>,
    /// Whether `AppLocker` looks at what it starts.
    pub inert: Inert,
}

/// Whether software restriction looks at what a token starts (`SANDBOX_INERT`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Inert {
    /// It does.
    Checked,
    /// It does not.
    Inert,
}

/// A token that no check can be made with.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error(
    "a token has {count} SIDs in one list; at most {} are possible",
    TokenSpec::MAX_SIDS
)]
pub struct TooManySids {
    /// How many one list has.
    pub count: usize,
}

impl TokenSpec {
    /// The SIDs that a list of a token may have (MSDN *Logging on a user account fails*: 1,024).
    pub const MAX_SIDS: usize = 1024;

    /// A token of `user` with nothing else: medium, no groups, no privileges, no default DACL.
    #[must_use]
    pub fn new(user: Sid) -> Self {
        Self {
            user,
            user_state: SidState::Enabled,
            groups: Vec::new(),
            device_groups: None,
            restricting: None,
            restriction: Restriction::Full,
            privileges: Privileges::NONE,
            integrity: Integrity::MEDIUM,
            mandatory_policy: MandatoryPolicy::BOTH,
            owner: user,
            primary_group: user,
            default_dacl: None,
            app_container: None,
            inert: Inert::Checked,
        }
    }

    /// Makes it ready to be asked.
    ///
    /// # Errors
    ///
    /// A list has more SIDs than a token can have.
    pub fn build(self) -> Result<Token, TooManySids> {
        let packages = self
            .app_container
            .as_ref()
            .map_or(0, |it| it.capabilities.len());
        let devices = self.device_groups.as_ref().map_or(0, Vec::len);
        let restricting = self.restricting.as_ref().map_or(0, Vec::len);
        for count in [self.groups.len(), devices, restricting, packages] {
            if count > Self::MAX_SIDS {
                return Err(TooManySids { count });
            }
        }
        Ok(Token::of(self))
    }
}

/// A token, ready to be asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Token {
    spec: TokenSpec,
    normal: SidList,
    restricting: SidList,
    package: SidList,
    device: SidList,
}

impl Token {
    fn of(spec: TokenSpec) -> Self {
        let entry = |group: &Group| (group.sid, group.state);
        let user = [(spec.user, spec.user_state)].into_iter();
        let enabled = |sids: &[Sid]| SidList::of(sids.iter().map(|sid| (*sid, SidState::Enabled)));
        let devices = spec.device_groups.as_deref().unwrap_or_default();
        Self {
            normal: SidList::of(user.chain(spec.groups.iter().map(entry))),
            restricting: enabled(spec.restricting.as_deref().unwrap_or_default()),
            package: enabled(&spec.app_container.as_ref().map_or(Vec::new(), package_sids)),
            device: SidList::of(devices.iter().map(entry)),
            spec,
        }
    }

    /// What it holds.
    #[must_use]
    pub fn spec(&self) -> &TokenSpec {
        &self.spec
    }

    /// What it holds, to be changed and built again.
    #[must_use]
    pub fn into_spec(self) -> TokenSpec {
        self.spec
    }

    /// Whether a second pass can be asked of it (MSDN `IsTokenRestricted`).
    ///
    /// It goes by the flag for a write-restricted token, list or no list: so do reports from real
    /// Windows, and `ReactOS` where it was measured.
    #[must_use]
    pub fn is_restricted(&self) -> bool {
        self.spec.restricting.is_some() || self.spec.restriction == Restriction::Write
    }

    /// Whether it holds the privilege and has it enabled.
    #[must_use]
    pub fn enables(&self, privilege: Privilege) -> bool {
        self.spec.privileges.enables(privilege)
    }

    /// The user and the groups.
    pub(crate) fn normal(&self) -> &SidList {
        &self.normal
    }

    /// The restricting list, empty if there is none.
    pub(crate) fn restricting(&self) -> &SidList {
        &self.restricting
    }

    /// The package, its capabilities and the packages' groups; empty outside an `AppContainer`.
    pub(crate) fn package(&self) -> &SidList {
        &self.package
    }

    /// The groups of the device; none if nothing is known of them.
    pub(crate) fn device(&self) -> Option<&SidList> {
        self.spec.device_groups.as_ref().map(|_| &self.device)
    }

    /// Whether ACEs for `sid` can allow it something in the first pass.
    #[must_use]
    pub fn has_enabled(&self, sid: &Sid) -> bool {
        self.normal.matches(
            sid,
            Purpose::Allow,
            crate::semantics::DoubledSid::FirstEntry,
        )
    }

    /// Whether `SeDebugPrivilege` opens a process or thread whatever its DACL says.
    ///
    /// MSDN *Process Security and Access Rights*: with it enabled every right is granted.
    #[must_use]
    pub fn opens_any_process(&self, desired: AccessMask) -> bool {
        self.enables(Privilege::Debug) && !desired.is_empty()
    }
}

/// The SIDs that ACEs may name to let the package in.
fn package_sids(container: &AppContainer) -> Vec<Sid> {
    let mut sids = vec![container.package, Sid::ALL_RESTRICTED_PACKAGES];
    if container.reach == PackageReach::Ordinary {
        sids.push(Sid::ALL_PACKAGES);
    }
    sids.extend(&container.capabilities);
    sids
}

#[cfg(test)]
mod tests {
    use super::*;

    const USER: Sid = Sid::of(5, [21, 1, 2, 3, 1001]);

    #[test]
    fn a_token_with_more_sids_than_a_token_can_have_is_refused() {
        let mut spec = TokenSpec::new(USER);
        spec.groups = vec![Group::enabled(USER); TokenSpec::MAX_SIDS];
        assert!(spec.clone().build().is_ok());
        spec.groups.push(Group::enabled(USER));
        assert_eq!(spec.build(), Err(TooManySids { count: 1025 }));
    }

    #[test]
    fn an_empty_restricting_list_restricts_and_no_list_does_not() {
        let mut spec = TokenSpec::new(USER);
        assert!(!spec.clone().build().expect("small").is_restricted());
        spec.restricting = Some(Vec::new());
        assert!(spec.clone().build().expect("small").is_restricted());
        spec.restricting = None;
        spec.restriction = Restriction::Write;
        assert!(spec.build().expect("small").is_restricted());
    }

    #[test]
    fn a_level_and_its_sid_name_each_other() {
        for level in [Integrity::LOW, Integrity(6144), Integrity::SYSTEM] {
            assert_eq!(Integrity::of_sid(&level.sid()), Some(level));
        }
        assert_eq!(Integrity::of_sid(&USER), None);
    }
}
