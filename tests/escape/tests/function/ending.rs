//! How commands begin and end: codes, signals, timeouts, and what is left.

use std::fs;
use std::os::unix::process::ExitStatusExt as _;
use std::thread::sleep;
use std::time::{Duration, Instant};

use fumehood_escape::launch::must;

use crate::lab::{Lab, for_everybody};

#[test]
fn every_exit_code_is_the_command_s_own() {
    for_everybody(|lab| {
        // All of them once; as another user only the ends of each range.
        let all: Vec<i32> = if lab.user.is_self {
            (0..=255).collect()
        } else {
            vec![0, 1, 2, 124, 125, 126, 127, 128, 129, 254, 255]
        };
        for code in all {
            let exit = format!("exit {code}");
            let ended = lab.finish(&mut lab.inside(&[], &["sh", "-c", &exit]));
            assert_eq!(ended.status.and_then(|status| status.code()), Some(code));
        }
    });
}

#[test]
fn a_command_that_dies_of_a_signal_is_seen_to() {
    for_everybody(|lab| {
        for (name, number) in [
            ("HUP", 1),
            ("INT", 2),
            ("KILL", 9),
            ("USR1", 10),
            ("SEGV", 11),
            ("TERM", 15),
        ] {
            let kill = format!("kill -{name} $$");
            let inside = lab.inside(&[], &["sh", "-c", &kill]);
            // Whoever started the tests in the background has interrupts ignored.
            let mut command = lab.outside("env");
            command
                .arg("--default-signal")
                .arg(inside.get_program())
                .args(inside.get_args());
            let ended = lab.finish(&mut command);
            let status = ended.status.expect("it ended");
            let seen = status
                .signal()
                .unwrap_or_else(|| status.code().unwrap_or_default() - 128);
            assert_eq!(seen, number, "SIG{name}: {status}");
        }
    });
}

#[test]
fn a_command_that_cannot_be_run_has_its_code() {
    for_everybody(|lab| {
        lab.put("not-executable", "x");
        let code = |command: &str| lab.finish(&mut lab.inside(&[], &[command])).code();
        assert_eq!(code("fumehood-escape-no-such-command"), 127);
        assert_eq!(code("/no/such/command"), 127);
        assert_eq!(code("./not-executable"), 126);
        assert_eq!(code("/etc"), 126);
        let mut launcher = lab.outside(lab.program());
        launcher.args(["run", "--workspace", "/no/such/folder", "--", "true"]);
        let ended = lab.finish(&mut launcher);
        assert_eq!(ended.code(), 125, "{}", ended.complaints);
        assert!(
            ended.complaints.contains("/no/such/folder"),
            "{}",
            ended.complaints
        );
    });
}

#[test]
fn a_message_holds_no_control_characters_of_a_name() {
    for_everybody(|lab| {
        for name in ["bad\x1b]0;title\x07", "\x1b[31mred", "two\nlines\r"] {
            let mut launcher = lab.outside(lab.program());
            launcher
                .args(["run", "--workspace"])
                .arg(lab.workspace())
                .args(["--", name]);
            let ended = lab.finish(&mut launcher);
            assert_eq!(ended.code(), 127, "{}", ended.complaints);
            let raw = |letter: char| letter.is_control() && letter != '\n';
            assert!(!ended.complaints.contains(raw), "{:?}", ended.complaints);
            let mut launcher = lab.outside(lab.program());
            let ended = lab.finish(launcher.args(["run", "--workspace", name, "--", "true"]));
            assert!(!ended.complaints.contains(raw), "{:?}", ended.complaints);
        }
    });
}

#[test]
fn a_network_by_names_is_refused_until_there_is_a_proxy() {
    for_everybody(|lab| {
        let ended = lab.finish(&mut lab.inside(
            &["--network", "names", "--allow-host", "example.com"],
            &["true"],
        ));
        assert!(matches!(ended.code(), 125 | 126), "{}", ended.code());
        assert!(
            ended.complaints.contains("network-names"),
            "{}",
            ended.complaints
        );
    });
}

#[test]
fn a_project_file_that_nobody_trusts_does_not_stop_a_run() {
    for_everybody(|lab| {
        lab.put(".fumehood/config.toml", "version = 1\n");
        lab.sh("true");
    });
}

#[test]
fn a_timeout_ends_the_whole_tree() {
    for_everybody(|lab| {
        let script = "sleep 77.5 & (setsid sleep 77.5 &) ; sleep 77.5";
        let ended = lab.finish(&mut lab.inside(&["--timeout", "1s"], &["sh", "-c", script]));
        assert_eq!(ended.code(), 124, "{}", ended.complaints);
        assert!(ended.took < Duration::from_secs(5), "{:?}", ended.took);
        assert_nothing_runs(lab, "sleep\u{0}77.5");
    });
}

#[test]
fn a_daemon_is_gone_after_the_run() {
    for_everybody(|lab| {
        let start = Instant::now();
        lab.sh("(setsid sleep 78.5 >/dev/null 2>&1 &); (setsid setsid sleep 78.5 >/dev/null 2>&1 &); true");
        assert!(
            start.elapsed() < Duration::from_secs(10),
            "it was waited for"
        );
        assert_nothing_runs(lab, "sleep\u{0}78.5");
    });
}

#[test]
fn a_launcher_that_is_asked_to_end_ends_the_command() {
    for_everybody(|lab| {
        for (signal, number) in [("TERM", 15), ("HUP", 1)] {
            let mut child = lab
                .inside(&[], &["sh", "-c", "echo > started; sleep 79.5"])
                .spawn()
                .expect("the launcher starts");
            wait_for(lab, "started");
            must(
                std::process::Command::new("kill")
                    .arg(format!("-{signal}"))
                    .arg(child.id().to_string()),
            );
            let start = Instant::now();
            let status = child.wait().expect("it is our child");
            assert!(
                start.elapsed() < Duration::from_secs(5),
                "SIG{signal}: {:?}",
                start.elapsed()
            );
            let seen = status.signal().or(status.code().map(|code| code - 128));
            assert_eq!(seen, Some(number), "SIG{signal}: {status}");
            fs::remove_file(lab.workspace().join("started")).expect("it was made");
            assert_nothing_runs(lab, "sleep\u{0}79.5");
        }
    });
}

#[test]
fn a_launcher_that_is_killed_takes_everything_along() {
    for_everybody(|lab| {
        let mut child = lab
            .inside(
                &[],
                &[
                    "sh",
                    "-c",
                    "(setsid sleep 80.5 &); echo > started; trap '' TERM HUP INT; sleep 80.5",
                ],
            )
            .spawn()
            .expect("the launcher starts");
        wait_for(lab, "started");
        child.kill().expect("it is our child");
        child.wait().expect("it is our child");
        assert_nothing_runs(lab, "sleep\u{0}80.5");
    });
}

#[test]
fn a_hundred_runs_leave_no_process_mount_or_group() {
    for_everybody(|lab| {
        let look = || {
            let mounts = fs::read_to_string("/proc/self/mountinfo")
                .expect("proc is there")
                .lines()
                .count();
            let groups = fs::read_dir("/sys/fs/cgroup/pids")
                .into_iter()
                .flatten()
                .flatten();
            let left = groups
                .filter(|entry| entry.file_name().to_string_lossy().starts_with("fumehood-"))
                .count();
            (mounts, left)
        };
        lab.sh("true");
        let before = (look().0, lab.prepare("find \"$HOME\" | wc -l"));
        for _ in 0..50 {
            lab.sh("true");
        }
        let after = (look().0, lab.prepare("find \"$HOME\" | wc -l"));
        assert_eq!(before, after, "mounts, files of fumehood's own");
    });
}

#[test]
fn a_sandbox_in_a_sandbox_says_what_it_lacks() {
    for_everybody(|lab| {
        let program = lab.program().display().to_string();
        let ended = lab.finish(&mut lab.inside(
            &[],
            &[&program, "run", "--workspace", ".", "--", "echo", "nested"],
        ));
        assert!(ended.status.is_some(), "it hung");
        let works = ended.code() == 0 && ended.text() == "nested\n";
        let refuses = matches!(ended.code(), 125 | 126) && ended.complaints.contains("error");
        assert!(
            works || refuses,
            "{} {} {}",
            ended.code(),
            ended.text(),
            ended.complaints
        );
    });
}

fn wait_for(lab: &Lab, name: &str) {
    let start = Instant::now();
    while !lab.workspace().join(name).exists() {
        assert!(
            start.elapsed() < Duration::from_secs(10),
            "the command did not start"
        );
        sleep(Duration::from_millis(5));
    }
}

/// No process of the lab's user has this command line.
#[track_caller]
fn assert_nothing_runs(lab: &Lab, command_line: &str) {
    use std::os::unix::fs::MetadataExt as _;
    let is_left = || {
        fs::read_dir("/proc")
            .into_iter()
            .flatten()
            .flatten()
            .any(|entry| {
                let own = entry
                    .metadata()
                    .is_ok_and(|metadata| metadata.uid() == lab.user.id);
                let line = fs::read_to_string(entry.path().join("cmdline")).unwrap_or_default();
                let folder = fs::read_link(entry.path().join("cwd")).unwrap_or_default();
                own && line.trim_end_matches('\0') == command_line
                    && folder.starts_with(lab.workspace())
            })
    };
    // The kernel takes its time for the last of a namespace.
    for _ in 0..100 {
        if !is_left() {
            return;
        }
        sleep(Duration::from_millis(10));
    }
    panic!("as {}: {command_line:?} still runs", lab.user.name());
}
