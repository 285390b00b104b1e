//! Rights in SDDL: two letters each, or one number for all.

use super::cursor::Cursor;
use super::values;
use super::{SddlError, syntax};
use crate::mask::{AccessMask, GenericMapping};

/// One right each, in the order in which they are written ([MS-DTYP] 2.5.1.1 `ace-rights`).
///
/// The nine of directory services are the low nine bits, whatever these mean for the object.
pub(super) const SINGLE: [(&str, AccessMask); 17] = [
    ("CC", AccessMask(0x0001)),
    ("DC", AccessMask(0x0002)),
    ("LC", AccessMask(0x0004)),
    ("SW", AccessMask(0x0008)),
    ("RP", AccessMask(0x0010)),
    ("WP", AccessMask(0x0020)),
    ("DT", AccessMask(0x0040)),
    ("LO", AccessMask(0x0080)),
    ("CR", AccessMask(0x0100)),
    ("SD", AccessMask::DELETE),
    ("RC", AccessMask::READ_CONTROL),
    ("WD", AccessMask::WRITE_DAC),
    ("WO", AccessMask::WRITE_OWNER),
    ("GA", AccessMask::GENERIC_ALL),
    ("GX", AccessMask::GENERIC_EXECUTE),
    ("GW", AccessMask::GENERIC_WRITE),
    ("GR", AccessMask::GENERIC_READ),
];

/// Several rights each; written only for a mask that is exactly one of them.
pub(super) const SEVERAL: [(&str, AccessMask); 8] = [
    ("FA", GenericMapping::FILE.all),
    ("FR", GenericMapping::FILE.read),
    ("FW", GenericMapping::FILE.write),
    ("FX", GenericMapping::FILE.execute),
    ("KA", GenericMapping::KEY.all),
    ("KR", GenericMapping::KEY.read),
    ("KW", GenericMapping::KEY.write),
    ("KX", GenericMapping::KEY.execute),
];

/// The policy of a mandatory label.
const LABEL: [(&str, AccessMask); 3] = [
    ("NW", AccessMask::LABEL_NO_WRITE_UP),
    ("NR", AccessMask::LABEL_NO_READ_UP),
    ("NX", AccessMask::LABEL_NO_EXECUTE_UP),
];

/// Reads rights, of which there may be none.
pub(super) fn parse(cursor: &mut Cursor<'_>) -> Result<AccessMask, SddlError> {
    let start = cursor.at();
    if cursor.peek().is_some_and(|byte| byte.is_ascii_digit()) {
        let number = values::unsigned(cursor)?;
        return u32::try_from(number)
            .map(AccessMask)
            .map_err(|_| syntax(start, "a number of 32 bits"));
    }
    let mut mask = AccessMask::NONE;
    while cursor.peek().is_some_and(|byte| byte.is_ascii_alphabetic()) {
        mask |= [&SEVERAL[..], &SINGLE, &LABEL]
            .into_iter()
            .find_map(|table| cursor.take_pair(table))
            .ok_or_else(|| cursor.expected("two letters of a right"))?;
    }
    Ok(mask)
}

/// Writes rights.
pub(super) fn print(mask: AccessMask) -> String {
    match SEVERAL.iter().find(|(_, whole)| *whole == mask) {
        Some((letters, _)) => (*letters).to_owned(),
        None => print_from(mask, &SINGLE),
    }
}

/// Writes the policy of a mandatory label.
pub(super) fn print_label(mask: AccessMask) -> String {
    print_from(mask, &LABEL)
}

fn print_from(mask: AccessMask, table: &[(&str, AccessMask)]) -> String {
    let mut left = mask;
    let mut out = String::new();
    for (letters, right) in table {
        if left.contains(*right) {
            left = left.without(*right);
            out.push_str(letters);
        }
    }
    if left.is_empty() {
        out
    } else {
        format!("{:#x}", mask.0)
    }
}
