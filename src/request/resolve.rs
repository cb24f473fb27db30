//! Resolution of requests: every name becomes an id.
//!
//! Takes in requests and a [`Directory`], gives out endpoints and movements, or the error. Does not know
//! policies. Nothing is allocated but for web links and errors.

use super::error::ResolveError;
use super::{DeviceRequest, EndpointRequest, Request, UserRequest};
use crate::model::{AppId, Directory, UnusualLink, UsersId};
use crate::movement::{Context, Endpoint, Movement};
use crate::spelling::closest;
use crate::vocabulary::{Account, Channel, Kind, Place, Platform, Side};

/// The resolved endpoints of a movement.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Endpoints {
    pub(crate) source: Endpoint,
    pub(crate) target: Endpoint,
    /// Whether both are one app.
    pub(crate) same_app: bool,
    /// Whether the target is an app of several accounts of which the request names none.
    pub(crate) any_account: bool,
}

impl Endpoints {
    /// The endpoints with each account of the target.
    pub(crate) fn under_each_account(self) -> impl Iterator<Item = (Account, Self)> {
        Account::ALL.iter().map(move |account| {
            let target = self.target.with_account(*account);
            (*account, Self { target, any_account: false, ..self })
        })
    }
}

impl Request<'_> {
    /// Resolves every name, to the movements that the request can mean: one, or one for each account of
    /// the target if that has several and the request names none.
    ///
    /// # Errors
    ///
    /// When a name is unknown, an endpoint is not of the channel's kind, or the movement cannot exist: a
    /// device state that the platform lacks, `deployed` on an unmanaged device, `invoke` on Android.
    pub fn resolve(&self, directory: &Directory) -> Result<Vec<Movement>, ResolveError> {
        let endpoints = self.endpoints(directory)?;
        let context = context(&self.user, &self.device, directory);
        let movement = |Endpoints { source, target, same_app, .. }| Movement {
            channel: self.channel,
            source,
            target,
            same_app,
            context: context.clone(),
            characters: self.characters,
        };
        if !endpoints.any_account {
            return Ok(vec![movement(endpoints)]);
        }
        Ok(endpoints.under_each_account().map(|(_, endpoints)| movement(endpoints)).collect())
    }

    /// Resolves both endpoints. Allocates for unusual web links and for errors.
    #[inline(always)]
    pub(crate) fn endpoints(&self, directory: &Directory) -> Result<Endpoints, ResolveError> {
        self.device.check(directory)?;
        let (source, target) = match self.usual_endpoints(directory) {
            Some(usual) => usual,
            None => self.any_endpoints(directory)?,
        };
        let endpoints = Endpoints {
            source,
            target,
            same_app: self.is_same_app(directory, source, target),
            any_account: self.target.as_ref().is_some_and(|one| one.leaves_open(directory, target)),
        };
        self.check(endpoints)?;
        Ok(endpoints)
    }

    #[inline(always)]
    fn usual_endpoints(&self, directory: &Directory) -> Option<(Endpoint, Endpoint)> {
        let Self { channel, source, .. } = self;
        let device = self.device.platform;
        let target = self.target.as_ref()?;
        let source = usual_endpoint(directory, source, Side::Source, *channel, device)?;
        let target = usual_endpoint(directory, target, Side::Target, *channel, device)?;
        Some((source, target))
    }

    #[cold]
    fn any_endpoints(&self, directory: &Directory) -> Result<(Endpoint, Endpoint), ResolveError> {
        let Self { channel, source, device, .. } = self;
        let source = any_endpoint(directory, source, Side::Source, *channel, device)?;
        Ok((source, any_target(directory, self.target.as_ref(), *channel, device)?))
    }

    /// Whether both endpoints are in one app. Of two unlisted apps the names tell.
    #[inline]
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

    /// Checks the members that belong together.
    #[inline]
    fn check(&self, endpoints: Endpoints) -> Result<(), ResolveError> {
        let (channel, platform) = (self.channel, self.device.platform);
        if !channel.exists_on(platform) {
            return Err(ResolveError::NoSuchChannel { channel, platform });
        }
        if self.characters.is_some() && channel != Channel::Copy {
            return Err(misplaced("characters", channel.word()));
        }
        match (endpoints.source, endpoints.target) {
            (Endpoint::App { deployed: a, .. }, Endpoint::App { deployed: b, .. })
                if endpoints.same_app && a != b =>
            {
                Err(ResolveError::DeployedOnce)
            }
            _ => Ok(()),
        }
    }
}

impl EndpointRequest<'_> {
    /// Whether it leaves open which account of the app it is that it was resolved to.
    #[inline]
    pub(crate) fn leaves_open(&self, directory: &Directory, endpoint: Endpoint) -> bool {
        self.account.is_none()
            && matches!(endpoint, Endpoint::App { app, .. } if directory.has_sdk(app))
    }
}

impl UserRequest<'_> {
    /// The user's declared groups, in the order of the request.
    pub(crate) fn known(&self, directory: &Directory) -> impl Iterator<Item = UsersId> {
        self.groups.iter().filter_map(|group| directory.users_named(group))
    }
}

impl DeviceRequest<'_> {
    /// Checks that the platform has the management state, and that filters are told where policies ask for some.
    #[inline]
    pub(crate) fn check(&self, directory: &Directory) -> Result<(), ResolveError> {
        if !self.management.exists_on(self.platform) {
            return Err(self.unknown());
        }
        if self.filters.is_none() && directory.attributes().filters > 0 {
            return Err(ResolveError::MissingFilters);
        }
        Ok(())
    }

    /// The error about a management state that the platform lacks.
    pub(crate) fn unknown(&self) -> ResolveError {
        ResolveError::NoSuchDeviceState { state: self.management, platform: self.platform }
    }

    /// The declared filters that hold, in the order of the request.
    pub(crate) fn known(&self, directory: &Directory) -> impl Iterator<Item = UsersId> {
        let filters = self.filters.as_deref().unwrap_or_default().iter();
        filters.filter_map(|filter| directory.filter_named(filter))
    }
}

/// The user and the device of a request.
pub(crate) fn context(
    user: &UserRequest<'_>,
    device: &DeviceRequest<'_>,
    directory: &Directory,
) -> Context {
    let ordered = |ids: &mut dyn Iterator<Item = UsersId>| {
        let mut ids: Vec<UsersId> = ids.collect();
        ids.sort_unstable();
        ids.dedup();
        ids
    };
    Context {
        users: ordered(&mut user.known(directory)),
        filters: ordered(&mut device.known(directory)),
        platform: device.platform,
        state: device.management,
    }
}

/// An endpoint that is named in the usual way: an app by its id, or a storage. Nearly all are, and they have
/// no errors; for others there is [`any_endpoint`].
#[inline(always)]
pub(crate) fn usual_endpoint(
    directory: &Directory,
    request: &EndpointRequest<'_>,
    side: Side,
    channel: Channel,
    device: Platform,
) -> Option<Endpoint> {
    match (request, channel.kind_at(side)) {
        (
            EndpointRequest { app: Some(name), account, deployed: None, storage: None },
            Kind::App,
        ) => {
            let app = app_with_own_id(directory, name, device)?;
            Some(app_endpoint(directory, app, *account, false))
        }
        (
            EndpointRequest { storage: Some(name), account: None, deployed: None, app: None },
            Kind::Storage,
        ) => {
            let storage = directory.storage_named(name)?;
            let is_there = side == Side::Source || directory.is_writable(storage);
            is_there.then_some(Endpoint::Storage(storage))
        }
        _ => None,
    }
}

/// Resolves an endpoint of any kind.
#[cold]
pub(crate) fn any_endpoint(
    directory: &Directory,
    request: &EndpointRequest<'_>,
    side: Side,
    channel: Channel,
    device: &DeviceRequest<'_>,
) -> Result<Endpoint, ResolveError> {
    let expected = channel.kind_at(side);
    let wrong = |found| Err(ResolveError::WrongKind { side, channel, expected, found });
    match (&request.app, &request.storage, expected) {
        (Some(_), Some(_), _) => Err(ResolveError::TwoEndpoints { side }),
        (None, None, _) => {
            Err(ResolveError::MissingMember { member: name_member(side, expected), channel })
        }
        (Some(name), None, Kind::App) => installed_app(directory, name, request, side, device),
        (None, Some(name), Kind::Storage | Kind::Place) => {
            check_no_app_members(request, side, name)?;
            place_or_storage(directory, name, side, channel)
        }
        (Some(_), None, _) => wrong(Kind::App),
        (None, Some(name), Kind::App) => {
            wrong(if Place::from_word(name).is_some() { Kind::Place } else { Kind::Storage })
        }
    }
}

/// Resolves a target of any kind. One that is left out is the only place of its channel.
pub(crate) fn any_target(
    directory: &Directory,
    request: Option<&EndpointRequest<'_>>,
    channel: Channel,
    device: &DeviceRequest<'_>,
) -> Result<Endpoint, ResolveError> {
    match (request, channel.places()) {
        (Some(target), _) => any_endpoint(directory, target, Side::Target, channel, device),
        (None, [only]) => Ok(Endpoint::Place(*only)),
        (None, _) => Err(ResolveError::MissingMember { member: "target", channel }),
    }
}

/// The member that names an endpoint of a kind.
const fn name_member(side: Side, kind: Kind) -> &'static str {
    match (side, kind) {
        (Side::Source, Kind::App) => "source.app",
        (Side::Source, Kind::Storage | Kind::Place) => "source.storage",
        (Side::Target, Kind::App) => "target.app",
        (Side::Target, Kind::Storage | Kind::Place) => "target.storage",
    }
}

/// Checks that an endpoint that is no app has no member that only apps have.
fn check_no_app_members(
    request: &EndpointRequest<'_>,
    side: Side,
    name: &str,
) -> Result<(), ResolveError> {
    let member = match (side, request.account, request.deployed) {
        (_, None, None) => return Ok(()),
        (Side::Source, Some(_), _) => "source.account",
        (Side::Source, None, Some(_)) => "source.deployed",
        (Side::Target, Some(_), _) => "target.account",
        (Side::Target, None, Some(_)) => "target.deployed",
    };
    Err(misplaced(member, name))
}

/// The error about a member of something that does not have it.
fn misplaced(member: &'static str, owner: &str) -> ResolveError {
    ResolveError::MisplacedMember { member, owner: format!("`{owner}`") }
}

/// An app under an account, deployed or not.
fn installed_app(
    directory: &Directory,
    name: &str,
    request: &EndpointRequest<'_>,
    side: Side,
    device: &DeviceRequest<'_>,
) -> Result<Endpoint, ResolveError> {
    let app = app_named(directory, name, name_member(side, Kind::App), device.platform)?;
    let deployed = request.deployed.unwrap_or(false);
    if deployed && !device.management.is_enrolled() {
        return Err(ResolveError::NotDeployable { side });
    }
    Ok(app_endpoint(directory, app, request.account, deployed))
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

/// The app that a member of a request names in any way.
pub(crate) fn app_named(
    directory: &Directory,
    name: &str,
    member: &'static str,
    device: Platform,
) -> Result<AppId, ResolveError> {
    if let Some(app) = app_with_own_id(directory, name, device) {
        return Ok(app);
    }
    let Some((prefix, rest)) = name.split_once(':') else {
        let app = directory.app_named(name);
        return app.ok_or_else(|| unknown(name, member, Kind::App, directory.app_names()));
    };
    let platform = match prefix {
        _ if rest.is_empty() => None,
        "url" => Some(Platform::Ios),
        _ => Platform::from_word(prefix),
    };
    match platform {
        None => Err(ResolveError::BadId { member, name: name.to_owned() }),
        Some(platform) if platform != device => {
            Err(ResolveError::OtherPlatform { member, name: name.to_owned(), platform, device })
        }
        // An id of the device's platform is found above: this is a link.
        Some(_) => match directory.app_opening(rest) {
            Ok(app) => Ok(app.unwrap_or(directory.unlisted_app())),
            Err(UnusualLink) => Err(ResolveError::UnusualLink { member, name: name.to_owned() }),
        },
    }
}

/// The place or storage with a name.
fn place_or_storage(
    directory: &Directory,
    name: &str,
    side: Side,
    channel: Channel,
) -> Result<Endpoint, ResolveError> {
    let places = match side {
        Side::Source => &[],
        Side::Target => channel.places(),
    };
    let wrong = || ResolveError::WrongEndpoint { side, name: name.to_owned(), channel };
    if let Some(place) = Place::from_word(name) {
        return if places.contains(&place) { Ok(Endpoint::Place(place)) } else { Err(wrong()) };
    }
    match directory.storage_named(name) {
        Some(_) if !places.is_empty() => Err(wrong()),
        Some(storage) if side == Side::Target && !directory.is_writable(storage) => {
            Err(ResolveError::ReadOnlyStorage { name: name.to_owned() })
        }
        Some(storage) => Ok(Endpoint::Storage(storage)),
        None => Err(unknown_storage(directory, name, side, places)),
    }
}

/// The error about an unknown storage or, on a channel with places, an unknown place.
fn unknown_storage(
    directory: &Directory,
    name: &str,
    side: Side,
    places: &[Place],
) -> ResolveError {
    if places.is_empty() {
        let member = name_member(side, Kind::Storage);
        return unknown(name, member, Kind::Storage, directory.storage_names());
    }
    let words = places.iter().copied().map(Place::word);
    unknown(name, name_member(side, Kind::Place), Kind::Place, words)
}

/// The error about an unknown name, with the candidate that is closest.
fn unknown<'a>(
    name: &str,
    member: &'static str,
    kind: Kind,
    candidates: impl Iterator<Item = &'a str>,
) -> ResolveError {
    let meant = closest(name, candidates).map(str::to_owned);
    ResolveError::UnknownName { member, kind, name: name.to_owned(), meant }
}
