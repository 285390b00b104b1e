//! What this program becomes when it is started as a probe, or for one.

use std::ffi::OsString;
use std::fs::File;
use std::io::{self, ErrorKind, Read, Write};
use std::path::Path;
use std::time::Duration;

use fumehood_policy::{AbsPath, Policy};
use rustix::process::Signal;
use serde::{Deserialize, Serialize};

use super::attempt::{LINGER, Try};
use super::{MARK, ask, calls, scene};
use crate::settings::to_std;
use crate::{Error, Launcher, Sandbox};

/// Largest errand that is read: the policy in it is bounded by its own limits.
const ERRAND_LIMIT: u64 = 16 * 1024 * 1024;
/// How often a victim looks whether everything is gone.
const ROUNDS: u32 = 10;
/// How long between.
const PAUSE: Duration = Duration::from_millis(50);

/// What a probe is told to do: first the twin, since the act may change us.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Errand {
    /// What has to work.
    pub twin: Try,
    /// What must not.
    pub act: Try,
}

/// What a stage is told: to start a probe out of an environment of its own.
#[derive(Debug, Serialize, Deserialize)]
pub struct Staging {
    /// The policy to be put in force.
    pub policy: Policy,
    /// The launcher, and the program inside.
    pub program: AbsPath,
    /// What the probe does.
    pub errand: Errand,
}

/// Becomes a probe if this process was started as one; else comes back.
pub fn probe_main() {
    let mut arguments = std::env::args_os().skip(1);
    if arguments.next().is_none_or(|argument| argument != MARK) {
        return;
    }
    let word = arguments.next().unwrap_or_default();
    let result = match word.to_str() {
        Some("try") => tries(),
        Some("stage") => stage(),
        Some("victim") => victim(arguments.skip(1)),
        Some("terminal") => calls::at_a_terminal(&text(arguments.next())),
        Some("daemon") => daemon(Path::new(&arguments.nth(1).unwrap_or_default())),
        _ => Err(ErrorKind::InvalidInput.into()),
    };
    if let Err(error) = &result {
        // Whoever started us reads this as the reason, if anybody is left.
        let _closed = writeln!(io::stderr(), "{error}");
    }
    std::process::exit(if result.is_ok() { 0 } else { 125 });
}

fn text(argument: Option<OsString>) -> String {
    argument.unwrap_or_default().to_string_lossy().into_owned()
}

fn errand<T: for<'a> Deserialize<'a>>() -> io::Result<T> {
    let mut text = Vec::new();
    io::stdin().take(ERRAND_LIMIT).read_to_end(&mut text)?;
    Ok(serde_json::from_slice(&text)?)
}

/// Tries, and says what came of it, one line each.
fn tries() -> io::Result<()> {
    let errand: Errand = errand()?;
    for one in [&errand.twin, &errand.act] {
        let mut line = serde_json::to_vec(&one.perform())?;
        line.push(b'\n');
        io::stdout().write_all(&line)?;
        io::stdout().flush()?;
    }
    Ok(())
}

/// Starts the probe as doctor would, out of this process's environment.
fn stage() -> io::Result<()> {
    // It ends with doctor; the socket to its launcher then closes, and that ends too.
    rustix::process::set_parent_process_death_signal(Some(Signal::KILL))?;
    let staging: Staging = errand()?;
    let run = || -> Result<Vec<u8>, Error> {
        let launcher = Launcher::at(to_std(&staging.program))?;
        let sandbox = Sandbox::builder(staging.policy.clone())
            .launcher(launcher)
            .prepare()?;
        ask::run(&sandbox, &staging.program, &staging.errand)
    };
    let lines = run().map_err(|error| io::Error::other(error.to_string()))?;
    io::stdout().write_all(&lines)
}

/// Stays until whoever started it is gone, and removes what they had no time to.
fn victim(remains: impl Iterator<Item = OsString>) -> io::Result<()> {
    io::copy(&mut io::stdin(), &mut io::sink())?;
    let remains: Vec<OsString> = remains.collect();
    // A launcher that had begun may still make its folders before it notices.
    for _ in 0..ROUNDS {
        for path in &remains {
            scene::remove(Path::new(path));
        }
        std::thread::sleep(PAUSE);
    }
    Ok(())
}

/// Leaves the session, takes the lock, and stays.
fn daemon(lock: &Path) -> io::Result<()> {
    rustix::process::setsid()?;
    let file = File::create(lock)?;
    file.lock()?;
    writeln!(io::stdout(), "locked")?;
    std::thread::sleep(LINGER);
    Ok(())
}
