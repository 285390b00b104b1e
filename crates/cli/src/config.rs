//! `fumehood config`

use std::fs::{DirBuilder, OpenOptions};
use std::io::{ErrorKind, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context, Result, bail};
use fumehood::policy::RawText;
use fumehood::policy::resolve::Why;
use fumehood::policy::show::Shown;
use fumehood::settings::{self, FileSeen, to_std};
use fumehood::{Folders, Settings};

use crate::args::{Config, PolicyFlags};
use crate::{out, policy, say};

/// What `init` writes. Every line of it that is a setting is one when uncommented.
const TEMPLATE: &str = include_str!("config/template.toml");

/// The file that a project's configuration is in, below its workspace.
const PROJECT: &str = ".fumehood/config.toml";

/// Does one of the things there are to do with configuration.
///
/// # Errors
///
/// A configuration that cannot be used, and what the file system says.
pub fn config(action: &Config) -> Result<ExitCode> {
    match action {
        Config::Show {
            policy,
            origin: false,
        } => show(policy, |one| format!("{one}\n")),
        Config::Show {
            policy,
            origin: true,
        } => show(policy, Line::with_origin),
        Config::Schema => out::text(&fumehood::policy::schema::text()),
        Config::Path => path(),
        Config::Init => init(),
        Config::Trust {
            file,
            revoke: false,
        } => trust(file),
        Config::Trust { file, revoke: true } => revoke(file),
    }?;
    Ok(ExitCode::SUCCESS)
}

/// Prints the policy, value by value; what does not hold goes to standard error.
fn show(flags: &PolicyFlags, form: impl Fn(&Line) -> String) -> Result<()> {
    let settings = policy::settings(flags)?;
    for warning in &settings.warnings {
        say::line(&format!("warning: {warning}\n"));
    }
    for ignored in &settings.ignored {
        say::line(&format!("warning: {ignored}\n"));
    }
    let lines = settings.policy.shown().into_iter().map(Line);
    out::text(&lines.map(|line| form(&line)).collect::<String>())
}

/// One value, as a file would have it.
struct Line(Shown);

impl Line {
    fn with_origin(&self) -> String {
        format!("{self}  # {}\n", self.0.origin)
    }
}

impl std::fmt::Display for Line {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Shown { key, value, .. } = &self.0;
        let is_plain = matches!(value.as_str(), "true" | "false") || value.parse::<u64>().is_ok();
        let key = if is_bare(key) {
            key.clone()
        } else {
            quoted(key)
        };
        if is_plain {
            write!(f, "{key} = {value}")
        } else {
            write!(f, "{key} = {}", quoted(value))
        }
    }
}

/// Whether TOML takes `key` without quotes.
fn is_bare(key: &str) -> bool {
    key.bytes()
        .all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'.'))
}

/// `text` as a basic string of TOML.
fn quoted(text: &str) -> String {
    let mut out = String::from("\"");
    for c in text.chars() {
        match c {
            '"' | '\\' => out.extend(['\\', c]),
            c if c.is_control() => out.extend(format!("\\u{:04X}", u32::from(c)).chars()),
            c => out.push(c),
        }
    }
    out.push('"');
    out
}

/// Prints every file that is looked for.
fn path() -> Result<()> {
    let settings = here()?;
    let line = |file: &FileSeen| {
        let state = match (file.exists, file.trusted) {
            (false, _) => "not there",
            (true, true) => "read",
            (true, false) => "read, not trusted",
        };
        format!("{:<9} {state:<18} {}\n", file.layer, file.path)
    };
    out::text(&settings.files.iter().map(line).collect::<String>())
}

/// What holds in the current folder. It is named, since nothing is opened: also
/// the home folder can be asked about.
fn here() -> Result<Settings> {
    let current = std::env::current_dir().context("the current folder is gone")?;
    Ok(Settings::of(current)?)
}

/// Writes a commented file where there is none.
fn init() -> Result<()> {
    let folder = to_std(&Folders::find()?.config);
    let file = folder.join("config.toml");
    make_private(&folder).with_context(|| format!("cannot make {}", folder.display()))?;
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    private_mode(&mut options);
    let made = match options.open(&file) {
        Err(error) if error.kind() == ErrorKind::AlreadyExists => {
            bail!("{} is there already, and stays as it is", file.display())
        }
        other => other.with_context(|| format!("cannot make {}", file.display()))?,
    };
    fill(made, &file)?;
    out::text(&format!("{}\n", shown(&file)))
}

/// Writes the whole template, or leaves no file.
fn fill(mut made: std::fs::File, file: &Path) -> Result<()> {
    let written = made.write_all(TEMPLATE.as_bytes());
    if written.is_err() {
        std::fs::remove_file(file).with_context(|| format!("cannot remove {}", file.display()))?;
    }
    written.with_context(|| format!("cannot write {}", file.display()))
}

/// Trusts a project's file, after saying what that opens.
fn trust(file: &Path) -> Result<()> {
    let workspace = workspace_of(file)?;
    let before = settings::fingerprint(file)?;
    let settings = Settings::of(&workspace)?;
    let is_ours = |file: &Option<RawText>| {
        file.as_ref()
            .is_some_and(|file| file.as_bytes().ends_with(PROJECT.as_bytes()))
    };
    let loosening: Vec<String> = settings
        .ignored
        .iter()
        .filter(|ignored| ignored.why == Why::NotTrusted && is_ours(&ignored.origin.file))
        .map(|ignored| format!("  {}\n", ignored.origin))
        .collect();
    let is_trusted = settings
        .files
        .iter()
        .any(|one| one.path == before.path && one.trusted);
    match (is_trusted, loosening.is_empty()) {
        (true, _) => say::line("it is trusted already\n"),
        (false, true) => say::line("it loosens nothing\n"),
        (false, false) => say::line(&format!("it loosens:\n{}", loosening.concat())),
    }
    let trusted = settings::trust(file)?;
    if trusted != before {
        settings::distrust(file)?;
        bail!(
            "{} was changed meanwhile; it is not trusted",
            file.display()
        );
    }
    out::text(&format!(
        "trusted {}\nsha256:{}\n",
        trusted.path, trusted.sha256
    ))
}

fn revoke(file: &Path) -> Result<()> {
    let said = if settings::distrust(file)? {
        "not trusted any more"
    } else {
        "was not trusted"
    };
    out::text(&format!("{}: {said}\n", shown(file)))
}

/// The workspace whose configuration `file` is: no other file is ever looked for
/// in the list of trusted ones.
fn workspace_of(file: &Path) -> Result<PathBuf> {
    let file = std::path::absolute(file).context("the current folder is gone")?;
    let workspace = file.ancestors().nth(2).filter(|_| file.ends_with(PROJECT));
    let workspace = workspace.with_context(|| {
        format!(
            "{} is not a project's {PROJECT}; only such a file needs trust",
            shown(&file)
        )
    })?;
    Ok(workspace.to_owned())
}

fn shown(path: &Path) -> RawText {
    RawText::from_bytes(path.as_os_str().as_encoded_bytes())
}

use system::{make_private, private_mode};

#[cfg(unix)]
mod system {
    //! For the user alone.

    use super::{DirBuilder, OpenOptions, Path};
    use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};

    pub fn make_private(folder: &Path) -> std::io::Result<()> {
        DirBuilder::new().recursive(true).mode(0o700).create(folder)
    }

    pub fn private_mode(options: &mut OpenOptions) {
        options.mode(0o600);
    }
}

#[cfg(not(unix))]
mod system {
    //! The profile folder is the user's alone already.

    use super::{DirBuilder, OpenOptions, Path};

    pub fn make_private(folder: &Path) -> std::io::Result<()> {
        DirBuilder::new().recursive(true).create(folder)
    }

    pub const fn private_mode(_: &mut OpenOptions) {}
}
