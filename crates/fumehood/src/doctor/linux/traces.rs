//! What a process leaves to be seen: its command line in `/proc`, a lock it holds.

use std::fs::{File, TryLockError};
use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use fumehood_plan::linux::compile::GROUP_PREFIX;
use rustix::process::{Pid, Signal};

/// How long something that is being ended may take.
const PATIENCE: Duration = Duration::from_secs(5);
/// How often it is looked at.
const STEP: Duration = Duration::from_millis(5);

/// Processes whose command line holds `part`, other than this one.
///
/// # Errors
///
/// What the system says about `/proc`.
pub fn processes(part: &str) -> io::Result<Vec<Pid>> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir("/proc")? {
        let name = entry?.file_name();
        let number = name.to_str().and_then(|name| name.parse().ok());
        let Some(pid) = number.and_then(Pid::from_raw) else {
            continue;
        };
        if pid == rustix::process::getpid() {
            continue;
        }
        // It may have ended meanwhile.
        let line =
            std::fs::read(Path::new("/proc").join(&name).join("cmdline")).unwrap_or_default();
        if line
            .windows(part.len())
            .any(|window| window == part.as_bytes())
        {
            found.push(pid);
        }
    }
    Ok(found)
}

/// Waits until nobody holds the lock of the file at `path`; false if somebody still does.
///
/// # Errors
///
/// What the system says about the file.
pub fn is_released(path: &Path) -> io::Result<bool> {
    let file = File::open(path)?;
    let deadline = Instant::now() + PATIENCE;
    loop {
        match file.try_lock() {
            Ok(()) => return Ok(true),
            Err(TryLockError::WouldBlock) if Instant::now() >= deadline => return Ok(false),
            Err(TryLockError::WouldBlock) => std::thread::sleep(STEP),
            Err(TryLockError::Error(error)) => return Err(error),
        }
    }
}

/// Ends what a boundary that does not hold has left of ours.
pub fn sweep(part: &str) {
    for pid in processes(part).unwrap_or_default() {
        // What is gone already is as good.
        let _gone = rustix::process::kill_process(pid, Signal::KILL);
    }
}

/// The control groups of ours that a process whose command line holds `part` is in.
///
/// Whoever kills a launcher has to look for them before: only it knows them.
pub fn groups(part: &str) -> Vec<PathBuf> {
    let own = |line: &str| {
        let (controllers, path) = line.split_once(':')?.1.split_once(':')?;
        let is_ours = path.rsplit('/').next()?.starts_with(GROUP_PREFIX);
        let tree = Path::new("/sys/fs/cgroup").join(controllers);
        is_ours.then(|| tree.join(path.trim_start_matches('/')))
    };
    let listed = processes(part).unwrap_or_default().into_iter().map(|pid| {
        std::fs::read_to_string(format!("/proc/{}/cgroup", pid.as_raw_nonzero()))
            .unwrap_or_default()
    });
    let mut groups: Vec<PathBuf> = listed
        .flat_map(|text| text.lines().filter_map(own).collect::<Vec<_>>())
        .collect();
    groups.sort();
    groups.dedup();
    groups
}

/// Removes control groups once everything in them is gone.
pub fn remove(groups: &[PathBuf]) {
    let deadline = Instant::now() + PATIENCE;
    for group in groups {
        while std::fs::remove_dir(group).is_err_and(|error| error.kind() == ErrorKind::ResourceBusy)
            && Instant::now() < deadline
        {
            std::thread::sleep(STEP);
        }
    }
}
