//! One table of a configuration file, read key by key, with exact positions.
//!
//! The file is read as a tree of TOML values that know their bytes, and then by
//! hand: every value keeps where it was said, an unknown key is found where it
//! stands, and nothing has to be guessed from a message of a generic reader.

use std::cell::RefCell;
use std::time::Duration;

use toml::Spanned;
use toml::de::{DeString, DeTable, DeValue};

use super::error::{ConfigError, Problem, Warning};
use super::{At, LIST_LIMIT, Said, Source, TEXT_LIMIT};
use crate::limit::{Bound, LimitName};
use crate::measure;
use crate::nearest::nearest;
use crate::raw_text::RawText;
use crate::words::Word;

/// The file that sections belong to.
pub(super) struct Document<'a> {
    source: &'a Source<'a>,
    /// Where each line begins.
    lines: Vec<usize>,
    pub warnings: RefCell<Vec<Warning>>,
}

impl<'a> Document<'a> {
    pub fn new(source: &'a Source<'a>) -> Self {
        let newlines = source
            .text
            .bytes()
            .enumerate()
            .filter(|(_, byte)| *byte == b'\n');
        let lines = std::iter::once(0)
            .chain(newlines.map(|(at, _)| at + 1))
            .collect();
        Self {
            source,
            lines,
            warnings: RefCell::default(),
        }
    }

    /// Line and column of a byte, from 1.
    fn position(&self, byte: usize) -> (u32, u32) {
        let byte = byte.min(self.source.text.len());
        let line = self.lines.partition_point(|start| *start <= byte).max(1);
        let before = self
            .source
            .text
            .get(self.lines[line - 1]..byte)
            .unwrap_or_default();
        let number = |count: usize| u32::try_from(count).unwrap_or(u32::MAX);
        (number(line), number(before.chars().count() + 1))
    }

    pub fn error(&self, byte: usize, key: &str, problem: Problem) -> ConfigError {
        let (line, column) = self.position(byte);
        let file = self.source.file.clone();
        ConfigError {
            file,
            line,
            column,
            key: key.to_owned(),
            problem: Box::new(problem),
        }
    }

    /// An error about a value that was read.
    pub fn error_at(&self, at: &At, problem: Problem) -> ConfigError {
        let file = self.source.file.clone();
        ConfigError {
            file,
            line: at.line,
            column: at.column,
            key: at.key.clone(),
            problem: Box::new(problem),
        }
    }

    pub fn warn(&self, at: &At, text: String) {
        let file = self.source.file.clone();
        self.warnings.borrow_mut().push(Warning {
            file,
            line: at.line,
            column: at.column,
            text,
        });
    }

    fn at(&self, byte: usize, key: String) -> At {
        let (line, column) = self.position(byte);
        At { line, column, key }
    }
}

/// One table.
pub(super) struct Section<'a> {
    pub document: &'a Document<'a>,
    table: &'a DeTable<'a>,
    /// The keys that lead here, with dots; empty for the file itself.
    path: String,
    /// Where the table begins.
    start: usize,
}

type Value<'a> = Spanned<DeValue<'a>>;

impl<'a> Section<'a> {
    pub fn new(document: &'a Document<'a>, table: &'a DeTable<'a>) -> Self {
        Self {
            document,
            table,
            path: String::new(),
            start: 0,
        }
    }

    /// The whole name of a key of this table.
    pub fn name(&self, key: &str) -> String {
        if self.path.is_empty() {
            key.to_owned()
        } else {
            format!("{}.{key}", self.path)
        }
    }

    /// Where the table itself stands.
    pub fn own_at(&self) -> At {
        self.document.at(self.start, self.path.clone())
    }

    /// Refuses every key that is not one of `known`.
    pub fn only(&self, known: &[&str]) -> Result<(), ConfigError> {
        for key in self.table.keys() {
            if !known.contains(&key.get_ref().as_ref()) {
                return Err(self.unknown_key(key, known));
            }
        }
        Ok(())
    }

    pub fn unknown_key(&self, key: &Spanned<DeString<'_>>, known: &[&str]) -> ConfigError {
        let text = key.get_ref().as_ref();
        let place = if self.path.is_empty() {
            String::new()
        } else {
            format!(" in `{}`", self.path)
        };
        let hint = match nearest(text, known.iter().copied()) {
            Some(near) => format!("{place}; did you mean `{near}`?"),
            None => format!("{place}; known are {}", known.join(", ")),
        };
        let problem = Problem::UnknownKey {
            key: RawText::from(text),
            hint,
        };
        self.document
            .error(key.span().start, &self.name(text), problem)
    }

    /// Keys and values, as they stand in the table.
    pub fn entries(&self) -> impl Iterator<Item = (&'a Spanned<DeString<'a>>, &'a Value<'a>)> {
        self.table.iter()
    }

    fn get(&self, key: &str) -> Option<&'a Value<'a>> {
        self.table.get(key)
    }

    /// An error about the value of `key`.
    pub fn refuse(&self, key: &str, value: &Value<'_>, why: impl Into<String>) -> ConfigError {
        let key = self.name(key);
        let problem = Problem::Value {
            key: key.clone(),
            why: why.into(),
        };
        self.document.error(value.span().start, &key, problem)
    }

    fn wrong_kind(&self, key: &str, value: &Value<'_>, wanted: &'static str) -> ConfigError {
        let key = self.name(key);
        let found = match value.get_ref() {
            DeValue::String(_) => "a text",
            DeValue::Integer(_) | DeValue::Float(_) => "a number",
            DeValue::Boolean(_) => "true or false",
            DeValue::Datetime(_) => "a date",
            DeValue::Array(_) => "a list",
            DeValue::Table(_) => "a table",
        };
        let problem = Problem::Kind {
            key: key.clone(),
            wanted,
            found,
        };
        self.document.error(value.span().start, &key, problem)
    }

    fn said<T>(&self, key: &str, value: &Value<'_>, inner: T) -> Said<T> {
        Said {
            value: inner,
            at: self.document.at(value.span().start, self.name(key)),
        }
    }

    /// A table below this one.
    pub fn section(&self, key: &str) -> Result<Option<Section<'a>>, ConfigError> {
        let Some(value) = self.get(key) else {
            return Ok(None);
        };
        self.as_section(key, value).map(Some)
    }

    pub fn as_section(&self, key: &str, value: &'a Value<'a>) -> Result<Section<'a>, ConfigError> {
        let DeValue::Table(table) = value.get_ref() else {
            return Err(self.wrong_kind(key, value, "a table"));
        };
        let start = value.span().start;
        Ok(Section {
            document: self.document,
            table,
            path: self.name(key),
            start,
        })
    }

    pub fn text(&self, key: &str) -> Result<Option<Said<String>>, ConfigError> {
        self.get(key)
            .map(|value| self.as_text(key, value))
            .transpose()
    }

    pub fn as_text(&self, key: &str, value: &Value<'_>) -> Result<Said<String>, ConfigError> {
        let DeValue::String(text) = value.get_ref() else {
            return Err(self.wrong_kind(key, value, "a text"));
        };
        if text.len() > TEXT_LIMIT {
            let problem = Problem::Limit {
                what: "bytes in a text",
                limit: TEXT_LIMIT,
            };
            return Err(self
                .document
                .error(value.span().start, &self.name(key), problem));
        }
        Ok(self.said(key, value, text.to_string()))
    }

    pub fn flag(&self, key: &str) -> Result<Option<Said<bool>>, ConfigError> {
        let Some(value) = self.get(key) else {
            return Ok(None);
        };
        match value.get_ref() {
            DeValue::Boolean(flag) => Ok(Some(self.said(key, value, *flag))),
            _ => Err(self.wrong_kind(key, value, "true or false")),
        }
    }

    /// The elements of a list; none if the key is missing.
    pub fn elements(&self, key: &str) -> Result<&'a [Value<'a>], ConfigError> {
        let Some(value) = self.get(key) else {
            return Ok(&[]);
        };
        let DeValue::Array(list) = value.get_ref() else {
            return Err(self.wrong_kind(key, value, "a list"));
        };
        if list.len() > LIST_LIMIT {
            let problem = Problem::Limit {
                what: "elements in a list",
                limit: LIST_LIMIT,
            };
            return Err(self
                .document
                .error(value.span().start, &self.name(key), problem));
        }
        Ok(list)
    }

    /// A list of texts, each with its own place. One that is there twice is said once more.
    pub fn texts(&self, key: &str) -> Result<Vec<Said<String>>, ConfigError> {
        let mut all: Vec<Said<String>> = Vec::new();
        for element in self.elements(key)? {
            let text = self.as_text(key, element)?;
            if all.iter().any(|other| other.value == text.value) {
                let shown = RawText::from(text.value.as_str());
                self.document
                    .warn(&text.at, format!("`{}` has `{shown}` twice", text.at.key));
                continue;
            }
            all.push(text);
        }
        Ok(all)
    }

    pub fn word<T: Word>(&self, key: &str) -> Result<Option<Said<T>>, ConfigError> {
        self.get(key)
            .map(|value| self.as_word(key, value))
            .transpose()
    }

    pub fn as_word<T: Word>(&self, key: &str, value: &Value<'_>) -> Result<Said<T>, ConfigError> {
        let text = self.as_text(key, value)?;
        match T::from_word(&text.value) {
            Some(choice) => Ok(Said {
                value: choice,
                at: text.at,
            }),
            None => Err(self.unknown_word::<T>(key, value, &text.value)),
        }
    }

    fn unknown_word<T: Word>(&self, key: &str, value: &Value<'_>, text: &str) -> ConfigError {
        let words = || T::WORDS.iter().map(|(word, _)| *word);
        let hint = match nearest(text, words()) {
            Some(near) => format!("; did you mean `{near}`?"),
            None => format!(
                "; the choices are {}",
                words().collect::<Vec<_>>().join(", ")
            ),
        };
        let key = self.name(key);
        let problem = Problem::UnknownWord {
            key: key.clone(),
            word: RawText::from(text),
            hint,
        };
        self.document.error(value.span().start, &key, problem)
    }

    pub fn words<T: Word>(&self, key: &str) -> Result<Vec<Said<T>>, ConfigError> {
        self.elements(key)?
            .iter()
            .map(|element| self.as_word(key, element))
            .collect()
    }

    pub fn time(&self, key: &str) -> Result<Option<Said<Duration>>, ConfigError> {
        let Some(value) = self.get(key) else {
            return Ok(None);
        };
        let text = self.as_text(key, value)?;
        let time = measure::time(&text.value).map_err(|why| self.refuse(key, value, why))?;
        Ok(Some(Said {
            value: time,
            at: text.at,
        }))
    }

    /// A limit, as a number or a text; `"none"` is none.
    pub fn limit(&self, limit: LimitName) -> Result<Option<Said<Bound>>, ConfigError> {
        let key = limit.word();
        let Some(value) = self.get(key) else {
            return Ok(None);
        };
        let text = match value.get_ref() {
            DeValue::String(text) => text.to_string(),
            DeValue::Integer(number) => {
                let parsed = u64::from_str_radix(number.as_str(), number.radix());
                parsed
                    .map_err(|_| self.refuse(key, value, "it is not a number from 0 up"))?
                    .to_string()
            }
            _ => return Err(self.wrong_kind(key, value, "a limit, or \"none\"")),
        };
        let bound = limit
            .read(&text)
            .map_err(|why| self.refuse(key, value, why))?;
        Ok(Some(self.said(key, value, Bound { limit, most: bound })))
    }

    /// The number of `version`, as it was written, and where.
    pub fn version(&self) -> Option<(String, usize)> {
        self.get("version").map(|value| {
            let text = match value.get_ref() {
                DeValue::Integer(number) => number.to_string(),
                DeValue::String(text) => format!("\"{}\"", RawText::from(text.as_ref())),
                other => format!("of another kind ({})", kind(other)),
            };
            (text, value.span().start)
        })
    }
}

fn kind(value: &DeValue<'_>) -> &'static str {
    match value {
        DeValue::Float(_) => "a float",
        DeValue::Boolean(_) => "a boolean",
        DeValue::Datetime(_) => "a date",
        DeValue::Array(_) => "a list",
        DeValue::Table(_) => "a table",
        DeValue::String(_) | DeValue::Integer(_) => "a value",
    }
}
