//! What a process inside may do at a place, and which statement says so.
//!
//! One walk over everything that matches, from the least specific statement to
//! the most specific; the more specific one wins. Specificity is the number of
//! leading parts of the path that a statement matches. Among equals:
//!
//! | Order | Statement | So that |
//! |---|---|---|
//! | 1 | what the built-in profile allows | there is something to start from |
//! | 2 | built-in denies (secret places) | a workspace that *is* `~/.ssh` stays hidden |
//! | 3 | protected names | a writable root does not unprotect them |
//! | 4 | allows that somebody said | `--allow-write W/.vscode` lifts just that |
//! | 5 | denies that somebody said | a deny wins over an allow of the same place |
//!
//! Within one row the order cannot matter: allows only raise, denies only lower.
//! Last come the constraints and fumehood's own folders. They have no rank:
//! whatever was said, what lies below them is at most what they leave.

use crate::path::AbsPath;
use crate::policy::{
    Access, Binds, Effect, Force, Layer, Policy, ProtectedDepth, ProtectedName, Rule, Standing,
};
use crate::protected::{self, Found};

/// What an answer rests on.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Because<'a> {
    /// Nothing was said about the place.
    Nothing,
    /// A rule of the policy.
    Rule(&'a Rule),
    /// A protected name, and where it stands.
    Protected {
        /// The name.
        name: &'a ProtectedName,
        /// The protected file or folder itself.
        at: AbsPath,
        /// It is not at the top of a writable root.
        deep: bool,
    },
    /// fumehood's own state.
    State,
    /// fumehood's own configuration.
    Configuration,
}

/// What may be done at a place, and why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer<'a> {
    /// What may be done.
    pub standing: Standing,
    /// What made it this.
    pub because: Because<'a>,
}

/// The answer for each kind of access: reading can rest on one statement and
/// not writing on another.
pub(crate) struct Walk<'a> {
    pub standing: Standing,
    pub read: Because<'a>,
    pub write: Because<'a>,
}

impl Policy {
    /// What may be done at `path`, by the rules alone: a private `/tmp` and what
    /// the machine itself refuses are not looked at.
    ///
    /// ```
    /// use fumehood_policy::{AbsPath, Place, Policy, Standing, profiles::BuiltIn};
    /// let path = |text: &str| text.parse::<AbsPath>();
    /// let place = Place::new(path("/home/u")?, path("/home/u/w")?, path("/home/u/.state")?);
    /// let policy = Policy::built_in(BuiltIn::WorkspaceWrite, &place);
    /// assert_eq!(policy.standing(&path("/home/u/w/src")?).standing, Standing::Writable);
    /// assert_eq!(policy.standing(&path("/home/u/w/.git/hooks/x")?).standing, Standing::ReadOnly);
    /// assert_eq!(policy.standing(&path("/home/u/.ssh/id")?).standing, Standing::Hidden);
    /// # Ok::<_, Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn standing(&self, path: &AbsPath) -> Answer<'_> {
        self.statements().standing(path)
    }

    /// The walk itself.
    pub(crate) fn walk(&self, path: &AbsPath) -> Walk<'_> {
        self.statements().walk(path)
    }

    /// The policy laid out for many questions.
    #[must_use]
    pub fn statements(&self) -> Statements<'_> {
        let rules = self.rules.iter();
        let length = |rule: &Rule| rule.pattern.base().as_bytes().len();
        Statements {
            policy: self,
            lengths: rules
                .map(|rule| u16::try_from(length(rule)).unwrap_or(u16::MAX))
                .collect(),
        }
    }
}

/// A policy whose rules can be asked often: most of them are turned down by the
/// length of their path, side by side in memory.
#[derive(Debug, Clone)]
pub struct Statements<'a> {
    policy: &'a Policy,
    /// Bytes of each rule's path: no path is longer than 16 bits say.
    lengths: Vec<u16>,
}

impl<'a> Statements<'a> {
    /// As [`Policy::standing`].
    #[must_use]
    pub fn standing(&self, path: &AbsPath) -> Answer<'a> {
        let Walk {
            standing,
            read,
            write,
        } = self.walk(path);
        let because = match standing {
            Standing::Hidden => read,
            Standing::ReadOnly | Standing::Writable => write,
        };
        Answer { standing, because }
    }

    fn walk(&self, path: &AbsPath) -> Walk<'a> {
        let Said {
            mut statements,
            bounds,
        } = self.said(path);
        statements.sort_by_key(|statement| (statement.specificity, statement.rank));
        let mut walk = Walk {
            standing: Standing::Hidden,
            read: Because::Nothing,
            write: Because::Nothing,
        };
        for statement in statements {
            walk.take(statement.says, statement.because);
        }
        for rule in bounds {
            walk.take(rule.says(), Because::Rule(rule));
        }
        self.policy.bound(path, &mut walk);
        walk
    }

    /// The rules about `path` or a folder above it, as far as their lengths say.
    fn near(&self, path: &AbsPath) -> impl Iterator<Item = &'a Rule> {
        let path = path.as_bytes();
        // Where a part ends, by length, `/` itself among them.
        let mut ends = vec![false; path.len() + 1];
        for (length, ends) in ends.iter_mut().enumerate() {
            *ends = length == 1 || matches!(path.get(length), None | Some(b'/'));
        }
        let lengths = self.lengths.iter().zip(&self.policy.rules);
        lengths
            .filter(move |(length, _)| ends.get(usize::from(**length)) == Some(&true))
            .map(|(_, rule)| rule)
    }

    /// Everything that matches `path`.
    fn said(&self, path: &AbsPath) -> Said<'a> {
        let (mut all, mut bounds) = (Vec::with_capacity(8), Vec::new());
        let mut roots = Vec::with_capacity(4);
        for rule in self.near(path) {
            let Some(specificity) = rule.pattern.matches_prefix(path) else {
                continue;
            };
            if rule.is_final() {
                bounds.push(rule);
                continue;
            }
            if rule.says() == Says::Writable {
                roots.push(specificity);
            }
            let because = Because::Rule(rule);
            all.push(Statement {
                specificity,
                rank: rule.rank(),
                says: rule.says(),
                because,
            });
        }
        let policy = self.policy;
        if path.is_within(&policy.workspace) {
            roots.push(policy.workspace.depth());
        }
        if !roots.is_empty() {
            policy.protected_at(path, &roots, &mut all);
        }
        Said {
            statements: all,
            bounds,
        }
    }
}

impl Policy {
    /// The protected names in `path` that bind, with `roots` the depths of the
    /// writable roots (and the workspace) that hold it.
    fn protected_at<'a>(&'a self, path: &AbsPath, roots: &[usize], all: &mut Vec<Statement<'a>>) {
        let parts: Vec<&[u8]> = path.parts().collect();
        for name in &self.protected {
            for found in protected::find(name, &parts) {
                let is_top = |root: &usize| {
                    (found.start == *root) || (found.start < *root && *root < found.end)
                };
                let deep = !roots.iter().any(is_top);
                let anywhere =
                    name.binds == Binds::Anywhere && self.protected_depth == ProtectedDepth::Any;
                if deep && !anywhere {
                    continue;
                }
                let Some(at) = first_parts(path, found) else {
                    continue;
                };
                let because = Because::Protected { name, at, deep };
                let says = Says::NotWritable;
                all.push(Statement {
                    specificity: found.end,
                    rank: Rank::Protected,
                    says,
                    because,
                });
            }
        }
    }

    /// What is ours, and has no rank either.
    fn bound<'a>(&'a self, path: &AbsPath, walk: &mut Walk<'a>) {
        if self.own.config.iter().any(|own| path.is_within(own)) {
            walk.take(Says::NotWritable, Because::Configuration);
        }
        let mut states = std::iter::once(&self.own.state).chain(&self.own.other_states);
        if states.any(|own| path.is_within(own)) {
            walk.take(Says::Hidden, Because::State);
        }
    }
}

/// The place where a found name ends.
fn first_parts(path: &AbsPath, found: Found) -> Option<AbsPath> {
    let mut bytes = Vec::with_capacity(path.as_bytes().len());
    for part in path.parts().take(found.end) {
        bytes.push(b'/');
        bytes.extend_from_slice(part);
    }
    AbsPath::parse(&bytes).ok()
}

/// What was said about a path.
struct Said<'a> {
    /// What has a rank.
    statements: Vec<Statement<'a>>,
    /// Constraints, which have none.
    bounds: Vec<&'a Rule>,
}

/// Something that was said about a path.
struct Statement<'a> {
    specificity: usize,
    rank: Rank,
    says: Says,
    because: Because<'a>,
}

/// Who speaks first among equals.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Rank {
    BuiltInAllow,
    BuiltInDeny,
    Protected,
    Allow,
    Deny,
}

/// What a statement does to a standing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Says {
    Readable,
    Writable,
    NotWritable,
    Hidden,
}

impl Rule {
    /// Whether nothing more specific can answer differently. An allow never is:
    /// a constraint that gives would loosen.
    fn is_final(&self) -> bool {
        self.force == Force::Constraint && self.effect == Effect::Deny
    }

    /// Whether it makes a place writable that is known by its path.
    #[must_use]
    pub fn is_writable_root(&self) -> bool {
        self.says() == Says::Writable && self.pattern.glob().is_none()
    }

    fn rank(&self) -> Rank {
        match (self.effect, self.origin.layer == Layer::BuiltIn) {
            (Effect::Allow, true) => Rank::BuiltInAllow,
            (Effect::Deny, true) => Rank::BuiltInDeny,
            (Effect::Allow, false) => Rank::Allow,
            (Effect::Deny, false) => Rank::Deny,
        }
    }

    fn says(&self) -> Says {
        match (self.effect, self.access) {
            (Effect::Allow, Access::Read) => Says::Readable,
            (Effect::Allow, Access::Write) => Says::Writable,
            (Effect::Deny, Access::Read) => Says::Hidden,
            (Effect::Deny, Access::Write) => Says::NotWritable,
        }
    }
}

impl<'a> Walk<'a> {
    /// Applies one statement and remembers what it decided.
    fn take(&mut self, says: Says, because: Because<'a>) {
        match says {
            Says::Readable => match self.standing {
                // It gives reading only, so it is also why there is no writing.
                Standing::Hidden => {
                    self.standing = Standing::ReadOnly;
                    self.read = because.clone();
                    self.write = because;
                }
                Standing::ReadOnly => self.read = because,
                Standing::Writable => {}
            },
            Says::Writable => {
                self.standing = Standing::Writable;
                self.read = because.clone();
                self.write = because;
            }
            Says::NotWritable => {
                self.standing = self.standing.min(Standing::ReadOnly);
                self.write = because;
            }
            Says::Hidden => {
                self.standing = Standing::Hidden;
                self.read = because.clone();
                self.write = because;
            }
        }
    }
}
