//! From flags to a policy.

use std::ffi::OsString;

use anyhow::{Context, Result, anyhow};
use fumehood::Settings;
use fumehood::policy::limit::Bound;
use fumehood::policy::resolve::Overrides;
use fumehood::policy::{GapName, NetworkMode, RawText};

use crate::args::{Network, PolicyFlags};

/// Reads all files and lays the flags over them.
///
/// # Errors
///
/// A flag that cannot be read, and what [`Settings::load`] says.
pub fn settings(flags: &PolicyFlags) -> Result<Settings> {
    let overrides = overrides(flags)?;
    let workspace = flags.workspace.as_deref();
    Ok(Settings::load(
        workspace,
        flags.config.as_deref(),
        overrides,
    )?)
}

fn overrides(flags: &PolicyFlags) -> Result<Overrides> {
    let texts = |list: &[OsString]| list.iter().map(raw).collect();
    let mut overrides = Overrides {
        profile: flags.profile.clone(),
        allow_read: texts(&flags.allow_read),
        allow_write: texts(&flags.allow_write),
        deny_read: texts(&flags.deny_read),
        deny_write: texts(&flags.deny_write),
        network: flags.network.map(|network| match network {
            Network::Off => NetworkMode::Off,
            Network::Names => NetworkMode::Names,
            Network::On => NetworkMode::On,
        }),
        allow_host: flags.allow_host.clone(),
        ..Overrides::default()
    };
    for variable in &flags.env {
        let bytes = variable.as_encoded_bytes();
        let (name, value) = match bytes.iter().position(|byte| *byte == b'=') {
            Some(at) => (&bytes[..at], Some(RawText::from_bytes(&bytes[at + 1..]))),
            None => (bytes, None),
        };
        let name = std::str::from_utf8(name)
            .ok()
            .context("--env: the name is not UTF-8")?
            .to_owned();
        match value {
            Some(value) => overrides.set.push((name, value)),
            None => overrides.inherit.push(name),
        }
    }
    for limit in &flags.limit {
        overrides.limits.push(bound(limit, "--limit")?);
    }
    if let Some(timeout) = &flags.timeout {
        overrides.timeout = Some(bound(&format!("wall={timeout}"), "--timeout")?);
    }
    for gap in &flags.accept {
        let known = GapName::ALL.map(GapName::as_str).join(", ");
        let gap = GapName::parse(gap)
            .ok_or_else(|| anyhow!("--accept: there is no gap `{gap}`; there are {known}"))?;
        overrides.accept.push(gap);
    }
    Ok(overrides)
}

fn bound(text: &str, flag: &str) -> Result<Bound> {
    Bound::parse(text).map_err(|why| anyhow!("{flag}: {why}"))
}

/// An argument as the policy's raw text.
pub fn raw(text: &OsString) -> RawText {
    RawText::from_bytes(text.as_encoded_bytes())
}
