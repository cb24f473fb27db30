//! `mam effective`: what holds for people in an app on their devices, and from which policy.
//!
//! Takes in a scope of apps, people and devices, gives out the kinds among them with the policies that apply,
//! those that do not, movements, requirements and launch conditions. Does not know how kinds are found.

use std::collections::BTreeSet;
use std::ffi::OsString;

use mam::Effect;
use mam::analysis::{AppliedPolicy, EffectiveCondition, EffectiveKind, Part, Unapplied};
use serde::Serialize;

use crate::failure::{Failure, Status};
use crate::input::inputs::{self, LimitOptions, Question};
use crate::render::access::required;
use crate::render::answer;
use crate::render::style::{Capabilities, Style};
use crate::render::terminal::Terminal;
use crate::render::text::pad;

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
what may come in, each line a scope; what is required to open the app; and what
happens at start in which state.

With --json, one line on standard output:
  {\"kinds\":[{\"scopes\":[...],\"applies\":[{\"policy\":...,\"title\":...,\"file\":...,
   \"line\":...}],\"others\":[{\"policy\":...,\"title\":...,\"file\":...,\"line\":...,
   \"unmet\":[{\"test\":...,\"scopes\":[...],\"why\":...,\"change\":...}]}],
   \"movements\":[{\"scope\":..., and the fields of an answer}],
   \"requirements\":{...},\"conditions\":[{\"policy\":...,\"effect\":...,\"rule\":...,
   \"file\":...,\"line\":...,\"because\":...}]}]}

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

/// Writes a kind: its scopes, then a block for each thing that is told.
fn show(kind: &EffectiveKind, terminal: &mut Terminal) {
    let caps = terminal.out;
    for scope in &kind.scopes {
        terminal.line(caps.paint(Style::Strong, scope));
    }
    let required = required(&kind.requirements, caps);
    let conditions: Vec<_> = kind.conditions.iter().map(|one| condition(one, caps)).collect();
    let blocks = [
        ("applies", applied(&kind.applies, caps)),
        ("does not apply", unapplied(&kind.others, caps)),
        ("movements", movements(&kind.movements, caps)),
        ("to open the app", required),
        ("at start", conditions),
    ];
    for (title, lines) in blocks.into_iter().filter(|(_, lines)| !lines.is_empty()) {
        terminal.line(format!("  {title}"));
        for line in lines {
            terminal.line(format!("    {}", line.replace('\n', "\n    ")));
        }
    }
}

fn place(file: &str, line: u32, caps: Capabilities) -> String {
    caps.paint(Style::Faint, format!("{file}:{line}")).to_string()
}

/// The policies that apply.
fn applied(policies: &[AppliedPolicy], caps: Capabilities) -> Vec<String> {
    if policies.is_empty() {
        return vec!["no policy: nothing is enforced".to_owned()];
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

/// The policies that do not apply: a line for each test, and one for what would change it.
fn unapplied(policies: &[Unapplied], caps: Capabilities) -> Vec<String> {
    let names = policies.iter().map(|one| one.policy.policy.chars().count());
    let width = names.max().unwrap_or(0);
    let mut lines = Vec::new();
    for one in policies {
        let place = place(&one.policy.file, one.policy.line, caps);
        for (index, unmet) in one.unmet.iter().enumerate() {
            let name = if index == 0 { one.policy.policy.as_str() } else { "" };
            lines.push(format!("{}  {}  {place}", pad(name, width), unmet.why));
            let indent = " ".repeat(width + 2);
            lines.push(format!("{indent}{}", caps.paint(Style::Faint, &unmet.change)));
            lines.extend(unmet.scopes.iter().map(|scope| format!("{indent}{scope}")));
        }
    }
    lines
}

/// What is allowed, a scope on each line, and the channels on which nothing is.
fn movements(parts: &[Part], caps: Capabilities) -> Vec<String> {
    let allowed: Vec<&Part> =
        parts.iter().filter(|part| part.answer.effect == Effect::Allow).collect();
    let width = allowed.iter().map(|part| answer::headline(&part.answer).len()).max().unwrap_or(0);
    let line = |part: &&Part| {
        let headline = pad(&answer::headline(&part.answer), width);
        let headline = caps.paint(answer::style(&part.answer), headline);
        format!("{headline}  {}", part.scope)
    };
    let mut lines: Vec<String> = allowed.iter().map(line).collect();
    let blocked = channels(parts.iter().filter(|part| part.answer.effect == Effect::Block));
    let open = channels(allowed.iter().copied());
    let shut: Vec<_> = blocked.into_iter().filter(|one| !open.contains(one)).collect();
    if !shut.is_empty() {
        let word = caps.paint(Style::Bad, pad("block", width));
        lines.push(format!("{word}  everything else, and all of {}", shut.join(", ")));
    } else if lines.len() < parts.len() {
        lines.push(format!("{}  everything else", caps.paint(Style::Bad, pad("block", width))));
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
