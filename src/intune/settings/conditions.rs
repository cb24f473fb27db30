//! The fit of launch conditions: members for conditions, the inverse of [`launch`](super::launch).
//!
//! Takes in conditions with their actions, gives out members, and the conditions that no member can
//! state. A member holds one condition with one action. Of several conditions for one member the
//! strictest is taken, if it implies the others.

use super::launch::{LAUNCH_MEMBERS, LaunchConditions, LaunchMember, LaunchTest};
use crate::intune::schema::{Property, ValueType};
use crate::intune::value::Value;
use crate::model::{Action, Condition, Integrity, Knox, NameList};
use crate::vocabulary::Platform;

impl LaunchConditions {
    /// The members for conditions, with the indices of conditions that no member can state beside the
    /// others.
    pub(super) fn of(
        conditions: &[(Action, &Condition)],
        platform: Platform,
    ) -> (Self, Vec<usize>) {
        let mut launches = Self::default();
        let mut unstated = Vec::new();
        // The strictest actions come first: they imply weaker ones for the same state.
        let mut order: Vec<_> = conditions.iter().enumerate().collect();
        order.sort_by_key(|(_, (action, _))| std::cmp::Reverse(*action));
        for (index, (action, condition)) in order {
            if !launches.add(*action, condition, platform) {
                unstated.push(index);
            }
        }
        (launches, unstated)
    }

    /// Adds a condition; false if no member can state it beside the others.
    fn add(&mut self, action: Action, condition: &Condition, platform: Platform) -> bool {
        let stated = stated(action, condition);
        let is_meant = |launch: &&LaunchMember| {
            launch.subject == stated.subject
                && Property::find(launch.member, platform).is_some()
                && launch.test.states(action, stated.level)
        };
        let Some(launch) = LAUNCH_MEMBERS.iter().find(is_meant) else { return false };
        let member = launch.member;
        let value = typed(member, stated.value, platform);
        let action = Value::Word(word_of(action));
        let mut others: Vec<(&'static str, Value)> =
            launch.test.qualifiers().last().map(|member| (*member, action)).into_iter().collect();
        if let LaunchTest::Attested(evaluation, _) = launch.test {
            others.push((evaluation, Value::Word(stated.evaluation)));
        }
        let Some(known) = self.set.get(member) else {
            self.set.insert(member, value);
            self.set.extend(others);
            return true;
        };
        let is_same = others.iter().all(|(member, value)| self.set.get(member) == Some(value));
        match strictest(launch.test, known, &value) {
            Some(value) if is_same => {
                self.set.insert(member, value);
                true
            }
            // A weaker action is implied by the stricter one.
            Some(value) => value == *known,
            None => false,
        }
    }
}

impl LaunchTest {
    /// Whether a member states an action at a level of its subject.
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

/// A condition in the terms of members.
struct StatedCondition {
    subject: &'static str,
    /// The word that distinguishes members of one subject.
    level: Option<&'static str>,
    value: Value,
    evaluation: &'static str,
}

/// The terms of a condition.
fn stated(action: Action, condition: &Condition) -> StatedCondition {
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
        Condition::Offline { minutes } => ("offline", None, Value::Duration(*minutes)),
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
    StatedCondition {
        subject,
        level,
        value,
        evaluation: if is_strong { "hardwareBacked" } else { "basic" },
    }
}

/// The value in the type of its member: some lists are one text with semicolons.
fn typed(member: &str, value: Value, platform: Platform) -> Value {
    let kind = Property::find(member, platform).map(|property| property.kind);
    match (kind, value) {
        (Some(ValueType::Text), Value::Texts(names)) => Value::Text(names.join(";")),
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

/// Words by strictness, the strictest first.
const ACTIONS: &[&str] = &["wipe", "block", "blockWhenSettingIsSupported", "warn"];
const THREATS: &[&str] = &["secured", "low", "medium", "high"];

fn rank(word: &str, order: &[&str]) -> Option<usize> {
    order.iter().position(|one| *one == word)
}

/// The stricter of two values of one member; `None` if neither implies the other.
fn strictest(test: LaunchTest, a: &Value, b: &Value) -> Option<Value> {
    let version = |value: &Value| match value {
        Value::Text(text) => {
            text.split('.').map(|part| part.parse().ok()).collect::<Option<Vec<u32>>>()
        }
        _ => None,
    };
    let (first, second) = (a.clone(), b.clone());
    let take = |first_wins: bool| Some(if first_wins { first } else { second });
    match (test, a, b) {
        _ if a == b => Some(a.clone()),
        (LaunchTest::Below(_), ..) => take(version(a) >= version(b)),
        (LaunchTest::Above(_), ..) => take(version(a) <= version(b)),
        (LaunchTest::Before(_), Value::Text(x), Value::Text(y)) => take(x >= y),
        (LaunchTest::Days(_), Value::Int(x), Value::Int(y)) => take(x <= y),
        (LaunchTest::Time(_), Value::Duration(x), Value::Duration(y)) => take(x <= y),
        (LaunchTest::Action(_), Value::Word(x), Value::Word(y)) => {
            take(rank(x, ACTIONS) <= rank(y, ACTIONS))
        }
        (LaunchTest::Threat(_), Value::Word(x), Value::Word(y)) => {
            take(rank(x, THREATS) <= rank(y, THREATS))
        }
        _ => None,
    }
}
