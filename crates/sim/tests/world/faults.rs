//! What goes wrong on purpose.

use std::sync::Arc;

use fumehood_nt::SecurityDescriptor;
use fumehood_sim::{Act, Extent, Fault, Faulty, Kind, Parts, Refusal, Seed, Seen};

use crate::machine::*;

/// A folder with five files, and the act that opens it to a SID.
fn machine() -> (Machine, Act) {
    let mut machine = Machine::new();
    machine.folder(r"C:\home\d", PROFILE);
    for number in 0..5 {
        machine.inherited(&format!(r"C:\home\d\{number}"), Kind::File);
    }
    let spread = Act::SpreadSecurity {
        path: path(r"C:\home\d"),
        parts: Parts::DACL,
        new: Arc::new(sddl(&format!("{PROFILE}(A;OICI;0x1301bf;;;{{G}})"))),
        extent: Extent::Whole,
    };
    (machine, spread)
}

/// Whether the grant stands on the file with this number.
fn is_open(faulty: &Faulty, number: usize) -> bool {
    let world = faulty.world();
    let file = world
        .find(&path(&format!(r"C:\home\d\{number}")))
        .expect("is there");
    grants(world.descriptor(file).expect("NTFS"))
}

fn grants(descriptor: &SecurityDescriptor) -> bool {
    descriptor
        .dacl
        .list()
        .expect("a list")
        .aces
        .iter()
        .any(|ace| ace.sid == GRANT)
}

fn run(fault: Fault) -> (Faulty, Machine, Result<(), Refusal>) {
    let (machine, spread) = machine();
    let mut faulty = Faulty::new(machine.world.clone(), vec![fault]);
    let answer = faulty.act(machine.me, &spread).map(drop);
    (faulty, machine, answer)
}

#[test]
fn a_call_that_is_made_to_fail_changes_nothing_and_the_next_one_does() {
    let (mut faulty, machine, answer) = run(Fault::Fail(0));
    assert_eq!(answer, Err(Refusal::Injected));
    assert!(*faulty.world() == machine.world);
    faulty.act(machine.me, &write(r"C:\home\d\1")).expect("may");
}

#[test]
fn after_the_crash_nothing_is_done_and_what_was_done_stays() {
    let (mut faulty, machine, answer) = run(Fault::CrashAfter(0));
    assert_eq!(answer, Ok(()));
    let after = faulty.act(machine.me, &write(r"C:\home\d\1"));
    assert_eq!(after, Err(Refusal::Crashed));
    assert!(is_open(&faulty, 4));
}

#[test]
fn a_success_without_effect_is_seen_only_by_looking() {
    let (mut faulty, machine, answer) = run(Fault::NoEffect(0));
    assert_eq!(answer, Ok(()));
    assert!(*faulty.world() == machine.world && !is_open(&faulty, 0));
    let look = faulty
        .act(machine.me, &Act::ReadSecurity(at(r"C:\home\d")))
        .expect("may");
    let Seen::Security(seen) = look.seen else {
        panic!("a look sees a descriptor");
    };
    assert!(!grants(&seen));
}

#[test]
fn a_late_call_takes_effect_after_the_next() {
    let (mut faulty, machine, answer) = run(Fault::Late(0));
    assert_eq!(answer, Ok(()));
    assert!(!is_open(&faulty, 0));
    faulty.act(machine.me, &write(r"C:\home\d\1")).expect("may");
    assert!(is_open(&faulty, 0));
    let (faulty, ..) = run(Fault::Late(0));
    assert!(faulty.settle() != machine.world, "or once nothing follows");
}

#[test]
fn a_walk_that_ends_early_leaves_the_rest_as_it_was() {
    for most in 0..6 {
        let (faulty, _, answer) = run(Fault::Partial(0, most));
        assert_eq!(answer, Ok(()));
        let open = (0..5).filter(|number| is_open(&faulty, *number)).count();
        assert_eq!(open, most.min(5));
    }
}

#[test]
fn a_stale_look_sees_what_was_there_before() {
    let (machine, spread) = machine();
    let mut faulty = Faulty::new(machine.world.clone(), vec![Fault::Stale(2)]);
    faulty.act(machine.me, &spread).expect("may");
    let look = Act::ReadSecurity(at(r"C:\home\d"));
    faulty
        .act(machine.me, &read(r"C:\home\d\1"))
        .expect("looking is no change");
    for expected in [false, true] {
        let Seen::Security(seen) = faulty.act(machine.me, &look).expect("may").seen else {
            panic!("a look sees a descriptor");
        };
        assert_eq!(grants(&seen), expected);
    }
}

#[test]
fn another_process_may_come_in_between() {
    let (machine, spread) = machine();
    let planted = create(r"C:\home\d\planted", Kind::File);
    let between = Fault::Between(0, machine.me, Box::new(planted));
    let mut faulty = Faulty::new(machine.world.clone(), vec![between]);
    faulty.act(machine.me, &spread).expect("may");
    assert!(faulty.world().find(&path(r"C:\home\d\planted")).is_some());
    assert_eq!(faulty.calls(), 1);
}

#[test]
fn the_same_seed_makes_the_same_machine() {
    let (machine, spread) = machine();
    let others = [
        (machine.other, read(r"C:\home\d\1")),
        (machine.me, delete(r"C:\home\d\2")),
    ];
    let acts = [
        spread,
        write(r"C:\home\d\1"),
        rename(r"C:\home\d\1", r"C:\home\d\9"),
    ];
    let run = |seed| {
        let fault = Fault::one(Seed(seed), acts.len(), &others);
        let mut faulty = Faulty::new(machine.world.clone(), vec![fault.clone()]);
        let answers: Vec<_> = acts
            .iter()
            .map(|act| faulty.act(machine.me, act).is_ok())
            .collect();
        (fault, answers, faulty.settle())
    };
    let mut faults = Vec::new();
    for seed in 0..200 {
        let (one, two) = (run(seed), run(seed));
        assert!(one == two, "seed {seed}");
        let kind = std::mem::discriminant(&one.0);
        if !faults.contains(&kind) {
            faults.push(kind);
        }
    }
    assert_eq!(faults.len(), 7, "every kind of fault");
}
