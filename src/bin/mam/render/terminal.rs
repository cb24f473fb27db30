//! Output of a command: results to standard output, diagnostics to standard error.
//!
//! Takes in lines, bytes and JSON, and writes them. A result is buffered and written in whole messages.
//! A reader that closes standard output ends the program without an error. Hidden characters in texts of
//! policies and requests never reach a terminal. Does not know what the texts mean.

use std::borrow::Cow;
use std::io::{self, IsTerminal as _, Write as _};

use serde::Serialize;

use crate::failure::{CANNOT_WRITE, Failure, io_reason};
use crate::format::json;
use crate::render::style::{Capabilities, ColorChoice, Style, unmarked};
use crate::render::text::{harmless, wrapped};

/// Size in bytes from which [`Terminal::flush_if_full`] writes the buffer.
const BUFFER: usize = 64 << 10;

/// Standard output and standard error of a command.
#[derive(Debug)]
pub(crate) struct Terminal {
    /// Capabilities of standard output.
    pub(crate) out: Capabilities,
    /// Capabilities of standard error.
    pub(crate) err: Capabilities,
    /// Whether `--verbose` is given.
    pub(crate) is_verbose: bool,
    /// Standard output is a terminal.
    is_watched: bool,
    /// Standard error is a terminal.
    is_err_watched: bool,
    /// The part of the result that is not written yet.
    buffer: Vec<u8>,
}

impl Terminal {
    /// Both streams, with the user's choice of colours.
    pub(crate) fn new(color: ColorChoice) -> Self {
        Self {
            out: Capabilities::of_stdout(color),
            err: Capabilities::of_stderr(color),
            is_verbose: false,
            is_watched: io::stdout().is_terminal(),
            is_err_watched: io::stderr().is_terminal(),
            buffer: Vec::new(),
        }
    }

    /// Clears the screen, if standard output is a terminal.
    pub(crate) fn clear(&mut self) {
        if self.is_watched {
            self.raw(b"\x1b[2J\x1b[3J\x1b[H");
        }
    }

    /// Appends a line to the result. On a terminal it is broken at words.
    pub(crate) fn line(&mut self, text: impl AsRef<str>) {
        let mut text = harmless(text.as_ref());
        if self.is_watched {
            text = Cow::Owned(wrapped(&text, self.out.width).into_owned());
        }
        self.buffer.extend_from_slice(text.as_bytes());
        self.buffer.push(b'\n');
    }

    /// Appends the lines of a paragraph to the result. On a terminal they are joined, and broken for its width.
    pub(crate) fn paragraph(&mut self, lines: &[&str]) {
        if self.is_watched && !lines.is_empty() {
            let words: Vec<&str> = lines.iter().map(|line| line.trim()).collect();
            let indent = lines.first().map_or(0, |first| first.len() - first.trim_start().len());
            self.line(format!("{:indent$}{}", "", words.join(" ")));
        } else {
            lines.iter().for_each(|line| self.line(line));
        }
    }

    /// Appends a line of code to the result, unbroken.
    pub(crate) fn code(&mut self, line: &str) {
        self.buffer.extend_from_slice(harmless(line).as_bytes());
        self.buffer.push(b'\n');
    }

    /// Appends bytes to the result, unchanged.
    pub(crate) fn raw(&mut self, bytes: &[u8]) {
        self.buffer.extend_from_slice(bytes);
    }

    /// Appends a text to the result: unchanged, unless somebody looks at it.
    pub(crate) fn text(&mut self, text: &str) {
        let text = if self.is_watched { harmless(text) } else { Cow::Owned(unmarked(text)) };
        self.buffer.extend_from_slice(text.as_bytes());
    }

    /// Appends a line of JSON to the result.
    ///
    /// # Errors
    ///
    /// When the value has no form in JSON.
    pub(crate) fn json(&mut self, value: &impl Serialize) -> Result<(), Failure> {
        json::write(&mut self.buffer, value)
            .map_err(|error| Failure::new(format!("cannot write JSON: {error}")))?;
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
            _ => Failure::new(format!(
                "cannot write to standard output: {} [{CANNOT_WRITE}]",
                io_reason(&error)
            )),
        })
    }

    /// Writes a text to standard error, unbuffered. A failure to write is ignored.
    pub(crate) fn diagnose(&self, text: &str) {
        write_err(&harmless(text));
    }

    /// Writes `error: …`, and `help: …` if there is help, to standard error.
    pub(crate) fn error(&self, message: &str, help: Option<&str>) {
        let mut text = format!("{} {message}\n", self.err.paint(Style::Bad, "error:"));
        if let Some(help) = help {
            text.push_str(&format!(" {} {help}\n", self.err.paint(Style::Help, "help:")));
        }
        self.message(&text);
    }

    /// Writes `note: …` to standard error.
    pub(crate) fn note(&self, message: &str) {
        self.message(&format!("{} {message}\n", self.err.paint(Style::Help, "note:")));
    }

    /// As [`diagnose`](Self::diagnose); on a terminal the text is broken at words.
    pub(crate) fn message(&self, text: &str) {
        let text = harmless(text);
        let text = if self.is_err_watched { wrapped(&text, self.err.width) } else { text };
        write_err(&text);
    }
}

/// Writes to standard error. A failure to write is ignored.
fn write_err(text: &str) {
    let _ignored = io::stderr().lock().write_all(text.as_bytes());
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_exact_in_a_file_and_harmless_on_a_terminal() {
        for (is_watched, expected) in [(false, "a\u{1b}[31mb\r\n"), (true, "a\\u{1b}[31mb\n")] {
            let mut terminal = Terminal { is_watched, ..Terminal::new(ColorChoice::Always) };
            terminal.text("a\u{1b}[31mb\r\n");
            assert_eq!(terminal.buffer, expected.as_bytes());
        }
    }
}
