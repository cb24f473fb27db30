//! Inputs of a command: a policy set, checked or compiled, and a scope.
//!
//! Takes in arguments, gives out the set and the scope, and reports errors in either. Does not know what
//! is asked about them.

use std::ffi::{OsStr, OsString};
use std::path::Path;

use mam::access::AppAccess;
use mam::analysis::NotOneAccess;
use mam::model::{AccessScope, Scope};
use mam::{Analysis, Channel, Checked, Compiler, Facts, LimitExceeded, Limits, Table};

use crate::failure::Failure;
use crate::format::findings::Findings;
use crate::input::files::{self, Files, STDIN, is_stdin};
use crate::input::folders::FolderCount;
use crate::render::diagnostics::{self, SeverityCounts};
use crate::render::terminal::Terminal;
use crate::render::text::{count, short};

/// Options that replace default limits.
#[derive(Debug, Clone, Copy, Default, clap::Args)]
pub(crate) struct LimitOptions {
    /// Limit of cells in the set's table; a larger one is an error
    #[arg(long, value_name = "NUMBER")]
    max_cells: Option<usize>,

    /// Limit of nodes in decision diagrams over user groups; a larger number is an error
    #[arg(long, value_name = "NUMBER")]
    max_nodes: Option<usize>,

    /// Limit of steps that one question may take; one that takes more is an error
    #[arg(long, value_name = "NUMBER")]
    max_steps: Option<usize>,
}

impl LimitOptions {
    /// The default limits with these options applied.
    pub(crate) fn limits(self) -> Limits {
        let mut limits = Limits::default();
        limits.cells = self.max_cells.unwrap_or(limits.cells);
        limits.nodes = self.max_nodes.unwrap_or(limits.nodes);
        limits.steps = self.max_steps.unwrap_or(limits.steps);
        limits
    }
}

/// A policy set as it was read, with or without errors.
#[derive(Debug)]
pub(crate) struct Inputs {
    pub(crate) checked: Checked,
    /// Names of the files given as arguments, each once.
    pub(crate) names: Vec<String>,
    /// Texts of these files.
    pub(crate) texts: Vec<String>,
    /// The numbers and names of files in folders.
    pub(crate) folders: FolderCount,
}

/// Reads and checks the files as one set.
///
/// # Errors
///
/// When a file cannot be read.
pub(crate) fn check(files: &[OsString], limits: LimitOptions) -> Result<Inputs, Failure> {
    check_by(files, limits, STDIN, |compiler| compiler)
}

/// Reads and checks the files as one set whose table is the same wherever the files are. Standard input is
/// taken for a file with the name of `stdin`, if there is one.
///
/// # Errors
///
/// When a file cannot be read.
pub(crate) fn check_portable(
    files: &[OsString],
    limits: LimitOptions,
    stdin: Option<&str>,
) -> Result<Inputs, Failure> {
    check_by(files, limits, stdin.unwrap_or(STDIN), |compiler| compiler.portable_names())
}

fn check_by(
    files: &[OsString],
    limits: LimitOptions,
    stdin: &str,
    adjust: impl for<'l> Fn(Compiler<'l>) -> Compiler<'l>,
) -> Result<Inputs, Failure> {
    let limits = limits.limits();
    let mut files = Files::read(files, limits.clone(), stdin)?;
    let roots = std::mem::take(&mut files.roots);
    let folders = std::mem::take(&mut files.folders);
    let texts: Vec<_> = roots.iter().map(|(name, text)| (name.as_str(), text.as_str())).collect();
    let compiler = Compiler::new().limits(limits).loader(&mut files);
    let checked = adjust(compiler).check_all(&texts);
    let (names, texts) = roots.into_iter().unzip();
    Ok(Inputs { checked, names, texts, folders })
}

/// A checked set without errors. Errors are reported, and warnings about what an export does not say, since
/// every answer depends on it.
///
/// # Errors
///
/// When a file cannot be read, or the set has errors.
pub(crate) fn without_errors(
    terminal: &mut Terminal,
    files: &[OsString],
    limits: LimitOptions,
    json: bool,
) -> Result<Checked, Failure> {
    let Inputs { checked, folders, .. } = check(files, limits)?;
    folders.show(terminal);
    faultless(terminal, checked, json)
}

/// A checked set, if it has no errors. Errors are reported, and warnings about what an export does not say.
///
/// # Errors
///
/// When the set has errors.
pub(crate) fn faultless(
    terminal: &mut Terminal,
    checked: Checked,
    json: bool,
) -> Result<Checked, Failure> {
    if checked.has_errors() {
        return Err(report_errors(terminal, &checked, None, json));
    }
    let mut assumptions = checked.reports();
    assumptions.retain(|report| report.code().is_assumption());
    if !assumptions.is_empty() {
        diagnostics::report(terminal, &assumptions);
    }
    Ok(checked)
}

/// The table of a set: loaded if the only file is a compiled table, else compiled from policies.
///
/// # Errors
///
/// When a file cannot be read, or the set has errors.
pub(crate) fn table(
    terminal: &mut Terminal,
    files: &[OsString],
    limits: LimitOptions,
    json: bool,
) -> Result<Table, Failure> {
    if let [only] = files
        && !Path::new(only).is_dir()
        && let Some(table) = files::table(only, &limits.limits())?
    {
        return Ok(table);
    }
    let checked = without_errors(terminal, files, limits, json)?;
    checked.compile().map_err(|errors| report_errors(terminal, &checked, Some(&errors), json))
}

/// The analysis of a checked set.
///
/// # Errors
///
/// When the set has errors; they are reported.
pub(crate) fn analysis<'c>(
    terminal: &mut Terminal,
    checked: &'c Checked,
    json: bool,
) -> Result<Analysis<'c>, Failure> {
    Analysis::new(checked).map_err(|errors| report_errors(terminal, checked, Some(&errors), json))
}

/// The result of an analysis.
///
/// # Errors
///
/// When the analysis met a limit, which is reported.
pub(crate) fn within_limits<T>(
    terminal: &mut Terminal,
    checked: &Checked,
    json: bool,
    found: Result<T, LimitExceeded>,
) -> Result<T, Failure> {
    found
        .map_err(|error| report_errors(terminal, checked, Some(&checked.limit_errors(error)), json))
}

/// Reports the errors of a set, or those of compiling it; gives the failure.
pub(crate) fn report_errors(
    terminal: &mut Terminal,
    checked: &Checked,
    compiling: Option<&mam::Errors>,
    json: bool,
) -> Failure {
    let reports = match compiling {
        Some(errors) => errors.reports().to_vec(),
        None => checked.reports(),
    };
    let is_limited = reports.iter().any(|report| report.code().is_limit());
    let failure = if is_limited { Failure::LimitMet } else { Failure::PolicyErrors };
    if json {
        let findings = Findings::new(checked, compiling.map_or(&[], mam::Errors::reports));
        return terminal.json(&findings).err().unwrap_or(failure);
    }
    diagnostics::report(terminal, &reports);
    let counts = SeverityCounts::of(&reports, checked.diagnostics().dropped());
    terminal.error(&format!("the policy set has {}", counts.text(terminal.err)), None);
    failure
}

/// Reads a scope argument; its errors are reported.
///
/// # Errors
///
/// When it is no scope, or has names that the set does not declare.
pub(crate) fn scope(terminal: &Terminal, checked: &Checked, text: &str) -> Result<Scope, Failure> {
    checked.question(text).map_err(|errors| {
        diagnostics::report(terminal, errors.reports());
        Failure::BadUsage
    })
}

/// Whether the scope that a text denotes is one of accesses.
pub(crate) fn is_about_access(text: &str) -> bool {
    text.split_whitespace().next() == Some("launch")
}

/// The one access of a scope, with its facts.
///
/// # Errors
///
/// When the scope has mistakes, or holds several accesses or none.
pub(crate) fn one_access(
    terminal: &mut Terminal,
    checked: &Checked,
    analysis: &Analysis<'_>,
    text: &str,
) -> Result<(AppAccess, Facts<'static>), Failure> {
    let asked = access_scope(terminal, checked, text)?;
    analysis.access(&asked).map_err(|error| no_access(terminal, checked, error))
}

/// The scope of accesses that a text denotes.
///
/// # Errors
///
/// When the scope has mistakes.
pub(crate) fn access_scope(
    terminal: &Terminal,
    checked: &Checked,
    text: &str,
) -> Result<AccessScope, Failure> {
    checked.access_question(text).map_err(|errors| {
        diagnostics::report(terminal, errors.reports());
        Failure::BadUsage
    })
}

/// The failure for a scope that is not one access.
pub(crate) fn no_access(
    terminal: &mut Terminal,
    checked: &Checked,
    error: NotOneAccess,
) -> Failure {
    match error {
        NotOneAccess::Limit(limit) => {
            let errors = checked.limit_errors(limit);
            report_errors(terminal, checked, Some(&errors), false)
        }
        NotOneAccess::Several { .. } => {
            Failure::with_help(error.to_string(), "add these clauses to the scope")
        }
        _ => Failure::new(error.to_string()),
    }
}

/// The files of two sets to be compared.
///
/// # Errors
///
/// When the arguments do not tell which file belongs to which set.
pub(crate) fn two_sets<'f>(
    command: &str,
    files: &'f [OsString],
    others: &'f [OsString],
) -> Result<(&'f [OsString], &'f [OsString]), Failure> {
    match (files, others) {
        ([old, new], []) => Ok((std::slice::from_ref(old), std::slice::from_ref(new))),
        (old, new @ [_, ..]) => Ok((old, new)),
        (files, []) => Err(Failure::with_help(
            format!("two policy sets are compared, and there is {}", count(files.len(), "file")),
            format!(
                "write `mam {command} OLD NEW`, or `mam {command} OLD... -- NEW...` for sets of several files"
            ),
        )),
    }
}

/// Arguments of a command: files, and an optional scope behind them.
#[derive(Debug)]
pub(crate) struct Question {
    pub(crate) files: Vec<OsString>,
    pub(crate) scope: Option<String>,
}

impl Question {
    /// Splits arguments; the last one is the scope unless it can only be a file.
    ///
    /// # Errors
    ///
    /// When the scope is no UTF-8, or stands in several arguments.
    pub(crate) fn split(arguments: &[OsString]) -> Result<Self, Failure> {
        quoted(arguments)?;
        match arguments.split_last() {
            Some((last, files)) if !files.is_empty() && !is_file(last) => {
                let Some(scope) = last.to_str() else {
                    return Err(Failure::new("the scope is not UTF-8"));
                };
                Ok(Self { files: files.to_vec(), scope: Some(scope.to_owned()) })
            }
            _ => Ok(Self { files: arguments.to_vec(), scope: None }),
        }
    }

    /// The scope of a command that needs one.
    ///
    /// # Errors
    ///
    /// When there is none.
    pub(crate) fn scope(&self, command: &str) -> Result<&str, Failure> {
        self.scope.as_deref().ok_or_else(|| {
            Failure::with_help(
                "the scope is missing behind the files",
                format!("write, for example, `mam {command} FILE 'share from outlook to any'`"),
            )
        })
    }
}

/// Refuses a scope without quotes, of which each word is an argument.
fn quoted(arguments: &[OsString]) -> Result<(), Failure> {
    let is_word = |argument: &OsString| {
        let word = argument.to_str().unwrap_or("").trim_end_matches(',');
        let opens =
            matches!(word, "any" | "by" | "from" | "to") || Channel::from_word(word).is_some();
        opens && !Path::new(argument).exists()
    };
    match arguments.iter().position(is_word) {
        Some(at) if at + 1 < arguments.len() => {
            let words: Vec<_> =
                arguments.iter().skip(at).map(|one| one.to_string_lossy()).collect();
            let help = format!("write it in quotes: '{}'", short(&words.join(" ")));
            Err(Failure::with_help("the scope has to be one argument", help))
        }
        _ => Ok(()),
    }
}

/// Whether an argument can only be a file: standard input, a name that ends in `.mam`, or an existing path
/// without blanks.
fn is_file(argument: &OsStr) -> bool {
    let path = Path::new(argument);
    is_stdin(argument)
        || path.extension().is_some_and(|extension| extension == "mam")
        || argument.to_str().is_none_or(|text| !text.contains(' ')) && path.exists()
}
