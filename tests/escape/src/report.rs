//! The table at the end, and what went wrong.

use crate::base::CLASSES;
use crate::judge::{Class, Outcome, Verdict};

/// How many slow attempts are named.
const SLOWEST: usize = 6;

/// Prints the table, by class and user.
pub fn print_table(verdicts: &[Verdict]) {
    println!(
        "\n{:<10} {:<9} {:>8} {:>8} {:>9} {:>10} {:>8} {:>10}",
        "class", "user", "attempts", "blocked", "achieved", "under gap", "unknown", "not proven"
    );
    let mut users: Vec<&str> = verdicts.iter().map(|verdict| verdict.user.name()).collect();
    users.sort_unstable();
    users.dedup();
    for user in users.iter().rev() {
        for class in CLASSES.iter().copied().chain(["all"]) {
            let chosen: Vec<&Verdict> = verdicts
                .iter()
                .filter(|verdict| verdict.user.name() == *user)
                .filter(|verdict| class == "all" || verdict.class == class)
                .collect();
            let count = |wanted| {
                chosen
                    .iter()
                    .filter(|verdict| verdict.result == wanted)
                    .count()
            };
            if chosen.is_empty() {
                continue;
            }
            println!(
                "{class:<10} {user:<9} {:>8} {:>8} {:>9} {:>10} {:>8} {:>10}",
                chosen.len(),
                count(Class::Blocked),
                count(Class::Hole),
                count(Class::Gap),
                count(Class::Unknown),
                chosen.iter().filter(|verdict| !verdict.proven).count(),
            );
        }
    }
    println!("\n`not proven`: blocked inside, and for a stated reason not seen to achieve alone.");
}

/// Prints those that took longest: a suite that is slow is not run.
pub fn print_slowest(verdicts: &[Verdict]) {
    let mut all: Vec<&Verdict> = verdicts.iter().collect();
    all.sort_by_key(|verdict| std::cmp::Reverse(verdict.took));
    let shown = all.iter().take(SLOWEST).map(|verdict| {
        format!(
            "{} ({}) {:.1} s",
            verdict.title,
            verdict.user.name(),
            verdict.took.as_secs_f32()
        )
    });
    println!("slowest: {}", shown.collect::<Vec<_>>().join(", "));
}

/// Prints one attempt with its three runs.
pub fn print_verdict(verdict: &Verdict) {
    println!("{} ({})", verdict.title, verdict.user.name());
    for (name, outcome) in ["alone", "inside", "twin"].iter().zip(&verdict.outcomes) {
        let (word, detail) = outcome
            .as_ref()
            .map_or(("not run", ""), |outcome: &Outcome| {
                (outcome.word(), outcome.detail())
            });
        println!("    {name:<7} {word:<9} {detail}");
    }
    for fault in &verdict.faults {
        println!("    FAILED: {fault}");
    }
}
