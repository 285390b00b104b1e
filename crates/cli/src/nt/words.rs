//! A descriptor in plain words.
//!
//! Said loudly: a DACL that is NULL or not there at all opens the object to
//! everyone, an empty one closes it; and an order that is not canonical decides
//! otherwise than most tools show.

use std::fmt::Write;

use fumehood_nt::acl::Rank;
use fumehood_nt::{
    AccessMask, Ace, AceFlags, AceKind, Acl, AclField, Callback, Control, ObjectKind,
    ResourceAttribute, SecurityDescriptor, Sid,
};

use super::names;

/// The whole descriptor, for an object of this kind.
pub fn descriptor(descriptor: &SecurityDescriptor, kind: ObjectKind) -> String {
    let mut out = String::new();
    let who = |sid: Option<Sid>| sid.map_or("not said".to_owned(), |sid| names::sid(&sid));
    line(&mut out, &format!("object   {kind}"));
    line(&mut out, &format!("owner    {}", who(descriptor.owner)));
    line(&mut out, &format!("group    {}", who(descriptor.group)));
    dacl(descriptor, kind, &mut out);
    sacl(descriptor, kind, &mut out);
    out
}

fn dacl(descriptor: &SecurityDescriptor, kind: ObjectKind, out: &mut String) {
    match &descriptor.dacl {
        AclField::Absent => line(
            out,
            "DACL     NOT THERE: EVERYONE HAS EVERY RIGHT. Nothing restricts this object.",
        ),
        AclField::Null => line(
            out,
            "DACL     NULL: EVERYONE HAS EVERY RIGHT. Nothing restricts this object.",
        ),
        AclField::List(acl) if acl.aces.is_empty() => line(
            out,
            "DACL     EMPTY: NOBODY HAS ANY RIGHT, but for what the owner and privileges have.",
        ),
        AclField::List(acl) => line(out, &format!("DACL     {}", entries(acl))),
    }
    let flags = [
        (
            Control::DACL_PROTECTED,
            "protected: takes nothing from parents",
        ),
        (
            Control::DACL_AUTO_INHERITED,
            "made by automatic inheritance",
        ),
        (
            Control::DACL_AUTO_INHERIT_REQ,
            "to be inherited by what is below",
        ),
    ];
    control(descriptor, &flags, out);
    if let Some(acl) = descriptor.dacl.list() {
        aces(acl, kind, out);
        owner_rights(descriptor, acl, out);
        order(acl, out);
    }
}

fn sacl(descriptor: &SecurityDescriptor, kind: ObjectKind, out: &mut String) {
    match &descriptor.sacl {
        AclField::Absent => line(out, "SACL     not there: no label, which counts as medium"),
        AclField::Null => line(out, "SACL     NULL: no label, which counts as medium"),
        AclField::List(acl) => line(out, &format!("SACL     {}", entries(acl))),
    }
    let flags = [
        (
            Control::SACL_PROTECTED,
            "protected: takes nothing from parents",
        ),
        (
            Control::SACL_AUTO_INHERITED,
            "made by automatic inheritance",
        ),
        (
            Control::SACL_AUTO_INHERIT_REQ,
            "to be inherited by what is below",
        ),
    ];
    control(descriptor, &flags, out);
    if let Some(acl) = descriptor.sacl.list() {
        aces(acl, kind, out);
    }
}

fn entries(acl: &Acl) -> String {
    match acl.aces.len() {
        1 => "1 entry".to_owned(),
        count => format!("{count} entries"),
    }
}

fn control(descriptor: &SecurityDescriptor, flags: &[(Control, &str)], out: &mut String) {
    for (flag, words) in flags {
        if descriptor.control.contains(*flag) {
            line(out, &format!("         {words}"));
        }
    }
}

fn aces(acl: &Acl, kind: ObjectKind, out: &mut String) {
    for (index, entry) in acl.aces.iter().enumerate() {
        line(out, &format!("  [{index}]  {}", ace(entry, kind)));
        for remark in remarks(entry) {
            line(out, &format!("       {remark}"));
        }
    }
}

/// What an entry says, in one sentence.
pub fn ace(ace: &Ace, kind: ObjectKind) -> String {
    let who = names::sid(&ace.sid);
    let what = names::mask(ace.mask, kind);
    match &ace.kind {
        AceKind::Allow(_) => format!("allows {who}: {what}"),
        AceKind::Deny(_) => format!("DENIES {who}: {what}"),
        AceKind::Audit(_) => format!("logs {} of {who}: {what}", outcomes(ace.flags)),
        AceKind::Alarm(_) => format!("is reserved and does nothing, names {who}: {what}"),
        AceKind::MandatoryLabel => format!("labels it {who}: {}", policy(ace.mask)),
        AceKind::ResourceAttribute(attribute) => match &**attribute {
            ResourceAttribute::Claim(claim) => format!("gives it the attribute `{}`", claim.name),
            ResourceAttribute::Opaque(_) => "gives it an attribute that cannot be read".to_owned(),
        },
        AceKind::ScopedPolicy => format!("puts it under the central policy {who}"),
        AceKind::TrustLabel => format!("asks for the trust level {who} for more than {what}"),
        AceKind::AccessFilter(_) => {
            format!("leaves {who} at most {what} where its condition fails")
        }
        AceKind::Unknown { ace_type, .. } => format!("is of the unknown type {ace_type:#04x}"),
    }
}

fn outcomes(flags: AceFlags) -> &'static str {
    let has = |flag| flags.contains(flag);
    match (
        has(AceFlags::SUCCESSFUL_ACCESS),
        has(AceFlags::FAILED_ACCESS),
    ) {
        (true, true) => "each use and each refusal",
        (true, false) => "each use",
        (false, true) => "each refusal",
        (false, false) => "nothing",
    }
}

fn policy(mask: AccessMask) -> String {
    let parts = [
        (AccessMask::LABEL_NO_WRITE_UP, "write"),
        (AccessMask::LABEL_NO_READ_UP, "read"),
        (AccessMask::LABEL_NO_EXECUTE_UP, "execute"),
    ];
    let words: Vec<&str> = parts
        .iter()
        .filter(|(flag, _)| mask.contains(*flag))
        .map(|(_, word)| *word)
        .collect();
    match words.as_slice() {
        [] => "whoever is below may still read, write and execute".to_owned(),
        words => format!("whoever is below may not {}", words.join(" or ")),
    }
}

/// What else is to be known of an entry.
fn remarks(ace: &Ace) -> Vec<String> {
    let mut remarks = inheritance(ace.flags);
    let types = ace.object_types();
    if let Some(guid) = types.and_then(|types| types.object) {
        remarks.push(format!("only for the property, right or class {guid}"));
    }
    if let Some(guid) = types.and_then(|types| types.inherited) {
        remarks.push(format!("inherited by objects of the class {guid} only"));
    }
    match ace.callback() {
        Some(Callback::Condition(condition)) => remarks.push(match condition.to_sddl() {
            Ok(text) => format!("if {text}"),
            Err(error) => format!("under a condition that has no text: {error}"),
        }),
        Some(Callback::Opaque(_)) => {
            remarks.push("under a condition that cannot be read".to_owned());
        }
        None => {}
    }
    remarks
}

/// How an entry is inherited, in words.
fn inheritance(flags: AceFlags) -> Vec<String> {
    let has = |flag| flags.contains(flag);
    let heirs = match (
        has(AceFlags::OBJECT_INHERIT),
        has(AceFlags::CONTAINER_INHERIT),
    ) {
        (true, true) => Some("files and folders below inherit it"),
        (true, false) => Some("files below inherit it"),
        (false, true) => Some("folders below inherit it"),
        (false, false) => None,
    };
    let mut words: Vec<String> = Vec::new();
    if has(AceFlags::INHERIT_ONLY) {
        words.push("says nothing about this object".to_owned());
    }
    if let Some(heirs) = heirs {
        let once = if has(AceFlags::NO_PROPAGATE) {
            ", and pass it on to nobody"
        } else {
            ""
        };
        words.push(format!("{heirs}{once}"));
    }
    if has(AceFlags::INHERITED) {
        words.push("was inherited".to_owned());
    }
    words
}

fn owner_rights(descriptor: &SecurityDescriptor, acl: &Acl, out: &mut String) {
    let names_owner = |ace: &Ace| {
        ace.sid == Sid::OWNER_RIGHTS
            && !ace.flags.contains(AceFlags::INHERIT_ONLY)
            && matches!(ace.kind, AceKind::Allow(_) | AceKind::Deny(_))
    };
    let words = match (descriptor.owner, acl.aces.iter().any(names_owner)) {
        (None, _) => return,
        (Some(_), true) => "an entry for Owner Rights says what the owner has: nothing by itself",
        (Some(_), false) => "the owner may always read and change the DACL",
    };
    line(out, &format!("         {words}"));
}

/// Remarks on the order, which decides: the first entry that matches does.
fn order(acl: &Acl, out: &mut String) {
    if acl.is_canonical() {
        return;
    }
    line(
        out,
        "         ORDER NOT CANONICAL: the first entry that matches decides, and here",
    );
    let late = acl.aces.windows(2).position(|pair| match pair {
        [before, after] => before.rank() > after.rank(),
        _ => false,
    });
    if let Some(before) = late {
        let after = before + 1;
        let words = |index: usize| match acl.aces[index].rank() {
            Rank::ExplicitDeny => "an explicit denial",
            Rank::ExplicitAllow => "an explicit grant",
            Rank::Inherited => "an inherited entry",
        };
        let told = format!(
            "         [{before}], {}, stands before [{after}], {}",
            words(before),
            words(after)
        );
        line(out, &told);
    }
}

/// Adds a line.
pub fn line(out: &mut String, text: &str) {
    // A `String` takes everything that is written to it.
    let written = writeln!(out, "{}", text.trim_end());
    debug_assert!(written.is_ok());
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(sddl: &str) -> String {
        let parsed: SecurityDescriptor = sddl.parse().expect("is SDDL");
        descriptor(&parsed, ObjectKind::File)
    }

    #[test]
    fn what_opens_to_everyone_and_what_closes_is_said_loudly() {
        for open in ["O:BA", "D:NO_ACCESS_CONTROL"] {
            assert!(words(open).contains("EVERYONE HAS EVERY RIGHT"), "{open}");
        }
        assert!(words("D:").contains("NOBODY HAS ANY RIGHT"));
        let ordinary = words("D:(A;;FR;;;BU)");
        assert!(!ordinary.contains("EVERY RIGHT") && !ordinary.contains("NOBODY"));
    }

    #[test]
    fn an_order_that_is_not_canonical_is_said_and_one_that_is_is_not() {
        let odd = words("D:(A;;FR;;;BU)(D;;FW;;;BU)");
        assert!(
            odd.contains("[0], an explicit grant, stands before [1], an explicit denial"),
            "{odd}"
        );
        assert!(!words("D:(D;;FW;;;BU)(A;;FR;;;BU)").contains("CANONICAL"));
    }

    #[test]
    fn each_entry_says_who_what_and_who_inherits_it() {
        let text =
            words("O:BAD:P(D;OICI;SD;;;WD)(A;OICINPIO;FA;;;CO)(A;ID;FRFX;;;BU)S:(ML;;NW;;;LW)");
        for part in [
            "owner    Administrators (S-1-5-32-544)",
            "protected: takes nothing from parents",
            "[0]  DENIES Everyone (S-1-1-0): 0x00010000 (DELETE)",
            "files and folders below inherit it\n",
            "[1]  allows Creator Owner (S-1-3-0): 0x001f01ff (full control)",
            "says nothing about this object",
            "files and folders below inherit it, and pass it on to nobody",
            "[2]  allows Users (S-1-5-32-545): 0x001200a9 (read, execute)",
            "was inherited",
            "the owner may always read and change the DACL",
            "labels it low integrity (S-1-16-4096): whoever is below may not write",
        ] {
            assert!(text.contains(part), "{part:?} is not in\n{text}");
        }
    }

    #[test]
    fn an_entry_for_owner_rights_ends_what_the_owner_has() {
        assert!(words("O:BAD:(A;;RC;;;OW)").contains("nothing by itself"));
        assert!(!words("O:BAD:(A;IO;RC;;;OW)").contains("nothing by itself"));
    }

    #[test]
    fn a_condition_is_shown_as_it_is_written() {
        let text = words("D:(XA;;FR;;;WD;(Member_of{SID(BA)}))");
        assert!(text.contains("       if Member_of"), "{text}");
    }
}
