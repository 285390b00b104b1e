//! The process that stays outside.
//!
//! It makes the lasting things, gives pid 1 its orders, and then only watches: signals to
//! hand on, a command that stops, a clock, and whoever embeds us. It never
//! decides. When it dies, however it dies, the connection to pid 1 closes and
//! the tree ends.

use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::time::{Duration, Instant};

use fumehood_os::linux::Refusal;
use fumehood_os::linux::keep::{self, Journal};
use fumehood_os::linux::sys::clone;
use fumehood_os::linux::sys::signals::{self, Arrived, Disposition, Set};
use fumehood_os::linux::sys::timer::Alarm;
use fumehood_os::linux::sys::wait::Usage;
use fumehood_plan::linux::{Plan, Step};
use fumehood_policy::AbsPath;
use rustix::event::{PollFd, PollFlags, Timespec};
use rustix::io::Errno;
use rustix::net::SendFlags;
use rustix::process::Signal;

use super::failure::{CallFailed, Failure};
use super::message::{Message, READY, START, STILL, go_on, text};
use super::orders::Orders;
use super::pty::{self, Pty};
use super::terminal::{End, Reader, Terminal};
use super::zygote::Zygote;
use crate::report::{Ending, Exit};

/// Who watches from outside.
#[derive(Debug, Default)]
pub struct Watch<'a> {
    /// Closed when whoever embeds us lets go.
    pub lifeline: Option<BorrowedFd<'a>>,
}

/// Who is told how a command fares. Every method runs beside pid 1, which makes
/// or clears away namespaces meanwhile: what is done here costs the caller little.
pub trait Observer {
    /// pid 1 is there and puts the plan in force. The command starts only after
    /// this has said yes.
    fn may_start(&mut self) -> bool {
        true
    }

    /// The command runs, with every step in force; false ends it again.
    fn started(&mut self, pid: i32) -> bool;

    /// The command ended, and with it all that is left of its tree.
    fn ended(&mut self, _exit: &Exit) {}
}

/// Signals that are read instead of suffered. What a key on the terminal sends
/// reaches the command by itself once it runs; what a process sends to us, and
/// whatever comes before, is handed on. One that the command gets twice because
/// its whole group was meant does no harm: a stop waits with the command, and
/// going on discards it (signal(7)).
pub(super) const CAUGHT: [i32; 11] = [
    1,  // SIGHUP
    2,  // SIGINT
    3,  // SIGQUIT
    10, // SIGUSR1
    12, // SIGUSR2
    15, // SIGTERM
    18, // SIGCONT
    20, // SIGTSTP
    21, // SIGTTIN
    22, // SIGTTOU
    28, // SIGWINCH
];
/// `SIGHUP`, `SIGINT`, `SIGQUIT`, `SIGTERM`: they end a program that waits for its reader.
const ENDING: [i32; 4] = [1, 2, 3, 15];
/// How long a reader may take for what a command leaves behind when one of those was
/// sent to it: it may have come too late for the command, and was meant for us too.
const GRACE: Duration = Duration::from_secs(1);
/// `SIGINT`, `SIGQUIT`: keys of the caller's terminal that are meant for what runs.
const KEYS: [i32; 2] = [2, 3];
/// `SIGTSTP`, `SIGTTIN`, `SIGTTOU`
const STOPPING: [i32; 3] = [20, 21, 22];
/// `SIGCHLD`
pub(super) const CHILD: i32 = 17;
/// `SIGCONT`
const CONTINUE: i32 = 18;
/// `SIGXFSZ`
const FILE_SIZE: i32 = 25;
/// `SIGWINCH`
const RESIZED: i32 = 28;

/// Starts the command of `plan` and stays until it ends; in `zygote`, if there is one
/// that suits.
///
/// # Errors
///
/// [`Failure`]: nothing was started, and nothing is left behind.
pub fn launch(
    plan: &Plan,
    zygote: Option<Zygote>,
    watch: &Watch<'_>,
    observer: &mut dyn Observer,
) -> Result<Exit, Failure> {
    if plan.launch.pty.is_some() && watch.lifeline.is_some() {
        return Err(Failure::TerminalApart);
    }
    if !clone::is_single_threaded() {
        return Err(Failure::Namespaces(Errno::BUSY.into()));
    }
    if let Some(text) = plan.launch.unspeakable() {
        return Err(Failure::Nul(text));
    }
    ignore_file_size()?;
    let journal = make_lasting(plan)?;
    let zygote = match zygote.and_then(|zygote| zygote.if_it_suits(plan)) {
        Some(zygote) => zygote,
        None => fork(plan)?,
    };
    let caught = Set::of(&CAUGHT);
    let mask = caught.block().map_err(watching)?;
    let result = launch_blocked(plan, zygote, watch, observer, caught);
    mask.install().map_err(watching)?;
    drop(journal);
    control_groups(plan).iter().for_each(keep::sweep_beside);
    result
}

/// A file of ours that may not grow is an error like any other, and no reason to die.
/// The command gets the signal back.
pub(super) fn ignore_file_size() -> Result<(), Failure> {
    signals::set(FILE_SIZE, Disposition::Ignore).map_err(watching)
}

pub(super) fn watching(errno: Errno) -> Failure {
    Failure::Watch(errno.into())
}

fn fork(plan: &Plan) -> Result<Zygote, Failure> {
    let group = plan.launch.control_group.as_ref();
    let group = group.map(keep::open_folder).transpose();
    let group = group.map_err(|refusal| watching(refusal.errno))?;
    Zygote::after_plan(plan, group.as_ref().map(AsFd::as_fd))
}

fn launch_blocked(
    plan: &Plan,
    zygote: Zygote,
    watch: &Watch<'_>,
    observer: &mut dyn Observer,
    caught: Set,
) -> Result<Exit, Failure> {
    let signals = caught.descriptor().map_err(watching)?;
    Orders::send(plan, &zygote.init).map_err(watching)?;
    let mut launcher = Launcher {
        plan,
        watch,
        signals,
        zygote,
        began: false,
        stops: 0,
        // A start that hangs is ended too.
        deadline: deadline(plan),
        end: None,
        terminal: None,
        asked: None,
    };
    launcher.run(observer)
}

/// Makes what lasts. What is given back removes the control groups when the run
/// is over, whichever way; those of runs that were killed are removed here.
fn make_lasting(plan: &Plan) -> Result<Option<Journal>, Failure> {
    let failed = |index: usize, step: &Step, refusal: Refusal| Failure::Step {
        index,
        step: step.to_string(),
        source: CallFailed {
            call: refusal.call.to_owned(),
            source: refusal.errno.into(),
        },
    };
    let journals = journals(plan);
    if let Some(journals) = &journals {
        keep::sweep(journals);
    }
    let journal = journals.map(|journals| Journal::begin(&journals, control_groups(plan)));
    for (index, step) in plan
        .steps
        .iter()
        .enumerate()
        .take_while(|(_, step)| step.is_lasting())
    {
        match step {
            Step::KeepFolder { path } => keep::folder(path),
            Step::ControlGroup { path, settings } => keep::control_group(path, settings),
            _ => Ok(()),
        }
        .map_err(|refusal| failed(index, step, refusal))?;
    }
    Ok(journal)
}

/// Where runs write down what would outlive them: beside the private folders.
fn journals(plan: &Plan) -> Option<AbsPath> {
    let kept = plan.steps.iter().find_map(|step| match step {
        Step::KeepFolder { path } => Some(path.clone()),
        _ => None,
    });
    let above = std::iter::successors(kept, AbsPath::parent);
    let workspaces = above
        .into_iter()
        .find(|path| path.name() == Some(b"workspaces"))?;
    workspaces.parent()?.join("journal").ok()
}

fn control_groups(plan: &Plan) -> Vec<AbsPath> {
    let group = |step: &Step| match step {
        Step::ControlGroup { path, .. } => Some(path.clone()),
        _ => None,
    };
    plan.steps.iter().filter_map(group).collect()
}

/// When the time of a command that starts now is up.
fn deadline(plan: &Plan) -> Option<Instant> {
    let timeout = plan.launch.timeout_ms.map(Duration::from_millis);
    timeout.and_then(|timeout| Instant::now().checked_add(timeout))
}

fn used(ending: Ending, usage: Usage) -> Exit {
    let Usage {
        user_us,
        system_us,
        peak_kib,
    } = usage;
    Exit {
        ending,
        user_us,
        system_us,
        peak_kib,
    }
}

struct Launcher<'a> {
    plan: &'a Plan,
    watch: &'a Watch<'a>,
    signals: OwnedFd,
    zygote: Zygote,
    /// Whether the command runs.
    began: bool,
    /// How often it has stopped.
    stops: u8,
    deadline: Option<Instant>,
    /// What the last message said.
    end: Option<Exit>,
    /// The command's, if it has one of its own.
    terminal: Option<Terminal>,
    /// The signal that last asked a command with a terminal to end.
    asked: Option<i32>,
}

/// What is there after a wait.
#[derive(Debug)]
struct Ready {
    init: bool,
    signals: bool,
    lifeline: bool,
    ends: Vec<(End, PollFlags)>,
}

impl Launcher<'_> {
    /// Ends the tree if it still runs and takes its exit status, so that no
    /// process is left when we return.
    fn finish(&mut self) {
        if self.end.is_none() {
            self.zygote.kill();
        }
        self.zygote.reap();
    }

    /// Follows the command to its end and leaves nothing behind.
    fn run(&mut self, observer: &mut dyn Observer) -> Result<Exit, Failure> {
        let result = self.allow(observer).and_then(|()| self.watch(observer));
        // What is still on a terminal of its own may find no reader.
        let is_final = self.terminal.is_none();
        if let (Ok(exit), true) = (&result, is_final) {
            observer.ended(exit);
        }
        self.finish();
        let result = result.and_then(|exit| self.drain(exit));
        if let (Ok(exit), false) = (&result, is_final) {
            observer.ended(exit);
        }
        result
    }

    /// Lets pid 1 start the command, once it has everything in force.
    fn allow(&self, observer: &mut dyn Observer) -> Result<(), Failure> {
        if !observer.may_start() {
            return Err(Failure::Unwanted);
        }
        // The first order of all: signals are handed on only after this. A pid 1 that
        // is gone says so itself.
        let _gone = rustix::net::send(&self.zygote.init, &START, SendFlags::NOSIGNAL);
        Ok(())
    }

    fn watch(&mut self, observer: &mut dyn Observer) -> Result<Exit, Failure> {
        loop {
            let ready = self.wait()?;
            if ready.init {
                if let Some(exit) = self.hear(observer)? {
                    // A key that came before the end was the command's, who may have caught
                    // it: it is not to end us. What comes later is for us alone, and waits.
                    if ready.signals {
                        self.hand_on(&[])?;
                    }
                    return Ok(exit);
                }
            } else if ready.lifeline {
                return Ok(Exit::of(Ending::Dropped));
            } else if self.left() == Some(Duration::ZERO) {
                return Ok(Exit::of(match self.asked {
                    Some(signal) if !self.began => Ending::Signal(signal),
                    _ => Ending::TimedOut,
                }));
            }
            if ready.signals {
                self.hand_on(&[])?;
            }
            let copied = self.terminal.as_mut().map(|one| one.copy(&ready.ends));
            match copied.transpose() {
                Ok(None | Some(Reader::There)) => {}
                Ok(Some(Reader::Gone)) => {
                    self.terminal = None;
                    return Ok(Exit::of(Ending::Signal(Signal::PIPE.as_raw())));
                }
                Err(errno) => return Err(Failure::Output(errno.into())),
            }
        }
    }

    /// Takes a message of pid 1. How the command ended, if it did.
    fn hear(&mut self, observer: &mut dyn Observer) -> Result<Option<Exit>, Failure> {
        let (bytes, pty) = pty::receive(&self.zygote.init).map_err(watching)?;
        match bytes.and_then(|bytes| Message::decode(&bytes)) {
            Some(Message::Terminal) => self.open_terminal(pty)?,
            Some(Message::Started) => {
                self.began = true;
                self.deadline = deadline(self.plan);
                if !observer.started(self.zygote.pid) {
                    return Err(Failure::Unwanted);
                }
            }
            // It stops on its own terminal, where whoever sits there sees it.
            Some(Message::Stopped { .. }) if self.terminal.is_some() => {}
            Some(Message::Stopped { .. }) => {
                self.stops = self.stops.wrapping_add(1);
                // We may have been stopped ourselves meanwhile, and be late.
                let _gone = rustix::net::send(&self.zygote.init, &STILL, SendFlags::NOSIGNAL);
            }
            Some(Message::Stands { signal }) => self.stop_too(signal)?,
            Some(Message::Goes) => {}
            Some(message) => return self.ended(message).map(Some),
            // Somebody outside ended pid 1, and so the tree.
            None if self.began => {
                return Ok(Some(Exit::of(Ending::Signal(Signal::KILL.as_raw()))));
            }
            None => return Err(Failure::Lost),
        }
        Ok(None)
    }

    /// Takes the command's terminal over and lets pid 1 start it.
    fn open_terminal(&mut self, pty: Option<Pty>) -> Result<(), Failure> {
        // Without a descriptor left here it does not come.
        let missing = Refusal {
            call: "recvmsg",
            errno: Errno::MFILE,
        };
        let opened = pty.ok_or(missing).and_then(Terminal::open);
        let opened = opened
            .map_err(|refusal| self.no_terminal(refusal.call.to_owned(), refusal.errno.into()));
        self.terminal = Some(opened?);
        // A pid 1 that is gone says so itself.
        let _gone = rustix::net::send(&self.zygote.init, &READY, SendFlags::NOSIGNAL);
        Ok(())
    }

    fn no_terminal(&self, call: String, source: std::io::Error) -> Failure {
        let multiplexer = self.plan.launch.pty.as_ref().map(ToString::to_string);
        Failure::Terminal {
            multiplexer: multiplexer.unwrap_or_default(),
            source: CallFailed { call, source },
        }
    }

    /// How much of the time limit is left.
    fn left(&self) -> Option<Duration> {
        self.deadline
            .map(|deadline| deadline.saturating_duration_since(Instant::now()))
    }

    /// Waits for any of them, or the deadline.
    fn wait(&self) -> Result<Ready, Failure> {
        let mut ready = vec![PollFd::new(&self.zygote.init, PollFlags::IN)];
        // On a terminal of its own there is nobody yet whom a key could mean, and pid 1
        // takes no orders before it has passed that on.
        let deaf = self.plan.launch.pty.is_some() && !self.began;
        let signals = (!deaf).then(|| PollFd::new(&self.signals, PollFlags::IN));
        ready.extend(signals);
        let lifeline = self.watch.lifeline;
        ready.extend(lifeline.map(|fd| PollFd::from_borrowed_fd(fd, PollFlags::IN)));
        let wanted = self.terminal.as_ref().map(|one| one.wanted(self.began));
        let (ends, wanted): (Vec<End>, Vec<PollFd<'_>>) = wanted.into_iter().flatten().unzip();
        ready.extend(wanted);
        let glance = self.terminal.as_ref().and_then(Terminal::glance);
        let left = self.left().into_iter().chain(glance).min().map(timespec);
        match rustix::event::poll(&mut ready, left.as_ref()) {
            Ok(_) | Err(Errno::INTR) => {}
            Err(errno) => return Err(watching(errno)),
        }
        let mut ready = ready.iter().map(PollFd::revents);
        let mut next = || ready.next().is_some_and(|revents| !revents.is_empty());
        let init = next();
        let signals = !deaf && next();
        let lifeline = lifeline.is_some() && next();
        let ends = ends.into_iter().zip(ready);
        Ok(Ready {
            init,
            signals,
            lifeline,
            ends: ends.filter(|(_, revents)| !revents.is_empty()).collect(),
        })
    }

    fn ended(&mut self, message: Message) -> Result<Exit, Failure> {
        let exit = match message {
            Message::Ended {
                code,
                signal: 0,
                usage,
            } => used(Ending::Code(code), usage),
            Message::Ended { signal, usage, .. } => used(Ending::Signal(signal), usage),
            Message::Uncovered => Exit::of(Ending::Uncovered),
            Message::NoNamespaces { errno } => {
                return Err(Failure::Namespaces(std::io::Error::from_raw_os_error(
                    errno,
                )));
            }
            Message::StepFailed { step, errno, call } => {
                let index = usize::try_from(step).unwrap_or(usize::MAX);
                let step = self
                    .plan
                    .steps
                    .get(index)
                    .map_or("start of the command".to_owned(), Step::to_string);
                let source = std::io::Error::from_raw_os_error(errno);
                return Err(Failure::Step {
                    index,
                    step: step.lines().next().unwrap_or_default().to_owned(),
                    source: CallFailed {
                        call: text(&call),
                        source,
                    },
                });
            }
            Message::ExecFailed { errno } => {
                let program = self.plan.launch.arguments.first().map(ToString::to_string);
                return Err(Failure::Execute {
                    program: program.unwrap_or_default(),
                    source: std::io::Error::from_raw_os_error(errno),
                });
            }
            Message::NoTerminal { errno, call } => {
                let source = std::io::Error::from_raw_os_error(errno);
                return Err(self.no_terminal(text(&call), source));
            }
            Message::Started
            | Message::Terminal
            | Message::Stopped { .. }
            | Message::Stands { .. }
            | Message::Goes => return Err(Failure::Lost),
        };
        self.end = Some(exit);
        Ok(exit)
    }

    /// Tells pid 1 to send the command a signal. A pid 1 that is gone says so itself.
    fn order(&self, signal: i32) {
        let order = [u8::try_from(signal).unwrap_or(0)];
        let _gone = rustix::net::send(&self.zygote.init, &order, SendFlags::NOSIGNAL);
    }

    /// Hands on what has arrived, but for what was meant for us.
    fn hand_on(&mut self, ours: &[i32]) -> Result<(), Failure> {
        while let Some(arrived) = signals::next(&self.signals).map_err(watching)? {
            if self.terminal.is_some() {
                self.hand_over(arrived)?;
            } else if !ours.contains(&arrived.signal) && (arrived.sent || !self.began) {
                self.order(arrived.signal);
                self.hurry(arrived.signal);
            }
        }
        Ok(())
    }

    /// A start that is asked to end has a moment for it: the command gets the signal as
    /// soon as there is one, and what hangs before that is ended by us.
    fn hurry(&mut self, signal: i32) {
        if self.began || !ENDING.contains(&signal) || signals::is_ignored(signal) {
            return;
        }
        self.asked = Some(signal);
        let soon = Instant::now().checked_add(GRACE);
        self.deadline = self.deadline.into_iter().chain(soon).min();
    }

    /// Hands on a signal to a command with a terminal of its own. What a key on the
    /// caller's terminal sends does not reach that by itself.
    fn hand_over(&mut self, arrived: Arrived) -> Result<(), Failure> {
        let Some(terminal) = &mut self.terminal else {
            return Ok(());
        };
        let Arrived { signal, sent } = arrived;
        let key = !sent && KEYS.contains(&signal);
        match signal {
            RESIZED => terminal.resize(),
            CONTINUE => terminal.come_back(),
            _ if ENDING.contains(&signal) && !signals::is_ignored(signal) => {
                self.asked = Some(signal);
            }
            _ => {}
        }
        if (signal == RESIZED && !sent) || (key && terminal.press(signal)) {
            return Ok(());
        }
        self.order(signal);
        if STOPPING.contains(&signal) {
            self.step_aside(signal)?;
        }
        Ok(())
    }

    /// Stops by `signal`, which was sent to us, and leaves the caller its terminal for
    /// as long. The command got the signal too; whether it stops by it is its own
    /// business: on a terminal of its own nobody is there to make it go on.
    fn step_aside(&mut self, signal: i32) -> Result<(), Failure> {
        if let Some(terminal) = &mut self.terminal {
            terminal.step_aside();
        }
        self.stop(signal)?;
        if let Some(terminal) = &mut self.terminal {
            terminal.come_back();
        }
        // What made us go on is handed on next. Nothing did where we could not stop (in
        // a group of orphans, setpgid(2)); going on would take the signal back.
        Ok(())
    }

    /// The command stopped: so do we, by the same signal, for our shell to see.
    /// When we go on, so does the command. A host that embeds us is no shell: it
    /// could not let go of a launcher that is stopped.
    fn stop_too(&mut self, signal: i32) -> Result<(), Failure> {
        if self.watch.lifeline.is_some() {
            return Ok(());
        }
        self.stop(signal)?;
        // Woken by the time limit: a command that went on now might end in good order
        // before it is ended.
        if self.left() == Some(Duration::ZERO) {
            return Ok(());
        }
        // The signal that woke us was for the whole job, or just for us: pid 1 sees
        // whether the command still stands where it stood.
        self.hand_on(&[CONTINUE])?;
        let _gone = rustix::net::send(&self.zygote.init, &go_on(self.stops), SendFlags::NOSIGNAL);
        Ok(())
    }

    /// Stops this process. The time limit goes on running meanwhile.
    fn stop(&self, signal: i32) -> Result<(), Failure> {
        let alarm = self.left().map(|left| Alarm::after(left, CONTINUE));
        let alarm = alarm.transpose().map_err(watching)?;
        signals::suffer(signal).map_err(watching)?;
        drop(alarm);
        Ok(())
    }

    /// Shows what is still in the terminal of a tree that has ended. A command that
    /// ended by itself would have waited for a reader that takes its time, until the
    /// time limit or a signal, and so do we.
    fn drain(&mut self, exit: Exit) -> Result<Exit, Failure> {
        let Some(mut terminal) = self.terminal.take() else {
            return Ok(exit);
        };
        while terminal.fetch_rest() {
            let (left, given_up) = match exit.ending {
                Ending::Code(_) | Ending::Signal(_) => match self.asked {
                    Some(signal) => (Some(GRACE), Ending::Signal(signal)),
                    None => (self.left(), Ending::TimedOut),
                },
                ended => (Some(Duration::ZERO), ended),
            };
            let mut ready = [terminal.screen(), PollFd::new(&self.signals, PollFlags::IN)];
            match rustix::event::poll(&mut ready, left.map(timespec).as_ref()) {
                Ok(0) => {
                    return Ok(Exit {
                        ending: given_up,
                        ..exit
                    });
                }
                Ok(_) | Err(Errno::INTR) => {}
                Err(errno) => return Err(watching(errno)),
            }
            let [screen, signals] = ready.map(|one| one.revents());
            let mut ending = None;
            if !signals.is_empty() {
                ending = self.while_draining(&mut terminal)?;
            }
            let failed = |errno: Errno| Failure::Output(errno.into());
            if !screen.is_empty() && terminal.show().map_err(failed)? == Reader::Gone {
                ending = Some(Signal::PIPE.as_raw());
            }
            if let Some(signal) = ending {
                let ending = Ending::Signal(signal);
                return Ok(Exit { ending, ..exit });
            }
        }
        Ok(exit)
    }

    /// Takes the signals that arrive when there is nobody left to hand them to. One
    /// that ends us, if there is one.
    fn while_draining(&self, terminal: &mut Terminal) -> Result<Option<i32>, Failure> {
        while let Some(arrived) = signals::next(&self.signals).map_err(watching)? {
            let signal = arrived.signal;
            if ENDING.contains(&signal) && !signals::is_ignored(signal) {
                return Ok(Some(signal));
            }
            if STOPPING.contains(&signal) {
                terminal.step_aside();
                self.stop(signal)?;
            }
            if STOPPING.contains(&signal) || signal == CONTINUE {
                terminal.come_back();
            }
        }
        Ok(None)
    }
}

fn timespec(left: Duration) -> Timespec {
    Timespec {
        tv_sec: i64::try_from(left.as_secs()).unwrap_or(i64::MAX),
        tv_nsec: i64::from(left.subsec_nanos()),
    }
}
