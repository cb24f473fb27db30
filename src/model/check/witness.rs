//! Emptiness of endpoint sets: the search for a witness, context by context.
//!
//! A set counts as empty only if no user and no policies can make it hold anything.

use crate::model::resolved::Model;
use crate::model::sets::{Candidate, Context, Managed};
use crate::model::types::{EndpointSet, Scope};
use crate::vocabulary::{Channel, Channels, DeviceStates, Kind, Platform, Platforms, Side};

/// A channel on a platform, with device states that exist there.
#[derive(Debug, Clone, Copy)]
pub(super) struct ChannelContext {
    pub(super) channel: Channel,
    pub(super) platform: Platform,
    pub(super) devices: DeviceStates,
}

/// Every context of a scope.
pub(super) fn contexts(scope: &Scope) -> impl Iterator<Item = ChannelContext> {
    let (platforms, devices) = (scope.platforms, scope.devices);
    contexts_of(scope.channels, platforms, devices)
}

/// Every context of some channels, platforms and device states.
pub(super) fn contexts_of(
    channels: Channels,
    platforms: Platforms,
    devices: DeviceStates,
) -> impl Iterator<Item = ChannelContext> {
    channels.iter().flat_map(move |channel| {
        let platforms = platforms.iter().filter(move |on| channel.exists_on(*on));
        platforms.filter_map(move |platform| {
            let devices: DeviceStates =
                devices.iter().filter(|state| state.exists_on(platform)).collect();
            (!devices.is_empty()).then_some(ChannelContext { channel, platform, devices })
        })
    })
}

/// A witness that a set is not empty in a context: an endpoint that it may hold.
pub(super) fn witness(
    model: &Model,
    set: &EndpointSet,
    side: Side,
    at: ChannelContext,
) -> Option<Candidate> {
    let context = Context { model, platform: at.platform };
    let may = |candidate: &Candidate| set.may_hold(context, *candidate, Managed::Perhaps);
    if at.channel.kind_at(side) != Kind::App {
        return Candidate::all(model, at.channel, side, at.platform, at.devices)
            .into_iter()
            .find(may);
    }
    // Most sets hold the first app that they name.
    set.named_apps(model)
        .chain(model.app_ids())
        .filter(|app| model.exists(*app, at.platform))
        .flat_map(|app| Candidate::of_app(model, app, at.platform, at.devices))
        .find(may)
}
