//! Whatever is wrong: a clear message, the right exit code, and nothing left behind.
#![cfg(target_os = "linux")]

#[path = "common/checks.rs"]
mod checks;
mod common;
#[path = "common/program.rs"]
mod program;
#[path = "common/skips.rs"]
mod skips;

use std::ffi::{OsStr, OsString};
use std::fs;
use std::os::unix::ffi::OsStringExt;
use std::os::unix::fs::{PermissionsExt, chown, symlink};
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Command, Stdio};

use checks::{allowed, in_namespaces, refused};
use common::{Scene, outcome, wait};
use skips::skip;

/// The user's configuration.
fn configure(scene: &Scene, text: &str) -> std::path::PathBuf {
    let folder = scene.home().join(".config/fumehood");
    fs::create_dir_all(&folder).expect("the scene is ours");
    let file = folder.join("config.toml");
    fs::write(&file, text).expect("the scene is ours");
    fs::set_permissions(&file, fs::Permissions::from_mode(0o644)).expect("the scene is ours");
    file
}

fn is_root() -> bool {
    rustix::process::geteuid().is_root()
}

/// An ordinary user: whoever runs the tests, or one whom nobody knows if that is
/// root. The scene is then theirs, with a program that they can reach.
fn as_ordinary(scene: &Scene, command: &mut Command) {
    if !is_root() {
        return;
    }
    let id = 61_200 + std::process::id() % 300;
    let program = scene.program();
    let original = fs::canonicalize(&program).expect("the program was built");
    fs::remove_file(&program).expect("the scene is ours");
    program::copy(original, &program);
    give(&scene.root, id);
    command.uid(id).gid(id);
}

fn give(path: &Path, id: u32) {
    chown(path, Some(id), Some(id)).expect("root may");
    for entry in fs::read_dir(path).into_iter().flatten().flatten() {
        give(&entry.path(), id);
    }
}

#[test]
fn a_fault_in_the_configuration_is_shown_with_its_place() {
    let scene = Scene::new();
    let file = configure(&scene, "version = 1\n\n[network]\nmode = \"of\"\n");
    let place = format!("{}:4:", file.display());
    refused(
        &scene,
        &mut scene.run(&[], &["true"]),
        125,
        &[&place, "mode"],
    );
    configure(&scene, "version = 1\n[netwrok]\nmode = \"off\"\n");
    refused(
        &scene,
        &mut scene.run(&[], &["true"]),
        125,
        &[":2:", "network"],
    );
    configure(&scene, "version = 1\n[network\n");
    refused(&scene, &mut scene.run(&[], &["true"]), 125, &[":2:"]);
    configure(&scene, "version = 1\n[network]\nmode = \"off\"\n");
    allowed(&mut scene.run(&[], &["true"]));
}

#[test]
fn a_configuration_that_is_no_text_or_no_file_or_too_large_is_refused() {
    let scene = Scene::new();
    let file = configure(&scene, "version = 1\n");
    allowed(&mut scene.run(&[], &["true"]));
    fs::write(&file, b"version = 1\n# \xff\xfe\n").expect("ours");
    refused(
        &scene,
        &mut scene.run(&[], &["true"]),
        125,
        &["config.toml"],
    );
    fs::write(&file, vec![b'#'; 3 << 20]).expect("ours");
    refused(
        &scene,
        &mut scene.run(&[], &["true"]),
        125,
        &["config.toml", "larger"],
    );
    fs::remove_file(&file).expect("ours");
    fs::create_dir(&file).expect("ours");
    refused(
        &scene,
        &mut scene.run(&[], &["true"]),
        125,
        &["config.toml"],
    );
    fs::remove_dir(&file).expect("ours");
    rustix::fs::mkfifoat(rustix::fs::CWD, &file, 0o600.into()).expect("ours");
    refused(
        &scene,
        &mut scene.run(&[], &["true"]),
        125,
        &["config.toml"],
    );
}

#[test]
fn a_configuration_that_cannot_be_read_is_refused() {
    let scene = Scene::new();
    let file = configure(&scene, "version = 1\n");
    let mut run = scene.run(&[], &["true"]);
    as_ordinary(&scene, &mut run);
    allowed(&mut run);
    fs::set_permissions(&file, fs::Permissions::from_mode(0o0)).expect("ours");
    refused(&scene, &mut run, 125, &["config.toml", "Permission denied"]);
}

#[test]
fn a_configuration_that_others_may_write_is_refused() {
    let scene = Scene::new();
    let file = configure(&scene, "version = 1\n");
    for mode in [0o666, 0o646, 0o664] {
        fs::set_permissions(&file, fs::Permissions::from_mode(mode)).expect("ours");
        refused(
            &scene,
            &mut scene.run(&[], &["true"]),
            125,
            &["config.toml", "chmod go-w"],
        );
    }
    fs::set_permissions(&file, fs::Permissions::from_mode(0o644)).expect("ours");
    allowed(&mut scene.run(&[], &["true"]));
}

#[test]
fn a_configuration_of_another_user_is_refused() {
    if !is_root() {
        return skip("not-root", "an ordinary user cannot give a file away");
    }
    let scene = Scene::new();
    let file = configure(&scene, "version = 1\n");
    chown(&file, Some(61_000), None).expect("root may");
    refused(
        &scene,
        &mut scene.run(&[], &["true"]),
        125,
        &["config.toml", "belongs to user 61000"],
    );
}

#[test]
fn a_flag_that_makes_no_sense_is_refused_before_anything_starts() {
    let scene = Scene::new();
    for flags in [
        &["--netwrok", "off"][..],
        &["--network", "maybe"],
        &["--timeout", "soon"],
        &["--limit", "memory"],
        &["--accept", "everything"],
        &["--profile", "nobody-has-it"],
        &["--config", "nowhere.toml"],
        &["--allow-read", ""],
        &["--env", "=value"],
    ] {
        let outcome = outcome(&mut scene.run(flags, &["touch", "started"]));
        assert_eq!(
            (outcome.code, outcome.stdout.as_str()),
            (125, ""),
            "{flags:?}: {outcome:?}"
        );
        assert!(
            outcome.stderr.starts_with("error: "),
            "{flags:?}: {outcome:?}"
        );
        assert!(!scene.work().join("started").exists(), "{flags:?}");
    }
    let nothing = outcome(scene.command(scene.program()).arg("run"));
    assert_eq!(
        (nothing.code, nothing.stdout.as_str()),
        (125, ""),
        "{nothing:?}"
    );
    scene.assert_nothing_left();
}

#[test]
fn a_workspace_that_is_missing_or_no_folder_is_refused() {
    let scene = Scene::new();
    fs::write(scene.root.join("file"), "").expect("ours");
    for (workspace, text) in [
        ("../nowhere", "nowhere"),
        ("../file", "not a folder"),
        ("", ""),
    ] {
        let outcome = outcome(&mut scene.run(&["--workspace", workspace], &["true"]));
        assert!(
            matches!(outcome.code, 125 | 126),
            "{workspace}: {outcome:?}"
        );
        assert_eq!(outcome.stdout, "");
        assert!(
            outcome.stderr.starts_with("error: "),
            "{workspace}: {outcome:?}"
        );
        assert!(outcome.stderr.contains(text), "{workspace}: {outcome:?}");
    }
    allowed(&mut scene.run(&["--workspace", "../work"], &["true"]));
    scene.assert_nothing_left();
}

#[test]
fn a_current_folder_that_is_gone_is_refused() {
    let scene = Scene::new();
    let script = "mkdir gone && cd gone && rmdir ../gone && exec \"$F\" run -- true";
    let mut command = scene.command("sh");
    refused(
        &scene,
        command.args(["-c", script]).env("F", scene.program()),
        125,
        &["folder"],
    );
}

#[test]
fn the_root_folder_and_the_home_folder_are_workspaces_only_by_name() {
    let scene = Scene::new();
    let home = scene.home();
    let mut in_home = scene.run(&[], &["true"]);
    refused(
        &scene,
        in_home.current_dir(&home),
        125,
        &["home folder", "--workspace"],
    );
    refused(
        &scene,
        scene.run(&[], &["true"]).current_dir("/"),
        125,
        &["--workspace"],
    );
    let flags = ["--workspace", home.to_str().expect("text")];
    allowed(scene.run(&flags, &["touch", "made"]).current_dir(&home));
    assert!(home.join("made").exists());
    // Whoever could make a configuration folder there has it made: a developer's own home
    // is not for tests to change, and a stranger can make none.
    let before = Path::new("/etc/fumehood").exists();
    let verb = if is_root() { "run" } else { "plan" };
    let mut named = scene.command(scene.program());
    named.args([verb, "--workspace", "/", "--", "true"]);
    as_ordinary(&scene, &mut named);
    allowed(named.current_dir("/"));
    assert_eq!(Path::new("/etc/fumehood").exists(), before);
    scene.assert_nothing_left();
}

#[test]
fn symlinks_that_lead_nowhere_or_in_circles_give_nothing_and_are_named() {
    let scene = Scene::new();
    for (name, target) in [
        ("dangling", "nowhere"),
        ("loop", "loop"),
        ("a", "b"),
        ("b", "a"),
    ] {
        symlink(target, scene.root.join(name)).expect("ours");
    }
    for name in ["dangling", "loop", "a"] {
        let link = scene.root.join(name);
        let link = link.to_str().expect("text");
        for flag in ["--workspace", "--allow-write"] {
            let outcome = outcome(&mut scene.run(&[flag, link], &["true"]));
            assert!(
                matches!(outcome.code, 125 | 126),
                "{flag} {name}: {outcome:?}"
            );
            assert!(outcome.stderr.contains(name), "{flag} {name}: {outcome:?}");
            assert_eq!(outcome.stdout, "");
        }
        // Nothing is there to hide: it may run, and it must not show anything.
        let outcome = outcome(&mut scene.run(&["--deny-read", link], &["cat", link]));
        assert_ne!(outcome.code, 0, "--deny-read {name}: {outcome:?}");
        assert_eq!(outcome.stdout, "");
    }
    fs::create_dir(scene.root.join("real")).expect("ours");
    symlink("real", scene.root.join("good")).expect("ours");
    let good = scene.root.join("good");
    let good = good.to_str().expect("text");
    let made = scene.root.join("real/made");
    allowed(&mut scene.run(
        &["--allow-write", good],
        &["touch", made.to_str().expect("text")],
    ));
    assert!(made.exists());
    scene.assert_nothing_left();
}

#[test]
fn paths_arguments_and_variables_need_not_be_utf_8() {
    let scene = Scene::new();
    let odd = OsString::from_vec(b"odd \xff\xfe\n name".to_vec());
    let workspace = scene.root.join(&odd);
    fs::create_dir(&workspace).expect("ours");
    let mut command = scene.command(scene.program());
    command
        .args(["run", "-q", "--workspace"])
        .arg(&workspace)
        .args([
            "--env",
            "LC_ODD",
            "--",
            "sh",
            "-c",
            "printf %s \"$LC_ODD\" >\"$0\"",
        ])
        .arg(&odd)
        .env("LC_ODD", &odd);
    allowed(&mut command);
    let written = fs::read(workspace.join(&odd)).expect("the command wrote it");
    assert_eq!(OsStr::new(&OsString::from_vec(written)), odd);
    let mut command = scene.command(scene.program());
    command.args(["run", "-q", "--"]).arg(&odd);
    refused(&scene, &mut command, 127, &["not found"]);
}

#[test]
fn a_command_that_cannot_be_executed_is_told_from_one_that_is_not_there() {
    let scene = Scene::new();
    let work = scene.work();
    let write = |name: &str, text: &[u8], mode: u32| {
        fs::write(work.join(name), text).expect("ours");
        fs::set_permissions(work.join(name), fs::Permissions::from_mode(mode)).expect("ours");
    };
    write("plain", b"#!/bin/sh\n", 0o644);
    write("lost", b"#!/no/such/shell\n", 0o755);
    write("torn", b"\x7fELF\x02\x01\x01", 0o755);
    write("script", b"echo \"ran $1\"\n", 0o755);
    fs::create_dir(work.join("folder")).expect("ours");
    for (program, code) in [
        ("no-such-command", 127),
        ("./no-such-file", 127),
        ("/no/such/folder/file", 127),
        ("./plain/below-a-file", 127),
        ("", 127),
        ("./lost", 127),
        ("./plain", 126),
        ("./folder", 126),
        ("/etc", 126),
    ] {
        refused(&scene, &mut scene.run(&[], &[program]), code, &[program]);
    }
    // execvp(3): what the kernel does not know is a script.
    let ran = allowed(&mut scene.run(&["-q"], &["./script", "well"]));
    assert_eq!(
        (ran.stdout.as_str(), ran.stderr.as_str()),
        ("ran well\n", "")
    );
    let torn = outcome(&mut scene.run(&["-q"], &["./torn"]));
    assert!(matches!(torn.code, 2 | 126 | 127), "{torn:?}");
    let long = "x".repeat(120_000);
    let args: Vec<&str> = ["true"].into_iter().chain([long.as_str(); 10]).collect();
    allowed(&mut scene.run(&[], &args));
    scene.assert_nothing_left();
}

#[test]
fn standard_streams_that_are_closed_stay_harmless() {
    let scene = Scene::new();
    let list = "for fd in /proc/self/fd/*; do readlink $fd; done >list; true";
    for closed in ["0<&-", "1>&-", "2>&-", "0<&- 1>&- 2>&-"] {
        // What is opened first gets the number that is free: it must not be a file of ours.
        let script = format!("\"$F\" run --json-status ../status -- sh -c '{list}' {closed}");
        let mut command = scene.command("sh");
        let ended = outcome(command.args(["-c", &script]).env("F", scene.program()));
        assert_eq!(
            (ended.code, ended.stdout.as_str()),
            (0, ""),
            "{closed}: {ended:?}"
        );
        let list = fs::read_to_string(scene.work().join("list")).expect("the command wrote it");
        for ours in ["status", "audit", "socket", "pidfd", "signalfd", "config"] {
            assert!(!list.contains(ours), "{closed}: {list}");
        }
        let status = fs::read_to_string(scene.root.join("status")).expect("we wrote it");
        assert!(
            status.lines().all(|line| line.starts_with('{')),
            "{closed}: {status}"
        );
    }
    // Nor does a message of ours land in a file of the caller's.
    let script = "exec 2>&-; \"$F\" run -- /no/such/file; echo $?";
    let mut command = scene.command("sh");
    let ended = outcome(command.args(["-c", script]).env("F", scene.program()));
    assert_eq!(
        (ended.stdout.as_str(), ended.stderr.as_str()),
        ("127\n", ""),
        "{ended:?}"
    );
    scene.assert_nothing_left();
}

#[test]
fn descriptors_of_the_caller_do_not_cross() {
    let scene = Scene::new();
    fs::write(scene.root.join("private"), "private").expect("ours");
    let script = "exec 7<../private 9<.; \"$F\" run -q -- sh -c 'ls /proc/self/fd; cat <&7'";
    let mut command = scene.command("sh");
    let ended = outcome(command.args(["-c", script]).env("F", scene.program()));
    assert_eq!(
        (ended.stdout.as_str(), ended.code),
        ("0\n1\n2\n3\n", 2),
        "{ended:?}"
    );
    scene.assert_nothing_left();
}

#[test]
fn a_full_disk_stops_a_run_only_where_the_policy_says_so() {
    let scene = Scene::new();
    let state = scene.home().join(".local/state");
    fs::create_dir_all(&state).expect("ours");
    // One run makes its folders; then nothing more fits.
    let script = "mount -t tmpfs -o size=64k scene \"$HOME/.local/state\" \
                  && \"$F\" run -q --accept processes -- true \
                  && { cat /dev/zero >\"$HOME/.local/state/fumehood/fill\" 2>/dev/null; \
                  \"$F\" run -q --accept processes -- echo ran; code=$?; \
                  tail -c 1 \"$HOME/.local/state/fumehood/audit.jsonl\" | od -An -c; exit $code; }";
    let Some(mut command) = in_namespaces(&scene, script) else {
        return;
    };
    let tolerated = outcome(&mut command);
    let log_is_whole = tolerated.stdout.trim_end().ends_with("\\n");
    assert!(tolerated.code == 0 && log_is_whole, "{tolerated:?}");
    assert!(tolerated.stdout.starts_with("ran\n"), "{tolerated:?}");
    configure(&scene, "version = 1\n[audit]\nfatal = true\n");
    let mut command = in_namespaces(&scene, script).expect("it was possible before");
    let fatal = outcome(&mut command);
    assert_eq!(fatal.code, 125, "{fatal:?}");
    assert!(!fatal.stdout.contains("ran"), "{fatal:?}");
    assert!(fatal.stderr.contains("audit log"), "{fatal:?}");
    assert!(fatal.stderr.contains("No space left"), "{fatal:?}");
    scene.assert_nothing_left();
}

#[test]
fn a_state_folder_that_cannot_be_made_is_named() {
    let scene = Scene::new();
    let state = scene.home().join(".local/state");
    fs::create_dir_all(&state).expect("ours");
    let script =
        "mount -t tmpfs -o nr_inodes=1 scene \"$HOME/.local/state\" && \"$F\" run -q -- echo ran";
    if let Some(mut command) = in_namespaces(&scene, script) {
        refused(&scene, &mut command, 125, &["state", "No space left"]);
    }
    fs::write(state.join("fumehood"), "a file").expect("ours");
    let outcome = outcome(&mut scene.run(&["-q"], &["echo", "ran"]));
    assert_eq!(
        (outcome.code, outcome.stdout.as_str()),
        (125, ""),
        "{outcome:?}"
    );
    assert!(outcome.stderr.contains("state/fumehood"), "{outcome:?}");
    fs::remove_file(state.join("fumehood")).expect("ours");
    allowed(&mut scene.run(&["-q"], &["echo", "ran"]));
}

#[test]
fn inside_itself_it_says_that_the_outer_boundary_holds() {
    let scene = Scene::new();
    let program = scene.work().join("fumehood");
    program::copy(env!("CARGO_BIN_EXE_fumehood"), &program);
    let hint = "hint: this already runs inside fumehood";
    // Inside there is no control group to write, which root would need for a limit.
    for (flags, code) in [("--accept=processes", 125), ("--network=names", 126)] {
        let nested = ["./fumehood", "run", "-q", flags, "--", "echo", "ran"];
        let mut nested = scene.run(&["-q"], &nested);
        refused(&scene, &mut nested, code, &[hint]);
    }
    let mut outside = scene.run(&["-q", "--network=names"], &["true"]);
    let outside = refused(&scene, &mut outside, 126, &["hint: --network off"]);
    assert!(!outside.stderr.contains("inside fumehood"), "{outside:?}");
}

#[test]
fn a_launcher_in_the_workspace_cannot_be_changed_by_its_command() {
    let scene = Scene::new();
    let program = scene.work().join("fumehood");
    program::copy(env!("CARGO_BIN_EXE_fumehood"), &program);
    let script = "echo x >other && { echo x >>fumehood || rm -f fumehood || mv fumehood away; }";
    let mut command = scene.command(&program);
    let outcome = outcome(command.args(["run", "-q", "--", "sh", "-c", script]));
    assert_ne!(outcome.code, 0, "{outcome:?}");
    assert!(scene.work().join("other").exists(), "{outcome:?}");
    let same = fs::read(&program).expect("ours")
        == fs::read(env!("CARGO_BIN_EXE_fumehood")).expect("it was built");
    assert!(same, "the launcher was changed");
    scene.assert_nothing_left();
}

#[test]
fn runs_in_one_workspace_at_once_do_not_disturb_each_other() {
    let scene = Scene::new();
    let children: Vec<_> = (0..6)
        .map(|number| {
            let script = format!(
                "echo {number} >f{number}; cp f{number} /tmp/f{number}; cat /tmp/f{number}"
            );
            let mut run = scene.run(&["-q"], &["sh", "-c", &script]);
            run.stdout(Stdio::null())
                .spawn()
                .expect("the program can be started")
        })
        .collect();
    for (number, mut child) in children.into_iter().enumerate() {
        assert_eq!(wait(&mut child), 0);
        let text = fs::read_to_string(scene.work().join(format!("f{number}"))).expect("written");
        assert_eq!(text, format!("{number}\n"));
    }
    scene.assert_nothing_left();
}

#[test]
fn a_hostile_environment_changes_nothing_or_is_refused() {
    let scene = Scene::new();
    let state = scene.root.join("elsewhere");
    let long = format!("LC_LONG={}", "x".repeat(131_000));
    let many: Vec<String> = (0..5000).map(|number| format!("LC_V{number}=x")).collect();
    let changes: [(&str, Vec<&str>); 12] = [
        ("no HOME", vec!["-u", "HOME"]),
        ("a relative HOME", vec!["HOME=some/where"]),
        ("a HOME that is not there", vec!["HOME=/no/such/home"]),
        (
            "relative XDG folders",
            vec!["XDG_CONFIG_HOME=a", "XDG_CACHE_HOME=c", "XDG_RUNTIME_DIR=d"],
        ),
        ("an empty PATH", vec!["PATH="]),
        ("a relative PATH", vec!["PATH=.:bin"]),
        ("no PATH", vec!["-u", "PATH"]),
        (
            "a loader's garbage",
            vec!["LD_PRELOAD=/no/such.so", "LD_LIBRARY_PATH=\u{1}:;"],
        ),
        ("a variable of 128 KiB", vec![&long]),
        (
            "thousands of variables",
            many.iter().map(String::as_str).collect(),
        ),
        ("names that are none", vec!["A B\n-=x", "\u{7f}=y"]),
        (
            "marks of our own",
            vec!["FUMEHOOD_SANDBOX=1", "FUMEHOOD_STATE=/", "RUST_BACKTRACE=1"],
        ),
    ];
    for (what, change) in changes {
        let mut run = scene.command("env");
        run.args(change)
            .arg(scene.program())
            .args(["run", "-q", "--"]);
        run.args(["/bin/sh", "-c", "echo ran; /bin/echo x >/etc/made"]);
        let outcome = outcome(run.env("XDG_STATE_HOME", &state));
        // A loader complains before anybody's first line.
        let said = outcome
            .stderr
            .lines()
            .find(|line| !line.starts_with("ERROR: ld.so"));
        match outcome.code {
            0 => panic!("{what}: it wrote to /etc: {outcome:?}"),
            125..=127 => {
                assert!(
                    said.is_some_and(|line| line.starts_with("error: ")),
                    "{what}: {outcome:?}"
                );
                assert_eq!(outcome.stdout, "", "{what}");
            }
            _ => assert_eq!(outcome.stdout, "ran\n", "{what}: {outcome:?}"),
        }
    }
    let mut named = scene.run(&["-q"], &["no-such-command"]);
    refused(
        &scene,
        named.env("PATH", ".:bin:"),
        127,
        &["no-such-command"],
    );
    fs::write(scene.work().join("planted"), "#!/bin/sh\n").expect("ours");
    let mode = fs::Permissions::from_mode(0o755);
    fs::set_permissions(scene.work().join("planted"), mode).expect("ours");
    let mut planted = scene.run(&["-q"], &["planted"]);
    refused(&scene, planted.env("PATH", ".:"), 127, &["planted"]);
    allowed(&mut scene.run(&["-q"], &["./planted"]));
    scene.assert_nothing_left();
}

#[test]
fn standard_output_belongs_to_the_command() {
    let scene = Scene::new();
    let loud = allowed(&mut scene.run(&[], &["echo", "only this"]));
    assert_eq!(loud.stdout, "only this\n");
    let quiet = allowed(&mut scene.run(&["--quiet"], &["sh", "-c", "echo that >&2"]));
    assert_eq!(
        (quiet.stdout.as_str(), quiet.stderr.as_str()),
        ("", "that\n")
    );
}
