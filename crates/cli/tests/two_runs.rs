//! What one command prepares, the next must not collect.
#![cfg(target_os = "linux")]

#[path = "common/program.rs"]
mod program;

use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::PathBuf;
use std::process::{Command, Output};

/// A home and a workspace of one test, removed at its end.
struct Scene(PathBuf);

impl Scene {
    fn new(name: &str) -> Self {
        let top = std::env::temp_dir().canonicalize().expect("a temp folder");
        let top = top.join(format!("fumehood-two-runs-{name}-{}", std::process::id()));
        for folder in ["home", "w/a"] {
            fs::create_dir_all(top.join(folder)).expect("the temp folder is writable");
        }
        Self(top)
    }

    fn write(&self, file: &str, text: &str) {
        fs::write(self.0.join(file), text).expect("writable");
    }

    fn read(&self, file: &str) -> String {
        fs::read_to_string(self.0.join(file)).unwrap_or_default()
    }

    fn run(&self, flags: &[&str], script: &str) -> Output {
        let mut command = self.command(flags, script);
        command.output().expect("fumehood runs")
    }

    fn command(&self, flags: &[&str], script: &str) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_fumehood"));
        command
            .args(["run", "--quiet"])
            .args(flags)
            .args(["--", "sh", "-c", script])
            .current_dir(self.0.join("w"))
            .env("HOME", self.0.join("home"))
            .env_remove("XDG_STATE_HOME")
            .env_remove("XDG_CONFIG_HOME");
        command
    }
}

impl Drop for Scene {
    fn drop(&mut self) {
        let open = Command::new("chmod")
            .args(["-R", "u+rwx"])
            .arg(&self.0)
            .status();
        let _left = open.map(|_| fs::remove_dir_all(&self.0));
    }
}

fn printed(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned()
}

#[test]
fn a_folder_with_a_denied_file_in_it_cannot_be_moved_away_and_another_can() {
    let scene = Scene::new("moved");
    scene.write("w/a/lock", "original");
    scene.write("w/a/.env", "SECRET");
    let flags = ["--deny-write", "a/lock", "--deny-read", "a/.env"];
    let first = "mkdir b && mv b c && echo moved; mv a d; mkdir -p a; echo evil > a/lock";
    assert!(printed(&scene.run(&flags, first)).contains("moved"));
    assert_eq!(scene.read("w/a/lock"), "original");
    let second = printed(&scene.run(&flags, "cat a/.env d/.env; cat a/lock"));
    assert_eq!(second, "original");
}

#[test]
fn a_folder_that_one_command_closes_does_not_open_what_is_denied_in_the_next() {
    let scene = Scene::new("closed");
    scene.write("w/a/key", "SECRET");
    let flags = ["--deny-read", "a/key"];
    assert_eq!(scene.run(&flags, "chmod 000 a").status.code(), Some(0));
    let next = scene.run(&flags, "chmod 700 a; cat a/key");
    assert!(!printed(&next).contains("SECRET"), "{}", printed(&next));
    fs::set_permissions(scene.0.join("w/a"), fs::Permissions::from_mode(0o700)).expect("ours");
    assert_eq!(
        printed(&scene.run(&flags, "echo runs again")),
        "runs again\n"
    );
}

#[test]
fn the_launcher_in_a_workspace_cannot_be_moved_away_with_its_folder() {
    let scene = Scene::new("launcher");
    let folder = scene.0.join("w/target/debug");
    fs::create_dir_all(&folder).expect("writable");
    let copy = folder.join("fumehood");
    program::copy(env!("CARGO_BIN_EXE_fumehood"), &copy);
    let status = Command::new(&copy)
        .args([
            "run",
            "--quiet",
            "--",
            "sh",
            "-c",
            "mv target t; echo x > target/other",
        ])
        .current_dir(scene.0.join("w"))
        .env("HOME", scene.0.join("home"))
        .status()
        .expect("the copy runs");
    assert!(status.success(), "what lies beside it can be written");
    assert!(copy.exists() && scene.0.join("w/target/other").exists());
}

#[test]
fn the_status_file_is_not_written_through_what_a_command_put_there() {
    let scene = Scene::new("status");
    scene.write("home/.bashrc", "mine");
    let flags = ["--json-status", "status.json"];
    assert_eq!(scene.run(&flags, "true").status.code(), Some(0));
    assert!(scene.read("w/status.json").contains("exited"));
    let plant = "rm status.json; ln -s ../home/.bashrc status.json";
    assert_eq!(scene.run(&[], plant).status.code(), Some(0));
    assert_eq!(scene.run(&flags, "true").status.code(), Some(125));
    assert_eq!(scene.read("home/.bashrc"), "mine");
}

#[test]
fn private_folders_that_one_command_closes_are_open_again_in_the_next() {
    let scene = Scene::new("kept");
    let folders = "/tmp /var/tmp /run/fumehood/cache /run/fumehood";
    let fill = format!("for at in {folders}; do echo kept > $at/file; done; chmod 000 {folders}");
    assert_eq!(scene.run(&[], &fill).status.code(), Some(0));
    let look = format!("for at in {folders}; do cat $at/file; echo x > $at/new; done");
    let next = scene.run(&[], &look);
    assert_eq!(
        (next.status.code(), printed(&next).as_str()),
        (Some(0), "kept\nkept\nkept\nkept\n"),
        "{}",
        String::from_utf8_lossy(&next.stderr)
    );
}

#[test]
fn a_symlink_in_place_of_a_private_folder_gives_nothing_behind_it_another_mode() {
    let scene = Scene::new("kept-link");
    let behind = scene.0.join("home/behind");
    fs::create_dir(&behind).expect("writable");
    let open = fs::Permissions::from_mode(0o755);
    fs::set_permissions(&behind, open.clone()).expect("ours");
    let plant = format!(
        "rmdir /run/fumehood/cache && ln -s {} /run/fumehood/cache",
        behind.display()
    );
    assert_eq!(scene.run(&[], &plant).status.code(), Some(0));
    assert_eq!(scene.run(&[], "true").status.code(), Some(0));
    let mode = fs::metadata(&behind).expect("it is there").permissions();
    assert_eq!(mode.mode() & 0o777, open.mode());
}

/// Opens everything, if fumehood obeys it.
const PLANTED: &str = "version = 1\\nwrite = [\"/\"]\\n";

#[test]
fn a_configuration_folder_that_is_missing_is_not_made_by_a_command_and_another_folder_is() {
    for (number, flags) in [
        &["--workspace", "../home/.config"][..],
        &["--allow-write", "../home/.config"],
        &["--workspace", "../home"],
        &["--allow-write", "../home/link"],
    ]
    .into_iter()
    .enumerate()
    {
        let scene = Scene::new(&format!("config-{number}"));
        let config = scene.0.join("home/.config");
        if flags != ["--workspace", "../home"] {
            fs::create_dir(&config).expect("writable");
        }
        symlink(".config", scene.0.join("home/link")).expect("writable");
        let plant = format!(
            "cd {}; mkdir -p .config/other && touch .config/other/made; mkdir .config/fumehood; \
             printf '{PLANTED}' > .config/fumehood/config.toml || mv .config/fumehood .config/x || mv .config y",
            scene.0.join("home").display()
        );
        let first = scene.run(flags, &plant);
        let said = String::from_utf8_lossy(&first.stderr).into_owned();
        assert_ne!(first.status.code(), Some(0), "{flags:?}: {said}");
        assert!(config.join("other/made").exists(), "{flags:?}: {said}");
        assert_eq!(scene.read("home/.config/fumehood/config.toml"), "");
        let next = scene.run(&[], "echo evil > ../home/evil");
        assert_ne!(next.status.code(), Some(0));
    }
}

#[test]
fn a_configuration_folder_that_no_command_could_make_is_not_made_either() {
    let scene = Scene::new("config-litter");
    assert_eq!(scene.run(&[], "true").status.code(), Some(0));
    assert!(!scene.0.join("home/.config").exists());
    let mut moved = scene.command(
        &[],
        "touch config/beside; echo x > config/fumehood/config.toml",
    );
    let moved = moved.env("XDG_CONFIG_HOME", scene.0.join("w/config"));
    fs::create_dir(scene.0.join("w/config")).expect("writable");
    assert_ne!(moved.status().expect("fumehood runs").code(), Some(0));
    assert!(scene.0.join("w/config/beside").exists());
    // Made by root for the machine, it is read by everybody.
    let made = fs::metadata(scene.0.join("w/config/fumehood")).expect("it was made");
    assert_eq!(made.permissions().mode() & 0o777, 0o755);
    assert_eq!(scene.read("w/config/fumehood/config.toml"), "");
}

#[test]
fn where_a_command_could_replace_the_symlink_to_the_configuration_nothing_starts() {
    let scene = Scene::new("config-link");
    fs::create_dir_all(scene.0.join("home/.config")).expect("writable");
    fs::create_dir_all(scene.0.join("home/dots")).expect("writable");
    symlink("../dots", scene.0.join("home/.config/fumehood")).expect("writable");
    let refused = scene.run(&["--allow-write", "../home/.config"], "true");
    let said = String::from_utf8_lossy(&refused.stderr).into_owned();
    assert_eq!(refused.status.code(), Some(125), "{said}");
    assert!(
        said.contains("symlink") && said.contains("hint: "),
        "{said}"
    );
    assert_eq!(scene.run(&[], "true").status.code(), Some(0), "the twin");
}

#[test]
fn a_configuration_that_a_symlink_leads_to_is_not_written_by_what_it_governs() {
    let scene = Scene::new("config-file-link");
    let folder = scene.0.join("home/.config/fumehood");
    fs::create_dir_all(&folder).expect("writable");
    scene.write("w/mine.toml", "version = 1\n");
    fs::set_permissions(
        scene.0.join("w/mine.toml"),
        fs::Permissions::from_mode(0o644),
    )
    .expect("ours");
    symlink(scene.0.join("w/mine.toml"), folder.join("config.toml")).expect("writable");
    let plant = format!("touch beside; printf '{PLANTED}' > mine.toml || mv mine.toml away");
    assert_ne!(scene.run(&[], &plant).status.code(), Some(0));
    assert_eq!(scene.read("w/mine.toml"), "version = 1\n");
    assert!(scene.0.join("w/beside").exists(), "the twin");
}
