//! Conditions of ACEs, as far as a token alone can answer them.
//!
//! Membership is known; attributes are not, and what is not known stays unknown
//! through AND, OR and NOT ([MS-DTYP] 2.4.4.17.7). An unknown condition does not
//! let an ACE allow and does not stop it from denying ([MS-DTYP] 2.4.4.17.3).
//!
//! A SID counts as a member for an allow if it is enabled, for a deny if it is
//! enabled or deny-only.

use super::check::{Check, Unknown};
use super::verdict::Pass;
use crate::condition::{Callback, Condition, Membership, Sids};
use crate::semantics::{ConditionSids, DoubledSid};
use crate::token_list::{Purpose, SidList};

/// What a condition evaluates to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Truth {
    True,
    False,
    Unknown,
}

/// Whether an ACE applies, as far as its condition goes.
#[derive(Debug, Clone, Copy)]
pub(super) struct Answer {
    pub applies: bool,
    /// Whether the condition could not be known.
    pub unknown: bool,
}

/// Whose SIDs a condition is about.
#[derive(Clone, Copy)]
struct Subject<'a> {
    user: &'a SidList,
    device: Option<&'a SidList>,
    purpose: Purpose,
    doubled: DoubledSid,
}

/// Whether the condition lets an ACE of this purpose apply in this pass.
pub(super) fn applies(
    check: &Check<'_, '_>,
    callback: &Callback,
    pass: Pass,
    purpose: Purpose,
) -> Answer {
    let Callback::Condition(condition) = callback else {
        return answer(check, Truth::Unknown, purpose);
    };
    let token = check.token;
    let own = match pass {
        Pass::Normal => token.normal(),
        Pass::Restricting => token.restricting(),
        Pass::Package => token.package(),
    };
    // A negation turns granting into denying, so that the bounds of a doubled SID bound nothing.
    let doubled = match check.semantics.doubled_sid {
        DoubledSid::AnyEntry => DoubledSid::AnyEntry,
        _ => DoubledSid::FirstEntry,
    };
    let by = |user| {
        let device = token.device();
        let subject = Subject {
            user,
            device,
            purpose,
            doubled,
        };
        answer(check, truth(condition, subject, 0), purpose)
    };
    let both = || (by(token.normal()), by(own));
    match (check.semantics.condition_sids, purpose) {
        (ConditionSids::TokenGroups, _) => by(token.normal()),
        (ConditionSids::PassList, _) => by(own),
        (ConditionSids::MostGranting, Purpose::Allow)
        | (ConditionSids::MostDenying, Purpose::Deny) => {
            let (a, b) = both();
            Answer {
                applies: a.applies || b.applies,
                unknown: a.unknown || b.unknown,
            }
        }
        (ConditionSids::MostGranting, Purpose::Deny)
        | (ConditionSids::MostDenying, Purpose::Allow) => {
            let (a, b) = both();
            Answer {
                applies: a.applies && b.applies,
                unknown: a.unknown || b.unknown,
            }
        }
    }
}

fn answer(check: &Check<'_, '_>, truth: Truth, purpose: Purpose) -> Answer {
    let applies = match truth {
        Truth::True => true,
        Truth::False => false,
        Truth::Unknown => (purpose == Purpose::Deny) == (check.unknown == Unknown::TowardsRefusal),
    };
    Answer {
        applies,
        unknown: truth == Truth::Unknown,
    }
}

/// The value of a condition; one that nests deeper than is possible is not known.
fn truth(condition: &Condition, subject: Subject<'_>, depth: usize) -> Truth {
    if depth >= Condition::MAX_DEPTH {
        return Truth::Unknown;
    }
    let below = |part: &Condition| truth(part, subject, depth + 1);
    match condition {
        Condition::And(a, b) => match (below(a), below(b)) {
            (Truth::False, _) | (_, Truth::False) => Truth::False,
            (Truth::True, Truth::True) => Truth::True,
            _ => Truth::Unknown,
        },
        Condition::Or(a, b) => match (below(a), below(b)) {
            (Truth::True, _) | (_, Truth::True) => Truth::True,
            (Truth::False, Truth::False) => Truth::False,
            _ => Truth::Unknown,
        },
        Condition::Not(a) => not(below(a)),
        Condition::Member(membership, sids) => member(*membership, sids, subject),
        _ => Truth::Unknown,
    }
}

const fn not(truth: Truth) -> Truth {
    match truth {
        Truth::True => Truth::False,
        Truth::False => Truth::True,
        Truth::Unknown => Truth::Unknown,
    }
}

/// [MS-DTYP] 2.4.4.17.6. An empty list says nothing that could be relied on: unknown.
fn member(membership: Membership, sids: &Sids, subject: Subject<'_>) -> Truth {
    use Membership as M;
    let list = match membership {
        M::MemberOf | M::MemberOfAny | M::NotMemberOf | M::NotMemberOfAny => Some(subject.user),
        M::DeviceMemberOf
        | M::DeviceMemberOfAny
        | M::NotDeviceMemberOf
        | M::NotDeviceMemberOfAny => subject.device,
    };
    let (Some(list), false) = (list, sids.as_slice().is_empty()) else {
        return Truth::Unknown;
    };
    let mut each = sids
        .as_slice()
        .iter()
        .map(|sid| list.matches(sid, subject.purpose, subject.doubled));
    let holds = match membership {
        M::MemberOf | M::DeviceMemberOf => each.all(|is| is),
        M::MemberOfAny | M::DeviceMemberOfAny => each.any(|is| is),
        M::NotMemberOf | M::NotDeviceMemberOf => !each.all(|is| is),
        M::NotMemberOfAny | M::NotDeviceMemberOfAny => !each.any(|is| is),
    };
    if holds { Truth::True } else { Truth::False }
}
