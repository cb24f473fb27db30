//! Reading of scopes in a policy: a scope means there what an expectation with it does.

use std::borrow::Cow;

use crate::compiler::Checked;
use crate::model::PolicyId;

/// The set in which a policy reads scopes, and the policy: a report-only one reads them as if it were live.
///
/// # Errors
///
/// When there is no such policy.
pub(super) fn reading<'c>(
    checked: &'c Checked,
    policy: Option<&str>,
) -> Result<(Cow<'c, Checked>, Option<PolicyId>), String> {
    let Some((name, model)) = policy.zip(checked.model()) else {
        return Ok((Cow::Borrowed(checked), None));
    };
    let mut ids = model.policy_ids();
    let id = ids.find(|id| model.policy(*id).name == name);
    let id = id.ok_or_else(|| format!("there is no policy `{name}`"))?;
    let checked = match model.policy(id).report_only {
        true => Cow::Owned(checked.with_live(name)),
        false => Cow::Borrowed(checked),
    };
    Ok((checked, Some(id)))
}
