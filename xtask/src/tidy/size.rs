//! A file is one noun; an overview is one that is read to its end.

use super::{finding::Finding, source::Source};

/// Lines of a Rust file.
const RUST: usize = 700;
/// Lines of ARCHITECTURE.md.
const ARCHITECTURE: usize = 200;

/// Files longer than a reader's patience.
pub fn check(source: &Source) -> Vec<Finding> {
    let lines = source.text.lines().count();
    let (limit, advice) = match source.path.as_str() {
        "ARCHITECTURE.md" => (ARCHITECTURE, "leave out what the code says itself"),
        _ if source.is_rust() => (RUST, "a file is one noun: split it"),
        _ => return Vec::new(),
    };
    if lines <= limit {
        return Vec::new();
    }
    let advice = format!("{lines} lines, at most {limit}: {advice}");
    vec![Finding::about(&source.path, "size", advice)]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_over_its_limit_is_found_and_one_at_it_is_not() {
        for (path, limit) in [("a.rs", RUST), ("ARCHITECTURE.md", ARCHITECTURE)] {
            assert_eq!(
                check(&Source::new(path, &"a\n".repeat(limit + 1))).len(),
                1,
                "{path}"
            );
            assert_eq!(
                check(&Source::new(path, &"a\n".repeat(limit))),
                [],
                "{path}"
            );
        }
        assert_eq!(check(&Source::new("Cargo.lock", &"a\n".repeat(9000))), []);
    }
}
