//! From the text of a file to a [`Config`].

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::error::{ConfigError, Problem, Warning};
use super::section::{Document, Section};
use super::{
    Config, Constraints, FILE_LIMIT, PROFILES_LIMIT, Profile, Protect, Said, Settings, Source, keys,
};
use crate::caches::TOOLS;
use crate::gap::GapName;
use crate::host;
use crate::limit::{Bound, LimitName};
use crate::policy::{Binds, CacheMode, Layer};
use crate::profiles::BuiltIn;
use crate::raw_text::RawText;
use crate::words::Word;

type Result<T> = std::result::Result<T, ConfigError>;

/// Reads one file.
///
/// ```
/// use fumehood_policy::config::{Source, parse};
/// use fumehood_policy::Layer;
/// let text = "version = 1\ndeny_raed = []\n";
/// let source = Source { layer: Layer::User, file: "config.toml".into(), text };
/// let error = parse(&source).expect_err("a slip");
/// assert_eq!(
///     error.to_string(),
///     "config.toml:2:1: unknown key `deny_raed`; did you mean `deny_read`?"
/// );
/// ```
///
/// # Errors
///
/// The first thing that is wrong, with its file, line, column and key.
pub fn parse(source: &Source<'_>) -> Result<(Config, Vec<Warning>)> {
    let document = Document::new(source);
    if source.text.len() > FILE_LIMIT {
        let problem = Problem::Limit {
            what: "bytes in a file",
            limit: FILE_LIMIT,
        };
        return Err(document.error(0, "", problem));
    }
    let table = DeTable::parse(source.text).map_err(|error| {
        let at = error.span().map_or(source.text.len(), |span| span.start);
        document.error(at, "", Problem::Syntax(error.message().to_owned()))
    })?;
    let root = Section::new(&document, table.get_ref());
    check_version(&root)?;
    let config = if source.layer == Layer::Managed {
        read_managed(&root, source)?
    } else {
        read_config(&root, source)?
    };
    Ok((config, document.warnings.take()))
}

fn check_version(root: &Section<'_>) -> Result<()> {
    match root.version() {
        Some((version, _)) if version == "1" => Ok(()),
        Some((version, at)) => Err(root
            .document
            .error(at, "version", Problem::Version(version))),
        None => Err(root.document.error(0, "version", Problem::NoVersion)),
    }
}

/// An administrator's requirements tighten, so nothing else may stand there.
fn read_managed(root: &Section<'_>, source: &Source<'_>) -> Result<Config> {
    root.only(&["version", "constraints"])?;
    let constraints = read_constraints(root)?;
    Ok(Config {
        constraints,
        ..empty(source)
    })
}

fn empty(source: &Source<'_>) -> Config {
    Config {
        layer: source.layer,
        file: source.file.clone(),
        trusted: source.layer != Layer::Project,
        profile: None,
        workspace: None,
        settings: Settings::default(),
        profiles: std::collections::BTreeMap::new(),
        constraints: Constraints::default(),
    }
}

fn read_config(root: &Section<'_>, source: &Source<'_>) -> Result<Config> {
    root.only(&[keys::FILE, keys::SETTINGS].concat())?;
    let mut config = Config {
        profile: root.text("profile")?,
        workspace: root.text("workspace")?,
        settings: read_settings(root)?,
        constraints: read_constraints(root)?,
        ..empty(source)
    };
    let Some(profiles) = root.section("profiles")? else {
        return Ok(config);
    };
    for (name, value) in profiles.entries() {
        let text = name.get_ref().as_ref();
        let refuse = |problem| {
            root.document
                .error(name.span().start, &profiles.name(text), problem)
        };
        if !is_name(text) {
            let why = "a profile's name has letters, digits, `-`, `_` and `:`".to_owned();
            return Err(refuse(Problem::Value {
                key: "profiles".into(),
                why,
            }));
        }
        if config.profiles.len() >= PROFILES_LIMIT {
            let problem = Problem::Limit {
                what: "profiles in a file",
                limit: PROFILES_LIMIT,
            };
            return Err(refuse(problem));
        }
        let section = profiles.as_section(text, value)?;
        config
            .profiles
            .insert(text.to_owned(), read_profile(&section, text)?);
    }
    Ok(config)
}

/// Whether a profile can be called so: it stands in messages and on command lines.
fn is_name(text: &str) -> bool {
    let good = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | ':');
    (1..=64).contains(&text.len()) && text.chars().all(good)
}

fn read_profile(section: &Section<'_>, name: &str) -> Result<Profile> {
    section.only(&[keys::PROFILE, keys::SETTINGS].concat())?;
    let extends = section.text("extends")?;
    if let Some(extends) = &extends
        && BuiltIn::parse(name).is_some()
    {
        let why = "a built-in profile extends nothing".to_owned();
        let problem = Problem::Value {
            key: extends.at.key.clone(),
            why,
        };
        return Err(section.document.error_at(&extends.at, problem));
    }
    Ok(Profile {
        at: section.own_at(),
        extends,
        settings: read_settings(section)?,
    })
}

fn read_settings(section: &Section<'_>) -> Result<Settings> {
    let mut settings = Settings {
        read: section.texts("read")?,
        write: section.texts("write")?,
        deny_read: section.texts("deny_read")?,
        deny_write: section.texts("deny_write")?,
        hard_links: section.word("hard_links")?,
        temp: section.word("temp")?,
        limits: read_limits(section)?,
        require: read_require(section)?,
        accept: section.words("accept")?,
        ..Settings::default()
    };
    read_protected(section, &mut settings)?;
    read_caches(section, &mut settings)?;
    read_switches(section, &mut settings)?;
    read_network(section, &mut settings)?;
    read_environment(section, &mut settings)?;
    if let Some(windows) = section.section("windows")? {
        windows.only(keys::WINDOWS)?;
        settings.windows_mode = windows.word("mode")?;
        settings.windows_token = windows.word("token")?;
    }
    Ok(settings)
}

fn read_protected(section: &Section<'_>, settings: &mut Settings) -> Result<()> {
    let Some(protected) = section.section("protected")? else {
        return Ok(());
    };
    protected.only(keys::PROTECTED)?;
    settings.protected_depth = protected.word("depth")?;
    settings.protected_free = protected.texts("free")?;
    for element in protected.elements("names")? {
        settings
            .protected_names
            .push(read_protect(&protected, element)?);
    }
    Ok(())
}

/// A protected name: a text, or a table that says where it binds.
fn read_protect<'a>(
    protected: &Section<'a>,
    element: &'a Spanned<DeValue<'a>>,
) -> Result<Said<Protect>> {
    let (name, binds) = if matches!(element.get_ref(), DeValue::Table(_)) {
        let table = protected.as_section("names", element)?;
        table.only(keys::PROTECT)?;
        let Some(name) = table.text("name")? else {
            return Err(protected.refuse("names", element, "`name` is missing"));
        };
        (
            name,
            table
                .word("binds")?
                .map_or(Binds::RepositoryRoots, |said| said.value),
        )
    } else {
        (protected.as_text("names", element)?, Binds::RepositoryRoots)
    };
    let is_relative = !name.value.starts_with('/')
        && !name.value.is_empty()
        && !name.value.contains('\0')
        && name
            .value
            .split('/')
            .all(|part| !matches!(part, "" | "." | ".."));
    if !is_relative {
        let why = "a protected name is a relative path, as `.vscode` or `.git/hooks`";
        return Err(protected.refuse("names", element, why));
    }
    Ok(Said {
        value: Protect {
            name: name.value,
            binds,
        },
        at: name.at,
    })
}

fn read_caches(section: &Section<'_>, settings: &mut Settings) -> Result<()> {
    let Some(caches) = section.section("caches")? else {
        return Ok(());
    };
    let mut known: Vec<&str> = TOOLS.iter().map(|tool| tool.name).collect();
    known.push("default");
    caches.only(&known)?;
    for (name, value) in caches.entries() {
        let name = name.get_ref().as_ref();
        let mode: Said<CacheMode> = caches.as_word(name, value)?;
        if name == "default" {
            settings.caches_default = Some(mode);
        } else {
            settings.caches.push((name.to_owned(), mode));
        }
    }
    Ok(())
}

/// Tables that hold switches and little else.
fn read_switches(section: &Section<'_>, settings: &mut Settings) -> Result<()> {
    if let Some(devices) = section.section("devices")? {
        devices.only(keys::DEVICES)?;
        settings.gpu = devices.flag("gpu")?;
        settings.kvm = devices.flag("kvm")?;
        settings.fuse = devices.flag("fuse")?;
    }
    if let Some(sockets) = section.section("sockets")? {
        sockets.only(keys::SOCKETS)?;
        settings.agents = sockets.flag("agents")?;
        settings.docker = sockets.flag("docker")?;
        settings.socket_paths = sockets.texts("paths")?;
    }
    if let Some(calls) = section.section("system_calls")? {
        calls.only(keys::SYSTEM_CALLS)?;
        settings.nesting = calls.flag("nesting")?;
        settings.perf = calls.flag("perf")?;
        settings.ptrace = calls.flag("ptrace")?;
    }
    if let Some(audit) = section.section("audit")? {
        audit.only(keys::AUDIT)?;
        settings.audit_enabled = audit.flag("enabled")?;
        settings.audit_fatal = audit.flag("fatal")?;
    }
    if let Some(sessions) = section.section("sessions")? {
        sessions.only(keys::SESSIONS)?;
        settings.session_idle = sessions.time("idle")?;
    }
    Ok(())
}

fn read_network(section: &Section<'_>, settings: &mut Settings) -> Result<()> {
    let Some(network) = section.section("network")? else {
        return Ok(());
    };
    network.only(keys::NETWORK)?;
    settings.network_mode = network.word("mode")?;
    settings.network_allow = read_hosts(&network, "allow")?;
    settings.network_deny = read_hosts(&network, "deny")?;
    Ok(())
}

fn read_hosts(section: &Section<'_>, key: &str) -> Result<Vec<Said<String>>> {
    let mut hosts = section.texts(key)?;
    for said in &mut hosts {
        let shown = RawText::from(said.value.as_str());
        said.value = host::parse(&said.value).map_err(|why| {
            let problem = Problem::Value {
                key: said.at.key.clone(),
                why: format!("`{shown}`: {why}"),
            };
            section.document.error_at(&said.at, problem)
        })?;
    }
    Ok(hosts)
}

fn read_environment(section: &Section<'_>, settings: &mut Settings) -> Result<()> {
    let Some(environment) = section.section("environment")? else {
        return Ok(());
    };
    environment.only(keys::ENVIRONMENT)?;
    settings.environment_inherit = read_names(&environment, "inherit")?;
    settings.environment_remove = read_names(&environment, "remove")?;
    let Some(set) = environment.section("set")? else {
        return Ok(());
    };
    for (name, value) in set.entries() {
        let name = name.get_ref().as_ref();
        let said = set.as_text(name, value)?;
        if !is_variable(name) || said.value.contains('\0') {
            return Err(set.refuse(
                name,
                value,
                "a variable's name has no `=` and no NUL, nor has its value a NUL",
            ));
        }
        settings.environment_set.push((name.to_owned(), said));
    }
    Ok(())
}

/// Names of variables, or prefixes that end in `*`.
fn read_names(section: &Section<'_>, key: &str) -> Result<Vec<Said<String>>> {
    let names = section.texts(key)?;
    for said in &names {
        let name = said.value.strip_suffix('*').unwrap_or(&said.value);
        if !is_variable(name) || name.contains('*') {
            let why = "a variable is named exactly, or by a prefix that ends in `*`".to_owned();
            let problem = Problem::Value {
                key: said.at.key.clone(),
                why,
            };
            return Err(section.document.error_at(&said.at, problem));
        }
    }
    Ok(names)
}

fn is_variable(name: &str) -> bool {
    !name.is_empty() && !name.contains(['=', '\0'])
}

fn read_limits(section: &Section<'_>) -> Result<Vec<Said<Bound>>> {
    let Some(limits) = section.section("limits")? else {
        return Ok(Vec::new());
    };
    let known: Vec<&str> = LimitName::WORDS.iter().map(|(word, _)| *word).collect();
    limits.only(&known)?;
    let read = LimitName::WORDS
        .iter()
        .filter_map(|(_, limit)| limits.limit(*limit).transpose());
    read.collect()
}

/// `[require]`: gaps that are taken back, each `true`.
fn read_require(section: &Section<'_>) -> Result<Vec<Said<GapName>>> {
    let Some(require) = section.section("require")? else {
        return Ok(Vec::new());
    };
    let mut all = Vec::new();
    for (name, value) in require.entries() {
        let text = name.get_ref().as_ref();
        let Some(gap) = GapName::from_word(text) else {
            return Err(require.unknown_key(name, &gap_names()));
        };
        match require.flag(text)? {
            Some(said) if said.value => all.push(Said {
                value: gap,
                at: said.at,
            }),
            _ => {
                let why = "a requirement is never taken back: leave the line out";
                return Err(require.refuse(text, value, why));
            }
        }
    }
    Ok(all)
}

fn gap_names() -> Vec<&'static str> {
    GapName::ALL.iter().map(|gap| gap.as_str()).collect()
}

fn read_constraints(root: &Section<'_>) -> Result<Constraints> {
    let Some(section) = root.section("constraints")? else {
        return Ok(Constraints::default());
    };
    section.only(keys::CONSTRAINTS)?;
    Ok(Constraints {
        deny_read: section.texts("deny_read")?,
        deny_write: section.texts("deny_write")?,
        network: section.word("network")?,
        deny_hosts: read_hosts(&section, "deny_hosts")?,
        deny_environment: read_names(&section, "deny_environment")?,
        limits: read_limits(&section)?,
        require: read_require(&section)?,
        refuse: section.words("refuse")?,
    })
}
