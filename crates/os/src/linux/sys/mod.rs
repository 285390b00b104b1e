//! The FFI fence: the only folder with `unsafe` in it, a file per concept.
//!
//! What rustix has a safe function for is not here. Every wrapper takes borrowed
//! descriptors and slices, makes one call, and returns the `errno`.

pub mod capabilities;
pub mod clone;
pub mod exec;
pub mod landlock;
pub mod mount;
pub mod seccomp;
pub mod signals;
pub mod start;
pub mod surface;
pub mod terminal;
pub mod timer;
pub mod wait;

use rustix::io::Errno;

/// The result of a raw system call: -1 stands for `errno`.
fn checked(result: libc::c_long) -> rustix::io::Result<libc::c_long> {
    if result == -1 {
        let code = std::io::Error::last_os_error().raw_os_error();
        return Err(Errno::from_raw_os_error(code.unwrap_or(libc::EIO)));
    }
    Ok(result)
}

/// A descriptor or number that a call returned, as `i32`.
fn small(result: libc::c_long) -> i32 {
    i32::try_from(result).expect("descriptors and process numbers are 32 bits wide")
}
