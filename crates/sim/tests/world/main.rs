//! What holds of the machine in memory, one file a part of it.

mod faults;
mod files;
mod filters;
mod handles;
mod invariants;
mod labels;
mod machine;
mod objects;
mod processes;
mod standard;
