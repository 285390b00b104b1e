//! Hosts in the lists of a policy: how they are written and what they match.
//!
//! `example.com` is that name, `*.example.com` every name below it and not the
//! name itself. A port behind `:` narrows either; without one every port is
//! meant. Names are compared without case and without a closing dot, as DNS
//! does. An address is a name like any other: it matches only itself.

use crate::policy::HostRule;

/// Longest name DNS can hold.
pub const HOST_LIMIT: usize = 253;

/// Splits `name:port` and `[address]:port`; without a port the second is none.
fn split_port(text: &str) -> (&str, Option<&str>) {
    if let Some(rest) = text.strip_prefix('[')
        && let Some((address, behind)) = rest.split_once(']')
    {
        return (address, behind.strip_prefix(':'));
    }
    match text.rsplit_once(':') {
        // More than one colon: a bare IPv6 address.
        Some((name, port)) if !name.contains(':') => (name, Some(port)),
        _ => (text, None),
    }
}

/// Lower case, without the closing dot.
fn fold(name: &str) -> String {
    name.strip_suffix('.').unwrap_or(name).to_ascii_lowercase()
}

/// Reads a host as a list has it; the result is what [`HostRule::host`] holds.
///
/// # Errors
///
/// What is wrong with it.
pub fn parse(text: &str) -> Result<String, &'static str> {
    if text.contains("://") {
        return Err("a host has no scheme: write `example.com`, not a URL");
    }
    let (name, port) = split_port(text);
    let name = fold(name);
    let plain = name.strip_prefix("*.").unwrap_or(&name);
    if plain.is_empty() || name.len() > HOST_LIMIT {
        return Err("it is empty or longer than a host name can be");
    }
    if plain.contains('*') {
        return Err("a `*` stands only for the whole first part, as in `*.example.com`");
    }
    let is_address = plain.contains(':');
    let good = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
    let good_address = |c: char| c.is_ascii_hexdigit() || matches!(c, ':' | '.');
    let is_good = if is_address {
        plain.chars().all(good_address)
    } else {
        plain.chars().all(good)
    };
    if !is_good || plain.split('.').any(str::is_empty) && !is_address {
        return Err("it is not a host name or an address");
    }
    let shown = if is_address {
        format!("[{name}]")
    } else {
        name
    };
    match port {
        None => Ok(shown),
        Some(port) => match port.parse::<u16>() {
            Ok(port) if port > 0 => Ok(format!("{shown}:{port}")),
            _ => Err("its port is not a number from 1 to 65535"),
        },
    }
}

impl HostRule {
    /// Whether the rule is about `name` on `port`. Without a port the question
    /// is whether it is about any.
    ///
    /// ```
    /// use fumehood_policy::{HostRule, Origin};
    /// let rule = HostRule { host: "*.example.com:443".into(), origin: Origin::built_in("x") };
    /// assert!(rule.matches("A.example.com", Some(443)));
    /// assert!(!rule.matches("example.com", Some(443)) && !rule.matches("a.example.com", Some(80)));
    /// ```
    #[must_use]
    pub fn matches(&self, name: &str, port: Option<u16>) -> bool {
        let (own, own_port) = split_port(&self.host);
        let fits = match (own_port.and_then(|port| port.parse::<u16>().ok()), port) {
            (Some(own), Some(port)) => own == port,
            _ => true,
        };
        let name = fold(name);
        fits && match own.strip_prefix("*.") {
            Some(parent) => name
                .strip_suffix(parent)
                .is_some_and(|rest| rest.len() > 1 && rest.ends_with('.')),
            None => name == own,
        }
    }
}

/// Splits what a user typed into a name and a port.
pub(crate) fn split(text: &str) -> (String, Option<u16>) {
    let (name, port) = split_port(text);
    (fold(name), port.and_then(|port| port.parse().ok()))
}

/// Whether the name is the machine itself.
pub(crate) fn is_loopback(name: &str) -> bool {
    name == "localhost"
        || name.ends_with(".localhost")
        || name == "::1"
        || name
            .parse::<core::net::Ipv4Addr>()
            .is_ok_and(|address| address.is_loopback())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::policy::Origin;

    fn rule(host: &str) -> HostRule {
        HostRule {
            host: parse(host).expect(host),
            origin: Origin::built_in("test"),
        }
    }

    #[test]
    fn names_ports_and_addresses_are_read_in_one_form() {
        for (text, form) in [
            ("Example.COM.", "example.com"),
            ("*.example.com:443", "*.example.com:443"),
            ("10.0.0.1", "10.0.0.1"),
            ("::1", "[::1]"),
            ("[::1]:80", "[::1]:80"),
        ] {
            assert_eq!(parse(text).as_deref(), Ok(form));
        }
        for bad in [
            "",
            "*",
            "*.",
            "https://example.com",
            "a*.example.com",
            "a..b",
            "a:0",
            "a:x",
            "a b",
            "a/b",
        ] {
            assert!(parse(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn a_star_is_everything_below_a_name_and_not_the_name() {
        assert!(rule("*.example.com").matches("a.b.example.com", None));
        assert!(!rule("*.example.com").matches("example.com", None));
        assert!(!rule("*.example.com").matches("badexample.com", None));
        assert!(!rule("*.example.com").matches(".example.com", None));
        assert!(rule("example.com").matches("EXAMPLE.com.", Some(22)));
        assert!(!rule("example.com:443").matches("example.com", Some(80)));
        assert!(rule("[::1]:80").matches("::1", Some(80)));
    }
}
