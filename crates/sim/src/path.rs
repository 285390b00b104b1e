//! Paths as programs write them, read as Win32 reads them.
//!
//! Before NT sees a path, Win32 makes `/` a `\`, takes out `.` and `..` by the
//! letters, and drops what stands behind the last name: dots and blanks. So `.git.`
//! and `.git ` and `.git::$INDEX_ALLOCATION` are all `.git`. A path behind `\\?\`
//! is taken as it stands. Source: *File path formats on Windows systems* (.NET),
//! *Naming Files, Paths, and Namespaces* (MSDN).

use std::fmt;

use thiserror::Error;

use crate::name::{BadName, Name};

/// A path from the top of a volume.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct FilePath {
    /// The volume's letter, a capital.
    pub volume: char,
    /// The names from the top.
    pub names: Vec<Name>,
    /// A stream of what is named; none is the unnamed one.
    pub stream: Option<Name>,
}

/// A text that is no path from the top of a volume.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum BadPath {
    /// It does not begin with a letter, a colon and a backslash.
    #[error("`{0}` is no path from the top of a volume")]
    NotAbsolute(String),
    /// It names a device that Win32 finds in every folder, such as `NUL`.
    #[error("`{0}` names a device")]
    Device(String),
    /// A name in it is none.
    #[error(transparent)]
    Name(#[from] BadName),
    /// It goes too deep.
    #[error("a path has at most {} names", FilePath::MAX_NAMES)]
    TooDeep,
    /// A stream of a kind that is not kept here.
    #[error("`{0}` is no kind of stream")]
    StreamKind(String),
}

/// Devices that a name stands for in every folder (MSDN *Naming Files*).
const DEVICES: [&str; 6] = ["CON", "PRN", "AUX", "NUL", "CONIN$", "CONOUT$"];

impl FilePath {
    /// Names that a path may have: 32,767 units with a backslash between any two.
    pub const MAX_NAMES: usize = 16_384;

    /// The top of a volume.
    #[must_use]
    pub const fn top(volume: char) -> Self {
        Self {
            volume: volume.to_ascii_uppercase(),
            names: Vec::new(),
            stream: None,
        }
    }

    /// Reads a path.
    ///
    /// ```
    /// use fumehood_sim::FilePath;
    /// let path = FilePath::parse("c:/work/./src/../.git./hooks. ")?;
    /// assert_eq!(path.to_string(), r"C:\work\.git\hooks");
    /// # Ok::<_, fumehood_sim::BadPath>(())
    /// ```
    ///
    /// # Errors
    ///
    /// The text is no path from the top of a volume.
    pub fn parse(text: &str) -> Result<Self, BadPath> {
        let verbatim = [r"\\?\", r"\??\"]
            .into_iter()
            .find_map(|p| text.strip_prefix(p));
        let rest = verbatim.unwrap_or(text);
        let absolute = || BadPath::NotAbsolute(text.to_owned());
        let mut letters = rest.chars();
        let volume = letters
            .next()
            .filter(char::is_ascii_alphabetic)
            .ok_or_else(absolute)?;
        let is_slash = |c: char| c == '\\' || c == '/' && verbatim.is_none();
        let below = letters.as_str().strip_prefix(':').ok_or_else(absolute)?;
        if !below.starts_with(is_slash) && (verbatim.is_none() || !below.is_empty()) {
            return Err(absolute());
        }
        let mut path = Self::top(volume);
        if verbatim.is_some() {
            let parts: Vec<&str> = below
                .split(is_slash)
                .skip(1)
                .filter(|p| !p.is_empty())
                .collect();
            path.extend(&parts, |part| Ok(Name::parse(part)?))?;
        } else {
            path.extend(&normalized(below.split(is_slash)), named)?;
        }
        Ok(path)
    }

    /// The names of `parts`, the last one with its stream.
    fn extend(
        &mut self,
        parts: &[&str],
        named: impl Fn(&str) -> Result<Name, BadPath>,
    ) -> Result<(), BadPath> {
        let Some((last, above)) = parts.split_last() else {
            return Ok(());
        };
        if parts.len() > Self::MAX_NAMES {
            return Err(BadPath::TooDeep);
        }
        for part in above {
            self.names.push(named(part)?);
        }
        let mut pieces = last.splitn(3, ':');
        self.names.push(named(pieces.next().unwrap_or_default())?);
        self.stream = match (pieces.next(), pieces.next()) {
            (None, _) => None,
            (Some(stream), kind) => stream_of(stream, kind)?,
        };
        Ok(())
    }

    /// The path of `name` in this folder.
    ///
    /// # Errors
    ///
    /// The name is none.
    pub fn child(&self, name: &str) -> Result<Self, BadName> {
        let mut path = self.clone();
        path.names.push(Name::parse(name)?);
        Ok(path)
    }

    /// The folder above; none at the top.
    #[must_use]
    pub fn parent(&self) -> Option<Self> {
        let mut path = self.clone();
        path.names.pop()?;
        path.stream = None;
        Some(path)
    }

    /// Whether this is `other` or below it, by the letters of both.
    #[must_use]
    pub fn is_within(&self, other: &Self) -> bool {
        let same = |(one, two): (&Name, &Name)| one.key() == two.key();
        self.volume == other.volume
            && self.names.len() >= other.names.len()
            && self.names.iter().zip(&other.names).all(same)
    }
}

/// What Win32 makes of the parts of a path, the one before the first backslash left out.
fn normalized<'a>(parts: impl Iterator<Item = &'a str>) -> Vec<&'a str> {
    let mut names: Vec<&str> = Vec::new();
    let parts: Vec<&str> = parts.skip(1).collect();
    let last = parts.len().saturating_sub(1);
    for (at, part) in parts.into_iter().enumerate() {
        match part {
            "" | "." => {}
            ".." => {
                names.pop();
            }
            _ if at == last => names.push(part.trim_end_matches(['.', ' '])),
            _ if part.ends_with("..") => names.push(part),
            _ => names.push(part.strip_suffix('.').unwrap_or(part)),
        }
    }
    names.retain(|name| !name.is_empty());
    names
}

/// A name that stands for no device.
fn named(part: &str) -> Result<Name, BadPath> {
    let name = Name::parse(part)?;
    let stem = name.key().split('.').next().unwrap_or_default().trim_end();
    let numbered = stem
        .strip_prefix("COM")
        .or_else(|| stem.strip_prefix("LPT"));
    let is_port = numbered.is_some_and(|n| matches!(n.as_bytes(), [b'1'..=b'9']));
    if is_port || DEVICES.contains(&stem) {
        return Err(BadPath::Device(part.to_owned()));
    }
    Ok(name)
}

/// The stream behind a name: `:a`, `:a:$DATA`, `::$DATA`, `::$INDEX_ALLOCATION`.
fn stream_of(stream: &str, kind: Option<&str>) -> Result<Option<Name>, BadPath> {
    let folded = crate::fold::fold(kind.unwrap_or("$DATA"));
    match (stream, folded.as_str()) {
        ("", "$DATA") | ("" | "$I30" | "$i30", "$INDEX_ALLOCATION") => Ok(None),
        (_, "$DATA") => Ok(Some(Name::parse(stream)?)),
        _ => Err(BadPath::StreamKind(folded)),
    }
}

impl fmt::Display for FilePath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // What Win32 would read otherwise is shown as it is taken by the letter.
        let trails = |name: &Name| name.shown().ends_with(['.', ' ']);
        let is_odd = |name: &Name| trails(name) || named(name.shown()).is_err();
        if self.names.iter().any(is_odd) || self.stream.as_ref().is_some_and(trails) {
            f.write_str(r"\\?\")?;
        }
        write!(f, "{}:", self.volume)?;
        if self.names.is_empty() {
            f.write_str("\\")?;
        }
        self.names
            .iter()
            .try_for_each(|name| write!(f, "\\{name}"))?;
        match &self.stream {
            Some(stream) => write!(f, ":{stream}"),
            None => Ok(()),
        }
    }
}

impl std::str::FromStr for FilePath {
    type Err = BadPath;

    fn from_str(text: &str) -> Result<Self, BadPath> {
        Self::parse(text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(text: &str) -> String {
        FilePath::parse(text).expect(text).to_string()
    }

    #[test]
    fn paths_are_read_as_win32_reads_them() {
        let rows = [
            (r"c:\", r"C:\"),
            (r"C:\a\..\..\b", r"C:\b"),
            (r"C:\a.\b", r"C:\a\b"),
            (r"C:\a...\b", r"\\?\C:\a...\b"),
            (r"C:\a\.git . .", r"C:\a\.git"),
            (r"C:/a//b/", r"C:\a\b"),
            (r"C:\a\f:s", r"C:\a\f:s"),
            (r"C:\a\f::$DATA", r"C:\a\f"),
            (r"C:\a\f:s:$data", r"C:\a\f:s"),
            (r"C:\.git::$INDEX_ALLOCATION", r"C:\.git"),
            (r"C:\.git:$I30:$INDEX_ALLOCATION", r"C:\.git"),
            (r"\\?\C:\a.\b ", r"\\?\C:\a.\b "),
            (r"\\?\C:\nul", r"\\?\C:\nul"),
            (r"\??\C:\a", r"C:\a"),
        ];
        for (text, path) in rows {
            assert_eq!(shown(text), path, "{text}");
        }
    }

    #[test]
    fn what_is_no_path_of_a_volume_is_refused() {
        let not_absolute = [
            "",
            "a",
            r"\a",
            r"C:a",
            r"\\server\share\a",
            r"\\.\pipe\a",
            r"\\?\C:a",
        ];
        for text in not_absolute {
            assert!(
                matches!(FilePath::parse(text), Err(BadPath::NotAbsolute(_))),
                "{text}"
            );
        }
        for text in [r"C:\NUL", r"C:\a\con.txt", r"C:\com1", r"C:\aux .x"] {
            assert!(
                matches!(FilePath::parse(text), Err(BadPath::Device(_))),
                "{text}"
            );
        }
        assert!(FilePath::parse(r"C:\com10").is_ok());
        assert!(matches!(FilePath::parse(r"C:\a?"), Err(BadPath::Name(_))));
        assert!(matches!(
            FilePath::parse(r"C:\a:b:$BITMAP"),
            Err(BadPath::StreamKind(_))
        ));
        assert!(
            FilePath::parse(r"\\?\C:\..\a").is_err(),
            "dots are no name there"
        );
    }

    #[test]
    fn within_goes_by_the_letters_without_regard_to_case() {
        let path = |text| FilePath::parse(text).expect("a path");
        assert!(path(r"c:\Work\SRC\a").is_within(&path(r"C:\work\src")));
        assert!(path(r"C:\work").is_within(&path(r"C:\work")));
        assert!(!path(r"C:\workshop").is_within(&path(r"C:\work")));
        assert_eq!(path(r"C:\a:s").parent(), Some(FilePath::top('c')));
        assert_eq!(FilePath::top('C').parent(), None);
    }

    #[test]
    fn what_is_read_reads_the_same_again_and_nothing_panics() {
        let letters: Vec<char> = r"\\//..::  aB~1*$éß?NULcon".chars().collect();
        let mut read = 0;
        for seed in 0..20_000 {
            let mut stream = crate::seed::Seed(seed).stream();
            let length = stream.below(14);
            let some = (0..length).filter_map(|_| stream.one_of(&letters));
            let text = format!("C:\\{}", some.collect::<String>());
            if let Ok(path) = FilePath::parse(&text) {
                let again = FilePath::parse(&path.to_string());
                assert_eq!(again.as_ref(), Ok(&path), "seed {seed}: {text}");
                read += 1;
            }
        }
        assert!(read > 2_000, "{read}");
    }
}
