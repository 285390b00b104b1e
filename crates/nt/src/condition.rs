//! Conditions of conditional ACEs, as a tree.
//!
//! In an ACE a condition is a postfix list of tokens behind the letters `artx`
//! ([MS-DTYP] 2.4.4.17); in SDDL it is an infix text ([MS-DTYP] 2.5.1.1). Both are
//! forms of [`Condition`]. What is not well-formed is kept as bytes, and NT takes
//! such a condition for unknown.

use crate::sid::Sid;

/// What a callback ACE carries ([MS-DTYP] 2.4.4.6).
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Callback {
    /// A condition.
    Condition(Condition),
    /// Anything else: an application's own bytes, or a condition that is not well-formed.
    Opaque(Vec<u8>),
}

/// A conditional expression ([MS-DTYP] 2.4.4.17.5 to 2.4.4.17.7).
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Condition {
    /// `a || b`
    Or(Box<Self>, Box<Self>),
    /// `a && b`
    And(Box<Self>, Box<Self>),
    /// `!(a)`
    Not(Box<Self>),
    /// `Member_of {SID(BA)}` and its seven kin.
    Member(Membership, Sids),
    /// `Exists a`
    Exists(Attribute),
    /// `Not_Exists a`
    NotExists(Attribute),
    /// `a == 1` and so on.
    Compare(Attribute, Comparison, Operand),
    /// An attribute alone: whether it is neither 0 nor empty.
    Attribute(Attribute),
}

impl Condition {
    /// How deep a condition may nest: parsing, printing and dropping recurse.
    pub const MAX_DEPTH: usize = 128;
}

/// The operators that ask for groups ([MS-DTYP] 2.4.4.17.6).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Membership {
    /// The user is a member of all.
    MemberOf,
    /// The device is a member of all.
    DeviceMemberOf,
    /// The user is a member of one at least.
    MemberOfAny,
    /// The device is a member of one at least.
    DeviceMemberOfAny,
    /// The user is not a member of all.
    NotMemberOf,
    /// The device is not a member of all.
    NotDeviceMemberOf,
    /// The user is a member of none.
    NotMemberOfAny,
    /// The device is a member of none.
    NotDeviceMemberOfAny,
}

impl Membership {
    /// Every operator, its name in SDDL and its token in an ACE.
    pub(crate) const TABLE: [(Self, &'static str, u8); 8] = [
        (Self::MemberOf, "Member_of", 0x89),
        (Self::DeviceMemberOf, "Device_Member_of", 0x8a),
        (Self::MemberOfAny, "Member_of_Any", 0x8b),
        (Self::DeviceMemberOfAny, "Device_Member_of_Any", 0x8c),
        (Self::NotMemberOf, "Not_Member_of", 0x90),
        (Self::NotDeviceMemberOf, "Not_Device_Member_of", 0x91),
        (Self::NotMemberOfAny, "Not_Member_of_Any", 0x92),
        (Self::NotDeviceMemberOfAny, "Not_Device_Member_of_Any", 0x93),
    ];
}

/// One SID, or a list in braces; the two are encoded differently.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Sids {
    /// `SID(BA)`
    One(Sid),
    /// `{SID(BA), SID(BU)}`
    Many(Vec<Sid>),
}

impl Sids {
    /// All of them.
    #[must_use]
    pub fn as_slice(&self) -> &[Sid] {
        match self {
            Self::One(sid) => std::slice::from_ref(sid),
            Self::Many(sids) => sids,
        }
    }
}

/// The operators between an attribute and a value ([MS-DTYP] 2.4.4.17.6).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Comparison {
    /// `==`
    Equal,
    /// `!=`
    NotEqual,
    /// `<`
    Less,
    /// `<=`
    LessOrEqual,
    /// `>`
    Greater,
    /// `>=`
    GreaterOrEqual,
    /// `Contains`: the left has every value of the right.
    Contains,
    /// `Any_of`: the left has a value of the right.
    AnyOf,
    /// `Not_Contains`
    NotContains,
    /// `Not_Any_of`
    NotAnyOf,
}

impl Comparison {
    /// Every operator, its sign in SDDL and its token in an ACE.
    pub(crate) const TABLE: [(Self, &'static str, u8); 10] = [
        (Self::Equal, "==", 0x80),
        (Self::NotEqual, "!=", 0x81),
        (Self::LessOrEqual, "<=", 0x83),
        (Self::Less, "<", 0x82),
        (Self::GreaterOrEqual, ">=", 0x85),
        (Self::Greater, ">", 0x84),
        (Self::Contains, "Contains", 0x86),
        (Self::AnyOf, "Any_of", 0x88),
        (Self::NotContains, "Not_Contains", 0x8e),
        (Self::NotAnyOf, "Not_Any_of", 0x8f),
    ];
}

/// The right side of a comparison.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Operand {
    /// Another attribute.
    Attribute(Attribute),
    /// A value that is written down.
    Literal(Literal),
}

/// An attribute that a condition reads ([MS-DTYP] 2.4.4.17.8).
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Attribute {
    /// Whose.
    pub of: AttributeOf,
    /// Its name.
    pub name: String,
}

/// Whose attribute it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum AttributeOf {
    /// A name without a prefix: of the application that asks.
    Local,
    /// `@User.`
    User,
    /// `@Resource.`
    Resource,
    /// `@Device.`
    Device,
}

impl AttributeOf {
    /// Every one, its prefix in SDDL and its token in an ACE.
    pub(crate) const TABLE: [(Self, &'static str, u8); 4] = [
        (Self::Local, "", 0xf8),
        (Self::User, "@User.", 0xf9),
        (Self::Resource, "@Resource.", 0xfa),
        (Self::Device, "@Device.", 0xfb),
    ];
}

/// A value that is written down in a condition ([MS-DTYP] 2.4.4.17.5).
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Literal {
    /// A number.
    Integer(Integer),
    /// A text.
    Text(String),
    /// Bytes.
    Octets(Vec<u8>),
    /// A SID.
    Sid(Sid),
    /// A list, which holds no list.
    Composite(Vec<Self>),
}

/// A number, and how it was written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Integer {
    /// The number.
    pub value: i64,
    /// As how many bits it was meant; SDDL knows 64 only.
    pub width: Width,
    /// Which sign stood before it.
    pub sign: Sign,
    /// In which base it was written.
    pub base: Base,
}

impl From<i64> for Integer {
    fn from(value: i64) -> Self {
        let sign = if value < 0 { Sign::Minus } else { Sign::None };
        Self {
            value,
            width: Width::Bits64,
            sign,
            base: Base::Decimal,
        }
    }
}

/// The bits of a number; the value takes 64 in any case.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Width {
    /// 8
    Bits8,
    /// 16
    Bits16,
    /// 32
    Bits32,
    /// 64
    Bits64,
}

/// The sign that stood before a number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Sign {
    /// `+`
    Plus,
    /// `-`
    Minus,
    /// None.
    None,
}

/// The base in which a number was written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Base {
    /// `017`
    Octal,
    /// `15`
    Decimal,
    /// `0xf`
    Hexadecimal,
}
