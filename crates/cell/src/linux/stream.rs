//! A standard stream of the caller's, read or written without ever waiting.
//!
//! `O_NONBLOCK` belongs to the open file, which the caller's other programs share, so
//! it is never set there. A terminal or a pipe is opened once more, by its name in
//! `/proc`: that open file is ours. A socket takes the wish with each call. Any other
//! file does not make one wait. What cannot be opened again (it belongs to somebody
//! else) is used as it is, after `poll(2)`: a pipe that is ready takes a [`PIECE`].

use std::os::fd::{AsFd, AsRawFd, BorrowedFd, OwnedFd};

use rustix::fs::{FileType, Mode, OFlags};
use rustix::net::{RecvFlags, SendFlags};

/// How much is under way in one direction: what a terminal's line can hold
/// (`N_TTY_BUF_SIZE`), and what a pipe takes in one piece (`PIPE_BUF`).
pub const PIECE: usize = 4096;

/// A stream of the caller's.
#[derive(Debug)]
pub struct Stream {
    fd: OwnedFd,
    is_socket: bool,
    /// Whether it is a terminal.
    pub is_terminal: bool,
}

impl Stream {
    /// Standard input.
    ///
    /// # Errors
    ///
    /// `EMFILE`.
    pub fn input() -> rustix::io::Result<Self> {
        Self::of(rustix::stdio::stdin(), OFlags::RDONLY)
    }

    /// Standard output.
    ///
    /// # Errors
    ///
    /// `EMFILE`.
    pub fn output() -> rustix::io::Result<Self> {
        Self::of(rustix::stdio::stdout(), OFlags::WRONLY)
    }

    fn of(given: BorrowedFd<'_>, access: OFlags) -> rustix::io::Result<Self> {
        let kind = FileType::from_raw_mode(rustix::fs::fstat(given)?.st_mode);
        let is_terminal = rustix::termios::isatty(given);
        let access_given = rustix::fs::fcntl_getfl(given)? & OFlags::RWMODE;
        let fits = access_given == access || access_given == OFlags::RDWR;
        let again = || {
            let name = format!("/proc/self/fd/{}", given.as_raw_fd());
            let flags = access | OFlags::NONBLOCK | OFlags::NOCTTY | OFlags::CLOEXEC;
            rustix::fs::open(name, flags, Mode::empty()).ok()
        };
        // A pipe may be open for the other direction: that it is not, with us either.
        let waits = is_terminal || kind.is_fifo();
        let ours = (waits && fits).then(again).flatten();
        let fd = match ours {
            Some(fd) => fd,
            None => rustix::io::fcntl_dupfd_cloexec(given, 3)?,
        };
        Ok(Self {
            fd,
            is_socket: kind.is_socket(),
            is_terminal,
        })
    }

    /// Reads what is there; 0 at the end.
    ///
    /// # Errors
    ///
    /// `EAGAIN` if nothing is.
    pub fn read(&self, space: &mut [u8]) -> rustix::io::Result<usize> {
        rustix::io::retry_on_intr(|| {
            if self.is_socket {
                let received = rustix::net::recv(&self.fd, &mut *space, RecvFlags::DONTWAIT);
                received.map(|(size, _)| size)
            } else {
                rustix::io::read(&self.fd, &mut *space)
            }
        })
    }

    /// Writes what it takes.
    ///
    /// # Errors
    ///
    /// `EAGAIN` if it takes nothing now, `EPIPE` if nobody reads any more.
    pub fn write(&self, bytes: &[u8]) -> rustix::io::Result<usize> {
        rustix::io::retry_on_intr(|| {
            if self.is_socket {
                let flags = SendFlags::DONTWAIT | SendFlags::NOSIGNAL;
                rustix::net::send(&self.fd, bytes, flags)
            } else {
                rustix::io::write(&self.fd, bytes)
            }
        })
    }
}

impl AsFd for Stream {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.fd.as_fd()
    }
}

/// Bytes under way.
#[derive(Debug)]
pub struct Piece {
    bytes: [u8; PIECE],
    from: usize,
    to: usize,
}

impl Piece {
    /// Nothing is under way.
    #[must_use]
    pub const fn empty() -> Self {
        Self {
            bytes: [0; PIECE],
            from: 0,
            to: 0,
        }
    }

    /// Whether everything has arrived.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.from == self.to
    }

    /// Takes up what `read` reads, in place of what has arrived; says how much.
    ///
    /// # Errors
    ///
    /// What `read` says.
    pub fn fill(
        &mut self,
        read: impl FnOnce(&mut [u8]) -> rustix::io::Result<usize>,
    ) -> rustix::io::Result<usize> {
        let size = read(&mut self.bytes)?;
        (self.from, self.to) = (0, size);
        Ok(size)
    }

    /// Hands the rest to `write`, and keeps what it did not take.
    ///
    /// # Errors
    ///
    /// What `write` says; nothing is lost then.
    pub fn pour(
        &mut self,
        write: impl FnOnce(&[u8]) -> rustix::io::Result<usize>,
    ) -> rustix::io::Result<()> {
        self.from += write(&self.bytes[self.from..self.to])?;
        Ok(())
    }

    /// Gives up what is under way.
    pub const fn clear(&mut self) {
        (self.from, self.to) = (0, 0);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_piece_keeps_what_was_not_taken() {
        let mut piece = Piece::empty();
        assert!(piece.is_empty());
        let read = |space: &mut [u8]| {
            space[..5].copy_from_slice(b"hello");
            Ok(5)
        };
        assert_eq!(piece.fill(read), Ok(5));
        assert_eq!(
            piece.pour(|_| Err(rustix::io::Errno::AGAIN)),
            Err(rustix::io::Errno::AGAIN)
        );
        for rest in [&b"hello"[..], b"lo"] {
            let write = |bytes: &[u8]| {
                assert_eq!(bytes, rest);
                Ok(bytes.len().min(3))
            };
            assert_eq!(piece.pour(write), Ok(()));
        }
        assert!(piece.is_empty());
    }
}
