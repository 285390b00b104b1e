//! Seeded randomness: small, and the same everywhere.
//!
//! `FUMEHOOD_FUZZ_CASES` says how many cases a search tries, or
//! `FUMEHOOD_FUZZ_SECONDS` for how long it does, from the seed
//! `FUMEHOOD_FUZZ_FROM` on; `FUMEHOOD_SEED` replays one. A failure prints its
//! seed.

use std::time::{Duration, Instant};

/// A generator (splitmix64).
pub struct Random(u64);

impl Random {
    pub fn new(seed: u64) -> Self {
        Self(seed)
    }

    pub fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    pub fn word(&mut self) -> u32 {
        u32::try_from(self.next() >> 32).expect("32 bits")
    }

    pub fn byte(&mut self) -> u8 {
        self.next().to_le_bytes()[0]
    }

    /// A number below `end`.
    pub fn below(&mut self, end: usize) -> usize {
        usize::try_from(self.next() % (end as u64)).expect("below a usize")
    }

    /// Once in `times`.
    pub fn once_in(&mut self, times: usize) -> bool {
        self.below(times) == 0
    }

    pub fn pick<T: Copy>(&mut self, all: &[T]) -> T {
        all[self.below(all.len())]
    }

    /// Up to `most` of what `make` makes.
    pub fn some<T>(&mut self, most: usize, make: impl Fn(&mut Self) -> T) -> Vec<T> {
        (0..self.below(most + 1)).map(|_| make(self)).collect()
    }

    /// Perhaps one.
    pub fn perhaps<T>(&mut self, make: impl Fn(&mut Self) -> T) -> Option<T> {
        self.once_in(2).then(|| make(self))
    }
}

/// Runs `case` on many seeds. A failure prints its seed and how to replay it.
pub fn search(test: &str, usual: u64, case: impl Fn(&mut Random)) {
    let number = |name: &str| {
        std::env::var(name)
            .ok()
            .and_then(|text| text.parse::<u64>().ok())
    };
    if let Some(seed) = number("FUMEHOOD_SEED") {
        case(&mut Random::new(seed));
        return;
    }
    let from = number("FUMEHOOD_FUZZ_FROM").unwrap_or(0);
    let limit = number("FUMEHOOD_FUZZ_SECONDS").map(Duration::from_secs);
    let cases = number("FUMEHOOD_FUZZ_CASES").unwrap_or(usual);
    let start = Instant::now();
    let mut tried = 0;
    while limit.map_or(tried < cases, |limit| start.elapsed() < limit) {
        let seed = from.wrapping_add(tried);
        let guard = Said { test, seed };
        case(&mut Random::new(seed));
        std::mem::forget(guard);
        tried += 1;
    }
    if limit.is_some() {
        println!("{test}: {tried} cases from seed {from}");
    }
}

/// Speaks only when a case panics.
struct Said<'a> {
    test: &'a str,
    seed: u64,
}

impl Drop for Said<'_> {
    fn drop(&mut self) {
        eprintln!(
            "seed {seed}: FUMEHOOD_SEED={seed} cargo test -p {package} {test}",
            seed = self.seed,
            package = env!("CARGO_PKG_NAME"),
            test = self.test
        );
    }
}
