//! Who stands outside of the sandbox: listeners, a process, terminals. Each says
//! afterwards whether it noticed anything.

use std::fs::{self, File, Permissions};
use std::io::{BufRead as _, BufReader, Read as _};
use std::net::{Ipv6Addr, TcpListener, UdpSocket};
use std::os::fd::OwnedFd;
use std::os::linux::net::SocketAddrExt as _;
use std::os::unix::fs::{PermissionsExt as _, chown};
use std::os::unix::net::{SocketAddr, UnixDatagram, UnixListener};
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};

use crate::base::Base;
use crate::user::User;
use crate::world::{MARKER, World, hold_fifo};

/// Listeners, on every kind of address.
#[derive(Debug)]
pub struct Listeners {
    streams: Vec<(&'static str, TcpListener)>,
    datagrams: Vec<(&'static str, UdpSocket)>,
    paths: Vec<(&'static str, UnixListener)>,
    path_datagrams: Vec<(&'static str, UnixDatagram)>,
    fifo: File,
    /// Keys and values for the attempt.
    pub told: Vec<(&'static str, String)>,
}

impl Listeners {
    /// Listens on ports that are free, and in the world's folders.
    #[must_use]
    pub fn start(world: &World) -> Self {
        let mut all = Self {
            streams: Vec::new(),
            datagrams: Vec::new(),
            paths: Vec::new(),
            path_datagrams: Vec::new(),
            fifo: hold_fifo(&world.out().join("fifo")).expect("the world has one"),
            told: Vec::new(),
        };
        all.listen_on_ports();
        for (name, key, path) in [
            ("stream-out", "STREAM_OUT", world.out().join("s")),
            ("stream-in", "STREAM_IN", world.workspace().join("s")),
            ("stream-tmp", "STREAM_TMP", world.tmp.join("s")),
            ("gpg", "GPG", world.home().join(".gnupg/S.gpg-agent")),
            ("ssh", "SSH", world.home().join(".ssh/agent.sock")),
            (
                "docker",
                "DOCKER",
                world.home().join(".docker/run/docker.sock"),
            ),
        ] {
            let listener = UnixListener::bind(&path).expect("a new name, short enough");
            listener.set_nonblocking(true).expect("a socket can be");
            open_socket(&path, world.user);
            all.paths.push((name, listener));
            all.told.push((key, path.display().to_string()));
        }
        for (name, key, path) in [
            ("dgram-out", "DGRAM_OUT", world.out().join("d")),
            ("dgram-in", "DGRAM_IN", world.workspace().join("d")),
        ] {
            let listener = UnixDatagram::bind(&path).expect("a new name, short enough");
            open_socket(&path, world.user);
            all.path_datagrams.push((name, listener));
            all.told.push((key, path.display().to_string()));
        }
        all.listen_in_the_abstract(world);
        for (_, listener) in &all.path_datagrams {
            listener.set_nonblocking(true).expect("a socket can be");
        }
        all
    }

    fn listen_on_ports(&mut self) {
        let v4 = TcpListener::bind("127.0.0.1:0").expect("loopback is up");
        let port = v4.local_addr().expect("it is bound").port();
        self.told.push(("TCP4", port.to_string()));
        self.streams.push(("tcp4", v4));
        if let Ok(v6) = TcpListener::bind((Ipv6Addr::LOCALHOST, 0)) {
            let port = v6.local_addr().expect("it is bound").port();
            self.told.push(("TCP6", port.to_string()));
            self.streams.push(("tcp6", v6));
        }
        // One that a connection is handed over from: nobody is to notice that.
        let passed = TcpListener::bind("127.0.0.1:0").expect("loopback is up");
        let port = passed.local_addr().expect("it is bound").port();
        self.told.push(("PASSED", port.to_string()));
        self.streams.push(("", passed));
        for (name, key, address) in [("udp4", "UDP4", "127.0.0.1:0"), ("udp6", "UDP6", "[::1]:0")] {
            if let Ok(socket) = UdpSocket::bind(address) {
                let port = socket.local_addr().expect("it is bound").port();
                socket.set_nonblocking(true).expect("a socket can be");
                self.told.push((key, port.to_string()));
                self.datagrams.push((name, socket));
            }
        }
        for (_, listener) in &self.streams {
            listener.set_nonblocking(true).expect("a socket can be");
        }
    }

    fn listen_in_the_abstract(&mut self, world: &World) {
        // `/tmp/fhe1234/56`, as a name without slashes.
        let stem = world.tmp.display().to_string().replace('/', "-");
        let stream = SocketAddr::from_abstract_name(&stem).expect("short enough");
        let listener = UnixListener::bind_addr(&stream).expect("a new name");
        listener.set_nonblocking(true).expect("a socket can be");
        self.paths.push(("abstract", listener));
        let datagram = SocketAddr::from_abstract_name(format!("{stem}d")).expect("short enough");
        let listener = UnixDatagram::bind_addr(&datagram).expect("a new name");
        self.path_datagrams.push(("abstract-dgram", listener));
        self.told.push(("ABSTRACT_DGRAM", format!("{stem}d")));
        self.told.push(("ABSTRACT", stem));
    }

    /// Who noticed something.
    #[must_use]
    pub fn noticed(&self) -> Vec<String> {
        let mut all = Vec::new();
        let mut note = |name: &str, noticed: bool| {
            if noticed && !name.is_empty() {
                all.push(name.to_owned());
            }
        };
        for (name, listener) in &self.streams {
            note(name, listener.accept().is_ok());
        }
        for (name, listener) in &self.paths {
            note(name, listener.accept().is_ok());
        }
        let mut byte = [0];
        for (name, socket) in &self.datagrams {
            note(name, socket.recv(&mut byte).is_ok());
        }
        for (name, socket) in &self.path_datagrams {
            note(name, socket.recv(&mut byte).is_ok());
        }
        note(
            "fifo",
            (&self.fifo).read(&mut byte).is_ok_and(|count| count > 0),
        );
        all
    }
}

/// Lets the world's user connect to a socket that root made.
fn open_socket(path: &Path, user: User) {
    fs::set_permissions(path, Permissions::from_mode(0o777)).expect("it is ours");
    if !user.is_self {
        chown(path, Some(user.id), Some(user.id)).expect("we are root");
    }
}

/// A process of the same user, to be attacked. It ends with this value.
#[derive(Debug)]
pub struct Victim {
    process: Child,
    notes: PathBuf,
    before: String,
    /// Where it holds the marker.
    pub buffer: String,
}

impl Victim {
    /// Starts one, the first of a process group of its own.
    #[must_use]
    pub fn start(base: &Base, world: &World, name: &str) -> Self {
        let notes = world.tmp.join(format!("{name}.notes"));
        let mut command = Command::new(base.path.join("actor"));
        command
            .arg(&notes)
            .arg(format!("--password={MARKER}"))
            .current_dir(&world.path)
            .env_clear()
            .env("PASSWORD", MARKER)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .process_group(0);
        world.user.run(&mut command);
        let mut process = command.spawn().expect("the actor was compiled");
        let mut line = String::new();
        let output = process.stdout.take().expect("it is piped");
        BufReader::new(output)
            .read_line(&mut line)
            .expect("it says that it is ready");
        let buffer = line
            .split_whitespace()
            .nth(2)
            .expect("`ready PID ADDRESS`")
            .to_owned();
        let mut victim = Self {
            process,
            notes,
            before: String::new(),
            buffer,
        };
        victim.before = victim.state();
        victim
    }

    /// Its number, also that of its process group.
    #[must_use]
    pub fn id(&self) -> u32 {
        self.process.id()
    }

    /// What others can change of it.
    fn state(&self) -> String {
        let read = |file: &str| {
            fs::read_to_string(format!("/proc/{}/{file}", self.id())).unwrap_or_default()
        };
        let stat = read("stat");
        let fields: Vec<&str> = stat
            .rsplit_once(") ")
            .map(|(_, rest)| rest.split(' ').collect())
            .unwrap_or_default();
        let numbered = |number: usize| fields.get(number).copied().unwrap_or("gone");
        let status = read("status");
        let affinity = status
            .lines()
            .find(|line| line.starts_with("Cpus_allowed:"));
        let limits = read("limits");
        let files = limits
            .lines()
            .find(|line| line.starts_with("Max open files"));
        let stopped = matches!(numbered(0), "T" | "Z" | "X" | "gone");
        format!(
            "stopped {stopped} priority {} nice {} policy {} {affinity:?} {files:?}",
            numbered(15),
            numbered(16),
            numbered(38),
        )
    }

    /// Whether anything happened to it.
    #[must_use]
    pub fn noticed(&self) -> bool {
        // It looks at its memory every 20 ms.
        std::thread::sleep(std::time::Duration::from_millis(30));
        let notes = fs::read(&self.notes).unwrap_or_default();
        !notes.is_empty() || self.state() != self.before
    }
}

impl Drop for Victim {
    fn drop(&mut self) {
        // It may have been stopped: then it reads no end of its input.
        let ended = self.process.kill().and_then(|()| self.process.wait());
        if let Err(error) = ended {
            eprintln!("warning: process {} may be left: {error}", self.id());
        }
    }
}

/// A pseudo-terminal that belongs to a user.
#[derive(Debug)]
pub struct Terminal {
    /// The end that a terminal emulator holds.
    pub master: OwnedFd,
    /// The name of the other end.
    pub name: PathBuf,
}

impl Terminal {
    /// Opens a new one.
    #[must_use]
    pub fn open(user: User) -> Self {
        let master = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY | OpenptFlags::CLOEXEC)
            .expect("there are pseudo-terminals");
        grantpt(&master).expect("it is ours");
        unlockpt(&master).expect("it is ours");
        let name = ptsname(&master, Vec::new()).expect("it has a name");
        let name = PathBuf::from(name.into_string().expect("a plain name"));
        if !user.is_self {
            chown(&name, Some(user.id), None).expect("we are root");
        }
        Self { master, name }
    }

    /// The other end.
    #[must_use]
    pub fn slave(&self) -> File {
        use std::os::unix::fs::OpenOptionsExt as _;
        let quiet = i32::try_from(rustix::fs::OFlags::NOCTTY.bits()).expect("flags fit");
        File::options()
            .read(true)
            .write(true)
            .custom_flags(quiet)
            .open(&self.name)
            .expect("it was unlocked")
    }
}
