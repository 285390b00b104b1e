//! Absolute paths of a Windows machine.
//!
//! `std::path` means the machine this code runs on; a plan for Windows is also
//! compiled and reviewed elsewhere. A policy writes such a path as `/C:/work`,
//! the drive as its first part, so that one parser and one walk over the rules
//! serve every system; [`WinPath`] is that path as Windows reads it. Names that
//! Windows reads as something else than they say (`a.`, `a:stream`, `NUL`) are
//! refused, not corrected: what was judged must be what is opened
//! (MSDN *Naming Files, Paths, and Namespaces*).

use std::cmp::Ordering;
use std::fmt;

use fumehood_policy::AbsPath;

/// Longest path, in characters: what `\\?\` lets through, less room for the prefix.
pub const PATH_LIMIT: usize = 32_700;

/// Names of devices, which no file can have, whatever ending follows.
const DEVICES: [&str; 6] = ["CON", "PRN", "AUX", "NUL", "CONIN$", "CONOUT$"];

/// Why a text is not an absolute Windows path.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum WinPathError {
    /// It does not begin with a drive.
    #[error("`{0}` does not begin with a drive, as `C:\\` does")]
    NoDrive(String),
    /// A part is `.`, `..` or empty, or Windows would read it as something else.
    #[error("`{part}` in `{path}` is not a name that means itself")]
    Part {
        /// The path.
        path: String,
        /// The part.
        part: String,
    },
    /// It is not text.
    #[error("`{0}` is not UTF-8")]
    NotText(String),
    /// It is too long.
    #[error("a path of {0} characters is longer than {PATH_LIMIT}")]
    Long(usize),
}

/// An absolute Windows path: a drive, and names between backslashes.
///
/// Shown as it was written, compared as NTFS compares by default: each character
/// by its upper case. Ordered so that a folder comes before all it holds.
#[derive(Debug, Clone)]
pub struct WinPath {
    /// `C:\work`; `C:\` for a drive's top.
    text: String,
    /// `text` folded, for comparison only; without the last backslash of a drive's top.
    key: String,
}

impl WinPath {
    /// Reads an absolute path; `/` and `\` alike.
    ///
    /// # Errors
    ///
    /// [`WinPathError`] if it has no drive, or a part that does not mean itself.
    pub fn parse(text: &str) -> Result<Self, WinPathError> {
        let no_drive = || WinPathError::NoDrive(text.to_owned());
        let mut chars = text.chars();
        let drive = chars.next().filter(char::is_ascii_alphabetic);
        let (Some(drive), Some(':')) = (drive, chars.next()) else {
            return Err(no_drive());
        };
        let below = chars.as_str();
        if !below.is_empty() && !below.starts_with(['\\', '/']) {
            return Err(no_drive());
        }
        let mut clean = format!("{}:", drive.to_ascii_uppercase());
        for part in below.get(1..).unwrap_or_default().split(['\\', '/']) {
            if part.is_empty() && below.len() <= 1 {
                continue;
            }
            if !is_name(part) {
                let (path, part) = (text.to_owned(), part.to_owned());
                return Err(WinPathError::Part { path, part });
            }
            clean.push('\\');
            clean.push_str(part);
        }
        let length = clean.chars().count();
        if length > PATH_LIMIT {
            return Err(WinPathError::Long(length));
        }
        Ok(Self::of_clean(clean))
    }

    fn of_clean(mut text: String) -> Self {
        let key = fold(&text);
        if text.len() == 2 {
            text.push('\\');
        }
        Self { text, key }
    }

    /// The path that a policy means.
    ///
    /// # Errors
    ///
    /// As [`WinPath::parse`]; the first part of `path` is the drive.
    pub fn of_policy(path: &AbsPath) -> Result<Self, WinPathError> {
        let bytes = path.as_bytes();
        let text = std::str::from_utf8(bytes.get(1..).unwrap_or_default())
            .map_err(|_| WinPathError::NotText(String::from_utf8_lossy(bytes).into_owned()))?;
        Self::parse(text)
    }

    /// The path as a policy writes it, folded, so that a policy that was folded as
    /// well answers for every way to write it.
    #[must_use]
    pub(super) fn folded_bytes(&self) -> Vec<u8> {
        format!("/{}", self.key.replace('\\', "/")).into_bytes()
    }

    /// `self` and one more name.
    ///
    /// # Errors
    ///
    /// As [`WinPath::parse`].
    pub fn join(&self, below: &str) -> Result<Self, WinPathError> {
        Self::parse(&format!("{}\\{below}", self.text.trim_end_matches('\\')))
    }

    /// The drive's letter, in upper case.
    #[must_use]
    pub fn drive(&self) -> char {
        self.text.chars().next().unwrap_or('C')
    }

    /// The top of the drive.
    #[must_use]
    pub fn top(&self) -> Self {
        Self::of_clean(format!("{}:", self.drive()))
    }

    /// Whether it is the top of a drive.
    #[must_use]
    pub fn is_top(&self) -> bool {
        self.key.len() == 2
    }

    /// The folder that holds it; none for a drive's top.
    #[must_use]
    pub fn parent(&self) -> Option<Self> {
        let cut = self.text.rfind('\\').filter(|_| !self.is_top())?;
        Some(Self::of_clean(self.text[..cut].to_owned()))
    }

    /// The folders above it, from the nearest.
    pub fn above(&self) -> impl Iterator<Item = Self> + use<> {
        std::iter::successors(self.parent(), Self::parent)
    }

    /// The names, from the top; none for a drive's top.
    #[must_use = "iterators do nothing on their own"]
    pub fn parts(&self) -> impl DoubleEndedIterator<Item = &str> {
        // Behind the drive and its colon; the first part there is empty.
        self.text[2..].split('\\').filter(|part| !part.is_empty())
    }

    /// The last name; none for a drive's top.
    #[must_use]
    pub fn name(&self) -> Option<&str> {
        self.parts().next_back()
    }

    /// Whether `self` is `other` or lies below it, by whole names.
    #[must_use]
    pub fn is_within(&self, other: &Self) -> bool {
        let rest = self.key.strip_prefix(other.key.as_str());
        rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('\\'))
    }

    /// As it is shown.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.text
    }
}

/// Whether Windows reads a part as the name that it is: no trailing dot or blank, which
/// Win32 drops, no stream, no wildcard, no control character, no device.
#[must_use]
pub fn is_name(part: &str) -> bool {
    let odd =
        |c: char| c < ' ' || matches!(c, '<' | '>' | ':' | '"' | '|' | '?' | '*' | '/' | '\\');
    !part.is_empty() && !part.contains(odd) && !part.ends_with(['.', ' ']) && !is_device(part)
}

/// Whether a name, whatever its ending, is a device's.
fn is_device(part: &str) -> bool {
    let stem = part.split('.').next().unwrap_or(part).trim_end_matches(' ');
    let folded = fold(stem);
    let numbered = |prefix: &str| {
        let rest = folded.strip_prefix(prefix);
        rest.is_some_and(|rest| {
            matches!(
                rest,
                "1" | "2" | "3" | "4" | "5" | "6" | "7" | "8" | "9" | "¹" | "²" | "³"
            )
        })
    };
    DEVICES.contains(&folded.as_str()) || numbered("COM") || numbered("LPT")
}

/// Upper case, one 16-bit unit for one, as NTFS's own table folds: Rust's turns `ß` into
/// `SS`, which would make two folders one, and three letters into ASCII or Greek that NT
/// leaves alone.
#[must_use]
pub fn fold(text: &str) -> String {
    let one = |c: char| {
        let mut upper = c.to_uppercase();
        match (c, upper.next(), upper.next()) {
            ('µ' | 'ı' | 'ſ', ..) => c,
            (_, Some(only), None) if c <= '\u{ffff}' => only,
            _ => c,
        }
    };
    text.chars().map(one).collect()
}

impl fmt::Display for WinPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.text)
    }
}
impl PartialEq for WinPath {
    fn eq(&self, other: &Self) -> bool {
        self.key == other.key
    }
}
impl Eq for WinPath {}
impl std::hash::Hash for WinPath {
    fn hash<H: std::hash::Hasher>(&self, state: &mut H) {
        self.key.hash(state);
    }
}
impl PartialOrd for WinPath {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}
impl Ord for WinPath {
    fn cmp(&self, other: &Self) -> Ordering {
        self.key.split('\\').cmp(other.key.split('\\'))
    }
}
impl std::str::FromStr for WinPath {
    type Err = WinPathError;
    fn from_str(text: &str) -> Result<Self, WinPathError> {
        Self::parse(text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn path(text: &str) -> WinPath {
        text.parse().expect("absolute")
    }

    #[test]
    fn names_are_whole_and_case_is_nothing() {
        assert!(path(r"C:\work\a").is_within(&path("c:/WORK")));
        assert!(!path(r"C:\workbench").is_within(&path(r"C:\work")));
        assert!(path(r"C:\work").is_within(&path(r"C:\")));
        assert!(!path(r"D:\work").is_within(&path(r"C:\")));
        assert_ne!(path(r"C:\strasse"), path(r"C:\straße"));
        assert_ne!(path(r"C:\fıle"), path(r"C:\file"));
        assert_eq!(path(r"c:\ÄB").to_string(), r"C:\ÄB");
        assert_eq!(path(r"c:\äb"), path(r"C:\ÄB"));
    }

    #[test]
    fn what_windows_reads_as_something_else_is_refused() {
        for bad in [
            "work",
            r"\\srv\x",
            r"C:\a\..\b",
            "C:work",
            r"C:\a\\b",
            r"C:\a.",
            r"C:\a ",
            r"C:\a:b",
            r"C:\nul.txt",
            r"C:\x\COM1",
            r"C:\com¹.a",
            r"C:\a*",
            "1:\\a",
            r"\\?\C:\a",
            r"C:\a\",
        ] {
            assert!(WinPath::parse(bad).is_err(), "{bad}");
        }
        for good in [
            r"C:\",
            "C:",
            r"C:\.git",
            r"C:\a b.c",
            r"C:\null",
            r"C:\COM10",
        ] {
            assert!(WinPath::parse(good).is_ok(), "{good}");
        }
        assert!(WinPath::parse(&format!("C:\\{}", "a\\".repeat(20_000) + "a")).is_err());
    }

    #[test]
    fn a_policy_s_path_and_a_windows_path_lead_to_each_other() {
        let policy: AbsPath = "/C:/Users/Ann/w".parse().expect("absolute");
        let windows = WinPath::of_policy(&policy).expect("has a drive");
        assert_eq!(windows.to_string(), r"C:\Users\Ann\w");
        assert_eq!(windows.folded_bytes(), b"/C:/USERS/ANN/W");
        assert!(WinPath::of_policy(&"/home/ann".parse().expect("absolute")).is_err());
        assert!(WinPath::of_policy(&AbsPath::root()).is_err());
    }

    #[test]
    fn the_top_of_a_drive_has_no_folder_above() {
        let top = path("d:");
        assert_eq!((top.to_string().as_str(), top.is_top()), (r"D:\", true));
        assert_eq!(
            (top.parent(), top.name(), top.parts().count()),
            (None, None, 0)
        );
        assert_eq!(path(r"D:\a").parent(), Some(top.clone()));
        assert_eq!(top.join("a"), Ok(path(r"D:\a")));
        assert_eq!(path(r"D:\a\b\c").above().count(), 3);
    }

    #[test]
    fn a_folder_comes_before_what_it_holds_and_that_before_its_siblings() {
        let mut all = [r"C:\a-b", r"C:\a\c", r"C:\A", r"C:\", r"C:\a\b\x"].map(path);
        all.sort();
        assert_eq!(
            all.map(|path| path.to_string()),
            [r"C:\", r"C:\A", r"C:\a\b\x", r"C:\a\c", r"C:\a-b"]
        );
    }
}
