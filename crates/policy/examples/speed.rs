//! How long the way from text to policy takes: `cargo run --release --example speed`.

use std::hint::black_box;
use std::io::Write;
use std::time::Instant;

use fumehood_policy::config::{Source, parse};
use fumehood_policy::environment::filter;
use fumehood_policy::profiles::BuiltIn;
use fumehood_policy::{
    AbsPath, Layer, Overrides, Place, Policy, RawText, Request, decide, resolve,
};

/// What a user's file usually has.
const TYPICAL: &str = r#"
version = 1
profile = "careful"
deny_read = ["${workspace}/**/.env*", "~/private", "~/.config/{work,bank}"]

[profiles.careful]
extends = "workspace-write"
write = ["~/scratch", "target/**"]
deny_write = ["Cargo.lock", "*.pem"]
limits = { processes = 1000, memory = "8GiB", wall = "30m" }
network = { mode = "names", allow = ["github.com", "*.example.com:443"] }
environment = { inherit = ["MY_*"], set = { CI = "1", RUST_BACKTRACE = "1" } }
caches = { npm = "private" }
accept = ["deep-globs"]

[sessions]
idle = "10m"

[constraints]
deny_read = ["~/vault"]
limits = { memory = "16GiB" }
"#;

const ROUNDS: usize = 5000;

/// The median of many rounds, in microseconds.
fn median<T>(mut run: impl FnMut() -> T) -> f64 {
    let mut times: Vec<f64> = (0..ROUNDS)
        .map(|_| {
            let start = Instant::now();
            black_box(run());
            start.elapsed().as_secs_f64() * 1e6
        })
        .collect();
    times.sort_by(f64::total_cmp);
    times[ROUNDS / 2]
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let path = |text: &str| text.parse::<AbsPath>();
    let place = Place::new(
        path("/home/u")?,
        path("/home/u/w")?,
        path("/home/u/.state")?,
    );
    let source = Source {
        layer: Layer::User,
        file: "/home/u/c.toml".into(),
        text: TYPICAL,
    };
    let (config, _) = parse(&source)?;
    let flags = Overrides {
        allow_write: vec!["/opt/x".into()],
        ..Overrides::default()
    };
    let layers = [config];
    let policy = resolve(&layers, &flags, &place)?.policy;
    let deep = path("/home/u/w/a/b/c/d.rs")?;
    let request = Request::Write(deep.clone());
    let environment: Vec<(RawText, RawText)> = (0..80)
        .map(|i| {
            let name = ["CARGO_", "LC_", "MY_", "SSH_"][i % 4];
            (
                RawText::from(format!("{name}{i}").as_str()),
                "/usr/local/some/value".into(),
            )
        })
        .collect();
    let mut out = std::io::stdout().lock();
    let mut row = |name: &str, time: f64| writeln!(out, "{name:32} {time:8.1} µs");
    row("parse", median(|| parse(&source)))?;
    row("resolve", median(|| resolve(&layers, &flags, &place)))?;
    row("parse and resolve", {
        median(|| parse(&source).map(|(config, _)| resolve(&[config], &flags, &place)))
    })?;
    row(
        "built-in profile",
        median(|| Policy::built_in(BuiltIn::WorkspaceWrite, &place)),
    )?;
    row(
        "standing of one path",
        median(|| policy.standing(&deep).standing),
    )?;
    row("decide one write", median(|| decide(&policy, &request)))?;
    row(
        "filter 80 variables",
        median(|| filter(&policy.environment, environment.clone())),
    )?;
    row("shown", median(|| policy.shown()))?;
    Ok(())
}
