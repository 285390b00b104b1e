//! What must work inside with the default policy, as if there were no sandbox.
//!
//! Each test runs as the invoking user and, if that is root, as an ordinary one.
//! No command of theirs may take longer than [`lab::LONGEST`], and none may wait
//! longer than [`lab::PATIENCE`] for a network that is not there.

mod agents;
mod ending;
mod files;
mod git;
mod lab;
mod languages;
mod system;
mod terminals;
