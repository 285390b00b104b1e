//! The terminal that the caller sits at, while the command has another one.
//!
//! Three facts shape it (termios(3), credentials(7)):
//!
//! 1. In raw mode every key is a byte, also those that would send a signal: they
//!    are the command's terminal's business, which has its own modes.
//! 2. Modes and keys belong to the job in the foreground. We have `SIGTTIN` and
//!    `SIGTTOU` blocked, so the kernel would let us change modes in the background
//!    and would not stop us: we have to look ourselves.
//! 3. A job that runs is not told when its shell brings it to the foreground.

use std::os::fd::BorrowedFd;
use std::time::Duration;

use fumehood_os::linux::sys::terminal::in_background;
use rustix::termios::{OptionalActions, Termios, Winsize};

/// How long a job that was brought to the foreground may wait for its keys.
pub const GLANCE: Duration = Duration::from_millis(200);

/// The size of a terminal that nobody sees (as of the first VT100).
const UNSEEN: Winsize = Winsize {
    ws_row: 24,
    ws_col: 80,
    ws_xpixel: 0,
    ws_ypixel: 0,
};

/// The caller's terminal, if one is on its streams.
#[derive(Debug)]
pub struct Window {
    /// Whether keys come from it: standard input is a terminal.
    keyboard: bool,
    /// Whether the command's output goes to a terminal.
    screen: bool,
    /// Modes to give back. While they are here the terminal is raw.
    before: Option<Termios>,
}

impl Window {
    /// Looks at the caller's streams.
    #[must_use]
    pub fn of_caller() -> Self {
        Self {
            keyboard: rustix::termios::isatty(rustix::stdio::stdin()),
            screen: rustix::termios::isatty(rustix::stdio::stdout()),
            before: None,
        }
    }

    /// The modes that the caller is used to. None from the background: there they are
    /// those of its shell.
    #[must_use]
    pub fn modes(&self) -> Option<Termios> {
        let stdin = rustix::stdio::stdin();
        let there = self.keyboard && !in_background(stdin);
        there.then(|| rustix::termios::tcgetattr(stdin).ok())?
    }

    /// Its size; 24 lines of 80 if there is none.
    #[must_use]
    pub fn size(&self) -> Winsize {
        let streams = [
            rustix::stdio::stdin(),
            rustix::stdio::stdout(),
            rustix::stdio::stderr(),
        ];
        let size = |stream: BorrowedFd<'_>| rustix::termios::tcgetwinsize(stream).ok();
        let mut sizes = streams.into_iter().filter_map(size);
        let seen = sizes.find(|size| size.ws_row > 0 && size.ws_col > 0);
        seen.unwrap_or(UNSEEN)
    }

    /// Makes it raw, if we are in the foreground and keys come from it.
    ///
    /// # Errors
    ///
    /// What the terminal says; it may be gone.
    pub fn take(&mut self) -> rustix::io::Result<()> {
        let stdin = rustix::stdio::stdin();
        if !self.keyboard {
            return Ok(());
        }
        if in_background(stdin) {
            self.forget();
            return Ok(());
        }
        let modes = match self.before.take() {
            Some(before) => before,
            None => rustix::termios::tcgetattr(stdin)?,
        };
        let mut raw = modes.clone();
        raw.make_raw();
        if !self.screen {
            // What is shown there is not the command's and goes on as before.
            raw.output_modes = modes.output_modes;
        }
        let made = rustix::termios::tcsetattr(stdin, OptionalActions::Now, &raw);
        self.before = Some(modes);
        made
    }

    /// Whether it is ours to read keys from.
    #[must_use]
    pub const fn is_taken(&self) -> bool {
        self.before.is_some()
    }

    /// Gives its modes back.
    pub fn give_back(&mut self) {
        let stdin = rustix::stdio::stdin();
        if let Some(before) = self.before.take().filter(|_| !in_background(stdin)) {
            // A terminal that is gone needs none.
            let _gone = rustix::termios::tcsetattr(stdin, OptionalActions::Now, &before);
        }
    }

    /// Leaves it to the job that has the foreground: its shell has set modes for that.
    pub fn forget(&mut self) {
        self.before = None;
    }
}

impl Drop for Window {
    fn drop(&mut self) {
        self.give_back();
    }
}
