//! Styles of text and the capabilities of terminals.
//!
//! Takes in the user's choice of colours and the environment, gives out painted text. Does not know
//! what is written.

use std::ffi::OsString;
use std::fmt::Display;
use std::hash::{BuildHasher as _, RandomState};
use std::io::{self, IsTerminal as _};
use std::sync::LazyLock;

use clap::builder::styling::{AnsiColor, Style as AnsiStyle};

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

/// Columns of an output that is no terminal, or does not tell its width.
const WIDTH: usize = 100;

/// Terminal capabilities of one stream.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Capabilities {
    /// Colours are shown.
    pub(crate) color: bool,
    /// Characters beyond ASCII are shown.
    pub(crate) unicode: bool,
    /// Width in columns.
    pub(crate) width: usize,
}

/// Style of a piece of text, named by its meaning.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Style {
    /// An allowed movement, an expectation that holds.
    Good,
    /// A movement allowed within limits; a warning.
    Limited,
    /// A blocked movement; an error.
    Bad,
    /// Headings, scopes and names.
    Strong,
    /// Help and advice.
    Help,
    /// Places in files and other details.
    Faint,
}

impl Style {
    fn ansi(self) -> AnsiStyle {
        match self {
            Self::Good => AnsiColor::Green.on_default(),
            Self::Limited => AnsiColor::Yellow.on_default(),
            Self::Bad => AnsiColor::Red.on_default().bold(),
            Self::Strong => AnsiStyle::new().bold(),
            Self::Help => AnsiColor::Cyan.on_default(),
            Self::Faint => AnsiStyle::new().dimmed(),
        }
    }
}

impl Capabilities {
    /// Capabilities of standard output.
    pub(crate) fn of_stdout(color: ColorChoice) -> Self {
        Self::of(color, columns(io::stdout().is_terminal(), false), &|name| std::env::var_os(name))
    }

    /// Capabilities of standard error.
    pub(crate) fn of_stderr(color: ColorChoice) -> Self {
        Self::of(color, columns(io::stderr().is_terminal(), true), &|name| std::env::var_os(name))
    }

    /// Capabilities of a stream, from the columns of its terminal (`None` if it is no terminal), the
    /// choice of colours and the environment.
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
            unicode: is_able && is_utf8(environment),
            width: terminal.unwrap_or(WIDTH),
        }
    }

    /// Capabilities of a file: ASCII without colours.
    pub(crate) const PLAIN: Self = Self { color: false, unicode: false, width: WIDTH };

    /// The text in a style; unchanged if the stream shows no colours.
    pub(crate) fn paint(self, style: Style, text: impl Display) -> String {
        if self.color {
            let style = style.ansi();
            format!("{}{text}{}", own(&style.to_string()), own(&format!("{style:#}")))
        } else {
            text.to_string()
        }
    }
}

/// Begins the colour sequences of this program in place of the escape character. Nobody knows it outside of
/// the process, so that a sequence in a policy or request is told from them. It is never written.
static MARK: LazyLock<String> =
    LazyLock::new(|| format!("\u{1b}{:016x}", RandomState::new().hash_one("colours")));

/// A text of which all escape characters are this program's own, with the mark in their places.
pub(crate) fn own(text: &str) -> String {
    text.replace('\u{1b}', &MARK)
}

/// A text with escape characters in the places of the mark.
pub(crate) fn unmarked(text: &str) -> String {
    text.replace(MARK.as_str(), "\u{1b}")
}

/// The parameters and letter of the own colour sequence at the start of a text (`[1;31m`), and the length of
/// the whole.
pub(crate) fn own_sequence(text: &str) -> Option<(&str, usize)> {
    let sequence = text.strip_prefix(MARK.as_str())?;
    let end = sequence.strip_prefix('[')?.find(|c: char| !c.is_ascii_digit() && c != ';')? + 1;
    let sequence = sequence.get(..end + 1).filter(|sequence| sequence.ends_with('m'))?;
    Some((sequence, MARK.len() + sequence.len()))
}

/// Lookup of environment variables by name.
type Environment<'e> = dyn Fn(&str) -> Option<OsString> + 'e;

/// Whether the locale's encoding is UTF-8. Terminals of Windows need no locale.
fn is_utf8(environment: &Environment<'_>) -> bool {
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

/// Width of the terminal behind a stream, in columns; `None` if the stream is no terminal.
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

#[cfg(test)]
mod tests {
    use super::*;

    fn capabilities(
        color: ColorChoice,
        terminal: Option<usize>,
        variables: &[(&str, &str)],
    ) -> Capabilities {
        let found = |name: &str| variables.iter().find(|(known, _)| *known == name);
        Capabilities::of(color, terminal, &|name| found(name).map(|(_, value)| (*value).into()))
    }

    #[test]
    fn colour_and_unicode_are_for_terminals_that_have_them() {
        let modern = [("TERM", "xterm-256color"), ("LANG", "de_DE.UTF-8")];
        let auto = ColorChoice::Auto;
        assert_eq!(
            capabilities(auto, Some(80), &modern),
            Capabilities { color: true, unicode: true, width: 80 }
        );
        assert_eq!(
            capabilities(auto, None, &modern),
            Capabilities { color: false, unicode: false, width: 100 }
        );
        assert!(!capabilities(auto, Some(80), &[("NO_COLOR", "1")]).color);
        assert!(capabilities(auto, Some(80), &[("NO_COLOR", "")]).color);
        assert!(capabilities(ColorChoice::Always, None, &[("NO_COLOR", "1")]).color);
        assert!(!capabilities(ColorChoice::Never, Some(80), &modern).color);
        assert!(!capabilities(auto, Some(80), &[("TERM", "dumb"), ("LANG", "C.UTF-8")]).color);
        assert!(!capabilities(auto, Some(80), &[("TERM", "dumb"), ("LANG", "C.UTF-8")]).unicode);
        assert!(!capabilities(auto, Some(80), &[("LC_ALL", "C"), ("LANG", "de_DE.UTF-8")]).unicode);
        assert!(capabilities(auto, Some(80), &[("LC_ALL", ""), ("LANG", "de_DE.utf8")]).unicode);
    }
}
