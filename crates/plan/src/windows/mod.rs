//! The Windows plan.
//!
//! Nothing of it was ever carried out on a real Windows: it is what the model in
//! `fumehood-nt` predicts, and `fumehood-sim` tries.

pub mod change;
pub mod compile;
pub mod execute;
pub mod facts;
mod gaps;
pub mod judge;
pub mod launch;
pub mod lint;
pub mod path;
pub mod places;
pub mod plan;
pub mod profile;
pub mod step;

pub use change::{Change, carried, propagated};
pub use compile::{Request, compile};
pub use execute::{Backend, ExecuteError, Journal, Replaced, Sealed, Undo, execute, revert};
pub use facts::{Account, Facts, FileId, Found, Kind, PathFact, Question, Volume};
pub use judge::Judge;
pub use launch::{Launch, TokenRequest};
pub use lint::{Finding, lint};
pub use path::WinPath;
pub use places::questions;
pub use plan::{Plan, PlanError};
pub use profile::TokenProfile;
pub use step::{Reach, Reason, Step};
