//! What would allow a refused request: a flag, and a line for the configuration.
//!
//! Nothing is offered that was not tried: the policy is widened by exactly the
//! rule that is shown, and asked again. Against a constraint, or a deny of the
//! same place, nothing helps, and nothing is offered.

use crate::decide::{Request, judge};
use crate::glob;
use crate::path::AbsPath;
use crate::pattern::Pattern;
use crate::policy::{Access, Effect, Force, HostRule, NetworkMode, Origin, Policy, Rule};

/// How to allow what was refused.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fix {
    /// The flag of `fumehood run`, quoted for a shell; none if there is none.
    pub flag: Option<String>,
    /// The line for `config.toml`, above its first table.
    pub config: String,
}

/// What would allow `request`, tried on a copy of the policy.
pub(crate) fn find(policy: &Policy, request: &Request) -> Option<Fix> {
    match request {
        Request::Read(path) | Request::Run(path) => {
            widen_place(policy, request, path, Access::Read)
        }
        Request::Write(path) => widen_place(policy, request, path, Access::Write),
        Request::Delete(path) => {
            let parent = path.parent()?;
            widen_place(policy, request, &parent, Access::Write)
                .or_else(|| widen_place(policy, request, path, Access::Write))
        }
        Request::ConnectHost { name, port } => widen_host(policy, request, name, *port),
        Request::ConnectSocket(path) => {
            let mut wider = policy.clone();
            wider.sockets.paths.push(path.clone());
            let text = text_of(path)?;
            judge(&wider, request).allowed.then(|| Fix {
                flag: None,
                config: format!("sockets.paths = [{}]", toml_string(text)),
            })
        }
    }
}

fn widen_place(policy: &Policy, request: &Request, path: &AbsPath, access: Access) -> Option<Fix> {
    let mut wider = policy.clone();
    wider.rules.push(Rule {
        pattern: Pattern::path(path.clone()),
        access,
        effect: Effect::Allow,
        force: Force::Preference,
        origin: Origin::command_line("--allow"),
    });
    if !judge(&wider, request).allowed {
        return None;
    }
    let text = String::from_utf8(glob::escape(path.as_bytes())).ok()?;
    let (flag, key) = match access {
        Access::Read => ("--allow-read", "read"),
        Access::Write => ("--allow-write", "write"),
    };
    Some(Fix {
        flag: Some(format!("{flag} {}", shell_word(&text))),
        config: format!("{key} = [{}]", toml_string(&text)),
    })
}

fn widen_host(policy: &Policy, request: &Request, name: &str, port: Option<u16>) -> Option<Fix> {
    let shown = if name.contains(':') {
        format!("[{name}]")
    } else {
        name.to_owned()
    };
    let host = match port {
        Some(port) => format!("{shown}:{port}"),
        None => shown,
    };
    let mut wider = policy.clone();
    wider.network.mode = NetworkMode::Names;
    let origin = Origin::command_line("--allow-host");
    wider.network.allow.push(HostRule {
        host: host.clone(),
        origin,
    });
    judge(&wider, request).allowed.then(|| Fix {
        flag: Some(format!(
            "--network names --allow-host {}",
            shell_word(&host)
        )),
        config: format!(
            "network = {{ mode = \"names\", allow = [{}] }}",
            toml_string(&host)
        ),
    })
}

fn text_of(path: &AbsPath) -> Option<&str> {
    std::str::from_utf8(path.as_bytes()).ok()
}

/// `text` as one word of a POSIX shell.
fn shell_word(text: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "/._-+:@%,=".contains(c);
    if !text.is_empty() && text.chars().all(plain) {
        return text.to_owned();
    }
    format!("'{}'", text.replace('\'', "'\\''"))
}

/// `text` as a basic string of TOML.
fn toml_string(text: &str) -> String {
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
