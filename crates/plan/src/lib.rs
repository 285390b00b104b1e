//! What the machine must do: (Policy, Facts) → Plan, and a second opinion on it.
//!
//! Pure, and the same on every operating system: a plan for Linux compiles and
//! is reviewed on Windows. A planner says which [`linux::Question`]s it has, a
//! probe answers just those, and the plan that comes out leaves nothing to
//! decide.
#![forbid(unsafe_code)]

pub mod linux;

/// Platforms that have a planner or will have one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Platform {
    /// Namespaces, Landlock, seccomp.
    Linux,
    /// Restricted tokens and ACLs. No planner yet.
    Windows,
    /// Seatbelt. No planner yet.
    MacOs,
}

impl Platform {
    /// The platform this code was built for, if it is one of ours.
    #[must_use]
    pub const fn current() -> Option<Self> {
        if cfg!(target_os = "linux") {
            Some(Self::Linux)
        } else if cfg!(windows) {
            Some(Self::Windows)
        } else if cfg!(target_os = "macos") {
            Some(Self::MacOs)
        } else {
            None
        }
    }
}
