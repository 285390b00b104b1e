//! `crates/nt/mutants.txt`: mutants that change nothing, each with the reason.
//!
//! ```text
//! evaluate/check.rs walk
//!     if remaining.is_empty() {
//!     3: `remaining.is_empty()` → `false`
//!     The loop ends at once, and nothing is left over.
//! ```
//!
//! Lines of code are named by their text, so that the list outlives changes elsewhere.

use anyhow::{Context as _, Result, ensure};

use super::change::Mutant;

/// The list.
pub struct Known {
    entries: Vec<Entry>,
}

struct Entry {
    place: String,
    line: String,
    change: String,
    reason: String,
}

impl Entry {
    fn parse(block: &str) -> Result<Self> {
        let mut lines = block.lines().map(str::trim);
        let mut next = || {
            let line = lines.next().filter(|line| !line.is_empty());
            line.map(str::to_owned)
                .with_context(|| format!("cut off: {block}"))
        };
        let (place, line, change) = (next()?, next()?, next()?);
        let mut reason = next()?;
        for more in lines {
            reason = [&reason, more].map(str::to_owned).join(" ");
        }
        Ok(Self {
            place,
            line,
            change,
            reason,
        })
    }

    fn is_of(&self, mutant: &Mutant) -> bool {
        let Mutant {
            file,
            function,
            column,
            from,
            to,
            ..
        } = mutant;
        self.place == format!("{file} {function}")
            && self.line == mutant.text
            && self.change == format!("{column}: `{from}` → `{to}`")
    }
}

impl Known {
    /// Blocks between empty lines; a block of `#` lines is a remark.
    pub fn parse(text: &str) -> Result<Self> {
        let blocks = text.split("\n\n").map(|block| block.trim_matches('\n'));
        let blocks = blocks.filter(|block| !block.is_empty() && !block.starts_with('#'));
        let entries = blocks.map(Entry::parse).collect::<Result<_>>();
        let entries = entries.context("crates/nt/mutants.txt")?;
        Ok(Self { entries })
    }

    /// The reason why a mutant changes nothing, if it is listed.
    pub fn reason(&self, mutant: &Mutant) -> Option<&str> {
        let entry = self.entries.iter().find(|entry| entry.is_of(mutant))?;
        Some(&entry.reason)
    }

    /// Every entry has to be of a mutant that there is.
    pub fn fits(&self, all: &[Mutant]) -> Result<()> {
        for entry in &self.entries {
            let found = all.iter().any(|mutant| entry.is_of(mutant));
            let Entry {
                place,
                line,
                change,
                ..
            } = entry;
            ensure!(
                found,
                "crates/nt/mutants.txt: no such mutant: {place} `{line}` {change}"
            );
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::super::change::mutants;
    use super::super::names::Names;
    use super::*;

    #[test]
    fn an_entry_is_found_by_its_line_and_one_that_fits_nothing_is_an_error() {
        let names = Names::of(std::iter::empty());
        let all = mutants("a.rs", "fn b() {\n    c && d\n}\n", &names);
        let text =
            "# About.\n\na.rs b\n    c && d\n    2: `&&` → `||`\n    Both hold\n    always.\n";
        let known = Known::parse(text).expect("an entry");
        assert!(known.fits(&all).is_ok());
        assert_eq!(known.reason(&all[0]), Some("Both hold always."));
        let gone = Known::parse(&text.replace("c && d", "c && e")).expect("an entry");
        assert!(gone.fits(&all).is_err() && gone.reason(&all[0]).is_none());
        assert!(Known::parse("a.rs b\n    c && d\n").is_err());
    }
}
