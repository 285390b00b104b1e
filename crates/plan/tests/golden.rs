//! Plans as a reviewer reads them: `tests/golden/*.toml` in, `*.plan` out.
//!
//! A `.toml` is a real `config.toml`; its lines that begin with `#:` describe the
//! machine (`machine/mod.rs`) and the command (`#: run ls -l`, and `#: pty` for a
//! terminal of its own). What every plan has in the same words (environment,
//! devices) is left out, so that the rest can be read. `FUMEHOOD_BLESS=1` writes the
//! plans anew.

mod machine;

use std::path::{Path, PathBuf};

use fumehood_plan::linux::{
    Facts, Opening, Plan, Request, Step, compile, lint, questions, takes_group,
};
use fumehood_policy::config::{Source, parse};
use fumehood_policy::resolve::{Overrides, resolve};
use fumehood_policy::{Layer, Place, Policy, RawText};

use machine::{machine, path};

#[test]
fn every_plan_reads_as_it_was_reviewed() {
    let names = configurations();
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

/// Machines on which a plan opens differently, so that pid 1 is forked again: no proc to
/// be had, a control group to be born in.
const ODD: [&str; 2] = ["masked-proc", "unified"];

#[test]
fn a_plan_for_an_ordinary_machine_opens_as_its_policy_alone_says() {
    let mut tried = 0;
    for name in configurations() {
        let text = std::fs::read_to_string(&name).expect("readable");
        let Ok((policy, facts, plan)) = compiled(&text) else {
            continue;
        };
        let opening = Opening::of(&policy, facts.uid, facts.gid);
        let has_group = plan
            .steps
            .iter()
            .any(|step| matches!(step, Step::ControlGroup { .. }));
        let takes = takes_group(&policy, facts.uid);
        assert!(
            takes || !has_group,
            "a group nobody expects: {}",
            name.display()
        );
        let is_odd = ODD
            .iter()
            .any(|odd| name.file_stem().is_some_and(|stem| stem == *odd));
        assert_eq!(opening.suits(&plan), !is_odd, "{}", name.display());
        let stranger = Opening::of(&policy, facts.uid + 1, facts.gid);
        assert!(
            !stranger.suits(&plan),
            "of somebody else: {}",
            name.display()
        );
        tried += 1;
    }
    assert!(tried > 20, "only {tried} plans");
}

fn configurations() -> Vec<PathBuf> {
    let mut names: Vec<PathBuf> = std::fs::read_dir(folder())
        .expect("the golden folder is there")
        .map(|entry| entry.expect("readable").path())
        .filter(|path| path.extension().is_some_and(|ending| ending == "toml"))
        .collect();
    names.sort();
    names
}

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/golden")
}

/// What a golden policy becomes on its machine, or why nothing.
fn compiled(text: &str) -> Result<(Policy, Facts, Plan), String> {
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
    place.learn(variables).expect("few places are moved");
    let policy = match resolve(&[config], &Overrides::default(), &place) {
        Ok(resolved) => resolved.policy,
        Err(error) => return Err(format!("error: {error}\n")),
    };
    let facts = machine(&rest.join("\n"), &questions(&policy));
    let arguments = run.split(' ').map(RawText::from).collect();
    let request = Request {
        arguments,
        folder: None,
        pty: lines.contains(&"pty"),
    };
    match compile(&policy, &facts, &request) {
        Err(error) => Err(format!("error: {error}\n")),
        Ok(plan) => Ok((policy, facts, plan)),
    }
}

fn planned(text: &str) -> String {
    let (policy, facts, plan) = match compiled(text) {
        Ok(compiled) => compiled,
        Err(error) => return error,
    };
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
        .all(|name| !line.contains(&format!("/dev/{name}")) && !line.contains(&format!(" {name}")))
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
