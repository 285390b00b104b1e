//! Policies by seed, on the standard machine: every one that compiles passes the second
//! reading, is carried out, holds but for the gaps that it names, and is taken back to
//! the byte, also from an end anywhere.
//!
//! `FUMEHOOD_SEED=n cargo test -p fumehood-sim --test sandbox seeded` replays one;
//! `FUMEHOOD_CASES=n` asks for more.

use std::collections::BTreeSet;

use fumehood_plan::windows::{Backend, Plan, TokenProfile, Undo, execute, lint, revert};
use fumehood_policy::policy::{Access, Binds, Effect, Force, Layer, Origin, ProtectedName, Rule};
use fumehood_policy::{GapName, Pattern, Policy};
use fumehood_sim::comparison;
use fumehood_sim::{Depth, Subject, search};

use super::execute::state;

const CASES: u64 = 25;

/// Small numbers from a seed (splitmix64).
struct Random(u64);

impl Random {
    fn below(&mut self, most: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        let most = u64::try_from(most).expect("small");
        usize::try_from((z ^ (z >> 31)) % most).expect("small")
    }

    fn one<'a>(&mut self, of: &[&'a str]) -> &'a str {
        of[self.below(of.len())]
    }
}

const ROOTS: [&str; 9] = [
    r"C:\Users\ann\src",
    r"C:\Users\ann\src\other",
    r"C:\Users\ann\src\app\.vscode",
    r"C:\Users\ann\src\app\.git\objects",
    r"C:\Users\ann\shared",
    r"D:\work",
    r"D:\work\app",
    r"C:\build",
    r"C:\Users\ann\Documents",
];
const DENIED: [&str; 6] = [
    r"C:\Users\ann\src\app\main.c",
    r"C:\Users\ann\src\app\.git\refs",
    r"C:\Users\ann\src\other",
    r"D:\work\app\.git",
    r"C:\Users\ann\src\app\.env",
    r"D:\work\other\notes.txt",
];
const HIDDEN: [&str; 4] = [
    r"C:\Users\ann\Documents",
    r"C:\Users\ann\src\app\.env",
    r"D:\work\other",
    r"C:\Users\ann\AppData\Local\Browser",
];

fn rule(path: &str, access: Access, effect: Effect) -> Rule {
    let text = format!("/{}", path.replace('\\', "/"));
    Rule {
        pattern: Pattern::path(text.parse().expect("absolute")),
        access,
        effect,
        force: Force::Preference,
        origin: Origin {
            layer: Layer::User,
            ..Origin::command_line("seed")
        },
    }
}

fn policy(random: &mut Random) -> Policy {
    let mut policy = comparison::policy(r"C:\Users\ann\src\app").expect("a policy");
    for _ in 0..random.below(3) {
        policy
            .rules
            .push(rule(random.one(&ROOTS), Access::Write, Effect::Allow));
    }
    for _ in 0..random.below(3) {
        policy
            .rules
            .push(rule(random.one(&DENIED), Access::Write, Effect::Deny));
    }
    for _ in 0..random.below(2) {
        policy
            .rules
            .push(rule(random.one(&HIDDEN), Access::Read, Effect::Deny));
    }
    if random.below(3) == 0 {
        policy.protected.push(ProtectedName {
            name: random.one(&[".env", "main.c", ".GIT/refs"]).into(),
            binds: Binds::Anywhere,
            origin: Origin::command_line("seed"),
        });
    }
    policy
}

#[test]
fn whatever_a_policy_says_the_plan_holds_but_for_its_gaps_and_leaves_nothing_behind() {
    let variable = |name: &str| {
        std::env::var(name)
            .ok()
            .and_then(|text| text.parse::<u64>().ok())
    };
    let seeds = match variable("FUMEHOOD_SEED") {
        Some(seed) => seed..seed + 1,
        None => 0..variable("FUMEHOOD_CASES").unwrap_or(CASES),
    };
    let (mut tried, mut refused) = (0, BTreeSet::new());
    for seed in seeds {
        let mut random = Random(seed);
        let profile = TokenProfile::ALL[random.below(TokenProfile::ALL.len())];
        let policy = policy(&mut random);
        match holds(&policy, profile, &mut random) {
            Ok(()) => tried += 1,
            Err(Failure::Refused(why)) => drop(refused.insert(why)),
            Err(Failure::Wrong(what)) => panic!("FUMEHOOD_SEED={seed} ({profile}): {what}"),
        }
    }
    println!("{tried} plans; refused: {refused:?}");
    assert!(tried > 0 || !refused.is_empty());
}

enum Failure {
    Refused(String),
    Wrong(String),
}

fn holds(policy: &Policy, profile: TokenProfile, random: &mut Random) -> Result<(), Failure> {
    let (fresh, _) = comparison::machine().expect("the standard machine");
    let (facts, plan) = comparison::plan(&fresh, policy, profile)
        .map_err(|error| Failure::Refused(error.to_string()))?;
    let wrong = |what: String| Err(Failure::Wrong(what));
    let findings = lint(policy, &facts, &plan);
    if !findings.is_empty() {
        return wrong(format!("{findings:?}"));
    }
    let before = state(&fresh.world);
    let mut launcher = fresh.clone();
    let mut journal: Vec<Undo> = Vec::new();
    let sealed = match execute(&mut launcher, &plan, &mut journal) {
        Ok(sealed) => sealed,
        Err(error) => return wrong(format!("{error:?}")),
    };
    let child = launcher
        .spawn(&sealed, &plan.launch)
        .expect("started")
        .process;
    let subject = Subject {
        world: &launcher.world,
        process: child,
        policy,
        plan: &plan,
    };
    if let Some(what) = beyond(&subject, &plan) {
        return wrong(what);
    }
    let changes = launcher_changes(&journal);
    let mut stopped = fresh.clone();
    stopped.dies_after = Some(random.below(changes + 1));
    let mut part: Vec<Undo> = Vec::new();
    let _done = execute(&mut stopped, &plan, &mut part);
    stopped.dies_after = None;
    revert(&mut stopped, &part).expect("taken back");
    if state(&stopped.world) != before {
        return wrong("an end half-way leaves something behind".to_owned());
    }
    Ok(())
}

fn launcher_changes(journal: &[Undo]) -> usize {
    let changes = journal.iter().map(|undo| match undo {
        Undo::Remove { .. } => 1,
        Undo::Restore { each, .. } => each.len(),
    });
    changes.sum()
}

/// The first finding that no gap of the plan names.
fn beyond(subject: &Subject<'_>, plan: &Plan) -> Option<String> {
    let named: BTreeSet<GapName> = plan.gaps.iter().map(|gap| gap.name).collect();
    let findings = search(subject, Depth::Ordinary);
    let mut by_default = findings.iter().filter(|one| one.is_default());
    let bad = by_default.find(|one| one.gap.is_none_or(|gap| !named.contains(&gap)))?;
    Some(format!("{bad}, by {:?}", bad.how))
}
