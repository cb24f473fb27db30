//! Apps and storages that no policy tells apart, by partition refinement.
//!
//! Takes in a model, gives out equivalence classes of the ends of movements, for sources and for
//! targets apart. Contexts are not known here, so whether an app is managed is left open.

use std::collections::{BTreeSet, HashMap};

use rustc_hash::FxBuildHasher;

use super::number;
use crate::model::{AppId, EndpointSet, Model, Origin, Rule, SetWord, StorageId, Term, What};
use crate::movement::Endpoint;
use crate::vocabulary::{Account, Place, Platform, Side};

/// How many numbers the points of one app take: account and `deployed`.
const POINTS_OF_APP: usize = Account::ALL.len() * 2;

/// Numbers every end of a movement: all apps under one account, then under the next, so that what is
/// asked about most often, work accounts, lies together; then storages and places.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Points {
    apps: usize,
    storages: usize,
}

impl Points {
    pub(crate) fn new(apps: usize, storages: usize) -> Self {
        Self { apps, storages }
    }

    pub(crate) fn len(self) -> usize {
        self.apps * POINTS_OF_APP + self.storages + Place::ALL.len()
    }

    #[inline(always)]
    pub(crate) fn number(self, end: Endpoint) -> usize {
        match end {
            Endpoint::App { app, account, deployed } => {
                (account.index() * 2 + usize::from(deployed)) * self.apps + app.index()
            }
            Endpoint::Storage(storage) => self.apps * POINTS_OF_APP + storage.index(),
            Endpoint::Place(place) => self.apps * POINTS_OF_APP + self.storages + place.index(),
        }
    }

    /// The end with a number.
    pub(crate) fn end(self, point: usize) -> Endpoint {
        let apps = self.apps * POINTS_OF_APP;
        if point < apps {
            let (app, rest) = (AppId::new(point % self.apps), point / self.apps);
            Endpoint::App { app, account: Account::ALL[rest / 2], deployed: rest % 2 == 1 }
        } else if point < apps + self.storages {
            Endpoint::Storage(StorageId::new(point - apps))
        } else {
            Endpoint::Place(Place::ALL[(point - apps - self.storages) % Place::ALL.len()])
        }
    }
}

/// What the members of a class have in common.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) enum ClassKey {
    /// The apps of an app class, under one account.
    App { class: u32, account: Account, deployed: bool },
    /// The storages of a storage class.
    Storage { class: u32 },
    /// One place.
    Place(Place),
}

/// How rules see a class of ends: first all classes not managed, then all of them managed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Guise(pub(super) u32);

/// The classes of one side.
#[derive(Debug, Clone)]
pub(super) struct Classes {
    /// The class of every point.
    pub(super) of_point: Vec<u32>,
    /// What each class is.
    pub(super) keys: Vec<ClassKey>,
    /// By app class, account and `deployed`: the number of the class.
    of_app_class: Vec<u32>,
    /// One app of each app class.
    pub(super) apps: Vec<AppId>,
    /// One storage of each storage class.
    storages: Vec<StorageId>,
}

impl Classes {
    /// Partitions the points of one side by what rules name.
    pub(super) fn new<'r>(
        model: &Model,
        rules: impl Iterator<Item = &'r Rule>,
        side: Side,
        points: Points,
    ) -> Self {
        let sets: BTreeSet<&EndpointSet> = rules.filter_map(|rule| rule.scope.side(side)).collect();
        let app_class = app_classes(model, &sets);
        let storage_class = storage_classes(model, &sets);
        let uses_deployed =
            sets.iter().any(|set| set.terms.iter().chain(&set.except).any(|term| term.deployed));
        let mut numbers: HashMap<ClassKey, u32, FxBuildHasher> = HashMap::default();
        let ends = (0..points.len()).map(|point| points.end(point));
        let of_point = ends.map(|end| {
            let key = match end {
                Endpoint::App { app, account, deployed } => ClassKey::App {
                    class: number(app_class[app.index()]),
                    account,
                    deployed: deployed && uses_deployed,
                },
                Endpoint::Storage(id) => {
                    ClassKey::Storage { class: number(storage_class[id.index()]) }
                }
                Endpoint::Place(place) => ClassKey::Place(place),
            };
            let next = number(numbers.len());
            *numbers.entry(key).or_insert(next)
        });
        Self::of(points, of_point.collect())
    }

    /// What there is to say of classes, given the class of every point. They are numbered in the order
    /// of their first points.
    pub(super) fn of(points: Points, of_point: Vec<u32>) -> Self {
        let (mut keys, mut apps, mut storages) = (Vec::new(), Vec::new(), Vec::new());
        for (point, class) in of_point.iter().enumerate() {
            if (*class as usize) < keys.len() {
                continue;
            }
            let end = points.end(point);
            if let Endpoint::App { app, .. } = end
                && point < points.apps
            {
                apps.push(app);
            }
            keys.push(match end {
                // The first points are those of apps, one each: their classes are the app classes.
                Endpoint::App { app, account, deployed } => {
                    ClassKey::App { class: of_point[app.index()], account, deployed }
                }
                Endpoint::Storage(storage) => {
                    storages.push(storage);
                    ClassKey::Storage { class: number(storages.len() - 1) }
                }
                Endpoint::Place(place) => ClassKey::Place(place),
            });
        }
        let points_of = |app: &AppId| {
            let first = app.index();
            (0..POINTS_OF_APP).map(move |rest| rest * points.apps + first)
        };
        let of_app_class = apps.iter().flat_map(points_of).map(|point| of_point[point]).collect();
        keys.shrink_to_fit();
        apps.shrink_to_fit();
        Self { of_point, keys, of_app_class, apps, storages }
    }

    /// The class of an app, whatever the account.
    pub(super) fn app_class(&self, app: AppId) -> usize {
        self.of_point[app.index()] as usize
    }

    /// How rules see a class: as a managed app, if `managed` is 1, or not, if it is 0.
    #[inline]
    pub(super) fn guise(&self, class: u32, managed: u32) -> Guise {
        Guise(managed * number(self.keys.len()) + class)
    }

    pub(super) fn len(&self) -> usize {
        self.keys.len()
    }

    /// The bytes that classes take.
    pub(super) fn heap_bytes(&self) -> usize {
        size_of_val(self.of_point.as_slice())
            + size_of_val(self.keys.as_slice())
            + size_of_val(self.of_app_class.as_slice())
            + size_of_val(self.apps.as_slice())
            + size_of_val(self.storages.as_slice())
    }

    /// The number of the class of an app class under an account.
    pub(super) fn of_app(&self, class: usize, account: Account, deployed: bool) -> usize {
        let at = class * POINTS_OF_APP + account.index() * 2 + usize::from(deployed);
        self.of_app_class.get(at).map_or(0, |number| *number as usize)
    }

    /// The classes that are no apps.
    pub(super) fn others(&self) -> impl Iterator<Item = (usize, ClassKey)> + '_ {
        let is_app = |key: &ClassKey| matches!(key, ClassKey::App { .. });
        self.keys.iter().copied().enumerate().filter(move |(_, key)| !is_app(key))
    }

    /// The classes in the order of the apps that they are about, for whoever shows examples.
    pub(super) fn by_app(&self) -> Vec<usize> {
        let mut order: Vec<usize> = (0..self.len()).collect();
        order.sort_by_key(|class| self.example(self.keys[*class]));
        order
    }

    /// One end of a class.
    pub(super) fn example(&self, key: ClassKey) -> Endpoint {
        match key {
            ClassKey::App { class, account, deployed } => {
                Endpoint::App { app: self.apps[class as usize], account, deployed }
            }
            ClassKey::Storage { class } => Endpoint::Storage(self.storages[class as usize]),
            ClassKey::Place(place) => Endpoint::Place(place),
        }
    }
}

/// Whether a set holds an end of movements on a platform. Of an app it must be known whether it is
/// managed, and the account is taken as it is given.
pub(crate) fn set_holds(
    model: &Model,
    set: &EndpointSet,
    end: Endpoint,
    platform: Platform,
    managed: bool,
) -> bool {
    let matches = |term: &Term| term_holds(model, term, end, platform, managed);
    set.terms.iter().any(matches) && !set.except.iter().any(matches)
}

/// Whether one term holds an end; see [`set_holds`].
pub(crate) fn term_holds(
    model: &Model,
    term: &Term,
    end: Endpoint,
    platform: Platform,
    managed: bool,
) -> bool {
    let apps_only = term.names_apps_only();
    match end {
        Endpoint::App { app, account, deployed } => {
            (deployed || !term.deployed)
                && term.accounts.holds(account, model.app(app).sdk)
                && names_app(model, term.what, app, platform, managed)
        }
        Endpoint::Storage(storage) => !apps_only && names_storage(model, term.what, storage),
        Endpoint::Place(place) => !apps_only && names_place(model, term.what, place),
    }
}

fn names_app(model: &Model, what: What, app: AppId, platform: Platform, managed: bool) -> bool {
    let one = model.app(app);
    let exists = one.platforms.contains(platform);
    match what {
        What::Word(word) => match word {
            SetWord::Any | SetWord::AnyApp => true,
            SetWord::Managed => managed,
            SetWord::Unmanaged => !managed,
            SetWord::Unlisted => !exists || matches!(one.origin, Origin::Id | Origin::Unlisted),
            SetWord::AnyStorage | SetWord::CorporateStorage | SetWord::PersonalStorage => false,
        },
        What::App(named, on) => exists && named == app && on.contains(platform),
        What::Group(group) => {
            let apps = &model.group(group).apps;
            let member = apps.binary_search_by_key(&app, |(named, _)| *named);
            exists && member.is_ok_and(|at| apps[at].1.contains(platform))
        }
        What::UnlistedOn(on) => one.origin == Origin::Unlisted && on == platform,
        What::Storage(_) | What::Place(_) => false,
    }
}

fn names_storage(model: &Model, what: What, storage: StorageId) -> bool {
    let one = model.storage(storage);
    match what {
        What::Word(word) => match word {
            SetWord::Any | SetWord::AnyStorage => true,
            SetWord::CorporateStorage => one.corporate,
            SetWord::PersonalStorage => !one.corporate,
            SetWord::Unlisted => one.origin == Origin::Unlisted,
            SetWord::AnyApp | SetWord::Managed | SetWord::Unmanaged => false,
        },
        What::Storage(named) => named == storage,
        What::Group(group) => model.group(group).storages.binary_search(&storage).is_ok(),
        What::App(..) | What::UnlistedOn(_) | What::Place(_) => false,
    }
}

fn names_place(model: &Model, what: What, place: Place) -> bool {
    match what {
        What::Word(word) => word == SetWord::Any,
        What::Place(named) => named == place,
        What::Group(group) => model.group(group).places.contains(&place),
        What::App(..) | What::UnlistedOn(_) | What::Storage(_) => false,
    }
}

// ---------------------------------------------------------------- refinement

/// Splits every class into the members of a set and the others.
fn refine<K: Eq + std::hash::Hash>(
    class: &mut [usize],
    count: &mut usize,
    members: impl Iterator<Item = (usize, K)>,
) {
    let mut split: HashMap<(usize, K), usize> = HashMap::new();
    for (member, mark) in members {
        let old = class[member];
        class[member] = *split.entry((old, mark)).or_insert_with(|| {
            *count += 1;
            *count - 1
        });
    }
}

/// Numbers classes in the order of their first members.
fn renumber(class: &mut [usize]) {
    let mut numbers = HashMap::new();
    for one in class {
        let next = numbers.len();
        *one = *numbers.entry(*one).or_insert(next);
    }
}

fn app_classes(model: &Model, sets: &BTreeSet<&EndpointSet>) -> Vec<usize> {
    let mut class = vec![0; model.apps().len()];
    let mut count = 1;
    let traits = model.apps().iter().map(|app| {
        let undeclared = matches!(app.origin, Origin::Id | Origin::Unlisted);
        (app.platforms, app.sdk, app.multi_identity, app.on_premises, undeclared)
    });
    refine(&mut class, &mut count, traits.enumerate());
    let protected: BTreeSet<_> = model.policies().iter().map(|policy| &policy.protect).collect();
    for apps in protected {
        refine(&mut class, &mut count, apps.iter().map(|(app, on)| (app.index(), *on)));
    }
    for what in names(sets) {
        match what {
            What::App(app, on) => refine(&mut class, &mut count, [(app.index(), on)].into_iter()),
            What::Group(group) => {
                let apps = model.group(group).apps.iter();
                refine(&mut class, &mut count, apps.map(|(app, on)| (app.index(), *on)));
            }
            What::Word(_) | What::UnlistedOn(_) | What::Storage(_) | What::Place(_) => {}
        }
    }
    renumber(&mut class);
    class
}

fn storage_classes(model: &Model, sets: &BTreeSet<&EndpointSet>) -> Vec<usize> {
    let mut class = vec![0; model.storages().len()];
    let mut count = 1;
    let traits = model.storages().iter().map(|one| (one.corporate, one.origin == Origin::Unlisted));
    refine(&mut class, &mut count, traits.enumerate());
    for what in names(sets) {
        match what {
            What::Storage(id) => refine(&mut class, &mut count, [(id.index(), ())].into_iter()),
            What::Group(group) => {
                let storages = model.group(group).storages.iter();
                refine(&mut class, &mut count, storages.map(|id| (id.index(), ())));
            }
            What::Word(_) | What::UnlistedOn(_) | What::App(..) | What::Place(_) => {}
        }
    }
    renumber(&mut class);
    class
}

/// Everything that the sets name, each once.
fn names(sets: &BTreeSet<&EndpointSet>) -> BTreeSet<What> {
    let terms = sets.iter().flat_map(|set| set.terms.iter().chain(&set.except));
    terms.map(|term| term.what).collect()
}
