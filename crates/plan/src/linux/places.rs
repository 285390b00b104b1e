//! Which places of the file system differ from what surrounds them.
//!
//! The policy speaks about paths as the user wrote them; mounts are made on
//! paths without symlinks. A [`Places`] is the bridge: every path that needs a
//! mount of its own, by its real name, with what must hold there. Parents come
//! before what they hold, so that mounting in order builds the view from the
//! outside in.

use std::collections::BTreeMap;

use fumehood_policy::kernel::why_never_writable;
use fumehood_policy::{
    AbsPath, Access, Effect, Gap, GapName, Layer, Policy, Rule, Standing, Statements,
};

use super::PlanError;
use super::aliases::Mounts;
use super::facts::{Facts, Found, Kind, MountFact, PathFact, Question};
use super::step::FileId;

/// One place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    /// What holds there.
    pub standing: Standing,
    /// What is there.
    pub kind: Kind,
    /// Which object.
    pub id: FileId,
    /// A mount of its own even if nothing changes, so that it cannot be moved away.
    pub pinned: bool,
    /// Hidden because somebody said so: a built-in secret place may give way to a
    /// socket that is opened, this does not.
    pub closed: bool,
}

/// All places, parents first.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Places(BTreeMap<AbsPath, Place>);

impl Places {
    /// In order, parents first.
    pub fn iter(&self) -> impl Iterator<Item = (&AbsPath, &Place)> {
        self.0.iter()
    }

    /// The place at `path`, if it is one.
    #[must_use]
    pub fn at(&self, path: &AbsPath) -> Option<&Place> {
        self.0.get(path)
    }

    /// The nearest place that holds `path`, itself included.
    #[must_use]
    pub fn around(&self, path: &AbsPath) -> Option<(&AbsPath, &Place)> {
        self.0
            .range(..=path)
            .rev()
            .find(|(at, _)| path.is_within(at))
    }

    /// The nearest place strictly above `path`.
    #[must_use]
    pub fn above(&self, path: &AbsPath) -> Option<(&AbsPath, &Place)> {
        self.0
            .range(..path)
            .rev()
            .find(|(at, _)| path.is_within(at))
    }

    /// Whether what is at `path`, a path without symlinks, lies in what somebody
    /// closed, with nothing opened in between.
    #[must_use]
    pub fn is_closed(&self, path: &AbsPath) -> bool {
        let above = std::iter::successors(self.around(path), |(at, _)| self.above(at));
        above
            .take_while(|(_, place)| place.standing == Standing::Hidden)
            .any(|(_, place)| place.closed)
    }

    fn close(&mut self, path: &AbsPath) {
        if let Some(place) = self.0.get_mut(path) {
            place.closed = true;
        }
    }

    /// Notes a place; where two rules lead to one object, the stricter holds.
    fn put(&mut self, found: &Found, standing: Standing, pinned: bool) {
        let new = Place {
            standing,
            kind: found.kind,
            id: found.id,
            pinned,
            closed: false,
        };
        self.0
            .entry(found.real.clone())
            .and_modify(|old| {
                old.standing = old.standing.min(standing);
                old.pinned |= pinned;
            })
            .or_insert(new);
    }
}

/// What must be known before places can be laid out.
#[must_use]
pub fn questions(policy: &Policy) -> Vec<Question<'_>> {
    let mut questions: Vec<Question<'_>> = [&policy.workspace, &policy.home, &policy.own.state]
        .into_iter()
        .chain(&policy.own.other_states)
        .chain(&policy.own.config)
        .map(Question::about)
        .collect();
    for rule in policy.rules.iter().filter(|rule| !rule.pattern.is_deep()) {
        questions.push(match rule.pattern.glob() {
            None => Question::about(rule.pattern.base()),
            Some(_) => Question::Matches(&rule.pattern),
        });
    }
    for root in writable_roots(policy) {
        questions.push(Question::about_new(root.clone()));
        let paths = policy
            .protected
            .iter()
            .flat_map(|name| steps_to(&root, name.name.as_bytes()));
        questions.extend(paths.map(Question::about_new));
    }
    questions
}

/// The paths that the policy opens for writing by name.
fn writable_roots(policy: &Policy) -> impl Iterator<Item = AbsPath> {
    let plain = policy
        .rules
        .iter()
        .filter(|rule| grants_write(rule) && rule.pattern.glob().is_none());
    let said = policy.statements();
    let mut roots: Vec<AbsPath> = plain
        .map(|rule| rule.pattern.base().clone())
        .filter(|path| said.standing(path).standing == Standing::Writable)
        .collect();
    roots.sort();
    roots.dedup();
    roots.into_iter()
}

/// The paths of a protected name below `root`: `.git`, then `.git/hooks`.
fn steps_to(root: &AbsPath, name: &[u8]) -> Vec<AbsPath> {
    let ends = name
        .iter()
        .enumerate()
        .filter(|(_, byte)| **byte == b'/')
        .map(|(at, _)| at);
    ends.chain([name.len()])
        .filter_map(|end| root.join(&name[..end]).ok())
        .collect()
}

/// Lays out the places of `policy` on this machine.
///
/// # Errors
///
/// [`PlanError`] where a root is missing, cannot be looked at, or is reached over
/// a symlink that a command could have put there.
pub fn lay_out(policy: &Policy, facts: &Facts, gaps: &mut Vec<Gap>) -> Result<Places, PlanError> {
    let mut places = Places::default();
    let said = policy.statements();
    for path in [&policy.workspace, &policy.home]
        .into_iter()
        .chain(&policy.own.config)
    {
        if let Some(found) = facts.found(path) {
            places.put(found, said.standing(path).standing, false);
        }
    }
    rules(policy, &said, facts, &mut places, gaps)?;
    let states = std::iter::once(&policy.own.state).chain(&policy.own.other_states);
    for found in states.filter_map(|path| facts.found(path)) {
        places.put(found, Standing::Hidden, false);
    }
    protect(policy, &said, facts, &mut places, gaps)?;
    if let Some(launcher) = &facts.launcher {
        // A command that could rewrite the launcher would be the next launcher.
        let around = places
            .around(&launcher.real)
            .map(|(_, place)| place.standing);
        if around == Some(Standing::Writable) {
            places.put(launcher, Standing::ReadOnly, false);
        }
    }
    cover_aliases(&facts.mounts, &mut places);
    pin_the_way(&mut places);
    Ok(places)
}

fn rules(
    policy: &Policy,
    said: &Statements<'_>,
    facts: &Facts,
    places: &mut Places,
    gaps: &mut Vec<Gap>,
) -> Result<(), PlanError> {
    let mut absent = Vec::new();
    for rule in &policy.rules {
        if rule.pattern.is_deep() {
            gaps.push(deep_glob(&rule.pattern.to_string(), rule.effect));
            continue;
        }
        if rule.pattern.glob().is_some() {
            let found = facts.matches.get(&rule.pattern.to_string());
            for found in found.into_iter().flatten() {
                if grants_write(rule) {
                    refuse_the_kernels(rule.pattern.base(), found)?;
                }
                places.put(found, said.standing(&found.real).standing, false);
                if closes(policy, rule, &found.real) {
                    places.close(&found.real);
                }
            }
            if let Ok(new) = rule.pattern.base().join("a new name") {
                absent.extend(denied_later(policy, rule, &new));
            }
            continue;
        }
        let path = rule.pattern.base();
        match facts.paths.get(path) {
            Some(PathFact::Found(found)) => {
                let standing = said.standing(path).standing;
                if standing == Standing::Writable {
                    refuse_planted_links(policy, path, found)?;
                    refuse_the_kernels(path, found)?;
                }
                places.put(found, standing, false);
                if closes(policy, rule, path) {
                    places.close(&found.real);
                }
            }
            fact => match (grants_write(rule), fact) {
                (true, Some(PathFact::Dangling)) => {
                    return Err(PlanError::Dangling {
                        path: path.clone(),
                        said: rule.origin.clone(),
                    });
                }
                (true, Some(PathFact::Refused { errno, .. })) => {
                    return Err(refused(path, *errno));
                }
                (true, _) => {
                    return Err(PlanError::Missing {
                        path: path.clone(),
                        said: rule.origin.clone(),
                    });
                }
                (false, Some(fact @ PathFact::Refused { errno, .. })) => {
                    if !stays_closed(policy, facts, path, fact) {
                        return Err(refused(path, *errno));
                    }
                }
                // Most secret places do not exist on one machine, and that is fine.
                (false, _) => absent.extend(denied_later(policy, rule, path)),
            },
        }
    }
    gaps.extend(absent);
    Ok(())
}

/// Whether `rule`, which somebody wrote, keeps even open sockets out of `path`.
fn closes(policy: &Policy, rule: &Rule, path: &AbsPath) -> bool {
    let hides = (rule.access, rule.effect) == (Access::Read, Effect::Deny);
    hides && rule.origin.layer != Layer::BuiltIn && policy.keeps_closed(path)
}

fn refused(path: &AbsPath, errno: i32) -> PlanError {
    PlanError::Refused {
        path: path.clone(),
        errno,
    }
}

/// `EACCES`
const NO_ACCESS: i32 = 13;

/// Whether `path`, which cannot be looked at, stays out of reach without being
/// covered, which it cannot be. Far from every writable root its own user cannot
/// reach it either. Inside one an earlier command may have closed the way, to open
/// it again in this one; only a folder of somebody else's is not its to open
/// (chmod(2)).
fn stays_closed(policy: &Policy, facts: &Facts, path: &AbsPath, fact: &PathFact) -> bool {
    let PathFact::Refused { errno, closed_by } = fact else {
        return false;
    };
    let of_a_stranger = closed_by.is_some_and(|owner| owner != facts.uid);
    *errno == NO_ACCESS && (of_a_stranger || !lies_in_a_root(policy, path))
}

fn lies_in_a_root(policy: &Policy, path: &AbsPath) -> bool {
    let above = path.parent().unwrap_or_else(AbsPath::root);
    writable_roots(policy).any(|root| above.is_within(&root))
}

/// A deny that somebody wrote for what is not there: a command can make it.
fn denied_later(policy: &Policy, rule: &Rule, path: &AbsPath) -> Option<Gap> {
    let asked = rule.effect == Effect::Deny && rule.origin.layer != Layer::BuiltIn;
    (asked && lies_in_a_root(policy, path)).then(|| Gap {
        name: GapName::MissingNames,
        asked: format!("keep {} denied also where it is made anew", rule.pattern),
        why: "a mount needs something to lie on".to_owned(),
        nearest: "what is there at the start is denied".to_owned(),
    })
}

/// What a command was promised and cannot have stops the start; what it is
/// denied and its own user cannot reach is denied anyway.
fn grants_write(rule: &Rule) -> bool {
    rule.access == Access::Write && rule.effect == Effect::Allow
}

/// A symlink inside a writable root may be the work of an earlier command: it
/// must not decide where the next one may write.
fn refuse_planted_links(policy: &Policy, path: &AbsPath, found: &Found) -> Result<(), PlanError> {
    let planted = found.links.iter().find(|link| {
        let above = link.parent().unwrap_or_else(AbsPath::root);
        policy.standing(&above).standing == Standing::Writable
    });
    match planted {
        Some(link) => Err(PlanError::PlantedLink {
            path: path.clone(),
            link: link.clone(),
        }),
        None => Ok(()),
    }
}

/// The policy refuses these places by name; a symlink or a glob leads there too.
fn refuse_the_kernels(path: &AbsPath, found: &Found) -> Result<(), PlanError> {
    match why_never_writable(&found.real) {
        Some(why) => Err(PlanError::Kernel {
            path: path.clone(),
            real: found.real.clone(),
            why,
        }),
        None => Ok(()),
    }
}

fn deep_glob(pattern: &str, effect: Effect) -> Gap {
    let verb = match effect {
        Effect::Allow => "grant",
        Effect::Deny => "deny",
    };
    Gap {
        name: GapName::DeepGlobs,
        asked: format!("{verb} what matches {pattern}"),
        why: "mounts decide by place; a name at any depth needs the supervisor".to_owned(),
        nearest: "name the folders, or use a wildcard only in the last part".to_owned(),
    }
}

/// Protected names at the top of every writable root.
fn protect(
    policy: &Policy,
    said: &Statements<'_>,
    facts: &Facts,
    places: &mut Places,
    gaps: &mut Vec<Gap>,
) -> Result<(), PlanError> {
    let mut missing = Vec::new();
    for root in writable_roots(policy) {
        for name in &policy.protected {
            let steps = steps_to(&root, name.name.as_bytes());
            let Some((last, above)) = steps.split_last() else {
                continue;
            };
            for path in &steps {
                match facts.paths.get(path) {
                    Some(fact @ PathFact::Refused { errno, .. })
                        if !stays_closed(policy, facts, path, fact) =>
                    {
                        return Err(refused(path, *errno));
                    }
                    _ => {}
                }
            }
            for path in above {
                match facts.found(path) {
                    Some(found) if found.kind == Kind::Folder => {
                        places.put(found, said.standing(path).standing, true);
                    }
                    // `.git` of a linked worktree is a file that leads elsewhere.
                    Some(found) => places.put(found, Standing::ReadOnly, false),
                    None => {}
                }
            }
            match facts.found(last) {
                Some(found) => places.put(found, said.standing(last).standing, false),
                None => missing.push(last.clone()),
            }
        }
    }
    if let Some(first) = missing.first() {
        gaps.push(Gap {
            name: GapName::MissingNames,
            asked: format!(
                "protect {} names that do not exist yet, such as {first}",
                missing.len()
            ),
            why: "a mount needs something to lie on, and a made-up file would be seen by everybody"
                .to_owned(),
            nearest: "names that exist at the top of a writable root are read-only".to_owned(),
        });
    }
    if !policy.protected.is_empty() {
        gaps.push(Gap {
            name: GapName::NamesAtDepth,
            asked: "protect names at any depth of writable roots".to_owned(),
            why: "mounts decide by place; a name at any depth needs the supervisor".to_owned(),
            nearest: "names at the top of a writable root are read-only and cannot be moved"
                .to_owned(),
        });
    }
    Ok(())
}

/// A mount on a file does not keep the folders above it from being renamed away,
/// and with them what it covers. So every folder between a stricter place and
/// the root it lies in is a mount of its own.
fn pin_the_way(places: &mut Places) {
    let writable = |places: &Places, at: &AbsPath| {
        places.around(at).map(|(_, place)| place.standing) == Some(Standing::Writable)
    };
    let strict: Vec<AbsPath> = places
        .iter()
        .filter(|(_, place)| place.standing < Standing::Writable || place.pinned)
        .map(|(path, _)| path.clone())
        .collect();
    for path in strict {
        let mut above = path.parent();
        while let Some(at) = above.filter(|at| writable(places, at)) {
            above = at.parent();
            // A root is a mount already: what is around it is not writable.
            if !above.as_ref().is_some_and(|above| writable(places, above)) {
                break;
            }
            let id = FileId {
                device: 0,
                inode: 0,
            };
            let place = places.0.entry(at).or_insert(Place {
                standing: Standing::Writable,
                kind: Kind::Folder,
                id,
                pinned: true,
                closed: false,
            });
            place.pinned = true;
        }
    }
}

/// The same folder can be mounted twice. What is hidden or read-only at one
/// path is so at every other path that leads to it.
fn cover_aliases(mounts: &[MountFact], places: &mut Places) {
    let mounts = Mounts::new(mounts);
    let strict: Vec<(AbsPath, Place)> = places
        .iter()
        .filter(|(path, place)| {
            let above = places.above(path).map(|(_, above)| above.standing);
            place.standing == Standing::Hidden
                || (place.standing == Standing::ReadOnly && above == Some(Standing::Writable))
        })
        .map(|(path, place)| (path.clone(), place.clone()))
        .collect();
    for (path, place) in strict {
        for alias in mounts.aliases(&path) {
            let around = places.around(&alias).map(|(_, around)| around.standing);
            if around.is_some_and(|around| around > place.standing) {
                places.0.insert(
                    alias,
                    Place {
                        pinned: false,
                        ..place.clone()
                    },
                );
            }
        }
    }
}
