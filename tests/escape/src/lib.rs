//! Programs that try to get out, named by what they try, and the scene that they
//! try it in.
//!
//! An attempt is a function of a C program in `attempts/`, one program a class.
//! It is run three times, each time in a world of its own: *alone*, without a
//! sandbox, where it has to achieve (a test that cannot fail is none); *inside*,
//! where it has to be blocked, or to achieve if it is marked with a gap; and as
//! its *twin*, inside, the same code aimed at something allowed, which has to
//! achieve. A result has three values, and `unknown` never counts as blocked.
//! Whoever stands outside (files, listeners, a process, a terminal) is asked too:
//! what was seen from there outranks what the attempt says.
//!
//! An attempt is one command. What one command plants and the next must not fall
//! for is tried in `crates/cli/tests/two_runs.rs`.
//!
//! `cargo test --package fumehood-escape` runs everything. `FUMEHOOD_BIN` names the
//! program under test. Arguments of the test `boundary` are parts of names:
//! `cargo test --package fumehood-escape --test boundary -- git/ mount-bind`.
#![cfg(target_os = "linux")]
#![expect(
    clippy::missing_panics_doc,
    reason = "a scene that cannot be set up ends the test, wherever that is noticed"
)]

pub mod actors;
pub mod attempt;
pub mod base;
pub mod host;
pub mod judge;
pub mod launch;
pub mod report;
pub mod scene;
pub mod scenery;
pub mod skips;
pub mod snapshot;
pub mod user;
pub mod world;
