//! Endpoints that exist, and movements that are possible between two of them.
//!
//! Takes in a model, a channel and a device, gives out every endpoint. Existence is settled here: apps only
//! where they exist, `deployed` only on enrolled devices, no movement inside one app under one account.
//! Scopes and rules are not known here.

use crate::model::{Model, Origin, PolicyId};
use crate::movement::{Context, Endpoint, Movement};
use crate::table::EndpointView;
use crate::vocabulary::{Account, Channel, DeviceState, Kind, Platform, Side};

/// A universe of endpoints: everything that decides which of them exist on one side of a channel.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(in crate::analysis) struct Universe {
    platform: Platform,
    is_enrolled: bool,
    kind: Kind,
    /// Channel and side, where they matter: for storages and places.
    on: Option<(Channel, Side)>,
}

impl Universe {
    pub(in crate::analysis) fn new(
        channel: Channel,
        side: Side,
        platform: Platform,
        state: DeviceState,
    ) -> Self {
        let kind = channel.kind_at(side);
        let on = (kind != Kind::App).then_some((channel, side));
        Self { platform, is_enrolled: state.is_enrolled(), kind, on }
    }
}

/// Every endpoint that exists on one side of a channel on a device: apps in the order of declaration, each
/// account by itself, deployed ones behind.
pub(crate) fn every_endpoint(
    model: &Model,
    channel: Channel,
    side: Side,
    platform: Platform,
    state: DeviceState,
) -> Vec<Endpoint> {
    match channel.kind_at(side) {
        Kind::Place => channel.places().iter().copied().map(Endpoint::Place).collect(),
        Kind::Storage => model
            .storage_ids()
            .filter(|id| side == Side::Source || model.storage(*id).writable)
            .map(Endpoint::Storage)
            .collect(),
        Kind::App => apps(model, platform, state),
    }
}

/// Whether policies that protect an app judge it under its account with all of their rules: the app has an SDK, and the
/// account is the company's or the only one at a time.
pub(in crate::analysis) fn can_be_judged(model: &Model, end: Endpoint) -> bool {
    match end {
        Endpoint::App { app, account, .. } => {
            let app = model.app(app);
            app.sdk && (!app.multi_identity || account == Account::Work)
        }
        Endpoint::Storage(_) | Endpoint::Place(_) => false,
    }
}

/// Whether a policy judges an endpoint, where it applies, although that is not managed: it is not confirmed.
pub(in crate::analysis) fn is_judged_unmanaged(
    model: &Model,
    policy: PolicyId,
    end: Endpoint,
) -> bool {
    model.policy(policy).unconfirmed.is_some() && can_be_judged(model, end)
}

/// Whether an example of a channel is plain with an endpoint as its target: the system's apps are for one channel each,
/// and a keyboard is rarely an app that a set declares.
pub(in crate::analysis) fn is_usual_target(model: &Model, channel: Channel, end: Endpoint) -> bool {
    let Endpoint::App { app, .. } = end else { return true };
    let app = model.app(app);
    match (app.origin, channel) {
        (Origin::BuiltIn, Channel::Call) => app.name == "dialer",
        (Origin::BuiltIn, Channel::Message) => app.name == "messages",
        (Origin::BuiltIn, Channel::Link) => app.name == "browser",
        (Origin::Unlisted, _) => true,
        (_, Channel::Type) | (Origin::BuiltIn, _) => false,
        (Origin::Declared | Origin::Id, _) => true,
    }
}

fn apps(model: &Model, platform: Platform, state: DeviceState) -> Vec<Endpoint> {
    let existing = model.app_ids().filter(|app| model.exists(*app, platform));
    let endpoints = existing.flat_map(|app| {
        let uses = uses_of_app(model.app(app).sdk, state);
        uses.map(move |(account, deployed)| Endpoint::App { app, account, deployed })
    });
    endpoints.collect()
}

/// The accounts under which an app can be used on devices in a state, each without and with deployment
/// where apps can be deployed. Without the SDK there is one account.
pub(super) fn uses_of_app(sdk: bool, state: DeviceState) -> impl Iterator<Item = (Account, bool)> {
    let accounts = if sdk { Account::ALL } else { &[Account::Personal] };
    let deployed: &[bool] = if state.is_enrolled() { &[false, true] } else { &[false] };
    accounts.iter().flat_map(move |account| deployed.iter().map(move |one| (*account, *one)))
}

/// The views that an endpoint can have: an app with the SDK may be managed or not.
pub(in crate::analysis) fn views_of_endpoint(
    model: &Model,
    end: Endpoint,
) -> impl Iterator<Item = EndpointView> {
    let can_be_managed = matches!(end, Endpoint::App { app, .. } if model.app(app).sdk);
    let managed = if can_be_managed { &[false, true][..] } else { &[false] };
    managed.iter().map(move |managed| EndpointView { end, managed: *managed })
}

/// Whether data can move between two views. An app is deployed or not, and a movement inside one app under
/// one account is none; an app with one account at a time has one where both views are managed.
pub(in crate::analysis) fn can_move(
    model: &Model,
    channel: Channel,
    from: EndpointView,
    to: EndpointView,
) -> bool {
    let (
        Endpoint::App { app: a, account: x, deployed: p },
        Endpoint::App { app: b, account: y, deployed: q },
    ) = (from.end, to.end)
    else {
        return true;
    };
    if a != b || a == model.unlisted_app() {
        return true;
    }
    p == q && !(channel.stays_inside() && (x == y || from.managed && to.managed))
}

/// The endpoint as if the device's MDM had not installed it.
pub(in crate::analysis) fn not_deployed(end: Endpoint) -> Endpoint {
    match end {
        Endpoint::App { app, account, .. } => Endpoint::App { app, account, deployed: false },
        Endpoint::Storage(_) | Endpoint::Place(_) => end,
    }
}

/// Whether an endpoint is an app that the device's MDM installed.
pub(in crate::analysis) fn is_deployed(end: &Endpoint) -> bool {
    matches!(end, Endpoint::App { deployed: true, .. })
}

/// The movement between two endpoints.
pub(in crate::analysis) fn movement(
    model: &Model,
    channel: Channel,
    (source, target): (Endpoint, Endpoint),
    context: Context,
) -> Movement {
    let same_app = matches!(
        (source, target),
        (Endpoint::App { app: a, .. }, Endpoint::App { app: b, .. })
            if a == b && a != model.unlisted_app()
    );
    Movement { channel, source, target, context, same_app, characters: None }
}
