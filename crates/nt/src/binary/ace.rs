//! ACEs ([MS-DTYP] 2.4.4).
//!
//! A header with type, flags and size; then, but for unknown types, the mask, the
//! GUIDs of the object forms, the SID, and whatever the type carries behind it.

use super::reader::Reader;
use super::{DecodeError, EncodeError, claim, condition, writer};
use crate::ace::{Ace, AceFlags, AceKind, ObjectTypes, Scope};
use crate::claim::ResourceAttribute;
use crate::condition::Callback;
use crate::mask::AccessMask;

/// In an object ACE: the type's GUID is there ([MS-DTYP] 2.4.4.3).
const OBJECT_TYPE: u32 = 1;
/// In an object ACE: the inheriting type's GUID is there.
const INHERITED_TYPE: u32 = 2;

/// What stands in an ACE besides the mask and the SID.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Form {
    Plain,
    Object,
    Callback,
    CallbackObject,
}

/// What makes a kind of a scope.
type Verb = fn(Scope) -> AceKind;

/// What the type `number` does and its form, if it is one of the sixteen that grant, deny or log.
fn access(number: u8) -> Option<(Verb, Form)> {
    Some(match number {
        0x00 => (AceKind::Allow, Form::Plain),
        0x01 => (AceKind::Deny, Form::Plain),
        0x02 => (AceKind::Audit, Form::Plain),
        0x03 => (AceKind::Alarm, Form::Plain),
        0x05 => (AceKind::Allow, Form::Object),
        0x06 => (AceKind::Deny, Form::Object),
        0x07 => (AceKind::Audit, Form::Object),
        0x08 => (AceKind::Alarm, Form::Object),
        0x09 => (AceKind::Allow, Form::Callback),
        0x0A => (AceKind::Deny, Form::Callback),
        0x0B => (AceKind::Allow, Form::CallbackObject),
        0x0C => (AceKind::Deny, Form::CallbackObject),
        0x0D => (AceKind::Audit, Form::Callback),
        0x0E => (AceKind::Alarm, Form::Callback),
        0x0F => (AceKind::Audit, Form::CallbackObject),
        0x10 => (AceKind::Alarm, Form::CallbackObject),
        _ => return None,
    })
}

/// The number of a type.
pub(super) fn number(kind: &AceKind) -> u8 {
    let pick = |scope: &Scope, numbers: [u8; 4]| {
        let [plain, object, callback, both] = numbers;
        match (&scope.object, &scope.callback) {
            (None, None) => plain,
            (Some(_), None) => object,
            (None, Some(_)) => callback,
            (Some(_), Some(_)) => both,
        }
    };
    match kind {
        AceKind::Allow(scope) => pick(scope, [0x00, 0x05, 0x09, 0x0B]),
        AceKind::Deny(scope) => pick(scope, [0x01, 0x06, 0x0A, 0x0C]),
        AceKind::Audit(scope) => pick(scope, [0x02, 0x07, 0x0D, 0x0F]),
        AceKind::Alarm(scope) => pick(scope, [0x03, 0x08, 0x0E, 0x10]),
        AceKind::MandatoryLabel => 0x11,
        AceKind::ResourceAttribute(_) => 0x12,
        AceKind::ScopedPolicy => 0x13,
        AceKind::TrustLabel => 0x14,
        AceKind::AccessFilter(_) => 0x15,
        AceKind::Unknown { ace_type, .. } => *ace_type,
    }
}

/// Reads an ACE and goes behind it.
pub(super) fn read(reader: &mut Reader<'_>) -> Result<Ace, DecodeError> {
    let start = reader.at();
    let number = reader.u8("an ACE's header")?;
    let flags = AceFlags(reader.u8("an ACE's header")?);
    let mut inside = reader.part(start, "an ACE", 4)?;
    let access = access(number);
    if access.is_none() && !(0x11..=0x15).contains(&number) {
        return Ok(Ace::unknown(number, flags, inside.rest().to_vec()));
    }
    let mask = AccessMask(inside.u32("an ACE's mask")?);
    let object = match access {
        Some((_, Form::Object | Form::CallbackObject)) => {
            Some(Box::new(object_types(&mut inside)?))
        }
        _ => None,
    };
    let sid = inside.sid()?;
    let rest = inside.rest();
    let kind = match (access, number) {
        (Some((kind, Form::Plain | Form::Object)), _) => kind(Scope {
            object,
            callback: None,
        }),
        (Some((kind, _)), _) => kind(Scope {
            object,
            callback: Some(Box::new(Callback::from_bytes(rest))),
        }),
        (None, 0x11) => AceKind::MandatoryLabel,
        (None, 0x12) => AceKind::ResourceAttribute(Box::new(claim::read(rest))),
        (None, 0x13) => AceKind::ScopedPolicy,
        (None, 0x14) => AceKind::TrustLabel,
        (None, _) => AceKind::AccessFilter(Box::new(Callback::from_bytes(rest))),
    };
    let mut ace = Ace::new(kind, flags, mask, sid);
    if !carries(&ace) {
        ace.trailing.extend_from_slice(rest);
    }
    Ok(ace)
}

/// Whether the bytes behind the SID belong to the kind.
fn carries(ace: &Ace) -> bool {
    ace.callback().is_some() || ace.attribute().is_some()
}

fn object_types(reader: &mut Reader<'_>) -> Result<ObjectTypes, DecodeError> {
    let at = reader.at();
    let flags = reader.u32("an object ACE's flags")?;
    if flags & !(OBJECT_TYPE | INHERITED_TYPE) != 0 {
        return Err(DecodeError::Wrong {
            at,
            what: "an object ACE's flags",
            found: u64::from(flags),
            expected: "at most 3",
        });
    }
    let mut guid = |flag| {
        if flags & flag == 0 {
            Ok(None)
        } else {
            reader.guid().map(Some)
        }
    };
    Ok(ObjectTypes {
        object: guid(OBJECT_TYPE)?,
        inherited: guid(INHERITED_TYPE)?,
    })
}

/// The bytes that an ACE takes.
pub(super) fn len(ace: &Ace) -> usize {
    if let AceKind::Unknown { body, .. } = &ace.kind {
        return 4 + body.len().next_multiple_of(4);
    }
    let guids = ace.object_types().map_or(0, |types| {
        4 + 16 * (types.object.iter().len() + types.inherited.iter().len())
    });
    let carried = match (ace.attribute(), ace.callback()) {
        (_, Some(Callback::Condition(condition))) => condition::write(condition).len(),
        (_, Some(Callback::Opaque(bytes))) | (Some(ResourceAttribute::Opaque(bytes)), _) => {
            bytes.len()
        }
        (Some(ResourceAttribute::Claim(claim)), _) => claim::len(claim),
        (None, None) => 0,
    };
    8 + guids + ace.sid.byte_len() + (carried + ace.trailing.len()).next_multiple_of(4)
}

/// Writes an ACE.
pub(super) fn write(ace: &Ace, out: &mut Vec<u8>) -> Result<(), EncodeError> {
    let start = out.len();
    let bytes = len(ace);
    let size = u16::try_from(bytes).map_err(|_| EncodeError::TooLong {
        what: "an ACE",
        bytes,
        limit: usize::from(u16::MAX),
    })?;
    out.extend_from_slice(&[number(&ace.kind), ace.flags.0]);
    out.extend_from_slice(&size.to_le_bytes());
    if let AceKind::Unknown { body, .. } = &ace.kind {
        return own(body, out);
    }
    out.extend_from_slice(&ace.mask.0.to_le_bytes());
    if let Some(types) = ace.object_types() {
        write_types(types, out);
    }
    writer::sid(&ace.sid, out);
    match (ace.attribute(), ace.callback()) {
        (_, Some(Callback::Condition(condition))) => out.extend(condition::write(condition)),
        (_, Some(Callback::Opaque(bytes))) | (Some(ResourceAttribute::Opaque(bytes)), _) => {
            own(bytes, out)?;
        }
        (Some(ResourceAttribute::Claim(claim)), _) => claim::write(claim, out)?,
        (None, None) => {}
    }
    own(&ace.trailing, out)?;
    debug_assert_eq!(out.len() - start, bytes);
    Ok(())
}

/// Writes bytes that came from elsewhere.
fn own(bytes: &[u8], out: &mut Vec<u8>) -> Result<(), EncodeError> {
    if !bytes.len().is_multiple_of(4) {
        return Err(EncodeError::Unaligned { bytes: bytes.len() });
    }
    out.extend_from_slice(bytes);
    Ok(())
}

fn write_types(types: ObjectTypes, out: &mut Vec<u8>) {
    let flag = |there: bool, flag| if there { flag } else { 0 };
    let flags =
        flag(types.object.is_some(), OBJECT_TYPE) | flag(types.inherited.is_some(), INHERITED_TYPE);
    out.extend_from_slice(&flags.to_le_bytes());
    for guid in [types.object, types.inherited].into_iter().flatten() {
        out.extend_from_slice(&guid.0);
    }
}
