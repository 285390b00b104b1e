//! A home, a workspace and a temporary folder of one test, and the program under
//! test started there.

use std::ffi::OsStr;
use std::fs;
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};

/// The program under test.
pub const PROGRAM: &str = env!("CARGO_BIN_EXE_fumehood");

/// Folders that nobody else uses, removed at the end.
pub struct Home(PathBuf);

impl Home {
    /// Makes them.
    pub fn new() -> Self {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        let base = fs::canonicalize(std::env::temp_dir()).expect("there is a temporary folder");
        let home = Self(base.join(format!("fumehood-home-{}-{number}", std::process::id())));
        for folder in ["", "home", "work", "temp"] {
            let mut builder = fs::DirBuilder::new();
            builder
                .mode(0o700)
                .create(home.at(folder))
                .expect("the temporary folder is writable");
        }
        home
    }

    /// A place below all of them: `home/…`, `work/…`, `temp/…`.
    pub fn at(&self, path: impl AsRef<Path>) -> PathBuf {
        self.0.join(path)
    }

    /// Writes a file, with the folders above it.
    pub fn write(&self, path: &str, text: &str) {
        let path = self.at(path);
        fs::create_dir_all(path.parent().expect("it is below")).expect("it is ours");
        fs::write(&path, text).expect("it is ours");
    }

    /// A command whose home, workspace and temporary folder these are.
    pub fn command(&self) -> Command {
        self.command_of(Path::new(PROGRAM))
    }

    /// The same for another program.
    pub fn command_of(&self, program: &Path) -> Command {
        let mut command = Command::new(program);
        command
            .env_clear()
            .env("HOME", self.at("home"))
            .env("TMPDIR", self.at("temp"))
            .env("PATH", "/usr/local/bin:/usr/bin:/bin")
            .current_dir(self.at("work"))
            .stdin(Stdio::null());
        command
    }

    /// Runs the program to its end.
    pub fn fumehood(&self, arguments: impl IntoIterator<Item = impl AsRef<OsStr>>) -> Answer {
        let output = self.command().args(arguments).output();
        Answer::of(&output.expect("the program starts"))
    }

    /// Everything below a folder of these, sorted.
    pub fn list(&self, folder: &str) -> Vec<PathBuf> {
        let mut todo = vec![self.at(folder)];
        let mut all = Vec::new();
        while let Some(folder) = todo.pop() {
            for entry in fs::read_dir(folder).expect("it is ours") {
                let path = entry.expect("it is ours").path();
                all.push(path.clone());
                if path.is_dir() && !path.is_symlink() {
                    todo.push(path);
                }
            }
        }
        all.sort();
        all
    }
}

impl Drop for Home {
    fn drop(&mut self) {
        // A test that failed may have left anything.
        let _left = fs::remove_dir_all(&self.0);
    }
}

/// What the program said.
#[derive(Debug)]
pub struct Answer {
    /// Its exit code.
    pub code: Option<i32>,
    /// Standard output.
    pub out: String,
    /// Standard error.
    pub err: String,
}

impl Answer {
    /// What a finished program said.
    pub fn of(output: &Output) -> Self {
        Self {
            code: output.status.code(),
            out: String::from_utf8_lossy(&output.stdout).into_owned(),
            err: String::from_utf8_lossy(&output.stderr).into_owned(),
        }
    }

    /// Fails unless it ended with `code`.
    #[track_caller]
    pub fn ended_with(self, code: i32) -> Self {
        assert_eq!(self.code, Some(code), "{self:?}");
        self
    }

    /// Fails unless standard output holds `text`.
    #[track_caller]
    pub fn says(self, text: &str) -> Self {
        assert!(
            self.out.contains(text),
            "no `{text}` in:\n{}{}",
            self.out,
            self.err
        );
        self
    }
}
