//! What to do when the kernel refuses, by what usually refuses.

use std::io;

use fumehood_cell::linux::Failure;

/// `ENOSPC`: a limit on namespaces, mounts or terminals is used up or 0.
const ENOSPC: i32 = 28;
/// `EUSERS`: too many levels.
const EUSERS: i32 = 87;
/// How the step that makes a folder of ours is shown.
const KEEP: &str = "keep folder";
/// `EBUSY`: ours, more than one thread.
const EBUSY: i32 = 16;
/// `EPERM`, `EACCES`
const REFUSED: [i32; 2] = [1, 13];

/// The limits on namespaces, by the kind in their names (namespaces(7)).
const KINDS: [&str; 7] = ["user", "pid", "mnt", "net", "ipc", "uts", "cgroup"];
/// Kernels set thousands, by the memory they find. What is lower was set by somebody.
const USUAL: u64 = 1024;
/// Calls that need room for one more mount.
const MOUNT_CALLS: [&str; 4] = ["fsmount", "open_tree", "mount_setattr", "move_mount"];

/// What would help, if it is known.
pub fn of(failure: &Failure) -> Option<String> {
    match failure {
        Failure::Namespaces(error) => namespaces(error),
        Failure::Step { step, source, .. } if is_refused(&source.source) => {
            kept(step).or_else(refused_later)
        }
        Failure::Step { step, .. } if step.starts_with(KEEP) => Some(
            "everything that fumehood keeps lies in its state folder: set XDG_STATE_HOME to a folder \
             that you can write"
                .to_owned(),
        ),
        Failure::Step { source, .. } if is_proc_read_only(&source.call, &source.source) => Some(
            "/proc is read-only here, and /proc/self/setgroups, uid_map and gid_map have to be \
             written; an outer container or sandbox has to mount it so that they can be"
                .to_owned(),
        ),
        Failure::Step { source, .. }
            if source.source.kind() == io::ErrorKind::StaleNetworkFileHandle =>
        {
            Some("what lay there was replaced while the sandbox was built; run again".to_owned())
        }
        Failure::Step { source, .. }
            if source.source.raw_os_error() == Some(ENOSPC)
                && MOUNT_CALLS.contains(&source.call.as_str()) =>
        {
            Some(mounts_used_up(&Limits::read()))
        }
        Failure::Terminal { source, .. } if source.source.raw_os_error() == Some(ENOSPC) => Some(
            "every pseudo-terminal of this machine is in use; an administrator sets more: \
             sysctl -w kernel.pty.max=8192"
                .to_owned(),
        ),
        _ => None,
    }
}

/// What would help where the machine cannot be looked at.
pub fn of_look(call: &str) -> Option<String> {
    (call == "openat2").then(|| {
        "a system call filter of an outer sandbox or container refuses this call, or the kernel is \
         older than 5.6; give the container a profile that allows openat2"
            .to_owned()
    })
}

fn is_refused(error: &io::Error) -> bool {
    error
        .raw_os_error()
        .is_some_and(|code| REFUSED.contains(&code))
}

/// A folder of ours that is not ours any more: somebody else has run here, or has
/// been given it.
fn kept(step: &str) -> Option<String> {
    let folder = step.strip_prefix(KEEP)?.trim();
    Some(format!(
        "temporary files and caches of one workspace are kept in {folder}; make it and what it lies \
         in yours again (chown, chmod u+rwx), or remove it, or set XDG_STATE_HOME to another folder"
    ))
}

/// Ids are mapped by writing files of `/proc` (`user_namespaces(7)`).
fn is_proc_read_only(call: &str, error: &io::Error) -> bool {
    call.contains("/proc file") && error.kind() == io::ErrorKind::ReadOnlyFilesystem
}

/// What to say to a start inside ourselves that fails for whatever reason: mending
/// that reason would not help, since the outer policy lets nothing be nested.
pub fn if_nested() -> Option<String> {
    let is_closed = is("/proc/sys/user/max_user_namespaces", "0");
    is_closed.then(nested).flatten()
}

fn nested() -> Option<String> {
    std::env::var_os("FUMEHOOD_SANDBOX").map(|_| {
        "this already runs inside fumehood, whose boundary holds here too: run the command \
         directly, or let the outer policy say system_calls.nesting = true"
            .to_owned()
    })
}

fn namespaces(error: &io::Error) -> Option<String> {
    if let Some(nested) = nested() {
        return Some(nested);
    }
    let code = error.raw_os_error()?;
    if code == EBUSY {
        return Some("run_in_place wants a program with one thread; use spawn".to_owned());
    }
    if code == EUSERS {
        return Some("user namespaces lie too deep in one another here".to_owned());
    }
    if code == ENOSPC {
        return Some(Limits::read().used_up());
    }
    knobs().or_else(|| REFUSED.contains(&code).then(container))
}

/// Ubuntu lets the namespace be made and refuses what is done in it.
fn refused_later() -> Option<String> {
    knobs()
}

/// Switches of distributions, by file.
fn knobs() -> Option<String> {
    if is("/proc/sys/kernel/unprivileged_userns_clone", "0") {
        return Some(
            "this system lets only root make user namespaces; an administrator sets it: \
             sysctl -w kernel.unprivileged_userns_clone=1"
                .to_owned(),
        );
    }
    if is(
        "/proc/sys/kernel/apparmor_restrict_unprivileged_userns",
        "1",
    ) {
        return Some(
            "AppArmor restricts user namespaces here; an administrator gives fumehood a profile \
             with `userns,`, or sets: sysctl -w kernel.apparmor_restrict_unprivileged_userns=0"
                .to_owned(),
        );
    }
    None
}

/// The limits that hold here, by kind. Those of outer user namespaces hold too, and
/// cannot be seen.
struct Limits(Vec<(&'static str, u64)>);

impl Limits {
    fn read() -> Self {
        let limit = |kind: &'static str| {
            let file = format!("/proc/sys/user/max_{kind}_namespaces");
            let text = std::fs::read_to_string(file).ok()?;
            Some((kind, text.trim().parse().ok()?))
        };
        Self(KINDS.into_iter().filter_map(limit).collect())
    }

    /// Those that somebody set low, the lowest first.
    fn low(&self) -> Vec<(&'static str, u64)> {
        let mut low = self.0.clone();
        low.retain(|(_, most)| *most < USUAL);
        low.sort_by_key(|(_, most)| *most);
        low
    }

    /// Which of them must be what a start ran into.
    fn used_up(&self) -> String {
        let mut low = self.low();
        if low.iter().any(|(_, most)| *most == 0) {
            low.retain(|(_, most)| *most == 0);
        }
        let Some((first, _)) = low.first() else {
            return "a limit on namespaces is used up: one of user.max_*_namespaces, here or in an \
                    outer container"
                .to_owned();
        };
        let named: Vec<String> = low
            .iter()
            .map(|(kind, most)| format!("user.max_{kind}_namespaces is {most}"))
            .collect();
        format!(
            "{}, which is 0 or used up; an administrator sets it: \
             sysctl -w user.max_{first}_namespaces=15000",
            named.join(", ")
        )
    }
}

/// Each tree that is held counts as a mount namespace, and each mount as a mount.
fn mounts_used_up(limits: &Limits) -> String {
    match limits.low().iter().find(|(kind, _)| *kind == "mnt") {
        Some((_, most)) => format!(
            "user.max_mnt_namespaces is {most}, and each mount that is held while the sandbox is \
             built counts as one; an administrator sets it: sysctl -w user.max_mnt_namespaces=15000"
        ),
        None => "too many mounts: fs.mount-max, or user.max_mnt_namespaces here or in an outer \
                 container, is used up"
            .to_owned(),
    }
}

fn is(path: &str, value: &str) -> bool {
    std::fs::read_to_string(path).is_ok_and(|text| text.trim() == value)
}

fn container() -> String {
    let filtered = std::fs::read_to_string("/proc/self/status")
        .is_ok_and(|status| status.lines().any(|line| line == "Seccomp:\t2"));
    if filtered {
        "a system call filter of an outer sandbox or container refuses user namespaces; give the \
         container a profile that allows them (clone, unshare, mount)"
            .to_owned()
    } else {
        "something refuses user namespaces: a security module, or a limit of an outer container"
            .to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_limit_that_is_low_is_named_and_none_where_all_are_usual() {
        let with = |kind: &'static str, most| {
            Limits(
                KINDS
                    .map(|one| (one, if one == kind { most } else { 96_365 }))
                    .to_vec(),
            )
        };
        for kind in KINDS {
            let name = format!("user.max_{kind}_namespaces");
            for most in [0, 7] {
                let said = with(kind, most).used_up();
                assert!(said.starts_with(&format!("{name} is {most}")), "{said}");
                assert!(said.ends_with(&format!("-w {name}=15000")), "{said}");
            }
        }
        let usual = with("user", 96_365);
        assert!(usual.used_up().contains("user.max_*_namespaces"));
        assert!(mounts_used_up(&usual).contains("fs.mount-max"));
        assert!(mounts_used_up(&with("mnt", 2)).starts_with("user.max_mnt_namespaces is 2"));
        let two = Limits(vec![("net", 0), ("user", 3)]);
        assert!(!two.used_up().contains("user.max_user"), "the 0 is enough");
    }
}
