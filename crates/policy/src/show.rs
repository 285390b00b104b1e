//! What a policy says, key by key, each with who said it: `config show --origin`.
//!
//! Made from the policy alone and only when it is asked for: a start pays
//! nothing for it.

use crate::limit::LimitName;
use crate::policy::{Access, Effect, Force, Origin, Policy};
use crate::words::Word;

/// One value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Shown {
    /// The key, as a file would have it.
    pub key: String,
    /// The value, as a file would have it.
    pub value: String,
    /// Who said it.
    pub origin: Origin,
}

impl Policy {
    /// Every value with its origin, in the order of the documentation.
    #[must_use]
    pub fn shown(&self) -> Vec<Shown> {
        let mut list = List {
            policy: self,
            all: Vec::new(),
        };
        list.plain("profile", &self.profile);
        list.plain("workspace", &self.workspace.to_string());
        list.rules();
        list.protected();
        list.plain("hard_links", self.hard_links.word());
        for (tool, mode) in &self.caches {
            list.plain(&format!("caches.{tool}"), mode.word());
        }
        list.plain("temp", self.temp.word());
        list.switches();
        list.network();
        list.environment();
        for (word, limit) in LimitName::WORDS {
            list.plain(
                &format!("limits.{word}"),
                &limit.show(limit.of(&self.limits)),
            );
        }
        list.plain("windows.mode", self.windows.mode.word());
        list.plain("windows.token", self.windows.token.word());
        for gap in &self.require {
            list.plain(&format!("require.{gap}"), "true");
        }
        for gap in &self.accept {
            list.element(
                "accept",
                gap.as_str(),
                self.origin(&format!("accept.{gap}")),
            );
        }
        list.all
    }
}

struct List<'a> {
    policy: &'a Policy,
    all: Vec<Shown>,
}

impl List<'_> {
    /// A value whose origin is kept by its key.
    fn plain(&mut self, key: &str, value: &str) {
        self.element(key, value, self.policy.origin(key));
    }

    fn element(&mut self, key: &str, value: &str, origin: Origin) {
        self.all.push(Shown {
            key: key.to_owned(),
            value: value.to_owned(),
            origin,
        });
    }

    fn rules(&mut self) {
        for rule in &self.policy.rules {
            let key = match (rule.effect, rule.access, rule.force) {
                (Effect::Allow, Access::Read, _) => "read",
                (Effect::Allow, Access::Write, _) => "write",
                (Effect::Deny, Access::Read, Force::Preference) => "deny_read",
                (Effect::Deny, Access::Write, Force::Preference) => "deny_write",
                (Effect::Deny, Access::Read, Force::Constraint) => "constraints.deny_read",
                (Effect::Deny, Access::Write, Force::Constraint) => "constraints.deny_write",
            };
            self.element(key, &rule.pattern.to_string(), rule.origin.clone());
        }
    }

    fn protected(&mut self) {
        self.plain("protected.depth", self.policy.protected_depth.word());
        for name in &self.policy.protected {
            let value = format!("{} ({})", name.name, name.binds.word());
            self.element("protected.names", &value, name.origin.clone());
        }
    }

    fn switches(&mut self) {
        let policy = self.policy;
        for (key, value) in [
            ("devices.gpu", policy.devices.gpu),
            ("devices.kvm", policy.devices.kvm),
            ("devices.fuse", policy.devices.fuse),
            ("sockets.agents", policy.sockets.agents),
            ("sockets.docker", policy.sockets.docker),
            ("system_calls.nesting", policy.system_calls.nesting),
            ("system_calls.perf", policy.system_calls.perf),
            ("system_calls.ptrace", policy.system_calls.ptrace),
            ("audit.enabled", policy.audit.enabled),
            ("audit.fatal", policy.audit.fatal),
        ] {
            self.plain(key, if value { "true" } else { "false" });
        }
        for path in &policy.sockets.paths {
            self.plain("sockets.paths", &path.to_string());
        }
        self.plain(
            "sessions.idle",
            &crate::measure::show_time(policy.sessions.idle),
        );
    }

    fn network(&mut self) {
        let network = &self.policy.network;
        self.plain("network.mode", network.mode.word());
        for rule in &network.allow {
            self.element("network.allow", &rule.host, rule.origin.clone());
        }
        for rule in &network.deny {
            self.element("network.deny", &rule.host, rule.origin.clone());
        }
    }

    /// Names, and values that were set; a value may be a secret that the user
    /// put there, so it is not shown.
    fn environment(&mut self) {
        let environment = &self.policy.environment;
        for (list, names) in [
            ("inherit", &environment.inherit),
            ("remove", &environment.remove),
        ] {
            for name in names {
                let origin = self.policy.origin(&format!("environment.{list}.{name}"));
                self.element(&format!("environment.{list}"), name, origin);
            }
        }
        for name in environment.set.keys() {
            self.plain(&format!("environment.set.{name}"), "(set)");
        }
    }
}
