//! What `config.toml` can say, and how exactly it says what is wrong.

use fumehood_policy::config::{Config, ConfigError, Problem, Source, Warning, parse};
use fumehood_policy::limit::LimitName;
use fumehood_policy::{Binds, CacheMode, GapName, Layer, NetworkMode};

const FULL: &str = include_str!("data/full.toml");

fn read(layer: Layer, text: &str) -> Result<(Config, Vec<Warning>), ConfigError> {
    parse(&Source {
        layer,
        file: "config.toml".into(),
        text,
    })
}

fn error(text: &str) -> ConfigError {
    read(Layer::User, text).expect_err(text)
}

#[test]
fn every_key_is_read_with_its_place() {
    let (config, warnings) = read(Layer::User, FULL).expect("a configuration");
    assert_eq!(warnings, []);
    assert_eq!(
        config.profile.as_ref().map(|said| said.value.as_str()),
        Some("ci:full")
    );
    let full = &config.profiles["ci:full"].settings;
    assert_eq!(full.read[0].value, "/opt/{sdk,tools}");
    assert_eq!((full.read[0].at.line, full.read[0].at.column), (11, 9));
    assert_eq!(full.read[0].at.key, "profiles.ci:full.read");
    assert_eq!(full.protected_names[1].value.binds, Binds::Anywhere);
    assert_eq!(
        full.caches_default.as_ref().map(|said| said.value),
        Some(CacheMode::Private)
    );
    assert_eq!(
        full.network_mode.as_ref().map(|said| said.value),
        Some(NetworkMode::Names)
    );
    assert_eq!(full.limits.len(), LimitName::Wall as usize + 1);
    assert_eq!(full.limits[0].value.most, Some(1000));
    assert_eq!(full.require[0].value, GapName::Landlock);
    assert_eq!(config.constraints.refuse.len(), 2);
    let origin = config.origin(&full.limits[1].at);
    assert_eq!(
        origin.to_string(),
        "config.toml:56 (profiles.ci:full.limits.memory)"
    );
}

#[test]
fn an_error_has_file_line_column_key_and_the_nearest_known_one() {
    let unknown = error("version = 1\n\n[profiles.x]\n  deny_raed = ['/x']\n");
    assert_eq!((unknown.line, unknown.column), (4, 3));
    assert_eq!(unknown.key, "profiles.x.deny_raed");
    assert_eq!(
        unknown.to_string(),
        "config.toml:4:3: unknown key `deny_raed` in `profiles.x`; did you mean `deny_read`?"
    );
    let word = error("version = 1\nnetwork = { mode = \"of\" }");
    assert_eq!(
        word.to_string(),
        "config.toml:2:20: `of` is not a value of `network.mode`; did you mean `off`?"
    );
    let kind = error("version = 1\nread = '/x'");
    assert_eq!(
        kind.to_string(),
        "config.toml:2:8: `read` has to be a list, and this is a text"
    );
    let tool = error("version = 1\n[caches]\ncargoo = 'private'");
    assert!(
        tool.to_string().ends_with("did you mean `cargo`?"),
        "{tool}"
    );
    let gap = error("version = 1\n[require]\nmemroy = true");
    assert!(gap.to_string().ends_with("did you mean `memory`?"), "{gap}");
}

#[test]
fn columns_count_characters_and_not_bytes() {
    let wide = error("version = 1\nread = ['한글', 3]");
    assert_eq!((wide.line, wide.column), (2, 15));
}

#[test]
fn the_version_comes_first_and_is_known() {
    assert_eq!(*error("").problem, Problem::NoVersion);
    assert_eq!(*error("read = []").problem, Problem::NoVersion);
    for (text, shown) in [
        ("2", "2"),
        ("'1'", "\"1\""),
        ("1.0", "of another kind (a float)"),
    ] {
        let problem = *error(&format!("# x\nversion = {text}\nnonsense = 1")).problem;
        assert_eq!(problem, Problem::Version(shown.to_owned()));
    }
}

#[test]
fn an_unknown_key_is_an_error_in_every_table() {
    for table in [
        "",
        "protected",
        "caches",
        "devices",
        "sockets",
        "system_calls",
        "audit",
        "sessions",
        "network",
        "environment",
        "limits",
        "windows",
        "require",
        "constraints",
        "profiles.x",
        "profiles.x.network",
        "constraints.limits",
        "constraints.require",
    ] {
        let head = if table.is_empty() {
            String::new()
        } else {
            format!("[{table}]\n")
        };
        let unknown = error(&format!("version = 1\n{head}zzzzzz = 1\n"));
        assert!(
            matches!(*unknown.problem, Problem::UnknownKey { .. }),
            "{table}: {unknown}"
        );
        assert_eq!(
            (unknown.line, unknown.column),
            (if table.is_empty() { 2 } else { 3 }, 1)
        );
    }
}

#[test]
fn values_that_cannot_be_right_are_refused_where_they_stand() {
    for (text, line, column) in [
        ("version = 1\nread = [\n  '/a',\n  1,\n]", 4, 3),
        ("version = 1\nlimits = { memory = '8 bananas' }", 2, 21),
        ("version = 1\nlimits = { wall = 30 }", 2, 19),
        ("version = 1\nlimits = { processes = -1 }", 2, 24),
        ("version = 1\nlimits = { tmpfs = 'none' }", 2, 20),
        ("version = 1\nsessions.idle = '0s'", 2, 17),
        (
            "version = 1\nnetwork.allow = ['https://example.com']",
            2,
            18,
        ),
        ("version = 1\nenvironment.inherit = ['A=B']", 2, 24),
        ("version = 1\nenvironment.set = { 'A=B' = 'x' }", 2, 29),
        ("version = 1\nprotected.names = ['/etc']", 2, 20),
        (
            "version = 1\nprotected.names = [{ binds = 'anywhere' }]",
            2,
            20,
        ),
        ("version = 1\nrequire.memory = false", 2, 18),
        ("version = 1\naccept = ['everything']", 2, 11),
        ("version = 1\n[profiles.'a b']", 2, 11),
        ("version = 1\n[profiles.read-only]\nextends = 'x'", 3, 11),
        ("version = 1\nversion = 1", 2, 1),
        ("version = 1\nread = [", 2, 9),
        ("version = 1\nread = 'a", 2, 10),
    ] {
        let wrong = error(text);
        assert_eq!(
            (wrong.line, wrong.column),
            (line, column),
            "{text}: {wrong}"
        );
    }
}

#[test]
fn sizes_and_counts_have_limits() {
    let long = format!("version = 1\nread = ['/{}']", "a".repeat(5000));
    assert!(matches!(*error(&long).problem, Problem::Limit { .. }));
    let many = format!("version = 1\nread = [{}]", "'/a',".repeat(2000));
    assert!(matches!(*error(&many).problem, Problem::Limit { .. }));
    let profiles: Vec<String> = (0..100).map(|i| format!("[profiles.p{i}]\n")).collect();
    let profiles = profiles.concat();
    assert!(matches!(
        *error(&format!("version = 1\n{profiles}")).problem,
        Problem::Limit { .. }
    ));
    let big = format!("version = 1\n{}", "#\n".repeat(200_000));
    assert!(matches!(*error(&big).problem, Problem::Limit { .. }));
    let deep = format!("version = 1\nread = {}", "[".repeat(10_000));
    assert_eq!(error(&deep).line, 2);
}

#[test]
fn requirements_of_an_administrator_hold_constraints_only() {
    let good = read(
        Layer::Managed,
        "version = 1\n[constraints]\nnetwork = 'off'",
    );
    assert!(good.expect("constraints").0.constraints.network.is_some());
    let bad = read(Layer::Managed, "version = 1\nwrite = ['/']").expect_err("no preference");
    assert_eq!((bad.line, bad.column), (2, 1));
}

#[test]
fn what_is_said_twice_is_a_warning() {
    let text = "version = 1\nread = ['/a', '/a']";
    let (config, warnings) = read(Layer::User, text).expect("a configuration");
    assert_eq!(config.settings.read.len(), 1);
    let shown: Vec<String> = warnings.iter().map(ToString::to_string).collect();
    assert_eq!(shown, ["config.toml:2:15: `read` has `/a` twice"]);
}

#[test]
fn a_file_of_a_project_is_not_trusted_until_somebody_says_so() {
    assert!(!read(Layer::Project, "version = 1").expect("read").0.trusted);
    assert!(read(Layer::User, "version = 1").expect("read").0.trusted);
}
