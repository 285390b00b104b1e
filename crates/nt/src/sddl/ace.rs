//! ACEs as text ([MS-DTYP] 2.5.1.1 `ace`, `conditional-ace`, `resource-attribute-ace`).

use super::cursor::Cursor;
use super::pairs::Pairs;
use super::{SddlError, claim, condition, rights};
use crate::ace::{Ace, AceFlags, AceKind, ObjectTypes, Scope};
use crate::claim::ResourceAttribute;
use crate::condition::Callback;
use crate::mask::AccessMask;

/// The flags, in the order in which they are written. Two share a bit: which is meant depends on
/// the type of the ACE (sddl.h `SDDL_TRUST_PROTECTED_FILTER`).
pub(super) const FLAGS: [(&str, AceFlags); 9] = [
    ("OI", AceFlags::OBJECT_INHERIT),
    ("CI", AceFlags::CONTAINER_INHERIT),
    ("NP", AceFlags::NO_PROPAGATE),
    ("IO", AceFlags::INHERIT_ONLY),
    ("ID", AceFlags::INHERITED),
    ("CR", AceFlags::CRITICAL),
    ("SA", AceFlags::SUCCESSFUL_ACCESS),
    ("FA", AceFlags::FAILED_ACCESS),
    ("TP", AceFlags::TRUST_PROTECTED_FILTER),
];
/// The flags by their letters.
pub(super) static FLAGS_BY_LETTERS: Pairs<AceFlags> = Pairs::of(&FLAGS);

/// What the letters of a type say.
#[derive(Clone, Copy)]
enum Letters {
    Plain(fn(Scope) -> AceKind),
    Object(fn(Scope) -> AceKind),
    Callback(fn(Scope) -> AceKind),
    CallbackObject(fn(Scope) -> AceKind),
    Label,
    Attribute,
    Policy,
    TrustLabel,
    Filter,
}

/// The types that have two letters.
static LETTERS: Pairs<Letters> = Pairs::of(&[
    ("AU", Letters::Plain(AceKind::Audit)),
    ("AL", Letters::Plain(AceKind::Alarm)),
    ("OA", Letters::Object(AceKind::Allow)),
    ("OD", Letters::Object(AceKind::Deny)),
    ("OU", Letters::Object(AceKind::Audit)),
    ("OL", Letters::Object(AceKind::Alarm)),
    ("XA", Letters::Callback(AceKind::Allow)),
    ("XD", Letters::Callback(AceKind::Deny)),
    ("XU", Letters::Callback(AceKind::Audit)),
    ("ZA", Letters::CallbackObject(AceKind::Allow)),
    ("ML", Letters::Label),
    ("RA", Letters::Attribute),
    ("SP", Letters::Policy),
    ("TL", Letters::TrustLabel),
    ("FL", Letters::Filter),
]);

/// Reads an ACE behind its first parenthesis.
pub(super) fn parse(cursor: &mut Cursor<'_>) -> Result<Ace, SddlError> {
    cursor.skip_blanks();
    let letters = letters_next(cursor).ok_or_else(|| cursor.expected("the type of an ACE"))?;
    let flags = field(cursor, "`;`", |cursor| Ok(flags(cursor)))?;
    let mask = field(cursor, "a flag or `;`", rights::parse)?;
    let object = object_types(cursor, letters)?;
    let sid = field(cursor, "`;`", Cursor::sid)?;
    let kind = kind(cursor, letters, object)?;
    cursor.need(")", "`)`")?;
    Ok(Ace::new(kind, flags, mask, sid))
}

/// Takes the letters of a type: one of the pairs, or what begins many of them.
fn letters_next(cursor: &mut Cursor<'_>) -> Option<Letters> {
    match cursor.take_pair(&LETTERS) {
        Some(letters) => Some(*letters),
        None if cursor.take("A") => Some(Letters::Plain(AceKind::Allow)),
        None if cursor.take("D") => Some(Letters::Plain(AceKind::Deny)),
        None => None,
    }
}

/// Reads a field and the semicolon before it; without the semicolon, `expected` was.
fn field<'a, T>(
    cursor: &mut Cursor<'a>,
    expected: &'static str,
    read: impl FnOnce(&mut Cursor<'a>) -> Result<T, SddlError>,
) -> Result<T, SddlError> {
    cursor.need(";", expected)?;
    cursor.skip_blanks();
    read(cursor)
}

/// Reads flags, of which there may be none.
fn flags(cursor: &mut Cursor<'_>) -> AceFlags {
    let mut flags = AceFlags::NONE;
    while let Some(flag) = cursor.take_pair(&FLAGS_BY_LETTERS) {
        flags = flags.union(*flag);
    }
    flags
}

/// Reads the two GUIDs, which only object forms may have.
fn object_types(
    cursor: &mut Cursor<'_>,
    letters: Letters,
) -> Result<Option<Box<ObjectTypes>>, SddlError> {
    if !matches!(letters, Letters::Object(_) | Letters::CallbackObject(_)) {
        cursor.need(";", "two letters of a right or `;`")?;
        cursor.need(";", "`;`: only object ACEs have GUIDs")?;
        return Ok(None);
    }
    let object = field(cursor, "two letters of a right or `;`", Cursor::guid)?;
    let inherited = field(cursor, "`;`", Cursor::guid)?;
    Ok(Some(Box::new(ObjectTypes { object, inherited })))
}

/// Reads what the type carries behind its SID.
fn kind(
    cursor: &mut Cursor<'_>,
    letters: Letters,
    object: Option<Box<ObjectTypes>>,
) -> Result<AceKind, SddlError> {
    Ok(match letters {
        Letters::Plain(kind) | Letters::Object(kind) => kind(Scope {
            object,
            callback: None,
        }),
        Letters::Callback(kind) | Letters::CallbackObject(kind) => kind(Scope {
            object,
            callback: Some(callback(cursor)?),
        }),
        Letters::Label => AceKind::MandatoryLabel,
        Letters::Attribute => {
            let claim = field(cursor, "`;`", claim::parse)?;
            AceKind::ResourceAttribute(Box::new(ResourceAttribute::Claim(claim)))
        }
        Letters::Policy => AceKind::ScopedPolicy,
        Letters::TrustLabel => AceKind::TrustLabel,
        Letters::Filter => AceKind::AccessFilter(callback(cursor)?),
    })
}

/// Reads a condition in parentheses.
fn callback(cursor: &mut Cursor<'_>) -> Result<Box<Callback>, SddlError> {
    cursor.need(";", "`;`")?;
    cursor.need("(", "`(`")?;
    let condition = condition::parse(cursor)?;
    cursor.need(")", "`&&`, `||` or `)`")?;
    Ok(Box::new(Callback::Condition(condition)))
}

/// The letters of the type of `ace`, if it has any.
pub(super) fn letters(ace: &Ace) -> Option<&'static str> {
    let forms = |scope: &Scope| (scope.object.is_some(), scope.callback.is_some());
    Some(match &ace.kind {
        AceKind::Allow(scope) => match forms(scope) {
            (false, false) => "A",
            (true, false) => "OA",
            (false, true) => "XA",
            (true, true) => "ZA",
        },
        AceKind::Deny(scope) => match forms(scope) {
            (false, false) => "D",
            (true, false) => "OD",
            (false, true) => "XD",
            (true, true) => return None,
        },
        AceKind::Audit(scope) => match forms(scope) {
            (false, false) => "AU",
            (true, false) => "OU",
            (false, true) => "XU",
            (true, true) => return None,
        },
        AceKind::Alarm(scope) => match forms(scope) {
            (false, false) => "AL",
            (true, false) => "OL",
            (_, true) => return None,
        },
        AceKind::MandatoryLabel => "ML",
        AceKind::ResourceAttribute(_) => "RA",
        AceKind::ScopedPolicy => "SP",
        AceKind::TrustLabel => "TL",
        AceKind::AccessFilter(_) => "FL",
        AceKind::Unknown { .. } => return None,
    })
}

/// The rights of `ace` as text: of a label, its policy.
pub(super) fn rights_of(ace: &Ace) -> String {
    match ace.kind {
        AceKind::MandatoryLabel => rights::print_label(ace.mask),
        _ if ace.mask == AccessMask::NONE => String::new(),
        _ => rights::print(ace.mask),
    }
}
