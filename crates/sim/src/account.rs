//! Local accounts and groups, and the tokens that logging on makes of them.
//!
//! A logon collects the user's groups, adds what every logon of its kind has, and
//! a SID of its own (MSDN *Well-known SIDs*). A member of Administrators who logs on
//! at the screen gets two tokens: a filtered one, medium, in which the group only
//! denies, and a full one, high (*How User Account Control works*).

use std::collections::BTreeMap;
use std::sync::Arc;

use fumehood_nt::restrict::{Restrict, RestrictFlags, lower_integrity, restrict};
use fumehood_nt::token::{Group, GroupMarks, Integrity, Privilege, Privileges, Token, TokenSpec};
use fumehood_nt::{AccessMask, Ace, Acl, Sid};

use crate::answer::{Answer, Refusal};
use crate::fold::fold;

/// How someone logs on (MSDN `LogonUser`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Logon {
    /// At the screen.
    Interactive,
    /// Over the network.
    Network,
    /// As a task.
    Batch,
    /// As a service.
    Service,
}

impl Logon {
    /// The group of everyone who logs on like this.
    #[must_use]
    pub const fn group(self) -> Sid {
        match self {
            Self::Interactive => Sid::INTERACTIVE,
            Self::Network => Sid::NETWORK,
            Self::Batch => Sid::BATCH,
            Self::Service => Sid::SERVICE_LOGON,
        }
    }
}

/// Someone who has logged on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LoggedOn {
    /// What programs start with.
    pub token: Token,
    /// What programs have behind a prompt; none for who is no administrator, or is not filtered.
    pub elevated: Option<Token>,
    /// The SID of the logon, which both tokens carry: the elevated programs' default DACL lets it
    /// read and run, so that what lies below may do to them whatever their label lets through
    /// (general knowledge, after James Forshaw's *Reading Your Way Around UAC*; not looked up).
    pub session: Sid,
}

/// A local account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Account {
    /// Its SID.
    pub sid: Sid,
    /// The local groups that it is in, beside Users.
    pub groups: Vec<Sid>,
}

/// The accounts of a machine.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Accounts {
    /// The SID of the machine, above those of its accounts.
    pub machine: Sid,
    users: Arc<BTreeMap<String, Account>>,
    next_rid: u32,
    next_logon: u32,
}

impl Accounts {
    /// Accounts that a machine may have here.
    pub const MOST: usize = 1 << 12;
    /// The first number that Windows gives to an account.
    const FIRST_RID: u32 = 1001;

    /// A machine without accounts.
    #[must_use]
    pub fn of(machine: Sid) -> Self {
        Self {
            machine,
            users: Arc::default(),
            next_rid: Self::FIRST_RID,
            next_logon: 0,
        }
    }

    /// Adds a local account; its SID.
    ///
    /// # Errors
    ///
    /// The name is taken or there are too many.
    pub fn add(&mut self, name: &str, groups: &[Sid]) -> Answer<Sid> {
        if self.users.contains_key(&fold(name)) {
            return Err(Refusal::Exists);
        }
        let limit = Self::MOST;
        if self.users.len() >= limit {
            return Err(Refusal::TooMuch {
                limit,
                what: "accounts",
            });
        }
        let sid = self
            .machine
            .child(self.next_rid)
            .ok_or(Refusal::Invalid("no machine SID"))?;
        self.next_rid += 1;
        let groups = groups.to_vec();
        Arc::make_mut(&mut self.users).insert(fold(name), Account { sid, groups });
        Ok(sid)
    }

    /// Adds a local group; its SID.
    ///
    /// # Errors
    ///
    /// The machine's SID has no room for one.
    pub fn add_group(&mut self) -> Answer<Sid> {
        let sid = self
            .machine
            .child(self.next_rid)
            .ok_or(Refusal::Invalid("no machine SID"))?;
        self.next_rid += 1;
        Ok(sid)
    }

    /// Takes an account away. Tokens that were made of it stay what they are.
    ///
    /// # Errors
    ///
    /// There is none.
    pub fn remove(&mut self, name: &str) -> Answer {
        let users = Arc::make_mut(&mut self.users);
        users.remove(&fold(name)).map(drop).ok_or(Refusal::NotFound)
    }

    /// The account of this name.
    #[must_use]
    pub fn account(&self, name: &str) -> Option<&Account> {
        self.users.get(&fold(name))
    }

    /// Logs someone on, with a logon SID that no other has.
    ///
    /// # Errors
    ///
    /// There is no such account.
    pub fn log_on(&mut self, name: &str, logon: Logon) -> Answer<LoggedOn> {
        let account = self.account(name).ok_or(Refusal::NotFound)?.clone();
        self.next_logon += 1;
        let session = Sid::logon(0, self.next_logon);
        let full = full_token(&account, logon, session)?;
        let is_admin = account.groups.contains(&Sid::ADMINISTRATORS);
        let (token, elevated) = if is_admin && logon == Logon::Interactive {
            (filtered(&full, session)?, Some(full))
        } else {
            (full, None)
        };
        Ok(LoggedOn {
            token,
            elevated,
            session,
        })
    }
}

/// An entry that cannot be disabled.
fn mandatory(sid: Sid) -> Group {
    let marks = GroupMarks::MANDATORY.with(GroupMarks::ENABLED_BY_DEFAULT);
    Group {
        marks,
        ..Group::enabled(sid)
    }
}

/// The token with all that the account has.
fn full_token(account: &Account, logon: Logon, session: Sid) -> Answer<Token> {
    let is_admin = account.groups.contains(&Sid::ADMINISTRATORS);
    let none = primary_group(&account.sid);
    let mut groups = vec![
        mandatory(none),
        mandatory(Sid::EVERYONE),
        mandatory(Sid::USERS),
    ];
    groups.extend(account.groups.iter().map(|sid| {
        let owns = if *sid == Sid::ADMINISTRATORS {
            GroupMarks::OWNER
        } else {
            GroupMarks::NONE
        };
        let group = mandatory(*sid);
        Group {
            marks: group.marks.with(owns),
            ..group
        }
    }));
    let of_kind = [
        logon.group(),
        Sid::AUTHENTICATED_USERS,
        THIS_ORGANIZATION,
        Sid::LOCAL_ACCOUNT,
    ];
    groups.extend(of_kind.map(mandatory));
    if is_admin {
        groups.push(mandatory(Sid::LOCAL_ACCOUNT_ADMINISTRATOR));
    }
    if logon == Logon::Interactive {
        groups.extend([Sid::CONSOLE_LOGON, Sid::LOCAL].map(mandatory));
    }
    let session_group = mandatory(session);
    let marks = session_group.marks.with(GroupMarks::LOGON_ID);
    groups.push(Group {
        marks,
        ..session_group
    });
    let owner = if is_admin {
        Sid::ADMINISTRATORS
    } else {
        account.sid
    };
    let (privileges, integrity) = if is_admin {
        (administrator(), Integrity::HIGH)
    } else {
        (ordinary(), Integrity::MEDIUM)
    };
    let spec = TokenSpec {
        groups,
        privileges,
        integrity,
        owner,
        primary_group: none,
        default_dacl: Some(default_dacl(owner, session)),
        ..TokenSpec::new(account.sid)
    };
    spec.build()
        .map_err(|_| Refusal::Invalid("a token has at most 1,024 groups"))
}

/// What UAC makes of an administrator's token.
fn filtered(full: &Token, session: Sid) -> Answer<Token> {
    let wrong = Refusal::Invalid("a token that was made can be filtered");
    let asked = Restrict {
        flags: RestrictFlags::LUA_TOKEN,
        disable: vec![Sid::LOCAL_ACCOUNT_ADMINISTRATOR],
        ..Restrict::default()
    };
    let token = restrict(full, &asked).map_err(|_| wrong.clone())?;
    let token = lower_integrity(&token, Integrity::MEDIUM).map_err(|_| wrong.clone())?;
    let user = token.spec().user;
    let spec = TokenSpec {
        owner: user,
        default_dacl: Some(default_dacl(user, session)),
        ..token.into_spec()
    };
    spec.build().map_err(|_| wrong)
}

/// The default DACL of a logon: the owner and the system all, the logon to read and run
/// (what `whoami` and `NtObjectManager` show of an ordinary token).
fn default_dacl(owner: Sid, session: Sid) -> Acl {
    let read = AccessMask::GENERIC_READ | AccessMask::GENERIC_EXECUTE;
    Acl::new(vec![
        Ace::allow(owner, AccessMask::GENERIC_ALL),
        Ace::allow(Sid::SYSTEM, AccessMask::GENERIC_ALL),
        Ace::allow(session, read),
    ])
}

/// What every user holds; only the first is enabled (*User Rights Assignment*).
fn ordinary() -> Privileges {
    [
        Privilege::Shutdown,
        Privilege::Undock,
        Privilege::IncreaseWorkingSet,
        Privilege::TimeZone,
    ]
    .into_iter()
    .fold(
        Privileges::NONE.with_enabled(Privilege::ChangeNotify),
        Privileges::with_disabled,
    )
}

/// What administrators hold.
fn administrator() -> Privileges {
    let more = [
        Privilege::IncreaseQuota,
        Privilege::Security,
        Privilege::TakeOwnership,
        Privilege::LoadDriver,
        Privilege::SystemProfile,
        Privilege::SystemTime,
        Privilege::ProfileSingleProcess,
        Privilege::IncreaseBasePriority,
        Privilege::CreatePagefile,
        Privilege::Backup,
        Privilege::Restore,
        Privilege::Debug,
        Privilege::SystemEnvironment,
        Privilege::RemoteShutdown,
        Privilege::ManageVolume,
        Privilege::CreateSymbolicLink,
        Privilege::DelegateSessionUserImpersonate,
    ];
    let all = more.into_iter().fold(ordinary(), Privileges::with_disabled);
    all.with_enabled(Privilege::Impersonate)
        .with_enabled(Privilege::CreateGlobal)
}

/// The token of the system itself.
///
/// # Errors
///
/// None: it has few groups.
pub fn system_token() -> Answer<Token> {
    let everything = Privilege::ALL.iter();
    let spec = TokenSpec {
        groups: vec![
            Group {
                marks: GroupMarks::OWNER,
                ..Group::enabled(Sid::ADMINISTRATORS)
            },
            mandatory(Sid::EVERYONE),
            mandatory(Sid::AUTHENTICATED_USERS),
        ],
        privileges: everything.fold(Privileges::NONE, |held, (_, one)| held.with_enabled(*one)),
        integrity: Integrity::SYSTEM,
        owner: Sid::ADMINISTRATORS,
        primary_group: Sid::SYSTEM,
        default_dacl: Some(Acl::new(vec![
            Ace::allow(Sid::SYSTEM, AccessMask::GENERIC_ALL),
            Ace::allow(
                Sid::ADMINISTRATORS,
                AccessMask::GENERIC_READ | AccessMask::GENERIC_EXECUTE | AccessMask::READ_CONTROL,
            ),
        ])),
        ..TokenSpec::new(Sid::SYSTEM)
    };
    spec.build()
        .map_err(|_| Refusal::Invalid("a token has at most 1,024 groups"))
}

/// `None`, the primary group of local accounts: 513 below the machine's SID.
fn primary_group(user: &Sid) -> Sid {
    let above = user
        .parts()
        .split_last()
        .map_or(&[][..], |(_, above)| above);
    let parts: Vec<u32> = above.iter().copied().chain([513]).collect();
    Sid::new(user.authority(), &parts).unwrap_or(*user)
}

/// `NT AUTHORITY\This Organization`: logged on by an account of its own machine or domain.
pub const THIS_ORGANIZATION: Sid = Sid::of(5, [15]);
