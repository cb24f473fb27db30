//! `mam help`: help for commands, explanations of diagnostics and of words of the language.
//!
//! Takes in the definition of the command line, the list of codes and the reference of the language, gives
//! out text. Does not know the commands.

use clap::builder::StyledStr;
use mam::reference::{self as words, Word};
use mam::{Code, Severity};

use crate::failure::{Failure, Status};
use crate::render::style::{Capabilities, Style, own};
use crate::render::terminal::Terminal;
use crate::render::text::short;

const AFTER_HELP: &str = "\
Examples:
  mam help
  mam help check
  mam help mam::resolve::unknown-name
  mam help resolve::unknown-name
  mam help codes                          all codes
  mam help yields                         a word of the language
  mam help words                          all words

Exit status: 0 found; 2 wrong usage, or there is no such command, code or word.";

/// Explain a command, a diagnostic or a word of the language
///
/// Shows the help of `mam`, or that of a command; with the code of a diagnostic, its meaning and its
/// remedy; with a word of the language, its meaning and the section of the reference about it; with
/// `codes` or `words`, the list of all of them.
#[derive(Debug, clap::Args)]
#[command(after_long_help = AFTER_HELP)]
pub(crate) struct Args {
    /// A command, the code of a diagnostic, a word of the language, `codes` or `words`
    #[arg(value_name = "COMMAND|CODE|WORD")]
    topic: Option<String>,
}

pub(crate) fn run(
    args: &Args,
    mut definition: clap::Command,
    terminal: &mut Terminal,
) -> Result<Status, Failure> {
    let Some(topic) = &args.topic else {
        let text = marked(&definition.render_long_help(), terminal.out);
        terminal.text(&text);
        return Ok(Status::Success);
    };
    if let Some(command) = definition.find_subcommand_mut(topic) {
        let text = marked(&command.render_long_help(), terminal.out);
        terminal.text(&text);
    } else if let Some(code) = Code::from_text(topic) {
        explain(code, terminal);
    } else if topic == "codes" {
        list(terminal);
    } else if topic == "words" {
        list_words(terminal);
    } else if let Some(word) = words::find(topic) {
        define(&word, terminal);
    } else {
        return Err(unknown(topic, &definition));
    }
    Ok(Status::Success)
}

/// A text of clap within the capabilities of a stream; its colours are ours.
pub(crate) fn marked(text: &StyledStr, caps: Capabilities) -> String {
    if caps.color { own(&text.ansi().to_string()) } else { text.to_string() }
}

/// The word and the style of a code's severity.
const fn severity(code: Code) -> (&'static str, Style) {
    let severity = code.severity();
    let style = match severity {
        Severity::Error => Style::Bad,
        Severity::Warning => Style::Limited,
        _ => Style::Help,
    };
    (severity.word(), style)
}

fn explain(code: Code, terminal: &mut Terminal) {
    let caps = terminal.out;
    let (word, style) = severity(code);
    terminal.line(format!("{} ({})", caps.paint(Style::Strong, code), caps.paint(style, word)));
    let explanation = code.explanation();
    if !explanation.is_empty() {
        terminal.line("");
    }
    markdown(explanation, terminal);
}

/// The meaning of a word, and the section of the reference about it.
fn define(word: &Word, terminal: &mut Terminal) {
    let caps = terminal.out;
    terminal.line(format!("{}: {}", caps.paint(Style::Strong, word.word), word.meaning));
    let Some((heading, text)) = word.section() else { return };
    terminal.line("");
    markdown(&format!("# {heading}\n\n{text}"), terminal);
}

/// Writes Markdown with its headings in bold. Paragraphs and items are broken for the terminal; code is not.
fn markdown(text: &str, terminal: &mut Terminal) {
    let caps = terminal.out;
    let mut paragraph: Vec<&str> = Vec::new();
    let mut is_code = false;
    for line in text.lines() {
        let is_fence = line.starts_with("```");
        let is_alone =
            is_code || is_fence || line.trim().is_empty() || line.starts_with(['#', '|']);
        if is_alone || is_item(line) {
            terminal.paragraph(&std::mem::take(&mut paragraph));
        }
        match line {
            _ if !is_alone => paragraph.push(line),
            heading if !is_code && heading.starts_with('#') => {
                terminal.line(caps.paint(Style::Strong, heading));
            }
            code => terminal.code(code),
        }
        is_code ^= is_fence;
    }
    terminal.paragraph(&paragraph);
}

/// Whether a line begins an item of a list.
fn is_item(line: &str) -> bool {
    let text = line.trim_start();
    let number = text.trim_start_matches(|c: char| c.is_ascii_digit());
    text.starts_with("- ") || number.len() < text.len() && number.starts_with(". ")
}

fn list_words(terminal: &mut Terminal) {
    let width = words::all().map(|word| word.word.len()).max().unwrap_or(0);
    for word in words::all() {
        terminal.line(format!("{:width$}  {}", word.word, word.meaning));
    }
}

fn list(terminal: &mut Terminal) {
    let width = Code::ALL.iter().map(|code| code.as_str().len()).max().unwrap_or(0);
    for code in Code::ALL {
        let (word, style) = severity(*code);
        let line = format!("{:width$}  {}", code.as_str(), terminal.out.paint(style, word));
        terminal.line(line);
    }
}

/// The failure for a topic that is no command, code or word, with the nearest one as advice.
pub(crate) fn unknown(topic: &str, definition: &clap::Command) -> Failure {
    let topic = &short(topic);
    let commands = definition.get_subcommands().map(clap::Command::get_name);
    let codes = Code::ALL.iter().map(|code| code.as_str());
    let distance = |known: &str| {
        let bare = known.strip_prefix("mam::").unwrap_or(known);
        let last = known.rsplit("::").next().unwrap_or(known);
        let all = [known, bare, last].map(|form| strsim::damerau_levenshtein(form, topic));
        all.into_iter().min().unwrap_or(usize::MAX)
    };
    let words = words::all().map(|word| word.word);
    let nearest = commands.chain(codes).chain(words).min_by_key(|known| distance(known));
    let close = nearest.filter(|known| distance(known) <= 1 + topic.chars().count() / 4);
    let help = match close {
        Some(known) => format!("did you mean `{known}`?"),
        None => {
            "`mam help` lists the commands, `mam help codes` the codes, `mam help words` the words"
                .to_owned()
        }
    };
    Failure::with_help(
        format!("there is no command, no diagnostic code and no word `{topic}`"),
        help,
    )
}
