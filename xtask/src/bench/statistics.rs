//! Medians, and how sure one can be of them.
//!
//! The interval of a median is taken from order statistics: the number of
//! samples below the true median is binomial with p = 1/2, whatever the
//! distribution. No resampling, no seed, no assumption but independence.

/// How often the interval may miss the truth, on both sides together.
const DOUBT: f64 = 0.05;
/// Samples that an interval needs; with fewer than 6 none exists at 95 %.
pub const LEAST: usize = 30;

/// A middle and where it may really be.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Interval {
    /// Lower bound.
    pub low: f64,
    /// The samples' median.
    pub middle: f64,
    /// Upper bound.
    pub high: f64,
}

/// The value that a share of the samples is at or below; linear in between.
///
/// Samples must not be empty.
pub fn quantile(samples: &[f64], share: f64) -> f64 {
    let sorted = sorted(samples);
    let last = sorted.len() - 1;
    let place = share * as_float(last);
    let below = (0..=last)
        .take_while(|at| as_float(*at) <= place)
        .last()
        .unwrap_or(0);
    let above = (below + 1).min(last);
    let part = place - as_float(below);
    sorted[below] + (sorted[above] - sorted[below]) * part
}

/// The median with its 95 % interval. Takes at least [`LEAST`] samples.
pub fn median(samples: &[f64]) -> Interval {
    let sorted = sorted(samples);
    let rank = rank(sorted.len());
    Interval {
        low: sorted[rank],
        middle: quantile(samples, 0.5),
        high: sorted[sorted.len() - 1 - rank],
    }
}

/// How `tops` compare with `bases`, round by round: the median of their ratios.
pub fn ratio(tops: &[f64], bases: &[f64]) -> Interval {
    let ratios: Vec<f64> = tops
        .iter()
        .zip(bases)
        .map(|(top, base)| top / base)
        .collect();
    median(&ratios)
}

fn sorted(samples: &[f64]) -> Vec<f64> {
    let mut sorted = samples.to_vec();
    sorted.sort_unstable_by(f64::total_cmp);
    sorted
}

/// Index, from 0, of the lower bound among `count` sorted samples: the largest k
/// with P(Binomial(count, 1/2) ≤ k) ≤ doubt / 2, or 0.
fn rank(count: usize) -> usize {
    let mut term = 0.5_f64.powi(i32::try_from(count).unwrap_or(i32::MAX));
    let (mut sum, mut rank) = (0.0, 0);
    for at in 0..count / 2 {
        sum += term;
        if sum > DOUBT / 2.0 {
            break;
        }
        rank = at;
        term *= as_float(count - at) / as_float(at + 1);
    }
    rank
}

/// A count as a number to calculate with; counts here are far below 2^32.
fn as_float(count: usize) -> f64 {
    f64::from(u32::try_from(count).unwrap_or(u32::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bench::random::Random;

    #[test]
    fn ranks_are_those_of_the_tables() {
        // Conover, Practical Nonparametric Statistics: ranks from 1, ours from 0.
        assert_eq!(
            [5, 6, 10, 20, 30, 50, 100].map(rank),
            [0, 0, 1, 5, 9, 17, 39]
        );
    }

    #[test]
    fn quantiles_lie_between_the_samples() {
        let samples = [4.0, 1.0, 3.0, 2.0];
        let found = [0.0, 0.5, 1.0].map(|share| quantile(&samples, share));
        assert!(
            found
                .iter()
                .zip([1.0, 2.5, 4.0])
                .all(|(a, b)| (a - b).abs() < 1e-9),
            "{found:?}"
        );
    }

    #[test]
    fn a_common_disturbance_of_a_round_does_not_move_the_ratio() {
        let bases: Vec<f64> = (1..=30).map(|at| f64::from(at * at)).collect();
        let tops: Vec<f64> = bases.iter().map(|base| base * 1.2).collect();
        let found = ratio(&tops, &bases);
        assert!(
            (found.low - 1.2).abs() < 1e-9 && (found.high - 1.2).abs() < 1e-9,
            "{found:?}"
        );
    }

    #[test]
    fn the_interval_holds_the_true_median_about_as_often_as_it_says() {
        let mut random = Random::new(3);
        let trials = 2000;
        let held = (0..trials)
            .filter(|_| {
                // The median of 0..1000 drawn evenly is near 499.5.
                let samples: Vec<f64> = (0..30).map(|_| as_float(random.below(1000))).collect();
                let found = median(&samples);
                found.low <= 499.5 && 499.5 <= found.high
            })
            .count();
        assert!(held * 100 >= trials * 93, "{held} of {trials}");
    }
}
