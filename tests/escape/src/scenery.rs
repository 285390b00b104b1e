//! A world with those who stand around it, which can be used again.
//!
//! Most attempts are blocked, and leave everything as it was. What looks exactly
//! as when it was made, down to the time of the last change of every inode, is as
//! good as new, and far cheaper.

use crate::actors::{Listeners, Victim};
use crate::base::Base;
use crate::snapshot::Snapshot;
use crate::user::User;
use crate::world::{Contents, World};

/// What a scenery has to have.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Wanted {
    /// Whose it is.
    pub user: User,
    /// What the world holds.
    pub contents: Contents,
    /// Whether there is a process to be attacked.
    pub victim: bool,
}

/// A world, listeners and perhaps a victim.
#[derive(Debug)]
pub struct Scenery {
    wanted: Wanted,
    /// The files.
    pub world: World,
    /// The listeners.
    pub listeners: Listeners,
    /// The process to be attacked.
    pub victim: Option<Victim>,
    fresh: Snapshot,
}

impl Scenery {
    /// One that nobody has changed, or a new one.
    #[must_use]
    pub fn take(base: &Base, wanted: Wanted) -> Self {
        let mut unchanged = base.unchanged.lock().expect("nobody panics with it");
        let fitting = unchanged.iter().position(|one| one.wanted == wanted);
        if let Some(fitting) = fitting {
            return unchanged.swap_remove(fitting);
        }
        drop(unchanged);
        let world = World::create(base, wanted.user, wanted.contents);
        let listeners = Listeners::start(&world);
        let victim = wanted.victim.then(|| Victim::start(base, &world, "victim"));
        let fresh = world.everything();
        Self {
            wanted,
            world,
            listeners,
            victim,
            fresh,
        }
    }

    /// Keeps it for others if it is as it was.
    pub fn put_back(self, base: &Base) {
        if self.world.everything() == self.fresh {
            base.unchanged
                .lock()
                .expect("nobody panics with it")
                .push(self);
        }
    }
}
