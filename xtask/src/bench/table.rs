//! Figures as a reader wants them, and whether a target is met.

use std::fmt::Write as _;

use super::{rounds::Samples, statistics};

/// A promise: `name` takes at most `target` times what `base` takes.
#[derive(Debug, Clone)]
pub struct Gate {
    /// Who promises.
    pub name: &'static str,
    /// Beside whom.
    pub base: &'static str,
    /// At most, as promised.
    pub target: f64,
    /// Beyond this a change made it worse than it was, and CI fails
    /// (`docs/decisions/0006-limits-above-the-targets.md`).
    pub limit: f64,
}

/// One row a contender: median, p95, and its ratio to the first row.
pub fn render(title: &str, samples: &[Samples]) -> String {
    let Some(base) = samples.first() else {
        return format!("{title}: nobody ran\n");
    };
    let count = base.milliseconds.len();
    let mut text = format!("\n{title} ({count} paired rounds)\n");
    let heading = format!("× {} (95 %)", base.name);
    line(
        &mut text,
        &format!(
            "  {:<30} {:>10} {:>10}   {heading}",
            "", "median ms", "p95 ms"
        ),
    );
    for row in samples {
        let ratio = statistics::ratio(&row.milliseconds, &base.milliseconds);
        let median = statistics::quantile(&row.milliseconds, 0.5);
        let late = statistics::quantile(&row.milliseconds, 0.95);
        let name = &row.name;
        let interval = format!("{:.3} [{:.3}, {:.3}]", ratio.middle, ratio.low, ratio.high);
        line(
            &mut text,
            &format!("  {name:<30} {median:>10.3} {late:>10.3}   {interval}"),
        );
    }
    text
}

/// Prints each gate; answers those that are missed beyond doubt.
pub fn judge(title: &str, samples: &[Samples], gates: &[Gate]) -> Vec<String> {
    let find = |name: &str| samples.iter().find(|row| row.name == name);
    let mut missed = Vec::new();
    for gate in gates {
        // A contender that is not on this machine was reported where it was left out.
        let (Some(row), Some(base)) = (find(gate.name), find(gate.base)) else {
            continue;
        };
        let ratio = statistics::ratio(&row.milliseconds, &base.milliseconds);
        let (name, base, target) = (gate.name, gate.base, gate.target);
        let word = match ratio {
            _ if ratio.low > target => "MISSED",
            _ if ratio.high > target => "not decided",
            _ => "met",
        };
        let figures = format!("{:.3} [{:.3}, {:.3}]", ratio.middle, ratio.low, ratio.high);
        println!("  gate: {name} ≤ {target} × {base}: {figures} {word}");
        if ratio.low > gate.limit {
            missed.push(format!(
                "{title}: {name} is {figures} × {base}, at most {}",
                gate.limit
            ));
        }
    }
    missed
}

fn line(text: &mut String, row: &str) {
    // A `String` takes everything that is written to it.
    let written = writeln!(text, "{row}");
    debug_assert!(written.is_ok());
}

#[cfg(test)]
mod tests {
    use super::*;

    fn samples(name: &str, center: f64, spread: f64) -> Samples {
        let milliseconds = (0..31)
            .map(|at| center + spread * (f64::from(at) - 15.0) / 15.0)
            .collect();
        Samples {
            name: name.to_owned(),
            milliseconds,
        }
    }

    const GATE: Gate = Gate {
        name: "us",
        base: "them",
        target: 1.25,
        limit: 1.25,
    };

    #[test]
    fn a_target_is_missed_only_if_the_lower_bound_is_over_it() {
        let them = samples("them", 1.0, 0.0);
        let missed = |us: Samples| !judge("t", &[them.clone(), us], &[GATE]).is_empty();
        assert!(missed(samples("us", 1.3, 0.01)));
        assert!(!missed(samples("us", 1.3, 0.9)));
        assert!(!missed(samples("us", 1.2, 0.01)));
        assert!(judge("t", std::slice::from_ref(&them), &[GATE]).is_empty());
    }

    #[test]
    fn the_table_compares_each_row_with_the_first() {
        let text = render("t", &[samples("them", 2.0, 0.0), samples("us", 3.0, 0.0)]);
        assert!(text.contains("× them"), "{text}");
        assert!(
            text.lines()
                .any(|line| line.contains("us ") && line.contains("1.500 [1.500, 1.500]")),
            "{text}"
        );
    }
}
