//! Descriptors, lists and ACEs to text.

use std::fmt::{Display, Write};

use super::ace::{FLAGS, letters, rights_of};
use super::{DACL_FLAGS, ListFlags, NULL_LIST, SACL_FLAGS, Unprintable, names, print_condition};
use crate::ace::{Ace, AceKind};
use crate::claim::{Claim, ClaimValues, ResourceAttribute};
use crate::condition::Callback;
use crate::descriptor::{AclField, Control, SecurityDescriptor};

/// Writes a descriptor.
pub(super) fn descriptor(descriptor: &SecurityDescriptor) -> Result<String, Unprintable> {
    let mut out = String::new();
    if let Some(owner) = &descriptor.owner {
        out += "O:";
        out += &owner.to_sddl();
    }
    if let Some(group) = &descriptor.group {
        out += "G:";
        out += &group.to_sddl();
    }
    let control = descriptor.control;
    list("D:", &DACL_FLAGS, control, &descriptor.dacl, &mut out)?;
    list("S:", &SACL_FLAGS, control, &descriptor.sacl, &mut out)?;
    Ok(out)
}

fn list(
    head: &str,
    flags: &ListFlags,
    control: Control,
    field: &AclField,
    out: &mut String,
) -> Result<(), Unprintable> {
    if *field == AclField::Absent {
        return Ok(());
    }
    out.push_str(head);
    for (letters, flag) in flags {
        if control.contains(*flag) {
            out.push_str(letters);
        }
    }
    let Some(acl) = field.list() else {
        out.push_str(NULL_LIST);
        return Ok(());
    };
    acl.aces.iter().try_for_each(|entry| ace(entry, out))
}

/// Writes an ACE.
pub(super) fn ace(entry: &Ace, out: &mut String) -> Result<(), Unprintable> {
    let letters = letters(entry).ok_or(Unprintable::AceType(entry.ace_type()))?;
    if !entry.trailing.is_empty() {
        return Err(Unprintable::Trailing);
    }
    push(out, format_args!("({letters};"));
    flags(entry, out);
    push(out, format_args!(";{};", rights_of(entry)));
    let types = entry.object_types().unwrap_or_default();
    for guid in [types.object, types.inherited] {
        if let Some(guid) = guid {
            push(out, guid);
        }
        out.push(';');
    }
    out.push_str(&entry.sid.to_sddl());
    carried(entry, out)?;
    out.push(')');
    Ok(())
}

fn flags(entry: &Ace, out: &mut String) {
    let filter = matches!(entry.kind, AceKind::AccessFilter(_));
    for (letters, flag) in FLAGS {
        let meant = match letters {
            "SA" => !filter,
            "TP" => filter,
            _ => true,
        };
        if meant && entry.flags.contains(flag) {
            out.push_str(letters);
        }
    }
}

/// Writes what an ACE carries behind its SID.
fn carried(entry: &Ace, out: &mut String) -> Result<(), Unprintable> {
    match (entry.attribute(), entry.callback()) {
        (_, Some(Callback::Condition(condition))) => {
            out.push_str(";(");
            print_condition::condition(condition, out)?;
            out.push(')');
            Ok(())
        }
        (Some(ResourceAttribute::Claim(value)), _) => claim(value, out),
        (Some(ResourceAttribute::Opaque(_)), _) | (_, Some(Callback::Opaque(_))) => {
            Err(Unprintable::Opaque)
        }
        (None, None) => Ok(()),
    }
}

fn claim(claim: &Claim, out: &mut String) -> Result<(), Unprintable> {
    let texts = match &claim.values {
        ClaimValues::Texts(texts) => texts.as_slice(),
        _ => &[],
    };
    if texts
        .iter()
        .chain([&claim.name])
        .any(|text| text.contains('\0'))
    {
        return Err(Unprintable::Nul);
    }
    out.push_str(";(\"");
    names::print(&claim.name, out)?;
    let kind = match claim.values {
        ClaimValues::Integers(_) => "TI",
        ClaimValues::Unsigned(_) => "TU",
        ClaimValues::Texts(_) => "TS",
        ClaimValues::Sids(_) => "TD",
        ClaimValues::Octets(_) => "TX",
        ClaimValues::Booleans(_) => "TB",
    };
    push(out, format_args!("\",{kind},{:#x}", claim.flags));
    match &claim.values {
        ClaimValues::Integers(values) => numbers(values, out),
        ClaimValues::Unsigned(values) | ClaimValues::Booleans(values) => numbers(values, out),
        ClaimValues::Sids(values) => values.iter().for_each(|sid| {
            push(out, format_args!(",{}", sid.to_sddl()));
        }),
        ClaimValues::Octets(values) => values.iter().for_each(|bytes| {
            out.push(',');
            octets(bytes, out);
        }),
        ClaimValues::Texts(values) => {
            for value in values {
                out.push(',');
                text(value, out)?;
            }
        }
    }
    out.push(')');
    Ok(())
}

fn numbers(values: &[impl Display], out: &mut String) {
    for value in values {
        push(out, format_args!(",{value}"));
    }
}

/// Writes a text between quotation marks.
pub(super) fn text(text: &str, out: &mut String) -> Result<(), Unprintable> {
    if text.contains('"') {
        return Err(Unprintable::Quote);
    }
    push(out, format_args!("\"{text}\""));
    Ok(())
}

/// Writes bytes behind a `#`.
pub(super) fn octets(bytes: &[u8], out: &mut String) {
    out.push('#');
    for byte in bytes {
        push(out, format_args!("{byte:02x}"));
    }
}

/// Writes what never fails, for it goes to a `String`.
pub(super) fn push(out: &mut String, what: impl Display) {
    let _always = write!(out, "{what}");
}
