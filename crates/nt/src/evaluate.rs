//! The access check: who may do what, and why.
//!
//! NT answers a request in steps ([MS-DTYP] 2.5.3.2): the mandatory label, the
//! privileges, the owner, a walk of the DACL for the user and the groups; a
//! second walk for a restricted token, which sees the restricting list only; a
//! third for an `AppContainer`, which sees the package and its capabilities.
//! Every walk that applies must succeed.
//!
//! ```
//! use fumehood_nt::{AccessMask, Ace, Acl, GenericMapping, SecurityDescriptor, Sid};
//! use fumehood_nt::{evaluate::evaluate, semantics::Semantics, token::TokenSpec};
//!
//! let user = Sid::of(5, [21, 1, 2, 3, 1001]);
//! let read = AccessMask::GENERIC_READ;
//! let descriptor = SecurityDescriptor {
//!     dacl: Acl::new(vec![Ace::allow(user, read)]).into(),
//!     ..SecurityDescriptor::default()
//! };
//! let token = TokenSpec::new(user).build()?;
//! let (files, default) = (&GenericMapping::FILE, &Semantics::default());
//! let ask = |desired| evaluate(&descriptor, &token, desired, files, default).granted();
//! assert!(ask(read));
//! assert!(!ask(AccessMask::GENERIC_WRITE));
//! # Ok::<_, fumehood_nt::token::TooManySids>(())
//! ```

mod check;
mod condition;
mod depends;
mod files;
mod intent;
mod mandatory;
mod maximum;
mod verdict;

pub use depends::{Dependence, depends_on, file_depends_on};
pub use files::{Child, DeleteBy, FileQuestion, FileVerdict, Folder, Node, Operation, file_access};
pub use intent::{Intent, with_intent};
pub use mandatory::label_level;
pub use verdict::{Decider, Doubt, Outcome, Pass, Verdict, Why};

use crate::descriptor::SecurityDescriptor;
use crate::mask::{AccessMask, GenericMapping};
use crate::semantics::Semantics;
use crate::token::Token;
use check::{Check, Unknown};

/// Whether `token` gets `desired` on the object that `descriptor` protects, and why.
///
/// With [`AccessMask::MAXIMUM_ALLOWED`] in `desired` the mask of the verdict is all that it gets.
/// It allocates nothing.
///
/// An answer that hangs on a condition that nothing here can know says so in
/// [`Verdict::doubt`]; one that hangs on an open question of NT is found by [`depends_on`].
#[must_use]
pub fn evaluate<'a>(
    descriptor: &'a SecurityDescriptor,
    token: &Token,
    desired: AccessMask,
    mapping: &GenericMapping,
    semantics: &Semantics,
) -> Verdict<'a> {
    let check = |unknown| Check::new(descriptor, token, mapping, semantics, unknown);
    let mut verdict = check(Unknown::TowardsRefusal).run(desired);
    if matches!(verdict.doubt, Some(Doubt::Condition { .. })) {
        // The answer only grows from here, so what is the same at both ends is so in between.
        let other = check(Unknown::TowardsAccess).run(desired);
        if other.outcome == verdict.outcome {
            verdict.doubt = None;
        }
    }
    if verdict.doubt.is_none() {
        verdict.doubt = check::unmodelled(descriptor);
    }
    verdict
}

/// The bits of a request that send a write-restricted token to the second pass.
///
/// Of the standard rights those that only writing asks for, and what the object's `GENERIC_WRITE`
/// has and neither its `GENERIC_READ` nor its `GENERIC_EXECUTE` (James Forshaw's public statement).
/// `FILE_DELETE_CHILD` is not among a file's: a write-restricted process deletes what the real
/// user may delete by way of the folder.
#[must_use]
pub const fn write_bits(mapping: &GenericMapping) -> AccessMask {
    let standard = AccessMask::ACCESS_SYSTEM_SECURITY
        .union(AccessMask::WRITE_OWNER)
        .union(AccessMask::WRITE_DAC)
        .union(AccessMask::DELETE);
    let shared = mapping.read.union(mapping.execute);
    standard.union(mapping.write.without(shared))
}
