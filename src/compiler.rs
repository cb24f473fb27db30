//! The compiler: from text to table, in one call or step by step.
//!
//! Takes in texts and limits, gives out checked sets and tables. Ties loading, resolving and building
//! together. Does not know the rules of the language.

use crate::diagnostic::{Code, Diagnostic, Diagnostics, Edit, Errors, Report, has_error};
use crate::limits::{Interrupt, LimitExceeded, Limits, Resource};
use crate::model::{
    self, AccessExpectation, AccessScope, ChainScope, Loader, Model, NoFiles, People, Scope, Yields,
};
#[cfg(not(feature = "intune"))]
use crate::source::Span;
use crate::source::{SourceId, Sources};
use crate::syntax::{self, ParseCache};
use crate::table::Table;

/// Text to table in one call: one file, catalogues built in, default limits.
///
/// ```
/// let table = mam::compile("notes.mam", r#"
///     mam 1
///     app notes { ios "com.example.notes"  sdk  multi-identity }
///     users staff
///     policy notes-only { for staff  protect notes  allow share to managed }
/// "#)?;
/// let request = serde_json::from_str(
///     r#"{"channel": "share", "source": {"app": "notes"}, "target": {"app": "ios:com.example.chat"},
///         "user": {"groups": ["staff"]}, "device": {"platform": "ios", "management": "unmanaged"}}"#,
/// )?;
/// let decision = table.decide(&table.resolve(&request)?);
/// assert!(decision.is_blocked());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Errors
///
/// Every mistake in the text, in one value.
pub fn compile(name: &str, text: &str) -> Result<Table, Errors> {
    Compiler::new().check(name, text).compile()
}

/// The builder of a [`Checked`] set, with limits and a loader of one's own.
///
/// ```
/// use std::collections::BTreeMap;
///
/// let mut files = BTreeMap::new();
/// files.insert("people.mam".to_owned(), "mam 1\nusers staff\n".to_owned());
/// let checked = mam::Compiler::new().loader(&mut files).check("root.mam", r#"
///     mam 1
///     use microsoft
///     use "people.mam"
///     policy p { for staff  protect outlook  otherwise allow  allow print to printer }
/// "#);
/// assert!(!checked.has_errors());
/// for report in checked.reports() {
///     println!("{}", report.short());   // a warning: `otherwise allow` allows this anyway
/// }
/// let table = checked.compile()?;
/// assert!(table.stats().device_kinds > 0);
/// # Ok::<(), mam::Errors>(())
/// ```
#[derive(Default)]
pub struct Compiler<'l> {
    limits: Limits,
    cache: Option<&'l ParseCache>,
    loader: Option<&'l mut dyn Loader>,
    has_portable_names: bool,
}

impl std::fmt::Debug for Compiler<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Compiler").field("limits", &self.limits).finish_non_exhaustive()
    }
}

impl<'l> Compiler<'l> {
    /// A compiler with default limits that finds no files but the ones given.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Replaces the limits.
    #[must_use]
    pub fn limits(self, limits: Limits) -> Self {
        Self { limits, ..self }
    }

    /// Finds the files that others `use`.
    #[must_use]
    pub fn loader(self, loader: &'l mut dyn Loader) -> Self {
        Self { loader: Some(loader), ..self }
    }

    /// Takes the trees of declarations and statements that were parsed before from a cache, and keeps the others there:
    /// for whoever checks texts again and again while they change. All checks with one cache need the same limits.
    #[must_use]
    pub fn parse_cache(self, cache: &'l ParseCache) -> Self {
        Self { cache: Some(cache), ..self }
    }

    /// Lets tables name each file by its path from the folder of the root file that uses it. Tables are
    /// the same then, whatever the path to that folder is. Diagnostics keep the names that were given.
    #[must_use]
    pub fn portable_names(self) -> Self {
        Self { has_portable_names: true, ..self }
    }

    /// Reads and checks one file and everything that it uses.
    #[must_use]
    pub fn check(self, name: &str, text: &str) -> Checked {
        self.check_all(&[(name, text)])
    }

    /// Reads and checks several files, and everything that they use, as one set.
    #[must_use]
    pub fn check_all(self, files: &[(&str, &str)]) -> Checked {
        let mut none = NoFiles;
        let loader = self.loader.unwrap_or(&mut none);
        let (mut sources, loaded, mut found) =
            model::load_cached(files, loader, &self.limits, self.cache);
        if self.has_portable_names {
            loaded.record_portable_names(&mut sources);
        }
        let mut files = loaded.files;
        files.extend(documents(&sources, &loaded.documents, &files, &self.limits, &mut found));
        let model = model::resolve(&sources, &files, &self.limits, &mut found);
        let mut diagnostics = Diagnostics::new(self.limits.diagnostics);
        found.sort_by_key(|diagnostic| (diagnostic.span(), diagnostic.code));
        found.dedup();
        diagnostics.extend(found);
        Checked { sources, files, model, diagnostics, limits: self.limits }
    }
}

/// The parser of exports of other systems.
#[cfg(feature = "intune")]
use crate::intune::read as documents;

/// The error for exports: a build without the feature `intune` does not read them.
#[cfg(not(feature = "intune"))]
fn documents(
    _: &Sources,
    documents: &[SourceId],
    _: &[syntax::ast::File],
    _: &Limits,
    found: &mut Vec<Diagnostic>,
) -> Vec<syntax::ast::File> {
    found.extend(documents.iter().map(|source| {
        let start = Span { source: *source, start: 0, end: 1 };
        Diagnostic::new(Code::IntuneNotRead, "this is JSON, which this build does not read")
            .at(start, "")
            .help("build `mam` with the feature `intune` to read policies of Microsoft Graph")
    }));
    Vec::new()
}

/// A parser of scopes of some form.
type Parse<A> = fn(&Sources, SourceId, &Limits) -> (Option<A>, Vec<Diagnostic>);

/// A function that resolves such a scope against a model.
type Resolve<A, T> = fn(&Model, &A, &Limits, &mut Vec<Diagnostic>) -> Option<T>;

/// Whether a kept setting is about assignments.
fn is_about_assignments(name: &str) -> bool {
    matches!(name, "assignments" | "deviceAndAppManagementAssignmentFilters")
}

/// A text after some edits. An edit that overlaps with an earlier one is left out.
fn edited(text: &str, mut edits: Vec<&Edit>) -> String {
    edits.sort_by_key(|edit| (edit.span.start, edit.span.end));
    let (mut out, mut at) = (String::with_capacity(text.len()), 0);
    for edit in edits {
        let (start, end) = (edit.span.start as usize, edit.span.end as usize);
        if start >= at
            && let (Some(before), Some(_)) = (text.get(at..start), text.get(start..end))
        {
            out.push_str(before);
            out.push_str(&edit.text);
            at = end;
        }
    }
    out.push_str(text.get(at..).unwrap_or(""));
    out
}

/// A policy set that was read and checked, with or without mistakes.
#[derive(Debug, Clone)]
pub struct Checked {
    sources: Sources,
    files: Vec<syntax::ast::File>,
    model: Model,
    diagnostics: Diagnostics,
    limits: Limits,
}

impl Checked {
    /// The diagnostics of the set, ordered by place.
    #[must_use]
    pub fn diagnostics(&self) -> &Diagnostics {
        &self.diagnostics
    }

    /// The diagnostics with their source texts, for renderers.
    #[must_use]
    pub fn reports(&self) -> Vec<Report> {
        let one = |diagnostic: &Diagnostic| Report::new(diagnostic.clone(), &self.sources);
        self.diagnostics.iter().map(one).collect()
    }

    /// The diagnostics with their source texts in one error.
    #[must_use]
    pub fn errors(&self) -> Errors {
        Errors::new(&self.diagnostics, &self.sources)
    }

    /// Whether the set has errors, which keep it from being compiled.
    #[must_use]
    pub fn has_errors(&self) -> bool {
        self.diagnostics.has_errors()
    }

    /// The texts, catalogues included.
    #[must_use]
    pub fn sources(&self) -> &Sources {
        &self.sources
    }

    /// The files as they were parsed, in the order in which they were loaded.
    #[must_use]
    pub fn files(&self) -> &[syntax::ast::File] {
        &self.files
    }

    /// The checked model; `None` where the set has errors.
    #[must_use]
    pub fn model(&self) -> Option<&Model> {
        (!self.has_errors()).then_some(&self.model)
    }

    /// The limits that hold for the set.
    #[must_use]
    pub fn limits(&self) -> &Limits {
        &self.limits
    }

    /// The set with a stop for all that is compiled and analysed of it.
    #[must_use]
    pub fn stopped_by(&self, interrupt: Interrupt) -> Self {
        let limits = Limits { interrupt: Some(interrupt), ..self.limits.clone() };
        Self { limits, ..self.clone() }
    }

    /// Compiles the set.
    ///
    /// # Errors
    ///
    /// Every mistake in the set, or the limit that its table would exceed.
    pub fn compile(&self) -> Result<Table, Errors> {
        let Some(model) = self.model() else {
            return Err(self.errors());
        };
        Table::new(model, &self.limits).map_err(|error| self.limit_errors(error))
    }

    /// The set after some edits of its texts. An edit that overlaps with an earlier one is left out. Files
    /// that only the edits name are not loaded.
    #[must_use]
    pub fn with_edits(&self, edits: &[Edit]) -> Self {
        let mut sources = Sources::default();
        for (id, source) in self.sources.iter() {
            let own = edits.iter().filter(|edit| edit.span.source == id);
            let text = edited(source.text(), own.collect());
            sources.add_like(source, &text);
        }
        let is_edited =
            |file: &syntax::ast::File| edits.iter().any(|edit| edit.span.source == file.source);
        let mut found = Vec::new();
        let files = self.files.iter().map(|file| {
            if !is_edited(file) {
                return file.clone();
            }
            let (file, mistakes) = syntax::parse(&sources, file.source, &self.limits);
            found.extend(mistakes);
            file
        });
        let files = files.collect();
        self.resolved(sources, files, found)
    }

    /// The set with one policy in force, for everybody and under another name, as if there were no other policy.
    /// What it keeps about its assignments is left out, assignment filters that became `devices` included. `None` where the set has errors, or no such policy.
    #[must_use]
    pub fn alone(&self, policy: &str, name: &str) -> Option<Self> {
        let mut model = self.model()?.clone();
        let ids: Vec<_> = model.policy_ids().collect();
        ids.iter().find(|id| model.policy(**id).name == policy)?;
        for id in ids {
            let one = model.policy_mut(id);
            if one.name == policy {
                name.clone_into(&mut one.name);
                one.people = People::ANYBODY;
                one.yields = Yields::No;
                one.report_only = false;
                #[cfg(feature = "intune")]
                if let Some(states) = crate::intune::unfiltered_states(one) {
                    one.devices = states;
                }
                one.settings.retain(|(name, _)| !is_about_assignments(name));
            } else {
                one.name.push_str("/left out");
                one.people = People::NOBODY;
                one.settings.clear();
                one.rules.clear();
                one.access.clear();
            }
        }
        Some(Self { model, ..self.clone() })
    }

    /// The set in which a policy is live, if it is report-only: its expectations are about that one. Nothing changes where
    /// there is no such policy.
    #[cfg(feature = "lsp")]
    pub(crate) fn with_live(&self, policy: &str) -> Self {
        let mut live = self.clone();
        let named = |id: &model::PolicyId| self.model.policy(*id).name == policy;
        if let Some(id) = self.model.policy_ids().find(named) {
            live.model.policy_mut(id).report_only = false;
        }
        live
    }

    /// The set with further declarations; `None` if they do not fit.
    pub(crate) fn with_declarations(&self, items: Vec<syntax::ast::Item>) -> Option<Self> {
        let mut sources = self.sources.clone();
        let source = items.first()?.span.source;
        let file = syntax::ast::File { source, items, comments: Vec::new(), broken: Vec::new() };
        let text = syntax::print::print(&file, &Sources::default());
        let source = sources.add("declarations of another set", &text);
        let (file, found) = syntax::parse(&sources, source, &self.limits);
        let files = self.files.iter().cloned().chain([file]).collect();
        let found = self.resolved(sources, files, found);
        (!found.has_errors()).then_some(found)
    }

    /// The set with another model of its texts.
    pub(crate) fn with_model(&self, model: Model) -> Self {
        Self { model, ..self.clone() }
    }

    /// The set with other files. Earlier diagnostics are dropped.
    #[cfg(feature = "intune")]
    pub(crate) fn with_files(&self, sources: Sources, files: Vec<syntax::ast::File>) -> Self {
        self.resolved(sources, files, Vec::new())
    }

    /// The set of other files under the limits of this one.
    fn resolved(
        &self,
        sources: Sources,
        files: Vec<syntax::ast::File>,
        mut found: Vec<Diagnostic>,
    ) -> Self {
        let model = model::resolve(&sources, &files, &self.limits, &mut found);
        let mut diagnostics = Diagnostics::new(self.limits.diagnostics);
        found.sort_by_key(|diagnostic| (diagnostic.span(), diagnostic.code));
        found.dedup();
        diagnostics.extend(found);
        Self { sources, files, model, diagnostics, limits: self.limits.clone() }
    }

    /// The error of a limit that the set meets in compiling or in analysis, as a diagnostic.
    #[must_use]
    pub fn limit_errors(&self, error: LimitExceeded) -> Errors {
        let narrower = "narrow the scope with `for …`, and fix filters with `matching`";
        let (code, help) = match error.resource() {
            Resource::UserGroups => {
                (Code::UserGroupCount, "name fewer groups of people and filters one by one")
            }
            Resource::Nodes => (
                Code::NodeCount,
                "let fewer policies overlap in their users, test fewer filters in `for`, or raise the limit",
            ),
            Resource::Cells => (Code::CellCount, "name fewer apps one by one, or raise the limit"),
            Resource::Steps => {
                (Code::StepCount, "ask about fewer apps, people or devices, or raise the limit")
            }
            Resource::UserClauses => (Code::UserClauseCount, narrower),
            Resource::UserKinds => (Code::UserKindCount, narrower),
            Resource::Time => (Code::StepCount, "ask again"),
            Resource::Indices => (Code::IndexCount, "split the policy set"),
        };
        let mut diagnostics = Diagnostics::new(1);
        diagnostics.push(Diagnostic::new(code, error.to_string()).help(help));
        Errors::new(&diagnostics, &self.sources)
    }

    /// The scope that a text denotes, such as `share from outlook as work to any`.
    ///
    /// # Errors
    ///
    /// Every mistake in the set or in the scope.
    pub fn question(&self, text: &str) -> Result<Scope, Errors> {
        self.ask(text, syntax::parse_scope, model::question)
    }

    /// A scope as it is written; `None` where it cannot be read.
    pub(crate) fn parsed_question(&self, text: &str) -> Option<syntax::ast::Scope> {
        let mut sources = self.sources.clone();
        let id = sources.add("scope", text);
        syntax::parse_scope(&sources, id, &self.limits).0
    }

    /// The scope of chains that a text denotes: the words behind `expect no path`, such as
    /// `any from outlook to personal-storage avoiding salesforce`.
    ///
    /// # Errors
    ///
    /// Every mistake in the set or in the text.
    pub fn chain(&self, text: &str) -> Result<ChainScope, Errors> {
        self.ask(text, syntax::parse_chain, model::chain)
    }

    /// The scope of accesses that a text denotes, such as `launch outlook as work when os < 17.0`.
    ///
    /// # Errors
    ///
    /// Every mistake in the set or in the scope.
    pub fn access_question(&self, text: &str) -> Result<AccessScope, Errors> {
        self.ask(text, syntax::parse_access, model::access_question)
    }

    /// The claim about accesses that a text denotes: the words behind `expect`, such as
    /// `require pin launch outlook as work`. It stands in no policy.
    ///
    /// # Errors
    ///
    /// Every mistake in the set or in the text.
    pub fn access_claim(&self, text: &str) -> Result<AccessExpectation, Errors> {
        self.ask(text, syntax::parse_access_claim, model::access_claim)
    }

    /// A claim about accesses as it is written; `None` where it cannot be read.
    pub(crate) fn parsed_access_claim(&self, text: &str) -> Option<syntax::ast::ExpectAccess> {
        let mut sources = self.sources.clone();
        let id = sources.add("scope", text);
        syntax::parse_access_claim(&sources, id, &self.limits).0
    }

    /// The value that a text about the set denotes.
    fn ask<A, T>(&self, text: &str, parse: Parse<A>, resolve: Resolve<A, T>) -> Result<T, Errors> {
        let Some(model) = self.model() else {
            return Err(self.errors());
        };
        let mut sources = self.sources.clone();
        let id = sources.add("scope", text);
        let (ast, mut found) = parse(&sources, id, &self.limits);
        let asked = ast.and_then(|ast| resolve(model, &ast, &self.limits, &mut found));
        match asked {
            Some(asked) if !has_error(&found) => Ok(asked),
            _ => {
                let mut diagnostics = Diagnostics::new(self.limits.diagnostics);
                diagnostics.extend(found);
                Err(Errors::new(&diagnostics, &sources))
            }
        }
    }
}
