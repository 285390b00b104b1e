//! What this or that machine cannot show: the reviewed list of these tests.
//!
//! A skip is a fact about the machine, printed as `skip: NAME: WHY`. Where `CI` is
//! set it is a failure, unless its name is in this table.

use std::env;

/// Every skip that CI lets pass, with the fact that makes it right.
const REVIEWED: [(&str, &str); 3] = [
    (
        "not-root",
        "needs root to set the scene; CI runs the tests as root too",
    ),
    (
        "no-mount-namespace",
        "an outer sandbox lets nobody mount, so the scene cannot be set",
    ),
    (
        "cgroup-controllers",
        "no control group can be written by this user",
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
