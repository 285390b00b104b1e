//! What pid 1 is told to do: the steps of a plan and what is launched.
//!
//! pid 1 is forked before there is a plan, so the plan crosses as bytes, in
//! datagrams of a size that any socket buffer takes: first the length, then the
//! parts.

use std::os::fd::AsFd;

use fumehood_plan::linux::plan::Launch;
use fumehood_plan::linux::{Plan, Step};
use rustix::io::{Errno, retry_on_intr};
use rustix::net::{RecvFlags, SendFlags, recv, send};

/// Bytes of one part.
const PART: usize = 32 * 1024;
/// Most bytes there are: arguments and environment are bounded by the kernel at a few
/// MiB, mounts by their number.
const LIMIT: usize = 64 * 1024 * 1024;

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
        if bytes.len() > LIMIT {
            return Err(Errno::MSGSIZE);
        }
        let length = bytes.len().to_le_bytes();
        for part in std::iter::once(&length[..]).chain(bytes.chunks(PART)) {
            match retry_on_intr(|| send(&to, part, SendFlags::NOSIGNAL)) {
                Err(Errno::PIPE | Errno::CONNRESET) => return Ok(()),
                sent => sent?,
            };
        }
        Ok(())
    }

    /// Waits for orders. None if the sender is gone, or sends something else.
    pub fn receive(from: impl AsFd) -> Option<Self> {
        let mut length = [0; size_of::<usize>()];
        let next = |buffer: &mut [u8]| {
            let received = retry_on_intr(|| recv(&from, &mut *buffer, RecvFlags::empty()));
            received.ok().map(|(size, _)| size)
        };
        if next(&mut length)? != length.len() {
            return None;
        }
        let length = usize::from_le_bytes(length);
        if length > LIMIT {
            return None;
        }
        let mut bytes = vec![0; length];
        for part in bytes.chunks_mut(PART) {
            if next(part)? != part.len() {
                return None;
            }
        }
        let (steps, launch) = postcard::from_bytes(&bytes).ok()?;
        Some(Self { steps, launch })
    }
}
