//! Every Rust file opens with `//!`: what it is for.

use super::{finding::Finding, source::Source};

/// Files that say nothing about themselves in their first line.
pub fn check(source: &Source) -> Vec<Finding> {
    if !source.is_rust() || source.text.starts_with("//!") {
        return Vec::new();
    }
    vec![Finding::at(
        &source.path,
        1,
        "opening",
        "open the file with `//!`: what it is for",
    )]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_that_does_not_say_what_it_is_for_is_found() {
        assert_eq!(
            check(&Source::new("a.rs", "use std::fmt;\n//! Late.\n")).len(),
            1
        );
        assert_eq!(
            check(&Source::new("a.rs", "//! What it is for.\nuse std::fmt;\n")),
            []
        );
        assert_eq!(check(&Source::new("a.sh", "#!/bin/sh\n")), []);
    }
}
