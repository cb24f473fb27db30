//! Movements of data: the requests that are decided, with ids for names.
//!
//! Plain data: a channel, two endpoints, a user and a device. Does not know decisions.

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
    /// The device's platform.
    pub platform: Platform,
    /// The device's management state.
    pub state: DeviceState,
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
