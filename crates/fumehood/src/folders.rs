//! Where the user's and our own folders are.
//!
//! Files, as ecosystems expect them: configuration in `$XDG_CONFIG_HOME`, state in
//! `$XDG_STATE_HOME`, the administrator's in `/etc`. A variable that is not an
//! absolute path is ignored, as the XDG specification says. Nothing in the
//! environment loosens a policy: these variables only say where the user keeps
//! what is theirs.

use std::path::{Path, PathBuf};

use fumehood_policy::{AbsPath, Place};

use crate::Error;
use crate::backend::files;

/// The folders of one user on one machine.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Folders {
    /// The home folder.
    pub home: AbsPath,
    /// State of ours.
    pub state: AbsPath,
    /// The user's configuration of us.
    pub config: AbsPath,
    /// The machine's.
    pub system: AbsPath,
}

impl Folders {
    /// Looks at the environment, and at the user database if there is no `HOME`.
    ///
    /// # Errors
    ///
    /// [`Error::Surroundings`] without a home folder.
    pub fn find() -> Result<Self, Error> {
        let home = absolute("HOME")
            .or_else(files::home_of_user)
            .ok_or_else(|| {
                Error::Surroundings("no home folder: HOME is not an absolute path".to_owned())
            })?;
        let home = real(&home);
        let below = |variable: &str, usual: &str| {
            let base = absolute(variable).unwrap_or_else(|| home.join(usual));
            to_policy(&real(&base).join("fumehood"))
        };
        Ok(Self {
            state: below("XDG_STATE_HOME", ".local/state")?,
            config: below("XDG_CONFIG_HOME", ".config")?,
            system: to_policy(Path::new("/etc/fumehood"))?,
            home: to_policy(&home)?,
        })
    }

    /// What a policy is resolved with.
    ///
    /// # Errors
    ///
    /// [`Error::Surroundings`] if the current folder is gone or `workspace` cannot be read as a path.
    pub fn place(&self, workspace: Option<&Path>) -> Result<Place, Error> {
        let current = std::env::current_dir().map_err(|error| {
            Error::Surroundings(format!("the current folder cannot be used: {error}"))
        })?;
        let workspace = workspace.map_or_else(|| current.clone(), |path| current.join(path));
        let workspace = to_policy(&real(&workspace))?;
        let config = vec![self.config.clone(), self.system.clone()];
        let mut place = Place {
            current: to_policy(&current)?,
            config,
            runtime: files::runtime_folder(),
            ..Place::new(self.home.clone(), workspace, self.state.clone())
        };
        let variables: Vec<_> = std::env::vars_os().collect();
        let variables = variables
            .iter()
            .map(|(name, value)| (name.as_encoded_bytes(), value.as_encoded_bytes()));
        place
            .learn(variables)
            .map_err(|error| Error::Surroundings(error.to_string()))?;
        Ok(place)
    }
}

/// With symlinks followed; as it is where that fails, for the planner to report.
fn real(path: &Path) -> PathBuf {
    if files::is_plain(path) {
        return path.components().collect();
    }
    std::fs::canonicalize(path).unwrap_or_else(|_| path.to_owned())
}

/// A path of this machine in the policy's own type.
///
/// # Errors
///
/// [`Error::Surroundings`] if it is not absolute, has `..` parts or is too long.
pub fn to_policy(path: &Path) -> Result<AbsPath, Error> {
    AbsPath::parse(path.as_os_str().as_encoded_bytes())
        .map_err(|error| Error::Surroundings(error.to_string()))
}

fn absolute(variable: &str) -> Option<PathBuf> {
    std::env::var_os(variable)
        .map(PathBuf::from)
        .filter(|path| path.is_absolute())
}
