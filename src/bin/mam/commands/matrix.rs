//! `mam matrix`: decisions as tables of sources by targets.
//!
//! Takes in a scope, gives out a table for each channel and each kind of users and devices, or for each part of
//! accesses; or for two sets, tables of their differences. Does not know which sources and targets are decided alike.

use std::ffi::OsString;

use comfy_table::{Attribute, Cell, Color, ContentArrangement, Table, presets};
use mam::AccessEffect;
use mam::analysis::{self, AccessPart, AccessRow, ChangeMatrix, ChangedCell, GroupMatrices};
use mam::source::visible;
use serde::Serialize;

use crate::failure::{Failure, Status};
use crate::input::inputs::{self, LimitOptions, Question};
use crate::render::style::{Capabilities, Style, own};
use crate::render::terminal::Terminal;
use crate::render::{access, answer, change, progress};

const AFTER_HELP: &str = "\
Examples:
  mam matrix contoso.mam share
  mam matrix contoso.mam \\
    'save from office to any for staff on ios devices unmanaged'
  mam matrix contoso.mam
  mam matrix contoso.mam 'launch for staff on ios'   who may open an app
  mam matrix --diff old.mam new.mam                  differences of two sets

Cells: `allow`, `block`, `allow` with its limits, `not enforced` if no policy
applies, `-` if there is no such movement.

Where the policies tell apart more kinds of people than a question may leave
open, and no `for` names some, there are matrices for people in no group and in
just one of the first 49; the others are named (`left_out` in JSON, absent if
there are none), and the exit status is 2.

Of a `launch` scope there is a table for each kind of apps, users and devices
that are decided alike. A row is an interval of one fact, with the other facts
at rest: no condition fires for them. Then comes what is required.

With --csv, matrices are blocks separated by a blank line: the first row has the
scope and the targets, each other row a source and its cells.

With --json, one line on standard output:
  {\"matrices\":[{\"scope\":...,\"columns\":[...],\"rows\":[[SOURCE,[CELL|null,...]],
   ...]},...],\"left_out\":[{\"what\":...,\"why\":...,\"help\":...},...]}
where a cell is {\"effect\":...,\"enforced\":...,\"limits\":{...}}; of a `launch`
scope, the parts that `mam decide --json` gives.

With --diff, there is a matrix for each group of channels, users and devices
with the same differences. A cell has the decisions before and after, or `=` if
they are equal or shown in another row and column. As JSON, a cell is
{\"kind\":...,\"before\":CELL,\"after\":CELL}; the kinds are those of `mam diff`.

Exit status: 0 printed; 1 errors in the policy; 2 wrong usage, a file cannot be
read, a bad scope, or a limit is met.";

/// Print which sources may pass data to which targets
///
/// Prints a matrix of sources by targets for each channel and each kind of users, platforms and devices
/// that the policies distinguish. Sources that are decided alike share a row, targets a column. Of a
/// `launch` scope, prints who may open an app, fact by fact, and what is required.
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

    /// Print differences between two sets
    #[arg(long)]
    diff: bool,

    /// Give the matrices as JSON
    #[arg(long)]
    json: bool,

    /// Give the matrices as CSV
    #[arg(long, conflicts_with = "json")]
    csv: bool,

    #[command(flatten)]
    limits: LimitOptions,
}

#[derive(Debug, Serialize)]
struct AccessParts<'a> {
    parts: &'a [AccessPart],
}

#[derive(Debug, Serialize)]
struct ChangeMatrices<'a> {
    matrices: &'a [ChangeMatrix],
}

/// The most kinds of people that get matrices each where nobody asked for some.
const MOST_PEOPLE: usize = 50;

pub(crate) fn run(args: &Args, terminal: &mut Terminal) -> Result<Status, Failure> {
    if args.diff {
        return compare(args, terminal);
    }
    let question = Question::split(&args.arguments)?;
    let checked = inputs::without_errors(terminal, &question.files, args.limits, args.json)?;
    let analysis = inputs::analysis(terminal, &checked, args.json)?;
    if let Some(text) = question.scope.as_deref().filter(|text| inputs::is_about_access(text)) {
        let scope = inputs::access_scope(terminal, &checked, text)?;
        let parts = analysis.access_parts(&scope);
        let parts = inputs::within_limits(terminal, &checked, args.json, parts)?;
        return print_access(args, &parts, terminal);
    }
    let scope = inputs::scope(terminal, &checked, question.scope.as_deref().unwrap_or("any"))?;
    let found = progress::shown("looking at every movement", || {
        analysis.matrix_by_group(&scope, MOST_PEOPLE)
    });
    let found = inputs::within_limits(terminal, &checked, args.json, found)?;
    let GroupMatrices { matrices, left_out, .. } = &found;
    if matrices.is_empty() {
        return Err(Failure::new("the scope holds no movement"));
    }
    if args.json {
        terminal.json(&found)?;
    } else {
        let shown = matrices.iter().map(|matrix| Shown {
            scope: &matrix.scope,
            corner: CORNER,
            columns: &matrix.columns,
            rows: rows(&matrix.rows, |decided| (text(decided), cell(decided))),
        });
        print(args, &shown.collect::<Vec<_>>(), terminal)?;
    }
    for one in left_out {
        terminal.note(&format!("not shown: {}: {}; {}", one.what, one.why, one.help));
    }
    if left_out.is_empty() {
        return Ok(Status::Success);
    }
    terminal.error("the matrices are not about everybody", None);
    Ok(Status::LimitMet)
}

/// Prints the differences between two sets.
fn compare(args: &Args, terminal: &mut Terminal) -> Result<Status, Failure> {
    let (old, new) = inputs::two_sets("matrix --diff", &args.arguments, &args.others)?;
    let old = inputs::without_errors(terminal, old, args.limits, args.json)?;
    let new = inputs::without_errors(terminal, new, args.limits, args.json)?;
    let before = inputs::analysis(terminal, &old, args.json)?;
    let after = inputs::analysis(terminal, &new, args.json)?;
    let matrices = analysis::diff_matrices(&before, &after);
    let matrices = inputs::within_limits(terminal, &new, args.json, matrices)?;
    if args.json {
        terminal.json(&ChangeMatrices { matrices: &matrices })?;
        return Ok(Status::Success);
    }
    if matrices.is_empty() && !args.csv {
        terminal.line(terminal.out.paint(Style::Good, "no movement is decided differently"));
    }
    let shown = matrices.iter().map(|matrix| Shown {
        scope: &matrix.scope,
        corner: CORNER,
        columns: &matrix.columns,
        rows: rows(&matrix.rows, changed),
    });
    print(args, &shown.collect::<Vec<_>>(), terminal)
}

const CORNER: &str = "from / to";

/// Prints a table of intervals and requirements for each part of a scope of accesses.
fn print_access(
    args: &Args,
    parts: &[AccessPart],
    terminal: &mut Terminal,
) -> Result<Status, Failure> {
    if parts.is_empty() {
        return Err(Failure::new("the scope holds no access"));
    }
    if args.json {
        terminal.json(&AccessParts { parts })?;
        return Ok(Status::Success);
    }
    let columns = ["effect".to_owned(), "by".to_owned()];
    let lists: Vec<_> = parts.iter().map(|part| (part.scopes.join("\n"), rows_of(part))).collect();
    let shown = lists.iter().map(|(scope, rows)| Shown {
        scope,
        corner: "when",
        columns: &columns,
        rows: rows.iter().map(shown_row).collect(),
    });
    print(args, &shown.collect::<Vec<_>>(), terminal)
}

/// A row about accesses: facts or a requirement, what follows, and who says so.
struct AccessLine {
    when: String,
    effect: String,
    style: Style,
    by: String,
}

fn rows_of(part: &AccessPart) -> Vec<AccessLine> {
    let mut rows: Vec<AccessLine> = Vec::new();
    for AccessRow { when, effect, fired, .. } in &part.rows {
        let by = fired.iter().map(|one| format!("{} {}:{}", one.policy, one.file, one.line));
        rows.push(AccessLine {
            when: when.clone(),
            effect: effect.to_string(),
            style: access::effect_style(*effect, true),
            by: by.collect::<Vec<_>>().join(", "),
        });
    }
    let rest = part.reason.map_or("allow", |_| "not enforced");
    rows.push(AccessLine {
        when: if part.rows.is_empty() { "any" } else { "rest" }.to_owned(),
        effect: rest.to_owned(),
        style: access::effect_style(AccessEffect::Allow, part.enforced),
        by: part.reason.map(|why| why.description().to_owned()).unwrap_or_default(),
    });
    for (name, value, by) in access::requirement_rows(&part.requirements) {
        rows.push(AccessLine { when: name, effect: value, style: Style::Strong, by });
    }
    rows
}

fn shown_row(row: &AccessLine) -> (&str, Vec<(String, Cell)>) {
    let cells = [
        (row.effect.clone(), styled(Cell::new(visible(&row.effect)), row.style)),
        (row.by.clone(), Cell::new(visible(&row.by))),
    ];
    (&row.when, cells.into_iter().collect())
}

/// A matrix for output: each cell as plain text and in colour.
struct Shown<'m> {
    scope: &'m str,
    /// What the first column is.
    corner: &'static str,
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

fn print(args: &Args, shown: &[Shown<'_>], terminal: &mut Terminal) -> Result<Status, Failure> {
    if args.csv {
        terminal.text(&csv(shown).map_err(|error| Failure::new(error.to_string()))?);
        return Ok(Status::Success);
    }
    for (index, matrix) in shown.iter().enumerate() {
        if index > 0 {
            terminal.line("");
        }
        for scope in matrix.scope.lines() {
            terminal.line(terminal.out.paint(Style::Strong, scope));
        }
        for line in table(matrix, terminal.out).lines() {
            terminal.line(own(&line));
        }
    }
    Ok(Status::Success)
}

fn table(matrix: &Shown<'_>, caps: Capabilities) -> Table {
    let mut table = Table::new();
    let style =
        if caps.unicode { presets::UTF8_FULL_CONDENSED } else { presets::ASCII_FULL_CONDENSED };
    table.force_no_tty().load_style(style);
    if caps.color {
        table.enforce_styling();
    }
    table.set_content_arrangement(ContentArrangement::Dynamic);
    table.set_width(u16::try_from(caps.width).unwrap_or(u16::MAX));
    let corner = std::iter::once(Cell::new(matrix.corner));
    table.set_header(corner.chain(matrix.columns.iter().map(|name| Cell::new(visible(name)))));
    for (source, cells) in &matrix.rows {
        let cells = cells.iter().map(|(_, cell)| cell.clone());
        table.add_row(std::iter::once(Cell::new(visible(source))).chain(cells));
    }
    table
}

/// A cell of differences: the decisions before and after.
fn changed(change: Option<&ChangedCell>) -> (String, Cell) {
    let Some(ChangedCell { kind, before, after, .. }) = change else {
        return ("=".to_owned(), Cell::new("=").add_attribute(Attribute::Dim));
    };
    let [before, after] = [before, after].map(|one| text(Some(one)));
    let text = match before == after {
        // The same may move; enforcement or the reason differs.
        true => format!("{before} ({})", kind.word()),
        false => format!("{before} > {after}"),
    };
    let cell = Cell::new(&text);
    let cell = styled(cell, change::style(*kind));
    (text, cell)
}

fn styled(cell: Cell, style: Style) -> Cell {
    match style {
        Style::Good => cell.fg(Color::DarkGreen),
        Style::Limited => cell.fg(Color::DarkYellow),
        Style::Bad => cell.fg(Color::DarkRed).add_attribute(Attribute::Bold),
        Style::Strong | Style::Help => cell,
        Style::Faint => cell.add_attribute(Attribute::Dim),
    }
}

fn cell(decided: Option<&analysis::Cell>) -> Cell {
    let cell = Cell::new(text(decided));
    let Some(analysis::Cell { effect, enforced, limits, .. }) = decided else { return cell };
    styled(cell, answer::cell_style(*effect, *enforced, limits))
}

fn text(decided: Option<&analysis::Cell>) -> String {
    decided.map_or_else(
        || "-".to_owned(),
        |cell| answer::cell(cell.effect, cell.enforced, &cell.limits),
    )
}

/// Matrices as CSV: a block of rows each, since they differ in their number of columns.
fn csv(matrices: &[Shown<'_>]) -> Result<String, Box<dyn std::error::Error>> {
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
    Ok(String::from_utf8(bytes)?)
}
