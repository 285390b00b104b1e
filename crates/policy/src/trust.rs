//! Which project files the user has read and trusts.
//!
//! Trust is bound to the path *and* to the content: a file that was trusted
//! and then changed by a command, a pull or a branch switch is a new file. The
//! list is lines of text, in fumehood's own state folder, which no command can
//! read or write:
//!
//! ```text
//! fumehood-trust 1
//! sha256:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08 /home/u/w/.fumehood/config.toml
//! ```

use crate::path::AbsPath;
use crate::raw_text::RawText;

/// The first line, with the version of the form.
const HEADER: &str = "fumehood-trust 1";
/// Most entries: a person reads fewer files than that.
pub const TRUST_LIMIT: usize = 4096;
/// Letters of a SHA-256 in hexadecimal.
const HEX_LENGTH: usize = 64;

/// The list.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Trust {
    entries: Vec<Trusted>,
}

/// One file with one content.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Trusted {
    /// The file, with links followed.
    pub path: AbsPath,
    /// SHA-256 of its content, in lower-case hexadecimal.
    pub sha256: String,
}

/// Why a list cannot be read, or an entry not be added.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum TrustError {
    /// The first line is another.
    #[error("line 1: a list of trusted files begins with `{HEADER}`")]
    Header,
    /// A line that is no entry.
    #[error("line {0}: an entry is `sha256:HEX PATH`")]
    Line(usize),
    /// More entries than there may be.
    #[error("more than {TRUST_LIMIT} trusted files")]
    TooMany,
}

impl Trust {
    /// Reads a list.
    ///
    /// # Errors
    ///
    /// [`TrustError`] with the line: a list that cannot be read trusts nothing.
    pub fn parse(text: &str) -> Result<Self, TrustError> {
        let mut lines = text.lines();
        if lines.next() != Some(HEADER) {
            return Err(TrustError::Header);
        }
        let mut trust = Self::default();
        for (i, line) in lines.enumerate() {
            let trusted = parse_line(line).ok_or(TrustError::Line(i + 2))?;
            trust.add(trusted)?;
        }
        Ok(trust)
    }

    /// The list as a file holds it.
    #[must_use]
    pub fn format(&self) -> String {
        let mut text = format!("{HEADER}\n");
        for Trusted { path, sha256 } in &self.entries {
            text.extend(["sha256:", sha256, " ", &path.to_string(), "\n"]);
        }
        text
    }

    /// The files, in the order they were added.
    #[must_use]
    pub fn entries(&self) -> &[Trusted] {
        &self.entries
    }

    /// Whether exactly this content is trusted at exactly this path.
    #[must_use]
    pub fn is_trusted(&self, path: &AbsPath, sha256: &str) -> bool {
        self.entries
            .iter()
            .any(|entry| entry.path == *path && entry.sha256 == sha256)
    }

    /// Trusts a file; what was trusted at its path before is forgotten.
    ///
    /// # Errors
    ///
    /// [`TrustError::TooMany`], or [`TrustError::Line`] if the hash is none.
    pub fn add(&mut self, trusted: Trusted) -> Result<(), TrustError> {
        if !is_hash(&trusted.sha256) {
            return Err(TrustError::Line(self.entries.len() + 2));
        }
        self.remove(&trusted.path);
        if self.entries.len() >= TRUST_LIMIT {
            return Err(TrustError::TooMany);
        }
        self.entries.push(trusted);
        Ok(())
    }

    /// Forgets a file; whether it was there.
    pub fn remove(&mut self, path: &AbsPath) -> bool {
        let before = self.entries.len();
        self.entries.retain(|entry| entry.path != *path);
        self.entries.len() < before
    }
}

fn parse_line(line: &str) -> Option<Trusted> {
    let (sha256, path) = line.strip_prefix("sha256:")?.split_once(' ')?;
    let path = AbsPath::try_from(RawText::unescape(path).ok()?).ok()?;
    is_hash(sha256).then(|| Trusted {
        path,
        sha256: sha256.to_owned(),
    })
}

fn is_hash(text: &str) -> bool {
    text.len() == HEX_LENGTH
        && text
            .bytes()
            .all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn trusted(path: &[u8], digit: &str) -> Trusted {
        let path = AbsPath::parse(path).expect("absolute");
        Trusted {
            path,
            sha256: digit.repeat(HEX_LENGTH),
        }
    }

    #[test]
    fn a_list_reads_back_also_with_strange_names() {
        let mut trust = Trust::default();
        for name in [&b"/home/u/a b.toml"[..], b"/new\nline", b"/\xff\\x41"] {
            trust.add(trusted(name, "a")).expect("added");
        }
        assert_eq!(Trust::parse(&trust.format()), Ok(trust));
    }

    #[test]
    fn trust_holds_for_one_path_with_one_content() {
        let mut trust = Trust::default();
        let file = trusted(b"/w/.fumehood/config.toml", "a");
        trust.add(file.clone()).expect("added");
        assert!(trust.is_trusted(&file.path, &file.sha256));
        assert!(!trust.is_trusted(&file.path, &"b".repeat(HEX_LENGTH)));
        assert!(!trust.is_trusted(&trusted(b"/other", "a").path, &file.sha256));
        trust
            .add(trusted(b"/w/.fumehood/config.toml", "c"))
            .expect("added");
        assert!(
            !trust.is_trusted(&file.path, &file.sha256),
            "the older content is forgotten"
        );
        assert!(trust.remove(&file.path) && !trust.remove(&file.path));
    }

    #[test]
    fn a_list_that_is_not_understood_trusts_nothing() {
        let good = format!("{HEADER}\nsha256:{} /a\n", "0".repeat(HEX_LENGTH));
        assert!(Trust::parse(&good).is_ok());
        for bad in [
            "",
            "fumehood-trust 2\n",
            &good.replace("sha256", "md5"),
            &good.replace("/a", "a"),
        ] {
            assert!(Trust::parse(bad).is_err(), "{bad}");
        }
        assert!(Trust::parse(&good.replace('0', "G")).is_err());
    }
}
