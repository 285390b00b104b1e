//! Which names are one name: NT's own folding.
//!
//! NT compares names unit by unit through an upcase table of 16-bit units (MSDN
//! `RtlUpcaseUnicodeChar`; every NTFS volume carries the table in `$UpCase`). So
//! nothing ever becomes longer: `ß` stays `ß`, and `straße` is not `STRASSE`,
//! which Unicode's own upper case would make of it. Three letters that Unicode
//! folds to ASCII or Greek stay what they are: `ı`, `ſ` and `µ`.
//!
//! The table here is written for the ordinary range: Latin, Greek, Cyrillic,
//! Armenian, roman numbers, circled and full-width letters. What is outside
//! stands for itself, which makes two names of what Windows may take for one.

/// What stands in NT's table for one unit, for the ordinary range.
#[must_use]
pub const fn upcase(unit: u16) -> u16 {
    match unit {
        // ASCII and Latin-1, Greek, Cyrillic, full-width letters.
        0x0061..=0x007A
        | 0x00E0..=0x00F6
        | 0x00F8..=0x00FE
        | 0x03B1..=0x03C1
        | 0x03C3..=0x03CB
        | 0x0430..=0x044F
        | 0xFF41..=0xFF5A => unit - 32,
        0x00FF => 0x0178,
        // Pairs, the capital first, at even numbers. `ı` (0131) and `ĸ` (0138) are in none.
        0x0101..=0x012F
        | 0x0133..=0x0137
        | 0x014B..=0x0177
        | 0x03D9..=0x03EF
        | 0x0461..=0x0481
        | 0x048B..=0x04BF
        | 0x04D1..=0x052F
        | 0x1E01..=0x1E95
        | 0x1EA1..=0x1EFF => even(unit),
        // Pairs at odd numbers. `ŉ` (0149) and `ſ` (017F) are in none.
        0x013A..=0x0148 | 0x017A..=0x017E | 0x04C2..=0x04CE => odd(unit),
        // Greek with accents; the final sigma is a sigma.
        0x03AC => 0x0386,
        0x03AD..=0x03AF => unit - 37,
        0x03C2 => 0x03A3,
        0x03CC => 0x038C,
        0x03CD | 0x03CE => unit - 63,
        // Cyrillic and Armenian, roman numbers, circled letters.
        0x0450..=0x045F => unit - 80,
        0x0561..=0x0586 => unit - 48,
        0x2170..=0x217F => unit - 16,
        0x24D0..=0x24E9 => unit - 26,
        _ => unit,
    }
}

const fn even(unit: u16) -> u16 {
    unit & !1
}

const fn odd(unit: u16) -> u16 {
    if unit & 1 == 0 { unit - 1 } else { unit }
}

/// A name as it is compared.
///
/// ```
/// use fumehood_sim::fold::fold;
/// assert_eq!(fold("Straße"), fold("STRAßE"));
/// assert_ne!(fold("straße"), fold("STRASSE"));
/// ```
#[must_use]
pub fn fold(name: &str) -> String {
    name.chars().map(fold_char).collect()
}

/// One letter; what takes two units is compared as it is.
fn fold_char(letter: char) -> char {
    let folded = u16::try_from(u32::from(letter)).map(upcase);
    let folded = folded.ok().and_then(|unit| char::from_u32(unit.into()));
    folded.unwrap_or(letter)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What Unicode makes of a unit, if that is one unit as well.
    fn unicode(unit: u16) -> Option<u16> {
        let mut upper = char::from_u32(unit.into())?.to_uppercase();
        let (first, second) = (upper.next()?, upper.next());
        let first = u16::try_from(u32::from(first)).ok()?;
        second.is_none().then_some(first)
    }

    #[test]
    fn every_letter_that_folds_folds_as_unicode_does() {
        for unit in 0..=u16::MAX {
            let folded = upcase(unit);
            if folded != unit {
                assert_eq!(Some(folded), unicode(unit), "{unit:#06x}");
                assert_eq!(upcase(folded), folded, "{unit:#06x} folds once");
            }
        }
    }

    #[test]
    fn the_ordinary_range_folds_but_for_three_letters() {
        let latin_greek_cyrillic = (0x0000..=0x017F)
            .chain(0x0391..=0x03CE)
            .chain(0x0400..=0x0481);
        let others: Vec<u16> = latin_greek_cyrillic
            .filter(|unit| unicode(*unit).is_some_and(|upper| upper != upcase(*unit)))
            .collect();
        assert_eq!(others, [0x00B5, 0x0131, 0x017F], "µ ı ſ");
    }

    #[test]
    fn a_sharp_s_is_no_double_s() {
        assert_ne!(fold("straße"), fold("STRASSE"));
        assert_eq!(fold("straße"), fold("STRAßE"));
        assert_ne!(fold("fıle"), fold("FILE"), "a dotless i is no i");
        assert_eq!(fold("ΟΔΟΣ"), fold("οδος"), "a final sigma is a sigma");
        assert_eq!(fold("𝓐b"), "𝓐B");
    }
}
