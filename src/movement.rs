//! One movement of data, every name resolved.
//!
//! Plain data: a channel, two ends, a user, a device. What becomes of it is decided elsewhere.

use crate::model::{AppId, StorageId, UsersId};
use crate::vocabulary::{Account, Channel, DeviceState, Place, Platform};

/// One end of a movement.
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

/// Who moves data, and on which device.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Context {
    /// The declared groups that the user is in, ordered.
    pub users: Vec<UsersId>,
    /// The device's platform.
    pub platform: Platform,
    /// Who manages the device.
    pub state: DeviceState,
}

/// One movement.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Movement {
    /// How the data moves.
    pub channel: Channel,
    /// Where it comes from.
    pub source: Endpoint,
    /// Where it goes.
    pub target: Endpoint,
    /// Who moves it, and where.
    pub context: Context,
    /// Whether both ends are one and the same app. For declared apps the ids tell; of two unlisted
    /// ones only the request knows.
    pub same_app: bool,
    /// How much text is copied, if that is known.
    pub characters: Option<u32>,
}
