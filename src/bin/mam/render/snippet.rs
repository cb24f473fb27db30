//! Diagnostics with the lines of their sources, places underlined.
//!
//! Takes in reports, gives out text, drawn by miette. This module adds to it: only the lines around a
//! place are read, however long the file is; overlong lines are not shown; columns count characters, as
//! in all output; notes about other files follow their report.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fmt;

use mam::Report;
use mam::source::{is_hidden, visible};
use miette::{
    Diagnostic, GraphicalReportHandler, GraphicalTheme, LabeledSpan, MietteError,
    MietteSpanContents, SourceCode, SourceSpan, SpanContents, ThemeCharacters, ThemeStyles,
};

use crate::render::style::{Capabilities, own};
use crate::render::text::separator;

/// Length in bytes of the longest line that is shown.
const LONGEST: usize = 1000;

/// Reports with their sources.
pub(crate) fn graphical(reports: &[Report], caps: Capabilities) -> String {
    let characters =
        if caps.unicode { ThemeCharacters::unicode() } else { ThemeCharacters::ascii() };
    let styles = if caps.color { ThemeStyles::ansi() } else { ThemeStyles::none() };
    let handler = GraphicalReportHandler::new_themed(GraphicalTheme { characters, styles })
        .with_width(caps.width)
        .with_break_words(false)
        .with_word_separator(separator())
        .with_word_splitter(textwrap::WordSplitter::NoHyphenation)
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
    own(&out)
}

fn render(
    handler: &GraphicalReportHandler,
    report: &Report,
    texts: &BTreeMap<&str, Text<'_>>,
    is_note: bool,
    out: &mut String,
) {
    let text = report.text().and_then(|(name, _)| texts.get(name));
    let text = text.filter(|text| {
        report.labels().into_iter().flatten().all(|one| text.fits(&text.label(&one)))
    });
    let shown = Shown { report, text, is_note };
    if handler.render_report(out, &shown).is_err() {
        out.push_str(&visible(&report.short()));
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
            write!(f, "{}: ", visible(place))?;
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
        let text = self.text?;
        let labels = self.report.labels()?;
        Some(Box::new(labels.map(|label| text.label(&label))))
    }
}

/// A source as it is shown, with the offsets of its lines. Hidden characters are shown as escapes.
#[derive(Debug)]
struct Text<'t> {
    name: Cow<'t, str>,
    source: &'t str,
    text: Cow<'t, str>,
    /// Offsets behind each escape: in the source and in the text.
    escapes: Vec<[usize; 2]>,
    /// Offset of each line's first byte.
    lines: Vec<usize>,
}

impl<'t> Text<'t> {
    fn new(name: &'t str, source: &'t str) -> Self {
        let (text, escapes) = escaped(source);
        let breaks = text.bytes().enumerate().filter(|(_, byte)| *byte == b'\n');
        let lines = std::iter::once(0).chain(breaks.map(|(at, _)| at + 1)).collect();
        Self { name: visible(name), source, text, escapes, lines }
    }

    /// A label of the source as a label of the text.
    fn label(&self, label: &LabeledSpan) -> LabeledSpan {
        let start = moved(&self.escapes, label.offset(), |[source, text]| [source, text]);
        let end = label.offset() + label.len();
        let end = moved(&self.escapes, end, |[source, text]| [source, text]);
        let words = label.label().map(str::to_owned);
        if label.primary() {
            LabeledSpan::new_primary_with_span(words, start..end)
        } else {
            LabeledSpan::new_with_span(words, start..end)
        }
    }

    /// The number of characters of the source before an offset of the text, in its line.
    fn column(&self, offset: usize) -> usize {
        let at = moved(&self.escapes, offset, |[source, text]| [text, source]);
        let before = self.source.get(..at).unwrap_or("");
        before.rsplit('\n').next().unwrap_or("").chars().count()
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
        Ok(Box::new(MietteSpanContents::new_named(
            self.name.clone().into_owned(),
            self.text.as_bytes().get(offset..offset + length).unwrap_or_default(),
            (offset, length).into(),
            found.line() + first,
            self.column(offset),
            found.line_count(),
        )))
    }
}

/// A text with escapes for hidden characters, and the offsets behind each of them, before and after. The
/// ends of lines stay.
fn escaped(source: &str) -> (Cow<'_, str>, Vec<[usize; 2]>) {
    if !source.contains(is_hidden) {
        return (Cow::Borrowed(source), Vec::new());
    }
    let (mut text, mut escapes) = (String::with_capacity(source.len()), Vec::new());
    for (at, c) in source.char_indices() {
        if !is_hidden(c) || source.get(at..).is_some_and(|rest| rest.starts_with("\r\n")) {
            text.push(c);
            continue;
        }
        text.push_str(&visible(c.encode_utf8(&mut [0; 4])));
        escapes.push([at + c.len_utf8(), text.len()]);
    }
    (Cow::Owned(text), escapes)
}

/// An offset on the other side of some escapes; `sides` gives the offsets behind an escape, on this side
/// and on the other one.
fn moved(escapes: &[[usize; 2]], offset: usize, sides: impl Fn([usize; 2]) -> [usize; 2]) -> usize {
    let before = escapes.partition_point(|escape| sides(*escape)[0] <= offset);
    let last = before.checked_sub(1).and_then(|at| escapes.get(at));
    last.map_or(offset, |escape| {
        let [here, there] = sides(*escape);
        offset - here + there
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels_stay_at_their_characters() {
        let source = "a\u{202e}b\r\nc\rd\u{200b}\u{200b}e";
        let text = Text::new("x\u{1b}", source);
        assert_eq!(
            (&*text.text, &*text.name),
            ("a\\u{202e}b\r\nc\\u{d}d\\u{200b}\\u{200b}e", "x\\u{1b}")
        );
        for (at, c) in source.char_indices() {
            let label = LabeledSpan::new_primary_with_span(None, at..at + c.len_utf8());
            let shown = text.label(&label);
            let part = &text.text[shown.offset()..][..shown.len()];
            let is_end = matches!(c, '\r' if source[at..].starts_with("\r\n"));
            let expected =
                if is_end { Cow::Borrowed("\r") } else { visible(&source[at..][..c.len_utf8()]) };
            assert_eq!(part, expected);
            let line = source[..at].rsplit('\n').next().unwrap_or("");
            assert_eq!(text.column(shown.offset()), line.chars().count());
        }
    }
}
