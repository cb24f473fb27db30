//! Launch conditions of a policy as members, the way back from [`launch`](super::launch).
//!
//! One member holds one condition with one action. What several conditions ask of one member is the
//! strictest of it, where that says all of it; what does not fit beside the others is told.

use super::launch::{LAUNCHES, Launch, Launches, What};
use crate::intune::members::Value;
use crate::intune::schema::{Kind, Property};
use crate::model::{Action, Condition, Integrity, Knox, NameList};
use crate::vocabulary::Platform;

impl Launches {
    /// What launch conditions ask for; the indices of those that no member can state beside the
    /// others. Of two conditions for one member the strictest counts.
    pub(super) fn of(
        conditions: &[(Action, &Condition)],
        platform: Platform,
    ) -> (Self, Vec<usize>) {
        let mut launches = Self::default();
        let mut unsaid = Vec::new();
        // The strictest actions come first: a milder one for the same state says nothing new.
        let mut order: Vec<usize> = (0..conditions.len()).collect();
        order.sort_by_key(|index| std::cmp::Reverse(conditions[*index].0));
        for index in order {
            let (action, condition) = conditions[index];
            if !launches.add(action, condition, platform) {
                unsaid.push(index);
            }
        }
        (launches, unsaid)
    }

    /// Adds a condition, if some member can state it beside what is there.
    fn add(&mut self, action: Action, condition: &Condition, platform: Platform) -> bool {
        let said = said(action, condition);
        let is_meant = |launch: &&Launch| {
            launch.subject == said.subject
                && Property::find(launch.member, platform).is_some()
                && launch.what.states(action, said.level)
        };
        let Some(launch) = LAUNCHES.iter().find(is_meant) else { return false };
        let member = launch.member;
        let value = in_its_form(member, said.value, platform);
        let action = Value::Word(word_of(action));
        let mut others: Vec<(&'static str, Value)> =
            launch.what.others().last().map(|member| (*member, action)).into_iter().collect();
        if let What::Attested(evaluation, _) = launch.what {
            others.push((evaluation, Value::Word(said.evaluation)));
        }
        let Some(known) = self.set.get(member) else {
            self.set.insert(member, value);
            self.set.extend(others);
            return true;
        };
        let is_same = others.iter().all(|(member, value)| self.set.get(member) == Some(value));
        match strictest(launch.what, known, &value) {
            Some(value) if is_same => {
                self.set.insert(member, value);
                true
            }
            // A milder action where a stricter one is taken anyway.
            Some(value) => value == *known,
            None => false,
        }
    }
}

impl What {
    /// Whether a member states this action at this level of its subject.
    fn states(self, action: Action, level: Option<&str>) -> bool {
        let is = |own: &str| own == word_of(action);
        match self {
            Self::Below(own) => is(own) && level == Some("below"),
            Self::Above(own) => is(own) && level == Some("above"),
            Self::Before(own) | Self::Days(own) | Self::Time(own) => is(own),
            Self::Action(own) => own == level,
            Self::NotIn(_) | Self::On(_) | Self::Threat(_) | Self::Attested(..) | Self::Scan(_) => {
                true
            }
        }
    }
}

/// A condition as members state it.
struct Said {
    subject: &'static str,
    /// The word that tells apart members of one subject.
    level: Option<&'static str>,
    value: Value,
    evaluation: &'static str,
}

fn said(action: Action, condition: &Condition) -> Said {
    let text = |text: String| Value::Text(text);
    let listed = |list: &NameList| Value::Texts(list.names().to_vec());
    let (subject, level, value) = match condition {
        Condition::OsBelow(version) => ("os", Some("below"), text(version.to_string())),
        Condition::OsAbove(version) => ("os", Some("above"), text(version.to_string())),
        Condition::PatchBefore(date) => ("patch", None, text(date.to_string())),
        Condition::AppBelow(version) => ("app", Some("below"), text(version.to_string())),
        Condition::SdkBelow(version) => ("sdk", Some("below"), text(version.to_string())),
        Condition::CompanyPortalBelow(version) => {
            ("company-portal", Some("below"), text(version.to_string()))
        }
        Condition::CompanyPortalOlder { days } => {
            ("company-portal-age", None, Value::Int(u32::from(*days)))
        }
        Condition::Offline { minutes } => ("offline", None, Value::Period(*minutes)),
        Condition::Jailbroken => ("jailbroken", None, Value::Bool(true)),
        Condition::AccountDisabled => ("account-disabled", None, Value::Word(word_of(action))),
        Condition::ThreatAbove(threat) => ("threat", None, Value::Word(threat.word())),
        Condition::IntegrityBelow(Integrity::Basic) => {
            ("integrity", None, Value::Word("basicIntegrity"))
        }
        Condition::IntegrityBelow(Integrity::Device | Integrity::Strong) => {
            ("integrity", None, Value::Word("basicIntegrityAndDeviceCertification"))
        }
        Condition::AppScanOff => ("app-scan", None, Value::Word("enabled")),
        Condition::DeviceLockBelow(lock) => {
            ("device-lock", Some(lock.word()), Value::Word(word_of(action)))
        }
        Condition::Knox(Knox::Failed) => ("knox", Some("failed"), Value::Word(word_of(action))),
        Condition::Knox(Knox::FailedIfSupported) => {
            ("knox", Some("failed"), Value::Word("blockWhenSettingIsSupported"))
        }
        Condition::ModelNotIn(list) => ("model", None, listed(list)),
        Condition::ManufacturerNotIn(list) => ("manufacturer", None, listed(list)),
        Condition::OffDuty => ("off-duty", None, Value::Word(word_of(action))),
    };
    let is_strong = *condition == Condition::IntegrityBelow(Integrity::Strong);
    Said { subject, level, value, evaluation: if is_strong { "hardwareBacked" } else { "basic" } }
}

/// Some lists are one text, with semicolons between.
fn in_its_form(member: &str, value: Value, platform: Platform) -> Value {
    let kind = Property::find(member, platform).map(|property| property.kind);
    match (kind, value) {
        (Some(Kind::Text), Value::Texts(names)) => Value::Text(names.join(";")),
        (_, Value::Texts(mut names)) => {
            names.sort_unstable();
            names.dedup();
            Value::Texts(names)
        }
        (_, value) => value,
    }
}

const fn word_of(action: Action) -> &'static str {
    match action {
        Action::Warn => "warn",
        Action::Block => "block",
        Action::Wipe => "wipe",
    }
}

/// Words in the order of strictness, the strictest first.
const ACTIONS: &[&str] = &["wipe", "block", "blockWhenSettingIsSupported", "warn"];
const THREATS: &[&str] = &["secured", "low", "medium", "high"];

fn rank(word: &str, order: &[&str]) -> Option<usize> {
    order.iter().position(|one| *one == word)
}

/// The strictest of two values of one member; `None` where it takes both and can hold only one.
fn strictest(what: What, a: &Value, b: &Value) -> Option<Value> {
    let version = |value: &Value| match value {
        Value::Text(text) => {
            text.split('.').map(|part| part.parse().ok()).collect::<Option<Vec<u32>>>()
        }
        _ => None,
    };
    let (first, second) = (a.clone(), b.clone());
    let take = |first_wins: bool| Some(if first_wins { first } else { second });
    match (what, a, b) {
        _ if a == b => Some(a.clone()),
        (What::Below(_), ..) => take(version(a) >= version(b)),
        (What::Above(_), ..) => take(version(a) <= version(b)),
        (What::Before(_), Value::Text(x), Value::Text(y)) => take(x >= y),
        (What::Days(_), Value::Int(x), Value::Int(y)) => take(x <= y),
        (What::Time(_), Value::Period(x), Value::Period(y)) => take(x <= y),
        (What::Action(_), Value::Word(x), Value::Word(y)) => {
            take(rank(x, ACTIONS) <= rank(y, ACTIONS))
        }
        (What::Threat(_), Value::Word(x), Value::Word(y)) => {
            take(rank(x, THREATS) <= rank(y, THREATS))
        }
        _ => None,
    }
}
