//! The floor: a static C program that makes the calls of one plan, and no others.
//!
//! What a step does is in `floor.c`, written out by hand beside the executor it is
//! compared with; this file turns the steps of `fumehood plan --json` into calls
//! with constant arguments. So the floor has the same namespaces, mounts, rules and
//! filter as the run it is measured against, and a step that it does not know is an
//! error, never left out.

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context as _, Result, bail};
use serde_json::Value;

use super::{contender, scene::Scene};
use crate::machine;

/// What steps do.
const STEPS: &str = include_str!("floor.c");

/// Compiles a program that does nothing at all.
pub fn empty(scene: &Scene) -> Result<PathBuf> {
    let source = scene.scratch().join("empty.c");
    fs::write(&source, "int main(void) { return 0; }\n")?;
    compile(&source)
}

/// What locks alone cost.
const LOCKS: &str = include_str!("locks.c");

/// Compiles a program that puts a filter and Landlock in force, with next to nothing in
/// them, and executes what it is given.
pub fn locks(scene: &Scene) -> Result<PathBuf> {
    let source = scene.scratch().join("locks.c");
    fs::write(&source, LOCKS)?;
    compile(&source)
}

/// Compiles the floor of the plan that a run in `scene` would execute.
pub fn build(scene: &Scene, program: &Path) -> Result<PathBuf> {
    // The first run makes what is kept between runs; the floor finds it, as we do.
    machine::ask(contender::fumehood(scene, program).arg(contender::NOTHING))?;
    let mut command = contender::fumehood_plan(scene, program);
    command.arg(contender::NOTHING).stdout(Stdio::piped());
    let plan = serde_json::from_str(&machine::ask(&mut command)?)?;
    fs::write(scene.scratch().join("plan.h"), header(&plan)?)?;
    let source = scene.scratch().join("floor.c");
    fs::write(&source, STEPS)?;
    compile(&source)
}

/// Compiles one file, static and optimised.
fn compile(source: &Path) -> Result<PathBuf> {
    let program = source.with_extension("");
    let mut command = Command::new("gcc");
    command
        .args(["-O2", "-static", "-Wall", "-Wno-unused-function", "-o"])
        .args([&program, source]);
    machine::ask(&mut command)?;
    Ok(program)
}

/// `plan.h`: the plan as C.
fn header(plan: &Value) -> Result<String> {
    let (mut lasting, mut steps, mut leftovers) = (String::new(), String::new(), String::new());
    for step in list(plan, "steps")? {
        let (act, step) = named(step)?;
        match act {
            "keep-folder" => line(
                &mut lasting,
                &format!("keep_folder({});", path(step, "path")?),
            ),
            "control-group" => {
                line(&mut lasting, &control_group(step)?);
                line(
                    &mut leftovers,
                    &format!("group_remove({});", path(step, "path")?),
                );
            }
            _ => line(
                &mut steps,
                &call(act, step).with_context(|| format!("the floor cannot do {act} {step}"))?,
            ),
        }
    }
    let launch = &plan["launch"];
    let group = match launch["control_group"].as_str() {
        Some(folder) => format!("group_hold({})", quote(folder)?),
        None => "-1".to_owned(),
    };
    let flags = list(plan, "namespaces")?
        .iter()
        .map(namespace)
        .collect::<Result<Vec<_>>>()?;
    let environment = list(launch, "environment")?
        .iter()
        .map(variable)
        .collect::<Result<String>>()?;
    Ok(format!(
        "#define FLAGS ({}UL)\nstatic char *environment[] = {{ {environment}0 }};\n\
         static void lasting(void) {{\n{lasting}}}\nstatic int group(void) {{ return {group}; }}\n\
         static void steps(void) {{\n{steps}}}\nstatic void leftovers(void) {{\n{leftovers}}}\n",
        flags.iter().fold(0, |all, flag| all | flag),
    ))
}

/// The flag of a namespace (clone(2)).
fn namespace(name: &Value) -> Result<u64> {
    Ok(match name.as_str().context("a namespace is a word")? {
        "user" => 0x1000_0000,
        "mount" => 0x0002_0000,
        "process" => 0x2000_0000,
        "network" => 0x4000_0000,
        "ipc" => 0x0800_0000,
        "host-name" => 0x0400_0000,
        "control-group" => 0x0200_0000,
        other => bail!("no such namespace: {other}"),
    })
}

/// One entry of the environment, with a comma.
fn variable(pair: &Value) -> Result<String> {
    let half = |at: usize| pair[at].as_str().context("a variable is a pair");
    Ok(format!("{} \"=\" {}, ", quote(half(0)?)?, quote(half(1)?)?))
}

/// The folder and its settings.
fn control_group(step: &Value) -> Result<String> {
    let folder = path(step, "path")?;
    let mut calls = format!("group_make({folder});");
    for setting in list(step, "settings")? {
        let (file, value) = (path(setting, "file")?, path(setting, "value")?);
        write!(calls, " group_set({folder} \"/\" {file}, {value});")?;
    }
    Ok(calls)
}

/// A step's name and what belongs to it: a word, or an object with one key.
fn named(step: &Value) -> Result<(&str, &Value)> {
    match step {
        Value::String(name) => Ok((name, &Value::Null)),
        Value::Object(one) => {
            let (name, rest) = one.iter().next().context("an empty step")?;
            Ok((name, rest))
        }
        other => bail!("{other} is not a step"),
    }
}

/// The call of one step.
fn call(act: &str, step: &Value) -> Result<String> {
    let slot = || number(step, "slot");
    Ok(match act {
        "map-identity" => {
            let (uid, gid) = (number(step, "uid")?, number(step, "gid")?);
            format!("map_identity(\"{uid} {uid} 1\", \"{gid} {gid} 1\");")
        }
        "join-group" => format!("join_group({} \"/tasks\");", path(step, "path")?),
        "host-name" => format!("host_name({});", quote(text(step, "name")?)?),
        "loopback" => "loopback();".to_owned(),
        "private-mounts" => "private_mounts();".to_owned(),
        "hold-tree" => {
            let (source, flags) = (path(step, "source")?, flags(step)?);
            let expect = &step["expect"];
            let (check, device, inode) = if expect.is_null() {
                (0, 0, 0)
            } else {
                (1, number(expect, "device")?, number(expect, "inode")?)
            };
            format!(
                "hold_tree({}, {source}, {check}, {device}UL, {inode}UL, {flags});",
                slot()?
            )
        }
        "hold-tmpfs" => {
            let (size, inodes) = (number(step, "size")?, number(step, "inodes")?);
            let mode = number(step, "mode")?;
            format!(
                "hold_tmpfs({}, \"{size}\", \"{inodes}\", \"{mode:o}\");",
                slot()?
            )
        }
        "hold-devpts" => format!("hold_devpts({});", slot()?),
        "hold-proc" => format!("hold_proc({});", slot()?),
        "hold-overlay" => {
            let [lower, upper, work] = [
                path(step, "lower")?,
                path(step, "upper")?,
                path(step, "work")?,
            ];
            format!("hold_overlay({}, {lower}, {upper}, {work});", slot()?)
        }
        "make-entry" => make_entry(slot()?, text(step, "name")?, &step["entry"])?,
        "seal-slot" => format!("seal_slot({});", slot()?),
        "host-read-only" => "host_flags(READ_ONLY | NO_SUID | NO_DEVICES);".to_owned(),
        "host-no-suid" => "host_flags(NO_SUID);".to_owned(),
        "attach" => format!("attach({}, {});", slot()?, path(step, "target")?),
        "attach-copy" => {
            let entry = step["entry"]
                .as_str()
                .map_or(Ok("\"\"".to_owned()), quote)?;
            format!(
                "attach_copy({}, {entry}, {});",
                slot()?,
                path(step, "target")?
            )
        }
        "pin" => format!("pin({}, {});", path(step, "path")?, flags(step)?),
        "no-nested-users" => "no_nested_users();".to_owned(),
        "enter-folder" => format!("enter_folder({});", path(step, "path")?),
        "limit" => {
            let resource = match text(step, "resource")? {
                "processes" => "RLIMIT_NPROC",
                "file-size" => "RLIMIT_FSIZE",
                "open-files" => "RLIMIT_NOFILE",
                other => bail!("no such resource: {other}"),
            };
            format!("limit({resource}, {}UL);", number(step, "value")?)
        }
        "prefer-oom-kill" => format!("prefer_oom_kill(\"{}\");", step["score"]),
        "no-new-privileges" => "no_new_privileges();".to_owned(),
        "landlock" => landlock(step)?,
        "drop-capabilities" => "drop_capabilities();".to_owned(),
        "seccomp" => seccomp(step)?,
        other => bail!("no such step: {other}"),
    })
}

/// An entry, and the folders above it.
fn make_entry(slot: u64, name: &str, entry: &Value) -> Result<String> {
    let mut calls = String::new();
    for (at, _) in name.match_indices('/') {
        let folder = quote(&name[..at])?;
        write!(
            calls,
            "make_folder({slot}, {folder}, 0755); close(above({slot}, {folder})); "
        )?;
    }
    let name = quote(name)?;
    let (kind, value) = entry
        .as_object()
        .and_then(|entry| entry.iter().next())
        .context("an entry is one of several")?;
    let mode = || value.as_u64().context("a mode is a number");
    let words = || value.as_str().context("a text").and_then(quote);
    let last = match kind.as_str() {
        "folder" => format!("make_folder({slot}, {name}, {});", mode()?),
        "file" => format!("make_file({slot}, {name}, {}, \"\", 1);", mode()?),
        "text" => format!("make_file({slot}, {name}, 0444, {}, 0);", words()?),
        "symlink" => format!("make_symlink({slot}, {name}, {});", words()?),
        other => bail!("no such entry: {other}"),
    };
    Ok(calls + &last)
}

fn landlock(step: &Value) -> Result<String> {
    let (files, scoped) = (number(step, "handled_fs")?, number(step, "scoped")?);
    let mut calls = format!("{{ int rules = landlock_make({files}UL, {scoped}UL);");
    for rule in list(step, "rules")? {
        let (rights, path) = (number(rule, "rights")?, path(rule, "path")?);
        write!(calls, " landlock_grant(rules, {rights}UL, {path});")?;
    }
    Ok(calls + " landlock_enforce(rules); }")
}

fn seccomp(step: &Value) -> Result<String> {
    let program = list(step, "program")?;
    let mut text = "{ static const instruction program[] = {".to_owned();
    for one in program {
        let [code, jt, jf, k] = ["code", "jt", "jf", "k"].map(|key| number(one, key));
        write!(text, "{{{},{},{},{}U}},", code?, jt?, jf?, k?)?;
    }
    Ok(text + &format!("}}; seccomp(program, {}); }}", program.len()))
}

/// `MountFlags`, by the names of `floor.c`.
fn flags(step: &Value) -> Result<String> {
    let mut names = "NO_SUID".to_owned();
    for (key, name) in [
        ("read_only", "READ_ONLY"),
        ("no_devices", "NO_DEVICES"),
        ("no_exec", "NO_EXEC"),
    ] {
        if step["flags"][key]
            .as_bool()
            .with_context(|| format!("no flag `{key}`"))?
        {
            names = format!("{names} | {name}");
        }
    }
    Ok(names)
}

fn list<'a>(value: &'a Value, key: &str) -> Result<&'a Vec<Value>> {
    value[key]
        .as_array()
        .with_context(|| format!("no list `{key}`"))
}

fn text<'a>(value: &'a Value, key: &str) -> Result<&'a str> {
    value[key]
        .as_str()
        .with_context(|| format!("no text `{key}`"))
}

fn number(value: &Value, key: &str) -> Result<u64> {
    value[key]
        .as_u64()
        .with_context(|| format!("no number `{key}`"))
}

/// A text of the plan, as a C string.
fn path(value: &Value, key: &str) -> Result<String> {
    quote(text(value, key)?)
}

/// A C string of what the plan writes as UTF-8 with `\xNN` for the rest.
fn quote(written: &str) -> Result<String> {
    let mut quoted = "\"".to_owned();
    let mut rest = written.as_bytes();
    while let Some((&byte, tail)) = rest.split_first() {
        rest = tail;
        let byte = match byte {
            b'\\' => {
                let hex = tail
                    .get(1..3)
                    .filter(|_| tail[0] == b'x')
                    .context("a lone backslash")?;
                rest = &tail[3..];
                u8::from_str_radix(std::str::from_utf8(hex)?, 16)?
            }
            byte => byte,
        };
        let plain = byte.is_ascii_alphanumeric() || b"/._-+,:=@% ".contains(&byte);
        // Three octal digits end by themselves; hexadecimal ones do not.
        let written = if plain {
            write!(quoted, "{}", char::from(byte))
        } else {
            write!(quoted, "\\{byte:03o}")
        };
        written?;
    }
    quoted.push('"');
    Ok(quoted)
}

fn line(calls: &mut String, call: &str) {
    calls.push_str("  ");
    calls.push_str(call);
    calls.push('\n');
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_text_of_the_plan_becomes_a_c_string_with_the_same_bytes() {
        assert_eq!(quote("/home/a b").expect("plain"), "\"/home/a b\"");
        assert_eq!(quote(r"/a\x0ab").expect("escaped"), "\"/a\\012b\"");
        assert_eq!(quote("/\"é?").expect("quoted"), "\"/\\042\\303\\251\\077\"");
        assert!(quote("/a\\").is_err() && quote("/a\\x0").is_err());
    }

    #[test]
    fn steps_become_calls_in_their_order() {
        let plan = json!({
            "namespaces": ["user", "mount"],
            "steps": [
                {"keep-folder": {"path": "/keep"}},
                {"map-identity": {"uid": 5, "gid": 6}},
                {"hold-tree": {"slot": 1, "source": "/w", "expect": {"device": 2, "inode": 3},
                 "flags": {"read_only": false, "no_devices": true, "no_exec": false}}},
                {"make-entry": {"slot": 1, "name": "a/b", "entry": {"file": 292}}},
                {"attach-copy": {"slot": 1, "entry": null, "target": "/w"}},
                "loopback",
            ],
            "launch": {"environment": [["A", "b"]], "control_group": null},
        });
        let header = header(&plan).expect("every step is known");
        let places = [
            "#define FLAGS (268566528UL)",
            "\"A\" \"=\" \"b\", 0",
            "keep_folder(\"/keep\");",
            "map_identity(\"5 5 1\", \"6 6 1\");",
            "hold_tree(1, \"/w\", 1, 2UL, 3UL, NO_SUID | NO_DEVICES);",
            "make_folder(1, \"a\", 0755);",
            "make_file(1, \"a/b\", 292, \"\", 1);",
            "attach_copy(1, \"\", \"/w\");",
            "loopback();",
        ]
        .map(|part| {
            header
                .find(part)
                .unwrap_or_else(|| panic!("{part} in\n{header}"))
        });
        assert!(places.is_sorted(), "{header}");
    }

    #[test]
    fn a_step_that_the_floor_does_not_know_is_an_error() {
        let plan = |step: &str| {
            json!({"namespaces": [], "steps": [step],
                   "launch": {"environment": [], "control_group": null}})
        };
        assert!(header(&plan("loopback")).is_ok());
        assert!(header(&plan("wait-a-while")).is_err());
    }
}
