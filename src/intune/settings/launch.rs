//! Conditional launch: states of device, app and account in which an app does not open.
//!
//! The settings of this family are members as they are: a member states one condition, or qualifies
//! another member.

use std::collections::BTreeMap;

use super::reader::SettingsReader;
use crate::intune::emit::members::MemberEmitter;
use crate::intune::emit::rules::RuleEmitter;
use crate::intune::emit::statement::{At, Line};
use crate::intune::read::members::Members;
use crate::intune::schema::Property;
use crate::intune::value::{Value, split};
use crate::syntax::ast::{self, Test};
use crate::vocabulary::Platform;

/// The members that state a condition, and their qualifiers, with their values.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(in crate::intune) struct LaunchConditions {
    pub(in crate::intune) set: BTreeMap<&'static str, Value>,
}

/// A member that states a condition.
#[derive(Debug, Clone, Copy)]
pub(in crate::intune) struct LaunchMember {
    pub(in crate::intune) member: &'static str,
    pub(in crate::intune) subject: &'static str,
    pub(in crate::intune) test: LaunchTest,
}

/// The condition in a member's value. A word is an action, another member an action or evaluation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::intune) enum LaunchTest {
    /// Lower than the value, a version.
    Below(&'static str),
    /// Higher than the value, a version.
    Above(&'static str),
    /// Earlier than the value, a day.
    Before(&'static str),
    /// Older than the value, a number of days; 0 is no condition.
    Days(&'static str),
    /// Longer than the value, a duration; 0 is no condition.
    Time(&'static str),
    /// The value is the action; the condition compares with a word, or stands alone.
    Action(Option<&'static str>),
    /// Not in the value, a list of models or manufacturers.
    NotIn(&'static str),
    /// The value switches the condition on.
    On(&'static str),
    /// Above the value, the greatest threat that is allowed.
    Threat(&'static str),
    /// Below the value, what must be attested; the members are the evaluation and the action.
    Attested(&'static str, &'static str),
    /// The value requires scans.
    Scan(&'static str),
}

const fn row(member: &'static str, subject: &'static str, test: LaunchTest) -> LaunchMember {
    LaunchMember { member, subject, test }
}

/// The action of a device that has what is asked for.
const IF_SUPPORTED: &str = "blockWhenSettingIsSupported";
const LEGACY_LOCK: &str = "appActionIfDeviceLockNotSet";
const SAFETY_NET: &str = "requiredAndroidSafetyNetDeviceAttestationType";
pub(in crate::intune) const EVALUATION: &str = "requiredAndroidSafetyNetEvaluationType";
const LOCK_LOW: &str = "appActionIfDevicePasscodeComplexityLessThanLow";
const KNOX: &str = "appActionIfSamsungKnoxAttestationRequired";

/// Every member that states a condition, in the order of statements.
#[rustfmt::skip]
pub(in crate::intune) const LAUNCH_MEMBERS: &[LaunchMember] = &[
    row("minimumWarningOsVersion", "os", LaunchTest::Below("warn")),
    row("minimumRequiredOsVersion", "os", LaunchTest::Below("block")),
    row("minimumWipeOsVersion", "os", LaunchTest::Below("wipe")),
    row("maximumWarningOsVersion", "os", LaunchTest::Above("warn")),
    row("maximumRequiredOsVersion", "os", LaunchTest::Above("block")),
    row("maximumWipeOsVersion", "os", LaunchTest::Above("wipe")),
    row("minimumWarningPatchVersion", "patch", LaunchTest::Before("warn")),
    row("minimumRequiredPatchVersion", "patch", LaunchTest::Before("block")),
    row("minimumWipePatchVersion", "patch", LaunchTest::Before("wipe")),
    row("minimumWarningAppVersion", "app", LaunchTest::Below("warn")),
    row("minimumRequiredAppVersion", "app", LaunchTest::Below("block")),
    row("minimumWipeAppVersion", "app", LaunchTest::Below("wipe")),
    row("minimumWarningSdkVersion", "sdk", LaunchTest::Below("warn")),
    row("minimumRequiredSdkVersion", "sdk", LaunchTest::Below("block")),
    row("minimumWipeSdkVersion", "sdk", LaunchTest::Below("wipe")),
    row("minimumWarningCompanyPortalVersion", "company-portal", LaunchTest::Below("warn")),
    row("minimumRequiredCompanyPortalVersion", "company-portal", LaunchTest::Below("block")),
    row("minimumWipeCompanyPortalVersion", "company-portal", LaunchTest::Below("wipe")),
    row("warnAfterCompanyPortalUpdateDeferralInDays", "company-portal-age", LaunchTest::Days("warn")),
    row("blockAfterCompanyPortalUpdateDeferralInDays", "company-portal-age", LaunchTest::Days("block")),
    row("wipeAfterCompanyPortalUpdateDeferralInDays", "company-portal-age", LaunchTest::Days("wipe")),
    row("periodOfflineBeforeAccessCheck", "offline", LaunchTest::Time("block")),
    row("periodOfflineBeforeWipeIsEnforced", "offline", LaunchTest::Time("wipe")),
    row("deviceComplianceRequired", "jailbroken", LaunchTest::On("appActionIfDeviceComplianceRequired")),
    row("appActionIfUnableToAuthenticateUser", "account-disabled", LaunchTest::Action(None)),
    row("maximumAllowedDeviceThreatLevel", "threat", LaunchTest::Threat("mobileThreatDefenseRemediationAction")),
    row(SAFETY_NET, "integrity", LaunchTest::Attested(EVALUATION, "appActionIfAndroidSafetyNetDeviceAttestationFailed")),
    row("requiredAndroidSafetyNetAppsVerificationType", "app-scan", LaunchTest::Scan("appActionIfAndroidSafetyNetAppsVerificationFailed")),
    row(LOCK_LOW, "device-lock", LaunchTest::Action(Some("low"))),
    row("appActionIfDevicePasscodeComplexityLessThanMedium", "device-lock", LaunchTest::Action(Some("medium"))),
    row("appActionIfDevicePasscodeComplexityLessThanHigh", "device-lock", LaunchTest::Action(Some("high"))),
    row(KNOX, "knox", LaunchTest::Action(Some("failed"))),
    row("allowedIosDeviceModels", "model", LaunchTest::NotIn("appActionIfIosDeviceModelNotAllowed")),
    row("allowedAndroidDeviceModels", "model", LaunchTest::NotIn("appActionIfAndroidDeviceModelNotAllowed")),
    row("allowedAndroidDeviceManufacturers", "manufacturer", LaunchTest::NotIn("appActionIfAndroidDeviceManufacturerNotAllowed")),
    row("appActionIfAccountIsClockedOut", "off-duty", LaunchTest::Action(None)),
];

/// The longest duration of a condition, in minutes.
const LONGEST: u32 = 65_535 * 24 * 60;

impl LaunchConditions {
    pub(super) fn read(reader: &mut SettingsReader<'_>) -> Self {
        let mut launches = Self::default();
        for launch in LAUNCH_MEMBERS {
            launches.read_one(launch, reader);
        }
        launches.read_legacy_lock(reader);
        launches
    }

    fn read_one(&mut self, launch: &LaunchMember, reader: &mut SettingsReader<'_>) {
        let members = reader.members;
        let value = members.value(launch.member);
        let keep = match (&launch.test, &value) {
            (
                LaunchTest::Below(_) | LaunchTest::Above(_) | LaunchTest::Before(_),
                Value::Text(text),
            ) => {
                let flaw = flaw(launch.test, text);
                flaw.into_iter().for_each(|flaw| reader.unreadable(launch.member, text, flaw));
                flaw.is_none()
            }
            (LaunchTest::Days(_), Value::Int(days)) => *days > 0,
            (LaunchTest::Time(_), Value::Duration(minutes)) => (1..=LONGEST).contains(minutes),
            (LaunchTest::Action(_), Value::Word(_)) => true,
            (LaunchTest::NotIn(_), Value::Text(_) | Value::Texts(_)) => !names(&value).is_empty(),
            (LaunchTest::On(_), Value::Bool(on)) => *on,
            (LaunchTest::Threat(_), Value::Word(word)) => *word != "notConfigured",
            (LaunchTest::Attested(..) | LaunchTest::Scan(_), Value::Word(word)) => *word != "none",
            _ => false,
        };
        if !keep {
            return;
        }
        let (member, action) = launch.action(&value, members);
        if !leads_to(launch, action, members.platform) {
            return reader.kept(member, &no_action(launch.subject));
        }
        self.set.insert(launch.member, canonical(launch, value));
        for other in launch.test.qualifiers() {
            self.set.insert(other, members.value(other));
        }
    }

    /// Reads the older pair of members for a device lock as the member that replaced it.
    fn read_legacy_lock(&mut self, reader: &mut SettingsReader<'_>) {
        let members = reader.members;
        let action = members.word(LEGACY_LOCK);
        let newer = LAUNCH_MEMBERS.iter().filter(|launch| launch.subject == "device-lock");
        let is_newer_set = newer.into_iter().any(|launch| self.set.contains_key(launch.member));
        if !members.bool("deviceLockRequired") || is_newer_set {
            return;
        }
        match action {
            IF_SUPPORTED => reader.kept(LEGACY_LOCK, &no_action("device-lock")),
            _ => drop(self.set.insert(LOCK_LOW, Value::Word(action))),
        }
    }

    /// The canonical form: attestation by hardware asks for a certified device as well.
    pub(super) fn canonical(mut self) -> Self {
        if self.is_word(EVALUATION, &["hardwareBacked"])
            && let Some(level) = self.set.get_mut(SAFETY_NET)
        {
            *level = Value::Word("basicIntegrityAndDeviceCertification");
        }
        self
    }

    pub(super) fn lines(&self, emitter: &RuleEmitter<'_>) -> Vec<Line> {
        let line = |launch: &LaunchMember| {
            let value = self.set.get(launch.member)?;
            let at = match launch.member {
                LOCK_LOW => emitter.at_first(&[LOCK_LOW, "deviceLockRequired"]),
                member => emitter.at(member),
            };
            self.line(launch, value, at)
        };
        LAUNCH_MEMBERS.iter().filter_map(line).collect()
    }

    fn line(&self, launch: &LaunchMember, value: &Value, at: At) -> Option<Line> {
        let word = |text: &str| ast::Value::Word(at.name(text));
        let (action, test) = match (launch.test, value) {
            (LaunchTest::Below(action), Value::Text(text)) => {
                (action, Test::Less(ast::Value::Version(at.name(text))))
            }
            (LaunchTest::Above(action), Value::Text(text)) => {
                (action, Test::Greater(ast::Value::Version(at.name(text))))
            }
            (LaunchTest::Before(action), Value::Text(text)) => {
                (action, Test::Less(ast::Value::Date(at.name(text))))
            }
            (LaunchTest::Days(action), Value::Int(days)) => {
                (action, Test::Greater(at.amount(*days, "day")))
            }
            (LaunchTest::Time(action), Value::Duration(minutes)) => {
                (action, Test::Greater(at.minutes(*minutes)))
            }
            (LaunchTest::Action(_), Value::Word(IF_SUPPORTED)) => {
                ("block", Test::Is(at.name("failed-if-supported")))
            }
            (LaunchTest::Action(None), Value::Word(action)) => (*action, Test::Holds),
            (LaunchTest::Action(Some(state)), Value::Word(action)) if launch.member == KNOX => {
                (*action, Test::Is(at.name(state)))
            }
            (LaunchTest::Action(Some(level)), Value::Word(action)) => {
                (*action, Test::Less(word(level)))
            }
            (LaunchTest::NotIn(action), value) => {
                let names = names(value).iter().map(|name| at.text(name)).collect();
                (self.word(action), Test::NotIn(names))
            }
            (LaunchTest::On(action), _) => (self.word(action), Test::Holds),
            (LaunchTest::Threat(action), Value::Word(level)) => {
                (self.word(action), Test::Greater(word(level)))
            }
            (LaunchTest::Attested(evaluation, action), Value::Word(level)) => {
                let level = match (*level, self.word(evaluation)) {
                    (_, "hardwareBacked") => "strong",
                    ("basicIntegrity", _) => "basic",
                    _ => "device",
                };
                (self.word(action), Test::Less(word(level)))
            }
            (LaunchTest::Scan(action), _) => (self.word(action), Test::Is(at.name("off"))),
            _ => return None,
        };
        Some(at.launch(action, launch.subject, test))
    }

    /// The word of a qualifier.
    pub(in crate::intune) fn word(&self, member: &str) -> &'static str {
        match self.set.get(member) {
            Some(Value::Word(word)) => word,
            _ => "block",
        }
    }

    /// Whether a member states a condition.
    pub(in crate::intune) fn has(&self, member: &str) -> bool {
        self.set.contains_key(member)
    }

    /// Whether a member states a condition with one of these words.
    pub(in crate::intune) fn is_word(&self, member: &str, words: &[&str]) -> bool {
        matches!(self.set.get(member), Some(Value::Word(word)) if words.contains(word))
    }

    /// The duration of a condition, in minutes.
    pub(in crate::intune) fn minutes(&self, member: &str) -> Option<u32> {
        match self.set.get(member) {
            Some(Value::Duration(minutes)) => Some(*minutes),
            _ => None,
        }
    }

    pub(super) fn write(&self, emitter: &mut MemberEmitter<'_>) {
        for (member, value) in &self.set {
            emitter.set(member, value.clone());
        }
    }
}

impl LaunchTest {
    /// The qualifiers of the member.
    pub(super) fn qualifiers(self) -> Vec<&'static str> {
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

impl LaunchMember {
    /// The member that holds the action, and the action.
    fn action(&self, value: &Value, members: &Members<'_>) -> (&'static str, &'static str) {
        match (self.test, value) {
            (
                LaunchTest::Below(action) | LaunchTest::Above(action) | LaunchTest::Before(action),
                _,
            )
            | (LaunchTest::Days(action) | LaunchTest::Time(action), _) => (self.member, action),
            (LaunchTest::Action(_), Value::Word(action)) => (self.member, action),
            (LaunchTest::Action(_), _) => (self.member, ""),
            (
                LaunchTest::NotIn(member) | LaunchTest::On(member) | LaunchTest::Threat(member),
                _,
            )
            | (LaunchTest::Attested(_, member) | LaunchTest::Scan(member), _) => {
                (member, members.word(member))
            }
        }
    }
}

/// Whether the language has the action for the condition.
fn leads_to(launch: &LaunchMember, action: &str, platform: Platform) -> bool {
    match action {
        IF_SUPPORTED => launch.member == KNOX,
        _ => crate::model::leads_to(launch.subject, action, platform),
    }
}

/// The canonical form of a value: the one that its statement brings back.
fn canonical(launch: &LaunchMember, value: Value) -> Value {
    match (launch.test, value) {
        (LaunchTest::Below(_) | LaunchTest::Above(_), Value::Text(text)) => {
            Value::Text(version(&text).unwrap_or(text))
        }
        (LaunchTest::NotIn(_), Value::Text(text)) => {
            Value::Text(split(&text).collect::<Vec<_>>().join(";"))
        }
        (LaunchTest::NotIn(_), value @ Value::Texts(_)) => Value::Texts(names(&value)),
        (_, value) => value,
    }
}

/// The models or manufacturers in a value.
fn names(value: &Value) -> Vec<String> {
    match value {
        Value::Text(text) => split(text).map(str::to_owned).collect(),
        Value::Texts(texts) => {
            texts.iter().flat_map(|text| split(text)).map(str::to_owned).collect()
        }
        _ => Vec::new(),
    }
}

/// The member that switches the action in a member on; `None` of an action that stands alone, and of other members.
pub(in crate::intune) fn switch_of(member: &str) -> Option<&'static str> {
    if member == LEGACY_LOCK {
        return Some("deviceLockRequired");
    }
    let is_action = |launch: &&LaunchMember| launch.test.qualifiers().last() == Some(&member);
    LAUNCH_MEMBERS.iter().find(is_action).map(|launch| launch.member)
}

/// Why no rule can state a member with a text; `None` if one can, or none states the member at all.
pub(in crate::intune) fn flaw_of(member: &str, text: &str) -> Option<String> {
    if member == LEGACY_LOCK {
        return (text == IF_SUPPORTED).then(|| no_action("device-lock"));
    }
    let stated = switch_of(member).unwrap_or(member);
    let launch = LAUNCH_MEMBERS.iter().find(|launch| launch.member == stated)?;
    if stated == member && !matches!(launch.test, LaunchTest::Action(_)) {
        return flaw(launch.test, text).map(str::to_owned);
    }
    let platforms = Property::platforms(member);
    let is_known = platforms.iter().any(|platform| leads_to(launch, text, platform));
    (!is_known).then(|| no_action(launch.subject))
}

/// The help for an action that no statement has for a subject.
fn no_action(subject: &str) -> String {
    format!("`launch … when {subject}` has no such action")
}

/// Why a test cannot compare with a text.
fn flaw(test: LaunchTest, text: &str) -> Option<&'static str> {
    match test {
        LaunchTest::Below(_) | LaunchTest::Above(_) => {
            version(text).is_none().then_some("a version has one to four numbers")
        }
        LaunchTest::Before(_) => {
            (!is_date(text)).then_some("a patch level is a day such as 2026-01-31")
        }
        _ => None,
    }
}

/// Whether a text is a day of the calendar, such as `2026-01-31`.
fn is_date(text: &str) -> bool {
    let parts: Vec<_> = text.split('-').collect();
    match parts.as_slice() {
        [year, month, day] => match (year.parse(), month.parse(), day.parse()) {
            (Ok(year), Ok(month), Ok(day)) => crate::model::Date::new(year, month, day).is_some(),
            _ => false,
        },
        _ => false,
    }
}

/// The canonical form of a version: two numbers at least, and no zeros at the end.
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
