//! The filtering platform: which connections a machine lets through.
//!
//! Within a sublayer the filters that match are asked from the highest weight down,
//! and the first that permits or blocks decides for the sublayer. All sublayers are
//! asked, the heaviest first; across them a block outweighs a permit, unless an
//! earlier sublayer permitted *hard*, and a hard block is the end. What a filter
//! decides is hard if it clears the right to be overridden
//! (`FWPM_FILTER_FLAG_CLEAR_ACTION_RIGHT`); without that flag a permit is soft and a
//! block is hard. What nothing matches is permitted. Sources: *Filter Arbitration*
//! (MSDN); `FWPS_FILTER0` for what the flag does.
//!
//! Not modelled: callouts, and so their vetoes and filters that neither permit nor
//! block; weights that the engine makes up.

use core::net::IpAddr;
use std::ops::RangeInclusive;

use fumehood_nt::evaluate::evaluate;
use fumehood_nt::token::{Restriction, Token, TokenSpec};
use fumehood_nt::{AccessMask, GenericMapping, Guid, SecurityDescriptor};

use crate::answer::{Answer, Refusal};
use crate::node::FileId;
use crate::readings::{FilterUser, Readings};
use crate::world::World;

/// Where a filter is asked (MSDN *Filtering Layer Identifiers*).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Layer {
    /// `ALE_AUTH_CONNECT`: an outgoing connection, or the first datagram to someone.
    Connect,
    /// `ALE_AUTH_RECV_ACCEPT`: an incoming one.
    Accept,
    /// `ALE_AUTH_LISTEN`: waiting for connections.
    Listen,
    /// `ALE_RESOURCE_ASSIGNMENT`: taking a port, which a connection does too.
    Assign,
}

/// A version of the protocol; each layer is there for both.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Version {
    /// IPv4.
    V4,
    /// IPv6.
    V6,
}

/// What a filter or the platform decides.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Action {
    /// It goes through.
    Permit,
    /// It does not.
    Block,
}

/// Whether a sublayer below may decide otherwise.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Hash)]
pub enum Override {
    /// As it is without the flag: of a permit yes, of a block no.
    #[default]
    Usual,
    /// The right is cleared (`FWPM_FILTER_FLAG_CLEAR_ACTION_RIGHT`).
    Cleared,
}

/// How long a filter lives.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Lasts {
    /// Until the engine's session ends (`FWPM_SESSION_FLAG_DYNAMIC`).
    Session,
    /// Across restarts, once the engine runs (`FWPM_FILTER_FLAG_PERSISTENT`).
    Persistent,
    /// From the start of the network until the engine runs (`FWPM_FILTER_FLAG_BOOTTIME`).
    BootTime,
}

/// Who made filters.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Provider {
    /// Its key.
    pub key: Guid,
}

/// A group of filters that decides as one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SubLayer {
    /// Its key.
    pub key: Guid,
    /// Whose it is.
    pub provider: Option<Guid>,
    /// The heaviest is asked first.
    pub weight: u16,
}

/// What a filter looks at. Conditions on different things must all be met, of those on one thing
/// one (MSDN *Filter Conditions*).
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Condition {
    /// `ALE_USER_ID`: the descriptor grants `FWP_ACTRL_MATCH_FILTER` to the caller's token.
    User(Box<SecurityDescriptor>),
    /// `ALE_APP_ID`: the program.
    Program(FileId),
    /// The address of the other side.
    RemoteAddress(RangeInclusive<IpAddr>),
    /// The own address.
    LocalAddress(RangeInclusive<IpAddr>),
    /// The port of the other side.
    RemotePort(RangeInclusive<u16>),
    /// The own port.
    LocalPort(RangeInclusive<u16>),
    /// The protocol, by its number: TCP is 6, UDP is 17.
    Protocol(u8),
    /// Any protocol but this (`FWP_MATCH_NOT_EQUAL`).
    NotProtocol(u8),
    /// It stays on the machine (`FWP_CONDITION_FLAG_IS_LOOPBACK`).
    Loopback,
    /// It leaves the machine.
    NotLoopback,
}

impl Condition {
    /// Conditions on one thing have one number.
    const fn field(&self) -> u8 {
        match self {
            Self::User(_) => 0,
            Self::Program(_) => 1,
            Self::RemoteAddress(_) => 2,
            Self::LocalAddress(_) => 3,
            Self::RemotePort(_) => 4,
            Self::LocalPort(_) => 5,
            Self::Protocol(_) | Self::NotProtocol(_) => 6,
            Self::Loopback | Self::NotLoopback => 7,
        }
    }
}

/// A filter.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Filter {
    /// Its key.
    pub key: Guid,
    /// Whose it is.
    pub provider: Option<Guid>,
    /// Where it is asked.
    pub layer: Layer,
    /// For which version.
    pub version: Version,
    /// In which sublayer.
    pub sublayer: Guid,
    /// The heaviest is asked first.
    pub weight: u64,
    /// What it looks at; nothing matches everything.
    pub conditions: Vec<Condition>,
    /// What it decides.
    pub action: Action,
    /// Whether that may be overridden.
    pub right: Override,
    /// How long it lives.
    pub lasts: Lasts,
}

/// What goes over the network.
#[derive(Debug, Clone, PartialEq)]
pub struct Flow<'a> {
    /// Where it is asked about.
    pub layer: Layer,
    /// Whose socket it is.
    pub token: &'a Token,
    /// The program.
    pub program: Option<FileId>,
    /// The own side.
    pub local: (IpAddr, u16),
    /// The other side.
    pub remote: (IpAddr, u16),
    /// The protocol's number.
    pub protocol: u8,
}

impl Flow<'_> {
    /// Its version.
    #[must_use]
    pub const fn version(&self) -> Version {
        match self.local.0 {
            IpAddr::V4(_) => Version::V4,
            IpAddr::V6(_) => Version::V6,
        }
    }

    fn is_loopback(&self) -> bool {
        self.remote.0.is_loopback() || self.remote.0 == self.local.0
    }
}

/// What the platform decided, and by which filter.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Ruling {
    /// Whether it goes through.
    pub action: Action,
    /// The filter that decided; none if none matched.
    pub by: Option<Guid>,
}

/// The providers, sublayers and filters of a machine.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Filters {
    providers: Vec<Provider>,
    sublayers: Vec<SubLayer>,
    all: Vec<Filter>,
}

impl Filters {
    /// Filters that there may be here, and sublayers, and providers.
    pub const MOST: usize = 1 << 14;
    /// `FWP_ACTRL_MATCH_FILTER`.
    pub const MATCH: AccessMask = AccessMask(0x1);

    /// Adds a provider.
    ///
    /// # Errors
    ///
    /// The key is taken (`FWP_E_ALREADY_EXISTS`).
    pub fn add_provider(&mut self, provider: Provider) -> Answer {
        if self.providers.iter().any(|other| other.key == provider.key) {
            return Err(Refusal::Exists);
        }
        has_room(self.providers.len())?;
        self.providers.push(provider);
        Ok(())
    }

    /// Adds a sublayer.
    ///
    /// # Errors
    ///
    /// The key is taken, or there is no such provider.
    pub fn add_sublayer(&mut self, sublayer: SubLayer) -> Answer {
        if self.sublayers.iter().any(|other| other.key == sublayer.key) {
            return Err(Refusal::Exists);
        }
        has_room(self.sublayers.len())?;
        has_room(self.providers.len())?;
        self.knows(sublayer.provider)?;
        self.sublayers.push(sublayer);
        Ok(())
    }

    /// Adds a filter.
    ///
    /// # Errors
    ///
    /// The key is taken, its provider or sublayer is not there, or there are too many.
    pub fn add(&mut self, filter: Filter) -> Answer {
        has_room(self.all.len())?;
        if self.all.iter().any(|other| other.key == filter.key) {
            return Err(Refusal::Exists);
        }
        self.knows(filter.provider)?;
        if !self
            .sublayers
            .iter()
            .any(|sublayer| sublayer.key == filter.sublayer)
        {
            return Err(Refusal::NotFound);
        }
        self.all.push(filter);
        Ok(())
    }

    fn knows(&self, provider: Option<Guid>) -> Answer {
        let known = |key| self.providers.iter().any(|other| other.key == key);
        if provider.is_none_or(known) {
            Ok(())
        } else {
            Err(Refusal::NotFound)
        }
    }

    /// Takes a filter out.
    ///
    /// # Errors
    ///
    /// There is none.
    pub fn remove(&mut self, key: Guid) -> Answer {
        let at = self.all.iter().position(|filter| filter.key == key);
        self.all.remove(at.ok_or(Refusal::NotFound)?);
        Ok(())
    }

    /// Takes a sublayer out.
    ///
    /// # Errors
    ///
    /// There is none, or filters are in it (`FWP_E_IN_USE`).
    pub fn remove_sublayer(&mut self, key: Guid) -> Answer {
        let at = self
            .sublayers
            .iter()
            .position(|sublayer| sublayer.key == key);
        let at = at.ok_or(Refusal::NotFound)?;
        if self.all.iter().any(|filter| filter.sublayer == key) {
            return Err(Refusal::InUse);
        }
        self.sublayers.remove(at);
        Ok(())
    }

    /// Every filter.
    pub fn filters(&self) -> impl Iterator<Item = &Filter> {
        self.all.iter()
    }

    /// The machine starts again: what is not kept is gone.
    pub fn restart(&mut self) {
        self.all.retain(|filter| filter.lasts != Lasts::Session);
    }

    /// Whether the flow goes through while the engine runs.
    #[must_use]
    pub fn rule(&self, flow: &Flow<'_>, readings: Readings) -> Ruling {
        let live = |filter: &Filter| filter.lasts != Lasts::BootTime;
        self.arbitrate(flow, readings, live)
    }

    /// Whether it goes through before the engine runs.
    #[must_use]
    pub fn rule_at_boot(&self, flow: &Flow<'_>, readings: Readings) -> Ruling {
        let live = |filter: &Filter| filter.lasts == Lasts::BootTime;
        self.arbitrate(flow, readings, live)
    }

    fn arbitrate(
        &self,
        flow: &Flow<'_>,
        readings: Readings,
        live: impl Fn(&Filter) -> bool,
    ) -> Ruling {
        let mut sublayers: Vec<&SubLayer> = self.sublayers.iter().collect();
        sublayers.sort_by_key(|sublayer| std::cmp::Reverse(sublayer.weight));
        let mut ruling = Ruling {
            action: Action::Permit,
            by: None,
        };
        for sublayer in sublayers {
            let matching = self.all.iter().filter(|filter| {
                filter.sublayer == sublayer.key && live(filter) && matches(filter, flow, readings)
            });
            // Of equal weights the one that was added first is asked first (inferred).
            let Some(filter) = matching.rev().max_by_key(|filter| filter.weight) else {
                continue;
            };
            let by = Some(filter.key);
            match (filter.action, filter.right) {
                (Action::Block, _) => {
                    return Ruling {
                        action: Action::Block,
                        by,
                    };
                }
                (Action::Permit, Override::Cleared) => {
                    return Ruling {
                        action: Action::Permit,
                        by,
                    };
                }
                (Action::Permit, Override::Usual) => ruling.by = ruling.by.or(by),
            }
        }
        ruling
    }
}

fn has_room(count: usize) -> Answer {
    let (limit, what) = (Filters::MOST, "filters, sublayers or providers");
    if count < limit {
        Ok(())
    } else {
        Err(Refusal::TooMuch { limit, what })
    }
}

/// Whether all that a filter looks at is as it says.
fn matches(filter: &Filter, flow: &Flow<'_>, readings: Readings) -> bool {
    let asked = filter.layer == flow.layer && filter.version == flow.version();
    asked
        && filter.conditions.iter().all(|condition| {
            let same = |other: &&Condition| other.field() == condition.field();
            filter
                .conditions
                .iter()
                .filter(same)
                .any(|other| is_met(other, flow, readings))
        })
}

fn is_met(condition: &Condition, flow: &Flow<'_>, readings: Readings) -> bool {
    match condition {
        Condition::User(descriptor) => is_user(descriptor, flow.token, readings),
        Condition::Program(program) => flow.program == Some(*program),
        Condition::RemoteAddress(range) => range.contains(&flow.remote.0),
        Condition::LocalAddress(range) => range.contains(&flow.local.0),
        Condition::RemotePort(range) => range.contains(&flow.remote.1),
        Condition::LocalPort(range) => range.contains(&flow.local.1),
        Condition::Protocol(protocol) => flow.protocol == *protocol,
        Condition::NotProtocol(protocol) => flow.protocol != *protocol,
        Condition::Loopback => flow.is_loopback(),
        Condition::NotLoopback => !flow.is_loopback(),
    }
}

/// The rights of the descriptor of a condition are its own: nothing generic is in them.
const MATCHING: GenericMapping = GenericMapping {
    read: Filters::MATCH,
    write: AccessMask::NONE,
    execute: AccessMask::NONE,
    all: Filters::MATCH,
};

/// Whether the condition's descriptor lets the token match.
fn is_user(descriptor: &SecurityDescriptor, token: &Token, readings: Readings) -> bool {
    let semantics = fumehood_nt::semantics::Semantics::default();
    let asks = |token: &Token| {
        evaluate(descriptor, token, Filters::MATCH, &MATCHING, &semantics).granted()
    };
    match readings.filter_user {
        FilterUser::WholeToken => asks(token),
        FilterUser::WithoutList => {
            let spec = TokenSpec {
                restricting: None,
                restriction: Restriction::Full,
                ..token.spec().clone()
            };
            // The same SIDs but for a list that is gone: never too many.
            spec.build().is_ok_and(|bare| asks(&bare))
        }
    }
}

impl World {
    /// Whether a flow goes through.
    #[must_use]
    pub fn passes(&self, flow: &Flow<'_>) -> Ruling {
        self.filters.rule(flow, self.readings)
    }
}
