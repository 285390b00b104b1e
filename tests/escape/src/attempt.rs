//! The tables of the attempts, as the C programs print them.

use fumehood_policy::GapName;

/// Why an attempt need not achieve without a sandbox.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Alone {
    /// It has to.
    Achieves,
    /// It has to as root.
    AsRoot,
    /// It reaches every process of a user: only as one who has no others.
    OwnUser,
    /// Some machines lack what it needs.
    Machine,
    /// It is not tried.
    Never,
}

/// What an attempt is expected to do inside.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Inside {
    /// It is blocked.
    Blocked,
    /// It achieves, for want of what this gap names.
    Gap(String),
    /// Either: the gap, or the limit, is one of some machines or moments.
    Either(String),
}

/// One attempt.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Attempt {
    /// The program it is in.
    pub class: &'static str,
    /// Its name there.
    pub name: String,
    /// What is expected inside.
    pub inside: Inside,
    /// What is expected without a sandbox.
    pub alone: Alone,
    /// What is set up besides the usual.
    pub scene: String,
    /// Who outside notices when it achieves; empty for nobody.
    pub witness: String,
    /// Whether only the witness decides.
    pub witness_decides: bool,
}

impl Attempt {
    /// Its full name.
    #[must_use]
    pub fn title(&self) -> String {
        format!("{}/{}", self.class, self.name)
    }
}

/// Reads the table of one class. Parts of other attempts are left out.
///
/// # Panics
///
/// If a table says something that this suite does not know.
#[must_use]
pub fn parse(class: &'static str, table: &str) -> Vec<Attempt> {
    table
        .lines()
        .map(|line| {
            let fields: Vec<&str> = line.split('\t').collect();
            let [name, gap, alone, scene, witness] = fields[..] else {
                panic!("{class}: a line of five fields: {line}")
            };
            Attempt {
                class,
                name: name.to_owned(),
                inside: inside(gap),
                alone: parse_alone(alone),
                scene: scene.to_owned(),
                witness: witness.trim_start_matches('!').to_owned(),
                witness_decides: witness.starts_with('!'),
            }
        })
        .filter(|attempt| attempt.scene != "part")
        .collect()
}

fn inside(gap: &str) -> Inside {
    let name = gap.trim_end_matches('?');
    // A limit is no gap: docs/LIMITS.md says what of a race is left.
    assert!(
        name.is_empty() || name == "limit" || GapName::parse(name).is_some(),
        "`{name}` is no gap"
    );
    match gap {
        "" => Inside::Blocked,
        _ if gap.ends_with('?') => Inside::Either(name.to_owned()),
        _ => Inside::Gap(name.to_owned()),
    }
}

fn parse_alone(why: &str) -> Alone {
    match why.split(':').next().unwrap_or_default() {
        "" => Alone::Achieves,
        "root" => Alone::AsRoot,
        "own" => Alone::OwnUser,
        "machine" => Alone::Machine,
        "never" => Alone::Never,
        other => panic!("`{other}` is no reason"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mark_with_a_question_lets_both_outcomes_pass() {
        assert_eq!(inside("memory?"), Inside::Either("memory".to_owned()));
        assert_eq!(inside("hard-links"), Inside::Gap("hard-links".to_owned()));
        assert_eq!(inside(""), Inside::Blocked);
    }

    #[test]
    fn a_part_of_another_attempt_is_none_by_itself() {
        let table = "a\t\t\t\t!beat\nb\t\tnever: x\tpart\t\n";
        let parsed = parse("files", table);
        assert_eq!(parsed.len(), 1);
        assert!(parsed[0].witness_decides && parsed[0].witness == "beat");
    }
}
