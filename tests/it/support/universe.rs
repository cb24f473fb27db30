//! Every movement that exists in a model, one by one.
//!
//! Takes in a checked model, gives out contexts and movements. Knows what exists (language reference,
//! "What is declared"), but not what becomes of it: the tests ask the engine about each.

use mam::model::{AppId, Claim, Model, Origin, StorageId, UsersId};
use mam::movement::{Context, Endpoint, Movement};
use mam::request::{DeviceRequest, EndpointRequest, Request, UserRequest};
use mam::vocabulary::{Account, Channel, DeviceState, Kind, Place, Platform, Platforms, Side};

/// What of a model is walked through.
#[derive(Debug, Clone)]
pub(crate) struct Universe<'m> {
    model: &'m Model,
    apps: Vec<AppId>,
    storages: Vec<StorageId>,
    people: Vec<Vec<UsersId>>,
    /// Numbers of characters on either side of every limit.
    lengths: Vec<Option<u32>>,
    /// Whether requests that are legal but odd are made too.
    odd: bool,
    /// Whether some set says `deployed`.
    deployed: bool,
}

/// The most groups of people of which every combination is walked through.
const FEW: usize = 12;

impl<'m> Universe<'m> {
    /// These users and no others.
    pub(crate) fn with_people(self, people: Vec<Vec<UsersId>>) -> Self {
        Self { people, ..self }
    }

    /// Everything: every app, every storage, users in every combination of groups, or nobody if there are very
    /// many groups.
    pub(crate) fn whole(model: &'m Model) -> Self {
        Self {
            model,
            apps: model.app_ids().collect(),
            storages: model.storage_ids().collect(),
            people: if users(model).len() > FEW {
                vec![Vec::new()]
            } else {
                subsets(&users(model))
            },
            lengths: vec![None],
            odd: false,
            deployed: says_deployed(model),
        }
    }

    /// One app and one storage of each kind that no set can tell apart: equal traits, in the same
    /// groups, and named nowhere. `names` are the words of the root file.
    pub(crate) fn folded(model: &'m Model, names: &[&str]) -> Self {
        Self::some_of_each(model, names, 1)
    }

    /// The same with so many of each kind.
    pub(crate) fn some_of_each(model: &'m Model, names: &[&str], count: usize) -> Self {
        let whole = Self::whole(model);
        let groups = model.groups().iter().filter(|group| names.contains(&group.name.as_str()));
        let apps = some(count, whole.apps, |id| {
            let app = model.app(id);
            let named = names.contains(&app.name.as_str()) || app.origin == Origin::Id;
            let groups = groups.clone().map(|group| {
                let entry = group.apps.iter().find(|(one, _)| *one == id);
                entry.map_or(Platforms::NONE, |(_, on)| *on)
            });
            let traits = (app.platforms, app.sdk, app.multi_identity, app.container);
            let origin = app.origin == Origin::Unlisted;
            (traits, app.on_premises, origin, groups.collect::<Vec<_>>(), named.then_some(id))
        });
        let storages = some(1, whole.storages, |id| {
            let storage = model.storage(id);
            let named = names.contains(&storage.name.as_str());
            let groups = groups.clone().map(|group| group.storages.contains(&id));
            let traits = (storage.corporate, storage.writable, storage.origin == Origin::Unlisted);
            (traits, groups.collect::<Vec<_>>(), named.then_some(id))
        });
        Self { apps, storages, ..whole }
    }

    /// With the requests that are legal but odd: apps that do not exist on the platform, two ends in
    /// one undeclared app, texts around every limit.
    pub(crate) fn odd(self) -> Self {
        let limits = self.model.rules().iter().filter_map(|rule| rule.obligations.characters);
        let around = limits.flat_map(|limit| [limit, limit.saturating_add(1)]);
        let mut lengths: Vec<_> = [0].into_iter().chain(around).map(Some).collect();
        lengths.push(None);
        lengths.sort_unstable();
        lengths.dedup();
        Self { lengths, odd: true, ..self }
    }

    /// Every user on every device.
    pub(crate) fn contexts(&self) -> Vec<Context> {
        let mut contexts = Vec::new();
        for users in &self.people {
            for platform in Platform::ALL {
                let states = DeviceState::ALL.iter().filter(|state| state.exists_on(*platform));
                contexts.extend(states.map(|state| context(self.model, users, *platform, *state)));
            }
        }
        contexts
    }

    /// Shows every movement of a context to `visit`.
    pub(crate) fn visit(&self, context: &Context, mut visit: impl FnMut(&Movement)) {
        for channel in Channel::ALL.iter().filter(|one| one.exists_on(context.platform)) {
            let sources = self.ends(context, *channel, Side::Source);
            let targets = self.ends(context, *channel, Side::Target);
            let Some(first) = sources.first().zip(targets.first()) else { continue };
            let mut movement = Movement {
                channel: *channel,
                source: *first.0,
                target: *first.1,
                same_app: false,
                context: context.clone(),
                characters: None,
            };
            for source in &sources {
                for target in &targets {
                    (movement.source, movement.target) = (*source, *target);
                    self.visit_pair(&mut movement, &mut visit);
                }
            }
        }
    }

    /// Shows the movements between two ends.
    fn visit_pair(&self, movement: &mut Movement, visit: &mut impl FnMut(&Movement)) {
        let unlisted = self.model.unlisted_app();
        let same: &[bool] = match (movement.source, movement.target) {
            (
                Endpoint::App { app: a, deployed: one, .. },
                Endpoint::App { app: b, deployed: other, .. },
            ) if a == b => match (a == unlisted, one == other) {
                // Two undeclared apps, or one: only the request knows.
                (true, true) if self.odd => &[false, true],
                (true, _) => &[false],
                (false, true) => &[true],
                // One app is deployed at both ends or at none.
                (false, false) => return,
            },
            _ => &[false],
        };
        let lengths = if movement.channel == Channel::Copy { &self.lengths[..] } else { &[None] };
        for same_app in same {
            for characters in lengths {
                (movement.same_app, movement.characters) = (*same_app, *characters);
                visit(movement);
            }
        }
    }

    /// Every end that a channel has on one side.
    fn ends(&self, context: &Context, channel: Channel, side: Side) -> Vec<Endpoint> {
        let kind = match side {
            Side::Source => channel.source_kind(),
            Side::Target => channel.target_kind(),
        };
        match kind {
            Kind::Place => channel.places().iter().copied().map(Endpoint::Place).collect(),
            Kind::Storage => {
                let writable = |id: &StorageId| self.model.storage(*id).writable;
                let storages = self.storages.iter().copied();
                storages
                    .filter(|id| side == Side::Source || writable(id))
                    .map(Endpoint::Storage)
                    .collect()
            }
            Kind::App => self.app_ends(context),
        }
    }

    /// Every account of every app, deployed and not.
    fn app_ends(&self, context: &Context) -> Vec<Endpoint> {
        let exists = |app: &AppId| {
            let named = self.model.app(*app).origin == Origin::Declared;
            self.model.exists(*app, context.platform) || self.odd && named
        };
        // Where no set says `deployed`, it is tried in one state: that it makes no difference.
        let deployed = if context.state == DeviceState::Intune
            || self.deployed && context.state.is_enrolled()
        {
            &[false, true][..]
        } else {
            &[false]
        };
        let mut ends = Vec::new();
        for app in self.apps.iter().copied().filter(exists) {
            for account in accounts(self.model, app) {
                for deployed in deployed {
                    ends.push(Endpoint::App { app, account: *account, deployed: *deployed });
                }
            }
        }
        ends
    }
}

fn says_deployed(model: &Model) -> bool {
    let rules = model.rules().iter().map(|rule| &rule.scope);
    let scopes = rules.chain(model.expectations().iter().map(|one| &one.scope));
    let sets = scopes.flat_map(|scope| scope.from.iter().chain(&scope.to));
    let avoided = model.expectations().iter().filter_map(|one| match &one.claim {
        Claim::NoPath { avoiding } => avoiding.as_ref(),
        _ => None,
    });
    let mut sets = sets.chain(avoided);
    sets.any(|set| set.terms.iter().chain(&set.except).any(|term| term.deployed))
}

/// Whether a movement is one that expectations range over: both ends exist on the platform, nothing
/// is said that only a request can say.
pub(crate) fn is_plain(model: &Model, movement: &Movement) -> bool {
    let exists = |end| match end {
        Endpoint::App { app, .. } => model.exists(app, movement.context.platform),
        Endpoint::Storage(_) | Endpoint::Place(_) => true,
    };
    let is_one_unlisted = movement.same_app
        && matches!(movement.source, Endpoint::App { app, .. } if app == model.unlisted_app());
    movement.characters.is_none()
        && !is_one_unlisted
        && exists(movement.source)
        && exists(movement.target)
}

/// The accounts that an app has.
fn accounts(model: &Model, app: AppId) -> &'static [Account] {
    if model.app(app).sdk { Account::ALL } else { &[Account::Personal] }
}

/// Every declared group of people, then every filter.
pub(crate) fn users(model: &Model) -> Vec<UsersId> {
    let directory = model.directory();
    let groups = model.users().iter().filter_map(|users| directory.users_named(&users.name));
    let filters = model.filters().iter().filter_map(|one| directory.filter_named(&one.name));
    let mut users: Vec<_> = groups.chain(filters).collect();
    users.sort_unstable();
    users
}

/// A user on a device, given the user's groups and the filters that hold in one list.
pub(crate) fn context(
    model: &Model,
    users: &[UsersId],
    platform: Platform,
    state: DeviceState,
) -> Context {
    let (users, filters) = users.iter().partition(|id| id.index() < model.users().len());
    Context { users, filters, platform, state }
}

/// The user of a context in words, as they stand behind `for`.
pub(crate) fn exactly(model: &Model, context: &Context) -> String {
    let name = |id: &UsersId| model.attribute_name(*id).unwrap();
    let users: Vec<_> = context.users.iter().map(name).collect();
    let users = if users.is_empty() { "none".to_owned() } else { users.join(", ") };
    let filters = model.filters().iter().map(|filter| {
        let holds = context.filters.iter().any(|one| name(one) == filter.name);
        format!("{} matching {}", if holds { "" } else { " not" }, filter.name)
    });
    format!("exactly {users}{}", filters.collect::<String>())
}

fn subsets<T: Copy>(items: &[T]) -> Vec<Vec<T>> {
    items.iter().fold(vec![Vec::new()], |sets, item| {
        let with = sets.iter().map(|set| [&set[..], &[*item]].concat());
        sets.iter().cloned().chain(with).collect()
    })
}

/// The first few items of every kind.
fn some<T: Copy, K: PartialEq>(count: usize, items: Vec<T>, kind: impl Fn(T) -> K) -> Vec<T> {
    let mut kinds = Vec::new();
    let mut first = Vec::new();
    for item in items {
        let kind = kind(item);
        if kinds.iter().filter(|one| **one == kind).count() < count {
            kinds.push(kind);
            first.push(item);
        }
    }
    first
}

// ---------------------------------------------------------------- movements in words

/// A movement as the scope that holds it and nothing else.
pub(crate) fn words(model: &Model, movement: &Movement) -> String {
    let context = &movement.context;
    let users = exactly(model, context);
    let same = if movement.same_app { " // one app" } else { "" };
    let characters = movement.characters.map_or(String::new(), |n| format!(" // {n} characters"));
    format!(
        "{} from {} to {} for {users} on {} devices {}{same}{characters}",
        movement.channel,
        end_words(model, movement.source),
        end_words(model, movement.target),
        context.platform,
        context.state,
    )
}

fn end_words(model: &Model, end: Endpoint) -> String {
    match end {
        Endpoint::App { app, account, deployed } => {
            let app = model.app(app);
            let account = if app.sdk { format!(" as {account}") } else { String::new() };
            let deployed = if deployed { " deployed" } else { "" };
            let name = if app.origin == Origin::Id {
                format!("\"{}\"", app.name)
            } else {
                app.name.clone()
            };
            format!("{name}{account}{deployed}")
        }
        Endpoint::Storage(storage) => model.storage(storage).name.clone(),
        Endpoint::Place(place) => place.word().to_owned(),
    }
}

/// A movement as a request: by names and ids, so that another model can be asked about it.
pub(crate) fn request(model: &Model, movement: &Movement) -> Request<'static> {
    let context = &movement.context;
    let groups = context.users.iter().map(|users| model.users()[users.index()].name.clone());
    let end = |end, somebody| end_request(model, end, context.platform, somebody);
    let other = if movement.same_app { "somebody" } else { "somebody-else" };
    let user = UserRequest::new(groups);
    let filters = context.filters.iter().map(|id| model.attribute_name(*id).unwrap().to_owned());
    let device = DeviceRequest::new(context.platform, context.state).with_filters(filters);
    let (source, target) = (end(movement.source, "somebody"), end(movement.target, other));
    let mut request = Request::new(movement.channel, source, target, user, device);
    request.characters = movement.characters;
    request
}

fn end_request(
    model: &Model,
    end: Endpoint,
    on: Platform,
    somebody: &str,
) -> EndpointRequest<'static> {
    match end {
        Endpoint::App { app, account, deployed } => {
            let name = if app == model.unlisted_app() {
                format!("{on}:org.unheard-of.{somebody}")
            } else {
                model.app(app).name.clone()
            };
            EndpointRequest::app(name).with_account(account).with_deployed(deployed)
        }
        Endpoint::Storage(storage) => EndpointRequest::storage(model.storage(storage).name.clone()),
        Endpoint::Place(place) => EndpointRequest::place(place),
    }
}

/// A movement of an end that has nothing to do but be judged: what a policy has to do with the end
/// can be read from its judgement.
pub(crate) fn probe(context: &Context, source: Endpoint) -> Movement {
    Movement {
        channel: Channel::Print,
        source,
        target: Endpoint::Place(Place::Printer),
        same_app: false,
        context: context.clone(),
        characters: None,
    }
}
