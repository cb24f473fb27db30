//! Facts with their values, and their JSON form.
//!
//! Takes in and gives out a JSON object: versions, dates, times, words and names as strings, yes/no as
//! booleans. Does not know which conditions ask for a fact.

use std::borrow::Cow;
use std::fmt;

use serde::de::{Error, IgnoredAny, MapAccess, Visitor};
use serde::ser::SerializeMap;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::model::{
    Date, Fact, FactSet, IntegrityVerdict, KnoxResult, LockComplexity, Threat, Version, days_of,
    duration, minutes_of,
};
use crate::spelling::closest;

/// The facts of an access. A fact that is `None` is unknown.
///
/// ```
/// let mut facts = mam::Facts::default();
/// facts.os = mam::model::Version::parse("16.4");
/// facts.jailbroken = Some(false);
/// let json = r#"{"os": "16.4", "jailbroken": false}"#;
/// assert_eq!(facts, serde_json::from_str(json)?);
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Default)]
#[non_exhaustive]
pub struct Facts<'a> {
    /// The version of the MAM SDK in the app; iOS and Windows.
    pub sdk: Option<Version>,
    /// The version of the app.
    pub app: Option<Version>,
    /// The version of the operating system.
    pub os: Option<Version>,
    /// The date of the last security patch; Android.
    pub patch: Option<Date>,
    /// Minutes since the app reached the service, rounded up.
    pub offline_minutes: Option<u32>,
    /// Whether the work account is confirmed to be disabled or deleted.
    pub account_disabled: Option<bool>,
    /// Whether the device is jailbroken or rooted; iOS and Android.
    pub jailbroken: Option<bool>,
    /// The threat level of the device; without one, conditions on it block.
    pub threat: Option<Threat>,
    /// The integrity verdict; Android.
    pub integrity: Option<IntegrityVerdict>,
    /// Whether apps are scanned for threats; Android.
    pub app_scan: Option<bool>,
    /// The complexity of the screen lock; Android.
    pub device_lock: Option<LockComplexity>,
    /// The result of Samsung's attestation; Android.
    pub knox: Option<KnoxResult>,
    /// The version of the Company Portal; Android.
    pub company_portal: Option<Version>,
    /// Days since the Company Portal was updated, rounded up; Android.
    pub company_portal_days: Option<u32>,
    /// The model of the device; iOS and Android.
    pub model: Option<Cow<'a, str>>,
    /// The manufacturer of the device; Android.
    pub manufacturer: Option<Cow<'a, str>>,
    /// Whether the user is not at work; iOS and Android.
    pub off_duty: Option<bool>,
}

impl<'a> Facts<'a> {
    /// The facts that are known.
    #[must_use]
    pub fn known(&self) -> FactSet {
        Fact::ALL.iter().copied().filter(|fact| self.is_known(*fact)).collect()
    }

    /// Whether a fact is known.
    pub(crate) fn is_known(&self, fact: Fact) -> bool {
        match fact {
            Fact::Sdk => self.sdk.is_some(),
            Fact::App => self.app.is_some(),
            Fact::Os => self.os.is_some(),
            Fact::Patch => self.patch.is_some(),
            Fact::Offline => self.offline_minutes.is_some(),
            Fact::AccountDisabled => self.account_disabled.is_some(),
            Fact::Jailbroken => self.jailbroken.is_some(),
            Fact::Threat => self.threat.is_some(),
            Fact::Integrity => self.integrity.is_some(),
            Fact::AppScan => self.app_scan.is_some(),
            Fact::DeviceLock => self.device_lock.is_some(),
            Fact::Knox => self.knox.is_some(),
            Fact::CompanyPortal => self.company_portal.is_some(),
            Fact::CompanyPortalAge => self.company_portal_days.is_some(),
            Fact::Model => self.model.is_some(),
            Fact::Manufacturer => self.manufacturer.is_some(),
            Fact::OffDuty => self.off_duty.is_some(),
        }
    }

    /// The value of a fact that is a text in its JSON form, as `.mam` text writes it.
    pub(crate) fn text(&self, fact: Fact) -> Option<String> {
        match self.value(fact)? {
            Value::Text(text) => Some(text.into_owned()),
            Value::Flag(_) | Value::Other(_) => None,
        }
    }

    /// The value of a fact in its JSON form.
    fn value(&self, fact: Fact) -> Option<Value<'_>> {
        let text = |text: String| Value::Text(text.into());
        Some(match fact {
            Fact::Sdk => text(self.sdk?.to_string()),
            Fact::App => text(self.app?.to_string()),
            Fact::Os => text(self.os?.to_string()),
            Fact::Patch => text(self.patch?.to_string()),
            Fact::Offline => text(duration(self.offline_minutes?)),
            Fact::AccountDisabled => Value::Flag(self.account_disabled?),
            Fact::Jailbroken => Value::Flag(self.jailbroken?),
            Fact::Threat => Value::Text(self.threat?.word().into()),
            Fact::Integrity => Value::Text(self.integrity?.word().into()),
            Fact::AppScan => Value::Flag(self.app_scan?),
            Fact::DeviceLock => Value::Text(self.device_lock?.word().into()),
            Fact::Knox => Value::Text(self.knox?.word().into()),
            Fact::CompanyPortal => text(self.company_portal?.to_string()),
            Fact::CompanyPortalAge => text(format!("{} days", self.company_portal_days?)),
            Fact::Model => Value::Text(self.model.as_deref()?.into()),
            Fact::Manufacturer => Value::Text(self.manufacturer.as_deref()?.into()),
            Fact::OffDuty => Value::Flag(self.off_duty?),
        })
    }

    /// Sets a fact to the value of its JSON form that is a text. The error tells which values it takes.
    #[cfg(feature = "arrow")]
    pub(crate) fn set_text(&mut self, fact: Fact, text: &'a str) -> Result<(), &'static str> {
        self.set(fact, Value::Text(text.into())).ok_or(takes(fact))
    }

    /// Sets a fact to the value of its JSON form that is true or false, likewise.
    #[cfg(feature = "arrow")]
    pub(crate) fn set_flag(&mut self, fact: Fact, flag: bool) -> Result<(), &'static str> {
        self.set(fact, Value::Flag(flag)).ok_or(takes(fact))
    }

    /// Sets a fact to the value of its JSON form; `None` if the fact has no such value.
    fn set(&mut self, fact: Fact, value: Value<'a>) -> Option<()> {
        match (fact, value) {
            (Fact::AccountDisabled, Value::Flag(flag)) => self.account_disabled = Some(flag),
            (Fact::Jailbroken, Value::Flag(flag)) => self.jailbroken = Some(flag),
            (Fact::AppScan, Value::Flag(flag)) => self.app_scan = Some(flag),
            (Fact::OffDuty, Value::Flag(flag)) => self.off_duty = Some(flag),
            (Fact::Model, Value::Text(name)) => self.model = Some(name),
            (Fact::Manufacturer, Value::Text(name)) => self.manufacturer = Some(name),
            (fact, Value::Text(text)) => return self.set_typed(fact, &text),
            (_, Value::Flag(_) | Value::Other(_)) => return None,
        }
        Some(())
    }

    /// Sets a fact whose value is a text with a type of its own.
    fn set_typed(&mut self, fact: Fact, text: &str) -> Option<()> {
        match fact {
            Fact::Sdk => self.sdk = Some(Version::parse(text)?),
            Fact::App => self.app = Some(Version::parse(text)?),
            Fact::Os => self.os = Some(Version::parse(text)?),
            Fact::Patch => self.patch = Some(Date::parse(text)?),
            Fact::Offline => self.offline_minutes = Some(minutes_of(text)?),
            Fact::Threat => self.threat = Some(Threat::from_word(text)?),
            Fact::Integrity => self.integrity = Some(IntegrityVerdict::from_word(text)?),
            Fact::DeviceLock => self.device_lock = Some(LockComplexity::from_word(text)?),
            Fact::Knox => self.knox = Some(KnoxResult::from_word(text)?),
            Fact::CompanyPortal => self.company_portal = Some(Version::parse(text)?),
            Fact::CompanyPortalAge => self.company_portal_days = Some(days_of(text)?),
            Fact::AccountDisabled
            | Fact::Jailbroken
            | Fact::AppScan
            | Fact::OffDuty
            | Fact::Model
            | Fact::Manufacturer => return None,
        }
        Some(())
    }
}

/// The values that a fact takes in JSON, as a message tells them.
const fn takes(fact: Fact) -> &'static str {
    match fact {
        Fact::Sdk | Fact::App | Fact::Os | Fact::CompanyPortal => {
            "a version of one to four numbers up to 4294967295, such as \"17.0\""
        }
        Fact::Patch => "a date from \"0001-01-01\" to \"9999-12-31\", such as \"2026-01-31\"",
        Fact::Offline => {
            "a time in minutes, hours or days, up to 4294967295 minutes, such as \"13 hours\""
        }
        Fact::CompanyPortalAge => "a time in days up to 4294967295, such as \"30 days\"",
        Fact::AccountDisabled | Fact::Jailbroken | Fact::AppScan | Fact::OffDuty => {
            "`true` or `false`"
        }
        Fact::Threat => "\"secured\", \"low\", \"medium\" or \"high\"",
        Fact::Integrity => "\"none\", \"basic\", \"device\", \"strong\" or \"expired\"",
        Fact::DeviceLock => "\"none\", \"low\", \"medium\" or \"high\"",
        Fact::Knox => "\"passed\", \"failed\" or \"unsupported\"",
        Fact::Model | Fact::Manufacturer => "a string",
    }
}

/// A value in JSON.
#[derive(Deserialize)]
#[serde(untagged)]
enum Value<'a> {
    Flag(bool),
    Text(Cow<'a, str>),
    /// Another value, which no fact has.
    Other(IgnoredAny),
}

impl Serialize for Value<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Flag(flag) => serializer.serialize_bool(*flag),
            Self::Text(text) => serializer.serialize_str(text),
            Self::Other(_) => serializer.serialize_none(),
        }
    }
}

impl Serialize for Facts<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let known = Fact::ALL.iter().filter_map(|fact| Some((fact.word(), self.value(*fact)?)));
        let mut map = serializer.serialize_map(None)?;
        for (name, value) in known {
            map.serialize_entry(name, &value)?;
        }
        map.end()
    }
}

impl<'de> Deserialize<'de> for Facts<'_> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(FactsVisitor)
    }
}

struct FactsVisitor;

impl<'de> Visitor<'de> for FactsVisitor {
    type Value = Facts<'static>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON object of facts")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let words: Vec<&str> = Fact::ALL.iter().map(|fact| fact.word()).collect();
        let mut facts = Facts::default();
        while let Some(name) = map.next_key::<Cow<'_, str>>()? {
            let unknown = || unknown_fact(&name, &words);
            let fact = Fact::from_word(&name).ok_or_else(unknown).map_err(A::Error::custom)?;
            if facts.is_known(fact) {
                return Err(A::Error::custom(format!("duplicate fact `{fact}`")));
            }
            let wrong = || A::Error::custom(format!("`facts.{fact}` takes {}", takes(fact)));
            facts.set(fact, map.next_value()?).ok_or_else(wrong)?;
        }
        Ok(facts)
    }
}

/// The message about a name that is no fact.
fn unknown_fact(name: &str, words: &[&str]) -> String {
    match closest(name, words.iter().copied()) {
        Some(meant) => format!("unknown fact `{name}`, did you mean `{meant}`?"),
        None => format!("unknown fact `{name}`, expected one of `{}`", words.join("`, `")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn error(json: &str) -> String {
        serde_json::from_str::<Facts<'_>>(json).unwrap_err().to_string()
    }

    #[test]
    fn every_fact_is_read_and_written_alike() {
        let json = r#"{"sdk":"20.1","app":"4.2.1","os":"17.0","patch":"2026-01-31",
            "offline":"13 hours","account-disabled":false,"jailbroken":true,"threat":"low",
            "integrity":"expired","app-scan":true,"device-lock":"none","knox":"unsupported",
            "company-portal":"5.0","company-portal-age":"30 days","model":"iPhone14,2",
            "manufacturer":"a \"b\"","off-duty":true}"#;
        let facts: Facts<'_> = serde_json::from_str(json).unwrap();
        assert_eq!(facts.known().iter().count(), Fact::ALL.len());
        assert_eq!(facts.offline_minutes, Some(13 * 60));
        let written = serde_json::to_string(&facts).unwrap();
        assert_eq!(facts, serde_json::from_str(&written).unwrap());
    }

    #[test]
    fn wrong_facts_are_refused_by_name() {
        for (json, name) in [
            (r#"{"os":17}"#, "`facts.os` takes a version"),
            (r#"{"os":null}"#, "`facts.os` takes a version"),
            (r#"{"os":"+17"}"#, "`facts.os`"),
            (r#"{"os":"1.2.3.4.5"}"#, "`facts.os`"),
            (r#"{"app":"4294967296"}"#, "`facts.app`"),
            (r#"{"patch":"2026-02-29"}"#, "`facts.patch` takes a date"),
            (r#"{"patch":"2026-1-31"}"#, "`facts.patch`"),
            (r#"{"offline":"13"}"#, "`facts.offline` takes a time"),
            (r#"{"offline":"99999999999 days"}"#, "`facts.offline`"),
            (
                r#"{"company-portal-age":"1 hour"}"#,
                "`facts.company-portal-age` takes a time in days",
            ),
            (r#"{"jailbroken":"no"}"#, "`facts.jailbroken` takes `true` or `false`"),
            (r#"{"model":["a"]}"#, "`facts.model` takes a string"),
            (r#"{"threat":"none"}"#, "`facts.threat` takes"),
            (r#"{"rooted":true}"#, "unknown fact `rooted`"),
            (r#"{"os":"17","os":"18"}"#, "duplicate fact `os`"),
        ] {
            assert!(error(json).contains(name), "{json}: {}", error(json));
        }
        assert!(error("[]").contains("a JSON object of facts"));
    }
}
