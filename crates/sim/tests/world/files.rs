//! Files and folders: what each operation asks, and of whom.

use std::sync::Arc;

use crate::machine::*;
use fumehood_nt::evaluate::DeleteBy;
use fumehood_nt::restrict::RestrictFlags;
use fumehood_nt::token::{Privileges, TokenSpec};
use fumehood_nt::{AccessMask, Sid};
use fumehood_sim::node::Case;
use fumehood_sim::{
    Act, Asked, Extent, Guard, Kind, Open, Parts, Place, Refusal, Reparse, Replace, Seen,
};

const WRITE: RestrictFlags = RestrictFlags::WRITE_RESTRICTED;
const FULL: RestrictFlags = RestrictFlags::NONE;

#[test]
fn a_new_file_inherits_from_its_folder_and_belongs_to_its_maker() {
    let mut machine = Machine::new();
    machine.folder(r"C:\team", "O:SYD:(A;OICIIO;GA;;;CO)(A;OICI;0x1301bf;;;AU)");
    let me = machine.me;
    machine
        .does(me, &create(r"C:\team\notes.txt", Kind::File))
        .expect("may");
    let expected = format!("O:{USER}G:{USER}D:AI(A;ID;FA;;;{USER})(A;ID;0x1301bf;;;AU)");
    assert_eq!(machine.shown(r"C:\team\notes.txt"), expected);
    machine
        .does(me, &create(r"C:\team\sub", Kind::Folder))
        .expect("may");
    let sub = machine.shown(r"C:\team\sub");
    assert!(sub.contains("(A;OICIIOID;GA;;;CO)"), "{sub}");
}

#[test]
fn a_name_that_is_new_needs_the_folder_and_nothing_else() {
    let mut machine = Machine::new();
    machine.folder(r"C:\files", "O:SYD:(A;;0x2;;;BU)");
    machine.folder(r"C:\folders", "O:SYD:(A;;0x4;;;BU)");
    let me = machine.me;
    for (folder, kind, may) in [
        (r"C:\files", Kind::File, true),
        (r"C:\files", Kind::Folder, false),
        (r"C:\folders", Kind::File, false),
        (r"C:\folders", Kind::Folder, true),
    ] {
        let act = create(&format!(r"{folder}\new"), kind);
        assert_eq!(machine.may(me, &act), may, "{folder} {kind:?}");
    }
}

#[test]
fn a_write_restricted_process_deletes_what_the_parent_lets_the_user_delete() {
    let mut machine = Machine::new();
    let secret = machine.inherited(r"C:\home\secret", Kind::File);
    let sandbox = machine.start(restricted(WRITE, &[GRANT, Sid::EVERYONE]));
    assert!(!machine.may(sandbox, &write(r"C:\home\secret")));
    assert!(
        machine.may(sandbox, &read(r"C:\home\secret")),
        "reading asks one pass only"
    );

    let done = machine
        .world
        .clone()
        .act(sandbox, &delete(r"C:\home\secret"));
    let checked = done
        .expect("openai/codex#32915")
        .checked
        .expect("was asked");
    assert!(checked.by_folder.is_some(), "the folder gave it");
    assert!(matches!(checked.asked, Asked::File(_, file) if file == secret));
    assert!(
        machine
            .world
            .hangs_on(sandbox, &delete(r"C:\home\secret"))
            .is_certain()
    );
    let moved = rename(r"C:\home\secret", r"C:\home\gone");
    assert!(
        !machine.may(sandbox, &moved),
        "the folder there is asked to add a file"
    );

    // The twins: who has not the hole.
    let strict = machine.start(restricted(FULL, &[GRANT, Sid::EVERYONE]));
    assert!(!machine.may(strict, &delete(r"C:\home\secret")));
    let low = machine.start(at_level(6144));
    assert!(!machine.may(low, &delete(r"C:\home\secret")));
    let (me, other) = (machine.me, machine.other);
    assert!(!machine.may(other, &delete(r"C:\home\secret")));
    assert!(machine.may(me, &delete(r"C:\home\secret")));
}

#[test]
fn a_write_restricted_process_carries_off_what_it_may_delete() {
    let mut machine = Machine::new();
    machine.folder(r"C:\work", &format!("{PROFILE}(A;OICI;0x1301bf;;;{{G}})"));
    machine.folder(r"C:\home\hooks", PROFILE);
    machine.inherited(r"C:\home\hooks\pre-commit", Kind::File);
    let sandbox = machine.start(restricted(WRITE, &[GRANT]));
    assert!(!machine.may(sandbox, &create(r"C:\home\hooks\post-commit", Kind::File)));
    // Away with the folder whole, into a place that it may write.
    machine
        .does(sandbox, &rename(r"C:\home\hooks", r"C:\work\hooks"))
        .expect("may");
    assert!(
        !machine.may(sandbox, &write(r"C:\work\hooks\pre-commit")),
        "it keeps its DACL"
    );
    let strict = machine.start(restricted(FULL, &[GRANT]));
    assert!(!machine.may(strict, &rename(r"C:\work\hooks", r"C:\work\elsewhere")));
}

#[test]
fn delete_child_on_the_root_takes_the_protection_of_its_children() {
    let mut machine = Machine::new();
    let root = |grant: &str| format!("{PROFILE}(A;OICI;{grant};;;{{G}})");
    for (name, grant, may) in [(r"C:\a", "0x1301bf", false), (r"C:\b", "0x1301ff", true)] {
        machine.folder(name, &root(grant));
        let kept = format!(r"{name}\kept");
        machine.file(
            &kept,
            "O:{U}D:P(D;;0x1d0156;;;{G})(A;;FA;;;{U})(A;;FA;;;{G})",
        );
        let strict = machine.start(restricted(FULL, &[GRANT]));
        assert_eq!(
            machine.may(strict, &delete(&kept)),
            may,
            "openai/codex PR#31138"
        );
    }
}

#[test]
fn a_write_restricted_process_without_a_list_writes_nothing() {
    let mut machine = Machine::new();
    machine.folder(r"C:\open", "O:{U}D:P(A;OICI;FA;;;WD)(A;OICI;FA;;;{U})");
    machine.inherited(r"C:\open\f", Kind::File);
    let empty = machine.start(restricted(WRITE, &[]));
    for act in [write(r"C:\open\f"), create(r"C:\open\g", Kind::File)] {
        assert!(!machine.may(empty, &act), "NtObjectManager PR#20");
        assert!(machine.may(machine.me, &act));
    }
    assert!(machine.may(empty, &read(r"C:\open\f")));
}

#[test]
fn one_workspace_writes_into_another_where_everyone_may() {
    let mut machine = Machine::new();
    machine.folder(
        r"C:\shared",
        "O:{O}D:P(A;OICI;FA;;;{O})(A;OICI;0x1301bf;;;WD)",
    );
    machine.folder(
        r"C:\theirs",
        "O:{O}D:P(A;OICI;FA;;;{O})(A;OICI;0x1301bf;;;{U})",
    );
    let sandbox = machine.start(restricted(WRITE, &[GRANT, Sid::EVERYONE]));
    let narrow = machine.start(restricted(WRITE, &[GRANT]));
    let planted = create(r"C:\shared\planted", Kind::File);
    assert!(machine.may(sandbox, &planted), "openai/codex#17551");
    assert!(!machine.may(narrow, &planted));
    assert!(!machine.may(sandbox, &create(r"C:\theirs\planted", Kind::File)));
}

#[test]
fn a_write_restricted_process_cannot_be_denied_reading() {
    let mut machine = Machine::new();
    machine.file(
        r"C:\secret",
        "O:{U}D:P(D;;FR;;;{G})(A;;FA;;;{U})(A;;FA;;;{G})",
    );
    let sandbox = machine.start(restricted(WRITE, &[GRANT]));
    let strict = machine.start(restricted(FULL, &[GRANT]));
    assert!(
        machine.may(sandbox, &read(r"C:\secret")),
        "Gitlawb/zero PR#640"
    );
    assert!(!machine.may(strict, &read(r"C:\secret")));
}

#[test]
fn a_denial_for_the_user_locks_the_user_out_too() {
    let mut machine = Machine::new();
    machine.file(r"C:\f", "O:SYD:P(D;;FW;;;{U})(A;;FA;;;{U})(A;;FA;;;{G})");
    let sandbox = machine.start(restricted(WRITE, &[GRANT]));
    assert!(!machine.may(sandbox, &write(r"C:\f")));
    assert!(
        !machine.may(machine.me, &write(r"C:\f")),
        "DeepSeek-Reasonix PR#10466"
    );
}

#[test]
fn what_is_overwritten_asks_more_than_what_is_written() {
    let mut machine = Machine::new();
    machine.folder(r"C:\d", "O:SYD:P(A;;FR;;;BU)");
    machine.file(r"C:\d\data", "O:SYD:P(A;;0x2;;;BU)");
    machine.file(r"C:\d\whole", "O:SYD:P(A;;FW;;;BU)");
    machine.file(r"C:\d\gone", "O:SYD:P(A;;FW;;;BU)(A;;SD;;;BU)");
    machine.file(r"C:\d\log", "O:SYD:P(A;;0x4;;;BU)");
    let row = |name: &str| {
        let (place, text) = (at(&format!(r"C:\d\{name}")), bytes("x"));
        let acts = [
            Act::Write(place.clone(), Arc::clone(&text)),
            Act::Overwrite(place.clone(), Arc::clone(&text)),
            Act::Supersede(place.clone(), Arc::clone(&text)),
            Act::Append(place, text),
        ];
        acts.map(|act| machine.may(machine.me, &act))
    };
    assert_eq!(row("data"), [true, false, false, false]);
    assert_eq!(row("whole"), [true, true, false, true]);
    assert_eq!(row("gone"), [true, true, true, true]);
    assert_eq!(row("log"), [false, false, false, true]);
}

#[test]
fn a_rename_within_a_volume_keeps_the_descriptor_and_one_across_is_refused() {
    let mut machine = Machine::new();
    machine.folder(r"C:\pub", "O:{U}D:P(A;OICI;FA;;;{U})(A;OICI;FR;;;WD)");
    machine.inherited(r"C:\home\secret", Kind::File);
    let (me, before) = (machine.me, machine.shown(r"C:\home\secret"));
    machine
        .does(me, &rename(r"C:\home\secret", r"C:\pub\secret"))
        .expect("may");
    assert_eq!(machine.shown(r"C:\pub\secret"), before);
    assert!(!machine.may(machine.other, &read(r"C:\pub\secret")));
    let across = rename(r"C:\pub\secret", r"F:\secret");
    assert_eq!(machine.does(me, &across), Err(Refusal::OtherVolume));
}

#[test]
fn a_rename_replaces_only_what_grants_its_own_deletion() {
    let mut machine = Machine::new();
    machine.inherited(r"C:\home\mine", Kind::File);
    machine.file(r"C:\home\kept", "O:SYD:P(A;;FR;;;WD)");
    let replace = rename(r"C:\home\mine", r"C:\home\kept");
    assert!(
        !machine.may(machine.me, &replace),
        "the folder's delete-child does not serve"
    );
    assert!(
        machine.may(machine.me, &delete(r"C:\home\kept")),
        "but deletes it"
    );
    let hangs: Vec<_> = machine
        .world
        .hangs_on(machine.me, &replace)
        .names()
        .collect();
    assert_eq!(hangs, ["replace-target-by-parent"]);
    let never = Act::Rename {
        from: at(r"C:\home\mine"),
        to: path(r"C:\home\kept"),
        replace: Replace::Never,
    };
    assert_eq!(
        machine.world.clone().act(machine.me, &never),
        Err(Refusal::Exists)
    );
}

#[test]
fn a_hard_link_is_the_same_file_with_the_same_descriptor() {
    let mut machine = Machine::new();
    machine.folder(r"C:\work", &format!("{PROFILE}(A;OICI;0x1301bf;;;{{G}})"));
    machine.inherited(r"C:\home\f", Kind::File);
    let (me, sandbox) = (machine.me, machine.start(restricted(WRITE, &[GRANT])));
    machine
        .does(me, &hard_link(r"C:\home\f", r"C:\work\f"))
        .expect("may");
    assert_eq!(
        machine.world.find(&path(r"C:\home\f")),
        machine.world.find(&path(r"C:\work\f"))
    );
    assert!(
        !machine.may(sandbox, &write(r"C:\work\f")),
        "the name's folder gives it nothing"
    );
    assert!(!machine.may(sandbox, &hard_link(r"C:\home\f", r"C:\work\g")));
    machine.does(me, &write(r"C:\work\f")).expect("may");
    let done = machine.world.act(me, &read(r"C:\home\f")).expect("may");
    assert_eq!(done.seen, Seen::Bytes(bytes("written")));
    machine.does(me, &delete(r"C:\home\f")).expect("may");
    assert!(machine.may(me, &read(r"C:\work\f")), "the other name stays");
    assert_eq!(
        machine.does(me, &hard_link(r"C:\work", r"C:\x")),
        Err(Refusal::IsAFolder)
    );
}

#[test]
fn names_are_found_by_nts_folding_and_by_their_8_3_form() {
    let mut machine = Machine::new();
    machine.inherited(r"C:\home\straße", Kind::File);
    machine.folder(r"C:\home\.git", PROFILE);
    machine.inherited(r"C:\home\.git\config", Kind::File);
    let found = |text| machine.world.find(&path(text)).is_some();
    assert!(found(r"c:\HOME\STRAßE") && !found(r"C:\home\STRASSE"));
    assert!(found(r"C:\home\GIT~1\CONFIG") && !found(r"C:\home\GIT~2\config"));
    assert!(found(r"C:\home\.git.\config"));
    let me = machine.me;
    machine
        .does(me, &create(r"C:\home\STRASSE", Kind::File))
        .expect("is another name");
    assert_eq!(
        machine.does(me, &create(r"C:\home\Straße", Kind::File)),
        Err(Refusal::Exists)
    );
    let by_short = create(r"C:\home\git~1", Kind::File);
    assert_eq!(machine.does(me, &by_short), Err(Refusal::Exists));
}

#[test]
fn a_stream_is_guarded_by_its_file() {
    let mut machine = Machine::new();
    machine.file(r"C:\home\ro", "O:SYD:P(A;;FR;;;BU)");
    machine.inherited(r"C:\home\rw", Kind::File);
    let me = machine.me;
    assert!(is_denied(
        &machine.does(me, &create(r"C:\home\ro:s", Kind::File))
    ));
    machine
        .does(me, &create(r"C:\home\rw:s", Kind::File))
        .expect("may");
    machine.does(me, &write(r"C:\home\rw:s")).expect("may");
    let whole = machine.world.act(me, &read(r"C:\home\rw")).expect("may");
    assert_eq!(
        whole.seen,
        Seen::Bytes(bytes("")),
        "the other stream is apart"
    );
    assert_eq!(
        machine.does(me, &read(r"C:\home\rw:t")),
        Err(Refusal::NotFound)
    );
    machine.does(me, &delete(r"C:\home\rw:s")).expect("may");
    assert!(machine.may(me, &read(r"C:\home\rw")), "the file stays");
    assert!(!machine.may(me, &read(r"C:\home\rw:s")));
    assert_eq!(
        machine.does(me, &create(r"F:\a:s", Kind::File)),
        Err(Refusal::NotSupported)
    );
}

#[test]
fn a_stream_that_is_new_changes_the_file() {
    let mut machine = Machine::new();
    machine.file(r"C:\home\attributes", "O:SYD:P(A;;0x100;;;BU)");
    machine.file(r"C:\home\content", "O:SYD:P(A;;0x102;;;BU)");
    let me = machine.me;
    let mut adds = |name: &str| {
        let place = at(&format!(r"C:\home\{name}:s"));
        let open = Open::new_one(place, AccessMask::FILE_WRITE_ATTRIBUTES, Kind::File);
        machine.world.open(me, &open).is_ok()
    };
    assert!(!adds("attributes"));
    assert!(adds("content"));
}

#[test]
fn a_junction_leads_to_the_same_questions_elsewhere() {
    let mut machine = Machine::new();
    machine.folder(r"C:\work", &format!("{PROFILE}(A;OICI;0x1301bf;;;{{G}})"));
    machine.inherited(r"C:\home\secret", Kind::File);
    let sandbox = machine.start(restricted(WRITE, &[GRANT]));
    let junction = Act::Link {
        at: path(r"C:\work\door"),
        kind: Kind::Folder,
        to: Reparse::Junction(path(r"C:\home")),
    };
    machine.does(sandbox, &junction).expect("may");
    assert!(!machine.may(sandbox, &write(r"C:\work\door\secret")));
    assert!(machine.may(sandbox, &read(r"C:\work\door\secret")));
    machine
        .does(machine.me, &write(r"C:\work\door\secret"))
        .expect("leads there");
    machine
        .does(sandbox, &delete(r"C:\work\door"))
        .expect("the link itself goes");
    assert!(machine.may(machine.me, &read(r"C:\home\secret")));
    let symlink = Act::Link {
        at: path(r"C:\work\link"),
        kind: Kind::File,
        to: Reparse::Symlink(path(r"C:\home\secret")),
    };
    let refused = machine.does(sandbox, &symlink);
    assert!(
        matches!(refused, Err(Refusal::PrivilegeNotHeld(_))),
        "{refused:?}"
    );
    assert!(
        machine.world.find(&path(r"C:\work\link")).is_none(),
        "nothing is left half done"
    );
}

#[test]
fn a_link_that_leads_to_itself_is_given_up() {
    let mut machine = Machine::new();
    let at = path(r"C:\home\loop");
    let (kind, to) = (Kind::Folder, Reparse::Junction(at.clone()));
    let me = machine.me;
    machine.does(me, &Act::Link { at, kind, to }).expect("may");
    assert_eq!(
        machine.does(me, &read(r"C:\home\loop\a")),
        Err(Refusal::Unresolved)
    );
}

#[test]
fn folders_on_the_way_are_asked_only_without_the_privilege() {
    let mut machine = Machine::new();
    machine.folder(r"C:\closed", "O:SYD:P(A;;FA;;;SY)");
    machine.file(r"C:\closed\open", "O:SYD:P(A;;FR;;;WD)");
    let bare = machine.start(token(TokenSpec {
        privileges: Privileges::NONE,
        ..user(USER)
    }));
    assert!(machine.may(machine.me, &read(r"C:\closed\open")));
    assert!(is_denied(&machine.does(bare, &read(r"C:\closed\open"))));
}

#[test]
fn attributes_are_read_through_the_folder_that_lists() {
    let mut machine = Machine::new();
    machine.file(r"C:\home\f", "O:SYD:P(A;;FA;;;SY)");
    let attributes = Act::Touch(at(r"C:\home\f"), AccessMask::FILE_READ_ATTRIBUTES);
    assert!(machine.may(machine.me, &attributes));
    assert!(!machine.may(machine.other, &attributes));
}

#[test]
fn a_read_only_file_is_neither_written_nor_deleted_until_the_attribute_goes() {
    let mut machine = Machine::new();
    let file = machine.inherited(r"C:\home\f", Kind::File);
    let me = machine.me;
    let open = fumehood_sim::Open::existing(file, AccessMask::FILE_WRITE_ATTRIBUTES);
    let handle = machine.world.open(me, &open).expect("may").handle;
    machine
        .world
        .set_guard(me, handle, Guard::ReadOnly)
        .expect("may");
    assert_eq!(
        machine.does(me, &write(r"C:\home\f")),
        Err(Refusal::ReadOnly)
    );
    assert_eq!(
        machine.does(me, &delete(r"C:\home\f")),
        Err(Refusal::ReadOnly)
    );
    machine
        .world
        .set_guard(me, handle, Guard::Writable)
        .expect("may");
    machine.does(me, &write(r"C:\home\f")).expect("may");
}

#[test]
fn a_folder_with_something_in_it_is_not_deleted() {
    let mut machine = Machine::new();
    machine.inherited(r"C:\home\d", Kind::Folder);
    machine.inherited(r"C:\home\d\f", Kind::File);
    let me = machine.me;
    assert_eq!(
        machine.does(me, &delete(r"C:\home\d")),
        Err(Refusal::NotEmpty)
    );
    machine.does(me, &delete(r"C:\home\d\f")).expect("may");
    machine.does(me, &delete(r"C:\home\d")).expect("may");
}

#[test]
fn a_volume_without_descriptors_refuses_nobody() {
    let mut machine = Machine::new();
    let low = machine.start(at_level(0x1000));
    machine
        .does(low, &create(r"F:\a", Kind::File))
        .expect("nobody is asked");
    machine.does(low, &write(r"F:\a")).expect("nobody is asked");
    assert_eq!(
        machine.does(low, &hard_link(r"F:\a", r"F:\b")),
        Err(Refusal::NotSupported)
    );
    machine
        .does(low, &delete(r"F:\a"))
        .expect("nobody is asked");
}

#[test]
fn a_descriptor_is_changed_by_its_rights_and_the_owner_by_who_may_own() {
    let mut machine = Machine::new();
    machine.file(r"C:\mine", "O:{U}D:P(A;;FR;;;WD)");
    machine.file(r"C:\theirs", "O:{O}D:P(A;;FR;;;WD)");
    machine.file(r"C:\given", "O:{O}D:P(A;;WO;;;WD)");
    let set = |place, parts, new: &str| Act::SetSecurity {
        place: at(place),
        parts,
        new: Arc::new(sddl(new)),
    };
    let open = "D:P(A;;FA;;;WD)";
    let me = machine.me;
    assert!(
        machine.may(me, &set(r"C:\mine", Parts::DACL, open)),
        "the owner may"
    );
    assert!(!machine.may(me, &set(r"C:\theirs", Parts::DACL, open)));
    let sandbox = machine.start(restricted(WRITE, &[GRANT, Sid::EVERYONE]));
    assert!(
        !machine.may(sandbox, &set(r"C:\mine", Parts::DACL, open)),
        "not in both lists"
    );
    assert!(machine.may(me, &set(r"C:\given", Parts::OWNER, "O:{U}")));
    let refused = machine.does(me, &set(r"C:\given", Parts::OWNER, "O:SY"));
    assert_eq!(refused, Err(Refusal::InvalidOwner));
}

#[test]
fn a_label_is_set_up_to_the_own_level() {
    let mut machine = Machine::new();
    machine.inherited(r"C:\home\f", Kind::File);
    let label = |level: &str| Act::SetSecurity {
        place: at(r"C:\home\f"),
        parts: Parts::LABEL,
        new: Arc::new(sddl(&format!("S:(ML;;NW;;;{level})"))),
    };
    let me = machine.me;
    let raised = machine.does(me, &label("HI"));
    assert!(
        matches!(raised, Err(Refusal::PrivilegeNotHeld(_))),
        "{raised:?}"
    );
    let low = machine.start(at_level(0x1000));
    assert!(!machine.may(low, &write(r"C:\home\f")));
    machine.does(me, &label("LW")).expect("may");
    assert!(machine.may(low, &write(r"C:\home\f")));
}

#[test]
fn setting_by_name_reaches_the_children_and_setting_by_handle_does_not() {
    let mut machine = Machine::new();
    machine.folder(r"C:\home\d", PROFILE);
    machine.inherited(r"C:\home\d\f", Kind::File);
    machine.file(r"C:\home\d\own", "O:{U}D:P(A;;FA;;;{U})");
    machine.file(r"C:\home\d\theirs", "O:SYD:(A;;FR;;;WD)");
    let new = Arc::new(sddl(&format!("{PROFILE}(A;OICI;0x1301bf;;;{{G}})")));
    let (me, before) = (machine.me, machine.shown(r"C:\home\d\f"));
    let alone = Act::SetSecurity {
        place: at(r"C:\home\d"),
        parts: Parts::DACL,
        new: Arc::clone(&new),
    };
    machine.does(me, &alone).expect("may");
    assert_eq!(machine.shown(r"C:\home\d\f"), before);
    let spread = Act::SpreadSecurity {
        path: path(r"C:\home\d"),
        parts: Parts::DACL,
        new,
        extent: Extent::Whole,
    };
    let Seen::Spread(spread) = machine.world.act(me, &spread).expect("may").seen else {
        panic!("a walk says what it did");
    };
    let inherited = format!("(A;ID;0x1301bf;;;{GRANT})");
    assert!(machine.shown(r"C:\home\d\f").contains(&inherited));
    assert!(
        !machine.shown(r"C:\home\d\own").contains(&GRANT.to_string()),
        "protected"
    );
    assert!(
        !machine
            .shown(r"C:\home\d\theirs")
            .contains(&GRANT.to_string()),
        "not the user's"
    );
    let theirs = machine
        .world
        .find(&path(r"C:\home\d\theirs"))
        .expect("is there");
    assert_eq!(spread.skipped, [theirs]);
}

#[test]
fn a_folder_that_minds_case_tells_two_names_apart() {
    let mut machine = Machine::new();
    machine.folder(r"C:\home\cs", PROFILE);
    let me = machine.me;
    let set = |machine: &mut Machine, rights| {
        let open = Open::existing(at(r"C:\home\cs"), rights);
        let handle = machine.world.open(me, &open)?.handle;
        let answer = machine.world.set_case(me, handle, Case::Sensitive);
        machine.world.close(me, handle).and(answer)
    };
    let lacks = Refusal::HandleLacks(AccessMask(0x46));
    assert_eq!(
        set(&mut machine, AccessMask::FILE_WRITE_ATTRIBUTES),
        Err(lacks)
    );
    set(&mut machine, AccessMask::GENERIC_ALL).expect("may");
    for name in ["config", "CONFIG"] {
        machine
            .does(me, &create(&format!(r"C:\home\cs\{name}"), Kind::File))
            .expect(name);
    }
    machine.does(me, &write(r"C:\home\cs\CONFIG")).expect("may");
    let lower = machine
        .world
        .act(me, &read(r"C:\home\cs\config"))
        .expect("may");
    assert_eq!(lower.seen, Seen::Bytes(bytes("")));
    assert_eq!(
        machine.does(me, &read(r"C:\home\cs\Config")),
        Err(Refusal::NotFound)
    );
    assert_eq!(
        set(&mut machine, AccessMask::GENERIC_ALL),
        Err(Refusal::NotEmpty)
    );
}

#[test]
fn what_is_opened_by_its_number_asks_no_folder_on_the_way() {
    let mut machine = Machine::new();
    machine.folder(r"C:\closed", "O:SYD:P(A;;FA;;;SY)(A;;0x40;;;{U})");
    let file = machine.file(r"C:\closed\f", "O:SYD:P(A;;FR;;;WD)");
    let bare = machine.start(token(TokenSpec {
        privileges: Privileges::NONE,
        ..user(USER)
    }));
    assert!(!machine.may(bare, &read(r"C:\closed\f")));
    assert!(machine.may(bare, &Act::Read(Place::Number(file))));
    let by_number = Act::Delete(Place::Number(file), DeleteBy::Disposition);
    assert!(machine.may(bare, &by_number));
    assert_eq!(
        machine.world.hangs_on_reading(bare, &by_number),
        ["by-number"]
    );
    assert!(
        machine
            .world
            .hangs_on_reading(machine.me, &delete(r"C:\closed\f"))
            .is_empty()
    );
}

#[test]
fn a_walk_does_not_enter_what_it_may_not_list_nor_what_leads_elsewhere() {
    let mut machine = Machine::new();
    machine.folder(r"C:\home\d", PROFILE);
    machine.folder(r"C:\home\d\closed", "O:{U}D:P(A;;WDRC;;;{U})");
    machine.inherited(r"C:\home\d\closed\f", Kind::File);
    let cloud = machine.inherited(r"C:\home\d\cloud", Kind::Folder);
    machine.inherited(r"C:\home\d\cloud\f", Kind::File);
    machine
        .world
        .put_reparse(cloud, Reparse::Other(0x9000_001A))
        .expect("is there");
    machine.inherited(r"C:\home\d\open", Kind::Folder);
    machine.inherited(r"C:\home\d\open\f", Kind::File);
    let [d, closed, clouds, open, file] = ["", r"\closed", r"\cloud", r"\open", r"\open\f"]
        .map(|name| path(&format!(r"C:\home\d{name}")));
    let new = sddl(&format!("{PROFILE}(A;OICI;FR;;;{{G}})"));
    let (parts, extent) = (Parts::DACL, Extent::Whole);
    let me = machine.me;
    let done = machine
        .world
        .set_named_security(me, &d, parts, &new, extent)
        .expect("may");
    let of = |place| machine.world.find(place).expect("is there");
    assert_eq!(done.changed, [&d, &closed, &clouds, &open, &file].map(of));
    assert_eq!(done.skipped, [of(&closed)]);
}
