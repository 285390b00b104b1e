//! A command that runs, seen from a host that embeds us.

use std::io::{self, PipeReader, PipeWriter, Read};

use fumehood_cell::Exit;

use crate::record::Record;
use crate::{Error, backend};

/// A running command. Dropping it ends its whole tree.
#[derive(Debug)]
pub struct Child {
    /// Write end of its standard input, if that is a pipe.
    pub stdin: Option<PipeWriter>,
    /// Read end of its standard output, if that is a pipe.
    pub stdout: Option<PipeReader>,
    /// Read end of its standard error, if that is a pipe.
    pub stderr: Option<PipeReader>,
    pub(crate) connection: backend::Connection,
    pub(crate) record: Record,
    pub(crate) exit: Option<Exit>,
}

/// What a command left behind.
#[derive(Debug)]
pub struct Output {
    /// How it ended.
    pub exit: Exit,
    /// What it printed.
    pub stdout: Vec<u8>,
    /// What it complained about.
    pub stderr: Vec<u8>,
}

impl Child {
    /// Waits for the end.
    ///
    /// # Errors
    ///
    /// [`Error::Start`] if the launcher vanished, [`Error::Audit`] as the policy says.
    pub fn wait(&mut self) -> Result<Exit, Error> {
        drop(self.stdin.take());
        if let Some(exit) = self.exit {
            return Ok(exit);
        }
        let result = self.connection.wait();
        self.note(result)
    }

    /// How it ended, if it did.
    ///
    /// # Errors
    ///
    /// As [`Child::wait`].
    pub fn try_wait(&mut self) -> Result<Option<Exit>, Error> {
        if self.exit.is_some() {
            return Ok(self.exit);
        }
        match self.connection.try_wait() {
            Ok(None) => Ok(None),
            Ok(Some(exit)) => self.note(Ok(exit)).map(Some),
            Err(error) => self.note(Err(error)).map(Some),
        }
    }

    /// Ends the whole tree now. [`Child::wait`] then says how it ended.
    ///
    /// # Errors
    ///
    /// What the connection to the launcher says; dropping the child still works.
    pub fn kill(&mut self) -> io::Result<()> {
        self.connection.let_go()
    }

    /// Reads both pipes to their end and waits.
    ///
    /// # Errors
    ///
    /// As [`Child::wait`], and [`Error::Surroundings`] if a pipe cannot be read.
    pub fn wait_with_output(mut self) -> Result<Output, Error> {
        drop(self.stdin.take());
        let stderr = self
            .stderr
            .take()
            .map(|pipe| std::thread::spawn(move || drain(pipe)));
        let stdout = self.stdout.take().map_or_else(|| Ok(Vec::new()), drain);
        let stderr = stderr.map_or_else(
            || Ok(Vec::new()),
            |reader| {
                reader
                    .join()
                    .unwrap_or_else(|_| Err(io::ErrorKind::Other.into()))
            },
        );
        let read = |result: io::Result<Vec<u8>>| {
            result.map_err(|error| Error::Surroundings(format!("reading output: {error}")))
        };
        let exit = self.wait()?;
        Ok(Output {
            exit,
            stdout: read(stdout)?,
            stderr: read(stderr)?,
        })
    }

    fn note(&mut self, result: Result<Exit, Error>) -> Result<Exit, Error> {
        self.record.ended(result.as_ref())?;
        let exit = result?;
        self.exit = Some(exit);
        Ok(exit)
    }
}

fn drain(mut pipe: PipeReader) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    pipe.read_to_end(&mut bytes)?;
    Ok(bytes)
}

impl Drop for Child {
    fn drop(&mut self) {
        if self.exit.is_none() {
            let ended = self
                .kill()
                .map_err(|error| Error::Surroundings(error.to_string()));
            let ended = ended.and_then(|()| self.connection.wait());
            // Nobody is left to tell; the log has at least a start without an end.
            let _told = self.record.ended(ended.as_ref());
        }
    }
}
