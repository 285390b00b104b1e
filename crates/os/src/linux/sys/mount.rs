//! `mount_setattr(2)`, which rustix does not have, and the loopback interface.
#![expect(unsafe_code, reason = "FFI fence: mount_setattr, ioctl")]

use std::os::fd::{AsRawFd, BorrowedFd};

use super::checked;

/// `MOUNT_ATTR_RDONLY`
pub const READ_ONLY: u64 = 1;
/// `MOUNT_ATTR_NOSUID`
pub const NO_SUID: u64 = 2;
/// `MOUNT_ATTR_NODEV`
pub const NO_DEVICES: u64 = 4;
/// `MOUNT_ATTR_NOEXEC`
pub const NO_EXEC: u64 = 8;

/// `struct mount_attr`
#[repr(C)]
struct MountAttr {
    attr_set: u64,
    attr_clr: u64,
    propagation: u64,
    userns_fd: u64,
}

/// Adds flags to the mount that `tree` leads to and to all mounts below it.
///
/// # Errors
///
/// `EINVAL` if `tree` is not the root of a mount, `EPERM` without `CAP_SYS_ADMIN`.
pub fn add_flags(tree: BorrowedFd<'_>, flags: u64) -> rustix::io::Result<()> {
    let attr = MountAttr {
        attr_set: flags,
        attr_clr: 0,
        propagation: 0,
        userns_fd: 0,
    };
    // SAFETY: `tree` is open, the path is an empty C string, and `attr` is a whole
    // `mount_attr` of the size that is passed; all live during the call.
    let result = unsafe {
        libc::syscall(
            libc::SYS_mount_setattr,
            tree.as_raw_fd(),
            c"".as_ptr(),
            libc::AT_EMPTY_PATH | libc::AT_RECURSIVE,
            &raw const attr,
            size_of::<MountAttr>(),
        )
    };
    checked(result).map(drop)
}

/// `SIOCSIFFLAGS` (netdevice(7)); C libraries give requests different types.
const SET_FLAGS: libc::Ioctl = 0x8914;

/// Brings up the interface `lo` (netdevice(7)).
///
/// # Errors
///
/// `EPERM` outside a network namespace of one's own.
pub fn loopback_up(socket: BorrowedFd<'_>) -> rustix::io::Result<()> {
    let flags = libc::c_short::try_from(libc::IFF_UP).unwrap_or(1);
    let mut request = libc::ifreq {
        ifr_name: [0; libc::IFNAMSIZ],
        ifr_ifru: libc::__c_anonymous_ifr_ifru { ifru_flags: flags },
    };
    for (to, from) in request.ifr_name.iter_mut().zip(b"lo") {
        *to = libc::c_char::from_ne_bytes([*from]);
    }
    // SAFETY: `socket` is open and `request` is a whole `ifreq` with a terminated name.
    let result = unsafe { libc::ioctl(socket.as_raw_fd(), SET_FLAGS, &raw const request) };
    checked(libc::c_long::from(result)).map(drop)
}
