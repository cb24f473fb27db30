//! Errors of requests: the mistake, its member, and the help.
//!
//! Takes in the words of a request, gives out codes, messages and help. Does not know how requests are
//! resolved. Messages are put together when they are printed.

use crate::model::Fact;
use crate::vocabulary::{Channel, DeviceState, Kind, Place, Platform, Side};

/// The error for a request that is no movement of the policy set.
///
/// Members are paths in the JSON form, such as `source.app`. `docs/json.md` lists the codes.
///
/// ```
/// let table = mam::compile("notes.mam", "mam 1\napp notes { sdk }\nusers staff\n\
///     policy p { for staff  protect notes }")?;
/// let device = mam::DeviceRequest::new(mam::Platform::Ios, mam::DeviceState::Unmanaged);
/// let session = table.session(&mam::UserRequest::new(["staff"]), &device)?;
/// let note = mam::EndpointRequest::app("note");
/// let error = session.source(mam::Channel::Share, &note).unwrap_err();
/// assert_eq!(error.code(), "mam::request::unknown-name");
/// assert_eq!(error.to_string(), "unknown app `note` in `source.app`");
/// assert_eq!(error.member(), "source.app");
/// assert_eq!(error.help(), "did you mean `notes`?");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ResolveError {
    /// A name that the policy set does not have.
    #[error("unknown {} `{name}` in `{member}`", noun(*kind))]
    UnknownName {
        /// The member.
        member: &'static str,
        /// The kind of endpoint that the name should have.
        kind: Kind,
        /// The name.
        name: String,
        /// The known name that is closest, if one is close.
        meant: Option<String>,
    },
    /// An app of the form `platform:id` with an unknown prefix, or with nothing behind the colon.
    #[error("`{name}` in `{member}` is no id of an app")]
    BadId {
        /// The member.
        member: &'static str,
        /// The text.
        name: String,
    },
    /// A web link that is not in its ASCII form, in a build without the compiler.
    #[error("the link `{name}` in `{member}` is not in its ASCII form")]
    UnusualLink {
        /// The member.
        member: &'static str,
        /// The text.
        name: String,
    },
    /// An id or link of another platform than the device's.
    #[error("`{name}` in `{member}` is for `{platform}`, but the device is `{device}`")]
    OtherPlatform {
        /// The member.
        member: &'static str,
        /// The id or link.
        name: String,
        /// Its platform.
        platform: Platform,
        /// The device's platform.
        device: Platform,
    },
    /// A required member that is missing.
    #[error("missing member `{member}`, which `{channel}` requires")]
    MissingMember {
        /// The member.
        member: &'static str,
        /// The channel.
        channel: Channel,
    },
    /// A member that does not belong to the channel or to the kind of endpoint.
    #[error("`{member}` does not belong to {owner}")]
    MisplacedMember {
        /// The member.
        member: &'static str,
        /// The channel or endpoint, as a noun.
        owner: String,
    },
    /// An endpoint with both `app` and `storage`.
    #[error("`{side}` has `app` and `storage`")]
    TwoEndpoints {
        /// The side.
        side: Side,
    },
    /// An endpoint of another kind than the channel's.
    #[error("the {side} of `{channel}` is {}, not {}", a(*expected), a(*found))]
    WrongKind {
        /// The side.
        side: Side,
        /// The channel.
        channel: Channel,
        /// The kind that the channel has on this side.
        expected: Kind,
        /// The kind that the request names.
        found: Kind,
    },
    /// A storage or place that is no endpoint of the channel on this side.
    #[error("`{name}` is no {side} of `{channel}`")]
    WrongEndpoint {
        /// The side.
        side: Side,
        /// Its name.
        name: String,
        /// The channel.
        channel: Channel,
    },
    /// A storage to which no data can be saved.
    #[error("`{name}` can only be opened from")]
    ReadOnlyStorage {
        /// Its name.
        name: String,
    },
    /// A channel that the platform does not have.
    #[error("`{channel}` does not exist on `{platform}`")]
    NoSuchChannel {
        /// The channel.
        channel: Channel,
        /// The device's platform.
        platform: Platform,
    },
    /// A device management state that the platform does not have.
    #[error("the device state `{state}` does not exist on `{platform}`")]
    NoSuchDeviceState {
        /// The state.
        state: DeviceState,
        /// The device's platform.
        platform: Platform,
    },
    /// A device without `filters`, where the policies declare filters.
    #[error("missing member `device.filters`: the policies ask for filters")]
    MissingFilters,
    /// A fact that the platform does not have.
    #[error("the fact `{fact}` does not exist on `{platform}`")]
    NoSuchFact {
        /// The fact.
        fact: Fact,
        /// The device's platform.
        platform: Platform,
    },
    /// A table of a version of the format that has no requirements and launch conditions.
    #[error("the table was compiled without requirements and launch conditions")]
    NoAccess,
    /// A deployed app on an unmanaged device.
    #[error("the {side} is `deployed`, but the device is `unmanaged`")]
    NotDeployable {
        /// The side.
        side: Side,
    },
    /// Two endpoints in one app, of which one is deployed.
    #[error("one app is `deployed` as the source or the target, and not as the other")]
    DeployedOnce,
}

impl ResolveError {
    /// The stable code of the error.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::UnknownName { .. } => "mam::request::unknown-name",
            Self::BadId { .. } => "mam::request::bad-id",
            Self::UnusualLink { .. } => "mam::request::unusual-link",
            Self::OtherPlatform { .. } => "mam::request::other-platform",
            Self::MissingMember { .. } => "mam::request::missing-member",
            Self::MisplacedMember { .. } => "mam::request::misplaced-member",
            Self::TwoEndpoints { .. } => "mam::request::two-endpoints",
            Self::WrongKind { .. } => "mam::request::wrong-kind",
            Self::WrongEndpoint { .. } => "mam::request::wrong-endpoint",
            Self::ReadOnlyStorage { .. } => "mam::request::read-only-storage",
            Self::NoSuchChannel { .. } => "mam::request::no-such-channel",
            Self::NoSuchDeviceState { .. } => "mam::request::no-such-device-state",
            Self::MissingFilters => "mam::request::missing-filters",
            Self::NoSuchFact { .. } => "mam::request::no-such-fact",
            Self::NoAccess => "mam::request::no-access",
            Self::NotDeployable { .. } => "mam::request::not-deployable",
            Self::DeployedOnce => "mam::request::deployed-once",
        }
    }

    /// The member of the request that is wrong, as a path in the JSON form.
    #[must_use]
    pub const fn member(&self) -> &'static str {
        match self {
            Self::UnknownName { member, .. }
            | Self::BadId { member, .. }
            | Self::UnusualLink { member, .. }
            | Self::OtherPlatform { member, .. }
            | Self::MissingMember { member, .. }
            | Self::MisplacedMember { member, .. } => member,
            Self::TwoEndpoints { side } | Self::WrongKind { side, .. } => side.word(),
            Self::WrongEndpoint { side: Side::Source, .. } => "source.storage",
            Self::WrongEndpoint { side: Side::Target, .. } | Self::ReadOnlyStorage { .. } => {
                "target.storage"
            }
            Self::NoSuchChannel { .. } => "channel",
            Self::MissingFilters => "device.filters",
            Self::NoSuchFact { .. } => "facts",
            Self::NoAccess => "launch",
            Self::NoSuchDeviceState { .. } => "device.management",
            Self::NotDeployable { side: Side::Source } => "source.deployed",
            Self::NotDeployable { side: Side::Target } | Self::DeployedOnce => "target.deployed",
        }
    }

    /// The help: one sentence in the imperative, or a question.
    #[must_use]
    pub fn help(&self) -> String {
        match self {
            Self::UnknownName { meant: Some(meant), .. } => format!("did you mean `{meant}`?"),
            Self::UnknownName { kind: Kind::App, .. } => {
                "declare the app, or name it by its id, `ios:com.example.app`".to_owned()
            }
            Self::UnknownName { .. } => "declare the storage, or name it `unlisted`".to_owned(),
            Self::BadId { .. } => {
                "write `ios:`, `android:`, `windows:` or `url:`, and the id or link behind it"
                    .into()
            }
            Self::UnusualLink { .. } => {
                "write the link as a URL library gives it, with its host and path in ASCII"
                    .to_owned()
            }
            Self::OtherPlatform { device, .. } => format!("give the app's id on `{device}`"),
            Self::MissingMember { member, channel } => missing(member, *channel),
            Self::MisplacedMember { member, .. } => format!("leave `{member}` out"),
            Self::TwoEndpoints { .. } => "leave one of the two out".to_owned(),
            Self::WrongKind { expected, .. } => format!("name it with `{}`", field(*expected)),
            Self::WrongEndpoint { side, channel, .. } => endpoints(*side, *channel),
            Self::ReadOnlyStorage { .. } => "name another storage".to_owned(),
            Self::NoSuchChannel { .. } => "opening an app is `share` there".to_owned(),
            Self::NoSuchDeviceState { platform, .. } => {
                let states = DeviceState::ALL.iter().filter(|state| state.exists_on(*platform));
                format!("write {}", choice(states.map(|state| state.word())))
            }
            Self::MissingFilters => {
                "list the filters that hold; an empty list says that none does".to_owned()
            }
            Self::NoSuchFact { fact, .. } => format!("leave `facts.{fact}` out"),
            Self::NoAccess => "compile the policies again with this version of `mam`".to_owned(),
            Self::NotDeployable { side } => format!("leave `{side}.deployed` out"),
            Self::DeployedOnce => "give both the same value of `deployed`".to_owned(),
        }
    }
}

/// The help for a missing member.
fn missing(member: &str, channel: Channel) -> String {
    match (member, channel.target_kind()) {
        ("target", Kind::Place) => endpoints(Side::Target, channel),
        ("target", kind) => format!("name {} with `target.{}`", a(kind), field(kind)),
        _ => format!("add `{member}`"),
    }
}

/// The help that names the storages or places on a side of a channel.
fn endpoints(side: Side, channel: Channel) -> String {
    match (side, channel.places()) {
        (Side::Source, _) | (_, []) => "name a storage".to_owned(),
        (Side::Target, places) => {
            let places = places.iter().copied().map(Place::word);
            format!("write {} as `target.storage`", choice(places))
        }
    }
}

/// Words as alternatives: "`a`, `b` or `c`".
fn choice<'a>(words: impl Iterator<Item = &'a str>) -> String {
    let words: Vec<_> = words.map(|word| format!("`{word}`")).collect();
    match words.as_slice() {
        [] => String::new(),
        [one] => one.clone(),
        [others @ .., last] => format!("{} or {last}", others.join(", ")),
    }
}

const fn noun(kind: Kind) -> &'static str {
    match kind {
        Kind::App => "app",
        Kind::Storage => "storage",
        Kind::Place => "place",
    }
}

/// The noun of a kind with its article.
const fn a(kind: Kind) -> &'static str {
    match kind {
        Kind::App => "an app",
        Kind::Storage => "a storage",
        Kind::Place => "a place",
    }
}

/// The member of an endpoint that names this kind.
const fn field(kind: Kind) -> &'static str {
    match kind {
        Kind::App => "app",
        Kind::Storage | Kind::Place => "storage",
    }
}
