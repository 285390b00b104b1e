//! System calls that reach deep into the kernel, or into other processes.
//!
//! Some kernels give a few of them to nobody, boundary or not; a refusal by the
//! kernel is as good to whoever is inside. Typing into a terminal is different: it
//! is always refused for a terminal that is not one's own, so the probe first makes
//! one its own, in a session of its own, which wants a process of its own.

use std::io::{self, Read, Write};
use std::os::fd::{AsFd, OwnedFd};
use std::process::{Command, Stdio};
use std::time::Duration;

use fumehood_os::linux::sys::{seccomp, surface};
use fumehood_plan::linux::seccomp::Instruction;
use rustix::event::{PollFd, PollFlags, Timespec};
use rustix::fs::{MemfdFlags, Mode, OFlags};
use rustix::io::Errno;
use rustix::process::Pid;
use rustix::pty::OpenptFlags;
use serde::{Deserialize, Serialize};

use super::MARK;
use super::attempt::{Attempt, INSIDE, program};

/// What is typed, and asked for.
const TEXT: &[u8] = b"probe\n";
/// How long what was written may take to be read.
const PATIENCE: Duration = Duration::from_millis(500);
/// `BPF_RET | BPF_K` and `SECCOMP_RET_ALLOW`: a filter that changes nothing.
const ALLOW: Instruction = Instruction {
    code: 0x06,
    jt: 0,
    jf: 0,
    k: 0x7fff_0000,
};

/// A system call, or the harmless one beside it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Call {
    /// Type into a terminal of one's own by `TIOCSTI`.
    Type,
    /// Write to the other end of a terminal of one's own.
    WriteToTerminal,
    /// Make a map for programs in the kernel.
    MakeMap,
    /// Put oneself under a filter of classic BPF.
    AddFilter,
    /// Make a keyring, or put a key into it.
    KeepKey,
    /// Keep a text in memory that has a descriptor.
    KeepInMemory,
    /// Make a ring of calls.
    MakeRing,
    /// Wait for a descriptor.
    Poll,
    /// Read the memory of a process.
    ReadMemory(i32),
    /// Read one's own memory by the same call.
    ReadOwnMemory,
}

impl Call {
    /// Makes it.
    pub fn perform(self) -> Attempt {
        match self {
            Self::Type | Self::WriteToTerminal => self.in_a_session(),
            Self::MakeMap => said(surface::make_map(), "a map was made"),
            Self::AddFilter => said(seccomp::install(&[ALLOW]), "it has one more"),
            Self::KeepKey => keep_key(),
            Self::KeepInMemory => said(keep_in_memory(), "kept"),
            Self::MakeRing => said(surface::make_ring(), "a ring was made"),
            Self::Poll => said(poll(), "it was ready"),
            Self::ReadMemory(pid) => read_memory(pid),
            Self::ReadOwnMemory => said(surface::read_memory(rustix::process::getpid()), "read"),
        }
    }

    /// The same in a process that is not yet at the head of a group.
    fn in_a_session(self) -> Attempt {
        let ask = || -> io::Result<Attempt> {
            let output = Command::new(program()?)
                .args([MARK, "terminal", &serde_json::to_string(&self)?])
                .stdin(Stdio::null())
                .output()?;
            serde_json::from_slice(&output.stdout).map_err(|_| {
                io::Error::other(String::from_utf8_lossy(&output.stderr).trim().to_owned())
            })
        };
        ask().unwrap_or_else(|error| Attempt::Failed(error.to_string()))
    }
}

/// Makes a terminal its own, and does to it what `argument` says.
///
/// # Errors
///
/// What is in the way of trying.
pub fn at_a_terminal(argument: &str) -> io::Result<()> {
    let call: Call = serde_json::from_str(argument)?;
    rustix::process::setsid()?;
    let flags = OpenptFlags::RDWR | OpenptFlags::NOCTTY | OpenptFlags::CLOEXEC;
    let outer = rustix::pty::openpt(flags)?;
    rustix::pty::grantpt(&outer)?;
    rustix::pty::unlockpt(&outer)?;
    let name = rustix::pty::ptsname(&outer, Vec::new())?;
    let flags = OFlags::RDWR | OFlags::CLOEXEC;
    let inner = rustix::fs::open(name, flags, Mode::empty())?;
    // Opening it has made it ours already, unless the system does not do that.
    rustix::process::ioctl_tiocsctty(&inner)?;
    let attempt = match call {
        Call::Type => {
            let mut bytes = TEXT.iter();
            let typed = bytes.try_for_each(|byte| surface::type_into(inner.as_fd(), *byte));
            match typed {
                Err(Errno::IO) => Attempt::Refused("the kernel has it switched off".to_owned()),
                other => said(other, "typed"),
            }
        }
        _ => said(write_to(&outer, &inner), "written and read"),
    };
    serde_json::to_writer(io::stdout(), &attempt)?;
    // When the outer end is closed, this process is hung up on.
    io::stdout().flush()
}

/// Writes to the outer end of a terminal and reads it at the inner one.
fn write_to(outer: &OwnedFd, inner: &OwnedFd) -> rustix::io::Result<()> {
    rustix::io::write(outer, TEXT)?;
    wait_for(inner)?;
    let mut text = [0; TEXT.len()];
    let read = rustix::io::read(inner, &mut text)?;
    if text[..read] == *TEXT {
        Ok(())
    } else {
        Err(Errno::IO)
    }
}

/// What came of a call.
fn said<T>(result: rustix::io::Result<T>, done: &str) -> Attempt {
    result
        .map(|_| done.to_owned())
        .map_err(io::Error::from)
        .into()
}

/// Both ways: whoever has one needs no other.
fn keep_key() -> Attempt {
    match said(surface::make_keyring(), "a keyring was made") {
        Attempt::Refused(_) => said(surface::add_key(TEXT), "a key was kept"),
        other => other,
    }
}

fn keep_in_memory() -> rustix::io::Result<()> {
    let memory = rustix::fs::memfd_create("probe", MemfdFlags::CLOEXEC)?;
    rustix::io::write(memory, TEXT).map(drop)
}

fn poll() -> rustix::io::Result<()> {
    let (reader, writer) = io::pipe().map_err(|_| Errno::MFILE)?;
    (&writer).write_all(TEXT).map_err(|_| Errno::PIPE)?;
    wait_for(&reader)?;
    let mut text = [0; TEXT.len()];
    (&reader).read_exact(&mut text).map_err(|_| Errno::IO)
}

/// Waits until something can be read.
fn wait_for(from: &impl AsFd) -> rustix::io::Result<()> {
    let mut waiting = [PollFd::new(from, PollFlags::IN)];
    let patience = Timespec::try_from(PATIENCE).map_err(|_| Errno::INVAL)?;
    match rustix::event::poll(&mut waiting, Some(&patience))? {
        0 => Err(Errno::TIMEDOUT),
        _ => Ok(()),
    }
}

fn read_memory(pid: i32) -> Attempt {
    let Some(pid) = Pid::from_raw(pid).filter(|pid| pid.as_raw_nonzero().get() > INSIDE) else {
        let why = "its number is too low to be told apart inside";
        return Attempt::Failed(why.to_owned());
    };
    match surface::read_memory(pid) {
        // Nothing lies there, but it would have been read.
        Err(Errno::FAULT) => Attempt::Worked("its memory can be read".to_owned()),
        other => said(other, "read"),
    }
}
