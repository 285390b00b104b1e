//! Waiting for children, with what they used (wait4(2), getrusage(2)).
#![expect(unsafe_code, reason = "FFI fence: wait4")]

use std::mem::MaybeUninit;

use super::{checked, small};

/// What a child did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Change {
    /// Ended with a code.
    Exited(i32),
    /// Ended by a signal.
    Killed(i32),
    /// Stopped by a signal.
    Stopped(i32),
    /// Goes on.
    Continued,
}

/// What a child and its waited-for children used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Usage {
    /// Processor time in user code, in microseconds.
    pub user_us: u64,
    /// Processor time in the kernel, in microseconds.
    pub system_us: u64,
    /// Largest resident set of one process, in kibibytes.
    pub peak_kib: u64,
}

/// The next change of any child, if one waits; none if there is none or no child.
///
/// # Errors
///
/// `EINTR`.
pub fn next() -> rustix::io::Result<Option<(i32, Change, Usage)>> {
    let mut status = 0;
    let mut usage = MaybeUninit::<libc::rusage>::zeroed();
    let options = libc::WNOHANG | libc::WUNTRACED | libc::WCONTINUED;
    // SAFETY: both pointers lead to writable memory of the right type.
    let result = unsafe { libc::wait4(-1, &raw mut status, options, usage.as_mut_ptr()) };
    // SAFETY: all zeroes is a valid `rusage`, and the call may have filled it in.
    let usage = unsafe { usage.assume_init() };
    match checked(libc::c_long::from(result)) {
        Ok(0) | Err(rustix::io::Errno::CHILD) => Ok(None),
        Ok(pid) => Ok(Some((small(pid), change(status), sum(&usage)))),
        Err(errno) => Err(errno),
    }
}

fn change(status: i32) -> Change {
    if libc::WIFSTOPPED(status) {
        Change::Stopped(libc::WSTOPSIG(status))
    } else if libc::WIFCONTINUED(status) {
        Change::Continued
    } else if libc::WIFSIGNALED(status) {
        Change::Killed(libc::WTERMSIG(status))
    } else {
        Change::Exited(libc::WEXITSTATUS(status))
    }
}

fn sum(usage: &libc::rusage) -> Usage {
    let micros = |time: libc::timeval| {
        u64::try_from(time.tv_sec).unwrap_or(0) * 1_000_000
            + u64::try_from(time.tv_usec).unwrap_or(0)
    };
    Usage {
        user_us: micros(usage.ru_utime),
        system_us: micros(usage.ru_stime),
        peak_kib: u64::try_from(usage.ru_maxrss).unwrap_or(0),
    }
}
