//! After many runs, some killed at random moments, nothing is left but what is kept
//! on purpose.
#![cfg(target_os = "linux")]

mod common;

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Child, Stdio};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use common::{PATIENCE, Scene, outcome, wait};

/// Every tenth run is killed.
const KILLED_OF: u64 = 10;

/// How many runs: `FUMEHOOD_LONG=1` asks for as many as the issue does.
fn runs() -> u64 {
    let long = std::env::var_os("FUMEHOOD_LONG").is_some_and(|value| value == "1");
    if long { 1000 } else { 60 }
}

/// The seed: given by `FUMEHOOD_SEED`, else from the clock.
fn seed() -> u64 {
    let given = std::env::var("FUMEHOOD_SEED")
        .ok()
        .and_then(|text| text.parse().ok());
    given.unwrap_or_else(|| {
        let since = SystemTime::now()
            .duration_since(UNIX_EPOCH)
            .expect("it is after 1970");
        u64::from(since.subsec_nanos()) ^ since.as_secs()
    })
}

/// The next of a row of numbers (xorshift64).
fn next(state: &mut u64) -> u64 {
    *state ^= *state << 13;
    *state ^= *state >> 7;
    *state ^= *state << 17;
    *state
}

/// Every file and folder below `folder`, as text relative to it.
fn everything(folder: &Path) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    let mut todo = vec![folder.to_owned()];
    while let Some(at) = todo.pop() {
        for entry in fs::read_dir(&at).expect("it is ours").flatten() {
            let path = entry.path();
            let below = path.strip_prefix(folder).expect("it is below");
            found.insert(below.display().to_string());
            if entry.file_type().is_ok_and(|kind| kind.is_dir()) {
                todo.push(path);
            }
        }
    }
    found
}

/// Nanoseconds since boot, as they stand in the names of control groups.
fn since_boot() -> u64 {
    let now = rustix::time::clock_gettime(rustix::time::ClockId::Boottime);
    let parts = (u64::try_from(now.tv_sec), u64::try_from(now.tv_nsec));
    let (seconds, nanos) = (
        parts.0.expect("not negative"),
        parts.1.expect("not negative"),
    );
    seconds * 1_000_000_000 + nanos
}

/// Control groups that launchers with these numbers have made since then.
fn groups(launchers: &BTreeSet<u32>, began: u64) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut todo = vec![PathBuf::from("/sys/fs/cgroup")];
    while let Some(at) = todo.pop() {
        for entry in fs::read_dir(&at).into_iter().flatten().flatten() {
            if !entry.file_type().is_ok_and(|kind| kind.is_dir()) {
                continue;
            }
            let name = entry.file_name().to_string_lossy().into_owned();
            let run = name
                .strip_prefix("fumehood-")
                .and_then(|run| run.split_once('-'));
            let run = run.and_then(|(pid, time)| Some((pid.parse().ok()?, time.parse().ok()?)));
            if run.is_some_and(|(pid, time): (u32, u64)| launchers.contains(&pid) && time >= began)
            {
                found.push(entry.path());
            } else {
                todo.push(entry.path());
            }
        }
    }
    found
}

/// Ends the launcher after a while, as the kernel or a user would.
fn kill_after(child: &mut Child, micros: u64) {
    std::thread::sleep(Duration::from_micros(micros));
    child.kill().expect("it is our child");
    wait(child);
}

#[test]
fn runs_that_end_and_runs_that_are_killed_leave_nothing_behind() {
    let scene = Scene::new();
    let seed = seed();
    println!("FUMEHOOD_SEED={seed} cargo test --package fumehood-cli --test residue");
    let mut random = seed | 1;
    let marker = scene.root.to_str().expect("text");
    let script = "(setsid sleep 1000 &) ; touch /tmp/t; mkdir -p d; rmdir d; exit 3";
    let long = "(setsid sleep 1000 &) ; sleep 1000; :";
    let began = since_boot();
    let mut launchers = BTreeSet::new();
    for number in 0..runs() {
        let killed = number % KILLED_OF == 0;
        let script = if killed { long } else { script };
        let mut run = scene.run(&["-q"], &["sh", "-c", script, marker]);
        let run = run.stdout(Stdio::null()).stderr(Stdio::null());
        let mut child = run.spawn().expect("the program can be started");
        launchers.insert(child.id());
        if killed {
            kill_after(&mut child, next(&mut random) % 20_000);
        } else {
            assert_eq!(wait(&mut child), 3, "run {number}");
        }
    }
    scene.assert_nothing_left();
    // A run that ends in good order takes along what killed ones could not.
    let last = outcome(&mut scene.run(&["-q"], &["true"]));
    assert_eq!((last.code, last.stdout.as_str()), (0, ""), "{last:?}");
    let since = std::time::Instant::now();
    while since.elapsed() < PATIENCE && !groups(&launchers, began).is_empty() {
        // A group whose last process is still being reaped is for the next run.
        let again = outcome(&mut scene.run(&["-q"], &["true"]));
        assert_eq!(again.code, 0, "{again:?}");
    }
    assert_eq!(groups(&launchers, began), Vec::<PathBuf>::new());

    let state = scene.home().join(".local/state/fumehood");
    let kept = everything(&state);
    let keys: Vec<_> = fs::read_dir(state.join("workspaces"))
        .expect("kept")
        .flatten()
        .collect();
    assert_eq!(keys.len(), 1, "one workspace, one folder");
    let key = keys[0].file_name().to_string_lossy().into_owned();
    let documented = |path: &String| {
        let of_workspace = |rest: &str| {
            // What lies in the workspace's own /tmp is the command's.
            let folders = ["", "tmp", "var-tmp", "changes", "home"];
            folders.contains(&rest) || rest.starts_with("tmp/") || rest.starts_with("home/")
        };
        matches!(
            path.as_str(),
            "audit.jsonl" | "audit.1.jsonl" | "journal" | "workspaces"
        ) || path
            .strip_prefix(&format!("workspaces/{key}"))
            .is_some_and(|rest| of_workspace(rest.trim_start_matches('/')))
    };
    let left: Vec<_> = kept.iter().filter(|path| !documented(path)).collect();
    assert!(left.is_empty(), "left behind in the state folder: {left:?}");
    assert_eq!(
        everything(&scene.work()),
        BTreeSet::new(),
        "the workspace is as it was"
    );
    let home: Vec<_> = everything(&scene.home())
        .into_iter()
        .filter(|path| !path.starts_with(".local"))
        .collect();
    assert!(home.is_empty(), "left behind in the home folder: {home:?}");
    scene.assert_nothing_left();
}
