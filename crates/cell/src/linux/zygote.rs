//! pid 1 before it has its orders.
//!
//! Making namespaces takes the kernel about as long as planning takes us, and
//! neither needs the other: how a plan opens follows from the policy alone. So pid 1
//! is forked first, while there is little memory to copy, makes by itself, on another
//! processor, what the kernel need not make with the fork, and takes the first steps.
//! Before all it lists the mounts that it is about to take along: that takes the kernel
//! its time too. If one comes or goes before its orders are given, it is not used. Then
//! it waits. Until its orders come nothing but our own code has run in it, and if the
//! launcher is gone it ends.

use std::os::fd::{AsFd, BorrowedFd, OwnedFd};

use fumehood_os::linux::mounts::{self, Watch};
use fumehood_os::linux::processors::Processors;
use fumehood_os::linux::sys::clone::{self, Side};
use fumehood_os::linux::sys::exec;
use fumehood_os::linux::sys::signals::{self, Set};
use fumehood_plan::linux::{Namespace, Opening, Plan};
use rustix::event::{PollFd, PollFlags, Timespec};
use rustix::net::{AddressFamily, SocketFlags, SocketType};
use rustix::process::{Pid, Signal, WaitIdOptions};

use super::failure::Failure;
use super::init::{Beginning, Inherited, Init, Tables};
use super::launcher::{CAUGHT, CHILD, ignore_file_size, watching};
use super::message::{Message, tell};
use super::orders::Orders;
use super::parts;

/// A process in new namespaces, waiting for its orders. Dropping it ends it, and with
/// it everything it has started.
#[derive(Debug)]
pub struct Zygote {
    /// Our end of the connection to it.
    pub(super) init: OwnedFd,
    pidfd: OwnedFd,
    pub(super) pid: i32,
    opening: Opening,
    /// Watches the mounts since before it listed them, while they stay as they are.
    watch: Option<Watch>,
    /// Whether it listed them, and was asked.
    has_listed: bool,
    /// Whether its exit status was taken.
    taken: bool,
}

/// When it is forked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum When {
    /// Before there is a plan: it says which mounts there are.
    BeforePlan,
    AfterPlan,
}

impl Zygote {
    /// Forks this process, which has one thread, into the namespaces of `opening`.
    ///
    /// # Errors
    ///
    /// [`Failure::Namespaces`] where they are refused. All but the first two, and the
    /// steps, come later: whoever gives it orders hears of those.
    pub fn before_plan(opening: Opening) -> Result<Self, Failure> {
        ignore_file_size()?;
        let watch = Watch::begin();
        let mut zygote = Self::fork(opening, None, When::BeforePlan)?;
        zygote.watch = watch;
        Ok(zygote)
    }

    /// The same for a plan that is there, in its version 2 control group if it has one.
    ///
    /// # Errors
    ///
    /// As [`Zygote::before_plan`].
    pub(super) fn after_plan(
        plan: &Plan,
        control_group: Option<BorrowedFd<'_>>,
    ) -> Result<Self, Failure> {
        let opening = Opening {
            namespaces: plan.namespaces.clone(),
            steps: Vec::new(),
        };
        Self::fork(opening, control_group, When::AfterPlan)
    }

    fn fork(
        opening: Opening,
        control_group: Option<BorrowedFd<'_>>,
        when: When,
    ) -> Result<Self, Failure> {
        let (ours, theirs) = rustix::net::socketpair(
            AddressFamily::UNIX,
            SocketType::SEQPACKET,
            SocketFlags::CLOEXEC,
            None,
        )
        .map_err(watching)?;
        let with_fork = flags(&opening, |one| WITH_FORK.contains(&one));
        let processors = Processors::of_caller();
        let side = clone::into_namespaces(with_fork, control_group);
        match side.map_err(|errno| Failure::Namespaces(errno.into()))? {
            Side::Child => {
                drop(ours);
                become_init(&theirs, &opening, when, processors)
            }
            Side::Parent { pidfd, pid } => {
                if let (Some(processors), Some(pid)) = (processors, Pid::from_raw(pid)) {
                    processors.send_away(pid);
                }
                Ok(Self {
                    init: ours,
                    pidfd,
                    pid,
                    opening,
                    watch: None,
                    has_listed: false,
                    taken: false,
                })
            }
        }
    }

    /// Its process number, as the caller sees it.
    #[must_use]
    pub const fn id(&self) -> i32 {
        self.pid
    }

    /// The mounts it took along, as in `/proc/self/mountinfo` (`proc(5)`), for whoever has
    /// looked at everything else. None if it was asked before, is gone, or if the mounts
    /// are others by now; then it is of no use any more.
    pub fn mounts(&mut self) -> Option<Vec<u8>> {
        if std::mem::replace(&mut self.has_listed, true) {
            return None;
        }
        parts::take(&self.init).filter(|_| self.knows_the_mounts())
    }

    /// The kernel tells of a change once.
    fn knows_the_mounts(&mut self) -> bool {
        let _changed = self.watch.take_if(|watch| watch.saw_a_change());
        self.watch.is_some()
    }

    /// Whether it still waits.
    fn lives(&self) -> bool {
        let mut end = [PollFd::new(&self.pidfd, PollFlags::IN)];
        rustix::event::poll(&mut end, Some(&Timespec::default())) == Ok(0)
    }

    /// Itself, if it has come as far as `plan` wants it to, and the mounts are still those
    /// that it took along. Whoever made the plan may have had no use for its list.
    pub(super) fn if_it_suits(mut self, plan: &Plan) -> Option<Self> {
        let _unread = self.mounts();
        let suits = self.knows_the_mounts() && self.opening.suits(plan) && self.lives();
        suits.then_some(self)
    }

    /// Ends it, and with it the whole tree. Where we may not send it signals, it ends by
    /// itself when nobody is at the other end any more.
    pub(super) fn kill(&self) {
        let _told = rustix::net::shutdown(&self.init, rustix::net::Shutdown::Both);
        let sent = rustix::process::pidfd_send_signal(&self.pidfd, Signal::KILL);
        // It was not waited for, so its number is still its own.
        if let (Err(_), Some(pid)) = (sent, Pid::from_raw(self.pid)) {
            let _sent = rustix::process::kill_process(pid, Signal::KILL);
        }
    }

    /// Waits for its end and takes its exit status, so that no process is left.
    pub(super) fn reap(&mut self) {
        self.taken = true;
        let id = rustix::process::WaitId::PidFd(self.pidfd.as_fd());
        // A host that ignores SIGCHLD has nothing to take.
        let _taken = rustix::io::retry_on_intr(|| {
            rustix::process::waitid(id.clone(), WaitIdOptions::EXITED)
        });
    }
}

impl Drop for Zygote {
    fn drop(&mut self) {
        if !self.taken {
            self.kill();
            self.reap();
        }
    }
}

/// Namespaces that a process cannot enter by itself, or only by giving up its own
/// rights in all others.
const WITH_FORK: [Namespace; 2] = [Namespace::User, Namespace::Process];

/// The flags of some namespaces of an opening.
fn flags(opening: &Opening, some: impl Fn(Namespace) -> bool) -> u64 {
    let some = opening.namespaces.iter().filter(|one| some(**one));
    some.fold(0, |flags, one| flags | one.flag())
}

/// Says which mounts there are, for the launcher waits for that, and enters the
/// namespaces that were not made with the fork.
fn enter(opening: &Opening, when: When, launcher: &OwnedFd) -> rustix::io::Result<()> {
    if when == When::BeforePlan {
        // The launcher tries by itself when it hears nothing.
        let mounts = mounts::list().map_err(|refusal| refusal.errno)?;
        parts::pass(&mounts, launcher)?;
    }
    clone::unshare(flags(opening, |one| !WITH_FORK.contains(&one)))
}

/// The new process: makes what takes long, and waits.
fn become_init(
    launcher: &OwnedFd,
    opening: &Opening,
    when: When,
    processors: Option<Processors>,
) -> ! {
    if let Some(processors) = &processors {
        processors.leave();
    }
    // Whoever reads what another end of ours is open for would wait for us.
    exec::close_all_but(launcher.as_fd());
    // The end of the connection says that the launcher is gone, but not to a process that
    // somebody stopped. Where this is refused, that is left.
    let _refused = rustix::process::set_parent_process_death_signal(Some(Signal::KILL));
    let Ok(mask) = Set::of(&CAUGHT).block() else {
        exec::exit_now(125);
    };
    if let Err(errno) = enter(opening, when, launcher) {
        let errno = errno.raw_os_error();
        tell(launcher, Message::NoNamespaces { errno });
        exec::exit_now(125);
    }
    let beginning = Beginning::of(opening);
    let Some(orders) = Orders::receive(launcher) else {
        exec::exit_now(137);
    };
    let inherited = Inherited {
        mask,
        child_ignored: signals::is_ignored(CHILD),
    };
    let Ok(tables) = Tables::new(&orders.launch) else {
        exec::exit_now(125);
    };
    Init {
        orders: &orders,
        beginning,
        processors,
        tables,
        launcher,
        inherited,
    }
    .run()
}
