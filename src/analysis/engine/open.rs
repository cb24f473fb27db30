//! The users whom a scope leaves open.
//!
//! Takes in a query and the users of a scope, gives out what tells them apart: groups or filters. Endpoints and facts
//! are not known here.

use std::collections::BTreeSet;

use super::naming::names_of_users;
use super::query::Query;
use crate::dd::{Cond, Manager};
use crate::limits::LimitExceeded;
use crate::model::UsersId;
use crate::table::Clauses;

/// The parts of a scope that leave its users open, each with the clause that fixes it: groups and filters on which it
/// depends whether users of the scope meet the clause of some policy or rule. None where all meet the same clauses.
pub(in crate::analysis) fn open_users(
    query: &mut Query<'_>,
    within: Cond,
) -> Result<Vec<String>, LimitExceeded> {
    let model = query.model;
    let (mut are_groups_open, mut filters) = (false, BTreeSet::<UsersId>::new());
    for clause in Clauses::of(model).iter() {
        let clause = query.users.clause(clause)?;
        let manager = query.users.manager();
        let (meeting, others) = (manager.and(within, clause)?, manager.and_not(within, clause)?);
        if meeting.is_never() || others.is_never() {
            continue;
        }
        let mut depends = Vec::new();
        for variable in manager.support(clause) {
            if is_told_by(manager, variable, [meeting, others])? {
                depends.push(variable);
            }
        }
        let groups = &query.users.groups;
        // Where no group and no filter makes a difference by itself, `exactly` fixes them all.
        are_groups_open |= depends.is_empty();
        are_groups_open |= depends.iter().any(|variable| !groups.is_filter(*variable));
        let own = depends.iter().filter(|variable| groups.is_filter(**variable));
        filters.extend(own.flat_map(|variable| groups.members(*variable)));
    }
    let names = names_of_users(model);
    let filters = filters.iter().filter_map(|filter| names.get(filter.index()));
    let filters = filters.map(|name| {
        format!("the filter `{name}` (`for … matching {name}` or `for … not matching {name}`)")
    });
    let user = are_groups_open.then(|| "the user (`for exactly …`)".to_owned());
    Ok(user.into_iter().chain(filters).collect())
}

/// Whether two sets of users have members who differ in one variable alone.
fn is_told_by(
    manager: &mut Manager,
    variable: u32,
    [one, other]: [Cond; 2],
) -> Result<bool, LimitExceeded> {
    let is_true = manager.variable(variable)?;
    for (with, without) in [(one, other), (other, one)] {
        let with = manager.and(with, is_true)?;
        let with = manager.exists(with, |own| own == variable)?;
        let without = manager.and_not(without, is_true)?;
        let without = manager.exists(without, |own| own == variable)?;
        if !manager.are_disjoint(with, without)? {
            return Ok(true);
        }
    }
    Ok(false)
}
