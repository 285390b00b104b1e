//! `cargo xtask profiles`: what each token profile lets through and what it refuses, as
//! the model has it, into `docs/token-profiles.md`.

mod attacks;
mod page;
mod trial;
mod works;

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::Path;

use anyhow::{Result, bail};
use fumehood_nt::Sid;
use fumehood_plan::windows::launch::{Because, Restricting};
use fumehood_plan::windows::{Plan, TokenProfile};
use fumehood_policy::GapName;
use fumehood_sim::comparison::{self, Run};
use fumehood_sim::{Depth, Subject, search};

use attacks::{Pins, Row};
use page::{Notes, Words, head, line};
use trial::{Came, under_each, unpinned};

/// Where the page stands.
pub const FILE: &str = "docs/token-profiles.md";

/// What to do with a page that differs from the committed one.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    /// Fail.
    Compare,
    /// Write it.
    Write,
}

/// Makes the page.
///
/// # Errors
///
/// It differs from the committed one, and the mode is [`Mode::Compare`].
pub fn run(top: &Path, mode: Mode) -> Result<()> {
    let page = page()?;
    let file = top.join(FILE);
    if mode == Mode::Write {
        std::fs::write(&file, page)?;
        return Ok(());
    }
    if std::fs::read_to_string(&file).unwrap_or_default() != page {
        bail!("{FILE} is not what the model says: `cargo xtask profiles` writes it anew");
    }
    Ok(())
}

const LETS: Words = Words {
    yes: "**open**",
    no: "refused",
};
const WORKS: Words = Words {
    yes: "works",
    no: "**refused**",
};

const OPENING: &str = "# Token profiles, compared\n\n\
Made by `cargo xtask profiles`; a test compares. Every line is *predicted*: it is what the model in `crates/nt` and the\n\
machine in `crates/sim` answer for the plans of `plan::windows`, on one standard machine, and nothing of it was seen on a\n\
Windows. The command is not an administrator's. A number in brackets is a note below: the answer is another one under a\n\
reading of NT that is not settled. What no descriptor decides (consoles, COM, WMI, the network) is not here; it is a gap\n\
or a row of the attack list for a real machine.\n";

fn page() -> Result<String> {
    let mut runs = Vec::new();
    for profile in TokenProfile::ALL {
        runs.push(comparison::run(profile, |_| {})?);
    }
    let mut notes = Notes::default();
    let mut text = OPENING.to_owned();
    text += "\n## What a command can do that it should not\n\n";
    text += &table("Attempt", attacks::ROWS, &runs, LETS, &mut notes)?;
    text += "\nThe rows about `.git` but for the last three of it are asked without what the launcher holds open, so that\n\
             descriptors are seen to hold by themselves.\n";
    text += "\n## What a command of another sandbox of the same user can do\n\n";
    let neighbours: Vec<Run> = runs
        .iter()
        .map(comparison::neighbour)
        .collect::<Result<_, _>>()?;
    text += &table("Attempt", attacks::NEIGHBOUR, &neighbours, LETS, &mut notes)?;
    text += "\n## What ordinary work is refused\n\n";
    text += &table("Work", works::ROWS, &runs, WORKS, &mut notes)?;
    text += "\n`–`: the machine has nothing to ask.\n";
    text += "\n## What the attack search finds\n\n";
    text += "How many places of the machine something happens to that the policy does not allow, by the gap that says so.\n\n";
    text += &found(&runs)?;
    text += "\n## Variants of `compatible`\n\n";
    text += "Only what differs.\n\n";
    text += &variants(&runs, &mut notes)?;
    text += "\n## Notes\n\n";
    text += &notes.list();
    Ok(text)
}

fn table(
    first: &str,
    rows: &[Row],
    runs: &[Run],
    words: Words,
    notes: &mut Notes,
) -> Result<String> {
    let bare = runs.iter().map(unpinned).collect::<Result<Vec<_>>>()?;
    let mut table = head(first);
    for row in rows {
        let cells: Vec<Vec<Came>> = runs
            .iter()
            .zip(&bare)
            .map(|(run, bare)| match row.pins {
                Pins::Held => under_each(run, &run.launcher.world, row.ask),
                Pins::Gone => under_each(run, bare, row.ask),
            })
            .collect();
        table += &line(row.name, &cells, words, notes);
    }
    Ok(table)
}

/// A change to the plan of `compatible` that somebody could propose.
struct Variant {
    name: &'static str,
    mutate: fn(&mut Plan),
}

const VARIANTS: [Variant; 2] = [
    Variant {
        name: "without Everyone in the list",
        mutate: |plan| {
            let list = &mut plan.launch.token.restricting;
            list.retain(|one| one.because != Because::Everyone);
        },
    },
    Variant {
        name: "with OWNER RIGHTS in the list",
        mutate: |plan| {
            let (sid, because) = (Sid::OWNER_RIGHTS, Because::Session);
            let list = &mut plan.launch.token.restricting;
            list.push(Restricting { sid, because });
        },
    },
];

/// The rows in which a variant differs from the profile.
fn variants(runs: &[Run], notes: &mut Notes) -> Result<String> {
    let mut text = "| Variant | Row | `compatible` | Variant |\n|---|---|---|---|\n".to_owned();
    let Some(plain) = runs.first() else {
        bail!("no profile was run");
    };
    for variant in VARIANTS {
        let other = comparison::run(plain.plan.profile, variant.mutate)?;
        let worlds = (unpinned(plain)?, unpinned(&other)?);
        for (rows, words) in [(attacks::ROWS, LETS), (works::ROWS, WORKS)] {
            for row in rows {
                let (one, two) = match row.pins {
                    Pins::Held => (&plain.launcher.world, &other.launcher.world),
                    Pins::Gone => (&worlds.0, &worlds.1),
                };
                let before = under_each(plain, one, row.ask);
                let after = under_each(&other, two, row.ask);
                if before != after {
                    let name = format!("{} | {}", variant.name, row.name);
                    text += &line(&name, &[before, after], words, notes);
                }
            }
        }
    }
    Ok(text)
}

fn found(runs: &[Run]) -> Result<String> {
    let mut counts: BTreeMap<GapName, Vec<usize>> = BTreeMap::new();
    for (at, run) in runs.iter().enumerate() {
        let subject = Subject {
            world: &run.launcher.world,
            process: run.process,
            policy: &run.policy,
            plan: &run.plan,
        };
        for finding in search(&subject, Depth::Ordinary) {
            if !finding.is_default() {
                continue;
            }
            let Some(gap) = finding.gap else {
                bail!("a finding that no gap names: {finding}");
            };
            let row = counts.entry(gap).or_insert_with(|| vec![0; runs.len()]);
            row[at] += 1 + finding.alike.len();
        }
    }
    let mut table = head("Gap");
    for (gap, row) in counts {
        let cells: Vec<String> = row.iter().map(ToString::to_string).collect();
        writeln!(table, "| `{gap}` | {} |", cells.join(" | "))?;
    }
    Ok(table)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_committed_page_is_the_one_that_is_made() {
        let top = crate::machine::top().expect("a workspace");
        run(&top, Mode::Compare).expect("the same");
    }
}
