//! Loading: the root files of a set, and the transitive closure of `use`.
//!
//! Takes in root files, asks a [`Loader`] for the others, and parses each file once, which makes circles
//! harmless. The library itself opens no file: only loaders do.

use std::collections::BTreeMap;

use crate::catalogue;
use crate::diagnostic::{Code, Diagnostic, closest};
use crate::limits::Limits;
use crate::source::{Source, SourceId, SourceKind, Sources};
use crate::syntax::ast::{File, ItemKind, Text, Use};
use crate::syntax::parse;

/// The catalogue with names for the ids in JSON exports.
const DOCUMENT_CATALOGUE: &str = "microsoft";

/// The reason why a file could not be loaded.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum LoadError {
    /// The path leaves the folder of the root file.
    #[error("the path leaves the folder of the root file")]
    OutsideFolder,
    /// It cannot be read. The text gives the reason in a few words.
    #[error("{0}")]
    CannotRead(String),
}

/// A loaded file.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Loaded {
    /// The name that messages show. Equal names mean one file.
    pub name: String,
    /// Its text.
    pub text: String,
}

impl Loaded {
    /// A file with a name and a text.
    #[must_use]
    pub fn new(name: impl Into<String>, text: impl Into<String>) -> Self {
        Self { name: name.into(), text: text.into() }
    }
}

/// A source of the files that `use` names.
pub trait Loader {
    /// The file that `path` names in the file called `from`.
    ///
    /// # Errors
    ///
    /// When there is no such file, it cannot be read, or it must not be.
    fn load(&mut self, path: &str, from: &str) -> Result<Loaded, LoadError>;
}

/// A loader without files: the set may `use` only catalogues.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct NoFiles;

impl Loader for NoFiles {
    fn load(&mut self, _: &str, _: &str) -> Result<Loaded, LoadError> {
        Err(LoadError::CannotRead("no loader was given".to_owned()))
    }
}

/// Files in memory: a path is a name, whichever file it stands in.
impl Loader for BTreeMap<String, String> {
    fn load(&mut self, path: &str, _: &str) -> Result<Loaded, LoadError> {
        match self.get(path) {
            Some(text) => Ok(Loaded::new(path, text)),
            None => Err(LoadError::CannotRead("there is no such file".to_owned())),
        }
    }
}

/// The files of a set.
#[derive(Debug, Clone, Default)]
pub(crate) struct Files {
    /// The files in the language, parsed, in the order of loading.
    pub(crate) files: Vec<File>,
    /// The files that are JSON: exports of another system. The catalogue that names what they call by ids is
    /// among the files.
    pub(crate) documents: Vec<SourceId>,
}

/// Loads and parses the root files and everything that they use, directly or not.
pub(crate) fn load(
    roots: &[(&str, &str)],
    loader: &mut dyn Loader,
    limits: &Limits,
) -> (Sources, Files, Vec<Diagnostic>) {
    let mut loading = Loading {
        loader,
        limits,
        sources: Sources::default(),
        files: Vec::new(),
        documents: Vec::new(),
        found: Vec::new(),
    };
    for (name, text) in roots {
        loading.add(name, text);
    }
    let mut next = 0;
    while let Some(file) = loading.files.get(next) {
        let uses: Vec<Use> = (file.items.iter())
            .filter_map(|item| match &item.kind {
                ItemKind::Use(one) => Some(one.clone()),
                _ => None,
            })
            .collect();
        let from = file.source;
        for one in uses {
            loading.follow(&one, from);
        }
        next += 1;
    }
    let files = Files { files: loading.files, documents: loading.documents };
    (loading.sources, files, loading.found)
}

struct Loading<'a> {
    loader: &'a mut dyn Loader,
    limits: &'a Limits,
    sources: Sources,
    files: Vec<File>,
    documents: Vec<SourceId>,
    found: Vec<Diagnostic>,
}

impl Loading<'_> {
    fn add(&mut self, name: &str, text: &str) {
        self.add_as(SourceKind::of(text), name, text);
    }

    /// Takes in a text, unless it is there already. A file may be called like a catalogue.
    fn add_as(&mut self, kind: SourceKind, name: &str, text: &str) {
        let is_catalogue = kind == SourceKind::Catalogue;
        let is_it = |source: &Source| {
            source.name() == name && (source.kind() == SourceKind::Catalogue) == is_catalogue
        };
        if self.sources.iter().any(|(_, source)| is_it(source)) {
            return;
        }
        let id = self.sources.add_as(kind, name, text);
        match kind {
            SourceKind::Json => {
                self.documents.push(id);
                self.catalogue(DOCUMENT_CATALOGUE);
            }
            SourceKind::Policy | SourceKind::Catalogue => {
                let (file, found) = parse(&self.sources, id, self.limits);
                self.files.push(file);
                self.found.extend(found);
            }
        }
    }

    fn catalogue(&mut self, name: &str) {
        if let Some(text) = catalogue::get(name) {
            self.add_as(SourceKind::Catalogue, name, text);
        }
    }

    fn follow(&mut self, one: &Use, from: SourceId) {
        let count = self.files.len() + self.documents.len();
        if count >= self.limits.files {
            let limit = self.limits.files;
            let found = count + 1;
            let span = match one {
                Use::Catalogue(name) => name.span,
                Use::File(path) => path.span,
            };
            let message = format!("{found} files, the limit is {limit}");
            let diagnostic = Diagnostic::new(Code::FileCount, message);
            let help = "join some of them, or raise the limit";
            self.found.push(diagnostic.at(span, "one too many").help(help));
            return;
        }
        match one {
            Use::Catalogue(name) => match catalogue::get(&name.text) {
                Some(text) => self.add_as(SourceKind::Catalogue, &name.text, text),
                None => {
                    let message = format!("there is no catalogue `{}`", name.text);
                    let help = match closest(&name.text, catalogue::names()) {
                        Some(known) => format!("did you mean `{known}`?"),
                        None => format!(
                            "there is `use microsoft`; a file is named in quotes: `use \"{}.mam\"`",
                            name.text
                        ),
                    };
                    let diagnostic = Diagnostic::new(Code::UnknownCatalogue, message);
                    self.found.push(diagnostic.at(name.span, "").help(help));
                }
            },
            Use::File(path) => self.follow_file(path, from),
        }
    }

    fn follow_file(&mut self, path: &Text, from: SourceId) {
        let from = self.sources.name(from).to_owned();
        let error = match self.loader.load(&path.value, &from) {
            Ok(file) => return self.add(&file.name, &file.text),
            Err(error) => error,
        };
        let (code, help) = match &error {
            LoadError::OutsideFolder => (
                Code::OutsideFolder,
                "a set lives in the folder of its root file; move the file there",
            ),
            LoadError::CannotRead(_) => {
                (Code::CannotRead, "paths are relative to the file that names them")
            }
        };
        let message = format!("cannot use `{}`: {error}", path.value);
        self.found.push(Diagnostic::new(code, message).at(path.span, "").help(help));
    }
}
