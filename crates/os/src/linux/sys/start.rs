//! What this process was started with, before Rust's runtime changed it.
//!
//! The runtime ignores `SIGPIPE` before `main`, and we ignore `SIGXFSZ`, so that a log
//! that may not grow is an error like any other. A command that is started later must
//! get both as our caller set them, or `yes | head` ends with an error message.
#![expect(unsafe_code, reason = "FFI fence: a function that runs before main")]

use std::sync::atomic::{AtomicBool, Ordering};

use super::signals;

static PIPE_IGNORED: AtomicBool = AtomicBool::new(false);
static FILE_SIZE_IGNORED: AtomicBool = AtomicBool::new(false);

extern "C" fn remember() {
    PIPE_IGNORED.store(signals::is_ignored(libc::SIGPIPE), Ordering::Relaxed);
    FILE_SIZE_IGNORED.store(signals::is_ignored(libc::SIGXFSZ), Ordering::Relaxed);
}

// SAFETY: functions in this section are called once before `main` with the C calling
// convention; `remember` reads two signals' dispositions and needs no runtime.
#[used]
#[unsafe(link_section = ".init_array")]
static REMEMBER: extern "C" fn() = remember;

/// Whether our caller ignored `SIGPIPE`.
#[must_use]
pub fn pipe_was_ignored() -> bool {
    PIPE_IGNORED.load(Ordering::Relaxed)
}

/// Whether our caller ignored `SIGXFSZ`.
#[must_use]
pub fn file_size_was_ignored() -> bool {
    FILE_SIZE_IGNORED.load(Ordering::Relaxed)
}
