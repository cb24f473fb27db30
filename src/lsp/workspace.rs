//! Workspace: which files make a policy set.
//!
//! A set is a file that no other one uses, with everything that it uses; or some files that an option names
//! together. A file that several sets use belongs to all of them.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::files::Files;
use super::uri::{folder_of, joined};
use crate::compiler::{Checked, Compiler};
use crate::model::{LoadError, Loaded, Loader};

/// The paths of a set's root files.
pub(super) type SetKey = Vec<String>;

/// The texts at one moment: open ones, and files for the others.
#[derive(Clone)]
pub(super) struct Snapshot {
    pub(super) open: Arc<BTreeMap<String, Arc<str>>>,
    pub(super) files: Arc<dyn Files>,
}

impl std::fmt::Debug for Snapshot {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Snapshot").field("open", &self.open.len()).finish_non_exhaustive()
    }
}

impl Snapshot {
    /// The text of a file, as the editor has it or else as it is saved.
    pub(super) fn read(&self, path: &str, root: &str) -> Result<Arc<str>, LoadError> {
        match self.open.get(path) {
            Some(text) => Ok(Arc::clone(text)),
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

/// Checks a set with the texts of a moment; `None` if one of its root files cannot be read.
pub(super) fn check(key: &SetKey, texts: &Snapshot) -> Option<Checked> {
    let roots: Vec<_> = key
        .iter()
        .map(|path| Some((path.as_str(), texts.read(path, folder_of(path)).ok()?)))
        .collect::<Option<_>>()?;
    let roots: Vec<(&str, &str)> = roots.iter().map(|(path, text)| (*path, &**text)).collect();
    let mut loader = SetLoader::new(key, texts);
    Some(Compiler::new().loader(&mut loader).check_all(&roots))
}

/// The paths that a text uses, as they are written.
fn uses(text: &str) -> Vec<String> {
    let lines = text.lines().filter_map(|line| line.trim_start().strip_prefix("use"));
    let quoted = lines.filter_map(|rest| rest.trim_start().strip_prefix('"')?.split('"').next());
    quoted.map(str::to_owned).collect()
}

/// The policy files of the editor's folders, and which of them use which.
#[derive(Debug, Default)]
pub(super) struct Workspace {
    folders: Vec<String>,
    /// The sets that options name.
    named: Vec<SetKey>,
    /// By file: the files that it uses.
    uses: BTreeMap<String, BTreeSet<String>>,
}

impl Workspace {
    /// The workspace of some folders, which end with a slash.
    pub(super) fn new(folders: Vec<String>, named: &[Vec<String>]) -> Self {
        let first = folders.first().cloned().unwrap_or_default();
        let set =
            |paths: &Vec<String>| paths.iter().filter_map(|path| joined(&first, path)).collect();
        let named = named.iter().map(set).collect();
        Self { folders, named, uses: BTreeMap::new() }
    }

    /// Reads which files there are.
    pub(super) fn scan(&mut self, texts: &Snapshot) {
        self.uses.clear();
        let listed = self.folders.iter().flat_map(|folder| texts.files.list(folder));
        let all: BTreeSet<String> = listed.chain(texts.open.keys().cloned()).collect();
        for path in all {
            if let Ok(text) = texts.read(&path, folder_of(&path)) {
                self.update(&path, &text);
            }
        }
    }

    /// Notes what a file uses.
    pub(super) fn update(&mut self, path: &str, text: &str) {
        let folder = folder_of(path);
        let used = uses(text).into_iter().filter_map(|one| joined(folder, &one));
        self.uses.insert(path.to_owned(), used.collect());
    }

    /// Forgets a file that is gone.
    pub(super) fn forget(&mut self, path: &str) {
        self.uses.remove(path);
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
            // Files that use each other in a circle have no root.
            found.insert(vec![path.to_owned()]);
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
        let uses =
            self.uses.iter().filter(move |(user, used)| *user != path && used.contains(path));
        uses.map(|(user, _)| user)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_belong_to_the_sets_that_use_them() {
        let mut workspace = Workspace::new(vec!["/w/".to_owned()], &[]);
        workspace.update("/w/root.mam", "mam 1\nuse microsoft\nuse \"lib/people.mam\"\n");
        workspace.update("/w/other.mam", "mam 1\nuse \"lib/people.mam\"");
        workspace.update("/w/lib/people.mam", "mam 1\n");
        workspace.update("/w/alone.mam", "mam 1\n");
        let roots = |path| workspace.sets_of(path).into_iter().flatten().collect::<Vec<_>>();
        assert_eq!(roots("/w/lib/people.mam"), ["/w/other.mam", "/w/root.mam"]);
        assert_eq!(roots("/w/root.mam"), ["/w/root.mam"]);
        assert_eq!(roots("/w/alone.mam"), ["/w/alone.mam"]);
        assert_eq!(roots("/w/new.mam"), ["/w/new.mam"]);
    }

    #[test]
    fn circles_and_named_sets_have_roots() {
        let named = [vec!["a.mam".to_owned(), "b.mam".to_owned()]];
        let mut workspace = Workspace::new(vec!["/w/".to_owned()], &named);
        workspace.update("/w/x.mam", "use \"y.mam\"");
        workspace.update("/w/y.mam", "use \"x.mam\"");
        workspace.update("/w/a.mam", "mam 1");
        assert_eq!(workspace.sets_of("/w/x.mam"), BTreeSet::from([vec!["/w/x.mam".to_owned()]]));
        let both = vec!["/w/a.mam".to_owned(), "/w/b.mam".to_owned()];
        assert_eq!(workspace.sets_of("/w/a.mam"), BTreeSet::from([both]));
    }
}
