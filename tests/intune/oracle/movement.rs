//! A movement as plain data: everything that the procedures look at, and nothing else.

use mam::vocabulary::{Account, Channel, DeviceState, Place, Platform};

/// What is known of an app, whoever declared it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct App {
    /// What the engine calls it.
    pub(crate) name: String,
    /// Its ids on the platform of the movement, in lower case.
    pub(crate) ids: Vec<String>,
    /// The schemes (`skype:`) and universal links (`*.zoom.us/*`) that open it on iOS.
    pub(crate) urls: Vec<String>,
    /// Carries the SDK.
    pub(crate) sdk: bool,
    /// Keeps work and personal accounts apart.
    pub(crate) multi_identity: bool,
    /// Stands for the apps that a policy will select which selects none yet.
    pub(crate) stand_in: bool,
    /// One of "Core Microsoft Apps".
    pub(crate) core: bool,
    /// One of "Microsoft Apps".
    pub(crate) microsoft: bool,
}

impl App {
    pub(crate) fn has_id(&self, id: &str) -> bool {
        self.ids.iter().any(|own| own == id)
    }

    /// Whether a URL of this scheme, written without its colon, opens the app.
    pub(crate) fn has_scheme(&self, scheme: &str) -> bool {
        self.urls.iter().any(|url| url.strip_suffix(':') == Some(scheme))
    }

    /// Whether a list has all links of the app. Of an app with a part of them nobody can say which it opens.
    pub(crate) fn has_all_links_in(&self, listed: &[String]) -> bool {
        let mut own = self.urls.iter().filter(|url| !url.ends_with(':')).peekable();
        let is_listed = |url: &String| listed.contains(url) || listed.contains(&format!("*.{url}"));
        own.peek().is_some() && own.all(is_listed)
    }
}

/// One end of a movement.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum End<'a> {
    App(Party<'a>),
    Storage(Storage<'a>),
    Place(Place),
}

/// An app under one of its accounts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Party<'a> {
    pub(crate) app: &'a App,
    pub(crate) account: Account,
    /// Installed by the device's MDM.
    pub(crate) deployed: bool,
}

/// A place where files are kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Storage<'a> {
    pub(crate) name: &'a str,
    /// Belongs to the work account.
    pub(crate) corporate: bool,
}

/// The device.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Device {
    pub(crate) platform: Platform,
    pub(crate) state: DeviceState,
}

/// The user.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct User {
    /// The ids of the user's groups.
    pub(crate) groups: Vec<String>,
    /// Of a policy that is assigned to nobody: whether to take this user for assigned.
    pub(crate) declared: bool,
}

/// One movement.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Movement<'a> {
    pub(crate) channel: Channel,
    pub(crate) source: End<'a>,
    pub(crate) target: End<'a>,
    pub(crate) device: Device,
    pub(crate) user: &'a User,
    /// Both ends are one app.
    pub(crate) one_app: bool,
    /// How long the copied text is, if that is known.
    pub(crate) characters: Option<u32>,
}
