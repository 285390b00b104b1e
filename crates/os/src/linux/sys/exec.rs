//! Executing a program with prepared tables: nothing is allocated.
#![expect(unsafe_code, reason = "FFI fence: execve, close_range")]

use std::ffi::CString;
use std::os::fd::{AsRawFd, BorrowedFd};
use std::ptr;

use rustix::io::Errno;

use super::checked;

/// A null-terminated table of C strings, as `execve(2)` wants `argv` and `envp`.
#[derive(Debug)]
pub struct Table {
    /// Keeps the strings that `pointers` leads to.
    texts: Vec<CString>,
    pointers: Vec<*const libc::c_char>,
}

impl Table {
    /// Builds the table once, before anything is forked.
    #[must_use]
    pub fn new(texts: Vec<CString>) -> Self {
        let pointers = texts
            .iter()
            .map(|text| text.as_ptr())
            .chain([ptr::null()])
            .collect();
        Self { texts, pointers }
    }

    /// The strings.
    #[must_use]
    pub fn texts(&self) -> &[CString] {
        &self.texts
    }
}

/// Executes `program`. Returns only if that failed.
#[must_use]
pub fn execute(program: &CString, arguments: &Table, environment: &Table) -> Errno {
    // SAFETY: `program` and every string of the tables end with NUL and live during
    // the call; both tables end with a null pointer, which is what `Table` means.
    unsafe {
        libc::execve(
            program.as_ptr(),
            arguments.pointers.as_ptr(),
            environment.pointers.as_ptr(),
        )
    };
    checked(-1).err().unwrap_or(Errno::IO)
}

/// Marks every descriptor from `first` on to be closed by the next `execve(2)`
/// (`close_range(2)`, Linux 5.11).
///
/// # Errors
///
/// `ENOSYS` or `EINVAL` on older kernels.
pub fn close_on_exec_from(first: u32) -> rustix::io::Result<()> {
    // SAFETY: the call takes three numbers and touches no memory of ours.
    let result = unsafe {
        libc::syscall(
            libc::SYS_close_range,
            first,
            u32::MAX,
            libc::CLOSE_RANGE_CLOEXEC,
        )
    };
    checked(result).map(drop)
}

/// Closes every descriptor from 3 on but `kept` (`close_range(2)`, Linux 5.9): for a
/// process that was forked and uses nothing else of its parent's. Where that fails they
/// stay open until the process ends.
pub fn close_all_but(kept: BorrowedFd<'_>) {
    let kept = kept.as_raw_fd().unsigned_abs();
    for (first, last) in [(3, kept.saturating_sub(1)), (kept.max(2) + 1, u32::MAX)] {
        if first <= last {
            // SAFETY: the call takes numbers only; what owns the descriptors here is a copy
            // of the parent's memory, which is never used again nor dropped.
            let _ends_with_us = unsafe { libc::syscall(libc::SYS_close_range, first, last, 0) };
        }
    }
}

/// Ends this process at once, without running anything of ours.
pub fn exit_now(code: i32) -> ! {
    // SAFETY: no memory is involved; the call does not return.
    unsafe { libc::_exit(code) }
}
