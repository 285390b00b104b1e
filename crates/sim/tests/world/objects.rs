//! Named objects, pipes and the registry.

use std::sync::Arc;

use fumehood_nt::evaluate::Intent;
use fumehood_nt::restrict::RestrictFlags;
use fumehood_nt::token::Token;
use fumehood_nt::{AccessMask, GenericMapping, Sid};
use fumehood_sim::key::{CREATE_SUB_KEY, QUERY_VALUE, SET_VALUE};
use fumehood_sim::object::First;
use fumehood_sim::{Class, CreateObject, KeyPath, Made, ObjectId, Refusal};

use crate::machine::*;

const WRITE: RestrictFlags = RestrictFlags::WRITE_RESTRICTED;
const SESSION: Sid = Sid::of(5, [21, 9, 9, 9, 2]);
const DUPLEX: AccessMask = AccessMask(0x0012_019F);

fn directory(machine: &mut Machine, text: &str) -> ObjectId {
    machine
        .world
        .put_named(Class::Directory, None, sddl(text))
        .expect("few")
}

fn new_one(class: Class, directory: ObjectId, name: &str) -> CreateObject {
    CreateObject {
        class,
        name: Some((directory, name.to_owned())),
        desired: AccessMask::GENERIC_ALL,
        security: None,
        first: First::OrOpen,
    }
}

/// The sandbox's token, whose session SID stands in its default DACL.
fn with_session() -> Token {
    let mut spec = restricted(WRITE, &[GRANT, SESSION]).into_spec();
    if let Some(list) = &mut spec.default_dacl {
        list.aces
            .push(fumehood_nt::Ace::allow(SESSION, AccessMask::GENERIC_ALL));
    }
    spec.build().expect("few SIDs")
}

#[test]
fn a_named_pipe_does_not_take_the_tokens_default_dacl() {
    let mut machine = Machine::new();
    let pipes = directory(&mut machine, "D:(A;;GA;;;WD)(A;;GA;;;{G})");
    let [one, two] = [(); 2].map(|()| machine.start(with_session()));
    let made = machine
        .world
        .create_object(one, &new_one(Class::NamedPipe, pipes, "node"));
    let pipe = made.expect("may").object;
    let world = &mut machine.world;
    assert!(
        world
            .open_object(two, pipe, AccessMask::FILE_READ_DATA)
            .is_ok(),
        "Everyone reads"
    );
    assert!(
        world.open_object(two, pipe, DUPLEX).is_err(),
        "the gap named-pipes"
    );
    assert!(
        world.open_object(machine.me, pipe, DUPLEX).is_ok(),
        "the owner"
    );
    let dacl = world
        .object(pipe)
        .expect("is there")
        .descriptor
        .to_sddl()
        .expect("SDDL");
    let expected = format!("(A;;FA;;;SY)(A;;FA;;;BA)(A;;FA;;;{USER})(A;;FR;;;WD)(A;;FR;;;AN)");
    assert!(dacl.ends_with(&expected), "{dacl}");

    let event = world
        .create_object(one, &new_one(Class::Event, pipes, "event"))
        .expect("may");
    let all = GenericMapping::EVENT.all;
    assert!(
        world.open_object(two, event.object, all).is_ok(),
        "an event does take it"
    );
    let anonymous = CreateObject {
        name: None,
        ..new_one(Class::AnonymousPipe, pipes, "")
    };
    let anonymous = world.create_object(one, &anonymous).expect("may");
    assert!(
        world.open_object(two, anonymous.object, DUPLEX).is_ok(),
        "so does CreatePipe's"
    );
}

#[test]
fn a_second_server_needs_the_right_of_an_instance_and_a_first_one_the_name() {
    let mut machine = Machine::new();
    let pipes = directory(&mut machine, "D:(A;;GA;;;WD)");
    let (me, other) = (machine.me, machine.other);
    let served = new_one(Class::NamedPipe, pipes, "Served");
    machine.world.create_object(me, &served).expect("may");
    let again = CreateObject {
        desired: AccessMask::FILE_READ_DATA,
        ..served.clone()
    };
    assert!(
        machine.world.create_object(other, &again).is_err(),
        "Everyone only reads"
    );
    assert!(machine.world.create_object(me, &again).is_ok());
    let first = CreateObject {
        first: First::Only,
        ..again
    };
    assert_eq!(
        machine.world.create_object(me, &first).map(drop),
        Err(Refusal::Exists)
    );
}

#[test]
fn a_name_is_made_where_the_directory_lets_it_and_goes_with_the_last_handle() {
    let mut machine = Machine::new();
    let open = directory(&mut machine, "D:(A;;GA;;;{U})");
    let closed = directory(&mut machine, "D:(A;;GR;;;WD)");
    let me = machine.me;
    let asked = new_one(Class::Mutex, open, "one");
    let made = machine.world.create_object(me, &asked).expect("may");
    assert!(machine.world.named(open, "ONE").is_some());
    assert!(
        machine
            .world
            .create_object(me, &new_one(Class::Mutex, closed, "one"))
            .is_err()
    );
    let event = new_one(Class::Event, open, "One");
    assert!(
        machine.world.create_object(me, &event).is_err(),
        "of another class"
    );
    machine.world.close(me, made.handle).expect("is open");
    assert!(machine.world.named(open, "one").is_none());
}

#[test]
fn who_is_first_with_a_name_says_who_may_open_it() {
    let mut machine = Machine::new();
    let names = directory(&mut machine, "D:(A;;GA;;;WD)");
    let (me, other) = (machine.me, machine.other);
    let mut squat = new_one(Class::Section, names, "shared");
    squat.security = Some(Arc::new(sddl("D:(A;;GA;;;{O})")));
    machine.world.create_object(other, &squat).expect("may");
    let mine = new_one(Class::Section, names, "shared");
    assert!(machine.world.create_object(me, &mine).is_err(), "squatted");
}

fn key(text: &str) -> KeyPath {
    KeyPath::parse(text).expect("a key")
}

/// A machine with HKLM and the user's HKCU, as Windows protects them.
fn with_registry() -> Machine {
    let mut machine = Machine::new();
    let machine_root = sddl("O:BAD:(A;CI;KA;;;SY)(A;CI;KA;;;BA)(A;CI;KR;;;BU)");
    machine
        .world
        .put_registry(machine_root, sddl("O:BAD:(A;CI;KA;;;SY)(A;CI;KR;;;WD)"));
    let own = sddl("O:{U}D:P(A;CI;KA;;;{U})(A;CI;KA;;;SY)(A;CI;KA;;;BA)(A;CI;KR;;;RC)");
    let hive = key(&format!(r"HKU\{USER}"));
    machine
        .world
        .put_key(&hive, &Made::With(&own))
        .expect("is new");
    let maker = token(user(USER));
    for name in ["Environment", "Software"] {
        let mut path = hive.clone();
        path.names.push(name.to_owned());
        machine
            .world
            .put_key(&path, &Made::By(&maker))
            .expect("is new");
    }
    machine
}

#[test]
fn the_users_keys_are_the_users_and_not_the_sandboxes() {
    let mut machine = with_registry();
    let me = machine.me;
    let sandbox = machine.start(restricted(WRITE, &[GRANT]));
    let strict = machine.start(restricted(
        RestrictFlags::NONE,
        &[GRANT, Sid::RESTRICTED_CODE],
    ));
    let environment = key(r"HKCU\ENVIRONMENT");
    let mut opens = |who, rights| {
        machine
            .world
            .open_key(who, &environment, rights, Intent::Ordinary)
            .is_ok()
    };
    assert!(opens(me, SET_VALUE) && opens(me, QUERY_VALUE));
    assert!(!opens(sandbox, SET_VALUE) && opens(sandbox, QUERY_VALUE));
    assert!(
        !opens(strict, SET_VALUE) && opens(strict, QUERY_VALUE),
        "RESTRICTED reads HKCU"
    );
    assert!(!opens(sandbox, AccessMask::DELETE), "no parent serves");
    let other = machine.other;
    let theirs = machine
        .world
        .open_key(other, &environment, QUERY_VALUE, Intent::Ordinary);
    assert_eq!(
        theirs.map(drop),
        Err(Refusal::NotFound),
        "HKCU is another key for another user"
    );
}

#[test]
fn a_key_is_made_in_its_parent_and_inherits_from_it() {
    let mut machine = with_registry();
    let (me, run) = (machine.me, key(r"HKCU\Software\Run"));
    let sandbox = machine.start(restricted(WRITE, &[GRANT]));
    assert!(
        machine
            .world
            .create_key(sandbox, &run, SET_VALUE, None)
            .is_err()
    );
    let (handle, _) = machine
        .world
        .create_key(me, &run, SET_VALUE, None)
        .expect("may");
    machine
        .world
        .set_value(me, handle, "agent", b"agent.exe")
        .expect("may");
    assert_eq!(
        machine.world.value(me, handle, "agent"),
        Err(Refusal::HandleLacks(QUERY_VALUE))
    );
    let id = machine.world.find_key(&run, &USER).expect("is there");
    let shown = machine
        .world
        .key(id)
        .expect("is there")
        .descriptor
        .to_sddl()
        .expect("SDDL");
    assert!(shown.contains(&format!("(A;CIID;KA;;;{USER})")), "{shown}");
    let machine_key = key(r"HKLM\Software");
    let refused = machine
        .world
        .create_key(me, &machine_key, CREATE_SUB_KEY, None);
    assert!(matches!(refused, Err(Refusal::Denied(_))));
}

#[test]
fn a_key_is_deleted_by_its_own_right_and_only_without_subkeys() {
    let mut machine = with_registry();
    let me = machine.me;
    let (run, deeper) = (key(r"HKCU\Software\Run"), key(r"HKCU\Software\Run\Deeper"));
    for path in [&run, &deeper] {
        machine
            .world
            .create_key(me, path, QUERY_VALUE, None)
            .expect("may");
    }
    let mut delete = |path| {
        let delete = AccessMask::DELETE;
        let (handle, _) = machine.world.open_key(me, path, delete, Intent::Ordinary)?;
        machine.world.delete_key(me, handle)
    };
    assert_eq!(delete(&run), Err(Refusal::NotEmpty));
    assert_eq!(delete(&deeper), Ok(()));
    assert_eq!(delete(&run), Ok(()));
    assert_eq!(delete(&run), Err(Refusal::NotFound));
}

#[test]
fn an_event_without_a_name_has_no_list_and_one_with_a_name_has() {
    let mut machine = Machine::new();
    let names = directory(&mut machine, "D:(A;;GA;;;WD)");
    let me = machine.me;
    let mut dacl = |name: Option<(ObjectId, String)>| {
        let asked = CreateObject {
            name,
            ..new_one(Class::Event, names, "")
        };
        let object = machine.world.create_object(me, &asked).expect("may").object;
        machine
            .world
            .object(object)
            .expect("is there")
            .descriptor
            .dacl
            .is_present()
    };
    assert!(!dacl(None));
    assert!(dacl(Some((names, "event".to_owned()))));
}

#[test]
fn a_desktop_is_made_on_a_station_that_lets_it_and_takes_what_that_passes_on() {
    let mut machine = Machine::new();
    let station = |machine: &mut Machine, text: &str| {
        machine
            .world
            .put_named(Class::WindowStation, None, sddl(text))
            .expect("few")
    };
    let open = station(&mut machine, "D:(A;;0x8;;;{U})(A;OI;0xf01ff;;;{G})");
    let closed = station(&mut machine, "D:(A;;0xf0377;;;{U})");
    let me = machine.me;
    let desktop = |station| CreateObject {
        desired: AccessMask(0x1),
        ..new_one(Class::Desktop, station, "own")
    };
    assert!(
        machine.world.create_object(me, &desktop(closed)).is_err(),
        "all rights but this"
    );
    let made = machine
        .world
        .create_object(me, &desktop(open))
        .expect("may")
        .object;
    let dacl = &machine
        .world
        .object(made)
        .expect("is there")
        .descriptor
        .dacl;
    let aces = dacl
        .list()
        .expect("a list")
        .aces
        .iter()
        .map(|ace| (ace.sid, ace.mask));
    assert!(aces.eq([(GRANT, GenericMapping::DESKTOP.all)]));
}
