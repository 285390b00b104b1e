//! Which places a rule is about: a path with everything below it, or a glob.
//!
//! A glob is matched part by part, on bytes, against the leading parts of a
//! path: what matches a folder matches all it holds. `*` and `?` and `[…]` stay
//! inside one part, `**` stands for any number of parts, also none, `{a,b}` for
//! either text. `\` takes the next byte as it is.
//!
//! A text with `{…}` is several patterns ([`Pattern::parse_all`]); a pattern has
//! none. Parts without wildcards at its front are its [`Pattern::base`], and a
//! `**` at its end says nothing that "and everything below" does not.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::path::{AbsPath, PathError};
use crate::raw_text::RawText;
use crate::{braces, glob};

/// Longest glob, in bytes: far above any real one, far below a slow match.
pub const GLOB_LIMIT: usize = 1024;
/// How many globs one with `{…}` may stand for.
pub const BRACES_LIMIT: usize = 64;
/// How many parts with and behind the first wildcard: the matcher's states fit one word.
pub const PARTS_LIMIT: usize = 63;

/// Why a text is not a pattern.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum PatternError {
    /// The part without wildcards is not an absolute path.
    #[error(transparent)]
    Path(#[from] PathError),
    /// A bracket or brace is not closed, or a `\` is last.
    #[error("`{0}`: {1}")]
    Glob(RawText, &'static str),
}

/// A path and everything below it, or a glob and everything below what it matches.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "Written", into = "Written")]
pub struct Pattern {
    /// The leading parts without wildcards.
    base: AbsPath,
    /// What follows `base`; none for a plain path.
    glob: Option<RawText>,
}

/// The stored form, checked again when it is read.
#[derive(Serialize, Deserialize)]
struct Written {
    base: AbsPath,
    glob: Option<RawText>,
}

impl Pattern {
    /// A plain path; wildcards in it are ordinary bytes.
    #[must_use]
    pub fn path(path: AbsPath) -> Self {
        Self {
            base: path,
            glob: None,
        }
    }

    /// Reads an absolute path or glob without `{…}`.
    ///
    /// # Errors
    ///
    /// [`PatternError`] if it is relative, malformed, or stands for several.
    pub fn parse(text: impl AsRef<[u8]>) -> Result<Self, PatternError> {
        let text = text.as_ref();
        only(Self::parse_all(text)?, text)
    }

    /// Reads an absolute path or glob; several if it has `{…}`.
    ///
    /// # Errors
    ///
    /// [`PatternError`] if it is relative or malformed, or stands for more than [`BRACES_LIMIT`].
    pub fn parse_all(text: impl AsRef<[u8]>) -> Result<Vec<Self>, PatternError> {
        let text = text.as_ref();
        if text.first() != Some(&b'/') {
            return Err(PathError::Relative(RawText::from_bytes(text)).into());
        }
        Self::below(&AbsPath::root(), text)
    }

    /// Reads a path or glob below `base`, whose bytes are never wildcards.
    ///
    /// ```
    /// use fumehood_policy::{AbsPath, Pattern};
    /// let base: AbsPath = "/srv/[draft]".parse()?;
    /// let keys = Pattern::below(&base, "*.{pem,key}")?;
    /// assert!(keys[1].matches_prefix(&"/srv/[draft]/a.key".parse()?).is_some());
    /// # Ok::<_, Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    ///
    /// As [`Pattern::parse_all`]; a leading `/` is not special.
    pub fn below(base: &AbsPath, tail: impl AsRef<[u8]>) -> Result<Vec<Self>, PatternError> {
        let tail = tail.as_ref();
        if !tail.iter().any(|byte| is_special(*byte)) {
            return Ok(vec![Self::path(base.join(tail)?)]);
        }
        let refuse = |why| PatternError::Glob(RawText::from_bytes(tail), why);
        if tail.len() > GLOB_LIMIT {
            return Err(refuse("it is too long for a glob"));
        }
        let texts = braces::expand(tail).map_err(refuse)?;
        let mut all = Vec::with_capacity(texts.len());
        for text in texts {
            let one = Self::one(base, &text)?;
            if !all.contains(&one) {
                all.push(one);
            }
        }
        Ok(all)
    }

    /// Reads a tail whose braces are expanded.
    fn one(base: &AbsPath, tail: &[u8]) -> Result<Self, PatternError> {
        let refuse = |why| PatternError::Glob(RawText::from_bytes(tail), why);
        let mut base = base.clone();
        let mut wild: Vec<&[u8]> = Vec::new();
        for part in tail.split(|byte| *byte == b'/') {
            if part.is_empty() || part == b"." {
                continue;
            }
            glob::check(part).map_err(refuse)?;
            match glob::literal(part) {
                Some(text) if text == b".." => {
                    return Err(PathError::Parent(RawText::from_bytes(tail)).into());
                }
                Some(text) if wild.is_empty() => base = base.join(text)?,
                _ if part.contains(&0) => {
                    return Err(PathError::Nul(RawText::from_bytes(tail)).into());
                }
                _ => wild.push(part),
            }
        }
        while wild.last() == Some(&&b"**"[..]) {
            wild.pop();
        }
        if wild.len() > PARTS_LIMIT {
            return Err(refuse("it has too many parts"));
        }
        let glob = (!wild.is_empty()).then(|| RawText::from_bytes(&wild.join(&b'/')));
        Ok(Self { base, glob })
    }

    /// The leading parts without wildcards.
    #[must_use]
    pub fn base(&self) -> &AbsPath {
        &self.base
    }

    /// The wildcard parts, if any, relative to [`Pattern::base`].
    #[must_use]
    pub fn glob(&self) -> Option<&RawText> {
        self.glob.as_ref()
    }

    /// How many leading parts of `path` the pattern matches, the fewest that do.
    /// None if it matches neither `path` nor a folder above it.
    #[must_use]
    pub fn matches_prefix(&self, path: &AbsPath) -> Option<usize> {
        let below = path.below(&self.base)?;
        match &self.glob {
            None => Some(self.base.depth()),
            Some(glob) => shortest(glob.as_bytes(), below).map(|more| self.base.depth() + more),
        }
    }

    /// Whether finding what it matches needs more than one folder to be listed:
    /// a `**`, or a wildcard before the last part.
    #[must_use]
    pub fn is_deep(&self) -> bool {
        self.glob.is_some() && self.last_part().is_none()
    }

    /// The one folder to list and what to look for in it, for a glob whose
    /// wildcards are all in its last part.
    #[must_use]
    pub fn last_part(&self) -> Option<LastPart<'_>> {
        let glob = self.glob.as_ref()?.as_bytes();
        let one = !glob.contains(&b'/') && glob != b"**";
        one.then_some(LastPart {
            folder: &self.base,
            glob,
        })
    }
}

/// The last part of a glob, and the folder its names are in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LastPart<'a> {
    /// The folder.
    pub folder: &'a AbsPath,
    glob: &'a [u8],
}

impl LastPart<'_> {
    /// Whether an entry of the folder is meant.
    #[must_use]
    pub fn matches_name(&self, name: &[u8]) -> bool {
        glob::matches(self.glob, name)
    }
}

/// How many leading parts of `path` the parts of `glob` match, the fewest that do.
///
/// All ways to match are followed at once: bit `i` is set while the first `i`
/// parts of the glob are used up.
fn shortest(glob: &[u8], path: &[u8]) -> Option<usize> {
    let parts: Vec<&[u8]> = glob.split(|byte| *byte == b'/').collect();
    let end = 1_u64 << parts.len();
    let mut here = without_any(&parts, 1);
    for (count, name) in path.split(|byte| *byte == b'/').enumerate() {
        if here & end != 0 {
            return Some(count);
        }
        if here == 0 || name.is_empty() {
            return None;
        }
        let mut next = 0;
        for (i, part) in parts.iter().enumerate() {
            if here & (1 << i) == 0 {
                continue;
            }
            if *part == b"**" {
                next |= 1 << i;
            } else if glob::matches(part, name) {
                next |= 1 << (i + 1);
            }
        }
        here = without_any(&parts, next);
    }
    (here & end != 0).then(|| path.split(|byte| *byte == b'/').count())
}

/// A `**` may stand for no part at all.
fn without_any(parts: &[&[u8]], mut here: u64) -> u64 {
    for (i, part) in parts.iter().enumerate() {
        if *part == b"**" && here & (1 << i) != 0 {
            here |= 1 << (i + 1);
        }
    }
    here
}

/// Whether a byte of a pattern can mean something else than itself.
fn is_special(byte: u8) -> bool {
    matches!(byte, b'*' | b'?' | b'[' | b'{' | b'\\')
}

/// The only one of `all`.
fn only(mut all: Vec<Pattern>, text: &[u8]) -> Result<Pattern, PatternError> {
    match all.pop() {
        Some(one) if all.is_empty() => Ok(one),
        _ => Err(PatternError::Glob(
            RawText::from_bytes(text),
            "it stands for several patterns",
        )),
    }
}

impl TryFrom<Written> for Pattern {
    type Error = PatternError;
    fn try_from(written: Written) -> Result<Self, PatternError> {
        match written.glob {
            None => Ok(Self::path(written.base)),
            Some(glob) => only(Self::below(&written.base, &glob)?, glob.as_bytes()),
        }
    }
}

impl From<Pattern> for Written {
    fn from(pattern: Pattern) -> Self {
        Self {
            base: pattern.base,
            glob: pattern.glob,
        }
    }
}

impl From<AbsPath> for Pattern {
    fn from(path: AbsPath) -> Self {
        Self::path(path)
    }
}

impl fmt::Display for Pattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.glob {
            None => self.base.fmt(f),
            Some(glob) if self.base.as_bytes() == b"/" => write!(f, "/{glob}"),
            Some(glob) => write!(f, "{}/{glob}", self.base),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pattern(text: &str) -> Pattern {
        Pattern::parse(text).expect("a pattern")
    }

    fn prefix(glob: &str, path: &str) -> Option<usize> {
        pattern(glob).matches_prefix(&path.parse().expect("absolute"))
    }

    #[test]
    fn what_matches_a_folder_matches_all_below_it_and_says_how_deep() {
        assert_eq!(prefix("/", "/a/b"), Some(0));
        assert_eq!(prefix("/a", "/a/b"), Some(1));
        assert_eq!(prefix("/a", "/ab"), None);
        assert_eq!(prefix("/a/*", "/a/b/c"), Some(2));
        assert_eq!(prefix("/a/*", "/a"), None);
        assert_eq!(prefix("/a/*.pem", "/a/x.pem"), Some(2));
        assert_eq!(prefix("/a/*.pem", "/a/b/x.pem"), None);
    }

    #[test]
    fn two_stars_are_any_number_of_parts_and_the_fewest_count() {
        assert_eq!(prefix("/a/**/x", "/a/x"), Some(2));
        assert_eq!(prefix("/a/**/x", "/a/b/c/x/d/x"), Some(5 - 1));
        assert_eq!(prefix("/a/**/x/**/y", "/a/x/x/y/y"), Some(4));
        assert_eq!(prefix("/a/**", "/a"), Some(1));
        assert_eq!(prefix("/**/.env", "/w/sub/.env"), Some(3));
        assert_eq!(prefix("/**/.env", "/w/sub/.envrc"), None);
    }

    #[test]
    fn literal_parts_at_the_front_are_the_base() {
        let one = pattern("/home/\\[a\\]/./x*/y");
        assert_eq!(one.base().to_string(), "/home/[a]");
        assert_eq!(one.glob(), Some(&RawText::from("x*/y")));
        assert_eq!(pattern("/a/b/**").glob(), None);
        assert_eq!(pattern("/a/\\*").base().to_string(), "/a/*");
    }

    #[test]
    fn only_a_glob_in_the_last_part_can_be_found_by_listing_one_folder() {
        let keys = pattern("/home/u/id_*");
        let last = keys.last_part().expect("one folder");
        assert!(!keys.is_deep());
        assert_eq!(last.folder.to_string(), "/home/u");
        assert!(last.matches_name(b"id_rsa") && !last.matches_name(b"known_hosts"));
        for deep in ["/a/*/b", "/a/**/b", "/**/b", "/a/*/*"] {
            assert!(pattern(deep).is_deep(), "{deep}");
        }
        assert!(!pattern("/a").is_deep() && pattern("/a").last_part().is_none());
    }

    #[test]
    fn braces_make_several_patterns_and_equal_ones_are_one() {
        let all = Pattern::parse_all("/a/{b,c/d,b}/*.x").expect("patterns");
        let shown: Vec<String> = all.iter().map(ToString::to_string).collect();
        assert_eq!(shown, ["/a/b/*.x", "/a/c/d/*.x"]);
        assert!(Pattern::parse("/a/{b,c}").is_err());
        assert_eq!(pattern("/a/{b}").base().to_string(), "/a/b");
    }

    #[test]
    fn what_cannot_be_a_pattern_is_refused_with_a_reason() {
        for bad in [
            "",
            "a",
            "*/a",
            "/a/[b",
            "/a/[b/c]",
            "/a\\",
            "/a/../*",
            "/*/..",
            "/{.,a}./*",
        ] {
            let why = Pattern::parse_all(bad).expect_err(bad).to_string();
            assert!(!why.is_empty());
        }
        assert!(Pattern::parse_all(format!("/{}", "*/".repeat(64))).is_err());
        assert!(Pattern::parse_all(format!("/{}*", "a".repeat(GLOB_LIMIT))).is_err());
        assert!(Pattern::parse_all(b"/*\0").is_err());
    }
}
