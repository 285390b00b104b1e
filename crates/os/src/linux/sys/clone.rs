//! New processes: `clone3(2)` into namespaces, and a child that only executes.
#![expect(unsafe_code, reason = "FFI fence: clone3, clone")]

use std::os::fd::{AsRawFd, BorrowedFd, FromRawFd, OwnedFd};

use rustix::io::Errno;

use super::{checked, small};

/// Which side of a [`into_namespaces`] we are on.
#[derive(Debug)]
pub enum Side {
    /// The caller, with a descriptor of the child that cannot come to mean another process.
    Parent {
        /// Process file descriptor.
        pidfd: OwnedFd,
        /// Process number as the caller sees it.
        pid: i32,
    },
    /// The new process.
    Child,
}

/// `struct clone_args`, version 2 (clone(2)).
#[repr(C, align(8))]
#[derive(Default)]
struct CloneArgs {
    flags: u64,
    pidfd: u64,
    child_tid: u64,
    parent_tid: u64,
    exit_signal: u64,
    stack: u64,
    stack_size: u64,
    tls: u64,
    set_tid: u64,
    set_tid_size: u64,
    cgroup: u64,
}

/// `CLONE_INTO_CGROUP` (Linux 5.7), which does not fit the type of libc's constants.
const INTO_CGROUP: u64 = 0x2_0000_0000;

/// Whether this process has one thread: only then `CLONE_THREAD` may be given to
/// unshare(2), and then it does nothing.
#[must_use]
pub fn is_single_threaded() -> bool {
    // SAFETY: the flag alone changes nothing; it either succeeds or fails.
    let result = unsafe { libc::unshare(libc::CLONE_THREAD) };
    checked(result.into()) != Err(Errno::INVAL)
}

/// Moves the caller into new namespaces (`CLONE_NEW*`).
///
/// # Errors
///
/// `ENOSPC` at a limit on namespaces (`/proc/sys/user/max_net_namespaces` and others),
/// `EPERM` without privileges, `EINVAL` if the kernel lacks one, `ENOMEM`.
pub fn unshare(namespaces: u64) -> rustix::io::Result<()> {
    let flags = libc::c_int::try_from(namespaces).map_err(|_| Errno::INVAL)?;
    // SAFETY: flags for namespaces change only what the calling thread sees of the
    // system, not the memory or the descriptors that it shares with others.
    let result = unsafe { libc::unshare(flags) };
    checked(result.into()).map(drop)
}

/// Forks into new namespaces (`CLONE_NEW*` in `namespaces`), in a version 2
/// control group if one is given.
///
/// # Errors
///
/// `EPERM`, `ENOSPC` or `EUSERS` where user namespaces are refused, `EINVAL` if
/// the kernel lacks one; `EBUSY` (ours) if the process has more than one
/// thread: the child of such a process could wait for a lock for ever.
pub fn into_namespaces(
    namespaces: u64,
    control_group: Option<BorrowedFd<'_>>,
) -> rustix::io::Result<Side> {
    if !is_single_threaded() {
        return Err(Errno::BUSY);
    }
    let mut pidfd: libc::c_int = -1;
    let args = CloneArgs {
        flags: namespaces
            | libc::CLONE_PIDFD as u64
            | if control_group.is_some() {
                INTO_CGROUP
            } else {
                0
            },
        pidfd: (&raw mut pidfd) as u64,
        exit_signal: libc::SIGCHLD as u64,
        cgroup: control_group.map_or(0, |group| u64::from(group.as_raw_fd().unsigned_abs())),
        ..CloneArgs::default()
    };
    // SAFETY:
    // - `args` is a whole `clone_args` of the size that is passed, and lives during the call.
    // - `pidfd` in it points at a writable int; `cgroup` is open, or 0 and not asked for.
    // - No stack and no CLONE_VM are given, so the child runs on its own copy of this
    //   one; that it may go on using the allocator follows from the single thread
    //   that was asserted above.
    let result =
        unsafe { libc::syscall(libc::SYS_clone3, &raw const args, size_of::<CloneArgs>()) };
    match checked(result)? {
        0 => Ok(Side::Child),
        pid => {
            // SAFETY: the kernel has just made this descriptor for us.
            let pidfd = unsafe { OwnedFd::from_raw_fd(pidfd) };
            Ok(Side::Parent {
                pidfd,
                pid: small(pid),
            })
        }
    }
}

/// Stack of a child that shares our memory until it executes something.
const CHILD_STACK: usize = 32 * 1024;

/// Starts `child` on a stack of its own in a process that shares this one's
/// memory, and waits until it has executed a program or ended, as vfork(2) does.
///
/// Returns the process number. `child` returns what the process exits with if
/// it does not execute anything.
///
/// # Errors
///
/// `EAGAIN` at the limit on processes, `ENOMEM`.
pub fn vfork(child: &mut (dyn FnMut() -> i32 + '_)) -> rustix::io::Result<i32> {
    extern "C" fn enter(argument: *mut libc::c_void) -> libc::c_int {
        let child = argument.cast::<&mut dyn FnMut() -> i32>();
        // SAFETY: `argument` is the `child` below, which outlives this process's use of
        // our memory because the caller is suspended until then.
        let child = unsafe { &mut *child };
        child()
    }
    let mut stack = Vec::<u8>::with_capacity(CHILD_STACK);
    let top = stack.spare_capacity_mut().as_mut_ptr_range().end;
    let top = top.wrapping_sub(top.addr() % 16).cast::<libc::c_void>();
    let mut child = child;
    // SAFETY:
    // - `top` is the 16-byte aligned end of a live buffer that only the child uses; the
    //   caller is suspended by CLONE_VFORK until the child has left our memory.
    // - `enter` is given a pointer to `child`, which lives in this frame.
    let result = unsafe {
        libc::clone(
            enter,
            top,
            libc::CLONE_VM | libc::CLONE_VFORK | libc::SIGCHLD,
            (&raw mut child).cast::<libc::c_void>(),
        )
    };
    Ok(small(checked(libc::c_long::from(result))?))
}
