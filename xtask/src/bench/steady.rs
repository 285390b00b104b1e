//! Steady state: what a command feels once it runs, start-up left out.
//!
//! The inner program times the work (`xtask timed`): one inside a run, one outside, and
//! one under a filter and Landlock that let all of it through. What is left between that
//! and a run is ours, the rest is what the kernel asks for its locks. All three stay, and
//! take turns every few hundredths of a second: a machine that is slower for a while is
//! so for all of them.

use std::fs;
use std::io::{BufRead as _, BufReader, Write as _};
use std::path::Path;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::time::Duration;

use anyhow::{Context as _, Result, ensure};

use super::{
    Options, contender, floor,
    random::Random,
    rounds::{Contender, measure},
    scene::Scene,
    table::{Gate, judge, render},
};
/// Rounds that CI runs: a thousand and more processes are spawned in all.
const ROUNDS: usize = 100;
/// Files that are read.
const FILES: usize = 3000;
/// C files that are compiled.
const UNITS: usize = 2;

/// What is done, as a shell would be told.
const WORK: [(&str, &str); 4] = [
    (
        "git status",
        "git status --porcelain; git status --porcelain",
    ),
    (
        "find and grep",
        "find . -name '*.txt' | wc -l; grep -r 'needle 42' tree | wc -l",
    ),
    (
        "spawn 50",
        "i=0; while [ $i -lt 50 ]; do /bin/true; i=$((i+1)); done",
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
        let mut workers = [
            ("outside", Worker::start(outside(), script)?),
            ("locks alone", Worker::start(locked(), script)?),
            ("inside", Worker::start(inside(), script)?),
        ];
        let contenders = workers.iter_mut();
        let mut contenders: Vec<Contender<'_>> = contenders
            .map(|(name, worker)| Contender::new(name, || worker.time()))
            .collect();
        let samples = measure(&mut contenders, options.rounds(ROUNDS), &mut random)?;
        drop(contenders);
        for (_, worker) in workers {
            worker.stop()?;
        }
        let title = format!("steady state, {name}");
        println!("{}", render(&title, &samples));
        missed.extend(judge(&title, &samples, &[GATE]));
    }
    Ok(missed)
}

/// A program that runs a script whenever it is told to.
struct Worker {
    child: Child,
    orders: ChildStdin,
    times: BufReader<ChildStdout>,
}

impl Worker {
    fn start(mut command: Command, script: &str) -> Result<Self> {
        command.args(["timed", "sh", "-euc", script]);
        command.stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut child = command.spawn().with_context(|| format!("{command:?}"))?;
        let orders = child.stdin.take().context("no standard input")?;
        let times = child.stdout.take().context("no standard output")?;
        Ok(Self {
            child,
            orders,
            times: BufReader::new(times),
        })
    }

    /// How long the script takes now, as the program that runs it says.
    fn time(&mut self) -> Result<Duration> {
        self.orders.write_all(b"\n")?;
        let mut said = String::new();
        self.times.read_line(&mut said)?;
        let nanoseconds = said.trim_end().parse();
        let nanoseconds = nanoseconds.with_context(|| format!("no time: {said:?}"))?;
        Ok(Duration::from_nanos(nanoseconds))
    }

    fn stop(mut self) -> Result<()> {
        drop(self.orders);
        let status = self.child.wait()?;
        ensure!(status.success(), "{status}");
        Ok(())
    }
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
