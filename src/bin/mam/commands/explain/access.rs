//! `mam explain` about an access: the answer, and the standing of every policy.
//!
//! Takes in the scope of one access or a request, gives out text or JSON. Does not know how accesses are
//! decided.

use mam::access::AppAccess;
use mam::interpret::{AccessJudgement, Standing, judge_access};
use mam::{AccessAnswer, Facts, Model};
use serde::Serialize;

use super::explanation::not;
use crate::failure::Failure;
use crate::render::access;
use crate::render::style::Style;
use crate::render::terminal::Terminal;
use crate::render::text::pad;

/// Explanation of an access, as `--json` gives it.
#[derive(Debug, Serialize)]
pub(super) struct AccessExplanation {
    access: String,
    answer: AccessAnswer,
    policies: Vec<PolicyPart>,
}

/// Standing of a policy.
#[derive(Debug, Serialize)]
struct PolicyPart {
    policy: String,
    file: String,
    line: u32,
    report_only: bool,
    applies: bool,
    why: String,
}

impl AccessExplanation {
    /// The explanation of an access that a text asks for.
    pub(super) fn new(model: &Model, asked: &str, opened: &AppAccess, facts: &Facts<'_>) -> Self {
        let AccessJudgement { decision, details, policies, .. } =
            judge_access(model, opened, facts);
        let part = |(id, standing)| {
            let (policy, entry) = (model.policy(id), model.directory().policy(id));
            PolicyPart {
                policy: policy.name.clone(),
                file: entry.file.to_owned(),
                line: entry.line,
                report_only: policy.report_only,
                applies: standing == Standing::Applies,
                why: why(model, standing),
            }
        };
        Self {
            access: asked.to_owned(),
            answer: decision.answer(&details, model.directory()),
            policies: policies.into_iter().map(part).collect(),
        }
    }

    /// Writes the explanation.
    pub(super) fn write(&self, json: bool, terminal: &mut Terminal) -> Result<(), Failure> {
        if json {
            return terminal.json(self);
        }
        let caps = terminal.out;
        let headline = caps.paint(access::style(&self.answer), access::headline(&self.answer));
        terminal.line(format!("{headline}  {}", caps.paint(Style::Strong, &self.access)));
        for line in access::details(&self.answer, caps) {
            terminal.line(format!("  {}", line.replace('\n', "\n  ")));
        }
        terminal.line("");
        let width = self.policies.iter().map(|one| one.policy.chars().count()).max().unwrap_or(0);
        for one in &self.policies {
            let place = caps.paint(Style::Faint, format!("{}:{}", one.file, one.line));
            let report = if one.report_only { "report-only, " } else { "" };
            terminal.line(format!("{}  {report}{}  {place}", pad(&one.policy, width), one.why));
        }
        Ok(())
    }
}

/// Standing of a policy, in words.
fn why(model: &Model, standing: Standing) -> String {
    match standing {
        Standing::Applies => "applies".to_owned(),
        Standing::YieldsTo(other) => format!("yields to {}", model.policy(other).name),
        Standing::Not(reason) => format!("does not apply: {}", not(reason)),
        _ => "does not apply: this is not the work account".to_owned(),
    }
}
