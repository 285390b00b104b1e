//! Between the caller's streams and the command's terminal: bytes, one piece each way.
//!
//! Facts that shape it (pty(7), termios(3)):
//!
//! 1. We hold the slave too. Otherwise the master would hang up whenever nobody
//!    inside has it open, `poll(2)` would say so without end, and the session would
//!    lose its terminal.
//! 2. A terminal has no end of file; it has a character (`VEOF`) that ends one read.
//!    So it is typed again whenever the last one was taken: every command of a script
//!    meets the end, as it would with `/dev/null`. What is not canonical takes it for
//!    a key: only a line editor, which keeps `ISIG`, gets it, and a few times.
//! 3. Nothing says that a terminal's modes changed or that its input was taken. But
//!    both wake whoever waits to write: on the slave, and on the master. An
//!    edge-triggered epoll(7) that nobody else reads from tells of every such wake.
//! 4. A terminal that is gone is no end of file: it hangs up, and so does ours.

use std::mem::MaybeUninit;
use std::os::fd::{AsFd, OwnedFd};
use std::time::Duration;

use fumehood_os::linux::Refusal;
use fumehood_os::linux::sys::terminal::{in_background, signal_foreground};
use rustix::event::epoll::{self, CreateFlags, EventData, EventFlags};
use rustix::event::{PollFd, PollFlags, Timespec};
use rustix::io::Errno;
use rustix::termios::{LocalModes, OptionalActions, SpecialCodeIndex, Termios};

use super::pty::Pty;
use super::stream::{Piece, Stream};
use super::window::{GLANCE, Window};

/// How often a line editor is told the end before it runs something. A key that is
/// typed while the modes change becomes another one; with a line begun it only rings.
const EDITOR_TOLD: u8 = 4;

/// What is waited for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum End {
    /// The command's terminal.
    Inside,
    /// The caller's standard input.
    Keys,
    /// The caller's standard output.
    Screen,
    /// News of modes and of what was taken.
    News,
}

/// Whether anybody still reads what the command writes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reader {
    /// Somebody does.
    There,
    /// Nobody does: a program that wrote itself would get `SIGPIPE` now.
    Gone,
}

/// The command's terminal, and what is under way from and to it.
#[derive(Debug)]
pub struct Terminal {
    /// None once it has hung up.
    pty: Option<Pty>,
    /// None once it has ended.
    input: Option<Stream>,
    output: Stream,
    typed: Piece,
    shown: Piece,
    window: Window,
    news: OwnedFd,
    /// How often a line editor inside was told the end.
    editor_told: u8,
}

impl Terminal {
    /// Takes the caller's terminal and gives the command's the same size and modes.
    ///
    /// # Errors
    ///
    /// The call that failed.
    pub fn open(pty: Pty) -> Result<Self, Refusal> {
        let named = |call| move |errno| Refusal { call, errno };
        let news = epoll::create(CreateFlags::CLOEXEC).map_err(named("epoll_create1"))?;
        let flags = EventFlags::OUT | EventFlags::ET;
        for end in [&pty.master, &pty.slave] {
            epoll::add(&news, end, EventData::new_u64(0), flags).map_err(named("epoll_ctl"))?;
        }
        let mut terminal = Self {
            pty: Some(pty),
            input: Some(Stream::input().map_err(named("fcntl F_DUPFD"))?),
            output: Stream::output().map_err(named("fcntl F_DUPFD"))?,
            typed: Piece::empty(),
            shown: Piece::empty(),
            window: Window::of_caller(),
            news,
            editor_told: 0,
        };
        if let (Some(pty), Some(modes)) = (&terminal.pty, terminal.window.modes()) {
            rustix::termios::tcsetattr(&pty.slave, OptionalActions::Now, &modes)
                .map_err(named("tcsetattr"))?;
        }
        terminal.resize();
        terminal.window.take().map_err(named("tcsetattr"))?;
        Ok(terminal)
    }

    /// What to wait for now. Keys are left alone until the command `began`: before, a
    /// Ctrl-C would meet nobody.
    #[must_use]
    pub fn wanted(&self, began: bool) -> Vec<(End, PollFd<'_>)> {
        let mut wanted = Vec::with_capacity(4);
        let mut want = |end, fd, flags: PollFlags| {
            if !flags.is_empty() {
                wanted.push((end, PollFd::from_borrowed_fd(fd, flags)));
            }
        };
        let when = |wish: bool, flags| if wish { flags } else { PollFlags::empty() };
        if let Some(pty) = &self.pty {
            let flags = when(self.shown.is_empty(), PollFlags::IN)
                | when(!self.typed.is_empty(), PollFlags::OUT);
            want(End::Inside, pty.master.as_fd(), flags);
            let ended = self.input.is_none() && self.typed.is_empty();
            want(End::News, self.news.as_fd(), when(ended, PollFlags::IN));
        }
        if let Some(input) = &self.input {
            let ours = !input.is_terminal || self.window.is_taken();
            let ready = began && ours && self.typed.is_empty();
            want(End::Keys, input.as_fd(), when(ready, PollFlags::IN));
        }
        let shows = when(!self.shown.is_empty(), PollFlags::OUT);
        want(End::Screen, self.output.as_fd(), shows);
        wanted
    }

    /// When to look at the caller's terminal again, whatever happens: in the
    /// background nothing tells us that it is ours.
    #[must_use]
    pub fn glance(&self) -> Option<Duration> {
        let keyboard = self.input.as_ref().is_some_and(|input| input.is_terminal);
        (keyboard && !self.window.is_taken()).then_some(GLANCE)
    }

    /// Moves what can be moved now.
    ///
    /// # Errors
    ///
    /// What writing the command's output says, but for a reader that is gone.
    pub fn copy(&mut self, ready: &[(End, PollFlags)]) -> rustix::io::Result<Reader> {
        for (end, flags) in ready {
            match end {
                End::Inside => {
                    if flags.contains(PollFlags::OUT) {
                        self.type_inside();
                    }
                    if self.shown.is_empty() {
                        self.look_inside();
                    }
                }
                End::Keys => self.read_keys(*flags),
                End::News => self.take_note(),
                End::Screen => {
                    if self.show()? == Reader::Gone {
                        return Ok(Reader::Gone);
                    }
                }
            }
        }
        if self.glance().is_some() {
            self.come_back();
        }
        if self.input.is_none() {
            self.type_end();
        }
        Ok(Reader::There)
    }

    /// Fetches the next piece of what is left when the tree has ended. False when
    /// there is none: before a read says so, the kernel has moved all that is on its way.
    pub fn fetch_rest(&mut self) -> bool {
        if self.shown.is_empty() {
            self.look_inside();
        }
        !self.shown.is_empty()
    }

    /// Where the rest goes.
    #[must_use]
    pub fn screen(&self) -> PollFd<'_> {
        PollFd::new(&self.output, PollFlags::OUT)
    }

    /// Writes what is there to the caller's standard output.
    ///
    /// # Errors
    ///
    /// What the system says: a full disk.
    pub fn show(&mut self) -> rustix::io::Result<Reader> {
        match self.shown.pour(|bytes| self.output.write(bytes)) {
            Ok(()) | Err(Errno::AGAIN) => Ok(Reader::There),
            Err(Errno::PIPE | Errno::CONNRESET) => Ok(Reader::Gone),
            Err(Errno::IO) if self.output.is_terminal => {
                self.hang_up();
                Ok(Reader::There)
            }
            Err(errno) => Err(errno),
        }
    }

    /// Gives the command's terminal the size of the caller's.
    pub fn resize(&self) {
        if let Some(pty) = &self.pty {
            // Nobody is left to see it otherwise.
            let _gone = rustix::termios::tcsetwinsize(&pty.master, self.window.size());
        }
    }

    /// Presses a key that sends `signal` to the job in the foreground inside. False if
    /// there is none.
    #[must_use]
    pub fn press(&self, signal: i32) -> bool {
        let pty = self.pty.as_ref();
        pty.is_some_and(|pty| signal_foreground(pty.master.as_fd(), signal).is_ok())
    }

    /// Gives the caller its terminal, as it was.
    pub fn step_aside(&mut self) {
        self.window.give_back();
    }

    /// Takes the caller's terminal again, if it is ours to take.
    pub fn come_back(&mut self) {
        let away = !self.window.is_taken();
        match self.window.take() {
            Ok(()) if away && !self.window.is_taken() => {}
            Ok(()) => self.resize(),
            Err(_) => self.lose_keys(),
        }
    }

    fn type_inside(&mut self) {
        let Some(pty) = &self.pty else { return };
        match self
            .typed
            .pour(|bytes| rustix::io::write(&pty.master, bytes))
        {
            Ok(()) | Err(Errno::AGAIN | Errno::INTR) => {}
            Err(_) => self.hang_up(),
        }
    }

    /// Reads a piece of what the command wrote.
    fn look_inside(&mut self) {
        let Some(pty) = &self.pty else { return };
        match self
            .shown
            .fill(|space| rustix::io::read(&pty.master, space))
        {
            Ok(_) | Err(Errno::AGAIN | Errno::INTR) => {}
            Err(_) => self.hang_up(),
        }
    }

    fn read_keys(&mut self, flags: PollFlags) {
        let Some(input) = &self.input else { return };
        let keyboard = input.is_terminal;
        match self.typed.fill(|space| input.read(space)) {
            Ok(0) if keyboard && !flags.contains(PollFlags::HUP) => self.type_one_end(),
            Ok(0) => self.lose_keys(),
            Ok(_) | Err(Errno::AGAIN) => {}
            // Another job has the foreground by now.
            Err(Errno::IO) if keyboard && in_background(rustix::stdio::stdin()) => {
                self.window.forget();
            }
            Err(_) => self.lose_keys(),
        }
    }

    /// No key will ever come: the end of a stream, or a terminal that is gone.
    fn lose_keys(&mut self) {
        let keyboard = self.input.take().is_some_and(|input| input.is_terminal);
        if keyboard && self.output.is_terminal {
            self.hang_up();
        }
    }

    /// Closes the command's terminal: the kernel sends its session `SIGHUP`.
    fn hang_up(&mut self) {
        self.pty = None;
        self.input = None;
        self.typed.clear();
        self.shown.clear();
    }

    /// News come once; what they are about is looked at by [`Self::type_end`].
    fn take_note(&self) {
        let mut events = [MaybeUninit::uninit(); 2];
        // Nothing is lost: whatever has changed is read where it stands.
        let _seen = epoll::wait(&self.news, &mut events, Some(&Timespec::default()));
    }

    fn modes(&self) -> Option<Termios> {
        let pty = self.pty.as_ref()?;
        rustix::termios::tcgetattr(&pty.master).ok()
    }

    /// Types the end of the input, if all before it was taken and whoever reads next
    /// will take it for that.
    fn type_end(&mut self) {
        let taken = |pty: &Pty| pty.has_unread() == Ok(false);
        if !self.typed.is_empty() || !self.pty.as_ref().is_some_and(taken) {
            return;
        }
        let Some(modes) = self.modes() else { return };
        let canonical = modes.local_modes.contains(LocalModes::ICANON);
        let edits = modes.local_modes.contains(LocalModes::ISIG);
        if canonical || (edits && self.editor_told < EDITOR_TOLD) {
            self.editor_told = if canonical { 0 } else { self.editor_told + 1 };
            self.type_one_end();
        }
    }

    fn type_one_end(&mut self) {
        let modes = self.modes();
        let key = modes.map_or(0, |modes| modes.special_codes[SpecialCodeIndex::VEOF]);
        // 0 stands for no such key (_POSIX_VDISABLE).
        if key != 0 {
            let typed = self.typed.fill(|space| {
                space[0] = key;
                Ok(1)
            });
            debug_assert_eq!(typed, Ok(1), "there is room for a key");
            // While the modes are what they were: at once.
            self.type_inside();
        }
    }
}
