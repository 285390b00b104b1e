//! Who runs an attempt.
//!
//! Everything is tried as the user who started the tests. If that is root, it is
//! tried again as an ordinary user whom nobody knows: no line in `/etc/passwd`, as
//! with users from a directory.

use std::fs;
use std::os::unix::fs::MetadataExt as _;
use std::os::unix::process::CommandExt as _;
use std::process::Command;
use std::sync::OnceLock;

/// The first number tried for an ordinary user: above those that systems give out.
const FIRST_ID: u32 = 61_000;
/// Numbers from here on are for services and for nobody.
const LAST_ID: u32 = 61_183;

/// A user.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct User {
    /// Its number, and that of its only group.
    pub id: u32,
    /// Whether the tests themselves run as this user.
    pub is_self: bool,
}

impl User {
    /// The user who runs the tests.
    #[must_use]
    pub fn current() -> Self {
        let id = rustix::process::geteuid().as_raw();
        Self { id, is_self: true }
    }

    /// Everybody as whom things are tried.
    #[must_use]
    pub fn all() -> Vec<Self> {
        let current = Self::current();
        let mut all = vec![current];
        if current.is_root() {
            all.push(Self {
                id: free_ids()[0],
                is_self: false,
            });
        }
        all
    }

    /// A user besides those, whom a signal to everybody may reach.
    #[must_use]
    pub fn alone() -> Self {
        Self {
            id: free_ids()[1],
            is_self: false,
        }
    }

    /// Whether this is root.
    #[must_use]
    pub const fn is_root(self) -> bool {
        self.id == 0
    }

    /// How reports call it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        if self.is_root() { "root" } else { "ordinary" }
    }

    /// Makes `command` run as this user, without any other group.
    pub fn run(self, command: &mut Command) {
        if !self.is_self {
            // The standard library drops supplementary groups when root changes the user.
            command.uid(self.id).gid(self.id);
        }
    }

    /// Arguments of `setpriv` that do the same.
    #[must_use]
    pub fn setpriv(self) -> Vec<String> {
        if self.is_self {
            return Vec::new();
        }
        let id = self.id;
        vec![
            "setpriv".to_owned(),
            format!("--reuid={id}"),
            format!("--regid={id}"),
            "--clear-groups".to_owned(),
            "--".to_owned(),
        ]
    }
}

/// Two numbers that no user and no process has, the same all along.
fn free_ids() -> [u32; 2] {
    static FOUND: OnceLock<[u32; 2]> = OnceLock::new();
    *FOUND.get_or_init(|| {
        let known = fs::read_to_string("/etc/passwd").unwrap_or_default();
        let named: Vec<u32> = known
            .lines()
            .filter_map(|line| line.split(':').nth(2)?.parse().ok())
            .collect();
        let running: Vec<u32> = fs::read_dir("/proc")
            .into_iter()
            .flatten()
            .filter_map(|entry| Some(entry.ok()?.metadata().ok()?.uid()))
            .collect();
        // Two test runs at once must not reach each other's processes.
        let start = FIRST_ID + 2 * std::process::id() % (LAST_ID - FIRST_ID);
        let tried = (start..LAST_ID).chain(FIRST_ID..start);
        let mut free = tried.filter(|id| !named.contains(id) && !running.contains(id));
        let mut next = || free.next().expect("not all user numbers are taken");
        [next(), next()]
    })
}
