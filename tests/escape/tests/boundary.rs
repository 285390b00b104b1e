//! Every attempt, as the invoking user and, if that is root, as an ordinary one.
//!
//! Arguments are parts of names, and `--list`. `FUMEHOOD_ESCAPE_VERBOSE` shows
//! every run; `FUMEHOOD_ESCAPE_KEEP` leaves the worlds where they are.

use std::path::Path;
use std::process::{Command, ExitCode, Stdio};
use std::sync::Mutex;
use std::time::Instant;
use std::{env, fs, thread};

use fumehood_escape::attempt::{Alone, Attempt};
use fumehood_escape::base::Base;
use fumehood_escape::judge::{Verdict, judge, outcome};
use fumehood_escape::report;
use fumehood_escape::scene::{self, Mode, Shared};
use fumehood_escape::skips::skip;
use fumehood_escape::user::User;

/// Runs at once. More would make times of races and timeouts meaningless.
const WORKERS: usize = 2;

fn main() -> ExitCode {
    let arguments: Vec<String> = env::args().skip(1).collect();
    let names: Vec<&str> = arguments
        .iter()
        .map(String::as_str)
        .filter(|name| !name.starts_with('-'))
        .collect();
    let mut base = Base::create();
    let mut attempts = base.compile();
    attempts.retain(|attempt| {
        names.is_empty() || names.iter().any(|name| attempt.title().contains(name))
    });
    if arguments.iter().any(|argument| argument == "--list") {
        for attempt in &attempts {
            println!("{}: test", attempt.title());
        }
        return ExitCode::SUCCESS;
    }
    let shared = Shared::create();
    let users = User::all();
    for user in &users {
        ping(&base, *user);
    }
    let machine = Machine::look(&shared);
    let jobs: Vec<(&Attempt, User)> = users
        .iter()
        .flat_map(|user| attempts.iter().map(|attempt| (attempt, *user)))
        .filter(|(attempt, user)| machine.can_try(attempt, *user))
        .collect();
    machine.report();
    let verdicts = work(&base, &shared, &machine, &jobs);
    finish(&verdicts)
}

/// A trivial program has to work, or nothing below says anything.
fn ping(base: &Base, user: User) {
    let world = fumehood_escape::world::World::create(base, user, false);
    let mut command = Command::new(&base.program);
    command
        .args(["run", "--quiet", "--workspace"])
        .arg(world.workspace())
        .args(["--", "/bin/echo", "pong"])
        .env_clear()
        .envs(Base::environment(&world.home(), user))
        .current_dir(world.workspace())
        .stdin(Stdio::null());
    user.run(&mut command);
    let output = command.output().expect("the program under test runs");
    assert!(
        output.status.success() && output.stdout == b"pong\n",
        "ping as {}: {}: {}",
        user.name(),
        output.status,
        String::from_utf8_lossy(&output.stderr)
    );
    println!("ping: a command runs inside, as {}", user.name());
}

/// What this machine can show.
struct Machine {
    is_root: bool,
    has_mounts: bool,
    has_six: bool,
    has_segment: bool,
    yama: u32,
}

impl Machine {
    fn look(shared: &Shared) -> Self {
        let unshare = Command::new("unshare")
            .args(["--mount", "true"])
            .stderr(Stdio::null())
            .status();
        let yama = fs::read_to_string("/proc/sys/kernel/yama/ptrace_scope").unwrap_or_default();
        Self {
            is_root: User::current().is_root(),
            has_mounts: User::current().is_root() && unshare.is_ok_and(|status| status.success()),
            has_six: Path::new("/proc/net/if_inet6").exists(),
            has_segment: shared.segment.is_some(),
            yama: yama.trim().parse().unwrap_or(0),
        }
    }

    fn can_try(&self, attempt: &Attempt, user: User) -> bool {
        let needs_six = attempt.class == "network" && attempt.name.ends_with('6');
        match attempt.scene.as_str() {
            "set-user-id-program" => self.is_root && !user.is_root(),
            "host-node" => self.is_root,
            "mounts" => self.has_mounts,
            _ if needs_six => self.has_six,
            _ if attempt.name == "shared-memory-system-v" => self.has_segment,
            _ => true,
        }
    }

    /// Says what could not be tried, once each.
    fn report(&self) {
        if !self.is_root {
            skip(
                "not-root",
                "set-user-id programs, device nodes, aliases and later mounts",
            );
        } else if !self.has_mounts {
            skip("no-mount-namespace", "aliases and later mounts");
        }
        if !self.has_six {
            skip("ipv6", "attempts by IPv6");
        }
        if !self.has_segment {
            skip("tool", "ipcmk makes the System V segment that is attacked");
        }
        if self.yama > 1 {
            skip("yama", "processes are not traced without a sandbox");
        }
    }

    /// Whether an attempt is run without a sandbox.
    fn runs_alone(&self, attempt: &Attempt, user: User) -> bool {
        match attempt.alone {
            Alone::Never => false,
            Alone::OwnUser => !user.is_self,
            Alone::Achieves => self.yama < 2 || attempt.class != "procs",
            Alone::AsRoot | Alone::Machine => true,
        }
    }
}

fn work(
    base: &Base,
    shared: &Shared,
    machine: &Machine,
    jobs: &[(&Attempt, User)],
) -> Vec<Verdict> {
    let next = Mutex::new(jobs.iter());
    let verdicts = Mutex::new(Vec::with_capacity(jobs.len()));
    let is_verbose = env::var_os("FUMEHOOD_ESCAPE_VERBOSE").is_some();
    thread::scope(|scope| {
        for _ in 0..WORKERS {
            scope.spawn(|| {
                loop {
                    let job = next.lock().expect("no worker panics with it").next();
                    let Some((attempt, user)) = job else { break };
                    let verdict = try_one(base, shared, machine, attempt, *user);
                    let mut verdicts = verdicts.lock().expect("no worker panics with it");
                    if is_verbose || !verdict.faults.is_empty() {
                        report::print_verdict(&verdict);
                    }
                    verdicts.push(verdict);
                }
            });
        }
    });
    verdicts.into_inner().expect("no worker panics with it")
}

fn try_one(
    base: &Base,
    shared: &Shared,
    machine: &Machine,
    attempt: &Attempt,
    user: User,
) -> Verdict {
    let start = Instant::now();
    let run = |mode| {
        outcome(
            attempt,
            mode,
            &scene::run(base, shared, attempt, user, mode),
        )
    };
    let alone = machine.runs_alone(attempt, user).then(|| run(Mode::Alone));
    let inside = run(Mode::Inside);
    let twin = run(Mode::Twin);
    let mut verdict = judge(attempt, user, alone, inside, twin);
    verdict.took = start.elapsed();
    verdict
}

fn finish(verdicts: &[Verdict]) -> ExitCode {
    report::print_table(verdicts);
    report::print_slowest(verdicts);
    let failed: Vec<&Verdict> = verdicts
        .iter()
        .filter(|verdict| !verdict.faults.is_empty())
        .collect();
    if failed.is_empty() {
        println!("\nboundary: ok, {} attempts", verdicts.len());
        return ExitCode::SUCCESS;
    }
    println!("\nboundary: {} of {} FAILED", failed.len(), verdicts.len());
    for verdict in &failed {
        println!(
            "    {} ({}): {}",
            verdict.title,
            verdict.user.name(),
            verdict.faults.join(" | ")
        );
    }
    ExitCode::FAILURE
}
