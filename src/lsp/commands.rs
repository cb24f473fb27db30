//! Commands: explanations, matrices, paths and differences, as Markdown.
//!
//! They may take long, and run on a thread with the sets of the moment.

use std::cell::Cell;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::sync::Arc;

use lsp_types::{CallHierarchyItem, Location, SymbolInformation, WorkspaceEdit};
use serde::Deserialize;
use serde_json::{Value, json};

use super::changes::{Changes, Earlier, earlier};
use super::fixes;
use super::hierarchy;
use super::navigation::{add_uses, occurrences_of};
use super::options::Options;
use super::places::Places;
use super::reading::reading;
use super::statements::{audience, policy_of};
use super::symbols::Matches;
use super::uri::{folder_of, path_of};
use super::wording::{answer, requirements};
use super::workspace::{SetKey, Snapshot, Workspace, check, name_of_set};
use crate::analysis::{Analysis, LEAKS, PathOptions};
use crate::catalogue;
use crate::compiler::Checked;
use crate::decision::Effect;
use crate::diagnostic::Code;
use crate::limits::Interrupt;
use crate::source::SourceKind;

/// The commands, as the editor is told of them.
pub(super) const ALL: &[&str] = &[
    "mam.explain",
    "mam.matrix",
    "mam.paths",
    "mam.diff",
    "mam.help",
    "mam.scope",
    "mam.state",
    "mam.fix",
    "mam.catalogue",
];

/// The reason why a command has no result.
pub(super) type Refusal = String;

/// The argument of a command.
#[derive(Debug, Clone, Deserialize, Default)]
#[serde(default)]
pub(super) struct Argument {
    /// The document whose set is asked.
    uri: Option<String>,
    /// The place that is asked about.
    pub(super) position: Option<lsp_types::Position>,
    /// The scope or chain that is asked about.
    scope: Option<String>,
    /// The policy whose reading of the scope, or whose matrix, is wanted.
    policy: Option<String>,
    /// The earlier state to compare with: `commit` or `saved`.
    against: Option<String>,
    /// The code to explain.
    code: Option<String>,
    /// The catalogue whose text is wanted.
    name: Option<String>,
}

impl Argument {
    /// The path of the document.
    pub(super) fn path(&self) -> Option<String> {
        let uri: lsp_types::Uri = self.uri.as_ref()?.parse().ok()?;
        Some(path_of(&uri))
    }
}

/// A request whose answer takes long.
#[derive(Debug)]
pub(super) enum Order {
    /// A command with its argument.
    Command(String, Argument),
    /// The rules that decide the scope of a statement.
    Deciding(CallHierarchyItem),
    /// The expectations about a rule.
    Expecting(CallHierarchyItem),
    /// The uses of a name in every set that has it, with its declaration or without.
    Uses { name: String, with_declaration: bool, folders: Folders },
    /// The declarations whose names or titles hold a text.
    Symbols { query: String, folders: Folders },
}

/// The sets that are checked, and the files of the editor's folders.
#[derive(Debug)]
pub(super) struct Folders {
    pub(super) checked: BTreeMap<SetKey, Arc<Checked>>,
    pub(super) workspace: Workspace,
}

/// An order with what it needs.
#[derive(Debug)]
pub(super) struct Task {
    pub(super) order: Order,
    /// The sets of the document, with the last check of each.
    pub(super) sets: Vec<(SetKey, Arc<Checked>)>,
    pub(super) texts: Snapshot,
    pub(super) options: Arc<Options>,
}

/// The result of a task.
#[derive(Debug)]
pub(super) enum CommandResult {
    /// A value for the editor.
    Value(Value),
    /// Edits for the editor to make.
    Edits(WorkspaceEdit),
}

/// A title and Markdown.
type Shown = (String, String);

impl Task {
    /// The task with a stop for its analyses.
    pub(super) fn stopped_by(mut self, interrupt: &Interrupt) -> Self {
        for (_, checked) in &mut self.sets {
            *checked = Arc::new(checked.stopped_by(interrupt.clone()));
        }
        self
    }

    /// The result, mostly a title and Markdown; or the reason why there is none.
    pub(super) fn run(&self) -> Result<CommandResult, Refusal> {
        let value = match &self.order {
            Order::Command(command, argument) => return self.command(command, argument),
            Order::Deciding(item) => json!(hierarchy::outgoing(&self.first_places()?, item)?),
            Order::Expecting(item) => json!(hierarchy::incoming(&self.first_places()?, item)?),
            Order::Uses { name, with_declaration, folders } => {
                json!(self.uses(name, *with_declaration, folders))
            }
            Order::Symbols { query, folders } => json!(self.symbols(query, folders)),
        };
        Ok(CommandResult::Value(value))
    }

    fn command(&self, command: &str, argument: &Argument) -> Result<CommandResult, Refusal> {
        let (title, markdown) = match command {
            "mam.help" => help(argument)?,
            "mam.explain" => {
                let scope = argument.scope.as_deref().ok_or("no scope is given")?.trim();
                let policy = argument.policy.as_deref();
                self.of_sets(|_, checked| explain(checked, scope, policy))?
            }
            "mam.matrix" => self.of_sets(|_, checked| matrix(checked, argument))?,
            "mam.paths" => self.of_sets(|_, checked| paths(checked, argument))?,
            "mam.diff" => return self.diff(argument).map(CommandResult::Value),
            "mam.fix" => return self.fix(argument),
            "mam.catalogue" => return catalogue(argument),
            other => return Err(format!("unknown command `{other}`")),
        };
        Ok(CommandResult::Value(json!({ "title": title, "markdown": markdown })))
    }

    /// The sets, if there is one and none has errors.
    fn sets(&self) -> Result<&[(SetKey, Arc<Checked>)], Refusal> {
        if self.sets.is_empty() {
            return Err("this document belongs to no set".to_owned());
        }
        match self.sets.iter().find(|(_, checked)| checked.has_errors()) {
            Some((key, _)) => Err(format!("the set {} has errors", name_of_set(key))),
            None => Ok(&self.sets),
        }
    }

    fn first_places(&self) -> Result<Places<'_>, Refusal> {
        let (_, checked) = self.sets()?.first().ok_or("this document belongs to no set")?;
        Ok(Places::new(checked, &self.texts.documents, &self.options))
    }

    /// The answers of all sets, each under the name of its set where there are several.
    fn of_sets(
        &self,
        ask: impl Fn(&SetKey, &Checked) -> Result<Shown, Refusal>,
    ) -> Result<Shown, Refusal> {
        let sets = self.sets()?;
        let (mut heading, mut text) = (String::new(), String::new());
        for (key, checked) in sets {
            let (title, markdown) = ask(key, checked)?;
            if sets.len() > 1 {
                let _infallible = writeln!(text, "## In {}\n", name_of_set(key));
            }
            text.push_str(&markdown);
            heading = title;
        }
        Ok((heading, text))
    }

    /// The uses of a name in the sets of the document and, where these share files that have it, in other ones, which
    /// are checked for that if they are not open.
    fn uses(&self, name: &str, with_declaration: bool, folders: &Folders) -> Vec<Location> {
        let mut open: Vec<SetKey> = self.sets.iter().map(|(key, _)| key.clone()).collect();
        let (mut done, mut found) = (BTreeSet::new(), BTreeMap::new());
        while let Some(key) = open.pop() {
            if !done.insert(key.clone()) {
                continue;
            }
            let known = folders.checked.get(&key).map(Arc::clone);
            let checked = known.or_else(|| Some(Arc::new(check(&key, &self.texts)?.checked)));
            let Some(checked) = checked else { continue };
            let places = Places::new(&checked, &self.texts.documents, &self.options);
            let spans = occurrences_of(&checked, name, true);
            let paths: BTreeSet<_> =
                spans.into_iter().filter_map(|span| places.path(span)).collect();
            open.extend(paths.iter().flat_map(|path| folders.workspace.sets_of(path)));
            add_uses(&places, name, with_declaration, &mut found);
        }
        found.into_values().collect()
    }

    /// The declarations of all sets that are checked, and of the other files of the folders.
    fn symbols(&self, query: &str, folders: &Folders) -> Vec<SymbolInformation> {
        let documents = &self.texts.documents;
        let mut matches = Matches::of(query);
        for checked in folders.checked.values() {
            matches.add_set(&Places::new(checked, documents, &self.options));
        }
        for path in folders.workspace.paths() {
            if let Ok(text) = self.texts.read(path, folder_of(path)) {
                matches.add_text(documents, path, &text);
            }
        }
        matches.found
    }

    fn fix(&self, argument: &Argument) -> Result<CommandResult, Refusal> {
        let path = argument.path().unwrap_or_default();
        let document = self.texts.documents.get(&path).ok_or("the document is not open")?;
        if SourceKind::of(document.text.text()) == SourceKind::Json {
            return Err("this is an export of another system: it is not edited".to_owned());
        }
        let (_, checked) = match self.sets()? {
            [one] => one,
            several => {
                let names: Vec<_> = several.iter().map(|(key, _)| name_of_set(key)).collect();
                return Err(format!(
                    "several sets use this file ({}): an edit may change what another one decides",
                    names.join(", ")
                ));
            }
        };
        let edits = fixes::edits(checked, &path, document)?;
        Ok(edits.map_or(CommandResult::Value(Value::Null), CommandResult::Edits))
    }

    fn diff(&self, argument: &Argument) -> Result<Value, Refusal> {
        let which = match argument.against.as_deref() {
            Some("saved") => Earlier::Saved,
            Some("commit") | None => Earlier::Committed,
            Some(other) => {
                return Err(format!("`against` is `commit` or `saved`, and not `{other}`"));
            }
        };
        let (looser, tighter) = (Cell::new(0), Cell::new(0));
        let (title, markdown) = self.of_sets(|key, after| {
            let before = earlier(key, &self.texts, which)?.ok_or("there is no earlier text")?;
            let changes = Changes::between(&before, after)?;
            looser.set(looser.get() + changes.looser());
            tighter.set(tighter.get() + changes.tighter());
            Ok(("Decisions that change".to_owned(), changes.markdown()))
        })?;
        let (looser, tighter) = (looser.get(), tighter.get());
        Ok(json!({ "title": title, "markdown": markdown, "looser": looser, "tighter": tighter }))
    }
}

fn catalogue(argument: &Argument) -> Result<CommandResult, Refusal> {
    let name = argument.name.as_deref().unwrap_or_default();
    let text = catalogue::get(name).ok_or_else(|| format!("there is no catalogue `{name}`"))?;
    Ok(CommandResult::Value(json!({ "text": text })))
}

fn help(argument: &Argument) -> Result<Shown, Refusal> {
    let code = argument.code.as_deref().and_then(Code::from_text).ok_or("unknown code")?;
    Ok((code.to_string(), code.explanation().to_owned()))
}

/// The decisions about a scope, as a policy reads it or outside of policies, with the rules behind them.
fn explain(checked: &Checked, scope: &str, policy: Option<&str>) -> Result<Shown, Refusal> {
    let (checked, policy) = reading(checked, policy)?;
    let analysis = Analysis::new(&checked).map_err(|errors| errors.to_string())?;
    let mut text = String::new();
    if scope.starts_with("launch") {
        let question = checked.access_question(scope).map_err(|errors| errors.to_string())?;
        let parts = analysis.access_parts_in(policy, &question);
        for part in parts.map_err(|limit| limit.to_string())? {
            let _infallible = writeln!(text, "```mam\n{}\n```\n", part.scopes.join("\n"));
            for row in &part.rows {
                let _infallible = writeln!(text, "- **{}** when `{}`", row.effect.word(), row.when);
            }
            text.push_str(&requirements(&part.requirements));
            text.push('\n');
        }
        return Ok((scope.to_owned(), text));
    }
    let question = checked.question(scope).map_err(|errors| errors.to_string())?;
    for part in analysis.decide_in(policy, &question).map_err(|limit| limit.to_string())? {
        let _infallible =
            writeln!(text, "```mam\n{}\n```\n\n{}\n", part.scope, answer(&part.answer));
    }
    Ok((scope.to_owned(), text))
}

/// The matrices of a scope, or of everything that a policy's people and devices do.
fn matrix(checked: &Checked, argument: &Argument) -> Result<Shown, Refusal> {
    let scope = match (&argument.scope, &argument.policy) {
        (Some(scope), _) => scope.clone(),
        (None, Some(policy)) => scope_of_policy(checked, policy)?,
        (None, None) => "any".to_owned(),
    };
    let analysis = Analysis::new(checked).map_err(|errors| errors.to_string())?;
    let question = checked.question(&scope).map_err(|errors| errors.to_string())?;
    let mut text = String::new();
    for matrix in analysis.matrix(&question).map_err(|limit| limit.to_string())? {
        let _infallible = writeln!(text, "### `{}`\n", matrix.scope);
        let _infallible = writeln!(text, "| from \\ to | {} |", matrix.columns.join(" | "));
        let _infallible = writeln!(text, "| --- {}|", "| --- ".repeat(matrix.columns.len()));
        for (source, cells) in matrix.rows {
            let cells = cells.iter().map(|cell| match cell {
                None => String::new(),
                Some(cell) if !cell.enforced => "·".to_owned(),
                Some(cell) if cell.effect == Effect::Block => "**block**".to_owned(),
                Some(cell) => match cell.limits.characters {
                    Some(most) => format!("allow up to {most}"),
                    None => "allow".to_owned(),
                },
            });
            let cells: Vec<_> = cells.collect();
            let _infallible = writeln!(text, "| {source} | {} |", cells.join(" | "));
        }
        text.push('\n');
    }
    Ok((format!("Matrix of {scope}"), text))
}

fn paths(checked: &Checked, argument: &Argument) -> Result<Shown, Refusal> {
    let scope = argument.scope.as_deref().unwrap_or(LEAKS);
    let policy = argument.policy.as_deref().filter(|_| argument.scope.is_some());
    let (checked, policy) = reading(checked, policy)?;
    let analysis = Analysis::new(&checked).map_err(|errors| errors.to_string())?;
    let chain = checked.chain(scope).map_err(|errors| errors.to_string())?;
    let found = analysis.paths_in(policy, &chain, PathOptions::default());
    let found = found.map_err(|limit| limit.to_string())?;
    let mut text = String::new();
    for path in &found.paths {
        let hops: Vec<_> = path.hops.iter().map(|hop| format!("1. `{}`", hop.scope)).collect();
        let _infallible = writeln!(text, "{}\n", hops.join("\n"));
    }
    if found.paths.is_empty() {
        text.push_str("No path.\n");
    }
    Ok((format!("Paths of {scope}"), text))
}

/// The scope of everything that a policy is for.
fn scope_of_policy(checked: &Checked, name: &str) -> Result<String, Refusal> {
    let policy = checked.files().iter().find_map(|file| policy_of(file, name));
    let policy = policy.ok_or_else(|| format!("there is no policy `{name}`"))?;
    Ok(format!("any {}", audience(policy)).trim_end().to_owned())
}
