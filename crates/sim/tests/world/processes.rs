//! Processes, tokens, jobs, accounts: who may act on whom.

use std::sync::Arc;

use fumehood_nt::restrict::{Restrict, RestrictFlags, restrict};
use fumehood_nt::token::{Integrity, Privilege, Privileges, SidState, Token, TokenSpec};
use fumehood_nt::{AccessMask, Ace, Acl, GenericMapping, Sid};
use fumehood_sim::account::{THIS_ORGANIZATION, system_token};
use fumehood_sim::job::{Breakaway, Leaves, Limits, OnLastHandle};
use fumehood_sim::object::First;
use fumehood_sim::process::{DUP_HANDLE, TERMINATE, VM_READ, VM_WRITE};
use fumehood_sim::start::START_WITH;
use fumehood_sim::{
    Accounts, Act, Adjust, Class, CreateObject, Life, Logon, Open, Parts, ProcessId, Refusal,
    Start, SystemAct,
};

use crate::machine::*;

const WRITE: RestrictFlags = RestrictFlags::WRITE_RESTRICTED;
/// A SID that is only in tokens and in the objects of one run.
const SESSION: Sid = Sid::of(5, [21, 9, 9, 9, 2]);

fn opens(machine: &Machine, who: ProcessId, target: ProcessId, rights: AccessMask) -> bool {
    machine
        .world
        .clone()
        .open_process(who, target, rights)
        .is_ok()
}

/// The token with these SIDs in its default DACL as well.
fn sharing(token: Token, sids: &[Sid]) -> Token {
    let mut spec = token.into_spec();
    let mut aces = spec
        .default_dacl
        .take()
        .map_or_else(Vec::new, |list| list.aces);
    aces.extend(
        sids.iter()
            .map(|sid| Ace::allow(*sid, AccessMask::GENERIC_ALL)),
    );
    spec.default_dacl = Some(Acl::new(aces));
    spec.build().expect("few SIDs")
}

#[test]
fn a_write_restricted_process_reads_the_memory_of_the_users_others_and_writes_none() {
    let mut machine = Machine::new();
    let (me, other) = (machine.me, machine.other);
    let sandbox = machine.start(restricted(WRITE, &[GRANT]));
    let strict = machine.start(restricted(RestrictFlags::NONE, &[GRANT]));
    assert!(
        opens(&machine, sandbox, me, VM_READ),
        "the gap process-memory"
    );
    for rights in [VM_WRITE, DUP_HANDLE, AccessMask::WRITE_DAC] {
        assert!(!opens(&machine, sandbox, me, rights), "{rights}");
        assert!(opens(&machine, me, me, rights), "{rights}");
        assert!(!opens(&machine, other, me, rights), "{rights}");
    }
    assert!(
        opens(&machine, sandbox, me, TERMINATE),
        "ending is in no write bit"
    );
    assert!(!opens(&machine, strict, me, VM_READ) && !opens(&machine, strict, me, TERMINATE));
}

#[test]
fn a_launcher_that_replaces_its_dacl_is_not_ended() {
    let mut machine = Machine::new();
    let launcher = machine.start(token(user(USER)));
    let sandbox = machine.start(restricted(WRITE, &[GRANT]));
    assert!(opens(&machine, sandbox, launcher, TERMINATE));
    let rights = AccessMask::WRITE_DAC;
    let own = machine
        .world
        .open_process(launcher, launcher, rights)
        .expect("may")
        .handle;
    let closed = sddl("D:(D;;0x1;;;{U})(A;;0x1fffff;;;{U})(A;;0x1fffff;;;SY)");
    machine
        .world
        .set_object_security(launcher, own, Parts::DACL, &closed)
        .expect("may");
    assert!(!opens(&machine, sandbox, launcher, TERMINATE));
    assert!(opens(&machine, machine.me, launcher, VM_READ));
}

#[test]
fn debug_opens_any_process() {
    let mut machine = Machine::new();
    let debugger = machine.start(token(TokenSpec {
        privileges: Privileges::NONE.with_enabled(Privilege::Debug),
        ..user(OTHER)
    }));
    assert!(opens(&machine, debugger, machine.me, VM_WRITE));
    assert!(!opens(&machine, machine.other, machine.me, VM_WRITE));
}

#[test]
fn whoever_may_duplicate_from_a_process_has_what_it_has() {
    let mut machine = Machine::new();
    machine.inherited(r"C:\home\f", fumehood_sim::Kind::File);
    let (me, other) = (machine.me, machine.other);
    let open = Open::existing(at(r"C:\home\f"), AccessMask::FILE_WRITE_DATA);
    let theirs = machine.world.open(me, &open).expect("may").handle;
    let twin = machine.start(token(user(USER)));
    let process = machine
        .world
        .open_process(twin, me, DUP_HANDLE)
        .expect("may")
        .handle;
    let taken = machine
        .world
        .take_handle(twin, process, theirs)
        .expect("may");
    machine
        .world
        .write(twin, taken, fumehood_sim::At::End, b"x")
        .expect("was granted");
    assert!(machine.world.open_process(other, me, DUP_HANDLE).is_err());
}

#[test]
fn piped_children_meet_only_if_the_default_dacl_lets_the_second_pass_in() {
    let mut machine = Machine::new();
    let plain = || restricted(WRITE, &[GRANT, SESSION]);
    let [one, two] = [(); 2].map(|()| machine.start(plain()));
    assert!(!opens(&machine, one, two, VM_WRITE), "Gitlawb/zero PR#456");
    let shared = || sharing(plain(), &[SESSION]);
    let [one, two] = [(); 2].map(|()| machine.start(shared()));
    assert!(opens(&machine, one, two, VM_WRITE));
    let foreign = machine.start(sharing(restricted(WRITE, &[GRANT]), &[GRANT]));
    assert!(
        !opens(&machine, foreign, two, VM_WRITE),
        "another session's"
    );
}

#[test]
fn a_process_starts_others_with_restricted_forms_of_its_token_only() {
    let mut machine = Machine::new();
    machine.file(r"C:\tool.exe", "O:SYD:P(A;;FRFX;;;WD)");
    let (me, start) = (machine.me, || Start::of(at(r"C:\tool.exe")));
    let started = |machine: &Machine, who, token: Token| {
        machine
            .world
            .clone()
            .start(who, &start().with_token(token))
            .map(drop)
    };
    assert_eq!(started(&machine, me, restricted(WRITE, &[GRANT])), Ok(()));
    let sandbox = machine.start(sharing(restricted(WRITE, &[GRANT, SESSION]), &[SESSION]));
    let foreign = Err(Refusal::ForeignToken);
    assert_eq!(
        started(&machine, sandbox, token(user(USER))),
        foreign,
        "nothing comes back"
    );
    assert_eq!(started(&machine, me, token(user(OTHER))), foreign);
    let more = restricted(WRITE, &[GRANT, SESSION, Sid::EVERYONE]);
    assert_eq!(
        started(&machine, sandbox, more),
        foreign,
        "no SID is added to the list"
    );
    let own = Arc::clone(&machine.world.process(sandbox).expect("runs").token);
    let asked = Restrict {
        restricting: vec![GRANT],
        ..Restrict::default()
    };
    let narrower = restrict(&own, &asked).expect("a list");
    assert_eq!(
        started(&machine, sandbox, narrower),
        Ok(()),
        "a second restriction"
    );
    let system = machine.start(system_token().expect("few groups"));
    assert_eq!(
        started(&machine, system, token(user(OTHER))),
        Ok(()),
        "with the privilege"
    );
}

#[test]
fn a_process_opens_its_own_token_only_if_the_tokens_dacl_lets_the_second_pass_in() {
    let mut machine = Machine::new();
    let bare = machine.start(restricted(WRITE, &[GRANT, SESSION]));
    let with = machine.start(sharing(restricted(WRITE, &[GRANT, SESSION]), &[SESSION]));
    let adjusts = GenericMapping::TOKEN.write;
    assert!(
        machine.world.open_token(bare, bare, adjusts).is_err(),
        "MSYS2's first error"
    );
    assert!(machine.world.open_token(with, with, adjusts).is_ok());
    assert!(
        machine.world.open_token(bare, bare, START_WITH).is_ok(),
        "querying does not write"
    );
}

/// A job, and a process in it.
fn job(machine: &mut Machine, limits: Limits) -> (fumehood_sim::Handle, ProcessId) {
    machine.file(r"C:\tool.exe", "O:SYD:P(A;;FRFX;;;WD)");
    let me = machine.me;
    let asked = CreateObject {
        class: Class::Job,
        name: None,
        desired: GenericMapping::JOB.all,
        security: None,
        first: First::default(),
    };
    let job = machine.world.create_object(me, &asked).expect("may").handle;
    machine.world.set_limits(me, job, limits).expect("may");
    let start = Start {
        job: Some(job),
        ..Start::of(at(r"C:\tool.exe"))
    };
    let child = machine.world.start(me, &start).expect("may").process;
    (job, child)
}

#[test]
fn the_last_handle_of_a_job_ends_its_whole_tree() {
    for (on_last_handle, life) in [
        (OnLastHandle::End, Life::Ended),
        (OnLastHandle::GoOn, Life::Running),
    ] {
        let mut machine = Machine::new();
        let (handle, child) = job(
            &mut machine,
            Limits {
                on_last_handle,
                ..Limits::default()
            },
        );
        let grandchild = machine.world.start(child, &Start::of(at(r"C:\tool.exe")));
        let grandchild = grandchild.expect("may").process;
        machine.world.close(machine.me, handle).expect("is open");
        for who in [child, grandchild] {
            assert_eq!(
                machine.world.process(who).expect("was").life,
                life,
                "{on_last_handle:?}"
            );
        }
    }
}

#[test]
fn a_job_lets_go_whom_it_says_and_holds_as_many_as_it_says() {
    for (breakaway, leaves, members) in [
        (Breakaway::Never, Leaves::Stays, Some(2)),
        (Breakaway::Never, Leaves::Asks, None),
        (Breakaway::Asked, Leaves::Stays, Some(2)),
        (Breakaway::Asked, Leaves::Asks, Some(1)),
        (Breakaway::Always, Leaves::Stays, Some(1)),
    ] {
        let mut machine = Machine::new();
        let limits = Limits {
            breakaway,
            active: Some(2),
            ..Limits::default()
        };
        let (_, child) = job(&mut machine, limits);
        let object = machine.world.process(child).expect("runs").jobs[0];
        let start = Start {
            leaves,
            ..Start::of(at(r"C:\tool.exe"))
        };
        let started = machine.world.start(child, &start);
        assert_eq!(
            started.is_ok(),
            members.is_some(),
            "{breakaway:?} {leaves:?}"
        );
        let now = machine.world.members(object).len();
        assert_eq!(now, members.unwrap_or(1), "{breakaway:?} {leaves:?}");
        if now == 2 {
            let full = machine.world.start(child, &Start::of(at(r"C:\tool.exe")));
            assert!(matches!(full, Err(Refusal::TooMuch { limit: 2, .. })));
        }
    }
}

#[test]
fn an_administrator_has_two_tokens_and_an_ordinary_user_one() {
    let mut accounts = Accounts::of(Sid::of(5, [21, 4, 5, 6]));
    let ann = accounts.add("Ann", &[Sid::ADMINISTRATORS]).expect("is new");
    accounts.add("Bob", &[]).expect("is new");
    assert_eq!(accounts.add("ANN", &[]), Err(Refusal::Exists));
    let mut log_on = |name| accounts.log_on(name, Logon::Interactive).expect(name);
    let state = |token: &Token, sid: Sid| {
        let groups = &token.spec().groups;
        groups
            .iter()
            .find(|group| group.sid == sid)
            .map(|group| group.state)
    };
    let logon_of_ann = log_on("ann");
    let full = logon_of_ann.elevated.expect("an administrator");
    assert_eq!(
        (full.spec().integrity, full.spec().owner),
        (Integrity::HIGH, Sid::ADMINISTRATORS)
    );
    assert_eq!(state(&full, Sid::ADMINISTRATORS), Some(SidState::Enabled));
    let filtered = logon_of_ann.token;
    assert_eq!(
        (filtered.spec().integrity, filtered.spec().owner),
        (Integrity::MEDIUM, ann)
    );
    for sid in [Sid::ADMINISTRATORS, Sid::LOCAL_ACCOUNT_ADMINISTRATOR] {
        assert_eq!(state(&filtered, sid), Some(SidState::DenyOnly), "{sid}");
    }
    assert!(!filtered.spec().privileges.holds(Privilege::Backup));
    let bobs = log_on("bob");
    assert_eq!(
        (bobs.token.spec().integrity, &bobs.elevated),
        (Integrity::MEDIUM, &None)
    );
    assert_eq!(state(&bobs.token, Sid::ADMINISTRATORS), None);
    for sid in [
        Sid::LOCAL,
        THIS_ORGANIZATION,
        Sid::INTERACTIVE,
        Sid::USERS,
        bobs.session,
    ] {
        assert_eq!(state(&bobs.token, sid), Some(SidState::Enabled), "{sid}");
    }
    for token in [&full, &filtered] {
        assert_eq!(
            state(token, logon_of_ann.session),
            Some(SidState::Enabled),
            "one logon"
        );
    }
    assert_ne!(bobs.session, logon_of_ann.session);
    accounts.remove("bob").expect("is there");
    assert_eq!(
        accounts.log_on("bob", Logon::Batch).map(drop),
        Err(Refusal::NotFound)
    );
}

#[test]
fn a_token_is_adjusted_by_the_right_on_its_object_and_never_widened() {
    let mut machine = Machine::new();
    let holds = Privileges::NONE.with_disabled(Privilege::Debug);
    let admin = machine.start(token(TokenSpec {
        privileges: holds,
        ..user(USER)
    }));
    let other = machine.other;
    assert!(!opens(&machine, admin, other, VM_WRITE));
    machine
        .world
        .adjust(admin, &Adjust::Enable(Privilege::Debug))
        .expect("is held");
    assert!(opens(&machine, admin, other, VM_WRITE));
    machine
        .world
        .adjust(admin, &Adjust::Remove(Privilege::Debug))
        .expect("may");
    let gone = machine
        .world
        .adjust(admin, &Adjust::Enable(Privilege::Debug));
    assert_eq!(gone, Err(Refusal::PrivilegeNotHeld(Privilege::Debug)));
    machine
        .world
        .adjust(admin, &Adjust::Level(Integrity::LOW))
        .expect("lower");
    assert!(
        machine
            .world
            .adjust(admin, &Adjust::Level(Integrity::MEDIUM))
            .is_err()
    );
    let owner = machine
        .world
        .adjust(machine.me, &Adjust::Owner(Sid::SYSTEM));
    assert_eq!(owner, Err(Refusal::InvalidOwner));
    let bare = machine.start(restricted(WRITE, &[GRANT, SESSION]));
    let with = machine.start(sharing(restricted(WRITE, &[GRANT, SESSION]), &[SESSION]));
    let dacl = Adjust::DefaultDacl(Acl::new(Vec::new()));
    assert!(matches!(
        machine.world.adjust(bare, &dacl),
        Err(Refusal::Denied(_))
    ));
    assert_eq!(machine.world.adjust(with, &dacl), Ok(()));
}

#[test]
fn acts_on_processes_and_keys_are_values_too() {
    let mut machine = Machine::new();
    let (me, twin) = (machine.me, machine.start(token(user(USER))));
    let end = Act::from(SystemAct::Terminate(me));
    assert!(!machine.may(machine.other, &end));
    let closed = Arc::new(sddl("D:P(A;;GA;;;SY)"));
    let secure = Act::from(SystemAct::SecureProcess(me, Parts::DACL, closed));
    assert!(machine.may(twin, &end));
    machine.does(me, &secure).expect("may");
    assert!(!machine.may(twin, &end), "nobody but the system");
    assert!(
        machine
            .does(twin, &Act::from(SystemAct::Terminate(twin)))
            .is_ok()
    );
    assert_eq!(
        machine.world.process(twin).map(|process| process.life),
        Some(Life::Ended)
    );
    let hangs = machine.world.hangs_on(machine.other, &end);
    assert!(hangs.is_certain());
}

#[test]
fn a_token_with_more_than_the_own_one_is_nobodys_to_give() {
    let mut machine = Machine::new();
    machine.file(r"C:\tool.exe", "O:SYD:P(A;;FRFX;;;WD)");
    let more = |spec: TokenSpec| {
        token(TokenSpec {
            default_dacl: user(USER).default_dacl,
            ..spec
        })
    };
    let debug = user(USER).privileges.with_disabled(Privilege::Debug);
    let without = user(USER).groups[1..].to_vec();
    for spec in [
        TokenSpec {
            privileges: debug,
            ..user(USER)
        },
        TokenSpec {
            integrity: Integrity::HIGH,
            ..user(USER)
        },
        TokenSpec {
            groups: without,
            ..user(USER)
        },
    ] {
        let start = Start::of(at(r"C:\tool.exe")).with_token(more(spec));
        assert_eq!(
            machine.world.start(machine.me, &start),
            Err(Refusal::ForeignToken)
        );
    }
    let start = Start::of(at(r"C:\tool.exe")).with_token(more(user(USER)));
    assert!(machine.world.start(machine.me, &start).is_ok());
}

#[test]
fn a_process_is_given_the_default_of_its_new_token_and_its_token_that_of_the_starter() {
    let mut machine = Machine::new();
    machine.file(r"C:\tool.exe", "O:SYD:P(A;;FRFX;;;WD)");
    let child = sharing(restricted(WRITE, &[GRANT, SESSION]), &[SESSION]);
    let start = Start::of(at(r"C:\tool.exe")).with_token(child);
    let process = machine
        .world
        .start(machine.me, &start)
        .expect("may")
        .process;
    let process = machine.world.process(process).expect("runs").clone();
    let names = |object| {
        let dacl = &machine
            .world
            .object(object)
            .expect("is there")
            .descriptor
            .dacl;
        dacl.list()
            .expect("a list")
            .aces
            .iter()
            .any(|ace| ace.sid == SESSION)
    };
    assert!(names(process.object) && names(process.thread_object));
    assert!(!names(process.token_object), "unless the launcher says so");
}

#[test]
fn who_may_not_open_its_own_token_makes_no_token_of_it() {
    let mut machine = Machine::new();
    machine.file(r"C:\tool.exe", "O:SYD:P(A;;FRFX;;;WD)");
    let start = |closed: &str| Start {
        token_security: Some(Arc::new(sddl(closed))),
        ..Start::of(at(r"C:\tool.exe"))
    };
    for (closed, may) in [("D:(A;;0x8;;;{U})", false), ("D:(A;;0xb;;;{U})", true)] {
        let process = machine
            .world
            .start(machine.me, &start(closed))
            .expect("may")
            .process;
        let narrower = Start::of(at(r"C:\tool.exe")).with_token(restricted(WRITE, &[GRANT]));
        assert_eq!(
            machine.world.start(process, &narrower).is_ok(),
            may,
            "{closed}"
        );
        assert!(
            machine
                .world
                .start(process, &Start::of(at(r"C:\tool.exe")))
                .is_ok()
        );
    }
}

#[test]
fn a_token_is_opened_through_its_process() {
    let mut machine = Machine::new();
    let query = AccessMask(0x8);
    let (me, twin) = (machine.me, machine.start(token(user(USER))));
    assert!(machine.world.open_token(twin, me, query).is_ok());
    let closed = Arc::new(sddl("D:P(A;;GA;;;SY)"));
    let secure = Act::from(SystemAct::SecureProcess(me, Parts::DACL, closed));
    machine.does(me, &secure).expect("may");
    assert!(
        machine.world.open_token(twin, me, query).is_err(),
        "the process refuses"
    );
    assert!(
        machine.world.open_token(me, me, query).is_ok(),
        "its own is not asked for"
    );
}
