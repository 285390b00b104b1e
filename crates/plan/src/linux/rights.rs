//! What a Landlock rule can grant (landlock(7)), and what each ABI knows.

/// `LANDLOCK_ACCESS_FS_EXECUTE`
pub const EXECUTE: u64 = 1;
/// `LANDLOCK_ACCESS_FS_WRITE_FILE`
pub const WRITE_FILE: u64 = 1 << 1;
/// `LANDLOCK_ACCESS_FS_READ_FILE`
pub const READ_FILE: u64 = 1 << 2;
/// `LANDLOCK_ACCESS_FS_READ_DIR`
pub const READ_DIR: u64 = 1 << 3;
/// `LANDLOCK_ACCESS_FS_TRUNCATE`
pub const TRUNCATE: u64 = 1 << 14;
/// `LANDLOCK_ACCESS_FS_IOCTL_DEV`
pub const IOCTL_DEV: u64 = 1 << 15;

/// Opening to read, listing and executing.
pub const READ: u64 = EXECUTE | READ_FILE | READ_DIR;
/// Everything that a rule on a file, not a folder, may name.
pub const OF_FILES: u64 = EXECUTE | WRITE_FILE | READ_FILE | TRUNCATE | IOCTL_DEV;

/// First ABI with `REFER`. Before it every rename across folders is `EXDEV`, so
/// that file rules would break more than they hold.
pub const FIRST_USEFUL: u32 = 2;
/// First ABI whose rulesets can scope abstract sockets and signals.
pub const FIRST_SCOPED: u32 = 6;
/// `LANDLOCK_SCOPE_ABSTRACT_UNIX_SOCKET | LANDLOCK_SCOPE_SIGNAL`
pub const SCOPES: u64 = 3;

/// What every opened file is asked for, also one that is opened to read.
pub const OF_EVERY_OPEN: u64 = READ | TRUNCATE;

/// All file rights that `abi` knows; 0 where file rules are left out.
#[must_use]
pub const fn handled(abi: u32) -> u64 {
    match abi {
        0..FIRST_USEFUL => 0,
        2 => (1 << 14) - 1,
        3 | 4 => (1 << 15) - 1,
        _ => (1 << 16) - 1,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_abi_handles_what_the_one_before_did() {
        for abi in 0..10 {
            assert_eq!(handled(abi) & !handled(abi + 1), 0, "{abi}");
        }
        assert_eq!(handled(1), 0, "no REFER, no file rules");
        assert_eq!(handled(5) & (IOCTL_DEV | TRUNCATE), IOCTL_DEV | TRUNCATE);
    }
}
