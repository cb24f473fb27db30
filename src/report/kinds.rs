//! Kinds of apps: which policies apply, and why the others do not, with sentences in a pool.
//!
//! Takes in people and devices as clauses, gives out kinds. Sentences repeat for most kinds and stand once.

use super::data::{KindView, LevelView, PolicyView, UnappliedView};
use super::pool::Pool;
use crate::analysis::{Analysis, AppliedPolicy, EffectiveKind, ReachedLevel, Unapplied};
use crate::compiler::Checked;
use crate::limits::LimitExceeded;

/// The policies and sentences that kinds name by position.
#[derive(Default)]
pub(super) struct Kinds {
    policies: Pool<PolicyView, PolicyView>,
    sentences: Pool<String, String>,
}

/// Accesses to all apps under work accounts, for some people on some devices.
pub(super) fn opened(clauses: &str) -> String {
    format!("launch any as work {clauses}")
}

impl Kinds {
    /// The kinds of apps for some people on some devices.
    pub(super) fn of(
        &mut self,
        checked: &Checked,
        analysis: Analysis<'_>,
        clauses: &str,
    ) -> Result<Vec<KindView>, LimitExceeded> {
        // A set without an app that has a work account has no such access.
        let Ok(scope) = checked.access_question(&opened(clauses)) else { return Ok(Vec::new()) };
        let kinds = analysis.effective_without_movements(&scope)?;
        Ok(kinds.iter().map(|kind| self.kind(kind)).collect())
    }

    fn kind(&mut self, kind: &EffectiveKind) -> KindView {
        KindView {
            scopes: kind.scopes.clone(),
            applies: kind.applies.iter().map(|one| self.policy(one)).collect(),
            others: kind.others.iter().map(|one| self.unapplied(one)).collect(),
            levels: kind.levels.iter().map(|one| self.level(one)).collect(),
        }
    }

    fn policy(&mut self, one: &AppliedPolicy) -> usize {
        let AppliedPolicy { policy, title, file, line } = one.clone();
        self.policies.add(PolicyView { policy, title, file, line })
    }

    fn unapplied(&mut self, one: &Unapplied) -> UnappliedView {
        let mut sentence = |text: &String| self.sentences.add(text.clone());
        let unmet = one.unmet.iter().map(|unmet| {
            let scopes = unmet.scopes.iter().map(&mut sentence).collect();
            (sentence(&unmet.why), sentence(&unmet.change), scopes)
        });
        let unmet = unmet.collect();
        (self.policy(&one.policy), unmet)
    }

    fn level(&mut self, one: &ReachedLevel) -> LevelView {
        let next = one.missing.iter().filter(|point| point.level == one.reached + 1);
        let missing = next.map(|point| format!("{} = {}", point.setting, point.asks));
        LevelView {
            platform: one.platform,
            reached: one.reached,
            missing: missing.map(|text| self.sentences.add(text)).collect(),
        }
    }

    pub(super) fn into_lists(self) -> (Vec<PolicyView>, Vec<String>) {
        (self.policies.into_list(), self.sentences.into_list())
    }
}
