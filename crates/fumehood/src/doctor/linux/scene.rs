//! What doctor sets up outside, to be left alone by whoever is inside.
//!
//! ```text
//! TEMP/fumehood-doctor-ID/   workspace/   writable, with a small repository in it
//!                            original     linked into the workspace
//! HOME/.fumehood-doctor-ID/  outside/     read-only: plain, secret, covered/, socket
//!                            state/       our own state, for this run
//! ```
//!
//! The second folder lies in the home folder, since the temporary folders are
//! private inside: what is not there cannot show that it is protected. Both are
//! removed at the end; the listeners and the victim end with this process.

use std::fs::{DirBuilder, OpenOptions};
use std::io::{self, ErrorKind, Read, Write};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, TcpListener, TcpStream, UdpSocket};
use std::os::linux::net::SocketAddrExt;
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::os::unix::net::{SocketAddr as UnixAddress, UnixListener, UnixStream};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use fumehood_policy::{
    AbsPath, Access, Effect, Force, Layer, Origin, Pattern, Policy, Rule, Standing,
};

use rustix::process::{Pid, WaitId, WaitIdOptions};

use super::MARK;
use crate::audit::Ids;
use crate::folders::to_policy;
use crate::settings::to_std;
use crate::{Error, Launcher};

/// No probe needs longer; one that hangs is unknown.
const WALL: Duration = Duration::from_secs(20);
/// How often something is tried that may be in the way of itself for a moment.
const TRIES: u32 = 100;
/// How long between.
const PAUSE: Duration = Duration::from_millis(20);
/// Folders and files of the small repository, by how they end.
const REPOSITORY: [&str; 12] = [
    ".git/",
    ".git/hooks/",
    ".git/hooks/pre-commit",
    ".git/config",
    ".mcp.json",
    "plain",
    "folder/",
    "second/",
    "nested/",
    "nested/.git/",
    "nested/.git/hooks/",
    "mount/",
];

/// Everything that is set up, until it is dropped.
pub struct Scene {
    /// Tells this run from every other.
    pub id: String,
    /// The program that is started inside.
    pub program: AbsPath,
    /// What can be written.
    pub workspace: AbsPath,
    /// What can only be read.
    pub outside: AbsPath,
    /// The file that the workspace holds a link to; none if that cannot be made.
    pub original: Option<AbsPath>,
    /// Who listens outside.
    pub listeners: Vec<Listener>,
    /// A process outside.
    pub victim: Victim,
    /// A file in the home folder that only a boundary which does not hold leaves there.
    pub stray: Temporary,
    /// A file in shared memory; none if there is no such place.
    pub shared: Option<Temporary>,
    state: AbsPath,
    _folders: [Temporary; 2],
}

impl Scene {
    /// Sets everything up.
    ///
    /// # Errors
    ///
    /// [`Error::Surroundings`] if a folder or the victim cannot be made.
    pub fn set(home: &AbsPath, launcher: &Launcher) -> Result<Self, Error> {
        let id = Ids::new().map_err(Error::Audit)?.one().simple().to_string();
        let program = real(launcher.path())?;
        let temp = Temporary::folder(&std::env::temp_dir(), &format!("fumehood-doctor-{id}"))?;
        let name = format!(".fumehood-doctor-{id}");
        let beside = Temporary::folder(&to_std(home), &name)
            .or_else(|_| Temporary::folder(&temp.0, &name))?;
        let paths = [
            temp.0.join("workspace"),
            beside.0.join("outside"),
            beside.0.join("state"),
        ];
        let [workspace, outside, state] = paths;
        for folder in [&workspace, &outside, &state, &outside.join("covered")] {
            make(folder).map_err(|error| cannot("make", folder, &error))?;
        }
        for name in ["plain", "secret", "covered/inner"] {
            fill(&outside.join(name))
                .map_err(|error| cannot("make", &outside.join(name), &error))?;
        }
        for name in REPOSITORY {
            let path = workspace.join(name);
            let made = if name.ends_with('/') {
                make(&path)
            } else {
                fill(&path)
            };
            made.map_err(|error| cannot("make", &path, &error))?;
        }
        let listeners = Listener::all(&id, &outside.join("socket"));
        let shared = Temporary::file(Path::new("/dev/shm"), &format!("fumehood-doctor-{id}")).ok();
        let stray = Temporary(to_std(home).join(format!(".fumehood-probe-{id}")));
        let remains = [&temp, &beside, &stray].into_iter().chain(&shared);
        let remains: Vec<&Temporary> = remains.collect();
        Ok(Self {
            victim: Victim::start(&program, &format!("victim-{id}"), &remains)?,
            program: to_policy(&program)?,
            original: link(&temp.0.join("original"), &workspace.join("linked"))?,
            workspace: to_policy(&workspace)?,
            outside: to_policy(&outside)?,
            state: to_policy(&state)?,
            listeners,
            stray,
            shared,
            _folders: [temp, beside],
            id,
        })
    }

    /// The policy that is tried: as it is, for the folders that were made.
    pub fn policy(&self, wanted: &Policy) -> Policy {
        let mut policy = wanted.clone();
        // The workspace of the caller is not opened.
        policy.rules.retain(|rule| {
            rule.origin.layer != Layer::BuiltIn
                || (rule.effect, rule.access) != (Effect::Allow, Access::Write)
        });
        let here = |name: &str| {
            self.outside
                .join(name)
                .unwrap_or_else(|_| self.outside.clone())
        };
        policy.rules.extend([
            rule(&self.workspace, Access::Write, Effect::Allow),
            rule(&self.outside, Access::Read, Effect::Allow),
            rule(&self.outside, Access::Write, Effect::Deny),
            rule(&self.program, Access::Read, Effect::Allow),
            rule(&here("secret"), Access::Read, Effect::Deny),
            rule(&here("covered"), Access::Read, Effect::Deny),
            rule(&wanted.own.state, Access::Read, Effect::Deny),
        ]);
        policy.workspace = self.workspace.clone();
        policy.own.state = self.state.clone();
        policy.limits.wall = Some(policy.limits.wall.map_or(WALL, |wall| wall.min(WALL)));
        policy
    }

    /// Secret places of this machine that `policy` hides and that are not empty.
    pub fn secrets(policy: &Policy) -> Vec<AbsPath> {
        let built_in = policy.rules.iter().filter(|rule| {
            rule.origin.layer == Layer::BuiltIn
                && (rule.effect, rule.access) == (Effect::Deny, Access::Read)
                && rule.pattern.glob().is_none()
        });
        let mut places: Vec<AbsPath> = built_in
            .map(|rule| rule.pattern.base().clone())
            .filter(|place| policy.standing(place).standing == Standing::Hidden)
            .filter(|place| !is_opened_below(policy, place))
            .filter(|place| is_readable(&to_std(place)))
            .collect();
        places.dedup();
        places
    }
}

/// Whether something below `place` is open, so that its folder has an entry.
fn is_opened_below(policy: &Policy, place: &AbsPath) -> bool {
    policy.rules.iter().any(|rule| {
        let base = rule.pattern.base();
        rule.effect == Effect::Allow && base != place && base.is_within(place)
    })
}

/// Whether there is anything to be had at `path`, from outside.
fn is_readable(path: &Path) -> bool {
    let Ok(about) = std::fs::metadata(path) else {
        return false;
    };
    if about.is_dir() {
        return std::fs::read_dir(path).is_ok_and(|mut entries| entries.next().is_some());
    }
    let mut byte = [0];
    about.is_file()
        && std::fs::File::open(path)
            .and_then(|mut file| file.read(&mut byte))
            .is_ok_and(|read| read == 1)
}

fn rule(path: &AbsPath, access: Access, effect: Effect) -> Rule {
    Rule {
        pattern: Pattern::path(path.clone()),
        access,
        effect,
        force: Force::Preference,
        origin: Origin::command_line("doctor"),
    }
}

fn cannot(verb: &str, path: &Path, error: &io::Error) -> Error {
    Error::Surroundings(format!("cannot {verb} {}: {error}", path.display()))
}

fn real(path: &Path) -> Result<PathBuf, Error> {
    std::fs::canonicalize(path).map_err(|error| cannot("find", path, &error))
}

fn make(path: &Path) -> io::Result<()> {
    DirBuilder::new().mode(0o700).create(path)
}

fn fill(path: &Path) -> io::Result<()> {
    let mut options = OpenOptions::new();
    let mut file = options
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(path)?;
    file.write_all(b"of doctor\n")
}

/// A file outside and a link to it inside; none where there are no links.
fn link(original: &Path, linked: &Path) -> Result<Option<AbsPath>, Error> {
    fill(original).map_err(|error| cannot("make", original, &error))?;
    match std::fs::hard_link(original, linked) {
        Ok(()) => to_policy(original).map(Some),
        Err(_) => Ok(None),
    }
}

/// A file or folder that goes when it is dropped.
pub struct Temporary(pub PathBuf);

impl Temporary {
    fn folder(above: &Path, name: &str) -> Result<Self, Error> {
        let path = real(above)?.join(name);
        make(&path).map_err(|error| cannot("make", &path, &error))?;
        Ok(Self(path))
    }

    fn file(above: &Path, name: &str) -> io::Result<Self> {
        let path = above.join(name);
        fill(&path)?;
        Ok(Self(path))
    }
}

impl Drop for Temporary {
    fn drop(&mut self) {
        remove(&self.0);
    }
}

/// Removes a file or a folder with everything in it; a sandbox that is ending may
/// still make something there.
pub fn remove(path: &Path) {
    for _ in 0..TRIES {
        let removed = match std::fs::remove_dir_all(path) {
            Err(error) if error.kind() == ErrorKind::NotADirectory => std::fs::remove_file(path),
            other => other,
        };
        match removed {
            Err(error) if error.kind() != ErrorKind::NotFound => std::thread::sleep(PAUSE),
            _ => return,
        }
    }
}

/// A process outside that ends with us. It is not in our group, so that it can
/// remove what we made if we are ended before we can.
pub struct Victim {
    child: Child,
    /// What its command line holds.
    pub token: String,
}

impl Victim {
    fn start(program: &Path, token: &str, remains: &[&Temporary]) -> Result<Self, Error> {
        let child = Command::new(program)
            .args([MARK, "victim", token])
            .args(remains.iter().map(|one| &one.0))
            .process_group(0)
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .map_err(|error| cannot("start", program, &error))?;
        Ok(Self {
            child,
            token: token.to_owned(),
        })
    }

    /// Its number outside.
    pub fn pid(&self) -> i32 {
        i32::try_from(self.child.id()).unwrap_or(i32::MAX)
    }

    /// Whether somebody ended it; its status is left to be taken.
    pub fn is_dead(&self) -> io::Result<bool> {
        let options = WaitIdOptions::EXITED | WaitIdOptions::NOHANG | WaitIdOptions::NOWAIT;
        let pid = Pid::from_raw(self.pid()).ok_or(ErrorKind::NotFound)?;
        Ok(rustix::process::waitid(WaitId::Pid(pid), options)?.is_some())
    }
}

impl Drop for Victim {
    fn drop(&mut self) {
        // It ends by itself when its input closes; this is only faster.
        let _dead = self.child.kill();
        let _taken = self.child.wait();
    }
}

/// Somebody outside who must not be reached.
pub struct Listener {
    /// How it is reached.
    pub door: Door,
    ear: Ear,
}

/// How a listener is reached.
#[derive(Debug, Clone)]
pub enum Door {
    /// By TCP.
    Tcp(SocketAddr),
    /// By UDP.
    Udp(SocketAddr),
    /// By an abstract name.
    Abstract(String),
    /// By a path.
    Path(PathBuf),
}

enum Ear {
    Tcp(TcpListener),
    Udp(UdpSocket),
    Unix(UnixListener),
}

impl Listener {
    /// All that can be had on this machine; each was reached from outside.
    fn all(id: &str, path: &Path) -> Vec<Self> {
        let loopback = [
            IpAddr::V4(Ipv4Addr::LOCALHOST),
            IpAddr::V6(Ipv6Addr::LOCALHOST),
        ];
        let tcp = loopback
            .iter()
            .map(|address| Self::tcp((*address, 0).into()));
        let udp = loopback
            .iter()
            .map(|address| Self::udp((*address, 0).into()));
        let local = [
            Self::by_name(&format!("fumehood-doctor-{id}")),
            Self::by_path(path),
        ];
        let all: Vec<io::Result<Self>> = tcp.chain(udp).chain(local).collect();
        all.into_iter().flatten().filter(Self::works).collect()
    }

    fn tcp(any: SocketAddr) -> io::Result<Self> {
        let ear = TcpListener::bind(any)?;
        ear.set_nonblocking(true)?;
        Ok(Self {
            door: Door::Tcp(ear.local_addr()?),
            ear: Ear::Tcp(ear),
        })
    }

    fn udp(any: SocketAddr) -> io::Result<Self> {
        let ear = UdpSocket::bind(any)?;
        ear.set_nonblocking(true)?;
        Ok(Self {
            door: Door::Udp(ear.local_addr()?),
            ear: Ear::Udp(ear),
        })
    }

    fn by_name(name: &str) -> io::Result<Self> {
        let ear = UnixListener::bind_addr(&UnixAddress::from_abstract_name(name)?)?;
        ear.set_nonblocking(true)?;
        Ok(Self {
            door: Door::Abstract(name.to_owned()),
            ear: Ear::Unix(ear),
        })
    }

    fn by_path(path: &Path) -> io::Result<Self> {
        let ear = UnixListener::bind(path)?;
        ear.set_nonblocking(true)?;
        Ok(Self {
            door: Door::Path(path.to_owned()),
            ear: Ear::Unix(ear),
        })
    }

    /// Reaches it from outside: only then does not being reached say anything.
    fn works(&self) -> bool {
        let reached = match &self.door {
            Door::Tcp(address) => TcpStream::connect(address).map(drop),
            Door::Udp(address) => UdpSocket::bind((address.ip(), 0))
                .and_then(|socket| socket.send_to(b"outside", address))
                .map(drop),
            Door::Abstract(name) => UnixAddress::from_abstract_name(name)
                .and_then(|address| UnixStream::connect_addr(&address))
                .map(drop),
            Door::Path(path) => UnixStream::connect(path).map(drop),
        };
        reached.is_ok() && self.was_reached().is_ok_and(|reached| reached)
    }

    /// Whether anybody has reached it since this was last asked.
    pub fn was_reached(&self) -> io::Result<bool> {
        let reached = match &self.ear {
            Ear::Tcp(ear) => ear.accept().map(drop),
            Ear::Udp(ear) => ear.recv(&mut [0; 64]).map(drop),
            Ear::Unix(ear) => ear.accept().map(drop),
        };
        match reached {
            Err(error) if error.kind() == ErrorKind::WouldBlock => Ok(false),
            other => other.map(|()| true),
        }
    }
}
