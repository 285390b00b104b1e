//! A terminal with a shell behind it, and somebody who types and reads.

use std::io::Write;
use std::os::fd::{AsFd, OwnedFd};
use std::process::{Child, Stdio};
use std::time::{Duration, Instant};

use rustix::event::{PollFd, PollFlags, Timespec};
use rustix::fs::{Mode, OFlags};
use rustix::process::Pid;
use rustix::pty::OpenptFlags;
use rustix::termios::{LocalModes, OptionalActions, Termios, Winsize};

use crate::common::{self, PATIENCE, Scene};

/// Ctrl-C
pub const INTERRUPT: &str = "\x03";
/// Ctrl-Z
pub const SUSPEND: &str = "\x1a";
/// Ctrl-\
pub const QUIT: &str = "\x1c";
/// Ctrl-D at the start of a line
pub const END: &str = "\x04";
/// What the shell says when it listens.
pub const PROMPT: &str = "ready> ";

/// The outer end of a pseudo terminal on which an interactive bash runs.
pub struct Terminal {
    outer: std::fs::File,
    shell: Child,
    seen: String,
    read_to: usize,
}

impl Terminal {
    /// Starts bash on a new terminal; `$R` is what stands before each command.
    pub fn open(scene: &Scene, before: &str) -> Self {
        let flags = OpenptFlags::RDWR | OpenptFlags::NOCTTY | OpenptFlags::CLOEXEC;
        let outer = rustix::pty::openpt(flags).expect("a terminal can be made");
        rustix::pty::grantpt(&outer).expect("it is ours");
        rustix::pty::unlockpt(&outer).expect("it is ours");
        let name = rustix::pty::ptsname(&outer, Vec::new()).expect("it has a name");
        let flags = OFlags::RDWR | OFlags::NOCTTY | OFlags::CLOEXEC;
        let inner = rustix::fs::open(name.as_c_str(), flags, Mode::empty()).expect("it is ours");
        let mut modes = rustix::termios::tcgetattr(&inner).expect("it is a terminal");
        // What is typed is not what is answered.
        modes.local_modes.remove(LocalModes::ECHO);
        rustix::termios::tcsetattr(&inner, OptionalActions::Now, &modes).expect("it is ours");
        let copy = || Stdio::from(OwnedFd::try_clone(&inner).expect("descriptors are not used up"));
        let mut command = scene.command("setsid");
        command
            .args([
                "--ctty",
                "bash",
                "--norc",
                "--noprofile",
                "--noediting",
                "-i",
            ])
            .env("PS1", PROMPT)
            .env("R", before)
            .stdin(copy())
            .stdout(copy())
            .stderr(copy());
        let shell = command.spawn().expect("setsid and bash are installed");
        let mut terminal = Self {
            outer: outer.into(),
            shell,
            seen: String::new(),
            read_to: 0,
        };
        terminal.expect(PROMPT);
        terminal
    }

    /// Types keys.
    pub fn keys(&mut self, keys: &str) {
        self.outer
            .write_all(keys.as_bytes())
            .expect("the terminal takes keys");
    }

    /// Types a line.
    pub fn line(&mut self, line: &str) {
        self.keys(&format!("{line}\n"));
    }

    /// Types a line and waits until `answer` is there.
    pub fn ask(&mut self, line: &str, answer: &str) {
        self.line(line);
        self.expect(answer);
    }

    /// Asks the shell how the last command ended.
    pub fn expect_status(&mut self, code: i32) {
        self.ask("echo \"<$?>\"", &format!("<{code}>"));
        self.expect(PROMPT);
    }

    /// Waits for `text`.
    pub fn expect(&mut self, text: &str) {
        let since = Instant::now();
        loop {
            if let Some(at) = self.seen[self.read_to..].find(text) {
                self.read_to += at + text.len();
                return;
            }
            assert!(
                since.elapsed() < PATIENCE && self.read(),
                "`{text}` did not come; the terminal shows:\n{}",
                self.seen
            );
        }
    }

    /// Whether `text` comes within a little while.
    pub fn shows_soon(&mut self, text: &str) -> bool {
        let open = self.read();
        let at = self.seen[self.read_to..].find(text);
        self.read_to += at.map_or(0, |at| at + text.len());
        assert!(open || at.is_some(), "`{text}` did not come");
        at.is_some()
    }

    /// Reads what is there, or waits a little. False at the end.
    fn read(&mut self) -> bool {
        let mut ready = [PollFd::new(&self.outer, PollFlags::IN)];
        let wait = Timespec {
            tv_sec: 1,
            tv_nsec: 0,
        };
        rustix::event::poll(&mut ready, Some(&wait)).expect("a terminal can be polled");
        if ready[0].revents().is_empty() {
            return true;
        }
        let mut bytes = [0; 4096];
        let read = rustix::io::read(&self.outer, &mut bytes).unwrap_or(0);
        self.seen.push_str(&String::from_utf8_lossy(&bytes[..read]));
        read > 0
    }

    /// Changes the size of the window.
    pub fn resize(&self, rows: u16, columns: u16) {
        let size = Winsize {
            ws_row: rows,
            ws_col: columns,
            ws_xpixel: 0,
            ws_ypixel: 0,
        };
        rustix::termios::tcsetwinsize(self.outer.as_fd(), size).expect("it is a terminal");
    }

    /// The modes it is in.
    pub fn modes(&self) -> Termios {
        rustix::termios::tcgetattr(&self.outer).expect("it is a terminal")
    }

    /// Whether keys are bytes and nothing else.
    pub fn is_raw(&self) -> bool {
        let cooked = LocalModes::ICANON | LocalModes::ISIG;
        !self.modes().local_modes.intersects(cooked)
    }

    /// Waits until it is raw, or is not any more.
    pub fn wait_until_raw(&self, raw: bool) {
        let since = Instant::now();
        while self.is_raw() != raw {
            assert!(since.elapsed() < PATIENCE, "the modes stay as they are");
            std::thread::sleep(Duration::from_millis(2));
        }
    }

    /// The process that the shell has started: the launcher, with us.
    pub fn job(&self) -> Pid {
        let parent = self.shell.id().to_string();
        let jobs = std::fs::read_dir("/proc").expect("there is a /proc");
        let jobs = jobs.flatten().filter_map(|entry| {
            let stat = std::fs::read_to_string(entry.path().join("stat")).ok()?;
            // The name in parentheses may hold anything; state and parent follow.
            let (_, rest) = stat.rsplit_once(") ")?;
            let ours = rest.split(' ').nth(1) == Some(&parent);
            ours.then(|| entry.file_name().to_str()?.parse().ok())?
        });
        let jobs: Vec<i32> = jobs.collect();
        let [job] = jobs[..] else {
            panic!("the shell runs {jobs:?}");
        };
        Pid::from_raw(job).expect("process numbers are positive")
    }

    /// Waits until the process that the shell has started neither runs nor is stopped.
    pub fn wait_until_job_waits(&self) {
        let since = Instant::now();
        let path = format!("/proc/{}/stat", self.job());
        loop {
            let stat = std::fs::read_to_string(&path).expect("it is there");
            if stat.contains(") S ") {
                return;
            }
            assert!(since.elapsed() < PATIENCE, "it never waits: {stat}");
            std::thread::sleep(Duration::from_millis(2));
        }
    }

    /// Everything that was shown.
    pub fn shown(&self) -> &str {
        &self.seen
    }

    /// Closes the window, and waits until the shell is gone.
    pub fn hang_up(self) {
        let Self {
            outer, mut shell, ..
        } = self;
        drop(outer);
        common::wait(&mut shell);
    }

    /// Ends the shell in good order.
    pub fn leave(mut self) {
        self.line("exit 0");
        self.hang_up();
    }
}
