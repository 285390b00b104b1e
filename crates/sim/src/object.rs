//! Kernel objects and their names.
//!
//! A name stands in a directory, which is an object with a descriptor of its own:
//! `\BaseNamedObjects` for all sessions, one for each session, private ones, and
//! the flat one of named pipes. Whoever makes a name first decides who may open it:
//! that is what squatting means.

use std::collections::BTreeMap;
use std::sync::Arc;

use fumehood_nt::evaluate::evaluate;
use fumehood_nt::token::{Privilege, Token};
use fumehood_nt::{AccessMask, SecurityDescriptor};

use crate::answer::{Answer, Asked, Cause, Checked, Refusal};
use crate::class::{CREATE_INSTANCE, Class};
use crate::fold::fold;
use crate::handle::{Handle, Held, Inherit, Target};
use crate::job::Limits;
use crate::process::ProcessId;
use crate::security::{Parts, changed, may_ask};
use crate::world::World;

/// A kernel object.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ObjectId(pub(crate) u32);

/// What an object is beside its descriptor.
#[derive(Debug, Clone, PartialEq)]
pub enum Body {
    /// Nothing that matters here.
    Plain,
    /// Of a process: itself, its first thread or its token.
    Of(ProcessId),
    /// A job.
    Job(Limits),
    /// A directory or a window station: objects by the keys of their names.
    Directory(BTreeMap<Arc<str>, ObjectId>),
}

/// An object.
#[derive(Debug, Clone, PartialEq)]
pub struct Object {
    /// Of which class.
    pub class: Class,
    /// Who may do what.
    pub descriptor: Arc<SecurityDescriptor>,
    /// The directory and the key of its name.
    pub name: Option<(ObjectId, Arc<str>)>,
    /// What it is.
    pub body: Body,
}

/// What is to be made.
#[derive(Debug, Clone, PartialEq)]
pub struct CreateObject {
    /// Of which class.
    pub class: Class,
    /// The directory and the name.
    pub name: Option<(ObjectId, String)>,
    /// The rights of the handle.
    pub desired: AccessMask,
    /// The descriptor asked for.
    pub security: Option<Arc<SecurityDescriptor>>,
    /// What becomes of an object that has the name.
    pub first: First,
}

/// What becomes of an object that has the name already.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Hash)]
pub enum First {
    /// It is opened, if it grants the rights; a pipe gets one more instance.
    #[default]
    OrOpen,
    /// The call fails (`FILE_FLAG_FIRST_PIPE_INSTANCE`, or a check of `ERROR_ALREADY_EXISTS`).
    Only,
}

/// A handle to an object, and how it was granted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Obtained {
    /// The handle.
    pub handle: Handle,
    /// The object.
    pub object: ObjectId,
    /// How it was granted.
    pub checked: Checked,
}

impl World {
    /// Objects that there may be.
    pub const MAX_OBJECTS: u32 = 1 << 16;

    /// An object; none if there never was one.
    #[must_use]
    pub fn object(&self, object: ObjectId) -> Option<&Object> {
        self.objects.item(object.0)
    }

    /// Puts an object into the world.
    ///
    /// # Errors
    ///
    /// Something has the name, or there would be too many.
    pub fn put_object(&mut self, object: Object) -> Answer<ObjectId> {
        if self.objects.count() >= Self::MAX_OBJECTS {
            let limit = Self::MAX_OBJECTS as usize;
            return Err(Refusal::TooMuch {
                limit,
                what: "objects",
            });
        }
        let id = ObjectId(self.objects.count());
        if let Some((directory, key)) = &object.name {
            let of = self
                .objects
                .item_mut(directory.0)
                .ok_or(Refusal::PathNotFound)?;
            let Body::Directory(names) = &mut of.body else {
                return Err(Refusal::NotAFolder);
            };
            if names.contains_key(key) {
                return Err(Refusal::Exists);
            }
            names.insert(Arc::clone(key), id);
        }
        self.objects.push(object);
        Ok(id)
    }

    /// Puts an object with a name, this descriptor and nothing in it into the world.
    ///
    /// # Errors
    ///
    /// Something has the name.
    pub fn put_named(
        &mut self,
        class: Class,
        name: Option<(ObjectId, &str)>,
        descriptor: SecurityDescriptor,
    ) -> Answer<ObjectId> {
        let body = if class.holds_names() {
            Body::Directory(BTreeMap::new())
        } else {
            Body::Plain
        };
        self.put_object(Object {
            class,
            descriptor: Arc::new(descriptor),
            name: name.map(|(directory, name)| (directory, fold(name).into())),
            body,
        })
    }

    /// The object that has this name, asking nobody.
    #[must_use]
    pub fn named(&self, directory: ObjectId, name: &str) -> Option<ObjectId> {
        match &self.object(directory)?.body {
            Body::Directory(names) => names.get(fold(name).as_str()).copied(),
            _ => None,
        }
    }

    /// What the access check says of an object.
    pub(crate) fn ask_object(
        &self,
        token: &Token,
        object: ObjectId,
        desired: AccessMask,
    ) -> Answer<Checked> {
        let of = self.object(object).ok_or(Refusal::NotFound)?;
        let debugs =
            matches!(of.class, Class::Process | Class::Thread) && token.enables(Privilege::Debug);
        if debugs {
            let granted = of.class.mapping().map(desired);
            let cause = Cause::Privilege(Privilege::Debug);
            return Ok(Checked::unasked(Asked::Object, granted, cause));
        }
        let mapping = of.class.mapping();
        let verdict = evaluate(&of.descriptor, token, desired, mapping, &self.semantics);
        let checked = Checked::of(&verdict);
        if verdict.granted() {
            Ok(checked)
        } else {
            Err(Refusal::Denied(Box::new(checked)))
        }
    }

    /// Opens an object (`OpenEvent`, `OpenProcess`, `NtOpenProcessToken`, a client of a pipe).
    ///
    /// # Errors
    ///
    /// It refuses, or is no more.
    pub fn open_object(
        &mut self,
        who: ProcessId,
        object: ObjectId,
        desired: AccessMask,
    ) -> Answer<Obtained> {
        let token = Arc::clone(&self.running(who)?.token);
        self.is_alive(object)?;
        let checked = self.ask_object(&token, object, desired)?;
        self.obtained(who, object, checked)
    }

    /// Whether an object of a process is one of a process that runs.
    fn is_alive(&self, object: ObjectId) -> Answer {
        match self.object(object).ok_or(Refusal::NotFound)?.body {
            Body::Of(process) => self.running(process).map(drop),
            _ => Ok(()),
        }
    }

    pub(crate) fn obtained(
        &mut self,
        who: ProcessId,
        object: ObjectId,
        checked: Checked,
    ) -> Answer<Obtained> {
        self.handles.has_room()?;
        let handle = self.handles.hold(Held {
            process: who,
            target: Target::Object(object),
            granted: checked.granted,
            inherit: Inherit::Kept,
        });
        Ok(Obtained {
            handle,
            object,
            checked,
        })
    }

    /// Makes an object, or opens the one that has the name.
    ///
    /// Making a name needs the right on the directory. A section that all sessions see needs
    /// `SeCreateGlobalPrivilege`, which is for who builds the directory to say: it stands in its
    /// descriptor here.
    ///
    /// # Errors
    ///
    /// The directory or the object that has the name refuses.
    pub fn create_object(&mut self, who: ProcessId, asked: &CreateObject) -> Answer<Obtained> {
        let token = Arc::clone(&self.running(who)?.token);
        let of_class = |class| matches!(class, Class::Process | Class::Thread | Class::Token);
        if of_class(asked.class) {
            return Err(Refusal::Invalid("processes are started, not made"));
        }
        let existing = asked
            .name
            .as_ref()
            .and_then(|(directory, name)| self.named(*directory, name));
        if let Some(object) = existing {
            return self.open_or_serve(who, &token, asked, object);
        }
        let mut parent = None;
        if let Some((directory, _)) = &asked.name {
            let of = self.object(*directory).ok_or(Refusal::PathNotFound)?;
            self.ask_object(&token, *directory, of.class.right_to_name())?;
            parent = Some(&*of.descriptor);
        }
        let security = asked.security.as_deref();
        if let Some(security) = security {
            may_ask(&token, security)?;
        }
        let descriptor = asked.class.asked_or_default(&token, parent, security);
        let body = match asked.class {
            Class::Job => Body::Job(Limits::default()),
            class if class.holds_names() => Body::Directory(BTreeMap::new()),
            _ => Body::Plain,
        };
        let name = asked.name.as_ref();
        let object = self.put_object(Object {
            class: asked.class,
            descriptor: Arc::new(descriptor),
            name: name.map(|(directory, name)| (*directory, fold(name).into())),
            body,
        })?;
        let granted = asked.class.mapping().map(asked.desired);
        self.obtained(
            who,
            object,
            Checked::unasked(Asked::Object, granted, Cause::Creator),
        )
    }

    /// What a maker gets of what has the name already.
    fn open_or_serve(
        &mut self,
        who: ProcessId,
        token: &Token,
        asked: &CreateObject,
        object: ObjectId,
    ) -> Answer<Obtained> {
        let of = self.object(object).ok_or(Refusal::NotFound)?;
        if asked.first == First::Only {
            return Err(Refusal::Exists);
        }
        if of.class != asked.class {
            return Err(Refusal::Invalid("an object of another class has the name"));
        }
        let desired = if of.class == Class::NamedPipe {
            asked.desired | CREATE_INSTANCE
        } else {
            asked.desired
        };
        let checked = self.ask_object(token, object, desired)?;
        self.obtained(who, object, checked)
    }

    /// The object that a handle points at, if the handle has these rights.
    ///
    /// # Errors
    ///
    /// There is no such handle, or it lacks rights.
    pub(crate) fn own_object(
        &self,
        who: ProcessId,
        handle: Handle,
        rights: AccessMask,
    ) -> Answer<ObjectId> {
        let held = self.own(who, handle)?;
        let Target::Object(object) = held.target else {
            return Err(Refusal::NoHandle);
        };
        let lacks = rights.without(held.granted);
        if lacks.is_empty() {
            Ok(object)
        } else {
            Err(Refusal::HandleLacks(lacks))
        }
    }

    /// Changes parts of an object's descriptor (`SetKernelObjectSecurity`).
    ///
    /// # Errors
    ///
    /// The handle lacks the rights, or the owner or label is not the process's to set.
    pub fn set_object_security(
        &mut self,
        who: ProcessId,
        handle: Handle,
        parts: Parts,
        new: &SecurityDescriptor,
    ) -> Answer {
        let token = Arc::clone(&self.running(who)?.token);
        let object = self.own_object(who, handle, parts.rights())?;
        let of = self.object(object).ok_or(Refusal::NotFound)?;
        let result = changed(&of.descriptor, new, parts, &token)?;
        let of = self.objects.item_mut(object.0).ok_or(Refusal::NotFound)?;
        of.descriptor = Arc::new(result);
        Ok(())
    }

    /// Takes away the name of an object that nobody holds any more.
    pub(crate) fn forget_name(&mut self, object: ObjectId) {
        let name = self.object(object).and_then(|object| object.name.clone());
        let Some((directory, key)) = name else {
            return;
        };
        if let Some(of) = self.objects.item_mut(directory.0)
            && let Body::Directory(names) = &mut of.body
        {
            names.remove(&key);
        }
        if let Some(of) = self.objects.item_mut(object.0) {
            of.name = None;
        }
    }
}
