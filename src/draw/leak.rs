//! Leaks: paths of company data as chains of boxes, and as rows of a panel.
//!
//! Takes in paths, the picture of each path's user and device, and edits; gives out nodes, movements with the rules that
//! let them pass, what closes them, and the panel in which they run. Which paths there are is not known here.

#![allow(
    clippy::indexing_slicing,
    reason = "classes are numbered by the context that they belong to"
)]

use super::fold;
use super::names::{Fitted, Names};
use super::panel::{Direction, Mark, Panel, PanelKind, Row, RowSources, Trace};
use super::words;
use crate::analysis::{
    Hop, HopEnd, Path, Paths, Picture, PictureContext, PictureMember, Remedy, RemedyStep, Station,
    StepKind,
};
use crate::decision::RuleAnswer;
use crate::source::visible;
use crate::vocabulary::{Account, Channel, Effect};

/// A path of company data.
#[derive(Debug, Clone)]
pub(super) struct Leak {
    pub(super) title: String,
    pub(super) subtitle: String,
    pub(super) nodes: Vec<LeakNode>,
    pub(super) hops: Vec<LeakHop>,
    pub(super) closes: Vec<String>,
}

/// Where data is before or behind a movement.
#[derive(Debug, Clone)]
pub(super) struct LeakNode {
    pub(super) title: String,
    /// Its account and its relation to the company.
    pub(super) kind: String,
    pub(super) is_company: bool,
}

/// A movement of a path.
#[derive(Debug, Clone)]
pub(super) struct LeakHop {
    pub(super) channel: Channel,
    /// The rule that lets it pass, or that no policy applies.
    pub(super) cause: String,
    /// Where the rule stands, or why none applies.
    pub(super) place: String,
}

/// A path with the picture of its user and device.
pub(super) struct Traced<'p> {
    names: Names<'p>,
    context: &'p PictureContext,
    path: &'p Path,
}

impl<'p> Traced<'p> {
    /// `None` where the picture is empty.
    pub(super) fn new(path: &'p Path, picture: &'p Picture) -> Option<Self> {
        Some(Self { names: Names::new(picture), context: picture.contexts.first()?, path })
    }

    /// The ends of the movements: where data starts, and where each movement takes it.
    fn ends(&self) -> impl Iterator<Item = &'p HopEnd> {
        let first = self.path.hops.iter().take(1).map(|hop| &hop.source);
        first.chain(self.path.hops.iter().map(|hop| &hop.target))
    }

    /// The class of an end, and the end as its member.
    fn class(&self, end: &HopEnd) -> Option<(usize, &'p PictureMember)> {
        let is_it = |member: &&PictureMember| {
            let is_named = member.name == end.name || member.unlisted && end.unlisted;
            let is_deployed = member.deployed.is_none_or(|deployed| deployed == end.deployed);
            is_named && member.account == end.account && is_deployed
        };
        let mut classes = self.context.classes.iter().enumerate();
        classes.find_map(|(at, class)| Some((at, class.members.iter().find(is_it)?)))
    }

    fn station(&self, end: &HopEnd) -> Option<Station> {
        self.class(end).map(|(at, _)| self.context.classes[at].station)
    }

    fn title(&self, end: &HopEnd) -> String {
        let known = self.class(end).map(|(_, member)| self.names.items(&[member], &[member]));
        let known = known.and_then(|items| items.into_iter().next()).map(|item| item.text);
        known.unwrap_or_else(|| visible(&end.name).into_owned())
    }

    fn node(&self, end: &HopEnd) -> LeakNode {
        let station = self.station(end);
        let account = end.account.map(|account| match account {
            Account::Work => "work account",
            Account::Personal => "personal account",
            Account::Other => "other organisation's account",
        });
        let kind = match (station, account) {
            (Some(Station::CompanyStorage), _) => "company storage".to_owned(),
            (Some(Station::PersonalStorage), _) => "personal storage".to_owned(),
            (Some(Station::CompanyApps), Some(account)) if !self.is_free() => {
                format!("{account}, protected")
            }
            (Some(Station::OtherApps), Some(_)) => "app outside, not protected".to_owned(),
            (_, Some(account)) => format!("{account}, not protected"),
            (_, None) => "place of the device".to_owned(),
        };
        LeakNode {
            title: self.title(end),
            kind,
            is_company: station.is_some_and(Station::is_company),
        }
    }

    fn is_free(&self) -> bool {
        self.context.policies.is_empty()
    }

    /// The path as the panel in which it runs: each movement has a row of its own.
    pub(super) fn panel(&self) -> Option<Panel> {
        let kind = if self.is_free() { PanelKind::Free } else { PanelKind::Work };
        let mut panel = fold::panel(&self.names, self.context, kind)?;
        panel.title = "Where it runs".to_owned();
        let mut rows: Vec<(Station, Row)> = Vec::new();
        for (number, hop) in (1..).zip(&self.path.hops) {
            self.trace(&mut rows, number, hop);
        }
        // Each row goes on top of its card, the first movement above the others.
        for (station, row) in rows.into_iter().rev() {
            let new = || fold::Fold::new(&self.names, self.context, kind).empty_card(station);
            if let Some(card) = panel.card_of(station, new) {
                card.rows.insert(0, row);
            }
        }
        Some(panel)
    }

    /// Adds the row of a movement; between two ends outside, that of the end to which it leads.
    fn trace(&self, rows: &mut Vec<(Station, Row)>, number: usize, hop: &Hop) {
        let stations = [&hop.source, &hop.target].map(|end| self.station(end));
        let [Some(from), Some(to)] = stations else { return };
        let own = Station::CompanyApps;
        let row = |end: &HopEnd, direction: Direction, trace: Trace| {
            let other = if direction == Direction::In { &hop.target } else { &hop.source };
            Row {
                direction,
                mark: mark(hop),
                channels: vec![hop.channel],
                sources: RowSources::Named(Fitted::plain(self.title(other))),
                some_of: None,
                receivers: Fitted::plain(self.title(end)),
                is_general: false,
                trace: Some(trace),
            }
        };
        let line = |node| Trace { number: Some(number), node, is_line: true };
        if from == own {
            rows.push((to, row(&hop.target, Direction::Out, line(number))));
        } else if to == own {
            rows.push((from, row(&hop.source, Direction::In, line(number - 1))));
        } else {
            let is_start = |(_, row): &(Station, Row)| {
                row.trace.as_ref().is_some_and(|trace| trace.node == number - 1)
            };
            if !rows.iter().any(is_start) {
                let start = Trace { number: None, node: number - 1, is_line: false };
                rows.push((from, row(&hop.source, Direction::Out, start)));
            }
            let stop = Trace { number: Some(number), node: number, is_line: false };
            rows.push((to, row(&hop.target, Direction::Out, stop)));
        }
    }
}

/// The decision about a movement that passes.
fn mark(hop: &Hop) -> Mark {
    let limits = words::limits(&hop.answer.limits);
    match (hop.answer.effect, hop.answer.enforced) {
        (Effect::Block, _) => Mark::Blocked,
        (Effect::Allow, false) => Mark::Free,
        (Effect::Allow, true) if limits.is_empty() => Mark::Allowed,
        (Effect::Allow, true) => Mark::Limited(limits),
    }
}

impl LeakHop {
    fn new(hop: &Hop) -> Self {
        let (cause, place) = match (hop.answer.by.first(), hop.answer.reason) {
            (Some(rule), _) => {
                let more = match hop.answer.by.len() {
                    0 | 1 => String::new(),
                    all => format!(", and {} more", all - 1),
                };
                (rule.rule.clone(), format!("{} · {}:{}{more}", rule.policy, rule.file, rule.line))
            }
            (None, Some(reason)) => ("not enforced".to_owned(), reason.description().to_owned()),
            (None, None) => ("allowed".to_owned(), String::new()),
        };
        let [cause, place] = [cause, place].map(|text| visible(&text).into_owned());
        Self { channel: hop.channel, cause, place }
    }
}

impl Leak {
    /// The path of a number, with edits that close its movements, if any are known.
    pub(super) fn new(
        number: usize,
        paths: &Paths,
        traced: &Traced<'_>,
        remedies: &[Option<Remedy>],
    ) -> Self {
        let path = traced.path;
        let nodes: Vec<LeakNode> = traced.ends().map(|end| traced.node(end)).collect();
        let end = |node: Option<&LeakNode>| node.map_or("", |node| &node.title).to_owned();
        let length = words::count(path.hops.len(), "movement");
        let title = format!(
            "Leak path {number}: from {} to {} in {length}",
            end(nodes.first()),
            end(nodes.last())
        );
        let all = format!("{}{}", paths.paths.len(), if paths.more { " or more" } else { "" });
        let noun = if paths.paths.len() == 1 && !paths.more { "path" } else { "paths" };
        Self {
            title,
            subtitle: format!(
                "{} · {number} of {all} {noun}",
                words::scopes(&traced.context.places)
            ),
            nodes,
            hops: path.hops.iter().map(LeakHop::new).collect(),
            closes: closes(path, paths, remedies),
        }
    }

    /// The path in sentences.
    pub(super) fn description(&self) -> String {
        let mut found = vec![format!("{} ({}).", self.title, self.subtitle)];
        for ((number, hop), ends) in (1..).zip(&self.hops).zip(self.nodes.windows(2)) {
            found.push(format!("{}.", sentence(number, hop, ends)));
        }
        found.extend(self.closes.iter().map(|line| format!("What closes it: {line}.")));
        found.join(" ")
    }
}

/// A movement between two nodes as a sentence.
pub(super) fn sentence(number: usize, hop: &LeakHop, ends: &[LeakNode]) -> String {
    let end = |at: usize| {
        ends.get(at).map_or(String::new(), |node| format!("{} ({})", node.title, node.kind))
    };
    let place = if hop.place.is_empty() { String::new() } else { format!(", {}", hop.place) };
    format!("{number}. {} from {} to {} – {}{place}", hop.channel.word(), end(0), end(1), hop.cause)
}

/// What closes a path: edits that block one of its movements, and the rules that let it pass.
fn closes(path: &Path, paths: &Paths, remedies: &[Option<Remedy>]) -> Vec<String> {
    let mut found = Vec::new();
    for (number, remedy) in (1..).zip(remedies) {
        let steps = remedy.iter().flat_map(|remedy| &remedy.steps).map(step);
        let steps: Vec<String> = steps.collect();
        if !steps.is_empty() {
            found.push(format!("{number}: {}", steps.join("; and ")));
        }
    }
    for (number, hop) in (1..).zip(&path.hops) {
        let is_it = |rule: &RuleAnswer| {
            let key =
                |rule: &RuleAnswer| (rule.side, rule.file.clone(), rule.line, rule.rule.clone());
            hop.answer.by.iter().any(|own| key(own) == key(rule))
        };
        for cut in paths.rules.iter().filter(|cut| is_it(&cut.rule)) {
            let noun = if cut.closes == 1 { "path" } else { "paths" };
            found.push(format!(
                "{number}: tightening `{}` closes {} {noun}",
                cut.rule.rule, cut.closes
            ));
        }
    }
    if found.is_empty() {
        found.push("no rule lets it pass: no policy applies to any of its movements".to_owned());
    }
    found.iter().map(|line| visible(line).into_owned()).collect()
}

/// An edit in words.
fn step(step: &RemedyStep) -> String {
    let [policy, file, before, after] = [&step.policy, &step.file, &step.before, &step.after]
        .map(|text| text.as_deref().unwrap_or_default());
    let line = step.line.map(|line| format!(":{line}")).unwrap_or_default();
    match step.kind {
        StepKind::Add => format!("add to {policy}, behind {file}{line}: {after}"),
        StepKind::Change => format!("write in {policy}, {file}{line}: {after}"),
        StepKind::Remove => format!("take out of {policy}, {file}{line}: {before}"),
        StepKind::Membership => after.to_owned(),
    }
}
