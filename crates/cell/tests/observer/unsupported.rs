//! Where nothing can be launched.

/// Nothing is played.
pub const fn run() {}
