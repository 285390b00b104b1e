//! What holds of the machine in memory, one file a part of it.

mod files;
mod handles;
mod labels;
mod machine;
mod objects;
mod processes;
mod standard;
