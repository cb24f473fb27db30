//! `mam explain`: the decision of one movement, policy by policy.
//!
//! Takes in a scope with one movement, or a request; gives out its explanation. With `--how`, takes in a
//! scope with any movements and gives out edits that allow or block them. Does not know how movements are
//! decided.

mod access;
mod explanation;
mod how;

use std::ffi::OsString;

use mam::analysis::NotOneMovement;
use mam::movement::Movement;
use mam::{Analysis, Checked, Model, Request, interpret};

use access::AccessExplanation;
use explanation::Explanation;

use crate::failure::{Failure, Status};
use crate::input::inputs::{self, LimitOptions, Question};
use crate::input::requests::{self, AnyRequest};
use crate::render::terminal::Terminal;

const AFTER_HELP: &str = "\
Examples:
  mam explain contoso.mam \\
    'share from outlook as work to salesforce
     for exactly staff on ios devices unmanaged'
  mam explain contoso.mam \\
    --request '{\"channel\":\"share\",\"source\":{\"app\":\"outlook\"},...}'

  mam explain contoso.mam --how block \\
    'copy from outlook as work to browser for staff on ios'

  mam explain contoso.mam --how 'require pin { length 6 }' \\
    'launch outlook as work for staff on ios'

  mam explain contoso.mam \\
    'launch outlook as work for exactly staff on ios devices unmanaged
     when rest unknown'

The scope must hold one movement or access, like the scopes that `mam test` and
`mam decide` print. If it holds several, the error names the clauses that are
missing; without `deployed`, apps are not deployed.

With --how, the scope may hold many movements or accesses. Shown are the
smallest edits of the policies after which all of them are decided as wanted,
those that loosen and change least first, each with everything that it would
decide differently; last come other groups for the user, with all that they
change for that user. Of exports, settings of Intune are changed that have just
this effect.

With --json, one line on standard output:
  {\"scope\":...,\"characters\":120|null,\"answer\":...,\"source\":...,\"target\":...,
   \"policies\":[{\"policy\":...,\"title\":...|null,\"docs\":[...],\"file\":...,
   \"line\":...,\"report_only\":...,\"side\":\"source\"|\"target\",\"applies\":...,
   \"why\":...,\"rules\":[{\"rule\":...,\"file\":...,\"line\":...,\"docs\":[...],
   \"because\":...|null,\"matches\":...,\"why_not\":...|null}],
   \"verdict\":{\"effect\":...,\"limits\":{...}}|null,\"exceeded\":...,
   \"default\":...|null}],\"joined\":...}
where an answer is that of `mam decide`, `exceeded` means that a text is longer
than the rules allow, and `default` is set if no rule determined the verdict. Of
an access it is
  {\"access\":...,\"answer\":...,\"policies\":[{\"policy\":...,\"file\":...,\"line\":...,
   \"report_only\":...,\"applies\":...,\"why\":...}]}.

With --how it is
  {\"scope\":...,\"wanted\":\"block\",\"already\":false,
   \"remedies\":[{\"steps\":[{\"kind\":\"add\"|\"change\"|\"remove\"|\"membership\",
   \"policy\":...,\"file\":...,\"line\":...,\"before\":...|null,\"after\":...|null}],
   \"changes\":[...],\"accesses\":[...],\"requirements\":[...]}],
   \"settings\":[{\"settings\":[{\"policy\":...,\"setting\":...,\"before\":...,
   \"after\":...}],\"changes\":[...],\"accesses\":[...],\"requirements\":[...]}]}
where the changes are those of `mam diff`, and `settings` is there if the set
has exports.

Exit status: 0 explained; 1 errors in the policy, or with --how no edit was
found; 2 wrong usage, a file cannot be read, a bad scope or request, or a limit
is met.";

const USAGE: &str = "mam explain [OPTIONS] <FILE>... <SCOPE>
       mam explain --how <CLAIM> <FILE>... <SCOPE>
       mam explain [OPTIONS] --request <JSON> <FILE>...";

/// Explain the decision of one movement
///
/// Shows for every policy, at the source and at the target, whether it applies or why not, which of its
/// rules match and why others do not, and how all verdicts join.
#[derive(Debug, clap::Args)]
#[command(after_long_help = AFTER_HELP, override_usage = USAGE)]
pub(crate) struct Args {
    /// The files of the set, then the scope of one movement
    #[arg(value_name = "FILE", required = true)]
    arguments: Vec<OsString>,

    /// Explain a request, instead of a scope
    #[arg(long, value_name = "JSON")]
    request: Option<String>,

    /// Show edits after which a claim holds of the whole scope: of movements `allow` or `block`; of
    /// accesses what `expect` can claim, such as `warn` or `require pin`
    #[arg(long, value_name = "CLAIM", conflicts_with = "request")]
    how: Option<String>,

    /// Give the explanation as JSON
    #[arg(long)]
    json: bool,

    #[command(flatten)]
    limits: LimitOptions,
}

pub(crate) fn run(args: &Args, terminal: &mut Terminal) -> Result<Status, Failure> {
    let question = Question::split(&args.arguments)?;
    let checked = match &args.request {
        None => {
            question.scope("explain")?;
            inputs::without_errors(terminal, &question.files, args.limits, args.json)?
        }
        Some(_) if question.scope.is_some() => {
            return Err(Failure::with_help("a scope and a request", "write one of the two"));
        }
        Some(_) => inputs::without_errors(terminal, &question.files, args.limits, args.json)?,
    };
    let analysis = inputs::analysis(terminal, &checked, args.json)?;
    if let Some(claim) = &args.how {
        let scope = question.scope("explain")?;
        return how::run(&checked, &analysis, scope, claim, args.json, terminal);
    }
    if let Some(asked) = args.request.as_ref().or(question.scope.as_ref())
        && let Some(found) = about_access(args, asked, (&checked, &analysis), terminal)?
    {
        found.write(args.json, terminal)?;
        return Ok(Status::Success);
    }
    let movements = match &args.request {
        Some(request) => requested(request, analysis.model())?,
        None => vec![asked(question.scope("explain")?, &checked, &analysis, terminal)?],
    };
    let strictest = interpret::judge_request(analysis.model(), &movements);
    let (movement, judgement) = strictest.ok_or_else(|| Failure::new("there is no movement"))?;
    let scope = analysis.scope_of(movement);
    let scope = inputs::within_limits(terminal, &checked, args.json, scope)?;
    let explanation = Explanation::new(analysis.model(), scope, movement, &judgement);
    if args.json {
        terminal.json(&explanation)?;
    } else {
        explanation.print(terminal);
    }
    Ok(Status::Success)
}

/// The explanation of an access, if a scope or request is about one.
fn about_access(
    args: &Args,
    asked: &str,
    (checked, analysis): (&Checked, &Analysis<'_>),
    terminal: &mut Terminal,
) -> Result<Option<AccessExplanation>, Failure> {
    let model = analysis.model();
    if args.request.is_none() {
        if !inputs::is_about_access(asked) {
            return Ok(None);
        }
        let (opened, facts) = inputs::one_access(terminal, checked, analysis, asked)?;
        return Ok(Some(AccessExplanation::new(model, asked, &opened, &facts)));
    }
    let request = requests::any_request(asked.as_bytes());
    let request =
        request.map_err(|error| Failure::new(format!("bad request: {}", error.text())))?;
    let AnyRequest::Access(request) = request else { return Ok(None) };
    let opened = request.resolve(model.directory());
    let opened = opened
        .map_err(|error| Failure::with_help(format!("bad request: {error}"), error.help()))?;
    Ok(Some(AccessExplanation::new(model, asked, &opened, &request.facts)))
}

/// The movements that a request can mean.
fn requested(text: &str, model: &Model) -> Result<Vec<Movement>, Failure> {
    let request: Request = serde_json::from_str(text).map_err(|error| {
        Failure::new(format!("bad request: {}", requests::complaint(text.as_bytes(), error)))
    })?;
    let movements = request.resolve(model.directory());
    movements.map_err(|error| Failure::with_help(format!("bad request: {error}"), error.help()))
}

/// The movement of a scope.
fn asked(
    text: &str,
    checked: &Checked,
    analysis: &Analysis<'_>,
    terminal: &mut Terminal,
) -> Result<Movement, Failure> {
    let scope = inputs::scope(terminal, checked, text)?;
    analysis.movement(&scope).map_err(|error| match error {
        NotOneMovement::Limit(limit) => {
            let errors = checked.limit_errors(limit);
            inputs::report_errors(terminal, checked, Some(&errors), false)
        }
        NotOneMovement::Several { .. } => Failure::with_help(
            error.to_string(),
            "add these clauses; `mam decide` answers for any number of movements",
        ),
        _ => Failure::new(error.to_string()),
    })
}
