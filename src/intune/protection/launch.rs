//! Conditional launch: which states of device, app and account stop an app from opening.
//!
//! The members themselves are the data: each stands for one statement, or qualifies one.

use std::collections::BTreeMap;

use super::{Draft, Out, Reading, split};
use crate::diagnostic::{Code, Diagnostic};
use crate::intune::members::{Members, Value};
use crate::intune::write::{At, Line};
use crate::syntax::ast::{self, Test};
use crate::vocabulary::Platform;

/// Members with their values, where they stop something.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(in crate::intune) struct Launches {
    pub(in crate::intune) set: BTreeMap<&'static str, Value>,
}

/// How a member reads as a statement.
#[derive(Debug, Clone, Copy)]
pub(in crate::intune) struct Launch {
    pub(in crate::intune) member: &'static str,
    pub(in crate::intune) subject: &'static str,
    pub(in crate::intune) what: What,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::intune) enum What {
    /// The value is a version, below which this happens.
    Below(&'static str),
    /// The same, above which.
    Above(&'static str),
    /// The value is a day, before which this happens.
    Before(&'static str),
    /// The value is a number of days, after which this happens; 0 is never.
    Days(&'static str),
    /// The value is a time, after which this happens; 0 is never.
    Time(&'static str),
    /// The value is the action: the condition compares with this word, or stands alone.
    Action(Option<&'static str>),
    /// The value names models or manufacturers, the other member is the action.
    NotIn(&'static str),
    /// The value switches it on, the other member is the action.
    On(&'static str),
    /// The value is the greatest threat allowed, the other member is the action.
    Threat(&'static str),
    /// The value is what must be attested; the others are the evaluation and the action.
    Attested(&'static str, &'static str),
    /// The value demands scans, the other member is the action.
    Scan(&'static str),
}

const fn row(member: &'static str, subject: &'static str, what: What) -> Launch {
    Launch { member, subject, what }
}

const SAFETY_NET: &str = "requiredAndroidSafetyNetDeviceAttestationType";
pub(in crate::intune) const EVALUATION: &str = "requiredAndroidSafetyNetEvaluationType";
const LOCK_LOW: &str = "appActionIfDevicePasscodeComplexityLessThanLow";
const KNOX: &str = "appActionIfSamsungKnoxAttestationRequired";

/// Every statement that members can make, in the order in which it is printed.
#[rustfmt::skip]
pub(in crate::intune) const LAUNCHES: &[Launch] = &[
    row("minimumWarningOsVersion", "os", What::Below("warn")),
    row("minimumRequiredOsVersion", "os", What::Below("block")),
    row("minimumWipeOsVersion", "os", What::Below("wipe")),
    row("maximumWarningOsVersion", "os", What::Above("warn")),
    row("maximumRequiredOsVersion", "os", What::Above("block")),
    row("maximumWipeOsVersion", "os", What::Above("wipe")),
    row("minimumWarningPatchVersion", "patch", What::Before("warn")),
    row("minimumRequiredPatchVersion", "patch", What::Before("block")),
    row("minimumWipePatchVersion", "patch", What::Before("wipe")),
    row("minimumWarningAppVersion", "app", What::Below("warn")),
    row("minimumRequiredAppVersion", "app", What::Below("block")),
    row("minimumWipeAppVersion", "app", What::Below("wipe")),
    row("minimumWarningSdkVersion", "sdk", What::Below("warn")),
    row("minimumRequiredSdkVersion", "sdk", What::Below("block")),
    row("minimumWipeSdkVersion", "sdk", What::Below("wipe")),
    row("minimumWarningCompanyPortalVersion", "company-portal", What::Below("warn")),
    row("minimumRequiredCompanyPortalVersion", "company-portal", What::Below("block")),
    row("minimumWipeCompanyPortalVersion", "company-portal", What::Below("wipe")),
    row("warnAfterCompanyPortalUpdateDeferralInDays", "company-portal-age", What::Days("warn")),
    row("blockAfterCompanyPortalUpdateDeferralInDays", "company-portal-age", What::Days("block")),
    row("wipeAfterCompanyPortalUpdateDeferralInDays", "company-portal-age", What::Days("wipe")),
    row("periodOfflineBeforeAccessCheck", "offline", What::Time("block")),
    row("periodOfflineBeforeWipeIsEnforced", "offline", What::Time("wipe")),
    row("deviceComplianceRequired", "jailbroken", What::On("appActionIfDeviceComplianceRequired")),
    row("appActionIfUnableToAuthenticateUser", "account-disabled", What::Action(None)),
    row("maximumAllowedDeviceThreatLevel", "threat", What::Threat("mobileThreatDefenseRemediationAction")),
    row(SAFETY_NET, "integrity", What::Attested(EVALUATION, "appActionIfAndroidSafetyNetDeviceAttestationFailed")),
    row("requiredAndroidSafetyNetAppsVerificationType", "app-scan", What::Scan("appActionIfAndroidSafetyNetAppsVerificationFailed")),
    row(LOCK_LOW, "device-lock", What::Action(Some("low"))),
    row("appActionIfDevicePasscodeComplexityLessThanMedium", "device-lock", What::Action(Some("medium"))),
    row("appActionIfDevicePasscodeComplexityLessThanHigh", "device-lock", What::Action(Some("high"))),
    row(KNOX, "knox", What::Action(Some("failed"))),
    row("allowedIosDeviceModels", "model", What::NotIn("appActionIfIosDeviceModelNotAllowed")),
    row("allowedAndroidDeviceModels", "model", What::NotIn("appActionIfAndroidDeviceModelNotAllowed")),
    row("allowedAndroidDeviceManufacturers", "manufacturer", What::NotIn("appActionIfAndroidDeviceManufacturerNotAllowed")),
    row("appActionIfAccountIsClockedOut", "off-duty", What::Action(None)),
];

/// The most minutes that a time may have.
const LONGEST: u32 = 65_535 * 24 * 60;

impl Launches {
    pub(super) fn read(reading: &mut Reading<'_>) -> Self {
        let mut launches = Self::default();
        for launch in LAUNCHES {
            launches.read_one(launch, reading);
        }
        launches.read_legacy_lock(reading);
        launches
    }

    fn read_one(&mut self, launch: &Launch, reading: &mut Reading<'_>) {
        let members = reading.members;
        let value = members.value(launch.member);
        let keep = match (&launch.what, &value) {
            (What::Below(_) | What::Above(_), Value::Text(text)) => {
                let known = version(text).is_some();
                if !known {
                    cannot_say(reading, launch.member, "a version has one to four numbers");
                }
                known
            }
            (What::Before(_), Value::Text(text)) => {
                let known = crate::intune::is_date(text);
                if !known {
                    cannot_say(reading, launch.member, "a patch level is a day such as 2026-01-31");
                }
                known
            }
            (What::Days(_), Value::Int(days)) => *days > 0,
            (What::Time(_), Value::Period(minutes)) => (1..=LONGEST).contains(minutes),
            (What::Action(_), Value::Word(_)) => true,
            (What::NotIn(_), Value::Text(_) | Value::Texts(_)) => !names(&value).is_empty(),
            (What::On(_), Value::Bool(on)) => *on,
            (What::Threat(_), Value::Word(word)) => *word != "notConfigured",
            (What::Attested(..) | What::Scan(_), Value::Word(word)) => *word != "none",
            _ => false,
        };
        if !keep {
            return;
        }
        let (member, action) = launch.action(&value, members);
        if !leads_to(launch, action, members.platform) {
            let help = format!("`launch … when {}` has no such action", launch.subject);
            return cannot_say(reading, member, &help);
        }
        self.set.insert(launch.member, canonical(launch, value));
        for other in launch.what.others() {
            self.set.insert(other, members.value(other));
        }
    }

    /// The older pair of members for a device lock, as the word that replaced it.
    fn read_legacy_lock(&mut self, reading: &Reading<'_>) {
        let members = reading.members;
        let action = members.word("appActionIfDeviceLockNotSet");
        let newer = LAUNCHES.iter().filter(|launch| launch.subject == "device-lock");
        let is_newer_set = newer.into_iter().any(|launch| self.set.contains_key(launch.member));
        if members.bool("deviceLockRequired")
            && !is_newer_set
            && action != "blockWhenSettingIsSupported"
        {
            self.set.insert(LOCK_LOW, Value::Word(action));
        }
    }

    pub(super) fn lines(&self, draft: &Draft<'_>) -> Vec<Line> {
        let line = |launch: &Launch| {
            let value = self.set.get(launch.member)?;
            let at = match launch.member {
                LOCK_LOW => draft.at_first(&[LOCK_LOW, "deviceLockRequired"]),
                member => draft.at(member),
            };
            self.line(launch, value, at)
        };
        LAUNCHES.iter().filter_map(line).collect()
    }

    fn line(&self, launch: &Launch, value: &Value, at: At) -> Option<Line> {
        let word = |text: &str| ast::Value::Word(at.name(text));
        let (action, test) = match (launch.what, value) {
            (What::Below(action), Value::Text(text)) => {
                (action, Test::Less(ast::Value::Version(at.name(text))))
            }
            (What::Above(action), Value::Text(text)) => {
                (action, Test::Greater(ast::Value::Version(at.name(text))))
            }
            (What::Before(action), Value::Text(text)) => {
                (action, Test::Less(ast::Value::Date(at.name(text))))
            }
            (What::Days(action), Value::Int(days)) => {
                (action, Test::Greater(at.amount(*days, "day")))
            }
            (What::Time(action), Value::Period(minutes)) => {
                (action, Test::Greater(at.minutes(*minutes)))
            }
            (What::Action(_), Value::Word("blockWhenSettingIsSupported")) => {
                ("block", Test::Is(at.name("failed-if-supported")))
            }
            (What::Action(None), Value::Word(action)) => (*action, Test::Holds),
            (What::Action(Some(state)), Value::Word(action)) if launch.member == KNOX => {
                (*action, Test::Is(at.name(state)))
            }
            (What::Action(Some(level)), Value::Word(action)) => (*action, Test::Less(word(level))),
            (What::NotIn(action), value) => {
                let names = names(value).iter().map(|name| at.text(name)).collect();
                (self.word(action), Test::NotIn(names))
            }
            (What::On(action), _) => (self.word(action), Test::Holds),
            (What::Threat(action), Value::Word(level)) => {
                (self.word(action), Test::Greater(word(level)))
            }
            (What::Attested(evaluation, action), Value::Word(level)) => {
                let level = match (*level, self.word(evaluation)) {
                    (_, "hardwareBacked") => "strong",
                    ("basicIntegrity", _) => "basic",
                    _ => "device",
                };
                (self.word(action), Test::Less(word(level)))
            }
            (What::Scan(action), _) => (self.word(action), Test::Is(at.name("off"))),
            _ => return None,
        };
        Some(at.launch(action, launch.subject, test))
    }

    /// What a member says that qualifies another one.
    pub(in crate::intune) fn word(&self, member: &str) -> &'static str {
        match self.set.get(member) {
            Some(Value::Word(word)) => word,
            _ => "block",
        }
    }

    /// Whether a member stops something.
    pub(in crate::intune) fn has(&self, member: &str) -> bool {
        self.set.contains_key(member)
    }

    /// Whether a member is there and says one of these words.
    pub(in crate::intune) fn is_word(&self, member: &str, words: &[&str]) -> bool {
        matches!(self.set.get(member), Some(Value::Word(word)) if words.contains(word))
    }

    /// The time after which something happens.
    pub(in crate::intune) fn minutes(&self, member: &str) -> Option<u32> {
        match self.set.get(member) {
            Some(Value::Period(minutes)) => Some(*minutes),
            _ => None,
        }
    }

    pub(super) fn write(&self, out: &mut Out<'_>) {
        for (member, value) in &self.set {
            out.set(member, value.clone());
        }
    }
}

impl What {
    /// The members that qualify this one.
    pub(super) fn others(self) -> Vec<&'static str> {
        match self {
            Self::NotIn(action) | Self::On(action) | Self::Threat(action) | Self::Scan(action) => {
                vec![action]
            }
            Self::Attested(evaluation, action) => vec![evaluation, action],
            Self::Below(_)
            | Self::Above(_)
            | Self::Before(_)
            | Self::Days(_)
            | Self::Time(_)
            | Self::Action(_) => Vec::new(),
        }
    }
}

impl Launch {
    /// What happens, and the member that says so.
    fn action(&self, value: &Value, members: &Members<'_>) -> (&'static str, &'static str) {
        match (self.what, value) {
            (What::Below(action) | What::Above(action) | What::Before(action), _)
            | (What::Days(action) | What::Time(action), _) => (self.member, action),
            (What::Action(_), Value::Word(action)) => (self.member, action),
            (What::Action(_), _) => (self.member, ""),
            (What::NotIn(member) | What::On(member) | What::Threat(member), _)
            | (What::Attested(_, member) | What::Scan(member), _) => (member, members.word(member)),
        }
    }
}

/// Whether the language knows the action for this condition.
fn leads_to(launch: &Launch, action: &str, platform: Platform) -> bool {
    match action {
        "blockWhenSettingIsSupported" => launch.member == KNOX,
        _ => crate::model::leads_to(launch.subject, action, platform),
    }
}

/// The value as the statement gives it back.
fn canonical(launch: &Launch, value: Value) -> Value {
    match (launch.what, value) {
        (What::Below(_) | What::Above(_), Value::Text(text)) => {
            Value::Text(version(&text).unwrap_or(text))
        }
        (What::NotIn(_), Value::Text(text)) => {
            Value::Text(split(&text).collect::<Vec<_>>().join(";"))
        }
        (What::NotIn(_), value @ Value::Texts(_)) => Value::Texts(names(&value)),
        // The hardware vouches for certified devices only.
        (_, value) => value,
    }
}

/// Names of models or manufacturers.
fn names(value: &Value) -> Vec<String> {
    match value {
        Value::Text(text) => split(text).map(str::to_owned).collect(),
        Value::Texts(texts) => {
            texts.iter().flat_map(|text| split(text)).map(str::to_owned).collect()
        }
        _ => Vec::new(),
    }
}

/// A version in its canonical form: two numbers at least, no zeros at the end.
pub(in crate::intune) fn version(text: &str) -> Option<String> {
    let parts: Option<Vec<u32>> = text.split('.').map(|part| part.parse().ok()).collect();
    let mut parts = parts.filter(|parts| parts.len() <= 4)?;
    while parts.len() > 2 && parts.last() == Some(&0) {
        parts.pop();
    }
    parts.resize(parts.len().max(2), 0);
    let parts: Vec<_> = parts.iter().map(u32::to_string).collect();
    Some(parts.join("."))
}

fn cannot_say(reading: &mut Reading<'_>, member: &str, help: &str) {
    let message = format!("`{}` cannot be said in a rule", reading.members.path.member(member));
    let help = format!("{help}; the value is kept as a `setting` and decides nothing");
    let diagnostic = Diagnostic::new(Code::IntuneKept, message);
    reading.found.push(diagnostic.at(reading.members.span(member), "").help(help));
}
