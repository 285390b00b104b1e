//! `fumehood nt`: what goes in and out of the program, and how it ends.
#![cfg(target_os = "linux")]

use std::io::{BufRead, BufReader, Write};
use std::process::{Child, Command, Output, Stdio};
use std::thread;

/// `fumehood nt ARGUMENTS`, all three streams piped.
fn nt(arguments: &[&str]) -> Child {
    Command::new(env!("CARGO_BIN_EXE_fumehood"))
        .arg("nt")
        .args(arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the program can be started")
}

/// Runs it with this on standard input.
fn outcome(arguments: &[&str], input: &[u8]) -> (Option<i32>, String, String) {
    let mut child = nt(arguments);
    let mut stdin = child.stdin.take().expect("it is a pipe");
    let input = input.to_vec();
    // A program that answers what it has not read yet must not stop us.
    let writer = thread::spawn(move || stdin.write_all(&input));
    let Output {
        status,
        stdout,
        stderr,
    } = child.wait_with_output().expect("it ends");
    let _closed_early = writer.join().expect("writing does not panic");
    let text = |bytes| String::from_utf8(bytes).expect("what it says is text");
    let (stdout, stderr) = (text(stdout), text(stderr));
    assert!(!stderr.contains("panicked"), "{stderr}");
    (status.code(), stdout, stderr)
}

/// The token of the issue: a user, a group, another that only denies.
const TOKEN: &str = r#""user":"S-1-5-21-1-2-3-1001","user_attr":"enabled","groups":[["S-1-5-32-545","enabled"],["S-1-5-32-544","deny-only"],["S-1-5-2","disabled"]]"#;

fn question(sddl: &str, more: &str, want: &str, object: &str) -> String {
    format!(r#"{{"sddl":"{sddl}","token":{{{TOKEN}{more}}},"want":"{want}","object":"{object}"}}"#)
}

#[test]
fn each_question_is_answered_on_its_line() {
    let granted = |mask: &str| format!("{{\"granted\":true,\"mask\":\"{mask}\"}}");
    let denied = "{\"granted\":false,\"mask\":\"0x00000000\"}".to_owned();
    let user = "O:S-1-5-21-1-2-3-1001D:";
    let restricting = r#","restricting":["S-1-5-12"]"#;
    let write = r#","restricting":["S-1-5-12"],"write_restricted":true"#;
    let all = r#","restricting":["S-1-5-12"],"write_restricted":false,"privileges":["SeTakeOwnershipPrivilege"],"integrity":"S-1-16-8192""#;
    let low = r#","integrity":"S-1-16-4096""#;
    let rows = [
        (
            question("O:BAG:SYD:(A;;FR;;;BU)", "", "0x00120089", "file"),
            granted("0x00120089"),
        ),
        (
            question("O:BAG:SYD:(A;;FR;;;BU)", "", "0x00120116", "file"),
            denied.clone(),
        ),
        // Generic rights mean what they mean on the object.
        (
            question("D:(A;;GR;;;BU)", "", "0x80000000", "key"),
            granted("0x00020019"),
        ),
        (
            question("D:(A;;GR;;;BU)", "", "0x80000000", "process"),
            granted("0x00020410"),
        ),
        // Deny-only denies and does not allow; disabled does neither.
        (
            question("D:(A;;FR;;;BA)", "", "0x1", "file"),
            denied.clone(),
        ),
        (
            question("D:(D;;FR;;;BA)(A;;FR;;;BU)", "", "0x1", "file"),
            denied.clone(),
        ),
        (
            question("D:(D;;FR;;;NU)(A;;FR;;;BU)", "", "0x1", "file"),
            granted("0x00000001"),
        ),
        // NULL, absent and empty.
        (
            question("D:NO_ACCESS_CONTROL", "", "0x2", "file"),
            granted("0x00000002"),
        ),
        (question("O:BA", "", "0x2", "file"), granted("0x00000002")),
        (question("D:", "", "0x2", "file"), denied.clone()),
        // The owner.
        (
            question(user, "", "0x00040000", "file"),
            granted("0x00040000"),
        ),
        (question("O:SYD:", "", "0x00040000", "file"), denied.clone()),
        // All that may be had.
        (
            question("D:(A;;FR;;;BU)", "", "0x02000000", "file"),
            granted("0x00120089"),
        ),
        (question("D:", "", "0x02000000", "file"), denied.clone()),
        // Restricted tokens.
        (
            question("D:(A;;FR;;;BU)", restricting, "0x1", "file"),
            denied.clone(),
        ),
        (
            question("D:(A;;FR;;;BU)(A;;FR;;;RC)", restricting, "0x1", "file"),
            granted("0x00000001"),
        ),
        (
            question("D:(A;;FR;;;BU)", write, "0x1", "file"),
            granted("0x00000001"),
        ),
        (
            question("D:(A;;FA;;;BU)", write, "0x2", "file"),
            denied.clone(),
        ),
        // The delete-by-parent hole: FILE_DELETE_CHILD is no write bit.
        (
            question("D:(A;;FA;;;BU)", write, "0x40", "file"),
            granted("0x00000040"),
        ),
        (
            question("D:(A;;FA;;;BU)", restricting, "0x40", "file"),
            denied.clone(),
        ),
        // Privileges and labels.
        (
            question("D:", all, "0x00080000", "file"),
            granted("0x00080000"),
        ),
        (
            question("D:(A;;FA;;;BU)", low, "0x2", "file"),
            denied.clone(),
        ),
        (
            question("D:(A;;FA;;;BU)", low, "0x1", "file"),
            granted("0x00000001"),
        ),
        (
            question("D:(A;;FR;;;BU)", "", "0x1", "window-station"),
            granted("0x00000001"),
        ),
    ];
    let lines: Vec<&str> = rows.iter().map(|(line, _)| line.as_str()).collect();
    let (code, said, _) = outcome(&["check"], lines.join("\n").as_bytes());
    assert_eq!(code, Some(0));
    assert_eq!(said.lines().count(), rows.len());
    for ((line, expected), answer) in rows.iter().zip(said.lines()) {
        assert_eq!(answer, expected, "{line}");
    }
}

#[test]
fn an_answer_that_hangs_on_an_open_question_names_it() {
    let owner = "O:S-1-5-21-1-2-3-1001D:";
    let write = r#","restricting":["S-1-5-12"],"write_restricted":true"#;
    let line = question(owner, write, "0x00020000", "file");
    let (_, said, _) = outcome(&["check"], line.as_bytes());
    assert_eq!(
        said,
        "{\"granted\":false,\"mask\":\"0x00000000\",\"depends_on\":[\"restricted-owner\"]}\n"
    );
}

#[test]
fn a_peer_that_waits_for_each_answer_gets_it() {
    let mut child = nt(&["check"]);
    let mut stdin = child.stdin.take().expect("it is a pipe");
    let mut answers = BufReader::new(child.stdout.take().expect("it is a pipe"));
    let line = question("D:(A;;FR;;;BU)", "", "0x1", "file");
    for _ in 0..3 {
        for (sent, expected) in [(line.as_str(), "{\"granted\":true"), ("", "{\"error\"")] {
            writeln!(stdin, "{sent}").expect("it reads");
            let mut answer = String::new();
            answers.read_line(&mut answer).expect("it answers");
            assert!(answer.starts_with(expected), "{answer}");
        }
    }
    drop(stdin);
    assert_eq!(child.wait().expect("it ends").code(), Some(0));
}

#[test]
fn a_line_of_ten_megabytes_and_one_that_is_no_utf_8_are_errors_and_reading_goes_on() {
    let line = question("D:(A;;FR;;;BU)", "", "0x1", "file");
    let mut input = vec![b'x'; 10 << 20];
    input.extend(b"\n\xff\xfe{\n");
    input.extend(format!("{line}\r\n{{\"sddl\":\"\x01\"}}\n{line}").bytes());
    let (code, said, _) = outcome(&["check"], &input);
    let starts: Vec<&str> = said.lines().map(|line| &line[..9]).collect();
    let (error, granted) = ("{\"error\":", "{\"granted");
    assert_eq!(starts, [error, error, granted, error, granted], "{said}");
    assert_eq!(code, Some(0));
}

#[test]
fn a_reader_that_goes_away_ends_it_quietly() {
    let mut child = nt(&["check"]);
    let mut stdin = child.stdin.take().expect("it is a pipe");
    drop(child.stdout.take());
    let line = question("D:", "", "0x1", "file") + "\n";
    // Until it is gone, and then that is an error of ours.
    let ended = (0..1000).any(|_| stdin.write_all(line.repeat(100).as_bytes()).is_err());
    assert!(ended, "it goes on for nobody");
    let output = child.wait_with_output().expect("it ends");
    assert_eq!(output.status.code(), Some(0));
    assert_eq!(String::from_utf8_lossy(&output.stderr), "");
}

#[test]
fn a_descriptor_is_explained_and_comes_back_from_its_json() {
    let sddl = "O:BAG:SYD:PAI(D;OICI;SD;;;WD)(A;ID;0x1200a9;;;BU)S:(ML;;NW;;;LW)";
    let (code, words, _) = outcome(&["sddl", sddl], b"");
    assert_eq!(code, Some(0));
    for part in [
        "Administrators",
        "DENIES Everyone",
        "read, execute",
        "low integrity",
    ] {
        assert!(words.contains(part), "{part} is not in\n{words}");
    }
    let (code, json, _) = outcome(&["sddl", "--json", "-"], sddl.as_bytes());
    assert_eq!(code, Some(0));
    let (code, again, _) = outcome(&["sddl", "--from-json"], json.as_bytes());
    assert_eq!((code, again.trim_end()), (Some(0), sddl));
}

#[test]
fn what_is_no_descriptor_is_refused_with_a_caret() {
    let (code, said, told) = outcome(&["sddl", "D:(A;;ZZ;;;WD)"], b"");
    assert_eq!((code, said.as_str()), (Some(125), ""));
    assert!(
        told.contains("at byte 6\n  D:(A;;ZZ;;;WD)\n        ^\n"),
        "{told}"
    );
    for input in ["{}", "[]", "", "D:"] {
        let (code, said, told) = outcome(&["sddl", "--from-json"], input.as_bytes());
        assert_eq!((code, said.as_str()), (Some(125), ""));
        assert!(
            told.starts_with("error: not the JSON of a descriptor"),
            "{told}"
        );
    }
    let (code, _, told) = outcome(&["sddl", "--object", "fil", "D:"], b"");
    assert_eq!(code, Some(125));
    assert!(told.contains("no kind of object"), "{told}");
}

#[test]
fn the_steps_of_a_check_are_explained_and_the_exit_code_is_the_answer() {
    let line = question("D:(A;;FR;;;BU)", "", "0x1", "file");
    for arguments in [vec!["explain", line.as_str()], vec!["explain"]] {
        let (code, said, _) = outcome(&arguments, line.as_bytes());
        assert_eq!(code, Some(0));
        assert!(said.contains("pass 1     allowed: DACL[0]"), "{said}");
    }
    let line = question("D:(D;;FR;;;BU)", "", "0x1", "file");
    let (code, said, _) = outcome(&["explain", &line], b"");
    assert_eq!(code, Some(1));
    assert!(said.contains("result     DENIED"), "{said}");
    let (code, said, told) = outcome(&["explain", "{}"], b"");
    assert_eq!((code, said.as_str()), (Some(125), ""));
    assert!(told.contains("missing field"), "{told}");
}
