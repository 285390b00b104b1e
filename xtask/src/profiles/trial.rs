//! One question about one profile, asked of the machine under every reading of NT.

use std::sync::Arc;

use anyhow::Result;
use fumehood_nt::evaluate::{DeleteBy, Intent};
use fumehood_nt::{AccessMask, SecurityDescriptor};
use fumehood_sim::comparison::Run;
use fumehood_sim::object::First;
use fumehood_sim::search::finding::readings;
use fumehood_sim::{
    Act, Class, CreateObject, FilePath, KeyPath, Kind, Place, ProcessId, Replace, World,
};

/// A machine under one reading, and who asks.
pub struct Trial<'a> {
    /// The run.
    pub run: &'a Run,
    /// A copy of its machine, to be changed.
    pub world: World,
    /// The command.
    pub who: ProcessId,
}

/// What came of it; none if the machine cannot say.
pub type Came = Option<bool>;

/// A question: whether something can be done.
pub type Ask = fn(&mut Trial<'_>) -> Came;

impl Trial<'_> {
    /// Whether an act is done.
    pub fn does(&mut self, act: &Act) -> bool {
        self.world.act(self.who, act).is_ok()
    }

    pub fn writes(&mut self, at: &str) -> Came {
        Some(self.does(&Act::Write(place(at)?, content())))
    }

    pub fn reads(&mut self, at: &str) -> Came {
        Some(self.does(&Act::Read(place(at)?)))
    }

    pub fn deletes(&mut self, at: &str) -> Came {
        Some(self.does(&Act::Delete(place(at)?, DeleteBy::DispositionEx)))
    }

    pub fn touches(&mut self, at: &str, desired: AccessMask) -> Came {
        Some(self.does(&Act::Touch(place(at)?, desired)))
    }

    pub fn makes(&mut self, at: &str, kind: Kind) -> Came {
        Some(self.does(&create(at, kind, None)?))
    }

    pub fn makes_with(&mut self, at: &str, kind: Kind, sddl: &str) -> Came {
        let descriptor: SecurityDescriptor = self.filled(sddl).parse().ok()?;
        Some(self.does(&create(at, kind, Some(Arc::new(descriptor)))?))
    }

    pub fn moves(&mut self, from: &str, to: &str, replace: Replace) -> Came {
        let act = Act::Rename {
            from: place(from)?,
            to: path(to)?,
            replace,
        };
        Some(self.does(&act))
    }

    /// Whether the process that `of` picks can be opened for this.
    pub fn opens_process(&mut self, of: ProcessId, desired: AccessMask) -> bool {
        self.world.open_process(self.who, of, desired).is_ok()
    }

    /// Whether a value of Ann's hive can be set.
    pub fn sets_value(&mut self, key: &str) -> Came {
        // An account has a hive of its own, which is not on this machine.
        let key = format!(r"HKU\{}\{key}", self.run.standard.people.ann);
        let key = KeyPath::parse(&key).ok()?;
        let set = AccessMask(0x2);
        let opened = self.world.open_key(self.who, &key, set, Intent::Ordinary);
        let Ok((handle, _)) = opened else {
            return Some(false);
        };
        Some(
            self.world
                .set_value(self.who, handle, "planted", b"x")
                .is_ok(),
        )
    }

    /// Whether the command makes a pipe and a child of it opens that for `desired`.
    pub fn pipes(&mut self, security: Option<&str>, desired: AccessMask) -> Came {
        let security = match security {
            Some(sddl) => Some(Arc::new(self.filled(sddl).parse().ok()?)),
            None => None,
        };
        let asked = CreateObject {
            class: Class::NamedPipe,
            name: Some((self.run.standard.names.pipes, "of-a-tool".to_owned())),
            desired: AccessMask::GENERIC_READ | AccessMask::GENERIC_WRITE,
            security,
            first: First::Only,
        };
        let Ok(made) = self.world.create_object(self.who, &asked) else {
            return Some(false);
        };
        let child = self.child()?;
        Some(self.world.open_object(child, made.object, desired).is_ok())
    }

    /// Whether an object without a name, with the token's default DACL, is opened by a child.
    pub fn shares(&mut self, desired: AccessMask) -> Came {
        let asked = CreateObject {
            class: Class::AnonymousPipe,
            name: None,
            desired: AccessMask::GENERIC_ALL,
            security: None,
            first: First::Only,
        };
        let made = self.world.create_object(self.who, &asked).ok()?;
        let child = self.child()?;
        Some(self.world.open_object(child, made.object, desired).is_ok())
    }

    /// A process with the command's token.
    pub fn child(&mut self) -> Option<ProcessId> {
        let token = self.world.process(self.who)?.token.clone();
        self.world.put_process((*token).clone(), None).ok()
    }

    /// The user, as herself.
    pub fn as_user(&self) -> ProcessId {
        self.run.standard.processes.shell
    }

    /// Does something as the user.
    pub fn user_does(&mut self, act: &Act) -> Option<()> {
        self.world.act(self.as_user(), act).ok().map(drop)
    }

    /// SDDL with `{W}` for whoever the command is.
    fn filled(&self, sddl: &str) -> String {
        let token = self
            .world
            .process(self.who)
            .map(|process| process.token.spec().user);
        sddl.replace(
            "{W}",
            &token.map(|user| user.to_string()).unwrap_or_default(),
        )
    }

    /// The command's own folder for temporary files, and a name in it.
    pub fn temp(&self, name: &str) -> String {
        format!(r"{}\{name}", self.run.plan.launch.temp)
    }
}

/// Lets go of everything that the launcher holds: what the descriptors hold by themselves.
pub fn unpinned(run: &Run) -> Result<World> {
    let mut launcher = run.launcher.clone();
    launcher.let_go()?;
    Ok(launcher.world)
}

/// Asks under every reading; the answers in their order.
pub fn under_each(run: &Run, world: &World, ask: Ask) -> Vec<Came> {
    let each = readings().into_iter().map(|reading| {
        let mut trial = Trial {
            run,
            world: world.read_as(reading.semantics),
            who: run.process,
        };
        ask(&mut trial)
    });
    each.collect()
}

pub fn path(text: &str) -> Option<FilePath> {
    FilePath::parse(text).ok()
}

pub fn place(text: &str) -> Option<Place> {
    path(text).map(Place::Path)
}

pub fn content() -> Arc<[u8]> {
    b"planted"[..].into()
}

pub fn create(at: &str, kind: Kind, security: Option<Arc<SecurityDescriptor>>) -> Option<Act> {
    Some(Act::Create {
        at: path(at)?,
        kind,
        bytes: content(),
        security,
    })
}
