//! The sandbox that coding agents run their commands in.
//!
//! ```no_run
//! use fumehood::{Launcher, Sandbox, Settings};
//!
//! let policy = Settings::of("/home/ann/project")?.policy;
//! let sandbox = Sandbox::builder(policy).launcher(Launcher::installed()?).prepare()?;
//! println!("{}", sandbox.report());
//! let output = sandbox.command("cargo").args(["test"]).output()?;
//! assert!(output.exit.code() == 0);
//! # Ok::<(), fumehood::Error>(())
//! ```
//!
//! The calling process is never restricted, and nothing here is global. What is
//! enforced is a value ([`EnforcementReport`]) that can be looked at before
//! anything is started. Dropping a [`Child`] ends its whole tree.
#![forbid(unsafe_code)]

pub mod audit;
pub mod child;
pub mod command;
pub mod doctor;
pub mod error;
pub mod folders;
pub mod launcher;
pub mod real;
pub mod record;
pub mod report;
pub mod sandbox;
pub mod settings;

#[cfg(target_os = "linux")]
mod linux;
#[cfg(not(target_os = "linux"))]
mod unsupported;

#[cfg(target_os = "linux")]
use linux as backend;
#[cfg(not(target_os = "linux"))]
use unsupported as backend;

pub use backend::files::append;
pub use backend::{cell_main, die_of, predict};
pub use child::{Child, Output};
pub use command::{Command, Stdio};
pub use error::Error;
pub use folders::Folders;
pub use fumehood_cell::{Ending, Exit};
pub use fumehood_plan as plan;
pub use fumehood_policy as policy;
pub use launcher::Launcher;
pub use record::digest;
pub use report::EnforcementReport;
pub use sandbox::{Prepared, Sandbox};
pub use settings::Settings;
