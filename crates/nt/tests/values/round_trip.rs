//! Every value survives its forms, and every form is written in one way only.

use fumehood_nt::{Callback, Condition, Domains, SecurityDescriptor};

use crate::make::{self, For};
use crate::random::search;

#[test]
fn a_descriptor_survives_its_text_and_the_text_is_written_in_one_way() {
    search("a_descriptor_survives_its_text", 5_000, |random| {
        let value = make::descriptor(random, For::Sddl);
        let text = value.to_sddl().expect("made for SDDL");
        let read: SecurityDescriptor = text.parse().unwrap_or_else(|e| panic!("{text}: {e}"));
        assert_eq!(read, value, "{text}");
        assert_eq!(read.to_sddl().as_deref(), Ok(text.as_str()));
    });
}

#[test]
fn a_descriptor_survives_its_bytes_and_the_bytes_are_written_in_one_way() {
    search("a_descriptor_survives_its_bytes", 5_000, |random| {
        let value = make::descriptor(random, For::Binary);
        let bytes = value.to_bytes().expect("made for bytes");
        let read =
            SecurityDescriptor::from_bytes(&bytes).unwrap_or_else(|e| panic!("{e}: {value:?}"));
        assert_eq!(read, value);
        assert_eq!(read.to_bytes(), Ok(bytes));
    });
}

#[test]
fn text_and_bytes_say_the_same() {
    search("text_and_bytes_say_the_same", 5_000, |random| {
        let value = make::descriptor(random, For::Sddl);
        let bytes = value.to_bytes().expect("what has a text has bytes");
        let read = SecurityDescriptor::from_bytes(&bytes).expect("well-formed");
        assert_eq!(read.to_sddl(), value.to_sddl());
    });
}

#[test]
fn the_length_that_an_ace_says_is_the_length_that_it_takes() {
    search("the_length_that_an_ace_says", 3_000, |random| {
        let ace = make::ace(random, For::Binary);
        let acl = fumehood_nt::Acl::new(vec![ace]);
        assert_eq!(acl.to_bytes().expect("short").len(), acl.byte_len());
    });
}

#[test]
fn a_condition_survives_both_forms() {
    search("a_condition_survives_both_forms", 5_000, |random| {
        let value = make::condition(random, 6, For::Sddl);
        let text = value.to_sddl().expect("made for SDDL");
        assert_eq!(
            Condition::from_sddl(&text, &Domains::NONE).as_ref(),
            Ok(&value),
            "{text}"
        );
        let bytes = value.to_bytes();
        assert!(bytes.len().is_multiple_of(4));
        assert_eq!(Callback::from_bytes(&bytes), Callback::Condition(value));
    });
}

#[test]
fn a_sid_survives_both_forms() {
    search("a_sid_survives_both_forms", 5_000, |random| {
        let sid = make::sid(random);
        assert_eq!(sid.to_string().parse(), Ok(sid));
        assert_eq!(fumehood_nt::Sid::from_bytes(&sid.to_bytes()), Ok(sid));
        assert_eq!(
            fumehood_nt::Sid::from_sddl(&sid.to_sddl(), &Domains::NONE),
            Ok(sid)
        );
        assert_eq!(sid.to_bytes().len(), sid.byte_len());
    });
}
