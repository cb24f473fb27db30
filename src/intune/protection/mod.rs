//! What a policy's settings mean, as typed data, one family of settings a file.
//!
//! Each family does four things: `read` takes it from members, where parent settings force their
//! children; `lines` says it in rules; `write` gives the members back; `fit` finds it from what a
//! policy decides, however its rules say it. What reads differently after `lines` and a way back is
//! kept by the importer as `setting`.

mod clipboard;
mod conditions;
mod encryption;
mod features;
mod launch;
mod pin;
mod redirect;
mod transfer;
mod web;

use std::collections::BTreeMap;

use super::levels::Levels;
use super::members::{Members, Value};
use super::names::{AppRef, Names, id_kind};
use super::schema::{Kind, Property};
use super::seen::Seen;
use super::write::{At, Line};
use crate::diagnostic::{Code, Diagnostic};
use crate::model::{self, AccessKind};
use crate::source::Span;
use crate::syntax::ast::{IdKind, Term};
use crate::vocabulary::Platform;

pub(super) use clipboard::{Clipboard, Sharing};
pub(super) use encryption::Encryption;
pub(super) use features::{Features, Keyboards, Notify};
pub(super) use launch::Launches;
pub(super) use pin::{Access, Biometrics, Pin};
pub(super) use redirect::{Redirect, Redirects};
pub(super) use transfer::{Receive, Send, Transfer, listed, usual_apps};
pub(super) use web::{Browser, Web};

/// What a policy decides.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Protection {
    pub(super) transfer: Transfer,
    pub(super) clipboard: Clipboard,
    pub(super) redirects: Redirects,
    pub(super) web: Web,
    pub(super) features: Features,
    pub(super) encryption: Encryption,
    pub(super) access: Access,
    pub(super) launches: Launches,
}

impl Protection {
    /// Reads the settings of a policy for devices of some levels.
    pub(super) fn read(reading: &mut Reading<'_>) -> Self {
        let transfer = Transfer::read(reading);
        let redirects = Redirects::read(reading, &transfer);
        Self {
            clipboard: Clipboard::read(reading),
            web: Web::read(reading),
            features: Features::read(reading, &transfer),
            encryption: Encryption::read(reading),
            access: Access::read(reading),
            launches: Launches::read(reading),
            transfer,
            redirects,
        }
    }

    /// The settings that come closest to what a policy says, and are nowhere milder where some
    /// setting is as strict; with the indices of the launch conditions that no member can state.
    pub(super) fn fit(seen: &Seen, access: &[&model::Access], names: &Names) -> (Self, Vec<usize>) {
        let requirements: Vec<_> = access
            .iter()
            .filter_map(|one| match &one.kind {
                AccessKind::Require(requirement) => Some(requirement),
                AccessKind::Launch { .. } => None,
            })
            .collect();
        let (places, conditions): (Vec<usize>, Vec<_>) = access
            .iter()
            .enumerate()
            .filter_map(|(index, one)| match &one.kind {
                AccessKind::Launch { action, condition } => Some((index, (*action, condition))),
                AccessKind::Require(_) => None,
            })
            .unzip();
        let (launches, unsaid) = Launches::of(&conditions, seen.platform);
        let transfer = Transfer::fit(seen, names);
        let protection = Self {
            clipboard: Clipboard::fit(seen),
            redirects: Redirects::fit(seen, &transfer, names),
            web: Web::fit(seen, names),
            features: Features::fit(seen, &transfer, names),
            encryption: Encryption::of(&requirements),
            access: Access::of(&requirements),
            launches,
            transfer,
        };
        (protection, unsaid.into_iter().filter_map(|index| places.get(index).copied()).collect())
    }

    /// The settings for devices that nobody manages and for enrolled ones together, if one policy can
    /// hold both: some settings know the difference themselves.
    pub(super) fn unify(alone: &Self, enrolled: &Self, platform: Platform) -> Option<Self> {
        let (mut one, mut both) = (alone.clone(), enrolled.clone());
        if one.transfer.send.is_managed() && both.transfer.send == Send::OsSharing {
            one.transfer.send = Send::OsSharing;
        }
        if one.transfer.receive == Receive::All && both.transfer.receive == Receive::Tagged {
            one.transfer.receive = Receive::Tagged;
        }
        let skips = platform == Platform::Android
            && (one.encryption, both.encryption) == (Encryption::Required, Encryption::None);
        if skips {
            one.encryption = Encryption::NotEnrolled;
            both.encryption = Encryption::NotEnrolled;
        }
        (one == both).then_some(both)
    }

    /// The rules and access statements that say it.
    pub(super) fn lines(&self, draft: &Draft<'_>) -> Vec<Line> {
        let mut lines = self.transfer.leaving(draft);
        lines.extend(self.transfer.saving(draft));
        lines.extend(self.clipboard.lines(draft));
        lines.extend(self.redirects.lines(draft));
        lines.extend(self.web.lines(draft));
        lines.extend(self.features.lines(draft, &self.transfer));
        lines.extend(self.transfer.arriving(draft));
        lines.extend(self.transfer.opening(draft));
        lines.extend(self.access.lines(draft));
        lines.extend(self.encryption.lines(draft));
        lines.extend(self.launches.lines(draft));
        lines
    }

    /// The settings as the way back finds them, where rules do not tell everything.
    pub(super) fn told(&self, names: &Names) -> Self {
        Self { web: self.web.clone().told(names), ..self.clone() }
    }

    /// Every member of the platform's type, with its value.
    pub(super) fn members(
        &self,
        platform: Platform,
        names: &Names,
    ) -> BTreeMap<&'static str, Value> {
        let usual = Property::all(platform)
            .filter(|property| !matches!(property.kind, Kind::Special))
            .map(|property| (property.name, Value::usual(property.kind)));
        let mut out = Out { platform, names, values: usual.collect() };
        self.transfer.write(&mut out);
        self.clipboard.write(&mut out);
        self.redirects.write(&mut out);
        self.web.write(&mut out);
        self.features.write(&mut out);
        self.encryption.write(&mut out);
        self.access.write(&mut out);
        self.launches.write(&mut out);
        out.values
    }
}

/// What families read from.
pub(super) struct Reading<'r> {
    pub(super) members: &'r Members<'r>,
    pub(super) levels: &'r Levels,
    pub(super) names: &'r mut Names,
    pub(super) found: &'r mut Vec<Diagnostic>,
}

impl Reading<'_> {
    pub(super) const fn platform(&self) -> Platform {
        self.members.platform
    }

    /// A child setting that its parent overrides.
    fn contradiction(&mut self, name: &str, message: &str, help: &str) {
        let message = format!("`{}` {message}", self.members.path.member(name));
        let diagnostic = Diagnostic::new(Code::IntuneContradiction, message);
        self.found.push(diagnostic.at(self.members.span(name), "").help(help));
    }
}

/// What families write rules with.
pub(super) struct Draft<'d> {
    pub(super) platform: Platform,
    pub(super) levels: &'d Levels,
    pub(super) names: &'d Names,
    /// Where the statements come from; not known where no document was read.
    pub(super) members: Option<&'d Members<'d>>,
    pub(super) nowhere: Span,
}

impl Draft<'_> {
    /// The place of a member.
    pub(super) fn at(&self, name: &str) -> At {
        At(self.members.map_or(self.nowhere, |members| members.span(name)))
    }

    /// The place of the first of some members that is there.
    pub(super) fn at_first(&self, names: &[&str]) -> At {
        At(self.members.map_or(self.nowhere, |members| members.first_span(names)))
    }

    /// Terms for all of some apps, whatever the account.
    fn whole<'a>(&self, apps: impl IntoIterator<Item = &'a AppRef>, at: At) -> Vec<Term> {
        apps.into_iter().map(|app| self.names.whole(app, at)).collect()
    }
}

/// The entries of a list that is written with semicolons.
pub(super) fn split(text: &str) -> impl Iterator<Item = &str> {
    text.split(';').map(str::trim).filter(|one| !one.is_empty())
}

/// What families write members into.
pub(super) struct Out<'o> {
    pub(super) platform: Platform,
    pub(super) names: &'o Names,
    values: BTreeMap<&'static str, Value>,
}

impl Out<'_> {
    /// Sets a member, if the platform's type has it.
    fn set(&mut self, name: &'static str, value: Value) {
        if let Some(slot) = self.values.get_mut(name) {
            *slot = value;
        }
    }

    fn bool(&mut self, name: &'static str, value: bool) {
        self.set(name, Value::Bool(value));
    }

    fn word(&mut self, name: &'static str, value: &'static str) {
        self.set(name, Value::Word(value));
    }

    fn text(&mut self, name: &'static str, value: Option<&str>) {
        let value = value.filter(|text| !text.is_empty());
        self.set(name, value.map_or(Value::Unset, |text| Value::Text(text.to_owned())));
    }

    fn id(&self, app: &AppRef) -> Option<String> {
        setting_id(app, self.platform, self.names)
    }
}

/// The id by which a setting names an app: its scheme on iOS, else its package.
fn setting_id(app: &AppRef, platform: Platform, names: &Names) -> Option<String> {
    if platform != Platform::Ios {
        return names.ids(app, id_kind(platform)).first().map(|id| (*id).to_owned());
    }
    let urls = names.ids(app, IdKind::Url);
    urls.iter().find_map(|url| url.strip_suffix(':')).map(str::to_owned)
}

/// A scheme as settings write it, `contoso` or `contoso://`; `None` where nothing is left of it.
fn scheme(text: &str) -> Option<&str> {
    let scheme = text.trim().trim_end_matches('/').trim_end_matches(':').trim_end();
    (!scheme.is_empty()).then_some(scheme)
}

/// The apps that a setting names by scheme on iOS, by package elsewhere.
fn app_with_id(reading: &mut Reading<'_>, id: &str, title: Option<&str>, member: &str) -> AppRef {
    let span = reading.members.span(member);
    let (kind, id) = match reading.platform() {
        Platform::Ios => (IdKind::Url, format!("{}:", scheme(id).unwrap_or(id))),
        platform => (id_kind(platform), id.to_owned()),
    };
    let mut apps = reading.names.others(kind, &[&id], title, span);
    apps.pop().unwrap_or(AppRef::Id(kind, id))
}
