//! Replays of requests in columns.
//!
//! Takes in tables and files of columns. One thread finds the pieces of the files, one on each core reads and
//! decides them, the main thread writes. Pieces go round the threads in turn, so that answers come in order;
//! memory holds some batches. Each distinct answer of a batch is counted once, with the number of its rows.

#![allow(clippy::indexing_slicing, reason = "answers are numbered by the batch that has them")]

use std::collections::HashMap;
use std::path::Path;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread;

use arrow_array::RecordBatch;
use mam::Table;
use mam::columnar::{
    Answers, BadRows, BatchError, RowAnswer, RowRequest, RowRequests, decide_rows,
};
use parquet::arrow::ArrowWriter;
use rustc_hash::FxBuildHasher;
use tempfile::NamedTempFile;

use super::counters::{Change, Counters, EXAMPLES};
use super::threads::{progress, whole};
use crate::failure::{CANNOT_WRITE, Failure};
use crate::format::json;
use crate::input::columns::{ColumnFiles, Piece};
use crate::write;

/// A replay of columns: the table that decides, one to compare with, and the file for answers.
pub(super) struct ColumnJob<'t> {
    pub(super) table: &'t Table,
    pub(super) other: Option<&'t Table>,
    pub(super) output: Option<&'t Path>,
}

/// Output of a thread for a piece: answers to a batch, then the piece's share of all bytes.
enum Part {
    Answers(RecordBatch),
    Last(u64),
}

impl ColumnJob<'_> {
    pub(super) fn replay(&self, files: &ColumnFiles, threads: usize) -> Result<Counters, Failure> {
        let progress = progress(Some(files.length), false);
        thread::scope(|scope| {
            let (mut ins, mut outs, mut workers) = (Vec::new(), Vec::new(), Vec::new());
            for _ in 0..threads {
                let (sender, from) = sync_channel(1);
                let (into, receiver) = sync_channel(2);
                ins.push(sender);
                outs.push(receiver);
                workers.push(scope.spawn(move || self.work(&from, &into)));
            }
            let reader = scope.spawn(move || {
                let mut threads = ins.iter().cycle();
                files.deal(|piece| threads.next().is_some_and(|one| one.send(piece).is_ok()))
            });
            let written = self.write(&outs, |bytes| progress.inc(bytes));
            drop(outs);
            progress.finish_and_clear();
            let mut counters = Counters::new(self.table);
            let worked: Vec<_> = workers.into_iter().map(|worker| whole(worker.join())).collect();
            for one in worked {
                counters.add(one??);
            }
            reader.join().unwrap_or_else(|_| Err(Failure::new("the requests were not read")))?;
            if let Some((file, path)) = written?.zip(self.output) {
                write::finish(file, path)?;
            }
            Ok(counters)
        })
    }

    /// Writes the answers of the threads in turn, as pieces are dealt to them.
    fn write(
        &self,
        outs: &[Receiver<Part>],
        advance: impl Fn(u64),
    ) -> Result<Option<NamedTempFile>, Failure> {
        let mut writer: Option<ArrowWriter<NamedTempFile>> = None;
        for out in outs.iter().cycle() {
            loop {
                // After the first thread without a piece, no thread has one.
                let Ok(part) = out.recv() else { return self.close(writer) };
                match part {
                    Part::Last(bytes) => {
                        advance(bytes);
                        break;
                    }
                    Part::Answers(batch) => {
                        let Some(path) = self.output else { continue };
                        let writer = match &mut writer {
                            Some(writer) => writer,
                            none => none.insert(begin(path, &batch)?),
                        };
                        writer.write(&batch).map_err(|error| cannot_write(path, &error))?;
                    }
                }
            }
        }
        self.close(writer)
    }

    fn close(
        &self,
        writer: Option<ArrowWriter<NamedTempFile>>,
    ) -> Result<Option<NamedTempFile>, Failure> {
        match (writer, self.output) {
            (Some(writer), Some(path)) => {
                writer.into_inner().map(Some).map_err(|error| cannot_write(path, &error))
            }
            _ => Ok(None),
        }
    }

    /// Decides piece after piece, until there are no more.
    fn work(&self, from: &Receiver<Piece>, into: &SyncSender<Part>) -> Result<Counters, Failure> {
        let mut counters = Counters::new(self.table);
        while let Ok(piece) = from.recv() {
            let bytes = piece.bytes;
            let mut is_read = true;
            piece.visit(|batch, first_row| {
                let answers = self.decide(&batch, first_row, &mut counters)?;
                is_read &= answers.is_none_or(|one| into.send(Part::Answers(one)).is_ok());
                Ok(())
            })?;
            if !is_read || into.send(Part::Last(bytes)).is_err() {
                break;
            }
        }
        counters.attribute(self.table);
        Ok(counters)
    }

    /// Decides and counts the rows of a batch. Gives out the answers if they are wanted.
    fn decide(
        &self,
        batch: &RecordBatch,
        first_row: u64,
        counters: &mut Counters,
    ) -> Result<Option<RecordBatch>, Failure> {
        let is_wanted = self.output.is_some();
        // Rules are counted of movements only.
        let rules = is_wanted || batch.schema_ref().column_with_name("channel").is_some();
        let answers = decide_rows(self.table, batch, rules).map_err(|error| refused(&error))?;
        self.count(&answers, first_row, counters);
        if let Some(other) = self.other {
            let others = decide_rows(other, batch, false).map_err(|error| refused(&error))?;
            self.compare(other, [&others, &answers], (batch, first_row), counters)?;
        }
        let answers = is_wanted.then(|| answers.to_batch(self.table, BadRows::Null));
        answers.transpose().map_err(|error| refused(&error))
    }

    fn count(&self, answers: &Answers<'_>, first_row: u64, counters: &mut Counters) {
        let mut times = vec![0; answers.distinct.len()];
        answers.rows.iter().for_each(|answer| times[*answer as usize] += 1);
        let mut has_errors = false;
        for (answer, times) in answers.distinct.iter().zip(times) {
            match answer {
                RowAnswer::Movement { channel, movement } => {
                    counters.count(self.table, movement, *channel, times);
                }
                RowAnswer::Access { decision, .. } => counters.count_access(decision, times),
                _ => has_errors = true,
            }
        }
        if has_errors {
            for (row, answer) in (first_row..).zip(&answers.rows) {
                if let RowAnswer::Error(error) = &answers.distinct[*answer as usize] {
                    counters.refuse(row, || error.clone().into());
                }
            }
        }
        for one in &answers.users {
            let directory = self.table.directory();
            counters.unknown_names.count(&one.user, &one.device, directory, one.rows);
        }
    }

    /// Counts the rows that two tables decide differently, by pairs of answers.
    fn compare(
        &self,
        other: &Table,
        [was, is]: [&Answers<'_>; 2],
        (batch, first_row): (&RecordBatch, u64),
        counters: &mut Counters,
    ) -> Result<(), Failure> {
        let mut pairs: HashMap<(u32, u32), (u64, Vec<usize>), FxBuildHasher> = HashMap::default();
        for (row, pair) in was.rows.iter().copied().zip(is.rows.iter().copied()).enumerate() {
            let (times, first) = pairs.entry(pair).or_default();
            *times += 1;
            if first.len() < EXAMPLES {
                first.push(row);
            }
        }
        let mut pairs: Vec<_> = pairs.into_iter().collect();
        pairs.sort_unstable();
        let mut examples: Vec<(usize, Change)> = Vec::new();
        for ((was_answer, is_answer), (times, rows)) in pairs {
            let answers = [&was.distinct[was_answer as usize], &is.distinct[is_answer as usize]];
            let change = self.change(other, answers, times, counters);
            examples
                .extend(change.into_iter().flat_map(|one| rows.iter().map(move |row| (*row, one))));
        }
        examples.sort_unstable_by_key(|(row, _)| *row);
        let requests = RowRequests::new(batch).map_err(|error| refused(&error))?;
        for (row, change) in examples.into_iter().take(EXAMPLES) {
            let mut request = Vec::new();
            let _infallible = match requests.get(row) {
                Ok(RowRequest::Movement(one)) => json::write(&mut request, &one),
                Ok(RowRequest::Access(one)) => json::write(&mut request, &one),
                _ => continue,
            };
            counters.keep(change, first_row + row as u64, &request);
        }
        Ok(())
    }

    /// Counts the change between two answers to some rows.
    fn change(
        &self,
        other: &Table,
        [was, is]: [&RowAnswer; 2],
        times: u64,
        counters: &mut Counters,
    ) -> Option<Change> {
        let movement = |answer: &RowAnswer, table: &Table| match answer {
            RowAnswer::Movement { channel, movement } => Some((*channel, table.decide(movement))),
            _ => None,
        };
        let access = |answer: &RowAnswer| match answer {
            RowAnswer::Access { decision, .. } => Some(*decision),
            _ => None,
        };
        let [before, now] = [movement(was, other), movement(is, self.table)];
        if let Some((channel, _)) = before.or(now) {
            let decisions = [before, now].map(|one| one.map(|(_, decision)| decision));
            return counters.compare(decisions, channel, times);
        }
        counters.compare_access([access(was), access(is)], times)
    }
}

fn begin(path: &Path, batch: &RecordBatch) -> Result<ArrowWriter<NamedTempFile>, Failure> {
    let file = write::begin(path)?;
    ArrowWriter::try_new(file, batch.schema(), None).map_err(|error| cannot_write(path, &error))
}

fn cannot_write(path: &Path, error: &dyn std::error::Error) -> Failure {
    Failure::new(format!("cannot write `{}`: {error} [{CANNOT_WRITE}]", path.display()))
}

/// The failure of columns that are no requests, with all that is wrong in them.
fn refused(error: &BatchError) -> Failure {
    let BatchError::Columns(errors) = error else { return Failure::new(error.to_string()) };
    let texts: Vec<_> = errors.iter().map(|one| format!("{one} [{}]", one.code())).collect();
    let help: Vec<_> = errors.iter().map(|one| one.help()).collect();
    Failure::with_help(texts.join("; "), help.join("; "))
}
