//! The section of changes: what another set decided differently, the looser first; and what report-only policies would.
//!
//! Takes in differences, gives out HTML.

use maud::{Markup, PreEscaped, html};

use super::data::{Changes, ReportOnlyView, Section};
use super::html::{count, limit, rules, scope, shown, table, verdict};
use crate::access::FieldAnswer;
use crate::analysis::{
    AccessChange, AccessChangeKind, AccessSide, Change, ChangeKind, ChangePicture, FieldChange,
    RequirementChange, StatementChange,
};
use crate::draw::Drawing;
use crate::vocabulary::Effect;

/// The most differences of a kind that are shown from the start, and the command that lists all.
const DIFF: (usize, &str) = (100, "mam diff");

/// Likewise, of what a report-only policy would change.
const REPORT: (usize, &str) = (100, "mam report --json");

/// How many differences there are.
pub(super) fn number(changes: &Changes) -> usize {
    let Changes { changes, accesses, requirements, statements, .. } = changes;
    changes.len() + accesses.len() + requirements.len() + statements.len()
}

/// The direction of a difference.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Direction {
    Looser,
    Tighter,
    Other,
}

/// How many differences are looser and tighter, as facts of the summary.
pub(super) fn numbers(all: &Changes) -> Markup {
    let of_movements = all.changes.iter().map(|one| direction(one.kind));
    let of_accesses = all.accesses.iter().map(|one| direction_of_access(one.kind));
    let of_requirements = all.requirements.iter().map(|one| direction_of_access(one.kind));
    let all: Vec<Direction> = of_movements.chain(of_accesses).chain(of_requirements).collect();
    let count = |what: Direction| all.iter().filter(|one| **one == what).count();
    html! {
        div {
            b { "+" (count(Direction::Looser)) " −" (count(Direction::Tighter)) }
            "looser, tighter than before" @if count(Direction::Other) > 0 { "; " (count(Direction::Other)) " other" }
        }
    }
}

fn direction(kind: ChangeKind) -> Direction {
    match kind {
        ChangeKind::Looser => Direction::Looser,
        ChangeKind::Tighter => Direction::Tighter,
        ChangeKind::Limits | ChangeKind::Enforcement | ChangeKind::Reason => Direction::Other,
    }
}

fn direction_of_access(kind: AccessChangeKind) -> Direction {
    match kind {
        AccessChangeKind::Looser => Direction::Looser,
        AccessChangeKind::Tighter => Direction::Tighter,
        AccessChangeKind::Mixed | AccessChangeKind::Enforcement | AccessChangeKind::Reason => {
            Direction::Other
        }
    }
}

/// The mark of a difference: a sign and a word.
fn mark(direction: Direction, word: &str) -> Markup {
    match direction {
        Direction::Looser => html! { td.looser { "+ " (word) } },
        Direction::Tighter => html! { td.tighter { "− " (word) } },
        Direction::Other => html! { td { "± " (word) } },
    }
}

pub(super) fn section(changes: &Section<Changes>) -> Markup {
    let all = match changes {
        Section::Limit(met) => return limit(*met),
        Section::Whole(all) => all,
    };
    html! {
        p {
            "What is decided differently from " (shown(&all.against.join(", "))) ", the looser first. "
            @if number(all) == 0 { "Nothing is." }
        }
        @if !all.changes.is_empty() { (rows_that_changed(&all.picture)) (of_movements(&all.changes, DIFF)) }
        (of_accesses(&all.accesses, &all.requirements, DIFF))
        @if !all.statements.is_empty() { h3 { "Statements that decide nothing" } (statements(&all.statements)) }
    }
}

/// The rows that changed, as a drawing and as tables.
fn rows_that_changed(picture: &Section<ChangePicture>) -> Markup {
    let picture = match picture {
        Section::Limit(met) => return limit(*met),
        Section::Whole(picture) => picture,
    };
    let drawing = Drawing::of_changes(picture);
    html! {
        @if !drawing.is_empty() {
            @for panel in drawing.elements() { div.drawing { (PreEscaped(panel)) } }
            details { summary { "The same as tables" } div.rows-of-changes { (PreEscaped(drawing.tables())) } }
        }
        @if !drawing.others().is_empty() {
            details {
                summary { "Not drawn" }
                ul { @for other in drawing.others() { li { (shown(other)) } } }
            }
        }
    }
}

fn of_movements(changes: &[Change], shown: (usize, &str)) -> Markup {
    let rows: Vec<Markup> = changes.iter().map(movement).collect();
    table(&["kind", "movements", "now"], &rows, shown)
}

fn of_accesses(
    accesses: &[AccessChange],
    requirements: &[RequirementChange],
    shown: (usize, &str),
) -> Markup {
    let rows = accesses.iter().map(access).chain(requirements.iter().map(requirement));
    let rows: Vec<Markup> = rows.collect();
    html! {
        @if !rows.is_empty() {
            h3 { "Who may open an app" }
            (table(&["kind", "accesses", "now"], &rows, shown))
        }
    }
}

/// What report-only policies would change if they were live.
pub(super) fn report_only(policies: &[ReportOnlyView]) -> Markup {
    html! {
        p { "These policies decide nothing. Each is shown as if it alone were live; `now` is what it would decide." }
        @for ReportOnlyView { policy, title, would_change } in policies {
            h3 { (shown(title.as_deref().unwrap_or(policy))) }
            @match would_change {
                Section::Limit(met) => (limit(*met)),
                Section::Whole(all) => {
                    @let number = all.movements.len() + all.accesses.len() + all.requirements.len();
                    p.quiet { (shown(policy)) ": " (count(number, "difference")) }
                    @if !all.movements.is_empty() { (of_movements(&all.movements, REPORT)) }
                    (of_accesses(&all.accesses, &all.requirements, REPORT))
                },
            }
        }
    }
}

fn movement(change: &Change) -> Markup {
    let Change { kind, scope: movements, before, after, .. } = change;
    let word = match (kind, before.effect, after.effect) {
        (ChangeKind::Looser, Effect::Block, Effect::Allow) => "opened",
        (ChangeKind::Tighter, Effect::Allow, Effect::Block) => "closed",
        (kind, ..) => kind.word(),
    };
    html! {
        tr data-find {
            (mark(direction(*kind), word))
            td { (scope(movements)) }
            td {
                b { (verdict(after)) } (rules(after))
                p.quiet { "was " (verdict(before)) }
                @if !before.by.is_empty() { details { summary { "before" } (rules(before)) } }
            }
        }
    }
}

fn access(change: &AccessChange) -> Markup {
    let AccessChange { kind, scopes, words, before, after, .. } = change;
    html! {
        tr data-find {
            (mark(direction_of_access(*kind), kind.word()))
            td { @for one in scopes { div { (scope(one)) } } @if let Some(words) = words { p { (shown(words)) } } }
            td { b { (side(after)) } p.quiet { "was " (side(before)) } }
        }
    }
}

fn side(side: &AccessSide) -> String {
    match side.reason {
        Some(_) => "not enforced".to_owned(),
        None => side.effect.word().to_owned(),
    }
}

fn requirement(change: &RequirementChange) -> Markup {
    let RequirementChange { kind, scopes, fields, wipes_sooner, .. } = change;
    html! {
        tr data-find {
            (mark(direction_of_access(*kind), kind.word()))
            td { @for one in scopes { div { (scope(one)) } } }
            td {
                @for one in fields { (field(one)) }
                @if *wipes_sooner { p { "Work data is wiped after fewer attempts than before." } }
            }
        }
    }
}

fn field(change: &FieldChange) -> Markup {
    let FieldChange { requirement, field, before, after, .. } = change;
    let value = |answer: &Option<FieldAnswer>| match answer {
        None => "not required".to_owned(),
        Some(answer) => match answer.value.to_string() {
            empty if empty.is_empty() => "required".to_owned(),
            value => value,
        },
    };
    html! {
        p {
            (requirement) @if let Some(field) = field { " " (field) } ": " b { (value(after)) }
            span.quiet { ", was " (value(before)) }
        }
    }
}

fn statements(all: &[StatementChange]) -> Markup {
    let row = |one: &StatementChange| {
        html! {
            tr data-find {
                td { (one.kind.word()) }
                td { (shown(&one.policy)) }
                td {
                    @if let Some(text) = &one.after { (scope(text)) }
                    @if let Some(text) = &one.before { p.quiet { "was " (scope(text)) } }
                    @else { p.quiet { "new" } }
                }
            }
        }
    };
    let rows: Vec<Markup> = all.iter().map(row).collect();
    html! {
        p.quiet { (count(all.len(), "statement")) ": texts for users, settings whose meaning is not known here, and policies that only report." }
        (table(&["kind", "policy", "text"], &rows, DIFF))
    }
}
