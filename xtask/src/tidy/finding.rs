//! One broken rule at one place, with what to do about it.

use std::fmt;

/// Where a rule is broken and how to mend it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Finding {
    /// Path from the top of the repository.
    pub file: String,
    /// Counted from 1; 0 when the whole file, or its absence, is meant.
    pub line: usize,
    /// The rule's short name.
    pub rule: &'static str,
    /// What is wrong and what to do, in one line.
    pub advice: String,
}

impl Finding {
    /// A finding about one line.
    pub fn at(file: &str, line: usize, rule: &'static str, advice: impl Into<String>) -> Self {
        Self {
            file: file.to_owned(),
            line,
            rule,
            advice: advice.into(),
        }
    }

    /// A finding about a file as a whole.
    pub fn about(file: &str, rule: &'static str, advice: impl Into<String>) -> Self {
        Self::at(file, 0, rule, advice)
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.line {
            0 => write!(f, "{}: [{}] {}", self.file, self.rule, self.advice),
            line => write!(f, "{}:{line}: [{}] {}", self.file, self.rule, self.advice),
        }
    }
}
