//! Diagnostics with the lines of their sources, places underlined.
//!
//! Takes in reports, gives out text, drawn by miette. This module adds to it: only the lines around a
//! place are read, however long the file is; overlong lines are not shown; columns count characters, as
//! in all output; notes about other files follow their report.

use std::collections::BTreeMap;
use std::fmt;

use mam::Report;
use miette::{
    Diagnostic, GraphicalReportHandler, GraphicalTheme, LabeledSpan, MietteError,
    MietteSpanContents, SourceCode, SourceSpan, SpanContents, ThemeCharacters, ThemeStyles,
};

use crate::render::style::Capabilities;

/// Length in bytes of the longest line that is shown.
const LONGEST: usize = 1000;

/// Reports with their sources.
pub(crate) fn graphical(reports: &[Report], caps: Capabilities) -> String {
    let characters =
        if caps.unicode { ThemeCharacters::unicode() } else { ThemeCharacters::ascii() };
    let styles = if caps.color { ThemeStyles::ansi() } else { ThemeStyles::none() };
    let handler = GraphicalReportHandler::new_themed(GraphicalTheme { characters, styles })
        .with_width(caps.width)
        .with_links(false)
        .without_syntax_highlighting();
    let mut texts = BTreeMap::new();
    reports.iter().for_each(|report| note_texts(report, &mut texts));
    let mut out = String::new();
    for report in reports {
        render(&handler, report, &texts, false, &mut out);
        for note in report.elsewhere() {
            render(&handler, note, &texts, true, &mut out);
        }
        out.push('\n');
    }
    out
}

fn render(
    handler: &GraphicalReportHandler,
    report: &Report,
    texts: &BTreeMap<&str, Text<'_>>,
    is_note: bool,
    out: &mut String,
) {
    let text = report.text().and_then(|(name, _)| texts.get(name));
    let text =
        text.filter(|text| report.labels().into_iter().flatten().all(|label| text.fits(&label)));
    let shown = Shown { report, text, is_note };
    if handler.render_report(out, &shown).is_err() {
        out.push_str(&report.short());
        out.push('\n');
    }
}

fn note_texts<'r>(report: &'r Report, texts: &mut BTreeMap<&'r str, Text<'r>>) {
    if let Some((name, text)) = report.text() {
        texts.entry(name).or_insert_with(|| Text::new(name, text));
    }
    report.elsewhere().iter().for_each(|note| note_texts(note, texts));
}

/// A report for miette; without its text if a line is too long to be shown.
#[derive(Debug)]
struct Shown<'r> {
    report: &'r Report,
    text: Option<&'r Text<'r>>,
    /// It is a note about another file.
    is_note: bool,
}

impl fmt::Display for Shown<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let (None, Some(place)) = (self.text, self.report.location()) {
            write!(f, "{place}: ")?;
        }
        f.write_str(&self.report.diagnostic().message)
    }
}

impl std::error::Error for Shown<'_> {}

impl Diagnostic for Shown<'_> {
    fn code<'a>(&'a self) -> Option<Box<dyn fmt::Display + 'a>> {
        Diagnostic::code(self.report).filter(|_| !self.is_note)
    }

    fn severity(&self) -> Option<miette::Severity> {
        if self.is_note { Some(miette::Severity::Advice) } else { self.report.severity() }
    }

    fn help<'a>(&'a self) -> Option<Box<dyn fmt::Display + 'a>> {
        Diagnostic::help(self.report)
    }

    fn source_code(&self) -> Option<&dyn SourceCode> {
        self.text.map(|text| text as &dyn SourceCode)
    }

    fn labels(&self) -> Option<Box<dyn Iterator<Item = LabeledSpan> + '_>> {
        self.text.and_then(|_| self.report.labels())
    }
}

/// A source with the offsets of its lines.
#[derive(Debug)]
struct Text<'t> {
    name: &'t str,
    text: &'t str,
    /// Offset of each line's first byte.
    lines: Vec<usize>,
}

impl<'t> Text<'t> {
    fn new(name: &'t str, text: &'t str) -> Self {
        let breaks = text.bytes().enumerate().filter(|(_, byte)| *byte == b'\n');
        let lines = std::iter::once(0).chain(breaks.map(|(at, _)| at + 1)).collect();
        Self { name, text, lines }
    }

    /// The line of an offset, from 0.
    fn line_at(&self, offset: usize) -> usize {
        self.lines.partition_point(|start| *start <= offset).saturating_sub(1)
    }

    /// Offset of a line's first byte; the end of the text for a line behind the last.
    fn start_of(&self, line: usize) -> usize {
        self.lines.get(line).copied().unwrap_or(self.text.len())
    }

    /// Whether the lines around a label are short enough to be shown.
    fn fits(&self, label: &LabeledSpan) -> bool {
        let first = self.line_at(label.offset()).saturating_sub(1);
        let last = self.line_at(label.offset() + label.len()) + 1;
        (first..=last).all(|line| self.start_of(line + 1) - self.start_of(line) <= LONGEST)
    }
}

impl SourceCode for Text<'_> {
    fn read_span<'a>(
        &'a self,
        span: &SourceSpan,
        before: usize,
        after: usize,
    ) -> Result<Box<dyn SpanContents<'a> + 'a>, MietteError> {
        let first = self.line_at(span.offset()).saturating_sub(before + 1);
        let last = self.line_at(span.offset() + span.len()) + after + 2;
        let start = self.start_of(first);
        let window = self.text.get(start..self.start_of(last)).ok_or(MietteError::OutOfBounds)?;
        let inner = SourceSpan::from((span.offset() - start, span.len()));
        let found = window.as_bytes().read_span(&inner, before, after)?;
        let (offset, length) = (found.span().offset() + start, found.span().len());
        let line = self.start_of(self.line_at(offset));
        let column = self.text.get(line..offset).map_or(0, |before| before.chars().count());
        Ok(Box::new(MietteSpanContents::new_named(
            self.name.to_owned(),
            self.text.as_bytes().get(offset..offset + length).unwrap_or_default(),
            (offset, length).into(),
            found.line() + first,
            column,
            found.line_count(),
        )))
    }
}
