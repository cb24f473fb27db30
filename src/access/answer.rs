//! Decisions about accesses in their JSON form, every id spelt out.

use std::fmt;

use serde::ser::SerializeMap;
use serde::{Serialize, Serializer};

use super::decision::{
    AccessDecision, AccessDetails, AccessEffect, Fired, RequiredBy, Shadow, Wipe,
};
use super::requirements::{PinRequirement, RequirementPart, Requirements};
use crate::decision::RuleScope;
use crate::model::{AccessId, Directory, Fact, duration};
use crate::vocabulary::Reason;

/// The JSON form of an [`AccessDecision`] with its details.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct AccessAnswer {
    /// The effect.
    pub effect: AccessEffect,
    /// Whether some policy applies.
    pub enforced: bool,
    /// The reason for which none applies.
    pub reason: Option<Reason>,
    /// The conditions that fired, the one that the platform shows first.
    pub fired: Vec<FiredAnswer>,
    /// The requirements in force.
    pub requirements: RequirementsAnswer,
    /// The data that is removed, if the effect is `wipe`.
    pub wipe: Option<WipeAnswer>,
    /// The facts that conditions ask for and that are unknown.
    pub unknown: Vec<&'static str>,
    /// The report-only policies that would apply.
    pub report_only: Vec<ReportAnswer>,
}

/// The JSON form of a condition that [fired](Fired).
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct FiredAnswer {
    /// The policy's name.
    pub policy: String,
    /// The effect with which it fired.
    pub effect: AccessEffect,
    /// The statement's canonical text, without the keyword and `because`.
    pub rule: String,
    /// The file in which it stands.
    pub file: String,
    /// The line on which it begins.
    pub line: u32,
    /// The text for whoever is warned or refused.
    pub because: Option<String>,
    /// The scopes in which it fires; none where it fires for every access that is spoken of.
    #[serde(rename = "in", skip_serializing_if = "Vec::is_empty")]
    pub within: Vec<RuleScope>,
}

/// The JSON form of [`Requirements`] with the statements behind them.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
#[non_exhaustive]
pub struct RequirementsAnswer {
    /// The requirements, each with its fields.
    pub list: Vec<RequirementAnswer>,
}

/// The JSON form of one requirement.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct RequirementAnswer {
    /// The requirement.
    pub requirement: RequirementPart,
    /// The statements that require it.
    pub by: Vec<StatementAnswer>,
    /// The fields that are said and have an effect.
    pub fields: Vec<(RequirementPart, FieldAnswer)>,
}

/// The JSON form of a field of a requirement.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct FieldAnswer {
    /// The value in force.
    pub value: FieldValue,
    /// The statements that say it.
    pub by: Vec<StatementAnswer>,
}

/// The JSON form of a field's value.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(untagged)]
#[non_exhaustive]
pub enum FieldValue {
    /// A number.
    Number(u32),
    /// A word or a time.
    Text(String),
    /// The numbers of attempts before a reset and before a wipe.
    Attempts {
        /// Before a reset.
        reset: Option<u32>,
        /// Before a wipe.
        wipe: Option<u32>,
    },
    /// The field stands alone.
    Flag(bool),
}

/// The JSON form of a statement.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct StatementAnswer {
    /// The policy's name.
    pub policy: String,
    /// The statement's canonical text.
    pub rule: String,
    /// The file in which it stands.
    pub file: String,
    /// The line on which it begins.
    pub line: u32,
    /// The scopes in which it says so; none where it does for every access that is spoken of.
    #[serde(rename = "in", skip_serializing_if = "Vec::is_empty")]
    pub within: Vec<RuleScope>,
}

/// The JSON form of a [`Wipe`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct WipeAnswer {
    /// `"work"`, or `"any"` in an app with one account at a time.
    pub account: &'static str,
    /// Contacts that the app had synced are removed, too.
    pub contacts: bool,
    /// `"sign-in"`: it is averted by signing in.
    pub unless: Option<&'static str>,
}

/// The JSON form of a [`Shadow`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct ReportAnswer {
    /// The policy's name.
    pub policy: String,
    /// Its effect.
    pub effect: AccessEffect,
    /// Its conditions that would fire.
    pub fired: Vec<FiredAnswer>,
    /// Its requirements.
    pub requirements: RequirementsAnswer,
}

impl fmt::Display for FieldValue {
    /// The value as `.mam` text has it; empty for a field that stands alone.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Number(number) => write!(f, "{number}"),
            Self::Text(text) => f.write_str(text),
            Self::Attempts { reset, wipe } => {
                let then =
                    |number: &Option<u32>, word| number.map(|one| format!("{one} then {word}"));
                let both = [then(reset, "reset"), then(wipe, "wipe")];
                f.write_str(&both.into_iter().flatten().collect::<Vec<_>>().join(", "))
            }
            Self::Flag(_) => Ok(()),
        }
    }
}

impl AccessDecision {
    /// The decision in its JSON form, with names for ids.
    #[must_use]
    pub fn answer(&self, details: &AccessDetails, directory: &Directory) -> AccessAnswer {
        AccessAnswer {
            effect: self.effect,
            enforced: self.is_enforced(),
            reason: self.reason,
            fired: FiredAnswer::list(&details.fired, directory),
            requirements: RequirementsAnswer::new(
                self.requirements,
                &details.required_by,
                directory,
            ),
            wipe: self.wipe.map(WipeAnswer::new),
            unknown: self.unknown.iter().map(Fact::word).collect(),
            report_only: details.report_only.iter().map(|one| report(one, directory)).collect(),
        }
    }
}

impl WipeAnswer {
    fn new(wipe: Wipe) -> Self {
        Self {
            account: if wipe.whole_app { "any" } else { "work" },
            contacts: true,
            unless: wipe.unless_sign_in.then_some("sign-in"),
        }
    }
}

fn report(shadow: &Shadow, directory: &Directory) -> ReportAnswer {
    ReportAnswer {
        policy: directory.policy(shadow.policy).name.to_owned(),
        effect: shadow.effect,
        fired: FiredAnswer::list(&shadow.fired, directory),
        requirements: RequirementsAnswer::new(shadow.requirements, &shadow.required_by, directory),
    }
}

impl FiredAnswer {
    /// The JSON forms of conditions that fired.
    pub(crate) fn list(fired: &[Fired], directory: &Directory) -> Vec<Self> {
        fired.iter().map(|one| Self::within(*one, Vec::new(), directory)).collect()
    }

    /// A condition that fires in some scopes; everywhere without any.
    pub(crate) fn within(one: Fired, within: Vec<RuleScope>, directory: &Directory) -> Self {
        let entry = directory.access(one.statement);
        Self {
            policy: directory.policy(entry.policy).name.to_owned(),
            effect: one.effect,
            rule: entry.text.to_owned(),
            file: entry.file.to_owned(),
            line: entry.line,
            because: entry.because.map(str::to_owned),
            within,
        }
    }
}

impl RequirementsAnswer {
    /// The JSON form of joined requirements, with the statements behind them.
    pub(crate) fn new(
        joined: Requirements,
        required_by: &RequiredBy,
        directory: &Directory,
    ) -> Self {
        let mut list: Vec<RequirementAnswer> = Vec::new();
        for (part, ids) in required_by {
            let by = ids.iter().map(|id| StatementAnswer::new(*id, directory)).collect();
            match (joined.value(*part), list.last_mut()) {
                (Some(value), Some(owner)) => owner.fields.push((*part, FieldAnswer { value, by })),
                _ => list.push(RequirementAnswer { requirement: *part, by, fields: Vec::new() }),
            }
        }
        Self { list }
    }
}

impl StatementAnswer {
    pub(crate) fn new(id: AccessId, directory: &Directory) -> Self {
        Self::within(id, Vec::new(), directory)
    }

    /// A statement that says something in some scopes; everywhere without any.
    pub(crate) fn within(id: AccessId, within: Vec<RuleScope>, directory: &Directory) -> Self {
        let entry = directory.access(id);
        Self {
            policy: directory.policy(entry.policy).name.to_owned(),
            rule: entry.text.to_owned(),
            file: entry.file.to_owned(),
            line: entry.line,
            within,
        }
    }
}

impl Requirements {
    /// The value of a field that asks for something; `None` for a requirement.
    #[must_use]
    pub fn value(&self, part: RequirementPart) -> Option<FieldValue> {
        let number = |number: u32| Some(FieldValue::Number(number));
        let text = |text: &str| Some(FieldValue::Text(text.to_owned()));
        let time = |minutes: u32| Some(FieldValue::Text(duration(minutes)));
        let pin = self.pin.unwrap_or(PinRequirement::ANY);
        match part {
            RequirementPart::Pin | RequirementPart::Credentials | RequirementPart::Encryption => {
                None
            }
            RequirementPart::Length => number(pin.length?.into()),
            RequirementPart::Kind => text(pin.kind.word()),
            RequirementPart::Simple => text("no"),
            RequirementPart::Attempts => {
                Some(FieldValue::Attempts { reset: pin.reset_after, wipe: pin.wipe_after })
            }
            RequirementPart::History => number(pin.history.into()),
            RequirementPart::Expires => time(pin.expires_days?.saturating_mul(24 * 60)),
            RequirementPart::Biometrics => text(pin.biometrics.word()),
            RequirementPart::BiometricsOverride => time(pin.biometrics_override_minutes?),
            RequirementPart::BiometricsClass => number(3),
            RequirementPart::BiometricsChange => text("ask"),
            RequirementPart::Recheck => time(pin.recheck_minutes?),
            RequirementPart::SkipWithDevicePin => Some(FieldValue::Flag(true)),
            RequirementPart::CredentialsRecheck => time(self.credentials?.recheck_minutes?),
            RequirementPart::Class => text(self.encryption?.class?.word()),
        }
    }
}

impl Serialize for RequirementsAnswer {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.list.iter().map(|one| (one.requirement.word(), one)))
    }
}

impl Serialize for RequirementAnswer {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(self.fields.len() + 1))?;
        map.serialize_entry("by", &self.by)?;
        for (field, answer) in &self.fields {
            map.serialize_entry(field.word(), answer)?;
        }
        map.end()
    }
}
