//! Conditions to text, with as few parentheses as keep the tree.

use super::print::{octets, push, text};
use super::{Unprintable, names};
use crate::condition::{
    Attribute, AttributeOf, Base, Comparison, Condition, Integer, Literal, Membership, Operand,
    Sids, Sign,
};
use crate::sid::Sid;

/// How tightly an operator binds.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Binding {
    Or,
    And,
    Term,
}

/// Writes a condition.
pub(super) fn condition(condition: &Condition, out: &mut String) -> Result<(), Unprintable> {
    write(condition, Binding::Or, out)
}

/// Writes a condition where at least `least` is needed.
fn write(condition: &Condition, least: Binding, out: &mut String) -> Result<(), Unprintable> {
    let binding = match condition {
        Condition::Or(..) => Binding::Or,
        Condition::And(..) => Binding::And,
        _ => Binding::Term,
    };
    if binding >= least {
        return bare(condition, out);
    }
    out.push('(');
    bare(condition, out)?;
    out.push(')');
    Ok(())
}

fn bare(condition: &Condition, out: &mut String) -> Result<(), Unprintable> {
    match condition {
        Condition::Or(left, right) => {
            write(left, Binding::Or, out)?;
            out.push_str(" || ");
            write(right, Binding::And, out)
        }
        Condition::And(left, right) => {
            write(left, Binding::And, out)?;
            out.push_str(" && ");
            write(right, Binding::Term, out)
        }
        Condition::Not(inner) => {
            out.push_str("!(");
            write(inner, Binding::Or, out)?;
            out.push(')');
            Ok(())
        }
        Condition::Member(operator, sids) => {
            membership(*operator, sids, out);
            Ok(())
        }
        Condition::Exists(name) => {
            out.push_str("Exists ");
            attribute(name, out)
        }
        Condition::NotExists(name) => {
            out.push_str("Not_Exists ");
            attribute(name, out)
        }
        Condition::Compare(left, operator, right) => {
            attribute(left, out)?;
            push(out, format_args!(" {} ", sign(*operator)));
            operand(right, out)
        }
        Condition::Attribute(name) => attribute(name, out),
    }
}

fn membership(operator: Membership, sids: &Sids, out: &mut String) {
    let mut rows = Membership::TABLE.iter();
    let word = rows.find(|row| row.0 == operator).map_or("", |row| row.1);
    push(out, format_args!("{word} "));
    match sids {
        Sids::One(one) => sid(one, out),
        Sids::Many(many) => {
            for (count, one) in many.iter().enumerate() {
                out.push_str(if count == 0 { "{" } else { ", " });
                sid(one, out);
            }
            out.push_str(if many.is_empty() { "{}" } else { "}" });
        }
    }
}

fn sid(sid: &Sid, out: &mut String) {
    push(out, format_args!("SID({})", sid.to_sddl()));
}

fn sign(operator: Comparison) -> &'static str {
    let mut rows = Comparison::TABLE.iter();
    rows.find(|row| row.0 == operator).map_or("", |row| row.1)
}

fn attribute(attribute: &Attribute, out: &mut String) -> Result<(), Unprintable> {
    if attribute.of == AttributeOf::Local {
        return names::print_alone(&attribute.name, out);
    }
    let mut rows = AttributeOf::TABLE.iter();
    let prefix = rows
        .find(|row| row.0 == attribute.of)
        .map_or("", |row| row.1);
    out.push_str(prefix);
    names::print(&attribute.name, out)
}

fn operand(operand: &Operand, out: &mut String) -> Result<(), Unprintable> {
    match operand {
        Operand::Attribute(name) => attribute(name, out),
        Operand::Literal(Literal::Composite(items)) => {
            for (count, item) in items.iter().enumerate() {
                out.push_str(if count == 0 { "{" } else { ", " });
                literal(item, out)?;
            }
            out.push_str(if items.is_empty() { "{}" } else { "}" });
            Ok(())
        }
        Operand::Literal(value) => literal(value, out),
    }
}

fn literal(value: &Literal, out: &mut String) -> Result<(), Unprintable> {
    match value {
        Literal::Integer(number) => integer(number, out),
        Literal::Text(value) => text(value, out)?,
        Literal::Octets(bytes) => octets(bytes, out),
        Literal::Sid(value) => sid(value, out),
        Literal::Composite(_) => return Err(Unprintable::Nested),
    }
    Ok(())
}

/// Writes a number. Its value says whether it is negative; a sign that contradicts it is left out.
fn integer(number: &Integer, out: &mut String) {
    if number.value < 0 {
        out.push('-');
    } else if number.sign == Sign::Plus {
        out.push('+');
    } else if number.sign == Sign::Minus && number.value == 0 {
        out.push('-');
    }
    let size = number.value.unsigned_abs();
    match number.base {
        Base::Octal => push(out, format_args!("0{size:o}")),
        Base::Decimal => push(out, size),
        Base::Hexadecimal => push(out, format_args!("{size:#x}")),
    }
}
