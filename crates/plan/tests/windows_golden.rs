//! Plans for Windows as a reviewer reads them: `tests/golden/windows/*.toml` in,
//! `*.plan` out, as for Linux. Paths of a policy are written `/C:/work`.

mod windows_machine;

use fumehood_plan::windows::{TokenProfile, lint};

use windows_machine::{compiled, configurations};

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
