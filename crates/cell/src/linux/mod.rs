//! Linux: launcher and pid 1.
//!
//! ```text
//! launcher ──clone3──→ pid 1 ──vfork──→ command
//!     │  ←── messages ───┘ │ reaps, reports stops and the end
//!     └── orders, lifeline ┘ closed when the launcher ends, however it ends
//!
//! with a terminal of its own, besides:
//! caller's streams ←─→ launcher ←─→ master ═ slave ←─→ command
//! ```

pub mod failure;
pub mod init;
pub mod launcher;
pub mod message;
pub mod pty;
pub mod stream;
pub mod terminal;
pub mod window;

pub use failure::Failure;
pub use launcher::{Observer, Watch, launch};
