//! Folders of our own that a workspace keeps between runs.
//!
//! Agents write in one command and read in the next, so `/tmp`, caches and state
//! folders are private to the workspace, not to the run. They lie in fumehood's
//! state folder, which no command can reach by its own path.

use fumehood_policy::path::PathError;
use fumehood_policy::{AbsPath, Policy};

use super::step::Step;

/// Where the private home is seen from inside.
pub const HOME_INSIDE: &str = "/run/fumehood";

/// The private folders of one workspace.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Private {
    /// The folder of this workspace.
    pub folder: AbsPath,
    /// `/tmp`
    pub tmp: AbsPath,
    /// `/var/tmp`
    pub var_tmp: AbsPath,
    /// Caches and state, seen as [`HOME_INSIDE`].
    pub home: AbsPath,
    /// Where changes to seeded caches go, in memory.
    pub changes: AbsPath,
}

impl Private {
    /// The folders of the policy's workspace.
    ///
    /// # Errors
    ///
    /// [`PathError`] if the state folder's path leaves no room for them.
    pub fn of(policy: &Policy) -> Result<Self, PathError> {
        let folder = policy
            .own
            .state
            .join("workspaces")?
            .join(key(&policy.workspace))?;
        Ok(Self {
            tmp: folder.join("tmp")?,
            var_tmp: folder.join("var-tmp")?,
            home: folder.join("home")?,
            changes: folder.join("changes")?,
            folder,
        })
    }

    /// Makes them, each before what lies in it: a command may have closed any.
    ///
    /// # Errors
    ///
    /// [`PathError`] as in [`Private::of`].
    pub fn steps(&self) -> Result<Vec<Step>, PathError> {
        let home = |name: &str| self.home.join(name);
        let folders = [
            self.tmp.clone(),
            self.var_tmp.clone(),
            self.changes.clone(),
            self.home.clone(),
            home("cache")?,
            home("state")?,
        ];
        Ok(folders
            .into_iter()
            .map(|path| Step::KeepFolder { path })
            .collect())
    }
}

/// A folder name for a workspace: its last part, for people, and a hash of the whole.
fn key(workspace: &AbsPath) -> String {
    // FNV-1a: names have to differ, not to be secret.
    let hash = workspace
        .as_bytes()
        .iter()
        .fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
            (hash ^ u64::from(*byte)).wrapping_mul(0x0000_0100_0000_01b3)
        });
    let plain = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-' | b'_');
    let name: String = workspace
        .name()
        .unwrap_or_default()
        .iter()
        .filter(|byte| plain(byte))
        .take(40)
        .map(|byte| char::from(*byte))
        .collect();
    format!("{hash:016x}-{name}")
}
