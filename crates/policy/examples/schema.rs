//! Prints the JSON Schema of `config.toml`.
//!
//! `cargo run -p fumehood-policy --features schema --example schema > schema/config.schema.json`

use std::io::Write;

fn main() -> std::io::Result<()> {
    std::io::stdout().write_all(fumehood_policy::schema::text().as_bytes())
}
