//! A command, like the one of the standard library, that runs inside.

use std::collections::BTreeMap;
use std::ffi::{OsStr, OsString};
use std::path::{Path, PathBuf};

use fumehood_cell::Exit;
use fumehood_plan::linux::{Plan, Request};
use fumehood_policy::{Policy, RawText};

use crate::child::{Child, Output};
use crate::record::Record;
use crate::{Error, Sandbox, backend, folders};

/// Where a standard stream of a command leads.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Stdio {
    /// The caller's own.
    #[default]
    Inherit,
    /// A pipe to the caller.
    Piped,
    /// `/dev/null`.
    Null,
}

/// A command to run inside a [`Sandbox`].
#[derive(Debug, Clone)]
pub struct Command<'s> {
    pub(crate) sandbox: &'s Sandbox,
    arguments: Vec<OsString>,
    environment: BTreeMap<OsString, Option<OsString>>,
    folder: Option<PathBuf>,
    pub(crate) streams: [Option<Stdio>; 3],
}

impl<'s> Command<'s> {
    pub(crate) fn new(sandbox: &'s Sandbox, program: &OsStr) -> Self {
        Self {
            sandbox,
            arguments: vec![program.to_owned()],
            environment: BTreeMap::new(),
            folder: None,
            streams: [None; 3],
        }
    }

    /// One more argument.
    pub fn arg(&mut self, argument: impl AsRef<OsStr>) -> &mut Self {
        self.arguments.push(argument.as_ref().to_owned());
        self
    }

    /// More arguments.
    pub fn args(&mut self, arguments: impl IntoIterator<Item: AsRef<OsStr>>) -> &mut Self {
        self.arguments
            .extend(arguments.into_iter().map(|one| one.as_ref().to_owned()));
        self
    }

    /// Sets a variable, whatever the policy's allow-list says about its name.
    pub fn env(&mut self, name: impl AsRef<OsStr>, value: impl AsRef<OsStr>) -> &mut Self {
        self.environment
            .insert(name.as_ref().to_owned(), Some(value.as_ref().to_owned()));
        self
    }

    /// Keeps a variable out.
    pub fn env_remove(&mut self, name: impl AsRef<OsStr>) -> &mut Self {
        self.environment.insert(name.as_ref().to_owned(), None);
        self
    }

    /// Where it starts.
    pub fn current_dir(&mut self, folder: impl AsRef<Path>) -> &mut Self {
        self.folder = Some(folder.as_ref().to_owned());
        self
    }

    /// Standard input. Inherited unless [`Command::output`] is used.
    pub const fn stdin(&mut self, stream: Stdio) -> &mut Self {
        self.streams[0] = Some(stream);
        self
    }

    /// Standard output. Inherited unless [`Command::output`] is used.
    pub const fn stdout(&mut self, stream: Stdio) -> &mut Self {
        self.streams[1] = Some(stream);
        self
    }

    /// Standard error. Inherited unless [`Command::output`] is used.
    pub const fn stderr(&mut self, stream: Stdio) -> &mut Self {
        self.streams[2] = Some(stream);
        self
    }

    /// Starts the command. Dropping the child ends its whole tree.
    ///
    /// # Errors
    ///
    /// [`Error`]; nothing was started then.
    pub fn spawn(&mut self) -> Result<Child, Error> {
        let plan = self.plan()?;
        let record = self.record(&plan)?;
        let streams = self.streams.map(Option::unwrap_or_default);
        backend::spawn(self.sandbox.launcher.as_ref(), &plan, streams, record)
    }

    /// Runs the command to its end and collects what it prints.
    ///
    /// # Errors
    ///
    /// As [`Command::spawn`] and [`Child::wait`].
    pub fn output(&mut self) -> Result<Output, Error> {
        let usual = [Stdio::Null, Stdio::Piped, Stdio::Piped];
        for (stream, usual) in self.streams.iter_mut().zip(usual) {
            stream.get_or_insert(usual);
        }
        self.spawn()?.wait_with_output()
    }

    /// Runs the command to its end.
    ///
    /// # Errors
    ///
    /// As [`Command::spawn`] and [`Child::wait`].
    pub fn status(&mut self) -> Result<Exit, Error> {
        self.spawn()?.wait()
    }

    /// What would be done now.
    ///
    /// # Errors
    ///
    /// As [`crate::sandbox::Builder::prepare`].
    pub fn plan(&self) -> Result<Plan, Error> {
        let text = |text: &OsString| RawText::from_bytes(text.as_encoded_bytes());
        let folder = match &self.folder {
            Some(folder) => {
                let folder = std::path::absolute(folder)
                    .map_err(|error| Error::Surroundings(format!("folder: {error}")))?;
                Some(folders::to_policy(&folder)?)
            }
            None => None,
        };
        let request = Request {
            arguments: self.arguments.iter().map(text).collect(),
            folder,
            pty: false,
        };
        backend::plan(&self.policy(), None, &request)
    }

    /// The sandbox's policy with this command's variables.
    fn policy(&self) -> Policy {
        let mut policy = self.sandbox.policy.clone();
        for (name, value) in &self.environment {
            let name = name.to_string_lossy().into_owned();
            match value {
                Some(value) => {
                    let value = RawText::from_bytes(value.as_encoded_bytes());
                    policy.environment.set.insert(name, value);
                }
                None => policy.environment.remove.push(name),
            }
        }
        policy
    }

    fn record(&self, plan: &Plan) -> Result<Record, Error> {
        let Sandbox { policy, audit, .. } = self.sandbox;
        Record::begin(policy, audit.as_ref(), self.sandbox.report(), plan)
    }
}
