//! Rights in SDDL: two letters each, or one number for all.

use super::cursor::Cursor;
use super::pairs::Pairs;
use super::values;
use super::{SddlError, syntax};
use crate::mask::{AccessMask, GenericMapping};

/// Rights with letters ([MS-DTYP] 2.5.1.1 `ace-rights`): [`SEVERAL`] masks, then one right each, in
/// the order in which they are written.
///
/// The nine of directory services are the low nine bits, whatever these mean for the object.
const RIGHTS: [(&str, AccessMask); 25] = [
    ("FA", GenericMapping::FILE.all),
    ("FR", GenericMapping::FILE.read),
    ("FW", GenericMapping::FILE.write),
    ("FX", GenericMapping::FILE.execute),
    ("KA", GenericMapping::KEY.all),
    ("KR", GenericMapping::KEY.read),
    ("KW", GenericMapping::KEY.write),
    ("KX", GenericMapping::KEY.execute),
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
/// How many of the rights are several; such letters are written only for a mask that is exactly
/// what they mean.
const SEVERAL: usize = 8;
/// The rights by their letters.
pub(super) static ORDINARY: Pairs<AccessMask> = Pairs::of(&RIGHTS);

/// The policy of a mandatory label.
const LABEL: [(&str, AccessMask); 3] = [
    ("NW", AccessMask::LABEL_NO_WRITE_UP),
    ("NR", AccessMask::LABEL_NO_READ_UP),
    ("NX", AccessMask::LABEL_NO_EXECUTE_UP),
];
/// The policy by its letters.
static POLICY: Pairs<AccessMask> = Pairs::of(&LABEL);

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
        let right = cursor.take_pair(&ORDINARY).or(cursor.take_pair(&POLICY));
        mask |= *right.ok_or_else(|| cursor.expected("two letters of a right"))?;
    }
    Ok(mask)
}

/// Writes rights.
pub(super) fn print(mask: AccessMask) -> String {
    let (several, single) = RIGHTS.split_at(SEVERAL);
    match several.iter().find(|(_, whole)| *whole == mask) {
        Some((letters, _)) => (*letters).to_owned(),
        None => print_from(mask, single),
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
