//! `fumehood doctor`: what it finds here, and that it leaves nothing.
#![cfg(target_os = "linux")]

mod home;
#[path = "common/program.rs"]
mod program;

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::{Duration, Instant};

use home::{Answer, Home, PROGRAM};
use serde_json::Value;

/// Only against hangs.
const PATIENCE: Duration = Duration::from_secs(60);

/// All guarantees, as reports name them.
const GUARANTEES: [&str; 8] = [
    "fs-write",
    "fs-read-deny",
    "protected-names",
    "network",
    "processes",
    "lifetime",
    "kernel-surface",
    "environment",
];

fn json(answer: &Answer) -> Value {
    serde_json::from_str(&answer.out).unwrap_or_else(|error| panic!("{error}: {answer:?}"))
}

fn promises(examination: &Value) -> Vec<&Value> {
    examination["promises"]
        .as_array()
        .expect("a list")
        .iter()
        .collect()
}

fn names(examination: &Value) -> Vec<String> {
    let name = |promise: &&Value| promise["guarantee"].as_str().expect("a name").to_owned();
    promises(examination).iter().map(name).collect()
}

/// Processes that were started by the program at `path`.
fn started_by(path: &Path) -> Vec<PathBuf> {
    let path = path.as_os_str().as_encoded_bytes();
    let entries = std::fs::read_dir("/proc").expect("there is a /proc");
    let processes = entries.filter_map(|entry| Some(entry.ok()?.path()));
    processes
        .filter(|process| {
            let line = std::fs::read(process.join("cmdline")).unwrap_or_default();
            line.windows(path.len()).any(|window| window == path)
        })
        .collect()
}

/// A copy of the program whose processes are told from all others by its path.
fn copy(home: &Home) -> PathBuf {
    let copy = home.at("program");
    program::copy(PROGRAM, &copy);
    copy
}

fn wait_until(what: &str, mut done: impl FnMut() -> bool) {
    let deadline = Instant::now() + PATIENCE;
    while !done() {
        assert!(Instant::now() < deadline, "never: {what}");
        std::thread::sleep(Duration::from_millis(5));
    }
}

#[test]
fn every_guarantee_is_proven_here_by_probes_whose_twins_worked() {
    let home = Home::new();
    let answer = home.fumehood(["doctor", "--json"]).ended_with(0);
    let examination = json(&answer);
    assert_eq!(
        (&examination["v"], &examination["sound"]),
        (&Value::from(1), &Value::from(true))
    );
    assert_eq!(names(&examination), GUARANTEES);
    for promise in promises(&examination) {
        assert_eq!(promise["result"], "held", "{promise}");
        assert_eq!(promise["level"], "proven", "{promise}");
        assert_ne!(promise["mechanism"], "", "{promise}");
        let probes = promise["probes"].as_array().expect("a list").iter();
        let counting: Vec<&Value> = probes.filter(|probe| probe["gap"].is_null()).collect();
        assert!(counting.len() >= 2, "{promise}");
        for probe in counting {
            assert_eq!(
                (&probe["result"], &probe["twin"]["worked"]),
                (&"held".into(), &true.into()),
                "{probe}"
            );
        }
    }
}

#[test]
fn a_gap_is_measured_and_named_with_why_and_what_is_done_instead() {
    let home = Home::new();
    let examination = json(&home.fumehood(["doctor", "--json"]).ended_with(0));
    let gaps = examination["gaps"].as_array().expect("a list");
    let gap = gaps
        .iter()
        .find(|gap| gap["name"] == "names-at-depth")
        .expect("it needs the supervisor");
    assert!(
        ["asked", "why", "nearest"]
            .iter()
            .all(|key| gap[key].as_str().is_some_and(|text| !text.is_empty()))
    );
    let all = promises(&examination);
    let probes = all
        .iter()
        .filter_map(|promise| promise["probes"].as_array())
        .flatten();
    let probe = probes
        .into_iter()
        .find(|probe| probe["gap"] == "names-at-depth")
        .expect("it is probed");
    assert_eq!(probe["result"], "broken");
    assert_eq!(probe["twin"]["worked"], true);
}

/// What the probe says about its twin and its act, without a boundary.
fn tried_outside(home: &Home, act: &str, twin: &str) -> [Value; 2] {
    let mut command = home.command();
    let mut probe = command
        .args(["__fumehood-probe-1", "try"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("the program starts");
    let errand = format!(r#"{{"twin":{{"call":{twin}}},"act":{{"call":{act}}}}}"#);
    let mut input = probe.stdin.take().expect("it is piped");
    input.write_all(errand.as_bytes()).expect("it reads");
    drop(input);
    let output = probe.wait_with_output().expect("it ends");
    let lines = String::from_utf8(output.stdout).expect("text");
    let lines: Vec<Value> = lines
        .lines()
        .map(|line| serde_json::from_str(line).expect("a line of a probe"))
        .collect();
    lines.try_into().expect("two lines")
}

#[test]
fn calls_that_a_boundary_refuses_are_made_in_a_way_that_works_without_one() {
    let home = Home::new();
    let mut child = std::process::Command::new("sleep")
        .arg("60")
        .spawn()
        .expect("sleep is installed");
    let memory = format!(r#"{{"read-memory":{}}}"#, child.id());
    for (act, twin) in [
        (r#""type""#, r#""write-to-terminal""#),
        (r#""make-map""#, r#""add-filter""#),
        (r#""keep-key""#, r#""keep-in-memory""#),
        (r#""make-ring""#, r#""poll""#),
        (&memory, r#""read-own-memory""#),
    ] {
        let [twin_said, act_said] = tried_outside(&home, act, twin);
        // Only root may add a filter without giving up the right to gain more.
        let is_root_s = twin.contains("filter") && twin_said.get("refused").is_some();
        assert!(
            twin_said.get("worked").is_some() || is_root_s,
            "{twin}: {twin_said}"
        );
        // A container, or the kernel itself, may refuse; that is an answer too.
        assert!(act_said.get("failed").is_none(), "{act}: {act_said}");
    }
    child.kill().expect("it is ours");
    child.wait().expect("it ends");
}

#[test]
fn no_file_no_folder_and_no_process_is_left() {
    let home = Home::new();
    let program = copy(&home);
    let output = home
        .command_of(&program)
        .arg("doctor")
        .output()
        .expect("the program starts");
    Answer::of(&output).ended_with(0);
    for folder in ["home", "work", "temp"] {
        assert!(home.list(folder).is_empty(), "{:?}", home.list(folder));
    }
    wait_until("its processes end", || started_by(&program).is_empty());
}

#[test]
fn a_doctor_that_is_killed_leaves_nothing_either() {
    let home = Home::new();
    let program = copy(&home);
    for wait in [0, 40, 400] {
        let mut command = home.command_of(&program);
        let mut doctor = command
            .arg("doctor")
            .stdout(Stdio::null())
            .spawn()
            .expect("the program starts");
        wait_until("it has begun", || !home.list("temp").is_empty());
        wait_until("its victim runs", || started_by(&program).len() > 1);
        std::thread::sleep(Duration::from_millis(wait));
        doctor.kill().expect("it runs");
        doctor.wait().expect("it ends");
        wait_until("its processes end", || started_by(&program).is_empty());
        for folder in ["home", "work", "temp"] {
            assert!(home.list(folder).is_empty(), "{:?}", home.list(folder));
        }
    }
}

#[test]
fn where_nothing_can_be_started_everything_is_unknown_with_reason_and_hint() {
    let home = Home::new();
    let inner = [
        "run",
        "--allow-read",
        PROGRAM,
        "--",
        PROGRAM,
        "doctor",
        "--json",
        "--accept",
        "processes",
    ];
    let examination = json(&home.fumehood(inner).ended_with(1));
    assert_eq!(examination["sound"], false);
    assert_eq!(names(&examination), GUARANTEES);
    for promise in promises(&examination) {
        assert_eq!(
            (&promise["result"], &promise["level"]),
            (&"unknown".into(), &Value::Null)
        );
    }
    let trouble = &examination["trouble"];
    assert_eq!(trouble["what"], "the sandbox could not be started");
    assert!(
        trouble["causes"][0]
            .as_str()
            .is_some_and(|cause| !cause.is_empty()),
        "{trouble}"
    );
    assert!(
        trouble["hint"]
            .as_str()
            .is_some_and(|hint| hint.contains("inside fumehood")),
        "{trouble}"
    );
    let inner = ["run", "--allow-read", PROGRAM, "--", PROGRAM, "doctor"];
    home.fumehood(inner)
        .ended_with(1)
        .says("nothing could be tried")
        .says("0 of 8 guarantees proven");
}

#[test]
fn a_gap_that_is_required_is_no_success() {
    let home = Home::new();
    home.write(
        "home/.config/fumehood/config.toml",
        "version = 1\nrequire = { host-sockets = true }\n",
    );
    let examination = json(&home.fumehood(["doctor", "--json"]).ended_with(1));
    assert_eq!(examination["gaps"][0]["name"], "host-sockets");
    assert_eq!(examination["promises"][0]["result"], "unknown");
}

#[test]
fn a_policy_is_examined_as_it_is() {
    let home = Home::new();
    let names_with = |flags: &[&str]| {
        let answer = home
            .fumehood([&["doctor", "--json"], flags].concat())
            .ended_with(0);
        let examination = json(&answer);
        assert_eq!(examination["sound"], true, "{flags:?}");
        names(&examination)
    };
    let without = |left_out: &str| {
        GUARANTEES
            .into_iter()
            .filter(|one| *one != left_out)
            .collect::<Vec<_>>()
    };
    // What the policy opens is no promise.
    assert_eq!(names_with(&["--network", "on"]), without("network"));
    let open = home.at("home").display().to_string();
    assert_eq!(names_with(&["--allow-write", &open]), GUARANTEES);
    assert_eq!(names_with(&["--deny-read", &open]), GUARANTEES);
    assert_eq!(names_with(&["--profile", "read-only"]), GUARANTEES);
}

#[test]
fn it_works_in_the_home_folder_too() {
    let home = Home::new();
    let output = home
        .command()
        .current_dir(home.at("home"))
        .arg("doctor")
        .output();
    Answer::of(&output.expect("the program starts"))
        .ended_with(0)
        .says("8 of 8 guarantees proven");
}

#[test]
fn what_is_wrong_with_the_configuration_is_no_finding() {
    let home = Home::new();
    home.write("home/.config/fumehood/config.toml", "version = 2\n");
    let answer = home.fumehood(["doctor"]).ended_with(125);
    assert!(answer.err.contains("config.toml:1"), "{answer:?}");
}

#[test]
fn a_word_after_the_mark_of_a_probe_is_no_way_around_the_command_line() {
    let home = Home::new();
    for word in ["", "run", "try"] {
        let answer = home.fumehood(["__fumehood-probe-1", word]);
        assert_eq!(
            (answer.code, answer.out.as_str()),
            (Some(125), ""),
            "{answer:?}"
        );
    }
}
