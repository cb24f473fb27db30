//! Texts: the notifications of the editor, and which sets have to be checked after them.

use std::collections::BTreeSet;

use lsp_server::Notification;
use lsp_types::notification::{self, Notification as _};
use lsp_types::{
    CancelParams, DidChangeTextDocumentParams, DidChangeWatchedFilesParams,
    DidChangeWorkspaceFoldersParams, DidCloseTextDocumentParams, DidOpenTextDocumentParams,
    DidSaveTextDocumentParams,
};

use super::checker::CheckJob;
use super::requests::read;
use super::server::{Server, folder_path};
use super::sets::SetState;
use super::uri::{escape_addresses, path_of};
use super::workspace::{SetKey, Snapshot};

impl Server {
    pub(super) fn notification(&mut self, message: Notification) {
        match message.method.as_str() {
            notification::DidOpenTextDocument::METHOD => self.with(message, Self::opened),
            notification::DidChangeTextDocument::METHOD => {
                self.with(message, |server, it: DidChangeTextDocumentParams| {
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
            server.documents.open(document.uri, document.version, &document.text);
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
            self.workspace.add_folder(folder_path(&folder.uri), &texts);
        }
        // Files may be in other sets now; those that are as they were need no check.
        self.update_sets(&texts, &BTreeSet::new());
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

    /// Has the sets of open documents checked that are new or stale; forgets the others.
    fn update_sets(&mut self, texts: &Snapshot, stale: &BTreeSet<SetKey>) {
        self.state += 1;
        let paths: Vec<_> = self.documents.paths().cloned().collect();
        let keys: BTreeSet<SetKey> =
            paths.iter().flat_map(|path| self.workspace.sets_of(path)).collect();
        self.sets.retain(|key, _| keys.contains(key));
        for key in keys {
            let set = self.sets.entry(key.clone()).or_default();
            if set.newest.get() == 0 || stale.contains(&key) {
                set.newest.set(self.state);
                let (state, newest, texts) = (self.state, set.newest.clone(), texts.clone());
                // The thread ends with the server only.
                let _running = self.checker.send(CheckJob { key, state, newest, texts });
            }
        }
        self.publish();
        self.answer_waiting();
    }
}
