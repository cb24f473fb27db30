//! Candidate edits: changes of the text that may turn decisions around.
//!
//! Takes in what stands in the way of the wanted decision, gives out edits of rules, access statements and heads.
//! Whether an edit leads to the wanted decision, and at what price, is not known here.

use super::editor::{Editor, Step};
use super::goal::{Goal, GoalKind};
use super::rules::RuleEditor;
use super::unmet::Unmet;
use crate::compiler::Checked;

/// Every edit that may help, the likely ones first. Of a set without edits the unlikely ones follow.
pub(super) fn steps(checked: &Checked, unmet: &Unmet, goal: &Goal, is_first: bool) -> Vec<Step> {
    let Some(mut editor) = Editor::new(checked, goal) else { return Vec::new() };
    let model = editor.model;
    let live = || model.policy_ids().filter(|id| !model.policy(*id).report_only);
    match &goal.kind {
        GoalKind::Movements { scope, wanted } => {
            let mut rules = RuleEditor::new(&mut editor, scope, *wanted);
            unmet.determining.iter().for_each(|cause| rules.edit(*cause));
            live().for_each(|policy| rules.add_app_wide(policy, unmet));
        }
        GoalKind::Accesses { written, claim } => editor.access_statements(written, claim, unmet),
    }
    let [wider, narrower] = goal.policies_help();
    if wider {
        live().for_each(|policy| editor.widen_head(policy, unmet, true));
    }
    if narrower {
        live().for_each(|policy| editor.restrict_head(policy, unmet));
    }
    if wider && is_first && !unmet.reasons.is_empty() {
        live().for_each(|policy| editor.widen_head(policy, unmet, false));
    }
    editor.found
}
