//! Files of vectors, with their templates expanded.

use std::collections::BTreeMap;
use std::path::Path;
use std::{fmt, fs};

use fumehood_nt::{AccessMask, ObjectKind};
use serde_json::Value;

use crate::field::{Fields, list};
use crate::sids;

/// The grades of evidence in the design.
const GRADES: [&str; 5] = ["M", "D", "F", "R", "I"];

/// One file.
pub struct File {
    pub name: String,
    pub title: String,
    /// The rules and facts that it is about.
    pub covers: Vec<String>,
    pub vectors: Vec<Vector>,
}

/// One question with its answers; texts are expanded.
pub struct Vector {
    pub name: String,
    /// What a reader must be able to express.
    pub needs: Vec<String>,
    pub sddl: String,
    /// An operation on files, if it is more than one check.
    pub operation: Option<String>,
    pub intent: Option<String>,
    pub folder: Option<String>,
    pub target: Option<String>,
    pub replaced: Option<String>,
    pub node: Option<String>,
    pub token: Token,
    pub object: ObjectKind,
    pub want: Option<AccessMask>,
    pub answer: Answer,
    /// The vector of the same file that is granted.
    pub twin: Option<String>,
    /// Other answers, by the key of the reading.
    pub differs: BTreeMap<String, Answer>,
}

/// A token as it is written.
#[derive(PartialEq)]
pub struct Token {
    pub user: String,
    pub user_attr: Option<String>,
    pub groups: Vec<[String; 2]>,
    pub restricting: Option<Vec<String>>,
    pub write_restricted: bool,
    pub privileges: Option<Vec<String>>,
    pub held: Option<Vec<String>>,
    pub integrity: Option<String>,
    pub mandatory_policy: Option<String>,
    pub app_container: Option<Package>,
    pub device_groups: Option<Vec<[String; 2]>>,
}

/// The package of a token.
#[derive(PartialEq)]
pub struct Package {
    pub sid: String,
    pub capabilities: Vec<String>,
    pub low_privilege: bool,
}

/// An answer. An operation that is more than one check has no mask.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Answer {
    Granted(Option<AccessMask>),
    Denied,
}

impl fmt::Display for Answer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Granted(Some(mask)) => write!(f, "granted {mask}"),
            Self::Granted(None) => f.write_str("granted"),
            Self::Denied => f.write_str("denied"),
        }
    }
}

impl Vector {
    /// Every descriptor in it.
    pub fn descriptors(&self) -> impl Iterator<Item = &str> {
        let more = [&self.folder, &self.target, &self.replaced];
        let more = more.into_iter().filter_map(Option::as_deref);
        [self.sddl.as_str()].into_iter().chain(more)
    }

    /// In how many things two vectors differ: a descriptor, the token, the request.
    pub fn differences(&self, other: &Self) -> usize {
        let differs = [
            self.sddl != other.sddl,
            self.folder != other.folder,
            self.target != other.target,
            self.replaced != other.replaced,
            self.node != other.node || self.object != other.object,
            self.token != other.token,
            self.want != other.want,
            self.operation != other.operation,
            self.intent != other.intent,
        ];
        differs.iter().filter(|it| **it).count()
    }
}

/// Every file, in the order of their names.
pub fn files() -> Vec<File> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/vectors");
    let entries = fs::read_dir(&folder).expect("tests/vectors is there");
    let mut paths: Vec<_> = entries
        .map(|entry| entry.expect("a folder is read").path())
        .filter(|path| path.extension().is_some_and(|it| it == "json"))
        .collect();
    paths.sort();
    paths.iter().map(|path| file(path)).collect()
}

fn file(path: &Path) -> File {
    let name = path.file_stem().and_then(|it| it.to_str());
    let name = name.expect("a name in UTF-8").to_owned();
    let text = fs::read_to_string(path).expect("a file of text");
    let expanded = sids::expand(&text);
    let value: Value =
        serde_json::from_str(&expanded).unwrap_or_else(|why| panic!("{name}: {why}"));
    let mut fields = Fields::of(&name, value);
    let read = File {
        title: fields.text("title"),
        covers: fields.may_texts("covers").unwrap_or_default(),
        vectors: list(&name, fields.must("vectors"))
            .into_iter()
            .map(|value| vector(&name, value))
            .collect(),
        name,
    };
    fields.end();
    read
}

fn vector(file: &str, value: Value) -> Vector {
    let name = value["name"].as_str().unwrap_or("no name").to_owned();
    let place = format!("{file}: {name}");
    let mut fields = Fields::of(&place, value);
    let (_name, _source) = (fields.text("name"), fields.text("source"));
    let grade = fields.text("grade");
    assert!(GRADES.contains(&grade.as_str()), "{place}: grade {grade}");
    let object = fields.text("object").parse();
    let read = Vector {
        needs: fields.may_texts("needs").unwrap_or_default(),
        sddl: fields.text("sddl"),
        operation: fields.may_text("operation"),
        intent: fields.may_text("intent"),
        folder: fields.may_text("folder"),
        target: fields.may_text("target"),
        replaced: fields.may_text("replaced"),
        node: fields.may_text("node"),
        token: token(&place, fields.must("token")),
        object: object.unwrap_or_else(|why| panic!("{place}: {why}")),
        want: fields.may_text("want").map(|text| mask(&place, &text)),
        answer: answer(&place, &mut fields),
        twin: fields.may_text("twin"),
        differs: fields
            .may("differs")
            .map(|value| differs(&place, value))
            .unwrap_or_default(),
        name,
    };
    fields.end();
    read
}

fn token(place: &str, value: Value) -> Token {
    let mut fields = Fields::of(place, value);
    let read = Token {
        user: fields.text("user"),
        user_attr: fields.may_text("user_attr"),
        groups: fields.may_pairs("groups").unwrap_or_default(),
        restricting: fields.may_texts("restricting"),
        write_restricted: fields.flag("write_restricted"),
        privileges: fields.may_texts("privileges"),
        held: fields.may_texts("held"),
        integrity: fields.may_text("integrity"),
        mandatory_policy: fields.may_text("mandatory_policy"),
        app_container: fields
            .may("app_container")
            .map(|value| package(place, value)),
        device_groups: fields.may_pairs("device_groups"),
    };
    fields.end();
    read
}

fn package(place: &str, value: Value) -> Package {
    let mut fields = Fields::of(place, value);
    let read = Package {
        sid: fields.text("package"),
        capabilities: fields.may_texts("capabilities").unwrap_or_default(),
        low_privilege: fields.flag("low_privilege"),
    };
    fields.end();
    read
}

fn differs(place: &str, value: Value) -> BTreeMap<String, Answer> {
    let Value::Object(each) = value else {
        panic!("{place}: `differs` is no object")
    };
    let read = |(key, value)| {
        let mut fields = Fields::of(place, value);
        let answer = answer(place, &mut fields);
        fields.end();
        (key, answer)
    };
    each.into_iter().map(read).collect()
}

fn answer(place: &str, fields: &mut Fields) -> Answer {
    let granted = fields.flag("granted");
    let mask = fields.may_text("mask").map(|text| mask(place, &text));
    match (granted, mask) {
        (true, mask) => Answer::Granted(mask),
        (false, None | Some(AccessMask::NONE)) => Answer::Denied,
        (false, Some(mask)) => panic!("{place}: denied with a mask of {mask}"),
    }
}

fn mask(place: &str, text: &str) -> AccessMask {
    let digits = text.strip_prefix("0x").filter(|digits| digits.len() == 8);
    let number = digits.and_then(|digits| u32::from_str_radix(digits, 16).ok());
    AccessMask(number.unwrap_or_else(|| panic!("{place}: `{text}` is no mask of eight digits")))
}
