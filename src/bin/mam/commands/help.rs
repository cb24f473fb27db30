//! `mam help`: what a command does, and what a diagnostic means.

use clap::builder::StyledStr;
use mam::{Code, Severity};

use crate::args;
use crate::failure::{Failure, Status};
use crate::output::{Ink, Look, Terminal, harmless, short};

const AFTER_HELP: &str = "\
Examples:
  mam help
  mam help check
  mam help mam::resolve::unknown-name
  mam help resolve::unknown-name
  mam help codes                          every code there is

Exit status: 0 found; 2 there is no such command or code.";

/// Say more about a command or a diagnostic
///
/// Without an argument, all of `mam`; with the name of a command, that command; with the code of a
/// diagnostic, what it means and what to do; with `codes`, all of those.
#[derive(Debug, clap::Args)]
#[command(after_long_help = AFTER_HELP)]
pub(crate) struct Args {
    /// A command, the code of a diagnostic, or `codes`
    #[arg(value_name = "COMMAND|CODE")]
    topic: Option<String>,
}

pub(crate) fn run(args: &Args, terminal: &mut Terminal) -> Result<Status, Failure> {
    let mut definition = args::definition();
    let Some(topic) = &args.topic else {
        let text = plain_or_colored(&definition.render_long_help(), terminal.out);
        terminal.raw(text.as_bytes());
        return Ok(Status::Well);
    };
    if let Some(command) = definition.find_subcommand_mut(topic) {
        let text = plain_or_colored(&command.render_long_help(), terminal.out);
        terminal.raw(text.as_bytes());
    } else if let Some(code) = Code::from_text(topic) {
        explain(code, terminal);
    } else if topic == "codes" {
        list(terminal);
    } else {
        return Err(unknown(topic, &definition));
    }
    Ok(Status::Well)
}

/// Help as the stream can show it.
pub(crate) fn plain_or_colored(text: &StyledStr, look: Look) -> String {
    let text = if look.color { text.ansi().to_string() } else { text.to_string() };
    harmless(&text, look.color).into_owned()
}

const fn severity(code: Code) -> (&'static str, Ink) {
    let severity = code.severity();
    let ink = match severity {
        Severity::Error => Ink::Bad,
        Severity::Warning => Ink::Limited,
        _ => Ink::Help,
    };
    (severity.word(), ink)
}

fn explain(code: Code, terminal: &mut Terminal) {
    let look = terminal.out;
    let (word, ink) = severity(code);
    terminal.line(format!("{} ({})", look.paint(Ink::Strong, code), look.paint(ink, word)));
    let explanation = code.explanation();
    if !explanation.is_empty() {
        terminal.line("");
    }
    for line in explanation.lines() {
        if line.starts_with('#') {
            terminal.line(look.paint(Ink::Strong, line));
        } else {
            terminal.line(line);
        }
    }
}

fn list(terminal: &mut Terminal) {
    let width = Code::ALL.iter().map(|code| code.as_str().len()).max().unwrap_or(0);
    for code in Code::ALL {
        let (word, ink) = severity(*code);
        let line = format!("{:width$}  {}", code.as_str(), terminal.out.paint(ink, word));
        terminal.line(line);
    }
}

/// What to say of a word that is neither command nor code.
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
    let nearest = commands.chain(codes).min_by_key(|known| distance(known));
    let close = nearest.filter(|known| distance(known) <= 1 + topic.chars().count() / 4);
    let help = match close {
        Some(known) => format!("did you mean `{known}`?"),
        None => "`mam help` lists the commands, `mam help codes` the codes".to_owned(),
    };
    Failure::stop_with(format!("there is no command and no diagnostic code `{topic}`"), help)
}
