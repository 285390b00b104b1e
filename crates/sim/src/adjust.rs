//! What a process changes in its own token.
//!
//! Every change asks the token *object*, like any other: a second pass that finds no
//! restricting SID in that object's DACL refuses it, which is the first error of
//! programs that set their own default DACL. Nothing here widens a token; what was
//! deleted from it does not come back (MSDN `AdjustTokenPrivileges`,
//! `SetTokenInformation`).

use std::sync::Arc;

use fumehood_nt::token::{Integrity, Privilege, Token};
use fumehood_nt::{AccessMask, Acl, Sid};

use crate::answer::{Answer, Refusal};
use crate::process::ProcessId;
use crate::security::may_own;
use crate::world::World;

/// `TOKEN_ADJUST_PRIVILEGES`.
pub const ADJUST_PRIVILEGES: AccessMask = AccessMask(0x20);
/// `TOKEN_ADJUST_DEFAULT`: the default DACL, the owner, the level.
pub const ADJUST_DEFAULT: AccessMask = AccessMask(0x80);

/// A change of a token.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Adjust {
    /// Enables a privilege that it holds.
    Enable(Privilege),
    /// Disables one.
    Disable(Privilege),
    /// Gives one up for good (`SE_PRIVILEGE_REMOVED`).
    Remove(Privilege),
    /// Sets who may do what to things that it makes.
    DefaultDacl(Acl),
    /// Sets who owns what it makes.
    Owner(Sid),
    /// Lowers its level.
    Level(Integrity),
}

impl Adjust {
    const fn rights(&self) -> AccessMask {
        match self {
            Self::Enable(_) | Self::Disable(_) | Self::Remove(_) => ADJUST_PRIVILEGES,
            Self::DefaultDacl(_) | Self::Owner(_) | Self::Level(_) => ADJUST_DEFAULT,
        }
    }
}

impl World {
    /// Changes the token of a process, by itself.
    ///
    /// # Errors
    ///
    /// The token object refuses, or the change would widen it.
    pub fn adjust(&mut self, who: ProcessId, adjust: &Adjust) -> Answer {
        let process = self.running(who)?;
        let (token, object) = (Arc::clone(&process.token), process.token_object);
        self.ask_object(&token, object, adjust.rights())?;
        let adjusted = adjusted(&token, adjust)?;
        let process = self.processes.item_mut(who.0).ok_or(Refusal::NoProcess)?;
        process.token = Arc::new(adjusted);
        Ok(())
    }
}

fn adjusted(token: &Token, adjust: &Adjust) -> Answer<Token> {
    let mut spec = token.spec().clone();
    let holds = |privilege: Privilege| {
        let held = token.spec().privileges.holds(privilege);
        if held {
            Ok(())
        } else {
            Err(Refusal::PrivilegeNotHeld(privilege))
        }
    };
    match adjust {
        Adjust::Enable(privilege) => {
            holds(*privilege)?;
            spec.privileges = spec.privileges.with_enabled(*privilege);
        }
        Adjust::Disable(privilege) => {
            holds(*privilege)?;
            spec.privileges = spec.privileges.with_disabled(*privilege);
        }
        Adjust::Remove(privilege) => spec.privileges = spec.privileges.without(*privilege),
        Adjust::DefaultDacl(dacl) => spec.default_dacl = Some(dacl.clone()),
        Adjust::Owner(owner) if !may_own(token, owner) => return Err(Refusal::InvalidOwner),
        Adjust::Owner(owner) => spec.owner = *owner,
        Adjust::Level(level) if *level > spec.integrity => {
            return Err(Refusal::PrivilegeNotHeld(Privilege::Tcb));
        }
        Adjust::Level(level) => spec.integrity = *level,
    }
    spec.build()
        .map_err(|_| Refusal::Invalid("a token has at most 1,024 groups"))
}
