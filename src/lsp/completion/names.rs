//! Completion of names: the declarations of the set, and the words and names of the language.

use std::collections::BTreeMap;

use lsp_types::CompletionItemKind;

use super::{Completion, Proposal};
use crate::lsp::view::{name_of, title_of};
use crate::model::{Group, Model, built_in_endpoints};
use crate::syntax::SymbolKind;
use crate::syntax::ast::{App, AppEntry, AppTrait, Item, ItemKind};
use crate::vocabulary::{Kind, Place, SetWord, Side};

impl<'v> Completion<'v, '_> {
    /// The declarations of the set as it was checked last, or else those of the document. The text is not parsed for
    /// that: a name that is being written is none to propose.
    fn declarations(&self) -> BTreeMap<&'v str, &'v Item> {
        let items: Vec<&Item> = match self.view.checked() {
            Some(checked) => checked.files().iter().flat_map(|file| &file.items).collect(),
            None => self.view.document.parsed().iter().flat_map(|it| &it.file.items).collect(),
        };
        items
            .into_iter()
            .filter_map(|item| name_of(item).map(|(_, (name, _))| (name, item)))
            .collect()
    }

    fn declared(&mut self, is_wanted: impl Fn(&Item, SymbolKind) -> bool) {
        let mut found = Vec::new();
        for (name, item) in self.declarations() {
            if let Some((kind, _)) = name_of(item)
                && is_wanted(item, kind)
            {
                found.push((name.to_owned(), completion_kind(kind), detail(item, kind)));
            }
        }
        let group = self.group;
        self.found.extend(found.into_iter().map(|(label, kind, detail)| Proposal {
            label,
            kind,
            detail: Some(detail),
            is_name: true,
            group,
        }));
        self.group += 1;
    }

    /// Names of people, filters, policies or catalogues.
    pub(super) fn names(&mut self) {
        let behind = self.last_of(&["for", "matching", "yields", "use"]).to_owned();
        match behind.as_str() {
            "matching" if self.before().next_back() == Some("matching") => {
                self.declared(|_, kind| kind == SymbolKind::Filter);
            }
            "for" | "matching" => {
                self.declared(|_, kind| kind == SymbolKind::Users);
                let words = ["any", "exactly"].into_iter();
                let words = words.filter(|_| self.before().next_back() == Some("for"));
                let words: Vec<_> = words.collect();
                self.words(words, CompletionItemKind::KEYWORD);
            }
            "yields" => {
                let own = self.cursor.policy.clone();
                self.declared(|item, kind| {
                    let name = name_of(item).map(|(_, (name, _))| name);
                    kind == SymbolKind::Policy && name != own.as_deref()
                });
            }
            _ => {}
        }
    }

    /// Terms of sets: names of the kind that fits, and words for sets.
    pub(super) fn endpoints(&mut self) {
        let clause = self.last_of(&["protect", "from", "to", "avoiding", "=", "launch"]).to_owned();
        if clause == "protect" {
            self.words(["any"], CompletionItemKind::CONSTANT);
            let model = self.view.model();
            return self.declared(|item, _| match &item.kind {
                ItemKind::App(app) => has_sdk(app),
                ItemKind::Group(group) => {
                    model.is_none_or(|model| can_be_protected(model, &group.name.text))
                }
                _ => false,
            });
        }
        let kinds = self.kinds(&clause);
        let fits = |wanted: Kind| kinds.as_ref().is_none_or(|kinds| kinds.contains(&wanted));
        if clause != "=" {
            let words = SetWord::ALL.iter().filter(|word| match word {
                SetWord::AnyStorage | SetWord::CorporateStorage | SetWord::PersonalStorage => {
                    fits(Kind::Storage)
                }
                SetWord::AnyApp | SetWord::Managed | SetWord::Unmanaged => fits(Kind::App),
                _ => true,
            });
            let words: Vec<_> = words.map(|word| word.word()).collect();
            self.words(words, CompletionItemKind::CONSTANT);
        }
        if fits(Kind::Place) {
            let channels = self.written();
            let places = Place::ALL.iter().filter(|place| {
                channels.is_empty() || channels.iter().any(|one| one.places().contains(place))
            });
            let places: Vec<_> = places.map(|place| place.word()).collect();
            self.words(places, CompletionItemKind::VALUE);
        }
        let (apps, storages) = (fits(Kind::App), fits(Kind::Storage));
        self.declared(|_, kind| match kind {
            SymbolKind::App => apps,
            SymbolKind::Storage => storages,
            SymbolKind::Group => true,
            _ => false,
        });
        let built_in = built_in_endpoints().filter(|(_, kind, writable)| {
            // Data can come from the camera, and not go there.
            fits(*kind) && (*writable || clause != "to")
        });
        let built_in: Vec<_> = built_in.map(|(name, ..)| name).collect();
        self.words(built_in, CompletionItemKind::VALUE);
    }

    /// Whether `as` or `deployed` means something behind the term before the place.
    pub(super) fn takes_qualifier(&self, word: &str) -> bool {
        let term = self.before().next_back().unwrap_or_default();
        let mut declared = self.declarations();
        let is_storage = match declared.remove(term) {
            Some(item) => matches!(item.kind, ItemKind::Storage(_)),
            None => {
                Place::from_word(term).is_some()
                    || matches!(
                        SetWord::from_word(term),
                        Some(
                            SetWord::AnyStorage
                                | SetWord::CorporateStorage
                                | SetWord::PersonalStorage
                        )
                    )
                    || built_in_endpoints()
                        .any(|(name, kind, _)| name == term && kind == Kind::Storage)
            }
        };
        match self.last_of(&["protect", "from", "to", "avoiding", "=", "launch"]) {
            "protect" | "=" => false,
            "launch" => word == "as",
            _ => !is_storage,
        }
    }

    /// The kinds of endpoints that a clause can hold, by the channels before it; `None` for all.
    fn kinds(&self, clause: &str) -> Option<Vec<Kind>> {
        let side = match clause {
            "from" => Side::Source,
            "to" => Side::Target,
            "launch" => return Some(vec![Kind::App]),
            _ => return None,
        };
        let channels = self.written();
        let is_path = self.before().any(|word| word == "path");
        (!channels.is_empty() && !is_path)
            .then(|| channels.into_iter().map(|channel| channel.kind_at(side)).collect())
    }
}

/// Whether every member of a group can be protected.
fn can_be_protected(model: &Model, name: &str) -> bool {
    let fits = |group: &Group| {
        group.storages.is_empty()
            && group.places.is_empty()
            && group.apps.iter().all(|(id, _)| model.app(*id).can_be_protected())
    };
    model.groups().iter().find(|group| group.name == name).is_none_or(fits)
}

fn has_sdk(app: &App) -> bool {
    let has = |wanted| {
        let entries = app.entries.iter().flatten();
        entries.into_iter().any(|one| matches!(one, AppEntry::Trait(it) if it.value == wanted))
    };
    has(AppTrait::Sdk) && !has(AppTrait::Container)
}

const fn completion_kind(kind: SymbolKind) -> CompletionItemKind {
    match kind {
        SymbolKind::Tenant => CompletionItemKind::MODULE,
        SymbolKind::App | SymbolKind::Storage => CompletionItemKind::CLASS,
        SymbolKind::Group => CompletionItemKind::STRUCT,
        SymbolKind::Users => CompletionItemKind::ENUM,
        SymbolKind::Filter => CompletionItemKind::VARIABLE,
        SymbolKind::Policy => CompletionItemKind::FUNCTION,
    }
}

/// The kind, title and ids of a declaration.
fn detail(item: &Item, kind: SymbolKind) -> String {
    let mut parts = vec![kind.word().to_owned()];
    parts.extend(title_of(item).map(|title| format!("\"{title}\"")));
    if let ItemKind::App(app) = &item.kind {
        let ids = app.entries.iter().flatten().filter_map(|entry| match entry {
            AppEntry::Ids(kind, ids) => Some((kind.value.word(), ids.first()?.value.as_str())),
            AppEntry::Trait(_) => None,
        });
        parts.extend(ids.map(|(kind, id)| format!("{kind}:{id}")));
    }
    parts.join(" ")
}
