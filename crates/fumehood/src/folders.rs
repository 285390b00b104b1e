//! Where the user's and our own folders are.
//!
//! Files, as ecosystems expect them: configuration in `$XDG_CONFIG_HOME`, state in
//! `$XDG_STATE_HOME`, the administrator's in `/etc`. A variable that is not an
//! absolute path is ignored, as the XDG specification says. Nothing in the
//! environment loosens a policy: these variables only say where the user keeps
//! what is theirs *besides* what lies in the home of the user database, and what a
//! run without them would use is protected as well.

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
    /// The home folder of the user database, if it is another.
    pub other_home: Option<AbsPath>,
    /// Where state of ours is in another environment.
    pub other_states: Vec<AbsPath>,
    /// Where configuration of ours is in another environment.
    pub other_configs: Vec<AbsPath>,
}

impl Folders {
    /// Looks at the environment, and at the user database if there is no `HOME`.
    ///
    /// # Errors
    ///
    /// [`Error::Surroundings`] without a home folder.
    pub fn find() -> Result<Self, Error> {
        let registered = files::home_of_user();
        let named = absolute("HOME");
        let home = named.as_ref().or(registered.as_ref()).ok_or_else(|| {
            Error::Surroundings("no home folder: HOME is not an absolute path".to_owned())
        })?;
        let other = registered.as_ref().filter(|other| *other != home);
        let home = real(home);
        let other = other
            .map(|other| real(other))
            .filter(|other| *other != home);
        let state = Base::find("XDG_STATE_HOME", ".local/state", &home, other.as_deref())?;
        let config = Base::find("XDG_CONFIG_HOME", ".config", &home, other.as_deref())?;
        Ok(Self {
            state: state.ours,
            config: config.ours,
            system: to_policy(Path::new("/etc/fumehood"))?,
            home: to_policy(&home)?,
            other_home: other.as_deref().map(to_policy).transpose()?,
            other_states: state.others,
            other_configs: config.others,
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
        let mut config = vec![self.config.clone(), self.system.clone()];
        config.extend_from_slice(&self.other_configs);
        let mut place = Place {
            current: to_policy(&current)?,
            config,
            other_homes: self.other_home.clone().into_iter().collect(),
            other_states: self.other_states.clone(),
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

/// A folder of ours in one of those that the XDG specification has a variable for.
struct Base {
    /// Where it is.
    ours: AbsPath,
    /// Where it is without the variable, and without `HOME`; and by its name, where
    /// that leads over a symlink, for whoever replaces the symlink moves it.
    others: Vec<AbsPath>,
}

impl Base {
    fn find(
        variable: &str,
        usual: &str,
        home: &Path,
        other_home: Option<&Path>,
    ) -> Result<Self, Error> {
        let default = home.join(usual);
        let named = absolute(variable).unwrap_or_else(|| default.clone());
        let ours = own_in(&real(&named))?;
        let bases = [
            Some(named),
            Some(default),
            other_home.map(|home| home.join(usual)),
        ];
        let mut others = Vec::new();
        for base in bases.into_iter().flatten() {
            // A name with `..` is no path of the policy's; where it leads is protected.
            let Ok(other) = own_in(&base) else { continue };
            if other != ours && !others.contains(&other) {
                others.push(other);
            }
        }
        Ok(Self { ours, others })
    }
}

fn own_in(base: &Path) -> Result<AbsPath, Error> {
    to_policy(&base.join("fumehood"))
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
