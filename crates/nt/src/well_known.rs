//! SIDs that are the same on every machine, and SDDL's two letters for them.
//!
//! Some letters mean an account of a domain that has to be known: `DU` is the
//! domain's 513, `LA` the machine's own 500. Without the domain such letters are an
//! error, never a guess ([MS-DTYP] 2.4.2.4, 2.5.1.1).

use crate::sid::Sid;

impl Sid {
    /// `S-1-0-0`: nobody.
    pub const NULL: Self = Self::of(0, [0]);
    /// `WD`, `S-1-1-0`: everyone.
    pub const EVERYONE: Self = Self::of(1, [0]);
    /// `S-1-2-0`: who logged on at the machine itself.
    pub const LOCAL: Self = Self::of(2, [0]);
    /// `S-1-2-1`: who logged on at the console.
    pub const CONSOLE_LOGON: Self = Self::of(2, [1]);
    /// `CO`, `S-1-3-0`: in an inheritable ACE, whoever creates the child.
    pub const CREATOR_OWNER: Self = Self::of(3, [0]);
    /// `CG`, `S-1-3-1`: in an inheritable ACE, the creator's primary group.
    pub const CREATOR_GROUP: Self = Self::of(3, [1]);
    /// `OW`, `S-1-3-4`: whoever owns the object; an ACE for it ends the owner's implicit rights.
    pub const OWNER_RIGHTS: Self = Self::of(3, [4]);
    /// `NU`, `S-1-5-2`: who logged on through the network.
    pub const NETWORK: Self = Self::of(5, [2]);
    /// `S-1-5-3`: a batch logon.
    pub const BATCH: Self = Self::of(5, [3]);
    /// `IU`, `S-1-5-4`: who logged on interactively.
    pub const INTERACTIVE: Self = Self::of(5, [4]);
    /// `SU`, `S-1-5-6`: who logged on as a service.
    pub const SERVICE_LOGON: Self = Self::of(5, [6]);
    /// `AN`, `S-1-5-7`: anonymous.
    pub const ANONYMOUS: Self = Self::of(5, [7]);
    /// `ED`, `S-1-5-9`: domain controllers of the enterprise.
    pub const ENTERPRISE_DOMAIN_CONTROLLERS: Self = Self::of(5, [9]);
    /// `PS`, `S-1-5-10`: the object itself.
    pub const PRINCIPAL_SELF: Self = Self::of(5, [10]);
    /// `AU`, `S-1-5-11`: who gave proof of who he is.
    pub const AUTHENTICATED_USERS: Self = Self::of(5, [11]);
    /// `RC`, `S-1-5-12`: restricted code; convention, in restricting lists.
    pub const RESTRICTED_CODE: Self = Self::of(5, [12]);
    /// `SY`, `S-1-5-18`: the system.
    pub const SYSTEM: Self = Self::of(5, [18]);
    /// `LS`, `S-1-5-19`: the local service account.
    pub const LOCAL_SERVICE: Self = Self::of(5, [19]);
    /// `NS`, `S-1-5-20`: the network service account.
    pub const NETWORK_SERVICE: Self = Self::of(5, [20]);
    /// `WR`, `S-1-5-33`: write-restricted code, in the restricting list of such tokens.
    pub const WRITE_RESTRICTED_CODE: Self = Self::of(5, [33]);
    /// `S-1-5-32`: the domain of the built-in groups.
    pub const BUILTIN: Self = Self::of(5, [32]);
    /// `BA`, `S-1-5-32-544`: administrators.
    pub const ADMINISTRATORS: Self = Self::of(5, [32, 544]);
    /// `BU`, `S-1-5-32-545`: users.
    pub const USERS: Self = Self::of(5, [32, 545]);
    /// `BG`, `S-1-5-32-546`: guests.
    pub const GUESTS: Self = Self::of(5, [32, 546]);
    /// `S-1-5-80-0`: all services.
    pub const ALL_SERVICES: Self = Self::of(5, [80, 0]);
    /// `S-1-5-80-956008885-…`: `TrustedInstaller`, who owns what belongs to Windows.
    pub const TRUSTED_INSTALLER: Self = Self::of(
        5,
        [
            80,
            956_008_885,
            3_418_522_649,
            1_831_038_044,
            1_853_292_631,
            2_271_478_464,
        ],
    );
    /// `S-1-5-113`: local accounts.
    pub const LOCAL_ACCOUNT: Self = Self::of(5, [113]);
    /// `S-1-5-114`: local accounts that are administrators.
    pub const LOCAL_ACCOUNT_ADMINISTRATOR: Self = Self::of(5, [114]);
    /// `AC`, `S-1-15-2-1`: every package (`AppContainer`).
    pub const ALL_PACKAGES: Self = Self::of(15, [2, 1]);
    /// `S-1-15-2-2`: every restricted package (less privileged `AppContainer`).
    pub const ALL_RESTRICTED_PACKAGES: Self = Self::of(15, [2, 2]);
    /// `S-1-15-3-1`: the capability to reach the internet as a client.
    pub const CAPABILITY_INTERNET_CLIENT: Self = Self::of(15, [3, 1]);
    /// `S-1-16-0`: untrusted.
    pub const INTEGRITY_UNTRUSTED: Self = Self::of(16, [0]);
    /// `LW`, `S-1-16-4096`: low.
    pub const INTEGRITY_LOW: Self = Self::of(16, [0x1000]);
    /// `ME`, `S-1-16-8192`: medium, which is meant where there is no label.
    pub const INTEGRITY_MEDIUM: Self = Self::of(16, [0x2000]);
    /// `MP`, `S-1-16-8448`: medium plus.
    pub const INTEGRITY_MEDIUM_PLUS: Self = Self::of(16, [0x2100]);
    /// `HI`, `S-1-16-12288`: high.
    pub const INTEGRITY_HIGH: Self = Self::of(16, [0x3000]);
    /// `SI`, `S-1-16-16384`: system.
    pub const INTEGRITY_SYSTEM: Self = Self::of(16, [0x4000]);

    /// The SID of one logon, `S-1-5-5-X-Y`, which owns its desktop and its named objects.
    #[must_use]
    pub const fn logon(high: u32, low: u32) -> Self {
        Self::of(5, [5, high, low])
    }

    /// The integrity level, if it is one: the number behind `S-1-16-`.
    #[must_use]
    pub fn integrity(&self) -> Option<u32> {
        match (self.authority(), self.parts()) {
            (16, [level]) => Some(*level),
            _ => None,
        }
    }

    /// Whether it stands for one logon: `S-1-5-5-X-Y`.
    #[must_use]
    pub fn is_logon(&self) -> bool {
        self.authority() == 5 && matches!(self.parts(), [5, _, _])
    }

    /// Whether it is a service's: `S-1-5-80-…`.
    #[must_use]
    pub fn is_of_service(&self) -> bool {
        self.is_below(&Self::of(5, [80]))
    }

    /// Whether it is a package's, or all packages': `S-1-15-2-…`.
    #[must_use]
    pub fn is_package(&self) -> bool {
        self.is_below(&Self::of(15, [2]))
    }

    /// Whether it is a capability: `S-1-15-3-…`.
    #[must_use]
    pub fn is_capability(&self) -> bool {
        self.is_below(&Self::of(15, [3]))
    }
}

/// The domains that letters such as `DU` are relative to.
///
/// ```
/// use fumehood_nt::{Domains, Sid};
/// let machine: Sid = "S-1-5-21-1-2-3".parse()?;
/// let domains = Domains { machine: Some(machine), ..Domains::NONE };
/// assert_eq!(fumehood_nt::well_known::alias("LA").unwrap().sid(&domains), machine.child(500));
/// # Ok::<_, fumehood_nt::ParseSidError>(())
/// ```
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Domains {
    /// The domain of the machine's own accounts: `LA`, `LG`.
    pub machine: Option<Sid>,
    /// The domain that the machine is a member of: `DA`, `DU` and most others.
    pub domain: Option<Sid>,
    /// The root of that domain's forest: `EA`, `SA`, `RO`, `EK`.
    pub forest: Option<Sid>,
}

impl Domains {
    /// No domain is known.
    pub const NONE: Self = Self {
        machine: None,
        domain: None,
        forest: None,
    };
}

/// What two letters of SDDL stand for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Alias {
    /// The same SID everywhere.
    Fixed(Sid),
    /// An account of [`Domains::machine`].
    OfMachine(u32),
    /// An account of [`Domains::domain`].
    OfDomain(u32),
    /// An account of [`Domains::forest`].
    OfForest(u32),
}

impl Alias {
    /// The SID; none if the domain that it needs is not known.
    #[must_use]
    pub fn sid(self, domains: &Domains) -> Option<Sid> {
        match self {
            Self::Fixed(sid) => Some(sid),
            Self::OfMachine(rid) => domains.machine?.child(rid),
            Self::OfDomain(rid) => domains.domain?.child(rid),
            Self::OfForest(rid) => domains.forest?.child(rid),
        }
    }
}

/// What the two letters `letters` stand for, in either case ([MS-DTYP] 2.5.1.1 `sid-token`).
#[must_use]
pub fn alias(letters: &str) -> Option<Alias> {
    ALIASES
        .iter()
        .find(|(known, _)| known.eq_ignore_ascii_case(letters))
        .map(|(_, alias)| *alias)
}

/// The two letters for `sid`, if it is the same everywhere and has any.
#[must_use]
pub fn letters(sid: &Sid) -> Option<&'static str> {
    if sid.is_below(&Sid::of(5, [21])) {
        return None;
    }
    ALIASES
        .iter()
        .find(|(_, alias)| *alias == Alias::Fixed(*sid))
        .map(|(letters, _)| *letters)
}

/// A group of the built-in domain.
const fn builtin(rid: u32) -> Alias {
    Alias::Fixed(Sid::of(5, [32, rid]))
}

/// Every pair of letters.
pub const ALIASES: [(&str, Alias); 67] = [
    ("AA", builtin(579)),
    ("AC", Alias::Fixed(Sid::ALL_PACKAGES)),
    ("AN", Alias::Fixed(Sid::ANONYMOUS)),
    ("AO", builtin(548)),
    ("AP", Alias::OfDomain(525)),
    ("AS", Alias::Fixed(Sid::of(18, [1]))),
    ("AU", Alias::Fixed(Sid::AUTHENTICATED_USERS)),
    ("BA", Alias::Fixed(Sid::ADMINISTRATORS)),
    ("BG", Alias::Fixed(Sid::GUESTS)),
    ("BO", builtin(551)),
    ("BU", Alias::Fixed(Sid::USERS)),
    ("CA", Alias::OfDomain(517)),
    ("CD", builtin(574)),
    ("CG", Alias::Fixed(Sid::CREATOR_GROUP)),
    ("CN", Alias::OfDomain(522)),
    ("CO", Alias::Fixed(Sid::CREATOR_OWNER)),
    ("CY", builtin(569)),
    ("DA", Alias::OfDomain(512)),
    ("DC", Alias::OfDomain(515)),
    ("DD", Alias::OfDomain(516)),
    ("DG", Alias::OfDomain(514)),
    ("DU", Alias::OfDomain(513)),
    ("EA", Alias::OfForest(519)),
    ("ED", Alias::Fixed(Sid::ENTERPRISE_DOMAIN_CONTROLLERS)),
    ("EK", Alias::OfForest(527)),
    ("ER", builtin(573)),
    ("ES", builtin(576)),
    ("HA", builtin(578)),
    ("HI", Alias::Fixed(Sid::INTEGRITY_HIGH)),
    ("HO", builtin(584)),
    ("IS", builtin(568)),
    ("IU", Alias::Fixed(Sid::INTERACTIVE)),
    ("KA", Alias::OfDomain(526)),
    ("LA", Alias::OfMachine(500)),
    ("LG", Alias::OfMachine(501)),
    ("LS", Alias::Fixed(Sid::LOCAL_SERVICE)),
    ("LU", builtin(559)),
    ("LW", Alias::Fixed(Sid::INTEGRITY_LOW)),
    ("ME", Alias::Fixed(Sid::INTEGRITY_MEDIUM)),
    ("MP", Alias::Fixed(Sid::INTEGRITY_MEDIUM_PLUS)),
    ("MS", builtin(577)),
    ("MU", builtin(558)),
    ("NO", builtin(556)),
    ("NS", Alias::Fixed(Sid::NETWORK_SERVICE)),
    ("NU", Alias::Fixed(Sid::NETWORK)),
    ("OW", Alias::Fixed(Sid::OWNER_RIGHTS)),
    ("PA", Alias::OfDomain(520)),
    ("PO", builtin(550)),
    ("PS", Alias::Fixed(Sid::PRINCIPAL_SELF)),
    ("PU", builtin(547)),
    ("RA", builtin(575)),
    ("RC", Alias::Fixed(Sid::RESTRICTED_CODE)),
    ("RD", builtin(555)),
    ("RE", builtin(552)),
    ("RM", builtin(580)),
    ("RO", Alias::OfForest(498)),
    ("RS", Alias::OfDomain(553)),
    ("RU", builtin(554)),
    ("SA", Alias::OfForest(518)),
    ("SI", Alias::Fixed(Sid::INTEGRITY_SYSTEM)),
    ("SO", builtin(549)),
    ("SS", Alias::Fixed(Sid::of(18, [2]))),
    ("SU", Alias::Fixed(Sid::SERVICE_LOGON)),
    ("SY", Alias::Fixed(Sid::SYSTEM)),
    ("UD", Alias::Fixed(Sid::of(5, [84, 0, 0, 0, 0, 0]))),
    ("WD", Alias::Fixed(Sid::EVERYONE)),
    ("WR", Alias::Fixed(Sid::WRITE_RESTRICTED_CODE)),
];
