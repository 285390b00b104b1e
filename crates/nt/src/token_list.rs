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
    entries: Box<[Entry]>,
    /// The SID of each entry.
    sids: Box<[Sid]>,
    /// A bit for each print.
    filter: u64,
    /// Whether a SID stands twice with different states.
    doubled: bool,
}

/// What is looked at before a SID.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Entry {
    print: u32,
    state: SidState,
}

/// The bit of the filter for a print: its highest six bits, which the multiplication mixed best.
const fn bit(print: u32) -> u64 {
    1 << (print >> 26)
}

/// Whether the SID at `at` stands before it with another state.
fn differs(entries: &[Entry], sids: &[Sid], at: usize) -> bool {
    let Entry { print, state } = entries[at];
    let before = entries.iter().zip(sids).take(at);
    before
        .filter(|(entry, sid)| entry.print == print && sid.is(&sids[at]))
        .any(|(entry, _)| entry.state != state)
}

impl SidList {
    /// A list of these.
    pub fn of(entries: impl Iterator<Item = (Sid, SidState)> + Clone) -> Self {
        let entry = |(sid, state): (Sid, SidState)| {
            let print = sid.print();
            Entry { print, state }
        };
        let sids: Box<[_]> = entries.clone().map(|(sid, _)| sid).collect();
        let entries: Box<[_]> = entries.map(entry).collect();
        let (mut filter, mut doubled) = (0, false);
        for (at, entry) in entries.iter().enumerate() {
            // A bit that is new was no SID's before.
            doubled |= filter & bit(entry.print) != 0 && differs(&entries, &sids, at);
            filter |= bit(entry.print);
        }
        Self {
            entries,
            sids,
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
        let print = sid.print();
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
        self.first(sid, sid.print()).is_some()
    }

    /// The state of the first entry for `sid`.
    #[inline]
    fn first(&self, sid: &Sid, print: u32) -> Option<SidState> {
        let mut entries = self.entries.iter().zip(&self.sids);
        let found = entries.find(|(entry, known)| entry.print == print && known.is(sid));
        found.map(|(entry, _)| entry.state)
    }

    /// The rare case: some SID stands twice.
    #[cold]
    fn matches_doubled(&self, sid: &Sid, purpose: Purpose, doubled: DoubledSid) -> bool {
        let mut states = self
            .entries
            .iter()
            .zip(&self.sids)
            .filter(|(_, known)| *known == sid)
            .map(|(entry, _)| serves(entry.state, purpose))
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
        assert_eq!(one.print(), other.print());
        let list = SidList::of([(one, SidState::Enabled)].into_iter());
        assert!(list.matches(&one, Purpose::Allow, DoubledSid::FirstEntry));
        assert!(!list.matches(&other, Purpose::Allow, DoubledSid::FirstEntry));
    }
}
