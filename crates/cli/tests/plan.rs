//! `fumehood plan`: what it says is what would be done, and nothing is.
#![cfg(target_os = "linux")]

mod home;

use home::{Answer, Home};

/// Steps and report, without what has the number of the run in it.
fn steps(home: &Home, flags: &[&str]) -> Vec<String> {
    let arguments = [&["plan"], flags, &["--", "true"]].concat();
    let answer = home.fumehood(arguments).ended_with(0);
    let of_this_run = |line: &&str| !line.contains("/fumehood-");
    let lines = answer.out.lines().filter(of_this_run);
    lines.map(str::to_owned).collect()
}

#[test]
fn a_plan_touches_nothing_and_a_run_makes_what_the_plan_says() {
    for home_is_workspace in [false, true] {
        let home = Home::new();
        home.write("work/.git/config", "[core]\n");
        let everything = || ["home", "work", "temp"].map(|folder| home.list(folder));
        let untouched = everything();
        let own = home.at("home").display().to_string();
        let flags: &[&str] = if home_is_workspace {
            &["--workspace", &own, "--accept", "processes"]
        } else {
            &["--accept", "processes"]
        };
        let before = steps(&home, flags);
        assert_eq!(everything(), untouched);
        let run = [&["run", "--quiet"], flags, &["--", "true"]].concat();
        home.fumehood(run).ended_with(0);
        assert!(home.at("home/.local/state/fumehood/workspaces").exists());
        assert_eq!(before, steps(&home, flags), "{flags:?}");
    }
}

#[test]
fn a_plan_claims_no_more_than_a_prediction() {
    let home = Home::new();
    let answer: Answer = home.fumehood(["plan", "--", "true"]).ended_with(0);
    let answer = answer.says("  fs-write         predicted");
    assert!(!answer.out.contains("sealed "), "{answer:?}");
}
