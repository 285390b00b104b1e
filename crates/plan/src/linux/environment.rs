//! The command's environment, and the toolchain caches that it leads to.
//!
//! A cache that is writable lets a command plant code that the user runs
//! tomorrow; one that is empty builds nothing offline. So with the network off
//! the real one is read, and the tool is told that it is offline, because most
//! tools otherwise try the network for a long time. With the network on, changes
//! go to memory and are gone at the end.

use fumehood_policy::caches::{CacheFolder, TOOLS, Tool};
use fumehood_policy::environment::filter;
use fumehood_policy::sockets::SSH_AGENT;
use fumehood_policy::{AbsPath, CacheMode, NetworkMode, Policy, RawText, Temp};

use super::facts::{Facts, Kind, Question};
use super::plan::PlanError;
use super::private::{HOME_INSIDE, Private};
use super::step::{Entry, Slot, Step};

/// Slots of this file count down from the top, those of the view up from 0.
const FIRST_SLOT: u16 = 60_000;
/// Inodes of what is changed in all caches together.
const INODES: u64 = 262_144;

/// Variables, and the steps that make them true.
#[derive(Debug, Default)]
pub struct Inside {
    /// The command's environment.
    pub variables: Vec<(RawText, RawText)>,
    /// Variables that do not cross.
    pub withheld: Vec<RawText>,
    /// Before the host is made read-only.
    pub holds: Vec<Step>,
    /// After everything else is mounted.
    pub mounts: Vec<Step>,
    /// Where writing is possible.
    pub writable: Vec<AbsPath>,
}

/// Cache folders may exist or not.
#[must_use]
pub fn questions(policy: &Policy) -> Vec<Question<'_>> {
    let folders = TOOLS.iter().flat_map(|tool| tool.folders);
    folders
        .filter_map(|folder| policy.home.join(folder.path).ok())
        .map(Question::about_new)
        .collect()
}

/// Builds the environment.
///
/// # Errors
///
/// [`PlanError::TooMany`] if a path of ours would be too long.
pub fn build(policy: &Policy, facts: &Facts, private: &Private) -> Result<Inside, PlanError> {
    let filtered = filter(&policy.environment, facts.environment.iter().cloned());
    let mut inside = Inside {
        variables: filtered.kept,
        withheld: filtered.dropped.into_iter().map(|(name, _)| name).collect(),
        ..Inside::default()
    };
    inside.set("XDG_CACHE_HOME", &format!("{HOME_INSIDE}/cache"));
    inside.set("XDG_STATE_HOME", &format!("{HOME_INSIDE}/state"));
    inside.set("XDG_RUNTIME_DIR", &format!("/run/user/{}", facts.uid));
    if policy.temp != Temp::Host {
        for name in ["TMPDIR", "TMP", "TEMP"] {
            inside.unset(name);
        }
        inside.set("TMPDIR", "/tmp");
    }
    inside.set("FUMEHOOD_SANDBOX", "namespaces");
    inside.agent(policy, facts);
    let mut overlays = Vec::new();
    for tool in TOOLS {
        inside.tool(tool, policy, facts, &mut overlays);
    }
    inside.overlay(policy, private, &overlays)?;
    for (name, value) in &policy.environment.set {
        inside.unset(name);
        inside
            .variables
            .push((RawText::from(name.as_str()), value.clone()));
    }
    Ok(inside)
}

impl Inside {
    fn unset(&mut self, name: &str) {
        self.variables
            .retain(|(old, _)| old.as_bytes() != name.as_bytes());
    }

    fn set(&mut self, name: &str, value: &str) {
        self.set_raw(name, RawText::from(value));
    }

    fn set_raw(&mut self, name: &str, value: RawText) {
        self.unset(name);
        self.variables.push((RawText::from(name), value));
    }

    fn has(&self, name: &str) -> bool {
        self.variables
            .iter()
            .any(|(old, _)| old.as_bytes() == name.as_bytes())
    }

    /// The socket of an open agent is seen where it is, not over symlinks to it.
    fn agent(&mut self, policy: &Policy, facts: &Facts) {
        let is_agent = |name: &RawText| name.as_bytes() == SSH_AGENT.as_bytes();
        let named = self.variables.iter().find(|(name, _)| is_agent(name));
        let path = named.and_then(|(_, value)| AbsPath::parse(value.as_bytes()).ok());
        let Some(path) = path.filter(|path| policy.sockets.agents_at.contains(path)) else {
            return;
        };
        if let Some(found) = facts.found(&path) {
            self.set_raw(SSH_AGENT, RawText::from_bytes(found.real.as_bytes()));
        }
    }

    fn tool(&mut self, tool: &Tool, policy: &Policy, facts: &Facts, overlays: &mut Vec<AbsPath>) {
        let mode = policy.caches.get(tool.name).copied().unwrap_or_default();
        if mode == CacheMode::Shared {
            return;
        }
        let offline = policy.network.mode == NetworkMode::Off;
        for folder in tool.folders {
            let found = policy.home.join(folder.path);
            let found = found.ok().and_then(|path| facts.found(&path));
            let Some(found) = found else {
                self.place_missing(tool, folder, mode);
                continue;
            };
            let moved = folder.variable.is_some_and(|name| self.has(name));
            match (mode, folder.variable) {
                (CacheMode::Private, Some(name)) => {
                    self.set(name, &format!("{HOME_INSIDE}/cache/{}", tool.name));
                }
                (CacheMode::Seeded, _)
                    if (!offline || folder.wants_write) && found.kind == Kind::Folder =>
                {
                    overlays.push(found.real.clone());
                }
                // Private XDG folders would hide a cache that lies in the real one.
                (_, Some(name)) if folder.path.starts_with(".cache/") && !moved => {
                    self.set_raw(name, RawText::from_bytes(found.real.as_bytes()));
                }
                _ => {}
            }
        }
        if offline {
            for (name, value) in tool.offline {
                self.set(name, value);
            }
        }
        for (name, folder) in tool.private {
            self.set(name, &format!("{HOME_INSIDE}/cache/{folder}"));
        }
    }

    /// A cache that does not exist, of a tool that makes it where nothing can be made.
    fn place_missing(&mut self, tool: &Tool, folder: &CacheFolder, mode: CacheMode) {
        let Some(name) = folder.variable.filter(|name| !self.has(name)) else {
            return;
        };
        if mode == CacheMode::Private || (mode == CacheMode::Seeded && folder.wants_write) {
            self.set(name, &format!("{HOME_INSIDE}/cache/{}", tool.name));
        }
    }

    /// Real folders with changes that go to one file system in memory.
    fn overlay(
        &mut self,
        policy: &Policy,
        private: &Private,
        folders: &[AbsPath],
    ) -> Result<(), PlanError> {
        if folders.is_empty() {
            return Ok(());
        }
        let changes = Slot(FIRST_SLOT);
        let size = policy.limits.tmpfs;
        self.holds.push(Step::HoldTmpfs {
            slot: changes,
            size,
            inodes: INODES,
            mode: 0o700,
        });
        for number in 0..folders.len() {
            for half in ["upper", "work"] {
                let name = RawText::from(format!("{number}/{half}").as_str());
                let entry = Entry::Folder(0o700);
                self.holds.push(Step::MakeEntry {
                    slot: changes,
                    name,
                    entry,
                });
            }
        }
        self.holds.push(Step::Attach {
            slot: changes,
            target: private.changes.clone(),
        });
        for (number, lower) in folders.iter().enumerate() {
            let slot = u16::try_from(number + 1)
                .ok()
                .and_then(|number| FIRST_SLOT.checked_add(number));
            let slot = Slot(slot.ok_or(PlanError::TooMany)?);
            let half = |half: &str| {
                private
                    .changes
                    .join(format!("{number}/{half}"))
                    .map_err(|_| PlanError::TooMany)
            };
            let (upper, work) = (half("upper")?, half("work")?);
            self.holds.push(Step::HoldOverlay {
                slot,
                lower: lower.clone(),
                upper,
                work,
            });
            self.mounts.push(Step::Attach {
                slot,
                target: lower.clone(),
            });
            self.writable.push(lower.clone());
        }
        Ok(())
    }
}
