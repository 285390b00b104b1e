//! A copy of a program that is executed soon.

use std::path::Path;
use std::process::Command;

/// Copies `from` to `to`. Not by this process: another thread may start a child while
/// the copy is open to write, and until that child has executed something else the
/// copy is "busy" (`ETXTBSY`).
pub fn copy(from: impl AsRef<Path>, to: impl AsRef<Path>) {
    let mut copy = Command::new("cp");
    copy.arg("--").arg(from.as_ref()).arg(to.as_ref());
    let copied = copy.status().expect("cp is installed");
    assert!(copied.success(), "{copy:?}: {copied}");
}
