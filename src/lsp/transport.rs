//! Transport: messages as frames of a stream, each a header with a length and a body of JSON.
//!
//! Takes in two streams, gives out a connection, with a thread for each direction. Memory is taken for the bytes of a
//! message that have come, not for those that its header promises.

use std::io::{self, BufRead, BufReader, Read, Write};
use std::sync::{Arc, OnceLock};
use std::thread::JoinHandle;

use crossbeam_channel::{Receiver, Sender, bounded, unbounded};
use lsp_server::{Connection, Message};
use lsp_types::notification::{Exit, Notification as _};
use serde_json::Value;

use super::threads::start;

/// The most bytes of a message: an export as large as one may be, with its quotes escaped.
const MOST_BODY: u64 = 128 << 20;

/// The most bytes of a header.
const MOST_HEADER: u64 = 4 << 10;

/// A stream that holds no messages, with the reason.
type Malformed = String;

/// A connection over two streams.
pub(super) struct Transport {
    pub(super) connection: Connection,
    /// The reason why no more messages are read, if it is not the end of the stream.
    malformed: Arc<OnceLock<Malformed>>,
    writer: JoinHandle<io::Result<()>>,
}

impl Transport {
    /// The connection over two streams.
    ///
    /// # Errors
    ///
    /// When the system has no thread to give.
    pub(super) fn new(
        input: impl Read + Send + 'static,
        output: impl Write + Send + 'static,
    ) -> io::Result<Self> {
        let malformed = Arc::new(OnceLock::new());
        let (read, receiver) = bounded(0);
        // Never full: an editor that writes before it reads would wait for a server that waits for it.
        let (sender, written) = unbounded();
        let found = Arc::clone(&malformed);
        drop(start("reader", move || {
            if let Err(reason) = read_all(BufReader::new(input), &read) {
                // Set once: there is one reader.
                let _first = found.set(reason);
            }
        })?);
        let writer = start("writer", move || write_all(output, &written))?;
        Ok(Self { connection: Connection { sender, receiver }, malformed, writer })
    }

    /// Ends the connection when everything is written; gives the reason why the editor was not understood any more. The
    /// reader ends with the stream that it reads.
    pub(super) fn close(self) -> Option<Malformed> {
        let Self { connection, malformed, writer } = self;
        drop(connection);
        // An editor that reads no more is gone: there is nobody to tell.
        let _written = writer.join();
        malformed.get().cloned()
    }
}

/// Passes messages on up to `exit`, the end of the stream, or the end of the server.
fn read_all(mut input: impl BufRead, messages: &Sender<Message>) -> Result<(), Malformed> {
    while let Some(body) = read_body(&mut input)? {
        let Some(message) = message(&body)? else { continue };
        let is_last = matches!(&message, Message::Notification(it) if it.method == Exit::METHOD);
        if messages.send(message).is_err() || is_last {
            break;
        }
    }
    Ok(())
}

fn write_all(mut output: impl Write, messages: &Receiver<Message>) -> io::Result<()> {
    messages.iter().try_for_each(|message| message.write(&mut output))
}

/// The message of a body; `None` for an answer to nothing, which the protocol allows.
fn message(body: &[u8]) -> Result<Option<Message>, Malformed> {
    let value: Value = serde_json::from_slice(body)
        .map_err(|error| format!("a message of {} bytes is no JSON: {error}", body.len()))?;
    let Value::Object(members) = &value else {
        return Err(format!("a message of {} bytes is JSON, but no object", body.len()));
    };
    let has_number = members.get("id").is_some_and(|id| !id.is_null());
    if !has_number && !members.contains_key("method") {
        return match members.contains_key("error") || members.contains_key("result") {
            true => Ok(None),
            false => Err("a message has neither `method` nor `id`".to_owned()),
        };
    }
    let method = members.get("method").and_then(Value::as_str).unwrap_or("a response").to_owned();
    match serde_json::from_value(value) {
        // A request whose number is none: nobody would answer it.
        Ok(Message::Notification(_)) if has_number => Err(()),
        Ok(message) => Ok(Some(message)),
        Err(_) => Err(()),
    }
    .map_err(|()| format!("the members of a message do not fit: {method}"))
}

/// The body of the next message; `None` at the end of the stream.
fn read_body(input: &mut impl BufRead) -> Result<Option<Vec<u8>>, Malformed> {
    let Some(length) = read_header(input)? else { return Ok(None) };
    if length > MOST_BODY {
        return Err(format!("a message of {length} bytes, the limit is {MOST_BODY}"));
    }
    let mut body = Vec::new();
    let read = input.take(length).read_to_end(&mut body).map_err(unread)?;
    match read as u64 == length {
        true => Ok(Some(body)),
        false => Err(format!("the stream ends behind {read} of {length} bytes of a message")),
    }
}

/// The length in the next header; `None` at the end of the stream.
fn read_header(input: &mut impl BufRead) -> Result<Option<u64>, Malformed> {
    let mut header = input.take(MOST_HEADER);
    let mut length = None;
    let mut line = Vec::new();
    for number in 0.. {
        line.clear();
        header.read_until(b'\n', &mut line).map_err(unread)?;
        if line.is_empty() && number == 0 {
            return Ok(None);
        }
        let Some(text) = line.strip_suffix(b"\r\n") else {
            return Err(match header.limit() {
                0 => format!("a header of more than {MOST_HEADER} bytes"),
                _ => format!("a line of a header without its end: {}", shown(&line)),
            });
        };
        if text.is_empty() {
            break;
        }
        let field = std::str::from_utf8(text).ok().and_then(|text| text.split_once(':'));
        let (name, value) = field.ok_or_else(|| format!("no line of a header: {}", shown(text)))?;
        if name.eq_ignore_ascii_case("Content-Length") {
            let number = value.trim().parse().map_err(|_| format!("no length: {}", shown(text)))?;
            if length.replace(number).is_some() {
                return Err("a header with two lengths".to_owned());
            }
        }
    }
    length.map(Some).ok_or_else(|| "a header without `Content-Length`".to_owned())
}

fn unread(error: io::Error) -> Malformed {
    format!("it cannot be read: {error}")
}

/// The beginning of some bytes, without control characters.
fn shown(bytes: &[u8]) -> String {
    let text = String::from_utf8_lossy(bytes.get(..60).unwrap_or(bytes));
    format!("`{}`", text.trim_end().escape_debug())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(stream: &str) -> Result<Vec<Message>, Malformed> {
        let (sender, messages) = unbounded();
        let done = read_all(stream.as_bytes(), &sender);
        done.map(|()| messages.try_iter().collect())
    }

    fn frame(body: &str) -> String {
        format!("Content-Length: {}\r\n\r\n{body}", body.len())
    }

    #[test]
    fn messages_are_read_up_to_the_end() {
        let note = frame(r#"{"method":"initialized"}"#);
        let typed = note.replacen("C", "Content-Type: application/json\r\nc", 1);
        let late = frame(r#"{"id":null,"error":{"code":-32700,"message":"what?"}}"#);
        let exit = frame(r#"{"method":"exit"}"#);
        let found = read(&format!("{note}{typed}{late}{exit}behind it")).unwrap();
        assert_eq!(found.len(), 3);
        assert!(read("").unwrap().is_empty());
    }

    #[test]
    fn what_is_malformed_is_told() {
        let long = format!("X: {}\r\n", "x".repeat(5_000));
        let body = |text: &str| frame(text);
        for (stream, why) in [
            ("Content-Length: 99999999999999\r\n\r\n{".to_owned(), "the limit is 134217728"),
            ("Content-Length: 99999999999999999999999\r\n\r\n".to_owned(), "no length"),
            ("Content-Length: -1\r\n\r\n".to_owned(), "no length"),
            ("Content-Length: 2\r\nContent-Length: 3\r\n\r\n".to_owned(), "two lengths"),
            ("Content-Length: 20\r\n\r\n{}".to_owned(), "behind 2 of 20 bytes"),
            ("Content-Length: 2\n\n{}".to_owned(), "without its end"),
            ("Content-Length: 2\r\n".to_owned(), "without its end"),
            ("hello\r\n\r\n".to_owned(), "no line of a header: `hello`"),
            ("Content-Type: x\r\n\r\n{}".to_owned(), "without `Content-Length`"),
            (long, "a header of more than 4096 bytes"),
            (body("{"), "is no JSON"),
            (body(&"[".repeat(10_000)), "is no JSON"),
            (body("[]"), "no object"),
            (body("{}"), "neither"),
            (body(r#"{"id":1.5,"method":"shutdown"}"#), "do not fit: shutdown"),
            (body(r#"{"id":{},"result":1}"#), "do not fit: a response"),
        ] {
            let error = read(&stream).unwrap_err();
            assert!(error.contains(why), "{stream:.60}: {error}");
        }
    }
}
