//! A command with a terminal of its own, under an interactive bash at another one.

use rustix::process::Signal;

use crate::common::{Scene, outcome};
use crate::pty::{END, INTERRUPT, PROMPT, QUIT, SUSPEND, Terminal};

/// What stands before a command to give it a terminal of its own.
fn before(scene: &Scene) -> String {
    format!("{} run -q --pty --", scene.program().display())
}

/// Plays `scenario`, ends the shell, and looks for what is left.
fn at_own(scenario: impl Fn(&Scene, &mut Terminal)) {
    let scene = Scene::new();
    let mut terminal = Terminal::open(&scene, &before(&scene));
    scenario(&scene, &mut terminal);
    assert!(!terminal.is_raw(), "the caller's terminal is left raw");
    terminal.leave();
    scene.assert_nothing_left();
}

#[test]
fn the_command_leads_a_session_on_a_terminal_of_its_own_that_has_a_name_inside() {
    at_own(|_, terminal| {
        terminal.ask(
            "echo \"outside <$(stat -L -c %d:%i \"$(tty)\")>\"",
            "outside <",
        );
        terminal.expect(PROMPT);
        let outside = between(terminal.shown(), "outside <", ">");
        let script = "echo \"own <$(stat -L -c %d:%i \"$(tty)\")>\"; \
                      test -t 0 && test -t 1 && test -t 2 && \
                      test \"$(tty)\" = \"$(readlink /proc/self/fd/2)\" && \
                      echo \"name $(tty)\" >/dev/tty; \
                      set -- $(cat /proc/self/stat); echo \"session $((6 * $6)) group $8\"; \
                      echo \"self $((6 * $$)) $$\"; ls /dev/console; ls /dev/pts";
        terminal.line(&format!("$R bash -c '{script}'"));
        terminal.expect("name /dev/pts/0");
        let own = between(terminal.shown(), "own <", ">");
        assert_ne!(own, outside, "the caller's terminal is seen inside");
        terminal.expect("session ");
        terminal.expect(PROMPT);
        let session = between(terminal.shown(), "session ", " ");
        assert_eq!(session, between(terminal.shown(), "self ", " "));
        assert!(
            terminal.shown().contains("/dev/console': No such file"),
            "{}",
            terminal.shown()
        );
        terminal.expect_status(0);
    });
}

/// What stands between the first `from` and the `to` after it.
fn between(text: &str, from: &str, to: &str) -> String {
    let text = text.split_once(from).map_or("", |(_, rest)| rest);
    text.split_once(to)
        .map_or("", |(found, _)| found)
        .to_owned()
}

#[test]
fn the_callers_terminal_cannot_be_typed_into_from_a_terminal_of_its_own() {
    at_own(|_, terminal| {
        let script = "
import fcntl, os, termios
files = [0, 1, 2]
for path in [\"/dev/tty\", \"/dev/pts/0\", \"/proc/1/fd/0\", \"/proc/1/fd/1\", \"/dev/console\"]:
    try: files.append(os.open(path, os.O_RDWR | os.O_NOCTTY))
    except OSError: pass
own = {os.fstat(0).st_rdev, os.stat(\"/dev/tty\").st_rdev}
for file in files:
    assert os.fstat(file).st_rdev in own, file
    fcntl.ioctl(file, termios.TIOCGWINSZ, bytes(8))
    try: fcntl.ioctl(file, termios.TIOCSTI, b\"X\")
    except PermissionError: continue
    raise SystemExit(\"typed\")
print(\"all\", len(files), \"refused\")";
        let script = script.trim().replace('\n', "\\n");
        terminal.line(&format!("printf '{script}' >type.py; $R python3 type.py"));
        terminal.expect("all 5 refused");
        terminal.expect(PROMPT);
        terminal.expect_status(0);
    });
}

#[test]
fn an_own_window_has_the_size_of_the_callers_and_follows_it() {
    at_own(|_, terminal| {
        terminal.resize(25, 90);
        let script = "trap \"stty size; exit 6\" WINCH; stty size; while :; do sleep 0.05; done";
        terminal.ask(&format!("$R bash -c '{script}'; echo \"<$?>\""), "25 90");
        terminal.resize(33, 101);
        terminal.expect("33 101");
        terminal.expect("<6>");
    });
}

#[test]
fn an_own_terminal_has_the_modes_that_the_caller_is_used_to() {
    at_own(|_, terminal| {
        terminal.line("stty erase ^E kill ^F -ixon iutf8");
        terminal.expect(PROMPT);
        terminal.ask("$R stty -a", "erase = ^E; kill = ^F;");
        terminal.expect("-ixon");
        terminal.expect(" iutf8");
        terminal.expect(PROMPT);
        terminal.line("stty sane");
    });
}

#[test]
fn ctrl_c_on_an_own_terminal_ends_the_command_and_the_loop_around_it() {
    at_own(|_, terminal| {
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
fn ctrl_c_that_is_caught_on_an_own_terminal_lets_the_loop_go_on() {
    at_own(|_, terminal| {
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
fn ctrl_c_while_an_own_terminal_is_opened_is_not_lost() {
    at_own(|_, terminal| {
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
fn ctrl_backslash_on_an_own_terminal_is_seen_as_a_quit() {
    at_own(|_, terminal| {
        terminal.line("ulimit -c 0");
        terminal.ask("$R sh -c 'echo up; exec sleep 1000'", "up");
        terminal.keys(QUIT);
        terminal.expect("Quit");
        terminal.expect_status(131);
    });
}

#[test]
fn a_shell_on_an_own_terminal_has_job_control_and_the_outer_one_sees_nothing_of_it() {
    at_own(|_, terminal| {
        terminal.line("$R bash --norc --noprofile --noediting -i");
        terminal.ask("PS1='inner>'", "inner>");
        terminal.line("cat");
        terminal.ask("one", "one");
        terminal.keys(SUSPEND);
        terminal.expect("Stopped");
        terminal.expect("inner>");
        assert!(terminal.is_raw(), "the outer shell has the terminal");
        terminal.line("fg");
        terminal.ask("two", "two");
        terminal.keys(INTERRUPT);
        terminal.expect("inner>");
        terminal.line("sleep 1000 &");
        terminal.ask("jobs", "Running");
        terminal.line("kill %1; exit 9");
        terminal.expect(PROMPT);
        terminal.expect_status(9);
    });
}

#[test]
fn a_line_editor_on_an_own_terminal_gets_every_key() {
    at_own(|_, terminal| {
        terminal.line("$R bash --norc --noprofile -i");
        terminal.ask("PS1='inner>'", "inner>");
        // Ctrl-A goes to the start of the line, Ctrl-K cuts from there, Ctrl-Y brings it back.
        terminal.keys("$((40+2))\x01echo on-\x0b\x19\x01\n");
        terminal.expect("on-42");
        terminal.expect("inner>");
        terminal.keys(END);
        terminal.expect(PROMPT);
        terminal.expect_status(0);
    });
}

#[test]
fn a_command_that_stops_itself_on_an_own_terminal_stops_only_inside() {
    at_own(|_, terminal| {
        let script = "(sleep 0.3; kill -CONT $$) & echo up; kill -STOP $$; echo on-$((40+2))";
        terminal.ask(&format!("$R sh -c '{script}'"), "on-42");
        terminal.expect(PROMPT);
        terminal.expect_status(0);
        assert!(
            !terminal.shown().contains("Stopped"),
            "{}",
            terminal.shown()
        );
    });
}

#[test]
fn a_command_that_stands_on_an_own_terminal_goes_on_when_the_launcher_is_told() {
    at_own(|_, terminal| {
        terminal.ask(
            "$R sh -c 'trap \"echo on-$((40+2)); exit 0\" CONT; echo up; kill -STOP $$; exit 1'",
            "up",
        );
        let launcher = terminal.job();
        rustix::process::kill_process(launcher, Signal::CONT).expect("it runs");
        // It may have been about to stop itself.
        for _ in 0..60 {
            if terminal.shows_soon("on-42") {
                terminal.expect(PROMPT);
                return terminal.expect_status(0);
            }
            rustix::process::kill_process(launcher, Signal::CONT).expect("it runs");
        }
        panic!("it stands still: {}", terminal.shown());
    });
}

#[test]
fn the_callers_terminal_is_as_it_was_whichever_way_a_command_ends() {
    at_own(|scene, terminal| {
        let start = before(scene);
        let timeout = start.replace(" --pty", " --pty --timeout 300ms");
        for (command, code) in [
            (format!("{start} true"), 0),
            (format!("{start} sh -c 'stty raw; exit 3'"), 3),
            (format!("{start} sh -c 'kill -KILL $$'"), 137),
            (format!("{start} /nowhere/at/all"), 127),
            (format!("{start} /etc"), 126),
            (format!("{timeout} sleep 1000"), 124),
            (format!("{timeout} sh -c 'kill -STOP $$'"), 124),
            (
                format!("{start} yes | head -1; (exit ${{PIPESTATUS[0]}})"),
                141,
            ),
        ] {
            let modes = terminal.modes();
            terminal.ask(&format!("{command}; echo \"<$?>\""), &format!("<{code}>"));
            terminal.expect(PROMPT);
            assert_eq!(format!("{:?}", terminal.modes()), format!("{modes:?}"));
        }
    });
}

#[test]
fn the_callers_terminal_is_as_it_was_after_a_signal_to_the_launcher() {
    at_own(|_, terminal| {
        for signal in [Signal::TERM, Signal::HUP, Signal::INT, Signal::USR1] {
            let modes = terminal.modes();
            terminal.ask("$R sh -c 'echo up; exec sleep 1000'", "up");
            assert!(terminal.is_raw(), "raw while it runs");
            rustix::process::kill_process(terminal.job(), signal).expect("it runs");
            terminal.wait_until_raw(false);
            terminal.expect(PROMPT);
            assert_eq!(format!("{:?}", terminal.modes()), format!("{modes:?}"));
            terminal.expect_status(128 + signal.as_raw());
        }
    });
}

#[test]
fn a_launcher_that_is_stopped_leaves_the_terminal_to_the_shell_until_fg() {
    at_own(|_, terminal| {
        for signal in [Signal::TSTP, Signal::TTIN, Signal::TTOU] {
            terminal.line("$R cat");
            terminal.ask("one", "one");
            assert!(terminal.is_raw(), "raw while it runs");
            rustix::process::kill_process(terminal.job(), signal).expect("it runs");
            terminal.expect("Stopped");
            terminal.expect(PROMPT);
            assert!(!terminal.is_raw(), "the shell's while it stands");
            terminal.ask("echo in-$((40+2))-between", "in-42-between");
            terminal.line("fg");
            terminal.wait_until_raw(true);
            terminal.ask("two", "two");
            terminal.keys(END);
            terminal.expect(PROMPT);
            terminal.expect_status(0);
        }
    });
}

#[test]
fn a_launcher_that_stands_is_ended_by_kill() {
    at_own(|_, terminal| {
        terminal.line("$R cat");
        terminal.ask("one", "one");
        rustix::process::kill_process(terminal.job(), Signal::TSTP).expect("it runs");
        terminal.expect("Stopped");
        terminal.line("kill %1; until jobs >jobs; grep Terminated jobs; do sleep 0.05; done");
        terminal.expect("Terminated");
    });
}

#[test]
fn a_time_limit_ends_a_launcher_that_stands() {
    let scene = Scene::new();
    let limited = before(&scene).replace(" --pty", " --pty --timeout 2s");
    let mut terminal = Terminal::open(&scene, &limited);
    terminal.ask("$R sh -c 'echo up; exec sleep 1000'", "up");
    rustix::process::kill_process(terminal.job(), Signal::TSTP).expect("it runs");
    terminal.expect("Stopped");
    terminal.line("until jobs >jobs; grep 'Exit 124' jobs; do sleep 0.05; done");
    terminal.expect("Exit 124");
    terminal.leave();
    scene.assert_nothing_left();
}

#[test]
fn a_command_in_the_background_leaves_the_terminal_alone_and_gets_its_keys_after_fg() {
    at_own(|_, terminal| {
        let modes = terminal.modes();
        terminal.ask("$R sh -c 'echo up; exec cat' &", "up");
        terminal.ask("echo in-$((40+2))-between", "in-42-between");
        terminal.expect(PROMPT);
        assert_eq!(format!("{:?}", terminal.modes()), format!("{modes:?}"));
        terminal.line("fg");
        terminal.wait_until_raw(true);
        terminal.ask("one", "one");
        terminal.keys(END);
        terminal.expect(PROMPT);
        terminal.expect_status(0);
    });
}

#[test]
fn keys_of_a_terminal_that_is_not_the_input_reach_the_job_inside() {
    at_own(|_, terminal| {
        let inner = "trap \\\"echo inner; exit 0\\\" INT; echo up; while :; do sleep 0.05; done";
        let script = format!("trap \"echo outer\" INT; bash -c \"{inner}\"; exit 4");
        terminal.ask(&format!("sleep 1000 | $R bash -c '{script}'"), "up");
        terminal.keys(INTERRUPT);
        terminal.expect("inner");
        terminal.expect("outer");
        terminal.expect(PROMPT);
        terminal.expect_status(4);
        terminal.ask(
            "sleep 1000 | $R bash -c 'trap \"echo caught; exit 5\" INT; trap \"echo back\" CONT; \
             echo up; while :; do sleep 0.05; done'",
            "up",
        );
        terminal.keys(SUSPEND);
        terminal.expect("Stopped");
        terminal.expect(PROMPT);
        terminal.line("fg");
        terminal.expect("\r\nback");
        terminal.keys(INTERRUPT);
        terminal.expect("caught");
        terminal.expect(PROMPT);
        terminal.expect_status(5);
    });
}

#[test]
fn a_pipeline_behind_an_own_terminal_is_shown_line_by_line() {
    at_own(|_, terminal| {
        terminal.line("$R printf 'a\\nb\\n' | sed s/$/./ | cat -A; echo \"<${PIPESTATUS[*]}>\"");
        terminal.expect("a^M.$\r\nb^M.$\r\n");
        terminal.expect("<0 0 0>");
    });
}

#[test]
fn the_shell_sees_how_a_command_on_an_own_terminal_ended() {
    at_own(|_, terminal| {
        for (script, code) in [
            ("true", "<0>"),
            ("exit 7", "<7>"),
            ("exit 255", "<255>"),
            ("kill -TERM $$", "<143>"),
            ("kill -HUP $$", "<129>"),
            ("kill -USR1 $$", "<138>"),
        ] {
            terminal.ask(&format!("$R sh -c '{script}'; echo \"<$?>\""), code);
            terminal.expect(PROMPT);
        }
        terminal.line("$R sh -c 'kill -INT $$'");
        terminal.expect(PROMPT);
        terminal.expect_status(130);
    });
}

#[test]
fn a_closed_window_hangs_the_own_terminal_up() {
    let scene = Scene::new();
    for script in [
        "echo up; sleep 1000; :",
        "echo up; exec cat",
        "stty raw; echo up; exec cat",
        "trap \"\" HUP; stty -icanon; echo up; exec cat",
    ] {
        let mut terminal = Terminal::open(&scene, &before(&scene));
        terminal.ask(&format!("$R sh -c '{script}' \"$SCENE\""), "up");
        terminal.hang_up();
        scene.assert_nothing_left();
    }
}

#[test]
fn a_closed_window_ends_a_launcher_in_the_background_or_one_that_stands() {
    let scene = Scene::new();
    let mut terminal = Terminal::open(&scene, &before(&scene));
    terminal.ask("$R sh -c 'echo up; sleep 1000; :' \"$SCENE\" &", "up");
    terminal.hang_up();
    scene.assert_nothing_left();
    let mut terminal = Terminal::open(&scene, &before(&scene));
    terminal.ask("$R sh -c 'echo up; sleep 1000; :' \"$SCENE\"", "up");
    rustix::process::kill_process(terminal.job(), Signal::TSTP).expect("it runs");
    terminal.expect("Stopped");
    terminal.hang_up();
    scene.assert_nothing_left();
}

#[test]
fn what_is_told_to_programs_is_the_same_with_an_own_terminal() {
    let scene = Scene::new();
    let flags = ["--pty", "--json-status", "status"];
    let ended = outcome(&mut scene.run(&flags, &["sh", "-c", "exit 3"]));
    assert_eq!(
        (ended.code, ended.stdout.as_str(), ended.stderr.as_str()),
        (3, "", "")
    );
    let status = std::fs::read_to_string(scene.work().join("status")).expect("it was written");
    let lines: Vec<&str> = status.lines().collect();
    assert!(
        lines.len() == 2
            && lines[0].contains("\"type\":\"started\"")
            && lines[1].contains("\"type\":\"exited\"")
            && lines[1].contains("\"code\":3"),
        "{status}"
    );
    scene.assert_nothing_left();
}
