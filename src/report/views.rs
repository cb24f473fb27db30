//! The front door: all views of a set.
//!
//! Takes in a checked set, perhaps a scope and another set, gives out views. Does not know how a page is made.

use super::contexts::{self, Asked};
use super::data::{Progress, Set, Views};
use super::{sections, summary};
use crate::analysis::Analysis;
use crate::diagnostic::Errors;

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
        let asked = Asked { checked, analysis, scope: &asked };
        let movements = contexts::gather(asked, &mut left_out, progress);
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
            Some(other) => Some(sections::changes(other, asked)?.into()),
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

    /// Whether there is no movement in the scope.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.movements.whole().is_some_and(|movements| movements.contexts.is_empty())
    }
}
