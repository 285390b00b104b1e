//! Did you mean …: the known word closest to one that is not known.

/// Longest word that is compared: the work grows with the square.
const LENGTH_LIMIT: usize = 64;

/// The word of `known` closest to `word`, if any is close enough to be meant.
pub(crate) fn nearest<'a>(word: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    if word.len() > LENGTH_LIMIT {
        return None;
    }
    let word: Vec<char> = fold(word);
    let limit = (word.len() / 3).clamp(1, 4);
    let near = known
        .into_iter()
        .map(|other| (distance(&word, &fold(other)), other));
    near.filter(|(distance, _)| *distance <= limit)
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, other)| other)
}

/// Case, `-` and `_` are what people mix up without noticing.
fn fold(word: &str) -> Vec<char> {
    word.chars()
        .map(|c| {
            if c == '-' {
                '_'
            } else {
                c.to_ascii_lowercase()
            }
        })
        .collect()
}

/// How many letters to add, drop, change or swap with their neighbour.
fn distance(a: &[char], b: &[char]) -> usize {
    let mut before = vec![0; b.len() + 1];
    let mut last: Vec<usize> = (0..=b.len()).collect();
    for i in 1..=a.len() {
        let mut row = vec![i; b.len() + 1];
        for j in 1..=b.len() {
            let change = last[j - 1] + usize::from(a[i - 1] != b[j - 1]);
            row[j] = change.min(last[j] + 1).min(row[j - 1] + 1);
            if i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] {
                row[j] = row[j].min(before[j - 2] + 1);
            }
        }
        before = std::mem::replace(&mut last, row);
    }
    last[b.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slip_finds_its_word_and_a_stranger_finds_none() {
        const KNOWN: [&str; 4] = ["deny_read", "deny_write", "read", "network"];
        assert_eq!(nearest("deny_raed", KNOWN), Some("deny_read"));
        assert_eq!(nearest("Deny-Read", KNOWN), Some("deny_read"));
        assert_eq!(nearest("reed", KNOWN), Some("read"));
        assert_eq!(nearest("colour", KNOWN), None);
        assert_eq!(nearest(&"x".repeat(10_000), KNOWN), None);
    }
}
