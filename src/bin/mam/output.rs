//! Everything that is written: results to standard output, diagnostics to standard error.
//!
//! Results are gathered and written at the end of a message, never in the middle of one; a reader
//! who goes away ends the program quietly. Knows what the two streams can show: colour, Unicode,
//! width. Texts from policies cannot smuggle control characters to a terminal.

use std::borrow::Cow;
use std::ffi::OsString;
use std::fmt::Display;
use std::io::{self, IsTerminal as _, Write as _};

use clap::builder::styling::{AnsiColor, Style};
use serde::Serialize;

use crate::failure::{Failure, why};

/// When to use colour.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, clap::ValueEnum)]
pub(crate) enum ColorChoice {
    /// On a terminal, unless `NO_COLOR` is set
    #[default]
    Auto,
    /// Even into a file or pipe
    Always,
    /// Never
    Never,
}

/// Widest output where nobody says how wide it may be.
const WIDTH: usize = 100;

/// More gathered bytes than this are written when the next message is complete.
const GATHERED: usize = 64 << 10;

/// What a stream can show.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Look {
    /// Whether it shows colours.
    pub(crate) color: bool,
    /// Whether it shows more than ASCII.
    pub(crate) unicode: bool,
    /// How many columns it has.
    pub(crate) width: usize,
}

/// What a piece of text is, so that it looks alike everywhere.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Ink {
    /// Data may move, an expectation holds.
    Good,
    /// Data may move within limits; a warning.
    Limited,
    /// Data may not move, something is wrong.
    Bad,
    /// What one looks for first.
    Strong,
    /// What one can do.
    Help,
    /// Places and other small print.
    Faint,
}

impl Ink {
    fn style(self) -> Style {
        match self {
            Self::Good => AnsiColor::Green.on_default(),
            Self::Limited => AnsiColor::Yellow.on_default(),
            Self::Bad => AnsiColor::Red.on_default().bold(),
            Self::Strong => Style::new().bold(),
            Self::Help => AnsiColor::Cyan.on_default(),
            Self::Faint => Style::new().dimmed(),
        }
    }
}

impl Look {
    /// What a stream can show that leads to a terminal of so many columns, or to none.
    fn of(color: ColorChoice, terminal: Option<usize>, environment: &Environment<'_>) -> Self {
        let is_dumb = environment("TERM").is_some_and(|term| term == "dumb");
        let no_color = environment("NO_COLOR").is_some_and(|value| !value.is_empty());
        let is_able = terminal.is_some() && !is_dumb;
        Self {
            color: match color {
                ColorChoice::Always => true,
                ColorChoice::Never => false,
                ColorChoice::Auto => is_able && !no_color,
            },
            unicode: is_able && speaks_utf8(environment),
            width: terminal.unwrap_or(WIDTH),
        }
    }

    /// No colours, and nothing but ASCII.
    pub(crate) const PLAIN: Self = Self { color: false, unicode: false, width: WIDTH };

    /// The text in this ink, where there are colours.
    pub(crate) fn paint(self, ink: Ink, text: impl Display) -> String {
        if self.color {
            let style = ink.style();
            format!("{style}{text}{style:#}")
        } else {
            text.to_string()
        }
    }
}

/// Looks up a variable.
type Environment<'e> = dyn Fn(&str) -> Option<OsString> + 'e;

/// Whether the locale promises UTF-8; Windows' terminals need none.
fn speaks_utf8(environment: &Environment<'_>) -> bool {
    let is_set = |value: &OsString| !value.is_empty();
    let names = ["LC_ALL", "LC_CTYPE", "LANG"];
    match names.into_iter().find_map(|name| environment(name).filter(is_set)) {
        Some(locale) => {
            let locale = locale.to_string_lossy().to_lowercase();
            locale.contains("utf-8") || locale.contains("utf8")
        }
        None => cfg!(windows),
    }
}

/// The columns of the terminal behind a stream; `None` where it is none.
fn columns(is_terminal: bool, use_stderr: bool) -> Option<usize> {
    if !is_terminal {
        return None;
    }
    let mut probe = comfy_table::Table::new();
    if use_stderr {
        probe.use_stderr();
    }
    let found = probe.width().map_or(0, usize::from);
    Some(if found < 40 { WIDTH } else { found.min(120) })
}

/// The two streams that a command writes to.
#[derive(Debug)]
pub(crate) struct Terminal {
    /// What standard output can show.
    pub(crate) out: Look,
    /// What standard error can show.
    pub(crate) err: Look,
    gathered: Vec<u8>,
}

impl Terminal {
    /// Looks at both streams.
    pub(crate) fn new(color: ColorChoice) -> Self {
        let variable = |name: &str| std::env::var_os(name);
        Self {
            out: Look::of(color, columns(io::stdout().is_terminal(), false), &variable),
            err: Look::of(color, columns(io::stderr().is_terminal(), true), &variable),
            gathered: Vec::new(),
        }
    }

    /// Empties the screen, where there is one.
    pub(crate) fn clear(&mut self) {
        if io::stdout().is_terminal() {
            self.raw(b"\x1b[2J\x1b[3J\x1b[H");
        }
    }

    /// Adds a line to the result.
    pub(crate) fn line(&mut self, text: impl AsRef<str>) {
        let text = harmless(text.as_ref(), self.out.color);
        self.gathered.extend_from_slice(text.as_bytes());
        self.gathered.push(b'\n');
    }

    /// Adds bytes to the result as they are.
    pub(crate) fn raw(&mut self, bytes: &[u8]) {
        self.gathered.extend_from_slice(bytes);
    }

    /// Adds a line of JSON to the result.
    pub(crate) fn json(&mut self, value: &impl Serialize) -> Result<(), Failure> {
        serde_json::to_writer(&mut self.gathered, value)
            .map_err(|error| Failure::stop(format!("cannot write JSON: {error}")))?;
        self.gathered.push(b'\n');
        Ok(())
    }

    /// Writes what was gathered, if that is much; for results that may have no end.
    pub(crate) fn flush_if_full(&mut self) -> Result<(), Failure> {
        if self.gathered.len() < GATHERED { Ok(()) } else { self.flush() }
    }

    /// Writes what was gathered.
    pub(crate) fn flush(&mut self) -> Result<(), Failure> {
        if self.gathered.is_empty() {
            return Ok(());
        }
        let mut out = io::stdout().lock();
        let written = out.write_all(&self.gathered).and_then(|()| out.flush());
        self.gathered.clear();
        written.map_err(|error| match error.kind() {
            io::ErrorKind::BrokenPipe => Failure::Closed,
            _ => Failure::stop(format!("cannot write to standard output: {}", why(&error))),
        })
    }

    /// Writes a text to standard error, at once. If that fails there is nobody to tell.
    pub(crate) fn diagnose(&self, text: &str) {
        let text = harmless(text, self.err.color);
        let _unheard = io::stderr().lock().write_all(text.as_bytes());
    }

    /// Writes `error: …` to standard error.
    pub(crate) fn complain(&self, message: &str, help: Option<&str>) {
        let mut text = format!("{} {message}\n", self.err.paint(Ink::Bad, "error:"));
        if let Some(help) = help {
            text.push_str(&format!(" {} {help}\n", self.err.paint(Ink::Help, "help:")));
        }
        self.diagnose(&text);
    }

    /// Writes `note: …` to standard error.
    pub(crate) fn note(&self, message: &str) {
        self.diagnose(&format!("{} {message}\n", self.err.paint(Ink::Help, "note:")));
    }
}

/// The text without control characters that a terminal would obey: line breaks and tabs are left,
/// and colours where they are wanted.
pub(crate) fn harmless(text: &str, color: bool) -> Cow<'_, str> {
    let obeyed = |letter: char| letter.is_control() && letter != '\n' && letter != '\t';
    if !text.contains(obeyed) {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(letter) = rest.chars().next() {
        let (length, shown) = match color_length(rest).filter(|_| color) {
            Some(length) => (length, rest.get(..length).unwrap_or("")),
            None if rest.starts_with("\r\n") => (1, ""),
            None if obeyed(letter) => (letter.len_utf8(), "?"),
            None => (letter.len_utf8(), rest.get(..letter.len_utf8()).unwrap_or("")),
        };
        out.push_str(shown);
        rest = rest.get(length..).unwrap_or("");
    }
    Cow::Owned(out)
}

/// The bytes of a colour sequence, `ESC [ 1 ; 31 m`, at the start of a text.
fn color_length(text: &str) -> Option<usize> {
    let parameters = text.strip_prefix("\u{1b}[")?;
    let end = parameters.find(|letter: char| !letter.is_ascii_digit() && letter != ';')?;
    parameters.get(end..)?.starts_with('m').then_some(end + 3)
}

/// A text filled with blanks to a number of columns.
pub(crate) fn pad(text: &str, width: usize) -> String {
    format!("{text:<width$}")
}

/// A text that came as an argument, cut where it is too long to be repeated.
pub(crate) fn short(text: &str) -> String {
    const LONGEST: usize = 200;
    match text.char_indices().nth(LONGEST) {
        Some((at, _)) => format!("{}...", text.get(..at).unwrap_or("")),
        None => text.to_owned(),
    }
}

/// `1 file`, `2 files`.
pub(crate) fn count(number: usize, noun: &str) -> String {
    let ending = if number == 1 { "" } else { "s" };
    format!("{number} {noun}{ending}")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn look(color: ColorChoice, terminal: Option<usize>, variables: &[(&str, &str)]) -> Look {
        let found = |name: &str| variables.iter().find(|(known, _)| *known == name);
        Look::of(color, terminal, &|name| found(name).map(|(_, value)| (*value).into()))
    }

    #[test]
    fn colour_and_unicode_are_for_terminals_that_have_them() {
        let modern = [("TERM", "xterm-256color"), ("LANG", "de_DE.UTF-8")];
        let auto = ColorChoice::Auto;
        assert_eq!(look(auto, Some(80), &modern), Look { color: true, unicode: true, width: 80 });
        assert_eq!(look(auto, None, &modern), Look { color: false, unicode: false, width: 100 });
        assert!(!look(auto, Some(80), &[("NO_COLOR", "1")]).color);
        assert!(look(auto, Some(80), &[("NO_COLOR", "")]).color);
        assert!(look(ColorChoice::Always, None, &[("NO_COLOR", "1")]).color);
        assert!(!look(ColorChoice::Never, Some(80), &modern).color);
        assert!(!look(auto, Some(80), &[("TERM", "dumb"), ("LANG", "C.UTF-8")]).color);
        assert!(!look(auto, Some(80), &[("TERM", "dumb"), ("LANG", "C.UTF-8")]).unicode);
        assert!(!look(auto, Some(80), &[("LC_ALL", "C"), ("LANG", "de_DE.UTF-8")]).unicode);
        assert!(look(auto, Some(80), &[("LC_ALL", ""), ("LANG", "de_DE.utf8")]).unicode);
    }

    #[test]
    fn terminals_are_told_nothing_but_colours() {
        let red = "a\u{1b}[1;31mred\u{1b}[0m";
        assert_eq!(harmless("plain\ttext\n", false), "plain\ttext\n");
        assert_eq!(harmless(red, true), red);
        assert_eq!(harmless(red, false), "a?[1;31mred?[0m");
        assert_eq!(harmless("a\u{1b}]0;title\u{7}b", true), "a?]0;title?b");
        assert_eq!(harmless("é\u{1b}[2Jb\u{9b}31m", true), "é?[2Jb?31m");
        assert_eq!(harmless("a\r\nb\rc", true), "a\nb?c");
    }
}
