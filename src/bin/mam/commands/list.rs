//! `mam list`: the names that a policy set, or the catalogue alone, has for things.
//!
//! Takes in a model and the vocabulary, gives out names with what is declared about them. Does not know
//! policies.

use std::ffi::OsString;

use clap::ValueEnum;
use mam::model::{App, Filter, Group, Model, Origin, Storage, Users};
use mam::vocabulary::Kind;
use mam::{Channel, Checked, Compiler, DeviceState, Platform};
use serde::Serialize;

use crate::failure::{Failure, Status};
use crate::input::inputs::{self, LimitOptions};
use crate::render::style::Style;
use crate::render::terminal::Terminal;
use crate::render::text::pad;

const AFTER_HELP: &str = "\
Examples:
  mam list apps                  the catalogue's, and those always there
  mam list people contoso.mam
  mam list groups contoso.mam --json

Without files, the names are those of the catalogue `microsoft`. Channels and
devices are the language's and take no files. With --json, one line:
  {\"apps\":[{\"name\":...,\"title\":...|null,\"notes\":[...]}]}
The member is called like the kind.

Exit status: 0 listed; 1 errors in the policy; 2 wrong usage, or a file cannot
be read.";

/// List the names of apps, storages, groups, people, filters, channels or device states
///
/// Shows each name with its title and what is declared about it, in the order of declaration.
#[derive(Debug, clap::Args)]
#[command(after_long_help = AFTER_HELP)]
pub(crate) struct Args {
    /// The kind of names to list: apps, storages, groups, people, filters, channels or devices
    #[arg(value_enum, value_name = "KIND", hide_possible_values = true)]
    kind: Listed,

    /// The files of the policy set; `-` is standard input
    #[arg(value_name = "FILE")]
    files: Vec<OsString>,

    /// Give the names as JSON
    #[arg(long)]
    json: bool,

    #[command(flatten)]
    limits: LimitOptions,
}

/// The kinds of things that have names.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, ValueEnum, Serialize)]
#[serde(rename_all = "lowercase")]
enum Listed {
    Apps,
    Storages,
    Groups,
    People,
    Filters,
    Channels,
    Devices,
}

/// A name and what is known of it.
#[derive(Debug, Serialize)]
struct Entry {
    name: String,
    title: Option<String>,
    notes: Vec<String>,
}

pub(crate) fn run(args: &Args, terminal: &mut Terminal) -> Result<Status, Failure> {
    let is_of_language = matches!(args.kind, Listed::Channels | Listed::Devices);
    if is_of_language && !args.files.is_empty() {
        let help = "leave the files out: channels and devices are the same in every set";
        return Err(Failure::with_help("this list does not depend on files", help));
    }
    let checked = set(args, terminal)?;
    let Some(model) = checked.model() else { return Err(Failure::PolicyErrors) };
    let entries = entries(args.kind, model);
    if args.json {
        terminal.json(&std::collections::BTreeMap::from([(args.kind, &entries)]))?;
        return Ok(Status::Success);
    }
    if entries.is_empty() {
        terminal.note("nothing of this kind is declared");
    }
    show(&entries, terminal);
    Ok(Status::Success)
}

/// The policy set of the files, or the catalogue.
fn set(args: &Args, terminal: &mut Terminal) -> Result<Checked, Failure> {
    if args.files.is_empty() {
        return Ok(Compiler::new().check("catalogue", "mam 1\nuse microsoft\n"));
    }
    inputs::without_errors(terminal, &args.files, args.limits, args.json)
}

fn show(entries: &[Entry], terminal: &mut Terminal) {
    let width = entries.iter().map(|entry| entry.name.chars().count()).max().unwrap_or(0);
    for entry in entries {
        let name = terminal.out.paint(Style::Strong, pad(&entry.name, width)).to_string();
        let notes = entry.notes.join(", ");
        let parts = [entry.title.clone().unwrap_or_default(), notes];
        let parts: Vec<_> = parts.into_iter().filter(|part| !part.is_empty()).collect();
        terminal.line(format!("{name}  {}", parts.join(": ")).trim_end());
    }
}

fn entries(kind: Listed, model: &Model) -> Vec<Entry> {
    let is_named = |origin| matches!(origin, Origin::Declared | Origin::BuiltIn);
    match kind {
        Listed::Apps => model.apps().iter().filter(|one| is_named(one.origin)).map(app).collect(),
        Listed::Storages => {
            model.storages().iter().filter(|one| is_named(one.origin)).map(storage).collect()
        }
        Listed::Groups => model.groups().iter().map(|one| group(one, model)).collect(),
        Listed::People => model.users().iter().map(people).collect(),
        Listed::Filters => model.filters().iter().map(filter).collect(),
        Listed::Channels => Channel::ALL.iter().map(|one| channel(*one)).collect(),
        Listed::Devices => DeviceState::ALL.iter().map(|one| device(*one)).collect(),
    }
}

fn app(app: &App) -> Entry {
    let traits = [
        (app.sdk, "sdk"),
        (app.multi_identity, "multi-identity"),
        (app.container, "container"),
        (app.on_premises, "on-premises"),
    ];
    let traits = traits.into_iter().filter(|(has, _)| *has).map(|(_, word)| word.to_owned());
    let everywhere = Platform::ALL.iter().all(|on| app.platforms.contains(*on));
    let platforms = app.platforms.iter().filter(|_| !everywhere).map(|on| on.word().to_owned());
    Entry {
        name: app.name.clone(),
        title: app.title.clone(),
        notes: traits.chain(platforms).collect(),
    }
}

fn storage(storage: &Storage) -> Entry {
    let mut notes = vec![if storage.corporate { "corporate" } else { "personal" }.to_owned()];
    if !storage.writable {
        notes.push("can only be opened from".to_owned());
    }
    Entry { name: storage.name.clone(), title: storage.title.clone(), notes }
}

fn group(group: &Group, model: &Model) -> Entry {
    let apps = group.apps.iter().map(|(app, _)| model.app(*app).name.clone());
    let storages = group.storages.iter().map(|id| model.storage(*id).name.clone());
    let places = group.places.iter().map(|place| place.word().to_owned());
    let notes = apps.chain(storages).chain(places).collect();
    Entry { name: group.name.clone(), title: None, notes }
}

fn people(users: &Users) -> Entry {
    Entry { name: users.name.clone(), title: users.title.clone(), notes: Vec::new() }
}

fn filter(filter: &Filter) -> Entry {
    Entry { name: filter.name.clone(), title: filter.title.clone(), notes: Vec::new() }
}

fn channel(channel: Channel) -> Entry {
    let places = channel.places().iter().map(|place| place.word().to_owned());
    let target = match channel.places() {
        [] => vec![kind_word(channel.target_kind()).to_owned()],
        _ => places.collect(),
    };
    let notes = vec![format!("{} to {}", kind_word(channel.source_kind()), target.join(", "))];
    Entry { name: channel.word().to_owned(), title: None, notes }
}

const fn kind_word(kind: Kind) -> &'static str {
    match kind {
        Kind::App => "app",
        Kind::Storage => "storage",
        Kind::Place => "place",
    }
}

fn device(state: DeviceState) -> Entry {
    let on = Platform::ALL.iter().filter(|on| state.exists_on(**on));
    let notes = on.map(|on| on.word().to_owned()).collect();
    Entry { name: state.word().to_owned(), title: None, notes }
}
