//! Streams of requests: JSON lines, compressed or not, in pieces of whole lines.
//!
//! Takes in a file or standard input, gives out pieces that fit memory whatever the stream's length, and
//! requests from single lines. What becomes of a request is not known here.

use std::ffi::OsStr;
use std::fs::File;
use std::io::{self, BufRead, BufReader, Read};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use flate2::bufread::MultiGzDecoder;
use mam::{Request, ResolveError};
use ruzstd::decoding::{FrameDecoder, StreamingDecoder};
use serde::Serialize;
use serde_json::error::Category;

use crate::failure::{Failure, why};
use crate::files::{cannot_read, is_stdin, open};

/// Longest line that is read as a request, in bytes.
pub(crate) const LONGEST: usize = 1 << 20;

/// How many bytes a piece has, or as many more as its last line needs.
const PIECE: usize = 256 << 10;

/// Some whole lines of a stream.
#[derive(Debug)]
pub(crate) struct Piece {
    /// The number of its first line, from 1.
    first_line: u64,
    bytes: Vec<u8>,
}

impl Piece {
    /// Every line that is not blank, with its number; of one that is too long, what is wrong.
    pub(crate) fn lines(&self) -> impl Iterator<Item = (u64, Result<&[u8], BadRequest>)> {
        let lines = self.bytes.split_inclusive(|byte| *byte == b'\n');
        (self.first_line..).zip(lines).filter_map(|(number, line)| {
            let text = without_mark(line, number);
            if line.len() > LONGEST {
                return Some((number, Err(too_long())));
            }
            (!text.trim_ascii().is_empty()).then_some((number, Ok(text)))
        })
    }
}

/// The first line without a byte order mark.
pub(crate) fn without_mark(line: &[u8], number: u64) -> &[u8] {
    line.strip_prefix(b"\xEF\xBB\xBF").filter(|_| number == 1).unwrap_or(line)
}

/// The error for a line that cannot be answered.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub(crate) struct BadRequest {
    /// The message.
    pub(crate) error: String,
    /// The stable code, for requests that are well-formed.
    #[serde(skip_serializing_if = "Option::is_none")]
    code: Option<&'static str>,
    /// The help.
    #[serde(skip_serializing_if = "Option::is_none")]
    help: Option<String>,
}

impl BadRequest {
    /// The error for a line that is no request.
    fn malformed(error: String) -> Self {
        Self { error, code: None, help: None }
    }

    /// The message with its help, on one line.
    pub(crate) fn text(&self) -> String {
        match &self.help {
            Some(help) => format!("{}; {help}", self.error),
            None => self.error.clone(),
        }
    }
}

impl From<ResolveError> for BadRequest {
    fn from(error: ResolveError) -> Self {
        Self { error: error.to_string(), code: Some(error.code()), help: Some(error.help()) }
    }
}

/// The error for a line that is too long.
pub(crate) fn too_long() -> BadRequest {
    BadRequest::malformed(format!("the line has more than {LONGEST} bytes, the limit"))
}

/// The request on a line.
///
/// # Errors
///
/// When it is none.
pub(crate) fn request(line: &[u8]) -> Result<Request<'_>, BadRequest> {
    serde_json::from_slice(line).map_err(|error| BadRequest::malformed(complaint(&error)))
}

/// What is wrong with a text that should be a request; the line is told elsewhere.
pub(crate) fn complaint(error: &serde_json::Error) -> String {
    let text = error.to_string();
    let place = format!(" at line {} column {}", error.line(), error.column());
    let text = match text.strip_suffix(&place) {
        Some(bare) if error.line() == 1 => format!("{bare} (column {})", error.column()),
        _ => text,
    };
    match error.classify() {
        Category::Syntax | Category::Eof => format!("this is no JSON: {text}"),
        Category::Data | Category::Io => text,
    }
}

// ---------------------------------------------------------------- pieces

/// A stream that is read piece by piece.
pub(crate) struct Pieces {
    name: String,
    from: Box<dyn Read + Send>,
    /// The beginning of the next piece.
    begun: Vec<u8>,
    next_line: u64,
    /// How many bytes of the file have been read, before they are unpacked.
    pub(crate) read: Arc<AtomicU64>,
    /// How many bytes the file has, if it is one.
    pub(crate) length: Option<u64>,
}

impl Pieces {
    /// Opens a stream, which tells by its first bytes whether it is compressed with gzip or zstd.
    ///
    /// # Errors
    ///
    /// When it cannot be opened.
    pub(crate) fn open(argument: &OsStr) -> Result<Self, Failure> {
        let read = Arc::new(AtomicU64::new(0));
        let length = File::open(Path::new(argument)).and_then(|file| file.metadata());
        let length = length.ok().filter(|file| file.is_file() && !is_stdin(argument));
        let counted = Counted { from: open(argument)?, read: Arc::clone(&read) };
        let from = unpacked(BufReader::with_capacity(PIECE, counted));
        let from = from.map_err(|error| {
            let message = cannot_read(argument, &why(&error));
            Failure::stop(message)
        })?;
        Ok(Self {
            name: cannot_read(argument, ""),
            from,
            begun: Vec::new(),
            next_line: 1,
            read,
            length: length.map(|file| file.len()),
        })
    }

    /// The next piece; `None` at the end.
    ///
    /// # Errors
    ///
    /// When it cannot be read or unpacked.
    pub(crate) fn next(&mut self) -> Result<Option<Piece>, Failure> {
        let mut bytes = std::mem::take(&mut self.begun);
        let found = self.fill(&mut bytes);
        found.map_err(|error| Failure::stop(format!("{}{}", self.name, why(&error))))?;
        if bytes.is_empty() {
            return Ok(None);
        }
        let first_line = self.next_line;
        let breaks = memchr::memchr_iter(b'\n', &bytes).count();
        self.next_line += u64::try_from(breaks).unwrap_or(u64::MAX);
        Ok(Some(Piece { first_line, bytes }))
    }

    /// Reads up to the end of a line. Of a line that is too long, only the beginning is kept.
    fn fill(&mut self, bytes: &mut Vec<u8>) -> io::Result<()> {
        loop {
            let wanted = PIECE.saturating_sub(bytes.len()).max(PIECE / 4);
            let wanted = u64::try_from(wanted).unwrap_or(u64::MAX);
            if self.from.by_ref().take(wanted).read_to_end(bytes)? == 0 {
                return Ok(());
            }
            if let Some(end) = memchr::memrchr(b'\n', bytes) {
                self.begun = bytes.split_off(end + 1);
                return Ok(());
            }
            if bytes.len() > LONGEST {
                bytes.truncate(LONGEST + 1);
                return self.skip_line(bytes);
            }
        }
    }

    /// Goes on to the end of a line.
    fn skip_line(&mut self, line: &mut Vec<u8>) -> io::Result<()> {
        let mut skipped = Vec::with_capacity(PIECE);
        loop {
            skipped.clear();
            let limit = u64::try_from(PIECE).unwrap_or(u64::MAX);
            if self.from.by_ref().take(limit).read_to_end(&mut skipped)? == 0 {
                return Ok(());
            }
            if let Some(end) = memchr::memchr(b'\n', &skipped) {
                line.push(b'\n');
                self.begun = skipped.split_off(end + 1);
                return Ok(());
            }
        }
    }
}

/// Counts what is read.
struct Counted {
    from: Box<dyn Read + Send>,
    read: Arc<AtomicU64>,
}

impl Read for Counted {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let length = self.from.read(into)?;
        self.read.fetch_add(u64::try_from(length).unwrap_or(0), Ordering::Relaxed);
        Ok(length)
    }
}

// ---------------------------------------------------------------- compression

fn unpacked(mut from: BufReader<Counted>) -> io::Result<Box<dyn Read + Send>> {
    let start = from.fill_buf()?;
    Ok(match start {
        [0x1F, 0x8B, ..] => Box::new(MultiGzDecoder::new(from)),
        [0x28, 0xB5, 0x2F, 0xFD, ..] => Box::new(Frames { from: Some(from), frame: None }),
        _ => Box::new(from),
    })
}

/// The frames of a zstd stream, one behind the other.
struct Frames {
    /// What is left, between frames.
    from: Option<BufReader<Counted>>,
    frame: Option<StreamingDecoder<BufReader<Counted>, FrameDecoder>>,
}

impl Read for Frames {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        loop {
            if let Some(frame) = &mut self.frame {
                let length = frame.read(into)?;
                if length > 0 || into.is_empty() {
                    return Ok(length);
                }
                self.from = self.frame.take().map(StreamingDecoder::into_inner);
            }
            let Some(mut from) = self.from.take() else { return Ok(0) };
            if from.fill_buf()?.is_empty() {
                return Ok(0);
            }
            let frame = StreamingDecoder::new(from);
            self.frame = Some(frame.map_err(|error| {
                io::Error::new(io::ErrorKind::InvalidData, format!("it is damaged: {error}"))
            })?);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pieces(text: Vec<u8>) -> Vec<Piece> {
        let mut pieces = Pieces {
            name: String::new(),
            from: Box::new(io::Cursor::new(text)),
            begun: Vec::new(),
            next_line: 1,
            read: Arc::default(),
            length: None,
        };
        std::iter::from_fn(|| pieces.next().expect("memory can be read")).collect()
    }

    #[test]
    fn pieces_are_whole_lines_with_their_numbers() {
        let line = |number: usize| format!("{{\"line\":{number}}}\n");
        let text: String = (1..=100_000).map(line).collect();
        let pieces = pieces(text.clone().into_bytes());
        assert!(pieces.len() > 3);
        let mut count = 0;
        for (number, found) in pieces.iter().flat_map(Piece::lines) {
            count += 1;
            assert_eq!(number, count);
            let wanted = line(usize::try_from(count).expect("a small number"));
            assert_eq!(found, Ok(wanted.as_bytes()));
        }
        assert_eq!(count, 100_000);
    }

    #[test]
    fn a_line_that_is_too_long_is_told_and_skipped() {
        let mut text = b"\xEF\xBB\xBFa\n\n".to_vec();
        text.resize(text.len() + 3 * LONGEST, b'x');
        text.extend_from_slice(b"\nb");
        let pieces = pieces(text);
        let lines: Vec<_> = pieces.iter().flat_map(Piece::lines).collect();
        assert_eq!(lines, [(1, Ok(&b"a\n"[..])), (3, Err(too_long())), (4, Ok(&b"b"[..]))]);
    }
}
