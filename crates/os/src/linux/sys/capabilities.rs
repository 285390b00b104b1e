//! Giving up capabilities (capabilities(7)).
#![expect(unsafe_code, reason = "FFI fence: capset, prctl")]

use rustix::io::Errno;

use super::checked;

/// `struct __user_cap_header_struct`
#[repr(C)]
struct Header {
    version: u32,
    pid: i32,
}

/// `struct __user_cap_data_struct`
#[repr(C)]
#[derive(Clone, Copy)]
struct Sets {
    effective: u32,
    permitted: u32,
    inheritable: u32,
}

const VERSION_3: u32 = 0x2008_0522;
/// Capabilities a 64-bit set could hold.
const NUMBERS: u64 = 64;

/// Empties the bounding set, so that no program gains one, not even as user 0.
///
/// # Errors
///
/// `EPERM` without `CAP_SETPCAP`.
pub fn empty_bounding_set() -> rustix::io::Result<()> {
    for number in 0..NUMBERS {
        // SAFETY: the call takes numbers only.
        let result = unsafe { libc::prctl(libc::PR_CAPBSET_DROP, number, 0, 0, 0) };
        match checked(libc::c_long::from(result)) {
            Ok(_) => {}
            // The first number that this kernel does not know.
            Err(Errno::INVAL) => break,
            Err(errno) => return Err(errno),
        }
    }
    Ok(())
}

/// Empties the effective, permitted and inheritable sets (and so the ambient one).
///
/// # Errors
///
/// None that is known: giving up is always allowed.
pub fn drop_all() -> rustix::io::Result<()> {
    let header = Header {
        version: VERSION_3,
        pid: 0,
    };
    let sets = [Sets {
        effective: 0,
        permitted: 0,
        inheritable: 0,
    }; 2];
    // SAFETY: version 3 wants a header and two sets; both live during the call.
    let result = unsafe { libc::syscall(libc::SYS_capset, &raw const header, sets.as_ptr()) };
    checked(result).map(drop)
}
