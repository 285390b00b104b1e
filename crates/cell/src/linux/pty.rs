//! A new pseudo-terminal for the command: opened inside, copied from and to outside.
//!
//! pid 1 opens it, of the devpts that is mounted inside, because only there its name
//! (`/dev/pts/0`) means it: `tty`, `ttyname(3)` and `ps` look for it in `/dev/pts`. It
//! does so after the last step, under every lock: a terminal gives the command nothing
//! that it could not open itself. Both ends then go to the launcher over the socket
//! that is there already. pid 1 keeps neither: while it held the master, the end of the
//! launcher would hang nothing up.

use std::io::{IoSlice, IoSliceMut};
use std::mem::MaybeUninit;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};

use fumehood_os::linux::Refusal;
use fumehood_policy::AbsPath;
use rustix::event::{PollFd, PollFlags, Timespec};
use rustix::fs::{CWD, Mode, OFlags, ResolveFlags};
use rustix::io::Errno;
use rustix::net::{
    RecvAncillaryBuffer, RecvAncillaryMessage, RecvFlags, SendAncillaryBuffer,
    SendAncillaryMessage, SendFlags,
};
use rustix::pty::OpenptFlags;

use super::message::{Message, SIZE};

/// Both ends.
#[derive(Debug)]
pub struct Pty {
    /// What the launcher reads and writes; it never waits.
    pub master: OwnedFd,
    /// What the command reads and writes.
    pub slave: OwnedFd,
}

impl Pty {
    /// Opens a new one of the devpts whose multiplexer this is (pts(4)).
    ///
    /// # Errors
    ///
    /// The call that failed: `ENOSPC` where all terminals of the machine are in use.
    pub fn open(multiplexer: &AbsPath) -> Result<Self, Refusal> {
        let named = |call| move |errno| Refusal { call, errno };
        let flags = OFlags::RDWR | OFlags::NOCTTY | OFlags::NONBLOCK | OFlags::CLOEXEC;
        let resolve = ResolveFlags::NO_SYMLINKS;
        let master =
            rustix::fs::openat2(CWD, multiplexer.as_bytes(), flags, Mode::empty(), resolve)
                .map_err(named("openat2"))?;
        rustix::pty::unlockpt(&master).map_err(named("ioctl TIOCSPTLCK"))?;
        let flags = OpenptFlags::RDWR | OpenptFlags::NOCTTY | OpenptFlags::CLOEXEC;
        let slave =
            rustix::pty::ioctl_tiocgptpeer(&master, flags).map_err(named("ioctl TIOCGPTPEER"))?;
        Ok(Self { master, slave })
    }

    /// Sends both ends to the launcher; ours stay as they are.
    ///
    /// # Errors
    ///
    /// What `sendmsg(2)` says.
    pub fn pass(&self, launcher: impl AsFd) -> rustix::io::Result<()> {
        let ends = [self.master.as_fd(), self.slave.as_fd()];
        let mut space = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(2))];
        let mut control = SendAncillaryBuffer::new(&mut space);
        control.push(SendAncillaryMessage::ScmRights(&ends));
        let message = Message::Terminal.encode();
        let flags = SendFlags::NOSIGNAL;
        rustix::net::sendmsg(launcher, &[IoSlice::new(&message)], &mut control, flags).map(drop)
    }

    /// Whether something waits that the command has not read yet.
    ///
    /// # Errors
    ///
    /// What `poll(2)` says.
    pub fn has_unread(&self) -> rustix::io::Result<bool> {
        let now = Timespec::default();
        let mut ready = [PollFd::new(&self.slave, PollFlags::IN)];
        rustix::io::retry_on_intr(|| rustix::event::poll(&mut ready, Some(&now)))
            .map(|count| count > 0)
    }
}

/// Receives a message of pid 1, with a terminal if it passes one. None of our size is
/// the end of the connection.
///
/// # Errors
///
/// What `recvmsg(2)` says; a terminal that there was no descriptor left for does not come.
pub fn receive(init: impl AsFd) -> rustix::io::Result<(Option<[u8; SIZE]>, Option<Pty>)> {
    let mut bytes = [0; SIZE];
    let mut space = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(2))];
    let mut control = RecvAncillaryBuffer::new(&mut space);
    let whole = loop {
        let buffers = &mut [IoSliceMut::new(&mut bytes)];
        match rustix::net::recvmsg(&init, buffers, &mut control, RecvFlags::CMSG_CLOEXEC) {
            Ok(message) => break message.bytes == SIZE,
            // Told once, of a pid 1 that ended before it took an order of ours. What it
            // said before, such as why it ended, is still there.
            Err(Errno::INTR | Errno::CONNRESET) => {}
            Err(errno) => return Err(errno),
        }
    };
    let mut ends = control.drain().flat_map(|message| match message {
        RecvAncillaryMessage::ScmRights(ends) => ends.collect::<Vec<_>>(),
        _ => Vec::new(),
    });
    let pty = ends.next().zip(ends.next());
    let pty = pty.map(|(master, slave)| Pty { master, slave });
    Ok((whole.then_some(bytes), pty))
}

/// Makes `slave` the controlling terminal and the standard streams of this process,
/// which becomes the leader of a session. For a process that shares its memory with
/// another: it only makes system calls.
///
/// # Errors
///
/// What a call says: `EPERM` for the leader of a process group.
pub fn sit_down(slave: BorrowedFd<'_>) -> rustix::io::Result<()> {
    rustix::process::setsid()?;
    rustix::process::ioctl_tiocsctty(slave)?;
    rustix::stdio::dup2_stdin(slave)?;
    rustix::stdio::dup2_stdout(slave)?;
    rustix::stdio::dup2_stderr(slave)
}

#[cfg(test)]
mod tests {
    use rustix::net::{AddressFamily, SendFlags, SocketFlags, SocketType};

    use super::*;
    use crate::linux::message::{Message, START};

    #[test]
    fn a_multiplexer_that_is_none_is_an_error_with_the_call_that_failed() {
        for (path, errno) in [("/dev/null", Errno::NOTTY), ("/nowhere", Errno::NOENT)] {
            let refused = Pty::open(&path.parse().expect("an absolute path"));
            assert_eq!(refused.expect_err(path).errno, errno, "{path}");
        }
    }

    #[test]
    fn both_ends_pass_and_are_joined_on_the_other_side() {
        let multiplexer = "/dev/pts/ptmx".parse().expect("an absolute path");
        // Outside of a sandbox that one may be closed; then there is the usual one.
        let usual = "/dev/ptmx".parse().expect("an absolute path");
        let pty = Pty::open(&multiplexer)
            .or_else(|_| Pty::open(&usual))
            .expect("a terminal can be made");
        let (ours, theirs) = rustix::net::socketpair(
            rustix::net::AddressFamily::UNIX,
            rustix::net::SocketType::SEQPACKET,
            rustix::net::SocketFlags::CLOEXEC,
            None,
        )
        .expect("sockets can be made");
        pty.pass(&ours).expect("the other side is there");
        drop(pty);
        let (message, passed) = receive(&theirs).expect("a message came");
        assert_eq!(message, Some(Message::Terminal.encode()));
        let passed = passed.expect("with both ends");
        assert_eq!(passed.has_unread(), Ok(false));
        rustix::io::write(&passed.master, b"line\n").expect("it takes keys");
        assert_eq!(passed.has_unread(), Ok(true));
        drop(ours);
        let (message, none) = receive(&theirs).expect("the end came");
        assert!(message.is_none() && none.is_none());
    }

    #[test]
    fn what_pid_1_said_is_heard_also_when_it_ended_with_an_order_unread() {
        let flags = SocketFlags::CLOEXEC;
        let (ours, theirs) =
            rustix::net::socketpair(AddressFamily::UNIX, SocketType::SEQPACKET, flags, None)
                .expect("a pair");
        let said = Message::ExecFailed { errno: 7 };
        rustix::net::send(&theirs, &said.encode(), SendFlags::NOSIGNAL).expect("there is room");
        rustix::net::send(&ours, &START, SendFlags::NOSIGNAL).expect("there is room");
        drop(theirs);
        let (bytes, _) = receive(&ours).expect("a message");
        assert_eq!(bytes.and_then(|bytes| Message::decode(&bytes)), Some(said));
        let (bytes, _) = receive(&ours).expect("the end");
        assert_eq!(bytes, None);
    }
}
