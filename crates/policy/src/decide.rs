//! The decision on one request: may a command inside do this, and why.
//!
//! It answers from the policy alone. Where the kernel is weaker than the policy
//! today, the verdict stays what the policy wants and [`Verdict::gaps`] names
//! the promise it leans on; where the kernel's own rights are narrower (a file
//! of another user), it does not know. What would widen a refusal is tried on
//! the policy before it is offered.

use crate::fix::{self, Fix};
use crate::gap::GapName;
use crate::host;
use crate::path::AbsPath;
use crate::policy::{Access, Effect, NetworkMode, Origin, Policy, Rule, Standing, Temp};
use crate::raw_text::RawText;
use crate::standing::{Because, Walk};

/// What a command wants to do.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Request {
    /// Open to read, or list.
    Read(AbsPath),
    /// Create or change.
    Write(AbsPath),
    /// Delete, or rename away.
    Delete(AbsPath),
    /// Execute.
    Run(AbsPath),
    /// Speak to a host by name or address.
    ConnectHost {
        /// The name or address.
        name: String,
        /// The port; none asks about any.
        port: Option<u16>,
    },
    /// Speak to a socket of the host that has a path.
    ConnectSocket(AbsPath),
}

/// What the policy says about a request.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Verdict {
    /// Whether it may be done.
    pub allowed: bool,
    /// Who said so; none if nothing was said.
    pub origin: Option<Origin>,
    /// What was said, in one sentence.
    pub text: String,
    /// What would allow it; none if it is allowed, or if nothing would.
    pub widen: Option<Fix>,
    /// The verdict is only as strong as these.
    pub gaps: Vec<GapName>,
}

impl Request {
    /// Reads what follows `connect`: a path is a socket, all else a host.
    ///
    /// # Errors
    ///
    /// What is wrong with it.
    pub fn connect(target: &str) -> Result<Self, String> {
        if target.starts_with('/') {
            let path = AbsPath::parse(target.as_bytes()).map_err(|error| error.to_string())?;
            return Ok(Self::ConnectSocket(path));
        }
        let text = host::parse(target).map_err(|why| format!("`{target}`: {why}"))?;
        let (name, port) = host::split(&text);
        Ok(Self::ConnectHost { name, port })
    }
}

/// The private places of every run: what is there is the command's own.
const PRIVATE: &[&str] = &["/tmp", "/var/tmp", "/run", "/dev/shm"];
/// Devices that are always there and can be written.
const DEVICES: &[&str] = &[
    "/dev/null",
    "/dev/zero",
    "/dev/full",
    "/dev/random",
    "/dev/urandom",
    "/dev/tty",
    "/dev/ptmx",
];

/// What `policy` says about `request`.
#[must_use]
pub fn decide(policy: &Policy, request: &Request) -> Verdict {
    let mut verdict = judge(policy, request);
    if !verdict.allowed {
        verdict.widen = fix::find(policy, request);
    }
    verdict
}

/// The verdict without what would widen it.
pub(crate) fn judge(policy: &Policy, request: &Request) -> Verdict {
    match request {
        Request::ConnectHost { name, port } => judge_host(policy, name, *port),
        Request::ConnectSocket(path) => judge_socket(policy, path),
        Request::Read(path) | Request::Run(path) => match own_place(policy, path) {
            Some(text) => allowed_by("temp", text, policy),
            None => judge_read(policy, path),
        },
        Request::Write(path) => match own_place(policy, path) {
            Some(text) => allowed_by("temp", text, policy),
            None => judge_write(policy, path),
        },
        Request::Delete(path) => match own_place(policy, path) {
            Some(text) => allowed_by("temp", text, policy),
            None => judge_delete(policy, path),
        },
    }
}

/// Why the place is open without a rule: it is the command's own, or a device; none
/// if the rules decide.
fn own_place(policy: &Policy, path: &AbsPath) -> Option<&'static str> {
    let is_path = |text: &&str| path.as_bytes() == text.as_bytes();
    if DEVICES.iter().any(is_path) {
        return Some("a standard device is always there");
    }
    let within =
        |text: &&str| AbsPath::parse(text.as_bytes()).is_ok_and(|own| path.is_within(&own));
    let place = PRIVATE.iter().find(|place| within(place))?;
    let text = if matches!(*place, "/tmp" | "/var/tmp") && policy.temp == Temp::Host {
        "it is the host's temporary folder, which the policy opens"
    } else {
        "it is a private folder of the command"
    };
    // A root that lies below it is the host's, mounted there.
    let depth = place.split('/').count() - 1;
    let is_named = |rule: &Rule| {
        rule.effect == Effect::Allow
            && rule
                .pattern
                .matches_prefix(path)
                .is_some_and(|parts| parts > depth)
    };
    // So are the home folder and our own configuration, which are shown there too.
    let shown = [&policy.home, &policy.workspace];
    let is_shown = shown
        .into_iter()
        .chain(&policy.own.config)
        .any(|shown| path.is_within(shown));
    (!is_shown && !policy.rules.iter().any(is_named)).then_some(text)
}

fn judge_read(policy: &Policy, path: &AbsPath) -> Verdict {
    let walk = policy.walk(path);
    let allowed = walk.standing >= Standing::ReadOnly;
    let gaps = if allowed {
        Vec::new()
    } else {
        gaps_of(&walk.read, Access::Read)
    };
    verdict(allowed, &walk.read, Access::Read, gaps)
}

fn judge_write(policy: &Policy, path: &AbsPath) -> Verdict {
    let walk = policy.walk(path);
    let allowed = walk.standing == Standing::Writable;
    let gaps = if allowed {
        Vec::new()
    } else {
        gaps_of(&walk.write, Access::Write)
    };
    verdict(allowed, &walk.write, Access::Write, gaps)
}

/// Deleting changes the folder above; and what holds something that must stay
/// cannot go.
fn judge_delete(policy: &Policy, path: &AbsPath) -> Verdict {
    let own = judge_write(policy, path);
    let Some(parent) = path.parent() else {
        return refused("the root folder cannot go");
    };
    if !own.allowed {
        return own;
    }
    let Walk {
        standing, write, ..
    } = policy.walk(&parent);
    if standing != Standing::Writable {
        let gaps = gaps_of(&write, Access::Write);
        return verdict(false, &write, Access::Write, gaps);
    }
    match kept_below(policy, path) {
        Some((origin, text)) => Verdict {
            origin: Some(origin),
            gaps: vec![GapName::MissingNames],
            ..refused(&text)
        },
        None => own,
    }
}

/// Something below `path` that stays where it is, if it exists.
fn kept_below(policy: &Policy, path: &AbsPath) -> Option<(Origin, String)> {
    let is_below = |place: &AbsPath| place != path && place.is_within(path);
    let is_kept = |place: &AbsPath| policy.standing(place).standing != Standing::Writable;
    let rule = policy.rules.iter().find(|rule| {
        let base = rule.pattern.base();
        rule.effect == Effect::Deny
            && rule.pattern.glob().is_none()
            && is_below(base)
            && is_kept(base)
    });
    if let Some(rule) = rule {
        return Some((
            rule.origin.clone(),
            format!("it holds `{}`, which stays", rule.pattern),
        ));
    }
    let roots = policy.rules.iter().filter(|rule| rule.is_writable_root());
    for root in roots.map(|rule| rule.pattern.base()) {
        for name in &policy.protected {
            let Ok(place) = root.join(&name.name) else {
                continue;
            };
            if is_below(&place) && is_kept(&place) {
                let text = format!("it holds the protected name `{}`", name.name);
                return Some((name.origin.clone(), text));
            }
        }
    }
    None
}

/// The promises that a refusal leans on.
fn gaps_of(because: &Because<'_>, access: Access) -> Vec<GapName> {
    match because {
        Because::Protected { deep: true, .. } => vec![GapName::NamesAtDepth],
        Because::Protected { deep: false, .. } => vec![GapName::MissingNames],
        Because::Rule(rule) if rule.effect == Effect::Deny => {
            if rule.pattern.is_deep() {
                vec![GapName::DeepGlobs]
            } else if access == Access::Write {
                vec![GapName::MissingNames]
            } else {
                Vec::new()
            }
        }
        Because::Nothing if access == Access::Read => vec![GapName::NarrowReadNames],
        _ => Vec::new(),
    }
}

fn verdict(allowed: bool, because: &Because<'_>, access: Access, gaps: Vec<GapName>) -> Verdict {
    let (origin, text) = explain(because, access);
    Verdict {
        allowed,
        origin,
        text,
        widen: None,
        gaps,
    }
}

/// Who said it, and what, in one sentence.
fn explain(because: &Because<'_>, access: Access) -> (Option<Origin>, String) {
    match because {
        Because::Nothing => (None, "no rule gives access to it".to_owned()),
        Because::Rule(rule) => {
            let pattern = &rule.pattern;
            let text = match (rule.effect, rule.access) {
                (Effect::Allow, Access::Read) if access == Access::Write => {
                    format!("`{pattern}` may be read, and nothing lets it be written")
                }
                (Effect::Allow, Access::Read) => format!("`{pattern}` may be read"),
                (Effect::Allow, Access::Write) => format!("`{pattern}` may be written"),
                (Effect::Deny, Access::Read) => format!("`{pattern}` is hidden"),
                (Effect::Deny, Access::Write) => format!("`{pattern}` may not be written"),
            };
            (Some(rule.origin.clone()), text)
        }
        Because::Protected { name, at, .. } => (
            Some(name.origin.clone()),
            format!("`{at}` is the protected name `{}`", name.name),
        ),
        Because::State => (
            Some(Origin::built_in("state")),
            "it is fumehood's own state".to_owned(),
        ),
        Because::Configuration => (
            Some(Origin::built_in("configuration")),
            "it is fumehood's own configuration".to_owned(),
        ),
    }
}

fn refused(text: &str) -> Verdict {
    Verdict {
        allowed: false,
        origin: None,
        text: text.to_owned(),
        widen: None,
        gaps: Vec::new(),
    }
}

fn allowed_by(key: &str, text: &str, policy: &Policy) -> Verdict {
    Verdict {
        allowed: true,
        origin: Some(policy.origin(key)),
        ..refused(text)
    }
}

fn judge_host(policy: &Policy, name: &str, port: Option<u16>) -> Verdict {
    let network = &policy.network;
    let mode = policy.origin("network.mode");
    if network.mode == NetworkMode::On {
        return allowed_by("network.mode", "the host's network is open", policy);
    }
    if host::is_loopback(name) {
        return allowed_by("network.mode", "loopback is the command's own", policy);
    }
    if network.mode == NetworkMode::Off {
        return Verdict {
            origin: Some(mode),
            ..refused("the network is off")
        };
    }
    let gaps = vec![GapName::NetworkNames];
    let find = |list: &'_ [crate::policy::HostRule]| {
        list.iter().find(|rule| rule.matches(name, port)).cloned()
    };
    if let Some(rule) = find(&network.deny) {
        let text = format!("`{}` is denied", rule.host);
        return Verdict {
            origin: Some(rule.origin),
            gaps,
            ..refused(&text)
        };
    }
    match find(&network.allow) {
        Some(rule) => {
            let text = format!("`{}` is allowed", rule.host);
            Verdict {
                allowed: true,
                origin: Some(rule.origin),
                gaps,
                ..refused(&text)
            }
        }
        None => Verdict {
            origin: Some(mode),
            gaps,
            ..refused("no rule allows this host")
        },
    }
}

fn judge_socket(policy: &Policy, path: &AbsPath) -> Verdict {
    let gaps = vec![GapName::HostSockets];
    let open = policy.open_sockets();
    if let Some(open) = open.iter().find(|open| open.path == *path) {
        return allowed_by(open.by.key(), open.by.text(), policy);
    }
    // Whoever asks about a socket in /run means the host's, which is not there inside.
    let own = own_place(policy, path).filter(|_| !path.as_bytes().starts_with(b"/run/"));
    if let Some(text) = own {
        return allowed_by("temp", text, policy);
    }
    let answer = policy.standing(path);
    let (origin, text) = explain(&answer.because, Access::Read);
    match answer.standing {
        Standing::Hidden => Verdict {
            origin,
            ..refused(&text)
        },
        Standing::ReadOnly => {
            let origin = Some(policy.origin("sockets.paths"));
            Verdict {
                origin,
                gaps,
                ..refused("it is a socket of the host")
            }
        }
        Standing::Writable => {
            let text = "a socket that the command made itself may be reached, the host's may not";
            Verdict {
                allowed: true,
                origin,
                gaps,
                ..refused(text)
            }
        }
    }
}

/// What a request asks, as `why` and reports say it.
impl std::fmt::Display for Request {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Read(path) => write!(f, "read {path}"),
            Self::Write(path) => write!(f, "write {path}"),
            Self::Delete(path) => write!(f, "delete {path}"),
            Self::Run(path) => write!(f, "run {path}"),
            Self::ConnectHost { name, port: None } => {
                write!(f, "connect {}", RawText::from(name.as_str()))
            }
            Self::ConnectHost {
                name,
                port: Some(port),
            } => {
                write!(f, "connect {}:{port}", RawText::from(name.as_str()))
            }
            Self::ConnectSocket(path) => write!(f, "connect {path}"),
        }
    }
}
