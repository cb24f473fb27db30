//! The front door: all views of a set.
//!
//! Takes in a checked set, perhaps a scope and another set, gives out views. Does not know how a page is made.

use super::contexts::{self, Subject};
use super::data::{Movements, Progress, Section, Set, Views};
use super::{sections, summary};
use crate::analysis::{AccessVerdict, Analysis, Verdict};
use crate::diagnostic::Errors;
use crate::limits::LimitExceeded;

impl Views {
    /// The views of a set: of the movements of a scope, or of all, and of differences from another set.
    ///
    /// ```
    /// use mam::Compiler;
    /// use mam::report::{Set, Views, page};
    ///
    /// let checked = Compiler::new().check("notes.mam", "mam 1\n\
    ///     app notes \"<Notes>\" { ios \"com.example.notes\"  sdk }\n\
    ///     policy baseline { for any  protect notes  allow share to managed }");
    /// let files = ["notes.mam".to_owned()];
    /// let views = Views::new(Set { checked: &checked, files: &files }, None, None, &mut |_| {})?;
    /// assert!(views.is_whole());
    /// assert!(page(&views).contains("default-src 'none'"));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    ///
    /// Every mistake in one of the sets or in the scope.
    pub fn new(
        set: Set<'_>,
        scope: Option<&str>,
        against: Option<Set<'_>>,
        progress: &mut dyn FnMut(Progress),
    ) -> Result<Self, Errors> {
        let Set { checked, files } = set;
        let analysis = Analysis::new(checked)?;
        let asked = checked.question(scope.unwrap_or("any"))?;
        let mut left_out = Vec::new();
        let subject = Subject { checked, analysis, scope: &asked };
        let movements = contexts::gather(subject, &mut left_out, progress);
        let parts = [
            "leak paths",
            "expectations",
            "coverage",
            "findings",
            "report-only policies",
            "changes",
        ];
        let mut step = |at: usize| {
            let part = parts.get(at).copied().unwrap_or_default();
            progress(Progress { part, done: at, all: parts.len() });
        };
        step(0);
        let paths = sections::paths(checked, analysis).into();
        step(1);
        let expectations = sections::expectations(analysis);
        step(2);
        let coverage = analysis.coverage_without_proposals().into();
        step(3);
        let findings = sections::findings(checked, analysis).into();
        step(4);
        let report_only = sections::report_only(analysis);
        step(5);
        let changes = match against {
            Some(other) => Some(sections::changes(other, subject)?.into()),
            None => None,
        };
        Ok(Self {
            title: summary::title(analysis, files),
            files: files.to_vec(),
            scope: scope.map(str::to_owned),
            summary: summary::of(analysis, movements.whole()),
            changes,
            movements,
            paths,
            expectations,
            report_only,
            coverage,
            findings,
            left_out,
        })
    }

    /// Whether nothing is left out, and no limit was met.
    #[must_use]
    pub fn is_whole(&self) -> bool {
        self.left_out.is_empty() && self.limits().is_empty()
    }

    /// The limits that were met, each with the part that is missing, and once.
    #[must_use]
    pub fn limits(&self) -> Vec<(&'static str, LimitExceeded)> {
        let of = |part, limit: Option<LimitExceeded>| limit.map(|limit| (part, limit));
        let mut found = vec![
            of("movements", self.movements.limit()),
            of("leak paths", self.paths.limit()),
            of("coverage", self.coverage.limit()),
            of("findings", self.findings.limit()),
            of("changes", self.changes.as_ref().and_then(Section::limit)),
        ];
        let picture = self.changes.as_ref().and_then(Section::whole).map(|all| &all.picture);
        found.push(of("drawing of changes", picture.and_then(Section::limit)));
        let report_only = self.report_only.iter().map(|one| one.would_change.limit());
        found.extend(report_only.map(|limit| of("report-only policies", limit)));
        let contexts = self.movements.whole().map(|all| &all.contexts[..]).unwrap_or_default();
        for place in contexts.iter().flat_map(|context| &context.places) {
            found.push(of("effective policy", place.kinds.limit()));
            found.push(of("access", place.access.limit()));
        }
        let of_movements = self.expectations.movements.iter().map(|one| match one.verdict {
            Verdict::Limit(limit) => Some(("expectations", limit)),
            _ => None,
        });
        let of_accesses = self.expectations.accesses.iter().map(|one| match one.verdict {
            AccessVerdict::Limit(limit) => Some(("expectations", limit)),
            _ => None,
        });
        let mut limits: Vec<(&'static str, LimitExceeded)> = Vec::new();
        for one in found.into_iter().chain(of_movements).chain(of_accesses).flatten() {
            if !limits.contains(&one) {
                limits.push(one);
            }
        }
        limits
    }

    /// Whether there is no movement in the scope. Where something is missing, that is not known.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        let is_none = |movements: &Movements| movements.contexts.is_empty();
        self.is_whole() && self.movements.whole().is_some_and(is_none)
    }
}
