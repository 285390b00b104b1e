//! Where a reader of SDDL is in the text, and the few things that all parts read.

use super::pairs::Pairs;
use super::{MAX_TEXT, SddlError, syntax};
use crate::guid::Guid;
use crate::sid::Sid;
use crate::well_known::{self, Alias, Domains};

/// The SIDs that have two letters.
pub(super) static ALIASES: Pairs<Alias> = Pairs::of(&well_known::ALIASES);

/// A place in a text.
pub(super) struct Cursor<'a> {
    text: &'a str,
    at: usize,
    domains: &'a Domains,
}

impl<'a> Cursor<'a> {
    /// At the beginning of `text`.
    pub(super) fn new(text: &'a str, domains: &'a Domains) -> Result<Self, SddlError> {
        if text.len() > MAX_TEXT {
            return Err(SddlError::TooMuch {
                at: MAX_TEXT,
                limit: MAX_TEXT,
                what: "bytes of text",
            });
        }
        Ok(Self {
            text,
            at: 0,
            domains,
        })
    }

    pub(super) fn at(&self) -> usize {
        self.at
    }

    /// What is left.
    pub(super) fn rest(&self) -> &'a str {
        &self.text[self.at..]
    }

    pub(super) fn peek(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    pub(super) fn expected(&self, expected: &'static str) -> SddlError {
        syntax(self.at, expected)
    }

    /// Nothing but blanks is left.
    pub(super) fn end(&mut self, expected: &'static str) -> Result<(), SddlError> {
        self.skip_blanks();
        if self.rest().is_empty() {
            Ok(())
        } else {
            Err(self.expected(expected))
        }
    }

    pub(super) fn skip_blanks(&mut self) {
        while let Some(b' ' | b'\t' | b'\r' | b'\n') = self.peek() {
            self.at += 1;
        }
    }

    /// Takes `word`, which is ASCII, in either case if it stands here.
    pub(super) fn take(&mut self, word: &str) -> bool {
        let here = self.text.as_bytes().get(self.at..self.at + word.len());
        let found = here.is_some_and(|here| here.eq_ignore_ascii_case(word.as_bytes()));
        if found {
            self.at += word.len();
        }
        found
    }

    /// Takes a byte if it stands here.
    pub(super) fn take_byte(&mut self, byte: u8) -> bool {
        let found = self.peek() == Some(byte);
        self.at += usize::from(found);
        found
    }

    /// Takes two letters of `table`, in either case, if they stand here.
    pub(super) fn take_pair<T>(&mut self, table: &Pairs<T>) -> Option<&'static T> {
        let pair: &[u8; 2] = self.rest().as_bytes().first_chunk()?;
        let value = table.find(pair.map(|byte| byte.to_ascii_uppercase()))?;
        self.at += pair.len();
        Some(value)
    }

    /// Takes `word` behind blanks, or says that it was expected.
    pub(super) fn need(&mut self, word: &str, expected: &'static str) -> Result<(), SddlError> {
        self.skip_blanks();
        if self.take(word) {
            Ok(())
        } else {
            Err(self.expected(expected))
        }
    }

    /// Takes the bytes from here that `wanted` accepts. It accepts all or none of the bytes
    /// above ASCII, so that a character is never cut.
    pub(super) fn take_while(&mut self, wanted: impl Fn(u8) -> bool) -> &'a str {
        let rest = self.rest();
        let len = rest.bytes().take_while(|byte| wanted(*byte)).count();
        let (head, _) = rest.split_at_checked(len).unwrap_or((rest, ""));
        self.at += head.len();
        head
    }

    /// Goes on behind `length` bytes that were read by somebody else.
    pub(super) fn pass(&mut self, length: usize) {
        self.at += length;
    }

    /// Goes back to `at`, where the cursor was before.
    pub(super) fn back_to(&mut self, at: usize) {
        self.at = at;
    }

    /// Reads a SID: `S-1-…` or two letters.
    pub(super) fn sid(&mut self) -> Result<Sid, SddlError> {
        let start = self.at;
        if self.take("S-") {
            self.at = start;
            return self.sid_in_full();
        }
        let two = self.rest().get(..2).unwrap_or_default();
        let alias = self.take_pair(&ALIASES);
        let alias = alias.ok_or_else(|| self.expected("a SID"))?;
        alias
            .sid(self.domains)
            .ok_or_else(|| SddlError::UnknownDomain {
                at: start,
                letters: two.to_owned(),
                of: match alias {
                    Alias::OfMachine(_) => "the machine",
                    Alias::OfForest(_) => "the forest's root domain",
                    Alias::OfDomain(_) | Alias::Fixed(_) => "the domain",
                },
            })
    }

    /// Reads `S-1-…`, and nothing of what may follow: the `D` of a `D:` is a hexadecimal digit.
    fn sid_in_full(&mut self) -> Result<Sid, SddlError> {
        let start = self.at;
        if let Some((sid, length)) = Sid::leading(self.rest().as_bytes()) {
            self.at += length;
            return Ok(sid);
        }
        self.at += "S-".len();
        self.take_while(|byte| byte.is_ascii_digit());
        self.take("-");
        if self.take("0x") {
            let digits = self.rest().bytes().take(12);
            self.at += digits.take_while(u8::is_ascii_hexdigit).count();
        }
        loop {
            self.take_while(|byte| byte.is_ascii_digit());
            if !self.take("-") {
                break;
            }
        }
        self.text[start..self.at]
            .parse::<Sid>()
            .map_err(|error| syntax(start + error.at, error.expected))
    }

    /// Reads a GUID, or nothing.
    pub(super) fn guid(&mut self) -> Result<Option<Guid>, SddlError> {
        let start = self.at;
        let text = self.take_while(|byte| byte.is_ascii_hexdigit() || byte == b'-');
        if text.is_empty() {
            return Ok(None);
        }
        let guid = text.parse::<Guid>();
        guid.map(Some)
            .map_err(|error| syntax(start + error.at, error.expected))
    }
}
