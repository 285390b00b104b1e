//! Bytes of any length over a `SOCK_SEQPACKET` pair.
//!
//! First a datagram with the length, then the bytes in datagrams of a size that a
//! socket buffer takes, unless somebody has made those very small (`socket(7)`).

use std::os::fd::AsFd;

use rustix::io::{Errno, retry_on_intr};
use rustix::net::{RecvFlags, SendFlags, recv, send};

/// Bytes of one datagram.
pub const PART: usize = 32 * 1024;
/// Most bytes there are: arguments and environment are bounded by the kernel at a few
/// MiB, mounts by their number.
const LIMIT: usize = 64 * 1024 * 1024;

/// Sends `bytes`. That a receiver is gone is no error: it has said why, or says so by that.
///
/// # Errors
///
/// `EMSGSIZE` for too many, and what `send(2)` says.
pub fn pass(bytes: &[u8], to: impl AsFd) -> Result<(), Errno> {
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

/// Waits for bytes. None if the sender is gone, or sends something else.
pub fn take(from: impl AsFd) -> Option<Vec<u8>> {
    let next = |buffer: &mut [u8]| {
        // What does not fit is something else.
        let received = retry_on_intr(|| recv(&from, &mut *buffer, RecvFlags::TRUNC));
        received.ok().map(|(_, size)| size)
    };
    let mut length = [0; size_of::<usize>()];
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
    Some(bytes)
}
