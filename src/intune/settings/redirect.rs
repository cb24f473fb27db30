//! Redirection of phone numbers and text messages to apps, a family of settings.

use super::exemptions::{DIALER_SCHEMES, MESSAGING_SCHEMES};
use super::observed::{EffectCount, Observed};
use super::reader::SettingsReader;
use super::transfer::Transfer;
use crate::intune::emit::members::MemberEmitter;
use crate::intune::emit::rules::RuleEmitter;
use crate::intune::emit::statement::Line;
use crate::intune::names::{AppRef, Names};
use crate::intune::value::scheme;
use crate::syntax::ast::SetWord;
use crate::vocabulary::{Channel, Platform, Side};

/// The target of links of one kind.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::intune) enum Redirect {
    Any,
    Managed,
    One(AppRef),
    Blocked,
}

/// The redirections of a policy.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::intune) struct Redirects {
    pub(in crate::intune) call: Redirect,
    pub(in crate::intune) message: Redirect,
}

/// The members of one redirection.
struct RedirectMembers {
    channel: Channel,
    level: &'static str,
    scheme: &'static str,
    package: &'static str,
    title: &'static str,
    /// The words of the level: any, managed, one, blocked.
    words: [&'static str; 4],
    /// Schemes whose exemption overrides the setting on iOS.
    defeated_by: &'static [&'static str],
}

const CALL: RedirectMembers = RedirectMembers {
    channel: Channel::Call,
    level: "dialerRestrictionLevel",
    scheme: "customDialerAppProtocol",
    package: "customDialerAppPackageId",
    title: "customDialerAppDisplayName",
    words: ["allApps", "managedApps", "customApp", "blocked"],
    defeated_by: DIALER_SCHEMES,
};

const MESSAGE: RedirectMembers = RedirectMembers {
    channel: Channel::Message,
    level: "protectedMessagingRedirectAppType",
    scheme: "messagingRedirectAppUrlScheme",
    package: "messagingRedirectAppPackageId",
    title: "messagingRedirectAppDisplayName",
    words: ["anyApp", "anyManagedApp", "specificApps", "blocked"],
    defeated_by: MESSAGING_SCHEMES,
};

impl Redirects {
    pub(super) fn read(reader: &mut SettingsReader<'_>, transfer: &Transfer) -> Self {
        Self { call: read(reader, &CALL, transfer), message: read(reader, &MESSAGE, transfer) }
    }

    /// The weakest settings that are at least as strict as observed.
    pub(super) fn fit(observed: &Observed, transfer: &Transfer, names: &Names) -> Self {
        let one = |channel: &RedirectMembers| {
            let is_ios = observed.platform == Platform::Ios;
            let is_idle = observed.platform == Platform::Windows
                || is_ios && transfer.exempts(channel.defeated_by, names);
            if is_idle { Redirect::Any } else { fit(observed, channel.channel, names) }
        };
        Self { call: one(&CALL), message: one(&MESSAGE) }
    }

    pub(super) fn lines(&self, emitter: &RuleEmitter<'_>) -> Vec<Line> {
        let mut lines = Vec::new();
        lines.extend(line(&self.call, emitter, &CALL));
        lines.extend(line(&self.message, emitter, &MESSAGE));
        lines
    }

    pub(super) fn write(&self, emitter: &mut MemberEmitter<'_>) {
        write(&self.call, emitter, &CALL);
        write(&self.message, emitter, &MESSAGE);
    }
}

fn read(reader: &mut SettingsReader<'_>, names: &RedirectMembers, transfer: &Transfer) -> Redirect {
    let members = reader.members;
    let [_, managed, one, blocked] = names.words;
    let level = members.word(names.level);
    let (id, title) = match reader.platform() {
        Platform::Ios => (members.text(names.scheme).filter(|id| scheme(id).is_some()), None),
        Platform::Android => (members.text(names.package), members.text(names.title)),
        Platform::Windows => (None, None),
    };
    let redirect = match (level, id) {
        (word, _) if word == managed => Redirect::Managed,
        (word, Some(id)) if word == one => {
            Redirect::One(reader.app(&id, title.as_deref(), names.level))
        }
        (word, None) if word == one => {
            let help = "name the app; until then nothing takes these links";
            reader.contradiction(names.level, "names no app", help);
            Redirect::Blocked
        }
        (word, _) if word == blocked => Redirect::Blocked,
        _ => return Redirect::Any,
    };
    // An exemption overrides the setting.
    let is_ios = reader.platform() == Platform::Ios;
    if is_ios && transfer.exempts(names.defeated_by, reader.names) {
        Redirect::Any
    } else {
        redirect
    }
}

fn fit(observed: &Observed, channel: Channel, names: &Names) -> Redirect {
    let sum = |managed| EffectCount::of(observed.leaving(channel), managed);
    let (managed, unmanaged) = (sum(true), sum(false));
    if !managed.is_held() && !unmanaged.is_held() {
        return Redirect::Any;
    }
    if managed.is_free() {
        return Redirect::Managed;
    }
    let free = observed.free_apps(Side::Source, channel).into_iter();
    let mut free = free.filter(|app| names.setting_id(app, observed.platform).is_some());
    free.next().map_or(Redirect::Blocked, Redirect::One)
}

fn line(redirect: &Redirect, emitter: &RuleEmitter<'_>, names: &RedirectMembers) -> Option<Line> {
    let at = emitter.at(names.level);
    let block = at.block(&[names.channel]);
    Some(match redirect {
        Redirect::Any => return None,
        Redirect::Managed => block.target(SetWord::Unmanaged, vec![]).line(),
        Redirect::Blocked => block.target(SetWord::Any, vec![]).line(),
        Redirect::One(app) => block.target(SetWord::Any, emitter.whole([app], at)).line(),
    })
}

fn write(redirect: &Redirect, emitter: &mut MemberEmitter<'_>, names: &RedirectMembers) {
    let [any, managed, one, blocked] = names.words;
    let (word, app) = match redirect {
        Redirect::Any => (any, None),
        Redirect::Managed => (managed, None),
        Redirect::One(app) => (one, Some(app)),
        Redirect::Blocked => (blocked, None),
    };
    emitter.word(names.level, word);
    let id = app.and_then(|app| emitter.id(app));
    emitter.text(names.scheme, id.as_deref());
    emitter.text(names.package, id.as_deref());
    let apps = emitter.names;
    emitter.text(names.title, app.and_then(|app| apps.title(app)));
}
