//! `mam draw`: where company data may go, as a picture.
//!
//! Takes in a policy set and perhaps a scope, gives out a file whose format its name tells. Does not know how the
//! picture is folded and laid out.

use std::ffi::OsString;
use std::path::Path;

use mam::analysis::{Layers, Picture};
use mam::draw::{Drawing, LayersDrawing};
use mam::{Checked, DeviceState};
use serde::Serialize;

use crate::commands::layers;
use crate::failure::{Failure, Status};
use crate::input::files::{display, is_stdin};
use crate::input::inputs::{self, LimitOptions, Question};
use crate::render::terminal::Terminal;
use crate::write;

const AFTER_HELP: &str = "\
Examples:
  mam draw contoso.mam -o contoso.svg
  mam draw contoso.mam 'any for staff on ios devices unmanaged' -o phone.svg
  mam draw contoso.mam 'any from any as personal to any on ios' -o personal.svg
  mam draw contoso.mam --format dot -o - | dot -Tpdf > contoso.pdf
  mam draw contoso.mam --json | jq '.contexts[0].cells'

Every line is a movement, the wall is the policy, and every gap in the wall is
an opening: what no row shows open is blocked. Left are the apps that the
policies protect; right what data can reach, the company's own inside of the
wall. Apps that are decided alike share a row; where there are many kinds, each
has a letter. A row reads like a scope.

There is a panel for each kind of people and devices that is decided
differently, the strictest first, at most four; the others are listed below by
their scopes. A scope draws them.

The format is that of the file's name: `.svg` (light and dark, real text),
`.png` (light; if `mam` is built with the feature `png`), `.dot` for Graphviz,
`.mmd` for Mermaid.

With --json, one line on standard output: the classes and cells that the picture
is made of, before they are folded:
  {\"contexts\":[{\"places\":[{\"people\":...,\"platforms\":...,\"devices\":...}],
   \"policies\":[...],\"classes\":[{\"station\":...,\"managed\":...,\"sets\":[...],
   \"members\":[{\"name\":...,...}]}],\"cells\":[{\"channel\":...,\"source\":CLASS,
   \"target\":CLASS,\"effect\":...,\"enforced\":...,\"limits\":{...},
   \"by\":[RULE...]}]}],\"rules\":[{\"policy\":...,\"rule\":...,...}],
   \"groups\":[{\"name\":...,\"apps\":[...]}]}
where CLASS and RULE are positions, and each of `sets` is a set of the language.

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
                      mam draw --layers [--device <STATE>]... -o <FILE> <FILE>... [SCOPE] [-- <FILE>...]"
)]
pub(crate) struct Args {
    /// The files of the set, then the scope; without a scope, everything
    #[arg(value_name = "FILE", required = true)]
    arguments: Vec<OsString>,

    /// With --layers, the files of another set, whose columns stand beside
    #[arg(value_name = "OTHER", last = true)]
    others: Vec<OsString>,

    /// Draw the layers of protection, one column for each state of devices
    #[arg(long)]
    layers: bool,

    /// With --layers, a device management state, such as `unmanaged`
    #[arg(long, value_name = "STATE", value_parser = layers::state, requires = "layers")]
    device: Vec<DeviceState>,

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
    /// The language of Graphviz
    Dot,
    /// The language of Mermaid
    Mmd,
}

/// A drawing in all formats that it has.
enum Drawn {
    Movements(Drawing),
    Layers(LayersDrawing),
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

pub(crate) fn run(args: &Args, terminal: &mut Terminal) -> Result<Status, Failure> {
    let question = Question::split(&args.arguments)?;
    let format = match &args.output {
        Some(output) => Some(format_of(args.format, output)?),
        None => None,
    };
    if question.scope.as_deref().is_some_and(inputs::is_about_access) {
        return Err(Failure::with_help(
            "a picture is of movements, and `launch` is about accesses",
            "`mam matrix` shows who may open an app",
        ));
    }
    let drawn = match args.layers {
        true => columns(args, &question, terminal)?,
        false => movements(args, &question, terminal)?,
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
    if !args.others.is_empty() {
        return Err(Failure::with_help(
            "a picture of movements is of one set",
            "write all its files before `--`, or draw `--layers` of two sets",
        ));
    }
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

/// The picture of a scope, with rules only for JSON.
fn picture(
    args: &Args,
    checked: &Checked,
    scope: &str,
    terminal: &mut Terminal,
) -> Result<Picture, Failure> {
    let analysis = inputs::analysis(terminal, checked, args.json)?;
    let scope = inputs::scope(terminal, checked, scope)?;
    let picture = match args.json {
        true => analysis.picture(&scope),
        false => analysis.picture_without_rules(&scope),
    };
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
            Format::Dot => Ok(self.movements()?.dot().into_bytes()),
            Format::Mmd => Ok(self.movements()?.mermaid().into_bytes()),
        }
    }

    fn svg(&self) -> String {
        match self {
            Self::Movements(drawing) => drawing.svg(),
            Self::Layers(drawing) => drawing.svg(),
        }
    }

    /// The drawing of movements, which alone is a graph.
    fn movements(&self) -> Result<&Drawing, Failure> {
        match self {
            Self::Movements(drawing) => Ok(drawing),
            Self::Layers(_) => {
                Err(Failure::with_help("layers are no graph", "draw them as `.svg` or `.png`"))
            }
        }
    }
}

/// The format of a file.
fn format_of(format: Option<Format>, output: &OsString) -> Result<Format, Failure> {
    let extension = Path::new(output).extension().and_then(|one| one.to_str());
    let known = match extension.map(str::to_ascii_lowercase).as_deref() {
        Some("svg") => Some(Format::Svg),
        Some("png") => Some(Format::Png),
        Some("dot" | "gv") => Some(Format::Dot),
        Some("mmd" | "mermaid") => Some(Format::Mmd),
        _ => None,
    };
    format.or(known).ok_or_else(|| {
        Failure::with_help(
            format!("the name `{}` does not tell the format", display(output)),
            "let it end in `.svg`, `.png`, `.dot` or `.mmd`, or add `--format`",
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
