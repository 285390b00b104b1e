//! Where on the machine a policy makes a difference: roots, what is protected in
//! them, what leads there, what is hidden, what is open to everyone.

use std::collections::{BTreeMap, BTreeSet};

use fumehood_nt::evaluate::evaluate;
use fumehood_nt::semantics::Semantics;
use fumehood_nt::{AccessMask, AceKind, GenericMapping, SecurityDescriptor, Sid};
use fumehood_policy::{Access, Effect, Layer, Policy, Standing};

use super::facts::{Facts, FileId, Found, Kind, PLACES_LIMIT, Question, Volume, on_a_drive};
use super::judge::Judge;
use super::path::WinPath;
use super::plan::PlanError;

/// A writable root.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Root {
    /// Where.
    pub path: WinPath,
    /// Which object.
    pub id: FileId,
    /// Whose grant writes in it.
    pub grant: Sid,
}

/// A place in a root where its grant ends.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Protected {
    /// Where.
    pub path: WinPath,
    /// What is there.
    pub there: There,
    /// The grants of the roots that it lies in.
    pub grants: Vec<Sid>,
    /// What the policy leaves: reading, or nothing.
    pub standing: Standing,
}

/// What is at a place, or what a plan puts there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum There {
    /// This object.
    Object(FileId),
    /// Nothing: a folder or file of ours takes the name.
    Taken(Kind, &'static str),
}

/// A folder that leads to something protected.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Way {
    /// Which object.
    pub id: FileId,
    /// The grants that must not delete it.
    pub grants: BTreeSet<Sid>,
}

/// Everything that a plan changes, but for what is its own.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Places {
    /// From the outside in.
    pub roots: Vec<Root>,
    /// From the outside in.
    pub protected: Vec<Protected>,
    /// Folders above those, up to their roots.
    pub ways: BTreeMap<WinPath, Way>,
    /// What a rule of the user's hides and a descriptor can hide.
    pub hidden: Vec<(WinPath, FileId)>,
    /// What a rule of the user's hides and no descriptor may.
    pub shown: Vec<WinPath>,
    /// Open to everyone, and the user may change that.
    pub narrowed: Vec<(WinPath, FileId)>,
    /// Open to everyone, and the user may not.
    pub open: Vec<WinPath>,
    /// Protected names that are not there and not taken.
    pub missing: Vec<WinPath>,
}

/// Names that an empty folder may take where nothing is: no tool minds it.
const TAKEN_FOLDERS: [&str; 7] = [
    ".vscode",
    ".idea",
    ".claude",
    ".codex",
    ".gemini",
    ".cursor",
    ".fumehood",
];
/// Names that are taken in a repository that is there at the start: git runs with them
/// (`commondir` has to name a folder, and `.` is the one that git takes without it).
const TAKEN_IN_GIT: [(&str, Kind, &str); 3] = [
    ("hooks", Kind::Folder, ""),
    ("config.worktree", Kind::File, ""),
    ("commondir", Kind::File, ".\n"),
];

/// Everything that must be known about the machine; with the repositories that an earlier
/// answer named, what must be known of those too.
#[must_use]
pub fn questions(policy: &Policy, repositories: &[WinPath]) -> Vec<Question> {
    let mut all = BTreeSet::from([
        Question::Token,
        Question::Volumes,
        Question::OpenPlaces,
        Question::PathFolders,
    ]);
    let roots = root_paths(policy);
    for root in &roots {
        all.insert(Question::Grant(root.clone()));
        all.insert(Question::Repositories(root.clone()));
        all.insert(Question::Path(root.clone()));
    }
    let places = roots.iter().chain(repositories);
    let named = places.flat_map(|place| protected_below(policy, place));
    let state = on_a_drive(&policy.own.state);
    for path in named.chain(denied(policy)).chain(state) {
        all.extend(
            path.above()
                .filter(|above| roots.iter().any(|root| above.is_within(root)))
                .map(Question::Path),
        );
        all.insert(Question::Path(path));
    }
    all.into_iter().collect()
}

/// The places that rules make writable, as the policy names them.
fn root_paths(policy: &Policy) -> Vec<WinPath> {
    let rules = policy.rules.iter().filter(|rule| rule.is_writable_root());
    let mut roots: Vec<WinPath> = rules
        .filter_map(|rule| on_a_drive(rule.pattern.base()))
        .collect();
    roots.sort();
    roots.dedup();
    roots
}

/// What the protected names mean below a place.
fn protected_below<'a>(
    policy: &'a Policy,
    place: &'a WinPath,
) -> impl Iterator<Item = WinPath> + 'a {
    policy.protected.iter().filter_map(|name| {
        let below = std::str::from_utf8(name.name.as_bytes()).ok()?;
        place.join(below).ok()
    })
}

/// What plain rules of anybody but us deny.
fn denied(policy: &Policy) -> impl Iterator<Item = WinPath> + '_ {
    let rules = policy.rules.iter().filter(|rule| {
        rule.effect == Effect::Deny
            && rule.pattern.glob().is_none()
            && rule.origin.layer != Layer::BuiltIn
    });
    rules.filter_map(|rule| on_a_drive(rule.pattern.base()))
}

/// Finds the places of a policy on a machine.
pub(super) fn lay_out(policy: &Policy, facts: &Facts) -> Result<Places, PlanError> {
    let judge = Judge::of(policy);
    let mut places = Places {
        roots: roots(policy, &judge, facts)?,
        ..Places::default()
    };
    let tops: Vec<WinPath> = places.roots.iter().map(|root| root.path.clone()).collect();
    let repositories = facts.repositories.iter().take(PLACES_LIMIT);
    let mut names: BTreeSet<WinPath> = BTreeSet::new();
    for top in tops.iter().chain(repositories) {
        names.extend(protected_below(policy, top));
    }
    names.extend(denied(policy));
    let mut found: Vec<WinPath> = Vec::new();
    for path in names {
        let inside = tops.iter().any(|top| path.is_within(top) && path != *top);
        let below_another = found.iter().any(|place| path.is_within(place));
        if inside
            && !below_another
            && !judge.writes(&path)
            && places.protect(facts, &path, judge.standing(&path))
        {
            found.push(path);
        }
    }
    let nested: Vec<WinPath> = tops.clone();
    for path in found.iter().chain(&nested) {
        places.lead_to(facts, path);
    }
    places.hide(policy, &judge, facts);
    places.narrow(facts);
    if places.protected.len() + places.ways.len() > 4 * PLACES_LIMIT {
        return Err(PlanError::TooMany);
    }
    Ok(places)
}

fn roots(policy: &Policy, judge: &Judge, facts: &Facts) -> Result<Vec<Root>, PlanError> {
    let mut roots = Vec::new();
    for path in root_paths(policy) {
        if !judge.writes(&path) {
            continue;
        }
        if let Some(why) = never_ours(&path, facts) {
            return Err(PlanError::Forbidden(path, why));
        }
        let found = facts
            .found(&path)
            .ok_or_else(|| PlanError::Absent(path.clone()))?;
        match found.kind {
            Kind::Folder => {}
            Kind::Reparse => return Err(PlanError::Link(path)),
            Kind::File => return Err(PlanError::NotAFolder(path)),
        }
        if facts.volumes.get(&path.drive()) != Some(&Volume::KeepsDescriptors) {
            return Err(PlanError::NoDescriptors(path));
        }
        let grant = facts
            .grant(&path)
            .ok_or_else(|| PlanError::NoGrant(path.clone()))?;
        let id = found.id;
        roots.push(Root { path, id, grant });
    }
    if roots.len() > PLACES_LIMIT {
        return Err(PlanError::TooMany);
    }
    Ok(roots)
}

/// Why a place gets no entry of ours: what others read there breaks, or what inherits it is
/// everything.
pub(super) fn never_ours(path: &WinPath, facts: &Facts) -> Option<&'static str> {
    let holds = |inner: &WinPath| inner.is_within(path);
    let app_data = facts.profile.join("AppData").ok();
    let is_ssh = |part: &str| part.eq_ignore_ascii_case(".ssh");
    if path.is_top() {
        Some("it is the top of a drive")
    } else if holds(&facts.profile) {
        Some("it holds the user's profile")
    } else if app_data.is_some_and(|folder| folder == *path) {
        Some("it is AppData")
    } else if path.parts().any(is_ssh) {
        Some("OpenSSH refuses keys in a folder with other entries")
    } else {
        None
    }
}

impl Places {
    /// Ends the grants at a place; whether there is something to end them at.
    fn protect(&mut self, facts: &Facts, path: &WinPath, standing: Standing) -> bool {
        let there = if let Some(found) = facts.found(path) {
            There::Object(found.id)
        } else if let Some((kind, content)) = placeholder(facts, path) {
            There::Taken(kind, content)
        } else {
            self.missing.push(path.clone());
            return false;
        };
        let grants = self.grants_above(path);
        let path = path.clone();
        self.protected.push(Protected {
            path,
            there,
            grants,
            standing,
        });
        true
    }

    /// The grants of the roots that hold a place, and that is not the root itself.
    fn grants_above(&self, path: &WinPath) -> Vec<Sid> {
        let roots = self.roots.iter();
        let holds = roots.filter(|root| path.is_within(&root.path) && *path != root.path);
        holds.map(|root| root.grant).collect()
    }

    /// The folders that lead to a place: none of them may be moved, and none may delete
    /// what it holds for the sake of the folder alone. A root leads to what is in it.
    fn lead_to(&mut self, facts: &Facts, path: &WinPath) {
        for folder in path.above() {
            let is_root = self.roots.iter().any(|root| root.path == folder);
            let grants = self.grants_above(&folder);
            let Some(found) = facts
                .found(&folder)
                .filter(|_| is_root || !grants.is_empty())
            else {
                break;
            };
            let way = self.ways.entry(folder).or_insert_with(|| Way {
                id: found.id,
                grants: BTreeSet::new(),
            });
            way.grants.extend(grants);
        }
    }

    /// Folders that a rule of the user's hides.
    fn hide(&mut self, policy: &Policy, judge: &Judge, facts: &Facts) {
        let rules = policy.rules.iter().filter(|rule| {
            (rule.effect, rule.access) == (Effect::Deny, Access::Read)
                && rule.origin.layer != Layer::BuiltIn
                && rule.pattern.glob().is_none()
        });
        let paths = rules.filter_map(|rule| on_a_drive(rule.pattern.base()));
        let state = on_a_drive(&policy.own.state);
        for path in paths.chain(state) {
            let Some(found) = facts
                .found(&path)
                .filter(|_| judge.standing(&path) == Standing::Hidden)
            else {
                continue;
            };
            let app_data = facts
                .profile
                .join("AppData")
                .is_ok_and(|folder| folder == path);
            let ours = never_ours(&path, facts).is_none() && !app_data;
            if ours && facts.witness().is_some() && found.kind != Kind::Reparse {
                self.hidden.push((path, found.id));
            } else {
                self.shown.push(path);
            }
        }
    }

    /// Places that Everyone may write: those that are the user's to change, and the others. In a
    /// root too: what is protected there would be Everyone's.
    fn narrow(&mut self, facts: &Facts) {
        for path in facts.open_places.iter().take(PLACES_LIMIT) {
            let Some(found) = facts.found(path) else {
                continue;
            };
            if is_narrowable(path, found, facts) {
                self.narrowed.push((path.clone(), found.id));
            } else {
                self.open.push(path.clone());
            }
        }
    }
}

/// Whether handing Everyone's grants over closes the place: it is the user's to change, and
/// every grant of the kind is its own and not one from above.
fn is_narrowable(path: &WinPath, found: &Found, facts: &Facts) -> bool {
    let Ok(user) = facts.token.clone().build() else {
        return false;
    };
    let files = &GenericMapping::FILE;
    let may = evaluate(
        &found.descriptor,
        &user,
        AccessMask::WRITE_DAC,
        files,
        &Semantics::default(),
    )
    .granted();
    let own = everyone_writes(&found.descriptor).is_some_and(|inherited| !inherited);
    may && own && never_ours(path, facts).is_none()
}

/// Whether Everyone may change something at an object or below it, and whether such a grant
/// comes from above.
pub(super) fn everyone_writes(descriptor: &SecurityDescriptor) -> Option<bool> {
    let writes = fumehood_nt::evaluate::write_bits(&GenericMapping::FILE);
    let list = descriptor.dacl.list()?;
    let grants = list.aces.iter().filter(|ace| {
        matches!(ace.kind, AceKind::Allow(_))
            && ace.sid == Sid::EVERYONE
            && GenericMapping::FILE.map(ace.mask).intersects(writes)
    });
    let inherited: Vec<bool> = grants
        .map(|ace| ace.flags.contains(fumehood_nt::AceFlags::INHERITED))
        .collect();
    (!inherited.is_empty()).then(|| inherited.contains(&true))
}

/// What may take the name of a place where nothing is.
fn placeholder(facts: &Facts, path: &WinPath) -> Option<(Kind, &'static str)> {
    if !facts.is_missing(path) {
        return None;
    }
    let (name, folder) = (path.name()?, path.parent()?);
    let above = facts
        .found(&folder)
        .filter(|found| found.kind == Kind::Folder)?;
    let is = |text: &str| name.eq_ignore_ascii_case(text);
    if folder
        .name()
        .is_some_and(|name| name.eq_ignore_ascii_case(".git"))
    {
        let (_, kind, content) = TAKEN_IN_GIT.into_iter().find(|(taken, ..)| is(taken))?;
        return Some((kind, content));
    }
    let _ = above;
    TAKEN_FOLDERS
        .into_iter()
        .any(is)
        .then_some((Kind::Folder, ""))
}
