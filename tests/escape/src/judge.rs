//! From what an attempt said, and what was noticed, to a result; and from results
//! to a verdict on the boundary.

use std::time::Duration;

use crate::attempt::{Alone, Attempt, Inside};
use crate::scene::{Mode, Tried};
use crate::user::User;

/// Three-valued, each with what happened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// It did what it wanted.
    Achieved(String),
    /// The kernel refused.
    Blocked(String),
    /// It could not be tried.
    Unknown(String),
}

impl Outcome {
    /// What happened.
    #[must_use]
    pub fn detail(&self) -> &str {
        match self {
            Self::Achieved(detail) | Self::Blocked(detail) | Self::Unknown(detail) => detail,
        }
    }

    /// The one word for it.
    #[must_use]
    pub const fn word(&self) -> &'static str {
        match self {
            Self::Achieved(_) => "achieved",
            Self::Blocked(_) => "blocked",
            Self::Unknown(_) => "unknown",
        }
    }
}

/// The outcome of one run.
#[must_use]
pub fn outcome(attempt: &Attempt, mode: Mode, tried: &Tried) -> Outcome {
    let said = said(attempt, mode, tried);
    let witnessed = tried.noticed.contains(&attempt.witness);
    if mode == Mode::Twin {
        return match said {
            Outcome::Achieved(_) if !tried.noticed.is_empty() => Outcome::Unknown(format!(
                "outside noticed ({}) what should have stayed inside: {}",
                tried.noticed.join(", "),
                tried.changes.join("; ")
            )),
            said => said,
        };
    }
    if attempt.witness_decides {
        return match said {
            Outcome::Unknown(why) if !is_unfinished(attempt) => Outcome::Unknown(why),
            said if witnessed => {
                Outcome::Achieved(format!("{} noticed; {}", attempt.witness, said.detail()))
            }
            said => Outcome::Blocked(format!(
                "{} noticed nothing; {}",
                attempt.witness,
                said.detail()
            )),
        };
    }
    match said {
        Outcome::Achieved(detail)
            if mode == Mode::Alone && !attempt.witness.is_empty() && !witnessed =>
        {
            Outcome::Unknown(format!("{detail}; but {} noticed nothing", attempt.witness))
        }
        Outcome::Blocked(detail) if mode == Mode::Inside && !tried.noticed.is_empty() => {
            Outcome::Achieved(format!(
                "said `{detail}`, but outside noticed ({}): {}",
                tried.noticed.join(", "),
                tried.changes.join("; ")
            ))
        }
        said => said,
    }
}

/// Whether a run says what it was made to say: alone, that the attempt works; inside and
/// as the twin, anything at all.
#[must_use]
pub fn proves(attempt: &Attempt, mode: Mode, outcome: &Outcome) -> bool {
    match (mode, outcome) {
        (_, Outcome::Achieved(_)) => true,
        (Mode::Alone, _) => attempt.alone != Alone::Achieves,
        (_, outcome) => matches!(outcome, Outcome::Blocked(_)),
    }
}

/// Whether the command is not meant to come to its end.
fn is_unfinished(attempt: &Attempt) -> bool {
    matches!(attempt.scene.as_str(), "killed" | "timeout")
}

/// What the command itself says, or why it says nothing.
fn said(attempt: &Attempt, mode: Mode, tried: &Tried) -> Outcome {
    let text = tried.ended.text();
    let lines: Vec<&str> = text
        .lines()
        .filter_map(|line| line.strip_prefix("RESULT "))
        .collect();
    if let [line] = lines[..] {
        let (word, detail) = line.split_once(' ').unwrap_or((line, ""));
        let detail = detail.trim().to_owned();
        return match word {
            "achieved" => Outcome::Achieved(detail),
            "blocked" => Outcome::Blocked(detail),
            _ => Outcome::Unknown(detail),
        };
    }
    let complaint = tried
        .ended
        .complaints
        .lines()
        .next()
        .unwrap_or("nothing")
        .to_owned();
    let code = tried.ended.code();
    let silent = format!("no result; code {code}; it complains of: {complaint}");
    let may_not_start = attempt.scene.starts_with("planted-root");
    let may_end = matches!(attempt.scene.as_str(), "may-end" | "limit-memory");
    match (mode, tried.ended.status) {
        (Mode::Inside, Some(_)) if may_not_start && matches!(code, 125 | 126) => {
            Outcome::Blocked(format!("not started: {complaint}"))
        }
        (Mode::Inside, Some(_)) if may_end && code >= 124 => {
            Outcome::Blocked(format!("the run was ended with {code}: {complaint}"))
        }
        (_, None) => Outcome::Unknown(format!(
            "ended at the deadline; it complains of: {complaint}"
        )),
        _ => Outcome::Unknown(silent),
    }
}

/// What an attempt came to, as one user.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Class {
    /// Blocked, as it should be.
    Blocked,
    /// Achieves, with a name for why.
    Gap,
    /// Achieves, and nobody said that it may.
    Hole,
    /// Says nothing.
    Unknown,
}

/// A verdict, with everything that is wrong with it.
#[derive(Debug)]
pub struct Verdict {
    /// Full name.
    pub title: String,
    /// The program it is in.
    pub class: &'static str,
    /// As whom.
    pub user: User,
    /// What it came to.
    pub result: Class,
    /// Whether it was seen to achieve without a sandbox.
    pub proven: bool,
    /// Results of the three runs.
    pub outcomes: [Option<Outcome>; 3],
    /// What is wrong; empty if nothing is.
    pub faults: Vec<String>,
    /// How long the three took together.
    pub took: Duration,
}

/// Judges the three runs of one attempt.
#[must_use]
pub fn judge(
    attempt: &Attempt,
    user: User,
    alone: Option<Outcome>,
    inside: Outcome,
    twin: Outcome,
) -> Verdict {
    let mut faults = Vec::new();
    let has_to = match attempt.alone {
        Alone::Achieves => true,
        Alone::AsRoot => user.is_root(),
        Alone::OwnUser => alone.is_some(),
        Alone::Machine | Alone::Never => false,
    };
    let proven = matches!(alone, Some(Outcome::Achieved(_)));
    if has_to && !proven {
        let why = alone.as_ref().map_or("not run", Outcome::detail);
        faults.push(format!(
            "does not achieve without a sandbox, so it cannot fail: {why}"
        ));
    }
    if !matches!(twin, Outcome::Achieved(_)) {
        faults.push(format!(
            "its twin has to achieve, but is {}: {}",
            twin.word(),
            twin.detail()
        ));
    }
    let result = match (&inside, &attempt.inside) {
        (Outcome::Unknown(why), _) => {
            faults.push(format!("inside it could not be tried: {why}"));
            Class::Unknown
        }
        (Outcome::Achieved(how), Inside::Blocked) => {
            faults.push(format!("HOLE: {how}"));
            Class::Hole
        }
        (Outcome::Achieved(_), _) => Class::Gap,
        (Outcome::Blocked(how), Inside::Gap(gap)) => {
            faults.push(format!("gap closed: remove the mark `{gap}` ({how})"));
            Class::Blocked
        }
        (Outcome::Blocked(_), _) => Class::Blocked,
    };
    Verdict {
        title: attempt.title(),
        class: attempt.class,
        user,
        result,
        proven,
        outcomes: [alone, Some(inside), Some(twin)],
        faults,
        took: Duration::ZERO,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::attempt;

    fn verdict(gap: &str, inside: Outcome) -> Verdict {
        let table = format!("name\t{gap}\t\t\t\n");
        let attempt = attempt::parse("files", &table).remove(0);
        let fine = || Outcome::Achieved(String::new());
        judge(
            &attempt,
            User {
                id: 1,
                is_self: true,
            },
            Some(fine()),
            inside,
            fine(),
        )
    }

    #[test]
    fn what_proves_nothing_is_tried_again_and_a_hole_never_is() {
        let attempt = attempt::parse("files", "name\t\t\t\t\n").remove(0);
        let text = String::new;
        for (mode, outcome, expected) in [
            (Mode::Alone, Outcome::Achieved(text()), true),
            (Mode::Alone, Outcome::Blocked(text()), false),
            (Mode::Alone, Outcome::Unknown(text()), false),
            (Mode::Inside, Outcome::Achieved(text()), true),
            (Mode::Inside, Outcome::Blocked(text()), true),
            (Mode::Inside, Outcome::Unknown(text()), false),
            (Mode::Twin, Outcome::Blocked(text()), true),
            (Mode::Twin, Outcome::Unknown(text()), false),
        ] {
            assert_eq!(
                proves(&attempt, mode, &outcome),
                expected,
                "{mode:?} {outcome:?}"
            );
        }
    }

    #[test]
    fn what_could_not_be_tried_never_counts_as_blocked() {
        let unknown = verdict("", Outcome::Unknown("EINVAL".to_owned()));
        assert_eq!((unknown.result, unknown.faults.len()), (Class::Unknown, 1));
    }

    #[test]
    fn a_marked_attempt_that_is_blocked_asks_for_its_mark_to_go() {
        let closed = verdict("hard-links", Outcome::Blocked("EROFS".to_owned()));
        assert!(closed.faults[0].starts_with("gap closed"));
        assert!(
            verdict("hard-links?", Outcome::Blocked("EROFS".to_owned()))
                .faults
                .is_empty()
        );
        assert!(
            verdict("hard-links", Outcome::Achieved(String::new()))
                .faults
                .is_empty()
        );
    }

    #[test]
    fn an_attempt_that_achieves_without_a_mark_is_a_hole() {
        let hole = verdict("", Outcome::Achieved("wrote".to_owned()));
        assert_eq!((hole.result, hole.faults.len()), (Class::Hole, 1));
        assert!(
            verdict("", Outcome::Blocked("EROFS".to_owned()))
                .faults
                .is_empty()
        );
    }
}
