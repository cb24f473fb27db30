//! The kinds of users that clauses tell apart.
//!
//! Takes in the `for` clauses of a set, gives out one class for every combination of answers that
//! some user can give. Group by group, users who can no longer be told apart are merged, so the cost
//! follows the number of classes and not the number of group combinations.

use std::collections::{BTreeMap, BTreeSet};

use crate::model::{People, UsersId};

/// Users whom no clause tells apart.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct UserClass {
    /// The fewest groups that make a user one of the class, ordered.
    pub(crate) witness: Vec<UsersId>,
    /// The answer to each clause.
    pub(crate) signature: Vec<bool>,
}

/// More classes than the bound.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct TooMany;

/// What is known of a clause while groups are still being added to a user.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Known {
    Open,
    Hit,
    Failed,
}

fn start(clause: &People) -> Known {
    match clause {
        People::Some { of: Some(_), .. } => Known::Open,
        People::Some { of: None, .. } | People::Exactly(_) => Known::Hit,
    }
}

fn next(clause: &People, known: Known, group: UsersId, member: bool) -> Known {
    match clause {
        _ if known == Known::Failed => Known::Failed,
        People::Some { except, .. } if member && except.contains(&group) => Known::Failed,
        People::Some { of: Some(of), .. } if member && of.contains(&group) => Known::Hit,
        People::Some { .. } => known,
        People::Exactly(groups) if groups.contains(&group) == member => known,
        People::Exactly(_) => Known::Failed,
    }
}

/// The classes of users that the clauses tell apart, those with the fewest groups first.
pub(crate) fn user_classes(
    clauses: &[People],
    groups: usize,
    bound: usize,
) -> Result<Vec<UserClass>, TooMany> {
    let mut states: BTreeMap<Vec<Known>, Vec<UsersId>> = BTreeMap::new();
    states.insert(clauses.iter().map(start).collect(), Vec::new());
    for group in relevant(clauses, groups) {
        let mut grown = BTreeMap::new();
        for (state, witness) in states {
            for member in [false, true] {
                let state = (clauses.iter().zip(&state))
                    .map(|(clause, known)| next(clause, *known, group, member))
                    .collect();
                let mut witness = witness.clone();
                witness.extend(member.then_some(group));
                keep_smallest(&mut grown, state, witness);
            }
        }
        if grown.len() > bound {
            return Err(TooMany);
        }
        states = grown;
    }
    let mut classes = BTreeMap::new();
    for (state, witness) in states {
        let signature: Vec<bool> = state.iter().map(|known| *known == Known::Hit).collect();
        keep_smallest(&mut classes, signature, witness);
    }
    let mut classes: Vec<_> =
        classes.into_iter().map(|(signature, witness)| UserClass { witness, signature }).collect();
    classes.sort_by(|a, b| (a.witness.len(), &a.witness).cmp(&(b.witness.len(), &b.witness)));
    Ok(classes)
}

fn keep_smallest<K: Ord>(map: &mut BTreeMap<K, Vec<UsersId>>, key: K, witness: Vec<UsersId>) {
    map.entry(key)
        .and_modify(|known| {
            if (witness.len(), &witness) < (known.len(), known) {
                known.clone_from(&witness);
            }
        })
        .or_insert(witness);
}

/// The groups on which some clause depends.
fn relevant(clauses: &[People], groups: usize) -> BTreeSet<UsersId> {
    let mut relevant = BTreeSet::new();
    for clause in clauses {
        match clause {
            People::Some { of, except } => relevant.extend(of.iter().flatten().chain(except)),
            // A user in any further group is no longer in exactly these.
            People::Exactly(_) => return (0..groups).map(UsersId::new).collect(),
        }
    }
    relevant
}

/// The answers that a user in these groups gives.
pub(crate) fn signature(clauses: &[People], users: &[UsersId]) -> Vec<bool> {
    clauses.iter().map(|clause| is_meant(clause, users)).collect()
}

/// Whether a clause means a user in these groups.
pub(crate) fn is_meant(clause: &People, users: &[UsersId]) -> bool {
    match clause {
        People::Some { of, except } => {
            let hit = match of {
                Some(of) => users.iter().any(|user| of.binary_search(user).is_ok()),
                None => true,
            };
            hit && !users.iter().any(|user| except.binary_search(user).is_ok())
        }
        People::Exactly(groups) => groups == users,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ids(groups: &[usize]) -> Vec<UsersId> {
        groups.iter().copied().map(UsersId::new).collect()
    }

    fn some(of: &[usize], except: &[usize]) -> People {
        People::Some { of: Some(ids(of)), except: ids(except) }
    }

    #[test]
    fn classes_are_what_clauses_tell_apart() {
        let classes = user_classes(&[some(&[0], &[1])], 5, 100).unwrap();
        let witnesses: Vec<_> = classes.iter().map(|class| class.witness.clone()).collect();
        assert_eq!(witnesses, [ids(&[]), ids(&[0])]);
    }

    #[test]
    fn many_groups_in_one_clause_are_cheap() {
        let all: Vec<usize> = (0..60).collect();
        let classes = user_classes(&[some(&all, &[]), some(&all[..30], &[])], 60, 100).unwrap();
        assert_eq!(classes.len(), 3);
        assert_eq!(classes[1].witness.len(), 1);
    }

    #[test]
    fn too_many_classes_are_refused() {
        let clauses: Vec<_> = (0..20).map(|group| some(&[group], &[])).collect();
        assert_eq!(user_classes(&clauses, 20, 1000), Err(TooMany));
    }

    #[test]
    fn exactly_excludes_every_other_group() {
        let clauses = [People::Exactly(ids(&[1])), People::Exactly(ids(&[]))];
        let classes = user_classes(&clauses, 3, 100).unwrap();
        let all: Vec<_> =
            classes.iter().map(|c| (c.witness.clone(), c.signature.clone())).collect();
        assert_eq!(
            all,
            [
                (ids(&[]), vec![false, true]),
                (ids(&[0]), vec![false, false]),
                (ids(&[1]), vec![true, false]),
            ]
        );
        for class in classes {
            assert_eq!(signature(&clauses, &class.witness), class.signature);
        }
    }
}
