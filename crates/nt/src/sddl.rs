//! SDDL, the text form of security descriptors ([MS-DTYP] 2.5.1).
//!
//! Read as Windows reads it: letters in either case, the four components in any
//! order, blanks between fields. Written in one way only, so that equal values have
//! equal texts. A fault is told with the byte where it is and what could have stood
//! there.

mod ace;
mod claim;
mod condition;
mod cursor;
#[cfg(test)]
mod fuzz;
mod names;
mod pairs;
mod plain;
mod print;
mod print_condition;
mod rights;
mod values;

use std::str::FromStr;

use thiserror::Error;

use crate::ace::Ace;
use crate::acl::Acl;
use crate::condition::Condition;
use crate::descriptor::{AclField, Control, SecurityDescriptor};
use crate::mask::AccessMask;
use crate::sid::Sid;
use crate::well_known::Domains;
use cursor::Cursor;

/// The longest text that is read: a list has at most 64 KiB in its binary form, and no form of
/// an ACE takes more than a few times as much as text.
pub const MAX_TEXT: usize = 1 << 20;

/// A text that is no SDDL, or that needs to know more.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum SddlError {
    /// Something else should stand there.
    #[error("expected {expected} at byte {at}")]
    Syntax {
        /// The byte.
        at: usize,
        /// What could have stood there.
        expected: &'static str,
    },
    /// Letters for an account of a domain that was not given.
    #[error("`{letters}` at byte {at} is an account of {of}, whose SID is not known")]
    UnknownDomain {
        /// The byte.
        at: usize,
        /// The letters.
        letters: String,
        /// Which of the [`Domains`] would be needed.
        of: &'static str,
    },
    /// A limit.
    #[error("more than {limit} {what} at byte {at}")]
    TooMuch {
        /// The byte.
        at: usize,
        /// The most that there may be.
        limit: usize,
        /// Of what.
        what: &'static str,
    },
}

impl SddlError {
    /// The byte of the text that it is about.
    #[must_use]
    pub fn at(&self) -> usize {
        match self {
            Self::Syntax { at, .. } | Self::UnknownDomain { at, .. } | Self::TooMuch { at, .. } => {
                *at
            }
        }
    }
}

/// A value that SDDL has no words for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum Unprintable {
    /// An ACE of a type without letters.
    #[error("ACE type {0:#04x} has no letters in SDDL")]
    AceType(u8),
    /// Bytes behind the SID of an ACE that carries nothing there.
    #[error("SDDL has no place for the bytes behind the SID of an ACE")]
    Trailing,
    /// A condition or claim that is not well-formed.
    #[error("a condition or attribute that is not well-formed has no text")]
    Opaque,
    /// A quotation mark inside a text, which SDDL cannot escape.
    #[error("a text with a quotation mark in it cannot be written in SDDL")]
    Quote,
    /// A NUL inside an attribute, which ends a text there ([MS-DTYP] 2.4.10.1).
    #[error("an attribute with a NUL in it cannot be written in SDDL")]
    Nul,
    /// A name that is empty.
    #[error("an attribute without a name cannot be written in SDDL")]
    Nameless,
    /// A list inside a list.
    #[error("a list inside a list cannot be written in SDDL")]
    Nested,
}

impl SecurityDescriptor {
    /// Reads SDDL ([MS-DTYP] 2.5.1.1), with letters such as `DU` relative to `domains`.
    ///
    /// ```
    /// use fumehood_nt::{AccessMask, Domains, SecurityDescriptor, Sid};
    /// let descriptor = SecurityDescriptor::from_sddl("O:BAD:P(A;OICI;FA;;;SY)", &Domains::NONE)?;
    /// assert_eq!(descriptor.owner, Some(Sid::ADMINISTRATORS));
    /// let dacl = descriptor.dacl.list().unwrap();
    /// assert_eq!(dacl.aces[0].mask, AccessMask::FILE_ALL_ACCESS);
    /// # Ok::<_, fumehood_nt::SddlError>(())
    /// ```
    ///
    /// # Errors
    ///
    /// The byte where the text stops being SDDL, and what could have stood there.
    pub fn from_sddl(text: &str, domains: &Domains) -> Result<Self, SddlError> {
        let mut cursor = Cursor::new(text, domains)?;
        let descriptor = components(&mut cursor)?;
        cursor
            .end("`O:`, `G:`, `D:`, `S:` or the end")
            .map(|()| descriptor)
    }

    /// Writes SDDL: the owner, the group, the DACL, the SACL.
    ///
    /// SDDL says nothing of defaulted and trusted parts, of the resource manager, of a list's
    /// revision and of the flags of a list that is absent: they are not in the text.
    ///
    /// # Errors
    ///
    /// What in it SDDL has no words for.
    pub fn to_sddl(&self) -> Result<String, Unprintable> {
        print::descriptor(self)
    }
}

impl FromStr for SecurityDescriptor {
    type Err = SddlError;

    /// Reads SDDL without a domain.
    fn from_str(text: &str) -> Result<Self, SddlError> {
        Self::from_sddl(text, &Domains::NONE)
    }
}

impl Ace {
    /// Writes it as it stands in SDDL, in parentheses.
    ///
    /// # Errors
    ///
    /// What in it SDDL has no words for.
    pub fn to_sddl(&self) -> Result<String, Unprintable> {
        let mut out = String::new();
        print::ace(self, &mut out).map(|()| out)
    }
}

impl Condition {
    /// Reads the text of a condition, without the parentheses around it ([MS-DTYP] 2.5.1.1
    /// `cond-expr`; MSDN *SDDL for Conditional ACEs* for the precedence).
    ///
    /// # Errors
    ///
    /// The byte where the text stops being a condition, and what could have stood there.
    pub fn from_sddl(text: &str, domains: &Domains) -> Result<Self, SddlError> {
        let mut cursor = Cursor::new(text, domains)?;
        let condition = condition::parse(&mut cursor)?;
        cursor.end("`&&`, `||` or the end").map(|()| condition)
    }

    /// Writes it with as few parentheses as keep its shape.
    ///
    /// # Errors
    ///
    /// What in it SDDL has no words for.
    pub fn to_sddl(&self) -> Result<String, Unprintable> {
        let mut out = String::new();
        print_condition::condition(self, &mut out).map(|()| out)
    }
}

impl AccessMask {
    /// Reads rights: letters in pairs, or a number ([MS-DTYP] 2.5.1.1 `ace-rights`).
    ///
    /// ```
    /// use fumehood_nt::AccessMask;
    /// assert_eq!(AccessMask::from_sddl("FRFX")?, AccessMask::from_sddl("0x1200a9")?);
    /// # Ok::<_, fumehood_nt::SddlError>(())
    /// ```
    ///
    /// # Errors
    ///
    /// The byte where the text stops being rights, and what could have stood there.
    pub fn from_sddl(text: &str) -> Result<Self, SddlError> {
        let mut cursor = Cursor::new(text, &Domains::NONE)?;
        let mask = rights::parse(&mut cursor)?;
        cursor
            .end("two letters of a right or the end")
            .map(|()| mask)
    }

    /// Writes the letters of the rights if all have letters, or a hexadecimal number.
    #[must_use]
    pub fn to_sddl(self) -> String {
        rights::print(self)
    }
}

impl Sid {
    /// Reads `S-1-…` or two letters such as `BA`, relative to `domains` where that is needed.
    ///
    /// # Errors
    ///
    /// The byte where the text stops being a SID, and what could have stood there.
    pub fn from_sddl(text: &str, domains: &Domains) -> Result<Self, SddlError> {
        let mut cursor = Cursor::new(text, domains)?;
        let sid = cursor.sid()?;
        cursor.end("the end").map(|()| sid)
    }

    /// Writes two letters where the SID has any that mean the same on every machine.
    #[must_use]
    pub fn to_sddl(&self) -> String {
        crate::well_known::letters(self).map_or_else(|| self.to_string(), str::to_owned)
    }
}

fn syntax(at: usize, expected: &'static str) -> SddlError {
    SddlError::Syntax { at, expected }
}

/// Reads the components, each at most once.
fn components(cursor: &mut Cursor<'_>) -> Result<SecurityDescriptor, SddlError> {
    let mut descriptor = SecurityDescriptor::default();
    let mut seen = [false; LETTERS.len()];
    loop {
        cursor.skip_blanks();
        let start = cursor.at();
        let Some(component) = component(cursor) else {
            return Ok(descriptor);
        };
        if std::mem::replace(&mut seen[component], true) {
            return Err(syntax(start, "a component that was not given before"));
        }
        cursor.skip_blanks();
        match LETTERS[component] {
            b'O' => descriptor.owner = Some(cursor.sid()?),
            b'G' => descriptor.group = Some(cursor.sid()?),
            b'D' => descriptor.dacl = list(cursor, &DACL_FLAGS, &mut descriptor.control)?,
            _ => descriptor.sacl = list(cursor, &SACL_FLAGS, &mut descriptor.control)?,
        }
    }
}

/// The letters of the components.
const LETTERS: [u8; 4] = *b"OGDS";

/// Takes a letter and its colon, and says which of [`LETTERS`] it is.
fn component(cursor: &mut Cursor<'_>) -> Option<usize> {
    let [letter, b':', ..] = cursor.rest().as_bytes() else {
        return None;
    };
    let letter = letter.to_ascii_uppercase();
    let component = LETTERS.iter().position(|known| *known == letter)?;
    cursor.pass(2);
    Some(component)
}

/// The flags of a list, as letters and in the control word.
type ListFlags = [(&'static str, Control); 3];

const DACL_FLAGS: ListFlags = [
    ("P", Control::DACL_PROTECTED),
    ("AR", Control::DACL_AUTO_INHERIT_REQ),
    ("AI", Control::DACL_AUTO_INHERITED),
];
const SACL_FLAGS: ListFlags = [
    ("P", Control::SACL_PROTECTED),
    ("AR", Control::SACL_AUTO_INHERIT_REQ),
    ("AI", Control::SACL_AUTO_INHERITED),
];
/// In place of entries: the list is NULL (MSDN *Security Descriptor String Format*).
const NULL_LIST: &str = "NO_ACCESS_CONTROL";

/// Reads a list behind its `D:` or `S:`.
fn list(
    cursor: &mut Cursor<'_>,
    flags: &ListFlags,
    control: &mut Control,
) -> Result<AclField, SddlError> {
    while let Some((_, flag)) = flags.iter().find(|(letters, _)| cursor.take(letters)) {
        *control = control.union(*flag);
        cursor.skip_blanks();
    }
    if cursor.take(NULL_LIST) {
        return Ok(AclField::Null);
    }
    let mut aces = Vec::new();
    let mut bytes = Acl::default().byte_len();
    loop {
        cursor.skip_blanks();
        let start = cursor.at();
        if !cursor.take_byte(b'(') {
            return Ok(AclField::List(Acl::new(aces)));
        }
        if aces.is_empty() {
            // Room for an ordinary list at once.
            aces.reserve(8);
        }
        match plain::ace(cursor.rest().as_bytes(), &mut aces) {
            Some(length) => cursor.pass(length),
            None => aces.push(ace::parse(cursor)?),
        }
        bytes += aces.last().map_or(0, Ace::byte_len);
        if bytes > Acl::MAX_BYTES {
            return Err(SddlError::TooMuch {
                at: start,
                limit: Acl::MAX_BYTES,
                what: "bytes of a list",
            });
        }
    }
}
