//! Probes on Linux.

mod ask;
mod attempt;
mod calls;
mod inside;
mod lifetime;
mod probes;
mod scene;
mod traces;

use fumehood_policy::Policy;

use self::ask::Answer;
use self::attempt::{Attempt, Try};
use self::inside::Errand;
use self::probes::{Ground, Spec};
use self::scene::Scene;
use super::{Examination, Outcome, Probe, Promise, Twin, VERSION};
use crate::report::{Enforcement, Evidence, Guarantee};
use crate::{Error, Launcher, Sandbox};

pub use inside::probe_main;

/// First argument of a probe, with the version of what is spoken to it.
const MARK: &str = "__fumehood-probe-1";

/// One examination under way.
struct Run<'a> {
    sandbox: &'a Sandbox,
    launcher: &'a Launcher,
    scene: &'a Scene,
}

/// Sets up, tries everything, and leaves nothing.
///
/// # Errors
///
/// As [`super::examine`].
pub fn examine(policy: &Policy, launcher: &Launcher) -> Result<Examination, Error> {
    let scene = Scene::set(&policy.home, launcher)?;
    let in_trouble =
        |report, error: &Error| Examination::in_trouble(&policy.profile, report, error);
    let own = scene.policy(policy);
    let sandbox = match Sandbox::builder(own).launcher(launcher.clone()).prepare() {
        Ok(sandbox) => sandbox,
        Err(error) => return Ok(in_trouble(None, &error)),
    };
    let report = sandbox.report();
    // What cannot even answer needs no more probes, but a reason.
    let greeting = Errand {
        twin: Try::Answer,
        act: Try::Answer,
    };
    if let Err(error) = ask::run(&sandbox, &scene.program, &greeting) {
        return Ok(in_trouble(Some(report), &error));
    }
    let run = Run {
        sandbox: &sandbox,
        launcher,
        scene: &scene,
    };
    let promises: Result<Vec<Promise>, Error> = report
        .enforcements
        .iter()
        .map(|enforcement| run.promise(enforcement))
        .collect();
    let promises = promises?;
    Ok(Examination {
        v: VERSION,
        sound: promises.iter().all(Promise::is_sound),
        tier: report.tier.clone(),
        profile: report.profile.clone(),
        trouble: None,
        promises,
        gaps: report.gaps.clone(),
    })
}

impl Run<'_> {
    fn promise(&self, enforcement: &Enforcement) -> Result<Promise, Error> {
        let program = crate::settings::to_std(&self.scene.program);
        let plan = self.sandbox.command(program).plan()?;
        let ground = Ground {
            scene: self.scene,
            policy: self.sandbox.policy(),
            plan: &plan,
        };
        let probes: Vec<Probe> = match enforcement.guarantee {
            Guarantee::Lifetime => lifetime::probes(self),
            other => ground
                .probes(other)
                .into_iter()
                .map(|spec| self.probe(spec))
                .collect(),
        };
        let result = together(&probes);
        let level = match result {
            Outcome::Held => Some(Evidence::Proven),
            Outcome::Unknown => Some(enforcement.evidence),
            Outcome::Broken => None,
        };
        Ok(Promise {
            guarantee: enforcement.guarantee,
            result,
            level,
            mechanism: enforcement.mechanism.clone(),
            gaps: enforcement.gaps.clone(),
            probes,
        })
    }

    fn probe(&self, spec: Spec<'_>) -> Probe {
        let errand = Errand {
            twin: spec.twin.clone(),
            act: spec.act.clone(),
        };
        let program = &self.scene.program;
        let answer = if spec.variables.is_empty() {
            ask::ask(self.sandbox, program, &errand)
        } else {
            ask::ask_with(self.sandbox.policy(), program, errand, &spec.variables)
        };
        let is_accepted = |gap: &_| self.sandbox.report().gaps.iter().any(|is| is.name == *gap);
        let (result, said, twin) = judge(&spec, answer);
        Probe {
            name: spec.name.to_owned(),
            tries: spec.tries,
            result,
            said,
            twin: Twin {
                tries: spec.twin_tries,
                ..twin
            },
            gap: spec.gap.filter(is_accepted),
        }
    }
}

/// What `probes` say together: the worst of those that count, and nothing is known
/// from none.
fn together(probes: &[Probe]) -> Outcome {
    let counting = probes.iter().filter(|probe| probe.gap.is_none());
    let results = counting.map(|probe| probe.result);
    results.max().unwrap_or(Outcome::Unknown)
}

/// What an answer means, together with how it looks from outside.
fn judge(spec: &Spec<'_>, answer: Result<Answer, String>) -> (Outcome, String, Twin) {
    let outside = spec.outside.as_ref().map(|look| look());
    let twin = |worked, said: &str| Twin {
        tries: String::new(),
        worked,
        said: said.to_owned(),
    };
    let answer = match answer {
        Ok(answer) => answer,
        Err(why) if matches!(outside, Some(Ok(true))) => {
            return (
                Outcome::Broken,
                format!("it had its effect outside; {why}"),
                twin(false, ""),
            );
        }
        Err(why) => return (Outcome::Unknown, why, twin(false, "it was not tried")),
    };
    let seen = spec
        .twin_leaves
        .as_ref()
        .map(|path| crate::settings::to_std(path).exists());
    let worked = matches!(answer.twin, Attempt::Worked(_)) && seen != Some(false);
    let twin = match (&answer.twin, seen) {
        (Attempt::Worked(_), Some(false)) => twin(false, "it is not there, seen from outside"),
        (other, _) => twin(worked, other.said()),
    };
    let said = answer.act.said().to_owned();
    let (result, said) = match (&answer.act, outside) {
        (_, Some(Ok(true))) => (
            Outcome::Broken,
            format!("{said}; it had its effect outside"),
        ),
        (Attempt::Worked(_), None) => (Outcome::Broken, said),
        (_, Some(Err(error))) => (Outcome::Unknown, format!("{said}; outside: {error}")),
        (Attempt::Failed(_), _) => (Outcome::Unknown, said),
        _ if !worked => (Outcome::Unknown, format!("{said}; its twin did not work")),
        (Attempt::Worked(_), Some(Ok(false))) => {
            (Outcome::Held, format!("{said}, with no effect outside"))
        }
        (Attempt::Refused(_), _) => (Outcome::Held, said),
    };
    (result, said, twin)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::doctor::linux::probes::Spec;

    fn spec<'s>(outside: Option<bool>) -> Spec<'s> {
        Spec::of_outside(outside)
    }

    fn outcome(twin: Attempt, act: Attempt, outside: Option<bool>) -> Outcome {
        judge(&spec(outside), Ok(Answer { twin, act })).0
    }

    fn kinds() -> [Attempt; 3] {
        [
            Attempt::Worked(String::new()),
            Attempt::Refused(String::new()),
            Attempt::Failed(String::new()),
        ]
    }

    #[test]
    fn nothing_is_held_without_a_twin_that_worked() {
        let [worked, ..] = kinds();
        for twin in kinds().into_iter().filter(|twin| *twin != worked) {
            for act in kinds() {
                for outside in [None, Some(false), Some(true)] {
                    assert_ne!(
                        outcome(twin.clone(), act.clone(), outside),
                        Outcome::Held,
                        "{act:?}"
                    );
                }
            }
        }
    }

    #[test]
    fn what_had_its_effect_is_broken_whatever_else_is_known() {
        let [worked, ..] = kinds();
        for twin in kinds() {
            for act in kinds() {
                assert_eq!(outcome(twin.clone(), act, Some(true)), Outcome::Broken);
            }
            assert_eq!(outcome(twin, worked.clone(), None), Outcome::Broken);
        }
        let unheard = judge(&spec(Some(true)), Err("gone".to_owned())).0;
        assert_eq!(unheard, Outcome::Broken);
    }

    #[test]
    fn a_refusal_with_a_twin_that_worked_is_held_and_a_failure_is_unknown() {
        let [worked, refused, failed] = kinds();
        for outside in [None, Some(false)] {
            assert_eq!(
                outcome(worked.clone(), refused.clone(), outside),
                Outcome::Held
            );
            assert_eq!(
                outcome(worked.clone(), failed.clone(), outside),
                Outcome::Unknown
            );
        }
        assert_eq!(
            judge(&spec(None), Err("gone".to_owned())).0,
            Outcome::Unknown
        );
    }

    #[test]
    fn the_worst_of_the_probes_that_count_is_what_they_say_together() {
        let probe = |result, gap| Probe {
            name: String::new(),
            tries: String::new(),
            result,
            said: String::new(),
            twin: Twin {
                tries: String::new(),
                worked: true,
                said: String::new(),
            },
            gap,
        };
        let all = [Outcome::Held, Outcome::Unknown, Outcome::Broken];
        for (place, worst) in all.iter().enumerate() {
            for other in &all[..=place] {
                for gap in all {
                    let gap = probe(gap, Some(fumehood_policy::GapName::HostSockets));
                    let probes = [probe(*worst, None), gap, probe(*other, None)];
                    assert_eq!(together(&probes), *worst);
                }
            }
        }
        assert_eq!(together(&[]), Outcome::Unknown);
    }
}
