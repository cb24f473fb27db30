//! Offers: edits that repair what a diagnostic is about, tried out before an editor may show them.
//!
//! Takes in a diagnostic of a set and an edit, gives out whether the edit keeps its promise: in every set that uses one of
//! the edited files, the same is found at the same place, and the edit takes it away and adds no error. Which edits there
//! are is not known here.

use std::cell::{Cell, RefCell};
use std::collections::{BTreeMap, BTreeSet};

use super::places::source_of;
use super::sets::SetState;
use super::view::View;
use super::workspace::SetKey;
use crate::compiler::Checked;
use crate::diagnostic::{Code, Diagnostic, Edit, Report, Severity};
use crate::source::{SourceKind, Span};

/// An edit with its title.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Offer {
    pub(super) title: String,
    pub(super) edits: Vec<Edit>,
    pub(super) demand: Demand,
    pub(super) is_preferred: bool,
}

/// What has to hold of the errors of a set behind an edit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Demand {
    /// There are no more than before.
    NotMore,
    /// There are fewer.
    Fewer,
    /// There are fewer, rules aside whose policy does not protect a new app yet.
    FewerBesideEmptyScopes,
}

/// The most edits that are tried out for one request: each is a check of a set.
const MOST: usize = 40;

/// The previews of edits for one request.
pub(super) struct Previews<'v, 's> {
    view: &'v View<'s>,
    made: Cell<usize>,
    /// By set and edited files: the set as it is, checked as an edited one is.
    unedited: RefCell<BTreeMap<(SetKey, BTreeSet<String>), Checked>>,
}

/// An edit by the path of its file: the bytes, and the new text.
type Located<'e> = (&'e str, u32, u32, &'e str);

impl<'v, 's> Previews<'v, 's> {
    pub(super) fn new(view: &'v View<'s>) -> Self {
        Self { view, made: Cell::new(0), unedited: RefCell::default() }
    }

    /// Whether the edits of an offer for a diagnostic keep their promise; and whether they leave fewer errors. `None` if
    /// they do not.
    pub(super) fn passed(
        &self,
        checked: &Checked,
        found: &Diagnostic,
        offer: &Offer,
    ) -> Option<bool> {
        let edits = located(checked, &offer.edits)?;
        let place = place(checked, found)?;
        let paths: BTreeSet<String> = edits.iter().map(|(path, ..)| (*path).to_owned()).collect();
        let keys: BTreeSet<SetKey> =
            paths.iter().flat_map(|path| self.view.workspace.sets_of(path)).collect();
        let mut leaves_fewer = true;
        for key in &keys {
            // What another set finds is known only when it is checked.
            let state = self.view.all.get(key).filter(|state| state.is_ready())?;
            let own = state.checked.as_ref()?;
            let is_it = |report: &Report| {
                let one = report.diagnostic();
                one.code == found.code
                    && one.message == found.message
                    && self::place(own, one) == Some(place)
                    && located(own, &one.edits) == located(checked, &found.edits)
            };
            if !reports(state).iter().any(is_it) {
                return None;
            }
            leaves_fewer &= self.passes((key, own), &paths, found, (&edits, offer.demand))?;
        }
        (!keys.is_empty()).then_some(leaves_fewer)
    }

    /// Tries edits out in a set; tells whether they leave fewer errors. `None` if they break their promise.
    fn passes(
        &self,
        (key, checked): (&SetKey, &Checked),
        paths: &BTreeSet<String>,
        found: &Diagnostic,
        (edits, demand): (&[Located<'_>], Demand),
    ) -> Option<bool> {
        if self.made.get() >= MOST {
            return None;
        }
        self.made.set(self.made.get() + 1);
        let own = edits.iter().map(|(path, start, end, text)| {
            let span = Span { source: source_of(checked, path)?, start: *start, end: *end };
            Some(Edit { span, text: (*text).to_owned() })
        });
        let own: Vec<Edit> = own.collect::<Option<_>>()?;
        let after = checked.with_edits(&own);
        let mut unedited = self.unedited.borrow_mut();
        let before = unedited.entry((key.clone(), paths.clone())).or_insert_with(|| {
            let sources = paths.iter().filter_map(|path| source_of(checked, path));
            let nothing =
                |source| Edit { span: Span { source, start: 0, end: 0 }, text: String::new() };
            checked.with_edits(&sources.map(nothing).collect::<Vec<_>>())
        });
        let (times_before, times_after) = (times(before, found), times(&after, found));
        // What the analysis or the loader finds is not found here.
        let is_gone = times_before == 0 || times_after < times_before;
        let ignored = (demand == Demand::FewerBesideEmptyScopes).then_some(Code::EmptyScope);
        let (errors_before, errors_after) = (errors(before, ignored), errors(&after, ignored));
        let is_met = match demand {
            Demand::NotMore => errors_after <= errors_before,
            Demand::Fewer | Demand::FewerBesideEmptyScopes => errors_after < errors_before,
        };
        (is_gone && is_met).then_some(errors_after < errors_before)
    }
}

/// The reports about the newest text: of the check, and of the analysis if it is about that text.
pub(super) fn reports(state: &SetState) -> Vec<Report> {
    let checked = state.checked.iter();
    let mut reports: Vec<_> = checked.flat_map(|checked| checked.reports()).collect();
    let findings = state.analysis.findings.as_ref();
    if let Some(findings) = findings.filter(|findings| state.is_current(findings)) {
        reports.extend(findings.value.iter().cloned());
    }
    reports
}

/// Edits by the paths of their files; `None` if one is not in a policy file: an export cannot be taken apart, and a
/// catalogue comes with the program.
fn located<'e>(checked: &'e Checked, edits: &'e [Edit]) -> Option<Vec<Located<'e>>> {
    let one = |edit: &'e Edit| {
        let source = checked.sources().get(edit.span.source)?;
        let is_policy = source.kind() == SourceKind::Policy;
        is_policy.then_some((source.name(), edit.span.start, edit.span.end, edit.text.as_str()))
    };
    edits.iter().map(one).collect()
}

/// The file and the bytes of a diagnostic.
fn place<'c>(checked: &'c Checked, found: &Diagnostic) -> Option<(&'c str, u32, u32)> {
    let span = found.span()?;
    Some((checked.sources().name(span.source), span.start, span.end))
}

/// How often a set has a diagnostic, wherever it is.
fn times(checked: &Checked, found: &Diagnostic) -> usize {
    let is_it = |one: &&Diagnostic| one.code == found.code && one.message == found.message;
    checked.diagnostics().iter().filter(is_it).count()
}

/// The number of errors of a set, those of one code aside.
fn errors(checked: &Checked, ignored: Option<Code>) -> usize {
    let diagnostics = checked.diagnostics();
    let is_error = |one: &&Diagnostic| one.severity == Severity::Error && Some(one.code) != ignored;
    diagnostics.iter().filter(is_error).count() + diagnostics.dropped()
}
