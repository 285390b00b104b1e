//! Edges that only a mutant showed to be untested: each of these is what one change survived on.

mod evaluate_common;

use evaluate_common::*;
use fumehood_nt::condition::{Attribute, AttributeOf, Membership, Sids};
use fumehood_nt::evaluate::{
    Child, Doubt, FileQuestion, Folder, Intent, Node, Operation, Pass, Verdict, Why, depends_on,
    evaluate, file_access, with_intent,
};
use fumehood_nt::inherit::{Creation, Creator, Heir, inherit_ace, on_create};
use fumehood_nt::restrict::{Restrict, RestrictFlags, restrict};
use fumehood_nt::semantics::{
    AppContainerNullDacl, ConditionSids, DoubledSid, RenameRights, Semantics,
};
use fumehood_nt::token::{AppContainer, Group, PackageReach, Privilege, SidState, Token};
use fumehood_nt::{
    AccessMask, Ace, AceFlags, AceKind, Acl, Callback, Condition, Control, GenericMapping,
    SecurityDescriptor, Sid,
};

fn member(sid: Sid) -> Condition {
    Condition::Member(Membership::MemberOf, Sids::One(sid))
}

fn attribute() -> Condition {
    Condition::Exists(Attribute {
        of: AttributeOf::User,
        name: "Department".into(),
    })
}

#[test]
fn a_condition_behind_a_plain_ace_makes_an_answer_hang_on_its_switch() {
    let object = with([allow(USER, READ), allow_if(GRANT, READ, member(TEAM))]);
    let files = &GenericMapping::FILE;
    let hangs = depends_on(
        &object,
        &fully(&[GRANT]),
        READ,
        files,
        &Semantics::default(),
    );
    assert_eq!(hangs.names().collect::<Vec<_>>(), ["condition-sids"]);
    let plain = with([allow(USER, READ), allow(GRANT, READ)]);
    let hangs = depends_on(&plain, &fully(&[GRANT]), READ, files, &Semantics::default());
    assert!(hangs.is_certain());
}

#[test]
fn a_condition_that_is_unknown_by_one_of_two_lists_is_a_doubt() {
    // Known by the groups, unknown by the restricting list; and the other way round.
    let by_groups = || Condition::Or(member(TEAM).into(), attribute().into());
    let by_list = || Condition::And(member(OTHER).into(), attribute().into());
    let grants = |condition| with([allow(USER, READ), allow_if(GRANT, READ, condition)]);
    let denies = |condition| {
        let denial = deny_if(GRANT, READ, condition);
        with([allow(USER, READ), denial, allow(GRANT, READ)])
    };
    let token = fully(&[GRANT, OTHER]);
    for (condition_sids, object, ace) in [
        (ConditionSids::MostDenying, grants(by_groups()), 1),
        (ConditionSids::MostGranting, denies(by_groups()), 1),
        (ConditionSids::MostGranting, grants(by_list()), 1),
        (ConditionSids::MostDenying, denies(by_list()), 1),
    ] {
        let semantics = Semantics {
            condition_sids,
            ..Semantics::default()
        };
        let verdict = evaluate(&object, &token, READ, &GenericMapping::FILE, &semantics);
        assert!(!verdict.granted(), "{condition_sids:?}");
        assert_eq!(
            verdict.doubt,
            Some(Doubt::Condition { ace }),
            "{condition_sids:?}"
        );
    }
}

#[test]
fn whatever_in_the_sacl_may_refuse_more_is_a_doubt_unless_it_is_for_children() {
    let filter = || AceKind::AccessFilter(Callback::Condition(attribute()).into());
    for kind in [AceKind::ScopedPolicy, AceKind::TrustLabel, filter()] {
        let object = |flags| {
            let ace = Ace::new(kind.clone(), flags, READ, Sid::EVERYONE);
            SecurityDescriptor {
                sacl: Acl::new(vec![ace]).into(),
                ..with([allow(USER, READ)])
            }
        };
        let here = object(AceFlags::NONE);
        let doubt = ask(&here, &user(), READ).doubt;
        assert_eq!(doubt, Some(Doubt::Sacl { ace: 0 }), "{kind:?}");
        let below = object(AceFlags::INHERIT_ONLY.union(AceFlags::OBJECT_INHERIT));
        assert_eq!(ask(&below, &user(), READ).doubt, None, "{kind:?}");
    }
}

#[test]
fn operations_on_files_know_the_generic_rights_of_files() {
    let all = with([allow(USER, AccessMask::GENERIC_ALL)]);
    let read = with([allow(USER, AccessMask::GENERIC_READ)]);
    let may = |object, desired| {
        let child = Child {
            object,
            folder: None,
            node: Node::File,
        };
        let operation = Operation::Open { child, desired };
        file_access(&operation, &user(), &Semantics::default()).granted()
    };
    assert!(may(&all, ALL) && may(&read, READ) && may(&read, AccessMask::GENERIC_READ));
    assert!(!may(&read, AccessMask::GENERIC_WRITE));
}

#[test]
fn a_mask_that_is_no_rights_is_inherited_as_it_is() {
    let creator = Creator {
        owner: None,
        group: None,
    };
    let inherited = |ace: Ace| {
        let ace = ace.with_flags(AceFlags::OBJECT_INHERIT);
        inherit_ace(&ace, Heir::File, &creator, &GenericMapping::FILE).effective
    };
    let label = Ace::label(Sid::of(16, [0x1000]), AccessMask::GENERIC_READ);
    assert_eq!(
        inherited(label).map(|ace| ace.mask),
        Some(AccessMask::GENERIC_READ)
    );
    let grant = allow(USER, AccessMask::GENERIC_READ);
    assert_eq!(inherited(grant).map(|ace| ace.mask), Some(READ));
}

#[test]
fn the_flags_of_restricting_are_those_of_the_call() {
    let flags = [
        RestrictFlags::NONE,
        RestrictFlags::DISABLE_MAX_PRIVILEGE,
        RestrictFlags::SANDBOX_INERT,
        RestrictFlags::LUA_TOKEN,
        RestrictFlags::WRITE_RESTRICTED,
    ];
    assert_eq!(flags.map(RestrictFlags::bits), [0, 1, 2, 4, 8]);
}

#[test]
fn an_administrator_who_is_filtered_loses_these_groups_and_no_other() {
    let filtered = |sid: Sid| {
        let token = user_with(|spec| spec.groups.push(Group::enabled(sid)));
        let asked = Restrict {
            flags: RestrictFlags::LUA_TOKEN,
            ..Restrict::default()
        };
        let token = restrict(&token, &asked).expect("no list");
        token.spec().groups.last().expect("pushed").state == SidState::DenyOnly
    };
    let lost = |of: fn(u32) -> Sid| {
        (400..700)
            .filter(|rid| filtered(of(*rid)))
            .collect::<Vec<_>>()
    };
    let builtin = lost(|rid| Sid::of(5, [32, rid]));
    assert_eq!(builtin, [544, 547, 548, 549, 550, 551, 554, 556, 569]);
    let domain = lost(|rid| Sid::of(5, [21, 1, 2, 3, rid]));
    assert_eq!(domain, [498, 512, 516, 517, 518, 519, 520, 521, 553]);
    let own: Vec<u32> = (1..200)
        .filter(|rid| filtered(Sid::of(5, [*rid])))
        .collect();
    assert_eq!(own, [114]);
}

#[test]
fn a_condition_is_known_up_to_its_greatest_depth() {
    let nested = |depth: usize| {
        (1..depth).fold(member(TEAM), |inner, _| {
            Condition::And(inner.into(), member(TEAM).into())
        })
    };
    let deepest = Condition::MAX_DEPTH;
    let can_with = |depth| can(&with([allow_if(USER, READ, nested(depth))]), &user(), READ);
    assert!(can_with(deepest) && !can_with(deepest + 1));
}

#[test]
fn of_two_conditions_that_are_unknown_the_first_is_reported() {
    let object = with([
        allow_if(USER, READ, attribute()),
        allow_if(TEAM, READ, attribute()),
    ]);
    assert_eq!(
        ask(&object, &user(), READ).doubt,
        Some(Doubt::Condition { ace: 0 })
    );
    // One that is known has no part in it.
    let object = with([allow_if(USER, READ, member(OTHER)), allow(TEAM, WRITE)]);
    assert_eq!(ask(&object, &user(), READ).doubt, None);
}

#[test]
fn owner_rights_in_pass_2_are_a_question_without_a_condition() {
    let object = owned(USER, [allow(Sid::OWNER_RIGHTS, READ)]);
    let token = fully(&[Sid::OWNER_RIGHTS]);
    let files = &GenericMapping::FILE;
    let hangs = depends_on(&object, &token, READ, files, &Semantics::default());
    assert_eq!(
        hangs.names().collect::<Vec<_>>(),
        ["owner-rights-in-pass-2"]
    );
}

#[test]
fn passing_through_a_folder_asks_the_folder() {
    let open = with([allow(USER, AccessMask::FILE_EXECUTE)]);
    let operation = Operation::Traverse { folder: &open };
    let verdict = file_access(&operation, &user(), &Semantics::default());
    assert_eq!(verdict.question, FileQuestion::Folder);
}

#[test]
fn a_new_object_says_that_its_list_was_inherited_if_anything_was() {
    let flags = AceFlags::OBJECT_INHERIT;
    let parent = with([allow(USER, READ).with_flags(flags)]);
    let (barren, own, token) = (with([allow(USER, READ)]), with([allow(TEAM, READ)]), user());
    let says = |parent, asked| {
        let creation = Creation {
            parent: Some(parent),
            asked,
            token: &token,
            heir: Heir::File,
            mapping: &GenericMapping::FILE,
        };
        on_create(&creation)
            .control
            .contains(Control::DACL_AUTO_INHERITED)
    };
    assert!(says(&parent, None) && says(&parent, Some(&own)));
    assert!(!says(&barren, None) && !says(&barren, Some(&own)));
}

#[test]
fn what_is_named_beside_the_maximum_has_to_pass_the_package_too() {
    let token = user_with(|spec| {
        spec.app_container = Some(AppContainer {
            package: PACKAGE,
            capabilities: Vec::new(),
            reach: PackageReach::Ordinary,
        });
    });
    let object = with([allow(USER, ALL), allow(PACKAGE, READ)]);
    assert_eq!(
        ask(&object, &token, MAXIMUM | AccessMask::FILE_READ_DATA).mask(),
        READ
    );
    assert!(!can(&object, &token, MAXIMUM | AccessMask::FILE_WRITE_DATA));
}

#[test]
fn a_grant_by_privilege_names_the_privilege_that_gave_it() {
    let nothing = with([]);
    let both = AccessMask::ACCESS_SYSTEM_SECURITY | AccessMask::WRITE_OWNER;
    for (held, want, named) in [
        (
            [Privilege::Security, Privilege::Security],
            AccessMask::ACCESS_SYSTEM_SECURITY,
            Privilege::Security,
        ),
        (
            [Privilege::TakeOwnership, Privilege::Relabel],
            AccessMask::WRITE_OWNER,
            Privilege::TakeOwnership,
        ),
        (
            [Privilege::Relabel, Privilege::Backup],
            AccessMask::WRITE_OWNER,
            Privilege::Relabel,
        ),
        (
            [Privilege::TakeOwnership, Privilege::Security],
            both,
            Privilege::Security,
        ),
    ] {
        let token = user_with(|spec| spec.privileges = held.into_iter().collect());
        let verdict = ask(&nothing, &token, want);
        assert!(verdict.granted(), "{held:?}");
        assert_eq!(verdict.why, Why::Privilege(named), "{held:?}");
        let [first, _] = held;
        let token = user_with(|spec| spec.privileges = spec.privileges.with_disabled(first));
        assert!(!ask(&nothing, &token, want).granted(), "{held:?}");
    }
}

#[test]
fn of_two_bits_that_two_privileges_give_one_privilege_gives_one() {
    let both = AccessMask::ACCESS_SYSTEM_SECURITY | AccessMask::WRITE_OWNER;
    let token = user_with(|spec| spec.privileges = [Privilege::Security].into_iter().collect());
    assert!(!can(&with([]), &token, both));
    assert!(can(
        &with([allow(USER, AccessMask::WRITE_OWNER)]),
        &token,
        both
    ));
}

#[test]
fn what_a_package_gets_in_the_end_is_decided_by_its_own_ace() {
    let object = with([allow(USER, READ), allow(PACKAGE, READ)]);
    let container = AppContainer {
        package: PACKAGE,
        capabilities: Vec::new(),
        reach: PackageReach::Ordinary,
    };
    let decider = |verdict: Verdict<'_>| match verdict.why {
        Why::AllowedBy(decider) => (decider.pass, decider.ace),
        other => panic!("{other:?}"),
    };
    let inside = user_with(|spec| spec.app_container = Some(container));
    assert_eq!(decider(ask(&object, &inside, READ)), (Pass::Package, 1));
    assert_eq!(decider(ask(&object, &user(), READ)), (Pass::Normal, 0));
}

#[test]
fn without_an_owner_owner_rights_mean_nobody_in_the_second_pass() {
    let denial = Ace::deny(Sid::OWNER_RIGHTS, READ);
    let mut object = with([denial, allow(USER, READ), allow(GRANT, READ)]);
    object.owner = None;
    assert!(can(&object, &fully(&[GRANT]), READ));
    object.owner = Some(GRANT);
    assert!(!can(&object, &fully(&[GRANT]), READ));
}

#[test]
fn a_condition_asks_a_sid_that_a_token_lists_twice_as_its_switch_says() {
    let twice = |first, second| {
        user_with(|spec| {
            set_state(spec, TEAM, first);
            spec.groups.push(Group::new(TEAM, second));
        })
    };
    let (on, off) = (SidState::Enabled, SidState::Disabled);
    let grants = with([allow_if(Sid::EVERYONE, READ, member(TEAM))]);
    assert!(can(&grants, &twice(on, off), READ));
    assert!(!can(&grants, &twice(off, on), READ));
    let denial = deny_if(Sid::EVERYONE, READ, member(TEAM));
    let denies = with([denial, allow(USER, READ)]);
    let any = Semantics {
        doubled_sid: DoubledSid::AnyEntry,
        ..Semantics::default()
    };
    assert!(!can_under(&any, &denies, &twice(off, on), READ));
    assert!(!can_under(&any, &denies, &twice(on, off), READ));
    assert!(can_under(&any, &denies, &twice(off, off), READ));
}

#[test]
fn a_condition_that_nests_too_deeply_is_a_doubt_and_one_that_does_not_is_none() {
    let nested =
        |depth: usize| (0..depth).fold(member(TEAM), |inner, _| Condition::Not(inner.into()));
    let doubt = |depth| {
        let object = with([allow_if(USER, READ, nested(depth))]);
        ask(&object, &user(), READ).doubt
    };
    assert_eq!(doubt(Condition::MAX_DEPTH - 1), None);
    let unknown = Doubt::Condition { ace: 0 };
    assert_eq!(doubt(Condition::MAX_DEPTH), Some(unknown));
}

#[test]
fn an_operation_on_files_says_which_check_decided() {
    let (open, closed) = (with([allow(USER, ALL)]), with([]));
    let decided = |operation, token: &Token| {
        let verdict = file_access(&operation, token, &Semantics::default());
        (verdict.granted(), verdict.question)
    };
    let create = |folder| Operation::Create {
        folder,
        what: Folder::AddFile,
    };
    assert_eq!(
        decided(create(&open), &user()),
        (true, FileQuestion::Target)
    );
    assert_eq!(
        decided(create(&closed), &user()),
        (false, FileQuestion::Target)
    );
    let through = Operation::Traverse { folder: &closed };
    assert_eq!(decided(through, &user()), (false, FileQuestion::Folder));
    let passes = user_with(|spec| {
        spec.privileges = spec.privileges.with_enabled(Privilege::ChangeNotify);
    });
    assert_eq!(decided(through, &passes), (true, FileQuestion::Skipped));
    let verdict = file_access(&through, &passes, &Semantics::default()).verdict;
    assert_eq!(verdict.why, Why::Privilege(Privilege::ChangeNotify));
    assert_eq!(verdict.mask(), AccessMask::FILE_EXECUTE);
}

#[test]
fn a_rename_may_ask_three_rights_of_its_source_and_each_is_needed() {
    let rights = [
        DELETE,
        AccessMask::SYNCHRONIZE,
        AccessMask::FILE_READ_ATTRIBUTES,
    ];
    let target = with([allow(USER, AccessMask::FILE_WRITE_DATA)]);
    let may = |source: &SecurityDescriptor, rename_rights| {
        let semantics = Semantics {
            rename_rights,
            ..Semantics::default()
        };
        let operation = Operation::Rename {
            source: Child {
                object: source,
                folder: None,
                node: Node::File,
            },
            target: &target,
            replaced: None,
        };
        file_access(&operation, &user(), &semantics).granted()
    };
    let strict = RenameRights::DeleteAndAttributes;
    assert!(may(&with(rights.map(|right| allow(USER, right))), strict));
    for missing in rights {
        let others = rights.into_iter().filter(|right| *right != missing);
        let source = with(others.map(|right| allow(USER, right)).collect::<Vec<_>>());
        assert!(!may(&source, strict), "{missing}");
        assert_eq!(may(&source, RenameRights::Delete), missing != DELETE);
    }
}

#[test]
fn a_rename_says_that_the_folder_served_for_its_source() {
    let (closed, parent) = (with([]), with([allow(USER, ALL)]));
    let renamed = |folder| {
        let operation = Operation::Rename {
            source: Child {
                object: &closed,
                folder: Some(folder),
                node: Node::File,
            },
            target: &parent,
            replaced: None,
        };
        let verdict = file_access(&operation, &user(), &Semantics::default());
        (verdict.granted(), verdict.by_folder.is_some())
    };
    assert_eq!(renamed(&parent), (true, true));
    assert!(!renamed(&closed).0);
}

#[test]
fn a_backup_reads_the_descriptor_of_any_kind_of_object() {
    // An object whose generic rights do not have it.
    let one = AccessMask(1);
    let mapping = GenericMapping {
        read: one,
        write: one,
        execute: one,
        all: one,
    };
    let reads = |intent| {
        let token = user_with(|spec| spec.privileges = [Privilege::Backup].into_iter().collect());
        let semantics = Semantics::default();
        let object = owned(OTHER, []);
        with_intent(&object, &token, READ_CONTROL, &mapping, &semantics, intent).granted()
    };
    assert!(reads(Intent::BackupAndRestore) && !reads(Intent::Ordinary));
}

#[test]
fn a_label_that_forbids_nothing_lets_reading_and_writing_through_at_once() {
    let object = with([allow(USER, ALL)]);
    let high = |policy| labelled(object.clone(), 0x3000, policy);
    assert!(can(&high(0), &user(), READ | WRITE | EXECUTE));
    for policy in [
        AccessMask::LABEL_NO_READ_UP,
        AccessMask::LABEL_NO_WRITE_UP,
        AccessMask::LABEL_NO_EXECUTE_UP,
    ] {
        assert!(!can(&high(policy.0), &user(), READ | WRITE | EXECUTE));
    }
}

#[test]
fn a_maximum_that_lacks_something_says_in_which_pass() {
    let object = with([allow(USER, READ)]);
    let left = |token: &Token, want| match ask(&object, token, want).why {
        Why::LeftOver { pass, bits } => (pass, bits),
        other => panic!("{other:?}"),
    };
    let inside = user_with(|spec| {
        spec.app_container = Some(AppContainer {
            package: PACKAGE,
            capabilities: Vec::new(),
            reach: PackageReach::Ordinary,
        });
    });
    assert_eq!(
        left(&fully(&[GRANT]), MAXIMUM | READ),
        (Pass::Restricting, READ)
    );
    assert_eq!(left(&inside, MAXIMUM | READ), (Pass::Package, READ));
    assert_eq!(left(&user(), MAXIMUM | DELETE), (Pass::Normal, DELETE));
    assert_eq!(left(&fully(&[GRANT]), MAXIMUM), (Pass::Normal, MAXIMUM));
}

#[test]
fn without_a_dacl_a_package_that_has_to_be_named_keeps_what_a_privilege_gives() {
    let inside = user_with(|spec| {
        spec.privileges = [Privilege::Security].into_iter().collect();
        spec.app_container = Some(AppContainer {
            package: PACKAGE,
            capabilities: Vec::new(),
            reach: PackageReach::Ordinary,
        });
    });
    let closed = Semantics {
        app_container_null_dacl: AppContainerNullDacl::Closed,
        ..Semantics::default()
    };
    let object = SecurityDescriptor::default();
    let may = |want| can_under(&closed, &object, &inside, want);
    assert!(may(MAXIMUM | SACL));
    assert!(!may(MAXIMUM | SACL | READ));
    assert!(can(&object, &inside, MAXIMUM | SACL | READ));
}

#[test]
fn what_is_denied_has_an_empty_mask() {
    assert_eq!(ask(&with([]), &user(), READ).mask(), AccessMask::NONE);
    assert_eq!(ask(&with([allow(USER, READ)]), &user(), READ).mask(), READ);
}

#[test]
fn of_three_switches_that_are_tried_only_the_two_that_matter_together_are_named() {
    let token = user_with(|spec| {
        spec.user_state = SidState::DenyOnly;
        spec.app_container = Some(AppContainer {
            package: PACKAGE,
            capabilities: Vec::new(),
            reach: PackageReach::Ordinary,
        });
    });
    let both = ["deny-only-owner", "app-container-owner"];
    // The label is of the token's own level, and binds nobody.
    for object in [owned(USER, []), labelled(owned(USER, []), 0x2000, 0)] {
        let (files, default) = (&GenericMapping::FILE, &Semantics::default());
        let hangs = depends_on(&object, &token, READ_CONTROL, files, default);
        assert!(hangs.alone.is_empty());
        assert_eq!(hangs.names().collect::<Vec<_>>(), both);
    }
}

#[test]
fn a_delete_by_the_folder_names_the_folders_ace() {
    let (closed, parent) = (with([]), with([allow(USER, DELETE_CHILD)]));
    let child = Child {
        object: &closed,
        folder: Some(&parent),
        node: Node::File,
    };
    let operation = Operation::Open {
        child,
        desired: DELETE,
    };
    let verdict = file_access(&operation, &user(), &Semantics::default()).verdict;
    assert!(matches!(verdict.why, Why::AllowedBy(decider) if decider.bits == DELETE_CHILD));
}
