//! A signal to ourselves after a while (`timer_create(2)`).
//!
//! `SIGCONT` from a timer wakes a process that is stopped, and so cannot watch a
//! clock itself.
#![expect(
    unsafe_code,
    reason = "FFI fence: timer_create, timer_settime, timer_delete"
)]

use std::mem::MaybeUninit;
use std::ptr;
use std::time::Duration;

use super::checked;

/// Sends this process a signal when its time comes, unless it is dropped before.
#[derive(Debug)]
pub struct Alarm(libc::timer_t);

impl Alarm {
    /// Sends `signal` after `left`, or at once if nothing is left.
    ///
    /// # Errors
    ///
    /// `EAGAIN` for want of memory, `EINVAL` for a number that is no signal.
    pub fn after(left: Duration, signal: i32) -> rustix::io::Result<Self> {
        // SAFETY: all zeroes is a valid `sigevent`.
        let mut event = unsafe { MaybeUninit::<libc::sigevent>::zeroed().assume_init() };
        event.sigev_notify = libc::SIGEV_SIGNAL;
        event.sigev_signo = signal;
        let mut timer: libc::timer_t = ptr::null_mut();
        // SAFETY: `event` and `timer` live during the call; the call fills `timer` in.
        let result =
            unsafe { libc::timer_create(libc::CLOCK_MONOTONIC, &raw mut event, &raw mut timer) };
        checked(libc::c_long::from(result))?;
        let alarm = Self(timer);
        // Zero would mean never.
        let left = left.max(Duration::from_nanos(1));
        let value = libc::timespec {
            tv_sec: i64::try_from(left.as_secs()).unwrap_or(i64::MAX),
            tv_nsec: libc::c_long::from(left.subsec_nanos().cast_signed()),
        };
        let once = libc::itimerspec {
            it_interval: libc::timespec {
                tv_sec: 0,
                tv_nsec: 0,
            },
            it_value: value,
        };
        // SAFETY: the timer was made above; a null old value is not written.
        let result = unsafe { libc::timer_settime(alarm.0, 0, &raw const once, ptr::null_mut()) };
        checked(libc::c_long::from(result)).map(|_| alarm)
    }
}

impl Drop for Alarm {
    fn drop(&mut self) {
        // SAFETY: the timer was made by `after` and is deleted only here.
        unsafe { libc::timer_delete(self.0) };
    }
}
