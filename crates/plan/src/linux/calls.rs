//! Numbers of the system calls that the filter has an opinion on.
//!
//! Everything that is not in this table is allowed up to the newest call that
//! was reviewed. Numbers are those of the kernel's `syscall_64.tbl` and of
//! `include/uapi/asm-generic/unistd.h`; what is not there does not exist there.

/// A machine that the filter can be built for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Machine {
    /// `x86_64`, 64-bit ABI only.
    X86_64,
    /// `aarch64`, little-endian.
    Aarch64,
}

impl Machine {
    /// Both.
    pub const ALL: [Self; 2] = [Self::X86_64, Self::Aarch64];

    /// The machine as `uname -m` calls it.
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        match name {
            "x86_64" => Some(Self::X86_64),
            "aarch64" => Some(Self::Aarch64),
            _ => None,
        }
    }

    /// `AUDIT_ARCH_*` of `<linux/audit.h>`.
    #[must_use]
    pub const fn audit_arch(self) -> u32 {
        match self {
            Self::X86_64 => 0xc000_003e,
            Self::Aarch64 => 0xc000_00b7,
        }
    }

    /// `file_setattr`, Linux 6.17: the last call somebody here has looked at.
    #[must_use]
    pub const fn newest_reviewed(self) -> u32 {
        469
    }
}

/// A system call and its numbers.
#[derive(Debug, Clone, Copy)]
pub struct Call {
    /// The name in the manual.
    pub name: &'static str,
    x86_64: Option<u32>,
    aarch64: Option<u32>,
}

impl Call {
    /// Its number on `machine`, if it exists there.
    #[must_use]
    pub const fn number(&self, machine: Machine) -> Option<u32> {
        match machine {
            Machine::X86_64 => self.x86_64,
            Machine::Aarch64 => self.aarch64,
        }
    }

    /// All calls that the filter has an opinion on.
    pub const ALL: &'static [Self] = &[
        both("ioctl", 16, 29),
        both("socket", 41, 198),
        both("clone", 56, 220),
        both("clone3", 435, 435),
        old("chmod", 90),
        both("fchmod", 91, 52),
        both("fchmodat", 268, 53),
        both("fchmodat2", 452, 452),
        old("open", 2),
        both("openat", 257, 56),
        old("creat", 85),
        old("mknod", 133),
        both("mknodat", 259, 33),
        both("personality", 135, 92),
        both("perf_event_open", 298, 241),
        both("sched_setparam", 142, 118),
        both("sched_setscheduler", 144, 119),
        both("sched_setaffinity", 203, 122),
        both("sched_setattr", 314, 274),
        both("prlimit64", 302, 261),
        both("setpriority", 141, 140),
        both("ioprio_set", 251, 30),
        both("ptrace", 101, 117),
        both("process_vm_readv", 310, 270),
        both("process_vm_writev", 311, 271),
        both("pidfd_getfd", 438, 438),
        both("kcmp", 312, 272),
        both("mount", 165, 40),
        both("umount2", 166, 39),
        both("pivot_root", 155, 41),
        both("chroot", 161, 51),
        both("unshare", 272, 97),
        both("setns", 308, 268),
        both("open_tree", 428, 428),
        both("move_mount", 429, 429),
        both("fsopen", 430, 430),
        both("fsconfig", 431, 431),
        both("fsmount", 432, 432),
        both("fspick", 433, 433),
        both("mount_setattr", 442, 442),
        both("open_tree_attr", 467, 467),
        both("io_uring_setup", 425, 425),
        both("io_uring_enter", 426, 426),
        both("io_uring_register", 427, 427),
        old("modify_ldt", 154),
        old("uselib", 134),
        old("_sysctl", 156),
        old("create_module", 174),
        old("get_kernel_syms", 177),
        old("query_module", 178),
        both("nfsservctl", 180, 42),
        old("sysfs", 139),
        both("bpf", 321, 280),
        both("userfaultfd", 323, 282),
        both("add_key", 248, 217),
        both("request_key", 249, 218),
        both("keyctl", 250, 219),
        both("kexec_load", 246, 104),
        both("kexec_file_load", 320, 294),
        both("init_module", 175, 105),
        both("finit_module", 313, 273),
        both("delete_module", 176, 106),
        both("open_by_handle_at", 304, 265),
        both("fanotify_init", 300, 262),
        both("acct", 163, 89),
        both("swapon", 167, 224),
        both("swapoff", 168, 225),
        both("reboot", 169, 142),
        both("sethostname", 170, 161),
        both("setdomainname", 171, 162),
        both("settimeofday", 164, 170),
        both("clock_settime", 227, 112),
        both("clock_adjtime", 305, 266),
        both("adjtimex", 159, 171),
        both("quotactl", 179, 60),
        both("quotactl_fd", 443, 443),
        both("syslog", 103, 116),
        both("vhangup", 153, 58),
        old("iopl", 172),
        old("ioperm", 173),
        both("lookup_dcookie", 212, 18),
    ];
}

const fn both(name: &'static str, x86_64: u32, aarch64: u32) -> Call {
    Call {
        name,
        x86_64: Some(x86_64),
        aarch64: Some(aarch64),
    }
}

/// A call that only `x86_64` still has.
const fn old(name: &'static str, x86_64: u32) -> Call {
    Call {
        name,
        x86_64: Some(x86_64),
        aarch64: None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_number_and_no_name_is_listed_twice() {
        for machine in Machine::ALL {
            let mut numbers: Vec<_> = Call::ALL
                .iter()
                .filter_map(|call| call.number(machine))
                .collect();
            let before = numbers.len();
            numbers.sort_unstable();
            numbers.dedup();
            assert_eq!(numbers.len(), before, "{machine:?}");
        }
        let mut names: Vec<_> = Call::ALL.iter().map(|call| call.name).collect();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), Call::ALL.len());
    }
}
