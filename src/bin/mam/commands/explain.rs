//! `mam explain`: why one movement is decided as it is.
//!
//! Shows, policy by policy and side by side, whether the policy applies and why not, which of its
//! rules match, and how the verdicts join. All of that is found out by the library's definition of
//! the meaning; here it is only put into words.

use std::ffi::OsString;

use clap::ValueEnum;
use mam::analysis::NotOneMovement;
use mam::decision::{LimitsAnswer, Verdict};
use mam::interpret::{Judgement, PolicyJudgement, Standing, judge, scope_holds};
use mam::model::{Policy, Rule, RuleId, Scope};
use mam::movement::{Endpoint, Movement};
use mam::vocabulary::Side;
use mam::{Account, Analysis, Answer, Checked, Decision, Effect, Model, Reason, Request};
use serde::Serialize;

use crate::answer;
use crate::failure::{Failure, Status};
use crate::output::{Ink, Terminal, pad};
use crate::remedies;
use crate::set::{self, Question};
use crate::stream;

const AFTER_HELP: &str = "\
Examples:
  mam explain contoso.mam \\
    'share from outlook as work to salesforce for exactly staff on ios devices unmanaged'
  mam explain contoso.mam --request '{\"channel\":\"share\",\"source\":{\"app\":\"outlook\"},...}'

  mam explain contoso.mam --how block 'copy from outlook as work to browser for staff on ios'

The scope must hold one movement, as those that `mam test` and `mam decide` print. What it leaves
open is told; `deployed` may be left open and is then not the case.

With --how, it may hold many: shown are the smallest edits of the policies after which all of them are
allowed or blocked, those that change the least first, each with everything that would be decided
differently.

With --json, one line on standard output:
  {\"scope\":...,\"characters\":120|null,\"answer\":...,\"source\":...,\"target\":...,
   \"policies\":[{\"policy\":...,\"title\":...|null,\"docs\":[...],\"file\":...,\"line\":...,
     \"report_only\":...,\"side\":\"source\"|\"target\",\"applies\":...,\"why\":...,
     \"rules\":[{\"rule\":...,\"file\":...,\"line\":...,\"docs\":[...],\"because\":...|null,
       \"matches\":...,\"why_not\":...|null}],
     \"verdict\":{\"effect\":...,\"limits\":{...}}|null,\"exceeded\":...,\"default\":...|null}],
   \"joined\":...}
where an answer is that of `mam decide`, `exceeded` says that a text is longer than the rules let
pass, and `default` is set where no rule gave the verdict.

With --how it is {\"scope\":...,\"wanted\":\"block\",\"already\":false,\"remedies\":[{\"steps\":[{\"kind\":
\"add\"|\"change\"|\"remove\"|\"membership\",\"policy\":...,\"file\":...,\"line\":...,\"before\":...|null,
\"after\":...|null}],\"changes\":[...]}]}, where the changes are those of `mam diff`.

Exit status: 0 explained; 1 with --how no edit was found, errors in the policy; 2 a file cannot be read, a bad scope or request.";

const USAGE: &str = "mam explain [OPTIONS] <FILE>... <SCOPE>
       mam explain --how <EFFECT> <FILE>... <SCOPE>
       mam explain [OPTIONS] --request <JSON> <FILE>...";

/// Say why one movement is decided as it is
///
/// Shows for every policy, at the source and at the target, whether it applies and why not, which of
/// its rules match and why others do not, and how all verdicts join.
#[derive(Debug, clap::Args)]
#[command(after_long_help = AFTER_HELP, override_usage = USAGE)]
pub(crate) struct Args {
    /// The files of the set, then the scope of one movement
    #[arg(value_name = "FILE", required = true)]
    arguments: Vec<OsString>,

    /// Explain a request as hosts make it, instead of a scope
    #[arg(long, value_name = "JSON")]
    request: Option<String>,

    /// Show how all of the scope could be allowed or blocked
    #[arg(long, value_enum, value_name = "EFFECT", conflicts_with = "request")]
    how: Option<How>,

    /// Give the explanation as JSON
    #[arg(long)]
    json: bool,

    #[command(flatten)]
    budget: set::Budget,
}

/// A wanted effect.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum How {
    Allow,
    Block,
}

impl How {
    const fn effect(self) -> Effect {
        match self {
            Self::Allow => Effect::Allow,
            Self::Block => Effect::Block,
        }
    }
}

pub(crate) fn run(args: &Args, terminal: &mut Terminal) -> Result<Status, Failure> {
    let question = Question::split(&args.arguments)?;
    let checked = match &args.request {
        None => {
            question.scope("explain")?;
            set::sound(terminal, &question.files, args.budget, args.json)?
        }
        Some(_) if question.scope.is_some() => {
            return Err(Failure::stop_with("a scope and a request", "write one of the two"));
        }
        Some(_) => set::sound(terminal, &question.files, args.budget, args.json)?,
    };
    let analysis = set::analyse(terminal, &checked, args.json)?;
    if let Some(how) = args.how {
        let scope = question.scope("explain")?;
        return remedies::run(&checked, &analysis, scope, how.effect(), args.json, terminal);
    }
    let movement = match &args.request {
        Some(request) => requested(request, analysis.model())?,
        None => asked(question.scope("explain")?, &checked, &analysis, terminal)?,
    };
    let scope = analysis.scope_of(&movement);
    let scope = set::within_limits(terminal, &checked, args.json, scope)?;
    let explanation = Explanation::new(analysis.model(), scope, &movement);
    if args.json {
        terminal.json(&explanation)?;
    } else {
        explanation.print(terminal);
    }
    Ok(Status::Well)
}

/// The movement of a request.
fn requested(text: &str, model: &Model) -> Result<Movement, Failure> {
    let request: Request = serde_json::from_str(text)
        .map_err(|error| Failure::stop(format!("bad request: {}", stream::complaint(&error))))?;
    let movement = request.resolve(model.directory());
    movement.map_err(|error| Failure::stop_with(format!("bad request: {error}"), error.help()))
}

/// The movement of a scope.
fn asked(
    text: &str,
    checked: &Checked,
    analysis: &Analysis<'_>,
    terminal: &mut Terminal,
) -> Result<Movement, Failure> {
    let scope = set::question(terminal, checked, text)?;
    analysis.movement(&scope).map_err(|error| match error {
        NotOneMovement::Limit(limit) => {
            let errors = checked.limit_errors(limit);
            set::refuse(terminal, checked, Some(&errors), false)
        }
        NotOneMovement::Several { .. } => Failure::stop_with(
            error.to_string(),
            "fix it with such clauses; `mam decide` answers for any number",
        ),
        _ => Failure::stop(error.to_string()),
    })
}

// ---------------------------------------------------------------- what is found

#[derive(Debug, Serialize)]
struct Explanation {
    scope: String,
    characters: Option<u32>,
    answer: Answer,
    source: String,
    target: String,
    policies: Vec<PolicyPart>,
    joined: String,
}

/// What one policy has to say on one side.
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
    /// No policy is asked at this end.
    #[serde(skip)]
    unasked: bool,
    why: String,
    rules: Vec<RulePart>,
    verdict: Option<VerdictPart>,
    /// The policy allows less text than is moved.
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

    fn ink(&self) -> Ink {
        match self.effect {
            Effect::Allow => Ink::Good,
            Effect::Block => Ink::Bad,
        }
    }
}

impl Explanation {
    fn new(model: &Model, scope: String, movement: &Movement) -> Self {
        let judgement = judge(model, movement);
        let answer = judgement.decision.answer(&judgement.determining, model.directory());
        let parts = judgement.policies.iter().map(|own| PolicyPart::new(model, movement, own));
        let policies: Vec<_> = parts.collect();
        Self {
            scope,
            characters: movement.characters,
            source: end(model, movement.source),
            target: end(model, movement.target),
            joined: joined(&policies, &judgement, &answer),
            answer,
            policies,
        }
    }
}

/// An end of a movement as a set term writes it.
fn end(model: &Model, end: Endpoint) -> String {
    match end {
        Endpoint::App { app, account, deployed } => {
            let account = if model.app(app).sdk { format!(" as {account}") } else { String::new() };
            let deployed = if deployed { " deployed" } else { "" };
            format!("{}{account}{deployed}", model.app(app).name)
        }
        Endpoint::Storage(storage) => model.storage(storage).name.clone(),
        Endpoint::Place(place) => place.word().to_owned(),
    }
}

/// How the verdicts of the live policies join.
fn joined(parts: &[PolicyPart], judgement: &Judgement, answer: &Answer) -> String {
    if let Some(reason) = judgement.decision.reason {
        let why = reason.description();
        return format!("no policy has a say: {why}; the data may move, not enforced");
    }
    let said: Vec<_> = (parts.iter().filter(|part| !part.report_only))
        .filter_map(|part| Some((part, part.verdict.as_ref()?)))
        .map(|(part, verdict)| format!("{} at the {}: {}", part.policy, part.side, verdict.text()))
        .collect();
    match said.as_slice() {
        [only] => format!("{only}; nobody else has a say"),
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
            unasked: matches!(own.standing, Standing::NoApp | Standing::NotJudged),
            why: standing(model, movement, own),
            rules: if applies { rules(model, movement, policy, own) } else { Vec::new() },
            verdict: own.verdict.map(VerdictPart::new),
            exceeded: is_exceeded(model, own),
            default: uses_default.then(|| model.directory().default_text(own.policy, own.side)),
        }
    }
}

/// Whether rules that allow have blocked, since the text is longer than they let pass.
fn is_exceeded(model: &Model, own: &PolicyJudgement) -> bool {
    let blocked = own.determining.iter().filter(|cause| cause.effect == Effect::Block);
    blocked
        .filter_map(|cause| cause.rule)
        .any(|rule| model.rule(rule).effect.effect() == Effect::Allow)
}

/// Whether a policy applies to one end, in words.
fn standing(model: &Model, movement: &Movement, own: &PolicyJudgement) -> String {
    let account = match own.side {
        Side::Source => movement.source,
        Side::Target => movement.target,
    };
    let is_work = matches!(account, Endpoint::App { account: Account::Work, .. });
    match own.standing {
        Standing::Applies if is_work => "applies".to_owned(),
        Standing::Applies => {
            "applies: the app has one account at a time, it is judged as the work account"
                .to_owned()
        }
        Standing::AppWide => "applies, but only its `app-wide` rules to this account".to_owned(),
        Standing::YieldsTo(other) => format!("yields to {}", model.policy(other).name),
        Standing::Not(reason) => format!("does not apply: {}", not(reason)),
        Standing::NoApp => "no policy is asked: this end is no app".to_owned(),
        Standing::NotJudged => {
            format!("no policy is asked: on `{}` only the other end is judged", movement.channel)
        }
        _ => "does not apply".to_owned(),
    }
}

/// Why a policy does not apply.
const fn not(reason: Reason) -> &'static str {
    match reason {
        Reason::UserNotAssigned => "the user is not assigned",
        Reason::AppNotProtected => "the app is not protected",
        Reason::Platform => "it is not for this platform, or the app is not on it",
        Reason::DeviceState => "it is not for this device management state",
        Reason::Unsupported => "the product does not support that here",
        Reason::PersonalAccount => "the account is personal",
        Reason::OtherOrganisation => "the account is another organisation's",
        Reason::SameApp => "the data stays inside one app",
        Reason::ForeignMovement => "the movement is of another table",
        _ => reason.description(),
    }
}

/// The rules of a policy for one side and the movement's channel, in order.
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
    let silent = own.standing == Standing::AppWide && !rule.app_wide;
    RulePart {
        rule: entry.text.to_owned(),
        file: entry.file.to_owned(),
        line: entry.line,
        docs: rule.docs.clone(),
        because: entry.because.map(str::to_owned),
        matches,
        why_not: match (matches, silent) {
            (true, _) => None,
            (false, true) => Some("not app-wide"),
            (false, false) => Some(mismatch(model, movement, &rule.scope)),
        },
    }
}

/// The first clause of a rule that keeps it from matching.
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
    failed.map_or("the account that it is judged as", |(_, words)| words)
}

// ---------------------------------------------------------------- how it is shown

impl Explanation {
    fn print(&self, terminal: &mut Terminal) {
        let look = terminal.out;
        terminal.line(look.paint(Ink::Strong, &self.scope));
        if let Some(characters) = self.characters {
            terminal.line(format!("with {characters} characters"));
        }
        terminal.line(look.paint(answer::ink(&self.answer), answer::headline(&self.answer)));
        for line in answer::details(&self.answer, look) {
            terminal.line(format!("  {}", line.replace('\n', "\n  ")));
        }
        for (side, text) in [(Side::Source, &self.source), (Side::Target, &self.target)] {
            let own: Vec<_> = self.policies.iter().filter(|part| part.side == side).collect();
            let Some(first) = own.first() else { continue };
            terminal.line("");
            terminal.line(look.paint(Ink::Strong, format!("At the {side}, {text}:")));
            if own.iter().all(|part| part.unasked) {
                terminal.line(format!("  {}", first.why));
            } else {
                own.into_iter().for_each(|part| part.print(terminal));
            }
        }
        terminal.line("");
        terminal.line(format!("{} {}", look.paint(Ink::Strong, "Together:"), self.joined));
    }
}

impl PolicyPart {
    fn print(&self, terminal: &mut Terminal) {
        let look = terminal.out;
        let title = self.title.as_ref().map(|title| format!(" \"{title}\"")).unwrap_or_default();
        let mode = if self.report_only { " report-only" } else { "" };
        let place = look.paint(Ink::Faint, format!("{}:{}", self.file, self.line));
        let name = look.paint(Ink::Strong, &self.policy);
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
                None if self.exceeded => ", there are more characters than allowed".to_owned(),
                None => String::new(),
            };
            let text = look.paint(verdict.ink(), verdict.text());
            terminal.line(format!("    says {text}{from}"));
        }
    }
}

impl RulePart {
    fn print(&self, width: usize, terminal: &mut Terminal) {
        let look = terminal.out;
        let rule = pad(&self.rule, width);
        let place = look.paint(Ink::Faint, format!("{}:{}", self.file, self.line));
        match self.why_not {
            Some(why) => {
                let rule = look.paint(Ink::Faint, rule);
                terminal.line(format!("        {rule}  {place}  {why}"));
            }
            None => {
                terminal.line(format!("      {} {rule}  {place}", look.paint(Ink::Strong, ">")));
                if let Some(because) = &self.because {
                    terminal.line(answer::because(because, 10));
                }
                print_docs(&self.docs, 10, terminal);
            }
        }
    }
}

/// The `///` lines above a declaration or rule.
fn print_docs(docs: &[String], indent: usize, terminal: &mut Terminal) {
    for line in docs {
        let text = terminal.out.paint(Ink::Faint, format!("/// {}", line.trim()));
        terminal.line(format!("{}{text}", " ".repeat(indent)));
    }
}
