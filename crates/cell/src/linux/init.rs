//! pid 1 of the new process namespace.
//!
//! It puts the plan in force, starts the command, reaps, and ends when the
//! command does or the launcher is gone; the kernel then ends everything else in
//! the namespace. From inside nothing reaches it: signals without a handler do
//! not arrive at pid 1, it cannot be traced (it is not dumpable), and it stands
//! under the same locks as the command.
//!
//! Where the command gets a terminal of its own, nothing inside ever holds a stream
//! of the caller's: pid 1 lets go of them as soon as it knows.

use std::ffi::{CString, NulError};
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};

use fumehood_os::linux::Refusal;
use fumehood_os::linux::apply::Applier;
use fumehood_os::linux::processors::Processors;
use fumehood_os::linux::sys::signals::{self, Disposition, Set};
use fumehood_os::linux::sys::wait::{self, Change, Usage};
use fumehood_os::linux::sys::{clone, exec, start};
use fumehood_plan::linux::Opening;
use fumehood_plan::linux::plan::Launch;
use fumehood_policy::AbsPath;
use rustix::event::{PollFd, PollFlags};
use rustix::fs::{FileType, Mode, OFlags};
use rustix::io::Errno;
use rustix::process::{DumpableBehavior, Pid, Signal};

use super::message::{self, Message, READY, SIZE, START, STILL, go_on, name};
use super::orders::Orders;
use super::pty::{self, Pty};

/// The command's tables, built before it is forked.
#[derive(Debug)]
pub struct Tables {
    arguments: exec::Table,
    environment: exec::Table,
    candidates: Vec<CString>,
    /// For a file that is a script without a `#!` line, as `execvp(3)` does it.
    shell: Vec<exec::Table>,
}

impl Tables {
    /// Builds them.
    ///
    /// # Errors
    ///
    /// A text that holds a NUL byte; the launcher has found it already.
    pub fn new(launch: &Launch) -> Result<Self, NulError> {
        let c = |bytes: &[u8]| CString::new(bytes);
        let arguments: Vec<CString> = launch
            .arguments
            .iter()
            .map(|text| c(text.as_bytes()))
            .collect::<Result<_, _>>()?;
        let environment = launch
            .environment
            .iter()
            .map(|(name, value)| c(&[name.as_bytes(), value.as_bytes()].join(&b'=')));
        let environment = environment.collect::<Result<_, _>>()?;
        let candidates: Vec<CString> = launch
            .candidates
            .iter()
            .map(|path| c(path.as_bytes()))
            .collect::<Result<_, _>>()?;
        let script = |file: &CString| {
            let rest = arguments.iter().skip(1).cloned();
            exec::Table::new(
                [c"/bin/sh".to_owned(), file.clone()]
                    .into_iter()
                    .chain(rest)
                    .collect(),
            )
        };
        let shell = candidates.iter().map(script).collect();
        Ok(Self {
            arguments: exec::Table::new(arguments),
            environment: exec::Table::new(environment),
            candidates,
            shell,
        })
    }
}

/// What asks a command to end.
const ENDING: [Signal; 4] = [Signal::HUP, Signal::INT, Signal::QUIT, Signal::TERM];

/// What pid 1 has seen of its tree.
#[derive(Debug, Default)]
struct Seen {
    /// What everybody who ended has used.
    used: Usage,
    /// How often the command has stopped.
    stops: u8,
    /// By which signal it is stopped now; 0 if it is not.
    stopped: i32,
}

/// What the caller had, to be given to the command.
#[derive(Clone, Copy)]
pub struct Inherited {
    /// Signal mask.
    pub mask: Set,
    /// Whether it ignored `SIGCHLD`.
    pub child_ignored: bool,
}

/// How far a plan is in force before it is known.
#[derive(Debug, Default)]
pub struct Beginning {
    applier: Applier,
    /// How many steps are in force, not counting lasting ones.
    done: usize,
    /// Why the next one is not.
    refused: Option<Refusal>,
}

impl Beginning {
    /// Takes the steps of `opening`, up to the first that is refused.
    #[must_use]
    pub fn of(opening: &Opening) -> Self {
        let mut beginning = Self::default();
        for step in &opening.steps {
            match beginning.applier.apply(step) {
                Ok(()) => beginning.done += 1,
                Err(refusal) => {
                    beginning.refused = Some(refusal);
                    break;
                }
            }
        }
        beginning
    }
}

/// Everything pid 1 needs.
pub struct Init<'a> {
    /// The steps, the lasting ones already in force, and the command.
    pub orders: &'a Orders,
    /// What of them is in force already.
    pub beginning: Beginning,
    /// Those that the command may run on, if it was sent away from one meanwhile.
    pub processors: Option<Processors>,
    /// The command's tables.
    pub tables: Tables,
    /// Our end of the connection to the launcher.
    pub launcher: &'a OwnedFd,
    /// What the command gets back.
    pub inherited: Inherited,
}

impl Init<'_> {
    /// Runs to the end; never returns.
    pub fn run(mut self) -> ! {
        let code = match self.start() {
            Ok((command, mounts)) => self.watch(command, &mounts),
            Err(message) => {
                self.tell(message);
                125
            }
        };
        exec::exit_now(code)
    }

    fn tell(&self, message: Message) {
        message::tell(self.launcher, message);
    }

    fn start(&mut self) -> Result<(Pid, OwnedFd), Message> {
        let failed = |step: usize, call: &str, errno: Errno| Message::StepFailed {
            step: u32::try_from(step).unwrap_or(u32::MAX),
            errno: errno.raw_os_error(),
            call: name(call),
        };
        let end = self.orders.steps.len();
        if let Some(processors) = &self.processors {
            processors.come_back();
        }
        let pty = self.orders.launch.pty.as_ref();
        if pty.is_some() {
            let of_caller = |_: BorrowedFd<'_>| true;
            empty_streams(of_caller).map_err(|errno| failed(end, "dup2", errno))?;
        }
        let Beginning {
            mut applier,
            done,
            mut refused,
        } = std::mem::take(&mut self.beginning);
        for (index, step) in self
            .orders
            .steps
            .iter()
            .enumerate()
            .filter(|(_, step)| !step.is_lasting())
            .skip(done)
        {
            refused
                .take()
                .map_or_else(|| applier.apply(step), Err)
                .map_err(|refusal| failed(index, refusal.call, refusal.errno))?;
        }
        rustix::process::set_dumpable_behavior(DumpableBehavior::NotDumpable)
            .map_err(|errno| failed(end, "prctl PR_SET_DUMPABLE", errno))?;
        exec::close_on_exec_from(3).map_err(|errno| failed(end, "close_range", errno))?;
        drop(applier);
        // Where it is ignored nothing can be waited for (wait(2), NOTES).
        signals::set(libc_signal::CHILD, Disposition::Default)
            .map_err(|errno| failed(end, "sigaction", errno))?;
        empty_streams(is_folder).map_err(|errno| failed(end, "dup2", errno))?;
        // Signals are handed on only after this, so it is always the first order.
        if !self.is_ordered(&START).unwrap_or(false) {
            exec::exit_now(137);
        }
        let slave = pty.map(|pty| self.open_terminal(pty)).transpose()?;
        // Opened after the last mount and before the command: any event is one too many.
        let mounts = rustix::fs::open(
            "/proc/self/mountinfo",
            OFlags::RDONLY | OFlags::CLOEXEC,
            Mode::empty(),
        )
        .map_err(|errno| failed(end, "open of /proc/self/mountinfo", errno))?;
        let slave = slave.as_ref().map(AsFd::as_fd);
        let command = match self.spawn(slave) {
            Ok(Ok(command)) => command,
            Ok(Err(errno)) => {
                let errno = errno.raw_os_error();
                return Err(Message::ExecFailed { errno });
            }
            Err(errno) => return Err(failed(end, "vfork", errno)),
        };
        Ok((command, mounts))
    }

    /// Waits for the launcher's next order, and whether it is this one. A launcher that
    /// is gone gives none.
    fn is_ordered(&self, order: &[u8]) -> Result<bool, Errno> {
        let mut received = [0u8; SIZE];
        let flags = rustix::net::RecvFlags::empty();
        let (size, _) = rustix::io::retry_on_intr(|| {
            rustix::net::recv(self.launcher, &mut received[..], flags)
        })?;
        Ok(&received[..size] == order)
    }

    /// Opens the command's terminal, hands it over, and waits until the launcher has
    /// it: without somebody at the other end nothing is started.
    fn open_terminal(&self, multiplexer: &AbsPath) -> Result<OwnedFd, Message> {
        let failed = |call: &str, errno: Errno| Message::NoTerminal {
            errno: errno.raw_os_error(),
            call: name(call),
        };
        let pty = Pty::open(multiplexer).map_err(|refusal| failed(refusal.call, refusal.errno))?;
        pty.pass(self.launcher)
            .map_err(|errno| failed("sendmsg", errno))?;
        match self.is_ordered(&READY) {
            Ok(true) => Ok(pty.slave),
            Ok(false) => Err(failed("recv", Errno::PROTO)),
            Err(errno) => Err(failed("recv", errno)),
        }
    }

    /// Starts the command; comes back when it has left our memory. The inner error is
    /// that of executing it, the outer one that there can be no process at all.
    fn spawn(&self, slave: Option<BorrowedFd<'_>>) -> Result<Result<Pid, Errno>, Errno> {
        let mut failed = None;
        let mut child = || {
            failed = Some(self.become_command(slave));
            127
        };
        let pid = clone::vfork(&mut child)?;
        Ok(match failed {
            Some(errno) => Err(errno),
            None => Pid::from_raw(pid).ok_or(Errno::SRCH),
        })
    }

    /// In the new process, sharing our memory: gives back what the caller had and
    /// executes the first file that can be. Returns only if none could.
    fn become_command(&self, slave: Option<BorrowedFd<'_>>) -> Errno {
        if let Some(Err(errno)) = slave.map(pty::sit_down) {
            return errno;
        }
        let given_back = [
            (libc_signal::PIPE, start::pipe_was_ignored()),
            (libc_signal::FILE_SIZE, start::file_size_was_ignored()),
            (libc_signal::CHILD, self.inherited.child_ignored),
        ];
        for (signal, ignored) in given_back {
            let disposition = if ignored {
                Disposition::Ignore
            } else {
                Disposition::Default
            };
            if let Err(errno) = signals::set(signal, disposition) {
                return errno;
            }
        }
        if let Err(errno) = self.inherited.mask.install() {
            return errno;
        }
        let Tables {
            arguments,
            environment,
            candidates,
            shell,
        } = &self.tables;
        let mut telling = Errno::NOENT;
        for (file, script) in candidates.iter().zip(shell) {
            match exec::execute(file, arguments, environment) {
                Errno::NOENT | Errno::NOTDIR => {}
                Errno::ACCESS => telling = Errno::ACCESS,
                Errno::NOEXEC => {
                    return exec::execute(&script.texts()[0].clone(), script, environment);
                }
                errno => return errno,
            }
        }
        telling
    }

    /// Reaps and follows orders until the command ends or the launcher is gone.
    fn watch(&self, command: Pid, mounts: &OwnedFd) -> i32 {
        // Without eyes there is no boundary to watch: ending is all that is left.
        self.watch_or_fail(command, mounts).unwrap_or(125)
    }

    fn watch_or_fail(&self, command: Pid, mounts: &OwnedFd) -> Result<i32, Errno> {
        let children = Set::of(&[libc_signal::CHILD]);
        children.block()?;
        let children = children.descriptor()?;
        self.tell(Message::Started);
        let mut seen = Seen::default();
        loop {
            while signals::next(&children)?.is_some() {}
            if let Some(code) = self.reap(command, &mut seen)? {
                return Ok(code);
            }
            let mut ready = [
                PollFd::new(&children, PollFlags::IN),
                PollFd::new(self.launcher, PollFlags::IN),
                PollFd::new(mounts, PollFlags::PRI),
            ];
            rustix::io::retry_on_intr(|| rustix::event::poll(&mut ready, None))?;
            let [_, launcher, mounts] = ready.map(|one| one.revents());
            if mounts.intersects(PollFlags::PRI) {
                return Ok(self.uncovered());
            }
            if !launcher.is_empty() {
                // What an order is about may be over.
                if let Some(code) = self.reap(command, &mut seen)? {
                    return Ok(code);
                }
                if !self.obey(command, &seen)? {
                    return Ok(137);
                }
            }
        }
    }

    /// Takes note of every change of a child. The exit code when the command ended.
    fn reap(&self, command: Pid, seen: &mut Seen) -> Result<Option<i32>, Errno> {
        while let Some((pid, change, usage)) = wait::next()? {
            let code = self.note(command, pid, change, usage, seen);
            if code.is_some() {
                return Ok(code);
            }
        }
        Ok(None)
    }

    /// Adds up what ended, and tells of the command. The exit code when it ended.
    fn note(
        &self,
        command: Pid,
        pid: i32,
        change: Change,
        usage: Usage,
        seen: &mut Seen,
    ) -> Option<i32> {
        let used = &mut seen.used;
        let ours = pid == command.as_raw_nonzero().get();
        if matches!(change, Change::Exited(_) | Change::Killed(_)) {
            used.user_us = used.user_us.saturating_add(usage.user_us);
            used.system_us = used.system_us.saturating_add(usage.system_us);
            used.peak_kib = used.peak_kib.max(usage.peak_kib);
        }
        match change {
            Change::Stopped(signal) if ours => {
                seen.stops = seen.stops.wrapping_add(1);
                seen.stopped = signal;
                self.tell(Message::Stopped { signal });
                None
            }
            Change::Continued if ours => {
                seen.stopped = 0;
                None
            }
            Change::Exited(code) if ours => {
                self.tell(Message::Ended {
                    code,
                    signal: 0,
                    usage: *used,
                });
                Some(code)
            }
            Change::Killed(signal) if ours => {
                self.tell(Message::Ended {
                    code: 0,
                    signal,
                    usage: *used,
                });
                Some(128 + signal)
            }
            _ => None,
        }
    }

    /// A mount of ours came off because the host replaced what it lay on.
    fn uncovered(&self) -> i32 {
        for signal in [Signal::STOP, Signal::KILL] {
            // Everyone but pid 1; nobody left is as good.
            let _none_left = kill_everyone(signal);
        }
        self.tell(Message::Uncovered);
        126
    }

    /// Sends the command what the launcher asks for. False when it is gone.
    fn obey(&self, command: Pid, seen: &Seen) -> Result<bool, Errno> {
        let mut order = [0u8; SIZE];
        let flags = rustix::net::RecvFlags::DONTWAIT;
        let (size, _) = match rustix::net::recv(self.launcher, &mut order[..], flags) {
            Err(Errno::AGAIN | Errno::INTR) => return Ok(true),
            Err(Errno::CONNRESET) => return Ok(false),
            other => other?,
        };
        if size == 0 {
            return Ok(false);
        }
        if order[..size] == STILL {
            self.tell(match seen.stopped {
                0 => Message::Goes,
                signal => Message::Stands { signal },
            });
            return Ok(true);
        }
        if size > 1 && (order[..2] != go_on(seen.stops) || seen.stopped == 0) {
            return Ok(true);
        }
        if let Some(signal) = Signal::from_named_raw(i32::from(order[0])) {
            // It may have ended in between. Its group is not ours to ask for: it lies
            // outside, and has no number here.
            let _ended = rustix::process::kill_process(command, signal);
            // On a terminal of its own nobody else makes a command go on that stopped
            // itself, and only then does it see what is to end it.
            let ends = ENDING.contains(&signal);
            if ends && seen.stopped != 0 && self.orders.launch.pty.is_some() {
                let _ended = rustix::process::kill_process(command, Signal::CONT);
            }
        }
        Ok(true)
    }
}

fn kill_everyone(signal: Signal) -> Result<(), Errno> {
    fumehood_os::linux::sys::signals::send_to_all(signal.as_raw())
}

/// A folder that is passed as a standard stream leads past every cover below it:
/// its descriptor belongs to the mounts outside. Nothing reads from one, so the
/// command gets an empty stream instead.
fn is_folder(stream: BorrowedFd<'_>) -> bool {
    rustix::fs::fstat(stream).is_ok_and(|stat| FileType::from_raw_mode(stat.st_mode).is_dir())
}

/// Puts an empty stream in the place of each standard stream that is `unwanted`.
fn empty_streams(unwanted: fn(BorrowedFd<'_>) -> bool) -> Result<(), Errno> {
    let streams = [
        rustix::stdio::stdin(),
        rustix::stdio::stdout(),
        rustix::stdio::stderr(),
    ];
    for (number, stream) in streams.into_iter().enumerate() {
        if unwanted(stream) {
            let null = rustix::fs::open("/dev/null", OFlags::RDWR, Mode::empty())?;
            match number {
                0 => rustix::stdio::dup2_stdin(&null)?,
                1 => rustix::stdio::dup2_stdout(&null)?,
                _ => rustix::stdio::dup2_stderr(&null)?,
            }
        }
    }
    Ok(())
}

/// Numbers of the two signals that are named here; the same on every Linux we build for.
mod libc_signal {
    pub const PIPE: i32 = 13;
    pub const CHILD: i32 = 17;
    pub const FILE_SIZE: i32 = 25;
}
