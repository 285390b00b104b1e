//! Lines and descriptors in JSON, changed by seed: each has one answer, and none makes anything
//! panic.

#[path = "../../../nt/tests/values/random.rs"]
#[expect(dead_code, reason = "not all of it is needed here")]
mod random;

use std::fs;
use std::path::Path;

use fumehood_nt::{ObjectKind, SecurityDescriptor};
use random::{Random, search};

use super::check::answer_all;
use super::form::Form;
use super::named;
use super::request::ways;

/// What means something in a question, to be put anywhere.
const PIECES: [&[u8]; 40] = [
    b"\"",
    b"{",
    b"}",
    b"[",
    b"]",
    b":",
    b",",
    b"\\",
    b"null",
    b"true",
    b"-1",
    b"1e400",
    b" ",
    b"\t",
    b"\r",
    b"\n",
    b"\0",
    b"\xff",
    b"\xc3",
    "é".as_bytes(),
    b"\\u0000",
    b"\\ud800",
    b"\"user\":",
    b"\"sddl\":\"\",",
    b"\"restricting\":null,",
    b"\"restricting\":[],",
    b"\"want\":\"0x1\",",
    b"S-1-",
    b"S-1-5-21-",
    b"-4294967296",
    b"WD",
    b"0x",
    b"(A;;FA;;;WD)",
    b"(XA;;FA;;;WD;(a))",
    b"(((((((((",
    b"!!!!",
    b"\"deny-only\"",
    b"\"enabled\"",
    b"SeBackupPrivilege",
    b"[[[[[[[[",
];

/// The lines of a file of the corpus.
fn corpus(name: &str) -> Vec<Vec<u8>> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("corpus/nt");
    let text = fs::read(folder.join(name)).expect("the corpus is there");
    let lines: Vec<_> = text.trim_ascii_end().split(|byte| *byte == b'\n').collect();
    assert!(lines.len() > 4, "{name}");
    lines.into_iter().map(<[u8]>::to_vec).collect()
}

/// Changes a line in one place.
fn change(random: &mut Random, line: &mut Vec<u8>) {
    let at = random.below(line.len() + 1);
    let end = line.len().min(at + random.below(16));
    match random.below(5) {
        0 => drop(line.drain(at..end)),
        1 => drop(line.splice(at..end, random.pick(&PIECES).iter().copied())),
        2 => drop(line.splice(at..at, random.pick(&PIECES).iter().copied())),
        3 => {
            let copied = line[at..end].to_vec();
            let to = random.below(line.len() + 1);
            line.splice(to..to, copied);
        }
        _ => {
            if let Some(byte) = line.get_mut(at) {
                *byte = random.byte();
            }
        }
    }
}

/// One of the corpus, changed.
fn changed(random: &mut Random, corpus: &[Vec<u8>]) -> Vec<u8> {
    let mut line = corpus[random.below(corpus.len())].clone();
    for _ in 0..random.below(5) {
        change(random, &mut line);
    }
    line
}

/// Asserts that an answer is a verdict or an error, and nothing besides.
fn is_answer(line: &str) {
    let answer: serde_json::Value = serde_json::from_str(line).expect("an answer is JSON");
    let fields = answer.as_object().expect("an answer is an object");
    if fields.contains_key("error") {
        assert!(fields.len() == 1 && fields["error"].is_string(), "{line}");
    } else {
        let mask = fields["mask"].as_str().expect("a mask");
        assert!(fields["granted"].is_boolean() && mask.len() == 10, "{line}");
    }
}

#[test]
fn every_line_however_changed_has_one_answer() {
    let corpus = corpus("questions.jsonl");
    search("every_line_however_changed", 5_000, |random| {
        let lines = random
            .some(4, |random| changed(random, &corpus))
            .join(&b'\n');
        let mut said = Vec::new();
        answer_all(lines.as_slice(), &mut said).expect("memory does not fail");
        let said = String::from_utf8(said).expect("answers are text");
        let ends = memchr::memchr_iter(b'\n', &lines).count();
        let cut_off = usize::from(!lines.is_empty() && !lines.ends_with(b"\n"));
        assert_eq!(said.lines().count(), ends + cut_off, "{said}");
        said.lines().for_each(is_answer);
    });
}

#[test]
fn a_question_is_the_same_by_the_short_way_and_by_serde() {
    let corpus = corpus("questions.jsonl");
    search("a_question_is_the_same", 5_000, |random| {
        ways::agree(&changed(random, &corpus));
    });
}

#[test]
fn a_descriptor_in_json_however_changed_is_refused_or_comes_back() {
    let corpus: Vec<Vec<u8>> = corpus("descriptors.txt")
        .iter()
        .map(|text| {
            let text = str::from_utf8(text).expect("SDDL");
            let parsed: SecurityDescriptor = text.parse().expect("SDDL");
            let form = Form::of(&parsed, ObjectKind::File).expect("has a form");
            serde_json::to_vec(&form).expect("has JSON")
        })
        .collect();
    search("a_descriptor_in_json_however_changed", 5_000, |random| {
        let text = changed(random, &corpus);
        let text = String::from_utf8_lossy(&text);
        let Ok(form) = named::from_str::<Form>(&text) else {
            return;
        };
        if let Ok(descriptor) = form.descriptor()
            && let Ok(sddl) = descriptor.to_sddl()
        {
            let again = sddl.parse::<SecurityDescriptor>();
            let again = again.unwrap_or_else(|error| panic!("{text}\n{sddl}\n{error}"));
            assert_eq!(again.to_sddl().as_ref(), Ok(&sddl), "{text}");
            assert_eq!(again, descriptor, "{text}");
        }
    });
}
