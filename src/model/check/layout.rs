//! Check of the layout: clauses that look like the policy's head and belong to the rule above them.

use crate::diagnostic::{Code, Diagnostic};
use crate::source::{Sources, Span, offset};
use crate::syntax::ast::{self, StatementKind};
use crate::syntax::print;

/// A clause of a statement that may also stand in a head: its keyword and its place.
type Clause = (&'static str, Span);

/// Reports `for`, `on` and `devices` at the beginning of a line below a rule, not indented further than
/// the rule, where the head has no such clause: the author may have meant the policy.
pub(in crate::model) fn clauses_below(
    sources: &Sources,
    policy: &ast::Policy,
    found: &mut Vec<Diagnostic>,
) {
    let head: Vec<&str> = policy.body.iter().filter_map(|one| head_clause(&one.kind)).collect();
    for statement in &policy.body {
        let clauses = clauses(&statement.kind).into_iter();
        let clauses = clauses.filter(|(word, _)| !head.contains(word));
        let clauses = clauses.filter_map(|(word, span)| Some((word, whole(sources, word, span)?)));
        let mut below: Vec<Clause> = clauses.collect();
        below.retain(|(_, span)| is_below(sources, statement.span, *span));
        below.sort_by_key(|(_, span)| *span);
        found.extend(narrowing(sources, policy, statement, &below));
    }
}

/// The warning about clauses below a statement, with both readings.
fn narrowing(
    sources: &Sources,
    policy: &ast::Policy,
    statement: &ast::Statement,
    below: &[Clause],
) -> Option<Diagnostic> {
    let (_, first) = below.first()?;
    let texts: Vec<_> = below.iter().map(|(_, span)| on_one_line(sources, *span)).collect();
    let listed = format!("`{}`", texts.join("`, `"));
    let verb = if below.len() == 1 { "narrows" } else { "narrow" };
    let name = &policy.name.text;
    let message = format!("{listed} {verb} the statement above, not the policy `{name}`");
    let rule = print::statement(&statement.kind);
    let help = format!(
        "if the whole policy is meant, move {listed} above the first rule; if only this statement is, \
         write `{rule}` on one line"
    );
    let mut diagnostic = Diagnostic::new(Code::ClauseBelow, message).at(*first, "begins a line");
    for (_, span) in below.iter().skip(1) {
        diagnostic = diagnostic.at(*span, "and this");
    }
    let start = Span { end: first.start, ..statement.span };
    Some(diagnostic.at(trimmed(sources, start), "belongs to this").help(help))
}

/// The keyword of a head clause that a rule may have as well.
const fn head_clause(kind: &StatementKind) -> Option<&'static str> {
    match kind {
        StatementKind::For(_) => Some("for"),
        StatementKind::On(_) => Some("on"),
        StatementKind::Devices(_) => Some("devices"),
        _ => None,
    }
}

/// The clauses of a statement that a head may have as well.
fn clauses(kind: &StatementKind) -> Vec<Clause> {
    let (people, platforms, devices) = match kind {
        StatementKind::Rule(ast::Rule { scope, .. })
        | StatementKind::Expect(ast::Expect { scope, .. }) => {
            (scope.people.as_ref(), scope.platforms.as_ref(), scope.devices.as_ref())
        }
        StatementKind::ExpectAccess(ast::ExpectAccess { scope, .. }) => {
            (scope.people.as_ref(), scope.platforms.as_ref(), scope.devices.as_ref())
        }
        StatementKind::Require(one) => (None, one.platforms.as_ref(), one.devices.as_ref()),
        StatementKind::Launch(one) => (None, one.platforms.as_ref(), one.devices.as_ref()),
        _ => (None, None, None),
    };
    let people = people.map(|people| ("for", people.span()));
    let words = [("on", platforms), ("devices", devices)];
    let words = words.into_iter().filter_map(|(word, list)| Some((word, list?.span)));
    people.into_iter().chain(words).collect()
}

/// The place of a clause with its keyword, unless a comment stands between.
fn whole(sources: &Sources, word: &str, span: Span) -> Option<Span> {
    let text = sources.get(span.source).map_or("", |source| source.text());
    let before = text.get(..span.start as usize)?.trim_end().strip_suffix(word)?;
    Some(Span { start: offset(before.len()), ..span })
}

/// Whether a clause begins a line and is not indented further than its statement.
fn is_below(sources: &Sources, statement: Span, clause: Span) -> bool {
    let (own, other) = (sources.position(clause), sources.position(statement));
    own.line > other.line && own.column <= other.column && begins_line(sources, clause)
}

fn begins_line(sources: &Sources, span: Span) -> bool {
    let text = sources.get(span.source).map_or("", |source| source.text());
    let before = text.get(..span.start as usize).unwrap_or("");
    before.rsplit('\n').next().is_some_and(|line| line.trim().is_empty())
}

/// The text of a clause with single blanks, without comments.
fn on_one_line(sources: &Sources, span: Span) -> String {
    let lines = sources.slice(span).lines().map(|line| line.split("//").next().unwrap_or(""));
    lines.flat_map(str::split_whitespace).collect::<Vec<_>>().join(" ")
}

/// A place without the blanks at its end.
fn trimmed(sources: &Sources, span: Span) -> Span {
    let length = sources.slice(span).trim_end().len();
    Span { end: span.start.saturating_add(offset(length)), ..span }
}
