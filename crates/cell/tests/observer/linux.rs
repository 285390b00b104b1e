//! On real commands.

use std::path::{Path, PathBuf};
use std::time::Duration;

use fumehood_cell::linux::{Failure, Observer, Watch, Zygote, launch};
use fumehood_cell::{Ending, Exit};
use fumehood_os::linux::apply::Applier;
use fumehood_os::linux::sys::signals::{self, Set};
use fumehood_plan::linux::plan::{Launch, Namespace, Plan, VERSION};
use fumehood_plan::linux::step::MountFlags;
use fumehood_plan::linux::{Entry, Opening, Slot, Step};
use fumehood_policy::{AbsPath, RawText};
use rustix::process::{Pid, Signal};

/// A folder of one test, removed at its end.
struct Scene(PathBuf);

impl Scene {
    fn new(name: &str) -> Self {
        let name = format!("fumehood-observer-{name}-{}", std::process::id());
        let folder = std::env::temp_dir().join(name);
        std::fs::create_dir_all(&folder).expect("the temp folder is writable");
        Self(folder)
    }

    fn mark(&self) -> PathBuf {
        self.0.join("ran")
    }
}

impl Drop for Scene {
    fn drop(&mut self) {
        let _left = std::fs::remove_dir_all(&self.0);
    }
}

/// Says what it is made to say, and remembers what it is told.
struct Judge {
    may_start: bool,
    may_go_on: bool,
    started: bool,
    ended: Option<Exit>,
}

impl Judge {
    const fn new(may_start: bool, may_go_on: bool) -> Self {
        Self {
            may_start,
            may_go_on,
            started: false,
            ended: None,
        }
    }
}

impl Observer for Judge {
    fn may_start(&mut self) -> bool {
        self.may_start
    }

    fn started(&mut self, _: i32) -> bool {
        self.started = true;
        self.may_go_on
    }

    fn ended(&mut self, exit: &Exit) {
        self.ended = Some(*exit);
    }
}

/// When somebody interrupts a command that is about to end.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Key {
    /// So close to its end that the launcher learns of both at once.
    WithTheEnd,
    AfterTheEnd,
}

impl Key {
    fn press(self, now: Self) {
        if self == now {
            let own = rustix::process::getpid();
            rustix::process::kill_process(own, KEY).expect("we are there");
        }
    }
}

const KEY: Signal = Signal::USR1;

impl Observer for Key {
    fn started(&mut self, _: i32) -> bool {
        // Long enough for the command to end meanwhile.
        std::thread::sleep(Duration::from_millis(300));
        self.press(Self::WithTheEnd);
        true
    }

    fn ended(&mut self, _: &Exit) {
        self.press(Self::AfterTheEnd);
    }
}

/// `touch mark`, in a process namespace and nothing else.
fn touching(mark: &Path) -> Plan {
    let touch = "touch \"$0\"; exec \"$@\"";
    let mark = mark.to_str().expect("a temp folder with a plain name");
    let words = ["sh", "-c", touch, mark, "true"];
    Plan {
        version: VERSION,
        namespaces: vec![Namespace::User, Namespace::Process],
        steps: Vec::new(),
        launch: Launch {
            arguments: words.map(Into::into).to_vec(),
            environment: vec![("PATH".into(), "/usr/bin:/bin".into())],
            candidates: vec!["/bin/sh".parse().expect("an absolute path")],
            control_group: None,
            timeout_ms: None,
            pty: None,
        },
        gaps: Vec::new(),
        withheld: Vec::new(),
    }
}

/// Plays all of it.
pub fn run() {
    if std::env::args().any(|word| word == AMONG_MOUNTS) {
        what_lies_below_an_attached_tree_is_found_there_though_its_place_was_renamed();
        return a_zygote_is_used_only_while_the_mounts_stay_as_it_knows_them();
    }
    in_mounts_of_its_own();
    println!(
        "test what_lies_below_an_attached_tree_is_found_there_though_its_place_was_renamed ... ok"
    );
    println!("test a_zygote_is_used_only_while_the_mounts_stay_as_it_knows_them ... ok");
    a_command_runs_only_while_the_observer_says_yes();
    println!("test a_command_runs_only_while_the_observer_says_yes ... ok");
    a_zygote_that_suits_becomes_pid_1_and_another_one_is_ended();
    println!("test a_zygote_that_suits_becomes_pid_1_and_another_one_is_ended ... ok");
    a_zygote_that_is_gone_or_could_not_begin_says_so_when_it_is_to_start();
    println!("test a_zygote_that_is_gone_or_could_not_begin_says_so_when_it_is_to_start ... ok");
    a_start_that_hangs_ends_by_its_time_limit_and_by_a_signal();
    println!("test a_start_that_hangs_ends_by_its_time_limit_and_by_a_signal ... ok");
    a_signal_before_the_end_is_the_commands_and_one_after_it_is_ours();
    println!("test a_signal_before_the_end_is_the_commands_and_one_after_it_is_ours ... ok");
}

fn a_command_runs_only_while_the_observer_says_yes() {
    let scene = Scene::new("asked");
    let plan = touching(&scene.mark());
    let watch = Watch::default();

    let mut judge = Judge::new(false, true);
    let refused = launch(&plan, None, &watch, &mut judge).expect_err("it was not to start");
    assert!(matches!(refused, Failure::Unwanted), "{refused}");
    assert!(!judge.started && judge.ended.is_none() && !scene.mark().exists());

    let mut judge = Judge::new(true, false);
    let ended = launch(&plan, None, &watch, &mut judge).expect_err("it was not to go on");
    assert!(matches!(ended, Failure::Unwanted), "{ended}");
    assert!(judge.started && judge.ended.is_none());
    let _may_have_come_so_far = std::fs::remove_file(scene.mark());

    let mut judge = Judge::new(true, true);
    let exit = launch(&plan, None, &watch, &mut judge).expect("it runs");
    assert_eq!(exit.ending, Ending::Code(0));
    assert_eq!(judge.ended, Some(exit));
    assert!(judge.started && scene.mark().exists(), "the twin");
}

/// Takes note of who pid 1 is.
struct Clerk(Option<i32>);

impl Observer for Clerk {
    fn started(&mut self, pid: i32) -> bool {
        self.0 = Some(pid);
        true
    }
}

fn a_zygote_that_suits_becomes_pid_1_and_another_one_is_ended() {
    let scene = Scene::new("zygote");
    let plan = touching(&scene.mark());
    let steps = |name: &str| {
        vec![Step::HostName {
            name: name.to_owned(),
        }]
    };
    let plan = Plan {
        namespaces: vec![Namespace::User, Namespace::Process, Namespace::HostName],
        steps: steps("inside"),
        ..plan
    };
    let opening = |steps: Vec<Step>| Opening {
        namespaces: plan.namespaces.clone(),
        steps,
    };
    let outside = rustix::system::uname().nodename().to_owned();
    for (name, suits) in [("inside", true), ("elsewhere", false)] {
        let mut zygote = Zygote::before_plan(opening(steps(name))).expect("it is forked");
        let mounts = zygote.mounts().expect("it says its mounts");
        assert!(mounts.windows(5).any(|five| five == b" / / "), "{mounts:?}");
        let first = zygote.id();
        let mut clerk = Clerk(None);
        let exit = launch(&plan, Some(zygote), &Watch::default(), &mut clerk).expect("it runs");
        assert_eq!(exit.ending, Ending::Code(0), "{name}");
        assert_eq!(clerk.0 == Some(first), suits, "{name}");
        let first = Pid::from_raw(first).expect("a number");
        let gone = rustix::process::test_kill_process(first);
        assert_eq!(gone, Err(rustix::io::Errno::SRCH), "{name}");
    }
    assert_eq!(rustix::system::uname().nodename(), &*outside);
}

/// Tells this program that it is in a mount namespace where it may do as it likes.
const AMONG_MOUNTS: &str = "--among-mounts";

fn in_mounts_of_its_own() {
    let own = std::env::current_exe().expect("this program");
    let mut unshare = std::process::Command::new("unshare");
    unshare.args(["--user", "--map-root-user", "--mount", "--"]);
    let status = unshare.arg(own).arg(AMONG_MOUNTS).status();
    assert!(status.expect("unshare(1)").success());
}

/// Another run in the same workspace shares its temp folder, and renames there.
fn what_lies_below_an_attached_tree_is_found_there_though_its_place_was_renamed() {
    let scene = Scene::new("renamed");
    let path = |name: &str| scene.0.join(name);
    let place = |name: &str| {
        let path = path(name);
        AbsPath::parse(path.as_os_str().as_encoded_bytes()).expect("absolute")
    };
    for folder in ["real/hooks", "temp/project", "other/project/hooks"] {
        std::fs::create_dir_all(path(folder)).expect("ours");
    }
    std::fs::write(path("real/secret"), "secret").expect("ours");
    std::fs::write(path("other/project/secret"), "bait").expect("ours");
    let mut applier = Applier::default();
    let mut apply = |step: Step| {
        let done = applier.apply(&step);
        assert!(done.is_ok(), "{step}: {done:?}");
    };
    let [tree, cover] = [Slot(1), Slot(2)];
    apply(Step::HoldTmpfs {
        slot: cover,
        size: 65536,
        inodes: 16,
        mode: 0o700,
    });
    apply(Step::MakeEntry {
        slot: cover,
        name: RawText::from("file"),
        entry: Entry::File(0),
    });
    apply(Step::HoldTree {
        slot: tree,
        source: place("real"),
        expect: None,
        flags: MountFlags::default(),
    });
    apply(Step::Attach {
        slot: tree,
        target: place("temp/project"),
    });
    std::fs::rename(path("temp"), path("away")).expect("nothing is mounted on it");
    std::fs::rename(path("other"), path("temp")).expect("ours");
    apply(Step::AttachCopy {
        slot: cover,
        entry: Some(RawText::from("file")),
        target: place("temp/project/secret"),
    });
    apply(Step::Pin {
        path: place("temp/project/hooks"),
        flags: MountFlags {
            read_only: true,
            ..MountFlags::default()
        },
    });
    apply(Step::EnterFolder {
        path: place("temp/project"),
    });
    let read = |name: &str| std::fs::read_to_string(path(name)).expect("it is there");
    assert_eq!(read("away/project/secret"), "", "covered where it lies");
    assert_eq!(
        read("temp/project/secret"),
        "bait",
        "and not where it does not"
    );
    assert!(std::fs::write(path("away/project/hooks/x"), "").is_err());
    assert!(std::fs::write(path("temp/project/hooks/x"), "").is_ok());
    assert_eq!(std::fs::read_to_string("secret").expect("entered"), "");
    std::env::set_current_dir("/").expect("there is one");
    let flags = rustix::mount::UnmountFlags::DETACH;
    rustix::mount::unmount(path("away/project"), flags).expect("ours");
}

fn a_zygote_is_used_only_while_the_mounts_stay_as_it_knows_them() {
    let scene = Scene::new("mounts");
    let plan = touching(&scene.mark());
    for comes in [false, true] {
        let opening = Opening {
            namespaces: plan.namespaces.clone(),
            steps: Vec::new(),
        };
        let mut zygote = Zygote::before_plan(opening).expect("it is forked");
        if comes {
            // As an automounter does when somebody looks.
            let mut mount = std::process::Command::new("mount");
            let mount = mount.args(["-t", "tmpfs", "tmpfs"]).arg(&scene.0);
            assert!(mount.status().expect("mount(8)").success());
        }
        assert_eq!(zygote.mounts().is_none(), comes);
        let first = zygote.id();
        let mut clerk = Clerk(None);
        let exit = launch(&plan, Some(zygote), &Watch::default(), &mut clerk).expect("it runs");
        assert_eq!(exit.ending, Ending::Code(0));
        assert_eq!(clerk.0 != Some(first), comes);
    }
    let mut umount = std::process::Command::new("umount");
    assert!(umount.arg(&scene.0).status().expect("umount(8)").success());
}

fn a_start_that_hangs_ends_by_its_time_limit_and_by_a_signal() {
    let scene = Scene::new("hangs");
    let plan = touching(&scene.mark());
    let start = |timeout_ms: Option<u64>| {
        let opening = Opening {
            namespaces: plan.namespaces.clone(),
            steps: Vec::new(),
        };
        let mut plan = plan.clone();
        plan.launch.timeout_ms = timeout_ms;
        let mut zygote = Zygote::before_plan(opening).expect("it is forked");
        assert!(zygote.mounts().is_some(), "it has come so far");
        let pid = Pid::from_raw(zygote.id()).expect("a number");
        rustix::process::kill_process(pid, Signal::STOP).expect("it waits");
        let exit = launch(&plan, Some(zygote), &Watch::default(), &mut Clerk(None));
        let gone = rustix::process::test_kill_process(pid);
        assert_eq!(gone, Err(rustix::io::Errno::SRCH), "nothing is left");
        exit.expect("it ended").ending
    };
    assert_eq!(start(Some(200)), Ending::TimedOut);
    let script = format!("sleep 0.3; kill -TERM {}", std::process::id());
    let mut sender = std::process::Command::new("sh");
    let mut sender = sender.args(["-c", &script]).spawn().expect("a shell");
    assert_eq!(start(None), Ending::Signal(Signal::TERM.as_raw()));
    assert!(sender.wait().expect("ours").success());
    assert!(!scene.mark().exists(), "nothing was started");
}

fn a_zygote_that_is_gone_or_could_not_begin_says_so_when_it_is_to_start() {
    let scene = Scene::new("gone");
    let plan = touching(&scene.mark());
    let plan = Plan {
        steps: vec![Step::EnterFolder {
            path: "/no/such/folder".parse().expect("absolute"),
        }],
        ..plan
    };
    let opening = || Opening {
        namespaces: plan.namespaces.clone(),
        steps: plan.steps.clone(),
    };
    let start = |zygote| {
        let failure = launch(&plan, Some(zygote), &Watch::default(), &mut Clerk(None));
        failure.expect_err("there is no such folder").to_string()
    };
    let zygote = Zygote::before_plan(opening()).expect("it is forked");
    assert!(
        start(zygote).starts_with("cannot do step 0: enter folder"),
        "a step refused early"
    );

    let zygote = Zygote::before_plan(opening()).expect("it is forked");
    let pid = Pid::from_raw(zygote.id()).expect("a number");
    rustix::process::kill_process(pid, Signal::KILL).expect("it waits");
    // It may have said its mounts before, or not: then another one is forked.
    let said = start(zygote);
    assert!(
        said.starts_with("cannot do step 0") || said.contains("ended before"),
        "{said}"
    );
    assert!(!scene.mark().exists());
}

fn a_signal_before_the_end_is_the_commands_and_one_after_it_is_ours() {
    let scene = Scene::new("keys");
    let plan = touching(&scene.mark());
    let caught = Set::of(&[KEY.as_raw()]);
    // What is left for us would end this process, where it is not blocked.
    let mask = caught.block().expect("a mask");
    let pending = caught.descriptor().expect("a descriptor");
    for (mut key, left) in [(Key::WithTheEnd, false), (Key::AfterTheEnd, true)] {
        let exit = launch(&plan, None, &Watch::default(), &mut key).expect("it runs");
        assert_eq!(exit.ending, Ending::Code(0), "{key:?}");
        let arrived = signals::next(&pending).expect("it is readable");
        assert_eq!(arrived.is_some(), left, "{key:?}");
    }
    mask.install().expect("a mask");
}
