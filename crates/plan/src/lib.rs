//! What the machine must do: (Policy, Facts) → Plan, and a second opinion on it.
//!
//! Pure, and the same on every operating system: a plan for Linux compiles and
//! is reviewed on Windows. A planner says which [`linux::Question`]s it has, a
//! probe answers just those, and the plan that comes out leaves nothing to
//! decide.
#![forbid(unsafe_code)]

pub mod linux;
pub mod windows;
