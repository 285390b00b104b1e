//! What we say, on standard error, in the shape of every message of ours.

use std::io::{self, Write};

use fumehood::Error;

/// What was wanted, what was tried, what the system said, what to do.
pub fn error(error: &anyhow::Error) {
    let causes = error
        .chain()
        .skip(1)
        .map(|cause| format!("  caused by: {cause}\n"));
    let hint = error.downcast_ref::<Error>().and_then(Error::hint);
    let hint = hint.map(|hint| format!("\nhint: {hint}\n"));
    let text: String = std::iter::once(format!("error: {error}\n"))
        .chain(causes)
        .chain(hint)
        .collect();
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
