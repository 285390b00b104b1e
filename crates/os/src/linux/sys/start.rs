//! What this process was started with, before Rust's runtime changed it.
//!
//! The runtime ignores `SIGPIPE` before `main`. A command that is started later
//! must get it as our caller set it, or `yes | head` ends with an error message.
#![expect(unsafe_code, reason = "FFI fence: a function that runs before main")]

use std::sync::atomic::{AtomicBool, Ordering};

use super::signals;

static PIPE_IGNORED: AtomicBool = AtomicBool::new(false);

extern "C" fn remember() {
    PIPE_IGNORED.store(signals::is_ignored(libc::SIGPIPE), Ordering::Relaxed);
}

// SAFETY: functions in this section are called once before `main` with the C calling
// convention; `remember` reads one signal's disposition and needs no runtime.
#[used]
#[unsafe(link_section = ".init_array")]
static REMEMBER: extern "C" fn() = remember;

/// Whether our caller ignored `SIGPIPE`.
#[must_use]
pub fn pipe_was_ignored() -> bool {
    PIPE_IGNORED.load(Ordering::Relaxed)
}
