//! A second opinion on a plan for Windows, by code that did not write it.
//!
//! It shares no table with the planner. It asks of every entry whether it may stand
//! where it stands, of the token whether it may have what it has, and of every place
//! that the policy keeps from being written whether any entry for the command's SIDs
//! is left there once all steps are done.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use fumehood_nt::evaluate::{Child, DeleteBy, Node, Operation, file_access, write_bits};
use fumehood_nt::inherit::Heir;
use fumehood_nt::restrict::RestrictFlags;
use fumehood_nt::semantics::Semantics;
use fumehood_nt::{AccessMask, Ace, AceFlags, AceKind, GenericMapping, SecurityDescriptor, Sid};
use fumehood_policy::{Policy, Standing};

use super::change::{carried, propagated};
use super::facts::{Facts, Kind};
use super::judge::Judge;
use super::launch::Source;
use super::path::WinPath;
use super::plan::Plan;
use super::profile::TokenProfile;
use super::step::{Reach, Step};

/// Something in a plan that gives more than it may.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Finding(pub String);

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Looks for what a plan gives beyond the policy, and for what no plan may do.
#[must_use]
pub fn lint(policy: &Policy, facts: &Facts, plan: &Plan) -> Vec<Finding> {
    let mut findings = token(facts, plan);
    findings.extend(order(plan));
    for step in &plan.steps {
        findings.extend(place(facts, step));
        for ace in added(step) {
            findings.extend(entry(facts, plan, step.path(), ace));
        }
    }
    let after = after(facts, plan);
    findings.extend(outcome(policy, facts, plan, &after));
    findings.extend(movable(policy, facts, plan, &after));
    findings.sort();
    findings.dedup();
    findings
}

/// The token: who must not restrict it, and what it must not be made from.
fn token(facts: &Facts, plan: &Plan) -> Vec<Finding> {
    let request = &plan.launch.token;
    let mut findings = Vec::new();
    let mut found = |text: String| findings.push(Finding(text));
    let never = [
        (facts.token.user, "the user"),
        (Sid::AUTHENTICATED_USERS, "Authenticated Users"),
        (Sid::INTERACTIVE, "INTERACTIVE"),
        (Sid::LOCAL, "LOCAL"),
        (Sid::SYSTEM, "SYSTEM"),
        (Sid::ADMINISTRATORS, "Administrators"),
    ];
    let sids: Vec<Sid> = request.restricting.iter().map(|one| one.sid).collect();
    for (sid, name) in never {
        if sids.contains(&sid) {
            found(format!("{name} is in the restricting list"));
        }
    }
    if sids.iter().collect::<BTreeSet<_>>().len() != sids.len() {
        found("a SID restricts twice".to_owned());
    }
    let restricted = plan.profile != TokenProfile::Labelled;
    if restricted == sids.is_empty() {
        found("the restricting list is not the profile's".to_owned());
    }
    let labelled = matches!(
        plan.profile,
        TokenProfile::Labelled | TokenProfile::LabelledCaps
    );
    if labelled != (request.integrity < fumehood_nt::token::Integrity::MEDIUM)
        || request.integrity > fumehood_nt::token::Integrity::MEDIUM
    {
        found(format!(
            "the level {:#x} is not the profile's",
            request.integrity.0
        ));
    }
    if !request.flags.contains(RestrictFlags::DISABLE_MAX_PRIVILEGE)
        || !request.flags.contains(RestrictFlags::LUA_TOKEN)
    {
        found("privileges or administrative groups stay".to_owned());
    }
    let writes_only = request.flags.contains(RestrictFlags::WRITE_RESTRICTED);
    if restricted && writes_only == (plan.profile == TokenProfile::Strict) {
        found("the token is restricted in another way than the profile says".to_owned());
    }
    if restricted && !sids.contains(&Sid::WRITE_RESTRICTED_CODE) {
        found("S-1-5-33 does not restrict".to_owned());
    }
    let shared =
        facts
            .logon()
            .into_iter()
            .chain([Sid::EVERYONE, Sid::USERS, Sid::AUTHENTICATED_USERS]);
    for sid in shared {
        let lists = [&request.default_dacl, &request.object_dacl];
        if lists
            .iter()
            .any(|list| list.aces.iter().any(|ace| ace.sid == sid))
        {
            found(format!(
                "other sandboxes carry {} too, and it is let to our objects",
                sid.to_sddl()
            ));
        }
    }
    if restricted
        && !request
            .object_dacl
            .aces
            .iter()
            .any(|ace| ace.sid == facts.session)
    {
        found("programs cannot adjust their own token".to_owned());
    }
    findings
}

/// Denials, and what ends a grant, before the grant.
fn order(plan: &Plan) -> Vec<Finding> {
    let is_grant = |step: &Step| {
        matches!(step, Step::Set { change, .. } if change.add.iter().any(|ace| {
            is_allow(ace) && ace.mask.intersects(write_bits(&GenericMapping::FILE)) && ace.flags.contains(AceFlags::INHERIT_ONLY)
        }))
    };
    let first = plan
        .steps
        .iter()
        .position(is_grant)
        .unwrap_or(plan.steps.len());
    let late = plan.steps.iter().skip(first).filter(|step| {
        let Step::Set { change, .. } = step else {
            return true;
        };
        change
            .add
            .iter()
            .any(|ace| matches!(ace.kind, AceKind::Deny(_)))
            || change.inheritance != super::change::Inheritance::Kept
    });
    late.map(|step| {
        Finding(format!(
            "what is done to {} comes after a grant",
            step.path()
        ))
    })
    .collect()
}

/// Places that no step touches.
fn place(facts: &Facts, step: &Step) -> Option<Finding> {
    let path = step.path();
    let names: Vec<String> = path.parts().map(str::to_ascii_lowercase).collect();
    let is_profile = *path == facts.profile;
    let reads_attributes = match step {
        Step::Set {
            change,
            reach: Reach::Object,
            ..
        } => {
            let look = AccessMask::FILE_READ_ATTRIBUTES | AccessMask::SYNCHRONIZE;
            let ours = change
                .add
                .iter()
                .all(|ace| is_allow(ace) && ace.flags == AceFlags::NONE && look.contains(ace.mask));
            ours && change.drop.is_empty()
                && change.swap.is_empty()
                && change.inheritance == super::change::Inheritance::Kept
                && change.label == super::change::Label::Kept
        }
        _ => false,
    };
    let why = if names.is_empty() {
        "the top of a drive"
    } else if names.iter().any(|name| name == ".ssh") {
        ".ssh"
    } else if is_profile && !reads_attributes {
        "the profile's own folder"
    } else if facts.profile.is_within(path) && !is_profile {
        "a folder that holds the profile"
    } else if path.parent().as_ref() == Some(&facts.profile)
        && names.last().is_some_and(|name| name == "appdata")
    {
        "AppData"
    } else {
        return None;
    };
    Some(Finding(format!(
        "{path} is {why}: nothing of ours may stand there"
    )))
}

/// Rights and SIDs that no entry of ours has.
fn entry(facts: &Facts, plan: &Plan, path: &WinPath, ace: &Ace) -> Vec<Finding> {
    let mut findings = Vec::new();
    let ours: Vec<Sid> = plan
        .launch
        .token
        .restricting
        .iter()
        .map(|one| one.sid)
        .collect();
    let mask = GenericMapping::FILE.map(ace.mask);
    let may_undo = AccessMask::FILE_DELETE_CHILD | AccessMask::WRITE_DAC | AccessMask::WRITE_OWNER;
    let is_user = [facts.token.user, Sid::SYSTEM, Sid::ADMINISTRATORS].contains(&ace.sid);
    if is_allow(ace) && !is_user && mask.intersects(may_undo) {
        findings.push(Finding(format!(
            "{} could undo what holds at {path}",
            ace.sid.to_sddl()
        )));
    }
    let denies = matches!(ace.kind, AceKind::Deny(_));
    if denies && ace.sid == facts.token.user && mask != AccessMask::FILE_DELETE_CHILD {
        findings.push(Finding(format!("the user is locked out of {path}")));
    }
    // A denial holds only for a SID that cannot be left out of a list: one of the normal list, or
    // one without which nothing is granted.
    let granted: BTreeSet<Sid> = all_added(plan)
        .filter(|ace| is_allow(ace))
        .map(|ace| ace.sid)
        .collect();
    let is_account = facts.account.is_some_and(|account| account.user == ace.sid);
    if denies && ours.contains(&ace.sid) && !granted.contains(&ace.sid) && !is_account {
        findings.push(Finding(format!(
            "the denial of {} at {path} can be shed",
            ace.sid.to_sddl()
        )));
    }
    findings
}

fn is_allow(ace: &Ace) -> bool {
    matches!(ace.kind, AceKind::Allow(_))
}

fn added(step: &Step) -> Vec<&Ace> {
    match step {
        Step::Make { descriptor, .. } => {
            let list = descriptor
                .as_ref()
                .and_then(|descriptor| descriptor.dacl.list());
            list.into_iter().flat_map(|list| &list.aces).collect()
        }
        Step::Set { change, .. } => change.add.iter().collect(),
    }
}

fn all_added(plan: &Plan) -> impl Iterator<Item = &Ace> {
    plan.steps.iter().flat_map(added)
}

/// What the known descriptors are once every step is done, and what they let the command's
/// own SIDs do where the policy says no.
fn outcome(policy: &Policy, facts: &Facts, plan: &Plan, after: &Descriptors) -> Vec<Finding> {
    let judge = Judge::of(policy);
    let token = &plan.launch.token;
    let mut ours: BTreeSet<Sid> = token.restricting.iter().map(|one| one.sid).collect();
    ours.extend(facts.account.map(|account| account.group));
    for sid in [Sid::USERS, Sid::RESTRICTED_CODE, Sid::WRITE_RESTRICTED_CODE] {
        ours.remove(&sid);
    }
    let accepted: BTreeSet<&str> = plan.gaps.iter().map(|gap| gap.name.as_str()).collect();
    let mut findings = Vec::new();
    for (path, descriptor) in after {
        let may_not =
            judge.standing(path) != Standing::Writable && !path.is_within(&plan.launch.temp);
        let Some(list) = descriptor.dacl.list().filter(|_| may_not) else {
            continue;
        };
        let here = list.aces.iter().filter(|ace| {
            let mask = GenericMapping::FILE.map(ace.mask);
            let applies = !ace.flags.contains(AceFlags::INHERIT_ONLY);
            is_allow(ace)
                && applies
                && ours.contains(&ace.sid)
                && mask.intersects(write_bits(&GenericMapping::FILE))
        });
        for ace in here {
            if ace.sid != Sid::EVERYONE || !accepted.contains("world-writable") {
                let who = ace.sid.to_sddl();
                findings.push(Finding(format!(
                    "{path} can be written by {who}, and the policy says no"
                )));
            }
        }
    }
    findings.dedup();
    findings
}

/// Places in roots that the command could delete or rename, though the policy keeps them or
/// something in them: by their own right, or by their folder's.
fn movable(policy: &Policy, facts: &Facts, plan: &Plan, after: &Descriptors) -> Vec<Finding> {
    // What an account's token is, nobody knows before it logs on.
    let request = &plan.launch.token;
    let Some(token) = Some(request)
        .filter(|request| request.source == Source::Caller)
        .and_then(|request| request.make(&facts.token).ok())
    else {
        return Vec::new();
    };
    let judge = Judge::of(policy);
    let kept: Vec<&WinPath> = after.keys().filter(|path| !judge.writes(path)).collect();
    let mut findings = Vec::new();
    for (path, object) in after {
        let Some(folder) = path.parent().filter(|folder| judge.writes(folder)) else {
            continue;
        };
        let child = Child {
            object,
            folder: after.get(&folder),
            node: Node::FullFolder,
        };
        let by = DeleteBy::Disposition;
        let goes = file_access(
            &Operation::Delete { child, by },
            &token,
            &Semantics::default(),
        );
        let holds = kept.iter().any(|place| place.is_within(path));
        if holds && goes.granted() {
            findings.push(Finding(format!(
                "{path} can be moved, with what is kept in it"
            )));
        }
    }
    findings
}

/// Descriptors by path.
type Descriptors = BTreeMap<WinPath, SecurityDescriptor>;

/// The descriptors of the facts after every step.
fn after(facts: &Facts, plan: &Plan) -> Descriptors {
    let mut now: BTreeMap<WinPath, SecurityDescriptor> = BTreeMap::new();
    let mut folders: BTreeSet<WinPath> = BTreeSet::new();
    for path in facts.paths.keys() {
        if let Some(found) = facts.found(path) {
            now.insert(path.clone(), found.descriptor.clone());
            if found.kind == Kind::Folder {
                folders.insert(path.clone());
            }
        }
    }
    for step in &plan.steps {
        match step {
            Step::Make {
                path,
                kind,
                descriptor,
                ..
            } => {
                let inherited = || {
                    let above = path.parent().and_then(|folder| now.get(&folder).cloned());
                    let above = above.unwrap_or_default();
                    let (heir, label) = (heir(*kind == Kind::Folder), carried(&above, None));
                    propagated(&above, &open_list(), heir, label)
                };
                let made = descriptor.clone().unwrap_or_else(inherited);
                now.insert(path.clone(), made);
                if *kind == Kind::Folder {
                    folders.insert(path.clone());
                }
            }
            Step::Set {
                path,
                change,
                reach,
                ..
            } => {
                let Some(before) = now.get(path) else {
                    continue;
                };
                let changed = change.apply(before);
                now.insert(path.clone(), changed);
                if *reach == Reach::Tree {
                    walk(&mut now, &folders, path);
                }
            }
        }
    }
    now
}

/// An empty list, for what takes everything from above.
fn open_list() -> SecurityDescriptor {
    SecurityDescriptor {
        dacl: fumehood_nt::Acl::default().into(),
        ..SecurityDescriptor::default()
    }
}

const fn heir(is_folder: bool) -> Heir {
    if is_folder { Heir::Folder } else { Heir::File }
}

/// Hands down what is inheritable, from the top.
fn walk(
    now: &mut BTreeMap<WinPath, SecurityDescriptor>,
    folders: &BTreeSet<WinPath>,
    top: &WinPath,
) {
    let below: Vec<WinPath> = now
        .keys()
        .filter(|path| path.is_within(top) && *path != top)
        .cloned()
        .collect();
    for path in below {
        let above = path.parent().and_then(|folder| now.get(&folder));
        if let (Some(above), Some(own)) = (above, now.get(&path)) {
            let up = path.above().filter(|folder| folder.is_within(top));
            let mut labels = up.filter_map(|folder| carried(now.get(&folder)?, None));
            let heir = heir(folders.contains(&path));
            let changed = propagated(above, own, heir, labels.next());
            now.insert(path, changed);
        }
    }
}
