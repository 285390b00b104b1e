//! Acts on what is no file: keys, objects, processes.

use std::sync::Arc;

use fumehood_nt::evaluate::Intent;
use fumehood_nt::{AccessMask, SecurityDescriptor};

use crate::adjust::Adjust;
use crate::answer::Answer;
use crate::key::{KeyPath, QUERY_VALUE, SET_VALUE};
use crate::node::Bytes;
use crate::object::{CreateObject, ObjectId, Obtained};
use crate::process::{ProcessId, TERMINATE};
use crate::security::Parts;
use crate::start::Start;
use crate::world::World;

use super::{Done, Seen};

/// What a program does to what is no file.
#[derive(Debug, Clone, PartialEq)]
pub enum SystemAct {
    /// Opens a key for these rights, and closes it.
    TouchKey(KeyPath, AccessMask),
    /// Reads a value.
    ReadValue(KeyPath, String),
    /// Sets a value of a key that exists.
    SetValue(KeyPath, String, Bytes),
    /// Creates a key, or opens it for setting values.
    CreateKey(KeyPath),
    /// Deletes a key.
    DeleteKey(KeyPath),
    /// Opens an object for these rights, and closes it: a pipe, an event, a desktop.
    Touch(ObjectId, AccessMask),
    /// Makes an object, or serves a pipe, and holds it.
    Create(Box<CreateObject>),
    /// Opens a process for these rights, and closes it.
    TouchProcess(ProcessId, AccessMask),
    /// Opens the token of a process for these rights, and closes it.
    TouchToken(ProcessId, AccessMask),
    /// Ends a process.
    Terminate(ProcessId),
    /// Sets parts of the descriptor of a process.
    SecureProcess(ProcessId, Parts, Arc<SecurityDescriptor>),
    /// Starts a program.
    Start(Box<Start>),
    /// Changes the own token.
    Adjust(Adjust),
}

impl World {
    pub(super) fn perform_system(&mut self, who: ProcessId, act: &SystemAct) -> Answer<Done> {
        match act {
            SystemAct::TouchKey(path, _)
            | SystemAct::ReadValue(path, _)
            | SystemAct::SetValue(path, ..)
            | SystemAct::CreateKey(path)
            | SystemAct::DeleteKey(path) => self.perform_key(who, path, act),
            SystemAct::Touch(object, desired) => {
                let obtained = self.open_object(who, *object, *desired)?;
                self.obtained_and_closed(who, obtained)
            }
            SystemAct::Create(asked) => {
                let obtained = self.create_object(who, asked)?;
                Ok(done(&obtained, Seen::Handle(obtained.handle)))
            }
            SystemAct::Start(start) => {
                let started = self.start(who, start)?;
                let seen = Seen::Started(started);
                Ok(Done {
                    seen,
                    ..Done::default()
                })
            }
            SystemAct::Adjust(adjust) => {
                self.adjust(who, adjust)?;
                Ok(Done::default())
            }
            SystemAct::TouchProcess(target, desired) => {
                let obtained = self.open_process(who, *target, *desired)?;
                self.obtained_and_closed(who, obtained)
            }
            SystemAct::TouchToken(target, desired) => {
                let obtained = self.open_token(who, *target, *desired)?;
                self.obtained_and_closed(who, obtained)
            }
            SystemAct::Terminate(target) => {
                let obtained = self.open_process(who, *target, TERMINATE)?;
                self.terminate(who, obtained.handle)?;
                // Whoever ends itself has no handles to close.
                if self.running(who).is_ok() {
                    self.close(who, obtained.handle)?;
                }
                Ok(done(&obtained, Seen::Nothing))
            }
            SystemAct::SecureProcess(target, parts, new) => {
                let obtained = self.open_process(who, *target, parts.rights())?;
                self.set_object_security(who, obtained.handle, *parts, new)?;
                self.obtained_and_closed(who, obtained)
            }
        }
    }

    fn obtained_and_closed(&mut self, who: ProcessId, obtained: Obtained) -> Answer<Done> {
        self.close(who, obtained.handle)?;
        Ok(done(&obtained, Seen::Nothing))
    }

    fn perform_key(&mut self, who: ProcessId, path: &KeyPath, act: &SystemAct) -> Answer<Done> {
        let desired = match act {
            SystemAct::TouchKey(_, desired) => *desired,
            SystemAct::ReadValue(..) => QUERY_VALUE,
            SystemAct::DeleteKey(_) => AccessMask::DELETE,
            _ => SET_VALUE,
        };
        let (handle, checked) = if matches!(act, SystemAct::CreateKey(_)) {
            self.create_key(who, path, desired, None)?
        } else {
            self.open_key(who, path, desired, Intent::Ordinary)?
        };
        let mut seen = Seen::Nothing;
        match act {
            SystemAct::ReadValue(_, name) => seen = Seen::Bytes(self.value(who, handle, name)?),
            SystemAct::SetValue(_, name, to) => self.set_value(who, handle, name, to)?,
            SystemAct::DeleteKey(_) => self.delete_key(who, handle)?,
            _ => {}
        }
        self.close(who, handle)?;
        Ok(Done {
            file: None,
            checked: Some(checked),
            seen,
        })
    }
}

fn done(obtained: &Obtained, seen: Seen) -> Done {
    Done {
        file: None,
        checked: Some(obtained.checked),
        seen,
    }
}
