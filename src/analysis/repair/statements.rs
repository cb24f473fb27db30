//! Edits of launch conditions and requirements that may turn decisions about accesses around.
//!
//! Takes in the conditions that are too strict and those that would lead to what is claimed, gives out edits that take
//! a statement out, move its threshold, give it another action, keep it from devices, or add one.

use super::editor::{Editor, behind, last_statement};
use super::remedy::StepKind;
use super::unmet::Unmet;
use super::words::without_words;
use crate::analysis::access::FiredLaunch;
use crate::diagnostic::Edit;
use crate::model::{AccessClaim, AccessEffect, AccessId, Condition, PolicyId};
use crate::source::Span;
use crate::syntax::ast::{self, Launch, Name, Require, Spanned, StatementKind, Value};
use crate::syntax::print;

impl<'a> Editor<'a> {
    /// Edits of access statements after which a claim may hold.
    pub(super) fn access_statements(
        &mut self,
        written: &ast::ExpectAccess,
        claim: &AccessClaim,
        unmet: &Unmet,
    ) {
        match (claim, &written.claim) {
            (AccessClaim::Effect(effect), _) => {
                unmet.fired.iter().for_each(|one| self.milder(one));
                for policy in &unmet.policies {
                    self.stricter(*policy, *effect, &unmet.covering);
                }
            }
            (AccessClaim::Require { .. }, ast::AccessClaim::Require(require)) => {
                unmet.policies.iter().for_each(|policy| self.require(*policy, require));
            }
            (AccessClaim::Require { .. }, ast::AccessClaim::Effect(_)) => {}
        }
    }

    /// A launch condition of a policy as it is written.
    fn launch(&self, policy: PolicyId, id: AccessId) -> Option<(&'a ast::Statement, &'a Launch)> {
        let own = self.model.policy(policy).access.iter().find(|one| one.id == id)?;
        self.policy(policy)?.body.iter().find_map(|statement| match &statement.kind {
            // The place of a statement of the model has neither its keyword nor `because`.
            StatementKind::Launch(launch) if holds(statement.span, own.span) => {
                Some((statement, launch))
            }
            _ => None,
        })
    }

    /// Edits of a condition that is too strict.
    fn milder(&mut self, fired: &FiredLaunch) {
        let FiredLaunch { policy, id, moved } = fired;
        let Some((statement, launch)) = self.launch(*policy, *id) else { return };
        let before = print::statement(&statement.kind);
        for condition in moved {
            let after = with_condition(launch, &condition.to_string());
            self.change_text(*policy, statement.span, [before.clone(), after]);
        }
        for changed in self.elsewhere(launch) {
            self.change(*policy, statement, &StatementKind::Launch(changed));
        }
        let warning = AccessEffect::Warn;
        self.change(*policy, statement, &StatementKind::Launch(with_action(launch, warning)));
        let edit = Edit { span: statement.span, text: String::new() };
        self.push(StepKind::Remove, *policy, edit, [Some(before), None]);
    }

    /// The condition without the platforms, or without the device states, that are asked about.
    fn elsewhere(&self, launch: &Launch) -> Vec<Launch> {
        let mut found = Vec::new();
        if let Some(platforms) = without_words(launch.platforms.as_ref(), self.goal.platforms()) {
            found.push(Launch { platforms: Some(platforms), ..launch.clone() });
        }
        if let Some(devices) = without_words(launch.devices.as_ref(), self.goal.devices()) {
            found.push(Launch { devices: Some(devices), ..launch.clone() });
        }
        found
    }

    /// Edits of a policy after which it leads to an effect where one of some conditions is met.
    fn stricter(&mut self, id: PolicyId, effect: AccessEffect, covering: &[Condition]) {
        let Some(policy) = self.policy(id) else { return };
        for condition in covering {
            let text = condition.to_string();
            for statement in &policy.body {
                let StatementKind::Launch(launch) = &statement.kind else { continue };
                if is_of_kind(launch, &text) {
                    let before = print::statement(&statement.kind);
                    let after = with_condition(&with_action(launch, effect), &text);
                    self.change_text(id, statement.span, [before, after]);
                    let acting = with_action(launch, effect);
                    let everywhere = Launch { platforms: None, devices: None, ..acting.clone() };
                    for changed in [acting, everywhere] {
                        self.change(id, statement, &StatementKind::Launch(changed));
                    }
                }
            }
            let Some(last) = last_statement(policy) else { continue };
            let general = format!("launch {effect} when {text}");
            let places = print::places(self.goal.platforms(), self.goal.devices());
            let narrow = (!places.is_empty()).then(|| format!("{general} {places}"));
            for text in narrow.into_iter().chain([general]) {
                self.push(StepKind::Add, id, behind(last, &text), [None, Some(text)]);
            }
        }
    }

    /// Edits of a policy after which it has a requirement.
    fn require(&mut self, id: PolicyId, claimed: &Require) {
        let Some(policy) = self.policy(id) else { return };
        for statement in &policy.body {
            let StatementKind::Require(own) = &statement.kind else { continue };
            if own.what.text == claimed.what.text {
                for fields in [true, false].map(|keeps_own| joined(own, claimed, keeps_own)) {
                    let everywhere =
                        Require { platforms: None, devices: None, fields, ..own.clone() };
                    let here = Require {
                        platforms: own.platforms.clone(),
                        devices: own.devices.clone(),
                        ..everywhere.clone()
                    };
                    for changed in [here, everywhere] {
                        self.change(id, statement, &StatementKind::Require(changed));
                    }
                }
            }
        }
        let Some(last) = last_statement(policy) else { return };
        let (platforms, devices) = (self.goal.platforms(), self.goal.devices());
        let narrow =
            Require { platforms: platforms.cloned(), devices: devices.cloned(), ..claimed.clone() };
        for require in [narrow, claimed.clone()] {
            let text = print::statement(&StatementKind::Require(require));
            self.push(StepKind::Add, id, behind(last, &text), [None, Some(text)]);
        }
    }
}

/// The text of a launch statement with another condition.
fn with_condition(launch: &Launch, condition: &str) -> String {
    let (action, tail) = (&launch.action.text, print::behind_condition(launch));
    let space = if tail.is_empty() { "" } else { " " };
    format!("launch {action} when {condition}{space}{tail}")
}

fn with_action(launch: &Launch, effect: AccessEffect) -> Launch {
    let action = Name { text: effect.to_string(), ..launch.action.clone() };
    Launch { action, ..launch.clone() }
}

/// Whether a condition, as text, asks for the fact of a launch statement on the same side.
fn is_of_kind(launch: &Launch, condition: &str) -> bool {
    let sign = match launch.test {
        ast::Test::Less(_) => Some("<"),
        ast::Test::Greater(_) => Some(">"),
        _ => None,
    };
    let mut words = condition.split(' ');
    words.next() == Some(&launch.subject.text) && sign.is_none_or(|sign| words.next() == Some(sign))
}

/// Whether a place holds another one.
fn holds(whole: Span, part: Span) -> bool {
    whole.source == part.source && whole.start <= part.start && part.end <= whole.end
}

/// The fields of a requirement and of a claim. Of fields that both have, those of one of them, and the least numbers
/// of attempts of both.
fn joined(own: &Require, claimed: &Require, keeps_own: bool) -> Vec<ast::Field> {
    let named = |fields: &[ast::Field], name: &Name| {
        fields.iter().find(|field| field.name.text == name.text).cloned()
    };
    let kept = own.fields.iter().map(|field| match named(&claimed.fields, &field.name) {
        Some(other) => match (&field.value, &other.value) {
            (Some(Value::Then(one)), Some(Value::Then(more))) => {
                let value = Some(Value::Then(all_attempts(one, more)));
                ast::Field { value, ..field.clone() }
            }
            _ if keeps_own => field.clone(),
            _ => other,
        },
        None => field.clone(),
    });
    // These two let less be asked for than without them.
    let is_laxer = |field: &ast::Field| {
        matches!(&*field.name.text, "skip-with-device-pin" | "class")
            && named(&claimed.fields, &field.name).is_none()
    };
    let kept = kept.filter(|field| keeps_own || !is_laxer(field));
    let is_new = |field: &&ast::Field| named(&own.fields, &field.name).is_none();
    kept.chain(claimed.fields.iter().filter(is_new).cloned()).collect()
}

/// For each outcome the least number of attempts, in the order of those.
fn all_attempts(
    one: &[(Spanned<u64>, Name)],
    other: &[(Spanned<u64>, Name)],
) -> Vec<(Spanned<u64>, Name)> {
    let mut found: Vec<(Spanned<u64>, Name)> = Vec::new();
    for (number, outcome) in one.iter().chain(other) {
        match found.iter_mut().find(|(_, known)| known.text == outcome.text) {
            Some((known, _)) if known.value > number.value => known.value = number.value,
            Some(_) => {}
            None => found.push((*number, outcome.clone())),
        }
    }
    found.sort_by_key(|(number, _)| number.value);
    found
}
