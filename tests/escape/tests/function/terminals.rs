//! Terminals: what is one stays one, and new ones can be had.

use std::fs::File;
use std::io::{Read as _, Write as _};
use std::process::{Child, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

use fumehood_escape::actors::Terminal;

use crate::lab::{LONGEST, Lab, for_everybody};

/// Runs a script inside with a terminal as 0 and 2, also the controlling one.
fn on_a_terminal(lab: &Lab, script: &str) -> (i32, String) {
    let terminal = Terminal::open(lab.user);
    let inside = lab.inside(&[], &["bash", "-euc", script]);
    let mut command = lab.outside("setsid");
    command
        .args(["--ctty", "--wait"])
        .arg(inside.get_program())
        .args(inside.get_args());
    command.stdin(Stdio::from(terminal.slave()));
    let mut master = File::from(terminal.master.try_clone().expect("a descriptor is left"));
    master.write_all(b"typed\n").expect("nobody has closed it");
    let ended = lab.finish(&mut command);
    (ended.code(), ended.text())
}

#[test]
fn a_terminal_stays_a_terminal() {
    for_everybody(|lab| {
        let (code, said) = on_a_terminal(
            lab,
            "test -t 0; tty; python3 -c 'import os; print(os.isatty(0), os.isatty(1))'; read line; echo \"got $line\"; stty size </dev/tty; echo to-tty > /dev/tty",
        );
        assert_eq!(code, 0, "as {}: {said}", lab.user.name());
        assert!(
            said.contains("True False") && said.contains("got typed"),
            "{said}"
        );
        assert!(said.starts_with("/dev/"), "tty says {said}");
    });
}

#[test]
fn without_a_terminal_there_is_none() {
    for_everybody(|lab| {
        let ended = lab.finish(&mut lab.inside(&[], &["sh", "-c", "tty; test -t 0 || echo none"]));
        assert_eq!(ended.text(), "not a tty\nnone\n");
    });
}

#[test]
fn new_terminals_can_be_opened() {
    for_everybody(|lab| {
        lab.sh("
            python3 - <<'PY'
import os, pty
master, slave = os.openpty()
assert os.isatty(slave); os.write(master, b'x\\n'); assert os.read(slave, 2) == b'x\\n'
assert os.ttyname(slave).startswith('/dev/pts/')
seen = []
assert pty.spawn(['sh', '-c', 'test -t 0 && echo yes'], lambda fd: seen.append(os.read(fd, 100)) or seen[-1]) == 0
PY
            script -qec 'test -t 0 && tty' /dev/null | grep -q /dev/pts/");
    });
}

/// An interactive shell on a terminal, and somebody who types.
struct Typist {
    shell: Child,
    master: File,
    seen: String,
}

impl Typist {
    fn sit_down(lab: &Lab) -> Self {
        let terminal = Terminal::open(lab.user);
        // Whoever started the tests in the background has interrupts ignored.
        let mut command = lab.outside("env");
        command.args([
            "--default-signal",
            "setsid",
            "--ctty",
            "--wait",
            "bash",
            "--norc",
            "--noprofile",
            "-i",
        ]);
        command.env("PS1", "$ ").env("HISTFILE", "/dev/null");
        command
            .stdin(terminal.slave())
            .stdout(terminal.slave())
            .stderr(terminal.slave());
        let shell = command.spawn().expect("bash is installed");
        let master = File::from(terminal.master);
        rustix::io::ioctl_fionbio(&master, true).expect("a terminal can be");
        let mut typist = Self {
            shell,
            master,
            seen: String::new(),
        };
        typist.type_line(&format!(
            "inside='{} run --quiet --'",
            lab.program().display()
        ));
        typist
    }

    fn type_keys(&mut self, keys: &[u8]) {
        self.master.write_all(keys).expect("the terminal is open");
    }

    fn type_line(&mut self, line: &str) {
        self.type_keys(format!("{line}\n").as_bytes());
    }

    /// Waits until `wanted` is on the screen, and forgets everything up to there.
    #[track_caller]
    fn expect(&mut self, wanted: &str) {
        let start = Instant::now();
        while !self.seen.contains(wanted) {
            assert!(
                start.elapsed() < LONGEST,
                "no {wanted:?} in {:?}",
                self.seen
            );
            let mut buffer = [0; 4096];
            match self.master.read(&mut buffer) {
                Ok(count) => self
                    .seen
                    .push_str(&String::from_utf8_lossy(&buffer[..count])),
                Err(_) => sleep(Duration::from_millis(5)),
            }
        }
        let end = self.seen.find(wanted).map_or(0, |at| at + wanted.len());
        self.seen.drain(..end);
    }
}

impl Drop for Typist {
    fn drop(&mut self) {
        // Closing the terminal hangs the shell up; it may be waiting for a job.
        let ended = self.shell.kill().and_then(|()| self.shell.wait());
        if let Err(error) = ended {
            eprintln!("warning: a shell may be left: {error}");
        }
    }
}

/// What is typed is echoed, so words to wait for are put together by the shell.
#[test]
fn control_c_ends_the_command_and_the_shell_sees_it() {
    for_everybody(|lab| {
        let mut typist = Typist::sit_down(lab);
        typist.type_line("$inside sh -c 'echo be\"\"gun; sleep 60'; echo co\"\"de $?");
        typist.expect("begun");
        typist.type_keys(b"\x03");
        // A shell that takes its terminal back may drop what was typed ahead.
        std::thread::sleep(std::time::Duration::from_millis(500));
        typist.type_line("echo co\"\"de $?");
        typist.expect("code 130");
    });
}

#[test]
fn control_c_ends_a_loop_of_commands() {
    for_everybody(|lab| {
        let mut typist = Typist::sit_down(lab);
        typist.type_line("for i in 1 2 3; do $inside sh -c 'echo tu\"\"rn; sleep 60'; done; echo no\"\"t-reached");
        typist.expect("turn");
        typist.type_keys(b"\x03");
        // A shell that takes its terminal back may drop what was typed ahead.
        std::thread::sleep(std::time::Duration::from_millis(500));
        typist.type_line("echo af\"\"ter");
        typist.expect("after");
        assert!(!typist.seen.contains("not-reached"), "{}", typist.seen);
    });
}

#[test]
fn a_command_is_stopped_by_control_z_and_goes_on_by_fg() {
    for_everybody(|lab| {
        let mut typist = Typist::sit_down(lab);
        typist.type_line("$inside sh -c 'echo be\"\"gun; sleep 2; echo en\"\"ded'");
        typist.expect("begun");
        sleep(Duration::from_millis(100));
        typist.type_keys(b"\x1a");
        typist.expect("Stopped");
        typist.type_line("fg");
        typist.expect("ended");
    });
}

#[test]
fn a_command_that_stops_itself_goes_on_by_fg() {
    for_everybody(|lab| {
        let mut typist = Typist::sit_down(lab);
        typist.type_line("$inside sh -c 'kill -STOP $$; echo re\"\"sumed'");
        typist.expect("Stopped");
        typist.type_line("fg");
        typist.expect("resumed");
    });
}

#[test]
fn a_command_in_the_background_ends_and_one_in_a_pipeline_is_read() {
    for_everybody(|lab| {
        let mut typist = Typist::sit_down(lab);
        typist.type_line("$inside sh -c 'sleep 0.3' & wait; echo wai\"\"ted; echo x | $inside cat | sed s/x/pi\\ped/");
        typist.expect("waited");
        typist.expect("piped");
    });
}

#[test]
fn a_new_size_of_the_terminal_reaches_the_command() {
    for_everybody(|lab| {
        let mut typist = Typist::sit_down(lab);
        typist.type_line("$inside bash -c 'trap \"stty size; exit\" WINCH; echo rea\"\"dy; while :; do sleep 0.1; done'");
        typist.expect("ready");
        let size = rustix::termios::Winsize {
            ws_row: 33,
            ws_col: 77,
            ws_xpixel: 0,
            ws_ypixel: 0,
        };
        rustix::termios::tcsetwinsize(&typist.master, size).expect("it is a terminal");
        typist.expect("33 77");
    });
}

#[test]
fn a_closed_terminal_ends_the_command() {
    for_everybody(|lab| {
        let mut typist = Typist::sit_down(lab);
        typist.type_line(
            "$inside sh -c 'echo be\"\"gun; while :; do echo x >> beat; sleep 0.05; done'",
        );
        typist.expect("begun");
        drop(typist);
        sleep(Duration::from_millis(500));
        let size = || {
            std::fs::metadata(lab.workspace().join("beat"))
                .map(|beat| beat.len())
                .ok()
        };
        let before = size();
        sleep(Duration::from_millis(300));
        assert_eq!(before, size(), "it still writes");
    });
}
