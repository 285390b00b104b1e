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
use fumehood_escape::judge::{Outcome, Verdict, judge, outcome, proves};
use fumehood_escape::report;
use fumehood_escape::scene::{self, Mode, Shared};
use fumehood_escape::skips::skip;
use fumehood_escape::user::User;
use fumehood_escape::world::{Contents, World};

/// Runs at once. More would make times of races and timeouts meaningless.
const WORKERS: usize = 2;
/// How often a run is made at most until it proves something.
const TRIES: usize = 3;

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
    let world = World::create(base, user, Contents::FULL);
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

/// What this machine cannot show.
struct Machine {
    lacks: Vec<Lack>,
    yama: u32,
}

/// Something that some attempts need.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Lack {
    Root,
    MountNamespaces,
    Six,
    Segment,
}

impl Machine {
    fn look(shared: &Shared) -> Self {
        let is_root = User::current().is_root();
        let unshares = || {
            let mut unshare = Command::new("unshare");
            let status = unshare
                .args(["--mount", "true"])
                .stderr(Stdio::null())
                .status();
            status.is_ok_and(|status| status.success())
        };
        let has = [
            (Lack::Root, is_root),
            (Lack::MountNamespaces, is_root && unshares()),
            (Lack::Six, Path::new("/proc/net/if_inet6").exists()),
            (Lack::Segment, shared.segment.is_some()),
        ];
        let lacks = has
            .into_iter()
            .filter(|(_, has)| !has)
            .map(|(lack, _)| lack);
        let yama = fs::read_to_string("/proc/sys/kernel/yama/ptrace_scope").unwrap_or_default();
        Self {
            lacks: lacks.collect(),
            yama: yama.trim().parse().unwrap_or(0),
        }
    }

    fn has(&self, what: Lack) -> bool {
        !self.lacks.contains(&what)
    }

    fn can_try(&self, attempt: &Attempt, user: User) -> bool {
        let needs_six = attempt.class == "network" && attempt.name.ends_with('6');
        match attempt.scene.as_str() {
            "set-user-id-program" => self.has(Lack::Root) && !user.is_root(),
            "host-node" => self.has(Lack::Root),
            "mounts" => self.has(Lack::MountNamespaces),
            _ if needs_six => self.has(Lack::Six),
            _ if attempt.name == "shared-memory-system-v" => self.has(Lack::Segment),
            _ => true,
        }
    }

    /// Says what could not be tried, once each.
    fn report(&self) {
        for lack in &self.lacks {
            match lack {
                Lack::Root => skip(
                    "not-root",
                    "set-user-id programs, device nodes, later mounts",
                ),
                Lack::MountNamespaces if !self.has(Lack::Root) => {}
                Lack::MountNamespaces => skip("no-mount-namespace", "aliases and later mounts"),
                Lack::Six => skip("ipv6", "attempts by IPv6"),
                Lack::Segment => skip("tool", "ipcmk makes the segment that is attacked"),
            }
        }
        if self.yama > 1 {
            skip("yama", "processes are not traced without a sandbox");
        }
    }

    /// As whom an attempt is run without a sandbox, if it is.
    fn alone(&self, attempt: &Attempt, user: User) -> Option<User> {
        match attempt.alone {
            Alone::Never => None,
            Alone::OwnUser => self.has(Lack::Root).then(User::alone),
            Alone::Achieves if self.yama > 1 && attempt.class == "procs" => None,
            Alone::Achieves | Alone::AsRoot | Alone::Machine => Some(user),
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
    let run = |mode, user| {
        settled(attempt, mode, user, || {
            let tried = scene::run(base, shared, attempt, user, mode);
            outcome(attempt, mode, &tried)
        })
    };
    let alone = machine
        .alone(attempt, user)
        .map(|user| run(Mode::Alone, user));
    let inside = run(Mode::Inside, user);
    let twin = run(Mode::Twin, user);
    let mut verdict = judge(attempt, user, alone, inside, twin);
    verdict.took = start.elapsed();
    verdict
}

/// Tries again, aloud, what proved nothing: a loaded machine can keep an attempt from
/// happening at all. One that achieves inside is never tried again.
fn settled(attempt: &Attempt, mode: Mode, user: User, run: impl Fn() -> Outcome) -> Outcome {
    let mut result = run();
    for _ in 1..TRIES {
        if proves(attempt, mode, &result) {
            break;
        }
        println!(
            "again: {} ({}), {mode:?}: {} {}",
            attempt.title(),
            user.name(),
            result.word(),
            result.detail()
        );
        result = run();
    }
    result
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
