//! Installing a filter (seccomp(2)).
#![expect(unsafe_code, reason = "FFI fence: seccomp")]

use fumehood_plan::linux::seccomp::Instruction;
use rustix::io::Errno;

use super::checked;

const SET_MODE_FILTER: u32 = 1;

/// Puts this thread, and all it will start, under `program`.
///
/// # Errors
///
/// `EACCES` without `no_new_privs`, `EINVAL` for a program the kernel does not
/// take, `E2BIG` (ours) for one that is longer than it could ever take.
pub fn install(program: &[Instruction]) -> rustix::io::Result<()> {
    let mut code: Vec<libc::sock_filter> = program
        .iter()
        .map(|one| libc::sock_filter {
            code: one.code,
            jt: one.jt,
            jf: one.jf,
            k: one.k,
        })
        .collect();
    let len = u16::try_from(code.len()).map_err(|_| Errno::TOOBIG)?;
    let filter = libc::sock_fprog {
        len,
        filter: code.as_mut_ptr(),
    };
    // SAFETY: `filter` names `len` instructions that live during the call, which copies them.
    let result =
        unsafe { libc::syscall(libc::SYS_seccomp, SET_MODE_FILTER, 0u32, &raw const filter) };
    checked(result).map(drop)
}
