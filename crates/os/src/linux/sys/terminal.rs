//! What rustix has no function for, or no sound one, about terminals (`ioctl_tty(2)`).
#![expect(unsafe_code, reason = "FFI fence: ioctl, tcgetpgrp, getpgrp")]

use std::os::fd::{AsRawFd, BorrowedFd};

use super::checked;

/// `TIOCSIG`, `_IOW('T', 0x36, int)`: in no header of the C library.
const SEND_SIGNAL: libc::Ioctl = 0x4004_5436;

/// Sends `signal` to the foreground group of the pseudo-terminal behind `master`, as
/// its key would, whatever the modes and however much waits to be read.
///
/// # Errors
///
/// `EINVAL` for anything but `SIGINT`, `SIGQUIT` and `SIGTSTP`, `ENOTTY` if it is no master.
pub fn signal_foreground(master: BorrowedFd<'_>, signal: i32) -> rustix::io::Result<()> {
    // SAFETY: `master` is open; this request takes a number and touches no memory.
    let result = unsafe { libc::ioctl(master.as_raw_fd(), SEND_SIGNAL, signal) };
    checked(libc::c_long::from(result)).map(drop)
}

/// Whether `terminal` is our controlling terminal and another job has the foreground.
///
/// Groups of an outer process namespace are all 0 here, which is no [`rustix::process::Pid`].
#[must_use]
pub fn in_background(terminal: BorrowedFd<'_>) -> bool {
    // SAFETY: `terminal` is open; the C library passes memory of its own.
    let foreground = unsafe { libc::tcgetpgrp(terminal.as_raw_fd()) };
    // SAFETY: no memory is involved.
    let ours = unsafe { libc::getpgrp() };
    foreground != -1 && foreground != ours
}

#[cfg(test)]
mod tests {
    use std::os::fd::{AsFd, OwnedFd};

    use rustix::io::Errno;
    use rustix::pty::OpenptFlags;

    use super::*;

    const FLAGS: OpenptFlags = OpenptFlags::RDWR
        .union(OpenptFlags::NOCTTY)
        .union(OpenptFlags::CLOEXEC);

    /// Both ends of a new terminal that controls nobody.
    fn ends() -> [OwnedFd; 2] {
        let master = rustix::pty::openpt(FLAGS).expect("a terminal can be made");
        rustix::pty::unlockpt(&master).expect("it is ours");
        let slave = rustix::pty::ioctl_tiocgptpeer(&master, FLAGS).expect("it is ours");
        [master, slave]
    }

    #[test]
    fn only_a_key_that_exists_is_pressed_and_only_on_a_master() {
        let [master, slave] = ends();
        assert_eq!(signal_foreground(master.as_fd(), libc::SIGINT), Ok(()));
        assert_eq!(
            signal_foreground(master.as_fd(), libc::SIGKILL),
            Err(Errno::INVAL)
        );
        assert_eq!(
            signal_foreground(slave.as_fd(), libc::SIGINT),
            Err(Errno::NOTTY)
        );
    }

    #[test]
    fn nobody_is_in_the_background_of_a_terminal_that_controls_nobody() {
        let [_master, slave] = ends();
        assert!(!in_background(slave.as_fd()));
    }
}
