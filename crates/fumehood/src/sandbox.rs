//! A policy, ready to run commands under.

use std::ffi::OsStr;

use fumehood_cell::Exit;
use fumehood_plan::linux::{Plan, Request};
use fumehood_policy::{GapName, Policy};

use crate::audit::AuditLog;
use crate::command::Command;
use crate::launcher::Launcher;
use crate::record::Record;
use crate::{EnforcementReport, Error, backend};

/// Collects what a [`Sandbox`] is made of.
#[derive(Debug, Clone)]
#[must_use = "nothing is prepared before `prepare`"]
pub struct Builder {
    policy: Policy,
    launcher: Option<Launcher>,
    audit: Option<AuditLog>,
}

impl Builder {
    /// Takes the acceptance of these gaps back: where one is there, nothing starts.
    pub fn require(mut self, gaps: impl IntoIterator<Item = GapName>) -> Self {
        self.policy.require.extend(gaps);
        self
    }

    /// The program that starts commands. Needed by [`Command::spawn`], not by
    /// [`Prepared::run_in_place`].
    pub fn launcher(mut self, launcher: Launcher) -> Self {
        self.launcher = Some(launcher);
        self
    }

    /// Where events go. Without this they go nowhere.
    pub fn audit(mut self, log: AuditLog) -> Self {
        self.audit = Some(log);
        self
    }

    /// Looks at the machine and compiles the policy once, so that what cannot be
    /// done is known before there is a command.
    ///
    /// # Errors
    ///
    /// [`Error::Gaps`] and [`Error::Policy`] for what cannot be done here,
    /// [`Error::Unsupported`] where there is no backend yet.
    pub fn prepare(self) -> Result<Sandbox, Error> {
        let Self {
            policy,
            launcher,
            audit,
        } = self;
        backend::make_state(&policy)?;
        let nothing = Request {
            arguments: vec!["true".into()],
            folder: None,
            pty: false,
        };
        let plan = backend::plan(&policy, None, &nothing)?;
        let report = backend::report(&policy, &plan);
        Ok(Sandbox {
            policy,
            launcher,
            audit,
            report,
        })
    }
}

impl Builder {
    /// Looks at the machine once, for one command that this very process runs. While
    /// it looks, a fork of this process makes the namespaces; it waits in what is
    /// returned, and ends with it. The command gets the streams, the file mode mask, the
    /// signals and the limits that this process has now.
    ///
    /// # Errors
    ///
    /// As [`Builder::prepare`].
    pub fn prepare_one(self, request: &Request) -> Result<Prepared, Error> {
        let Self { policy, audit, .. } = self;
        let mut zygote = backend::zygote(&policy);
        backend::make_state(&policy)?;
        let plan = backend::plan(&policy, zygote.as_mut(), request)?;
        let report = backend::report(&policy, &plan);
        Ok(Prepared {
            policy,
            audit,
            zygote,
            plan,
            report,
        })
    }
}

/// One command, compiled for this machine and not started yet.
#[derive(Debug)]
pub struct Prepared {
    policy: Policy,
    audit: Option<AuditLog>,
    zygote: Option<backend::Zygote>,
    plan: Plan,
    report: EnforcementReport,
}

impl Prepared {
    /// What is wanted.
    #[must_use]
    pub const fn policy(&self) -> &Policy {
        &self.policy
    }

    /// What will be done.
    #[must_use]
    pub const fn plan(&self) -> &Plan {
        &self.plan
    }

    /// What will be enforced.
    #[must_use]
    pub const fn report(&self) -> &EnforcementReport {
        &self.report
    }

    /// Runs the command on this process's own streams, by forking this process;
    /// `started` is called once it runs.
    ///
    /// For programs with one thread that do nothing else meanwhile, as our command
    /// line is. Signals are blocked and handed on until the command ends. A command
    /// that is to have a terminal of its own ([`Request::pty`]) has nothing of the
    /// streams: bytes are copied between them and its terminal, and a terminal on
    /// standard input is raw meanwhile.
    ///
    /// # Errors
    ///
    /// [`Error`]; with more than one thread nothing is started.
    pub fn run_in_place(&mut self, started: &mut dyn FnMut(i32)) -> Result<Exit, Error> {
        let zygote = self.zygote.take();
        let begin = || Record::begin(&self.policy, self.audit.as_ref(), &self.report, &self.plan);
        backend::run_in_place(&self.plan, zygote, &begin, started)
    }
}

/// A policy that was compiled for this machine.
#[derive(Debug, Clone)]
pub struct Sandbox {
    pub(crate) policy: Policy,
    pub(crate) launcher: Option<Launcher>,
    pub(crate) audit: Option<AuditLog>,
    report: EnforcementReport,
}

impl Sandbox {
    /// Starts with a policy.
    pub const fn builder(policy: Policy) -> Builder {
        Builder {
            policy,
            launcher: None,
            audit: None,
        }
    }

    /// What is enforced, and how that is known.
    #[must_use]
    pub const fn report(&self) -> &EnforcementReport {
        &self.report
    }

    /// The policy.
    #[must_use]
    pub const fn policy(&self) -> &Policy {
        &self.policy
    }

    /// A command to run inside.
    #[must_use]
    pub fn command(&self, program: impl AsRef<OsStr>) -> Command<'_> {
        Command::new(self, program.as_ref())
    }

    /// The plan for a command, as it would be executed now.
    ///
    /// # Errors
    ///
    /// As [`Builder::prepare`].
    pub fn plan(&self, request: &Request) -> Result<Plan, Error> {
        backend::plan(&self.policy, None, request)
    }
}
