//! Random descriptors, tokens, requests and readings.

use super::{CAPABILITY, Dice, GRANT, OTHER, PACKAGE, POOL, RULES, TEAM, USER, of_type};
use fumehood_nt::condition::{Attribute, AttributeOf, Membership, Sids};
use fumehood_nt::restrict::{Restrict, RestrictFlags};
use fumehood_nt::semantics::{Semantics, Switch};
use fumehood_nt::token::{
    AppContainer, Group, Integrity, MandatoryPolicy, PackageReach, Privilege, Restriction,
    SidState, TokenSpec,
};
use fumehood_nt::{
    AccessMask, Ace, AceFlags, AceKind, Acl, AclField, Callback, Condition, GenericMapping, Scope,
    SecurityDescriptor, Sid,
};

/// Everything that one evaluation takes.
#[derive(Debug)]
pub struct Case {
    pub descriptor: SecurityDescriptor,
    pub spec: TokenSpec,
    pub desired: AccessMask,
    pub mapping: GenericMapping,
}

/// What random cases may hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Holds {
    /// Everything.
    All,
    /// No condition: a negated one turns less membership into more access.
    NoConditions,
}

pub fn case(dice: &mut Dice, holds: Holds) -> Case {
    let mapping = *dice.pick(&[
        &GenericMapping::FILE,
        &GenericMapping::FILE,
        &GenericMapping::KEY,
        &GenericMapping::PROCESS,
        &GenericMapping::EVENT,
    ]);
    let mut desired = mask(dice);
    if dice.percent(25) {
        desired |= AccessMask::MAXIMUM_ALLOWED;
        if dice.percent(60) {
            desired = AccessMask::MAXIMUM_ALLOWED;
        }
    }
    Case {
        descriptor: descriptor(dice, holds),
        spec: spec(dice),
        desired,
        mapping,
    }
}

pub fn mask(dice: &mut Dice) -> AccessMask {
    let rights = [
        0x1,
        0x2,
        0x4,
        0x8,
        0x10,
        0x20,
        0x40,
        0x80,
        0x100,
        0x1_0000,
        0x2_0000,
        0x4_0000,
        0x8_0000,
        0x10_0000,
        0x0012_0089,
        0x0012_0116,
        0x0012_00A0,
        0x001F_01FF,
        0x8000_0000,
        0x4000_0000,
        0x2000_0000,
        0x1000_0000,
    ];
    let rare = [
        0x0100_0000,
        0x0400_0000,
        0x0800_0000,
        0x0020_0000,
        0x0080_0000,
        0x8000,
    ];
    let count = 1 + dice.below(3);
    let mut mask = (0..count).fold(0, |mask, _| mask | dice.pick(&rights));
    if dice.percent(4) {
        mask |= dice.pick(&rare);
    }
    if dice.percent(1) {
        mask = 0;
    }
    AccessMask(mask)
}

pub fn ace(dice: &mut Dice, holds: Holds) -> Ace {
    let sid = dice.pick(&POOL);
    let mut scope = Scope::ALL;
    if dice.percent(6) {
        scope = of_type(dice.pick(&[None, Some(7)]));
    } else if holds == Holds::All && dice.percent(12) {
        let callback = if dice.percent(10) {
            Callback::Opaque(vec![1, 2, 3])
        } else {
            Callback::Condition(condition(dice, 0))
        };
        scope.callback = Some(callback.into());
    }
    let kind = match dice.below(20) {
        0 => AceKind::Audit(scope),
        1 => AceKind::Unknown {
            ace_type: 0x55,
            body: Box::default(),
        },
        2..=7 => AceKind::Deny(scope),
        _ => AceKind::Allow(scope),
    };
    let flags = dice.pick(&[0_u8, 0, 0, 0, 0x3, 0x10, 0xB, 0x8]);
    Ace::new(kind, AceFlags(flags), mask(dice), sid)
}

fn condition(dice: &mut Dice, depth: usize) -> Condition {
    use Membership as M;
    if depth < 3 && dice.percent(45) {
        let a = Box::new(condition(dice, depth + 1));
        return match dice.below(3) {
            0 => Condition::Not(a),
            1 => Condition::And(a, Box::new(condition(dice, depth + 1))),
            _ => Condition::Or(a, Box::new(condition(dice, depth + 1))),
        };
    }
    if dice.percent(25) {
        return Condition::Exists(Attribute {
            of: AttributeOf::User,
            name: "Team".into(),
        });
    }
    let operator = dice.pick(&[
        M::MemberOf,
        M::MemberOfAny,
        M::NotMemberOf,
        M::NotMemberOfAny,
        M::DeviceMemberOf,
        M::DeviceMemberOfAny,
        M::NotDeviceMemberOf,
        M::NotDeviceMemberOfAny,
    ]);
    let sids = (0..dice.below(3)).map(|_| dice.pick(&POOL)).collect();
    Condition::Member(operator, Sids::Many(sids))
}

fn descriptor(dice: &mut Dice, holds: Holds) -> SecurityDescriptor {
    let count = dice.below(7);
    let aces: Vec<Ace> = (0..count).map(|_| ace(dice, holds)).collect();
    let dacl = match dice.below(30) {
        0 => AclField::Null,
        1 => AclField::Absent,
        _ => Acl::new(aces).into(),
    };
    let sacl = if dice.percent(30) {
        let level = dice.pick(&[0_u32, 0x1000, 0x1800, 0x2000, 0x3000]);
        let policy = AccessMask(u32::try_from(dice.below(8)).expect("small"));
        let flags = AceFlags(dice.pick(&[0_u8, 0, 0, 0x9]));
        let label = Ace::label(Sid::of(16, [level]), policy).with_flags(flags);
        Acl::new(vec![label]).into()
    } else {
        AclField::Absent
    };
    let owner = if dice.percent(5) {
        None
    } else {
        Some(dice.pick(&POOL))
    };
    SecurityDescriptor {
        owner,
        dacl,
        sacl,
        ..SecurityDescriptor::default()
    }
}

fn state(dice: &mut Dice) -> SidState {
    use SidState as S;
    dice.pick(&[S::Enabled, S::Enabled, S::Enabled, S::Disabled, S::DenyOnly])
}

fn groups(dice: &mut Dice) -> Vec<Group> {
    let mut groups = Vec::new();
    for sid in [TEAM, Sid::EVERYONE, GRANT, OTHER] {
        if dice.percent(70) {
            groups.push(Group::new(sid, state(dice)));
        }
    }
    if dice.percent(15) {
        let again = dice.pick(&[USER, TEAM, Sid::EVERYONE]);
        groups.push(Group::new(again, state(dice)));
    }
    groups
}

pub fn spec(dice: &mut Dice) -> TokenSpec {
    let mut spec = TokenSpec::new(USER);
    if dice.percent(10) {
        spec.user_state = SidState::DenyOnly;
    }
    spec.groups = groups(dice);
    if dice.percent(30) {
        spec.device_groups = Some(groups(dice));
    }
    if dice.percent(60) {
        let from = [GRANT, RULES, Sid::EVERYONE, USER, TEAM, Sid::OWNER_RIGHTS];
        spec.restricting = Some((0..dice.below(4)).map(|_| dice.pick(&from)).collect());
    }
    if dice.percent(30) {
        spec.restriction = Restriction::Write;
    }
    for privilege in [
        Privilege::Security,
        Privilege::TakeOwnership,
        Privilege::Relabel,
    ] {
        if dice.percent(12) {
            spec.privileges = spec.privileges.with_enabled(privilege);
        }
    }
    spec.integrity = Integrity(dice.pick(&[0x1000_u32, 0x1800, 0x2000, 0x2000, 0x3000]));
    if dice.percent(10) {
        spec.mandatory_policy = MandatoryPolicy::OFF;
    }
    if dice.percent(15) {
        spec.app_container = Some(AppContainer {
            package: PACKAGE,
            capabilities: if dice.percent(50) {
                vec![CAPABILITY]
            } else {
                vec![]
            },
            reach: dice.pick(&[PackageReach::Ordinary, PackageReach::LowPrivilege]),
        });
    }
    spec
}

/// What `CreateRestrictedToken` may be asked.
pub fn restrict(dice: &mut Dice) -> Restrict {
    let mut flags = RestrictFlags::NONE;
    for flag in [
        RestrictFlags::DISABLE_MAX_PRIVILEGE,
        RestrictFlags::SANDBOX_INERT,
        RestrictFlags::LUA_TOKEN,
        RestrictFlags::WRITE_RESTRICTED,
    ] {
        if dice.percent(40) {
            flags = flags.with(flag);
        }
    }
    let mut some = |from: &[Sid]| (0..dice.below(3)).map(|_| dice.pick(from)).collect();
    Restrict {
        flags,
        disable: some(&[USER, TEAM, Sid::EVERYONE, GRANT]),
        delete: vec![Privilege::TakeOwnership],
        restricting: some(&[GRANT, RULES, USER, Sid::EVERYONE, Sid::OWNER_RIGHTS]),
    }
}

/// Every switch at a random value.
pub fn semantics(dice: &mut Dice) -> Semantics {
    let move_one = |semantics: Semantics, switch: &Switch| {
        let others: Vec<Semantics> = semantics.moved(*switch).collect();
        if dice.percent(50) {
            semantics
        } else {
            others[dice.below(others.len())]
        }
    };
    Switch::ALL.iter().fold(Semantics::default(), move_one)
}
