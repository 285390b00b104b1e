//! One question to the access check, as JSON.
//!
//! SIDs and privileges become values while the text is read, so that a line costs
//! few allocations. A field that is not known is an error: a misspelt `integrity`
//! must not answer for another token. Optional fields may be absent or null.
//!
//! [`quick`] reads what programs usually write; whatever it does not know it leaves
//! to serde, and so nothing is an error in one place only.

mod quick;

use std::borrow::Cow;
use std::fmt;
use std::str::Utf8Error;

use fumehood_nt::token::{
    Group, Integrity, Privilege, Privileges, Restriction, SidState, Token, TokenSpec, TooManySids,
};
use fumehood_nt::{AccessMask, Domains, ObjectKind, SddlError, SecurityDescriptor, Sid};
use serde::Deserialize;
use serde::de::{Deserializer, Error as _, SeqAccess, Visitor};
use thiserror::Error;

use super::named;

/// A question: may this token do that to this object?
#[derive(Debug)]
pub struct Question {
    /// What protects the object.
    pub descriptor: SecurityDescriptor,
    /// Who asks.
    pub token: Token,
    /// For what, generic rights and all.
    pub want: AccessMask,
    /// Which kind of object it is.
    pub object: ObjectKind,
}

/// A text that is no question.
#[derive(Debug, Error)]
pub enum RequestError {
    /// No text.
    #[error("not UTF-8: {0}")]
    Text(#[from] Utf8Error),
    /// No JSON, or not the fields of a question.
    #[error("{0}")]
    Json(#[from] serde_json::Error),
    /// The descriptor.
    #[error("sddl: {0}")]
    Sddl(#[from] SddlError),
    /// The token.
    #[error("token: {0}")]
    Token(#[from] TooManySids),
}

impl Question {
    /// Reads a question.
    ///
    /// # Errors
    ///
    /// What is wrong, and where.
    pub fn parse(text: &[u8]) -> Result<Self, RequestError> {
        let written = match quick::written(text) {
            Some(written) => written,
            None => named::from_str(str::from_utf8(text)?)?,
        };
        Ok(Self {
            descriptor: SecurityDescriptor::from_sddl(&written.sddl, &Domains::NONE)?,
            token: written.token.spec().build()?,
            want: written.want,
            object: written.object,
        })
    }
}

/// A question as it is written.
#[derive(Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
struct Written<'a> {
    #[serde(borrow)]
    sddl: Cow<'a, str>,
    #[serde(deserialize_with = "named::read")]
    token: WrittenToken,
    #[serde(deserialize_with = "mask")]
    want: AccessMask,
    #[serde(deserialize_with = "object")]
    object: ObjectKind,
}

/// A token as it is written.
#[derive(Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
struct WrittenToken {
    #[serde(deserialize_with = "sid")]
    user: Sid,
    user_attr: Option<UserState>,
    groups: Option<Groups>,
    restricting: Option<Sids>,
    write_restricted: Option<bool>,
    privileges: Option<Enabled>,
    integrity: Option<Level>,
}

impl WrittenToken {
    fn spec(self) -> TokenSpec {
        let mut spec = TokenSpec::new(self.user);
        if let Some(UserState(state)) = self.user_attr {
            spec.user_state = state;
        }
        if let Some(Groups(groups)) = self.groups {
            spec.groups = groups;
        }
        spec.restricting = self.restricting.map(|Sids(sids)| sids);
        if self.write_restricted == Some(true) {
            spec.restriction = Restriction::Write;
        }
        if let Some(Enabled(privileges)) = self.privileges {
            spec.privileges = privileges;
        }
        if let Some(Level(level)) = self.integrity {
            spec.integrity = level;
        }
        spec
    }
}

/// Reads a text by `read`, whose error says what is wrong.
struct Text<F> {
    expected: &'static str,
    read: F,
}

impl<T, F: FnOnce(&str) -> Result<T, String>> Visitor<'_> for Text<F> {
    type Value = T;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.expected)
    }

    fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<T, E> {
        (self.read)(text).map_err(E::custom)
    }
}

/// Reads a list, a value after the other.
struct List<T, V> {
    expected: &'static str,
    start: T,
    add: fn(&mut T, V),
}

impl<'de, T, V: Deserialize<'de>> Visitor<'de> for List<T, V> {
    type Value = T;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.expected)
    }

    fn visit_seq<A: SeqAccess<'de>>(mut self, mut sequence: A) -> Result<T, A::Error> {
        while let Some(value) = sequence.next_element()? {
            (self.add)(&mut self.start, value);
        }
        Ok(self.start)
    }
}

fn sid<'de, D: Deserializer<'de>>(from: D) -> Result<Sid, D::Error> {
    let read = |text: &str| {
        Sid::from_sddl(text, &Domains::NONE).map_err(|error| format!("SID `{text}`: {error}"))
    };
    from.deserialize_str(Text {
        expected: "a SID",
        read,
    })
}

/// `0x` and one to eight hexadecimal digits.
fn mask<'de, D: Deserializer<'de>>(from: D) -> Result<AccessMask, D::Error> {
    let read = |text: &str| {
        let digits = text.strip_prefix("0x").unwrap_or_default();
        let are_digits = digits.bytes().all(|byte| byte.is_ascii_hexdigit());
        let mask = u32::from_str_radix(digits, 16).ok();
        mask.filter(|_| are_digits && digits.len() <= 8)
            .map(AccessMask)
            .ok_or_else(|| format!("`{text}` is no mask: 0x and up to eight hexadecimal digits"))
    };
    from.deserialize_str(Text {
        expected: "a mask such as \"0x00120089\"",
        read,
    })
}

fn object<'de, D: Deserializer<'de>>(from: D) -> Result<ObjectKind, D::Error> {
    let read = |text: &str| {
        text.parse::<ObjectKind>()
            .map_err(|error| error.to_string())
    };
    from.deserialize_str(Text {
        expected: "a kind of object",
        read,
    })
}

/// One SID.
struct OneSid(Sid);

impl<'de> Deserialize<'de> for OneSid {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        sid(from).map(Self)
    }
}

/// What a user's SID is for.
#[derive(Debug, PartialEq, Eq)]
struct UserState(SidState);

impl<'de> Deserialize<'de> for UserState {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let read = |text: &str| match text {
            "enabled" => Ok(Self(SidState::Enabled)),
            "deny-only" => Ok(Self(SidState::DenyOnly)),
            _ => Err(format!("`{text}` is no user_attr: enabled, deny-only")),
        };
        from.deserialize_str(Text {
            expected: "a user_attr",
            read,
        })
    }
}

/// What a group's SID is for.
struct GroupState(SidState);

impl<'de> Deserialize<'de> for GroupState {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let read = |text: &str| match text {
            "enabled" => Ok(Self(SidState::Enabled)),
            "disabled" => Ok(Self(SidState::Disabled)),
            "deny-only" => Ok(Self(SidState::DenyOnly)),
            _ => Err(format!(
                "`{text}` is no attribute of a group: enabled, disabled, deny-only"
            )),
        };
        from.deserialize_str(Text {
            expected: "an attribute of a group",
            read,
        })
    }
}

/// The groups that there is room for at once: an ordinary token has about a dozen.
const GROUPS: usize = 12;

/// Groups with their attributes.
#[derive(Debug, PartialEq, Eq)]
struct Groups(Vec<Group>);

impl<'de> Deserialize<'de> for Groups {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let groups = from.deserialize_seq(List {
            expected: "a list of groups, each [SID, attribute]",
            start: Vec::with_capacity(GROUPS),
            add: |groups: &mut Vec<Group>, (OneSid(sid), GroupState(state))| {
                groups.push(Group::new(sid, state));
            },
        });
        groups.map(Self)
    }
}

/// SIDs.
#[derive(Debug, PartialEq, Eq)]
struct Sids(Vec<Sid>);

impl<'de> Deserialize<'de> for Sids {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let sids = from.deserialize_seq(List {
            expected: "a list of SIDs",
            start: Vec::new(),
            add: |sids: &mut Vec<Sid>, OneSid(sid)| sids.push(sid),
        });
        sids.map(Self)
    }
}

/// One privilege.
struct Named(Privilege);

impl<'de> Deserialize<'de> for Named {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let read = |text: &str| {
            let known = Privilege::parse(text).map(Self);
            known.ok_or_else(|| format!("`{text}` is no privilege"))
        };
        from.deserialize_str(Text {
            expected: "the name of a privilege",
            read,
        })
    }
}

/// Privileges, all of them enabled.
#[derive(Debug, PartialEq, Eq)]
struct Enabled(Privileges);

impl<'de> Deserialize<'de> for Enabled {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let privileges = from.deserialize_seq(List {
            expected: "a list of privileges",
            start: Privileges::NONE,
            add: |all: &mut Privileges, Named(privilege)| *all = all.with_enabled(privilege),
        });
        privileges.map(Self)
    }
}

/// An integrity level, by its SID.
#[derive(Debug, PartialEq, Eq)]
struct Level(Integrity);

impl<'de> Deserialize<'de> for Level {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let sid = sid(from)?;
        let level = Integrity::of_sid(&sid).map(Self);
        level.ok_or_else(|| D::Error::custom(format!("{sid} is no integrity level: S-1-16-…")))
    }
}

/// For [`super::fuzz`], which does not see what is private here.
#[cfg(test)]
pub mod ways {
    use super::{named, quick};

    /// Asserts that the short way answers nothing, or what serde answers.
    pub fn agree(text: &[u8]) {
        if let Some(quick) = quick::written(text) {
            let told = String::from_utf8_lossy(text);
            assert_eq!(named::from_str(&told).ok(), Some(quick), "{told}");
        }
    }
}
