//! SIDs, masks, lists, descriptors; SDDL and the binary form; seeded searches over all.

mod binary_faults;
mod binary_layout;
mod corpus;
mod fuzz;
mod make;
mod parts;
mod random;
mod round_trip;
mod sddl_condition;
mod sddl_faults;
mod sddl_text;
mod tables;
