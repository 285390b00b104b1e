//! Tests of the policy from outside, in one program: they share their randomness.

mod common;
mod config;
mod decisions;
mod fuzz;
mod globs;
mod resolution;
