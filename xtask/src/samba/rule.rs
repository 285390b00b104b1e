//! Where the model and Samba are known to differ, and why.
//!
//! A rule looks at the case and at both answers, as narrowly as it can: one that
//! explains too much hides a fault.

use super::Compared;

/// A difference that was looked at and understood.
pub struct Rule {
    /// Its name.
    pub name: &'static str,
    /// Why both are right.
    pub reason: &'static str,
    explains: fn(&Compared<'_>) -> bool,
}

/// Every rule; the first that explains a difference is counted.
pub const ALL: [Rule; 7] = [
    Rule {
        name: "zero-request",
        reason: "Samba grants a request for nothing; NT's own check refuses it",
        explains: zero_request,
    },
    Rule {
        name: "maximum-of-nothing",
        reason: "under MAXIMUM_ALLOWED alone, Samba grants a mask of 0 where NT refuses",
        explains: maximum_of_nothing,
    },
    Rule {
        name: "maximum-of-no-dacl",
        reason: "under MAXIMUM_ALLOWED and without a DACL, Samba grants only what was named and the \
                 owner's rights; NT grants everything",
        explains: maximum_of_no_dacl,
    },
    Rule {
        name: "owner-in-both-lists",
        reason: "an owner has what is implied if both lists name him; asking Samba twice implies it in \
                 the pass whose list does (the switch restricted-owner)",
        explains: owner_in_both_lists,
    },
    Rule {
        name: "above-bit-23",
        reason: "Samba hands out bit 24 of an ACE, ACCESS_SYSTEM_SECURITY; no DACL grants it in NT (under \
                 MAXIMUM_ALLOWED the switch high-ace-bits)",
        explains: above_bit_23,
    },
    Rule {
        name: "system-security-of-no-dacl",
        reason: "without a DACL, Samba grants ACCESS_SYSTEM_SECURITY too; NT asks for the privilege first",
        explains: system_security_of_no_dacl,
    },
    Rule {
        name: "owner-before-pass-2",
        reason: "WRITE_DAC that both lists imply is granted before the passes, and so does not send the \
                 rest of a write-restricted request to the second; asking Samba twice does",
        explains: owner_before_pass_2,
    },
];

/// What is implied for an owner: `READ_CONTROL` and `WRITE_DAC`.
const OWNERS: u32 = 0x0006_0000;
/// `WRITE_DAC`
const WRITE_DAC: u32 = 0x0004_0000;
/// `DELETE`, which nothing implies.
const DELETE: u32 = 0x0001_0000;
/// `ACCESS_SYSTEM_SECURITY`
const SYSTEM_SECURITY: u32 = 0x0100_0000;

/// The first rule that explains the difference.
pub fn explaining(compared: &Compared<'_>) -> Option<&'static Rule> {
    ALL.iter().find(|rule| (rule.explains)(compared))
}

fn zero_request(compared: &Compared<'_>) -> bool {
    compared.case.want == 0 && compared.ours.is_none() && compared.samba == Some(0)
}

fn maximum_of_nothing(compared: &Compared<'_>) -> bool {
    compared.case.is_maximum() && compared.ours.is_none() && compared.samba == Some(0)
}

fn maximum_of_no_dacl(compared: &Compared<'_>) -> bool {
    let case = compared.case;
    let (Some(ours), Some(samba)) = (compared.ours, compared.samba) else {
        return false;
    };
    case.aces.is_none() && case.is_maximum() && ours & samba == samba
}

/// Whether the token names the owner in one of its two lists.
fn is_in_one_list(compared: &Compared<'_>) -> bool {
    let case = compared.case;
    let is_owner = case.sids.contains(&(case.owner, true));
    case.restricting.is_some() && is_owner != case.restricts_to_owner()
}

fn owner_in_both_lists(compared: &Compared<'_>) -> bool {
    let case = compared.case;
    // What is implied in one pass may be what that pass lacked, and no more.
    let ours = compared.ours.unwrap_or(0);
    let is_more = compared.samba.is_some_and(|samba| {
        let implied = if case.is_maximum() {
            samba & !ours
        } else {
            samba
        };
        ours & samba == ours
            && implied & OWNERS != 0
            && (!case.is_maximum() || implied & !OWNERS == 0 || compared.ours.is_none())
    });
    is_in_one_list(compared) && is_more
}

fn above_bit_23(compared: &Compared<'_>) -> bool {
    let case = compared.case;
    let has_such = case
        .aces
        .iter()
        .flatten()
        .any(|entry| entry.mask & 0x0F00_0000 != 0);
    let is_open = compared
        .depends_on
        .iter()
        .any(|name| name == "high-ace-bits");
    let (ours, samba) = (compared.ours.unwrap_or(0), compared.samba.unwrap_or(0));
    // Both may meet in one case.
    let implied = if is_in_one_list(compared) { OWNERS } else { 0 };
    // Asked by name it is refused before any ACE.
    if case.want & SYSTEM_SECURITY != 0 && !case.enables("SeSecurityPrivilege") {
        return has_such && compared.ours.is_none();
    }
    case.is_maximum() && has_such && is_open && (ours ^ samba) & 0x00FF_FFFF & !implied == 0
}

fn system_security_of_no_dacl(compared: &Compared<'_>) -> bool {
    let case = compared.case;
    let asked = case.want & SYSTEM_SECURITY != 0;
    let held = case.enables("SeSecurityPrivilege");
    case.aces.is_none() && asked && !held && compared.ours.is_none()
}

fn owner_before_pass_2(compared: &Compared<'_>) -> bool {
    let case = compared.case;
    let is_owner = case.sids.contains(&(case.owner, true)) && case.restricts_to_owner();
    let asked = case.want & WRITE_DAC != 0 && case.want & DELETE == 0;
    let scoped = case.write_restricted && !case.is_maximum();
    scoped && is_owner && asked && compared.ours.is_some() && compared.samba.is_none()
}
