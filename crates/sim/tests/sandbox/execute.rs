//! A plan that stops half-way leaves nothing behind once it is taken back, and is
//! never more than the whole.

use fumehood_nt::AccessMask;
use fumehood_nt::evaluate::DeleteBy;
use fumehood_plan::windows::launch::Because;
use fumehood_plan::windows::{
    Backend, ExecuteError, Plan, TokenProfile, Undo, execute, lint, revert,
};
use fumehood_sim::launcher::Trouble;
use fumehood_sim::{Act, Fault, FilePath, Kind, Launcher, Place, ProcessId, World, comparison};

fn machine(profile: TokenProfile) -> (Launcher, Plan) {
    let (launcher, _) = comparison::machine().expect("the standard machine");
    let policy = comparison::policy(r"C:\Users\ann\src\app").expect("its policy");
    let (facts, plan) = comparison::plan(&launcher, &policy, profile).expect("compiles");
    assert_eq!(lint(&policy, &facts, &plan), [], "{profile}");
    (launcher, plan)
}

/// Every name with its descriptor's bytes and its content, and what is open.
pub fn state(world: &World) -> Vec<(FilePath, Vec<u8>, Vec<u8>)> {
    let mut all = Vec::new();
    for volume in world.volumes() {
        let mut todo = vec![FilePath::top(volume.spec().letter)];
        while let Some(path) = todo.pop() {
            let file = world.find(&path).expect("is there");
            let node = world.node(file).expect("is there");
            for entry in node
                .folder()
                .into_iter()
                .flat_map(|folder| folder.entries.values())
            {
                todo.push(path.child(entry.name.shown()).expect("a name"));
            }
            let bytes = node
                .descriptor
                .as_ref()
                .map(|one| one.to_bytes().expect("is small"));
            all.push((path, bytes.unwrap_or_default(), node.content.to_vec()));
        }
    }
    all.sort_by_key(|(path, ..)| path.to_string());
    all
}

fn may(world: &World, who: ProcessId, act: &Act) -> bool {
    world.clone().act(who, act).is_ok()
}

fn at(text: &str) -> Place {
    Place::Path(FilePath::parse(text).expect("a path"))
}

fn write(text: &str) -> Act {
    Act::Write(at(text), b"x"[..].into())
}

#[test]
fn a_plan_that_is_carried_out_is_in_force_and_taken_back_to_the_byte() {
    for profile in TokenProfile::ALL {
        let (mut launcher, plan) = machine(profile);
        let before = state(&launcher.world);
        let mut journal: Vec<Undo> = Vec::new();
        let sealed = execute(&mut launcher, &plan, &mut journal).expect("carried out");
        assert_ne!(state(&launcher.world), before);
        assert!(!journal.is_empty());
        let mut again: Vec<Undo> = Vec::new();
        let sealed_again = execute(&mut launcher, &plan, &mut again).expect("carried out");
        assert_eq!(again, [], "{profile}: a second run writes nothing");
        drop((sealed, sealed_again));
        revert(&mut launcher, &journal).expect("taken back");
        assert_eq!(state(&launcher.world), before, "{profile}");
        revert(&mut launcher, &journal).expect("twice is once");
        assert_eq!(state(&launcher.world), before, "{profile}");
    }
}

#[test]
fn after_an_end_at_any_change_the_rest_is_taken_back_to_the_byte() {
    let mut stops = 0;
    for profile in TokenProfile::ALL {
        let (fresh, plan) = machine(profile);
        let before = state(&fresh.world);
        for stop in 0.. {
            let mut launcher = Launcher {
                dies_after: Some(stop),
                ..fresh.clone()
            };
            let mut journal: Vec<Undo> = Vec::new();
            let done = execute(&mut launcher, &plan, &mut journal);
            launcher.dies_after = None;
            revert(&mut launcher, &journal).expect("taken back");
            assert_eq!(state(&launcher.world), before, "{profile}, stop {stop}");
            match done {
                Ok(_) => break,
                Err(ExecuteError::Step { source, .. }) => assert_eq!(source, Trouble::Dead),
                Err(other) => panic!("{other}"),
            }
            stops += 1;
        }
    }
    assert!(stops > 100, "only {stops} stops");
}

#[test]
fn a_prefix_of_a_plan_gives_no_more_than_the_whole() {
    let places = [
        r"C:\Users\ann\src\app\.git\config",
        r"C:\Users\ann\src\app\.git\hooks\pre-commit",
        r"C:\Users\ann\src\app\.vscode\tasks.json",
        r"C:\Users\ann\src\app\main.c",
        r"C:\Users\ann\Documents\letter.txt",
    ];
    for profile in TokenProfile::ALL {
        let (fresh, plan) = machine(profile);
        let mut whole = fresh.clone();
        let mut journal: Vec<Undo> = Vec::new();
        let sealed = execute(&mut whole, &plan, &mut journal).expect("carried out");
        let child = whole.spawn(&sealed, &plan.launch).expect("started").process;
        let token = whole.world.process(child).expect("runs").token.clone();
        for stop in 0..40 {
            let mut launcher = Launcher {
                dies_after: Some(stop),
                ..fresh.clone()
            };
            let mut journal: Vec<Undo> = Vec::new();
            let done = execute(&mut launcher, &plan, &mut journal).is_ok();
            let who = launcher
                .world
                .put_process((*token).clone(), None)
                .expect("few");
            for place in places {
                let now = may(&launcher.world, who, &write(place));
                let then = may(&whole.world, child, &write(place));
                // What is narrowed at the beginning was open before there was a plan.
                let was_open = may(&fresh.world.clone(), fresh.process, &write(place))
                    && place.contains("opentools");
                assert!(now <= then || was_open, "{profile}, stop {stop}, {place}");
            }
            if done {
                break;
            }
        }
    }
}

#[test]
fn what_somebody_changed_in_between_stays_and_loses_only_what_is_ours() {
    let (mut launcher, plan) = machine(TokenProfile::Compatible);
    let mut journal: Vec<Undo> = Vec::new();
    let sealed = execute(&mut launcher, &plan, &mut journal).expect("carried out");
    drop(sealed);
    let path = FilePath::parse(r"C:\Users\ann\src\app\.git").expect("a path");
    let file = launcher.world.find(&path).expect("is there");
    let mut theirs = launcher.world.descriptor(file).expect("NTFS").clone();
    let guest = fumehood_nt::Ace::allow(fumehood_nt::Sid::GUESTS, AccessMask::FILE_READ_DATA);
    theirs
        .dacl
        .list_mut()
        .expect("a list")
        .aces
        .insert(2, guest.clone());
    let act = Act::SetSecurity {
        place: Place::Number(file),
        parts: fumehood_sim::Parts::DACL,
        new: theirs.into(),
    };
    launcher
        .world
        .act(launcher.process, &act)
        .expect("is the user's");
    revert(&mut launcher, &journal).expect("taken back");
    let after = launcher.world.descriptor(file).expect("NTFS");
    let aces = &after.dacl.list().expect("a list").aces;
    assert!(aces.contains(&guest));
    let grants = &plan.launch.token.restricting;
    assert!(
        aces.iter()
            .all(|ace| grants.iter().all(|one| one.sid != ace.sid)),
        "{aces:?}"
    );
}

#[test]
fn what_is_held_open_is_not_deleted_while_the_command_runs() {
    let (mut launcher, plan) = machine(TokenProfile::Compatible);
    let mut journal: Vec<Undo> = Vec::new();
    let sealed = execute(&mut launcher, &plan, &mut journal).expect("carried out");
    let state = r"C:\Users\ann\AppData\Local\fumehood";
    let config = r"C:\Users\ann\src\app\.git\config";
    let delete = |text: &str| Act::Delete(at(text), DeleteBy::DispositionEx);
    assert!(may(&launcher.world, launcher.process, &delete(config)));
    let child = launcher
        .spawn(&sealed, &plan.launch)
        .expect("started")
        .process;
    for held in [config, state] {
        assert!(
            !may(&launcher.world, launcher.process, &delete(held)),
            "{held}"
        );
        assert!(!may(&launcher.world, child, &delete(held)), "{held}");
    }
    assert!(may(
        &launcher.world,
        child,
        &write(r"C:\Users\ann\src\app\main.c")
    ));
    assert!(may(
        &launcher.world,
        child,
        &delete(r"C:\Users\ann\src\app\main.c")
    ));
}

#[test]
fn a_plan_for_another_object_is_not_carried_out() {
    let (mut launcher, plan) = machine(TokenProfile::Compatible);
    let from = at(r"C:\Users\ann\src\app");
    let to = FilePath::parse(r"C:\Users\ann\src\moved").expect("a path");
    let act = Act::Rename {
        from,
        to,
        replace: fumehood_sim::Replace::Never,
    };
    launcher
        .world
        .act(launcher.process, &act)
        .expect("is the user's");
    let mut journal: Vec<Undo> = Vec::new();
    assert!(execute(&mut launcher, &plan, &mut journal).is_err());
    revert(&mut launcher, &journal).expect("taken back");
}

/// Paths whose descriptor names a SID of ours, or has a level of ours.
fn residue(launcher: &Launcher, plan: &Plan) -> Vec<FilePath> {
    let own = plan.launch.token.restricting.iter().filter(|one| {
        let because = &one.because;
        matches!(
            because,
            Because::Grant(_) | Because::Reader | Because::Session
        )
    });
    let mut own: Vec<fumehood_nt::Sid> = own.map(|one| one.sid).collect();
    own.push(TokenProfile::LEVEL.sid());
    let mut left = Vec::new();
    for volume in launcher.world.volumes() {
        let mut todo = vec![FilePath::top(volume.spec().letter)];
        while let Some(path) = todo.pop() {
            let file = launcher.world.find(&path).expect("is there");
            let node = launcher.world.node(file).expect("is there");
            let entries = node
                .folder()
                .into_iter()
                .flat_map(|folder| folder.entries.values());
            todo.extend(entries.map(|entry| path.child(entry.name.shown()).expect("a name")));
            let lists = node
                .descriptor
                .iter()
                .flat_map(|one| [&one.dacl, &one.sacl]);
            let mut aces = lists
                .filter_map(|list| list.list())
                .flat_map(|list| &list.aces);
            if aces.any(|ace| own.contains(&ace.sid)) {
                left.push(path);
            }
        }
    }
    left
}

#[test]
fn what_the_command_made_keeps_nothing_of_ours_once_the_plan_is_taken_back() {
    for profile in TokenProfile::ALL {
        let (mut launcher, plan) = machine(profile);
        let mut journal: Vec<Undo> = Vec::new();
        let sealed = execute(&mut launcher, &plan, &mut journal).expect("carried out");
        let child = launcher
            .spawn(&sealed, &plan.launch)
            .expect("started")
            .process;
        for (text, kind) in [
            ("new", Kind::Folder),
            (r"new\a.txt", Kind::File),
            ("b.txt", Kind::File),
        ] {
            let at = FilePath::parse(&format!(r"C:\Users\ann\src\app\{text}")).expect("a path");
            let act = Act::Create {
                at,
                kind,
                bytes: b"x"[..].into(),
                security: None,
            };
            launcher.world.act(child, &act).expect("is its own");
        }
        assert!(!residue(&launcher, &plan).is_empty(), "{profile}");
        launcher.let_go().expect("are its own");
        revert(&mut launcher, &journal).expect("taken back");
        assert_eq!(residue(&launcher, &plan), [], "{profile}");
        let made = r"C:\Users\ann\src\app\new\a.txt";
        assert!(
            may(&launcher.world, launcher.process, &write(made)),
            "{profile}"
        );
    }
}

#[test]
fn whatever_goes_wrong_at_a_change_a_plan_is_in_force_or_says_that_it_is_not() {
    let faults: [fn(usize) -> Fault; 4] =
        [Fault::Fail, Fault::CrashAfter, Fault::NoEffect, Fault::Late];
    let mut failed = 0;
    for profile in [TokenProfile::Compatible, TokenProfile::Labelled] {
        let (fresh, plan) = machine(profile);
        let before = state(&fresh.world);
        for at in 0..60 {
            for fault in faults {
                let faults = vec![fault(at)];
                let mut launcher = Launcher {
                    faults: faults.clone(),
                    ..fresh.clone()
                };
                let mut journal: Vec<Undo> = Vec::new();
                let done = execute(&mut launcher, &plan, &mut journal).is_ok();
                let mut launcher = launcher.mended();
                if done {
                    let left = plan
                        .steps
                        .iter()
                        .find(|step| launcher.prepare(step).expect("is there").is_some());
                    assert_eq!(left, None, "{profile}, {faults:?}");
                }
                failed += usize::from(!done);
                revert(&mut launcher, &journal).expect("taken back");
                assert_eq!(state(&launcher.world), before, "{profile}, {faults:?}");
            }
        }
    }
    assert!(failed > 100, "only {failed}");
}
