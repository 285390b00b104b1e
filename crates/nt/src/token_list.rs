//! A list of SIDs that is asked many times.
//!
//! Beside the SIDs stands a print of each, a word that differs for nearly any
//! two, and a filter of all prints. Most SIDs of most ACEs are in no list of
//! most tokens: the filter says so at once.

use crate::semantics::DoubledSid;
use crate::sid::Sid;
use crate::token::SidState;

/// What a SID is looked up for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Purpose {
    /// To allow: it must be enabled.
    Allow,
    /// To deny: enabled or deny-only.
    Deny,
}

/// SIDs with their states, in the token's order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct SidList {
    prints: Box<[u32]>,
    entries: Box<[(Sid, SidState)]>,
    /// A bit for each print.
    filter: u64,
    /// Whether a SID stands twice with different states.
    doubled: bool,
}

/// A word that differs for nearly any two SIDs.
fn print(sid: &Sid) -> u32 {
    let parts = sid.parts();
    let first = parts.first().copied().unwrap_or_default();
    let last = parts.last().copied().unwrap_or_default();
    let middle = parts.get(parts.len() / 2).copied().unwrap_or_default();
    // Odd constants, so that nothing is lost; the multiplication spreads small numbers.
    let mixed = last ^ first.rotate_left(9) ^ middle.rotate_left(17);
    mixed.wrapping_mul(0x9E37_79B1)
}

/// The bit of the filter for a print: its highest six bits, which the multiplication mixed best.
const fn bit(print: u32) -> u64 {
    1 << (print >> 26)
}

/// Whether the SID at `at` stands before it with another state.
fn differs(prints: &[u32], entries: &[(Sid, SidState)], at: usize) -> bool {
    let (sid, state) = &entries[at];
    let same = |before: &usize| prints[*before] == prints[at] && entries[*before].0.is(sid);
    (0..at)
        .filter(same)
        .any(|before| entries[before].1 != *state)
}

impl SidList {
    /// A list of these.
    pub fn of(entries: impl Iterator<Item = (Sid, SidState)>) -> Self {
        let entries: Box<[_]> = entries.collect();
        let prints: Box<[_]> = entries.iter().map(|(sid, _)| print(sid)).collect();
        let (mut filter, mut doubled) = (0, false);
        for (at, print) in prints.iter().enumerate() {
            // A bit that is new was no SID's before.
            doubled |= filter & bit(*print) != 0 && differs(&prints, &entries, at);
            filter |= bit(*print);
        }
        Self {
            prints,
            entries,
            filter,
            doubled,
        }
    }

    /// Whether a SID stands in it twice with different states.
    pub fn is_doubled(&self) -> bool {
        self.doubled
    }

    /// Whether an ACE for `sid` with this purpose is for this list.
    #[inline]
    pub fn matches(&self, sid: &Sid, purpose: Purpose, doubled: DoubledSid) -> bool {
        let print = print(sid);
        if self.filter & bit(print) == 0 {
            return false;
        }
        if self.doubled && doubled != DoubledSid::FirstEntry {
            return self.matches_doubled(sid, purpose, doubled);
        }
        self.first(sid, print)
            .is_some_and(|state| serves(state, purpose))
    }

    /// Whether `sid` stands in it, in whatever state.
    pub fn contains(&self, sid: &Sid) -> bool {
        self.first(sid, print(sid)).is_some()
    }

    /// The state of the first entry for `sid`.
    #[inline]
    fn first(&self, sid: &Sid, print: u32) -> Option<SidState> {
        for (at, other) in self.prints.iter().enumerate() {
            if *other == print {
                let (known, state) = &self.entries[at];
                if known.is(sid) {
                    return Some(*state);
                }
            }
        }
        None
    }

    /// The rare case: some SID stands twice.
    #[cold]
    fn matches_doubled(&self, sid: &Sid, purpose: Purpose, doubled: DoubledSid) -> bool {
        let mut states = self
            .entries
            .iter()
            .filter(|(known, _)| known == sid)
            .map(|(_, state)| serves(*state, purpose))
            .peekable();
        if states.peek().is_none() {
            return false;
        }
        match (doubled, purpose) {
            (DoubledSid::FirstEntry, _) => states.next().unwrap_or(false),
            (DoubledSid::AnyEntry, _)
            | (DoubledSid::MostGranting, Purpose::Allow)
            | (DoubledSid::MostDenying, Purpose::Deny) => states.any(|serves| serves),
            (DoubledSid::MostGranting, Purpose::Deny)
            | (DoubledSid::MostDenying, Purpose::Allow) => states.all(|serves| serves),
        }
    }
}

/// Whether a SID in this state serves the purpose.
const fn serves(state: SidState, purpose: Purpose) -> bool {
    match (state, purpose) {
        (SidState::Enabled, _) | (SidState::DenyOnly, Purpose::Deny) => true,
        (SidState::DenyOnly, Purpose::Allow) | (SidState::Disabled, _) => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const A: Sid = Sid::of(5, [21, 1, 2, 3, 1001]);
    const B: Sid = Sid::of(5, [32, 545]);

    #[test]
    fn a_state_serves_the_purposes_it_serves() {
        let rows = [
            (SidState::Enabled, true, true),
            (SidState::Disabled, false, false),
            (SidState::DenyOnly, false, true),
        ];
        for (state, allows, denies) in rows {
            let list = SidList::of([(A, state)].into_iter());
            for doubled in DoubledSid::ALL {
                assert_eq!(list.matches(&A, Purpose::Allow, *doubled), allows);
                assert_eq!(list.matches(&A, Purpose::Deny, *doubled), denies);
                assert!(!list.matches(&B, Purpose::Deny, *doubled));
            }
        }
    }

    #[test]
    fn a_sid_that_stands_twice_means_what_the_switch_says() {
        let list = SidList::of([(A, SidState::DenyOnly), (A, SidState::Enabled)].into_iter());
        assert!(list.is_doubled());
        let both = |doubled| {
            let matches = |purpose| list.matches(&A, purpose, doubled);
            (matches(Purpose::Allow), matches(Purpose::Deny))
        };
        assert_eq!(both(DoubledSid::FirstEntry), (false, true));
        assert_eq!(both(DoubledSid::AnyEntry), (true, true));
        let list = SidList::of([(A, SidState::Disabled), (A, SidState::Enabled)].into_iter());
        let both = |doubled| {
            let matches = |purpose| list.matches(&A, purpose, doubled);
            (matches(Purpose::Allow), matches(Purpose::Deny))
        };
        assert_eq!(both(DoubledSid::MostGranting), (true, false));
        assert_eq!(both(DoubledSid::MostDenying), (false, true));
        assert_eq!(both(DoubledSid::FirstEntry), (false, false));
    }

    #[test]
    fn only_a_sid_that_stands_twice_in_different_states_is_doubled() {
        let doubled = |entries: [(Sid, SidState); 2]| SidList::of(entries.into_iter()).is_doubled();
        assert!(!doubled([(A, SidState::DenyOnly), (B, SidState::Enabled)]));
        assert!(!doubled([(A, SidState::Enabled), (A, SidState::Enabled)]));
        assert!(doubled([(A, SidState::DenyOnly), (A, SidState::Enabled)]));
    }

    #[test]
    fn sids_with_the_same_print_are_told_apart() {
        // First, middle and last are the same; one between differs.
        let one = Sid::of(5, [21, 7, 8, 9, 1001]);
        let other = Sid::of(5, [21, 6, 8, 5, 1001]);
        assert_eq!(print(&one), print(&other));
        let list = SidList::of([(one, SidState::Enabled)].into_iter());
        assert!(list.matches(&one, Purpose::Allow, DoubledSid::FirstEntry));
        assert!(!list.matches(&other, Purpose::Allow, DoubledSid::FirstEntry));
    }
}
