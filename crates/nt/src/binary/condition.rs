//! Conditions: a postfix list of tokens behind `artx` ([MS-DTYP] 2.4.4.17.4 to .8).
//!
//! Read with a stack of what operators may take. What does not fit, be it a token
//! that is not known or an operator without its operands, makes the whole no
//! condition: NT would find it unknown.

use super::reader::Reader;
use super::writer;
use crate::condition::{
    Attribute, AttributeOf, Base, Comparison, Condition, Integer, Literal, Membership, Operand,
    Sids, Sign, Width,
};

/// The first four bytes ([MS-DTYP] 2.4.4.17).
const SIGNATURE: &[u8] = b"artx";
const TEXT: u8 = 0x10;
const OCTETS: u8 = 0x18;
const COMPOSITE: u8 = 0x50;
const SID: u8 = 0x51;
const EXISTS: u8 = 0x87;
const NOT_EXISTS: u8 = 0x8d;
const AND: u8 = 0xa0;
const OR: u8 = 0xa1;
const NOT: u8 = 0xa2;

const WIDTHS: [(Width, u8); 4] = [
    (Width::Bits8, 0x01),
    (Width::Bits16, 0x02),
    (Width::Bits32, 0x03),
    (Width::Bits64, 0x04),
];
const SIGNS: [(Sign, u8); 3] = [(Sign::Plus, 0x01), (Sign::Minus, 0x02), (Sign::None, 0x03)];
const BASES: [(Base, u8); 3] = [
    (Base::Octal, 0x01),
    (Base::Decimal, 0x02),
    (Base::Hexadecimal, 0x03),
];

/// What an operator takes.
enum Item {
    Attribute(Attribute),
    Literal(Literal),
    Tree(Condition, usize),
}

impl Item {
    /// As a condition, with its depth: an attribute alone is one, a value is not.
    fn tree(self) -> Option<(Condition, usize)> {
        match self {
            Self::Attribute(attribute) => Some((Condition::Attribute(attribute), 1)),
            Self::Tree(condition, depth) => Some((condition, depth)),
            Self::Literal(_) => None,
        }
    }

    fn attribute(self) -> Option<Attribute> {
        match self {
            Self::Attribute(attribute) => Some(attribute),
            _ => None,
        }
    }

    fn operand(self) -> Option<Operand> {
        match self {
            Self::Attribute(attribute) => Some(Operand::Attribute(attribute)),
            Self::Literal(literal) => Some(Operand::Literal(literal)),
            Self::Tree(..) => None,
        }
    }

    fn sids(self) -> Option<Sids> {
        match self {
            Self::Literal(Literal::Sid(sid)) => Some(Sids::One(sid)),
            Self::Literal(Literal::Composite(items)) => items
                .into_iter()
                .map(|item| match item {
                    Literal::Sid(sid) => Some(sid),
                    _ => None,
                })
                .collect::<Option<_>>()
                .map(Sids::Many),
            _ => None,
        }
    }
}

/// Reads a condition; none if it is not well-formed.
pub(super) fn read(bytes: &[u8]) -> Option<Condition> {
    let mut reader = Reader::new(bytes.strip_prefix(SIGNATURE)?);
    let mut stack = Vec::new();
    while reader.rest().iter().any(|byte| *byte != 0) {
        let item = token(&mut reader, &mut stack)?;
        stack.push(item);
    }
    let (condition, _) = stack.pop()?.tree()?;
    stack.is_empty().then_some(condition)
}

/// Reads one token; an operator takes what it needs from the stack.
fn token(reader: &mut Reader<'_>, stack: &mut Vec<Item>) -> Option<Item> {
    let code = reader.u8("a token").ok()?;
    if let Some((of, ..)) = AttributeOf::TABLE.iter().find(|row| row.2 == code) {
        let name = text(reader)?;
        return Some(Item::Attribute(Attribute { of: *of, name }));
    }
    if let Some((operator, ..)) = Membership::TABLE.iter().find(|row| row.2 == code) {
        let sids = stack.pop()?.sids()?;
        return Some(Item::Tree(Condition::Member(*operator, sids), 1));
    }
    if let Some((operator, ..)) = Comparison::TABLE.iter().find(|row| row.2 == code) {
        let right = stack.pop()?.operand()?;
        let left = stack.pop()?.attribute()?;
        return Some(Item::Tree(Condition::Compare(left, *operator, right), 1));
    }
    match code {
        EXISTS => Some(Item::Tree(Condition::Exists(stack.pop()?.attribute()?), 1)),
        NOT_EXISTS => Some(Item::Tree(
            Condition::NotExists(stack.pop()?.attribute()?),
            1,
        )),
        AND => joined(stack, Condition::And),
        OR => joined(stack, Condition::Or),
        NOT => {
            let (inner, depth) = stack.pop()?.tree()?;
            limited(Condition::Not(Box::new(inner)), depth)
        }
        COMPOSITE => composite(reader).map(Item::Literal),
        _ => literal(code, reader).map(Item::Literal),
    }
}

fn joined(
    stack: &mut Vec<Item>,
    operator: fn(Box<Condition>, Box<Condition>) -> Condition,
) -> Option<Item> {
    let (right, right_depth) = stack.pop()?.tree()?;
    let (left, left_depth) = stack.pop()?.tree()?;
    let depth = right_depth.max(left_depth);
    limited(operator(Box::new(left), Box::new(right)), depth)
}

fn limited(condition: Condition, below: usize) -> Option<Item> {
    (below < Condition::MAX_DEPTH).then_some(Item::Tree(condition, below + 1))
}

/// Reads a value that is no list.
fn literal(code: u8, reader: &mut Reader<'_>) -> Option<Literal> {
    if let Some((width, _)) = WIDTHS.iter().find(|row| row.1 == code) {
        let value = reader.u64("a number").ok()?.cast_signed();
        let sign = reader.u8("a sign").ok()?;
        let base = reader.u8("a base").ok()?;
        return Some(Literal::Integer(Integer {
            value,
            width: *width,
            sign: SIGNS.iter().find(|row| row.1 == sign)?.0,
            base: BASES.iter().find(|row| row.1 == base)?.0,
        }));
    }
    match code {
        TEXT => text(reader).map(Literal::Text),
        OCTETS => counted(reader).map(|bytes| Literal::Octets(bytes.to_vec())),
        SID => {
            let mut inside = Reader::new(counted(reader)?);
            let sid = inside.sid().ok()?;
            inside.rest().is_empty().then_some(Literal::Sid(sid))
        }
        _ => None,
    }
}

fn composite(reader: &mut Reader<'_>) -> Option<Literal> {
    let mut inside = Reader::new(counted(reader)?);
    let mut items = Vec::new();
    while !inside.rest().is_empty() {
        let code = inside.u8("a token").ok()?;
        items.push(literal(code, &mut inside)?);
    }
    Some(Literal::Composite(items))
}

/// Reads a length and as many bytes.
fn counted<'a>(reader: &mut Reader<'a>) -> Option<&'a [u8]> {
    let len = reader.u32("a length").ok()?;
    reader.take("a value", usize::try_from(len).ok()?).ok()
}

/// Reads UTF-16 behind its length.
fn text(reader: &mut Reader<'_>) -> Option<String> {
    let (pairs, []) = counted(reader)?.as_chunks() else {
        return None;
    };
    let units: Vec<u16> = pairs.iter().map(|pair| u16::from_le_bytes(*pair)).collect();
    String::from_utf16(&units).ok()
}

/// Writes a condition, with zeros to a multiple of 4.
pub(super) fn write(condition: &Condition) -> Vec<u8> {
    let mut out = SIGNATURE.to_vec();
    tree(condition, &mut out);
    writer::pad(&mut out, 0);
    out
}

fn tree(condition: &Condition, out: &mut Vec<u8>) {
    match condition {
        Condition::Or(left, right) => {
            tree(left, out);
            tree(right, out);
            out.push(OR);
        }
        Condition::And(left, right) => {
            tree(left, out);
            tree(right, out);
            out.push(AND);
        }
        Condition::Not(inner) => {
            tree(inner, out);
            out.push(NOT);
        }
        Condition::Member(operator, sids) => {
            match sids {
                Sids::One(sid) => write_literal(&Literal::Sid(*sid), out),
                Sids::Many(sids) => {
                    let sids = sids.iter().copied().map(Literal::Sid);
                    write_literal(&Literal::Composite(sids.collect()), out);
                }
            }
            let mut rows = Membership::TABLE.iter();
            out.extend(rows.find(|row| row.0 == *operator).map(|row| row.2));
        }
        Condition::Exists(name) => {
            write_attribute(name, out);
            out.push(EXISTS);
        }
        Condition::NotExists(name) => {
            write_attribute(name, out);
            out.push(NOT_EXISTS);
        }
        Condition::Compare(left, operator, right) => {
            write_attribute(left, out);
            match right {
                Operand::Attribute(name) => write_attribute(name, out),
                Operand::Literal(value) => write_literal(value, out),
            }
            let mut rows = Comparison::TABLE.iter();
            out.extend(rows.find(|row| row.0 == *operator).map(|row| row.2));
        }
        Condition::Attribute(name) => write_attribute(name, out),
    }
}

fn write_attribute(attribute: &Attribute, out: &mut Vec<u8>) {
    let mut rows = AttributeOf::TABLE.iter();
    out.extend(rows.find(|row| row.0 == attribute.of).map(|row| row.2));
    write_counted(&utf16(&attribute.name), out);
}

fn write_literal(literal: &Literal, out: &mut Vec<u8>) {
    match literal {
        Literal::Integer(integer) => write_integer(integer, out),
        Literal::Text(text) => {
            out.push(TEXT);
            write_counted(&utf16(text), out);
        }
        Literal::Octets(bytes) => {
            out.push(OCTETS);
            write_counted(bytes, out);
        }
        Literal::Sid(sid) => {
            out.push(SID);
            write_counted(&sid.to_bytes(), out);
        }
        Literal::Composite(items) => {
            let mut inside = Vec::new();
            for item in items {
                write_literal(item, &mut inside);
            }
            out.push(COMPOSITE);
            write_counted(&inside, out);
        }
    }
}

fn write_integer(integer: &Integer, out: &mut Vec<u8>) {
    out.extend(
        WIDTHS
            .iter()
            .find(|row| row.0 == integer.width)
            .map(|row| row.1),
    );
    out.extend_from_slice(&integer.value.to_le_bytes());
    out.extend(
        SIGNS
            .iter()
            .find(|row| row.0 == integer.sign)
            .map(|row| row.1),
    );
    out.extend(
        BASES
            .iter()
            .find(|row| row.0 == integer.base)
            .map(|row| row.1),
    );
}

fn write_counted(bytes: &[u8], out: &mut Vec<u8>) {
    // What does not fit 32 bits does not fit an ACE either, and is refused there.
    let len = u32::try_from(bytes.len()).unwrap_or(u32::MAX);
    out.extend_from_slice(&len.to_le_bytes());
    out.extend_from_slice(bytes);
}

fn utf16(text: &str) -> Vec<u8> {
    text.encode_utf16().flat_map(u16::to_le_bytes).collect()
}
