//! Small files, read in one go.
//!
//! The kernel makes the text of a file in `/proc` anew with every `read(2)`, and
//! says its size is 0. So the buffer is large from the start: a text in pieces
//! costs more, and the mounts may change between two of them.

use std::path::Path;

use rustix::fs::{CWD, Mode, OFlags};
use rustix::io::Errno;

/// First size of the buffer, in bytes: a hundred mounts, a few hundred users.
const ROOM: usize = 16 * 1024;

/// All of the file at `path`.
///
/// # Errors
///
/// What `openat` or `read` says.
pub fn read(path: impl AsRef<Path>) -> rustix::io::Result<Vec<u8>> {
    let flags = OFlags::RDONLY | OFlags::CLOEXEC;
    let file = rustix::fs::openat(CWD, path.as_ref(), flags, Mode::empty())?;
    let mut text = Vec::with_capacity(ROOM);
    loop {
        if text.capacity() == text.len() {
            text.reserve(text.len());
        }
        match rustix::io::read(&file, rustix::buffer::spare_capacity(&mut text)) {
            Ok(0) => return Ok(text),
            Ok(_) | Err(Errno::INTR) => {}
            Err(errno) => return Err(errno),
        }
    }
}

/// The same as text; what is no text, or cannot be read, is empty.
#[must_use]
pub fn text(path: impl AsRef<Path>) -> String {
    let text = read(path).unwrap_or_default();
    String::from_utf8(text).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_larger_than_the_buffer_is_read_whole() {
        let name = format!("fumehood-whole-{}", std::process::id());
        let path = std::env::temp_dir().join(name);
        for size in [0, 1, ROOM - 1, ROOM, ROOM + 1, 5 * ROOM] {
            std::fs::write(&path, vec![7; size]).expect("the temp folder is writable");
            assert_eq!(read(&path).map(|text| text.len()), Ok(size));
        }
        std::fs::remove_file(&path).expect("ours");
        assert_eq!(read(&path), Err(Errno::NOENT));
    }
}
