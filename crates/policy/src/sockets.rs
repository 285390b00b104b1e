//! Sockets of the host that a policy lets in by name.
//!
//! A socket is a door to a program outside: an agent signs with the user's keys,
//! a container engine mounts the host's root. So none is open by default, and the
//! two groups that people ask for are named here rather than found.
//!
//! Agents keep their sockets in secret places (`~/.gnupg`, newer versions of ssh in
//! `~/.ssh/agent`). Opening an agent shows the socket alone; the rest stays hidden.

use crate::path::AbsPath;
use crate::place::Place;
use crate::policy::{Layer, Policy, Standing};
use crate::standing::Because;

/// Container engines: absolute, or relative to the home folder.
pub const ENGINES: &[&str] = &[
    "/run/docker.sock",
    "/var/run/docker.sock",
    "/run/podman/podman.sock",
    "/run/containerd/containerd.sock",
    "/run/crio/crio.sock",
    ".docker/run/docker.sock",
    ".docker/desktop/docker.sock",
    ".colima/default/docker.sock",
    ".rd/docker.sock",
];

/// Sockets of gpg's agents, in its home folder or in [`GNUPG_RUNTIME`]. Not
/// `S.dirmngr`: that one speaks to the network.
pub const GNUPG: &[&str] = &[
    "S.gpg-agent",
    "S.gpg-agent.browser",
    "S.gpg-agent.extra",
    "S.gpg-agent.ssh",
    "S.keyboxd",
];

/// gpg's home folder, relative to the user's, unless a variable has moved it.
pub const GNUPG_HOME: &str = ".gnupg";

/// gpg's folder below the user's runtime folder, for its usual home folder.
pub const GNUPG_RUNTIME: &str = "gnupg";

/// The variable that has the path of the ssh agent's socket.
pub const SSH_AGENT: &str = "SSH_AUTH_SOCK";

/// Variables that say where an agent's socket is.
pub const AGENT_VARIABLES: &[&str] = &[
    "SSH_AUTH_SOCK",
    "SSH_AGENT_PID",
    "GPG_AGENT_INFO",
    "GPG_TTY",
];

/// Variables that say where a container engine is.
pub const ENGINE_VARIABLES: &[&str] = &["DOCKER_HOST", "CONTAINER_HOST"];

/// The setting that opens a socket.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum OpenedBy {
    /// `sockets.paths`
    Paths,
    /// `sockets.docker`
    Docker,
    /// `sockets.agents`
    Agents,
}

impl OpenedBy {
    /// The key in a configuration.
    #[must_use]
    pub const fn key(self) -> &'static str {
        match self {
            Self::Paths => "sockets.paths",
            Self::Docker => "sockets.docker",
            Self::Agents => "sockets.agents",
        }
    }

    /// What it says, in one sentence.
    #[must_use]
    pub const fn text(self) -> &'static str {
        match self {
            Self::Paths => "the policy names this socket",
            Self::Docker => "container engines may be reached",
            Self::Agents => "the user's agents may be reached",
        }
    }
}

/// A socket of the host that may be reached, if it is there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OpenSocket {
    /// Where it would be.
    pub path: AbsPath,
    /// What opens it.
    pub by: OpenedBy,
}

impl Policy {
    /// Sockets of the host that may be reached, where they exist.
    #[must_use]
    pub fn open_sockets(&self) -> Vec<OpenSocket> {
        let below = |name: &&str| match name.as_bytes() {
            [b'/', ..] => AbsPath::parse(name.as_bytes()).ok(),
            _ => self.home.join(name).ok(),
        };
        let open = |by| move |path| OpenSocket { path, by };
        let mut all: Vec<OpenSocket> = Vec::new();
        let named = self.sockets.paths.iter().cloned();
        all.extend(named.map(open(OpenedBy::Paths)));
        if self.sockets.docker {
            let engines = ENGINES.iter().filter_map(below);
            all.extend(engines.map(open(OpenedBy::Docker)));
        }
        if self.sockets.agents {
            let usual = self.home.join(GNUPG_HOME).ok();
            let usual = usual.iter().flat_map(|folder| in_folder(folder, GNUPG));
            let agents = self.sockets.agents_at.iter().cloned().chain(usual);
            all.extend(agents.map(open(OpenedBy::Agents)));
        }
        all.retain(|socket| !self.keeps_closed(&socket.path));
        all
    }

    /// Whether a socket at `path` stays closed whatever opens it: somebody denies
    /// the place, or it is ours. A secret place of the built-in list gives way.
    #[must_use]
    pub fn keeps_closed(&self, path: &AbsPath) -> bool {
        let answer = self.standing(path);
        let is_said = match answer.because {
            Because::Rule(rule) => rule.origin.layer != Layer::BuiltIn,
            Because::State => true,
            _ => false,
        };
        answer.standing == Standing::Hidden && is_said
    }
}

impl Place {
    /// Where the agents' sockets are on this machine, beyond the home folder.
    pub(crate) fn agent_sockets(&self) -> Vec<AbsPath> {
        let runtime = self.runtime.as_ref();
        let runtime = runtime.and_then(|folder| folder.join(GNUPG_RUNTIME).ok());
        let moved = self.moved.get("GNUPGHOME").into_iter().flatten();
        let gnupg = runtime.iter().chain(moved);
        let gnupg = gnupg.flat_map(|folder| in_folder(folder, GNUPG));
        self.ssh_agent.iter().cloned().chain(gnupg).collect()
    }
}

fn in_folder<'a>(folder: &'a AbsPath, names: &'a [&str]) -> impl Iterator<Item = AbsPath> + 'a {
    names.iter().filter_map(|name| folder.join(name).ok())
}
