//! Streams of requests: JSON lines, compressed or not, in chunks of whole lines.
//!
//! Takes in a file or standard input, gives out chunks of bounded size, and parses single lines as
//! requests. Does not know how requests are decided.

use std::ffi::{OsStr, OsString};
use std::fmt::Display;
use std::fs::File;
use std::io::{self, BufRead, BufReader, Read};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use flate2::bufread::GzDecoder;
use mam::{AccessRequest, Request, ResolveError};
use ruzstd::decoding::errors::FrameDecoderError;
use ruzstd::decoding::errors::ReadFrameHeaderError::SkipFrame;
use ruzstd::decoding::{BlockDecodingStrategy, FrameDecoder};
use serde::de::IgnoredAny;
use serde::{Deserialize, Serialize};

use crate::failure::{Failure, io_reason};
use crate::input::files::{cannot_read, is_stdin, open};

/// Length in bytes of the longest line that is read as a request.
pub(crate) const LONGEST: usize = 1 << 20;

/// Size of a chunk in bytes, without the rest of its last line.
const CHUNK: usize = 256 << 10;

/// Consecutive whole lines of a stream.
#[derive(Debug)]
pub(crate) struct Chunk {
    /// Number of its first line, from 1.
    first_line: u64,
    bytes: Vec<u8>,
}

impl Chunk {
    /// Lines that are not blank, with their numbers; for an overlong line, its error.
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

/// A line without the byte order mark of the first line.
pub(crate) fn without_mark(line: &[u8], number: u64) -> &[u8] {
    line.strip_prefix(b"\xEF\xBB\xBF").filter(|_| number == 1).unwrap_or(line)
}

/// The error of a line that cannot be answered.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub(crate) struct BadRequest {
    /// The message.
    pub(crate) error: String,
    /// The stable code of a request that is well-formed.
    #[serde(skip_serializing_if = "Option::is_none")]
    code: Option<&'static str>,
    /// The member that is wrong.
    #[serde(skip_serializing_if = "Option::is_none")]
    member: Option<&'static str>,
    /// The help.
    #[serde(skip_serializing_if = "Option::is_none")]
    help: Option<String>,
}

impl BadRequest {
    /// The error of a line that is no request.
    fn malformed(error: String) -> Self {
        Self { error, code: None, member: None, help: None }
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
        Self {
            error: error.to_string(),
            code: Some(error.code()),
            member: Some(error.member()),
            help: Some(error.help()),
        }
    }
}

#[cfg(feature = "columns")]
impl From<mam::columnar::RowError> for BadRequest {
    fn from(error: mam::columnar::RowError) -> Self {
        match error {
            mam::columnar::RowError::Resolve(error) => error.into(),
            error => Self {
                error: error.to_string(),
                code: Some(error.code()),
                member: Some(error.column()),
                help: Some(error.help()),
            },
        }
    }
}

/// The error of an overlong line.
pub(crate) fn too_long() -> BadRequest {
    BadRequest::malformed(format!("the line has more than {LONGEST} bytes, the limit"))
}

/// The request on a line.
///
/// # Errors
///
/// When the line is no request.
pub(crate) fn request(line: &[u8]) -> Result<Request<'_>, BadRequest> {
    serde_json::from_slice(line).map_err(|error| BadRequest::malformed(complaint(line, error)))
}

/// A request of either kind.
pub(crate) enum AnyRequest<'l> {
    /// About a movement.
    Movement(Request<'l>),
    /// About an access: it has the member `launch`.
    Access(AccessRequest<'l>),
}

/// The request on a line, of either kind.
///
/// # Errors
///
/// When the line is no request.
pub(crate) fn any_request(line: &[u8]) -> Result<AnyRequest<'_>, BadRequest> {
    if !is_about_access(line) {
        return request(line).map(AnyRequest::Movement);
    }
    let request = serde_json::from_slice(line);
    let request = request.map_err(|error| BadRequest::malformed(complaint(line, error)));
    request.map(AnyRequest::Access)
}

/// Whether a line is an object with the member `launch`.
fn is_about_access(line: &[u8]) -> bool {
    #[derive(Deserialize)]
    struct Member {
        launch: Option<IgnoredAny>,
    }
    memchr::memmem::find(line, b"\"launch\"").is_some()
        && serde_json::from_slice::<Member>(line).is_ok_and(|member| member.launch.is_some())
}

/// The error of a text that is no request, without the number of its line.
pub(crate) fn complaint(text: &[u8], error: serde_json::Error) -> String {
    // An error inside a member is one of its value, whatever it is: whether it is JSON is another question.
    let (prefix, error) = match serde_json::from_slice::<IgnoredAny>(text) {
        Err(syntax) => ("this is no JSON: ", syntax),
        Ok(_) => ("", error),
    };
    let text = error.to_string();
    let place = format!(" at line {} column {}", error.line(), error.column());
    match text.strip_suffix(&place) {
        Some(bare) if error.line() == 1 => format!("{prefix}{bare} (column {})", error.column()),
        _ => format!("{prefix}{text}"),
    }
}

/// The output line of a request without an answer.
#[derive(Debug, Serialize)]
pub(crate) struct Unanswered<'a> {
    pub(crate) line: u64,
    #[serde(flatten)]
    pub(crate) error: &'a BadRequest,
}

// ---------------------------------------------------------------- chunks

/// Reader of a stream, chunk by chunk.
pub(crate) struct Chunks {
    argument: OsString,
    from: Box<dyn Read + Send>,
    /// The beginning of the next chunk.
    begun: Vec<u8>,
    next_line: u64,
    /// Number of bytes read from the file, before unpacking.
    pub(crate) read: Arc<AtomicU64>,
    /// Length of the file in bytes; `None` if it is no ordinary file.
    pub(crate) length: Option<u64>,
}

impl Chunks {
    /// Opens a stream. Its first bytes tell whether it is compressed with gzip or zstd.
    ///
    /// # Errors
    ///
    /// When it cannot be opened.
    pub(crate) fn open(argument: &OsStr) -> Result<Self, Failure> {
        let read = Arc::new(AtomicU64::new(0));
        let length = File::open(Path::new(argument)).and_then(|file| file.metadata());
        let length = length.ok().filter(|file| file.is_file() && !is_stdin(argument));
        let counted = Counted { from: open(argument)?, read: Arc::clone(&read) };
        let from = unpacked(BufReader::with_capacity(CHUNK, counted));
        let from = from.map_err(|error| {
            let message = cannot_read(argument, &io_reason(&error));
            Failure::new(message)
        })?;
        Ok(Self {
            argument: argument.to_owned(),
            from,
            begun: Vec::new(),
            next_line: 1,
            read,
            length: length.map(|file| file.len()),
        })
    }

    /// The next chunk; `None` at the end.
    ///
    /// # Errors
    ///
    /// When it cannot be read or unpacked.
    pub(crate) fn next(&mut self) -> Result<Option<Chunk>, Failure> {
        let mut bytes = std::mem::take(&mut self.begun);
        let found = self.fill(&mut bytes);
        found.map_err(|error| Failure::new(cannot_read(&self.argument, &io_reason(&error))))?;
        if bytes.is_empty() {
            return Ok(None);
        }
        let first_line = self.next_line;
        let breaks = memchr::memchr_iter(b'\n', &bytes).count();
        self.next_line += u64::try_from(breaks).unwrap_or(u64::MAX);
        Ok(Some(Chunk { first_line, bytes }))
    }

    /// Reads up to the end of a line. Only the beginning of an overlong line is kept.
    fn fill(&mut self, bytes: &mut Vec<u8>) -> io::Result<()> {
        loop {
            let wanted = CHUNK.saturating_sub(bytes.len()).max(CHUNK / 4);
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

    /// Skips the rest of a line; only its end is kept.
    fn skip_line(&mut self, line: &mut Vec<u8>) -> io::Result<()> {
        let mut skipped = Vec::with_capacity(CHUNK);
        loop {
            skipped.clear();
            let limit = u64::try_from(CHUNK).unwrap_or(u64::MAX);
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

/// Reader that counts its bytes.
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

/// A stream whose first bytes were looked at.
type Stream = io::Chain<io::Cursor<Vec<u8>>, BufReader<Counted>>;

/// Reader of the unpacked stream.
fn unpacked(mut from: BufReader<Counted>) -> io::Result<Box<dyn Read + Send>> {
    let mut start = Vec::new();
    from.by_ref().take(4).read_to_end(&mut start)?;
    let begin: fn(Stream) -> io::Result<Option<Member>> = match start.as_slice() {
        [0x1F, 0x8B, ..] => gzip,
        [0x28, 0xB5, 0x2F, 0xFD] | [0x50..=0x5F, 0x2A, 0x4D, 0x18] => zstd,
        _ => return Ok(Box::new(io::Cursor::new(start).chain(from))),
    };
    let from = Some(io::Cursor::new(start).chain(from));
    Ok(Box::new(Members { begin, from, member: None }))
}

/// Reader of a compressed stream: its members (gzip) or frames (zstd), one after the other.
struct Members {
    /// Begins the next member; there is none at the end of the stream.
    begin: fn(Stream) -> io::Result<Option<Member>>,
    /// The rest of the stream, between members.
    from: Option<Stream>,
    member: Option<Member>,
}

/// Part of a compressed stream that is unpacked by itself.
enum Member {
    Gzip(Box<GzDecoder<Stream>>),
    Zstd(Box<FrameDecoder>, Stream),
}

/// The next member of a gzip stream. Zeros between members and behind the last one fill a block up.
fn gzip(mut from: Stream) -> io::Result<Option<Member>> {
    loop {
        let rest = from.fill_buf()?;
        match rest.iter().take_while(|byte| **byte == 0).count() {
            0 if rest.is_empty() => return Ok(None),
            0 => return Ok(Some(Member::Gzip(Box::new(GzDecoder::new(from))))),
            zeros => from.consume(zeros),
        }
    }
}

/// The next frame of a zstd stream. Skippable frames hold something else than the stream.
fn zstd(mut from: Stream) -> io::Result<Option<Member>> {
    while !from.fill_buf()?.is_empty() {
        let mut frame = Box::new(FrameDecoder::new());
        match frame.init(&mut from) {
            Ok(()) => return Ok(Some(Member::Zstd(frame, from))),
            Err(FrameDecoderError::ReadFrameHeaderError(SkipFrame { length, .. })) => {
                let length = u64::from(length);
                if io::copy(&mut from.by_ref().take(length), &mut io::sink())? < length {
                    return Err(damaged("a skippable frame is cut off"));
                }
            }
            Err(error) => return Err(damaged(error)),
        }
    }
    Ok(None)
}

fn damaged(error: impl Display) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, format!("it is damaged: {error}"))
}

impl Member {
    /// The rest of the stream behind the member.
    fn into_inner(self) -> Stream {
        match self {
            Self::Gzip(decoder) => decoder.into_inner(),
            Self::Zstd(_, from) => from,
        }
    }
}

impl Read for Member {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        match self {
            Self::Gzip(decoder) => decoder.read(into),
            Self::Zstd(frame, from) => {
                while frame.can_collect() == 0 && !frame.is_finished() {
                    let one = BlockDecodingStrategy::UptoBlocks(1);
                    frame.decode_blocks(&mut *from, one).map_err(damaged)?;
                }
                frame.read(into)
            }
        }
    }
}

impl Read for Members {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        loop {
            if let Some(member) = &mut self.member {
                let length = member.read(into)?;
                if length > 0 || into.is_empty() {
                    return Ok(length);
                }
                self.from = self.member.take().map(Member::into_inner);
            }
            let Some(from) = self.from.take() else { return Ok(0) };
            self.member = (self.begin)(from)?;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn chunks(text: Vec<u8>) -> Vec<Chunk> {
        let mut chunks = Chunks {
            argument: OsString::new(),
            from: Box::new(io::Cursor::new(text)),
            begun: Vec::new(),
            next_line: 1,
            read: Arc::default(),
            length: None,
        };
        std::iter::from_fn(|| chunks.next().expect("memory can be read")).collect()
    }

    #[test]
    fn pieces_are_whole_lines_with_their_numbers() {
        let line = |number: usize| format!("{{\"line\":{number}}}\n");
        let text: String = (1..=100_000).map(line).collect();
        let chunks = chunks(text.clone().into_bytes());
        assert!(chunks.len() > 3);
        let mut count = 0;
        for (number, found) in chunks.iter().flat_map(Chunk::lines) {
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
        let chunks = chunks(text);
        let lines: Vec<_> = chunks.iter().flat_map(Chunk::lines).collect();
        assert_eq!(lines, [(1, Ok(&b"a\n"[..])), (3, Err(too_long())), (4, Ok(&b"b"[..]))]);
    }
}
