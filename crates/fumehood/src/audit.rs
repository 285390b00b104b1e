//! The audit log: one JSON object a line, appended, never torn.
//!
//! `O_APPEND` alone does not interleave, but a full disk gives a *short write*: a
//! torn line that swallows the next. So lines are appended under a lock, a short
//! write is taken back while the lock is held, and the error is the caller's to
//! make fatal. Nothing is synced per event: a start without an end means "killed".
//! The log lies in the state folder, which every sandbox hides.

use std::fs::{File, OpenOptions};
use std::io::{self, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::time::{SystemTime, UNIX_EPOCH};

use serde::Serialize;
use uuid::Uuid;

use crate::backend::files;

/// Version of a line.
pub const VERSION: u32 = 1;
/// A log of this many bytes is put aside; one older log is kept.
pub const ROTATE_AT: u64 = 16 * 1024 * 1024;
/// Arguments beyond this many bytes are cut: a line stays readable.
pub const ARGUMENTS_LIMIT: usize = 16 * 1024;

/// Where events go.
#[derive(Debug, Clone)]
pub struct AuditLog {
    path: PathBuf,
    rotate_at: u64,
}

/// What every line has in front.
#[derive(Debug, Serialize)]
struct Line<'a, D: Serialize> {
    v: u32,
    id: String,
    time: String,
    #[serde(rename = "type")]
    kind: &'a str,
    session: &'a str,
    data: D,
}

/// Ids of version 7 (RFC 9562): sorted by time, and those of one source in the
/// order in which they were asked for.
#[derive(Debug)]
pub struct Ids {
    /// What follows the time: a counter in `rand_a`, then what nobody can guess.
    rest: [u8; 10],
    count: u16,
}

impl Ids {
    /// A source that shares no id with any other.
    ///
    /// # Errors
    ///
    /// What the system says where it has no random numbers.
    pub fn new() -> io::Result<Self> {
        let mut rest = [0; 10];
        files::random(&mut rest)?;
        Ok(Self { rest, count: 0 })
    }

    /// The next one.
    pub fn one(&mut self) -> Uuid {
        self.count = self.count.wrapping_add(1);
        self.rest[..2].copy_from_slice(&self.count.to_be_bytes());
        let now = SystemTime::now().duration_since(UNIX_EPOCH);
        let millis = now.map_or(0, |now| u64::try_from(now.as_millis()).unwrap_or(0));
        uuid::Builder::from_unix_timestamp_millis(millis, &self.rest).into_uuid()
    }
}

/// Lines that are written together.
#[derive(Debug)]
pub struct Batch {
    text: Vec<u8>,
    ids: Ids,
}

impl Batch {
    /// Without lines.
    ///
    /// # Errors
    ///
    /// As [`Ids::new`].
    pub fn new() -> io::Result<Self> {
        Ok(Self {
            text: Vec::new(),
            ids: Ids::new()?,
        })
    }

    /// Adds an event.
    ///
    /// # Errors
    ///
    /// What JSON says about `data`.
    pub fn add(&mut self, session: &str, kind: &str, data: impl Serialize) -> io::Result<()> {
        let line = Line {
            v: VERSION,
            id: self.ids.one().to_string(),
            time: jiff::Timestamp::now().to_string(),
            kind,
            session,
            data,
        };
        serde_json::to_writer(&mut self.text, &line)?;
        self.text.push(b'\n');
        Ok(())
    }
}

impl AuditLog {
    /// The log in `state`, which must exist.
    #[must_use]
    pub fn in_folder(state: &Path) -> Self {
        Self {
            path: state.join("audit.jsonl"),
            rotate_at: ROTATE_AT,
        }
    }

    /// The same with another size at which it is put aside.
    #[must_use]
    pub const fn rotating_at(mut self, bytes: u64) -> Self {
        self.rotate_at = bytes;
        self
    }

    /// The file.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Appends the lines of `batch`, all or none.
    ///
    /// # Errors
    ///
    /// What the file system says; the log then ends where it ended before.
    pub fn append(&self, batch: &Batch) -> io::Result<()> {
        let mut file = self.open_locked()?;
        let end = file.seek(SeekFrom::End(0))?;
        if end > 0 && end + batch.text.len() as u64 > self.rotate_at {
            std::fs::rename(&self.path, self.path.with_extension("1.jsonl"))?;
            drop(file);
            return self.append(batch);
        }
        let result = file.write_all(&batch.text);
        if result.is_err() {
            file.set_len(end)?;
        }
        result
    }

    /// Opens and locks the file that has the name once the lock is held: another
    /// writer may have put it aside while we waited.
    fn open_locked(&self) -> io::Result<File> {
        loop {
            let mut options = OpenOptions::new();
            options.append(true).create(true);
            files::private(&mut options);
            let file = options.open(&self.path)?;
            file.lock()?;
            if files::is_same(&file, &self.path)? {
                return Ok(file);
            }
        }
    }
}
