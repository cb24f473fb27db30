//! The summary: numbers and names of a set.
//!
//! Takes in a set and the contexts of its movements, gives out what they come to.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use super::data::{ContextView, KindView, Movements, PlatformApps, PlatformLevels, Summary};
use crate::analysis::{Analysis, Station};
use crate::vocabulary::{Channel, Effect, Platform};

/// The name of a set: that of its tenant, or else of its first file.
pub(super) fn title(analysis: Analysis<'_>, files: &[String]) -> String {
    let file = files.first().and_then(|file| Path::new(file).file_name());
    let file = file.map(|name| match files.len() {
        0 | 1 => name.to_string_lossy().into_owned(),
        all => format!("{} and {} more", name.to_string_lossy(), all - 1),
    });
    let tenant = analysis.model().tenant().map(|tenant| capital(&tenant.name));
    tenant.or(file).unwrap_or_else(|| "Policies".to_owned())
}

fn capital(text: &str) -> String {
    let mut characters = text.chars();
    let first = characters.next().map(|first| first.to_uppercase().to_string());
    first.unwrap_or_default() + characters.as_str()
}

pub(super) fn of(analysis: Analysis<'_>, movements: Option<&Movements>) -> Summary {
    let model = analysis.model();
    let live = model.policies().iter().filter(|policy| !policy.report_only).count();
    let found = Summary {
        policies: model.policies().len(),
        report_only: model.policies().len() - live,
        rules: model.rules().len(),
        access_statements: model.policies().iter().map(|policy| policy.access.len()).sum(),
        groups: model.users().len(),
        apps: Vec::new(),
        levels: Vec::new(),
        free: Vec::new(),
        storages: Vec::new(),
    };
    let Some(movements) = movements else { return found };
    let free = movements.contexts.iter().filter(|context| context.policies.is_empty());
    let free = free.flat_map(|context| &context.places).map(|place| match place.clauses() {
        clauses if clauses.is_empty() => "for any".to_owned(),
        clauses => clauses,
    });
    Summary {
        apps: apps(movements),
        levels: levels(movements),
        free: free.collect(),
        storages: storages(movements),
        ..found
    }
}

/// The platforms of a context.
fn platforms(context: &ContextView) -> BTreeSet<Platform> {
    context.places.iter().flat_map(|place| place.on.iter().copied()).collect()
}

/// By platform, how many apps are protected somewhere.
fn apps(movements: &Movements) -> Vec<PlatformApps> {
    let mut found: BTreeMap<Platform, BTreeSet<usize>> = BTreeMap::new();
    for context in movements.contexts.iter().filter(|context| !context.policies.is_empty()) {
        let classes = context.classes.iter().filter_map(|at| movements.classes.get(*at));
        let protected = classes.filter(|class| class.station == Station::CompanyApps);
        let apps: BTreeSet<usize> = protected
            .flat_map(|class| &class.members)
            .flat_map(|members| members.endpoints.iter().copied())
            .collect();
        for platform in platforms(context) {
            found.entry(platform).or_default().extend(&apps);
        }
    }
    let found = found.into_iter();
    found.map(|(platform, apps)| PlatformApps { platform, apps: apps.len() }).collect()
}

/// By platform, the lowest and the highest level where policies apply.
fn levels(movements: &Movements) -> Vec<PlatformLevels> {
    let places = movements.contexts.iter().flat_map(|context| &context.places);
    let kinds = places.filter_map(|place| place.kinds.whole()).flatten();
    let mut found: BTreeMap<Platform, (u8, u8)> = BTreeMap::new();
    for level in kinds.flat_map(|kind: &KindView| &kind.levels) {
        let (lowest, highest) =
            found.entry(level.platform).or_insert((level.reached, level.reached));
        *lowest = level.reached.min(*lowest);
        *highest = level.reached.max(*highest);
    }
    let found = found.into_iter();
    found
        .map(|(platform, (lowest, highest))| PlatformLevels { platform, lowest, highest })
        .collect()
}

/// The storages of the company to which some protected app may save.
fn storages(movements: &Movements) -> Vec<String> {
    let is_save = |column: usize| {
        let column = movements.columns.get(column);
        column.is_some_and(|column| column.channel == Channel::Save)
    };
    let allows = |(column, decision): &(usize, usize)| {
        let decision = movements.decisions.get(*decision);
        is_save(*column) && decision.is_some_and(|one| one.cell.effect == Effect::Allow)
    };
    let mut found: BTreeSet<usize> = BTreeSet::new();
    for context in &movements.contexts {
        let class = |at: usize| movements.classes.get(*context.classes.get(at)?);
        for row in &context.rows {
            let (Some(from), Some(to)) = (class(row.subject), class(row.other)) else { continue };
            let is_company =
                [from.station, to.station] == [Station::CompanyApps, Station::CompanyStorage];
            let mut line = movements.lines.get(row.line).into_iter().flatten();
            if is_company && line.any(allows) {
                found.extend(to.members.iter().flat_map(|members| &members.endpoints));
            }
        }
    }
    let endpoints = found.into_iter().filter_map(|at| movements.endpoints.get(at));
    endpoints.map(|one| one.title.clone().unwrap_or_else(|| one.name.clone())).collect()
}
