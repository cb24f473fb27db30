//! `mam effective`: what holds for people in an app on their devices, and from which policy.
//!
//! Takes in a scope of apps, people and devices, gives out the kinds among them with the policies that apply,
//! those that do not, movements, requirements and launch conditions. Does not know how kinds are found.

use std::collections::BTreeSet;
use std::ffi::OsString;

use mam::Effect;
use mam::analysis::{
    AppliedPolicy, EffectiveCondition, EffectiveKind, Part, ReachedLevel, Unapplied,
};
use serde::Serialize;

use crate::failure::{Failure, Status};
use crate::input::inputs::{self, LimitOptions, Question};
use crate::render::access::required;
use crate::render::answer;
use crate::render::style::{Capabilities, Style};
use crate::render::terminal::Terminal;
use crate::render::text::{pad, wrap};

const AFTER_HELP: &str = "\
Examples:
  mam effective contoso.mam \\
    'outlook as work for exactly staff on ios devices unmanaged'
  mam effective contoso.mam 'outlook as work for staff'
  mam effective --json contoso.mam 'outlook as work'

The scope names apps, people and devices as one of accesses does, `launch` left
out and without `when`. What it leaves open is told in kinds of people and
devices for whom the same policies apply with the same requirements and launch
conditions, as few as there are.

Of each kind are told: the policies that apply; every other policy with the
first test that fails and what would make it pass; what may leave the app and
what may come in, each line a scope; what is required to open the app; what
happens at start in which state; and the level of Microsoft's data protection
framework that all of it reaches together, with what the next level asks for.

With --json, one line on standard output:
  {\"kinds\":[{\"scopes\":[...],\"applies\":[{\"policy\":...,\"title\":...,\"file\":...,
   \"line\":...}],\"others\":[{\"policy\":...,\"title\":...,\"file\":...,\"line\":...,
   \"unmet\":[{\"test\":...,\"scopes\":[...],\"why\":...,\"change\":...}]}],
   \"movements\":[{\"scope\":..., and the fields of an answer}],
   \"requirements\":{...},\"conditions\":[{\"policy\":...,\"effect\":...,\"rule\":...,
   \"file\":...,\"line\":...,\"because\":...}],\"levels\":[{\"platform\":...,
   \"reached\":...,\"missing\":[{\"level\":...,\"setting\":...,\"asks\":...}],
   \"policies\":[...]}]}]}

Exit status: 0 told; 1 errors in the policy; 2 wrong usage, a file cannot be
read, a bad scope, or a limit is met.";

/// Tell what holds for people in an app, from which policy, and why others do not apply
///
/// Shows the resultant policy for apps, people and devices: which policies apply, which do not and what would
/// change that, what may move, what is required, and what happens at start.
#[derive(Debug, clap::Args)]
#[command(
    after_long_help = AFTER_HELP,
    override_usage = "mam effective [OPTIONS] <FILE>... <SCOPE>"
)]
pub(crate) struct Args {
    /// The files of the set, then the scope
    #[arg(value_name = "FILE", required = true)]
    arguments: Vec<OsString>,

    /// Give the kinds as JSON
    #[arg(long)]
    json: bool,

    #[command(flatten)]
    limits: LimitOptions,
}

#[derive(Debug, Serialize)]
struct Kinds<'a> {
    kinds: &'a [EffectiveKind],
}

pub(crate) fn run(args: &Args, terminal: &mut Terminal) -> Result<Status, Failure> {
    let question = Question::split(&args.arguments)?;
    let text = question.scope.as_deref().ok_or_else(|| {
        let help = "write, for example, `mam effective FILE 'outlook as work for staff'`";
        Failure::with_help("the scope is missing behind the files", help)
    })?;
    let checked = inputs::without_errors(terminal, &question.files, args.limits, args.json)?;
    let text = text.strip_prefix("launch ").unwrap_or(text);
    let scope = inputs::access_scope(terminal, &checked, &format!("launch {text}"))?;
    if !scope.tests.is_empty() || scope.rest_unknown {
        let help = "leave `when` out: what holds is told for every state at start";
        return Err(Failure::with_help("the scope asks for facts", help));
    }
    let analysis = inputs::analysis(terminal, &checked, args.json)?;
    let kinds = analysis.effective(&scope);
    let kinds = inputs::within_limits(terminal, &checked, args.json, kinds)?;
    if kinds.is_empty() {
        return Err(Failure::new("the scope holds no app that exists on these devices"));
    }
    if args.json {
        terminal.json(&Kinds { kinds: &kinds })?;
        return Ok(Status::Success);
    }
    for (index, kind) in kinds.iter().enumerate() {
        if index > 0 {
            terminal.line("");
        }
        show(kind, terminal);
    }
    Ok(Status::Success)
}

/// The most columns of a line: scopes are long enough to be read in several.
const WIDTH: usize = 80;

/// Columns in front of what a block tells.
const INDENT: usize = 4;

/// Writes a kind: its scopes, then a block for each thing that is told.
fn show(kind: &EffectiveKind, terminal: &mut Terminal) {
    let caps = terminal.out;
    for scope in &kind.scopes {
        for (at, line) in wrap(scope, width(caps, 2)).iter().enumerate() {
            let indent = if at == 0 { "" } else { "  " };
            terminal.line(format!("{indent}{}", caps.paint(Style::Strong, line)));
        }
    }
    let required = required(&kind.requirements, caps);
    let conditions: Vec<_> = kind.conditions.iter().map(|one| condition(one, caps)).collect();
    let blocks = [
        ("applies", applied(&kind.applies, caps)),
        ("does not apply", unapplied(&kind.others, caps)),
        ("movements", movements(kind, caps)),
        ("to open the app", required),
        ("at start", conditions),
        ("framework level", levels(&kind.levels, caps)),
    ];
    for (title, lines) in blocks.into_iter().filter(|(_, lines)| !lines.is_empty()) {
        terminal.line(format!("  {title}"));
        for line in lines {
            terminal.line(format!("    {}", line.replace('\n', "\n    ")));
        }
    }
}

/// The columns of a line behind some others.
fn width(caps: Capabilities, columns: usize) -> usize {
    caps.width.min(WIDTH).saturating_sub(columns)
}

/// Text behind a label of some columns, broken into lines of a block.
fn labelled(label: &str, columns: usize, text: &str, caps: Capabilities) -> Vec<String> {
    let lines = wrap(text, width(caps, INDENT + columns)).into_iter().enumerate();
    let blanks = " ".repeat(columns);
    lines.map(|(at, line)| format!("{}{line}", if at == 0 { label } else { &blanks })).collect()
}

fn place(file: &str, line: u32, caps: Capabilities) -> String {
    caps.paint(Style::Faint, format!("{file}:{line}")).to_string()
}

/// The policies that apply.
fn applied(policies: &[AppliedPolicy], caps: Capabilities) -> Vec<String> {
    if policies.is_empty() {
        return vec!["no policy".to_owned()];
    }
    let name = |one: &AppliedPolicy| match &one.title {
        Some(title) => format!("{}  {title}", one.policy),
        None => one.policy.clone(),
    };
    let width = policies.iter().map(|one| name(one).chars().count()).max().unwrap_or(0);
    let line = |one: &AppliedPolicy| {
        format!("{}  {}", pad(&name(one), width), place(&one.file, one.line, caps))
    };
    policies.iter().map(line).collect()
}

/// The policies that do not apply: for each test why it fails, what would change it, and where.
fn unapplied(policies: &[Unapplied], caps: Capabilities) -> Vec<String> {
    let names = policies.iter().map(|one| one.policy.policy.chars().count());
    let columns = names.max().unwrap_or(0) + 2;
    let blanks = " ".repeat(columns);
    let mut lines = Vec::new();
    for one in policies {
        let name = pad(&one.policy.policy, columns);
        for (index, unmet) in one.unmet.iter().enumerate() {
            let label = if index == 0 { &name } else { &blanks };
            lines.extend(labelled(label, columns, &unmet.why, caps));
            if index == 0 {
                with_place(&mut lines, columns, (&one.policy.file, one.policy.line), caps);
            }
            let change = wrap(&unmet.change, width(caps, INDENT + columns)).into_iter();
            let change = change.map(|line| caps.paint(Style::Faint, line));
            lines.extend(change.map(|line| format!("{blanks}{line}")));
            for scope in &unmet.scopes {
                lines.extend(labelled(&format!("{blanks}  "), columns + 2, scope, caps));
            }
        }
    }
    lines
}

/// Adds a place to the last line, or behind it where there is no room.
fn with_place(
    lines: &mut Vec<String>,
    columns: usize,
    (file, line): (&str, u32),
    caps: Capabilities,
) {
    let own = format!("  {file}:{line}").chars().count();
    let (room, place) = (width(caps, INDENT + own), place(file, line, caps));
    match lines.last_mut() {
        Some(last) if last.chars().count() <= room => last.push_str(&format!("  {place}")),
        _ => lines.push(format!("{}{place}", " ".repeat(columns))),
    }
}

/// What may move, a scope behind each decision. Where policies apply, what they block is the rest; where none
/// applies, what they leave alone is.
fn movements(kind: &EffectiveKind, caps: Capabilities) -> Vec<String> {
    let parts = &kind.movements;
    let is_told = |part: &&Part| match kind.applies.is_empty() {
        true => part.answer.enforced,
        false => part.answer.effect == Effect::Allow,
    };
    let told: Vec<&Part> = parts.iter().filter(is_told).collect();
    let rest = if kind.applies.is_empty() { "not enforced" } else { "block" };
    let headlines = told.iter().map(|part| answer::headline(&part.answer).len());
    let columns = headlines.chain([rest.len()]).max().unwrap_or(0) + 2;
    let lines = |part: &&Part| {
        let headline = pad(&answer::headline(&part.answer), columns);
        let headline = caps.paint(answer::style(&part.answer), headline).to_string();
        labelled(&headline, columns, &part.scope, caps)
    };
    let mut found: Vec<String> = told.iter().flat_map(lines).collect();
    if told.len() < parts.len() {
        let style = if kind.applies.is_empty() { Style::Faint } else { Style::Bad };
        let headline = caps.paint(style, pad(rest, columns)).to_string();
        let open = channels(told.iter().copied());
        let shut: Vec<_> =
            channels(parts.iter()).into_iter().filter(|one| !open.contains(one)).collect();
        let text = match shut.as_slice() {
            _ if told.is_empty() => "everything".to_owned(),
            [] => "everything else".to_owned(),
            shut => format!("everything else, and all of {}", shut.join(", ")),
        };
        found.extend(labelled(&headline, columns, &text, caps));
    }
    found
}

/// The level that is reached on each platform, and what the next one asks for.
fn levels(levels: &[ReachedLevel], caps: Capabilities) -> Vec<String> {
    let mut lines = Vec::new();
    for one in levels {
        let next = one.reached + 1;
        let missing = one.missing.iter().filter(|point| point.level == next);
        let missing: Vec<String> =
            missing.map(|point| format!("{} = {}", point.setting, point.asks)).collect();
        let reached = match one.reached {
            0 => "no level".to_owned(),
            reached => format!("level {reached}"),
        };
        let reached = format!("{reached} on {}", one.platform);
        let text = if missing.is_empty() {
            reached
        } else {
            let policies: Vec<String> = one.policies.iter().map(|one| format!("`{one}`")).collect();
            format!("{reached}; {} could add what level {next} asks for:", policies.join(" or "))
        };
        lines.extend(labelled("", 0, &text, caps));
        lines.extend(missing.iter().flat_map(|line| labelled("  ", 2, line, caps)));
    }
    lines
}

/// The channels of some parts.
fn channels<'p>(parts: impl Iterator<Item = &'p Part>) -> BTreeSet<&'p str> {
    let words = parts.flat_map(|part| {
        let end = [" from ", " to ", " for ", " on ", " devices "];
        let end = end.iter().filter_map(|word| part.scope.find(word)).min();
        let words = part.scope.get(..end.unwrap_or(part.scope.len())).unwrap_or_default();
        words.split(", ")
    });
    words.collect()
}

/// A launch condition, with the text for whoever is warned or refused.
fn condition(one: &EffectiveCondition, caps: Capabilities) -> String {
    let place = place(&one.file, one.line, caps);
    let mut text = format!("{}  {} {place}", one.rule, one.policy);
    if let Some(because) = &one.because {
        text.push('\n');
        text.push_str(&answer::because(because, 2));
    }
    text
}
