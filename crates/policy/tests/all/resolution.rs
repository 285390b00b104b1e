//! Several layers made into one policy: last word, last resort, and trust.

use crate::common::{Random, path, place, search};
use fumehood_policy::config::{Config, Source, parse};
use fumehood_policy::limit::Bound;
use fumehood_policy::resolve::{Ignored, Why};
use fumehood_policy::{
    CacheMode, GapName, HardLinks, Layer, NetworkMode, Overrides, Place, Policy, RawText,
    ResolveError, Resolved, Standing, Temp, resolve,
};

fn layer(layer: Layer, text: &str) -> Config {
    let file = RawText::from(format!("/etc/{layer}.toml").as_str());
    let text = format!("version = 1\n{text}");
    parse(&Source {
        layer,
        file,
        text: &text,
    })
    .unwrap_or_else(|error| panic!("{error}"))
    .0
}

fn trusted(text: &str) -> Config {
    Config {
        trusted: true,
        ..layer(Layer::Project, text)
    }
}

fn all(layers: &[Config], flags: &Overrides) -> Resolved {
    resolve(layers, flags, &place()).unwrap_or_else(|error| panic!("{error}"))
}

fn policy(layers: &[Config]) -> Policy {
    all(layers, &Overrides::default()).policy
}

fn fails(layers: &[Config], flags: &Overrides) -> String {
    resolve(layers, flags, &place())
        .expect_err("no policy")
        .to_string()
}

fn at(policy: &Policy, place: &str) -> Standing {
    policy.standing(&path(place)).standing
}

fn names(ignored: &[Ignored]) -> Vec<String> {
    ignored
        .iter()
        .map(|one| one.origin.key.to_string())
        .collect()
}

#[test]
fn nothing_said_is_the_built_in_profile() {
    let policy = policy(&[]);
    assert_eq!(policy.profile, "workspace-write");
    assert_eq!(at(&policy, "/home/u/w/a"), Standing::Writable);
    assert_eq!(policy.origin("profile").layer, Layer::BuiltIn);
}

#[test]
fn the_last_layer_wins_value_by_value_whatever_order_they_come_in() {
    let user = layer(
        Layer::User,
        "temp = 'run'\nlimits.memory = '1GiB'\nnetwork.mode = 'on'",
    );
    let system = layer(
        Layer::System,
        "temp = 'host'\nlimits.processes = 7\nlimits.memory = '2GiB'",
    );
    let flags = Overrides {
        network: Some(NetworkMode::Off),
        ..Overrides::default()
    };
    for layers in [[user.clone(), system.clone()], [system, user]] {
        let policy = all(&layers, &flags).policy;
        assert_eq!((policy.temp, policy.limits.processes), (Temp::Run, Some(7)));
        assert_eq!(policy.limits.memory, Some(1 << 30));
        assert_eq!(policy.network.mode, NetworkMode::Off);
        assert_eq!(policy.origin("temp").to_string(), "/etc/user.toml:2 (temp)");
        assert_eq!(
            policy.origin("network.mode").to_string(),
            "command-line (--network)"
        );
    }
}

#[test]
fn a_profile_comes_after_the_one_it_extends_and_after_what_holds_for_all() {
    let user = layer(
        Layer::User,
        "profile = 'b'\ntemp = 'host'\n[profiles.b]\nextends = 'a'\nlimits.processes = 2\n\
         [profiles.a]\nextends = 'workspace-write'\nlimits.processes = 1\ntemp = 'run'",
    );
    let policy = policy(&[user]);
    assert_eq!((policy.profile.as_str(), policy.temp), ("b", Temp::Run));
    assert_eq!(policy.limits.processes, Some(2));
    assert_eq!(at(&policy, "/home/u/w/a"), Standing::Writable);
}

#[test]
fn a_profile_that_extends_nothing_writes_nothing() {
    let policy = policy(&[layer(
        Layer::User,
        "profile = 'own'\n[profiles.own]\nwrite = ['~/x']",
    )]);
    assert_eq!(at(&policy, "/home/u/w/a"), Standing::ReadOnly);
    assert_eq!(at(&policy, "/home/u/x/a"), Standing::Writable);
}

#[test]
fn profiles_that_do_not_exist_or_go_in_circles_are_errors_with_a_place() {
    let user = layer(Layer::User, "profile = 'workspace-wirte'");
    assert_eq!(
        fails(&[user], &Overrides::default()),
        "/etc/user.toml:2:11: profile: there is no profile `workspace-wirte`; did you mean `workspace-write`?"
    );
    let circle = layer(
        Layer::User,
        "profile = 'a'\n[profiles.a]\nextends = 'b'\n[profiles.b]\nextends = 'a'",
    );
    assert_eq!(
        fails(&[circle], &Overrides::default()),
        "/etc/user.toml:6:11: profiles.b.extends: profiles extend one another in a circle: a → b → a"
    );
    let long: Vec<String> = (0..20)
        .map(|i| format!("[profiles.p{i}]\nextends = 'p{}'\n", i + 1))
        .collect();
    let long = long.concat();
    let flags = Overrides {
        profile: Some("p0".into()),
        ..Overrides::default()
    };
    assert!(fails(&[layer(Layer::User, &long)], &flags).contains("too many profiles"));
}

#[test]
fn a_constraint_of_any_layer_is_final_for_files_and_flags() {
    let user = layer(
        Layer::User,
        "[constraints]\nnetwork = 'off'\ndeny_read = ['~/private']\ndeny_write = ['~/w/fixed']\n\
         limits.memory = '1GiB'\nrequire.memory = true\ndeny_environment = ['SECRET_*']\n\
         refuse = ['docker', 'shared-caches', 'host-temp', 'hard-links', 'unaudited']",
    );
    let explicit = layer(
        Layer::Explicit,
        "sockets.docker = true\ncaches.default = 'shared'\ntemp = 'host'\naudit.enabled = false\n\
         read = ['~/private/open']\naccept = ['memory']",
    );
    let flags = Overrides {
        network: Some(NetworkMode::On),
        allow_write: vec!["fixed/part".into(), "/home/u/private".into()],
        limits: vec![Bound::parse("memory=none").expect("a bound")],
        set: vec![("SECRET_A".into(), "x".into())],
        inherit: vec!["SECRET_B".into()],
        accept: vec![GapName::Memory],
        ..Overrides::default()
    };
    let Resolved { policy, ignored } = all(&[explicit, user], &flags);
    assert_eq!(policy.network.mode, NetworkMode::Off);
    assert_eq!(at(&policy, "/home/u/private/open/x"), Standing::Hidden);
    assert_eq!(at(&policy, "/home/u/w/fixed/part"), Standing::ReadOnly);
    assert_eq!(policy.limits.memory, Some(1 << 30));
    assert!(!policy.accepts(GapName::Memory));
    assert!(policy.environment.set.is_empty() && policy.environment.inherit.is_empty());
    assert!(!policy.sockets.docker && policy.audit.enabled && policy.audit.fatal);
    assert_eq!(
        (policy.temp, policy.hard_links),
        (Temp::Workspace, HardLinks::Refuse)
    );
    assert!(
        policy
            .caches
            .values()
            .all(|mode| *mode == CacheMode::Seeded)
    );
    let said = names(&ignored);
    for name in [
        "--network",
        "--limit",
        "--env",
        "sockets.docker",
        "temp",
        "audit.enabled",
    ] {
        assert!(said.iter().any(|other| other == name), "{name} in {said:?}");
    }
    let network = ignored
        .iter()
        .find(|one| one.origin.key == "--network")
        .expect("named");
    assert_eq!(
        network.to_string(),
        "command-line (--network): ignored, because of /etc/user.toml:3 (constraints.network)"
    );
}

#[test]
fn requirements_of_an_administrator_hold_over_everything() {
    let managed = layer(
        Layer::Managed,
        "[constraints]\nnetwork = 'names'\ndeny_hosts = ['*.example.com']",
    );
    let flags = Overrides {
        network: Some(NetworkMode::On),
        allow_host: vec!["a.example.com".into()],
        ..Overrides::default()
    };
    let policy = all(&[managed], &flags).policy;
    assert_eq!(policy.network.mode, NetworkMode::Names);
    assert!(policy.network.deny[0].matches("a.example.com", None));
}

/// Everything that a hostile repository would like to say.
const GREEDY: &str = "profile = 'mine'\nworkspace = '/'\nread = ['~/.ssh']\nwrite = ['/']\n\
    accept = ['deep-globs']\nhard_links = 'allow'\ntemp = 'host'\n\
    protected.free = ['.git/hooks']\nprotected.depth = 'root'\ncaches.default = 'shared'\n\
    devices = { gpu = true, kvm = true, fuse = true }\n\
    sockets = { agents = true, docker = true, paths = ['/run/x'] }\n\
    system_calls = { nesting = true, perf = true }\naudit.enabled = false\nsessions.idle = '9d'\n\
    network = { mode = 'on', allow = ['example.com'] }\n\
    environment = { inherit = ['GITHUB_TOKEN'], set = { A = 'b' } }\n\
    limits = { processes = 'none', tmpfs = '9TiB' }\nwindows.mode = 'unelevated'\n\
    [profiles.mine]\nextends = 'workspace-write'\nwrite = ['~']\n\
    [profiles.workspace-write]\nwrite = ['/opt']";

#[test]
fn a_project_that_is_not_trusted_loosens_nothing_and_is_told_so_by_name() {
    let Resolved { policy, ignored } = all(&[layer(Layer::Project, GREEDY)], &Overrides::default());
    let mut plain = all(&[], &Overrides::default()).policy;
    plain.own.config.push(path("/etc/project.toml"));
    assert_eq!(policy, plain);
    let said = names(&ignored);
    for line in GREEDY
        .lines()
        .filter(|line| !line.starts_with('[') && !line.starts_with("extends"))
    {
        let key = line.split([' ', '.']).next().expect("a key");
        assert!(
            said.iter().any(|name| name.starts_with(key)),
            "{key} in {said:?}"
        );
    }
    assert!(ignored.iter().all(|one| one.why == Why::NotTrusted));
    assert!(
        ignored[0].to_string().contains("not trusted"),
        "{}",
        ignored[0]
    );
}

#[test]
fn the_same_project_once_trusted_says_what_it_likes() {
    let Resolved { policy, ignored } = all(&[trusted(GREEDY)], &Overrides::default());
    assert_eq!(
        names(&ignored),
        ["network.allow"],
        "the open network needs no list"
    );
    assert_eq!(
        (policy.profile.as_str(), policy.workspace.clone()),
        ("mine", path("/"))
    );
    assert_eq!(at(&policy, "/home/u/.ssh/id"), Standing::ReadOnly);
    assert_eq!(policy.network.mode, NetworkMode::On);
    assert_eq!(policy.limits.processes, None);
}

#[test]
fn a_project_that_is_not_trusted_may_tighten() {
    let project = layer(
        Layer::Project,
        "profile = 'read-only'\ndeny_read = ['secrets']\ndeny_write = ['vendor']\nhard_links = 'refuse'\n\
         protected.names = ['Makefile']\nlimits.processes = 10\nrequire.landlock = true\n\
         environment.remove = ['PATH']\nsystem_calls.ptrace = false\n[constraints]\nnetwork = 'off'",
    );
    let flags = Overrides {
        profile: Some("workspace-write".into()),
        ..Overrides::default()
    };
    let Resolved { policy, ignored } = all(std::slice::from_ref(&project), &flags);
    assert_eq!(ignored, []);
    assert_eq!(at(&policy, "/home/u/w/secrets/x"), Standing::Hidden);
    assert_eq!(at(&policy, "/home/u/w/vendor/x"), Standing::ReadOnly);
    assert_eq!(at(&policy, "/home/u/w/Makefile"), Standing::ReadOnly);
    assert_eq!(
        (policy.hard_links, policy.limits.processes),
        (HardLinks::Refuse, Some(10))
    );
    assert!(!policy.accepts(GapName::Landlock) && !policy.system_calls.ptrace);
    assert_eq!(
        all(&[project], &Overrides::default()).policy.profile,
        "read-only"
    );
}

#[test]
fn the_last_word_about_a_variable_counts() {
    let user = layer(
        Layer::User,
        "environment = { inherit = ['A', 'B'], set = { C = '1', D = '1' } }",
    );
    let explicit = layer(Layer::Explicit, "environment.remove = ['A', 'C', 'E']");
    let flags = Overrides {
        inherit: vec!["E".into()],
        set: vec![("D".into(), "2".into())],
        ..Overrides::default()
    };
    let environment = all(&[user, explicit], &flags).policy.environment;
    assert_eq!(environment.inherit, ["B", "E"]);
    assert_eq!(environment.remove, ["A", "C"]);
    assert_eq!(
        environment.set.into_iter().collect::<Vec<_>>(),
        [("D".into(), "2".into())]
    );
}

#[test]
fn a_name_that_is_freed_has_to_be_protected_by_somebody() {
    let none = Overrides::default();
    let typo = layer(Layer::User, "protected.free = ['.vscod']");
    let said = fails(&[typo], &none);
    assert!(
        said.ends_with("user.toml:2:19: protected.free: `.vscod` is not a protected name; did you mean `.vscode`?"),
        "{said}"
    );
    let stranger = layer(Layer::User, "protected.free = ['a/b/c/d']");
    assert!(fails(&[stranger], &none).ends_with("`config show` lists them"));

    let system = layer(
        Layer::System,
        "protected = { names = ['own'], free = ['.vscode'] }",
    );
    let user = layer(Layer::User, "protected.free = ['own', '.vscode']");
    let names = policy(&[system, user]).protected;
    let is_there = |name: &str| {
        names
            .iter()
            .any(|other| other.name.as_bytes() == name.as_bytes())
    };
    assert!(!is_there("own") && !is_there(".vscode") && is_there(".idea"));
    // What does not hold anyway is no reason to stop.
    let untrusted = layer(Layer::Project, "protected.free = ['.vscod']");
    assert_eq!(all(&[untrusted], &none).ignored.len(), 1);
}

#[test]
fn sockets_that_may_be_reached_bring_their_variables() {
    let policy = policy(&[layer(Layer::User, "sockets.agents = true")]);
    assert!(
        policy
            .environment
            .inherit
            .contains(&"SSH_AUTH_SOCK".to_owned())
    );
    assert!(
        !policy
            .environment
            .inherit
            .contains(&"DOCKER_HOST".to_owned())
    );
}

#[test]
fn agents_are_where_the_machine_says_and_only_if_they_are_open_and_nobody_denies_them() {
    let at = Place {
        ssh_agent: Some(path("/home/u/.ssh/agent/s.1")),
        runtime: Some(path("/run/user/1000")),
        ..place()
    };
    let open = |text: &str| {
        let layers = [layer(Layer::User, text)];
        let resolved = resolve(&layers, &Overrides::default(), &at).expect(text);
        let open = resolved.policy.open_sockets();
        open.into_iter()
            .map(|socket| socket.path.to_string())
            .collect::<Vec<_>>()
    };
    let all = open("sockets.agents = true");
    for agent in [
        "/home/u/.ssh/agent/s.1",
        "/home/u/.gnupg/S.gpg-agent",
        "/run/user/1000/gnupg/S.gpg-agent.ssh",
    ] {
        assert!(all.iter().any(|path| path == agent), "{agent}: {all:?}");
    }
    assert!(open("").is_empty());
    assert!(open("sockets.agents = true\nconstraints.refuse = ['agents']").is_empty());
    for denied in [
        "deny_read = ['~/.ssh']",
        "constraints.deny_read = ['~/.ssh']",
    ] {
        let left = open(&format!("sockets.agents = true\n{denied}"));
        assert_eq!(left.len(), all.len() - 1, "{denied}: {left:?}");
    }
}

#[test]
fn hosts_that_count_for_nothing_are_told() {
    let user = layer(
        Layer::User,
        "network = { mode = 'off', allow = ['example.com'] }",
    );
    let Resolved { ignored, .. } = all(&[user], &Overrides::default());
    assert_eq!(names(&ignored), ["network.allow"]);
    let many = layer(
        Layer::User,
        "network = { mode = 'off', allow = ['example.com', '*.org', 'a.net'] }",
    );
    let Resolved { ignored, .. } = all(&[many], &Overrides::default());
    let said: Vec<String> = ignored.iter().map(ToString::to_string).collect();
    assert_eq!(
        said,
        [
            "/etc/user.toml:2 (network.allow): ignored, with 2 more, because hosts mean nothing \
             with `network.mode = \"off\"`"
        ]
    );
    let flags = Overrides {
        allow_host: vec!["example.com".into()],
        ..Overrides::default()
    };
    assert_eq!(all(&[], &flags).policy.network.mode, NetworkMode::Names);
}

#[test]
fn a_workspace_that_holds_too_much_has_to_be_named() {
    for wide in ["/", "/home", "/home/u"] {
        let place = Place {
            workspace: path(wide),
            ..place()
        };
        let refused = resolve(&[], &Overrides::default(), &place);
        assert!(
            matches!(refused, Err(ResolveError::Workspace { .. })),
            "{wide}"
        );
        let flags = Overrides {
            workspace: Some(path(wide)),
            ..Overrides::default()
        };
        assert_eq!(
            resolve(&[], &flags, &place)
                .expect("named")
                .policy
                .workspace,
            path(wide)
        );
    }
    let user = layer(Layer::User, "workspace = '~'");
    assert_eq!(policy(&[user]).workspace, path("/home/u"));
}

#[test]
fn what_is_the_kernels_is_no_root_whoever_names_it_and_what_lies_beside_it_is() {
    for never in [
        "/sys",
        "/sys/fs/cgroup/memory",
        "/proc/sys",
        "/dev",
        "/dev/pts",
    ] {
        let typed = Overrides {
            allow_write: vec![never.into()],
            ..Overrides::default()
        };
        assert!(fails(&[], &typed).starts_with("--allow-write: "), "{never}");
        let named = Overrides {
            workspace: Some(path(never)),
            ..Overrides::default()
        };
        assert!(fails(&[], &named).starts_with("--workspace: "), "{never}");
        let user = layer(Layer::User, &format!("write = ['{never}']"));
        assert!(
            fails(&[user], &Overrides::default()).contains(":2:"),
            "{never}"
        );
        let user = layer(
            Layer::User,
            &format!("read = ['{never}']\ndeny_write = ['{never}']"),
        );
        assert_eq!(policy(&[user]).workspace, place().workspace);
    }
    let shared = layer(Layer::User, "write = ['/dev/shm/x', '/system']");
    let at = policy(&[shared]);
    for root in ["/dev/shm/x", "/system"] {
        assert_eq!(at.standing(&path(root)).standing, Standing::Writable);
    }
}

#[test]
fn a_whole_machine_that_is_named_is_writable_but_for_the_kernels_knobs() {
    let flags = Overrides {
        workspace: Some(path("/")),
        ..Overrides::default()
    };
    let policy = all(&[], &flags).policy;
    let at = |text: &str| policy.standing(&path(text)).standing;
    assert_eq!(at("/etc"), Standing::Writable);
    assert_eq!(at("/sys/fs/cgroup"), Standing::ReadOnly);
}

#[test]
fn a_path_that_cannot_be_read_is_an_error_with_its_place() {
    let user = layer(Layer::User, "write = ['~/ok', '${worspace}/x']");
    assert_eq!(
        fails(&[user], &Overrides::default()),
        "/etc/user.toml:2:18: write: `${worspace}/x`: unknown variable `${worspace}`; did you mean `${workspace}`?"
    );
    let flags = Overrides {
        deny_read: vec!["a[".into()],
        ..Overrides::default()
    };
    assert_eq!(
        fails(&[], &flags),
        "--deny-read: `a[`: `a[`: a bracket is not closed"
    );
    let flags = Overrides {
        allow_host: vec!["a b".into()],
        ..Overrides::default()
    };
    assert!(fails(&[], &flags).starts_with("--allow-host: `a b`:"));
}

#[test]
fn a_policy_has_a_limit_on_its_rules() {
    let list = (0..1000)
        .map(|i| format!("'/{{a,b}}/{{c,d}}/{{e,f}}/{i}',"))
        .collect::<Vec<_>>()
        .concat();
    let user = layer(Layer::User, &format!("deny_read = [{list}]"));
    assert!(matches!(
        resolve(&[user], &Overrides::default(), &place()),
        Err(ResolveError::TooManyRules)
    ));
}

#[test]
fn configuration_files_are_never_written_by_what_they_govern() {
    let mut explicit = layer(Layer::Explicit, "write = ['/']");
    explicit.file = "/home/u/w/sandbox.toml".into();
    let policy = policy(&[explicit]);
    assert_eq!(at(&policy, "/home/u/w/sandbox.toml"), Standing::ReadOnly);
}

#[test]
fn every_value_is_shown_with_who_said_it() {
    let text = include_str!("data/full.toml");
    let source = Source {
        layer: Layer::User,
        file: "/home/u/c.toml".into(),
        text,
    };
    let (config, _) = parse(&source).expect("a configuration");
    let shown = policy(&[config]).shown();
    let said = |key: &str, value: &str| {
        let one = shown
            .iter()
            .find(|one| one.key == key && one.value == value);
        one.unwrap_or_else(|| panic!("{key} = {value}"))
            .origin
            .to_string()
    };
    assert_eq!(
        said("limits.wall", "1h30m"),
        "/home/u/c.toml:60 (profiles.ci:full.limits.wall)"
    );
    assert_eq!(
        said("read", "/opt/tools"),
        "/home/u/c.toml:11 (profiles.ci:full.read)"
    );
    assert_eq!(said("read", "/"), "built-in (read)");
    assert_eq!(
        said("network.allow", "github.com"),
        "/home/u/c.toml:46 (profiles.ci:full.network.allow)"
    );
    assert_eq!(
        said("system_calls.perf", "false"),
        "/home/u/c.toml:84 (constraints.refuse)"
    );
    assert_eq!(
        said("environment.set.CI", "(set)"),
        "/home/u/c.toml:52 (profiles.ci:full.environment.set.CI)"
    );
    assert_eq!(
        said("workspace", "/home/u/projects/app"),
        "/home/u/c.toml:5 (workspace)"
    );
}

/// A line for a file that tightens or loosens something.
fn any_line(random: &mut Random) -> &'static str {
    const LINES: [&str; 14] = [
        "write = ['/a']",
        "write = ['/']",
        "read = ['/home/u/.ssh']",
        "deny_read = ['/a/b']",
        "deny_write = ['/a']",
        "network.mode = 'on'",
        "network.mode = 'off'",
        "limits.processes = 'none'",
        "limits.processes = 5",
        "temp = 'host'",
        "sockets.docker = true",
        "accept = ['deep-globs']",
        "caches.npm = 'shared'",
        "protected.free = ['.git/hooks']",
    ];
    random.pick(&LINES)
}

/// Whether `a` gives nothing that `b` does not.
fn is_at_most(a: &Policy, b: &Policy) -> bool {
    const PLACES: [&str; 7] = [
        "/a",
        "/a/b",
        "/a/b/c",
        "/home/u/w/x",
        "/home/u/w/.git/hooks/x",
        "/home/u/.ssh/id",
        "/usr",
    ];
    let processes = |policy: &Policy| policy.limits.processes.unwrap_or(u64::MAX);
    PLACES.iter().all(|place| at(a, place) <= at(b, place))
        && a.network.mode <= b.network.mode
        && processes(a) <= processes(b)
        && a.sockets.docker <= b.sockets.docker
        && (a.temp == Temp::Host) <= (b.temp == Temp::Host)
        && (a.caches["npm"] == CacheMode::Shared) <= (b.caches["npm"] == CacheMode::Shared)
        && GapName::ALL
            .iter()
            .all(|gap| a.accepts(*gap) <= b.accepts(*gap))
}

#[test]
fn an_untrusted_project_never_gives_more_than_no_project() {
    search(
        "an_untrusted_project_never_gives_more_than_no_project",
        1500,
        |random| {
            let user = layer(Layer::User, any_line(random));
            let project = layer(Layer::Project, any_line(random));
            let without = policy(std::slice::from_ref(&user));
            let with = policy(&[user, project]);
            assert!(is_at_most(&with, &without), "{with:?}");
        },
    );
}

#[test]
fn a_constraint_never_gives_and_its_order_does_not_matter() {
    const CONSTRAINTS: [&str; 8] = [
        "network = 'off'",
        "network = 'names'",
        "deny_read = ['/a']",
        "deny_write = ['/a/b']",
        "limits.processes = 3",
        "refuse = ['docker', 'shared-caches']",
        "refuse = ['host-temp']",
        "require.deep-globs = true",
    ];
    search(
        "a_constraint_never_gives_and_its_order_does_not_matter",
        1500,
        |random| {
            let base = layer(Layer::User, any_line(random));
            let mut constraint = || {
                let line = random.pick(&CONSTRAINTS);
                layer(Layer::Managed, &format!("[constraints]\n{line}"))
            };
            let (one, two) = (constraint(), constraint());
            let without = policy(std::slice::from_ref(&base));
            let both = policy(&[base.clone(), one.clone(), two.clone()]);
            let turned = policy(&[base, two, one]);
            assert!(is_at_most(&both, &without));
            assert!(is_at_most(&both, &turned) && is_at_most(&turned, &both));
        },
    );
}
