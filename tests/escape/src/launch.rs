//! Starts a command and waits for its end, never longer than a deadline.

use std::fs::{self, File, Permissions};
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::thread;
use std::time::{Duration, Instant};

/// How a command ended.
#[derive(Debug)]
pub struct Ended {
    /// Its status; none if it was ended at the deadline.
    pub status: Option<ExitStatus>,
    /// What it wrote.
    pub output: Vec<u8>,
    /// What it, or the launcher, complained about.
    pub complaints: String,
    /// How long it took.
    pub took: Duration,
}

impl Ended {
    /// Its exit code, as a shell says it.
    #[must_use]
    pub fn code(&self) -> i32 {
        use std::os::unix::process::ExitStatusExt as _;
        self.status.map_or(-1, |status| {
            status
                .code()
                .unwrap_or_else(|| 128 + status.signal().unwrap_or_default())
        })
    }

    /// Its output as text.
    #[must_use]
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.output).into_owned()
    }
}

/// How often a child is looked at.
const LOOK: Duration = Duration::from_millis(2);

/// Runs `command` with its output in files of `folder`. `meanwhile` is called
/// again and again while it runs.
pub fn run(
    command: &mut Command,
    folder: &Path,
    deadline: Duration,
    mut meanwhile: impl FnMut(&mut Child),
) -> Ended {
    let (output, complaints) = (folder.join("stdout"), folder.join("stderr"));
    let create = |path: &Path| {
        let file = File::create(path).expect("the world's folder is ours");
        // Whoever runs the command may open its output by name, as with a shell's `>`.
        file.set_permissions(Permissions::from_mode(0o666))
            .expect("it is ours");
        file
    };
    command.stdout(create(&output)).stderr(create(&complaints));
    let start = Instant::now();
    let mut child = command
        .spawn()
        .unwrap_or_else(|error| panic!("cannot start {command:?}: {error}"));
    let status = loop {
        if let Some(status) = child.try_wait().expect("it is our child") {
            break Some(status);
        }
        if start.elapsed() > deadline {
            child.kill().expect("it is our child");
            child.wait().expect("it is our child");
            break None;
        }
        meanwhile(&mut child);
        thread::sleep(LOOK);
    };
    Ended {
        status,
        output: fs::read(&output).unwrap_or_default(),
        complaints: String::from_utf8_lossy(&fs::read(&complaints).unwrap_or_default())
            .into_owned(),
        took: start.elapsed(),
    }
}

/// Runs a command of the host's side, which has to succeed. Its output.
pub fn must(command: &mut Command) -> String {
    let output = command
        .stdin(Stdio::null())
        .output()
        .unwrap_or_else(|error| panic!("cannot start {command:?}: {error}"));
    assert!(
        output.status.success(),
        "{command:?}: {}: {}",
        output.status,
        String::from_utf8_lossy(&output.stderr)
    );
    String::from_utf8_lossy(&output.stdout).into_owned()
}
