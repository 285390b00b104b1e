//! Anything at all as input: no panic, and every error says where.
//!
//! A few thousand cases as a test; `FUMEHOOD_FUZZ_CASES=2000000` for the long run.

use crate::common::{Random, place, search};
use fumehood_policy::config::{Source, parse};
use fumehood_policy::environment::{Reason, filter};
use fumehood_policy::policy::Environment;
use fumehood_policy::{Layer, Overrides, RawText, Trust, resolve};

const FULL: &str = include_str!("data/full.toml");

/// Pieces that mean something to the parser.
const PIECES: [&str; 24] = [
    "=",
    "[",
    "]",
    "{",
    "}",
    "\"",
    "'",
    "'''",
    "\n",
    ",",
    ".",
    "#",
    "\\",
    "1",
    "true",
    "${",
    "~",
    "*",
    "version",
    "profiles",
    "constraints",
    "none",
    "한",
    "\u{202e}",
];

/// A text made from a good one by some cuts, repeats and insertions.
fn mutated(random: &mut Random, good: &str) -> String {
    let mut text: Vec<char> = good.chars().collect();
    for _ in 0..=random.below(6) {
        let at = random.below(text.len() + 1);
        let length = random.below(12).min(text.len() - at);
        match random.below(4) {
            0 => drop(text.drain(at..at + length)),
            1 => {
                let piece: Vec<char> = random.pick(&PIECES).chars().collect();
                text.splice(at..at, piece);
            }
            2 => {
                let copy = text[at..at + length].to_vec();
                let to = random.below(text.len() + 1);
                text.splice(to..to, copy);
            }
            _ if at < text.len() => text.swap(at, random.below(good.len().min(at + 1))),
            _ => {}
        }
    }
    text.into_iter().collect()
}

#[test]
fn any_text_is_a_configuration_or_an_error_with_its_place() {
    search(
        "any_text_is_a_configuration_or_an_error_with_its_place",
        3000,
        |random| {
            let text = mutated(random, FULL);
            let layers = [Layer::User, Layer::Project, Layer::Managed];
            let layer = random.pick(&layers);
            match parse(&Source {
                layer,
                file: "fuzz.toml".into(),
                text: &text,
            }) {
                Ok((config, warnings)) => {
                    let lines = text.lines().count();
                    assert!(
                        warnings
                            .iter()
                            .all(|warning| warning.line as usize <= lines.max(1))
                    );
                    if let Ok(resolved) = resolve(&[config], &Overrides::default(), &place()) {
                        assert!(!resolved.policy.shown().is_empty());
                    }
                }
                Err(error) => {
                    let lines = text.split('\n').count();
                    assert!(
                        (1..=lines).contains(&(error.line as usize)),
                        "{error}\n{text}"
                    );
                    let line = text
                        .split('\n')
                        .nth(error.line as usize - 1)
                        .expect("a line");
                    let width = line.chars().count() + 1;
                    assert!(
                        (1..=width).contains(&(error.column as usize)),
                        "{error}\n{text}"
                    );
                    assert!(
                        !error.to_string().contains(['\u{202e}', '\u{1b}']),
                        "{error:?}"
                    );
                }
            }
        },
    );
}

fn bytes(random: &mut Random, alphabet: &[u8], most: usize) -> Vec<u8> {
    let length = random.below(most);
    let mut any = || match random.below(4) {
        0 => u8::try_from(random.below(256)).expect("a byte"),
        _ => random.pick(alphabet),
    };
    (0..length).map(|_| any()).collect()
}

#[test]
fn any_bytes_read_back_from_their_written_form() {
    search(
        "any_bytes_read_back_from_their_written_form",
        20_000,
        |random| {
            let raw = RawText::from_bytes(&bytes(random, b"\\x0aZ\xed\x95\x9c\xe2\x80\xae", 24));
            let shown = raw.to_string();
            assert_eq!(RawText::unescape(&shown), Ok(raw), "{shown}");
            assert!(
                shown.chars().all(|c| !c.is_control() && c != '\u{202e}'),
                "{shown:?}"
            );
        },
    );
}

#[test]
fn any_text_is_a_written_form_or_an_error() {
    search("any_text_is_a_written_form_or_an_error", 20_000, |random| {
        let raw = bytes(random, b"\\x0af", 16);
        let Ok(text) = std::str::from_utf8(&raw) else {
            return;
        };
        if let Ok(read) = RawText::unescape(text) {
            assert_eq!(RawText::unescape(&read.to_string()), Ok(read));
        }
    });
}

#[test]
fn any_environment_is_sorted_and_nothing_is_lost() {
    search(
        "any_environment_is_sorted_and_nothing_is_lost",
        5000,
        |random| {
            let text = |random: &mut Random, pieces: &[&str]| {
                let mut raw = random.pick(pieces).as_bytes().to_vec();
                raw.extend(bytes(random, b"AZ_=:/@-09", 12));
                RawText::from_bytes(&raw)
            };
            let variables: Vec<(RawText, RawText)> = (0..random.below(20))
                .map(|_| {
                    let name = text(
                        random,
                        &["HOME", "CARGO_", "MY_", "LC_", "", "GITHUB_TOKEN"],
                    );
                    let value = text(
                        random,
                        &["", "ghp_0123456789abcdef", "http://", "sk-", "/usr"],
                    );
                    (name, value)
                })
                .collect();
            let mut wanted = Environment {
                inherit: vec!["MY_*".into(), "GITHUB_TOKEN".into()],
                remove: vec!["LC_*".into()],
                ..Environment::default()
            };
            wanted.set.insert("HOME".into(), "/home/u".into());
            let result = filter(&wanted, variables.clone());
            assert_eq!(
                result.kept.len() + result.dropped.len(),
                variables.len() + 1
            );
            for (name, value) in &result.kept {
                assert!(
                    !name.as_bytes().contains(&b'=') && !value.as_bytes().contains(&0),
                    "{name:?}"
                );
                assert!(!name.as_bytes().starts_with(b"LC_"), "{name:?}");
            }
            let sets = result
                .kept
                .iter()
                .filter(|(name, _)| name.as_bytes() == b"HOME")
                .count();
            assert_eq!(sets, 1);
            let twice = result
                .dropped
                .iter()
                .filter(|(_, reason)| *reason == Reason::Twice)
                .count();
            assert!(twice <= variables.len());
        },
    );
}

#[test]
fn any_list_of_trusted_files_is_read_or_refused() {
    let good = format!("fumehood-trust 1\nsha256:{} /a\\x0ab\n", "0a".repeat(32)).repeat(1);
    search(
        "any_list_of_trusted_files_is_read_or_refused",
        5000,
        |random| {
            let text = mutated(random, &good);
            if let Ok(trust) = Trust::parse(&text) {
                assert_eq!(Trust::parse(&trust.format()), Ok(trust));
            }
        },
    );
}
