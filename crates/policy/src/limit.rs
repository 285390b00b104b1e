//! Bounds by name: how they are written, read and put into a policy.
//!
//! One table for the configuration, `--limit NAME=VALUE` and what is shown. Each
//! bound is one number; a wall time is in milliseconds.

use std::time::Duration;

use crate::measure;
use crate::policy::Limits;
use crate::words::Word;

/// One bound.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum LimitName {
    /// Processes and threads.
    Processes,
    /// Bytes of memory of the whole tree.
    Memory,
    /// Bytes of one file.
    FileSize,
    /// Open descriptors of one process.
    OpenFiles,
    /// Bytes of each file system in memory.
    Tmpfs,
    /// Wall time of the command.
    Wall,
}

impl Word for LimitName {
    const WORDS: &'static [(&'static str, Self)] = &[
        ("processes", Self::Processes),
        ("memory", Self::Memory),
        ("file_size", Self::FileSize),
        ("open_files", Self::OpenFiles),
        ("tmpfs", Self::Tmpfs),
        ("wall", Self::Wall),
    ];
}

/// A bound and how much it is; none is no bound.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Bound {
    /// Which.
    pub limit: LimitName,
    /// The most.
    pub most: Option<u64>,
}

impl Bound {
    /// Reads `NAME=VALUE`, as a flag has it; `file-size` is `file_size`.
    ///
    /// ```
    /// use fumehood_policy::limit::{Bound, LimitName};
    /// let bound = Bound::parse("memory=8GiB")?;
    /// assert_eq!((bound.limit, bound.most), (LimitName::Memory, Some(8 << 30)));
    /// # Ok::<_, String>(())
    /// ```
    ///
    /// # Errors
    ///
    /// What is wrong with it.
    pub fn parse(text: &str) -> Result<Self, String> {
        let (name, value) = text
            .split_once('=')
            .ok_or("write NAME=VALUE, as `memory=8GiB`")?;
        let limit = LimitName::from_word(&name.replace('-', "_")).ok_or_else(|| {
            let known: Vec<&str> = LimitName::WORDS.iter().map(|(word, _)| *word).collect();
            format!("`{name}` is not a limit: they are {}", known.join(", "))
        })?;
        let most = limit
            .read(value)
            .map_err(|why| format!("`{value}`: {why}"))?;
        Ok(Self { limit, most })
    }
}

impl LimitName {
    /// Reads the value; `none` is none.
    ///
    /// # Errors
    ///
    /// What is wrong with it.
    pub fn read(self, text: &str) -> Result<Option<u64>, &'static str> {
        if text == "none" {
            return match self {
                Self::Tmpfs => Err("a file system in memory always has a limit"),
                _ => Ok(None),
            };
        }
        let number = match self {
            Self::Processes | Self::OpenFiles => measure::count(text)?,
            Self::Memory | Self::FileSize | Self::Tmpfs => measure::size(text)?,
            Self::Wall => millis(measure::time(text)?),
        };
        if number == 0 {
            Err("nothing could run with 0")
        } else {
            Ok(Some(number))
        }
    }

    /// The value in a policy.
    #[must_use]
    pub fn of(self, limits: &Limits) -> Option<u64> {
        match self {
            Self::Processes => limits.processes,
            Self::Memory => limits.memory,
            Self::FileSize => limits.file_size,
            Self::OpenFiles => limits.open_files,
            Self::Tmpfs => Some(limits.tmpfs),
            Self::Wall => limits.wall.map(millis),
        }
    }

    /// Sets it. A file system in memory keeps its bound when there is none to set.
    pub fn set(self, limits: &mut Limits, most: Option<u64>) {
        match self {
            Self::Processes => limits.processes = most,
            Self::Memory => limits.memory = most,
            Self::FileSize => limits.file_size = most,
            Self::OpenFiles => limits.open_files = most,
            Self::Tmpfs => limits.tmpfs = most.unwrap_or(limits.tmpfs),
            Self::Wall => limits.wall = most.map(Duration::from_millis),
        }
    }

    /// A value as it is written.
    #[must_use]
    pub fn show(self, most: Option<u64>) -> String {
        match (self, most) {
            (_, None) => "none".to_owned(),
            (Self::Processes | Self::OpenFiles, Some(number)) => number.to_string(),
            (Self::Wall, Some(number)) => measure::show_time(Duration::from_millis(number)),
            (_, Some(bytes)) => measure::show_size(bytes),
        }
    }
}

fn millis(time: Duration) -> u64 {
    u64::try_from(time.as_millis()).unwrap_or(u64::MAX)
}

/// Whether `new` leaves no more than `old`.
#[must_use]
pub(crate) fn is_tighter(new: Option<u64>, old: Option<u64>) -> bool {
    match (new, old) {
        (Some(new), Some(old)) => new <= old,
        (None, Some(_)) => false,
        (_, None) => true,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_bound_is_set_read_and_shown() {
        let mut limits = Limits::default();
        for (text, shown) in [
            ("processes=100", "100"),
            ("memory=8GiB", "8GiB"),
            ("file-size=100MB", "100000000"),
            ("open_files=64", "64"),
            ("tmpfs=1g", "1GiB"),
            ("wall=90m", "1h30m"),
        ] {
            let bound = Bound::parse(text).expect(text);
            bound.limit.set(&mut limits, bound.most);
            assert_eq!(bound.limit.of(&limits), bound.most);
            assert_eq!(bound.limit.show(bound.most), shown);
        }
        assert_eq!(limits.wall, Some(Duration::from_secs(5400)));
        assert_eq!(Bound::parse("wall=none").map(|bound| bound.most), Ok(None));
        for bad in [
            "memory",
            "speed=1",
            "processes=1k",
            "wall=30",
            "memory=0",
            "tmpfs=none",
        ] {
            assert!(Bound::parse(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn no_bound_is_the_loosest() {
        assert!(
            is_tighter(Some(1), None) && is_tighter(None, None) && is_tighter(Some(1), Some(1))
        );
        assert!(!is_tighter(None, Some(1)) && !is_tighter(Some(2), Some(1)));
    }
}
