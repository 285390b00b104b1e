//! Preferences: one layer after the other, the last one wins.

use super::{Ignored, ResolveError, Why, places, socket_variables, spot};
use crate::config::{At, Config, Protect, Said, Settings};
use crate::limit::{Bound, is_tighter};
use crate::nearest::nearest;
use crate::path::AbsPath;
use crate::pattern::Pattern;
use crate::place::Place;
use crate::policy::{
    Access, CacheMode, Effect, Force, HostRule, Layer, NetworkMode, Origin, Policy, ProtectedDepth,
    ProtectedName, Rule, Temp,
};
use crate::protected;
use crate::raw_text::RawText;
use crate::words::Word;

/// The policy in the making.
pub(super) struct Hand<'a> {
    pub policy: Policy,
    pub ignored: Vec<Ignored>,
    pub place: &'a Place,
    /// All files.
    pub layers: &'a [&'a Config],
}

pub(super) type Result = std::result::Result<(), ResolveError>;

impl Hand<'_> {
    /// A configuration file is never written by what it governs.
    pub fn own_file(&mut self, config: &Config) {
        if let Ok(path) = AbsPath::parse(config.file.as_bytes())
            && !self.policy.own.config.iter().any(|own| path.is_within(own))
        {
            self.policy.own.config.push(path);
        }
    }

    /// Takes what one table of settings says.
    pub fn settings(&mut self, config: &Config, settings: &Settings) -> Result {
        self.rules(config, &settings.read, Access::Read, Effect::Allow)?;
        self.rules(config, &settings.write, Access::Write, Effect::Allow)?;
        self.rules(config, &settings.deny_read, Access::Read, Effect::Deny)?;
        self.rules(config, &settings.deny_write, Access::Write, Effect::Deny)?;
        self.protected(config, settings)?;
        self.caches(config, settings);
        self.switches(config, settings)?;
        self.network(config, settings);
        self.environment(config, settings);
        for said in &settings.limits {
            self.limit(config, said);
        }
        for said in &settings.require {
            self.policy.require.insert(said.value);
            self.said(format!("require.{}", said.value), config.origin(&said.at));
        }
        for said in &settings.accept {
            if self.may_loosen(config, &said.at) {
                self.policy.accept.insert(said.value);
                self.said(format!("accept.{}", said.value), config.origin(&said.at));
            }
        }
        Ok(())
    }

    pub fn said(&mut self, key: String, origin: Origin) {
        self.policy.origins.insert(key, origin);
    }

    /// Whether a file may say something that loosens; if not, it is reported.
    fn may_loosen(&mut self, config: &Config, at: &At) -> bool {
        if !config.trusted {
            self.ignored.push(Ignored {
                origin: config.origin(at),
                why: Why::NotTrusted,
            });
        }
        config.trusted
    }

    fn rules(
        &mut self,
        config: &Config,
        texts: &[Said<String>],
        access: Access,
        effect: Effect,
    ) -> Result {
        for said in texts {
            if effect == Effect::Allow && !self.may_loosen(config, &said.at) {
                continue;
            }
            self.rule(config, said, access, effect, Force::Preference)?;
        }
        Ok(())
    }

    /// Adds the rules that one text stands for.
    pub fn rule(
        &mut self,
        config: &Config,
        said: &Said<String>,
        access: Access,
        effect: Effect,
        force: Force,
    ) -> Result {
        let patterns = places::patterns(self.place, &said.value);
        let patterns = patterns.and_then(|all| places::can_be(all, access, effect));
        let patterns = patterns.map_err(|why| {
            let text = RawText::from(said.value.as_str());
            ResolveError::Path {
                spot: spot(config, &said.at),
                text,
                why,
            }
        })?;
        self.push(patterns, access, effect, force, &config.origin(&said.at));
        Ok(())
    }

    pub fn push(
        &mut self,
        patterns: Vec<Pattern>,
        access: Access,
        effect: Effect,
        force: Force,
        origin: &Origin,
    ) {
        for pattern in patterns {
            let origin = origin.clone();
            self.policy.rules.push(Rule {
                pattern,
                access,
                effect,
                force,
                origin,
            });
        }
    }

    fn protected(&mut self, config: &Config, settings: &Settings) -> Result {
        self.set(
            config,
            "protected.depth",
            settings.protected_depth.as_ref(),
            |policy| &mut policy.protected_depth,
            |new, _| *new == ProtectedDepth::Any,
        );
        for Said {
            value: Protect { name, binds },
            at,
        } in &settings.protected_names
        {
            let name = RawText::from(name.as_str());
            let protected = &mut self.policy.protected;
            // The wider of two: a name that binds anywhere keeps doing so.
            let is_held = |other: &ProtectedName| other.name == name && other.binds <= *binds;
            if !protected.iter().any(is_held) {
                protected.retain(|other| other.name != name);
                protected.push(ProtectedName {
                    name,
                    binds: *binds,
                    origin: config.origin(at),
                });
            }
        }
        for said in &settings.protected_free {
            if self.may_loosen(config, &said.at) {
                self.check_name(config, said)?;
                self.policy
                    .protected
                    .retain(|other| other.name.as_bytes() != said.value.as_bytes());
                self.said(
                    format!("protected.free.{}", said.value),
                    config.origin(&said.at),
                );
            }
        }
        Ok(())
    }

    /// Refuses a name that nobody protects: it is a slip, and what it was meant to
    /// free stays protected.
    fn check_name(&self, config: &Config, said: &Said<String>) -> Result {
        let settings = self.layers.iter().flat_map(|config| config.all_settings());
        let own = settings.flat_map(|settings| &settings.protected_names);
        let own = own.map(|name| name.value.name.as_str());
        let known: Vec<&str> = protected::NAMES
            .iter()
            .map(|name| name.name)
            .chain(own)
            .collect();
        if known.contains(&said.value.as_str()) {
            return Ok(());
        }
        let hint = match nearest(&said.value, known) {
            Some(near) => format!("; did you mean `{near}`?"),
            None => "; `config show` lists them".to_owned(),
        };
        Err(ResolveError::UnknownName {
            spot: spot(config, &said.at),
            name: RawText::from(said.value.as_str()),
            hint,
        })
    }

    fn caches(&mut self, config: &Config, settings: &Settings) {
        if let Some(said) = &settings.caches_default {
            let tools: Vec<String> = self.policy.caches.keys().cloned().collect();
            for tool in tools {
                self.cache(config, &tool, said);
            }
        }
        for (tool, said) in &settings.caches {
            self.cache(config, tool, said);
        }
    }

    fn cache(&mut self, config: &Config, tool: &str, said: &Said<CacheMode>) {
        if said.value == CacheMode::Shared && !self.may_loosen(config, &said.at) {
            return;
        }
        self.policy.caches.insert(tool.to_owned(), said.value);
        self.said(format!("caches.{tool}"), config.origin(&said.at));
    }

    /// Sets one value, unless it loosens and the file may not.
    fn set<T: Clone>(
        &mut self,
        config: &Config,
        key: &str,
        said: Option<&Said<T>>,
        slot: impl Fn(&mut Policy) -> &mut T,
        is_tighter: impl Fn(&T, &T) -> bool,
    ) {
        let Some(said) = said else { return };
        let tighter = is_tighter(&said.value, slot(&mut self.policy));
        if tighter || self.may_loosen(config, &said.at) {
            slot(&mut self.policy).clone_from(&said.value);
            self.said(key.to_owned(), config.origin(&said.at));
        }
    }

    /// Sets a switch whose tight side is `tight`.
    fn switch(
        &mut self,
        config: &Config,
        key: &str,
        said: Option<&Said<bool>>,
        tight: bool,
        slot: impl Fn(&mut Policy) -> &mut bool,
    ) {
        self.set(config, key, said, slot, |new, _| *new == tight);
    }

    fn switches(&mut self, config: &Config, settings: &Settings) -> Result {
        let s = settings;
        self.switch(config, "devices.gpu", s.gpu.as_ref(), false, |p| {
            &mut p.devices.gpu
        });
        self.switch(config, "devices.kvm", s.kvm.as_ref(), false, |p| {
            &mut p.devices.kvm
        });
        self.switch(config, "devices.fuse", s.fuse.as_ref(), false, |p| {
            &mut p.devices.fuse
        });
        self.switch(config, "sockets.agents", s.agents.as_ref(), false, |p| {
            &mut p.sockets.agents
        });
        self.switch(config, "sockets.docker", s.docker.as_ref(), false, |p| {
            &mut p.sockets.docker
        });
        self.switch(
            config,
            "system_calls.nesting",
            s.nesting.as_ref(),
            false,
            |p| &mut p.system_calls.nesting,
        );
        self.switch(config, "system_calls.perf", s.perf.as_ref(), false, |p| {
            &mut p.system_calls.perf
        });
        self.switch(
            config,
            "system_calls.ptrace",
            s.ptrace.as_ref(),
            false,
            |p| &mut p.system_calls.ptrace,
        );
        self.switch(
            config,
            "audit.enabled",
            s.audit_enabled.as_ref(),
            true,
            |p| &mut p.audit.enabled,
        );
        self.switch(config, "audit.fatal", s.audit_fatal.as_ref(), true, |p| {
            &mut p.audit.fatal
        });
        self.set(
            config,
            "hard_links",
            s.hard_links.as_ref(),
            |p| &mut p.hard_links,
            |new, old| new >= old,
        );
        self.set(
            config,
            "temp",
            s.temp.as_ref(),
            |p| &mut p.temp,
            |new, _| *new != Temp::Host,
        );
        self.set(
            config,
            "sessions.idle",
            s.session_idle.as_ref(),
            |p| &mut p.sessions.idle,
            |new, old| new <= old,
        );
        self.set(
            config,
            "windows.mode",
            s.windows_mode.as_ref(),
            |p| &mut p.windows.mode,
            |new, old| new == old,
        );
        self.set(
            config,
            "windows.token",
            s.windows_token.as_ref(),
            |p| &mut p.windows.token,
            |new, old| new >= old,
        );
        self.socket_paths(config, settings)
    }

    fn socket_paths(&mut self, config: &Config, settings: &Settings) -> Result {
        for said in &settings.socket_paths {
            if !self.may_loosen(config, &said.at) {
                continue;
            }
            let path = places::folder(self.place, &said.value).map_err(|why| {
                let text = RawText::from(said.value.as_str());
                ResolveError::Path {
                    spot: spot(config, &said.at),
                    text,
                    why,
                }
            })?;
            self.said("sockets.paths".to_owned(), config.origin(&said.at));
            if !self.policy.sockets.paths.contains(&path) {
                self.policy.sockets.paths.push(path);
            }
        }
        Ok(())
    }

    fn network(&mut self, config: &Config, settings: &Settings) {
        self.set(
            config,
            "network.mode",
            settings.network_mode.as_ref(),
            |policy| &mut policy.network.mode,
            |new, old| new <= old,
        );
        for said in &settings.network_allow {
            if self.may_loosen(config, &said.at) {
                let rule = HostRule {
                    host: said.value.clone(),
                    origin: config.origin(&said.at),
                };
                self.policy.network.allow.push(rule);
            }
        }
        for said in &settings.network_deny {
            let rule = HostRule {
                host: said.value.clone(),
                origin: config.origin(&said.at),
            };
            self.policy.network.deny.push(rule);
        }
    }

    /// Of what is said about one variable, the last word counts.
    fn environment(&mut self, config: &Config, settings: &Settings) {
        for said in &settings.environment_inherit {
            if self.may_loosen(config, &said.at) {
                self.inherit(&said.value, config.origin(&said.at));
            }
        }
        for said in &settings.environment_remove {
            let environment = &mut self.policy.environment;
            environment.inherit.retain(|other| *other != said.value);
            environment.set.remove(&said.value);
            if !environment.remove.contains(&said.value) {
                environment.remove.push(said.value.clone());
            }
            self.said(
                format!("environment.remove.{}", said.value),
                config.origin(&said.at),
            );
        }
        for (name, said) in &settings.environment_set {
            if self.may_loosen(config, &said.at) {
                let value = RawText::from(said.value.as_str());
                self.set_variable(name, value, config.origin(&said.at));
            }
        }
    }

    pub fn inherit(&mut self, name: &str, origin: Origin) {
        let environment = &mut self.policy.environment;
        environment.remove.retain(|other| other != name);
        if !environment.inherit.iter().any(|other| other == name) {
            environment.inherit.push(name.to_owned());
        }
        self.said(format!("environment.inherit.{name}"), origin);
    }

    pub fn set_variable(&mut self, name: &str, value: RawText, origin: Origin) {
        self.policy.environment.remove.retain(|other| other != name);
        self.policy.environment.set.insert(name.to_owned(), value);
        self.said(format!("environment.set.{name}"), origin);
    }

    fn limit(&mut self, config: &Config, said: &Said<Bound>) {
        let Bound { limit, most } = said.value;
        let tighter = is_tighter(most, limit.of(&self.policy.limits));
        if tighter || self.may_loosen(config, &said.at) {
            limit.set(&mut self.policy.limits, most);
            self.said(format!("limits.{}", limit.word()), config.origin(&said.at));
        }
    }

    /// What follows from the rest, once all of it is known.
    pub fn finish(&mut self) {
        let mut roots = self
            .policy
            .rules
            .iter()
            .filter(|rule| rule.is_writable_root());
        if roots.any(|root| root.pattern.base().parent_bytes().is_none()) {
            // The other file systems of the kernel's are our own there.
            let sys = Pattern::path(
                AbsPath::root()
                    .join("sys")
                    .unwrap_or_else(|_| AbsPath::root()),
            );
            let origin = Origin::built_in("system");
            self.push(
                vec![sys],
                Access::Write,
                Effect::Deny,
                Force::Preference,
                &origin,
            );
        }
        if self.policy.sockets.agents {
            self.policy.sockets.agents_at = self.place.agent_sockets();
        }
        let names: Vec<&str> = socket_variables(&self.policy).collect();
        for name in names {
            let environment = &mut self.policy.environment;
            let is_removed = environment.remove.iter().any(|other| other == name);
            if !is_removed && !environment.inherit.iter().any(|other| other == name) {
                environment.inherit.push(name.to_owned());
            }
        }
        let network = &self.policy.network;
        let lists: &[&[HostRule]] = match network.mode {
            NetworkMode::Names => &[],
            NetworkMode::Off => &[&network.allow],
            NetworkMode::On => &[&network.allow, &network.deny],
        };
        let unused = lists.iter().copied().flatten();
        let mut unused = unused.filter(|rule| rule.origin.layer != Layer::BuiltIn);
        // Once: whoever lists a hundred hosts wants to read one line.
        let Some(first) = unused.next() else { return };
        self.ignored.push(Ignored {
            origin: first.origin.clone(),
            why: Why::Network {
                mode: network.mode,
                hosts: 1 + unused.count(),
            },
        });
    }
}
