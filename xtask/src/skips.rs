//! What this or that machine cannot show: the one reviewed list.
//!
//! A skip is a fact about the machine, never about our patience. What is not in
//! this table and is skipped all the same fails in CI.

use crate::run::Verdict;

/// A skip that was looked at and found right.
struct Reviewed {
    /// What stands after `skip: `.
    name: &'static str,
    /// The fact about a machine that makes it right.
    fact: &'static str,
}

/// Every skip that CI lets pass.
const REVIEWED: [Reviewed; 14] = [
    Reviewed {
        name: "yama",
        fact: "the kernel has no Yama: nothing restricts ptrace by itself",
    },
    Reviewed {
        name: "apparmor",
        fact: "the kernel has no AppArmor, which refuses user namespaces on Ubuntu",
    },
    Reviewed {
        name: "landlock-abi",
        fact: "a kernel has one Landlock ABI; others are simulated",
    },
    Reviewed {
        name: "cgroup-controllers",
        fact: "cgroup v2 is not mounted, or delegates no controller",
    },
    Reviewed {
        name: "ipv6",
        fact: "the kernel was started without IPv6",
    },
    Reviewed {
        name: "vsock",
        fact: "the kernel has no vsock",
    },
    Reviewed {
        name: "kvm",
        fact: "there is no /dev/kvm",
    },
    Reviewed {
        name: "wsl",
        fact: "this is no WSL: there is no Windows program to start",
    },
    Reviewed {
        name: "not-root",
        fact: "needs root to set the scene; CI runs the suite as root too",
    },
    Reviewed {
        name: "only-root",
        fact: "an ordinary user already runs every step",
    },
    Reviewed {
        name: "tool",
        fact: "a tool of the function suite is not there for this user",
    },
    Reviewed {
        name: "samba-as-root",
        fact: "python3-samba is not there, and an ordinary user cannot install it; root must",
    },
    Reviewed {
        name: "crate",
        fact: "the registry's cache of this user has no crate to build offline",
    },
    Reviewed {
        name: "no-mount-namespace",
        fact: "root without CAP_SYS_ADMIN (a container) cannot set the scene",
    },
];

/// The name and the reason after `skip: `, if the line says so.
pub fn skip_in(line: &str) -> Option<&str> {
    // libtest leaves `test name ... ` before what a single-threaded test prints.
    let start = line.split_once(" ... ").map_or(line, |(_, rest)| rest);
    start.trim_start().strip_prefix("skip: ")
}

/// Passed, unless CI met a skip that is not in the table.
pub fn judge(skipped: &[String], is_ci: bool) -> Verdict {
    let unknown: Vec<&str> = skipped
        .iter()
        .map(String::as_str)
        .filter(|skip| fact(skip).is_none())
        .collect();
    if is_ci && !unknown.is_empty() {
        return Verdict::Failed(format!("skips nobody reviewed: {}", unknown.join("; ")));
    }
    Verdict::Passed
}

/// The fact that makes a skip right: `skip` is what stands after `skip: `.
pub fn fact(skip: &str) -> Option<&'static str> {
    let name = skip.split(':').next().unwrap_or_default().trim();
    REVIEWED
        .iter()
        .find(|reviewed| reviewed.name == name)
        .map(|reviewed| reviewed.fact)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_skip_is_found_at_the_start_of_a_line_only() {
        assert_eq!(
            skip_in("skip: yama: not in this kernel"),
            Some("yama: not in this kernel")
        );
        assert_eq!(skip_in("test a ... skip: kvm: none"), Some("kvm: none"));
        assert_eq!(skip_in("we skip: nothing"), None);
    }

    #[test]
    fn a_skip_nobody_reviewed_fails_in_ci_and_only_there() {
        let odd = ["python: too slow".to_owned()];
        assert!(matches!(judge(&odd, true), Verdict::Failed(_)));
        assert_eq!(judge(&odd, false), Verdict::Passed);
        assert_eq!(
            judge(&["yama: not in this kernel".to_owned()], true),
            Verdict::Passed
        );
        assert_eq!(judge(&[], true), Verdict::Passed);
    }
}
