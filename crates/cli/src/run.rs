//! `fumehood run`

use std::fs::File;
use std::io::{IsTerminal, Write};
use std::mem::ManuallyDrop;
use std::path::Path;
use std::process::ExitCode;

use anyhow::{Context, Result};
use fumehood::audit::AuditLog;
use fumehood::plan::linux::Request;
use fumehood::policy::{Access, Effect, Gap, GapName, Layer, NetworkMode, Policy, Rule, Standing};
use fumehood::settings::to_std;
use fumehood::{Ending, EnforcementReport, Exit, Prepared, Sandbox, Settings};
use serde_json::{Value, json};

use crate::args::Run;
use crate::{policy, say};

/// Runs the command to its end and becomes what it became.
///
/// # Errors
///
/// Why it was not started.
pub fn run(arguments: &Run) -> Result<ExitCode> {
    let mut status = arguments
        .json_status
        .as_deref()
        .map(Status::open)
        .transpose()?;
    let result = attempt(arguments, status.as_mut());
    match &result {
        Ok(exit) => {
            if let Some(status) = &mut status {
                status.tell(
                    &json!({ "v": 1, "type": "exited", "exit": exit, "code": exit.code() }),
                )?;
            }
            explain(exit, arguments.quiet);
        }
        Err(error) => {
            if let Some(status) = &mut status {
                let text = format!("{error:#}");
                status.tell(
                    &json!({ "v": 1, "type": "error", "error": text, "code": say::code(error) }),
                )?;
            }
        }
    }
    let exit = result?;
    if let Ending::Signal(signal) = exit.ending {
        // Whoever waits for us sees the signal; should that fail, the code says it.
        let _still_here = fumehood::die_of(signal);
    }
    Ok(ExitCode::from(u8::try_from(exit.code()).unwrap_or(u8::MAX)))
}

fn attempt(arguments: &Run, mut status: Option<&mut Status>) -> Result<Exit> {
    let settings = policy::settings(&arguments.policy)?;
    if !arguments.quiet {
        warn(&settings);
    }
    let request = Request {
        arguments: arguments.command.iter().map(policy::raw).collect(),
        folder: None,
        pty: arguments.pty,
    };
    // This process ends with the command: the system frees all of it at once.
    let mut prepared = ManuallyDrop::new(prepare(settings.policy, &request)?);
    if !arguments.quiet {
        announce(&prepared);
    }
    let report = status.is_some().then(|| prepared.report().clone());
    let mut told = Ok(());
    let exit = prepared.run_in_place(&mut |pid| {
        if let Some(status) = &mut status {
            told = status.tell(&json!({ "v": 1, "type": "started", "pid": pid, "report": report }));
        }
    })?;
    told?;
    Ok(exit)
}

/// Compiles the policy for a command.
///
/// # Errors
///
/// What cannot be done on this machine.
pub fn prepare(policy: Policy, request: &Request) -> Result<Prepared> {
    let log = AuditLog::in_folder(&to_std(&policy.own.state));
    let builder = Sandbox::builder(policy).audit(log);
    Ok(builder.prepare_one(request)?)
}

fn warn(settings: &Settings) {
    for warning in &settings.warnings {
        say::line(&format!("warning: {warning}\n"));
    }
    for ignored in &settings.ignored {
        say::line(&format!("warning: {ignored}\n"));
    }
}

/// One line: for a person what is enforced, and how that is known; for a log only what
/// somebody asked for and does not get.
fn announce(prepared: &Prepared) {
    let (policy, report) = (prepared.policy(), prepared.report());
    if std::io::stderr().is_terminal() {
        say::line(&format!("fumehood: {}\n", summary(policy, report)));
    } else if let Some(text) = unkept(policy, report) {
        say::line(&format!("fumehood: cannot be kept here: {text}\n"));
    }
}

/// The gaps in what somebody asked for, which a built-in profile did not.
fn unkept(policy: &Policy, report: &EnforcementReport) -> Option<String> {
    let asked = report.gaps.iter().filter(|gap| is_asked_for(policy, gap));
    let asked: Vec<String> = asked
        .map(|gap| format!("{} ({}: {})", gap.asked, gap.name, gap.why))
        .collect();
    (!asked.is_empty()).then(|| asked.join("; "))
}

/// Whether a flag or a file asked for what the gap is in.
fn is_asked_for(policy: &Policy, gap: &Gap) -> bool {
    let said = |key: &str| policy.origin(key).layer != Layer::BuiltIn;
    let mut rules = policy.rules.iter();
    match gap.name {
        GapName::Memory => said("limits.memory"),
        GapName::Processes => said("limits.processes"),
        GapName::HardLinks => said("hard_links"),
        GapName::NamesAtDepth => said("protected.depth"),
        GapName::NetworkNames => said("network.mode"),
        GapName::Nesting => said("system_calls.nesting"),
        // No built-in rule asks for either.
        GapName::DeepGlobs | GapName::NarrowReadNames => true,
        // The gap of a rule names its pattern; that of the protected names has none.
        GapName::MissingNames => rules.any(|rule| {
            let is_said = rule.effect == Effect::Deny && rule.origin.layer != Layer::BuiltIn;
            is_said && gap.asked.contains(&format!("keep {} denied", rule.pattern))
        }),
        _ => false,
    }
}

/// What is enforced, in one line.
fn summary(policy: &Policy, report: &EnforcementReport) -> String {
    let network = match policy.network.mode {
        NetworkMode::Off => "no network",
        NetworkMode::Names => "network by name",
        NetworkMode::On => "the host's network",
    };
    let open = |rule: &&Rule| (rule.access, rule.effect) == (Access::Write, Effect::Allow);
    let more = policy
        .rules
        .iter()
        .filter(open)
        .filter(|rule| *rule.pattern.base() != policy.workspace);
    let more = match more.count() {
        0 => String::new(),
        count => format!(" and {count} more places"),
    };
    let writes = match policy.standing(&policy.workspace).standing {
        Standing::Writable => format!("writes only in {}{more}", policy.workspace),
        _ if more.is_empty() => "no writes".to_owned(),
        _ => format!("no writes in {}{more}", policy.workspace).replace(" and ", ", but in "),
    };
    let gaps: Vec<&str> = report.gaps.iter().map(|gap| gap.name.as_str()).collect();
    let gaps = if gaps.is_empty() {
        String::new()
    } else {
        format!("; gaps: {}", gaps.join(", "))
    };
    format!(
        "{writes}, secrets hidden, {network} (sealed by the kernel: {}; `fumehood doctor` proves it){gaps}",
        report.tier,
    )
}

/// What ended the command, if it was not the command.
fn explain(exit: &Exit, quiet: bool) {
    let text = match exit.ending {
        Ending::TimedOut => "fumehood: the time limit ran out; the whole tree was ended\n",
        Ending::Uncovered => {
            "fumehood: something outside replaced a file or folder that a mount of the sandbox lay \
             on, a hidden one or one that was kept as it is (such as .git/config); the whole tree \
             was ended, because what was hidden could have been read, and what was kept, written\n"
        }
        _ => return,
    };
    if !quiet {
        say::line(text);
    }
}

/// The file for programs: one JSON object a line.
struct Status(File);

impl Status {
    fn open(path: &Path) -> Result<Self> {
        let file = fumehood::append(path);
        Ok(Self(file.with_context(|| {
            format!("cannot open --json-status {}", path.display())
        })?))
    }

    fn tell(&mut self, event: &Value) -> Result<()> {
        let mut line = serde_json::to_vec(event)?;
        line.push(b'\n');
        self.0
            .write_all(&line)
            .context("cannot write --json-status")
    }
}
