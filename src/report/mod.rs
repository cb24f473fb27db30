//! Reports: all that analysis tells of a policy set, as data and as one page.
//!
//! Takes in a checked set, and perhaps another one to compare with, gives out [`Views`] and a page of HTML that needs
//! nothing else. `contexts` makes matrices of pictures, `kinds` tells which policies apply, `sections` asks the other
//! questions, `page` writes. Nothing is decided here, and no file is written. A part whose analysis meets a limit says
//! so in its place.

mod changes;
mod contexts;
mod csp;
mod data;
mod html;
mod json;
mod kinds;
mod page;
mod parts;
mod pool;
mod sections;
mod summary;

pub use data::{
    Changes, ClassView, Column, ContextView, DecisionView, EndpointView, Expectations, Finding,
    Findings, KindView, LeftOut, LevelView, MatrixRow, MembersView, Movements, PlaceView,
    PlatformApps, PlatformLevels, PolicyView, Section, Summary, UnappliedView, Views,
};
pub use page::page;

use crate::analysis::Analysis;
use crate::compiler::Checked;
use crate::diagnostic::Errors;
use contexts::Asked;

/// The work on a report, as far as it has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Progress {
    /// The part that is worked on.
    pub part: &'static str,
    /// How many steps of it are done.
    pub done: usize,
    /// How many steps it has.
    pub all: usize,
}

/// A policy set with the names of its files.
#[derive(Debug, Clone, Copy)]
pub struct Set<'a> {
    /// The set.
    pub checked: &'a Checked,
    /// The names of the files that were given.
    pub files: &'a [String],
}

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
        let parts = ["leak paths", "expectations", "coverage", "findings", "changes"];
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
        let changes = match against {
            Some(other) => Some(sections::changes(other, analysis)?.into()),
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
