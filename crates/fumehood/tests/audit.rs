//! The audit log under load, at its bounds, and on a full disk.
#![cfg(target_os = "linux")]

use std::collections::BTreeSet;
use std::path::PathBuf;

use fumehood::audit::{AuditLog, Batch};
use serde_json::{Value, json};

struct Folder(PathBuf);

impl Folder {
    fn new(name: &str) -> Self {
        let name = format!("fumehood-audit-{name}-{}", std::process::id());
        let top = std::env::temp_dir().join(name);
        std::fs::create_dir_all(&top).expect("the temp folder is writable");
        Self(top)
    }

    fn lines(&self, file: &str) -> Vec<Value> {
        let text = std::fs::read_to_string(self.0.join(file)).unwrap_or_default();
        assert!(text.is_empty() || text.ends_with('\n'), "no torn line");
        text.lines()
            .map(|line| serde_json::from_str(line).expect("a whole JSON line"))
            .collect()
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _left = std::fs::remove_dir_all(&self.0);
    }
}

fn event(session: &str, data: &Value) -> Batch {
    let mut batch = Batch::new().expect("random numbers");
    batch.add(session, "test", data).expect("plain data");
    batch
}

#[test]
fn eight_writers_lose_no_line_and_interleave_none_up_to_three_megabytes() {
    const WRITERS: usize = 8;
    const LINES: usize = 6;
    let folder = Folder::new("writers");
    std::thread::scope(|scope| {
        for writer in 0..WRITERS {
            let log = AuditLog::in_folder(&folder.0).rotating_at(u64::MAX);
            scope.spawn(move || {
                for number in 0..LINES {
                    let size = if number == 3 {
                        3_000_000
                    } else {
                        10 + writer * 1_000
                    };
                    let data =
                        json!({ "writer": writer, "number": number, "text": "x".repeat(size) });
                    log.append(&event("s", &data)).expect("there is room");
                }
            });
        }
    });
    let seen: BTreeSet<(u64, u64)> = folder
        .lines("audit.jsonl")
        .iter()
        .filter_map(|line| {
            Some((
                line["data"]["writer"].as_u64()?,
                line["data"]["number"].as_u64()?,
            ))
        })
        .collect();
    assert_eq!(seen.len(), WRITERS * LINES);
}

#[test]
fn every_line_has_a_version_an_id_that_sorts_by_time_and_a_time() {
    let folder = Folder::new("lines");
    let log = AuditLog::in_folder(&folder.0);
    for number in 0..20 {
        log.append(&event("s", &json!(number)))
            .expect("there is room");
    }
    let lines = folder.lines("audit.jsonl");
    let ids: Vec<&str> = lines
        .iter()
        .filter_map(|line| line["id"].as_str())
        .collect();
    assert_eq!(ids.len(), 20);
    assert!(
        ids.iter()
            .all(|id| id.len() == 36 && id.as_bytes()[14] == b'7'),
        "uuid v7"
    );
    let stamps: Vec<&str> = ids.iter().map(|id| &id[..13]).collect();
    assert!(stamps.is_sorted(), "{stamps:?}");
    for line in &lines {
        assert_eq!(line["v"], 1);
        let time = line["time"].as_str().expect("a time");
        assert!(time.ends_with('Z') && time.as_bytes()[10] == b'T', "{time}");
    }
}

#[test]
fn the_log_is_bounded_and_keeps_one_older_file() {
    let folder = Folder::new("rotation");
    let log = AuditLog::in_folder(&folder.0).rotating_at(4_000);
    for number in 0..200 {
        log.append(&event("s", &json!(number)))
            .expect("there is room");
    }
    let size = |file: &str| std::fs::metadata(folder.0.join(file)).map_or(0, |about| about.len());
    assert!(size("audit.jsonl") <= 4_000 && size("audit.1.jsonl") <= 4_000);
    let newest = folder.lines("audit.jsonl").last().expect("a line")["data"].clone();
    assert_eq!(newest, json!(199));
    assert!(!folder.lines("audit.1.jsonl").is_empty());
    let files = std::fs::read_dir(&folder.0).expect("readable").count();
    assert_eq!(files, 2);
}

#[test]
fn only_the_owner_can_read_the_log() {
    use std::os::unix::fs::PermissionsExt;
    let folder = Folder::new("mode");
    let log = AuditLog::in_folder(&folder.0);
    log.append(&event("s", &json!(1))).expect("there is room");
    let mode = std::fs::metadata(log.path())
        .expect("it is there")
        .permissions()
        .mode();
    assert_eq!(mode & 0o7777, 0o600);
}

/// A disk of its own that can be filled: a small tmpfs in namespaces of its own,
/// where this test program is run again.
#[test]
fn a_full_disk_is_an_error_and_leaves_whole_lines() {
    const INNER: &str = "FUMEHOOD_AUDIT_FULL_DISK";
    if let Some(folder) = std::env::var_os(INNER) {
        fill(&Folder(PathBuf::from(folder)));
        return;
    }
    let folder = Folder::new("full");
    let disk = folder.0.join("disk");
    std::fs::create_dir(&disk).expect("writable");
    let own = std::env::current_exe().expect("this program has a path");
    let script = "mount -t tmpfs -o size=64k tmpfs \"$1\" && exec \"$0\" --exact \
                  a_full_disk_is_an_error_and_leaves_whole_lines --nocapture";
    let output = std::process::Command::new("unshare")
        .args(["--user", "--map-root-user", "--mount", "sh", "-c", script])
        .args([own.as_os_str(), disk.as_os_str()])
        .env(INNER, &disk)
        .output()
        .expect("unshare is part of util-linux");
    let text = String::from_utf8_lossy(&output.stdout);
    assert!(
        output.status.success(),
        "{text}{}",
        String::from_utf8_lossy(&output.stderr)
    );
    assert!(text.contains("lines before the disk was full"), "{text}");
}

fn fill(folder: &Folder) {
    let log = AuditLog::in_folder(&folder.0);
    let data = json!({ "text": "y".repeat(3_000) });
    let mut whole = 0;
    let error = loop {
        match log.append(&event("s", &data)) {
            Ok(()) => whole += 1,
            Err(error) => break error,
        }
        assert!(whole < 1_000, "the disk is never full");
    };
    assert_eq!(error.kind(), std::io::ErrorKind::StorageFull);
    assert_eq!(
        folder.lines("audit.jsonl").len(),
        whole,
        "the torn line was taken back"
    );
    let small = log.append(&event("s", &json!("fits")));
    let lines = folder.lines("audit.jsonl").len();
    assert_eq!(lines, whole + usize::from(small.is_ok()));
    println!("{whole} lines before the disk was full");
}
