//! `mam replay`: decisions of recorded requests, counted or written one by one.
//!
//! Takes in a table and a stream of requests. One thread reads and unpacks, one on each core decides, the
//! main thread writes. Chunks go round the threads in turn; thus answers come in order, and memory holds a
//! few chunks only. Does not know how decisions are counted.

#[cfg(feature = "columns")]
mod columns;
mod counters;
mod report;
mod threads;

use std::collections::HashMap;
use std::ffi::{OsStr, OsString};
#[cfg(feature = "columns")]
use std::path::PathBuf;
use std::sync::atomic::Ordering;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread;

use mam::{AccessRequest, Decision, Request, Resolved, ResolvedAccess, Table};
use rustc_hash::FxBuildHasher;
use serde::Serialize;

use crate::failure::{Failure, Status};
use crate::format::json;
#[cfg(feature = "columns")]
use crate::input::columns::{ColumnFiles, ColumnName};
use crate::input::files::is_stdin;
use crate::input::formats::are_columns;
use crate::input::inputs::{self, LimitOptions};
use crate::input::requests::{self, AnyRequest, BadRequest, Chunk, Chunks, Unanswered};
use crate::render::terminal::Terminal;
use crate::render::text::count;
use counters::Counters;
use threads::{progress, whole};

const AFTER_HELP: &str = "\
Examples:
  mam replay contoso.mamc requests.jsonl.zst               what would be decided
  mam replay new.mam --against old.mamc requests.jsonl.gz  and what would change
  mam replay contoso.mam --answers - < requests.jsonl > answers.jsonl

Requests are lines of JSON as for `mam decide --requests`; streams compressed
with gzip or zstd are unpacked. A build with the feature `columns` reads Parquet
and Arrow IPC files and folders of them, too: docs/scale.md names the columns. Without --answers the decisions are counted by
channel, and by determining policies and rules. A request that several rules
decide counts for each of them.

With --json, one line on standard output:
  {\"requests\":...,\"unanswered\":...,\"assumed\":...,
   \"errors\":[{\"line\":...,\"error\":...}],
   \"channels\":[{\"channel\":...,\"block\":...,\"limited\":...,\"allow\":...,
   \"not_enforced\":...}],
   \"accesses\":{\"wipe\":...,\"block\":...,\"warn\":...,\"allow\":...,
   \"not_enforced\":...,\"unknown\":...},
   \"policies\":[{\"policy\":...,\"block\":...,\"allow\":...}],
   \"rules\":[{\"policy\":...,\"rule\":...,\"file\":...,\"line\":...,\"requests\":...}],
   \"unknown_groups\":[{\"group\":...,\"requests\":...,\"meant\":...}],
   \"unknown_filters\":[...]}
and with --against
   \"changes\":[{\"channel\":...,\"newly_blocked\":...,\"newly_allowed\":...,
   \"otherwise\":...,\"incomparable\":...}],\"access_changes\":...,
   \"examples\":[{\"line\":...,\"change\":...,\"request\":...}]

Exit status: 0 replayed; 1 errors in a policy, a request that cannot be
answered, or what --fail-on names; 2 wrong usage, a file cannot be read, or a
limit is met.";

const USAGE: &str = "mam replay [OPTIONS] <FILE>... <REQUESTS>";

/// Decide recorded requests and count the decisions
///
/// Decides millions of requests in seconds, and compares the decisions of two policy sets on real
/// requests.
#[derive(Debug, clap::Args)]
#[command(after_long_help = AFTER_HELP, override_usage = USAGE)]
pub(crate) struct Args {
    /// The files of the set or a compiled table, then the requests; `-` is standard input
    #[arg(value_name = "FILE", required = true)]
    files: Vec<OsString>,

    /// Count the decisions that differ from those of this set or compiled table
    #[arg(long, value_name = "OTHER", conflicts_with = "answers")]
    against: Vec<OsString>,

    /// Give every answer as a line of JSON, in the order of the requests, instead of counts
    #[arg(long)]
    answers: bool,

    /// Exit with 1 if there is a decision of this kind
    #[arg(long, value_name = "WHAT", value_enum)]
    fail_on: Vec<FailOn>,

    /// Of Parquet and Arrow files: the name that a column has there, as in `source=src_app`
    #[cfg(feature = "columns")]
    #[arg(long, value_name = "COLUMN=NAME")]
    column: Vec<ColumnName>,

    /// Of Parquet and Arrow files: write every answer to this Parquet file, in the order of the requests
    #[cfg(feature = "columns")]
    #[arg(long, short, value_name = "FILE")]
    output: Option<PathBuf>,

    /// Number of threads that decide, instead of one for each core
    #[arg(long, value_name = "NUMBER", value_parser = clap::value_parser!(u16).range(1..=512))]
    threads: Option<u16>,

    /// Give the counts as JSON
    #[arg(long, conflicts_with = "answers")]
    json: bool,

    #[command(flatten)]
    limits: LimitOptions,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum FailOn {
    /// Data that may not move, an app that may not be used
    Block,
    /// Data that may move no longer, an app that may be used no longer
    NewlyBlocked,
    /// Data that may move now, an app that may be used now
    NewlyAllowed,
    /// Any difference
    Change,
}

pub(crate) fn run(args: &Args, terminal: &mut Terminal) -> Result<Status, Failure> {
    let (requests, files) = match args.files.split_last() {
        Some((requests, files)) if !files.is_empty() => (requests, files),
        _ => {
            let help = "name the policies or a compiled table first, then the requests";
            return Err(Failure::with_help("the requests are missing", help));
        }
    };
    if args.files.iter().chain(&args.against).filter(|file| is_stdin(file)).count() > 1 {
        return Err(Failure::new("only one of the files can be standard input"));
    }
    if args.against.is_empty() && args.fail_on.iter().any(|what| *what != FailOn::Block) {
        return Err(Failure::with_help(
            "there is nothing to compare with",
            "name another set with `--against`",
        ));
    }
    let table = inputs::table(terminal, files, args.limits, args.json)?;
    let other = match args.against.as_slice() {
        [] => None,
        files => Some(inputs::table(terminal, files, args.limits, args.json)?),
    };
    let is_asked = !args.fail_on.is_empty();
    let job = Job { table, other, answers: args.answers, is_asked };
    let (counters, noun) = if are_columns(requests) {
        (job.replay_columns(requests, args)?, "row")
    } else {
        refuse_column_options(args)?;
        let chunks = Chunks::open(requests)?;
        (job.replay(chunks, threads::number(args.threads), terminal)?, "line")
    };
    match (args.answers, args.json) {
        (true, _) => {}
        (false, true) => {
            terminal.json(&report::Report::new(&job.table, &counters, job.other.is_some()))?
        }
        (false, false) => report::print(&job.table, &counters, job.other.is_some(), terminal),
    }
    if counters.unanswered > 0 {
        for (line, error) in &counters.errors {
            terminal.note(&format!("{noun} {line}: {}", error.text()));
        }
        let bad = count(counters.unanswered, "request");
        terminal.error(&format!("{bad} could not be answered"), None);
    }
    counters.unknown_names.print(&job.table, terminal);
    let failed = args.fail_on.iter().any(|what| is_met(*what, &counters));
    Ok(Status::negative_if(counters.unanswered > 0 || failed))
}

fn is_met(what: FailOn, counters: &Counters) -> bool {
    let changes = counters.all_changes();
    match what {
        FailOn::Block => {
            counters.channels.iter().any(|channel| channel.block > 0)
                || counters.accesses.block + counters.accesses.wipe > 0
        }
        FailOn::NewlyBlocked => changes.newly_blocked > 0,
        FailOn::NewlyAllowed => changes.newly_allowed > 0,
        FailOn::Change => changes.any(),
    }
}

// ---------------------------------------------------------------- deciding

/// A replay: the table that decides, and one to compare with.
struct Job {
    table: Table,
    other: Option<Table>,
    answers: bool,
    /// The exit status depends on every decision, whoever reads the answers.
    is_asked: bool,
}

/// Some of the answers to a chunk.
#[derive(Default)]
struct Piece {
    answers: Vec<u8>,
    is_last: bool,
}

impl Piece {
    /// Size in bytes from which answers are passed on.
    const FULL: usize = 256 << 10;
}

impl Job {
    fn replay(
        &self,
        chunks: Chunks,
        threads: usize,
        terminal: &mut Terminal,
    ) -> Result<Counters, Failure> {
        let progress = progress(chunks.length, self.answers);
        let read = chunks.read.clone();
        thread::scope(|scope| {
            let (mut ins, mut outs, mut workers) = (Vec::new(), Vec::new(), Vec::new());
            for _ in 0..threads {
                let (sender, from) = sync_channel(2);
                let (into, receiver) = sync_channel(2);
                ins.push(sender);
                outs.push(receiver);
                workers.push(scope.spawn(move || self.work(&from, &into)));
            }
            let reader = scope.spawn(move || deal(chunks, &ins));
            let written = self.write(&outs, terminal, || {
                progress.set_position(read.load(Ordering::Relaxed));
            });
            drop(outs);
            progress.finish_and_clear();
            let mut counters = Counters::new(&self.table);
            for worker in workers {
                counters.add(whole(worker.join())?);
            }
            written?;
            reader.join().unwrap_or_else(|_| Err(Failure::new("the requests were not read")))?;
            Ok(counters)
        })
    }

    /// Writes the answers of the threads in turn, as chunks are dealt to them.
    fn write(
        &self,
        outs: &[Receiver<Piece>],
        terminal: &mut Terminal,
        advance: impl Fn(),
    ) -> Result<(), Failure> {
        let mut is_read = true;
        for out in outs.iter().cycle() {
            loop {
                // After the first thread without a chunk, no thread has one.
                let Ok(piece) = out.recv() else { return Ok(()) };
                advance();
                if is_read {
                    terminal.raw(&piece.answers);
                    match terminal.flush_if_full() {
                        Err(Failure::OutputClosed) if self.is_asked => is_read = false,
                        written => written?,
                    }
                }
                if piece.is_last {
                    break;
                }
            }
        }
        Ok(())
    }

    /// Decides chunk after chunk, until there are no more.
    fn work(&self, from: &Receiver<Chunk>, into: &SyncSender<Piece>) -> Counters {
        let mut counters = Counters::new(&self.table);
        let mut known = Answers::default();
        'chunks: while let Ok(chunk) = from.recv() {
            let mut piece = Piece::default();
            for (number, line) in chunk.lines() {
                let out = &mut piece.answers;
                let answered = line
                    .and_then(|line| self.decide(line, number, (&mut known, out), &mut counters));
                if let Err(error) = answered {
                    if self.answers {
                        write_line(&mut piece.answers, &Unanswered { line: number, error: &error });
                    }
                    counters.refuse(number, || error);
                }
                if piece.answers.len() > Piece::FULL
                    && into.send(std::mem::take(&mut piece)).is_err()
                {
                    break 'chunks;
                }
            }
            if into.send(Piece { is_last: true, ..piece }).is_err() {
                break;
            }
        }
        counters.attribute(&self.table);
        counters
    }

    /// Decides the request of a line, and writes the answer if answers are wanted.
    fn decide(
        &self,
        line: &[u8],
        number: u64,
        (known, out): (&mut Answers, &mut Vec<u8>),
        counters: &mut Counters,
    ) -> Result<(), BadRequest> {
        match requests::any_request(line)? {
            AnyRequest::Movement(request) => {
                let movement = self.decide_movement(&request, (number, line), counters)?;
                if self.answers {
                    known.write(&self.table, &movement, out);
                }
            }
            AnyRequest::Access(request) => {
                let access = self.decide_access(&request, (number, line), counters)?;
                if self.answers {
                    write_line(out, &self.table.spell_out_access(&access, &request.facts));
                }
            }
        }
        Ok(())
    }

    fn decide_movement(
        &self,
        request: &Request<'_>,
        (number, line): (u64, &[u8]),
        counters: &mut Counters,
    ) -> Result<Resolved, BadRequest> {
        let directory = self.table.directory();
        counters.unknown_names.count(&request.user, &request.device, directory, 1);
        let movement = self.table.resolve(request);
        let is = movement
            .as_ref()
            .ok()
            .map(|movement| counters.count(&self.table, movement, request.channel, 1));
        if let Some(other) = &self.other {
            let was: Option<Decision> =
                other.resolve(request).ok().map(|movement| other.decide(&movement));
            if let Some(change) = counters.compare([was, is], request.channel, 1) {
                counters.keep(change, number, line);
            }
        }
        Ok(movement?)
    }

    fn decide_access(
        &self,
        request: &AccessRequest<'_>,
        (number, line): (u64, &[u8]),
        counters: &mut Counters,
    ) -> Result<ResolvedAccess, BadRequest> {
        let decide =
            |table: &Table, access: &ResolvedAccess| table.decide_access(access, &request.facts);
        let access = self.table.resolve_access(request);
        let is = access.as_ref().ok().map(|access| decide(&self.table, access));
        is.iter().for_each(|decision| counters.count_access(decision, 1));
        if let Some(other) = &self.other {
            let was = other.resolve_access(request).ok().map(|access| decide(other, &access));
            if let Some(change) = counters.compare_access([was, is], 1) {
                counters.keep(change, number, line);
            }
        }
        Ok(access?)
    }
}

#[cfg(feature = "columns")]
impl Job {
    fn replay_columns(&self, requests: &OsStr, args: &Args) -> Result<Counters, Failure> {
        if self.answers {
            let help = "name a Parquet file for them with `--output`";
            return Err(Failure::with_help("answers to columns are columns, too", help));
        }
        let files = ColumnFiles::open(requests, &args.column)?;
        let (table, other) = (&self.table, self.other.as_ref());
        let job = columns::ColumnJob { table, other, output: args.output.as_deref() };
        job.replay(&files, threads::number(args.threads))
    }
}

#[cfg(not(feature = "columns"))]
impl Job {
    #[allow(clippy::unused_self, reason = "with the feature, columns are decided here")]
    fn replay_columns(&self, requests: &OsStr, _: &Args) -> Result<Counters, Failure> {
        let help = "build it with `--features columns`";
        let requests = requests.to_string_lossy();
        Err(Failure::with_help(
            format!("this build of mam does not read columns: `{requests}`"),
            help,
        ))
    }
}

/// Refuses the options of columns, if the requests are lines.
#[cfg(feature = "columns")]
fn refuse_column_options(args: &Args) -> Result<(), Failure> {
    if args.column.is_empty() && args.output.is_none() {
        return Ok(());
    }
    let help = "give a Parquet file, an Arrow file, or a folder of them";
    Err(Failure::with_help("`--column` and `--output` are for requests in columns", help))
}

#[cfg(not(feature = "columns"))]
const fn refuse_column_options(_: &Args) -> Result<(), Failure> {
    Ok(())
}

/// Deals the chunks to the threads, in turn.
fn deal(mut chunks: Chunks, threads: &[SyncSender<Chunk>]) -> Result<(), Failure> {
    for thread in threads.iter().cycle() {
        let Some(chunk) = chunks.next()? else { break };
        if thread.send(chunk).is_err() {
            break;
        }
    }
    Ok(())
}

/// Cache of answers as JSON, by case.
#[derive(Default)]
struct Answers {
    known: HashMap<mam::table::Case, Vec<u8>, FxBuildHasher>,
    /// Length of all answers in bytes.
    bytes: usize,
}

impl Answers {
    /// Length in bytes from which the cache is cleared.
    const KEPT: usize = 8 << 20;

    fn write(&mut self, table: &Table, movement: &Resolved, out: &mut Vec<u8>) {
        if self.bytes > Self::KEPT {
            *self = Self::default();
        }
        let known = self.known.entry(table.case(movement)).or_insert_with(|| {
            let mut line = Vec::new();
            write_line(&mut line, &table.spell_out(movement));
            self.bytes += line.capacity() + size_of::<(mam::table::Case, Vec<u8>)>();
            line
        });
        out.extend_from_slice(known);
    }
}

fn write_line(out: &mut Vec<u8>, value: &impl Serialize) {
    let _infallible = json::write(out, value);
}
