//! Counters of a replay, as text and as JSON.
//!
//! Takes in counters and the table that they belong to. Does not know how requests are read or decided.

use mam::vocabulary::Side;
use mam::{Channel, Table};
use serde::Serialize;

use super::counters::{AccessOutcomes, Change, Changes, Counters, Decided, Example, Outcomes};
use crate::input::groups::UnknownName;
use crate::input::requests::Unanswered;
use crate::render::style::Style;
use crate::render::terminal::Terminal;
use crate::render::text::{count, pad, short, thousands};

/// Number of policies and of rules and defaults that are shown to people.
const SHOWN: usize = 20;

/// Writes the counters of a replay for people; with `compared`, the differences, too.
pub(crate) fn print(table: &Table, counters: &Counters, compared: bool, terminal: &mut Terminal) {
    let caps = terminal.out;
    let mut headline = count(counters.answered() + counters.unanswered, "request");
    if counters.unanswered > 0 {
        headline.push_str(&format!(", {} without an answer", thousands(counters.unanswered)));
    }
    terminal.line(caps.paint(Style::Strong, headline));
    if counters.assumed > 0 {
        let open = count(counters.assumed, "request");
        let text = "no account of the target: decided under the one with the strictest decision";
        terminal.line(format!("{open} with {text}"));
    }
    terminal.line("");
    let channels = Channel::ALL.iter().zip(&counters.channels).filter(|(_, one)| one.sum() > 0);
    let rows = channels.map(|(channel, one)| {
        let Outcomes { block, limited, allow, not_enforced } = *one;
        (channel.word().to_owned(), vec![block, limited, allow, not_enforced])
    });
    let rows: Vec<_> = rows.collect();
    let accesses = counters.accesses;
    if !rows.is_empty() || accesses.sum() == 0 {
        columns(terminal, ["channel", "block", "limited", "allow", "not enforced"], rows);
        terminal.line("");
    }
    if accesses.sum() > 0 {
        let AccessOutcomes { wipe, block, warn, allow, not_enforced, unknown } = accesses;
        let row = vec![wipe, block, warn, allow, not_enforced, unknown];
        let titles =
            ["accesses", "wipe", "block", "warn", "allow", "not enforced", "missing facts"];
        columns(terminal, titles, vec![("launch".to_owned(), row)]);
        terminal.line("");
    }
    policies(table, counters, terminal);
    rules(table, counters, terminal);
    if compared {
        changes(counters, terminal);
    }
}

/// Writes the policies that decided most, in the order of the set.
fn policies(table: &Table, counters: &Counters, terminal: &mut Terminal) {
    let deciding = table.directory().policies().zip(&counters.policies);
    let mut deciding: Vec<_> = deciding.filter(|(_, own)| own.block + own.allow > 0).collect();
    let more = deciding.len().saturating_sub(SHOWN);
    if more > 0 {
        deciding.sort_by_key(|((id, _), own)| (std::cmp::Reverse(own.block + own.allow), *id));
        deciding.truncate(SHOWN);
        deciding.sort_by_key(|((id, _), _)| *id);
    }
    let rows = deciding.into_iter().map(|((_, policy), Decided { block, allow })| {
        (policy.name.to_owned(), vec![*block, *allow])
    });
    columns(terminal, ["policy", "block", "allow"], rows.collect());
    note_more(terminal, more, "that decided");
    terminal.line("");
}

/// Writes the number of entries that are not shown.
fn note_more(terminal: &mut Terminal, more: usize, of: &str) {
    if more > 0 {
        let caps = terminal.out;
        let note = format!("{more} more {of}; --json lists all of them");
        terminal.line(caps.paint(Style::Faint, note));
    }
}

/// Writes a table: names on the left, numbers right-aligned below their titles.
fn columns<const N: usize>(
    terminal: &mut Terminal,
    titles: [&str; N],
    rows: Vec<(String, Vec<u64>)>,
) {
    let caps = terminal.out;
    let numbers: Vec<Vec<String>> =
        rows.iter().map(|(_, row)| row.iter().map(|one| thousands(*one)).collect()).collect();
    let first = rows.iter().map(|(name, _)| name.chars().count());
    let first = first.chain([titles[0].len()]).max().unwrap_or(0);
    let widths: Vec<usize> = (1..N)
        .map(|at| {
            let numbers = numbers.iter().filter_map(|row| row.get(at - 1)).map(String::len);
            numbers.chain(titles.get(at).map(|title| title.len())).max().unwrap_or(0)
        })
        .collect();
    let mut head = pad(titles[0], first);
    for (title, width) in titles[1..].iter().zip(&widths) {
        head.push_str(&format!("  {title:>width$}"));
    }
    terminal.line(caps.paint(Style::Faint, head));
    for ((name, _), row) in rows.iter().zip(&numbers) {
        let mut line = pad(name, first);
        for (number, width) in row.iter().zip(&widths) {
            line.push_str(&format!("  {number:>width$}"));
        }
        terminal.line(line);
    }
}

/// Writes the rules and defaults that decided most, and the number of those that decided nothing.
fn rules(table: &Table, counters: &Counters, terminal: &mut Terminal) {
    let caps = terminal.out;
    let (all, defaults) = (of_rules(table, counters), of_defaults(table, counters));
    let idle = all.iter().filter(|one| one.requests == 0).count();
    let mut deciding: Vec<_> =
        all.into_iter().chain(defaults).filter(|one| one.requests > 0).collect();
    deciding.sort_by_key(|one| std::cmp::Reverse(one.requests));
    let width = deciding.first().map_or(0, |one| thousands(one.requests).len());
    let shown: Vec<_> = deciding.iter().take(SHOWN).collect();
    let names = shown.iter().map(|one| one.policy.chars().count()).max().unwrap_or(0);
    terminal.line(caps.paint(Style::Faint, "rules and defaults that decided"));
    for OfRule { policy, rule, file, line, requests } in &shown {
        let place = caps.paint(Style::Faint, format!("{file}:{line}"));
        let times = thousands(*requests);
        terminal.line(format!("{times:>width$}  {}  {rule}  {place}", pad(policy, names)));
    }
    note_more(terminal, deciding.len() - shown.len(), "that decided");
    if idle > 0 {
        terminal.line(format!("{} decided nothing", count(idle, "rule")));
    }
}

/// Writes the decisions that differ from the other table's, with examples.
fn changes(counters: &Counters, terminal: &mut Terminal) {
    let caps = terminal.out;
    terminal.line("");
    let all = counters.all_changes();
    if !all.any() {
        return terminal.line("nothing is decided differently");
    }
    let channels = Channel::ALL.iter().zip(&counters.changes).filter(|(_, one)| one.any());
    let of = |name: &str, one: &Changes| {
        let Changes { newly_blocked, newly_allowed, otherwise, incomparable } = *one;
        (name.to_owned(), vec![newly_blocked, newly_allowed, otherwise, incomparable])
    };
    let accesses = Some(counters.access_changes).filter(|one| one.any());
    let rows = channels.map(|(channel, one)| of(channel.word(), one));
    let rows = rows.chain(accesses.iter().map(|one| of("launch", one)));
    let titles =
        ["decided differently", "newly blocked", "newly allowed", "other limits", "not comparable"];
    columns(terminal, titles, rows.collect());
    terminal.line("");
    for Example { line, change, request } in &counters.examples {
        let (word, style) = match change {
            Change::NewlyBlocked => ("newly blocked", Style::Bad),
            Change::NewlyAllowed => ("newly allowed", Style::Good),
            Change::Otherwise => ("other limits ", Style::Limited),
        };
        let request = short(request);
        terminal.line(format!("{}  line {line}: {request}", caps.paint(style, word)));
    }
}

// ---------------------------------------------------------------- JSON

/// The counters of a replay as `--json` gives them.
#[derive(Debug, Serialize)]
pub(crate) struct Report<'a> {
    requests: u64,
    unanswered: u64,
    assumed: u64,
    errors: Vec<Unanswered<'a>>,
    channels: Vec<OfChannel<Outcomes>>,
    accesses: AccessOutcomes,
    policies: Vec<OfPolicy<'a>>,
    rules: Vec<OfRule<'a>>,
    /// Defaults that decided something.
    defaults: Vec<OfRule<'a>>,
    unknown_groups: Vec<UnknownName>,
    unknown_filters: Vec<UnknownName>,
    #[serde(skip_serializing_if = "Option::is_none")]
    changes: Option<Vec<OfChannel<Changes>>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    access_changes: Option<Changes>,
    #[serde(skip_serializing_if = "Option::is_none")]
    examples: Option<&'a [Example]>,
}

#[derive(Debug, Serialize)]
struct OfChannel<T> {
    channel: Channel,
    #[serde(flatten)]
    counts: T,
}

#[derive(Debug, Serialize)]
struct OfPolicy<'a> {
    policy: &'a str,
    #[serde(flatten)]
    counts: Decided,
}

#[derive(Debug, Serialize)]
struct OfRule<'a> {
    policy: &'a str,
    rule: &'a str,
    file: &'a str,
    line: u32,
    requests: u64,
}

/// Every rule, with the number of its requests.
fn of_rules<'a>(table: &'a Table, counters: &Counters) -> Vec<OfRule<'a>> {
    let directory = table.directory();
    let all = directory.rules().zip(&counters.rules).map(|((_, rule), requests)| OfRule {
        policy: directory.policy(rule.policy).name,
        rule: rule.text,
        file: rule.file,
        line: rule.line,
        requests: *requests,
    });
    all.collect()
}

/// The defaults that decided something, with the number of their requests.
fn of_defaults<'a>(table: &'a Table, counters: &Counters) -> Vec<OfRule<'a>> {
    let directory = table.directory();
    let all = counters.defaults.iter().map(|((id, side), requests)| {
        let policy = directory.policy(*id);
        OfRule {
            policy: policy.name,
            rule: directory.default_text(*id, *side),
            file: policy.file,
            line: if *side == Side::Source { policy.otherwise_line } else { policy.line },
            requests: *requests,
        }
    });
    all.collect()
}

impl<'a> Report<'a> {
    /// The report of a replay; with `compared`, the differences, too.
    pub(crate) fn new(table: &'a Table, counters: &'a Counters, compared: bool) -> Self {
        fn by_channel<T: Copy>(counts: &[T], is_there: fn(&T) -> bool) -> Vec<OfChannel<T>> {
            let channels = Channel::ALL.iter().zip(counts).filter(|(_, one)| is_there(one));
            channels
                .map(|(channel, counts)| OfChannel { channel: *channel, counts: *counts })
                .collect()
        }
        let directory = table.directory();
        let policies = directory.policies().zip(&counters.policies);
        let policies =
            policies.map(|((_, policy), counts)| OfPolicy { policy: policy.name, counts: *counts });
        Self {
            requests: counters.answered() + counters.unanswered,
            unanswered: counters.unanswered,
            assumed: counters.assumed,
            errors: counters
                .errors
                .iter()
                .map(|(line, error)| Unanswered { line: *line, error })
                .collect(),
            channels: by_channel(&counters.channels, |one| one.sum() > 0),
            accesses: counters.accesses,
            policies: policies.collect(),
            rules: of_rules(table, counters),
            defaults: of_defaults(table, counters),
            unknown_groups: counters.unknown_names.groups.listed(table),
            unknown_filters: counters.unknown_names.filters.listed(table),
            changes: compared.then(|| by_channel(&counters.changes, |one| one.any())),
            access_changes: compared.then_some(counters.access_changes),
            examples: compared.then_some(counters.examples.as_slice()),
        }
    }
}
