//! A random question that both sides understand.
//!
//! No conditions, object types, labels, levels or deny-only SIDs: Samba knows none
//! of them in this check. Few SIDs, so that lists and tokens meet.

use serde_json::json;

use crate::bench::random::Random;

/// `MAXIMUM_ALLOWED`
const MAXIMUM: u32 = 0x0200_0000;
/// The user, then groups.
const SIDS: [&str; 9] = [
    "S-1-5-21-1-2-3-1001",
    "S-1-1-0",
    "S-1-5-11",
    "S-1-5-32-545",
    "S-1-5-32-544",
    "S-1-5-5-0-77",
    "S-1-5-12",
    "S-1-5-21-1-2-3-4242",
    "S-1-5-18",
];
const OWNER_RIGHTS: &str = "S-1-3-4";
const OBJECTS: [&str; 6] = ["file", "key", "process", "token", "event", "section"];
const PRIVILEGES: [&str; 4] = [
    "SeTakeOwnershipPrivilege",
    "SeSecurityPrivilege",
    "SeChangeNotifyPrivilege",
    "SeBackupPrivilege",
];
/// Flags of an ACE; the last but one is for children only.
const FLAGS: [&str; 6] = ["", "", "ID", "OICI", "OICIIO", "CINP"];

/// A question.
#[derive(Debug, Clone)]
pub struct Case {
    /// The owner of the object.
    pub owner: &'static str,
    /// The entries; none if there is no list.
    pub aces: Option<Vec<Entry>>,
    /// The user and the groups, each with whether it is enabled.
    pub sids: Vec<(&'static str, bool)>,
    /// The restricting list, if there is one.
    pub restricting: Option<Vec<&'static str>>,
    /// Whether it is asked for writes only.
    pub write_restricted: bool,
    /// The privileges that are enabled.
    pub privileges: Vec<&'static str>,
    /// What is asked.
    pub want: u32,
    /// Of what kind of object.
    pub object: &'static str,
}

/// An entry of the list.
#[derive(Debug, Clone)]
pub struct Entry {
    letter: char,
    flags: &'static str,
    /// Its rights.
    pub mask: u32,
    /// Whom it is for.
    pub sid: &'static str,
}

impl Case {
    /// The next case.
    pub fn random(random: &mut Random) -> Self {
        let entries = |random: &mut Random| -> Vec<Entry> {
            let count = random.below(7);
            (0..count).map(|_| Entry::random(random)).collect()
        };
        let user = pick(random, &SIDS);
        let mut sids = vec![(user, true)];
        for sid in SIDS.iter().filter(|sid| **sid != user) {
            if chance(random, 45) {
                sids.push((*sid, chance(random, 90)));
            }
        }
        let restricting = chance(random, 40).then(|| {
            let chosen = SIDS.iter().filter(|_| chance(random, 40));
            chosen.copied().collect()
        });
        let mut privileges = Vec::new();
        for privilege in PRIVILEGES {
            if chance(random, 8) {
                privileges.push(privilege);
            }
        }
        Self {
            owner: pick(random, &SIDS),
            aces: chance(random, 97).then(|| entries(random)),
            write_restricted: restricting.is_some() && chance(random, 40),
            sids,
            restricting,
            privileges,
            want: want(random),
            object: pick(random, &OBJECTS),
        }
    }

    /// It as a line of `nt check`.
    pub fn line(&self) -> String {
        let (user, groups) = self.sids.split_first().unwrap_or((&("", false), &[]));
        let state = |enabled: bool| if enabled { "enabled" } else { "disabled" };
        let groups: Vec<_> = groups
            .iter()
            .map(|(sid, enabled)| json!([sid, state(*enabled)]))
            .collect();
        let question = json!({
            "sddl": self.sddl(),
            "token": {
                "user": user.0,
                "groups": groups,
                "restricting": self.restricting,
                "write_restricted": self.write_restricted,
                "privileges": self.privileges,
            },
            "want": format!("{:#010x}", self.want),
            "object": self.object,
        });
        question.to_string()
    }

    fn sddl(&self) -> String {
        let owner = self.owner;
        let Some(aces) = &self.aces else {
            return format!("O:{owner}G:SY");
        };
        let aces: String = aces.iter().map(Entry::sddl).collect();
        format!("O:{owner}G:SYD:{aces}")
    }

    /// The same without these bits, in the request and in every entry.
    pub fn without(&self, bits: u32) -> Self {
        let mut case = self.clone();
        case.want &= !bits;
        for entry in case.aces.iter_mut().flatten() {
            entry.mask &= !bits;
        }
        case
    }

    /// The same, asking for all but these bits.
    pub fn not_asking(&self, bits: u32) -> Self {
        let want = self.want & !bits;
        Self {
            want,
            ..self.clone()
        }
    }

    /// Whether all that may be had is asked for.
    pub fn is_maximum(&self) -> bool {
        self.want & MAXIMUM != 0
    }

    /// Whether the privilege is enabled.
    pub fn enables(&self, privilege: &str) -> bool {
        self.privileges.contains(&privilege)
    }

    /// Whether the owner is in the restricting list.
    pub fn restricts_to_owner(&self) -> bool {
        let list = self.restricting.as_deref().unwrap_or_default();
        list.contains(&self.owner)
    }

    /// What kind of case it is, for the table.
    pub fn kind(&self) -> &'static str {
        let asked = (
            self.restricting.is_some(),
            self.write_restricted,
            self.is_maximum(),
        );
        match asked {
            (false, _, false) => "plain",
            (false, _, true) => "plain, MAXIMUM_ALLOWED",
            (true, false, false) => "fully restricted",
            (true, false, true) => "fully restricted, MAXIMUM_ALLOWED",
            (true, true, false) => "write-restricted",
            (true, true, true) => "write-restricted, MAXIMUM_ALLOWED",
        }
    }
}

impl Entry {
    fn random(random: &mut Random) -> Self {
        let sid = if chance(random, 5) {
            OWNER_RIGHTS
        } else {
            pick(random, &SIDS)
        };
        Self {
            letter: if chance(random, 30) { 'D' } else { 'A' },
            flags: pick(random, &FLAGS),
            mask: mask(random),
            sid,
        }
    }

    fn sddl(&self) -> String {
        let Self {
            letter,
            flags,
            mask,
            sid,
        } = self;
        format!("({letter};{flags};{mask:#x};;;{sid})")
    }
}

/// Some rights: single ones, sets of them, generic ones, rarely odd ones.
fn mask(random: &mut Random) -> u32 {
    let mut mask = 0;
    for _ in 0..=random.below(3) {
        mask |= match random.below(10) {
            0..=4 => 1 << random.below(9),
            5 | 6 => 1 << (16 + random.below(5)),
            7 => 1 << (28 + random.below(4)),
            8 => pick(
                random,
                &[0x0012_0089, 0x0012_0116, 0x0012_00A0, 0x001F_01FF],
            ),
            _ if chance(random, 8) => 1 << (21 + random.below(4)),
            _ => 0,
        };
    }
    mask
}

fn want(random: &mut Random) -> u32 {
    match random.below(10) {
        0 | 1 => MAXIMUM,
        2 => MAXIMUM | mask(random),
        _ => mask(random),
    }
}

/// True so often in a hundred.
fn chance(random: &mut Random, percent: usize) -> bool {
    random.below(100) < percent
}

fn pick<T: Copy>(random: &mut Random, from: &[T]) -> T {
    from[random.below(from.len())]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_seed_replays_its_cases_and_every_kind_comes_up() {
        let cases = |seed| {
            let mut random = Random::new(seed);
            let case = |_| Case::random(&mut random);
            (0..500).map(case).collect::<Vec<_>>()
        };
        let lines = |seed| cases(seed).iter().map(Case::line).collect::<Vec<_>>();
        assert_eq!(lines(1), lines(1));
        assert_ne!(lines(1), lines(2));
        let kinds: std::collections::BTreeSet<_> = cases(3).iter().map(Case::kind).collect();
        assert_eq!(kinds.len(), 6, "{kinds:?}");
    }
}
