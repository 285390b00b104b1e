//! The short way through a question as programs write it.
//!
//! It reads a subset of JSON and of the fields' grammar: no escapes, SIDs in full
//! and in decimal, each field once, no null but for `restricting`. In that subset
//! it answers what serde answers, from one look at each byte. Outside it answers
//! nothing, and serde reads the line from its beginning.

use std::borrow::Cow;

use fumehood_nt::token::{Group, Integrity, Privilege, Privileges, SidState};
use fumehood_nt::{AccessMask, ObjectKind, Sid};

use super::{Enabled, Groups, Level, Sids, UserState, Written, WrittenToken};

/// The question, if the whole text is one of this subset.
pub(super) fn written(text: &str) -> Option<Written<'_>> {
    let mut reader = Reader {
        text,
        bytes: text.as_bytes(),
        at: 0,
    };
    let written = reader.question()?;
    reader.skip_blanks();
    (reader.at == text.len()).then_some(written)
}

/// A place in a text.
struct Reader<'a> {
    text: &'a str,
    /// The same text.
    bytes: &'a [u8],
    at: usize,
}

impl<'a> Reader<'a> {
    fn question(&mut self) -> Option<Written<'a>> {
        let (mut sddl, mut token, mut want, mut object) = (None, None, None, None);
        self.members(|reader, name| match name {
            "sddl" => once(&mut sddl, reader.long_text()?),
            "token" => once(&mut token, reader.token()?),
            "want" => once(&mut want, mask(reader.text()?)?),
            "object" => once(&mut object, object_kind(reader.text()?)?),
            _ => None,
        })?;
        Some(Written {
            sddl: Cow::Borrowed(sddl?),
            token: token?,
            want: want?,
            object: object?,
        })
    }

    fn token(&mut self) -> Option<WrittenToken> {
        let mut user = None;
        let mut token = WrittenToken {
            user: Sid::NULL,
            user_attr: None,
            groups: None,
            restricting: None,
            write_restricted: None,
            privileges: None,
            integrity: None,
        };
        // A second null would be a second field, which serde refuses.
        let mut unrestricted = None;
        self.members(|reader, name| match name {
            "user" => once(&mut user, reader.sid()?),
            "user_attr" => once(&mut token.user_attr, user_state(reader.text()?)?),
            "groups" => once(&mut token.groups, reader.groups()?),
            "restricting" if reader.take("null") => once(&mut unrestricted, ()),
            "restricting" => once(&mut token.restricting, reader.sids()?),
            "write_restricted" => once(&mut token.write_restricted, reader.truth()?),
            "privileges" => once(&mut token.privileges, reader.privileges()?),
            "integrity" => {
                let level = Integrity::of_sid(&reader.sid()?)?;
                once(&mut token.integrity, Level(level))
            }
            _ => None,
        })?;
        if unrestricted.is_some() && token.restricting.is_some() {
            return None;
        }
        token.user = user?;
        Some(token)
    }

    fn groups(&mut self) -> Option<Groups> {
        let mut groups = Vec::with_capacity(16);
        self.items(|reader| {
            reader.need("[")?;
            let sid = reader.sid()?;
            reader.need(",")?;
            let state = state(reader.text()?)?;
            reader.need("]")?;
            groups.push(Group::new(sid, state));
            Some(())
        })?;
        Some(Groups(groups))
    }

    fn sids(&mut self) -> Option<Sids> {
        let mut sids = Vec::new();
        self.items(|reader| {
            sids.push(reader.sid()?);
            Some(())
        })?;
        Some(Sids(sids))
    }

    fn privileges(&mut self) -> Option<Enabled> {
        let mut privileges = Privileges::NONE;
        self.items(|reader| {
            privileges = privileges.with_enabled(Privilege::parse(reader.text()?)?);
            Some(())
        })?;
        Some(Enabled(privileges))
    }

    /// Reads an object; `member` reads each value.
    fn members(&mut self, mut member: impl FnMut(&mut Self, &'a str) -> Option<()>) -> Option<()> {
        self.need("{")?;
        loop {
            let name = self.text()?;
            self.need(":")?;
            self.skip_blanks();
            member(self, name)?;
            self.skip_blanks();
            if !self.take(",") {
                return self.need("}");
            }
        }
    }

    /// Reads a list; `item` reads each value.
    fn items(&mut self, mut item: impl FnMut(&mut Self) -> Option<()>) -> Option<()> {
        self.need("[")?;
        self.skip_blanks();
        if self.take("]") {
            return Some(());
        }
        loop {
            item(self)?;
            self.skip_blanks();
            if !self.take(",") {
                return self.need("]");
            }
        }
    }

    /// A text without escapes, short as a word is.
    #[inline]
    fn text(&mut self) -> Option<&'a str> {
        self.need("\"")?;
        let start = self.at;
        while !matches!(self.bytes.get(self.at)?, b'"' | b'\\' | ..=0x1f) {
            self.at += 1;
        }
        let text = self.text.get(start..self.at)?;
        self.take("\"").then_some(text)
    }

    /// A text without escapes, of any length.
    fn long_text(&mut self) -> Option<&'a str> {
        self.need("\"")?;
        let length = memchr::memchr2(b'"', b'\\', self.bytes.get(self.at..)?)?;
        let text = self.text.get(self.at..self.at + length)?;
        // Not `any`: what does not stop early is done for many bytes at once.
        let least = text.bytes().fold(u8::MAX, u8::min);
        self.at += length;
        (self.take("\"") && least >= 0x20).then_some(text)
    }

    /// A SID in full, in decimal.
    fn sid(&mut self) -> Option<Sid> {
        self.need("\"")?;
        let (sid, length) = Sid::leading(self.text.get(self.at..)?)?;
        self.at += length;
        self.take("\"").then_some(sid)
    }

    fn truth(&mut self) -> Option<bool> {
        if self.take("true") {
            Some(true)
        } else {
            self.take("false").then_some(false)
        }
    }

    /// Takes `word` behind blanks.
    fn need(&mut self, word: &str) -> Option<()> {
        self.skip_blanks();
        self.take(word).then_some(())
    }

    #[inline]
    fn take(&mut self, word: &str) -> bool {
        let rest = self.bytes.get(self.at..).unwrap_or_default();
        let found = rest.starts_with(word.as_bytes());
        if found {
            self.at += word.len();
        }
        found
    }

    #[inline]
    fn skip_blanks(&mut self) {
        while matches!(self.bytes.get(self.at), Some(b' ' | b'\t' | b'\n' | b'\r')) {
            self.at += 1;
        }
    }
}

/// Sets a field that was not set before.
fn once<T>(field: &mut Option<T>, value: T) -> Option<()> {
    field.replace(value).is_none().then_some(())
}

fn user_state(text: &str) -> Option<UserState> {
    state(text)
        .filter(|state| *state != SidState::Disabled)
        .map(UserState)
}

fn state(text: &str) -> Option<SidState> {
    Some(match text {
        "enabled" => SidState::Enabled,
        "disabled" => SidState::Disabled,
        "deny-only" => SidState::DenyOnly,
        _ => return None,
    })
}

fn mask(text: &str) -> Option<AccessMask> {
    let digits = text.strip_prefix("0x")?;
    let is_mask = digits.len() == 8 && digits.bytes().all(|byte| byte.is_ascii_hexdigit());
    let mask = u32::from_str_radix(digits, 16).ok()?;
    is_mask.then_some(AccessMask(mask))
}

fn object_kind(text: &str) -> Option<ObjectKind> {
    let found = ObjectKind::ALL.iter().find(|(name, _)| *name == text);
    found.map(|(_, kind)| *kind)
}

#[cfg(test)]
mod tests {
    use super::*;

    const LINES: [&str; 4] = [
        r#"{"sddl":"O:BAD:(A;;FR;;;BU)","token":{"user":"S-1-5-21-1-2-3-1001","user_attr":"deny-only","groups":[["S-1-5-32-545","enabled"],["S-1-1-0","disabled"],["S-1-5-32-544","deny-only"]],"restricting":["S-1-5-12","S-1-1-0"],"write_restricted":true,"privileges":["SeTakeOwnershipPrivilege","SeChangeNotifyPrivilege"],"integrity":"S-1-16-4096"},"want":"0x00120089","object":"file"}"#,
        r#"{"sddl":"","token":{"user":"S-1-1-0"},"want":"0x02000000","object":"window-station"}"#,
        r#"{ "object" : "key" , "want": "0x80000000", "token": {"groups": [ ], "user": "S-1-1-0", "privileges": [], "restricting": [], "write_restricted": false}, "sddl": "D:é" } "#,
        r#"{"sddl":"D:","token":{"user":"S-1-1-0","restricting":null},"want":"0x00000001","object":"file"}"#,
    ];

    /// What serde reads.
    fn slowly(text: &str) -> Option<Written<'_>> {
        serde_json::from_str(text).ok()
    }

    #[test]
    fn what_programs_write_is_read_the_short_way_and_as_serde_reads_it() {
        for line in LINES {
            assert!(written(line).is_some(), "{line}");
            assert_eq!(written(line), slowly(line), "{line}");
        }
    }

    #[test]
    fn whatever_is_done_to_a_line_the_short_way_never_disagrees_with_serde() {
        let inserted = [
            "",
            " ",
            "\"",
            ",",
            "[",
            "]",
            "{",
            "}",
            ":",
            "\\",
            "0",
            "-",
            "null",
            "é",
            "\u{1}",
            "x",
            "\"user\":\"S-1-1-0\",",
            "\"want\":\"0x00000001\",",
            "\"restricting\":null,",
        ];
        for line in LINES {
            for at in (0..=line.len()).filter(|at| line.is_char_boundary(*at)) {
                for cut in [0, 1, 2, 9] {
                    let end = at + cut;
                    let Some(rest) = line.get(end..) else {
                        continue;
                    };
                    for what in inserted {
                        let changed = format!("{}{what}{rest}", &line[..at]);
                        if let Some(quick) = written(&changed) {
                            assert_eq!(Some(quick), slowly(&changed), "{changed}");
                        }
                    }
                }
            }
        }
    }

    #[test]
    fn what_is_said_twice_is_left_to_serde_which_refuses_it() {
        let [line, ..] = LINES;
        for name in [
            "sddl",
            "token",
            "want",
            "object",
            "user",
            "groups",
            "restricting",
        ] {
            let start = line.find(&format!("\"{name}\":")).expect("is there");
            let (before, field) = line.split_at(start);
            for value in ["null", "[]", "\"\""] {
                let twice = format!("{before}\"{name}\":{value},{field}");
                assert!(written(&twice).is_none(), "{twice}");
                assert!(slowly(&twice).is_none(), "{twice}");
            }
        }
    }
}
