//! Completion: what may stand at a place, by the grammar and by the names of the set.

use std::collections::{BTreeMap, BTreeSet};

use lsp_types::{
    CompletionItem, CompletionItemKind, CompletionTextEdit, Documentation, MarkupContent,
    MarkupKind, Position, TextEdit,
};

use super::uri::folder_of;
use super::view::{View, name_of, title_of};
use crate::access::RequirementPart;
use crate::catalogue;
use crate::model::{Action, Fact, built_in_names};
use crate::reference;
use crate::source::SourceKind;
use crate::syntax::ast::{App, AppEntry, AppTrait, IdKind, Item, ItemKind};
use crate::syntax::{Cursor, Piece, SymbolKind, cursor, example, keywords};
use crate::vocabulary::{
    Account, Channel, DeviceState, Kind, Place, Platform, RuleEffect, SetWord, Side,
};

/// A proposal.
struct Proposal {
    label: String,
    kind: CompletionItemKind,
    detail: Option<String>,
    /// Whether it is a declared name.
    is_name: bool,
    /// Sorts proposals: groups in the order in which they were found.
    group: usize,
}

/// The completions at a position, given the paths of the workspace.
pub(super) fn items(
    view: &View<'_>,
    position: Position,
    paths: impl Iterator<Item = String>,
) -> Option<Vec<CompletionItem>> {
    let text = view.document.text.text();
    if SourceKind::of(text) == SourceKind::Json {
        return None;
    }
    let cursor = cursor(text, view.offset(position))?;
    let mut found = Completion { view, cursor: &cursor, found: Vec::new(), group: 0 };
    if cursor.in_string {
        found.strings(paths);
    } else {
        found.collect();
    }
    let range = view.document.text.range(cursor.word.clone());
    let mut seen = BTreeSet::new();
    let proposals = found.found.into_iter().filter(|one| seen.insert(one.label.clone()));
    Some(proposals.enumerate().map(|(number, one)| item(one, number, range)).collect())
}

fn item(proposal: Proposal, number: usize, range: lsp_types::Range) -> CompletionItem {
    let first = proposal.label.split(' ').next().unwrap_or_default();
    // Declared names have no meaning in the reference, and there may be thousands.
    let meaning = if proposal.is_name { None } else { reference::find(first) };
    let documentation = meaning.map(|word| {
        let value = word.meaning.to_owned();
        Documentation::MarkupContent(MarkupContent { kind: MarkupKind::Markdown, value })
    });
    CompletionItem {
        kind: Some(proposal.kind),
        detail: proposal.detail,
        documentation,
        sort_text: Some(format!("{:02}{number:05}", proposal.group)),
        text_edit: Some(CompletionTextEdit::Edit(TextEdit::new(range, proposal.label.clone()))),
        label: proposal.label,
        ..CompletionItem::default()
    }
}

struct Completion<'v, 's> {
    view: &'v View<'s>,
    cursor: &'v Cursor,
    found: Vec<Proposal>,
    group: usize,
}

impl<'v, 's> Completion<'v, 's> {
    fn add(&mut self, label: &str, kind: CompletionItemKind, detail: Option<String>) {
        let label = label.to_owned();
        self.found.push(Proposal { label, kind, detail, is_name: false, group: self.group });
    }

    fn words<'w>(&mut self, words: impl IntoIterator<Item = &'w str>, kind: CompletionItemKind) {
        words.into_iter().for_each(|word| self.add(word, kind, example(word).map(str::to_owned)));
        self.group += 1;
    }

    /// The words before the place.
    fn before(&self) -> impl DoubleEndedIterator<Item = &'v str> + use<'v, 's> {
        let cursor = self.cursor;
        cursor.before.iter().map(String::as_str)
    }

    /// The word that opens the piece, documentation aside.
    fn opener(&self) -> &str {
        self.before().find(|word| !word.starts_with("///")).unwrap_or("")
    }

    /// The last of some words before the place.
    fn last_of(&self, words: &[&str]) -> &str {
        self.before().rev().find(|word| words.contains(word)).unwrap_or("")
    }

    // ------------------------------------------------------------ by the grammar

    fn collect(&mut self) {
        if self.cursor.begins {
            self.openers();
        }
        self.phrases();
        if self.cursor.accepts_channel() {
            self.words(self.channels(), CompletionItemKind::METHOD);
        }
        if self.cursor.accepts_set() {
            self.endpoints();
        } else if self.cursor.accepts_name() {
            self.names();
        }
        self.constants();
        if self.cursor.accepts_account() {
            self.words(
                Account::ALL.iter().map(|one| one.word()).chain(["any"]),
                CompletionItemKind::CONSTANT,
            );
        }
        if self.cursor.accepts_requirement() {
            self.words(["pin", "credentials", "encryption"], CompletionItemKind::STRUCT);
        }
        if self.cursor.accepts_field() {
            self.fields();
        }
        if self.cursor.accepts_app_entry() {
            let kinds = IdKind::ALL.iter().map(|one| one.word());
            let all = kinds.chain(AppTrait::ALL.iter().map(|one| one.word()));
            let free = all.filter(|word| !self.cursor.before.iter().any(|one| one == word));
            let free: Vec<_> = free.collect();
            self.words(free, CompletionItemKind::PROPERTY);
        }
        if self.cursor.accepts_clause() {
            self.clauses();
        }
        self.keywords();
    }

    /// The keywords that open a declaration or statement.
    fn openers(&mut self) {
        const DECLARATIONS: &[&str] = &[
            "mam", "use", "tenant", "app", "storage", "group", "users", "filter", "policy",
            "expect",
        ];
        const STATEMENTS: &[&str] = &[
            "for",
            "on",
            "devices",
            "protect",
            "yields",
            "otherwise",
            "allow",
            "block",
            "accept",
            "refuse",
            "require",
            "launch",
            "setting",
            "expect",
        ];
        let words = if self.cursor.piece == Piece::Statement { STATEMENTS } else { DECLARATIONS };
        self.words(words.iter().copied(), CompletionItemKind::KEYWORD);
    }

    /// Keywords that the grammar accepts and that stand for themselves.
    fn keywords(&mut self) {
        let known: BTreeSet<_> = keywords().collect();
        let quoted = self.cursor.expected.iter().filter(|one| one.starts_with('`'));
        let words = quoted.map(|one| one.trim_matches('`'));
        let words: Vec<_> = words
            .filter(|word| known.contains(word) || word.chars().all(|c| c.is_ascii_lowercase()))
            .collect();
        self.words(words, CompletionItemKind::KEYWORD);
    }

    /// Words behind a keyword that the grammar takes for any word.
    fn phrases(&mut self) {
        match self.before().next_back() {
            Some("expect") => self.words(["no path"], CompletionItemKind::KEYWORD),
            Some("launch") if self.opener() == "launch" => {
                let actions =
                    Action::ALL.iter().map(|one| one.word()).filter(|word| *word != "allow");
                self.words(actions, CompletionItemKind::KEYWORD);
            }
            Some("use") => self.words(catalogue::names(), CompletionItemKind::MODULE),
            _ => {}
        }
        if matches!(self.before().next_back(), Some("when")) || self.is_next_fact() {
            let facts = Fact::ALL.iter().map(|one| one.word());
            for fact in facts {
                self.add(fact, CompletionItemKind::PROPERTY, reference_detail(fact));
            }
            self.group += 1;
        }
    }

    /// Whether a further test of a fact may follow.
    fn is_next_fact(&self) -> bool {
        let comma = matches!(self.before().next_back(), Some("," | "not"));
        comma && self.last_of(&["when", "for", "on", "devices", "not in"]) == "when"
    }

    // ------------------------------------------------------------ channels and clauses

    /// The channels that fit the verb, without those that stand there.
    fn channels(&self) -> Vec<&'static str> {
        let effect = RuleEffect::from_word(self.opener());
        let fits = |channel: &Channel| effect.is_none_or(|effect| channel.judged_at(effect.side()));
        let channels = Channel::ALL.iter().filter(|one| fits(one)).map(|one| one.word());
        let free = channels.filter(|word| !self.cursor.before.iter().any(|one| one == word));
        free.chain(["any"]).collect()
    }

    /// The channels before the place.
    fn written(&self) -> Vec<Channel> {
        self.before().filter_map(Channel::from_word).collect()
    }

    /// The clauses that are still free and fit.
    fn clauses(&mut self) {
        let opener = self.opener().to_owned();
        let places = ["for", "on", "devices"];
        let is_access = self.before().any(|word| word == "launch");
        let all: Vec<&str> = match opener.as_str() {
            "require" => vec!["on", "devices"],
            "launch" => vec!["on", "devices", "because"],
            "expect" if is_access => [&places[..], &["when"]].concat(),
            "expect" if self.before().any(|word| word == "path") => {
                [&["by", "from", "to", "avoiding"], &places[..]].concat()
            }
            "expect" => [&["from", "to"], &places[..], &self.limits()].concat(),
            _ => {
                let wide = matches!(opener.as_str(), "block" | "refuse").then_some("app-wide");
                let mut all = [&["from", "to"], &places[..], &self.limits()].concat();
                all.extend(wide);
                all.push("because");
                all
            }
        };
        let has = |word: &str| self.before().any(|one| one == word);
        let first = |clause: &str| clause.split(' ').next().unwrap_or_default().to_owned();
        let is_free = |clause: &&str| {
            let first = first(clause);
            !has(&first) && (first != "to" || !has("to"))
        };
        let free: Vec<_> = all.into_iter().filter(is_free).collect();
        self.words(free, CompletionItemKind::KEYWORD);
    }

    /// The limits that fit the channels.
    fn limits(&self) -> Vec<&'static str> {
        let has = |channel| self.written().contains(&channel);
        let permits = matches!(self.opener(), "allow" | "accept" | "expect");
        let mut limits = Vec::new();
        if permits && has(Channel::Copy) {
            limits.push("up to 50 characters");
        }
        if permits && has(Channel::Notify) {
            limits.push("without content");
        }
        if self.opener() == "accept" {
            limits.push("tagged work");
        }
        limits
    }

    fn fields(&mut self) {
        let what = self.before().skip_while(|word| *word != "require").nth(1).unwrap_or("");
        let is_of_it = |part: &&RequirementPart| {
            **part != part.requirement() && part.requirement().word() == what
        };
        let all = RequirementPart::ALL.iter().filter(is_of_it).map(|part| part.word());
        let free = all.filter(|field| !self.before().any(|one| one == *field));
        let free: Vec<_> = free.collect();
        self.words(free, CompletionItemKind::PROPERTY);
    }

    /// Platforms and device states behind `on` and `devices`.
    fn constants(&mut self) {
        if !self.cursor.expected.contains(&"a word") {
            return;
        }
        match self.last_of(&["on", "devices"]) {
            "on" => self
                .words(Platform::ALL.iter().map(|one| one.word()), CompletionItemKind::ENUM_MEMBER),
            "devices" => {
                let platforms = self.platforms();
                let exists =
                    |state: &&DeviceState| platforms.iter().any(|one| state.exists_on(*one));
                let states = DeviceState::ALL.iter().filter(exists).map(|one| one.word());
                let states: Vec<_> = states.chain(["enrolled"]).collect();
                self.words(states, CompletionItemKind::ENUM_MEMBER);
            }
            _ => {}
        }
    }

    /// The platforms that the statement names, or all.
    fn platforms(&self) -> Vec<Platform> {
        let named: Vec<_> = self.before().filter_map(Platform::from_word).collect();
        if named.is_empty() { Platform::ALL.to_vec() } else { named }
    }

    // ------------------------------------------------------------ names

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
    fn names(&mut self) {
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
    fn endpoints(&mut self) {
        let clause = self.last_of(&["protect", "from", "to", "avoiding", "=", "launch"]).to_owned();
        if clause == "protect" {
            self.words(["any"], CompletionItemKind::CONSTANT);
            return self.declared(|item, kind| match &item.kind {
                ItemKind::App(app) => has_sdk(app),
                _ => kind == SymbolKind::Group,
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
        self.built_in(&kinds);
    }

    /// The apps and storages of the language.
    fn built_in(&mut self, kinds: &Option<Vec<Kind>>) {
        const APPS: &[&str] = &["dialer", "messages", "browser"];
        let fits = |name: &&str| {
            let kind = if APPS.contains(name) { Kind::App } else { Kind::Storage };
            kinds.as_ref().is_none_or(|kinds| kinds.contains(&kind))
        };
        let names = built_in_names().filter(|name| Place::from_word(name).is_none());
        let names: Vec<_> = names.filter(fits).collect();
        self.words(names, CompletionItemKind::VALUE);
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

    // ------------------------------------------------------------ strings

    /// Paths behind `use`.
    fn strings(&mut self, paths: impl Iterator<Item = String>) {
        if self.before().next_back() != Some("use") {
            return;
        }
        let folder = folder_of(self.view.path);
        let below = paths.filter(|path| path != self.view.path);
        let below: Vec<_> =
            below.filter_map(|path| path.strip_prefix(folder).map(str::to_owned)).collect();
        for path in below {
            self.add(&format!("\"{path}\""), CompletionItemKind::FILE, None);
        }
    }
}

fn reference_detail(word: &str) -> Option<String> {
    reference::find(word).map(|found| found.meaning.to_owned())
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
