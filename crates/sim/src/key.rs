//! The registry: keys, values, and what they ask.
//!
//! A key is a folder that nobody deletes by way of its parent: deleting it asks the
//! key itself, and it has to have no subkeys. What is new inherits from its parent
//! as folders do, with the rights of keys. Keys on the way to a key are not asked
//! (MSDN *Registry Key Security and Access Rights*).

use std::collections::BTreeMap;
use std::sync::Arc;

use fumehood_nt::evaluate::{Intent, with_intent};
use fumehood_nt::inherit::Heir;
use fumehood_nt::token::Token;
use fumehood_nt::{AccessMask, GenericMapping, SecurityDescriptor, Sid};
use thiserror::Error;

use crate::answer::{Answer, Asked, Cause, Checked, Refusal};
use crate::fold::fold;
use crate::handle::{Handle, Held, Inherit, Target};
use crate::node::Bytes;
use crate::process::ProcessId;
use crate::security::{Parts, changed, descriptor_of_new};
use crate::world::World;

/// `KEY_QUERY_VALUE`.
pub const QUERY_VALUE: AccessMask = AccessMask(0x01);
/// `KEY_SET_VALUE`.
pub const SET_VALUE: AccessMask = AccessMask(0x02);
/// `KEY_CREATE_SUB_KEY`.
pub const CREATE_SUB_KEY: AccessMask = AccessMask(0x04);
/// `KEY_ENUMERATE_SUB_KEYS`.
pub const ENUMERATE: AccessMask = AccessMask(0x08);
/// `KEY_CREATE_LINK`.
pub const CREATE_LINK: AccessMask = AccessMask(0x20);

/// A key, by a number that no other ever has.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct KeyId(pub(crate) u32);

/// Where a path of keys begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Root {
    /// `HKLM`.
    Machine,
    /// `HKU`: a key for each user, by SID.
    Users,
    /// `HKCU`: the key of the caller's user in `HKU`.
    CurrentUser,
}

/// A path of keys.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct KeyPath {
    /// Where it begins.
    pub root: Root,
    /// The names from there.
    pub names: Vec<String>,
}

/// A text that is no path of keys.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("`{0}` is no key: it begins with HKLM, HKU or HKCU")]
pub struct BadKeyPath(pub String);

impl KeyPath {
    /// Keys that a path may have (MSDN *Registry Element Size Limits*).
    pub const MAX_NAMES: usize = 512;

    /// Reads a path.
    ///
    /// ```
    /// use fumehood_sim::key::{KeyPath, Root};
    /// let path = KeyPath::parse(r"hkcu\Software\Microsoft")?;
    /// assert_eq!((path.root, path.names.len()), (Root::CurrentUser, 2));
    /// # Ok::<_, fumehood_sim::key::BadKeyPath>(())
    /// ```
    ///
    /// # Errors
    ///
    /// It begins with no root, or has empty names or too many.
    pub fn parse(text: &str) -> Result<Self, BadKeyPath> {
        let bad = || BadKeyPath(text.to_owned());
        let mut parts = text.split('\\');
        let root = match fold(parts.next().unwrap_or_default()).as_str() {
            "HKLM" | "HKEY_LOCAL_MACHINE" => Root::Machine,
            "HKU" | "HKEY_USERS" => Root::Users,
            "HKCU" | "HKEY_CURRENT_USER" => Root::CurrentUser,
            _ => return Err(bad()),
        };
        let names: Vec<String> = parts.map(str::to_owned).collect();
        if names.iter().any(String::is_empty) || names.len() > Self::MAX_NAMES {
            return Err(bad());
        }
        Ok(Self { root, names })
    }
}

/// A key.
#[derive(Debug, Clone, PartialEq)]
pub struct Key {
    /// Who may do what.
    pub descriptor: Arc<SecurityDescriptor>,
    /// The key that it stands in, and the key of its name there.
    pub parent: Option<(KeyId, Arc<str>)>,
    /// The keys in it, by the folded name.
    pub subkeys: BTreeMap<Arc<str>, KeyId>,
    /// Its values, by the folded name; the unnamed one has an empty name.
    pub values: BTreeMap<Arc<str>, Bytes>,
}

impl World {
    /// Keys that there may ever be.
    pub const MAX_KEYS: u32 = 1 << 18;
    /// Values that a key may have here.
    pub const MAX_VALUES: usize = 1 << 12;

    /// A key; none if there never was one.
    #[must_use]
    pub fn key(&self, key: KeyId) -> Option<&Key> {
        self.keys.item(key.0)
    }

    /// What stands at a path, asking nobody; `HKCU` is the user's.
    #[must_use]
    pub fn find_key(&self, path: &KeyPath, user: &Sid) -> Option<KeyId> {
        let (start, names) = resolved(path, user);
        let step =
            |at: KeyId, name: &String| self.key(at)?.subkeys.get(fold(name).as_str()).copied();
        let start = self.roots.get(usize::from(start == Root::Users)).copied()?;
        names.iter().try_fold(start, step)
    }

    /// Puts the two roots into the world. Every other key stands below one.
    pub fn put_registry(&mut self, machine: SecurityDescriptor, users: SecurityDescriptor) {
        if self.roots.is_empty() {
            self.roots = [machine, users]
                .map(|descriptor| self.push_key(descriptor, None))
                .to_vec();
        }
    }

    /// Puts a key into the world, with this descriptor or with what it inherits for `token`.
    ///
    /// # Errors
    ///
    /// There is no key for it to stand in, or one has the name.
    pub fn put_key(&mut self, path: &KeyPath, made: &crate::world::Made<'_>) -> Answer<KeyId> {
        let everyone = Sid::EVERYONE;
        let (above, name) = split(path).ok_or(Refusal::Exists)?;
        let parent = self
            .find_key(&above, &everyone)
            .ok_or(Refusal::PathNotFound)?;
        let of = self.key(parent).ok_or(Refusal::PathNotFound)?;
        if of.subkeys.contains_key(name.as_str()) {
            return Err(Refusal::Exists);
        }
        let descriptor = match made {
            crate::world::Made::With(descriptor) => (*descriptor).clone(),
            crate::world::Made::By(token) => {
                let above = Some(&*of.descriptor);
                let keys = &GenericMapping::KEY;
                (*descriptor_of_new(token, above, None, Heir::Folder, keys)?).clone()
            }
        };
        self.add_key(parent, name.as_str().into(), descriptor)
    }

    fn push_key(
        &mut self,
        descriptor: SecurityDescriptor,
        parent: Option<(KeyId, Arc<str>)>,
    ) -> KeyId {
        KeyId(self.keys.push(Key {
            descriptor: Arc::new(descriptor),
            parent,
            subkeys: BTreeMap::new(),
            values: BTreeMap::new(),
        }))
    }

    fn add_key(
        &mut self,
        parent: KeyId,
        name: Arc<str>,
        descriptor: SecurityDescriptor,
    ) -> Answer<KeyId> {
        if self.keys.count() >= Self::MAX_KEYS {
            let limit = Self::MAX_KEYS as usize;
            return Err(Refusal::TooMuch {
                limit,
                what: "keys",
            });
        }
        let key = self.push_key(descriptor, Some((parent, Arc::clone(&name))));
        let of = self.keys.item_mut(parent.0).ok_or(Refusal::PathNotFound)?;
        of.subkeys.insert(name, key);
        Ok(key)
    }

    fn ask_key(
        &self,
        token: &Token,
        key: KeyId,
        desired: AccessMask,
        intent: Intent,
    ) -> Answer<Checked> {
        let of = self.key(key).ok_or(Refusal::NotFound)?;
        let keys = &GenericMapping::KEY;
        let verdict = with_intent(
            &of.descriptor,
            token,
            desired,
            keys,
            &self.semantics,
            intent,
        );
        let checked = Checked::of(&verdict);
        if verdict.granted() {
            Ok(checked)
        } else {
            Err(Refusal::Denied(Box::new(checked)))
        }
    }

    /// Opens a key (`RegOpenKeyEx`).
    ///
    /// # Errors
    ///
    /// It refuses, or there is none.
    pub fn open_key(
        &mut self,
        who: ProcessId,
        path: &KeyPath,
        desired: AccessMask,
        intent: Intent,
    ) -> Answer<(Handle, Checked)> {
        let token = Arc::clone(&self.running(who)?.token);
        let key = self
            .find_key(path, &token.spec().user)
            .ok_or(Refusal::NotFound)?;
        let checked = self.ask_key(&token, key, desired, intent)?;
        Ok((self.hold_key(who, key, checked.granted)?, checked))
    }

    fn hold_key(&mut self, who: ProcessId, key: KeyId, granted: AccessMask) -> Answer<Handle> {
        self.handles.has_room()?;
        Ok(self.handles.hold(Held {
            process: who,
            target: Target::Key(key),
            granted,
            inherit: Inherit::Kept,
        }))
    }

    /// Creates a key in one that exists, or opens it (`RegCreateKeyEx`).
    ///
    /// # Errors
    ///
    /// The key above, or the key that is there, refuses.
    pub fn create_key(
        &mut self,
        who: ProcessId,
        path: &KeyPath,
        desired: AccessMask,
        security: Option<&SecurityDescriptor>,
    ) -> Answer<(Handle, Checked)> {
        let token = Arc::clone(&self.running(who)?.token);
        let user = token.spec().user;
        if self.find_key(path, &user).is_some() {
            return self.open_key(who, path, desired, Intent::Ordinary);
        }
        let (above, name) = split(path).ok_or(Refusal::NotFound)?;
        let parent = self.find_key(&above, &user).ok_or(Refusal::PathNotFound)?;
        self.ask_key(&token, parent, CREATE_SUB_KEY, Intent::Ordinary)?;
        let of = self.key(parent).ok_or(Refusal::PathNotFound)?;
        let (above, keys) = (Some(&*of.descriptor), &GenericMapping::KEY);
        let descriptor = descriptor_of_new(&token, above, security, Heir::Folder, keys)?;
        let key = self.add_key(parent, name.as_str().into(), (*descriptor).clone())?;
        let granted = keys.map(desired);
        let checked = Checked::unasked(Asked::Object, granted, Cause::Creator);
        Ok((self.hold_key(who, key, granted)?, checked))
    }

    fn own_key(&self, who: ProcessId, handle: Handle, rights: AccessMask) -> Answer<KeyId> {
        let held = self.own(who, handle)?;
        let Target::Key(key) = held.target else {
            return Err(Refusal::NoHandle);
        };
        let lacks = rights.without(held.granted);
        if lacks.is_empty() {
            Ok(key)
        } else {
            Err(Refusal::HandleLacks(lacks))
        }
    }

    /// What a value holds.
    ///
    /// # Errors
    ///
    /// The handle lacks `KEY_QUERY_VALUE`, or there is no such value.
    pub fn value(&self, who: ProcessId, handle: Handle, name: &str) -> Answer<Bytes> {
        let key = self.own_key(who, handle, QUERY_VALUE)?;
        let value = self
            .key(key)
            .and_then(|key| key.values.get(fold(name).as_str()));
        value.cloned().ok_or(Refusal::NotFound)
    }

    /// Sets a value.
    ///
    /// # Errors
    ///
    /// The handle lacks `KEY_SET_VALUE`.
    pub fn set_value(&mut self, who: ProcessId, handle: Handle, name: &str, to: &[u8]) -> Answer {
        let key = self.own_key(who, handle, SET_VALUE)?;
        let limit = Self::MAX_VALUES;
        let of = self.keys.item_mut(key.0).ok_or(Refusal::NotFound)?;
        if of.values.len() >= limit {
            return Err(Refusal::TooMuch {
                limit,
                what: "values of a key",
            });
        }
        of.values.insert(fold(name).into(), to.into());
        Ok(())
    }

    /// Deletes a key.
    ///
    /// # Errors
    ///
    /// The handle lacks DELETE, or the key has subkeys.
    pub fn delete_key(&mut self, who: ProcessId, handle: Handle) -> Answer {
        let key = self.own_key(who, handle, AccessMask::DELETE)?;
        let of = self.keys.item_mut(key.0).ok_or(Refusal::NotFound)?;
        if !of.subkeys.is_empty() {
            return Err(Refusal::NotEmpty);
        }
        let (parent, name) = of.parent.take().ok_or(Refusal::Invalid("a root stays"))?;
        of.values.clear();
        if let Some(parent) = self.keys.item_mut(parent.0) {
            parent.subkeys.remove(&name);
        }
        Ok(())
    }

    /// Changes parts of a key's descriptor.
    ///
    /// # Errors
    ///
    /// The handle lacks the rights, or the owner or label is not the process's to set.
    pub fn set_key_security(
        &mut self,
        who: ProcessId,
        handle: Handle,
        parts: Parts,
        new: &SecurityDescriptor,
    ) -> Answer {
        let token = Arc::clone(&self.running(who)?.token);
        let key = self.own_key(who, handle, parts.rights())?;
        let of = self.key(key).ok_or(Refusal::NotFound)?;
        let result = changed(&of.descriptor, new, parts, &token)?;
        let of = self.keys.item_mut(key.0).ok_or(Refusal::NotFound)?;
        of.descriptor = Arc::new(result);
        Ok(())
    }
}

/// The path without `HKCU`.
fn resolved(path: &KeyPath, user: &Sid) -> (Root, Vec<String>) {
    if path.root != Root::CurrentUser {
        return (path.root, path.names.clone());
    }
    let names = [user.to_string()]
        .into_iter()
        .chain(path.names.iter().cloned());
    (Root::Users, names.collect())
}

/// The path of the key above, and the folded name.
fn split(path: &KeyPath) -> Option<(KeyPath, String)> {
    let mut above = path.clone();
    let name = above.names.pop()?;
    Some((above, fold(&name)))
}
