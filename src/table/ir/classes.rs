//! Equivalence classes of endpoints, by partition refinement.
//!
//! Takes in a model, gives out the classes of sources and of targets: endpoints of one class are treated
//! alike by every set of every rule. Devices and users are not known here, so whether an app is managed is
//! left open: each class has an unmanaged and a managed view.

#![allow(
    clippy::indexing_slicing,
    reason = "blocks are numbered as they are made, and endpoints by the model that these lists belong to"
)]

use std::collections::{BTreeSet, HashMap};

use rustc_hash::FxBuildHasher;

use crate::limits::{LimitExceeded, index};
use crate::model::{AppId, StorageId};
#[cfg(feature = "compile")]
use crate::model::{EndpointSet, Model, Origin, Rule, What};
use crate::movement::Endpoint;
use crate::vocabulary::{Account, Place, Side};

/// The endpoints of one app: each account, deployed or not.
const ENDPOINTS_OF_APP: usize = Account::ALL.len() * 2;

/// The numbering of endpoints: all apps under one account, then under the next, so that work accounts,
/// which are asked about most often, lie together; then storages and places.
#[derive(Debug, Clone, Copy)]
pub(crate) struct EndpointIndex {
    apps: usize,
    storages: usize,
}

impl EndpointIndex {
    pub(crate) fn new(apps: usize, storages: usize) -> Self {
        Self { apps, storages }
    }

    /// How many endpoints there are.
    pub(crate) fn len(self) -> usize {
        self.apps * ENDPOINTS_OF_APP + self.storages + Place::ALL.len()
    }

    #[inline(always)]
    pub(crate) fn number(self, end: Endpoint) -> usize {
        match end {
            Endpoint::App { app, account, deployed } => {
                (account.index() * 2 + usize::from(deployed)) * self.apps + app.index()
            }
            Endpoint::Storage(storage) => self.apps * ENDPOINTS_OF_APP + storage.index(),
            Endpoint::Place(place) => self.apps * ENDPOINTS_OF_APP + self.storages + place.index(),
        }
    }

    /// How many apps, storages and places there are.
    pub(crate) fn things(self) -> usize {
        self.apps + self.storages + Place::ALL.len()
    }

    /// The number of the app, storage or place of an endpoint, whatever the account.
    #[inline]
    pub(crate) fn thing(self, end: Endpoint) -> usize {
        match end {
            Endpoint::App { app, .. } => app.index(),
            Endpoint::Storage(storage) => self.apps + storage.index(),
            Endpoint::Place(place) => self.apps + self.storages + place.index(),
        }
    }

    /// An endpoint of an app, storage or place.
    pub(crate) fn example(self, thing: usize) -> Endpoint {
        let is_app = thing < self.apps;
        self.end(if is_app { thing } else { thing + self.apps * (ENDPOINTS_OF_APP - 1) })
    }

    /// The endpoint of a number.
    pub(crate) fn end(self, number: usize) -> Endpoint {
        let apps = self.apps * ENDPOINTS_OF_APP;
        if number < apps {
            let (app, rest) = (AppId::new(number % self.apps), number / self.apps);
            Endpoint::App { app, account: Account::ALL[rest / 2], deployed: rest % 2 == 1 }
        } else if number < apps + self.storages {
            Endpoint::Storage(StorageId::new(number - apps))
        } else {
            Endpoint::Place(Place::ALL[(number - apps - self.storages) % Place::ALL.len()])
        }
    }
}

/// The traits that the members of a class share.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum ClassKey {
    /// The apps of an app class, under one account.
    App { class: u32, account: Account, deployed: bool },
    /// The storages of a storage class.
    Storage { class: u32 },
    /// One place.
    Place(Place),
}

/// The classes of one side.
#[derive(Debug, Clone)]
pub(crate) struct EndpointClasses {
    /// By endpoint: its class.
    pub(crate) of_endpoint: Vec<u32>,
    /// By class: what its members share.
    pub(crate) keys: Vec<ClassKey>,
    /// By app class, account and `deployed`: the class.
    of_app_class: Vec<u32>,
    /// By app class: one app of it.
    pub(crate) apps: Vec<AppId>,
    /// By storage class: one storage of it.
    storages: Vec<StorageId>,
}

impl EndpointClasses {
    #[cfg(feature = "compile")]
    /// The coarsest partition of the endpoints of one side that every set of every rule respects.
    pub(crate) fn new<'r>(
        model: &Model,
        rules: impl Iterator<Item = &'r Rule>,
        side: Side,
        endpoints: EndpointIndex,
    ) -> Result<Self, LimitExceeded> {
        let sets: BTreeSet<&EndpointSet> = rules.filter_map(|rule| rule.scope.side(side)).collect();
        let app_class = app_classes(model, &sets);
        let storage_class = storage_classes(model, &sets);
        let uses_deployed =
            sets.iter().any(|set| set.terms.iter().chain(&set.except).any(|term| term.deployed));
        let mut numbers: HashMap<ClassKey, u32, FxBuildHasher> = HashMap::default();
        let ends = (0..endpoints.len()).map(|number| endpoints.end(number));
        let of_endpoint = ends.map(|end| {
            let key = match end {
                Endpoint::App { app, account, deployed } => ClassKey::App {
                    class: index(app_class[app.index()])?,
                    account,
                    deployed: deployed && uses_deployed,
                },
                Endpoint::Storage(id) => {
                    ClassKey::Storage { class: index(storage_class[id.index()])? }
                }
                Endpoint::Place(place) => ClassKey::Place(place),
            };
            let next = index(numbers.len())?;
            Ok(*numbers.entry(key).or_insert(next))
        });
        let of_endpoint: Vec<u32> = of_endpoint.collect::<Result<_, _>>()?;
        Ok(Self::of(endpoints, of_endpoint))
    }

    /// The classes, given the class of every endpoint. They are numbered in the order of their first
    /// members.
    pub(crate) fn of(endpoints: EndpointIndex, of_endpoint: Vec<u32>) -> Self {
        let (mut keys, mut apps, mut storages) = (Vec::new(), Vec::new(), Vec::new());
        for (number, class) in of_endpoint.iter().enumerate() {
            if (*class as usize) < keys.len() {
                continue;
            }
            let end = endpoints.end(number);
            if let Endpoint::App { app, .. } = end
                && number < endpoints.apps
            {
                apps.push(app);
            }
            keys.push(match end {
                // The first endpoints are those of apps, one each: their classes are the app classes.
                Endpoint::App { app, account, deployed } => {
                    ClassKey::App { class: of_endpoint[app.index()], account, deployed }
                }
                Endpoint::Storage(storage) => {
                    storages.push(storage);
                    // There are fewer storages than endpoints, which 32 bits number.
                    ClassKey::Storage { class: storages.len() as u32 - 1 }
                }
                Endpoint::Place(place) => ClassKey::Place(place),
            });
        }
        let endpoints_of = |app: &AppId| {
            let first = app.index();
            (0..ENDPOINTS_OF_APP).map(move |rest| rest * endpoints.apps + first)
        };
        let of_app_class =
            apps.iter().flat_map(endpoints_of).map(|number| of_endpoint[number]).collect();
        keys.shrink_to_fit();
        apps.shrink_to_fit();
        Self { of_endpoint, keys, of_app_class, apps, storages }
    }

    /// The app class of an app: its class under the first account.
    pub(crate) fn app_class(&self, app: AppId) -> usize {
        self.of_endpoint[app.index()] as usize
    }

    pub(crate) fn len(&self) -> usize {
        self.keys.len()
    }

    /// The bytes on the heap.
    pub(crate) fn heap_bytes(&self) -> usize {
        size_of_val(self.of_endpoint.as_slice())
            + size_of_val(self.keys.as_slice())
            + size_of_val(self.of_app_class.as_slice())
            + size_of_val(self.apps.as_slice())
            + size_of_val(self.storages.as_slice())
    }

    /// The class of an app class under an account.
    pub(crate) fn of_app(&self, class: usize, account: Account, deployed: bool) -> usize {
        let at = class * ENDPOINTS_OF_APP + account.index() * 2 + usize::from(deployed);
        self.of_app_class.get(at).map_or(0, |number| *number as usize)
    }

    /// The classes that are no apps.
    pub(crate) fn without_apps(&self) -> impl Iterator<Item = (usize, ClassKey)> + '_ {
        let is_app = |key: &ClassKey| matches!(key, ClassKey::App { .. });
        self.keys.iter().copied().enumerate().filter(move |(_, key)| !is_app(key))
    }

    /// The classes ordered by their example endpoint: apps first, as they are declared.
    pub(crate) fn by_app(&self) -> Vec<usize> {
        let mut order: Vec<usize> = (0..self.len()).collect();
        order.sort_by_key(|class| self.example(self.keys[*class]));
        order
    }

    /// One endpoint of a class.
    pub(crate) fn example(&self, key: ClassKey) -> Endpoint {
        match key {
            ClassKey::App { class, account, deployed } => {
                Endpoint::App { app: self.apps[class as usize], account, deployed }
            }
            ClassKey::Storage { class } => Endpoint::Storage(self.storages[class as usize]),
            ClassKey::Place(place) => Endpoint::Place(place),
        }
    }
}

// ---------------------------------------------------------------- refinement

#[cfg(feature = "compile")]
/// Splits every class by a mark: listed members with equal marks form a new class, members that are not
/// listed keep theirs. Linear in the number of listed members.
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

#[cfg(feature = "compile")]
/// Numbers classes in the order of their first members.
fn renumber(class: &mut [usize]) {
    let mut numbers = HashMap::new();
    for one in class {
        let next = numbers.len();
        *one = *numbers.entry(*one).or_insert(next);
    }
}

#[cfg(feature = "compile")]
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
            What::Word(_) | What::Unnamed(..) | What::Storage(_) | What::Place(_) => {}
        }
    }
    renumber(&mut class);
    class
}

#[cfg(feature = "compile")]
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
            What::Word(_) | What::Unnamed(..) | What::App(..) | What::Place(_) => {}
        }
    }
    renumber(&mut class);
    class
}

#[cfg(feature = "compile")]
/// Everything that the sets name, each once.
fn names(sets: &BTreeSet<&EndpointSet>) -> BTreeSet<What> {
    let terms = sets.iter().flat_map(|set| set.terms.iter().chain(&set.except));
    terms.map(|term| term.what).collect()
}
