//! Constraints: laid over the result, each only takes away.
//!
//! Every step is a meet (the smaller of two), so their order does not matter
//! and saying one twice changes nothing.

use super::apply::Hand;
use super::{Ignored, ResolveError, Why};
use crate::config::{Config, Said};
use crate::limit::{Bound, is_tighter};
use crate::policy::{
    Access, CacheMode, Effect, Force, HardLinks, HostRule, NetworkMode, Origin, Temp,
};
use crate::words::{Grant, Word};

impl Hand<'_> {
    /// Lays the constraints of one file over the policy.
    pub fn constraints(&mut self, config: &Config) -> Result<(), ResolveError> {
        let constraints = &config.constraints;
        for said in &constraints.deny_read {
            self.rule(config, said, Access::Read, Effect::Deny, Force::Constraint)?;
        }
        for said in &constraints.deny_write {
            self.rule(config, said, Access::Write, Effect::Deny, Force::Constraint)?;
        }
        if let Some(said) = &constraints.network {
            self.bound_network(said.value, &config.origin(&said.at));
        }
        for said in &constraints.deny_hosts {
            let origin = config.origin(&said.at);
            // Only the proxy can tell hosts apart: an open network is none.
            self.bound_network(NetworkMode::Names, &origin);
            self.policy.network.deny.push(HostRule {
                host: said.value.clone(),
                origin,
            });
        }
        for said in &constraints.deny_environment {
            self.bound_environment(said, &config.origin(&said.at));
        }
        for Said {
            value: Bound { limit, most },
            at,
        } in &constraints.limits
        {
            if !is_tighter(limit.of(&self.policy.limits), *most) {
                limit.set(&mut self.policy.limits, *most);
                self.overrule(&format!("limits.{}", limit.word()), config.origin(at));
            }
        }
        for said in &constraints.require {
            self.policy.require.insert(said.value);
            let origin = config.origin(&said.at);
            self.policy
                .origins
                .insert(format!("require.{}", said.value), origin);
        }
        for said in &constraints.refuse {
            self.refuse(said.value, &config.origin(&said.at));
        }
        Ok(())
    }

    /// Notes that a constraint has changed a value, and whom it has overruled.
    fn overrule(&mut self, key: &str, origin: Origin) {
        if let Some(said) = self.policy.origins.insert(key.to_owned(), origin.clone()) {
            self.ignored.push(Ignored {
                origin: said,
                why: Why::Constraint(origin),
            });
        }
    }

    fn bound_network(&mut self, most: NetworkMode, origin: &Origin) {
        if self.policy.network.mode > most {
            self.policy.network.mode = most;
            self.overrule("network.mode", origin.clone());
        }
    }

    fn bound_environment(&mut self, said: &Said<String>, origin: &Origin) {
        let name = &said.value;
        let is_meant = |other: &str| match name.strip_suffix('*') {
            Some(prefix) => other.starts_with(prefix),
            None => other == name,
        };
        let environment = &mut self.policy.environment;
        let mut gone: Vec<String> = Vec::new();
        environment.inherit.retain(|other| {
            let keep = !is_meant(other);
            if !keep {
                gone.push(format!("environment.inherit.{other}"));
            }
            keep
        });
        environment.set.retain(|other, _| {
            let keep = !is_meant(other);
            if !keep {
                gone.push(format!("environment.set.{other}"));
            }
            keep
        });
        if !environment.remove.contains(name) {
            environment.remove.push(name.clone());
        }
        for key in gone {
            if let Some(said) = self.policy.origins.remove(&key) {
                self.ignored.push(Ignored {
                    origin: said,
                    why: Why::Constraint(origin.clone()),
                });
            }
        }
        self.policy
            .origins
            .insert(format!("environment.remove.{name}"), origin.clone());
    }

    /// Takes one grant away, if the policy has it.
    fn refuse(&mut self, grant: Grant, origin: &Origin) {
        let policy = &mut self.policy;
        match grant {
            Grant::Gpu => self.lower("devices.gpu", origin, |p| &mut p.devices.gpu, false),
            Grant::Kvm => self.lower("devices.kvm", origin, |p| &mut p.devices.kvm, false),
            Grant::Fuse => self.lower("devices.fuse", origin, |p| &mut p.devices.fuse, false),
            Grant::Agents => self.lower("sockets.agents", origin, |p| &mut p.sockets.agents, false),
            Grant::Docker => self.lower("sockets.docker", origin, |p| &mut p.sockets.docker, false),
            Grant::Sockets => {
                if !policy.sockets.paths.is_empty() {
                    policy.sockets.paths.clear();
                    self.overrule("sockets.paths", origin.clone());
                }
                self.refuse(Grant::Agents, origin);
                self.refuse(Grant::Docker, origin);
            }
            Grant::Nesting => {
                self.lower(
                    "system_calls.nesting",
                    origin,
                    |p| &mut p.system_calls.nesting,
                    false,
                );
            }
            Grant::Perf => {
                self.lower(
                    "system_calls.perf",
                    origin,
                    |p| &mut p.system_calls.perf,
                    false,
                );
            }
            Grant::Ptrace => {
                self.lower(
                    "system_calls.ptrace",
                    origin,
                    |p| &mut p.system_calls.ptrace,
                    false,
                );
            }
            Grant::SharedCaches => self.refuse_shared_caches(origin),
            Grant::HostTemp => {
                if policy.temp == Temp::Host {
                    self.lower("temp", origin, |p| &mut p.temp, Temp::default());
                }
            }
            Grant::HardLinks => {
                self.lower(
                    "hard_links",
                    origin,
                    |p| &mut p.hard_links,
                    HardLinks::Refuse,
                );
            }
            Grant::Unaudited => {
                self.lower("audit.enabled", origin, |p| &mut p.audit.enabled, true);
                self.lower("audit.fatal", origin, |p| &mut p.audit.fatal, true);
            }
        }
    }

    /// Sets a value to what the constraint leaves, if it is another.
    fn lower<T: PartialEq>(
        &mut self,
        key: &str,
        origin: &Origin,
        slot: impl Fn(&mut crate::policy::Policy) -> &mut T,
        to: T,
    ) {
        if *slot(&mut self.policy) != to {
            *slot(&mut self.policy) = to;
            self.overrule(key, origin.clone());
        }
    }

    fn refuse_shared_caches(&mut self, origin: &Origin) {
        let mut gone = Vec::new();
        for (tool, mode) in &mut self.policy.caches {
            if *mode == CacheMode::Shared {
                *mode = CacheMode::default();
                gone.push(format!("caches.{tool}"));
            }
        }
        for key in gone {
            self.overrule(&key, origin.clone());
        }
    }
}
