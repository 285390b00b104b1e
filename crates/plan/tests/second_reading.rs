//! The planner against the policy, and the second reading against broken plans.
//!
//! Small policies are enumerated by seed; a failure prints the seed, and
//! `FUMEHOOD_SEED=n` runs just that one.

mod machine;

use fumehood_plan::linux::{
    Entry, PathFact, Plan, PlanError, Request, Step, compile, lint, questions, standing_in,
};
use fumehood_policy::profiles::BuiltIn;
use fumehood_policy::{
    AbsPath, Access, Effect, Force, Origin, Pattern, Place, Policy, Rule, Standing,
};

use machine::{machine, path};

/// Where rules of the test may point, all of them folders that exist.
const PLACES: [&str; 8] = [
    "/home/ann/w",
    "/home/ann/w/a",
    "/home/ann/w/a/b",
    "/home/ann/s",
    "/home/ann/s/t",
    "/srv",
    "/srv/x/y",
    "/home/ann/w/.git/hooks",
];

const OBJECTS: &str = "folder /home/ann/w/a
folder /home/ann/w/a/b
folder /home/ann/s
folder /home/ann/s/t
folder /srv
folder /srv/x/y
folder /home/ann/w/.git
folder /home/ann/w/.git/hooks
folder /home/ann/.ssh";

/// A generator with no state beyond a number (xorshift64*): seeds replay.
struct Seed(u64);

impl Seed {
    fn below(&mut self, bound: usize) -> usize {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        let high = self.0.wrapping_mul(0x2545_f491_4f6c_dd1d) >> 33;
        usize::try_from(high).expect("31 bits") % bound
    }
}

fn place() -> Place {
    Place::new(
        path("/home/ann"),
        path("/home/ann/w"),
        path("/home/ann/.local/state/fumehood"),
    )
}

fn policy(seed: u64) -> Policy {
    let mut seed = Seed(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1);
    let mut policy = Policy::built_in(BuiltIn::WorkspaceWrite, &place());
    for _ in 0..=seed.below(4) {
        let access = [Access::Read, Access::Write][seed.below(2)];
        let effect = [Effect::Allow, Effect::Deny][seed.below(2)];
        let force = match (effect, seed.below(4)) {
            (Effect::Deny, 0) => Force::Constraint,
            _ => Force::Preference,
        };
        policy.rules.push(Rule {
            pattern: Pattern::path(path(PLACES[seed.below(PLACES.len())])),
            access,
            effect,
            force,
            origin: Origin::command_line("test"),
        });
    }
    policy
}

fn plan(policy: &Policy) -> (fumehood_plan::linux::Facts, Plan) {
    let facts = machine(OBJECTS, &questions(policy));
    let request = Request {
        arguments: vec!["true".into()],
        folder: None,
        pty: false,
    };
    let plan = compile(policy, &facts, &request).expect("every place exists");
    (facts, plan)
}

fn seeds() -> std::ops::Range<u64> {
    match std::env::var("FUMEHOOD_SEED")
        .ok()
        .and_then(|seed| seed.parse().ok())
    {
        Some(seed) => seed..seed + 1,
        None => {
            0..std::env::var("FUMEHOOD_FUZZ_CASES")
                .ok()
                .and_then(|n| n.parse().ok())
                .unwrap_or(250)
        }
    }
}

#[test]
fn a_command_gets_exactly_what_the_policy_gives_at_every_place() {
    let inside = |place: &str| [path(place), path(place).join("new-file").expect("short")];
    for seed in seeds() {
        let policy = policy(seed);
        let (facts, plan) = plan(&policy);
        assert_eq!(lint(&policy, &facts, &plan), [], "FUMEHOOD_SEED={seed}");
        let more = [
            "/etc/passwd",
            "/home/ann/.ssh/id",
            "/home/ann/w/.git",
            "/usr/bin",
        ];
        let all = PLACES.iter().copied().chain(more).flat_map(inside);
        for at in all {
            let want = policy.standing(&at).standing;
            let got = standing_in(&plan, &policy.own.state, &at);
            assert_eq!(got, want, "FUMEHOOD_SEED={seed}: {at}\n{plan}");
        }
    }
}

#[test]
fn a_plan_without_one_of_its_locks_is_found_out() {
    let mut policy = Policy::built_in(BuiltIn::WorkspaceWrite, &place());
    for (at, access) in [("/home/ann/w/a", Access::Write), ("/srv", Access::Read)] {
        policy.rules.push(Rule {
            pattern: Pattern::path(path(at)),
            access,
            effect: Effect::Deny,
            force: Force::Preference,
            origin: Origin::command_line("test"),
        });
    }
    let (facts, whole) = plan(&policy);
    assert_eq!(lint(&policy, &facts, &whole), []);
    let mut locks = 0;
    for (index, step) in whole.steps.iter().enumerate() {
        if !is_lock(step, &policy) {
            continue;
        }
        locks += 1;
        let mut broken = whole.clone();
        broken.steps.remove(index);
        assert_ne!(lint(&policy, &facts, &broken), [], "without `{step}`");
    }
    assert!(locks >= 8, "only {locks} locks were tried");
}

/// Steps without which a command could do more.
fn is_lock(step: &Step, policy: &Policy) -> bool {
    let hidden = |at: &AbsPath| policy.standing(at).standing == Standing::Hidden;
    match step {
        Step::HostReadOnly
        | Step::PrivateMounts
        | Step::NoNewPrivileges
        | Step::DropCapabilities
        | Step::Seccomp { .. } => true,
        Step::AttachCopy { target, .. } => hidden(target),
        Step::Pin { path, flags } => flags.read_only && path.as_bytes().starts_with(b"/home"),
        _ => false,
    }
}

#[test]
fn a_cover_that_can_be_read_is_found_out() {
    let policy = Policy::built_in(BuiltIn::WorkspaceWrite, &place());
    let (facts, mut plan) = plan(&policy);
    for step in &mut plan.steps {
        if let Step::MakeEntry {
            entry: Entry::File(mode @ 0),
            ..
        } = step
        {
            *mode = 0o444;
        }
    }
    assert_ne!(lint(&policy, &facts, &plan), []);
}

#[test]
fn a_writable_root_that_should_be_read_only_is_found_out() {
    let policy = Policy::built_in(BuiltIn::ReadOnly, &place());
    let (facts, _) = plan(&policy);
    let generous = Policy::built_in(BuiltIn::WorkspaceWrite, &place());
    let (_, plan) = plan(&generous);
    assert_ne!(lint(&policy, &facts, &plan), []);
    assert_eq!(
        lint(&generous, &facts, &plan),
        [],
        "the same plan is fine for its own policy"
    );
}

#[test]
fn a_closed_folder_in_a_root_stops_the_start_unless_it_is_somebody_elses() {
    let mut policy = Policy::built_in(BuiltIn::WorkspaceWrite, &place());
    let key = path("/home/ann/w/a/key");
    policy.rules.push(Rule {
        pattern: Pattern::path(key.clone()),
        access: Access::Read,
        effect: Effect::Deny,
        force: Force::Preference,
        origin: Origin::command_line("test"),
    });
    let request = Request {
        arguments: vec!["true".into()],
        folder: None,
        pty: false,
    };
    for (closed_by, errno, starts) in [
        (Some(1000), 13, false),
        (Some(0), 13, true),
        (None, 13, false),
        (Some(0), 5, false),
    ] {
        let mut facts = machine(OBJECTS, &questions(&policy));
        let fact = PathFact::Refused { errno, closed_by };
        facts.paths.insert(key.clone(), fact);
        match compile(&policy, &facts, &request) {
            Ok(plan) => assert!(starts, "{closed_by:?} {errno}: {plan}"),
            Err(PlanError::Refused { path, .. }) => {
                assert!(!starts && path == key, "{closed_by:?} {errno}");
            }
            Err(other) => panic!("{other}"),
        }
    }
}

#[test]
fn a_terminal_that_is_not_of_a_devpts_of_our_own_is_found_out() {
    let policy = Policy::built_in(BuiltIn::WorkspaceWrite, &place());
    let facts = machine(OBJECTS, &questions(&policy));
    let request = Request {
        arguments: vec!["true".into()],
        folder: None,
        pty: true,
    };
    let mut plan = compile(&policy, &facts, &request).expect("every place exists");
    assert_eq!(plan.launch.pty, Some(path("/dev/pts/ptmx")));
    assert_eq!(lint(&policy, &facts, &plan), [], "as it was compiled");
    plan.launch.pty = Some(path("/dev/ptmx"));
    assert_eq!(lint(&policy, &facts, &plan).len(), 1, "of another place");
    plan.launch.pty = Some(path("/dev/pts/ptmx"));
    plan.steps
        .retain(|step| !matches!(step, Step::HoldDevpts { .. }));
    assert_eq!(lint(&policy, &facts, &plan).len(), 1, "of another instance");
}
