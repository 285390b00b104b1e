//! Linux: launcher and pid 1.
//!
//! ```text
//! launcher ──clone3──→ pid 1 ──vfork──→ command
//!     │  ←── messages ───┘ │ reaps, reports stops and the end
//!     └── orders, lifeline ┘ closed when the launcher ends, however it ends
//! ```

pub mod init;
pub mod launcher;
pub mod message;

pub use launcher::{Failure, Observer, Watch, launch};
