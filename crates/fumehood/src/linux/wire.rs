//! Between a host that embeds us and its launcher: one stream socket.
//!
//! The host starts the launcher with `posix_spawn` (the standard library does, as
//! long as nothing is to be run in between), so the size of its heap does not
//! matter. The socket is the launcher's standard input. Over it go, once, the
//! command's three streams and the compiled plan; back come one JSON line when
//! the command runs and one when it ended. Closing it ends the tree.

use std::io::{self, BufRead, BufReader, IoSlice, IoSliceMut, PipeReader, PipeWriter, Read, Write};
use std::mem::MaybeUninit;
use std::net::Shutdown;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::os::unix::net::UnixStream;
use std::process;

use fumehood_cell::Exit;
use fumehood_cell::linux::{Failure, Observer, Watch, launch};
use fumehood_plan::linux::{Plan, plan::VERSION};
use rustix::net::{
    RecvAncillaryBuffer, RecvAncillaryMessage, RecvFlags, SendAncillaryBuffer,
    SendAncillaryMessage, SendFlags,
};
use serde::{Deserialize, Serialize};

use crate::Error;
use crate::child::Child;
use crate::command::Stdio;
use crate::launcher::{Launcher, MARK};
use crate::record::Record;

/// Largest plan that is read: arguments and environment are bounded by the kernel
/// at a few MiB, mounts by their number.
const PLAN_LIMIT: u64 = 64 * 1024 * 1024;

/// Set inside every sandbox.
const NESTED: &str = "FUMEHOOD_SANDBOX";

/// What the launcher says.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum Word {
    Started {
        pid: i32,
    },
    Ended(Exit),
    NotStarted {
        kind: Kind,
        what: String,
        errno: Option<i32>,
        hint: Option<String>,
    },
}

/// Which error of ours a failure becomes.
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum Kind {
    NotFound,
    NotExecutable,
    Other,
}

/// The host's end.
#[derive(Debug)]
pub struct Connection {
    socket: BufReader<UnixStream>,
    launcher: process::Child,
    line: String,
    /// What the launcher said last, once it has ended.
    gone: bool,
}

/// Starts `launcher` and through it the command of `plan`.
///
/// # Errors
///
/// [`Error`]; nothing is left running then.
pub fn spawn(
    launcher: Option<&Launcher>,
    plan: &Plan,
    streams: [Stdio; 3],
    record: Record,
) -> Result<Child, Error> {
    let launcher = launcher.ok_or_else(|| {
        Error::Surroundings("the sandbox was built without a launcher".to_owned())
    })?;
    let pipes = Pipes::open(streams).map_err(starting)?;
    let mut connection = Connection::open(launcher).map_err(starting)?;
    let result = connection
        .begin(plan, pipes.theirs())
        .and_then(|pid| record.started(pid));
    if let Err(error) = result {
        connection.close();
        record.ended(Err(&error))?;
        return Err(error);
    }
    let Pipes {
        stdin,
        stdout,
        stderr,
        ..
    } = pipes;
    Ok(Child {
        stdin,
        stdout,
        stderr,
        connection,
        record,
        exit: None,
    })
}

fn starting(source: io::Error) -> Error {
    Error::Start {
        source: Box::new(source),
        hint: None,
    }
}

/// The command's streams: ours, if they are pipes, and its.
struct Pipes {
    stdin: Option<PipeWriter>,
    stdout: Option<PipeReader>,
    stderr: Option<PipeReader>,
    theirs: [OwnedFd; 3],
}

impl Pipes {
    fn open(streams: [Stdio; 3]) -> io::Result<Self> {
        let [own_in, own_out, own_err] = [
            io::stdin().as_fd().try_clone_to_owned(),
            io::stdout().as_fd().try_clone_to_owned(),
            io::stderr().as_fd().try_clone_to_owned(),
        ];
        let (input, stdin) = match streams[0] {
            Stdio::Inherit => (own_in?, None),
            Stdio::Null => (null()?, None),
            Stdio::Piped => {
                let (reader, writer) = io::pipe()?;
                (reader.into(), Some(writer))
            }
        };
        let output = |stream: Stdio, own: io::Result<OwnedFd>| {
            Ok::<_, io::Error>(match stream {
                Stdio::Inherit => (own?, None),
                Stdio::Null => (null()?, None),
                Stdio::Piped => {
                    let (reader, writer) = io::pipe()?;
                    (writer.into(), Some(reader))
                }
            })
        };
        let (out, stdout) = output(streams[1], own_out)?;
        let (err, stderr) = output(streams[2], own_err)?;
        Ok(Self {
            stdin,
            stdout,
            stderr,
            theirs: [input, out, err],
        })
    }

    fn theirs(&self) -> [BorrowedFd<'_>; 3] {
        self.theirs.each_ref().map(AsFd::as_fd)
    }
}

fn null() -> io::Result<OwnedFd> {
    Ok(std::fs::OpenOptions::new()
        .read(true)
        .write(true)
        .open("/dev/null")?
        .into())
}

impl Connection {
    fn open(launcher: &Launcher) -> io::Result<Self> {
        let (ours, theirs) = UnixStream::pair()?;
        let launcher = process::Command::new(launcher.path())
            .arg(MARK)
            .env_clear()
            // The hint for a sandbox in a sandbox needs to know.
            .envs(std::env::var_os(NESTED).map(|value| (NESTED, value)))
            .stdin(OwnedFd::from(theirs))
            .stdout(process::Stdio::null())
            .stderr(process::Stdio::null())
            .spawn()?;
        Ok(Self {
            socket: BufReader::new(ours),
            launcher,
            line: String::new(),
            gone: false,
        })
    }

    /// Passes streams and plan, and waits until the command runs.
    fn begin(&mut self, plan: &Plan, streams: [BorrowedFd<'_>; 3]) -> Result<i32, Error> {
        self.pass(plan, streams).map_err(starting)?;
        match self.hear()? {
            Word::Started { pid } => Ok(pid),
            Word::Ended(_) => Err(starting(io::ErrorKind::InvalidData.into())),
            Word::NotStarted {
                kind,
                what,
                errno,
                hint,
            } => Err(not_started(kind, what, errno, hint)),
        }
    }

    fn pass(&mut self, plan: &Plan, streams: [BorrowedFd<'_>; 3]) -> io::Result<()> {
        let mut space = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(3))];
        let mut control = SendAncillaryBuffer::new(&mut space);
        control.push(SendAncillaryMessage::ScmRights(&streams));
        let version = VERSION.to_le_bytes();
        rustix::net::sendmsg(
            self.socket.get_ref(),
            &[IoSlice::new(&version)],
            &mut control,
            SendFlags::NOSIGNAL,
        )?;
        let text = serde_json::to_vec(plan)?;
        let mut socket = self.socket.get_ref();
        socket.write_all(&(text.len() as u64).to_le_bytes())?;
        socket.write_all(&text)
    }

    fn hear(&mut self) -> Result<Word, Error> {
        let lost = || Error::Start {
            source: "the launcher ended without a word".into(),
            hint: Some("does its main begin with fumehood::cell_main()?".to_owned()),
        };
        match self.socket.read_line(&mut self.line) {
            Ok(_) if self.line.ends_with('\n') => {}
            Ok(_) => return Err(lost()),
            Err(error) => return Err(starting(error)),
        }
        let word = serde_json::from_str(&self.line).map_err(|error| starting(error.into()));
        self.line.clear();
        word
    }

    /// Waits for the end.
    ///
    /// # Errors
    ///
    /// [`Error::Start`] if the launcher vanished.
    pub fn wait(&mut self) -> Result<Exit, Error> {
        let word = self.hear();
        self.close();
        match word? {
            Word::Ended(exit) => Ok(exit),
            Word::Started { .. } => Err(starting(io::ErrorKind::InvalidData.into())),
            Word::NotStarted {
                kind,
                what,
                errno,
                hint,
            } => Err(not_started(kind, what, errno, hint)),
        }
    }

    /// The end, if it is there.
    ///
    /// # Errors
    ///
    /// As [`Connection::wait`].
    pub fn try_wait(&mut self) -> Result<Option<Exit>, Error> {
        self.socket
            .get_ref()
            .set_nonblocking(true)
            .map_err(starting)?;
        let read = self.socket.read_line(&mut self.line);
        self.socket
            .get_ref()
            .set_nonblocking(false)
            .map_err(starting)?;
        match read {
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => return Ok(None),
            _ => {}
        }
        // A whole line is in `line`, or the end of the stream is next: `wait` sorts it out.
        if let Some(word) = self.line.strip_suffix('\n') {
            let word = serde_json::from_str(word).map_err(|error| starting(error.into()))?;
            self.close();
            if let Word::Ended(exit) = word {
                return Ok(Some(exit));
            }
        }
        self.wait().map(Some)
    }

    /// Tells the launcher to end the tree.
    ///
    /// # Errors
    ///
    /// What `shutdown(2)` says.
    pub fn let_go(&self) -> io::Result<()> {
        match self.socket.get_ref().shutdown(Shutdown::Write) {
            Err(error) if error.kind() == io::ErrorKind::NotConnected => Ok(()),
            other => other,
        }
    }

    /// The launcher's process number.
    pub fn launcher_id(&self) -> u32 {
        self.launcher.id()
    }

    /// Takes the launcher's exit status. A host that ignores `SIGCHLD`, or waits
    /// for any child, has it already.
    fn close(&mut self) {
        if !self.gone {
            self.gone = true;
            let _gone = self.socket.get_ref().shutdown(Shutdown::Both);
            let _taken = self.launcher.wait();
        }
    }
}

fn not_started(kind: Kind, what: String, errno: Option<i32>, hint: Option<String>) -> Error {
    let source = errno.map_or_else(|| io::ErrorKind::Other.into(), io::Error::from_raw_os_error);
    match kind {
        Kind::NotFound => Error::NotFound { program: what },
        Kind::NotExecutable => Error::NotExecutable {
            program: what,
            source,
        },
        Kind::Other => Error::Start {
            source: what.into(),
            hint,
        },
    }
}

/// Becomes a launcher, or a probe of [`crate::doctor`], if this process was started
/// as one; else comes back.
///
/// The first line of `main` of our own program, and of every host that uses
/// [`Launcher::this_program`].
pub fn cell_main() {
    crate::doctor::probe_main();
    if std::env::args_os()
        .nth(1)
        .is_some_and(|argument| argument == MARK)
    {
        process::exit(if serve().is_ok() { 0 } else { 125 });
    }
}

fn serve() -> io::Result<()> {
    let socket = UnixStream::from(io::stdin().as_fd().try_clone_to_owned()?);
    let (plan, streams) = receive(&socket)?;
    let [input, output, errors] = streams;
    rustix::stdio::dup2_stdin(&input)?;
    rustix::stdio::dup2_stdout(&output)?;
    rustix::stdio::dup2_stderr(&errors)?;
    drop((input, output, errors));
    let watch = Watch {
        lifeline: Some(socket.as_fd()),
    };
    let mut host = Host {
        socket: &socket,
        told: Ok(()),
    };
    let result = launch(&plan, None, &watch, &mut host);
    let told = host.told;
    let word = match result {
        Ok(exit) => Word::Ended(exit),
        Err(failure) => told_failure(failure),
    };
    told?;
    tell(&socket, &word)
}

/// Whoever embeds us; it keeps the record.
struct Host<'a> {
    socket: &'a UnixStream,
    told: io::Result<()>,
}

impl Observer for Host<'_> {
    fn started(&mut self, pid: i32) -> bool {
        self.told = tell(self.socket, &Word::Started { pid });
        self.told.is_ok()
    }
}

fn told_failure(failure: Failure) -> Word {
    match super::explain(failure) {
        Error::NotFound { program } => Word::NotStarted {
            kind: Kind::NotFound,
            what: program,
            errno: None,
            hint: None,
        },
        Error::NotExecutable { program, source } => Word::NotStarted {
            kind: Kind::NotExecutable,
            what: program,
            errno: source.raw_os_error(),
            hint: None,
        },
        error => {
            let mut what = Vec::new();
            let mut next: Option<&dyn std::error::Error> = std::error::Error::source(&error);
            while let Some(cause) = next {
                what.push(cause.to_string());
                next = cause.source();
            }
            let hint = error.hint();
            Word::NotStarted {
                kind: Kind::Other,
                what: what.join(": "),
                errno: None,
                hint,
            }
        }
    }
}

fn tell(mut socket: &UnixStream, word: &Word) -> io::Result<()> {
    let mut line = serde_json::to_vec(word)?;
    line.push(b'\n');
    socket.write_all(&line)
}

fn receive(mut socket: &UnixStream) -> io::Result<(Plan, [OwnedFd; 3])> {
    let mut space = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(3))];
    let mut control = RecvAncillaryBuffer::new(&mut space);
    let mut version = [0; 4];
    let flags = RecvFlags::CMSG_CLOEXEC | RecvFlags::WAITALL;
    rustix::net::recvmsg(
        socket,
        &mut [IoSliceMut::new(&mut version)],
        &mut control,
        flags,
    )?;
    let invalid = |what: &str| io::Error::new(io::ErrorKind::InvalidData, what.to_owned());
    if u32::from_le_bytes(version) != VERSION {
        return Err(invalid("a plan of another version"));
    }
    let streams = control.drain().find_map(|message| match message {
        RecvAncillaryMessage::ScmRights(fds) => Some(fds.collect::<Vec<_>>()),
        _ => None,
    });
    let streams = streams.unwrap_or_default();
    let streams = <[OwnedFd; 3]>::try_from(streams).map_err(|_| invalid("not three streams"))?;
    let mut size = [0; 8];
    socket.read_exact(&mut size)?;
    let size = u64::from_le_bytes(size);
    if size > PLAN_LIMIT {
        return Err(invalid("a plan that is too large"));
    }
    let mut text = Vec::new();
    socket.take(size).read_to_end(&mut text)?;
    Ok((serde_json::from_slice(&text)?, streams))
}
