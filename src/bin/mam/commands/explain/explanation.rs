//! Explanation of one movement: each policy's standing, matching rules and verdict.
//!
//! Takes in a movement and its judgement by the interpreter, gives out text or JSON. Does not know how
//! movements are decided.

use mam::decision::{LimitsAnswer, Verdict};
use mam::interpret::{Judgement, PolicyJudgement, Standing, scope_holds};
use mam::model::{Policy, Rule, RuleId, Scope};
use mam::movement::{Endpoint, Movement};
use mam::vocabulary::Side;
use mam::{Account, Answer, Decision, Effect, Model, Reason};
use serde::Serialize;

use crate::render::answer;
use crate::render::style::Style;
use crate::render::terminal::Terminal;
use crate::render::text::pad;

/// Explanation of a movement, as `--json` gives it.
#[derive(Debug, Serialize)]
pub(super) struct Explanation {
    scope: String,
    characters: Option<u32>,
    answer: Answer,
    source: String,
    target: String,
    policies: Vec<PolicyPart>,
    joined: String,
}

/// Standing, rules and verdict of one policy on one side.
#[derive(Debug, Serialize)]
struct PolicyPart {
    policy: String,
    title: Option<String>,
    docs: Vec<String>,
    file: String,
    line: u32,
    report_only: bool,
    side: Side,
    applies: bool,
    /// No policy can apply at this endpoint.
    #[serde(skip)]
    out_of_reach: bool,
    why: String,
    rules: Vec<RulePart>,
    verdict: Option<VerdictPart>,
    /// The text is longer than the policy's rules allow.
    exceeded: bool,
    default: Option<&'static str>,
}

#[derive(Debug, Serialize)]
struct RulePart {
    rule: String,
    file: String,
    line: u32,
    docs: Vec<String>,
    because: Option<String>,
    matches: bool,
    why_not: Option<&'static str>,
}

#[derive(Debug, Serialize)]
struct VerdictPart {
    effect: Effect,
    limits: LimitsAnswer,
}

impl VerdictPart {
    fn new(verdict: Verdict) -> Self {
        Self { effect: verdict.effect, limits: Decision::enforced(verdict).limits() }
    }

    fn text(&self) -> String {
        answer::verdict(self.effect, &self.limits)
    }

    fn style(&self) -> Style {
        match self.effect {
            Effect::Allow => Style::Good,
            Effect::Block => Style::Bad,
        }
    }
}

impl Explanation {
    /// The explanation of a judgement about a movement, which `scope` names.
    pub(super) fn new(
        model: &Model,
        scope: String,
        movement: &Movement,
        judgement: &Judgement,
    ) -> Self {
        let answer = judgement.decision.answer(&judgement.determining, model.directory());
        let parts = judgement.policies.iter().map(|own| PolicyPart::new(model, movement, own));
        let policies: Vec<_> = parts.collect();
        Self {
            scope,
            characters: movement.characters,
            source: endpoint(model, movement.source),
            target: endpoint(model, movement.target),
            joined: joined(&policies, judgement, &answer),
            answer,
            policies,
        }
    }
}

/// An endpoint in the words of a set term.
fn endpoint(model: &Model, endpoint: Endpoint) -> String {
    match endpoint {
        Endpoint::App { app, account, deployed } => {
            let account = if model.app(app).sdk { format!(" as {account}") } else { String::new() };
            let deployed = if deployed { " deployed" } else { "" };
            format!("{}{account}{deployed}", model.app(app).name)
        }
        Endpoint::Storage(storage) => model.storage(storage).name.clone(),
        Endpoint::Place(place) => place.word().to_owned(),
    }
}

/// The join of the live policies' verdicts, in words.
fn joined(parts: &[PolicyPart], judgement: &Judgement, answer: &Answer) -> String {
    if let Some(reason) = judgement.decision.reason {
        let why = reason.description();
        return format!("no policy applies: {why}; the data may move, not enforced");
    }
    let verdicts: Vec<_> = (parts.iter().filter(|part| !part.report_only))
        .filter_map(|part| Some((part, part.verdict.as_ref()?)))
        .map(|(part, verdict)| format!("{} at the {}: {}", part.policy, part.side, verdict.text()))
        .collect();
    match verdicts.as_slice() {
        [only] => format!("{only}; no other policy applies"),
        all => format!("{}; the strictest wins: {}", all.join(", "), answer::headline(answer)),
    }
}

impl PolicyPart {
    fn new(model: &Model, movement: &Movement, own: &PolicyJudgement) -> Self {
        let policy = model.policy(own.policy);
        let entry = model.directory().policy(own.policy);
        let applies = matches!(own.standing, Standing::Applies | Standing::AppWide);
        let uses_default =
            own.verdict.is_some() && own.determining.iter().all(|one| one.rule.is_none());
        Self {
            policy: policy.name.clone(),
            title: policy.title.clone(),
            docs: policy.docs.clone(),
            file: entry.file.to_owned(),
            line: entry.line,
            report_only: policy.report_only,
            side: own.side,
            applies,
            out_of_reach: matches!(own.standing, Standing::NoApp | Standing::NotJudged),
            why: standing(model, movement, own),
            rules: if applies { rules(model, movement, policy, own) } else { Vec::new() },
            verdict: own.verdict.map(VerdictPart::new),
            exceeded: is_exceeded(model, own),
            default: uses_default.then(|| model.directory().default_text(own.policy, own.side)),
        }
    }
}

/// Whether a rule that allows has blocked, since the text is longer than its limit.
fn is_exceeded(model: &Model, own: &PolicyJudgement) -> bool {
    let blocked = own.determining.iter().filter(|cause| cause.effect == Effect::Block);
    blocked
        .filter_map(|cause| cause.rule)
        .any(|rule| model.rule(rule).effect.effect() == Effect::Allow)
}

/// Standing of a policy at one endpoint, in words.
fn standing(model: &Model, movement: &Movement, own: &PolicyJudgement) -> String {
    let account = match own.side {
        Side::Source => movement.source,
        Side::Target => movement.target,
    };
    let is_work = matches!(account, Endpoint::App { account: Account::Work, .. });
    match own.standing {
        Standing::Applies if is_work => "applies".to_owned(),
        Standing::Applies => {
            "applies: the app has one account at a time, which counts as the work account"
                .to_owned()
        }
        Standing::AppWide => "applies, but only its `app-wide` rules to this account".to_owned(),
        Standing::YieldsTo(other) => format!("yields to {}", model.policy(other).name),
        Standing::Not(reason) => format!("does not apply: {}", not(reason)),
        Standing::NoApp => "no policy applies here: this endpoint is no app".to_owned(),
        Standing::NotJudged => {
            format!(
                "no policy applies here: `{}` is decided at the other endpoint only",
                movement.channel
            )
        }
        _ => "does not apply".to_owned(),
    }
}

/// The reason for which a policy does not apply, in words.
pub(super) const fn not(reason: Reason) -> &'static str {
    match reason {
        Reason::UserNotAssigned => "it is not assigned to the user",
        Reason::AppNotProtected => "the app is not protected",
        Reason::Platform => "it is not for this platform, or the app is not on it",
        Reason::DeviceState => "it is not for this device management state",
        Reason::Filter => "a filter keeps it away",
        Reason::Unsupported => "the product does not support that here",
        Reason::PersonalAccount => "the account is personal",
        Reason::OtherOrganisation => "the account is another organisation's",
        Reason::SameApp => "the data stays inside one app",
        Reason::ForeignMovement => "the movement is of another table",
        _ => reason.description(),
    }
}

/// Rules of a policy for one side and the movement's channel, in order.
fn rules(
    model: &Model,
    movement: &Movement,
    policy: &Policy,
    own: &PolicyJudgement,
) -> Vec<RulePart> {
    let mut parts = Vec::new();
    for id in &policy.rules {
        let rule = model.rule(*id);
        if rule.effect.side() == own.side && rule.scope.channels.contains(movement.channel) {
            parts.push(rule_part(model, movement, own, *id, rule));
        }
    }
    parts
}

fn rule_part(
    model: &Model,
    movement: &Movement,
    own: &PolicyJudgement,
    id: RuleId,
    rule: &Rule,
) -> RulePart {
    let entry = model.directory().rule(id);
    let matches = own.matching.contains(&id);
    let is_left_out = own.standing == Standing::AppWide && !rule.app_wide;
    RulePart {
        rule: entry.text.to_owned(),
        file: entry.file.to_owned(),
        line: entry.line,
        docs: rule.docs.clone(),
        because: entry.because.map(str::to_owned),
        matches,
        why_not: match (matches, is_left_out) {
            (true, _) => None,
            (false, true) => Some("not app-wide"),
            (false, false) => Some(mismatch(model, movement, &rule.scope)),
        },
    }
}

/// The first clause of a rule that does not hold for the movement.
fn mismatch(model: &Model, movement: &Movement, scope: &Scope) -> &'static str {
    type Narrow = fn(&mut Scope, &Scope);
    let clauses: [(Narrow, &str); 5] = [
        (|alone, scope| alone.platforms = scope.platforms, "another platform"),
        (|alone, scope| alone.devices = scope.devices, "another device state"),
        (|alone, scope| alone.people.clone_from(&scope.people), "other users"),
        (|alone, scope| alone.from.clone_from(&scope.from), "another source"),
        (|alone, scope| alone.to.clone_from(&scope.to), "another target"),
    ];
    let failed = clauses.iter().find(|(narrow, _)| {
        let mut alone = Scope::everything();
        narrow(&mut alone, scope);
        !scope_holds(model, &alone, movement, None)
    });
    failed.map_or("the account", |(_, words)| words)
}

// ---------------------------------------------------------------- text

impl Explanation {
    /// Writes the explanation for people.
    pub(super) fn print(&self, terminal: &mut Terminal) {
        let caps = terminal.out;
        terminal.line(caps.paint(Style::Strong, &self.scope));
        if let Some(characters) = self.characters {
            terminal.line(format!("with {characters} characters"));
        }
        terminal.line(caps.paint(answer::style(&self.answer), answer::headline(&self.answer)));
        for line in answer::details(&self.answer, caps) {
            terminal.line(format!("  {}", line.replace('\n', "\n  ")));
        }
        for (side, text) in [(Side::Source, &self.source), (Side::Target, &self.target)] {
            let own: Vec<_> = self.policies.iter().filter(|part| part.side == side).collect();
            let Some(first) = own.first() else { continue };
            terminal.line("");
            terminal.line(caps.paint(Style::Strong, format!("At the {side}, {text}:")));
            if own.iter().all(|part| part.out_of_reach) {
                terminal.line(format!("  {}", first.why));
            } else {
                own.into_iter().for_each(|part| part.print(terminal));
            }
        }
        terminal.line("");
        terminal.line(format!("{} {}", caps.paint(Style::Strong, "Together:"), self.joined));
    }
}

impl PolicyPart {
    fn print(&self, terminal: &mut Terminal) {
        let caps = terminal.out;
        let title = self.title.as_ref().map(|title| format!(" \"{title}\"")).unwrap_or_default();
        let mode = if self.report_only { " report-only" } else { "" };
        let place = caps.paint(Style::Faint, format!("{}:{}", self.file, self.line));
        let name = caps.paint(Style::Strong, &self.policy);
        terminal.line(format!("  policy {name}{title}{mode}  {place}"));
        if self.applies {
            print_docs(&self.docs, 4, terminal);
        }
        terminal.line(format!("    {}", self.why));
        let width = self.rules.iter().map(|rule| rule.rule.chars().count());
        let width = width.filter(|width| *width <= 60).max().unwrap_or(0);
        self.rules.iter().for_each(|rule| rule.print(width, terminal));
        if let Some(verdict) = &self.verdict {
            let from = match self.default {
                Some(default) => format!(", by default (`{default}`)"),
                None if self.exceeded => ", the text is longer than allowed".to_owned(),
                None => String::new(),
            };
            let text = caps.paint(verdict.style(), verdict.text());
            terminal.line(format!("    verdict: {text}{from}"));
        }
    }
}

impl RulePart {
    fn print(&self, width: usize, terminal: &mut Terminal) {
        let caps = terminal.out;
        let rule = pad(&self.rule, width);
        let place = caps.paint(Style::Faint, format!("{}:{}", self.file, self.line));
        match self.why_not {
            Some(why) => {
                let rule = caps.paint(Style::Faint, rule);
                terminal.line(format!("        {rule}  {place}  {why}"));
            }
            None => {
                terminal.line(format!("      {} {rule}  {place}", caps.paint(Style::Strong, ">")));
                if let Some(because) = &self.because {
                    terminal.line(answer::because(because, 10));
                }
                print_docs(&self.docs, 10, terminal);
            }
        }
    }
}

/// Writes the `///` lines of a declaration or rule.
fn print_docs(docs: &[String], indent: usize, terminal: &mut Terminal) {
    for line in docs {
        let text = terminal.out.paint(Style::Faint, format!("/// {}", line.trim()));
        terminal.line(format!("{}{text}", " ".repeat(indent)));
    }
}
