//! Handles that are held, and what they share.

use fumehood_nt::AccessMask;
use fumehood_nt::evaluate::DeleteBy;
use fumehood_nt::restrict::RestrictFlags;
use fumehood_sim::readings::PosixReplace;
use fumehood_sim::{
    Act, At, Disposition, Handle, Heirloom, Inherit, Kind, OnClose, Open, ProcessId, Refusal,
    Replace, Share, Start,
};

use crate::machine::*;

const READ: AccessMask = AccessMask::FILE_READ_DATA;
const WRITE_RESTRICTED: RestrictFlags = RestrictFlags::WRITE_RESTRICTED;

/// Everything but deleting.
const PIN: Share = Share::READ.with(Share::WRITE);

fn machine() -> Machine {
    let mut machine = Machine::new();
    machine.folder(r"C:\home\git", PROFILE);
    machine.folder(r"C:\home\git\hooks", PROFILE);
    machine.inherited(r"C:\home\git\hooks\pre-commit", Kind::File);
    machine.inherited(r"C:\home\git\config", Kind::File);
    machine
}

fn hold(
    machine: &mut Machine,
    who: ProcessId,
    text: &str,
    rights: AccessMask,
    share: Share,
) -> Handle {
    let open = Open::existing(at(text), rights).sharing(share);
    machine.world.open(who, &open).expect(text).handle
}

#[test]
fn a_handle_without_delete_sharing_pins_what_it_is_open_to() {
    let mut machine = machine();
    let me = machine.me;
    let sandbox = machine.start(restricted(WRITE_RESTRICTED, &[GRANT]));
    assert!(
        machine.may(sandbox, &delete(r"C:\home\git\config")),
        "by the parent"
    );
    let pin = hold(&mut machine, me, r"C:\home\git\config", READ, PIN);
    for who in [sandbox, me] {
        let acts = [
            delete(r"C:\home\git\config"),
            rename(r"C:\home\git\config", r"C:\home\git\other"),
            delete(r"C:\home\git\CONFIG"),
        ];
        for act in acts {
            assert_eq!(
                machine.world.clone().act(who, &act),
                Err(Refusal::Sharing),
                "{act:?}"
            );
        }
    }
    assert!(
        machine.may(me, &write(r"C:\home\git\config")),
        "writing is shared"
    );
    machine.world.close(me, pin).expect("is open");
    assert!(machine.may(sandbox, &delete(r"C:\home\git\config")));
}

#[test]
fn a_handle_to_attributes_pins_nothing() {
    let mut machine = machine();
    let me = machine.me;
    let rights = AccessMask::FILE_READ_ATTRIBUTES | AccessMask::READ_CONTROL;
    hold(&mut machine, me, r"C:\home\git\config", rights, Share::NONE);
    assert!(machine.may(me, &delete(r"C:\home\git\config")));
}

#[test]
fn a_folder_with_something_open_below_is_not_renamed() {
    let mut machine = machine();
    let me = machine.me;
    let away = rename(r"C:\home\git", r"C:\home\elsewhere");
    assert!(machine.may(me, &away));
    let handle = hold(
        &mut machine,
        me,
        r"C:\home\git\hooks\pre-commit",
        READ,
        Share::ALL,
    );
    assert_eq!(machine.does(me, &away), Err(Refusal::InUse));
    let beside = rename(r"C:\home\git\config", r"C:\home\git\config2");
    assert!(machine.may(me, &beside));
    machine.world.close(me, handle).expect("is open");
    machine.does(me, &away).expect("may");
    assert!(machine.may(me, &read(r"C:\home\elsewhere\hooks\pre-commit")));
}

#[test]
fn what_is_deleted_goes_with_its_last_handle() {
    let mut machine = machine();
    let (me, text) = (machine.me, r"C:\home\git\config");
    let reader = hold(&mut machine, me, text, READ, Share::ALL);
    machine.does(me, &delete(text)).expect("is marked");
    assert!(machine.world.find(&path(text)).is_some(), "the name stays");
    assert_eq!(machine.does(me, &read(text)), Err(Refusal::DeletePending));
    let again = create(text, Kind::File);
    assert_eq!(machine.does(me, &again), Err(Refusal::DeletePending));
    machine.world.close(me, reader).expect("is open");
    assert!(machine.world.find(&path(text)).is_none());
    machine.does(me, &again).expect("the name is free");
}

#[test]
fn posix_semantics_free_the_name_at_once() {
    let mut machine = machine();
    let (me, text) = (machine.me, r"C:\home\git\config");
    machine.does(me, &write(text)).expect("may");
    let reader = hold(&mut machine, me, text, READ, Share::ALL);
    machine
        .does(me, &Act::Delete(at(text), DeleteBy::DispositionEx))
        .expect("may");
    assert!(machine.world.find(&path(text)).is_none());
    machine
        .does(me, &create(text, Kind::File))
        .expect("the name is free");
    let still = machine.world.read(me, reader);
    assert_eq!(still, Ok(bytes("written")), "who had it open has it still");
}

#[test]
fn a_file_that_deletes_itself_does_so_when_it_is_closed() {
    let mut machine = machine();
    let (me, text) = (machine.me, r"C:\home\git\scratch");
    let open = Open {
        on_close: OnClose::Delete,
        how: Disposition::Create,
        ..Open::existing(at(text), READ | AccessMask::DELETE)
    };
    let handle = machine.world.open(me, &open).expect("may").handle;
    assert!(machine.world.find(&path(text)).is_some());
    machine.world.close(me, handle).expect("is open");
    assert!(machine.world.find(&path(text)).is_none());
}

#[test]
fn what_is_open_is_replaced_only_under_posix_semantics() {
    let mut machine = machine();
    let me = machine.me;
    machine.inherited(r"C:\home\git\new", Kind::File);
    let replace = |replace| Act::Rename {
        from: at(r"C:\home\git\new"),
        to: path(r"C:\home\git\config"),
        replace,
    };
    assert!(machine.may(me, &replace(Replace::Unopened)));
    hold(&mut machine, me, r"C:\home\git\config", READ, Share::ALL);
    assert!(!machine.may(me, &replace(Replace::Unopened)));
    assert!(machine.may(me, &replace(Replace::Posix)));
    hold(&mut machine, me, r"C:\home\git\config", READ, PIN);
    assert!(
        !machine.may(me, &replace(Replace::Posix)),
        "a pin is minded"
    );
    machine.world.readings.posix_replace = PosixReplace::IgnoresSharing;
    assert!(
        machine.may(me, &replace(Replace::Posix)),
        "unless Windows does not mind it"
    );
}

#[test]
fn rights_are_asked_when_a_handle_is_made_and_never_again() {
    let mut machine = machine();
    let (me, text) = (machine.me, r"C:\home\git\config");
    let handle = hold(
        &mut machine,
        me,
        text,
        AccessMask::FILE_WRITE_DATA,
        Share::ALL,
    );
    let closed = Act::SetSecurity {
        place: at(text),
        parts: fumehood_sim::Parts::DACL,
        new: std::sync::Arc::new(sddl("D:P(A;;FA;;;SY)")),
    };
    machine.does(me, &closed).expect("owns it");
    assert!(!machine.may(me, &write(text)));
    machine
        .world
        .write(me, handle, At::Start, b"still")
        .expect("was granted before");
    assert_eq!(
        machine.world.read(me, handle),
        Err(Refusal::HandleLacks(READ))
    );
}

#[test]
fn a_handle_that_is_duplicated_passes_by_every_check() {
    let mut machine = machine();
    let (me, other, text) = (machine.me, machine.other, r"C:\home\git\config");
    let rights = AccessMask::FILE_WRITE_DATA;
    let handle = hold(&mut machine, me, text, rights, Share::ALL);
    assert!(!machine.may(other, &write(text)));
    assert_eq!(
        machine.world.write(other, handle, At::End, b"x"),
        Err(Refusal::NoHandle)
    );
    let theirs = machine
        .world
        .duplicate(me, handle, other, rights)
        .expect("may");
    machine
        .world
        .write(other, theirs, At::End, b"theirs")
        .expect("is granted");
    let more = machine.world.duplicate(me, handle, other, rights | READ);
    assert_eq!(more, Err(Refusal::HandleLacks(READ)));
    machine.world.close(me, handle).expect("is open");
    machine
        .world
        .write(other, theirs, At::End, b" still")
        .expect("lives by itself");
}

#[test]
fn a_handle_is_inherited_only_if_it_says_so_and_the_start_asks() {
    let mut machine = machine();
    let (me, text) = (machine.me, r"C:\home\git\config");
    machine.file(r"C:\home\tool.exe", PROFILE);
    let [kept, given, listed] = [(); 3].map(|()| {
        hold(
            &mut machine,
            me,
            text,
            AccessMask::FILE_WRITE_DATA,
            Share::ALL,
        )
    });
    for handle in [given, listed] {
        machine
            .world
            .set_inherit(me, handle, Inherit::Inherited)
            .expect("is open");
    }
    let mut count = |heirloom| {
        let start = Start {
            heirloom,
            ..Start::of(at(r"C:\home\tool.exe"))
        };
        let child = machine.world.start(me, &start).expect("may").process;
        machine.world.handles_of(child).count()
    };
    assert_eq!(count(Heirloom::Nothing), 0);
    assert_eq!(count(Heirloom::All), 2);
    assert_eq!(count(Heirloom::Only(vec![listed, kept])), 1);
}

#[test]
fn an_open_that_shares_nothing_keeps_others_out_and_is_kept_out() {
    let mut machine = machine();
    let (me, text) = (machine.me, r"C:\home\git\config");
    let alone = Open::existing(at(text), READ).sharing(Share::NONE);
    let handle = machine.world.open(me, &alone).expect("may").handle;
    assert_eq!(machine.does(me, &read(text)), Err(Refusal::Sharing));
    machine.world.close(me, handle).expect("is open");
    hold(&mut machine, me, text, READ, Share::ALL);
    assert_eq!(
        machine.world.open(me, &alone).map(drop),
        Err(Refusal::Sharing)
    );
}

#[test]
fn who_may_not_add_to_the_folder_cannot_keep_readers_out() {
    let mut machine = machine();
    machine.folder(r"C:\public", "O:SYD:P(A;OICI;FR;;;WD)");
    machine.file(r"C:\public\f", "O:SYD:P(A;;FR;;;WD)");
    let alone = Open::existing(at(r"C:\public\f"), READ).sharing(Share::NONE);
    let (me, other) = (machine.me, machine.other);
    machine.world.open(me, &alone).expect("may");
    assert!(
        machine.may(other, &read(r"C:\public\f")),
        "[MS-FSA] 2.1.5.1.2.2"
    );
}

#[test]
fn the_end_of_a_process_closes_what_it_held() {
    let mut machine = machine();
    let (me, text) = (machine.me, r"C:\home\git\config");
    let launcher = machine.start(token(user(USER)));
    hold(&mut machine, launcher, text, READ, PIN);
    assert!(!machine.may(me, &delete(text)));
    machine.world.exit(launcher).expect("runs");
    assert!(machine.may(me, &delete(text)));
    assert_eq!(machine.world.exit(launcher), Err(Refusal::NoProcess));
    assert_eq!(machine.does(launcher, &read(text)), Err(Refusal::NoProcess));
}

#[test]
fn a_program_that_runs_is_neither_written_nor_deleted() {
    let mut machine = machine();
    let (me, text) = (machine.me, r"C:\home\tool.exe");
    machine.file(text, PROFILE);
    let child = machine
        .world
        .start(me, &Start::of(at(text)))
        .expect("may")
        .process;
    assert_eq!(machine.does(me, &write(text)), Err(Refusal::Sharing));
    assert_eq!(machine.does(me, &delete(text)), Err(Refusal::InUse));
    machine
        .does(me, &rename(text, r"C:\home\old.exe"))
        .expect("a rename is allowed");
    machine.world.exit(child).expect("runs");
    machine.does(me, &delete(r"C:\home\old.exe")).expect("may");
}

#[test]
fn an_empty_folder_is_replaced_by_a_folder_under_posix_semantics_only() {
    let mut machine = machine();
    machine.inherited(r"C:\home\git\empty", Kind::Folder);
    machine.inherited(r"C:\home\own", Kind::Folder);
    machine.inherited(r"C:\home\own\pre-push", Kind::File);
    let over = |from: &str, to: &str, replace| Act::Rename {
        from: at(from),
        to: path(to),
        replace,
    };
    let (own, empty, full) = (r"C:\home\own", r"C:\home\git\empty", r"C:\home\git\hooks");
    let me = machine.me;
    let unopened = over(own, empty, Replace::Unopened);
    assert_eq!(machine.does(me, &unopened), Err(Refusal::IsAFolder));
    assert_eq!(
        machine.does(me, &over(own, full, Replace::Posix)),
        Err(Refusal::NotEmpty)
    );
    let file = over(r"C:\home\git\config", empty, Replace::Posix);
    assert_eq!(machine.does(me, &file), Err(Refusal::IsAFolder));
    assert!(machine.may(me, &over(own, empty, Replace::Posix)));
    let pin = hold(&mut machine, me, empty, READ, PIN);
    assert_eq!(
        machine.does(me, &over(own, empty, Replace::Posix)),
        Err(Refusal::InUse)
    );
    machine.world.close(me, pin).expect("is open");
    machine
        .does(me, &over(own, empty, Replace::Posix))
        .expect("may");
    assert!(machine.may(me, &read(r"C:\home\git\empty\pre-push")));
}

#[test]
fn in_a_folder_that_goes_nothing_is_made() {
    let mut machine = machine();
    machine.inherited(r"C:\home\git\empty", Kind::Folder);
    let (me, text) = (machine.me, r"C:\home\git\empty");
    let handle = hold(&mut machine, me, text, READ, Share::ALL);
    machine.does(me, &delete(text)).expect("is marked");
    let inside = create(r"C:\home\git\empty\f", Kind::File);
    assert_eq!(machine.does(me, &inside), Err(Refusal::DeletePending));
    machine.world.close(me, handle).expect("is open");
    assert!(machine.world.find(&path(text)).is_none());
}

#[test]
fn a_name_is_not_moved_into_a_folder_that_is_held_against_writing() {
    let mut machine = machine();
    let (me, into) = (
        machine.me,
        rename(r"C:\home\git\config", r"C:\home\git\hooks\config"),
    );
    assert!(machine.may(me, &into));
    let held = hold(&mut machine, me, r"C:\home\git\hooks", READ, Share::READ);
    assert_eq!(machine.does(me, &into), Err(Refusal::Sharing));
    assert!(
        machine.may(me, &create(r"C:\home\git\hooks\config", Kind::File)),
        "made there"
    );
    machine.world.close(me, held).expect("is open");
    hold(&mut machine, me, r"C:\home\git\hooks", READ, PIN);
    assert!(machine.may(me, &into), "a pin shares writing");
}
