//! Which crate may use which: the doors of the house, and no other.
//!
//! `policy → plan → {sim, os}`; `os → cell`; `{sim, cell, proxy} → fumehood →
//! {telemetry, cli}`; `telemetry → cli`; `policy → proxy`; `nt` below `plan`,
//! `sim`, `os`. What is below a door's other side may be used as well, except
//! by `cli` and `telemetry`, which see only the library; `cli` also sees `nt`,
//! which is values and depends on nothing (`docs/decisions/0009-nt-at-the-command-line.md`).

use anyhow::{Context as _, Result};
use serde_json::Value;

use super::finding::Finding;

/// A room, by its folder under `crates/`, and the rooms it may use.
const DOORS: [(&str, &[&str]); 10] = [
    ("policy", &[]),
    ("nt", &[]),
    ("plan", &["policy", "nt"]),
    ("proxy", &["policy"]),
    ("sim", &["policy", "nt", "plan"]),
    ("os", &["policy", "nt", "plan"]),
    ("cell", &["policy", "nt", "plan", "os"]),
    (
        "fumehood",
        &["policy", "nt", "plan", "sim", "os", "cell", "proxy"],
    ),
    ("telemetry", &["fumehood"]),
    ("cli", &["fumehood", "telemetry", "nt"]),
];

/// What only some rooms may use of other people's work.
const CORNERS: [(&str, &[&str]); 6] = [
    ("anyhow", &["cli"]),
    ("clap", &["cli"]),
    ("tokio", &["proxy", "telemetry"]),
    ("rustls", &["proxy", "telemetry"]),
    ("libc", &["os"]),
    ("windows-sys", &["os"]),
];

/// A package of the workspace.
#[derive(Debug, Clone)]
pub struct Package {
    /// Its folder from the top of the repository: `crates/plan`, `xtask`.
    pub folder: String,
    /// Names of what it depends on, in any way.
    pub uses: Vec<Used>,
}

/// What a package depends on.
#[derive(Debug, Clone)]
pub struct Used {
    /// The package's name.
    pub name: String,
    /// Its folder, if it is of this workspace.
    pub folder: Option<String>,
    /// Whether only its tests and examples use it.
    pub dev: bool,
}

/// Edges that are no door.
pub fn check(packages: &[Package]) -> Vec<Finding> {
    let mut findings = Vec::new();
    // Tests, benches and xtask stand outside the house and may look in anywhere.
    for package in packages
        .iter()
        .filter(|package| package.folder.starts_with("crates/"))
    {
        let room = &package.folder["crates/".len()..];
        let manifest = format!("{}/Cargo.toml", package.folder);
        let mut found = |advice| findings.push(Finding::about(&manifest, "door", advice));
        let Some((_, open)) = DOORS.iter().find(|(name, _)| *name == room) else {
            found(format!(
                "`{room}` has no doors: add it to the table, with a decision"
            ));
            continue;
        };
        for used in &package.uses {
            let target = used.folder.as_deref();
            let own = target.map(|folder| folder.strip_prefix("crates/").unwrap_or(folder));
            if let Some(own) = own.filter(|own| !open.contains(own) && *own != room) {
                found(format!("`{room}` may not use `{own}`; it may use {open:?}"));
            }
            let corner = CORNERS
                .iter()
                .find(|(name, _)| *name == used.name && !used.dev);
            if let Some((name, rooms)) = corner.filter(|(_, rooms)| !rooms.contains(&room)) {
                found(format!(
                    "`{room}` may not use `{name}`: that stays in {rooms:?}"
                ));
            }
        }
    }
    findings
}

/// Reads what `cargo metadata` prints.
pub fn packages(metadata: &str) -> Result<Vec<Package>> {
    let metadata: Value = serde_json::from_str(metadata)?;
    let text = |value: &Value, key: &str| value[key].as_str().map(str::to_owned);
    let top = text(&metadata, "workspace_root").context("no `workspace_root`")?;
    let below = |path: &str| {
        let path = path.strip_prefix(&top)?.trim_start_matches(['/', '\\']);
        Some(path.replace('\\', "/"))
    };
    let mut packages = Vec::new();
    for package in metadata["packages"].as_array().context("no `packages`")? {
        let manifest = text(package, "manifest_path").context("no `manifest_path`")?;
        let manifest = below(&manifest).context("a package outside the workspace")?;
        let folder = manifest
            .trim_end_matches("Cargo.toml")
            .trim_end_matches('/')
            .to_owned();
        let mut uses = Vec::new();
        for used in package["dependencies"]
            .as_array()
            .context("no `dependencies`")?
        {
            uses.push(Used {
                name: text(used, "name").context("a dependency without a name")?,
                folder: text(used, "path").and_then(|path| below(&path)),
                dev: used["kind"] == "dev",
            });
        }
        packages.push(Package { folder, uses });
    }
    Ok(packages)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn package(folder: &str, uses: &[&str]) -> Package {
        let edge = |name: &&str| Used {
            name: name.rsplit('/').next().unwrap_or_default().to_owned(),
            folder: name.contains('/').then(|| (*name).to_owned()),
            dev: false,
        };
        Package {
            folder: folder.to_owned(),
            uses: uses.iter().map(edge).collect(),
        }
    }

    fn count(folder: &str, uses: &[&str]) -> usize {
        check(&[package(folder, uses)]).len()
    }

    #[test]
    fn an_edge_that_is_no_door_is_found() {
        for (folder, used) in [
            ("crates/policy", "crates/plan"),
            ("crates/plan", "crates/os"),
            ("crates/cli", "crates/policy"),
            ("crates/proxy", "crates/plan"),
            ("crates/cell", "crates/sim"),
            ("crates/nt", "crates/policy"),
            ("crates/fumehood", "crates/cli"),
            ("crates/os", "crates/cell"),
            ("crates/plan", "tests/escape"),
        ] {
            assert_eq!(count(folder, &[used]), 1, "{folder} → {used}");
        }
    }

    #[test]
    fn the_doors_and_what_is_below_them_are_open() {
        assert_eq!(
            count(
                "crates/cell",
                &["crates/os", "crates/plan", "crates/policy"]
            ),
            0
        );
        assert_eq!(
            count(
                "crates/fumehood",
                &["crates/cell", "crates/os", "crates/policy"]
            ),
            0
        );
        assert_eq!(
            count(
                "crates/cli",
                &["crates/fumehood", "crates/telemetry", "crates/nt"]
            ),
            0
        );
        assert_eq!(
            count("tests/escape", &["crates/os", "crates/cli", "tests/golden"]),
            0
        );
        assert_eq!(count("xtask", &["anyhow", "crates/plan"]), 0);
    }

    #[test]
    fn a_room_without_a_row_is_found() {
        assert_eq!(count("crates/helpers", &[]), 1);
    }

    #[test]
    fn other_people_s_work_stays_in_its_corner_but_for_tests() {
        assert_eq!(count("crates/plan", &["tokio"]), 1);
        assert_eq!(count("crates/fumehood", &["anyhow"]), 1);
        assert_eq!(count("crates/os", &["libc", "rustix"]), 0);
        let mut tested = package("crates/fumehood", &["libc"]);
        tested.uses[0].dev = true;
        assert_eq!(check(&[tested]), []);
    }

    #[test]
    fn packages_are_read_from_what_cargo_prints() {
        let metadata = r#"{"workspace_root": "/a", "packages": [{"manifest_path": "/a/crates/os/Cargo.toml",
            "dependencies": [{"name": "fumehood-plan", "path": "/a/crates/plan", "kind": null},
                             {"name": "libc", "kind": "dev"}]}]}"#;
        let packages = packages(metadata).expect("is metadata");
        assert_eq!(packages[0].folder, "crates/os");
        assert_eq!(packages[0].uses[0].folder.as_deref(), Some("crates/plan"));
        assert!(packages[0].uses[1].dev && packages[0].uses[1].folder.is_none());
    }
}
