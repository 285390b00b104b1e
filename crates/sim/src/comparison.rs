//! One Windows machine as it is delivered and used, for comparing.
//!
//! Two NTFS volumes and a stick, the system's folders with the descriptors that
//! Windows gives them, a user's profile, a repository with hooks, a second
//! workspace, places that Everyone, that Users and that low programs may write.
//! The descriptors are those that `icacls` shows of an ordinary Windows 11
//! (general knowledge; not read from a machine for this).

use fumehood_nt::token::{Group, GroupMarks, Privilege, Privileges, Token, TokenSpec, TooManySids};
use fumehood_nt::{AccessMask, Ace, Acl, SecurityDescriptor, Sid};
use fumehood_plan::windows::{
    Account, Facts, Plan, PlanError, Request, TokenProfile, WinPath, compile, questions,
};
use fumehood_policy::profiles::BuiltIn;
use fumehood_policy::{GapName, Policy};

use crate::answer::{Answer, Refusal};
use crate::launcher::{Launcher, Setting};
use crate::node::Kind;
use crate::path::FilePath;
use crate::probe;
use crate::volume::{FileSystem, ShortNames, VolumeSpec};
use crate::world::{Made, World};

/// The user.
pub const USER: Sid = Sid::of(5, [21, 1, 2, 3, 1001]);
/// The user's logon session.
pub const LOGON: Sid = Sid::logon(0, 0x0001_E240);
const ACCOUNT: Sid = Sid::of(5, [21, 1, 2, 3, 2001]);
const ACCOUNTS: Sid = Sid::of(5, [21, 1, 2, 3, 2000]);
const ACCOUNT_LOGON: Sid = Sid::logon(0, 0x0009_FBF1);

/// What inherits from the top of the system's volume, and is written there.
const TOP: &str = "O:SYG:SYD:PAI(A;OICI;FA;;;BA)(A;OICI;FA;;;SY)(A;OICI;0x1200a9;;;BU)\
                   (A;OICIIO;SDGXGWGR;;;AU)(A;;LC;;;AU)";
const DATA: &str = "O:SYG:SYD:PAI(A;OICI;FA;;;BA)(A;OICI;FA;;;SY)(A;OICI;0x1301bf;;;AU)\
                    (A;OICI;0x1200a9;;;BU)";
const SYSTEM: &str = "O:BAG:SYD:P(A;OICI;FA;;;SY)(A;OICI;FA;;;BA)(A;OICI;0x1200a9;;;BU)\
                      (A;OICI;0x1200a9;;;AC)";
const PROGRAM_DATA: &str = "O:SYG:SYD:PAI(A;OICI;FA;;;SY)(A;OICI;FA;;;BA)(A;OICIIO;GA;;;CO)\
                            (A;OICI;0x1200a9;;;BU)(A;CI;DCLCRPCR;;;BU)";
const USERS: &str = "O:SYG:SYD:PAI(A;OICI;FA;;;SY)(A;OICI;FA;;;BA)(A;OICI;0x1200a9;;;BU)\
                     (A;OICI;0x1200a9;;;WD)";
const PUBLIC: &str = "O:BAG:SYD:PAI(A;OICI;FA;;;SY)(A;OICI;FA;;;BA)(A;OICIIO;GA;;;CO)\
                      (A;OICI;0x1301bf;;;IU)(A;OICI;0x1200a9;;;BU)";
const WINDOWS_TEMP: &str = "O:SYG:SYD:PAI(A;OICI;FA;;;SY)(A;OICI;FA;;;BA)(A;OICIIO;GA;;;CO)\
                            (A;CI;DCLCRPCRWP;;;BU)(A;;0x100026;;;BU)";
const PROFILE: &str = "O:SYG:SYD:P(A;OICI;FA;;;SY)(A;OICI;FA;;;BA)(A;OICI;FA;;;{U})";
const EVERYONE_S: &str = "O:BAG:SYD:P(A;OICI;FA;;;SY)(A;OICI;FA;;;BA)(A;OICI;0x1301bf;;;WD)";
const USERS_OWN: &str = "O:{U}G:{U}D:P(A;OICI;FA;;;SY)(A;OICI;FA;;;{U})(A;OICI;0x1301bf;;;WD)";
const LOW: &str =
    "O:{U}G:{U}D:AI(A;OICIID;FA;;;SY)(A;OICIID;FA;;;BA)(A;OICIID;FA;;;{U})S:(ML;OICI;NW;;;LW)";
const SSH: &str = "O:{U}G:{U}D:P(A;OICI;FA;;;SY)(A;OICI;FA;;;BA)(A;OICI;FA;;;{U})";

/// Folders with a descriptor of their own.
const FOLDERS: [(&str, &str); 13] = [
    (r"C:\Windows", SYSTEM),
    (r"C:\Windows\System32", SYSTEM),
    (r"C:\Windows\Temp", WINDOWS_TEMP),
    (r"C:\Program Files", SYSTEM),
    (r"C:\ProgramData", PROGRAM_DATA),
    (r"C:\ProgramData\scratch", EVERYONE_S),
    (r"C:\Users", USERS),
    (r"C:\Users\Public", PUBLIC),
    (r"C:\Users\ann", PROFILE),
    (r"C:\Users\ann\.ssh", SSH),
    (r"C:\Users\ann\shared", USERS_OWN),
    (r"C:\opentools", EVERYONE_S),
    (r"C:\Users\ann\AppData", PROFILE),
];

/// Where the system makes what there is, and not the user.
const OF_THE_SYSTEM: [&str; 4] = [
    r"C:\Windows",
    r"C:\Program",
    r"C:\opentools",
    r"C:\Users\Public",
];

/// What inherits.
const INHERITING: [(&str, Kind); 38] = [
    (r"C:\Windows\System32\cmd.exe", Kind::File),
    (r"C:\Program Files\Git", Kind::Folder),
    (r"C:\Program Files\Git\git.exe", Kind::File),
    (r"C:\ProgramData\service", Kind::Folder),
    (r"C:\ProgramData\service\service.ini", Kind::File),
    (r"C:\opentools\tool.exe", Kind::File),
    (r"C:\tools", Kind::Folder),
    (r"C:\tools\build.exe", Kind::File),
    (r"C:\Users\ann\.ssh\id_ed25519", Kind::File),
    (r"C:\Users\ann\.gitconfig", Kind::File),
    (r"C:\Users\ann\Documents", Kind::Folder),
    (r"C:\Users\ann\Documents\thesis.docx", Kind::File),
    (r"C:\Users\ann\.cargo", Kind::Folder),
    (r"C:\Users\ann\.cargo\bin", Kind::Folder),
    (r"C:\Users\ann\.cargo\bin\cargo.exe", Kind::File),
    (r"C:\Users\ann\AppData\Local", Kind::Folder),
    (r"C:\Users\ann\AppData\Local\Temp", Kind::Folder),
    (r"C:\Users\ann\AppData\Local\fumehood", Kind::Folder),
    (
        r"C:\Users\ann\AppData\Local\fumehood\audit.jsonl",
        Kind::File,
    ),
    (r"C:\Users\ann\AppData\Roaming", Kind::Folder),
    (r"C:\Users\ann\AppData\Roaming\startup.lnk", Kind::File),
    (r"C:\Users\ann\w", Kind::Folder),
    (r"C:\Users\ann\w\main.rs", Kind::File),
    (r"C:\Users\ann\w\.git", Kind::Folder),
    (r"C:\Users\ann\w\.git\HEAD", Kind::File),
    (r"C:\Users\ann\w\.git\config", Kind::File),
    (r"C:\Users\ann\w\.git\hooks", Kind::Folder),
    (r"C:\Users\ann\w\.git\hooks\pre-commit", Kind::File),
    (r"C:\Users\ann\w\.git\objects", Kind::Folder),
    (r"C:\Users\ann\w\.vscode", Kind::Folder),
    (r"C:\Users\ann\w\.vscode\tasks.json", Kind::File),
    (r"C:\Users\ann\w\src", Kind::Folder),
    (r"C:\Users\ann\w\src\lib.rs", Kind::File),
    (r"C:\Users\ann\other", Kind::Folder),
    (r"C:\Users\ann\other\notes.md", Kind::File),
    (r"D:\data", Kind::Folder),
    (r"D:\data\table.csv", Kind::File),
    (r"D:\backup", Kind::Folder),
];

/// The machine, with the user's launcher on it.
///
/// # Errors
///
/// A table of this file is wrong.
pub fn launcher() -> Answer<Launcher> {
    let mut world = World::new();
    let volumes = [
        ('C', FileSystem::Ntfs, TOP),
        ('D', FileSystem::Ntfs, DATA),
        ('E', FileSystem::Fat, "D:"),
    ];
    for (letter, system, top) in volumes {
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
        world.put_volume(spec, descriptor(top)?)?;
    }
    let user = token(user()).map_err(|_| Refusal::Invalid("the user's token"))?;
    let system = token(TokenSpec::new(Sid::SYSTEM)).map_err(|_| Refusal::Invalid("a token"))?;
    for (path, sddl) in FOLDERS {
        let descriptor = descriptor(sddl)?;
        world.put(&file(path)?, Kind::Folder, &Made::With(&descriptor))?;
    }
    for (path, kind) in INHERITING {
        let is_system = OF_THE_SYSTEM.iter().any(|top| path.starts_with(top));
        let maker = if is_system { &system } else { &user };
        world.put(&file(path)?, kind, &Made::By(maker))?;
    }
    let low = descriptor(LOW)?;
    world.put(
        &file(r"C:\Users\ann\AppData\LocalLow")?,
        Kind::Folder,
        &Made::With(&low),
    )?;
    let process = world.put_process(user);
    Ok(Launcher {
        world,
        process,
        setting: setting()?,
        dies_after: None,
    })
}

fn setting() -> Answer<Setting> {
    let account = Account {
        user: ACCOUNT,
        group: ACCOUNTS,
        logon: ACCOUNT_LOGON,
    };
    let paths = [
        r"C:\Windows\System32",
        r"C:\Program Files\Git",
        r"C:\tools",
        r"C:\opentools",
        r"C:\Users\ann\.cargo\bin",
    ];
    Ok(Setting {
        profile: path(r"C:\Users\ann")?,
        temp: path(r"C:\Users\ann\AppData\Local\Temp\fumehood-w")?,
        session: Sid::of(5, [21, 8, 8, 8, 1]),
        reader: Sid::of(5, [21, 8, 8, 8, 2]),
        account: Some((account, of_account())),
        path_folders: paths.into_iter().map(path).collect::<Result<_, _>>()?,
    })
}

/// The user's token: an ordinary interactive logon, no administrator.
#[must_use]
pub fn user() -> TokenSpec {
    interactive(USER, LOGON, &[])
}

/// The token of the account's logon.
fn of_account() -> TokenSpec {
    interactive(ACCOUNT, ACCOUNT_LOGON, &[ACCOUNTS])
}

fn interactive(user: Sid, logon: Sid, more: &[Sid]) -> TokenSpec {
    let mut spec = TokenSpec::new(user);
    let groups = [
        Sid::EVERYONE,
        Sid::USERS,
        Sid::INTERACTIVE,
        Sid::CONSOLE_LOGON,
        Sid::AUTHENTICATED_USERS,
        Sid::LOCAL,
    ];
    let groups = groups.iter().chain(more);
    spec.groups = groups.map(|sid| Group::enabled(*sid)).collect();
    spec.groups.push(Group {
        marks: GroupMarks::LOGON_ID,
        ..Group::enabled(logon)
    });
    spec.privileges = Privileges::NONE
        .with_enabled(Privilege::ChangeNotify)
        .with_disabled(Privilege::Shutdown)
        .with_disabled(Privilege::Undock)
        .with_disabled(Privilege::IncreaseWorkingSet)
        .with_disabled(Privilege::TimeZone);
    let read = AccessMask::GENERIC_READ | AccessMask::GENERIC_EXECUTE;
    spec.default_dacl = Some(Acl::new(vec![
        Ace::allow(user, AccessMask::GENERIC_ALL),
        Ace::allow(Sid::SYSTEM, AccessMask::GENERIC_ALL),
        Ace::allow(logon, read),
    ]));
    spec
}

fn token(spec: TokenSpec) -> Result<Token, TooManySids> {
    spec.build()
}

fn descriptor(sddl: &str) -> Answer<SecurityDescriptor> {
    let sddl = sddl.replace("{U}", &USER.to_string());
    sddl.parse().map_err(|_| Refusal::Invalid("SDDL"))
}

fn file(text: &str) -> Answer<FilePath> {
    FilePath::parse(text).map_err(|_| Refusal::Invalid("a path"))
}

fn path(text: &str) -> Answer<WinPath> {
    text.parse().map_err(|_| Refusal::Invalid("a path"))
}

/// The policy of the comparison: what is built in, with every gap accepted.
///
/// # Errors
///
/// A path of this file is wrong.
pub fn policy() -> Answer<Policy> {
    let absolute = |text: &str| text.parse().map_err(|_| Refusal::Invalid("a path"));
    let place = fumehood_policy::Place::new(
        absolute("/C:/Users/ann")?,
        absolute("/C:/Users/ann/w")?,
        absolute("/C:/Users/ann/AppData/Local/fumehood")?,
    );
    let mut policy = Policy::built_in(BuiltIn::WorkspaceWrite, &place);
    policy.accept.extend(GapName::ALL);
    Ok(policy)
}

/// The plan of a launcher for a policy: questions are asked twice, because the first answers
/// name the repositories.
///
/// # Errors
///
/// The policy cannot be put in force on the machine.
pub fn plan(
    launcher: &Launcher,
    policy: &Policy,
    profile: TokenProfile,
) -> Result<(Facts, Plan), PlanError> {
    let first = probe::facts(launcher, &questions(policy, &[]));
    let facts = probe::facts(launcher, &questions(policy, &first.repositories));
    let request = Request {
        arguments: vec!["cmd".into()],
        folder: None,
    };
    let plan = compile(policy, &facts, profile, &request)?;
    Ok((facts, plan))
}
