//! Where a policy is resolved: the folders that its variables stand for.
//!
//! The crate reads no environment and follows no link. Whoever calls it finds
//! these folders, follows links in them and passes them in; only then does
//! "the workspace is the home folder" mean what it says.

use std::collections::BTreeMap;

use crate::path::AbsPath;
use crate::raw_text::RawText;
use crate::secrets::MOVERS;
use crate::sockets::SSH_AGENT;

/// How many places one variable may name (`KUBECONFIG` is a list): each costs at start.
pub const MOVED_LIMIT: usize = 16;

/// A variable that names more secret places than are hidden.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "the variable {variable} names {count} places, and no more than {MOVED_LIMIT} are hidden; \
     name fewer, or unset it"
)]
pub struct TooManyMoved {
    /// Its name.
    pub variable: &'static str,
    /// How many.
    pub count: usize,
}

/// The folders that matter. All of them with links followed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    /// The user's home folder: `~` and `${home}`.
    pub home: AbsPath,
    /// Where the work is, unless the policy or a flag names it: `${workspace}`.
    pub workspace: AbsPath,
    /// What relative paths on the command line are relative to.
    pub current: AbsPath,
    /// Our state folder: audit log, journal, private folders.
    pub state: AbsPath,
    /// Folders and files of our own configuration.
    pub config: Vec<AbsPath>,
    /// Homes that the user has besides `home`, which the environment names: what is
    /// secret there is secret too.
    pub other_homes: Vec<AbsPath>,
    /// State folders of ours that another environment would lead to.
    pub other_states: Vec<AbsPath>,
    /// Secret places that variables of the environment have moved, by variable.
    pub moved: BTreeMap<String, Vec<AbsPath>>,
    /// Where the ssh agent listens, as the environment says. It counts only for a
    /// policy that opens agents.
    pub ssh_agent: Option<AbsPath>,
    /// The user's runtime folder (`/run/user/1000`), whatever the environment says.
    pub runtime: Option<AbsPath>,
}

impl Place {
    /// A place whose current folder is the workspace, with nothing moved.
    #[must_use]
    pub fn new(home: AbsPath, workspace: AbsPath, state: AbsPath) -> Self {
        Self {
            current: workspace.clone(),
            home,
            workspace,
            state,
            config: Vec::new(),
            other_homes: Vec::new(),
            other_states: Vec::new(),
            moved: BTreeMap::new(),
            ssh_agent: None,
            runtime: None,
        }
    }

    /// Takes from an environment the variables that move secret places, and the one
    /// that names the ssh agent. A secret place is where the program that reads the
    /// variable finds it: from the current folder, `..` taken as it reads.
    ///
    /// # Errors
    ///
    /// [`TooManyMoved`]: what is not hidden must not pass in silence.
    pub fn learn<'a>(
        &mut self,
        variables: impl IntoIterator<Item = (&'a [u8], &'a [u8])>,
    ) -> Result<(), TooManyMoved> {
        for (name, value) in variables {
            if name == SSH_AGENT.as_bytes() {
                self.ssh_agent = AbsPath::parse(value).ok();
            }
            let Some(mover) = MOVERS
                .iter()
                .find(|mover| mover.variable.as_bytes() == name)
            else {
                continue;
            };
            let paths = value.split(|byte| *byte == b':');
            let paths = paths.filter(|path| !path.is_empty());
            // What is no path even so, because it is too long, is nowhere.
            let paths: Vec<AbsPath> = paths.filter_map(|path| self.lexical(path)).collect();
            if paths.len() > MOVED_LIMIT {
                return Err(TooManyMoved {
                    variable: mover.variable,
                    count: paths.len(),
                });
            }
            if !paths.is_empty() {
                self.moved.insert(mover.variable.to_owned(), paths);
            }
        }
        Ok(())
    }

    /// A path from the current folder, with `..` as it reads.
    fn lexical(&self, path: &[u8]) -> Option<AbsPath> {
        let base = match path {
            [b'/', ..] => AbsPath::root(),
            _ => self.current.clone(),
        };
        let parts = path.split(|byte| *byte == b'/');
        parts
            .filter(|part| !part.is_empty())
            .try_fold(base, |at, part| match part {
                b".." => Some(at.parent().unwrap_or_else(AbsPath::root)),
                part => at.join(part).ok(),
            })
    }

    /// What a variable of the configuration stands for.
    #[must_use]
    pub(crate) fn variable(&self, name: &str, workspace: &AbsPath) -> Option<AbsPath> {
        match name {
            "workspace" => Some(workspace.clone()),
            "home" => Some(self.home.clone()),
            "tmp" => AbsPath::parse(b"/tmp").ok(),
            _ => None,
        }
    }

    /// Reads a path as it was typed: relative to the current folder.
    ///
    /// # Errors
    ///
    /// As [`AbsPath::parse`].
    pub fn typed(&self, text: &RawText) -> Result<AbsPath, crate::path::PathError> {
        match text.as_bytes() {
            [b'/', ..] => AbsPath::parse(text.as_bytes()),
            below => self.current.join(below),
        }
    }
}

/// The names that [`Place::variable`] knows, for messages.
pub(crate) const VARIABLES: &[&str] = &["workspace", "home", "tmp"];

#[cfg(test)]
mod tests {
    use super::*;

    fn path(text: &str) -> AbsPath {
        text.parse().expect("absolute")
    }

    #[test]
    fn only_variables_that_move_secrets_or_name_the_agent_are_learned() {
        let mut place = Place::new(path("/home/u"), path("/w"), path("/state"));
        let pairs: [(&[u8], &[u8]); 4] = [
            (b"SSH_AUTH_SOCK", b"/tmp/ssh-x/agent.1"),
            (b"KUBECONFIG", b"/k/a::/k/c"),
            (b"CARGO_HOME", b""),
            (b"HOME", b"/x"),
        ];
        assert_eq!(place.learn(pairs), Ok(()));
        assert_eq!(place.ssh_agent, Some(path("/tmp/ssh-x/agent.1")));
        assert_eq!(place.moved.len(), 1);
        assert_eq!(place.moved["KUBECONFIG"], [path("/k/a"), path("/k/c")]);
        assert_eq!(place.typed(&"a/b".into()), Ok(path("/w/a/b")));
    }

    #[test]
    fn a_moved_secret_is_found_from_the_current_folder_and_over_dots() {
        let mut place = Place::new(path("/home/u"), path("/w/a"), path("/state"));
        let value = b"/srv/../k/./a:b/../c:../../../../d:./e".as_slice();
        assert_eq!(place.learn([(b"KUBECONFIG".as_slice(), value)]), Ok(()));
        let wanted = ["/k/a", "/w/a/c", "/d", "/w/a/e"].map(path);
        assert_eq!(place.moved["KUBECONFIG"], wanted);
    }

    #[test]
    fn more_moved_secrets_than_are_hidden_are_an_error_and_the_limit_is_not() {
        let mut place = Place::new(path("/home/u"), path("/w"), path("/state"));
        let mut learn = |count: usize| {
            let value = vec!["k"; count].join(":");
            place.learn([(b"KUBECONFIG".as_slice(), value.as_bytes())])
        };
        assert_eq!(learn(MOVED_LIMIT), Ok(()));
        let error = learn(MOVED_LIMIT + 1).expect_err("one too many");
        assert!(error.to_string().contains("KUBECONFIG names 17"), "{error}");
    }
}
