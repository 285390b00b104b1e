//! Whoever is told how a command fares can say no, and then it does not run.
//!
//! Without a test harness: a process with more than one thread is not forked.

#[cfg(target_os = "linux")]
#[path = "observer/linux.rs"]
mod here;
#[cfg(not(target_os = "linux"))]
#[path = "observer/unsupported.rs"]
mod here;

fn main() {
    here::run();
}
