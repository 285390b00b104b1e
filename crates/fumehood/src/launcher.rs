//! Which program starts commands for a host that embeds us.
//!
//! A host may have threads and a large heap: forking it is slow and unsafe. So it
//! starts a small program instead, which forks. That program is the installed
//! `fumehood`, or the host itself if its `main` begins with
//! [`cell_main`](crate::cell_main). It is named by an absolute path, never found
//! in `PATH`.

use std::path::{Path, PathBuf};

use crate::Error;

/// First argument of a launcher, with the version of what is spoken to it.
pub const MARK: &str = "__fumehood-cell-1";

/// A program that starts commands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Launcher(PathBuf);

impl Launcher {
    /// The `fumehood` at this absolute path.
    ///
    /// # Errors
    ///
    /// [`Error::Surroundings`] if the path is relative.
    pub fn at(path: impl Into<PathBuf>) -> Result<Self, Error> {
        let path = path.into();
        if path.is_absolute() {
            Ok(Self(path))
        } else {
            Err(Error::Surroundings(format!(
                "launcher {} is not an absolute path",
                path.display()
            )))
        }
    }

    /// This very program, whose `main` begins with [`cell_main`](crate::cell_main).
    ///
    /// # Errors
    ///
    /// [`Error::Surroundings`] if the system does not say where it is.
    pub fn this_program() -> Result<Self, Error> {
        let path = std::env::current_exe()
            .map_err(|error| Error::Surroundings(format!("own executable: {error}")))?;
        Self::at(path)
    }

    /// The `fumehood` beside this program, else in the usual places of an install.
    ///
    /// # Errors
    ///
    /// [`Error::Surroundings`] if there is none.
    pub fn installed() -> Result<Self, Error> {
        let name = format!("fumehood{}", std::env::consts::EXE_SUFFIX);
        let beside = std::env::current_exe()
            .ok()
            .and_then(|own| Some(own.parent()?.join(&name)));
        let cargo = std::env::home_dir().map(|home| home.join(".cargo/bin").join(&name));
        let usual = ["/usr/local/bin", "/usr/bin"].map(|folder| Path::new(folder).join(&name));
        let mut places = beside.into_iter().chain(usual).chain(cargo);
        let found = places.find(|path| path.is_absolute() && path.is_file());
        let found = found.ok_or_else(|| {
            Error::Surroundings("fumehood is not installed; Launcher::at names it".to_owned())
        })?;
        Self::at(found)
    }

    /// Where it is.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.0
    }
}
