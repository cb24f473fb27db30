//! Completion: the words and names that may stand at a place, by the grammar and by the names of the set.
//!
//! `access` knows requirements and conditions, `names` the declarations of the set.

mod access;
mod names;

use std::collections::BTreeSet;
use std::ops::Range;

use lsp_types::{
    CompletionItem, CompletionItemKind, CompletionTextEdit, Documentation, MarkupContent,
    MarkupKind, Position, TextEdit,
};

use super::position::IndexedText;
use super::uri::folder_of;
use super::view::View;
use crate::catalogue;
use crate::model::Action;
use crate::reference;
use crate::source::SourceKind;
use crate::syntax::ast::{AppTrait, IdKind};
use crate::syntax::print::quote;
use crate::syntax::{Cursor, Piece, cursor, declarations, example, keywords, statements};
use crate::vocabulary::{Account, Channel, DeviceState, Platform, RuleEffect};

/// A word or phrase that may stand at a place.
struct Label {
    text: &'static str,
    kind: CompletionItemKind,
    detail: Option<String>,
}

impl Label {
    fn new(text: &'static str, kind: CompletionItemKind) -> Self {
        Self { text, kind, detail: example(text).map(str::to_owned) }
    }

    /// A word with its meaning.
    fn explained(text: &'static str, kind: CompletionItemKind) -> Self {
        let detail = reference::find(text).map(|found| found.meaning.to_owned());
        Self { text, kind, detail }
    }
}

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
    let range = view.document.text.range(replaced(&view.document.text, &cursor));
    let mut seen = BTreeSet::new();
    let proposals = found.found.into_iter().filter(|one| seen.insert(one.label.clone()));
    Some(proposals.enumerate().map(|(number, one)| item(one, number, range)).collect())
}

/// The bytes that a proposal replaces: the word before the cursor; of a string also the rest, up to the quote that an
/// editor may have written by itself.
fn replaced(text: &IndexedText, cursor: &Cursor) -> Range<usize> {
    let Range { start, end } = cursor.word;
    let rest = text.text().get(end..).unwrap_or("");
    let line = rest.split(['\n', '\r']).next().unwrap_or("");
    match line.find('"').filter(|_| cursor.in_string) {
        Some(quote) => start..end + quote + 1,
        None => start..end,
    }
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
            match self.cursor.piece {
                Piece::Statement => self.words(statements(), CompletionItemKind::KEYWORD),
                _ => self.words(declarations().chain(["expect"]), CompletionItemKind::KEYWORD),
            }
        }
        if let Some(labels) = self.access().or_else(|| self.phrase()) {
            return self.labels(labels);
        }
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

    fn labels(&mut self, labels: Vec<Label>) {
        let group = self.group;
        self.found.extend(labels.into_iter().map(|Label { text, kind, detail }| Proposal {
            label: text.to_owned(),
            kind,
            detail,
            is_name: false,
            group,
        }));
        self.group += 1;
    }

    /// Keywords that the grammar accepts and that stand for themselves.
    fn keywords(&mut self) {
        let known: BTreeSet<_> = keywords().collect();
        let quoted = self.cursor.expected.iter().filter(|one| one.starts_with('`'));
        let words = quoted.map(|one| one.trim_matches('`'));
        let mut words: Vec<_> = words
            .filter(|word| known.contains(word) || word.chars().all(|c| c.is_ascii_lowercase()))
            .filter(|word| !matches!(*word, "as" | "deployed") || self.takes_qualifier(word))
            .collect();
        if words.contains(&"matching") && self.before().next_back() != Some("not") {
            words.retain(|word| *word != "not");
            words.push("not matching");
        }
        self.words(words, CompletionItemKind::KEYWORD);
    }

    /// The labels behind a word that few others may follow; `None` behind another word.
    fn phrase(&mut self) -> Option<Vec<Label>> {
        let keywords = |words: &[&'static str]| {
            Some(words.iter().map(|word| Label::new(word, CompletionItemKind::KEYWORD)).collect())
        };
        let last = self.before().next_back()?;
        match last {
            "up" => keywords(&["to 50 characters"]),
            "yields" => keywords(&["to"]),
            "tagged" => keywords(&["work"]),
            "without" => keywords(&["content"]),
            "expect" => {
                self.words(["no path"], CompletionItemKind::KEYWORD);
                None
            }
            "launch" if self.opener() == "launch" => {
                let all = Action::ALL.iter().map(|one| one.word());
                keywords(&all.filter(|word| *word != "allow").collect::<Vec<_>>())
            }
            "use" => {
                self.words(catalogue::names(), CompletionItemKind::MODULE);
                None
            }
            _ => None,
        }
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
        let written = self.written();
        let has = |channel| !written.is_empty() && written.iter().all(|one| *one == channel);
        let permits = match self.opener() {
            "expect" => self.before().any(|word| word == "allow"),
            opener => matches!(opener, "allow" | "accept"),
        };
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
            self.add(&quote(&path), CompletionItemKind::FILE, None);
        }
    }
}
