//! What was reported from real machines, and what file operations ask: the rows of the design
//! document that evaluation alone can show.

mod evaluate_common;

use evaluate_common::*;
use fumehood_nt::condition::{Membership, Sids};
use fumehood_nt::evaluate::{
    Child, DeleteBy, FileQuestion, Folder, Node, Operation, file_access, file_depends_on,
};
use fumehood_nt::inherit::{Creation, Heir, on_create};
use fumehood_nt::restrict::{Restrict, RestrictFlags, lower_integrity, restrict};
use fumehood_nt::semantics::{
    DispositionEx, FullFolder, HardLinkRights, RenameRights, ReplaceTarget, Semantics,
};
use fumehood_nt::token::{Integrity, Privilege, Token};
use fumehood_nt::{AccessMask, Condition, GenericMapping, SecurityDescriptor, Sid};

/// The token of the `compatible` profile, with these restricting SIDs.
fn write_restricted(sids: &[Sid]) -> Token {
    filtered(RestrictFlags::WRITE_RESTRICTED, sids)
}

fn fully_restricted(sids: &[Sid]) -> Token {
    filtered(RestrictFlags::NONE, sids)
}

fn filtered(flags: RestrictFlags, sids: &[Sid]) -> Token {
    let flags = flags.with(RestrictFlags::DISABLE_MAX_PRIVILEGE);
    let asked = Restrict {
        flags,
        restricting: sids.to_vec(),
        ..Restrict::default()
    };
    restrict(&user(), &asked).expect("a list")
}

/// A file or folder of a profile: the user, the system and administrators, full.
fn profile() -> SecurityDescriptor {
    let full = [USER, Sid::SYSTEM, Sid::ADMINISTRATORS].map(|sid| allow(sid, ALL));
    owned(USER, full)
}

fn file<'a>(object: &'a SecurityDescriptor, folder: &'a SecurityDescriptor) -> Child<'a> {
    Child {
        object,
        folder: Some(folder),
        node: Node::File,
    }
}

fn may(token: &Token, operation: &Operation<'_>) -> bool {
    file_access(operation, token, &Semantics::default()).granted()
}

fn deletes(token: &Token, child: Child<'_>) -> bool {
    may(
        token,
        &Operation::Delete {
            child,
            by: DeleteBy::Disposition,
        },
    )
}

// Facts.

#[test]
fn a_write_restricted_process_deletes_what_the_parent_lets_the_user_delete() {
    let (secret, home) = (profile(), profile());
    let token = write_restricted(&[GRANT, Sid::EVERYONE]);
    assert!(!can(&secret, &token, DELETE) && !can(&secret, &token, AccessMask::FILE_WRITE_DATA));
    let operation = Operation::Delete {
        child: file(&secret, &home),
        by: DeleteBy::Disposition,
    };
    let verdict = file_access(&operation, &token, &Semantics::default());
    assert!(verdict.granted(), "openai/codex#32915");
    assert_eq!(verdict.question, FileQuestion::Folder);
    assert!(verdict.by_folder.is_some());
    let hangs = file_depends_on(&operation, &token, &Semantics::default());
    assert!(hangs.is_certain(), "no reading closes it");

    // The twins: who has not the hole.
    assert!(!deletes(
        &fully_restricted(&[GRANT, Sid::EVERYONE]),
        file(&secret, &home)
    ));
    let modify = ALL.without(DELETE_CHILD | WRITE_DAC | AccessMask::WRITE_OWNER);
    let parent = with([allow(USER, modify)]);
    assert!(
        !deletes(&token, file(&secret, &parent)),
        "a parent without delete-child"
    );
    let closed = owned(USER, [deny(TEAM, DELETE_CHILD), allow(USER, ALL)]);
    assert!(
        !deletes(&token, file(&secret, &closed)),
        "a deny for a SID of the normal list"
    );
    let useless = owned(USER, [deny(GRANT, DELETE_CHILD), allow(USER, ALL)]);
    assert!(
        deletes(&token, file(&secret, &useless)),
        "one of the restricting list is not asked"
    );
    let lower = lower_integrity(&token, Integrity(6144)).expect("lower");
    assert!(
        !deletes(&lower, file(&secret, &home)),
        "a level below medium closes it"
    );
}

#[test]
fn a_write_restricted_process_renames_away_what_it_may_delete_by_the_parent() {
    let (hooks, git) = (profile(), profile());
    let target = with([allow(USER, ALL), allow(GRANT, ALL)]);
    let rename = |source| Operation::Rename {
        source,
        target: &target,
        replaced: None,
    };
    assert!(may(
        &write_restricted(&[GRANT]),
        &rename(file(&hooks, &git))
    ));
    assert!(!may(
        &fully_restricted(&[GRANT]),
        &rename(file(&hooks, &git))
    ));
}

#[test]
fn granting_delete_child_on_the_root_takes_the_protection_of_its_children() {
    let protected = with([
        deny(RULES, WRITE | DELETE),
        allow(USER, ALL),
        allow(GRANT, ALL),
    ]);
    let root = |grant| with([allow(USER, ALL), allow(GRANT, grant)]);
    let token = fully_restricted(&[GRANT, RULES]);
    let modify = ALL.without(DELETE_CHILD);
    assert!(!deletes(&token, file(&protected, &root(modify))));
    assert!(
        deletes(&token, file(&protected, &root(ALL))),
        "openai/codex PR#31138"
    );
}

#[test]
fn a_write_restricted_token_with_an_empty_list_writes_nothing() {
    let open = with([allow(Sid::EVERYONE, ALL), allow(USER, ALL)]);
    let token = write_restricted(&[]);
    for bit in [0x2, 0x4, 0x10, 0x100, 0x1_0000, 0x4_0000, 0x8_0000] {
        assert!(!can(&open, &token, AccessMask(bit)), "{bit:#x}");
        assert!(can(&open, &user(), AccessMask(bit)), "{bit:#x}");
    }
    assert!(can(&open, &token, READ | EXECUTE));
}

#[test]
fn one_workspace_writes_into_another_where_everyone_may_write() {
    let shared = with([allow(Sid::EVERYONE, READ | WRITE), allow(OTHER, ALL)]);
    assert!(can(
        &shared,
        &write_restricted(&[GRANT, Sid::EVERYONE]),
        READ | WRITE
    ));
    assert!(!can(&shared, &write_restricted(&[GRANT]), READ | WRITE));
    let theirs = with([allow(OTHER, ALL), allow(USER, ALL), allow(SESSION, ALL)]);
    assert!(!can(
        &theirs,
        &write_restricted(&[GRANT, Sid::EVERYONE]),
        WRITE
    ));
}

#[test]
fn a_write_restricted_token_cannot_be_denied_reading() {
    let secret = with([deny(RULES, READ), allow(USER, ALL), allow(GRANT, ALL)]);
    let sids = [GRANT, RULES];
    assert!(can(&secret, &write_restricted(&sids), READ));
    assert!(!can(&secret, &fully_restricted(&sids), READ));
}

#[test]
fn a_conditional_allow_denies_reading_where_a_group_only_denies() {
    let member = Condition::Member(Membership::MemberOf, Sids::One(Sid::USERS));
    let secret = owned(
        Sid::SYSTEM,
        [allow_if(USER, ALL, member), allow(Sid::SYSTEM, ALL)],
    );
    let asked = Restrict {
        flags: RestrictFlags::WRITE_RESTRICTED,
        disable: vec![Sid::USERS],
        restricting: vec![GRANT],
        ..Restrict::default()
    };
    let token = restrict(&user(), &asked).expect("a list");
    assert!(!can(&secret, &token, READ) && can(&secret, &user(), READ));
    let inside = profile();
    assert!(!deletes(
        &token,
        Child {
            folder: Some(&secret),
            ..file(&inside, &secret)
        }
    ));
    assert!(
        deletes(&token, file(&inside, &profile())),
        "without the condition"
    );
}

#[test]
fn a_deny_for_the_user_locks_the_product_out_too() {
    let rules = with([deny(USER, WRITE), allow(USER, ALL), allow(GRANT, ALL)]);
    assert!(!can(
        &rules,
        &write_restricted(&[GRANT]),
        AccessMask::FILE_WRITE_DATA
    ));
    assert!(
        !can(&rules, &user(), AccessMask::FILE_WRITE_DATA),
        "the product itself"
    );
    let named = with([deny(RULES, WRITE), allow(USER, ALL), allow(GRANT, ALL)]);
    assert!(!can(
        &named,
        &write_restricted(&[GRANT, RULES]),
        AccessMask::FILE_WRITE_DATA
    ));
    assert!(can(&named, &user(), AccessMask::FILE_WRITE_DATA));
}

#[test]
fn piped_children_open_each_other_only_if_the_default_dacl_names_a_restricting_sid() {
    let made_with = |sids: &[Sid]| {
        let mut spec = write_restricted(&[GRANT, SESSION]).into_spec();
        spec.default_dacl = Some(
            sids.iter()
                .map(|sid| allow(*sid, AccessMask::GENERIC_ALL))
                .collect(),
        );
        let token = build(spec);
        let pipe = on_create(&Creation {
            parent: None,
            asked: None,
            token: &token,
            heir: Heir::File,
            mapping: &GenericMapping::FILE,
        });
        can(
            &pipe,
            &token,
            AccessMask::GENERIC_READ | AccessMask::GENERIC_WRITE,
        )
    };
    assert!(!made_with(&[USER, Sid::SYSTEM]), "Gitlawb/zero PR#456");
    assert!(made_with(&[USER, Sid::SYSTEM, SESSION]));
}

#[test]
fn a_write_restricted_sandbox_cannot_change_the_dacl_of_the_users_files() {
    let mine = profile();
    assert!(!can(&mine, &write_restricted(&[GRANT]), WRITE_DAC));
    assert!(
        can(&mine, &write_restricted(&[GRANT, USER]), WRITE_DAC),
        "the jail is broken"
    );
    assert!(can(&mine, &write_restricted(&[GRANT, USER]), WRITE));
}

// The rules of the file system.

#[test]
fn deleting_needs_delete_on_the_object_or_delete_child_on_the_folder() {
    let (closed, own) = (with([]), with([allow(USER, DELETE)]));
    let (plain, lets) = (with([]), with([allow(USER, DELETE_CHILD)]));
    assert!(deletes(&user(), file(&own, &plain)));
    assert!(deletes(&user(), file(&closed, &lets)));
    assert!(!deletes(&user(), file(&closed, &plain)));
    let denied = with([deny(USER, DELETE)]);
    assert!(
        deletes(&user(), file(&denied, &lets)),
        "a deny on the object does not help"
    );
    assert!(!deletes(
        &user(),
        Child {
            folder: None,
            ..file(&closed, &lets)
        }
    ));
}

#[test]
fn what_is_asked_beside_delete_must_come_from_the_object() {
    let (closed, readable) = (with([]), with([allow(USER, READ)]));
    let lets = with([allow(USER, DELETE_CHILD)]);
    let open = |object| Operation::Open {
        child: file(object, &lets),
        desired: DELETE | READ,
    };
    assert!(!may(&user(), &open(&closed)) && may(&user(), &open(&readable)));
}

#[test]
fn reading_attributes_is_implied_by_listing_the_folder() {
    let closed = with([]);
    let (plain, lists) = (with([]), with([allow(USER, AccessMask::FILE_READ_DATA)]));
    let desired = AccessMask::FILE_READ_ATTRIBUTES;
    let open = |folder| Operation::Open {
        child: file(&closed, folder),
        desired,
    };
    assert!(may(&user(), &open(&lists)) && !may(&user(), &open(&plain)));
}

#[test]
fn the_maximum_of_an_open_holds_what_the_folder_gives() {
    let object = with([allow(USER, AccessMask::FILE_READ_DATA)]);
    let folder = with([allow(USER, DELETE_CHILD | AccessMask::FILE_READ_DATA)]);
    let operation = Operation::Open {
        child: file(&object, &folder),
        desired: MAXIMUM,
    };
    let mask = file_access(&operation, &user(), &Semantics::default())
        .verdict
        .mask();
    assert_eq!(
        mask,
        AccessMask::FILE_READ_DATA | DELETE | AccessMask::FILE_READ_ATTRIBUTES
    );
    let nothing = with([]);
    let operation = Operation::Open {
        child: file(&nothing, &folder),
        desired: MAXIMUM,
    };
    let mask = file_access(&operation, &user(), &Semantics::default())
        .verdict
        .mask();
    assert_eq!(mask, DELETE | AccessMask::FILE_READ_ATTRIBUTES);
}

#[test]
fn overwriting_and_superseding_ask_for_more_than_the_open_says() {
    let plain = with([]);
    let extra = AccessMask::FILE_WRITE_EA | AccessMask::FILE_WRITE_ATTRIBUTES;
    let desired = AccessMask::FILE_READ_DATA;
    for (right, overwrites, supersedes) in [
        (AccessMask::NONE, false, false),
        (AccessMask::FILE_WRITE_DATA, true, false),
        (DELETE, false, true),
    ] {
        let object = with([allow(USER, desired | extra | right)]);
        let child = file(&object, &plain);
        assert_eq!(
            may(&user(), &Operation::Overwrite { child, desired }),
            overwrites,
            "{right}"
        );
        assert_eq!(
            may(&user(), &Operation::Supersede { child, desired }),
            supersedes,
            "{right}"
        );
    }
    let lacks = with([allow(USER, ALL.without(AccessMask::FILE_WRITE_EA))]);
    assert!(!may(
        &user(),
        &Operation::Overwrite {
            child: file(&lacks, &plain),
            desired
        }
    ));
}

#[test]
fn creating_asks_the_folder_for_files_and_folders_apart() {
    let files = with([allow(USER, AccessMask::FILE_WRITE_DATA)]);
    let folders = with([allow(USER, AccessMask::FILE_APPEND_DATA)]);
    let create = |folder, what| may(&user(), &Operation::Create { folder, what });
    assert!(create(&files, Folder::AddFile) && !create(&files, Folder::AddFolder));
    assert!(create(&folders, Folder::AddFolder) && !create(&folders, Folder::AddFile));
}

#[test]
fn renaming_asks_the_source_the_target_and_what_is_replaced() {
    let (source, plain) = (with([allow(USER, DELETE)]), with([]));
    let target = with([allow(USER, AccessMask::FILE_WRITE_DATA)]);
    let from = file(&source, &plain);
    let asks = |source, target, replaced| {
        let operation = Operation::Rename {
            source,
            target,
            replaced,
        };
        let verdict = file_access(&operation, &user(), &Semantics::default());
        (verdict.granted(), verdict.question)
    };
    assert_eq!(asks(from, &target, None), (true, FileQuestion::Target));
    assert_eq!(
        asks(file(&plain, &plain), &target, None),
        (false, FileQuestion::Object)
    );
    assert_eq!(asks(from, &plain, None), (false, FileQuestion::Target));
    let folder = Child {
        node: Node::FullFolder,
        ..from
    };
    assert_eq!(
        asks(folder, &target, None),
        (false, FileQuestion::Target),
        "no ADD_SUBDIRECTORY"
    );
    let (open, closed) = (with([allow(USER, DELETE)]), with([]));
    assert_eq!(
        asks(from, &target, Some(file(&open, &target))),
        (true, FileQuestion::Replaced)
    );
    assert_eq!(
        asks(from, &target, Some(file(&closed, &target))),
        (false, FileQuestion::Replaced)
    );
}

#[test]
fn a_replaced_file_is_served_by_its_folder_only_under_the_switch() {
    let (source, closed) = (with([allow(USER, DELETE)]), with([]));
    let target = with([allow(USER, AccessMask::FILE_WRITE_DATA | DELETE_CHILD)]);
    let operation = Operation::Rename {
        source: file(&source, &closed),
        target: &target,
        replaced: Some(file(&closed, &target)),
    };
    assert!(!may(&user(), &operation));
    let serves = Semantics {
        replace_target: ReplaceTarget::ParentServes,
        ..Semantics::default()
    };
    assert!(file_access(&operation, &user(), &serves).granted());
    let names: Vec<_> = file_depends_on(&operation, &user(), &Semantics::default())
        .names()
        .collect();
    assert_eq!(names, ["replace-target-by-parent"]);
}

#[test]
fn the_switches_of_deleting_by_the_folder_take_what_they_say() {
    let (closed, lets) = (with([]), with([allow(USER, DELETE_CHILD)]));
    let child = file(&closed, &lets);
    let full = Child {
        node: Node::FullFolder,
        ..child
    };
    let empty = Child {
        node: Node::EmptyFolder,
        ..child
    };
    let by = DeleteBy::DispositionEx;
    let own = Semantics {
        disposition_ex: DispositionEx::OwnDelete,
        ..Semantics::default()
    };
    assert!(may(&user(), &Operation::Delete { child, by }));
    assert!(!file_access(&Operation::Delete { child, by }, &user(), &own).granted());
    let by = DeleteBy::Disposition;
    assert!(file_access(&Operation::Delete { child, by }, &user(), &own).granted());
    let own = Semantics {
        full_folder: FullFolder::OwnDelete,
        ..Semantics::default()
    };
    assert!(may(&user(), &Operation::Delete { child: full, by }));
    assert!(!file_access(&Operation::Delete { child: full, by }, &user(), &own).granted());
    assert!(file_access(&Operation::Delete { child: empty, by }, &user(), &own).granted());
}

#[test]
fn renaming_and_linking_ask_for_what_their_switches_say() {
    let (source, plain) = (with([allow(USER, DELETE)]), with([]));
    let target = with([allow(USER, AccessMask::FILE_WRITE_DATA)]);
    let from = file(&source, &plain);
    let rename = Operation::Rename {
        source: from,
        target: &target,
        replaced: None,
    };
    let more = RenameRights::DeleteAndAttributes;
    let more = Semantics {
        rename_rights: more,
        ..Semantics::default()
    };
    assert!(may(&user(), &rename) && !file_access(&rename, &user(), &more).granted());
    let link = |file| Operation::HardLink {
        file,
        target: &target,
        replaced: None,
    };
    let attributes = with([allow(USER, AccessMask::FILE_WRITE_ATTRIBUTES)]);
    assert!(!may(&user(), &link(from)) && may(&user(), &link(file(&attributes, &plain))));
    let nothing = HardLinkRights::Nothing;
    let nothing = Semantics {
        hard_link_rights: nothing,
        ..Semantics::default()
    };
    assert!(file_access(&link(from), &user(), &nothing).granted());
}

#[test]
fn the_privilege_skips_the_check_of_folders_that_are_passed_through() {
    let closed = with([]);
    let traverse = Operation::Traverse { folder: &closed };
    let token = user_with(|spec| {
        spec.privileges = spec.privileges.with_enabled(Privilege::ChangeNotify);
    });
    assert!(may(&token, &traverse) && !may(&user(), &traverse));
    let open = with([allow(USER, AccessMask::FILE_EXECUTE)]);
    assert!(may(&user(), &Operation::Traverse { folder: &open }));
}
