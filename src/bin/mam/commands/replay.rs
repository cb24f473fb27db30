//! `mam replay`: what a policy set decides of recorded requests, as many as there are.
//!
//! One thread reads and unpacks, one on each core decides, this one writes. Pieces go round the threads
//! in turn, so that answers come in order and no more is in memory than a few pieces. What is counted
//! is the tally's affair.

use std::ffi::OsString;
use std::io::IsTerminal as _;
use std::sync::atomic::Ordering;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread;
use std::time::Duration;

use indicatif::{ProgressBar, ProgressStyle};
use mam::model::RuleEntry;
use mam::{Channel, Decision, Resolved, Table};
use serde::Serialize;

use super::decide::Unanswered;
use crate::failure::{Failure, Status};
use crate::files::is_stdin;
use crate::output::{Ink, Look, Terminal, count, pad};
use crate::set;
use crate::stream::{self, BadRequest, Piece, Pieces};
use crate::tally::{Change, Changes, Decided, Example, Outcomes, Tally};

const AFTER_HELP: &str = "\
Examples:
  mam replay contoso.mamc requests.jsonl.zst                     what would be decided
  mam replay new.mam --against old.mamc requests.jsonl.gz        and what would change
  mam replay contoso.mam --answers - < requests.jsonl > answers.jsonl

Requests are lines of JSON as for `mam decide --requests`; a stream that is compressed with gzip or
zstd is unpacked. Without --answers the decisions are counted: by channel, and by the policies and
rules that decided. A request can be decided by several rules, and counts for each.
With --json, one line: {\"requests\":..., \"unanswered\":..., \"errors\":[{\"line\":...,\"error\":...}],
\"channels\":[{\"channel\":...,\"block\":...,\"limited\":...,\"allow\":...,\"not_enforced\":...}],
\"policies\":[{\"policy\":...,\"block\":...,\"allow\":...}],
\"rules\":[{\"policy\":...,\"rule\":...,\"file\":...,\"line\":...,\"requests\":...}]}, and with --against
\"changes\":[{\"channel\":...,\"newly_blocked\":...,\"newly_allowed\":...,\"otherwise\":...,
\"incomparable\":...}] and \"examples\":[{\"line\":...,\"change\":...,\"request\":...}].

Exit status: 0 replayed; 1 errors in a policy, a request that cannot be answered, or what --fail-on
names; 2 a file cannot be read.";

const USAGE: &str = "mam replay [OPTIONS] <FILE>... <REQUESTS>";

/// How many policies and rules are shown to people.
const SHOWN: usize = 20;

/// Say what is decided of recorded requests, in numbers
///
/// Decides millions of requests in seconds, and compares two policy sets by what they decide of real
/// ones.
#[derive(Debug, clap::Args)]
#[command(after_long_help = AFTER_HELP, override_usage = USAGE)]
pub(crate) struct Args {
    /// The files of the set or a compiled table, then the requests; `-` is standard input
    #[arg(value_name = "FILE", required = true)]
    files: Vec<OsString>,

    /// Count what is decided otherwise than by this set or compiled table
    #[arg(long, value_name = "OTHER", conflicts_with = "answers")]
    against: Vec<OsString>,

    /// Give every answer as a line of JSON, in the order of the requests, instead of counts
    #[arg(long)]
    answers: bool,

    /// Exit with 1 if anything is decided so
    #[arg(long, value_name = "WHAT", value_enum)]
    fail_on: Vec<FailOn>,

    /// Decide on so many threads instead of one for each core
    #[arg(long, value_name = "NUMBER", value_parser = clap::value_parser!(u16).range(1..=512))]
    threads: Option<u16>,

    /// Give the counts as JSON
    #[arg(long, conflicts_with = "answers")]
    json: bool,

    #[command(flatten)]
    budget: set::Budget,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum FailOn {
    /// Data that may not move
    Block,
    /// Data that may not move any more
    NewlyBlocked,
    /// Data that may move now
    NewlyAllowed,
    /// Any difference
    Change,
}

pub(crate) fn run(args: &Args, terminal: &mut Terminal) -> Result<Status, Failure> {
    let (requests, files) = match args.files.split_last() {
        Some((requests, files)) if !files.is_empty() => (requests, files),
        _ => {
            let help = "name the policies or a compiled table first, then the requests";
            return Err(Failure::stop_with("the requests are missing", help));
        }
    };
    if args.files.iter().chain(&args.against).filter(|file| is_stdin(file)).count() > 1 {
        return Err(Failure::stop("only one of the files can be standard input"));
    }
    if args.against.is_empty() && args.fail_on.iter().any(|what| *what != FailOn::Block) {
        return Err(Failure::stop_with(
            "there is nothing to compare with",
            "name another set with `--against`",
        ));
    }
    let table = set::table(terminal, files, args.budget, args.json)?;
    let other = match args.against.as_slice() {
        [] => None,
        files => Some(set::table(terminal, files, args.budget, args.json)?),
    };
    let pieces = Pieces::open(requests)?;
    let job = Job { table, other, answers: args.answers };
    let tally = job.replay(pieces, args.threads, terminal)?;
    match (args.answers, args.json) {
        (true, _) => {}
        (false, true) => terminal.json(&Form::new(&job, &tally))?,
        (false, false) => print(&job, &tally, terminal),
    }
    if tally.unanswered > 0 {
        for (line, error) in &tally.errors {
            terminal.note(&format!("line {line}: {}", error.text()));
        }
        let bad = count_of(tally.unanswered, "request");
        terminal.complain(&format!("{bad} could not be answered"), None);
    }
    let failed = args.fail_on.iter().any(|what| is_met(*what, &tally));
    Ok(Status::no_if(tally.unanswered > 0 || failed))
}

fn is_met(what: FailOn, tally: &Tally) -> bool {
    let changes = tally.all_changes();
    match what {
        FailOn::Block => tally.channels.iter().any(|channel| channel.block > 0),
        FailOn::NewlyBlocked => changes.newly_blocked > 0,
        FailOn::NewlyAllowed => changes.newly_allowed > 0,
        FailOn::Change => changes.any(),
    }
}

fn count_of(number: u64, noun: &str) -> String {
    count(usize::try_from(number).unwrap_or(usize::MAX), noun)
}

// ---------------------------------------------------------------- deciding

/// What is done with every request.
struct Job {
    table: Table,
    other: Option<Table>,
    answers: bool,
}

impl Job {
    fn replay(
        &self,
        pieces: Pieces,
        threads: Option<u16>,
        terminal: &mut Terminal,
    ) -> Result<Tally, Failure> {
        let threads = match threads {
            Some(threads) => usize::from(threads),
            None => thread::available_parallelism().map_or(1, usize::from),
        };
        let progress = progress(&pieces, self.answers);
        let read = pieces.read.clone();
        thread::scope(|scope| {
            let (mut ins, mut outs, mut workers) = (Vec::new(), Vec::new(), Vec::new());
            for _ in 0..threads {
                let (sender, from) = sync_channel(2);
                let (into, receiver) = sync_channel(2);
                ins.push(sender);
                outs.push(receiver);
                workers.push(scope.spawn(move || self.work(&from, &into)));
            }
            let reader = scope.spawn(move || deal(pieces, &ins));
            let mut written = Ok(());
            for out in outs.iter().cycle() {
                // Pieces are dealt in turn: who has none left to give is followed by nobody who has.
                let Ok(answers) = out.recv() else { break };
                progress.set_position(read.load(Ordering::Relaxed));
                terminal.raw(&answers);
                written = terminal.flush_if_full();
                if written.is_err() {
                    break;
                }
            }
            drop(outs);
            progress.finish_and_clear();
            let mut tally = Tally::new(&self.table);
            for worker in workers {
                tally.add(worker.join().unwrap_or_default());
            }
            written?;
            reader.join().unwrap_or_else(|_| Err(Failure::stop("the requests were not read")))?;
            Ok(tally)
        })
    }

    /// Decides piece after piece.
    fn work(&self, from: &Receiver<Piece>, into: &SyncSender<Vec<u8>>) -> Tally {
        let mut tally = Tally::new(&self.table);
        let mut known = Answers::default();
        while let Ok(piece) = from.recv() {
            let mut out = Vec::new();
            for (number, line) in piece.lines() {
                let answered = line.and_then(|line| self.decide(line, number, &mut tally));
                match answered {
                    Ok(movement) if self.answers => known.write(&self.table, &movement, &mut out),
                    Ok(_) => {}
                    Err(error) => {
                        if self.answers {
                            let line = &Unanswered { line: number, error: &error };
                            write_line(&mut out, line);
                        }
                        tally.refuse(number, error);
                    }
                }
            }
            if into.send(out).is_err() {
                break;
            }
        }
        tally.settle(&self.table);
        tally
    }

    fn decide(&self, line: &[u8], number: u64, tally: &mut Tally) -> Result<Resolved, BadRequest> {
        let request = stream::request(line)?;
        let movement = self.table.resolve(&request);
        let is = movement
            .as_ref()
            .ok()
            .map(|movement| tally.count(&self.table, movement, request.channel));
        if let Some(other) = &self.other {
            let was: Option<Decision> =
                other.resolve(&request).ok().map(|movement| other.decide(&movement));
            tally.compare([was, is], request.channel, number, line);
        }
        Ok(movement?)
    }
}

/// Gives each thread its pieces, in turn.
fn deal(mut pieces: Pieces, threads: &[SyncSender<Piece>]) -> Result<(), Failure> {
    for thread in threads.iter().cycle() {
        let Some(piece) = pieces.next()? else { break };
        if thread.send(piece).is_err() {
            break;
        }
    }
    Ok(())
}

/// Answers as they were written before.
#[derive(Default)]
struct Answers(std::collections::HashMap<mam::table::Case, Vec<u8>, rustc_hash::FxBuildHasher>);

impl Answers {
    /// How many are kept.
    const KEPT: usize = 1 << 14;

    fn write(&mut self, table: &Table, movement: &Resolved, out: &mut Vec<u8>) {
        if self.0.len() > Self::KEPT {
            self.0.clear();
        }
        let known = self.0.entry(table.case(movement)).or_insert_with(|| {
            let mut line = Vec::new();
            write_line(&mut line, &table.spell_out(movement));
            line
        });
        out.extend_from_slice(known);
    }
}

fn write_line(out: &mut Vec<u8>, value: &impl Serialize) {
    let _infallible = serde_json::to_writer(&mut *out, value);
    out.push(b'\n');
}

/// A bar on a terminal, which nothing else is written to.
fn progress(pieces: &Pieces, answers: bool) -> ProgressBar {
    if !std::io::stderr().is_terminal() || answers && std::io::stdout().is_terminal() {
        return ProgressBar::hidden();
    }
    let bar = match pieces.length {
        Some(length) => ProgressBar::new(length),
        None => ProgressBar::new_spinner(),
    };
    let look = match pieces.length {
        Some(_) => "{bar:30} {binary_bytes} of {binary_total_bytes}, {eta} left",
        None => "{spinner} {binary_bytes}, {elapsed}",
    };
    if let Ok(style) = ProgressStyle::with_template(look) {
        bar.set_style(style);
    }
    bar.enable_steady_tick(Duration::from_millis(200));
    bar
}

// ---------------------------------------------------------------- counts as text

fn print(job: &Job, tally: &Tally, terminal: &mut Terminal) {
    let look = terminal.out;
    let mut headline = count_of(tally.answered() + tally.unanswered, "request");
    if tally.unanswered > 0 {
        headline.push_str(&format!(", {} without an answer", thousands(tally.unanswered)));
    }
    terminal.line(look.paint(Ink::Strong, headline));
    terminal.line("");
    let channels = Channel::ALL.iter().zip(&tally.channels).filter(|(_, one)| one.sum() > 0);
    let rows = channels.map(|(channel, one)| {
        let Outcomes { block, limited, allow, not_enforced } = *one;
        (channel.word().to_owned(), vec![block, limited, allow, not_enforced])
    });
    columns(terminal, ["channel", "block", "limited", "allow", "not enforced"], rows.collect());
    terminal.line("");
    policies(job, tally, terminal);
    rules(job, tally, terminal);
    if job.other.is_some() {
        changes(tally, terminal);
    }
}

/// The policies that decided most, in the order of the set.
fn policies(job: &Job, tally: &Tally, terminal: &mut Terminal) {
    let deciding = job.table.directory().policies().zip(&tally.policies);
    let mut deciding: Vec<_> = deciding.filter(|(_, own)| own.block + own.allow > 0).collect();
    let more = deciding.len().saturating_sub(SHOWN);
    if more > 0 {
        deciding.sort_by_key(|((id, _), own)| (std::cmp::Reverse(own.block + own.allow), *id));
        deciding.truncate(SHOWN);
        deciding.sort_by_key(|((id, _), _)| *id);
    }
    let rows = deciding.into_iter().map(|((_, policy), Decided { block, allow })| {
        (policy.name.to_owned(), vec![*block, *allow])
    });
    columns(terminal, ["policy", "block", "allow"], rows.collect());
    note_more(terminal, more, "that decided");
    terminal.line("");
}

/// How many are not shown.
fn note_more(terminal: &mut Terminal, more: usize, of: &str) {
    if more > 0 {
        let look = terminal.out;
        let note = format!("{more} more {of}; --json lists all of them");
        terminal.line(look.paint(Ink::Faint, note));
    }
}

/// Names with numbers below their titles.
fn columns<const N: usize>(
    terminal: &mut Terminal,
    titles: [&str; N],
    rows: Vec<(String, Vec<u64>)>,
) {
    let look = terminal.out;
    let numbers: Vec<Vec<String>> =
        rows.iter().map(|(_, row)| row.iter().map(|one| thousands(*one)).collect()).collect();
    let first = rows.iter().map(|(name, _)| name.chars().count());
    let first = first.chain([titles[0].len()]).max().unwrap_or(0);
    let widths: Vec<usize> = (1..N)
        .map(|at| {
            let numbers = numbers.iter().filter_map(|row| row.get(at - 1)).map(String::len);
            numbers.chain(titles.get(at).map(|title| title.len())).max().unwrap_or(0)
        })
        .collect();
    let mut head = pad(titles[0], first);
    for (title, width) in titles[1..].iter().zip(&widths) {
        head.push_str(&format!("  {title:>width$}"));
    }
    terminal.line(look.paint(Ink::Faint, head));
    for ((name, _), row) in rows.iter().zip(&numbers) {
        let mut line = pad(name, first);
        for (number, width) in row.iter().zip(&widths) {
            line.push_str(&format!("  {number:>width$}"));
        }
        terminal.line(line);
    }
}

/// A number in groups of three digits.
fn thousands(number: u64) -> String {
    let digits = number.to_string();
    let mut out = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

/// The rules that decided most, and how many decided nothing.
fn rules(job: &Job, tally: &Tally, terminal: &mut Terminal) {
    let look: Look = terminal.out;
    let directory = job.table.directory();
    let mut deciding: Vec<_> = directory.rules().zip(&tally.rules).collect();
    deciding.retain(|(_, times)| **times > 0);
    let silent = tally.rules.len() - deciding.len();
    deciding.sort_by_key(|((id, _), times)| (std::cmp::Reverse(**times), *id));
    let width = deciding.first().map_or(0, |(_, times)| thousands(**times).len());
    let shown: Vec<_> = deciding.iter().take(SHOWN).collect();
    let policy = |rule: &RuleEntry<&'_ str>| directory.policy(rule.policy).name;
    let names = shown.iter().map(|((_, rule), _)| policy(rule).chars().count());
    let names = names.max().unwrap_or(0);
    terminal.line(look.paint(Ink::Faint, "rules that decided"));
    for ((_, rule), times) in &shown {
        let place = look.paint(Ink::Faint, format!("{}:{}", rule.file, rule.line));
        let times = thousands(**times);
        terminal.line(format!(
            "{times:>width$}  {}  {}  {place}",
            pad(policy(rule), names),
            rule.text
        ));
    }
    note_more(terminal, deciding.len() - shown.len(), "that decided");
    if silent > 0 {
        terminal.line(format!("{} decided nothing", count(silent, "rule")));
    }
}

fn changes(tally: &Tally, terminal: &mut Terminal) {
    let look = terminal.out;
    terminal.line("");
    let all = tally.all_changes();
    if !all.any() {
        return terminal.line("nothing is decided otherwise");
    }
    let channels = Channel::ALL.iter().zip(&tally.changes).filter(|(_, one)| one.any());
    let rows = channels.map(|(channel, one)| {
        let Changes { newly_blocked, newly_allowed, otherwise, incomparable } = *one;
        let row = vec![newly_blocked, newly_allowed, otherwise, incomparable];
        (channel.word().to_owned(), row)
    });
    let titles =
        ["decided otherwise", "newly blocked", "newly allowed", "other limits", "not comparable"];
    columns(terminal, titles, rows.collect());
    terminal.line("");
    for Example { line, change, request } in &tally.examples {
        let (word, ink) = match change {
            Change::NewlyBlocked => ("newly blocked", Ink::Bad),
            Change::NewlyAllowed => ("newly allowed", Ink::Good),
            Change::Otherwise => ("other limits ", Ink::Limited),
        };
        let request = crate::output::short(request);
        terminal.line(format!("{}  line {line}: {request}", look.paint(ink, word)));
    }
}

// ---------------------------------------------------------------- counts as JSON

#[derive(Debug, Serialize)]
struct Form<'a> {
    requests: u64,
    unanswered: u64,
    errors: Vec<Unanswered<'a>>,
    channels: Vec<OfChannel<Outcomes>>,
    policies: Vec<OfPolicy<'a>>,
    rules: Vec<OfRule<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    changes: Option<Vec<OfChannel<Changes>>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    examples: Option<&'a [Example]>,
}

#[derive(Debug, Serialize)]
struct OfChannel<T> {
    channel: Channel,
    #[serde(flatten)]
    counts: T,
}

#[derive(Debug, Serialize)]
struct OfPolicy<'a> {
    policy: &'a str,
    #[serde(flatten)]
    counts: Decided,
}

#[derive(Debug, Serialize)]
struct OfRule<'a> {
    policy: &'a str,
    rule: &'a str,
    file: &'a str,
    line: u32,
    requests: u64,
}

impl<'a> Form<'a> {
    fn new(job: &'a Job, tally: &'a Tally) -> Self {
        fn by_channel<T: Copy>(counts: &[T], is_there: fn(&T) -> bool) -> Vec<OfChannel<T>> {
            let channels = Channel::ALL.iter().zip(counts).filter(|(_, one)| is_there(one));
            channels
                .map(|(channel, counts)| OfChannel { channel: *channel, counts: *counts })
                .collect()
        }
        let directory = job.table.directory();
        let policies = directory.policies().zip(&tally.policies);
        let policies =
            policies.map(|((_, policy), counts)| OfPolicy { policy: policy.name, counts: *counts });
        let rules = directory.rules().zip(&tally.rules).map(|((_, rule), requests)| OfRule {
            policy: directory.policy(rule.policy).name,
            rule: rule.text,
            file: rule.file,
            line: rule.line,
            requests: *requests,
        });
        let compared = job.other.is_some();
        Self {
            requests: tally.answered() + tally.unanswered,
            unanswered: tally.unanswered,
            errors: tally
                .errors
                .iter()
                .map(|(line, error)| Unanswered { line: *line, error })
                .collect(),
            channels: by_channel(&tally.channels, |one| one.sum() > 0),
            policies: policies.collect(),
            rules: rules.collect(),
            changes: compared.then(|| by_channel(&tally.changes, |one| one.any())),
            examples: compared.then_some(tally.examples.as_slice()),
        }
    }
}
