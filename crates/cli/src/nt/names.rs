//! SIDs and rights as people know them.

use fumehood_nt::{AccessMask, ObjectKind, Sid};

/// Names of the SIDs that are the same on every machine, as Windows shows them in English.
const NAMES: [(Sid, &str); 38] = [
    (Sid::NULL, "Nobody"),
    (Sid::EVERYONE, "Everyone"),
    (Sid::LOCAL, "Local"),
    (Sid::CONSOLE_LOGON, "Console Logon"),
    (Sid::CREATOR_OWNER, "Creator Owner"),
    (Sid::CREATOR_GROUP, "Creator Group"),
    (Sid::OWNER_RIGHTS, "Owner Rights"),
    (Sid::NETWORK, "Network"),
    (Sid::BATCH, "Batch"),
    (Sid::INTERACTIVE, "Interactive"),
    (Sid::SERVICE_LOGON, "Service"),
    (Sid::ANONYMOUS, "Anonymous Logon"),
    (
        Sid::ENTERPRISE_DOMAIN_CONTROLLERS,
        "Enterprise Domain Controllers",
    ),
    (Sid::PRINCIPAL_SELF, "Self"),
    (Sid::AUTHENTICATED_USERS, "Authenticated Users"),
    (Sid::RESTRICTED_CODE, "Restricted Code"),
    (Sid::SYSTEM, "System"),
    (Sid::LOCAL_SERVICE, "Local Service"),
    (Sid::NETWORK_SERVICE, "Network Service"),
    (Sid::WRITE_RESTRICTED_CODE, "Write-Restricted Code"),
    (Sid::BUILTIN, "Builtin"),
    (Sid::ADMINISTRATORS, "Administrators"),
    (Sid::USERS, "Users"),
    (Sid::GUESTS, "Guests"),
    (Sid::ALL_SERVICES, "All Services"),
    (Sid::TRUSTED_INSTALLER, "TrustedInstaller"),
    (Sid::LOCAL_ACCOUNT, "Local Account"),
    (
        Sid::LOCAL_ACCOUNT_ADMINISTRATOR,
        "Local Account in Administrators",
    ),
    (Sid::ALL_PACKAGES, "All Application Packages"),
    (
        Sid::ALL_RESTRICTED_PACKAGES,
        "All Restricted Application Packages",
    ),
    (
        Sid::CAPABILITY_INTERNET_CLIENT,
        "the capability to reach the internet",
    ),
    (Sid::INTEGRITY_UNTRUSTED, "untrusted integrity"),
    (Sid::INTEGRITY_LOW, "low integrity"),
    (Sid::INTEGRITY_MEDIUM, "medium integrity"),
    (Sid::INTEGRITY_MEDIUM_PLUS, "medium-plus integrity"),
    (Sid::INTEGRITY_HIGH, "high integrity"),
    (Sid::INTEGRITY_SYSTEM, "system integrity"),
    (Sid::of(5, [32, 547]), "Power Users"),
];

/// The name of a SID if it has one, and the SID.
pub fn sid(sid: &Sid) -> String {
    let named = NAMES.iter().find(|(known, _)| known == sid);
    match named.map(|(_, name)| *name).or_else(|| kind(sid)) {
        Some(name) => format!("{name} ({sid})"),
        None => sid.to_string(),
    }
}

/// What kind of SID it is, where no name is the same everywhere.
fn kind(sid: &Sid) -> Option<&'static str> {
    let account = sid.is_below(&Sid::of(5, [21]));
    Some(match sid.rid() {
        _ if sid.is_logon() => "one logon session",
        _ if sid.is_of_service() => "a service",
        _ if sid.is_package() => "a package",
        _ if sid.is_capability() => "a capability",
        Some(500) if account => "the account Administrator",
        Some(501) if account => "the account Guest",
        Some(512) if account => "Domain Admins",
        Some(513) if account => "Domain Users",
        _ if account => "an account or a group",
        _ => return None,
    })
}

/// What the generic rights of the kind are called.
const GENERIC: [(&str, AccessMask); 3] = [
    ("read", AccessMask::GENERIC_READ),
    ("write", AccessMask::GENERIC_WRITE),
    ("execute", AccessMask::GENERIC_EXECUTE),
];

/// Rights in words: the generic ones they amount to, then each that is left.
pub fn rights(mask: AccessMask, kind: ObjectKind) -> String {
    let mapping = kind.mapping();
    if mask.is_empty() {
        return "nothing".to_owned();
    }
    let mapped = mapping.map(mask);
    let mut words = Vec::new();
    let mut left = mapped;
    if mapped.contains(mapping.all) {
        words.push("full control".to_owned());
        left = left.without(mapping.all);
    } else {
        for (word, generic) in GENERIC {
            let whole = mapping.map(generic);
            if mapped.contains(whole) {
                words.push(word.to_owned());
                left = left.without(whole);
            }
        }
    }
    words.extend(names(left, kind));
    words.join(", ")
}

/// The name of each right, or the bit that has none.
pub fn names(mask: AccessMask, kind: ObjectKind) -> impl Iterator<Item = String> {
    mask.names(kind).map(|(bit, name)| match name {
        "" => bit.to_string(),
        name => name.to_owned(),
    })
}

/// A mask with its rights in words.
pub fn mask(mask: AccessMask, kind: ObjectKind) -> String {
    format!("{mask} ({})", rights(mask, kind))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sid_is_shown_with_the_name_that_it_has() {
        let rows = [
            (Sid::EVERYONE, "Everyone (S-1-1-0)"),
            (Sid::logon(0, 77), "one logon session (S-1-5-5-0-77)"),
            (
                Sid::of(5, [21, 1, 2, 3, 513]),
                "Domain Users (S-1-5-21-1-2-3-513)",
            ),
            (
                Sid::of(5, [21, 1, 2, 3, 1001]),
                "an account or a group (S-1-5-21-1-2-3-1001)",
            ),
            (Sid::of(99, [7]), "S-1-99-7"),
        ];
        for (of, shown) in rows {
            assert_eq!(sid(&of), shown);
        }
    }

    #[test]
    fn rights_are_shown_as_the_generic_ones_and_what_is_left() {
        let rows = [
            (0x001F_01FF, ObjectKind::File, "full control"),
            (0x1000_0000, ObjectKind::Key, "full control"),
            (0x0012_00A9, ObjectKind::File, "read, execute"),
            (0x0013_0089, ObjectKind::File, "read, DELETE"),
            (0x0000_0002, ObjectKind::Directory, "FILE_ADD_FILE"),
            (0x0400_0000, ObjectKind::File, "0x04000000"),
            (0, ObjectKind::File, "nothing"),
        ];
        for (mask, kind, shown) in rows {
            assert_eq!(rights(AccessMask(mask), kind), shown);
        }
    }
}
