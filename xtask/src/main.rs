//! What the house checks, measures and runs: `cargo xtask --help`.
//!
//! CI runs `cargo xtask ci` and nothing that a person cannot run as well.

mod bench;
mod ci;
mod escape;
mod fuzz;
mod golden;
mod machine;
mod mutants;
mod ordinary;
mod profiles;
mod release;
mod run;
mod samba;
mod skips;
mod tidy;

use std::process::ExitCode;

use anyhow::Result;
use clap::{Parser, Subcommand};

#[derive(Parser)]
#[command(
    name = "cargo xtask",
    about = "What the house checks, measures and runs."
)]
struct Arguments {
    #[command(subcommand)]
    task: Task,
}

#[derive(Subcommand)]
enum Task {
    /// Check the rules of the house that a program can check.
    Tidy,
    /// Compare every plan with its golden text.
    Golden {
        /// Write the plans of today as the golden ones. Read the diff.
        #[arg(long)]
        bless: bool,
    },
    /// Try to get out: as the invoking user, and for root as an ordinary one too.
    Escape,
    /// Measure beside plain fork+exec, the floor and bubblewrap.
    Bench(bench::Options),
    /// Look for texts and bytes that make a reader of `nt` fail.
    Fuzz(fuzz::Options),
    /// Change the evaluator of `nt`, one thing at a time, and see whether its tests notice.
    Mutants(mutants::Options),
    /// Write what each token profile lets through, as the model has it.
    Profiles {
        /// Only say whether the committed page is the one that would be written.
        #[arg(long)]
        check: bool,
    },
    /// Compare the access check with Samba's, over random cases.
    Samba(samba::Options),
    /// All that CI runs.
    Ci {
        /// The long searches, fuzzers and benchmarks as well.
        #[arg(long)]
        long: bool,
    },
    /// Build the static program as it is released, into `target/dist`.
    Dist,
    /// Time a command and print nanoseconds, once a line of standard input: the inner
    /// side of `bench steady`.
    #[command(hide = true)]
    Timed {
        /// The command.
        #[arg(trailing_var_arg = true, required = true, allow_hyphen_values = true)]
        command: Vec<std::ffi::OsString>,
    },
}

fn main() -> ExitCode {
    match perform(Arguments::parse().task) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn perform(task: Task) -> Result<()> {
    let top = machine::top()?;
    match task {
        Task::Tidy => tidy::run(&top),
        Task::Golden { bless } => golden::run(
            &top,
            if bless {
                golden::Mode::Bless
            } else {
                golden::Mode::Compare
            },
        ),
        Task::Escape => escape::run(&top),
        Task::Bench(options) => bench::run(&top, &options),
        Task::Fuzz(options) => match fuzz::run(&top, &options)? {
            run::Verdict::Passed => Ok(()),
            other => anyhow::bail!("{other:?}"),
        },
        Task::Mutants(options) => mutants::run(&top, &options),
        Task::Profiles { check } => profiles::run(
            &top,
            if check {
                profiles::Mode::Compare
            } else {
                profiles::Mode::Write
            },
        ),
        Task::Samba(options) => samba::run(&top, &options),
        Task::Ci { long } => ci::run(
            &top,
            if long {
                ci::Length::Long
            } else {
                ci::Length::Short
            },
        ),
        Task::Dist => release::dist(&top),
        Task::Timed { command } => bench::timed(&command),
    }
}
