//! Policies of Microsoft Intune: reading and writing the JSON of Microsoft Graph.
//!
//! Takes in what Graph or a tool exported, gives out policies of the language, and back. The flow is
//! `json` (text to tree), `shape` (which objects are policies), `members` (typed values, by the one
//! table in `schema`), `head` and `protection` (what they mean), `import` (statements). Statements
//! keep the places of the members that they come from, so that diagnostics and decisions point into
//! the export itself. How movements are decided is not known here.
//!
//! Exports are texts here: whoever reads files decodes them, as the command line does with UTF-16.
//! With the feature `intune`, a [`Compiler`](crate::Compiler) reads such texts wherever it reads
//! `.mam` files.

mod graph;
mod head;
mod import;
mod json;
mod levels;
mod members;
mod names;
mod period;
mod protection;
mod schema;
mod shape;
#[cfg(test)]
mod tests;
mod write;

use crate::diagnostic::{Diagnostic, Diagnostics, Errors, Report, Severity};
use crate::limits::Limits;
use crate::source::{SourceId, Sources};
use crate::syntax::ast::File;

/// Reads the JSON texts of a set; `files` are its `.mam` files, catalogues included.
pub(crate) fn read(
    sources: &Sources,
    documents: &[SourceId],
    files: &[File],
    limits: &Limits,
    found: &mut Vec<Diagnostic>,
) -> Vec<File> {
    import::read(sources, documents, files, limits, found).into_files(documents)
}

/// Whether a text is read as an export: JSON, and no file of the language.
#[must_use]
pub fn is_document(text: &str) -> bool {
    crate::model::is_json(text)
}

/// Documents as `.mam` text, and what is to be said of them.
#[derive(Debug, Clone)]
pub struct Import {
    /// The text of one file, formatted.
    pub text: String,
    /// Warnings: what contradicts itself, decides nothing, or is not known here.
    pub reports: Vec<Report>,
}

/// Turns exports, given by name and text, into one `.mam` file.
///
/// ```
/// let export = r##"{ "@odata.type": "#microsoft.graph.iosManagedAppProtection",
///     "displayName": "Mail on phones", "appGroupType": "allCoreMicrosoftApps",
///     "printBlocked": true, "allowedOutboundClipboardSharingLevel": "managedApps" }"##;
/// let import = mam::intune::import(&[("mail.json", export)], &mam::Limits::default())?;
/// assert!(import.text.contains("block  print"));
/// assert!(import.text.contains("block  copy  to unmanaged"));
/// # Ok::<(), mam::Errors>(())
/// ```
///
/// # Errors
///
/// Every mistake in the documents, with its place and JSON path.
pub fn import(documents: &[(&str, &str)], limits: &Limits) -> Result<Import, Errors> {
    let (exports, others): (Vec<_>, Vec<_>) =
        documents.iter().copied().partition(|(_, text)| is_document(text));
    let (mut sources, loaded, mut found) =
        crate::model::load(&exports, &mut crate::model::NoFiles, limits);
    for (name, text) in others {
        let source = sources.add(name, text);
        found.push(json::no_document(text, source));
    }
    let policies = import::read(&sources, &loaded.documents, &loaded.files, limits, &mut found);
    let mut diagnostics = Diagnostics::new(limits.diagnostics);
    found.sort_by_key(|diagnostic| (diagnostic.span(), diagnostic.code));
    diagnostics.extend(found);
    if diagnostics.iter().any(|one| one.severity == Severity::Error) {
        return Err(Errors::new(&diagnostics, &sources));
    }
    let reports = diagnostics.iter().map(|one| Report::new(one.clone(), &sources)).collect();
    Ok(Import { text: policies.into_text(&loaded.documents), reports })
}

/// Whether a text is a day of the calendar.
fn is_date(text: &str) -> bool {
    let parts: Vec<_> = text.split('-').collect();
    match parts.as_slice() {
        [year, month, day] => match (year.parse(), month.parse(), day.parse()) {
            (Ok(year), Ok(month), Ok(day)) => crate::model::Date::new(year, month, day).is_some(),
            _ => false,
        },
        _ => false,
    }
}
