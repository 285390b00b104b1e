//! The resolved policy: absolute paths, no variables, every value with its origin.
//!
//! A value of this type says everything about what is wanted and nothing about
//! the machine. It is plain data: it can be reviewed, hashed, sent and compared.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::gap::GapName;
use crate::path::AbsPath;
use crate::pattern::Pattern;
use crate::raw_text::RawText;

/// Where a value comes from.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Origin {
    /// Which layer.
    pub layer: Layer,
    /// The file as it was named; none for the built-in and command-line layers.
    pub file: Option<RawText>,
    /// Line, from 1; none where there is no file.
    pub line: Option<u32>,
    /// The key or flag, as `profiles.x.deny_read` or `--allow-write`.
    pub key: Cow<'static, str>,
}

impl Origin {
    /// A value that is part of fumehood.
    #[must_use]
    pub fn built_in(key: impl Into<Cow<'static, str>>) -> Self {
        Self {
            layer: Layer::BuiltIn,
            file: None,
            line: None,
            key: key.into(),
        }
    }

    /// A value typed on the command line.
    #[must_use]
    pub fn command_line(flag: impl Into<Cow<'static, str>>) -> Self {
        Self {
            layer: Layer::CommandLine,
            file: None,
            line: None,
            key: flag.into(),
        }
    }
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (&self.file, self.line) {
            (Some(file), Some(line)) => write!(f, "{file}:{line} ({})", self.key),
            (Some(file), None) => write!(f, "{file} ({})", self.key),
            (None, _) => write!(f, "{} ({})", self.layer, self.key),
        }
    }
}

/// Where configuration comes from, weakest preference first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Layer {
    /// Compiled in.
    BuiltIn,
    /// The machine's configuration file.
    System,
    /// The user's.
    User,
    /// The workspace's own.
    Project,
    /// A file named with `--config`.
    Explicit,
    /// A flag, or a builder call of the library.
    CommandLine,
    /// The administrator's requirements: constraints only.
    Managed,
}

impl fmt::Display for Layer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::BuiltIn => "built-in",
            Self::System => "system",
            Self::User => "user",
            Self::Project => "project",
            Self::Explicit => "explicit",
            Self::CommandLine => "command-line",
            Self::Managed => "managed",
        })
    }
}

/// What a rule is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Access {
    /// Open to read, list, execute.
    Read,
    /// Create, change, delete, rename.
    Write,
}

/// Whether a rule gives or takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Effect {
    /// Gives.
    Allow,
    /// Takes.
    Deny,
}

/// Whether a more specific rule may answer differently.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Force {
    /// The more specific rule wins; among equals the deny does.
    Preference,
    /// Final: holds for everything below, whatever else says. Only denies are.
    Constraint,
}

/// One statement about a place in the file system.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rule {
    /// Which places: the path itself and everything below it.
    pub pattern: Pattern,
    /// About what.
    pub access: Access,
    /// Gives or takes.
    pub effect: Effect,
    /// May something more specific differ.
    pub force: Force,
    /// Who said so.
    pub origin: Origin,
}

/// What a process inside may do at a place. Ordered: each holds the ones before.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Standing {
    /// Neither content nor entries can be had.
    Hidden,
    /// Reading, listing and executing.
    ReadOnly,
    /// Everything the user's own rights allow.
    Writable,
}

/// Where a protected name binds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Binds {
    /// At any depth of a writable root.
    Anywhere,
    /// At the root of the workspace and of repositories older than the run.
    RepositoryRoots,
}

/// How deep protected names are enforced.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize,
)]
#[serde(rename_all = "kebab-case")]
pub enum ProtectedDepth {
    /// Wherever each name binds.
    #[default]
    Any,
    /// Only at the top of each writable root.
    Root,
}

/// A name that stays as it is inside writable roots.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProtectedName {
    /// Relative path, such as `.git/hooks`.
    pub name: RawText,
    /// Where it binds.
    pub binds: Binds,
    /// Who said so.
    pub origin: Origin,
}

/// What happens with a file that has more than one link when it is opened to write.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize,
)]
#[serde(rename_all = "kebab-case")]
pub enum HardLinks {
    /// Nothing.
    Allow,
    /// Told at the end of the run.
    #[default]
    Report,
    /// Refused.
    Refuse,
}

/// How a tool's cache outside the workspace is offered.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize,
)]
#[serde(rename_all = "kebab-case")]
pub enum CacheMode {
    /// The real one to read; what is written goes to a private place.
    #[default]
    Seeded,
    /// An empty one, kept per workspace.
    Private,
    /// The real one, to read.
    ReadOnly,
    /// The real one, writable: what runs inside can plant code for later.
    Shared,
}

/// Where `/tmp` leads.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize,
)]
#[serde(rename_all = "kebab-case")]
pub enum Temp {
    /// A private folder per workspace, kept between runs.
    #[default]
    Workspace,
    /// A private file system in memory, gone at the end of the run.
    Run,
    /// The host's, writable.
    Host,
}

/// Device nodes beyond the standard ones.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Devices {
    /// `/dev/dri`, `/dev/nvidia*`, `/dev/kfd`.
    pub gpu: bool,
    /// `/dev/kvm`.
    pub kvm: bool,
    /// `/dev/fuse`.
    pub fuse: bool,
}

/// Sockets of the host that may be reached.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Sockets {
    /// The ssh and gpg agents.
    pub agents: bool,
    /// Container engines.
    pub docker: bool,
    /// Others, by path.
    pub paths: Vec<AbsPath>,
    /// Where agents listen beyond the home folder, if they are open: the environment
    /// says which of the user's agents, never whether.
    pub agents_at: Vec<AbsPath>,
}

/// System calls that are refused unless asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct SystemCalls {
    /// Nested user namespaces and mounts.
    pub nesting: bool,
    /// `perf_event_open`.
    pub perf: bool,
    /// Tracing of one's own children (gdb, strace).
    pub ptrace: bool,
}

/// The audit log.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Audit {
    /// Write it at all.
    pub enabled: bool,
    /// Refuse to run when it cannot be written.
    pub fatal: bool,
}

/// Warm sandboxes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sessions {
    /// Ends after this long without a command.
    pub idle: Duration,
}

/// What the network is.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize,
)]
#[serde(rename_all = "kebab-case")]
pub enum NetworkMode {
    /// Loopback of its own, nothing else.
    #[default]
    Off,
    /// Hosts by name, through the proxy.
    Names,
    /// The host's network.
    On,
}

/// A host in an allow or deny list: `example.com`, `*.example.com`, `example.com:443`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct HostRule {
    /// As written, lower case.
    pub host: String,
    /// Who said so.
    pub origin: Origin,
}

/// The network.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Network {
    /// How much of it.
    pub mode: NetworkMode,
    /// With [`NetworkMode::Names`]: who may be spoken to.
    pub allow: Vec<HostRule>,
    /// Who may not, whatever the allow list says.
    pub deny: Vec<HostRule>,
}

/// Environment of the command.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Environment {
    /// Names, or prefixes that end in `*`, that cross in addition to the built-in table.
    pub inherit: Vec<String>,
    /// Names that never cross.
    pub remove: Vec<String>,
    /// Values set for the command.
    pub set: BTreeMap<String, RawText>,
}

/// Bounds on the whole tree. None means no bound.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Limits {
    /// Processes and threads.
    pub processes: Option<u64>,
    /// Bytes of memory of the whole tree.
    pub memory: Option<u64>,
    /// Bytes of one file.
    pub file_size: Option<u64>,
    /// Open descriptors of one process.
    pub open_files: Option<u64>,
    /// Bytes of each file system in memory (`/dev/shm`, `/run`, `/tmp` of a run).
    pub tmpfs: u64,
    /// Wall time of the command.
    pub wall: Option<Duration>,
}

/// Which kind of Windows sandbox.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize,
)]
#[serde(rename_all = "kebab-case")]
pub enum WindowsMode {
    /// Elevated where it was set up, else unelevated.
    #[default]
    Auto,
    /// Never an administrator.
    Unelevated,
    /// Dedicated users and firewall filters, one prompt.
    Elevated,
}

/// Which kind of Windows token.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize,
)]
#[serde(rename_all = "kebab-case")]
pub enum WindowsToken {
    /// Write-restricted: reads as the user.
    #[default]
    Compatible,
    /// Restricted for reads too.
    Strict,
}

/// What only Windows needs to know.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Windows {
    /// Which kind of sandbox.
    pub mode: WindowsMode,
    /// Which kind of token.
    pub token: WindowsToken,
}

/// Folders that belong to fumehood itself.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Own {
    /// State: audit log, journal, private folders. Hidden from every command.
    pub state: AbsPath,
    /// State of runs in another environment (`HOME`, `XDG_STATE_HOME`). Hidden too.
    pub other_states: Vec<AbsPath>,
    /// Configuration: read-only for every command.
    pub config: Vec<AbsPath>,
}

/// Everything that is wanted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Policy {
    /// The profile it was resolved from.
    pub profile: String,
    /// Where the work is.
    pub workspace: AbsPath,
    /// The user's home folder.
    pub home: AbsPath,
    /// Places, in the order they were said.
    pub rules: Vec<Rule>,
    /// Names that stay as they are in writable roots.
    pub protected: Vec<ProtectedName>,
    /// How deep those are enforced.
    pub protected_depth: ProtectedDepth,
    /// Files with several links.
    pub hard_links: HardLinks,
    /// Toolchain caches, by the tool's name in [`crate::caches::TOOLS`].
    pub caches: BTreeMap<String, CacheMode>,
    /// `/tmp`.
    pub temp: Temp,
    /// Device nodes.
    pub devices: Devices,
    /// Host sockets.
    pub sockets: Sockets,
    /// System calls.
    pub system_calls: SystemCalls,
    /// Audit log.
    pub audit: Audit,
    /// Warm sandboxes.
    pub sessions: Sessions,
    /// Network.
    pub network: Network,
    /// Environment.
    pub environment: Environment,
    /// Bounds.
    pub limits: Limits,
    /// What only Windows needs.
    pub windows: Windows,
    /// Gaps that are refused even if something accepts them.
    pub require: BTreeSet<GapName>,
    /// Gaps that are accepted.
    pub accept: BTreeSet<GapName>,
    /// fumehood's own folders.
    pub own: Own,
    /// Who said the values that carry no origin of their own, by key, as
    /// `network.mode`; a key that is missing here is built in.
    pub origins: BTreeMap<String, Origin>,
}

impl Policy {
    /// Whether the policy lives with `gap`.
    #[must_use]
    pub fn accepts(&self, gap: GapName) -> bool {
        self.accept.contains(&gap) && !self.require.contains(&gap)
    }

    /// Who said the value of `key`.
    #[must_use]
    pub fn origin(&self, key: &str) -> Origin {
        self.origins
            .get(key)
            .cloned()
            .unwrap_or_else(|| Origin::built_in(key.to_owned()))
    }
}
