//! A scene: a home, a workspace and a state folder of their own, thrown away at the
//! end, and the program under test, in a folder whose name no other test has.
//!
//! The name is the marker: it stands in the command line of every launcher and
//! every pid 1 of a scene, so what is left behind is found by looking for it.

use std::ffi::OsStr;
use std::fs;
use std::io::Read;
use std::os::unix::fs::symlink;
use std::os::unix::process::ExitStatusExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

/// Only against hangs: nothing here takes a tenth of it.
pub const PATIENCE: Duration = Duration::from_secs(60);

/// A throw-away world.
pub struct Scene {
    /// The folder that everything is in.
    pub root: PathBuf,
}

impl Scene {
    /// Makes one.
    pub fn new() -> Self {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        let base = fs::canonicalize(std::env::temp_dir()).expect("there is a temporary folder");
        let root = base.join(format!("fumehood-scene-{}-{number}.", std::process::id()));
        fs::create_dir(&root).expect("the temporary folder is writable");
        let scene = Self { root };
        for folder in [scene.home(), scene.work()] {
            fs::create_dir(folder).expect("the scene is writable");
        }
        symlink(env!("CARGO_BIN_EXE_fumehood"), scene.program()).expect("the scene is writable");
        scene
    }

    /// The home folder.
    pub fn home(&self) -> PathBuf {
        self.root.join("home")
    }

    /// The workspace.
    pub fn work(&self) -> PathBuf {
        self.root.join("work")
    }

    /// The program under test.
    pub fn program(&self) -> PathBuf {
        self.root.join("fumehood")
    }

    /// Any program, in the scene's surroundings.
    pub fn command(&self, program: impl AsRef<OsStr>) -> Command {
        let mut command = Command::new(program);
        command
            .env_clear()
            .env("HOME", self.home())
            .env("PATH", "/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin")
            .env("TERM", "dumb")
            .env("SCENE", &self.root)
            .current_dir(self.work())
            .stdin(Stdio::null());
        command
    }

    /// `fumehood run FLAGS -- COMMAND`
    pub fn run<'a>(&self, flags: &[&'a str], command: &[&'a str]) -> Command {
        let mut all = self.command(self.program());
        all.arg("run").args(flags).arg("--").args(command);
        all
    }

    /// Fails if a process, a mount or a working file of the scene is still there.
    pub fn assert_nothing_left(&self) {
        let since = Instant::now();
        loop {
            let left = self.left();
            if left.is_empty() {
                return;
            }
            assert!(since.elapsed() < PATIENCE, "left behind: {left:#?}");
            std::thread::sleep(Duration::from_millis(10));
        }
    }

    fn left(&self) -> Vec<String> {
        let marker = self.root.as_os_str().as_encoded_bytes();
        let has = |text: &[u8]| text.windows(marker.len()).any(|part| part == marker);
        let mut left = Vec::new();
        for entry in fs::read_dir("/proc").expect("there is a /proc").flatten() {
            let Ok(line) = fs::read(entry.path().join("cmdline")) else {
                continue;
            };
            if has(&line) {
                let line = String::from_utf8_lossy(&line).replace('\0', " ");
                left.push(format!("process {}: {line}", entry.file_name().display()));
            }
        }
        let mounts = fs::read("/proc/self/mountinfo").expect("there is a /proc");
        let mounts = mounts.split(|byte| *byte == b'\n').filter(|line| has(line));
        left.extend(mounts.map(|line| format!("mount {}", String::from_utf8_lossy(line))));
        left
    }
}

impl Drop for Scene {
    fn drop(&mut self) {
        open_up(&self.root);
        if let Err(error) = fs::remove_dir_all(&self.root) {
            eprintln!("{} is left behind: {error}", self.root.display());
        }
    }
}

/// Gives folders without permissions theirs back, so that they can be removed.
fn open_up(folder: &Path) {
    use std::os::unix::fs::PermissionsExt;
    let Ok(about) = fs::symlink_metadata(folder) else {
        return;
    };
    if !about.is_dir() {
        return;
    }
    if about.permissions().mode() & 0o700 != 0o700 {
        // If this fails, removing tells.
        let _told_later = fs::set_permissions(folder, fs::Permissions::from_mode(0o700));
    }
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        open_up(&entry.path());
    }
}

/// How a program ended and what it said.
#[derive(Debug)]
pub struct Outcome {
    /// Its exit code, or 128 and the signal, as a shell says it.
    pub code: i32,
    /// Standard output.
    pub stdout: String,
    /// Standard error.
    pub stderr: String,
}

/// Runs `command` to its end.
pub fn outcome(command: &mut Command) -> Outcome {
    command.stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().expect("the program can be started");
    let stdout = drain(child.stdout.take().expect("it is a pipe"));
    let stderr = drain(child.stderr.take().expect("it is a pipe"));
    let code = wait(&mut child);
    let text = |reader: JoinHandle<Vec<u8>>| {
        String::from_utf8_lossy(&reader.join().expect("reading does not panic")).into_owned()
    };
    let outcome = Outcome {
        code,
        stdout: text(stdout),
        stderr: text(stderr),
    };
    assert!(
        !outcome.stderr.contains("panicked"),
        "a panic reached the user: {outcome:?}"
    );
    outcome
}

fn drain(mut pipe: impl Read + Send + 'static) -> JoinHandle<Vec<u8>> {
    std::thread::spawn(move || {
        let mut bytes = Vec::new();
        pipe.read_to_end(&mut bytes).expect("a pipe can be read");
        bytes
    })
}

/// Waits for the end; one that hangs is killed and fails the test.
pub fn wait(child: &mut Child) -> i32 {
    let since = Instant::now();
    loop {
        if let Some(status) = child.try_wait().expect("it is our child") {
            let by_signal = || status.signal().map(|signal| 128 + signal);
            return status
                .code()
                .or_else(by_signal)
                .expect("it ended one way or the other");
        }
        if since.elapsed() > PATIENCE {
            child.kill().expect("it is our child");
            panic!("process {} hangs", child.id());
        }
        std::thread::sleep(Duration::from_millis(2));
    }
}
