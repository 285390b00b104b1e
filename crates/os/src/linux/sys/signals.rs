//! Signals: masks, dispositions, and signals read as messages (signalfd(2)).
#![expect(unsafe_code, reason = "FFI fence: sigaction, sigprocmask, signalfd")]

use std::mem::MaybeUninit;
use std::os::fd::{AsFd, FromRawFd, OwnedFd};
use std::ptr;

use rustix::io::Errno;

use super::checked;

/// A set of signals.
#[derive(Clone, Copy)]
pub struct Set(libc::sigset_t);

impl Set {
    /// Just these.
    #[must_use]
    pub fn of(signals: &[i32]) -> Self {
        let mut set = MaybeUninit::uninit();
        // SAFETY: `sigemptyset` initialises what it is pointed at.
        unsafe { libc::sigemptyset(set.as_mut_ptr()) };
        // SAFETY: initialised by the line above.
        let mut set = unsafe { set.assume_init() };
        for signal in signals {
            // SAFETY: `set` is initialised; an unknown number only answers an error.
            unsafe { libc::sigaddset(&raw mut set, *signal) };
        }
        Self(set)
    }

    /// Blocks these in addition; returns the mask as it was.
    ///
    /// # Errors
    ///
    /// None that is known.
    pub fn block(&self) -> rustix::io::Result<Self> {
        self.change(libc::SIG_BLOCK)
    }

    /// Unblocks these; returns the mask as it was.
    ///
    /// # Errors
    ///
    /// None that is known.
    pub fn unblock(&self) -> rustix::io::Result<Self> {
        self.change(libc::SIG_UNBLOCK)
    }

    /// Makes this the mask.
    ///
    /// # Errors
    ///
    /// None that is known.
    pub fn install(&self) -> rustix::io::Result<()> {
        self.change(libc::SIG_SETMASK).map(drop)
    }

    fn change(&self, how: i32) -> rustix::io::Result<Self> {
        let mut before = Self::of(&[]);
        // SAFETY: both sets are initialised and live during the call.
        let result = unsafe { libc::sigprocmask(how, &raw const self.0, &raw mut before.0) };
        checked(libc::c_long::from(result))?;
        Ok(before)
    }

    /// A descriptor from which these signals are read once they are blocked.
    ///
    /// # Errors
    ///
    /// `EMFILE`, `ENOMEM`.
    pub fn descriptor(&self) -> rustix::io::Result<OwnedFd> {
        // SAFETY: the set is initialised; -1 asks for a new descriptor.
        let result = unsafe {
            libc::signalfd(
                -1,
                &raw const self.0,
                libc::SFD_CLOEXEC | libc::SFD_NONBLOCK,
            )
        };
        checked(libc::c_long::from(result))?;
        // SAFETY: the kernel has just made this descriptor for us.
        Ok(unsafe { OwnedFd::from_raw_fd(result) })
    }
}

/// A signal that was read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Arrived {
    /// Which.
    pub signal: i32,
    /// Whether a process sent it, rather than the kernel (a key on the terminal).
    pub sent: bool,
}

/// The next signal that waits in a descriptor of [`Set::descriptor`], if any does.
///
/// # Errors
///
/// What `read` says.
pub fn next(descriptor: impl AsFd) -> rustix::io::Result<Option<Arrived>> {
    let mut record = [0u8; size_of::<libc::signalfd_siginfo>()];
    let word = |record: &[u8], at: usize| {
        i32::from_ne_bytes([record[at], record[at + 1], record[at + 2], record[at + 3]])
    };
    match rustix::io::read(descriptor, &mut record) {
        // `ssi_signo` is the first word, `ssi_code` the third; codes of processes are not positive.
        Ok(_) => Ok(Some(Arrived {
            signal: word(&record, 0),
            sent: word(&record, 8) <= 0,
        })),
        Err(Errno::AGAIN) => Ok(None),
        Err(errno) => Err(errno),
    }
}

/// Sends `signal` to every process that this one may reach, itself left out (kill(2), -1).
///
/// # Errors
///
/// `ESRCH` if there is none.
pub fn send_to_all(signal: i32) -> rustix::io::Result<()> {
    // SAFETY: the call takes numbers only.
    let result = unsafe { libc::kill(-1, signal) };
    checked(libc::c_long::from(result)).map(drop)
}

/// Ends or stops this process by `signal` as if it had never been caught or
/// blocked, without a core file. Comes back if the signal only stops, after the
/// process goes on; the mask is then as it was.
///
/// # Errors
///
/// What one of the calls says; `signal` may not exist.
pub fn suffer(signal: i32) -> rustix::io::Result<()> {
    if signal != libc::SIGKILL && signal != libc::SIGSTOP {
        set(signal, Disposition::Default)?;
    }
    let none = rustix::process::Rlimit {
        current: Some(0),
        maximum: None,
    };
    let core = rustix::process::getrlimit(rustix::process::Resource::Core);
    rustix::process::setrlimit(
        rustix::process::Resource::Core,
        rustix::process::Rlimit {
            maximum: core.maximum,
            ..none
        },
    )?;
    let only = Set::of(&[signal]);
    // SAFETY: the call takes numbers only.
    let result = unsafe { libc::raise(signal) };
    checked(libc::c_long::from(result))?;
    // A blocked signal arrives when it is unblocked, before that call returns.
    let before = only.unblock()?;
    before.install()?;
    rustix::process::setrlimit(rustix::process::Resource::Core, core)
}

/// What a process does on a signal that it does not catch.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Disposition {
    /// The kernel's default.
    Default,
    /// Nothing.
    Ignore,
}

/// Sets the disposition of `signal`.
///
/// # Errors
///
/// `EINVAL` for `SIGKILL`, `SIGSTOP` and numbers that are no signal.
pub fn set(signal: i32, disposition: Disposition) -> rustix::io::Result<()> {
    let handler = match disposition {
        Disposition::Default => libc::SIG_DFL,
        Disposition::Ignore => libc::SIG_IGN,
    };
    // SAFETY: neither handler is a function of ours.
    let before = unsafe { libc::signal(signal, handler) };
    if before == libc::SIG_ERR {
        checked(-1).map(drop)
    } else {
        Ok(())
    }
}

/// Whether `signal` is ignored.
#[must_use]
pub fn is_ignored(signal: i32) -> bool {
    let mut action = MaybeUninit::<libc::sigaction>::zeroed();
    // SAFETY: a null new action only reads the present one into `action`.
    let result = unsafe { libc::sigaction(signal, ptr::null(), action.as_mut_ptr()) };
    // SAFETY: all zeroes is a valid `sigaction`, and the call may have filled it in.
    let action = unsafe { action.assume_init() };
    result == 0 && action.sa_sigaction == libc::SIG_IGN
}
