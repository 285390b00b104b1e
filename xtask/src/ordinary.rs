//! An ordinary user's first day, set up by root: a clone, a toolchain, a home.
//!
//! In CI everything belongs to root and often lies where nobody else may look.
//! So a private mount namespace gets a `/home` with a copy of what is tracked, the
//! toolchain and cargo's downloads (both read-only), and a user whom only this
//! namespace knows. Nothing on the machine changes, and the mounts go with the
//! last process.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::{env, fs};

use anyhow::{Context as _, Result};

use crate::machine::{self, Scratch};

/// The user's name.
const NAME: &str = "fumehood-test";

/// What root does in the namespace before it becomes the user.
const ENTER: &str = r#"
home="$BASE/home/$NAME"
mount --bind "$BASE/passwd" /etc/passwd
mount --bind "$BASE/group" /etc/group
mount --bind "$TOOLCHAIN" "$home/.rustup/toolchains/this"
mount -o remount,bind,ro "$home/.rustup/toolchains/this"
mount --bind "$REGISTRY" "$home/.cargo/registry"
mount -o remount,bind,ro "$home/.cargo/registry"
mount --rbind "$BASE/home" /home
cd "/home/$NAME/fumehood"
id="$ID"
unset BASE NAME TOOLCHAIN REGISTRY ID
exec setpriv --reuid "$id" --regid "$id" --clear-groups -- "$@"
"#;

/// A user made for tests, with a clone of the repository.
#[derive(Debug)]
pub struct Ordinary {
    base: Scratch,
    id: u32,
    toolchain: String,
    registry: PathBuf,
}

impl Ordinary {
    /// Sets the scene: copies what is tracked, and writes who there is.
    ///
    /// # Errors
    ///
    /// If a file cannot be copied, or a tool is missing.
    pub fn create(top: &Path) -> Result<Self> {
        let base = Scratch::create(Path::new("/var/tmp"), "fumehood-ordinary")?;
        let home = base.path.join("home").join(NAME);
        for folder in [".rustup/toolchains/this", ".cargo/registry", "fumehood"] {
            fs::create_dir_all(home.join(folder))?;
        }
        copy_tracked(top, &home.join("fumehood"))?;

        let users = fs::read_to_string("/etc/passwd")?;
        let groups = fs::read_to_string("/etc/group")?;
        let id = free_id(&users, &groups).context("no user id is free")?;
        let user = format!("{users}\n{NAME}:x:{id}:{id}::/home/{NAME}:/bin/bash\n");
        fs::write(base.path.join("passwd"), user)?;
        fs::write(
            base.path.join("group"),
            format!("{groups}\n{NAME}:x:{id}:\n"),
        )?;
        machine::ask(
            Command::new("chown")
                .arg("-R")
                .arg(format!("{id}:{id}"))
                .arg(&home),
        )?;
        machine::ask(
            Command::new("chmod")
                .args(["0644"])
                .args([base.path.join("passwd"), base.path.join("group")]),
        )?;
        machine::ask(
            Command::new("chmod")
                .arg("0755")
                .args([&base.path, &base.path.join("home")]),
        )?;

        let toolchain = machine::ask(Command::new("rustc").args(["--print", "sysroot"]))?;
        let cargo_home = env::var_os("CARGO_HOME").map(PathBuf::from);
        let cargo_home = cargo_home.or_else(|| Some(env::home_dir()?.join(".cargo")));
        let registry = cargo_home.context("cargo has no home")?.join("registry");
        Ok(Self {
            base,
            id,
            toolchain,
            registry,
        })
    }

    /// Why root cannot be an ordinary user here, if so.
    pub fn obstacle() -> Option<String> {
        let tried = machine::ask(Command::new("unshare").args(["--mount", "true"]));
        tried
            .err()
            .map(|error| format!("no-mount-namespace: {error:#}"))
    }

    /// `program`, run by the user in the clone, offline, with a clean environment.
    pub fn command(&self, program: impl AsRef<OsStr>) -> Command {
        let home = format!("/home/{NAME}");
        let path = format!(
            "{home}/.rustup/toolchains/this/bin:/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin"
        );
        let mut command = Command::new("unshare");
        command
            .args([
                "--mount",
                "--propagation",
                "private",
                "--",
                "sh",
                "-euc",
                ENTER,
                "sh",
            ])
            .arg(program)
            .env_clear()
            .env("BASE", &self.base.path)
            .env("NAME", NAME)
            .env("ID", self.id.to_string())
            .env("TOOLCHAIN", &self.toolchain)
            .env("REGISTRY", &self.registry)
            .env("HOME", home)
            .env("USER", NAME)
            .env("LOGNAME", NAME)
            .env("PATH", path)
            .env("LANG", "C.UTF-8")
            .env("CARGO_NET_OFFLINE", "true");
        for name in ["CI", "FUMEHOOD_FUZZ_CASES", "FUMEHOOD_LONG"] {
            if let Some(value) = env::var_os(name) {
                command.env(name, value);
            }
        }
        command
    }
}

/// Copies what git would commit.
fn copy_tracked(top: &Path, target: &Path) -> Result<()> {
    let mut list = Command::new("git");
    list.args([
        "ls-files",
        "-z",
        "--cached",
        "--others",
        "--exclude-standard",
    ])
    .current_dir(top);
    for name in machine::ask(&mut list)?
        .split('\0')
        .filter(|name| !name.is_empty())
    {
        let (from, to) = (top.join(name), target.join(name));
        if !from.is_file() {
            continue;
        }
        fs::create_dir_all(to.parent().context("a file has a folder")?)?;
        fs::copy(&from, &to).with_context(|| format!("cannot copy {name}"))?;
    }
    Ok(())
}

/// The first id from 1000 up that is neither a user's nor a group's.
fn free_id(users: &str, groups: &str) -> Option<u32> {
    let ids = |text: &str| -> Vec<u32> {
        text.lines()
            .filter_map(|line| line.split(':').nth(2)?.parse().ok())
            .collect()
    };
    let taken = [ids(users), ids(groups)].concat();
    (1000..60_000).find(|id| !taken.contains(id))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn root_becomes_somebody_else_with_a_clone_and_a_toolchain() {
        if !machine::is_root() {
            return println!("skip: not-root: only root can become somebody else");
        }
        if let Some(why) = Ordinary::obstacle() {
            return println!("skip: {why}");
        }
        let top = machine::top().expect("xtask is in a repository");
        let user = Ordinary::create(&top).expect("root may do all of it");
        let base = user.base.path.clone();
        let told = "id -u; id -un; pwd; test -f Cargo.toml; cargo --version; touch ~/a Cargo.toml; \
                    ! touch ~/.cargo/registry/a 2>&1; ! touch ~/.rustup/toolchains/this/a 2>&1";
        let said = machine::ask(user.command("sh").args(["-euc", told])).expect("every part holds");
        let said: Vec<&str> = said.lines().collect();
        assert_eq!(
            said[..3],
            [
                &user.id.to_string(),
                NAME,
                &format!("/home/{NAME}/fumehood")
            ]
        );
        drop(user);
        assert!(!base.exists());
    }

    #[test]
    fn the_user_s_id_is_nobody_else_s() {
        assert_eq!(
            free_id("a:x:1000:1000::/:/bin/sh\n", "b:x:1001:\n"),
            Some(1002)
        );
        assert_eq!(free_id("root:x:0:0::/:/bin/sh\n", ""), Some(1000));
    }
}
