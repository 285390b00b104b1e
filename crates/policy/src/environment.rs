//! Which variables of the environment cross into the sandbox.
//!
//! A true allow-list: what is not named here, or by the user, does not cross.
//! Names are exact, or prefixes that end in `*`. A prefix says "settings of this
//! tool" and lets through more than anybody has looked at (`CARGO_*` holds
//! `CARGO_REGISTRY_TOKEN`), so names behind a prefix are also held against
//! [`SECRET_NAMES`], and every value against what logins look like. What the
//! user names exactly, or sets, crosses as it is: that was said by name.
//!
//! Inherited loaders (`NODE_OPTIONS`, `PYTHONSTARTUP`) run inside and are no
//! boundary.

mod table;

use std::collections::BTreeSet;

use crate::policy::Environment;
use crate::raw_text::RawText;
use table::{TOKENS, Token};

pub use table::{INHERIT, NOT_SECRET, SECRET_NAMES};

/// Why a variable did not cross.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Reason {
    /// Nothing names it.
    NotListed,
    /// The policy takes it away.
    Removed,
    /// The policy sets it to something else.
    Replaced,
    /// It was there before; the first one crossed.
    Twice,
    /// Its name is empty or has `=` or NUL in it, or its value has NUL.
    Malformed,
    /// Its name looks like a secret's: the pattern.
    SecretName(&'static str),
    /// Its value looks like a login: what it begins with, or what it is.
    SecretValue(&'static str),
}

/// The environment of the command.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Filtered {
    /// What crosses, in the order it came, then what the policy sets.
    pub kept: Vec<(RawText, RawText)>,
    /// What does not, by name only.
    pub dropped: Vec<(RawText, Reason)>,
}

/// Sorts `variables` into what crosses and what does not.
#[must_use]
pub fn filter(
    wanted: &Environment,
    variables: impl IntoIterator<Item = (RawText, RawText)>,
) -> Filtered {
    let mut result = Filtered::default();
    let mut seen = BTreeSet::new();
    for (name, value) in variables {
        let verdict = if seen.insert(name.clone()) {
            judge(wanted, name.as_bytes(), value.as_bytes())
        } else {
            Some(Reason::Twice)
        };
        match verdict {
            Some(reason) => result.dropped.push((name, reason)),
            None => result.kept.push((name, value)),
        }
    }
    for (name, value) in &wanted.set {
        result
            .kept
            .push((RawText::from(name.as_str()), value.clone()));
    }
    result
}

/// Why a variable does not cross; none if it does.
fn judge(wanted: &Environment, name: &[u8], value: &[u8]) -> Option<Reason> {
    if name.is_empty() || name.iter().any(|byte| matches!(byte, b'=' | 0)) || value.contains(&0) {
        return Some(Reason::Malformed);
    }
    let text = std::str::from_utf8(name).unwrap_or_default();
    if wanted.set.contains_key(text) {
        return Some(Reason::Replaced);
    }
    if wanted.remove.iter().any(|pattern| fits(pattern, name)) {
        return Some(Reason::Removed);
    }
    let by_user = listed(wanted.inherit.iter().map(String::as_str), name);
    if by_user == Some(Listed::Exactly) {
        return None;
    }
    match listed(INHERIT.iter().copied(), name).max(by_user) {
        None => Some(Reason::NotListed),
        Some(Listed::Exactly) => secret_value(value).map(Reason::SecretValue),
        Some(Listed::ByPrefix) => secret_name(name)
            .map(Reason::SecretName)
            .or_else(|| secret_value(value).map(Reason::SecretValue)),
    }
}

/// How a list names a variable. Ordered: the exact name says more.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Listed {
    ByPrefix,
    Exactly,
}

/// How `list` names `name`; none if it does not.
fn listed<'a>(list: impl Iterator<Item = &'a str>, name: &[u8]) -> Option<Listed> {
    // The first byte rules nearly all of the list out.
    let first = name.first();
    let near = list.filter(|pattern| pattern.as_bytes().first() == first);
    let fitting = near.filter(|pattern| fits(pattern, name));
    fitting
        .map(|pattern| {
            if pattern.ends_with('*') {
                Listed::ByPrefix
            } else {
                Listed::Exactly
            }
        })
        .max()
}

/// Whether `name` is `pattern`, or begins with it if it ends in `*`.
fn fits(pattern: &str, name: &[u8]) -> bool {
    match pattern.strip_suffix('*') {
        Some(prefix) => name.starts_with(prefix.as_bytes()),
        None => name == pattern.as_bytes(),
    }
}

/// The pattern of [`SECRET_NAMES`] that a name fits, case not counting.
#[must_use]
pub fn secret_name(name: &[u8]) -> Option<&'static str> {
    if NOT_SECRET.iter().any(|exact| exact.as_bytes() == name) {
        return None;
    }
    let upper = name.to_ascii_uppercase();
    SECRET_NAMES.iter().copied().find(|pattern| {
        let middle = pattern.trim_matches('*').as_bytes();
        if pattern.ends_with('*') {
            upper.windows(middle.len()).any(|window| window == middle)
        } else {
            upper.ends_with(middle)
        }
    })
}

/// What login a value holds; none if it looks like none.
#[must_use]
pub fn secret_value(value: &[u8]) -> Option<&'static str> {
    if has_password(value) {
        return Some("user and password in a URL");
    }
    if value
        .windows(11)
        .any(|window| window[0] == b'-' && window == b"-----BEGIN ")
    {
        return Some("a PEM block");
    }
    let mut inside_word = false;
    for (at, byte) in value.iter().enumerate() {
        let may_begin = !inside_word && FIRST_OF_TOKENS[usize::from(*byte)];
        if may_begin && let Some(token) = TOKENS.iter().find(|token| begins(token, &value[at..])) {
            return Some(token.begins);
        }
        inside_word = byte.is_ascii_alphanumeric();
    }
    None
}

/// The bytes that a login can begin with: most words of most values are ruled out by one look.
const FIRST_OF_TOKENS: [bool; 256] = {
    let mut first = [false; 256];
    let mut i = 0;
    while i < TOKENS.len() {
        first[TOKENS[i].begins.as_bytes()[0] as usize] = true;
        i += 1;
    }
    first
};

/// Whether `text` begins with a login of this kind.
fn begins(token: &Token, text: &[u8]) -> bool {
    let Some(rest) = text.strip_prefix(token.begins.as_bytes()) else {
        return false;
    };
    let is_body = |byte: &&u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-');
    let body = rest.iter().take_while(is_body).count();
    body >= token.least && rest[..body].iter().any(u8::is_ascii_digit)
}

/// Whether a `://user:password@` stands anywhere.
fn has_password(value: &[u8]) -> bool {
    let mut rest = value;
    while let Some(at) = rest.windows(3).position(|window| window == b"://") {
        rest = &rest[at + 3..];
        let is_end = |byte: &u8| {
            matches!(byte, b'/' | b'?' | b'#' | b'"' | b'\'') || byte.is_ascii_whitespace()
        };
        let authority = &rest[..rest.iter().position(is_end).unwrap_or(rest.len())];
        if let Some(at) = authority.iter().rposition(|byte| *byte == b'@')
            && let Some(colon) = authority[..at].iter().position(|byte| *byte == b':')
            && colon + 1 < at
        {
            return true;
        }
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    fn run(wanted: &Environment, variables: &[(&str, &str)]) -> Filtered {
        let raw = |text: &str| RawText::from(text);
        filter(
            wanted,
            variables
                .iter()
                .map(|(name, value)| (raw(name), raw(value))),
        )
    }

    fn reason(wanted: &Environment, name: &str, value: &str) -> Option<Reason> {
        run(wanted, &[(name, value)])
            .dropped
            .first()
            .map(|(_, reason)| *reason)
    }

    #[test]
    fn only_listed_names_cross() {
        let plain = Environment::default();
        for name in [
            "HOME",
            "LC_ALL",
            "CARGO_TARGET_DIR",
            "TOKENIZERS_PARALLELISM",
            "GIT_AUTHOR_NAME",
        ] {
            assert_eq!(reason(&plain, name, "x"), None, "{name}");
        }
        for name in [
            "AWS_PROFILE",
            "SSH_AUTH_SOCK",
            "DBUS_SESSION_BUS_ADDRESS",
            "DISPLAY",
            "home",
        ] {
            assert_eq!(reason(&plain, name, "x"), Some(Reason::NotListed), "{name}");
        }
    }

    #[test]
    fn a_prefix_does_not_let_a_secret_through() {
        let plain = Environment::default();
        for name in [
            "CARGO_REGISTRY_TOKEN",
            "npm_config__auth",
            "UV_PUBLISH_PASSWORD",
            "NODE_AUTH_TOKEN",
        ] {
            assert!(
                matches!(reason(&plain, name, "x"), Some(Reason::SecretName(_))),
                "{name}"
            );
        }
        let wide = Environment {
            inherit: vec!["MY_*".into()],
            ..Environment::default()
        };
        assert!(matches!(
            reason(&wide, "MY_API_KEY", "x"),
            Some(Reason::SecretName(_))
        ));
        assert_eq!(reason(&wide, "MY_NAME", "x"), None);
    }

    #[test]
    fn what_the_user_names_exactly_crosses_whatever_it_looks_like() {
        let named = Environment {
            inherit: vec!["GITHUB_TOKEN".into()],
            ..Environment::default()
        };
        assert_eq!(
            reason(&named, "GITHUB_TOKEN", "ghp_0123456789abcdef0123"),
            None
        );
        assert_eq!(
            reason(&named, "GITHUB_TOKEN2", "x"),
            Some(Reason::NotListed)
        );
    }

    #[test]
    fn values_that_are_logins_stay_out_even_behind_a_listed_name() {
        let plain = Environment::default();
        for (name, value) in [
            ("HTTPS_PROXY", "http://me:secret@proxy.example.com:8080"),
            ("PIP_INDEX_URL", "https://u:p@example.com/simple"),
            ("NODE_OPTIONS", "--x=ghp_0123456789abcdef0123"),
            ("RUSTFLAGS", "sk-proj0123456789abcdef"),
            ("CFLAGS", "AKIA0123456789ABCDEF"),
        ] {
            assert!(
                matches!(reason(&plain, name, value), Some(Reason::SecretValue(_))),
                "{name}"
            );
        }
        for (name, value) in [
            ("HTTPS_PROXY", "http://proxy.example.com:8080"),
            ("VIRTUAL_ENV", "/home/u/sk-learn-environment-folder"),
            ("GOPROXY", "ssh://git@github.com/x"),
            ("PATH", "/home/u/a@b:c/bin:/usr/bin"),
        ] {
            assert_eq!(reason(&plain, name, value), None, "{name}");
        }
    }

    #[test]
    fn what_is_set_replaces_and_what_is_removed_is_gone() {
        let mut wanted = Environment {
            remove: vec!["LC_*".into()],
            ..Environment::default()
        };
        wanted.set.insert("EDITOR".into(), RawText::from("true"));
        let result = run(
            &wanted,
            &[
                ("EDITOR", "vi"),
                ("LC_ALL", "C"),
                ("LANG", "C"),
                ("LANG", "D"),
            ],
        );
        let kept: Vec<String> = result
            .kept
            .iter()
            .map(|(name, value)| format!("{name}={value}"))
            .collect();
        assert_eq!(kept, ["LANG=C", "EDITOR=true"]);
        let why: Vec<Reason> = result.dropped.iter().map(|(_, reason)| *reason).collect();
        assert_eq!(why, [Reason::Replaced, Reason::Removed, Reason::Twice]);
    }

    #[test]
    fn malformed_entries_do_not_cross() {
        let plain = Environment::default();
        for (name, value) in [("", "x"), ("A=B", "x"), ("HOME\0", "x"), ("HOME", "a\0b")] {
            assert_eq!(reason(&plain, name, value), Some(Reason::Malformed));
        }
    }

    #[test]
    fn the_tables_hold_each_entry_once() {
        for table in [INHERIT, SECRET_NAMES, NOT_SECRET] {
            let unique: BTreeSet<&str> = table.iter().copied().collect();
            assert_eq!(unique.len(), table.len());
        }
        for name in NOT_SECRET {
            let upper = name.to_ascii_uppercase();
            let is_like = |pattern: &&str| upper.contains(pattern.trim_matches('*'));
            assert!(
                SECRET_NAMES.iter().any(is_like),
                "{name} needs no exception"
            );
        }
        for exact in INHERIT.iter().filter(|name| !name.ends_with('*')) {
            let looks = secret_name(exact.as_bytes()).is_some();
            let known = exact.contains("AUTHOR");
            assert!(!looks || known, "{exact} looks like a secret's name");
        }
    }
}
