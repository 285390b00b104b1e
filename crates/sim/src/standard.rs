//! One ordinary machine, on which token profiles are compared.
//!
//! Windows 11 with a system drive, a data drive and a stick; Ann, who is an
//! administrator and works with her filtered token, and Bob, who is nobody to her.
//! What stands on it and who may do what to it is a table, [`places`], and each
//! descriptor names its source. It is what Windows has by default, as far as that
//! is public; nothing of it was read from a machine here.

mod keys;
mod objects;
pub mod places;

pub use keys::OF_USER;

use fumehood_nt::token::Token;
use fumehood_nt::{SecurityDescriptor, Sid};
use thiserror::Error;

use crate::account::{Accounts, Logon, system_token};
use crate::answer::Refusal;
use crate::node::{FileId, Kind};
use crate::object::ObjectId;
use crate::path::FilePath;
use crate::process::ProcessId;
use crate::volume::{FileSystem, ShortNames, VolumeSpec};
use crate::world::{Made, World};
use places::{From, PLACES, Row, VOLUMES};

/// The machine, and who and what on it has a name here.
#[derive(Debug, Clone)]
pub struct Standard {
    /// The machine.
    pub world: World,
    /// Who is on it.
    pub people: People,
    /// What runs.
    pub processes: Processes,
    /// Directories of names, and pipes.
    pub names: Names,
}

/// The users, with the tokens that their programs have.
#[derive(Debug, Clone)]
pub struct People {
    /// Ann.
    pub ann: Sid,
    /// Bob.
    pub bob: Sid,
    /// Ann's logon, which owns her desktop.
    pub logon: Sid,
    /// What Ann's programs start with.
    pub token: Token,
    /// What they have behind a prompt.
    pub elevated: Token,
}

/// What runs on the machine.
#[derive(Debug, Clone, Copy)]
pub struct Processes {
    /// Ann's shell, the parent of what she starts.
    pub shell: ProcessId,
    /// Ann's editor, with a pipe of its own.
    pub editor: ProcessId,
    /// A program that Ann runs as an administrator.
    pub elevated: ProcessId,
    /// The ssh agent, a service.
    pub agent: ProcessId,
    /// A program of Bob's.
    pub bobs: ProcessId,
}

/// Named objects.
#[derive(Debug, Clone, Copy)]
pub struct Names {
    /// The directory of named pipes.
    pub pipes: ObjectId,
    /// `\BaseNamedObjects`, which every session sees.
    pub global: ObjectId,
    /// The session's own, where names without a prefix go.
    pub local: ObjectId,
    /// The session's window station.
    pub station: ObjectId,
    /// Its desktop.
    pub desktop: ObjectId,
    /// The pipe of the ssh agent.
    pub agent_pipe: ObjectId,
    /// The pipe of the editor, made without a descriptor.
    pub editor_pipe: ObjectId,
}

/// A row of a table that cannot be.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("{what}: {why}")]
pub struct BadRow {
    /// Which.
    pub what: String,
    /// Why it cannot be.
    pub why: String,
}

impl BadRow {
    fn of(what: &str, why: &impl ToString) -> Self {
        Self {
            what: what.to_owned(),
            why: why.to_string(),
        }
    }
}

/// The machine.
///
/// ```
/// use fumehood_sim::{Act, FilePath, standard::standard};
/// let mut machine = standard()?;
/// let key = FilePath::parse(r"C:\Users\ann\.ssh\id_ed25519")?;
/// let read = Act::Read((&key).into());
/// assert!(machine.world.act(machine.processes.shell, &read).is_ok());
/// assert!(machine.world.act(machine.processes.bobs, &read).is_err());
/// # Ok::<_, Box<dyn std::error::Error>>(())
/// ```
///
/// # Errors
///
/// A table has a row that cannot be, which a test rules out.
pub fn standard() -> Result<Standard, BadRow> {
    let mut world = World::new();
    world.accounts = Accounts::of(MACHINE);
    let wrong = |refusal: Refusal| BadRow::of("accounts", &refusal);
    let ann = world
        .accounts
        .add("ann", &[Sid::ADMINISTRATORS])
        .map_err(wrong)?;
    let bob = world.accounts.add("bob", &[]).map_err(wrong)?;
    let mut enter = |name| {
        world
            .accounts
            .log_on(name, Logon::Interactive)
            .map_err(wrong)
    };
    let (anns, bobs) = (enter("ann")?, enter("bob")?);
    let elevated = anns
        .elevated
        .ok_or_else(|| BadRow::of("ann", &"is an administrator"))?;
    let system = system_token().map_err(wrong)?;
    let people = People {
        ann,
        bob,
        logon: anns.session,
        token: anns.token,
        elevated,
    };

    let makers = Makers {
        people: &people,
        system: &system,
    };
    furnish(&mut world, &makers)?;
    keys::furnish(&mut world, &makers)?;
    let mut run = |token: &Token, image: &str| -> Result<ProcessId, BadRow> {
        let path = FilePath::parse(image).map_err(|bad| BadRow::of(image, &bad))?;
        let file = world.find(&path);
        world
            .put_process(token.clone(), file)
            .map_err(|refusal| BadRow::of(image, &refusal))
    };
    let processes = Processes {
        shell: run(&people.token, places::SHELL)?,
        editor: run(&people.token, places::EDITOR)?,
        elevated: run(&people.elevated, places::SHELL)?,
        agent: run(&system, places::AGENT)?,
        bobs: run(&bobs.token, places::SHELL)?,
    };
    let names = objects::furnish(&mut world, &makers)?;
    Ok(Standard {
        world,
        people,
        processes,
        names,
    })
}

/// The machine's SID.
const MACHINE: Sid = Sid::of(5, [21, 1_004_336_348, 1_177_238_915, 682_003_330]);

/// Who makes things, and whom the letters of the tables mean.
struct Makers<'a> {
    people: &'a People,
    system: &'a Token,
}

impl Makers<'_> {
    /// Reads a descriptor of a table: `{U}` is Ann, `{L}` her logon, `{TI}` the installer.
    fn descriptor(&self, text: &str) -> Result<SecurityDescriptor, BadRow> {
        let words = [
            ("{U}", self.people.ann),
            ("{L}", self.people.logon),
            ("{TI}", Sid::TRUSTED_INSTALLER),
        ];
        let fill = |text: String, (word, sid): &(&str, Sid)| text.replace(word, &sid.to_string());
        let text = words.iter().fold(text.to_owned(), fill);
        text.parse().map_err(|bad| BadRow::of(&text, &bad))
    }
}

fn furnish(world: &mut World, makers: &Makers<'_>) -> Result<(), BadRow> {
    for (letter, top) in VOLUMES {
        let system = if top.is_empty() {
            FileSystem::Fat
        } else {
            FileSystem::Ntfs
        };
        let short_names = if letter == 'C' {
            ShortNames::Made
        } else {
            ShortNames::NotMade
        };
        let spec = VolumeSpec {
            letter,
            system,
            short_names,
        };
        let top = makers.descriptor(top)?;
        world
            .put_volume(spec, top)
            .map_err(|refusal| BadRow::of("volume", &refusal))?;
    }
    for row in PLACES {
        put(world, makers, row)?;
    }
    Ok(())
}

fn put(world: &mut World, makers: &Makers<'_>, row: &Row) -> Result<FileId, BadRow> {
    let path = FilePath::parse(row.path).map_err(|bad| BadRow::of(row.path, &bad))?;
    let wrong = |refusal: Refusal| BadRow::of(row.path, &refusal);
    let kind = if row.content.is_some() {
        Kind::File
    } else {
        Kind::Folder
    };
    let given;
    let made = match row.from {
        From::Given(text) => {
            given = makers.descriptor(text)?;
            Made::With(&given)
        }
        From::System => Made::By(makers.system),
        From::Administrator => Made::By(&makers.people.elevated),
        From::Ann => Made::By(&makers.people.token),
    };
    let file = world.put(&path, kind, &made).map_err(wrong)?;
    if let Some(content) = row.content {
        world.put_content(file, content.as_bytes()).map_err(wrong)?;
    }
    if let Some(reparse) = row.alias() {
        world.put_reparse(file, reparse).map_err(wrong)?;
    }
    Ok(file)
}
