//! Requests about accesses, and their resolution.

use std::borrow::Cow;

use serde::Serialize;

use super::facts::Facts;
use crate::model::{AppId, Directory};
use crate::movement::Context;
use crate::request::json::objects;
use crate::request::{DeviceRequest, ResolveError, UserRequest, app_named, context};
use crate::vocabulary::Account;

/// An access request: may this app be opened?
///
/// ```
/// let json = r#"{"launch": {"app": "outlook", "account": "work"},
///     "user": {"groups": ["staff"]}, "device": {"platform": "ios", "management": "unmanaged"},
///     "facts": {"os": "16.4", "jailbroken": false}}"#;
/// let request: mam::AccessRequest = serde_json::from_str(json)?;
/// assert_eq!(request.launch.app, "outlook");
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct AccessRequest<'a> {
    /// The app and the account.
    pub launch: LaunchRequest<'a>,
    /// The user.
    pub user: UserRequest<'a>,
    /// The device.
    pub device: DeviceRequest<'a>,
    /// The facts that are known.
    pub facts: Facts<'a>,
}

impl<'a> AccessRequest<'a> {
    /// A request.
    #[must_use]
    pub const fn new(
        launch: LaunchRequest<'a>,
        user: UserRequest<'a>,
        device: DeviceRequest<'a>,
        facts: Facts<'a>,
    ) -> Self {
        Self { launch, user, device, facts }
    }

    /// Resolves every name.
    ///
    /// # Errors
    ///
    /// When the app is unknown, or when the platform lacks the device state or a fact.
    pub fn resolve(&self, directory: &Directory) -> Result<AppAccess, ResolveError> {
        let (app, account) = self.opened(directory)?;
        Ok(AppAccess { app, account, context: context(&self.user, &self.device, directory) })
    }

    /// Resolves the app and the account, and checks the facts.
    pub(crate) fn opened(&self, directory: &Directory) -> Result<(AppId, Account), ResolveError> {
        self.device.check(directory)?;
        let platform = self.device.platform;
        let app = app_named(directory, &self.launch.app, "launch.app", platform)?;
        if let Some(fact) = self.facts.known().iter().find(|fact| !fact.exists_on(platform)) {
            return Err(ResolveError::NoSuchFact { fact, platform });
        }
        let account = match directory.app(app).sdk {
            true => self.launch.account.unwrap_or(Account::Work),
            false => Account::Personal,
        };
        Ok((app, account))
    }
}

/// The app of an [`AccessRequest`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct LaunchRequest<'a> {
    /// The app: its `.mam` name, `platform:id`, or `url:` and a link.
    pub app: Cow<'a, str>,
    /// The account. Default: `work` for an app with the SDK, `personal` for any other.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub account: Option<Account>,
}

impl<'a> LaunchRequest<'a> {
    /// An app under its default account.
    #[must_use]
    pub fn app(name: impl Into<Cow<'a, str>>) -> Self {
        Self { app: name.into(), account: None }
    }

    /// The app under this account.
    #[must_use]
    pub fn with_account(self, account: Account) -> Self {
        Self { account: Some(account), ..self }
    }
}

objects! {
    AccessRequest<'a> {
        launch: required,
        user: required,
        device: required,
        facts: default,
    }
    LaunchRequest<'a> {
        app: required,
        account: optional,
    }
}

/// An access: an app under an account, for one user on one device. The facts stand beside it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct AppAccess {
    /// The app.
    pub app: AppId,
    /// The account. An app without the SDK has a personal one only.
    pub account: Account,
    /// User and device.
    pub context: Context,
}
