//! (Policy, Facts) → Plan for Windows.
//!
//! The order is fixed here, and it matters: what hides and what narrows, then the ends
//! of the grants and the ways to them, then what is the command's own, and the grants
//! last, outermost root first. Any prefix gives less than the whole.

use fumehood_nt::evaluate::evaluate;
use fumehood_nt::semantics::Semantics;
use fumehood_nt::{AccessMask, Ace, AceFlags, GenericMapping, Sid};
use fumehood_policy::{Policy, RawText, Standing};

use super::change::{self, Change, HEIRS, Inheritance, Label, Swap};
use super::facts::{Facts, Kind, on_a_drive};
use super::gaps;
use super::launch::{self, Job, Launch, UiLimit};
use super::path::WinPath;
use super::places::{self, Places, Protected, There, Way};
use super::plan::{Plan, PlanError, VERSION};
use super::profile::TokenProfile;
use super::step::{Reach, Reason, Step, deny};

/// What is to be run.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Request {
    /// Program and arguments.
    pub arguments: Vec<RawText>,
    /// Where it starts; the workspace if nothing is said.
    pub folder: Option<WinPath>,
}

/// Compiles a plan that leaves nothing to decide.
///
/// # Errors
///
/// [`PlanError`], with [`PlanError::Gaps`] for what the policy does not accept.
pub fn compile(
    policy: &Policy,
    facts: &Facts,
    profile: TokenProfile,
    request: &Request,
) -> Result<Plan, PlanError> {
    if request.arguments.is_empty() {
        return Err(PlanError::NoCommand);
    }
    if profile == TokenProfile::Elevated && facts.account.is_none() {
        return Err(PlanError::NoAccount);
    }
    let places = places::lay_out(policy, facts)?;
    let drafter = Drafter {
        facts,
        places: &places,
        profile,
    };
    let mut steps = drafter.hidden();
    steps.extend(drafter.narrowed());
    steps.extend(drafter.protected());
    steps.extend(drafter.ways());
    steps.extend(drafter.tools());
    steps.push(drafter.temp()?);
    steps.extend(drafter.roots());
    must_be_ours(&steps, facts)?;
    let gaps = gaps::accepted(policy, gaps::known(policy, facts, &places, profile))?;
    let launch = launch(policy, &drafter, request)?;
    Ok(Plan {
        version: VERSION,
        profile,
        steps,
        launch,
        gaps,
    })
}

/// What a step changes has to be the caller's to change: its DACL, and for a label its owner,
/// which is more than whoever owns a file on a data drive has.
fn must_be_ours(steps: &[Step], facts: &Facts) -> Result<(), PlanError> {
    let user = facts
        .token
        .clone()
        .build()
        .map_err(|_| PlanError::TooMany)?;
    for step in steps {
        let Step::Set { path, change, .. } = step else {
            continue;
        };
        let mut rights = AccessMask::WRITE_DAC;
        if change.label != Label::Kept {
            rights |= AccessMask::WRITE_OWNER;
        }
        let Some(found) = facts.found(path) else {
            continue;
        };
        let files = &GenericMapping::FILE;
        let semantics = &Semantics::default();
        if !evaluate(&found.descriptor, &user, rights, files, semantics).granted() {
            return Err(PlanError::NotOurs(path.clone()));
        }
    }
    Ok(())
}

/// What a plan is drawn from.
struct Drafter<'a> {
    facts: &'a Facts,
    places: &'a Places,
    profile: TokenProfile,
}

impl Drafter<'_> {
    /// Who the command is, in the normal list of its token.
    fn user(&self) -> Sid {
        match self
            .facts
            .account
            .filter(|_| self.profile == TokenProfile::Elevated)
        {
            Some(account) => account.user,
            None => self.facts.token.user,
        }
    }

    /// Whom a root has to grant to: the restricting SID, and where the user's own rights do
    /// not serve, the account's group.
    fn holders(&self, grant: Sid) -> Vec<Sid> {
        let mut holders = Vec::new();
        if self.profile.is_restricted() {
            holders.push(grant);
        }
        if let Some(account) = self
            .facts
            .account
            .filter(|_| self.profile == TokenProfile::Elevated)
        {
            holders.push(account.group);
        }
        holders
    }

    /// A label for what the command writes, where the token has one.
    fn label(&self, flags: AceFlags) -> Label {
        if !self.profile.is_labelled() {
            return Label::Kept;
        }
        let label = Ace::label(TokenProfile::LEVEL.sid(), AccessMask::LABEL_NO_WRITE_UP);
        Label::Set(label.with_flags(flags))
    }

    fn hidden(&self) -> Vec<Step> {
        let closed = launch::closed(self.facts, HEIRS, AccessMask::FILE_ALL_ACCESS);
        let aces = closed
            .dacl
            .list()
            .map(|list| list.aces.clone())
            .unwrap_or_default();
        let set = |(path, id): &(WinPath, _)| {
            let before = self.facts.found(path).map(|found| &found.descriptor);
            let list = before.and_then(|before| before.dacl.list());
            let mut drop: Vec<Sid> = Vec::new();
            for ace in list.into_iter().flat_map(|list| &list.aces) {
                if !drop.contains(&ace.sid) {
                    drop.push(ace.sid);
                }
            }
            Step::Set {
                path: path.clone(),
                id: Some(*id),
                change: Change {
                    inheritance: Inheritance::Cut,
                    drop,
                    add: aces.clone(),
                    ..Change::default()
                },
                reach: Reach::Tree,
                reason: Reason::Hidden,
            }
        };
        self.places.hidden.iter().map(set).collect()
    }

    /// Whose grants go to Authenticated Users: of those that restrict the token, the groups
    /// that descriptors name. Who is in one is authenticated, but for guests.
    fn handed_over(&self) -> Vec<Swap> {
        let to = Sid::AUTHENTICATED_USERS;
        let groups: &[Sid] = match self.profile {
            TokenProfile::Labelled => &[],
            TokenProfile::Strict => &[Sid::EVERYONE, Sid::USERS],
            _ => &[Sid::EVERYONE],
        };
        groups.iter().map(|from| Swap { from: *from, to }).collect()
    }

    fn narrowed(&self) -> Vec<Step> {
        if !self.profile.is_restricted() {
            return Vec::new();
        }
        let set = |(path, id): &(WinPath, _)| Step::Set {
            path: path.clone(),
            id: Some(*id),
            change: Change {
                swap: vec![Swap {
                    from: Sid::EVERYONE,
                    to: Sid::AUTHENTICATED_USERS,
                }],
                ..Change::default()
            },
            reach: Reach::Tree,
            reason: Reason::OpenToEveryone,
        };
        self.places.narrowed.iter().map(set).collect()
    }

    /// Ends the grants, and where nothing is takes the name.
    fn protected(&self) -> Vec<Step> {
        self.places
            .protected
            .iter()
            .flat_map(|place| self.protect(place))
            .collect()
    }

    fn protect(&self, place: &Protected) -> Vec<Step> {
        let mut steps = Vec::new();
        let (id, kind) = match place.there {
            There::Object(id) => (
                Some(id),
                self.facts.found(&place.path).map(|found| found.kind),
            ),
            There::Taken(kind, content) => {
                steps.push(Step::Make {
                    path: place.path.clone(),
                    kind,
                    content,
                    descriptor: None,
                    reason: Reason::Protected,
                });
                (None, Some(kind))
            }
        };
        let flags = if kind == Some(Kind::Folder) {
            HEIRS
        } else {
            AceFlags::NONE
        };
        let holders: Vec<Sid> = place
            .grants
            .iter()
            .flat_map(|grant| self.holders(*grant))
            .collect();
        let read = |sid: &Sid| Ace::allow(*sid, change::READ).with_flags(flags);
        let mut add: Vec<Ace> = Vec::new();
        if kind == Some(Kind::Folder) {
            // What is in it does not go by the folder's right either.
            let kept = deny(self.user(), AccessMask::FILE_DELETE_CHILD);
            add.push(kept.with_flags(AceFlags::CONTAINER_INHERIT));
        }
        if place.standing == Standing::ReadOnly {
            add.extend(holders.iter().map(read));
        }
        let label = if self.profile.is_labelled() {
            let medium = Ace::label(Sid::INTEGRITY_MEDIUM, AccessMask::LABEL_NO_WRITE_UP);
            Label::Set(medium.with_flags(flags))
        } else {
            Label::Kept
        };
        let change = Change {
            inheritance: if holders.is_empty() {
                Inheritance::Kept
            } else {
                Inheritance::Cut
            },
            add,
            drop: holders,
            swap: self.handed_over(),
            label,
        };
        steps.push(Step::Set {
            path: place.path.clone(),
            id,
            change,
            reach: Reach::Tree,
            reason: Reason::Protected,
        });
        steps
    }

    /// Keeps folders where they are. The denial of `FILE_DELETE_CHILD` names a SID of the
    /// *normal* list, which no restriction takes away; the user deletes by the right of the
    /// object itself. The other names the grant, without which there is nothing to deny.
    fn ways(&self) -> Vec<Step> {
        let set = |(path, way): (&WinPath, &Way)| {
            let mut add = vec![deny(self.user(), AccessMask::FILE_DELETE_CHILD)];
            for sid in way.grants.iter().flat_map(|grant| self.holders(*grant)) {
                add.push(deny(sid, AccessMask::DELETE));
            }
            Step::Set {
                path: path.clone(),
                id: Some(way.id),
                change: Change {
                    label: self.way_label(path),
                    ..Change::adding(add)
                },
                reach: Reach::Object,
                reason: Reason::Way,
            }
        };
        self.places.ways.iter().map(set).collect()
    }

    /// Without a restricting list only a label can keep a folder from being moved: medium, and
    /// without `NO_WRITE_UP`, so that names can be made in it and DELETE stays refused. It is
    /// the folder's alone; the walk carries the root's label through it.
    fn way_label(&self, path: &WinPath) -> Label {
        if self.profile != TokenProfile::Labelled || self.is_outermost(path) {
            return Label::Kept;
        }
        Label::Set(Ace::label(Sid::INTEGRITY_MEDIUM, AccessMask::NONE))
    }

    /// Whether a path is a root in no other: what lies in one is labelled with that.
    fn is_outermost(&self, path: &WinPath) -> bool {
        let mut above = self.places.roots.iter();
        let holds = above.find(|root| path.is_within(&root.path));
        holds.is_some_and(|root| root.path == *path)
    }

    /// What a fully restricted token, and another account, need to run the user's own tools.
    fn tools(&self) -> Vec<Step> {
        let account = self.facts.account.map(|account| account.group);
        let reader = match self.profile {
            TokenProfile::Strict => Some(self.facts.reader),
            TokenProfile::Elevated => account,
            _ => None,
        };
        let Some(reader) = reader else {
            return Vec::new();
        };
        let mut steps = Vec::new();
        for path in &self.facts.tools {
            let Some(found) = self.facts.found(path) else {
                continue;
            };
            if places::never_ours(path, self.facts).is_none() && found.kind == Kind::Folder {
                let read = Ace::allow(reader, change::READ).with_flags(HEIRS);
                steps.push(Step::Set {
                    path: path.clone(),
                    id: Some(found.id),
                    change: Change::adding(vec![read]),
                    reach: Reach::Tree,
                    reason: Reason::Tools,
                });
            }
        }
        if let Some(found) = self.facts.found(&self.facts.profile) {
            let look = AccessMask::FILE_READ_ATTRIBUTES | AccessMask::SYNCHRONIZE;
            steps.push(Step::Set {
                path: self.facts.profile.clone(),
                id: Some(found.id),
                change: Change::adding(vec![Ace::allow(reader, look)]),
                reach: Reach::Object,
                reason: Reason::ProfileLooks,
            });
        }
        steps
    }

    /// The folder for temporary files: nobody else's, and no way to hand it on.
    fn temp(&self) -> Result<Step, PlanError> {
        let path = self.facts.temp.clone();
        let grant = self
            .facts
            .grant(&path)
            .ok_or_else(|| PlanError::NoGrant(path.clone()))?;
        let mut descriptor = launch::closed(self.facts, HEIRS, AccessMask::FILE_ALL_ACCESS);
        if let Some(list) = descriptor.dacl.list_mut() {
            let allow = |sid: Sid, mask| Ace::allow(sid, mask).with_flags(HEIRS);
            list.aces = vec![
                allow(Sid::SYSTEM, AccessMask::FILE_ALL_ACCESS),
                allow(Sid::ADMINISTRATORS, AccessMask::FILE_ALL_ACCESS),
                allow(self.facts.token.user, AccessMask::FILE_ALL_ACCESS),
            ];
            for sid in self.holders(grant) {
                list.aces.extend(writing(sid));
            }
        }
        if let Label::Set(label) = self.label(HEIRS) {
            descriptor.sacl = [label].into_iter().collect::<fumehood_nt::Acl>().into();
        }
        Ok(Step::Make {
            path,
            kind: Kind::Folder,
            content: "",
            descriptor: Some(descriptor),
            reason: Reason::Temp,
        })
    }

    /// The grants. On the root itself without DELETE: it stays where it is.
    fn roots(&self) -> Vec<Step> {
        let set = |root: &places::Root| {
            let mut add = Vec::new();
            for sid in self.holders(root.grant) {
                add.extend(writing(sid));
            }
            Step::Set {
                path: root.path.clone(),
                id: Some(root.id),
                change: Change {
                    label: if self.is_outermost(&root.path) {
                        self.label(HEIRS)
                    } else {
                        Label::Kept
                    },
                    ..Change::adding(add)
                },
                reach: Reach::Tree,
                reason: Reason::Root,
            }
        };
        self.places.roots.iter().map(set).collect()
    }
}

/// Writing in a folder and below, and DELETE only of what is below: the folder stays.
fn writing(sid: Sid) -> [Ace; 2] {
    let here = change::WRITE.without(AccessMask::DELETE);
    let below = HEIRS.union(AceFlags::INHERIT_ONLY);
    [
        Ace::allow(sid, here),
        Ace::allow(sid, change::WRITE).with_flags(below),
    ]
}

fn launch(policy: &Policy, drafter: &Drafter<'_>, request: &Request) -> Result<Launch, PlanError> {
    let (facts, places, profile) = (drafter.facts, drafter.places, drafter.profile);
    let workspace = on_a_drive(&policy.workspace)
        .ok_or_else(|| PlanError::NoDrive(policy.workspace.to_string()))?;
    let mut temp_too = places.clone();
    temp_too.roots.push(places::Root {
        path: facts.temp.clone(),
        id: super::facts::FileId { volume: 0, file: 0 },
        grant: facts
            .grant(&facts.temp)
            .ok_or_else(|| PlanError::NoGrant(facts.temp.clone()))?,
    });
    let token = launch::token(facts, &temp_too, profile);
    let kept = places.protected.iter().map(|place| &place.path);
    let mut pins: Vec<WinPath> = kept.chain(places.ways.keys()).cloned().collect();
    pins.extend(places.roots.iter().map(|root| root.path.clone()));
    pins.extend(places.hidden.iter().map(|(path, _)| path.clone()));
    pins.push(facts.temp.clone());
    pins.sort();
    pins.dedup();
    Ok(Launch {
        arguments: request.arguments.clone(),
        folder: request.folder.clone().unwrap_or(workspace),
        temp: facts.temp.clone(),
        desktop: launch::desktop(&token),
        launcher: launch::launcher(facts),
        token,
        job: Job {
            processes: policy.limits.processes,
            memory: policy.limits.memory,
            ui: UiLimit::ALL.to_vec(),
        },
        pins,
        timeout_ms: policy
            .limits
            .wall
            .map(|wall| u64::try_from(wall.as_millis()).unwrap_or(u64::MAX)),
    })
}
