//! Reports: diagnostics with their source texts, for renderers.
//!
//! Takes in diagnostics and sources, gives out [`Report`]s, which implement [`miette::Diagnostic`],
//! and [`Errors`], the error type of compilation. Does not know terminals and colours.

use std::fmt;
use std::sync::Arc;

use super::{Code, Diagnostic, Diagnostics, Severity};
use crate::source::{Sources, visible};

/// The error of compilation: all diagnostics of a policy set, with their sources.
///
/// `Display` gives one line per diagnostic ([`Report::short`]), and a line below it for its help.
/// Cheap to clone.
#[derive(Clone)]
pub struct Errors(Arc<[Report]>);

impl Errors {
    pub(crate) fn new(diagnostics: &Diagnostics, sources: &Sources) -> Self {
        Self(diagnostics.iter().map(|one| Report::new(one.clone(), sources)).collect())
    }

    /// The reports of all diagnostics, warnings included.
    #[must_use]
    pub fn reports(&self) -> &[Report] {
        &self.0
    }

    /// The first report of an error.
    fn first(&self) -> Option<&Report> {
        self.reports().iter().find(|report| report.diagnostic.severity == Severity::Error)
    }

    /// The code of the first error.
    #[must_use]
    pub fn code(&self) -> Option<Code> {
        self.first().map(Report::code)
    }

    /// The help of the first error.
    #[must_use]
    pub fn help(&self) -> Option<&str> {
        self.first().and_then(Report::help)
    }

    /// Whether a limit was exceeded; more generous [`Limits`](crate::Limits) may help.
    #[must_use]
    pub fn is_limit(&self) -> bool {
        self.reports().iter().any(|report| report.code().is_limit())
    }
}

impl fmt::Debug for Errors {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl fmt::Display for Errors {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, report) in self.reports().iter().enumerate() {
            if index > 0 {
                writeln!(f)?;
            }
            f.write_str(&report.short())?;
            if let Some(help) = report.help() {
                write!(f, "\n  help: {help}")?;
            }
        }
        Ok(())
    }
}

impl std::error::Error for Errors {}

impl miette::Diagnostic for Errors {
    fn related<'a>(&'a self) -> Option<Box<dyn Iterator<Item = &'a dyn miette::Diagnostic> + 'a>> {
        Some(Box::new(self.reports().iter().map(|report| report as &dyn miette::Diagnostic)))
    }
}

/// A report: a diagnostic with the sources of its labels, for renderers.
#[derive(Debug, Clone)]
pub struct Report {
    diagnostic: Diagnostic,
    /// The primary source for renderers, in which nothing is hidden.
    source: Option<miette::NamedSource<Arc<str>>>,
    name: Option<Arc<str>>,
    text: Option<Arc<str>>,
    location: Option<String>,
    /// The labels in other sources than the primary one, as reports of their own.
    elsewhere: Vec<Report>,
}

impl Report {
    /// The report of a diagnostic.
    #[must_use]
    pub fn new(mut diagnostic: Diagnostic, sources: &Sources) -> Self {
        let home = diagnostic.span().map(|span| span.source);
        let (here, away): (Vec<_>, Vec<_>) =
            diagnostic.labels.drain(..).partition(|label| Some(label.span.source) == home);
        diagnostic.labels = here;
        let elsewhere = away.into_iter().map(|label| {
            let note = Diagnostic::new(diagnostic.code, label.text.clone()).at(label.span, "");
            Self::new(note, sources)
        });
        let elsewhere = elsewhere.collect();
        let location = diagnostic.span().map(|span| {
            let position = sources.position(span);
            format!("{}:{}:{}", sources.name(span.source), position.line, position.column)
        });
        let home = home.and_then(|id| sources.get(id));
        let name = home.map(|source| source.name().into());
        let text = home.map(|source| Arc::clone(source.text()));
        let source = home.map(|source| {
            miette::NamedSource::new(visible(source.name()), Arc::clone(source.harmless()))
        });
        Self { diagnostic, source, name, text, location, elsewhere }
    }

    /// The diagnostic, with the labels in the primary source only.
    #[must_use]
    pub fn diagnostic(&self) -> &Diagnostic {
        &self.diagnostic
    }

    /// The code of the diagnostic.
    #[must_use]
    pub fn code(&self) -> Code {
        self.diagnostic.code
    }

    /// The help of the diagnostic.
    #[must_use]
    pub fn help(&self) -> Option<&str> {
        self.diagnostic.help.as_deref()
    }

    /// The name and text of the primary source.
    #[must_use]
    pub fn text(&self) -> Option<(&str, &Arc<str>)> {
        self.name.as_deref().zip(self.text.as_ref())
    }

    /// The position of the primary label: `file:line:column`.
    #[must_use]
    pub fn location(&self) -> Option<&str> {
        self.location.as_deref()
    }

    /// The labels in other sources than the primary one.
    #[must_use]
    pub fn elsewhere(&self) -> &[Report] {
        &self.elsewhere
    }

    /// The report on one line: position, severity, code, message.
    #[must_use]
    pub fn short(&self) -> String {
        let severity = self.diagnostic.severity.word();
        let place = self.location().map(|place| format!("{place}: ")).unwrap_or_default();
        format!("{place}{severity}[{}]: {}", self.diagnostic.code, self.diagnostic.message)
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.diagnostic.message)
    }
}

impl std::error::Error for Report {}

impl miette::Diagnostic for Report {
    fn code<'a>(&'a self) -> Option<Box<dyn fmt::Display + 'a>> {
        Some(Box::new(self.diagnostic.code))
    }

    fn severity(&self) -> Option<miette::Severity> {
        Some(match self.diagnostic.severity {
            Severity::Error => miette::Severity::Error,
            Severity::Warning => miette::Severity::Warning,
            Severity::Advice => miette::Severity::Advice,
        })
    }

    fn help<'a>(&'a self) -> Option<Box<dyn fmt::Display + 'a>> {
        let help = self.diagnostic.help.as_ref()?;
        Some(Box::new(help))
    }

    fn source_code(&self) -> Option<&dyn miette::SourceCode> {
        self.source.as_ref().map(|source| source as &dyn miette::SourceCode)
    }

    fn labels(&self) -> Option<Box<dyn Iterator<Item = miette::LabeledSpan> + '_>> {
        let labels = self.diagnostic.labels.iter().enumerate().map(|(index, label)| {
            let text = Some(label.text.clone()).filter(|text| !text.is_empty());
            let range = label.span.start as usize..label.span.end as usize;
            if index == 0 {
                miette::LabeledSpan::new_primary_with_span(text, range)
            } else {
                miette::LabeledSpan::new_with_span(text, range)
            }
        });
        Some(Box::new(labels))
    }

    fn related<'a>(&'a self) -> Option<Box<dyn Iterator<Item = &'a dyn miette::Diagnostic> + 'a>> {
        if self.elsewhere.is_empty() {
            return None;
        }
        Some(Box::new(self.elsewhere.iter().map(|report| report as &dyn miette::Diagnostic)))
    }
}
