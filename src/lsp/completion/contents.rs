//! Contents: the declarations of a set by name, and the endpoints that a name stands for.
//!
//! Takes in trees, which may have mistakes. Does not know the model: a set that is being written often has none.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

use crate::lsp::view::{View, name_of};
use crate::model::built_in_endpoints;
use crate::syntax::ast::{App, AppEntry, AppTrait, Group, Item, ItemKind, Set, Term, TermKind};
use crate::vocabulary::{Channel, Kind, Place, Side};

/// The deepest nesting of groups that is followed, as that of the checker.
const DEEPEST: usize = 64;

/// An endpoint that a name stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Endpoint {
    /// An app, perhaps one that policies can protect, and that has a work account.
    App { is_protectable: bool, has_work: bool },
    /// A storage, and whether data can go there.
    Storage { is_writable: bool },
    /// A place such as a printer.
    Place(Place),
}

impl Endpoint {
    /// Whether movements on a channel come from here, or go here.
    pub(super) fn is_on(self, channel: Channel, side: Side) -> bool {
        let kind = channel.kind_at(side);
        match self {
            Self::App { .. } => kind == Kind::App,
            Self::Storage { is_writable } => {
                kind == Kind::Storage && (is_writable || side == Side::Source)
            }
            Self::Place(place) => kind == Kind::Place && channel.places().contains(&place),
        }
    }

    pub(super) const fn is_app(self) -> bool {
        matches!(self, Self::App { .. })
    }

    pub(super) const fn has_work(self) -> bool {
        matches!(self, Self::App { has_work: true, .. })
    }

    fn of_app(app: &App) -> Self {
        let entries = || app.entries.iter().flatten();
        let has =
            |wanted| entries().any(|one| matches!(one, AppEntry::Trait(it) if it.value == wanted));
        let has_work = has(AppTrait::Sdk);
        Self::App { is_protectable: has_work && !has(AppTrait::Container), has_work }
    }
}

/// The endpoints of a name, by their own names.
pub(super) type Endpoints<'v> = BTreeMap<&'v str, Endpoint>;

/// The declarations of a set.
pub(super) struct Declarations<'v> {
    items: BTreeMap<&'v str, &'v Item>,
    built_in: Endpoints<'v>,
    groups: RefCell<BTreeMap<&'v str, Rc<Endpoints<'v>>>>,
}

impl<'v> Declarations<'v> {
    /// Those of the set as it was checked last, or else those of the document. The text is not parsed for that: a name
    /// that is being written is none to propose.
    pub(super) fn of(view: &'v View<'_>) -> Self {
        let items: Vec<&Item> = match view.checked() {
            Some(checked) => checked.files().iter().flat_map(|file| &file.items).collect(),
            None => view.document.parsed().iter().flat_map(|it| &it.file.items).collect(),
        };
        let named = items.into_iter().filter_map(|item| Some((name_of(item)?.1.0, item)));
        let app = Endpoint::App { is_protectable: false, has_work: false };
        let known = built_in_endpoints().map(|(name, kind, is_writable)| match kind {
            Kind::App => (name, app),
            Kind::Storage | Kind::Place => (name, Endpoint::Storage { is_writable }),
        });
        let places = Place::ALL.iter().map(|place| (place.word(), Endpoint::Place(*place)));
        Self {
            items: named.collect(),
            built_in: known.chain(places).collect(),
            groups: RefCell::default(),
        }
    }

    /// The declarations by name.
    pub(super) fn iter(&self) -> impl Iterator<Item = (&'v str, &'v Item)> {
        self.items.iter().map(|(name, item)| (*name, *item))
    }

    /// The endpoints of the language.
    pub(super) const fn built_in(&self) -> &Endpoints<'v> {
        &self.built_in
    }

    /// The endpoints that a name stands for; none for people, filters and policies.
    pub(super) fn endpoints(&self, name: &str) -> Rc<Endpoints<'v>> {
        self.within(name, 0)
    }

    fn within(&self, name: &str, depth: usize) -> Rc<Endpoints<'v>> {
        let one = |name, endpoint| Rc::new(BTreeMap::from([(name, endpoint)]));
        let Some((name, item)) = self.items.get_key_value(name) else {
            let known = self.built_in.get_key_value(name);
            return known.map_or_else(Rc::default, |(name, endpoint)| one(*name, *endpoint));
        };
        match &item.kind {
            ItemKind::App(app) => one(name, Endpoint::of_app(app)),
            ItemKind::Storage(_) => one(name, Endpoint::Storage { is_writable: true }),
            ItemKind::Group(group) if depth < DEEPEST => self.of_group(name, group, depth),
            _ => Rc::default(),
        }
    }

    fn of_group(&self, name: &'v str, group: &'v Group, depth: usize) -> Rc<Endpoints<'v>> {
        if let Some(known) = self.groups.borrow().get(name) {
            return Rc::clone(known);
        }
        // A group that holds itself is a mistake, and ends here.
        self.groups.borrow_mut().insert(name, Rc::default());
        let found = Rc::new(self.of_set(&group.set, depth + 1));
        self.groups.borrow_mut().insert(name, Rc::clone(&found));
        found
    }

    /// The endpoints of a set, as far as names say.
    pub(super) fn of_set(&self, set: &Set, depth: usize) -> Endpoints<'v> {
        let mut found = self.of_terms(&set.terms, depth);
        for name in self.of_terms(&set.except, depth).keys() {
            found.remove(name);
        }
        found
    }

    fn of_terms(&self, terms: &[Term], depth: usize) -> Endpoints<'v> {
        let mut found = BTreeMap::new();
        for term in terms {
            match &term.what {
                TermKind::Name(name) => {
                    let own = self.within(&name.text, depth);
                    found.extend(own.iter().map(|(name, endpoint)| (*name, *endpoint)));
                }
                TermKind::Id(_) | TermKind::Word(_) => {}
            }
        }
        found
    }

    /// Whether a group would hold itself if it held a name.
    pub(super) fn leads_to(&self, name: &str, group: &str) -> bool {
        let mut seen = BTreeSet::new();
        let mut open = vec![name];
        while let Some(name) = open.pop() {
            if name == group {
                return true;
            }
            if let Some(ItemKind::Group(group)) = self.items.get(name).map(|item| &item.kind)
                && seen.insert(name)
            {
                open.extend(names(&group.set));
            }
        }
        false
    }
}

/// The names in a set.
fn names(set: &Set) -> impl Iterator<Item = &str> {
    set.terms.iter().chain(&set.except).filter_map(|term| match &term.what {
        TermKind::Name(name) => Some(name.text.as_str()),
        TermKind::Id(_) | TermKind::Word(_) => None,
    })
}
