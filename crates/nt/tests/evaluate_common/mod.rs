//! What the tests of evaluation share: names for SIDs, short ways to say things, and random cases
//! by seed.

#![expect(dead_code, reason = "each test binary uses a part of it")]

pub mod random;

use fumehood_nt::evaluate::{Outcome, Verdict, evaluate};
use fumehood_nt::semantics::Semantics;
use fumehood_nt::token::{Group, Restriction, SidState, Token, TokenSpec};
use fumehood_nt::{
    AccessMask, Ace, AceFlags, AceKind, Acl, Callback, Condition, GenericMapping, Guid,
    ObjectTypes, Scope, SecurityDescriptor, Sid,
};

pub const USER: Sid = Sid::of(5, [21, 1, 2, 3, 1001]);
pub const OTHER: Sid = Sid::of(5, [21, 1, 2, 3, 1002]);
pub const TEAM: Sid = Sid::of(5, [21, 1, 2, 3, 1100]);
/// The grant SID of a workspace: on disk in allow ACEs.
pub const GRANT: Sid = Sid::of(5, [21, 9, 9, 9, 1]);
/// The rules SID of a workspace: on disk in deny ACEs.
pub const RULES: Sid = Sid::of(5, [21, 9, 9, 9, 2]);
/// The session SID of a run: in default DACLs only.
pub const SESSION: Sid = Sid::of(5, [21, 9, 9, 9, 3]);
pub const PACKAGE: Sid = Sid::of(15, [2, 11, 12, 13, 14, 15, 16, 17]);
pub const CAPABILITY: Sid = Sid::of(15, [3, 1]);

pub const ALL: AccessMask = AccessMask::FILE_ALL_ACCESS;
pub const READ: AccessMask = AccessMask::FILE_GENERIC_READ;
pub const WRITE: AccessMask = AccessMask::FILE_GENERIC_WRITE;
pub const EXECUTE: AccessMask = AccessMask::FILE_GENERIC_EXECUTE;
pub const DELETE: AccessMask = AccessMask::DELETE;
pub const DELETE_CHILD: AccessMask = AccessMask::FILE_DELETE_CHILD;
pub const WRITE_DAC: AccessMask = AccessMask::WRITE_DAC;
pub const READ_CONTROL: AccessMask = AccessMask::READ_CONTROL;
pub const MAXIMUM: AccessMask = AccessMask::MAXIMUM_ALLOWED;
pub const SACL: AccessMask = AccessMask::ACCESS_SYSTEM_SECURITY;

/// A descriptor with this DACL that belongs to nobody in particular.
pub fn with(aces: impl Into<Vec<Ace>>) -> SecurityDescriptor {
    SecurityDescriptor {
        owner: Some(Sid::SYSTEM),
        group: Some(Sid::SYSTEM),
        dacl: Acl::new(aces.into()).into(),
        ..SecurityDescriptor::default()
    }
}

/// The same, owned by `owner`.
pub fn owned(owner: Sid, aces: impl Into<Vec<Ace>>) -> SecurityDescriptor {
    SecurityDescriptor {
        owner: Some(owner),
        ..with(aces)
    }
}

/// The same with a mandatory label.
pub fn labelled(mut descriptor: SecurityDescriptor, level: u32, policy: u32) -> SecurityDescriptor {
    let label = Ace::label(Sid::of(16, [level]), AccessMask(policy));
    descriptor.sacl = Acl::new(vec![label]).into();
    descriptor
}

pub fn allow(sid: Sid, mask: AccessMask) -> Ace {
    Ace::allow(sid, mask)
}

pub fn deny(sid: Sid, mask: AccessMask) -> Ace {
    Ace::deny(sid, mask)
}

pub fn allow_if(sid: Sid, mask: AccessMask, condition: Condition) -> Ace {
    Ace::new(AceKind::Allow(under(condition)), AceFlags::NONE, mask, sid)
}

pub fn deny_if(sid: Sid, mask: AccessMask, condition: Condition) -> Ace {
    Ace::new(AceKind::Deny(under(condition)), AceFlags::NONE, mask, sid)
}

fn under(condition: Condition) -> Scope {
    Scope {
        object: None,
        callback: Some(Callback::Condition(condition).into()),
    }
}

pub fn of_type(object: Option<u8>) -> Scope {
    let types = ObjectTypes {
        object: object.map(|byte| Guid([byte; 16])),
        inherited: None,
    };
    Scope {
        object: Some(types.into()),
        callback: None,
    }
}

/// The user with TEAM and the groups that everyone has.
pub fn spec() -> TokenSpec {
    let mut spec = TokenSpec::new(USER);
    spec.groups = [TEAM, Sid::EVERYONE, Sid::USERS]
        .map(Group::enabled)
        .to_vec();
    spec
}

pub fn user() -> Token {
    build(spec())
}

pub fn build(spec: TokenSpec) -> Token {
    spec.build().expect("a small token")
}

/// The user with one thing changed.
pub fn user_with(change: impl FnOnce(&mut TokenSpec)) -> Token {
    let mut spec = spec();
    change(&mut spec);
    build(spec)
}

pub fn restricted(restriction: Restriction, sids: &[Sid]) -> Token {
    user_with(|spec| {
        spec.restriction = restriction;
        spec.restricting = Some(sids.to_vec());
    })
}

pub fn fully(sids: &[Sid]) -> Token {
    restricted(Restriction::Full, sids)
}

pub fn writes(sids: &[Sid]) -> Token {
    restricted(Restriction::Write, sids)
}

pub fn set_state(spec: &mut TokenSpec, sid: Sid, state: SidState) {
    for group in spec.groups.iter_mut().filter(|group| group.sid == sid) {
        group.state = state;
    }
}

pub fn ask<'a>(descriptor: &'a SecurityDescriptor, token: &Token, want: AccessMask) -> Verdict<'a> {
    evaluate(
        descriptor,
        token,
        want,
        &GenericMapping::FILE,
        &Semantics::default(),
    )
}

pub fn can(descriptor: &SecurityDescriptor, token: &Token, want: AccessMask) -> bool {
    ask(descriptor, token, want).granted()
}

pub fn can_under(
    semantics: &Semantics,
    descriptor: &SecurityDescriptor,
    token: &Token,
    want: AccessMask,
) -> bool {
    evaluate(descriptor, token, want, &GenericMapping::FILE, semantics).granted()
}

pub fn most(descriptor: &SecurityDescriptor, token: &Token) -> AccessMask {
    ask(descriptor, token, MAXIMUM).mask()
}

/// Whether what `less` grants `more` grants as well.
pub fn is_within(less: Outcome, more: Outcome) -> bool {
    match (less, more) {
        (Outcome::Denied, _) => true,
        (Outcome::Granted(_), Outcome::Denied) => false,
        (Outcome::Granted(less), Outcome::Granted(more)) => more.contains(less),
    }
}

/// Numbers by seed: `SplitMix64`.
pub struct Dice(u64);

impl Dice {
    pub fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        mixed ^ (mixed >> 31)
    }

    pub fn below(&mut self, bound: usize) -> usize {
        usize::try_from(self.next() % bound as u64).expect("below a usize")
    }

    pub fn percent(&mut self, chance: usize) -> bool {
        self.below(100) < chance
    }

    pub fn pick<T: Copy>(&mut self, from: &[T]) -> T {
        from[self.below(from.len())]
    }
}

/// Tries `cases` random cases; what fails names the seed that replays it alone.
pub fn search(cases: u64, try_one: impl Fn(&mut Dice) -> Result<(), String>) {
    let number = |name: &str| {
        std::env::var(name)
            .ok()
            .and_then(|text| text.parse::<u64>().ok())
    };
    if let Some(seed) = number("FUMEHOOD_SEED") {
        if let Err(why) = try_one(&mut Dice(seed)) {
            panic!("seed {seed}: {why}");
        }
        return;
    }
    let first = 0x6E74_0000_0000;
    for seed in first..first + number("FUMEHOOD_FUZZ_CASES").unwrap_or(cases) {
        if let Err(why) = try_one(&mut Dice(seed)) {
            panic!("seed {seed}: {why}\nreplay: FUMEHOOD_SEED={seed} cargo test -p fumehood-nt");
        }
    }
}

/// What random descriptors and tokens are made of.
pub const POOL: [Sid; 10] = [
    USER,
    OTHER,
    TEAM,
    Sid::EVERYONE,
    GRANT,
    RULES,
    Sid::OWNER_RIGHTS,
    PACKAGE,
    CAPABILITY,
    Sid::ALL_PACKAGES,
];
