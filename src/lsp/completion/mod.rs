//! Completion: the words and names that may stand at a place, by the grammar and by the names of the set.
//!
//! `access` knows requirements and conditions, `sets` what may be in a set, `contents` what names stand for, `names` the
//! other declarations, `places` platforms and devices.

mod access;
mod contents;
mod names;
mod places;
mod sets;

use std::collections::BTreeSet;
use std::ops::Range;

use lsp_types::{
    CompletionItem, CompletionItemKind, CompletionTextEdit, Documentation, MarkupContent,
    MarkupKind, Position, TextEdit,
};

use self::contents::Declarations;
use super::position::IndexedText;
use super::statements::policy_of;
use super::uri::folder_of;
use super::view::View;
use crate::catalogue;
use crate::model::Action;
use crate::reference;
use crate::source::SourceKind;
use crate::syntax::ast::{AppTrait, IdKind, Policy, StatementKind};
use crate::syntax::print::quote;
use crate::syntax::{
    Cursor, Piece, SymbolKind, cursor, declarations, example, keywords, opens_head_clause,
    statements,
};
use crate::vocabulary::{Channel, Kind, RuleEffect, Side};

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
    let declarations = Declarations::of(view);
    let mut found = Completion { view, cursor: &cursor, declarations, found: Vec::new(), group: 0 };
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
    declarations: Declarations<'v>,
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
        if self.cursor.expected.is_empty() {
            // Behind a mistake, nothing is known to fit.
            return;
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
            self.words(self.accounts(), CompletionItemKind::CONSTANT);
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

    /// The words that open a declaration or statement here.
    fn openers(&mut self) {
        let words: Vec<_> = match self.cursor.piece {
            Piece::Statement => statements().filter(|word| self.takes_statement(word)).collect(),
            _ => {
                let fits = |word: &&str| match *word {
                    "mam" => self.takes_version(),
                    "tenant" => !self.has_declared(SymbolKind::Tenant),
                    _ => true,
                };
                declarations().chain(["expect"]).filter(fits).collect()
            }
        };
        self.words(words, CompletionItemKind::KEYWORD);
    }

    /// Whether a statement can begin with a word here: the head comes first, and has each clause once.
    fn takes_statement(&self, word: &str) -> bool {
        if !opens_head_clause(word) {
            return true;
        }
        let own = Some(self.opener()).filter(|opener| !opener.is_empty());
        let mut before = self.cursor.earlier.iter().map(String::as_str).chain(own);
        before.all(|one| opens_head_clause(one) && one != word) && !self.has_in_head(word)
    }

    /// The policy around the place, as it was checked last.
    fn policy(&self) -> Option<&'v Policy> {
        let name = self.cursor.policy.as_deref()?;
        self.view.checked()?.files().iter().find_map(|file| policy_of(file, name))
    }

    /// Whether the policy around the place had a clause in its head when it was checked.
    fn has_in_head(&self, word: &str) -> bool {
        self.policy().into_iter().flat_map(|policy| &policy.body).any(|one| match &one.kind {
            StatementKind::For(_) => word == "for",
            StatementKind::On(_) => word == "on",
            StatementKind::Devices(_) => word == "devices",
            StatementKind::Protect(_) => word == "protect",
            StatementKind::Yields(_) => word == "yields",
            StatementKind::Otherwise(_) => word == "otherwise",
            _ => false,
        })
    }

    /// Whether the version of the language is missing, and the place is the first one of the text.
    fn takes_version(&self) -> bool {
        let text = self.view.document.text.text();
        let (before, behind) =
            (text.get(..self.cursor.word.start), text.get(self.cursor.word.end..));
        before.is_some_and(|text| text.trim().is_empty())
            && !behind.is_some_and(|text| text.trim_start().starts_with("mam "))
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
            .filter(|word| self.takes_keyword(word))
            .collect();
        let last = self.before().next_back();
        if last != Some("not") && self.cursor.accepts_keyword("matching") {
            words.retain(|word| *word != "not");
            words.extend(self.takes_keyword("matching").then_some("not matching"));
        }
        self.words(words, CompletionItemKind::KEYWORD);
    }

    /// Whether a keyword that the grammar accepts leads to something that fits.
    fn takes_keyword(&self, word: &str) -> bool {
        match word {
            "as" => !self.accounts().is_empty(),
            "deployed" => self.takes_deployed(),
            "matching" | "and" => self.goes_on_with_people(word),
            "except" if self.before().any(|one| one == "yields") => self.goes_on_with_policies(),
            "except" => {
                let clauses =
                    ["for", "on", "devices", "protect", "from", "to", "avoiding", "=", "launch"];
                match self.last_of(&clauses) {
                    "for" => self.goes_on_with_people(word),
                    clause @ ("on" | "devices") => !self.constants_of(clause, true).is_empty(),
                    _ => self.takes_except(),
                }
            }
            _ => true,
        }
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
        let written = self.written();
        let is_free = |one: &&Channel| self.fits_verb(**one) && !written.contains(one);
        let any = written.is_empty().then_some("any");
        Channel::ALL.iter().filter(is_free).map(|one| one.word()).chain(any).collect()
    }

    /// Whether the statement, if it is a rule, can be about a channel.
    fn fits_verb(&self, channel: Channel) -> bool {
        let effect = RuleEffect::from_word(self.opener());
        effect.is_none_or(|effect| channel.judged_at(effect.side()))
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
            // Requirements do not depend on facts.
            "expect" if is_access && self.before().any(|word| word == "require") => places.to_vec(),
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
        let words: Vec<&str> = self.before().collect();
        let is_limit = |at: usize| at.checked_sub(1).and_then(|up| words.get(up)) == Some(&"up");
        let is_free = |clause: &&str| {
            let first = clause.split(' ').next().unwrap_or_default();
            let mut places = words.iter().enumerate().filter(|(_, word)| **word == first);
            // The word in `up to` opens no clause.
            places.all(|(at, _)| first == "to" && is_limit(at))
        };
        // Each of these channels goes to places of its own.
        let written = self.written();
        let has_no_target =
            written.len() > 1 && written.iter().all(|one| one.kind_at(Side::Target) == Kind::Place);
        let fits = |clause: &&str| is_free(clause) && !(has_no_target && *clause == "to");
        let free: Vec<_> = all.into_iter().filter(fits).collect();
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
