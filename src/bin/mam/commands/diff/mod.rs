//! `mam diff`: differences between two policy sets, by meaning.
//!
//! Takes in two sets, gives out the movements and accesses that they decide differently, with the determining
//! rules of both, and the statements that decide nothing in which they differ. Does not compare texts.

mod differences;
mod pairs;

use std::ffi::OsString;

use clap::ValueEnum;
use mam::analysis::with_confirmed_apps;

use crate::failure::{Failure, Status};
use crate::input::inputs::{self, LimitOptions};
use crate::render::terminal::Terminal;
use differences::{FailOn, KINDS, compare, forms, show_kind, summary, tell_unknown_apps};

const AFTER_HELP: &str = "\
Examples:
  mam diff old.mam new.mam
  mam diff --fail-on looser main.mam branch.mam   may more data leave?
  mam diff old/*.json -- new/*.json               several files on each side
  mam diff old/ new/                              whole backups of a tenant
  mam diff --settings old/ new/                   setting by setting
  mam diff --ignore assignments baseline.json tenant/

Decisions are compared, not texts: between a set and the same set in other words
there is no difference. First come movements, then accesses: effects of
`launch`, and what `require` asks for. Scopes use names that both sets declare,
if there are any. An app that a set does not declare is an unlisted app in that
set. Groups and filters are the same if they have one object id, else if they
have one name.

  looser       more may move: a block became an allow, or a limit milder; an app
               may be opened where it was warned of, blocked or wiped, or less
               is required
  tighter      less may move; an effect is stricter, or more is required
  limits       one limit became milder and another one stricter
  mixed        of what is required, some became laxer and some stricter
  enforcement  the same may move, or be opened, but a policy applies now, or
               applies no longer
  reason       no policy applies, as before, but for another reason
  unknown      another `setting`, whose meaning `mam` does not know

With --ignore assignments, policies are paired by their id in the tenant, by
name, by title or by what they are most like, and each pair is compared as if it
were for everybody; with --settings, the settings of each pair are listed in the
order of the portal, `idle` where another setting switches them off. A policy
that only OLD has counts as looser, one that only NEW has as tighter.

Texts of `because` (`wording`) and report-only policies (`report-only`) are
listed if they changed, and are no difference. Accesses are compared where some
policy of the two sets has `require` or `launch`.

With --json, one line on standard output:
  {\"changes\":[{\"kind\":\"looser\"|\"tighter\"|\"limits\"|\"enforcement\"|\"reason\",
   \"scope\":...,\"before\":ANSWER,\"after\":ANSWER}],\"accesses\":[{\"kind\":...,
   \"scopes\":[...],\"words\":...|null,\"before\":SIDE,\"after\":SIDE}],
   \"requirements\":[{\"kind\":\"looser\"|\"tighter\"|\"mixed\",\"scopes\":[...],
   \"fields\":[...],\"wipes_sooner\":...}],
   \"statements\":[{\"kind\":\"unknown\"|\"wording\"|\"report-only\",\"policy\":...,
   \"before\":...|null,\"after\":...|null}],\"looser\":1,\"tighter\":0,\"limits\":0,
   \"mixed\":0,\"enforcement\":0,\"reason\":0,\"unknown\":0,\"wording\":0,\"report_only\":0}
With --settings or --ignore:
  {\"pairs\":[...],\"only_before\":[...],\"only_after\":[...]}
ANSWER is an answer of `mam decide`, SIDE is
{\"effect\":...,\"enforced\":...,\"reason\":..., \"fired\":[...]}, and the numbers
count all lists.

Exit status: 0 no difference; 1 differences, with --fail-on those of that kind
(\"limits\", \"mixed\" and \"unknown\" count both as looser and as tighter), or errors
in a policy; 2 wrong usage, a file cannot be read, or a limit is met.";

/// Show which movements and accesses two policy sets decide differently
///
/// Compares the decisions of two sets on every movement, and prints the differences as few scopes, looser
/// ones first, with the determining rules of both sets. Then come accesses: who may open an app, and what is
/// required. At the end stand settings, texts for users, and report-only policies that changed.
///
/// Scopes are read in NEW. Apps of one name are one app, unless their ids on a platform say that they are two;
/// what only OLD declares is named by its id, or marked `(of OLD)` where NEW has no words for it.
#[derive(Debug, clap::Args)]
#[command(
    after_long_help = AFTER_HELP,
    override_usage = "mam diff [OPTIONS] <OLD> <NEW>\n       mam diff [OPTIONS] <OLD>... -- <NEW>..."
)]
pub(crate) struct Args {
    /// The files of the first and the second set; or all files of the first set
    #[arg(value_name = "FILE", required = true)]
    files: Vec<OsString>,

    /// All files of the second set
    #[arg(value_name = "NEW", last = true)]
    others: Vec<OsString>,

    /// Kind of differences that give exit status 1
    #[arg(long, value_enum, value_name = "WHAT", default_value_t, hide_possible_values = true)]
    fail_on: FailOn,

    /// Compare policies pair by pair, whoever they are for: `assignments` are ignored
    #[arg(long, value_enum, value_name = "WHAT", hide_possible_values = true)]
    ignore: Option<Ignored>,

    /// Compare the settings of policies, one by one in the words of Intune
    #[arg(long, conflicts_with = "ignore")]
    settings: bool,

    /// Give the differences as JSON
    #[arg(long)]
    json: bool,

    #[command(flatten)]
    limits: LimitOptions,
}

/// A part of policies that a comparison ignores.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Ignored {
    /// The people whom policies are for
    Assignments,
}

pub(crate) fn run(args: &Args, terminal: &mut Terminal) -> Result<Status, Failure> {
    let (old, new) = inputs::two_sets("diff", &args.files, &args.others)?;
    let old = inputs::without_errors(terminal, old, args.limits, args.json)?;
    let new = inputs::without_errors(terminal, new, args.limits, args.json)?;
    if args.settings {
        return pairs::settings((args.fail_on, args.json), [&old, &new], terminal);
    }
    let ([old, new], unknown) = with_confirmed_apps([&old, &new]);
    tell_unknown_apps(&unknown, terminal, |other| {
        format!(
            "they are compared as if they protected those of them that they protect in the {other}"
        )
    });
    if args.ignore.is_some() {
        return pairs::run((args.fail_on, args.json), [&old, &new], &unknown, terminal);
    }
    let found = compare(terminal, &old, &new, args.json)?;
    if args.json {
        terminal.json(&forms(&found, &unknown))?;
    } else {
        for kind in KINDS {
            show_kind(&found, kind, terminal);
        }
        terminal.line(summary(&found, terminal));
    }
    Ok(Status::negative_if(found.fails(args.fail_on)))
}
