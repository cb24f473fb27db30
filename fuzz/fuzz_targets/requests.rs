//! Requests about policy sets of `policy_text`, out of arbitrary bytes.

use arbitrary::{Result, Unstructured};
use mam::{
    Account, Channel, DeviceRequest, DeviceState, EndpointRequest, Platform, Request, UserRequest,
};

const APPS: [&str; 5] = ["mail", "docs", "notes", "chat", "bank"];
const USERS: [&str; 3] = ["staff", "guests", "field"];
const FILTERS: [&str; 3] = ["own", "recent", "somewhere-else"];
const STORAGES: [&str; 4] = ["drive", "cloud", "device-storage", "camera"];

/// A request about such a set. Not all of them resolve.
pub fn request(choices: &mut Unstructured<'_>) -> Result<Request<'static>> {
    let channel = *choices.choose(Channel::ALL)?;
    let platform = *choices.choose(Platform::ALL)?;
    let source = if channel == Channel::Open { storage(choices)? } else { app(choices, platform)? };
    let target = match channel {
        Channel::Save => Some(storage(choices)?),
        _ if channel.places().is_empty() => Some(app(choices, platform)?),
        _ => Some(EndpointRequest::place(*choices.choose(channel.places())?)),
    };
    let mut groups = Vec::new();
    for group in USERS {
        if choices.ratio(1, 2)? {
            groups.push(group);
        }
    }
    let limited = channel == Channel::Copy && choices.ratio(1, 2)?;
    let mut filters = Vec::new();
    for filter in FILTERS {
        if choices.ratio(1, 2)? {
            filters.push(filter);
        }
    }
    let device = DeviceRequest::new(platform, *choices.choose(DeviceState::ALL)?);
    let device = device.with_filters(filters);
    let request = Request::new(channel, source, target, UserRequest::new(groups), device);
    if limited { Ok(request.with_characters(choices.int_in_range(0..=200)?)) } else { Ok(request) }
}

fn app(choices: &mut Unstructured<'_>, platform: Platform) -> Result<EndpointRequest<'static>> {
    let name = match choices.int_in_range(0..=6)? {
        5 => format!("{platform}:x"),
        6 => format!("{platform}:y"),
        app => APPS[app].to_owned(),
    };
    let app = EndpointRequest::app(name).with_account(*choices.choose(Account::ALL)?);
    Ok(app.with_deployed(choices.ratio(1, 4)?))
}

fn storage(choices: &mut Unstructured<'_>) -> Result<EndpointRequest<'static>> {
    Ok(EndpointRequest::storage(*choices.choose(&STORAGES)?))
}
