//! `fumehood nt check`: questions in, answers out, a line each.
//!
//! For programs that compare: every line has its answer in its place, an empty or
//! a wrong one too. Answers are written when there are many, and before more
//! questions are waited for.

use std::io::{self, Read, Write};
use std::process::ExitCode;

use anyhow::{Context, Result};
use fumehood_nt::evaluate::{Doubt, Outcome, depends_on, evaluate};
use fumehood_nt::semantics::Semantics;

use super::lines::{Line, Lines, MAX_LINE};
use super::request::Question;

/// Answers that are kept back at most: as many bytes as a pipe of Linux holds.
const KEPT: usize = 64 << 10;

/// Bytes of an error that are said at most.
const MAX_WHY: usize = 1000;

/// Answers standard input on standard output.
///
/// # Errors
///
/// A stream that fails. One that nobody reads any more is no failure.
pub fn check() -> Result<ExitCode> {
    match answer_all(io::stdin().lock(), io::stdout().lock()) {
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(ExitCode::SUCCESS),
        other => other
            .context("cannot read standard input or write to standard output")
            .map(|()| ExitCode::SUCCESS),
    }
}

/// Answers `questions` on `answers`.
pub(super) fn answer_all(questions: impl Read, mut answers: impl Write) -> io::Result<()> {
    let mut lines = Lines::new(questions);
    let mut kept = Vec::with_capacity(KEPT + 1024);
    loop {
        let line = lines.next_line(|| write_out(&mut kept, &mut answers))?;
        match line {
            Some(Line::Text(text)) => answer(text, &mut kept),
            Some(Line::TooLong) => wrong(
                &format!("the line has more than {MAX_LINE} bytes"),
                &mut kept,
            ),
            None => return write_out(&mut kept, &mut answers),
        }
        if kept.len() >= KEPT {
            write_out(&mut kept, &mut answers)?;
        }
    }
}

fn write_out(kept: &mut Vec<u8>, answers: &mut impl Write) -> io::Result<()> {
    if !kept.is_empty() {
        answers.write_all(kept)?;
        kept.clear();
        answers.flush()?;
    }
    Ok(())
}

/// Answers one line, with the end of a line.
fn answer(line: &[u8], out: &mut Vec<u8>) {
    if line.is_empty() {
        return wrong("the line is empty", out);
    }
    match Question::parse(line) {
        Ok(question) => verdict(&question, out),
        Err(error) => wrong(&error.to_string(), out),
    }
}

/// Writes what the model answers.
fn verdict(question: &Question, out: &mut Vec<u8>) {
    let Question {
        descriptor,
        token,
        want,
        object,
    } = question;
    let (mapping, semantics) = (object.mapping(), &Semantics::default());
    let verdict = evaluate(descriptor, token, *want, mapping, semantics);
    let word: &[u8] = match verdict.outcome {
        Outcome::Granted(_) => b"{\"granted\":true,\"mask\":\"0x",
        Outcome::Denied => b"{\"granted\":false,\"mask\":\"0x",
    };
    out.extend_from_slice(word);
    let mask = verdict.mask().0;
    for shift in (0..8).rev() {
        let digit = mask >> (shift * 4) & 0xf;
        out.push(b"0123456789abcdef"[digit as usize]);
    }
    out.push(b'"');
    let dependence = depends_on(descriptor, token, *want, mapping, semantics);
    let mut before: &[u8] = b",\"depends_on\":[\"";
    for name in dependence.names() {
        out.extend_from_slice(before);
        out.extend_from_slice(name.as_bytes());
        before = b"\",\"";
    }
    if !dependence.is_certain() {
        out.extend_from_slice(b"\"]");
    }
    if let Some(doubt) = verdict.doubt {
        let (list, ace) = match doubt {
            Doubt::Condition { ace } => ("dacl", ace),
            Doubt::Sacl { ace } => ("sacl", ace),
        };
        out.extend_from_slice(format!(",\"unknown\":\"{list}[{ace}]\"").as_bytes());
    }
    out.extend_from_slice(b"}\n");
}

/// Writes that the line is no question. What is wrong may quote a line of any length.
fn wrong(why: &str, out: &mut Vec<u8>) {
    let mut why = why.to_owned();
    if let Some(end) = (0..=MAX_WHY).rev().find(|at| why.is_char_boundary(*at))
        && end < why.len()
    {
        why.truncate(end);
        why.push('…');
    }
    out.extend_from_slice(b"{\"error\":");
    out.extend_from_slice(serde_json::Value::from(why).to_string().as_bytes());
    out.extend_from_slice(b"}\n");
}

#[cfg(test)]
mod tests {
    use super::*;

    const RIGHT: &str = r#"{"sddl":"D:(A;;FR;;;BU)","token":{"user":"S-1-5-21-1-2-3-1001","groups":[["S-1-5-32-545","enabled"]],"privileges":["SeBackupPrivilege"],"integrity":"S-1-16-8192"},"want":"0x00120089","object":"file"}"#;

    fn answers(questions: &[u8]) -> String {
        let mut out = Vec::new();
        answer_all(questions, &mut out).expect("memory does not fail");
        String::from_utf8(out).expect("answers are text")
    }

    /// The error for [`RIGHT`] with one text in it replaced.
    fn error(from: &str, to: &str) -> String {
        assert!(RIGHT.contains(from), "{from}");
        let answer = answers(RIGHT.replacen(from, to, 1).as_bytes());
        let parsed: serde_json::Value = serde_json::from_str(&answer).expect("a JSON line");
        let fields = parsed.as_object().expect("an object");
        assert_eq!(fields.len(), 1, "{answer}");
        fields["error"].as_str().expect("a text").to_owned()
    }

    #[test]
    fn each_wrong_field_is_an_error_line_that_says_what_is_wrong() {
        assert_eq!(
            answers(RIGHT.as_bytes()),
            "{\"granted\":true,\"mask\":\"0x00120089\"}\n"
        );
        for (from, to, said) in [
            (
                "D:(A;;FR;;;BU)",
                "D:(A;FR;;;BU)",
                "sddl: expected a flag or `;` at byte 5",
            ),
            ("D:(A;;FR;;;BU)", "D:(A;;FR;;;DU)", "`DU` at byte 11"),
            ("\"S-1-5-21-1-2-3-1001\"", "\"S-1-x\"", "SID `S-1-x`"),
            ("\"S-1-5-21-1-2-3-1001\"", "17", "expected a SID"),
            ("\"user\"", "\"name\"", "unknown field `name`"),
            ("\"enabled\"", "\"on\"", "`on` is no attribute of a group"),
            (
                "[\"S-1-5-32-545\",\"enabled\"]",
                "[\"S-1-5-32-545\"]",
                "tuple of size 2",
            ),
            (
                "\"groups\"",
                "\"user_attr\":\"disabled\",\"groups\"",
                "`disabled` is no user_attr",
            ),
            (
                "SeBackupPrivilege",
                "SeBackup",
                "`SeBackup` is no privilege",
            ),
            ("S-1-16-8192", "S-1-5-32", "no integrity level"),
            ("0x00120089", "0x100120089", "is no mask"),
            ("0x00120089", "120089", "is no mask"),
            ("0x00120089", "0x", "is no mask"),
            ("0x00120089", "0x+1", "is no mask"),
            ("\"0x00120089\"", "1179785", "expected a mask"),
            ("\"file\"", "\"fil\"", "`fil` is no kind of object"),
            (",\"object\":\"file\"", "", "missing field `object`"),
            (
                "\"want\"",
                "\"sddl\":\"\",\"want\"",
                "duplicate field `sddl`",
            ),
            ("}", "", "column"),
            ("{", "[{", "column"),
        ] {
            let why = error(from, to);
            assert!(why.contains(said), "{from} → {to}: {why}");
        }
    }

    #[test]
    fn a_token_with_too_many_groups_is_an_error_line_and_one_with_as_many_as_may_be_is_not() {
        let with = |count: usize| {
            let groups = vec![r#"["S-1-5-32-545","enabled"]"#; count].join(",");
            let line = RIGHT.replacen(r#"["S-1-5-32-545","enabled"]"#, &groups, 1);
            answers(line.as_bytes())
        };
        assert!(with(1024).starts_with("{\"granted\":true"));
        assert!(with(1025).contains("at most 1024"));
    }

    #[test]
    fn an_array_in_the_place_of_an_object_is_an_error_line() {
        let token = r#"{"user":"S-1-1-0"}"#;
        let values = r#"["S-1-1-0",null,null,null,null,null,null]"#;
        let named = |token: &str| {
            let line = format!(r#"{{"sddl":"","token":{token},"want":"0x1","object":"file"}}"#);
            answers(line.as_bytes())
        };
        assert_eq!(named(token), "{\"granted\":true,\"mask\":\"0x00000001\"}\n");
        assert!(
            named(values).contains("expected an object"),
            "{}",
            named(values)
        );
        let whole = answers(format!(r#"["",{token},"0x1","file"]"#).as_bytes());
        assert!(whole.contains("expected an object"), "{whole}");
    }

    #[test]
    fn an_error_that_quotes_a_long_line_is_cut_and_a_short_one_is_not() {
        let with = |length: usize| error("SeBackupPrivilege", &"é".repeat(length));
        assert!(with(100).contains(&format!("`{}` is no privilege", "é".repeat(100))));
        let long = with(1_000_000);
        assert!(
            long.ends_with("é…") && long.len() < MAX_WHY + 4,
            "{}",
            long.len()
        );
    }

    #[test]
    fn every_line_has_its_answer_in_its_place() {
        let mut lines = Vec::new();
        for line in [
            RIGHT.as_bytes(),
            b"",
            b"\r",
            b"\xff\xfe",
            b"null",
            b"  ",
            RIGHT.as_bytes(),
        ] {
            lines.extend(line);
            lines.push(b'\n');
        }
        lines.resize(lines.len() + MAX_LINE + 1, b' ');
        lines.push(b'\n');
        lines.extend(RIGHT.as_bytes());
        lines.extend(b"\r\n");
        let said = answers(&lines);
        let starts = [
            "{\"granted\":true",
            "{\"error\":\"the line is empty\"}",
            "{\"error\":\"the line is empty\"}",
            "{\"error\":\"not UTF-8: ",
            "{\"error\":\"invalid type: null",
            "{\"error\":\"EOF",
            "{\"granted\":true",
            "{\"error\":\"the line has more than 4194304 bytes\"}",
            "{\"granted\":true",
        ];
        assert_eq!(said.lines().count(), starts.len(), "{said}");
        for (line, start) in said.lines().zip(starts) {
            assert!(line.starts_with(start), "{line} is not {start}");
        }
    }

    #[test]
    fn null_is_the_same_as_absent_and_an_empty_list_is_not() {
        let with = |field: &str| {
            let line = RIGHT.replacen("\"groups\"", &format!("{field}\"groups\""), 1);
            answers(line.as_bytes()).contains("\"granted\":true")
        };
        assert!(with(""));
        assert!(with("\"restricting\":null,"));
        assert!(with("\"user_attr\":null,\"write_restricted\":null,"));
        assert!(!with("\"restricting\":[],"));
        assert!(with("\"restricting\":[\"S-1-5-32-545\"],"));
        assert!(!with("\"restricting\":[\"S-1-5-12\"],"));
        assert!(with(
            "\"restricting\":[\"S-1-5-12\"],\"write_restricted\":true,"
        ));
    }

    #[test]
    fn an_answer_says_what_it_hangs_on_only_if_it_does() {
        let nothing = RIGHT.replace("0x00120089", "0x0");
        assert_eq!(
            answers(nothing.as_bytes()),
            "{\"granted\":false,\"mask\":\"0x00000000\",\"depends_on\":[\"zero-request\"]}\n"
        );
        let unknown = RIGHT.replace("(A;;FR;;;BU)", "(XA;;FR;;;BU;(@User.Team))");
        assert_eq!(
            answers(unknown.as_bytes()),
            "{\"granted\":false,\"mask\":\"0x00000000\",\"unknown\":\"dacl[0]\"}\n"
        );
    }

    #[test]
    fn whatever_is_done_to_a_line_it_is_answered_once() {
        let bytes = RIGHT.as_bytes();
        for at in 0..bytes.len() {
            for byte in *b"\0\"\\{}[],:;()-0xZ\xff" {
                let mut line = bytes.to_vec();
                line[at] = byte;
                line.push(b'\n');
                let said = answers(&line);
                assert_eq!(said.lines().count(), 1, "{said}");
                let parsed: Result<serde_json::Value, _> = serde_json::from_str(&said);
                assert!(parsed.is_ok(), "{said}");
            }
        }
    }
}
