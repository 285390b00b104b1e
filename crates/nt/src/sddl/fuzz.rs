//! The short ways and the long ones, over random texts: where a short way answers, the long one
//! answers the same.

#[path = "../../tests/values/random.rs"]
#[expect(dead_code, reason = "not all of it is needed here")]
mod random;

use super::{ace as grammar, cursor::Cursor, plain};
use crate::ace::Ace;
use crate::sid::Sid;
use crate::well_known::Domains;
use random::{Random, search};

/// Pieces of ACEs, and what almost is one.
const PIECES: [&str; 40] = [
    "A;",
    "D;",
    "OI",
    "CI",
    "ID",
    "SA",
    "TP",
    ";",
    ";;;",
    "0x",
    "0x1200a9",
    "ffffffff",
    "FA",
    "KR",
    "GA",
    "NW",
    "CR",
    "S-1-",
    "s-1-",
    "-",
    "5",
    "21",
    "0",
    "00",
    "4294967295",
    "4294967296",
    "281474976710655",
    "281474976710656",
    "000000000000000",
    "BA",
    "LA",
    "wd",
    "x",
    "X",
    "a",
    " ",
    ")",
    "(",
    "é",
    "\0",
];

/// A text of pieces; half of the time an ACE that is all right, with some of them in it.
fn text(random: &mut Random) -> String {
    let pieces = random.some(6, |random| random.pick(&PIECES)).concat();
    if random.once_in(2) {
        return pieces;
    }
    let ace = random.pick(&[
        "A;OICI;FA;;;SY)",
        "D;;0x1301bf;;;S-1-5-21-1-22-333-4444)(A;;FR;;;WD)",
        "A;ID;CCDCLC;;;S-1-16-8192)",
    ]);
    let (at, cut) = (random.below(ace.len() + 1), random.below(3));
    let rest = ace.get(at + cut..).unwrap_or_default();
    format!("{}{pieces}{rest}", &ace[..at])
}

#[test]
fn an_ace_that_the_short_way_reads_is_the_grammars() {
    search("an_ace_that_the_short_way_reads", 50_000, |random| {
        let text = text(random);
        let mut aces: Vec<Ace> = Vec::new();
        if let Some(end) = plain::ace(text.as_bytes(), &mut aces) {
            let mut cursor = Cursor::new(&text, &Domains::NONE).expect("is short");
            let read = grammar::parse(&mut cursor);
            assert_eq!((read.ok(), cursor.at()), (aces.pop(), end), "{text}");
        }
    });
}

#[test]
fn a_sid_that_the_short_way_reads_is_the_long_ones() {
    search("a_sid_that_the_short_way_reads", 50_000, |random| {
        let text = format!("S-1-{}", text(random));
        if let Some((sid, length)) = Sid::leading(text.as_bytes()) {
            assert_eq!(Sid::in_full(&text[..length]), Ok(sid), "{text}");
        }
    });
}
