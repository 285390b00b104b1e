//! The matcher of patterns against a naive one, and against anything at all.

use crate::common::{Random, search};
use fumehood_policy::{AbsPath, Pattern, RawText};

/// The manual's words as a program: tries everything, takes for ever on long input.
fn part_matches(glob: &[u8], name: &[u8]) -> bool {
    match glob.first() {
        None => name.is_empty(),
        Some(b'*') => (0..=name.len()).any(|skip| part_matches(&glob[1..], &name[skip..])),
        Some(b'?') => !name.is_empty() && part_matches(&glob[1..], &name[1..]),
        Some(b'[') => {
            let end = glob
                .iter()
                .skip(2)
                .position(|byte| *byte == b']')
                .expect("closed")
                + 2;
            let (members, negated) = match &glob[1..end] {
                [b'!', members @ ..] => (members, true),
                members => (members, false),
            };
            !name.is_empty()
                && (members.contains(&name[0]) != negated)
                && part_matches(&glob[end + 1..], &name[1..])
        }
        Some(byte) => name.first() == Some(byte) && part_matches(&glob[1..], &name[1..]),
    }
}

fn parts_match(glob: &[&[u8]], parts: &[&[u8]]) -> bool {
    match glob.first() {
        None => parts.is_empty(),
        Some(&b"**") => (0..=parts.len()).any(|skip| parts_match(&glob[1..], &parts[skip..])),
        Some(part) => {
            !parts.is_empty()
                && part_matches(part, parts[0])
                && parts_match(&glob[1..], &parts[1..])
        }
    }
}

fn shortest(glob: &str, path: &AbsPath) -> Option<usize> {
    let glob: Vec<&[u8]> = glob
        .split('/')
        .filter(|part| !part.is_empty())
        .map(str::as_bytes)
        .collect();
    let parts: Vec<&[u8]> = path.parts().collect();
    (0..=parts.len()).find(|count| parts_match(&glob, &parts[..*count]))
}

fn small_glob(random: &mut Random) -> String {
    const PARTS: [&str; 12] = [
        "a", "b", "ab", "*", "**", "a*", "*b", "?", "a?b", "[ab]", "[!a]*", "*a*b*",
    ];
    let count = 1 + random.below(4);
    (0..count)
        .flat_map(|_| ["/", random.pick(&PARTS)])
        .collect()
}

fn small_path(random: &mut Random) -> AbsPath {
    let count = random.below(6);
    let mut text = String::from("/");
    for _ in 0..count {
        let length = 1 + random.below(4);
        text.extend((0..length).map(|_| random.pick(&['a', 'b', 'c'])));
        text.push('/');
    }
    crate::common::path(&text)
}

#[test]
fn the_matcher_agrees_with_the_naive_one() {
    search("the_matcher_agrees_with_the_naive_one", 20_000, |random| {
        let (glob, path) = (small_glob(random), small_path(random));
        let pattern = Pattern::parse(&glob).expect("a pattern");
        assert_eq!(
            pattern.matches_prefix(&path),
            shortest(&glob, &path),
            "{glob} {path}"
        );
    });
}

#[test]
fn a_pattern_is_the_same_after_it_was_stored() {
    search(
        "a_pattern_is_the_same_after_it_was_stored",
        3000,
        |random| {
            let pattern = Pattern::parse(small_glob(random)).expect("a pattern");
            let text = serde_json::to_string(&pattern).expect("stored");
            assert_eq!(
                serde_json::from_str::<Pattern>(&text).expect("read"),
                pattern,
                "{text}"
            );
        },
    );
}

#[test]
fn any_bytes_are_a_pattern_or_an_error() {
    search("any_bytes_are_a_pattern_or_an_error", 20_000, |random| {
        let length = random.below(40);
        let mut text = vec![b'/'];
        text.extend((0..length).map(|_| match random.below(3) {
            0 => random.pick(b"*?[]!^-{},\\/."),
            1 => random.pick(b"ab/"),
            _ => u8::try_from(random.below(256)).expect("a byte"),
        }));
        let Ok(all) = Pattern::parse_all(&text) else {
            return;
        };
        let path = small_path(random);
        for pattern in all {
            let depth = pattern.matches_prefix(&path);
            assert!(depth.is_none_or(|parts| parts <= path.depth()));
            let stored = serde_json::to_string(&pattern).expect("stored");
            let back: Pattern = serde_json::from_str(&stored).expect(&stored);
            assert_eq!(back, pattern, "{}", RawText::from_bytes(&text));
        }
    });
}

#[test]
fn hostile_globs_take_no_longer_than_their_length() {
    let path = crate::common::path(&format!("/{}", "a".repeat(4000)));
    let deep = crate::common::path(&"/a".repeat(2000));
    for glob in [
        "/".to_owned() + &"*a".repeat(500) + "b",
        "/**/a*".repeat(31) + "/b",
    ] {
        let pattern = Pattern::parse(&glob).expect("a pattern");
        assert_eq!(pattern.matches_prefix(&path), None);
        assert_eq!(pattern.matches_prefix(&deep), None);
    }
}
