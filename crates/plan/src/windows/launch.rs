//! The token that a command gets, and what it is started in.
//!
//! What is asked of `CreateRestrictedToken`, as values; [`TokenRequest::make`] says
//! what comes of it. Two rules that no list here may break: the user's own SID never
//! restricts, because it satisfies ordinary descriptors and voids the boundary; and
//! nothing that protects is a denial for a restricting SID, because a process may
//! restrict its token again and leave that SID out
//! (`docs/decisions/0008-what-the-nt-model-says-of-the-design.md`).

use fumehood_nt::condition::{Callback, Condition, Membership, Sids};
use fumehood_nt::restrict::{self, Restrict, RestrictError, RestrictFlags};
use fumehood_nt::token::{Integrity, Token, TokenSpec};
use fumehood_nt::{
    AccessMask, Ace, AceFlags, AceKind, Acl, Control, Scope, SecurityDescriptor, Sid,
};
use fumehood_policy::RawText;

use super::facts::Facts;
use super::path::WinPath;
use super::places::Places;
use super::profile::TokenProfile;

/// Why a SID is in the restricting list.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Because {
    /// It writes in this root.
    Grant(WinPath),
    /// It reads the user's tools.
    Reader,
    /// It joins the processes of this run to each other's objects.
    Session,
    /// Window station, desktop and objects of the logon session.
    Logon,
    /// Devices and directories of named objects.
    Everyone,
    /// Windows' own recipe for write-restricted services.
    WriteRestricted,
    /// Without it no program can be opened under a fully restricted token.
    Users,
    /// What restricted programs may read of the registry.
    Restricted,
    /// The account's own objects; its rights end with the account.
    Account,
}

impl Because {
    fn shown(&self) -> String {
        match self {
            Self::Grant(root) => format!("writes in {root}"),
            Self::Reader => "reads the user's tools".to_owned(),
            Self::Session => "this run".to_owned(),
            Self::Logon => "the logon session".to_owned(),
            Self::Everyone => "devices and named objects".to_owned(),
            Self::WriteRestricted => "as for write-restricted services".to_owned(),
            Self::Users => "programs and libraries of the system".to_owned(),
            Self::Restricted => "what restricted programs may read".to_owned(),
            Self::Account => "the account's own objects".to_owned(),
        }
    }
}

/// One SID of the restricting list.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Restricting {
    /// Which.
    pub sid: Sid,
    /// Why.
    pub because: Because,
}

/// Whose token is restricted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Source {
    /// The caller's own.
    Caller,
    /// That of the dedicated account.
    Account,
}

/// What is asked for, in the order in which it is done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TokenRequest {
    /// Whose token it begins with.
    pub source: Source,
    /// Who owns what the command makes: set first, because an elevated caller would
    /// leave that to Administrators.
    pub owner: Sid,
    /// The flags.
    pub flags: RestrictFlags,
    /// SIDs that only deny from then on.
    pub deny_only: Vec<Sid>,
    /// The restricting list, in order.
    pub restricting: Vec<Restricting>,
    /// The level, never above the caller's.
    pub integrity: Integrity,
    /// The DACL of objects that are given none.
    pub default_dacl: Acl,
    /// The DACL of the token itself: programs adjust their own token.
    pub object_dacl: Acl,
}

impl TokenRequest {
    /// The token that comes of it.
    ///
    /// # Errors
    ///
    /// As [`restrict::restrict`].
    pub fn make(&self, source: &TokenSpec) -> Result<Token, RestrictError> {
        let mut spec = source.clone();
        spec.owner = self.owner;
        let asked = Restrict {
            flags: self.flags,
            disable: self.deny_only.clone(),
            delete: Vec::new(),
            restricting: self.restricting.iter().map(|one| one.sid).collect(),
        };
        let token = restrict::restrict(&spec.build()?, &asked)?;
        let level = self.integrity.min(token.spec().integrity);
        let mut spec = restrict::lower_integrity(&token, level)?.into_spec();
        spec.default_dacl = Some(self.default_dacl.clone());
        Ok(spec.build()?)
    }
}

/// What a job keeps its processes from (MSDN `JOBOBJECT_BASIC_UI_RESTRICTIONS`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum UiLimit {
    /// Making and switching desktops.
    Desktop,
    /// User handles of other processes.
    Handles,
    /// Reading the clipboard.
    ReadClipboard,
    /// Writing it.
    WriteClipboard,
    /// Global atoms.
    GlobalAtoms,
    /// System parameters.
    SystemParameters,
    /// Display settings.
    DisplaySettings,
    /// Ending the session.
    ExitWindows,
}

impl UiLimit {
    /// All of them.
    pub const ALL: [Self; 8] = [
        Self::Desktop,
        Self::Handles,
        Self::ReadClipboard,
        Self::WriteClipboard,
        Self::GlobalAtoms,
        Self::SystemParameters,
        Self::DisplaySettings,
        Self::ExitWindows,
    ];
}

/// The job: it dies with its handle, and nothing leaves it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Job {
    /// Most processes at once.
    pub processes: Option<u64>,
    /// Bytes of memory of all together.
    pub memory: Option<u64>,
    /// What its processes are kept from.
    pub ui: Vec<UiLimit>,
}

/// What is started, and in what.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Launch {
    /// Program and arguments.
    pub arguments: Vec<RawText>,
    /// Where it starts.
    pub folder: WinPath,
    /// Its own folder for temporary files: TEMP and TMP.
    pub temp: WinPath,
    /// The token.
    pub token: TokenRequest,
    /// The job.
    pub job: Job,
    /// The descriptor of a desktop of its own.
    pub desktop: SecurityDescriptor,
    /// The descriptor that the launcher gives its own process and threads before it
    /// starts anything.
    pub launcher: SecurityDescriptor,
    /// What the launcher holds open, without letting it be deleted, while the job lives.
    pub pins: Vec<WinPath>,
    /// Ends the tree after so many milliseconds.
    pub timeout_ms: Option<u64>,
}

/// The token of a profile.
pub(super) fn token(facts: &Facts, places: &Places, profile: TokenProfile) -> TokenRequest {
    let identity = Identity::of(facts, profile);
    let mut flags = RestrictFlags::DISABLE_MAX_PRIVILEGE.with(RestrictFlags::LUA_TOKEN);
    if profile.is_restricted() && profile != TokenProfile::Strict {
        flags = flags.with(RestrictFlags::WRITE_RESTRICTED);
    }
    let restricting = if profile.is_restricted() {
        restricting(facts, places, profile, &identity)
    } else {
        Vec::new()
    };
    let integrity = if profile.is_labelled() {
        TokenProfile::LEVEL
    } else {
        Integrity::MEDIUM
    };
    let own: Vec<Sid> = own_sids(facts, profile, &identity);
    let full = |sid: &Sid| Ace::allow(*sid, AccessMask::GENERIC_ALL);
    let mut object_dacl: Vec<Ace> = own.iter().map(full).collect();
    if profile.is_restricted() {
        object_dacl.push(full(&Sid::WRITE_RESTRICTED_CODE));
    }
    TokenRequest {
        source: identity.source,
        owner: identity.user,
        flags,
        deny_only: facts.witness().into_iter().collect(),
        restricting,
        integrity,
        default_dacl: own.iter().map(full).collect(),
        object_dacl: Acl::new(object_dacl),
    }
}

/// Whose token it is.
struct Identity {
    source: Source,
    user: Sid,
    logon: Option<Sid>,
}

impl Identity {
    fn of(facts: &Facts, profile: TokenProfile) -> Self {
        match facts.account.filter(|_| profile == TokenProfile::Elevated) {
            Some(account) => Self {
                source: Source::Account,
                user: account.user,
                logon: Some(account.logon),
            },
            None => Self {
                source: Source::Caller,
                user: facts.token.user,
                logon: facts.logon(),
            },
        }
    }
}

/// Who may do everything with what the command makes: never the logon SID, which every
/// other sandbox of the logon carries too.
fn own_sids(facts: &Facts, profile: TokenProfile, identity: &Identity) -> Vec<Sid> {
    let mut own = vec![identity.user, Sid::SYSTEM];
    if profile.is_restricted() {
        own.push(facts.session);
    }
    own
}

fn restricting(
    facts: &Facts,
    places: &Places,
    profile: TokenProfile,
    identity: &Identity,
) -> Vec<Restricting> {
    let mut list: Vec<Restricting> = Vec::new();
    let mut push = |sid: Sid, because: Because| list.push(Restricting { sid, because });
    for root in &places.roots {
        push(root.grant, Because::Grant(root.path.clone()));
    }
    if profile == TokenProfile::Strict {
        push(facts.reader, Because::Reader);
    }
    push(facts.session, Because::Session);
    if let Some(logon) = identity.logon {
        push(logon, Because::Logon);
    }
    push(Sid::EVERYONE, Because::Everyone);
    push(Sid::WRITE_RESTRICTED_CODE, Because::WriteRestricted);
    match profile {
        TokenProfile::Strict => {
            push(Sid::USERS, Because::Users);
            push(Sid::RESTRICTED_CODE, Because::Restricted);
        }
        TokenProfile::Elevated => push(identity.user, Because::Account),
        _ => {}
    }
    list
}

/// A desktop for the command alone.
pub(super) fn desktop(token: &TokenRequest) -> SecurityDescriptor {
    SecurityDescriptor {
        dacl: token.default_dacl.clone().into(),
        ..SecurityDescriptor::default()
    }
}

/// Only what still has the witness group may do anything to the launcher. A token that is
/// not restricted has lost that group too, so this holds under every profile.
pub(super) fn launcher(facts: &Facts) -> SecurityDescriptor {
    closed(facts, AceFlags::NONE, AccessMask::GENERIC_ALL)
}

/// A descriptor whose grant to the user asks for the witness group, that takes nothing from
/// above, and whose owner has no rights of their own. SYSTEM and Administrators stay: a
/// logon without the group can be repaired.
pub(super) fn closed(facts: &Facts, flags: AceFlags, all: AccessMask) -> SecurityDescriptor {
    let user = match facts.witness() {
        Some(witness) => conditional(facts.token.user, all, witness),
        None => Ace::allow(facts.token.user, all),
    };
    let aces = [
        Ace::allow(Sid::SYSTEM, all),
        Ace::allow(Sid::ADMINISTRATORS, all),
        Ace::allow(Sid::OWNER_RIGHTS, AccessMask::READ_CONTROL),
        user,
    ];
    SecurityDescriptor {
        owner: Some(facts.token.user),
        control: Control::DACL_PROTECTED,
        dacl: aces
            .into_iter()
            .map(|ace| ace.with_flags(flags))
            .collect::<Acl>()
            .into(),
        ..SecurityDescriptor::default()
    }
}

/// A grant that needs a group to be enabled ([MS-DTYP] 2.4.4.17.6).
pub(super) fn conditional(sid: Sid, mask: AccessMask, group: Sid) -> Ace {
    let member = Condition::Member(Membership::MemberOf, Sids::Many(vec![group]));
    let scope = Scope {
        object: None,
        callback: Some(Box::new(Callback::Condition(member))),
    };
    Ace::new(AceKind::Allow(scope), AceFlags::NONE, mask, sid)
}

impl std::fmt::Display for Launch {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let token = &self.token;
        let arguments: Vec<String> = self.arguments.iter().map(ToString::to_string).collect();
        writeln!(
            f,
            "launch          {} in {}",
            arguments.join(" "),
            self.folder
        )?;
        let whose = match token.source {
            Source::Caller => "the caller's",
            Source::Account => "the account's",
        };
        let level = token.integrity.0;
        writeln!(
            f,
            "token           {whose}, flags {:#x}, level {level:#x}",
            token.flags.bits()
        )?;
        writeln!(f, "  owner         {}", token.owner.to_sddl())?;
        for sid in &token.deny_only {
            writeln!(f, "  deny only     {}", sid.to_sddl())?;
        }
        for one in &token.restricting {
            writeln!(
                f,
                "  restricting   {} ({})",
                one.sid.to_sddl(),
                one.because.shown()
            )?;
        }
        let list = |list: &Acl| {
            list.aces
                .iter()
                .map(super::step::shown_ace)
                .collect::<String>()
        };
        writeln!(f, "  default       {}", list(&token.default_dacl))?;
        writeln!(f, "  token itself  {}", list(&token.object_dacl))?;
        writeln!(f, "temp            {}", self.temp)?;
        writeln!(f, "desktop         {}", super::step::shown(&self.desktop))?;
        writeln!(f, "launcher        {}", super::step::shown(&self.launcher))?;
        let limit =
            |limit: Option<u64>| limit.map_or("any number of".to_owned(), |n| n.to_string());
        writeln!(
            f,
            "job             {} processes, {} bytes, {} limits on windows",
            limit(self.job.processes),
            limit(self.job.memory),
            self.job.ui.len()
        )?;
        self.pins
            .iter()
            .try_for_each(|pin| writeln!(f, "pin             {pin}"))
    }
}
