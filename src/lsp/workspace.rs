//! Workspace: which files make a policy set.
//!
//! A set is a file that no other one uses, with everything that it uses; or some files that an option names
//! together. A file that several sets use belongs to all of them.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::documents::Documents;
use super::files::Files;
use super::uri::{folder_of, joined};
use crate::compiler::{Checked, Compiler};
use crate::model::{LoadError, Loaded, Loader};
use crate::source::SourceKind;
use crate::syntax::used_files;

/// The paths of a set's root files.
pub(super) type SetKey = Vec<String>;

/// The files that each of some files uses.
pub(super) type UsedFiles = BTreeMap<String, BTreeSet<String>>;

/// The name of a set, for people: its root files without their folders.
pub(super) fn name_of_set(key: &SetKey) -> String {
    let names = key.iter().map(|path| path.rsplit('/').next().unwrap_or_default());
    names.collect::<Vec<_>>().join(" + ")
}

/// The texts in one state: open ones, and files for the others.
#[derive(Clone)]
pub(super) struct Snapshot {
    pub(super) documents: Arc<Documents>,
    pub(super) files: Arc<dyn Files>,
}

impl std::fmt::Debug for Snapshot {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Snapshot").field("documents", &self.documents).finish_non_exhaustive()
    }
}

impl Snapshot {
    /// The text of a file, as the editor has it or else as it is saved.
    pub(super) fn read(&self, path: &str, root: &str) -> Result<Arc<str>, LoadError> {
        match self.documents.get(path) {
            Some(document) => Ok(Arc::clone(document.text.text())),
            None => self.files.read(path, root).map(Into::into),
        }
    }
}

/// A loader of the files that the files of a set use. Files have their paths as names.
pub(super) struct SetLoader<'s> {
    texts: &'s Snapshot,
    /// The folder of the root file, by file.
    roots: BTreeMap<String, String>,
}

impl<'s> SetLoader<'s> {
    pub(super) fn new(roots: &[String], texts: &'s Snapshot) -> Self {
        let roots = roots.iter().map(|path| (path.clone(), folder_of(path).to_owned()));
        Self { roots: roots.collect(), texts }
    }
}

impl Loader for SetLoader<'_> {
    fn load(&mut self, path: &str, from: &str) -> Result<Loaded, LoadError> {
        let root = self.roots.get(from).cloned().unwrap_or_else(|| folder_of(from).to_owned());
        let name = joined(folder_of(from), path).filter(|name| name.starts_with(&root));
        let name = name.ok_or(LoadError::OutsideFolder)?;
        let text = self.texts.read(&name, &root)?;
        self.roots.entry(name.clone()).or_insert(root);
        Ok(Loaded::new(name, &*text))
    }
}

/// A check of a set.
#[derive(Debug)]
pub(super) struct SetCheck {
    pub(super) checked: Checked,
    /// The root files that cannot be read, each with the reason.
    pub(super) unread: Vec<(String, LoadError)>,
}

/// Checks a set in a state of the texts; `None` if none of its root files can be read.
pub(super) fn check(key: &SetKey, texts: &Snapshot) -> Option<SetCheck> {
    let (mut roots, mut unread) = (Vec::new(), Vec::new());
    for path in key {
        match texts.read(path, folder_of(path)) {
            Ok(text) => roots.push((path.as_str(), text)),
            Err(error) => unread.push((path.clone(), error)),
        }
    }
    if roots.is_empty() {
        return None;
    }
    let roots: Vec<(&str, &str)> = roots.iter().map(|(path, text)| (*path, &**text)).collect();
    let mut loader = SetLoader::new(key, texts);
    let compiler = Compiler::new().parse_cache(texts.documents.cache());
    let checked = compiler.loader(&mut loader).check_all(&roots);
    Some(SetCheck { checked, unread })
}

/// The files that a text uses, by their paths.
pub(super) fn used_by(path: &str, text: &str) -> BTreeSet<String> {
    let is_policy = SourceKind::of(text) == SourceKind::Policy;
    let used = if is_policy { used_files(text) } else { Vec::new() };
    used.into_iter().filter_map(|one| joined(folder_of(path), &one)).collect()
}

/// The policy files of the editor's folders, and which of them use which.
#[derive(Debug, Clone, Default)]
pub(super) struct Workspace {
    folders: Vec<String>,
    /// The sets that options name.
    named: Vec<SetKey>,
    /// By file: the files that it uses.
    uses: UsedFiles,
    /// By file: the files that use it, itself aside.
    users: BTreeMap<String, BTreeSet<String>>,
}

impl Workspace {
    /// The workspace of some folders, which end with a slash.
    pub(super) fn new(folders: Vec<String>, named: &[Vec<String>]) -> Self {
        let first = folders.first().cloned().unwrap_or_default();
        let set =
            |paths: &Vec<String>| paths.iter().filter_map(|path| joined(&first, path)).collect();
        let named = named.iter().map(set).collect();
        Self { folders, named, ..Self::default() }
    }

    /// The folders, each with a slash at its end.
    pub(super) fn folders(&self) -> &[String] {
        &self.folders
    }

    /// Takes in a folder, which ends with a slash. Its files come later.
    pub(super) fn add_folder(&mut self, folder: String) {
        if !self.folders.contains(&folder) {
            self.folders.push(folder);
        }
    }

    /// Takes in what files of a folder use, apart from those that are known better. Nothing, if the folder is gone.
    pub(super) fn insert(
        &mut self,
        folder: &str,
        files: UsedFiles,
        is_known: impl Fn(&str) -> bool,
    ) {
        if self.folders.iter().any(|one| one == folder) {
            let files = files.into_iter().filter(|(path, _)| !is_known(path));
            files.for_each(|(path, used)| self.update(&path, used));
        }
    }

    /// Forgets a folder and its files, apart from open ones.
    pub(super) fn remove_folder(&mut self, folder: &str, texts: &Snapshot) {
        self.folders.retain(|one| one != folder);
        let is_gone = |path: &&String| {
            let is_in_other = self.folders.iter().any(|one| path.starts_with(one.as_str()));
            path.starts_with(folder) && !is_in_other && texts.documents.get(path).is_none()
        };
        let files: Vec<_> = self.paths().filter(is_gone).cloned().collect();
        files.iter().for_each(|path| self.forget(path));
    }

    /// Reads what a file uses; forgets it if it is gone.
    pub(super) fn read(&mut self, path: &str, texts: &Snapshot) {
        match texts.read(path, folder_of(path)) {
            Ok(text) => self.update(path, used_by(path, &text)),
            Err(_) => self.forget(path),
        }
    }

    /// Notes what a file uses.
    fn update(&mut self, path: &str, used: BTreeSet<String>) {
        self.forget(path);
        for one in used.iter().filter(|one| *one != path) {
            self.users.entry(one.clone()).or_default().insert(path.to_owned());
        }
        self.uses.insert(path.to_owned(), used);
    }

    /// Forgets a file that is gone.
    fn forget(&mut self, path: &str) {
        for one in self.uses.remove(path).unwrap_or_default() {
            if let Some(users) = self.users.get_mut(&one) {
                users.remove(path);
            }
        }
    }

    /// Whether some file uses another one.
    pub(super) fn is_used(&self, path: &str) -> bool {
        self.users(path).next().is_some()
    }

    /// The files that are known.
    pub(super) fn paths(&self) -> impl Iterator<Item = &String> {
        self.uses.keys()
    }

    /// The sets that a file belongs to.
    pub(super) fn sets_of(&self, path: &str) -> BTreeSet<SetKey> {
        let above = self.above(path);
        let named = self.named.iter().filter(|set| above.iter().any(|one| set.contains(one)));
        let mut found: BTreeSet<SetKey> = named.cloned().collect();
        let in_named = |path: &String| self.named.iter().any(|set| set.contains(path));
        let roots = above.iter().filter(|one| self.users(one).next().is_none() && !in_named(one));
        found.extend(roots.map(|root| vec![root.clone()]));
        if found.is_empty() {
            // Files that use each other in a circle have no root: the first of a circle that no other file uses is one.
            let is_top = |one: &&String| {
                self.above(one).iter().all(|other| self.above(other).contains(*one))
            };
            let first = above.iter().find(is_top).cloned();
            found.insert(vec![first.unwrap_or_else(|| path.to_owned())]);
        }
        found
    }

    /// A file and all files that use it, directly or not.
    fn above(&self, path: &str) -> BTreeSet<String> {
        let mut found = BTreeSet::from([path.to_owned()]);
        let mut open = vec![path.to_owned()];
        while let Some(next) = open.pop() {
            for user in self.users(&next) {
                if found.insert(user.clone()) {
                    open.push(user.clone());
                }
            }
        }
        found
    }

    /// The files that use a file, itself aside.
    fn users(&self, path: &str) -> impl Iterator<Item = &String> {
        self.users.get(path).into_iter().flatten()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_belong_to_the_sets_that_use_them() {
        let mut workspace = Workspace::new(vec!["/w/".to_owned()], &[]);
        workspace.update(
            "/w/root.mam",
            used_by("/w/root.mam", "mam 1\nuse microsoft\nuse \"lib/people.mam\"\n"),
        );
        workspace.update("/w/other.mam", used_by("/w/other.mam", "mam 1\nuse \"lib/people.mam\""));
        workspace.update("/w/lib/people.mam", used_by("/w/lib/people.mam", "mam 1\n"));
        workspace.update("/w/alone.mam", used_by("/w/alone.mam", "mam 1\n// use \"other.mam\"\n"));
        workspace.update(
            "/w/x.mam",
            used_by("/w/x.mam", "mam 1 use\n  \"y.mam\" // use\n use \"z.mam\""),
        );
        workspace.update("/w/export.json", used_by("/w/export.json", "{ \"x\": \"use\" }"));
        let roots = |path| workspace.sets_of(path).into_iter().flatten().collect::<Vec<_>>();
        assert_eq!(roots("/w/lib/people.mam"), ["/w/other.mam", "/w/root.mam"]);
        assert_eq!(roots("/w/root.mam"), ["/w/root.mam"]);
        assert_eq!(roots("/w/alone.mam"), ["/w/alone.mam"]);
        assert_eq!(roots("/w/new.mam"), ["/w/new.mam"]);
        assert_eq!(roots("/w/y.mam"), ["/w/x.mam"], "the path stands on a line of its own");
        assert_eq!(roots("/w/z.mam"), ["/w/x.mam"]);
    }

    #[test]
    fn circles_and_named_sets_have_roots() {
        let named = [vec!["a.mam".to_owned(), "b.mam".to_owned()]];
        let mut workspace = Workspace::new(vec!["/w/".to_owned()], &named);
        workspace.update("/w/x.mam", used_by("/w/x.mam", "use \"y.mam\""));
        workspace.update("/w/y.mam", used_by("/w/y.mam", "use \"x.mam\" use \"p\\u{65}ople.mam\""));
        workspace.update("/w/a.mam", used_by("/w/a.mam", "mam 1"));
        for path in ["/w/x.mam", "/w/y.mam", "/w/people.mam"] {
            assert_eq!(workspace.sets_of(path), BTreeSet::from([vec!["/w/x.mam".to_owned()]]));
        }
        let both = vec!["/w/a.mam".to_owned(), "/w/b.mam".to_owned()];
        assert_eq!(workspace.sets_of("/w/a.mam"), BTreeSet::from([both]));
    }
}
