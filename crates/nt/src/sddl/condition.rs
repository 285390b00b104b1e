//! Conditions as text ([MS-DTYP] 2.5.1.1 `cond-expr`).
//!
//! From loose to tight: `||`, `&&`, `!`, then an operator with its operands (MSDN
//! *SDDL for Conditional ACEs*, operator precedence). `||` and `&&` group to the left.

use super::SddlError;
use super::cursor::Cursor;
use super::names;
use super::values;
use crate::condition::{
    Attribute, AttributeOf, Comparison, Condition, Literal, Membership, Operand, Sids,
};

/// A condition and how deep it is.
struct Tree {
    condition: Condition,
    depth: usize,
}

/// Reads a condition up to the first thing that cannot belong to it.
pub(super) fn parse(cursor: &mut Cursor<'_>) -> Result<Condition, SddlError> {
    any(cursor, 1).map(|tree| tree.condition)
}

/// Reads what stands between `||`.
fn any(cursor: &mut Cursor<'_>, nested: usize) -> Result<Tree, SddlError> {
    let mut left = all(cursor, nested)?;
    loop {
        cursor.skip_blanks();
        let start = cursor.at();
        if !cursor.take("||") {
            return Ok(left);
        }
        left = join(start, left, all(cursor, nested)?, Condition::Or)?;
    }
}

/// Reads what stands between `&&`.
fn all(cursor: &mut Cursor<'_>, nested: usize) -> Result<Tree, SddlError> {
    let mut left = one(cursor, nested)?;
    loop {
        cursor.skip_blanks();
        let start = cursor.at();
        if !cursor.take("&&") {
            return Ok(left);
        }
        left = join(start, left, one(cursor, nested)?, Condition::And)?;
    }
}

fn join(
    at: usize,
    left: Tree,
    right: Tree,
    operator: fn(Box<Condition>, Box<Condition>) -> Condition,
) -> Result<Tree, SddlError> {
    let depth = deeper(at, left.depth.max(right.depth))?;
    let condition = operator(Box::new(left.condition), Box::new(right.condition));
    Ok(Tree { condition, depth })
}

/// One more than `depth`, within the limit.
fn deeper(at: usize, depth: usize) -> Result<usize, SddlError> {
    if depth < Condition::MAX_DEPTH {
        Ok(depth + 1)
    } else {
        Err(SddlError::TooMuch {
            at,
            limit: Condition::MAX_DEPTH,
            what: "operators, one inside the other",
        })
    }
}

/// Reads one operand of `&&`.
fn one(cursor: &mut Cursor<'_>, nested: usize) -> Result<Tree, SddlError> {
    cursor.skip_blanks();
    let start = cursor.at();
    if cursor.take("(") {
        let inner = any(cursor, deeper(start, nested)?)?;
        return cursor.need(")", "`&&`, `||` or `)`").map(|()| inner);
    }
    if cursor.take("!") {
        let inner = one(cursor, deeper(start, nested)?)?;
        return Ok(Tree {
            condition: Condition::Not(Box::new(inner.condition)),
            depth: deeper(start, inner.depth)?,
        });
    }
    term(cursor).map(|condition| Tree {
        condition,
        depth: 1,
    })
}

/// Reads an operator with its operands, or an attribute alone.
fn term(cursor: &mut Cursor<'_>) -> Result<Condition, SddlError> {
    let start = cursor.at();
    let word = cursor.take_while(|byte| names::is_simple(byte) || byte == b'%');
    let is = |name: &str| word.eq_ignore_ascii_case(name);
    if let Some((operator, ..)) = Membership::TABLE.iter().find(|(_, name, _)| is(name)) {
        return sids(cursor).map(|sids| Condition::Member(*operator, sids));
    }
    if is("Exists") {
        return blanks_then_attribute(cursor).map(Condition::Exists);
    }
    if is("Not_Exists") {
        return blanks_then_attribute(cursor).map(Condition::NotExists);
    }
    cursor.back_to(start);
    let left = attribute(cursor)?;
    cursor.skip_blanks();
    match comparison(cursor) {
        Some(operator) => operand(cursor).map(|right| Condition::Compare(left, operator, right)),
        None => Ok(Condition::Attribute(left)),
    }
}

fn blanks_then_attribute(cursor: &mut Cursor<'_>) -> Result<Attribute, SddlError> {
    cursor.skip_blanks();
    attribute(cursor)
}

/// Reads an attribute, with a prefix or without.
fn attribute(cursor: &mut Cursor<'_>) -> Result<Attribute, SddlError> {
    let prefixed = AttributeOf::TABLE
        .iter()
        .find(|(of, prefix, _)| *of != AttributeOf::Local && cursor.take(prefix));
    let start = cursor.at();
    let (of, name) = match prefixed {
        Some((of, ..)) => (*of, cursor.take_while(names::is_literal)),
        None if cursor.peek() == Some(b'@') => {
            return Err(cursor.expected("`@User.`, `@Resource.` or `@Device.`"));
        }
        None => {
            let inside = |byte| names::is_simple(byte) || matches!(byte, b'%' | b'@');
            (AttributeOf::Local, cursor.take_while(inside))
        }
    };
    if name.is_empty() {
        return Err(cursor.expected("an attribute, an operator, `!` or `(`"));
    }
    let name = names::unescape(start, name)?;
    Ok(Attribute { of, name })
}

/// Takes the operator that stands here, if one does.
fn comparison(cursor: &mut Cursor<'_>) -> Option<Comparison> {
    let start = cursor.at();
    let word = cursor.take_while(|byte| byte.is_ascii_alphabetic() || byte == b'_');
    if word.is_empty() {
        let mut signs = Comparison::TABLE.iter();
        return signs
            .find(|(_, sign, _)| cursor.take(sign))
            .map(|row| row.0);
    }
    let mut words = Comparison::TABLE.iter();
    let found = words.find(|(_, name, _)| name.eq_ignore_ascii_case(word));
    if found.is_none() {
        cursor.back_to(start);
    }
    found.map(|row| row.0)
}

/// Reads the right side of a comparison.
fn operand(cursor: &mut Cursor<'_>) -> Result<Operand, SddlError> {
    cursor.skip_blanks();
    if cursor.take("{") {
        let items = values::braces(cursor, literal)?;
        return Ok(Operand::Literal(Literal::Composite(items)));
    }
    if is_literal_next(cursor) {
        return literal(cursor).map(Operand::Literal);
    }
    match cursor.peek() {
        Some(b'@' | b'%' | b'_') => attribute(cursor).map(Operand::Attribute),
        Some(byte) if byte.is_ascii_alphabetic() || byte >= 0x80 => {
            attribute(cursor).map(Operand::Attribute)
        }
        _ => Err(cursor.expected("a value, a list in braces or an attribute")),
    }
}

fn is_literal_next(cursor: &Cursor<'_>) -> bool {
    let rest = cursor.rest().as_bytes();
    let sid = rest
        .get(..4)
        .is_some_and(|head| head.eq_ignore_ascii_case(b"SID("));
    sid || matches!(rest, [b'"' | b'#' | b'+' | b'-' | b'0'..=b'9', ..])
}

/// Reads a value that is no list.
fn literal(cursor: &mut Cursor<'_>) -> Result<Literal, SddlError> {
    if cursor.take("\"") {
        return values::text(cursor).map(Literal::Text);
    }
    if cursor.take("#") {
        return values::octets(cursor).map(Literal::Octets);
    }
    if cursor.take("SID(") {
        return values::sid(cursor).map(Literal::Sid);
    }
    if is_literal_next(cursor) {
        return values::integer(cursor).map(Literal::Integer);
    }
    Err(cursor.expected("a value"))
}

/// Reads the SIDs of a membership.
fn sids(cursor: &mut Cursor<'_>) -> Result<Sids, SddlError> {
    let one = |cursor: &mut Cursor<'_>| {
        if cursor.take("SID(") {
            values::sid(cursor)
        } else {
            Err(cursor.expected("`SID(`"))
        }
    };
    cursor.skip_blanks();
    if cursor.take("{") {
        values::braces(cursor, one).map(Sids::Many)
    } else if cursor.rest().is_empty() {
        Err(cursor.expected("`SID(` or `{`"))
    } else {
        one(cursor).map(Sids::One)
    }
}
