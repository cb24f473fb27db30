//! `mam decide`: decisions of the movements in a scope, or of requests.
//!
//! Takes in a scope or a stream of requests, gives out the parts of the scope that are decided alike, or an
//! answer for each line. Does not know how movements are decided.

use std::ffi::OsString;
use std::io::{BufRead, BufReader, Read};

use mam::analysis::{AccessPart, NotOneAccess, Part};
use mam::model::{Fact, FactSet};
use mam::{AccessAnswer, AccessEffect, Checked, Effect, Table, interpret};
use serde::Serialize;

use crate::failure::{Failure, Status, io_reason};
use crate::input::files::{self, cannot_read, is_stdin};
use crate::input::groups::UnknownIn;
use crate::input::inputs::{self, LimitOptions, Question};
use crate::input::requests::{self, AnyRequest, BadRequest, LONGEST, Unanswered};
use crate::render::access as access_text;
use crate::render::answer;
use crate::render::style::Style;
use crate::render::terminal::Terminal;
use crate::render::text::{count, pad, short};

const AFTER_HELP: &str = "\
Examples:
  mam decide contoso.mam 'share from outlook as work to salesforce'
  mam decide contoso.mam \\
    'save from office as work to any for staff on ios devices unmanaged'
  mam decide contoso.mam --requests requests.jsonl > answers.jsonl
  mam decide contoso.mamc --requests - < requests.jsonl     a compiled table
  mam decide contoso.mam --fail-on block 'print from word as work' &&
    lpr letter.txt

A request is one line of JSON:
  {\"channel\":\"share\",\"source\":{\"app\":\"outlook\",\"account\":\"work\"},
   \"target\":{\"app\":\"ios:net.whatsapp.WhatsApp\"},\"user\":{\"groups\":[\"staff\"]},
   \"device\":{\"platform\":\"ios\",\"management\":\"unmanaged\"}}
An answer is one line of JSON; with --requests, answers come in the order of the
requests:
  {\"effect\":\"block\",\"enforced\":true,\"reason\":null,\"limits\":{},
   \"by\":[{\"policy\":...,\"side\":\"source\",\"effect\":\"block\",\"rule\":...,\"file\":...,
   \"line\":...,\"because\":null}],\"report_only\":[]}
A request about an access has \"launch\" instead of channel, source and target,
and may have \"facts\":
  {\"launch\":{\"app\":\"outlook\",\"account\":\"work\"},\"user\":{\"groups\":[\"staff\"]},
   \"device\":{\"platform\":\"ios\",\"management\":\"unmanaged\"},\"facts\":{\"os\":\"16.4\"}}
Its answer:
  {\"effect\":\"block\",\"enforced\":true,\"reason\":null,\"fired\":[{\"policy\":...,
   \"effect\":...,\"rule\":...,\"file\":...,\"line\":...,\"because\":null}],
   \"requirements\":{\"pin\":{\"by\":[...],\"length\":{\"value\":6,\"by\":[...]}}},
   \"wipe\":null,\"unknown\":[\"threat\"],\"report_only\":[]}
A line without an answer gives {\"line\":7,\"error\":...}, with \"code\" and \"help\" if
it is a request; blank lines are skipped.

A scope of one access, `launch ... when ..., rest unknown`, gives its answer.
One of several gives parts that are decided alike for the same facts, with the
values of each fact that lead to something else than allow, all other facts at
rest, and what is required.

With --json a scope gives {\"parts\":[{\"scope\":..., and the fields of an answer},
...]}.

Exit status: 0 answered; 1 errors in the policy, what --fail-on names, or a
request without an answer; 2 wrong usage, a file cannot be read, a bad scope, or
a limit is met.";

const USAGE: &str = "mam decide [OPTIONS] <FILE>... <SCOPE>
       mam decide [OPTIONS] --requests <JSONL> <FILE>...";

/// Decide the movements of a scope, or requests
///
/// Answers for every movement of a scope, in parts that are decided alike. Each part is itself a scope,
/// which `mam explain` takes.
#[derive(Debug, clap::Args)]
#[command(after_long_help = AFTER_HELP, override_usage = USAGE)]
pub(crate) struct Args {
    /// The files of the set, then the scope
    #[arg(value_name = "FILE", required = true)]
    arguments: Vec<OsString>,

    /// Answer the requests of a file, one JSON object a line; `-` is standard input
    #[arg(long, value_name = "JSONL")]
    requests: Option<OsString>,

    /// Exit with 1 if there is a decision of this kind
    #[arg(long, value_name = "EFFECT", value_enum)]
    fail_on: Option<FailOn>,

    /// Give the parts as JSON
    #[arg(long)]
    json: bool,

    #[command(flatten)]
    limits: LimitOptions,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum FailOn {
    /// Data that may not move, an app that may not be used
    Block,
    /// Likewise, and an app that may be used with a warning
    Warn,
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
    let checked = inputs::without_errors(terminal, &question.files, args.limits, args.json)?;
    if inputs::is_about_access(text) {
        return answer_access(args, &checked, text, terminal);
    }
    let scope = inputs::scope(terminal, &checked, text)?;
    let analysis = inputs::analysis(terminal, &checked, args.json)?;
    let parts = inputs::within_limits(terminal, &checked, args.json, analysis.decide(&scope))?;
    if parts.is_empty() {
        return Err(Failure::new("the scope holds no movement"));
    }
    if args.json {
        terminal.json(&Parts { parts: &parts })?;
    } else {
        print(&parts, terminal);
    }
    let blocks = parts.iter().any(|part| part.answer.effect == Effect::Block);
    Ok(Status::negative_if(blocks && args.fail_on.is_some()))
}

/// Answers for the one access of a scope, or for parts that are decided alike.
fn answer_access(
    args: &Args,
    checked: &Checked,
    text: &str,
    terminal: &mut Terminal,
) -> Result<Status, Failure> {
    let analysis = inputs::analysis(terminal, checked, args.json)?;
    let scope = inputs::access_scope(terminal, checked, text)?;
    let (access, facts) = match analysis.access(&scope) {
        Ok(found) => found,
        Err(NotOneAccess::Several { .. }) => {
            let parts = analysis.access_parts(&scope);
            let parts = inputs::within_limits(terminal, checked, args.json, parts)?;
            return answer_parts(args, &parts, terminal);
        }
        Err(error) => return Err(inputs::no_access(terminal, checked, error)),
    };
    let judgement = interpret::judge_access(analysis.model(), &access, &facts);
    let answer = judgement.decision.answer(&judgement.details, analysis.model().directory());
    if args.json {
        terminal.json(&answer)?;
    } else {
        let caps = terminal.out;
        let headline = caps.paint(access_text::style(&answer), access_text::headline(&answer));
        terminal.line(format!("{headline}  {}", caps.paint(Style::Strong, text)));
        for line in access_text::details(&answer, caps) {
            terminal.line(format!("  {}", line.replace('\n', "\n  ")));
        }
    }
    let is_met = args.fail_on.is_some_and(|what| answer.effect >= what.least());
    Ok(Status::negative_if(is_met))
}

/// Writes the parts of a scope of accesses.
fn answer_parts(
    args: &Args,
    parts: &[AccessPart],
    terminal: &mut Terminal,
) -> Result<Status, Failure> {
    #[derive(Serialize)]
    struct AccessParts<'a> {
        parts: &'a [AccessPart],
    }
    if args.json {
        terminal.json(&AccessParts { parts })?;
    } else {
        for (index, part) in parts.iter().enumerate() {
            if index > 0 {
                terminal.line("");
            }
            access_text::part(part, terminal.out).into_iter().for_each(|line| terminal.line(line));
        }
    }
    let effects = parts.iter().flat_map(|part| &part.rows).map(|row| row.effect);
    let strictest = effects.max().unwrap_or(AccessEffect::Allow);
    let is_met = args.fail_on.is_some_and(|what| strictest >= what.least());
    Ok(Status::negative_if(is_met))
}

/// Writes effects and scopes in columns; below parts with the same answer, its details.
fn print(parts: &[Part], terminal: &mut Terminal) {
    let caps = terminal.out;
    let widths = parts.iter().map(|part| answer::headline(&part.answer).len());
    let width = widths.max().unwrap_or(0) + 2;
    let indent = " ".repeat(width);
    for (index, alike) in parts.chunk_by(|a, b| a.answer == b.answer).enumerate() {
        if index > 0 {
            terminal.line("");
        }
        for part in alike {
            let headline = pad(&answer::headline(&part.answer), width);
            let headline = caps.paint(answer::style(&part.answer), headline);
            terminal.line(format!("{headline}{}", caps.paint(Style::Strong, &part.scope)));
        }
        let details = alike.first().map(|part| answer::details(&part.answer, caps));
        for line in details.unwrap_or_default() {
            terminal.line(format!("{indent}{}", line.replace('\n', &format!("\n{indent}"))));
        }
    }
}

// ---------------------------------------------------------------- requests

fn answer_requests(
    args: &Args,
    requests: &OsString,
    terminal: &mut Terminal,
) -> Result<Status, Failure> {
    if is_stdin(requests) && args.arguments.iter().any(|file| is_stdin(file)) {
        return Err(Failure::new("policies and requests cannot both be standard input"));
    }
    let question = Question::split(&args.arguments)?;
    if let Some(scope) = &question.scope {
        return Err(Failure::with_help(
            format!("`{}` is no file", short(scope)),
            "`--requests` takes files only; leave the scope out",
        ));
    }
    let reader = BufReader::new(files::open(requests)?);
    let table = inputs::table(terminal, &question.files, args.limits, true)?;
    let summary = stream(reader, &table, terminal, &|reason| cannot_read(requests, reason))?;
    if summary.bad > 0 {
        let bad = count(summary.bad, "request");
        terminal.error(&format!("{bad} could not be answered"), None);
    }
    summary.unknown_names.print(&table, terminal);
    if summary.incomplete > 0 {
        let facts: Vec<&str> = summary.unknown.iter().map(Fact::word).collect();
        let accesses = count(summary.incomplete, "request");
        let facts = facts.join(", ");
        terminal.note(&format!("{accesses} without facts that conditions ask for: {facts}"));
    }
    let is_met = args.fail_on.is_some_and(|what| summary.strictest >= what.least());
    Ok(Status::negative_if(summary.bad > 0 || is_met))
}

impl FailOn {
    /// The mildest effect that it names.
    const fn least(self) -> AccessEffect {
        match self {
            Self::Block => AccessEffect::Block,
            Self::Warn => AccessEffect::Warn,
        }
    }
}

/// Summary of a stream.
#[derive(Debug)]
struct Summary {
    /// Number of requests without an answer.
    bad: u64,
    /// The strictest effect of an answer.
    strictest: AccessEffect,
    /// Number of requests that leave out facts that conditions ask for.
    incomplete: u64,
    unknown: FactSet,
    unknown_names: UnknownIn,
}

impl Default for Summary {
    fn default() -> Self {
        let unknown_names = UnknownIn::default();
        let (strictest, unknown) = (AccessEffect::Allow, FactSet::NONE);
        Self { bad: 0, strictest, incomplete: 0, unknown, unknown_names }
    }
}

/// An answer to a request of either kind.
#[derive(Debug, Serialize)]
#[serde(untagged)]
enum AnyAnswer {
    Movement(mam::Answer),
    Access(AccessAnswer),
}

impl Summary {
    fn add(&mut self, answer: &AnyAnswer) {
        let effect = match answer {
            AnyAnswer::Movement(answer) if answer.effect == Effect::Block => AccessEffect::Block,
            AnyAnswer::Movement(_) => AccessEffect::Allow,
            AnyAnswer::Access(answer) => {
                self.incomplete += u64::from(!answer.unknown.is_empty());
                let unknown = answer.unknown.iter().filter_map(|fact| Fact::from_word(fact));
                self.unknown = self.unknown.or(unknown.collect());
                answer.effect
            }
        };
        self.strictest = self.strictest.max(effect);
    }
}

/// Answers line by line. Answers are written before the reader waits for more requests.
fn stream(
    mut reader: BufReader<impl Read>,
    table: &Table,
    terminal: &mut Terminal,
    cannot: &dyn Fn(&str) -> String,
) -> Result<Summary, Failure> {
    let mut summary = Summary::default();
    let mut number = 0;
    let mut line = Vec::new();
    loop {
        if reader.buffer().is_empty() {
            terminal.flush()?;
        }
        let length = next_line(&mut reader, &mut line)
            .map_err(|error| Failure::new(cannot(&io_reason(&error))))?;
        if length == 0 {
            return Ok(summary);
        }
        number += 1;
        let text = requests::without_mark(&line, number);
        if text.trim_ascii().is_empty() && length <= LONGEST {
            continue;
        }
        match answer_line(text, length, table, &mut summary.unknown_names) {
            Ok(answer) => {
                summary.add(&answer);
                terminal.json(&answer)?;
            }
            Err(error) => {
                summary.bad += 1;
                terminal.json(&Unanswered { line: number, error: &error })?;
            }
        }
        terminal.flush_if_full()?;
    }
}

fn answer_line(
    text: &[u8],
    length: usize,
    table: &Table,
    unknown: &mut UnknownIn,
) -> Result<AnyAnswer, BadRequest> {
    if length > LONGEST {
        return Err(requests::too_long());
    }
    Ok(match requests::any_request(text)? {
        AnyRequest::Movement(request) => {
            unknown.count(&request.user, &request.device, table.directory(), 1);
            AnyAnswer::Movement(table.answer(&request)?)
        }
        AnyRequest::Access(request) => {
            unknown.count(&request.user, &request.device, table.directory(), 1);
            AnyAnswer::Access(table.answer_access(&request)?)
        }
    })
}

/// Reads a line, its end included, and gives its length. Only the beginning of an overlong line is kept.
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
