//! `mam matrix`: sources by targets, and what is decided between them.
//!
//! One table for each channel and kind of context of a scope. Which sources and targets are alike is
//! found out by the library.

use std::ffi::OsString;

use comfy_table::{Attribute, Cell, Color, ContentArrangement, Table, presets};
use mam::analysis::{self, Matrix};
use serde::Serialize;

use crate::answer;
use crate::failure::{Failure, Status};
use crate::output::{Ink, Look, Terminal};
use crate::set::{self, Question};

const AFTER_HELP: &str = "\
Examples:
  mam matrix contoso.mam share
  mam matrix contoso.mam 'save from office to any for staff on ios devices unmanaged'
  mam matrix contoso.mam

Cells: `allow`, `block`, `allow` with its limits, `not enforced` where nobody's policy has a say,
`-` where no data can move.

With --csv, a block for each matrix, set apart by a blank line: the first row has the scope and the
targets, each other row a source and its cells.

With --json, one line on standard output:
  {\"matrices\":[{\"scope\":...,\"columns\":[...],\"rows\":[[SOURCE,[CELL|null,...]],...]},...]}
where a cell is {\"effect\":...,\"enforced\":...,\"limits\":{...}}.

Exit status: 0 printed; 1 errors in the policy; 2 a file cannot be read, a bad scope.";

/// Print who may pass data to whom
///
/// Prints sources by targets, a matrix for each channel and for each kind of users, platforms and
/// devices that the policies tell apart. Sources that are decided alike share a row, targets a column.
#[derive(Debug, clap::Args)]
#[command(
    after_long_help = AFTER_HELP,
    override_usage = "mam matrix [OPTIONS] <FILE>... [SCOPE]"
)]
pub(crate) struct Args {
    /// The files of the set, then the scope; without a scope, everything
    #[arg(value_name = "FILE", required = true)]
    arguments: Vec<OsString>,

    /// Give the matrices as JSON
    #[arg(long)]
    json: bool,

    /// Give the matrices as CSV
    #[arg(long, conflicts_with = "json")]
    csv: bool,
}

#[derive(Debug, Serialize)]
struct Matrices<'a> {
    matrices: &'a [Matrix],
}

pub(crate) fn run(args: &Args, terminal: &mut Terminal) -> Result<Status, Failure> {
    let question = Question::split(&args.arguments)?;
    let checked = set::sound(terminal, &question.files, args.json)?;
    let scope = set::question(terminal, &checked, question.scope.as_deref().unwrap_or("any"))?;
    let analysis = set::analyse(terminal, &checked, args.json)?;
    let matrices = analysis.matrix(&scope).map_err(|error| Failure::stop(error.to_string()))?;
    if matrices.is_empty() {
        return Err(Failure::stop("the scope holds no movement"));
    }
    if args.json {
        terminal.json(&Matrices { matrices: &matrices })?;
        return Ok(Status::Well);
    }
    if args.csv {
        terminal.raw(&csv(&matrices).map_err(|error| Failure::stop(error.to_string()))?);
        return Ok(Status::Well);
    }
    for (index, matrix) in matrices.iter().enumerate() {
        if index > 0 {
            terminal.line("");
        }
        terminal.line(terminal.out.paint(Ink::Strong, &matrix.scope));
        for line in table(matrix, terminal.out).lines() {
            terminal.line(line);
        }
    }
    Ok(Status::Well)
}

fn table(matrix: &Matrix, look: Look) -> Table {
    let mut table = Table::new();
    let style =
        if look.unicode { presets::UTF8_FULL_CONDENSED } else { presets::ASCII_FULL_CONDENSED };
    table.force_no_tty().load_style(style);
    if look.color {
        table.enforce_styling();
    }
    table.set_content_arrangement(ContentArrangement::Dynamic);
    table.set_width(u16::try_from(look.width).unwrap_or(u16::MAX));
    let corner = std::iter::once(Cell::new("from / to"));
    table.set_header(corner.chain(matrix.columns.iter().map(Cell::new)));
    for (source, cells) in &matrix.rows {
        let cells = cells.iter().map(|answer| cell(answer.as_ref()));
        table.add_row(std::iter::once(Cell::new(source)).chain(cells));
    }
    table
}

fn cell(decided: Option<&analysis::Cell>) -> Cell {
    let cell = Cell::new(text(decided));
    let Some(analysis::Cell { effect, enforced, limits }) = decided else { return cell };
    match answer::cell_ink(*effect, *enforced, limits) {
        Ink::Good => cell.fg(Color::DarkGreen),
        Ink::Limited => cell.fg(Color::DarkYellow),
        Ink::Bad => cell.fg(Color::DarkRed).add_attribute(Attribute::Bold),
        Ink::Strong | Ink::Help => cell,
        Ink::Faint => cell.add_attribute(Attribute::Dim),
    }
}

fn text(decided: Option<&analysis::Cell>) -> String {
    decided.map_or_else(
        || "-".to_owned(),
        |cell| answer::cell(cell.effect, cell.enforced, &cell.limits),
    )
}

/// A block of rows for each matrix; blocks differ in their number of columns.
fn csv(matrices: &[Matrix]) -> Result<Vec<u8>, Box<dyn std::error::Error>> {
    let mut bytes = Vec::new();
    for (index, matrix) in matrices.iter().enumerate() {
        if index > 0 {
            bytes.push(b'\n');
        }
        let mut writer = csv::Writer::from_writer(&mut bytes);
        writer.write_record(std::iter::once(&matrix.scope).chain(&matrix.columns))?;
        for (source, cells) in &matrix.rows {
            let cells = cells.iter().map(|cell| text(cell.as_ref()));
            writer.write_record(std::iter::once(source.clone()).chain(cells))?;
        }
        writer.flush()?;
    }
    Ok(bytes)
}
