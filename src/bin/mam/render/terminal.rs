//! Output of a command: results to standard output, diagnostics to standard error.
//!
//! Takes in lines, bytes and JSON, and writes them. A result is buffered and written in whole messages.
//! A reader that closes standard output ends the program without an error. Control characters in texts
//! of policies never reach a terminal. Does not know what the texts mean.

use std::io::{self, IsTerminal as _, Write as _};

use serde::Serialize;

use crate::failure::{Failure, io_reason};
use crate::render::style::{Capabilities, ColorChoice, Style};
use crate::render::text::harmless;

/// Size in bytes from which [`Terminal::flush_if_full`] writes the buffer.
const BUFFER: usize = 64 << 10;

/// Standard output and standard error of a command.
#[derive(Debug)]
pub(crate) struct Terminal {
    /// Capabilities of standard output.
    pub(crate) out: Capabilities,
    /// Capabilities of standard error.
    pub(crate) err: Capabilities,
    /// The part of the result that is not written yet.
    buffer: Vec<u8>,
}

impl Terminal {
    /// Both streams, with the user's choice of colours.
    pub(crate) fn new(color: ColorChoice) -> Self {
        Self {
            out: Capabilities::of_stdout(color),
            err: Capabilities::of_stderr(color),
            buffer: Vec::new(),
        }
    }

    /// Clears the screen, if standard output is a terminal.
    pub(crate) fn clear(&mut self) {
        if io::stdout().is_terminal() {
            self.raw(b"\x1b[2J\x1b[3J\x1b[H");
        }
    }

    /// Appends a line to the result.
    pub(crate) fn line(&mut self, text: impl AsRef<str>) {
        let text = harmless(text.as_ref(), self.out.color);
        self.buffer.extend_from_slice(text.as_bytes());
        self.buffer.push(b'\n');
    }

    /// Appends bytes to the result, unchanged.
    pub(crate) fn raw(&mut self, bytes: &[u8]) {
        self.buffer.extend_from_slice(bytes);
    }

    /// Appends a line of JSON to the result.
    ///
    /// # Errors
    ///
    /// When the value has no form in JSON.
    pub(crate) fn json(&mut self, value: &impl Serialize) -> Result<(), Failure> {
        serde_json::to_writer(&mut self.buffer, value)
            .map_err(|error| Failure::new(format!("cannot write JSON: {error}")))?;
        self.buffer.push(b'\n');
        Ok(())
    }

    /// Writes the buffer if it is full; for results without a bound.
    ///
    /// # Errors
    ///
    /// When standard output cannot be written.
    pub(crate) fn flush_if_full(&mut self) -> Result<(), Failure> {
        if self.buffer.len() < BUFFER { Ok(()) } else { self.flush() }
    }

    /// Writes the buffer to standard output.
    ///
    /// # Errors
    ///
    /// When standard output cannot be written.
    pub(crate) fn flush(&mut self) -> Result<(), Failure> {
        if self.buffer.is_empty() {
            return Ok(());
        }
        let mut out = io::stdout().lock();
        let written = out.write_all(&self.buffer).and_then(|()| out.flush());
        self.buffer.clear();
        written.map_err(|error| match error.kind() {
            io::ErrorKind::BrokenPipe => Failure::OutputClosed,
            _ => Failure::new(format!("cannot write to standard output: {}", io_reason(&error))),
        })
    }

    /// Writes a text to standard error, unbuffered. A failure to write is ignored.
    pub(crate) fn diagnose(&self, text: &str) {
        let text = harmless(text, self.err.color);
        let _ignored = io::stderr().lock().write_all(text.as_bytes());
    }

    /// Writes `error: …`, and `help: …` if there is help, to standard error.
    pub(crate) fn error(&self, message: &str, help: Option<&str>) {
        let mut text = format!("{} {message}\n", self.err.paint(Style::Bad, "error:"));
        if let Some(help) = help {
            text.push_str(&format!(" {} {help}\n", self.err.paint(Style::Help, "help:")));
        }
        self.diagnose(&text);
    }

    /// Writes `note: …` to standard error.
    pub(crate) fn note(&self, message: &str) {
        self.diagnose(&format!("{} {message}\n", self.err.paint(Style::Help, "note:")));
    }
}
