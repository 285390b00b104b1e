//! `fumehood nt sddl`: a descriptor in plain words, as JSON, and back.

use std::io::{self, Read};
use std::process::ExitCode;

use anyhow::{Context, Result, anyhow, ensure};
use fumehood_nt::{Domains, SddlError, SecurityDescriptor, sddl};

use super::form::Form;
use super::{named, words};
use crate::args::NtSddl;
use crate::out;

/// The longest text that is taken from standard input: the JSON of the longest SDDL, about.
const MAX_INPUT: u64 = 16 << 20;
/// What is shown of a text on each side of a fault.
const SHOWN: usize = 36;

/// Explains a descriptor, or turns it into its other form.
///
/// # Errors
///
/// A text that is no descriptor.
pub fn sddl(arguments: &NtSddl) -> Result<ExitCode> {
    let text = input(arguments.text.as_deref())?;
    let text = text.trim();
    let answer = if arguments.from_json {
        let form: Form = named::from_str(text).context("not the JSON of a descriptor")?;
        let descriptor = form.descriptor().context("not the JSON of a descriptor")?;
        format!("{}\n", descriptor.to_sddl()?)
    } else {
        let descriptor = parse(text)?;
        if arguments.json {
            let form = Form::of(&descriptor, arguments.object)?;
            format!("{}\n", serde_json::to_string_pretty(&form)?)
        } else {
            words::descriptor(&descriptor, arguments.object)
        }
    };
    out::text(&answer)?;
    Ok(ExitCode::SUCCESS)
}

/// The argument, or standard input if there is none or it is `-`.
///
/// # Errors
///
/// Standard input that cannot be read, is too long or no UTF-8.
pub fn input(argument: Option<&str>) -> Result<String> {
    if let Some(text) = argument.filter(|text| *text != "-") {
        return Ok(text.to_owned());
    }
    let mut text = String::new();
    let mut bounded = io::stdin().lock().take(MAX_INPUT + 1);
    bounded
        .read_to_string(&mut text)
        .context("cannot read standard input")?;
    let length = text.len() as u64;
    ensure!(
        length <= MAX_INPUT,
        "standard input has more than {MAX_INPUT} bytes"
    );
    Ok(text)
}

/// Reads SDDL; a fault is shown below the text.
///
/// # Errors
///
/// A text that is no SDDL.
pub fn parse(text: &str) -> Result<SecurityDescriptor> {
    SecurityDescriptor::from_sddl(text, &Domains::NONE)
        .map_err(|error| anyhow!("not SDDL: {error}\n{}", pointed(text, &error)))
}

/// The text around a fault, with a caret below it.
fn pointed(text: &str, error: &SddlError) -> String {
    let at = error.at().min(text.len()).min(sddl::MAX_TEXT);
    let (before, after) = (0..=at)
        .rev()
        .find_map(|at| text.split_at_checked(at))
        .unwrap_or(("", text));
    let plain = |c: char| if c.is_control() { ' ' } else { c };
    let start = before.chars().count().saturating_sub(SHOWN);
    let before: String = before.chars().skip(start).map(plain).collect();
    let after: String = after.chars().take(SHOWN).map(plain).collect();
    let blanks = " ".repeat(before.chars().count());
    format!("  {before}{after}\n  {blanks}^")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fault(text: &str) -> String {
        parse(text).expect_err("is no SDDL").to_string()
    }

    #[test]
    fn a_fault_is_shown_with_its_byte_and_a_caret_below_it() {
        assert_eq!(
            fault("O:BAD:(A;;ZZ;;;WD)"),
            "not SDDL: expected two letters of a right at byte 10\n  \
             O:BAD:(A;;ZZ;;;WD)\n            ^"
        );
        assert!(parse("O:BAD:(A;;FR;;;WD)").is_ok());
    }

    #[test]
    fn of_a_long_text_only_what_is_around_the_fault_is_shown() {
        let text = format!(
            "D:{}(A;;ZZ;;;WD){}",
            "(A;;FR;;;WD)".repeat(50),
            "é\n".repeat(50)
        );
        let told = fault(&text);
        let lines: Vec<&str> = told.lines().collect();
        assert_eq!(lines.len(), 3, "{told}");
        assert_eq!(lines[1].chars().count(), 2 + 2 * SHOWN);
        assert_eq!(lines[1].chars().nth(2 + SHOWN), Some('Z'), "{told}");
        assert_eq!(lines[2].chars().count(), 2 + SHOWN + 1);
    }
}
