//! A command with a terminal of its own where the caller has none: agents, pipes.

use std::io::{Read as _, Write as _};
use std::os::unix::process::CommandExt as _;
use std::process::Stdio;

use rustix::process::Signal;

use crate::common::{Outcome, Scene, outcome, wait};
use crate::{send, wait_for_line};

/// Runs a script on a terminal of its own, with `input` on standard input.
fn fed(scene: &Scene, input: Vec<u8>, script: &str) -> Outcome {
    let (reader, mut writer) = std::io::pipe().expect("pipes can be made");
    let typing = std::thread::spawn(move || {
        // A command that ends early leaves the rest.
        let _left = writer.write_all(&input);
    });
    let mut inside = scene.run(&["-q", "--pty"], &["bash", "-c", script]);
    inside.stdin(reader);
    let ended = outcome(&mut inside);
    drop(inside);
    typing.join().expect("writing does not panic");
    ended
}

/// Numbered lines, about a megabyte.
const LINES: usize = 150_000;

/// As `seq` writes them.
fn lines(count: usize, ending: &str) -> String {
    let lines = (1..=count).flat_map(|line| [line.to_string(), ending.to_owned()]);
    lines.collect()
}

#[test]
fn without_a_terminal_there_is_one_of_24_lines_by_80() {
    let scene = Scene::new();
    let script = "tty; stty size; test -t 0 && test -t 1 && test -t 2; echo $?";
    let ended = outcome(&mut scene.run(&["-q", "--pty"], &["sh", "-c", script]));
    assert_eq!(
        (ended.code, ended.stdout.as_str(), ended.stderr.as_str()),
        (0, "/dev/pts/0\r\n24 80\r\n0\r\n", "")
    );
    scene.assert_nothing_left();
}

#[test]
fn a_megabyte_of_output_arrives_whole() {
    let scene = Scene::new();
    let last = LINES.to_string();
    let ended = outcome(&mut scene.run(&["-q", "--pty"], &["seq", &last]));
    assert_eq!(ended.code, 0, "{}", ended.stderr);
    assert!(ended.stdout == lines(LINES, "\r\n"), "it differs");
    let zeros = outcome(&mut scene.run(&["-q", "--pty"], &["head", "-c", "1000000", "/dev/zero"]));
    assert!(zeros.stdout.bytes().all(|byte| byte == 0) && zeros.stdout.len() == 1_000_000);
    scene.assert_nothing_left();
}

#[test]
fn what_the_command_wrote_last_waits_for_a_reader_that_takes_its_time() {
    let scene = Scene::new();
    // It ends at once: what it wrote fits into the terminal and two pipes.
    let mut inside = scene.run(&["-q", "--pty"], &["seq", "2000"]);
    let mut child = inside.stdout(Stdio::piped()).spawn().expect("it starts");
    std::thread::sleep(std::time::Duration::from_millis(300));
    let mut shown = String::new();
    let mut stdout = child.stdout.take().expect("it is a pipe");
    stdout.read_to_string(&mut shown).expect("a pipe is read");
    assert_eq!(wait(&mut child), 0);
    assert!(shown == lines(2000, "\r\n"), "{} bytes", shown.len());
    scene.assert_nothing_left();
}

/// A pipe that is full, with its reading end.
fn full_pipe() -> (std::io::PipeReader, std::io::PipeWriter) {
    let (reader, writer) = std::io::pipe().expect("pipes can be made");
    rustix::io::ioctl_fionbio(&writer, true).expect("a pipe can be");
    while rustix::io::write(&writer, &[b'-'; 4096]).is_ok() {}
    rustix::io::ioctl_fionbio(&writer, false).expect("a pipe can be");
    (reader, writer)
}

#[test]
fn a_reader_that_never_comes_is_waited_for_until_the_limit_or_a_signal() {
    let scene = Scene::new();
    let (reader, writer) = full_pipe();
    let mut limited = scene.run(&["-q", "--pty", "--timeout", "300ms"], &["echo", "last"]);
    let mut limited = limited
        .stdout(writer.try_clone().expect("a descriptor is left"))
        .spawn()
        .expect("it starts");
    assert_eq!(wait(&mut limited), 124);
    let mut inside = scene.run(&["-q", "--pty"], &["sh", "-c", "echo last; echo >ended"]);
    let mut child = inside.stdout(writer).spawn().expect("it starts");
    while !scene.work().join("ended").exists() {
        std::thread::sleep(std::time::Duration::from_millis(2));
    }
    send(&child, Signal::TERM);
    assert_eq!(wait(&mut child), 143);
    drop(reader);
    scene.assert_nothing_left();
}

#[test]
fn the_end_of_the_input_is_met_by_every_command_that_reads() {
    let scene = Scene::new();
    for (input, script, shown) in [
        ("", "cat; echo one; cat; cat; echo two", "one\r\ntwo\r\n"),
        ("", "read line; echo $?", "1\r\n"),
        ("a\n", "stty -echo; cat; cat", "a\r\n"),
        ("a\nb", "stty -echo; cat; echo; cat", "a\r\nb\r\n"),
        (
            "a\n",
            "stty -echo; read line; sleep 0.2; cat; echo $line",
            "a\r\n",
        ),
        (
            "",
            "stty raw; sleep 0.2; stty -raw; cat; echo end",
            "end\r\n",
        ),
        (
            "",
            "python3 -c 'input()' 2>&1 | grep -o EOFError",
            "EOFError\r\n",
        ),
    ] {
        // What is typed before the echo is off may be shown once more.
        let ended = fed(&scene, input.into(), script);
        assert_eq!(ended.code, 0, "{script}: {ended:?}");
        assert!(ended.stdout.ends_with(shown), "{script}: {ended:?}");
    }
    scene.assert_nothing_left();
}

#[test]
fn a_line_editor_is_told_the_end_and_what_is_raw_gets_no_key_that_nobody_pressed() {
    let scene = Scene::new();
    let shell = "exec bash --norc --noprofile -i";
    let ended = fed(&scene, b"echo on-$((40+2))\n".into(), shell);
    assert_eq!(ended.code, 0, "{ended:?}");
    assert!(ended.stdout.contains("on-42"), "{ended:?}");
    let raw = "stty raw -echo; echo up; timeout 0.5 cat | od -An -c; exit 0";
    let ended = fed(&scene, Vec::new(), raw);
    assert_eq!(
        (ended.code, ended.stdout.as_str()),
        (0, "up\n"),
        "{ended:?}"
    );
    scene.assert_nothing_left();
}

#[test]
fn a_megabyte_of_input_arrives_whole_and_its_echo_too() {
    let scene = Scene::new();
    let script = "stty -echo; sha256sum; echo end";
    let input = lines(LINES, "\n");
    let mut sum = scene.command("sha256sum");
    sum.stdin(std::fs::File::open(write(&scene, &input)).expect("it is there"));
    let sum = outcome(&mut sum).stdout.replace('\n', "\r\n");
    let ended = fed(&scene, input.into_bytes(), script);
    assert_eq!(ended.code, 0);
    assert!(
        ended.stdout.ends_with(&format!("{sum}end\r\n")),
        "{}",
        &ended.stdout[ended.stdout.len().saturating_sub(200)..]
    );
    scene.assert_nothing_left();
}

fn write(scene: &Scene, text: &str) -> std::path::PathBuf {
    let path = scene.work().join("input");
    std::fs::write(&path, text).expect("the scene is writable");
    path
}

#[test]
fn input_and_output_may_be_files_and_sockets() {
    let scene = Scene::new();
    let input = write(&scene, "one\ntwo\n");
    let mut inside = scene.run(&["-q", "--pty"], &["sh", "-c", "stty -echo; cat"]);
    let shown = scene.work().join("shown");
    std::fs::write(&shown, "before\n").expect("the scene is writable");
    let append = std::fs::OpenOptions::new().append(true).open(&shown);
    inside.stdin(std::fs::File::open(input).expect("it is there"));
    inside.stdout(append.expect("it is there"));
    assert_eq!(wait(&mut inside.spawn().expect("it starts")), 0);
    let text = std::fs::read_to_string(&shown).expect("it is there");
    assert!(
        text.starts_with("before\n") && text.ends_with("one\r\ntwo\r\n"),
        "{text}"
    );

    let (ours, theirs) = std::os::unix::net::UnixStream::pair().expect("sockets can be made");
    let stream = |socket: &std::os::unix::net::UnixStream| {
        Stdio::from(std::os::fd::OwnedFd::from(
            socket.try_clone().expect("a descriptor is left"),
        ))
    };
    let mut inside = scene.run(&["-q", "--pty"], &["sh", "-c", "stty -echo; cat"]);
    inside.stdin(stream(&theirs)).stdout(stream(&theirs));
    let mut child = inside.spawn().expect("it starts");
    drop((inside, theirs));
    (&ours).write_all(b"three\n").expect("it is open");
    ours.shutdown(std::net::Shutdown::Write)
        .expect("it is open");
    let mut text = String::new();
    (&ours).read_to_string(&mut text).expect("it is open");
    assert!(text.ends_with("three\r\n"), "{text}");
    assert_eq!(wait(&mut child), 0);
    scene.assert_nothing_left();
}

#[test]
fn a_reader_that_goes_away_ends_the_command_as_sigpipe_would() {
    let scene = Scene::new();
    let mut inside = scene.run(&["-q", "--pty"], &["yes"]);
    let mut child = inside.stdout(Stdio::piped()).spawn().expect("it starts");
    wait_for_line(&mut child);
    drop(child.stdout.take());
    assert_eq!(wait(&mut child), 141);
    scene.assert_nothing_left();
}

#[test]
fn output_that_finds_no_room_is_an_error() {
    let scene = Scene::new();
    let full = std::fs::OpenOptions::new().write(true).open("/dev/full");
    let mut inside = scene.run(&["-q", "--pty"], &["yes"]);
    inside.stdout(full.expect("there is a /dev/full"));
    let mut child = inside.stderr(Stdio::piped()).spawn().expect("it starts");
    assert_eq!(wait(&mut child), 125);
    let mut said = String::new();
    let mut stderr = child.stderr.take().expect("it is a pipe");
    stderr.read_to_string(&mut said).expect("a pipe is read");
    assert!(
        said.contains("what the command wrote cannot be passed on")
            && said.contains("No space left"),
        "{said}"
    );
    scene.assert_nothing_left();
}

#[test]
fn a_signal_to_the_launcher_reaches_a_command_on_an_own_terminal() {
    let scene = Scene::new();
    for (signal, name) in [
        (Signal::TERM, "TERM"),
        (Signal::HUP, "HUP"),
        (Signal::INT, "INT"),
        (Signal::QUIT, "QUIT"),
        (Signal::USR1, "USR1"),
        (Signal::USR2, "USR2"),
        (Signal::WINCH, "WINCH"),
        (Signal::CONT, "CONT"),
        (Signal::TSTP, "TSTP"),
    ] {
        let script = "echo up; while :; do sleep 0.05; done";
        let script = format!("trap 'echo >{name}; exit 5' {name}; {script}");
        let mut inside = scene.run(&["-q", "--pty"], &["sh", "-c", &script]);
        // A group whose parent is outside of it can be stopped, whoever started the tests.
        inside.stdout(Stdio::piped()).process_group(0);
        let mut child = inside.spawn().expect("it starts");
        wait_for_line(&mut child);
        send(&child, signal);
        if name == "TSTP" {
            // The launcher stands too. Going on would take back what is not caught yet.
            while stat(&child, 0) != "T" || !scene.work().join(name).exists() {
                std::thread::sleep(std::time::Duration::from_millis(2));
            }
            send(&child, Signal::CONT);
        }
        assert_eq!(wait(&mut child), 5, "SIG{name}");
    }
    scene.assert_nothing_left();
}

#[test]
fn a_signal_while_an_own_terminal_is_opened_is_not_lost() {
    let scene = Scene::new();
    for wait_us in (0..20_000).step_by(1000) {
        let mut child = scene
            .run(&["-q", "--pty"], &["sleep", "1000"])
            .stdout(Stdio::null())
            .spawn()
            .expect("it starts");
        std::thread::sleep(std::time::Duration::from_micros(wait_us));
        send(&child, Signal::TERM);
        assert_eq!(wait(&mut child), 143, "after {wait_us} us");
    }
    scene.assert_nothing_left();
}

#[test]
fn a_launcher_that_is_killed_takes_a_tree_on_an_own_terminal_with_it() {
    let scene = Scene::new();
    let script = "(setsid sleep 1000 &); trap '' HUP; echo up; sleep 1000; :";
    let mut inside = scene.run(&["-q", "--pty"], &["sh", "-c", script]);
    let mut child = inside.stdout(Stdio::piped()).spawn().expect("it starts");
    wait_for_line(&mut child);
    send(&child, Signal::KILL);
    assert_eq!(wait(&mut child), 137);
    scene.assert_nothing_left();
}

/// Processor time that the launcher itself has used, in clock ticks.
fn ticks(child: &std::process::Child) -> u64 {
    let number = |at| stat(child, at).parse::<u64>().expect("as proc(5) says");
    number(11) + number(12)
}

/// A field of `/proc/PID/stat`, counted from the state, which follows the name.
fn stat(child: &std::process::Child, field: usize) -> String {
    let stat = std::fs::read_to_string(format!("/proc/{}/stat", child.id()));
    let stat = stat.expect("it runs");
    let (_, rest) = stat.rsplit_once(") ").expect("as proc(5) says");
    rest.split(' ')
        .nth(field)
        .expect("as proc(5) says")
        .to_owned()
}

/// A launcher that turned in circles would use each of a hundred ticks a second that it
/// got; one that waits uses none.
#[test]
fn a_launcher_with_nothing_to_copy_waits() {
    let scene = Scene::new();
    for (script, keeps) in [
        ("echo up; sleep 1000", "an input that has ended"),
        (
            "stty raw; echo up; sleep 1000",
            "an end that cannot be told",
        ),
        (
            "echo up; exec </dev/null >/dev/null 2>&1; sleep 1000",
            "a terminal that nobody has open",
        ),
        ("echo up; yes", "a reader that does not read"),
        (
            "(sleep 0.1; echo up; exec sleep 1000) & kill -STOP $$",
            "a command that stands",
        ),
    ] {
        let mut inside = scene.run(&["-q", "--pty"], &["sh", "-c", script]);
        let mut child = inside.stdout(Stdio::piped()).spawn().expect("it starts");
        wait_for_line(&mut child);
        // What is on its way arrives meanwhile.
        std::thread::sleep(std::time::Duration::from_millis(300));
        let before = ticks(&child);
        std::thread::sleep(std::time::Duration::from_millis(500));
        let used = ticks(&child) - before;
        assert!(used < 5, "{used} ticks for {keeps}");
        send(&child, Signal::KILL);
        assert_eq!(wait(&mut child), 137);
    }
    scene.assert_nothing_left();
}

#[test]
fn a_command_that_stopped_itself_on_an_own_terminal_is_ended_by_a_signal() {
    let scene = Scene::new();
    for (signal, code) in [(Signal::TERM, 143), (Signal::HUP, 129)] {
        let mut inside = scene.run(&["-q", "--pty"], &["sh", "-c", "echo up; kill -STOP $$; :"]);
        inside.stdout(Stdio::piped());
        let mut child = inside.spawn().expect("it starts");
        wait_for_line(&mut child);
        send(&child, signal);
        assert_eq!(wait(&mut child), code);
    }
    scene.assert_nothing_left();
}

#[test]
fn a_launcher_that_cannot_stop_still_hands_a_stop_on() {
    let scene = Scene::new();
    let script = "trap 'echo >caught; exit 5' TSTP; echo up; while :; do sleep 0.05; done";
    // A session of its own, whose first group is one of orphans: nothing there stops.
    let mut apart = scene.command("setsid");
    apart.arg(scene.program()).args(["run", "-q", "--pty"]);
    apart.args(["--", "bash", "-c", script]);
    let mut child = apart.stdout(Stdio::piped()).spawn().expect("it starts");
    wait_for_line(&mut child);
    send(&child, Signal::TSTP);
    assert_eq!(wait(&mut child), 5);
    assert!(scene.work().join("caught").exists());
    scene.assert_nothing_left();
}
