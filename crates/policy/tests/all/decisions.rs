//! What the policy says about requests, and the laws of the algebra behind it.

use crate::common::{Random, path, place, search};
use fumehood_policy::profiles::BuiltIn;
use fumehood_policy::{
    Access, Because, Binds, Effect, Force, GapName, HostRule, Layer, NetworkMode, Origin, Pattern,
    Policy, ProtectedDepth, Request, Rule, Standing, Temp, Verdict, decide,
};

fn policy() -> Policy {
    Policy::built_in(BuiltIn::WorkspaceWrite, &place())
}

fn rule(access: Access, effect: Effect, force: Force, pattern: &str) -> Rule {
    Rule {
        pattern: Pattern::parse(pattern).expect("a pattern"),
        access,
        effect,
        force,
        origin: Origin::command_line("--test"),
    }
}

fn allow(access: Access, pattern: &str) -> Rule {
    rule(access, Effect::Allow, Force::Preference, pattern)
}

fn deny(access: Access, pattern: &str) -> Rule {
    rule(access, Effect::Deny, Force::Preference, pattern)
}

fn with(rules: impl IntoIterator<Item = Rule>) -> Policy {
    let mut policy = policy();
    policy.rules.extend(rules);
    policy
}

fn standing(policy: &Policy, at: &str) -> Standing {
    policy.standing(&path(at)).standing
}

fn write(policy: &Policy, at: &str) -> Verdict {
    decide(policy, &Request::Write(path(at)))
}

#[test]
fn the_more_specific_rule_wins_and_among_equals_the_deny_does() {
    let policy = with([
        deny(Access::Read, "/home/u/w/secret"),
        allow(Access::Read, "/home/u/w/secret/open"),
        deny(Access::Write, "/home/u/w/fixed"),
        allow(Access::Write, "/home/u/w/fixed/free"),
        allow(Access::Write, "/opt/x"),
        deny(Access::Write, "/opt/x"),
    ]);
    assert_eq!(standing(&policy, "/home/u/w/secret/a"), Standing::Hidden);
    assert_eq!(
        standing(&policy, "/home/u/w/secret/open/a"),
        Standing::ReadOnly
    );
    assert_eq!(standing(&policy, "/home/u/w/fixed/a"), Standing::ReadOnly);
    assert_eq!(
        standing(&policy, "/home/u/w/fixed/free/a"),
        Standing::Writable
    );
    assert_eq!(standing(&policy, "/opt/x/a"), Standing::ReadOnly);
}

#[test]
fn what_the_user_allows_by_name_is_no_longer_a_secret_place() {
    let shown = with([allow(Access::Read, "/home/u/.docker/config.json")]);
    assert_eq!(
        standing(&shown, "/home/u/.docker/config.json"),
        Standing::ReadOnly
    );
    assert_eq!(
        standing(&shown, "/home/u/.docker/contexts"),
        Standing::Hidden
    );
    let wide = with([allow(Access::Write, "/home/u")]);
    assert_eq!(standing(&wide, "/home/u/.ssh/id"), Standing::Hidden);
}

#[test]
fn protected_names_hold_in_any_root_and_only_their_own_place_can_be_lifted() {
    let policy = with([
        allow(Access::Write, "/srv/repo"),
        allow(Access::Write, "/home/u/w/.vscode"),
    ]);
    for kept in [
        "/srv/repo/.git/config",
        "/home/u/w/a/b/.git/hooks/pre-commit",
        "/srv/repo/.envrc",
    ] {
        assert_eq!(standing(&policy, kept), Standing::ReadOnly, "{kept}");
    }
    for free in [
        "/home/u/w/.vscode/x",
        "/home/u/w/node_modules/x/.vscode/y",
        "/home/u/w/.git/index",
    ] {
        assert_eq!(standing(&policy, free), Standing::Writable, "{free}");
    }
    let mut shallow = policy;
    shallow.protected_depth = ProtectedDepth::Root;
    assert_eq!(
        standing(&shallow, "/home/u/w/a/.git/hooks/x"),
        Standing::Writable
    );
    assert_eq!(
        standing(&shallow, "/home/u/w/.git/hooks/x"),
        Standing::ReadOnly
    );
}

#[test]
fn what_is_ours_cannot_be_opened_by_any_rule() {
    let policy = with([
        allow(Access::Write, "/home/u/.local/state/fumehood/audit"),
        allow(Access::Write, "/etc/fumehood/config.toml"),
    ]);
    assert_eq!(
        standing(&policy, "/home/u/.local/state/fumehood/audit/x"),
        Standing::Hidden
    );
    assert_eq!(
        standing(&policy, "/etc/fumehood/config.toml"),
        Standing::ReadOnly
    );
    let refused = decide(
        &policy,
        &Request::Read(path("/home/u/.local/state/fumehood/audit")),
    );
    assert_eq!((refused.allowed, refused.widen), (false, None));
}

#[test]
fn a_refusal_says_which_rule_what_would_widen_it_and_what_it_leans_on() {
    let policy = with([deny(Access::Read, "/home/u/w/**/.env")]);
    let outside = write(&policy, "/opt/tool");
    assert!(!outside.allowed && outside.gaps.is_empty());
    let fix = outside.widen.expect("can be widened");
    assert_eq!(fix.flag.as_deref(), Some("--allow-write /opt/tool"));
    assert_eq!(fix.config, "write = [\"/opt/tool\"]");
    let hook = write(&policy, "/home/u/w/sub/.git/hooks/x");
    assert_eq!(hook.gaps, [GapName::NamesAtDepth]);
    assert!(hook.text.contains(".git/hooks"), "{}", hook.text);
    assert_eq!(
        write(&policy, "/home/u/w/.envrc").gaps,
        [GapName::MissingNames]
    );
    let env = decide(&policy, &Request::Read(path("/home/u/w/a/.env")));
    assert_eq!(env.gaps, [GapName::DeepGlobs]);
    assert_eq!(
        env.origin.map(|origin| origin.layer),
        Some(Layer::CommandLine)
    );
    let secret = decide(&policy, &Request::Read(path("/home/u/.ssh/id")));
    assert_eq!(
        secret.origin.expect("built in").to_string(),
        "built-in (ssh keys)"
    );
}

#[test]
fn a_fix_is_quoted_and_is_not_offered_when_it_would_not_help() {
    let odd = write(&policy(), "/opt/it's a [draft]")
        .widen
        .expect("can be widened");
    assert_eq!(
        odd.flag.as_deref(),
        Some("--allow-write '/opt/it'\\''s a \\[draft]'")
    );
    assert_eq!(odd.config, "write = [\"/opt/it's a \\\\[draft]\"]");
    let last = with([rule(Access::Write, Effect::Deny, Force::Constraint, "/opt")]);
    assert_eq!(write(&last, "/opt/x").widen, None);
    let same = with([deny(Access::Write, "/home/u/w/x")]);
    assert_eq!(
        write(&same, "/home/u/w/x").widen,
        None,
        "a deny of the same place wins"
    );
    assert!(write(&same, "/home/u/w/x/y").widen.is_some());
}

#[test]
fn what_holds_something_that_stays_cannot_be_deleted() {
    let policy = with([deny(Access::Write, "/home/u/w/a/b/fixed")]);
    let delete = |at: &str| decide(&policy, &Request::Delete(path(at))).allowed;
    assert!(delete("/home/u/w/src"));
    assert!(delete("/home/u/w/sub/.git"));
    for kept in [
        "/home/u/w/.git",
        "/home/u/w/a",
        "/home/u/w",
        "/",
        "/usr/bin",
        "/home/u/w/.envrc",
    ] {
        assert!(!delete(kept), "{kept}");
    }
}

#[test]
fn private_places_are_the_commands_own_unless_a_root_lies_there() {
    let mut policy = with([allow(Access::Read, "/tmp/given")]);
    assert!(write(&policy, "/tmp/x").allowed && write(&policy, "/dev/null").allowed);
    assert!(!write(&policy, "/tmp/given/x").allowed);
    assert!(!write(&policy, "/tmpx").allowed);
    policy.temp = Temp::Host;
    assert!(write(&policy, "/tmp/x").text.contains("the host's"));
    assert!(!write(&policy, "/tmp/given/x").allowed);
}

#[test]
fn the_network_answers_by_mode_and_list() {
    let mut policy = policy();
    let ask = |policy: &Policy, target: &str| {
        decide(policy, &Request::connect(target).expect("a target"))
    };
    let refused = ask(&policy, "example.com:443");
    assert!(!refused.allowed);
    let fix = refused.widen.expect("can be widened");
    assert_eq!(
        fix.flag.as_deref(),
        Some("--network names --allow-host example.com:443")
    );
    assert!(ask(&policy, "localhost:8080").allowed && ask(&policy, "[::1]:80").allowed);
    let host = |host: &str| HostRule {
        host: host.into(),
        origin: Origin::command_line("--test"),
    };
    policy.network.mode = NetworkMode::Names;
    policy.network.allow = vec![host("*.example.com")];
    policy.network.deny = vec![host("bad.example.com")];
    assert!(ask(&policy, "a.example.com").allowed);
    assert!(
        !ask(&policy, "bad.example.com").allowed && ask(&policy, "bad.example.com").widen.is_none()
    );
    assert!(!ask(&policy, "github.com").allowed);
    policy.network.mode = NetworkMode::On;
    assert!(ask(&policy, "github.com").allowed);
}

#[test]
fn sockets_of_the_host_are_closed_until_they_are_named() {
    let mut policy = policy();
    let ask = |policy: &Policy, at: &str| decide(policy, &Request::ConnectSocket(path(at)));
    let docker = ask(&policy, "/run/docker.sock");
    assert_eq!(
        (docker.allowed, docker.gaps),
        (false, vec![GapName::HostSockets])
    );
    assert_eq!(docker.widen.expect("can be widened").flag, None);
    assert!(ask(&policy, "/home/u/w/own.sock").allowed && ask(&policy, "/tmp/own.sock").allowed);
    assert!(!ask(&policy, "/home/u/.gnupg/S.gpg-agent").allowed);
    policy.sockets.docker = true;
    policy.sockets.agents = true;
    assert!(ask(&policy, "/run/docker.sock").allowed);
    assert!(ask(&policy, "/home/u/.gnupg/S.gpg-agent").allowed);
    assert!(!ask(&policy, "/run/other.sock").allowed);
    let private = ask(&policy, "/tmp/ssh-x/agent.1");
    assert_eq!(private.origin.expect("a key").key, "temp");
    policy.sockets.agents_at = vec![path("/tmp/ssh-x/agent.1")];
    let agent = ask(&policy, "/tmp/ssh-x/agent.1");
    assert_eq!(agent.origin.expect("a key").key, "sockets.agents");
}

#[test]
fn the_answer_names_what_decided() {
    let policy = policy();
    let because = |at: &str| policy.standing(&path(at)).because.clone();
    let Because::Protected { name, at, deep } = because("/home/u/w/a/.GIT/config") else {
        panic!("a protected name")
    };
    assert_eq!(
        (name.binds, at, deep),
        (Binds::Anywhere, path("/home/u/w/a/.GIT/config"), true)
    );
    let Because::Rule(rule) = because("/usr") else {
        panic!("a rule")
    };
    assert_eq!((rule.access, rule.effect), (Access::Read, Effect::Allow));
    assert_eq!(
        because("/home/u/.config/fumehood/x"),
        Because::Configuration
    );
}

/// A rule about a small tree, so that rules meet.
fn any_rule(random: &mut Random) -> Rule {
    const PLACES: [&str; 9] = [
        "/",
        "/a",
        "/a/b",
        "/a/b/c",
        "/a/*",
        "/**/c",
        "/a/.git/hooks",
        "/b",
        "/a/b/*",
    ];
    let effect = random.pick(&[Effect::Allow, Effect::Deny]);
    let force = if effect == Effect::Deny && random.below(5) == 0 {
        Force::Constraint
    } else {
        Force::Preference
    };
    let access = random.pick(&[Access::Read, Access::Write]);
    let place = random.pick(&PLACES);
    let mut rule = rule(access, effect, force, place);
    if random.below(3) == 0 {
        rule.origin = Origin::built_in("test");
    }
    rule
}

fn any_policy(random: &mut Random) -> Policy {
    let mut policy = policy();
    policy.workspace = path("/a");
    policy.protected.truncate(4);
    policy.rules = (0..random.below(8)).map(|_| any_rule(random)).collect();
    policy
}

const TREE: [&str; 10] = [
    "/",
    "/a",
    "/a/b",
    "/a/b/c",
    "/a/c",
    "/a/b/c/d",
    "/b",
    "/a/.git",
    "/a/.git/hooks/x",
    "/a/b/.git/config",
];

#[test]
fn adding_a_deny_never_widens_and_adding_an_allow_never_narrows() {
    search(
        "adding_a_deny_never_widens_and_adding_an_allow_never_narrows",
        5000,
        |random| {
            let before = any_policy(random);
            let mut after = before.clone();
            let added = any_rule(random);
            let at = random.below(after.rules.len() + 1);
            after.rules.insert(at, added.clone());
            for place in TREE {
                let (old, new) = (standing(&before, place), standing(&after, place));
                match added.effect {
                    Effect::Deny => assert!(new <= old, "{place} {added:?} {before:?}"),
                    Effect::Allow if added.access == Access::Write => {
                        assert!(new >= old, "{place} {added:?} {before:?}");
                    }
                    Effect::Allow => assert!(new >= old, "{place} {added:?} {before:?}"),
                }
            }
        },
    );
}

#[test]
fn a_constraint_is_final_for_everything_below_it() {
    search(
        "a_constraint_is_final_for_everything_below_it",
        5000,
        |random| {
            let policy = any_policy(random);
            for rule in policy
                .rules
                .iter()
                .filter(|rule| rule.force == Force::Constraint)
            {
                let most = match rule.access {
                    Access::Read => Standing::Hidden,
                    Access::Write => Standing::ReadOnly,
                };
                for place in TREE.map(path) {
                    let held = rule.pattern.matches_prefix(&place).is_some();
                    assert!(
                        !held || policy.standing(&place).standing <= most,
                        "{place} {policy:?}"
                    );
                }
            }
        },
    );
}

#[test]
fn the_order_of_rules_does_not_matter() {
    search("the_order_of_rules_does_not_matter", 5000, |random| {
        let before = any_policy(random);
        let mut after = before.clone();
        random.shuffle(&mut after.rules);
        random.shuffle(&mut after.protected);
        for place in TREE {
            assert_eq!(
                standing(&before, place),
                standing(&after, place),
                "{place} {before:?}"
            );
        }
    });
}

#[test]
fn a_fix_that_is_offered_works() {
    search("a_fix_that_is_offered_works", 2000, |random| {
        let policy = any_policy(random);
        let place = random.pick(&TREE);
        let place = path(place);
        let request = match random.below(3) {
            0 => Request::Read(place.clone()),
            1 => Request::Write(place.clone()),
            _ => Request::Delete(place.clone()),
        };
        let verdict = decide(&policy, &request);
        assert!(!verdict.allowed || verdict.widen.is_none());
        let Some(flag) = verdict.widen.and_then(|fix| fix.flag) else {
            return;
        };
        let (name, value) = flag.split_once(' ').expect("a flag and its value");
        let access = if name == "--allow-read" {
            Access::Read
        } else {
            Access::Write
        };
        let mut wider = policy;
        wider.rules.push(allow(access, value));
        assert!(decide(&wider, &request).allowed, "{flag}");
    });
}
