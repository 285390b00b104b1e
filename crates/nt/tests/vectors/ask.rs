//! One question put to the model.

use fumehood_nt::evaluate::{
    Child, DeleteBy, Folder, Intent, Node, Operation, Outcome, file_access, with_intent,
};
use fumehood_nt::semantics::Semantics;
use fumehood_nt::token::{
    self, AppContainer, Group, Integrity, MandatoryPolicy, PackageReach, Privilege, Privileges,
    Restriction, SidState, TokenSpec,
};
use fumehood_nt::{AccessMask, SecurityDescriptor, Sid};

use crate::read::{Answer, Package, Token, Vector};

/// The answer under `semantics`.
pub fn ask(vector: &Vector, semantics: &Semantics) -> Answer {
    let descriptor = descriptor(&vector.sddl);
    let token = token(&vector.token);
    if let Some(operation) = &vector.operation {
        return of_files(vector, operation, &token, semantics);
    }
    let intent = match vector.intent.as_deref() {
        None => Intent::Ordinary,
        Some("backup-and-restore") => Intent::BackupAndRestore,
        Some(other) => panic!("{}: intent {other}", vector.name),
    };
    let (want, mapping) = (want(vector), vector.object.mapping());
    let verdict = with_intent(&descriptor, &token, want, mapping, semantics, intent);
    said(verdict.outcome)
}

fn said(outcome: Outcome) -> Answer {
    match outcome {
        Outcome::Granted(mask) => Answer::Granted(Some(mask)),
        Outcome::Denied => Answer::Denied,
    }
}

fn want(vector: &Vector) -> AccessMask {
    vector
        .want
        .unwrap_or_else(|| panic!("{}: no `want`", vector.name))
}

fn of_files(
    vector: &Vector,
    operation: &str,
    token: &token::Token,
    semantics: &Semantics,
) -> Answer {
    let own = descriptor(&vector.sddl);
    let more = [&vector.folder, &vector.target, &vector.replaced];
    let [folder, target, replaced] = more.map(|text| text.as_deref().map(descriptor));
    let node = match vector.node.as_deref() {
        None => Node::File,
        Some("empty-folder") => Node::EmptyFolder,
        Some("full-folder") => Node::FullFolder,
        Some(other) => panic!("{}: node {other}", vector.name),
    };
    let child = Child {
        object: &own,
        folder: folder.as_ref(),
        node,
    };
    let target = || {
        target
            .as_ref()
            .unwrap_or_else(|| panic!("{}: no `target`", vector.name))
    };
    let replaced = replaced.as_ref().map(|object| Child {
        object,
        folder: Some(target()),
        node: Node::File,
    });
    let create = |what| Operation::Create { folder: &own, what };
    let delete = |by| Operation::Delete { child, by };
    let operation = match operation {
        "open" => Operation::Open {
            child,
            desired: want(vector),
        },
        "overwrite" => Operation::Overwrite {
            child,
            desired: want(vector),
        },
        "supersede" => Operation::Supersede {
            child,
            desired: want(vector),
        },
        "create-file" => create(Folder::AddFile),
        "create-folder" => create(Folder::AddFolder),
        "delete" => delete(DeleteBy::Disposition),
        "delete-ex" => delete(DeleteBy::DispositionEx),
        "rename" => Operation::Rename {
            source: child,
            target: target(),
            replaced,
        },
        "hard-link" => Operation::HardLink {
            file: child,
            target: target(),
            replaced,
        },
        "traverse" => Operation::Traverse { folder: &own },
        other => panic!("{}: operation {other}", vector.name),
    };
    let verdict = file_access(&operation, token, semantics).verdict;
    match (said(verdict.outcome), operation) {
        (answer, Operation::Open { .. }) => answer,
        (Answer::Granted(_), _) => Answer::Granted(None),
        (Answer::Denied, _) => Answer::Denied,
    }
}

fn descriptor(text: &str) -> SecurityDescriptor {
    text.parse().unwrap_or_else(|why| panic!("{text}: {why}"))
}

fn sid(text: &str) -> Sid {
    text.parse().unwrap_or_else(|why| panic!("{text}: {why}"))
}

fn sids(texts: &[String]) -> Vec<Sid> {
    texts.iter().map(|text| sid(text)).collect()
}

fn groups(pairs: &[[String; 2]]) -> Vec<Group> {
    let group = |[who, what]: &[String; 2]| Group::new(sid(who), state(what));
    pairs.iter().map(group).collect()
}

fn state(text: &str) -> SidState {
    match text {
        "enabled" => SidState::Enabled,
        "disabled" => SidState::Disabled,
        "deny-only" => SidState::DenyOnly,
        other => panic!("state {other}"),
    }
}

fn token(written: &Token) -> token::Token {
    let mut spec = TokenSpec::new(sid(&written.user));
    spec.user_state = written
        .user_attr
        .as_deref()
        .map_or(SidState::Enabled, state);
    spec.groups = groups(&written.groups);
    spec.device_groups = written.device_groups.as_deref().map(groups);
    spec.restricting = written.restricting.as_deref().map(sids);
    if written.write_restricted {
        spec.restriction = Restriction::Write;
    }
    spec.privileges = privileges(written);
    if let Some(level) = &written.integrity {
        spec.integrity = Integrity::of_sid(&sid(level)).expect("a level");
    }
    spec.mandatory_policy = match written.mandatory_policy.as_deref() {
        None => MandatoryPolicy::BOTH,
        Some("off") => MandatoryPolicy::OFF,
        Some("no-write-up") => MandatoryPolicy::NO_WRITE_UP,
        Some("new-process-min") => MandatoryPolicy::NEW_PROCESS_MIN,
        Some(other) => panic!("policy {other}"),
    };
    spec.app_container = written.app_container.as_ref().map(app_container);
    spec.build().expect("a small token")
}

fn privileges(written: &Token) -> Privileges {
    let named = |text: &String| Privilege::parse(text).unwrap_or_else(|| panic!("{text}"));
    let enabled = written.privileges.iter().flatten().map(named);
    let held = written.held.iter().flatten().map(named);
    held.fold(enabled.collect(), Privileges::with_disabled)
}

fn app_container(written: &Package) -> AppContainer {
    AppContainer {
        package: sid(&written.sid),
        capabilities: sids(&written.capabilities),
        reach: if written.low_privilege {
            PackageReach::LowPrivilege
        } else {
            PackageReach::Ordinary
        },
    }
}
