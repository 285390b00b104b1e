//! Calls that no command is given, made to see that it is so.
//!
//! Only probes use these: each asks for the least that the call can do, so that
//! whoever is not refused has changed nothing that outlives them.
#![expect(
    unsafe_code,
    reason = "FFI fence: ioctl, bpf, keyctl, add_key, io_uring_setup, process_vm_readv"
)]

use std::os::fd::{AsRawFd, BorrowedFd, FromRawFd, OwnedFd};

use rustix::process::Pid;

use super::{checked, small};

/// Puts a byte into a terminal's input, as if it had been typed (`TIOCSTI`).
///
/// # Errors
///
/// `EPERM` from a filter or for a terminal that is not one's own, `EIO` where the
/// kernel has this switched off (`dev.tty.legacy_tiocsti`).
pub fn type_into(terminal: BorrowedFd<'_>, byte: u8) -> rustix::io::Result<()> {
    // SAFETY: `terminal` is open, and the call reads the one byte that is pointed at.
    let result = unsafe { libc::ioctl(terminal.as_raw_fd(), libc::TIOCSTI, &raw const byte) };
    checked(libc::c_long::from(result)).map(drop)
}

/// What `BPF_MAP_CREATE` reads of `union bpf_attr`; the rest counts as zero.
#[repr(C)]
struct MapAttr {
    map_type: u32,
    key_size: u32,
    value_size: u32,
    max_entries: u32,
}

const BPF_MAP_CREATE: libc::c_long = 0;
const BPF_MAP_TYPE_ARRAY: u32 = 2;

/// Makes a map of one number for programs in the kernel (bpf(2)).
///
/// # Errors
///
/// `EPERM` from a filter, or where the kernel gives this to nobody but root.
pub fn make_map() -> rustix::io::Result<OwnedFd> {
    let attr = MapAttr {
        map_type: BPF_MAP_TYPE_ARRAY,
        key_size: 4,
        value_size: 4,
        max_entries: 1,
    };
    // SAFETY: `attr` lives during the call and is as long as is said.
    let result = unsafe {
        libc::syscall(
            libc::SYS_bpf,
            BPF_MAP_CREATE,
            &raw const attr,
            size_of::<MapAttr>(),
        )
    };
    let map = small(checked(result)?);
    // SAFETY: the kernel has just made this descriptor for us.
    Ok(unsafe { OwnedFd::from_raw_fd(map) })
}

const KEYCTL_GET_KEYRING_ID: libc::c_long = 0;
/// The keyring of this thread: it goes with it.
const THREAD_KEYRING: libc::c_long = -1;

/// Makes this thread's keyring in the kernel (keyctl(2)).
///
/// # Errors
///
/// `EPERM` from a filter, `ENOSYS` from a kernel without keys.
pub fn make_keyring() -> rustix::io::Result<()> {
    let make: libc::c_long = 1;
    // SAFETY: the call takes numbers only.
    let result = unsafe {
        libc::syscall(
            libc::SYS_keyctl,
            KEYCTL_GET_KEYRING_ID,
            THREAD_KEYRING,
            make,
        )
    };
    checked(result).map(drop)
}

/// Puts a key into this thread's keyring (`add_key(2)`).
///
/// # Errors
///
/// As [`make_keyring`].
pub fn add_key(value: &[u8]) -> rustix::io::Result<()> {
    // SAFETY: both names are C strings, and `value` is as long as is said.
    let result = unsafe {
        libc::syscall(
            libc::SYS_add_key,
            c"user".as_ptr(),
            c"fumehood-probe".as_ptr(),
            value.as_ptr(),
            value.len(),
            THREAD_KEYRING,
        )
    };
    checked(result).map(drop)
}

/// Size of `struct io_uring_params`.
const RING_PARAMETERS: usize = 120;

/// Makes a ring of one call (`io_uring_setup(2)`).
///
/// # Errors
///
/// `ENOSYS` from a filter or a kernel without rings, `EPERM` where the kernel has
/// them switched off (`kernel.io_uring_disabled`).
pub fn make_ring() -> rustix::io::Result<OwnedFd> {
    let entries: libc::c_long = 1;
    let mut parameters = [0u64; RING_PARAMETERS / size_of::<u64>()];
    // SAFETY: the parameters are as long as the kernel's structure, aligned as it is,
    // all zeroes, and live during the call, which fills them in.
    let result =
        unsafe { libc::syscall(libc::SYS_io_uring_setup, entries, parameters.as_mut_ptr()) };
    let ring = small(checked(result)?);
    // SAFETY: the kernel has just made this descriptor for us.
    Ok(unsafe { OwnedFd::from_raw_fd(ring) })
}

/// Reads a byte of another process's memory (`process_vm_readv(2)`), at an address
/// that is one of ours.
///
/// # Errors
///
/// `EPERM` and `ESRCH` for a process that may not be read or is not seen; `EFAULT`
/// says that it may be read, and has nothing at that address.
pub fn read_memory(of: Pid) -> rustix::io::Result<()> {
    let (there, mut here) = (0u8, 0u8);
    let from = libc::iovec {
        iov_base: (&raw const there).cast_mut().cast(),
        iov_len: 1,
    };
    let to = libc::iovec {
        iov_base: (&raw mut here).cast(),
        iov_len: 1,
    };
    // SAFETY: each list has one entry; `to` names a byte of ours that is written, and
    // `from` an address that is only looked up in the other process.
    let result = unsafe {
        libc::process_vm_readv(
            of.as_raw_nonzero().get(),
            &raw const to,
            1,
            &raw const from,
            1,
            0,
        )
    };
    checked(libc::c_long::try_from(result).unwrap_or(-1)).map(drop)
}
