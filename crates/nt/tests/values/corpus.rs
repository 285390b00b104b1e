//! Descriptors as they stand on machines, and odd ones, changed and put together by seed.
//!
//! What random values are made of is what their maker thought of. `corpus/` has
//! what Windows writes; whatever makes a reader fail goes there as well.

use std::fs;
use std::path::Path;

use fumehood_nt::SecurityDescriptor;

use crate::fuzz::{mutate_bytes, mutate_text, read_bytes, read_text};
use crate::random::{Random, search};

/// Every file of a folder of the corpus, in the order of their names.
fn files(folder: &str) -> Vec<Vec<u8>> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("corpus")
        .join(folder);
    let entries = fs::read_dir(&folder).expect("the corpus is there");
    let mut paths: Vec<_> = entries
        .map(|entry| entry.expect("a folder is read").path())
        .collect();
    paths.sort();
    assert!(!paths.is_empty(), "{}", folder.display());
    paths
        .iter()
        .map(|path| fs::read(path).expect("a file is read"))
        .collect()
}

fn texts() -> Vec<String> {
    let text = |bytes| {
        String::from_utf8(bytes)
            .expect("a text")
            .trim_end()
            .to_owned()
    };
    files("sddl").into_iter().map(text).collect()
}

/// The beginning of one and the end of another.
fn spliced<T: Clone>(random: &mut Random, one: &[T], other: &[T]) -> Vec<T> {
    let (end, start) = (random.below(one.len() + 1), random.below(other.len() + 1));
    [&one[..end], &other[start..]].concat()
}

#[test]
fn every_text_of_the_corpus_is_read_and_says_the_same_in_bytes() {
    for text in texts() {
        let read: SecurityDescriptor = text.parse().unwrap_or_else(|why| panic!("{text}: {why}"));
        let bytes = read.to_bytes().expect("what was read has bytes");
        assert_eq!(SecurityDescriptor::from_bytes(&bytes), Ok(read), "{text}");
        read_text(&text);
    }
}

#[test]
fn every_descriptor_of_the_corpus_is_read_or_refused_without_a_panic() {
    let read = files("binary").into_iter().filter(|bytes| {
        read_bytes(bytes);
        SecurityDescriptor::from_bytes(bytes).is_ok()
    });
    assert!(read.count() >= 10, "most are well-formed");
}

#[test]
fn no_change_to_a_text_of_the_corpus_makes_the_reader_panic() {
    let texts = texts();
    let all: Vec<Vec<char>> = texts.iter().map(|text| text.chars().collect()).collect();
    search("no_change_to_a_text_of_the_corpus", 20_000, |random| {
        let one = &all[random.below(all.len())];
        let mut text: String = if random.once_in(3) {
            let other = &all[random.below(all.len())];
            spliced(random, one, other).into_iter().collect()
        } else {
            one.iter().collect()
        };
        for _ in 0..random.below(5) {
            mutate_text(random, &mut text);
        }
        read_text(&text);
    });
}

#[test]
fn no_change_to_bytes_of_the_corpus_makes_the_reader_panic() {
    let all = files("binary");
    search("no_change_to_bytes_of_the_corpus", 20_000, |random| {
        let one = &all[random.below(all.len())];
        let mut bytes = if random.once_in(3) {
            let other = &all[random.below(all.len())];
            spliced(random, one, other)
        } else {
            one.clone()
        };
        for _ in 0..random.below(5) {
            mutate_bytes(random, &mut bytes);
        }
        read_bytes(&bytes);
    });
}
