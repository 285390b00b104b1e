//! The volumes of the standard machine and what stands on them.
//!
//! Sources, by letter: **a** `icacls` of Windows 11 as quoted by many projects
//! (`ProgramData`, `Users`, `Public`); **b** Microsoft's own sample that prints the
//! descriptor of `C:\`; **c** a table of default descriptors of data drives and
//! profiles (Zhaopudark, *`PSComputerManagementZp`*), which agrees with Microsoft's KB
//! 949608; **d** descriptors of `C:\Windows`, `System32` and `Program Files` as
//! Windows 10 and 11 print them, quoted in tests of several projects; **e** what the
//! servicing manifests give protected files (`WRP_FILE_DEFAULT_SDDL`); **f** general
//! knowledge, not looked up.

use crate::node::Reparse;

/// Where a descriptor comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum From {
    /// It is this one.
    Given(&'static str),
    /// It is inherited; the system made the thing.
    System,
    /// It is inherited; an administrator did, behind a prompt.
    Administrator,
    /// It is inherited; Ann did.
    Ann,
}

/// A file or folder of the machine.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Row {
    /// Where it stands.
    pub path: &'static str,
    /// Where its descriptor comes from.
    pub from: From,
    /// What is in it, if it is a file.
    pub content: Option<&'static str>,
}

impl Row {
    /// Where it leads, if it is a store alias (`IO_REPARSE_TAG_APPEXECLINK`).
    #[must_use]
    pub fn alias(&self) -> Option<Reparse> {
        (self.content == Some(ALIAS)).then_some(Reparse::Other(0x8000_001B))
    }
}

const ALIAS: &str = "a store alias";

/// What Ann's shell is.
pub const SHELL: &str = r"C:\Windows\System32\cmd.exe";
/// What Ann's editor is.
pub const EDITOR: &str = r"C:\Program Files\Editor\editor.exe";
/// What the ssh agent is.
pub const AGENT: &str = r"C:\Windows\System32\ssh-agent.exe";
/// Ann's profile.
pub const HOME: &str = r"C:\Users\ann";
/// `%TEMP%`.
pub const TEMP: &str = r"C:\Users\ann\AppData\Local\Temp";
/// A repository in Ann's profile.
pub const REPOSITORY: &str = r"C:\Users\ann\src\app";
/// A repository on the data drive.
pub const DATA_REPOSITORY: &str = r"D:\work\app";

/// Folders of `PATH`, in its order.
pub const PATH: [&str; 5] = [
    r"C:\Windows\System32",
    r"C:\Program Files\Git\cmd",
    r"C:\tools",
    r"C:\Users\ann\AppData\Local\Programs\Python",
    r"C:\Users\ann\AppData\Local\Microsoft\WindowsApps",
];

/// Files that nobody but Ann should read.
pub const SECRETS: [&str; 3] = [
    r"C:\Users\ann\.ssh\id_ed25519",
    r"C:\Users\ann\AppData\Roaming\gcloud\credentials.json",
    r"C:\Users\ann\AppData\Local\Browser\Cookies",
];

/// The volumes, and who may do what at their top; none has no descriptors.
pub const VOLUMES: [(char, &str); 3] = [('C', SYSTEM_DRIVE), ('D', DATA_DRIVE), ('E', "")];

/// **b**. What stands directly in it and is no folder is labelled high.
const SYSTEM_DRIVE: &str = "O:{TI}G:{TI}D:PAI(A;;FA;;;BA)(A;OICIIO;GA;;;BA)(A;;FA;;;SY)\
    (A;OICIIO;GA;;;SY)(A;OICI;0x1200a9;;;BU)(A;OICIIO;SDGXGWGR;;;AU)(A;;LC;;;AU)\
    S:(ML;OINPIO;NW;;;HI)";
/// **c**: Authenticated Users have Modify, here and in all that is made below.
const DATA_DRIVE: &str = "O:SYG:SYD:AI(A;OICIIO;SDGXGWGR;;;AU)(A;;0x1301bf;;;AU)(A;;FA;;;SY)\
    (A;OICIIO;GA;;;SY)(A;OICIIO;GA;;;BA)(A;;FA;;;BA)(A;;0x1200a9;;;BU)(A;OICIIO;GXGR;;;BU)";
/// **d**.
const WINDOWS: &str = "O:{TI}G:{TI}D:PAI(A;OICIIO;GA;;;CO)(A;OICIIO;GA;;;SY)(A;;0x1301bf;;;SY)\
    (A;OICIIO;GA;;;BA)(A;;0x1301bf;;;BA)(A;OICIIO;GXGR;;;BU)(A;;0x1200a9;;;BU)\
    (A;CIIO;GA;;;{TI})(A;;FA;;;{TI})(A;;0x1200a9;;;AC)(A;OICIIO;GXGR;;;AC)\
    (A;;0x1200a9;;;S-1-15-2-2)(A;OICIIO;GXGR;;;S-1-15-2-2)";
/// **d**: what is inherited below `Program Files` shows what stands on it.
const PROGRAMS: &str = "O:{TI}G:{TI}D:PAI(A;;FA;;;{TI})(A;CIIO;GA;;;{TI})(A;;0x1301bf;;;SY)\
    (A;OICIIO;GA;;;SY)(A;;0x1301bf;;;BA)(A;OICIIO;GA;;;BA)(A;;0x1200a9;;;BU)\
    (A;OICIIO;GXGR;;;BU)(A;OICIIO;GA;;;CO)(A;;0x1200a9;;;AC)(A;OICIIO;GXGR;;;AC)\
    (A;;0x1200a9;;;S-1-15-2-2)(A;OICIIO;GXGR;;;S-1-15-2-2)";
/// **e**.
const PROTECTED: &str = "O:{TI}G:{TI}D:P(A;;FA;;;{TI})(A;;0x1200a9;;;BA)(A;;0x1200a9;;;SY)\
    (A;;0x1200a9;;;BU)(A;;0x1200a9;;;AC)(A;;0x1200a9;;;S-1-15-2-2)";
/// **f**: users may create and pass through, and list nothing.
const WINDOWS_TEMP: &str = "O:SYG:SYD:PAI(A;OICI;FA;;;SY)(A;OICI;FA;;;BA)(A;OICIIO;GA;;;CO)\
    (A;CI;0x100026;;;BU)";
/// **a**: users read everything and create anything, and own what they create.
const PROGRAM_DATA: &str = "O:SYG:SYD:PAI(A;OICI;FA;;;SY)(A;OICI;FA;;;BA)(A;OICIIO;GA;;;CO)\
    (A;OICI;0x1200a9;;;BU)(A;CI;DCLCRPCR;;;BU)";
/// **a**.
const USERS: &str = "O:SYG:SYD:PAI(A;OICI;FA;;;SY)(A;OICI;FA;;;BA)(A;;0x1200a9;;;BU)\
    (A;OICIIO;GXGR;;;BU)(A;;0x1200a9;;;WD)(A;OICIIO;GXGR;;;WD)";
/// **a**: who is logged on as a user, a service or a task modifies everything below.
const PUBLIC: &str = "O:SYG:SYD:PAI(A;OICI;FA;;;BA)(A;OICIIO;GA;;;CO)(A;OICI;FA;;;SY)\
    (A;OICIIO;0x1301ff;;;IU)(A;;0x1200af;;;IU)(A;OICIIO;0x1301ff;;;SU)(A;;0x1200af;;;SU)\
    (A;OICIIO;0x1301ff;;;S-1-5-3)(A;;0x1200af;;;S-1-5-3)";
/// **c**: the user, the system and administrators, for all below.
const PROFILE: &str = "O:SYG:SYD:PAI(A;OICI;FA;;;SY)(A;OICI;FA;;;BA)(A;OICI;FA;;;{U})";
/// **f**: `LocalLow`, labelled for browsers of old.
const LOW: &str = "O:{U}G:{U}D:AI(A;OICIID;FA;;;SY)(A;OICIID;FA;;;BA)(A;OICIID;FA;;;{U})\
    S:(ML;OICI;NW;;;LW)";
/// **f**: what installers that know no better do.
const EVERYONE: &str = "O:BAG:SYD:AI(A;OICI;0x1301bf;;;WD)(A;OICIID;FA;;;SY)(A;OICIID;FA;;;BA)\
    (A;OICIID;0x1200a9;;;BU)";

const fn folder(path: &'static str, from: From) -> Row {
    Row {
        path,
        from,
        content: None,
    }
}

const fn file(path: &'static str, from: From, content: &'static str) -> Row {
    let content = Some(content);
    Row {
        path,
        from,
        content,
    }
}

/// Everything that stands on the machine, from the top down.
pub const PLACES: &[Row] = &[
    folder(r"C:\Windows", From::Given(WINDOWS)),
    folder(r"C:\Windows\System32", From::Given(WINDOWS)),
    file(SHELL, From::Given(PROTECTED), "cmd"),
    file(AGENT, From::Given(PROTECTED), "agent"),
    file(
        r"C:\Windows\System32\kernel32.dll",
        From::Given(PROTECTED),
        "library",
    ),
    folder(r"C:\Windows\Temp", From::Given(WINDOWS_TEMP)),
    folder(r"C:\Program Files", From::Given(PROGRAMS)),
    folder(r"C:\Program Files\Git", From::System),
    folder(r"C:\Program Files\Git\cmd", From::System),
    file(r"C:\Program Files\Git\cmd\git.exe", From::System, "git"),
    folder(r"C:\Program Files\Editor", From::System),
    file(EDITOR, From::System, "editor"),
    folder(r"C:\ProgramData", From::Given(PROGRAM_DATA)),
    folder(r"C:\ProgramData\Vendor", From::System),
    file(
        r"C:\ProgramData\Vendor\service.ini",
        From::System,
        "run=service.exe",
    ),
    folder(r"C:\tools", From::Given(EVERYONE)),
    file(r"C:\tools\make.exe", From::Administrator, "make"),
    folder(r"C:\build", From::Ann),
    file(r"C:\build\out.log", From::Ann, "log"),
    folder(r"C:\Users", From::Given(USERS)),
    folder(r"C:\Users\Public", From::Given(PUBLIC)),
    folder(r"C:\Users\Public\Documents", From::System),
    folder(HOME, From::Given(PROFILE)),
    file(r"C:\Users\ann\.gitconfig", From::Ann, "[user]"),
    folder(r"C:\Users\ann\.ssh", From::Ann),
    file(SECRETS[0], From::Ann, "a private key"),
    file(r"C:\Users\ann\.ssh\config", From::Ann, "Host *"),
    folder(r"C:\Users\ann\Desktop", From::Ann),
    folder(r"C:\Users\ann\Documents", From::Ann),
    file(r"C:\Users\ann\Documents\letter.txt", From::Ann, "Dear Bob"),
    folder(r"C:\Users\ann\AppData", From::Ann),
    folder(r"C:\Users\ann\AppData\Local", From::Ann),
    folder(TEMP, From::Ann),
    folder(r"C:\Users\ann\AppData\Local\Browser", From::Ann),
    file(SECRETS[2], From::Ann, "cookies"),
    folder(r"C:\Users\ann\AppData\Local\Programs", From::Ann),
    folder(r"C:\Users\ann\AppData\Local\Programs\Python", From::Ann),
    file(
        r"C:\Users\ann\AppData\Local\Programs\Python\python.exe",
        From::Ann,
        "python",
    ),
    folder(r"C:\Users\ann\AppData\Local\Microsoft", From::Ann),
    folder(
        r"C:\Users\ann\AppData\Local\Microsoft\WindowsApps",
        From::Ann,
    ),
    file(
        r"C:\Users\ann\AppData\Local\Microsoft\WindowsApps\pwsh.exe",
        From::Ann,
        ALIAS,
    ),
    folder(r"C:\Users\ann\AppData\LocalLow", From::Given(LOW)),
    folder(r"C:\Users\ann\AppData\Roaming", From::Ann),
    folder(r"C:\Users\ann\AppData\Roaming\gcloud", From::Ann),
    file(SECRETS[1], From::Ann, "credentials"),
    folder(r"C:\Users\ann\AppData\Roaming\Startup", From::Ann),
    folder(r"C:\Users\ann\src", From::Ann),
    folder(REPOSITORY, From::Ann),
    file(r"C:\Users\ann\src\app\main.c", From::Ann, "int main"),
    file(r"C:\Users\ann\src\app\.env", From::Ann, "TOKEN=secret"),
    folder(r"C:\Users\ann\src\app\.git", From::Ann),
    file(r"C:\Users\ann\src\app\.git\config", From::Ann, "[core]"),
    file(
        r"C:\Users\ann\src\app\.git\HEAD",
        From::Ann,
        "ref: refs/heads/main",
    ),
    file(r"C:\Users\ann\src\app\.git\index", From::Ann, "DIRC"),
    folder(r"C:\Users\ann\src\app\.git\objects", From::Ann),
    folder(r"C:\Users\ann\src\app\.git\refs", From::Ann),
    folder(r"C:\Users\ann\src\app\.git\hooks", From::Ann),
    file(
        r"C:\Users\ann\src\app\.git\hooks\pre-commit",
        From::Ann,
        "#!/bin/sh",
    ),
    folder(r"C:\Users\ann\src\app\.vscode", From::Ann),
    file(r"C:\Users\ann\src\app\.vscode\tasks.json", From::Ann, "{}"),
    folder(r"C:\Users\ann\src\other", From::Ann),
    file(r"C:\Users\ann\src\other\notes.txt", From::Ann, "notes"),
    folder(r"D:\work", From::Ann),
    folder(DATA_REPOSITORY, From::Ann),
    file(r"D:\work\app\main.c", From::Ann, "int main"),
    folder(r"D:\work\app\.git", From::Ann),
    file(r"D:\work\app\.git\config", From::Ann, "[core]"),
    file(r"D:\work\app\.git\HEAD", From::Ann, "ref: refs/heads/main"),
    folder(r"D:\work\app\.git\hooks", From::Ann),
    file(r"D:\work\app\.git\hooks\pre-commit", From::Ann, "#!/bin/sh"),
    folder(r"D:\work\other", From::Ann),
    file(r"D:\work\other\notes.txt", From::Ann, "notes"),
    file(r"E:\notes.txt", From::Ann, "on a stick"),
];
