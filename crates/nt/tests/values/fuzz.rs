//! Mutated texts and bytes: no panic, and what is read is written and read the same.

use fumehood_nt::{Acl, Condition, Domains, SecurityDescriptor, Sid};

use crate::make::{self, For};
use crate::random::{Random, search};

/// Pieces that mean something, to be put anywhere.
const PIECES: [&str; 33] = [
    "(",
    ")",
    ";",
    "D:",
    "S:",
    "O:",
    "P",
    "AI",
    "OICI",
    "XA",
    "RA",
    "ZA",
    "BA",
    "S-1-5-",
    "0x",
    "-",
    "{",
    "}",
    "SID(",
    "\"",
    "#",
    "%0041",
    "%",
    "@User.",
    "&&",
    "||",
    "!",
    "==",
    "Exists ",
    "ä",
    "\0",
    "NO_ACCESS_CONTROL",
    "18446744073709551616",
];

/// Changes a text in one place.
pub fn mutate_text(random: &mut Random, text: &mut String) {
    let boundaries: Vec<usize> = (0..=text.len())
        .filter(|at| text.is_char_boundary(*at))
        .collect();
    let (a, b) = (random.pick(&boundaries), random.pick(&boundaries));
    let (start, end) = (a.min(b), a.max(b).min(a.min(b) + 24));
    let end = (start..=end)
        .rev()
        .find(|at| text.is_char_boundary(*at))
        .unwrap_or(start);
    match random.below(4) {
        0 => text.replace_range(start..end, ""),
        1 => text.replace_range(start..end, random.pick(&PIECES)),
        2 => text.insert_str(start, random.pick(&PIECES)),
        _ => {
            let copied = text[start..end].to_owned();
            text.insert_str(random.pick(&boundaries), &copied);
        }
    }
}

/// Changes bytes in one place.
pub fn mutate_bytes(random: &mut Random, bytes: &mut Vec<u8>) {
    if bytes.is_empty() {
        bytes.push(random.byte());
    }
    let at = random.below(bytes.len());
    match random.below(6) {
        0 => bytes[at] ^= 1 << random.below(8),
        1 => bytes[at] = random.byte(),
        2 => bytes[at] = random.pick(&[0, 1, 4, 0x7f, 0x80, 0xff]),
        3 => bytes.truncate(at),
        4 => bytes.insert(at, random.byte()),
        _ => {
            let end = bytes.len().min(at + 16);
            bytes.extend_from_within(at..end);
        }
    }
}

/// What is read is written, and read the same; what is not is refused at a character.
pub fn read_text(text: &str) {
    match text.parse::<SecurityDescriptor>() {
        Ok(read) => {
            let canonical = read.to_sddl().expect("what was read can be written");
            assert_eq!(canonical.parse().as_ref(), Ok(&read), "{text}\n{canonical}");
            let bytes = read.to_bytes().expect("what was read has bytes");
            let back = SecurityDescriptor::from_bytes(&bytes).expect("well-formed");
            assert_eq!(back.to_sddl(), Ok(canonical), "{text}");
        }
        Err(error) => assert!(text.is_char_boundary(error.at()), "{text}: {error}"),
    }
}

/// What is read is written, and read the same; its text as well, if it has one.
pub fn read_bytes(bytes: &[u8]) {
    if let Ok(read) = SecurityDescriptor::from_bytes(bytes) {
        let canonical = read.to_bytes().expect("what was read can be written");
        let again = SecurityDescriptor::from_bytes(&canonical);
        assert_eq!(again.as_ref(), Ok(&read));
        // A text there may be; if there is, it is read.
        if let Ok(text) = read.to_sddl() {
            let again = text.parse::<SecurityDescriptor>();
            let again = again.expect("written SDDL is read");
            assert_eq!(again.to_sddl(), Ok(text));
        }
    }
    let _acl = Acl::from_bytes(bytes);
    let _sid = Sid::from_bytes(bytes);
}

#[test]
fn no_text_makes_the_reader_panic_and_what_is_read_is_written() {
    search("no_text_makes_the_reader_panic", 20_000, |random| {
        let value = make::descriptor(random, For::Sddl);
        let mut text = value.to_sddl().expect("made for SDDL");
        for _ in 0..=random.below(4) {
            mutate_text(random, &mut text);
        }
        read_text(&text);
    });
}

#[test]
fn no_condition_makes_the_reader_panic_and_what_is_read_is_written() {
    search("no_condition_makes_the_reader_panic", 20_000, |random| {
        let value = make::condition(random, 4, For::Sddl);
        let mut text = value.to_sddl().expect("made for SDDL");
        mutate_text(random, &mut text);
        if let Ok(read) = Condition::from_sddl(&text, &Domains::NONE) {
            let canonical = read.to_sddl().expect("what was read can be written");
            let again = Condition::from_sddl(&canonical, &Domains::NONE);
            assert_eq!(again, Ok(read), "{text}\n{canonical}");
        }
        let mut bytes = value.to_bytes();
        mutate_bytes(random, &mut bytes);
        if let Some(read) = Condition::from_bytes(&bytes) {
            assert_eq!(Condition::from_bytes(&read.to_bytes()), Some(read));
        }
    });
}

#[test]
fn no_bytes_make_the_reader_panic_and_what_is_read_is_written() {
    search("no_bytes_make_the_reader_panic", 20_000, |random| {
        let value = make::descriptor(random, For::Binary);
        let mut bytes = value.to_bytes().expect("made for bytes");
        for _ in 0..=random.below(3) {
            mutate_bytes(random, &mut bytes);
        }
        read_bytes(&bytes);
    });
}

#[test]
fn no_noise_makes_a_reader_panic() {
    search("no_noise_makes_a_reader_panic", 20_000, |random| {
        let bytes = random.some(120, Random::byte);
        let _descriptor = SecurityDescriptor::from_bytes(&bytes);
        let _acl = Acl::from_bytes(&bytes);
        let _condition = Condition::from_bytes(&[b"artx".as_slice(), &bytes].concat());
        let pieces = random.some(20, |random| random.pick(&PIECES));
        let _sddl = pieces.concat().parse::<SecurityDescriptor>();
        let _sddl = String::from_utf8_lossy(&bytes).parse::<SecurityDescriptor>();
    });
}
