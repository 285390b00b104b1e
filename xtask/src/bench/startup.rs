//! Start-up: from spawn to wait, for a command that does nothing.
//!
//! Everything on, beside plain fork+exec, a floor that makes the same system
//! calls for the same plan and nothing else, and bubblewrap. Neither the number
//! of files in the workspace nor that of mounts on the host may matter.

use std::path::Path;
use std::process::Command;

use anyhow::{Context as _, Result};

use super::{
    Options, contender, floor,
    random::Random,
    rounds::{Contender, measure},
    scene::Scene,
    table::{Gate, judge, render},
};
use crate::{machine, run};

/// Rounds that CI runs.
const ROUNDS: usize = 100;
/// Host mounts of the variant with many.
const MANY_MOUNTS: usize = 200;

/// What start-up promises.
const GATES: [Gate; 2] = [
    Gate {
        name: "fumehood run",
        base: "floor (same plan)",
        target: 1.25,
        limit: 1.6,
    },
    Gate {
        name: "fumehood run",
        base: "bubblewrap",
        target: 0.65,
        limit: 0.8,
    },
];

/// Measures every variant; answers the targets that were missed.
pub fn run(top: &Path, program: &Path, options: &Options) -> Result<Vec<String>> {
    if let Some(mounts) = options.mounts {
        return among_mounts(top, program, options, mounts);
    }
    let mut missed = Vec::new();
    let sizes: &[usize] = if options.long {
        &[0, 10_000, 300_000]
    } else {
        &[0, 10_000]
    };
    for files in sizes {
        let title = format!("start-up, {files} files in the workspace");
        missed.extend(variant(
            &title,
            &Scene::create(top, *files)?,
            program,
            options,
        )?);
    }
    missed.extend(with_mounts(program, options)?);
    Ok(missed)
}

/// One scene: the contenders, the table, the gates.
fn variant(title: &str, scene: &Scene, program: &Path, options: &Options) -> Result<Vec<String>> {
    let empty = floor::empty(scene)?;
    let mut contenders = vec![Contender::spawned(
        "plain fork+exec",
        contender::plain(scene),
    )];
    let mut add = |name, mut command: Command, arguments: &[&str]| {
        command.args(arguments);
        contenders.push(Contender::spawned(name, command));
    };
    add("empty static program", scene.command(&empty), &[]);
    add(
        "  binary (--version)",
        scene.command(program),
        &["--version"],
    );
    add(
        "  + config (config show)",
        scene.command(program),
        &["config", "show"],
    );
    add(
        "  + plan (plan)",
        scene.command(program),
        &["plan", "--", contender::NOTHING],
    );
    add(
        "  + run, no audit log",
        contender::fumehood_without_audit(scene, program)?,
        &[contender::NOTHING],
    );
    add(
        "fumehood run",
        contender::fumehood(scene, program),
        &[contender::NOTHING],
    );
    let same = floor::build(scene, program)?;
    add(
        "floor (same plan)",
        scene.command(same),
        &[contender::NOTHING],
    );
    match machine::find("bwrap") {
        Some(bwrap) => add(
            "bubblewrap",
            contender::bubblewrap(scene, &bwrap),
            &[contender::NOTHING],
        ),
        None => println!("no bubblewrap: `apt-get install bubblewrap`"),
    }
    let mut random = Random::new(options.seed());
    let samples = measure(&mut contenders, options.rounds(ROUNDS), &mut random)?;
    println!("{}", render(title, &samples));
    let mut missed = judge(title, &samples, &GATES);
    if machine::is_ci() && machine::find("bwrap").is_none() {
        missed.push(format!(
            "{title}: bubblewrap is missing, and CI must compare with it"
        ));
    }
    Ok(missed)
}

/// Measures once more in a mount namespace of its own, with many mounts in it.
fn with_mounts(program: &Path, options: &Options) -> Result<Vec<String>> {
    let own = std::env::current_exe()?;
    let mut command = Command::new("unshare");
    command.arg("--mount");
    if !machine::is_root() {
        command.args(["--user", "--map-root-user"]);
    }
    command
        .args(["--propagation", "private", "--"])
        .arg(own)
        .args(["bench", "startup"]);
    command.args([
        "--mounts",
        &MANY_MOUNTS.to_string(),
        "--seed",
        &options.seed().to_string(),
    ]);
    command.arg("--program").arg(program);
    if options.long {
        command.arg("--long");
    }
    Ok(match run::run(&mut command)? {
        run::Verdict::Passed => Vec::new(),
        run::Verdict::Failed(why) | run::Verdict::Skipped(why) => {
            vec![format!(
                "start-up with {MANY_MOUNTS} host mounts: {why} (figures above)"
            )]
        }
    })
}

/// The inner side of [`with_mounts`].
fn among_mounts(
    top: &Path,
    program: &Path,
    options: &Options,
    count: usize,
) -> Result<Vec<String>> {
    let scene = Scene::create(top, 0)?;
    let points = scene.scratch().join("mounts");
    for at in 0..count {
        let point = points.join(at.to_string());
        std::fs::create_dir_all(&point)?;
        let mut mount = Command::new("mount");
        machine::ask(
            mount
                .args(["-t", "tmpfs", "-o", "size=64k", "tmpfs"])
                .arg(&point),
        )
        .context("a mount of the scene")?;
    }
    let missed = variant(
        &format!("start-up, {count} host mounts"),
        &scene,
        program,
        options,
    );
    let mut all = Command::new("umount");
    let undone = machine::ask(all.args((0..count).map(|at| points.join(at.to_string()))));
    let missed = missed?;
    undone.map(|_| missed)
}
