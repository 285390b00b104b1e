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

/// How many folders one variable may name (`KUBECONFIG` is a list).
const MOVED_LIMIT: usize = 16;

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
            moved: BTreeMap::new(),
            ssh_agent: None,
            runtime: None,
        }
    }

    /// Takes from an environment the variables that move secret places, and the one
    /// that names the ssh agent; a value that is not an absolute path is relative
    /// to something we do not know and is left out.
    pub fn learn<'a>(&mut self, variables: impl IntoIterator<Item = (&'a [u8], &'a [u8])>) {
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
            let paths = value.split(|byte| *byte == b':').take(MOVED_LIMIT);
            let paths: Vec<AbsPath> = paths.filter_map(|path| AbsPath::parse(path).ok()).collect();
            if !paths.is_empty() {
                self.moved.insert(mover.variable.to_owned(), paths);
            }
        }
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

    #[test]
    fn only_variables_that_move_secrets_or_name_the_agent_are_learned() {
        let path = |text: &str| text.parse::<AbsPath>().expect("absolute");
        let mut place = Place::new(path("/home/u"), path("/w"), path("/state"));
        let pairs: [(&[u8], &[u8]); 4] = [
            (b"SSH_AUTH_SOCK", b"/tmp/ssh-x/agent.1"),
            (b"KUBECONFIG", b"/k/a:b:/k/c"),
            (b"CARGO_HOME", b"relative"),
            (b"HOME", b"/x"),
        ];
        place.learn(pairs);
        assert_eq!(place.ssh_agent, Some(path("/tmp/ssh-x/agent.1")));
        assert_eq!(place.moved.len(), 1);
        assert_eq!(place.moved["KUBECONFIG"], [path("/k/a"), path("/k/c")]);
        assert_eq!(place.typed(&"a/b".into()), Ok(path("/w/a/b")));
    }
}
