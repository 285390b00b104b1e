//! Plans for Windows as a reviewer reads them: `tests/golden/windows/*.toml` in,
//! `*.plan` out, as for Linux. Paths of a policy are written `/C:/work`.

mod windows_machine;

use std::path::{Path, PathBuf};

use fumehood_plan::windows::{
    Facts, Plan, Request, TokenProfile, WinPath, compile, lint, questions,
};
use fumehood_policy::config::{Source, parse};
use fumehood_policy::resolve::{Overrides, resolve};
use fumehood_policy::{GapName, Layer, Place, Policy, RawText};

use windows_machine::{machine, path};

#[test]
fn every_windows_plan_reads_as_it_was_reviewed() {
    let names = configurations();
    assert!(
        names.len() >= 8,
        "only {} golden plans were found",
        names.len()
    );
    let mut wrong = Vec::new();
    for name in names {
        let text = std::fs::read_to_string(&name).expect("readable");
        let got = planned(&text);
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

#[test]
fn every_profile_s_plan_passes_the_second_reading_on_every_machine() {
    let mut tried = 0;
    for name in configurations() {
        let text = std::fs::read_to_string(&name).expect("readable");
        for profile in TokenProfile::ALL {
            if let Ok((policy, facts, plan)) = compiled(&text, Some(profile)) {
                let findings = lint(&policy, &facts, &plan);
                assert_eq!(findings, [], "{profile} of {}", name.display());
                tried += 1;
            }
        }
    }
    assert!(tried > 20, "only {tried} plans");
}

#[test]
fn a_plan_is_in_force_when_it_is_made_again_after_all_its_steps() {
    for name in configurations() {
        let text = std::fs::read_to_string(&name).expect("readable");
        let Ok((_, facts, plan)) = compiled(&text, None) else {
            continue;
        };
        for step in &plan.steps {
            let fumehood_plan::windows::Step::Set { path, change, .. } = step else {
                continue;
            };
            let Some(found) = facts.found(path) else {
                continue;
            };
            let after = change.apply(&found.descriptor);
            assert!(change.is_in_force(&after), "{path} of {}", name.display());
            assert!(
                after.dacl.list().is_none_or(fumehood_nt::Acl::is_canonical),
                "{path}"
            );
        }
    }
}

fn configurations() -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/golden/windows");
    let mut names: Vec<PathBuf> = std::fs::read_dir(folder)
        .expect("the golden folder is there")
        .map(|entry| entry.expect("readable").path())
        .filter(|path| path.extension().is_some_and(|ending| ending == "toml"))
        .collect();
    names.sort();
    names
}

/// What a golden policy becomes on its machine, or why nothing.
fn compiled(text: &str, profile: Option<TokenProfile>) -> Result<(Policy, Facts, Plan), String> {
    let lines: Vec<&str> = text
        .lines()
        .filter_map(|line| line.strip_prefix("#: "))
        .collect();
    let said = lines.iter().find_map(|line| line.strip_prefix("profile "));
    let named = TokenProfile::ALL
        .into_iter()
        .find(|profile| Some(profile.name()) == said);
    let source = Source {
        layer: Layer::User,
        file: RawText::from("config.toml"),
        text,
    };
    let (config, _) = parse(&source).expect("a golden configuration parses");
    let absolute = |text: &str| text.parse().expect("absolute");
    let place = Place::new(
        absolute("/C:/Users/ann"),
        absolute("/C:/Users/ann/w"),
        absolute("/C:/Users/ann/AppData/Local/fumehood"),
    );
    let mut policy = resolve(&[config], &Overrides::default(), &place)
        .map_err(|error| format!("error: {error}\n"))?
        .policy;
    let named = named.unwrap_or(TokenProfile::of(policy.windows));
    if profile.is_some() {
        policy.accept.extend(GapName::ALL);
    }
    let machine_lines: Vec<&str> = lines
        .iter()
        .copied()
        .filter(|line| !line.starts_with("profile "))
        .collect();
    let repositories: Vec<WinPath> = lines
        .iter()
        .filter_map(|line| line.strip_prefix("repository "))
        .map(path)
        .collect();
    let facts = machine(&machine_lines, &questions(&policy, &repositories));
    let request = Request {
        arguments: vec!["cmd".into(), "/c".into(), "dir".into()],
        folder: None,
    };
    let plan = compile(&policy, &facts, profile.unwrap_or(named), &request)
        .map_err(|error| format!("error: {error}\n"))?;
    Ok((policy, facts, plan))
}

fn planned(text: &str) -> String {
    match compiled(text, None) {
        Ok((policy, facts, plan)) => {
            assert_eq!(
                lint(&policy, &facts, &plan),
                [],
                "the second reading disagrees"
            );
            plan.to_string()
        }
        Err(error) => error,
    }
}
