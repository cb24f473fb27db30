//! `mam layers`: what protects devices in a management state, and who provides it.
//!
//! Takes in a policy set and perhaps a state, gives out the layers of each state that some policy is for. Does not
//! know what management can provide.

use std::ffi::OsString;

use mam::DeviceState;
use mam::analysis::{LayerStatement, Layers};
use serde::Serialize;

use crate::failure::{Failure, Status};
use crate::input::inputs::{self, LimitOptions};
use crate::render::style::{Capabilities, Style};
use crate::render::terminal::Terminal;
use crate::render::text::pad;

const AFTER_HELP: &str = "\
Examples:
  mam layers contoso.mam
  mam layers --device unmanaged contoso.mam
  mam layers --device third-party --json contoso.mam

Management of the device is one layer: it enrols the device, deploys apps,
checks compliance, and brings certificates and profiles. The policies are
another: they keep data from moving, ask for something before an app opens, and
remove company data. Where management is missing, rules that rely on it, such as
those that say `deployed`, never match, and are listed.

With --json, one line on standard output:
  {\"layers\":[{\"devices\":...,\"platforms\":[...],\"management\":...|null,
   \"provides\":[{\"what\":...,\"provided\":...,\"relied_on_by\":[STATEMENT...]}],
   \"policies\":[...],\"relocation\":[STATEMENT...],\"access\":[STATEMENT...],
   \"wipe\":[STATEMENT...],\"limits\":[{\"limit\":...,\"concerns\":[...]}]}]}
where a STATEMENT is {\"policy\":...,\"statement\":...,\"file\":...,\"line\":...}.

Exit status: 0 told; 1 errors in the policy; 2 wrong usage, or a file cannot be
read.";

/// Tell what protects devices in a management state, and who provides it
///
/// Shows for each state of devices that some policy is for, or for one: what the device's management provides,
/// what the policies add, and what cannot be done there.
#[derive(Debug, clap::Args)]
#[command(after_long_help = AFTER_HELP)]
pub(crate) struct Args {
    /// The files of the policy set; `-` is standard input
    #[arg(value_name = "FILE", required = true)]
    files: Vec<OsString>,

    /// One device management state, such as `unmanaged`
    #[arg(long, value_name = "STATE", value_parser = state)]
    device: Option<DeviceState>,

    /// Give the layers as JSON
    #[arg(long)]
    json: bool,

    #[command(flatten)]
    limits: LimitOptions,
}

#[derive(Debug, Serialize)]
struct All {
    layers: Vec<Layers>,
}

/// The state that a word denotes.
pub(crate) fn state(word: &str) -> Result<DeviceState, String> {
    DeviceState::from_word(word).ok_or_else(|| {
        let words: Vec<_> = DeviceState::ALL.iter().map(|one| one.word()).collect();
        format!("the states are {}", words.join(", "))
    })
}

pub(crate) fn run(args: &Args, terminal: &mut Terminal) -> Result<Status, Failure> {
    let checked = inputs::without_errors(terminal, &args.files, args.limits, args.json)?;
    let analysis = inputs::analysis(terminal, &checked, args.json)?;
    let layers: Vec<Layers> = match args.device {
        Some(state) => vec![analysis.layers(state)],
        None => {
            let all = DeviceState::ALL.iter().map(|state| analysis.layers(*state));
            all.filter(|layers| !layers.policies.is_empty()).collect()
        }
    };
    if args.json {
        terminal.json(&All { layers })?;
        return Ok(Status::Success);
    }
    if layers.is_empty() {
        terminal.note("the set has no policies");
    }
    for (index, one) in layers.iter().enumerate() {
        if index > 0 {
            terminal.line("");
        }
        show(one, terminal);
    }
    Ok(Status::Success)
}

fn show(layers: &Layers, terminal: &mut Terminal) {
    let caps = terminal.out;
    let platforms: Vec<_> = layers.platforms.iter().map(|one| one.word()).collect();
    let on =
        if platforms.is_empty() { String::new() } else { format!(" on {}", platforms.join(", ")) };
    terminal.line(caps.paint(Style::Strong, format!("devices {}{on}", layers.devices)));
    terminal.line("  management");
    for line in management(layers, caps) {
        terminal.line(format!("    {line}"));
    }
    let none = if layers.policies.is_empty() { "    no policy is for such devices" } else { "" };
    terminal.line(format!("  policies\n{none}{}", policies(layers)));
    let parts =
        [("data", &layers.relocation), ("access", &layers.access), ("removal", &layers.wipe)];
    for (title, list) in parts.into_iter().filter(|(_, list)| !list.is_empty()) {
        terminal.line(format!("  {title}"));
        statements(list, caps).into_iter().for_each(|line| terminal.line(format!("    {line}")));
    }
    for (index, limit) in layers.limits.iter().enumerate() {
        if index == 0 {
            terminal.line("  limits");
        }
        terminal.line(format!("    {}: {}", limit.limit, limit.concerns.join(", ")));
    }
}

fn policies(layers: &Layers) -> String {
    let names = layers.policies.iter().map(|name| format!("    {name}"));
    names.collect::<Vec<_>>().join("\n")
}

/// What management provides, what is missing, and the statements that rely on that.
fn management(layers: &Layers, caps: Capabilities) -> Vec<String> {
    let of = |provided: bool| -> Vec<&str> {
        let all = layers.provides.iter().filter(|one| one.provided == provided);
        all.map(|one| one.what).collect()
    };
    let mut lines = Vec::new();
    match layers.management {
        Some(by) => lines.push(format!("{by}: {}", of(true).join(", "))),
        None => {
            lines.push("nobody; apps come from the store".to_owned());
            lines.push(format!("missing: {}", of(false).join(", ")));
        }
    }
    for one in layers.provides.iter().filter(|one| !one.relied_on_by.is_empty()) {
        let matches = if one.provided { "relies on" } else { "never matches without" };
        let list = statements(&one.relied_on_by, caps).into_iter();
        lines.extend(list.map(|line| format!("{matches} {}: {line}", one.what)));
    }
    lines
}

/// Statements in columns: policy, statement, place.
fn statements(list: &[LayerStatement], caps: Capabilities) -> Vec<String> {
    let width = |text: fn(&LayerStatement) -> &str| {
        let all = list.iter().map(|one| text(one).chars().count());
        all.filter(|width| *width <= 60).max().unwrap_or(0)
    };
    let (policies, texts) = (width(|one| &one.policy), width(|one| &one.statement));
    let line = |one: &LayerStatement| {
        let place = caps.paint(Style::Faint, format!("{}:{}", one.file, one.line));
        format!("{}  {}  {place}", pad(&one.policy, policies), pad(&one.statement, texts))
    };
    list.iter().map(line).collect()
}
