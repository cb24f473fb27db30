//! The partition of apps, storages and places that one bundle of policies makes.
//!
//! Takes in a model and the names in the sets and `protect` lists of a bundle, gives out classes: things of
//! one class have equal traits and stand in the same of these names. Things that none of them names are
//! not looked at, so that the cost follows what is written.

#![allow(
    clippy::indexing_slicing,
    reason = "things are numbered by the model that these lists belong to"
)]

use std::collections::HashMap;

use rustc_hash::FxBuildHasher;

use super::super::ir::EndpointIndex;
use crate::limits::{LimitExceeded, index};
use crate::model::{AppId, Model, Origin, What};
use crate::movement::Endpoint;
use crate::vocabulary::{Account, Place, Platforms};

/// The classes of things that nothing names, by their traits.
pub(super) struct Traits {
    /// By thing: its class.
    pub(super) of_thing: Vec<u16>,
    /// By class: one thing of it.
    pub(super) examples: Vec<u32>,
}

/// The traits of a thing by which sets hold it without naming it: of an app platforms, SDK and whether it is declared,
/// of a storage whether it is the company's and declared.
type Trait = (u8, Platforms, bool, bool);

impl Traits {
    pub(super) fn new(model: &Model) -> Self {
        let apps = model.apps().iter().map(|app| {
            let is_undeclared = matches!(app.origin, Origin::Id | Origin::Unlisted);
            (0, app.platforms, app.sdk, is_undeclared)
        });
        let storages = model.storages().iter();
        let storages =
            storages.map(|one| (1, Platforms::NONE, one.corporate, one.origin == Origin::Unlisted));
        let places = Place::ALL.iter().map(|_| (2, Platforms::NONE, false, false));
        let mut known: HashMap<Trait, u16, FxBuildHasher> = HashMap::default();
        let mut examples = Vec::new();
        let of_thing = apps.chain(storages).chain(places).zip(0..).map(|(one, thing)| {
            *known.entry(one).or_insert_with(|| {
                examples.push(thing);
                // Platforms, truth values and kinds have few combinations.
                examples.len() as u16 - 1
            })
        });
        let of_thing = of_thing.collect();
        Self { of_thing, examples }
    }
}

/// A class of things in a bundle.
pub(super) struct Class {
    /// One thing of the class.
    pub(super) example: u32,
    /// The names in which its things stand.
    pub(super) names: Vec<u32>,
    /// The platforms on which the bundle protects it.
    pub(super) protects: Platforms,
}

/// The classes of a bundle: first those of traits, then those of named things.
pub(super) struct Partition {
    pub(super) classes: Vec<Class>,
    /// The named things in order, each with its class.
    pub(super) named: Vec<(u32, u32)>,
}

/// The traits that things of a class share, by their class, and the names, each with the platforms on which it
/// stands for them.
type Key = (u16, Vec<(u32, Platforms)>);

/// The number of `protect` among the names of a bundle.
const PROTECT: u32 = u32::MAX;

impl Partition {
    /// The partition of some names and of the apps of a `protect` list.
    pub(super) fn new(
        model: &Model,
        endpoints: EndpointIndex,
        traits: &Traits,
        names: &[What],
        protects: &[(AppId, Platforms)],
    ) -> Result<Self, LimitExceeded> {
        let mut marks: Vec<(u32, u32, Platforms)> = Vec::new();
        for (what, name) in names.iter().zip(0..) {
            add_marks(model, endpoints, *what, name, &mut marks);
        }
        let number = |(app, on): &(AppId, Platforms)| (app.number(), PROTECT, *on);
        marks.extend(protects.iter().map(number));
        marks.sort_unstable();
        let unnamed = traits.examples.iter().map(|example| Class {
            example: *example,
            names: Vec::new(),
            protects: Platforms::NONE,
        });
        let mut found = Self { classes: unnamed.collect(), named: Vec::new() };
        let mut known: HashMap<Key, u32, FxBuildHasher> = HashMap::default();
        for marks in marks.chunk_by(|a, b| a.0 == b.0) {
            let thing = marks[0].0;
            let marks: Vec<_> = marks.iter().map(|(_, name, on)| (*name, *on)).collect();
            let next = index(found.classes.len())?;
            let key = (traits.of_thing[thing as usize], marks);
            let class = *known.entry(key).or_insert_with_key(|(_, marks)| {
                found.classes.push(Class::new(thing, marks));
                next
            });
            found.named.push((thing, class));
        }
        Ok(found)
    }
}

impl Class {
    fn new(example: u32, marks: &[(u32, Platforms)]) -> Self {
        let protects = marks.iter().find(|(name, _)| *name == PROTECT);
        let names = marks.iter().map(|(name, _)| *name).filter(|name| *name != PROTECT);
        Self {
            example,
            names: names.collect(),
            protects: protects.map_or(Platforms::NONE, |(_, on)| *on),
        }
    }
}

/// Adds the things that a name stands for. Words name nothing: they go by traits.
fn add_marks(
    model: &Model,
    endpoints: EndpointIndex,
    what: What,
    name: u32,
    marks: &mut Vec<(u32, u32, Platforms)>,
) {
    let mut add = |end: Endpoint, on: Platforms| {
        // Apps, storages and places are numbered with 32 bits.
        marks.push((endpoints.thing(end) as u32, name, on));
    };
    let app = |app| Endpoint::App { app, account: Account::Work, deployed: false };
    match what {
        What::App(id, on) => add(app(id), on),
        What::Storage(id) => add(Endpoint::Storage(id), Platforms::NONE),
        What::Place(place) => add(Endpoint::Place(place), Platforms::NONE),
        What::Group(group) => {
            let group = model.group(group);
            group.apps.iter().for_each(|(id, on)| add(app(*id), *on));
            let storages = group.storages.iter();
            storages.for_each(|id| add(Endpoint::Storage(*id), Platforms::NONE));
            let places = group.places.iter();
            places.for_each(|place| add(Endpoint::Place(*place), Platforms::NONE));
        }
        What::Word(_) | What::Unnamed(..) => {}
    }
}
