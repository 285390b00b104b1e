//! Values by seed: every kind of ACE, condition and claim.

use fumehood_nt::ace::ObjectTypes;
use fumehood_nt::condition::{
    Attribute, AttributeOf, Base, Comparison, Integer, Literal, Membership, Operand, Sids, Sign,
    Width,
};
use fumehood_nt::{
    AccessMask, Ace, AceFlags, AceKind, Acl, AclField, Callback, Claim, ClaimValues, Condition,
    Control, Guid, ResourceAttribute, Scope, SecurityDescriptor, Sid, well_known,
};

use crate::random::Random;

/// What a text can say: no bytes of unknown meaning, 64-bit numbers, a list's own revision.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum For {
    Sddl,
    Binary,
}

pub fn sid(random: &mut Random) -> Sid {
    match random.below(4) {
        0 => loop {
            if let well_known::Alias::Fixed(sid) = random.pick(&well_known::ALIASES).1 {
                break sid;
            }
        },
        1 => {
            let parts: Vec<u32> = random.some(Sid::MAX_PARTS, Random::word);
            Sid::new(random.next() >> 16, &parts).expect("48 bits, 15 parts")
        }
        2 => Sid::logon(random.word(), random.word()),
        _ => Sid::of(5, [21, random.word(), random.word(), random.word(), 1001]),
    }
}

pub fn mask(random: &mut Random) -> AccessMask {
    let one = AccessMask(random.word());
    match random.below(4) {
        0 => one,
        1 => one & AccessMask(random.word()) & AccessMask(random.word()),
        2 => random.pick(&[
            AccessMask::FILE_ALL_ACCESS,
            AccessMask::FILE_GENERIC_READ,
            AccessMask::NONE,
            AccessMask(0x20019),
        ]),
        _ => one & AccessMask(0xF00F_01FF),
    }
}

fn guid(random: &mut Random) -> Guid {
    Guid(std::array::from_fn(|_| random.byte()))
}

/// A text without quotation marks and NULs, which one form or the other lacks.
fn text(random: &mut Random) -> String {
    let letters = [
        'a', 'Z', '0', '_', '.', ' ', '%', '(', ')', ';', 'ä', '漢', '🧪', '@', '{', '|',
    ];
    random
        .some(6, |random| random.pick(&letters))
        .into_iter()
        .collect()
}

fn name(random: &mut Random) -> String {
    let word = random.pick(&[
        "SID",
        "Exists",
        "Member_of",
        "Project",
        "x",
        "9",
        "D:",
        "Contains",
    ]);
    match random.below(3) {
        0 => word.to_owned(),
        1 => word.to_owned() + &text(random),
        _ => text(random) + word,
    }
}

fn attribute(random: &mut Random) -> Attribute {
    Attribute {
        of: random.pick(&[
            AttributeOf::Local,
            AttributeOf::User,
            AttributeOf::Resource,
            AttributeOf::Device,
        ]),
        name: name(random),
    }
}

fn integer(random: &mut Random, form: For) -> Integer {
    let value = match random.below(4) {
        0 => random.pick(&[0, 1, -1, i64::MAX, i64::MIN]),
        1 => i64::from(random.byte()),
        _ => random.next().cast_signed(),
    };
    let width = match form {
        For::Sddl => Width::Bits64,
        For::Binary => random.pick(&[Width::Bits8, Width::Bits16, Width::Bits32, Width::Bits64]),
    };
    let sign = match value {
        ..0 => Sign::Minus,
        0.. => random.pick(&[Sign::Plus, Sign::None]),
    };
    let base = random.pick(&[Base::Octal, Base::Decimal, Base::Hexadecimal]);
    Integer {
        value,
        width,
        sign,
        base,
    }
}

fn literal(random: &mut Random, form: For) -> Literal {
    match random.below(4) {
        0 => Literal::Integer(integer(random, form)),
        1 => Literal::Text(text(random)),
        2 => Literal::Octets(random.some(9, Random::byte)),
        _ => Literal::Sid(sid(random)),
    }
}

fn operand(random: &mut Random, form: For) -> Operand {
    match random.below(3) {
        0 => Operand::Attribute(attribute(random)),
        1 => Operand::Literal(literal(random, form)),
        _ => Operand::Literal(Literal::Composite(
            random.some(4, |random| literal(random, form)),
        )),
    }
}

const MEMBERSHIPS: [Membership; 8] = [
    Membership::MemberOf,
    Membership::DeviceMemberOf,
    Membership::MemberOfAny,
    Membership::DeviceMemberOfAny,
    Membership::NotMemberOf,
    Membership::NotDeviceMemberOf,
    Membership::NotMemberOfAny,
    Membership::NotDeviceMemberOfAny,
];
const COMPARISONS: [Comparison; 10] = [
    Comparison::Equal,
    Comparison::NotEqual,
    Comparison::Less,
    Comparison::LessOrEqual,
    Comparison::Greater,
    Comparison::GreaterOrEqual,
    Comparison::Contains,
    Comparison::AnyOf,
    Comparison::NotContains,
    Comparison::NotAnyOf,
];

/// A condition with at most `depth` operators, one inside the other.
pub fn condition(random: &mut Random, depth: usize, form: For) -> Condition {
    let inner = |random: &mut Random| Box::new(condition(random, depth - 1, form));
    match random.below(if depth == 0 { 5 } else { 10 }) {
        0 => Condition::Exists(attribute(random)),
        1 => Condition::NotExists(attribute(random)),
        2 => Condition::Attribute(attribute(random)),
        3 => {
            let sids = match random.below(2) {
                0 => Sids::One(sid(random)),
                _ => Sids::Many(random.some(3, sid)),
            };
            Condition::Member(random.pick(&MEMBERSHIPS), sids)
        }
        4 => Condition::Compare(
            attribute(random),
            random.pick(&COMPARISONS),
            operand(random, form),
        ),
        5 => Condition::Not(inner(random)),
        6 | 7 => Condition::And(inner(random), inner(random)),
        _ => Condition::Or(inner(random), inner(random)),
    }
}

/// Bytes that are no condition and no claim, a multiple of 4.
fn bytes(random: &mut Random) -> Vec<u8> {
    let mut bytes = random.some(20, Random::byte);
    bytes.resize(bytes.len().next_multiple_of(4), 0xff);
    if let Some(first) = bytes.first_mut() {
        *first = 0xff;
    }
    bytes
}

fn callback(random: &mut Random, form: For) -> Callback {
    if form == For::Binary && random.once_in(4) {
        Callback::Opaque(bytes(random))
    } else {
        Callback::Condition(condition(random, 4, form))
    }
}

fn scope(random: &mut Random, form: For) -> Scope {
    Scope {
        object: random.perhaps(|random| {
            Box::new(ObjectTypes {
                object: random.perhaps(guid),
                inherited: random.perhaps(guid),
            })
        }),
        callback: random.perhaps(|random| callback(random, form).into()),
    }
}

pub fn claim(random: &mut Random) -> Claim {
    let values = match random.below(6) {
        0 => ClaimValues::Integers(random.some(4, |random| random.next().cast_signed())),
        1 => ClaimValues::Unsigned(random.some(4, Random::next)),
        2 => ClaimValues::Texts(random.some(4, text)),
        3 => ClaimValues::Sids(random.some(4, sid)),
        4 => ClaimValues::Octets(random.some(4, |random| random.some(9, Random::byte))),
        _ => ClaimValues::Booleans(random.some(2, |random| random.next() % 2)),
    };
    Claim {
        name: name(random),
        flags: random.word(),
        values,
    }
}

fn kind(random: &mut Random, form: For) -> AceKind {
    match random.below(if form == For::Sddl { 9 } else { 10 }) {
        0 | 1 => AceKind::Allow(scope(random, form)),
        2 => AceKind::Deny(scope(random, form)),
        3 => AceKind::Audit(scope(random, form)),
        4 => AceKind::Alarm(scope(random, form)),
        5 => random.pick(&[0, 1, 2].map(|which| [LABEL, POLICY, TRUST][which]))(),
        6 | 7 if form == For::Sddl => {
            AceKind::ResourceAttribute(ResourceAttribute::Claim(claim(random)).into())
        }
        6 => AceKind::ResourceAttribute(ResourceAttribute::Claim(claim(random)).into()),
        7 => AceKind::ResourceAttribute(ResourceAttribute::Opaque(bytes(random)).into()),
        8 => AceKind::AccessFilter(callback(random, form).into()),
        _ => AceKind::Unknown {
            ace_type: random.pick(&[0x04, 0x16, 0x40, 0xff]),
            body: bytes(random).into(),
        },
    }
}

type Make = fn() -> AceKind;
const LABEL: Make = || AceKind::MandatoryLabel;
const POLICY: Make = || AceKind::ScopedPolicy;
const TRUST: Make = || AceKind::TrustLabel;

/// The forms for which SDDL has no letters.
fn is_without_letters(kind: &AceKind) -> bool {
    match kind {
        AceKind::Deny(scope) | AceKind::Audit(scope) => {
            scope.object.is_some() && scope.callback.is_some()
        }
        AceKind::Alarm(scope) => scope.callback.is_some(),
        _ => false,
    }
}

pub fn ace(random: &mut Random, form: For) -> Ace {
    let kind = loop {
        let kind = kind(random, form);
        if form == For::Binary || !is_without_letters(&kind) {
            break kind;
        }
    };
    let flags = AceFlags(random.byte());
    if let AceKind::Unknown { ace_type, body } = kind {
        return Ace::unknown(ace_type, flags, body);
    }
    let mut ace = Ace::new(kind, flags, mask(random), sid(random));
    let bare = ace.callback().is_none() && ace.attribute().is_none();
    if form == For::Binary && bare && random.once_in(4) {
        ace.trailing = bytes(random);
    }
    ace
}

fn field(random: &mut Random, form: For) -> AclField {
    match random.below(4) {
        0 => AclField::Absent,
        1 => AclField::Null,
        _ => AclField::List(Acl::new(random.some(6, |random| ace(random, form)))),
    }
}

/// A descriptor that the form can say in full.
pub fn descriptor(random: &mut Random, form: For) -> SecurityDescriptor {
    let dacl = field(random, form);
    let sacl = field(random, form);
    let mut control = Control::from_bits(u16::from_le_bytes([random.byte(), random.byte()]));
    if form == For::Sddl {
        let dacl_flags = if dacl.is_present() { 0x1500 } else { 0 };
        let sacl_flags = if sacl.is_present() { 0x2A00 } else { 0 };
        control = Control::from_bits(control.bits() & (dacl_flags | sacl_flags));
    }
    SecurityDescriptor {
        control,
        resource_manager: if form == For::Sddl { 0 } else { random.byte() },
        owner: random.perhaps(sid),
        group: random.perhaps(sid),
        dacl,
        sacl,
    }
}
