//! Tables of pairs of letters, found in one step.

/// A table of pairs of capital letters, and where in it each stands.
pub(super) struct Pairs<T: 'static> {
    rows: &'static [(&'static str, T)],
    /// One more than the row of each pair, or 0.
    places: [u8; 26 * 26],
}

impl<T> Pairs<T> {
    /// These rows. One that is no pair of capital letters, and one too many, do not compile where
    /// the table is a `static`.
    pub(super) const fn of(rows: &'static [(&'static str, T)]) -> Self {
        assert!(rows.len() < 256, "a place is a byte");
        let mut places = [0; 26 * 26];
        let mut row: u8 = 0;
        while (row as usize) < rows.len() {
            let Some(pair) = rows[row as usize].0.as_bytes().first_chunk() else {
                panic!("a row is a pair of letters");
            };
            let Some(place) = place(*pair) else {
                panic!("letters are capitals");
            };
            row += 1;
            places[place] = row;
        }
        Self { rows, places }
    }

    /// What the two letters stand for, if they stand for anything.
    #[inline]
    pub(super) fn find(&self, pair: [u8; 2]) -> Option<&'static T> {
        let row = usize::from(self.places[place(pair)?]).checked_sub(1)?;
        self.rows.get(row).map(|(_, value)| value)
    }
}

/// Where two capital letters stand among all pairs.
const fn place([first, second]: [u8; 2]) -> Option<usize> {
    if first.is_ascii_uppercase() && second.is_ascii_uppercase() {
        Some((first - b'A') as usize * 26 + (second - b'A') as usize)
    } else {
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_pair_of_bytes_is_found_if_it_stands_in_the_table_and_only_then() {
        static TABLE: Pairs<u8> = Pairs::of(&[("AA", 1), ("ZZ", 2), ("QB", 3)]);
        for first in 0..=u8::MAX {
            for second in 0..=u8::MAX {
                let expected = match &[first, second] {
                    b"AA" => Some(&1),
                    b"ZZ" => Some(&2),
                    b"QB" => Some(&3),
                    _ => None,
                };
                assert_eq!(TABLE.find([first, second]), expected);
            }
        }
    }
}
