//! Texts: the notifications of the editor, and which sets have to be checked after them.

use std::collections::BTreeSet;

use lsp_server::Notification;
use lsp_types::notification::{self, Notification as _};
use lsp_types::{
    CancelParams, DidChangeWatchedFilesParams, DidChangeWorkspaceFoldersParams,
    DidCloseTextDocumentParams, DidOpenTextDocumentParams, DidSaveTextDocumentParams,
    OptionalVersionedTextDocumentIdentifier, TextDocumentContentChangeEvent,
};
use serde::Deserialize;

use super::checker::CheckJob;
use super::requests::read;
use super::server::{Server, folder_path};
use super::sets::SetState;
use super::uri::{escape_addresses, path_of};
use super::workspace::{SetKey, Snapshot, UsedFiles};

/// The parameters of a change. Some editors give the text no number.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct ChangedText {
    text_document: OptionalVersionedTextDocumentIdentifier,
    content_changes: Vec<TextDocumentContentChangeEvent>,
}

impl Server {
    pub(super) fn notification(&mut self, message: Notification) {
        match message.method.as_str() {
            notification::Initialized::METHOD => self.watch_files(),
            notification::DidOpenTextDocument::METHOD => self.with(message, Self::opened),
            notification::DidChangeTextDocument::METHOD => {
                self.with(message, |server, it: ChangedText| {
                    let path = path_of(&it.text_document.uri);
                    let version = it.text_document.version;
                    server.with_changed(std::slice::from_ref(&path), |server| {
                        server.documents.change(&path, version, it.content_changes);
                    });
                });
            }
            notification::DidCloseTextDocument::METHOD => {
                self.with(message, |server, it: DidCloseTextDocumentParams| {
                    server.forget(&path_of(&it.text_document.uri));
                });
            }
            notification::DidSaveTextDocument::METHOD => self.with(message, Self::saved),
            notification::DidChangeWatchedFiles::METHOD => self.with(message, Self::files_changed),
            notification::DidChangeWorkspaceFolders::METHOD => {
                self.with(message, Self::folders_changed);
            }
            notification::Cancel::METHOD => {
                self.with(message, |server, it: CancelParams| server.cancel(it.id));
            }
            _ => {}
        }
    }

    /// Handles the parameters of a notification. If they cannot be read, the text of the document is not known any more.
    fn with<P: serde::de::DeserializeOwned>(
        &mut self,
        message: Notification,
        handle: impl FnOnce(&mut Self, P),
    ) {
        let Notification { method, mut params } = message;
        escape_addresses(&mut params);
        let place = params.get("textDocument").and_then(|it| it.get("uri")?.as_str()?.parse().ok());
        match read(params) {
            Ok(params) => handle(self, params),
            Err(error) => {
                self.log(format!("`{method}` cannot be read: {error}"));
                if let Some(uri) = place {
                    self.forget(&path_of(&uri));
                }
            }
        }
    }

    fn opened(&mut self, it: DidOpenTextDocumentParams) {
        let document = it.text_document;
        // The editor shows a catalogue, which is no policy set.
        let catalogues = self.options.catalogues.as_ref();
        if catalogues.is_some_and(|start| document.uri.as_str().starts_with(start.as_str())) {
            return;
        }
        self.with_changed(&[path_of(&document.uri)], |server| {
            server.documents.open(document.uri, Some(document.version), &document.text);
        });
    }

    /// Closes a document: what is saved counts from now on.
    fn forget(&mut self, path: &str) {
        self.with_changed(&[path.to_owned()], |server| server.documents.close(path));
    }

    /// After a save, less is unsaved; and there may be a commit that was not there before.
    fn saved(&mut self, it: DidSaveTextDocumentParams) {
        for key in self.workspace.sets_of(&path_of(&it.text_document.uri)) {
            self.analyse(key, true);
        }
    }

    fn files_changed(&mut self, it: DidChangeWatchedFilesParams) {
        let paths: BTreeSet<_> = it.changes.iter().map(|change| path_of(&change.uri)).collect();
        let matters = |path: &String| {
            self.documents.get(path).is_none()
                && (path.ends_with(".mam") || self.workspace.is_used(path) || self.is_read(path))
        };
        let paths: Vec<_> = paths.into_iter().filter(matters).collect();
        if !paths.is_empty() {
            self.with_changed(&paths, |_| {});
        }
    }

    fn folders_changed(&mut self, it: DidChangeWorkspaceFoldersParams) {
        let texts = self.snapshot();
        for folder in it.event.removed {
            self.workspace.remove_folder(&folder_path(&folder.uri), &texts);
        }
        for folder in it.event.added {
            let folder = folder_path(&folder.uri);
            self.workspace.add_folder(folder.clone());
            self.search(folder);
        }
        // Files may be in other sets now; those that are as they were need no check.
        self.update_sets(&texts, &BTreeSet::new());
    }

    /// Takes in what the files of a folder use.
    pub(super) fn searched(&mut self, folder: &str, files: UsedFiles) {
        self.searched = self.searched.saturating_sub(1);
        let (documents, changed_meanwhile) = (&self.documents, &self.changed_meanwhile);
        let is_known =
            |path: &str| documents.get(path).is_some() || changed_meanwhile.contains(path);
        self.workspace.insert(folder, files, is_known);
        if self.searched == 0 {
            self.changed_meanwhile.clear();
            self.has_begun = true;
        }
        // Files may be in other sets now; those that are as they were need no check.
        self.update_sets(&self.snapshot(), &BTreeSet::new());
    }

    /// Whether a check has read a file.
    fn is_read(&self, path: &str) -> bool {
        self.sets.values().any(|set| set.has_file(path))
    }

    // ------------------------------------------------------------ sets

    /// Makes a change of the texts of some files, and has the sets checked that they were in or are in.
    fn with_changed(&mut self, paths: &[String], change: impl FnOnce(&mut Self)) {
        let mut stale = self.sets_with(paths);
        change(self);
        if self.searched > 0 {
            self.changed_meanwhile.extend(paths.iter().cloned());
        }
        let texts = self.snapshot();
        paths.iter().for_each(|path| self.workspace.read(path, &texts));
        stale.extend(self.sets_with(paths));
        self.update_sets(&texts, &stale);
    }

    /// The sets that some files belong to: by what files use now, or as they were checked last.
    fn sets_with(&self, paths: &[String]) -> BTreeSet<SetKey> {
        let mut keys: BTreeSet<_> =
            paths.iter().flat_map(|path| self.workspace.sets_of(path)).collect();
        let has_one = |(_, set): &(&SetKey, &SetState)| paths.iter().any(|path| set.has_file(path));
        keys.extend(self.sets.iter().filter(has_one).map(|(key, _)| key.clone()));
        keys
    }

    /// Has the sets of open documents checked that are new or stale; forgets the others. None is checked before the first
    /// folders are searched.
    fn update_sets(&mut self, texts: &Snapshot, stale: &BTreeSet<SetKey>) {
        if !self.has_begun {
            return;
        }
        self.state += 1;
        let paths: Vec<_> = self.documents.paths().cloned().collect();
        let keys: BTreeSet<SetKey> =
            paths.iter().flat_map(|path| self.workspace.sets_of(path)).collect();
        self.sets.retain(|key, _| keys.contains(key));
        for key in keys {
            let set = self.sets.entry(key.clone()).or_default();
            if set.newest.number() == 0 || stale.contains(&key) {
                set.newest.set(self.state);
                let (state, interrupt, texts) = (self.state, set.newest.interrupt(), texts.clone());
                // The thread ends with the server only.
                let _running = self.checker.send(CheckJob { key, state, interrupt, texts });
            }
        }
        self.publish();
        self.answer_waiting();
    }
}
