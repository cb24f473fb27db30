//! Loading: the root files of a set, and the transitive closure of `use`.
//!
//! Takes in root files, asks a [`Loader`] for the others, and parses each file once, which makes circles
//! harmless. The library itself opens no file: only loaders do.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{MAIN_SEPARATOR, is_separator};

use crate::catalogue;
use crate::diagnostic::{Code, Diagnostic, closest};
use crate::limits::Limits;
use crate::source::{Source, SourceId, SourceKind, Sources};
use crate::syntax::ast::{File, ItemKind, Text, Use};
use crate::syntax::{ParseCache, parse_cached};

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
    /// The root file of each file.
    roots: BTreeMap<SourceId, SourceId>,
}

impl Files {
    /// Lets tables name each file by its path from the folder of its root file, with `/` between folders.
    /// A name that another file has gets `./` in front.
    pub(crate) fn record_portable_names(&self, sources: &mut Sources) {
        let mut taken = BTreeSet::new();
        for (id, root) in &self.roots {
            let folder = folder_of(sources.name(*root));
            let name = sources.name(*id);
            let name = name.strip_prefix(folder).unwrap_or(name);
            let mut name = name.replace(MAIN_SEPARATOR, "/");
            while !taken.insert(name.clone()) {
                name.insert_str(0, "./");
            }
            sources.record(*id, Some(name.into()));
        }
    }
}

/// The folder of a path, up to and with the last separator.
fn folder_of(path: &str) -> &str {
    let end = path.rfind(is_separator).map_or(0, |at| at + 1);
    path.get(..end).unwrap_or("")
}

/// Loads and parses the root files and everything that they use, directly or not.
#[cfg(feature = "intune")]
pub(crate) fn load(
    roots: &[(&str, &str)],
    loader: &mut dyn Loader,
    limits: &Limits,
) -> (Sources, Files, Vec<Diagnostic>) {
    load_cached(roots, loader, limits, None)
}

/// Loads and parses the root files and everything that they use. If there is a cache, trees of declarations and statements are taken from it and kept there.
pub(crate) fn load_cached(
    roots: &[(&str, &str)],
    loader: &mut dyn Loader,
    limits: &Limits,
    cache: Option<&ParseCache>,
) -> (Sources, Files, Vec<Diagnostic>) {
    let mut loading = Loading {
        loader,
        limits,
        cache,
        sources: Sources::default(),
        files: Vec::new(),
        documents: Vec::new(),
        roots: BTreeMap::new(),
        found: Vec::new(),
    };
    for (name, text) in roots {
        loading.add(name, text, None);
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
    let Loading { sources, files, documents, roots, found, .. } = loading;
    (sources, Files { files, documents, roots }, found)
}

struct Loading<'a> {
    loader: &'a mut dyn Loader,
    limits: &'a Limits,
    cache: Option<&'a ParseCache>,
    sources: Sources,
    files: Vec<File>,
    documents: Vec<SourceId>,
    roots: BTreeMap<SourceId, SourceId>,
    found: Vec<Diagnostic>,
}

impl Loading<'_> {
    /// Takes in a root file, or a file that another one uses.
    fn add(&mut self, name: &str, text: &str, user: Option<SourceId>) {
        if let Some(id) = self.add_as(SourceKind::of(text), name, text) {
            let root = user.and_then(|user| self.roots.get(&user).copied());
            self.roots.insert(id, root.unwrap_or(id));
        }
    }

    /// Takes in a text, unless it is there already. A file may be called like a catalogue.
    fn add_as(&mut self, kind: SourceKind, name: &str, text: &str) -> Option<SourceId> {
        let is_catalogue = kind == SourceKind::Catalogue;
        let is_it = |source: &Source| {
            source.name() == name && (source.kind() == SourceKind::Catalogue) == is_catalogue
        };
        if self.sources.iter().any(|(_, source)| is_it(source)) {
            return None;
        }
        let id = self.sources.add_as(kind, name, text);
        match kind {
            SourceKind::Json => {
                self.documents.push(id);
                self.catalogue(DOCUMENT_CATALOGUE);
            }
            SourceKind::Policy | SourceKind::Catalogue => {
                let (file, found) = parse_cached(&self.sources, id, self.limits, self.cache);
                self.files.push(file);
                self.found.extend(found);
            }
        }
        Some(id)
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
                Some(_) => self.catalogue(&name.text),
                None => {
                    let message = format!("there is no catalogue `{}`", name.text);
                    let diagnostic = Diagnostic::new(Code::UnknownCatalogue, message);
                    let diagnostic = diagnostic.at(name.span, "");
                    self.found.push(match closest(&name.text, catalogue::names()) {
                        Some(known) => diagnostic.meant(known),
                        None => diagnostic.help(format!(
                            "there is `use microsoft`; a file is named in quotes: `use \"{}.mam\"`",
                            name.text
                        )),
                    });
                }
            },
            Use::File(path) => self.follow_file(path, from),
        }
    }

    fn follow_file(&mut self, path: &Text, from: SourceId) {
        let name = self.sources.name(from).to_owned();
        let error = match self.loader.load(&path.value, &name) {
            Ok(file) => return self.add(&file.name, &file.text, Some(from)),
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
