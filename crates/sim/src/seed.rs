//! Numbers that look random and are the same for the same seed.

/// Where a stream of numbers begins. A failure prints it, and it replays the failure.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Seed(pub u64);

/// A stream of numbers (`SplitMix64`: public domain, Sebastiano Vigna).
#[derive(Debug, Clone)]
pub struct Stream(u64);

impl Seed {
    /// The stream that begins here.
    #[must_use]
    pub const fn stream(self) -> Stream {
        Stream(self.0)
    }
}

impl Stream {
    /// The next number.
    pub const fn number(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        mixed ^ (mixed >> 31)
    }

    /// A number below `end`; 0 if that is 0.
    pub fn below(&mut self, end: usize) -> usize {
        let end = end.max(1) as u64;
        // What is lost by the remainder is lost evenly enough for choosing tests.
        usize::try_from(self.number() % end).unwrap_or_default()
    }

    /// One of these; none of none.
    pub fn one_of<'a, T>(&mut self, items: &'a [T]) -> Option<&'a T> {
        items.get(self.below(items.len()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_seed_gives_the_same_numbers_and_another_others() {
        let some = |seed| {
            let mut stream = Seed(seed).stream();
            [(); 4].map(|()| stream.number())
        };
        assert_eq!(some(7), some(7));
        assert_ne!(some(7), some(8));
        let mut stream = Seed(1).stream();
        assert!((0..1000).all(|_| stream.below(3) < 3));
        assert_eq!(stream.one_of::<u8>(&[]), None);
    }
}
