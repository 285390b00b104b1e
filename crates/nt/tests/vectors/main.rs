//! The vectors of `tests/vectors`, read by our model. Their format is in the README beside them.
//!
//! Each is asked under the default semantics, with each switch alone at each of
//! its values, and at both extremes. An answer that differs and is not listed
//! fails, and so does one that is listed and does not differ.

mod ask;
mod field;
mod needs;
mod read;
mod sids;

use std::collections::BTreeSet;

use fumehood_nt::semantics::{Semantics, Switch};

use crate::read::{Answer, File, Vector};

/// The rows of the design's table of facts from real machines.
const FACTS: [&str; 7] = [
    "openai/codex#32915",
    "openai/codex PR#7022, PR#31138",
    "NtObjectManager PR#20",
    "openai/codex#17551, Gitlawb/zero PR#808",
    "Gitlawb/zero PR#640, PR#658",
    "DeepSeek-Reasonix PR#10466",
    "Gitlawb/zero PR#456",
];

/// Switches that only operations on files ask: no single access check shows them.
const FILES_ONLY: [Switch; 5] = [
    Switch::ReplaceTarget,
    Switch::DispositionEx,
    Switch::FullFolder,
    Switch::RenameRights,
    Switch::HardLinkRights,
];

/// Every reading beside the default, with the key it has in `differs`.
fn readings() -> Vec<(String, Semantics)> {
    let alone = Semantics::each_alone().map(|(switch, semantics)| {
        let key = format!("{}={}", switch.name(), semantics.value(switch));
        (key, semantics)
    });
    let extremes = [
        ("permissive".to_owned(), Semantics::permissive()),
        ("strict".to_owned(), Semantics::strict()),
    ];
    alone.chain(extremes).collect()
}

/// Every vector with the file it stands in.
fn vectors(files: &[File]) -> impl Iterator<Item = (&File, &Vector)> {
    files
        .iter()
        .flat_map(|file| file.vectors.iter().map(move |vector| (file, vector)))
}

/// Fails with all that is wrong, so that one run shows it.
fn none(wrong: &[String]) {
    assert!(
        wrong.is_empty(),
        "{} wrong:\n{}",
        wrong.len(),
        wrong.join("\n")
    );
}

#[test]
fn our_model_gives_every_answer_under_every_reading() {
    let (files, readings) = (read::files(), readings());
    let mut wrong = Vec::new();
    for (file, vector) in vectors(&files) {
        let place = format!("{}: {}", file.name, vector.name);
        let answer = ask::ask(vector, &Semantics::default());
        if answer != vector.answer {
            wrong.push(format!("{place}: {answer}, not {}", vector.answer));
            continue;
        }
        for (key, semantics) in &readings {
            let other = ask::ask(vector, semantics);
            let listed = vector.differs.get(key);
            match listed {
                Some(listed) if *listed == answer => {
                    wrong.push(format!("{place}: {key} is listed and no other answer"));
                }
                _ if other == *listed.unwrap_or(&vector.answer) => {}
                _ => wrong.push(format!("{place}: {key} gives {other}")),
            }
        }
    }
    none(&wrong);
}

#[test]
fn every_key_of_a_difference_is_a_reading() {
    let known: BTreeSet<String> = readings().into_iter().map(|(key, _)| key).collect();
    let files = read::files();
    let mut wrong = Vec::new();
    for (file, vector) in vectors(&files) {
        let odd = vector.differs.keys().filter(|key| !known.contains(*key));
        wrong.extend(odd.map(|key| format!("{}: {}: {key}", file.name, vector.name)));
    }
    none(&wrong);
}

#[test]
fn every_vector_has_a_name_of_its_own_in_its_file() {
    for file in read::files() {
        let mut names = BTreeSet::new();
        for vector in &file.vectors {
            assert!(names.insert(&vector.name), "{}: {}", file.name, vector.name);
        }
        assert!(
            !file.title.is_empty() && !file.covers.is_empty(),
            "{}",
            file.name
        );
    }
}

#[test]
fn every_denial_has_an_allow_twin_that_differs_in_one_thing() {
    let files = read::files();
    let mut wrong = Vec::new();
    for (file, vector) in vectors(&files) {
        let twin = vector.twin.as_ref();
        let twin = twin.and_then(|name| file.vectors.iter().find(|other| other.name == *name));
        let place = format!("{}: {}", file.name, vector.name);
        let why = match twin {
            None if vector.answer == Answer::Denied => "no twin".to_owned(),
            Some(twin) if twin.answer == Answer::Denied => "the twin is denied".to_owned(),
            Some(twin) if vector.differences(twin) != 1 => {
                format!("{} differences", vector.differences(twin))
            }
            _ => continue,
        };
        wrong.push(format!("{place}: {why}"));
    }
    none(&wrong);
}

#[test]
fn every_vector_says_what_a_reader_must_be_able_to_express() {
    let files = read::files();
    let mut wrong = Vec::new();
    for (file, vector) in vectors(&files) {
        let needs = needs::of(vector);
        if vector.needs != needs {
            wrong.push(format!("{}: {}: {needs:?}", file.name, vector.name));
        }
    }
    none(&wrong);
}

#[test]
fn no_descriptor_names_a_group_that_a_real_token_has_and_the_vectors_token_has_not() {
    let files = read::files();
    let mut wrong = Vec::new();
    for (file, vector) in vectors(&files) {
        for sid in vector.descriptors().flat_map(sids::named) {
            if !sids::is_known(&sid, &vector.token) {
                wrong.push(format!("{}: {}: {sid}", file.name, vector.name));
            }
        }
    }
    none(&wrong);
}

#[test]
fn every_rule_and_every_fact_has_a_file() {
    let files = read::files();
    let covers: Vec<&str> = files
        .iter()
        .flat_map(|file| file.covers.iter().map(String::as_str))
        .collect();
    let rules = (1..=10).map(|rule| format!("rule {rule}"));
    let facts = FACTS.iter().map(|fact| format!("fact {fact}"));
    let wanted: Vec<String> = rules.chain(facts).collect();
    for wanted in &wanted {
        let count = covers.iter().filter(|covered| *covered == wanted).count();
        assert_eq!(count, 1, "files that cover `{wanted}`");
    }
    for covered in covers {
        assert!(
            wanted.iter().any(|wanted| wanted == covered) || covered == "file rules",
            "`{covered}` is no rule and no fact"
        );
    }
}

#[test]
fn every_value_of_every_switch_changes_an_answer() {
    let files = read::files();
    for (switch, semantics) in Semantics::each_alone() {
        let key = format!("{}={}", switch.name(), semantics.value(switch));
        let shows = |vector: &Vector| vector.differs.contains_key(&key);
        assert!(vectors(&files).any(|(_, vector)| shows(vector)), "{key}");
        let plain = vectors(&files).any(|(_, vector)| vector.operation.is_none() && shows(vector));
        assert_eq!(
            plain,
            !FILES_ONLY.contains(&switch),
            "{key} in a single check"
        );
    }
}
