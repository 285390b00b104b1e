//! Users whom no file knows.
//!
//! A user of a directory service (LDAP) has no line in `/etc/passwd`, and inside
//! the service's socket cannot be reached. Programs then find no name for them
//! and fail. So the files are shown with the line they lack.

use std::path::Path;

use fumehood_policy::{AbsPath, RawText};

/// Largest account file that is completed, in bytes.
const SIZE_LIMIT: usize = 256 * 1024;

/// The account files without a line for this user or group, completed.
#[must_use]
pub fn lacking(uid: u32, gid: u32) -> Vec<(AbsPath, RawText)> {
    lacking_below(Path::new("/"), uid, gid)
}

/// The same for files below another folder.
#[must_use]
pub fn lacking_below(top: &Path, uid: u32, gid: u32) -> Vec<(AbsPath, RawText)> {
    let name = format!("user{uid}");
    let home = std::env::home_dir().filter(|home| home.is_absolute());
    let home = home.unwrap_or_else(|| "/".into());
    let user = format!("{name}:x:{uid}:{gid}::{}:/bin/sh\n", home.display());
    let group = format!("group{gid}:x:{gid}:\n");
    [("etc/passwd", uid, user), ("etc/group", gid, group)]
        .into_iter()
        .filter_map(|(file, number, line)| completed(&top.join(file), number, &line))
        .collect()
}

/// The file's text with `line` added, if no line has `number` as its third field.
fn completed(file: &Path, number: u32, line: &str) -> Option<(AbsPath, RawText)> {
    let mut text = super::whole::read(file)
        .ok()
        .filter(|text| text.len() <= SIZE_LIMIT)?;
    let number = number.to_string();
    let is_known = text
        .split(|byte| *byte == b'\n')
        .any(|line| line.split(|byte| *byte == b':').nth(2) == Some(number.as_bytes()));
    if is_known {
        return None;
    }
    if text.last().is_some_and(|last| *last != b'\n') {
        text.push(b'\n');
    }
    text.extend_from_slice(line.as_bytes());
    let path = AbsPath::parse(file.as_os_str().as_encoded_bytes()).ok()?;
    Some((path, RawText::from_vec(text)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_an_account_that_no_line_has_is_added() {
        let name = format!("fumehood-accounts-{}", std::process::id());
        let top = std::env::temp_dir().join(name);
        std::fs::create_dir_all(top.join("etc")).expect("the temp folder is writable");
        let write =
            |file: &str, text: &str| std::fs::write(top.join(file), text).expect("writable");
        write(
            "etc/passwd",
            "root:x:0:0:root:/root:/bin/sh\nann:x:1000:1000::/home/ann:/bin/sh",
        );
        write("etc/group", "root:x:0:\n");

        assert_eq!(lacking_below(&top, 0, 0), []);
        let both = lacking_below(&top, 4242, 77);
        let texts: Vec<&str> = both.iter().filter_map(|(_, text)| text.as_str()).collect();
        assert!(texts[0].contains("ann:x:1000:1000::/home/ann:/bin/sh\nuser4242:x:4242:77:"));
        assert!(texts[1].ends_with("root:x:0:\ngroup77:x:77:\n"));
        let group_only = lacking_below(&top, 1000, 1000);
        assert_eq!(group_only.len(), 1);
        std::fs::remove_dir_all(&top).expect("ours");
    }
}
