//! Classes of a picture: endpoints of one station that are decided alike.
//!
//! Takes in endpoints with their atoms and the decisions between these, gives out classes in the order of output.
//! Whether one set decides or two do is not known here.

use std::collections::BTreeMap;

use super::data::Station;
use crate::model::{AppId, Model};
use crate::movement::Endpoint;
use crate::vocabulary::Account;

/// Numbers of rows and of columns, by atom; equal lines have equal numbers.
pub(in crate::analysis) type LineNumbers = [Vec<usize>; 2];

/// An endpoint with what classes it.
pub(in crate::analysis) struct Classed<'e, R> {
    pub(in crate::analysis) station: Station,
    pub(in crate::analysis) managed: bool,
    /// By channel and side: its atom.
    pub(in crate::analysis) slots: &'e [Option<usize>],
    /// The position in lists.
    pub(in crate::analysis) rank: R,
}

/// Station and members of a class, and whether they are managed.
pub(in crate::analysis) type ClassMembers<'e, E> = ((Station, bool), Vec<&'e E>);

/// The numbers of the lines of a table of so many columns.
pub(in crate::analysis) fn line_numbers<D: Ord + Copy>(
    table: &[Vec<D>],
    width: usize,
) -> LineNumbers {
    let columns: Vec<Vec<D>> = (0..width)
        .map(|at| table.iter().filter_map(|row| row.get(at).copied()).collect())
        .collect();
    [numbers(table), numbers(&columns)]
}

fn numbers<D: Ord>(lines: &[Vec<D>]) -> Vec<usize> {
    let mut known: BTreeMap<&Vec<D>, usize> = BTreeMap::new();
    let number = |line| {
        let next = known.len();
        *known.entry(line).or_insert(next)
    };
    lines.iter().map(number).collect()
}

/// Endpoints in classes, by station and then by the rank of the first member. `lines` has the numbers of each channel.
pub(in crate::analysis) fn classes<'e, E, R: Ord + Copy>(
    endpoints: &'e [E],
    lines: &[LineNumbers],
    classed: impl Fn(&'e E) -> Classed<'e, R>,
) -> Vec<ClassMembers<'e, E>> {
    let number = |slot: usize, atom: usize| {
        let of_side = lines.get(slot / 2)?.get(slot % 2)?;
        of_side.get(atom).copied()
    };
    type Signature = (Station, bool, Vec<Option<usize>>);
    let mut found: BTreeMap<Signature, Vec<(R, &E)>> = BTreeMap::new();
    for one in endpoints {
        let Classed { station, managed, slots, rank } = classed(one);
        let slots = slots.iter().enumerate();
        let lines = slots.map(|(slot, atom)| number(slot, (*atom)?)).collect();
        found.entry((station, managed, lines)).or_default().push((rank, one));
    }
    let mut found: Vec<_> = found.into_iter().collect();
    for (_, members) in &mut found {
        members.sort_by_key(|(rank, _)| *rank);
    }
    found.sort_by_key(|((station, ..), members)| (*station, members.first().map(|one| one.0)));
    let class = |((station, managed, _), members): (Signature, Vec<(R, &'e E)>)| {
        ((station, managed), members.into_iter().map(|(_, one)| one).collect())
    };
    found.into_iter().map(class).collect()
}

/// The station of an endpoint, given whether it is an app of the company, and whether its app is protected; `None`
/// where no app is.
pub(in crate::analysis) fn station(
    model: &Model,
    end: Endpoint,
    is_company: bool,
    is_protected: Option<bool>,
) -> Station {
    match end {
        Endpoint::Place(_) => Station::Device,
        Endpoint::Storage(id) if model.storage(id).corporate => Station::CompanyStorage,
        Endpoint::Storage(_) => Station::PersonalStorage,
        Endpoint::App { .. } if is_company => Station::CompanyApps,
        Endpoint::App { app, account, .. } => {
            match is_protected.unwrap_or_else(|| model.app(app).can_be_protected()) {
                true if is_protected.is_none() && account == Account::Work => Station::CompanyApps,
                true => Station::OtherAccounts,
                false => Station::OtherApps,
            }
        }
    }
}

/// The work account of an app.
pub(in crate::analysis) fn as_work(app: AppId) -> Endpoint {
    Endpoint::App { app, account: Account::Work, deployed: false }
}

/// The members of a class: an app that is in it both deployed and not is one.
pub(in crate::analysis) fn joined<E: PartialEq>(
    members: impl Iterator<Item = (E, Option<bool>)>,
) -> Vec<(E, Option<bool>)> {
    let mut found: Vec<(E, Option<bool>)> = Vec::new();
    for (end, deployed) in members {
        match found.iter_mut().find(|(known, _)| *known == end) {
            Some((_, known)) => *known = None,
            None => found.push((end, deployed)),
        }
    }
    found
}
