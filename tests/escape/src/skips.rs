//! What this or that machine cannot show: the one reviewed list of this suite.
//!
//! A skip is a fact about the machine. It is printed as `skip: NAME: WHY`, and is
//! a failure where `CI` is set, unless its name is in this table.

use std::env;

/// Every skip that CI lets pass, with the fact that makes it right.
const REVIEWED: [(&str, &str); 9] = [
    (
        "yama",
        "the kernel has no Yama, or one that lets no attempt be tried alone",
    ),
    (
        "apparmor",
        "the kernel has no AppArmor, which refuses user namespaces on Ubuntu",
    ),
    (
        "landlock-abi",
        "a kernel has one Landlock ABI; others are simulated elsewhere",
    ),
    ("ipv6", "the kernel was started without IPv6"),
    (
        "not-root",
        "needs root to set the scene; CI runs the suite as root too",
    ),
    (
        "only-root",
        "an ordinary user has no such right to begin with",
    ),
    (
        "no-mount-namespace",
        "root without CAP_SYS_ADMIN (a container) cannot set the scene",
    ),
    (
        "tool",
        "a tool that is not installed, or lies where this user may not look",
    ),
    (
        "crate",
        "no package of the registry has been fetched on this machine",
    ),
];

/// Prints why something was not tried.
///
/// # Panics
///
/// In CI, if nobody has reviewed the reason.
pub fn skip(name: &str, why: &str) {
    println!("skip: {name}: {why}");
    let is_reviewed = REVIEWED.iter().any(|(reviewed, _)| *reviewed == name);
    let is_ci = env::var_os("CI").is_some_and(|value| !value.is_empty() && value != "false");
    assert!(
        is_reviewed || !is_ci,
        "nobody has reviewed the skip `{name}`"
    );
}
