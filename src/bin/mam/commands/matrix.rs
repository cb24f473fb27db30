//! `mam matrix`: sources by targets, and what is decided between them.
//!
//! One table for each channel and kind of context of a scope. Which sources and targets are alike is
//! found out by the library.

use std::ffi::OsString;

use comfy_table::{Attribute, Cell, Color, ContentArrangement, Table, presets};
use mam::analysis::{self, ChangeMatrix, ChangedCell, Matrix};
use serde::Serialize;

use super::diff::{ink, sides};
use crate::answer;
use crate::failure::{Failure, Status};
use crate::output::{Ink, Look, Terminal};
use crate::set::{self, Question};

const AFTER_HELP: &str = "\
Examples:
  mam matrix contoso.mam share
  mam matrix contoso.mam 'save from office to any for staff on ios devices unmanaged'
  mam matrix contoso.mam
  mam matrix --diff old.mam new.mam         what two sets decide differently

Cells: `allow`, `block`, `allow` with its limits, `not enforced` where nobody's policy has a say,
`-` where no data can move.

With --csv, a block for each matrix, set apart by a blank line: the first row has the scope and the
targets, each other row a source and its cells.

With --json, one line on standard output:
  {\"matrices\":[{\"scope\":...,\"columns\":[...],\"rows\":[[SOURCE,[CELL|null,...]],...]},...]}
where a cell is {\"effect\":...,\"enforced\":...,\"limits\":{...}}.

With --diff, there is a matrix for each group of channels, users and devices for which the same is
decided differently; a cell says what was decided and what is now, `=` that nothing differs there or that
another row and column say so. As JSON, a cell is {\"kind\":...,\"before\":CELL,\"after\":CELL}, the kinds
being those of `mam diff`.

Exit status: 0 printed; 1 errors in the policy; 2 a file cannot be read, a bad scope.";

/// Print who may pass data to whom
///
/// Prints sources by targets, a matrix for each channel and for each kind of users, platforms and
/// devices that the policies tell apart. Sources that are decided alike share a row, targets a column.
#[derive(Debug, clap::Args)]
#[command(
    after_long_help = AFTER_HELP,
    override_usage = "mam matrix [OPTIONS] <FILE>... [SCOPE]\n       mam matrix --diff <OLD> <NEW>\n       mam matrix --diff <OLD>... -- <NEW>..."
)]
pub(crate) struct Args {
    /// The files of the set, then the scope; without a scope, everything
    #[arg(value_name = "FILE", required = true)]
    arguments: Vec<OsString>,

    /// With --diff: all files of the second set
    #[arg(value_name = "NEW", last = true, requires = "diff")]
    others: Vec<OsString>,

    /// Print what two sets decide differently
    #[arg(long)]
    diff: bool,

    /// Give the matrices as JSON
    #[arg(long)]
    json: bool,

    /// Give the matrices as CSV
    #[arg(long, conflicts_with = "json")]
    csv: bool,

    #[command(flatten)]
    budget: set::Budget,
}

#[derive(Debug, Serialize)]
struct Matrices<'a> {
    matrices: &'a [Matrix],
}

#[derive(Debug, Serialize)]
struct ChangeMatrices<'a> {
    matrices: &'a [ChangeMatrix],
}

pub(crate) fn run(args: &Args, terminal: &mut Terminal) -> Result<Status, Failure> {
    if args.diff {
        return compare(args, terminal);
    }
    let question = Question::split(&args.arguments)?;
    let checked = set::sound(terminal, &question.files, args.budget, args.json)?;
    let scope = set::question(terminal, &checked, question.scope.as_deref().unwrap_or("any"))?;
    let analysis = set::analyse(terminal, &checked, args.json)?;
    let matrices = set::within_limits(terminal, &checked, args.json, analysis.matrix(&scope))?;
    if matrices.is_empty() {
        return Err(Failure::stop("the scope holds no movement"));
    }
    if args.json {
        terminal.json(&Matrices { matrices: &matrices })?;
        return Ok(Status::Well);
    }
    let forms = matrices.iter().map(|matrix| Form {
        scope: &matrix.scope,
        columns: &matrix.columns,
        rows: rows(&matrix.rows, |decided| (text(decided), cell(decided))),
    });
    print(args, &forms.collect::<Vec<_>>(), terminal)
}

/// What two sets decide differently.
fn compare(args: &Args, terminal: &mut Terminal) -> Result<Status, Failure> {
    let (old, new) = sides(&args.arguments, &args.others)?;
    let old = set::sound(terminal, old, args.budget, args.json)?;
    let new = set::sound(terminal, new, args.budget, args.json)?;
    let before = set::analyse(terminal, &old, args.json)?;
    let after = set::analyse(terminal, &new, args.json)?;
    let matrices = analysis::diff_matrices(&before, &after);
    let matrices = set::within_limits(terminal, &new, args.json, matrices)?;
    if args.json {
        terminal.json(&ChangeMatrices { matrices: &matrices })?;
        return Ok(Status::Well);
    }
    if matrices.is_empty() && !args.csv {
        terminal.line(terminal.out.paint(Ink::Good, "no movement is decided differently"));
    }
    let forms = matrices.iter().map(|matrix| Form {
        scope: &matrix.scope,
        columns: &matrix.columns,
        rows: rows(&matrix.rows, changed),
    });
    print(args, &forms.collect::<Vec<_>>(), terminal)
}

/// A matrix as it is shown: each cell plain and in colour.
struct Form<'m> {
    scope: &'m str,
    columns: &'m [String],
    rows: Vec<(&'m str, Vec<(String, Cell)>)>,
}

fn rows<'m, C>(
    rows: &'m [(String, Vec<Option<C>>)],
    show: impl Fn(Option<&C>) -> (String, Cell),
) -> Vec<(&'m str, Vec<(String, Cell)>)> {
    let row = |(source, cells): &'m (String, Vec<Option<C>>)| {
        (source.as_str(), cells.iter().map(|cell| show(cell.as_ref())).collect())
    };
    rows.iter().map(row).collect()
}

fn print(args: &Args, forms: &[Form<'_>], terminal: &mut Terminal) -> Result<Status, Failure> {
    if args.csv {
        terminal.raw(&csv(forms).map_err(|error| Failure::stop(error.to_string()))?);
        return Ok(Status::Well);
    }
    for (index, form) in forms.iter().enumerate() {
        if index > 0 {
            terminal.line("");
        }
        terminal.line(terminal.out.paint(Ink::Strong, form.scope));
        for line in table(form, terminal.out).lines() {
            terminal.line(line);
        }
    }
    Ok(Status::Well)
}

fn table(form: &Form<'_>, look: Look) -> Table {
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
    table.set_header(corner.chain(form.columns.iter().map(Cell::new)));
    for (source, cells) in &form.rows {
        let cells = cells.iter().map(|(_, cell)| cell.clone());
        table.add_row(std::iter::once(Cell::new(source)).chain(cells));
    }
    table
}

/// What was decided, and what is now.
fn changed(change: Option<&ChangedCell>) -> (String, Cell) {
    let Some(ChangedCell { kind, before, after, .. }) = change else {
        return ("=".to_owned(), Cell::new("=").add_attribute(Attribute::Dim));
    };
    let [before, after] = [before, after].map(|one| text(Some(one)));
    let text = match before == after {
        // The same may move; what differs is who has a say, or why nobody has.
        true => format!("{before} ({})", kind.word()),
        false => format!("{before} > {after}"),
    };
    let cell = Cell::new(&text);
    let cell = match ink(*kind) {
        Ink::Good => cell.fg(Color::DarkGreen),
        Ink::Limited => cell.fg(Color::DarkYellow),
        Ink::Bad => cell.fg(Color::DarkRed).add_attribute(Attribute::Bold),
        Ink::Strong | Ink::Help => cell,
        Ink::Faint => cell.add_attribute(Attribute::Dim),
    };
    (text, cell)
}

fn cell(decided: Option<&analysis::Cell>) -> Cell {
    let cell = Cell::new(text(decided));
    let Some(analysis::Cell { effect, enforced, limits, .. }) = decided else { return cell };
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
fn csv(matrices: &[Form<'_>]) -> Result<Vec<u8>, Box<dyn std::error::Error>> {
    let mut bytes = Vec::new();
    for (index, matrix) in matrices.iter().enumerate() {
        if index > 0 {
            bytes.push(b'\n');
        }
        let mut writer = csv::Writer::from_writer(&mut bytes);
        let columns = matrix.columns.iter().map(String::as_str);
        writer.write_record(std::iter::once(matrix.scope).chain(columns))?;
        for (source, cells) in &matrix.rows {
            let cells = cells.iter().map(|(text, _)| text.as_str());
            writer.write_record(std::iter::once(*source).chain(cells))?;
        }
        writer.flush()?;
    }
    Ok(bytes)
}
