//! The program that starts sandboxes, on a machine in memory.
//!
//! It carries plans out with its user's own rights and nothing more: what it sets is
//! set by opening the object and asking. What is known of one run beside the machine
//! stands in its [`Setting`].

use std::collections::VecDeque;
use std::sync::Arc;

use fumehood_nt::evaluate::DeleteBy;
use fumehood_nt::restrict::RestrictError;
use fumehood_nt::token::TokenSpec;
use fumehood_nt::{AccessMask, Ace, AceFlags, AceKind, AclField, SecurityDescriptor, Sid};
use fumehood_plan::windows::change::Label;
use fumehood_plan::windows::launch::Source;
use fumehood_plan::windows::{
    Account, Backend, Change, Facts, FileId as PlanId, Kind as PlanKind, Launch, Question, Reach,
    Replaced, Sealed, Step, Undo, WinPath, carried, propagated,
};
use thiserror::Error;

use crate::act::Act;
use crate::answer::Refusal;
use crate::fault::{Fault, Faulty};
use crate::handle::Share;
use crate::node::{FileId, Kind, Node};
use crate::open::Open;
use crate::path::FilePath;
use crate::probe;
use crate::process::ProcessId;
use crate::security::Parts;
use crate::walk::Place;
use crate::world::World;

/// What a run brings with it, and no machine knows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Setting {
    /// The user's profile folder.
    pub profile: WinPath,
    /// The run's folder for temporary files.
    pub temp: WinPath,
    /// The run's own SID.
    pub session: Sid,
    /// The installation's SID for the user's tools.
    pub reader: Sid,
    /// The account of *elevated*, and the token of its logon.
    pub account: Option<(Account, TokenSpec)>,
    /// The folders of `PATH`.
    pub path_folders: Vec<WinPath>,
}

/// A launcher on a machine.
#[derive(Debug, Clone)]
pub struct Launcher {
    /// The machine.
    pub world: World,
    /// The launcher's own process.
    pub process: ProcessId,
    /// What the run brings.
    pub setting: Setting,
    /// After how many changes the launcher is gone; none if it stays.
    pub dies_after: Option<usize>,
    /// What else goes wrong with its changes.
    pub faults: Vec<Fault>,
    /// The machine as its faults have left it, once there was a change.
    pub faulty: Option<Faulty>,
}

/// Why a launcher could not do something.
#[derive(Debug, Clone, PartialEq, Error)]
pub enum Trouble {
    /// The machine refused.
    #[error("{0} was refused")]
    Refused(WinPath, #[source] Refusal),
    /// Something else is there than the plan was made for.
    #[error("something else is at {0} than the plan was made for")]
    Another(WinPath),
    /// There is no token of the kind.
    #[error("the token cannot be made")]
    Token(#[from] RestrictError),
    /// No account was set up.
    #[error("no account was set up")]
    NoAccount,
    /// The launcher could not protect itself, or start the command.
    #[error("the command was not started")]
    NotStarted(#[source] Refusal),
    /// The launcher is gone.
    #[error("the launcher is gone")]
    Dead,
}

/// A command that was started.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Child {
    /// Its process.
    pub process: ProcessId,
}

/// A path of a plan as one of the machine.
#[must_use]
pub fn file_path(path: &WinPath) -> Option<FilePath> {
    FilePath::parse(path.as_str()).ok()
}

/// The number of an object as plans write it.
#[must_use]
pub fn plan_id(file: FileId) -> PlanId {
    PlanId {
        volume: file.volume.into(),
        file: file.node.into(),
    }
}

/// An object that a walk has come to.
struct Walked {
    file: FileId,
    path: WinPath,
    before: SecurityDescriptor,
    after: SecurityDescriptor,
    /// The label that is handed down to it.
    label: Option<Ace>,
}

impl Launcher {
    /// What stands at a path, no link followed.
    fn find(&self, path: &WinPath) -> Option<FileId> {
        self.world.find(&file_path(path)?)
    }

    /// One change, if the launcher is still there.
    fn act(&mut self, path: &WinPath, act: &Act) -> Result<(), Trouble> {
        match &mut self.dies_after {
            Some(0) => return Err(Trouble::Dead),
            Some(left) => *left -= 1,
            None => {}
        }
        let refused = |refusal| Trouble::Refused(path.clone(), refusal);
        if self.faults.is_empty() {
            let done = self.world.act(self.process, act);
            return done.map(drop).map_err(refused);
        }
        let (world, told) = (&self.world, &self.faults);
        let fresh = || Faulty::new(world.clone(), told.clone());
        let faulty = self.faulty.get_or_insert_with(fresh);
        let done = faulty.act(self.process, act);
        self.world = faulty.world().clone();
        done.map(drop).map_err(refused)
    }

    /// Every descriptor that a step would replace, the top first.
    fn replaced(&self, step: &Step) -> Result<Vec<Replaced>, Trouble> {
        let Step::Set {
            path,
            id,
            change,
            reach,
            ..
        } = step
        else {
            return Ok(Vec::new());
        };
        let another = || Trouble::Another(path.clone());
        let top = self.find(path).ok_or_else(another)?;
        if id.is_some_and(|id| id != plan_id(top)) {
            return Err(another());
        }
        let before = self.world.descriptor(top).ok_or_else(another)?;
        let after = change.apply(before);
        let mut all = Vec::new();
        let top = Walked {
            file: top,
            path: path.clone(),
            before: before.clone(),
            after,
            label: None,
        };
        let mut todo = VecDeque::from([top]);
        while let Some(walked) = todo.pop_front() {
            let file = walked.file;
            let is_folder = self
                .world
                .node(file)
                .is_some_and(|node| node.kind() == Kind::Folder);
            if *reach == Reach::Tree && is_folder {
                todo.extend(self.below(&walked));
            }
            let Walked {
                path,
                before,
                after,
                ..
            } = walked;
            if before != after {
                let id = plan_id(file);
                all.push(Replaced {
                    path,
                    id,
                    before,
                    after,
                });
            }
        }
        Ok(all)
    }

    /// What inherits from a folder that a walk has come to: no link is entered, and a file with
    /// several names stands elsewhere too.
    fn below(&self, walked: &Walked) -> Vec<Walked> {
        let mut below = Vec::new();
        let folder = walked.file;
        let label = carried(&walked.after, walked.label.as_ref());
        let entries = self.world.node(folder).and_then(Node::folder);
        for entry in entries
            .into_iter()
            .flat_map(|folder| folder.entries.values())
        {
            let file = FileId {
                node: entry.node,
                ..folder
            };
            let Some(node) = self.world.node(file) else {
                continue;
            };
            let (Some(before), Ok(path)) = (&node.descriptor, walked.path.join(entry.name.shown()))
            else {
                continue;
            };
            if node.reparse.is_none() && node.links.len() == 1 {
                below.push(Walked {
                    file,
                    path,
                    before: (**before).clone(),
                    after: propagated(&walked.after, before, node.kind().heir(), label),
                    label: label.cloned(),
                });
            }
        }
        below
    }

    /// Sets a descriptor by the number of its object.
    fn set(&mut self, one: &Replaced, new: &SecurityDescriptor) -> Result<(), Trouble> {
        let Some(file) = self.find(&one.path).filter(|file| plan_id(*file) == one.id) else {
            return Err(Trouble::Another(one.path.clone()));
        };
        let mut parts = Parts::DACL;
        if one.before.sacl != one.after.sacl {
            parts = parts.with(Parts::LABEL);
        }
        let act = Act::SetSecurity {
            place: Place::Number(file),
            parts,
            new: Arc::new(new.clone()),
        };
        self.act(&one.path, &act)
    }

    fn make(&mut self, step: &Step) -> Result<(), Trouble> {
        let Step::Make {
            path,
            kind,
            content,
            descriptor,
            ..
        } = step
        else {
            return Ok(());
        };
        if self.find(path).is_some() {
            return Ok(());
        }
        let at = file_path(path).ok_or_else(|| Trouble::Another(path.clone()))?;
        let kind = match kind {
            PlanKind::Folder => Kind::Folder,
            PlanKind::File | PlanKind::Reparse => Kind::File,
        };
        let act = Act::Create {
            at,
            kind,
            bytes: content.as_bytes().into(),
            security: descriptor.clone().map(Arc::new),
        };
        self.act(path, &act)
    }

    /// Removes what was made, unless somebody uses it by now.
    fn remove(&mut self, path: &WinPath, content: &str) -> Result<(), Trouble> {
        let Some(file) = self.find(path) else {
            return Ok(());
        };
        let is_ours = self
            .world
            .node(file)
            .is_some_and(|node| match node.folder() {
                Some(folder) => folder.entries.is_empty(),
                None => *node.content == *content.as_bytes(),
            });
        if !is_ours {
            return Ok(());
        }
        self.act(
            path,
            &Act::Delete(Place::Number(file), DeleteBy::Disposition),
        )
    }

    fn restore(&mut self, one: &Replaced, undo: &Change) -> Result<(), Trouble> {
        let Some(file) = self.find(&one.path).filter(|file| plan_id(*file) == one.id) else {
            return Ok(());
        };
        let Some(now) = self.world.descriptor(file).cloned() else {
            return Ok(());
        };
        if now == one.before {
            return Ok(());
        }
        if now == one.after {
            return self.set(one, &one.before);
        }
        let mut mended = now.clone();
        if let Some(list) = mended.dacl.list_mut() {
            let old = one.before.dacl.list();
            let is_ours = |ace: &Ace| {
                let same = |ours: &Ace| {
                    (ours.sid, ours.mask, &ours.kind) == (ace.sid, ace.mask, &ace.kind)
                };
                undo.add.iter().any(same) && !old.is_some_and(|old| old.aces.contains(ace))
            };
            list.aces.retain(|ace| !is_ours(ace));
        }
        if mended == now {
            Ok(())
        } else {
            self.set(one, &mended)
        }
    }

    /// Takes from what was made below a place since then what it inherited of a change.
    fn sweep(
        &mut self,
        top: &WinPath,
        change: &Change,
        listed: &[Replaced],
    ) -> Result<(), Trouble> {
        let Some(file) = self.find(top) else {
            return Ok(());
        };
        let mut todo = VecDeque::from([(file, top.clone())]);
        while let Some((folder, path)) = todo.pop_front() {
            let Some(above) = self.world.descriptor(folder).cloned() else {
                continue;
            };
            let here = Walked {
                file: folder,
                path,
                before: above.clone(),
                after: above,
                label: None,
            };
            for child in self.below(&here) {
                let id = plan_id(child.file);
                let is_listed = listed.iter().any(|one| one.id == id);
                let is_folder = self
                    .world
                    .node(child.file)
                    .is_some_and(|node| node.kind() == Kind::Folder);
                if !is_listed && inherited_of(&child.before, change) {
                    let clean = without_label(&child.before, change);
                    let kind = if is_folder { Kind::Folder } else { Kind::File };
                    let after =
                        propagated(&here.after, &clean, kind.heir(), carried(&here.after, None));
                    let one = Replaced {
                        path: child.path.clone(),
                        id,
                        before: child.before.clone(),
                        after: after.clone(),
                    };
                    self.set(&one, &after)?;
                }
                if is_folder {
                    todo.push_back((child.file, child.path));
                }
            }
        }
        Ok(())
    }

    /// Holds open what must not be lost: with reading, because a handle that only sees
    /// attributes takes no part in sharing, and without letting it be deleted.
    fn pin(&mut self, path: &WinPath) -> Result<(), Trouble> {
        let at = file_path(path).ok_or_else(|| Trouble::Another(path.clone()))?;
        let share = Share::READ.with(Share::WRITE);
        let open = Open::existing(at, AccessMask::FILE_READ_DATA)
            .sharing(share)
            .of_link();
        let refused = |refusal| Trouble::Refused(path.clone(), refusal);
        self.world
            .open(self.process, &open)
            .map(drop)
            .map_err(refused)
    }
}

impl Launcher {
    /// The same launcher on its machine once nothing goes wrong any more.
    #[must_use]
    pub fn mended(mut self) -> Self {
        if let Some(faulty) = self.faulty.take() {
            self.world = faulty.settle();
        }
        Self {
            dies_after: None,
            faults: Vec::new(),
            ..self
        }
    }

    /// Closes every handle that the launcher holds, pins among them: what is done once no
    /// process of the command is left.
    ///
    /// # Errors
    ///
    /// A handle could not be closed.
    pub fn let_go(&mut self) -> Result<(), Refusal> {
        let held = self.world.handles_of(self.process);
        let held: Vec<_> = held.map(|(handle, _)| handle).collect();
        held.into_iter()
            .try_for_each(|handle| self.world.close(self.process, handle))
    }

    /// Gives the launcher's own process and thread another descriptor.
    fn close(&mut self, descriptor: &SecurityDescriptor) -> Result<(), Refusal> {
        let own = self.world.process(self.process).ok_or(Refusal::NoProcess)?;
        for object in [own.object, own.thread_object] {
            let opened = self
                .world
                .open_object(self.process, object, AccessMask::WRITE_DAC)?;
            let handle = opened.handle;
            self.world
                .set_object_security(self.process, handle, Parts::DACL, descriptor)?;
            self.world.close(self.process, handle)?;
        }
        Ok(())
    }

    /// A process with this token, whose token has the descriptor that the plan says. An
    /// account's is started by a service, which is not on this machine.
    fn start(
        &mut self,
        token: fumehood_nt::token::Token,
        launch: &Launch,
    ) -> Result<ProcessId, Refusal> {
        let process = self.world.put_process(token, None)?;
        let object = self
            .world
            .process(process)
            .ok_or(Refusal::NoProcess)?
            .token_object;
        let descriptor = SecurityDescriptor {
            owner: Some(launch.token.owner),
            dacl: launch.token.object_dacl.clone().into(),
            ..SecurityDescriptor::default()
        };
        let of = self
            .world
            .objects
            .item_mut(object.0)
            .ok_or(Refusal::NotFound)?;
        of.descriptor = Arc::new(descriptor);
        Ok(process)
    }
}

/// Whether a descriptor has inherited something of a change.
fn inherited_of(descriptor: &SecurityDescriptor, change: &Change) -> bool {
    let lists = [&descriptor.dacl, &descriptor.sacl];
    let aces = lists
        .into_iter()
        .filter_map(|field| field.list())
        .flat_map(|list| &list.aces);
    let inherited = aces.filter(|ace| ace.flags.contains(AceFlags::INHERITED));
    let ours = |ace: &Ace| {
        let same = |of: &Ace| (of.sid, of.mask, &of.kind) == (ace.sid, ace.mask, &ace.kind);
        change.add.iter().any(same) || matches!(&change.label, Label::Set(label) if same(label))
    };
    let mut inherited = inherited.filter(|ace| ours(ace));
    inherited.next().is_some()
}

/// A descriptor without the label that it inherited of a change.
fn without_label(descriptor: &SecurityDescriptor, change: &Change) -> SecurityDescriptor {
    let mut clean = descriptor.clone();
    if let (Label::Set(_), Some(list)) = (&change.label, clean.sacl.list_mut()) {
        list.aces.retain(|ace| {
            ace.kind != AceKind::MandatoryLabel || !ace.flags.contains(AceFlags::INHERITED)
        });
        if list.aces.is_empty() {
            clean.sacl = AclField::Absent;
        }
    }
    clean
}

impl Backend for Launcher {
    type Child = Child;
    type Error = Trouble;

    fn probe(&self, questions: &[Question]) -> Result<Facts, Trouble> {
        Ok(probe::facts(self, questions))
    }

    fn prepare(&self, step: &Step) -> Result<Option<Undo>, Trouble> {
        match step {
            Step::Make {
                path,
                content,
                descriptor,
                ..
            } => {
                let Some(file) = self.find(path) else {
                    let (path, content) = (path.clone(), *content);
                    return Ok(Some(Undo::Remove { path, content }));
                };
                let there = self.world.descriptor(file);
                let is_same = |asked: &SecurityDescriptor| {
                    there.is_some_and(|there| there.dacl == asked.dacl && there.sacl == asked.sacl)
                };
                if descriptor.as_ref().is_none_or(is_same) {
                    Ok(None)
                } else {
                    Err(Trouble::Another(path.clone()))
                }
            }
            Step::Set {
                path,
                change,
                reach,
                ..
            } => {
                let each = self.replaced(step)?;
                let undo = |each| Undo::Restore {
                    top: path.clone(),
                    change: change.clone(),
                    reach: *reach,
                    each,
                };
                Ok((!each.is_empty()).then(|| undo(each)))
            }
        }
    }

    fn apply(&mut self, step: &Step) -> Result<(), Trouble> {
        self.make(step)?;
        for one in self.replaced(step)? {
            self.set(&one, &one.after)?;
        }
        Ok(())
    }

    fn undo(&mut self, undo: &Undo) -> Result<(), Trouble> {
        match undo {
            Undo::Remove { path, content } => self.remove(path, content),
            Undo::Restore {
                top,
                change,
                reach,
                each,
            } => {
                let undone = each.iter().map(|one| self.restore(one, change));
                let undone = undone.fold(Ok(()), Result::and);
                match reach {
                    Reach::Object => undone,
                    Reach::Tree => undone.and(self.sweep(top, change, each)),
                }
            }
        }
    }

    fn spawn(&mut self, _sealed: &Sealed, launch: &Launch) -> Result<Child, Trouble> {
        for path in &launch.pins {
            self.pin(path)?;
        }
        self.close(&launch.launcher).map_err(Trouble::NotStarted)?;
        let source = match launch.token.source {
            Source::Caller => self
                .world
                .process(self.process)
                .map(|process| process.token.spec()),
            Source::Account => self.setting.account.as_ref().map(|(_, spec)| spec),
        };
        let token = launch.token.make(source.ok_or(Trouble::NoAccount)?)?;
        let process = self.start(token, launch).map_err(Trouble::NotStarted)?;
        Ok(Child { process })
    }
}
