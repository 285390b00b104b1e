//! Whether anything outlives a sandbox.
//!
//! Each probe has a process left behind in a session of its own, holding a lock
//! on a file of the workspace. The lock is looked at from outside: it is free
//! only when that process is gone, whatever number it had.

use std::io::{BufRead, BufReader};
use std::time::Duration;

use fumehood_policy::AbsPath;
use rustix::process::{Pid, Signal};

use super::Run;
use super::ask;
use super::attempt::{Attempt, Try};
use super::inside::Errand;
use super::traces;
use crate::doctor::{Outcome, Probe, Twin};
use crate::settings::to_std;
use crate::{Child, Ending, Error, Sandbox};

/// How long the run takes that is ended by its time.
const TIME: Duration = Duration::from_millis(1500);

/// One way for a tree to end.
struct End {
    name: &'static str,
    tries: &'static str,
    act: Try,
    bring: fn(&mut Child) -> Result<String, String>,
}

/// All of them.
const ENDS: [End; 3] = [
    End {
        name: "after-end",
        tries: "leaves a process behind when it ends",
        act: Try::Leave,
        bring: by_itself,
    },
    End {
        name: "after-kill",
        tries: "leaves a process behind when its launcher is killed",
        act: Try::Linger,
        bring: by_killing,
    },
    End {
        name: "after-time",
        tries: "leaves a process behind when its time runs out",
        act: Try::Linger,
        bring: by_time,
    },
];

/// The probes of [`crate::report::Guarantee::Lifetime`].
pub fn probes(run: &Run<'_>) -> Vec<Probe> {
    ENDS.iter().map(|end| end.probe(run)).collect()
}

impl End {
    fn probe(&self, run: &Run<'_>) -> Probe {
        let token = format!("daemon-{}-{}", self.name, run.scene.id);
        let lock = run.scene.workspace.join(format!("lock-{}", self.name));
        let mut twin = Attempt::Failed("it was not started".to_owned());
        let result = match lock {
            Ok(lock) => self.try_out(run, &lock, &token, &mut twin),
            Err(error) => Err(error.to_string()),
        };
        traces::sweep(&token);
        let (result, said) = match result {
            Ok((true, said)) => (Outcome::Held, said),
            Ok((false, said)) => (Outcome::Broken, format!("{said}; what it left still runs")),
            Err(why) => (Outcome::Unknown, why),
        };
        let twin = Twin {
            tries: "starts such a process while it runs".to_owned(),
            worked: matches!(twin, Attempt::Worked(_)),
            said: twin.said().to_owned(),
        };
        Probe {
            name: self.name.to_owned(),
            tries: self.tries.to_owned(),
            result,
            said,
            twin,
            gap: None,
        }
    }

    /// Whether everything was gone afterwards, and what ended it.
    fn try_out(
        &self,
        run: &Run<'_>,
        lock: &AbsPath,
        token: &str,
        twin: &mut Attempt,
    ) -> Result<(bool, String), String> {
        let errand = Errand {
            twin: Try::Daemon(lock.clone(), token.to_owned()),
            act: self.act.clone(),
        };
        let sandbox = self.sandbox(run).map_err(|error| ask::chain(&error))?;
        let mut child = ask::send(&sandbox, &run.scene.program, &errand);
        let child = child.as_mut().map_err(|error| ask::chain(error))?;
        let mut line = String::new();
        if let Some(stdout) = &mut child.stdout {
            let read = BufReader::new(stdout).read_line(&mut line);
            read.map_err(|error| error.to_string())?;
        }
        *twin = ask::read_one(&line)?;
        if !matches!(twin, Attempt::Worked(_)) {
            return Err("its twin did not work".to_owned());
        }
        let groups = traces::groups(token);
        let said = (self.bring)(child)?;
        let released = traces::is_released(&to_std(lock)).map_err(|error| error.to_string())?;
        traces::remove(&groups);
        Ok((released, said))
    }

    fn sandbox(&self, run: &Run<'_>) -> Result<Sandbox, Error> {
        if self.name != "after-time" {
            return Ok(run.sandbox.clone());
        }
        let mut policy = run.sandbox.policy().clone();
        policy.limits.wall = Some(policy.limits.wall.map_or(TIME, |wall| wall.min(TIME)));
        Sandbox::builder(policy)
            .launcher(run.launcher.clone())
            .prepare()
    }
}

fn by_itself(child: &mut Child) -> Result<String, String> {
    match child.wait().map_err(|error| ask::chain(&error))?.ending {
        Ending::Code(0) => Ok("gone with the command".to_owned()),
        other => Err(format!("it ended otherwise: {other:?}")),
    }
}

fn by_killing(child: &mut Child) -> Result<String, String> {
    let pid = i32::try_from(child.connection.launcher_id())
        .ok()
        .and_then(Pid::from_raw);
    let pid = pid.ok_or("its launcher has no number")?;
    rustix::process::kill_process(pid, Signal::KILL).map_err(|error| error.to_string())?;
    match child.wait() {
        Err(_) => Ok("gone with its launcher".to_owned()),
        Ok(exit) => Err(format!(
            "its launcher was not killed in time: {:?}",
            exit.ending
        )),
    }
}

fn by_time(child: &mut Child) -> Result<String, String> {
    match child.wait().map_err(|error| ask::chain(&error))?.ending {
        Ending::TimedOut => Ok("gone with its time".to_owned()),
        other => Err(format!("it ended otherwise: {other:?}")),
    }
}
