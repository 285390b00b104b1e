//! Several files and the command line, made into one policy.
//!
//! Two algebras. *Preferences* (everything in a file but `[constraints]`): the
//! last layer wins, value by value, and lists add up; the order is that of
//! [`Layer`](crate::Layer), and within one layer what holds for every profile comes before
//! the profile's own, a profile after the one it extends. *Constraints* have no
//! order: each is laid over the result and only takes away, so that neither a
//! file nor a flag lifts what an administrator, or the user in another file,
//! has ruled out.
//!
//! A project's file that is not trusted may only tighten: its denies, lower
//! limits, requirements and constraints hold, everything else in it is left out
//! and reported by name. Otherwise cloning a repository would be enough to open
//! the sandbox that is meant to hold its code.

mod apply;
mod bound;
mod error;
mod flags;
mod places;

use std::fmt;

use crate::config::{At, Config, Profile, Said};
use crate::gap::GapName;
use crate::kernel::why_never_writable;
use crate::limit::Bound;
use crate::nearest::nearest;
use crate::path::AbsPath;
use crate::place::Place;
use crate::policy::{NetworkMode, Origin, Policy};
use crate::profiles::BuiltIn;
use crate::raw_text::RawText;
use crate::sockets;

pub use error::{PathTrouble, ResolveError, Spot};

/// How many profiles may extend one another: a person cannot follow more.
pub const EXTENDS_LIMIT: usize = 8;
/// Most rules of one policy, the built-in ones included: each costs at start.
pub const RULES_LIMIT: usize = 4096;

/// What the flags of `fumehood run`, or the calls of a builder, say.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Overrides {
    /// `--profile`.
    pub profile: Option<String>,
    /// `--workspace`, with links followed. Naming it is asking for it: only so,
    /// or by the key `workspace`, can it be `/` or the home folder.
    pub workspace: Option<AbsPath>,
    /// `--allow-read`: paths or globs, relative to [`Place::current`].
    pub allow_read: Vec<RawText>,
    /// `--allow-write`.
    pub allow_write: Vec<RawText>,
    /// `--deny-read`.
    pub deny_read: Vec<RawText>,
    /// `--deny-write`.
    pub deny_write: Vec<RawText>,
    /// `--network`.
    pub network: Option<NetworkMode>,
    /// `--allow-host`. Without `--network`, opens a network that is off by name.
    pub allow_host: Vec<String>,
    /// `--env NAME=VALUE`.
    pub set: Vec<(String, RawText)>,
    /// `--env NAME`.
    pub inherit: Vec<String>,
    /// `--limit`.
    pub limits: Vec<Bound>,
    /// `--timeout`, a limit with a flag of its own: the last word on what it bounds.
    pub timeout: Option<Bound>,
    /// `--accept`.
    pub accept: Vec<GapName>,
    /// Gaps that are refused whatever accepts them.
    pub require: Vec<GapName>,
}

/// A policy, and what did not become part of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Resolved {
    /// The policy. Its values, each with its origin, are [`Policy::shown`].
    pub policy: Policy,
    /// What was said and does not hold.
    pub ignored: Vec<Ignored>,
}

/// Something that was said and does not hold.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ignored {
    /// Who said it.
    pub origin: Origin,
    /// Why it does not hold.
    pub why: Why,
}

/// Why something does not hold.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Why {
    /// It loosens, and the file is not trusted.
    NotTrusted,
    /// A constraint says otherwise.
    Constraint(Origin),
    /// It means nothing with the network as it is, and so do the other hosts.
    Network {
        /// How the network is.
        mode: NetworkMode,
        /// How many hosts, this one included.
        hosts: usize,
    },
}

impl fmt::Display for Ignored {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: ignored, ", self.origin)?;
        match &self.why {
            Why::NotTrusted => f.write_str(
                "because it loosens and the file is not trusted; read the file, then trust it",
            ),
            Why::Constraint(origin) => write!(f, "because of {origin}"),
            Why::Network { mode, hosts } => {
                let mode = crate::words::Word::word(*mode);
                if *hosts > 1 {
                    write!(f, "with {} more, ", hosts - 1)?;
                }
                write!(
                    f,
                    "because hosts mean nothing with `network.mode = \"{mode}\"`"
                )
            }
        }
    }
}

/// Makes one policy of all that was said.
///
/// `layers` may come in any order; several of one layer are taken in theirs.
///
/// ```
/// use fumehood_policy::config::{Source, parse};
/// use fumehood_policy::{Layer, Overrides, Place, Standing, resolve};
/// let path = |text: &str| text.parse::<fumehood_policy::AbsPath>();
/// let place = Place::new(path("/home/u")?, path("/home/u/w")?, path("/home/u/.state")?);
/// let text = "version = 1\nwrite = ['~/scratch']\n[constraints]\ndeny_write = ['~/w/fixed']";
/// let source = Source { layer: Layer::User, file: "config.toml".into(), text };
/// let (user, _) = parse(&source)?;
/// let flags = Overrides { allow_write: vec!["fixed/part".into()], ..Overrides::default() };
/// let policy = resolve(&[user], &flags, &place)?.policy;
/// assert_eq!(policy.standing(&path("/home/u/scratch/a")?).standing, Standing::Writable);
/// assert_eq!(policy.standing(&path("/home/u/w/fixed/part")?).standing, Standing::ReadOnly);
/// # Ok::<_, Box<dyn std::error::Error>>(())
/// ```
///
/// # Errors
///
/// [`ResolveError`], with the place of what is wrong.
pub fn resolve(
    layers: &[Config],
    overrides: &Overrides,
    place: &Place,
) -> Result<Resolved, ResolveError> {
    let mut layers: Vec<&Config> = layers.iter().collect();
    layers.sort_by_key(|config| config.layer);
    let mut ignored = Vec::new();
    let chosen = choose_profile(&layers, overrides, &mut ignored);
    let chain = chain(&layers, &chosen)?;
    let root = workspace(&layers, overrides, place, &mut ignored)?;
    if let Some(why) = why_never_writable(&root.path) {
        return Err(ResolveError::Path {
            spot: spot_of(root.origin),
            text: RawText::from_bytes(root.path.as_bytes()),
            why: PathTrouble::Kernel(why),
        });
    }
    let place = Place {
        workspace: root.path,
        ..place.clone()
    };
    let mut policy = Policy::built_in(chain.built_in, &place);
    policy.profile = chosen.name;
    policy
        .origins
        .insert("profile".to_owned(), *chosen.spot.origin);
    policy.origins.insert("workspace".to_owned(), root.origin);
    let mut hand = apply::Hand {
        policy,
        ignored,
        place: &place,
        layers: &layers,
    };
    for config in &layers {
        hand.own_file(config);
        hand.settings(config, &config.settings)?;
        for name in &chain.names {
            if let Some(profile) = config.profiles.get(name) {
                hand.settings(config, &profile.settings)?;
            }
        }
    }
    hand.flags(overrides)?;
    for config in &layers {
        hand.constraints(config)?;
    }
    hand.finish();
    let apply::Hand {
        policy, ignored, ..
    } = hand;
    if policy.rules.len() > RULES_LIMIT {
        return Err(ResolveError::TooManyRules);
    }
    Ok(Resolved { policy, ignored })
}

/// A profile that was asked for.
struct Chosen {
    name: String,
    spot: Spot,
}

/// The profile to use: the last that was said. A file that is not trusted can
/// ask for the built-in one that writes nothing, and for no other.
fn choose_profile(layers: &[&Config], flags: &Overrides, ignored: &mut Vec<Ignored>) -> Chosen {
    if let Some(name) = &flags.profile {
        let spot = spot_of(Origin::command_line("--profile"));
        return Chosen {
            name: name.clone(),
            spot,
        };
    }
    let mut chosen = Chosen {
        name: BuiltIn::default().as_str().to_owned(),
        spot: spot_of(Origin::built_in("profile")),
    };
    for config in layers {
        let Some(said) = &config.profile else {
            continue;
        };
        if config.trusted || said.value == BuiltIn::ReadOnly.as_str() {
            chosen = Chosen {
                name: said.value.clone(),
                spot: spot(config, &said.at),
            };
        } else {
            ignored.push(Ignored {
                origin: config.origin(&said.at),
                why: Why::NotTrusted,
            });
        }
    }
    chosen
}

fn spot(config: &Config, at: &At) -> Spot {
    Spot {
        origin: Box::new(config.origin(at)),
        column: Some(at.column),
    }
}

/// The place of a value that no file said.
fn spot_of(origin: Origin) -> Spot {
    Spot {
        origin: Box::new(origin),
        column: None,
    }
}

/// A profile and those it extends.
struct Chain {
    built_in: BuiltIn,
    /// The built-in one first, the one that was asked for last.
    names: Vec<String>,
}

fn chain(layers: &[&Config], chosen: &Chosen) -> Result<Chain, ResolveError> {
    let mut names = Vec::new();
    let mut next = Chosen {
        name: chosen.name.clone(),
        spot: chosen.spot.clone(),
    };
    loop {
        let is_again = names.contains(&next.name);
        let (name, spot) = (next.name, next.spot);
        names.push(name.clone());
        if is_again || names.len() > EXTENDS_LIMIT {
            let why = if is_again {
                "profiles extend one another in a circle"
            } else {
                "too many profiles extend one another"
            };
            return Err(ResolveError::Extends {
                spot,
                why,
                chain: names.join(" → "),
            });
        }
        if let Some(built_in) = BuiltIn::parse(&name) {
            names.reverse();
            return Ok(Chain { built_in, names });
        }
        next = extended(layers, &name).ok_or_else(|| unknown_profile(layers, &name, spot))?;
    }
}

/// What the profile `name` starts from; none if nobody defines it.
fn extended(layers: &[&Config], name: &str) -> Option<Chosen> {
    let trusted = layers.iter().filter(|config| config.trusted);
    let defined: Vec<(&Config, &Profile)> = trusted
        .filter_map(|config| Some((*config, config.profiles.get(name)?)))
        .collect();
    let said = defined.iter().rev().find_map(|(config, profile)| {
        let Said { value, at } = profile.extends.as_ref()?;
        Some(Chosen {
            name: value.clone(),
            spot: spot(config, at),
        })
    });
    let (config, profile) = defined.last()?;
    Some(said.unwrap_or_else(|| Chosen {
        name: BuiltIn::ReadOnly.as_str().to_owned(),
        spot: spot(config, &profile.at),
    }))
}

fn unknown_profile(layers: &[&Config], name: &str, spot: Spot) -> ResolveError {
    let mut known: Vec<&str> = BuiltIn::ALL
        .iter()
        .map(|profile| profile.as_str())
        .collect();
    let trusted = layers.iter().filter(|config| config.trusted);
    known.extend(trusted.flat_map(|config| config.profiles.keys().map(String::as_str)));
    known.sort_unstable();
    known.dedup();
    let untrusted = layers
        .iter()
        .any(|config| !config.trusted && config.profiles.contains_key(name));
    let hint = if untrusted {
        "; a file that is not trusted defines one".to_owned()
    } else if let Some(near) = nearest(name, known.iter().copied()) {
        format!("; did you mean `{near}`?")
    } else {
        format!("; there are {}", known.join(", "))
    };
    ResolveError::UnknownProfile {
        spot,
        name: RawText::from(name),
        hint,
    }
}

/// A workspace and who named it.
struct Root {
    path: AbsPath,
    origin: Origin,
}

/// The workspace: the last that was named, or where the command is started. A
/// folder that holds a whole machine or user is taken only if it was named.
fn workspace(
    layers: &[&Config],
    flags: &Overrides,
    place: &Place,
    ignored: &mut Vec<Ignored>,
) -> Result<Root, ResolveError> {
    if let Some(path) = &flags.workspace {
        return Ok(Root {
            path: path.clone(),
            origin: Origin::command_line("--workspace"),
        });
    }
    let mut named = None;
    for config in layers {
        let Some(said) = &config.workspace else {
            continue;
        };
        let origin = config.origin(&said.at);
        if !config.trusted {
            ignored.push(Ignored {
                origin,
                why: Why::NotTrusted,
            });
            continue;
        }
        let path = places::folder(place, &said.value).map_err(|why| ResolveError::Path {
            spot: spot(config, &said.at),
            text: RawText::from(said.value.as_str()),
            why,
        })?;
        named = Some(Root { path, origin });
    }
    if let Some(root) = named {
        return Ok(root);
    }
    let path = place.workspace.clone();
    let mut homes = std::iter::once(&place.home).chain(&place.other_homes);
    match homes.find_map(|home| too_wide(&path, home)) {
        Some(what) => Err(ResolveError::Workspace { path, what }),
        None => Ok(Root {
            path,
            origin: Origin::built_in("workspace"),
        }),
    }
}

/// Why nobody means a folder to be the workspace by accident; none if it can be.
fn too_wide(path: &AbsPath, home: &AbsPath) -> Option<&'static str> {
    if path.parts().next().is_none() {
        Some("is the whole file system")
    } else if path == home {
        Some("is your home folder")
    } else if home.is_within(path) {
        Some("holds your home folder")
    } else {
        None
    }
}

/// Variables that cross because sockets that they name may be reached.
fn socket_variables(policy: &Policy) -> impl Iterator<Item = &'static str> {
    let agents = if policy.sockets.agents {
        sockets::AGENT_VARIABLES
    } else {
        &[]
    };
    let engines = if policy.sockets.docker {
        sockets::ENGINE_VARIABLES
    } else {
        &[]
    };
    agents.iter().chain(engines).copied()
}
