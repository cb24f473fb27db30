//! Web links, a family of settings: the browser that opens them, and apps with links of their own (iOS).

use std::collections::BTreeSet;

use super::observed::{Counterpart, EffectCount, Observed};
use super::reader::SettingsReader;
use crate::diagnostic::{Code, Diagnostic};
use crate::intune::emit::members::MemberEmitter;
use crate::intune::emit::rules::RuleEmitter;
use crate::intune::emit::statement::Line;
use crate::intune::names::{AppRef, Names};
use crate::intune::value::{Value, scheme};
use crate::syntax::ast::{IdKind, SetWord, Term};
use crate::vocabulary::{Account, Channel, Effect, Platform, Side};

/// The choices of "Restrict web content transfer with other apps".
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::intune) enum Browser {
    Any,
    Edge,
    /// An unmanaged browser.
    Custom(AppRef),
}

/// The settings for web links.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::intune) struct Web {
    pub(in crate::intune) browser: Browser,
    /// The apps with exempt links, which open outside the browser (iOS).
    pub(in crate::intune) exempt: BTreeSet<AppRef>,
    /// The apps with the SDK that open links of their own, under their work account (iOS).
    pub(in crate::intune) managed: BTreeSet<AppRef>,
}

/// The exempt links of a new policy for iOS.
const EXEMPT: &[&str] = &["maps.apple.com", "facetime.apple.com"];

/// The managed links of a new policy for iOS.
const MANAGED: &[&str] = &[
    "*.sharepoint.com/*",
    "*.sharepoint-df.com/*",
    "*.yammer.com/*",
    "*.onedrive.com/*",
    "tasks.office.com/*",
    "to-do.microsoft.com/sharing*",
    "web.microsoftstream.com/video/*",
    "msit.microsoftstream.com/video/*",
    "*.powerbi.com/*",
    "app.powerbi.cn/*",
    "app.powerbigov.us/*",
    "app.powerbi.de/*",
    "*.service-now.com/*",
    "*.appsplatform.us/*",
    "*.powerapps.cn/*",
    "*.powerapps.com/*",
    "*.powerapps.us/*",
    "*teams.microsoft.com/l/*",
    "*devspaces.skype.com/l/*",
    "*teams.live.com/l/*",
    "*collab.apps.mil/l/*",
    "*teams.microsoft.us/l/*",
    "*teams-fl.microsoft.com/l/*",
    "*.zoom.us/*",
    "zoom.us/*",
];

const REQUIRED: &str = "managedBrowserToOpenLinksRequired";

impl Web {
    /// The settings of a new policy: no restriction, and the default lists.
    pub(in crate::intune) fn open(names: &Names) -> Self {
        let apps = |patterns: &[&str]| patterns.iter().map(|one| app_of(one, names)).collect();
        Self { browser: Browser::Any, exempt: apps(EXEMPT), managed: apps(MANAGED) }
    }

    pub(super) fn read(reader: &mut SettingsReader<'_>) -> Self {
        let members = reader.members;
        let edge = members.word("managedBrowser") == "microsoftEdge";
        let (id, title) = match reader.platform() {
            Platform::Ios => {
                let id = members.text("customBrowserProtocol");
                (id.filter(|id| scheme(id).is_some()), None)
            }
            Platform::Android => {
                (members.text("customBrowserPackageId"), members.text("customBrowserDisplayName"))
            }
            Platform::Windows => (None, None),
        };
        if !members.bool(REQUIRED) {
            if edge {
                let help = "\"Restrict web content transfer\" is not on: links go to any browser";
                reader.contradiction("managedBrowser", "does nothing here", help);
            }
            return Self::open(reader.names);
        }
        let browser = match id {
            Some(id) => Browser::Custom(reader.app(&id, title.as_deref(), REQUIRED)),
            None => Browser::Edge,
        };
        let help = "until then the link goes to the browser";
        reader.unknown_links("managedUniversalLinks", help);
        let help = "until then the link alone is let through, and no movement to an app";
        reader.unknown_links("exemptedUniversalLinks", help);
        let exempt = reader.linked_apps("exemptedUniversalLinks", EXEMPT);
        let mut managed = reader.linked_apps("managedUniversalLinks", MANAGED);
        let names = &*reader.names;
        // Links of apps without the SDK go to the browser.
        managed.retain(|app| is_sdk(app, names));
        Self { browser, exempt, managed }
    }

    /// The canonical form, which `fit` finds from the rules: rules do not distinguish an exempt app with
    /// the SDK from a managed one, unless it separates accounts.
    pub(super) fn canonical(mut self, names: &Names) -> Self {
        self.exempt.retain(|app| !is_sdk(app, names) || separates_accounts(app, names));
        self
    }

    /// The weakest settings that are at least as strict as observed. No setting blocks all browsers.
    pub(super) fn fit(observed: &Observed, names: &Names) -> Self {
        let is_ios = observed.platform == Platform::Ios;
        let sum = |managed| EffectCount::of(observed.leaving(Channel::Link), managed);
        // On Android every managed app may open links. No setting blocks it.
        let is_held = sum(false).is_held() || is_ios && sum(true).is_held();
        if !is_held || observed.platform == Platform::Windows {
            return Self::open(names);
        }
        let free = observed.free_apps(Side::Source, Channel::Link);
        let takes_links = |app: &AppRef| is_ios && links_of(app, names).next().is_some();
        let work: BTreeSet<AppRef> =
            observed.leaving(Channel::Link).filter_map(free_for_work).collect();
        let edge = AppRef::Named("edge".to_owned());
        let is_browser =
            |app: &&AppRef| !takes_links(app) && names.setting_id(app, observed.platform).is_some();
        let browser = match free.iter().find(is_browser) {
            // On Android every managed browser stays allowed, Edge included.
            Some(app) if !is_ios || !work.contains(&edge) => Browser::Custom(app.clone()),
            _ => Browser::Edge,
        };
        let exempt: BTreeSet<AppRef> = free.into_iter().filter(takes_links).collect();
        let managed = work.into_iter().filter(|app| takes_links(app) && !exempt.contains(app));
        let managed = managed.filter(|app| is_sdk(app, names)).collect();
        Self { browser, exempt, managed }
    }

    pub(super) fn lines(&self, emitter: &RuleEmitter<'_>) -> Option<Line> {
        let at = emitter.at(REQUIRED);
        let mut except = match &self.browser {
            Browser::Any => return None,
            Browser::Edge => at.names(&["edge"]),
            Browser::Custom(app) => emitter.whole([app], at),
        };
        let block = at.block(&[Channel::Link]);
        if emitter.platform != Platform::Ios {
            return Some(block.target(SetWord::Unmanaged, except).line());
        }
        for term in self.links(emitter) {
            if !except.contains(&term) {
                except.push(term);
            }
        }
        Some(block.target(SetWord::Any, except).line())
    }

    /// Terms for the apps with links of their own.
    fn links(&self, emitter: &RuleEmitter<'_>) -> Vec<Term> {
        let at = emitter.at_first(&["managedUniversalLinks", "exemptedUniversalLinks", REQUIRED]);
        let usual = Self::open(emitter.names);
        if self.exempt == usual.exempt && self.managed == usual.managed {
            return at.names(&["universal-links"]);
        }
        let managed = self.managed.iter().filter_map(|app| match app {
            AppRef::Named(name) if !self.exempt.contains(app) => Some(at.named(name)),
            _ => None,
        });
        managed.chain(emitter.whole(&self.exempt, at)).collect()
    }

    pub(super) fn write(&self, emitter: &mut MemberEmitter<'_>) {
        let custom = match &self.browser {
            Browser::Custom(app) => Some(app),
            Browser::Any | Browser::Edge => None,
        };
        let names = emitter.names;
        emitter.bool(REQUIRED, self.browser != Browser::Any);
        let is_edge = self.browser == Browser::Edge;
        emitter.word("managedBrowser", if is_edge { "microsoftEdge" } else { "notConfigured" });
        let id = custom.and_then(|app| emitter.id(app));
        emitter.text("customBrowserProtocol", id.as_deref());
        emitter.text("customBrowserPackageId", id.as_deref());
        emitter.text("customBrowserDisplayName", custom.and_then(|app| names.title(app)));
        emitter.set("exemptedUniversalLinks", urls(&self.exempt, names));
        emitter.set("managedUniversalLinks", urls(&self.managed, names));
    }
}

impl SettingsReader<'_> {
    /// The apps of which a list has all links. Of one with a part of them a rule can free all or none.
    fn linked_apps(&mut self, member: &'static str, usual: &[&str]) -> BTreeSet<AppRef> {
        let Some(links) = self.members.texts(member) else {
            return usual.iter().map(|one| app_of(one, self.names)).collect();
        };
        let patterns: BTreeSet<&str> =
            links.iter().map(|link| pattern(link)).filter(|one| !one.is_empty()).collect();
        let names = &*self.names;
        let apps: BTreeSet<AppRef> = patterns.iter().map(|one| app_of(one, names)).collect();
        // A pattern for all hosts below another one is taken to be for that one as well.
        let is_listed =
            |link: &str| patterns.contains(link) || patterns.contains(format!("*.{link}").as_str());
        let has_all = |app: &AppRef| links_of(app, names).all(is_listed);
        let (whole, partly): (BTreeSet<_>, BTreeSet<_>) = apps.into_iter().partition(has_all);
        if let Some(title) = partly.first().and_then(|app| names.title(app)) {
            let others = match partly.len() {
                1 => String::new(),
                count => format!(" and {} more", count - 1),
            };
            let help = format!(
                "it lists some links of \"{title}\"{others} and not all, and is read as if it listed none of them"
            );
            self.kept(member, &help);
        }
        whole
    }

    /// Reports links of apps that no declaration names.
    fn unknown_links(&mut self, member: &'static str, meanwhile: &str) {
        let links = self.members.texts(member).unwrap_or_default();
        let mut unknown: Vec<&str> = links.iter().map(|link| pattern(link)).collect();
        unknown.retain(|link| !link.is_empty() && self.names.name_of(IdKind::Url, link).is_none());
        unknown.dedup();
        unknown.sort_unstable();
        unknown.dedup();
        let Some(first) = unknown.first() else { return };
        let others = match unknown.len() {
            1 => String::new(),
            count => format!(" and {} more", count - 1),
        };
        let message = format!(
            "nobody says which app opens `{first}`{others} in `{}`",
            self.members.path.member(member)
        );
        let help = format!(
            "declare the app in a file of the set, `app NAME {{ ios \"…\" url \"{first}\" }}`, with `sdk` if \
             policies can protect it; {meanwhile}"
        );
        let diagnostic = Diagnostic::new(Code::IntuneUnknownLink, message);
        self.found.push(diagnostic.at(self.members.span(member), "").help(help));
    }
}

/// The app of a counterpart that may open links under its work account.
fn free_for_work((other, verdict): (&Counterpart, &crate::decision::Verdict)) -> Option<AppRef> {
    match other {
        Counterpart::App { app, account: Account::Work, .. } if verdict.effect == Effect::Allow => {
            app.clone()
        }
        Counterpart::App { .. } | Counterpart::Storage(_) | Counterpart::Place(_) => None,
    }
}

/// The patterns of an app's universal links.
fn links_of<'n>(app: &'n AppRef, names: &'n Names) -> impl Iterator<Item = &'n str> {
    names.ids(app, IdKind::Url).into_iter().filter(|url| !url.ends_with(':'))
}

/// The app with links of a pattern.
fn app_of(pattern: &str, names: &Names) -> AppRef {
    match names.name_of(IdKind::Url, pattern) {
        Some(name) => AppRef::Named(name.to_owned()),
        None => AppRef::Id(IdKind::Url, pattern.to_owned()),
    }
}

/// Whether a policy can protect an app.
fn is_sdk(app: &AppRef, names: &Names) -> bool {
    match app {
        AppRef::Named(name) => names.app(name).is_some_and(|known| known.sdk),
        AppRef::Id(..) => false,
    }
}

/// Whether an app separates accounts.
fn separates_accounts(app: &AppRef, names: &Names) -> bool {
    matches!(app, AppRef::Named(name) if names.app(name).is_some_and(|known| known.multi_identity))
}

/// The pattern of a link, without `http` or `https`.
fn pattern(url: &str) -> &str {
    let url = url.trim();
    url.strip_prefix("https://").or_else(|| url.strip_prefix("http://")).unwrap_or(url)
}

/// The universal links of apps, each for `http` and `https`.
fn urls(apps: &BTreeSet<AppRef>, names: &Names) -> Value {
    let links = apps.iter().flat_map(|app| links_of(app, names));
    let mut urls: Vec<String> =
        links.flat_map(|link| [format!("http://{link}"), format!("https://{link}")]).collect();
    urls.sort_unstable();
    Value::Texts(urls)
}
