//! How the machine does it: probe, apply, and the only `unsafe`.
//!
//! A backend for Linux; the others answer "not supported yet" where they are
//! asked for, which is in the library.

#[cfg(target_os = "linux")]
pub mod linux;
