//! Where it is measured: a home with secrets, a workspace with a repository and files.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context as _, Result};

use crate::machine::{self, Scratch};

/// Secret places in the home, 20 of them, all there; a `/` at the end is a folder.
pub const SECRETS: [&str; 20] = [
    ".ssh/",
    ".aws/",
    ".gnupg/",
    ".kube/",
    ".docker/",
    ".azure/",
    ".config/gcloud/",
    ".config/gh/",
    ".netrc",
    ".git-credentials",
    ".npmrc",
    ".pypirc",
    ".pgpass",
    ".bash_history",
    ".zsh_history",
    ".python_history",
    ".mozilla/",
    ".config/google-chrome/",
    ".local/share/keyrings/",
    ".password-store/",
];

/// Files in a folder of a large workspace.
const PER_FOLDER: usize = 1000;

/// A home and a workspace, gone when dropped.
pub struct Scene {
    base: Scratch,
}

impl Scene {
    /// Makes both below the target folder, the workspace with `files` files.
    pub fn create(top: &Path, files: usize) -> Result<Self> {
        let base = Scratch::create(&machine::target_folder(top), "bench")?;
        let scene = Self { base };
        for secret in SECRETS {
            let path = scene.home().join(secret);
            match secret.strip_suffix('/') {
                Some(_) => fs::create_dir_all(&path)?,
                None => fs::write(&path, "secret\n")?,
            }
        }
        fs::create_dir_all(scene.workspace())?;
        scene.git(&["init", "--quiet"])?;
        fill(&scene.workspace().join("tree"), files)?;
        Ok(scene)
    }

    /// The home: what `HOME` is set to.
    pub fn home(&self) -> PathBuf {
        self.base.path.join("home")
    }

    /// The workspace, a git repository.
    pub fn workspace(&self) -> PathBuf {
        self.base.path.join("home/project")
    }

    /// Somewhere for what a bench builds for itself.
    pub fn scratch(&self) -> &Path {
        &self.base.path
    }

    /// Runs git in the workspace.
    pub fn git(&self, arguments: &[&str]) -> Result<()> {
        let identity = ["-c", "user.name=bench", "-c", "user.email=bench@localhost"];
        let mut command = Command::new("git");
        command
            .args(identity)
            .args(arguments)
            .current_dir(self.workspace());
        machine::ask(command.env("HOME", self.home())).map(drop)
    }

    /// `program`, started in the workspace with nothing but what it needs.
    pub fn command(&self, program: impl AsRef<Path>) -> Command {
        let mut command = Command::new(program.as_ref());
        command
            .current_dir(self.workspace())
            .env_clear()
            .env("HOME", self.home())
            .env("PATH", "/usr/local/bin:/usr/bin:/bin")
            .env("LANG", "C.UTF-8")
            .stdin(Stdio::null())
            .stdout(Stdio::null());
        command
    }
}

/// Makes `count` small files, a thousand a folder.
fn fill(tree: &Path, count: usize) -> Result<()> {
    for at in 0..count {
        let folder = tree.join(format!("d{}", at / PER_FOLDER));
        if at % PER_FOLDER == 0 {
            fs::create_dir_all(&folder)?;
        }
        let file = folder.join(format!("f{at}.txt"));
        fs::write(&file, format!("line one of {at}\nneedle {}\n", at % 97)).context("a file")?;
    }
    Ok(())
}
