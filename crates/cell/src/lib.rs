//! What runs on the other side of the boundary: the launcher that stays outside
//! and watches, and pid 1 inside that builds the view and reaps.
//!
//! Neither decides anything: both follow a [`fumehood_plan::linux::Plan`].

pub mod report;

pub use report::{Ending, Exit};

#[cfg(target_os = "linux")]
pub mod linux;
