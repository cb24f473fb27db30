//! `mam explain --how`: edits of policies after which a scope is decided as wanted.
//!
//! Takes in a scope of movements or accesses and a claim about it, gives out edits with everything that each would
//! decide differently. Does not know how edits are found.

use mam::analysis::{
    AccessChange, AccessChangeKind, Change, ChangeKind, NoRemedy, Remedy, RemedyStep,
    RequirementChange, StepKind,
};
use mam::intune::export::SettingRemedy;
use mam::{Analysis, Checked, Effect, intune};
use serde::Serialize;

use crate::failure::{Failure, Status};
use crate::input::inputs;
use crate::render::style::Style;
use crate::render::terminal::Terminal;
use crate::render::text::count;
use crate::render::{change, diagnostics};

/// Number of edits that are shown.
const REMEDIES: usize = 8;

/// Number of changes that are shown of one edit or setting.
const SHOWN: usize = 4;

/// Output of `--json`.
#[derive(Debug, Serialize)]
struct Remedies<'r> {
    scope: &'r str,
    wanted: &'r str,
    /// All of the scope is decided as wanted already.
    already: bool,
    remedies: &'r [Remedy],
    /// Settings of the exports in the set.
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    settings: &'r [SettingRemedy],
    /// Why the settings were not searched.
    #[serde(skip_serializing_if = "Option::is_none")]
    unsearched: Option<&'r str>,
}

/// What is wanted of a scope.
enum Wanted<'a> {
    Movements {
        scope: &'a str,
        effect: Effect,
    },
    /// The claim, its scope included.
    Accesses(String),
}

impl<'a> Wanted<'a> {
    fn read(scope: &'a str, claim: &str) -> Result<Self, Failure> {
        if inputs::is_about_access(scope) {
            let effect = claim.split_whitespace().next().unwrap_or_default();
            if !matches!(effect, "allow" | "warn" | "block" | "wipe" | "require") {
                return Err(Failure::with_help(
                    format!("accesses cannot be made to `{claim}`"),
                    "write `--how allow`, `warn`, `block`, `wipe`, or a requirement: `--how 'require encryption'`",
                ));
            }
            return Ok(Self::Accesses(format!("{claim} {scope}")));
        }
        let effect = match claim {
            "allow" => Effect::Allow,
            "block" => Effect::Block,
            _ => {
                return Err(Failure::with_help(
                    format!("movements cannot be made to `{claim}`"),
                    "write `--how allow` or `--how block`; a scope of accesses begins with `launch`",
                ));
            }
        };
        Ok(Self::Movements { scope, effect })
    }

    fn remedies(&self, analysis: &Analysis<'_>) -> Result<Vec<Remedy>, NoRemedy> {
        match self {
            Self::Movements { scope, effect } => analysis.remedies(scope, *effect),
            Self::Accesses(claim) => analysis.access_remedies(claim),
        }
    }

    fn settings(&self, checked: &Checked) -> Result<Vec<SettingRemedy>, NoRemedy> {
        match self {
            Self::Movements { scope, effect } => intune::export::remedies(checked, scope, *effect),
            Self::Accesses(claim) => intune::export::access_remedies(checked, claim),
        }
    }

    /// What is said of a scope that holds nothing.
    const fn empty(&self) -> &'static str {
        match self {
            Self::Movements { .. } => "the scope holds no movement",
            Self::Accesses(_) => "the scope holds no access",
        }
    }

    /// What is said of a scope that is decided so already.
    const fn already(&self) -> &'static str {
        match self {
            Self::Movements { effect: Effect::Allow, .. } => {
                "every movement of the scope is allowed already"
            }
            Self::Movements { effect: Effect::Block, .. } => {
                "every movement of the scope is blocked already"
            }
            Self::Accesses(_) => "this holds of every access of the scope already",
        }
    }
}

/// Shows the edits after which a claim about a scope holds.
///
/// # Errors
///
/// When the scope has errors or holds nothing, or a limit is met.
pub(crate) fn run(
    checked: &Checked,
    analysis: &Analysis<'_>,
    scope: &str,
    claim: &str,
    json: bool,
    terminal: &mut Terminal,
) -> Result<Status, Failure> {
    let wanted = Wanted::read(scope, claim)?;
    let found = match search(checked, analysis, &wanted) {
        Ok(found) => found,
        Err(NoRemedy::Empty) => return Err(Failure::new(wanted.empty())),
        Err(NoRemedy::Scope(errors)) => {
            diagnostics::report(terminal, errors.reports());
            return Err(Failure::BadUsage);
        }
        Err(NoRemedy::Export(errors)) => {
            return Err(inputs::report_errors(terminal, checked, Some(&errors), json));
        }
        Err(NoRemedy::Limit(error)) => {
            let errors = checked.limit_errors(error);
            return Err(inputs::report_errors(terminal, checked, Some(&errors), json));
        }
        Err(error) => return Err(Failure::new(error.to_string())),
    };
    let Found { already, remedies, settings, tried, unsearched } = &found;
    let is_found = !remedies.is_empty() || !settings.is_empty();
    if json {
        let already = *already;
        let unsearched = unsearched.as_deref();
        terminal.json(&Remedies {
            scope,
            wanted: claim,
            already,
            remedies,
            settings,
            unsearched,
        })?;
    } else if *already {
        terminal.line(wanted.already());
    } else if !is_found {
        let tried = count(*tried, "edited set");
        terminal.line(format!(
            "no edit was found; {tried} with edits of up to three statements were tried",
        ));
        if reads_exports(checked) {
            terminal.line(
                "of exports, edits were tried that settings of Intune can say; `mam import` writes \
                 policies as text, which can say more",
            );
        }
    } else {
        show_all(&wanted, remedies, settings, terminal);
    }
    if let Some(reason) = unsearched.as_ref().filter(|_| !json) {
        terminal.line(format!("the settings of the exports were not searched: {reason}"));
    }
    Ok(Status::negative_if(!already && !is_found))
}

/// The result of the search.
struct Found {
    already: bool,
    remedies: Vec<Remedy>,
    settings: Vec<SettingRemedy>,
    /// The number of edited sets that were tried, where none was a remedy.
    tried: usize,
    /// Why settings were not searched, where text has remedies.
    unsearched: Option<String>,
}

fn search(
    checked: &Checked,
    analysis: &Analysis<'_>,
    wanted: &Wanted<'_>,
) -> Result<Found, NoRemedy> {
    let (settings, unsearched) = (Vec::new(), None);
    let mut found = Found { already: false, remedies: Vec::new(), settings, tried: 0, unsearched };
    match wanted.remedies(analysis) {
        Err(NoRemedy::AlreadySo) => return Ok(Found { already: true, ..found }),
        Err(NoRemedy::NotFound { tried }) => found.tried = tried,
        remedies => found.remedies = remedies?,
    }
    if !reads_exports(checked) {
        return Ok(found);
    }
    match wanted.settings(checked) {
        Ok(settings) => found.settings = settings,
        Err(NoRemedy::AlreadySo) => {}
        Err(NoRemedy::NotFound { tried }) => found.tried += tried,
        Err(NoRemedy::Limit(error)) if !found.remedies.is_empty() => {
            found.unsearched = Some(error.to_string());
        }
        Err(NoRemedy::Export(errors)) if !found.remedies.is_empty() => {
            found.unsearched = errors.reports().first().map(|first| first.to_string());
        }
        Err(error) => return Err(error),
    }
    Ok(found)
}

/// Whether some policies stand in JSON.
fn reads_exports(checked: &Checked) -> bool {
    checked.sources().iter().any(|(_, source)| intune::is_document(source.text()))
}

/// Writes remedies: edits first, then settings, and changes of memberships last, with all that they change.
fn show_all(
    wanted: &Wanted<'_>,
    remedies: &[Remedy],
    settings: &[SettingRemedy],
    terminal: &mut Terminal,
) {
    let (memberships, edits): (Vec<_>, Vec<_>) = remedies.iter().partition(is_membership);
    let mut numbers = 1..;
    for (remedy, number) in edits.iter().take(REMEDIES).zip(&mut numbers) {
        show_edits(number, remedy, terminal);
        show_differences(wanted, &Differences::of_edits(remedy), SHOWN, terminal);
    }
    if edits.len() > REMEDIES {
        let more = count(edits.len() - REMEDIES, "more way");
        terminal.line(format!("{more}; `--json` gives all of them"));
    }
    for (remedy, number) in settings.iter().zip(&mut numbers) {
        show_settings(number, remedy, terminal);
        let SettingRemedy { changes, accesses, requirements, .. } = remedy;
        let differences = Differences { changes, accesses, requirements };
        show_differences(wanted, &differences, SHOWN, terminal);
    }
    for (remedy, number) in memberships.iter().zip(&mut numbers) {
        show_edits(number, remedy, terminal);
        show_differences(wanted, &Differences::of_edits(remedy), usize::MAX, terminal);
    }
}

/// Whether the policies stay as they are.
fn is_membership(remedy: &&Remedy) -> bool {
    remedy.steps.iter().all(|step| step.kind == StepKind::Membership)
}

/// Writes the edits of a remedy.
fn show_edits(number: usize, remedy: &Remedy, terminal: &mut Terminal) {
    for (at, step) in remedy.steps.iter().enumerate() {
        let mark = if at == 0 { format!("{number}. ") } else { "   and ".to_owned() };
        terminal.line(format!("{mark}{}", instruction(step, terminal)));
    }
    if is_membership(&remedy) {
        terminal.line("   the policies stay as they are");
    }
}

/// Writes settings to change.
fn show_settings(number: usize, remedy: &SettingRemedy, terminal: &mut Terminal) {
    let caps = terminal.out;
    for (at, one) in remedy.settings.iter().enumerate() {
        let mark = if at == 0 { format!("{number}. ") } else { "   and ".to_owned() };
        let [before, after] = [&one.before, &one.after].map(|value| match value {
            Some(value) => value.to_string(),
            None => "nothing".to_owned(),
        });
        let (setting, after) =
            (caps.paint(Style::Strong, &one.setting), caps.paint(Style::Strong, after));
        terminal.line(format!("{mark}set in {}: {setting} from {before} to {after}", one.policy));
    }
}

/// Everything that a remedy decides differently.
struct Differences<'r> {
    changes: &'r [Change],
    accesses: &'r [AccessChange],
    requirements: &'r [RequirementChange],
}

impl<'r> Differences<'r> {
    fn of_edits(remedy: &'r Remedy) -> Self {
        let Remedy { changes, accesses, requirements, .. } = remedy;
        Self { changes, accesses, requirements }
    }

    /// One line for each difference: the word of its kind, its style, its scope and what changes there. What was asked
    /// about comes first.
    fn lines(&self, wanted: &Wanted<'_>) -> Vec<(&'static str, Style, String)> {
        let changes = self.changes.iter().map(|one| {
            let kind: ChangeKind = one.kind;
            (kind.word(), change::style(kind), one.scope.clone())
        });
        let of_access = |kind: AccessChangeKind, scopes: &[String], what: String| {
            (kind.word(), change::access_style(kind), format!("{}: {what}", in_short(scopes)))
        };
        let accesses = self.accesses.iter().map(|one| {
            let what = change::effect_in_words(one);
            of_access(one.kind, &one.scopes, what)
        });
        let requirements = self.requirements.iter().map(|one| {
            let what = change::requirements_in_words(one);
            of_access(one.kind, &one.scopes, what)
        });
        let accesses = accesses.chain(requirements);
        match wanted {
            Wanted::Movements { .. } => changes.chain(accesses).collect(),
            Wanted::Accesses(_) => accesses.chain(changes).collect(),
        }
    }
}

/// The first scope, and the number of the others.
fn in_short(scopes: &[String]) -> String {
    match scopes {
        [] => String::new(),
        [one] => one.clone(),
        [first, rest @ ..] => format!("{first}, and {}", count(rest.len(), "more scope")),
    }
}

/// Writes the first differences of a remedy, `most` at most.
fn show_differences(
    wanted: &Wanted<'_>,
    differences: &Differences<'_>,
    most: usize,
    terminal: &mut Terminal,
) {
    let lines = differences.lines(wanted);
    for (word, style, text) in lines.iter().take(most) {
        let kind = terminal.out.paint(*style, word);
        terminal.line(format!("   {kind}  {text}"));
    }
    let rest: Vec<&str> = lines.iter().skip(most).map(|(word, ..)| *word).collect();
    if !rest.is_empty() {
        terminal.line(format!("   and {}", count_more(&rest)));
    }
    terminal.line("");
}

/// Number of differences that are not shown, by the words of their kinds, in the order of those.
fn count_more(rest: &[&str]) -> String {
    let words: Vec<&str> =
        [ChangeKind::ALL.map(ChangeKind::word).as_slice(), &[AccessChangeKind::Mixed.word()]]
            .concat();
    let kinds = words.into_iter().filter_map(|word| {
        let number = rest.iter().filter(|one| **one == word).count();
        (number > 0).then(|| format!("{number} {word}"))
    });
    let kinds: Vec<_> = kinds.collect();
    format!("{}: {}", count(rest.len(), "more difference"), kinds.join(", "))
}

/// A step of an edit, as an instruction.
fn instruction(step: &RemedyStep, terminal: &Terminal) -> String {
    let caps = terminal.out;
    let (before, after) =
        (step.before.as_deref().unwrap_or(""), step.after.as_deref().unwrap_or(""));
    let place = match (&step.file, step.line) {
        (Some(file), Some(line)) => caps.paint(Style::Faint, format!("{file}:{line}")).to_string(),
        _ => String::new(),
    };
    let policy = step.policy.as_deref().unwrap_or("");
    let [strong_before, strong_after] = [before, after].map(|text| caps.paint(Style::Strong, text));
    match step.kind {
        StepKind::Add => format!("add to {policy}, behind {place}: {strong_after}"),
        StepKind::Remove => format!("take out of {policy}, {place}: {strong_before}"),
        StepKind::Change => {
            format!("change in {policy}, {place}: {before}\n      to {strong_after}")
        }
        _ => strong_after.to_string(),
    }
}
