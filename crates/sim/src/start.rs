//! Starting programs.
//!
//! The program's file is opened to be run, by the starter's rights; the new process
//! runs at the lesser of its token's level and the file's label, so that a label on
//! build output outlives the run that made it. A token other than the starter's
//! own needs a privilege, unless it is a restricted form of that (MSDN
//! `CreateProcessAsUser`).

use std::sync::Arc;

use fumehood_nt::restrict::{level_of_started, lower_integrity};
use fumehood_nt::token::{Privilege, Restriction, SidState, Token, TokenSpec};
use fumehood_nt::{AccessMask, SecurityDescriptor};

use crate::answer::{Answer, Asked, Cause, Checked, Refusal};
use crate::class::Class;
use crate::handle::{Handle, Held, Inherit, Share};
use crate::job::{ASSIGN_PROCESS, Leaves};
use crate::node::Kind;
use crate::open::Open;
use crate::process::{Guards, ProcessId, labelled};
use crate::security::may_ask;
use crate::walk::Place;
use crate::world::World;

/// `TOKEN_ASSIGN_PRIMARY`, `TOKEN_DUPLICATE` and `TOKEN_QUERY`: what a token is started with.
pub const START_WITH: AccessMask = AccessMask(0x000B);

/// Which handles a child gets.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum Heirloom {
    /// None.
    #[default]
    Nothing,
    /// Every one that may be inherited (`bInheritHandles`).
    All,
    /// Those of this list that may be inherited (`PROC_THREAD_ATTRIBUTE_HANDLE_LIST`).
    Only(Vec<Handle>),
}

/// A start of a program.
#[derive(Debug, Clone, PartialEq)]
pub struct Start {
    /// The program's file.
    pub image: Place,
    /// Its token; none is the starter's.
    pub token: Option<Arc<Token>>,
    /// Which handles it gets.
    pub heirloom: Heirloom,
    /// A job that it is in from its first instruction (`PROC_THREAD_ATTRIBUTE_JOB_LIST`).
    pub job: Option<Handle>,
    /// Whether it asks to leave the starter's jobs.
    pub leaves: Leaves,
    /// The descriptor asked for the process.
    pub security: Option<Arc<SecurityDescriptor>>,
    /// The descriptor that the token object is given before the start.
    pub token_security: Option<Arc<SecurityDescriptor>>,
}

impl Start {
    /// A start with the starter's token, and nothing else.
    #[must_use]
    pub fn of(image: impl Into<Place>) -> Self {
        Self {
            image: image.into(),
            token: None,
            heirloom: Heirloom::Nothing,
            job: None,
            leaves: Leaves::Stays,
            security: None,
            token_security: None,
        }
    }

    /// The same with this token.
    #[must_use]
    pub fn with_token(self, token: Token) -> Self {
        Self {
            token: Some(Arc::new(token)),
            ..self
        }
    }
}

/// A program that was started.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Started {
    /// The process.
    pub process: ProcessId,
    /// The starter's handle to it.
    pub handle: Handle,
}

impl World {
    /// Starts a program; the new process and a handle to it, which has every right.
    ///
    /// # Errors
    ///
    /// The file, the token or the job refuses; nothing has changed then.
    pub fn start(&mut self, who: ProcessId, start: &Start) -> Answer<Started> {
        let mut after = self.clone();
        let process = after.start_child(who, start)?;
        let object = after.running(process)?.object;
        let granted = Class::Process.mapping().all;
        let checked = Checked::unasked(Asked::Object, granted, Cause::Creator);
        let handle = after.obtained(who, object, checked)?.handle;
        *self = after;
        Ok(Started { process, handle })
    }

    fn start_child(&mut self, who: ProcessId, start: &Start) -> Answer<ProcessId> {
        let own = Arc::clone(&self.running(who)?.token);
        let open = Open {
            kind: Some(Kind::File),
            ..Open::existing(start.image.clone(), AccessMask::FILE_EXECUTE)
                .sharing(Share::READ.with(Share::DELETE))
        };
        let opened = self.open(who, &open)?;
        let image = opened.file;
        let token = self.token_of_child(who, &own, start)?;
        let level = match self.descriptor(image) {
            Some(descriptor) => level_of_started(&token, descriptor),
            None => token.spec().integrity,
        };
        // The level is the lesser of two, so that it never rises.
        let lowered = lower_integrity(&token, level);
        let token = lowered.map_err(|_| Refusal::Invalid("a token's level never rises"))?;
        let jobs = self.jobs_of_child(&self.running(who)?.jobs, start.leaves)?;
        let job = start
            .job
            .map(|job| self.own_object(who, job, ASSIGN_PROCESS))
            .transpose()?;
        for job in jobs.iter().chain(&job) {
            self.has_seat(*job)?;
        }
        let guards = guards_of(start, &own, &token)?;
        let child = self.add_process(token, Some(image), guards)?;
        let process = self.processes.item_mut(child.0).ok_or(Refusal::NoProcess)?;
        process.parent = Some(who);
        process.jobs = jobs.into_iter().chain(job).collect();
        self.hand_down(who, child, &start.heirloom)?;
        self.close(who, opened.handle)?;
        Ok(child)
    }

    /// The token that the child is to have, if the starter may give it.
    fn token_of_child(&self, who: ProcessId, own: &Arc<Token>, start: &Start) -> Answer<Token> {
        let Some(token) = &start.token else {
            return Ok((**own).clone());
        };
        if own.enables(Privilege::AssignPrimaryToken) {
            return Ok((**token).clone());
        }
        if !is_restricted_form(token.spec(), own.spec()) {
            return Err(Refusal::ForeignToken);
        }
        // It was made of the starter's own token, which had to be opened for that.
        let object = self.running(who)?.token_object;
        self.ask_object(own, object, START_WITH)?;
        Ok((**token).clone())
    }

    fn hand_down(&mut self, who: ProcessId, child: ProcessId, heirloom: &Heirloom) -> Answer {
        let goes = |handle: Handle, held: &Held| match heirloom {
            Heirloom::Nothing => false,
            Heirloom::All => held.inherit == Inherit::Inherited,
            Heirloom::Only(list) => held.inherit == Inherit::Inherited && list.contains(&handle),
        };
        let handles: Vec<Held> = self
            .handles_of(who)
            .filter(|(handle, held)| goes(*handle, held))
            .map(|(_, held)| *held)
            .collect();
        for held in handles {
            self.handles.has_room()?;
            self.handles.hold(Held {
                process: child,
                ..held
            });
        }
        Ok(())
    }

    /// Says whether children may get a handle (`SetHandleInformation`).
    ///
    /// # Errors
    ///
    /// The process has no such handle.
    pub fn set_inherit(&mut self, who: ProcessId, handle: Handle, inherit: Inherit) -> Answer {
        let held = self.own(who, handle)?;
        self.handles.set(handle, Held { inherit, ..held });
        Ok(())
    }
}

/// The descriptors of the child's objects.
fn guards_of(start: &Start, own: &Token, token: &Token) -> Answer<Guards> {
    let level = token.spec().integrity;
    // CreateProcess takes the starter's default, CreateProcessAsUser the new token's.
    let maker = if start.token.is_some() { token } else { own };
    let mut guards = Guards::by_default(maker, level);
    for security in start.security.iter().chain(&start.token_security) {
        may_ask(own, security)?;
    }
    if let Some(security) = &start.security {
        let asked = Class::Process.asked_or_default(maker, None, Some(security));
        guards.process = labelled(asked, level);
    }
    // The token object was made by the starter, whatever the token says.
    let token_security = start.token_security.as_deref();
    guards.token = Class::Token.asked_or_default(own, None, token_security);
    Ok(guards)
}

/// Whether `token` holds nothing that `own` does not: what `CreateRestrictedToken` and a lower
/// level make of it. Windows goes by descent; by what they hold, a world need not know how a
/// token came to be.
fn is_restricted_form(token: &TokenSpec, own: &TokenSpec) -> bool {
    let privileges = Privilege::ALL.iter().all(|(_, privilege)| {
        !token.privileges.holds(*privilege) || own.privileges.holds(*privilege)
    });
    let packages = token.app_container == own.app_container || own.app_container.is_none();
    has_no_other_sids(token, own)
        && is_as_restricted(token, own)
        && privileges
        && packages
        && token.integrity <= own.integrity
}

/// Whether no SID grants in `token` that does not in `own`, and none that may deny is gone.
fn has_no_other_sids(token: &TokenSpec, own: &TokenSpec) -> bool {
    let grants = |state| state == SidState::Enabled;
    let find = |of: &TokenSpec, sid| of.groups.iter().find(|group| group.sid == sid).copied();
    let user = token.user == own.user && (!grants(token.user_state) || grants(own.user_state));
    let nothing_new = token.groups.iter().all(|group| {
        let before = find(own, group.sid);
        before.is_some_and(|it| !grants(group.state) || it.state != SidState::DenyOnly)
    });
    let nothing_gone = own
        .groups
        .iter()
        .all(|group| group.state == SidState::Disabled || find(token, group.sid).is_some());
    user && nothing_new && nothing_gone
}

/// Whether the second pass refuses `token` all that it refuses `own`.
fn is_as_restricted(token: &TokenSpec, own: &TokenSpec) -> bool {
    let full =
        |spec: &TokenSpec| spec.restricting.is_some() && spec.restriction == Restriction::Full;
    let write = |spec: &TokenSpec| spec.restriction == Restriction::Write;
    let list = match (&token.restricting, &own.restricting) {
        (_, None) => true,
        (None, Some(_)) => false,
        (Some(list), Some(before)) => list.iter().all(|sid| before.contains(sid)),
    };
    list && (!full(own) || full(token)) && (!write(own) || write(token) || full(token))
}
