//! No tracked file names where this machine fetches from, or where it keeps things.
//!
//! A mirror's name in a lock file or a script breaks every other machine. The
//! public registries' hosts are listed here; what this machine is set up with
//! is read when the check runs.

use super::{finding::Finding, source::Source};

/// Hosts of public registries, in pieces so that this file does not hold them.
pub const REGISTRIES: [&str; 8] = [
    concat!("index.", "crates.io"),
    concat!("static.", "crates.io"),
    concat!("pypi", ".org"),
    concat!("files.", "pythonhosted", ".org"),
    concat!("registry.", "npmjs", ".org"),
    concat!("deb.", "debian", ".org"),
    concat!("security.", "debian", ".org"),
    concat!("proxy.", "golang", ".org"),
];
/// Folders of a machine that works on fumehood, in pieces for the same reason.
const FOLDERS: [&str; 4] = [
    concat!("/wo", "rk/main"),
    concat!("/wo", "rk/shared"),
    concat!("/wo", "rk/steering"),
    concat!("/wo", "rk/.library"),
];

/// Registry hosts, given by `hosts`, and paths of one machine.
pub fn check(source: &Source, hosts: &[String]) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (at, line) in source.text.lines().enumerate() {
        if let Some(host) = hosts.iter().find(|host| line.contains(host.as_str())) {
            let advice = format!("names `{host}`: leave registries to the machine's own settings");
            findings.push(Finding::at(&source.path, at + 1, "host", advice));
        }
        if let Some(folder) = FOLDERS.iter().find(|folder| line.contains(**folder)) {
            let advice = format!("names `{folder}`, a folder of one machine: use a relative path");
            findings.push(Finding::at(&source.path, at + 1, "folder", advice));
        }
    }
    findings
}

/// The hosts in the settings of a package client.
pub fn hosts_in(settings: &str) -> Vec<String> {
    let mut hosts = Vec::new();
    for (at, scheme) in settings.match_indices("://") {
        let host: String = settings[at + scheme.len()..]
            .chars()
            .take_while(|letter| letter.is_ascii_alphanumeric() || matches!(letter, '.' | '-'))
            .collect();
        if host.contains('.') && host != "github.com" && !hosts.contains(&host) {
            hosts.push(host);
        }
    }
    hosts
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_registry_s_host_is_found_in_any_file() {
        let hosts = ["mirror.example".to_owned()];
        let bad = Source::new("ci.yml", "a: 1\nurl: https://mirror.example/simple\n");
        assert_eq!(
            check(&bad, &hosts)
                .iter()
                .map(|f| f.line)
                .collect::<Vec<_>>(),
            [2]
        );
        assert_eq!(
            check(&Source::new("ci.yml", "url: https://example.org\n"), &hosts),
            []
        );
    }

    #[test]
    fn a_folder_of_one_machine_is_found() {
        let bad = Source::new("a.sh", &format!("cd {}/x\n", FOLDERS[0]));
        assert_eq!(check(&bad, &[]).len(), 1);
        assert_eq!(check(&Source::new("a.sh", "cd /work/project\n"), &[]), []);
    }

    #[test]
    fn hosts_are_read_from_the_settings_of_clients() {
        let settings =
            "deb http://mirror.example/debian a\nindex=https://u:p@x\n[a]\nb='https://c.example:1'";
        assert_eq!(hosts_in(settings), ["mirror.example", "c.example"]);
    }
}
