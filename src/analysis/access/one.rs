//! The one access of a scope.

use std::ops::ControlFlow;

use super::cells::FactCells;
use super::space::{AccessSpace, Opened};
use crate::access::{AppAccess, Facts};
use crate::analysis::engine::open::open_users;
use crate::analysis::engine::query::Query;
use crate::limits::LimitExceeded;
use crate::model::{AccessScope, Fact};
use crate::movement::Context;
use crate::table::Device;

/// The reason why a scope is not one access.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum NotOneAccess {
    /// The scope holds several accesses.
    #[error("the scope holds several accesses; it leaves open {}", open.join(", "))]
    Several {
        /// The parts that are left open, each with the clause that fixes it.
        open: Vec<String>,
    },
    /// The scope holds none.
    #[error("the scope holds no access: nothing like this exists")]
    Empty,
    /// The search met a limit.
    #[error(transparent)]
    Limit(#[from] LimitExceeded),
}

/// The access of a scope that holds no other, with its facts. Values of a fact that no condition tells apart
/// count as one.
pub(in crate::analysis) fn one_access(
    query: &mut Query<'_>,
    scope: &AccessScope,
) -> Result<(AppAccess, Facts<'static>), NotOneAccess> {
    let space = AccessSpace::new(query, scope, None)?;
    let mut found: Vec<Opened> = Vec::new();
    space.visit(query, |_, opened| {
        found.push(opened);
        Ok(ControlFlow::Continue(()))
    })?;
    let [opened] = found.as_slice() else {
        return Err(if found.is_empty() { NotOneAccess::Empty } else { several(&found) });
    };
    let groups = query.users.example(opened.users).unwrap_or_default();
    let cells = space.facts(opened.device.platform).unwrap_or_default();
    let is_open = |fact: &FactCells| !(fact.cells.len() == 1 || is_denied(fact));
    let mut open = open_users(query, opened.users)?;
    open.extend(cells.iter().any(is_open).then(|| "facts (`when …, rest unknown`)".to_owned()));
    if !open.is_empty() {
        return Err(NotOneAccess::Several { open });
    }
    let mut facts = Facts::default();
    for FactCells { fact, cells } in cells {
        cells.iter().for_each(|cell| cell.set(*fact, &mut facts));
    }
    let Device { platform, state } = opened.device;
    let context = Context::new(query.model.attributes(), &groups, platform, state);
    Ok((AppAccess { app: opened.app, account: opened.account, context }, facts))
}

/// What several apps, accounts and devices leave open.
fn several(found: &[Opened]) -> NotOneAccess {
    let differ = |of: fn(&Opened) -> u64| {
        let mut all = found.iter().map(of);
        let first = all.next();
        all.any(|other| Some(other) != first)
    };
    let parts = [
        (differ(|one| u64::from(one.app.number())), "the app"),
        (differ(|one| one.account.index() as u64), "the account (`as work`)"),
        (differ(|one| one.device.platform.index() as u64), "the platform (`on …`)"),
        (differ(|one| one.device.state.index() as u64), "the device (`devices …`)"),
    ];
    let open = parts.into_iter().filter(|(differs, _)| *differs).map(|(_, part)| part.to_owned());
    NotOneAccess::Several { open: open.collect() }
}

/// Whether a yes/no fact does not fire: it is known so, or unknown, and no condition tells which.
fn is_denied(FactCells { fact, cells }: &FactCells) -> bool {
    let is_flag =
        matches!(fact, Fact::AccountDisabled | Fact::Jailbroken | Fact::AppScan | Fact::OffDuty);
    is_flag && cells.len() == 2
}
