//! The JSON Schema of `config.toml`, for editors.
//!
//! Behind a feature of its own: only the program that writes the committed file
//! and the test that compares it link this. The structs here have no values,
//! they are the shape of the file once more; a test holds their keys against
//! those that the parser knows, and the words come from the parser's tables.

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde_json::{Map, Value};

use crate::caches::TOOLS;
use crate::gap::GapName;
use crate::limit::LimitName;
use crate::policy::{
    Binds, CacheMode, HardLinks, NetworkMode, ProtectedDepth, Temp, WindowsMode, WindowsToken,
};
use crate::words::{Grant, Word};

/// The schema as the committed file holds it.
///
/// # Panics
///
/// Never: the schema is a tree of texts and numbers.
#[must_use]
pub fn text() -> String {
    let mut schema = schemars::schema_for!(File).to_value();
    without_null(&mut schema);
    let mut text = serde_json::to_string_pretty(&schema).unwrap_or_default();
    text.push('\n');
    text
}

/// The keys that cannot be missing: of the file, and of a protected name.
const REQUIRED: [&str; 2] = ["version", "name"];

/// TOML has no null: a key that may be missing is just not required.
fn without_null(value: &mut Value) {
    let is_null = |one: &Value| one == "null" || one.get("type").is_some_and(|kind| kind == "null");
    if let Value::Object(map) = value {
        if let Some(Value::Array(kinds)) = map.get_mut("type") {
            kinds.retain(|kind| !is_null(kind));
            if let [one] = &kinds[..] {
                let one = one.clone();
                map.insert("type".to_owned(), one);
            }
        }
        if let Some(Value::Array(choices)) = map.get_mut("anyOf") {
            choices.retain(|choice| !is_null(choice));
            if let [Value::Object(one)] = &choices[..] {
                let one = one.clone();
                map.remove("anyOf");
                map.extend(one);
            }
        }
        if let Some(Value::Array(keys)) = map.get_mut("required") {
            // A key whose schema is written by hand counts as required to schemars.
            keys.retain(|key| REQUIRED.iter().any(|required| key == required));
            if keys.is_empty() {
                map.remove("required");
            }
        }
        map.values_mut().for_each(without_null);
    } else if let Value::Array(list) = value {
        list.iter_mut().for_each(without_null);
    }
}

/// One of the words of `T`.
fn word<T: Word>(_: &mut SchemaGenerator) -> Schema {
    let words: Vec<&str> = T::WORDS.iter().map(|(word, _)| *word).collect();
    json_schema!({ "type": "string", "enum": words })
}

/// A list of the words of `T`.
fn words<T: Word>(generator: &mut SchemaGenerator) -> Schema {
    let one = word::<T>(generator);
    json_schema!({ "type": "array", "items": one, "maxItems": crate::config::LIST_LIMIT })
}

/// A table whose keys are known and whose values are all alike.
fn table(keys: impl Iterator<Item = &'static str>, value: &Value) -> Schema {
    let properties: Map<String, Value> = keys.map(|key| (key.to_owned(), value.clone())).collect();
    json_schema!({ "type": "object", "properties": properties, "additionalProperties": false })
}

fn caches(generator: &mut SchemaGenerator) -> Schema {
    let mode = word::<CacheMode>(generator).to_value();
    table(
        std::iter::once("default").chain(TOOLS.iter().map(|tool| tool.name)),
        &mode,
    )
}

fn limits(_: &mut SchemaGenerator) -> Schema {
    let bound = serde_json::json!({ "oneOf": [
        { "type": "integer", "minimum": 1 },
        { "type": "string", "examples": ["8GiB", "30m", "none"] },
    ]});
    table(LimitName::WORDS.iter().map(|(word, _)| *word), &bound)
}

fn require(_: &mut SchemaGenerator) -> Schema {
    table(
        GapName::ALL.iter().map(|gap| gap.as_str()),
        &serde_json::json!({ "const": true }),
    )
}

fn protect(generator: &mut SchemaGenerator) -> Schema {
    let table = generator.subschema_for::<Protect>();
    json_schema!({ "type": "array", "items": { "oneOf": [{ "type": "string" }, table] } })
}

fn variables(_: &mut SchemaGenerator) -> Schema {
    json_schema!({ "type": "object", "additionalProperties": { "type": "string" } })
}

/// A table that can set what a profile can, and more.
macro_rules! with_settings {
    ($(#[$meta:meta])* $name:ident { $($(#[$field_meta:meta])* $field:ident: $kind:ty,)* }) => {
        $(#[$meta])*
        #[derive(JsonSchema)]
        #[schemars(deny_unknown_fields)]
        #[expect(dead_code, reason = "only its shape is used")]
        struct $name {
            $($(#[$field_meta])* $field: $kind,)*
            /// Places that may be read: paths or globs; relative ones are below the workspace.
            read: Option<Vec<String>>,
            /// Places that may be written.
            write: Option<Vec<String>>,
            /// Places that are hidden, unless something more specific allows them.
            deny_read: Option<Vec<String>>,
            /// Places that stay as they are, unless something more specific allows them.
            deny_write: Option<Vec<String>>,
            /// Names that stay as they are in every writable place.
            protected: Option<Protected>,
            /// What happens with a file of several links that is opened to write.
            #[schemars(schema_with = "word::<HardLinks>")]
            hard_links: Option<String>,
            /// How each tool's cache outside the workspace is offered.
            #[schemars(schema_with = "caches")]
            caches: Option<()>,
            /// Where `/tmp` leads.
            #[schemars(schema_with = "word::<Temp>")]
            temp: Option<String>,
            /// Device nodes beyond the standard ones.
            devices: Option<Devices>,
            /// Sockets of the host that may be reached.
            sockets: Option<Sockets>,
            /// System calls that are refused unless asked for.
            system_calls: Option<SystemCalls>,
            /// The audit log.
            audit: Option<Audit>,
            /// Warm sandboxes.
            sessions: Option<Sessions>,
            /// The network.
            network: Option<Network>,
            /// The environment of the command.
            environment: Option<Environment>,
            /// Bounds on the whole tree of processes.
            #[schemars(schema_with = "limits")]
            limits: Option<()>,
            /// What only Windows needs to know.
            windows: Option<Windows>,
            /// Promises that have to be kept: without them nothing starts.
            #[schemars(schema_with = "require")]
            require: Option<()>,
            /// Promises that may be missing.
            #[schemars(schema_with = "words::<GapName>")]
            accept: Option<Vec<String>>,
        }
    };
}

with_settings! {
    /// Configuration of fumehood, version 1.
    File {
        /// The form of this file.
        #[schemars(schema_with = "version")]
        version: u32,
        /// The profile to use.
        profile: Option<String>,
        /// The workspace, if it is not where the command is started.
        workspace: Option<String>,
        /// Profiles, by name.
        profiles: Option<std::collections::BTreeMap<String, Profile>>,
        /// What is final: no file and no flag lifts it.
        constraints: Option<Constraints>,
    }
}

with_settings! {
    /// A named set of settings.
    Profile {
        /// The profile it starts from; `read-only` if it says none.
        extends: Option<String>,
    }
}

fn version(_: &mut SchemaGenerator) -> Schema {
    json_schema!({ "const": 1 })
}

/// Names that stay as they are in every writable place.
#[derive(JsonSchema)]
#[schemars(deny_unknown_fields)]
#[expect(dead_code, reason = "only its shape is used")]
struct Protected {
    /// How deep names are enforced.
    #[schemars(schema_with = "word::<ProtectedDepth>")]
    depth: Option<String>,
    /// More names.
    #[schemars(schema_with = "protect")]
    names: Option<()>,
    /// Names that are not protected here.
    free: Option<Vec<String>>,
}

/// A name and where it binds.
#[derive(JsonSchema)]
#[schemars(deny_unknown_fields)]
#[expect(dead_code, reason = "only its shape is used")]
struct Protect {
    /// Relative path.
    name: String,
    /// Where it binds.
    #[schemars(schema_with = "word::<Binds>")]
    binds: Option<String>,
}

/// Device nodes beyond the standard ones.
#[derive(JsonSchema)]
#[schemars(deny_unknown_fields)]
#[expect(dead_code, reason = "only its shape is used")]
struct Devices {
    /// Graphics devices.
    gpu: Option<bool>,
    /// Virtual machines.
    kvm: Option<bool>,
    /// File systems made by programs.
    fuse: Option<bool>,
}

/// Sockets of the host that may be reached.
#[derive(JsonSchema)]
#[schemars(deny_unknown_fields)]
#[expect(dead_code, reason = "only its shape is used")]
struct Sockets {
    /// The ssh and gpg agents.
    agents: Option<bool>,
    /// Container engines.
    docker: Option<bool>,
    /// Others, by path.
    paths: Option<Vec<String>>,
}

/// System calls that are refused unless asked for.
#[derive(JsonSchema)]
#[schemars(deny_unknown_fields)]
#[expect(dead_code, reason = "only its shape is used")]
struct SystemCalls {
    /// Nested user namespaces and mounts.
    nesting: Option<bool>,
    /// Performance counters.
    perf: Option<bool>,
    /// Tracing of one's own children.
    ptrace: Option<bool>,
}

/// The audit log.
#[derive(JsonSchema)]
#[schemars(deny_unknown_fields)]
#[expect(dead_code, reason = "only its shape is used")]
struct Audit {
    /// Write it at all.
    enabled: Option<bool>,
    /// Refuse to run when it cannot be written.
    fatal: Option<bool>,
}

/// Warm sandboxes.
#[derive(JsonSchema)]
#[schemars(deny_unknown_fields)]
#[expect(dead_code, reason = "only its shape is used")]
struct Sessions {
    /// Ends after this long without a command, as `30m`.
    idle: Option<String>,
}

/// The network.
#[derive(JsonSchema)]
#[schemars(deny_unknown_fields)]
#[expect(dead_code, reason = "only its shape is used")]
struct Network {
    /// How much of it.
    #[schemars(schema_with = "word::<NetworkMode>")]
    mode: Option<String>,
    /// Hosts that may be spoken to, as `example.com`, `*.example.com:443`.
    allow: Option<Vec<String>>,
    /// Hosts that may not, whatever `allow` says.
    deny: Option<Vec<String>>,
}

/// The environment of the command.
#[derive(JsonSchema)]
#[schemars(deny_unknown_fields)]
#[expect(dead_code, reason = "only its shape is used")]
struct Environment {
    /// Variables that cross, or prefixes that end in `*`.
    inherit: Option<Vec<String>>,
    /// Variables that do not.
    remove: Option<Vec<String>>,
    /// Variables that are set.
    #[schemars(schema_with = "variables")]
    set: Option<()>,
}

/// What only Windows needs to know.
#[derive(JsonSchema)]
#[schemars(deny_unknown_fields)]
#[expect(dead_code, reason = "only its shape is used")]
struct Windows {
    /// Which kind of sandbox.
    #[schemars(schema_with = "word::<WindowsMode>")]
    mode: Option<String>,
    /// Which kind of token.
    #[schemars(schema_with = "word::<WindowsToken>")]
    token: Option<String>,
}

/// What is final: no file and no flag lifts it.
#[derive(JsonSchema)]
#[schemars(deny_unknown_fields)]
#[expect(dead_code, reason = "only its shape is used")]
struct Constraints {
    /// Places that are hidden.
    deny_read: Option<Vec<String>>,
    /// Places that stay as they are.
    deny_write: Option<Vec<String>>,
    /// The most network there may be.
    #[schemars(schema_with = "word::<NetworkMode>")]
    network: Option<String>,
    /// Hosts that may not be spoken to.
    deny_hosts: Option<Vec<String>>,
    /// Variables that neither cross nor are set.
    deny_environment: Option<Vec<String>>,
    /// The most of each bound.
    #[schemars(schema_with = "limits")]
    limits: Option<()>,
    /// Promises that have to be kept.
    #[schemars(schema_with = "require")]
    require: Option<()>,
    /// What cannot be granted.
    #[schemars(schema_with = "words::<Grant>")]
    refuse: Option<Vec<String>>,
}
