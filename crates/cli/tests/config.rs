//! `fumehood config`: what it shows, writes and trusts.
#![cfg(target_os = "linux")]

mod home;

use std::os::unix::fs::{PermissionsExt, symlink};
use std::process::Command;

use home::{Answer, Home, PROGRAM};
use serde_json::Value;

const USER: &str = "home/.config/fumehood/config.toml";
const PROJECT: &str = "work/.fumehood/config.toml";

#[test]
fn a_value_is_shown_with_the_file_and_line_that_said_it() {
    let home = Home::new();
    home.fumehood(["config", "show"])
        .ended_with(0)
        .says("network.mode = \"off\"\n");
    home.write(
        USER,
        "version = 1\n\nnetwork.mode = \"on\"\naudit.fatal = true\n",
    );
    let shown = home.fumehood(["config", "show"]).ended_with(0);
    shown
        .says("network.mode = \"on\"\n")
        .says("audit.fatal = true\n")
        .says("limits.processes = 4096\n");
    let shown = home.fumehood(["config", "show", "--origin"]).ended_with(0);
    let file = home.at(USER);
    let shown = shown.says(&format!(
        "network.mode = \"on\"  # {}:3 (network.mode)\n",
        file.display()
    ));
    shown.says("profile = \"workspace-write\"  # built-in (profile)\n");
    let flagged = home
        .fumehood(["config", "show", "--origin", "--network", "off"])
        .ended_with(0);
    flagged.says("network.mode = \"off\"  # command-line (--network)\n");
}

#[test]
fn a_limit_is_shown_with_the_flag_that_set_it() {
    let home = Home::new();
    let flags = ["--timeout", "5s", "--limit", "processes=100"];
    let shown = home.fumehood([&["config", "show", "--origin"], &flags[..]].concat());
    shown
        .ended_with(0)
        .says("limits.wall = \"5s\"  # command-line (--timeout)")
        .says("limits.processes = 100  # command-line (--limit)");
    let both = ["--timeout", "5s", "--limit", "wall=7s"];
    let shown = home.fumehood([&["config", "show", "--origin"], &both[..]].concat());
    shown
        .ended_with(0)
        .says("limits.wall = \"5s\"  # command-line (--timeout)");
}

#[test]
fn what_does_not_hold_is_told_on_standard_error() {
    let home = Home::new();
    home.write(
        PROJECT,
        "version = 1\nwrite = [\"/opt\"]\ndeny_read = [\"a\"]\n",
    );
    let shown = home.fumehood(["config", "show"]).ended_with(0);
    assert!(
        shown
            .err
            .contains(".fumehood/config.toml:2 (write): ignored"),
        "{shown:?}"
    );
    assert!(!shown.out.contains("/opt"), "{shown:?}");
    shown.says("work/a\"\n");
}

#[test]
fn a_file_that_is_wrong_is_named_by_line_and_column() {
    let home = Home::new();
    home.write(USER, "version = 1\n[network]\nmode = \"of\"\n");
    let answer = home.fumehood(["config", "show"]).ended_with(125);
    assert!(
        answer.err.contains("config.toml:3:8: `of` is not a value"),
        "{answer:?}"
    );
}

#[test]
fn the_schema_is_the_committed_one() {
    let home = Home::new();
    let committed = include_str!("../../../schema/config.schema.json");
    let printed = home.fumehood(["config", "schema"]).ended_with(0).out;
    assert_eq!(printed, committed);
    serde_json::from_str::<Value>(&printed).expect("it is JSON");
}

#[test]
fn every_file_that_is_looked_for_is_listed() {
    let home = Home::new();
    let listed = |home: &Home| home.fumehood(["config", "path"]).ended_with(0);
    let user = home.at(USER).display().to_string();
    let project = home.at(PROJECT).display().to_string();
    let before = listed(&home)
        .says("/etc/fumehood/requirements.toml")
        .says("/etc/fumehood/config.toml");
    let line = |answer: &Answer, path: &str| {
        answer
            .out
            .lines()
            .find(|line| line.ends_with(path))
            .map(str::to_owned)
            .unwrap_or_default()
    };
    assert!(line(&before, &user).contains("not there"), "{before:?}");
    home.write(USER, "version = 1\n");
    home.write(PROJECT, "version = 1\n");
    let after = listed(&home);
    assert!(
        line(&after, &user).starts_with("user      read  "),
        "{after:?}"
    );
    assert!(
        line(&after, &project).starts_with("project   read, not trusted"),
        "{after:?}"
    );
}

#[test]
fn nothing_is_made_by_looking() {
    let home = Home::new();
    for what in [
        &["config", "show"][..],
        &["config", "path"],
        &["config", "schema"],
    ] {
        home.fumehood(what).ended_with(0);
    }
    for folder in ["home", "work", "temp"] {
        assert!(home.list(folder).is_empty(), "{:?}", home.list(folder));
    }
}

#[test]
fn the_home_folder_can_be_asked_about_though_it_is_no_workspace() {
    let home = Home::new();
    let path = home
        .command()
        .current_dir(home.at("home"))
        .args(["config", "path"])
        .output();
    Answer::of(&path.expect("the program starts"))
        .ended_with(0)
        .says("config.toml");
}

#[test]
fn init_writes_once_for_the_user_alone() {
    let home = Home::new();
    let file = home.at(USER);
    home.fumehood(["config", "init"])
        .ended_with(0)
        .says(&format!("{}\n", file.display()));
    let mode = |path| {
        std::fs::metadata(path)
            .expect("it was made")
            .permissions()
            .mode()
            & 0o777
    };
    assert_eq!(mode(&file), 0o600);
    home.fumehood(["config", "show"]).ended_with(0);
    std::fs::write(&file, "version = 1\n# mine\n").expect("it is ours");
    let again = home.fumehood(["config", "init"]).ended_with(125);
    assert!(again.err.contains("is there already"), "{again:?}");
    assert_eq!(
        std::fs::read_to_string(&file).expect("it is there"),
        "version = 1\n# mine\n"
    );
}

#[test]
fn init_writes_through_no_symlink() {
    let home = Home::new();
    home.write("home/.config/fumehood/x", "");
    symlink(home.at("work/elsewhere"), home.at(USER)).expect("it is ours");
    home.fumehood(["config", "init"]).ended_with(125);
    assert!(!home.at("work/elsewhere").exists());
}

/// The template with every setting said: a `#` without a space behind it goes.
fn uncommented(home: &Home) -> String {
    home.fumehood(["config", "init"]).ended_with(0);
    let text = std::fs::read_to_string(home.at(USER)).expect("it was made");
    let say = |line: &str| match line.strip_prefix('#') {
        Some(setting) if !setting.is_empty() && !setting.starts_with(' ') => format!("{setting}\n"),
        _ => format!("{line}\n"),
    };
    text.lines().map(say).collect()
}

#[test]
fn every_line_that_init_comments_is_valid_uncommented() {
    let home = Home::new();
    let text = uncommented(&home);
    home.write(USER, &text);
    let shown = home.fumehood(["config", "show", "--origin"]).ended_with(0);
    // The lists of hosts mean something with another mode, which is said, and is all that is said.
    assert!(
        shown.err.lines().all(|line| line.contains("(network.")),
        "{shown:?}"
    );
    shown
        .says("config.toml:")
        .says("system_calls.ptrace = true");
    let careful = home
        .fumehood(["config", "show", "--profile", "careful"])
        .ended_with(0);
    careful.says("profile = \"careful\"");
}

#[test]
fn init_shows_every_setting_there_is() {
    let home = Home::new();
    let text = uncommented(&home);
    let schema = home.fumehood(["config", "schema"]).ended_with(0).out;
    let schema: Value = serde_json::from_str(&schema).expect("it is JSON");
    let properties = schema["properties"].as_object().expect("a table");
    // Where the work is, is not a matter of the user's own file.
    for key in properties.keys().filter(|key| *key != "workspace") {
        let said = text.lines().any(|line| {
            line.starts_with(&format!("{key} = "))
                || line == format!("[{key}]")
                || line.starts_with(&format!("[{key}."))
        });
        assert!(said, "`{key}` is not in the file that init writes");
    }
}

#[test]
fn trust_says_what_it_opens_and_holds_for_that_content_only() {
    let home = Home::new();
    let text = "version = 1\nwrite = [\"/opt\"]\nnetwork.mode = \"on\"\n";
    home.write(PROJECT, text);
    let trusted = home.fumehood(["config", "trust"]).ended_with(0);
    let expected = [
        "it loosens:",
        "config.toml:2 (write)",
        "config.toml:3 (network.mode)",
    ];
    assert!(
        expected.iter().all(|text| trusted.err.contains(text)),
        "{trusted:?}"
    );
    trusted.says(&format!("trusted {}\nsha256:", home.at(PROJECT).display()));
    home.fumehood(["config", "show"])
        .ended_with(0)
        .says("network.mode = \"on\"");
    home.fumehood(["config", "path"])
        .ended_with(0)
        .says("project   read               ");

    home.write(PROJECT, &format!("{text}# a word more\n"));
    home.fumehood(["config", "show"])
        .ended_with(0)
        .says("network.mode = \"off\"");
    home.write(PROJECT, text);
    home.fumehood(["config", "show"])
        .ended_with(0)
        .says("network.mode = \"on\"");
    home.fumehood(["config", "trust", "--revoke"])
        .ended_with(0)
        .says("not trusted any more");
    home.fumehood(["config", "show"])
        .ended_with(0)
        .says("network.mode = \"off\"");
    home.fumehood(["config", "trust", "--revoke"])
        .ended_with(0)
        .says("was not trusted");
}

#[test]
fn trust_is_taken_back_by_another_path_to_the_same_file() {
    let home = Home::new();
    home.write(PROJECT, "version = 1\nnetwork.mode = \"on\"\n");
    symlink(home.at("work"), home.at("alias")).expect("it is ours");
    let alias = home.at("alias/.fumehood/config.toml");
    let alias = alias.to_str().expect("it is text");
    home.fumehood(["config", "trust", alias]).ended_with(0);
    home.fumehood(["config", "show"])
        .ended_with(0)
        .says("network.mode = \"on\"");
    home.fumehood(["config", "trust", "--revoke", alias])
        .ended_with(0)
        .says("not trusted any more");
    home.fumehood(["config", "show"])
        .ended_with(0)
        .says("network.mode = \"off\"");
}

#[test]
fn only_a_projects_file_can_be_trusted_and_only_if_it_is_there() {
    let home = Home::new();
    home.write("work/config.toml", "version = 1\n");
    for file in ["config.toml", "work/nothing", ".fumehood/config.toml"] {
        home.fumehood(["config", "trust", file]).ended_with(125);
    }
    home.write(PROJECT, "version = 1\n");
    let trusted = home
        .fumehood(["config", "trust", ".fumehood/config.toml"])
        .ended_with(0);
    assert!(trusted.err.contains("it loosens nothing"), "{trusted:?}");
}

#[test]
fn trust_can_be_read_again_whatever_the_umask_was() {
    let home = Home::new();
    home.write(PROJECT, "version = 1\nnetwork.mode = \"on\"\n");
    let script = format!("umask 0002; exec {PROGRAM} config trust");
    let trusted = Command::new("sh")
        .args(["-c", &script])
        .env_clear()
        .env("HOME", home.at("home"))
        .current_dir(home.at("work"))
        .output();
    Answer::of(&trusted.expect("sh starts")).ended_with(0);
    home.fumehood(["config", "show"])
        .ended_with(0)
        .says("network.mode = \"on\"");
}
