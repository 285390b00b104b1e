//! A copy of the crate in a folder of its own: nothing in the worktree is ever changed.

use std::path::{Path, PathBuf};
use std::{env, fs};

use anyhow::{Context as _, Result, ensure};

use crate::machine::Scratch;

/// The copy, removed at the end.
pub struct CrateCopy {
    scratch: Scratch,
}

impl CrateCopy {
    /// Copies, to a folder with this in its name, the crate, the vectors that it reads, and a workspace with nothing else in it.
    pub fn create(top: &Path, name: &str) -> Result<Self> {
        let scratch = Scratch::create(&env::temp_dir(), name)?;
        for folder in ["crates/nt", "tests/vectors"] {
            copy(&top.join(folder), &scratch.path.join(folder))?;
        }
        fs::copy(top.join("Cargo.lock"), scratch.path.join("Cargo.lock"))?;
        let manifest = fs::read_to_string(top.join("Cargo.toml"))?;
        let ours =
            |line: &&str| !line.starts_with("members") && !line.starts_with("default-members");
        let lines: Vec<&str> = manifest.lines().filter(ours).collect();
        let alone =
            lines
                .join("\n")
                .replacen("[workspace]", "[workspace]\nmembers = [\"crates/nt\"]", 1);
        ensure!(alone.contains("members"), "Cargo.toml has no [workspace]");
        fs::write(scratch.path.join("Cargo.toml"), alone)?;
        Ok(Self { scratch })
    }

    /// Its top.
    pub fn top(&self) -> &Path {
        &self.scratch.path
    }

    /// The crate's folder in it.
    pub fn krate(&self) -> PathBuf {
        self.scratch.path.join("crates/nt")
    }

    /// Where it builds to.
    pub fn target(&self) -> PathBuf {
        self.scratch.path.join("target")
    }
}

fn copy(from: &Path, to: &Path) -> Result<()> {
    fs::create_dir_all(to)?;
    for entry in fs::read_dir(from).with_context(|| from.display().to_string())? {
        let entry = entry?;
        let (path, name) = (entry.path(), entry.file_name());
        if path.is_dir() {
            copy(&path, &to.join(name))?;
        } else {
            fs::copy(&path, to.join(name))?;
        }
    }
    Ok(())
}
