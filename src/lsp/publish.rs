//! Publishing: which diagnostics the editor has, and which ones it has to be sent.

use std::collections::{BTreeMap, BTreeSet};

use lsp_types::{Diagnostic, PublishDiagnosticsParams};

use super::documents::Documents;
use super::sets::SetState;
use super::workspace::{SetKey, Workspace, name_of_set};

/// The diagnostics that the editor has, with the version of the text that they are about.
#[derive(Debug, Default)]
pub(super) struct Published {
    files: BTreeMap<String, (Option<i32>, Vec<Diagnostic>)>,
}

/// The state that diagnostics are taken from.
pub(super) struct Known<'s> {
    pub(super) sets: &'s BTreeMap<SetKey, SetState>,
    pub(super) documents: &'s Documents,
    pub(super) workspace: &'s Workspace,
}

impl Known<'_> {
    /// Whether every set of a file is checked. Before that, nothing is known of its newest text.
    fn is_settled(&self, path: &str) -> bool {
        let keys = self.workspace.sets_of(path);
        self.sets
            .iter()
            .all(|(key, state)| state.is_ready() || !keys.contains(key) && !state.has_file(path))
    }
}

impl Known<'_> {
    /// The diagnostics of a file in all sets. One that not every set of the file has names those that have it.
    fn shown(&self, path: &str) -> Vec<Diagnostic> {
        let sets: Vec<_> = self.sets.iter().filter(|(_, set)| set.has_file(path)).collect();
        let mut found = Vec::new();
        for set in self.sets.values() {
            for one in set.shown.get(path).into_iter().flatten() {
                let has_it = |(_, set): &&(&SetKey, &SetState)| {
                    set.shown.get(path).is_some_and(|shown| shown.contains(one))
                };
                let names: Vec<_> =
                    sets.iter().filter(has_it).map(|(key, _)| name_of_set(key)).collect();
                let mut one = one.clone();
                if sets.len() > 1 && names.len() < sets.len() && !names.is_empty() {
                    one.message.push_str(&format!("\nin {}", names.join(", ")));
                }
                found.push(one);
            }
        }
        found
    }
}

impl Published {
    /// The news for the editor: the diagnostics of every settled file whose diagnostics or version changed.
    pub(super) fn news(&mut self, known: &Known<'_>) -> Vec<PublishDiagnosticsParams> {
        let paths: BTreeSet<String> = (known.sets.values())
            .flat_map(|set| set.shown.keys())
            .chain(known.documents.paths())
            .chain(self.files.keys())
            .filter(|path| known.is_settled(path))
            .cloned()
            .collect();
        let news = paths.into_iter().filter_map(|path| {
            let list = in_order(known.shown(&path));
            self.replace(path, list, known.documents)
        });
        news.collect()
    }

    /// Replaces the diagnostics of a file; `None` if the editor has these already.
    fn replace(
        &mut self,
        path: String,
        list: Vec<Diagnostic>,
        documents: &Documents,
    ) -> Option<PublishDiagnosticsParams> {
        let document = documents.get(&path);
        let version = document.and_then(|one| one.version);
        let uri = documents.uri(&path)?;
        let is_empty = document.is_none() && list.is_empty();
        let is_known = match self.files.get(&path) {
            Some((known, before)) => (*known, before) == (version, &list),
            None => is_empty,
        };
        if is_known {
            return None;
        }
        if is_empty {
            self.files.remove(&path);
        } else {
            self.files.insert(path, (version, list.clone()));
        }
        Some(PublishDiagnosticsParams::new(uri, list, version))
    }
}

/// Diagnostics in the order of the text, each once: several sets may have the same one.
fn in_order(mut list: Vec<Diagnostic>) -> Vec<Diagnostic> {
    list.sort_by_key(|one| (one.range.start, one.range.end));
    let mut unique: Vec<Diagnostic> = Vec::new();
    for one in list {
        if !unique.contains(&one) {
            unique.push(one);
        }
    }
    unique
}
