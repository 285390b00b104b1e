//! What a plan for Windows is known not to hold.
//!
//! The first table is of every machine, by profile; what the search finds beyond it is a
//! mistake of this table, and a test says so.

use fumehood_policy::{Gap, GapName, NetworkMode, Policy};

use super::facts::{Facts, Volume};
use super::path::WinPath;
use super::places::Places;
use super::plan::PlanError;
use super::profile::TokenProfile::{self, Compatible, Elevated, Labelled, LabelledCaps, Strict};

/// A gap of some profiles on every machine.
struct Row {
    name: GapName,
    profiles: &'static [TokenProfile],
    asked: &'static str,
    why: &'static str,
    nearest: &'static str,
}

const TABLE: &[Row] = &[
    Row {
        name: GapName::DeleteByParent,
        profiles: &[Compatible],
        asked: "no deleting outside the roots",
        why: "the restricting list is not asked for this right",
        nearest: "what leads to something protected denies it, and is held open",
    },
    Row {
        name: GapName::SecretsReadable,
        profiles: &[Compatible, Labelled, LabelledCaps],
        asked: "no reading of secret places",
        why: "the token reads as the user",
        nearest: "our own state asks for a group that the token lost",
    },
    Row {
        name: GapName::ProcessMemory,
        profiles: &[Compatible, Strict],
        asked: "no reading of other processes' memory",
        why: "the user or the logon session may read it",
        nearest: "writing it is refused",
    },
    Row {
        name: GapName::ProcessKill,
        profiles: &[Compatible, Strict, Labelled, LabelledCaps],
        asked: "no ending of other processes",
        why: "it is an execute right, not a write right",
        nearest: "the launcher has a descriptor of its own",
    },
    Row {
        name: GapName::ConsoleAttach,
        profiles: &[Compatible, Strict],
        asked: "no attaching to other consoles",
        why: "no descriptor guards them",
        nearest: "a child never shares the launcher's console",
    },
    Row {
        name: GapName::NamedPipes,
        profiles: &[Compatible, Strict, LabelledCaps],
        asked: "named pipes for programs that give them no descriptor",
        why: "such a pipe names no restricting SID",
        nearest: "pipes without a name",
    },
    Row {
        name: GapName::OwnDacl,
        profiles: &[Compatible, Strict, LabelledCaps],
        asked: "files with a protected descriptor of the command's own",
        why: "it names no restricting SID",
        nearest: "everything that inherits",
    },
    Row {
        name: GapName::ProgramdataPlanting,
        profiles: &[Strict],
        asked: "no new files where Users may make them",
        why: "without Users in the list no program can be opened",
        nearest: "what is there keeps its own descriptor",
    },
    Row {
        name: GapName::LowPlaces,
        profiles: &[Labelled],
        asked: "no writing in places labelled Low",
        why: "the token is above Low",
        nearest: "the user's other places count as Medium",
    },
    Row {
        name: GapName::OtherWorkspaces,
        profiles: &[Labelled],
        asked: "no writing in other sandboxes' roots",
        why: "one label serves all",
        nearest: "labelled+caps keeps them apart",
    },
    Row {
        name: GapName::NewRepositories,
        profiles: &[Compatible, Strict, Labelled, LabelledCaps, Elevated],
        asked: "protect repositories that the command makes",
        why: "names cannot be judged as they are made",
        nearest: "they are looked at afterwards",
    },
    Row {
        name: GapName::NamesAtDepth,
        profiles: &[Compatible, Strict, Labelled, LabelledCaps, Elevated],
        asked: "protect names at any depth of writable roots",
        why: "names cannot be judged as they are made",
        nearest: "repositories that were there at the start",
    },
];

/// What the profile is known not to hold. `docs/token-profiles.md` is what the search finds
/// of it; a test compares.
pub(super) fn known(
    policy: &Policy,
    facts: &Facts,
    places: &Places,
    profile: TokenProfile,
) -> Vec<Gap> {
    let mut gaps = standing_gaps(policy, profile);
    let mut note = |name: GapName, asked: String, why: &str, nearest: &str| {
        gaps.push(Gap {
            name,
            asked,
            why: why.to_owned(),
            nearest: nearest.to_owned(),
        });
    };
    let listed = |paths: &[WinPath]| {
        let first: Vec<&str> = paths.iter().take(3).map(WinPath::as_str).collect();
        let more = if paths.len() > 3 { ", …" } else { "" };
        format!("{}{more}", first.join(", "))
    };
    if !places.open.is_empty() && profile.is_restricted() {
        note(
            GapName::WorldWritable,
            format!("no writing in {}", listed(&places.open)),
            "Everyone may write there, and the descriptor is not the user's to change",
            "an administrator can hand Everyone's rights to Authenticated Users",
        );
    }
    let bare: Vec<String> = facts
        .volumes
        .iter()
        .filter(|(_, volume)| **volume == Volume::KeepsNone)
        .map(|(drive, _)| format!("{drive}:"))
        .collect();
    if !bare.is_empty() {
        note(
            GapName::VolumesWithoutAcls,
            format!("no writing on {}", bare.join(", ")),
            "the volume keeps no descriptors",
            "it is refused as a root",
        );
    }
    if !places.missing.is_empty() {
        note(
            GapName::MissingNames,
            format!(
                "protect {} names that do not exist yet, such as {}",
                places.missing.len(),
                places.missing[0]
            ),
            "there is nothing to protect, and what takes the name would be seen by everybody",
            "names that exist, and those of a repository's own",
        );
    }
    if !places.shown.is_empty() && profile != Strict && profile != Elevated {
        note(
            GapName::SecretsReadable,
            format!("hide {}", listed(&places.shown)),
            "no entry of ours may stand there",
            "content outside such places is hidden",
        );
    }
    gaps
}

/// Gaps of a profile on every machine.
fn standing_gaps(policy: &Policy, profile: TokenProfile) -> Vec<Gap> {
    let of_profile = TABLE.iter().filter(|row| row.profiles.contains(&profile));
    let mut gaps: Vec<Gap> = of_profile
        .map(|row| Gap {
            name: row.name,
            asked: row.asked.to_owned(),
            why: row.why.to_owned(),
            nearest: row.nearest.to_owned(),
        })
        .collect();
    if policy.network.mode != NetworkMode::On && profile != Elevated {
        gaps.push(Gap {
            name: GapName::NetworkAdvisory,
            asked: "the network off".to_owned(),
            why: "nothing that the kernel holds is known without an administrator".to_owned(),
            nearest: "variables that programs respect".to_owned(),
        });
    }
    gaps
}

/// Keeps each gap once and refuses those that the policy does not accept.
pub(super) fn accepted(policy: &Policy, mut all: Vec<Gap>) -> Result<Vec<Gap>, PlanError> {
    all.sort_by(|a, b| (a.name, &a.asked).cmp(&(b.name, &b.asked)));
    all.dedup();
    let refused: Vec<Gap> = all
        .iter()
        .filter(|gap| !policy.accepts(gap.name))
        .cloned()
        .collect();
    if refused.is_empty() {
        Ok(all)
    } else {
        Err(PlanError::Gaps(refused))
    }
}
