//! The Linux plan, tier `namespaces`.

mod aliases;
pub mod calls;
pub mod compile;
pub mod environment;
pub mod facts;
pub mod lint;
pub mod opening;
pub mod places;
pub mod plan;
pub mod private;
pub mod rights;
pub mod seccomp;
pub mod sockets;
pub mod step;
pub mod view;

pub use compile::{Request, compile, questions, takes_group};
pub use facts::{Facts, Found, GroupFact, Kind, MountFact, PathFact, Question};
pub use lint::{Finding, lint, standing_in};
pub use opening::Opening;
pub use plan::{Launch, Namespace, Plan, PlanError};
pub use step::{Entry, FileId, MountFlags, Slot, Step};
