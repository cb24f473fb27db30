//! Groups of apps, storages and places, transitively closed.

use std::collections::BTreeMap;

use super::resolver::Resolver;
use crate::diagnostic::{Code, Diagnostic};
use crate::model::check;
use crate::model::scope::Reading;
use crate::model::symbols::Entity;
use crate::model::types::{AppId, EndpointSet, Group, GroupId, StorageId, What};
use crate::source::Span;
use crate::syntax::ast::{self, ItemKind, Name, TermKind};
use crate::vocabulary::{Place, Platforms};

impl Resolver<'_> {
    /// Resolves and closes every group.
    pub(super) fn groups(&mut self, files: &[ast::File]) {
        let mut asts: BTreeMap<GroupId, &ast::Group> = BTreeMap::new();
        for item in files.iter().flat_map(|file| &file.items) {
            let ItemKind::Group(group) = &item.kind else { continue };
            let Some(Entity::Group(id)) = self.symbols.names.get(&group.name.text) else {
                continue;
            };
            asts.entry(*id).or_insert(group);
        }
        let mut depths = BTreeMap::new();
        for id in asts.keys() {
            self.group(*id, &asts, &mut depths);
        }
    }

    /// Closes a group after the groups that it names, and notes the depth of each.
    ///
    /// A depth-first search with an explicit stack: cycles and chains longer than the limit on nesting are
    /// reported, and the groups on them are given up.
    fn group(
        &mut self,
        id: GroupId,
        asts: &BTreeMap<GroupId, &ast::Group>,
        depths: &mut BTreeMap<GroupId, usize>,
    ) {
        let mut open = vec![id];
        while let Some(id) = open.last().copied() {
            let Some(group) = asts.get(&id) else { return };
            let inner = self.groups_in(&group.set);
            let next = inner.iter().copied().find(|inner| !depths.contains_key(inner));
            let known = inner.iter().filter_map(|inner| depths.get(inner));
            let depth = 1 + known.max().copied().unwrap_or(0);
            match next {
                Some(inner) if open.contains(&inner) => {
                    self.group_cycle(inner, &open, asts);
                    self.break_groups(&mut open, asts, depths);
                }
                Some(inner) if open.len() < self.limits.nesting => open.push(inner),
                None if depth <= self.limits.nesting => {
                    let closed = check::group(&group.set, self.found)
                        .and_then(|()| self.scopes().set(&group.set, Reading::Every))
                        .map(|set| self.close(&set, &group.name, group.set.span));
                    match closed {
                        Some(closed) => self.model.set_group(id, closed),
                        None => self.break_group(id, asts),
                    }
                    depths.insert(id, depth);
                    open.pop();
                }
                _ => {
                    let (depth, limit) = (depth.max(open.len() + 1), self.limits.nesting);
                    let message =
                        format!("groups hold each other {depth} deep, the limit is {limit}");
                    let diagnostic = Diagnostic::new(Code::Nesting, message);
                    let help = "name what the inner groups hold, or raise the limit";
                    self.found.push(diagnostic.at(group.name.span, "one too many").help(help));
                    self.break_groups(&mut open, asts, depths);
                }
            }
        }
    }

    /// Marks the groups on the stack as broken.
    fn break_groups(
        &mut self,
        open: &mut Vec<GroupId>,
        asts: &BTreeMap<GroupId, &ast::Group>,
        depths: &mut BTreeMap<GroupId, usize>,
    ) {
        for id in open.drain(..) {
            depths.insert(id, 0);
            self.break_group(id, asts);
        }
    }

    /// The groups that a set names.
    fn groups_in(&self, set: &ast::Set) -> Vec<GroupId> {
        let terms = set.terms.iter().chain(&set.except);
        let names = terms.filter_map(|term| match &term.what {
            TermKind::Name(name) => self.symbols.names.get(&name.text),
            TermKind::Word(_) | TermKind::Id(_) => None,
        });
        names
            .filter_map(|entity| match entity {
                Entity::Group(id) => Some(*id),
                _ => None,
            })
            .collect()
    }

    /// Marks a group as broken: a use of it is no second error.
    fn break_group(&mut self, id: GroupId, asts: &BTreeMap<GroupId, &ast::Group>) {
        if let Some(group) = asts.get(&id) {
            self.symbols.names.remove(&group.name.text);
            self.symbols.broken.insert(group.name.text.clone());
        }
    }

    /// Reports a cycle of groups.
    fn group_cycle(
        &mut self,
        id: GroupId,
        open: &[GroupId],
        asts: &BTreeMap<GroupId, &ast::Group>,
    ) {
        let from = open.iter().position(|one| *one == id).unwrap_or(0);
        let circle: Vec<_> = open.iter().skip(from).filter_map(|id| asts.get(id)).collect();
        let names: Vec<_> = circle.iter().map(|group| format!("`{}`", group.name.text)).collect();
        let message = match names.as_slice() {
            [one] => format!("the group {one} holds itself"),
            names => format!("groups that hold each other: {}", names.join(", ")),
        };
        let mut diagnostic = Diagnostic::new(Code::GroupCycle, message);
        for (group, next) in circle.iter().zip(circle.iter().cycle().skip(1)) {
            let terms = group.set.terms.iter().chain(&group.set.except);
            let holds = |term: &&ast::Term| match &term.what {
                TermKind::Name(name) => name.text == next.name.text,
                TermKind::Word(_) | TermKind::Id(_) => false,
            };
            let place = terms.into_iter().find(holds).map_or(group.set.span, |term| term.span);
            diagnostic = diagnostic.at(place, format!("`{}` holds it", group.name.text));
        }
        self.found.push(diagnostic.help("take one of these names out"));
    }

    /// The group with the members of a resolved set.
    fn close(&mut self, set: &EndpointSet, name: &Name, span: Span) -> Group {
        let mut held = self.members(set.terms.iter().map(|term| term.what));
        let left_out = self.members(set.except.iter().map(|term| term.what));
        for (app, platforms) in &mut held.apps {
            let out = left_out.apps.get(app).copied().unwrap_or_default();
            *platforms = platforms.without(out);
        }
        let group = Group {
            name: name.text.clone(),
            apps: held.apps.into_iter().filter(|(_, platforms)| !platforms.is_empty()).collect(),
            storages: held
                .storages
                .into_iter()
                .filter(|id| !left_out.storages.contains(id))
                .collect(),
            places: held
                .places
                .into_iter()
                .filter(|place| !left_out.places.contains(place))
                .collect(),
        };
        if group.apps.is_empty() && group.storages.is_empty() && group.places.is_empty() {
            let message = format!("the group `{}` holds nothing", name.text);
            let diagnostic = Diagnostic::new(Code::EmptySet, message);
            let diagnostic = diagnostic.at(span, "everything is left out again");
            self.found.push(diagnostic.help("leave something in, or take the group out"));
        }
        group
    }

    /// The members of some terms.
    pub(super) fn members(&self, terms: impl Iterator<Item = What>) -> Members {
        let mut members = Members::default();
        for what in terms {
            match what {
                What::App(app, platforms) => members.add_app(app, platforms),
                What::Storage(id) => members.storages.push(id),
                What::Place(place) => members.places.push(place),
                What::Group(id) => {
                    let group = self.model.group(id);
                    group.apps.iter().for_each(|(app, on)| members.add_app(*app, *on));
                    members.storages.extend(&group.storages);
                    members.places.extend(&group.places);
                }
                What::Word(_) | What::Unnamed(..) => {}
            }
        }
        members.storages.sort_unstable();
        members.storages.dedup();
        members.places.sort_unstable();
        members.places.dedup();
        members
    }
}

/// Members of a set: apps with their platforms, storages, places.
#[derive(Default)]
pub(super) struct Members {
    pub(super) apps: BTreeMap<AppId, Platforms>,
    storages: Vec<StorageId>,
    places: Vec<Place>,
}

impl Members {
    /// Adds an app on some platforms.
    pub(super) fn add_app(&mut self, app: AppId, platforms: Platforms) {
        let known = self.apps.entry(app).or_default();
        *known = known.or(platforms);
    }

    /// Adds the members of another set.
    pub(super) fn extend(&mut self, other: Self) {
        other.apps.into_iter().for_each(|(app, on)| self.add_app(app, on));
        self.storages.extend(other.storages);
        self.places.extend(other.places);
    }
}
