//! Movements of data: the requests that are decided, with ids for names.
//!
//! Plain data: a channel, two endpoints, a user and a device. Does not know decisions.

#[cfg(feature = "compile")]
use crate::model::Attributes;
use crate::model::{AppId, StorageId, UsersId};
use crate::vocabulary::{Account, Channel, DeviceState, Place, Platform};

/// An endpoint of a movement.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Endpoint {
    /// An app under one of its accounts.
    App {
        /// The app.
        app: AppId,
        /// The account. An app without the SDK has a personal one only.
        account: Account,
        /// Whether the device's MDM installed the app.
        deployed: bool,
    },
    /// A storage.
    Storage(StorageId),
    /// A place.
    Place(Place),
}

impl Endpoint {
    /// The app under another account; anything else as it is.
    #[must_use]
    pub fn with_account(self, account: Account) -> Self {
        match self {
            Self::App { app, deployed, .. } => Self::App { app, account, deployed },
            Self::Storage(_) | Self::Place(_) => self,
        }
    }
}

/// The context of a movement: its user and device.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Context {
    /// The user's declared groups, ordered.
    pub users: Vec<UsersId>,
    /// The declared filters that hold on app and device, ordered.
    pub filters: Vec<UsersId>,
    /// The device's platform.
    pub platform: Platform,
    /// The device's management state.
    pub state: DeviceState,
}

impl Context {
    /// A user on a device; the groups of the user and the filters that hold are given in one ordered list.
    #[cfg(feature = "compile")]
    pub(crate) fn new(
        attributes: Attributes,
        users: &[UsersId],
        platform: Platform,
        state: DeviceState,
    ) -> Self {
        let (users, filters) = attributes.split(users);
        Self { users: users.to_vec(), filters: filters.to_vec(), platform, state }
    }

    /// The user's groups and the filters that hold, ordered.
    pub(crate) fn attributes(&self) -> impl Iterator<Item = UsersId> {
        self.users.iter().chain(&self.filters).copied()
    }
}

/// A movement of data from a source to a target.
///
/// Complete by definition, like [`Endpoint`] and [`Context`]: tools build values of these types.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Movement {
    /// The channel.
    pub channel: Channel,
    /// The source.
    pub source: Endpoint,
    /// The target.
    pub target: Endpoint,
    /// User and device.
    pub context: Context,
    /// Whether both endpoints are in one app. For declared apps their ids tell; for two unlisted apps only
    /// the request does.
    pub same_app: bool,
    /// The number of characters that are copied, if it is known.
    pub characters: Option<u32>,
}
