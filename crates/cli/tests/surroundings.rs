//! Whatever is odd about the machine or the environment: it is named, and opens nothing.
#![cfg(target_os = "linux")]

#[path = "common/checks.rs"]
mod checks;
mod common;
#[path = "common/skips.rs"]
mod skips;

use std::fs;
use std::path::Path;

use checks::{allowed, in_namespaces, refused};
use common::{Scene, outcome};

#[test]
fn whichever_limit_on_namespaces_is_used_up_that_one_is_named() {
    for (kind, most) in [("net", 0), ("ipc", 0), ("mnt", 2), ("mnt", 10)] {
        let scene = Scene::new();
        let name = format!("user.max_{kind}_namespaces is {most}");
        let script = format!(
            "echo {most} >/proc/sys/user/max_{kind}_namespaces && \
             exec \"$F\" run -q --accept processes -- echo ran"
        );
        let Some(mut command) = in_namespaces(&scene, &script) else {
            return;
        };
        let said = refused(&scene, &mut command, 125, &["hint: ", &name]);
        assert!(!said.stderr.contains("max_user_namespaces"), "{said:?}");
    }
    let scene = Scene::new();
    let script = "exec \"$F\" run -q --accept processes -- echo ran";
    if let Some(mut command) = in_namespaces(&scene, script) {
        assert_eq!(allowed(&mut command).stdout, "ran\n", "the twin");
    }
}

#[test]
fn where_user_namespaces_are_used_up_the_limit_is_named() {
    let scene = Scene::new();
    let script = "echo 0 >/proc/sys/user/max_user_namespaces && exec \"$F\" run --accept processes -- echo ran";
    let Some(mut command) = in_namespaces(&scene, script) else {
        return;
    };
    refused(
        &scene,
        &mut command,
        125,
        &["namespaces", "hint: ", "user.max_user_namespaces"],
    );
}

#[test]
fn where_the_state_cannot_be_kept_the_variable_that_moves_it_is_named_and_helps() {
    let scene = Scene::new();
    let file = scene.root.join("file");
    fs::write(&file, "").expect("ours");
    let taken = scene.root.join("taken");
    fs::create_dir_all(taken.join(".local/state")).expect("ours");
    fs::write(taken.join(".local/state/fumehood"), "").expect("ours");
    for home in [file.as_path(), &taken, Path::new("/proc/none")] {
        let mut command = scene.run(&["-q"], &["echo", "ran"]);
        command.env("HOME", home);
        refused(&scene, &mut command, 125, &["hint: ", "XDG_STATE_HOME"]);
        command.env("XDG_STATE_HOME", scene.root.join("state"));
        assert_eq!(allowed(&mut command).stdout, "ran\n");
    }
}

#[test]
fn where_proc_is_read_only_the_files_that_have_to_be_written_are_named() {
    let scene = Scene::new();
    let script = "mount --rbind /proc /proc && mount -o remount,bind,ro /proc && \
                  exec \"$F\" run -q --accept processes -- echo ran";
    let Some(mut command) = in_namespaces(&scene, script) else {
        return;
    };
    refused(
        &scene,
        &mut command,
        125,
        &["hint: ", "/proc/self/setgroups"],
    );
}

#[test]
fn a_masked_proc_is_a_gap_and_no_refusal() {
    let scene = Scene::new();
    let script = "mount -t tmpfs scene /proc/sys && \"$F\" run --accept processes -- sh -c 'echo ran; test -r /proc/self/status'";
    let Some(mut command) = in_namespaces(&scene, script) else {
        return;
    };
    let masked = outcome(&mut command);
    if masked.code == 0 {
        assert_eq!(masked.stdout, "ran\n", "{masked:?}");
    } else {
        assert!(matches!(masked.code, 125 | 126), "{masked:?}");
        assert_eq!(masked.stdout, "", "{masked:?}");
        assert!(masked.stderr.contains("proc"), "{masked:?}");
    }
    scene.assert_nothing_left();
}

#[test]
fn without_a_proc_a_run_works_or_says_what_is_missing() {
    let scene = Scene::new();
    let script = "mount -t tmpfs scene /proc && \"$F\" run --accept processes -- echo ran";
    let Some(mut command) = in_namespaces(&scene, script) else {
        return;
    };
    let without = outcome(&mut command);
    assert_eq!(
        (without.code, without.stdout.as_str()),
        (125, ""),
        "{without:?}"
    );
    assert!(without.stderr.contains("/proc"), "{without:?}");
    scene.assert_nothing_left();
}

#[test]
fn secrets_of_the_home_in_the_user_database_are_hidden_whatever_home_says() {
    let scene = Scene::new();
    let real = scene.work().join("real");
    for (file, text) in [
        (".aws/credentials", "SECRET"),
        (".local/state/fumehood/trust", "SECRET"),
        ("notes", "plain\n"),
    ] {
        let file = real.join(file);
        fs::create_dir_all(file.parent().expect("it is below")).expect("ours");
        fs::write(file, text).expect("ours");
    }
    let script = "printf 'root:x:0:0::%s:/bin/sh\n' \"$PWD/real\" >../passwd && \
                  mount --bind ../passwd /etc/passwd && \
                  exec \"$F\" run -q --accept processes --workspace . -- sh -c \
                  'cd real; cat .aws/credentials .local/state/fumehood/trust; cat notes; \
                   mkdir -p .config/fumehood; echo x >.config/fumehood/config.toml; echo x >new'";
    let Some(mut command) = in_namespaces(&scene, script) else {
        return;
    };
    let outcome = allowed(&mut command);
    assert_eq!(outcome.stdout, "plain\n", "{outcome:?}");
    assert!(real.join("new").exists(), "{outcome:?}");
    assert!(!real.join(".config/fumehood/config.toml").exists());
}

#[test]
fn a_home_in_the_user_database_is_no_workspace_by_accident() {
    let scene = Scene::new();
    let script = "printf 'root:x:0:0::%s:/bin/sh\n' \"$PWD\" >../passwd && \
                  mount --bind ../passwd /etc/passwd && \
                  \"$F\" run -q --accept processes --workspace . -- echo named >&2 && \
                  exec \"$F\" run -q --accept processes -- echo ran";
    let Some(mut command) = in_namespaces(&scene, script) else {
        return;
    };
    let outcome = outcome(&mut command);
    assert_eq!(outcome.code, 125, "{outcome:?}");
    assert!(outcome.stderr.starts_with("named\n"), "{outcome:?}");
    assert!(
        outcome.stderr.contains("is your home folder"),
        "{outcome:?}"
    );
}

#[test]
fn more_secrets_than_are_hidden_stop_the_start_and_name_the_variable() {
    let scene = Scene::new();
    fs::write(scene.work().join("k"), "SECRET").expect("ours");
    let moved = |value: &str| {
        let mut command = scene.run(&["-q"], &["cat", "k"]);
        command.env("KUBECONFIG", value);
        command
    };
    refused(
        &scene,
        &mut moved(&["k"; 17].join(":")),
        125,
        &["KUBECONFIG names 17"],
    );
    for value in ["k", "./x/../k"] {
        let outcome = outcome(&mut moved(value));
        assert!(
            outcome.code != 0 && outcome.stdout.is_empty(),
            "{value}: {outcome:?}"
        );
    }
    assert_eq!(allowed(&mut moved("other")).stdout, "SECRET", "the twin");
}

/// Lets `openat2` fail (x86-64 and arm64 have one number for it), and becomes a program.
const WITHOUT_OPENAT2: &str = "
import ctypes, os, struct, sys
code = [(0x20, 0, 0, 0), (0x15, 0, 1, 437), (0x06, 0, 0, 0x50000 | int(sys.argv[1])), (0x06, 0, 0, 0x7fff0000)]
code = b''.join(struct.pack('HBBI', *line) for line in code)
held = ctypes.create_string_buffer(code)
program = struct.pack('HxxxxxxP', 4, ctypes.addressof(held))
libc = ctypes.CDLL(None, use_errno=True)
assert libc.prctl(38, 1, 0, 0, 0) == 0
assert libc.prctl(22, 2, ctypes.create_string_buffer(program)) == 0
os.execv(sys.argv[2], sys.argv[2:])
";

#[test]
fn where_a_filter_refuses_the_call_that_looks_at_paths_the_call_is_named() {
    let scene = Scene::new();
    let program = scene.program();
    for errno in ["38", "1"] {
        let mut command = scene.command("python3");
        command.args(["-c", WITHOUT_OPENAT2, errno]).arg(&program);
        command.args(["run", "-q", "--", "echo", "ran"]);
        let said = refused(
            &scene,
            &mut command,
            125,
            &["openat2", "hint: a system call filter"],
        );
        assert!(!said.stderr.contains("is not there"), "{said:?}");
    }
    let mut without_python = scene.run(&["-q"], &["echo", "ran"]);
    assert_eq!(allowed(&mut without_python).stdout, "ran\n", "the twin");
}

#[test]
fn a_gap_in_what_was_asked_for_is_said_without_a_terminal_and_others_are_not() {
    let scene = Scene::new();
    let plain = allowed(&mut scene.run(&[], &["true"]));
    assert_eq!(plain.stderr, "");
    let asked = [
        &["--deny-read", "later"][..],
        &["--deny-read", "**/x", "--accept", "deep-globs"],
    ];
    for (flags, gap) in asked.into_iter().zip(["missing-names", "deep-globs"]) {
        let said = allowed(&mut scene.run(flags, &["true"]));
        let lines: Vec<&str> = said.stderr.lines().collect();
        assert_eq!(lines.len(), 1, "{said:?}");
        assert!(
            lines[0].starts_with("fumehood: cannot be kept here: "),
            "{said:?}"
        );
        assert!(
            lines[0].contains(gap) && lines[0].contains(flags[1]),
            "{said:?}"
        );
        let quiet: Vec<&str> = ["-q"].iter().chain(flags).copied().collect();
        assert_eq!(allowed(&mut scene.run(&quiet, &["true"])).stderr, "");
    }
    let mut limited = scene.run(&["--limit", "memory=100M"], &["true"]);
    let limited = allowed(&mut limited);
    // Where a memory control group can be written there is no such gap.
    let says = limited.stderr.contains("(memory: ");
    assert_eq!(says, !limited.stderr.is_empty(), "{limited:?}");
}
