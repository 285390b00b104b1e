//! From the files on this machine to one policy.
//!
//! A file that others could have written is not configuration: the user's own
//! must belong to them or to root, the machine's and the administrator's to root,
//! and nobody else may write any of them. A project's file belongs to whoever the
//! project comes from; it only tightens until its path and content are trusted.

use std::fs::{Metadata, OpenOptions};
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use fumehood_policy::config::{Config, Source, Warning, parse};
use fumehood_policy::resolve::{Ignored, Overrides, resolve};
use fumehood_policy::trust::{Trust, Trusted};
use fumehood_policy::{AbsPath, Layer, Place, Policy, RawText};
use sha2::{Digest, Sha256};

use crate::backend::files::{self, Owner};
use crate::folders::to_policy;
use crate::{Error, Folders};

/// Largest configuration file, in bytes.
const SIZE_LIMIT: u64 = 1024 * 1024;
/// Most files in `requirements.d`.
const REQUIREMENTS_LIMIT: usize = 64;

/// A file that was looked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FileSeen {
    /// What it counts as.
    pub layer: Layer,
    /// Where.
    pub path: AbsPath,
    /// Whether it is there.
    pub exists: bool,
    /// Whether it may loosen.
    pub trusted: bool,
}

/// A policy and where it comes from.
#[derive(Debug, Clone)]
pub struct Settings {
    /// The policy.
    pub policy: Policy,
    /// What was said and does not hold.
    pub ignored: Vec<Ignored>,
    /// What is odd in the files, and does no harm.
    pub warnings: Vec<Warning>,
    /// The files.
    pub files: Vec<FileSeen>,
    /// The folders it was resolved with.
    pub place: Place,
}

impl Settings {
    /// What holds in the folder `workspace`, with nothing typed.
    ///
    /// # Errors
    ///
    /// As [`Settings::load`].
    pub fn of(workspace: impl AsRef<Path>) -> Result<Self, Error> {
        Self::load(Some(workspace.as_ref()), None, Overrides::default())
    }

    /// Reads all files and resolves them with what was typed. `workspace` is the
    /// current folder if none; `explicit` is one more file.
    ///
    /// # Errors
    ///
    /// [`Error::Config`] with file, line and column, [`Error::Surroundings`].
    pub fn load(
        workspace: Option<&Path>,
        explicit: Option<&Path>,
        mut overrides: Overrides,
    ) -> Result<Self, Error> {
        let folders = Folders::find()?;
        let mut place = folders.place(workspace)?;
        if workspace.is_some() {
            overrides.workspace = Some(place.workspace.clone());
        }
        let mut reader = Reader {
            state: folders.state.clone(),
            files: Vec::new(),
            warnings: Vec::new(),
            layers: Vec::new(),
            linked: Vec::new(),
        };
        reader.standard(&folders, &place)?;
        if let Some(file) = explicit {
            let path = std::path::absolute(file).map_err(|error| unreadable(file, &error))?;
            if !reader.read(Layer::Explicit, &path)? {
                return Err(unreadable(&path, &io::ErrorKind::NotFound.into()));
            }
        }
        place.config.append(&mut reader.linked);
        let resolved =
            resolve(&reader.layers, &overrides, &place).map_err(|error| Error::Config {
                what: error.to_string(),
                hint: None,
            })?;
        Ok(Self {
            policy: resolved.policy,
            ignored: resolved.ignored,
            warnings: reader.warnings,
            files: reader.files,
            place,
        })
    }
}

struct Reader {
    state: AbsPath,
    files: Vec<FileSeen>,
    warnings: Vec<Warning>,
    layers: Vec<Config>,
    /// Files that were read over a symlink, and where they lie: neither may be changed
    /// by what they govern.
    linked: Vec<AbsPath>,
}

impl Reader {
    fn standard(&mut self, folders: &Folders, place: &Place) -> Result<(), Error> {
        let file = |folder: &AbsPath, name: &str| to_std(folder).join(name);
        self.read(Layer::Managed, &file(&folders.system, "requirements.toml"))?;
        for path in requirements(&file(&folders.system, "requirements.d"))? {
            self.read(Layer::Managed, &path)?;
        }
        self.read(Layer::System, &file(&folders.system, "config.toml"))?;
        self.read(Layer::User, &file(&folders.config, "config.toml"))?;
        let project = to_std(&place.workspace).join(".fumehood/config.toml");
        self.read(Layer::Project, &project)?;
        Ok(())
    }

    /// Reads one file, if it is there.
    fn read(&mut self, layer: Layer, path: &Path) -> Result<bool, Error> {
        let name = to_policy(path)?;
        let text = read_file(layer, path)?;
        let trusted = match &text {
            Some(text) if layer == Layer::Project => is_trusted(&self.state, path, text)?,
            _ => layer != Layer::Project,
        };
        self.files.push(FileSeen {
            layer,
            path: name.clone(),
            exists: text.is_some(),
            trusted,
        });
        let Some(text) = text else { return Ok(false) };
        // A project's file is trusted by its content.
        if layer != Layer::Project && !files::is_plain(path) {
            let real = std::fs::canonicalize(path).map_err(|error| unreadable(path, &error))?;
            self.linked.extend([name.clone(), to_policy(&real)?]);
        }
        let file = RawText::from_bytes(name.as_bytes());
        let (mut config, warnings) = parse(&Source {
            layer,
            file,
            text: &text,
        })
        .map_err(|error| Error::Config {
            what: error.to_string(),
            hint: None,
        })?;
        config.trusted = trusted;
        self.warnings.extend(warnings);
        self.layers.push(config);
        Ok(true)
    }
}

/// Whether exactly this text, at this path, was trusted.
fn is_trusted(state: &AbsPath, path: &Path, text: &str) -> Result<bool, Error> {
    let trusted = entry(path, text)?;
    Ok(read_trust(state)?.is_trusted(&trusted.path, &trusted.sha256))
}

/// Trusts the project file at `path` as it is now; none forgets it.
///
/// # Errors
///
/// [`Error::Config`] if it cannot be read, [`Error::Folder`] if the list cannot be written.
pub fn trust(path: &Path) -> Result<Trusted, Error> {
    let state = Folders::find()?.state;
    let trusted = fingerprint(path)?;
    let mut list = read_trust(&state)?;
    list.remove(&trusted.path);
    list.add(trusted.clone()).map_err(|error| Error::Config {
        what: error.to_string(),
        hint: None,
    })?;
    write_trust(&state, &list)?;
    Ok(trusted)
}

/// Takes the trust in the project file at `path` back; false if there was none.
///
/// # Errors
///
/// As [`trust`].
pub fn distrust(path: &Path) -> Result<bool, Error> {
    let state = Folders::find()?.state;
    let mut list = read_trust(&state)?;
    // A file that is gone can be forgotten too.
    let path = std::fs::canonicalize(path)
        .or_else(|_| std::path::absolute(path))
        .map_err(|error| unreadable(path, &error))?;
    let known = list.remove(&to_policy(&path)?);
    write_trust(&state, &list)?;
    Ok(known)
}

/// The project file at `path` as it is now, as trust is bound to it.
///
/// # Errors
///
/// [`Error::Config`] if it cannot be read.
pub fn fingerprint(path: &Path) -> Result<Trusted, Error> {
    let text = read_file(Layer::Project, path)?
        .ok_or_else(|| unreadable(path, &io::ErrorKind::NotFound.into()))?;
    entry(path, &text)
}

fn entry(path: &Path, text: &str) -> Result<Trusted, Error> {
    let path = std::fs::canonicalize(path).map_err(|error| unreadable(path, &error))?;
    let sha256 = crate::record::hex(&Sha256::digest(text.as_bytes()));
    Ok(Trusted {
        path: to_policy(&path)?,
        sha256,
    })
}

fn trust_file(state: &AbsPath) -> PathBuf {
    to_std(state).join("trust")
}

fn read_trust(state: &AbsPath) -> Result<Trust, Error> {
    let file = trust_file(state);
    let Some(text) = read_file(Layer::User, &file)? else {
        return Ok(Trust::default());
    };
    Trust::parse(&text).map_err(|error| Error::Config {
        what: format!("{}: {error}", file.display()),
        hint: Some("remove the file; projects are then trusted anew".to_owned()),
    })
}

/// Written beside and renamed, so that a crash leaves the old list or the new one.
fn write_trust(state: &AbsPath, list: &Trust) -> Result<(), Error> {
    let folder = |source| Error::Folder {
        what: "cannot write the list of trusted projects in",
        path: state.clone(),
        source,
        hint: Some("set XDG_STATE_HOME to a folder that you can write"),
    };
    std::fs::create_dir_all(to_std(state)).map_err(folder)?;
    let file = trust_file(state);
    let new = file.with_extension("new");
    let mut options = OpenOptions::new();
    options.write(true).create(true).truncate(true);
    // A list that others could write would be refused when it is read.
    files::private(&mut options);
    let written = options
        .open(&new)
        .and_then(|mut made| io::Write::write_all(&mut made, list.format().as_bytes()));
    written.map_err(folder)?;
    std::fs::rename(&new, &file).map_err(folder)
}

fn requirements(folder: &Path) -> Result<Vec<PathBuf>, Error> {
    let entries = match std::fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(unreadable(folder, &error)),
    };
    let mut files = Vec::new();
    for entry in entries {
        let path = entry.map_err(|error| unreadable(folder, &error))?.path();
        if path.extension().is_some_and(|ending| ending == "toml") {
            files.push(path);
        }
    }
    if files.len() > REQUIREMENTS_LIMIT {
        let what = format!(
            "{} holds more than {REQUIREMENTS_LIMIT} files",
            folder.display()
        );
        return Err(Error::Config { what, hint: None });
    }
    files.sort();
    Ok(files)
}

fn unreadable(path: &Path, error: &io::Error) -> Error {
    Error::Config {
        what: format!("cannot read {}: {error}", path.display()),
        hint: None,
    }
}

/// The text of a file, if it is there and if it is its owner's alone.
fn read_file(layer: Layer, path: &Path) -> Result<Option<String>, Error> {
    let mut options = OpenOptions::new();
    files::without_waiting(options.read(true));
    let mut file = match options.open(path) {
        Ok(file) => file,
        Err(error)
            if matches!(
                error.kind(),
                io::ErrorKind::NotFound | io::ErrorKind::NotADirectory
            ) =>
        {
            return Ok(None);
        }
        Err(error) => return Err(unreadable(path, &error)),
    };
    let about = file.metadata().map_err(|error| unreadable(path, &error))?;
    if !about.is_file() {
        let what = format!("{} is not a file", path.display());
        return Err(Error::Config { what, hint: None });
    }
    if layer != Layer::Project {
        check_owner(layer, path, &about)?;
    }
    let mut text = String::new();
    let read = file.by_ref().take(SIZE_LIMIT + 1).read_to_string(&mut text);
    let read = read.map_err(|error| unreadable(path, &error))?;
    if read as u64 > SIZE_LIMIT {
        let what = format!("{} is larger than {SIZE_LIMIT} bytes", path.display());
        return Err(Error::Config { what, hint: None });
    }
    Ok(Some(text))
}

fn check_owner(layer: Layer, path: &Path, about: &Metadata) -> Result<(), Error> {
    let owner = match layer {
        Layer::Managed | Layer::System => Owner::Root,
        _ => Owner::User,
    };
    match files::fault(owner, path, about) {
        Some((what, hint)) => Err(Error::Config {
            what,
            hint: Some(hint),
        }),
        None => Ok(()),
    }
}

/// A path of the policy for the standard library.
#[must_use]
pub fn to_std(path: &AbsPath) -> PathBuf {
    files::to_std(path)
}
