//! Rounds: every contender once, in an order that changes.

use std::process::Command;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, ensure};

use super::{random::Random, statistics};

/// Rounds before the first that counts: caches are filled, nothing is noted.
const WARM_UPS: usize = 3;

/// Something that can be run, and times itself.
pub struct Contender<'a> {
    /// What the table calls it.
    pub name: String,
    run: Box<dyn FnMut() -> Result<Duration> + 'a>,
}

impl<'a> Contender<'a> {
    /// Timed by what `run` answers.
    pub fn new(name: &str, run: impl FnMut() -> Result<Duration> + 'a) -> Self {
        Self {
            name: name.to_owned(),
            run: Box::new(run),
        }
    }

    /// Timed from spawn to wait.
    pub fn spawned(name: &str, mut command: Command) -> Self {
        let run = move || {
            let start = Instant::now();
            let status = command.status().with_context(|| format!("{command:?}"))?;
            let took = start.elapsed();
            ensure!(status.success(), "{command:?}: {status}");
            Ok(took)
        };
        Self::new(name, run)
    }
}

/// What one contender took, round by round, in milliseconds.
#[derive(Debug, Clone)]
pub struct Samples {
    /// What the table calls it.
    pub name: String,
    /// One a round.
    pub milliseconds: Vec<f64>,
}

/// Runs `count` rounds.
///
/// # Errors
///
/// If a contender fails, or the rounds are too few to say anything.
pub fn measure(
    contenders: &mut [Contender<'_>],
    count: usize,
    random: &mut Random,
) -> Result<Vec<Samples>> {
    ensure!(count >= statistics::LEAST, "{count} rounds decide nothing");
    let mut samples: Vec<Samples> = contenders
        .iter()
        .map(|contender| Samples {
            name: contender.name.clone(),
            milliseconds: Vec::new(),
        })
        .collect();
    for round in 0..WARM_UPS + count {
        for at in random.order(contenders.len()) {
            let took = (contenders[at].run)().with_context(|| contenders[at].name.clone())?;
            if round >= WARM_UPS {
                samples[at].milliseconds.push(took.as_secs_f64() * 1000.0);
            }
        }
    }
    Ok(samples)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::cell::RefCell;

    #[test]
    fn every_round_runs_each_contender_once_in_changing_order() {
        let ran = RefCell::new(Vec::new());
        let ran = &ran;
        let contender = |name: &'static str| {
            Contender::new(name, move || {
                ran.borrow_mut().push(name);
                Ok(Duration::from_millis(2))
            })
        };
        let mut contenders = [contender("a"), contender("b")];
        let samples = measure(&mut contenders, 30, &mut Random::new(1)).expect("nothing fails");
        let ran = ran.borrow();
        assert!(
            ran.chunks(2)
                .all(|round| round.contains(&"a") && round.contains(&"b"))
        );
        assert!(ran.chunks(2).any(|round| round[0] == "a"));
        assert!(ran.chunks(2).any(|round| round[0] == "b"));
        assert_eq!(samples[1].milliseconds.len(), 30);
    }

    #[test]
    fn a_failure_or_too_few_rounds_is_an_error() {
        let mut bad = [Contender::new("a", || anyhow::bail!("no"))];
        assert!(measure(&mut bad, 30, &mut Random::new(1)).is_err());
        assert!(measure(&mut [], 29, &mut Random::new(1)).is_err());
        assert!(measure(&mut [], 30, &mut Random::new(1)).is_ok());
    }
}
