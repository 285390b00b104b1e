//! Lines of a stream, each bounded, whatever comes.
//!
//! Before the stream is asked for more, which may wait for a long time, the caller
//! gets a chance to hand out what it has: a peer that waits for an answer before it
//! asks again must not wait for ever.

use std::io::{self, Read};

/// The longest line. A descriptor in SDDL has at most 1 MiB ([`fumehood_nt::sddl::MAX_TEXT`]);
/// the rest is room for the token and for escapes.
pub const MAX_LINE: usize = 4 << 20;
/// What one read asks for: what a pipe of Linux holds.
const CHUNK: usize = 64 << 10;

/// One line, or that there was one.
#[derive(Debug, PartialEq, Eq)]
pub enum Line<'a> {
    /// Its bytes, without the end of the line.
    Text(&'a [u8]),
    /// It had more than [`MAX_LINE`] bytes, and they are gone.
    TooLong,
}

/// The lines of a stream.
#[derive(Debug)]
pub struct Lines<R> {
    source: R,
    /// Bytes that were read; what is outside `start..end` means nothing.
    buffer: Vec<u8>,
    start: usize,
    end: usize,
    /// Bytes from `start` that are known to hold no end of a line.
    searched: usize,
    /// The line that is being read is too long: forget it to its end.
    forgetting: bool,
    at_end: bool,
}

impl<R: Read> Lines<R> {
    /// The lines of `source`.
    pub fn new(source: R) -> Self {
        Self {
            source,
            buffer: vec![0; CHUNK],
            start: 0,
            end: 0,
            searched: 0,
            forgetting: false,
            at_end: false,
        }
    }

    /// The next line, `\n` or `\r\n` taken away; none at the end. `before_waiting` is called
    /// before each read.
    ///
    /// # Errors
    ///
    /// What the stream or `before_waiting` says.
    pub fn next_line(
        &mut self,
        mut before_waiting: impl FnMut() -> io::Result<()>,
    ) -> io::Result<Option<Line<'_>>> {
        loop {
            let ahead = &self.buffer[self.start + self.searched..self.end];
            if let Some(found) = memchr::memchr(b'\n', ahead) {
                let length = self.searched + found;
                return Ok(Some(self.take(length, length + 1)));
            }
            self.searched = self.end - self.start;
            if self.at_end {
                let left = self.searched;
                if left == 0 && !self.forgetting {
                    return Ok(None);
                }
                return Ok(Some(self.take(left, left)));
            }
            if self.searched > MAX_LINE {
                self.forgetting = true;
            }
            if self.forgetting {
                (self.start, self.end, self.searched) = (0, 0, 0);
            }
            before_waiting()?;
            self.fill()?;
        }
    }

    /// Takes a line of `length` bytes, and `whole` with its end.
    fn take(&mut self, length: usize, whole: usize) -> Line<'_> {
        let text = &self.buffer[self.start..self.start + length];
        self.start += whole;
        self.searched = 0;
        if std::mem::take(&mut self.forgetting) || length > MAX_LINE {
            return Line::TooLong;
        }
        Line::Text(text.strip_suffix(b"\r").unwrap_or(text))
    }

    /// Reads once, behind what is there.
    fn fill(&mut self) -> io::Result<()> {
        if self.start > 0 {
            self.buffer.copy_within(self.start..self.end, 0);
            self.end -= self.start;
            self.start = 0;
        }
        if self.buffer.len() - self.end < CHUNK {
            self.buffer
                .resize(self.buffer.len() + CHUNK.max(self.end), 0);
        }
        loop {
            match self.source.read(&mut self.buffer[self.end..]) {
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
                Ok(count) => {
                    self.end += count;
                    self.at_end = count == 0;
                    return Ok(());
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Gives `step` bytes at a time.
    struct Dripping<'a> {
        bytes: &'a [u8],
        step: usize,
    }

    impl Read for Dripping<'_> {
        fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
            let count = self.step.min(self.bytes.len()).min(into.len());
            let (now, later) = self.bytes.split_at(count);
            into[..count].copy_from_slice(now);
            self.bytes = later;
            Ok(count)
        }
    }

    fn lines(bytes: &[u8], step: usize) -> Vec<Option<Vec<u8>>> {
        let mut lines = Lines::new(Dripping { bytes, step });
        let mut all = Vec::new();
        while let Some(line) = lines.next_line(|| Ok(())).expect("nothing fails") {
            all.push(match line {
                Line::Text(text) => Some(text.to_vec()),
                Line::TooLong => None,
            });
        }
        all
    }

    #[test]
    fn lines_are_the_same_however_they_arrive() {
        let rows: [(&[u8], &[&str]); 6] = [
            (b"", &[]),
            (b"a", &["a"]),
            (b"a\n", &["a"]),
            (b"\n\na\r\n", &["", "", "a"]),
            (b"ab\r\ncd\ne\r", &["ab", "cd", "e"]),
            (b"a\rb\n\r\n", &["a\rb", ""]),
        ];
        for (bytes, expected) in rows {
            for step in [1, 2, 3, 1000] {
                let found = lines(bytes, step);
                let expected: Vec<_> = expected
                    .iter()
                    .map(|line| Some(line.as_bytes().to_vec()))
                    .collect();
                assert_eq!(found, expected, "{bytes:?} by {step}");
            }
        }
    }

    #[test]
    fn a_line_at_the_limit_is_read_and_one_over_it_is_forgotten_whole() {
        for over in [0, 1, CHUNK, MAX_LINE] {
            for end in ["\n", ""] {
                let mut bytes = b"before\n".to_vec();
                bytes.resize(bytes.len() + MAX_LINE + over, b'x');
                bytes.extend(end.as_bytes());
                let found = lines(&bytes, usize::MAX);
                assert_eq!(found[0].as_deref(), Some(&b"before"[..]));
                assert_eq!(
                    found[1].as_ref().map(Vec::len),
                    (over == 0).then_some(MAX_LINE)
                );
                assert_eq!(found.len(), 2);
            }
        }
        let mut bytes = vec![b'x'; 3 * MAX_LINE];
        bytes.extend(b"\nafter\n");
        assert_eq!(lines(&bytes, 10_000), [None, Some(b"after".to_vec())]);
    }

    #[test]
    fn the_caller_is_told_before_each_read_and_never_between_lines_at_hand() {
        let bytes = b"a\nb\nc\nd\n";
        let mut lines = Lines::new(Dripping { bytes, step: 4 });
        let mut waits = 0;
        let mut told = Vec::new();
        while lines
            .next_line(|| {
                waits += 1;
                Ok(())
            })
            .expect("nothing fails")
            .is_some()
        {
            told.push(waits);
        }
        assert_eq!(told, [1, 1, 2, 2]);
    }
}
