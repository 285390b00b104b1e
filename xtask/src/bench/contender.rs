//! Who is measured beside us.

use std::fs;
use std::path::Path;
use std::process::Command;

use anyhow::Result;

use super::scene::{SECRETS, Scene};

/// What every contender runs in the end.
pub const NOTHING: &str = "/bin/true";

/// Plain fork and exec.
pub fn plain(scene: &Scene) -> Command {
    scene.command(NOTHING)
}

/// fumehood with the built-in profile: everything on.
pub fn fumehood(scene: &Scene, program: &Path) -> Command {
    let mut command = scene.command(program);
    command
        .args(["run", "--quiet", "--workspace"])
        .arg(scene.workspace())
        .arg("--");
    command
}

/// The same without the audit log; what it costs is the difference.
pub fn fumehood_without_audit(scene: &Scene, program: &Path) -> Result<Command> {
    let config = scene.scratch().join("no-audit.toml");
    fs::write(&config, "version = 1\n[audit]\nenabled = false\n")?;
    let mut command = scene.command(program);
    command
        .args(["run", "--quiet", "--config"])
        .arg(config)
        .arg("--workspace")
        .arg(scene.workspace())
        .arg("--");
    Ok(command)
}

/// What that run would do, as JSON.
pub fn fumehood_plan(scene: &Scene, program: &Path) -> Command {
    let mut command = scene.command(program);
    command
        .args(["plan", "--json", "--workspace"])
        .arg(scene.workspace())
        .arg("--");
    command
}

/// bubblewrap with a policy that can be compared: the root read-only, devices,
/// processes and `/tmp` of its own, every namespace, the workspace writable but for
/// its hooks and configuration of git, and the secret places covered. Landlock,
/// seccomp, limits and a log it does not have, which is to its advantage here.
pub fn bubblewrap(scene: &Scene, program: &Path) -> Command {
    let mut command = scene.command(program);
    command.args(["--unshare-all", "--die-with-parent", "--ro-bind", "/", "/"]);
    command.args(["--dev", "/dev", "--proc", "/proc", "--tmpfs", "/tmp"]);
    for secret in SECRETS {
        let path = scene.home().join(secret.trim_end_matches('/'));
        let cover: &[&str] = if secret.ends_with('/') {
            &["--tmpfs"]
        } else {
            &["--ro-bind", "/dev/null"]
        };
        command.args(cover).arg(path);
    }
    let workspace = scene.workspace();
    command.arg("--bind").args([&workspace, &workspace]);
    for name in [".git/hooks", ".git/config"] {
        command
            .arg("--ro-bind")
            .args([workspace.join(name), workspace.join(name)]);
    }
    command.arg("--chdir").arg(workspace).arg("--");
    command
}
