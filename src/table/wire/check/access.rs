//! The invariants of accesses: statements, folded limits, lists of names.

use super::super::codec::{Flaw, demand};
use super::ranges::{distinct, part};
use crate::model::{Text, Texts};
use crate::table::access::{AccessIr, Limit};
use crate::table::ir::Range32;
use crate::table::runtime::{AccessParts, Parts};

/// Every statement belongs to a policy and has an entry; every range lies in its list; lists are ordered.
pub(super) fn access(parts: &Parts) -> Result<(), Flaw> {
    let entries = parts.directory.entries();
    let Some(AccessParts { ir, layout }) = &parts.access else { return Ok(()) };
    demand(ir.policies.len() == entries.policies.len(), "a policy is missing")?;
    let conditions = ir.conditions.iter().map(|one| one.statement);
    let statements = conditions.chain(ir.requirements.iter().map(|one| one.statement));
    let mut ids: Vec<usize> = statements.map(|id| id.index()).collect();
    ids.sort_unstable();
    let are_all = ids.len() == entries.access.len() && ids.iter().copied().eq(0..ids.len());
    demand(are_all, "a requirement or launch condition is missing")?;
    distinct(ir.policies.iter().map(|one| one.conditions), ir.conditions.len())?;
    distinct(ir.policies.iter().map(|one| one.requirements), ir.requirements.len())?;
    let bundles = parts.layout.bundles.len();
    demand(layout.bundles.len() == bundles, "a bundle is missing")?;
    distinct(layout.bundles.iter().map(|one| one.limits), layout.limits.len())?;
    distinct(layout.bundles.iter().map(|one| one.needs), layout.needs.len())?;
    let stated = ir.conditions.iter().map(|one| &one.limit);
    lists(ir, stated.chain(&layout.limits))
}

/// The lists of names are apart and ordered.
fn lists<'l>(ir: &AccessIr, limits: impl Iterator<Item = &'l Limit>) -> Result<(), Flaw> {
    names(&ir.texts, &ir.lists)?;
    let ranges = distinct(limits.map(|limit| limit.names), ir.lists.len())?;
    let is_ordered = |range: &Range32| {
        let names = part(&ir.lists, *range).unwrap_or_default();
        names.is_sorted_by(|a, b| ir.texts.get(*a) < ir.texts.get(*b))
    };
    demand(ranges.iter().all(is_ordered), "the names of a list are not ordered")
}

/// The names are texts, and leave nothing of them out.
fn names(texts: &Texts, lists: &[Text]) -> Result<(), Flaw> {
    let ranges =
        lists.iter().map(|Text { start, length }| Range32 { start: *start, length: *length });
    let ranges = distinct(ranges, texts.all().len())?;
    let covered: usize = ranges.iter().map(|range| range.length as usize).sum();
    demand(covered == texts.all().len(), "texts overlap, or are none")?;
    let mut ranges = ranges.into_iter();
    let holds = |Range32 { start, length }| texts.holds(Text { start, length });
    demand(ranges.all(holds), "a name begins or ends within a character")
}
