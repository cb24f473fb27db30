//! Requests of hosts, and their resolution.
//!
//! Takes in a [`Request`], the documented JSON form, and a [`Directory`]; gives out a [`Movement`]. Models
//! and compiled tables have a directory each, and resolve alike. Does not know decisions.

use std::borrow::Cow;
use std::fmt;
use std::marker::PhantomData;

use serde::de::value::MapAccessDeserializer;
use serde::de::{MapAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::diagnostic::closest;
use crate::model::{AppId, Directory, UsersId};
use crate::movement::{Context, Endpoint, Movement};
use crate::vocabulary::{Account, Channel, DeviceState, Kind, Place, Platform};

/// An access request: may this data move?
///
/// ```
/// let request: mam::Request = serde_json::from_str(
///     r#"{"channel": "share",
///         "source": {"app": "outlook", "account": "work"},
///         "target": {"app": "ios:net.whatsapp.WhatsApp"},
///         "user": {"groups": ["staff"]},
///         "device": {"platform": "ios", "management": "unmanaged"}}"#,
/// )?;
/// assert_eq!(request.channel, mam::Channel::Share);
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, remote = "Self")]
pub struct Request<'a> {
    /// The channel.
    pub channel: Channel,
    /// The source.
    pub source: EndpointRequest<'a>,
    /// The target; may be left out on a channel with one place.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub target: Option<EndpointRequest<'a>>,
    /// The user.
    pub user: UserRequest<'a>,
    /// The device.
    pub device: DeviceRequest,
    /// On `copy`: the number of characters.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub characters: Option<u32>,
}

/// An endpoint of a [`Request`]: an app, or else a storage or place. Names can be borrowed.
///
/// ```
/// let id = String::from("ios:com.example.notes");
/// let end = mam::EndpointRequest::app(&id);   // nothing is copied
/// assert_eq!(end.app.as_deref(), Some("ios:com.example.notes"));
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, remote = "Self")]
pub struct EndpointRequest<'a> {
    /// An app: its `.mam` name, `platform:id`, or `url:` and the link, which is read as browsers read
    /// it. To resolve an `http` or `https` link allocates; to resolve anything else does not.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub app: Option<Cow<'a, str>>,
    /// The account in the app. Default: `work` for an app with the SDK, `personal` for any other.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub account: Option<Account>,
    /// Whether the device's MDM installed the app. Default: `false`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub deployed: Option<bool>,
    /// A storage or place, by its `.mam` name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub storage: Option<Cow<'a, str>>,
}

impl<'a> EndpointRequest<'a> {
    /// An app under its default account.
    #[must_use]
    pub fn app(name: impl Into<Cow<'a, str>>) -> Self {
        Self { app: Some(name.into()), ..Self::default() }
    }

    /// An app under this account.
    #[must_use]
    pub fn account(name: impl Into<Cow<'a, str>>, account: Account) -> Self {
        Self { account: Some(account), ..Self::app(name) }
    }

    /// A storage or place.
    #[must_use]
    pub fn storage(name: impl Into<Cow<'a, str>>) -> Self {
        Self { storage: Some(name.into()), ..Self::default() }
    }
}

/// The user of a [`Request`].
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, remote = "Self")]
pub struct UserRequest<'a> {
    /// The names of the user's groups. Names that no file declares are ignored.
    pub groups: Vec<Cow<'a, str>>,
}

/// The device of a [`Request`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, remote = "Self")]
pub struct DeviceRequest {
    /// Its platform.
    pub platform: Platform,
    /// Its management state.
    pub management: DeviceState,
}

/// `Serialize` and `Deserialize` for structs that are JSON objects only: serde's derive would read arrays,
/// too.
macro_rules! objects_only {
    ($($name:ident $(<$life:lifetime>)?)*) => { $(
        impl $(<$life>)? Serialize for $name $(<$life>)? {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                // The function that the derive wrote, not this one.
                $name::serialize(self, serializer)
            }
        }

        impl<'de $(, $life)?> Deserialize<'de> for $name $(<$life>)? {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                struct Object<T>(PhantomData<T>);

                impl<'de $(, $life)?> Visitor<'de> for Object<$name $(<$life>)?> {
                    type Value = $name $(<$life>)?;

                    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                        f.write_str("a JSON object")
                    }

                    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Self::Value, A::Error> {
                        $name::deserialize(MapAccessDeserializer::new(map))
                    }
                }

                deserializer.deserialize_map(Object(PhantomData))
            }
        }
    )* };
}

objects_only! { Request<'a> EndpointRequest<'a> UserRequest<'a> DeviceRequest }

/// The reason for which a request is no movement of the policy set.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ResolveError(String);

impl fmt::Display for ResolveError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for ResolveError {}

/// An error with a message.
fn refuse<T>(message: impl Into<String>) -> Result<T, ResolveError> {
    Err(ResolveError(message.into()))
}

/// The resolved endpoints of a movement.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Ends {
    pub(crate) source: Endpoint,
    pub(crate) target: Endpoint,
    /// Whether both are one app.
    pub(crate) same_app: bool,
}

impl Request<'_> {
    /// Resolves every name.
    ///
    /// # Errors
    ///
    /// When a name is unknown, an endpoint is not of the channel's kind, or the movement cannot exist: a
    /// device state that the platform lacks, `deployed` on an unmanaged device, `invoke` on Android.
    pub fn resolve(&self, directory: &Directory) -> Result<Movement, ResolveError> {
        let DeviceRequest { platform, management: state } = self.device;
        let Ends { source, target, same_app } = self.ends(directory)?;
        let mut users: Vec<_> = self.user.known(directory).collect();
        users.sort_unstable();
        users.dedup();
        Ok(Movement {
            channel: self.channel,
            source,
            target,
            same_app,
            context: Context { users, platform, state },
            characters: self.characters,
        })
    }

    /// Resolves both endpoints. Allocates for web links and for errors.
    pub(crate) fn ends(&self, directory: &Directory) -> Result<Ends, ResolveError> {
        self.device.check()?;
        let (source, target) = (self.source(directory)?, self.target(directory)?);
        let ends = Ends { source, target, same_app: self.is_same_app(directory, source, target) };
        self.check(ends)?;
        Ok(ends)
    }

    fn source(&self, directory: &Directory) -> Result<Endpoint, ResolveError> {
        let kind = self.channel.source_kind();
        endpoint(directory, &self.source, kind, "source", self.channel, self.device)
    }

    fn target(&self, directory: &Directory) -> Result<Endpoint, ResolveError> {
        let channel = self.channel;
        match (&self.target, channel.places()) {
            (Some(target), _) => {
                endpoint(directory, target, channel.target_kind(), "target", channel, self.device)
            }
            (None, [only]) => Ok(Endpoint::Place(*only)),
            (None, []) => {
                refuse(format!("missing field `target`: `{channel}` goes to an app or storage"))
            }
            (None, places) => {
                let places: Vec<_> = places.iter().map(|place| format!("`{place}`")).collect();
                let places = places.join(", ");
                refuse(format!("missing field `target`: `{channel}` goes to one of {places}"))
            }
        }
    }

    /// Whether both endpoints are in one app. Of two unlisted apps the names tell.
    fn is_same_app(&self, directory: &Directory, source: Endpoint, target: Endpoint) -> bool {
        match (source, target) {
            (Endpoint::App { app: one, .. }, Endpoint::App { app: other, .. }) => {
                one == other && (one != directory.unlisted_app() || self.names_one_id())
            }
            _ => false,
        }
    }

    fn names_one_id(&self) -> bool {
        let target = self.target.as_ref().and_then(|target| target.app.as_deref());
        let names = self.source.app.as_deref().zip(target);
        names.is_some_and(|(a, b)| a.contains(':') && a.eq_ignore_ascii_case(b))
    }

    fn check(&self, ends: Ends) -> Result<(), ResolveError> {
        if !self.channel.exists_on(self.device.platform) {
            return refuse("`invoke` does not exist on `android`; opening an app is `share` there");
        }
        if self.characters.is_some() && self.channel != Channel::Copy {
            return refuse(format!("`characters` belongs to `copy`, not to `{}`", self.channel));
        }
        if let (Endpoint::App { deployed: a, .. }, Endpoint::App { deployed: b, .. }) =
            (ends.source, ends.target)
            && ends.same_app
            && a != b
        {
            return refuse("one app is `deployed` at one end and not at the other");
        }
        Ok(())
    }
}

impl UserRequest<'_> {
    /// The user's declared groups, in the order of the request.
    pub(crate) fn known(&self, directory: &Directory) -> impl Iterator<Item = UsersId> {
        self.groups.iter().filter_map(|group| directory.users_named(group))
    }
}

impl DeviceRequest {
    /// Checks that the platform has the management state.
    pub(crate) fn check(self) -> Result<(), ResolveError> {
        if self.management.exists_on(self.platform) { Ok(()) } else { Err(self.unknown()) }
    }

    /// The error of [`check`](Self::check).
    pub(crate) fn unknown(self) -> ResolveError {
        let (platform, state) = (self.platform, self.management);
        ResolveError(format!("the device state `{state}` does not exist on `{platform}`"))
    }
}

/// Resolves one endpoint.
#[inline(always)]
pub(crate) fn endpoint(
    directory: &Directory,
    request: &EndpointRequest<'_>,
    kind: Kind,
    role: &str,
    channel: Channel,
    device: DeviceRequest,
) -> Result<Endpoint, ResolveError> {
    // The fast path of nearly all requests, which has no errors.
    if let EndpointRequest { app: Some(name), account, deployed: None, storage: None } = request
        && kind == Kind::App
        && let Some(app) = app_with_own_id(directory, name, device.platform)
    {
        return Ok(app_endpoint(directory, app, *account, false));
    }
    any_endpoint(directory, request, kind, role, channel, device)
}

/// Resolves an endpoint of any kind.
fn any_endpoint(
    directory: &Directory,
    request: &EndpointRequest<'_>,
    kind: Kind,
    role: &str,
    channel: Channel,
    device: DeviceRequest,
) -> Result<Endpoint, ResolveError> {
    match (&request.app, &request.storage, kind) {
        (Some(_), Some(_), _) => {
            refuse(format!("the {role} has `app` and `storage`; it can be one"))
        }
        (None, None, Kind::App) => refuse(format!("missing field `app` in the {role}")),
        (None, None, _) => refuse(format!("missing field `storage` in the {role}")),
        (None, Some(name), Kind::Storage | Kind::Place) => {
            if request.account.is_some() || request.deployed.is_some() {
                return refuse(format!("`account` and `deployed` belong to apps, not to `{name}`"));
            }
            place_or_storage(directory, name, role, channel)
        }
        (Some(name), None, Kind::App) => {
            let app = app(directory, name, device.platform)?;
            let deployed = request.deployed.unwrap_or(false);
            if deployed && !device.management.is_enrolled() {
                return refuse(format!("the {role} is `deployed`, but the device is `unmanaged`"));
            }
            Ok(app_endpoint(directory, app, request.account, deployed))
        }
        (Some(_), None, _) => {
            refuse(format!("the {role} of `{channel}` is no app; name it with `storage`"))
        }
        (None, Some(_), Kind::App) => {
            refuse(format!("the {role} of `{channel}` is an app; name it with `app`"))
        }
    }
}

/// An app under the account of the request or its default account; without the SDK it has one only.
#[inline]
fn app_endpoint(
    directory: &Directory,
    app: AppId,
    account: Option<Account>,
    deployed: bool,
) -> Endpoint {
    let account = match directory.has_sdk(app) {
        true => account.unwrap_or(Account::Work),
        false => Account::Personal,
    };
    Endpoint::App { app, account, deployed }
}

/// The app with an id of the device's platform. An id that no declaration has is an unlisted app.
#[inline]
fn app_with_own_id(directory: &Directory, name: &str, on: Platform) -> Option<AppId> {
    // The words are spelt out, so that to compare them is no call.
    let id = match on {
        Platform::Ios => name.strip_prefix("ios:"),
        Platform::Android => name.strip_prefix("android:"),
        Platform::Windows => name.strip_prefix("windows:"),
    };
    let id = id.filter(|id| !id.is_empty())?;
    Some(directory.app_with_id(on, id).unwrap_or_else(|| directory.unlisted_app()))
}

/// The app that a request names in any way.
fn app(directory: &Directory, name: &str, on: Platform) -> Result<AppId, ResolveError> {
    if let Some(app) = app_with_own_id(directory, name, on) {
        return Ok(app);
    }
    let Some((kind, rest)) = name.split_once(':') else {
        return match directory.app_named(name) {
            Some(app) => Ok(app),
            None => unknown(name, "app", directory),
        };
    };
    if rest.is_empty() {
        return refuse(format!("`{name}` has nothing behind the colon"));
    }
    match (kind, Platform::from_word(kind)) {
        ("url", _) if on == Platform::Ios => {
            Ok(directory.app_opening(rest).unwrap_or(directory.unlisted_app()))
        }
        ("url", _) => refuse(format!("`{name}` is an iOS link, but the device is `{on}`")),
        (_, Some(platform)) => {
            refuse(format!("`{name}` is an id of `{platform}`, but the device is `{on}`"))
        }
        (_, None) => refuse(format!(
            "`{name}` is no app: an id begins with `ios:`, `android:`, `windows:` or `url:`"
        )),
    }
}

/// The place or storage with a name.
fn place_or_storage(
    directory: &Directory,
    name: &str,
    role: &str,
    channel: Channel,
) -> Result<Endpoint, ResolveError> {
    if let Some(place) = Place::from_word(name) {
        return if role == "target" && channel.places().contains(&place) {
            Ok(Endpoint::Place(place))
        } else {
            refuse(format!("`{name}` is no {role} of `{channel}`"))
        };
    }
    let wants_place = role == "target" && channel.target_kind() == Kind::Place;
    match directory.storage_named(name) {
        Some(_) if wants_place => refuse(format!("`{name}` is no {role} of `{channel}`")),
        Some(storage) if role == "target" && !directory.is_writable(storage) => {
            refuse(format!("`{name}` can only be opened from"))
        }
        Some(storage) => Ok(Endpoint::Storage(storage)),
        None => unknown(name, "storage", directory),
    }
}

/// The error about an unknown name, with a suggestion.
fn unknown<T>(name: &str, what: &str, directory: &Directory) -> Result<T, ResolveError> {
    match closest(name, directory.names()) {
        Some(known) => refuse(format!("unknown {what} `{name}`; did you mean `{known}`?")),
        None => refuse(format!("unknown {what} `{name}`")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_objects_are_requests() {
        let device = r#"{"platform":"ios","management":"intune"}"#;
        assert!(serde_json::from_str::<DeviceRequest>(device).is_ok());
        assert!(serde_json::from_str::<DeviceRequest>(r#"["ios","intune"]"#).is_err());
        assert!(serde_json::from_str::<UserRequest>(r#"{"groups":[],"groups":[]}"#).is_err());
        let request = format!(
            r#"{{"channel":"print","source":["a"],"user":{{"groups":[]}},"device":{device}}}"#
        );
        let error = serde_json::from_str::<Request>(&request).unwrap_err().to_string();
        assert!(error.contains("expected a JSON object"), "{error}");
    }
}
