//! Commands: explanations, matrices, paths and differences, as Markdown.
//!
//! They may take long, and run on threads of their own with the sets of the moment.

use std::fmt::Write as _;
use std::sync::Arc;

use lsp_types::WorkspaceEdit;
use serde::Deserialize;
use serde_json::{Value, json};

use super::changes::{Against, Changes, answer, earlier};
use super::fixes;
use super::position::Encoding;
use super::uri::path_of;
use super::workspace::{SetKey, Snapshot};
use crate::analysis::{Analysis, LEAKS, PathOptions};
use crate::catalogue;
use crate::compiler::Checked;
use crate::decision::Effect;
use crate::diagnostic::Code;

/// The commands, as the editor is told of them.
pub(super) const ALL: &[&str] = &[
    "mam.explain",
    "mam.matrix",
    "mam.paths",
    "mam.diff",
    "mam.help",
    "mam.state",
    "mam.fix",
    "mam.catalogue",
];

/// The argument of a command.
#[derive(Debug, Clone, Deserialize, Default)]
#[serde(default)]
pub(super) struct Argument {
    /// The document whose set is asked.
    uri: Option<String>,
    /// The scope or chain that is asked about.
    scope: Option<String>,
    /// The policy whose matrix is wanted.
    policy: Option<String>,
    /// What to compare with: `commit` or `saved`.
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

/// A command with what it needs.
#[derive(Debug)]
pub(super) struct Task {
    pub(super) command: String,
    pub(super) argument: Argument,
    /// The set of the document, with the last check of it.
    pub(super) set: Option<(SetKey, Arc<Checked>)>,
    pub(super) texts: Snapshot,
    pub(super) encoding: Encoding,
}

/// The result of a command.
#[derive(Debug)]
pub(super) enum Outcome {
    /// A value for the editor.
    Value(Value),
    /// Edits for the editor to make.
    Edits(WorkspaceEdit),
}

impl Task {
    /// The result, mostly a title and Markdown; or the reason why there is none.
    pub(super) fn run(&self) -> Result<Outcome, String> {
        let (title, markdown) = match self.command.as_str() {
            "mam.help" => self.help()?,
            "mam.explain" => self.explain()?,
            "mam.matrix" => self.matrix()?,
            "mam.paths" => self.paths()?,
            "mam.diff" => return self.diff().map(Outcome::Value),
            "mam.fix" => return self.fix(),
            "mam.catalogue" => return self.catalogue(),
            other => return Err(format!("unknown command `{other}`")),
        };
        Ok(Outcome::Value(json!({ "title": title, "markdown": markdown })))
    }

    fn catalogue(&self) -> Result<Outcome, String> {
        let name = self.argument.name.as_deref().unwrap_or_default();
        let text = catalogue::get(name).ok_or_else(|| format!("there is no catalogue `{name}`"))?;
        Ok(Outcome::Value(json!({ "text": text })))
    }

    fn fix(&self) -> Result<Outcome, String> {
        let path = self.argument.path().unwrap_or_default();
        let edits = fixes::edits(self.checked()?, &path, self.encoding);
        Ok(edits.map_or(Outcome::Value(Value::Null), Outcome::Edits))
    }

    fn checked(&self) -> Result<&Checked, String> {
        let (_, checked) = self.set.as_ref().ok_or("this document belongs to no set")?;
        if checked.has_errors() {
            return Err("the set has errors".to_owned());
        }
        Ok(checked)
    }

    fn help(&self) -> Result<(String, String), String> {
        let code = self.argument.code.as_deref().and_then(Code::from_text).ok_or("unknown code")?;
        Ok((code.to_string(), code.explanation().to_owned()))
    }

    fn scope(&self) -> Result<&str, String> {
        self.argument.scope.as_deref().ok_or_else(|| "no scope is given".to_owned())
    }

    /// The decisions about a scope, with the rules behind them.
    fn explain(&self) -> Result<(String, String), String> {
        let (checked, scope) = (self.checked()?, self.scope()?);
        let analysis = Analysis::new(checked).map_err(|errors| errors.to_string())?;
        let mut text = String::new();
        if scope.starts_with("launch") {
            let question = checked.access_question(scope).map_err(|errors| errors.to_string())?;
            for part in analysis.access_parts(&question).map_err(|limit| limit.to_string())? {
                let _infallible = writeln!(text, "```mam\n{}\n```\n", part.scopes.join("\n"));
                for row in part.rows {
                    let _infallible =
                        writeln!(text, "- **{}** when `{}`", row.effect.word(), row.when);
                }
                text.push('\n');
            }
            return Ok((scope.to_owned(), text));
        }
        let question = checked.question(scope).map_err(|errors| errors.to_string())?;
        for part in analysis.decide(&question).map_err(|limit| limit.to_string())? {
            let _infallible =
                writeln!(text, "```mam\n{}\n```\n\n{}\n", part.scope, answer(&part.answer));
        }
        Ok((scope.to_owned(), text))
    }

    /// The matrices of a scope, or of everything that a policy's people and devices do.
    fn matrix(&self) -> Result<(String, String), String> {
        let checked = self.checked()?;
        let scope = match (&self.argument.scope, &self.argument.policy) {
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

    fn paths(&self) -> Result<(String, String), String> {
        let checked = self.checked()?;
        let scope = self.argument.scope.as_deref().unwrap_or(LEAKS);
        let analysis = Analysis::new(checked).map_err(|errors| errors.to_string())?;
        let chain = checked.chain(scope).map_err(|errors| errors.to_string())?;
        let found =
            analysis.paths(&chain, PathOptions::default()).map_err(|limit| limit.to_string())?;
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

    fn diff(&self) -> Result<Value, String> {
        let (key, _) = self.set.as_ref().ok_or("this document belongs to no set")?;
        let after = self.checked()?;
        let against = match self.argument.against.as_deref() {
            Some("saved") => Against::Saved,
            _ => Against::Commit,
        };
        let before = earlier(key, &self.texts, against).ok_or("there is no earlier text")?;
        let changes = Changes::between(&before, after)?;
        Ok(json!({
            "title": "Decisions that change",
            "markdown": changes.markdown(),
            "looser": changes.looser(),
            "tighter": changes.tighter(),
        }))
    }
}

/// The scope of everything that a policy is for.
fn scope_of_policy(checked: &Checked, name: &str) -> Result<String, String> {
    use crate::syntax::ast::{ItemKind, StatementKind};
    use crate::syntax::print;
    let items = checked.files().iter().flat_map(|file| &file.items);
    let found = items.filter_map(|item| match &item.kind {
        ItemKind::Policy(policy) if policy.name.text == name => Some(policy),
        _ => None,
    });
    let policy = found.into_iter().next().ok_or_else(|| format!("there is no policy `{name}`"))?;
    let clauses = policy.body.iter().filter(|one| {
        matches!(one.kind, StatementKind::For(_) | StatementKind::On(_) | StatementKind::Devices(_))
    });
    let clauses: Vec<_> = clauses.map(|one| print::statement(&one.kind)).collect();
    Ok(format!("any {}", clauses.join(" ")).trim_end().to_owned())
}
