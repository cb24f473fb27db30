//! The picture of a scope: contexts, and in each of them one refinement of endpoints over all channels.
//!
//! Takes in a scope, gives out classes of endpoints that are decided alike on every channel and on both sides, and
//! what is decided between each two of them. `refine` finds the classes, `mention` the order in which names are
//! shown. How a picture is drawn is not known here.

mod classes;
mod data;
mod mention;
mod refine;

use std::cmp::Reverse;
use std::collections::BTreeMap;

use super::ask::matrix::Cell;
use super::engine::contexts::{Context, Gathered, contexts, gather};
use super::engine::naming::names_of_users;
use super::engine::query::Query;
use super::engine::relevant::relevant;
use super::engine::users::Chosen;
use super::subject::Analysis;
use crate::decision::{DeterminingRule, Effect, RuleAnswer};
use crate::limits::{LimitExceeded, Limits};
use crate::model::{Model, Origin, Scope};
use crate::movement::Endpoint;
pub(in crate::analysis) use classes::{
    ClassMembers, Classed, as_work, classes, joined, line_numbers, station,
};
pub use data::{
    Picture, PictureCell, PictureClass, PictureContext, PictureGroup, PictureMember, PicturePlace,
    Station, WouldBe, WouldBeCell,
};
pub(in crate::analysis) use mention::{Mentions, Rank};
use refine::{Class, Refined, Refinement};

pub(super) fn picture(
    analysis: &Analysis<'_>,
    scope: &Scope,
    limits: &Limits,
    with_rules: bool,
) -> Result<Picture, LimitExceeded> {
    let model = &*relevant(analysis.model, scope, limits)?;
    let mentions = Mentions::of(analysis);
    let query = Query::new(model, None, limits, scope.people.iter())?;
    let mut refinement = Refinement::new(query, scope, (&mentions, with_rules), limits.user_kinds)?;
    let gathered = every_context(&mut refinement)?;
    let users = &mut refinement.query.users;
    let names = names_of_users(model);
    let mut rules = RulePool::default();
    gathered.iter().for_each(|one| rules.add(&one.what));
    rules.number();
    let mut found = Vec::with_capacity(gathered.len());
    for Gathered { what: refined, users: of, devices } in gathered {
        let places = contexts(users, &names, (of, &Chosen::new()), &devices)?;
        let places = places.iter().map(place).collect();
        found.push((blocked_share(&refined), finish(model, &mentions, &rules, refined, places)));
    }
    // The sort is stable: contexts that are equally strict stay in the order of devices.
    found.sort_by_key(|(share, context)| (context.policies.is_empty(), Reverse(*share)));
    Ok(Picture {
        contexts: found.into_iter().map(|(_, context)| context).collect(),
        rules: rules.answers(model),
        groups: groups(model, &mentions),
    })
}

/// The contexts of a refinement.
fn every_context(refinement: &mut Refinement<'_>) -> Result<Vec<Gathered<Refined>>, LimitExceeded> {
    let mut found = Vec::new();
    for block in refinement.device_blocks() {
        let kinds = refinement.kinds(&block)?;
        let devices = (block.platform, block.states);
        gather(refinement.query.manager(), &mut found, devices, kinds)?;
    }
    Ok(found)
}

pub(in crate::analysis) fn place(context: &Context) -> PicturePlace {
    let clause = |text: &str| text.trim_start().to_owned();
    PicturePlace {
        people: clause(&context.people),
        platforms: clause(&context.platforms),
        on: context.on.clone(),
        devices: clause(&context.devices),
    }
}

/// The share of the enforced movements that is blocked, in millionths.
fn blocked_share(refined: &Refined) -> u64 {
    let count = |class: usize| {
        refined.classes.get(class).map_or(0, |class: &Class| class.members.len()) as u64
    };
    let (mut blocked, mut enforced) = (0_u64, 0_u64);
    for cell in refined.cells.iter().filter(|cell| cell.decision.is_enforced()) {
        let movements = count(cell.source) * count(cell.target);
        enforced += movements;
        blocked += if cell.decision.effect() == Effect::Block { movements } else { 0 };
    }
    blocked * 1_000_000 / enforced.max(1)
}

/// The rules that decide somewhere, in order, each with its position.
#[derive(Default)]
struct RulePool {
    positions: BTreeMap<refine::RuleRank, (usize, DeterminingRule)>,
}

impl RulePool {
    fn add(&mut self, refined: &Refined) {
        let rules = refined.cells.iter().flat_map(|cell| &cell.by);
        self.positions.extend(rules.map(|(rank, rule)| (*rank, (0, *rule))));
    }

    fn number(&mut self) {
        self.positions.values_mut().zip(0..).for_each(|(entry, at)| entry.0 = at);
    }

    fn positions_of(&self, rules: &BTreeMap<refine::RuleRank, DeterminingRule>) -> Vec<usize> {
        rules.keys().filter_map(|rank| Some(self.positions.get(rank)?.0)).collect()
    }

    fn answers(&self, model: &Model) -> Vec<RuleAnswer> {
        let rules = self.positions.values();
        rules.map(|(_, rule)| RuleAnswer::new(rule, model.directory())).collect()
    }
}

fn finish(
    model: &Model,
    mentions: &Mentions,
    rules: &RulePool,
    refined: Refined,
    places: Vec<PicturePlace>,
) -> PictureContext {
    let policies = refined.policies.iter().map(|id| model.policy(*id).name.clone());
    let class = |class: Class| PictureClass {
        station: class.station,
        managed: class.managed,
        sets: class.sets,
        members: class.members.iter().map(|one| member(model, mentions, *one)).collect(),
    };
    let cell = |cell: &refine::RefinedCell| PictureCell {
        channel: cell.channel,
        source: cell.source,
        target: cell.target,
        cell: Cell::of(cell.decision),
        by: rules.positions_of(&cell.by),
    };
    PictureContext {
        places,
        policies: policies.collect(),
        cells: refined.cells.iter().map(cell).collect(),
        classes: refined.classes.into_iter().map(class).collect(),
        would_be: Vec::new(),
    }
}

pub(in crate::analysis) fn member(
    model: &Model,
    mentions: &Mentions,
    (end, deployed): (Endpoint, Option<bool>),
) -> PictureMember {
    let named = mentions.is_named(model, end);
    match end {
        Endpoint::App { app, account, .. } => {
            let app = model.app(app);
            PictureMember {
                name: app.name.clone(),
                title: app.title.clone(),
                account: Some(account),
                deployed,
                unlisted: app.origin == Origin::Unlisted,
                named,
            }
        }
        Endpoint::Storage(id) => {
            let storage = model.storage(id);
            PictureMember {
                name: storage.name.clone(),
                title: storage.title.clone(),
                account: None,
                deployed: None,
                unlisted: storage.origin == Origin::Unlisted,
                named,
            }
        }
        Endpoint::Place(place) => PictureMember {
            name: place.word().to_owned(),
            title: None,
            account: None,
            deployed: None,
            unlisted: false,
            named,
        },
    }
}

/// The groups that the files of the set declare and that hold apps.
pub(in crate::analysis) fn groups(model: &Model, mentions: &Mentions) -> Vec<PictureGroup> {
    let own = model.groups().iter().filter(|group| mentions.has_group(&group.name));
    let groups = own.map(|group| PictureGroup {
        name: group.name.clone(),
        apps: group.apps.iter().map(|(app, _)| model.app(*app).name.clone()).collect(),
    });
    groups.filter(|group| !group.apps.is_empty()).collect()
}
