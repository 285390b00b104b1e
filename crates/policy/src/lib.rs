//! What the user wants: `config.toml` → `Config` → `Policy`, and the decision
//! on one request.
//!
//! Pure: no I/O, no clock, no environment, no `std::path`. The one list each of
//! protected names, secret places and environment names is here, and everything
//! else reads it from here.
#![forbid(unsafe_code)]

mod braces;
pub mod caches;
pub mod config;
pub mod decide;
pub mod environment;
pub mod fix;
pub mod gap;
pub mod git_keys;
mod glob;
pub mod host;
pub mod kernel;
pub mod limit;
pub mod measure;
mod nearest;
pub mod path;
pub mod pattern;
pub mod place;
pub mod policy;
pub mod profiles;
pub mod protected;
pub mod raw_text;
pub mod resolve;
#[cfg(feature = "schema")]
pub mod schema;
pub mod secrets;
pub mod show;
pub mod sockets;
pub mod standing;
pub mod trust;
pub mod words;

pub use config::{Config, ConfigError};
pub use decide::{Request, Verdict, decide};
pub use fix::Fix;
pub use gap::{Gap, GapName};
pub use path::AbsPath;
pub use pattern::Pattern;
pub use place::Place;
pub use policy::*;
pub use raw_text::RawText;
pub use resolve::{Overrides, ResolveError, Resolved, resolve};
pub use standing::{Answer, Because, Statements};
pub use trust::Trust;
pub use words::Word;
