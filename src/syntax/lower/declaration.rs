//! Lowering of declarations, policies aside.
//!
//! Takes in the pairs of a declaration, gives out an item of the tree. Does not know the file around
//! it.

use pest::iterators::Pair;

use super::node::{Lower, Node, Nodes, find};
use crate::syntax::ast::{
    App, AppEntry, AppTrait, Filter, Group, IdKind, Item, ItemKind, Storage, Tenant, Use, Users,
};
use crate::syntax::grammar::Rule;

impl Lower {
    pub(in crate::syntax) fn item(&mut self, nodes: Nodes<'_>) -> Option<Item> {
        let mut docs = Vec::new();
        for node in nodes.flat_map(Pair::into_inner) {
            if node.as_rule() == Rule::doc {
                docs.push(self.doc(&node));
                continue;
            }
            let span = self.span(&node);
            return Some(Item { docs, span, kind: self.item_kind(node)? });
        }
        None
    }

    fn item_kind(&mut self, node: Node<'_>) -> Option<ItemKind> {
        let rule = node.as_rule();
        let mut children = node.into_inner();
        Some(match rule {
            Rule::version => ItemKind::Version(self.number(&find(&mut children, Rule::number)?)?),
            Rule::use_decl => ItemKind::Use(self.use_decl(children)?),
            Rule::tenant => ItemKind::Tenant(Tenant {
                name: self.name(&find(&mut children, Rule::name)?),
                domain: self.text(&find(&mut children, Rule::string)?)?,
            }),
            Rule::app => ItemKind::App(self.app(children)?),
            Rule::storage => ItemKind::Storage(self.storage(children)?),
            Rule::group => ItemKind::Group(Group {
                name: self.name(&find(&mut children, Rule::name)?),
                set: self.set(find(&mut children, Rule::set)?)?,
            }),
            Rule::filter => {
                let name = self.name(&find(&mut children, Rule::name)?);
                let title = find(&mut children, Rule::string);
                ItemKind::Filter(Filter { name, title: self.optional_text(title)? })
            }
            Rule::users => {
                let name = self.name(&find(&mut children, Rule::name)?);
                let title = find(&mut children, Rule::string);
                ItemKind::Users(Users { name, title: self.optional_text(title)? })
            }
            Rule::expect => match find(&mut children.clone(), Rule::access_claim) {
                Some(claim) => ItemKind::ExpectAccess(self.expect_access(claim)?),
                None => ItemKind::Expect(self.expect(children)?),
            },
            _ => return None,
        })
    }

    fn use_decl(&mut self, children: Nodes<'_>) -> Option<Use> {
        for node in children {
            match node.as_rule() {
                Rule::name => return Some(Use::Catalogue(self.name(&node))),
                Rule::string => return self.text(&node).map(Use::File),
                _ => {}
            }
        }
        None
    }

    fn app(&mut self, children: Nodes<'_>) -> Option<App> {
        let (mut name, mut title, mut entries) = (None, None, None);
        for node in children {
            match node.as_rule() {
                Rule::name => name = Some(self.name(&node)),
                Rule::string => title = Some(self.text(&node)?),
                Rule::brace_open => entries = Some(Vec::new()),
                Rule::app_entry => {
                    let entry = self.app_entry(node.into_inner().next()?)?;
                    entries.get_or_insert_default().push(entry);
                }
                _ => {}
            }
        }
        Some(App { name: name?, title, entries })
    }

    fn app_entry(&mut self, node: Node<'_>) -> Option<AppEntry> {
        let is_ids = node.as_rule() == Rule::app_ids;
        let mut children = node.into_inner();
        let key = children.next()?;
        if !is_ids {
            let value = AppTrait::from_word(key.as_str())?;
            return Some(AppEntry::Trait(self.spanned(value, &key)));
        }
        let kind = IdKind::from_word(key.as_str())?;
        let ids = self.strings(children.next()?)?;
        Some(AppEntry::Ids(self.spanned(kind, &key), ids))
    }

    fn storage(&mut self, children: Nodes<'_>) -> Option<Storage> {
        let (mut name, mut title, mut corporate) = (None, None, false);
        for node in children {
            match node.as_rule() {
                Rule::name => name = Some(self.name(&node)),
                Rule::string => title = Some(self.text(&node)?),
                Rule::storage_kind => corporate = node.as_str() == "corporate",
                _ => {}
            }
        }
        Some(Storage { name: name?, title, corporate })
    }
}
