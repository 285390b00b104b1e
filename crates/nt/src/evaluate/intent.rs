//! Opens that say they are for a backup or a restore.
//!
//! `SeBackupPrivilege` and `SeRestorePrivilege` are no part of the access check:
//! the file system and the registry grant by them before it, and only if the open
//! asks (`FILE_FLAG_BACKUP_SEMANTICS`, `REG_OPTION_BACKUP_RESTORE`). What they
//! grant faces no label, no DACL and no restricting list.

use super::evaluate;
use super::verdict::{Outcome, Verdict, Why};
use crate::descriptor::SecurityDescriptor;
use crate::mask::{AccessMask, GenericMapping};
use crate::semantics::Semantics;
use crate::token::{Privilege, Token};

/// What an open says that it is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Intent {
    /// Nothing: the privileges do nothing.
    Ordinary,
    /// Both, as the flags of files and keys say.
    BackupAndRestore,
}

/// [`evaluate`](super::evaluate()) for an open with this intent.
///
/// MSDN `CreateFile`, *Privilege Constants*: a backup may read, run, read the descriptor and the
/// SACL; a restore may write, delete, and set descriptor, owner and SACL.
#[must_use]
pub fn with_intent<'a>(
    descriptor: &'a SecurityDescriptor,
    token: &Token,
    desired: AccessMask,
    mapping: &GenericMapping,
    semantics: &Semantics,
    intent: Intent,
) -> Verdict<'a> {
    let request = mapping.map(desired);
    let ask = |request| evaluate(descriptor, token, request, mapping, semantics);
    let given = given(token, mapping, intent);
    let maximum = request.intersects(AccessMask::MAXIMUM_ALLOWED);
    if given.is_empty() || !maximum && !request.intersects(given) {
        return ask(request);
    }
    let rest = request.without(given);
    if rest.is_empty() {
        return Verdict::granted_by(request, Why::Intent);
    }
    let verdict = ask(rest);
    let by_intent = if maximum { given } else { request & given };
    match verdict.outcome {
        Outcome::Granted(mask) => Verdict {
            outcome: Outcome::Granted(mask | by_intent),
            ..verdict
        },
        // The privileges give something, whatever the check says of the rest.
        Outcome::Denied if rest == AccessMask::MAXIMUM_ALLOWED => {
            Verdict::granted_by(by_intent, Why::Intent)
        }
        Outcome::Denied => verdict,
    }
}

/// What the privileges of the token give with this intent.
fn given(token: &Token, mapping: &GenericMapping, intent: Intent) -> AccessMask {
    let mut given = AccessMask::NONE;
    if intent == Intent::Ordinary {
        return given;
    }
    if token.enables(Privilege::Backup) {
        given |= mapping.read | mapping.execute;
        given |= AccessMask::READ_CONTROL | AccessMask::ACCESS_SYSTEM_SECURITY;
    }
    if token.enables(Privilege::Restore) {
        given |= mapping.write | AccessMask::WRITE_DAC | AccessMask::WRITE_OWNER;
        given |= AccessMask::DELETE | AccessMask::ACCESS_SYSTEM_SECURITY;
    }
    given
}
