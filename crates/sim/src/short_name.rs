//! 8.3 names: a second name of a file that looks unlike the first.
//!
//! A volume that makes them gives each name that is no 8.3 name itself another:
//! up to six letters, `~1`, and up to three of the last extension. Whatever looks
//! at names has to know both; what looks at objects need not.

use crate::name::Name;

/// Numbers tried for one short name; Windows turns to a hash of the name after four, which keeps
/// two letters, and here the number grows.
const NUMBERS: u32 = 1_000_000;

/// The 8.3 name for `name`, other than those that are `taken`; none if it is one itself.
///
/// ```
/// use fumehood_sim::{Name, short_name::short_name};
/// let name = Name::parse("Program Files")?;
/// let short = short_name(&name, |_| false).expect("is long");
/// assert_eq!(short.shown(), "PROGRA~1");
/// assert_eq!(short_name(&Name::parse("readme.txt")?, |_| false), None);
/// # Ok::<_, fumehood_sim::BadName>(())
/// ```
#[must_use]
pub fn short_name(name: &Name, taken: impl Fn(&Name) -> bool) -> Option<Name> {
    if is_short(name.key()) {
        return None;
    }
    let (stem, extension) = match name.key().trim_start_matches('.').rsplit_once('.') {
        Some((stem, extension)) => (stem, extension),
        None => (name.key(), ""),
    };
    let (stem, extension) = (letters(stem, 6), letters(extension, 3));
    (1..NUMBERS).find_map(|number| {
        let tail = format!("~{number}");
        let stem: String = stem.chars().take(8 - tail.len()).collect();
        let dot = if extension.is_empty() { "" } else { "." };
        let short = Name::of(&format!("{stem}{tail}{dot}{extension}"));
        (!taken(&short)).then_some(short)
    })
}

/// The first letters that an 8.3 name may have, the others left out or written as `_`.
fn letters(text: &str, most: usize) -> String {
    let kept = text.chars().filter(|c| !matches!(c, ' ' | '.'));
    let legal = kept.map(|c| if is_legal(c) { c } else { '_' });
    legal.take(most).collect()
}

fn is_legal(letter: char) -> bool {
    letter.is_ascii_alphanumeric() || "$%'-_@~`!(){}^#&".contains(letter)
}

/// Whether a folded name is an 8.3 name ([MS-FSCC] 2.1.5.2.1).
fn is_short(key: &str) -> bool {
    let (stem, extension) = match key.split_once('.') {
        Some((_, "")) => return false,
        Some((stem, extension)) => (stem, extension),
        None => (key, ""),
    };
    let fits = |part: &str, most| part.len() <= most && part.chars().all(is_legal);
    !stem.is_empty() && fits(stem, 8) && fits(extension, 3)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn short(text: &str) -> Option<String> {
        let short = short_name(&Name::of(text), |_| false)?;
        Some(short.shown().to_owned())
    }

    #[test]
    fn a_name_that_is_no_8_3_name_gets_one() {
        let rows = [
            ("Program Files", Some("PROGRA~1")),
            (".git", Some("GIT~1")),
            (".gitignore", Some("GITIGN~1")),
            ("index.html", Some("INDEX~1.HTM")),
            ("a.b.c", Some("AB~1.C")),
            ("a+b", Some("A_B~1")),
            ("README", None),
            ("a.txt", None),
            ("config", None),
        ];
        for (name, expected) in rows {
            assert_eq!(short(name).as_deref(), expected, "{name}");
        }
    }

    #[test]
    fn a_short_name_that_is_taken_is_not_given_twice() {
        let taken = |name: &Name| name.key() == "PROGRA~1";
        let second = short_name(&Name::of("Program Files (x86)"), taken);
        assert_eq!(second, Some(Name::of("PROGRA~2")));
    }
}
