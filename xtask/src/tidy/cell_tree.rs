//! What `fumehood-cell` links, held to a list.
//!
//! The supervisor and the inner program start for every command and stand next
//! to hostile code: no async runtime, TLS, exporter or command-line parser.

use super::finding::Finding;

/// The list, from the top of the repository.
pub const LIST: &str = "xtask/cell-dependencies.txt";

/// The tree, one package a line, as `cargo` is asked for it.
pub const COMMAND: [&str; 12] = [
    "tree",
    "--offline",
    "--package",
    "fumehood-cell",
    "--edges",
    "normal,no-proc-macro",
    "--prefix",
    "none",
    "--format",
    "{p}",
    "--target",
    "x86_64-unknown-linux-gnu",
];

/// Packages that are linked and not listed, or listed and not linked.
pub fn check(tree: &str, list: &str) -> Vec<Finding> {
    let mut linked: Vec<&str> = tree
        .lines()
        .filter_map(|line| line.split_whitespace().next())
        .collect();
    linked.sort_unstable();
    linked.dedup();
    let listed: Vec<&str> = list
        .lines()
        .map(|line| line.split('#').next().unwrap_or_default().trim())
        .filter(|line| !line.is_empty())
        .collect();
    let found = |advice| Finding::about(LIST, "cell-tree", advice);
    let mut findings = Vec::new();
    for name in linked.iter().filter(|name| !listed.contains(name)) {
        findings.push(found(format!(
            "`{name}` is linked into the cell: take it out, or list it with its reason"
        )));
    }
    for name in listed.iter().filter(|name| !linked.contains(name)) {
        findings.push(found(format!(
            "`{name}` is no longer linked into the cell: take it off the list"
        )));
    }
    findings
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_package_that_comes_or_goes_is_found() {
        let tree = "fumehood-cell v0.1.0 (/a)\nserde v1.0.0\nserde v1.0.0 (*)\n\n";
        assert_eq!(
            check(
                tree,
                "# The list.\nfumehood-cell\nserde # plans cross as JSON\n"
            ),
            []
        );
        assert_eq!(check(tree, "fumehood-cell\n").len(), 1);
        assert_eq!(check(tree, "fumehood-cell\nserde\ntokio\n").len(), 1);
    }
}
