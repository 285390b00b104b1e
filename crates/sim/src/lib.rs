//! A Windows machine in memory: volumes, processes, handles, and the rights that NT asks.
#![doc = include_str!("../README.md")]
#![forbid(unsafe_code)]

pub mod account;
pub mod act;
pub mod adjust;
pub mod answer;
pub mod change;
pub mod class;
pub mod fault;
pub mod filter;
pub mod fold;
pub mod handle;
mod hang;
pub mod job;
pub mod key;
pub mod name;
pub mod node;
pub mod object;
pub mod open;
pub mod path;
pub mod process;
pub mod readings;
pub mod security;
pub mod seed;
pub mod short_name;
pub mod spread;
pub mod standard;
pub mod start;
mod store;
pub mod volume;
pub mod walk;
pub mod world;

pub use account::{Accounts, LoggedOn, Logon};
pub use act::{Act, Done, Seen, SystemAct};
pub use adjust::Adjust;
pub use answer::{Answer, Asked, Cause, Checked, Refusal};
pub use change::{At, Replace};
pub use class::Class;
pub use fault::{Fault, Faulty};
pub use handle::{Handle, Held, Inherit, OnClose, OpenFile, Share, Target};
pub use key::{KeyId, KeyPath};
pub use name::{BadName, Name};
pub use node::{FileId, Guard, Kind, Node, Reparse};
pub use object::{CreateObject, ObjectId, Obtained};
pub use open::{Did, Disposition, Open, Opened};
pub use path::{BadPath, FilePath};
pub use process::{Life, Process, ProcessId};
pub use readings::Readings;
pub use security::Parts;
pub use seed::Seed;
pub use spread::{Extent, Spread};
pub use start::{Heirloom, Start, Started};
pub use volume::{FileSystem, ShortNames, Volume, VolumeSpec};
pub use walk::{Links, Place};
pub use world::{Made, World};
