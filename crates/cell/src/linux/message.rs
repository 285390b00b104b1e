//! What pid 1 and the launcher tell each other over a `SOCK_SEQPACKET` pair.
//!
//! One datagram is one message; nothing is ever torn. Orders are a byte: the
//! signal to send, or 0 to start the command; to go on after a stop, its number as well. The end of the connection is the end of the other side.

use std::os::fd::AsFd;

use fumehood_os::linux::sys::wait::Usage;
use rustix::net::{SendFlags, send};

/// Longest name of a system call in a message.
const NAME: usize = 40;
/// Bytes of a message.
pub const SIZE: usize = 64;

/// `SIGCONT`
const CONTINUE: u8 = 18;

/// The order to start the command: always the first.
pub const START: [u8; 1] = [0];

/// The order to go on after the stop with this number, and after no other: a key
/// may have stopped the command again meanwhile.
#[must_use]
pub const fn go_on(stop: u8) -> [u8; 2] {
    [CONTINUE, stop]
}

/// The question whether the command still stands where it stopped: the launcher may
/// have slept through a stop and what ended it.
pub const STILL: [u8; 3] = [0, 0, 0];

/// The order to start the command: its terminal is in our hands, and as large as it
/// has to be. The first order, if there is a terminal.
pub const READY: [u8; 4] = [0, 0, 0, 0];

/// From pid 1 to the launcher.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Message {
    /// There are no namespaces to be had; nothing was started.
    NoNamespaces {
        /// `errno`.
        errno: i32,
    },
    /// A step could not be put in force; nothing was started.
    StepFailed {
        /// Its place in the plan.
        step: u32,
        /// `errno`.
        errno: i32,
        /// The call that failed.
        call: [u8; NAME],
    },
    /// No candidate could be executed.
    ExecFailed {
        /// `errno` of the most telling one.
        errno: i32,
    },
    /// There is no terminal for the command; nothing was started.
    NoTerminal {
        /// `errno`.
        errno: i32,
        /// The call that failed.
        call: [u8; NAME],
    },
    /// Both ends of the command's terminal come along; pid 1 waits for [`READY`].
    Terminal,
    /// The command runs. Every step is in force.
    Started,
    /// The command stopped itself or was stopped.
    Stopped {
        /// By which signal.
        signal: i32,
    },
    /// It still stands.
    Stands {
        /// Stopped by which signal.
        signal: i32,
    },
    /// It does not stand any more.
    Goes,
    /// A mount vanished: what lay under it may be readable now. The tree was ended.
    Uncovered,
    /// The command ended.
    Ended {
        /// Exit code, if it exited.
        code: i32,
        /// Signal, if one ended it; else 0.
        signal: i32,
        /// What the whole tree used.
        usage: Usage,
    },
}

/// Sends a message. A launcher that is gone takes us with it at the next wait.
pub fn tell(launcher: impl AsFd, message: Message) {
    let bytes = message.encode();
    let _gone = rustix::io::retry_on_intr(|| send(&launcher, &bytes, SendFlags::NOSIGNAL));
}

/// Puts a name into the fixed field.
#[must_use]
pub fn name(call: &str) -> [u8; NAME] {
    let mut field = [0; NAME];
    for (to, from) in field.iter_mut().zip(call.bytes()) {
        *to = from;
    }
    field
}

/// The name in the fixed field.
#[must_use]
pub fn text(field: &[u8; NAME]) -> String {
    let end = field.iter().position(|byte| *byte == 0).unwrap_or(NAME);
    String::from_utf8_lossy(&field[..end]).into_owned()
}

impl Message {
    /// The message as bytes.
    #[must_use]
    pub fn encode(&self) -> [u8; SIZE] {
        let mut out = [0; SIZE];
        let mut put = |at: usize, bytes: &[u8]| out[at..at + bytes.len()].copy_from_slice(bytes);
        match self {
            Self::StepFailed { step, errno, call } => {
                put(0, &[1]);
                put(4, &step.to_le_bytes());
                put(8, &errno.to_le_bytes());
                put(16, call);
            }
            Self::ExecFailed { errno } => {
                put(0, &[2]);
                put(8, &errno.to_le_bytes());
            }
            Self::NoTerminal { errno, call } => {
                put(0, &[9]);
                put(8, &errno.to_le_bytes());
                put(16, call);
            }
            Self::Terminal => put(0, &[10]),
            Self::NoNamespaces { errno } => {
                put(0, &[11]);
                put(8, &errno.to_le_bytes());
            }
            Self::Started => put(0, &[3]),
            Self::Stopped { signal } => {
                put(0, &[4]);
                put(4, &signal.to_le_bytes());
            }
            Self::Stands { signal } => {
                put(0, &[7]);
                put(4, &signal.to_le_bytes());
            }
            Self::Goes => put(0, &[8]),
            Self::Uncovered => put(0, &[5]),
            Self::Ended {
                code,
                signal,
                usage,
            } => {
                put(0, &[6]);
                put(4, &code.to_le_bytes());
                put(8, &signal.to_le_bytes());
                put(16, &usage.user_us.to_le_bytes());
                put(24, &usage.system_us.to_le_bytes());
                put(32, &usage.peak_kib.to_le_bytes());
            }
        }
        out
    }

    /// Reads a message; none if it is not one of ours.
    #[must_use]
    pub fn decode(bytes: &[u8; SIZE]) -> Option<Self> {
        let word = |at: usize| {
            i32::from_le_bytes([bytes[at], bytes[at + 1], bytes[at + 2], bytes[at + 3]])
        };
        let long = |at: usize| {
            let mut eight = [0; 8];
            eight.copy_from_slice(&bytes[at..at + 8]);
            u64::from_le_bytes(eight)
        };
        let mut call = [0; NAME];
        call.copy_from_slice(&bytes[16..16 + NAME]);
        Some(match bytes[0] {
            1 => Self::StepFailed {
                step: u32::try_from(word(4)).ok()?,
                errno: word(8),
                call,
            },
            2 => Self::ExecFailed { errno: word(8) },
            3 => Self::Started,
            4 => Self::Stopped { signal: word(4) },
            5 => Self::Uncovered,
            7 => Self::Stands { signal: word(4) },
            8 => Self::Goes,
            9 => Self::NoTerminal {
                errno: word(8),
                call,
            },
            10 => Self::Terminal,
            11 => Self::NoNamespaces { errno: word(8) },
            6 => Self::Ended {
                code: word(4),
                signal: word(8),
                usage: Usage {
                    user_us: long(16),
                    system_us: long(24),
                    peak_kib: long(32),
                },
            },
            _ => return None,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_message_reads_back_and_noise_is_refused() {
        let usage = Usage {
            user_us: u64::MAX,
            system_us: 2,
            peak_kib: 3,
        };
        for message in [
            Message::StepFailed {
                step: 7,
                errno: 13,
                call: name("landlock_create_ruleset"),
            },
            Message::ExecFailed { errno: 2 },
            Message::NoTerminal {
                errno: 28,
                call: name("ioctl TIOCGPTPEER"),
            },
            Message::Terminal,
            Message::NoNamespaces { errno: 28 },
            Message::Started,
            Message::Stopped { signal: 20 },
            Message::Stands { signal: 19 },
            Message::Goes,
            Message::Uncovered,
            Message::Ended {
                code: 255,
                signal: 0,
                usage,
            },
            Message::Ended {
                code: 0,
                signal: 9,
                usage,
            },
        ] {
            assert_eq!(Message::decode(&message.encode()), Some(message));
        }
        assert_eq!(Message::decode(&[0; SIZE]), None);
        assert_eq!(Message::decode(&[12; SIZE]), None);
        assert_eq!(text(&name("openat2")), "openat2");
    }
}
