//! What to do when the kernel refuses, by what usually refuses.

use std::io;

use fumehood_cell::linux::Failure;

/// `ENOSPC`: the limit on namespaces, or on terminals, is used up or 0.
const ENOSPC: i32 = 28;
/// `EUSERS`: too many levels.
const EUSERS: i32 = 87;
/// `EBUSY`: ours, more than one thread.
const EBUSY: i32 = 16;
/// `EPERM`, `EACCES`
const REFUSED: [i32; 2] = [1, 13];

/// What would help, if it is known.
pub fn of(failure: &Failure) -> Option<String> {
    match failure {
        Failure::Namespaces(error) => namespaces(error),
        Failure::Step { step, source, .. } if is_refused(&source.source) => {
            kept(step).or_else(refused_later)
        }
        Failure::Step { source, .. }
            if source.source.kind() == io::ErrorKind::StaleNetworkFileHandle =>
        {
            Some("what lay there was replaced while the sandbox was built; run again".to_owned())
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
    let folder = step.strip_prefix("keep folder")?.trim();
    Some(format!(
        "temporary files and caches of one workspace are kept in {folder}; make it and what it lies \
         in yours again (chown, chmod u+rwx), or remove it"
    ))
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
    if matches!(code, ENOSPC | EUSERS) {
        return Some(
            "user.max_user_namespaces is used up or 0; an administrator sets it: \
             sysctl -w user.max_user_namespaces=15000"
                .to_owned(),
        );
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
