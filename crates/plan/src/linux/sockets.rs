//! Sockets of the host that come back into a view that hides them.
//!
//! `/run` and `/tmp` are private, and secret places are covered; a socket that the
//! policy opens is bound back there, alone. Which one may be said by a variable
//! (`SSH_AUTH_SOCK`), and a variable must not open a file: what a setting opens
//! without naming it has to be a socket by its kind.

use std::collections::BTreeMap;

use fumehood_policy::sockets::{GNUPG, GNUPG_HOME, GNUPG_RUNTIME, OpenSocket, OpenedBy};
use fumehood_policy::{AbsPath, Policy, Standing, Temp};

use super::facts::{Facts, Found, Kind, Question};
use super::places::Places;
use super::plan::PlanError;

/// Sockets that come back, by where they are seen inside.
pub type Sockets = BTreeMap<AbsPath, Found>;

/// What must be known before sockets can be laid out.
pub fn questions(policy: &Policy) -> impl Iterator<Item = Question<'static>> + use<> {
    let open = policy.open_sockets().into_iter();
    open.map(|socket| Question::about_new(socket.path))
}

/// The sockets of `policy` that are there. One that is missing is none.
///
/// # Errors
///
/// [`PlanError::PlantedLink`] where a symlink that a command could have put there
/// would decide which socket is opened.
pub fn lay_out(policy: &Policy, facts: &Facts, places: &Places) -> Result<Sockets, PlanError> {
    let mut sockets = Sockets::new();
    for open in policy.open_sockets() {
        let Some(found) = facts.found(&open.path) else {
            continue;
        };
        if places.is_closed(&found.real) || !may_come_back(policy, &open, found) {
            continue;
        }
        let planted = found.links.iter().find(|link| may_be_planted(policy, link));
        if let Some(link) = planted {
            return Err(PlanError::PlantedLink {
                path: open.path,
                link: link.clone(),
            });
        }
        sockets.insert(seen_at(&open, found), found.clone());
    }
    if policy.sockets.agents {
        repeat_gnupg(policy, facts, &mut sockets);
    }
    Ok(sockets)
}

/// Inside there always is a runtime folder, and where one is gpg looks nowhere
/// else for its agents. So those in its home folder are shown there too.
fn repeat_gnupg(policy: &Policy, facts: &Facts, sockets: &mut Sockets) {
    let runtime = format!("/run/user/{}/{GNUPG_RUNTIME}", facts.uid);
    for name in GNUPG {
        let seen = AbsPath::parse(format!("{runtime}/{name}").as_bytes());
        let kept = policy.home.join(format!("{GNUPG_HOME}/{name}"));
        let kept = kept.ok().and_then(|path| facts.found(&path));
        let kept = kept.and_then(|found| sockets.get(&found.real)).cloned();
        if let (Ok(seen), Some(kept)) = (seen, kept) {
            sockets.entry(seen).or_insert(kept);
        }
    }
}

/// Whether an earlier command could have made this symlink.
fn may_be_planted(policy: &Policy, link: &AbsPath) -> bool {
    let above = link.parent().unwrap_or_else(AbsPath::root);
    let mut host_temp = ["/tmp", "/var/tmp"]
        .into_iter()
        .filter(|_| policy.temp == Temp::Host)
        .filter_map(|path| path.parse().ok());
    policy.standing(&above).standing == Standing::Writable
        || host_temp.any(|temp: AbsPath| above.is_within(&temp))
}

/// Whether what was found is what the setting means.
fn may_come_back(policy: &Policy, open: &OpenSocket, found: &Found) -> bool {
    let is_hidden = |path| policy.standing(path).standing == Standing::Hidden;
    let is_named = open.by == OpenedBy::Paths;
    // `/dev` is made anew, without a place for anything else of the host's.
    let is_in_dev = found.real.as_bytes().starts_with(b"/dev/");
    let is_folder_of_sockets =
        is_named && !is_hidden(&open.path) && !is_hidden(&found.real) && !is_in_dev;
    let is_socket = found.kind == Kind::Socket && !is_in_dev && !policy.keeps_closed(&found.real);
    is_socket || is_folder_of_sockets
}

/// Where it is seen inside: where it is, or, if only the last part of its path is a
/// symlink, in the place of that. The variable of an agent is set to where it is.
fn seen_at(open: &OpenSocket, found: &Found) -> AbsPath {
    let is_last = matches!(&found.links[..], [link] if *link == open.path);
    if is_last && open.by != OpenedBy::Agents {
        open.path.clone()
    } else {
        found.real.clone()
    }
}
