//! At a terminal, under an interactive bash, everything is as it is without us.
//!
//! Each scenario is played twice, plainly and with `fumehood run -q --` before the
//! command, and has to go the same way.
#![cfg(target_os = "linux")]

#[path = "../common/mod.rs"]
mod common;
mod copies;
mod own;
mod pty;

use std::io::Read;
use std::process::{Child, Stdio};

use common::{Scene, outcome, wait};
use pty::{END, INTERRUPT, PROMPT, QUIT, SUSPEND, Terminal};
use rustix::process::{Pid, Signal};

/// Plays `scenario` without us and with us, and looks for what is left.
fn both(scenario: impl Fn(&mut Terminal)) {
    let scene = Scene::new();
    for before in [
        String::new(),
        format!("{} run -q --", scene.program().display()),
    ] {
        println!("before each command: `{before}`");
        let mut terminal = Terminal::open(&scene, &before);
        scenario(&mut terminal);
        terminal.leave();
        scene.assert_nothing_left();
    }
}

#[test]
fn ctrl_c_ends_the_command_and_the_loop_around_it() {
    both(|terminal| {
        terminal.ask(
            "while :; do $R sh -c 'echo up; exec sleep 1000' \"$SCENE\"; done",
            "up",
        );
        terminal.keys(INTERRUPT);
        terminal.expect(PROMPT);
        terminal.expect_status(130);
    });
}

#[test]
fn ctrl_c_while_a_command_starts_is_not_lost() {
    both(|terminal| {
        for wait_ms in [0, 1, 2, 3, 4, 5, 7, 10, 15, 30] {
            terminal.ask(
                "while :; do sh -c \"echo up; exec $R sleep 1000\"; done",
                "up",
            );
            std::thread::sleep(std::time::Duration::from_millis(wait_ms));
            terminal.keys(INTERRUPT);
            terminal.expect(PROMPT);
            terminal.expect_status(130);
        }
    });
}

#[test]
fn a_command_that_catches_ctrl_c_lets_the_loop_go_on() {
    both(|terminal| {
        let script = "trap \"echo caught; exit 0\" INT; echo up; while :; do sleep 0.05; done";
        terminal.line(&format!(
            "for n in 1 2; do $R bash -c '{script}'; echo \"next $n\"; done"
        ));
        for next in ["next 1", "next 2"] {
            terminal.expect("up");
            terminal.keys(INTERRUPT);
            terminal.expect("caught");
            terminal.expect(next);
        }
        terminal.expect(PROMPT);
    });
}

#[test]
fn ctrl_backslash_is_seen_as_a_quit() {
    both(|terminal| {
        terminal.line("ulimit -c 0");
        terminal.ask("$R sh -c 'echo up; exec sleep 1000'", "up");
        terminal.keys(QUIT);
        terminal.expect("Quit");
        terminal.expect_status(131);
    });
}

#[test]
fn ctrl_z_stops_and_fg_goes_on() {
    both(|terminal| {
        terminal.line("$R cat");
        terminal.ask("one", "one");
        terminal.keys(SUSPEND);
        terminal.expect("Stopped");
        terminal.line("fg");
        terminal.ask("two", "two");
        // Nobody types so fast that a launcher is not awake again: it would stop by the
        // key itself, before the command, and what is typed next would be the command's.
        terminal.wait_until_job_waits();
        terminal.keys(SUSPEND);
        terminal.expect("Stopped");
        terminal.line("fg");
        terminal.ask("three", "three");
        terminal.keys(END);
        terminal.expect(PROMPT);
        terminal.expect_status(0);
    });
}

#[test]
fn a_terminal_on_any_stream_has_a_name_inside() {
    both(|terminal| {
        terminal.ask("$R sh -c 'tty <&2 && echo na\"\"med' </dev/null", "named");
        terminal.expect(PROMPT);
    });
}

#[test]
fn a_stopped_command_goes_on_in_the_background() {
    both(|terminal| {
        terminal.ask("$R sh -c 'echo up; exec sleep 0.5'", "up");
        terminal.keys(SUSPEND);
        terminal.expect("Stopped");
        terminal.ask("bg; wait %1; echo \"<$?>\"", "<0>");
    });
}

#[test]
fn a_stopped_command_is_ended_by_kill() {
    both(|terminal| {
        terminal.line("$R cat");
        terminal.ask("one", "one");
        terminal.keys(SUSPEND);
        terminal.expect("Stopped");
        terminal.line("kill %1; until jobs >jobs; grep Terminated jobs; do sleep 0.05; done");
        terminal.expect("Terminated");
    });
}

#[test]
fn a_command_that_stops_itself_stops_the_job() {
    both(|terminal| {
        terminal.ask("$R sh -c 'kill -STOP $$; echo on-$((40+2))'", "Stopped");
        terminal.ask("fg", "on-42");
        terminal.expect(PROMPT);
        terminal.expect_status(0);
    });
}

/// As vim and less do it.
#[test]
fn a_command_that_stops_its_group_stops_the_job() {
    both(|terminal| {
        terminal.ask("$R sh -c 'kill -TSTP 0; echo on-$((40+2))'", "Stopped");
        terminal.ask("fg", "on-42");
        terminal.expect(PROMPT);
        terminal.expect_status(0);
    });
}

#[test]
fn a_signal_that_stops_is_handed_on_and_reported() {
    both(|terminal| {
        terminal.line("$R sleep 1000 & sleep 0.3; kill -TSTP $!");
        terminal.line("until jobs -l | grep Stopped; do sleep 0.05; done; echo \"<seen>\"");
        terminal.expect("Stopped");
        terminal.expect("<seen>");
        terminal.line("kill %1; until jobs >jobs; grep Terminated jobs; do sleep 0.05; done");
        terminal.expect("Terminated");
    });
}

#[test]
fn a_window_that_changes_its_size_tells_the_command() {
    both(|terminal| {
        terminal.resize(24, 80);
        let script = "trap \"stty size; exit 6\" WINCH; echo up; while :; do sleep 0.05; done";
        terminal.ask(&format!("$R bash -c '{script}'; echo \"<$?>\""), "up");
        terminal.resize(33, 101);
        terminal.expect("33 101");
        terminal.expect("<6>");
    });
}

#[test]
fn a_background_command_that_reads_is_stopped_until_fg() {
    both(|terminal| {
        terminal.line("$R cat &");
        terminal.line("until jobs -l | grep Stopped; do sleep 0.05; done; echo \"<seen>\"");
        terminal.expect("Stopped (tty input)");
        terminal.expect("<seen>");
        terminal.line("fg");
        terminal.ask("one", "one");
        terminal.keys(END);
        terminal.expect(PROMPT);
        terminal.expect_status(0);
    });
}

#[test]
fn a_background_command_that_writes_under_tostop_is_stopped_until_fg() {
    both(|terminal| {
        terminal.line("stty tostop; $R sh -c 'echo on-$((40+2))' &");
        terminal.line("until jobs -l >jobs; grep Stopped jobs; do sleep 0.05; done");
        terminal.expect("Stopped (tty output)");
        terminal.ask("fg; stty -tostop", "on-42");
        terminal.expect(PROMPT);
    });
}

#[test]
fn pipelines_end_by_sigpipe_without_a_word() {
    both(|terminal| {
        terminal.line("yes | $R head -1; echo \"<${PIPESTATUS[*]}>\"");
        terminal.expect("<141 0>");
        terminal.line("$R yes | head -1; echo \"<${PIPESTATUS[*]}>\"");
        terminal.expect("<141 0>");
        terminal.line("$R yes | $R head -1; echo \"<${PIPESTATUS[*]}>\"");
        terminal.expect("<141 0>");
        assert!(
            !terminal.shown().contains("roken pipe"),
            "{}",
            terminal.shown()
        );
    });
}

#[test]
fn the_shell_sees_how_the_command_ended() {
    both(|terminal| {
        for (script, code) in [
            ("true", "<0>"),
            ("exit 7", "<7>"),
            ("exit 255", "<255>"),
            ("kill -TERM $$", "<143>"),
            ("kill -KILL $$", "<137>"),
            ("kill -HUP $$", "<129>"),
            ("kill -USR1 $$", "<138>"),
            ("kill -ALRM $$", "<142>"),
        ] {
            terminal.ask(&format!("$R sh -c '{script}'; echo \"<$?>\""), code);
        }
        terminal.line("$R sh -c 'kill -INT $$'");
        terminal.expect_status(130);
        terminal.ask("$R /nowhere/at/all; echo \"<$?>\"", "<127>");
        terminal.ask("$R /etc; echo \"<$?>\"", "<126>");
    });
}

#[test]
fn the_terminal_stays_a_terminal() {
    both(|terminal| {
        terminal.resize(25, 90);
        let script = "test -t 0 && test -t 1 && test -t 2 && tty -s && stty size && stty sane";
        terminal.ask(&format!("$R sh -c '{script}'; echo \"<$?>\""), "25 90");
        terminal.expect("<0>");
        terminal.ask(
            "stty -echo; $R sh -c ': </dev/tty && echo opened-$((40+2))'",
            "opened-42",
        );
    });
}

#[test]
fn a_shell_inside_has_job_control_of_its_own() {
    both(|terminal| {
        terminal.line("$R bash --norc --noprofile --noediting -i");
        terminal.ask("PS1='inner>'", "inner>");
        terminal.line("cat");
        terminal.ask("one", "one");
        terminal.keys(SUSPEND);
        terminal.expect("Stopped");
        terminal.line("fg");
        terminal.ask("two", "two");
        terminal.keys(INTERRUPT);
        terminal.expect("inner>");
        terminal.line("exit 9");
        terminal.expect_status(9);
    });
}

#[test]
fn a_closed_window_ends_a_command_in_the_foreground() {
    hung_up(|terminal| {
        terminal.ask("$R sh -c 'sleep 1000 & echo up; wait' \"$SCENE\"", "up");
    });
}

#[test]
fn a_closed_window_ends_a_command_in_the_background() {
    hung_up(|terminal| {
        terminal.ask("$R sh -c 'sleep 1000 & echo up; wait' \"$SCENE\" &", "up");
    });
}

#[test]
fn a_closed_window_ends_a_command_that_is_stopped() {
    hung_up(|terminal| {
        terminal.ask("$R sh -c 'sleep 1000 & echo up; wait' \"$SCENE\"", "up");
        terminal.keys(SUSPEND);
        terminal.expect("Stopped");
    });
}

/// Plays `scenario` without us and with us, closes the window, and looks for what is left.
fn hung_up(scenario: impl Fn(&mut Terminal)) {
    let scene = Scene::new();
    for before in [
        String::new(),
        format!("{} run -q --", scene.program().display()),
    ] {
        println!("before each command: `{before}`");
        let mut terminal = Terminal::open(&scene, &before);
        scenario(&mut terminal);
        terminal.hang_up();
        scene.assert_nothing_left();
    }
}

#[test]
fn the_command_gets_the_signal_state_that_we_were_started_with() {
    let scene = Scene::new();
    let show = ["grep", "-E", "Sig(Blk|Ign)", "/proc/self/status"];
    for state in [
        &[][..],
        &["--ignore-signal=PIPE"],
        &["--ignore-signal=CHLD"],
        &[
            "--ignore-signal=INT",
            "--ignore-signal=QUIT",
            "--ignore-signal=HUP",
        ],
        &[
            "--block-signal=USR1",
            "--block-signal=TERM",
            "--block-signal=CHLD",
        ],
    ] {
        let plain = outcome(scene.command("env").args(state).args(show));
        let mut inside = scene.command("env");
        inside
            .args(state)
            .arg(scene.program())
            .args(["run", "-q", "--"])
            .args(show);
        let inside = outcome(&mut inside);
        assert_eq!(plain.code, 0, "{state:?}: {plain:?}");
        assert_eq!(
            (inside.code, &inside.stdout),
            (0, &plain.stdout),
            "{state:?}: {inside:?}"
        );
    }
    scene.assert_nothing_left();
}

/// Starts the same shell without us and with us; its standard output is a pipe.
fn shells(scene: &Scene, flags: &[&str], script: &str) -> [Child; 2] {
    let marker = scene.root.to_str().expect("the scene's name is text");
    let shell = ["sh", "-c", script, marker];
    let mut plain = scene.command(shell[0]);
    plain.args(&shell[1..]);
    [plain, scene.run(flags, &shell)].map(|mut command| {
        command
            .stdout(Stdio::piped())
            .spawn()
            .expect("sh and fumehood can be started")
    })
}

/// Sends a signal to the process that the test has started: the launcher, with us.
fn send(child: &Child, signal: Signal) {
    let pid = i32::try_from(child.id()).ok().and_then(Pid::from_raw);
    let pid = pid.expect("process numbers are positive and small");
    rustix::process::kill_process(pid, signal).expect("it runs");
}

fn wait_for_line(child: &mut Child) {
    let stdout = child.stdout.as_mut().expect("it is a pipe");
    let mut byte = [0];
    while byte[0] != b'\n' {
        stdout
            .read_exact(&mut byte)
            .expect("the command says that it is up");
    }
}

#[test]
fn a_signal_to_the_launcher_reaches_the_command() {
    let scene = Scene::new();
    for (signal, name) in [
        (Signal::TERM, "TERM"),
        (Signal::HUP, "HUP"),
        (Signal::INT, "INT"),
        (Signal::QUIT, "QUIT"),
        (Signal::USR1, "USR1"),
        (Signal::USR2, "USR2"),
        (Signal::WINCH, "WINCH"),
    ] {
        let caught = format!("trap 'exit 5' {name}; echo up; while :; do sleep 0.05; done");
        for mut child in shells(&scene, &["-q"], &caught) {
            wait_for_line(&mut child);
            send(&child, signal);
            assert_eq!(wait(&mut child), 5, "SIG{name}, caught");
        }
        if name == "WINCH" {
            continue;
        }
        let suffered = "ulimit -c 0; echo up; while :; do sleep 0.05; done";
        for mut child in shells(&scene, &["-q"], suffered) {
            wait_for_line(&mut child);
            send(&child, signal);
            assert_eq!(
                wait(&mut child),
                128 + signal.as_raw(),
                "SIG{name}, suffered"
            );
        }
    }
    scene.assert_nothing_left();
}

#[test]
fn a_signal_that_comes_while_a_command_starts_is_not_lost() {
    let scene = Scene::new();
    for wait_us in (0..20_000).step_by(1000) {
        for mut child in shells(&scene, &["-q"], "exec sleep 1000") {
            std::thread::sleep(std::time::Duration::from_micros(wait_us));
            send(&child, Signal::TERM);
            assert_eq!(wait(&mut child), 143, "after {wait_us} us");
        }
    }
    scene.assert_nothing_left();
}

#[test]
fn a_time_limit_ends_a_command_that_stopped_itself() {
    let scene = Scene::new();
    for script in [
        "kill -STOP $$",
        "sleep 1000",
        "trap '' TERM INT HUP; sleep 1000; sleep 1000",
    ] {
        let ended = outcome(&mut scene.run(&["--timeout", "500ms"], &["sh", "-c", script]));
        assert_eq!(
            (ended.code, ended.stdout.as_str()),
            (124, ""),
            "{script}: {ended:?}"
        );
        assert!(ended.stderr.contains("time limit"), "{script}: {ended:?}");
    }
    let in_time = outcome(&mut scene.run(&["--timeout", "100s"], &["true"]));
    assert_eq!(in_time.code, 0, "{in_time:?}");
    scene.assert_nothing_left();
}

#[test]
fn a_launcher_that_is_killed_takes_the_tree_with_it() {
    let scene = Scene::new();
    let script = "(setsid sleep 1000 & ) ; echo up; sleep 1000; :";
    let mut inside = scene.run(&["-q"], &["sh", "-c", script]);
    let mut inside = inside
        .stdout(Stdio::piped())
        .spawn()
        .expect("fumehood can be started");
    wait_for_line(&mut inside);
    send(&inside, Signal::KILL);
    assert_eq!(wait(&mut inside), 137);
    scene.assert_nothing_left();
}

/// The children of a process that has one thread.
fn children(process: u32) -> Vec<Pid> {
    let list = std::fs::read_to_string(format!("/proc/{process}/task/{process}/children"));
    let list = list.expect("it lives");
    let numbers = list.split_whitespace().filter_map(|one| one.parse().ok());
    numbers.filter_map(Pid::from_raw).collect()
}

#[test]
fn a_launcher_that_is_killed_takes_a_tree_with_it_whose_first_process_is_stopped() {
    let scene = Scene::new();
    let mut inside = scene.run(&["-q"], &["sh", "-c", "echo up; sleep 1000; :"]);
    let mut inside = inside
        .stdout(Stdio::piped())
        .spawn()
        .expect("fumehood can be started");
    wait_for_line(&mut inside);
    let first = children(inside.id());
    assert_eq!(first.len(), 1, "the first process inside: {first:?}");
    let stop = rustix::process::kill_process(first[0], Signal::STOP);
    stop.expect("a process of ours");
    send(&inside, Signal::KILL);
    assert_eq!(wait(&mut inside), 137);
    scene.assert_nothing_left();
}

#[test]
fn a_limit_on_file_sizes_is_the_commands_and_does_not_end_the_launcher() {
    let scene = Scene::new();
    let write = "head -c 4000 /dev/zero > f; echo $?";
    let run = scene.run(&["-q"], &["sh", "-c", write]);
    let mut limited = std::process::Command::new("sh");
    limited.args(["-c", "ulimit -c 0; ulimit -f 1; exec \"$@\"", "sh"]);
    limited.arg(run.get_program()).args(run.get_args());
    for (name, value) in run.get_envs() {
        match value {
            Some(value) => limited.env(name, value),
            None => limited.env_remove(name),
        };
    }
    limited.current_dir(run.get_current_dir().expect("the workspace"));
    let ended = outcome(&mut limited);
    assert_eq!(
        (ended.code, ended.stdout.as_str()),
        (0, "153\n"),
        "{ended:?}"
    );
    let unlimited = outcome(&mut scene.run(&["-q"], &["sh", "-c", write]));
    assert_eq!(unlimited.stdout, "0\n", "the twin: {unlimited:?}");
}
