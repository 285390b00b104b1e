//! What a reader must be able to express to ask a vector; worked out here, so that what the files
//! say cannot be wrong.

use std::collections::BTreeSet;

use crate::read::Vector;

/// The words of `needs`, in the order of the alphabet.
pub fn of(vector: &Vector) -> Vec<String> {
    let token = &vector.token;
    let has_state = |wanted: &str| token.groups.iter().any(|[_, state]| state == wanted);
    let has_ace = |letters: &str| vector.descriptors().any(|text| text.contains(letters));
    let groups: BTreeSet<&String> = token.groups.iter().map(|[group, _]| group).collect();
    let restricts = token.restricting.is_some();
    let only_denies = token.user_attr.as_deref() == Some("deny-only");
    let rows = [
        ("app-container", token.app_container.is_some()),
        ("conditions", has_ace("(XA;") || has_ace("(XD;")),
        ("deny-only", only_denies || has_state("deny-only")),
        ("device-groups", token.device_groups.is_some()),
        ("disabled-group", has_state("disabled")),
        ("doubled-sid", groups.len() < token.groups.len()),
        ("files", vector.operation.is_some()),
        ("intent", vector.intent.is_some()),
        ("labels", has_ace("(ML;") || token.integrity.is_some()),
        ("mandatory-policy", token.mandatory_policy.is_some()),
        ("object-aces", has_ace("(OA;") || has_ace("(OD;")),
        (
            "privileges",
            token.privileges.is_some() || token.held.is_some(),
        ),
        ("restricting", restricts && !token.write_restricted),
        ("write-restricted", token.write_restricted),
    ];
    let needed = rows.iter().filter(|(_, needed)| *needed);
    needed.map(|(word, _)| (*word).to_owned()).collect()
}
