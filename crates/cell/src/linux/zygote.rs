//! pid 1 before it has its orders.
//!
//! Making namespaces takes the kernel about as long as planning takes us, and
//! neither needs the other: how a plan opens follows from the policy alone. So pid 1
//! is forked first, while there is little memory to copy, makes by itself, on another
//! processor, what the kernel need not make with the fork, and takes the first steps.
//! Then it waits. Until its orders come nothing but our own code has run in it, and if
//! the launcher is gone it ends. It has taken along the mounts that there were: if one
//! comes or goes before its orders are given, it is not used.

use std::os::fd::{AsFd, BorrowedFd, OwnedFd};

use fumehood_os::linux::mounts::Watch;
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
use super::launcher::{CAUGHT, CHILD, watching};
use super::message::{Message, tell};
use super::orders::Orders;

/// A process in new namespaces, waiting for its orders. Dropping it ends it, and with
/// it everything it has started.
#[derive(Debug)]
pub struct Zygote {
    /// Our end of the connection to it.
    pub(super) init: OwnedFd,
    pidfd: OwnedFd,
    pub(super) pid: i32,
    opening: Opening,
    /// Watches the mounts since before it was forked, if that is possible.
    watch: Option<Watch>,
    /// Whether its exit status was taken.
    taken: bool,
}

impl Zygote {
    /// Forks this process, which has one thread, into the namespaces of `opening`.
    ///
    /// # Errors
    ///
    /// [`Failure::Namespaces`] where they are refused. All but the first two, and the
    /// steps, come later: whoever gives it orders hears of those.
    pub fn before_plan(opening: Opening) -> Result<Self, Failure> {
        let watch = Watch::begin();
        let mut zygote = Self::fork(opening, None)?;
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
        Self::fork(opening, control_group)
    }

    fn fork(opening: Opening, control_group: Option<BorrowedFd<'_>>) -> Result<Self, Failure> {
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
                become_init(&theirs, &opening, processors)
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

    /// Whether it still waits.
    fn lives(&self) -> bool {
        let mut end = [PollFd::new(&self.pidfd, PollFlags::IN)];
        rustix::event::poll(&mut end, Some(&Timespec::default())) == Ok(0)
    }

    /// Itself, if it has come as far as `plan` wants it to, and the mounts are still those
    /// that it took along.
    pub(super) fn if_it_suits(self, plan: &Plan) -> Option<Self> {
        let knows_the_mounts = self
            .watch
            .as_ref()
            .is_some_and(|watch| !watch.saw_a_change());
        let suits = knows_the_mounts && self.opening.suits(plan) && self.lives();
        suits.then_some(self)
    }

    /// Ends it, and with it the whole tree.
    pub(super) fn kill(&self) {
        let _ended = rustix::process::pidfd_send_signal(&self.pidfd, Signal::KILL);
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

/// The new process: makes what takes long, and waits.
fn become_init(launcher: &OwnedFd, opening: &Opening, processors: Option<Processors>) -> ! {
    if let Some(processors) = &processors {
        processors.leave();
    }
    // Whoever reads what another end of ours is open for would wait for us.
    exec::close_all_but(launcher.as_fd());
    let Ok(mask) = Set::of(&CAUGHT).block() else {
        exec::exit_now(125);
    };
    let namespaces = flags(opening, |one| !WITH_FORK.contains(&one));
    if let Err(errno) = clone::unshare(namespaces) {
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
