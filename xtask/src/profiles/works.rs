//! What ordinary programs do, and every profile should let them.

use fumehood_nt::AccessMask;
use fumehood_plan::windows::TokenProfile;
use fumehood_sim::standard::places;
use fumehood_sim::{Act, Kind, Replace, Start};

use super::attacks::{Pins, Row};
use super::trial::{Ask, content, create, place};

const fn row(name: &'static str, ask: Ask) -> Row {
    let pins = Pins::Held;
    Row { name, pins, ask }
}

const READ_WRITE: AccessMask = AccessMask::FILE_GENERIC_READ.union(AccessMask::FILE_GENERIC_WRITE);
/// What `CreateFile` asks when only attributes are asked for.
const LOOK: AccessMask = AccessMask::FILE_READ_ATTRIBUTES.union(AccessMask::SYNCHRONIZE);
/// What Python gives a folder for `mkdir(mode=0o700)`, since 3.12.4.
const PRIVATE: &str = "D:P(A;OICI;FA;;;OW)(A;OICI;FA;;;SY)(A;OICI;FA;;;BA)";
/// What MSYS2 and .NET's `CurrentUserOnly` give a pipe.
const USER_ONLY: &str = "D:P(A;;GA;;;{W})(A;;GA;;;SY)";

/// All of them.
pub const ROWS: &[Row] = &[
    row("change a source file", |trial| {
        trial.writes(r"C:\Users\ann\src\app\main.c")
    }),
    row("make, rename over, and delete in the workspace", |trial| {
        let (one, other) = (
            r"C:\Users\ann\src\app\a.tmp",
            r"C:\Users\ann\src\app\main.c",
        );
        let made = trial.makes(one, Kind::File)?;
        Some(made && trial.moves(one, other, Replace::Posix)? && trial.deletes(other)?)
    }),
    row(
        "`git add`: a lock file renamed over `.git\\index`",
        |trial| {
            let lock = r"C:\Users\ann\src\app\.git\index.lock";
            let made = trial.makes(lock, Kind::File)?;
            Some(made && trial.moves(lock, r"C:\Users\ann\src\app\.git\index", Replace::Posix)?)
        },
    ),
    row("the same, where the user ran git in between", |trial| {
        let index = r"C:\Users\ann\src\app\.git\index";
        let users = r"C:\Users\ann\src\app\.git\users.lock";
        trial.user_does(&create(users, Kind::File, None)?)?;
        let rename = Act::Rename {
            from: place(users)?,
            to: super::trial::path(index)?,
            replace: Replace::Posix,
        };
        trial.user_does(&rename)?;
        let lock = r"C:\Users\ann\src\app\.git\index.lock";
        let made = trial.makes(lock, Kind::File)?;
        Some(made && trial.moves(lock, index, Replace::Posix)?)
    }),
    row("change a file that the user made meanwhile", |trial| {
        let at = r"C:\Users\ann\src\app\new.c";
        trial.user_does(&create(at, Kind::File, None)?)?;
        trial.writes(at)
    }),
    row("start `cmd.exe`", |trial| {
        let start = Start::of(place(places::SHELL)?);
        Some(trial.world.start(trial.who, &start).is_ok())
    }),
    row("start the user's own Python", |trial| {
        let start = Start::of(place(
            r"C:\Users\ann\AppData\Local\Programs\Python\python.exe",
        )?);
        Some(trial.world.start(trial.who, &start).is_ok())
    }),
    row("read `.gitconfig`", |trial| {
        trial.reads(r"C:\Users\ann\.gitconfig")
    }),
    row(
        "look at the profile folder, as node's realpath does",
        |trial| trial.touches(places::HOME, LOOK),
    ),
    row("temporary files", |trial| {
        let at = trial.temp("x");
        Some(trial.makes(&at, Kind::File)? && trial.writes(&at)? && trial.deletes(&at)?)
    }),
    row(
        "anonymous pipe of a parent and a child (Go, Python, cmd)",
        |trial| trial.shares(READ_WRITE),
    ),
    row(
        "piped node: a named pipe without a descriptor, read and written by a child",
        |trial| trial.pipes(None, READ_WRITE),
    ),
    row("CMake, Ninja: the same, read by a child", |trial| {
        trial.pipes(None, AccessMask::FILE_GENERIC_READ)
    }),
    row(
        "Git Bash, MSYS2: a pipe that names only the user",
        |trial| trial.pipes(Some(USER_ONLY), READ_WRITE),
    ),
    row(
        "`mkdtemp`: a file in a folder of its own at 0o700",
        |trial| {
            let folder = trial.temp("private");
            let made = trial.makes_with(&folder, Kind::Folder, PRIVATE)?;
            Some(made && trial.makes(&format!(r"{folder}\x"), Kind::File)?)
        },
    ),
    row("settings of a tool in `HKCU`", |trial| {
        let own = trial.run.plan.profile == TokenProfile::Elevated;
        if own {
            None
        } else {
            trial.sets_value("Software")
        }
    }),
    row("the user deletes what the command made", |trial| {
        let at = r"C:\Users\ann\src\app\made.txt";
        let made = trial.makes(at, Kind::File)?;
        let delete = Act::Delete(place(at)?, fumehood_nt::evaluate::DeleteBy::Disposition);
        Some(made && trial.user_does(&delete).is_some())
    }),
    row(
        "the user runs what the command built, at her own level",
        |trial| {
            let at = r"C:\Users\ann\src\app\built.exe";
            let made = trial.makes(at, Kind::File)?;
            let user = trial.as_user();
            let started = trial.world.start(user, &Start::of(place(at)?)).ok();
            let level = |process| Some(trial.world.process(process)?.token.spec().integrity);
            let own = level(user)?;
            Some(made && started.and_then(|started| level(started.process)) == Some(own))
        },
    ),
    row("a change by the command is read by the user", |trial| {
        let at = r"C:\Users\ann\src\app\main.c";
        let wrote = trial.does(&Act::Overwrite(place(at)?, content()));
        Some(wrote && trial.user_does(&Act::Read(place(at)?)).is_some())
    }),
];
