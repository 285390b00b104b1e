//! Linux: launcher and pid 1.
//!
//! ```text
//! launcher ──clone3──→ zygote ──plan──→ pid 1 ──vfork──→ command
//!     │  ←────────── messages ──────────┘ │ reaps, reports stops and the end
//!     └────────── orders, lifeline ───────┘ closed when the launcher ends, however it ends
//!
//! with a terminal of its own, besides:
//! caller's streams ←─→ launcher ←─→ master ═ slave ←─→ command
//! ```

pub mod failure;
pub mod init;
pub mod launcher;
pub mod message;
mod orders;
mod parts;
pub mod pty;
pub mod stream;
pub mod terminal;
pub mod window;
mod zygote;

pub use failure::Failure;
pub use launcher::{Observer, Watch, launch};
pub use zygote::Zygote;
