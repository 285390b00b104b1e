//! The standard machine, and how the token profiles stand on it.

use fumehood_nt::evaluate::Intent;
use fumehood_nt::restrict::{Restrict, RestrictFlags, lower_integrity, restrict};
use fumehood_nt::token::{Integrity, Token};
use fumehood_nt::{AccessMask, Sid};
use fumehood_sim::key::SET_VALUE;
use fumehood_sim::process::{TERMINATE, VM_READ, VM_WRITE};
use fumehood_sim::standard::places::{self, SECRETS};
use fumehood_sim::standard::{Standard, standard};
use fumehood_sim::{Act, KeyPath, Kind, ProcessId};

use crate::machine::{create, delete, read, write};

const GRANT: Sid = Sid::of(5, [21, 9, 9, 9, 1]);
const SESSION: Sid = Sid::of(5, [21, 9, 9, 9, 2]);

/// A profile of `windows.md`, on this machine.
fn profile(machine: &Standard, name: &str) -> Token {
    let list = [
        GRANT,
        SESSION,
        machine.people.logon,
        Sid::EVERYONE,
        Sid::WRITE_RESTRICTED_CODE,
    ];
    let strict = [Sid::USERS, Sid::RESTRICTED_CODE];
    let filter = RestrictFlags::DISABLE_MAX_PRIVILEGE.with(RestrictFlags::LUA_TOKEN);
    let make = |flags: RestrictFlags, restricting: Vec<Sid>| {
        let asked = Restrict {
            flags: filter.with(flags),
            restricting,
            ..Restrict::default()
        };
        restrict(&machine.people.token, &asked).expect(name)
    };
    let lower = |token: Token| lower_integrity(&token, Integrity(6144)).expect(name);
    match name {
        "compatible" => make(RestrictFlags::WRITE_RESTRICTED, list.to_vec()),
        "strict" => make(RestrictFlags::NONE, [list.as_slice(), &strict].concat()),
        "labelled" => lower(make(RestrictFlags::NONE, Vec::new())),
        _ => lower(make(RestrictFlags::WRITE_RESTRICTED, list.to_vec())),
    }
}

const PROFILES: [&str; 4] = ["compatible", "strict", "labelled", "labelled+caps"];

/// Which profiles may do it, as letters: `c`, `s`, `l`, `L`.
fn who(test: impl Fn(&mut Standard, ProcessId) -> bool) -> String {
    let letters = ["c", "s", "l", "L"];
    let may = |name: &&str| {
        let mut machine = standard().expect("rows that can be");
        let token = profile(&machine, name);
        let sandbox = machine.world.put_process(token, None).expect("few");
        test(&mut machine, sandbox)
    };
    PROFILES
        .iter()
        .zip(letters)
        .filter(|(name, _)| may(name))
        .map(|(_, letter)| letter)
        .collect()
}

fn acts(act: &Act) -> String {
    who(|machine, sandbox| machine.world.act(sandbox, act).is_ok())
}

#[test]
fn ann_works_on_her_machine_as_she_is_used_to() {
    let mut machine = standard().expect("rows that can be");
    let shell = machine.processes.shell;
    let may = |act: &Act| machine.world.clone().act(shell, act).is_ok();
    for secret in SECRETS {
        assert!(may(&read(secret)) && may(&write(secret)), "{secret}");
    }
    for text in [
        r"C:\new",
        r"D:\new",
        r"C:\ProgramData\new",
        r"C:\tools\new",
        r"C:\Users\Public\x",
    ] {
        assert!(may(&create(text, Kind::Folder)), "{text}");
    }
    assert!(
        !may(&create(r"C:\new.txt", Kind::File)),
        "no files directly on the system drive"
    );
    for text in [r"C:\Windows\new", r"C:\Program Files\new", r"C:\Users\new"] {
        assert!(!may(&create(text, Kind::Folder)), "{text}");
    }
    assert!(!may(&write(r"C:\ProgramData\Vendor\service.ini")));
    assert!(may(&write(r"C:\tools\make.exe")), "everyone may");
    let elevated = machine.processes.elevated;
    assert!(
        machine
            .world
            .act(elevated, &create(r"C:\Program Files\new", Kind::Folder))
            .is_ok()
    );
}

#[test]
fn bob_reads_nothing_of_anns_and_writes_on_the_data_drive() {
    let mut machine = standard().expect("rows that can be");
    let bob = machine.processes.bobs;
    let mut may = |act: &Act| machine.world.act(bob, act).is_ok();
    for secret in SECRETS {
        assert!(!may(&read(secret)), "{secret}");
    }
    assert!(
        may(&write(r"D:\work\app\main.c")),
        "Authenticated Users modify"
    );
    assert!(!may(&write(r"C:\Users\ann\src\app\main.c")));
}

#[test]
fn the_profiles_let_through_what_the_table_of_attacks_says() {
    let main = r"C:\Users\ann\src\other\notes.txt";
    let rows = [
        ("write elsewhere in the profile", acts(&write(main)), ""),
        (
            "delete by the parent's delete-child",
            acts(&delete(main)),
            "c",
        ),
        ("read a secret", acts(&read(SECRETS[0])), "clL"),
        (
            "write on the data drive",
            acts(&write(r"D:\work\other\notes.txt")),
            "",
        ),
        (
            "delete on the data drive",
            acts(&delete(r"D:\work\other\notes.txt")),
            "",
        ),
        (
            "plant in a folder of PATH that everyone writes",
            acts(&create(r"C:\tools\git.exe", Kind::File)),
            "cs",
        ),
        (
            "plant in ProgramData",
            acts(&create(r"C:\ProgramData\x", Kind::Folder)),
            "s",
        ),
        (
            "plant in the Windows Temp",
            acts(&create(r"C:\Windows\Temp\x", Kind::File)),
            "s",
        ),
        (
            "a new folder on C",
            acts(&create(r"C:\x", Kind::Folder)),
            "",
        ),
        (
            "write where it is labelled low",
            acts(&create(r"C:\Users\ann\AppData\LocalLow\x", Kind::File)),
            "l",
        ),
        (
            "write on a stick without ACLs",
            acts(&write(r"E:\notes.txt")),
            "cslL",
        ),
    ];
    for (what, letters, expected) in rows {
        assert_eq!(letters, expected, "{what}");
    }
}

#[test]
fn the_profiles_meet_the_users_other_processes_as_the_table_says() {
    let opens = |rights| {
        who(move |machine, sandbox| {
            let editor = machine.processes.editor;
            machine.world.open_process(sandbox, editor, rights).is_ok()
        })
    };
    // The logon SID, in the default DACL to read, lets a fully restricted token read as well.
    assert_eq!(opens(VM_READ), "cs");
    assert_eq!(opens(VM_WRITE), "");
    assert_eq!(
        opens(TERMINATE),
        "cslL",
        "ending is part of what the logon may"
    );
}

#[test]
fn the_profiles_write_to_no_pipe_and_no_key_of_the_users() {
    let duplex = AccessMask(0x0012_019B);
    let pipe = |agent: bool| {
        who(move |machine, sandbox| {
            let names = machine.names;
            let pipe = if agent {
                names.agent_pipe
            } else {
                names.editor_pipe
            };
            machine.world.open_object(sandbox, pipe, duplex).is_ok()
        })
    };
    assert_eq!((pipe(true), pipe(false)), (String::new(), String::new()));
    for name in [
        "Environment",
        r"Software\Microsoft\Windows\CurrentVersion\Run",
    ] {
        let path = KeyPath::parse(&format!(r"HKCU\{name}")).expect("a key");
        let sets = |machine: &mut Standard, who| {
            machine
                .world
                .open_key(who, &path, SET_VALUE, Intent::Ordinary)
                .is_ok()
        };
        assert_eq!(who(sets), "", "{name}");
        let mut machine = standard().expect("rows that can be");
        let shell = machine.processes.shell;
        assert!(sets(&mut machine, shell), "{name}");
    }
}

#[test]
fn a_shell_can_be_started_by_every_profile() {
    let shell = crate::machine::at(places::SHELL);
    let starts = who(|machine, sandbox| {
        machine
            .world
            .start(sandbox, &fumehood_sim::Start::of(shell.clone()))
            .is_ok()
    });
    assert_eq!(starts, "cslL", "Users stands in the list of `strict`");
}

#[test]
fn every_list_of_the_machine_stands_in_canonical_order() {
    let machine = standard().expect("rows that can be");
    let mut lists = 0;
    for file in machine.world.files() {
        let descriptor = machine.world.descriptor(file);
        if let Some(list) = descriptor.and_then(|descriptor| descriptor.dacl.list()) {
            assert!(list.is_canonical(), "{:?}", machine.world.path(file));
            lists += 1;
        }
    }
    assert_eq!(
        lists,
        places::PLACES.len() + 1,
        "all but what stands on the stick"
    );
}

#[test]
fn what_runs_elevated_is_ended_but_not_read_by_what_does_not() {
    let machine = standard().expect("rows that can be");
    let (shell, elevated) = (machine.processes.shell, machine.processes.elevated);
    let opens = |who, rights| {
        machine
            .world
            .clone()
            .open_process(who, elevated, rights)
            .is_ok()
    };
    assert!(
        !opens(shell, VM_READ) && !opens(shell, VM_WRITE),
        "the label"
    );
    assert!(
        opens(shell, TERMINATE),
        "ending is in GENERIC_EXECUTE, which both let through"
    );
    assert!(!opens(machine.processes.bobs, TERMINATE), "another logon");
    assert!(opens(elevated, VM_WRITE));
}
