//! Mandatory labels: on files, on the programs started from them, on processes.

use std::sync::Arc;

use fumehood_nt::AccessMask;
use fumehood_nt::token::Integrity;
use fumehood_sim::process::{TERMINATE, VM_READ, VM_WRITE};
use fumehood_sim::{Act, Extent, Kind, Parts, Start};

use crate::machine::*;

/// Between low and medium.
const BETWEEN: u32 = 6144;

fn labelled(level: &str, policy: &str) -> String {
    format!("{PROFILE}S:(ML;OICI;{policy};;;{level})")
}

#[test]
fn a_level_below_medium_writes_only_where_the_label_lets_it() {
    let mut machine = Machine::new();
    machine.folder(r"C:\work", &labelled("S-1-16-6144", "NW"));
    machine.inherited(r"C:\work\f", Kind::File);
    machine.inherited(r"C:\home\f", Kind::File);
    let sandbox = machine.start(at_level(BETWEEN));
    for (text, may) in [(r"C:\work", true), (r"C:\home", false)] {
        let file = format!(r"{text}\f");
        assert_eq!(machine.may(sandbox, &write(&file)), may, "{text}");
        assert_eq!(machine.may(sandbox, &delete(&file)), may, "{text}");
        assert_eq!(
            machine.may(sandbox, &create(&format!(r"{text}\g"), Kind::File)),
            may
        );
        assert!(machine.may(sandbox, &read(&file)), "{text}");
    }
    let carried = rename(r"C:\home\f", r"C:\work\g");
    assert!(!machine.may(sandbox, &carried), "nothing is carried off");
}

#[test]
fn what_a_low_process_makes_carries_its_level() {
    let mut machine = Machine::new();
    machine.folder(r"C:\work", &labelled("LW", "NW"));
    let sandbox = machine.start(at_level(BETWEEN));
    machine
        .does(sandbox, &create(r"C:\work\f", Kind::File))
        .expect("may");
    assert!(
        machine.shown(r"C:\work\f").contains("ML"),
        "the folder's label is inherited"
    );
    machine.does(sandbox, &write(r"C:\work\f")).expect("may");
}

#[test]
fn no_read_up_hides_and_no_execute_up_keeps_from_running() {
    let mut machine = Machine::new();
    for (name, policy) in [("w", "NW"), ("r", "NWNR"), ("x", "NWNX")] {
        let text = format!("O:{{U}}D:P(A;;FA;;;{{U}})S:(ML;;{policy};;;ME)");
        machine.file(&format!(r"C:\{name}"), &text);
    }
    let sandbox = machine.start(at_level(BETWEEN));
    let runs = |machine: &Machine, name: &str| {
        let start = Start::of(at(&format!(r"C:\{name}")));
        machine.world.clone().start(sandbox, &start).is_ok()
    };
    let reads = |name: &str| machine.may(sandbox, &read(&format!(r"C:\{name}")));
    assert_eq!(["w", "r", "x"].map(reads), [true, false, true]);
    assert_eq!(
        ["w", "r", "x"].map(|name| runs(&machine, name)),
        [true, true, false]
    );
    assert!(machine.may(machine.me, &read(r"C:\r")));
}

#[test]
fn a_program_runs_at_the_lesser_of_its_starter_and_its_label() {
    let mut machine = Machine::new();
    machine.file(r"C:\low.exe", &labelled("LW", "NW"));
    machine.file(r"C:\high.exe", &labelled("HI", "NW"));
    machine.file(r"C:\plain.exe", PROFILE);
    let (me, sandbox) = (machine.me, machine.start(at_level(BETWEEN)));
    let mut level = |who, text: &str| {
        let child = machine
            .world
            .start(who, &Start::of(at(text)))
            .expect(text)
            .process;
        machine
            .world
            .process(child)
            .expect("runs")
            .token
            .spec()
            .integrity
    };
    assert_eq!(level(me, r"C:\low.exe"), Integrity::LOW);
    assert_eq!(level(me, r"C:\high.exe"), Integrity::MEDIUM);
    assert_eq!(level(me, r"C:\plain.exe"), Integrity::MEDIUM);
    assert_eq!(level(sandbox, r"C:\plain.exe"), Integrity(BETWEEN));
    assert_eq!(level(sandbox, r"C:\low.exe"), Integrity::LOW);
}

#[test]
fn a_process_is_neither_read_nor_written_from_below() {
    let mut machine = Machine::new();
    let (me, sandbox) = (machine.me, machine.start(at_level(BETWEEN)));
    let twin = machine.start(token(user(USER)));
    for rights in [VM_READ, VM_WRITE, TERMINATE, AccessMask::WRITE_DAC] {
        let opens = |who, target| {
            machine
                .world
                .clone()
                .open_process(who, target, rights)
                .is_ok()
        };
        assert_eq!(opens(sandbox, me), rights == TERMINATE, "{rights}");
        assert!(opens(twin, me) && opens(me, sandbox), "{rights}");
    }
}

#[test]
fn a_label_set_by_name_reaches_what_exists_but_not_what_has_its_own() {
    let mut machine = Machine::new();
    machine.folder(r"C:\home\d", PROFILE);
    machine.inherited(r"C:\home\d\f", Kind::File);
    machine.file(r"C:\home\d\own", &labelled("ME", "NW"));
    machine.file(r"C:\home\d\theirs", "O:SYD:P(A;;FA;;;SY)");
    let sandbox = machine.start(at_level(BETWEEN));
    let label = |level: &str| Act::SpreadSecurity {
        path: path(r"C:\home\d"),
        parts: Parts::LABEL,
        new: Arc::new(sddl(&format!("S:(ML;OICI;NW;;;{level})"))),
        extent: Extent::Whole,
    };
    assert!(!machine.may(sandbox, &write(r"C:\home\d\f")));
    let me = machine.me;
    machine.does(me, &label("S-1-16-6144")).expect("may");
    assert!(machine.may(sandbox, &write(r"C:\home\d\f")));
    assert!(!machine.may(sandbox, &write(r"C:\home\d\own")));
    assert!(
        !machine.shown(r"C:\home\d\theirs").contains("ML"),
        "WRITE_OWNER is not the user's"
    );
    machine.does(me, &label("ME")).expect("may");
    assert!(
        !machine.may(sandbox, &write(r"C:\home\d\f")),
        "it is made anew"
    );
}
