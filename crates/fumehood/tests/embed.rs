//! The library as a host embeds it: this program is host and launcher in one.
//!
//! No harness of cargo's: `main` has to begin with [`fumehood::cell_main`], and
//! some tests change what this whole process does with signals, so each test runs
//! in a process of its own (`FUMEHOOD_EMBED_TEST=name`).

use std::io::{Read, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Duration;

use fumehood::audit::AuditLog;
use fumehood::policy::resolve::Overrides;
use fumehood::policy::{GapName, RawText};
use fumehood::{Ending, EnforcementReport, Error, Launcher, Sandbox, Settings, Stdio};

/// A test: its name is the sentence it proves.
type Test = (&'static str, fn(&Scene));

const TESTS: &[Test] = &[
    (
        "a_command_writes_in_its_workspace_and_nowhere_else",
        a_command_writes_in_its_workspace_and_nowhere_else,
    ),
    (
        "output_and_exit_code_come_back",
        output_and_exit_code_come_back,
    ),
    (
        "a_signal_that_ends_the_command_is_told",
        a_signal_that_ends_the_command_is_told,
    ),
    (
        "standard_input_is_a_pipe_if_asked_for",
        standard_input_is_a_pipe_if_asked_for,
    ),
    (
        "four_mebibytes_of_output_arrive_whole",
        four_mebibytes_of_output_arrive_whole,
    ),
    (
        "try_wait_says_nothing_until_the_end_and_then_always_the_same",
        try_wait_says_nothing_until_the_end_and_then_always_the_same,
    ),
    (
        "dropping_a_child_ends_its_whole_tree",
        dropping_a_child_ends_its_whole_tree,
    ),
    (
        "killing_a_child_ends_its_whole_tree",
        killing_a_child_ends_its_whole_tree,
    ),
    ("a_child_that_is_kept_goes_on", a_child_that_is_kept_goes_on),
    (
        "a_host_with_threads_and_two_sandboxes_at_once_gets_both",
        a_host_with_threads_and_two_sandboxes_at_once_gets_both,
    ),
    (
        "a_host_that_waits_for_any_child_still_gets_the_exit",
        a_host_that_waits_for_any_child_still_gets_the_exit,
    ),
    (
        "a_host_that_ignores_sigchld_still_gets_the_exit",
        a_host_that_ignores_sigchld_still_gets_the_exit,
    ),
    (
        "the_host_itself_is_never_restricted",
        the_host_itself_is_never_restricted,
    ),
    (
        "a_requirement_turns_a_gap_into_an_error_and_without_it_the_command_runs",
        a_requirement_turns_a_gap_into_an_error_and_without_it_the_command_runs,
    ),
    (
        "the_report_is_a_value_that_can_be_stored_and_read",
        the_report_is_a_value_that_can_be_stored_and_read,
    ),
    (
        "variables_and_folder_of_the_command_are_its_own",
        variables_and_folder_of_the_command_are_its_own,
    ),
    (
        "a_program_that_does_not_exist_is_told_before_the_child_exists",
        a_program_that_does_not_exist_is_told_before_the_child_exists,
    ),
    (
        "a_launcher_that_is_none_is_a_clear_error",
        a_launcher_that_is_none_is_a_clear_error,
    ),
    (
        "every_event_of_a_run_is_in_the_log_in_order",
        every_event_of_a_run_is_in_the_log_in_order,
    ),
    (
        "arguments_that_hold_a_login_are_not_in_the_log",
        arguments_that_hold_a_login_are_not_in_the_log,
    ),
    (
        "a_child_that_stopped_itself_can_be_killed_and_dropped",
        a_child_that_stopped_itself_can_be_killed_and_dropped,
    ),
    (
        "descriptors_of_the_host_do_not_reach_the_command",
        descriptors_of_the_host_do_not_reach_the_command,
    ),
];

/// Set for the process that runs one test.
const ONE: &str = "FUMEHOOD_EMBED_TEST";

fn main() -> ExitCode {
    fumehood::cell_main();
    if let Some(name) = std::env::var_os(ONE) {
        let test = TESTS
            .iter()
            .find(|test| *test.0 == name)
            .expect("a known test");
        let scene = Scene::new();
        test.1(&scene);
        return ExitCode::SUCCESS;
    }
    let wanted: Vec<String> = std::env::args()
        .skip(1)
        .filter(|one| !one.starts_with('-'))
        .collect();
    if std::env::args().any(|one| one == "--list") {
        for (name, _) in TESTS {
            println!("{name}: test");
        }
        return ExitCode::SUCCESS;
    }
    let chosen =
        |test: &&Test| wanted.is_empty() || wanted.iter().any(|one| test.0.contains(one.as_str()));
    let mut failed = 0;
    let mut passed = 0;
    println!("\nrunning {} tests", TESTS.iter().filter(chosen).count());
    for (name, _) in TESTS.iter().filter(chosen) {
        if run_alone(name) {
            passed += 1;
        } else {
            failed += 1;
        }
    }
    let verdict = if failed == 0 { "ok" } else { "FAILED" };
    println!(
        "\ntest result: {verdict}. {passed} passed; {failed} failed; 0 ignored; 0 measured; 0 filtered out\n"
    );
    if failed == 0 {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    }
}

fn run_alone(name: &str) -> bool {
    let own = std::env::current_exe().expect("this program has a path");
    let output = std::process::Command::new(own)
        .env(ONE, name)
        .output()
        .expect("this program runs");
    let ok = output.status.success();
    println!("test {name} ... {}", if ok { "ok" } else { "FAILED" });
    if !ok {
        println!("{}", String::from_utf8_lossy(&output.stderr));
    }
    ok
}

/// Folders of one test, removed at its end.
struct Scene {
    top: PathBuf,
}

impl Scene {
    fn new() -> Self {
        let name = format!("fumehood-embed-{}", std::process::id());
        let top = std::env::temp_dir()
            .canonicalize()
            .expect("a temp folder")
            .join(name);
        let scene = Self { top };
        for folder in [
            scene.workspace(),
            scene.outside(),
            scene.top.join("state/fumehood"),
        ] {
            std::fs::create_dir_all(folder).expect("the temp folder is writable");
        }
        scene
    }

    fn workspace(&self) -> PathBuf {
        self.top.join("workspace")
    }

    fn outside(&self) -> PathBuf {
        self.top.join("outside")
    }

    fn policy(&self) -> fumehood::policy::Policy {
        let workspace = self.workspace();
        let mut overrides = Overrides::default();
        // The temp folder is private inside; what lies outside has to be seen to be refused.
        overrides.allow_read.push(raw(&self.outside()));
        let mut policy = Settings::load(Some(&workspace), None, overrides)
            .expect("no file is wrong")
            .policy;
        policy.own.state =
            fumehood::folders::to_policy(&self.top.join("state/fumehood")).expect("absolute");
        policy
    }

    fn sandbox(&self) -> Sandbox {
        let launcher = Launcher::this_program().expect("this program has a path");
        let log = AuditLog::in_folder(&self.top.join("state/fumehood"));
        let builder = Sandbox::builder(self.policy())
            .launcher(launcher)
            .audit(log);
        builder.prepare().expect("this machine has user namespaces")
    }
}

impl Drop for Scene {
    fn drop(&mut self) {
        let _left = std::fs::remove_dir_all(&self.top);
    }
}

fn raw(path: &Path) -> RawText {
    RawText::from_bytes(path.as_os_str().as_encoded_bytes())
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).trim().to_owned()
}

/// Whether a process that was started with this word is there.
fn runs(word: &str) -> bool {
    let processes = std::fs::read_dir("/proc")
        .expect("/proc is there")
        .flatten();
    processes.into_iter().any(|process| {
        let line = std::fs::read(process.path().join("cmdline")).unwrap_or_default();
        line.split(|byte| *byte == 0)
            .any(|argument| argument == word.as_bytes())
    })
}

/// Waits until `true`, or fails after a time that only a hang reaches.
fn until(what: &str, mut holds: impl FnMut() -> bool) {
    for _ in 0..1_000 {
        if holds() {
            return;
        }
        std::thread::sleep(Duration::from_millis(20));
    }
    panic!("never came true: {what}");
}

/// A word that no other process has among its arguments.
fn word(name: &str) -> String {
    format!("fumehood-embed-{name}-{}", std::process::id())
}

fn a_command_writes_in_its_workspace_and_nowhere_else(scene: &Scene) {
    let sandbox = scene.sandbox();
    let script = format!(
        "echo in > inside; echo out > {}/escaped",
        scene.outside().display()
    );
    let output = sandbox
        .command("sh")
        .args(["-c", &script])
        .output()
        .expect("it runs");
    assert_ne!(output.exit.code(), 0);
    assert!(
        text(&output.stderr).contains("Read-only file system"),
        "{}",
        text(&output.stderr)
    );
    assert_eq!(
        std::fs::read_to_string(scene.workspace().join("inside")).expect("written"),
        "in\n"
    );
    assert!(!scene.outside().join("escaped").exists());
}

fn output_and_exit_code_come_back(scene: &Scene) {
    let sandbox = scene.sandbox();
    for code in [0, 1, 42, 125, 255] {
        let script = format!("echo to-out; echo to-err >&2; exit {code}");
        let output = sandbox
            .command("sh")
            .args(["-c", &script])
            .output()
            .expect("it runs");
        assert_eq!(output.exit.ending, Ending::Code(code));
        assert_eq!(
            (text(&output.stdout), text(&output.stderr)),
            ("to-out".into(), "to-err".into())
        );
    }
}

fn a_signal_that_ends_the_command_is_told(scene: &Scene) {
    let sandbox = scene.sandbox();
    for (name, number) in [("KILL", 9), ("TERM", 15), ("INT", 2)] {
        let script = format!("kill -{name} $$");
        let exit = sandbox
            .command("sh")
            .args(["-c", &script])
            .status()
            .expect("it runs");
        assert_eq!(exit.ending, Ending::Signal(number));
        assert_eq!(exit.code(), 128 + number);
    }
}

fn standard_input_is_a_pipe_if_asked_for(scene: &Scene) {
    let sandbox = scene.sandbox();
    let mut command = sandbox.command("cat");
    command.stdin(Stdio::Piped).stdout(Stdio::Piped);
    let mut child = command.spawn().expect("it starts");
    let mut pipe = child.stdin.take().expect("it was asked for");
    pipe.write_all(b"through a pipe").expect("cat reads");
    drop(pipe);
    let output = child.wait_with_output().expect("it ends");
    assert_eq!(text(&output.stdout), "through a pipe");
}

fn four_mebibytes_of_output_arrive_whole(scene: &Scene) {
    let sandbox = scene.sandbox();
    let script = "head -c 4194304 /dev/zero; head -c 4194304 /dev/zero >&2";
    let output = sandbox
        .command("sh")
        .args(["-c", script])
        .output()
        .expect("it runs");
    assert_eq!(
        (output.stdout.len(), output.stderr.len()),
        (4 << 20, 4 << 20)
    );
}

fn try_wait_says_nothing_until_the_end_and_then_always_the_same(scene: &Scene) {
    let sandbox = scene.sandbox();
    let mut command = sandbox.command("cat");
    command.stdin(Stdio::Piped).stdout(Stdio::Null);
    let mut child = command.spawn().expect("it starts");
    assert_eq!(child.try_wait().expect("it can be asked"), None);
    drop(child.stdin.take());
    until("cat ends", || {
        child.try_wait().expect("it can be asked").is_some()
    });
    let exit = child
        .try_wait()
        .expect("it can be asked")
        .expect("it has ended");
    assert_eq!(exit, child.wait().expect("it has ended"));
    assert_eq!(exit.ending, Ending::Code(0));
}

/// A command with a daemon in a session of its own.
fn tree(sandbox: &Sandbox, word: &str) -> fumehood::Child {
    let script = format!("setsid sh -c 'sleep 1000; true' {word} & echo started; wait");
    let mut command = sandbox.command("sh");
    command
        .args(["-c", &script])
        .stdout(Stdio::Piped)
        .stdin(Stdio::Null);
    let mut child = command.spawn().expect("it starts");
    let mut line = [0; 8];
    child
        .stdout
        .as_mut()
        .expect("a pipe")
        .read_exact(&mut line)
        .expect("it says so");
    until("the daemon runs", || runs(word));
    child
}

fn dropping_a_child_ends_its_whole_tree(scene: &Scene) {
    let (sandbox, word) = (scene.sandbox(), word("dropped"));
    let child = tree(&sandbox, &word);
    drop(child);
    assert!(!runs(&word), "something is left when drop returns");
}

fn killing_a_child_ends_its_whole_tree(scene: &Scene) {
    let (sandbox, word) = (scene.sandbox(), word("killed"));
    let mut child = tree(&sandbox, &word);
    child.kill().expect("the launcher is there");
    let exit = child.wait().expect("the launcher tells");
    assert_eq!(exit.ending, Ending::Dropped);
    assert!(!runs(&word));
}

fn a_child_that_is_kept_goes_on(scene: &Scene) {
    let (sandbox, word) = (scene.sandbox(), word("kept"));
    let mut child = tree(&sandbox, &word);
    assert_eq!(child.try_wait().expect("it can be asked"), None);
    // While it executes its next program a process has no arguments to be seen by.
    until("the daemon still runs", || runs(&word));
}

fn a_host_with_threads_and_two_sandboxes_at_once_gets_both(scene: &Scene) {
    let sandboxes = [scene.sandbox(), scene.sandbox()];
    std::thread::scope(|scope| {
        let runs = sandboxes.iter().enumerate().map(|(number, sandbox)| {
            scope.spawn(move || {
                for round in 0..5 {
                    let line = format!("{number}-{round}");
                    let output = sandbox
                        .command("echo")
                        .arg(&line)
                        .output()
                        .expect("it runs");
                    assert_eq!(text(&output.stdout), line);
                }
            })
        });
        for run in runs.collect::<Vec<_>>() {
            run.join().expect("every thread gets its own");
        }
    });
}

fn a_host_that_waits_for_any_child_still_gets_the_exit(scene: &Scene) {
    let sandbox = scene.sandbox();
    let mut command = sandbox.command("sh");
    command.args(["-c", "exit 7"]);
    let mut child = command.spawn().expect("it starts");
    // The host takes whatever child ends, ours among them.
    while let Ok(Some(_)) = rustix::process::wait(rustix::process::WaitOptions::empty()) {}
    assert_eq!(
        child.wait().expect("the exit comes another way").ending,
        Ending::Code(7)
    );
}

/// A `SIGCHLD` that is ignored stays so over exec; `env` can do that safely.
fn a_host_that_ignores_sigchld_still_gets_the_exit(scene: &Scene) {
    let own = std::env::current_exe().expect("this program has a path");
    if std::env::var_os("FUMEHOOD_EMBED_IGNORES").is_none() {
        let status = std::process::Command::new("env")
            .arg("--ignore-signal=CHLD")
            .arg(own)
            .env("FUMEHOOD_EMBED_IGNORES", "1")
            .status()
            .expect("sh runs");
        assert!(status.success());
        return;
    }
    let ignored = std::fs::read_to_string("/proc/self/status").expect("/proc is there");
    let ignored = ignored
        .lines()
        .find_map(|line| line.strip_prefix("SigIgn:\t"));
    let ignored = u64::from_str_radix(ignored.expect("always there"), 16).expect("hexadecimal");
    assert_ne!(ignored & (1 << 16), 0, "SIGCHLD is ignored here");
    let sandbox = scene.sandbox();
    for code in [0, 9] {
        let script = format!("exit {code}");
        let exit = sandbox
            .command("sh")
            .args(["-c", &script])
            .status()
            .expect("it runs");
        assert_eq!(exit.ending, Ending::Code(code));
    }
}

fn the_host_itself_is_never_restricted(scene: &Scene) {
    let status = || std::fs::read_to_string("/proc/self/status").expect("/proc is there");
    let locks = |status: &str| {
        let of = |name: &str| {
            status
                .lines()
                .find(|line| line.starts_with(name))
                .map(str::to_owned)
        };
        ["NoNewPrivs", "Seccomp:", "CapEff"].map(of)
    };
    let before = locks(&status());
    scene.sandbox().command("true").status().expect("it runs");
    assert_eq!(locks(&status()), before);
    std::fs::write(scene.outside().join("by-the-host"), "x")
        .expect("the host writes where it likes");
}

fn a_requirement_turns_a_gap_into_an_error_and_without_it_the_command_runs(scene: &Scene) {
    let builder = || Sandbox::builder(scene.policy());
    let refused = builder().require([GapName::HostSockets]).prepare();
    assert!(
        matches!(&refused, Err(Error::Gaps(gaps)) if gaps[0].name == GapName::HostSockets),
        "{refused:?}"
    );
    assert!(builder().prepare().is_ok());
}

fn the_report_is_a_value_that_can_be_stored_and_read(scene: &Scene) {
    let report = scene.sandbox().report().clone();
    let stored = serde_json::to_string(&report).expect("plain data");
    let read: EnforcementReport = serde_json::from_str(&stored).expect("plain data");
    assert_eq!(read, report);
    assert!(!report.enforcements.is_empty());
}

fn variables_and_folder_of_the_command_are_its_own(scene: &Scene) {
    let sandbox = scene.sandbox();
    let folder = scene.workspace().join("below");
    std::fs::create_dir(&folder).expect("the workspace is writable");
    let mut command = sandbox.command("sh");
    command
        .args(["-c", "echo $MARK; pwd"])
        .env("MARK", "set")
        .current_dir(&folder);
    let output = command.output().expect("it runs");
    assert_eq!(text(&output.stdout), format!("set\n{}", folder.display()));
    let mut without = sandbox.command("sh");
    without
        .args(["-c", "echo ${MARK-none}"])
        .env("MARK", "set")
        .env_remove("MARK");
    assert_eq!(text(&without.output().expect("it runs").stdout), "none");
}

fn a_program_that_does_not_exist_is_told_before_the_child_exists(scene: &Scene) {
    let sandbox = scene.sandbox();
    let missing = sandbox.command("no-such-program-at-all").spawn();
    assert!(
        matches!(missing, Err(Error::NotFound { .. })),
        "{missing:?}"
    );
    let closed = sandbox.command("/etc/passwd").spawn();
    assert!(
        matches!(closed, Err(Error::NotExecutable { .. })),
        "{closed:?}"
    );
    assert!(sandbox.command("true").spawn().is_ok());
}

fn a_launcher_that_is_none_is_a_clear_error(scene: &Scene) {
    let launcher = Launcher::at("/bin/true").expect("an absolute path");
    let sandbox = Sandbox::builder(scene.policy())
        .launcher(launcher)
        .prepare()
        .expect("prepared");
    let error = sandbox
        .command("true")
        .spawn()
        .expect_err("true is no launcher");
    assert_eq!(error.code(), 125);
    assert!(
        Launcher::at("fumehood").is_err(),
        "a launcher is never looked for in PATH"
    );
}

fn a_child_that_stopped_itself_can_be_killed_and_dropped(scene: &Scene) {
    let (sandbox, word) = (scene.sandbox(), word("stopped"));
    let up = scene.workspace().join("up");
    let start = || {
        let mut command = sandbox.command("sh");
        command.args(["-c", "touch up; kill -STOP $$; rm gone-on", &word]);
        let mut child = command.spawn().expect("it starts");
        until("the command is about to stop", || up.exists());
        std::fs::remove_file(&up).expect("it is ours");
        assert_eq!(child.try_wait().expect("it can be asked"), None);
        child
    };
    let mut killed = start();
    killed.kill().expect("the launcher is there");
    assert_eq!(killed.wait().expect("it tells").ending, Ending::Dropped);
    assert!(!runs(&word), "a stopped tree is left");
    drop(start());
    assert!(!runs(&word), "a stopped tree is left");
}

fn arguments_that_hold_a_login_are_not_in_the_log(scene: &Scene) {
    let login = "https://ann:hunter2@example.com/x";
    let plain = "https://example.com/plain";
    let sandbox = scene.sandbox();
    sandbox
        .command("true")
        .args([login, plain])
        .status()
        .expect("it runs");
    let log = std::fs::read_to_string(scene.top.join("state/fumehood/audit.jsonl"));
    let log = log.expect("written");
    assert!(!log.contains("hunter2"), "{log}");
    assert!(
        log.contains("<redacted: user and password in a URL>"),
        "{log}"
    );
    assert!(log.contains(plain), "{log}");
}

fn every_event_of_a_run_is_in_the_log_in_order(scene: &Scene) {
    scene
        .sandbox()
        .command("sh")
        .args(["-c", "exit 3"])
        .status()
        .expect("it runs");
    let log =
        std::fs::read_to_string(scene.top.join("state/fumehood/audit.jsonl")).expect("written");
    let lines: Vec<serde_json::Value> = log
        .lines()
        .map(|line| serde_json::from_str(line).expect("a JSON line"))
        .collect();
    let kinds: Vec<&str> = lines
        .iter()
        .filter_map(|line| line["type"].as_str())
        .collect();
    assert_eq!(
        kinds,
        [
            "session.start",
            "exec.requested",
            "exec.started",
            "exec.finished",
            "session.end"
        ]
    );
    assert_eq!(lines[3]["data"]["code"], 3);
}

fn descriptors_of_the_host_do_not_reach_the_command(scene: &Scene) {
    let secret = scene.top.join("secret");
    std::fs::write(&secret, "x").expect("writable");
    let file = std::fs::File::open(&secret).expect("readable");
    let inherited = rustix::io::dup(&file).expect("a descriptor without close-on-exec");
    let script = "ls -l /proc/self/fd | grep -c secret";
    let output = scene
        .sandbox()
        .command("sh")
        .args(["-c", script])
        .output()
        .expect("it runs");
    assert_eq!(text(&output.stdout), "0");
    drop(inherited);
}
