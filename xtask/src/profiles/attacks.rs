//! What a command could try: the rows of the attack classes that a model can answer.

use fumehood_nt::AccessMask;
use fumehood_sim::object::First;
use fumehood_sim::process::{CREATE_THREAD, DUP_HANDLE, TERMINATE, VM_READ, VM_WRITE};
use fumehood_sim::{Act, Class, CreateObject, Kind, Reparse, Replace};

use super::trial::{Ask, content, create, path, place};

/// Whether what the launcher holds open counts.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Pins {
    /// It does.
    Held,
    /// It does not: only descriptors hold.
    Gone,
}

/// One line of the table.
pub struct Row {
    /// What is tried.
    pub name: &'static str,
    /// With or without what is held open.
    pub pins: Pins,
    /// How.
    pub ask: Ask,
}

const fn row(name: &'static str, ask: Ask) -> Row {
    let pins = Pins::Held;
    Row { name, pins, ask }
}

const fn bare(name: &'static str, ask: Ask) -> Row {
    let pins = Pins::Gone;
    Row { name, pins, ask }
}

const LETTER: &str = r"C:\Users\ann\Documents\letter.txt";

/// All of them.
pub const ROWS: &[Row] = &[
    row(
        "delete a file by its folder's delete-child (`Documents\\letter.txt`)",
        |trial| trial.deletes(LETTER),
    ),
    row("rename it to where the command may write", |trial| {
        let away = trial.temp("away");
        trial.moves(LETTER, &away, Replace::Never)
    }),
    row("write a file outside the workspace", |trial| {
        trial.writes(LETTER)
    }),
    row("change a descriptor outside the workspace", |trial| {
        trial.touches(LETTER, AccessMask::WRITE_DAC)
    }),
    row("read `.ssh\\id_ed25519`", |trial| {
        trial.reads(r"C:\Users\ann\.ssh\id_ed25519")
    }),
    row("read our own audit log", |trial| {
        trial.reads(r"C:\Users\ann\AppData\Local\fumehood\audit.jsonl")
    }),
    bare("change a git hook", |trial| {
        trial.writes(r"C:\Users\ann\src\app\.git\hooks\pre-commit")
    }),
    bare("delete a git hook", |trial| {
        trial.deletes(r"C:\Users\ann\src\app\.git\hooks\pre-commit")
    }),
    bare("rename `.git` and make another", |trial| {
        let git = r"C:\Users\ann\src\app\.git";
        let moved = trial.moves(git, r"C:\Users\ann\src\app\old", Replace::Never)?;
        Some(moved && trial.makes(git, Kind::Folder)?)
    }),
    bare("replace `.git\\config` by a rename", |trial| {
        let own = r"C:\Users\ann\src\app\own";
        let made = trial.makes(own, Kind::File)?;
        Some(made && trial.moves(own, r"C:\Users\ann\src\app\.git\config", Replace::Posix)?)
    }),
    bare("make `.git\\commondir`", |trial| {
        let _gone = trial.deletes(r"C:\Users\ann\src\app\.git\commondir")?;
        trial.makes(r"C:\Users\ann\src\app\.git\commondir", Kind::File)
    }),
    row("read the memory of the user's editor", |trial| {
        let editor = trial.run.standard.processes.editor;
        Some(trial.opens_process(editor, VM_READ))
    }),
    row("end the user's editor", |trial| {
        let editor = trial.run.standard.processes.editor;
        Some(trial.opens_process(editor, TERMINATE))
    }),
    row("end the launcher", |trial| {
        let launcher = trial.run.launcher.process;
        Some(trial.opens_process(launcher, TERMINATE))
    }),
    row(
        "write the editor's memory, start a thread in it, or take its handles",
        |trial| {
            let editor = trial.run.standard.processes.editor;
            let rights = [VM_WRITE, CREATE_THREAD, DUP_HANDLE];
            let any = rights.map(|right| trial.opens_process(editor, right));
            Some(any.contains(&true))
        },
    ),
    row("write to the pipe of the ssh agent", |trial| {
        let pipe = trial.run.standard.names.agent_pipe;
        let write = AccessMask::FILE_READ_DATA | AccessMask::FILE_WRITE_DATA;
        Some(trial.world.open_object(trial.who, pipe, write).is_ok())
    }),
    row("write to the pipe of the editor", |trial| {
        let pipe = trial.run.standard.names.editor_pipe;
        let write = AccessMask::FILE_READ_DATA | AccessMask::FILE_WRITE_DATA;
        Some(trial.world.open_object(trial.who, pipe, write).is_ok())
    }),
    row(
        "make files where Everyone may, in a `PATH` folder of an administrator's",
        |trial| trial.makes(r"C:\tools\planted.dll", Kind::File),
    ),
    row(
        "make files where Everyone may, in a folder of the user's",
        |trial| trial.makes(r"C:\Users\ann\shared\planted", Kind::File),
    ),
    row("make files in a `PATH` folder of the user's", |trial| {
        trial.makes(
            r"C:\Users\ann\AppData\Local\Programs\Python\planted.dll",
            Kind::File,
        )
    }),
    row("make files where Users may (`ProgramData`)", |trial| {
        trial.makes(r"C:\ProgramData\Vendor\planted.dll", Kind::File)
    }),
    row("make files in `Windows\\Temp`", |trial| {
        trial.makes(r"C:\Windows\Temp\planted", Kind::File)
    }),
    row("make a folder at the top of `C:`", |trial| {
        trial.makes(r"C:\planted", Kind::Folder)
    }),
    row(
        "write on a data drive, where Authenticated Users may",
        |trial| trial.writes(r"D:\work\other\notes.txt"),
    ),
    row("make files in `AppData\\LocalLow`", |trial| {
        trial.makes(r"C:\Users\ann\AppData\LocalLow\planted", Kind::File)
    }),
    row("write on a volume without ACLs", |trial| {
        trial.writes(r"E:\notes.txt")
    }),
    row("`HKCU\\…\\Run`", |trial| {
        trial.sets_value(r"Software\Microsoft\Windows\CurrentVersion\Run")
    }),
    row("`HKCU\\Environment`", |trial| {
        trial.sets_value("Environment")
    }),
    row("`HKCU\\…\\Command Processor` (AutoRun)", |trial| {
        trial.sets_value(r"Software\Microsoft\Command Processor")
    }),
    row("hard link into the workspace, then write", |trial| {
        let link = r"C:\Users\ann\src\app\link";
        let act = Act::HardLink {
            file: place(LETTER)?,
            to: path(link)?,
            replace: Replace::Never,
        };
        Some(trial.does(&act) && trial.writes(link)?)
    }),
    row("junction in the workspace, then write by it", |trial| {
        let at = r"C:\Users\ann\src\app\junction";
        let to = Reparse::Junction(path(r"C:\Users\ann\Documents")?);
        let act = Act::Link {
            at: path(at)?,
            kind: Kind::Folder,
            to,
        };
        Some(trial.does(&act) && trial.writes(&format!(r"{at}\letter.txt"))?)
    }),
    row("write a stream of a file outside", |trial| {
        trial.makes(&format!("{LETTER}:planted"), Kind::File)
    }),
    row("change a hook by its folder's 8.3 name", |trial| {
        trial.writes(r"C:\Users\ann\src\app\GIT~1\hooks\pre-commit")
    }),
    row("change a hook by its file number", |trial| {
        let file = trial
            .world
            .find(&path(r"C:\Users\ann\src\app\.git\hooks\pre-commit")?)?;
        Some(trial.does(&Act::Write(file.into(), content())))
    }),
    row(
        "make a name that is protected and not taken (`.husky`)",
        |trial| trial.makes(r"C:\Users\ann\src\app\.husky", Kind::Folder),
    ),
    row("make a repository with hooks of its own", |trial| {
        let parts = [
            "x",
            r"x\.git",
            r"x\.git\hooks",
            r"x\.git\hooks\post-checkout",
        ];
        let mut made = true;
        for part in parts {
            let act = create(&format!(r"C:\Users\ann\src\app\{part}"), Kind::Folder, None)?;
            made &= trial.does(&act);
        }
        Some(made)
    }),
    row(
        "make a name in the session's directory of objects",
        |trial| {
            let asked = CreateObject {
                class: Class::Mutex,
                name: Some((trial.run.standard.names.local, "squatted".to_owned())),
                desired: AccessMask::GENERIC_ALL,
                security: None,
                first: First::Only,
            };
            Some(trial.world.create_object(trial.who, &asked).is_ok())
        },
    ),
];

/// What a command of another sandbox of the same user could try.
pub const NEIGHBOUR: &[Row] = &[
    row("write in this sandbox's workspace", |trial| {
        trial.writes(r"C:\Users\ann\src\app\main.c")
    }),
    row("delete in this sandbox's workspace", |trial| {
        trial.deletes(r"C:\Users\ann\src\app\main.c")
    }),
    row("change a git hook of this sandbox's workspace", |trial| {
        trial.writes(r"C:\Users\ann\src\app\.git\hooks\pre-commit")
    }),
    row("write in this sandbox's temporary files", |trial| {
        trial.makes(
            r"C:\Users\ann\AppData\Local\Temp\fumehood-w\planted",
            Kind::File,
        )
    }),
];
