//! The committed schema is the one this code makes, and knows the parser's keys.

use fumehood_policy::config::keys;
use fumehood_policy::schema;
use serde_json::Value;

fn made() -> Value {
    serde_json::from_str(&schema::text()).expect("JSON")
}

/// The keys of a definition, or of the file itself.
fn keys_of(schema: &Value, definition: Option<&str>) -> Vec<String> {
    let table = definition.map_or(schema, |name| &schema["$defs"][name]);
    assert_eq!(
        table["additionalProperties"],
        Value::Bool(false),
        "{definition:?}"
    );
    let mut keys: Vec<String> = table["properties"]
        .as_object()
        .expect("properties")
        .keys()
        .cloned()
        .collect();
    keys.sort_unstable();
    keys
}

#[test]
fn the_committed_schema_is_up_to_date() {
    const COMMITTED: &str = include_str!("../../../schema/config.schema.json");
    let committed: Value = serde_json::from_str(COMMITTED).expect("JSON");
    assert!(
        committed == made(),
        "write it anew: cargo run -p fumehood-policy --features schema --example schema \
         > schema/config.schema.json"
    );
}

#[test]
fn the_schema_has_the_keys_of_the_parser_and_no_others() {
    let schema = made();
    let tables: [(Option<&str>, &[&[&str]]); 12] = [
        (None, &[keys::FILE, keys::SETTINGS]),
        (Some("Profile"), &[keys::PROFILE, keys::SETTINGS]),
        (Some("Protected"), &[keys::PROTECTED]),
        (Some("Protect"), &[keys::PROTECT]),
        (Some("Devices"), &[keys::DEVICES]),
        (Some("Sockets"), &[keys::SOCKETS]),
        (Some("SystemCalls"), &[keys::SYSTEM_CALLS]),
        (Some("Audit"), &[keys::AUDIT]),
        (Some("Sessions"), &[keys::SESSIONS]),
        (Some("Network"), &[keys::NETWORK]),
        (Some("Environment"), &[keys::ENVIRONMENT]),
        (Some("Constraints"), &[keys::CONSTRAINTS]),
    ];
    for (definition, known) in tables {
        let mut known: Vec<&str> = known.concat();
        known.sort_unstable();
        assert_eq!(keys_of(&schema, definition), known, "{definition:?}");
    }
    assert_eq!(keys_of(&schema, Some("Windows")), keys::WINDOWS);
    let definitions = schema["$defs"].as_object().expect("definitions").len();
    assert_eq!(
        definitions,
        tables.len(),
        "a definition that is not compared"
    );
}

#[test]
fn nothing_in_the_schema_is_null() {
    assert!(!schema::text().contains("null"));
    assert_eq!(made()["required"], serde_json::json!(["version"]));
}
