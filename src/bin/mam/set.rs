//! The policy set that a command works on, and the question that is asked of it.
//!
//! Reads and checks files, splits arguments into files and scope. What is done with either is the
//! command's affair.

use std::ffi::{OsStr, OsString};
use std::path::Path;

use mam::model::Scope;
use mam::{Analysis, Checked, Code, Compiler, LimitExceeded, Limits, Table};

use crate::failure::Failure;
use crate::files::{self, Files, is_stdin};
use crate::findings::Findings;
use crate::output::Terminal;
use crate::render::{self, Tally};

/// What a set may cost, where that is not what it may cost by default.
#[derive(Debug, Clone, Copy, Default, clap::Args)]
pub(crate) struct Budget {
    /// Refuse a set whose table would have more cells
    #[arg(long, value_name = "NUMBER")]
    max_cells: Option<usize>,

    /// Refuse a set that tells users apart with more nodes
    #[arg(long, value_name = "NUMBER")]
    max_nodes: Option<usize>,
}

impl Budget {
    pub(crate) fn limits(self) -> Limits {
        let mut limits = Limits::default();
        limits.cells = self.max_cells.unwrap_or(limits.cells);
        limits.nodes = self.max_nodes.unwrap_or(limits.nodes);
        limits
    }
}

/// A set as it was read, whatever is wrong with it.
#[derive(Debug)]
pub(crate) struct Set {
    pub(crate) checked: Checked,
    /// The files that were given, each once.
    pub(crate) names: Vec<String>,
    /// Their texts.
    pub(crate) texts: Vec<String>,
}

/// Reads and checks the files as one set.
///
/// # Errors
///
/// When a file cannot be read.
pub(crate) fn check(files: &[OsString], budget: Budget) -> Result<Set, Failure> {
    let limits = budget.limits();
    let mut files = Files::read(files, limits)?;
    let roots = std::mem::take(&mut files.roots);
    let texts: Vec<_> = roots.iter().map(|(name, text)| (name.as_str(), text.as_str())).collect();
    let checked = Compiler::new().limits(limits).loader(&mut files).check_all(&texts);
    let (names, texts) = roots.into_iter().unzip();
    Ok(Set { checked, names, texts })
}

/// Checks the files as if they had these texts.
///
/// # Errors
///
/// When a file that they use cannot be read.
pub(crate) fn check_texts(
    files: &[OsString],
    texts: &[String],
    budget: Budget,
) -> Result<Checked, Failure> {
    let limits = budget.limits();
    let mut files = Files::read(files, limits)?;
    let roots = std::mem::take(&mut files.roots);
    let named = roots.iter().zip(texts).map(|((name, _), text)| (name.as_str(), text.as_str()));
    let named: Vec<_> = named.collect();
    Ok(Compiler::new().limits(limits).loader(&mut files).check_all(&named))
}

/// Reads and checks the files. What keeps them from being compiled is reported, and what every answer
/// about them rests on.
///
/// # Errors
///
/// When a file cannot be read, or the set has errors.
pub(crate) fn sound(
    terminal: &mut Terminal,
    files: &[OsString],
    budget: Budget,
    json: bool,
) -> Result<Checked, Failure> {
    let Set { checked, .. } = check(files, budget)?;
    if checked.has_errors() {
        return Err(refuse(terminal, &checked, None, json));
    }
    let mut assumed = checked.reports();
    assumed.retain(|report| report.diagnostic().code == Code::IntuneUnknownApps);
    if !assumed.is_empty() {
        render::diagnose(terminal, &assumed);
    }
    Ok(checked)
}

/// The table of a set: loaded, where the only file is a compiled table, else compiled from policies.
///
/// # Errors
///
/// When a file cannot be read, or the set has errors.
pub(crate) fn table(
    terminal: &mut Terminal,
    files: &[OsString],
    budget: Budget,
    json: bool,
) -> Result<Table, Failure> {
    if let [only] = files
        && let Some(table) = files::table(only, &budget.limits())?
    {
        return Ok(table);
    }
    let checked = sound(terminal, files, budget, json)?;
    checked.compile().map_err(|errors| refuse(terminal, &checked, Some(&errors), json))
}

/// Prepares a set for questions.
///
/// # Errors
///
/// When the set has errors; they are reported.
pub(crate) fn analyse<'c>(
    terminal: &mut Terminal,
    checked: &'c Checked,
    json: bool,
) -> Result<Analysis<'c>, Failure> {
    Analysis::new(checked).map_err(|errors| refuse(terminal, checked, Some(&errors), json))
}

/// The answer of an analysis.
///
/// # Errors
///
/// When the analysis met a limit; that is reported.
pub(crate) fn within_limits<T>(
    terminal: &mut Terminal,
    checked: &Checked,
    json: bool,
    found: Result<T, LimitExceeded>,
) -> Result<T, Failure> {
    found.map_err(|error| refuse(terminal, checked, Some(&checked.limit_errors(error)), json))
}

/// Reports that a set has errors.
pub(crate) fn refuse(
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
    let failure = if is_limited { Failure::LimitMet } else { Failure::Refused };
    if json {
        let findings = Findings::new(checked, compiling.map_or(&[], mam::Errors::reports));
        return terminal.json(&findings).err().unwrap_or(failure);
    }
    render::diagnose(terminal, &reports);
    let tally = Tally::of(&reports, checked.diagnostics().dropped());
    terminal.complain(&format!("the policy set has {}", tally.text(terminal.err)), None);
    failure
}

/// Reads a scope that was given as an argument; its mistakes are reported.
///
/// # Errors
///
/// When it is none, or names what the set does not have.
pub(crate) fn question(
    terminal: &Terminal,
    checked: &Checked,
    text: &str,
) -> Result<Scope, Failure> {
    checked.question(text).map_err(|errors| {
        render::diagnose(terminal, errors.reports());
        Failure::BadQuestion
    })
}

/// Arguments that are files, and perhaps a scope behind them.
#[derive(Debug)]
pub(crate) struct Question {
    pub(crate) files: Vec<OsString>,
    pub(crate) scope: Option<String>,
}

impl Question {
    /// Splits arguments of which the last is the scope, unless it can only be a file.
    ///
    /// # Errors
    ///
    /// When the scope is no UTF-8.
    pub(crate) fn split(arguments: &[OsString]) -> Result<Self, Failure> {
        match arguments.split_last() {
            Some((last, files)) if !files.is_empty() && !is_file(last) => {
                let Some(scope) = last.to_str() else {
                    return Err(Failure::stop("the scope is not UTF-8"));
                };
                Ok(Self { files: files.to_vec(), scope: Some(scope.to_owned()) })
            }
            _ => Ok(Self { files: arguments.to_vec(), scope: None }),
        }
    }

    /// The scope, where a command cannot do without.
    ///
    /// # Errors
    ///
    /// When there is none.
    pub(crate) fn scope(&self, command: &str) -> Result<&str, Failure> {
        self.scope.as_deref().ok_or_else(|| {
            Failure::stop_with(
                "the scope is missing behind the files",
                format!("write, for example, `mam {command} FILE 'share from outlook to any'`"),
            )
        })
    }
}

/// Whether an argument can only be a file: a scope has no such ending, and is no path.
fn is_file(argument: &OsStr) -> bool {
    let path = Path::new(argument);
    is_stdin(argument)
        || path.extension().is_some_and(|extension| extension == "mam")
        || argument.to_str().is_none_or(|text| !text.contains(' ')) && path.exists()
}
