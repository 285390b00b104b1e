//! The built-in profiles, as values: nothing is parsed at start.
//!
//! | Profile | Reads | Writes | Network |
//! |---|---|---|---|
//! | `read-only` | everything but secret places | a private `/tmp` | off |
//! | `workspace-write` | the same | and the workspace | off |
//!
//! Both accept [`GapName::BUILT_IN`]: what cannot be had on some machines yet,
//! each named in every report. `[require]` takes any of them back.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use crate::caches::TOOLS;
use crate::gap::GapName;
use crate::path::AbsPath;
use crate::pattern::Pattern;
use crate::place::Place;
use crate::policy::{
    Access, Audit, CacheMode, Devices, Effect, Environment, Force, HardLinks, Limits, Network,
    Origin, Own, Policy, ProtectedDepth, Rule, Sessions, Sockets, SystemCalls, Temp, Windows,
};
use crate::{protected, secrets};

/// Processes and threads of one tree. A build on a hundred cores with a few
/// JVMs stays in the hundreds to low thousands; the default pid space of a
/// machine is 32,768, and a fork bomb has to end well before it is used up.
pub const PROCESSES: u64 = 4096;
/// Bytes of each file system in memory: enough for the largest usual `/dev/shm`
/// (browsers, shared arrays), and small beside the memory of a laptop.
pub const TMPFS: u64 = 1 << 30;
/// A warm sandbox without a command holds memory and a namespace for nothing.
pub const SESSION_IDLE: Duration = Duration::from_secs(30 * 60);

/// A profile that is part of fumehood.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub enum BuiltIn {
    /// Nothing of the host can be changed.
    ReadOnly,
    /// The workspace can be changed.
    #[default]
    WorkspaceWrite,
}

impl BuiltIn {
    /// All of them.
    pub const ALL: [Self; 2] = [Self::ReadOnly, Self::WorkspaceWrite];

    /// The name that users write.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::ReadOnly => "read-only",
            Self::WorkspaceWrite => "workspace-write",
        }
    }

    /// Reads a name as users write it.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL
            .into_iter()
            .find(|profile| profile.as_str() == text)
    }
}

impl Policy {
    /// The policy of a built-in profile, with nothing added.
    ///
    /// ```
    /// use fumehood_policy::{Place, Policy, profiles::BuiltIn};
    /// let path = |text: &str| text.parse();
    /// let place = Place::new(path("/home/u")?, path("/home/u/w")?, path("/home/u/.state")?);
    /// assert_eq!(Policy::built_in(BuiltIn::ReadOnly, &place).profile, "read-only");
    /// # Ok::<_, Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn built_in(profile: BuiltIn, place: &Place) -> Self {
        Self {
            profile: profile.as_str().to_owned(),
            workspace: place.workspace.clone(),
            home: place.home.clone(),
            rules: rules(profile, place),
            protected: protected::built_in(),
            protected_depth: ProtectedDepth::Any,
            hard_links: HardLinks::Report,
            caches: TOOLS
                .iter()
                .map(|tool| (tool.name.to_owned(), CacheMode::Seeded))
                .collect(),
            temp: Temp::Workspace,
            devices: Devices::default(),
            sockets: Sockets::default(),
            system_calls: SystemCalls {
                nesting: false,
                perf: false,
                ptrace: true,
            },
            audit: Audit {
                enabled: true,
                fatal: false,
            },
            sessions: Sessions { idle: SESSION_IDLE },
            network: Network::default(),
            environment: Environment::default(),
            limits: Limits {
                processes: Some(PROCESSES),
                tmpfs: TMPFS,
                ..Limits::default()
            },
            windows: Windows::default(),
            require: BTreeSet::new(),
            accept: BTreeSet::from(GapName::BUILT_IN),
            own: Own {
                state: place.state.clone(),
                other_states: place.other_states.clone(),
                config: place.config.clone(),
            },
            origins: BTreeMap::new(),
        }
    }
}

fn rules(profile: BuiltIn, place: &Place) -> Vec<Rule> {
    let say = |path: AbsPath, access, effect, key: &'static str| Rule {
        pattern: Pattern::path(path),
        access,
        effect,
        force: Force::Preference,
        origin: Origin::built_in(key),
    };
    let mut rules = vec![say(AbsPath::root(), Access::Read, Effect::Allow, "read")];
    if profile == BuiltIn::WorkspaceWrite {
        rules.push(say(
            place.workspace.clone(),
            Access::Write,
            Effect::Allow,
            "write",
        ));
    }
    let mut secrets = secrets::places(&place.home, &place.moved);
    for home in &place.other_homes {
        let more = secrets::places(home, &BTreeMap::new());
        // Those of the machine are in each list.
        secrets.extend(more.into_iter().filter(|(path, _)| path.is_within(home)));
    }
    rules.extend(
        secrets
            .into_iter()
            .map(|(path, secret)| say(path, Access::Read, Effect::Deny, secret.category.as_str())),
    );
    rules
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::policy::{NetworkMode, Standing};

    fn path(text: &str) -> AbsPath {
        text.parse().expect("absolute")
    }

    fn place() -> Place {
        Place::new(
            path("/home/u"),
            path("/home/u/w"),
            path("/home/u/.local/state/fumehood"),
        )
    }

    #[test]
    fn each_profile_reads_everything_but_secrets_and_has_no_network() {
        for profile in BuiltIn::ALL {
            let policy = Policy::built_in(profile, &place());
            let at = |text: &str| policy.standing(&path(text)).standing;
            assert_eq!(at("/usr/bin/cc"), Standing::ReadOnly);
            assert_eq!(at("/home/u/.cargo/registry/x"), Standing::ReadOnly);
            assert_eq!(at("/home/u/.cargo/credentials.toml"), Standing::Hidden);
            assert_eq!(at("/home/u/.ssh/id_ed25519"), Standing::Hidden);
            assert_eq!(at("/etc/shadow"), Standing::Hidden);
            assert_eq!(at("/home/u/.local/state/fumehood/audit"), Standing::Hidden);
            assert_eq!(policy.network.mode, NetworkMode::Off);
            assert_eq!(BuiltIn::parse(profile.as_str()), Some(profile));
        }
    }

    #[test]
    fn secrets_of_another_home_are_hidden_and_what_else_is_there_is_not() {
        let place = Place {
            other_homes: vec![path("/home/real")],
            other_states: vec![path("/home/real/.local/state/fumehood")],
            ..place()
        };
        let policy = Policy::built_in(BuiltIn::WorkspaceWrite, &place);
        let at = |text: &str| policy.standing(&path(text)).standing;
        for home in ["/home/u", "/home/real"] {
            assert_eq!(at(&format!("{home}/.ssh/id")), Standing::Hidden);
            assert_eq!(at(&format!("{home}/.aws/credentials")), Standing::Hidden);
            let state = format!("{home}/.local/state/fumehood/trust");
            assert_eq!(at(&state), Standing::Hidden);
            assert_eq!(at(&format!("{home}/notes")), Standing::ReadOnly);
        }
    }

    #[test]
    fn only_one_of_them_writes_the_workspace() {
        let at = |profile| {
            Policy::built_in(profile, &place())
                .standing(&path("/home/u/w/a"))
                .standing
        };
        assert_eq!(at(BuiltIn::ReadOnly), Standing::ReadOnly);
        assert_eq!(at(BuiltIn::WorkspaceWrite), Standing::Writable);
    }

    #[test]
    fn a_workspace_that_is_a_secret_place_stays_hidden() {
        let place = Place {
            workspace: path("/home/u/.ssh"),
            ..place()
        };
        let policy = Policy::built_in(BuiltIn::WorkspaceWrite, &place);
        assert_eq!(
            policy.standing(&path("/home/u/.ssh/id")).standing,
            Standing::Hidden
        );
    }

    #[test]
    fn every_accepted_gap_can_be_required() {
        let mut policy = Policy::built_in(BuiltIn::WorkspaceWrite, &place());
        for gap in GapName::BUILT_IN {
            assert!(policy.accepts(gap));
            policy.require.insert(gap);
            assert!(!policy.accepts(gap));
        }
    }
}
