//! The audit events of one command.

use std::io;
use std::time::Instant;

use fumehood_cell::Exit;
use fumehood_plan::linux::Plan;
use fumehood_policy::environment::secret_value;
use fumehood_policy::{Policy, RawText};
use serde::Serialize;
use serde_json::json;
use sha2::{Digest, Sha256};

use crate::audit::{ARGUMENTS_LIMIT, AuditLog, Batch, Ids};
use crate::{EnforcementReport, Error};

/// Follows one command from request to end.
#[derive(Debug)]
pub struct Record {
    log: Option<AuditLog>,
    fatal: bool,
    session: String,
    began: Instant,
}

#[derive(Serialize)]
struct Started<'a> {
    policy: &'a str,
    profile: &'a str,
    workspace: &'a RawText,
    report: &'a EnforcementReport,
    withheld: &'a [RawText],
}

impl Record {
    /// Notes that a session starts and what is asked for.
    ///
    /// # Errors
    ///
    /// [`Error::Audit`] if the log cannot be written and the policy makes that fatal.
    pub fn begin(
        policy: &Policy,
        log: Option<&AuditLog>,
        report: &EnforcementReport,
        plan: &Plan,
    ) -> Result<Self, Error> {
        let record = Self {
            log: log.filter(|_| policy.audit.enabled).cloned(),
            fatal: policy.audit.fatal,
            session: Ids::new().map_err(Error::Audit)?.one().to_string(),
            began: Instant::now(),
        };
        let workspace = RawText::from_bytes(policy.workspace.as_bytes());
        record.write(|batch| {
            let digest = digest(policy)?;
            let started = Started {
                policy: &digest,
                profile: &policy.profile,
                workspace: &workspace,
                report,
                withheld: &plan.withheld,
            };
            batch.add(&record.session, "session.start", started)?;
            let (arguments, cut) = shortened(&plan.launch.arguments);
            let asked = json!({ "argv": arguments, "cut": cut, "cwd": folder(plan) });
            batch.add(&record.session, "exec.requested", asked)
        })?;
        Ok(record)
    }

    /// Notes that the command runs.
    ///
    /// # Errors
    ///
    /// As [`Record::begin`].
    pub fn started(&self, pid: i32) -> Result<(), Error> {
        self.write(|batch| batch.add(&self.session, "exec.started", json!({ "pid": pid })))
    }

    /// Notes how it ended, or why it never started.
    ///
    /// # Errors
    ///
    /// As [`Record::begin`].
    pub fn ended(&self, result: Result<&Exit, &Error>) -> Result<(), Error> {
        self.write(|batch| {
            let wall_us = u64::try_from(self.began.elapsed().as_micros()).unwrap_or(u64::MAX);
            match result {
                Ok(exit) => {
                    let data = json!({ "exit": exit, "code": exit.code(), "wall_us": wall_us });
                    batch.add(&self.session, "exec.finished", data)?;
                }
                Err(error) => {
                    let data = json!({ "error": error.to_string(), "code": error.code() });
                    batch.add(&self.session, "exec.failed", data)?;
                }
            }
            batch.add(&self.session, "session.end", json!({}))
        })
    }

    fn write(&self, fill: impl FnOnce(&mut Batch) -> io::Result<()>) -> Result<(), Error> {
        let Some(log) = &self.log else { return Ok(()) };
        let written = Batch::new().and_then(|mut batch| {
            fill(&mut batch)?;
            log.append(&batch)
        });
        match written {
            Err(error) if self.fatal => Err(Error::Audit(error)),
            // The policy says that a run matters more than its record.
            Ok(()) | Err(_) => Ok(()),
        }
    }
}

/// SHA-256 of everything the policy says, without where it was said.
///
/// The many rules and names are fed as bytes, ended by a NUL, which no path has;
/// the rest as JSON. It is in every start, so it has to be short.
///
/// # Errors
///
/// None that is known: every policy can be written as JSON.
pub fn digest(policy: &Policy) -> io::Result<String> {
    // Taken apart by name, so that a new field cannot be forgotten.
    let Policy {
        profile,
        workspace,
        home,
        rules,
        protected,
        protected_depth,
        hard_links,
        caches,
        temp,
        devices,
        sockets,
        system_calls,
        audit,
        sessions,
        network,
        environment,
        limits,
        windows,
        require,
        accept,
        own,
        origins: _,
    } = policy;
    let mut hash = Sha256::new();
    for rule in rules {
        hash.update(rule.pattern.base().as_bytes());
        if let Some(glob) = rule.pattern.glob() {
            hash.update(b"\0");
            hash.update(glob.as_bytes());
        }
        hash.update([0, rule.access as u8, rule.effect as u8, rule.force as u8]);
    }
    for name in protected {
        hash.update(name.name.as_bytes());
        hash.update([0, name.binds as u8]);
    }
    let places = (profile, workspace, home, own);
    let files = (protected_depth, hard_links, caches, temp);
    let kernel = (devices, sockets, system_calls, limits, network);
    let rest = (audit, sessions, environment, windows, require, accept);
    hash.update(serde_json::to_vec(&(places, files, kernel, rest))?);
    Ok(format!("sha256:{}", hex(&hash.finalize())))
}

/// Lower-case hexadecimal.
pub(crate) fn hex(bytes: &[u8]) -> String {
    let digit = |value: u8| char::from(b"0123456789abcdef"[usize::from(value & 15)]);
    bytes
        .iter()
        .flat_map(|byte| [digit(byte >> 4), digit(*byte)])
        .collect()
}

/// As many arguments as fit a readable line, without logins, and whether some
/// were left out.
fn shortened(arguments: &[RawText]) -> (Vec<RawText>, bool) {
    let mut size = 0;
    let fits = |text: &&RawText| {
        size += text.as_bytes().len();
        size <= ARGUMENTS_LIMIT
    };
    let count = arguments.iter().take_while(fits).count();
    let shown = arguments[..count].iter().map(without_login).collect();
    (shown, count < arguments.len())
}

/// The log outlives the run, and may be sent elsewhere.
fn without_login(argument: &RawText) -> RawText {
    match secret_value(argument.as_bytes()) {
        Some(kind) => RawText::from_bytes(format!("<redacted: {kind}>").as_bytes()),
        None => argument.clone(),
    }
}

fn folder(plan: &Plan) -> Option<String> {
    plan.steps.iter().find_map(|step| match step {
        fumehood_plan::linux::Step::EnterFolder { path } => Some(path.to_string()),
        _ => None,
    })
}
