//! Steady state: what a command feels once it runs, start-up left out.
//!
//! The inner program times itself (`xtask timed`), once inside a run, once outside, and
//! once under a filter and Landlock that let all of it through: what is left between
//! that and a run is ours, the rest is what the kernel asks for its locks.

use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

use anyhow::{Context as _, Result};

use super::{
    Options, contender, floor,
    random::Random,
    rounds::{Contender, measure},
    scene::Scene,
    table::{Gate, judge, render},
};
use crate::machine;

/// Rounds that CI runs.
const ROUNDS: usize = 30;
/// Files that are read.
const FILES: usize = 3000;
/// C files that are compiled.
const UNITS: usize = 12;

/// What is done, as a shell would be told.
const WORK: [(&str, &str); 4] = [
    (
        "git status",
        "git status --porcelain; git status --porcelain; git status --porcelain",
    ),
    (
        "find and grep",
        "find . -name '*.txt' | wc -l; grep -r 'needle 42' tree | wc -l",
    ),
    (
        "spawn 1,000",
        "i=0; while [ $i -lt 1000 ]; do /bin/true; i=$((i+1)); done",
    ),
    (
        "build C",
        "for unit in c/*.c; do gcc -O1 -c \"$unit\" -o \"${unit%.c}.o\"; done; gcc c/*.o -o c/all",
    ),
];

/// What steady state promises.
const GATE: Gate = Gate {
    name: "inside",
    base: "outside",
    target: 1.05,
    limit: 1.3,
};

/// Measures each kind of work; answers the targets that were missed.
pub fn run(top: &Path, program: &Path, options: &Options) -> Result<Vec<String>> {
    let scene = Scene::create(top, FILES)?;
    write_project(&scene.workspace().join("c"))?;
    scene.git(&["add", "tree", "c"])?;
    scene.git(&["commit", "--quiet", "--message", "all"])?;
    // A copy where it can be seen inside too, and where git does not look.
    let timer = scene.workspace().join(".git/timer");
    fs::copy(std::env::current_exe()?, &timer)?;

    let locks = floor::locks(&scene)?;
    let mut random = Random::new(options.seed());
    let mut missed = Vec::new();
    for (name, script) in WORK {
        let outside = || scene.command(&timer);
        let locked = || {
            let mut command = scene.command(&locks);
            command.arg("/").arg(&timer);
            command
        };
        let inside = || {
            let mut command = contender::fumehood(&scene, program);
            command.arg(&timer);
            command
        };
        let mut contenders = [
            Contender::new("outside", || time(outside(), script)),
            Contender::new("locks alone", || time(locked(), script)),
            Contender::new("inside", || time(inside(), script)),
        ];
        let samples = measure(&mut contenders, options.rounds(ROUNDS), &mut random)?;
        let title = format!("steady state, {name}");
        println!("{}", render(&title, &samples));
        missed.extend(judge(&title, &samples, &[GATE]));
    }
    Ok(missed)
}

/// How long the script took, as the program that ran it says.
fn time(mut command: Command, script: &str) -> Result<Duration> {
    let command = command.stdout(Stdio::piped());
    let said = machine::ask(command.args(["timed", "sh", "-euc", script]))?;
    let nanoseconds = said.parse().with_context(|| format!("no time: {said:?}"))?;
    Ok(Duration::from_nanos(nanoseconds))
}

/// A small project in C: units that are not empty, and a `main`.
fn write_project(folder: &Path) -> Result<()> {
    fs::create_dir_all(folder)?;
    for at in 0..UNITS {
        let unit = format!(
            "#include <stdio.h>\n#include <stdlib.h>\n#include <string.h>\n\
             int unit{at}(const char *text) {{ char b[64]; snprintf(b, sizeof b, \"%s {at}\", text); \
             return (int)strlen(b) + atoi(text); }}\n"
        );
        fs::write(folder.join(format!("unit{at}.c")), unit)?;
    }
    let main = "int unit0(const char *);\nint main(void) { return unit0(\"1\") == 0; }\n";
    fs::write(folder.join("main.c"), main).context("main.c")
}
