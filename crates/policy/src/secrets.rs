//! Secret places: what no command may read unless the user says so by name.
//!
//! The one list. A command that an agent runs has the user's rights, and the
//! user's rights include every login the user ever saved. None of these files is
//! needed to build or to test; what needs a login (a push, a release) is done by
//! the user, or with that one place allowed.
//!
//! A folder is listed where all of it is secret: a cover on a folder also hides
//! what is put there later, and survives a file that is replaced by rename. A
//! file is listed where its folder holds things that tools need (`.cargo`).
//!
//! Many tools let a variable move their files. [`MOVERS`] says which, so that a
//! place that was moved is hidden where it is now.
//!
//! The list is Linux's. What other systems keep elsewhere comes with their planners.

mod table;

use std::collections::BTreeMap;

use crate::path::AbsPath;

pub use table::{MOVERS, SECRETS};

/// What kind of secret lies there; shown with a refusal.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Category {
    /// Keys that open other machines.
    Ssh,
    /// Keys that sign and decrypt.
    Gpg,
    /// Cloud providers and infrastructure.
    Cloud,
    /// Clusters and container registries.
    Containers,
    /// Source hosting.
    Git,
    /// Logins of package managers.
    Packages,
    /// Databases.
    Databases,
    /// Browsers and mail: cookies, saved passwords.
    Browsers,
    /// Keyrings, password managers, wallets.
    Passwords,
    /// What was typed before.
    History,
    /// Logins of coding agents.
    Agents,
    /// Secrets of the machine itself.
    System,
}

impl Category {
    /// In a sentence: "it holds …".
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Ssh => "ssh keys",
            Self::Gpg => "signing keys",
            Self::Cloud => "cloud credentials",
            Self::Containers => "cluster and registry credentials",
            Self::Git => "source hosting credentials",
            Self::Packages => "package manager credentials",
            Self::Databases => "database credentials",
            Self::Browsers => "browser and mail profiles",
            Self::Passwords => "passwords and keyrings",
            Self::History => "command history",
            Self::Agents => "logins of coding agents",
            Self::System => "secrets of this machine",
        }
    }
}

/// Whether the place is a file or a folder when it exists.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Kind {
    /// A file.
    File,
    /// A folder, secret as a whole.
    Folder,
}

/// One secret place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Secret {
    /// Absolute, or relative to the home folder.
    pub path: &'static str,
    /// What is there.
    pub category: Category,
    /// File or folder.
    pub kind: Kind,
}

/// A variable that moves secret places.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Mover {
    /// Its name.
    pub variable: &'static str,
    /// What it moves, relative to the home folder.
    pub from: &'static str,
}

/// Where the built-in list leads for one user: each place once, in table order,
/// first those of the home folder, then those that `moved` says are elsewhere.
///
/// `moved` is by the name of the variable; names that [`MOVERS`] does not have
/// are nothing.
#[must_use]
pub fn places(home: &AbsPath, moved: &BTreeMap<String, Vec<AbsPath>>) -> Vec<(AbsPath, Secret)> {
    let mut all = Vec::with_capacity(SECRETS.len());
    for secret in SECRETS {
        let path = if secret.path.starts_with('/') {
            AbsPath::parse(secret.path.as_bytes())
        } else {
            home.join(secret.path)
        };
        // A home folder so long that a name below it is no path holds no file there either.
        if let Ok(path) = path {
            all.push((path, *secret));
        }
    }
    for mover in MOVERS {
        for target in moved.get(mover.variable).into_iter().flatten() {
            all.extend(moved_to(*mover, target, home));
        }
    }
    all
}

/// The secrets that one variable has moved to `target`.
fn moved_to(mover: Mover, target: &AbsPath, home: &AbsPath) -> Vec<(AbsPath, Secret)> {
    let mut all = Vec::new();
    for secret in SECRETS {
        let below = secret.path.strip_prefix(mover.from);
        let place = match below {
            Some("") => Ok(target.clone()),
            Some(rest) if rest.starts_with('/') => target.join(rest),
            // The variable names something inside a folder that is secret as a whole.
            _ if is_below(mover.from, secret.path) => Ok(target.clone()),
            _ => continue,
        };
        let is_elsewhere = home.join(secret.path).ok().as_ref() != place.as_ref().ok();
        if let Ok(path) = place
            && is_elsewhere
        {
            all.push((path, *secret));
        }
    }
    all
}

/// Whether the relative path `path` lies below `folder`.
fn is_below(path: &str, folder: &str) -> bool {
    path.strip_prefix(folder)
        .is_some_and(|rest| rest.starts_with('/'))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn home() -> AbsPath {
        "/home/u".parse().expect("absolute")
    }

    #[test]
    fn each_place_is_listed_once_and_none_lies_below_another() {
        for (i, one) in SECRETS.iter().enumerate() {
            for other in &SECRETS[i + 1..] {
                assert_ne!(one.path, other.path);
                assert!(
                    !is_below(one.path, other.path),
                    "{} below {}",
                    one.path,
                    other.path
                );
                assert!(
                    !is_below(other.path, one.path),
                    "{} below {}",
                    other.path,
                    one.path
                );
            }
            assert!(
                !one.path.contains(['*', '?', '[', '{', '\\']),
                "{}",
                one.path
            );
            assert!(
                AbsPath::parse(format!("/{}", one.path).as_bytes()).is_ok(),
                "{}",
                one.path
            );
        }
    }

    #[test]
    fn each_mover_moves_something() {
        let to: AbsPath = "/elsewhere".parse().expect("absolute");
        for mover in MOVERS {
            assert!(
                !moved_to(*mover, &to, &home()).is_empty(),
                "{}",
                mover.variable
            );
        }
    }

    #[test]
    fn a_place_that_a_variable_moved_is_secret_where_it_is_now() {
        let moved = BTreeMap::from([
            (
                "CARGO_HOME".to_owned(),
                vec!["/opt/cargo".parse().expect("absolute")],
            ),
            (
                "KUBECONFIG".to_owned(),
                vec!["/k/a".parse().expect("absolute")],
            ),
            (
                "UNKNOWN".to_owned(),
                vec!["/other".parse().expect("absolute")],
            ),
        ]);
        let all = places(&home(), &moved);
        let has = |text: &str| all.iter().any(|(path, _)| path.to_string() == text);
        assert!(has("/opt/cargo/credentials.toml") && has("/home/u/.cargo/credentials.toml"));
        assert!(has("/k/a") && !has("/opt/cargo") && !has("/other"));
    }

    #[test]
    fn a_variable_that_moves_nothing_adds_nothing() {
        let moved = BTreeMap::from([(
            "XDG_CONFIG_HOME".to_owned(),
            vec![home().join(".config").expect("a path")],
        )]);
        assert_eq!(places(&home(), &moved).len(), SECRETS.len());
    }
}
