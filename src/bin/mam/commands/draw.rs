//! `mam draw`: where company data may go, as a picture.
//!
//! Takes in a policy set and perhaps a scope, gives out a file whose format its name tells. Does not know how the
//! picture is folded and laid out.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::path::Path;

use mam::analysis::{self, LEAKS, Layers, NoRemedy, PathOptions, Paths, Picture, Remedy};
use mam::draw::{Drawing, LayersDrawing, PathsDrawing};
use mam::{Analysis, Checked, DeviceState, Effect};
use serde::Serialize;

use crate::commands::{layers, paths};
use crate::failure::{Failure, Status};
use crate::input::files::{display, is_stdin};
use crate::input::inputs::{self, LimitOptions, Question};
use crate::render::progress;
use crate::render::terminal::Terminal;
use crate::write;

const AFTER_HELP: &str = "\
Examples:
  mam draw contoso.mam -o contoso.svg
  mam draw contoso.mam 'any for staff on ios devices unmanaged' -o phone.svg
  mam draw contoso.mam 'any from any as personal to any on ios' -o personal.svg
  mam draw contoso.mam --format dot -o - | dot -Tpdf > contoso.pdf
  mam draw contoso.mam --json | jq '.contexts[0].cells'
  mam draw --paths contoso.mam 'from outlook to personal-storage' -o leak.svg
  mam draw --diff old.mam new.mam 'any for staff on ios' -o changes.svg
  mam draw --layers --device unmanaged contoso.mam -o layers.svg
  mam draw --layers -o both.svg managed.mam -- own.mam

Every line is a movement, the wall is the policy, and every gap in the wall is
an opening: what no row shows open is blocked. Left are the apps that the
policies protect; right what data can reach, the company's own inside of the
wall. Apps that are decided alike share a row; where there are many kinds, each
has a letter. A row reads like a scope.

There is a panel for each kind of people and devices that is decided
differently, the strictest first, at most four; the others are listed below by
their scopes. A scope draws them.

With --paths, the paths of `mam paths` as chains, with the rule of each movement
and what closes it, and the first path in the picture. With --diff, the rows that
changed: `+` opened or looser, `-` tighter or closed. With --layers, what
protects devices in each state: their management, what is asked for before an
app opens, where company data may go. These have no `dot` and `mmd`, but for
--diff.

The format is that of the file's name: `.svg` (light and dark, real text),
`.html` (the same, with tables of the rows), `.png` (light; if `mam` is built
with the feature `png`), `.dot` for Graphviz, `.mmd` for Mermaid.

With --json, one line on standard output: the classes and cells that the picture
is made of, before they are folded:
  {\"contexts\":[{\"places\":[{\"people\":...,\"platforms\":...,\"devices\":...}],
   \"policies\":[...],\"classes\":[{\"station\":...,\"managed\":...,\"sets\":[...],
   \"members\":[{\"name\":...,...}]}],\"cells\":[{\"channel\":...,\"source\":CLASS,
   \"target\":CLASS,\"effect\":...,\"enforced\":...,\"limits\":{...},
   \"by\":[RULE...]}]}],\"rules\":[{\"policy\":...,\"rule\":...,...}],
   \"groups\":[{\"name\":...,\"apps\":[...]}]}
where CLASS and RULE are positions, and each of `sets` is a set of the language.
docs/json.md tells the data of the other pictures.

Exit status: 0 drawn; 1 errors in the policy; 2 wrong usage, a file cannot be
read or written, a bad scope, or a limit is met.";

/// Draw where company data may go
///
/// Draws the movements of a policy set, or of one scope, as a picture: apps and storages of the company within a
/// wall, others outside, and a line for whatever may pass or is cut. Or draws layers of protection.
#[derive(Debug, clap::Args)]
#[command(
    after_long_help = AFTER_HELP,
    override_usage = "mam draw [OPTIONS] <FILE>... [SCOPE] -o <FILE>\n       \
                      mam draw --paths [OPTIONS] <FILE>... [SCOPE] -o <FILE>\n       \
                      mam draw --layers [OPTIONS] -o <FILE> <FILE>... [SCOPE] [-- <FILE>...]\n       \
                      mam draw --diff [OPTIONS] -o <FILE> <OLD>... [--] <NEW>... [SCOPE]"
)]
pub(crate) struct Args {
    /// The files of the set, then the scope; without a scope, everything
    #[arg(value_name = "FILE", required = true)]
    arguments: Vec<OsString>,

    /// The files of another set: with --layers its columns stand beside, with --diff it is the new one
    #[arg(value_name = "OTHER", last = true)]
    others: Vec<OsString>,

    /// Draw the layers of protection, one column for each state of devices
    #[arg(long)]
    layers: bool,

    /// With --layers, a device management state, such as `unmanaged`
    #[arg(long, value_name = "STATE", value_parser = layers::state, requires = "layers")]
    device: Vec<DeviceState>,

    /// Draw paths of data as chains; the scope is one of `mam paths`
    #[arg(long, conflicts_with = "layers")]
    paths: bool,

    /// Draw what opens and what closes from one set to another
    #[arg(long, conflicts_with_all = ["layers", "paths"])]
    diff: bool,

    /// Write to this file, which is replaced; `-` is standard output
    #[arg(long, short, value_name = "FILE", required_unless_present = "json")]
    output: Option<OsString>,

    /// The format, if the name of the file does not tell
    #[arg(long, value_enum, value_name = "FORMAT")]
    format: Option<Format>,

    /// Give the data of the picture as JSON
    #[arg(long, conflicts_with_all = ["output", "format"])]
    json: bool,

    #[command(flatten)]
    limits: LimitOptions,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum Format {
    /// SVG
    Svg,
    /// PNG
    Png,
    /// HTML: the SVG with tables of its rows
    Html,
    /// The language of Graphviz
    Dot,
    /// The language of Mermaid
    Mmd,
}

/// A drawing in all formats that it has.
enum Drawn {
    Movements(Drawing),
    Layers(LayersDrawing),
    Paths(PathsDrawing),
}

/// What a drawing is made of, as JSON.
#[derive(Debug, Serialize)]
struct Columns {
    columns: Vec<ColumnData>,
}

#[derive(Debug, Serialize)]
struct ColumnData {
    layers: Layers,
    picture: Picture,
}

/// Leaks, and what their drawing is made of.
#[derive(Debug, Serialize)]
struct Leaks {
    #[serde(flatten)]
    paths: Paths,
    pictures: Vec<Picture>,
    /// By path: its picture.
    picture_of: Vec<usize>,
    /// By path and movement: an edit that blocks it.
    remedies: Vec<Vec<Option<Remedy>>>,
}

pub(crate) fn run(args: &Args, terminal: &mut Terminal) -> Result<Status, Failure> {
    let format = match &args.output {
        Some(output) => Some(format_of(args.format, output)?),
        None => None,
    };
    if (args.layers || args.paths) && matches!(format, Some(Format::Dot | Format::Mmd)) {
        return Err(no_graph());
    }
    let question = match args.diff && !args.others.is_empty() {
        true => Question::split(&args.others)?,
        false => Question::split(&args.arguments)?,
    };
    if question.scope.as_deref().is_some_and(inputs::is_about_access) {
        return Err(Failure::with_help(
            "a picture is of movements, and `launch` is about accesses",
            "`mam matrix` shows who may open an app",
        ));
    }
    let drawn = if args.layers {
        columns(args, &question, terminal)?
    } else if args.paths {
        leaks(args, &question, terminal)?
    } else if args.diff {
        changes(args, &question, terminal)?
    } else {
        movements(args, &question, terminal)?
    };
    let (Some(drawn), Some(output), Some(format)) = (drawn, &args.output, format) else {
        return Ok(Status::Success);
    };
    let bytes = drawn.bytes(format)?;
    if is_stdin(output) {
        terminal.raw(&bytes);
    } else {
        write::write(Path::new(output), &display(output), &bytes)?;
    }
    Ok(Status::Success)
}

/// Where data may move; nothing if the data was asked for and is printed.
fn movements(
    args: &Args,
    question: &Question,
    terminal: &mut Terminal,
) -> Result<Option<Drawn>, Failure> {
    one_set(args)?;
    let checked = inputs::without_errors(terminal, &question.files, args.limits, args.json)?;
    let picture = picture(args, &checked, question.scope.as_deref().unwrap_or("any"), terminal)?;
    if picture.contexts.is_empty() {
        return Err(Failure::new("the scope holds no movement"));
    }
    if args.json {
        terminal.json(&picture)?;
        return Ok(None);
    }
    let drawing = Drawing::new(&picture);
    if drawing.is_empty() {
        return Err(Failure::with_help(
            "the scope holds no movement from or to an app of the company",
            "leave out `from` or `to`, or ask `mam matrix`",
        ));
    }
    Ok(Some(Drawn::Movements(drawing)))
}

fn one_set(args: &Args) -> Result<(), Failure> {
    match args.others.is_empty() {
        true => Ok(()),
        false => Err(Failure::with_help(
            "a picture of movements is of one set",
            "write all its files before `--`, or draw `--layers` of two sets",
        )),
    }
}

/// What two sets decide differently; nothing if the data was asked for and is printed.
fn changes(
    args: &Args,
    question: &Question,
    terminal: &mut Terminal,
) -> Result<Option<Drawn>, Failure> {
    // The scope is behind the files of the new set.
    let (files, others) = match args.others.is_empty() {
        true => (&question.files, &args.others),
        false => (&args.arguments, &question.files),
    };
    let (old, new) = inputs::two_sets("draw --diff", files, others)?;
    let old = inputs::without_errors(terminal, old, args.limits, args.json)?;
    let new = inputs::without_errors(terminal, new, args.limits, args.json)?;
    let before = inputs::analysis(terminal, &old, args.json)?;
    let after = inputs::analysis(terminal, &new, args.json)?;
    let scope = inputs::scope(terminal, &new, question.scope.as_deref().unwrap_or("any"))?;
    if scope.from.is_some() || scope.to.is_some() {
        return Err(Failure::with_help(
            "changes are drawn for all apps and storages",
            "leave out `from` and `to`, or ask `mam matrix --diff`",
        ));
    }
    let changes = progress::shown("comparing every movement", || {
        analysis::diff_picture(&before, &after, &scope)
    });
    let changes = inputs::within_limits(terminal, &new, args.json, changes)?;
    if args.json {
        terminal.json(&changes)?;
        return Ok(None);
    }
    Ok(Some(Drawn::Movements(Drawing::of_changes(&changes))))
}

/// Leaks of company data; nothing if the data was asked for and is printed.
fn leaks(
    args: &Args,
    question: &Question,
    terminal: &mut Terminal,
) -> Result<Option<Drawn>, Failure> {
    one_set(args)?;
    let asked = question.scope.as_deref().unwrap_or(LEAKS);
    let checked = inputs::without_errors(terminal, &question.files, args.limits, args.json)?;
    let chain = paths::asked(terminal, &checked, asked)?;
    let analysis = inputs::analysis(terminal, &checked, args.json)?;
    let found =
        progress::shown("following data", || analysis.paths(&chain, PathOptions::default()));
    let paths = inputs::within_limits(terminal, &checked, args.json, found)?;
    let (mut contexts, mut pictures, mut picture_of) = (Vec::new(), Vec::new(), Vec::new());
    for hop in
        paths.paths.iter().take(PathsDrawing::MOST_PATHS).filter_map(|path| path.hops.first())
    {
        let known = contexts.iter().position(|known| *known == hop.context);
        picture_of.push(known.unwrap_or(contexts.len()));
        if known.is_none() {
            contexts.push(hop.context.clone());
            pictures.push(picture(args, &checked, &format!("any {}", hop.context), terminal)?);
        }
    }
    let remedies = remedies(args, (&checked, &analysis), &paths, terminal)?;
    if args.json {
        terminal.json(&Leaks { paths, pictures, picture_of, remedies })?;
        return Ok(None);
    }
    let pictures: Vec<&Picture> = picture_of.iter().filter_map(|at| pictures.get(*at)).collect();
    Ok(Some(Drawn::Paths(PathsDrawing::new(asked, &paths, &pictures, &remedies))))
}

/// For each movement of the paths that are drawn, the smallest edit that blocks it, if one is found.
fn remedies(
    args: &Args,
    (checked, analysis): (&Checked, &Analysis<'_>),
    paths: &Paths,
    terminal: &mut Terminal,
) -> Result<Vec<Vec<Option<Remedy>>>, Failure> {
    // Paths share movements.
    let mut known: BTreeMap<&str, Option<Remedy>> = BTreeMap::new();
    let mut found = Vec::new();
    for path in paths.paths.iter().take(PathsDrawing::MOST_PATHS) {
        let mut of_path = Vec::with_capacity(path.hops.len());
        for hop in &path.hops {
            if !known.contains_key(&*hop.scope) {
                let remedy = remedy(args, (checked, analysis), &hop.scope, terminal)?;
                known.insert(&hop.scope, remedy);
            }
            of_path.push(known.get(&*hop.scope).cloned().flatten());
        }
        found.push(of_path);
    }
    Ok(found)
}

/// The smallest edit that blocks a movement, if one is found.
fn remedy(
    args: &Args,
    (checked, analysis): (&Checked, &Analysis<'_>),
    scope: &str,
    terminal: &mut Terminal,
) -> Result<Option<Remedy>, Failure> {
    let remedies =
        progress::shown("looking for what closes it", || analysis.remedies(scope, Effect::Block));
    match remedies {
        Ok(remedies) => Ok(remedies.into_iter().next()),
        Err(NoRemedy::NotFound { .. } | NoRemedy::AlreadySo | NoRemedy::Empty) => Ok(None),
        Err(NoRemedy::Limit(limit)) => {
            inputs::within_limits(terminal, checked, args.json, Err(limit))
        }
        Err(error) => Err(Failure::new(error.to_string())),
    }
}

/// The picture of a scope, with rules only for JSON.
fn picture(
    args: &Args,
    checked: &Checked,
    scope: &str,
    terminal: &mut Terminal,
) -> Result<Picture, Failure> {
    let analysis = inputs::analysis(terminal, checked, args.json)?;
    let scope = inputs::scope(terminal, checked, scope)?;
    let picture = progress::shown("looking at every movement", || match args.json {
        true => analysis.picture(&scope),
        false => analysis.picture_without_rules(&scope),
    });
    inputs::within_limits(terminal, checked, args.json, picture)
}

/// Layers of protection; nothing if the data was asked for and is printed.
fn columns(
    args: &Args,
    question: &Question,
    terminal: &mut Terminal,
) -> Result<Option<Drawn>, Failure> {
    let scope = question.scope.as_deref().unwrap_or("any");
    if scope.split_whitespace().any(|word| word == "devices") {
        return Err(Failure::with_help(
            "each column is about devices in one state, and the scope names some",
            "write `--device STATE` in place of the clause",
        ));
    }
    let mut columns = Vec::new();
    for files in [&question.files, &args.others].into_iter().filter(|files| !files.is_empty()) {
        let checked = inputs::without_errors(terminal, files, args.limits, args.json)?;
        let analysis = inputs::analysis(terminal, &checked, args.json)?;
        let asked = if args.device.is_empty() { DeviceState::ALL } else { &args.device[..] };
        for state in asked {
            let layers = analysis.layers(*state);
            // Of two sets, that one is meant that has policies for the devices.
            let is_plain = !args.device.is_empty() && args.others.is_empty();
            if is_plain || !layers.policies.is_empty() {
                let scope = format!("{scope} devices {state}");
                columns.push((layers, picture(args, &checked, &scope, terminal)?));
            }
        }
    }
    if columns.is_empty() {
        return Err(Failure::new("there is no policy for such devices"));
    }
    if args.json {
        let data = columns.into_iter().map(|(layers, picture)| ColumnData { layers, picture });
        terminal.json(&Columns { columns: data.collect() })?;
        return Ok(None);
    }
    Ok(Some(Drawn::Layers(LayersDrawing::new(&columns))))
}

impl Drawn {
    fn bytes(&self, format: Format) -> Result<Vec<u8>, Failure> {
        match format {
            Format::Svg => Ok(self.svg().into_bytes()),
            Format::Png => png(&self.svg()),
            Format::Html => Ok(self.html().into_bytes()),
            Format::Dot => Ok(self.movements()?.dot().into_bytes()),
            Format::Mmd => Ok(self.movements()?.mermaid().into_bytes()),
        }
    }

    fn svg(&self) -> String {
        match self {
            Self::Movements(drawing) => drawing.svg(),
            Self::Layers(drawing) => drawing.svg(),
            Self::Paths(drawing) => drawing.svg(),
        }
    }

    fn html(&self) -> String {
        match self {
            Self::Movements(drawing) => drawing.html(),
            Self::Layers(drawing) => drawing.html(),
            Self::Paths(drawing) => drawing.html(),
        }
    }

    /// The drawing of movements, which alone is a graph.
    fn movements(&self) -> Result<&Drawing, Failure> {
        match self {
            Self::Movements(drawing) => Ok(drawing),
            Self::Layers(_) | Self::Paths(_) => Err(no_graph()),
        }
    }
}

fn no_graph() -> Failure {
    Failure::with_help(
        "only movements are drawn as a graph",
        "let the file end in `.svg`, `.html` or `.png`",
    )
}

/// The format of a file.
fn format_of(format: Option<Format>, output: &OsString) -> Result<Format, Failure> {
    let extension = Path::new(output).extension().and_then(|one| one.to_str());
    let known = match extension.map(str::to_ascii_lowercase).as_deref() {
        Some("svg") => Some(Format::Svg),
        Some("png") => Some(Format::Png),
        Some("html" | "htm") => Some(Format::Html),
        Some("dot" | "gv") => Some(Format::Dot),
        Some("mmd" | "mermaid") => Some(Format::Mmd),
        _ => None,
    };
    format.or(known).ok_or_else(|| {
        let what = match is_stdin(output) {
            true => "standard output has no name that tells the format".to_owned(),
            false => format!("the name `{}` does not tell the format", display(output)),
        };
        Failure::with_help(
            what,
            "let it end in `.svg`, `.html`, `.png`, `.dot` or `.mmd`, or add `--format`",
        )
    })
}

#[cfg(feature = "png")]
fn png(svg: &str) -> Result<Vec<u8>, Failure> {
    crate::format::png::rendered(svg)
}

#[cfg(not(feature = "png"))]
fn png(_: &str) -> Result<Vec<u8>, Failure> {
    Err(Failure::with_help(
        "this `mam` is built without PNG",
        "build it with `--features png`, or draw SVG",
    ))
}
