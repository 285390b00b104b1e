//! The access check: evaluations a second, and lines a second through the program.
//!
//! The first figures are those of the crate's own example, built as released. The
//! second come from the released program over two pipes. The best of several rounds
//! counts, for what disturbs a round only makes it slower.

use std::fmt::Write as _;
use std::io::{ErrorKind, Write as _};
use std::path::Path;
use std::process::{Command, Stdio};
use std::thread;
use std::time::Instant;

use anyhow::{Context as _, Result, ensure};
use serde_json::json;

use super::{Options, random::Random};
use crate::machine;

/// Evaluations a second, in millions, as promised.
const MILLIONS: f64 = 5.0;
/// Lines a second, as promised.
const LINES_A_SECOND: f64 = 300_000.0;
/// The share of a promise below which CI fails: its machines are shared, and slower than that by
/// half at times.
const LIMIT: f64 = 0.3;
/// Lines of one round.
const LINES: u32 = 200_000;
/// Rounds, of which the best counts.
const ROUNDS: usize = 7;
/// What the example calls the rows that the promise is about.
const ROWS: [&str; 4] = [
    "plain",
    "write-restricted",
    "fully restricted",
    "maximum, write-restricted",
];

/// Measures; answers the targets that were missed by more than noise.
pub fn run(top: &Path, program: &Path, options: &Options) -> Result<Vec<String>> {
    let mut missed = Vec::new();
    let example = [
        "run",
        "--release",
        "-p",
        "fumehood-nt",
        "--example",
        "speed",
    ];
    let said = machine::ask(Command::new("cargo").args(example).current_dir(top))?;
    println!("\naccess checks, one core\n{said}");
    for row in ROWS {
        let found = said.lines().find_map(|line| {
            let rest = line.strip_prefix(row)?;
            let rate = rest.trim_start().split(' ').next()?;
            rate.parse().ok()
        });
        let rate = found.with_context(|| format!("no figure for {row}"))?;
        missed.extend(judge(row, rate, MILLIONS, "million a second"));
    }
    let rate = lines_a_second(program, options)?;
    missed.extend(judge("nt check", rate, LINES_A_SECOND, "lines a second"));
    Ok(missed)
}

/// Prints the gate; answers it if it is missed beyond doubt.
fn judge(name: &str, rate: f64, target: f64, unit: &str) -> Option<String> {
    let word = if rate >= target { "met" } else { "MISSED" };
    println!("  gate: {name} ≥ {target} {unit}: {rate:.2} {word}");
    let least = target * LIMIT;
    (rate < least).then(|| format!("{name}: {rate:.2} {unit}, at least {least}"))
}

/// The best round of the program.
fn lines_a_second(program: &Path, options: &Options) -> Result<f64> {
    let questions = text(options.seed());
    let mut best = f64::INFINITY;
    for _ in 0..options.rounds(ROUNDS) {
        let start = Instant::now();
        let answers = answers(program, &questions)?;
        best = best.min(start.elapsed().as_secs_f64());
        let lines = answers.split(|byte| *byte == b'\n');
        let right = lines.filter(|line| line.starts_with(b"{\"granted\""));
        ensure!(
            right.count() == LINES as usize,
            "not every line was answered"
        );
    }
    Ok(f64::from(LINES) / best)
}

/// What the program answers, asked by another thread while this one reads.
fn answers(program: &Path, questions: &str) -> Result<Vec<u8>> {
    let mut child = Command::new(program)
        .args(["nt", "check"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()?;
    let mut stdin = child.stdin.take().context("stdin is piped")?;
    let output = thread::scope(|scope| {
        let writer = scope.spawn(move || stdin.write_all(questions.as_bytes()));
        let output = child.wait_with_output();
        let written = writer
            .join()
            .unwrap_or_else(|_| Err(ErrorKind::Other.into()));
        written.and(output)
    })?;
    ensure!(output.status.success(), "nt check: {}", output.status);
    Ok(output.stdout)
}

/// Lines as a program asks them: 5 to 8 ACEs, 12 groups, no two of them alike.
fn text(seed: u64) -> String {
    let mut random = Random::new(seed);
    let mut text = String::new();
    for _ in 0..LINES {
        // A `String` takes everything that is written to it.
        let written = writeln!(text, "{}", line(&mut random));
        debug_assert!(written.is_ok());
    }
    text
}

fn line(random: &mut Random) -> String {
    const DOMAIN: &str = "S-1-5-21-1004336348-1177238915-682003330";
    const GROUPS: [&str; 11] = [
        "S-1-1-0",
        "S-1-5-114",
        "S-1-5-32-545",
        "S-1-5-4",
        "S-1-2-1",
        "S-1-5-11",
        "S-1-5-15",
        "S-1-5-113",
        "S-1-5-5-0-123456",
        "S-1-2-0",
        "S-1-5-64-10",
    ];
    let user = format!("{DOMAIN}-{}", 1000 + random.below(1000));
    let mut groups: Vec<_> = GROUPS.iter().map(|sid| json!([sid, "enabled"])).collect();
    groups.push(json!(["S-1-5-32-544", "deny-only"]));
    let whom = ["SY", "BA", "BU", "AU", &user, "S-1-5-21-77-88-99-4242"];
    let rights = ["FA", "FR", "0x1200a9", "0x1301bf", "GA"];
    let flags = ["", "ID", "OICI", "OICIID"];
    let mut sddl = format!("O:{user}G:{DOMAIN}-513D:AI");
    for _ in 0..5 + random.below(4) {
        let letter = if random.below(8) == 0 { 'D' } else { 'A' };
        let flags = flags[random.below(flags.len())];
        let rights = rights[random.below(rights.len())];
        let whom = whom[random.below(whom.len())];
        // As above.
        let written = write!(sddl, "({letter};{flags};{rights};;;{whom})");
        debug_assert!(written.is_ok());
    }
    let lists = [json!(null), json!(["S-1-5-21-77-88-99-4242", "S-1-1-0"])];
    let wants = [
        "0x00120089",
        "0x00120116",
        "0x00010000",
        "0x80000000",
        "0x001200a9",
    ];
    let question = json!({
        "sddl": sddl,
        "token": {
            "user": user,
            "groups": groups,
            "restricting": lists[random.below(2)],
            "write_restricted": random.below(4) == 0,
            "privileges": ["SeChangeNotifyPrivilege"],
            "integrity": "S-1-16-8192",
        },
        "want": wants[random.below(wants.len())],
        "object": "file",
    });
    question.to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_gate_fails_far_below_its_target_only() {
        assert!(judge("us", 5.1, 5.0, "a second").is_none());
        assert!(judge("us", 2.0, 5.0, "a second").is_none());
        assert!(judge("us", 1.4, 5.0, "a second").is_some());
    }

    #[test]
    fn a_line_has_the_groups_and_entries_that_are_promised() {
        let mut random = Random::new(1);
        for _ in 0..100 {
            let line: serde_json::Value =
                serde_json::from_str(&line(&mut random)).expect("is JSON");
            let groups = line["token"]["groups"].as_array().expect("a list");
            assert_eq!(groups.len(), 12);
            let sddl = line["sddl"].as_str().expect("a text");
            assert!((5..=8).contains(&sddl.matches('(').count()));
        }
    }
}
