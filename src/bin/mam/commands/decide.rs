//! `mam decide`: what is decided of the movements in a scope, or of requests as hosts make them.
//!
//! A scope is answered in parts that are decided alike; requests are answered line by line, as they
//! come. How movements are decided is the library's affair.

use std::ffi::OsString;
use std::io::{BufRead, BufReader, Read};

use mam::analysis::Part;
use mam::{Effect, Table};
use serde::Serialize;

use crate::answer;
use crate::failure::{Failure, Status, why};
use crate::files::{self, cannot_read, is_stdin};
use crate::output::{Ink, Terminal, count, pad};
use crate::set::{self, Question};
use crate::stream::{self, BadRequest, LONGEST};

const AFTER_HELP: &str = "\
Examples:
  mam decide contoso.mam 'share from outlook as work to salesforce'
  mam decide contoso.mam 'save from office as work to any for staff on ios devices unmanaged'
  mam decide contoso.mam --requests requests.jsonl > answers.jsonl
  mam decide contoso.mamc --requests - < requests.jsonl     a compiled table, too
  mam decide contoso.mam --fail-on block 'print from word as work' && lpr letter.txt

A request is one line of JSON:
  {\"channel\":\"share\",\"source\":{\"app\":\"outlook\",\"account\":\"work\"},
   \"target\":{\"app\":\"ios:net.whatsapp.WhatsApp\"},
   \"user\":{\"groups\":[\"staff\"]},\"device\":{\"platform\":\"ios\",\"management\":\"unmanaged\"}}
An answer is one line, too; those of --requests come in the order of the requests:
  {\"effect\":\"block\",\"enforced\":true,\"reason\":null,\"limits\":{},\"by\":[{\"policy\":...,
   \"side\":\"source\",\"effect\":\"block\",\"rule\":...,\"file\":...,\"line\":...,\"because\":null}],
   \"report_only\":[]}
A line that cannot be answered gives {\"line\":7,\"error\":...}, with \"code\" and \"help\" if it is a
request; blank lines are skipped.

With --json a scope gives {\"parts\":[{\"scope\":..., and the fields of an answer}, ...]}.

Exit status: 0 whatever is decided; 1 errors in the policy, a refusal with --fail-on block, or a
request that cannot be answered; 2 a file cannot be read, a bad scope.";

const USAGE: &str = "mam decide [OPTIONS] <FILE>... <SCOPE>
       mam decide [OPTIONS] --requests <JSONL> <FILE>...";

/// Say what is decided of a scope, or of requests
///
/// Answers for every movement of a scope, in parts that are decided alike. Each part is a scope
/// again, to be asked about with `mam explain`.
#[derive(Debug, clap::Args)]
#[command(after_long_help = AFTER_HELP, override_usage = USAGE)]
pub(crate) struct Args {
    /// The files of the set, then the scope
    #[arg(value_name = "FILE", required = true)]
    arguments: Vec<OsString>,

    /// Answer the requests of a file, one JSON object a line; `-` is standard input
    #[arg(long, value_name = "JSONL")]
    requests: Option<OsString>,

    /// Exit with 1 if anything is decided so
    #[arg(long, value_name = "EFFECT", value_enum)]
    fail_on: Option<FailOn>,

    /// Give the parts as JSON
    #[arg(long)]
    json: bool,

    #[command(flatten)]
    budget: set::Budget,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum FailOn {
    /// Data that may not move
    Block,
}

#[derive(Debug, Serialize)]
struct Parts<'a> {
    parts: &'a [Part],
}

pub(crate) fn run(args: &Args, terminal: &mut Terminal) -> Result<Status, Failure> {
    match &args.requests {
        Some(requests) => answer_requests(args, requests, terminal),
        None => answer_scope(args, terminal),
    }
}

fn answer_scope(args: &Args, terminal: &mut Terminal) -> Result<Status, Failure> {
    let question = Question::split(&args.arguments)?;
    let text = question.scope("decide")?;
    let checked = set::sound(terminal, &question.files, args.budget, args.json)?;
    let scope = set::question(terminal, &checked, text)?;
    let analysis = set::analyse(terminal, &checked, args.json)?;
    let parts = set::within_limits(terminal, &checked, args.json, analysis.decide(&scope))?;
    if parts.is_empty() {
        return Err(Failure::stop("the scope holds no movement"));
    }
    if args.json {
        terminal.json(&Parts { parts: &parts })?;
    } else {
        print(&parts, terminal);
    }
    let blocks = parts.iter().any(|part| part.answer.effect == Effect::Block);
    Ok(Status::no_if(blocks && args.fail_on == Some(FailOn::Block)))
}

/// Effects in front, scopes in a column; below, once for all that are decided alike, who decided.
fn print(parts: &[Part], terminal: &mut Terminal) {
    let look = terminal.out;
    let widths = parts.iter().map(|part| answer::headline(&part.answer).len());
    let width = widths.max().unwrap_or(0) + 2;
    let indent = " ".repeat(width);
    for (index, alike) in parts.chunk_by(|a, b| a.answer == b.answer).enumerate() {
        if index > 0 {
            terminal.line("");
        }
        for part in alike {
            let headline = pad(&answer::headline(&part.answer), width);
            let headline = look.paint(answer::ink(&part.answer), headline);
            terminal.line(format!("{headline}{}", look.paint(Ink::Strong, &part.scope)));
        }
        let details = alike.first().map(|part| answer::details(&part.answer, look));
        for line in details.unwrap_or_default() {
            terminal.line(format!("{indent}{}", line.replace('\n', &format!("\n{indent}"))));
        }
    }
}

// ---------------------------------------------------------------- requests

/// The error for a line, in the place of its answer.
#[derive(Debug, Serialize)]
pub(crate) struct Unanswered<'a> {
    pub(crate) line: u64,
    #[serde(flatten)]
    pub(crate) error: &'a BadRequest,
}

fn answer_requests(
    args: &Args,
    requests: &OsString,
    terminal: &mut Terminal,
) -> Result<Status, Failure> {
    if is_stdin(requests) && args.arguments.iter().any(|file| is_stdin(file)) {
        return Err(Failure::stop("policies and requests cannot both be standard input"));
    }
    let question = Question::split(&args.arguments)?;
    if let Some(scope) = &question.scope {
        return Err(Failure::stop_with(
            format!("`{}` is no file", crate::output::short(scope)),
            "with `--requests` there are only files; leave the scope out",
        ));
    }
    let reader = BufReader::new(files::open(requests)?);
    let table = set::table(terminal, &question.files, args.budget, true)?;
    let tally = stream(reader, &table, terminal, &|reason| cannot_read(requests, reason))?;
    if tally.bad > 0 {
        let bad = count_of(tally.bad, "request");
        terminal.complain(&format!("{bad} could not be answered"), None);
    }
    let refused = tally.blocked && args.fail_on == Some(FailOn::Block);
    Ok(Status::no_if(tally.bad > 0 || refused))
}

fn count_of(number: u64, noun: &str) -> String {
    count(usize::try_from(number).unwrap_or(usize::MAX), noun)
}

/// What became of all lines.
#[derive(Debug, Default)]
struct Tally {
    bad: u64,
    blocked: bool,
}

/// Answers line by line. What was answered is written before waiting for more.
fn stream(
    mut reader: BufReader<impl Read>,
    table: &Table,
    terminal: &mut Terminal,
    cannot: &dyn Fn(&str) -> String,
) -> Result<Tally, Failure> {
    let mut tally = Tally::default();
    let mut number = 0;
    let mut line = Vec::new();
    loop {
        if reader.buffer().is_empty() {
            terminal.flush()?;
        }
        let length = next_line(&mut reader, &mut line)
            .map_err(|error| Failure::stop(cannot(&why(&error))))?;
        if length == 0 {
            return Ok(tally);
        }
        number += 1;
        let text = stream::without_mark(&line, number);
        if text.trim_ascii().is_empty() && length <= LONGEST {
            continue;
        }
        match answer_line(text, length, table) {
            Ok(answer) => {
                tally.blocked |= answer.effect == Effect::Block;
                terminal.json(&answer)?;
            }
            Err(error) => {
                tally.bad += 1;
                terminal.json(&Unanswered { line: number, error: &error })?;
            }
        }
        terminal.flush_if_full()?;
    }
}

fn answer_line(text: &[u8], length: usize, table: &Table) -> Result<mam::Answer, BadRequest> {
    if length > LONGEST {
        return Err(stream::too_long());
    }
    Ok(table.answer(&stream::request(text)?)?)
}

/// Reads a line, its end included, and gives its length; of a line that is too long, only the
/// beginning is kept.
fn next_line(reader: &mut impl BufRead, line: &mut Vec<u8>) -> std::io::Result<usize> {
    line.clear();
    let mut length = 0_usize;
    loop {
        let bytes = match reader.fill_buf() {
            Ok(bytes) => bytes,
            Err(error) if error.kind() == std::io::ErrorKind::Interrupted => continue,
            Err(error) => return Err(error),
        };
        let end = bytes.iter().position(|byte| *byte == b'\n');
        let taken = end.map_or(bytes.len(), |at| at + 1);
        let room = (LONGEST + 1).saturating_sub(line.len()).min(taken);
        line.extend_from_slice(bytes.get(..room).unwrap_or(bytes));
        length = length.saturating_add(taken);
        reader.consume(taken);
        if end.is_some() || taken == 0 {
            return Ok(length);
        }
    }
}
