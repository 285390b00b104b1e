//! Where the model and Samba are known to differ, and why.
//!
//! A rule looks at the case and at both answers, as narrowly as it can: one that
//! explains too much hides a fault.

use super::case::{Case, Entry};
use super::{Answer, Compared};

/// A difference that was looked at and understood.
pub struct Rule {
    /// Its name.
    pub name: &'static str,
    /// Why both are right.
    pub reason: &'static str,
    explains: fn(&Compared<'_>) -> bool,
    but_for: Option<ButFor>,
}

/// What the difference comes down to: without these bits both sides agree.
#[derive(Debug)]
pub struct ButFor {
    bits: u32,
    /// The case without them.
    pub case: fn(&Case, u32) -> Case,
    /// Whose answer has these bits more, and is the same otherwise.
    keeps: Side,
}

#[derive(Debug, Clone, Copy)]
enum Side {
    Ours,
    Samba,
}

impl Rule {
    /// The case that both sides have to agree about for the rule to hold, if there is one.
    pub fn other_case(&self, case: &Case) -> Option<Case> {
        let but_for = self.but_for.as_ref()?;
        Some((but_for.case)(case, but_for.bits))
    }

    /// Whether both sides agree about the other case, and the answer that had the bits lost no more.
    pub fn holds(&self, first: &Compared<'_>, other: &Compared<'_>) -> bool {
        let Some(ButFor { bits, keeps, .. }) = &self.but_for else {
            return true;
        };
        let is_settled = |rule: &Rule| rule.but_for.is_none();
        let agree = other.ours == other.samba || explaining(other).is_some_and(is_settled);
        let answer = |compared: &Compared<'_>| match keeps {
            Side::Ours => compared.ours,
            Side::Samba => compared.samba,
        };
        let kept = |answer: Answer| answer.unwrap_or(0) & !bits;
        agree && answer(first).is_some() && kept(answer(first)) == kept(answer(other))
    }
}

/// Every rule; the first that explains a difference is counted.
pub const ALL: [Rule; 7] = [
    Rule {
        name: "zero-request",
        reason: "Samba grants a request for nothing; NT's own check refuses it",
        explains: zero_request,
        but_for: None,
    },
    Rule {
        name: "maximum-of-nothing",
        reason: "under MAXIMUM_ALLOWED alone, Samba grants a mask of 0 where NT refuses",
        explains: maximum_of_nothing,
        but_for: None,
    },
    Rule {
        name: "maximum-of-no-dacl",
        reason: "under MAXIMUM_ALLOWED and without a DACL, Samba grants only what was named and the \
                 owner's rights; NT grants everything",
        explains: maximum_of_no_dacl,
        but_for: None,
    },
    Rule {
        name: "owner-in-both-lists",
        reason: "an owner has what is implied if both lists name him; asking Samba twice implies it in \
                 the pass whose list does (the switch restricted-owner)",
        explains: owner_in_both_lists,
        but_for: None,
    },
    Rule {
        name: "above-bit-23",
        reason: "Samba hands out bit 24 of an ACE, ACCESS_SYSTEM_SECURITY; no DACL grants it in NT (under \
                 MAXIMUM_ALLOWED the switch high-ace-bits)",
        explains: above_bit_23,
        but_for: Some(ButFor {
            bits: SYSTEM_SECURITY,
            case: Case::without,
            keeps: Side::Samba,
        }),
    },
    Rule {
        name: "system-security-of-no-dacl",
        reason: "without a DACL, Samba grants ACCESS_SYSTEM_SECURITY too; NT asks for the privilege first",
        explains: system_security_of_no_dacl,
        but_for: Some(ButFor {
            bits: SYSTEM_SECURITY,
            case: Case::not_asking,
            keeps: Side::Samba,
        }),
    },
    Rule {
        name: "owner-before-pass-2",
        reason: "WRITE_DAC that both lists imply is granted before the passes, and so does not send the \
                 rest of a write-restricted request to the second; asking Samba twice does",
        explains: owner_before_pass_2,
        but_for: Some(ButFor {
            bits: WRITE_DAC,
            case: Case::not_asking,
            keeps: Side::Ours,
        }),
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
    let has_such = |entry: &Entry| entry.mask & SYSTEM_SECURITY != 0;
    let is_granted = compared.samba.unwrap_or(0) & SYSTEM_SECURITY != 0;
    let is_open = compared
        .depends_on
        .iter()
        .any(|name| name == "high-ace-bits");
    // Asked by name it is refused before any ACE.
    let lacks = if case.want & SYSTEM_SECURITY != 0 {
        !case.enables("SeSecurityPrivilege") && compared.ours.is_none()
    } else {
        case.is_maximum() && is_open
    };
    case.aces.iter().flatten().any(has_such) && is_granted && lacks
}

fn system_security_of_no_dacl(compared: &Compared<'_>) -> bool {
    let case = compared.case;
    let asked = case.want & SYSTEM_SECURITY != 0;
    let held = case.enables("SeSecurityPrivilege");
    let is_granted = compared.samba.unwrap_or(0) & SYSTEM_SECURITY != 0;
    case.aces.is_none() && asked && !held && compared.ours.is_none() && is_granted
}

fn owner_before_pass_2(compared: &Compared<'_>) -> bool {
    let case = compared.case;
    let is_owner = case.sids.contains(&(case.owner, true)) && case.restricts_to_owner();
    let asked = case.want & WRITE_DAC != 0 && case.want & DELETE == 0;
    let scoped = case.write_restricted && !case.is_maximum();
    scoped && is_owner && asked && compared.ours.is_some() && compared.samba.is_none()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bench::random::Random;

    /// A case without a list, of a token without privileges, that asks for this.
    fn case(want: u32) -> Case {
        let mut case = Case::random(&mut Random::new(1));
        case.aces = None;
        case.privileges = Vec::new();
        case.want = want;
        case
    }

    fn compared(case: &Case, ours: Answer, samba: Answer) -> Compared<'_> {
        Compared {
            case,
            ours,
            depends_on: Vec::new(),
            samba,
        }
    }

    #[test]
    fn a_rule_holds_only_if_nothing_but_its_bits_differs() {
        let asked = case(SYSTEM_SECURITY | 1);
        let first = compared(&asked, None, Some(SYSTEM_SECURITY | 1));
        let rule = explaining(&first).expect("a rule knows it");
        assert_eq!(rule.name, "system-security-of-no-dacl");
        let other = rule.other_case(&asked).expect("is asked again");
        assert_eq!(other.want, 1);
        assert!(rule.holds(&first, &compared(&other, Some(1), Some(1))));
        // They disagree without the bit too.
        assert!(!rule.holds(&first, &compared(&other, None, Some(1))));
        // Samba's answer lost another bit with it.
        assert!(!rule.holds(&first, &compared(&other, Some(3), Some(3))));
    }

    #[test]
    fn what_samba_does_not_grant_is_no_matter_of_system_security() {
        let asked = case(SYSTEM_SECURITY | 1);
        assert!(explaining(&compared(&asked, None, Some(1))).is_none());
        assert!(explaining(&compared(&asked, None, Some(SYSTEM_SECURITY | 1))).is_some());
    }
}
