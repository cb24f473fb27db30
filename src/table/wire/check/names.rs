//! The invariants of names: texts, ids, groups and classes.

use super::super::codec::{Flaw, demand};
use super::ranges::distinct;
use crate::model::{Entries, Text};
use crate::table::ir::Range32;

/// Every name lies within the texts and overlaps with no other, and every id refers to an entry.
pub(in crate::table::wire) fn entries(entries: &Entries) -> Result<(), Flaw> {
    let Entries { apps, storages, policies, rules, access, ids, urls, .. } = entries;
    demand(
        !apps.is_empty() && !storages.is_empty(),
        "the entry of unlisted apps or storages is missing",
    )?;
    texts(entries)?;
    let mut owners = ids.iter().flatten().chain(urls).map(|(_, app)| app.index());
    demand(owners.all(|app| app < apps.len()), "an id belongs to no app")?;
    let mut owners = rules.iter().map(|rule| rule.policy.index());
    demand(owners.all(|policy| policy < policies.len()), "a rule belongs to no policy")?;
    let mut owners = access.iter().map(|one| one.policy.index());
    let orphan = "a requirement or launch condition belongs to no policy";
    demand(owners.all(|policy| policy < policies.len()), orphan)?;
    let mut all = ids.iter().flatten().map(|(id, _)| entries.texts.get(*id));
    let is_lower = |id: &str| !id.bytes().any(|byte| byte.is_ascii_uppercase());
    demand(all.all(is_lower), "an id is not in lower case")
}

fn texts(entries: &Entries) -> Result<(), Flaw> {
    let Entries { texts, apps, storages, users, filters, policies, rules, access, ids, urls } =
        entries;
    let named = apps.iter().map(|app| app.name).chain(storages.iter().map(|one| one.name));
    let named = named.chain(users.iter().copied()).chain(filters.iter().copied());
    let named = named.chain(urls.iter().map(|(url, _)| *url));
    let named = named.chain(ids.iter().flatten().map(|(id, _)| *id));
    // One kind behind the other: texts stand in the order in which they were met, so that each kind ascends.
    let shown =
        policies.iter().map(|policy| policy.name).chain(policies.iter().map(|one| one.file));
    let said = rules.iter().map(|rule| rule.text).chain(rules.iter().map(|rule| rule.file));
    let said = said.chain(rules.iter().filter_map(|rule| rule.because));
    let asked = access.iter().map(|one| one.text).chain(access.iter().map(|one| one.file));
    let asked = asked.chain(access.iter().filter_map(|one| one.because));
    let all = named.chain(shown).chain(said).chain(asked);
    let ranges = all.map(|Text { start, length }| Range32 { start, length });
    let overlap = "texts overlap, or are none";
    let ranges = distinct(ranges, texts.all().len()).map_err(|_| overlap)?;
    // They stand one behind the other and leave nothing out.
    let covered: usize = ranges.iter().map(|range| range.length as usize).sum();
    demand(covered == texts.all().len(), overlap)?;
    let mut ranges = ranges.into_iter();
    let holds = |Range32 { start, length }| texts.holds(Text { start, length });
    demand(ranges.all(holds), "a name begins or ends within a character")
}

/// Every variable belongs to a group.
pub(in crate::table::wire) fn variables(variables: &[Option<u32>]) -> Result<(), Flaw> {
    let mut all: Vec<u32> = variables.iter().copied().flatten().collect();
    all.sort_unstable();
    all.dedup();
    demand(all.iter().zip(0..).all(|(one, next)| *one == next), "a variable belongs to no group")
}

/// Classes are numbered in the order of their first members.
pub(in crate::table::wire) fn classes(of_endpoint: &[u32], endpoints: usize) -> Result<(), Flaw> {
    demand(of_endpoint.len() == endpoints, "an endpoint has no class, or a class no endpoint")?;
    let mut next = 0;
    for class in of_endpoint {
        demand(*class <= next, "a class has no member")?;
        next += u32::from(*class == next);
    }
    Ok(())
}
