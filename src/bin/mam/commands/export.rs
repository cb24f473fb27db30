//! `mam export`: policies as Graph JSON for Microsoft Intune.
//!
//! Takes in a policy set and a platform, gives out policies for Intune, or the movements that no settings
//! decide alike. Does not know the settings of Intune.

use std::ffi::OsString;
use std::path::PathBuf;

use mam::intune::export::{Deviation, Export, ExportError, Options, export};
use mam::{Checked, Platform, Report};
use serde::Serialize;

use crate::failure::{Failure, Status};
use crate::format::findings::Findings;
use crate::input::inputs::{self, LimitOptions};
use crate::render::diagnostics::{self, SeverityCounts};
use crate::render::style::Style;
use crate::render::terminal::Terminal;
use crate::render::text::count;
use crate::write;

const AFTER_HELP: &str = "\
Examples:
  mam export tenant.mam --platform ios                      every policy
  mam export tenant.mam --platform android --policy byod    this one only
  mam export tenant.mam --platform ios --nearest -o i.json  stricter, if need be

Settings are derived from the decisions of the rules, and proved by comparing
every movement. If Intune has no settings with the same decisions, those
movements are listed as scopes and nothing is written; with --nearest, settings
may be stricter than the rules, never laxer. Expectations, `because` and
report-only policies are not exported. One policy is written as an object,
several as an array.

With --json, one line on standard output:
  {\"exported\":true|false,\"policies\":[{...}],\"deviations\":[{\"scope\":...,
   \"policies\":\"allow\",\"settings\":\"block\",\"laxer\":false}],\"diagnostics\":[...],
   \"errors\":0,\"warnings\":0}
The diagnostics are those of `mam check --json`.

Exit status: 0 exported; 1 the set has errors, or no settings decide the same; 2
wrong usage, a file cannot be read or written, or a limit is met.";

/// Number of deviations that are shown to people.
const SHOWN: usize = 20;

/// Convert a policy set to Intune policies (Graph JSON)
///
/// Finds settings with the same decisions as the rules, and writes policies that Graph accepts.
#[derive(Debug, clap::Args)]
#[command(after_long_help = AFTER_HELP)]
pub(crate) struct Args {
    /// The files of the policy set; `-` is standard input
    #[arg(value_name = "FILE", required = true)]
    files: Vec<OsString>,

    /// The platform: ios, android or windows
    #[arg(long, value_name = "PLATFORM", value_parser = platform)]
    platform: Platform,

    /// Export this policy only
    #[arg(long, value_name = "NAME")]
    policy: Option<String>,

    /// Take the nearest stricter settings if none decide the same
    #[arg(long)]
    nearest: bool,

    /// Write to this file, which must not exist yet
    #[arg(short, long, value_name = "FILE")]
    output: Option<PathBuf>,

    /// Give policies, deviations and diagnostics as one JSON object on standard output
    #[arg(long, conflicts_with = "output")]
    json: bool,

    #[command(flatten)]
    limits: LimitOptions,
}

fn platform(text: &str) -> Result<Platform, String> {
    let words: Vec<_> = Platform::ALL.iter().map(|platform| platform.word()).collect();
    Platform::from_word(text).ok_or_else(|| format!("there are {}", words.join(", ")))
}

pub(crate) fn run(args: &Args, terminal: &mut Terminal) -> Result<Status, Failure> {
    let checked = inputs::without_errors(terminal, &args.files, args.limits, args.json)?;
    let mut options = Options::new(args.platform).with_nearest(args.nearest);
    options.policy.clone_from(&args.policy);
    let found = export(&checked, &options);
    if args.json {
        terminal.json(&Form::new(&found, &checked)?)?;
        return Ok(found.as_ref().map_or_else(status, |_| Status::Success));
    }
    let refused = found.as_ref().map_or_else(status, |_| Status::Success);
    match found {
        Ok(export) => write(args, &export, terminal),
        Err(ExportError::Refused(errors)) => {
            diagnostics::report(terminal, errors.reports());
            let counts = SeverityCounts::of(errors.reports(), 0);
            terminal.note(&format!("nothing is written: {}", counts.text(terminal.err)));
            Ok(refused)
        }
        Err(ExportError::Inexact { deviations, reports }) => {
            show_reports(&reports, terminal);
            show_deviations(&deviations, args, terminal);
            Ok(Status::Negative)
        }
        Err(error) => Err(Failure::new(error.to_string())),
    }
}

/// The status of an export that is refused.
fn status(error: &ExportError) -> Status {
    match error {
        ExportError::Refused(errors) if errors.is_limit() => Status::LimitMet,
        _ => Status::Negative,
    }
}

fn write(args: &Args, export: &Export, terminal: &mut Terminal) -> Result<Status, Failure> {
    show_reports(&export.reports, terminal);
    if !export.deviations.is_empty() {
        show_deviations(&export.deviations, args, terminal);
    }
    match &args.output {
        None => terminal.text(&export.text),
        Some(path) => {
            write::create(path, &export.text)?;
            terminal.line(format!("wrote {}", path.display()));
        }
    }
    Ok(Status::Success)
}

fn show_reports(reports: &[Report], terminal: &Terminal) {
    if !reports.is_empty() {
        diagnostics::report(terminal, reports);
    }
}

/// Writes the movements that rules and settings decide differently.
fn show_deviations(deviations: &[Deviation], args: &Args, terminal: &Terminal) {
    let caps = terminal.err;
    let mut text = String::new();
    for one in deviations.iter().take(SHOWN) {
        let (word, style) =
            if one.laxer { ("laxer   ", Style::Bad) } else { ("stricter", Style::Limited) };
        text.push_str(&format!("{}  {}\n", caps.paint(style, word), one.scope));
        text.push_str(&format!("          rules {}, settings {}\n", one.policies, one.settings));
    }
    if deviations.len() > SHOWN {
        let more = count(deviations.len() - SHOWN, "more scope");
        text.push_str(&format!("{more}: --json lists all of them\n"));
    }
    terminal.message(&text);
    let laxer = deviations.iter().filter(|one| one.laxer).count();
    let scopes = count(deviations.len(), "scope");
    let note = if laxer > 0 {
        format!(
            "nothing is written: no settings are as strict as the rules in {}; narrow those rules, \
             or export others with `--policy`",
            count(laxer, "scope")
        )
    } else if args.nearest {
        format!("the settings are stricter than the rules in {scopes}")
    } else {
        format!(
            "nothing is written: no settings decide the same in {scopes}; `--nearest` takes the \
             stricter ones above"
        )
    };
    terminal.note(&note);
}

/// The result as JSON.
#[derive(Serialize)]
struct Form<'r> {
    exported: bool,
    policies: Vec<serde_json::Value>,
    deviations: &'r [Deviation],
    #[serde(flatten)]
    findings: Findings,
}

impl<'r> Form<'r> {
    fn new(found: &'r Result<Export, ExportError>, checked: &Checked) -> Result<Self, Failure> {
        let (text, deviations, reports) = match found {
            Ok(export) => (Some(&export.text), &export.deviations[..], &export.reports[..]),
            Err(ExportError::Inexact { deviations, reports }) => {
                (None, &deviations[..], &reports[..])
            }
            Err(ExportError::Refused(errors)) => (None, &[][..], errors.reports()),
            Err(error) => return Err(Failure::new(error.to_string())),
        };
        let policies = match text.map(|text| serde_json::from_str(text)).transpose() {
            Ok(None) => Vec::new(),
            Ok(Some(serde_json::Value::Array(policies))) => policies,
            Ok(Some(policy)) => vec![policy],
            Err(error) => return Err(Failure::new(format!("the export is no JSON: {error}"))),
        };
        let diagnostics = reports.iter().map(Report::diagnostic);
        let findings = Findings::of(diagnostics, checked.sources());
        Ok(Self { exported: found.is_ok(), policies, deviations, findings })
    }
}
