//! The command line: the last preference.

use super::apply::{Hand, Result};
use super::{Overrides, ResolveError, places, spot_of};
use crate::host;
use crate::limit::Bound;
use crate::policy::{Access, Effect, Force, HostRule, NetworkMode, Origin};
use crate::raw_text::RawText;
use crate::words::Word;

impl Hand<'_> {
    /// Takes what the command line says: the last preference.
    pub fn flags(&mut self, flags: &Overrides) -> Result {
        self.typed(
            &flags.allow_read,
            "--allow-read",
            Access::Read,
            Effect::Allow,
        )?;
        self.typed(
            &flags.allow_write,
            "--allow-write",
            Access::Write,
            Effect::Allow,
        )?;
        self.typed(&flags.deny_read, "--deny-read", Access::Read, Effect::Deny)?;
        self.typed(
            &flags.deny_write,
            "--deny-write",
            Access::Write,
            Effect::Deny,
        )?;
        self.network_flags(flags)?;
        for name in &flags.inherit {
            check_variable(name)?;
            self.inherit(name, Origin::command_line("--env"));
        }
        for (name, value) in &flags.set {
            check_variable(name)?;
            self.set_variable(name, value.clone(), Origin::command_line("--env"));
        }
        let limits = flags.limits.iter().map(|bound| (bound, "--limit"));
        let timeout = flags.timeout.iter().map(|bound| (bound, "--timeout"));
        for (Bound { limit, most }, flag) in limits.chain(timeout) {
            limit.set(&mut self.policy.limits, *most);
            let origin = Origin::command_line(flag);
            self.said(format!("limits.{}", limit.word()), origin);
        }
        for gap in &flags.accept {
            self.policy.accept.insert(*gap);
            self.said(format!("accept.{gap}"), Origin::command_line("--accept"));
        }
        for gap in &flags.require {
            self.policy.require.insert(*gap);
            self.said(format!("require.{gap}"), Origin::command_line("--require"));
        }
        Ok(())
    }

    fn typed(
        &mut self,
        texts: &[RawText],
        flag: &'static str,
        access: Access,
        effect: Effect,
    ) -> Result {
        let origin = Origin::command_line(flag);
        for text in texts {
            let patterns = places::typed(self.place, text);
            let patterns = patterns.and_then(|all| places::can_be(all, access, effect));
            let patterns = patterns.map_err(|why| {
                let spot = spot_of(origin.clone());
                ResolveError::Path {
                    spot,
                    text: text.clone(),
                    why,
                }
            })?;
            self.push(patterns, access, effect, Force::Preference, &origin);
        }
        Ok(())
    }

    fn network_flags(&mut self, flags: &Overrides) -> Result {
        if let Some(mode) = flags.network {
            self.policy.network.mode = mode;
            self.said("network.mode".to_owned(), Origin::command_line("--network"));
        } else if !flags.allow_host.is_empty() && self.policy.network.mode == NetworkMode::Off {
            self.policy.network.mode = NetworkMode::Names;
            self.said(
                "network.mode".to_owned(),
                Origin::command_line("--allow-host"),
            );
        }
        let origin = Origin::command_line("--allow-host");
        for text in &flags.allow_host {
            let host = host::parse(text).map_err(|why| value_error("--allow-host", text, why))?;
            self.policy.network.allow.push(HostRule {
                host,
                origin: origin.clone(),
            });
        }
        Ok(())
    }
}

fn check_variable(name: &str) -> Result {
    let bare = name.strip_suffix('*').unwrap_or(name);
    if bare.is_empty() || bare.contains(['=', '\0', '*']) {
        return Err(value_error(
            "--env",
            name,
            "it is not the name of a variable",
        ));
    }
    Ok(())
}

fn value_error(flag: &'static str, text: &str, why: &'static str) -> ResolveError {
    let spot = spot_of(Origin::command_line(flag));
    ResolveError::Value {
        spot,
        text: RawText::from(text),
        why,
    }
}
