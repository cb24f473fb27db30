//! Groups that a user could join or leave.
//!
//! Takes in a question about one user, gives out the changes of membership after which it is decided as wanted. The
//! policies stay as they are.

use super::question::Question;
use super::remedy::{Remedy, RemedyStep, StepKind};
use super::unmet::Status;
use crate::analysis::engine::naming::{Naming, names_of_users};
use crate::analysis::engine::users::Users;
use crate::analysis::subject::Analysis;
use crate::limits::LimitExceeded;
use crate::model::{Model, People, UsersId};
use crate::table::Clauses;

/// Changes of the memberships of a question's user.
pub(super) fn memberships(
    analysis: &Analysis<'_>,
    question: &Question,
) -> Result<Vec<Remedy>, LimitExceeded> {
    let mut remedies = Vec::new();
    let Some(People::Exactly { of: groups, matching }) = question.people() else {
        return Ok(remedies);
    };
    // Where a filter is open, it is not one user's device that is asked about.
    if matching.len() < analysis.model.filters().len() {
        return Ok(remedies);
    }
    for (number, group) in analysis.model.users().iter().enumerate() {
        let id = UsersId::new(number);
        let mut with = groups.clone();
        let word = match groups.iter().position(|one| *one == id) {
            Some(at) => {
                with.remove(at);
                "leaves"
            }
            None => {
                with.push(id);
                "joins"
            }
        };
        with.sort_unstable();
        let holding = matching.iter().filter(|test| test.holds).map(|test| test.filter);
        let [before, after] =
            [groups, &with].map(|groups| groups.iter().copied().chain(holding.clone()).collect());
        let people = People::Exactly { of: with, matching: matching.clone() };
        let step = RemedyStep {
            kind: StepKind::Membership,
            policy: None,
            file: None,
            line: None,
            before: None,
            after: Some(format!("the user {word} `{}`", group.name)),
        };
        if matches!(question.for_people(people).status(analysis)?, Status::Met) {
            remedies.push(for_user(analysis, step, [before, after])?);
        }
    }
    Ok(remedies)
}

/// A change of memberships with everything that is decided differently about its user, where the same filters hold;
/// groups and filters are given in one list. Scopes name the user by the groups of afterwards.
fn for_user(
    analysis: &Analysis<'_>,
    step: RemedyStep,
    users: [Vec<UsersId>; 2],
) -> Result<Remedy, LimitExceeded> {
    let [before, after] = users.each_ref().map(|users| met_by(analysis, users));
    let [before, after] = [before?, after?];
    let [old, new] = [&before, &after].map(|model| Analysis { model, ..*analysis });
    let exactly = analysis.model.exactly(&users[1]);
    let user = Naming::people(&names_of_users(analysis.model), &exactly);
    let mut remedy = Remedy::of([&old, &new], vec![step], Vec::new())?;
    let Remedy { changes, accesses, requirements, .. } = &mut remedy;
    let accesses = accesses.iter_mut().flat_map(|change| &mut change.scopes);
    let requirements = requirements.iter_mut().flat_map(|change| &mut change.scopes);
    let movements = changes.iter_mut().map(|change| &mut change.scope);
    for scope in movements.chain(accesses).chain(requirements) {
        scope.push_str(&format!(" for {user}"));
    }
    Ok(remedy)
}

/// The model as one user meets it: every clause is for anybody or for nobody.
fn met_by(analysis: &Analysis<'_>, groups: &[UsersId]) -> Result<Model, LimitExceeded> {
    let mut model = analysis.model.clone();
    let clauses = Clauses::of(analysis.model);
    let mut users = Users::new(&clauses, analysis.model.attributes(), analysis.limits())?;
    let mut settled = |people: &People| {
        let condition = users.clause(people)?;
        let is_meant = users.meets(condition, groups);
        Ok(if is_meant { People::ANYBODY } else { People::NOBODY })
    };
    for policy in &mut model.policies {
        policy.people = settled(&policy.people)?;
    }
    for rule in &mut model.rules {
        rule.scope.people = rule.scope.people.as_ref().map(&mut settled).transpose()?;
    }
    Ok(model)
}
