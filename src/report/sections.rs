//! The questions of a report that are not about one context.
//!
//! Takes in sets, gives out what analysis answers, in the order in which a page shows it.

use super::contexts::Subject;
use super::data::{Changes, Expectations, Finding, Findings, ReportOnlyView, Set};
use crate::analysis::{
    AccessVerdict, Analysis, LEAKS, PathOptions, Paths, Verdict, diff, diff_access, diff_picture,
    diff_statements,
};
use crate::compiler::Checked;
use crate::diagnostic::{Errors, Report, Severity};
use crate::limits::LimitExceeded;
use crate::model::{Policy, Scope};

/// The paths of company data to where it should not be.
pub(super) fn paths(checked: &Checked, analysis: Analysis<'_>) -> Result<Paths, LimitExceeded> {
    let none = Paths { paths: Vec::new(), rules: Vec::new(), without_rules: 0, more: false };
    // A set that has no such endpoints has no such paths.
    let Ok(chain) = checked.chain(LEAKS) else { return Ok(none) };
    analysis.paths(&chain, PathOptions::default())
}

/// The expectations with their results.
pub(super) fn expectations(analysis: Analysis<'_>) -> Expectations {
    let (movements, accesses) = (analysis.test(), analysis.test_access());
    let of_movements = movements.iter().map(|one| match one.verdict {
        Verdict::Holds => State::Holds,
        Verdict::Fails(_) | Verdict::Leads(_) | Verdict::Empty => State::Fails,
        Verdict::Limit(_) => State::Limit,
    });
    let of_accesses = accesses.iter().map(|one| match one.verdict {
        AccessVerdict::Holds => State::Holds,
        AccessVerdict::Fails(_) | AccessVerdict::Empty => State::Fails,
        AccessVerdict::Limit(_) => State::Limit,
    });
    let states: Vec<State> = of_movements.chain(of_accesses).collect();
    let count = |state: State| states.iter().filter(|one| **one == state).count();
    let (hold, fail, limit) = (count(State::Holds), count(State::Fails), count(State::Limit));
    Expectations { movements, accesses, hold, fail, limit }
}

/// Whether an expectation holds, if that is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    Holds,
    Fails,
    Limit,
}

/// Warnings and advice.
pub(super) fn findings(
    checked: &Checked,
    analysis: Analysis<'_>,
) -> Result<Findings, LimitExceeded> {
    let mut reports = checked.reports();
    reports.extend(analysis.lints()?);
    let count =
        |severity| reports.iter().filter(|one| one.diagnostic().severity == severity).count();
    Ok(Findings {
        warnings: count(Severity::Warning),
        advice: count(Severity::Advice),
        not_shown: checked.diagnostics().dropped(),
        list: reports.iter().map(|report| finding(checked, report)).collect(),
    })
}

fn finding(checked: &Checked, report: &Report) -> Finding {
    let diagnostic = report.diagnostic();
    let sources = checked.sources();
    let here = diagnostic.labels.iter().map(|label| {
        let position = sources.position(label.span);
        let place = format!("{}:{}", sources.name(label.span.source), position.line);
        (place, label.text.clone())
    });
    let away = report.elsewhere().iter().map(|other| {
        (other.location().unwrap_or_default().to_owned(), other.diagnostic().message.clone())
    });
    Finding {
        code: report.code().as_str(),
        severity: diagnostic.severity,
        message: diagnostic.message.clone(),
        place: report.location().map(str::to_owned),
        labels: here.chain(away).filter(|(_, text)| !text.is_empty()).collect(),
        help: diagnostic.help.clone(),
    }
}

/// The policies that only report, each with what it would change.
pub(super) fn report_only(analysis: Analysis<'_>) -> Vec<ReportOnlyView> {
    let all = analysis.model().policies().iter().filter(|policy| policy.report_only);
    let view = |policy: &Policy| ReportOnlyView {
        policy: policy.name.clone(),
        title: policy.title.clone(),
        would_change: analysis.would_change(&policy.name).into(),
    };
    all.map(view).collect()
}

/// The differences from another set. The picture of them is about the people and devices of a scope.
pub(super) fn changes(
    other: Set<'_>,
    Subject { analysis: after, scope, .. }: Subject<'_>,
) -> Result<Result<Changes, LimitExceeded>, Errors> {
    let before = Analysis::new(other.checked)?;
    let of_all_ends = Scope { from: None, to: None, ..scope.clone() };
    let compare = || {
        let (accesses, requirements) = diff_access(&before, &after)?;
        Ok(Changes {
            against: other.files.to_vec(),
            changes: diff(&before, &after)?,
            accesses,
            requirements,
            statements: diff_statements(&before, &after),
            picture: diff_picture(&before, &after, &of_all_ends).into(),
        })
    };
    Ok(compare())
}
