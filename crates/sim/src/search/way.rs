//! What can be tried: for each place, ways to each outcome that the policy forbids.
//!
//! A way is one act or several. The ones of several steps are those that people have
//! found: take the folder away and make another, make a second name and write by that,
//! put a file of one's own over another, open the descriptor and then the file, go by a
//! link, by the number of the file, by a stream.

use std::sync::Arc;

use fumehood_nt::evaluate::DeleteBy;
use fumehood_nt::{AclField, Control, SecurityDescriptor};
use fumehood_plan::windows::WinPath;

use super::finding::Outcome;
use super::target::{Target, What};
use crate::act::Act;
use crate::change::Replace;
use crate::node::{Bytes, Kind, Reparse};
use crate::path::FilePath;
use crate::security::Parts;
use crate::walk::Place;

/// Some acts, and what has happened when all were done.
#[derive(Debug, Clone)]
pub struct Way {
    /// What has happened.
    pub outcome: Outcome,
    /// What is done, in order.
    pub steps: Vec<Act>,
    /// Which of them the policy's answer hangs on.
    pub decides: usize,
}

/// Where an actor can keep things of its own.
#[derive(Debug, Clone)]
pub struct Staging {
    /// A folder that it may write.
    pub folder: FilePath,
}

impl Staging {
    /// A staging folder for a path of a plan; none if it is none of the machine's.
    #[must_use]
    pub fn of(path: &WinPath) -> Option<Self> {
        let folder = FilePath::parse(path.as_str()).ok()?;
        Some(Self { folder })
    }

    fn named(&self, name: &str) -> Option<FilePath> {
        self.folder.child(name).ok()
    }
}

fn content() -> Bytes {
    b"planted"[..].into()
}

/// A descriptor that lets everyone in.
fn open_to_all() -> Arc<SecurityDescriptor> {
    Arc::new(SecurityDescriptor {
        control: Control::DACL_PROTECTED,
        dacl: AclField::Null,
        ..SecurityDescriptor::default()
    })
}

fn create(at: FilePath, kind: Kind) -> Act {
    Act::Create {
        at,
        kind,
        bytes: content(),
        security: None,
    }
}

fn unlock(place: Place) -> Act {
    Act::SetSecurity {
        place,
        parts: Parts::DACL,
        new: open_to_all(),
    }
}

/// Collects ways.
struct Ways<'a> {
    target: &'a Target,
    staging: Option<&'a Staging>,
    all: Vec<Way>,
}

/// Every way to try at a place.
#[must_use]
pub fn ways(target: &Target, staging: Option<&Staging>) -> Vec<Way> {
    let mut ways = Ways {
        target,
        staging,
        all: Vec::new(),
    };
    if target.forbids(Outcome::Read) {
        ways.reading();
    }
    match target.what {
        What::File(_) => ways.changing(),
        What::Folder(_) => ways.making_in(),
        What::Missing => ways.making(&target.at.clone(), 0),
    }
    if target.forbids(Outcome::Removed) {
        ways.removing();
    }
    if target.forbids(Outcome::Secured) && target.what != What::Missing {
        let place = ways.place();
        ways.push(Outcome::Secured, 0, vec![unlock(place)]);
    }
    if let Some(first) = &target.first {
        for way in &mut ways.all {
            way.steps.insert(0, create(first.clone(), Kind::Folder));
            way.decides += 1;
        }
    }
    ways.all
}

impl Ways<'_> {
    fn push(&mut self, outcome: Outcome, decides: usize, steps: Vec<Act>) {
        self.all.push(Way {
            outcome,
            steps,
            decides,
        });
    }

    fn place(&self) -> Place {
        Place::Path(self.target.at.clone())
    }

    /// The path, and the number of what stands there.
    fn places(&self) -> Vec<Place> {
        let number = match self.target.what {
            What::File(file) | What::Folder(file) => Some(Place::Number(file)),
            What::Missing => None,
        };
        [Some(self.place()), number].into_iter().flatten().collect()
    }

    fn staged(&self, name: &str) -> Option<FilePath> {
        self.staging?.named(name)
    }

    fn reading(&mut self) {
        for place in self.places() {
            let act = match self.target.what {
                What::File(_) => Act::Read(place),
                What::Folder(_) => Act::List(place),
                What::Missing => continue,
            };
            self.push(Outcome::Read, 0, vec![act]);
        }
    }

    fn changing(&mut self) {
        if !self.target.forbids(Outcome::Changed) {
            return;
        }
        for place in self.places() {
            self.push(
                Outcome::Changed,
                0,
                vec![Act::Write(place.clone(), content())],
            );
            self.push(
                Outcome::Changed,
                0,
                vec![Act::Append(place.clone(), content())],
            );
            self.push(
                Outcome::Changed,
                0,
                vec![Act::Overwrite(place.clone(), content())],
            );
            self.push(
                Outcome::Changed,
                0,
                vec![Act::Supersede(place.clone(), content())],
            );
            self.push(
                Outcome::Changed,
                0,
                vec![unlock(place.clone()), Act::Write(place, content())],
            );
        }
        let at = self.target.at.clone();
        if let Ok(stream) = FilePath::parse(&format!("{at}:planted")) {
            self.push(Outcome::Changed, 0, vec![create(stream, Kind::File)]);
        }
        if let Some(link) = self.staged("link") {
            let named = Act::HardLink {
                file: self.place(),
                to: link.clone(),
                replace: Replace::Never,
            };
            let write = Act::Write(Place::Path(link), content());
            self.push(Outcome::Changed, 0, vec![named, write]);
        }
        self.replacing(&at, Outcome::Changed);
    }

    /// Puts a file of one's own over what is there.
    fn replacing(&mut self, at: &FilePath, outcome: Outcome) {
        let Some(own) = self.staged("own") else {
            return;
        };
        for replace in [Replace::Unopened, Replace::Posix] {
            let rename = Act::Rename {
                from: Place::Path(own.clone()),
                to: at.clone(),
                replace,
            };
            self.push(outcome, 1, vec![create(own.clone(), Kind::File), rename]);
        }
    }

    fn making_in(&mut self) {
        if !self.target.forbids(Outcome::Made) {
            return;
        }
        let folder = self.target.at.clone();
        let Ok(at) = folder.child("planted") else {
            return;
        };
        self.making(&at, 0);
        self.push(
            Outcome::Made,
            0,
            vec![unlock(self.place()), create(at.clone(), Kind::File)],
        );
        if let Some(link) = self.staged("junction") {
            let junction = Act::Link {
                at: link.clone(),
                kind: Kind::Folder,
                to: Reparse::Junction(folder),
            };
            if let Ok(through) = link.child("planted") {
                self.push(
                    Outcome::Made,
                    1,
                    vec![junction, create(through, Kind::File)],
                );
            }
        }
    }

    /// Makes something at a path where nothing is, after so many steps before.
    fn making(&mut self, at: &FilePath, before: usize) {
        self.push(Outcome::Made, before, vec![create(at.clone(), Kind::File)]);
        self.push(
            Outcome::Made,
            before,
            vec![create(at.clone(), Kind::Folder)],
        );
        let link = Act::Link {
            at: at.clone(),
            kind: Kind::Folder,
            to: Reparse::Junction(FilePath::top('C')),
        };
        self.push(Outcome::Made, before, vec![link]);
        if let Some(own) = self.staged("own") {
            let named = Act::HardLink {
                file: Place::Path(own.clone()),
                to: at.clone(),
                replace: Replace::Never,
            };
            self.push(
                Outcome::Made,
                1,
                vec![create(own.clone(), Kind::File), named],
            );
            let folder = self.staged("folder");
            for (from, kind) in [(Some(own), Kind::File), (folder, Kind::Folder)] {
                let Some(from) = from else { continue };
                let rename = Act::Rename {
                    from: Place::Path(from.clone()),
                    to: at.clone(),
                    replace: Replace::Never,
                };
                self.push(Outcome::Made, 1, vec![create(from, kind), rename]);
            }
        }
    }

    fn removing(&mut self) {
        if self.target.what == What::Missing {
            return;
        }
        for place in self.places() {
            for by in [DeleteBy::Disposition, DeleteBy::DispositionEx] {
                self.push(Outcome::Removed, 0, vec![Act::Delete(place.clone(), by)]);
            }
        }
        let at = self.target.at.clone();
        let mut away = self.staged("away").into_iter().collect::<Vec<_>>();
        // What is moved within its folder is not where it was either.
        away.extend(at.parent().and_then(|folder| folder.child("away").ok()));
        for to in away {
            let from = self.place();
            let rename = Act::Rename {
                from,
                to,
                replace: Replace::Never,
            };
            let kind = match self.target.what {
                What::File(_) => Kind::File,
                _ => Kind::Folder,
            };
            // Gone, and another in its place.
            self.push(
                Outcome::Removed,
                0,
                vec![rename.clone(), create(at.clone(), kind)],
            );
            self.push(Outcome::Removed, 0, vec![rename]);
        }
        if matches!(self.target.what, What::File(_)) {
            self.replacing(&at, Outcome::Removed);
        }
    }
}
