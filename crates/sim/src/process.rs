//! Processes: who acts, and who may act on whom.
//!
//! A process is an object with a descriptor, and so is its token. Whoever opens a
//! process to read or write its memory, to take handles from it or to end it is
//! asked by that descriptor and by its label: a process is labelled with its level,
//! and neither written nor read from below (*Windows Integrity Mechanism Design*,
//! MSDN). `SeDebugPrivilege` opens any.

use std::sync::Arc;

use fumehood_nt::token::{Integrity, Token};
use fumehood_nt::{AccessMask, Ace, Acl, AclField, SecurityDescriptor};

use crate::answer::{Answer, Refusal};
use crate::class::Class;
use crate::handle::{Handle, Target};
use crate::node::FileId;
use crate::object::{Body, Object, ObjectId, Obtained};
use crate::world::World;

/// A process, by a number that no other ever has.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ProcessId(pub(crate) u32);

/// `PROCESS_TERMINATE`.
pub const TERMINATE: AccessMask = AccessMask(0x0001);
/// `PROCESS_CREATE_THREAD`.
pub const CREATE_THREAD: AccessMask = AccessMask(0x0002);
/// `PROCESS_VM_OPERATION`.
pub const VM_OPERATION: AccessMask = AccessMask(0x0008);
/// `PROCESS_VM_READ`.
pub const VM_READ: AccessMask = AccessMask(0x0010);
/// `PROCESS_VM_WRITE`.
pub const VM_WRITE: AccessMask = AccessMask(0x0020);
/// `PROCESS_DUP_HANDLE`.
pub const DUP_HANDLE: AccessMask = AccessMask(0x0040);
/// `PROCESS_CREATE_PROCESS`: be made the parent of what is started.
pub const CREATE_PROCESS: AccessMask = AccessMask(0x0080);
/// `PROCESS_SET_QUOTA`.
pub const SET_QUOTA: AccessMask = AccessMask(0x0100);
/// `PROCESS_QUERY_LIMITED_INFORMATION`.
pub const QUERY_LIMITED: AccessMask = AccessMask(0x1000);

/// Whether a process runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Life {
    /// It does.
    Running,
    /// It has ended.
    Ended,
}

/// A process.
#[derive(Debug, Clone, PartialEq)]
pub struct Process {
    /// Its primary token.
    pub token: Arc<Token>,
    /// The program that it runs, if that is a file of the world.
    pub image: Option<FileId>,
    /// Who started it.
    pub parent: Option<ProcessId>,
    /// The jobs that it is in.
    pub jobs: Vec<ObjectId>,
    /// Whether it runs.
    pub life: Life,
    /// The object that it is.
    pub object: ObjectId,
    /// The object that its first thread is.
    pub thread_object: ObjectId,
    /// The object that its token is.
    pub token_object: ObjectId,
}

/// The descriptors of a process that starts.
pub(crate) struct Guards {
    pub process: SecurityDescriptor,
    pub thread: SecurityDescriptor,
    pub token: SecurityDescriptor,
}

impl Guards {
    /// What is given where nothing is asked for: from the default DACL of `maker`.
    pub fn by_default(maker: &Token, level: Integrity) -> Self {
        let of = |class: Class| class.default_descriptor(maker, None);
        Self {
            process: labelled(of(Class::Process), level),
            thread: labelled(of(Class::Thread), level),
            token: of(Class::Token),
        }
    }
}

/// The descriptor with the label of a process: neither written nor read from below.
pub(crate) fn labelled(mut descriptor: SecurityDescriptor, level: Integrity) -> SecurityDescriptor {
    let policy = AccessMask::LABEL_NO_WRITE_UP | AccessMask::LABEL_NO_READ_UP;
    descriptor.sacl = AclField::List(Acl::new(vec![Ace::label(level.sid(), policy)]));
    descriptor
}

impl World {
    /// Processes that there may ever be.
    pub const MAX_PROCESSES: u32 = 1 << 16;

    /// A process; none if there never was one.
    #[must_use]
    pub fn process(&self, who: ProcessId) -> Option<&Process> {
        self.processes.item(who.0)
    }

    /// Every process that ever was.
    pub fn processes(&self) -> impl Iterator<Item = (ProcessId, &Process)> {
        self.processes
            .iter()
            .map(|(number, process)| (ProcessId(number), process))
    }

    /// The process, if it runs.
    pub(crate) fn running(&self, who: ProcessId) -> Answer<&Process> {
        let process = self
            .process(who)
            .filter(|process| process.life == Life::Running);
        process.ok_or(Refusal::NoProcess)
    }

    /// Puts a process into the world that nobody started.
    ///
    /// # Errors
    ///
    /// There would be too many.
    pub fn put_process(&mut self, token: Token, image: Option<FileId>) -> Answer<ProcessId> {
        let guards = Guards::by_default(&token, token.spec().integrity);
        self.add_process(token, image, guards)
    }

    /// Adds a process with its three objects.
    pub(crate) fn add_process(
        &mut self,
        token: Token,
        image: Option<FileId>,
        guards: Guards,
    ) -> Answer<ProcessId> {
        if self.processes.count() >= Self::MAX_PROCESSES {
            let limit = Self::MAX_PROCESSES as usize;
            return Err(Refusal::TooMuch {
                limit,
                what: "processes",
            });
        }
        let who = ProcessId(self.processes.count());
        let mut add = |class, descriptor| {
            self.put_object(Object {
                class,
                descriptor: Arc::new(descriptor),
                name: None,
                body: Body::Of(who),
            })
        };
        let object = add(Class::Process, guards.process)?;
        let thread_object = add(Class::Thread, guards.thread)?;
        let token_object = add(Class::Token, guards.token)?;
        self.processes.push(Process {
            token: Arc::new(token),
            image,
            parent: None,
            jobs: Vec::new(),
            life: Life::Running,
            object,
            thread_object,
            token_object,
        });
        Ok(who)
    }

    /// Whether a process runs this program: its file is mapped then.
    pub(crate) fn is_running(&self, file: FileId) -> bool {
        let runs = |process: &Process| process.image == Some(file) && process.life == Life::Running;
        self.processes.iter().any(|(_, process)| runs(process))
    }

    /// Opens a process (`OpenProcess`). What a process does to itself is asked of nobody, through
    /// the handle that it has of itself.
    ///
    /// # Errors
    ///
    /// It refuses, or has ended.
    pub fn open_process(
        &mut self,
        who: ProcessId,
        target: ProcessId,
        desired: AccessMask,
    ) -> Answer<Obtained> {
        let object = self.running(target)?.object;
        self.open_object(who, object, desired)
    }

    /// Opens the token of a process (`OpenProcessToken`): the process has to be opened for
    /// querying first, but for the caller's own.
    ///
    /// # Errors
    ///
    /// One of the two refuses.
    pub fn open_token(
        &mut self,
        who: ProcessId,
        target: ProcessId,
        desired: AccessMask,
    ) -> Answer<Obtained> {
        let token = Arc::clone(&self.running(who)?.token);
        let process = self.running(target)?;
        let (object, token_object) = (process.object, process.token_object);
        if who != target {
            self.ask_object(&token, object, QUERY_LIMITED)?;
        }
        self.open_object(who, token_object, desired)
    }

    /// The process that a handle points at, if the handle has these rights.
    pub(crate) fn own_process(
        &self,
        who: ProcessId,
        handle: Handle,
        rights: AccessMask,
    ) -> Answer<ProcessId> {
        let object = self.own_object(who, handle, rights)?;
        let of = self
            .object(object)
            .filter(|object| object.class == Class::Process);
        match of.map(|object| &object.body) {
            Some(Body::Of(process)) => Ok(*process),
            _ => Err(Refusal::NoHandle),
        }
    }

    /// Ends a process.
    ///
    /// # Errors
    ///
    /// The handle lacks `PROCESS_TERMINATE`.
    pub fn terminate(&mut self, who: ProcessId, process: Handle) -> Answer {
        let target = self.own_process(who, process, TERMINATE)?;
        self.running(target)?;
        self.end(target);
        Ok(())
    }

    /// A process ends by itself.
    ///
    /// # Errors
    ///
    /// It has ended.
    pub fn exit(&mut self, who: ProcessId) -> Answer {
        self.running(who)?;
        self.end(who);
        Ok(())
    }

    /// The end of a process: its handles close, and what they held goes its way.
    pub(crate) fn end(&mut self, who: ProcessId) {
        let Some(process) = self.processes.item_mut(who.0) else {
            return;
        };
        if process.life == Life::Ended {
            return;
        }
        process.life = Life::Ended;
        let handles: Vec<Handle> = self.handles_of(who).map(|(handle, _)| handle).collect();
        for handle in handles {
            self.release(handle);
        }
    }

    /// Takes a handle out of another process (`DuplicateHandle` from there): whatever that process
    /// was granted, nothing is asked again.
    ///
    /// # Errors
    ///
    /// The handle to the process lacks `PROCESS_DUP_HANDLE`, or there is no such handle there.
    pub fn take_handle(&mut self, who: ProcessId, from: Handle, handle: Handle) -> Answer<Handle> {
        let source = self.own_process(who, from, DUP_HANDLE)?;
        let held = self.own(source, handle)?;
        self.duplicate(source, handle, who, held.granted)
    }

    /// What happens when nothing points at an object any more.
    pub(crate) fn unheld(&mut self, target: Target) {
        let Target::Object(object) = target else {
            return;
        };
        let Some(of) = self.object(object) else {
            return;
        };
        let ends = matches!(&of.body, Body::Job(limits)
            if limits.on_last_handle == crate::job::OnLastHandle::End);
        match of.class {
            // Stations, desktops, services and directories stay, whoever holds them.
            Class::WindowStation | Class::Desktop | Class::Service | Class::Directory => {}
            _ => self.forget_name(object),
        }
        if ends {
            self.end_members(object);
        }
    }
}
