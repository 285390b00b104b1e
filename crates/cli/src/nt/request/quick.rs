//! The short way through a question as programs write it.
//!
//! It reads a subset of JSON and of the fields' grammar: no escapes, SIDs in full
//! and in decimal, each field once, no null but for `restricting`. In that subset
//! it answers what serde answers, from one look at each byte. Outside it answers
//! nothing, and serde reads the line from its beginning.

use std::borrow::Cow;

use fumehood_nt::token::{Group, Integrity, Privilege, Privileges, SidState};
use fumehood_nt::{AccessMask, ObjectKind, Sid};

use super::{Enabled, GROUPS, Groups, Level, Sids, UserState, Written, WrittenToken};

/// The question, if the whole text is one of this subset.
pub(super) fn written(text: &[u8]) -> Option<Written<'_>> {
    let mut reader = Reader { text, at: 0 };
    let written = reader.question()?;
    reader.skip_blanks();
    (reader.at == text.len()).then_some(written)
}

/// A place in a text.
struct Reader<'a> {
    /// All of it; what is accepted is UTF-8.
    text: &'a [u8],
    at: usize,
}

impl<'a> Reader<'a> {
    fn question(&mut self) -> Option<Written<'a>> {
        let (mut sddl, mut token, mut want, mut object) = (None, None, None, None);
        self.members(|reader, name| match name {
            b"sddl" => once(&mut sddl, reader.long_text()?),
            b"token" => once(&mut token, reader.token()?),
            b"want" => once(&mut want, mask(reader.word()?)?),
            b"object" => once(&mut object, object_kind(reader.word()?)?),
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
            b"user" => once(&mut user, reader.sid()?),
            b"user_attr" => once(&mut token.user_attr, reader.user_state()?),
            b"groups" => once(&mut token.groups, reader.groups()?),
            b"restricting" if reader.take(b"null") => once(&mut unrestricted, ()),
            b"restricting" => once(&mut token.restricting, reader.sids()?),
            b"write_restricted" => once(&mut token.write_restricted, reader.truth()?),
            b"privileges" => once(&mut token.privileges, reader.privileges()?),
            b"integrity" => {
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
        let mut groups = Vec::with_capacity(GROUPS);
        self.items(|reader| {
            reader.need(b'[')?;
            let sid = reader.sid()?;
            reader.need(b',')?;
            let state = reader.state()?;
            reader.need(b']')?;
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
            privileges =
                privileges.with_enabled(Privilege::parse(str::from_utf8(reader.word()?).ok()?)?);
            Some(())
        })?;
        Some(Enabled(privileges))
    }

    /// Reads an object; `member` reads each value.
    fn members(&mut self, mut member: impl FnMut(&mut Self, &'a [u8]) -> Option<()>) -> Option<()> {
        self.need(b'{')?;
        loop {
            let name = self.word()?;
            self.need(b':')?;
            self.skip_blanks();
            member(self, name)?;
            if self.need(b',').is_none() {
                return self.need(b'}');
            }
        }
    }

    /// Reads a list; `item` reads each value.
    fn items(&mut self, mut item: impl FnMut(&mut Self) -> Option<()>) -> Option<()> {
        self.need(b'[')?;
        if self.need(b']').is_some() {
            return Some(());
        }
        loop {
            item(self)?;
            if self.need(b',').is_none() {
                return self.need(b']');
            }
        }
    }

    /// A text up to the next quotation mark. It must be one of a few words: then it has no escapes.
    #[inline]
    fn word(&mut self) -> Option<&'a [u8]> {
        self.need(b'"')?;
        let rest = self.text.get(self.at..)?;
        let text = rest.get(..rest.iter().position(|byte| *byte == b'"')?)?;
        self.at += text.len() + 1;
        Some(text)
    }

    /// A text without escapes, of any length.
    fn long_text(&mut self) -> Option<&'a str> {
        self.need(b'"')?;
        let rest = self.text.get(self.at..)?;
        let text = rest.get(..memchr::memchr2(b'"', b'\\', rest)?)?;
        // Not `any`: what does not stop early is done for many bytes at once.
        let least = text.iter().copied().fold(u8::MAX, u8::min);
        self.at += text.len();
        let text = str::from_utf8(text).ok()?;
        (self.take(b"\"") && least >= 0x20).then_some(text)
    }

    /// A SID in full, in decimal.
    #[inline]
    fn sid(&mut self) -> Option<Sid> {
        self.need(b'"')?;
        let (sid, length) = Sid::leading(self.text.get(self.at..)?)?;
        self.at += length;
        self.take(b"\"").then_some(sid)
    }

    /// What a group's SID is for.
    fn state(&mut self) -> Option<SidState> {
        self.skip_blanks();
        if self.take(b"\"enabled\"") {
            Some(SidState::Enabled)
        } else if self.take(b"\"deny-only\"") {
            Some(SidState::DenyOnly)
        } else {
            self.take(b"\"disabled\"").then_some(SidState::Disabled)
        }
    }

    /// What a user's SID is for.
    fn user_state(&mut self) -> Option<UserState> {
        let state = self.state()?;
        (state != SidState::Disabled).then_some(UserState(state))
    }

    fn truth(&mut self) -> Option<bool> {
        if self.take(b"true") {
            Some(true)
        } else {
            self.take(b"false").then_some(false)
        }
    }

    /// Takes one byte behind blanks.
    #[inline]
    fn need(&mut self, byte: u8) -> Option<()> {
        if *self.text.get(self.at)? != byte {
            self.skip_blanks();
        }
        (*self.text.get(self.at)? == byte).then(|| self.at += 1)
    }

    #[inline]
    fn take(&mut self, word: &[u8]) -> bool {
        let rest = self.text.get(self.at..).unwrap_or_default();
        let found = rest.starts_with(word);
        if found {
            self.at += word.len();
        }
        found
    }

    #[inline]
    fn skip_blanks(&mut self) {
        while matches!(self.text.get(self.at), Some(b' ' | b'\t' | b'\n' | b'\r')) {
            self.at += 1;
        }
    }
}

/// Sets a field that was not set before.
fn once<T>(field: &mut Option<T>, value: T) -> Option<()> {
    field.replace(value).is_none().then_some(())
}

fn mask(text: &[u8]) -> Option<AccessMask> {
    let digits: &[u8; 8] = text.strip_prefix(b"0x")?.try_into().ok()?;
    let mask = digits.iter().try_fold(0, |mask, digit| {
        Some((mask << 4) | char::from(*digit).to_digit(16)?)
    });
    mask.map(AccessMask)
}

fn object_kind(text: &[u8]) -> Option<ObjectKind> {
    let found = ObjectKind::ALL
        .iter()
        .find(|(name, _)| name.as_bytes() == text);
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
        crate::nt::named::from_str(text).ok()
    }

    #[test]
    fn what_programs_write_is_read_the_short_way_and_as_serde_reads_it() {
        for line in LINES {
            assert!(written(line.as_bytes()).is_some(), "{line}");
            assert_eq!(written(line.as_bytes()), slowly(line), "{line}");
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
                        if let Some(quick) = written(changed.as_bytes()) {
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
                assert!(written(twice.as_bytes()).is_none(), "{twice}");
                assert!(slowly(&twice).is_none(), "{twice}");
            }
        }
    }
}
