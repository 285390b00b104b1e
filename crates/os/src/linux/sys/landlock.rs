//! Landlock (landlock(7), Documentation/userspace-api/landlock.rst).
#![expect(unsafe_code, reason = "FFI fence: landlock_*")]

use std::os::fd::{AsRawFd, BorrowedFd, FromRawFd, OwnedFd};
use std::ptr;

use super::{checked, small};

/// `struct landlock_ruleset_attr`; a kernel takes as much of it as it knows.
#[repr(C)]
struct RulesetAttr {
    handled_access_fs: u64,
    handled_access_net: u64,
    scoped: u64,
}

/// `struct landlock_path_beneath_attr`
#[repr(C, packed)]
struct PathBeneathAttr {
    allowed_access: u64,
    parent_fd: i32,
}

const CREATE_RULESET_VERSION: u32 = 1;
const RULE_PATH_BENEATH: u32 = 1;
/// First ABI whose attribute has `scoped`.
const ABI_SCOPES: u32 = 6;

/// The ABI version of the running kernel; 0 if it has no Landlock.
#[must_use]
pub fn abi() -> u32 {
    // SAFETY: with a null attribute of size 0 and this flag the call only returns a number.
    let result = unsafe {
        libc::syscall(
            libc::SYS_landlock_create_ruleset,
            ptr::null::<RulesetAttr>(),
            0usize,
            CREATE_RULESET_VERSION,
        )
    };
    u32::try_from(result).unwrap_or(0)
}

/// A new ruleset. `scoped` must be 0 below ABI 6.
///
/// # Errors
///
/// `EINVAL` for bits that the kernel does not know, `ENOSYS`/`EOPNOTSUPP` without Landlock.
pub fn create(abi: u32, handled_fs: u64, scoped: u64) -> rustix::io::Result<OwnedFd> {
    let attr = RulesetAttr {
        handled_access_fs: handled_fs,
        handled_access_net: 0,
        scoped,
    };
    let size = if abi >= ABI_SCOPES {
        size_of::<RulesetAttr>()
    } else {
        size_of::<u64>()
    };
    // SAFETY: `attr` lives during the call and is at least `size` bytes long.
    let result = unsafe {
        libc::syscall(
            libc::SYS_landlock_create_ruleset,
            &raw const attr,
            size,
            0u32,
        )
    };
    let fd = small(checked(result)?);
    // SAFETY: the kernel has just made this descriptor for us.
    Ok(unsafe { OwnedFd::from_raw_fd(fd) })
}

/// Grants `rights` on `path` and everything below it.
///
/// # Errors
///
/// `EINVAL` for rights that the ruleset does not handle or a file cannot have.
pub fn allow(ruleset: BorrowedFd<'_>, path: BorrowedFd<'_>, rights: u64) -> rustix::io::Result<()> {
    let attr = PathBeneathAttr {
        allowed_access: rights,
        parent_fd: path.as_raw_fd(),
    };
    // SAFETY: `attr` is a whole `landlock_path_beneath_attr` and lives during the call;
    // both descriptors are open, which is what `BorrowedFd` means.
    let result = unsafe {
        libc::syscall(
            libc::SYS_landlock_add_rule,
            ruleset.as_raw_fd(),
            RULE_PATH_BENEATH,
            &raw const attr,
            0u32,
        )
    };
    checked(result).map(drop)
}

/// Puts this thread, and all it will start, under `ruleset`.
///
/// # Errors
///
/// `EPERM` without `no_new_privs`, `E2BIG` at 16 layers.
pub fn restrict_self(ruleset: BorrowedFd<'_>) -> rustix::io::Result<()> {
    // SAFETY: the descriptor is open; the call touches no memory of ours.
    let result =
        unsafe { libc::syscall(libc::SYS_landlock_restrict_self, ruleset.as_raw_fd(), 0u32) };
    checked(result).map(drop)
}
