//! Requests of hosts, and their resolution.
//!
//! Takes in a [`Request`], the documented JSON form, and a [`Directory`](crate::model::Directory); gives out
//! a [`Movement`](crate::movement::Movement). Models and compiled tables have a directory each, and resolve
//! alike. Does not know decisions.

mod error;
pub(crate) mod json;
mod resolve;

pub use error::ResolveError;
pub(crate) use resolve::{Endpoints, any_endpoint, any_target, app_named, context, usual_endpoint};

use std::borrow::Cow;

use serde::Serialize;

use crate::vocabulary::{Account, Channel, DeviceState, Place, Platform};

/// An access request: may this data move?
///
/// ```
/// use mam::{Account, Channel, DeviceRequest, DeviceState, EndpointRequest, Platform, Request, UserRequest};
///
/// let request = Request::new(
///     Channel::Share,
///     EndpointRequest::app("outlook").with_account(Account::Work),
///     EndpointRequest::app("ios:net.whatsapp.WhatsApp"),
///     UserRequest::new(["staff"]),
///     DeviceRequest::new(Platform::Ios, DeviceState::Unmanaged),
/// );
/// let json = r#"{"channel": "share",
///     "source": {"app": "outlook", "account": "work"},
///     "target": {"app": "ios:net.whatsapp.WhatsApp"},
///     "user": {"groups": ["staff"]},
///     "device": {"platform": "ios", "management": "unmanaged"}}"#;
/// assert_eq!(request, serde_json::from_str(json)?);
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Request<'a> {
    /// The channel.
    pub channel: Channel,
    /// The source.
    pub source: EndpointRequest<'a>,
    /// The target; may be left out on a channel with one place.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub target: Option<EndpointRequest<'a>>,
    /// The user.
    pub user: UserRequest<'a>,
    /// The device.
    pub device: DeviceRequest<'a>,
    /// On `copy`: the number of characters.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub characters: Option<u32>,
}

impl<'a> Request<'a> {
    /// A request. The target may be `None` on a channel with one place, such as `print`.
    #[must_use]
    pub fn new(
        channel: Channel,
        source: EndpointRequest<'a>,
        target: impl Into<Option<EndpointRequest<'a>>>,
        user: UserRequest<'a>,
        device: DeviceRequest<'a>,
    ) -> Self {
        Self { channel, source, target: target.into(), user, device, characters: None }
    }

    /// The request about a text of this many characters; on `copy` only.
    #[must_use]
    pub fn with_characters(self, characters: u32) -> Self {
        Self { characters: Some(characters), ..self }
    }
}

/// An endpoint of a [`Request`]: an app, or else a storage or place. Names can be borrowed.
///
/// ```
/// let id = String::from("ios:com.example.notes");
/// let endpoint = mam::EndpointRequest::app(&id);   // nothing is copied
/// assert_eq!(endpoint.app.as_deref(), Some("ios:com.example.notes"));
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
#[non_exhaustive]
pub struct EndpointRequest<'a> {
    /// An app: its `.mam` name, `platform:id`, or `url:` and the link, which is read as browsers read
    /// it. To resolve an `http` or `https` link allocates; to resolve anything else does not.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub app: Option<Cow<'a, str>>,
    /// The account in the app. An app without the SDK has a personal account only. In an app with it, a
    /// source is under `work` if none is named; a target is decided under the account with the strictest
    /// decision, [`Decision::assumed`](crate::Decision::assumed).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub account: Option<Account>,
    /// Whether the device's MDM installed the app. Default: `false`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub deployed: Option<bool>,
    /// A storage or place, by its `.mam` name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub storage: Option<Cow<'a, str>>,
}

impl<'a> EndpointRequest<'a> {
    /// An app under its default account.
    #[must_use]
    pub fn app(name: impl Into<Cow<'a, str>>) -> Self {
        Self { app: Some(name.into()), ..Self::default() }
    }

    /// A storage or place, by its `.mam` name.
    #[must_use]
    pub fn storage(name: impl Into<Cow<'a, str>>) -> Self {
        Self { storage: Some(name.into()), ..Self::default() }
    }

    /// A place of the channel.
    #[must_use]
    pub fn place(place: Place) -> Self {
        Self::storage(place.word())
    }

    /// The app under this account.
    #[must_use]
    pub fn with_account(self, account: Account) -> Self {
        Self { account: Some(account), ..self }
    }

    /// The app, installed by the device's MDM or not.
    #[must_use]
    pub fn with_deployed(self, deployed: bool) -> Self {
        Self { deployed: Some(deployed), ..self }
    }
}

/// The user of a [`Request`].
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
#[non_exhaustive]
pub struct UserRequest<'a> {
    /// The names of the user's groups. Names that no file declares are ignored.
    pub groups: Vec<Cow<'a, str>>,
}

impl<'a> UserRequest<'a> {
    /// A user in these groups.
    ///
    /// ```
    /// let user = mam::UserRequest::new(["staff", "sales"]);   // nothing is copied
    /// assert_eq!(user.groups.len(), 2);
    /// ```
    #[must_use]
    pub fn new(groups: impl IntoIterator<Item = impl Into<Cow<'a, str>>>) -> Self {
        Self { groups: groups.into_iter().map(Into::into).collect() }
    }
}

/// The device of a [`Request`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct DeviceRequest<'a> {
    /// Its platform.
    pub platform: Platform,
    /// Its management state.
    pub management: DeviceState,
    /// The names of the filters that hold on app and device; the others do not hold. Required as soon as the
    /// policies declare a filter. Names that no file declares are ignored.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub filters: Option<Vec<Cow<'a, str>>>,
}

impl<'a> DeviceRequest<'a> {
    /// A device of a platform in a management state, of which no filters are known.
    #[must_use]
    pub const fn new(platform: Platform, management: DeviceState) -> Self {
        Self { platform, management, filters: None }
    }

    /// The device, with the filters that hold on it.
    ///
    /// ```
    /// use mam::{DeviceRequest, DeviceState, Platform};
    ///
    /// let device = DeviceRequest::new(Platform::Ios, DeviceState::Unmanaged);
    /// assert_eq!(device.with_filters(["own-phones"]).filters, Some(vec!["own-phones".into()]));
    /// ```
    #[must_use]
    pub fn with_filters(self, filters: impl IntoIterator<Item = impl Into<Cow<'a, str>>>) -> Self {
        Self { filters: Some(filters.into_iter().map(Into::into).collect()), ..self }
    }
}
