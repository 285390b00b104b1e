//! What pid 1 is told to do: the steps of a plan and what is launched.
//!
//! pid 1 is forked before there is a plan, so the plan crosses as bytes.

use std::os::fd::AsFd;

use fumehood_plan::linux::plan::Launch;
use fumehood_plan::linux::{Plan, Step};
use rustix::io::Errno;

use super::parts;

/// The part of a plan that is done inside.
#[derive(Debug)]
pub struct Orders {
    /// Every step, the lasting ones among them: a step is known by its place.
    pub steps: Vec<Step>,
    /// What is started at the end.
    pub launch: Launch,
}

impl Orders {
    /// Sends those of `plan`. A receiver that is gone has said why, or says so by that.
    ///
    /// # Errors
    ///
    /// `EMSGSIZE` for a plan that is too large, and what `send(2)` says.
    pub fn send(plan: &Plan, to: impl AsFd) -> Result<(), Errno> {
        let bytes = postcard::to_stdvec(&(&plan.steps, &plan.launch));
        let bytes = bytes.map_err(|_| Errno::INVAL)?;
        parts::pass(&bytes, to)
    }

    /// Waits for orders. None if the sender is gone, or sends something else.
    pub fn receive(from: impl AsFd) -> Option<Self> {
        let bytes = parts::take(from)?;
        let (steps, launch) = postcard::from_bytes(&bytes).ok()?;
        Some(Self { steps, launch })
    }
}

#[cfg(test)]
mod tests {
    use fumehood_plan::linux::{Entry, Slot};
    use fumehood_policy::RawText;
    use rustix::net::{AddressFamily, SendFlags, SocketFlags, SocketType, send, socketpair};

    use super::*;
    use crate::linux::parts::PART;

    fn pair() -> (std::os::fd::OwnedFd, std::os::fd::OwnedFd) {
        let kind = SocketType::SEQPACKET;
        socketpair(AddressFamily::UNIX, kind, SocketFlags::CLOEXEC, None).expect("a pair")
    }

    /// A plan with odd bytes, and arguments that take many parts.
    fn plan() -> Plan {
        let odd: Vec<u8> = (1..=255).collect();
        let name = RawText::from_bytes(&odd);
        let slot = Slot(7);
        let entry = Entry::Text(RawText::from("a\\b\n"));
        Plan {
            version: 0,
            namespaces: Vec::new(),
            steps: vec![
                Step::Loopback,
                Step::MakeEntry { slot, name, entry },
                Step::EnterFolder {
                    path: "/a b".parse().expect("absolute"),
                },
            ],
            launch: Launch {
                arguments: vec![RawText::from_bytes(&vec![b'x'; 10 * PART + 1]); 3],
                environment: vec![("NAME".into(), RawText::from_bytes(&odd))],
                candidates: vec!["/".parse().expect("absolute")],
                control_group: None,
                timeout_ms: Some(u64::MAX),
                pty: None,
            },
            gaps: Vec::new(),
            withheld: Vec::new(),
        }
    }

    #[test]
    fn orders_arrive_as_they_were_sent_in_as_many_parts_as_it_takes() {
        let (ours, theirs) = pair();
        let sent = plan();
        let sender = std::thread::spawn(move || Orders::send(&plan(), ours));
        let Orders { steps, launch } = Orders::receive(theirs).expect("they are whole");
        assert_eq!((steps, launch), (sent.steps, sent.launch));
        sender.join().expect("it ends").expect("it was heard");
    }

    #[test]
    fn what_is_no_orders_is_refused_and_so_is_silence() {
        let tell = |parts: &[&[u8]]| {
            let (ours, theirs) = pair();
            for part in parts {
                send(&ours, part, SendFlags::empty()).expect("room");
            }
            drop(ours);
            Orders::receive(theirs).is_none()
        };
        let length = |length: usize| length.to_le_bytes();
        assert!(tell(&[]), "nobody is there");
        assert!(tell(&[b"short"]));
        assert!(tell(&[&length(usize::MAX)]), "more than anybody sends");
        assert!(tell(&[&length(9)]), "gone before the parts");
        assert!(tell(&[&length(9), b"four"]));
        assert!(tell(&[&length(9), b"no orders"]));
    }

    #[test]
    fn a_receiver_that_is_gone_is_no_error() {
        let (ours, theirs) = pair();
        drop(theirs);
        assert_eq!(Orders::send(&plan(), ours), Ok(()));
    }
}
