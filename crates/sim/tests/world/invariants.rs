//! What holds of every act on every machine: seeded, with the seed in the message.

use std::fmt::Write as _;
use std::sync::Arc;

use fumehood_nt::descriptor::Control;
use fumehood_nt::evaluate::{
    Child, DeleteBy, Folder, Intent, Node as Shape, Operation, file_access,
};
use fumehood_nt::inherit::propagate;
use fumehood_nt::restrict::RestrictFlags;
use fumehood_nt::semantics::{HardLinkRights, Semantics};
use fumehood_nt::token::Token;
use fumehood_nt::{AccessMask, GenericMapping, SecurityDescriptor, Sid};
use fumehood_sim::seed::Stream;
use fumehood_sim::{
    Act, Extent, FileId, KeyPath, Kind, Open, Parts, Place, ProcessId, Refusal, Reparse, Replace,
    Seed, Share, Start, SystemAct, World,
};

use crate::machine::*;

const SEEDS: u64 = 400;
const STEPS: usize = 12;

const PLACES: [&str; 14] = [
    r"C:\a",
    r"C:\a\f",
    r"C:\a\g",
    r"C:\a\d",
    r"C:\a\d\f",
    r"C:\b",
    r"C:\b\f",
    r"C:\b\new",
    r"C:\a\new",
    r"C:\a\d\new",
    r"C:\b\f:s",
    r"F:\f",
    r"C:\b\LONGNA~1",
    r"C:\b\long name here",
];

const RIGHTS: [&str; 16] = [
    "FA", "FA", "FA", "0x1301bf", "FA", "FR", "FW", "FX", "SD", "0x2", "0x4", "0x40", "0x1301bf",
    "WD", "WO", "0x180",
];
const WHO: [&str; 8] = ["{U}", "WD", "{U}", "{G}", "WD", "BU", "CO", "OW"];
const FLAGS: [&str; 7] = ["OICI", "", "OICI", "OI", "CI", "OICIIO", "OICINP"];

fn descriptor(stream: &mut Stream) -> SecurityDescriptor {
    let pick = |stream: &mut Stream, from: &[&'static str]| *stream.one_of(from).expect("some");
    let owner = ["{U}", "SY", "{O}"][stream.below(3)];
    let protected = ["", "P"][stream.below(2)];
    let mut text = format!("O:{owner}D:{protected}");
    for _ in 0..stream.below(5) {
        let kind = ["A", "A", "A", "A", "A", "D"][stream.below(6)];
        let (flags, rights, who) = (
            pick(stream, &FLAGS),
            pick(stream, &RIGHTS),
            pick(stream, &WHO),
        );
        write!(text, "({kind};{flags};{rights};;;{who})").expect("into a string");
    }
    if stream.below(5) == 0 {
        text += [
            "S:(ML;;NW;;;LW)",
            "S:(ML;;NW;;;ME)",
            "S:(ML;OICI;NWNR;;;HI)",
        ][stream.below(3)];
    }
    sddl(&text)
}

/// A machine with random descriptors, and somebody to act on it.
fn machine(stream: &mut Stream) -> (Machine, ProcessId) {
    let mut machine = Machine::new();
    for text in [r"C:\a", r"C:\b", r"C:\a\d"] {
        let made = descriptor(stream);
        let made = fumehood_sim::Made::With(&made);
        machine
            .world
            .put(&path(text), Kind::Folder, &made)
            .expect(text);
    }
    for text in [
        r"C:\a\f",
        r"C:\a\g",
        r"C:\a\d\f",
        r"C:\b\f",
        r"C:\b\long name here",
        r"F:\f",
    ] {
        let made = descriptor(stream);
        let made = fumehood_sim::Made::With(&made);
        machine
            .world
            .put(&path(text), Kind::File, &made)
            .expect(text);
    }
    let tokens: [Token; 4] = [
        token(user(USER)),
        restricted(RestrictFlags::WRITE_RESTRICTED, &[GRANT, Sid::EVERYONE]),
        restricted(RestrictFlags::NONE, &[GRANT, Sid::USERS]),
        at_level(6144),
    ];
    let who = machine.start(tokens[stream.below(4)].clone());
    (machine, who)
}

fn act(stream: &mut Stream) -> Act {
    let pick = |stream: &mut Stream| *stream.one_of(&PLACES).expect("some");
    let (one, two) = (pick(stream), pick(stream));
    let place = at(one);
    let kind = [Kind::File, Kind::Folder][stream.below(2)];
    let replace = [Replace::Never, Replace::Unopened, Replace::Posix][stream.below(3)];
    match stream.below(14) {
        0 => read(one),
        1 => Act::List(place),
        2 => write(one),
        3 => Act::Append(place, bytes("more")),
        4 => Act::Overwrite(place, bytes("over")),
        5 => Act::Supersede(place, bytes("super")),
        6 => create(one, kind),
        7 => Act::Delete(
            place,
            [DeleteBy::Disposition, DeleteBy::DispositionEx][stream.below(2)],
        ),
        8 | 9 => Act::Rename {
            from: place,
            to: path(two),
            replace,
        },
        10 => Act::HardLink {
            file: place,
            to: path(two),
            replace,
        },
        11 => Act::Link {
            at: path(one),
            kind,
            to: Reparse::Junction(path(two)),
        },
        12 => Act::SetSecurity {
            place,
            parts: Parts::DACL,
            new: Arc::new(descriptor(stream)),
        },
        _ => Act::SpreadSecurity {
            path: path(one),
            parts: Parts::DACL,
            new: Arc::new(descriptor(stream)),
            extent: Extent::Whole,
        },
    }
}

/// Runs acts by seed, and shows each with the worlds around it.
fn each(check: impl Fn(&str, &World, ProcessId, &Act, &World, &Result<(), Refusal>)) {
    for seed in 0..SEEDS {
        let mut stream = Seed(seed).stream();
        let (mut machine, who) = machine(&mut stream);
        for step in 0..STEPS {
            let act = act(&mut stream);
            let before = machine.world.clone();
            let answer = machine.does(who, &act);
            let at = format!("seed {seed}, step {step}: {act:?}");
            check(&at, &before, who, &act, &machine.world, &answer);
        }
    }
}

#[test]
fn what_is_refused_changes_nothing_and_what_is_done_leaves_the_copy_alone() {
    let mut done = std::cell::Cell::new(0);
    each(|at, before, who, act, after, answer| {
        let copy = before.clone();
        let mut again = before.clone();
        assert_eq!(
            again.act(who, act).map(drop),
            *answer,
            "{at}: the same again"
        );
        assert!(again == *after, "{at}: the same again");
        assert!(copy == *before, "{at}: the copy");
        match answer {
            Err(_) => assert!(before == after, "{at}: {answer:?}"),
            Ok(()) => done.set(done.get() + 1),
        }
    });
    assert!(
        *done.get_mut() > 400,
        "enough of them succeed: {}",
        done.get()
    );
}

#[test]
fn names_links_and_folders_stay_in_step() {
    each(|at, _, _, _, after, _| {
        for volume in after.volumes() {
            for (number, node) in volume.nodes() {
                for link in &node.links {
                    let folder = volume.folder(link.folder).expect(at);
                    assert_eq!(
                        folder.entries.get(&link.key).expect(at).node,
                        number,
                        "{at}"
                    );
                }
                let folder = node.folder();
                for (key, entry) in folder.iter().flat_map(|folder| &folder.entries) {
                    let linked = volume.node(entry.node).expect(at);
                    let is =
                        |link: &fumehood_sim::node::Link| link.folder == number && link.key == *key;
                    assert_eq!(
                        linked.links.iter().filter(|link| is(link)).count(),
                        1,
                        "{at}"
                    );
                }
                if let Some(folder) = folder {
                    assert!(node.links.len() <= 1, "{at}: a folder has one name");
                    assert!(
                        folder
                            .shorts
                            .values()
                            .all(|key| folder.entries.contains_key(key)),
                        "{at}"
                    );
                }
                assert!(volume.names(number).is_some(), "{at}: leads to the top");
            }
        }
    });
}

#[test]
fn a_rename_and_a_hard_link_change_no_descriptor() {
    each(|at, before, _, act, after, answer| {
        if !matches!(act, Act::Rename { .. } | Act::HardLink { .. }) || answer.is_err() {
            return;
        }
        for (volume, of) in before.volumes().enumerate() {
            for (node, was) in of.nodes() {
                let file = FileId {
                    volume: u8::try_from(volume).expect("few"),
                    node,
                };
                let now = after.node(file).expect(at);
                assert_eq!(was.descriptor, now.descriptor, "{at}");
                assert_eq!(was.content, now.content, "{at}");
            }
        }
    });
}

#[test]
fn no_handle_is_left_behind_by_an_act() {
    each(|at, _, who, _, after, _| assert_eq!(after.handles_of(who).count(), 0, "{at}"));
}

/// What nt says of an act as a whole, where no more than rights decides.
fn by_nt(world: &World, token: &Token, act: &Act) -> Option<bool> {
    let of = |place: &Place| match place {
        Place::Path(path) if path.stream.is_none() => world.find(path),
        _ => None,
    };
    let above = |place: &Place| match place {
        Place::Path(path) => world.find(&path.parent()?),
        Place::Number(_) => None,
    };
    let child = |place: &Place| {
        let file = of(place)?;
        let node = world.node(file)?;
        let shape = match node.folder() {
            None => Shape::File,
            Some(folder) if folder.entries.is_empty() => Shape::EmptyFolder,
            Some(_) => Shape::FullFolder,
        };
        let folder = above(place).and_then(|folder| world.descriptor(folder));
        Some(Child {
            object: world.descriptor(file)?,
            folder,
            node: shape,
        })
    };
    let replaced = |source: &Place, to: &fumehood_sim::FilePath| {
        // A name of the same file is no other file to be replaced.
        child(&Place::Path(to.clone())).filter(|_| of(source) != world.find(to))
    };
    let there = |to: &fumehood_sim::FilePath| world.descriptor(world.find(&to.parent()?)?);
    let operation = match act {
        Act::Write(place, _) => Operation::Open {
            child: child(place)?,
            desired: AccessMask::FILE_WRITE_DATA,
        },
        Act::Overwrite(place, _) => Operation::Overwrite {
            child: child(place)?,
            desired: AccessMask::FILE_WRITE_DATA,
        },
        Act::Supersede(place, _) => {
            let desired = AccessMask::FILE_WRITE_DATA;
            Operation::Supersede {
                child: child(place)?,
                desired,
            }
        }
        Act::Create { at, kind, .. } => Operation::Create {
            folder: there(at)?,
            what: if *kind == Kind::File {
                Folder::AddFile
            } else {
                Folder::AddFolder
            },
        },
        Act::Delete(place, by) => Operation::Delete {
            child: child(place)?,
            by: *by,
        },
        Act::Rename { from, to, .. } => Operation::Rename {
            source: child(from)?,
            target: there(to)?,
            replaced: replaced(from, to),
        },
        Act::HardLink { file, to, .. } => Operation::HardLink {
            file: child(file)?,
            target: there(to)?,
            replaced: replaced(file, to),
        },
        _ => return None,
    };
    Some(file_access(&operation, token, &world.semantics).granted())
}

#[test]
fn an_act_is_denied_exactly_where_nt_denies_the_operation() {
    let readings = [
        Semantics::default(),
        Semantics::permissive(),
        Semantics::strict(),
    ];
    let compared = std::cell::Cell::new((0, 0));
    each(|at, before, who, act, _, _| {
        for mut semantics in readings {
            // An open asks for something; nt's reading that a link asks nothing has no open.
            semantics.hard_link_rights = HardLinkRights::WriteAttributes;
            let mut world = before.read_as(semantics);
            let token = Arc::clone(&world.process(who).expect("runs").token);
            let Some(granted) = by_nt(&world, &token, act) else {
                continue;
            };
            let answer = world.act(who, act);
            match answer {
                Ok(_) => assert!(granted, "{at}: done, and nt denies it"),
                Err(Refusal::Denied(_)) => assert!(!granted, "{at}: denied, and nt grants it"),
                Err(_) => continue,
            }
            let (done, denied) = compared.get();
            compared.set(if granted {
                (done + 1, denied)
            } else {
                (done, denied + 1)
            });
        }
    });
    let (done, denied) = compared.get();
    assert!(done > 300 && denied > 300, "{done} done, {denied} denied");
}

/// Handles that pin the way to `C:\\a\\d\\f`, held by a process that does nothing else.
fn pin(machine: &mut Machine) {
    let launcher = machine.start(fumehood_sim::account::system_token().expect("few groups"));
    for text in [r"C:\a", r"C:\a\d", r"C:\a\d\f"] {
        let share = Share::READ.with(Share::WRITE);
        let mut open = Open::existing(at(text), AccessMask::FILE_READ_DATA).sharing(share);
        open.intent = Intent::BackupAndRestore;
        machine.world.open(launcher, &open).expect(text);
    }
}

/// In how many runs somebody moved or removed one of three places, after this was done to them.
fn moved_after(prepare: impl Fn(&mut Machine)) -> usize {
    let places = [r"C:\a", r"C:\a\d", r"C:\a\d\f"].map(path);
    let moved = |seed: &u64| {
        let mut stream = Seed(*seed).stream();
        let (mut machine, who) = machine(&mut stream);
        prepare(&mut machine);
        let stands = |machine: &Machine| places.each_ref().map(|place| machine.world.find(place));
        let before = stands(&machine);
        let actors = [who, machine.me, machine.other];
        (0..STEPS * 2).any(|_| {
            let act = act(&mut stream);
            let by = actors[stream.below(3)];
            // Whether it is done is not asked here.
            drop(machine.does(by, &act));
            stands(&machine) != before
        })
    };
    (0..SEEDS).filter(moved).count()
}

#[test]
fn what_is_pinned_stays_where_it_is_whoever_acts() {
    assert_eq!(moved_after(pin), 0);
    assert!(moved_after(|_| ()) > 20, "and without pins it does not");
}

#[test]
fn a_walk_that_went_to_the_end_leaves_nothing_to_inherit() {
    let mut walked = 0;
    for seed in 0..SEEDS {
        let mut stream = Seed(seed).stream();
        let (mut machine, _) = machine(&mut stream);
        let mut new = descriptor(&mut stream);
        new.control = Control::DACL_PROTECTED;
        let act = Act::SpreadSecurity {
            path: path(r"C:\a"),
            parts: Parts::DACL,
            new: Arc::new(new),
            extent: Extent::Whole,
        };
        let before = machine.world.clone();
        let Ok(done) = machine.world.act(machine.me, &act) else {
            continue;
        };
        let fumehood_sim::Seen::Spread(spread) = done.seen else {
            panic!("seed {seed}: a walk says what it did");
        };
        walked += holds_after(
            &format!("seed {seed}"),
            &before,
            &machine.world,
            &spread.changed,
        );
    }
    assert!(walked > 50, "{walked} children");
}

/// That a walk changed the DACLs of these and nothing else, and left none to change; how many
/// children it changed.
fn holds_after(at: &str, before: &World, after: &World, changed: &[FileId]) -> usize {
    let mut children = 0;
    for file in after.files() {
        let (was, now) = (before.descriptor(file), after.descriptor(file));
        if !changed.contains(&file) {
            assert_eq!(was, now, "{at}: was not reached");
            continue;
        }
        let (was, now) = (was.expect(at), now.expect(at));
        assert_eq!(
            (was.owner, was.group, &was.sacl),
            (now.owner, now.group, &now.sacl),
            "{at}"
        );
        if changed.first() == Some(&file) {
            continue;
        }
        let node = after.node(file).expect(at);
        let folder = FileId {
            node: node.links.first().expect(at).folder,
            ..file
        };
        let above = after.descriptor(folder).expect(at);
        let again = propagate(above, now, node.kind().heir(), &GenericMapping::FILE);
        assert_eq!(again.dacl, now.dacl, "{at}: {folder:?} has more to pass on");
        children += 1;
    }
    children
}

#[test]
fn what_is_refused_on_the_standard_machine_changes_nothing() {
    let standard = fumehood_sim::standard::standard().expect("rows that can be");
    let processes = standard.processes;
    let names = standard.names;
    let all = [
        processes.shell,
        processes.editor,
        processes.agent,
        processes.bobs,
        processes.elevated,
    ];
    let keys = fumehood_sim::standard::OF_USER;
    let (mut done, mut refused) = (0, 0);
    for seed in 0..SEEDS {
        let mut stream = Seed(seed).stream();
        let mut world = standard.world.clone();
        for step in 0..STEPS {
            let who = all[stream.below(5)];
            let target = all[stream.below(5)];
            let key = KeyPath::parse(&format!(r"HKCU\{}", keys[stream.below(keys.len())]))
                .expect("a key");
            let rights = AccessMask(1 << stream.below(21));
            let image =
                [fumehood_sim::standard::places::SHELL, r"C:\tools\make.exe"][stream.below(2)];
            let object = [names.agent_pipe, names.editor_pipe, names.local][stream.below(3)];
            let act = Act::from(match stream.below(9) {
                0 => SystemAct::TouchProcess(target, rights),
                1 => SystemAct::TouchToken(target, rights),
                2 => SystemAct::Terminate(target),
                3 => SystemAct::Touch(object, rights),
                4 => SystemAct::SetValue(key, "x".to_owned(), bytes("y")),
                5 => SystemAct::DeleteKey(key),
                6 => SystemAct::CreateKey(KeyPath {
                    names: [key.names, vec!["new".to_owned()]].concat(),
                    ..key
                }),
                7 => {
                    SystemAct::SecureProcess(target, Parts::DACL, Arc::new(descriptor(&mut stream)))
                }
                _ => SystemAct::Start(Box::new(Start::of(at(image)))),
            });
            let before = world.clone();
            match world.act(who, &act) {
                Ok(_) => done += 1,
                Err(refusal) => {
                    refused += 1;
                    assert!(
                        world == before,
                        "seed {seed}, step {step}: {act}: {refusal}"
                    );
                }
            }
        }
    }
    assert!(
        done > 500 && refused > 500,
        "{done} done, {refused} refused"
    );
}

#[test]
fn clones_of_one_world_go_their_own_ways() {
    let mut machine = Machine::new();
    machine.inherited(r"C:\home\f", Kind::File);
    let original = machine.world.clone();
    let mut copies: Vec<World> = (0..8).map(|_| original.clone()).collect();
    for (number, copy) in copies.iter_mut().enumerate() {
        let text = format!(r"C:\home\{number}");
        copy.act(machine.me, &create(&text, Kind::File))
            .expect("may");
    }
    for (number, copy) in copies.iter().enumerate() {
        let has = |other: usize| copy.find(&path(&format!(r"C:\home\{other}"))).is_some();
        assert!((0..8).all(|other| has(other) == (other == number)));
    }
    assert!(machine.world == original);
}
