//! The page: tables of what came, and notes of what it hangs on.

use std::fmt::Write as _;

use fumehood_plan::windows::TokenProfile;
use fumehood_sim::search::finding::{Reading, readings};

use super::trial::Came;

/// Which word stands for yes and which for no.
#[derive(Clone, Copy)]
pub struct Words {
    pub yes: &'static str,
    pub no: &'static str,
}

/// Notes that several cells share, in the order of their first use.
#[derive(Default)]
pub struct Notes(Vec<String>);

impl Notes {
    fn number(&mut self, note: String) -> usize {
        if let Some(at) = self.0.iter().position(|known| *known == note) {
            return at + 1;
        }
        self.0.push(note);
        self.0.len()
    }

    /// The list of them.
    pub fn list(&self) -> String {
        let lines = self
            .0
            .iter()
            .zip(1..)
            .map(|(note, number)| format!("{number}. {note}\n"));
        lines.collect()
    }
}

/// The head of a table with a column a profile.
pub fn head(first: &str) -> String {
    let names: Vec<&str> = TokenProfile::ALL
        .iter()
        .map(|profile| profile.name())
        .collect();
    let line = "|---".repeat(names.len() + 1);
    format!("| {first} | {} |\n{line}|\n", names.join(" | "))
}

/// One line of a table.
pub fn line(name: &str, cells: &[Vec<Came>], words: Words, notes: &mut Notes) -> String {
    let mut line = format!("| {name} |");
    for answers in cells {
        // Writing to a string does not fail.
        let _written = write!(line, " {} |", cell(answers, words, notes));
    }
    line.push('\n');
    line
}

fn cell(answers: &[Came], words: Words, notes: &mut Notes) -> String {
    let Some(Some(by_default)) = answers.first().copied() else {
        return "–".to_owned();
    };
    let word = if by_default { words.yes } else { words.no };
    let all = readings();
    let other = |(at, _): &(usize, &Reading)| answers.get(*at) != Some(&Some(by_default));
    let moved: Vec<&Reading> = all
        .iter()
        .enumerate()
        .filter(other)
        .map(|(_, one)| one)
        .collect();
    if moved.is_empty() {
        return word.to_owned();
    }
    let alone = moved
        .iter()
        .filter_map(|one| Some(format!("`{}={}`", one.switch?.name(), one.value)));
    let alone: Vec<String> = alone.collect();
    let text = if alone.is_empty() {
        let extremes: Vec<&str> = moved.iter().map(|one| one.value).collect();
        format!(
            "otherwise with several switches at once ({})",
            extremes.join(", ")
        )
    } else {
        format!("otherwise with {}", alone.join(" or "))
    };
    format!("{word} [{}]", notes.number(text))
}
