//! `config.toml`, version 1: what one file says, every value with its place.
//!
//! A `Config` is the file and nothing else: no variable is replaced, no other
//! file is looked at, and `~` is still `~`. [`mod@crate::resolve`] makes a policy of
//! several.
//!
//! ```toml
//! version = 1
//! profile = "careful"                     # of this file, or a built-in one
//! deny_read = ["${workspace}/**/.env*"]   # settings here hold for every profile
//!
//! [profiles.careful]
//! extends = "workspace-write"
//! write = ["~/scratch"]
//! limits = { memory = "8GiB", wall = "30m" }
//! network = { mode = "names", allow = ["github.com"] }
//!
//! [constraints]                           # final: no layer and no flag lifts them
//! deny_read = ["~/private"]
//! ```
//!
//! Everything in the file is about security, so an unknown key is an error
//! everywhere: `deny_raed` must not be silent.

mod error;
mod parse;
mod section;

use std::collections::BTreeMap;
use std::time::Duration;

use crate::gap::GapName;
use crate::limit::Bound;
use crate::policy::{
    Binds, CacheMode, HardLinks, Layer, NetworkMode, Origin, ProtectedDepth, Temp, WindowsMode,
    WindowsToken,
};
use crate::raw_text::RawText;
use crate::words::Grant;

pub use error::{ConfigError, Problem, Warning};
pub use parse::parse;

/// Largest file, in bytes: a long hand-written one is a few thousand.
pub const FILE_LIMIT: usize = 256 * 1024;
/// Most elements of one list.
pub const LIST_LIMIT: usize = 1024;
/// Longest text, in bytes: a path, with room for a variable.
pub const TEXT_LIMIT: usize = 4096;
/// Most profiles in one file.
pub const PROFILES_LIMIT: usize = 64;

/// A file to parse.
#[derive(Debug, Clone)]
pub struct Source<'a> {
    /// What it counts as.
    pub layer: Layer,
    /// Its name in messages; absolute if it is to be protected from commands.
    pub file: RawText,
    /// Its content.
    pub text: &'a str,
}

/// Where a value stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct At {
    /// Line, from 1.
    pub line: u32,
    /// Column in characters, from 1.
    pub column: u32,
    /// The whole key.
    pub key: String,
}

/// A value and where it was said.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Said<T> {
    /// The value.
    pub value: T,
    /// Where.
    pub at: At,
}

/// What one file says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Config {
    /// What it counts as.
    pub layer: Layer,
    /// Its name.
    pub file: RawText,
    /// Whether it may loosen. A project's file may not until the caller has
    /// found its path and content in the list of trusted ones.
    pub trusted: bool,
    /// The profile to use.
    pub profile: Option<Said<String>>,
    /// The workspace, by name.
    pub workspace: Option<Said<String>>,
    /// Settings for every profile.
    pub settings: Settings,
    /// Profiles, by name.
    pub profiles: BTreeMap<String, Profile>,
    /// What is final.
    pub constraints: Constraints,
}

/// A profile of one file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Profile {
    /// Where it stands.
    pub at: At,
    /// The profile it starts from; `read-only` if it says none.
    pub extends: Option<Said<String>>,
    /// Its settings.
    pub settings: Settings,
}

/// A protected name as a file has it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Protect {
    /// Relative path.
    pub name: String,
    /// Where it binds.
    pub binds: Binds,
}

/// What a profile, or a file as a whole, can set.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Settings {
    /// Places that may be read.
    pub read: Vec<Said<String>>,
    /// Places that may be written.
    pub write: Vec<Said<String>>,
    /// Places that are hidden.
    pub deny_read: Vec<Said<String>>,
    /// Places that stay as they are.
    pub deny_write: Vec<Said<String>>,
    /// How deep protected names are enforced.
    pub protected_depth: Option<Said<ProtectedDepth>>,
    /// More protected names.
    pub protected_names: Vec<Said<Protect>>,
    /// Protected names that are none here.
    pub protected_free: Vec<Said<String>>,
    /// Files with several links.
    pub hard_links: Option<Said<HardLinks>>,
    /// All toolchain caches.
    pub caches_default: Option<Said<CacheMode>>,
    /// Single tools' caches.
    pub caches: Vec<(String, Said<CacheMode>)>,
    /// `/tmp`.
    pub temp: Option<Said<Temp>>,
    /// Graphics devices.
    pub gpu: Option<Said<bool>>,
    /// Virtual machines.
    pub kvm: Option<Said<bool>>,
    /// File systems made by programs.
    pub fuse: Option<Said<bool>>,
    /// The ssh and gpg agents.
    pub agents: Option<Said<bool>>,
    /// Container engines.
    pub docker: Option<Said<bool>>,
    /// Other sockets.
    pub socket_paths: Vec<Said<String>>,
    /// Nested sandboxes.
    pub nesting: Option<Said<bool>>,
    /// Performance counters.
    pub perf: Option<Said<bool>>,
    /// Tracing of one's own children.
    pub ptrace: Option<Said<bool>>,
    /// Write the audit log.
    pub audit_enabled: Option<Said<bool>>,
    /// Refuse to run without it.
    pub audit_fatal: Option<Said<bool>>,
    /// When a warm sandbox ends.
    pub session_idle: Option<Said<Duration>>,
    /// How much network.
    pub network_mode: Option<Said<NetworkMode>>,
    /// Hosts that may be spoken to.
    pub network_allow: Vec<Said<String>>,
    /// Hosts that may not.
    pub network_deny: Vec<Said<String>>,
    /// Variables that cross.
    pub environment_inherit: Vec<Said<String>>,
    /// Variables that do not.
    pub environment_remove: Vec<Said<String>>,
    /// Variables that are set.
    pub environment_set: Vec<(String, Said<String>)>,
    /// Bounds.
    pub limits: Vec<Said<Bound>>,
    /// Which kind of Windows sandbox.
    pub windows_mode: Option<Said<WindowsMode>>,
    /// Which kind of Windows token.
    pub windows_token: Option<Said<WindowsToken>>,
    /// Gaps that are refused.
    pub require: Vec<Said<GapName>>,
    /// Gaps that are accepted.
    pub accept: Vec<Said<GapName>>,
}

/// What is final: only ever tightens, whoever says it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Constraints {
    /// Places that are hidden.
    pub deny_read: Vec<Said<String>>,
    /// Places that stay as they are.
    pub deny_write: Vec<Said<String>>,
    /// The most network there may be.
    pub network: Option<Said<NetworkMode>>,
    /// Hosts that may not be spoken to.
    pub deny_hosts: Vec<Said<String>>,
    /// Variables that do not cross and are not set.
    pub deny_environment: Vec<Said<String>>,
    /// The most of each bound.
    pub limits: Vec<Said<Bound>>,
    /// Gaps that are refused.
    pub require: Vec<Said<GapName>>,
    /// What cannot be granted.
    pub refuse: Vec<Said<Grant>>,
}

impl Config {
    /// The settings of the file and of all its profiles.
    pub(crate) fn all_settings(&self) -> impl Iterator<Item = &Settings> {
        let profiles = self.profiles.values().map(|profile| &profile.settings);
        std::iter::once(&self.settings).chain(profiles)
    }

    /// Who said a value of this file.
    #[must_use]
    pub fn origin(&self, at: &At) -> Origin {
        Origin {
            layer: self.layer,
            file: Some(self.file.clone()),
            line: Some(at.line),
            key: at.key.clone().into(),
        }
    }
}

/// The keys of each table: the parser refuses every other one, and the schema
/// is held against them.
pub mod keys {
    /// The file itself, besides [`SETTINGS`].
    pub const FILE: &[&str] = &["version", "profile", "workspace", "profiles", "constraints"];
    /// A profile, besides [`SETTINGS`].
    pub const PROFILE: &[&str] = &["extends"];
    /// What both can set.
    pub const SETTINGS: &[&str] = &[
        "read",
        "write",
        "deny_read",
        "deny_write",
        "protected",
        "hard_links",
        "caches",
        "temp",
        "devices",
        "sockets",
        "system_calls",
        "audit",
        "sessions",
        "network",
        "environment",
        "limits",
        "windows",
        "require",
        "accept",
    ];
    /// `[protected]`.
    pub const PROTECTED: &[&str] = &["depth", "names", "free"];
    /// An element of `protected.names` that is a table.
    pub const PROTECT: &[&str] = &["name", "binds"];
    /// `[devices]`.
    pub const DEVICES: &[&str] = &["gpu", "kvm", "fuse"];
    /// `[sockets]`.
    pub const SOCKETS: &[&str] = &["agents", "docker", "paths"];
    /// `[system_calls]`.
    pub const SYSTEM_CALLS: &[&str] = &["nesting", "perf", "ptrace"];
    /// `[audit]`.
    pub const AUDIT: &[&str] = &["enabled", "fatal"];
    /// `[sessions]`.
    pub const SESSIONS: &[&str] = &["idle"];
    /// `[network]`.
    pub const NETWORK: &[&str] = &["mode", "allow", "deny"];
    /// `[environment]`.
    pub const ENVIRONMENT: &[&str] = &["inherit", "remove", "set"];
    /// `[windows]`.
    pub const WINDOWS: &[&str] = &["mode", "token"];
    /// `[constraints]`.
    pub const CONSTRAINTS: &[&str] = &[
        "deny_read",
        "deny_write",
        "network",
        "deny_hosts",
        "deny_environment",
        "limits",
        "require",
        "refuse",
    ];
}
