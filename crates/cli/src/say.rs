//! What we say, on standard error, in the shape of every message of ours.

use std::io::{self, Write};

use fumehood::Error;

/// What was wanted, what was tried, what the system said, what to do.
pub fn error(error: &anyhow::Error) {
    let mut text = format!("error: {error}\n");
    for cause in error.chain().skip(1) {
        text.push_str(&format!("  caused by: {cause}\n"));
    }
    let hint = error.downcast_ref::<Error>().and_then(Error::hint);
    if let Some(hint) = hint {
        text.push_str(&format!("\nhint: {hint}\n"));
    }
    line(&text);
}

/// One line of ours. Nobody may be listening, and that changes nothing.
pub fn line(text: &str) {
    let _closed = io::stderr().write_all(text.as_bytes());
}

/// The exit code for an error: ours knows it, anything else is 125.
pub fn code(error: &anyhow::Error) -> u8 {
    error.downcast_ref::<Error>().map_or(125, Error::code)
}
