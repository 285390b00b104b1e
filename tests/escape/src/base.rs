//! Where worlds are made: one folder for a run of the suite, with the compiled
//! attempts and a copy of the program under test.
//!
//! Not below `/tmp`: inside, that is a private folder, and what an attempt cannot
//! see it cannot attack. Not below a folder that only root may enter either,
//! because the attempts run as an ordinary user too. Unix sockets allow a path of
//! 107 bytes, so the folder has a short name.

use std::collections::BTreeMap;
use std::fs::{self, Permissions};
use std::os::unix::fs::{PermissionsExt as _, chown};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU32, Ordering};
use std::{env, process};

use crate::attempt::{self, Attempt};
use crate::launch::must;
use crate::scenery::Scenery;
use crate::user::User;

/// The classes, each a file in `attempts/`.
pub const CLASSES: [&str; 9] = [
    "files", "mounts", "procs", "network", "terminal", "kernel", "info", "git", "races",
];
/// What a path of ours may take of the 107 bytes of a socket's.
const LONGEST: usize = 70;

/// The folder of one run. It is removed when this is dropped.
#[derive(Debug)]
pub struct Base {
    /// Its path.
    pub path: PathBuf,
    /// The program under test, where everybody may execute it.
    pub program: PathBuf,
    /// A copy of the attempts on processes that belongs to root and sets the user id.
    pub set_user_id: Option<PathBuf>,
    /// A folder in the host's `/tmp`.
    pub tmp: PathBuf,
    /// Scenery that nobody has changed.
    pub unchanged: Mutex<Vec<Scenery>>,
    next: AtomicU32,
}

impl Base {
    /// Makes the folder and copies the program under test.
    #[must_use]
    pub fn create() -> Self {
        // One test may make its own while that of another is being removed.
        static MADE: AtomicU32 = AtomicU32::new(0);
        let made = MADE.fetch_add(1, Ordering::Relaxed);
        let name = format!("fhe{}.{made}", process::id());
        let path = places()
            .into_iter()
            .find_map(|place| try_place(&place, &name))
            .expect("a place outside of /tmp that is writable and that others may enter");
        let tmp = Path::new("/tmp").join(&name);
        fs::create_dir(&tmp).expect("/tmp is writable");
        open_to_all(&tmp);
        let program = path.join("fumehood");
        let original = program_under_test();
        copy_program(&original, &program);
        open_to_all(&program);
        Self {
            path,
            program,
            set_user_id: None,
            tmp,
            unchanged: Mutex::new(Vec::new()),
            next: AtomicU32::new(0),
        }
    }

    /// Compiles the attempts, and reads their tables.
    pub fn compile(&mut self) -> Vec<Attempt> {
        let sources = Path::new(env!("CARGO_MANIFEST_DIR")).join("attempts");
        let mut attempts = Vec::new();
        let compilers: Vec<_> = CLASSES
            .iter()
            .chain(&["actor"])
            .map(|class| {
                (
                    class,
                    self.compiler(&sources, class)
                        .spawn()
                        .expect("cc is installed"),
                )
            })
            .collect();
        for (class, mut compiler) in compilers {
            let status = compiler.wait().expect("the compiler is our child");
            assert!(status.success(), "{class}.c does not compile");
            open_to_all(&self.path.join(class));
        }
        for class in CLASSES {
            let listed = Command::new(self.path.join(class)).arg("--list").output();
            let listed = listed.expect("a compiled attempt runs").stdout;
            attempts.extend(attempt::parse(class, &String::from_utf8_lossy(&listed)));
        }
        if User::current().is_root() {
            let copy = self.path.join("set-user-id");
            copy_program(&self.path.join("procs"), &copy);
            fs::set_permissions(&copy, Permissions::from_mode(0o4755)).expect("it is ours");
            self.set_user_id = Some(copy);
        }
        attempts
    }

    fn compiler(&self, sources: &Path, class: &str) -> Command {
        let mut compiler = Command::new("cc");
        compiler
            .args([
                "-O1",
                "-pthread",
                "-Wall",
                "-Wextra",
                "-Werror",
                "-Wno-missing-field-initializers",
                "-o",
            ])
            .arg(self.path.join(class))
            .arg(sources.join(format!("{class}.c")));
        compiler
    }

    /// A new empty folder in it.
    pub fn fresh(&self) -> PathBuf {
        let number = self.next.fetch_add(1, Ordering::Relaxed);
        let path = self.path.join(number.to_string());
        fs::create_dir(&path).expect("the folder of this run is writable");
        path
    }

    /// The environment that the launcher starts with, apart from secrets.
    #[must_use]
    pub fn environment(home: &Path, user: User) -> BTreeMap<String, String> {
        let path = if user.is_self {
            env::var("PATH").unwrap_or_default()
        } else {
            "/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin".to_owned()
        };
        let mut all = BTreeMap::from([
            ("HOME".to_owned(), home.display().to_string()),
            ("PATH".to_owned(), path),
            ("USER".to_owned(), "tester".to_owned()),
            ("LOGNAME".to_owned(), "tester".to_owned()),
            ("LANG".to_owned(), "C.UTF-8".to_owned()),
            ("TERM".to_owned(), "xterm".to_owned()),
            ("SHELL".to_owned(), "/bin/sh".to_owned()),
        ]);
        if user.is_self {
            // Toolchains of a user whose home folder is not the one of the test.
            let real = env::home_dir().unwrap_or_default();
            for (name, below) in [
                ("CARGO_HOME", ".cargo"),
                ("RUSTUP_HOME", ".rustup"),
                ("PYENV_ROOT", ".pyenv"),
            ] {
                let place = env::var_os(name).map_or_else(|| real.join(below), PathBuf::from);
                if place.is_dir() {
                    all.insert(name.to_owned(), place.display().to_string());
                }
            }
        }
        all
    }
}

impl Drop for Base {
    fn drop(&mut self) {
        if env::var_os("FUMEHOOD_ESCAPE_KEEP").is_some() {
            println!("kept: {}", self.path.display());
            return;
        }
        for folder in [&self.path, &self.tmp] {
            // What a command left unreadable to its owner is in the way of nobody but us.
            let removed = fs::remove_dir_all(folder).or_else(|_| {
                open_all(folder);
                fs::remove_dir_all(folder)
            });
            if let Err(error) = removed {
                eprintln!("warning: {} is left behind: {error}", folder.display());
            }
        }
    }
}

/// Copies a program that is executed soon. Not by this process: another thread
/// may start a child while the copy is open to write, and until that child has
/// executed something else the copy is "busy" (`ETXTBSY`).
pub fn copy_program(from: &Path, to: &Path) {
    must(Command::new("cp").arg("--").args([from, to]));
}

fn open_all(folder: &Path) {
    // Failing is fine: what cannot be opened is reported when it cannot be removed.
    let opened = fs::set_permissions(folder, Permissions::from_mode(0o700));
    if opened.is_err() {
        return;
    }
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        if entry.file_type().is_ok_and(|kind| kind.is_dir()) {
            open_all(&entry.path());
        }
    }
}

/// Lets everybody read and execute a file or folder.
fn open_to_all(path: &Path) {
    fs::set_permissions(path, Permissions::from_mode(0o755)).expect("it is ours");
}

/// Gives `path` and everything below it to `user`.
pub fn give(path: &Path, user: User) {
    if user.is_self {
        return;
    }
    std::os::unix::fs::lchown(path, Some(user.id), Some(user.id)).expect("we are root");
    if path.is_dir() && !path.is_symlink() {
        for entry in fs::read_dir(path).expect("it is ours").flatten() {
            give(&entry.path(), user);
        }
    } else if !path.is_symlink() {
        chown(path, Some(user.id), Some(user.id)).expect("we are root");
    }
}

/// Places to try, the most fitting first.
fn places() -> Vec<PathBuf> {
    let top = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../target");
    let named = env::var_os("FUMEHOOD_ESCAPE_BASE").map(PathBuf::from);
    let home = env::home_dir().map(|home| home.join(".cache"));
    let fixed = ["/home", "/srv", "/opt", "/var/lib"].map(PathBuf::from);
    named
        .into_iter()
        .chain([top])
        .chain(fixed)
        .chain(home)
        .collect()
}

/// Makes the folder there, if the place is a good one.
fn try_place(place: &Path, name: &str) -> Option<PathBuf> {
    fs::create_dir_all(place).ok()?;
    let place = fs::canonicalize(place).ok()?;
    let private = ["/tmp", "/var/tmp", "/run", "/dev", "/proc"];
    let is_private = private.iter().any(|folder| place.starts_with(folder));
    let is_open = !User::current().is_root() || place.ancestors().all(is_enterable);
    let path = place.join(name);
    if is_private || !is_open || path.as_os_str().len() > LONGEST {
        return None;
    }
    fs::create_dir(&path).ok()?;
    open_to_all(&path);
    Some(path)
}

fn is_enterable(folder: &Path) -> bool {
    fs::metadata(folder).is_ok_and(|metadata| metadata.permissions().mode() & 0o001 != 0)
}

/// `FUMEHOOD_BIN`, or what cargo has built beside this test.
fn program_under_test() -> PathBuf {
    if let Some(named) = env::var_os("FUMEHOOD_BIN") {
        return PathBuf::from(named);
    }
    let test = env::current_exe().expect("a test knows where it is");
    let beside = test
        .ancestors()
        .nth(2)
        .map(|folder| folder.join("fumehood"));
    beside
        .filter(|program| program.is_file())
        .expect("the program under test: build `fumehood-cli` first, or name it with FUMEHOOD_BIN")
}
