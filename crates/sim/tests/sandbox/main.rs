//! Plans on the machine in memory: carried out, taken back, attacked.

mod execute;
mod search;
mod seeded;
