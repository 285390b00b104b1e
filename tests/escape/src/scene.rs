//! One attempt, run once: its world, who stands around it, and how it is started.

use std::fs::File;
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

use crate::actors::{Terminal, Victim};
use crate::attempt::Attempt;
use crate::base::{Base, copy_program, give};
use crate::host;
use crate::launch::{self, Ended};
use crate::scenery::{Scenery, Wanted};
use crate::snapshot::{self, Snapshot};
use crate::user::User;
use crate::world::{Contents, MARKER, World, put_as};

/// No attempt takes longer.
const DEADLINE: Duration = Duration::from_secs(20);
/// Starts of `planted-root-swapped` while the host swaps.
const SWAPPED_STARTS: usize = 8;

/// How an attempt is run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    /// Without a sandbox.
    Alone,
    /// Inside.
    Inside,
    /// Inside, aimed at something allowed.
    Twin,
}

/// What came of it.
#[derive(Debug)]
pub struct Tried {
    /// How the command ended.
    pub ended: Ended,
    /// Who outside noticed something.
    pub noticed: Vec<String>,
    /// What changed, for messages.
    pub changes: Vec<String>,
}

/// Things that one run of the suite shares.
#[derive(Debug)]
pub struct Shared {
    /// A file in the host's `/dev/shm`.
    pub memory: PathBuf,
    /// A file in the host's `/var/tmp`.
    pub var_tmp: PathBuf,
    /// A System V segment, if there is a tool that makes one.
    pub segment: Option<String>,
}

impl Shared {
    /// Makes them, readable by everybody.
    #[must_use]
    pub fn create() -> Self {
        let name = format!("fhe{}", std::process::id());
        let [memory, var_tmp] =
            ["/dev/shm", "/var/tmp"].map(|folder| Path::new(folder).join(&name));
        for path in [&memory, &var_tmp] {
            std::fs::write(path, MARKER).expect("a folder for everybody");
        }
        let made = Command::new("ipcmk")
            .args(["--shmem", "64", "--mode", "0666"])
            .output();
        let segment = made
            .ok()
            .filter(|made| made.status.success())
            .and_then(|made| {
                let said = String::from_utf8_lossy(&made.stdout).into_owned();
                said.split_whitespace().last().map(str::to_owned)
            });
        Self {
            memory,
            var_tmp,
            segment,
        }
    }
}

impl Drop for Shared {
    fn drop(&mut self) {
        for path in [&self.memory, &self.var_tmp] {
            if let Err(error) = std::fs::remove_file(path) {
                eprintln!("warning: {} is left behind: {error}", path.display());
            }
        }
        if let Some(segment) = &self.segment {
            launch::must(Command::new("ipcrm").args(["--shmem-id", segment]));
        }
    }
}

/// Everything around one run.
struct Stage<'a> {
    base: &'a Base,
    attempt: &'a Attempt,
    mode: Mode,
    scenery: Scenery,
    mate: Option<Victim>,
    terminals: Option<[Terminal; 2]>,
}

/// Runs `attempt` once as `user`.
#[must_use]
pub fn run(base: &Base, shared: &Shared, attempt: &Attempt, user: User, mode: Mode) -> Tried {
    let stage = Stage::set(base, attempt, user, mode);
    let mut before = stage.looks();
    let mut command = stage.command(shared);
    let swapping = AtomicBool::new(stage.swaps());
    let ended = thread::scope(|scope| {
        scope.spawn(|| swap(&stage.scenery.world, &swapping));
        let starts = if stage.swaps() { SWAPPED_STARTS } else { 1 };
        let mut ended = None;
        for _ in 0..starts {
            ended = Some(launch::run(
                &mut command,
                &stage.scenery.world.path,
                DEADLINE,
                |child| {
                    if host::serve(&stage.scenery.world, child) {
                        before = stage.looks();
                    }
                },
            ));
        }
        swapping.store(false, Ordering::Relaxed);
        ended.expect("it was started at least once")
    });
    let tried = stage.look_around(ended, &before);
    if stage.attempt.scene.is_empty() && tried.noticed.is_empty() {
        stage.scenery.put_back(base);
    }
    tried
}

/// Puts a link to the outside folder where a folder was, and back.
fn swap(world: &World, on: &AtomicBool) {
    let (build, link) = (world.workspace().join("build"), world.path.join("link"));
    while on.load(Ordering::Relaxed) {
        let swapped = rustix::fs::renameat_with(
            rustix::fs::CWD,
            &build,
            rustix::fs::CWD,
            &link,
            rustix::fs::RenameFlags::EXCHANGE,
        );
        swapped.expect("both are there");
    }
}

impl<'a> Stage<'a> {
    fn set(base: &'a Base, attempt: &'a Attempt, user: User, mode: Mode) -> Self {
        let scene = attempt.scene.as_str();
        let wanted = Wanted {
            user,
            contents: Contents::of(attempt.class, scene),
            victim: matches!(attempt.class, "procs" | "mounts" | "info"),
        };
        let scenery = Scenery::take(base, wanted);
        let mate = (scene == "mate").then(|| Victim::start(base, &scenery.world, "mate"));
        let terminals = (scene == "terminal").then(|| [Terminal::open(user), Terminal::open(user)]);
        let stage = Self {
            base,
            attempt,
            mode,
            scenery,
            mate,
            terminals,
        };
        stage.prepare();
        stage
    }

    fn scene(&self) -> &str {
        &self.attempt.scene
    }

    fn swaps(&self) -> bool {
        self.scene() == "planted-root-swapped" && self.mode != Mode::Twin
    }

    /// What only some scenes need in the workspace.
    fn prepare(&self) {
        let build = self.scenery.world.workspace().join("build");
        let link = |at: &Path| {
            std::os::unix::fs::symlink(self.scenery.world.out(), at).expect("a new name");
        };
        match self.scene() {
            "launcher-inside" => {
                let copy = self.scenery.world.workspace().join("fumehood");
                copy_program(&self.base.program, &copy);
                give(&copy, self.scenery.world.user);
            }
            "host-node" => {
                let mode = rustix::fs::Mode::from_raw_mode(0o666);
                let node = self.scenery.world.workspace().join("host-zero");
                let zero = rustix::fs::makedev(1, 5);
                let kind = rustix::fs::FileType::CharacterDevice;
                rustix::fs::mknodat(rustix::fs::CWD, &node, kind, mode, zero)
                    .expect("root makes nodes");
                rustix::fs::chmod(&node, mode).expect("it is ours");
            }
            "planted-root" if self.mode != Mode::Twin => link(&build),
            "planted-root" | "planted-root-swapped" => {
                put_as(self.scenery.world.user, &build.join("target"), "target\n");
                link(&self.scenery.world.path.join("link"));
            }
            _ => {}
        }
    }

    /// Flags of the run that this scene needs.
    fn flags(&self) -> Vec<String> {
        let [own, out, work] = [
            self.scenery.world.own(),
            self.scenery.world.out(),
            self.scenery.world.workspace(),
        ]
        .map(|path| path.display().to_string());
        let flags: Vec<String> = match self.scene() {
            "limit-processes" => vec!["--limit".into(), "processes=100".into()],
            "limit-memory" => {
                let accept = ["--accept".into(), "memory".into()];
                ["--limit".into(), "memory=100M".into()]
                    .into_iter()
                    .chain(accept)
                    .collect()
            }
            "timeout" => vec!["--timeout".into(), "1s".into()],
            "glob-last" => vec!["--deny-read".into(), format!("{out}/*.pem")],
            "glob-deep" => vec![
                "--deny-read".into(),
                format!("{out}/**/*.pem"),
                "--accept".into(),
                "deep-globs".into(),
            ],
            "hidden-inside" => vec!["--deny-read".into(), format!("{own}/hidden")],
            "denied-write" => vec!["--deny-write".into(), format!("{own}/locked")],
            "planted-root" | "planted-root-swapped" => {
                vec!["--allow-write".into(), format!("{work}/build")]
            }
            _ => Vec::new(),
        };
        if self.scene() == "limit-processes" && self.scenery.world.user.is_root() {
            return flags
                .into_iter()
                .chain(["--accept".into(), "processes".into()])
                .collect();
        }
        flags
    }

    /// Program and arguments, without what is wrapped around them.
    fn arguments(&self, shared: &Shared) -> Vec<String> {
        let world = &self.scenery.world;
        let show = |path: PathBuf| path.display().to_string();
        let mut all = Vec::new();
        if self.mode != Mode::Alone {
            let program = match self.scene() {
                "launcher-inside" => world.workspace().join("fumehood"),
                _ => self.base.program.clone(),
            };
            all.extend([show(program), "run".to_owned(), "--quiet".to_owned()]);
            all.extend(["--workspace".to_owned(), show(world.workspace())]);
            all.extend(["--deny-read".to_owned(), show(world.secret())]);
            all.extend(["--deny-read".to_owned(), show(world.secret_file())]);
            all.extend(self.flags());
            all.push("--".to_owned());
        }
        all.push(show(self.base.path.join(self.attempt.class)));
        all.push(self.attempt.name.clone());
        if self.mode == Mode::Twin {
            all.push("twin".to_owned());
        }
        let mut tell = |key: &str, value: String| all.push(format!("{key}={value}"));
        tell("W", show(world.workspace()));
        tell("OUT", show(world.out()));
        tell("OWN", show(world.own()));
        tell("HOME", show(world.home()));
        tell("SECRET", show(world.secret()));
        tell("SECRET_FILE", show(world.secret_file()));
        tell("ALIAS", show(world.alias()));
        tell("BIN", show(self.base.program.clone()));
        tell("HOSTTMP", show(world.tmp.join("file")));
        tell("HOSTVARTMP", show(shared.var_tmp.clone()));
        tell("HOSTSHM", show(shared.memory.clone()));
        let node = rustix::system::uname();
        tell("NODE", node.nodename().to_string_lossy().into_owned());
        for (key, value) in &self.scenery.listeners.told {
            tell(key, value.clone());
        }
        if let Some(segment) = &shared.segment {
            tell("SHM", segment.clone());
        }
        if let Some(program) = &self.base.set_user_id {
            tell("SETUID", show(program.clone()));
        }
        if let Some(victim) = &self.scenery.victim {
            tell("VICTIM", victim.id().to_string());
            tell("BUFFER", victim.buffer.clone());
        }
        if let Some([_, other]) = &self.terminals {
            tell("OTHERTTY", show(other.name.clone()));
        }
        all
    }

    /// The whole command, with what stands around it.
    fn command(&self, shared: &Shared) -> Command {
        let world = &self.scenery.world;
        let mut line = self.arguments(shared);
        let wrap = |script: &str| {
            ["bash", "-c", script, "bash"]
                .into_iter()
                .map(str::to_owned)
                .collect::<Vec<_>>()
        };
        let mut around = match self.scene() {
            // The shell stays, so that there is a parent nobody else needs.
            "wrapped" => wrap("\"$@\"; exit $?"),
            "descriptors" => wrap(
                "exec 7<\"$OUT\" 8>>\"$OUT/target\" 9<>\"/dev/tcp/127.0.0.1/$PASSED\"; exec \"$@\"",
            ),
            "terminal" => vec!["setsid".to_owned(), "--ctty".to_owned()],
            "mounts" => {
                let script =
                    "mount --make-rshared / && mount --bind \"$SECRET\" \"$ALIAS\" && exec \"$@\"";
                let enter = ["unshare", "--mount", "--propagation", "private", "--"];
                let mut all: Vec<String> = enter.into_iter().map(str::to_owned).collect();
                all.extend(wrap(script));
                all.extend(world.user.setpriv());
                all
            }
            _ => Vec::new(),
        };
        around.append(&mut line);
        let mut command = Command::new(&around[0]);
        command.args(&around[1..]).current_dir(world.workspace());
        self.give_environment(&mut command);
        command.stdin(match (self.scene(), &self.terminals) {
            (_, Some([own, _])) => Stdio::from(own.slave()),
            ("stdin-file", _) => {
                Stdio::from(File::open(world.out().join("target")).expect("it is there"))
            }
            ("stdin-folder", _) => Stdio::from(File::open(world.out()).expect("it is there")),
            _ => Stdio::null(),
        });
        match &self.mate {
            Some(mate) => {
                command.process_group(i32::try_from(mate.id()).expect("a process number"))
            }
            None if self.terminals.is_none() => command.process_group(0),
            None => &mut command,
        };
        if self.scene() != "mounts" {
            world.user.run(&mut command);
        }
        command
    }

    /// What the launcher starts with: secrets by many names, and ways to sockets.
    fn give_environment(&self, command: &mut Command) {
        let world = &self.scenery.world;
        command
            .env_clear()
            .envs(Base::environment(&world.home(), world.user));
        for name in [
            "AWS_SECRET_ACCESS_KEY",
            "GITHUB_TOKEN",
            "CARGO_REGISTRY_TOKEN",
            "NPM_TOKEN",
            "OPENAI_API_KEY",
            "ANTHROPIC_API_KEY",
            "PYTHON_KEYRING_PASS",
            "NODE_AUTH_TOKEN",
            "SENTRY_DSN",
            "SOME_UNKNOWN_THING",
            "UV_INDEX_PASSWORD",
        ] {
            command.env(name, MARKER);
        }
        command
            .env(
                "DATABASE_URL",
                format!("postgres://user:{MARKER}@localhost/db"),
            )
            .env("HTTPS_PROXY", format!("http://user:{MARKER}@127.0.0.1:9"))
            .env(
                "CARGO_HARMLESS",
                format!("ghp_0123456789abcdefghijklmnopqrstuvwxyz{MARKER}"),
            )
            .env("SSH_AUTH_SOCK", world.home().join(".ssh/agent.sock"))
            .env(
                "DBUS_SESSION_BUS_ADDRESS",
                format!("unix:path={}", world.out().join("s").display()),
            )
            .env("DISPLAY", ":7")
            .env("WAYLAND_DISPLAY", "wayland-7")
            .env(
                "DOCKER_HOST",
                format!("unix://{}", world.out().join("s").display()),
            )
            .env("WSL_INTEROP", world.out().join("s"))
            .env("KUBECONFIG", world.out().join("moved/kubeconfig"))
            .env("AWS_SHARED_CREDENTIALS_FILE", world.out().join("moved/aws"))
            .env("GNUPGHOME", world.out().join("moved/gnupg"))
            .env("DOCKER_CONFIG", world.out().join("moved/docker"))
            .env("OUT", world.out())
            .env("SECRET", world.secret())
            .env("ALIAS", world.alias());
        let passed = self
            .scenery
            .listeners
            .told
            .iter()
            .find(|(key, _)| *key == "PASSED");
        if let Some((_, port)) = passed {
            command.env("PASSED", port);
        }
    }

    /// What must not change: outside, and guarded in the workspace.
    fn looks(&self) -> [Snapshot; 2] {
        [self.scenery.world.outside(), self.scenery.world.guarded()]
            .map(|paths| snapshot::take(paths.iter().map(PathBuf::as_path)))
    }

    /// Asks everybody whether they noticed.
    fn look_around(&self, ended: Ended, before: &[Snapshot; 2]) -> Tried {
        let mut noticed = self.scenery.listeners.noticed();
        let mut changes = Vec::new();
        for (name, (before, after)) in ["outside", "guarded"]
            .into_iter()
            .zip(before.iter().zip(&self.looks()))
        {
            let differences = snapshot::differences(before, after);
            if !differences.is_empty() {
                noticed.push(name.to_owned());
                changes.extend(differences);
            }
        }
        for (name, actor) in [("victim", &self.scenery.victim), ("mate", &self.mate)] {
            if actor.as_ref().is_some_and(Victim::noticed) {
                noticed.push(name.to_owned());
            }
        }
        if self.still_beats() {
            noticed.push("beat".to_owned());
        }
        Tried {
            ended,
            noticed,
            changes,
        }
    }

    /// Whether something that the attempt left behind still writes; then it is told
    /// to stop.
    fn still_beats(&self) -> bool {
        let beat = self.scenery.world.workspace().join(".beat");
        let size = || std::fs::metadata(&beat).map(|metadata| metadata.len()).ok();
        let Some(first) = size() else { return false };
        // It beats a hundred times a second; a loaded machine may take its time.
        let beats = (0..50).any(|_| {
            thread::sleep(Duration::from_millis(20));
            size().is_some_and(|now| now > first)
        });
        put_as(
            self.scenery.world.user,
            &self.scenery.world.workspace().join(".beat-stop"),
            "",
        );
        if beats {
            thread::sleep(Duration::from_millis(50));
        }
        beats
    }
}
