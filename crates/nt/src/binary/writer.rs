//! Values to bytes.

use super::{EncodeError, ace};
use crate::acl::{Acl, AclRevision};
use crate::sid::Sid;

/// Writes a SID ([MS-DTYP] 2.4.2.2).
pub(super) fn sid(sid: &Sid, out: &mut Vec<u8>) {
    let parts = sid.parts();
    out.push(1);
    out.push(u8::try_from(parts.len()).unwrap_or(u8::MAX));
    out.extend_from_slice(&sid.authority().to_be_bytes()[2..]);
    for part in parts {
        out.extend_from_slice(&part.to_le_bytes());
    }
}

/// Writes a list ([MS-DTYP] 2.4.5).
pub(super) fn acl(acl: &Acl, out: &mut Vec<u8>) -> Result<(), EncodeError> {
    let bytes = acl.byte_len();
    let too_long = EncodeError::TooLong {
        what: "a list",
        bytes,
        limit: Acl::MAX_BYTES,
    };
    if bytes > Acl::MAX_BYTES {
        return Err(too_long);
    }
    let size = u16::try_from(bytes).map_err(|_| too_long)?;
    let count = u16::try_from(acl.aces.len()).map_err(|_| too_long)?;
    out.push(match acl.revision {
        AclRevision::Plain => 2,
        AclRevision::Compound => 3,
        AclRevision::Object => 4,
    });
    out.push(0);
    out.extend_from_slice(&size.to_le_bytes());
    out.extend_from_slice(&count.to_le_bytes());
    out.extend_from_slice(&[0, 0]);
    acl.aces.iter().try_for_each(|entry| ace::write(entry, out))
}

/// Adds zeros up to a multiple of 4 behind `start`.
pub(super) fn pad(out: &mut Vec<u8>, start: usize) {
    let len = (out.len() - start).next_multiple_of(4);
    out.resize(start + len, 0);
}
