//! `fumehood why`: what it says, and that a run agrees.
#![cfg(target_os = "linux")]

mod home;

use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::symlink;

use home::Home;
use serde_json::Value;

const USER: &str = "home/.config/fumehood/config.toml";

#[test]
fn a_refusal_names_file_and_line_and_what_it_offers_does_allow_it() {
    let home = Home::new();
    home.write(
        USER,
        "version = 1\n\ndeny_write = [\"${workspace}/fixed\"]\n",
    );
    let refused = home.fumehood(["why", "write", "fixed/a"]).ended_with(1);
    let refused = refused
        .says("refused: write fixed/a")
        .says("/fixed` may not be written");
    let refused = refused.says(".config/fumehood/config.toml:3 (deny_write)");
    let flag = format!("--allow-write {}", home.at("work/fixed/a").display());
    refused.says(&format!("to allow {flag}"));
    let (name, place) = flag.split_once(' ').expect("a flag and its value");
    home.fumehood(["why", name, place, "write", "fixed/a"])
        .ended_with(0)
        .says("allowed");
}

#[test]
fn a_constraint_is_refused_and_nothing_is_offered() {
    let home = Home::new();
    home.write(
        USER,
        "version = 1\n[constraints]\ndeny_read = [\"${workspace}/private\"]\n",
    );
    let refused = home.fumehood(["why", "read", "private/a"]).ended_with(1);
    refused.says("config.toml:3").says("to allow nothing");
    home.fumehood(["why", "read", "public/a"]).ended_with(0);
}

#[test]
fn a_projects_deny_holds_without_trust_and_is_named() {
    let home = Home::new();
    home.write(
        "work/.fumehood/config.toml",
        "version = 1\ndeny_read = [\"${workspace}/.env\"]\n",
    );
    let refused = home.fumehood(["why", "read", ".env"]).ended_with(1);
    refused.says("work/.fumehood/config.toml:2 (deny_read)");
}

#[test]
fn every_action_has_what_is_allowed_and_what_is_refused() {
    let home = Home::new();
    for (action, allowed, refused) in [
        ("read", "/etc/passwd", "/etc/shadow"),
        ("write", "a", "/etc/passwd"),
        ("delete", "a", "/usr/bin"),
        ("run", "sh", "/etc/shadow"),
        ("connect", "127.0.0.1:80", "example.com:443"),
    ] {
        home.fumehood(["why", action, allowed])
            .ended_with(0)
            .says(&format!("allowed: {action}"));
        home.fumehood(["why", action, refused])
            .ended_with(1)
            .says(&format!("refused: {action}"));
    }
}

#[test]
fn a_host_is_allowed_by_the_flags_that_are_offered() {
    let home = Home::new();
    let offer = "--network names --allow-host github.com:443";
    home.fumehood(["why", "connect", "github.com:443"])
        .ended_with(1)
        .says(offer);
    let flags = offer.split(' ').collect::<Vec<_>>();
    let why = |host: &str| home.fumehood([&["why"], &flags[..], &["connect", host]].concat());
    why("github.com:443")
        .ended_with(0)
        .says("leans on network-names");
    why("example.com:443").ended_with(1);
}

#[test]
fn a_symlink_is_followed_and_both_places_are_shown() {
    let home = Home::new();
    home.write("work/folder/file", "");
    symlink(home.at("work/folder"), home.at("work/link")).expect("it is ours");
    symlink("/etc/new", home.at("work/out")).expect("it is ours");
    let real = home.at("work/folder/new");
    let inside = home.fumehood(["why", "write", "link/new"]).ended_with(0);
    inside.says(&format!("which is {}, not there yet", real.display()));
    home.fumehood(["why", "write", "out"])
        .ended_with(1)
        .says("which is /etc/new");
    // To delete a symlink is not to delete what it leads to.
    let link = home.at("work/out");
    home.fumehood(["why", "delete", "out"])
        .ended_with(0)
        .says(&format!("which is {}", link.display()));
}

#[test]
fn a_relative_target_begins_at_the_current_folder_and_may_go_up() {
    let home = Home::new();
    home.write("work/deep/er/file", "");
    let why = |target: &str| {
        let mut command = home.command();
        command.current_dir(home.at("work/deep/er"));
        let workspace = home.at("work");
        let output = command
            .arg("why")
            .arg("--workspace")
            .arg(workspace)
            .args(["write", target])
            .output();
        home::Answer::of(&output.expect("the program starts"))
    };
    why("file").ended_with(0).says(&format!(
        "which is {}",
        home.at("work/deep/er/file").display()
    ));
    why("../../.git/hooks/x")
        .ended_with(1)
        .says("protected name `.git/hooks`");
}

#[test]
fn a_target_that_is_no_text_is_answered() {
    let home = Home::new();
    let target = OsStr::from_bytes(b"a\xff\nb");
    let answer = home
        .fumehood([OsStr::new("why"), OsStr::new("write"), target])
        .ended_with(0);
    answer.says("allowed: write a\\xff\\x0ab");
    let answer = home.fumehood(
        ["why", "--json", "write"]
            .map(OsStr::new)
            .into_iter()
            .chain([target]),
    );
    let json: Value = serde_json::from_str(&answer.ended_with(0).out).expect("it is JSON");
    assert_eq!(json["target"], "a\\xff\\x0ab");
    assert_eq!(
        json["place"],
        format!("{}/a\\xff\\x0ab", home.at("work").display())
    );
}

#[test]
fn as_json_everything_is_there() {
    let home = Home::new();
    home.write(USER, "version = 1\ndeny_write = [\"${workspace}/fixed\"]\n");
    let answer = home
        .fumehood(["why", "--json", "write", "fixed/a"])
        .ended_with(1);
    let json: Value = serde_json::from_str(&answer.out).expect("it is JSON");
    assert_eq!(json["v"], 1);
    assert_eq!(json["allowed"], false);
    assert_eq!(json["exists"], false);
    assert_eq!(json["origin"]["layer"], "user");
    assert_eq!(json["origin"]["line"], 2);
    assert!(
        json["widen"]["flag"]
            .as_str()
            .is_some_and(|flag| flag.starts_with("--allow-write "))
    );
    assert!(
        json["widen"]["config"]
            .as_str()
            .is_some_and(|line| line.starts_with("write = ["))
    );
    assert_eq!(json["gaps"][0]["name"], "missing-names");
    assert_eq!(json["gaps"][0]["accepted"], true);
}

#[test]
fn a_verdict_names_the_gap_that_it_leans_on() {
    let home = Home::new();
    let deep = home
        .fumehood(["why", "write", "nested/.git/hooks/x"])
        .ended_with(1);
    deep.says("leans on names-at-depth, accepted");
    home.write(USER, "version = 1\nrequire = { names-at-depth = true }\n");
    let deep = home
        .fumehood(["why", "write", "nested/.git/hooks/x"])
        .ended_with(1);
    deep.says("leans on names-at-depth, required");
    let plain = home.fumehood(["why", "write", "nested/x"]).ended_with(0);
    assert!(!plain.out.contains("leans on"), "{plain:?}");
}

#[test]
fn what_cannot_be_asked_is_no_refusal() {
    let home = Home::new();
    symlink("loop", home.at("work/loop")).expect("it is ours");
    for wrong in [
        &["why", "connect", "https://example.com"][..],
        &["why", "read", "loop"],
        &["why", "eat", "a"],
    ] {
        let answer = home.fumehood(wrong).ended_with(125);
        assert!(answer.err.starts_with("error: "), "{answer:?}");
    }
    home.write(USER, "version = 1\ndeny_raed = []\n");
    let answer = home.fumehood(["why", "read", "a"]).ended_with(125);
    assert!(
        answer
            .err
            .contains("config.toml:2:1: unknown key `deny_raed`"),
        "{answer:?}"
    );
}

#[test]
fn nothing_is_made_by_asking() {
    let home = Home::new();
    home.fumehood(["why", "write", "a"]).ended_with(0);
    for folder in ["home", "work", "temp"] {
        assert!(home.list(folder).is_empty(), "{:?}", home.list(folder));
    }
}

#[test]
fn a_run_does_what_the_verdict_says() {
    let home = Home::new();
    home.write("work/hidden/file", "x\n");
    home.write("work/fixed/file", "x\n");
    home.write("work/.git/hooks/pre-commit", "x\n");
    home.write("work/.git/config", "x\n");
    home.write("work/open/file", "x\n");
    home.write(
        USER,
        "version = 1\ndeny_read = [\"${workspace}/hidden\"]\ndeny_write = [\"${workspace}/fixed\"]\n",
    );
    let acts = [
        ("read", "cat \"$1\""),
        ("write", "echo y >> \"$1\""),
        ("delete", "rm \"$1\""),
    ];
    for place in [
        "hidden/file",
        "fixed/file",
        ".git/hooks/pre-commit",
        ".git/config",
        "open/file",
        "/etc/passwd",
    ] {
        for (action, script) in acts {
            let verdict = home.fumehood(["why", action, place]);
            let run = home.fumehood(["run", "--", "sh", "-c", script, "sh", place]);
            assert_eq!(
                verdict.code == Some(0),
                run.code == Some(0),
                "{verdict:?} but {run:?}"
            );
        }
    }
}
