//! The files of one world: a workspace, a folder beside it that is the same
//! inside and out, secrets, and a home folder with everything that has a login.
//!
//! `out` and `own` (in the workspace) hold the same, so that an attempt on the one
//! and its twin on the other run the same code.

use std::fs::{self, OpenOptions, Permissions};
use std::os::unix::fs::{PermissionsExt as _, symlink};
use std::path::{Path, PathBuf};

use rustix::fs::{CWD, FileType, Mode, mknodat};

use crate::base::{Base, give};
use crate::snapshot::{self, Snapshot};
use crate::user::User;

/// What everything holds that must not be read.
pub const MARKER: &str = "SECRET-CONTENT";

/// Files of a home folder that hold a login.
const STORES: [&str; 30] = [
    ".ssh/id_ed25519",
    ".aws/credentials",
    ".config/gcloud/credentials.db",
    ".azure/accessTokens.json",
    ".kube/config",
    ".docker/config.json",
    ".netrc",
    ".git-credentials",
    ".config/gh/hosts.yml",
    ".npmrc",
    ".pypirc",
    ".config/pip/pip.conf",
    ".cargo/credentials.toml",
    ".m2/settings.xml",
    ".gradle/gradle.properties",
    ".gnupg/private-keys-v1.d/key",
    ".password-store/site.gpg",
    ".local/share/keyrings/login.keyring",
    ".mozilla/firefox/p/logins.json",
    ".config/google-chrome/Default/Cookies",
    ".bash_history",
    ".python_history",
    ".pgpass",
    ".my.cnf",
    ".vault-token",
    ".claude/.credentials.json",
    ".codex/auth.json",
    ".config/rclone/rclone.conf",
    ".terraform.d/credentials.tfrc.json",
    ".ssh/config",
];

/// Files of a workspace with a protected name, and what they hold.
const GUARDED: [(&str, &str); 18] = [
    (".git/hooks/commit-msg", "#!/bin/sh\n"),
    (
        ".git/config",
        "[core]\n\trepositoryformatversion = 0\n\thooksPath = .husky\n",
    ),
    (".vscode/tasks.json", "{}\n"),
    (".claude/settings.json", "{}\n"),
    (".mcp.json", "{}\n"),
    (".envrc", ":\n"),
    (".bashrc", ":\n"),
    (".cursor/mcp.json", "{}\n"),
    (".codex/config.toml", "\n"),
    (".gitconfig", "[user]\n"),
    (".config/git/config", "[user]\n"),
    (".github/hooks/hook.json", "{}\n"),
    (".idea/workspace.xml", "<a/>\n"),
    (".devcontainer/devcontainer.json", "{}\n"),
    ("mise.toml", "\n"),
    (".fumehood/notes", "\n"),
    (".husky/pre-commit", ":\n"),
    (".git/hooks/pre-push.sample", ":\n"),
];

/// The rest of a repository that nobody protects, and deeper ones.
const REPOSITORIES: [(&str, &str); 17] = [
    (".git/HEAD", "ref: refs/heads/main\n"),
    (".git/refs/heads/.keep", ""),
    (".git/objects/info/.keep", ""),
    (".git/modules/part/HEAD", "ref: refs/heads/main\n"),
    (".git/modules/part/config", "[core]\n"),
    (".git/modules/part/hooks/.keep", ""),
    (".git/worktrees/linked/HEAD", "ref: refs/heads/linked\n"),
    (".git/worktrees/linked/commondir", "../..\n"),
    (".git/worktrees/linked/gitdir", "../../../linked/.git\n"),
    ("nested/.git/HEAD", "ref: refs/heads/main\n"),
    ("nested/.git/config", "[core]\n"),
    ("nested/.git/hooks/commit-msg", "#!/bin/sh\n"),
    ("nested/.git/refs/heads/.keep", ""),
    ("nested/.git/objects/info/.keep", ""),
    ("nested/.vscode/tasks.json", "{}\n"),
    ("nested/.envrc", ":\n"),
    ("linked/.git", "gitdir: ../.git/worktrees/linked\n"),
];

/// Folders that tools plant things in.
const HOME_FOLDERS: [&str; 7] = [
    ".config/fumehood",
    ".local/state/fumehood",
    ".cargo/bin",
    ".docker/run",
    ".cache",
    ".ssh",
    ".gnupg",
];

/// What a world holds besides the two folders that are alike. Making a file costs
/// a good part of a millisecond, and there are thousands of worlds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Contents {
    /// Whether the workspace is a repository, with every protected name.
    pub repository: bool,
    /// Whether the home folder has every credential store.
    pub stores: bool,
}

impl Contents {
    /// All of it.
    pub const FULL: Self = Self {
        repository: true,
        stores: true,
    };

    /// What attempts of this class and scene need.
    #[must_use]
    pub fn of(class: &str, scene: &str) -> Self {
        Self {
            repository: matches!(class, "git" | "races" | "info" | "mounts") && scene != "bare",
            stores: class == "info",
        }
    }
}

/// The files of one world. They are removed with the base: to make files is slow
/// where others were just deleted (ext4 does not take their inodes at once).
#[derive(Debug)]
pub struct World {
    /// The folder that everything is in.
    pub path: PathBuf,
    /// A folder in the host's `/tmp`.
    pub tmp: PathBuf,
    /// The user it belongs to.
    pub user: User,
}

impl World {
    /// Makes one for `user`.
    #[must_use]
    pub fn create(base: &Base, user: User, contents: Contents) -> Self {
        let path = base.fresh();
        let number = path.file_name().expect("it has a number");
        let tmp = base.tmp.join(number);
        fs::create_dir(&tmp).expect("/tmp is writable");
        let world = Self { path, tmp, user };
        fill_common(&world.out());
        fill_common(&world.own());
        let stores = [
            ("out/server.pem", MARKER),
            ("out/folder/deep.pem", MARKER),
            ("out/moved/kubeconfig", MARKER),
            ("out/moved/aws", MARKER),
            ("out/moved/gnupg/key", MARKER),
            ("out/moved/docker/config.json", MARKER),
        ];
        for (name, content) in if contents.stores { &stores[..] } else { &[] } {
            put(&world.path.join(name), content);
        }
        for (name, content) in [
            ("secret/key", MARKER),
            ("single/key", MARKER),
            ("alias/.keep", ""),
            ("w/own/hidden/key", MARKER),
            ("w/own/locked/rules", "rules\n"),
        ] {
            put(&world.path.join(name), content);
        }
        world.fill_workspace(contents);
        let stores = if contents.stores { &STORES[..] } else { &[] };
        for store in stores {
            put(&world.home().join(store), MARKER);
        }
        put(&world.home().join(".bashrc"), ":\n");
        for folder in HOME_FOLDERS {
            fs::create_dir_all(world.home().join(folder)).expect("the world is ours");
        }
        put(&world.tmp.join("file"), MARKER);
        give(&world.path, user);
        give(&world.tmp, user);
        world
    }

    fn fill_workspace(&self, contents: Contents) {
        let workspace = self.workspace();
        symlink(self.out(), workspace.join("host-link-out")).expect("a new name");
        symlink(self.own(), workspace.join("host-link-own")).expect("a new name");
        fs::hard_link(self.out().join("target"), workspace.join("host-hard-link"))
            .expect("one file system");
        if !contents.repository {
            return;
        }
        for (name, content) in GUARDED.iter().chain(&REPOSITORIES) {
            put(&workspace.join(name), content);
        }
        let hook = workspace.join(".git/hooks/commit-msg");
        fs::set_permissions(hook, Permissions::from_mode(0o755)).expect("it is ours");
    }

    /// Where the work is.
    #[must_use]
    pub fn workspace(&self) -> PathBuf {
        self.path.join("w")
    }

    /// The folder beside it.
    #[must_use]
    pub fn out(&self) -> PathBuf {
        self.path.join("out")
    }

    /// The folder in it that holds the same.
    #[must_use]
    pub fn own(&self) -> PathBuf {
        self.workspace().join("own")
    }

    /// The folder that may not be read.
    #[must_use]
    pub fn secret(&self) -> PathBuf {
        self.path.join("secret")
    }

    /// The single file that may not be read.
    #[must_use]
    pub fn secret_file(&self) -> PathBuf {
        self.path.join("single/key")
    }

    /// Where the secret folder is mounted a second time, if it is.
    #[must_use]
    pub fn alias(&self) -> PathBuf {
        self.path.join("alias")
    }

    /// The user's home folder.
    #[must_use]
    pub fn home(&self) -> PathBuf {
        self.path.join("home")
    }

    /// Everything, except what fumehood keeps of its own.
    #[must_use]
    pub fn everything(&self) -> Snapshot {
        let names = ["w", "out", "secret", "single", "alias", "home"];
        let paths = names.map(|name| self.path.join(name));
        let mut all = snapshot::take(paths.iter().map(PathBuf::as_path));
        let own = self.home().join(".local/state");
        all.retain(|path, _| !path.starts_with(&own));
        all
    }

    /// What must not change in the workspace.
    #[must_use]
    pub fn guarded(&self) -> Vec<PathBuf> {
        let names = GUARDED.iter().map(|(name, _)| self.workspace().join(name));
        let folders = [".git", ".git/hooks", ".vscode"].map(|name| self.workspace().join(name));
        let hooks = folders.into_iter().skip(1);
        names.chain(hooks).collect()
    }

    /// What must not change outside of it.
    #[must_use]
    pub fn outside(&self) -> Vec<PathBuf> {
        vec![
            self.out(),
            self.secret(),
            self.path.join("single"),
            self.home().join(".ssh"),
        ]
    }
}

/// What `out` and `own` both hold.
fn fill_common(folder: &Path) {
    for (name, content) in [
        ("target", "target\n"),
        ("marked", MARKER),
        ("folder/inner", "inner\n"),
        ("folder/marked", MARKER),
    ] {
        put(&folder.join(name), content);
    }
    for name in ["empty", "later"] {
        fs::create_dir(folder.join(name)).expect("the world is ours");
    }
    let fifo = folder.join("fifo");
    mknodat(CWD, &fifo, FileType::Fifo, Mode::from_raw_mode(0o666), 0).expect("a new name");
}

/// Writes a file, and makes the folders above it.
pub fn put(path: &Path, content: &str) {
    let folder = path.parent().expect("a file has a folder");
    fs::create_dir_all(folder).expect("the world is ours");
    fs::write(path, content).expect("the world is ours");
}

/// Writes a file that belongs to the world's user.
pub fn put_as(user: User, path: &Path, content: &str) {
    put(path, content);
    give(path, user);
}

/// Opens a file so that whatever is written to it can be read from there.
///
/// # Errors
///
/// As `open(2)`.
pub fn hold_fifo(path: &Path) -> std::io::Result<fs::File> {
    use std::os::unix::fs::OpenOptionsExt as _;
    let nonblocking = rustix::fs::OFlags::NONBLOCK.bits();
    let flags = i32::try_from(nonblocking).expect("flags of open(2) fit");
    OpenOptions::new()
        .read(true)
        .write(true)
        .custom_flags(flags)
        .open(path)
}
