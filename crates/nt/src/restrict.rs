//! What `CreateRestrictedToken` makes of a token.
//!
//! It takes away: SIDs become deny-only, privileges go for good, a restricting
//! list is added or narrowed. Owner, primary group, default DACL and integrity
//! stay as they were: an elevated parent leaves Administrators as the owner of what
//! its child makes, and a default DACL without the restricting SIDs keeps piped
//! children out of each other's pipes.

use thiserror::Error;

use crate::descriptor::SecurityDescriptor;
use crate::evaluate;
use crate::sid::Sid;
use crate::token::{
    Group, GroupMarks, Inert, Integrity, MandatoryPolicy, Privilege, Restriction, SidState, Token,
    TokenSpec, TooManySids,
};

/// The flags of `CreateRestrictedToken`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Hash)]
pub struct RestrictFlags(u32);

impl RestrictFlags {
    /// None.
    pub const NONE: Self = Self(0);
    /// Every privilege goes but `SeChangeNotifyPrivilege`; the list of those to delete is ignored.
    pub const DISABLE_MAX_PRIVILEGE: Self = Self(1);
    /// `AppLocker` and software restriction do not look at what it starts.
    pub const SANDBOX_INERT: Self = Self(2);
    /// Administrative groups become deny-only and strong privileges go, as UAC does it.
    pub const LUA_TOKEN: Self = Self(4);
    /// The restricting list is asked for writes only.
    pub const WRITE_RESTRICTED: Self = Self(8);

    /// Both.
    #[must_use]
    pub const fn with(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// Whether all of `other` is in it.
    #[must_use]
    pub const fn contains(self, other: Self) -> bool {
        self.0 & other.0 == other.0
    }

    /// The bits that the call takes.
    #[must_use]
    pub const fn bits(self) -> u32 {
        self.0
    }
}

/// What is asked of `CreateRestrictedToken`.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Restrict {
    /// The flags.
    pub flags: RestrictFlags,
    /// SIDs to make deny-only; the user may be one, and what the token lacks is ignored.
    pub disable: Vec<Sid>,
    /// Privileges to delete; what the token lacks is ignored.
    pub delete: Vec<Privilege>,
    /// Restricting SIDs; none asks for no list.
    pub restricting: Vec<Sid>,
}

/// A token that cannot be made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum RestrictError {
    /// The token is restricted already, and no SID is in both lists.
    #[error("the token is restricted to other SIDs already: none would be left")]
    NothingInCommon,
    /// A list is too long.
    #[error(transparent)]
    TooManySids(#[from] TooManySids),
    /// A token's integrity was to be raised.
    #[error("the token is at integrity {from:#x} and cannot be raised to {to:#x}")]
    Raises {
        /// What it has.
        from: u32,
        /// What was asked.
        to: u32,
    },
}

/// The token that `CreateRestrictedToken` makes of `token` (MSDN of that name).
///
/// A token that is restricted already gets the intersection of both lists (MSDN; `ReactOS`
/// replaces the old list, which is not copied). One that is fully restricted stays so, whatever
/// the flags: asking with `WRITE_RESTRICTED` would widen it (inferred). One that is
/// write-restricted stays that too (inferred; the reading that gives more).
///
/// An intersection takes away *denials* too: a process may restrict its own token again and leave
/// out a SID, and the deny ACEs that bit because of it in pass 2 bite no more. A deny ACE for a
/// restricting SID therefore binds no process that can make tokens of its own; what binds it is
/// that no ACE grants, or a deny for a SID of the normal list, which nothing sheds.
///
/// # Errors
///
/// Both lists have nothing in common: Windows answers with `ERROR_INVALID_PARAMETER` in some
/// shapes, and fumehood reports it. Or a list is too long.
///
/// ```
/// use fumehood_nt::{Sid, restrict::{Restrict, RestrictFlags, restrict}, token::TokenSpec};
/// let user = TokenSpec::new(Sid::of(5, [21, 1, 2, 3, 1001])).build()?;
/// let grant = Sid::of(5, [21, 9, 9, 9, 9]);
/// let child = restrict(&user, &Restrict {
///     flags: RestrictFlags::DISABLE_MAX_PRIVILEGE.with(RestrictFlags::WRITE_RESTRICTED),
///     restricting: vec![grant],
///     ..Restrict::default()
/// })?;
/// assert!(child.is_restricted() && !user.is_restricted());
/// # Ok::<_, Box<dyn std::error::Error>>(())
/// ```
pub fn restrict(token: &Token, asked: &Restrict) -> Result<Token, RestrictError> {
    let mut spec = token.spec().clone();
    disable(&mut spec, asked);
    delete_privileges(&mut spec, asked);
    if asked.flags.contains(RestrictFlags::SANDBOX_INERT) {
        spec.inert = Inert::Inert;
    }
    if asked.flags.contains(RestrictFlags::WRITE_RESTRICTED) && !token.is_restricted() {
        spec.restriction = Restriction::Write;
    }
    // A write-restricted token without a list has an empty one, which nothing widens.
    let empty = token.is_restricted().then(Vec::new);
    spec.restricting = narrowed(spec.restricting.or(empty), asked)?;
    Ok(spec.build()?)
}

/// The same token at a lower integrity level (MSDN `SetTokenInformation`, `TokenIntegrityLevel`).
///
/// # Errors
///
/// The level is above the token's: only the system raises one.
pub fn lower_integrity(token: &Token, level: Integrity) -> Result<Token, RestrictError> {
    let mut spec = token.spec().clone();
    if level > spec.integrity {
        let (Integrity(from), Integrity(to)) = (spec.integrity, level);
        return Err(RestrictError::Raises { from, to });
    }
    spec.integrity = level;
    Ok(spec.build()?)
}

/// The level of a process that `token` starts from a file with this descriptor.
///
/// With `NEW_PROCESS_MIN` the lesser of the token's and the file's (MSDN
/// `TOKEN_MANDATORY_POLICY`). A file without a label takes nothing: an elevated program starts
/// unlabelled ones elevated. One below medium that is started by a user who never saw a sandbox
/// runs below medium: labels on build output outlive the run that made it.
#[must_use]
pub fn level_of_started(token: &Token, file: &SecurityDescriptor) -> Integrity {
    let own = token.spec().integrity;
    let policy = token.spec().mandatory_policy;
    if !policy.contains(MandatoryPolicy::NEW_PROCESS_MIN) {
        return own;
    }
    evaluate::label_level(file).map_or(own, |level| own.min(level))
}

/// Makes SIDs deny-only. Nothing undoes that: one that was disabled only could be enabled again
/// by its holder.
fn disable(spec: &mut TokenSpec, asked: &Restrict) {
    let lua = asked.flags.contains(RestrictFlags::LUA_TOKEN);
    if asked.disable.contains(&spec.user) {
        spec.user_state = SidState::DenyOnly;
    }
    for group in &mut spec.groups {
        if asked.disable.contains(&group.sid) || lua && is_administrative(&group.sid) {
            make_deny_only(group);
        }
    }
}

fn make_deny_only(group: &mut Group) {
    group.state = SidState::DenyOnly;
    group.marks = group.marks.without(GroupMarks::ENABLED_BY_DEFAULT);
}

fn delete_privileges(spec: &mut TokenSpec, asked: &Restrict) {
    if asked.flags.contains(RestrictFlags::DISABLE_MAX_PRIVILEGE) {
        spec.privileges = spec.privileges.keep(&[Privilege::ChangeNotify]);
    } else {
        let privileges = spec.privileges;
        spec.privileges = asked
            .delete
            .iter()
            .fold(privileges, |left, gone| left.without(*gone));
    }
    if asked.flags.contains(RestrictFlags::LUA_TOKEN) {
        spec.privileges = spec.privileges.keep(LUA_KEEPS);
    }
}

/// The restricting list of the new token.
fn narrowed(old: Option<Vec<Sid>>, asked: &Restrict) -> Result<Option<Vec<Sid>>, RestrictError> {
    let new = &asked.restricting;
    match old {
        None if new.is_empty() => Ok(None),
        None => Ok(Some(new.clone())),
        Some(old) if new.is_empty() => Ok(Some(old)),
        Some(old) => {
            let common: Vec<Sid> = new
                .iter()
                .filter(|sid| old.contains(sid))
                .copied()
                .collect();
            if common.is_empty() && !old.is_empty() {
                return Err(RestrictError::NothingInCommon);
            }
            Ok(Some(common))
        }
    }
}

/// The privileges that a filtered administrator keeps (MSDN *How User Account Control works*).
const LUA_KEEPS: &[Privilege] = &[
    Privilege::ChangeNotify,
    Privilege::Shutdown,
    Privilege::Undock,
    Privilege::IncreaseWorkingSet,
    Privilege::TimeZone,
];

/// Built-in groups that UAC filters: administrators, power users, the operators of accounts,
/// servers, printers and backups, pre-2000 access, network configuration, cryptography.
const LUA_BUILTIN: &[u32] = &[544, 547, 548, 549, 550, 551, 554, 556, 569];
/// Domain groups that UAC filters: read-only enterprise controllers, domain administrators,
/// controllers, certificate publishers, schema and enterprise administrators, policy owners,
/// read-only controllers, remote access servers.
const LUA_DOMAIN: &[u32] = &[498, 512, 516, 517, 518, 519, 520, 521, 553];

/// Whether UAC filters the group out of a token (MSDN *How User Account Control works*; the
/// exact list is inferred).
fn is_administrative(sid: &Sid) -> bool {
    match (sid.authority(), sid.parts()) {
        (5, [32, rid]) => LUA_BUILTIN.contains(rid),
        (5, [21, _, _, _, rid]) => LUA_DOMAIN.contains(rid),
        (5, [114]) => true,
        _ => false,
    }
}
