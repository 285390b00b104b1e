//! Edges that only a mutant showed to be untested: each of these is what one change survived on.

mod evaluate_common;

use evaluate_common::*;
use fumehood_nt::condition::{Attribute, AttributeOf, Membership, Sids};
use fumehood_nt::evaluate::{
    Child, Doubt, FileQuestion, Node, Operation, depends_on, evaluate, file_access,
};
use fumehood_nt::inherit::{Creation, Creator, Heir, inherit_ace, on_create};
use fumehood_nt::restrict::{Restrict, RestrictFlags, restrict};
use fumehood_nt::semantics::{ConditionSids, Semantics};
use fumehood_nt::token::{AppContainer, Group, PackageReach, SidState};
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
