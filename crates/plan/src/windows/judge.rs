//! A policy, asked about Windows paths.
//!
//! Windows finds `.GIT\Hooks` by the name `.git\hooks`; the walk over a policy's
//! rules compares bytes. So the policy is folded once, the path each time, and the
//! walk stays the one that there is.

use fumehood_policy::{AbsPath, Pattern, Policy, RawText, Standing};

use super::path::{WinPath, fold};

/// A policy that was folded.
#[derive(Debug, Clone)]
pub struct Judge {
    policy: Policy,
}

impl Judge {
    /// Folds a policy.
    #[must_use]
    pub fn of(policy: &Policy) -> Self {
        let mut policy = policy.clone();
        for rule in &mut policy.rules {
            rule.pattern = folded_pattern(&rule.pattern);
        }
        for name in &mut policy.protected {
            name.name = folded_text(&name.name);
        }
        for path in [
            &mut policy.workspace,
            &mut policy.home,
            &mut policy.own.state,
        ] {
            *path = folded_path(path);
        }
        for path in &mut policy.own.config {
            *path = folded_path(path);
        }
        Self { policy }
    }

    /// What may be done at a path.
    #[must_use]
    pub fn standing(&self, path: &WinPath) -> Standing {
        match AbsPath::parse(&path.folded_bytes()) {
            Ok(folded) => self.policy.standing(&folded).standing,
            // Longer than the walk takes: nothing was said about it.
            Err(_) => Standing::Hidden,
        }
    }

    /// Whether a path may be written.
    #[must_use]
    pub fn writes(&self, path: &WinPath) -> bool {
        self.standing(path) == Standing::Writable
    }
}

fn folded_bytes(bytes: &[u8]) -> Vec<u8> {
    match std::str::from_utf8(bytes) {
        Ok(text) => fold(text).into_bytes(),
        Err(_) => bytes.to_ascii_uppercase(),
    }
}

fn folded_text(text: &RawText) -> RawText {
    RawText::from_vec(folded_bytes(text.as_bytes()))
}

/// Folding keeps slashes and dots, so what was a path stays one.
fn folded_path(path: &AbsPath) -> AbsPath {
    AbsPath::parse(&folded_bytes(path.as_bytes())).unwrap_or_else(|_| path.clone())
}

fn folded_pattern(pattern: &Pattern) -> Pattern {
    let base = folded_path(pattern.base());
    let Some(glob) = pattern.glob() else {
        return Pattern::path(base);
    };
    let mut folded = Pattern::below(&base, folded_bytes(glob.as_bytes())).unwrap_or_default();
    folded.pop().unwrap_or_else(|| pattern.clone())
}

#[cfg(test)]
mod tests {
    use fumehood_policy::{Place, profiles::BuiltIn};

    use super::*;

    #[test]
    fn a_policy_answers_for_every_way_to_write_a_path() {
        let path = |text: &str| text.parse::<AbsPath>().expect("absolute");
        let place = Place::new(
            path("/C:/Users/ann"),
            path("/C:/Users/ann/w"),
            path("/C:/Users/ann/s"),
        );
        let judge = Judge::of(&Policy::built_in(BuiltIn::WorkspaceWrite, &place));
        let rows = [
            (r"c:\users\ANN\W\src", Standing::Writable),
            (r"C:\Users\ann\w\.GIT\hooks\x", Standing::ReadOnly),
            (r"C:\Users\ann\w\.VSCode\x", Standing::ReadOnly),
            (r"C:\Users\ann\.SSH\id", Standing::Hidden),
            (r"C:\Users\ann\other", Standing::ReadOnly),
            (r"C:\Windows", Standing::ReadOnly),
            (r"C:\USERS\ann\S\audit", Standing::Hidden),
        ];
        for (asked, expected) in rows {
            assert_eq!(
                judge.standing(&asked.parse().expect("a path")),
                expected,
                "{asked}"
            );
        }
    }
}
