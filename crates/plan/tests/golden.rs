//! Plans as a reviewer reads them: `tests/golden/*.toml` in, `*.plan` out.
//!
//! A `.toml` is a real `config.toml`; its lines that begin with `#:` describe the
//! machine (`machine/mod.rs`) and the command (`#: run ls -l`, and `#: pty` for a
//! terminal of its own). What every plan has in the same words (environment,
//! devices) is left out, so that the rest can be read. `FUMEHOOD_BLESS=1` writes the
//! plans anew.

mod machine;

use std::path::{Path, PathBuf};

use fumehood_plan::linux::{Request, compile, lint, questions};
use fumehood_policy::config::{Source, parse};
use fumehood_policy::resolve::{Overrides, resolve};
use fumehood_policy::{Layer, Place, RawText};

use machine::{machine, path};

#[test]
fn every_plan_reads_as_it_was_reviewed() {
    let mut names: Vec<PathBuf> = std::fs::read_dir(folder())
        .expect("the golden folder is there")
        .map(|entry| entry.expect("readable").path())
        .filter(|path| path.extension().is_some_and(|ending| ending == "toml"))
        .collect();
    names.sort();
    assert!(
        names.len() >= 10,
        "only {} golden plans were found",
        names.len()
    );
    let mut wrong = Vec::new();
    for name in names {
        let got = planned(&std::fs::read_to_string(&name).expect("readable"));
        let want = name.with_extension("plan");
        if std::env::var_os("FUMEHOOD_BLESS").is_some() {
            std::fs::write(&want, &got).expect("writable");
        }
        if std::fs::read_to_string(&want).unwrap_or_default() != got {
            wrong.push(format!("{}:\n{got}", name.display()));
        }
    }
    assert!(
        wrong.is_empty(),
        "these plans changed (cargo xtask golden --bless writes them anew):\n{}",
        wrong.join("\n")
    );
}

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/golden")
}

fn planned(text: &str) -> String {
    let lines: Vec<&str> = text
        .lines()
        .filter_map(|line| line.strip_prefix("#: "))
        .collect();
    let run = lines
        .iter()
        .find_map(|line| line.strip_prefix("run "))
        .unwrap_or("true");
    let rest: Vec<&str> = lines
        .iter()
        .copied()
        .filter(|line| !line.starts_with("run ") && *line != "pty")
        .collect();
    let source = Source {
        layer: Layer::User,
        file: RawText::from("config.toml"),
        text,
    };
    let (config, _) = parse(&source).expect("a golden configuration parses");
    let mut place = Place::new(
        path("/home/ann"),
        path("/home/ann/w"),
        path("/home/ann/.local/state/fumehood"),
    );
    place.runtime = Some(path("/run/user/1000"));
    let variables = lines.iter().filter_map(|line| {
        let (name, value) = line.strip_prefix("env ")?.split_once(' ')?;
        Some((name.as_bytes(), value.as_bytes()))
    });
    place.learn(variables);
    let policy = match resolve(&[config], &Overrides::default(), &place) {
        Ok(resolved) => resolved.policy,
        Err(error) => return format!("error: {error}\n"),
    };
    let facts = machine(&rest.join("\n"), &questions(&policy));
    let arguments = run.split(' ').map(RawText::from).collect();
    match compile(
        &policy,
        &facts,
        &Request {
            arguments,
            folder: None,
            pty: lines.contains(&"pty"),
        },
    ) {
        Err(error) => format!("error: {error}\n"),
        Ok(plan) => {
            let findings = lint(&policy, &facts, &plan);
            assert_eq!(findings, [], "the second reading disagrees");
            let usual = |line: &&str| {
                !line.starts_with("  environment")
                    || line.contains("PATH=")
                    || line.contains("CARGO")
                    || line.contains("SSH_")
            };
            let device = |line: &&str| {
                [
                    "null", "zero", "full", "random", "urandom", "tty", "std", " fd ", "ptmx",
                ]
                .iter()
                .all(|name| {
                    !line.contains(&format!("/dev/{name}")) && !line.contains(&format!(" {name}"))
                })
            };
            let lines: Vec<String> = plan
                .to_string()
                .lines()
                .filter(usual)
                .filter(device)
                .map(|line| format!("{line}\n"))
                .collect();
            lines.concat()
        }
    }
}
