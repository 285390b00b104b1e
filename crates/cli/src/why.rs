//! `fumehood why`

use std::ffi::{OsStr, OsString};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context, Result, anyhow};
use fumehood::Settings;
use fumehood::policy::{AbsPath, GapName, Origin, RawText, Request, Verdict, decide};
use fumehood::real::{self, Last};
use fumehood::settings::to_std;
use serde::Serialize;

use crate::args::{Deed, Why};
use crate::{out, policy};

/// Version of the answer as JSON.
const VERSION: u32 = 1;

/// The answer.
#[derive(Serialize)]
struct Answer<'a> {
    v: u32,
    action: &'static str,
    /// As it was typed.
    target: RawText,
    /// The real place that the policy was asked about; none for a host.
    place: Option<&'a AbsPath>,
    /// Whether anything is there now; none for a host.
    exists: Option<bool>,
    allowed: bool,
    /// What was said, in one sentence.
    rule: &'a str,
    /// Who said it.
    origin: Option<&'a Origin>,
    /// What would allow it.
    widen: Option<Widen<'a>>,
    /// What the verdict leans on.
    gaps: Vec<Leaning>,
}

#[derive(Serialize)]
struct Widen<'a> {
    flag: Option<&'a str>,
    config: &'a str,
}

/// A promise that the verdict leans on.
#[derive(Serialize)]
struct Leaning {
    name: GapName,
    /// The policy lives without it: where the machine cannot keep it, the verdict does not hold.
    accepted: bool,
}

/// Prints what the policy says to one request.
///
/// # Errors
///
/// A configuration or a target that cannot be read.
pub fn why(arguments: &Why) -> Result<ExitCode> {
    let settings = policy::settings(&arguments.policy)?;
    let (request, place) = request(&settings, arguments.action, &arguments.target)?;
    let verdict = decide(&settings.policy, &request);
    let answer = Answer {
        v: VERSION,
        action: word(arguments.action),
        target: policy::raw(&arguments.target),
        place: place.as_ref(),
        exists: place
            .as_ref()
            .map(|place| to_std(place).symlink_metadata().is_ok()),
        allowed: verdict.allowed,
        rule: &verdict.text,
        origin: verdict.origin.as_ref(),
        widen: verdict.widen.as_ref().map(|fix| Widen {
            flag: fix.flag.as_deref(),
            config: &fix.config,
        }),
        gaps: leanings(&settings, &verdict),
    };
    if arguments.json {
        out::text(&format!("{}\n", serde_json::to_string_pretty(&answer)?))?;
    } else {
        out::text(&answer.to_string())?;
    }
    Ok(if verdict.allowed {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}

const fn word(deed: Deed) -> &'static str {
    match deed {
        Deed::Read => "read",
        Deed::Write => "write",
        Deed::Delete => "delete",
        Deed::Run => "run",
        Deed::Connect => "connect",
    }
}

/// What is asked, and the real place it is about.
fn request(
    settings: &Settings,
    deed: Deed,
    target: &OsString,
) -> Result<(Request, Option<AbsPath>)> {
    if deed == Deed::Connect && !is_path(target) {
        let host = target.to_str().context("a host name is UTF-8")?;
        return Ok((Request::connect(host).map_err(|why| anyhow!(why))?, None));
    }
    let typed = if deed == Deed::Run {
        program(settings, target)
    } else {
        PathBuf::from(target)
    };
    let last = if deed == Deed::Delete {
        Last::Itself
    } else {
        Last::Followed
    };
    let place = real::place(&typed, last)?;
    let about = place.clone();
    let request = match deed {
        Deed::Read => Request::Read(about),
        Deed::Write => Request::Write(about),
        Deed::Delete => Request::Delete(about),
        Deed::Run => Request::Run(about),
        Deed::Connect => Request::ConnectSocket(about),
    };
    Ok((request, Some(place)))
}

/// Whether a target of `connect` is a path: no host begins like one, or is no text.
fn is_path(target: &OsStr) -> bool {
    let bytes = target.as_encoded_bytes();
    let begins = ["/", "./", "../"]
        .iter()
        .any(|start| bytes.starts_with(start.as_bytes()));
    begins || target.to_str().is_none()
}

/// The file that a command name stands for: as `run` finds it, a name without a
/// slash is looked for in `PATH`.
fn program(settings: &Settings, name: &OsStr) -> PathBuf {
    if name.as_encoded_bytes().contains(&b'/') {
        return PathBuf::from(name);
    }
    let set = settings.policy.environment.set.get("PATH");
    let path = set
        .and_then(RawText::as_str)
        .map(OsString::from)
        .or_else(|| std::env::var_os("PATH"));
    let path = path.unwrap_or_default();
    let folders = std::env::split_paths(&path).filter(|folder| folder.is_absolute());
    let found = folders
        .map(|folder| folder.join(name))
        .find(|file| file.is_file());
    found.unwrap_or_else(|| Path::new(name).to_owned())
}

fn leanings(settings: &Settings, verdict: &Verdict) -> Vec<Leaning> {
    let leaning = |gap: &GapName| Leaning {
        name: *gap,
        accepted: settings.policy.accepts(*gap),
    };
    verdict.gaps.iter().map(leaning).collect()
}

impl std::fmt::Display for Answer<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let verdict = if self.allowed { "allowed" } else { "refused" };
        writeln!(f, "{verdict}: {} {}", self.action, self.target)?;
        let missing = self.exists == Some(false);
        match self
            .place
            .filter(|place| place.as_bytes() != self.target.as_bytes())
        {
            Some(place) if missing => writeln!(f, "  which is {place}, not there yet")?,
            Some(place) => writeln!(f, "  which is {place}")?,
            None if missing => writeln!(f, "  which is not there yet")?,
            None => {}
        }
        writeln!(f, "  because  {}", self.rule)?;
        if let Some(origin) = self.origin {
            writeln!(f, "  said by  {origin}")?;
        }
        match &self.widen {
            Some(Widen {
                flag: Some(flag),
                config,
            }) => {
                writeln!(
                    f,
                    "  to allow {flag}\n           or in config.toml: {config}"
                )?;
            }
            Some(Widen { flag: None, config }) => {
                writeln!(f, "  to allow in config.toml: {config}")?;
            }
            None if self.allowed => {}
            None => writeln!(
                f,
                "  to allow nothing: no flag and no preference lifts this"
            )?,
        }
        for gap in &self.gaps {
            let rest = if gap.accepted {
                "accepted by the policy: where this machine cannot keep it, this does not hold"
            } else {
                "required by the policy: where this machine cannot keep it, nothing starts"
            };
            writeln!(f, "  leans on {}, {rest}", gap.name)?;
        }
        Ok(())
    }
}
