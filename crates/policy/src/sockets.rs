//! Sockets of the host that a policy lets in by name.
//!
//! A socket is a door to a program outside: an agent signs with the user's keys,
//! a container engine mounts the host's root. So none is open by default, and the
//! two groups that people ask for are named here rather than found.

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

/// Agents that sign for the user, relative to the home folder.
pub const AGENTS: &[&str] = &[
    ".gnupg/S.gpg-agent",
    ".gnupg/S.gpg-agent.extra",
    ".gnupg/S.gpg-agent.ssh",
    ".gnupg/S.keyboxd",
];

/// Variables that say where an agent's socket is.
pub const AGENT_VARIABLES: &[&str] = &[
    "SSH_AUTH_SOCK",
    "SSH_AGENT_PID",
    "GPG_AGENT_INFO",
    "GPG_TTY",
];

/// Variables that say where a container engine is.
pub const ENGINE_VARIABLES: &[&str] = &["DOCKER_HOST", "CONTAINER_HOST"];
