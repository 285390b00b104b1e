//! The SIDs behind the templates, and which SIDs a vector may name.

use fumehood_nt::{AclField, SecurityDescriptor, Sid};

use crate::read::Token;

/// What each template becomes here; a reader on Windows takes those of its own token.
const TEMPLATES: [(&str, &str); 9] = [
    ("{USER}", "S-1-5-21-1-2-3-1001"),
    ("{OTHER}", "S-1-5-21-1-2-3-1002"),
    ("{GROUP}", "S-1-5-32-545"),
    ("{LOGON}", "S-1-5-5-0-4711"),
    ("{CAP}", "S-1-5-21-9-9-9-1"),
    ("{RULES}", "S-1-5-21-9-9-9-2"),
    ("{PACKAGE}", "S-1-15-2-11-12-13-14-15-16-17"),
    ("{PACKAGE_CAP}", "S-1-15-3-1"),
    ("{SESSION}", "S-1-5-21-9-9-9-3"),
];
/// What any vector may name: templates stand for themselves, the rest means the same everywhere
/// and is in no token.
const ANYWHERE: [&str; 5] = ["S-1-5-18", "S-1-3-4", "S-1-15-2-1", "S-1-15-2-2", "S-1-16-"];

/// `text` with every template expanded.
pub fn expand(text: &str) -> String {
    let fill = |text: String, (name, sid): &(&str, &str)| text.replace(name, sid);
    TEMPLATES.iter().fold(text.to_owned(), fill)
}

/// Every SID that the ACEs of a descriptor name, and its owner and group, which `AccessCheck`
/// insists on.
pub fn named(sddl: &str) -> Vec<String> {
    let descriptor: SecurityDescriptor = sddl.parse().unwrap_or_else(|why| panic!("{sddl}: {why}"));
    let owners = [descriptor.owner, descriptor.group];
    assert!(
        owners.iter().all(Option::is_some),
        "{sddl}: owner and group"
    );
    let lists = [&descriptor.dacl, &descriptor.sacl];
    let aces = lists
        .into_iter()
        .filter_map(AclField::list)
        .flat_map(|list| &list.aces);
    let sids = owners.into_iter().flatten().chain(aces.map(|ace| ace.sid));
    sids.map(|sid: Sid| sid.to_string()).collect()
}

/// Whether a token on any machine has `sid` exactly if `token` has.
pub fn is_known(sid: &str, token: &Token) -> bool {
    TEMPLATES.iter().any(|(_, known)| *known == sid)
        || ANYWHERE.iter().any(|known| sid.starts_with(known))
        || token.groups.iter().any(|[group, _]| group == sid)
}
