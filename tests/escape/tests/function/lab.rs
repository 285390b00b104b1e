//! A workspace and a home folder for one test, and commands run in them.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::{Arc, Mutex, Weak};
use std::time::Duration;
use std::{env, fs};

use fumehood_escape::base::{Base, give};
use fumehood_escape::launch::{self, Ended};
use fumehood_escape::skips::skip;
use fumehood_escape::user::User;

/// No tool may wait longer for what it does not find inside.
pub const PATIENCE: Duration = Duration::from_secs(15);
/// No command may work longer, also when others use the machine.
pub const LONGEST: Duration = Duration::from_secs(60);

/// A workspace and a home folder.
pub struct Lab {
    base: Arc<Base>,
    folder: PathBuf,
    /// Whose they are.
    pub user: User,
}

/// Runs a test as everybody.
pub fn for_everybody(test: impl Fn(&Lab)) {
    for user in User::all() {
        test(&Lab::create(user));
    }
}

/// One folder for all tests that run at the same time; the last removes it.
fn shared_base() -> Arc<Base> {
    static SHARED: Mutex<Weak<Base>> = Mutex::new(Weak::new());
    let mut shared = SHARED
        .lock()
        .unwrap_or_else(std::sync::PoisonError::into_inner);
    shared.upgrade().unwrap_or_else(|| {
        let base = Arc::new(Base::create());
        *shared = Arc::downgrade(&base);
        base
    })
}

impl Lab {
    /// An empty one.
    pub fn create(user: User) -> Self {
        let base = shared_base();
        let folder = base.fresh();
        for name in ["w", "home", "host"] {
            fs::create_dir(folder.join(name)).expect("it is ours");
        }
        give(&folder, user);
        Self { base, folder, user }
    }

    /// The same with another workspace.
    pub fn named(user: User, name: &Path) -> (Self, PathBuf) {
        let lab = Self::create(user);
        let workspace = lab.folder.join(name);
        fs::create_dir_all(&workspace).expect("it is ours");
        give(&lab.folder, user);
        (lab, workspace)
    }

    /// Where the work is.
    pub fn workspace(&self) -> PathBuf {
        self.folder.join("w")
    }

    /// The user's home folder.
    pub fn home(&self) -> PathBuf {
        self.folder.join("home")
    }

    /// A new folder of the user's in the host's `/tmp`.
    pub fn host_temp(&self) -> PathBuf {
        let name = self.folder.file_name().expect("it is no root");
        let folder = self.base.tmp.join(name);
        fs::create_dir(&folder).expect("it is ours");
        give(&folder, self.user);
        folder
    }

    /// Makes a file of the home folder.
    pub fn keep(&self, name: &str, content: &str) {
        fumehood_escape::world::put(&self.home().join(name), content);
        give(&self.home(), self.user);
    }

    /// The program under test.
    pub fn program(&self) -> &Path {
        &self.base.program
    }

    /// Writes a file of the workspace.
    pub fn put(&self, name: &str, content: &str) {
        let path = self.workspace().join(name);
        fumehood_escape::world::put(&path, content);
        give(&self.workspace(), self.user);
    }

    /// A command of the host's side: the user's, in the workspace, without a sandbox.
    pub fn outside(&self, program: impl AsRef<std::ffi::OsStr>) -> Command {
        let mut command = Command::new(program);
        command
            .env_clear()
            .envs(Base::environment(&self.home(), self.user))
            .envs([
                ("GIT_AUTHOR_NAME", "A"),
                ("GIT_AUTHOR_EMAIL", "a@example.com"),
                ("GIT_COMMITTER_NAME", "A"),
                ("GIT_COMMITTER_EMAIL", "a@example.com"),
                // The workspace may lie in somebody else's repository.
                ("GOFLAGS", "-buildvcs=false"),
            ])
            .current_dir(self.workspace())
            .stdin(Stdio::null());
        self.user.run(&mut command);
        command
    }

    /// The launcher with `flags`, and behind them what is run.
    pub fn inside(&self, flags: &[&str], command: &[&str]) -> Command {
        let mut launcher = self.outside(self.program());
        launcher
            .args(["run", "--quiet", "--workspace"])
            .arg(self.workspace());
        launcher.args(flags).arg("--").args(command);
        launcher
    }

    /// Runs a command to its end.
    pub fn finish(&self, command: &mut Command) -> Ended {
        launch::run(command, &self.folder, LONGEST, |_| {})
    }

    /// Runs a tool that needs a network, which has to say so soon.
    #[track_caller]
    pub fn misses_the_network(&self, script: &str) {
        let ended = self.finish(&mut self.inside(&[], &["bash", "-euc", script]));
        assert!(
            ended.code() != 0 && ended.took < PATIENCE,
            "as {}: `{script}` ended with {} after {:?}\n{}",
            self.user.name(),
            ended.code(),
            ended.took,
            tail(&ended.complaints),
        );
    }

    /// Runs a script on the host's side, which has to succeed.
    pub fn prepare(&self, script: &str) -> String {
        let mut shell = self.outside("bash");
        launch::must(shell.args(["-euc", script]))
    }

    /// Runs a script inside, which has to succeed. What it printed.
    #[track_caller]
    pub fn sh(&self, script: &str) -> String {
        self.sh_with(&[], script)
    }

    /// The same with flags.
    #[track_caller]
    pub fn sh_with(&self, flags: &[&str], script: &str) -> String {
        let ended = self.finish(&mut self.inside(flags, &["bash", "-euc", script]));
        assert!(
            ended.code() == 0,
            "as {}: ended with {} after {:?}{}\n--- script\n{script}\n--- stdout\n{}\n--- stderr\n{}",
            self.user.name(),
            ended.code(),
            ended.took,
            if ended.status.is_none() {
                " (it hung)"
            } else {
                ""
            },
            tail(&ended.text()),
            tail(&ended.complaints),
        );
        ended.text()
    }

    /// Whether the user has this tool; says so if not.
    pub fn has(&self, tool: &str) -> bool {
        let look = format!(
            "command -v {tool} >/dev/null && {tool} --version >/dev/null 2>&1 || {tool} version >/dev/null 2>&1"
        );
        let found = self.outside("bash").args(["-c", &look]).status();
        let has = found.is_ok_and(|status| status.success());
        if !has {
            skip("tool", &format!("{tool}, as {}", self.user.name()));
        }
        has
    }
}

/// The last lines of a long text.
fn tail(text: &str) -> String {
    let lines: Vec<&str> = text.lines().collect();
    lines[lines.len().saturating_sub(30)..].join("\n")
}

/// The first registry package of these that cargo has on this machine, with its version.
pub fn cached_package(names: &[&str]) -> Option<(String, String)> {
    let home = env::var_os("CARGO_HOME")
        .map(PathBuf::from)
        .or_else(|| env::home_dir().map(|home| home.join(".cargo")))?;
    let mut found: Vec<String> = Vec::new();
    for registry in fs::read_dir(home.join("registry/cache")).ok()?.flatten() {
        let packages = fs::read_dir(registry.path())
            .into_iter()
            .flatten()
            .flatten();
        found.extend(packages.map(|package| package.file_name().to_string_lossy().into_owned()));
    }
    names.iter().find_map(|name| {
        let version = found.iter().find_map(|file| {
            let rest = file
                .strip_prefix(name)?
                .strip_prefix('-')?
                .strip_suffix(".crate")?;
            rest.starts_with(|first: char| first.is_ascii_digit())
                .then(|| rest.to_owned())
        })?;
        Some(((*name).to_owned(), version))
    })
}
