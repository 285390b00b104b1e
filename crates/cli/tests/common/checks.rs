//! What a run under test is held to, and scenes that a host does not have.

use std::process::Command;

use crate::common::{Outcome, Scene, outcome};
use crate::skips::skip;

/// Runs `command`, which must be refused with `code` and say all of `texts`.
pub fn refused(scene: &Scene, command: &mut Command, code: i32, texts: &[&str]) -> Outcome {
    let outcome = outcome(command);
    assert_eq!(outcome.code, code, "{command:?}: {outcome:?}");
    assert_eq!(outcome.stdout, "", "standard output belongs to the command");
    assert!(outcome.stderr.starts_with("error: "), "{outcome:?}");
    for text in texts {
        assert!(
            outcome.stderr.contains(text),
            "`{text}` is not said: {outcome:?}"
        );
    }
    scene.assert_nothing_left();
    outcome
}

/// Runs `command`, which must succeed.
pub fn allowed(command: &mut Command) -> Outcome {
    let outcome = outcome(command);
    assert_eq!(outcome.code, 0, "{command:?}: {outcome:?}");
    outcome
}

/// A shell that is root in user and mount namespaces of its own, where scenes are
/// set that a host does not have. `$F` is the program. Such a root has no control
/// group to write, and so accepts the gap `processes`.
pub fn in_namespaces(scene: &Scene, script: &str) -> Option<Command> {
    let mut probe = scene.command("unshare");
    let probe = outcome(probe.args(["-Urm", "mount", "-t", "tmpfs", "scene", "/mnt"]));
    if probe.code != 0 {
        skip("no-mount-namespace", &probe.stderr);
        return None;
    }
    let mut command = scene.command("unshare");
    command
        .args(["-Urm", "sh", "-c", script])
        .env("F", scene.program());
    Some(command)
}
