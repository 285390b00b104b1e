//! What a probe does once it is inside.
//!
//! One list of acts for probes and their allow twins, since a twin is the same
//! act elsewhere. Everything here runs in a process of its own, with one thread.

use std::fs::{File, OpenOptions};
use std::io::{self, BufRead, BufReader, ErrorKind, Read, Write};
use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr, TcpListener, TcpStream, UdpSocket};
use std::os::linux::net::SocketAddrExt;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::PermissionsExt;
use std::os::unix::net::{SocketAddr as UnixAddress, UnixListener, UnixStream};
use std::os::unix::process::ExitStatusExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

use fumehood_policy::{AbsPath, RawText};
use rustix::fs::{CWD, Mode, OFlags, ResolveFlags};
use rustix::io::Errno;
use rustix::mount::{FsOpenFlags, MountFlags};
use rustix::net::{AddressFamily, SocketType, netlink};
use rustix::process::{Pid, Signal};
use rustix::thread::UnshareFlags;
use serde::{Deserialize, Serialize};

use super::calls::Call;
use super::{MARK, traces};
use crate::settings::to_std;

/// Longest wait for an answer that would come at once.
const PATIENCE: Duration = Duration::from_millis(500);
/// How long something that should have been ended stays, if nothing ends it.
pub const LINGER: Duration = Duration::from_secs(60);
/// The highest number a process inside may plausibly have: a victim's number has
/// to be above it, or it would be another process there.
pub const INSIDE: i32 = 64;

/// Something to try.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Try {
    /// Be there.
    Answer,
    /// Make a new file.
    Create(AbsPath),
    /// Write into a file that exists.
    Change(AbsPath),
    /// Give a new file this mode at once, with `openat2(2)`.
    CreateWithMode(AbsPath, u32),
    /// Give a file this mode.
    ChangeMode(AbsPath, u32),
    /// Move a file or folder.
    Rename(AbsPath, AbsPath),
    /// Read a file that is not empty.
    Read(AbsPath),
    /// List a folder that is not empty.
    List(AbsPath),
    /// Read or list any of these.
    ReadAny(Vec<AbsPath>),
    /// Open a file to write and leave it as it is.
    OpenToWrite(AbsPath),
    /// Connect to an address.
    Tcp(SocketAddr),
    /// Connect to a listener of one's own, by IPv6 or IPv4.
    OwnTcp(SocketAddr),
    /// Send a datagram to an address.
    Udp(SocketAddr),
    /// Send a datagram to oneself.
    OwnUdp(SocketAddr),
    /// Connect to an abstract socket.
    Abstract(String),
    /// Connect to an abstract socket of one's own.
    OwnAbstract(String),
    /// Connect to a socket that has a path.
    Socket(AbsPath),
    /// Connect to a socket of one's own that has a path.
    OwnSocket(AbsPath),
    /// Find an interface that is not loopback.
    OtherInterface,
    /// Find a process by a part of its command line.
    FindProcess(String),
    /// End a process by its number.
    End(i32),
    /// End a child of one's own.
    EndChild,
    /// Start a child and wait for it.
    StartChild,
    /// Leave a process behind that is in a session of its own and holds a lock.
    Daemon(AbsPath, String),
    /// Nothing: what is left behind is looked for from outside.
    Leave,
    /// Stay until one is ended.
    Linger,
    /// Make a user namespace.
    UserNamespace,
    /// Mount a file system in memory on a folder.
    Mount(AbsPath),
    /// Make a file system in memory with the newer calls.
    OpenFileSystem,
    /// Open sockets that speak to the kernel, to hardware or below TCP.
    OddSockets,
    /// Open sockets that every program uses.
    UsualSockets,
    /// Find a privilege, or no filter, in one's own status.
    Privileges,
    /// Find oneself in one of these namespaces, as `/proc/self/ns` names them.
    ShareNamespace(Vec<String>),
    /// Find a variable.
    Variable(String),
    /// Find a variable that is none of these.
    VariableBeyond(Vec<RawText>),
    /// Make a system call that reaches deep, or the harmless one beside it.
    Call(Call),
}

/// What came of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Attempt {
    /// It went through.
    Worked(String),
    /// It was refused.
    Refused(String),
    /// It could not be tried, or failed for another reason.
    Failed(String),
}

impl Attempt {
    /// What there is to say.
    pub fn said(&self) -> &str {
        let (Self::Worked(text) | Self::Refused(text) | Self::Failed(text)) = self;
        text
    }
}

/// What the kernel answers where a boundary is; anything else has another reason.
const REFUSALS: [Errno; 16] = [
    Errno::ACCESS,
    Errno::PERM,
    Errno::ROFS,
    Errno::NOENT,
    Errno::BUSY,
    Errno::XDEV,
    Errno::SRCH,
    Errno::NOSYS,
    Errno::NOSPC,
    Errno::USERS,
    Errno::AFNOSUPPORT,
    Errno::PROTONOSUPPORT,
    Errno::CONNREFUSED,
    Errno::NETUNREACH,
    Errno::HOSTUNREACH,
    Errno::ADDRNOTAVAIL,
];

impl From<io::Result<String>> for Attempt {
    fn from(result: io::Result<String>) -> Self {
        match result {
            Ok(text) => Self::Worked(text),
            Err(error) => {
                let errno = Errno::from_io_error(&error);
                let refused = errno.is_some_and(|errno| REFUSALS.contains(&errno));
                let text = sentence(&error);
                if refused {
                    Self::Refused(text)
                } else {
                    Self::Failed(text)
                }
            }
        }
    }
}

/// The system's words without its number.
fn sentence(error: &io::Error) -> String {
    let text = error.to_string();
    text.split(" (os error")
        .next()
        .unwrap_or_default()
        .to_owned()
}

fn worked(text: &str) -> String {
    text.to_owned()
}

impl Try {
    /// Tries it.
    pub fn perform(&self) -> Attempt {
        match self {
            Self::Answer => Attempt::Worked(worked("answered")),
            Self::Create(_)
            | Self::Change(_)
            | Self::CreateWithMode(..)
            | Self::ChangeMode(..)
            | Self::Rename(..)
            | Self::OpenToWrite(_) => self.write().into(),
            Self::Read(_) | Self::List(_) | Self::ReadAny(_) => self.read(),
            Self::Tcp(_) | Self::OwnTcp(_) | Self::Udp(_) | Self::OwnUdp(_) => self.speak().into(),
            Self::Abstract(_) | Self::OwnAbstract(_) | Self::Socket(_) | Self::OwnSocket(_) => {
                self.speak_locally().into()
            }
            Self::OtherInterface => other_interface(),
            Self::FindProcess(part) => find_process(part),
            Self::End(pid) => end(*pid),
            Self::EndChild | Self::StartChild => self.child().into(),
            Self::Daemon(lock, token) => daemon(lock, token).into(),
            Self::Leave => Attempt::Worked(worked("left")),
            Self::Linger => {
                std::thread::sleep(LINGER);
                Attempt::Worked(worked("stayed"))
            }
            Self::UserNamespace | Self::Mount(_) | Self::OpenFileSystem => self.kernel().into(),
            Self::OddSockets => odd_sockets(),
            Self::UsualSockets => usual_sockets().into(),
            Self::Privileges => privileges(),
            Self::ShareNamespace(outside) => share_namespace(outside),
            Self::Variable(name) => match std::env::var_os(name) {
                Some(_) => Attempt::Worked(format!("{name} is there")),
                None => Attempt::Refused(worked("not there")),
            },
            Self::VariableBeyond(names) => variable_beyond(names),
            Self::Call(call) => call.perform(),
        }
    }

    fn write(&self) -> io::Result<String> {
        match self {
            Self::Create(path) => {
                let mut file = OpenOptions::new()
                    .write(true)
                    .create_new(true)
                    .open(to_std(path))?;
                file.write_all(b"probe\n")?;
                Ok(worked("written"))
            }
            Self::Change(path) => {
                let mut file = OpenOptions::new().append(true).open(to_std(path))?;
                file.write_all(b"probe\n")?;
                Ok(worked("written"))
            }
            Self::OpenToWrite(path) => {
                OpenOptions::new().write(true).open(to_std(path))?;
                Ok(worked("opened"))
            }
            Self::CreateWithMode(path, mode) => {
                let flags = OFlags::CREATE | OFlags::EXCL | OFlags::WRONLY | OFlags::CLOEXEC;
                let mode = Mode::from_raw_mode(*mode);
                let path = path.as_bytes();
                rustix::fs::openat2(CWD, path, flags, mode, ResolveFlags::empty())?;
                Ok(worked("made"))
            }
            Self::ChangeMode(path, mode) => {
                let mode = std::fs::Permissions::from_mode(*mode);
                std::fs::set_permissions(to_std(path), mode)?;
                Ok(worked("changed"))
            }
            Self::Rename(from, to) => {
                std::fs::rename(to_std(from), to_std(to))?;
                Ok(worked("moved"))
            }
            _ => Err(ErrorKind::Unsupported.into()),
        }
    }

    fn read(&self) -> Attempt {
        match self {
            Self::Read(path) => read(&to_std(path)),
            Self::List(path) => list(&to_std(path)),
            Self::ReadAny(paths) => {
                let attempts = paths.iter().map(|path| {
                    let std = to_std(path);
                    let attempt = if std.is_dir() { list(&std) } else { read(&std) };
                    (path, attempt)
                });
                let mut kinds: Vec<String> = Vec::new();
                for (path, attempt) in attempts {
                    match attempt {
                        Attempt::Worked(text) => return Attempt::Worked(format!("{path}: {text}")),
                        Attempt::Failed(text) => return Attempt::Failed(format!("{path}: {text}")),
                        Attempt::Refused(text) if kinds.contains(&text) => {}
                        Attempt::Refused(text) => kinds.push(text),
                    }
                }
                Attempt::Refused(format!("{} places: {}", paths.len(), kinds.join(", ")))
            }
            _ => Attempt::Failed(worked("not a way to read")),
        }
    }

    fn speak(&self) -> io::Result<String> {
        match self {
            Self::Tcp(address) => {
                TcpStream::connect_timeout(address, PATIENCE)?;
                Ok(worked("connected"))
            }
            Self::OwnTcp(address) => {
                let listener = TcpListener::bind(address)?;
                TcpStream::connect_timeout(&listener.local_addr()?, PATIENCE)?;
                listener.accept()?;
                Ok(worked("connected"))
            }
            Self::Udp(address) => {
                let socket = UdpSocket::bind(any(address))?;
                socket.connect(address)?;
                socket.send(b"probe")?;
                socket.set_read_timeout(Some(PATIENCE))?;
                match socket.recv(&mut [0; 16]) {
                    Err(error) if is_silence(&error) => Ok(worked("sent, and nothing came back")),
                    Err(error) => Err(error),
                    Ok(_) => Ok(worked("answered")),
                }
            }
            Self::OwnUdp(address) => {
                let socket = UdpSocket::bind(address)?;
                socket.set_read_timeout(Some(PATIENCE))?;
                socket.send_to(b"probe", socket.local_addr()?)?;
                socket.recv(&mut [0; 16])?;
                Ok(worked("received"))
            }
            _ => Err(ErrorKind::Unsupported.into()),
        }
    }

    fn speak_locally(&self) -> io::Result<String> {
        match self {
            Self::Abstract(name) => {
                UnixStream::connect_addr(&UnixAddress::from_abstract_name(name)?)?;
            }
            Self::OwnAbstract(name) => {
                let address = UnixAddress::from_abstract_name(name)?;
                let _listener = UnixListener::bind_addr(&address)?;
                UnixStream::connect_addr(&address)?;
            }
            Self::Socket(path) => drop(UnixStream::connect(to_std(path))?),
            Self::OwnSocket(path) => {
                let path = to_std(path);
                let listener = UnixListener::bind(&path)?;
                let connected = UnixStream::connect(&path);
                drop(listener);
                std::fs::remove_file(&path)?;
                connected?;
            }
            _ => return Err(ErrorKind::Unsupported.into()),
        }
        Ok(worked("connected"))
    }

    fn child(&self) -> io::Result<String> {
        let mut child = Command::new(program()?)
            .args([MARK, "victim", "own"])
            .stdin(Stdio::piped())
            .spawn()?;
        if *self == Self::EndChild {
            child.kill()?;
        } else {
            drop(child.stdin.take());
        }
        let status = child.wait()?;
        match (self, status.signal()) {
            (Self::EndChild, Some(9)) => Ok(worked("ended")),
            (Self::StartChild, None) => Ok(worked("started")),
            _ => Err(io::Error::other(format!("the child ended with {status}"))),
        }
    }

    fn kernel(&self) -> io::Result<String> {
        match self {
            Self::UserNamespace => make_user_namespace()?,
            Self::Mount(path) => {
                let no_options: Option<&std::ffi::CStr> = None;
                rustix::mount::mount(
                    "probe",
                    path.as_bytes(),
                    "tmpfs",
                    MountFlags::empty(),
                    no_options,
                )?;
            }
            Self::OpenFileSystem => {
                rustix::mount::fsopen("tmpfs", FsOpenFlags::FSOPEN_CLOEXEC)?;
            }
            _ => return Err(ErrorKind::Unsupported.into()),
        }
        Ok(worked("made"))
    }
}

#[expect(
    deprecated,
    reason = "the other one is unsafe for the sake of CLONE_FILES, which is not asked for here"
)]
fn make_user_namespace() -> rustix::io::Result<()> {
    rustix::thread::unshare(UnshareFlags::NEWUSER)
}

/// This program, as it was started.
pub fn program() -> io::Result<PathBuf> {
    let own = std::env::args_os().next();
    own.map(PathBuf::from)
        .ok_or_else(|| ErrorKind::NotFound.into())
}

fn read(path: &Path) -> Attempt {
    let mut bytes = [0; 64];
    match File::open(path).and_then(|mut file| file.read(&mut bytes)) {
        Ok(0) => Attempt::Refused(worked("seen as empty")),
        result => result.map(|_| worked("read")).into(),
    }
}

fn list(path: &Path) -> Attempt {
    match std::fs::read_dir(path).map(|mut entries| entries.next()) {
        Ok(None) => Attempt::Refused(worked("seen as empty")),
        Ok(Some(entry)) => entry.map(|_| worked("listed")).into(),
        Err(error) => Err(error).into(),
    }
}

/// Any port of one's own in the family of `address`.
fn any(address: &SocketAddr) -> SocketAddr {
    if address.is_ipv4() {
        (Ipv4Addr::UNSPECIFIED, 0).into()
    } else {
        (Ipv6Addr::UNSPECIFIED, 0).into()
    }
}

fn is_silence(error: &io::Error) -> bool {
    matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut)
}

fn other_interface() -> Attempt {
    let text = match std::fs::read_to_string("/proc/net/dev") {
        Ok(text) => text,
        Err(error) => return Attempt::Failed(sentence(&error)),
    };
    let mut names = text
        .lines()
        .skip(2)
        .filter_map(|line| Some(line.split_once(':')?.0.trim()));
    // Tunnels that the kernel adds to every namespace lead nowhere and are down.
    let is_real = |name: &&str| {
        std::fs::read_to_string(format!("/sys/class/net/{name}/operstate"))
            .is_ok_and(|state| state.trim() == "up")
    };
    match names.find(|name| *name != "lo" && is_real(name)) {
        Some(name) => Attempt::Worked(format!("{name} is up")),
        None => Attempt::Refused(worked("only loopback")),
    }
}

fn find_process(part: &str) -> Attempt {
    match traces::processes(part) {
        Ok(found) if found.is_empty() => Attempt::Refused(worked("not seen")),
        Ok(found) => Attempt::Worked(format!("seen as {}", found[0].as_raw_nonzero())),
        Err(error) => Attempt::Failed(sentence(&error)),
    }
}

fn end(pid: i32) -> Attempt {
    let pid = Pid::from_raw(pid).filter(|pid| pid.as_raw_nonzero().get() > INSIDE);
    let Some(pid) = pid else {
        return Attempt::Failed(worked("its number is too low to be told apart inside"));
    };
    let result = rustix::process::kill_process(pid, Signal::KILL);
    result
        .map(|()| worked("signalled"))
        .map_err(io::Error::from)
        .into()
}

/// Starts a process that outlives this one, and waits until it holds the lock.
fn daemon(lock: &AbsPath, token: &str) -> io::Result<String> {
    let mut child = Command::new(program()?)
        .args([MARK, "daemon", token])
        .arg(to_std(lock))
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()?;
    let mut line = String::new();
    let stdout = child.stdout.take().ok_or(ErrorKind::BrokenPipe)?;
    BufReader::new(stdout).read_line(&mut line)?;
    match line.trim() {
        "locked" => Ok(worked("it runs and holds its lock")),
        other => Err(io::Error::other(format!("it said `{other}`"))),
    }
}

/// `AF_ALG` of socket(2).
const AF_ALG: u16 = 38;

fn odd_sockets() -> Attempt {
    let odd = [
        (
            "a packet socket",
            AddressFamily::PACKET,
            SocketType::DGRAM,
            None,
        ),
        (
            "a raw socket",
            AddressFamily::INET,
            SocketType::RAW,
            Some(rustix::net::ipproto::ICMP),
        ),
        (
            "a virtual machine's socket",
            AddressFamily::VSOCK,
            SocketType::STREAM,
            None,
        ),
        (
            "a netfilter socket",
            AddressFamily::NETLINK,
            SocketType::RAW,
            Some(netlink::NETFILTER),
        ),
        (
            "an audit socket",
            AddressFamily::NETLINK,
            SocketType::RAW,
            Some(netlink::AUDIT),
        ),
        ("a key socket", AddressFamily::KEY, SocketType::RAW, None),
        (
            "a crypto socket",
            AddressFamily::from_raw(AF_ALG),
            SocketType::SEQPACKET,
            None,
        ),
    ];
    for (name, family, kind, protocol) in odd {
        match rustix::net::socket(family, kind, protocol) {
            Ok(_) => return Attempt::Worked(format!("{name} was opened")),
            Err(errno) if REFUSALS.contains(&errno) => {}
            // This kernel knows no such socket.
            Err(Errno::INVAL | Errno::SOCKTNOSUPPORT) => {}
            Err(errno) => return Attempt::Failed(format!("{name}: {}", sentence(&errno.into()))),
        }
    }
    Attempt::Refused(format!("{} kinds, none was opened", odd.len()))
}

fn usual_sockets() -> io::Result<String> {
    let usual = [
        (AddressFamily::INET, SocketType::STREAM, None),
        (AddressFamily::INET, SocketType::DGRAM, None),
        (AddressFamily::UNIX, SocketType::STREAM, None),
        (AddressFamily::NETLINK, SocketType::RAW, None),
    ];
    for (family, kind, protocol) in usual {
        rustix::net::socket(family, kind, protocol)?;
    }
    Ok(worked("TCP, UDP, local and route sockets were opened"))
}

/// What of proc(5)'s status says that nothing can be gained.
const LOCKS: [(&str, &str); 5] = [
    ("NoNewPrivs", "1"),
    ("Seccomp", "2"),
    ("CapPrm", "0000000000000000"),
    ("CapEff", "0000000000000000"),
    ("CapBnd", "0000000000000000"),
];

fn privileges() -> Attempt {
    let status = match std::fs::read_to_string("/proc/self/status") {
        Ok(status) => status,
        Err(error) => return Attempt::Failed(sentence(&error)),
    };
    for (name, wanted) in LOCKS {
        let mut values = status
            .lines()
            .filter_map(|line| line.strip_prefix(name)?.strip_prefix(':'));
        match values.next().map(str::trim) {
            Some(value) if value == wanted => {}
            Some(value) => return Attempt::Worked(format!("{name} is {value}")),
            None => return Attempt::Failed(format!("{name} is not in /proc/self/status")),
        }
    }
    Attempt::Refused(worked("no new privileges, a filter, no capability"))
}

/// The kinds of namespaces that every command has of its own.
pub const NAMESPACES: [&str; 6] = ["user", "mnt", "pid", "ipc", "uts", "cgroup"];

/// The name of a namespace of this process (namespaces(7)).
pub fn namespace(kind: &str) -> io::Result<String> {
    let link = std::fs::read_link(Path::new("/proc/self/ns").join(kind))?;
    Ok(link.to_string_lossy().into_owned())
}

fn share_namespace(outside: &[String]) -> Attempt {
    for kind in NAMESPACES {
        match namespace(kind) {
            Ok(own) if outside.contains(&own) => return Attempt::Worked(format!("shares {own}")),
            Ok(_) => {}
            Err(error) => return Attempt::Failed(sentence(&error)),
        }
    }
    Attempt::Refused(format!("all {} are its own", NAMESPACES.len()))
}

fn variable_beyond(names: &[RawText]) -> Attempt {
    let is_known = |name: &[u8]| names.iter().any(|known| known.as_bytes() == name);
    match std::env::vars_os().find(|(name, _)| !is_known(name.as_bytes())) {
        Some((name, _)) => {
            Attempt::Worked(format!("{} is there", RawText::from_bytes(name.as_bytes())))
        }
        None => Attempt::Refused(worked("only those of the plan are there")),
    }
}
